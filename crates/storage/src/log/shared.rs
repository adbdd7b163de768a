//! What is known of the log without reading it: its ends, its vote, its tail. One lock, held for moments only.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::types::{Entry, EntryPayload, LogId, Vote};

/// Bytes of synced entries that stay in memory, so that peers a little behind are served without the disk.
const TAIL_BYTES_MAX: u64 = 32 << 20;
/// Bytes that an entry takes beside its payload, on disk, about.
const ENTRY_OVERHEAD_BYTES: u64 = 64;

/// The log's ends and tail.
pub(crate) struct LogShared {
    inner: Mutex<Inner>,
    /// Appends up to this number are synced.
    synced: watch::Sender<u64>,
    /// The last entry that is gone from disk.
    purged_on_disk: watch::Sender<Option<LogId>>,
}

struct Inner {
    vote: Option<Vote>,
    committed: Option<LogId>,
    purged: Option<LogId>,
    last: Option<LogId>,
    /// Index of the first entry, and bytes of each from there.
    first: u64,
    sizes: VecDeque<u32>,
    bytes: u64,
    /// The last entries, each with the number of its append.
    tail: VecDeque<(Entry, u64)>,
    tail_bytes: u64,
    seq: u64,
    /// A purge past the end that is not on disk yet.
    jump: Option<LogId>,
}

/// Where the entries of a range are: on disk from `from` to, not including, `disk_to`, and the rest here.
pub(crate) struct Found {
    pub(crate) from: u64,
    pub(crate) disk_to: u64,
    pub(crate) tail: Vec<Entry>,
}

pub(crate) fn bytes_of(entry: &Entry) -> u64 {
    let payload = match &entry.payload {
        EntryPayload::Blank => 0,
        EntryPayload::Normal(payload) => payload.len() as u64,
        EntryPayload::Membership(membership) => membership.nodes().count() as u64 * ENTRY_OVERHEAD_BYTES,
    };
    payload + ENTRY_OVERHEAD_BYTES
}

impl LogShared {
    pub(crate) fn new(vote: Option<Vote>, committed: Option<LogId>, purged: Option<LogId>) -> Self {
        Self {
            inner: Mutex::new(Inner {
                vote,
                committed,
                purged,
                last: purged,
                first: purged.map_or(0, |id| id.index.saturating_add(1)),
                sizes: VecDeque::new(),
                bytes: 0,
                tail: VecDeque::new(),
                tail_bytes: 0,
                seq: 0,
                jump: None,
            }),
            synced: watch::Sender::new(0),
            purged_on_disk: watch::Sender::new(purged),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an entry that was read from disk, in order.
    pub(crate) fn load(&self, entry: Entry) -> Result<(), String> {
        let mut inner = self.inner();
        inner.check(&entry)?;
        inner.push(entry, 0);
        inner.evict(0);
        Ok(())
    }

    /// Takes entries to be appended; they are readable from now on. The number says when they are synced; none if
    /// there are no entries.
    pub(crate) fn append(&self, entries: &[Entry]) -> Result<Option<u64>, String> {
        let mut inner = self.inner();
        if entries.is_empty() {
            return Ok(None);
        }
        inner.seq += 1;
        let seq = inner.seq;
        for entry in entries {
            inner.check(entry)?;
            inner.push(entry.clone(), seq);
        }
        Ok(Some(seq))
    }

    /// Says that appends up to this number are on disk.
    pub(crate) fn set_synced(&self, seq: u64) {
        self.inner().evict(seq);
        self.synced.send_replace(seq);
    }

    /// Waits until the entry at this index is on disk. An entry that isn't in the log needn't be: it came with a
    /// snapshot, or was read from the disk.
    pub(crate) async fn on_disk(&self, index: u64) {
        let Some(seq) = self.inner().seq_of(index) else { return };
        let mut synced = self.synced.subscribe();
        // The sender lives as long as `self`.
        drop(synced.wait_for(|done| *done >= seq).await);
    }

    /// Takes entries from this index on away; whether there were any.
    pub(crate) fn truncate(&self, from: u64, last: Option<LogId>) -> bool {
        let mut inner = self.inner();
        // Truncating past the end changes nothing; it must not move the end.
        if inner.next() <= from {
            return false;
        }
        while inner.next() > from.max(inner.first) {
            let size = inner.sizes.pop_back();
            inner.bytes = inner.bytes.saturating_sub(size.map_or(0, u64::from));
            if let Some((entry, _)) = inner.tail.pop_back() {
                inner.tail_bytes = inner.tail_bytes.saturating_sub(bytes_of(&entry));
            }
        }
        inner.last = if from <= inner.first { inner.purged } else { last };
        true
    }

    /// Takes entries up to this one away; whether that is news.
    pub(crate) fn purge(&self, upto: LogId) -> bool {
        let mut inner = self.inner();
        if inner.purged.is_some_and(|purged| purged.index >= upto.index) {
            return false;
        }
        while inner.first <= upto.index && !inner.sizes.is_empty() {
            let gone = inner.sizes.pop_front().map_or(0, u64::from);
            inner.bytes = inner.bytes.saturating_sub(gone);
            inner.first += 1;
        }
        let first = upto.index.saturating_add(1);
        inner.first = inner.first.max(first);
        while inner.tail.front().is_some_and(|(entry, _)| entry.log_id.index < first) {
            if let Some((entry, _)) = inner.tail.pop_front() {
                inner.tail_bytes = inner.tail_bytes.saturating_sub(bytes_of(&entry));
            }
        }
        if inner.last.is_none_or(|last| last.index <= upto.index) {
            inner.jump = inner.last.is_none_or(|last| last.index < upto.index).then_some(upto);
            inner.last = Some(upto);
        }
        inner.purged = Some(upto);
        true
    }

    /// Says that entries up to this one are gone from disk.
    pub(crate) fn set_purged_on_disk(&self, upto: LogId) {
        {
            let mut inner = self.inner();
            if inner.jump.is_some_and(|jump| jump.index <= upto.index) {
                inner.jump = None;
            }
        }
        self.purged_on_disk.send_replace(Some(upto));
    }

    pub(crate) fn purged_on_disk(&self) -> Option<LogId> {
        *self.purged_on_disk.borrow()
    }

    /// Waits until no jump is on its way to the disk.
    pub(crate) async fn no_jump(&self) {
        let mut purged = self.purged_on_disk.subscribe();
        drop(purged.wait_for(|_| self.inner().jump.is_none()).await);
    }

    pub(crate) fn entries(&self, from: u64, to: u64) -> Found {
        let inner = self.inner();
        let from = from.max(inner.first);
        let to = to.min(inner.next());
        let tail_first = inner.tail_first();
        let skip = usize::try_from(from.max(tail_first).saturating_sub(tail_first)).unwrap_or(usize::MAX);
        let take = usize::try_from(to.saturating_sub(from.max(tail_first))).unwrap_or(usize::MAX);
        let tail = inner.tail.iter().skip(skip).take(take).map(|(entry, _)| entry.clone()).collect();
        Found { from, disk_to: to.min(tail_first), tail }
    }

    /// The end of a range cut so that it holds at most so many bytes, but always one entry.
    pub(crate) fn limit(&self, from: u64, to: u64, bytes_max: u64) -> u64 {
        let inner = self.inner();
        let skip = usize::try_from(from.saturating_sub(inner.first)).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let mut end = from.max(inner.first);
        for size in inner.sizes.iter().skip(skip) {
            bytes += u64::from(*size);
            if end >= to || (bytes > bytes_max && end > from) {
                break;
            }
            end += 1;
        }
        end.min(to).max(from.saturating_add(1).min(to))
    }

    pub(crate) fn first(&self) -> u64 {
        self.inner().first
    }

    /// The last entry purged, and the last of all.
    pub(crate) fn ends(&self) -> (Option<LogId>, Option<LogId>) {
        let inner = self.inner();
        (inner.purged, inner.last)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.inner().bytes
    }

    pub(crate) fn vote(&self) -> Option<Vote> {
        self.inner().vote
    }

    pub(crate) fn set_vote(&self, vote: Vote) {
        self.inner().vote = Some(vote);
    }

    pub(crate) fn committed(&self) -> Option<LogId> {
        self.inner().committed
    }

    pub(crate) fn set_committed(&self, committed: Option<LogId>) {
        self.inner().committed = committed;
    }
}

impl Inner {
    /// The index after the last.
    fn next(&self) -> u64 {
        self.first + self.sizes.len() as u64
    }

    fn tail_first(&self) -> u64 {
        self.next().saturating_sub(self.tail.len() as u64)
    }

    /// Entries are consecutive, and their ids grow. Only the very first of a log may be any.
    fn check(&self, entry: &Entry) -> Result<(), String> {
        let begins = self.sizes.is_empty() && self.purged.is_none();
        if !begins && entry.log_id.index != self.next() {
            return Err(format!("entry {} where {} comes next", entry.log_id.index, self.next()));
        }
        if self.last.is_some_and(|last| last > entry.log_id) {
            return Err(format!("entry {} is older than the one before it", entry.log_id));
        }
        Ok(())
    }

    fn push(&mut self, entry: Entry, seq: u64) {
        if self.sizes.is_empty() {
            self.first = entry.log_id.index;
        }
        let bytes = bytes_of(&entry);
        self.last = Some(entry.log_id);
        self.sizes.push_back(u32::try_from(bytes).unwrap_or(u32::MAX));
        self.bytes += bytes;
        self.tail_bytes += bytes;
        self.tail.push_back((entry, seq));
    }

    fn evict(&mut self, synced: u64) {
        while self.tail_bytes > TAIL_BYTES_MAX && self.tail.front().is_some_and(|(_, seq)| *seq <= synced) {
            if let Some((entry, _)) = self.tail.pop_front() {
                self.tail_bytes = self.tail_bytes.saturating_sub(bytes_of(&entry));
            }
        }
    }

    fn seq_of(&self, index: u64) -> Option<u64> {
        let at = index.checked_sub(self.tail_first())?;
        self.tail.get(usize::try_from(at).ok()?).map(|(_, seq)| *seq)
    }
}
