//! The marks of this node: in memory, and written behind to its own database, only what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bailiwick_storage::{UsageMark, UsageRead, UsageStore, UsageWindow};
use tracing::{info, warn};

/// Marks at most: about 100 bytes each.
const MARKS_MAX: usize = 1 << 20;

/// The marks.
pub struct Counts {
    store: UsageStore,
    window: UsageWindow,
    /// By org, then by grant.
    marks: BTreeMap<Arc<str>, BTreeMap<Arc<str>, UsageMark>>,
    count: usize,
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
        Self { store, window: read.window, marks, count, changed: BTreeSet::new(), window_changed: false, failing: false }
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
        let changed = self.changed.iter().filter_map(|(org, grant)| Some((&**org, &**grant, *marks.get(org)?.get(grant)?)));
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
}
