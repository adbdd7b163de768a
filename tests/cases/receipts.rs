//! What a caller can ask of time: at least a receipt, at most so stale, as of now, exactly a revision.

use bailiwick_policy::ids::{ObjectId, Revision};
use bailiwick_rpc::api::{ApiError, At, OutcomeReply, Receipt, SubmitReply};
use bailiwick_tests::harness::caller::request;
use bailiwick_tests::harness::*;
use futures::future::join_all;

use crate::support::settings;

const ORG: &str = "acme";

/// Whether a till of the store may see tasks, which Instore may and POS may not.
async fn tasks(caller: &Caller, store: &str, at: At) -> String {
    let reply = caller.check(check_of(ORG, &format!("till:{store}/t1"), "GET", "/v2/tasks", at)).await;
    reply.map_or_else(|why| format!("error {}", why.code().unwrap_or("lost")), |reply| reply.reason)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_everywhere_at_its_receipt() {
    let story = Story::begin("receipts::a_change_is_seen_everywhere_at_its_receipt");
    story.phase("establish");
    let cluster = Cluster::start(settings()).await;
    seed::retailer(&cluster.node(1).caller, ORG, 30).await;

    story.phase("a write through each node, seen by all three at its receipt");
    for (n, store) in seed::codes(30).iter().enumerate() {
        let through = cluster.node(1 + n as u64 % 3);
        let (receipt, revision) = through.caller.change(&seed::allocate(ORG, &[store], Some("Instore"))).await;
        let seen = join_all(cluster.nodes().iter().map(|node| tasks(&node.caller, store, At::AtLeast(receipt.clone())))).await;
        assert_eq!(seen, ["permit_group"; 3], "{store}, written through node {} at revision {revision}", through.id);
    }

    story.phase("and by whoever asks for no staleness, or for now");
    for (n, at) in [At::MaxStaleness(0), At::Linearizable].into_iter().enumerate() {
        for round in 0..20 {
            let group = if round % 2 == 0 { None } else { Some("Instore") };
            let through = cluster.node(1 + (n as u64 + round) % 3);
            through.caller.change(&seed::allocate(ORG, &["s1"], group)).await;
            let wanted = if group.is_some() { "permit_group" } else { "resource_none" };
            let seen = join_all(cluster.nodes().iter().map(|node| tasks(&node.caller, "s1", at.clone()))).await;
            assert_eq!(seen, [wanted; 3], "{at:?} after {group:?} through node {}", through.id);
        }
    }
    cluster.equal().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_is_answered_as_it_was() {
    let story = Story::begin("receipts::a_revision_is_answered_as_it_was");
    story.phase("establish");
    let cluster = Cluster::start(settings()).await;
    let before = seed::retailer(&cluster.node(1).caller, ORG, 64).await;
    let (receipt, after) = cluster.node(1).caller.change(&seed::allocate(ORG, &["s1"], Some("Instore"))).await;
    assert_eq!(after, Revision(before.0 + 1));
    cluster.reached(after).await;

    story.phase("AG-15: both sides of a change, on every node: it is in force at its revision and not before");
    for node in cluster.nodes() {
        assert_eq!(tasks(&node.caller, "s1", At::AtExactly(before)).await, "resource_none", "node {}", node.id);
        assert_eq!(tasks(&node.caller, "s1", At::AtExactly(after)).await, "permit_group", "node {}", node.id);
    }

    story.phase("a revision that nobody has reached");
    assert_eq!(tasks(&cluster.node(2).caller, "s1", At::AtExactly(Revision(after.0 + 1_000))).await, "behind");
    let ahead = Receipt::new("tests", 1, Revision(after.0 + 1_000));
    assert_eq!(tasks(&cluster.node(2).caller, "s1", At::AtLeast(ahead)).await, "behind");

    story.phase("receipts that are none of this cluster's");
    let (_, incarnation, revision) = receipt.parts().expect("a receipt");
    for wrong in [Receipt::new("others", incarnation, revision), Receipt::new("tests", incarnation + 1, revision), Receipt("nonsense".into())] {
        let answer = tasks(&cluster.node(3).caller, "s1", At::AtLeast(wrong.clone())).await;
        assert_eq!(answer, format!("error {}", ApiError::BAD_REQUEST), "{wrong}");
    }

    story.phase("more than a thousand changes later");
    let caller = &cluster.node(1).caller;
    for round in 0..20 {
        let group = if round % 2 == 0 { "Admin" } else { "Instore" };
        let stores = seed::codes(64);
        join_all(stores.iter().map(|store| async move { caller.change(&seed::allocate(ORG, &[store], Some(group))).await })).await;
    }
    cluster.equal().await;
    story.phase("and after a restart, when no view of that time is held: it is rebuilt from the audit");
    cluster.node(3).process.kill();
    cluster.start_node(3).await;
    cluster.fresh().await;
    for node in cluster.nodes() {
        for (revision, wanted) in [(before, "resource_none"), (after, "permit_group"), (Revision(0), "org_unknown")] {
            assert_eq!(tasks(&node.caller, "s1", At::AtExactly(revision)).await, wanted, "node {} at revision {revision}", node.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_applies_once_and_conflicts_are_told() {
    let story = Story::begin("receipts::a_request_applies_once_and_conflicts_are_told");
    story.phase("establish");
    let cluster = Cluster::start(settings()).await;
    seed::retailer(&cluster.node(1).caller, ORG, 5).await;
    cluster.equal().await;

    story.phase("one id through every node, one after the other and all at once");
    let id = new_id();
    let command = seed::allocate(ORG, &["s1"], Some("Instore"));
    let first = cluster.node(1).caller.submit(request(id, &command)).await.expect("an answer");
    assert!(matches!(first, SubmitReply::Committed { changed: true, .. }), "{first:?}");
    for node in cluster.nodes() {
        assert_eq!(node.caller.submit(request(id, &command)).await.expect("an answer"), first, "node {}", node.id);
        assert_eq!(node.caller.outcome(id).await.expect("an answer"), OutcomeReply::Known(first.clone()));
    }
    let (id, command) = (new_id(), seed::allocate(ORG, &["s2"], Some("Instore")));
    let answers = join_all(cluster.nodes().iter().map(|node| node.caller.submit(request(id, &command)))).await;
    let answers: Vec<SubmitReply> = answers.into_iter().map(|answer| answer.expect("an answer")).collect();
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(cluster.node(2).caller.outcome(new_id()).await.expect("an answer"), OutcomeReply::NotApplied);

    story.phase("what was read has changed");
    let (_, now) = cluster.node(1).caller.change(&seed::allocate(ORG, &["s3"], Some("Instore"))).await;
    let mut stale = request(new_id(), &seed::allocate(ORG, &["s3"], None));
    stale.reads = vec![(seed::store_id(ORG, "s3"), Revision(now.0 - 1))];
    let SubmitReply::Rejected(conflict) = cluster.node(2).caller.submit(stale.clone()).await.expect("an answer") else { panic!("a conflict") };
    assert_eq!((conflict.code.as_str(), conflict.examples.as_slice()), ("conflict", ["store:s3".to_owned()].as_slice()));
    // What is read afresh passes; another object's change doesn't matter.
    cluster.node(1).caller.change(&seed::allocate(ORG, &["s4"], Some("Instore"))).await;
    let fresh = cluster.node(3).caller.get(seed::store_id(ORG, "s3"), At::Linearizable).await.expect("the store");
    let bailiwick_policy::query::Item::Store { store, .. } = fresh.item else { panic!("a store") };
    stale.request_id = new_id();
    stale.reads = vec![(ObjectId::Store(store.org.clone(), store.code.clone()), store.meta.revision)];
    let passed = cluster.node(2).caller.submit(stale).await.expect("an answer");
    assert!(matches!(passed, SubmitReply::Committed { changed: true, .. }), "{passed:?}");

    story.phase("the impact is no longer what was previewed");
    let mut unexpected = request(new_id(), &seed::allocate(ORG, &["s5"], Some("Admin")));
    unexpected.expect = Some("0".repeat(64));
    let SubmitReply::Rejected(conflict) = cluster.node(1).caller.submit(unexpected).await.expect("an answer") else { panic!("a conflict") };
    assert_eq!(conflict.code, "conflict");

    story.phase("a command that changes nothing has the present receipt");
    let (revision, _, _) = cluster.equal().await;
    let same = cluster.node(3).caller.submit(request(new_id(), &seed::allocate(ORG, &["s1"], Some("Instore")))).await.expect("an answer");
    assert!(matches!(same, SubmitReply::Committed { changed: false, revision: at, .. } if at == revision), "{same:?}");
}
