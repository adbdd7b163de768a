//! Older revisions that are no longer held as they were published: rebuilt from the audit, few at once, and the last
//! few kept, so that the same question again is cheap.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bailiwick_policy::decision::Reason;
use bailiwick_policy::ids::Revision;
use bailiwick_policy::index::Index;
use bailiwick_policy::state::State;
use bailiwick_rpc::api::ApiError;
use bailiwick_storage::View;
use tokio::sync::Semaphore;

use super::{App, NoView};

/// Rebuilds that run at once: each walks the disk, and what waits is cheaper than what thrashes.
const REBUILDS_MAX: usize = 2;
/// Rebuilt revisions that are kept: each has an index of its own, which shares nothing with the present one.
const KEPT_MAX: usize = 4;

/// Whose turn it is, and what was rebuilt last, the latest first.
pub struct Older {
    turns: Arc<Semaphore>,
    states: Mutex<VecDeque<(Revision, State)>>,
    views: Mutex<VecDeque<(Revision, Arc<View>)>>,
}

impl Default for Older {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(REBUILDS_MAX)), states: Mutex::default(), views: Mutex::default() }
    }
}

/// What is under these locks is right after every statement, so a panic elsewhere doesn't spoil it.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn recall<T: Clone>(kept: &Mutex<VecDeque<(Revision, T)>>, revision: Revision) -> Option<T> {
    let mut kept = lock(kept);
    let place = kept.iter().position(|(at, _)| *at == revision)?;
    let found = kept.remove(place)?;
    let value = found.1.clone();
    kept.push_front(found);
    Some(value)
}

fn keep<T>(kept: &Mutex<VecDeque<(Revision, T)>>, revision: Revision, value: T) {
    let mut kept = lock(kept);
    kept.retain(|(at, _)| *at != revision);
    kept.push_front((revision, value));
    kept.truncate(KEPT_MAX);
}

impl App {
    /// The view of a revision: as it was published, or rebuilt with an index of its own.
    pub(super) async fn view_of(&self, revision: Revision) -> Result<Arc<View>, NoView> {
        if let Some(view) = self.views.at(revision).or_else(|| recall(&self.older.views, revision)) {
            return Ok(view);
        }
        self.rebuild(move |app| {
            if let Some(view) = recall(&app.older.views, revision) {
                return Ok(Some(view));
            }
            let Some(next) = app.views.not_before(revision) else { return Ok(None) };
            let Some(state) = app.state_from_audit(revision)? else { return Ok(None) };
            let index = Index::build(&state);
            let view = Arc::new(View { index, revision, state, applied: next.applied, membership: next.membership.clone() });
            keep(&app.older.views, revision, view.clone());
            Ok(Some(view))
        })
        .await
    }

    /// The state of a revision, without an index: enough to compare.
    pub(super) async fn state_of(&self, revision: Revision) -> Result<State, NoView> {
        if let Some(view) = self.views.at(revision) {
            return Ok(view.state.clone());
        }
        if let Some(state) = recall(&self.older.states, revision) {
            return Ok(state);
        }
        self.rebuild(move |app| app.state_from_audit(revision)).await
    }

    fn state_from_audit(&self, revision: Revision) -> Result<Option<State>, bailiwick_storage::Fault> {
        if let Some(state) = recall(&self.older.states, revision) {
            return Ok(Some(state));
        }
        let state = self.audit.state_at(revision)?;
        if let Some(state) = &state {
            keep(&self.older.states, revision, state.clone());
        }
        Ok(state)
    }

    /// Does it on a thread of its own, in its turn. The turn is the task's: a caller who goes away doesn't free it.
    async fn rebuild<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<Option<T>, bailiwick_storage::Fault> + Send + 'static,
    ) -> Result<T, NoView> {
        let unavailable = |why: String| NoView::Bad(ApiError::new(ApiError::UNAVAILABLE, why));
        let turn = self.older.turns.clone().acquire_owned().await.map_err(|e| unavailable(e.to_string()))?;
        let app = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let done = work(&app);
            drop(turn);
            done
        });
        match task.await {
            Ok(Ok(Some(found))) => Ok(found),
            Ok(Ok(None)) => Err(NoView::Indeterminate(Reason::Compacted)),
            Ok(Err(fault)) => Err(unavailable(fault.to_string())),
            Err(error) => Err(unavailable(format!("the rebuild ended early: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_few_are_kept_by_use() {
        let kept = Mutex::default();
        for n in 1..=4 {
            keep(&kept, Revision(n), n);
        }
        assert_eq!(recall(&kept, Revision(1)), Some(1), "used: it is no longer the oldest");
        keep(&kept, Revision(5), 5);
        assert_eq!(recall(&kept, Revision(2)), None);
        assert_eq!(recall(&kept, Revision(1)), Some(1));
        assert_eq!(lock(&kept).len(), KEPT_MAX);
    }
}
