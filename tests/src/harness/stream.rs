//! A stream of allocations, each carried until it is known to be committed; and what must be true of the cluster
//! afterwards: what was acknowledged is there, on every node and in the audit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bailiwick_client::Client;
use bailiwick_policy::ids::Revision;
use bailiwick_policy::query::{Item, List};
use bailiwick_rpc::api::{At, WatchRequest};
use tokio::task::JoinHandle;

use super::ask::new_id;
use super::caller::Caller;
use super::cluster::Cluster;
use super::seed;
use super::wait::{BOUND, enough, pause, until};
use super::writes::{self, Tried};

/// A write that is known to be committed.
#[derive(Clone, Debug)]
pub struct Written {
    /// The store.
    pub store: String,
    /// What it was allocated.
    pub group: Option<&'static str>,
    /// The revision that made.
    pub revision: Revision,
    /// Whether its first answer was "unknown".
    pub was_unknown: bool,
}

/// The way a writer's requests go.
#[derive(Clone)]
pub enum Way {
    /// By the client, which resolves what it doesn't know by itself.
    Client(Client),
    /// Through one node after the other, and what is unknown is asked for by its id, by hand.
    Nodes(Arc<Vec<Caller>>),
}

/// Writers, each with stores of its own.
pub struct Stream {
    org: &'static str,
    log: Arc<Mutex<Vec<Written>>>,
    stop: Arc<AtomicBool>,
    writers: Vec<JoinHandle<()>>,
}

impl Stream {
    /// Starts a writer for each of these sets of stores; they take the ways in turn.
    pub fn start<'a>(org: &'static str, stores: impl Iterator<Item = &'a [String]>, ways: &[Way]) -> Self {
        let (log, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let writers = stores
            .zip(ways.iter().cycle())
            .map(|(own, way)| tokio::spawn(allocate(org, way.clone(), own.to_vec(), Arc::clone(&log), Arc::clone(&stop))))
            .collect();
        Self { org, log, stop, writers }
    }

    /// Waits until so many more writes are acknowledged.
    pub async fn acknowledged(&self, more: usize) {
        let count = || self.log.lock().expect("no writer panicked").len();
        let from = count();
        until("the stream of writes", BOUND, async || enough(count() - from, more)).await;
    }

    /// Adds a write that somebody else has made.
    pub fn note(&self, written: Written) {
        self.log.lock().expect("no writer panicked").push(written);
    }

    /// Ends the writers; returns what they wrote.
    pub async fn end(self) -> Log {
        self.stop.store(true, Ordering::Relaxed);
        for writer in self.writers {
            writer.await.expect("no writer failed");
        }
        let written = self.log.lock().expect("no writer panicked").clone();
        Log { org: self.org, written }
    }
}

/// Allocates one store after the other, each time to something else, until told to stop.
async fn allocate(org: &'static str, way: Way, stores: Vec<String>, log: Arc<Mutex<Vec<Written>>>, stop: Arc<AtomicBool>) {
    for group in [Some("Instore"), Some("POS"), Some("Admin"), None].into_iter().cycle() {
        for store in &stores {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let written = write(&way, org, store, group).await;
            log.lock().expect("no writer panicked").push(written);
        }
    }
}

/// Makes a write and doesn't leave it before it is known to be committed, by one id throughout.
pub async fn write(way: &Way, org: &str, store: &str, group: Option<&'static str>) -> Written {
    let (id, command) = (new_id(), seed::allocate(org, &[store], group));
    let (mut was_unknown, began) = (false, Instant::now());
    for turn in 0.. {
        let tried = match way {
            Way::Client(client) => writes::by_client(client, id, &command).await,
            Way::Nodes(nodes) => {
                let node = &nodes[turn % nodes.len()];
                // What may have been applied is asked for; only what has not been is sent, again.
                let known = if was_unknown { writes::outcome(node, id).await } else { None };
                match known {
                    Some(outcome) => outcome,
                    None => writes::by_node(node, id, &command).await,
                }
            }
        };
        match tried {
            Tried::Committed { revision, changed } => {
                assert!(changed, "an allocation of {store} to {group:?} changed nothing: it was applied twice");
                return Written { store: store.to_owned(), group, revision, was_unknown };
            }
            Tried::Rejected(rejection) => panic!("{store} to {group:?}: {rejection}"),
            Tried::Unknown(_) => was_unknown = true,
            // The same id may be tried again.
            Tried::Nothing(_) => {}
        }
        assert!(began.elapsed() < BOUND, "{id} is not resolved after {:?}", began.elapsed());
        pause().await;
    }
    unreachable!("the turns have no end")
}

/// What was written, to be judged.
#[derive(Debug)]
pub struct Log {
    org: &'static str,
    written: Vec<Written>,
}

impl Log {
    /// How many writes.
    pub fn len(&self) -> usize {
        self.written.len()
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// How many were unknown at first.
    pub fn unknown(&self) -> usize {
        self.written.iter().filter(|written| written.was_unknown).count()
    }

    /// No two have the same revision.
    pub fn revisions_are_its_own(&self) {
        let revisions: BTreeSet<Revision> = self.written.iter().map(|written| written.revision).collect();
        assert_eq!(revisions.len(), self.written.len(), "two acknowledged writes have one revision");
    }

    /// Every node of the cluster has every store as it was acknowledged last.
    pub async fn every_store_is_as_last_acknowledged(&self, cluster: &Cluster) {
        let mut last: BTreeMap<&str, &Written> = BTreeMap::new();
        for written in &self.written {
            let present = last.entry(&written.store).or_insert(written);
            if written.revision > present.revision {
                *present = written;
            }
        }
        for node in cluster.nodes() {
            let list = List::Stores { zone: None, concept: None, group: None, active: None, below: false };
            let reply = node.caller.rows(self.org, list, At::Linearizable).await.unwrap_or_else(|why| panic!("node {}: {why}", node.id));
            let groups: BTreeMap<String, Option<String>> = reply
                .window
                .items
                .iter()
                .filter_map(|item| match item {
                    Item::Store { store, .. } => Some((store.code.to_string(), store.group.as_ref().map(ToString::to_string))),
                    _other => None,
                })
                .collect();
            for (store, written) in &last {
                assert_eq!(groups[*store].as_deref(), written.group, "node {}: {written:?} was acknowledged last", node.id);
            }
        }
    }

    /// Each acknowledged write is found at its revision, with its store, and no allocation that nobody made.
    pub async fn every_write_is_in_the_audit(&self, caller: &Caller, base: Revision) {
        let wanted: BTreeMap<Revision, &Written> = self.written.iter().map(|written| (written.revision, written)).collect();
        let (mut from, mut found) = (base, 0);
        while found < wanted.len() {
            let reply = caller.watch(WatchRequest { org: None, from: Some(from), max: 1_000, wait_ms: 1_000 }).await.expect("a watch");
            assert!(!reply.events.is_empty(), "the audit ends at revision {from}: {found} of {} found; {:?}", wanted.len(), reply.compacted);
            for event in reply.events.iter().filter(|event| event.command == "allocate") {
                let written = wanted.get(&event.revision).unwrap_or_else(|| panic!("nobody made {event:?}"));
                assert_eq!(event.objects, [format!("store:{}", written.store)], "{event:?}");
                found += 1;
            }
            from = reply.next;
        }
    }
}
