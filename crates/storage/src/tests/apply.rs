//! Applying: one view for each batch, not ahead of the log, strict about what it is given.

use bailiwick_policy::command::{Actor, Command};
use bailiwick_policy::ids::Revision;
use openraft::storage::{IOFlushed, RaftLogStorage};
use openraft::type_config::TypeConfigExt;

use super::*;
use crate::fault::FaultKind;
use crate::types::Payload;

#[tokio::test]
async fn a_batch_is_one_view_with_its_rows_and_its_index() {
    let (_disk, mut store) = memory();
    let progress = store.views.subscribe();
    commit(&mut store, (0..5).map(entry).collect()).await;

    let seen = view(&store);
    assert_eq!((seen.revision, seen.applied_index()), (Revision(5), Some(4)));
    assert_eq!(*progress.borrow(), (Some(4), Revision(5)));
    assert_eq!(seen.state.orgs.get("acme").unwrap().stores.len(), 3);
    assert_eq!(seen.state.audit_rows, 5);
    let rows = store.audit.rows(Revision(2), 2).unwrap();
    assert_eq!(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(store.audit.verify().unwrap().rows, 5);
    assert_eq!(store.audit.verify().unwrap().head, seen.state.history);
}

#[tokio::test]
async fn a_revision_in_the_middle_of_a_batch_is_rebuilt_from_the_audit() {
    let (_disk, mut store) = memory();
    let (_other, mut one_by_one) = memory();
    commit(&mut store, (0..8).map(entry).collect()).await;
    commit_range(&mut one_by_one, 0..8).await;

    assert!(store.views.at(Revision(4)).is_none());
    let rebuilt = store.audit.state_at(Revision(4)).unwrap().unwrap();
    let lived = one_by_one.views.at(Revision(4)).unwrap();
    assert_eq!(content_hash(&rebuilt), content_hash(&lived.state));
    assert_eq!(rebuilt.revision, Revision(4));
    assert!(store.audit.state_at(Revision(99)).unwrap().is_none(), "still to come");
}

/// A retry that is applied again would undo what has overtaken it; one that merely changes nothing would not be noticed.
#[tokio::test]
async fn a_retry_with_the_same_id_applies_once() {
    let (_disk, mut store) = memory();
    commit_range(&mut store, 0..3).await;
    let rename = |index, request_id, name: &str| {
        let row = StoreRow { name: Some(id(name)), ..StoreRow::new(id("s2")) };
        let command = Command::PutStores { org: id("acme"), mode: PutMode::Edit, rows: vec![row] };
        carrying(index, request_id, Actor::Credential(operator()), command)
    };
    commit(&mut store, vec![rename(3, request(3), "Early"), rename(4, request(4), "Late")]).await;
    let once = print(&view(&store));

    commit(&mut store, vec![rename(5, request(3), "Early")]).await;
    let twice = print(&view(&store));
    assert_eq!((once.0, once.1, once.2, once.3, once.4), (twice.0, twice.1, twice.2, twice.3, twice.4));
    assert_eq!(view(&store).state.orgs.get("acme").unwrap().stores.get("s2").unwrap().name.as_str(), "Late");
}

/// The leader commits without its own flush. What a caller has seen must be there after a restart, so apply waits.
#[tokio::test(flavor = "multi_thread")]
async fn applied_does_not_outrun_the_log_on_this_disk() {
    let (disk, mut store) = memory();
    commit_range(&mut store, 0..2).await;

    // The sync of entry 2 fails: it is readable and may be committed by others, but it is not on this disk.
    disk.raft().fail_next(crate::Fault::new(FaultKind::Io, "log", "the device is gone"));
    let flushed = IOFlushed::<TypeConfig>::noop();
    RaftLogStorage::<TypeConfig>::append(&mut store.log, vec![entry(2)], flushed).await.unwrap();
    let refused = apply(&mut store, vec![entry(2)]).await.unwrap_err();

    assert!(refused.to_string().contains("the device is gone"), "{refused}");
    assert_eq!(view(&store).applied_index(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_is_fatal_and_never_tried_again() {
    let (disk, mut store) = memory();
    commit_range(&mut store, 0..2).await;
    let (writes, _) = disk.raft().counts();

    disk.raft().fail_next(crate::Fault::new(FaultKind::Full, "log", "no space"));
    let failed = RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, [entry(2)]).await;
    assert!(failed.unwrap_err().to_string().contains("no space"));
    let after = RaftLogStorage::<TypeConfig>::save_vote(&mut store.log, &crate::Vote::new(9, 1)).await.unwrap_err();

    assert_eq!(after.kind(), std::io::ErrorKind::StorageFull, "{after}");
    assert_eq!(disk.raft().counts().0, writes, "nothing is written after the first fault");
    assert_eq!(store.storage.health().failed().await.kind, FaultKind::Full);
}

#[tokio::test]
async fn an_entry_that_is_not_understood_halts_the_node() {
    let (_disk, mut store) = memory();
    commit_range(&mut store, 0..2).await;
    let unknown = Payload::from_bytes(vec![0, 9, 0x80].into());
    let entry = Entry { log_id: log_id(1, 1, 2), payload: EntryPayload::Normal(unknown) };
    RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, [entry.clone()]).await.unwrap();

    let error = apply(&mut store, vec![entry]).await.unwrap_err();
    assert!(error.to_string().contains("applying entry 2: version 9"), "{error}");
    assert_eq!(store.storage.health().fault().unwrap().kind, FaultKind::Newer);
    assert_eq!(view(&store).applied_index(), Some(1), "nothing of the batch is seen");
}

#[tokio::test]
async fn one_entry_is_not_applied_twice() {
    let (_disk, mut store) = memory();
    commit_range(&mut store, 0..3).await;
    assert!(apply(&mut store, vec![entry(2)]).await.unwrap_err().to_string().contains("has been applied"));
}

#[tokio::test]
async fn rejections_and_memberships_raise_no_revision() {
    let (_disk, mut store) = memory();
    commit_range(&mut store, 0..3).await;
    let refused = Command::Suspend { target: bailiwick_policy::ids::ObjectId::Store(id("acme"), id("nowhere")) };
    let refused = carrying(3, request(3), Actor::Credential(operator()), refused);
    let membership =
        Entry { log_id: log_id(1, 1, 4), payload: EntryPayload::Membership(crate::sample::membership()) };
    commit(&mut store, vec![refused, membership]).await;

    let seen = view(&store);
    assert_eq!((seen.revision, seen.applied_index()), (Revision(3), Some(4)));
    assert_eq!(seen.membership.log_id(), &Some(log_id(1, 1, 4)));
    assert!(seen.state.requests.contains_key(&request(3)), "a rejection is remembered too");
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_that_wait_together_share_a_sync() {
    let (disk, mut store) = memory();
    let (_, before) = disk.raft().counts();
    let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel::<u64>();
    for index in 0..200u64 {
        let (done, synced) = TypeConfig::oneshot();
        let callback = IOFlushed::<TypeConfig>::signal(done);
        RaftLogStorage::<TypeConfig>::append(&mut store.log, [entry(index)], callback).await.unwrap();
        let tx = tx.clone();
        tokio::spawn(async move {
            synced.await.unwrap().unwrap();
            tx.send(index).unwrap();
        });
    }
    drop(tx);
    let mut acknowledged = Vec::new();
    while let Some(index) = rx.recv().await {
        acknowledged.push(index);
    }
    acknowledged.sort_unstable();
    assert_eq!(acknowledged, (0..200).collect::<Vec<_>>());
    assert!(disk.raft().counts().1 - before <= 200);
}
