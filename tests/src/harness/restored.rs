//! A state as a node has it that got it by snapshot: what is committed here is written into a file, sent in chunks, and
//! installed into a storage that has seen none of it.

use std::sync::Arc;

use bailiwick_policy::command::Envelope;
use bailiwick_storage::engine::MemoryEngine;
use bailiwick_storage::{
    Driver, Entry, EntryPayload, LeaderId, LogId, MemoryDisk, Opened, Receiving, Storage, TypeConfig, View, content_hash, encode_envelope,
};
use openraft::storage::{RaftLogStorage, RaftLogStorageExt, RaftSnapshotBuilder, RaftStateMachine};

/// Bytes of a chunk: few, so that a small state has several too.
const CHUNK_BYTES: usize = 1_000;

/// A storage that commits, alone, and can be restored from.
pub struct Original {
    store: Opened<MemoryEngine>,
    next: u64,
}

impl std::fmt::Debug for Original {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Original with {} entries", self.next)
    }
}

fn open() -> Opened<MemoryEngine> {
    let disk = MemoryDisk::new().expect("a disk in memory");
    Storage::open_disk(&disk, Driver::Inline).expect("an empty storage opens")
}

/// Wants the implementation for this configuration.
fn log(store: &mut Opened<MemoryEngine>) -> &mut (impl RaftLogStorage<TypeConfig> + use<>) {
    &mut store.log
}

impl Default for Original {
    fn default() -> Self {
        Self { store: open(), next: 0 }
    }
}

impl Original {
    /// What Raft does with a committed entry: append, wait for the sync, remember the commit, apply.
    pub async fn commit(&mut self, envelope: &Envelope) {
        let log_id = LogId { leader_id: LeaderId { term: 1, node_id: 1 }, index: self.next };
        self.next += 1;
        let entry = Entry { log_id, payload: EntryPayload::Normal(encode_envelope(envelope)) };
        RaftLogStorageExt::<TypeConfig>::blocking_append(&mut self.store.log, [entry.clone()]).await.expect("appended");
        log(&mut self.store).save_committed(Some(log_id)).await.expect("noted");
        let entries = futures::stream::iter([Ok((entry, None))]);
        RaftStateMachine::<TypeConfig>::apply(&mut self.store.machine, entries).await.expect("applied");
    }

    /// The view of a storage that has been given a snapshot of this one, and nothing else.
    pub async fn restored(&mut self) -> Arc<View> {
        let mut builder = RaftStateMachine::<TypeConfig>::get_snapshot_builder(&mut self.store.machine).await;
        let snapshot = RaftSnapshotBuilder::<TypeConfig>::build_snapshot(&mut builder).await.expect("a snapshot");
        let mut to = open();
        let mut receiving = Receiving::create(to.storage.snapshot_folder()).expect("a file to receive");
        while receiving.len() < snapshot.snapshot.len() {
            let chunk = snapshot.snapshot.read_at(receiving.len(), CHUNK_BYTES).expect("a chunk");
            receiving.write_chunk(receiving.len(), &chunk).expect("the chunk is written");
        }
        let file = receiving.finish().expect("what was sent is whole");
        RaftStateMachine::<TypeConfig>::install_snapshot(&mut to.machine, &snapshot.meta, file).await.expect("installed");
        let (sent, got) = (self.store.views.load(), to.views.load());
        assert_eq!((sent.revision, sent.applied_index()), (got.revision, got.applied_index()));
        assert_eq!(content_hash(&sent.state), content_hash(&got.state));
        got
    }
}
