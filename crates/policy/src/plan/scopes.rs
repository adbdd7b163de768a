//! Scopes that an org defines, and custom entities with the four that each brings (AC-10 to AC-13). Defining one changes
//! nobody's access: it must be named by a control, an application or an endpoint first.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::names::description as checked;
use super::{org as org_of, removals};
use crate::ids::*;
use crate::name::Name;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::platform::{Platform, ScopeLevel};
use crate::scopes::{canonical, find, generated};
use crate::state::{OrgState, State};

/// The other spellings of the ends of generated scopes (AC-13).
const ALIASES: [&str; 2] = ["_read_own", "_manage_own"];

/// Defines a scope of the org. A name that exists in any tier, under either spelling, is refused.
pub(super) fn create(draft: &mut Draft<'_>, org: &OrgCode, id: &ScopeId, description: &Arc<str>, own: bool) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    is_new(&draft.state.platform, state, id)?;
    removals::not_retired(state, &ObjectId::Scope(org.clone(), id.clone()))?;
    let scope = Scope { org: org.clone(), id: id.clone(), description: checked(description)?, own, meta: draft.new_meta() };
    draft.put(Object::Scope(Arc::new(scope)));
    Ok(())
}

fn is_new(platform: &Platform, org: &OrgState, id: &ScopeId) -> Result<(), Rejection> {
    match find(platform, org, &canonical(org, id)) {
        None => Ok(()),
        Some(_) => Err(Rejection::new(RejectionCode::ScopeExists, format!("there is a scope `{id}`: use it, or choose another name"))),
    }
}

/// A custom entity. Neither it nor a scope that it would bring exists, and it takes no domain of the platform's.
pub(super) fn create_entity(draft: &mut Draft<'_>, org: &OrgCode, id: &EntityId, name: &Name) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if state.entities.contains_key(id) {
        return Err(Rejection::new(RejectionCode::ScopeExists, format!("there is an entity `{id}`, with its scopes")));
    }
    brings_new_scopes(&draft.state.platform, state, id)?;
    removals::not_retired(state, &ObjectId::Entity(org.clone(), id.clone()))?;
    draft.put(Object::Entity(Arc::new(Entity { org: org.clone(), id: id.clone(), name: name.clone(), meta: draft.new_meta() })));
    Ok(())
}

/// Its scopes begin with its id: what stands there before the first dot is a domain (AC-13).
fn brings_new_scopes(platform: &Platform, org: &OrgState, id: &EntityId) -> Result<(), Rejection> {
    let domain = id.as_str().split('.').next().unwrap_or_default();
    if platform.domains.iter().any(|other| other.id.as_str() == id.as_str() || other.id.as_str() == domain) {
        let message = format!("`{domain}` is a domain of the platform's, and no entity takes its name: choose another");
        return Err(Rejection::new(RejectionCode::ScopeExists, message));
    }
    let spellings = ScopeLevel::ALL.iter().map(|level| level.suffix()).chain(ALIASES);
    let taken = spellings.filter_map(|end| format!("{id}.{id}{end}").parse::<ScopeId>().ok());
    let taken: Vec<ScopeId> = taken.filter(|scope| org.scopes.contains_key(scope) || platform.scope(scope.as_str()).is_some()).collect();
    let message = format!("entity `{id}` would bring scopes that exist: choose another id");
    let rejection = Rejection::new(RejectionCode::ScopeExists, message).with_examples(taken);
    if rejection.count == 0 { Ok(()) } else { Err(rejection) }
}

/// Scopes under their names proper, sorted, each once, all of them known (AC-11, AC-13). Those of `present` may be
/// tombstones: what no tier knows any more stays until it is taken out.
pub(super) fn known(state: &State, org: &OrgState, named: &[ScopeId], present: &[ScopeId]) -> Result<Vec<ScopeId>, Rejection> {
    let all: BTreeSet<ScopeId> = named.iter().map(|id| canonical(org, id)).collect();
    let unknown = all.iter().filter(|id| find(&state.platform, org, id).is_none() && !present.contains(id));
    let unknown: Vec<&ScopeId> = unknown.collect();
    match unknown.as_slice() {
        [] => Ok(all.into_iter().collect()),
        [one] => Err(Rejection::new(RejectionCode::ScopeUnknown, format!("there is no scope `{one}`: define it first, or see `scope list`"))),
        several => {
            let message = format!("{} scopes are unknown: define them first, or see `scope list`", several.len());
            Err(Rejection::new(RejectionCode::ScopeUnknown, message).with_examples(several))
        }
    }
}

/// Takes a scope of the org's away that nothing names.
///
/// Not by force: no rule allows it. Taken out of an endpoint that needs all of several scopes, it would open the endpoint
/// wider; out of a control that has only this one, it would leave an empty control. Whoever edits these knows.
pub(super) fn remove(draft: &Draft<'_>, org: &OrgCode, id: &ScopeId) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if !state.scopes.contains_key(id) {
        return Err(match find(&draft.state.platform, state, &canonical(state, id)) {
            Some(_) => Rejection::new(RejectionCode::BuiltinImmutable, format!("scope `{id}` is the platform's, or an entity's, and stays as long as that")),
            None => Rejection::new(RejectionCode::ScopeUnknown, format!("there is no scope `{id}`")),
        });
    }
    unused(state, id)
}

/// Takes a custom entity away, with its four scopes, if nothing names one of them. Not by force, for the same reasons.
pub(super) fn remove_entity(draft: &Draft<'_>, org: &OrgCode, id: &EntityId) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if !state.entities.contains_key(id) {
        return Err(Rejection::new(RejectionCode::EntityUnknown, format!("there is no entity `{id}`")));
    }
    entity_unused(state, id)
}

/// No control, application or endpoint names a scope.
pub(super) fn unused(org: &OrgState, id: &ScopeId) -> Result<(), Rejection> {
    named_by(org, std::slice::from_ref(id), format!("scope `{id}` is in use: take it out of these first"))
}

/// No control, application or endpoint names a scope of an entity.
pub(super) fn entity_unused(org: &OrgState, id: &EntityId) -> Result<(), Rejection> {
    let all: Vec<ScopeId> = ScopeLevel::ALL.into_iter().filter_map(|level| generated(id, level)).collect();
    named_by(org, &all, format!("scopes of entity `{id}` are in use: take them out of these first"))
}

fn named_by(org: &OrgState, scopes: &[ScopeId], message: String) -> Result<(), Rejection> {
    let names = |list: &[ScopeId]| list.iter().any(|id| scopes.contains(id));
    let controls = org.controls.values().filter(|control| names(&control.scopes)).map(|control| format!("access-control:{}", control.id));
    let applications = org.applications.values().filter(|application| names(&application.scopes)).map(|application| format!("application:{}", application.id));
    let endpoints = org.endpoints.values().filter(|endpoint| endpoint.routes.as_ref().is_some_and(|routes| names(&routes.scopes)));
    let all = controls.chain(applications).chain(endpoints.map(|endpoint| format!("endpoint:{}", endpoint.id)));
    let rejection = Rejection::new(RejectionCode::ScopeInUse, message).with_examples(all);
    if rejection.count == 0 { Ok(()) } else { Err(rejection) }
}

/// A scope as it would come back.
pub(super) fn lawful(platform: &Platform, old: &OrgState, scope: &Scope) -> Result<(), Rejection> {
    checked(&scope.description)?;
    match old.scopes.get(&scope.id) {
        // What it reaches is settled when it is defined (AC-16).
        Some(present) if present.own == scope.own => Ok(()),
        Some(_) => Err(Rejection::new(RejectionCode::ScopeExists, format!("scope `{}` stays what it was defined as", scope.id))),
        None => is_new(platform, old, &scope.id),
    }
}

/// An entity as it would come back.
pub(super) fn entity_lawful(platform: &Platform, old: &OrgState, entity: &Entity) -> Result<(), Rejection> {
    if old.entities.contains_key(&entity.id) { Ok(()) } else { brings_new_scopes(platform, old, &entity.id) }
}
