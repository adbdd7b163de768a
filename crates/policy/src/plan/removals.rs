//! Removing what nothing needs, and moving tills. A place's id that is removed is retired: nothing that still names
//! it, here or elsewhere, comes back to life under another (AG-25, AG-37).

use std::sync::Arc;

use super::draft::Draft;
use super::org as org_of;
use super::places::{store_unknown, till_unknown};
use crate::command::Actor;
use crate::ids::*;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::place::Place;
use crate::state::OrgState;

/// Removes what can be removed.
pub(super) fn remove(draft: &mut Draft<'_>, target: &ObjectId, force: bool, actor: &Actor) -> Result<(), Rejection> {
    match target {
        ObjectId::Zone(org, code) => {
            let org = org_of(draft.state, org)?;
            if !org.zones.contains_key(code) {
                return Err(Rejection::new(RejectionCode::ZoneUnknown, format!("there is no zone `{code}`")));
            }
            zone_unused(org, code)?;
            unassigned(draft, org, &Place::Zone(code.clone()), force)?;
            retire(draft, target);
        }
        ObjectId::Concept(org, code) => {
            let org = org_of(draft.state, org)?;
            if !org.concepts.contains_key(code) {
                return Err(Rejection::new(RejectionCode::ConceptUnknown, format!("there is no concept `{code}`")));
            }
            concept_unused(org, code)?;
            unassigned(draft, org, &Place::Concept(code.clone()), force)?;
            retire(draft, target);
        }
        ObjectId::Store(org, code) => remove_store(draft, org, code, force)?,
        ObjectId::Till(org, store, code) => {
            if !org_of(draft.state, org)?.tills.contains_key(&(store.clone(), code.clone())) {
                return Err(till_unknown(store, code));
            }
            retire(draft, target);
        }
        ObjectId::Resource(org, id) => {
            let org = org_of(draft.state, org)?;
            if !org.resources.contains_key(id) {
                return Err(super::catalogue::resource_unknown(std::iter::once(id)));
            }
            resource_unused(org, id)?;
        }
        ObjectId::Endpoint(org, id) => {
            if !org_of(draft.state, org)?.endpoints.contains_key(id) {
                return Err(Rejection::new(RejectionCode::EndpointUnknown, format!("there is no endpoint `{id}`")));
            }
        }
        ObjectId::Role(org, id) => {
            super::roles::remove(draft, org, id, force)?;
            retire(draft, target);
        }
        ObjectId::Application(org, id) => {
            super::applications::remove(draft, org, id)?;
            retire(draft, target);
        }
        ObjectId::User(org, id) => {
            super::users::remove(draft, org, id, actor)?;
            retire(draft, target);
        }
        ObjectId::Set(org, id) => {
            super::sets::remove(draft, org, id, force)?;
            retire(draft, target);
        }
        ObjectId::Scope(org, id) => {
            super::scopes::remove(draft, org, id)?;
            retire(draft, target);
        }
        ObjectId::Entity(org, id) => {
            super::scopes::remove_entity(draft, org, id)?;
            retire(draft, target);
        }
        ObjectId::Control(org, id) => {
            super::controls::remove(draft, org, id, force)?;
            retire(draft, target);
        }
        ObjectId::UserGroup(org, id) => {
            super::user_groups::remove(draft, org, id, force)?;
            retire(draft, target);
        }
        ObjectId::Cluster
        | ObjectId::Org(_)
        | ObjectId::Group(..)
        | ObjectId::Credential(_)
        | ObjectId::Override(..)
        | ObjectId::Settings(_)
        | ObjectId::Platform
        | ObjectId::Clock
        | ObjectId::Proposal(..)
        | ObjectId::Retired(..) => {
            return Err(Rejection::new(
                RejectionCode::WrongKind,
                format!("`{target}` can't be removed: it can be suspended, deactivated or revoked, if anything"),
            ));
        }
    }
    draft.remove(target);
    Ok(())
}

/// A store with tills goes only by force, and they with it, in this one entry (AG-37).
fn remove_store(draft: &mut Draft<'_>, org: &OrgCode, code: &StoreCode, force: bool) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if !state.stores.contains_key(code) {
        return Err(store_unknown(code));
    }
    if !force {
        store_unused(state, code)?;
    }
    unassigned(draft, state, &Place::Store(code.clone()), force)?;
    draft.remove(&ObjectId::Override(org.clone(), code.clone()));
    for till in state.tills_of(code) {
        let id = ObjectId::Till(org.clone(), code.clone(), till.code.clone());
        retire(draft, &id);
        draft.remove(&id);
    }
    retire(draft, &ObjectId::Store(org.clone(), code.clone()));
    Ok(())
}

/// No assignment and no user names a place that goes; by force it is dropped from them, and an assignment whose last place
/// it was goes too: one without places would reach everywhere (AG-37).
fn unassigned(draft: &mut Draft<'_>, org: &OrgState, place: &Place, force: bool) -> Result<(), Rejection> {
    let named = |more: &UserMore| more.places.contains(place) || more.sets.iter().any(|grant| grant.places.contains(place));
    let users: Vec<&Arc<User>> = org.users.values().filter(|user| named(user.more())).collect();
    let groups: Vec<&Arc<UserGroup>> = org.user_groups.values().filter(|group| group.controls.iter().any(|grant| grant.places.contains(place))).collect();
    if !force {
        let by = users.iter().map(|user| format!("user:{}", user.id)).chain(groups.iter().map(|group| format!("user-group:{}", group.id)));
        let code = match place {
            Place::Zone(_) => RejectionCode::ZoneInUse,
            Place::Concept(_) => RejectionCode::ConceptInUse,
            Place::Store(_) | Place::Org => RejectionCode::StoreInUse,
        };
        return unused(code, format!("assignments lie at `{place}`: take them away first, or force its removal, which drops it from them"), by);
    }
    for user in users {
        let mut more = user.more().clone();
        more.places.retain(|other| other != place);
        more.sets.iter_mut().for_each(|grant| grant.places.retain(|other| other != place));
        more.sets.retain(|grant| !grant.places.is_empty());
        more.sets.sort();
        draft.put(Object::User(Arc::new(user.with_more(more))));
    }
    for group in groups {
        let without = |grant: &ControlGrant| {
            let places: Vec<Place> = grant.places.iter().filter(|other| *other != place).cloned().collect();
            (grant.places.is_empty() || !places.is_empty()).then(|| ControlGrant { places, ..grant.clone() })
        };
        let controls = group.controls.iter().filter_map(without).collect();
        draft.put(Object::UserGroup(Arc::new(UserGroup { controls: Arc::new(controls), ..(**group).clone() })));
    }
    Ok(())
}

pub(super) fn zone_unused(org: &OrgState, code: &ZoneCode) -> Result<(), Rejection> {
    let children = org.zones.values().filter(|z| z.parent.as_ref() == Some(code)).map(|z| format!("zone:{}", z.code));
    let stores = org.zone_stores.get(code).into_iter().flatten().map(|s| format!("store:{s}"));
    unused(RejectionCode::ZoneInUse, format!("zone `{code}` has stores or zones below it: move them first"), children.chain(stores))
}

pub(super) fn concept_unused(org: &OrgState, code: &ConceptCode) -> Result<(), Rejection> {
    let children = org.concepts.values().filter(|c| c.parent.as_ref() == Some(code)).map(|c| format!("concept:{}", c.code));
    let stores = org.concept_stores.get(code).into_iter().flatten().map(|s| format!("store:{s}"));
    unused(RejectionCode::ConceptInUse, format!("concept `{code}` has stores or concepts below it: move them first"), children.chain(stores))
}

pub(super) fn store_unused(org: &OrgState, code: &StoreCode) -> Result<(), Rejection> {
    let tills = org.tills_of(code).map(|t| format!("till:{code}/{}", t.code));
    unused(RejectionCode::StoreInUse, format!("store `{code}` has tills: move them first, or force their removal with it"), tills)
}

pub(super) fn resource_unused(org: &OrgState, id: &ResourceId) -> Result<(), Rejection> {
    let endpoints = org.resource_endpoints.get(id).into_iter().flatten();
    unused(RejectionCode::ResourceInUse, format!("endpoints belong to resource `{id}`: move or remove them first"), endpoints)
}

fn unused(code: RejectionCode, message: String, users: impl Iterator<Item = impl ToString>) -> Result<(), Rejection> {
    let rejection = Rejection::new(code, message).with_examples(users);
    if rejection.count == 0 { Ok(()) } else { Err(rejection) }
}

/// Notes that an id is never given again.
pub(super) fn retire(draft: &mut Draft<'_>, id: &ObjectId) {
    if let Some(org) = id.org() {
        let retired = Retired { org: org.clone(), what: id.to_string().into(), meta: draft.new_meta() };
        draft.put(Object::Retired(Arc::new(retired)));
    }
}

/// Refuses an id that is retired in its org.
pub(super) fn not_retired(org: &OrgState, id: &ObjectId) -> Result<(), Rejection> {
    match org.retired.get(id.to_string().as_str()) {
        None => Ok(()),
        Some(_) => Err(Rejection::new(RejectionCode::IdRetired, retired_text(id))),
    }
}

pub(super) fn retired_text(id: &ObjectId) -> String {
    format!("`{id}` was removed, and its id is never given again: choose another")
}

/// Moves a till: from the next check on it has the new store's group. The old id is free to come back (AG-25).
pub(super) fn move_till(draft: &mut Draft<'_>, org: &OrgCode, store: &StoreCode, till: &TillCode, to: &StoreCode) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let record = state.tills.get(&(store.clone(), till.clone())).ok_or_else(|| till_unknown(store, till))?;
    if !state.stores.contains_key(to) {
        return Err(store_unknown(to));
    }
    if store == to {
        return Ok(());
    }
    if state.tills.contains_key(&(to.clone(), till.clone())) {
        return Err(Rejection::new(RejectionCode::TillExists, format!("store `{to}` has a till `{till}`: remove or move that one first")));
    }
    let moved = ObjectId::Till(org.clone(), to.clone(), till.clone());
    not_retired(state, &moved)?;
    draft.read(ObjectId::Store(org.clone(), to.clone()));
    draft.remove(&ObjectId::Till(org.clone(), store.clone(), till.clone()));
    draft.put(Object::Till(Arc::new(Till { store: to.clone(), meta: draft.new_meta(), ..(**record).clone() })));
    Ok(())
}
