//! Scopes: which there are, what they include, and which a user or an application holds (the AC rules).

use std::collections::BTreeMap;

use crate::ids::*;
use crate::object::{Application, User};
use crate::place::{Bounds, Place};
use crate::platform::{Platform, ScopeLevel};
use crate::state::{OrgState, State};

/// Where a scope comes from (AC-11).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The platform's catalogue.
    Platform,
    /// Defined by the org.
    Tenant,
    /// Brought by a custom entity.
    Generated,
}

/// What is known of a scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeInfo {
    /// Where it comes from.
    pub tier: Tier,
    /// The domain it belongs to: declared, the custom entity, or what its name has before the first dot.
    pub domain: String,
    /// The entity it is about; none for one that the org defined.
    pub entity: Option<EntityId>,
    /// What it lets its holder do; none for one that the org defined.
    pub level: Option<ScopeLevel>,
    /// It reaches only what is its holder's own (AC-16).
    pub own: bool,
}

/// The scope of an id, in any tier.
pub fn find(platform: &Platform, org: &OrgState, id: &ScopeId) -> Option<ScopeInfo> {
    if let Some(scope) = platform.scope(id.as_str()) {
        return Some(ScopeInfo {
            tier: Tier::Platform,
            domain: scope.domain.to_string(),
            entity: Some(scope.entity.clone()),
            level: Some(scope.level),
            own: scope.level.is_own(),
        });
    }
    if let Some(scope) = org.scopes.get(id) {
        let domain = id.as_str().split('.').next().unwrap_or_default().to_owned();
        return Some(ScopeInfo { tier: Tier::Tenant, domain, entity: None, level: None, own: scope.own });
    }
    let (entity, level) = of_entity(org, id)?;
    Some(ScopeInfo { tier: Tier::Generated, domain: entity.to_string(), entity: Some(entity), level: Some(level), own: level.is_own() })
}

/// The scope that an entity generates at a level (AC-13).
pub fn generated(entity: &EntityId, level: ScopeLevel) -> Option<ScopeId> {
    format!("{entity}.{entity}{}", level.suffix()).parse().ok()
}

/// The custom entity and the level of a generated scope, under its name proper.
fn of_entity(org: &OrgState, id: &ScopeId) -> Option<(EntityId, ScopeLevel)> {
    // It is the entity twice with a dot between, and an end; the entity may have dots in it too.
    let named = |level: ScopeLevel| {
        let twice = id.as_str().strip_suffix(level.suffix())?;
        let (entity, _) = org.entities.get_key_value(twice.get(..twice.len() / 2)?)?;
        (generated(entity, level).as_ref() == Some(id)).then(|| (entity.clone(), level))
    };
    ScopeLevel::ALL.into_iter().find_map(named)
}

/// The name proper of a scope: `_read_own` and `_manage_own` of a custom entity are other spellings (AC-13).
pub fn canonical(org: &OrgState, id: &ScopeId) -> ScopeId {
    let spelt = [("_read_own", "_readOwn"), ("_manage_own", "_manageOwn")];
    spelt
        .iter()
        .find_map(|(alias, proper)| {
            let named: ScopeId = format!("{}{proper}", id.as_str().strip_suffix(alias)?).parse().ok()?;
            of_entity(org, &named).map(|_| named)
        })
        .unwrap_or_else(|| id.clone())
}

/// What a scope includes at once (AC-12): by level among the scopes of its entity, and what the platform declares.
fn included(platform: &Platform, org: &OrgState, id: &ScopeId) -> Vec<ScopeId> {
    let Some(info) = find(platform, org, id) else { return Vec::new() };
    let declared = platform.scope(id.as_str()).map(|scope| scope.implies.clone()).unwrap_or_default();
    let Some(level) = info.level else { return declared };
    level.implies().iter().filter_map(|lower| at_level(platform, &info, *lower)).chain(declared).collect()
}

/// The scope of the same entity at another level.
fn at_level(platform: &Platform, info: &ScopeInfo, level: ScopeLevel) -> Option<ScopeId> {
    let entity = info.entity.as_ref()?;
    match info.tier {
        Tier::Generated => generated(entity, level),
        Tier::Platform | Tier::Tenant => {
            let of_entity = |scope: &&crate::platform::PlatformScope| scope.domain.as_str() == info.domain && scope.entity == *entity && scope.level == level;
            platform.scopes.iter().find(of_entity).map(|scope| scope.id.clone())
        }
    }
}

/// The global scopes of the same entity that include one for one's own: whoever holds one of them isn't kept to their own
/// (AC-15, AC-17). None for any other scope.
pub fn wider(platform: &Platform, org: &OrgState, id: &ScopeId) -> Vec<ScopeId> {
    let Some(info) = find(platform, org, id) else { return Vec::new() };
    let levels = info.level.map_or(&[][..], ScopeLevel::wider);
    levels.iter().filter_map(|level| at_level(platform, &info, *level)).collect()
}

/// Scopes with all that they include, a fixed point; each with the one that includes it, none for one that is held itself.
/// Scopes that no tier knows are inert and left out.
pub fn closure<'a>(platform: &Platform, org: &OrgState, held: impl IntoIterator<Item = &'a ScopeId>) -> BTreeMap<ScopeId, Option<ScopeId>> {
    let mut all: BTreeMap<ScopeId, Option<ScopeId>> =
        held.into_iter().map(|id| canonical(org, id)).filter(|id| find(platform, org, id).is_some()).map(|id| (id, None)).collect();
    let mut fresh: Vec<ScopeId> = all.keys().cloned().collect();
    while let Some(next) = fresh.pop() {
        for lower in included(platform, org, &next) {
            if !all.contains_key(&lower) && find(platform, org, &lower).is_some() {
                all.insert(lower.clone(), Some(next.clone()));
                fresh.push(lower);
            }
        }
    }
    all
}

/// One way in which a scope is held: with its provenance and its reach.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct HeldScope {
    /// The scope.
    pub scope: ScopeId,
    /// The scope that includes it, if it isn't held itself.
    #[serde(default)]
    pub implied_by: Option<ScopeId>,
    /// The user group that it comes through; none for an application.
    #[serde(default)]
    pub group: Option<UserGroupId>,
    /// The access control that it comes through; none for an application and for the platform's defaults (AC-4).
    #[serde(default)]
    pub control: Option<ControlId>,
    /// Where it reaches; empty is the whole org (AC-22).
    #[serde(default)]
    pub places: Vec<Place>,
    /// The tightest bounds on the way.
    #[serde(default)]
    pub bounds: Bounds,
}

/// The scopes of a control: the org's own, else a predefined one.
pub fn of_control<'a>(platform: &'a Platform, org: &'a OrgState, id: &ControlId) -> Option<&'a [ScopeId]> {
    match org.controls.get(id) {
        Some(control) => Some(&control.scopes),
        None => platform.control(id.as_str()).map(|control| control.scopes.as_slice()),
    }
}

/// The scopes that a user holds in force, by every way (AC-4, AC-8): the union over groups, closed under inclusion, with
/// the platform's defaults of the user's audience from the first group with any control on.
pub fn of_user(state: &State, org: &OrgState, user: &User) -> Vec<HeldScope> {
    let platform = &state.platform;
    let mut held = Vec::new();
    let mut controlled = std::collections::BTreeSet::new();
    for membership in user.more().groups.iter().filter(|membership| membership.bounds.hold(state.clock)) {
        let Some(group) = org.user_groups.get(&membership.group) else { continue };
        for grant in group.controls.iter().filter(|grant| grant.bounds.hold(state.clock)) {
            let Some(scopes) = of_control(platform, org, &grant.control) else { continue };
            controlled.insert((group.id.clone(), tighter(membership.bounds, grant.bounds)));
            for (scope, implied_by) in closure(platform, org, scopes) {
                held.push(HeldScope {
                    scope,
                    implied_by,
                    group: Some(group.id.clone()),
                    control: Some(grant.control.clone()),
                    places: grant.places.clone(),
                    bounds: tighter(membership.bounds, grant.bounds),
                });
            }
        }
    }
    let defaults = if controlled.is_empty() { BTreeMap::new() } else { closure(platform, org, platform.defaults_of(user.audience())) };
    for (group, bounds) in controlled {
        for (scope, implied_by) in defaults.clone() {
            held.push(HeldScope { scope, implied_by, group: Some(group.clone()), control: None, places: Vec::new(), bounds });
        }
    }
    held.sort();
    held
}

/// The scopes of an application's credential (AC-6).
pub fn of_application(state: &State, org: &OrgState, application: &Application) -> Vec<HeldScope> {
    let all = closure(&state.platform, org, application.scopes.iter());
    all.into_iter()
        .map(|(scope, implied_by)| HeldScope { scope, implied_by, group: None, control: None, places: Vec::new(), bounds: Bounds::ALWAYS })
        .collect()
}

/// The bounds within both.
pub fn tighter(a: Bounds, b: Bounds) -> Bounds {
    let until = match (a.not_after, b.not_after) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    Bounds { not_before: a.not_before.max(b.not_before), not_after: until }
}
