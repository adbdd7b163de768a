//! Whose eyes: every query, count, completion and watch is filtered by `visible`, and takes a `Viewer`.

use crate::ids::{CredentialId, ObjectId, OrgCode, UserId};
use crate::object::{Credential, CredentialKind, Secret};
use crate::state::State;

/// Who looks: an authenticated credential with what its kind says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Viewer {
    /// The credential.
    pub credential: CredentialId,
    /// What it is for.
    pub label: std::sync::Arc<str>,
    /// Whom it lets in.
    pub kind: CredentialKind,
}

impl Viewer {
    /// The viewer that a secret proves; none if it is unknown or revoked, or its user is gone or suspended.
    pub fn of_secret(state: &State, secret: &Secret) -> Option<Self> {
        let id = state.by_secret.get(secret)?;
        Self::of_credential(state, id)
    }

    /// The viewer that a credential stands for, under the same conditions.
    pub fn of_credential(state: &State, id: &CredentialId) -> Option<Self> {
        let credential = state.credentials.get(id)?;
        let lets_in = !credential.revoked && credential.bounds.hold(state.clock) && holder_is_active(state, credential);
        lets_in.then(|| Self {
            credential: credential.id.clone(),
            label: credential.label.as_str().into(),
            kind: credential.kind.clone(),
        })
    }

    /// The org that a question without one is about.
    pub fn org(&self) -> Option<&OrgCode> {
        self.kind.org()
    }

    /// Whether the viewer may ask for decisions about subjects of an org.
    pub fn may_check(&self, org: &str) -> bool {
        match &self.kind {
            CredentialKind::Operator => true,
            CredentialKind::User { org: own, .. }
            | CredentialKind::EnforcementPoint { org: own }
            | CredentialKind::Application { org: own, .. } => own.as_str() == org,
            CredentialKind::Invitation { .. } => false,
        }
    }

    /// Whether the viewer sees an org at all. To a credential of another org it is unknown, whatever its state; an
    /// enforcement point searches nothing.
    pub fn sees_org(&self, org: &str) -> bool {
        match &self.kind {
            CredentialKind::Operator => true,
            CredentialKind::User { org: own, .. } => own.as_str() == org,
            CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } | CredentialKind::Invitation { .. } => false,
        }
    }

    /// Whether the viewer sees the cluster: its nodes, its terms, its disks.
    pub fn sees_cluster(&self) -> bool {
        match &self.kind {
            CredentialKind::Operator | CredentialKind::User { .. } => true,
            CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } | CredentialKind::Invitation { .. } => false,
        }
    }

    /// The user behind the credential.
    pub fn user(&self) -> Option<&UserId> {
        match &self.kind {
            CredentialKind::User { user, .. } => Some(user),
            CredentialKind::Operator
            | CredentialKind::EnforcementPoint { .. }
            | CredentialKind::Application { .. }
            | CredentialKind::Invitation { .. } => None,
        }
    }
}

fn holder_is_active(state: &State, credential: &Credential) -> bool {
    match &credential.kind {
        CredentialKind::Operator => true,
        CredentialKind::EnforcementPoint { org } => state.orgs.contains_key(org),
        CredentialKind::Application { org, application } => {
            state.orgs.get(org).and_then(|o| o.applications.get(application)).is_some_and(|a| a.active)
        }
        CredentialKind::User { org, user } | CredentialKind::Invitation { org, user } => {
            state.orgs.get(org).and_then(|o| o.users.get(user)).is_some_and(|u| u.active)
        }
    }
}

/// Whether a viewer sees an object.
pub fn visible(viewer: &Viewer, state: &State, id: &ObjectId) -> bool {
    match id {
        ObjectId::Cluster | ObjectId::Platform | ObjectId::Clock => viewer.sees_cluster(),
        ObjectId::Credential(id) => match state.credentials.get(id).map(|c| &c.kind) {
            Some(CredentialKind::Operator) => viewer.kind == CredentialKind::Operator,
            Some(
                CredentialKind::User { org, .. }
                | CredentialKind::EnforcementPoint { org }
                | CredentialKind::Application { org, .. }
                | CredentialKind::Invitation { org, .. },
            ) => viewer.sees_org(org.as_str()),
            None => false,
        },
        ObjectId::Org(org)
        | ObjectId::Zone(org, _)
        | ObjectId::Concept(org, _)
        | ObjectId::Store(org, _)
        | ObjectId::Till(org, _, _)
        | ObjectId::Resource(org, _)
        | ObjectId::Endpoint(org, _)
        | ObjectId::Group(org, _)
        | ObjectId::User(org, _)
        | ObjectId::Scope(org, _)
        | ObjectId::Entity(org, _)
        | ObjectId::Control(org, _)
        | ObjectId::UserGroup(org, _)
        | ObjectId::Set(org, _)
        | ObjectId::Role(org, _)
        | ObjectId::Application(org, _)
        | ObjectId::Override(org, _)
        | ObjectId::Settings(org)
        | ObjectId::Retired(org, _) => viewer.sees_org(org.as_str()),
    }
}
