//! User groups: their controls and their members (AC-2, AC-5 to AC-8, AC-21, AC-22).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::draft::Draft;
use super::names::{Bundles, description as checked};
use super::{controls, org as org_of, users};
use crate::command::{Assign, Reference, Verb};
use crate::ids::*;
use crate::limits::{ALLOCATE_STORES_MAX, GROUP_CONTROLS_MAX, MEMBERS_MAX};
use crate::name::Name;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::place::{Bounds, Place};
use crate::state::{OrgState, State, USER_GROUP};

fn bundles(org: &OrgState) -> Bundles<'_> {
    Bundles { org, kind: USER_GROUP, ids: org.user_groups.keys().map(UserGroupId::as_str).collect(), predefined: Vec::new() }
}

fn known<'a>(org: &'a OrgState, reference: &Reference) -> Result<&'a Arc<UserGroup>, Rejection> {
    bundles(org).find(&reference.0).and_then(|id| org.user_groups.get(id.as_str())).ok_or_else(|| unknown(&reference.0))
}

fn unknown(group: &str) -> Rejection {
    Rejection::new(RejectionCode::UserGroupUnknown, format!("there is no user group `{group}`: see `user-group list`"))
}

pub(super) fn create(draft: &mut Draft<'_>, org: &OrgCode, name: &Name, description: &Arc<str>, audience: Audience) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let bundles = bundles(state);
    bundles.is_free(name, None)?;
    let group = UserGroup {
        org: org.clone(),
        id: bundles.id_for(name)?,
        name: name.clone(),
        description: checked(description)?,
        audience,
        controls: Arc::default(),
        meta: draft.new_meta(),
    };
    draft.put(Object::UserGroup(Arc::new(group)));
    Ok(())
}

pub(super) fn edit(draft: &mut Draft<'_>, org: &OrgCode, reference: &Reference, name: Option<&Name>, description: Option<&Arc<str>>) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let mut group = (**known(state, reference)?).clone();
    if let Some(name) = name {
        bundles(state).is_free(name, Some(group.id.as_str()))?;
        group.name = name.clone();
    }
    if let Some(description) = description {
        group.description = checked(description)?;
    }
    draft.put(Object::UserGroup(Arc::new(group)));
    Ok(())
}

/// Controls of a group. One that is added anew has its new places and bounds; to set none takes all away.
pub(super) fn assign_controls(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    reference: &Reference,
    verb: Verb,
    named: &[Assign],
    direct: &[UserId],
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if !direct.is_empty() {
        let message = "an access control goes to user groups, never to a user: make the user a member of a group that has it";
        return Err(Rejection::new(RejectionCode::DirectControlForbidden, message).with_examples(direct));
    }
    let group = known(state, reference)?;
    if named.is_empty() && verb != Verb::Set {
        return Err(Rejection::new(RejectionCode::NothingNamed, "no access control is named"));
    }
    if named.iter().map(|assign| assign.places.len()).sum::<usize>() > ALLOCATE_STORES_MAX {
        return Err(Rejection::new(RejectionCode::TooMany, format!("one change has at most {ALLOCATE_STORES_MAX} places: name zones or concepts")));
    }
    let present = group.controls.iter().map(|grant| (grant.control.clone(), grant.clone()));
    let mut all: BTreeMap<ControlId, ControlGrant> = match verb {
        Verb::Set => BTreeMap::new(),
        Verb::Add | Verb::Remove => present.collect(),
    };
    let mut given: BTreeMap<ControlId, ControlGrant> = BTreeMap::new();
    for assign in named {
        let grant = match verb {
            Verb::Set | Verb::Add => granted(draft, state, group, assign)?,
            Verb::Remove => taken(draft.state, state, group, assign)?,
        };
        if given.get(&grant.control).is_some_and(|other| *other != grant) {
            let message = format!("access control `{}` is named twice, at other places or times: a group has it once", grant.control);
            return Err(Rejection::new(RejectionCode::KeyRepeated, message));
        }
        given.insert(grant.control.clone(), grant);
    }
    match verb {
        Verb::Set | Verb::Add => all.extend(given),
        Verb::Remove => all.retain(|control, _| !given.contains_key(control)),
    }
    if all.len() > GROUP_CONTROLS_MAX {
        let message = format!("{} access controls: a user group has at most {GROUP_CONTROLS_MAX}", all.len());
        return Err(Rejection::new(RejectionCode::TooMany, message));
    }
    draft.put(Object::UserGroup(Arc::new(UserGroup { controls: Arc::new(all.into_values().collect()), ..(**group).clone() })));
    Ok(())
}

/// One control as it is to be: for the group's audience, at places that are there, for a time that is to come.
fn granted(draft: &mut Draft<'_>, org: &OrgState, group: &UserGroup, assign: &Assign) -> Result<ControlGrant, Rejection> {
    let control = controls::find(draft.state, org, &assign.bundle)?;
    for_audience(draft.state, org, group, &control)?;
    users::places_known(org, &assign.places)?;
    to_come(draft, assign.bounds)?;
    if org.controls.contains_key(&control) {
        draft.read(ObjectId::Control(group.org.clone(), control.clone()));
    }
    Ok(ControlGrant { control, places: whole_or_sorted(&assign.places), bounds: assign.bounds })
}

/// The control that is to go: one that the catalogue has dropped can still be named.
fn taken(state: &State, org: &OrgState, group: &UserGroup, assign: &Assign) -> Result<ControlGrant, Rejection> {
    if !assign.places.is_empty() || !assign.bounds.is_always() {
        let message = format!("access control `{}` is taken away altogether: name no places and no time, or assign it anew with others", assign.bundle);
        return Err(Rejection::new(RejectionCode::PlaceForbidden, message));
    }
    let held = group.controls.iter().find(|grant| grant.control.as_str() == &*assign.bundle.0);
    let control = match held {
        Some(grant) => grant.control.clone(),
        None => controls::find(state, org, &assign.bundle)?,
    };
    Ok(ControlGrant { control, places: Vec::new(), bounds: Bounds::ALWAYS })
}

/// Places sorted, each once; none if one of them is the whole org.
fn whole_or_sorted(places: &[Place]) -> Vec<Place> {
    if places.contains(&Place::Org) {
        return Vec::new();
    }
    let all: BTreeSet<Place> = places.iter().cloned().collect();
    all.into_iter().collect()
}

/// A control for one audience doesn't go to a group of the other (AC-5).
fn for_audience(state: &State, org: &OrgState, group: &UserGroup, control: &ControlId) -> Result<(), Rejection> {
    match controls::audience_of(state, org, control) {
        Some(audience) if audience != group.audience => {
            let message = format!("access control `{control}` is for the {audience} audience, and user group `{}` for the {}", group.name, group.audience);
            Err(Rejection::new(RejectionCode::AudienceMismatch, message))
        }
        Some(_) | None => Ok(()),
    }
}

/// Bounds that end after they begin, and not before now.
fn to_come(draft: &Draft<'_>, bounds: Bounds) -> Result<(), Rejection> {
    users::bounds_fit(bounds)?;
    match bounds.not_after {
        Some(until) if until <= draft.now() => Err(Rejection::new(RejectionCode::BoundsInvalid, "it would have ended already: give an end that is to come")),
        Some(_) | None => Ok(()),
    }
}

/// Members of a group. One that is added anew has its new bounds, so that adding twice is as once (AC-21); to set none takes
/// all away.
pub(super) fn assign_members(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    reference: &Reference,
    verb: Verb,
    named: &[UserId],
    bounds: Bounds,
    applications: &[ApplicationId],
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if !applications.is_empty() {
        let message = "an application is never a member of a user group: give its credential the scopes";
        return Err(Rejection::new(RejectionCode::MemberForbidden, message).with_examples(applications));
    }
    let group = known(state, reference)?;
    if named.is_empty() && verb != Verb::Set {
        return Err(Rejection::new(RejectionCode::NothingNamed, "no user is named"));
    }
    let named: BTreeSet<&UserId> = named.iter().collect();
    users_known(state, &named)?;
    let present = || state.group_users.get(&group.id).into_iter().flatten();
    let leave: Vec<&UserId> = match verb {
        Verb::Set => present().filter(|user| !named.contains(user)).collect(),
        Verb::Add => Vec::new(),
        Verb::Remove => present().filter(|user| named.contains(user)).collect(),
    };
    if named.len() + leave.len() > MEMBERS_MAX {
        let message = format!("{} users: one change has at most {MEMBERS_MAX}, send them in batches", named.len() + leave.len());
        return Err(Rejection::new(RejectionCode::TooMany, message));
    }
    match verb {
        Verb::Set | Verb::Add => {
            to_come(draft, bounds)?;
            let users: Vec<&Arc<User>> = named.iter().filter_map(|id| state.users.get(*id)).collect();
            of_audience(group, users.iter().map(|user| &***user))?;
            draft.read(ObjectId::UserGroup(org.clone(), group.id.clone()));
            users.into_iter().for_each(|user| join(draft, user, &group.id, bounds));
        }
        Verb::Remove if !bounds.is_always() => {
            return Err(Rejection::new(RejectionCode::BoundsInvalid, "members are taken away for good: name no time"));
        }
        Verb::Remove => {}
    }
    leave.into_iter().filter_map(|id| state.users.get(id)).for_each(|user| drop_out(draft, user, &group.id));
    Ok(())
}

fn users_known(org: &OrgState, named: &BTreeSet<&UserId>) -> Result<(), Rejection> {
    let unknown: Vec<&UserId> = named.iter().copied().filter(|id| !org.users.contains_key(*id)).collect();
    match unknown.as_slice() {
        [] => Ok(()),
        [one] => Err(users::unknown(one)),
        several => {
            let message = format!("{} users are unknown", several.len());
            Err(Rejection::new(RejectionCode::UserUnknown, message).with_examples(several))
        }
    }
}

/// A member's audience is the group's (AC-5).
fn of_audience<'a>(group: &UserGroup, users: impl Iterator<Item = &'a User>) -> Result<(), Rejection> {
    let others = users.filter(|user| user.audience() != group.audience).map(|user| &user.id);
    let message = format!("user group `{}` is for the {} audience, and these users are of the other", group.name, group.audience);
    let rejection = Rejection::new(RejectionCode::AudienceMismatch, message).with_examples(others);
    if rejection.count == 0 { Ok(()) } else { Err(rejection) }
}

fn join(draft: &mut Draft<'_>, user: &User, group: &UserGroupId, bounds: Bounds) {
    let mut more = user.more().clone();
    more.groups.retain(|membership| membership.group != *group);
    more.groups.push(Membership { group: group.clone(), bounds });
    more.groups.sort();
    draft.put(Object::User(Arc::new(user.with_more(more))));
}

fn drop_out(draft: &mut Draft<'_>, user: &User, group: &UserGroupId) {
    let mut more = user.more().clone();
    more.groups.retain(|membership| membership.group != *group);
    draft.put(Object::User(Arc::new(user.with_more(more))));
}

/// Takes a group away; one with members only by force, which ends their membership in the same entry (AC-21).
pub(super) fn remove(draft: &mut Draft<'_>, org: &OrgCode, id: &UserGroupId, force: bool) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if !state.user_groups.contains_key(id) {
        return Err(unknown(id.as_str()));
    }
    if !force {
        return unused(state, id);
    }
    let members = state.group_users.get(id).into_iter().flatten();
    let members: Vec<&Arc<User>> = members.filter_map(|user| state.users.get(user)).collect();
    if members.len() > MEMBERS_MAX {
        let message = format!("user group `{id}` has {} members: one change has at most {MEMBERS_MAX}, take members away in batches first", members.len());
        return Err(Rejection::new(RejectionCode::TooMany, message));
    }
    members.into_iter().for_each(|user| drop_out(draft, user, id));
    Ok(())
}

/// A group has no members.
pub(super) fn unused(org: &OrgState, id: &UserGroupId) -> Result<(), Rejection> {
    let members = org.group_users.get(id).into_iter().flatten();
    let message = format!("user group `{id}` has members: take them away first, or force its removal");
    let rejection = Rejection::new(RejectionCode::UserGroupInUse, message).with_examples(members);
    if rejection.count == 0 { Ok(()) } else { Err(rejection) }
}

/// A group as it would come back: as commands could have made it, whenever that was. Controls and places that are gone may
/// stay in it, not come anew.
pub(super) fn lawful(state: &State, old: &OrgState, new: &OrgState, group: &UserGroup) -> Result<(), Rejection> {
    let present = old.user_groups.get(&group.id);
    if present.is_some_and(|present| present.audience != group.audience) {
        return Err(Rejection::new(RejectionCode::AudienceImmutable, format!("whom user group `{}` is for never changes", group.name)));
    }
    bundles(new).is_free(&group.name, Some(group.id.as_str()))?;
    checked(&group.description)?;
    let ids: BTreeSet<&ControlId> = group.controls.iter().map(|grant| &grant.control).collect();
    let in_order = group.controls.iter().map(|grant| &grant.control).eq(ids) && group.controls.iter().all(|grant| whole_or_sorted(&grant.places) == grant.places);
    if !in_order {
        return Err(Rejection::new(RejectionCode::KeyRepeated, format!("the access controls of user group `{}` are not in order", group.name)));
    }
    for grant in group.controls.iter() {
        let had = present.into_iter().flat_map(|present| present.controls.iter()).find(|had| had.control == grant.control);
        if had.is_none() && crate::scopes::of_control(&state.platform, new, &grant.control).is_none() {
            return Err(Rejection::new(RejectionCode::ControlUnknown, format!("there is no access control `{}` any more", grant.control)));
        }
        for_audience(state, new, group, &grant.control)?;
        let strange = grant.places.iter().filter(|place| !had.is_some_and(|had| had.places.contains(place)));
        strange.into_iter().try_for_each(|place| users::place_known(new, place))?;
        users::bounds_fit(grant.bounds)?;
    }
    Ok(())
}

/// The memberships of a user as they would come back.
pub(super) fn memberships_lawful(new: &OrgState, user: &User) -> Result<(), Rejection> {
    let groups: BTreeSet<&UserGroupId> = user.more().groups.iter().map(|membership| &membership.group).collect();
    if !user.more().groups.iter().map(|membership| &membership.group).eq(groups) {
        return Err(Rejection::new(RejectionCode::KeyRepeated, format!("the user groups of `user:{}` are not in order", user.id)));
    }
    for membership in &user.more().groups {
        let group = new.user_groups.get(&membership.group).ok_or_else(|| unknown(membership.group.as_str()))?;
        of_audience(group, std::iter::once(user))?;
        users::bounds_fit(membership.bounds)?;
    }
    Ok(())
}
