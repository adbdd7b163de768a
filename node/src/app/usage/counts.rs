//! The marks of this node: in memory, and written behind to its own database, only what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bailiwick_storage::{UsageMark, UsageRead, UsageStore, UsageWindow};
use tracing::{info, warn};

/// Marks at most: about 100 bytes each.
const MARKS_MAX: usize = 1 << 20;
/// Marks from which on those of grants that are gone are looked for, and how often: it means going through all grants.
const PRUNE_FROM: usize = 1 << 17;
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);

/// The marks.
pub struct Counts {
    store: UsageStore,
    window: UsageWindow,
    /// By org, then by grant.
    marks: BTreeMap<Arc<str>, BTreeMap<Arc<str>, UsageMark>>,
    count: usize,
    /// When those of grants that are gone were last looked for.
    pruned: Option<Instant>,
    /// Not written yet.
    changed: BTreeSet<(Arc<str>, Arc<str>)>,
    window_changed: bool,
    /// The last write failed: said once, not each minute.
    failing: bool,
}

impl Counts {
    /// What a database held.
    pub fn new(store: UsageStore, read: UsageRead) -> Self {
        let count = read.rows.len();
        let mut marks: BTreeMap<Arc<str>, BTreeMap<Arc<str>, UsageMark>> = BTreeMap::new();
        for row in read.rows {
            marks.entry(row.org.into()).or_default().insert(row.grant.into(), row.mark);
        }
        Self { store, window: read.window, marks, count, pruned: None, changed: BTreeSet::new(), window_changed: false, failing: false }
    }

    /// Since when is counted, and how much found no room.
    pub fn window(&self) -> UsageWindow {
        self.window
    }

    /// Uses that found no room.
    pub fn miss(&mut self, uses: u64) {
        if uses > 0 {
            self.window.missed = self.window.missed.saturating_add(uses);
            self.window_changed = true;
        }
    }

    /// A grant was used in a minute.
    pub fn mark(&mut self, org: &str, grant: &str, minute: u32) {
        let full = self.count >= MARKS_MAX;
        let code = self.marks.get_key_value(org).map_or_else(|| Arc::from(org), |(code, _)| code.clone());
        let of_org = self.marks.entry(code.clone()).or_default();
        let Some((key, mark)) = of_org.get_key_value(grant).map(|(key, mark)| (key.clone(), *mark)) else {
            if full {
                self.miss(1);
                return;
            }
            let key: Arc<str> = grant.into();
            of_org.insert(key.clone(), UsageMark { first: minute, last: minute });
            self.count += 1;
            self.changed.insert((code, key));
            return;
        };
        let wider = UsageMark { first: mark.first.min(minute), last: mark.last.max(minute) };
        if wider != mark {
            of_org.insert(key.clone(), wider);
            self.changed.insert((code, key));
        }
    }

    /// Whether it is time to look for marks of grants that are gone.
    pub fn prune_due(&self) -> bool {
        self.count >= PRUNE_FROM && self.pruned.is_none_or(|at| at.elapsed() >= PRUNE_EVERY)
    }

    /// Forgets the marks of grants that are gone: of each org, those whose keys aren't among the ones that are said to be
    /// there, in their order. The state that says so is not to be older than what was judged before.
    pub fn prune(&mut self, mut there: impl FnMut(&str) -> Vec<String>) {
        self.pruned = Some(Instant::now());
        for (org, marks) in &mut self.marks {
            let mut there = there(org).into_iter().peekable();
            marks.retain(|grant, _| {
                while there.next_if(|key| key.as_str() < &**grant).is_some() {}
                let kept = there.peek().is_some_and(|key| key.as_str() == &**grant);
                if !kept {
                    self.changed.insert((org.clone(), grant.clone()));
                }
                kept
            });
        }
        self.marks.retain(|_, marks| !marks.is_empty());
        self.count = self.marks.values().map(BTreeMap::len).sum();
    }

    /// The mark of a grant.
    pub fn of(&self, org: &str, grant: &str) -> Option<UsageMark> {
        self.marks.get(org)?.get(grant).copied()
    }

    /// Writes what changed. What can't be written is tried again with the next.
    pub fn write(&mut self) {
        if self.changed.is_empty() && !self.window_changed {
            return;
        }
        let marks = &self.marks;
        let changed = self.changed.iter().map(|(org, grant)| (&**org, &**grant, marks.get(org).and_then(|marks| marks.get(grant)).copied()));
        match self.store.write(self.window, changed) {
            Ok(()) => {
                self.changed.clear();
                self.window_changed = false;
                if std::mem::take(&mut self.failing) {
                    info!("when grants are used is written again");
                }
            }
            Err(fault) => {
                if !std::mem::replace(&mut self.failing, true) {
                    warn!(%fault, "when grants are used can't be written: it is kept in memory, and tried again each minute");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_policy::ids::Tick;

    #[test]
    fn a_mark_grows_at_both_ends_and_each_org_has_its_own() {
        let (store, read) = UsageStore::memory(Tick(5));
        let mut counts = Counts::new(store, read);
        for minute in [7, 9, 6, 8] {
            counts.mark("acme", "02\tPOS", minute);
        }
        counts.mark("beta", "02\tPOS", 3);
        assert_eq!(counts.of("acme", "02\tPOS"), Some(UsageMark { first: 6, last: 9 }));
        assert_eq!(counts.of("beta", "02\tPOS"), Some(UsageMark { first: 3, last: 3 }));
        assert_eq!(counts.of("acme", "02\tAdmin"), None);
        assert_eq!(counts.changed.len(), 2, "only what changed is written");
        counts.write();
        assert!(counts.changed.is_empty());
        counts.mark("acme", "02\tPOS", 8);
        assert!(counts.changed.is_empty(), "nothing new in that");
        counts.miss(3);
        assert_eq!(counts.window(), UsageWindow { since: Tick(5), missed: 3 });
    }

    #[test]
    fn marks_of_grants_that_are_gone_are_forgotten_and_leave_room() {
        let (store, read) = UsageStore::memory(Tick(5));
        let mut counts = Counts::new(store, read);
        let named = |n: usize| format!("01\tPOS\t{n:07}");
        (0..MARKS_MAX - 1).for_each(|n| counts.mark("acme", &named(n), 7));
        counts.mark("gone", &named(0), 7);
        counts.mark("acme", &named(MARKS_MAX), 7);
        assert_eq!((counts.window().missed, counts.of("acme", &named(MARKS_MAX))), (1, None), "full");
        counts.write();
        assert!(counts.prune_due());
        // Some that are there were never used, before, between and after those that were.
        let there = |org: &str| if org == "acme" { ["01\tAdmin\t1".to_owned(), named(3), named(4), format!("{}x", named(4)), named(900), named(MARKS_MAX)].into() } else { Vec::new() };
        counts.prune(there);
        let left: Vec<usize> = (0..1_000).filter(|n| counts.of("acme", &named(*n)).is_some()).collect();
        assert_eq!((left, counts.count), (vec![3, 4, 900], 3));
        assert_eq!((counts.of("gone", &named(0)), counts.changed.len()), (None, MARKS_MAX - 3));
        assert!(!counts.prune_due(), "not soon again");
        counts.mark("acme", &named(MARKS_MAX), 8);
        counts.write();
        assert_eq!(counts.of("acme", &named(MARKS_MAX)), Some(UsageMark { first: 8, last: 8 }));
    }
}
