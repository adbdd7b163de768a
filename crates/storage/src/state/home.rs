//! Generations of the state's database. A snapshot is installed into a new one beside the present one; a pointer
//! file, renamed into place, is the moment at which it takes over: whole or not at all.

#[cfg(feature = "rocksdb")]
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::MemoryEngine;
use crate::fault::Fault;

/// Where generations live.
pub(crate) trait Home<E>: Send + Sync {
    /// The present generation, if there has been one.
    fn current(&self) -> Result<Option<Arc<E>>, Fault>;
    /// A new one, empty, beside it.
    fn create(&self) -> Result<(u64, Arc<E>), Fault>;
    /// Makes that one the present one.
    fn publish(&self, generation: u64, engine: &Arc<E>) -> Result<(), Fault>;
}

/// Generations in memory.
#[derive(Default)]
pub(crate) struct MemoryHome(Mutex<Option<Arc<MemoryEngine>>>);

impl MemoryHome {
    pub(crate) fn with(engine: Option<Arc<MemoryEngine>>) -> Self {
        Self(Mutex::new(engine))
    }
}

impl Home<MemoryEngine> for MemoryHome {
    fn current(&self) -> Result<Option<Arc<MemoryEngine>>, Fault> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn create(&self) -> Result<(u64, Arc<MemoryEngine>), Fault> {
        Ok((0, Arc::new(MemoryEngine::default())))
    }

    fn publish(&self, _generation: u64, engine: &Arc<MemoryEngine>) -> Result<(), Fault> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(engine.clone());
        Ok(())
    }
}

/// Generations as folders `gen-N`, with the pointer file `current`.
#[cfg(feature = "rocksdb")]
pub(crate) struct FolderHome {
    folder: PathBuf,
}

#[cfg(feature = "rocksdb")]
mod folder {
    use super::{Arc, Fault, FolderHome, Home, Path, PathBuf};
    use crate::codec::frame;
    use crate::disk;
    use crate::engine::{Database, RocksEngine};
    use crate::fault::FaultKind;

    /// The pointer file: a frame around the number of the generation, eight bytes.
    pub(crate) const POINTER: &str = "current";
    const VERSION: u16 = 1;

    impl FolderHome {
        pub(crate) fn new(folder: &Path) -> Self {
            Self { folder: folder.to_owned() }
        }

        fn path(&self, generation: u64) -> PathBuf {
            self.folder.join(format!("gen-{generation}"))
        }

        fn pointed(&self) -> Result<Option<u64>, Fault> {
            let path = self.folder.join(POINTER);
            let place = path.display().to_string();
            let Some(bytes) = disk::read_if_there(&path)? else { return Ok(None) };
            let (_version, payload) = frame::unwrap(&place, VERSION, &bytes)?;
            let number = payload.try_into().map_err(|_length| Fault::corrupt(&place, "it is not a number"))?;
            Ok(Some(u64::from_be_bytes(number)))
        }

        /// Removes what is not the present generation: left by an installation that a crash ended.
        fn sweep(&self, keep: u64) -> Result<(), Fault> {
            let fault = |e| Fault::io(self.folder.display().to_string(), &e);
            for entry in std::fs::read_dir(&self.folder).map_err(fault)? {
                let path = entry.map_err(fault)?.path();
                if path != self.path(keep) && path.is_dir() {
                    std::fs::remove_dir_all(&path).map_err(fault)?;
                }
            }
            Ok(())
        }
    }

    impl Home<RocksEngine> for FolderHome {
        fn current(&self) -> Result<Option<Arc<RocksEngine>>, Fault> {
            let Some(generation) = self.pointed()? else { return Ok(None) };
            let path = self.path(generation);
            if !path.is_dir() {
                return Err(Fault::new(
                    FaultKind::Missing,
                    path.display().to_string(),
                    "the generation that the pointer names is missing",
                ));
            }
            self.sweep(generation)?;
            Ok(Some(Arc::new(RocksEngine::open(&path, Database::State)?)))
        }

        fn create(&self) -> Result<(u64, Arc<RocksEngine>), Fault> {
            let mut next = self.pointed()?.map_or(1, |present| present.saturating_add(1));
            // Readers of a generation replaced before may still hold its folder.
            while self.path(next).exists() {
                next = next.saturating_add(1);
            }
            let path = self.path(next);
            disk::make_folder(&path)?;
            Ok((next, Arc::new(RocksEngine::create(&path, Database::State)?)))
        }

        fn publish(&self, generation: u64, _engine: &Arc<RocksEngine>) -> Result<(), Fault> {
            disk::sync_folder(&self.path(generation))?;
            disk::sync_folder(&self.folder)?;
            disk::write_whole(&self.folder.join(POINTER), &frame::wrap(VERSION, &generation.to_be_bytes()))
        }
    }
}
