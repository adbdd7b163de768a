//! Snapshots: equal to the state they were taken of, judged before they are installed, whole or not at all.

use bailiwick_policy::ids::Revision;
use openraft::storage::RaftSnapshotBuilder;

use super::*;
use crate::snapshot::{Receiving, SnapshotFile};
use crate::types::Snapshot;

async fn build<E: Engine>(store: &mut Opened<E>) -> Snapshot {
    let mut builder = RaftStateMachine::<TypeConfig>::get_snapshot_builder(&mut store.machine).await;
    RaftSnapshotBuilder::<TypeConfig>::build_snapshot(&mut builder).await.unwrap()
}

/// What the network does, in chunks.
fn send(file: &SnapshotFile, to: &Storage, spoil: impl Fn(u64, Vec<u8>) -> Vec<u8>) -> Result<SnapshotFile, crate::Fault> {
    let mut receiving = Receiving::create(to.snapshot_folder())?;
    while receiving.len() < file.len() {
        let chunk = file.read_at(receiving.len(), 1_000)?;
        receiving.write_chunk(receiving.len(), &spoil(receiving.len(), chunk.to_vec()))?;
    }
    receiving.finish()
}

async fn install<E: Engine>(store: &mut Opened<E>, snapshot: &Snapshot, file: SnapshotFile) -> Result<(), std::io::Error> {
    RaftStateMachine::<TypeConfig>::install_snapshot(&mut store.machine, &snapshot.meta, file).await
}

async fn round_trip<E: Engine>(mut from: Opened<E>, mut to: Opened<E>) -> Opened<E> {
    commit_range(&mut from, 0..30).await;
    let snapshot = build(&mut from).await;
    assert_eq!(snapshot.meta.last_log_id, Some(log_id(1, 1, 29)));
    commit_range(&mut to, 0..5).await;

    let file = send(&snapshot.snapshot, &to.storage, |_, chunk| chunk).unwrap();
    assert_eq!(file.digest(), snapshot.snapshot.digest());
    install(&mut to, &snapshot, file).await.unwrap();

    let (sent, got) = (view(&from), view(&to));
    assert_eq!(print(&got), print(&sent));
    assert!(got.state.objects().eq(sent.state.objects()));
    assert_eq!(got.state.requests, sent.state.requests);
    assert_eq!(to.audit.verify().unwrap().rows, 30);
    assert_eq!(to.audit.rows(Revision(1), 100).unwrap(), from.audit.rows(Revision(1), 100).unwrap());
    assert_eq!(to.storage.flushed(), Some(29), "an installed state is on disk");

    // Raft purges up to the snapshot and goes on behind it.
    log(&mut to).purge(log_id(1, 1, 29)).await.unwrap();
    commit_range(&mut from, 30..33).await;
    commit_range(&mut to, 30..33).await;
    assert_eq!(print(&view(&to)), print(&view(&from)));
    to
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_makes_an_equal_node() {
    let (disk, to) = memory();
    let to = round_trip(memory().1, to).await;
    let before = print(&view(&to));
    to.storage.close();
    let again = Storage::open_disk(&disk, Driver::Thread).unwrap();
    assert_eq!(print(&view(&again)), before);
    assert_eq!(again.storage.snapshot().unwrap().meta().last_log_id, Some(log_id(1, 1, 29)));
}

#[tokio::test]
async fn a_snapshot_makes_an_equal_node_inline() {
    let open = || Storage::open_disk(&MemoryDisk::new().unwrap(), Driver::Inline).unwrap();
    round_trip(open(), open()).await;
}

#[cfg(feature = "rocksdb")]
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_makes_an_equal_node_on_disk() {
    use crate::identity::IdentityExpectation;
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let node = |node| IdentityExpectation { cluster: "c1".into(), node };
    let opened = round_trip(
        Storage::open(from.path(), &node(1)).unwrap(),
        Storage::open(to.path(), &node(2)).unwrap(),
    )
    .await;
    let before = print(&view(&opened));
    opened.storage.close();
    drop(opened);
    let generations = || std::fs::read_dir(to.path().join("state")).unwrap().count();
    let again = Storage::open(to.path(), &node(2)).unwrap();
    assert_eq!(print(&view(&again)), before);
    assert_eq!(generations(), 2, "the pointer and one generation");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_on_the_way_is_refused_and_nothing_is_installed() {
    let (_disk, mut from) = memory();
    commit_range(&mut from, 0..10).await;
    let snapshot = build(&mut from).await;
    let (_disk, mut to) = memory();
    commit_range(&mut to, 0..2).await;
    let before = print(&view(&to));
    for at in [0, snapshot.snapshot.len() / 2, snapshot.snapshot.len() - 1] {
        let refused = send(&snapshot.snapshot, &to.storage, |offset, mut chunk| {
            if let Some(byte) = at.checked_sub(offset).and_then(|at| chunk.get_mut(at as usize)) {
                *byte ^= 4;
            }
            chunk
        });
        assert!(refused.is_err(), "byte {at}");
    }
    assert_eq!(print(&view(&to)), before);
    let left = std::fs::read_dir(to.storage.snapshot_folder()).unwrap().count();
    assert_eq!(left, 0, "what was refused leaves nothing behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_with_another_last_entry_than_announced_is_refused() {
    let (_disk, mut from) = memory();
    commit_range(&mut from, 0..10).await;
    let mut snapshot = build(&mut from).await;
    let (_disk, mut to) = memory();
    snapshot.meta.last_log_id = Some(log_id(1, 1, 8));
    let file = send(&snapshot.snapshot, &to.storage, |_, chunk| chunk).unwrap();
    assert!(install(&mut to, &snapshot, file).await.unwrap_err().to_string().contains("announced"));
    assert_eq!(view(&to).applied_index(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_snapshot_never_takes_the_place_of_a_newer() {
    let (_disk, mut store) = memory();
    commit_range(&mut store, 0..5).await;
    let mut early = RaftStateMachine::<TypeConfig>::get_snapshot_builder(&mut store.machine).await;
    commit_range(&mut store, 5..9).await;
    let newer = build(&mut store).await;
    let late = RaftSnapshotBuilder::<TypeConfig>::build_snapshot(&mut early).await.unwrap();
    assert_eq!(late.meta, newer.meta);
    let current = RaftStateMachine::<TypeConfig>::get_current_snapshot(&mut store.machine).await.unwrap().unwrap();
    assert_eq!(current.meta, newer.meta);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_being_sent_stays_readable_when_it_is_replaced() {
    let (_disk, mut store) = memory();
    commit_range(&mut store, 0..5).await;
    let first = build(&mut store).await;
    let bytes = first.snapshot.read_at(0, usize::MAX).unwrap();
    commit_range(&mut store, 5..9).await;
    let second = build(&mut store).await;
    assert_ne!(first.meta, second.meta);
    assert!(!first.snapshot.path().exists());
    assert_eq!(first.snapshot.read_at(0, usize::MAX).unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_the_file_and_the_pointer_is_finished_at_the_next_start() {
    let (_disk, mut from) = memory();
    commit_range(&mut from, 0..10).await;
    let snapshot = build(&mut from).await;
    let (disk, mut to) = memory();
    commit_range(&mut to, 0..2).await;
    to.storage.close();
    // The file has its name, the pointer still names the old generation.
    let name = snapshot.snapshot.path().file_name().unwrap();
    std::fs::copy(snapshot.snapshot.path(), to.storage.snapshot_folder().join(name)).unwrap();
    drop(to);

    let mut again = Storage::open_disk(&disk, Driver::Thread).unwrap();
    assert_eq!(view(&again).applied_index(), Some(1));
    recover(&mut again).await;
    assert_eq!(print(&view(&again)), print(&view(&from)));
}
