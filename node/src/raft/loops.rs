//! What a node does by itself: keeps its view fresh, writes the cluster's first entry, takes snapshots, compares its
//! history with the others', and stops when Raft has stopped.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bailiwick_policy::command::{Actor, Command, Envelope};
use bailiwick_policy::ids::{RequestId, Tick};
use bailiwick_policy::object::Secret;
use bailiwick_storage::codec::encode_envelope;
use openraft::async_runtime::WatchReceiver;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::app::App;

/// How long one freshness round may take before the next is tried.
const ROUND_MAX: Duration = Duration::from_millis(1_500);
/// How often the triggers of snapshots are looked at.
const SNAPSHOT_LOOK: Duration = Duration::from_secs(1);

/// Keeps the view fresh until stopped.
pub async fn freshness(app: App, stop: CancellationToken) {
    let mut ticks = interval(Duration::from_millis(app.config.freshness_interval_ms));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {
                // A round that fails leaves the view as stale as it was: the clock says so by itself.
                let _outcome = timeout(ROUND_MAX, app.refresh()).await;
            }
        }
    }
}

/// Forms the cluster if nobody has: the member with the least id initialises Raft, whoever then leads writes the
/// first entry.
pub async fn bootstrap(app: App, operator: Secret, stop: CancellationToken) {
    let raft = &app.consensus.raft;
    let least = app.config.initial_members.iter().map(|m| m.id).min();
    if least == Some(app.config.node) && !raft.is_initialized().await.unwrap_or(true) {
        let members: std::collections::BTreeMap<u64, bailiwick_storage::PeerNode> = app
            .config
            .initial_members
            .iter()
            .map(|m| (m.id, bailiwick_storage::PeerNode { peer: m.peer.clone(), client: m.client.clone() }))
            .collect();
        match raft.initialize(members).await {
            Ok(()) => info!(cluster = app.config.cluster, "cluster formed"),
            Err(why) => warn!(%why, "the cluster was not formed by this node"),
        }
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
