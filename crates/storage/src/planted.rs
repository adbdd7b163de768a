//! Bugs on purpose, for a harness that has to prove that it can fail. Without the feature `planted` there are none,
//! and a shipped binary is built without it.
//!
//! `BAILIWICK_PLANT=skip-log-sync` (or several, separated by commas) chooses them.

/// A bug.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Planted {
    /// Appends and votes are acknowledged without a sync.
    SkipLogSync,
    /// Outcomes of requests are forgotten at once.
    DropRequestIds,
    /// A snapshot says that it holds one entry more than it does.
    SnapshotAhead,
}

impl Planted {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::SkipLogSync, Self::DropRequestIds, Self::SnapshotAhead];

    /// Its name in the environment.
    pub fn name(self) -> &'static str {
        match self {
            Self::SkipLogSync => "skip-log-sync",
            Self::DropRequestIds => "drop-request-ids",
            Self::SnapshotAhead => "snapshot-ahead",
        }
    }
}

/// Whether the bug is there.
#[cfg(not(feature = "planted"))]
#[inline(always)]
pub(crate) fn has(_bug: Planted) -> bool {
    false
}

/// Whether the bug is there.
#[cfg(feature = "planted")]
pub(crate) fn has(bug: Planted) -> bool {
    static CHOSEN: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var("BAILIWICK_PLANT").unwrap_or_default());
    chosen.split(',').any(|name| name.trim() == bug.name())
}
