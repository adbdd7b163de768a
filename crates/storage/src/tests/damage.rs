//! A damaged disk makes a node refuse to serve; it never gives a wrong answer and never repairs by guessing.

use super::*;
use crate::engine::{Batch, Space};
use crate::fault::FaultKind;
use crate::keys;

async fn closed() -> MemoryDisk {
    let (disk, mut store) = memory();
    commit_range(&mut store, 0..6).await;
    store.storage.close();
    disk
}

fn refused(disk: &MemoryDisk) -> crate::Fault {
    Storage::open_disk(disk, Driver::Thread).err().expect("a damaged disk is refused")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_in_any_row_is_refused_and_named() {
    for (space, row, named) in [
        (Space::Log, 0, "memory log"),
        (Space::Marks, 0, "committed"),
        (Space::Marks, 1, "purged"),
        (Space::Objects, 0, "objects"),
        (Space::Requests, 0, "requests"),
        (Space::Watermark, 0, "content hash"),
        (Space::Watermark, 1, "watermark"),
    ] {
        for byte in [0, 3, 7, 40] {
            let disk = closed().await;
            let raft = matches!(space, Space::Log | Space::Marks);
            let engine = if raft { disk.raft() } else { disk.state().unwrap().unwrap() };
            engine.rot(space, row, byte);
            let fault = refused(&disk);
            assert_eq!(fault.kind, FaultKind::Corrupt, "{fault}");
            assert!(fault.to_string().contains(named), "{space:?} {byte}: {fault}");
            assert!(fault.to_string().contains("rejoin under a new node id"), "{fault}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotten_audit_row_is_found_by_reading_it_and_by_judging_the_chain() {
    let disk = closed().await;
    disk.state().unwrap().unwrap().rot(Space::Audit, 2, 20);
    let store = Storage::open_disk(&disk, Driver::Thread).unwrap();
    assert_eq!(store.audit.verify().unwrap_err().kind, FaultKind::Corrupt);
    assert!(store.audit.rows(bailiwick_policy::ids::Revision(1), 10).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_mark_is_damage_and_not_a_beginning() {
    for key in [keys::mark::COMMITTED, keys::mark::PURGED] {
        let disk = closed().await;
        let mut batch = Batch::default();
        batch.delete(Space::Marks, key);
        disk.raft().write(batch, true).unwrap();
        assert_eq!(refused(&disk).kind, FaultKind::Missing);
    }
    let disk = closed().await;
    let mut batch = Batch::default();
    batch.delete(Space::Watermark, keys::watermark::KEY);
    disk.state().unwrap().unwrap().write(batch, true).unwrap();
    assert_eq!(refused(&disk).kind, FaultKind::Missing);
}

/// Every row that is left has its checksum: only the whole shows that one is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_object_is_found_by_the_content_hash() {
    let disk = closed().await;
    let mut batch = Batch::default();
    let store = bailiwick_policy::ids::ObjectId::Store(id("acme"), id("s3"));
    batch.delete(Space::Objects, keys::object::key(&store));
    disk.state().unwrap().unwrap().write(batch, true).unwrap();
    assert!(refused(&disk).to_string().contains("content hash"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_the_log_is_refused() {
    let disk = closed().await;
    let mut batch = Batch::default();
    batch.delete(Space::Log, keys::log::key(3));
    disk.raft().write(batch, true).unwrap();
    assert!(refused(&disk).to_string().contains("entry 4 where 3 comes next"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_lost_its_tail_is_refused() {
    let disk = closed().await;
    let mut batch = Batch::default();
    batch.delete(Space::Log, keys::log::key(5));
    disk.raft().write(batch, true).unwrap();
    assert!(refused(&disk).to_string().contains("has been applied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_older_than_the_purged_log_is_refused() {
    let disk = closed().await;
    let mut batch = Batch::default();
    batch.put(Space::Watermark, keys::watermark::KEY, keys::watermark::value(&Default::default()));
    batch.put(Space::Marks, keys::mark::PURGED, keys::mark::value(Some(log_id(1, 1, 3))));
    batch.delete_range(Space::Log, keys::log::key(0), keys::log::key(4));
    disk.raft().write(batch.clone(), true).unwrap();
    let mut state = Batch::default();
    state.put(Space::Watermark, keys::watermark::KEY, keys::watermark::value(&Default::default()));
    state.delete_range(Space::Audit, keys::audit::key(bailiwick_policy::ids::Revision(0)), keys::END);
    disk.state().unwrap().unwrap().write(state, true).unwrap();
    assert!(refused(&disk).to_string().contains("was purged"));
}

#[cfg(feature = "rocksdb")]
mod on_disk {
    use super::*;
    use crate::identity::IdentityExpectation;
    use openraft::storage::RaftSnapshotBuilder;
    use std::path::{Path, PathBuf};

    fn expected() -> IdentityExpectation {
        IdentityExpectation { cluster: "c1".into(), node: 1 }
    }

    async fn made(folder: &Path) {
        let mut store = Storage::open(folder, &expected()).unwrap();
        commit_range(&mut store, 0..40).await;
        let mut builder = RaftStateMachine::<TypeConfig>::get_snapshot_builder(&mut store.machine).await;
        RaftSnapshotBuilder::<TypeConfig>::build_snapshot(&mut builder).await.unwrap();
        commit_range(&mut store, 40..50).await;
        store.storage.close();
    }

    fn files(folder: &Path, wanted: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(files(&path, wanted));
            } else if path.to_string_lossy().contains(wanted) {
                found.push(path);
            }
        }
        found
    }

    /// Flips one byte of each kind of file in turn. The node refuses, or has lost nothing and answers the same.
    #[tokio::test(flavor = "multi_thread")]
    async fn bit_rot_in_any_file_is_refused_or_harmless() {
        let folder = tempfile::tempdir().unwrap();
        made(folder.path()).await;
        let whole = {
            let mut store = Storage::open(folder.path(), &expected()).unwrap();
            recover(&mut store).await;
            let whole = print(&view(&store));
            store.storage.close();
            whole
        };
        let mut refusals = 0;
        for kind in ["identity", "state/current", ".snap", ".sst", "MANIFEST", "/CURRENT", ".log"] {
            for path in files(folder.path(), kind) {
                let good = std::fs::read(&path).unwrap();
                if good.is_empty() {
                    continue;
                }
                for at in [0, good.len() / 2, good.len() - 1] {
                    let mut rotten = good.clone();
                    rotten[at] ^= 0x20;
                    let copied = tempfile::tempdir().unwrap();
                    copy(folder.path(), copied.path());
                    let to = copied.path().join(path.strip_prefix(folder.path()).unwrap());
                    std::fs::write(&to, &rotten).unwrap();
                    match Storage::open(copied.path(), &expected()) {
                        Err(fault) => {
                            refusals += 1;
                            assert!(!fault.place.is_empty(), "{fault}");
                        }
                        Ok(mut store) => {
                            let Opened { log, machine, .. } = &mut store;
                            let started = openraft::StorageHelper::<TypeConfig, _, _>::new(log, machine)
                                .with_id(1)
                                .get_initial_state()
                                .await;
                            if started.is_ok() {
                                assert_eq!(print(&view(&store)), whole, "{} byte {at}", path.display());
                            }
                        }
                    }
                    if ["identity", "state/current", ".snap"].contains(&kind) {
                        assert!(Storage::open(copied.path(), &expected()).is_err(), "{} byte {at}", path.display());
                    }
                }
            }
        }
        assert!(refusals > 10, "{refusals}");
    }

    fn copy(from: &Path, to: &Path) {
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
    async fn a_missing_part_is_refused_by_name() {
        for part in ["identity", "raft", "state", "state/current"] {
            let folder = tempfile::tempdir().unwrap();
            made(folder.path()).await;
            let path = folder.path().join(part);
            if path.is_dir() { std::fs::remove_dir_all(&path).unwrap() } else { std::fs::remove_file(&path).unwrap() }
            let fault = Storage::open(folder.path(), &expected()).err().expect(part);
            assert_eq!(fault.kind, FaultKind::Missing, "{fault}");
            assert!(fault.place.contains(part.split('/').next().unwrap()), "{fault}");
        }
    }
}
