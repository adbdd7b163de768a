//! `plan`: what a command would change, or why not. Every rule of administration is here and in the modules below;
//! each is a function of the state and the envelope, so every replica plans the same.
//!
//! The order is: who asks, may they, is what they read still so, is the command lawful, what changes.

mod apply;
mod applications;
mod authority;
mod catalogue;
mod controls;
mod credentials;
pub(crate) mod delegation;
mod draft;
mod groups;
mod names;
mod needs;
mod orgs;
mod places;
mod platform;
mod proposals;
mod removals;
mod revert;
mod routes;
mod roles;
mod rows;
mod scopes;
mod sets;
mod time;
mod user_groups;
mod users;

use std::sync::Arc;

use crate::command::{Actor, Command, Envelope};
use crate::ids::{ObjectId, Revision, Tick};
use crate::outcome::{Change, Rejection, RejectionCode};
use crate::state::{OrgState, State};
use crate::view::{Viewer, visible};

pub(crate) use authority::may;
pub(crate) use proposals::outcome as outcome_of_proposal;
pub use revert::inverse;
pub(crate) use sets::grants_of as set_grants_of;
pub use rows::{RowFault, endpoint_id, faults};

use draft::Draft;

/// What a command would do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The changes, in the order to apply them; none if the command changes nothing.
    pub changes: Vec<Change>,
    /// What was read, at the revision that changed it last: for a commit that conflicts if that has moved.
    pub reads: Vec<(ObjectId, Revision)>,
    /// What the asker should know all the same.
    pub warnings: Vec<Arc<str>>,
    /// Who asks, in words.
    pub actor_label: Arc<str>,
}

/// Plans a command on a state at a moment of replicated time. A rejection changes nothing.
pub fn plan(state: &State, envelope: &Envelope, now: Tick) -> Result<Plan, Rejection> {
    planned(state, envelope, now, false)
}

/// The same, of a command that comes as a proposal, or not.
fn planned(state: &State, envelope: &Envelope, now: Tick, proposed: bool) -> Result<Plan, Rejection> {
    let actor_label = authority::authorize(state, envelope)?;
    if !proposed {
        proposals::waits_for_none(state, &envelope.command)?;
    }
    check_reads(state, envelope)?;
    if let Some(reason) = &envelope.reason {
        crate::name::check_text(reason)
            .map_err(|why| Rejection::new(RejectionCode::TextInvalid, format!("the reason given: {why}")))?;
    }
    let mut draft = Draft::new(state, now, actor_label.clone());
    match &envelope.command {
        Command::InitCluster { cluster, operator } => orgs::init_cluster(&mut draft, cluster, operator)?,
        Command::CreateOrg { org, name, owner, owner_name } => orgs::create(&mut draft, org, name, owner, owner_name)?,
        Command::EditOrg { org, name } => orgs::edit(&mut draft, org, name)?,
        Command::SetDefault { org, group, observe } => orgs::set_default(&mut draft, org, group.as_ref(), *observe)?,
        Command::Suspend { target } => orgs::set_active(&mut draft, target, false, &envelope.actor)?,
        Command::Resume { target } => orgs::set_active(&mut draft, target, true, &envelope.actor)?,
        Command::PutZones { org, mode, rows } => places::put_zones(&mut draft, org, *mode, rows)?,
        Command::PutConcepts { org, mode, rows } => places::put_concepts(&mut draft, org, *mode, rows)?,
        Command::PutStores { org, mode, rows } => places::put_stores(&mut draft, org, *mode, rows)?,
        Command::PutTills { org, mode, rows } => places::put_tills(&mut draft, org, *mode, rows)?,
        Command::CreateResource { org, id, description } => catalogue::create_resource(&mut draft, org, id, description)?,
        Command::PutEndpoints { org, mode, rows } => catalogue::put_endpoints(&mut draft, org, *mode, rows)?,
        Command::SetStoresActive { org, stores, active } => orgs::set_stores_active(&mut draft, org, stores, *active)?,
        Command::MoveTill { org, store, till, to } => removals::move_till(&mut draft, org, store, till, to)?,
        Command::Remove { target, force } => removals::remove(&mut draft, target, *force, &envelope.actor)?,
        Command::CreateGroup { org, name, description, grants } => groups::create(&mut draft, org, name, description, grants)?,
        Command::EditGroup { org, group, name, description, cells, widen } => {
            groups::edit(&mut draft, org, group, name.as_ref(), description.as_ref(), cells, widen)?;
        }
        Command::DeactivateGroup { org, group } => groups::deactivate(&mut draft, org, group)?,
        Command::ReactivateGroup { org, group } => groups::reactivate(&mut draft, org, group)?,
        Command::Allocate { org, stores, tills, group, observe } => {
            groups::allocate(&mut draft, org, stores, tills, group.as_ref(), *observe)?;
        }
        Command::PutAllocations { org, rows } => groups::put_allocations(&mut draft, org, rows)?,
        Command::CreateCredential { id, label, kind, secret } => credentials::create(&mut draft, id, label, kind, secret)?,
        Command::RevokeCredential { id } => credentials::revoke(&mut draft, id, &envelope.actor)?,
        Command::Revert { of, changes } => revert::revert(&mut draft, *of, changes, &envelope.actor)?,
        Command::Apply { org, changes } => apply::apply(&mut draft, org, changes, &envelope.actor)?,
        Command::RetireNode { node } => orgs::retire_node(&mut draft, *node)?,
        Command::CreateScope { org, id, description, own } => scopes::create(&mut draft, org, id, description, *own)?,
        Command::CreateEntity { org, id, name } => scopes::create_entity(&mut draft, org, id, name)?,
        Command::CreateControl { org, name, description, audience, scopes } => {
            controls::create(&mut draft, org, name, description, *audience, scopes)?;
        }
        Command::EditControl { org, control, name, description, verb, scopes, audience } => {
            let edit = controls::Edit { name: name.as_ref(), description: description.as_ref(), verb: *verb, scopes, audience: *audience };
            controls::edit(&mut draft, org, control, &edit)?;
        }
        Command::CreateUserGroup { org, name, description, audience } => user_groups::create(&mut draft, org, name, description, *audience)?,
        Command::EditUserGroup { org, group, name, description } => {
            user_groups::edit(&mut draft, org, group, name.as_ref(), description.as_ref())?;
        }
        Command::AssignControls { org, group, verb, controls, users } => {
            user_groups::assign_controls(&mut draft, org, group, *verb, controls, users)?;
        }
        Command::AssignMembers { org, group, verb, users, bounds, applications } => {
            user_groups::assign_members(&mut draft, org, group, *verb, users, *bounds, applications)?;
        }
        Command::PutUsers { org, mode, rows } => users::put(&mut draft, org, *mode, rows)?,
        Command::CreateSet { org, name, description, grants, clone_of } => {
            sets::create(&mut draft, org, name, description, grants, clone_of.as_ref())?;
        }
        Command::EditSet { org, set, name, description, grants } => {
            sets::edit(&mut draft, org, set, name.as_ref(), description.as_ref(), grants)?;
        }
        Command::AssignSets { org, user, verb, sets, permissions } => sets::assign(&mut draft, org, user, *verb, sets, permissions)?,
        Command::AssignUserRoles { org, user, verb, roles } => roles::assign_to_user(&mut draft, org, user, *verb, roles)?,
        Command::CreateRole { org, id, name, description, rights } => roles::create(&mut draft, org, id, name, description, rights)?,
        Command::EditRole { org, role, name, description, verb, rights } => {
            roles::edit(&mut draft, org, role, name.as_ref(), description.as_ref(), *verb, rights)?;
        }
        Command::CreateEndpointPrivilege { org, id } => return Err(roles::no_endpoint_privilege(&draft, org, id)),
        Command::RegisterApplication { .. } => applications::register(&mut draft, &envelope.command)?,
        Command::EditApplication { .. } => applications::edit(&mut draft, &envelope.command)?,
        Command::AssignRoles { org, application, verb, roles } => applications::assign(&mut draft, org, application, *verb, roles)?,
        Command::RotateKey { org, application, key, overlap_ms } => applications::rotate_key(&mut draft, org, application, key, *overlap_ms)?,
        Command::EditSettings { org, contact, least_privilege_registration, approval_required } => {
            users::edit_settings(&mut draft, org, contact, *least_privilege_registration, *approval_required)?;
        }
        Command::BreakGlass { org, stores, group, lasts_ms } => {
            time::break_glass(&mut draft, org, stores, group, *lasts_ms, envelope.reason.as_deref())?;
        }
        Command::Invite { org, user, id, secret, lasts_ms } => users::invite(&mut draft, org, user, id, secret, *lasts_ms)?,
        Command::RedeemInvitation { id, label, secret } => users::redeem(&mut draft, id, label, secret, &envelope.actor)?,
        Command::SetPlatform { platform } => platform::set(&mut draft, platform)?,
        Command::Tick { to } => time::tick(&mut draft, *to),
        Command::Propose { org, command, lasts_ms } => proposals::propose(&mut draft, envelope, org, command, *lasts_ms)?,
        Command::Approve { org, proposal } => proposals::approve(&mut draft, envelope, org, *proposal)?,
        Command::Decline { org, proposal } => proposals::decline(&mut draft, envelope, org, *proposal)?,
        Command::Withdraw { org, proposal } => proposals::withdraw(&mut draft, envelope, org, *proposal)?,
    }
    let plan = draft.finish(actor_label);
    authority::check_plan(state, &envelope.actor, &plan.changes)?;
    Ok(plan)
}

/// What the actor doesn't see isn't there: else a claim to have read it would tell whether it is.
fn check_reads(state: &State, envelope: &Envelope) -> Result<(), Rejection> {
    let viewer = match &envelope.actor {
        Actor::System => None,
        Actor::Credential(id) => Viewer::of_credential(state, id),
    };
    let seen = |id: &ObjectId| viewer.as_ref().is_none_or(|viewer| visible(viewer, state, id));
    let present = |id: &ObjectId| state.get(id).filter(|_| seen(id)).map_or(Revision(0), |o| o.meta().revision);
    let moved: Vec<&ObjectId> = envelope.reads.iter().filter(|(id, revision)| present(id) != *revision).map(|(id, _)| id).collect();
    if moved.is_empty() {
        return Ok(());
    }
    Err(Rejection::new(RejectionCode::Conflict, "what this change was made from has changed since: read it again").with_examples(moved))
}

/// The org a command is about.
fn org<'a>(state: &'a State, org: &crate::ids::OrgCode) -> Result<&'a OrgState, Rejection> {
    state.orgs.get(org).ok_or_else(|| org_unknown(org))
}

fn org_unknown(org: &crate::ids::OrgCode) -> Rejection {
    Rejection::new(RejectionCode::OrgUnknown, format!("there is no org `{org}`"))
}
