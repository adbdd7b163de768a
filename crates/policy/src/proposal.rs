//! A change that waits for a second person. What may be proposed and who settles it is in `plan`; here is what is kept.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::ids::{CredentialId, OrgCode, RequestId, Revision, Tick, UserId};
use crate::object::{CredentialKind, Meta, Secret};

/// A command that somebody proposed. It never changes: it is approved, declined or withdrawn, or its time ends, and then it
/// is gone. `Meta` says when it was made and by whom, in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// The org.
    pub org: OrgCode,
    /// The request that proposed it: never used again, so what has this id is what was read under it.
    pub id: RequestId,
    /// The credential that proposed it.
    pub maker: CredentialId,
    /// The user behind it; none is a platform operator.
    pub user: Option<UserId>,
    /// When it ends by itself.
    pub until: Tick,
    /// The revision that it was planned at.
    pub planned_at: Revision,
    /// Why, in its maker's words.
    pub reason: Option<Arc<str>>,
    /// What is proposed, as it was given.
    pub command: Arc<Command>,
    /// Who and when.
    pub meta: Meta,
}

impl Proposal {
    /// Whether the person behind a credential made it. All credentials of a user are one person; so are all operators, for
    /// an operator can make another.
    pub fn is_by(&self, kind: &CredentialKind) -> bool {
        match (kind, &self.user) {
            (CredentialKind::Operator, None) => true,
            (CredentialKind::User { org, user }, Some(maker)) => *org == self.org && user == maker,
            (CredentialKind::Operator, Some(_)) | (CredentialKind::User { .. }, None) => false,
            (CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } | CredentialKind::Invitation { .. }, _) => false,
        }
    }

    /// As it is shown: hashes of secrets blanked.
    pub fn shown(&self) -> Self {
        let mut shown = self.clone();
        blank(Arc::make_mut(&mut shown.command));
        shown
    }
}

impl Secret {
    /// The kind alone: what is shown of one.
    pub fn blanked(&self) -> Self {
        match self {
            Self::TokenHash(_) => Self::TokenHash([0; 32]),
            Self::CertificateFingerprint(_) => Self::CertificateFingerprint([0; 32]),
        }
    }
}

/// Blanks the hash of the secret that a command brings. Changes of credentials come in no document and no undo.
fn blank(command: &mut Command) {
    let secret = match command {
        Command::CreateCredential { secret, .. } | Command::Invite { secret, .. } | Command::RedeemInvitation { secret, .. } => secret,
        Command::RotateKey { key, .. } | Command::RegisterApplication { key: Some(key), .. } => &mut key.secret,
        Command::InitCluster { operator, .. } => operator,
        _without => return,
    };
    *secret = secret.blanked();
}
