//! What a plan is made of: one thing each that Raft or a node is asked for, by the leader.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_policy::command::{Actor, Command, Envelope};
use bailiwick_policy::ids::{CredentialId, RequestId};
use bailiwick_policy::outcome::Outcome;
use bailiwick_rpc::api::{ApiError, NodeStatus};
use bailiwick_storage::codec::encode_envelope;
use bailiwick_storage::{LogId, PeerNode};
use openraft::ChangeMembers;
use openraft::errors::{ChangeMembershipError, ClientWriteError, RaftError};
use openraft::raft::Precondition;
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use super::doing::Answer;
use super::retired;
use crate::app::App;
use crate::app::write::now;
use crate::raft::peers::Purpose;
use crate::raft::{Proposed, wire};

/// How long leadership may take to move: three elections.
const MOVE_WAIT: Duration = Duration::from_secs(2);
/// How long a node that is to come has to say who it is.
const PROBE_WAIT: Duration = Duration::from_secs(1);

pub(super) fn again(begun: bool, why: impl Into<String>) -> Answer {
    Answer::Again { begun, why: why.into() }
}

pub(super) fn refused(code: &str, why: impl Into<String>) -> Answer {
    Answer::Refused(ApiError::new(code, why))
}

impl App {
    /// Ends what a former leader has left in the middle: two sets of voters that must both agree.
    pub async fn finish_joint(&self, deadline: Instant) -> Result<(), Answer> {
        let m = self.consensus.metrics();
        if m.membership_config.membership().get_joint_config().len() < 2 || !self.consensus.is_leader() {
            return Ok(());
        }
        info!(membership = %m.membership_config, "ending an unfinished change of members");
        self.change(ChangeMembers::AddVoterIds(BTreeSet::new()), false, *m.membership_config.log_id(), deadline).await
    }

    /// Has Raft change its membership, if it still is the one that the plan was made of.
    pub(super) async fn change(&self, changes: ChangeMembers<u64, PeerNode>, retain: bool, at: Option<LogId>, deadline: Instant) -> Result<(), Answer> {
        let unchanged = Precondition::LastMembershipLogId { last_membership_log_id: at };
        let asked = timeout_at(deadline, self.consensus.raft.change_membership_if(changes, retain, [unchanged])).await;
        let error = match asked {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => return Err(again(true, "no quorum has agreed in time")),
        };
        warn!(%error, "members not changed");
        Err(match error {
            RaftError::APIError(ClientWriteError::ChangeMembershipError(no)) => match no {
                ChangeMembershipError::InProgress(_) | ChangeMembershipError::UncommittedLeaderLog(_) => again(false, no.to_string()),
                ChangeMembershipError::EmptyMembership(_)
                | ChangeMembershipError::LearnerNotFound(_)
                | ChangeMembershipError::UnsupportedMembershipTransition(_)
                | ChangeMembershipError::NodeMetadataChanged(_) => refused(ApiError::UNAVAILABLE, no.to_string()),
            },
            // The first of two steps may have been made when the second finds that leadership has moved.
            RaftError::APIError(
                ClientWriteError::ForwardToLeader(_) | ClientWriteError::LogEntryDiscarded(_) | ClientWriteError::PreconditionFailed(_),
            ) => again(true, error.to_string()),
            RaftError::Fatal(fatal) => refused(ApiError::UNAVAILABLE, fatal.to_string()),
        })
    }

    /// Writes down that an id is used up, before its node leaves.
    pub(super) async fn retire(&self, id: u64, credential: &CredentialId, reason: Option<&str>, deadline: Instant) -> Result<(), Answer> {
        if retired(&self.views.load().state).contains(&id) {
            return Ok(());
        }
        let at = now();
        let envelope = Envelope {
            request_id: RequestId((u128::from(at.0) << 80) | u128::from(rand::random::<u64>())),
            actor: Actor::Credential(credential.clone()),
            proposed_at: at,
            reads: Vec::new(),
            reason: reason.map(Arc::from),
            job: None,
            command: Command::RetireNode { node: id },
        };
        match self.consensus.propose(encode_envelope(&envelope), deadline.saturating_duration_since(Instant::now())).await {
            Proposed::Applied(Outcome::Committed { .. }) => Ok(()),
            Proposed::Applied(Outcome::Rejected(no)) => Err(refused(no.code.as_str(), no.message.to_string())),
            Proposed::NotLeader => Err(again(false, "leadership moved")),
            Proposed::Unknown(why) => Err(again(true, why)),
        }
    }

    /// Whether a node that is to come is an empty one, as far as it answers.
    pub(super) async fn probe(&self, id: u64, node: &PeerNode) -> Result<Option<String>, Answer> {
        match self.status_of(id, node, Instant::now() + PROBE_WAIT).await {
            Ok(status) if status.members.is_empty() && status.last_log == 0 => Ok(None),
            Ok(_) => {
                let told = format!("node {id} at {} has a log already: start it with an empty data folder, under an id that was never used", node.peer);
                Err(refused(ApiError::NODE_NOT_EMPTY, told))
            }
            Err(why) => Ok(Some(format!("it doesn't answer yet ({why}): it gets the log as soon as it does"))),
        }
    }

    async fn status_of(&self, id: u64, node: &PeerNode, deadline: Instant) -> Result<NodeStatus, String> {
        let within = deadline.saturating_duration_since(Instant::now());
        let call = self.consensus.peers.call((id, &node.peer), Purpose::Ask, within, |client, ctx| async move { client.node_status(ctx, false).await });
        call.await.map_err(|e| e.to_string()).and_then(|bytes| wire::decode(&bytes).map_err(|e| e.to_string()))
    }

    /// Moves leadership, and says who leads then. It may be another, if that one was elected meanwhile.
    pub(super) async fn move_leadership(&self, to: u64) -> Result<u64, Answer> {
        let (raft, us) = (&self.consensus.raft, self.config.node);
        raft.trigger().transfer_leader(to).await.map_err(|fatal| refused(ApiError::UNAVAILABLE, fatal.to_string()))?;
        let moved = raft.wait(Some(MOVE_WAIT)).metrics(|m| m.current_leader.is_some_and(|id| id != us), "another leader").await;
        let leads = moved.map_err(|_| again(false, format!("leadership did not move to node {to}")))?.current_leader;
        leads.ok_or_else(|| again(false, "no leader is known"))
    }
}
