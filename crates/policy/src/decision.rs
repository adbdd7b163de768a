//! A request and the answer to it.

use std::fmt;

use bitflags::bitflags;
use serde::{Deserialize, Serialize};

use crate::outcome::codes;
use crate::permission::Action;

/// Whose access is in question. A till's id is exactly `STORE/TILL`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject<'a> {
    /// A store: judged as a till of it would be.
    Store(&'a str),
    /// A till, by `STORE/TILL`.
    Till(&'a str),
    /// A user.
    User(&'a str),
    /// An application.
    Application(&'a str),
}

impl<'a> Subject<'a> {
    /// Parses `type:id`. The text after the colon is not checked: an unknown one is a decision, not an error.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        const KINDS: &str = "`till:STORE/TILL`, `store:STORE`, `user:ID` or `application:ID`";
        match text.split_once(':') {
            Some(("store", id)) => Ok(Self::Store(id)),
            Some(("till", id)) => Ok(Self::Till(id)),
            Some(("user", id)) => Ok(Self::User(id)),
            Some(("application", id)) => Ok(Self::Application(id)),
            Some((kind, _)) => Err(format!("`{kind}` is no kind of subject: {KINDS}")),
            None => Err(format!("`{text}` is no subject: it is {KINDS}")),
        }
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(id) => write!(f, "store:{id}"),
            Self::Till(id) => write!(f, "till:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Application(id) => write!(f, "application:{id}"),
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask<'a> {
    /// A call of an endpoint.
    Endpoint {
        /// The HTTP method, in upper case (doors upper-case it).
        method: &'a str,
        /// The path, as sent, with its query.
        path: &'a str,
    },
    /// An action on a sub-module of the back office.
    Module {
        /// `Module/Sub-module`.
        module: &'a str,
        /// What is done.
        action: Action,
    },
    /// The use of a scope.
    Scope {
        /// The scope.
        scope: &'a str,
    },
    /// An action on an entity: a custom one, the platform's, or, for `view`, a node of the navigation tree.
    Entity {
        /// Its id, or that of a domain.
        entity: &'a str,
        /// What is done.
        action: EntityAction,
    },
}

impl<'a> Ask<'a> {
    /// Reads an action and what it is done to, as doors are told. The action may be in upper case, as a method has to be;
    /// with a scope it says nothing. The text after the colon is not checked: an unknown one is a decision, not an error.
    pub fn parse(action: &'a str, resource: &'a str) -> Result<Self, String> {
        const KINDS: &str = "`/path`, `endpoint:/path`, `module:MODULE/SUB-MODULE`, `scope:SCOPE` or `entity:ID`";
        if resource.starts_with('/') {
            return Ok(Self::Endpoint { method: action, path: resource });
        }
        match resource.split_once(':') {
            Some(("endpoint", path)) => Ok(Self::Endpoint { method: action, path }),
            Some(("module", module)) => Ok(Self::Module { module, action: action.parse()? }),
            Some(("scope", scope)) => Ok(Self::Scope { scope }),
            Some(("entity", entity)) => Ok(Self::Entity { entity, action: action.parse()? }),
            Some((kind, _)) => Err(format!("`{kind}` is no kind of resource that can be checked: {KINDS}")),
            None => Err(format!("`{resource}` is no resource: it is {KINDS}")),
        }
    }
}

/// What is done to an entity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityAction {
    /// Seeing its node of the navigation tree (AC-14).
    View,
    /// Reading instances.
    Read,
    /// Making one.
    Create,
    /// Changing instances.
    Manage,
}

impl fmt::Display for EntityAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::View => "view",
            Self::Read => "read",
            Self::Create => "create",
            Self::Manage => "manage",
        })
    }
}

impl std::str::FromStr for EntityAction {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "view" => Ok(Self::View),
            "read" => Ok(Self::Read),
            "create" => Ok(Self::Create),
            "manage" => Ok(Self::Manage),
            _other => Err(format!("`{}` is no action on an entity: it is view, read, create or manage", text.escape_default())),
        }
    }
}

/// What the asker knows beside. Nothing of it is needed for tills and stores.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Context<'a> {
    /// Where it is done: `org`, `zone:CODE`, `concept:CODE`, `store:CODE` or `till:STORE/TILL`.
    pub place: Option<&'a str>,
    /// It is about one instance, rather than a list, of a scope's or an entity's. Endpoints know by themselves.
    pub instance: bool,
    /// Who created the instance: a user's id.
    pub created_by: Option<&'a str>,
    /// Whom it is assigned to: a user's id.
    pub assigned_to: Option<&'a str>,
    /// The type in the body of a call about an application's registration (APP-4).
    pub body_type: Option<&'a str>,
}

/// May this subject do this?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request<'a> {
    /// The org, from the caller's credential or a field of its own; never from the subject's id.
    pub org: &'a str,
    /// Whose access.
    pub subject: Subject<'a>,
    /// To what.
    pub ask: Ask<'a>,
    /// What else is known.
    pub context: Context<'a>,
}

impl<'a> Request<'a> {
    /// May this subject call this endpoint?
    pub fn call(org: &'a str, subject: Subject<'a>, method: &'a str, path: &'a str) -> Self {
        Self { org, subject, ask: Ask::Endpoint { method, path }, context: Context::default() }
    }

    /// The method, of a call.
    pub fn method(&self) -> &'a str {
        match self.ask {
            Ask::Endpoint { method, .. } => method,
            Ask::Module { .. } | Ask::Scope { .. } | Ask::Entity { .. } => "",
        }
    }

    /// The path, of a call.
    pub fn path(&self) -> &'a str {
        match self.ask {
            Ask::Endpoint { path, .. } => path,
            Ask::Module { .. } | Ask::Scope { .. } | Ask::Entity { .. } => "",
        }
    }
}

bitflags! {
    /// What an enforcement point has to see to when it permits.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
    pub struct Obligations: u8 {
        /// Card data is left out (APP-9).
        const OMIT_PCI = 1;
        /// Sensitive data is masked (UM-21).
        const MASK = 2;
        /// Only at the places where the permit holds, which can be asked for (AC-22).
        const PLACES = 4;
        /// Only what is the subject's own (AC-18).
        const OWN_ONLY = 8;
        /// The node opens without content (AC-14).
        const EMPTY = 16;
    }
}

impl Obligations {
    /// What two permits oblige to together. Where one obliges to less, that. Where each obliges to something else (all that
    /// is at some places, and one's own everywhere), neither allows what both leave out, so one of them is told: the later
    /// in the list above gives way, so that `own_only` goes when a global route permits.
    pub fn either(self, other: Self) -> Self {
        // Of two sets one of which is within the other, the inner is the smaller number.
        self.min(other)
    }

    /// The identifiers of the API.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let all = [
            (Self::OMIT_PCI, "omit_pci"),
            (Self::MASK, "mask"),
            (Self::OWN_ONLY, "own_only"),
            (Self::PLACES, "places"),
            (Self::EMPTY, "empty"),
        ];
        all.into_iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| name)
    }
}

impl Serialize for Obligations {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Obligations {
    /// Those that this version knows.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let known = |name: &String| Self::all().iter().find(|flag| flag.names().next() == Some(name));
        Ok(names.iter().filter_map(known).collect())
    }
}

codes! {
    /// Why the answer is what it is.
    Reason {
        /// Permitted by the group allocated to the store.
        PermitGroup = "permit_group",
        /// Permitted by the org's default group, which the store inherits.
        PermitDefaultGroup = "permit_default_group",
        /// The endpoint is for everybody.
        PermitOpen = "permit_open",
        /// The user owns the org (UM-5).
        PermitOwner = "permit_owner",
        /// A scope that is held (AC-15).
        PermitScope = "permit_scope",
        /// A scope for what is the subject's own (AC-16).
        PermitOwn = "permit_own",
        /// A permission set at the place (UM-8).
        PermitSet = "permit_set",
        /// The endpoint's privilege (APP-7).
        PermitEndpointPrivilege = "permit_endpoint_privilege",
        /// A functional privilege (APP-8).
        PermitPrivilege = "permit_privilege",
        /// The store has no group, and the org no default (AG-23).
        NoAccessGroup = "no_access_group",
        /// The group grants nothing on the resource (AG-2).
        ResourceNone = "resource_none",
        /// The group grants Write only.
        NeedsRead = "needs_read",
        /// The group grants Read only.
        NeedsWrite = "needs_write",
        /// The cell would do, but leaves this endpoint out (AG-6).
        EndpointExcluded = "endpoint_excluded",
        /// The path has `..`, an encoded slash, or the like.
        PathMalformed = "path_malformed",
        /// No endpoint has this method and path.
        EndpointUnknown = "endpoint_unknown",
        /// The endpoint belongs to no resource.
        EndpointUnmapped = "endpoint_unmapped",
        /// No such org.
        OrgUnknown = "org_unknown",
        /// The org is suspended.
        OrgSuspended = "org_suspended",
        /// No such store.
        StoreUnknown = "store_unknown",
        /// The store is suspended.
        StoreInactive = "store_inactive",
        /// No such till.
        TillUnknown = "till_unknown",
        /// The till is suspended.
        TillSuspended = "till_suspended",
        /// No scope that would do is held.
        ScopeMissing = "scope_missing",
        /// The instance is another's, or whose it is isn't known (AC-18).
        NotOwner = "not_owner",
        /// What is held is held elsewhere (UM-8, AC-22).
        OutOfScope = "out_of_scope",
        /// No permission set grants it.
        PermissionMissing = "permission_missing",
        /// No privilege that would do is held.
        PrivilegeMissing = "privilege_missing",
        /// Applications never reach this (APP-4).
        ForbiddenToApplications = "forbidden_to_applications",
        /// No such user or application.
        SubjectUnknown = "subject_unknown",
        /// The user or application is suspended.
        SubjectInactive = "subject_inactive",
        /// No key of the application lets in any more (APP-19).
        KeyExpired = "key_expired",
        /// The node's state is staler than it may be, or there is none.
        StateUnavailable = "state_unavailable",
        /// The node has not reached the revision asked for.
        Behind = "behind",
        /// No leader could be asked.
        Unavailable = "unavailable",
        /// The revision asked for is no longer held.
        Compacted = "compacted",
    }
}

/// Yes, no, or can't tell. No and can't tell are different answers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes: code 0.
    Permit,
    /// No: code 4000, HTTP 403 (AG-34).
    Deny,
    /// Can't tell: code 4001, HTTP 503 (AG-35).
    Indeterminate,
}

impl Verdict {
    /// The code of the API.
    pub fn code(self) -> u16 {
        match self {
            Self::Permit => 0,
            Self::Deny => 4000,
            Self::Indeterminate => 4001,
        }
    }

    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
            Self::Indeterminate => "indeterminate",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Reason {
    /// The verdict that this reason stands for.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::PermitGroup
            | Self::PermitDefaultGroup
            | Self::PermitOpen
            | Self::PermitOwner
            | Self::PermitScope
            | Self::PermitOwn
            | Self::PermitSet
            | Self::PermitEndpointPrivilege
            | Self::PermitPrivilege => Verdict::Permit,
            Self::NoAccessGroup
            | Self::ResourceNone
            | Self::NeedsRead
            | Self::NeedsWrite
            | Self::EndpointExcluded
            | Self::PathMalformed
            | Self::EndpointUnknown
            | Self::EndpointUnmapped
            | Self::OrgUnknown
            | Self::OrgSuspended
            | Self::StoreUnknown
            | Self::StoreInactive
            | Self::TillUnknown
            | Self::TillSuspended
            | Self::ScopeMissing
            | Self::NotOwner
            | Self::OutOfScope
            | Self::PermissionMissing
            | Self::PrivilegeMissing
            | Self::ForbiddenToApplications
            | Self::SubjectUnknown
            | Self::SubjectInactive
            | Self::KeyExpired => Verdict::Deny,
            Self::StateUnavailable | Self::Behind | Self::Unavailable | Self::Compacted => Verdict::Indeterminate,
        }
    }
}

/// The answer of the policy alone. Doors add the revision and the staleness.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// Why; the verdict follows from it.
    pub reason: Reason,
    /// Set on a permit that a group in observe mode would have denied, and why it would have (AG-33).
    #[serde(default)]
    pub would_deny: Option<Reason>,
    /// Of a permit: what has to be seen to.
    #[serde(default)]
    pub obligations: Obligations,
}

impl Decision {
    /// Yes, no, or can't tell.
    pub fn verdict(self) -> Verdict {
        self.reason.verdict()
    }
}

impl From<Reason> for Decision {
    fn from(reason: Reason) -> Self {
        Self { reason, would_deny: None, obligations: Obligations::empty() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_by_what_it_is_about() {
        assert_eq!(Ask::parse("GET", "/v2/a:b"), Ok(Ask::Endpoint { method: "GET", path: "/v2/a:b" }));
        assert_eq!(Ask::parse("PUT", "endpoint:/v2/a"), Ok(Ask::Endpoint { method: "PUT", path: "/v2/a" }));
        assert_eq!(Ask::parse("VIEW", "module:Loyalty+/Basic"), Ok(Ask::Module { module: "Loyalty+/Basic", action: Action::View }));
        assert_eq!(Ask::parse("", "scope:order.order_read"), Ok(Ask::Scope { scope: "order.order_read" }));
        assert_eq!(Ask::parse("Manage", "entity:ticket"), Ok(Ask::Entity { entity: "ticket", action: EntityAction::Manage }));
        for (action, resource) in [("GET", "till:a/b"), ("GET", "v2"), ("GET", "module:Loyalty+/Basic"), ("approve", "entity:ticket")] {
            assert!(Ask::parse(action, resource).is_err(), "{action} {resource}");
        }
    }
}
