//! Access groups: creating, editing, allocating, deactivating (AG-6, AG-9 to AG-18, AG-24, AG-27 to AG-29).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalogue::resource_unknown;
use super::draft::Draft;
use super::org as org_of;
use crate::access::{Class, Grant, Narrow};
use crate::command::{AllocationRow, Command, GroupRef};
use crate::ids::*;
use crate::limits::{ALLOCATE_STORES_MAX, CODE_CHARS_MAX, NARROW_ENDPOINTS_MAX};
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
    widen: &[(ResourceId, Class)],
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
    if !cells.is_empty() || !widen.is_empty() {
        let wide: Vec<Grant> = group
            .grants
            .iter()
            .cloned()
            .map(|cell| if widen.contains(&(cell.resource.clone(), cell.class)) { Grant { narrow: None, ..cell } } else { cell })
            .collect();
        group.grants = Arc::new(merged(state, &wide, cells)?);
    }
    draft.put(Object::Group(Arc::new(group)));
    Ok(())
}

/// Only a custom group that no store has can be deactivated (AG-12, AG-27).
pub(super) fn deactivate(draft: &mut Draft<'_>, org: &OrgCode, reference: &GroupRef) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let group = known(state, reference)?;
    if group.kind == GroupKind::BuiltIn {
        let message = format!("access group `{}` is built-in and can't be deactivated", group.name);
        return Err(Rejection::new(RejectionCode::BuiltinImmutable, message));
    }
    unallocated(state, group)?;
    draft.put(Object::Group(Arc::new(Group { active: false, ..(**group).clone() })));
    Ok(())
}

/// A deactivated group can be allocated again (AG-29).
pub(super) fn reactivate(draft: &mut Draft<'_>, org: &OrgCode, reference: &GroupRef) -> Result<(), Rejection> {
    let group = known(org_of(draft.state, org)?, reference)?;
    draft.put(Object::Group(Arc::new(Group { active: true, ..(**group).clone() })));
    Ok(())
}

/// No store has the group, and it is not the default, which stores inherit (AG-27).
pub(super) fn unallocated(org: &OrgState, group: &Group) -> Result<(), Rejection> {
    if org.org.default_group.as_ref() == Some(&group.id) {
        let inheriting = org.stores_inherited(&group.id);
        let message = format!("access group `{}` is the default, which {inheriting} stores inherit: set another default first", group.name);
        return Err(Rejection::new(RejectionCode::GroupIsDefault, message));
    }
    let stores = org.allocated.get(&group.id).into_iter().flatten().chain(super::time::awaited(org, &group.id));
    let applications = org.group_applications.get(&group.id).into_iter().flatten().map(|id| format!("application:{id}"));
    let message = format!("access group `{}` is allocated: allocate another to its stores and applications first", group.name);
    let rejection = Rejection::new(RejectionCode::GroupAllocated, message).with_examples(stores.map(ToString::to_string).chain(applications));
    if rejection.count == 0 { Ok(()) } else { Err(rejection) }
}

/// The default exists and is active (AG-22).
pub(super) fn default_holds(org: &OrgState) -> Result<(), Rejection> {
    match &org.org.default_group {
        Some(group) => allocatable(org, &GroupRef::from(group.clone())).map(|_| ()),
        None => Ok(()),
    }
}

/// A group as it would come back: as a command could have made it.
pub(super) fn lawful(old: &OrgState, new: &OrgState, group: &Group) -> Result<(), Rejection> {
    let present = old.groups.get(&group.id);
    if present.is_some_and(|g| g.kind == GroupKind::BuiltIn) || group.kind == GroupKind::BuiltIn || group.wildcard {
        return Err(Rejection::new(RejectionCode::BuiltinImmutable, format!("access group `{}` is built-in and stays as it is", group.name)));
    }
    name_is_free(new, &group.name, Some(&group.id))?;
    check_description(&group.description)?;
    let sorted = group.grants.windows(2).all(|pair| match pair {
        [a, b] => (&a.resource, a.class) < (&b.resource, b.class),
        _single => true,
    });
    let cells = group.grants.iter().all(|g| !g.levels.is_empty() && g.narrow.as_ref().is_none_or(|n| !n.endpoints().is_empty() && n.clone().in_order() == *n));
    if !sorted || !cells {
        return Err(Rejection::new(RejectionCode::NarrowInvalid, format!("the cells of access group `{}` are not in order", group.name)));
    }
    if group.active { Ok(()) } else { unallocated(new, group) }
}

/// A new group replaces the old; none makes the store inherit (AG-16, AG-17).
pub(super) fn allocate(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    stores: &[StoreCode],
    tills: &[(StoreCode, TillCode)],
    group: Option<&GroupRef>,
    observe: bool,
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if !tills.is_empty() {
        let message = "a till has the group of its store and can't have one of its own: allocate to the store";
        return Err(Rejection::new(RejectionCode::TillOverrideForbidden, message).with_examples(tills.iter().map(|(s, t)| format!("{s}/{t}"))));
    }
    named(state, stores)?;
    let group = match group {
        Some(reference) => Some(allocatable(state, reference)?.id.clone()),
        None => None,
    };
    if let Some(id) = &group {
        draft.read(ObjectId::Group(org.clone(), id.clone()));
    } else if state.org.default_group.is_none() {
        draft.warn("the org has no default group: a store without one of its own is denied everything");
    }
    let mut done = BTreeSet::new();
    for store in stores.iter().filter(|s| done.insert((*s).clone())).filter_map(|s| state.stores.get(s)) {
        let observe = observe && group.is_some();
        draft.put(Object::Store(Arc::new(Store { group: group.clone(), observe, ..(**store).clone() })));
        super::time::settle(draft, org, &store.code);
    }
    Ok(())
}

/// Allocations by rows (AG-40): all of them, or none.
pub(super) fn put_allocations(draft: &mut Draft<'_>, org: &OrgCode, rows: &[AllocationRow]) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    super::rows::bounded(rows.len())?;
    super::rows::reject(&super::rows::faults(draft.state, &Command::PutAllocations { org: org.clone(), rows: rows.to_vec() }))?;
    let mut done = BTreeSet::new();
    for row in rows.iter().filter(|row| done.insert(row.store.clone())) {
        let Some(store) = state.stores.get(&row.store) else { continue };
        let group = match &row.group {
            Some(reference) => Some(allocatable(state, reference)?.id.clone()),
            None => None,
        };
        // A row that gives a store the group it has leaves it as it is, observing or not.
        let observe = store.observe && store.group == group;
        if let Some(id) = &group {
            draft.read(ObjectId::Group(org.clone(), id.clone()));
        }
        draft.put(Object::Store(Arc::new(Store { group, observe, ..(**store).clone() })));
        super::time::settle(draft, org, &store.code);
    }
    Ok(())
}

/// Stores that a batch names: some, not too many, and known.
pub(super) fn named(org: &OrgState, stores: &[StoreCode]) -> Result<(), Rejection> {
    match stores.len() {
        0 => return Err(Rejection::new(RejectionCode::NothingNamed, "no stores are named")),
        n if n > ALLOCATE_STORES_MAX => {
            let message = format!("{n} stores: one change has at most {ALLOCATE_STORES_MAX}, send them in batches");
            return Err(Rejection::new(RejectionCode::TooMany, message));
        }
        _fits => {}
    }
    let unknown: Vec<&StoreCode> = stores.iter().filter(|s| !org.stores.contains_key(*s)).collect();
    match unknown.as_slice() {
        [] => Ok(()),
        [one] => Err(super::places::store_unknown(one)),
        several => Err(super::places::stores_unknown(several)),
    }
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
    let mut all: BTreeMap<(ResourceId, Class), Grant> = present.iter().map(|g| ((g.resource.clone(), g.class), g.clone())).collect();
    for cell in cells {
        let key = (cell.resource.clone(), cell.class);
        let narrow = match &cell.narrow {
            Some(narrow) => Some(own_endpoints(org, cell, narrow, all.get(&key))?),
            None => all.get(&key).and_then(|present| present.narrow.clone()),
        };
        all.insert(key, Grant { narrow, ..cell.clone() });
    }
    Ok(all.into_values().filter(|cell| !cell.levels.is_empty()).collect())
}

/// A narrowing names endpoints of its own resource and class (AG-6). One that was named before may have gone.
fn own_endpoints(org: &OrgState, cell: &Grant, narrow: &Narrow, present: Option<&Grant>) -> Result<Narrow, Rejection> {
    let narrow = narrow.clone().in_order();
    let (resource, class) = (&cell.resource, cell.class);
    match narrow.endpoints().len() {
        0 => return Err(Rejection::new(RejectionCode::NarrowInvalid, format!("cell {resource} ({class}) is narrowed to or around nothing: name endpoints of it"))),
        n if n > NARROW_ENDPOINTS_MAX => {
            let message = format!("cell {resource} ({class}) is narrowed by {n} endpoints: at most {NARROW_ENDPOINTS_MAX}");
            return Err(Rejection::new(RejectionCode::TooMany, message));
        }
        _fits => {}
    }
    let was = |id: &EndpointId| present.and_then(|p| p.narrow.as_ref()).is_some_and(|n| n.endpoints().contains(id));
    let own = |id: &EndpointId| org.endpoints.get(id).is_some_and(|e| e.resource.as_ref() == Some(resource) && e.class == class);
    let strange: Vec<&EndpointId> = narrow.endpoints().iter().filter(|id| !own(id) && !was(id)).collect();
    if strange.is_empty() {
        return Ok(narrow);
    }
    let message = format!("cell {resource} ({class}) can be narrowed by its own endpoints only: see `endpoint list --resource`");
    Err(Rejection::new(RejectionCode::NarrowInvalid, message).with_examples(strange))
}
