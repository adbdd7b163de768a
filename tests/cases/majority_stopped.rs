//! Two of three nodes gone: the third answers within its staleness bound, then says that it can't tell; writes are
//! refused or unknown, and what was unknown is resolved once the majority is back.

use std::time::{Duration, Instant};

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::RequestId;
use bailiwick_rpc::api::{ApiError, At};
use bailiwick_tests::harness::writes::{self, Tried};
use bailiwick_tests::harness::*;

use crate::support::settings;

const ORG: &str = "acme";
/// The bound of this cluster, in milliseconds.
const STALENESS_BOUND_MS: u64 = 1_500;
/// What a signal may take to arrive, and an answer to travel.
const SLACK: Duration = Duration::from_millis(250);

#[tokio::test(flavor = "multi_thread")]
async fn checks_end_at_the_staleness_bound_and_writes_are_never_guessed() {
    let story = Story::begin("majority_stopped::checks_end_at_the_staleness_bound_and_writes_are_never_guessed");

    story.phase("establish");
    let mut short = settings();
    short.staleness_bound_ms = STALENESS_BOUND_MS;
    let cluster = Cluster::start(short).await;
    let base = seed::retailer(&cluster.node(1).caller, ORG, 10).await;
    cluster.reached(base).await;

    story.phase("break: both followers paused, the leader is alone");
    let leader = cluster.leader().await;
    let alone = &cluster.node(leader).caller;
    let followers: Vec<_> = cluster.others(leader);
    followers.iter().for_each(|node| node.process.pause());
    // The leader can't know yet that it is alone, and takes the write.
    let (early, early_command) = (new_id(), seed::allocate(ORG, &["s1"], Some("Instore")));
    let checks = checks_until_indeterminate(&story, alone, Instant::now());
    let (tried_early, ()) = tokio::join!(writes::by_node(alone, early, &early_command), checks);

    story.phase("observe: the write that was proposed is unknown; one that is not proposed may be refused");
    story.note(&format!("the write at the moment of the break: {tried_early:?}"));
    assert!(matches!(tried_early, Tried::Unknown(_)), "a write without a majority: {tried_early:?}");
    let (late, late_command) = (new_id(), seed::allocate(ORG, &["s3"], Some("Instore")));
    let tried_late = writes::by_node(alone, late, &late_command).await;
    story.note(&format!("a write later: {tried_late:?}"));
    assert!(matches!(tried_late, Tried::Unknown(_) | Tried::Nothing(_)), "a write without a majority: {tried_late:?}");
    linearizable_is_unavailable(alone).await;

    story.phase("heal: the followers go on");
    followers.iter().for_each(|node| node.process.resume());
    cluster.fresh().await;
    for (id, command, tried) in [(early, early_command, tried_early), (late, late_command, tried_late)] {
        let outcome = resolved(&cluster, leader, id, &command, &tried).await;
        story.note(&format!("{id} is resolved by its id: {outcome:?}"));
    }
    cluster.equal().await;
    permitted(&cluster, "POST", "/v2/customers/42").await;

    story.phase("break: the leader and a follower killed, the other follower is alone");
    let leader = cluster.leader().await;
    let last = cluster.others(leader)[0].id;
    let gone: Vec<_> = cluster.others(last);
    gone.iter().for_each(|node| node.process.kill());
    let alone = &cluster.node(last).caller;
    checks_until_indeterminate(&story, alone, Instant::now()).await;

    story.phase("observe");
    let id = new_id();
    let command = seed::allocate(ORG, &["s2"], Some("Admin"));
    let tried = writes::by_node(alone, id, &command).await;
    story.note(&format!("the write: {tried:?}"));
    match &tried {
        Tried::Nothing(why) => assert!(why.starts_with(ApiError::UNAVAILABLE), "{why}"),
        Tried::Unknown(_) => {}
        other => panic!("a write without a majority: {other:?}"),
    }
    linearizable_is_unavailable(alone).await;

    story.phase("heal: they are started again");
    for node in gone {
        cluster.start_node(node.id).await;
    }
    cluster.fresh().await;
    resolved(&cluster, last, id, &command, &tried).await;

    story.phase("judge");
    let (revision, _, _) = cluster.equal().await;
    assert_eq!(revision.0, base.0 + 3, "each of the three writes was applied once");
    permitted(&cluster, "GET", "/v2/reports").await;
    println!("majority_stopped: bound_ms={STALENESS_BOUND_MS} revision={revision}");
}

/// Asks until the node can't tell. What it answers before must be right, and not staler than the bound; at the bound
/// it must have stopped answering.
async fn checks_until_indeterminate(story: &Story, caller: &Caller, stopped: Instant) {
    let bound = Duration::from_millis(STALENESS_BOUND_MS);
    let (mut answered, mut pace) = (0u64, tokio::time::interval(Duration::from_millis(5)));
    loop {
        pace.tick().await;
        let asked = stopped.elapsed();
        let reply = caller.check(check_of(ORG, "till:s1/t1", "GET", "/v2/customers/42", At::Local)).await.expect("an answer");
        if reply.decision == "indeterminate" {
            assert_eq!((reply.code, reply.reason.as_str()), (4001, "state_unavailable"));
            story.note(&format!("{answered} checks answered; the first that can't be after {:?}", stopped.elapsed()));
            assert!(answered > 0, "not one check was answered within the bound");
            assert!(stopped.elapsed() <= bound + SLACK, "the node took {:?} to admit that it can't tell", stopped.elapsed());
            break;
        }
        assert_eq!(reply.decision, "permit");
        assert!(reply.staleness_ms <= STALENESS_BOUND_MS, "{reply:?}");
        assert!(asked <= bound + SLACK, "{asked:?} after the majority went, an answer said to be {} ms stale", reply.staleness_ms);
        answered += 1;
    }
    // And it stays so.
    for _ in 0..20 {
        pace.tick().await;
        let reply = caller.check(check_of(ORG, "till:s1/t1", "GET", "/v2/customers/42", At::Local)).await.expect("an answer");
        assert_eq!((reply.decision.as_str(), reply.code), ("indeterminate", 4001));
    }
}

async fn linearizable_is_unavailable(caller: &Caller) {
    let reply = caller.check(check_of(ORG, "till:s1/t1", "GET", "/v2/customers/42", At::Linearizable)).await.expect("an answer");
    assert_eq!((reply.decision.as_str(), reply.code, reply.reason.as_str()), ("indeterminate", 4001, "unavailable"));
}

/// What became of the request: known by its id; or not applied, and then the same id applies it. What was said not to
/// have been proposed must not have been applied, and not be on its way.
async fn resolved(cluster: &Cluster, node: u64, id: RequestId, command: &Command, said: &Tried) -> Tried {
    let caller = &cluster.node(node).caller;
    if let Tried::Nothing(why) = said {
        let found = writes::outcome(caller, id).await;
        assert_eq!(found, None, "{id} was said not to have been proposed ({why}), and yet was applied");
    }
    until("the outcome of the write", BOUND, async || {
        let tried = match writes::outcome(caller, id).await {
            Some(outcome) => outcome,
            None => writes::by_node(caller, id, command).await,
        };
        match tried {
            Tried::Committed { changed: true, .. } => Ok(tried),
            Tried::Unknown(why) | Tried::Nothing(why) => Err(why),
            wrong => panic!("{id}: {wrong:?}"),
        }
    })
    .await
}

/// The allocation is in force on every node.
async fn permitted(cluster: &Cluster, action: &str, path: &str) {
    let till = if path == "/v2/reports" { "till:s2/t1" } else { "till:s1/t1" };
    for node in cluster.nodes() {
        let reply = node.caller.check(check_of(ORG, till, action, path, At::Linearizable)).await.expect("an answer");
        assert_eq!(reply.reason, "permit_group", "node {}: {reply:?}", node.id);
    }
}
