//! What decisions read of one user or application: everything that it holds in force, by number, and where.
//!
//! Assignments at the same places are one slot. For each key that is held (a scope with all that includes it, a
//! permission, a domain) there is a list of slots, found by a search over the keys. What is not in force is not here:
//! the clock makes records anew.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{Names, controlled_key, domain_key, scope_key};
use super::trees::Tree;
use crate::ids::{ConceptCode, ControlId, ZoneCode};
use crate::object::{Application, ApplicationType, Audience, RoleGrant, User, UserType};
use crate::place::Place;
use crate::reference;
use crate::scopes;
use crate::state::{OrgState, State};

/// A place, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Spot {
    /// The whole org.
    Org,
    /// A zone.
    Zone(u32),
    /// A concept.
    Concept(u32),
    /// A store that assignments name.
    Store(u32),
}

/// Several places.
#[derive(Clone, Debug, Default)]
pub struct Spots {
    /// The org is among them.
    pub whole: bool,
    /// They.
    pub all: Box<[Spot]>,
}

/// Gives places their numbers.
pub struct Atlas<'a> {
    /// Zones.
    pub zones: &'a mut Tree<ZoneCode>,
    /// Concepts.
    pub concepts: &'a mut Tree<ConceptCode>,
    /// Stores that assignments name.
    pub stores: &'a mut super::people::NamedStores,
}

impl Atlas<'_> {
    fn spot(&mut self, place: &Place) -> Spot {
        match place {
            Place::Org => Spot::Org,
            Place::Zone(code) => Spot::Zone(self.zones.intern(code)),
            Place::Concept(code) => Spot::Concept(self.concepts.intern(code)),
            Place::Store(code) => Spot::Store(self.stores.intern(code)),
        }
    }

    fn spots(&mut self, places: &[Place]) -> Spots {
        Spots { whole: places.contains(&Place::Org), all: places.iter().map(|place| self.spot(place)).collect() }
    }
}

/// A user or an application.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Not suspended.
    pub active: bool,
    /// It has keys, and none lets in.
    pub key_expired: bool,
    /// It owns the org.
    pub owner: bool,
    /// It works for the org.
    pub employee: bool,
    /// An application that is an extension.
    pub extension: bool,
    /// Slot of an application's access group plus one; 0 is none.
    pub group: u32,
    /// Where it may act at all.
    pub reach: Spots,
    /// Places that something is held at.
    slots: Box<[Spots]>,
    /// Keys, sorted, and where the list of each ends.
    keys: Box<[(u32, u32)]>,
    /// Slots, key by key.
    ways: Box<[u32]>,
    /// Privileges, sorted.
    privileges: Box<[u32]>,
}

impl Person {
    /// Where a key is held.
    pub fn held(&self, key: u32) -> impl Iterator<Item = &Spots> {
        let found = self.keys.binary_search_by_key(&key, |(key, _)| *key).ok();
        self.list(found).iter().filter_map(|slot| self.slots.get(*slot as usize))
    }

    /// Keys that are held.
    pub fn keys(&self) -> impl Iterator<Item = u32> {
        self.keys.iter().map(|(key, _)| *key)
    }

    fn list(&self, at: Option<usize>) -> &[u32] {
        let bounds = || {
            let (_, end) = self.keys.get(at?)?;
            let start = at?.checked_sub(1).and_then(|before| self.keys.get(before)).map_or(0, |(_, end)| *end);
            Some(start as usize..*end as usize)
        };
        bounds().and_then(|bounds| self.ways.get(bounds)).unwrap_or_default()
    }

    /// Whether it has a privilege.
    pub fn has_privilege(&self, number: u32) -> bool {
        self.privileges.binary_search(&number).is_ok()
    }
}

/// Scopes of controls with all that they include, kept while several records are made.
pub type Closures = BTreeMap<ControlId, Vec<u32>>;

/// Makes the record of a person.
struct Maker<'a, 'b> {
    names: &'a Names,
    atlas: &'a mut Atlas<'b>,
    places: BTreeMap<Vec<Place>, u32>,
    slots: Vec<Spots>,
    /// Keys with slots, in no order, some more than once.
    ways: Vec<(u32, u32)>,
}

impl<'a, 'b> Maker<'a, 'b> {
    fn new(names: &'a Names, atlas: &'a mut Atlas<'b>) -> Self {
        Self { names, atlas, places: BTreeMap::new(), slots: Vec::new(), ways: Vec::new() }
    }

    /// The slot of some places; none are the whole org.
    fn slot(&mut self, places: &[Place]) -> u32 {
        if let Some(slot) = self.places.get(places) {
            return *slot;
        }
        let slot = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        let spots = self.atlas.spots(if places.is_empty() { &[Place::Org] } else { places });
        self.slots.push(spots);
        self.places.insert(places.to_vec(), slot);
        slot
    }

    fn hold_scopes(&mut self, scopes: &[u32], slot: u32, controlled: bool) {
        for scope in scopes {
            self.ways.push((scope_key(*scope), slot));
            let Some(facts) = self.names.scope(*scope) else { continue };
            self.ways.push((domain_key(facts.domain), slot));
            if controlled {
                self.ways.push((controlled_key(facts.domain), slot));
            }
        }
    }

    fn finish(mut self, person: Person) -> Person {
        self.ways.sort_unstable();
        self.ways.dedup();
        let mut keys: Vec<(u32, u32)> = Vec::new();
        for (end, (key, _)) in (1u32..).zip(&self.ways) {
            match keys.last_mut() {
                Some((last, last_end)) if last == key => *last_end = end,
                Some(_) | None => keys.push((*key, end)),
            }
        }
        let ways = self.ways.iter().map(|(_, slot)| *slot).collect();
        Person { slots: self.slots.into(), keys: keys.into(), ways, ..person }
    }
}

/// The record of a user.
pub fn of_user(state: &State, org: &OrgState, user: &User, names: &Names, atlas: &mut Atlas<'_>, closures: &mut Closures) -> Person {
    let more = user.more();
    let person = Person {
        active: user.active,
        owner: user.user_type == UserType::Owner,
        employee: user.audience() == Audience::Employee,
        reach: atlas.spots(&more.places),
        privileges: privileges(state, org, &more.roles, names),
        ..Person::default()
    };
    if person.owner || !person.active {
        return person;
    }
    let mut maker = Maker::new(names, atlas);
    let mut any_control = false;
    for membership in more.groups.iter().filter(|membership| membership.bounds.hold(state.clock)) {
        let Some(group) = org.user_groups.get(&membership.group) else { continue };
        for grant in group.controls.iter().filter(|grant| grant.bounds.hold(state.clock)) {
            let Some(scopes) = scopes::of_control(&state.platform, org, &grant.control) else { continue };
            any_control = true;
            let slot = maker.slot(&grant.places);
            let scopes = closures.entry(grant.control.clone()).or_insert_with(|| names.closure(scopes));
            maker.hold_scopes(scopes, slot, true);
        }
    }
    if any_control {
        let slot = maker.slot(&[]);
        maker.hold_scopes(names.defaults_of(user.audience()), slot, false);
    }
    for grant in more.sets.iter().filter(|grant| grant.bounds.hold(state.clock)) {
        let (grants, custom) = match org.sets.get(&grant.set) {
            Some(set) => (set.grants.as_slice(), true),
            None => (state.platform.set(grant.set.as_str()).map_or(&[][..], |set| &set.grants), false),
        };
        let slot = maker.slot(&grant.places);
        for granted in grants.iter().filter(|granted| names.has_module(granted.module.as_str())) {
            let offered = if custom { names.offered(granted.module.as_str()) } else { granted.actions };
            for action in (granted.actions & offered).each() {
                maker.ways.push((names.permission(granted.module.as_str(), action), slot));
            }
        }
    }
    maker.finish(person)
}

/// The record of an application, whose access group has this slot.
pub fn of_application(state: &State, org: &OrgState, application: &Application, names: &Names, atlas: &mut Atlas<'_>, group: u32) -> Person {
    let keyed = org.keys.get(&application.id).is_some_and(|keys| !keys.is_empty());
    let person = Person {
        active: application.active,
        key_expired: keyed && !org.has_key(&state.credentials, &application.id, state.clock),
        extension: application.kind == ApplicationType::Extension,
        group,
        reach: atlas.spots(&[Place::Org]),
        privileges: privileges(state, org, &application.roles, names),
        ..Person::default()
    };
    let mut maker = Maker::new(names, atlas);
    let slot = maker.slot(&[]);
    let scopes = names.closure(application.scopes.iter());
    maker.hold_scopes(&scopes, slot, false);
    maker.finish(person)
}

fn privileges(state: &State, org: &OrgState, roles: &[RoleGrant], names: &Names) -> Box<[u32]> {
    let all: BTreeSet<u32> = reference::rights_of(state, org, roles).filter_map(|(_, right)| names.privilege(right)).collect();
    all.into_iter().collect()
}
