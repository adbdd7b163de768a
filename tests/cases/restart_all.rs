//! All nodes restarted from disk: the same content, the same history.

use bailiwick_rpc::api::At;
use bailiwick_tests::harness::*;

use crate::support::settings;

#[tokio::test(flavor = "multi_thread")]
async fn all_nodes_come_back_as_they_were() {
    let story = Story::begin("restart_all::all_nodes_come_back_as_they_were");

    story.phase("establish");
    let cluster = Cluster::start(settings()).await;
    seed::retailer(&cluster.node(1).caller, "acme", 50).await;
    for (n, store) in seed::codes(50).iter().enumerate() {
        let through = &cluster.node(1 + n as u64 % 3).caller;
        through.change(&seed::allocate("acme", &[store], Some(if n % 2 == 0 { "Instore" } else { "Admin" }))).await;
    }
    let before = cluster.equal().await;
    story.note(&format!("revision {}, content {}, history {}", before.0, before.1, before.2));

    story.phase("break: all killed at once, while the state is still being written behind");
    let (_, last) = cluster.node(2).caller.change(&seed::allocate("acme", &["s1"], None)).await;
    cluster.nodes().iter().for_each(|node| node.process.kill());

    story.phase("heal");
    for node in cluster.nodes() {
        cluster.start_node(node.id).await;
    }
    cluster.fresh().await;

    story.phase("judge: the acknowledged change is there, everywhere, and the rest as it was");
    let killed = cluster.equal().await;
    assert_eq!(killed.0, last);
    assert_ne!(killed.2, before.2, "the last change is part of the history");

    story.phase("and again, stopped in order");
    for node in 1..=3 {
        cluster.stop(node);
    }
    for node in cluster.nodes() {
        cluster.start_node(node.id).await;
    }
    cluster.fresh().await;
    assert_eq!(cluster.equal().await, killed);
    for node in cluster.nodes() {
        let question = check_of("acme", "till:s2/t1", "GET", "/v2/reports", At::Linearizable);
        let reply = node.caller.check(question).await.expect("an answer");
        assert_eq!((reply.decision.as_str(), reply.reason.as_str()), ("permit", "permit_group"), "node {}", node.id);
    }
    println!("restart_all: revision={} content={} history={}", killed.0, killed.1, killed.2);
}
