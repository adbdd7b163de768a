//! Maker and checker: in an org that asks for it, a change by one takes effect when a second approves it.
//!
//! The command is planned in full when it is proposed, so that what would be refused is refused to its maker; and anew when
//! it is approved, on the state as it is then, by the maker's authority and by the checker's. What waits for nobody is in
//! `waits`, each with its reason.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::{Plan, authority, org as org_of, org_unknown, planned};
use crate::command::{Actor, Command, Envelope};
use crate::ids::*;
use crate::limits::{PROPOSAL_MS, PROPOSAL_MS_MAX, PROPOSALS_MAX};
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::state::{OrgState, State};
use crate::view::{Viewer, visible};

/// A person's command of an org that requires approval comes as a proposal, or not at all.
pub(super) fn waits_for_none(state: &State, command: &Command) -> Result<(), Rejection> {
    let Some(org) = command.org().and_then(|org| state.orgs.get(org)) else { return Ok(()) };
    if !org.approval_required() || !waits(command) {
        return Ok(());
    }
    let message = format!("in org `{}` a second person approves each change: propose `{}`, and let another approve it", org.org.org, command.name());
    Err(Rejection::new(RejectionCode::ApprovalRequired, message))
}

/// Whether a command waits for approval where that is required.
fn waits(command: &Command) -> bool {
    match command {
        // No person asks for these.
        Command::InitCluster { .. } | Command::Tick { .. } => false,
        // They are about the platform, or come before there is anybody in the org to approve.
        Command::CreateOrg { .. } | Command::RetireNode { .. } | Command::SetPlatform { .. } => false,
        // Stopping harm must not wait. Going on again can.
        Command::Suspend { .. } | Command::SetStoresActive { active: false, .. } | Command::RevokeCredential { .. } => false,
        // Made for emergencies: it needs a reason, stands out in the audit, and goes back by itself.
        Command::BreakGlass { .. } => false,
        // The invitation was approved; signing in with it is no change of policy.
        Command::RedeemInvitation { .. } => false,
        // They are how a change is approved.
        Command::Propose { .. } | Command::Approve { .. } | Command::Decline { .. } | Command::Withdraw { .. } => false,
        Command::EditOrg { .. }
        | Command::SetDefault { .. }
        | Command::Resume { .. }
        | Command::PutZones { .. }
        | Command::PutConcepts { .. }
        | Command::PutStores { .. }
        | Command::PutTills { .. }
        | Command::CreateResource { .. }
        | Command::PutEndpoints { .. }
        | Command::SetStoresActive { active: true, .. }
        | Command::MoveTill { .. }
        | Command::Remove { .. }
        | Command::CreateGroup { .. }
        | Command::EditGroup { .. }
        | Command::DeactivateGroup { .. }
        | Command::ReactivateGroup { .. }
        | Command::Allocate { .. }
        | Command::PutAllocations { .. }
        | Command::CreateCredential { .. }
        | Command::Revert { .. }
        | Command::Apply { .. }
        | Command::CreateScope { .. }
        | Command::CreateEntity { .. }
        | Command::CreateControl { .. }
        | Command::EditControl { .. }
        | Command::CreateUserGroup { .. }
        | Command::EditUserGroup { .. }
        | Command::AssignControls { .. }
        | Command::AssignMembers { .. }
        | Command::PutUsers { .. }
        | Command::CreateSet { .. }
        | Command::EditSet { .. }
        | Command::AssignSets { .. }
        | Command::AssignUserRoles { .. }
        | Command::CreateRole { .. }
        | Command::EditRole { .. }
        | Command::CreateEndpointPrivilege { .. }
        | Command::RegisterApplication { .. }
        | Command::EditApplication { .. }
        | Command::AssignRoles { .. }
        | Command::RotateKey { .. }
        | Command::EditSettings { .. }
        | Command::Invite { .. } => true,
    }
}

/// Where approval comes to be required, two owners must be able to approve each other's changes.
pub(super) fn two_approve(state: &State, org: &OrgState) -> Result<(), Rejection> {
    let code = &org.org.org;
    let lets_in = state.credentials.keys().filter_map(|id| Viewer::of_credential(state, id));
    let owners: BTreeSet<UserId> = lets_in
        .filter_map(|viewer| match viewer.kind {
            CredentialKind::User { org: of, user } if of == *code => Some(user),
            CredentialKind::User { .. }
            | CredentialKind::Operator
            | CredentialKind::EnforcementPoint { .. }
            | CredentialKind::Application { .. }
            | CredentialKind::Invitation { .. } => None,
        })
        .filter(|user| org.users.get(user).is_some_and(|user| user.user_type == UserType::Owner))
        .collect();
    if owners.len() >= 2 {
        return Ok(());
    }
    let message = format!(
        "org `{code}` has {} active owner with a credential, and approval takes two: make another owner first, and invite them",
        if owners.is_empty() { "no" } else { "one" }
    );
    Err(Rejection::new(RejectionCode::ApproversRequired, message))
}

/// Plans a command, and keeps it if it would change anything.
pub(super) fn propose(draft: &mut Draft<'_>, envelope: &Envelope, org: &OrgCode, command: &Command, lasts_ms: Option<u64>) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let lasts_ms = lasts_ms.unwrap_or(PROPOSAL_MS);
    if lasts_ms == 0 || lasts_ms > PROPOSAL_MS_MAX {
        let days = PROPOSAL_MS_MAX / (24 * 60 * 60 * 1_000);
        return Err(Rejection::new(RejectionCode::LifetimeInvalid, format!("a proposal waits for some time, and at most {days} days")));
    }
    let plan = outcome_in(draft.state, envelope, org, command, draft.now())?;
    if state.proposals.len() >= PROPOSALS_MAX {
        let message = format!("{PROPOSALS_MAX} proposals wait in org `{org}`: approve, decline or withdraw some first");
        return Err(Rejection::new(RejectionCode::TooMany, message));
    }
    let maker = viewer(draft.state, &envelope.actor).ok_or_else(|| unknown(envelope.request_id))?;
    if plan.changes.is_empty() {
        draft.warn("it would change nothing: nothing is proposed");
        return Ok(());
    }
    draft.rest_on(plan.reads, plan.warnings);
    draft.put(Object::Proposal(Arc::new(Proposal {
        org: org.clone(),
        id: envelope.request_id,
        user: maker.user().cloned(),
        maker: maker.credential,
        until: Tick(draft.now().0.saturating_add(lasts_ms)),
        planned_at: draft.state.revision,
        reason: envelope.reason.clone(),
        command: Arc::new(command.clone()),
        meta: draft.new_meta(),
    })));
    Ok(())
}

/// What the command that an envelope proposes would do, were it approved: for a preview.
pub(crate) fn outcome(state: &State, envelope: &Envelope, command: &Command, now: Tick) -> Result<Plan, Rejection> {
    let Some(org) = command.org() else { return Err(not_of_one_org(command)) };
    outcome_in(state, envelope, org, command, now)
}

fn outcome_in(state: &State, envelope: &Envelope, org: &OrgCode, command: &Command, now: Tick) -> Result<Plan, Rejection> {
    proposable(org, command)?;
    let proposed = Envelope { reads: Vec::new(), job: None, command: command.clone(), ..envelope.clone() };
    planned(state, &proposed, now, true)
}

/// Only a change of the org itself. What waits for nobody may be proposed all the same.
fn proposable(org: &OrgCode, command: &Command) -> Result<(), Rejection> {
    match command {
        Command::Propose { .. }
        | Command::Approve { .. }
        | Command::Decline { .. }
        | Command::Withdraw { .. }
        | Command::InitCluster { .. }
        | Command::Tick { .. }
        | Command::CreateOrg { .. }
        | Command::RetireNode { .. }
        | Command::SetPlatform { .. }
        | Command::RedeemInvitation { .. }
        | Command::RevokeCredential { .. } => {
            Err(Rejection::new(RejectionCode::WrongKind, format!("`{}` can't be proposed: it is done at once, or not at all", command.name())))
        }
        other => match other.org() {
            Some(of) if of == org => Ok(()),
            Some(of) => Err(org_unknown(of)),
            None => Err(not_of_one_org(other)),
        },
    }
}

fn not_of_one_org(command: &Command) -> Rejection {
    Rejection::new(RejectionCode::WrongKind, format!("`{}` can't be proposed: it is about no org", command.name()))
}

/// Does what another proposed: its changes, made as its maker would have made them, and its going away are one entry.
pub(super) fn approve(draft: &mut Draft<'_>, envelope: &Envelope, org: &OrgCode, id: RequestId) -> Result<(), Rejection> {
    let (proposal, checker) = found(draft.state, &envelope.actor, org, id)?;
    if proposal.is_by(&checker.kind) {
        return Err(own(&proposal, "another person approves it, or you withdraw it"));
    }
    let as_of = |actor: Actor| proposed_by(&proposal, actor, envelope.proposed_at);
    // Nobody approves what they could not do.
    planned(draft.state, &as_of(envelope.actor.clone()), draft.now(), true)?;
    let plan = planned(draft.state, &as_of(Actor::Credential(proposal.maker.clone())), draft.now(), true).map_err(|rejection| {
        let message = format!("`{}`, who proposed it, could not do it now: {}", proposal.meta.created_by, rejection.message);
        Rejection { message: message.into(), ..rejection }
    })?;
    if plan.changes.is_empty() {
        draft.warn("what was proposed is so already");
    }
    draft.take(plan);
    draft.remove(&ObjectId::Proposal(org.clone(), id));
    Ok(())
}

/// Takes away what another proposed. Their reason is what its maker is told.
pub(super) fn decline(draft: &mut Draft<'_>, envelope: &Envelope, org: &OrgCode, id: RequestId) -> Result<(), Rejection> {
    let (proposal, checker) = found(draft.state, &envelope.actor, org, id)?;
    if proposal.is_by(&checker.kind) {
        return Err(own(&proposal, "withdraw it instead"));
    }
    authority::authorize(draft.state, &proposed_by(&proposal, envelope.actor.clone(), envelope.proposed_at))?;
    if envelope.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Rejection::new(RejectionCode::ReasonRequired, "its maker is to know why: say so with `--reason`"));
    }
    draft.remove(&ObjectId::Proposal(org.clone(), id));
    Ok(())
}

/// Takes away what one proposed oneself, by whichever credential.
pub(super) fn withdraw(draft: &mut Draft<'_>, envelope: &Envelope, org: &OrgCode, id: RequestId) -> Result<(), Rejection> {
    let (proposal, person) = found(draft.state, &envelope.actor, org, id)?;
    if !proposal.is_by(&person.kind) {
        let message = format!("`{}` proposed it: decline it instead", proposal.meta.created_by);
        return Err(Rejection::new(RejectionCode::Forbidden, message));
    }
    draft.remove(&ObjectId::Proposal(org.clone(), id));
    Ok(())
}

fn proposed_by(proposal: &Proposal, actor: Actor, proposed_at: Tick) -> Envelope {
    Envelope {
        request_id: proposal.id,
        actor,
        proposed_at,
        reads: Vec::new(),
        reason: proposal.reason.clone(),
        job: None,
        command: (*proposal.command).clone(),
    }
}

/// The proposal, if it is there and the actor sees it.
fn found(state: &State, actor: &Actor, org: &OrgCode, id: RequestId) -> Result<(Arc<Proposal>, Viewer), Rejection> {
    let proposal = org_of(state, org)?.proposals.get(&id).cloned();
    let viewer = viewer(state, actor).filter(|viewer| visible(viewer, state, &ObjectId::Proposal(org.clone(), id)));
    proposal.zip(viewer).ok_or_else(|| unknown(id))
}

fn viewer(state: &State, actor: &Actor) -> Option<Viewer> {
    match actor {
        Actor::System => None,
        Actor::Credential(id) => Viewer::of_credential(state, id),
    }
}

fn unknown(id: RequestId) -> Rejection {
    Rejection::new(RejectionCode::ProposalUnknown, format!("no proposal `{id}` waits: it was approved, declined or withdrawn, its time ended, or it never was"))
}

fn own(proposal: &Proposal, remedy: &str) -> Rejection {
    Rejection::new(RejectionCode::SelfApproval, format!("you proposed `{}` yourself: {remedy}", proposal.id))
}
