//! The only way into the state: objects put and taken away, with all that is derived from them.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use super::{APPLICATION, CONTROL, ClassKey, Members, OrgState, ROLE, SET, State, USER_GROUP};
use crate::ids::*;
use crate::object::*;
use crate::outcome::Change;
use crate::place::Bounds;

/// Whether objects of this kind may be bounded in time.
fn may_flip(object: &Object) -> bool {
    matches!(object, Object::User(_) | Object::UserGroup(_) | Object::Application(_) | Object::Override(_) | Object::Credential(_) | Object::Proposal(_))
}

/// The bounds that an object has in it.
fn bounds_of(object: &Object) -> Vec<Bounds> {
    match object {
        Object::User(o) => {
            let more = o.more();
            let groups = more.groups.iter().map(|membership| membership.bounds);
            groups.chain(more.sets.iter().map(|grant| grant.bounds)).chain(more.roles.iter().map(|grant| grant.bounds)).collect()
        }
        Object::UserGroup(o) => o.controls.iter().map(|grant| grant.bounds).collect(),
        Object::Application(o) => o.roles.iter().map(|grant| grant.bounds).collect(),
        Object::Override(o) => vec![Bounds { not_before: None, not_after: Some(o.until) }],
        Object::Credential(o) => vec![o.bounds],
        Object::Proposal(o) => vec![Bounds { not_before: None, not_after: Some(o.until) }],
        _always => Vec::new(),
    }
}

fn join<K: Ord + Clone, V: Ord + Clone>(sets: &mut OrdMap<K, OrdSet<V>>, key: &K, member: &V) {
    sets.entry(key.clone()).or_default().insert(member.clone());
}

fn leave<K: Ord + Clone, V: Ord + Clone>(sets: &mut OrdMap<K, OrdSet<V>>, key: &K, member: &V) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(member);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}

impl State {
    /// Applies one change: the only mutator of policy. Infallible and idempotent.
    pub fn apply(&mut self, change: &Change) {
        match (&change.after, &change.before) {
            (Some(object), _) => self.put(object),
            (None, Some(object)) => self.remove(&object.id()),
            (None, None) => {}
        }
    }

    /// Puts an object in the place of whatever has its id. Loading a state is this, object by object.
    pub fn put(&mut self, object: &Object) {
        if let Some(old) = may_flip(object).then(|| self.get(&object.id())).flatten() {
            self.note_moments(&old, false);
        }
        match object {
            Object::Cluster(o) => self.cluster = Some(o.clone()),
            Object::Org(o) => match self.orgs.get_mut(&o.org) {
                Some(org) => org.org = o.clone(),
                None => {
                    self.orgs.insert(o.org.clone(), OrgState::new(o.clone()));
                }
            },
            Object::Zone(o) => self.in_org(&o.org, |org| {
                org.zones.insert(o.code.clone(), o.clone());
            }),
            Object::Concept(o) => self.in_org(&o.org, |org| {
                org.concepts.insert(o.code.clone(), o.clone());
            }),
            Object::Store(o) => self.in_org(&o.org, |org| org.put_store(o)),
            Object::Till(o) => self.in_org(&o.org, |org| {
                org.recount(&o.store, |org| {
                    org.tills.insert((o.store.clone(), o.code.clone()), o.clone());
                });
            }),
            Object::Resource(o) => self.in_org(&o.org, |org| {
                org.resources.insert(o.id.clone(), o.clone());
            }),
            Object::Endpoint(o) => self.in_org(&o.org, |org| org.put_endpoint(o)),
            Object::Group(o) => self.in_org(&o.org, |org| org.put_group(o)),
            Object::User(o) => self.in_org(&o.org, |org| org.put_user(o)),
            Object::Retired(o) => self.in_org(&o.org, |org| {
                org.retired.insert(o.what.clone(), o.clone());
            }),
            Object::Credential(o) => {
                self.forget_secret(&o.id);
                if !o.revoked {
                    self.by_secret.insert(o.secret.clone(), o.id.clone());
                }
                if let CredentialKind::Application { org, application } = &o.kind {
                    self.in_org(org, |org| join(&mut org.keys, application, &o.id));
                }
                self.credentials.insert(o.id.clone(), o.clone());
            }
            Object::Scope(o) => self.in_org(&o.org, |org| {
                org.scopes.insert(o.id.clone(), o.clone());
            }),
            Object::Entity(o) => self.in_org(&o.org, |org| {
                org.entities.insert(o.id.clone(), o.clone());
            }),
            Object::Control(o) => self.in_org(&o.org, |org| {
                let old = org.controls.insert(o.id.clone(), o.clone());
                org.rename(CONTROL, o.id.as_str(), old.map(|old| old.name.folded()), Some(o.name.folded()));
            }),
            Object::UserGroup(o) => self.in_org(&o.org, |org| org.put_user_group(o)),
            Object::Set(o) => self.in_org(&o.org, |org| {
                let old = org.sets.insert(o.id.clone(), o.clone());
                org.rename(SET, o.id.as_str(), old.map(|old| old.name.folded()), Some(o.name.folded()));
            }),
            Object::Role(o) => self.in_org(&o.org, |org| {
                let old = org.roles.insert(o.id.clone(), o.clone());
                org.rename(ROLE, o.id.as_str(), old.map(|old| old.name.folded()), Some(o.name.folded()));
            }),
            Object::Application(o) => self.in_org(&o.org, |org| org.put_application(o)),
            Object::Override(o) => self.in_org(&o.org, |org| {
                org.overrides.insert(o.store.clone(), o.clone());
            }),
            Object::Settings(o) => self.in_org(&o.org, |org| org.settings = Some(o.clone())),
            Object::Platform(o) => self.platform = o.clone(),
            Object::Clock(o) => {
                self.clock = o.tick;
                self.clock_record = Some(o.clone());
            }
            Object::Proposal(o) => self.in_org(&o.org, |org| {
                org.proposals.insert(o.id, o.clone());
            }),
        }
        self.note_moments(object, true);
    }

    /// Takes an object away, if it is there.
    pub fn remove(&mut self, id: &ObjectId) {
        if let Some(old) = self.get(id).filter(may_flip) {
            self.note_moments(&old, false);
        }
        match id {
            ObjectId::Cluster => self.cluster = None,
            ObjectId::Org(org) => {
                self.orgs.remove(org);
            }
            ObjectId::Zone(org, code) => self.in_org(org, |org| {
                org.zones.remove(code);
            }),
            ObjectId::Concept(org, code) => self.in_org(org, |org| {
                org.concepts.remove(code);
            }),
            ObjectId::Store(org, code) => self.in_org(org, |org| {
                org.recount(code, |org| {
                    org.unlink_store(code);
                    org.stores.remove(code);
                });
            }),
            ObjectId::Till(org, store, code) => self.in_org(org, |org| {
                org.recount(store, |org| {
                    org.tills.remove(&(store.clone(), code.clone()));
                });
            }),
            ObjectId::Resource(org, id) => self.in_org(org, |org| {
                org.resources.remove(id);
            }),
            ObjectId::Endpoint(org, id) => self.in_org(org, |org| {
                org.unlink_endpoint(id);
                org.endpoints.remove(id);
            }),
            ObjectId::Group(org, id) => self.in_org(org, |org| {
                org.forget_group_name(id);
                org.groups.remove(id);
            }),
            ObjectId::User(org, id) => self.in_org(org, |org| {
                org.unlink_user(id);
                org.users.remove(id);
            }),
            ObjectId::Retired(org, what) => self.in_org(org, |org| {
                org.retired.remove(what);
            }),
            ObjectId::Credential(id) => {
                self.forget_secret(id);
                let old = self.credentials.remove(id);
                if let Some(CredentialKind::Application { org, application }) = old.map(|old| old.kind.clone()) {
                    self.in_org(&org, |org| leave(&mut org.keys, &application, id));
                }
            }
            ObjectId::Scope(org, id) => self.in_org(org, |org| {
                org.scopes.remove(id);
            }),
            ObjectId::Entity(org, id) => self.in_org(org, |org| {
                org.entities.remove(id);
            }),
            ObjectId::Control(org, id) => self.in_org(org, |org| {
                let old = org.controls.remove(id);
                org.rename(CONTROL, id.as_str(), old.map(|old| old.name.folded()), None);
            }),
            ObjectId::UserGroup(org, id) => self.in_org(org, |org| {
                org.unlink_user_group(id);
                org.user_groups.remove(id);
            }),
            ObjectId::Set(org, id) => self.in_org(org, |org| {
                let old = org.sets.remove(id);
                org.rename(SET, id.as_str(), old.map(|old| old.name.folded()), None);
            }),
            ObjectId::Role(org, id) => self.in_org(org, |org| {
                let old = org.roles.remove(id);
                org.rename(ROLE, id.as_str(), old.map(|old| old.name.folded()), None);
            }),
            ObjectId::Application(org, id) => self.in_org(org, |org| {
                org.unlink_application(id);
                org.applications.remove(id);
            }),
            ObjectId::Override(org, store) => self.in_org(org, |org| {
                org.overrides.remove(store);
            }),
            ObjectId::Settings(org) => self.in_org(org, |org| org.settings = None),
            ObjectId::Platform => self.platform = Arc::default(),
            ObjectId::Clock => {
                self.clock = Tick(0);
                self.clock_record = None;
            }
            ObjectId::Proposal(org, id) => self.in_org(org, |org| {
                org.proposals.remove(id);
            }),
        }
    }

    fn in_org(&mut self, org: &OrgCode, change: impl FnOnce(&mut OrgState)) {
        if let Some(org) = self.orgs.get_mut(org) {
            change(org);
        }
    }

    fn note_moments(&mut self, object: &Object, there: bool) {
        if !may_flip(object) {
            return;
        }
        for moment in bounds_of(object).iter().flat_map(Bounds::moments) {
            let key = (moment, object.id());
            if there {
                self.moments.insert(key);
            } else {
                self.moments.remove(&key);
            }
        }
    }

fn forget_secret(&mut self, id: &CredentialId) {
        if let Some(old) = self.credentials.get(id) {
            let secret = old.secret.clone();
            if self.by_secret.get(&secret) == Some(id) {
                self.by_secret.remove(&secret);
            }
        }
    }
}

impl OrgState {
    fn contribution(&self, store: &StoreCode) -> Option<(ClassKey, Members)> {
        let record = self.stores.get(store)?;
        let mut members = Members { stores: 1, stores_active: u64::from(record.active), ..Members::default() };
        for till in self.tills_of(store) {
            members.tills += 1;
            members.tills_live += u64::from(till.active && record.active);
        }
        Some((record.group.clone().map(|group| (group, record.observe)), members))
    }

    /// Changes a store or one of its tills, keeping the counts right.
    fn recount(&mut self, store: &StoreCode, change: impl FnOnce(&mut Self)) {
        if let Some((class, members)) = self.contribution(store) {
            let rest = self.members.entry(class.clone()).or_default();
            rest.take(members);
            if *rest == Members::default() {
                self.members.remove(&class);
            }
        }
        change(self);
        if let Some((class, members)) = self.contribution(store) {
            self.members.entry(class).or_default().add(members);
        }
    }

    fn unlink_store(&mut self, code: &StoreCode) {
        let Some(old) = self.stores.get(code).cloned() else { return };
        if let Some(group) = &old.group {
            leave(&mut self.allocated, group, code);
        }
        if let Some(zone) = &old.zone {
            leave(&mut self.zone_stores, zone, code);
        }
        if let Some(concept) = &old.concept {
            leave(&mut self.concept_stores, concept, code);
        }
    }

    fn put_store(&mut self, store: &Arc<Store>) {
        let code = &store.code;
        self.recount(code, |org| {
            org.unlink_store(code);
            if let Some(group) = &store.group {
                org.allocated.entry(group.clone()).or_default().insert(code.clone());
            }
            if let Some(zone) = &store.zone {
                org.zone_stores.entry(zone.clone()).or_default().insert(code.clone());
            }
            if let Some(concept) = &store.concept {
                org.concept_stores.entry(concept.clone()).or_default().insert(code.clone());
            }
            org.stores.insert(code.clone(), store.clone());
        });
    }

    fn put_group(&mut self, group: &Arc<Group>) {
        self.forget_group_name(&group.id);
        self.group_names.insert(group.name.folded(), group.id.clone());
        self.groups.insert(group.id.clone(), group.clone());
    }

    fn forget_group_name(&mut self, id: &GroupId) {
        if let Some(old) = self.groups.get(id) {
            let folded = old.name.folded();
            if self.group_names.get(&folded) == Some(id) {
                self.group_names.remove(&folded);
            }
        }
    }

    fn unlink_endpoint(&mut self, id: &EndpointId) {
        if let Some(resource) = self.endpoints.get(id).and_then(|old| old.resource.clone()) {
            leave(&mut self.resource_endpoints, &resource, id);
        }
    }

    fn put_endpoint(&mut self, endpoint: &Arc<Endpoint>) {
        self.unlink_endpoint(&endpoint.id);
        if let Some(resource) = &endpoint.resource {
            self.resource_endpoints.entry(resource.clone()).or_default().insert(endpoint.id.clone());
        }
        self.endpoints.insert(endpoint.id.clone(), endpoint.clone());
    }

    fn rename(&mut self, kind: &'static str, id: &str, old: Option<Arc<str>>, new: Option<Arc<str>>) {
        if let Some(old) = old
            && self.names.get(&(kind, old.clone())).is_some_and(|named| **named == *id)
        {
            self.names.remove(&(kind, old));
        }
        if let Some(new) = new {
            self.names.insert((kind, new), id.into());
        }
    }

    fn unlink_user(&mut self, id: &UserId) {
        let Some(old) = self.users.get(id).cloned() else { return };
        let more = old.more();
        if let Some(folded) = more.email.as_deref().map(|email| Arc::<str>::from(crate::name::fold(email)))
            && self.emails.get(&folded) == Some(id)
        {
            self.emails.remove(&folded);
        }
        more.groups.iter().for_each(|membership| leave(&mut self.group_users, &membership.group, id));
        more.sets.iter().for_each(|grant| leave(&mut self.set_users, &grant.set, id));
        more.roles.iter().for_each(|grant| leave(&mut self.role_users, &grant.role, id));
    }

    fn put_user(&mut self, user: &Arc<User>) {
        self.unlink_user(&user.id);
        let more = user.more();
        if let Some(email) = &more.email {
            self.emails.insert(crate::name::fold(email).into(), user.id.clone());
        }
        more.groups.iter().for_each(|membership| join(&mut self.group_users, &membership.group, &user.id));
        more.sets.iter().for_each(|grant| join(&mut self.set_users, &grant.set, &user.id));
        more.roles.iter().for_each(|grant| join(&mut self.role_users, &grant.role, &user.id));
        self.users.insert(user.id.clone(), user.clone());
    }

    fn unlink_user_group(&mut self, id: &UserGroupId) {
        let Some(old) = self.user_groups.get(id).cloned() else { return };
        old.controls.iter().for_each(|grant| leave(&mut self.control_groups, &grant.control, id));
        self.rename(USER_GROUP, id.as_str(), Some(old.name.folded()), None);
    }

    fn put_user_group(&mut self, group: &Arc<UserGroup>) {
        self.unlink_user_group(&group.id);
        group.controls.iter().for_each(|grant| join(&mut self.control_groups, &grant.control, &group.id));
        self.rename(USER_GROUP, group.id.as_str(), None, Some(group.name.folded()));
        self.user_groups.insert(group.id.clone(), group.clone());
    }

    fn unlink_application(&mut self, id: &ApplicationId) {
        let Some(old) = self.applications.get(id).cloned() else { return };
        old.roles.iter().for_each(|grant| leave(&mut self.role_applications, &grant.role, id));
        if let Some(group) = &old.group {
            leave(&mut self.group_applications, group, id);
        }
        self.rename(APPLICATION, id.as_str(), Some(old.name.folded()), None);
    }

    fn put_application(&mut self, application: &Arc<Application>) {
        let id = &application.id;
        self.unlink_application(id);
        application.roles.iter().for_each(|grant| join(&mut self.role_applications, &grant.role, id));
        if let Some(group) = &application.group {
            join(&mut self.group_applications, group, id);
        }
        self.rename(APPLICATION, id.as_str(), None, Some(application.name.folded()));
        self.applications.insert(id.clone(), application.clone());
    }
}
