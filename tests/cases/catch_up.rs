//! A follower that was down catches up: by the log, and after a purge by a snapshot.

use std::sync::Arc;

use bailiwick_tests::harness::*;
use futures::future::join_all;

use crate::support::settings;

#[tokio::test(flavor = "multi_thread")]
async fn by_the_log() {
    let story = Story::begin("catch_up::by_the_log");

    story.phase("establish");
    let cluster = Cluster::start(settings()).await;
    seed::retailer(&cluster.node(1).caller, "acme", 20).await;
    let (leader, follower) = leader_and_follower(&cluster).await;

    story.phase("break: the follower is killed, and changes go on");
    cluster.node(follower).process.kill();
    for store in seed::codes(20) {
        cluster.node(leader).caller.change(&seed::allocate("acme", &[&store], Some("Admin"))).await;
    }

    story.phase("heal");
    cluster.start_node(follower).await;
    cluster.fresh_node(follower).await;

    story.phase("judge: the same state, and no snapshot anywhere");
    let (revision, content, _) = cluster.equal().await;
    let all = cluster.status(false).await;
    assert!(all.iter().all(|s| s.snapshot == 0 && s.purged == 0), "{all:#?}");
    println!("catch_up by log: revision={revision} content={content}");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_snapshot_once_the_log_is_purged() {
    let story = Story::begin("catch_up::by_a_snapshot_once_the_log_is_purged");

    story.phase("establish: snapshots after few bytes of log, of which little is kept");
    let mut few = settings();
    few.raft.snapshot_log_bytes = 64 * 1024;
    few.raft.log_keep_entries = 10;
    let cluster = Cluster::start(few).await;
    seed::retailer(&cluster.node(1).caller, "acme", 64).await;
    let (leader, follower) = leader_and_follower(&cluster).await;
    let had = cluster.node(follower).caller.status(false).await.expect("its status").last_log;

    story.phase("break: the follower is killed, and changes go on until what it lacks is purged");
    cluster.node(follower).process.kill();
    let stores = Arc::new(seed::codes(64));
    let mut writes = 0;
    for group in ["Admin", "Instore"].into_iter().cycle() {
        let caller = &cluster.node(leader).caller;
        join_all(stores.iter().map(|store| async move { caller.change(&seed::allocate("acme", &[store], Some(group))).await })).await;
        writes += stores.len();
        let status = caller.status(false).await.expect("the leader's status");
        if status.purged > had + 1 {
            story.note(&format!("{writes} writes: leader has snapshot {} and purged up to {}, follower had {had}", status.snapshot, status.purged));
            break;
        }
        assert!(writes < 100_000, "nothing is purged after {writes} writes: {status:#?}");
    }

    story.phase("heal");
    cluster.start_node(follower).await;
    cluster.fresh_node(follower).await;

    story.phase("judge: the same state, by a snapshot");
    let (revision, content, _) = cluster.equal().await;
    let status = cluster.node(follower).caller.status(false).await.expect("its status");
    assert!(status.snapshot > had, "it was sent no snapshot: {status:#?}");
    assert!(status.purged > had, "its log goes back further than it could: {status:#?}");

    story.phase("and it lives on from there: restarted, it is the same");
    cluster.node(follower).process.kill();
    cluster.start_node(follower).await;
    cluster.fresh_node(follower).await;
    assert_eq!(cluster.equal().await.1, content);
    println!("catch_up by snapshot: writes={writes} revision={revision} snapshot={} content={content}", status.snapshot);
}

async fn leader_and_follower(cluster: &Cluster) -> (u64, u64) {
    let leader = cluster.leader().await;
    (leader, cluster.others(leader)[0].id)
}
