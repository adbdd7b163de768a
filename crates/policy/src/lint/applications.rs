//! The lint of roles and applications: what nobody holds, what grants nothing, what narrows nothing, and who can't come in.

use super::{Finding, LintCode, finding};
use crate::ids::RoleId;
use crate::limits::EXAMPLES_MAX;
use crate::object::Application;
use crate::state::{OrgState, State};

/// Everything odd about the roles and applications of an org.
pub fn applications(state: &State, org: &OrgState) -> Vec<Finding> {
    let mut found = Vec::new();
    for role in org.roles.values() {
        let place = format!("role:{}", role.id);
        if !org.role_applications.contains_key(&role.id) {
            found.push(finding(LintCode::RoleUnused, place.clone(), "no application has it: assign it, or remove it"));
        }
        let gone = role.rights.iter().filter(|right| state.platform.privilege(right.as_str()).is_none());
        if let Some(named) = named(gone.map(|right| right.as_str())) {
            found.push(finding(LintCode::RoleTombstone, place, format!("it names rights that the catalogue no longer has, and that do nothing: {named}")));
        }
    }
    org.applications.values().for_each(|application| of_application(state, org, application, &mut found));
    for user in org.users.values() {
        let gone = user.more().roles.iter().map(|grant| &grant.role).filter(|role| state.platform.role(role.as_str()).is_none());
        if let Some(named) = named(gone.map(RoleId::as_str)) {
            let text = format!("it has roles that the catalogue no longer has, and that do nothing: {named}");
            found.push(finding(LintCode::RoleTombstone, format!("user:{}", user.id), text));
        }
    }
    found
}

fn of_application(state: &State, org: &OrgState, application: &Application, found: &mut Vec<Finding>) {
    let place = format!("application:{}", application.id);
    let mut note = |code: LintCode, text: String| found.push(finding(code, place.clone(), text));
    let known = |role: &RoleId| org.roles.contains_key(role) || state.platform.role(role.as_str()).is_some();
    let roles = || application.roles.iter().map(|grant| &grant.role);
    if let Some(named) = named(roles().filter(|role| !known(role)).map(RoleId::as_str)) {
        note(LintCode::RoleTombstone, format!("it has roles that nobody knows any more, and that do nothing: {named}"));
    }
    if let Some(default) = state.platform.default_role.as_ref().filter(|default| roles().any(|role| role == *default))
        && let Some(named) = named(roles().filter(|role| org.roles.contains_key(*role)).map(RoleId::as_str))
    {
        note(LintCode::RoleNarrowsNothing, format!("{named} beside `{default}`, which reaches most of the API: remove that one to narrow it"));
    }
    if let Some(named) = named(application.inert_roles.iter().map(RoleId::as_str)) {
        note(LintCode::RoleInert, format!("these came with its registration and grant it nothing: {named}"));
    }
    if application.roles.is_empty() && application.scopes.is_empty() && application.group.is_none() {
        note(LintCode::ApplicationPowerless, "it has no role, no scope and no access group: every call of it is denied".to_owned());
    }
    if !org.has_key(&state.credentials, &application.id, state.clock) {
        note(LintCode::ApplicationKeyless, "no key of it is in force: issue one, or suspend it".to_owned());
    }
}

fn named<'a>(all: impl Iterator<Item = &'a str>) -> Option<String> {
    let shown: Vec<String> = all.take(EXAMPLES_MAX).map(|id| format!("`{id}`")).collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}
