//! The seam through which tests put faults of the disk in: an ordered key-value store with key spaces, atomic
//! batches and bounded scans. Everything above it is the same over RocksDB and over memory.

mod memory;
#[cfg(feature = "rocksdb")]
mod rocks;

pub use memory::MemoryEngine;
#[cfg(feature = "rocksdb")]
pub use rocks::RocksEngine;

use crate::fault::Fault;

/// The databases of a node: the first two are written under opposite rules, the third is nobody's but the node's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Database {
    /// Votes and entries: every batch that asks for it is on the disk before `write` returns.
    Raft,
    /// State, written behind: a batch is on the disk after `flush`, all key spaces of it at once.
    State,
    /// When grants were last used, as this node saw it: outside the state, small, and begun anew if it is lost.
    Usage,
}

impl Database {
    /// Its key spaces.
    pub fn spaces(self) -> &'static [Space] {
        match self {
            Self::Raft => &[Space::Log, Space::Marks],
            Self::State => &[Space::Objects, Space::Audit, Space::AuditIndex, Space::Requests, Space::Watermark],
            Self::Usage => &[Space::Usage],
        }
    }
}

/// A key space: one family of keys with their own order. The names are on disk; they never change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Space {
    /// Entries by index.
    Log,
    /// Vote, committed, purged.
    Marks,
    /// Objects by kind, org and code.
    Objects,
    /// Audit rows by revision.
    Audit,
    /// Revisions by org, actor and object.
    AuditIndex,
    /// Outcomes by request id.
    Requests,
    /// How far the state has come.
    Watermark,
    /// Minutes by org and grant.
    Usage,
}

impl Space {
    /// Its name on disk.
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Marks => "marks",
            Self::Objects => "objects",
            Self::Audit => "audit",
            Self::AuditIndex => "audit-index",
            Self::Requests => "requests",
            Self::Watermark => "watermark",
            Self::Usage => "usage",
        }
    }
}

/// One step of a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// Puts a value in the place of whatever has this key.
    Put(Space, Vec<u8>, Vec<u8>),
    /// Takes a key away, if it is there.
    Delete(Space, Vec<u8>),
    /// Takes every key from the first up to, not including, the second.
    DeleteRange(Space, Vec<u8>, Vec<u8>),
}

/// Steps that happen all or not at all, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Batch {
    /// The steps.
    pub ops: Vec<Op>,
}

impl Batch {
    /// Adds a put.
    pub fn put(&mut self, space: Space, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.ops.push(Op::Put(space, key.into(), value.into()));
    }

    /// Adds a deletion.
    pub fn delete(&mut self, space: Space, key: impl Into<Vec<u8>>) {
        self.ops.push(Op::Delete(space, key.into()));
    }

    /// Adds the deletion of a range.
    pub fn delete_range(&mut self, space: Space, from: impl Into<Vec<u8>>, to: impl Into<Vec<u8>>) {
        self.ops.push(Op::DeleteRange(space, from.into(), to.into()));
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }
}

/// Which way a scan goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Smallest key first.
    Up,
    /// Largest key first.
    Down,
}

/// What a visitor says to each row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visit {
    /// The next one, please.
    On,
    /// That was enough.
    Stop,
}

/// Receives the rows of a scan: key, then value.
pub type Visitor<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<Visit, Fault>;

/// An ordered key-value store.
///
/// - A batch is seen whole or not at all, also after a crash.
/// - After a batch with `sync` has returned, it and all before it survive the loss of power. One without `sync` may
///   be lost, but only together with all after it.
/// - A scan sees one moment: nothing written after it began.
/// - An error of `write` or `flush` is fatal. Nobody retries.
pub trait Engine: Send + Sync + 'static {
    /// Where it is, for a fault's text.
    fn place(&self) -> String;
    /// One value.
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, Fault>;
    /// Rows from `from` up to, not including, `to`.
    fn scan(&self, space: Space, from: &[u8], to: &[u8], order: Order, visit: Visitor<'_>) -> Result<(), Fault>;
    /// Writes a batch.
    fn write(&self, batch: Batch, sync: bool) -> Result<(), Fault>;
    /// Makes everything written so far survive the loss of power.
    fn flush(&self) -> Result<(), Fault>;
    /// Says that the database has been replaced: its files go when nobody reads them any more.
    fn retire(&self) {}
}
