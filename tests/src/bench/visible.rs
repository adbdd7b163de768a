//! From acknowledged to visible on every node, as a caller sees it: a write through the leader, and from the moment
//! of its answer a check at its receipt on each node.

use std::time::{Duration, Instant};

use bailiwick_rpc::api::At;
use futures::future::join_all;
use serde::Serialize;

use super::load::micros;
use crate::harness::stats::percentile;
use crate::harness::{CallFailed, Cluster, check_of, seed};

/// What was measured. Each figure has the way to the node and back in it.
#[derive(Clone, Debug, Serialize)]
pub struct Visible {
    /// Writes that were followed.
    pub samples: usize,
    /// A check that waits for nothing takes so long, in microseconds: the part that is the way there and back.
    pub check_p50_us: u64,
    /// Until all nodes had answered at the receipt.
    pub every_node_p50_us: u64,
    /// The same, 99 of 100.
    pub every_node_p99_us: u64,
    /// Until the slower follower had.
    pub followers_p50_us: u64,
    /// The same, 99 of 100.
    pub followers_p99_us: u64,
}

impl Visible {
    /// For people.
    pub fn lines(&self) -> Vec<String> {
        vec![format!(
            "acknowledged to visible on every node, {} samples: p50 {} µs, p99 {} µs (followers p50 {} µs, p99 {} µs; a check alone p50 {} µs)",
            self.samples, self.every_node_p50_us, self.every_node_p99_us, self.followers_p50_us, self.followers_p99_us, self.check_p50_us
        )]
    }
}

/// Follows one write after the other for a bounded time.
pub async fn run(cluster: &Cluster, leader: u64, org: &str, time: Duration) -> Result<Visible, CallFailed> {
    let (mut every, mut followers, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    let until = Instant::now() + time;
    for group in ["Instore", "Admin"].into_iter().cycle() {
        if Instant::now() >= until {
            break;
        }
        let (receipt, _) = cluster.node(leader).caller.change(&seed::allocate(org, &["s1"], Some(group))).await;
        let acknowledged = Instant::now();
        let seen = join_all(cluster.nodes().iter().map(async |node| {
            let question = check_of(org, "till:s1/t1", "GET", "/v2/tasks", At::AtLeast(receipt.clone()));
            let reply = node.caller.check(question).await;
            (node.id, acknowledged.elapsed(), reply)
        }))
        .await;
        for (node, _, reply) in &seen {
            let reply = reply.as_ref().map_err(Clone::clone)?;
            assert_eq!(reply.reason, "permit_group", "node {node} at the receipt {receipt}: {reply:?}");
        }
        every.extend(seen.iter().map(|(_, took, _)| *took).max());
        followers.extend(seen.iter().filter(|(node, ..)| *node != leader).map(|(_, took, _)| *took).max());
        let began = Instant::now();
        cluster.node(leader).caller.check(check_of(org, "till:s1/t1", "GET", "/v2/tasks", At::Local)).await?;
        alone.push(began.elapsed());
    }
    Ok(Visible {
        samples: every.len(),
        check_p50_us: micros(percentile(&mut alone, 50.0)),
        every_node_p50_us: micros(percentile(&mut every, 50.0)),
        every_node_p99_us: micros(percentile(&mut every, 99.0)),
        followers_p50_us: micros(percentile(&mut followers, 50.0)),
        followers_p99_us: micros(percentile(&mut followers, 99.0)),
    })
}
