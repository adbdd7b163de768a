//! Permission sets: made, edited, and assigned to users at places (UM-7 to UM-14, UM-17, UM-22).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::draft::Draft;
use super::names::{Bundles, description as checked};
use super::{org as org_of, users};
use crate::command::{Assign, Reference, Verb};
use crate::ids::*;
use crate::limits::ALLOCATE_STORES_MAX;
use crate::name::Name;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::permission::{Actions, ModuleGrant, Permission};
use crate::place::{Bounds, Place};
use crate::powers;
use crate::state::{OrgState, SET, State};

fn bundles<'a>(state: &'a State, org: &'a OrgState) -> Bundles<'a> {
    Bundles {
        org,
        kind: SET,
        ids: org.sets.keys().map(SetId::as_str).collect(),
        predefined: state.platform.sets.iter().map(|set| (set.id.as_str(), set.name.as_str())).collect(),
    }
}

/// The set that a reference means: the org's own or a standard one.
pub(super) fn find(state: &State, org: &OrgState, reference: &Reference) -> Result<SetId, Rejection> {
    let unknown = || Rejection::new(RejectionCode::SetUnknown, format!("there is no permission set `{reference}`"));
    bundles(state, org).find(&reference.0).and_then(|id| id.parse().ok()).ok_or_else(unknown)
}

/// What a set grants, whether or not the catalogue still offers it.
pub(crate) fn grants_of<'a>(state: &'a State, org: &'a OrgState, id: &SetId) -> &'a [ModuleGrant] {
    match org.sets.get(id) {
        Some(set) => &set.grants,
        None => state.platform.set(id.as_str()).map_or(&[], |set| &set.grants),
    }
}

fn immutable(state: &State, org: &OrgState, id: &SetId) -> Result<(), Rejection> {
    match (org.sets.get(id), state.platform.set(id.as_str())) {
        (None, Some(standard)) => {
            let message = format!("permission set `{}` is a standard one and stays as it is: clone it", standard.name);
            Err(Rejection::new(RejectionCode::BuiltinImmutable, message))
        }
        (Some(_), _) | (None, None) => Ok(()),
    }
}

/// Makes a set from scratch, or from another: what the catalogue doesn't offer is left out of a clone, and listed (UM-14).
pub(super) fn create(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    name: &Name,
    description: &Arc<str>,
    grants: &[ModuleGrant],
    clone_of: Option<&Reference>,
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let bundles = bundles(draft.state, state);
    bundles.is_free(name, None)?;
    let description = checked(description)?;
    let mut base = Vec::new();
    if let Some(reference) = clone_of {
        let source = find(draft.state, state, reference)?;
        for grant in grants_of(draft.state, state, &source) {
            let offered = draft.state.platform.module(grant.module.as_str()).map_or(Actions::empty(), |module| module.offered);
            let dropped = grant.actions - offered;
            if !dropped.is_empty() {
                draft.warn(format!("`{}` {dropped} is left out: the catalogue doesn't offer it to custom sets", grant.module));
            }
            base.push(ModuleGrant { module: grant.module.clone(), actions: grant.actions & offered });
        }
    }
    let set = PermissionSet {
        org: org.clone(),
        id: bundles.id_for(name)?,
        name: name.clone(),
        description,
        grants: Arc::new(merged(draft.state, &base, grants)?),
        meta: draft.new_meta(),
    };
    draft.put(Object::Set(Arc::new(set)));
    Ok(())
}

/// Edits a custom set. What the catalogue has dropped stays in it, inert, until its sub-module is named.
pub(super) fn edit(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    reference: &Reference,
    name: Option<&Name>,
    description: Option<&Arc<str>>,
    grants: &[ModuleGrant],
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let id = find(draft.state, state, reference)?;
    immutable(draft.state, state, &id)?;
    let Some(present) = state.sets.get(&id) else { return Err(unknown(&id)) };
    let mut set = (**present).clone();
    if let Some(name) = name {
        bundles(draft.state, state).is_free(name, Some(id.as_str()))?;
        set.name = name.clone();
    }
    if let Some(description) = description {
        set.description = checked(description)?;
    }
    set.grants = Arc::new(merged(draft.state, &set.grants, grants)?);
    if let Some(reserved) = powers::reserved(&set.grants) {
        let standard = state.set_users.get(&id).into_iter().flatten().filter(|user| is_standard(state, user));
        let message = format!("permission set `{}` is assigned to standard users, and `{reserved}` is for admins and owners only", set.name);
        let rejection = Rejection::new(RejectionCode::PermissionUnavailable, message).with_examples(standard);
        if rejection.count > 0 {
            return Err(rejection);
        }
    }
    draft.put(Object::Set(Arc::new(set)));
    Ok(())
}

fn is_standard(org: &OrgState, user: &UserId) -> bool {
    org.users.get(user).is_some_and(|user| user.user_type == UserType::Standard)
}

fn unknown(id: &SetId) -> Rejection {
    Rejection::new(RejectionCode::SetUnknown, format!("there is no permission set `{id}`"))
}

/// Sub-modules set over those there are; one without actions is taken away. What is set must be on offer (UM-13).
fn merged(state: &State, present: &[ModuleGrant], grants: &[ModuleGrant]) -> Result<Vec<ModuleGrant>, Rejection> {
    let mut named: BTreeMap<&ModuleId, Actions> = BTreeMap::new();
    for grant in grants {
        *named.entry(&grant.module).or_default() |= grant.actions;
    }
    let missing = |(module, actions): (&&ModuleId, &Actions)| {
        let offered = state.platform.module(module.as_str()).map_or(Actions::empty(), |module| module.offered);
        let missing = *actions - offered;
        (!missing.is_empty()).then(|| format!("{module} {missing}"))
    };
    let message = "the catalogue doesn't offer this to custom sets: see `permission-set modules`";
    let rejection = Rejection::new(RejectionCode::PermissionUnavailable, message).with_examples(named.iter().filter_map(missing));
    if rejection.count > 0 {
        return Err(rejection);
    }
    let mut all: BTreeMap<ModuleId, Actions> = present.iter().map(|grant| (grant.module.clone(), grant.actions)).collect();
    all.extend(named.into_iter().map(|(module, actions)| (module.clone(), actions)));
    Ok(all.into_iter().filter(|(_, actions)| !actions.is_empty()).map(|(module, actions)| ModuleGrant { module, actions }).collect())
}

/// A set as it would come back.
pub(super) fn lawful(after: &State, org: &OrgState, set: &PermissionSet) -> Result<(), Rejection> {
    bundles(after, org).is_free(&set.name, Some(set.id.as_str()))?;
    checked(&set.description)?;
    let ordered = set.grants.windows(2).all(|pair| match pair {
        [a, b] => a.module < b.module,
        _single => true,
    });
    let unoffered = |grant: &&ModuleGrant| {
        let offered = after.platform.module(grant.module.as_str()).map_or(Actions::empty(), |module| module.offered);
        grant.actions.is_empty() || !offered.contains(grant.actions)
    };
    let rejection = Rejection::new(RejectionCode::PermissionUnavailable, format!("the catalogue doesn't offer what permission set `{}` would hold", set.name));
    let rejection = rejection.with_examples(set.grants.iter().filter(unoffered).map(|grant| &grant.module));
    if !ordered || rejection.count > 0 {
        return Err(rejection);
    }
    let mut users = org.set_users.get(&set.id).into_iter().flatten().filter_map(|user| org.users.get(user));
    users.try_for_each(|user| may_hold(after, org, user.user_type, &set.id))
}

/// No user holds a set that goes as its creation is undone.
pub(super) fn unassigned(org: &OrgState, set: &PermissionSet) -> Result<(), Rejection> {
    let users = org.set_users.get(&set.id).into_iter().flatten();
    let message = format!("permission set `{}` is assigned: take it from its users first", set.name);
    let rejection = Rejection::new(RejectionCode::SetAssigned, message).with_examples(users);
    if rejection.count == 0 { Ok(()) } else { Err(rejection) }
}

/// Takes a custom set away; one that is assigned only by force, which detaches it everywhere (UM-22).
pub(super) fn remove(draft: &mut Draft<'_>, org: &OrgCode, id: &SetId, force: bool) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    immutable(draft.state, state, id)?;
    let set = state.sets.get(id).ok_or_else(|| unknown(id))?;
    let users: Vec<UserId> = state.set_users.get(id).into_iter().flatten().cloned().collect();
    if !users.is_empty() && !force {
        let message = format!("permission set `{}` is assigned: take it from its users first, or force its removal", set.name);
        return Err(Rejection::new(RejectionCode::SetAssigned, message).with_examples(users));
    }
    for user in users.iter().filter_map(|user| state.users.get(user)) {
        let mut more = user.more().clone();
        more.sets.retain(|grant| grant.set != *id);
        draft.put(Object::User(Arc::new(user.with_more(more))));
    }
    Ok(())
}

/// Sets of a user, at places (UM-8, UM-9). Of several assignments of one set each place is in one: adding it anew moves it
/// under the new bounds.
pub(super) fn assign(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    user: &UserId,
    verb: Verb,
    sets: &[Assign],
    permissions: &[Permission],
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if !permissions.is_empty() {
        let message = "no permission goes to a user directly: put it into a permission set, and assign that";
        return Err(Rejection::new(RejectionCode::DirectPermissionForbidden, message).with_examples(permissions));
    }
    let record = state.users.get(user).ok_or_else(|| users::unknown(user))?;
    if record.audience() == Audience::Customer {
        let message = format!("`user:{user}` is a customer: permission sets are for the org's own people");
        return Err(Rejection::new(RejectionCode::AudienceMismatch, message));
    }
    if sets.is_empty() && verb != Verb::Set {
        return Err(Rejection::new(RejectionCode::NothingNamed, "no permission set is named"));
    }
    if sets.iter().map(|assign| assign.places.len()).sum::<usize>() > ALLOCATE_STORES_MAX {
        return Err(Rejection::new(RejectionCode::TooMany, format!("one change has at most {ALLOCATE_STORES_MAX} places: name zones or concepts")));
    }
    let mut more = record.more().clone();
    let present = match verb {
        Verb::Set => Vec::new(),
        Verb::Add | Verb::Remove => more.sets.clone(),
    };
    let mut all: BTreeMap<(SetId, Bounds), Vec<Place>> = BTreeMap::new();
    for grant in present {
        all.entry((grant.set, grant.bounds)).or_default().extend(grant.places);
    }
    for assign in sets {
        let held = record.more().sets.iter().find(|grant| grant.set.as_str() == &*assign.bundle.0);
        let id = match (verb, held) {
            // A set that the catalogue has dropped can still be taken away.
            (Verb::Remove, Some(held)) => held.set.clone(),
            (Verb::Remove, None) | (Verb::Set | Verb::Add, _) => find(draft.state, state, &assign.bundle)?,
        };
        users::places_known(state, &assign.places)?;
        for ((_, _), places) in all.iter_mut().filter(|((set, _), _)| *set == id) {
            places.retain(|place| !(assign.places.contains(place) || (verb == Verb::Remove && assign.places.is_empty())));
        }
        match verb {
            Verb::Remove => {}
            Verb::Set | Verb::Add => {
                fits(draft, state, record, &id, assign)?;
                all.entry((id, assign.bounds)).or_default().extend(assign.places.iter().cloned());
            }
        }
    }
    more.sets = all
        .into_iter()
        .filter(|(_, places)| !places.is_empty())
        .map(|((set, bounds), mut places)| {
            places.sort();
            places.dedup();
            SetGrant { set, places, bounds }
        })
        .collect();
    more.sets.sort();
    draft.put(Object::User(Arc::new(record.with_more(more))));
    Ok(())
}

/// One assignment, as it is asked for: at places of the right kind, for some time, of a set that the user may hold.
fn fits(draft: &mut Draft<'_>, org: &OrgState, user: &User, id: &SetId, assign: &Assign) -> Result<(), Rejection> {
    if assign.places.is_empty() {
        let message = format!("permission set `{id}` needs a place to be assigned at: `org`, a zone, a concept or a store");
        return Err(Rejection::new(RejectionCode::PlaceRequired, message));
    }
    users::bounds_fit(assign.bounds)?;
    users::levels_fit(user.more().designation.as_ref(), &user.id, assign.places.iter())?;
    may_hold(draft.state, org, user.user_type, id)?;
    let outside: Vec<String> =
        assign.places.iter().filter(|place| !user.more().places.iter().any(|own| own.may_meet(org, place))).map(Place::to_string).collect();
    if user.user_type != UserType::Owner && !outside.is_empty() {
        draft.warn(format!("`user:{}` reaches nothing of {}: it lies outside their own places", user.id, outside.join(", ")));
    }
    if user.user_type == UserType::Owner {
        draft.warn(format!("`user:{}` is an owner and holds everything without it", user.id));
    }
    Ok(())
}

/// What manages people is for admins and owners only.
pub(super) fn may_hold(state: &State, org: &OrgState, user_type: UserType, id: &SetId) -> Result<(), Rejection> {
    match (user_type, powers::reserved(grants_of(state, org, id))) {
        (UserType::Standard, Some(reserved)) => {
            let message = format!("permission set `{id}` holds `{reserved}`, which is for admins and owners only");
            Err(Rejection::new(RejectionCode::PermissionUnavailable, message))
        }
        (UserType::Standard, None) | (UserType::Admin | UserType::Owner, _) => Ok(()),
    }
}
