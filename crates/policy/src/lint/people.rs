//! The lint of users and permission sets: names that lie, creating without seeing, sets that nobody has, what the
//! catalogue has dropped, and grants that could not be made now (UM-4).

use std::collections::BTreeMap;

use super::{Finding, LintCode, finding};
use crate::limits::EXAMPLES_MAX;
use crate::name::fold;
use crate::object::{Audience, Credential, CredentialKind, PermissionSet, Platform, User};
use crate::permission::{Action, Actions, ModuleGrant};
use crate::plan::delegation::exceeds_now;
use crate::platform::StandardSet;
use crate::powers::{Powers, reserved};
use crate::state::{OrgState, State};

/// Words of a name that promise looking only.
const LOOKING: &[&str] = &["view", "viewer", "explore", "explorer", "read", "reader"];
/// Words of a name that promise moving or counting data, and nothing that goes into force by it.
const MOVING: &[&str] = &["import", "export", "report", "reports"];
/// Words of a name that promise changing.
const CHANGING: &[&str] = &["edit", "editor", "manage", "manager"];
/// Those of them that promise it in a standard set too: the vendors call who makes a programme its manager.
const EDITING: &[&str] = &["edit", "editor"];

/// Everything odd about the users and permission sets of an org.
pub fn people(state: &State, org: &OrgState) -> Vec<Finding> {
    let mut found: Vec<Finding> = org.sets.values().flat_map(|set| of_set(state, org, set)).collect();
    found.extend(unmakeable(state, org));
    found
}

fn of_set(state: &State, org: &OrgState, set: &PermissionSet) -> Vec<Finding> {
    let place = || format!("permission-set:{}", set.id);
    let mut found = Vec::new();
    if let Some(text) = lie(set.name.as_str(), &set.grants, CHANGING) {
        found.push(finding(LintCode::NameLies, place(), text));
    }
    let offered = |module: &crate::ids::ModuleId| state.platform.module(module.as_str()).map(|module| module.offered);
    let blind = set.grants.iter().filter(|grant| grant.actions.contains(Actions::C) && !grant.actions.contains(Actions::V));
    for grant in blind.filter(|grant| offered(&grant.module).is_some_and(|offered| offered.contains(Actions::V))) {
        found.push(finding(LintCode::CreateWithoutView, place(), format!("it grants C on `{}` without V: what is made can't be looked at", grant.module)));
    }
    for grant in set.grants.iter() {
        let dropped = grant.actions - offered(&grant.module).unwrap_or_default();
        if !dropped.is_empty() {
            let text = format!("it holds `{}` {dropped}, which the catalogue no longer offers: it grants nothing", grant.module);
            found.push(finding(LintCode::SetTombstone, place(), text));
        }
    }
    if set.grants.is_empty() {
        found.push(finding(LintCode::SetEmpty, place(), "it grants nothing: pick modules, or remove it"));
    }
    if !org.set_users.contains_key(&set.id) {
        found.push(finding(LintCode::SetUnused, place(), "no user has it: assign it, or remove it"));
    }
    found
}

/// Standard sets of a catalogue whose names say other than what they grant.
pub fn standard_sets(platform: &Platform) -> Vec<Finding> {
    let of = |set: &StandardSet| {
        let text = lie(set.name.as_str(), &set.grants, EDITING)?;
        Some(finding(LintCode::NameLies, format!("permission-set:{}", set.id), format!("a standard set: {text}")))
    };
    platform.sets.iter().filter_map(of).collect()
}

/// The sub-modules of a set that a catalogue lacks: in a file, most likely other names of those it has.
pub fn unknown_modules(platform: &Platform, set: &StandardSet) -> Option<Finding> {
    let missing = set.grants.iter().filter(|grant| platform.module(grant.module.as_str()).is_none());
    let named: Vec<String> = missing.map(|grant| format!("`{}`", grant.module)).collect();
    let shown = named.iter().take(EXAMPLES_MAX).cloned().collect::<Vec<_>>().join(", ");
    let text = || format!("{} of its sub-modules are in no catalogue: {shown}", named.len());
    (!named.is_empty()).then(|| finding(LintCode::ModuleUnknown, format!("permission-set:{}", set.id), text()))
}

/// What a set's name promises and its grants don't keep; none if it is honest, or promises nothing. `editing` are the words
/// that promise to edit.
fn lie(name: &str, grants: &[ModuleGrant], editing: &[&str]) -> Option<String> {
    let folded = fold(name);
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).collect();
    let says = |all: &[&str]| words.iter().any(|word| all.contains(word));
    let all = grants.iter().fold(Actions::empty(), |all, grant| all | grant.actions);
    let where_it_grants = |actions: Actions| {
        let named = grants.iter().filter(|grant| grant.actions.intersects(actions));
        let told: Vec<String> = named.take(EXAMPLES_MAX).map(|grant| format!("{} {}", grant.module, grant.actions & actions)).collect();
        told.join(", ")
    };
    let beyond = all - Actions::V;
    if says(LOOKING) && !says(CHANGING) && !beyond.is_empty() {
        return Some(format!("its name says that it only looks, and it grants {}: rename it, or take them away", where_it_grants(beyond)));
    }
    if says(MOVING) && !says(CHANGING) && all.has(Action::Approval) {
        return Some(format!("its name says that it moves data, and it approves: {}: rename it, or take that away", where_it_grants(Actions::A)));
    }
    if says(editing) && !all.is_empty() && !all.has(Action::Edit) {
        return Some(format!("its name says that it edits, and it grants {all} only"));
    }
    None
}

/// Assignments that whoever changed their user last could not make now, or that nobody could.
fn unmakeable(state: &State, org: &OrgState) -> Vec<Finding> {
    let makers = makers(state, org);
    let mut found = Vec::new();
    for user in org.users.values() {
        let place = || format!("user:{}", user.id);
        let more = user.more();
        if more.audience == Audience::Customer && !more.sets.is_empty() {
            found.push(finding(LintCode::GrantUnmakeable, place(), "a customer with permission sets: nobody could assign them now"));
        }
        for grant in &more.sets {
            if user.user_type == crate::object::UserType::Standard
                && let Some(reserved) = reserved(crate::plan::set_grants_of(state, org, &grant.set))
            {
                let text = format!("permission set `{}` holds `{reserved}`, which a standard user couldn't be given now", grant.set);
                found.push(finding(LintCode::GrantUnmakeable, place(), text));
            }
        }
        let Some(maker) = makers.get(&*user.meta.updated_by).filter(|maker| maker.id != user.id) else { continue };
        let exceeds = exceeds_now(&Powers { state, org, user: maker }, user);
        if !exceeds.is_empty() {
            let shown = exceeds.iter().take(EXAMPLES_MAX).cloned().collect::<Vec<_>>().join(", ");
            let text = format!("`user:{}`, who changed it last, could not give this now: {shown}", maker.id);
            found.push(finding(LintCode::GrantUnmakeable, place(), text));
        }
    }
    found
}

/// Users who are no owners, by what the audit calls their credentials.
fn makers<'a>(state: &'a State, org: &'a OrgState) -> BTreeMap<&'a str, &'a User> {
    let of_user = |credential: &'a Credential| match &credential.kind {
        CredentialKind::User { org: of, user } if *of == org.org.org => org.users.get(user).map(|user| (credential.label.as_str(), &**user)),
        CredentialKind::User { .. }
        | CredentialKind::Operator
        | CredentialKind::EnforcementPoint { .. }
        | CredentialKind::Application { .. }
        | CredentialKind::Invitation { .. } => None,
    };
    let all = state.credentials.values().filter_map(|credential| of_user(credential));
    all.filter(|(_, user)| user.user_type != crate::object::UserType::Owner).collect()
}
