//! Scopes (the AC rules). Each has two faces. What asks for a scope lies in `Scope::"it"` if whoever holds the scope reaches it
//! whosever it is, and in `Own::"it"` if they reach only their own; and a scope lies in those that include it, on both
//! faces. So what asks for an own scope also lies on the first face of the global scopes of the same entity, which win.

use std::collections::BTreeMap;

use bailiwick_policy::document::AssignedPart;
use bailiwick_policy::ids::ScopeId;
use serde_json::Value;

use super::places::{Looks, MINE, limits, within};
use super::routes::{Of, routes};
use super::world::{Uid, World, list, uid};
use super::{Plant, Source};
use crate::corpus::ORG;

/// What of scopes there is.
pub(super) struct Scopes<'a> {
    source: &'a Source<'a>,
    known: BTreeMap<String, Scope>,
}

/// One scope.
struct Scope {
    /// Which of them include each other: tier, domain and entity; none for one that the org defined.
    family: Option<(bool, String, String)>,
    domain: String,
    /// `read`, `manage`, `read_own` or `manage_own`.
    level: &'static str,
    own: bool,
    /// What the platform's catalogue says that it includes.
    includes: Vec<String>,
}

/// Levels, with what each includes, and the global ones that win over it.
const LEVELS: [(&str, &str, &[&str], &[&str]); 4] = [
    ("read", "_read", &["read_own"], &[]),
    ("manage", "_manage", &["read", "manage_own"], &[]),
    ("read_own", "_readOwn", &[], &["read", "manage"]),
    ("manage_own", "_manageOwn", &["read_own"], &["manage"]),
];

impl<'a> Scopes<'a> {
    /// Those of a scene, of all tiers.
    pub fn of(source: &'a Source<'a>) -> Self {
        let mut known = BTreeMap::new();
        for scope in &source.catalogue.scopes {
            let named = serde_json::to_value(scope.level).ok();
            let Some(level) = LEVELS.iter().map(|level| level.0).find(|level| named.as_ref().and_then(Value::as_str) == Some(level)) else { continue };
            let one = Scope {
                family: Some((true, scope.domain.to_string(), scope.entity.to_string())),
                domain: scope.domain.to_string(),
                level,
                own: level.ends_with("_own"),
                includes: scope.implies.iter().map(ToString::to_string).collect(),
            };
            known.insert(scope.id.to_string(), one);
        }
        for (id, part) in &source.document.scopes {
            let domain = id.as_str().split('.').next().unwrap_or_default().to_owned();
            known.insert(id.to_string(), Scope { family: None, domain, level: "", own: part.own, includes: Vec::new() });
        }
        for entity in source.document.entities.keys() {
            for (level, end, ..) in LEVELS {
                let family = Some((false, entity.to_string(), entity.to_string()));
                let one = Scope { family, domain: entity.to_string(), level, own: level.ends_with("_own"), includes: Vec::new() };
                known.insert(format!("{entity}.{entity}{end}"), one);
            }
        }
        Self { source, known }
    }

    /// The scopes that only look.
    pub fn looking(&self) -> impl Iterator<Item = String> + '_ {
        let looking = self.known.iter().filter(|(_, scope)| scope.level.starts_with("read")).map(|(id, _)| id.clone());
        let aliases = self.aliases().filter(|(alias, _)| alias.ends_with("_read_own")).map(|(alias, _)| alias);
        looking.chain(aliases)
    }

    /// Other spellings of the own scopes of custom entities, with the proper ones.
    fn aliases(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let ends = [("_read_own", "_readOwn"), ("_manage_own", "_manageOwn")];
        let of_entity = move |entity| ends.map(|(alias, end)| (format!("{entity}.{entity}{alias}"), format!("{entity}.{entity}{end}")));
        self.source.document.entities.keys().flat_map(of_entity)
    }

    fn proper(&self, id: &str) -> String {
        self.aliases().find(|(alias, _)| alias == id).map_or_else(|| id.to_owned(), |(_, proper)| proper)
    }

    /// Another level of a scope's entity.
    fn sibling(&self, id: &str, level: &str) -> Option<&str> {
        let family = self.known.get(id)?.family.as_ref()?;
        self.known.iter().find(|(_, other)| other.family.as_ref() == Some(family) && other.level == level).map(|(id, _)| id.as_str())
    }

    /// What a scope includes at once.
    fn includes(&self, id: &str) -> Vec<String> {
        let Some(scope) = self.known.get(id) else { return Vec::new() };
        let of_level = LEVELS.iter().find(|level| level.0 == scope.level).map_or(&[][..], |level| level.2);
        let lower = of_level.iter().filter(|lower| !(self.source.planted(Plant::EdgeDropped) && **lower == "read"));
        let lower = lower.filter_map(|lower| self.sibling(id, lower)).map(str::to_owned);
        lower.chain(scope.includes.iter().filter(|other| self.known.contains_key(*other)).cloned()).collect()
    }

    /// Makes something ask for a scope.
    fn wants(&self, what: &Uid, id: &str, world: &mut World) {
        let entity = world.entity(what.clone());
        let Some(scope) = self.known.get(id).filter(|scope| scope.own) else {
            entity.within(uid("Scope", id));
            return;
        };
        entity.within(uid("Own", id));
        let wider = LEVELS.iter().find(|level| level.0 == scope.level).map_or(&[][..], |level| level.3);
        for level in wider.iter().filter(|_| !self.source.planted(Plant::GlobalLoses)) {
            if let Some(wider) = self.sibling(id, level) {
                entity.within(uid("Scope", wider));
            }
        }
    }

    /// What asks for scopes, and what they include.
    pub fn translate(&self, world: &mut World) {
        for id in self.known.keys() {
            for lower in self.includes(id) {
                world.entity(uid("Scope", &lower)).within(uid("Scope", id));
                world.entity(uid("Own", &lower)).within(uid("Own", id));
            }
            let asked = uid("Use", id);
            world.entity(asked.clone()).has("known", true);
            self.wants(&asked, id, world);
        }
        // What is named and no tier knows can be asked about too.
        let named = self.source.document.access_controls.values().flat_map(|control| &control.scopes);
        for id in named.filter(|id| !self.known.contains_key(id.as_str())) {
            self.wants(&uid("Use", id), id.as_str(), world);
        }
        for (alias, id) in self.aliases() {
            let asked = uid("Use", alias);
            world.entity(asked.clone()).has("known", true);
            self.wants(&asked, &id, world);
        }
        self.nodes(world);
        self.contents(world);
        for route in routes(self.source) {
            if let Of::Org(part) = route.of
                && (!part.all_scopes || self.source.planted(Plant::AllIsAny))
            {
                for id in &part.scopes {
                    self.wants(&uid("Endpoint", &route.id), id.as_str(), world);
                }
            }
        }
    }

    /// Nodes of the navigation: seen with any scope of their domain, own ones too (AC-14).
    fn nodes(&self, world: &mut World) {
        let domains = self.source.catalogue.domains.iter().map(|domain| (domain.id.to_string(), false));
        let custom = self.source.document.entities.keys().map(|entity| (entity.to_string(), true));
        for (node, custom) in domains.chain(custom) {
            let entity = world.entity(uid("Node", &node)).has("known", true).has("custom", custom);
            for (id, _) in self.known.iter().filter(|(_, scope)| scope.domain == node) {
                entity.within(uid("Scope", id));
            }
        }
    }

    /// Instances of entities: read with any of the reading scopes, else handled with any of the managing ones.
    fn contents(&self, world: &mut World) {
        for (id, scope) in &self.known {
            let Some((platform, _, entity)) = &scope.family else { continue };
            // A custom entity hides the platform's of the same name.
            if *platform && self.source.document.entities.keys().any(|custom| custom.as_str() == entity) {
                continue;
            }
            let what = scope.level.split('_').next().unwrap_or_default();
            for kind in ["read", "manage"] {
                world.entity(uid("Content", format!("{entity}:{kind}"))).has("known", true);
            }
            self.wants(&uid("Content", format!("{entity}:{what}")), id, world);
        }
    }

    /// A condition: that something is reached with one of the scopes held, whosever it is or as one's own.
    fn reached(&self, what: &str, held: &[ScopeId]) -> String {
        let held = held.iter().map(|id| self.proper(id.as_str())).filter(|id| self.known.contains_key(id) || self.source.planted(Plant::TombstonesLive));
        let held: Vec<String> = held.collect();
        let face = |kind| list(&held.iter().map(|id| uid(kind, id)).collect::<Vec<_>>());
        let mine = if self.source.planted(Plant::OwnershipIgnored) { "true" } else { MINE };
        format!("({what} in {} || ({what} in {} && {mine}))", face("Scope"), face("Own"))
    }
}

/// A way in which scopes are held.
struct Holding {
    name: String,
    /// Who holds them, as a condition on the principal.
    who: String,
    /// When and where.
    when: String,
    scopes: Vec<ScopeId>,
}

/// What users hold through groups, and applications by their credentials.
pub(super) fn translate(source: &Source<'_>, scopes: &Scopes<'_>, world: &mut World) {
    scopes.translate(world);
    let mut holdings = Vec::new();
    let mut controlled = Vec::new();
    for (group, part) in &source.document.user_groups {
        for grant in &part.controls {
            let Some(held) = of_control(source, grant) else { continue };
            let group = uid("UserGroup", group);
            let places: Vec<Uid> = grant.at.iter().map(super::places::place).collect();
            let (name, who) = (format!("{group}: {}", grant.id), format!("principal in {group}"));
            let when = format!("{} && {}", limits(source, grant), within(source, &places, Looks::AsAsked));
            let inert = !held.iter().any(|id| scopes.known.contains_key(&scopes.proper(id.as_str())));
            if !inert {
                let employee = "principal.audience == \"employee\"";
                let custom = "resource has custom && resource.custom";
                let text = format!("permit({who}, action == Action::\"see\", resource) when {{ {when} && {employee} && {custom} }}");
                world.policy(format!("{name}: custom nodes"), text);
            }
            controlled.push(format!("({who} && {})", limits(source, grant)));
            holdings.push(Holding { name, who, when, scopes: held });
        }
    }
    for (audience, held) in &source.catalogue.default_scopes {
        let anybody = if controlled.is_empty() { "false".to_owned() } else { format!("({})", controlled.join(" || ")) };
        let anybody = if source.planted(Plant::DefaultsAlways) { "true".to_owned() } else { anybody };
        let when = format!("principal has audience && principal.audience == \"{audience}\" && {anybody} && {}", within(source, &[], Looks::AsAsked));
        holdings.push(Holding { name: format!("default scopes of {audience}s"), who: "principal is User".to_owned(), when, scopes: held.clone() });
    }
    for (id, part) in &source.document.applications {
        let application = uid("Application", id);
        let when = format!("(if context has place then context.place in {} else true)", uid("Org", ORG));
        holdings.push(Holding { name: format!("{application}: scopes"), who: format!("principal == {application}"), when, scopes: part.scopes.clone() });
    }
    for held in holdings.iter().filter(|held| !held.scopes.is_empty()) {
        let Holding { name, who, when, .. } = held;
        world.policy(name, format!("permit({who}, action, resource) when {{ {when} && {} }}", scopes.reached("resource", &held.scopes)));
    }
    every(source, scopes, &holdings, world);
}

/// Endpoints that ask for all of several scopes: each must be reached, by whichever way.
fn every(source: &Source<'_>, scopes: &Scopes<'_>, holdings: &[Holding], world: &mut World) {
    for route in routes(source) {
        let Of::Org(part) = route.of else { continue };
        if !part.all_scopes || part.scopes.is_empty() || source.planted(Plant::AllIsAny) {
            continue;
        }
        let each = part.scopes.iter().map(|wanted| {
            // One that no tier knows is held by nobody.
            let wanted = uid("Use", scopes.proper(wanted.as_str()));
            let ways = holdings.iter().filter(|held| !held.scopes.is_empty());
            let ways = ways.map(|held| format!("({} && {} && {})", held.who, held.when, scopes.reached(&wanted.to_string(), &held.scopes)));
            let ways: Vec<String> = ways.collect();
            if ways.is_empty() { "false".to_owned() } else { format!("({})", ways.join(" || ")) }
        });
        let each: Vec<String> = each.collect();
        let endpoint = uid("Endpoint", &route.id);
        let text = format!("permit(principal, action == Action::\"call\", resource == {endpoint}) when {{ {} }}", each.join(" && "));
        world.policy(format!("{endpoint}: all scopes"), text);
    }
}

/// The scopes of a control: the org's own, else a predefined one; none if there is no such control any more.
fn of_control(source: &Source<'_>, grant: &AssignedPart) -> Option<Vec<ScopeId>> {
    let own = source.document.access_controls.iter().find(|(id, _)| id.as_str() == &*grant.id).map(|(_, control)| control.scopes.clone());
    own.or_else(|| source.catalogue.controls.iter().find(|control| control.id.as_str() == &*grant.id).map(|control| control.scopes.clone()))
}
