//! Who may run what. Decided here, when the command is applied, from the state as it is then.

use std::sync::Arc;

use super::org_unknown;
use crate::command::{Actor, Command, Envelope};
use crate::object::CredentialKind;
use crate::outcome::{Rejection, RejectionCode};
use crate::state::State;
use crate::view::Viewer;

/// The actor in words, if it may run the command.
pub(super) fn authorize(state: &State, envelope: &Envelope) -> Result<Arc<str>, Rejection> {
    let command = &envelope.command;
    let id = match (&envelope.actor, command) {
        (Actor::System, Command::InitCluster { .. } | Command::Tick { .. }) => return Ok("the cluster".into()),
        (Actor::System, _) | (Actor::Credential(_), Command::InitCluster { .. } | Command::Tick { .. }) => return Err(forbidden(command)),
        (Actor::Credential(id), _) => id,
    };
    if state.cluster.is_none() {
        return Err(Rejection::new(RejectionCode::ClusterUninitialised, "the cluster has no first entry yet"));
    }
    let viewer = Viewer::of_credential(state, id)
        .ok_or_else(|| Rejection::new(RejectionCode::CredentialRefused, format!("credential `{id}` is unknown, revoked, or its holder suspended")))?;
    match &viewer.kind {
        CredentialKind::Operator => {}
        CredentialKind::User { org, .. } => owner_may(state, command, org)?,
        CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } => return Err(forbidden(command)),
        CredentialKind::Invitation { .. } => match command {
            Command::RedeemInvitation { .. } => {}
            _other => return Err(forbidden(command)),
        },
    }
    Ok(viewer.label)
}

/// An owner may do everything in their org, and sees no other (UM-5).
fn owner_may(state: &State, command: &Command, own: &crate::ids::OrgCode) -> Result<(), Rejection> {
    match command {
        Command::InitCluster { .. }
        | Command::CreateOrg { .. }
        | Command::RetireNode { .. }
        | Command::SetPlatform { .. }
        | Command::Tick { .. }
        | Command::RedeemInvitation { .. } => Err(forbidden(command)),
        Command::CreateCredential { kind, .. } => match kind {
            CredentialKind::Operator => Err(forbidden(command)),
            CredentialKind::User { org, .. }
            | CredentialKind::EnforcementPoint { org }
            | CredentialKind::Application { org, .. }
            | CredentialKind::Invitation { org, .. } => {
                if org == own { Ok(()) } else { Err(org_unknown(org)) }
            }
        },
        // Every change, not only the first: an entry of one org names no other.
        Command::Revert { changes, .. } => match changes.iter().find(|change| change.org() != Some(own)) {
            None => Ok(()),
            Some(other) => Err(other.org().map_or_else(|| forbidden(command), org_unknown)),
        },
        Command::RevokeCredential { id } => match state.credentials.get(id).and_then(|c| c.kind.org()) {
            Some(org) if org == own => Ok(()),
            Some(_) | None => Err(super::credentials::unknown(id)),
        },
        Command::Suspend { target } | Command::Resume { target } | Command::Remove { target, .. } => match target.org() {
            Some(org) if org == own => Ok(()),
            Some(org) => Err(org_unknown(org)),
            None => Err(forbidden(command)),
        },
        Command::EditOrg { org, .. }
        | Command::SetDefault { org, .. }
        | Command::PutZones { org, .. }
        | Command::PutConcepts { org, .. }
        | Command::PutStores { org, .. }
        | Command::PutTills { org, .. }
        | Command::CreateResource { org, .. }
        | Command::PutEndpoints { org, .. }
        | Command::CreateGroup { org, .. }
        | Command::EditGroup { org, .. }
        | Command::DeactivateGroup { org, .. }
        | Command::ReactivateGroup { org, .. }
        | Command::SetStoresActive { org, .. }
        | Command::MoveTill { org, .. }
        | Command::PutAllocations { org, .. }
        | Command::Allocate { org, .. }
        | Command::CreateScope { org, .. }
        | Command::CreateEntity { org, .. }
        | Command::CreateControl { org, .. }
        | Command::EditControl { org, .. }
        | Command::CreateUserGroup { org, .. }
        | Command::EditUserGroup { org, .. }
        | Command::AssignControls { org, .. }
        | Command::AssignMembers { org, .. }
        | Command::PutUsers { org, .. }
        | Command::CreateSet { org, .. }
        | Command::EditSet { org, .. }
        | Command::AssignSets { org, .. }
        | Command::AssignUserRoles { org, .. }
        | Command::CreateRole { org, .. }
        | Command::EditRole { org, .. }
        | Command::CreateEndpointPrivilege { org, .. }
        | Command::RegisterApplication { org, .. }
        | Command::EditApplication { org, .. }
        | Command::AssignRoles { org, .. }
        | Command::RotateKey { org, .. }
        | Command::EditSettings { org, .. }
        | Command::BreakGlass { org, .. }
        | Command::Invite { org, .. } => {
            if org == own {
                Ok(())
            } else {
                Err(org_unknown(org))
            }
        }
    }
}

fn forbidden(command: &Command) -> Rejection {
    Rejection::new(RejectionCode::Forbidden, format!("this credential may not run `{}`", command.name()))
}
