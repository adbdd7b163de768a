//! What a node is to the cluster. One that was removed may never see the entry that removed it, since nothing is sent
//! to it any more; so it goes by what the others say when it asks them for a read index: they give none to strangers,
//! and what it knows goes stale.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_rpc::api::ApiError;
use bailiwick_rpc::peer::{PeerFault, PeerFaultCode};

use super::retired;
use crate::app::App;
use crate::raft::peers::{PeerError, Purpose};

/// How long another node has to say whether this one is a member.
const ASK_WAIT: Duration = Duration::from_secs(1);

/// What a node is to the cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It has a vote.
    Voter,
    /// It gets the log.
    Learner,
    /// It waits to be added.
    Waiting,
    /// It was a member, and is none any more.
    Removed,
}

impl Standing {
    /// As a status says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Voter => "voter",
            Self::Learner => "learner",
            Self::Waiting => "none",
            Self::Removed => "removed",
        }
    }
}

impl App {
    /// What this node is to the cluster, as far as it knows.
    pub fn standing(&self) -> Standing {
        let id = self.config.node;
        let m = self.consensus.metrics();
        let membership = m.membership_config.membership();
        let was_member = membership.nodes().next().is_some();
        // That its id is retired says that its removal has begun, and it may have a vote still.
        if was_member && self.outside.load().is_some() {
            Standing::Removed
        } else if membership.voter_ids().any(|voter| voter == id) {
            Standing::Voter
        } else if membership.get_node(&id).is_some() {
            Standing::Learner
        } else if was_member {
            Standing::Removed
        } else {
            Standing::Waiting
        }
    }

    /// What an operator should know about that, if anything is to be done about it.
    pub fn standing_alarm(&self) -> Option<String> {
        match self.standing() {
            Standing::Voter | Standing::Learner => None,
            Standing::Waiting => Some(format!("this node is no member of the cluster yet: {} adds it", self.config.adding())),
            Standing::Removed => {
                Some("this node was removed from the cluster: end it and delete its data folder; its id is never used again".to_owned())
            }
        }
    }

    /// Why a node that asks is not served as a member; none if it is one, or if this node can't tell.
    pub fn stranger(&self, node: u64) -> Option<PeerFault> {
        let m = self.consensus.metrics();
        if m.membership_config.membership().get_node(&node).is_some() {
            return None;
        }
        let told = if retired(&self.views.load().state).contains(&node) {
            format!("node {node} was removed from the cluster")
        } else if self.consensus.is_leader() {
            format!("node {node} is no member of the cluster")
        } else {
            // It may have been added by an entry that hasn't come here yet.
            return None;
        };
        Some(PeerFault::new(PeerFaultCode::NOT_MEMBER, told))
    }

    /// Refuses at once what a node that was removed could only pass on in vain: a caller shall ask another.
    pub(in crate::app) fn still_member(&self) -> Result<(), ApiError> {
        match &*self.outside.load() {
            None => Ok(()),
            Some(told) => Err(ApiError::new(ApiError::UNAVAILABLE, format!("{told}: ask another node"))),
        }
    }

    /// Takes in what came of asking for a read index.
    pub(in crate::app) fn heard_of_us(&self, asked: &Result<u64, PeerError>) {
        match asked {
            Ok(_) if self.outside.load().is_some() => self.outside.store(None),
            Err(PeerError::Fault(fault)) if fault.code == PeerFaultCode::NOT_MEMBER => self.outside.store(Some(Arc::new(fault.message.clone()))),
            Ok(_) | Err(_) => {}
        }
    }

    /// Asks every node that this one knows whether it is still a member: when whom it took for the leader is gone,
    /// nobody else would tell.
    pub async fn ask_whether_removed(&self) {
        let m = self.consensus.metrics();
        let others: Vec<(u64, String)> =
            m.membership_config.membership().nodes().filter(|(id, _)| **id != self.config.node).map(|(id, node)| (*id, node.peer.clone())).collect();
        for (id, peer) in others {
            let call = self.consensus.peers.call((id, &peer), Purpose::ReadIndex, ASK_WAIT, |client, ctx| async move { client.read_index(ctx).await });
            if let Ok(Err(fault)) = call.await {
                self.heard_of_us(&Err(PeerError::Fault(fault)));
            }
        }
    }
}
