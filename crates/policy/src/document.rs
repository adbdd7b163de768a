//! An org's policy as one document that people read, keep under version control and apply again: the same objects as in
//! the state, in words, without times and authors, and without what lets somebody in.
//!
//! Built-in groups and everything else of the platform's catalogue aren't in it: they come with the org. Nor are
//! allocations that go back by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::object::*;
use crate::outcome::Change;
use crate::permission::ModuleGrant;
use crate::state::{OrgState, State};

mod convert;
mod parts;

use convert::*;
pub use parts::*;

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
                approval_required: org.approval_required(),
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
        let switched = self.org.contact.is_some() || self.org.least_privilege_registration || self.org.approval_required;
        if switched || org.settings.is_some() {
            put(Object::Settings(Arc::new(Settings {
                org: code.clone(),
                contact: self.org.contact.clone(),
                least_privilege_registration: self.org.least_privilege_registration,
                meta: Meta::default(),
                approval_required: self.org.approval_required,
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
