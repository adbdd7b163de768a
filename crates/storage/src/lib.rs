//! The only crate that knows bytes on disk: Raft's log, the state, snapshots, over RocksDB or over memory.
//!
//! Read in this order: `types` are Raft's words here; `fault` and `health` what goes wrong; `codec` and `keys` the
//! bytes; `engine` the seam below; `worker` the drivers; `log` and `state` Raft's two stores; `views` and `audit`
//! what others read; `snapshot`; `open` puts it together. `usage` is apart: what a node saw of grants being used.

pub mod codec;
pub mod engine;
pub mod fault;
pub mod identity;
pub mod snapshot;
pub mod types;

mod audit;
mod content;
mod disk;
mod failpoint;
mod health;
mod keys;
mod log;
mod marks;
mod open;
mod planted;
mod state;
mod usage;
mod views;
mod worker;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use audit::{AuditPage, AuditReader, ChainVerdict};
pub use codec::{decode_entry, decode_envelope, encode_entry, encode_envelope};
pub use content::content_hash;
pub use disk::{DiskSpace, disk_free};
pub use engine::Order;
pub use fault::{Fault, FaultKind};
pub use health::Health;
pub use identity::{Identity, IdentityExpectation};
pub use keys::audit_index::AuditSubject;
pub use log::{LogReader, LogStore};
pub use open::{MemoryDisk, Opened, Storage};
pub use planted::Planted;
pub use snapshot::{Receiving, SnapshotFile};
pub use state::{SnapshotBuilder, StateMachine};
pub use types::*;
pub use usage::{UsageMark, UsageRead, UsageRow, UsageStore, UsageWindow};
pub use views::{Progress, VIEWS_KEPT_FOR, VIEWS_KEPT_MAX, View, Views};
pub use worker::Driver;
