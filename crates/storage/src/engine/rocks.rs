//! The engine on disk: RocksDB under the options that were found to lose nothing.
//!
//! - Log: write-ahead log synced; `TolerateCorruptedTailRecords`, which opens after any loss of power and refuses
//!   damage in the middle; no recycling of write-ahead logs (with it every write without one fails); no
//!   `manual_wal_flush`.
//! - State: no write-ahead log, small memtables, flushed over all key spaces at once.
//! - Usage: a write-ahead log as the log's, small memtables.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rocksdb::{
    ColumnFamily, ColumnFamilyDescriptor, DB, DBRecoveryMode, FlushOptions, IteratorMode, Options, ReadOptions,
    WriteBatch, WriteOptions,
};

use super::{Batch, Database, Engine, Op, Order, Space, Visit, Visitor};
use crate::fault::{Fault, FaultKind};

/// Bytes of a memtable of the state: small, since the log can repeat what is in it.
const STATE_MEMTABLE_BYTES: usize = 4 << 20;
/// Bytes of a memtable of the log: entries are mostly purged before they would be written out.
const LOG_MEMTABLE_BYTES: usize = 64 << 20;
/// Bytes of write-ahead logs: the marks are few, and would keep every old file alive that one of them is in.
const WAL_BYTES_MAX: u64 = 2 * LOG_MEMTABLE_BYTES as u64;
/// Threads for flushes and compactions of one database: a node shares its machine with its own doors.
const BACKGROUND_JOBS: i32 = 2;
/// Files of RocksDB's own log that are kept.
const INFO_LOGS_KEPT: usize = 4;

/// A database of RocksDB.
pub struct RocksEngine {
    // Closed before the folder is removed: fields are dropped in this order.
    db: DB,
    folder: Folder,
    which: Database,
}

struct Folder {
    path: PathBuf,
    retired: AtomicBool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.retired.load(Ordering::Acquire)
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            // Swept again at the next start.
            tracing::warn!(path = %self.path.display(), %error, "a replaced generation could not be removed");
        }
    }
}

impl RocksEngine {
    /// Opens a database that exists.
    pub fn open(path: &Path, which: Database) -> Result<Self, Fault> {
        if !path.join("CURRENT").is_file() {
            return Err(Fault::new(
                FaultKind::Missing,
                path.join("CURRENT").display().to_string(),
                "the database's file is missing",
            ));
        }
        Self::open_with(path, which, false)
    }

    /// Makes a database that does not exist.
    pub fn create(path: &Path, which: Database) -> Result<Self, Fault> {
        std::fs::create_dir_all(path).map_err(|e| Fault::io(path.display().to_string(), &e))?;
        Self::open_with(path, which, true)
    }

    fn open_with(path: &Path, which: Database, new: bool) -> Result<Self, Fault> {
        let mut options = Options::default();
        options.create_if_missing(new);
        options.create_missing_column_families(new);
        options.set_paranoid_checks(true);
        options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
        options.set_max_background_jobs(BACKGROUND_JOBS);
        options.set_keep_log_file_num(INFO_LOGS_KEPT);
        options.set_atomic_flush(which == Database::State);
        options.set_max_total_wal_size(WAL_BYTES_MAX);
        let families = which.spaces().iter().map(|space| {
            let mut family = Options::default();
            family.set_compression_type(rocksdb::DBCompressionType::Lz4);
            family.set_write_buffer_size(match which {
                Database::Raft => LOG_MEMTABLE_BYTES,
                Database::State | Database::Usage => STATE_MEMTABLE_BYTES,
            });
            ColumnFamilyDescriptor::new(space.name(), family)
        });
        let default = ColumnFamilyDescriptor::new("default", Options::default());
        let db = DB::open_cf_descriptors(&options, path, families.chain([default])).map_err(|e| fault(path, &e))?;
        let folder = Folder { path: path.to_owned(), retired: AtomicBool::new(false) };
        Ok(Self { db, folder, which })
    }

    fn family(&self, space: Space) -> Result<&ColumnFamily, Fault> {
        self.db
            .cf_handle(space.name())
            .ok_or_else(|| Fault::new(FaultKind::Missing, self.place(), format_args!("no key space `{}`", space.name())))
    }

    fn fault(&self, error: &rocksdb::Error) -> Fault {
        fault(&self.folder.path, error)
    }
}

fn fault(path: &Path, error: &rocksdb::Error) -> Fault {
    let text = error.as_ref();
    let kind = if text.contains("No space left on device") || text.contains("Disk quota exceeded") {
        FaultKind::Full
    } else {
        match error.kind() {
            rocksdb::ErrorKind::Corruption => FaultKind::Corrupt,
            // A file that the manifest names and the folder lacks.
            rocksdb::ErrorKind::NotFound => FaultKind::Missing,
            rocksdb::ErrorKind::IOError if text.contains("No such file") => FaultKind::Missing,
            _other => FaultKind::Io,
        }
    };
    Fault::new(kind, path.display().to_string(), text)
}

impl Engine for RocksEngine {
    fn place(&self) -> String {
        self.folder.path.display().to_string()
    }

    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        self.db.get_cf(self.family(space)?, key).map_err(|e| self.fault(&e))
    }

    fn scan(&self, space: Space, from: &[u8], to: &[u8], order: Order, visit: Visitor<'_>) -> Result<(), Fault> {
        if from >= to {
            return Ok(());
        }
        let mut read = ReadOptions::default();
        read.set_iterate_lower_bound(from);
        read.set_iterate_upper_bound(to);
        let mode = match order {
            Order::Up => IteratorMode::Start,
            Order::Down => IteratorMode::End,
        };
        for row in self.db.iterator_cf_opt(self.family(space)?, read, mode) {
            let (key, value) = row.map_err(|e| self.fault(&e))?;
            if visit(&key, &value)? == Visit::Stop {
                break;
            }
        }
        Ok(())
    }

    fn write(&self, batch: Batch, sync: bool) -> Result<(), Fault> {
        let mut write = WriteBatch::default();
        for op in &batch.ops {
            match op {
                Op::Put(space, key, value) => write.put_cf(self.family(*space)?, key, value),
                Op::Delete(space, key) => write.delete_cf(self.family(*space)?, key),
                Op::DeleteRange(space, from, to) => write.delete_range_cf(self.family(*space)?, from, to),
            }
        }
        let mut options = WriteOptions::default();
        match self.which {
            Database::Raft | Database::Usage => options.set_sync(sync),
            Database::State => options.disable_wal(true),
        }
        self.db.write_opt(write, &options).map_err(|e| self.fault(&e))?;
        if sync && self.which == Database::State {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), Fault> {
        match self.which {
            Database::Raft | Database::Usage => self.db.flush_wal(true).map_err(|e| self.fault(&e)),
            Database::State => {
                let families: Vec<_> =
                    self.which.spaces().iter().map(|space| self.family(*space)).collect::<Result<_, _>>()?;
                let families: Vec<_> = families.iter().collect();
                let mut options = FlushOptions::default();
                options.set_wait(true);
                self.db.flush_cfs_opt(&families, &options).map_err(|e| self.fault(&e))
            }
        }
    }

    fn retire(&self) {
        self.folder.retired.store(true, Ordering::Release);
    }
}

impl std::fmt::Debug for RocksEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RocksEngine").field("path", &self.folder.path).finish_non_exhaustive()
    }
}
