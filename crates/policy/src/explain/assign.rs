//! Remedies for users and applications: assignments that would open a way, of what there is already.

use std::sync::Arc;

use super::remedy::Fix;
use crate::command::{Assign, Command, Field, Verb};
use crate::decision::{Ask, Reason, Request, Subject};
use crate::ids::*;
use crate::object::*;
use crate::permission::Permission;
use crate::place::{Bounds, Place};
use crate::platform::{PrivilegeKind, ScopeLevel};
use crate::reference::{Called, Cell, judge};
use crate::reference::people::{self, Where, set_grants};
use crate::scopes;
use crate::state::{OrgState, State, Via};

/// Ways of one kind offered at most: the smallest.
const OFFERED_MAX: usize = 3;

/// Assignments that might open what is closed to a user or an application. Whoever asks tries each.
pub fn fixes(state: &State, org: &OrgState, request: &Request<'_>) -> Vec<Fix> {
    let called = match request.ask {
        Ask::Endpoint { method, path } => Called::find(&state.platform, org, method, path).ok(),
        Ask::Module { .. } | Ask::Scope { .. } | Ask::Entity { .. } => None,
    };
    let at = match people::gate(org, request) {
        Ok(Where::At(place)) => place,
        Ok(Where::Unsaid | Where::Nowhere) | Err(_) => Place::Org,
    };
    match request.subject {
        Subject::User(id) => org.users.get(id).map_or_else(Vec::new, |user| of_user(state, org, user, request, called.as_ref(), &at)),
        Subject::Application(id) => {
            org.applications.get(id).map_or_else(Vec::new, |application| of_application(state, org, application, request, called.as_ref()))
        }
        Subject::Store(_) | Subject::Till(_) => Vec::new(),
    }
}

fn of_user(state: &State, org: &OrgState, user: &Arc<User>, request: &Request<'_>, called: Option<&Called<'_>>, at: &Place) -> Vec<Fix> {
    let mut fixes = Vec::new();
    if !user.active {
        fixes.push(resume(ObjectId::User(user.org.clone(), user.id.clone())));
    }
    for permission in permissions(request.ask, called) {
        fixes.extend(set(state, org, user, &permission, at));
    }
    let wanted = wanted_scopes(state, org, request.ask, called);
    fixes.extend(join(state, org, user, &wanted));
    fixes.extend(control(state, org, user, &wanted));
    if let Some(called) = called {
        let internal = state.platform.roles.iter().filter(|role| role.internal && role.rights.iter().any(|right| called.privileges().contains(right)));
        fixes.extend(internal.take(OFFERED_MAX).map(|role| user_role(user, &role.id)));
    }
    fixes
}

fn of_application(
    state: &State,
    org: &OrgState,
    application: &Arc<Application>,
    request: &Request<'_>,
    called: Option<&Called<'_>>,
) -> Vec<Fix> {
    let mut fixes = Vec::new();
    if !application.active {
        fixes.push(resume(ObjectId::Application(application.org.clone(), application.id.clone())));
    }
    if let Some(called) = called {
        let reaches = |right: &PrivilegeId| called.endpoint_privilege() == Some(right) || called.privileges().contains(right);
        let for_applications = |right: &PrivilegeId| state.platform.privilege(right.as_str()).is_some_and(|p| p.kind != PrivilegeKind::Internal);
        let opens = |rights: &[PrivilegeId]| rights.iter().any(|right| reaches(right) && for_applications(right));
        let own = org.roles.values().filter(|role| opens(&role.rights)).map(|role| (role.rights.len(), &role.id));
        let predefined = state.platform.roles.iter().filter(|role| !role.internal && opens(&role.rights)).map(|role| (role.rights.len(), &role.id));
        let mut roles: Vec<(usize, &RoleId)> = own.chain(predefined).collect();
        roles.sort();
        fixes.extend(roles.into_iter().take(OFFERED_MAX).map(|(_, role)| application_role(application, role)));
        if let Some(mapped) = called.mapped(org) {
            let would_do = |group: &Arc<Group>| judge(Cell::of(group, mapped), Via::Explicit) == Reason::PermitGroup;
            let groups = org.groups.values().filter(|group| group.active && would_do(group));
            let mut groups: Vec<_> = groups.map(|group| (group.wildcard, group.grants.len(), group)).collect();
            groups.sort_by(|a, b| (a.0, a.1, &a.2.id).cmp(&(b.0, b.1, &b.2.id)));
            fixes.extend(groups.into_iter().take(OFFERED_MAX).map(|(_, _, group)| application_group(application, group)));
        }
    }
    fixes.extend(wanted_scopes(state, org, request.ask, called).iter().take(OFFERED_MAX).map(|scope| application_scope(application, scope)));
    fixes
}

fn permissions(ask: Ask<'_>, called: Option<&Called<'_>>) -> Vec<Permission> {
    match ask {
        Ask::Module { module, action } => module.parse().ok().map(|module| Permission { module, action }).into_iter().collect(),
        Ask::Endpoint { .. } => called.and_then(Called::routes).map(|routes| routes.permissions.clone()).unwrap_or_default(),
        Ask::Scope { .. } | Ask::Entity { .. } => Vec::new(),
    }
}

fn wanted_scopes(state: &State, org: &OrgState, ask: Ask<'_>, called: Option<&Called<'_>>) -> Vec<ScopeId> {
    match ask {
        Ask::Endpoint { .. } => called.and_then(Called::routes).map(|routes| routes.scopes.clone()).unwrap_or_default(),
        Ask::Scope { scope } => scope.parse::<ScopeId>().ok().map(|id| scopes::canonical(org, &id)).into_iter().collect(),
        Ask::Entity { entity, action } => {
            let levels = if matches!(action, crate::decision::EntityAction::Create | crate::decision::EntityAction::Manage) {
                [ScopeLevel::Manage, ScopeLevel::ManageOwn]
            } else {
                [ScopeLevel::Read, ScopeLevel::ReadOwn]
            };
            people::scopes_of_entity(state, org, entity, &levels)
        }
        Ask::Module { .. } => Vec::new(),
    }
}

fn resume(target: ObjectId) -> Fix {
    Fix { text: format!("resume `{target}`"), command: Command::Resume { target } }
}

/// The smallest sets that grant the permission, at the place.
fn set(state: &State, org: &OrgState, user: &Arc<User>, permission: &Permission, at: &Place) -> Vec<Fix> {
    let grant = |set: &SetId| SetGrant { set: set.clone(), places: vec![at.clone()], bounds: Bounds::ALWAYS };
    let own = org.sets.values().map(|set| (set.grants.len(), &set.id, &set.name));
    let standard = state.platform.sets.iter().filter(|set| !org.sets.contains_key(&set.id)).map(|set| (set.grants.len(), &set.id, &set.name));
    let mut sets: Vec<_> = own.chain(standard).filter(|(_, id, _)| set_grants(state, org, &grant(id), permission)).collect();
    sets.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let fix = |(_, id, name): (usize, &SetId, &crate::name::Name)| {
        Fix {
            text: format!("assign permission set `{name}` to `user:{}` at {at}", user.id),
            command: Command::AssignSets {
                org: user.org.clone(),
                user: user.id.clone(),
                verb: Verb::Add,
                sets: vec![Assign::new(id.as_str()).at(vec![at.clone()])],
                permissions: Vec::new(),
            },
        }
    };
    sets.into_iter().take(OFFERED_MAX).map(fix).collect()
}

/// Whether a control gives any of the scopes, its inclusions counted.
fn gives(state: &State, org: &OrgState, control: &ControlId, wanted: &[ScopeId]) -> bool {
    let held = scopes::of_control(&state.platform, org, control).unwrap_or_default();
    let all = scopes::closure(&state.platform, org, held);
    wanted.iter().any(|scope| all.contains_key(scope))
}

/// User groups that have one of the scopes: the user joins one.
fn join(state: &State, org: &OrgState, user: &Arc<User>, wanted: &[ScopeId]) -> Vec<Fix> {
    let is_member = |group: &UserGroup| user.more().groups.iter().any(|membership| membership.group == group.id);
    let groups = org.user_groups.values().filter(|group| group.audience == user.audience() && !is_member(group));
    let mut groups: Vec<_> = groups.filter(|group| group.controls.iter().any(|grant| gives(state, org, &grant.control, wanted))).collect();
    groups.sort_by_key(|group| (group.controls.len(), group.id.clone()));
    let fix = |group: &Arc<UserGroup>| {
        Fix {
            text: format!("add `user:{}` to user group `{}`", user.id, group.name),
            command: Command::AssignMembers {
                org: user.org.clone(),
                group: group.id.as_str().into(),
                verb: Verb::Add,
                users: vec![user.id.clone()],
                bounds: Bounds::ALWAYS,
                applications: Vec::new(),
            },
        }
    };
    groups.into_iter().take(OFFERED_MAX).map(fix).collect()
}

/// Controls that have one of the scopes: a group of the user gets one, and all its members with it.
fn control(state: &State, org: &OrgState, user: &Arc<User>, wanted: &[ScopeId]) -> Vec<Fix> {
    let Some(group) = user.more().groups.iter().find_map(|membership| org.user_groups.get(&membership.group)) else { return Vec::new() };
    let own = org.controls.values().map(|control| (&control.id, control.audience, control.scopes.len()));
    let predefined = state.platform.controls.iter().filter(|control| !org.controls.contains_key(&control.id));
    let predefined = predefined.map(|control| (&control.id, control.audience, control.scopes.len()));
    let fits = |audience: Option<Audience>| audience.is_none_or(|audience| audience == group.audience);
    let mut controls: Vec<_> = own.chain(predefined).filter(|(id, audience, _)| fits(*audience) && gives(state, org, id, wanted)).collect();
    controls.sort_by_key(|(id, _, scopes)| (*scopes, (*id).clone()));
    let members = org.group_users.get(&group.id).map_or(0, |users| users.len() as u64);
    let fix = |(id, _, _): (&ControlId, Option<Audience>, usize)| {
        Fix {
            text: format!("give access control `{id}` to user group `{}`, of {}", group.name, crate::impact::counted(members, "member")),
            command: Command::AssignControls {
                org: group.org.clone(),
                group: group.id.as_str().into(),
                verb: Verb::Add,
                controls: vec![Assign::new(id.as_str())],
                users: Vec::new(),
            },
        }
    };
    controls.into_iter().take(OFFERED_MAX).map(fix).collect()
}

fn user_role(user: &Arc<User>, role: &RoleId) -> Fix {
    Fix {
        text: format!("give role `{role}` to `user:{}`", user.id),
        command: Command::AssignUserRoles {
            org: user.org.clone(),
            user: user.id.clone(),
            verb: Verb::Add,
            roles: vec![Assign::new(role.as_str())],
        },
    }
}

fn application_role(application: &Arc<Application>, role: &RoleId) -> Fix {
    Fix {
        text: format!("add role `{role}` to `application:{}`", application.id),
        command: Command::AssignRoles {
            org: application.org.clone(),
            application: application.id.clone(),
            verb: Verb::Add,
            roles: vec![Assign::new(role.as_str())],
        },
    }
}

fn application_group(application: &Arc<Application>, group: &Arc<Group>) -> Fix {
    Fix {
        text: format!("give access group `{}` to `application:{}`", group.name, application.id),
        command: edit(application, Field::To(group.id.clone().into()), None),
    }
}

fn application_scope(application: &Arc<Application>, scope: &ScopeId) -> Fix {
    let mut scopes = (*application.scopes).clone();
    scopes.push(scope.clone());
    scopes.sort();
    scopes.dedup();
    Fix {
        text: format!("add scope `{scope}` to the credential of `application:{}`", application.id),
        command: edit(application, Field::Keep, Some(scopes)),
    }
}

fn edit(application: &Application, group: Field<crate::command::GroupRef>, scopes: Option<Vec<ScopeId>>) -> Command {
    Command::EditApplication {
        org: application.org.clone(),
        application: application.id.clone(),
        name: None,
        group,
        scopes,
        source: Field::Keep,
        external: None,
    }
}
