//! SIGKILL of the leader during a stream of allocations: checks on the other two don't notice, writes resume, what
//! was acknowledged is there, and what was unknown is resolved by its id.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bailiwick_tests::harness::stats::percentile;
use bailiwick_tests::harness::stream::write;
use bailiwick_tests::harness::*;

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
    let (probed, streamed) = stores.split_last().expect("stores");
    let stream = Stream::start(ORG, streamed.chunks(STORES_EACH), &ways);

    let mut resumed = Vec::new();
    let mut checked = 0;
    for round in 1..=rounds {
        let leader = cluster.leader().await;
        let checks: Vec<CheckLoop> = cluster.others(leader).iter().map(|node| CheckLoop::start(&cluster, node.id, ORG, 1)).collect();
        for check in &checks {
            check.reached(CHECKS_BEFORE).await;
        }
        stream.acknowledged(WRITES_AROUND).await;

        // Break.
        let killed = Instant::now();
        cluster.node(leader).process.kill();
        let group = if round % 2 == 0 { Some("POS") } else { Some("Instore") };
        let written = write(&ways[0], ORG, probed, group).await;
        let took = killed.elapsed();
        stream.note(written);
        story.note(&format!("round {round}: node {leader} killed, writes resumed after {took:?}"));
        assert!(took <= RESUME_MAX, "round {round}: writes resumed after {took:?}, promised are {RESUME_MAX:?}");
        resumed.push(took);

        // Observe.
        stream.acknowledged(WRITES_AROUND).await;

        // Heal.
        cluster.start_node(leader).await;
        cluster.fresh_node(leader).await;
        for check in checks {
            checked += check.end().await;
        }
    }

    story.phase("judge");
    let log = stream.end().await;
    let (revision, _, _) = cluster.equal().await;
    log.revisions_are_its_own();
    assert_eq!(revision.0 - base.0, log.len() as u64, "revisions since the stream began, and writes known to be committed");
    log.every_store_is_as_last_acknowledged(&cluster).await;
    log.every_write_is_in_the_audit(&cluster.node(1).caller, base).await;
    let unknown = log.unknown();
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
