//! openraft's own suite for stores, over every engine and driver. It has caught a real bug before: truncating past
//! the end.

use openraft::StorageError;
use openraft::testing::log::{StoreBuilder, Suite};

use crate::engine::MemoryEngine;
use crate::log::LogStore;
use crate::open::{MemoryDisk, Opened, Storage};
use crate::state::StateMachine;
use crate::types::TypeConfig;
use crate::worker::Driver;

struct Memory(Driver);

impl StoreBuilder<TypeConfig, LogStore<MemoryEngine>, StateMachine<MemoryEngine>, Storage> for Memory {
    async fn build(
        &self,
    ) -> Result<(Storage, LogStore<MemoryEngine>, StateMachine<MemoryEngine>), StorageError<TypeConfig>> {
        let Opened { log, machine, storage, .. } =
            Storage::open_disk(&MemoryDisk::new().unwrap(), self.0).unwrap();
        Ok((storage, log, machine))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openrafts_suite_passes_in_memory_on_threads() {
    Suite::test_all(Memory(Driver::Thread)).await.unwrap();
}

#[tokio::test]
async fn openrafts_suite_passes_in_memory_inline() {
    Suite::test_all(Memory(Driver::Inline)).await.unwrap();
}

#[cfg(feature = "rocksdb")]
mod rocks {
    use super::*;
    use crate::engine::RocksEngine;
    use crate::identity::IdentityExpectation;

    struct Rocks;
    type Guard = (Storage, tempfile::TempDir);

    impl StoreBuilder<TypeConfig, LogStore<RocksEngine>, StateMachine<RocksEngine>, Guard> for Rocks {
        async fn build(
            &self,
        ) -> Result<(Guard, LogStore<RocksEngine>, StateMachine<RocksEngine>), StorageError<TypeConfig>> {
            let folder = tempfile::tempdir().unwrap();
            let expected = IdentityExpectation { cluster: "c1".into(), node: 1 };
            let Opened { log, machine, storage, .. } = Storage::open(folder.path(), &expected).unwrap();
            Ok(((storage, folder), log, machine))
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn openrafts_suite_passes_on_disk() {
        Suite::test_all(Rocks).await.unwrap();
    }
}
