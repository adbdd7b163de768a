//! Undo: an entry's changes turned round. The door reads the entry from the audit; what it sends is judged here as a
//! command would be, for nothing says that it came from the audit: every object must be as the entry left it, and
//! what would come of it must be lawful.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::{controls, groups, removals, rows, scopes, user_groups};
use crate::command::Actor;
use crate::ids::*;
use crate::limits::REVERT_CHANGES_MAX;
use crate::name::check_text;
use crate::object::*;
use crate::outcome::{Change, Rejection, RejectionCode};
use crate::state::{OrgState, State};

pub(super) fn revert(draft: &mut Draft<'_>, of: Revision, changes: &[Change], actor: &Actor) -> Result<(), Rejection> {
    if changes.is_empty() {
        return Err(Rejection::new(RejectionCode::NothingNamed, format!("entry {of} has no changes to undo")));
    }
    if changes.len() > REVERT_CHANGES_MAX {
        return Err(Rejection::new(RejectionCode::TooMany, format!("{} changes: one entry has at most {REVERT_CHANGES_MAX}", changes.len())));
    }
    for change in changes {
        undoable(of, change)?;
    }
    let org = one_org(changes)?;
    // First: what can't be undone at all is said so, whatever became of it since.
    changes.iter().try_for_each(|change| undoable(of, change))?;
    as_left(draft.state, of, changes)?;
    let mut after = draft.state.clone();
    for change in changes {
        after.apply(change);
    }
    lawful(draft.state, &after, &org, changes)?;
    spares_the_actor(draft.state, changes, actor)?;
    for change in changes {
        match (&change.after, &change.before) {
            (Some(object), before) => {
                let mut object = object.clone();
                if before.is_none() {
                    // Who made it first stands in the audit; what comes in here could claim anything.
                    *object.meta_mut() = draft.new_meta();
                }
                draft.put(object);
            }
            (None, Some(object)) => draft.remove(&object.id()),
            (None, None) => {}
        }
    }
    Ok(())
}

/// An entry is about one org, and each change about one object.
pub(super) fn one_org(changes: &[Change]) -> Result<OrgCode, Rejection> {
    let orgs: BTreeSet<&OrgCode> = changes.iter().filter_map(Change::org).collect();
    let whole = changes.iter().all(|c| match (&c.before, &c.after) {
        (Some(before), Some(after)) => before.id() == after.id(),
        (Some(_), None) | (None, Some(_)) => true,
        (None, None) => false,
    });
    let mut orgs = orgs.into_iter();
    match (orgs.next(), orgs.next()) {
        (Some(org), None) if whole && changes.iter().all(|c| c.org().is_some()) => Ok(org.clone()),
        _other => Err(Rejection::new(RejectionCode::NotUndoable, "only entries about one org can be undone")),
    }
}

/// The objects that aren't as the changes expect them, whoever touched them when.
pub(super) fn moved(state: &State, changes: &[Change]) -> Vec<ObjectId> {
    let blank = |object: Option<Object>| {
        object.map(|mut object| {
            *object.meta_mut() = Meta::default();
            object
        })
    };
    changes
        .iter()
        .filter_map(|change| Some((change.id()?, change)))
        .filter(|(id, change)| blank(state.get(id)) != blank(change.before.clone()))
        .map(|(id, _)| id)
        .collect()
}

/// Every object is as the entry left it.
fn as_left(state: &State, of: Revision, changes: &[Change]) -> Result<(), Rejection> {
    let moved = moved(state, changes);
    if moved.is_empty() {
        return Ok(());
    }
    let message = format!("entry {of} can't be undone: what it changed has been changed since; undo that first");
    Err(Rejection::new(RejectionCode::Conflict, message).with_examples(moved))
}

fn undoable(of: Revision, change: &Change) -> Result<(), Rejection> {
    let no = |why: &str| Err(Rejection::new(RejectionCode::NotUndoable, format!("entry {of} can't be undone: {why}")));
    match change.after.as_ref().or(change.before.as_ref()) {
        Some(Object::Cluster(_)) => no("it is about the cluster itself"),
        Some(Object::Credential(_)) => no("a credential is made and revoked for good: revoke it, or make another"),
        Some(Object::Platform(_)) => no("the platform's catalogue goes forward only: apply the older one as a new version"),
        Some(Object::Clock(_)) => no("time doesn't go back"),
        Some(Object::Proposal(_)) => no("a proposal is approved, declined or withdrawn: propose it again"),
        // What is sent as an inverse carries no reason, and could last for ever.
        Some(Object::Override(_)) if change.after.is_some() => no("break-glass needs a reason of its own: break it again"),
        Some(Object::Org(_)) if change.after.is_none() || change.before.is_none() => no("an org stays: suspend it instead"),
        Some(Object::User(_)) if change.after.is_none() || change.before.is_none() => no("a user stays: suspend them instead"),
        Some(
            Object::Org(_)
            | Object::User(_)
            | Object::Zone(_)
            | Object::Concept(_)
            | Object::Store(_)
            | Object::Till(_)
            | Object::Resource(_)
            | Object::Endpoint(_)
            | Object::Group(_)
            | Object::Scope(_)
            | Object::Entity(_)
            | Object::Control(_)
            | Object::UserGroup(_)
            | Object::Set(_)
            | Object::Role(_)
            | Object::Application(_)
            | Object::Override(_)
            | Object::Settings(_)
            | Object::Retired(_),
        )
        | None => Ok(()),
    }
}

/// What would be there is what commands could have made.
pub(super) fn lawful(before: &State, after: &State, org: &OrgCode, changes: &[Change]) -> Result<(), Rejection> {
    let (Some(old), Some(new)) = (before.orgs.get(org), after.orgs.get(org)) else { return Err(super::org_unknown(org)) };
    let gone: BTreeSet<String> = changes.iter().filter(|c| c.after.is_none()).filter_map(Change::id).map(|id| id.to_string()).collect();
    for change in changes {
        match (&change.after, &change.before) {
            (Some(object), _) => {
                let id = object.id();
                removals::not_retired(new, &id)?;
                lawful_object(after, old, new, object)?;
                super::users::lawful(after, new, object)?;
                if let Object::Settings(settings) = object
                    && settings.approval_required
                    && !old.approval_required()
                {
                    super::proposals::two_approve(after, new)?;
                }
                if let Object::Role(role) = object {
                    super::roles::lawful(after, new, role)?;
                }
                if let Object::Application(application) = object {
                    super::applications::lawful(after, old, new, application)?;
                }
                if let Object::Retired(retired) = object
                    && !gone.contains(&*retired.what)
                {
                    return Err(Rejection::new(RejectionCode::NotUndoable, format!("`{}` is retired only as it is removed", retired.what)));
                }
            }
            (None, Some(Object::Application(application))) => super::applications::unkeyed(after, new, &application.id)?,
            (None, Some(object)) => lawful_absence(new, object)?,
            (None, None) => {}
        }
    }
    super::rows::trees_hold(new)?;
    groups::default_holds(new)?;
    let owned = new.users.values().any(|u| u.active && u.user_type == UserType::Owner);
    if owned { Ok(()) } else { Err(Rejection::new(RejectionCode::LastOwner, format!("org `{org}` would have no active owner"))) }
}

fn lawful_object(state: &State, old: &OrgState, new: &OrgState, object: &Object) -> Result<(), Rejection> {
    match object {
        Object::Store(store) => {
            if let Some(zone) = store.zone.as_ref().filter(|z| !new.zones.contains_key(*z)) {
                return Err(Rejection::new(RejectionCode::ZoneUnknown, format!("there is no zone `{zone}` any more")));
            }
            if let Some(concept) = store.concept.as_ref().filter(|c| !new.concepts.contains_key(*c)) {
                return Err(Rejection::new(RejectionCode::ConceptUnknown, format!("there is no concept `{concept}` any more")));
            }
            if let Some(group) = &store.group {
                groups::allocatable(new, &group.clone().into())?;
            }
            rows::details_fit(store)
        }
        Object::Till(till) if !new.stores.contains_key(&till.store) => Err(super::places::store_unknown(&till.store)),
        Object::Group(group) => groups::lawful(old, new, group),
        Object::Resource(resource) => {
            check_text(&resource.description).map_err(|why| Rejection::new(RejectionCode::TextInvalid, format!("the description: {why}")))
        }
        Object::Endpoint(endpoint) => match rows::endpoint_id(&endpoint.method, &endpoint.template) {
            Ok((id, template)) if id == endpoint.id && template.matchable == endpoint.matchable => match &endpoint.resource {
                Some(resource) if !new.resources.contains_key(resource) => Err(super::catalogue::resource_unknown(std::iter::once(resource))),
                Some(_) | None => super::routes::lawful(state, old, new, endpoint),
            },
            Ok(_) | Err(_) => Err(Rejection::new(RejectionCode::EndpointInvalid, format!("`{}` is not the endpoint of its template", endpoint.id))),
        },
        Object::Scope(scope) => scopes::lawful(&state.platform, old, scope),
        Object::Entity(entity) => scopes::entity_lawful(&state.platform, old, entity),
        Object::Control(control) => controls::lawful(state, old, new, control),
        Object::UserGroup(group) => user_groups::lawful(state, old, new, group),
        Object::User(user) => user_groups::memberships_lawful(new, user),
        Object::Org(_)
        | Object::Zone(_)
        | Object::Concept(_)
        | Object::Till(_)
        | Object::Retired(_)
        | Object::Cluster(_)
        | Object::Set(_)
        | Object::Role(_)
        | Object::Application(_)
        | Object::Override(_)
        | Object::Settings(_)
        | Object::Platform(_)
        | Object::Clock(_)
        | Object::Proposal(_)
        | Object::Credential(_) => Ok(()),
    }
}

fn lawful_absence(new: &OrgState, object: &Object) -> Result<(), Rejection> {
    match object {
        Object::Zone(o) => removals::zone_unused(new, &o.code),
        Object::Concept(o) => removals::concept_unused(new, &o.code),
        Object::Store(o) => removals::store_unused(new, &o.code),
        Object::Resource(o) => removals::resource_unused(new, &o.id),
        Object::Group(o) => groups::unallocated(new, o),
        Object::Set(o) => super::sets::unassigned(new, o),
        Object::Scope(o) => scopes::unused(new, &o.id),
        Object::Entity(o) => scopes::entity_unused(new, &o.id),
        Object::Control(o) => controls::unassigned(new, &o.id),
        Object::UserGroup(o) => user_groups::unused(new, &o.id),
        Object::Role(o) => super::roles::unassigned(new, &o.id),
        Object::Retired(o) => {
            // The id comes back with its object, and with nothing else.
            let back = [
                new.zones.values().any(|z| *o.what == *format!("zone:{}", z.code)),
                new.concepts.values().any(|c| *o.what == *format!("concept:{}", c.code)),
                o.what.strip_prefix("permission-set:").is_some_and(|id| new.sets.contains_key(id)),
                o.what.strip_prefix("role:").is_some_and(|id| new.roles.contains_key(id)),
                o.what.strip_prefix("application:").is_some_and(|id| new.applications.contains_key(id)),
                o.what.strip_prefix("store:").is_some_and(|code| new.stores.contains_key(code)),
                o.what.strip_prefix("till:").and_then(|id| id.split_once('/')).is_some_and(|(store, till)| {
                    store.parse().ok().zip(till.parse().ok()).is_some_and(|key| new.tills.contains_key(&key))
                }),
                o.what.strip_prefix("scope:").is_some_and(|id| new.scopes.contains_key(id)),
                o.what.strip_prefix("entity:").is_some_and(|id| new.entities.contains_key(id)),
                o.what.strip_prefix("access-control:").is_some_and(|id| new.controls.contains_key(id)),
                o.what.strip_prefix("user-group:").is_some_and(|id| new.user_groups.contains_key(id)),
            ];
            if back.contains(&true) {
                Ok(())
            } else {
                Err(Rejection::new(RejectionCode::IdRetired, format!("`{}` stays retired: what had that id doesn't come back", o.what)))
            }
        }
        Object::Till(_)
        | Object::Endpoint(_)
        | Object::Org(_)
        | Object::User(_)
        | Object::Cluster(_)
        | Object::Application(_)
        | Object::Override(_)
        | Object::Settings(_)
        | Object::Platform(_)
        | Object::Clock(_)
        | Object::Proposal(_)
        | Object::Credential(_) => Ok(()),
    }
}

/// Whoever would suspend themselves by it must let another do it.
pub(super) fn spares_the_actor(state: &State, changes: &[Change], actor: &Actor) -> Result<(), Rejection> {
    for change in changes {
        if let (Some(Object::User(before)), Some(Object::User(after))) = (&change.before, &change.after)
            && before.active
            && !after.active
        {
            let id = ObjectId::User(after.org.clone(), after.id.clone());
            super::orgs::spares_the_actor(state, &id, actor)?;
        }
    }
    Ok(())
}

/// What undoes an entry of the audit: its changes turned round, the last first. Of an approval, what it did; the proposal
/// stays settled.
pub fn inverse(row: &crate::outcome::AuditRow) -> crate::command::Command {
    let settled = |change: &&Change| matches!(change.id(), Some(ObjectId::Proposal(..)));
    let only_that = row.changes.iter().all(|change| settled(&change));
    let changes: Vec<Change> = row.changes.iter().rev().filter(|change| only_that || !settled(change)).map(Change::inverse).collect();
    crate::command::Command::Revert { of: row.revision, changes }
}
