//! Opens a data folder: whose it is, then what is in it, then whether its parts belong together. A folder that is
//! damaged is refused; nothing is repaired by guessing.
//!
//! ```text
//! identity            read before anything else
//! raft/               log, vote, marks
//! state/current       which generation
//! state/gen-N/        objects, audit, requests, watermark
//! snapshots/*.snap    one finished snapshot
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use bailiwick_policy::index::Index;

use crate::audit::{AuditReader, PendingRows};
use crate::disk::{self, DiskSpace};
use crate::engine::{Engine, MemoryEngine};
use crate::fault::{Fault, FaultKind};
use crate::health::Health;
use crate::identity::{Identity, IdentityExpectation};
use crate::keys::watermark::Watermark;
use crate::log::{self, LogShared, LogStore};
use crate::marks::Marks;
use crate::snapshot::{SnapshotFile, SnapshotStore};
use crate::state::home::{Home, MemoryHome};
use crate::state::load::{Loaded, load};
use crate::state::persist::{self, Persister};
use crate::state::{Shared, StateMachine};
use crate::types::{LogId, StoredMembership};
use crate::views::{View, Views};
use crate::worker::{Driver, Worker};

/// Everything that opening a data folder gives.
pub struct Opened<E: Engine> {
    /// For Raft.
    pub log: LogStore<E>,
    /// For Raft.
    pub machine: StateMachine<E>,
    /// For everybody who reads.
    pub views: Views,
    /// For those who read what was.
    pub audit: AuditReader,
    /// For whoever runs the process.
    pub storage: Storage,
}

/// The handle of whoever runs the process: how full, how far, how healthy; and closing.
pub struct Storage {
    identity: Identity,
    folder: PathBuf,
    health: Health,
    marks: Arc<Marks>,
    log: Arc<LogShared>,
    snapshots: Arc<SnapshotStore>,
    close: Box<dyn Fn() + Send + Sync>,
    _temporary: Option<Arc<TemporaryFolder>>,
}

impl Storage {
    /// Opens the data folder of this node of this cluster, or makes it if the folder is new.
    #[cfg(feature = "rocksdb")]
    pub fn open(folder: &Path, expected: &IdentityExpectation) -> Result<Opened<crate::engine::RocksEngine>, Fault> {
        use crate::engine::{Database, RocksEngine};
        use crate::state::home::FolderHome;

        let identity = match Identity::read(folder)? {
            Some(identity) => identity,
            None => rocks::make(folder, expected)?,
        };
        identity.check(folder, expected)?;
        let engine = Arc::new(RocksEngine::open(&folder.join(rocks::RAFT), Database::Raft)?);
        let home = Arc::new(FolderHome::new(&folder.join(rocks::STATE)));
        let parts = Parts { engine, home, folder: folder.to_owned(), identity, driver: Driver::Thread, temporary: None };
        open_parts(parts)
    }

    /// A new, empty store in memory, on threads. (Snapshots are files all the same, in a temporary folder.)
    pub fn open_memory() -> Result<Opened<MemoryEngine>, Fault> {
        Self::open_disk(&MemoryDisk::new()?, Driver::Thread)
    }

    /// Opens a pretended disk: for simulations that lose power and start again.
    pub fn open_disk(disk: &MemoryDisk, driver: Driver) -> Result<Opened<MemoryEngine>, Fault> {
        let expected = IdentityExpectation { cluster: "memory".to_owned(), node: 1 };
        let parts = Parts {
            engine: disk.raft.clone(),
            home: disk.home.clone(),
            folder: disk.folder.0.clone(),
            identity: Identity::new(&expected),
            driver,
            temporary: Some(disk.folder.clone()),
        };
        open_parts(parts)
    }

    /// Whose folder it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether anything is wrong. After the first fault the process has to end.
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Bytes of the log, about: what triggers a snapshot.
    pub fn log_bytes(&self) -> u64 {
        self.log.bytes()
    }

    /// The last entry that was purged, and the last of all.
    pub fn log_ends(&self) -> (Option<LogId>, Option<LogId>) {
        self.log.ends()
    }

    /// Index of the last applied entry that is in the state's database.
    pub fn persisted(&self) -> Option<u64> {
        self.marks.persisted()
    }

    /// Index of the last applied entry that would survive there without the log.
    pub fn flushed(&self) -> Option<u64> {
        self.marks.flushed()
    }

    /// Waits until the state's database has come as far as this entry.
    pub async fn persisted_to(&self, index: u64) -> Result<(), Fault> {
        tokio::select! {
            biased;
            fault = self.health.failed() => Err(fault),
            () = self.marks.persisted_to(index) => Ok(()),
        }
    }

    /// Flushes the state as far as this entry and waits for it.
    pub async fn flush_to(&self, index: u64) -> Result<(), Fault> {
        self.marks.want(index);
        tokio::select! {
            biased;
            fault = self.health.failed() => Err(fault),
            () = self.marks.flushed_to(index) => Ok(()),
        }
    }

    /// The present snapshot.
    pub fn snapshot(&self) -> Option<SnapshotFile> {
        self.snapshots.current_file()
    }

    /// How old the present snapshot is, by this machine's clock.
    pub fn snapshot_age(&self) -> Option<Duration> {
        self.snapshots.written_at().map(|at| at.elapsed().unwrap_or_default())
    }

    /// Where received snapshots belong: [`crate::snapshot::Receiving::create`].
    pub fn snapshot_folder(&self) -> &Path {
        self.snapshots.folder()
    }

    /// The room on the device. When it is near full, growth is to be refused by the doors; apply looks at nothing local.
    pub fn disk_free(&self) -> Result<DiskSpace, Fault> {
        disk::disk_free(&self.folder)
    }

    /// Writes what is left to write, flushes, and joins the threads. After Raft has been shut down.
    pub fn close(&self) {
        (self.close)();
    }
}

/// A pretended disk: engines in memory, and a temporary folder for snapshots. Clones are the same disk.
#[derive(Clone)]
pub struct MemoryDisk {
    raft: Arc<MemoryEngine>,
    home: Arc<MemoryHome>,
    folder: Arc<TemporaryFolder>,
}

impl MemoryDisk {
    /// A new one, with the records without which a store is damaged.
    pub fn new() -> Result<Self, Fault> {
        let raft = Arc::new(MemoryEngine::default());
        log::found(&*raft)?;
        let home = MemoryHome::default();
        let (generation, state) = home.create()?;
        persist::found(&*state)?;
        home.publish(generation, &state)?;
        Ok(Self { raft, home: Arc::new(home), folder: Arc::new(TemporaryFolder::new()?) })
    }

    /// What is left of it after the loss of power at this moment.
    pub fn after_power_loss(&self) -> Result<Self, Fault> {
        Ok(Self {
            raft: Arc::new(self.raft.after_power_loss()),
            home: Arc::new(MemoryHome::with(self.state()?.map(|state| Arc::new(state.after_power_loss())))),
            folder: self.folder.clone(),
        })
    }

    /// The engine of the log: to make it fail, or rot.
    pub fn raft(&self) -> Arc<MemoryEngine> {
        self.raft.clone()
    }

    /// The engine of the state's present generation.
    pub fn state(&self) -> Result<Option<Arc<MemoryEngine>>, Fault> {
        self.home.current()
    }
}

struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new() -> Result<Self, Fault> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("bailiwick-memory-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|e| Fault::io(path.display().to_string(), &e))?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// What a store is put together from.
struct Parts<E: Engine, H: Home<E>> {
    engine: Arc<E>,
    home: Arc<H>,
    folder: PathBuf,
    identity: Identity,
    driver: Driver,
    temporary: Option<Arc<TemporaryFolder>>,
}

fn open_parts<E: Engine, H: Home<E> + 'static>(parts: Parts<E, H>) -> Result<Opened<E>, Fault> {
    let Parts { engine, home, folder, identity, driver, temporary } = parts;
    let log_shared = log::load(&*engine)?;
    let state_engine = home.current()?.ok_or_else(|| {
        Fault::new(FaultKind::Missing, folder.join("state").display().to_string(), "no generation of the state is there")
    })?;
    let loaded = load(&*state_engine)?;
    check_ends(&log_shared, &loaded.mark, &folder)?;
    let snapshots = Arc::new(SnapshotStore::open(&folder.join("snapshots"))?);

    let health = Health::default();
    let marks = Arc::new(Marks::new(loaded.mark.applied.map(|id| id.index)));
    let index = Index::build(&loaded.state);
    let views = Views::new(first_view(&loaded, &index));
    let pending = Arc::new(PendingRows::default());
    let present = Arc::new(ArcSwap::new(state_engine));
    let audit = AuditReader::new(present.clone(), pending.clone(), views.clone());

    let step = Persister::new(present, pending.clone(), marks.clone(), health.clone(), views.clone(), loaded.mark.clone());
    let persister = Arc::new(Worker::start(driver, step, health.clone())?);
    let poked = Arc::downgrade(&persister);
    marks.on_wanted(move || {
        if let Some(persister) = poked.upgrade() {
            persister.poke(persist::Request::Wake);
        }
    });
    let (log, handle) = LogStore::start(engine, log_shared, marks.clone(), health.clone(), driver)?;

    let shared = Arc::new(Shared {
        views: views.clone(),
        log: handle.shared.clone(),
        marks: marks.clone(),
        health: health.clone(),
        persister: persister.clone(),
        pending,
        home,
        snapshots: snapshots.clone(),
        audit: audit.clone(),
        driver,
    });
    let storage = Storage {
        identity,
        folder,
        health,
        marks,
        log: handle.shared,
        snapshots,
        // The persister first: its last flush lets the writer purge.
        close: Box::new(move || {
            persister.close();
            handle.writer.close();
        }),
        _temporary: temporary,
    };
    tracing::info!(
        node = storage.identity.node,
        revision = loaded.mark.revision.0,
        applied = ?loaded.mark.applied,
        log = ?storage.log_ends(),
        "storage opened"
    );
    let machine = StateMachine::new(loaded, index, shared);
    Ok(Opened { log, machine, views, audit, storage })
}

fn first_view(loaded: &Loaded, index: &Index) -> View {
    View {
        state: loaded.state.clone(),
        index: index.clone(),
        revision: loaded.state.revision,
        applied: loaded.mark.applied,
        membership: StoredMembership::clone(&loaded.mark.membership),
    }
}

/// Whether log and state belong together. Tolerating a torn tail opens after any loss of power; a log that has lost
/// more than that, or a state that has, shows here.
fn check_ends(log: &LogShared, mark: &Watermark, folder: &Path) -> Result<(), Fault> {
    let (purged, last) = log.ends();
    let committed = log.committed();
    let fault = |part: &str, cause: String| Err(Fault::corrupt(folder.join(part).display().to_string(), cause));
    let text = |id: Option<LogId>| id.map_or("nothing".to_owned(), |id| id.to_string());
    let index = |id: Option<LogId>| id.map(|id| id.index);
    if index(purged) > index(mark.applied) {
        return fault("state", format!("it ends at {}, but the log before {} was purged", text(mark.applied), text(purged)));
    }
    // After a snapshot was installed the log may end earlier, until it is purged.
    if index(mark.applied) > index(last) && mark.applied != mark.installed {
        return fault("raft", format!("the log ends at {}, but {} has been applied", text(last), text(mark.applied)));
    }
    if index(committed) > index(last) && index(committed) > index(mark.applied) {
        return fault("raft", format!("the log ends at {}, but {} has been committed", text(last), text(committed)));
    }
    Ok(())
}

#[cfg(feature = "rocksdb")]
mod rocks {
    use std::path::Path;

    use crate::disk;
    use crate::engine::{Database, RocksEngine};
    use crate::fault::{Fault, FaultKind};
    use crate::identity::{FILE, Identity, IdentityExpectation};
    use crate::log;
    use crate::state::home::{FolderHome, Home};
    use crate::state::persist;

    pub(super) const RAFT: &str = "raft";
    pub(super) const STATE: &str = "state";
    /// Stands in a folder that is being made: what a crash left half made may be made again.
    const MAKING: &str = "making";

    /// Makes a new data folder. The identity comes last: a folder with one is whole.
    pub(super) fn make(folder: &Path, expected: &IdentityExpectation) -> Result<Identity, Fault> {
        let making = folder.join(MAKING);
        let parts = [folder.join(RAFT), folder.join(STATE)];
        if disk::read_if_there(&making)?.is_some() {
            for part in &parts {
                if part.exists() {
                    std::fs::remove_dir_all(part).map_err(|e| Fault::io(part.display().to_string(), &e))?;
                }
            }
        } else {
            for part in &parts {
                if !disk::is_empty(part)? {
                    return Err(Fault::new(
                        FaultKind::Missing,
                        folder.join(FILE).display().to_string(),
                        format_args!("the identity file is missing beside `{}`", part.display()),
                    ));
                }
            }
        }
        disk::make_folder(folder)?;
        disk::write_whole(&making, b"")?;
        let [raft, state] = &parts;
        log::found(&RocksEngine::create(raft, Database::Raft)?)?;
        disk::make_folder(state)?;
        let home = FolderHome::new(state);
        let (generation, engine) = home.create()?;
        persist::found(&*engine)?;
        home.publish(generation, &engine)?;
        let identity = Identity::new(expected);
        identity.write(folder)?;
        std::fs::remove_file(&making).map_err(|e| Fault::io(making.display().to_string(), &e))?;
        disk::sync_folder(folder)?;
        Ok(identity)
    }
}
