//! Stories about whole stores: what Raft's own suite asks, what a restart keeps, what damage does.

mod apply;
mod damage;
mod golden;
mod purge;
mod restart;
mod snapshots;
mod suite;

use std::sync::Arc;

use bailiwick_policy::command::{Actor, Command, Envelope, PutMode, StoreRow};
use bailiwick_policy::ids::{RequestId, Tick};
use bailiwick_policy::object::Secret;
use openraft::storage::{RaftLogStorage, RaftLogStorageExt, RaftStateMachine};

use crate::engine::{Engine, MemoryEngine};
use crate::open::{MemoryDisk, Opened, Storage};
use crate::sample::{id, log_id};
use crate::types::{Entry, EntryPayload, TypeConfig};
use crate::views::View;
use crate::worker::Driver;
use crate::{content_hash, encode_envelope};

/// A day in 2026, in milliseconds.
const NOW: u64 = 1_780_000_000_000;

/// Wants the implementation for this configuration.
fn log<E: Engine>(store: &mut Opened<E>) -> &mut (impl RaftLogStorage<TypeConfig> + use<E>) {
    &mut store.log
}

/// The entry at an index: the first makes the cluster, the second an org, each after it a store.
fn entry(index: u64) -> Entry {
    let command = match index {
        0 => Command::InitCluster { cluster: "c1".into(), operator: Secret::CertificateFingerprint([7; 32]) },
        1 => Command::CreateOrg { org: id("acme"), name: id("Acme"), owner: id("ann"), owner_name: id("Ann") },
        n => {
            let row = StoreRow { name: Some(id(&format!("Store {n}"))), ..StoreRow::new(id(&format!("s{n}"))) };
            Command::PutStores { org: id("acme"), mode: PutMode::Create, rows: vec![row] }
        }
    };
    carrying(index, request(index), if index == 0 { Actor::System } else { Actor::Credential(operator()) }, command)
}

/// Whom the first entry lets in.
fn operator() -> bailiwick_policy::ids::CredentialId {
    id("operator-1")
}

fn request(n: u64) -> RequestId {
    RequestId(u128::from(NOW + n) << 80 | u128::from(n))
}

fn carrying(index: u64, request_id: RequestId, actor: Actor, command: Command) -> Entry {
    let envelope = Envelope {
        request_id,
        actor,
        proposed_at: Tick(NOW + index),
        reads: Vec::new(),
        reason: None,
        job: None,
        command,
    };
    Entry { log_id: log_id(1, 1, index), payload: EntryPayload::Normal(encode_envelope(&envelope)) }
}

/// What Raft does with committed entries: append, wait for the sync, remember the commit, apply.
async fn commit<E: Engine>(store: &mut Opened<E>, entries: Vec<Entry>) {
    let last = entries.last().unwrap().log_id;
    RaftLogStorageExt::<TypeConfig>::blocking_append(&mut store.log, entries.clone()).await.unwrap();
    log(store).save_committed(Some(last)).await.unwrap();
    apply(store, entries).await.unwrap();
}

async fn apply<E: Engine>(store: &mut Opened<E>, entries: Vec<Entry>) -> Result<(), std::io::Error> {
    let items = futures::stream::iter(entries.into_iter().map(|entry| Ok((entry, None))));
    RaftStateMachine::<TypeConfig>::apply(&mut store.machine, items).await
}

async fn commit_range<E: Engine>(store: &mut Opened<E>, range: std::ops::Range<u64>) {
    for index in range {
        commit(store, vec![entry(index)]).await;
    }
}

/// What Raft does at a start: everything committed that the state lacks is applied again.
async fn recover<E: Engine>(store: &mut Opened<E>) {
    let Opened { log, machine, .. } = store;
    openraft::StorageHelper::<TypeConfig, _, _>::new(log, machine).with_id(1).get_initial_state().await.unwrap();
}

/// All by which two states are told apart.
fn print(view: &View) -> (u64, [u8; 32], [u8; 32], u64, usize, Option<u64>) {
    let state = &view.state;
    (state.revision.0, content_hash(state), state.history, state.audit_rows, state.requests.len(), view.applied_index())
}

fn memory() -> (MemoryDisk, Opened<MemoryEngine>) {
    let disk = MemoryDisk::new().unwrap();
    let store = Storage::open_disk(&disk, Driver::Thread).unwrap();
    (disk, store)
}

fn view<E: Engine>(store: &Opened<E>) -> Arc<View> {
    store.views.load()
}
