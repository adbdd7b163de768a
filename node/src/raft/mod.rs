//! Raft's wiring: how a node reaches consensus with the others, and the loops that go with it.

pub mod loops;
pub mod network;
pub mod peers;
pub mod time;
pub mod wire;

use std::sync::Arc;
use std::time::Duration;

use bailiwick_policy::ids::CredentialId;
use bailiwick_policy::outcome::Outcome;
use bailiwick_rpc::api::{ApiError, SubmitReply, SubmitRequest};
use bailiwick_rpc::peer::{ForwardRequest, PeerFaultCode};
use bailiwick_storage::{Payload, PeerNode, Reply, TypeConfig};
use openraft::ReadPolicy;
use openraft::async_runtime::WatchReceiver;
use openraft::errors::{ClientWriteError, RaftError};
use openraft::metrics::RaftMetrics;

use crate::config::RaftTiming;
use peers::{PeerError, Peers, Purpose};

/// Raft as it runs here.
pub type Raft = openraft::Raft<TypeConfig, bailiwick_storage::StateMachine<bailiwick_storage::engine::RocksEngine>>;

/// How long a read index may take to be had.
const READ_INDEX_WAIT: Duration = Duration::from_millis(1_000);

/// Raft, and the way to its other members.
#[derive(Clone)]
pub struct Consensus {
    /// Raft itself.
    pub raft: Raft,
    /// Links to the others.
    pub peers: Peers,
    us: u64,
}

/// What became of a proposal.
pub enum Proposed {
    /// It was applied.
    Applied(Outcome),
    /// This node doesn't lead; nothing was proposed.
    NotLeader,
    /// It may have been appended, and may still be applied.
    Unknown(String),
}

/// Raft's settings, from the node's.
pub fn raft_config(cluster: &str, timing: &RaftTiming) -> Result<Arc<openraft::Config>, openraft::ConfigError> {
    let config = openraft::Config {
        cluster_name: cluster.to_owned(),
        heartbeat_interval: timing.heartbeat_ms,
        election_timeout_min: timing.election_ms_min,
        election_timeout_max: timing.election_ms_max,
        enable_pre_vote: Some(true),
        // Without it, an old leader's heartbeats can keep a connected majority from electing.
        quorum_loss_probe_interval: Some(2 * timing.election_ms_max),
        enable_leader_restore: Some(false),
        // Our own triggers: openraft's policy counts entries, and is far too eager.
        snapshot_policy: openraft::SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: timing.log_keep_entries,
        purge_batch_size: 1_024.min(timing.log_keep_entries.max(1)),
        install_snapshot_timeout: 120_000,
        ..openraft::Config::default()
    };
    config.validate().map(Arc::new)
}

impl Consensus {
    /// Joins Raft and the links.
    pub fn new(raft: Raft, peers: Peers, us: u64) -> Self {
        Self { raft, peers, us }
    }

    /// Raft's figures as they are now.
    pub fn metrics(&self) -> RaftMetrics<TypeConfig> {
        self.raft.metrics().borrow_watched().clone()
    }

    /// Whether this node leads, as far as it knows.
    pub fn is_leader(&self) -> bool {
        self.raft.metrics().borrow_watched().current_leader == Some(self.us)
    }

    /// The leader and where to reach it, as far as this node knows.
    pub fn leader(&self) -> Option<(u64, PeerNode)> {
        let watched = self.raft.metrics();
        let metrics = watched.borrow_watched();
        let leader = metrics.current_leader?;
        let node = metrics.membership_config.membership().get_node(&leader)?.clone();
        Some((leader, node))
    }

    /// Waits until there is a leader.
    pub async fn leader_within(&self, within: Duration) -> Option<(u64, PeerNode)> {
        if let Some(found) = self.leader() {
            return Some(found);
        }
        let waited = self.raft.wait(Some(within)).metrics(|m| m.current_leader.is_some(), "a leader").await;
        waited.ok().and_then(|_| self.leader())
    }

    /// Waits until this node no longer takes itself for the leader; at most a heartbeat's time.
    pub async fn leadership_moved(&self) {
        let us = self.us;
        let waited = self.raft.wait(Some(Duration::from_millis(200))).metrics(|m| m.current_leader != Some(us), "leadership moved").await;
        // Still named leader after that time: the caller's next turn finds out what is true.
        drop(waited);
    }

    /// The log index up to which a state must be applied to show everything acknowledged before this call.
    pub async fn read_index(&self) -> Result<u64, PeerError> {
        if self.is_leader() {
            return self.read_index_as_leader().await;
        }
        let (leader, node) = self.leader().ok_or_else(|| no_leader("no leader is known"))?;
        let call = self
            .peers
            .call((leader, &node.peer), Purpose::ReadIndex, READ_INDEX_WAIT, |client, ctx| async move { client.read_index(ctx).await });
        call.await?.map(|answer| answer.log_index).map_err(PeerError::Fault)
    }

    /// The same, when this node leads: it makes sure that it still does, by a round of heartbeats.
    pub async fn read_index_as_leader(&self) -> Result<u64, PeerError> {
        let asked = tokio::time::timeout(READ_INDEX_WAIT, self.raft.get_read_log_id(ReadPolicy::ReadIndex)).await;
        match asked {
            Ok(Ok((read, _applied))) => Ok(read.log_id().index),
            Ok(Err(error)) => Err(no_leader(&error.to_string())),
            Err(_) => Err(PeerError::Timeout),
        }
    }

    /// Proposes an entry and waits until it is applied here.
    pub async fn propose(&self, payload: Payload, within: Duration) -> Proposed {
        let written = match tokio::time::timeout(within, self.raft.client_write(payload)).await {
            Ok(written) => written,
            Err(_) => return Proposed::Unknown(format!("no quorum within {} s: ask for its outcome by its id", within.as_secs())),
        };
        match written {
            Ok(response) => match response.data {
                Reply::Applied { outcome, .. } => Proposed::Applied(outcome),
                Reply::Blank { .. } | Reply::Membership { .. } => Proposed::Unknown("the entry was applied as something else".to_owned()),
            },
            Err(RaftError::APIError(ClientWriteError::ForwardToLeader(_))) => Proposed::NotLeader,
            Err(error) => Proposed::Unknown(error.to_string()),
        }
    }

    /// Sends a write on to the leader, once, with the credential that the caller proved here.
    pub async fn forward(&self, to: (u64, PeerNode), credential: &CredentialId, request: &SubmitRequest, within: Duration) -> Result<SubmitReply, ApiError> {
        let unavailable = |why: String| ApiError::new(ApiError::UNAVAILABLE, why);
        let (leader, node) = to;
        let bytes = wire::encode(request).map_err(|e| ApiError::new(ApiError::BAD_REQUEST, e.to_string()))?;
        let forward = ForwardRequest { credential: credential.to_string(), request: bytes };
        let call = self
            .peers
            .call((leader, &node.peer), Purpose::Ask, within, |client, ctx| async move { client.forward(ctx, forward).await });
        let answer = match call.await {
            Ok(Ok(bytes)) => wire::decode::<Result<SubmitReply, ApiError>>(&bytes),
            Ok(Err(fault)) if fault.code.nothing_proposed() => {
                return Err(unavailable(format!("node {leader} took no write: {fault}: try again with the same id")));
            }
            Ok(Err(fault)) => return Ok(SubmitReply::Unknown { message: fault.to_string() }),
            Err(error) if error.nothing_proposed() => {
                return Err(unavailable(format!("leader {leader} can't be reached: {error}: try again with the same id")));
            }
            Err(error) => return Ok(SubmitReply::Unknown { message: format!("forwarded to node {leader}: {error}") }),
        };
        answer.unwrap_or_else(|garbled| Ok(SubmitReply::Unknown { message: garbled.to_string() }))
    }
}

fn no_leader(why: &str) -> PeerError {
    PeerError::Fault(bailiwick_rpc::peer::PeerFault::new(PeerFaultCode::NOT_LEADER, why))
}

/// Bytes as people read hashes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
