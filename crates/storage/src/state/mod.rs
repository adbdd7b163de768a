//! Raft's state machine, and the only writer of state: it applies a batch to a private copy, publishes one view,
//! answers, and leaves the disk to the persister. The quorum's synced log is the truth until that has caught up.

pub(crate) mod home;
pub(crate) mod load;
pub(crate) mod persist;

use std::io;
use std::sync::Arc;

use bailiwick_policy::execute::execute;
use bailiwick_policy::index::Index;
use bailiwick_policy::state::State;
use futures::{Stream, StreamExt};
use openraft::storage::{EntryResponder, RaftSnapshotBuilder, RaftStateMachine};

use crate::audit::{AuditReader, PendingRows};
use crate::codec;
use crate::engine::Engine;
use crate::failpoint;
use crate::fault::{Fault, FaultKind};
use crate::health::Health;
use crate::keys;
use crate::log::LogShared;
use crate::marks::Marks;
use crate::planted::{self, Planted};
use crate::snapshot::{self, SnapshotFile, SnapshotStore};
use crate::types::{Entry, EntryPayload, LogId, Reply, Snapshot, SnapshotMeta, StoredMembership, Types};
use crate::views::{View, Views};
use crate::worker::{Driver, Worker};
use home::Home;
use load::Loaded;
use persist::{Persister, Written};

/// Entries of one view at most: a node that catches up publishes, and bounds what it holds, on the way.
const BATCH_MAX: usize = 1_024;

/// The state machine. Given to Raft, which owns it and applies one batch at a time.
pub struct StateMachine<E: Engine> {
    work: Work,
    shared: Arc<Shared<E>>,
}

/// The private copy.
struct Work {
    state: State,
    index: Index,
    applied: Option<LogId>,
    membership: StoredMembership,
}

/// What the state machine shares with the rest of the storage.
pub(crate) struct Shared<E: Engine> {
    pub(crate) views: Views,
    pub(crate) log: Arc<LogShared>,
    pub(crate) marks: Arc<Marks>,
    pub(crate) health: Health,
    pub(crate) persister: Arc<Worker<Persister<E>>>,
    pub(crate) pending: Arc<PendingRows>,
    pub(crate) home: Arc<dyn Home<E>>,
    pub(crate) snapshots: Arc<SnapshotStore>,
    pub(crate) audit: AuditReader,
    pub(crate) driver: Driver,
}

impl Work {
    fn view(&self) -> View {
        View {
            state: self.state.clone(),
            index: self.index.clone(),
            revision: self.state.revision,
            applied: self.applied,
            membership: self.membership.clone(),
        }
    }

    /// Applies one entry. Deterministic: nothing but the entry and the state is looked at.
    fn apply(&mut self, entry: &Entry, written: &mut Written) -> Result<Reply, Fault> {
        if Some(entry.log_id) <= self.applied {
            let applied = self.applied.map_or(0, |id| id.index);
            return Err(Fault::new(
                FaultKind::Misuse,
                "state machine",
                format_args!("entry {} comes after {applied} has been applied", entry.log_id.index),
            ));
        }
        self.applied = Some(entry.log_id);
        match &entry.payload {
            EntryPayload::Blank => Ok(Reply::Blank { revision: self.state.revision }),
            EntryPayload::Membership(membership) => {
                self.membership = StoredMembership::new(Some(entry.log_id), membership.clone());
                Ok(Reply::Membership { revision: self.state.revision })
            }
            EntryPayload::Normal(payload) => {
                let envelope = codec::decode_envelope(payload)
                    .map_err(|fault| fault.while_doing(format_args!("applying entry {}", entry.log_id.index)))?;
                let executed = execute(&mut self.state, &envelope);
                if let Some(row) = executed.row {
                    let chained = keys::audit::chain(&self.state.history, row);
                    self.state.history = chained.head;
                    self.state.audit_rows += 1;
                    written.rows.push(Arc::new(chained));
                }
                self.index.apply(&self.state, &executed.changes);
                if planted::has(Planted::DropRequestIds)
                    && let Some(id) = executed.recorded
                {
                    self.state.requests.remove(&id);
                }
                if let Some(id) = executed.recorded
                    && let Some(recorded) = self.state.requests.get(&id)
                {
                    written.recorded.push((id, recorded.clone()));
                }
                written.evicted.extend(executed.evicted);
                written.changes.extend(executed.changes);
                Ok(Reply::Applied {
                    outcome: executed.outcome,
                    revision: self.state.revision,
                    repeated: executed.repeated,
                })
            }
        }
    }
}

impl<E: Engine> StateMachine<E> {
    pub(crate) fn new(loaded: Loaded, index: Index, shared: Arc<Shared<E>>) -> Self {
        let work =
            Work { state: loaded.state, index, applied: loaded.mark.applied, membership: loaded.mark.membership };
        Self { work, shared }
    }

    /// The handle by which everybody reads.
    pub fn views(&self) -> Views {
        self.shared.views.clone()
    }

    async fn apply_all<R>(&mut self, batch: Vec<(Entry, Option<R>)>, answer: impl Fn(R, Reply)) -> Result<(), Fault> {
        let Some((last, _)) = batch.last() else { return Ok(()) };
        // The leader commits without its own flush, so what is committed may not be on this disk yet. What callers
        // have seen here must still be here after a restart.
        tokio::select! {
            biased;
            fault = self.shared.health.failed() => return Err(fault),
            () = self.shared.log.on_disk(last.log_id.index) => {}
        }
        failpoint::at("apply_batch.before");
        let mut written = Written::default();
        let mut answers = Vec::with_capacity(batch.len());
        for (entry, responder) in batch {
            let reply = self.work.apply(&entry, &mut written)?;
            if let Some(responder) = responder {
                answers.push((responder, reply));
            }
        }
        written.mark(&self.work.state, self.work.applied, &self.work.membership);
        // Rows before the view: whoever sees the revision finds its row.
        self.shared.pending.add(&written.rows);
        self.shared.views.publish(self.work.view());
        for (responder, reply) in answers {
            answer(responder, reply);
        }
        failpoint::at("apply_batch.after");
        // Behind the answer, but bounded: a disk that can't follow slows the next batch down.
        self.shared.persister.send(persist::Request::Write(Box::new(written))).await
    }

    async fn install(&mut self, meta: &SnapshotMeta, file: SnapshotFile) -> Result<(), Fault> {
        failpoint::at("install.before");
        let installed = snapshot::install(&self.shared, meta, file).await?;
        self.work = Work {
            index: Index::build(&installed.state),
            state: installed.state,
            applied: installed.mark.applied,
            membership: installed.mark.membership,
        };
        self.shared.views.publish(self.work.view());
        failpoint::at("install.after");
        tracing::info!(applied = ?self.work.applied, revision = self.work.state.revision.0, "snapshot installed");
        Ok(())
    }
}

impl<C: Types, E: Engine> RaftStateMachine<C> for StateMachine<E> {
    type SnapshotData = SnapshotFile;
    type SnapshotBuilder = SnapshotBuilder<E>;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), io::Error> {
        Ok((self.work.applied, self.work.membership.clone()))
    }

    async fn apply<Strm>(&mut self, mut entries: Strm) -> Result<(), io::Error>
    where
        Strm: Stream<Item = Result<EntryResponder<C>, io::Error>> + Unpin + Send,
    {
        let mut more = true;
        while more {
            let mut batch = Vec::new();
            while batch.len() < BATCH_MAX {
                match entries.next().await {
                    Some(item) => batch.push(item?),
                    None => {
                        more = false;
                        break;
                    }
                }
            }
            // An error stops Raft's core while the process lives on, so it is also latched where the process looks.
            let result = self.apply_all(batch, |responder, reply| responder.send(reply)).await;
            result.inspect_err(|fault| self.shared.health.fail(fault)).map_err(io::Error::from)?;
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> SnapshotBuilder<E> {
        SnapshotBuilder { view: self.shared.views.load(), shared: self.shared.clone() }
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, snapshot: SnapshotFile) -> Result<(), io::Error> {
        let result = self.install(meta, snapshot).await;
        result.inspect_err(|fault| self.shared.health.fail(fault)).map_err(io::Error::from)
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot>, io::Error> {
        Ok(self.shared.snapshots.current())
    }
}

/// Writes one view into a file, off the apply path.
pub struct SnapshotBuilder<E: Engine> {
    view: Arc<View>,
    shared: Arc<Shared<E>>,
}

impl<C: Types, E: Engine> RaftSnapshotBuilder<C> for SnapshotBuilder<E> {
    type SnapshotData = SnapshotFile;

    async fn build_snapshot(&mut self) -> Result<Snapshot, io::Error> {
        let result = snapshot::build(&self.shared, self.view.clone()).await;
        result.inspect_err(|fault| self.shared.health.fail(fault)).map_err(io::Error::from)
    }
}
