//! A change of members, carried out: on the leader, on a task of its own, one at a time. Whichever node is asked
//! passes it on to the leader, and asks again when leadership moves: every change can be asked for twice, since one
//! that is done already answers so.

use std::collections::BTreeSet;
use std::time::Duration;

use bailiwick_policy::ids::CredentialId;
use bailiwick_policy::object::CredentialKind;
use bailiwick_policy::view::Viewer;
use bailiwick_rpc::api::{ApiError, MemberChange, MemberChangeReply, MemberChangeRequest};
use bailiwick_storage::{LogId, PeerNode};
use openraft::{ChangeMembers, Instant as _};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::info;

use super::steps::{again, refused};
use super::{Picture, Plan, Step, plan};
use crate::app::App;
use crate::raft::peers::{PeerError, Purpose};
use crate::raft::wire;

/// The topic under which nodes pass a change on to the leader.
pub const TOPIC: &str = "members";

/// How long a change may take in all; the client waits longer.
const CHANGE_WAIT: Duration = Duration::from_secs(15);
/// How long the answer of the leader may travel.
const TRAVEL: Duration = Duration::from_millis(500);
/// How long to wait for a leader to be known.
const LEADER_WAIT: Duration = Duration::from_secs(2);
/// How long a new leader has to hear of the others before its picture counts: some heartbeats and a lost one.
const PICTURE_WAIT: Duration = Duration::from_millis(1_200);
/// Between looks at what no figure of Raft announces.
const LOOK: Duration = Duration::from_millis(40);

/// A change as it is passed on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// The id of the credential that the caller has proved to the sending node.
    pub credential: String,
    /// The change.
    pub request: MemberChangeRequest,
    /// Milliseconds that the leader may take.
    pub within_ms: u64,
}

/// What the leader answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Done, or what would be.
    Done(Box<MemberChangeReply>),
    /// No, and why.
    Refused(ApiError),
    /// Whoever leads now is to be asked again.
    Again {
        /// Whether something may have been begun.
        begun: bool,
        /// Why.
        why: String,
    },
}

fn operator(kind: &CredentialKind) -> Result<(), ApiError> {
    match kind {
        CredentialKind::Operator => Ok(()),
        CredentialKind::User { .. }
        | CredentialKind::EnforcementPoint { .. }
        | CredentialKind::Application { .. }
        | CredentialKind::Invitation { .. } => {
            Err(ApiError::new(ApiError::FORBIDDEN, "only a platform operator may change the cluster's members"))
        }
    }
}

impl App {
    /// Changes the members, here or by way of the leader. The caller may go away: the work goes on.
    pub async fn change_members(&self, viewer: &Viewer, request: MemberChangeRequest) -> Result<MemberChangeReply, ApiError> {
        operator(&viewer.kind)?;
        self.still_member()?;
        let (app, credential) = (self.clone(), viewer.credential.clone());
        // tarpc drops a handler whose caller went away; a task of its own is not dropped.
        let task = tokio::spawn(async move { app.change_members_as(&credential, &request).await });
        task.await.unwrap_or_else(|error| Err(unknown(&format!("the task that made the change ended: {error}"))))
    }

    async fn change_members_as(&self, credential: &CredentialId, request: &MemberChangeRequest) -> Result<MemberChangeReply, ApiError> {
        let deadline = Instant::now() + CHANGE_WAIT;
        let mut may_have_begun = false;
        loop {
            let leader = self.consensus.leader_within(LEADER_WAIT).await;
            let answer = match leader {
                None => again(false, "no leader is known"),
                Some((id, _)) if id == self.config.node => self.lead_change(credential, request, deadline).await,
                Some(leader) => self.pass_on(leader, credential, request, deadline).await,
            };
            let (begun, why) = match answer {
                Answer::Done(reply) => return Ok(*reply),
                Answer::Refused(error) => return Err(error),
                Answer::Again { begun, why } => (begun, why),
            };
            may_have_begun |= begun;
            if Instant::now() + LEADER_WAIT >= deadline {
                return Err(if may_have_begun { unknown(&why) } else { ApiError::new(ApiError::UNAVAILABLE, format!("{why}: nothing was changed")) });
            }
            sleep(LOOK).await;
        }
    }

    /// Asks the leader, once.
    async fn pass_on(&self, (leader, node): (u64, PeerNode), credential: &CredentialId, request: &MemberChangeRequest, deadline: Instant) -> Answer {
        let within = deadline.saturating_duration_since(Instant::now());
        let within_ms = millis(within.saturating_sub(TRAVEL));
        let question = match wire::encode(&Asked { credential: credential.to_string(), request: request.clone(), within_ms }) {
            Ok(question) => question,
            Err(garbled) => return refused(ApiError::BAD_REQUEST, garbled.to_string()),
        };
        let call = self
            .consensus
            .peers
            .call((leader, &node.peer), Purpose::Ask, within, |client, ctx| async move { client.ask(ctx, TOPIC.to_owned(), question).await });
        let fault = match call.await {
            Ok(Ok(bytes)) => return wire::decode(&bytes).unwrap_or_else(|garbled| again(true, garbled.to_string())),
            Ok(Err(fault)) => PeerError::Fault(fault),
            Err(error) => error,
        };
        again(!fault.nothing_proposed(), format!("node {leader}, which leads, didn't answer: {fault}"))
    }

    /// Plans and does, as the leader; on behalf of a caller of this node or of another that has passed it on.
    pub async fn lead_change(&self, credential: &CredentialId, request: &MemberChangeRequest, deadline: Instant) -> Answer {
        let viewer = Viewer::of_credential(&self.views.load().state, credential);
        let may = viewer.ok_or_else(|| ApiError::new(ApiError::FORBIDDEN, "the credential is not in force")).and_then(|v| operator(&v.kind));
        if let Err(no) = may {
            return Answer::Refused(no);
        }
        let Ok(_turn) = timeout_at(deadline, self.changing.lock()).await else { return again(false, "another change of members is under way") };
        match self.lead(credential, request, deadline).await {
            Ok(reply) => Answer::Done(Box::new(reply)),
            Err(answer) => answer,
        }
    }

    async fn lead(&self, credential: &CredentialId, request: &MemberChangeRequest, deadline: Instant) -> Result<MemberChangeReply, Answer> {
        self.finish_joint(deadline).await?;
        let (mut planned, at) = self.planned(request).await?;
        if let Step::Add(node) = &planned.step {
            planned.lines.extend(self.probe(planned.node, node).await?);
        }
        let changed = planned.step != Step::Nothing;
        if !request.dry_run {
            self.carry_out(&planned, at, credential, request, deadline).await?;
            if changed {
                info!(change = ?request.change, by = %credential, "members changed");
            }
        }
        let Plan { node, before, after, lines, .. } = planned;
        Ok(MemberChangeReply { done: !request.dry_run, changed, node, before, after, lines })
    }

    async fn carry_out(
        &self,
        planned: &Plan,
        at: Option<LogId>,
        credential: &CredentialId,
        request: &MemberChangeRequest,
        deadline: Instant,
    ) -> Result<(), Answer> {
        let (id, reason) = (planned.node, request.reason.as_deref());
        let only = BTreeSet::from([id]);
        match &planned.step {
            Step::Nothing => Ok(()),
            Step::Add(node) => self.change(ChangeMembers::AddNodes([(id, node.clone())].into()), true, at, deadline).await,
            Step::Promote => self.change(ChangeMembers::AddVoterIds(only), false, at, deadline).await,
            Step::RemoveLearner => {
                self.retire(id, credential, reason, deadline).await?;
                self.change(ChangeMembers::RemoveNodes(only), false, at, deadline).await
            }
            Step::RemoveVoter => {
                self.retire(id, credential, reason, deadline).await?;
                // Without `retain`, a voter that is removed leaves the membership, instead of staying as a learner.
                self.change(ChangeMembers::RemoveVoters(only), false, at, deadline).await
            }
            Step::StepAside { to } => {
                let leads = self.move_leadership(*to).await?;
                Err(again(false, format!("node {leads} leads now, and is to remove node {id}")))
            }
            Step::Transfer => {
                let leads = self.move_leadership(id).await?;
                let as_asked = leads == id || request.change == MemberChange::Transfer { to: None };
                if as_asked { Ok(()) } else { Err(again(false, format!("node {leads} was elected instead of node {id}"))) }
            }
        }
    }

    /// The plan, and the membership it is made of. One who has just become leader hasn't heard of all others yet: what
    /// only that would forbid is looked at again.
    async fn planned(&self, request: &MemberChangeRequest) -> Result<(Plan, Option<LogId>), Answer> {
        let patience = Instant::now() + PICTURE_WAIT;
        loop {
            let (picture, at) = self.picture().ok_or_else(|| again(false, "leadership moved"))?;
            match plan(&picture, &request.change) {
                Ok(planned) => return Ok((planned, at)),
                Err(no) => {
                    let may_pass = [ApiError::LEARNER_BEHIND, ApiError::VOTER_BEHIND, ApiError::QUORUM_AT_RISK].contains(&no.code.as_str());
                    if !may_pass || Instant::now() >= patience {
                        return Err(Answer::Refused(no));
                    }
                }
            }
            sleep(LOOK).await;
        }
    }

    /// The cluster as this node sees it, and the log's entry that made its membership so; none unless it leads.
    pub fn picture(&self) -> Option<(Picture, Option<LogId>)> {
        let m = self.consensus.metrics();
        let (heard, replication) = (m.heartbeat?, m.replication?);
        let membership = m.membership_config.membership();
        let last = m.last_log_index.map_or(0, |index| index + 1);
        let picture = Picture {
            leader: self.config.node,
            // Between two sets of voters, the last is the one to come.
            voters: membership.get_joint_config().last().cloned().unwrap_or_default(),
            nodes: membership.nodes().map(|(id, node)| (*id, node.clone())).collect(),
            retired: super::retired(&self.views.load().state),
            heard_ms: heard.iter().filter_map(|(id, at)| Some((*id, millis((*at)?.elapsed())))).collect(),
            lag: replication.iter().filter_map(|(id, matched)| Some((*id, last.saturating_sub((*matched)?.index + 1)))).collect(),
        };
        Some((picture, *m.membership_config.log_id()))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn unknown(why: &str) -> ApiError {
    let told = format!("{why}: `bailiwick cluster status` shows the members; asking for the same again is safe");
    ApiError::new(ApiError::OUTCOME_UNKNOWN, told)
}
