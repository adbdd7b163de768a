//! What a restart keeps: everything acknowledged, whether the state had been written or not.

use bailiwick_policy::ids::Revision;

use super::*;
use crate::keys::audit_index::AuditSubject;
use crate::{AuditPage, Order};

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_restart_keeps_everything() {
    let (disk, mut store) = memory();
    commit_range(&mut store, 0..20).await;
    let before = view(&store);
    store.storage.close();
    drop(store);

    let mut again = Storage::open_disk(&disk, Driver::Thread).unwrap();
    assert_eq!(print(&view(&again)), print(&before), "closing wrote it all, nothing had to be repeated");
    assert_eq!(view(&again).state.requests, before.state.requests, "request ids survive");
    assert_eq!(again.audit.verify().unwrap().rows, 20);
    commit_range(&mut again, 20..22).await;
    assert_eq!(view(&again).revision, Revision(22));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_power_loss_the_log_repeats_what_the_state_had_not_flushed() {
    let (disk, mut store) = memory();
    commit_range(&mut store, 0..10).await;
    store.storage.flush_to(9).await.unwrap();
    commit_range(&mut store, 10..25).await;
    // The commit of an entry rides on the next sync, so the last one is known to Raft only after another append.
    RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, [entry(25)]).await.unwrap();
    let before = print(&view(&store));
    store.storage.persisted_to(24).await.unwrap();
    let left = disk.after_power_loss().unwrap();

    let mut again = Storage::open_disk(&left, Driver::Thread).unwrap();
    assert_eq!(view(&again).applied_index(), Some(9), "what was not flushed is gone from the state");
    recover(&mut again).await;
    assert_eq!(print(&view(&again)), before, "and comes back from the log, to the same hashes");
    assert_eq!(again.audit.verify().unwrap().rows, 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn power_loss_at_any_moment_converges() {
    for flushed in [0, 3, 7] {
        let (disk, mut store) = memory();
        commit_range(&mut store, 0..8).await;
        if flushed > 0 {
            store.storage.flush_to(flushed).await.unwrap();
        }
        RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, [entry(8)]).await.unwrap();
        let before = print(&view(&store));
        let mut again = Storage::open_disk(&disk.after_power_loss().unwrap(), Driver::Thread).unwrap();
        recover(&mut again).await;
        assert_eq!(print(&view(&again)), before, "flushed to {flushed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vote_is_on_disk_before_it_is_answered() {
    let (disk, mut store) = memory();
    let vote = crate::Vote::new(7, 2);
    log(&mut store).save_vote(&vote).await.unwrap();

    let mut again = Storage::open_disk(&disk.after_power_loss().unwrap(), Driver::Thread).unwrap();
    let mut reader = RaftLogStorage::<TypeConfig>::get_log_reader(&mut again.log).await;
    let found = openraft::RaftLogReader::<TypeConfig>::read_vote(&mut reader).await.unwrap();
    assert_eq!(found, Some(vote));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_reads_the_same_on_its_way_to_the_disk_and_there() {
    let (_disk, mut store) = memory();
    commit_range(&mut store, 0..12).await;
    let org = AuditSubject::Org(id("acme"));
    let page = AuditPage { from: Revision(u64::MAX), order: Order::Down, max: 4 };
    let read = |store: &Opened<MemoryEngine>| (store.audit.rows(Revision(1), 100).unwrap(), store.audit.of(&org, page).unwrap());
    let early = read(&store);
    store.storage.flush_to(11).await.unwrap();
    assert_eq!(read(&store), early);
    assert_eq!(early.0.len(), 12);
    assert_eq!(early.1.iter().map(|row| row.revision.0).collect::<Vec<_>>(), [12, 11, 10, 9]);
}

#[cfg(feature = "rocksdb")]
mod on_disk {
    use super::*;
    use crate::fault::FaultKind;
    use crate::identity::IdentityExpectation;

    fn node(node: u64) -> IdentityExpectation {
        IdentityExpectation { cluster: "c1".into(), node }
    }

    /// What a kill leaves: the files as they are at this moment.
    fn copy(from: &std::path::Path, to: &std::path::Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let to = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy(&path, &to);
            } else {
                std::fs::copy(&path, &to).unwrap();
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_clean_restart_keeps_everything_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let before = {
            let mut store = Storage::open(folder.path(), &node(1)).unwrap();
            commit_range(&mut store, 0..20).await;
            let before = view(&store);
            store.storage.close();
            before
        };
        let again = Storage::open(folder.path(), &node(1)).unwrap();
        assert_eq!(print(&view(&again)), print(&before));
        assert_eq!(view(&again).state.requests, before.state.requests);
        assert_eq!(again.audit.verify().unwrap().rows, 20);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_kill_loses_nothing_that_was_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let killed = tempfile::tempdir().unwrap();
        let mut store = Storage::open(folder.path(), &node(1)).unwrap();
        commit_range(&mut store, 0..10).await;
        store.storage.flush_to(9).await.unwrap();
        commit_range(&mut store, 10..20).await;
        RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, [entry(20)]).await.unwrap();
        copy(folder.path(), killed.path());
        let before = print(&view(&store));

        let mut again = Storage::open(killed.path(), &node(1)).unwrap();
        assert_eq!(view(&again).applied_index(), Some(9), "written without a write-ahead log and not flushed");
        recover(&mut again).await;
        assert_eq!(print(&view(&again)), before);
    }

    #[test]
    fn a_strangers_disk_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        drop(Storage::open(folder.path(), &node(1)).unwrap());
        let fault = Storage::open(folder.path(), &node(2)).err().unwrap();
        assert_eq!(fault.kind, FaultKind::Stranger);
    }

    #[test]
    fn one_folder_is_opened_once() {
        let folder = tempfile::tempdir().unwrap();
        let _open = Storage::open(folder.path(), &node(1)).unwrap();
        assert!(Storage::open(folder.path(), &node(1)).is_err());
    }

    #[test]
    fn what_a_crash_left_half_made_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("making"), b"").unwrap();
        std::fs::create_dir(folder.path().join("raft")).unwrap();
        std::fs::write(folder.path().join("raft/CURRENT"), b"half").unwrap();
        assert!(Storage::open(folder.path(), &node(1)).is_ok());
    }
}
