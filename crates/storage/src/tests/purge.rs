//! Nothing is purged past what the state has persisted and flushed: until then the log is the only copy.

use super::*;
use crate::engine::{Order, Space, Visit};
use crate::keys;

fn on_disk(disk: &MemoryDisk) -> Vec<u64> {
    let mut found = Vec::new();
    let raft = disk.raft();
    raft.scan(Space::Log, &keys::log::key(0), keys::END, Order::Up, &mut |key, _| {
        found.push(u64::from_be_bytes(key.try_into().unwrap()));
        Ok(Visit::On)
    })
    .unwrap();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_past_what_is_persisted_waits_and_the_entries_stay() {
    let (disk, mut store) = memory();
    commit_range(&mut store, 0..5).await;
    RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, (5..10).map(entry)).await.unwrap();

    // Five entries more than have been applied: Raft wouldn't, and the store doesn't either.
    log(&mut store).purge(log_id(1, 1, 7)).await.unwrap();
    let state = log(&mut store).get_log_state().await.unwrap();
    assert_eq!(state.last_purged_log_id, Some(log_id(1, 1, 7)), "readers see them gone");
    assert_eq!(store.log.purged_on_disk(), None, "the disk still has them");
    assert_eq!(on_disk(&disk), (0..10).collect::<Vec<_>>());

    // The state catches up and is flushed: now they go.
    apply(&mut store, (5..10).map(entry).collect()).await.unwrap();
    store.storage.flush_to(9).await.unwrap();
    RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, [entry(10)]).await.unwrap();
    assert_eq!(store.log.purged_on_disk(), Some(log_id(1, 1, 7)));
    assert_eq!(on_disk(&disk), [8, 9, 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_within_what_is_applied_flushes_first() {
    let (disk, mut store) = memory();
    commit_range(&mut store, 0..10).await;
    let before = print(&view(&store));
    log(&mut store).purge(log_id(1, 1, 9)).await.unwrap();
    RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, [entry(10)]).await.unwrap();

    // Whenever the power goes, what was purged is in the state.
    let mut again = Storage::open_disk(&disk.after_power_loss().unwrap(), Driver::Thread).unwrap();
    recover(&mut again).await;
    assert_eq!(print(&view(&again)), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_purged_is_no_longer_counted() {
    let (_disk, mut store) = memory();
    commit_range(&mut store, 0..10).await;
    let full = store.storage.log_bytes();
    assert!(full > 10 * 64);
    log(&mut store).purge(log_id(1, 1, 9)).await.unwrap();
    assert_eq!(store.storage.log_bytes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn truncating_past_the_end_changes_nothing() {
    let (_disk, mut store) = memory();
    commit_range(&mut store, 0..3).await;
    log(&mut store).truncate_after(Some(log_id(9, 1, 9))).await.unwrap();
    assert_eq!(store.storage.log_ends().1, Some(log_id(1, 1, 2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_tail_is_gone_after_a_restart() {
    let (disk, mut store) = memory();
    commit_range(&mut store, 0..3).await;
    RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, (3..9).map(entry)).await.unwrap();
    log(&mut store).truncate_after(Some(log_id(1, 1, 4))).await.unwrap();
    let mut other = entry(5);
    other.log_id = log_id(2, 2, 5);
    RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, [other]).await.unwrap();

    let again = Storage::open_disk(&disk.after_power_loss().unwrap(), Driver::Thread).unwrap();
    assert_eq!(again.storage.log_ends().1, Some(log_id(2, 2, 5)));
    assert_eq!(on_disk(&disk), (0..6).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_is_refused() {
    let (_disk, mut store) = memory();
    commit_range(&mut store, 0..3).await;
    let refused = RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, [entry(5)]).await.unwrap_err();
    assert!(refused.to_string().contains("entry 5 where 3 comes next"), "{refused}");
}
