//! The one writer of the log: what has been asked for since the last step becomes one batch, one synced write, and
//! then the answers, in order. That group commit is where write throughput comes from.
//!
//! `plan` is pure: requests and marks in, batch and answers out. A failed write is fatal and never tried again.

use std::sync::Arc;

use super::shared::LogShared;
use crate::engine::{Batch, Engine, Space};
use crate::failpoint;
use crate::fault::Fault;
use crate::health::Health;
use crate::keys;
use crate::marks::Marks;
use crate::planted::{self, Planted};
use crate::types::{Entry, LogId, Vote};
use crate::worker::Step;

/// Told once what was asked for is on disk, or never will be.
pub(crate) type Done = Box<dyn FnOnce(Result<(), Fault>) + Send>;

/// What the writer can be asked for.
pub(crate) enum Request {
    /// Entries; `seq` is the number of the append.
    Append { seq: u64, entries: Vec<Entry>, done: Done },
    /// A vote.
    Vote { vote: Vote, done: Done },
    /// To take entries from an index on away.
    Truncate { from: u64, done: Done },
    /// To take entries up to this one away, once the state is flushed as far.
    Purge { upto: LogId, done: Done },
    /// To look whether a purge that was held back may go.
    Wake,
}

/// What one step writes, and whom it answers.
#[derive(Default)]
struct Plan {
    batch: Batch,
    seq: Option<u64>,
    purged: Option<LogId>,
    votes: bool,
    done: Vec<Done>,
}

/// The writer's own state.
pub(crate) struct Writer<E: Engine> {
    engine: Arc<E>,
    shared: Arc<LogShared>,
    marks: Arc<Marks>,
    health: Health,
    /// A purge that waits for the state to be flushed.
    held: Option<LogId>,
    /// The committed mark that is on disk.
    committed: Option<LogId>,
}

/// Turns requests into one batch. A purge that the flushed state doesn't cover is held back, and answered: the
/// entries are already out of sight.
fn plan(requests: Vec<Request>, held: &mut Option<LogId>, flushed: Option<u64>) -> Plan {
    let mut plan = Plan::default();
    for request in requests {
        match request {
            Request::Append { seq, entries, done } => {
                for entry in &entries {
                    plan.batch.put(Space::Log, keys::log::key(entry.log_id.index), keys::log::value(entry));
                }
                plan.seq = Some(seq);
                plan.done.push(done);
            }
            Request::Vote { vote, done } => {
                plan.batch.put(Space::Marks, keys::vote::KEY, keys::vote::value(&vote));
                plan.votes = true;
                plan.done.push(done);
            }
            Request::Truncate { from, done } => {
                plan.batch.delete_range(Space::Log, keys::log::key(from), keys::END);
                plan.done.push(done);
            }
            Request::Purge { upto, done } => {
                *held = Some(held.map_or(upto, |earlier| earlier.max(upto)));
                // In the order it was asked for: what is appended behind a jump must not be there without it.
                release(&mut plan, held, flushed);
                plan.done.push(done);
            }
            Request::Wake => {}
        }
    }
    release(&mut plan, held, flushed);
    plan
}

fn release(plan: &mut Plan, held: &mut Option<LogId>, flushed: Option<u64>) {
    if let Some(upto) = held.take_if(|upto| flushed >= Some(upto.index)) {
        plan.batch.delete_range(Space::Log, keys::log::key(0), keys::log::key(upto.index.saturating_add(1)));
        plan.batch.put(Space::Marks, keys::mark::PURGED, keys::mark::value(Some(upto)));
        plan.purged = Some(upto);
    }
}

impl<E: Engine> Writer<E> {
    pub(crate) fn new(engine: Arc<E>, shared: Arc<LogShared>, marks: Arc<Marks>, health: Health) -> Self {
        let committed = shared.committed();
        Self { engine, shared, marks, health, held: None, committed }
    }

    fn write(&mut self, mut batch: Batch, votes: bool, purges: bool) -> Result<(), Fault> {
        self.health.check()?;
        if batch.is_empty() {
            return Ok(());
        }
        let committed = self.shared.committed();
        if committed != self.committed {
            batch.put(Space::Marks, keys::mark::COMMITTED, keys::mark::value(committed));
        }
        let (before, after) = match (votes, purges) {
            (true, _) => ("vote_sync.before", "vote_sync.after"),
            (false, true) => ("purge.before", "purge.after"),
            (false, false) => ("append_sync.before", "append_sync.after"),
        };
        failpoint::at(before);
        let sync = !planted::has(Planted::SkipLogSync);
        self.engine.write(batch, sync).map_err(|fault| fault.while_doing("writing the log"))?;
        failpoint::at(after);
        self.committed = committed;
        Ok(())
    }
}

impl<E: Engine> Step for Writer<E> {
    type Request = Request;
    const NAME: &'static str = "log writer";

    fn step(&mut self, requests: Vec<Request>) {
        let Plan { batch, seq, purged, votes, done } = plan(requests, &mut self.held, self.marks.flushed());
        let result = self.write(batch, votes, purged.is_some());
        match &result {
            Ok(()) => {
                if let Some(seq) = seq {
                    self.shared.set_synced(seq);
                }
                if let Some(upto) = purged {
                    self.shared.set_purged_on_disk(upto);
                }
            }
            Err(fault) => self.health.fail(fault),
        }
        for done in done {
            done(result.clone());
        }
    }

    fn close(&mut self) {
        let committed = self.shared.committed();
        if committed != self.committed && self.health.fault().is_none() {
            let mut batch = Batch::default();
            batch.put(Space::Marks, keys::mark::COMMITTED, keys::mark::value(committed));
            if let Err(fault) = self.engine.write(batch, true) {
                self.health.fail(&fault);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Op;
    use crate::sample;

    fn nobody() -> Done {
        Box::new(|_result| {})
    }

    fn append(seq: u64, index: u64) -> Request {
        Request::Append { seq, entries: vec![sample::entry(1, 1, index, b"x".to_vec())], done: nobody() }
    }

    #[test]
    fn everything_asked_for_is_one_batch_in_its_order() {
        let mut held = None;
        let vote = crate::types::Vote::new(2, 1);
        let requests = vec![append(1, 4), Request::Vote { vote, done: nobody() }, Request::Truncate { from: 4, done: nobody() }, append(2, 4)];
        let plan = plan(requests, &mut held, None);
        let kinds: Vec<_> = plan
            .batch
            .ops
            .iter()
            .map(|op| match op {
                Op::Put(space, ..) => format!("put {}", space.name()),
                Op::Delete(space, _) => format!("delete {}", space.name()),
                Op::DeleteRange(space, ..) => format!("delete range {}", space.name()),
            })
            .collect();
        assert_eq!(kinds, ["put log", "put marks", "delete range log", "put log"]);
        assert_eq!(plan.seq, Some(2));
        assert_eq!(plan.done.len(), 4);
    }

    #[test]
    fn a_purge_is_held_until_the_state_is_flushed_as_far() {
        let mut held = None;
        let upto = sample::log_id(1, 1, 9);
        let early = plan(vec![Request::Purge { upto, done: nobody() }], &mut held, Some(8));
        assert!(early.batch.is_empty() && early.purged.is_none());
        assert_eq!(held, Some(upto));
        let late = plan(vec![Request::Wake], &mut held, Some(9));
        assert_eq!(late.purged, Some(upto));
        assert_eq!(held, None);
    }
}
