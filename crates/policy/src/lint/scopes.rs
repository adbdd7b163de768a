//! The lint of scopes and access controls: endpoints that ask for too little or for nothing, scopes whose names are odd or
//! that nothing uses, controls that nobody has, and what the catalogue has dropped.

use std::collections::BTreeSet;

use super::{Finding, LintCode, finding};
use crate::access::Level;
use crate::ids::ScopeId;
use crate::limits::EXAMPLES_MAX;
use crate::object::{Endpoint, Routes};
use crate::platform::ScopeLevel;
use crate::scopes::{find, generated};
use crate::state::{OrgState, State};

/// Ends of the names of tenants' scopes that promise reading. Decisions never go by a name (AC-12); people do.
const READING: [&str; 3] = ["_read", "_readOwn", "_read_own"];

/// Everything odd about the scopes, the access controls and the user groups of an org.
pub fn scopes(state: &State, org: &OrgState) -> Vec<Finding> {
    let mut found = Vec::new();
    let scoped = |endpoint: &Endpoint| endpoint.routes.as_ref().is_some_and(|routes| !routes.scopes.is_empty());
    let any_scoped = org.endpoints.values().any(|endpoint| scoped(endpoint));
    for endpoint in org.endpoints.values() {
        let place = format!("endpoint:{}", endpoint.id);
        match endpoint.routes.as_deref() {
            Some(routes) if !routes.scopes.is_empty() => found.extend(of_routes(state, org, endpoint, routes, &place)),
            // For everybody, or by permissions: it is meant to have no scope.
            Some(routes) if routes.open || !routes.permissions.is_empty() => {}
            Some(_) | None if any_scoped => {
                found.push(finding(LintCode::EndpointScopeless, place, "it asks for no scope, where other endpoints of the org do"));
            }
            Some(_) | None => {}
        }
    }
    let used = used(org);
    for scope in org.scopes.keys() {
        let place = format!("scope:{scope}");
        if !scope.as_str().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')) {
            found.push(finding(LintCode::ScopeOdd, place.clone(), "its name has blanks or unusual characters: is it one scope, and spelt right?"));
        }
        if !used.contains(scope) {
            found.push(finding(LintCode::ScopeUnused, place, "no access control, application or endpoint names it"));
        }
    }
    for entity in org.entities.keys() {
        if !ScopeLevel::ALL.into_iter().filter_map(|level| generated(entity, level)).any(|scope| used.contains(&scope)) {
            found.push(finding(LintCode::ScopeUnused, format!("entity:{entity}"), "no access control, application or endpoint names a scope of it"));
        }
    }
    for control in org.controls.values() {
        let place = format!("access-control:{}", control.id);
        if !org.control_groups.contains_key(&control.id) {
            found.push(finding(LintCode::ControlUnused, place.clone(), "no user group has it: assign it, or remove it"));
        }
        found.extend(tombstones(state, org, &control.scopes).map(|text| finding(LintCode::ScopeTombstone, place, text)));
    }
    for group in org.user_groups.values() {
        let known = |id: &crate::ids::ControlId| org.controls.contains_key(id) || state.platform.control(id.as_str()).is_some();
        let gone: Vec<&str> = group.controls.iter().map(|grant| &grant.control).filter(|id| !known(id)).map(|id| id.as_str()).collect();
        if let Some(text) = dropped(&gone, "access controls") {
            found.push(finding(LintCode::ControlTombstone, format!("user-group:{}", group.id), text));
        }
        if !group.controls.is_empty() && !org.group_users.contains_key(&group.id) {
            found.push(finding(LintCode::UserGroupEmpty, format!("user-group:{}", group.id), "it has access controls, and nobody is in it"));
        }
    }
    found
}

fn of_routes(state: &State, org: &OrgState, endpoint: &Endpoint, routes: &Routes, place: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let reading: Vec<&ScopeId> = routes.scopes.iter().filter(|scope| reads(state, org, scope)).collect();
    let enough = if routes.all_scopes { reading.len() == routes.scopes.len() } else { !reading.is_empty() };
    if endpoint.level == Level::Write
        && enough
        && let Some(scope) = reading.first()
    {
        let text = format!("it writes, and `{scope}`, which is for reading, is enough for it: ask for another scope, or set its level to read");
        found.push(finding(LintCode::EndpointWritesByRead, place, text));
    }
    found.extend(tombstones(state, org, &routes.scopes).map(|text| finding(LintCode::ScopeTombstone, place, text)));
    found
}

/// Whether a scope is for reading: by its level, or, of one that the org defined, by what its name promises.
fn reads(state: &State, org: &OrgState, scope: &ScopeId) -> bool {
    match find(&state.platform, org, scope).and_then(|info| info.level) {
        Some(ScopeLevel::Read | ScopeLevel::ReadOwn) => true,
        Some(ScopeLevel::Manage | ScopeLevel::ManageOwn) => false,
        None => READING.iter().any(|end| scope.as_str().ends_with(end)),
    }
}

/// Every scope that something names.
fn used(org: &OrgState) -> BTreeSet<&ScopeId> {
    let controls = org.controls.values().flat_map(|control| control.scopes.iter());
    let applications = org.applications.values().flat_map(|application| application.scopes.iter());
    let endpoints = org.endpoints.values().filter_map(|endpoint| endpoint.routes.as_ref()).flat_map(|routes| &routes.scopes);
    controls.chain(applications).chain(endpoints).collect()
}

fn tombstones(state: &State, org: &OrgState, scopes: &[ScopeId]) -> Option<String> {
    let gone: Vec<&str> = scopes.iter().filter(|id| find(&state.platform, org, id).is_none()).map(ScopeId::as_str).collect();
    dropped(&gone, "scopes")
}

fn dropped(gone: &[&str], what: &str) -> Option<String> {
    let shown = gone.iter().take(EXAMPLES_MAX).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    (!gone.is_empty()).then(|| format!("it names {what} that no catalogue knows any more, and that do nothing: {shown}"))
}
