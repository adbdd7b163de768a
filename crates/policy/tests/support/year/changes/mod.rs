//! Random changes of every kind, mostly lawful: what isn't is refused by the plan, and another is drawn. Stores, tills, users
//! and applications come and change and never go.

mod applications;
mod bundles;
mod groups;
mod people;
mod places;

use std::collections::BTreeSet;

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::Group;
use bailiwick_policy::place::{Bounds, Place};
use bailiwick_policy::state::{OrgState, State};

use super::dice::Dice;
use super::retailer::{ORG, id};

/// What a change is drawn from.
pub struct Draw<'a> {
    /// Chance.
    pub dice: &'a mut Dice,
    /// The state.
    pub state: &'a State,
    /// The retailer in it.
    pub org: &'a OrgState,
    /// Milliseconds since 1970.
    pub now: u64,
    /// How long break-glass lasts, at least and at most.
    pub break_glass_ms: (u64, u64),
    /// Makes names and ids that are new.
    pub number: u64,
    /// Stores at which break-glass was: an edit of one that outlives it isn't undone, so they are left alone.
    pub burnt: &'a BTreeSet<StoreCode>,
}

/// How a change is drawn; none if there is nothing to draw from.
type Make = fn(&mut Draw<'_>) -> Option<Command>;

/// The kinds, with how often each is drawn. What is done to one object weighs more than what reaches all of them.
pub const KINDS: &[(usize, Make)] = &[
    (12, groups::allocate),
    (4, groups::allocate_by_rows),
    (6, groups::edit),
    (3, groups::narrow),
    (3, groups::create),
    (1, groups::deactivate),
    (2, groups::reactivate),
    (1, groups::set_default),
    (1, groups::break_glass),
    (2, places::zone),
    (2, places::concept),
    (8, places::store),
    (3, places::new_store),
    (5, places::till),
    (5, places::move_till),
    (5, places::suspend),
    (1, places::suspend_stores),
    (1, places::remove),
    (3, places::endpoint),
    (2, places::new_endpoint),
    (8, people::edit),
    (4, people::create),
    (8, people::sets),
    (3, people::roles),
    (6, people::members),
    (1, people::invite),
    (1, people::revoke),
    (3, bundles::new_set),
    (3, bundles::edit_set),
    (3, bundles::control),
    (3, bundles::user_group),
    (4, bundles::controls_of_group),
    (2, bundles::role),
    (2, bundles::scope),
    (2, bundles::remove),
    (3, applications::register),
    (3, applications::edit),
    (3, applications::roles),
    (1, applications::rotate_key),
    (1, applications::settings),
    (1, applications::file),
];

/// Draws a change of some kind.
pub fn draw(draw: &mut Draw<'_>) -> Option<Command> {
    let all: usize = KINDS.iter().map(|(weight, _)| weight).sum();
    let mut at = draw.dice.below(all);
    for (weight, make) in KINDS {
        if at < *weight {
            return make(draw);
        }
        at -= weight;
    }
    None
}

impl<'a> Draw<'a> {
    fn org(&self) -> OrgCode {
        id(ORG)
    }

    /// A name that is new.
    fn name<T: std::str::FromStr<Err: std::fmt::Display>>(&self, what: &str) -> T {
        id(&format!("{what} {}", self.number))
    }

    /// An id that is new.
    fn fresh<T: std::str::FromStr<Err: std::fmt::Display>>(&self, what: &str) -> T {
        id(&format!("{what}-{}", self.number))
    }

    /// A store at which no break-glass was.
    fn store(&mut self) -> Option<StoreCode> {
        let code = self.dice.nth(self.org.stores.len(), self.org.stores.keys())?;
        (!self.burnt.contains(code)).then(|| code.clone())
    }

    fn stores(&mut self, most: usize) -> Vec<StoreCode> {
        let all: BTreeSet<StoreCode> = (0..1 + self.dice.below(most)).filter_map(|_| self.store()).collect();
        all.into_iter().collect()
    }

    fn group(&mut self) -> Option<&'a Group> {
        self.dice.nth(self.org.groups.len(), self.org.groups.values()).map(|group| &**group)
    }

    fn user(&mut self) -> Option<UserId> {
        self.dice.nth(self.org.users.len(), self.org.users.keys()).cloned()
    }

    fn place(&mut self) -> Place {
        let place = match self.dice.below(5) {
            0 => Some(Place::Org),
            1 => self.dice.nth(self.org.concepts.len(), self.org.concepts.keys()).cloned().map(Place::Concept),
            2 | 3 => self.dice.nth(self.org.zones.len(), self.org.zones.keys()).cloned().map(Place::Zone),
            _store => self.dice.nth(self.org.stores.len(), self.org.stores.keys()).cloned().map(Place::Store),
        };
        place.unwrap_or(Place::Org)
    }

    fn places(&mut self) -> Vec<Place> {
        (0..1 + self.dice.below(2)).map(|_| self.place()).collect()
    }

    /// Mostly always; else from today or for some weeks, whose end is no part of the year.
    fn bounds(&mut self) -> Bounds {
        const DAY: u64 = 24 * 60 * 60 * 1_000;
        let at = |days: usize| Some(Tick(self.now + days as u64 * DAY));
        match self.dice.below(4) {
            0 => Bounds { not_before: None, not_after: at(30) },
            1 => Bounds { not_before: at(2), not_after: at(60) },
            _always => Bounds::ALWAYS,
        }
    }
}
