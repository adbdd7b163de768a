//! Applications: registering, editing, roles and keys (APP-1, APP-4, APP-12 to APP-19, AG-36).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::roles::{self, few};
use super::{groups, org as org_of, removals};
use crate::command::{Assign, Command, Field, NewKey, Verb};
use crate::ids::*;
use crate::limits::{KEY_MS_MAX, KEY_MS_MIN};
use crate::name::{Name, check_text, fold};
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::place::Bounds;
use crate::scopes;
use crate::state::{APPLICATION, OrgState, State};

pub(super) fn unknown(id: &ApplicationId) -> Rejection {
    Rejection::new(RejectionCode::ApplicationUnknown, format!("there is no application `{id}`"))
}

/// Registers an application. Without roles it gets the default one and, for compatibility, internal ones that grant it
/// nothing, unless the org wants none; with roles it gets exactly those (APP-1, APP-12, APP-13).
pub(super) fn register(draft: &mut Draft<'_>, command: &Command) -> Result<(), Rejection> {
    let Command::RegisterApplication { org, id, name, kind, roles, scopes, group, source, external, key } = command else { return Ok(()) };
    let state = org_of(draft.state, org)?;
    if state.applications.contains_key(id) {
        return Err(Rejection::new(RejectionCode::ApplicationExists, format!("there is an application `{id}`: choose another id")));
    }
    removals::not_retired(state, &ObjectId::Application(org.clone(), id.clone()))?;
    let platform = &draft.state.platform;
    let (roles, inert_roles) = match roles {
        Some(roles) => (roles::assigned(platform, state, &[], (Verb::Set, roles), admit)?, Vec::new()),
        None if state.settings.as_ref().is_some_and(|settings| settings.least_privilege_registration) => (Vec::new(), Vec::new()),
        None => {
            let default = platform.default_role.iter().map(|role| RoleGrant { role: role.clone(), bounds: Bounds::ALWAYS });
            (default.collect(), platform.inert_roles.clone())
        }
    };
    let group = match group {
        Some(reference) => Some(groups::allocatable(state, reference)?.id.clone()),
        None => None,
    };
    let application = Application {
        org: org.clone(),
        id: id.clone(),
        name: name.clone(),
        kind: *kind,
        active: true,
        roles: Arc::new(roles),
        inert_roles: Arc::new(inert_roles),
        scopes: Arc::new(known_scopes(draft.state, state, scopes)?),
        group,
        source: source.clone(),
        external: *external,
        meta: draft.new_meta(),
    };
    details_lawful(state, &application)?;
    warn(draft, state, &application);
    if let Some(key) = key {
        put_key(draft, &application, key)?;
    }
    draft.put(Object::Application(Arc::new(application)));
    Ok(())
}

/// Edits an application; its type and its roles are no part of it.
pub(super) fn edit(draft: &mut Draft<'_>, command: &Command) -> Result<(), Rejection> {
    let Command::EditApplication { org, application, name, group, scopes, source, external } = command else { return Ok(()) };
    let state = org_of(draft.state, org)?;
    let mut record = (**state.applications.get(application).ok_or_else(|| unknown(application))?).clone();
    if let Some(name) = name {
        record.name = name.clone();
    }
    match group {
        Field::Keep => {}
        Field::Clear => record.group = None,
        Field::To(reference) => record.group = Some(groups::allocatable(state, reference)?.id.clone()),
    }
    if let Some(scopes) = scopes {
        record.scopes = Arc::new(known_scopes(draft.state, state, scopes)?);
    }
    source.clone().apply(&mut record.source);
    record.external = external.unwrap_or(record.external);
    details_lawful(state, &record)?;
    if !group.is_keep() {
        warn(draft, state, &record);
    }
    draft.put(Object::Application(Arc::new(record)));
    Ok(())
}

/// Roles by an explicit verb. Whichever it is, the internal roles that came with the registration go (APP-14 to APP-16).
pub(super) fn assign(draft: &mut Draft<'_>, org: &OrgCode, application: &ApplicationId, verb: Verb, roles: &[Assign]) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let record = state.applications.get(application).ok_or_else(|| unknown(application))?;
    let granted = roles::assigned(&draft.state.platform, state, &record.roles, (verb, roles), admit)?;
    let gone: Vec<&RoleId> = record.roles.iter().map(|grant| &grant.role).filter(|role| !granted.iter().any(|grant| grant.role == **role)).collect();
    if verb == Verb::Set && !gone.is_empty() {
        let names: Vec<&str> = gone.iter().map(|role| role.as_str()).collect();
        draft.warn(format!("setting the roles takes away: {}", names.join(", ")));
    }
    let changed = Application { roles: Arc::new(granted), inert_roles: Arc::default(), ..(**record).clone() };
    warn(draft, state, &changed);
    draft.put(Object::Application(Arc::new(changed)));
    Ok(())
}

/// An application holds no role of people.
fn admit(known: roles::Known<'_>) -> Result<(), Rejection> {
    if known.is_internal() {
        let message = format!("role `{}` is of people and grants an application nothing: give a role of applications", known.id());
        return Err(Rejection::new(RejectionCode::InternalOnlyRole, message));
    }
    Ok(())
}

/// What whoever gives roles or a group should know: a group of its own never narrows what the default role reaches, and
/// without anything all is denied.
fn warn(draft: &mut Draft<'_>, org: &OrgState, application: &Application) {
    let default = draft.state.platform.default_role.as_ref();
    if let Some(group) = &application.group {
        draft.read(ObjectId::Group(org.org.org.clone(), group.clone()));
        if let Some(role) = application.roles.iter().map(|grant| &grant.role).find(|role| Some(*role) == default) {
            draft.warn(format!("access group `{group}` doesn't narrow what role `{role}` reaches: remove the role for that"));
        }
    } else if application.roles.is_empty() && application.scopes.is_empty() {
        draft.warn(format!("application `{}` has neither roles, scopes nor an access group: it is denied everything", application.id));
    }
}

/// Scopes under their proper names, sorted, each once; all of them known (AC-6, AC-11).
fn known_scopes(state: &State, org: &OrgState, given: &[ScopeId]) -> Result<Vec<ScopeId>, Rejection> {
    few("scopes", given.len())?;
    let all: BTreeSet<ScopeId> = given.iter().map(|scope| scopes::canonical(org, scope)).collect();
    let unknown: Vec<&ScopeId> = all.iter().filter(|scope| scopes::find(&state.platform, org, scope).is_none()).collect();
    match unknown.as_slice() {
        [] => Ok(all.into_iter().collect()),
        [one] => Err(Rejection::new(RejectionCode::ScopeUnknown, format!("there is no scope `{one}`: define it first"))),
        several => Err(Rejection::new(RejectionCode::ScopeUnknown, format!("{} scopes are unknown: define them first", several.len())).with_examples(several)),
    }
}

fn details_lawful(org: &OrgState, application: &Application) -> Result<(), Rejection> {
    name_is_free(org, &application.name, &application.id)?;
    let source = application.source.as_deref().unwrap_or_default();
    check_text(source).map_err(|why| Rejection::new(RejectionCode::TextInvalid, format!("the source: {why}")))
}

/// Names are unique under folding (AG-9), and none equals another application's id.
fn name_is_free(org: &OrgState, name: &Name, own: &ApplicationId) -> Result<(), Rejection> {
    let folded = name.folded();
    let by_name = org.named(APPLICATION, name.as_str()).filter(|id| ***id != *own.as_str()).map(|id| id.to_string());
    let by_id = || org.applications.keys().find(|id| *id != own && *fold(id.as_str()) == *folded).map(ToString::to_string);
    match by_name.or_else(by_id) {
        Some(other) => Err(Rejection::new(RejectionCode::NameTaken, format!("application `{other}` has the name `{name}`, or one that differs only in case"))),
        None => Ok(()),
    }
}

/// A new key: the client made the secret, and only its hash is kept (APP-12).
fn put_key(draft: &mut Draft<'_>, application: &Application, key: &NewKey) -> Result<(), Rejection> {
    if draft.state.credentials.contains_key(&key.id) || draft.state.credentials.values().any(|credential| credential.secret == key.secret) {
        return Err(Rejection::new(RejectionCode::CredentialExists, format!("credential `{}`, or one with this secret, exists: ids are never reused", key.id)));
    }
    let not_after = match key.lasts_ms {
        None => None,
        Some(ms) if (KEY_MS_MIN..=KEY_MS_MAX).contains(&ms) => Some(later(draft.now(), ms)),
        Some(ms) => {
            let message = format!("{ms} ms: a key lasts from a day to a year, or for ever");
            return Err(Rejection::new(RejectionCode::KeyLifetime, message));
        }
    };
    draft.put(Object::Credential(Arc::new(Credential {
        id: key.id.clone(),
        label: application.name.clone(),
        kind: CredentialKind::Application { org: application.org.clone(), application: application.id.clone() },
        secret: key.secret.clone(),
        revoked: false,
        meta: draft.new_meta(),
        bounds: Bounds { not_before: None, not_after },
    })));
    Ok(())
}

fn later(now: Tick, ms: u64) -> Tick {
    Tick(now.0.saturating_add(ms))
}

/// A new key; the older ones are revoked at once, or end when the overlap does if they don't end before (APP-19).
pub(super) fn rotate_key(draft: &mut Draft<'_>, org: &OrgCode, application: &ApplicationId, key: &NewKey, overlap_ms: Option<u64>) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let record = state.applications.get(application).ok_or_else(|| unknown(application))?;
    let overlap = overlap_ms.unwrap_or(0);
    if overlap > KEY_MS_MAX {
        return Err(Rejection::new(RejectionCode::KeyLifetime, format!("{overlap} ms: older keys end within a year")));
    }
    let until = later(draft.now(), overlap);
    for old in keys(draft.state, state, application) {
        let ended = if overlap == 0 {
            Credential { revoked: true, ..(**old).clone() }
        } else {
            let not_after = Some(old.bounds.not_after.map_or(until, |end| end.min(until)));
            Credential { bounds: Bounds { not_after, ..old.bounds }, ..(**old).clone() }
        };
        draft.put(Object::Credential(Arc::new(ended)));
    }
    put_key(draft, record, key)
}

/// The application's keys that are not revoked.
fn keys<'a>(state: &'a State, org: &'a OrgState, application: &ApplicationId) -> impl Iterator<Item = &'a Arc<Credential>> + use<'a> {
    let ids = org.keys.get(application).into_iter().flatten();
    ids.filter_map(|id| state.credentials.get(id)).filter(|key| !key.revoked)
}

/// Removes an application; its keys let nobody in any more, and its id is never given again.
pub(super) fn remove(draft: &mut Draft<'_>, org: &OrgCode, id: &ApplicationId) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if !state.applications.contains_key(id) {
        return Err(unknown(id));
    }
    for key in keys(draft.state, state, id) {
        draft.put(Object::Credential(Arc::new(Credential { revoked: true, ..(**key).clone() })));
    }
    Ok(())
}

/// An application as it would come back: as commands could have made it.
pub(super) fn lawful(new: &State, old: &OrgState, org: &OrgState, application: &Application) -> Result<(), Rejection> {
    if old.applications.get(&application.id).is_some_and(|present| present.kind != application.kind) {
        return Err(Rejection::new(RejectionCode::WrongKind, format!("the type of application `{}` never changes", application.id)));
    }
    let roles: Vec<Assign> = application.roles.iter().map(|grant| Assign { bounds: grant.bounds, ..Assign::new(grant.role.as_str()) }).collect();
    let granted = roles::assigned(&new.platform, org, &[], (Verb::Set, &roles), admit)?;
    let scopes = known_scopes(new, org, &application.scopes)?;
    let inert: Vec<RoleId> = new.platform.inert_roles.iter().filter(|role| application.inert_roles.contains(role)).cloned().collect();
    if granted != *application.roles || scopes != *application.scopes || inert != *application.inert_roles {
        return Err(Rejection::new(RejectionCode::NotUndoable, format!("what application `{}` held isn't in order", application.id)));
    }
    if let Some(group) = &application.group {
        groups::allocatable(org, &group.clone().into())?;
    }
    details_lawful(org, application)
}

/// An application goes only without keys that let in.
pub(super) fn unkeyed(new: &State, org: &OrgState, id: &ApplicationId) -> Result<(), Rejection> {
    let message = format!("application `{id}` has keys: remove it, which revokes them");
    let rejection = Rejection::new(RejectionCode::NotUndoable, message).with_examples(keys(new, org, id).map(|key| &key.id));
    if rejection.count == 0 { Ok(()) } else { Err(rejection) }
}
