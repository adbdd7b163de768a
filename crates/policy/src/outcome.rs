//! What became of a command: committed with a revision, or rejected with a reason. Both are replicated.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::Actor;
use crate::ids::*;
use crate::limits::EXAMPLES_MAX;
use crate::object::Object;

/// One object before and after. Audit, undo, diff and older revisions are made of these; applying one is
/// infallible and idempotent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// As it was; none for a new one.
    pub before: Option<Object>,
    /// As it is now; none for a removed one.
    pub after: Option<Object>,
}

impl Change {
    /// The org it is about: of a credential, its holder's.
    pub fn org(&self) -> Option<&OrgCode> {
        self.after.as_ref().or(self.before.as_ref())?.org()
    }

    /// What takes it back.
    pub fn inverse(&self) -> Self {
        Self { before: self.after.clone(), after: self.before.clone() }
    }

    /// The object it is about. A change always has a side.
    pub fn id(&self) -> Option<ObjectId> {
        self.after.as_ref().or(self.before.as_ref()).map(Object::id)
    }
}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The identifier of the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// Why a command was refused.
    RejectionCode {
        /// The actor may not do this.
        Forbidden = "forbidden",
        /// The credential is unknown or revoked.
        CredentialRefused = "credential_refused",
        /// Something that was read has changed since.
        Conflict = "conflict",
        /// The request id is older than the outcomes that are kept.
        RequestExpired = "request_expired",
        /// The request id lies too far in the future.
        RequestAhead = "request_ahead",
        /// Another actor used this request id.
        RequestIdTaken = "request_id_taken",
        /// The cluster has been initialised.
        ClusterInitialised = "cluster_initialised",
        /// The cluster has not been initialised yet.
        ClusterUninitialised = "cluster_uninitialised",
        /// No such org, to this actor.
        OrgUnknown = "org_unknown",
        /// The org exists.
        OrgExists = "org_exists",
        /// No such zone.
        ZoneUnknown = "zone_unknown",
        /// The zone exists.
        ZoneExists = "zone_exists",
        /// The zone has stores or children (AG-37).
        ZoneInUse = "zone_in_use",
        /// No such concept.
        ConceptUnknown = "concept_unknown",
        /// The concept exists.
        ConceptExists = "concept_exists",
        /// The concept has stores or children (AG-37).
        ConceptInUse = "concept_in_use",
        /// A place would lie below itself (AG-37).
        TreeCycle = "tree_cycle",
        /// More than five levels (AG-37).
        TreeTooDeep = "tree_too_deep",
        /// No such store (AG-18).
        StoreUnknown = "store_unknown",
        /// The store exists.
        StoreExists = "store_exists",
        /// No such till.
        TillUnknown = "till_unknown",
        /// The till exists.
        TillExists = "till_exists",
        /// A till can't have a group of its own (AG-24).
        TillOverrideForbidden = "till_override_forbidden",
        /// Several stores need a default group first (AG-26).
        DefaultGroupRequired = "default_group_required",
        /// No such resource (AG-9).
        ResourceUnknown = "resource_unknown",
        /// The resource exists.
        ResourceExists = "resource_exists",
        /// Endpoints belong to the resource.
        ResourceInUse = "resource_in_use",
        /// No such endpoint.
        EndpointUnknown = "endpoint_unknown",
        /// The endpoint exists.
        EndpointExists = "endpoint_exists",
        /// The method or path can't be read.
        EndpointInvalid = "endpoint_invalid",
        /// No such access group.
        GroupUnknown = "group_unknown",
        /// The group is inactive (AG-18).
        GroupInactive = "group_inactive",
        /// A built-in can't be edited (AG-11).
        BuiltinImmutable = "builtin_immutable",
        /// Another has this name (AG-9).
        NameTaken = "name_taken",
        /// A new object needs a name.
        NameRequired = "name_required",
        /// A text is too long or has control characters.
        TextInvalid = "text_invalid",
        /// One key twice with different values.
        KeyRepeated = "key_repeated",
        /// More rows or stores than one entry may have.
        TooMany = "too_many",
        /// Nothing is named.
        NothingNamed = "nothing_named",
        /// Objects of this kind can't be suspended or removed.
        WrongKind = "wrong_kind",
        /// No such user.
        UserUnknown = "user_unknown",
        /// The last active owner of an org stays (UM-6).
        LastOwner = "last_owner",
        /// No such credential.
        CredentialUnknown = "credential_unknown",
        /// The credential exists, or its secret does.
        CredentialExists = "credential_exists",
        /// One's own last way in stays: another must close it.
        SelfLockout = "self_lockout",
        /// The group is allocated to stores (AG-27).
        GroupAllocated = "group_allocated",
        /// The group is the org's default (AG-27).
        GroupIsDefault = "group_is_default",
        /// A cell can't be narrowed so: to nothing, or to endpoints that aren't its own (AG-6).
        NarrowInvalid = "narrow_invalid",
        /// A store has tills (AG-37).
        StoreInUse = "store_in_use",
        /// The id was deleted and is never given again.
        IdRetired = "id_retired",
        /// What the entry did can't be undone.
        NotUndoable = "not_undoable",
        /// No such scope in any tier (AC-11).
        ScopeUnknown = "scope_unknown",
        /// The scope, or a domain of that name, exists in some tier (AC-13).
        ScopeExists = "scope_exists",
        /// Controls, applications or endpoints name the scope.
        ScopeInUse = "scope_in_use",
        /// No such custom entity.
        EntityUnknown = "entity_unknown",
        /// No such access control.
        ControlUnknown = "control_unknown",
        /// The access control is assigned to groups (AC-9).
        ControlAssigned = "control_assigned",
        /// An access control has at least one scope, each once (AC-1).
        ControlEmpty = "control_empty",
        /// It is for the other audience (AC-5, UM-24).
        AudienceMismatch = "audience_mismatch",
        /// The audience of a control or a user never changes (AC-5).
        AudienceImmutable = "audience_immutable",
        /// A control goes to groups, never to a user (AC-2).
        DirectControlForbidden = "direct_control_forbidden",
        /// An application is never a member of a group (AC-6).
        MemberForbidden = "member_forbidden",
        /// No such user group.
        UserGroupUnknown = "user_group_unknown",
        /// The user group has members (AC-21).
        UserGroupInUse = "user_group_in_use",
        /// The user exists.
        UserExists = "user_exists",
        /// Another user has this address.
        EmailTaken = "email_taken",
        /// The text is no address.
        EmailInvalid = "email_invalid",
        /// Only an owner may do this (UM-3).
        OwnerOnly = "owner_only",
        /// One can give only what one holds, where one holds it (UM-4).
        DelegationExceedsOwn = "delegation_exceeds_own",
        /// No permission goes to a user directly (UM-7).
        DirectPermissionForbidden = "direct_permission_forbidden",
        /// An assignment needs a place; the org is one (UM-9).
        PlaceRequired = "place_required",
        /// An assignment of this kind has no place.
        PlaceForbidden = "place_forbidden",
        /// The designation is for places of another kind (UM-17).
        LevelMismatch = "level_mismatch",
        /// The catalogue does not offer this (UM-13).
        PermissionUnavailable = "permission_unavailable",
        /// No such permission set.
        SetUnknown = "set_unknown",
        /// The permission set is assigned to users (UM-22).
        SetAssigned = "set_assigned",
        /// It would end before it begins, or ownership would end (UM-6).
        BoundsInvalid = "bounds_invalid",
        /// No such role.
        RoleUnknown = "role_unknown",
        /// The role exists (APP-11).
        RoleExists = "role_exists",
        /// The role is assigned.
        RoleAssigned = "role_assigned",
        /// No such privilege (APP-11).
        RightUnknown = "right_unknown",
        /// No such application.
        ApplicationUnknown = "application_unknown",
        /// The application exists.
        ApplicationExists = "application_exists",
        /// Privileges of applications never go to a user (APP-5).
        ApplicationOnlyPrivilege = "application_only_privilege",
        /// A role of users never goes to an application.
        InternalOnlyRole = "internal_only_role",
        /// Endpoint privileges are predefined (APP-6).
        EndpointPrivilegeReadonly = "endpoint_privilege_readonly",
        /// A key lasts a day to a year, or for ever (APP-19).
        KeyLifetime = "key_lifetime",
        /// It would last for no time, or for longer than it may.
        LifetimeInvalid = "lifetime_invalid",
        /// The platform catalogue contradicts itself, or its version isn't the next.
        CatalogueInvalid = "catalogue_invalid",
        /// This needs a reason.
        ReasonRequired = "reason_required",
        /// In this org a second person approves each change: it is to be proposed.
        ApprovalRequired = "approval_required",
        /// No such proposal, or it is settled.
        ProposalUnknown = "proposal_unknown",
        /// Whoever proposed a change doesn't settle it.
        SelfApproval = "self_approval",
        /// Without two persons who could approve each other's changes nothing would change any more.
        ApproversRequired = "approvers_required",
    }
}

/// A lawful no: deterministic, the same on every replica.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rejection {
    /// The identifier.
    pub code: RejectionCode,
    /// A sentence: what, where, and the remedy.
    pub message: Arc<str>,
    /// At most 20 of the objects it is about.
    #[serde(default)]
    pub examples: Vec<Arc<str>>,
    /// How many there are in all.
    #[serde(default)]
    pub count: u64,
}

impl Rejection {
    /// One without examples.
    pub fn new(code: RejectionCode, message: impl Into<Arc<str>>) -> Self {
        Self { code, message: message.into(), examples: Vec::new(), count: 0 }
    }

    /// One with what it is about: the first 20 and a count.
    pub fn with_examples(mut self, all: impl IntoIterator<Item = impl ToString>) -> Self {
        for item in all {
            if self.examples.len() < EXAMPLES_MAX {
                self.examples.push(item.to_string().into());
            }
            self.count += 1;
        }
        self
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if !self.examples.is_empty() {
            write!(f, " ({}", self.examples.join(", "))?;
            let rest = self.count.saturating_sub(self.examples.len() as u64);
            if rest > 0 {
                write!(f, " and {rest} more")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejection {}

/// What became of a command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// In force from this revision on.
    Committed {
        /// The revision it made, or the present one if it changed nothing.
        revision: Revision,
        /// Whether anything changed.
        changed: bool,
        /// What the asker should know all the same.
        #[serde(default)]
        warnings: Vec<Arc<str>>,
    },
    /// Refused; nothing has changed.
    Rejected(Rejection),
}

/// The outcome of a request, kept so that a retry applies once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// Who asked.
    pub actor: Actor,
    /// When it was applied.
    pub at: Tick,
    /// What became of it.
    pub outcome: Outcome,
}

/// One accepted change with all that the audit keeps of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditRow {
    /// The revision it made.
    pub revision: Revision,
    /// When, in replicated time.
    pub at: Tick,
    /// The org it is about.
    pub org: Option<OrgCode>,
    /// Who.
    pub actor: Actor,
    /// Who, in words as they were then.
    pub actor_label: Arc<str>,
    /// The request.
    pub request_id: RequestId,
    /// The import that it is a batch of.
    pub job: Option<RequestId>,
    /// Why.
    pub reason: Option<Arc<str>>,
    /// Which command.
    pub command: Arc<str>,
    /// What it did.
    pub changes: Vec<Change>,
}
