//! Access controls: named sets of scopes (AC-1, AC-3, AC-5, AC-7, AC-9). Those of the platform can be assigned, not
//! changed.

use std::sync::Arc;

use super::draft::Draft;
use super::names::{Bundles, description as checked};
use super::{org as org_of, scopes};
use crate::command::{Reference, Verb};
use crate::ids::*;
use crate::limits::CONTROL_SCOPES_MAX;
use crate::name::Name;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::scopes::{canonical, find as find_scope};
use crate::state::{CONTROL, OrgState, State};

fn bundles<'a>(state: &'a State, org: &'a OrgState) -> Bundles<'a> {
    Bundles {
        org,
        kind: CONTROL,
        ids: org.controls.keys().map(ControlId::as_str).collect(),
        predefined: state.platform.controls.iter().map(|control| (control.id.as_str(), control.name.as_str())).collect(),
    }
}

/// The control that a reference means: the org's own or a predefined one.
pub(super) fn find(state: &State, org: &OrgState, reference: &Reference) -> Result<ControlId, Rejection> {
    bundles(state, org).find(&reference.0).and_then(|id| id.parse().ok()).ok_or_else(|| unknown(&reference.0))
}

fn unknown(control: &str) -> Rejection {
    Rejection::new(RejectionCode::ControlUnknown, format!("there is no access control `{control}`: see `access-control list`"))
}

/// Whom a control is for; none if for both, or if no catalogue knows it.
pub(super) fn audience_of(state: &State, org: &OrgState, id: &ControlId) -> Option<Audience> {
    match org.controls.get(id) {
        Some(control) => control.audience,
        None => state.platform.control(id.as_str()).and_then(|control| control.audience),
    }
}

/// The org's own; a predefined one stays as it is (AC-3).
fn own<'a>(state: &State, org: &'a OrgState, id: &ControlId) -> Result<&'a Arc<Control>, Rejection> {
    match (org.controls.get(id), state.platform.control(id.as_str())) {
        (Some(control), _) => Ok(control),
        (None, Some(predefined)) => {
            let message = format!("access control `{}` is predefined and stays as it is: create a custom one", predefined.name);
            Err(Rejection::new(RejectionCode::BuiltinImmutable, message))
        }
        (None, None) => Err(unknown(id.as_str())),
    }
}

/// A custom control. Its scopes are known, at least one, each kept once (AC-1, AC-11).
pub(super) fn create(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    name: &Name,
    description: &Arc<str>,
    audience: Option<Audience>,
    named: &[ScopeId],
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let bundles = bundles(draft.state, state);
    bundles.is_free(name, None)?;
    let control = Control {
        org: org.clone(),
        id: bundles.id_for(name)?,
        name: name.clone(),
        description: checked(description)?,
        audience,
        scopes: Arc::new(filled(name, scopes::known(draft.state, state, named, &[])?)?),
        meta: draft.new_meta(),
    };
    draft.put(Object::Control(Arc::new(control)));
    Ok(())
}

/// What an edit does to a control; what is not named stays.
pub(super) struct Edit<'a> {
    pub(super) name: Option<&'a Name>,
    pub(super) description: Option<&'a Arc<str>>,
    pub(super) verb: Verb,
    pub(super) scopes: &'a [ScopeId],
    pub(super) audience: Option<Audience>,
}

/// Edits a custom control; the change reaches every group that has it (AC-7). Scopes that no tier knows any more stay in it
/// until its scopes are edited, which drops them.
pub(super) fn edit(draft: &mut Draft<'_>, org: &OrgCode, reference: &Reference, edit: &Edit<'_>) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let id = find(draft.state, state, reference)?;
    let mut control = (**own(draft.state, state, &id)?).clone();
    if edit.audience.is_some() && edit.audience != control.audience {
        let message = format!("whom access control `{}` is for never changes: create another", control.name);
        return Err(Rejection::new(RejectionCode::AudienceImmutable, message));
    }
    if let Some(name) = edit.name {
        bundles(draft.state, state).is_free(name, Some(id.as_str()))?;
        control.name = name.clone();
    }
    if let Some(description) = edit.description {
        control.description = checked(description)?;
    }
    if edit.verb == Verb::Set || !edit.scopes.is_empty() {
        // One that is gone can be named to take it out, or to keep what there was.
        let mut named = scopes::known(draft.state, state, edit.scopes, &control.scopes)?;
        let present = control.scopes.iter();
        match edit.verb {
            Verb::Set => {}
            Verb::Add => named.extend(present.cloned()),
            Verb::Remove => named = present.filter(|id| !named.contains(id)).cloned().collect(),
        }
        let (kept, gone): (Vec<ScopeId>, Vec<ScopeId>) = named.into_iter().partition(|id| find_scope(&draft.state.platform, state, id).is_some());
        if !gone.is_empty() {
            let gone = gone.iter().map(ScopeId::as_str).collect::<Vec<_>>().join("`, `");
            draft.warn(format!("no catalogue knows `{gone}` any more: they did nothing, and are dropped"));
        }
        control.scopes = Arc::new(filled(&control.name, sorted(kept))?);
    }
    draft.put(Object::Control(Arc::new(control)));
    Ok(())
}

fn sorted(mut scopes: Vec<ScopeId>) -> Vec<ScopeId> {
    scopes.sort();
    scopes.dedup();
    scopes
}

/// At least one, and not more than there may be.
fn filled(name: &Name, scopes: Vec<ScopeId>) -> Result<Vec<ScopeId>, Rejection> {
    match scopes.len() {
        0 => Err(Rejection::new(RejectionCode::ControlEmpty, format!("access control `{name}` needs a scope: name one, or remove the control"))),
        n if n > CONTROL_SCOPES_MAX => {
            Err(Rejection::new(RejectionCode::TooMany, format!("{n} scopes: an access control has at most {CONTROL_SCOPES_MAX}, make several")))
        }
        _fits => Ok(scopes),
    }
}

/// Takes a custom control away; one that is assigned only by force, which detaches it everywhere in one entry (AC-9).
pub(super) fn remove(draft: &mut Draft<'_>, org: &OrgCode, id: &ControlId, force: bool) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    own(draft.state, state, id)?;
    if !force {
        return unassigned(state, id);
    }
    for group in state.control_groups.get(id).into_iter().flatten().filter_map(|group| state.user_groups.get(group)) {
        let controls = group.controls.iter().filter(|grant| grant.control != *id).cloned().collect();
        draft.put(Object::UserGroup(Arc::new(UserGroup { controls: Arc::new(controls), ..(**group).clone() })));
    }
    Ok(())
}

/// No user group has a control.
pub(super) fn unassigned(org: &OrgState, id: &ControlId) -> Result<(), Rejection> {
    let groups = org.control_groups.get(id).into_iter().flatten();
    let message = format!("access control `{id}` is assigned: take it from these user groups first, or force its removal");
    let rejection = Rejection::new(RejectionCode::ControlAssigned, message).with_examples(groups);
    if rejection.count == 0 { Ok(()) } else { Err(rejection) }
}

/// A control as it would come back: as a command could have made it. Tombstones may stay, not come anew.
pub(super) fn lawful(state: &State, old: &OrgState, new: &OrgState, control: &Control) -> Result<(), Rejection> {
    let present = old.controls.get(&control.id);
    if present.is_some_and(|present| present.audience != control.audience) {
        return Err(Rejection::new(RejectionCode::AudienceImmutable, format!("whom access control `{}` is for never changes", control.name)));
    }
    if state.platform.control(control.id.as_str()).is_some() {
        return Err(Rejection::new(RejectionCode::BuiltinImmutable, format!("access control `{}` is predefined", control.id)));
    }
    bundles(state, new).is_free(&control.name, Some(control.id.as_str()))?;
    checked(&control.description)?;
    let had: &[ScopeId] = present.map_or(&[], |present| &present.scopes);
    let scopes = filled(&control.name, scopes::known(state, new, &control.scopes, had)?)?;
    if scopes == *control.scopes && scopes.iter().all(|id| canonical(new, id) == *id) {
        Ok(())
    } else {
        Err(Rejection::new(RejectionCode::ControlEmpty, format!("the scopes of access control `{}` are not in order", control.name)))
    }
}
