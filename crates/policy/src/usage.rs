//! What was used: the grants that a permit rests on, so that it can be told which of an org's are of use and which
//! never were.
//!
//! A use is credited to every grant on every way that permits, whichever gives the reason: as long as one of them is
//! taken away the others may still permit, and none of them is idle. What a user or an application looks at in the
//! navigation is a use like any other. Nothing here knows of time or of who counts: `of` names the grants of one
//! permit, `listed` those that an org has, and both name them alike.

mod listed;
mod of;
mod sieve;

use std::fmt;

use crate::access::{Class, Level};
use crate::ids::*;
use crate::permission::Permission;
use crate::place::Place;

pub use listed::{Page, listed, unknown_kind};
pub use of::of;
pub use sieve::Sieve;

/// A grant that can be used, and taken away, by itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Used {
    /// An access group that was allocated to a store.
    Allocation(GroupId, StoreCode),
    /// The org's default group.
    Default(GroupId),
    /// A level of a cell of an access group.
    Cell(GroupId, ResourceId, Class, Level),
    /// All that a group without cells grants: it grants everything.
    Wildcard(GroupId),
    /// An endpoint that is open to everybody.
    Open(EndpointId),
    /// A user's ownership of the org.
    Owner(UserId),
    /// A user's membership of a user group.
    Membership(UserId, UserGroupId),
    /// An access control of a user group.
    Control(UserGroupId, ControlId),
    /// A scope in an access control, under its name proper.
    Scope(ControlId, ScopeId),
    /// A permission set of a user, at one of its places.
    Set(UserId, SetId, Place),
    /// A permission of a set.
    Permission(SetId, Permission),
    /// A role of a user.
    UserRole(UserId, RoleId),
    /// A right of a role.
    Right(RoleId, PrivilegeId),
    /// A role of an application.
    ApplicationRole(ApplicationId, RoleId),
    /// A scope of an application's credential, under its name proper.
    ApplicationScope(ApplicationId, ScopeId),
    /// The access group of an application.
    ApplicationGroup(ApplicationId, GroupId),
    /// A user at all.
    User(UserId),
    /// An application at all.
    Application(ApplicationId),
    /// A credential: it let somebody in.
    Credential(CredentialId),
}

/// How many kinds there are.
const KINDS: u8 = 19;

impl Used {
    /// The number of its kind. Written to disk: never changed, never given again.
    fn ordinal(&self) -> u8 {
        match self {
            Self::Allocation(..) => 1,
            Self::Default(_) => 2,
            Self::Cell(..) => 3,
            Self::Wildcard(_) => 4,
            Self::Open(_) => 5,
            Self::Owner(_) => 6,
            Self::Membership(..) => 7,
            Self::Control(..) => 8,
            Self::Scope(..) => 9,
            Self::Set(..) => 10,
            Self::Permission(..) => 11,
            Self::UserRole(..) => 12,
            Self::Right(..) => 13,
            Self::ApplicationRole(..) => 14,
            Self::ApplicationScope(..) => 15,
            Self::ApplicationGroup(..) => 16,
            Self::User(_) => 17,
            Self::Application(_) => 18,
            Self::Credential(_) => 19,
        }
    }

    /// The word for grants of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Allocation(..) => "allocation",
            Self::Default(_) => "default-group",
            Self::Cell(..) => "cell",
            Self::Wildcard(_) => "wildcard",
            Self::Open(_) => "open-endpoint",
            Self::Owner(_) => "owner",
            Self::Membership(..) => "membership",
            Self::Control(..) => "group-control",
            Self::Scope(..) => "control-scope",
            Self::Set(..) => "user-set",
            Self::Permission(..) => "set-permission",
            Self::UserRole(..) => "user-role",
            Self::Right(..) => "role-right",
            Self::ApplicationRole(..) => "application-role",
            Self::ApplicationScope(..) => "application-scope",
            Self::ApplicationGroup(..) => "application-group",
            Self::User(_) => "user",
            Self::Application(_) => "application",
            Self::Credential(_) => "credential",
        }
    }

    /// What it is called on disk and between nodes: the number of its kind and its parts, a tab before each, which no
    /// part can have in it. Keys sort by kind, then by their parts.
    pub fn key(&self) -> String {
        let mut key = format!("{:02}", self.ordinal());
        for part in self.parts() {
            key.push('\t');
            key.push_str(&part);
        }
        key
    }

    fn parts(&self) -> Vec<String> {
        match self {
            Self::Allocation(group, store) => vec![group.to_string(), store.to_string()],
            Self::Default(group) | Self::Wildcard(group) => vec![group.to_string()],
            Self::Cell(group, resource, class, level) => vec![group.to_string(), resource.to_string(), class.to_string(), level.to_string()],
            Self::Open(endpoint) => vec![endpoint.to_string()],
            Self::Owner(user) | Self::User(user) => vec![user.to_string()],
            Self::Membership(user, group) => vec![user.to_string(), group.to_string()],
            Self::Control(group, control) => vec![group.to_string(), control.to_string()],
            Self::Scope(control, scope) => vec![control.to_string(), scope.to_string()],
            Self::Set(user, set, place) => vec![user.to_string(), set.to_string(), place.to_string()],
            Self::Permission(set, permission) => vec![set.to_string(), permission.to_string()],
            Self::UserRole(user, role) => vec![user.to_string(), role.to_string()],
            Self::Right(role, right) => vec![role.to_string(), right.to_string()],
            Self::ApplicationRole(application, role) => vec![application.to_string(), role.to_string()],
            Self::ApplicationScope(application, scope) => vec![application.to_string(), scope.to_string()],
            Self::ApplicationGroup(application, group) => vec![application.to_string(), group.to_string()],
            Self::Application(application) => vec![application.to_string()],
            Self::Credential(credential) => vec![credential.to_string()],
        }
    }

    /// Whether it is a grant of, to or at an object, written `kind:id`.
    pub fn touches(&self, object: &str) -> bool {
        let is = |kind: &str, id: &str| object.strip_prefix(kind).and_then(|rest| rest.strip_prefix(':')) == Some(id);
        match self {
            Self::Allocation(group, store) => is("access-group", group.as_str()) || is("store", store.as_str()),
            Self::Default(group) | Self::Wildcard(group) => is("access-group", group.as_str()),
            Self::Cell(group, resource, ..) => is("access-group", group.as_str()) || is("resource", resource.as_str()),
            Self::Open(endpoint) => is("endpoint", endpoint.as_str()),
            Self::Owner(user) | Self::User(user) => is("user", user.as_str()),
            Self::Membership(user, group) => is("user", user.as_str()) || is("user-group", group.as_str()),
            Self::Control(group, control) => is("user-group", group.as_str()) || is("access-control", control.as_str()),
            Self::Scope(control, scope) => is("access-control", control.as_str()) || is("scope", scope.as_str()),
            Self::Set(user, set, place) => is("user", user.as_str()) || is("permission-set", set.as_str()) || object == place.to_string(),
            Self::Permission(set, permission) => is("permission-set", set.as_str()) || is("module", permission.module.as_str()),
            Self::UserRole(user, role) => is("user", user.as_str()) || is("role", role.as_str()),
            Self::Right(role, right) => is("role", role.as_str()) || is("privilege", right.as_str()),
            Self::ApplicationRole(application, role) => is("application", application.as_str()) || is("role", role.as_str()),
            Self::ApplicationScope(application, scope) => is("application", application.as_str()) || is("scope", scope.as_str()),
            Self::ApplicationGroup(application, group) => is("application", application.as_str()) || is("access-group", group.as_str()),
            Self::Application(application) => is("application", application.as_str()),
            Self::Credential(credential) => is("credential", credential.as_str()),
        }
    }
}

impl fmt::Display for Used {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allocation(group, store) => write!(f, "group `{group}` of store `{store}`"),
            Self::Default(group) => write!(f, "group `{group}` as the default"),
            Self::Cell(group, resource, class, level) => write!(f, "{level} on {resource} ({class}) in group `{group}`"),
            Self::Wildcard(group) => write!(f, "everything in group `{group}`"),
            Self::Open(endpoint) => write!(f, "endpoint `{endpoint}`, open to everybody"),
            Self::Owner(user) => write!(f, "user `{user}` as owner"),
            Self::Membership(user, group) => write!(f, "user `{user}` in user group `{group}`"),
            Self::Control(group, control) => write!(f, "access control `{control}` of user group `{group}`"),
            Self::Scope(control, scope) => write!(f, "scope `{scope}` in access control `{control}`"),
            Self::Set(user, set, place) => write!(f, "permission set `{set}` of user `{user}` at {place}"),
            Self::Permission(set, permission) => write!(f, "`{permission}` in permission set `{set}`"),
            Self::UserRole(user, role) => write!(f, "role `{role}` of user `{user}`"),
            Self::Right(role, right) => write!(f, "privilege `{right}` in role `{role}`"),
            Self::ApplicationRole(application, role) => write!(f, "role `{role}` of application `{application}`"),
            Self::ApplicationScope(application, scope) => write!(f, "scope `{scope}` of application `{application}`"),
            Self::ApplicationGroup(application, group) => write!(f, "group `{group}` of application `{application}`"),
            Self::User(user) => write!(f, "user `{user}`"),
            Self::Application(application) => write!(f, "application `{application}`"),
            Self::Credential(credential) => write!(f, "credential `{credential}`"),
        }
    }
}
