//! Credentials. The client makes the secret; only its hash comes here.

use std::sync::Arc;

use super::draft::Draft;
use super::org as org_of;
use crate::command::Actor;
use crate::ids::CredentialId;
use crate::name::Name;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::place::Bounds;

pub(super) fn unknown(id: &CredentialId) -> Rejection {
    Rejection::new(RejectionCode::CredentialUnknown, format!("there is no credential `{id}`"))
}

pub(super) fn create(draft: &mut Draft<'_>, id: &CredentialId, label: &Name, kind: &CredentialKind, secret: &Secret) -> Result<(), Rejection> {
    match kind {
        CredentialKind::Operator => {}
        CredentialKind::EnforcementPoint { org } => {
            org_of(draft.state, org)?;
        }
        CredentialKind::Application { org, application } => {
            if !org_of(draft.state, org)?.applications.contains_key(application) {
                return Err(Rejection::new(RejectionCode::ApplicationUnknown, format!("there is no application `{application}`")));
            }
        }
        CredentialKind::Invitation { .. } => {
            return Err(Rejection::new(RejectionCode::WrongKind, "an invitation is made by `user invite`"));
        }
        CredentialKind::User { org, user } => {
            let record = org_of(draft.state, org)?.users.get(user).ok_or_else(|| super::users::unknown(user))?;
            super::users::signs_in(record)?;
        }
    }
    put(draft, id, label, kind, secret, Bounds::ALWAYS)
}

/// Puts a credential whose id and secret are new.
pub(super) fn put(draft: &mut Draft<'_>, id: &CredentialId, label: &Name, kind: &CredentialKind, secret: &Secret, bounds: Bounds) -> Result<(), Rejection> {
    let known_secret = draft.state.credentials.values().any(|c| c.secret == *secret);
    if draft.state.credentials.contains_key(id) || known_secret {
        return Err(Rejection::new(RejectionCode::CredentialExists, format!("credential `{id}`, or one with this secret, exists: ids are never reused")));
    }
    let credential = Credential { id: id.clone(), label: label.clone(), kind: kind.clone(), secret: secret.clone(), revoked: false, meta: draft.new_meta(), bounds };
    draft.put(Object::Credential(Arc::new(credential)));
    Ok(())
}

/// Revoking the last way in of whoever asks is blocked: another must do it.
pub(super) fn revoke(draft: &mut Draft<'_>, id: &CredentialId, actor: &Actor) -> Result<(), Rejection> {
    let credential = draft.state.credentials.get(id).ok_or_else(|| unknown(id))?;
    let is_own = *actor == Actor::Credential(id.clone());
    let another = draft.state.credentials.values().any(|c| !c.revoked && c.id != *id && c.kind == credential.kind);
    if is_own && !another {
        let message = format!("`{id}` is the last credential of its holder, and yours: another must revoke it");
        return Err(Rejection::new(RejectionCode::SelfLockout, message));
    }
    draft.put(Object::Credential(Arc::new(Credential { revoked: true, ..(**credential).clone() })));
    Ok(())
}
