//! How far the state has come on its way to the disk, shared by those who write it and those who wait for it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

type Hook = Box<dyn Fn() + Send + Sync>;

/// Indexes of the last applied entry that is in the state's database, and that a loss of power would leave there.
pub(crate) struct Marks {
    persisted: watch::Sender<Option<u64>>,
    flushed: watch::Sender<Option<u64>>,
    /// Index after the last entry that somebody wants flushed; 0 if nobody wants any.
    wanted: AtomicU64,
    on_flushed: OnceLock<Hook>,
    on_wanted: OnceLock<Hook>,
}

impl Marks {
    pub(crate) fn new(applied: Option<u64>) -> Self {
        Self {
            persisted: watch::Sender::new(applied),
            flushed: watch::Sender::new(applied),
            wanted: AtomicU64::new(0),
            on_flushed: OnceLock::new(),
            on_wanted: OnceLock::new(),
        }
    }

    pub(crate) fn persisted(&self) -> Option<u64> {
        *self.persisted.borrow()
    }

    pub(crate) fn flushed(&self) -> Option<u64> {
        *self.flushed.borrow()
    }

    pub(crate) fn set_persisted(&self, applied: Option<u64>) {
        self.persisted.send_replace(applied);
    }

    pub(crate) fn set_flushed(&self, applied: Option<u64>) {
        self.flushed.send_replace(applied);
        if let Some(hook) = self.on_flushed.get() {
            hook();
        }
    }

    /// Called after every flush: the log writer purges what it held back.
    pub(crate) fn on_flushed(&self, hook: impl Fn() + Send + Sync + 'static) {
        drop(self.on_flushed.set(Box::new(hook)));
    }

    /// Asks for the state to be flushed as far as this entry, as soon as it has come so far.
    pub(crate) fn want(&self, index: u64) {
        self.wanted.fetch_max(index.saturating_add(1), Ordering::SeqCst);
        if let Some(hook) = self.on_wanted.get() {
            hook();
        }
    }

    /// Whether a flush is due: somebody wants one, and the state has come so far.
    pub(crate) fn flush_due(&self) -> bool {
        let wanted = self.wanted.load(Ordering::SeqCst);
        let next = |at: Option<u64>| at.map_or(0, |index| index.saturating_add(1));
        wanted > next(self.flushed()) && wanted <= next(self.persisted())
    }

    /// Called when somebody wants a flush: the persister looks.
    pub(crate) fn on_wanted(&self, hook: impl Fn() + Send + Sync + 'static) {
        drop(self.on_wanted.set(Box::new(hook)));
    }

    /// Waits until the state is flushed as far as this entry.
    pub(crate) async fn flushed_to(&self, index: u64) {
        let mut flushed = self.flushed.subscribe();
        // The sender lives as long as `self`.
        drop(flushed.wait_for(|at| *at >= Some(index)).await);
    }

    /// Waits until the state is in its database as far as this entry.
    pub(crate) async fn persisted_to(&self, index: u64) {
        let mut persisted = self.persisted.subscribe();
        drop(persisted.wait_for(|at| *at >= Some(index)).await);
    }
}
