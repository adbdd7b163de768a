//! SIGKILL of the leader during a stream of allocations: checks on the other two don't notice, writes resume, what
//! was acknowledged is there, and what was unknown is resolved by its id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bailiwick_client::Client;
use bailiwick_policy::ids::Revision;
use bailiwick_policy::query::{Item, List};
use bailiwick_rpc::api::{At, WatchRequest};
use bailiwick_tests::harness::stats::percentile;
use bailiwick_tests::harness::writes::{self, Tried};
use bailiwick_tests::harness::*;
use tokio::task::JoinHandle;

use crate::support::settings;

const ORG: &str = "acme";
/// Writers of the stream, each with stores of its own.
const WRITERS: usize = 4;
/// Stores of each writer.
const STORES_EACH: usize = 25;
/// How long writes may take to resume, whatever happens.
const RESUME_MAX: Duration = Duration::from_secs(4);
/// And in 95 of 100 kills.
const RESUME_P95: Duration = Duration::from_secs(2);
/// Rounds from which a 95th percentile says something.
const ROUNDS_FOR_P95: usize = 50;
/// Acknowledged writes before and after each kill: an idle run can't pass.
const WRITES_AROUND: usize = 20;
/// Checks on each survivor before each kill.
const CHECKS_BEFORE: u64 = 50;

/// A write that is known to be committed.
#[derive(Clone, Debug)]
struct Written {
    store: String,
    group: Option<&'static str>,
    revision: Revision,
    /// Whether its first answer was "unknown".
    was_unknown: bool,
}

type Log = Arc<Mutex<Vec<Written>>>;

#[tokio::test(flavor = "multi_thread")]
async fn checks_go_on_and_writes_resume_when_the_leader_is_killed() {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let story = Story::begin_with(
        "kill_leader::checks_go_on_and_writes_resume_when_the_leader_is_killed",
        format!("ROUNDS={rounds}"),
    );

    story.phase("establish");
    let cluster = Cluster::start(settings()).await;
    let stores = seed::codes(WRITERS * STORES_EACH + 1);
    let base = seed::retailer(&cluster.node(1).caller, ORG, stores.len()).await;
    cluster.reached(base).await;
    let operator = Credential::Certificate(cluster.operator().clone());
    let nodes = (1..=3).map(|node| cluster.caller(node, &operator)).collect();
    let ways = [Way::Client(cluster.client()), Way::Nodes(Arc::new(nodes))];
    let (log, stop): (Log, _) = (Log::default(), Arc::new(AtomicBool::new(false)));
    let (probed, streamed) = stores.split_last().expect("stores");
    let writers: Vec<JoinHandle<()>> = streamed
        .chunks(STORES_EACH)
        .zip(ways.iter().cycle())
        .map(|(own, way)| tokio::spawn(stream(way.clone(), own.to_vec(), log.clone(), stop.clone())))
        .collect();

    let mut resumed = Vec::new();
    let mut checked = 0;
    for round in 1..=rounds {
        let leader = cluster.leader().await;
        let checks: Vec<CheckLoop> = cluster.others(leader).iter().map(|node| CheckLoop::start(&cluster, node.id)).collect();
        for check in &checks {
            until("checks on both survivors", BOUND, async || enough(check.count.load(Ordering::Relaxed), CHECKS_BEFORE)).await;
        }
        acknowledged(&log, WRITES_AROUND).await;

        // Break.
        let killed = Instant::now();
        cluster.node(leader).process.kill();
        let group = if round % 2 == 0 { Some("POS") } else { Some("Instore") };
        let written = write(&ways[0], probed, group).await;
        let took = killed.elapsed();
        log.lock().expect("no writer panicked").push(written);
        story.note(&format!("round {round}: node {leader} killed, writes resumed after {took:?}"));
        assert!(took <= RESUME_MAX, "round {round}: writes resumed after {took:?}, promised are {RESUME_MAX:?}");
        resumed.push(took);

        // Observe.
        acknowledged(&log, WRITES_AROUND).await;

        // Heal.
        cluster.start_node(leader).await;
        cluster.fresh_node(leader).await;
        for check in checks {
            checked += check.end().await;
        }
    }

    story.phase("judge");
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("no writer failed");
    }
    let log = log.lock().expect("no writer panicked").clone();
    let (revision, _, _) = cluster.equal().await;
    every_write_made_a_revision_of_its_own(&log, base, revision);
    every_store_is_as_last_acknowledged(&cluster, &log).await;
    every_write_is_in_the_audit(&cluster, &log, base).await;
    let unknown = log.iter().filter(|written| written.was_unknown).count();
    assert!(log.len() >= 2 * WRITES_AROUND * rounds, "only {} writes in {rounds} rounds", log.len());
    let (p50, p95, max) = (percentile(&mut resumed, 50.0), percentile(&mut resumed, 95.0), percentile(&mut resumed, 100.0));
    println!(
        "kill_leader: rounds={rounds} writes={} unknown_resolved={unknown} checks={checked} failed_checks=0 \
         resume_ms p50={} p95={} max={}",
        log.len(),
        p50.as_millis(),
        p95.as_millis(),
        max.as_millis()
    );
    if rounds >= ROUNDS_FOR_P95 {
        assert!(p95 <= RESUME_P95, "writes resumed after {p95:?} in 95 of 100 kills, promised are {RESUME_P95:?}");
    }
}

/// The way a writer's requests go.
#[derive(Clone)]
enum Way {
    /// By the client, which resolves what it doesn't know by itself.
    Client(Client),
    /// Through one node after the other, and what is unknown is asked for by its id, by hand.
    Nodes(Arc<Vec<Caller>>),
}

/// Allocates one store after the other, each time to something else, until told to stop.
async fn stream(way: Way, stores: Vec<String>, log: Log, stop: Arc<AtomicBool>) {
    for group in [Some("Instore"), Some("POS"), Some("Admin"), None].into_iter().cycle() {
        for store in &stores {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let written = write(&way, store, group).await;
            log.lock().expect("no writer panicked").push(written);
        }
    }
}

/// Makes a write and doesn't leave it before it is known to be committed, by one id throughout.
async fn write(way: &Way, store: &str, group: Option<&'static str>) -> Written {
    let (id, command) = (new_id(), seed::allocate(ORG, &[store], group));
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

/// Waits until so many more writes are acknowledged.
async fn acknowledged(log: &Log, more: usize) {
    let count = || log.lock().expect("no writer panicked").len();
    let from = count();
    until("the stream of writes", BOUND, async || enough(count() - from, more)).await;
}

fn enough<T: PartialOrd + std::fmt::Display>(have: T, want: T) -> Result<(), String> {
    if have >= want { Ok(()) } else { Err(format!("{have} of {want}")) }
}

/// Asks one node the same thing again and again. The answer is always yes; anything else is a failure.
struct CheckLoop {
    node: u64,
    count: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    task: JoinHandle<Vec<String>>,
}

impl CheckLoop {
    fn start(cluster: &Cluster, node: u64) -> Self {
        let (count, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let caller = cluster.caller(node, &Credential::Certificate(cluster.operator().clone()));
        let task = tokio::spawn({
            let (count, stop, began) = (count.clone(), stop.clone(), Instant::now());
            async move {
                let mut failures = Vec::new();
                // A steady rate: a loop at full speed would take the processor from the nodes it asks.
                let mut pace = tokio::time::interval(Duration::from_millis(2));
                while !stop.load(Ordering::Relaxed) {
                    pace.tick().await;
                    let question = check_of(ORG, "till:s1/t1", "GET", "/v2/customers/42", At::Local);
                    match caller.check(question).await {
                        Ok(reply) if reply.decision == "permit" => {}
                        Ok(reply) => failures.push(format!("{:?}: {reply:?}", began.elapsed())),
                        Err(why) => failures.push(format!("{:?}: {why}", began.elapsed())),
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                }
                failures
            }
        });
        Self { node, count, stop, task }
    }

    /// Ends it; every check must have been answered. Returns how many there were.
    async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        let failures = self.task.await.expect("the loop ended");
        let count = self.count.load(Ordering::Relaxed);
        assert!(failures.is_empty(), "{} of {count} checks on node {} failed: {failures:#?}", failures.len(), self.node);
        count
    }
}

fn every_write_made_a_revision_of_its_own(log: &[Written], base: Revision, now: Revision) {
    let revisions: BTreeSet<Revision> = log.iter().map(|written| written.revision).collect();
    assert_eq!(revisions.len(), log.len(), "two acknowledged writes have one revision");
    assert_eq!(now.0 - base.0, log.len() as u64, "revisions since the stream began, and writes known to be committed");
}

async fn every_store_is_as_last_acknowledged(cluster: &Cluster, log: &[Written]) {
    let mut last: BTreeMap<&str, &Written> = BTreeMap::new();
    for written in log {
        let present = last.entry(&written.store).or_insert(written);
        if written.revision > present.revision {
            *present = written;
        }
    }
    for node in cluster.nodes() {
        let list = List::Stores { zone: None, concept: None, group: None, active: None, below: false };
        let reply = node.caller.rows(ORG, list, At::Linearizable).await.unwrap_or_else(|why| panic!("node {}: {why}", node.id));
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

/// Each acknowledged write is found at its revision, with its store.
async fn every_write_is_in_the_audit(cluster: &Cluster, log: &[Written], base: Revision) {
    let wanted: BTreeMap<Revision, &Written> = log.iter().map(|written| (written.revision, written)).collect();
    let caller = &cluster.node(1).caller;
    let (mut from, mut found) = (base, 0);
    while found < wanted.len() {
        let reply = caller.watch(WatchRequest { org: None, from: Some(from), max: 1_000, wait_ms: 1_000 }).await.expect("a watch");
        assert!(!reply.events.is_empty(), "the audit ends at revision {from}: {found} of {} found; {:?}", wanted.len(), reply.compacted);
        for event in &reply.events {
            let written = wanted.get(&event.revision).unwrap_or_else(|| panic!("nobody made {event:?}"));
            assert_eq!(event.objects, [format!("store:{}", written.store)], "{event:?}");
            found += 1;
        }
        from = reply.next;
    }
}
