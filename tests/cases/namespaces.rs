//! Nodes in networks of their own form a cluster from their configurations alone; then one comes, gets a vote, another
//! goes, leadership moves, and the leader goes: all under a stream of changes and a stream of checks, of which none is
//! lost and none goes without a decision.

use std::time::{Duration, Instant};

use bailiwick_policy::command::Command;
use bailiwick_policy::object::{CredentialKind, Secret};
use bailiwick_rpc::api::{ApiError, At, MemberChange, MemberChangeRequest, NodeStatus};
use bailiwick_rpc::token::Token;
use bailiwick_tests::harness::cluster::Node;
use bailiwick_tests::harness::*;

use crate::support::settings;

const ORG: &str = "acme";
/// Writers of the stream, each with stores of its own.
const WRITERS: usize = 2;
/// Stores of each writer.
const STORES_EACH: usize = 10;
/// Checks in one call.
const CHECKS_EACH: usize = 25;
/// Checks in all: an idle run can't pass.
const CHECKS_MIN: u64 = 100_000;
/// Acknowledged writes between two changes of members.
const WRITES_BETWEEN: usize = 20;
/// How long those may take.
const RESUME_MAX: Duration = Duration::from_secs(4);
/// The bound of this cluster: a node that was removed must have stopped answering after it.
const STALENESS_BOUND_MS: u64 = 3_000;
/// What a signal may take to arrive, and an answer to travel.
const SLACK: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn nodes_come_and_go_while_checks_and_changes_go_on() {
    let story = Story::begin("namespaces::nodes_come_and_go_while_checks_and_changes_go_on");
    let namespaces = match Namespaces::create() {
        Ok(namespaces) => namespaces,
        Err(why) => {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "this must not be skipped where CI=true: {why}");
            println!("namespaces: SKIPPED: {why}");
            return;
        }
    };

    story.phase("establish: three nodes form from their configurations, a fourth waits");
    let mut cluster = Cluster::start_in(namespaces, Settings { staleness_bound_ms: STALENESS_BOUND_MS, ..settings() }).await;
    let mut gone: Vec<Node> = Vec::new();
    let stores = seed::codes(WRITERS * STORES_EACH + 1);
    let base = seed::retailer(&cluster.node(1).caller, ORG, stores.len()).await;
    cluster.reached(base).await;
    let fourth = cluster.come();
    let (peer, client) = (cluster.node(fourth).peer_addr.clone(), cluster.node(fourth).client_addr.clone());
    let command = format!("bailiwick cluster add {fourth} --peer {peer} --client {client}");
    until("the fourth says what adds it", BOUND, async || {
        let log = cluster.node(fourth).process.log_text();
        if log.contains(&command) { Ok(()) } else { Err(log) }
    })
    .await;
    let unready = cluster.node(fourth).caller.status(false).await.expect_err("a node that is no member lets nobody in");
    story.note(&format!("node {fourth}, before it is added: {unready}"));

    // Stores but the first, whose till is asked about.
    let stream = Stream::start(ORG, stores[1..].chunks(STORES_EACH), &[Way::Client(cluster.client())]);
    let mut checks: Vec<CheckLoop> = (1..=3).map(|node| CheckLoop::start(&cluster, node, ORG, CHECKS_EACH)).collect();
    let mut checked = 0;

    story.phase("refused: what only operators may, and what can't be");
    refusals(&cluster).await;

    story.phase("a fourth comes as a learner, by way of a follower");
    let leader = cluster.leader().await;
    let follower = cluster.others(leader)[0].client_addr.clone();
    let added = cluster.cli(ORG).at(&[follower]).expect(0, &["cluster", "add", "4", "--peer", &peer, "--client", &client, "--yes", "--json"]);
    assert_eq!(sets(&added, "after"), (vec![1, 2, 3], vec![4]), "{added}");
    cluster.fresh_node(fourth).await;
    assert_eq!(status(&cluster, fourth).await.role, "learner");
    checks.push(CheckLoop::start(&cluster, fourth, ORG, CHECKS_EACH));
    goes_on(&stream).await;

    story.phase("it gets a vote");
    let promoted = cluster.cli(ORG).expect(0, &["cluster", "promote", "4", "--yes", "--json"]);
    assert_eq!(sets(&promoted, "after"), (vec![1, 2, 3, 4], vec![]), "{promoted}");
    let again = cluster.cli(ORG).expect(0, &["cluster", "promote", "4", "--yes", "--json"]);
    assert_eq!(again.field("outcome"), "unchanged", "{again}");
    until("its vote", BOUND, async || match status(&cluster, fourth).await.role {
        role if role == "voter" => Ok(()),
        role => Err(role),
    })
    .await;
    goes_on(&stream).await;

    story.phase("another goes, not the leader");
    let leader = cluster.leader().await;
    let goes = (1..=3).find(|id| *id != leader).expect("three nodes");
    checked += end_of(&mut checks, goes).await;
    let removed = Instant::now();
    let ran = cluster.cli(ORG).expect(0, &["cluster", "remove", &goes.to_string(), "--yes", "--json", "--reason", "replaced"]);
    assert_eq!(sets(&ran, "after").0.len(), 3, "{ran}");
    gone.push(cluster.part(goes));
    stops_answering(&story, &gone[0], removed).await;
    goes_on(&stream).await;

    story.phase("leadership moves");
    let old = cluster.leader().await;
    let ran = cluster.cli(ORG).expect(0, &["cluster", "transfer", "--yes", "--json"]);
    let new = cluster.leader().await;
    story.note(&format!("leadership went from node {old} to node {new} within {:?}", ran.took));
    assert_ne!(old, new, "{ran}");
    goes_on(&stream).await;

    story.phase("the leader goes");
    let leader = cluster.leader().await;
    checked += end_of(&mut checks, leader).await;
    let removed = Instant::now();
    let ran = cluster.cli(ORG).expect(0, &["cluster", "remove", &leader.to_string(), "--yes", "--json"]);
    story.note(&format!("the leader, node {leader}, was removed within {:?}", ran.took));
    assert_eq!(sets(&ran, "after").0.len(), 2, "{ran}");
    gone.push(cluster.part(leader));
    stops_answering(&story, &gone[1], removed).await;
    goes_on(&stream).await;
    let node = gone[1].id;
    let again = request(MemberChange::Add { id: node, peer: gone[1].peer_addr.clone(), client: gone[1].client_addr.clone() });
    assert_eq!(refused(cluster.nodes()[0].caller.change_members(again).await), ApiError::NODE_RETIRED);
    let again = cluster.nodes()[0].caller.change_members(request(MemberChange::Remove { id: node })).await.expect("it is as asked");
    assert!(again.done && !again.changed, "{again:?}");

    story.phase("judge");
    for check in &checks {
        // The loops that are left make up what is missing, however fast the changes went.
        check.reached(CHECKS_MIN.saturating_sub(checked).div_ceil(checks.len() as u64)).await;
    }
    for check in checks {
        checked += check.end().await;
    }
    let log = stream.end().await;
    cluster.equal().await;
    log.revisions_are_its_own();
    log.every_store_is_as_last_acknowledged(&cluster).await;
    log.every_write_is_in_the_audit(&cluster.nodes()[0].caller, base).await;
    let status = cluster.nodes()[0].caller.cluster_status(false).await.expect("a status");
    assert_eq!(status.quorum, "2 voters, 2 must agree; tolerates no failure");
    let mut members: Vec<u64> = status.nodes.iter().map(|node| node.id).collect();
    members.sort_unstable();
    assert_eq!(members, cluster.nodes().iter().map(|node| node.id).collect::<Vec<_>>());
    assert!(checked >= CHECKS_MIN, "only {checked} checks");
    println!("namespaces: writes={} unknown_resolved={} checks={checked} without_decision=0", log.len(), log.unknown());
}

/// Writes go on at once, whichever of the nodes that are left or gone the client asks first.
async fn goes_on(stream: &Stream) {
    let began = Instant::now();
    stream.acknowledged(WRITES_BETWEEN).await;
    assert!(began.elapsed() <= RESUME_MAX, "{WRITES_BETWEEN} writes took {:?}", began.elapsed());
}

fn request(change: MemberChange) -> MemberChangeRequest {
    MemberChangeRequest { change, dry_run: false, reason: None }
}

fn refused<T: std::fmt::Debug>(answer: Result<T, CallFailed>) -> String {
    let why = answer.expect_err("refused");
    why.code().unwrap_or_else(|| panic!("{why}")).to_owned()
}

/// Voters and learners of an answer.
fn sets(ran: &Ran, field: &str) -> (Vec<u64>, Vec<u64>) {
    let ids = |name: &str| ran.field(field)[name].as_array().expect("ids").iter().filter_map(serde_json::Value::as_u64).collect();
    (ids("voters"), ids("learners"))
}

async fn status(cluster: &Cluster, node: u64) -> NodeStatus {
    cluster.node(node).caller.status(false).await.unwrap_or_else(|why| panic!("node {node}: {why}"))
}

async fn refusals(cluster: &Cluster) {
    let token = Token::generate();
    let owner = Command::CreateCredential {
        id: code("ada-laptop"),
        label: code("Ada"),
        kind: CredentialKind::User { org: code(ORG), user: code("ada") },
        secret: Secret::TokenHash(token.hash()),
    };
    let (_, revision) = cluster.node(1).caller.change(&owner).await;
    cluster.reached_by(&[1, 2, 3], revision).await;
    for node in 1..=3 {
        let owner = cluster.caller(node, &Credential::Token(token.clone()));
        assert_eq!(refused(owner.change_members(request(MemberChange::Remove { id: 1 })).await), ApiError::FORBIDDEN);
        let operator = &cluster.node(node).caller;
        let taken = MemberChange::Add { id: 4, peer: cluster.node(2).peer_addr.clone(), client: "198.18.0.1:1".to_owned() };
        assert_eq!(refused(operator.change_members(request(taken)).await), ApiError::ADDRESS_TAKEN);
        assert_eq!(refused(operator.change_members(request(MemberChange::Promote { id: 7 })).await), ApiError::NODE_UNKNOWN);
    }
    let dry = cluster.cli(ORG).expect(0, &["cluster", "remove", "2", "--dry-run"]);
    assert!(dry.stdout.contains("3 voters, 2 must agree → 2 voters, 2 must agree; tolerates no failure, 1 failure before"), "{dry}");
    assert!(dry.stdout.ends_with("nothing has been changed\n"), "{dry}");
    assert_eq!(status(cluster, 1).await.members.len(), 3);
}

/// Ends the checks on a node that is about to go.
async fn end_of(checks: &mut Vec<CheckLoop>, node: u64) -> u64 {
    let place = checks.iter().position(|check| check.node() == node).expect("a loop for each node");
    checks.remove(place).end().await
}

/// A node that was removed may answer from what it knew until its bound, and no longer; and it says what it is.
async fn stops_answering(story: &Story, node: &Node, removed: Instant) {
    let bound = Duration::from_millis(STALENESS_BOUND_MS);
    until(&format!("node {} can't tell any more", node.id), BOUND, async || {
        let asked = removed.elapsed();
        let reply = node.caller.check(check_of(ORG, "till:s1/t1", "GET", "/v2/customers/42", At::Local)).await.map_err(|why| why.to_string())?;
        if reply.decision == "indeterminate" {
            return Ok(());
        }
        assert!(reply.staleness_ms <= STALENESS_BOUND_MS, "{reply:?}");
        Err(format!("{reply:?} after {asked:?}"))
    })
    .await;
    let took = removed.elapsed();
    story.note(&format!("node {} can't tell any more, {took:?} after its removal was asked for", node.id));
    assert!(took <= bound + Duration::from_secs(3) + SLACK, "{took:?}");
    until(&format!("node {} knows that it was removed", node.id), BOUND, async || {
        let status = node.caller.status(false).await.map_err(|why| why.to_string())?;
        let told = status.alarms.iter().any(|alarm| alarm.contains("this node was removed from the cluster"));
        if status.role == "removed" && told { Ok(()) } else { Err(format!("role {}, alarms {:?}", status.role, status.alarms)) }
    })
    .await;
}
