//! The lint of users and permission sets: names that lie, creating without seeing, sets that nobody has, what the
//! catalogue has dropped, and grants that could not be made now (UM-4).

use std::collections::BTreeMap;

use super::{Finding, LintCode, finding};
use crate::limits::EXAMPLES_MAX;
use crate::name::fold;
use crate::object::{Audience, Credential, CredentialKind, PermissionSet, User};
use crate::permission::Actions;
use crate::plan::delegation::exceeds_now;
use crate::powers::{Powers, reserved};
use crate::state::{OrgState, State};

/// Words of a name that promise looking only.
const LOOKING: &[&str] = &["view", "viewer", "explore", "explorer", "read", "reader"];
/// Words of a name that promise changing.
const CHANGING: &[&str] = &["edit", "editor", "manage", "manager"];

/// Everything odd about the users and permission sets of an org.
pub fn people(state: &State, org: &OrgState) -> Vec<Finding> {
    let mut found: Vec<Finding> = org.sets.values().flat_map(|set| of_set(state, org, set)).collect();
    found.extend(unmakeable(state, org));
    found
}

fn of_set(state: &State, org: &OrgState, set: &PermissionSet) -> Vec<Finding> {
    let place = || format!("permission-set:{}", set.id);
    let mut found = Vec::new();
    let folded = fold(set.name.as_str());
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).collect();
    let says = |all: &[&str]| words.iter().any(|word| all.contains(word));
    let all = set.grants.iter().fold(Actions::empty(), |all, grant| all | grant.actions);
    if says(LOOKING) && !says(CHANGING) && !(all - Actions::V).is_empty() {
        let text = format!("its name says that it only looks, and it grants {}: rename it, or take them away", all - Actions::V);
        found.push(finding(LintCode::NameLies, place(), text));
    }
    if says(CHANGING) && !all.is_empty() && !all.has(crate::permission::Action::Edit) {
        found.push(finding(LintCode::NameLies, place(), format!("its name says that it edits, and it grants {all} only")));
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
