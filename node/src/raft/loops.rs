//! What a node does by itself: keeps its view fresh, writes the cluster's first entry, takes snapshots, compares its
//! history with the others', and stops when Raft has stopped.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bailiwick_policy::command::{Actor, Command, Envelope};
use bailiwick_policy::ids::{RequestId, Tick};
use bailiwick_policy::object::Secret;
use bailiwick_rpc::api::NodeStatus;
use bailiwick_storage::PeerNode;
use bailiwick_storage::codec::encode_envelope;
use futures::future::join_all;
use openraft::async_runtime::WatchReceiver;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::peers::Purpose;
use super::wire;
use crate::app::App;

/// How long one freshness round may take before the next is tried.
const ROUND_MAX: Duration = Duration::from_millis(1_500);
/// How often a node that has gone stale asks the others whether it is still a member.
const ASK_AROUND: Duration = Duration::from_secs(2);
/// How often a leader looks for a change of members that nobody ends.
const MEMBERS_LOOK: Duration = Duration::from_secs(1);
/// How long another first member has to say whether it knows of members, before the cluster is formed.
const FORMED_WAIT: Duration = Duration::from_secs(1);
/// How often the triggers of snapshots are looked at.
const SNAPSHOT_LOOK: Duration = Duration::from_secs(1);

/// Keeps the view fresh until stopped.
pub async fn freshness(app: App, stop: CancellationToken) {
    let mut ticks = interval(Duration::from_millis(app.config.freshness_interval_ms));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let bound = Duration::from_millis(app.config.staleness_bound_ms);
    let mut asked_around = Instant::now();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        // A round that fails leaves the view as stale as it was: the clock says so by itself.
        let fresh = matches!(timeout(ROUND_MAX, app.refresh()).await, Ok(Ok(_)));
        let stale = !fresh && app.fresh.staleness().is_none_or(|s| s > bound);
        if stale && asked_around.elapsed() > ASK_AROUND {
            app.ask_whether_removed().await;
            asked_around = Instant::now();
        }
    }
}

/// Ends what a leader that died in the middle of a change of members has left, once this node leads.
pub async fn members(app: App, stop: CancellationToken) {
    let mut ticks = interval(MEMBERS_LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        // Held: this node is in the middle of a change itself.
        if let Ok(_turn) = app.changing.try_lock() {
            let _tried_again_later = app.finish_joint(tokio::time::Instant::now() + ROUND_MAX).await;
        }
    }
}

/// Forms the cluster if nobody has: of the first members, the one with the least id initialises Raft; whoever then
/// leads writes the first entry. A node that isn't among them waits until it is added.
pub async fn bootstrap(app: App, operator: Secret, stop: CancellationToken) {
    let raft = &app.consensus.raft;
    if !raft.is_initialized().await.unwrap_or(true) {
        form(&app).await;
    }
    let mut metrics = raft.metrics();
    while app.views.load().state.cluster.is_none() {
        if app.consensus.is_leader() {
            first_entry(&app, &operator).await;
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = metrics.changed() => if changed.is_err() { return },
        }
    }
}

async fn form(app: &App) {
    let first = &app.config.initial_members;
    if !first.iter().any(|m| m.id == app.config.node) {
        info!(node = app.config.node, "no member of the cluster yet, and not one of its first: {} adds it", app.config.adding());
        return;
    }
    if first.iter().map(|m| m.id).min() != Some(app.config.node) {
        return;
    }
    if let Some(other) = formed_already(app).await {
        error!(
            node = app.config.node,
            "the cluster was formed before, says node {other}, and this node has no log: its data was lost. Remove it, and add it under an id that was never used"
        );
        return;
    }
    let members: BTreeMap<u64, PeerNode> =
        first.iter().map(|m| (m.id, PeerNode { peer: m.peer.clone(), client: m.client.clone() })).collect();
    match app.consensus.raft.initialize(members).await {
        Ok(()) => info!(cluster = app.config.cluster, "cluster formed"),
        Err(why) => warn!(%why, "the cluster was not formed by this node"),
    }
}

/// A first member that knows of members: then this one is late, or was there and has lost its data.
async fn formed_already(app: &App) -> Option<u64> {
    let others = app.config.initial_members.iter().filter(|m| m.id != app.config.node).map(|member| async move {
        let call = app
            .consensus
            .peers
            .call((member.id, &member.peer), Purpose::Ask, FORMED_WAIT, |client, ctx| async move { client.node_status(ctx, false).await });
        let status: NodeStatus = wire::decode(&call.await.ok()?).ok()?;
        (!status.members.is_empty()).then_some(member.id)
    });
    join_all(others).await.into_iter().flatten().next()
}

async fn first_entry(app: &App, operator: &Secret) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let at = u64::try_from(now).unwrap_or(0);
    let envelope = Envelope {
        request_id: RequestId((u128::from(at) << 80) | u128::from(rand::random::<u64>())),
        actor: Actor::System,
        proposed_at: Tick(at),
        reads: Vec::new(),
        reason: None,
        job: None,
        command: Command::InitCluster { cluster: app.config.cluster.as_str().into(), operator: operator.clone() },
    };
    match app.consensus.propose(encode_envelope(&envelope), Duration::from_secs(5)).await {
        super::Proposed::Applied(outcome) => info!(?outcome, "first entry"),
        super::Proposed::NotLeader => app.consensus.leadership_moved().await,
        super::Proposed::Unknown(why) => warn!(why, "first entry"),
    }
}

/// Takes a snapshot when enough was logged, or some time after the last.
pub async fn snapshots(app: App, stop: CancellationToken) {
    let mut ticks = interval(SNAPSHOT_LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = Instant::now();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let m = app.consensus.metrics();
        let (applied, covered) = (m.last_applied.map_or(0, |l| l.index), m.snapshot.map_or(0, |l| l.index));
        let timing = &app.config.raft;
        let due = app.storage.log_bytes() >= timing.snapshot_log_bytes || last.elapsed() >= Duration::from_secs(timing.snapshot_age_s);
        if applied > covered && due {
            last = Instant::now();
            info!(applied, covered, log_bytes = app.storage.log_bytes(), "snapshot triggered");
            if let Err(why) = app.consensus.raft.trigger().snapshot().await {
                warn!(%why, "no snapshot");
            }
        }
    }
}

/// Returns when Raft has stopped by itself, with why: the process must not outlive it, for its figures would still
/// name it leader.
pub async fn death(app: App) -> String {
    let mut metrics = app.consensus.raft.metrics();
    loop {
        if let Err(fatal) = &metrics.borrow_watched().running_state {
            return fatal.to_string();
        }
        if metrics.changed().await.is_err() {
            return "raft has stopped".to_owned();
        }
    }
}
