//! Nobody hands on what they don't hold (UM-4): judged over the changes of a plan, so that it holds for every command and
//! every route by which one gives somebody access: sets, membership, controls and their scopes, roles and their rights,
//! access groups, keys.
//!
//! Some routes give what no user holds in that form. Whoever gives them must hold instead:
//! - an access group of a store, or the cells of a group: *Access groups* Edit at the store, or in the whole org;
//! - an access group of an application: *Access groups* Edit in the whole org;
//! - a role with privileges of applications: those rights, which only owners have.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::sets::grants_of;
use crate::ids::*;
use crate::object::*;
use crate::outcome::{Change, Rejection, RejectionCode};
use crate::permission::{Action, Permission};
use crate::place::Place;
use crate::powers::{Powers, Sub};
use crate::reference::people::meeting;
use crate::reference::rights_of;
use crate::scopes::{self, HeldScope};

/// Checks the changes of a plan by a user who is no owner.
pub(super) fn check(powers: &Powers<'_>, changes: &[Change]) -> Result<(), Rejection> {
    let held = scopes::of_user(powers.state, powers.org, powers.user);
    let giver = Giver { powers, held: &held };
    let mut exceeds: Vec<String> = changes.iter().flat_map(|change| giver.exceeds(change)).collect();
    exceeds.sort();
    exceeds.dedup();
    if exceeds.is_empty() {
        return Ok(());
    }
    let message = "this gives what you don't hold yourself, or where you don't hold it: ask somebody who does";
    Err(Rejection::new(RejectionCode::DelegationExceedsOwn, message).with_examples(exceeds))
}

/// The grants of the org that whoever made them could not make now, of those that a user's record names as its last
/// changer: for the lint.
pub(crate) fn exceeds_now(powers: &Powers<'_>, user: &User) -> Vec<String> {
    let held = scopes::of_user(powers.state, powers.org, powers.user);
    let giver = Giver { powers, held: &held };
    let blank = user.with_more(UserMore { sets: Vec::new(), groups: Vec::new(), roles: Vec::new(), ..user.more().clone() });
    giver.user(&blank, user)
}

struct Giver<'a> {
    powers: &'a Powers<'a>,
    held: &'a [HeldScope],
}

impl Giver<'_> {
    /// What a change gives beyond what is held, in words.
    fn exceeds(&self, change: &Change) -> Vec<String> {
        match (&change.before, &change.after) {
            (_, None) => Vec::new(),
            (Some(Object::User(before)), Some(Object::User(after))) => self.user(before, after),
            (_, Some(Object::User(after))) => {
                let blank = User { more: None, user_type: UserType::Standard, ..(**after).clone() };
                self.user(&blank, after)
            }
            (before, Some(Object::UserGroup(after))) => {
                let had = match before {
                    Some(Object::UserGroup(before)) => before.controls.clone(),
                    _new => Arc::default(),
                };
                let new = after.controls.iter().filter(|grant| !had.iter().any(|old| self.no_more(&old.places, old.control == grant.control, &grant.places)));
                new.flat_map(|grant| self.control(&grant.control, &grant.places)).collect()
            }
            (before, Some(Object::Control(after))) => {
                let had: &[ScopeId] = match before {
                    Some(Object::Control(before)) => &before.scopes,
                    _new => &[],
                };
                let new: Vec<ScopeId> = after.scopes.iter().filter(|scope| !had.contains(scope)).cloned().collect();
                let groups = self.powers.org.control_groups.get(&after.id).into_iter().flatten().filter_map(|id| self.powers.org.user_groups.get(id));
                let grants = groups.flat_map(|group| group.controls.iter()).filter(|grant| grant.control == after.id);
                grants.flat_map(|grant| self.scopes(&new, &grant.places)).collect()
            }
            (before, Some(Object::Set(after))) => {
                let had: BTreeMap<&ModuleId, crate::permission::Actions> = match before {
                    Some(Object::Set(before)) => before.grants.iter().map(|grant| (&grant.module, grant.actions)).collect(),
                    _new => BTreeMap::new(),
                };
                let new = after.grants.iter().flat_map(|grant| {
                    let added = grant.actions - had.get(&grant.module).copied().unwrap_or_default();
                    added.each().map(|action| Permission { module: grant.module.clone(), action }).collect::<Vec<_>>()
                });
                new.filter(|permission| !self.powers.holds_permission(permission, &Place::Org)).map(|permission| permission.to_string()).collect()
            }
            (before, Some(Object::Role(after))) => {
                let had: &[PrivilegeId] = match before {
                    Some(Object::Role(before)) => &before.rights,
                    _new => &[],
                };
                let held = self.powers.org.role_users.contains_key(&after.id) || self.powers.org.role_applications.contains_key(&after.id);
                let new = after.rights.iter().filter(|right| held && !had.contains(right));
                new.filter(|right| !self.has_right(right)).map(|right| format!("right {right}")).collect()
            }
            (before, Some(Object::Application(after))) => {
                let before = match before {
                    Some(Object::Application(before)) => Some(&**before),
                    _new => None,
                };
                self.application(before, after)
            }
            (before, Some(Object::Credential(after))) => self.credential(before.as_ref(), after),
            (before, Some(Object::Store(after))) => {
                let had = match before {
                    Some(Object::Store(before)) => before.group.clone(),
                    _new => None,
                };
                let given = after.group.as_ref().filter(|group| had.as_ref() != Some(group));
                given.and_then(|group| self.group(group, &Place::Store(after.code.clone()))).into_iter().collect()
            }
            (Some(Object::Org(before)), Some(Object::Org(after))) => {
                let given = after.default_group.as_ref().filter(|group| before.default_group.as_ref() != Some(group));
                given.and_then(|group| self.group(group, &Place::Org)).into_iter().collect()
            }
            (before, Some(Object::Group(after))) => {
                let widened = match before {
                    Some(Object::Group(before)) => before.grants != after.grants,
                    _new => false,
                };
                widened.then(|| self.group(&after.id, &Place::Org)).flatten().into_iter().collect()
            }
            (
                _,
                Some(
                    Object::Org(_)
                    | Object::Zone(_)
                    | Object::Concept(_)
                    | Object::Till(_)
                    | Object::Resource(_)
                    | Object::Endpoint(_)
                    | Object::Retired(_)
                    | Object::Scope(_)
                    | Object::Entity(_)
                    | Object::Override(_)
                    | Object::Settings(_)
                    | Object::Cluster(_)
                    | Object::Platform(_)
                    | Object::Clock(_)
                    // What it gives is judged when it is planned, by its maker's authority.
                    | Object::Proposal(_),
                ),
            ) => Vec::new(),
        }
    }

    /// Whether an assignment reaches no further than one that was there.
    fn no_more(&self, had: &[Place], same: bool, now: &[Place]) -> bool {
        let everywhere = had.is_empty() || had.contains(&Place::Org);
        same && (everywhere || (!now.is_empty() && now.iter().all(|place| crate::place::cover(had, self.powers.org, place))))
    }

    /// Sets, groups and roles that a user gains. A group reaches no further than its member does.
    fn user(&self, before: &User, after: &User) -> Vec<String> {
        let (had, has) = (before.more(), after.more());
        let mut all = Vec::new();
        for grant in &has.sets {
            let old = had.sets.iter().filter(|old| old.set == grant.set);
            let old: Vec<&SetGrant> = old.filter(|old| old.bounds.is_always() || old.bounds == grant.bounds).collect();
            let new = grant.places.iter().filter(|place| !old.iter().any(|old| crate::place::cover(&old.places, self.powers.org, place)));
            new.for_each(|place| all.extend(self.set(&grant.set, place)));
        }
        for membership in has.groups.iter().filter(|membership| !had.groups.contains(membership)) {
            for grant in self.powers.org.user_groups.get(&membership.group).into_iter().flat_map(|group| group.controls.iter()) {
                let places = if grant.places.is_empty() { vec![Place::Org] } else { grant.places.clone() };
                all.extend(self.control(&grant.control, &meeting(self.powers.org, &places, &has.places)));
            }
        }
        let roles: Vec<RoleGrant> = has.roles.iter().filter(|grant| !had.roles.contains(grant)).cloned().collect();
        all.extend(self.roles(&roles));
        if has.places != had.places {
            all.extend(has.places.iter().filter(|place| !self.powers.reaches(place)).map(Place::to_string));
        }
        if after.user_type != before.user_type && after.user_type != UserType::Standard {
            all.push(after.user_type.to_string());
        }
        all
    }

    fn set(&self, set: &SetId, place: &Place) -> Vec<String> {
        if !self.powers.reaches(place) {
            return vec![format!("{set} at {place}")];
        }
        let grants = grants_of(self.powers.state, self.powers.org, set).iter();
        let permissions = grants.flat_map(|grant| grant.actions.each().map(|action| Permission { module: grant.module.clone(), action }));
        permissions.filter(|permission| !self.powers.holds_permission(permission, place)).map(|permission| format!("{permission} at {place}")).collect()
    }

    fn control(&self, control: &ControlId, places: &[Place]) -> Vec<String> {
        let given = scopes::of_control(&self.powers.state.platform, self.powers.org, control).unwrap_or_default();
        self.scopes(given, places)
    }

    /// Scopes with all that they include, at places; none is the whole org.
    fn scopes(&self, given: &[ScopeId], places: &[Place]) -> Vec<String> {
        let everywhere = [Place::Org];
        let places = if places.is_empty() { &everywhere[..] } else { places };
        let all = scopes::closure(&self.powers.state.platform, self.powers.org, given);
        let lacks = |scope: &ScopeId| places.iter().find(|place| !self.powers.holds_scope(self.held, scope, place)).map(|place| format!("{scope} at {place}"));
        all.keys().filter_map(lacks).collect()
    }

    fn has_right(&self, right: &PrivilegeId) -> bool {
        rights_of(self.powers.state, self.powers.org, &self.powers.user.more().roles).any(|(_, held)| held == right)
    }

    fn roles(&self, roles: &[RoleGrant]) -> Vec<String> {
        // Those that begin later count too.
        let roles: Vec<RoleGrant> = roles.iter().map(|grant| RoleGrant { bounds: crate::place::Bounds::ALWAYS, ..grant.clone() }).collect();
        let rights = rights_of(self.powers.state, self.powers.org, &roles);
        rights.filter(|(_, right)| !self.has_right(right)).map(|(grant, right)| format!("right {right} of role {}", grant.role)).collect()
    }

    fn group(&self, group: &GroupId, place: &Place) -> Option<String> {
        (!self.powers.holds(Sub::AccessGroups, Action::Edit, place)).then(|| format!("access-group:{group} at {place}"))
    }

    fn application(&self, before: Option<&Application>, after: &Application) -> Vec<String> {
        let had = |grant: &&RoleGrant| before.is_some_and(|before| before.roles.contains(grant));
        let roles: Vec<RoleGrant> = after.roles.iter().filter(|grant| !had(grant)).cloned().collect();
        let mut all = self.roles(&roles);
        let new: Vec<ScopeId> = after.scopes.iter().filter(|scope| !before.is_some_and(|before| before.scopes.contains(scope))).cloned().collect();
        all.extend(self.scopes(&new, &[]));
        let group = after.group.as_ref().filter(|group| before.and_then(|before| before.group.as_ref()) != Some(group));
        all.extend(group.and_then(|group| self.group(group, &Place::Org)));
        all
    }

    /// Whoever makes a key has all that it lets in to.
    fn credential(&self, before: Option<&Object>, after: &Credential) -> Vec<String> {
        if before.is_some() || after.revoked {
            return Vec::new();
        }
        match &after.kind {
            CredentialKind::Application { application, .. } => match self.powers.org.applications.get(application) {
                Some(application) => self.application(None, application),
                // It comes in the same plan, and is judged there.
                None => Vec::new(),
            },
            CredentialKind::User { user, .. } | CredentialKind::Invitation { user, .. } if *user == self.powers.user.id => Vec::new(),
            CredentialKind::User { user, .. } | CredentialKind::Invitation { user, .. } => match self.powers.org.users.get(user) {
                Some(user) => {
                    let blank = User { more: None, user_type: UserType::Standard, ..(**user).clone() };
                    self.user(&blank, user)
                }
                None => Vec::new(),
            },
            CredentialKind::Operator | CredentialKind::EnforcementPoint { .. } => vec![after.id.to_string()],
        }
    }
}
