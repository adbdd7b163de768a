//! One node asked the same thing again and again, while something else is done to the cluster. The answer is always
//! yes; anything else is a failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bailiwick_rpc::api::{At, CheckManyRequest};
use tokio::task::JoinHandle;

use super::ask::check_of;
use super::caller::{Caller, Credential};
use super::cluster::Cluster;
use super::wait::{BOUND, enough, until};

/// Between calls: a loop at full speed would take the processor from the nodes it asks.
const PACE: Duration = Duration::from_millis(2);
/// Failures that are told; the rest is a count.
const TOLD: usize = 20;

/// A loop that asks one node.
#[derive(Debug)]
pub struct CheckLoop {
    node: u64,
    count: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    task: JoinHandle<Vec<String>>,
}

impl CheckLoop {
    /// Asks a node of a cluster with a retailer, some checks with each call.
    pub fn start(cluster: &Cluster, node: u64, org: &'static str, each: usize) -> Self {
        let (count, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let caller = cluster.caller(node, &Credential::Certificate(cluster.operator().clone()));
        let task = tokio::spawn({
            let (count, stop, began) = (count.clone(), stop.clone(), Instant::now());
            async move {
                let mut failures = Vec::new();
                let mut pace = tokio::time::interval(PACE);
                pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                while !stop.load(Ordering::Relaxed) {
                    pace.tick().await;
                    if let Err(seen) = ask(&caller, org, each).await {
                        failures.push(format!("{:?}: {seen}", began.elapsed()));
                    }
                    count.fetch_add(each as u64, Ordering::Relaxed);
                }
                failures
            }
        });
        Self { node, count, stop, task }
    }

    /// Waits until it has had so many answers in all.
    pub async fn reached(&self, count: u64) {
        until(&format!("checks on node {}", self.node), BOUND, async || enough(self.count.load(Ordering::Relaxed), count)).await;
    }

    /// The node it asks.
    pub fn node(&self) -> u64 {
        self.node
    }

    /// Ends it; every check must have been answered. Returns how many there were.
    pub async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        let failures = self.task.await.expect("the loop ended");
        let count = self.count.load(Ordering::Relaxed);
        let told = &failures[..failures.len().min(TOLD)];
        assert!(failures.is_empty(), "of {count} checks on node {}, {} calls failed: {told:#?}", self.node, failures.len());
        count
    }
}

async fn ask(caller: &Caller, org: &str, each: usize) -> Result<(), String> {
    let (subject, action, resource) = ("till:s1/t1", "GET", "/v2/customers/42");
    if each == 1 {
        return match caller.check(check_of(org, subject, action, resource, At::Local)).await {
            Ok(reply) if reply.decision == "permit" => Ok(()),
            Ok(reply) => Err(format!("{reply:?}")),
            Err(why) => Err(why.to_string()),
        };
    }
    let checks = vec![(subject.to_owned(), action.to_owned(), resource.to_owned()); each];
    match caller.check_many(CheckManyRequest { org: Some(org.to_owned()), checks, ..CheckManyRequest::default() }).await {
        Ok(reply) if reply.answers.len() == each && reply.answers.iter().all(|(decision, _)| decision == "permit") => Ok(()),
        Ok(reply) => Err(format!("{:?} at revision {}", reply.answers.first(), reply.revision)),
        Err(why) => Err(why.to_string()),
    }
}
