//! The tree of an org as a flat list: zones (or groups), their stores, their tills. Children are asked for when a
//! branch is opened, page by page; the whole is never held.
//!
//! Invariants: the cursor is on a row, or there is none; each branch stands once; rows are made anew from what is open
//! and what has come, and hold no copies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bailiwick_policy::ids::{ConceptCode, GroupId, StoreCode, ZoneCode};
use bailiwick_policy::limits::PAGE_ROWS_MAX;
use bailiwick_policy::object::Zone;
use bailiwick_policy::query::{Anchor, GroupFilter, Item, List};

use super::api::Fault;
use super::listing::Load;

/// Children asked for at once.
pub const TREE_PAGE: usize = 200;
/// Children of one branch held at most: beyond, Allocate's filter finds them.
pub const CHILDREN_MAX: usize = 20_000;

/// What the first level is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TreeMode {
    /// Zones.
    #[default]
    Zones,
    /// Access groups.
    Groups,
}

/// What can be opened.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Branch {
    /// Access groups of the org.
    Groups,
    /// Zones below it and stores in it.
    Zone(ZoneCode),
    /// Stores directly under the org.
    Unzoned,
    /// Stores that have it.
    Group(GroupId),
    /// Tills.
    Store(StoreCode),
}

impl Branch {
    /// The list of its children. Sub-zones are no part of it: all zones are known.
    pub fn list(&self) -> List {
        let stores = |zone, group| List::Stores { zone, concept: None, group, active: None, below: false };
        match self {
            Self::Groups => List::Groups { active: None },
            Self::Zone(zone) => stores(Some(zone.clone()), None),
            Self::Unzoned => stores(None, None),
            Self::Group(group) => stores(None, Some(GroupFilter::Effective(group.clone()))),
            Self::Store(store) => List::Tills { store: Some(store.clone()) },
        }
    }

    /// Rows asked for at once. Stores without a zone must be looked for among all.
    pub fn page(&self) -> usize {
        if *self == Self::Unzoned { PAGE_ROWS_MAX } else { TREE_PAGE }
    }
}

/// What has come of a branch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Children {
    /// They.
    pub items: Vec<Item>,
    /// Where to go on; none at the end.
    pub next: Option<String>,
    /// How asking went.
    pub load: Load,
}

/// A zone, its stores, and its stores with those of all zones below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneKnown {
    /// The record.
    pub zone: Arc<Zone>,
    /// Stores in it.
    pub stores: u64,
    /// Stores in it and below.
    pub below: u64,
}

/// Places of the org and what lies above each: a filter by a place covers all below it (AG-37).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PlacesKnown {
    /// Zones in order of their codes; none before they have come.
    pub zones: Option<Vec<ZoneKnown>>,
    /// The concept above each concept.
    pub concepts: BTreeMap<ConceptCode, Option<ConceptCode>>,
}

impl PlacesKnown {
    /// A zone.
    pub fn zone(&self, code: &ZoneCode) -> Option<&ZoneKnown> {
        let zones = self.zones.as_deref()?;
        zones.binary_search_by(|known| known.zone.code.cmp(code)).ok().and_then(|at| zones.get(at))
    }

    /// Whether a zone is another, or lies below it.
    pub fn zone_within(&self, zone: &ZoneCode, of: &ZoneCode) -> bool {
        let above = |code: &ZoneCode| self.zone(code).and_then(|known| known.zone.parent.clone());
        within(zone, of, above)
    }

    /// Whether a concept is another, or lies below it.
    pub fn concept_within(&self, concept: &ConceptCode, of: &ConceptCode) -> bool {
        within(concept, of, |code| self.concepts.get(code).cloned().flatten())
    }
}

fn within<T: PartialEq + Clone>(place: &T, of: &T, above: impl Fn(&T) -> Option<T>) -> bool {
    let mut here = Some(place.clone());
    for _ in 0..=bailiwick_policy::limits::TREE_LEVELS_MAX {
        match here {
            Some(code) if code == *of => return true,
            Some(code) => here = above(&code),
            None => return false,
        }
    }
    false
}

/// What a row shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Row {
    /// The org.
    Org,
    /// A zone, by its place among those known.
    Zone(usize),
    /// Stores directly under the org.
    Unzoned,
    /// A child that has come, by its branch and its place there.
    Child(Branch, usize),
    /// More children of this branch.
    More(Branch),
    /// Children of this branch are on their way, or couldn't be had, or there are none.
    Note(Branch),
}

/// A row and how far in it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TreeRow {
    /// Levels from the left.
    pub depth: u16,
    /// What.
    pub row: Row,
}

/// The tree.
#[derive(Clone, Debug, Default)]
pub struct TreeScreen {
    /// What the first level is.
    pub mode: TreeMode,
    /// Branches that are open.
    pub open: BTreeSet<Branch>,
    /// What has come of them.
    pub children: BTreeMap<Branch, Children>,
    /// Branches to be asked for, and whether from their start.
    pub wanted: Vec<(Branch, bool)>,
    /// The branch that is asked for, and whether from its start.
    pub asking: Option<(Branch, bool)>,
    /// All rows.
    pub rows: Vec<TreeRow>,
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row on the screen.
    pub top: usize,
    /// Why zones couldn't be had.
    pub fault: Option<Fault>,
    /// When the last answer came, by the monotonic clock.
    pub fetched_ms: u64,
}

impl TreeScreen {
    /// The row under the cursor.
    pub fn current(&self) -> Option<&TreeRow> {
        self.rows.get(self.cursor)
    }

    /// The child of a row.
    pub fn item(&self, row: &Row) -> Option<&Item> {
        match row {
            Row::Child(branch, at) => self.children.get(branch)?.items.get(*at),
            Row::Org | Row::Zone(_) | Row::Unzoned | Row::More(_) | Row::Note(_) => None,
        }
    }

    /// What opens under a row.
    pub fn branch(&self, row: &Row, places: &PlacesKnown) -> Option<Branch> {
        match row {
            Row::Zone(at) => places.zones.as_ref()?.get(*at).map(|known| Branch::Zone(known.zone.code.clone())),
            Row::Unzoned => Some(Branch::Unzoned),
            Row::Child(..) => branch_of(self.item(row)?),
            Row::Org | Row::More(_) | Row::Note(_) => None,
        }
    }

    /// Moves the cursor.
    pub fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
    }

    /// Opens a branch. Its children are asked for if they never were.
    pub fn open(&mut self, branch: Branch) {
        if !self.children.contains_key(&branch) {
            self.want(branch.clone(), true);
        }
        self.open.insert(branch);
    }

    /// Has a page of a branch asked for: from its start, or where it goes on.
    pub fn want(&mut self, branch: Branch, from_start: bool) {
        let asked = self.asking.as_ref().is_some_and(|(other, _)| *other == branch);
        if !asked && self.wanted.iter().all(|(other, _)| *other != branch) {
            self.children.entry(branch.clone()).or_default();
            self.wanted.push((branch, from_start));
        }
    }

    /// Has all that is open asked for again.
    pub fn want_again(&mut self) {
        let open: Vec<Branch> = self.children.keys().filter(|b| **b == Branch::Groups || self.open.contains(b)).cloned().collect();
        // What is closed is asked for when it is opened again.
        self.children.retain(|branch, _| open.contains(branch));
        for branch in open {
            // A page more than one answer holds would be cut short, and the cursor with it.
            if self.children.get(&branch).is_some_and(|held| held.items.len() <= PAGE_ROWS_MAX) {
                self.want(branch, true);
            }
        }
    }

    /// Where a read of a branch starts, and how many rows it asks for.
    pub fn window(&self, branch: &Branch, from_start: bool) -> (Anchor, usize) {
        let held = self.children.get(branch);
        match held.and_then(|children| children.next.clone()) {
            Some(next) if !from_start => (Anchor::After(next), branch.page()),
            Some(_) | None => {
                let rows = held.map_or(0, |children| children.items.len());
                (Anchor::Start, rows.clamp(branch.page(), PAGE_ROWS_MAX))
            }
        }
    }

    /// Takes children in.
    pub fn accept(&mut self, items: Vec<Item>, more: bool, now_ms: u64) {
        let Some((branch, from_start)) = self.asking.take() else { return };
        let next = items.last().map(Item::key).filter(|_| more);
        let unzoned = branch == Branch::Unzoned;
        let kept = items.into_iter().filter(|item| match item {
            Item::Store { store, .. } if unzoned => store.zone.is_none(),
            _ => true,
        });
        let children = self.children.entry(branch).or_default();
        if from_start {
            children.items.clear();
        }
        children.items.extend(kept);
        children.next = next;
        children.load = Load::Ready;
        self.fetched_ms = now_ms;
    }

    /// Takes a failure in.
    pub fn fail(&mut self, fault: Fault) {
        if let Some((branch, _)) = self.asking.take() {
            self.children.entry(branch).or_default().load = Load::Failed(fault);
        }
    }

    /// Makes the rows anew. The cursor stays on what it was on.
    pub fn rebuild(&mut self, places: &PlacesKnown, stores_in_all: u64) {
        let here = self.current().map(|row| (row.clone(), self.name(&row.row, places)));
        let mut rows = vec![TreeRow { depth: 0, row: Row::Org }];
        match self.mode {
            TreeMode::Zones => {
                self.zones_below(None, 1, places, &mut rows);
                let zoned: u64 = places.zones.iter().flatten().map(|known| known.stores).sum();
                if places.zones.is_some() && zoned < stores_in_all {
                    rows.push(TreeRow { depth: 1, row: Row::Unzoned });
                    self.children_of(&Branch::Unzoned, 2, &mut rows);
                }
            }
            TreeMode::Groups => self.list_of(&Branch::Groups, 1, &mut rows),
        }
        self.rows = rows;
        if let Some((row, name)) = here {
            let same = self.rows.iter().position(|other| match &name {
                Some(name) => self.name(&other.row, places).as_ref() == Some(name),
                None => *other == row,
            });
            self.cursor = same.unwrap_or(self.cursor);
        }
        self.step(0);
    }

    /// What a row is called, whatever its place.
    fn name(&self, row: &Row, places: &PlacesKnown) -> Option<(Branch, String)> {
        match row {
            Row::Child(branch, _) => self.item(row).map(|item| (branch.clone(), item.key())),
            Row::Zone(_) | Row::Unzoned => self.branch(row, places).map(|branch| (branch, String::new())),
            Row::Org | Row::More(_) | Row::Note(_) => None,
        }
    }

    fn zones_below(&self, parent: Option<&ZoneCode>, depth: u16, places: &PlacesKnown, rows: &mut Vec<TreeRow>) {
        // The levels of a tree are few, by rule: this ends.
        if usize::from(depth) > bailiwick_policy::limits::TREE_LEVELS_MAX + 1 {
            return;
        }
        for (at, known) in places.zones.iter().flatten().enumerate() {
            if known.zone.parent.as_ref() != parent {
                continue;
            }
            rows.push(TreeRow { depth, row: Row::Zone(at) });
            let branch = Branch::Zone(known.zone.code.clone());
            if self.open.contains(&branch) {
                let before = rows.len();
                self.zones_below(Some(&known.zone.code), depth + 1, places, rows);
                let bare = rows.len() == before;
                // A zone of zones needn't say that it has no stores of its own.
                if bare || known.stores > 0 {
                    self.list_of(&branch, depth + 1, rows);
                }
            }
        }
    }

    fn children_of(&self, branch: &Branch, depth: u16, rows: &mut Vec<TreeRow>) {
        if self.open.contains(branch) {
            self.list_of(branch, depth, rows);
        }
    }

    fn list_of(&self, branch: &Branch, depth: u16, rows: &mut Vec<TreeRow>) {
        let Some(children) = self.children.get(branch) else {
            rows.push(TreeRow { depth, row: Row::Note(branch.clone()) });
            return;
        };
        for (at, item) in children.items.iter().enumerate() {
            rows.push(TreeRow { depth, row: Row::Child(branch.clone(), at) });
            if let Some(below) = branch_of(item) {
                self.children_of(&below, depth + 1, rows);
            }
        }
        if children.load != Load::Ready || children.items.is_empty() && children.next.is_none() {
            rows.push(TreeRow { depth, row: Row::Note(branch.clone()) });
        } else if children.next.is_some() {
            rows.push(TreeRow { depth, row: Row::More(branch.clone()) });
        }
    }
}

/// What lies below an item, if anything does.
fn branch_of(item: &Item) -> Option<Branch> {
    match item {
        Item::Store { store, .. } => Some(Branch::Store(store.code.clone())),
        Item::Group { group, .. } => Some(Branch::Group(group.id.clone())),
        Item::Org { .. }
        | Item::Zone { .. }
        | Item::Concept { .. }
        | Item::Till { .. }
        | Item::Resource { .. }
        | Item::Endpoint { .. }
        | Item::User { .. }
        | Item::Scope { .. }
        | Item::Entity { .. }
        | Item::Control { .. }
        | Item::UserGroup { .. }
        | Item::Set { .. }
        | Item::Role { .. }
        | Item::Application { .. }
        | Item::Module { .. }
        | Item::Privilege { .. }
        | Item::Settings { .. }
        | Item::Override { .. }
        | Item::Platform { .. }
        | Item::Proposal { .. }
        | Item::Credential { .. } => None,
    }
}
