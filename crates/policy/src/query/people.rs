//! Lists of scopes, controls, user groups, permission sets, roles, applications and proposals: an org's own and, beneath them,
//! what the platform's catalogue has predefined.

use std::sync::Arc;

use super::{Bound, Item, List, ListQuery, Rows, Walk, Window, hit, walk};
use crate::ids::*;
use crate::object::*;
use crate::scopes;
use crate::state::{OrgState, State};

/// A window of one of these lists.
pub fn list(state: &State, org: &OrgState, query: &ListQuery, text: &str, limit: usize) -> Window {
    let platform = &state.platform;
    let all: Vec<Item> = match &query.list {
        List::Scopes => scope_ids(state, org).iter().filter_map(|id| scope(state, org, id)).collect(),
        List::Entities => org.entities.values().map(entity_item).collect(),
        List::Controls => {
            let predefined = platform.controls.iter().filter(|control| !org.controls.contains_key(&control.id));
            let ids = org.controls.keys().chain(predefined.map(|control| &control.id));
            ids.filter_map(|id| control(state, org, id)).collect()
        }
        List::Proposals => org.proposals.values().map(|proposal| Item::Proposal { proposal: Arc::new(proposal.shown()) }).collect(),
        List::UserGroups => org.user_groups.values().map(|group| user_group_item(org, group)).collect(),
        List::Sets => {
            let standard = platform.sets.iter().filter(|set| !org.sets.contains_key(&set.id));
            let ids = org.sets.keys().chain(standard.map(|set| &set.id));
            ids.filter_map(|id| set(state, org, id)).collect()
        }
        List::Roles => {
            let predefined = platform.roles.iter().filter(|role| !org.roles.contains_key(&role.id));
            let ids = org.roles.keys().chain(predefined.map(|role| &role.id));
            ids.filter_map(|id| role(state, org, id)).collect()
        }
        List::Modules => platform.modules.iter().map(|module| Item::Module { module: module.clone() }).collect(),
        List::Privileges => platform.privileges.iter().map(|privilege| Item::Privilege { privilege: privilege.clone() }).collect(),
        List::Members { group } => {
            let members = org.group_users.get(group).into_iter().flatten();
            members.filter_map(|id| org.users.get(id)).map(|user| Item::User { user: user.clone() }).collect()
        }
        List::Applications => {
            let rows = Rows { walk: |from, back| walk(&org.applications, from, back), key: |a: &Arc<Application>| a.id.to_string() };
            let keep = |a: &Arc<Application>| hit(text, a.id.as_str()) || hit(text, a.name.as_str());
            let total = text.is_empty().then_some(org.applications.len() as u64);
            return rows.window(query, limit, keep, |a| application_item(state, org, a), total);
        }
        List::Orgs
        | List::Zones
        | List::Concepts
        | List::Stores { .. }
        | List::Tills { .. }
        | List::Resources
        | List::Endpoints { .. }
        | List::Groups { .. }
        | List::Users
        | List::Credentials => return Window::default(),
    };
    page(all, query, text, limit)
}

/// A window of a list that is short enough to be made whole.
fn page(mut all: Vec<Item>, query: &ListQuery, text: &str, limit: usize) -> Window {
    all.retain(|item| hit(text, &item.key()) || hit(text, &name(item)));
    all.sort_by_key(Item::key);
    let total = Some(all.len() as u64);
    let rows = Rows {
        walk: |from: Bound, back: bool| -> Walk<'_, Item> {
            let inside = move |item: &&Item| from.reaches(&item.key(), back);
            if back { Box::new(all.iter().rev().filter(inside).cloned()) } else { Box::new(all.iter().filter(inside).cloned()) }
        },
        key: Item::key,
    };
    rows.window(query, limit, |_| true, Item::clone, total)
}

fn name(item: &Item) -> String {
    match item {
        Item::Entity { entity, .. } => entity.name.to_string(),
        Item::Control { control, .. } => control.name.to_string(),
        Item::UserGroup { group, .. } => group.name.to_string(),
        Item::Set { set, .. } => set.name.to_string(),
        Item::Role { role, .. } => role.name.to_string(),
        Item::User { user } => user.name.to_string(),
        Item::Proposal { proposal } => format!("{} {}", proposal.meta.created_by, proposal.command.name()),
        _by_their_key => String::new(),
    }
}

fn scope_ids(state: &State, org: &OrgState) -> Vec<ScopeId> {
    let generated = org.entities.keys().flat_map(|entity| {
        crate::platform::ScopeLevel::ALL.into_iter().filter_map(move |level| scopes::generated(entity, level))
    });
    let platform = state.platform.scopes.iter().map(|scope| scope.id.clone());
    let mut all: Vec<ScopeId> = platform.chain(org.scopes.keys().cloned()).chain(generated).collect();
    all.sort();
    all.dedup();
    all
}

/// A scope of any tier.
pub fn scope(state: &State, org: &OrgState, id: &ScopeId) -> Option<Item> {
    let info = scopes::find(&state.platform, org, id)?;
    let description = match (state.platform.scope(id.as_str()), org.scopes.get(id)) {
        (Some(scope), _) => scope.description.clone(),
        (None, Some(scope)) => scope.description.clone(),
        (None, None) => Arc::from(""),
    };
    let implies = scopes::closure(&state.platform, org, [id]).into_iter().filter(|(scope, _)| scope != id).map(|(scope, _)| scope).collect();
    Some(Item::Scope { scope: id.clone(), tier: info.tier, domain: info.domain.into(), own: info.own, description, implies })
}

fn entity_item(entity: &Arc<Entity>) -> Item {
    let scopes = crate::platform::ScopeLevel::ALL.into_iter().filter_map(|level| scopes::generated(&entity.id, level)).collect();
    Item::Entity { entity: entity.clone(), scopes }
}

/// An entity of the org.
pub fn entity(org: &OrgState, id: &EntityId) -> Option<Item> {
    org.entities.get(id).map(entity_item)
}

/// A control, the org's own or predefined.
pub fn control(state: &State, org: &OrgState, id: &ControlId) -> Option<Item> {
    let groups = org.control_groups.get(id).map_or(0, |groups| groups.len() as u64);
    if let Some(control) = org.controls.get(id) {
        return Some(Item::Control { control: control.clone(), predefined: false, groups });
    }
    let predefined = state.platform.control(id.as_str())?;
    let control = Arc::new(Control {
        org: org.org.org.clone(),
        id: predefined.id.clone(),
        name: predefined.name.clone(),
        description: predefined.description.clone(),
        audience: predefined.audience,
        scopes: Arc::new(predefined.scopes.clone()),
        meta: state.platform.meta.clone(),
    });
    Some(Item::Control { control, predefined: true, groups })
}

fn user_group_item(org: &OrgState, group: &Arc<UserGroup>) -> Item {
    Item::UserGroup { group: group.clone(), members: org.group_users.get(&group.id).map_or(0, |users| users.len() as u64) }
}

/// A user group.
pub fn user_group(org: &OrgState, id: &UserGroupId) -> Option<Item> {
    org.user_groups.get(id).map(|group| user_group_item(org, group))
}

/// A permission set, the org's own or a standard one (UM-15).
pub fn set(state: &State, org: &OrgState, id: &SetId) -> Option<Item> {
    let users = org.set_users.get(id).map_or(0, |users| users.len() as u64);
    if let Some(set) = org.sets.get(id) {
        return Some(Item::Set { set: set.clone(), standard: false, users });
    }
    let standard = state.platform.set(id.as_str())?;
    let set = Arc::new(PermissionSet {
        org: org.org.org.clone(),
        id: standard.id.clone(),
        name: standard.name.clone(),
        description: standard.description.clone(),
        grants: Arc::new(standard.grants.clone()),
        meta: state.platform.meta.clone(),
    });
    Some(Item::Set { set, standard: true, users })
}

/// A role, the org's own or a predefined one.
pub fn role(state: &State, org: &OrgState, id: &RoleId) -> Option<Item> {
    let users = org.role_users.get(id).map_or(0, |users| users.len() as u64);
    let applications = org.role_applications.get(id).map_or(0, |applications| applications.len() as u64);
    if let Some(role) = org.roles.get(id) {
        return Some(Item::Role { role: role.clone(), predefined: false, internal: false, users, applications });
    }
    let predefined = state.platform.role(id.as_str())?;
    let role = Arc::new(Role {
        org: org.org.org.clone(),
        id: predefined.id.clone(),
        name: predefined.name.clone(),
        description: predefined.description.clone(),
        rights: Arc::new(predefined.rights.clone()),
        meta: state.platform.meta.clone(),
    });
    Some(Item::Role { role, predefined: true, internal: predefined.internal, users, applications })
}

fn application_item(state: &State, org: &OrgState, application: &Arc<Application>) -> Item {
    let keys = org.keys.get(&application.id).into_iter().flatten().filter_map(|id| state.credentials.get(id));
    let keys = keys.filter(|key| !key.revoked && key.bounds.hold(state.clock)).count() as u64;
    Item::Application { application: application.clone(), keys }
}

/// An application.
pub fn application(state: &State, org: &OrgState, id: &ApplicationId) -> Option<Item> {
    org.applications.get(id).map(|application| application_item(state, org, application))
}
