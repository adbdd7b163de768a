//! The grants that an org has, in the order of their keys, a page at a time.
//!
//! What nobody holds is left out, for it grants nothing: cells of a group that neither a store nor an application has,
//! permissions of a set that no user has, scopes of a control that no user group has, rights of a role that nobody has.

use super::{KINDS, Used};
use crate::access::{Level, Levels};
use crate::ids::*;
use crate::object::{Group, UserType};
use crate::permission::Permission;
use crate::place::Place;
use crate::scopes;
use crate::state::{OrgState, State};

/// Kinds of objects by which a list can be narrowed.
const OBJECTS: [&str; 16] = [
    "access-group", "store", "resource", "endpoint", "user", "user-group", "access-control", "scope", "permission-set", "module", "role",
    "privilege", "application", "credential", "zone", "concept",
];

/// Some of an org's grants.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// They, in the order of their keys.
    pub grants: Vec<Used>,
    /// Whether others follow.
    pub more: bool,
}

/// Why an object is none that grants could be narrowed by; none if it is one. Whether there is such an object is not asked.
pub fn unknown_kind(object: &str) -> Option<String> {
    let known = object.split_once(':').is_some_and(|(kind, id)| OBJECTS.contains(&kind) && !id.is_empty());
    (!known).then(|| format!("`{}` is no object that grants are about: it is KIND:ID, and KIND is one of {}", object.escape_default(), OBJECTS.join(", ")))
}

/// At most so many grants whose keys come after `after`: all, or those of, to or at an object.
pub fn listed(state: &State, org: &OrgState, of: Option<&str>, after: Option<&str>, max: usize) -> Page {
    let mut page = Page::default();
    for ordinal in 1..=KINDS {
        let first = format!("{ordinal:02}\t");
        // The kinds before the cursor's are over, and so need no looking through.
        let from = match after {
            Some(after) if after.get(..first.len()).is_some_and(|kind| kind > first.as_str()) => continue,
            Some(after) if after.starts_with(&first) => Some(after),
            Some(_) | None => None,
        };
        let wanted = |used: &Used| of.is_none_or(|object| used.touches(object)) && from.is_none_or(|after| used.key().as_str() > after);
        let lacking = max.saturating_add(1).saturating_sub(page.grants.len());
        if ordinal == 1 {
            // A kind of which there may be a million: never more of them are made than are shown.
            page.grants.extend(allocations(org, from).filter(wanted).take(lacking));
        } else {
            let mut all: Vec<Used> = of_kind(state, org, ordinal).into_iter().filter(wanted).collect();
            all.sort_by_cached_key(Used::key);
            all.dedup();
            page.grants.extend(all.into_iter().take(lacking));
        }
        if page.grants.len() > max {
            page.grants.truncate(max);
            page.more = true;
            break;
        }
    }
    page
}

/// Groups by the stores that have them, from the group of a key on.
fn allocations<'a>(org: &'a OrgState, after: Option<&str>) -> impl Iterator<Item = Used> + use<'a> {
    let first: Option<GroupId> = after.and_then(|key| key.split('\t').nth(1)).and_then(|group| group.parse().ok());
    let groups = org.allocated.iter().skip_while(move |(group, _)| first.as_ref().is_some_and(|first| *group < first));
    groups.flat_map(|(group, stores)| stores.iter().map(move |store| Used::Allocation(group.clone(), store.clone())))
}

fn of_kind(state: &State, org: &OrgState, ordinal: u8) -> Vec<Used> {
    let users = || org.users.values();
    let applications = || org.applications.values();
    match ordinal {
        2 => org.org.default_group.iter().cloned().map(Used::Default).collect(),
        3 => groups(org).filter(|group| !group.wildcard).flat_map(cells).collect(),
        4 => groups(org).filter(|group| group.wildcard).map(|group| Used::Wildcard(group.id.clone())).collect(),
        5 => {
            let open = org.endpoints.values().filter(|endpoint| endpoint.routes.as_ref().is_some_and(|routes| routes.open));
            open.map(|endpoint| Used::Open(endpoint.id.clone())).collect()
        }
        6 => users().filter(|user| user.user_type == UserType::Owner).map(|user| Used::Owner(user.id.clone())).collect(),
        7 => users().flat_map(|user| user.more().groups.iter().map(|of| Used::Membership(user.id.clone(), of.group.clone()))).collect(),
        8 => org
            .user_groups
            .values()
            .flat_map(|group| group.controls.iter().map(|grant| Used::Control(group.id.clone(), grant.control.clone())))
            .collect(),
        9 => org.control_groups.iter().filter(|(_, groups)| !groups.is_empty()).flat_map(|(control, _)| scopes_of(state, org, control)).collect(),
        10 => users()
            .flat_map(|user| user.more().sets.iter().map(move |grant| (user, grant)))
            .flat_map(|(user, grant)| {
                let whole = grant.places.is_empty().then_some(Place::Org);
                let places = grant.places.iter().cloned().chain(whole);
                places.map(|place| Used::Set(user.id.clone(), grant.set.clone(), place))
            })
            .collect(),
        11 => org.set_users.iter().filter(|(_, users)| !users.is_empty()).flat_map(|(set, _)| permissions_of(state, org, set)).collect(),
        12 => users().flat_map(|user| user.more().roles.iter().map(|of| Used::UserRole(user.id.clone(), of.role.clone()))).collect(),
        13 => {
            let of_users = org.role_users.iter().filter(|(_, users)| !users.is_empty()).map(|(role, _)| role);
            let of_applications = org.role_applications.iter().filter(|(_, all)| !all.is_empty()).map(|(role, _)| role);
            of_users.chain(of_applications).flat_map(|role| rights_of(state, org, role)).collect()
        }
        14 => applications().flat_map(|app| app.roles.iter().map(|of| Used::ApplicationRole(app.id.clone(), of.role.clone()))).collect(),
        15 => applications()
            .flat_map(|app| app.scopes.iter().map(|scope| Used::ApplicationScope(app.id.clone(), scopes::canonical(org, scope))))
            .collect(),
        16 => applications().filter_map(|app| Some(Used::ApplicationGroup(app.id.clone(), app.group.clone()?))).collect(),
        17 => users().map(|user| Used::User(user.id.clone())).collect(),
        18 => applications().map(|app| Used::Application(app.id.clone())).collect(),
        19 => {
            let of_org = state.credentials.values().filter(|credential| credential.kind.org() == Some(&org.org.org) && !credential.revoked);
            of_org.map(|credential| Used::Credential(credential.id.clone())).collect()
        }
        // Allocations are listed apart, and there are no other kinds.
        _none => Vec::new(),
    }
}

/// Groups that a store or an application has.
fn groups(org: &OrgState) -> impl Iterator<Item = &Group> {
    let applies = |id: &GroupId| org.group_applications.get(id).is_some_and(|all| !all.is_empty());
    let is_had = move |id: &GroupId| org.stores_explicit(id) > 0 || org.org.default_group.as_ref() == Some(id) || applies(id);
    org.groups.values().map(|group| &**group).filter(move |group| is_had(&group.id))
}

fn cells(group: &Group) -> impl Iterator<Item = Used> + '_ {
    group.grants.iter().flat_map(|cell| {
        let both = [(Levels::R, Level::Read), (Levels::W, Level::Write)].into_iter();
        let held = both.filter(|(bit, _)| cell.levels.contains(*bit));
        held.map(|(_, level)| Used::Cell(group.id.clone(), cell.resource.clone(), cell.class, level))
    })
}

fn scopes_of(state: &State, org: &OrgState, control: &ControlId) -> Vec<Used> {
    let listed = scopes::of_control(&state.platform, org, control).unwrap_or_default();
    listed.iter().map(|scope| Used::Scope(control.clone(), scopes::canonical(org, scope))).collect()
}

fn permissions_of(state: &State, org: &OrgState, set: &SetId) -> Vec<Used> {
    let grants = match org.sets.get(set) {
        Some(own) => own.grants.as_slice(),
        None => state.platform.set(set.as_str()).map_or(&[][..], |standard| &standard.grants),
    };
    let each = grants.iter().flat_map(|grant| grant.actions.each().map(|action| Permission { module: grant.module.clone(), action }));
    each.map(|permission| Used::Permission(set.clone(), permission)).collect()
}

fn rights_of(state: &State, org: &OrgState, role: &RoleId) -> Vec<Used> {
    let rights = match org.roles.get(role) {
        Some(own) => own.rights.as_slice(),
        None => state.platform.role(role.as_str()).map_or(&[][..], |predefined| &predefined.rights),
    };
    rights.iter().map(|right| Used::Right(role.clone(), right.clone())).collect()
}
