//! Access groups: creating, editing, allocating (AG-9 to AG-18, AG-24).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalogue::resource_unknown;
use super::draft::Draft;
use super::org as org_of;
use crate::access::{Class, Grant, Levels};
use crate::command::GroupRef;
use crate::ids::*;
use crate::limits::{ALLOCATE_STORES_MAX, CODE_CHARS_MAX};
use crate::name::{Name, check_text, fold};
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::state::OrgState;

fn known<'a>(org: &'a OrgState, reference: &GroupRef) -> Result<&'a Arc<Group>, Rejection> {
    org.group(&reference.0)
        .ok_or_else(|| Rejection::new(RejectionCode::GroupUnknown, format!("there is no access group `{reference}`")))
}

/// A group that may be given to stores: it exists and is active (AG-18, AG-22).
pub(super) fn allocatable<'a>(org: &'a OrgState, reference: &GroupRef) -> Result<&'a Arc<Group>, Rejection> {
    let group = known(org, reference)?;
    if group.active {
        Ok(group)
    } else {
        Err(Rejection::new(RejectionCode::GroupInactive, format!("access group `{}` is inactive: reactivate it first", group.name)))
    }
}

pub(super) fn create(draft: &mut Draft<'_>, org: &OrgCode, name: &Name, description: &Arc<str>, grants: &[Grant]) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    name_is_free(state, name, None)?;
    check_description(description)?;
    let grants = merged(state, &[], grants)?;
    let group = Group {
        org: org.clone(),
        id: id_for(state, name)?,
        name: name.clone(),
        description: description.clone(),
        kind: GroupKind::Custom,
        active: true,
        wildcard: false,
        grants: Arc::new(grants),
        meta: draft.new_meta(),
    };
    draft.put(Object::Group(Arc::new(group)));
    Ok(())
}

pub(super) fn edit(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    reference: &GroupRef,
    name: Option<&Name>,
    description: Option<&Arc<str>>,
    cells: &[Grant],
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let mut group = (**known(state, reference)?).clone();
    match group.kind {
        GroupKind::BuiltIn => {
            let message = format!("access group `{}` is built-in and can't be edited: create a custom one", group.name);
            return Err(Rejection::new(RejectionCode::BuiltinImmutable, message));
        }
        GroupKind::Custom => {}
    }
    if let Some(name) = name {
        name_is_free(state, name, Some(&group.id))?;
        group.name = name.clone();
    }
    if let Some(description) = description {
        check_description(description)?;
        group.description = description.clone();
    }
    if !cells.is_empty() {
        group.grants = Arc::new(merged(state, &group.grants, cells)?);
    }
    draft.put(Object::Group(Arc::new(group)));
    Ok(())
}

/// A new group replaces the old; none makes the store inherit (AG-16, AG-17).
pub(super) fn allocate(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    stores: &[StoreCode],
    tills: &[(StoreCode, TillCode)],
    group: Option<&GroupRef>,
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if !tills.is_empty() {
        let message = "a till has the group of its store and can't have one of its own: allocate to the store";
        return Err(Rejection::new(RejectionCode::TillOverrideForbidden, message).with_examples(tills.iter().map(|(s, t)| format!("{s}/{t}"))));
    }
    match stores.len() {
        0 => return Err(Rejection::new(RejectionCode::NothingNamed, "no stores are named")),
        n if n > ALLOCATE_STORES_MAX => {
            let message = format!("{n} stores: one change has at most {ALLOCATE_STORES_MAX}, send them in batches");
            return Err(Rejection::new(RejectionCode::TooMany, message));
        }
        _fits => {}
    }
    let group = match group {
        Some(reference) => Some(allocatable(state, reference)?.id.clone()),
        None => None,
    };
    let unknown: Vec<&StoreCode> = stores.iter().filter(|s| !state.stores.contains_key(*s)).collect();
    match unknown.as_slice() {
        [] => {}
        [one] => return Err(super::places::store_unknown(one)),
        several => {
            let message = format!("{} stores are unknown", several.len());
            return Err(Rejection::new(RejectionCode::StoreUnknown, message).with_examples(several));
        }
    }
    if let Some(id) = &group {
        draft.read(ObjectId::Group(org.clone(), id.clone()));
    } else if state.org.default_group.is_none() {
        draft.warn("the org has no default group: a store without one of its own is denied everything");
    }
    let mut done = BTreeSet::new();
    for store in stores.iter().filter(|s| done.insert((*s).clone())).filter_map(|s| state.stores.get(s)) {
        draft.put(Object::Store(Arc::new(Store { group: group.clone(), ..(**store).clone() })));
    }
    Ok(())
}

fn check_description(text: &str) -> Result<(), Rejection> {
    check_text(text).map_err(|why| Rejection::new(RejectionCode::TextInvalid, format!("the description: {why}")))
}

/// Names are unique under folding (AG-9), and none equals another group's id: a reference is never ambiguous.
fn name_is_free(org: &OrgState, name: &Name, own: Option<&GroupId>) -> Result<(), Rejection> {
    let folded = name.folded();
    let by_name = org.group_names.get(&folded).filter(|id| Some(*id) != own);
    let by_id = || org.groups.keys().find(|id| Some(*id) != own && *fold(id.as_str()) == *folded);
    match by_name.or_else(by_id) {
        Some(other) => Err(Rejection::new(RejectionCode::NameTaken, format!("access group `{other}` has the name `{name}`, or one that differs only in case"))),
        None => Ok(()),
    }
}

/// The id of a new group: its name in lower case with dashes, a number behind it if that is taken.
fn id_for(org: &OrgState, name: &Name) -> Result<GroupId, Rejection> {
    let mut base = String::new();
    for c in fold(name.as_str()).chars() {
        if c.is_ascii_alphanumeric() {
            base.push(c);
        } else if !base.is_empty() && !base.ends_with('-') {
            base.push('-');
        }
    }
    let base: String = base.trim_end_matches('-').chars().take(CODE_CHARS_MAX - 6).collect();
    let base = if base.is_empty() { "group".to_owned() } else { base };
    let taken = |id: &str| {
        let folded: Arc<str> = fold(id).into();
        org.groups.keys().any(|k| k.as_str().eq_ignore_ascii_case(id)) || org.group_names.get(&folded).is_some_and(|_| *folded != *name.folded())
    };
    let mut id = base.clone();
    let mut number = 2u32;
    while taken(&id) {
        id = format!("{base}-{number}");
        number += 1;
    }
    id.parse().map_err(|why: BadId| Rejection::new(RejectionCode::TextInvalid, why.to_string()))
}

/// Sets cells over those there are; one without levels is taken away. Resources must be known (AG-9), but for a
/// cell that is taken away: its resource may be gone.
fn merged(org: &OrgState, present: &[Grant], cells: &[Grant]) -> Result<Vec<Grant>, Rejection> {
    let unknown: BTreeSet<&ResourceId> =
        cells.iter().filter(|c| !c.levels.is_empty()).map(|c| &c.resource).filter(|r| !org.resources.contains_key(*r)).collect();
    if !unknown.is_empty() {
        return Err(resource_unknown(unknown.into_iter()));
    }
    let mut all: BTreeMap<(ResourceId, Class), Levels> = present.iter().map(|g| ((g.resource.clone(), g.class), g.levels)).collect();
    for cell in cells {
        all.insert((cell.resource.clone(), cell.class), cell.levels);
    }
    Ok(all
        .into_iter()
        .filter(|(_, levels)| !levels.is_empty())
        .map(|((resource, class), levels)| Grant { resource, class, levels })
        .collect())
}
