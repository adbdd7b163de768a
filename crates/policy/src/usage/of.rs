//! The grants that a permit rests on, read off the ways that the reference evaluator tells.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Used;
use crate::access::{Level, Levels};
use crate::decision::{Ask, Obligations, Reason, Request, Verdict};
use crate::ids::*;
use crate::object::{Application, Group, Store, User};
use crate::permission::{Action, Permission};
use crate::place::Place;
use crate::reference::people::{self, Holder, Way, Where, ways_of_application, ways_of_each_scope, ways_of_user};
use crate::reference::{self, Called, Cell, own_group, rights_of};
use crate::scopes;
use crate::state::{OrgState, State, Via};

/// The grants that a request is permitted by; none if it is denied.
pub fn of(state: &State, request: &Request<'_>) -> BTreeSet<Used> {
    find(state, request).unwrap_or_default()
}

fn find(state: &State, request: &Request<'_>) -> Result<BTreeSet<Used>, Reason> {
    let org = state.orgs.get(request.org).filter(|org| org.org.active).ok_or(Reason::OrgUnknown)?;
    let holder = people::holder(state, org, request.subject)?;
    let called = match request.ask {
        Ask::Endpoint { method, path } => Some(Called::find(&state.platform, org, method, path)?),
        Ask::Module { .. } | Ask::Scope { .. } | Ask::Entity { .. } => None,
    };
    let mut used = BTreeSet::new();
    if let Some(called) = &called {
        if called.routes().is_some_and(|routes| routes.open) {
            used.insert(Used::Open(called.id().clone()));
            used.extend(itself(holder));
            return Ok(used);
        }
        let forbidden = || called.is_forbidden(org, request.path(), request.context.body_type);
        if called.is_unmapped(org) || (matches!(holder, Holder::Application(_)) && forbidden()) {
            return Ok(used);
        }
    }
    match (holder, &called) {
        (Holder::Place, Some(called)) => of_place(org, reference::place(org, request.subject)?, called, &mut used),
        (Holder::Place, None) => {}
        (Holder::User(user), called) => of_user(state, org, user, request, called.as_ref(), &mut used)?,
        (Holder::Application(application), called) => of_application(state, org, application, request, called.as_ref(), &mut used)?,
    }
    if !used.is_empty() {
        used.extend(itself(holder));
    }
    Ok(used)
}

/// A user or an application is used whenever anything of theirs is.
fn itself(holder: Holder<'_>) -> Option<Used> {
    match holder {
        Holder::Place => None,
        Holder::User(user) => Some(Used::User(user.id.clone())),
        Holder::Application(application) => Some(Used::Application(application.id.clone())),
    }
}

/// The group in force with its cell; where the group only observes, the group alone if the cell wouldn't do (AG-33).
fn of_place(org: &OrgState, store: &Store, called: &Called<'_>, used: &mut BTreeSet<Used>) {
    let Some((group, via)) = org.effective_group(store) else { return };
    let cell = cells(org, group, called);
    if cell.is_empty() && !org.observes(store) {
        return;
    }
    used.extend(cell);
    used.insert(match via {
        Via::Explicit => Used::Allocation(group.id.clone(), store.code.clone()),
        Via::Default => Used::Default(group.id.clone()),
    });
}

/// The levels of a group's cell of which any would do; none if the cell doesn't permit.
fn cells(org: &OrgState, group: &Group, called: &Called<'_>) -> Vec<Used> {
    let Some(mapped) = called.mapped(org) else { return Vec::new() };
    let Cell { held, needed, admitted } = Cell::of(group, mapped);
    if !admitted || !held.intersects(needed) {
        return Vec::new();
    }
    if group.wildcard {
        return vec![Used::Wildcard(group.id.clone())];
    }
    let (endpoint, resource) = mapped;
    let both = [(Levels::R, Level::Read), (Levels::W, Level::Write)];
    let does = both.into_iter().filter(|(bit, _)| (held & needed).contains(*bit));
    does.map(|(_, level)| Used::Cell(group.id.clone(), resource.clone(), endpoint.class, level)).collect()
}

fn permits(way: &&Way) -> bool {
    way.reason.verdict() == Verdict::Permit
}

/// Whether the one way that stands for several scopes, all of which are needed, is among those that permit.
fn needs_each(called: Option<&Called<'_>>, way: &Way) -> bool {
    way.what.starts_with("scope:") && called.and_then(Called::routes).is_some_and(|routes| routes.all_scopes)
}

fn of_user(
    state: &State,
    org: &OrgState,
    user: &Arc<User>,
    request: &Request<'_>,
    called: Option<&Called<'_>>,
    used: &mut BTreeSet<Used>,
) -> Result<(), Reason> {
    let at = people::gate(org, request)?;
    let (tally, _) = ways_of_user(state, org, user, request, called, &at);
    let asker = OfUser { state, org, user, at: &at };
    for way in tally.ways.iter().filter(permits) {
        if needs_each(called, way) {
            let each = ways_of_each_scope(state, org, Holder::User(user), request, called, &at);
            each.iter().filter(permits).for_each(|way| asker.scope(way, used));
        } else if way.what.starts_with("scope:") {
            asker.scope(way, used);
        } else if let Some(permission) = way.what.strip_prefix("permission:").and_then(|text| text.parse::<Permission>().ok()) {
            asker.set(way, &permission, used);
            asker.unmasking(way, &permission, request, used);
        } else if way.what.starts_with("privilege:") {
            for (grant, right) in rights_of(state, org, &user.more().roles).filter(|(_, right)| reaches(called, right)) {
                used.insert(Used::UserRole(user.id.clone(), grant.role.clone()));
                used.insert(Used::Right(grant.role.clone(), right.clone()));
            }
        } else {
            used.insert(Used::Owner(user.id.clone()));
        }
    }
    Ok(())
}

fn reaches(called: Option<&Called<'_>>, right: &PrivilegeId) -> bool {
    called.is_some_and(|called| called.privileges().contains(right) || called.endpoint_privilege() == Some(right))
}

struct OfUser<'a> {
    state: &'a State,
    org: &'a OrgState,
    user: &'a User,
    at: &'a Where,
}

impl OfUser<'_> {
    /// Membership, control and scope; of the platform's default scopes, which any control brings, all of the group's
    /// controls (AC-4).
    fn scope(&self, way: &Way, used: &mut BTreeSet<Used>) {
        let of_kind = |kind: &str| way.through.iter().find_map(|step| step.strip_prefix(kind));
        let Some(group) = of_kind("user-group:").and_then(|id| self.org.user_groups.get(id)) else { return };
        used.insert(Used::Membership(self.user.id.clone(), group.id.clone()));
        let control = |id: &ControlId| Used::Control(group.id.clone(), id.clone());
        let Some(named) = of_kind("access-control:").and_then(|id| id.parse::<ControlId>().ok()) else {
            let in_force = group.controls.iter().filter(|grant| grant.bounds.hold(self.state.clock));
            let known = in_force.filter(|grant| scopes::of_control(&self.state.platform, self.org, &grant.control).is_some());
            used.extend(known.map(|grant| control(&grant.control)));
            return;
        };
        used.insert(control(&named));
        // A custom entity's node opens empty to whoever has any control: no scope of it is of use then (AC-14).
        if !way.obligations.contains(Obligations::EMPTY) {
            let listed = scopes::of_control(&self.state.platform, self.org, &named).unwrap_or_default();
            used.extend(including(self.state, self.org, listed, way).map(|scope| Used::Scope(named.clone(), scope)));
        }
    }

    /// The set, at those of its places that count here, and its permission.
    fn set(&self, way: &Way, permission: &Permission, used: &mut BTreeSet<Used>) {
        let named = way.through.iter().find_map(|step| step.strip_prefix("permission-set:"));
        let Some(set) = named.and_then(|id| id.parse::<SetId>().ok()) else { return };
        let whole = [Place::Org];
        let places = if way.places.is_empty() { &whole[..] } else { &way.places };
        let counts = |place: &&Place| match self.at {
            Where::At(at) => place.covers(self.org, at),
            Where::Unsaid | Where::Nowhere => true,
        };
        used.extend(places.iter().filter(counts).map(|place| Used::Set(self.user.id.clone(), set.clone(), place.clone())));
        used.insert(Used::Permission(set, permission.clone()));
    }

    /// What lets a customer's profile be seen unmasked: without it the answer would be another (UM-21).
    fn unmasking(&self, way: &Way, permission: &Permission, request: &Request<'_>, used: &mut BTreeSet<Used>) {
        let profile = permission.module.as_str() == people::CUSTOMER_PROFILE && matches!(permission.action, Action::View | Action::Edit);
        if !profile || way.obligations.contains(Obligations::MASK) {
            return;
        }
        let asked = Request { ask: Ask::Module { module: people::CUSTOMER_PII, action: Action::View }, ..*request };
        let (tally, _) = ways_of_user(self.state, self.org, self.user, &asked, None, self.at);
        if let Ok(module) = people::CUSTOMER_PII.parse() {
            let seen = Permission { module, action: Action::View };
            tally.ways.iter().filter(permits).for_each(|way| self.set(way, &seen, used));
        }
    }
}

/// Of some scopes those that include the one that a way is about, under their names proper.
fn including<'a>(state: &'a State, org: &'a OrgState, listed: &'a [ScopeId], way: &'a Way) -> impl Iterator<Item = ScopeId> + 'a {
    let held = way.what.strip_prefix("scope:").unwrap_or_default();
    let includes = move |scope: &&ScopeId| scopes::closure(&state.platform, org, [*scope]).keys().any(|included| included.as_str() == held);
    listed.iter().filter(includes).map(|scope| scopes::canonical(org, scope))
}

fn of_application(
    state: &State,
    org: &OrgState,
    application: &Arc<Application>,
    request: &Request<'_>,
    called: Option<&Called<'_>>,
    used: &mut BTreeSet<Used>,
) -> Result<(), Reason> {
    let at = people::gate(org, request)?;
    let (tally, _) = ways_of_application(state, org, application, request, called, &at);
    let id = &application.id;
    let of_scope = |way: &Way, used: &mut BTreeSet<Used>| {
        used.extend(including(state, org, &application.scopes, way).map(|scope| Used::ApplicationScope(id.clone(), scope)));
    };
    for way in tally.ways.iter().filter(permits) {
        if needs_each(called, way) {
            let each = ways_of_each_scope(state, org, Holder::Application(application), request, called, &at);
            each.iter().filter(permits).for_each(|way| of_scope(way, used));
        } else if way.what.starts_with("scope:") {
            of_scope(way, used);
        } else if way.what.starts_with("privilege:") {
            for (grant, right) in rights_of(state, org, &application.roles).filter(|(_, right)| reaches(called, right)) {
                used.insert(Used::ApplicationRole(id.clone(), grant.role.clone()));
                used.insert(Used::Right(grant.role.clone(), right.clone()));
            }
        } else if let (Some(group), Some(called)) = (own_group(org, application), called) {
            used.insert(Used::ApplicationGroup(id.clone(), group.id.clone()));
            used.extend(cells(org, group, called));
        }
    }
    Ok(())
}
