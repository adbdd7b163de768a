//! Scopes, sub-modules, privileges and entities of an org by number, with what each scope includes: what requests name by
//! text and records of people by number.
//!
//! Numbers are given anew whenever a scope, an entity or the platform's catalogue changes; then every record of the org
//! is made again too. Orgs without scopes or entities of their own share one table.

use std::collections::BTreeMap;

use foldhash::quality::FixedState;
use hashbrown::HashMap;

use crate::ids::{DomainId, EntityId, ModuleId, PrivilegeId, ScopeId};
use crate::object::Audience;
use crate::permission::{Action, Actions, Permission};
use crate::platform::{Platform, PlatformScope, ScopeLevel};
use crate::reference::people::{CUSTOMER_PII, CUSTOMER_PROFILE};
use crate::scopes;
use crate::state::OrgState;

/// What nobody holds: the number of something that no catalogue knows.
pub const NOBODY: u32 = u32::MAX;

/// Bits of a key that hold a number; those above say what is numbered.
const KIND: u32 = 30;

/// A scope as a key of what people hold.
pub fn scope_key(number: u32) -> u32 {
    number
}

/// A domain as a key: all scopes of it.
pub fn domain_key(number: u32) -> u32 {
    2 << KIND | number
}

/// A domain as a key: those scopes of it that come through a control.
pub fn controlled_key(number: u32) -> u32 {
    3 << KIND | number
}

/// Whether a key is of scopes that come through a control.
pub fn is_controlled_key(key: u32) -> bool {
    key >> KIND == 3
}

fn permission_key(module: u32, action: Action) -> u32 {
    1 << KIND | module << 3 | action as u32
}

/// What decisions read of a scope.
#[derive(Clone, Debug)]
pub struct ScopeFacts {
    /// It reaches only what is its holder's own.
    pub own: bool,
    /// It is for looking only.
    pub looks: bool,
    /// Its domain.
    pub domain: u32,
    /// What it includes at once.
    includes: Box<[u32]>,
    /// Of one for one's own: the global ones of its entity that include it (AC-17).
    pub wider: Box<[u32]>,
}

/// What decisions read of an entity, or of a node of the navigation tree.
#[derive(Clone, Debug, Default)]
pub struct EntityFacts {
    /// The org's own.
    pub custom: bool,
    /// It is a node: of a domain, or of a custom entity.
    pub node: bool,
    /// It has scopes.
    pub scoped: bool,
    /// Scopes that read it.
    pub read: Box<[u32]>,
    /// Scopes that change it.
    pub manage: Box<[u32]>,
}

/// A sub-module: its number, and what custom sets may grant on it.
#[derive(Clone, Copy, Debug)]
struct ModuleFacts {
    number: u32,
    offered: Actions,
}

/// The numbers of an org.
#[derive(Clone, Debug, Default)]
pub struct Names {
    scopes: HashMap<ScopeId, u32, FixedState>,
    /// Other spellings of generated scopes.
    aliases: HashMap<ScopeId, u32, FixedState>,
    facts: Vec<ScopeFacts>,
    domains: HashMap<Box<str>, u32, FixedState>,
    entities: HashMap<Box<str>, EntityFacts, FixedState>,
    modules: HashMap<ModuleId, ModuleFacts, FixedState>,
    privileges: HashMap<PrivilegeId, u32, FixedState>,
    defaults: BTreeMap<Audience, Box<[u32]>>,
    profile: [u32; 2],
    pii: u32,
}

impl Names {
    /// The names of an org, or those of the platform alone.
    pub fn new(platform: &Platform, org: Option<&OrgState>) -> Self {
        let mut names = Self::default();
        let mut levels: BTreeMap<(&DomainId, &EntityId, ScopeLevel), &ScopeId> = BTreeMap::new();
        for scope in &platform.scopes {
            names.number_scope(&scope.id);
            levels.entry((&scope.domain, &scope.entity, scope.level)).or_insert(&scope.id);
        }
        let generated = |org: &OrgState| -> Vec<(EntityId, ScopeLevel, ScopeId)> {
            let each = |entity: &EntityId| ScopeLevel::ALL.map(|level| Some((entity.clone(), level, scopes::generated(entity, level)?)));
            org.entities.keys().flat_map(each).flatten().collect()
        };
        let generated = org.map(generated).unwrap_or_default();
        org.into_iter().flat_map(|org| org.scopes.keys()).for_each(|id| names.number_scope(id));
        generated.iter().for_each(|(.., id)| names.number_scope(id));
        // In the order in which a scope is looked for: the platform's first, then the org's own, then generated ones.
        let mut facts: BTreeMap<u32, ScopeFacts> = BTreeMap::new();
        for (entity, level, id) in &generated {
            let lower = level.implies().iter().filter_map(|lower| scopes::generated(entity, *lower));
            let includes = lower.filter_map(|id| names.known_scope(id.as_str())).collect();
            let domain = names.number_domain(entity.as_str());
            let wide = level.wider().iter().filter_map(|wide| scopes::generated(entity, *wide));
            let wider = wide.filter_map(|id| names.known_scope(id.as_str())).collect();
            names.note(&mut facts, id, ScopeFacts { own: level.is_own(), looks: looks(*level), domain, includes, wider });
        }
        for (id, scope) in org.into_iter().flat_map(|org| &org.scopes) {
            let domain = names.number_domain(id.as_str().split('.').next().unwrap_or_default());
            names.note(&mut facts, id, ScopeFacts { own: scope.own, looks: false, domain, includes: Box::default(), wider: Box::default() });
        }
        for scope in platform.scopes.iter().rev() {
            let lower = scope.level.implies().iter().filter_map(|lower| levels.get(&(&scope.domain, &scope.entity, *lower)).copied());
            let includes = lower.chain(&scope.implies).filter_map(|id| names.known_scope(id.as_str())).collect();
            let domain = names.number_domain(scope.domain.as_str());
            let wide = scope.level.wider().iter().filter_map(|wide| levels.get(&(&scope.domain, &scope.entity, *wide)).copied());
            let wider = wide.filter_map(|id| names.known_scope(id.as_str())).collect();
            names.note(&mut facts, &scope.id, ScopeFacts { own: scope.level.is_own(), looks: looks(scope.level), domain, includes, wider });
        }
        names.facts = facts.into_values().collect();
        for (id, spelt) in generated.iter().filter_map(|(.., id)| Some((id, alias(id)?))) {
            if let (Some(number), Ok(alias)) = (names.known_scope(id.as_str()), spelt.parse()) {
                names.aliases.insert(alias, number);
            }
        }
        names.number_entities(platform, org, &generated);
        names.number_rest(platform);
        names
    }

    fn number_scope(&mut self, id: &ScopeId) {
        let next = number(self.scopes.len());
        self.scopes.entry(id.clone()).or_insert(next);
    }

    fn number_domain(&mut self, name: &str) -> u32 {
        let next = number(self.domains.len());
        *self.domains.entry(name.into()).or_insert(next)
    }

    fn note(&self, facts: &mut BTreeMap<u32, ScopeFacts>, id: &ScopeId, scope: ScopeFacts) {
        if let Some(number) = self.known_scope(id.as_str()) {
            facts.insert(number, scope);
        }
    }

    fn number_entities(&mut self, platform: &Platform, org: Option<&OrgState>, generated: &[(EntityId, ScopeLevel, ScopeId)]) {
        let mut levels: BTreeMap<&str, Vec<(ScopeLevel, &ScopeId)>> = BTreeMap::new();
        for PlatformScope { id, entity, level, .. } in &platform.scopes {
            levels.entry(entity.as_str()).or_default().push((*level, id));
        }
        let custom = |entity: &str| org.is_some_and(|org| org.entities.contains_key(entity));
        levels.retain(|entity, _| !custom(entity));
        for (entity, level, id) in generated {
            levels.entry(entity.as_str()).or_default().push((*level, id));
        }
        let of = |levels: &[(ScopeLevel, &ScopeId)], wanted: [ScopeLevel; 2]| {
            levels.iter().filter(|(level, _)| wanted.contains(level)).filter_map(|(_, id)| self.known_scope(id.as_str())).collect()
        };
        let mut entities: HashMap<Box<str>, EntityFacts, FixedState> = HashMap::default();
        for (entity, levels) in &levels {
            let read = of(levels, [ScopeLevel::Read, ScopeLevel::ReadOwn]);
            let manage = of(levels, [ScopeLevel::Manage, ScopeLevel::ManageOwn]);
            entities.insert((*entity).into(), EntityFacts { scoped: true, read, manage, ..EntityFacts::default() });
        }
        for entity in org.into_iter().flat_map(|org| org.entities.keys()) {
            let facts = entities.entry(entity.as_str().into()).or_default();
            (facts.custom, facts.node) = (true, true);
        }
        for domain in &platform.domains {
            entities.entry(domain.id.as_str().into()).or_default().node = true;
        }
        self.entities = entities;
    }

    fn number_rest(&mut self, platform: &Platform) {
        for (at, module) in platform.modules.iter().enumerate() {
            self.modules.entry(module.id.clone()).or_insert(ModuleFacts { number: number(at), offered: module.offered });
        }
        for (at, privilege) in platform.privileges.iter().enumerate() {
            self.privileges.entry(privilege.id.clone()).or_insert(number(at));
        }
        self.profile = [Action::View, Action::Edit].map(|action| self.permission(CUSTOMER_PROFILE, action));
        self.pii = self.permission(CUSTOMER_PII, Action::View);
        for audience in [Audience::Employee, Audience::Customer] {
            self.defaults.insert(audience, self.closure(platform.defaults_of(audience)).into());
        }
    }

    /// A scope under its name proper.
    pub fn known_scope(&self, id: &str) -> Option<u32> {
        self.scopes.get(id).copied()
    }

    /// A scope as it is asked for, under another spelling too.
    pub fn asked_scope(&self, id: &str) -> Option<u32> {
        match self.aliases.get(id) {
            Some(number) => Some(*number),
            None => self.known_scope(id),
        }
    }

    /// What is known of a scope.
    pub fn scope(&self, number: u32) -> Option<&ScopeFacts> {
        self.facts.get(number as usize)
    }

    /// An entity, or a node.
    pub fn entity(&self, id: &str) -> Option<&EntityFacts> {
        self.entities.get(id)
    }

    /// The number of a domain that any scope has.
    pub fn domain(&self, id: &str) -> Option<u32> {
        self.domains.get(id).copied()
    }

    /// Whether the catalogue has a sub-module.
    pub fn has_module(&self, id: &str) -> bool {
        self.modules.contains_key(id)
    }

    /// A permission as a key of what people hold.
    pub fn permission(&self, module: &str, action: Action) -> u32 {
        self.modules.get(module).map_or(NOBODY, |module| permission_key(module.number, action))
    }

    /// The same.
    pub fn permission_of(&self, permission: &Permission) -> u32 {
        self.permission(permission.module.as_str(), permission.action)
    }

    /// What custom sets may grant on a sub-module.
    pub fn offered(&self, module: &str) -> Actions {
        self.modules.get(module).map_or(Actions::empty(), |module| module.offered)
    }

    /// Whether whoever holds this permission sees customers masked but for another, and that.
    pub fn unmasked_by(&self, permission: u32) -> Option<u32> {
        (permission != NOBODY && self.profile.contains(&permission)).then_some(self.pii)
    }

    /// A privilege.
    pub fn privilege(&self, id: &PrivilegeId) -> Option<u32> {
        self.privileges.get(id).copied()
    }

    /// The default scopes of an audience, with all that they include.
    pub fn defaults_of(&self, audience: Audience) -> &[u32] {
        self.defaults.get(&audience).map_or(&[], |scopes| scopes)
    }

    /// Known scopes, by any spelling, with all that they include, sorted.
    pub fn closure<'a>(&self, held: impl IntoIterator<Item = &'a ScopeId>) -> Vec<u32> {
        let mut fresh: Vec<u32> = held.into_iter().filter_map(|id| self.asked_scope(id.as_str())).collect();
        let mut seen = vec![false; self.facts.len()];
        let mut all = Vec::new();
        while let Some(next) = fresh.pop() {
            let Some(seen) = seen.get_mut(next as usize) else { continue };
            if !std::mem::replace(seen, true) {
                all.push(next);
                fresh.extend(self.scope(next).map_or(&[][..], |scope| &scope.includes));
            }
        }
        all.sort_unstable();
        all
    }
}

/// The other spelling of a generated scope.
fn alias(id: &ScopeId) -> Option<String> {
    [("_readOwn", "_read_own"), ("_manageOwn", "_manage_own")]
        .into_iter()
        .find_map(|(proper, alias)| Some(format!("{}{alias}", id.as_str().strip_suffix(proper)?)))
}

fn looks(level: ScopeLevel) -> bool {
    matches!(level, ScopeLevel::Read | ScopeLevel::ReadOwn)
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NOBODY)
}
