//! Users, what they are members of and what they are assigned; and the bundles these assignments name: access
//! controls, permission sets, roles. Applications too, which hold roles as users do.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::*;
use crate::name::Name;
use crate::object::Meta;
use crate::permission::ModuleGrant;
use crate::place::{Bounds, Place, PlaceLevel};

/// Whom a control or a group is for (AC-5): the people of the org, or its customers (business buyers, partners).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// People who work for the org.
    #[default]
    Employee,
    /// Its customers.
    Customer,
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Employee => "employee",
            Self::Customer => "customer",
        })
    }
}

/// A scope that an org defined (AC-11). Platform scopes are in the platform's catalogue, those of custom entities follow
/// from the entity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Scope {
    /// Its org.
    pub org: OrgCode,
    /// Its name, which is its id.
    pub id: ScopeId,
    /// Free text.
    pub description: Arc<str>,
    /// It reaches only what its holder created or is assigned to (AC-16).
    pub own: bool,
    /// Who and when.
    pub meta: Meta,
}

/// A custom entity: it brings four scopes (AC-13).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entity {
    /// Its org.
    pub org: OrgCode,
    /// Its id, part of its scopes.
    pub id: EntityId,
    /// Its name.
    pub name: Name,
    /// Who and when.
    pub meta: Meta,
}

/// A custom access control: a named set of scopes (AC-1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Control {
    /// Its org.
    pub org: OrgCode,
    /// Made from its first name; never changes.
    pub id: ControlId,
    /// Its name, unique in the org under folding.
    pub name: Name,
    /// Free text.
    pub description: Arc<str>,
    /// Set: only for groups of this audience. Never changes (AC-5).
    pub audience: Option<Audience>,
    /// Its scopes, sorted, not empty.
    pub scopes: Arc<Vec<ScopeId>>,
    /// Who and when.
    pub meta: Meta,
}

/// A user group: access controls are assigned to it, and users are its members (AC-2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UserGroup {
    /// Its org.
    pub org: OrgCode,
    /// Made from its first name; never changes.
    pub id: UserGroupId,
    /// Its name, unique in the org under folding.
    pub name: Name,
    /// Free text.
    pub description: Arc<str>,
    /// Whom it is for.
    pub audience: Audience,
    /// Its controls, sorted by id, each at most once.
    pub controls: Arc<Vec<ControlGrant>>,
    /// Who and when.
    pub meta: Meta,
}

/// A control of a user group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ControlGrant {
    /// The control: the org's own, else a predefined one.
    pub control: ControlId,
    /// Where it reaches, sorted; empty is the whole org (AC-22).
    #[serde(default)]
    pub places: Vec<Place>,
    /// When.
    #[serde(default)]
    pub bounds: Bounds,
}

/// A custom permission set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PermissionSet {
    /// Its org.
    pub org: OrgCode,
    /// Made from its first name; never changes.
    pub id: SetId,
    /// Its name, unique in the org under folding.
    pub name: Name,
    /// Free text.
    pub description: Arc<str>,
    /// What it grants, sorted by sub-module, each once.
    pub grants: Arc<Vec<ModuleGrant>>,
    /// Who and when.
    pub meta: Meta,
}

/// A permission set of a user.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct SetGrant {
    /// The set: the org's own, else a standard one.
    pub set: SetId,
    /// Where, sorted; never empty (UM-9).
    pub places: Vec<Place>,
    /// When.
    #[serde(default)]
    pub bounds: Bounds,
}

/// A custom role: access rights of either kind (APP-10).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Role {
    /// Its org.
    pub org: OrgCode,
    /// Its id, chosen by its maker.
    pub id: RoleId,
    /// Its name.
    pub name: Name,
    /// Free text.
    pub description: Arc<str>,
    /// Its rights, sorted: functional privileges and endpoint privileges.
    pub rights: Arc<Vec<PrivilegeId>>,
    /// Who and when.
    pub meta: Meta,
}

/// A role of an application or a user.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct RoleGrant {
    /// The role: the org's own, else a predefined one.
    pub role: RoleId,
    /// When.
    #[serde(default)]
    pub bounds: Bounds,
}

/// A user's membership of a group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Membership {
    /// The group.
    pub group: UserGroupId,
    /// When.
    #[serde(default)]
    pub bounds: Bounds,
}

/// A designation from bulk adding (UM-17). It grants nothing; its level names the kind of place that its holder's
/// assignments may lie at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Designation {
    /// What it is called.
    pub name: Arc<str>,
    /// The kind of place.
    pub level: PlaceLevel,
}

/// What a user has beside a name and a type. Owners of before have none of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct UserMore {
    /// Its address, unique in the org under folding.
    pub email: Option<Arc<str>>,
    /// Employee or customer.
    pub audience: Audience,
    /// Where it may act at all, sorted: all its assignments reach only so far (UM-2).
    pub places: Vec<Place>,
    /// Its designation.
    pub designation: Option<Designation>,
    /// Its groups, sorted, each once.
    pub groups: Vec<Membership>,
    /// Its permission sets, sorted; the same set may be there at other places or times.
    pub sets: Vec<SetGrant>,
    /// Its internal roles, sorted, each once (APP-5).
    pub roles: Vec<RoleGrant>,
    /// What it is called by.
    pub profile: Profile,
}

/// Parts of a person's name and what else came with them; decisions read none of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Profile {
    /// "Dr".
    pub title: Option<Arc<str>>,
    /// First name.
    pub first: Option<Arc<str>>,
    /// Middle name.
    pub middle: Option<Arc<str>>,
    /// Last name.
    pub last: Option<Arc<str>>,
    /// A telephone number.
    pub mobile: Option<Arc<str>>,
}

/// What an application is, for good (APP-4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// An integration.
    Application,
    /// An extension of the store front.
    Extension,
}

impl fmt::Display for ApplicationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Application => "application",
            Self::Extension => "extension",
        })
    }
}

impl std::str::FromStr for ApplicationType {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "application" => Ok(Self::Application),
            "extension" => Ok(Self::Extension),
            _other => Err(format!("`{}` is no type: it is `application` or `extension`", text.escape_default())),
        }
    }
}

/// A registered application. Its keys are credentials.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Application {
    /// Its org.
    pub org: OrgCode,
    /// Its internal id.
    pub id: ApplicationId,
    /// Its name.
    pub name: Name,
    /// Application or extension; never changes.
    pub kind: ApplicationType,
    /// Cleared by `suspend`.
    pub active: bool,
    /// Its roles, sorted, each once.
    pub roles: Arc<Vec<RoleGrant>>,
    /// Internal roles that came with a registration without roles and grant nothing (APP-13); any later assignment drops
    /// them (APP-15).
    pub inert_roles: Arc<Vec<RoleId>>,
    /// Scopes of its credential, sorted (AC-6).
    pub scopes: Arc<Vec<ScopeId>>,
    /// An access group of its own (AG-36).
    pub group: Option<GroupId>,
    /// Where it came from, in its registrar's words.
    pub source: Option<Arc<str>>,
    /// Somebody else's.
    pub external: bool,
    /// Who and when.
    pub meta: Meta,
}

/// An allocation that goes back by itself: break-glass. The tick that passes its end puts back what was there before,
/// unless somebody has allocated another meanwhile.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Override {
    /// The org.
    pub org: OrgCode,
    /// The store.
    pub store: StoreCode,
    /// The group that was allocated for the while.
    pub group: GroupId,
    /// What was allocated before, and whether it only observed; none inherited the default.
    pub before: Option<(GroupId, bool)>,
    /// The end.
    pub until: Tick,
    /// Who and when.
    pub meta: Meta,
}

/// Switches of an org.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The org.
    pub org: OrgCode,
    /// Whom to turn to (UM-23).
    pub contact: Option<Arc<str>>,
    /// An application registered without roles gets none (APP-13).
    pub least_privilege_registration: bool,
    /// Who and when.
    pub meta: Meta,
    /// A change takes effect when a second person approves it. Last, as in `Org`.
    #[serde(default, skip_serializing_if = "crate::object::is_unset")]
    pub approval_required: bool,
}

/// The moment up to which replicated time has flipped what is bounded in time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Clock {
    /// Milliseconds since 1970.
    pub tick: Tick,
    /// Who and when.
    pub meta: Meta,
}
