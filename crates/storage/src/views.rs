//! What everybody reads: one immutable view at a time, published whole. Whoever needs more than one look at the
//! state takes one view and keeps it; one load is one revision.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bailiwick_policy::ids::Revision;
use bailiwick_policy::index::Index;
use bailiwick_policy::state::State;
use tokio::sync::watch;

use crate::types::{LogId, StoredMembership};

/// Views of other revisions that are kept, for cursors, diffs and `at_exactly`.
pub const VIEWS_KEPT_MAX: usize = 1_024;
/// For how long they are kept.
pub const VIEWS_KEPT_FOR: Duration = Duration::from_secs(600);

/// The state at one place of the log, with the index that checks read.
#[derive(Clone, Debug)]
pub struct View {
    /// All policy, and what replicating it needs.
    pub state: State,
    /// The projection that checks read: always of this state.
    pub index: Index,
    /// The state's revision.
    pub revision: Revision,
    /// The last entry applied.
    pub applied: Option<LogId>,
    /// Voters and learners as of that entry.
    pub membership: StoredMembership,
}

impl View {
    /// The index of the last entry applied.
    pub fn applied_index(&self) -> Option<u64> {
        self.applied.map(|id| id.index)
    }
}

/// How far the published view has come: the index of the last entry applied, and the revision.
pub type Progress = (Option<u64>, Revision);

/// The handle by which everybody reads. Cheap to clone; all clones see the same.
#[derive(Clone)]
pub struct Views(Arc<Inner>);

struct Inner {
    present: ArcSwap<View>,
    /// Older ones and the present one, oldest first, one for each revision.
    kept: Mutex<VecDeque<(Instant, Arc<View>)>>,
    progress: watch::Sender<Progress>,
}

impl Views {
    pub(crate) fn new(first: View) -> Self {
        let progress = (first.applied_index(), first.revision);
        let first = Arc::new(first);
        Self(Arc::new(Inner {
            kept: Mutex::new(VecDeque::from([(Instant::now(), first.clone())])),
            present: ArcSwap::new(first),
            progress: watch::Sender::new(progress),
        }))
    }

    /// The present view: one pointer, no lock.
    pub fn load(&self) -> Arc<View> {
        self.0.present.load_full()
    }

    /// The present view for as long as one answer takes, without touching its count of owners: the hot path.
    pub fn peek(&self) -> arc_swap::Guard<Arc<View>> {
        self.0.present.load()
    }

    /// The view at exactly this revision, if it is kept. A revision in the middle of a batch was never published;
    /// [`crate::AuditReader::state_at`] rebuilds such ones and older ones.
    pub fn at(&self, revision: Revision) -> Option<Arc<View>> {
        let kept = self.kept();
        let at = kept.partition_point(|(_, view)| view.revision < revision);
        kept.get(at).filter(|(_, view)| view.revision == revision).map(|(_, view)| view.clone())
    }

    /// The oldest view that is kept and not older than this revision: from where an older state is rebuilt.
    pub fn not_before(&self, revision: Revision) -> Option<Arc<View>> {
        let kept = self.kept();
        let at = kept.partition_point(|(_, view)| view.revision < revision);
        kept.get(at).map(|(_, view)| view.clone())
    }

    /// Follows how far the published view has come.
    pub fn subscribe(&self) -> watch::Receiver<Progress> {
        self.0.progress.subscribe()
    }

    /// Publishes a view. Only the state machine does.
    pub(crate) fn publish(&self, view: View) {
        let progress = (view.applied_index(), view.revision);
        let view = Arc::new(view);
        let now = Instant::now();
        {
            let mut kept = self.kept();
            match kept.back_mut() {
                Some((_, last)) if last.revision == view.revision => *last = view.clone(),
                // An installed snapshot may only go forward; should it not, what is newer is no view of this log.
                Some((_, last)) if last.revision > view.revision => {
                    kept.clear();
                    kept.push_back((now, view.clone()));
                }
                Some(_) | None => kept.push_back((now, view.clone())),
            }
            let old = |at: &Instant| now.saturating_duration_since(*at) > VIEWS_KEPT_FOR;
            while kept.len() > VIEWS_KEPT_MAX || (kept.len() > 1 && kept.front().is_some_and(|(at, _)| old(at))) {
                kept.pop_front();
            }
        }
        self.0.present.store(view);
        self.0.progress.send_replace(progress);
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(Instant, Arc<View>)>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(revision: u64, applied: u64) -> View {
        let state = State { revision: Revision(revision), ..State::default() };
        View {
            index: Index::build(&state),
            state,
            revision: Revision(revision),
            applied: Some(crate::sample::log_id(1, 1, applied)),
            membership: StoredMembership::default(),
        }
    }

    #[test]
    fn older_revisions_are_kept_and_bounded() {
        let views = Views::new(view(0, 0));
        for n in 1..=VIEWS_KEPT_MAX as u64 + 10 {
            views.publish(view(n, n));
        }
        assert_eq!(views.load().revision, Revision(1_034));
        assert_eq!(views.at(Revision(1_034)).map(|v| v.applied_index()), Some(Some(1_034)));
        assert!(views.at(Revision(11)).is_some());
        assert!(views.at(Revision(10)).is_none());
        assert!(views.at(Revision(2_000)).is_none());
    }

    #[test]
    fn one_revision_is_kept_once_at_its_latest() {
        let views = Views::new(view(5, 1));
        views.publish(view(5, 2));
        views.publish(view(7, 3));
        assert_eq!(views.at(Revision(5)).and_then(|v| v.applied_index()), Some(2));
        assert!(views.at(Revision(6)).is_none(), "6 lay in the middle of a batch");
        assert_eq!(views.not_before(Revision(6)).map(|v| v.revision), Some(Revision(7)));
    }
}
