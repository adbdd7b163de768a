//! The parts of a document, as they are written.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::{Class, Level};
use crate::ids::*;
use crate::name::Name;
use crate::object::*;
use crate::permission::Actions;
use crate::place::{Place, PlaceLevel};

/// An org's policy.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Document {
    /// The org itself.
    pub org: OrgPart,
    /// Zones, by code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub zones: BTreeMap<ZoneCode, Branch<ZoneCode>>,
    /// Concepts, by code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub concepts: BTreeMap<ConceptCode, Branch<ConceptCode>>,
    /// Resources, by name, with their descriptions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<ResourceId, Arc<str>>,
    /// Endpoints, by method and template.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<Arc<str>, EndpointPart>,
    /// Custom access groups, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub access_groups: BTreeMap<GroupId, GroupPart>,
    /// Scopes that the org defines.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scopes: BTreeMap<ScopeId, ScopePart>,
    /// Custom entities, by id, with their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub entities: BTreeMap<EntityId, Name>,
    /// Custom access controls, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub access_controls: BTreeMap<ControlId, ControlPart>,
    /// User groups, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub user_groups: BTreeMap<UserGroupId, UserGroupPart>,
    /// Custom permission sets, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub permission_sets: BTreeMap<SetId, SetPart>,
    /// Custom roles, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<RoleId, RolePart>,
    /// Stores with their tills, by code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stores: BTreeMap<StoreCode, StorePart>,
    /// Users, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub users: BTreeMap<UserId, UserPart>,
    /// Applications, by id; without their keys.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub applications: BTreeMap<ApplicationId, ApplicationPart>,
}

/// The org itself.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct OrgPart {
    /// Its name; none leaves it as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Suspended.
    #[serde(skip_serializing_if = "is_false")]
    pub suspended: bool,
    /// The group that stores without one of their own inherit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_group: Option<GroupId>,
    /// It only observes.
    #[serde(skip_serializing_if = "is_false")]
    pub default_observe: bool,
    /// Whom to turn to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Arc<str>>,
    /// Applications registered without roles get none.
    #[serde(skip_serializing_if = "is_false")]
    pub least_privilege_registration: bool,
    /// A change takes effect when a second person approves it.
    #[serde(skip_serializing_if = "is_false")]
    pub approval_required: bool,
}

/// A zone or a concept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch<C> {
    /// Its name.
    pub name: Name,
    /// The one above.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub parent: Option<C>,
}

/// An endpoint.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EndpointPart {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Its resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// Data unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// By method unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// For everybody.
    #[serde(skip_serializing_if = "is_false")]
    pub open: bool,
    /// Any of these scopes opens it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<ScopeId>,
    /// All of the scopes are needed.
    #[serde(skip_serializing_if = "is_false")]
    pub all_scopes: bool,
    /// Any of these permissions opens it, as `Module/Sub-module:action`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// It is about one instance.
    #[serde(skip_serializing_if = "is_false")]
    pub instance: bool,
}

/// A custom access group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GroupPart {
    /// Its name.
    pub name: Name,
    /// Free text.
    #[serde(default, skip_serializing_if = "is_blank")]
    pub description: Arc<str>,
    /// It can't be allocated.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inactive: bool,
    /// Its cells, by resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grants: BTreeMap<ResourceId, Cells>,
}

/// The cells of one resource.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Cells {
    /// Of the Data API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<CellPart>,
    /// Of the Config API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<CellPart>,
}

/// One cell: `Read`, `Write` or `Read+Write`, or that with the endpoints that it is narrowed to or around.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CellPart {
    /// All endpoints.
    Whole(String),
    /// Some of them.
    Narrowed(NarrowedCell),
}

/// A narrowed cell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NarrowedCell {
    /// What is granted.
    pub levels: String,
    /// On these endpoints alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<EndpointId>,
    /// On all but these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<EndpointId>,
}

/// A scope of the org.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ScopePart {
    /// Free text.
    #[serde(skip_serializing_if = "is_blank")]
    pub description: Arc<str>,
    /// Only for what is its holder's own.
    #[serde(skip_serializing_if = "is_false")]
    pub own: bool,
}

/// A custom access control.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ControlPart {
    /// Its name.
    pub name: Name,
    /// Free text.
    #[serde(default, skip_serializing_if = "is_blank")]
    pub description: Arc<str>,
    /// Only for groups of this audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
    /// Its scopes.
    pub scopes: Vec<ScopeId>,
}

/// A user group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UserGroupPart {
    /// Its name.
    pub name: Name,
    /// Free text.
    #[serde(default, skip_serializing_if = "is_blank")]
    pub description: Arc<str>,
    /// Whom it is for.
    #[serde(default)]
    pub audience: Audience,
    /// Its controls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<AssignedPart>,
}

/// Something that is assigned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AssignedPart {
    /// Its id.
    pub id: Arc<str>,
    /// Where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<Place>,
    /// From this moment on, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Tick>,
    /// Before this moment only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Tick>,
}

/// A custom permission set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SetPart {
    /// Its name.
    pub name: Name,
    /// Free text.
    #[serde(default, skip_serializing_if = "is_blank")]
    pub description: Arc<str>,
    /// What it grants, by sub-module, as letters of `VCEDA`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grants: BTreeMap<ModuleId, Actions>,
}

/// A custom role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RolePart {
    /// Its name.
    pub name: Name,
    /// Free text.
    #[serde(default, skip_serializing_if = "is_blank")]
    pub description: Arc<str>,
    /// Its rights.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<PrivilegeId>,
}

/// A store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StorePart {
    /// Its name.
    pub name: Name,
    /// Its zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneCode>,
    /// Its concept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concept: Option<ConceptCode>,
    /// Suspended.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspended: bool,
    /// The group allocated to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// It only observes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub observe: bool,
    /// The rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<StoreDetails>,
    /// Its tills, by code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tills: BTreeMap<TillCode, TillPart>,
}

/// A till.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TillPart {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Suspended.
    #[serde(skip_serializing_if = "is_false")]
    pub suspended: bool,
}

/// A user.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UserPart {
    /// Its name.
    pub name: Name,
    /// Standard, admin or owner.
    #[serde(rename = "type")]
    pub user_type: UserType,
    /// Employee or customer.
    #[serde(default)]
    pub audience: Audience,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Arc<str>>,
    /// Suspended.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspended: bool,
    /// Where it may act at all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// Its designation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub designation: Option<DesignationPart>,
    /// Its user groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<AssignedPart>,
    /// Its permission sets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permission_sets: Vec<AssignedPart>,
    /// Its internal roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<AssignedPart>,
    /// Parts of its name and what else came with it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub profile: Profile,
}

/// A designation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesignationPart {
    /// What it is called.
    pub name: Arc<str>,
    /// The kind of place of its holder's assignments.
    pub level: PlaceLevel,
}

/// An application.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ApplicationPart {
    /// Its name.
    pub name: Name,
    /// Application or extension.
    #[serde(rename = "type")]
    pub kind: ApplicationType,
    /// Suspended.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspended: bool,
    /// Its roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<AssignedPart>,
    /// Roles that came with its registration and grant nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inert_roles: Vec<RoleId>,
    /// Scopes of its credential.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<ScopeId>,
    /// An access group of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_group: Option<GroupId>,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Arc<str>>,
    /// Somebody else's.
    #[serde(default, skip_serializing_if = "is_false")]
    pub external: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_blank(text: &Arc<str>) -> bool {
    text.is_empty()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn none<C>() -> Option<C> {
    None
}
