//! Our shapes of what Raft keeps: log ids, votes and memberships, in named fields that don't change with a library.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::types::{LeaderId, LogId, Membership, PeerNode, StoredMembership, Vote};

/// A place in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct LogIdRecord {
    term: u64,
    node: u64,
    index: u64,
}

impl From<LogId> for LogIdRecord {
    fn from(id: LogId) -> Self {
        Self { term: id.leader_id.term, node: id.leader_id.node_id, index: id.index }
    }
}

impl From<LogIdRecord> for LogId {
    fn from(record: LogIdRecord) -> Self {
        Self { leader_id: LeaderId { term: record.term, node_id: record.node }, index: record.index }
    }
}

/// A vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct VoteRecord {
    term: u64,
    node: u64,
    committed: bool,
}

impl From<Vote> for VoteRecord {
    fn from(vote: Vote) -> Self {
        Self { term: vote.leader_id.term, node: vote.leader_id.node_id, committed: vote.committed }
    }
}

impl From<VoteRecord> for Vote {
    fn from(record: VoteRecord) -> Self {
        Self { leader_id: LeaderId { term: record.term, node_id: record.node }, committed: record.committed }
    }
}

/// Voters and learners.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct MembershipRecord {
    /// One set of voters, or two while it changes.
    voters: Vec<BTreeSet<u64>>,
    /// Every node; one that votes nowhere is a learner.
    nodes: Vec<NodeRecord>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct NodeRecord {
    id: u64,
    peer: String,
    client: String,
}

impl From<&Membership> for MembershipRecord {
    fn from(membership: &Membership) -> Self {
        let node = |(id, node): (&u64, &PeerNode)| NodeRecord {
            id: *id,
            peer: node.peer.clone(),
            client: node.client.clone(),
        };
        Self { voters: membership.get_joint_config().clone(), nodes: membership.nodes().map(node).collect() }
    }
}

impl MembershipRecord {
    /// What Raft makes of it; a voter without an address is a fault.
    pub(crate) fn into_membership(self, place: &str) -> Result<Membership, Fault> {
        let nodes: BTreeMap<u64, PeerNode> =
            self.nodes.into_iter().map(|n| (n.id, PeerNode { peer: n.peer, client: n.client })).collect();
        Membership::new(self.voters, nodes).map_err(|e| Fault::corrupt(place, e))
    }
}

/// Voters and learners, and the entry that made them so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct StoredMembershipRecord {
    log_id: Option<LogIdRecord>,
    membership: MembershipRecord,
}

impl From<&StoredMembership> for StoredMembershipRecord {
    fn from(stored: &StoredMembership) -> Self {
        Self {
            log_id: stored.log_id().as_ref().map(|id| LogIdRecord::from(*id)),
            membership: MembershipRecord::from(stored.membership()),
        }
    }
}

impl StoredMembershipRecord {
    /// What Raft makes of it.
    pub(crate) fn into_stored(self, place: &str) -> Result<StoredMembership, Fault> {
        Ok(StoredMembership::new(self.log_id.map(LogId::from), self.membership.into_membership(place)?))
    }
}
