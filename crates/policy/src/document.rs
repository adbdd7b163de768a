//! An org's policy as one document that people read, keep under version control and apply again: the same objects as in
//! the state, in words, without times and authors, and without what lets somebody in.
//!
//! Built-in groups and everything else of the platform's catalogue aren't in it: they come with the org. Nor are
//! allocations that go back by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::{Class, Grant, Level, Levels, Narrow};
use crate::ids::*;
use crate::name::Name;
use crate::object::*;
use crate::outcome::Change;
use crate::permission::{Actions, ModuleGrant, Permission};
use crate::place::{Bounds, Place, PlaceLevel};
use crate::state::{OrgState, State};

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

/// What of a document can't be meant: where, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadDocument {
    /// The path of keys: `access-groups.Kiosk.grants.Customer`.
    pub place: String,
    /// What is wrong, and what would be right.
    pub cause: String,
}

impl fmt::Display for BadDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.cause)
    }
}

impl std::error::Error for BadDocument {}

fn bad(place: impl Into<String>, cause: impl ToString) -> BadDocument {
    BadDocument { place: place.into(), cause: cause.to_string() }
}

impl Document {
    /// The document of an org.
    pub fn of(org: &OrgState) -> Self {
        let settings = org.settings.as_deref();
        Self {
            org: OrgPart {
                name: Some(org.org.name.clone()),
                suspended: !org.org.active,
                default_group: org.org.default_group.clone(),
                default_observe: org.org.default_observe,
                contact: settings.and_then(|settings| settings.contact.clone()),
                least_privilege_registration: settings.is_some_and(|settings| settings.least_privilege_registration),
            },
            zones: org.zones.values().map(|zone| (zone.code.clone(), Branch { name: zone.name.clone(), parent: zone.parent.clone() })).collect(),
            concepts: org.concepts.values().map(|one| (one.code.clone(), Branch { name: one.name.clone(), parent: one.parent.clone() })).collect(),
            resources: org.resources.values().map(|resource| (resource.id.clone(), resource.description.clone())).collect(),
            endpoints: org.endpoints.values().map(|endpoint| endpoint_part(endpoint)).collect(),
            access_groups: org.groups.values().filter(|group| group.kind == GroupKind::Custom).map(|group| group_part(group)).collect(),
            scopes: org.scopes.values().map(|one| (one.id.clone(), ScopePart { description: one.description.clone(), own: one.own })).collect(),
            entities: org.entities.values().map(|entity| (entity.id.clone(), entity.name.clone())).collect(),
            access_controls: org.controls.values().map(|control| control_part(control)).collect(),
            user_groups: org.user_groups.values().map(|group| user_group_part(group)).collect(),
            permission_sets: org.sets.values().map(|set| set_part(set)).collect(),
            roles: org.roles.values().map(|role| role_part(role)).collect(),
            stores: org.stores.values().map(|store| store_part(org, store)).collect(),
            users: org.users.values().map(|user| user_part(user)).collect(),
            applications: org.applications.values().map(|application| application_part(application)).collect(),
        }
    }

    /// What makes an org's policy the document's: objects that differ are put, in an order that may be cut into entries;
    /// with `prune`, what the document doesn't have is taken away, after all puts.
    pub fn changes(&self, state: &State, org: &OrgState, prune: bool) -> Result<Vec<Change>, BadDocument> {
        let objects = self.objects(org)?;
        let blank = |object: &Object| {
            let mut object = object.clone();
            *object.meta_mut() = Meta::default();
            object
        };
        let mut named = BTreeSet::new();
        let mut changes = Vec::new();
        for after in objects {
            let id = after.id();
            let before = state.get(&id);
            if before.as_ref().map(&blank).as_ref() != Some(&after) {
                changes.push(Change { before, after: Some(after) });
            }
            named.insert(id);
        }
        if prune {
            let mut gone: Vec<Object> = of_documents(org).filter(|object| !named.contains(&object.id())).collect();
            gone.reverse();
            changes.extend(gone.into_iter().map(|before| Change { before: Some(before), after: None }));
        }
        Ok(changes)
    }

    /// The objects it describes, without times and authors, in an order that loads: what is named before what names it.
    fn objects(&self, org: &OrgState) -> Result<Vec<Object>, BadDocument> {
        let code = &org.org.org;
        let mut objects = Vec::new();
        let mut put = |object: Object| objects.push(object);
        for zone in parents_first(&self.zones) {
            if let Some(part) = self.zones.get(&zone) {
                put(Object::Zone(Arc::new(Zone { org: code.clone(), code: zone, name: part.name.clone(), parent: part.parent.clone(), meta: Meta::default() })));
            }
        }
        for concept in parents_first(&self.concepts) {
            if let Some(part) = self.concepts.get(&concept) {
                let (name, parent) = (part.name.clone(), part.parent.clone());
                put(Object::Concept(Arc::new(Concept { org: code.clone(), code: concept, name, parent, meta: Meta::default() })));
            }
        }
        for (id, description) in &self.resources {
            put(Object::Resource(Arc::new(Resource { org: code.clone(), id: id.clone(), description: description.clone(), meta: Meta::default() })));
        }
        for (id, part) in &self.scopes {
            let description = part.description.clone();
            put(Object::Scope(Arc::new(Scope { org: code.clone(), id: id.clone(), description, own: part.own, meta: Meta::default() })));
        }
        for (id, name) in &self.entities {
            put(Object::Entity(Arc::new(Entity { org: code.clone(), id: id.clone(), name: name.clone(), meta: Meta::default() })));
        }
        for (key, part) in &self.endpoints {
            put(Object::Endpoint(Arc::new(endpoint(code, key, part)?)));
        }
        for (id, part) in &self.access_groups {
            put(Object::Group(Arc::new(group(code, id, part)?)));
        }
        for (id, part) in &self.access_controls {
            put(Object::Control(Arc::new(Control {
                org: code.clone(),
                id: id.clone(),
                name: part.name.clone(),
                description: part.description.clone(),
                audience: part.audience,
                scopes: Arc::new(sorted(part.scopes.clone())),
                meta: Meta::default(),
            })));
        }
        for (id, part) in &self.user_groups {
            let controls = part.controls.iter().map(|one| {
                let control = one.id.parse().map_err(|why| bad(format!("user-groups.{id}.controls"), why))?;
                Ok(ControlGrant { control, places: sorted(one.at.clone()), bounds: one.bounds() })
            });
            put(Object::UserGroup(Arc::new(UserGroup {
                org: code.clone(),
                id: id.clone(),
                name: part.name.clone(),
                description: part.description.clone(),
                audience: part.audience,
                controls: Arc::new(sorted(controls.collect::<Result<_, BadDocument>>()?)),
                meta: Meta::default(),
            })));
        }
        for (id, part) in &self.permission_sets {
            let grants = part.grants.iter().map(|(module, actions)| ModuleGrant { module: module.clone(), actions: *actions }).collect();
            put(Object::Set(Arc::new(PermissionSet {
                org: code.clone(),
                id: id.clone(),
                name: part.name.clone(),
                description: part.description.clone(),
                grants: Arc::new(grants),
                meta: Meta::default(),
            })));
        }
        for (id, part) in &self.roles {
            put(Object::Role(Arc::new(Role {
                org: code.clone(),
                id: id.clone(),
                name: part.name.clone(),
                description: part.description.clone(),
                rights: Arc::new(sorted(part.rights.clone())),
                meta: Meta::default(),
            })));
        }
        put(Object::Org(Arc::new(Org {
            org: code.clone(),
            name: self.org.name.clone().unwrap_or_else(|| org.org.name.clone()),
            active: !self.org.suspended,
            default_group: self.org.default_group.clone(),
            default_observe: self.org.default_observe && self.org.default_group.is_some(),
            meta: Meta::default(),
        })));
        let switched = self.org.contact.is_some() || self.org.least_privilege_registration;
        if switched || org.settings.is_some() {
            put(Object::Settings(Arc::new(Settings {
                org: code.clone(),
                contact: self.org.contact.clone(),
                least_privilege_registration: self.org.least_privilege_registration,
                meta: Meta::default(),
            })));
        }
        for (id, part) in &self.stores {
            put(Object::Store(Arc::new(store(code, id, part))));
        }
        for (store, part) in &self.stores {
            for (till, part) in &part.tills {
                put(Object::Till(Arc::new(Till {
                    org: code.clone(),
                    store: store.clone(),
                    code: till.clone(),
                    name: part.name.clone(),
                    active: !part.suspended,
                    meta: Meta::default(),
                })));
            }
        }
        for (id, part) in &self.users {
            put(Object::User(Arc::new(user(code, id, part)?)));
        }
        for (id, part) in &self.applications {
            put(Object::Application(Arc::new(application(code, id, part)?)));
        }
        Ok(objects)
    }
}

/// The objects of an org that a document has.
fn of_documents(org: &OrgState) -> impl Iterator<Item = Object> + '_ {
    let places = org.zones.values().cloned().map(Object::Zone).chain(org.concepts.values().cloned().map(Object::Concept));
    let catalogue = org.resources.values().cloned().map(Object::Resource);
    let scopes = org.scopes.values().cloned().map(Object::Scope).chain(org.entities.values().cloned().map(Object::Entity));
    let endpoints = org.endpoints.values().cloned().map(Object::Endpoint);
    let groups = org.groups.values().filter(|group| group.kind == GroupKind::Custom).cloned().map(Object::Group);
    let bundles = org.controls.values().cloned().map(Object::Control);
    let bundles = bundles.chain(org.user_groups.values().cloned().map(Object::UserGroup)).chain(org.sets.values().cloned().map(Object::Set));
    let bundles = bundles.chain(org.roles.values().cloned().map(Object::Role));
    let stores = org.stores.values().cloned().map(Object::Store).chain(org.tills.values().cloned().map(Object::Till));
    let people = org.users.values().cloned().map(Object::User).chain(org.applications.values().cloned().map(Object::Application));
    places.chain(catalogue).chain(scopes).chain(endpoints).chain(groups).chain(bundles).chain(stores).chain(people)
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all.dedup();
    all
}

/// Codes, each after its parent. Those of a cycle come last: whoever plans refuses them.
fn parents_first<C: Ord + Clone>(branches: &BTreeMap<C, Branch<C>>) -> Vec<C> {
    let depth = |code: &C| {
        let above = |code: &C| branches.get(code).and_then(|branch| branch.parent.clone());
        std::iter::successors(Some(code.clone()), above).take(branches.len() + 1).count()
    };
    let mut codes: Vec<(usize, C)> = branches.keys().map(|code| (depth(code), code.clone())).collect();
    codes.sort();
    codes.into_iter().map(|(_, code)| code).collect()
}

impl AssignedPart {
    fn new(id: &str, at: &[Place], bounds: Bounds) -> Self {
        Self { id: id.into(), at: at.to_vec(), from: bounds.not_before, until: bounds.not_after }
    }

    fn bounds(&self) -> Bounds {
        Bounds { not_before: self.from, not_after: self.until }
    }
}

fn endpoint_part(endpoint: &Endpoint) -> (Arc<str>, EndpointPart) {
    let routes = endpoint.routes.as_deref().cloned().unwrap_or_default();
    let part = EndpointPart {
        name: endpoint.name.clone(),
        resource: endpoint.resource.clone(),
        class: (endpoint.class != Class::Data).then_some(endpoint.class),
        level: (endpoint.level != Level::of_method(&endpoint.method)).then_some(endpoint.level),
        open: routes.open,
        scopes: routes.scopes,
        all_scopes: routes.all_scopes,
        permissions: routes.permissions.iter().map(Permission::to_string).collect(),
        instance: routes.instance,
    };
    (format!("{} {}", endpoint.method, endpoint.template).into(), part)
}

fn endpoint(org: &OrgCode, key: &str, part: &EndpointPart) -> Result<Endpoint, BadDocument> {
    let at = || format!("endpoints.{key}");
    let (method, path) = key.split_once(' ').ok_or_else(|| bad(at(), "it is a method, a blank and a path template"))?;
    let (id, template) = crate::plan::endpoint_id(method, path).map_err(|(_, why)| bad(at(), why))?;
    let permissions = part.permissions.iter().map(|text| text.parse::<Permission>().map_err(|why| bad(format!("{}.permissions", at()), why)));
    let routes = Routes {
        open: part.open,
        scopes: sorted(part.scopes.clone()),
        all_scopes: part.all_scopes,
        permissions: sorted(permissions.collect::<Result<_, _>>()?),
        instance: part.instance,
    };
    let method: Arc<str> = method.to_ascii_uppercase().into();
    Ok(Endpoint {
        org: org.clone(),
        id,
        level: part.level.unwrap_or(Level::of_method(&method)),
        method,
        template: template.shown.into(),
        matchable: template.matchable,
        name: part.name.clone(),
        resource: part.resource.clone(),
        class: part.class.unwrap_or_default(),
        meta: Meta::default(),
        routes: (routes != Routes::default()).then(|| Arc::new(routes)),
    })
}

fn group_part(group: &Group) -> (GroupId, GroupPart) {
    let mut grants: BTreeMap<ResourceId, Cells> = BTreeMap::new();
    for grant in group.grants.iter() {
        let levels = grant.levels.to_string();
        let cell = match &grant.narrow {
            None => CellPart::Whole(levels),
            Some(Narrow::Only(only)) => CellPart::Narrowed(NarrowedCell { levels, only: only.clone(), except: Vec::new() }),
            Some(Narrow::Except(except)) => CellPart::Narrowed(NarrowedCell { levels, only: Vec::new(), except: except.clone() }),
        };
        let cells = grants.entry(grant.resource.clone()).or_default();
        match grant.class {
            Class::Data => cells.data = Some(cell),
            Class::Config => cells.config = Some(cell),
        }
    }
    let (name, description) = (group.name.clone(), group.description.clone());
    (group.id.clone(), GroupPart { name, description, inactive: !group.active, grants })
}

fn group(org: &OrgCode, id: &GroupId, part: &GroupPart) -> Result<Group, BadDocument> {
    let mut grants = Vec::new();
    for (resource, cells) in &part.grants {
        for (class, cell) in [(Class::Data, &cells.data), (Class::Config, &cells.config)] {
            let Some(cell) = cell else { continue };
            let at = || format!("access-groups.{id}.grants.{resource}.{}", class.to_string().to_ascii_lowercase());
            let (levels, narrow) = match cell {
                CellPart::Whole(levels) => (levels, None),
                CellPart::Narrowed(cell) => match (cell.only.is_empty(), cell.except.is_empty()) {
                    (false, true) => (&cell.levels, Some(Narrow::Only(cell.only.clone()).in_order())),
                    (true, false) => (&cell.levels, Some(Narrow::Except(cell.except.clone()).in_order())),
                    (true, true) => (&cell.levels, None),
                    (false, false) => return Err(bad(at(), "a cell is narrowed by `only` or by `except`, never by both")),
                },
            };
            let levels: Levels = levels.parse().map_err(|why| bad(at(), why))?;
            if !levels.is_empty() {
                grants.push(Grant { resource: resource.clone(), class, levels, narrow });
            }
        }
    }
    Ok(Group {
        org: org.clone(),
        id: id.clone(),
        name: part.name.clone(),
        description: part.description.clone(),
        kind: GroupKind::Custom,
        active: !part.inactive,
        wildcard: false,
        grants: Arc::new(grants),
        meta: Meta::default(),
    })
}

fn control_part(control: &Control) -> (ControlId, ControlPart) {
    let (name, description, scopes) = (control.name.clone(), control.description.clone(), (*control.scopes).clone());
    (control.id.clone(), ControlPart { name, description, audience: control.audience, scopes })
}

fn user_group_part(group: &UserGroup) -> (UserGroupId, UserGroupPart) {
    let controls = group.controls.iter().map(|grant| AssignedPart::new(grant.control.as_str(), &grant.places, grant.bounds)).collect();
    let (name, description) = (group.name.clone(), group.description.clone());
    (group.id.clone(), UserGroupPart { name, description, audience: group.audience, controls })
}

fn set_part(set: &PermissionSet) -> (SetId, SetPart) {
    let grants = set.grants.iter().map(|grant| (grant.module.clone(), grant.actions)).collect();
    (set.id.clone(), SetPart { name: set.name.clone(), description: set.description.clone(), grants })
}

fn role_part(role: &Role) -> (RoleId, RolePart) {
    (role.id.clone(), RolePart { name: role.name.clone(), description: role.description.clone(), rights: (*role.rights).clone() })
}

fn store_part(org: &OrgState, store: &Store) -> (StoreCode, StorePart) {
    let tills = org.tills_of(&store.code).map(|till| (till.code.clone(), TillPart { name: till.name.clone(), suspended: !till.active }));
    let part = StorePart {
        name: store.name.clone(),
        zone: store.zone.clone(),
        concept: store.concept.clone(),
        suspended: !store.active,
        group: store.group.clone(),
        observe: store.observe,
        details: store.details.as_deref().cloned(),
        tills: tills.collect(),
    };
    (store.code.clone(), part)
}

fn store(org: &OrgCode, code: &StoreCode, part: &StorePart) -> Store {
    Store {
        org: org.clone(),
        code: code.clone(),
        name: part.name.clone(),
        zone: part.zone.clone(),
        concept: part.concept.clone(),
        active: !part.suspended,
        group: part.group.clone(),
        details: part.details.clone().filter(|details| *details != StoreDetails::default()).map(Arc::new),
        meta: Meta::default(),
        observe: part.observe && part.group.is_some(),
    }
}

fn user_part(user: &User) -> (UserId, UserPart) {
    let more = user.more();
    let part = UserPart {
        name: user.name.clone(),
        user_type: user.user_type,
        audience: more.audience,
        email: more.email.clone(),
        suspended: !user.active,
        places: more.places.clone(),
        designation: more.designation.as_ref().map(|one| DesignationPart { name: one.name.clone(), level: one.level }),
        groups: more.groups.iter().map(|one| AssignedPart::new(one.group.as_str(), &[], one.bounds)).collect(),
        permission_sets: more.sets.iter().map(|one| AssignedPart::new(one.set.as_str(), &one.places, one.bounds)).collect(),
        roles: more.roles.iter().map(|one| AssignedPart::new(one.role.as_str(), &[], one.bounds)).collect(),
        profile: more.profile.clone(),
    };
    (user.id.clone(), part)
}

fn user(org: &OrgCode, id: &UserId, part: &UserPart) -> Result<User, BadDocument> {
    let groups = part.groups.iter().map(|one| {
        let group = one.id.parse().map_err(|why| bad(format!("users.{id}.groups"), why))?;
        Ok(Membership { group, bounds: one.bounds() })
    });
    let sets = part.permission_sets.iter().map(|one| {
        let set = one.id.parse().map_err(|why| bad(format!("users.{id}.permission-sets"), why))?;
        Ok(SetGrant { set, places: sorted(one.at.clone()), bounds: one.bounds() })
    });
    let more = UserMore {
        email: part.email.clone(),
        audience: part.audience,
        places: sorted(part.places.clone()),
        designation: part.designation.as_ref().map(|one| Designation { name: one.name.clone(), level: one.level }),
        groups: sorted(groups.collect::<Result<_, BadDocument>>()?),
        sets: sorted(sets.collect::<Result<_, BadDocument>>()?),
        roles: role_grants(&part.roles, || format!("users.{id}.roles"))?,
        profile: part.profile.clone(),
    };
    let blank = User {
        org: org.clone(),
        id: id.clone(),
        name: part.name.clone(),
        user_type: part.user_type,
        active: !part.suspended,
        meta: Meta::default(),
        more: None,
    };
    Ok(blank.with_more(more))
}

fn role_grants(parts: &[AssignedPart], at: impl Fn() -> String) -> Result<Vec<RoleGrant>, BadDocument> {
    let grants = parts.iter().map(|one| {
        let role = one.id.parse().map_err(|why| bad(at(), why))?;
        Ok(RoleGrant { role, bounds: one.bounds() })
    });
    Ok(sorted(grants.collect::<Result<_, BadDocument>>()?))
}

fn application_part(application: &Application) -> (ApplicationId, ApplicationPart) {
    let part = ApplicationPart {
        name: application.name.clone(),
        kind: application.kind,
        suspended: !application.active,
        roles: application.roles.iter().map(|one| AssignedPart::new(one.role.as_str(), &[], one.bounds)).collect(),
        inert_roles: (*application.inert_roles).clone(),
        scopes: (*application.scopes).clone(),
        access_group: application.group.clone(),
        source: application.source.clone(),
        external: application.external,
    };
    (application.id.clone(), part)
}

fn application(org: &OrgCode, id: &ApplicationId, part: &ApplicationPart) -> Result<Application, BadDocument> {
    Ok(Application {
        org: org.clone(),
        id: id.clone(),
        name: part.name.clone(),
        kind: part.kind,
        active: !part.suspended,
        roles: Arc::new(role_grants(&part.roles, || format!("applications.{id}.roles"))?),
        inert_roles: Arc::new(sorted(part.inert_roles.clone())),
        scopes: Arc::new(sorted(part.scopes.clone())),
        group: part.access_group.clone(),
        source: part.source.clone(),
        external: part.external,
        meta: Meta::default(),
    })
}
