//! How this node is, and, by asking each, how the others are.

use std::time::Duration;

use bailiwick_rpc::api::{ClusterStatus, Member, NodeStatus};
use bailiwick_storage::content_hash;
use futures::future::join_all;

use super::members::{Standing, quorum_alarm, quorum_line};
use super::{App, millis_up};
use crate::raft::{hex, wire};
use crate::raft::peers::Purpose;

/// How long a peer has to say how it is.
const STATUS_WAIT: Duration = Duration::from_secs(1);
/// The same when it must hash its content first.
const HASH_WAIT: Duration = Duration::from_secs(30);

impl App {
    /// How this node is.
    pub async fn node_status(&self, hashes: bool) -> NodeStatus {
        let m = self.consensus.metrics();
        let view = self.views.load();
        let membership = m.membership_config.membership();
        let voters: Vec<u64> = membership.voter_ids().collect();
        let role = |id: &u64| if voters.contains(id) { "voter" } else { "learner" }.to_owned();
        let members: Vec<Member> = membership
            .nodes()
            .map(|(id, node)| Member { id: *id, peer: node.peer.clone(), client: node.client.clone(), role: role(id) })
            .collect();
        let index = |log_id: Option<bailiwick_storage::LogId>| log_id.map_or(0, |l| l.index);
        let (writes, write_p50_us, write_p99_us) = self.metrics.writes();
        let staleness_ms = self.fresh.staleness().map(millis_up);
        let space = self.storage.disk_free().ok();
        let disk_free_bytes = space.map_or(0, |s| s.free_bytes);
        let hashed = view.clone();
        let content_hash = if hashes {
            tokio::task::spawn_blocking(move || hex(&content_hash(&hashed.state))).await.ok()
        } else {
            None
        };
        let mut alarms = Vec::new();
        if staleness_ms.is_none_or(|s| s > self.config.staleness_bound_ms) {
            alarms.push("state staler than the bound: checks answer indeterminate".to_owned());
        }
        if space.is_none_or(|s| s.near_full()) {
            alarms.push(format!("disk nearly full: {} MiB free", disk_free_bytes / 1024 / 1024));
        }
        if let Some(fault) = self.storage.health().fault() {
            alarms.push(fault.to_string());
        }
        let standing = self.standing();
        alarms.extend(self.standing_alarm());
        if let Some((picture, _)) = self.picture() {
            alarms.extend(quorum_alarm(&picture));
            if membership.get_joint_config().len() > 1 {
                alarms.push("a change of members is under way: both the old and the new voters must agree".to_owned());
            }
        }
        NodeStatus {
            id: self.config.node,
            client: self.config.client_listen.clone(),
            error: None,
            cluster: self.config.cluster.clone(),
            state: if standing == Standing::Waiting { "waiting".to_owned() } else { format!("{:?}", m.state).to_lowercase() },
            role: standing.as_str().to_owned(),
            term: m.current_term,
            leader: m.current_leader,
            last_log: m.last_log_index.unwrap_or(0),
            committed: index(m.local_committed),
            applied: index(view.applied),
            persisted: self.storage.persisted().unwrap_or(0),
            snapshot: index(m.snapshot),
            purged: index(m.purged),
            revision: view.revision,
            staleness_ms,
            staleness_bound_ms: self.config.staleness_bound_ms,
            read_index_us: self.fresh.round_trip_us(),
            uptime_s: self.started.elapsed().as_secs(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            decisions: self.metrics.decisions(),
            writes,
            write_p50_us,
            write_p99_us,
            disk_free_bytes,
            resident_bytes: resident_bytes(),
            history_hash: hex(&view.state.history),
            content_hash,
            members,
            alarms,
        }
    }

    /// How every member is. One that doesn't answer in time is said not to.
    pub async fn cluster_status(&self, hashes: bool) -> ClusterStatus {
        let own = self.node_status(hashes).await;
        let within = if hashes { HASH_WAIT } else { STATUS_WAIT };
        let others = own.members.iter().filter(|m| m.id != own.id).map(|member| async move {
            let asked = self
                .consensus
                .peers
                .call((member.id, &member.peer), Purpose::Ask, within, |client, ctx| async move { client.node_status(ctx, hashes).await });
            let answer = asked.await.map_err(|e| e.to_string()).and_then(|bytes| wire::decode(&bytes).map_err(|e| e.to_string()));
            match answer {
                Ok(status) => status,
                Err(error) => NodeStatus {
                    id: member.id,
                    client: member.client.clone(),
                    role: member.role.clone(),
                    state: "unreachable".to_owned(),
                    error: Some(error),
                    ..NodeStatus::default()
                },
            }
        });
        let mut nodes = join_all(others).await;
        nodes.push(own);
        nodes.sort_by_key(|n| n.id);
        // One that was removed knows only who the members were.
        let own = nodes.iter().find(|n| n.id == self.config.node && n.role != Standing::Removed.as_str());
        let voters = own.map_or(0, |own| own.members.iter().filter(|m| m.role == "voter").count());
        ClusterStatus { answered_by: self.config.node, nodes, quorum: quorum_line(voters) }
    }
}

/// Resident memory of this process, from the kernel; 0 where it doesn't say.
fn resident_bytes() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/status") else { return 0 };
    let kib = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
