//! Load: so many clients, each waiting for the answer before its next write, for a bounded time.

use std::time::{Duration, Instant};

use bailiwick_rpc::api::{AdminClient, SubmitReply};
use bailiwick_rpc::codec::context_within;
use futures::future::join_all;

use super::Row;
use crate::harness::caller::request;
use crate::harness::stats::percentile;
use crate::harness::{CallFailed, Cluster, new_id, seed};

/// Clients that share a connection: a node's callers are gateways, each with many requests under way.
const CLIENTS_PER_CONNECTION: usize = 16;
/// Time before the measured time, in which connections and caches warm.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long one write may take.
const WRITE_MAX: Duration = Duration::from_secs(30);

/// What one client saw in the measured time.
#[derive(Default)]
struct Seen {
    took: Vec<Duration>,
    failed: u64,
}

/// Loads the leader of a cluster with allocations of the stores `s1…` of an org, no two clients the same store.
pub async fn run(cluster: &Cluster, leader: u64, org: &str, stores: usize, clients: usize, time: Duration) -> Result<Row, CallFailed> {
    assert!(stores >= clients, "{clients} clients want a store each, and there are {stores}");
    let count = clients.div_ceil(CLIENTS_PER_CONNECTION);
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        let connected = cluster.node(leader).caller.connect("admin").await?;
        connections.push(AdminClient::new(connected.client_config(), connected.transport()).spawn());
    }
    let from = Instant::now() + WARM_UP;
    let until = from + time;
    let tasks: Vec<_> = (0..clients)
        .map(|n| {
            let own = (n..stores).step_by(clients).map(|store| format!("s{}", store + 1)).collect();
            tokio::spawn(client(connections[n % count].clone(), org.to_owned(), own, from, until))
        })
        .collect();
    tokio::time::sleep_until(from.into()).await;
    let before = processor_time(cluster);
    let seen: Vec<Seen> = join_all(tasks).await.into_iter().map(|ended| ended.expect("no client panics")).collect();
    let used = processor_time(cluster).saturating_sub(before);
    let failed = seen.iter().map(|s| s.failed).sum();
    let mut took: Vec<Duration> = seen.into_iter().flat_map(|s| s.took).collect();
    let writes = took.len() as u64;
    Ok(Row {
        system: "bailiwick",
        clients,
        connections: count,
        writes,
        failed,
        writes_per_s: writes as f64 / time.as_secs_f64(),
        p50_us: micros(percentile(&mut took, 50.0)),
        p99_us: micros(percentile(&mut took, 99.0)),
        processor_us_per_write: used.as_micros() as f64 / writes.max(1) as f64,
    })
}

/// Every write changes something: a store goes back and forth between two groups.
async fn client(connection: AdminClient, org: String, stores: Vec<String>, from: Instant, until: Instant) -> Seen {
    let mut seen = Seen::default();
    for group in ["Instore", "Admin"].into_iter().cycle() {
        for store in &stores {
            let command = seed::allocate(&org, &[store], Some(group));
            let began = Instant::now();
            if began >= until {
                return seen;
            }
            let answer = connection.submit(context_within(WRITE_MAX), request(new_id(), &command)).await;
            let measured = began >= from && Instant::now() <= until;
            match answer {
                Ok(Ok(SubmitReply::Committed { changed: true, .. })) if measured => seen.took.push(began.elapsed()),
                Ok(Ok(SubmitReply::Committed { .. })) => {}
                Ok(_) | Err(_) => seen.failed += 1,
            }
        }
    }
    seen
}

fn processor_time(cluster: &Cluster) -> Duration {
    cluster.nodes().iter().map(|node| node.process.processor_time()).sum()
}

/// A duration in microseconds.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
