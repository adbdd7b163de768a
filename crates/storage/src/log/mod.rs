//! Raft's log: appends are readable at once and acknowledged after their sync; votes and entries go through one
//! queue and are never reordered; nothing is purged past what the state has persisted.

mod shared;
mod writer;

use std::fmt::Debug;
use std::io;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use openraft::storage::{IOFlushed, LogState, RaftLogReader, RaftLogStorage};
use tokio::sync::oneshot;

pub(crate) use shared::LogShared;
use shared::Found;
use writer::{Done, Request, Writer};

use crate::engine::{Database, Engine, Order, Space, Visit};
use crate::fault::{Fault, FaultKind};
use crate::health::Health;
use crate::keys;
use crate::marks::Marks;
use crate::types::{Entry, LogId, Types, Vote};
use crate::worker::{Driver, Worker};

/// The log, and the vote, which is a part of it. Given to Raft, which owns it.
pub struct LogStore<E: Engine> {
    core: Arc<Core<E>>,
}

/// Reads the log while others write it.
pub struct LogReader<E: Engine> {
    core: Arc<Core<E>>,
}

struct Core<E: Engine> {
    engine: Arc<E>,
    shared: Arc<LogShared>,
    writer: Arc<Worker<Writer<E>>>,
    marks: Arc<Marks>,
    health: Health,
}

/// What the rest of the crate holds of a log: to wait for it, and to close it.
pub(crate) struct LogHandle<E: Engine> {
    pub(crate) shared: Arc<LogShared>,
    pub(crate) writer: Arc<Worker<Writer<E>>>,
}

/// Makes the records without which a log is damaged.
pub(crate) fn found<E: Engine>(engine: &E) -> Result<(), Fault> {
    let mut batch = crate::engine::Batch::default();
    batch.put(Space::Marks, keys::mark::COMMITTED, keys::mark::value(None));
    batch.put(Space::Marks, keys::mark::PURGED, keys::mark::value(None));
    engine.write(batch, true)
}

/// Reads the whole log and judges it: marks present, checksums right, no hole.
pub(crate) fn load<E: Engine>(engine: &E) -> Result<LogShared, Fault> {
    let mark = |key: &'static [u8], name: &str| match engine.get(Space::Marks, key)? {
        Some(value) => keys::mark::decode(&format!("{} mark `{name}`", engine.place()), &value),
        None => Err(Fault::new(
            FaultKind::Missing,
            format!("{} mark `{name}`", engine.place()),
            "the log's mark is missing",
        )),
    };
    let committed = mark(keys::mark::COMMITTED, "committed")?;
    let purged = mark(keys::mark::PURGED, "purged")?;
    let vote = engine.get(Space::Marks, keys::vote::KEY)?.map(|value| keys::vote::decode(&value)).transpose();
    let vote = vote.map_err(|fault| Fault { place: format!("{} vote", engine.place()), ..fault })?;
    let shared = LogShared::new(vote, committed, purged);
    engine.scan(Space::Log, &keys::log::key(0), keys::END, Order::Up, &mut |key, value| {
        let entry = keys::log::decode(key, value).map_err(|fault| Fault { place: format!("{} log", engine.place()), ..fault })?;
        if purged.is_none() && shared.ends().1.is_none() && entry.log_id.index != 0 {
            let cause = format_args!("the first entry is {} and none was purged", entry.log_id.index).to_string();
            return Err(Fault::corrupt(format!("{} log", engine.place()), cause));
        }
        // Mark and deletion of a purge are one batch, so an entry below the mark is a fault like a hole.
        shared.load(entry).map_err(|cause| Fault::corrupt(format!("{} log", engine.place()), cause))?;
        Ok(Visit::On)
    })?;
    Ok(shared)
}

impl<E: Engine> LogStore<E> {
    /// Starts the writer over a log that was loaded.
    pub(crate) fn start(
        engine: Arc<E>,
        shared: LogShared,
        marks: Arc<Marks>,
            health: Health,
        driver: Driver,
    ) -> Result<(Self, LogHandle<E>), Fault> {
        debug_assert_eq!(Database::Raft.spaces(), &[Space::Log, Space::Marks]);
        let shared = Arc::new(shared);
        let step = Writer::new(engine.clone(), shared.clone(), marks.clone(), health.clone());
        let writer = Arc::new(Worker::start(driver, step, health.clone())?);
        let poked = Arc::downgrade(&writer);
        marks.on_flushed(move || {
            if let Some(writer) = poked.upgrade() {
                writer.poke(Request::Wake);
            }
        });
        let handle = LogHandle { shared: shared.clone(), writer: writer.clone() };
        Ok((Self { core: Arc::new(Core { engine, shared, writer, marks, health }) }, handle))
    }

    async fn ask(&self, request: impl FnOnce(Done) -> Request) -> Result<(), Fault> {
        self.core.health.check()?;
        let (tx, rx) = oneshot::channel();
        let done: Done = Box::new(move |result| drop(tx.send(result)));
        self.core.writer.send(request(done)).await?;
        rx.await.map_err(|_gone| {
            self.core.health.fault().unwrap_or_else(|| {
                Fault::new(FaultKind::Stopped, "log writer", "it ended before it answered")
            })
        })?
    }

    /// A jump past the end (after a snapshot was installed) must be on disk before anything is appended behind it,
    /// or a crash would leave a hole.
    async fn wait_for_jump(&self) -> Result<(), Fault> {
        tokio::select! {
            biased;
            fault = self.core.health.failed() => Err(fault),
            () = self.core.shared.no_jump() => Ok(()),
        }
    }

    async fn append_entries(&self, entries: Vec<Entry>, done: Done) -> Result<(), Fault> {
        self.core.health.check()?;
        self.wait_for_jump().await?;
        let Some(seq) = self.core.shared.append(&entries).map_err(|cause| Fault::new(FaultKind::Misuse, "log", cause))?
        else {
            done(Ok(()));
            return Ok(());
        };
        self.core.writer.send(Request::Append { seq, entries, done }).await
    }
}

impl<E: Engine> Core<E> {
    fn entries(&self, range: impl RangeBounds<u64>) -> Result<Vec<Entry>, Fault> {
        let from = match range.start_bound() {
            Bound::Included(from) => *from,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let to = match range.end_bound() {
            Bound::Included(last) => last.saturating_add(1),
            Bound::Excluded(to) => *to,
            Bound::Unbounded => u64::MAX,
        };
        // The tail first: whatever has left it was on disk before it left.
        let Found { from, disk_to, mut tail } = self.shared.entries(from, to);
        if from >= disk_to {
            return Ok(tail);
        }
        let mut entries = Vec::new();
        let mut next = from;
        self.engine.scan(Space::Log, &keys::log::key(from), &keys::log::key(disk_to), Order::Up, &mut |key, value| {
            let entry = keys::log::decode(key, value)?;
            // Entries may have been purged while this was read, at the beginning only.
            if entry.log_id.index != next && !(entries.is_empty() && entry.log_id.index > next) {
                return Err(Fault::corrupt("log", format_args!("entry {next} is missing before {}", entry.log_id.index)));
            }
            next = entry.log_id.index + 1;
            entries.push(entry);
            Ok(Visit::On)
        })?;
        if next != disk_to && self.shared.first() < disk_to {
            return Err(Fault::corrupt("log", format_args!("entry {next} is missing before {disk_to}")));
        }
        entries.append(&mut tail);
        Ok(entries)
    }
}

impl<C: Types, E: Engine> RaftLogReader<C> for LogReader<E> {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + Send>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry>, io::Error> {
        self.core.entries(range).inspect_err(|fault| self.core.health.fail(fault)).map_err(io::Error::from)
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, io::Error> {
        Ok(self.core.shared.vote())
    }

    /// At most some entries and some bytes at a time: an append between peers is limited in bytes.
    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<Entry>, io::Error> {
        let mut end = end.min(start.saturating_add(READ_ENTRIES_MAX));
        end = self.core.shared.limit(start, end, READ_BYTES_MAX);
        self.core.entries(start..end).inspect_err(|fault| self.core.health.fail(fault)).map_err(io::Error::from)
    }
}

/// Entries that one read for a peer returns at most.
const READ_ENTRIES_MAX: u64 = 4_096;
/// Bytes of entries that one read for a peer returns at most (but always one entry): appends are limited to 4 MiB.
const READ_BYTES_MAX: u64 = 3 << 20;

impl<C: Types, E: Engine> RaftLogStorage<C> for LogStore<E> {
    type LogReader = LogReader<E>;

    async fn get_log_state(&mut self) -> Result<LogState<C>, io::Error> {
        let (last_purged_log_id, last_log_id) = self.core.shared.ends();
        Ok(LogState { last_purged_log_id, last_log_id })
    }

    async fn get_log_reader(&mut self) -> LogReader<E> {
        LogReader { core: self.core.clone() }
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), io::Error> {
        let vote = *vote;
        self.ask(|done| Request::Vote { vote, done }).await?;
        self.core.shared.set_vote(vote);
        Ok(())
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), io::Error> {
        // Rides on the writer's next sync.
        self.core.shared.set_committed(committed);
        Ok(())
    }

    async fn read_committed(&mut self) -> Result<Option<LogId>, io::Error> {
        Ok(self.core.shared.committed())
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<C>) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = Entry> + Send,
        I::IntoIter: Send,
    {
        let entries: Vec<Entry> = entries.into_iter().collect();
        let done: Done = Box::new(move |result| callback.io_completed(result.map_err(io::Error::from)));
        self.append_entries(entries, done).await.map_err(io::Error::from)
    }

    async fn truncate_after(&mut self, last_log_id: Option<LogId>) -> Result<(), io::Error> {
        let from = last_log_id.map_or(0, |id| id.index.saturating_add(1));
        if self.core.shared.truncate(from, last_log_id) {
            self.ask(|done| Request::Truncate { from, done }).await?;
        }
        Ok(())
    }

    /// Takes entries away at once for readers. On disk they go once the state has persisted and flushed as far:
    /// until then the log is the only copy, so this returns without waiting and the writer sees to it.
    async fn purge(&mut self, log_id: LogId) -> Result<(), io::Error> {
        if !self.core.shared.purge(log_id) {
            return Ok(());
        }
        self.core.marks.want(log_id.index);
        self.ask(|done| Request::Purge { upto: log_id, done }).await?;
        Ok(())
    }
}

impl<E: Engine> LogStore<E> {
    /// The entry that is gone from disk for good, as opposed to what [`RaftLogStorage::purge`] was asked for.
    pub fn purged_on_disk(&self) -> Option<LogId> {
        self.core.shared.purged_on_disk()
    }

    /// How far the state is flushed; purges wait for it.
    pub fn flushed(&self) -> Option<u64> {
        self.core.marks.flushed()
    }
}
