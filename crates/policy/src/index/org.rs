//! What decisions read of an org: whether it is active, its default, its groups as bit sets, its endpoints.
//!
//! Groups and resources get numbers here, which mean nothing outside: a group keeps its slot for as long as this
//! index lives, resources are numbered anew whenever one comes or goes.
//!
//! An endpoint that any group's cell is narrowed to or around (AG-6) has a number of its own behind those of the
//! resources, as if it were a resource by itself. So a narrowed cell costs a check nothing: its row says what it grants
//! on the resource's other endpoints, and on each of these.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use imbl::OrdMap;

use super::blocks::Blocks;
use super::matcher::{Matcher, Source, Target};
use super::names::Names;
use super::people::{People, Touched};
use super::routes::Route;
use super::trees::Tree;
use crate::access::{Class, Levels, Narrow};
use crate::ids::{ConceptCode, EndpointId, GroupId, ResourceId, ZoneCode};
use crate::object::{Endpoint, Group};
use crate::platform::Platform;
use crate::state::{OrgState, State};

/// Cells in a word: two bits each.
const CELLS: u32 = 32;

/// Words that a row holds itself: enough for 63 resources.
const WORDS: usize = 4;

/// An org.
#[derive(Clone, Debug)]
pub struct OrgRecord {
    /// Not suspended.
    pub active: bool,
    /// Slot of the default group plus one; 0 is none.
    pub default: u32,
    /// The default only observes.
    pub default_observes: bool,
    /// Its endpoints.
    pub matcher: Matcher,
    /// Its groups, by slot.
    rows: Blocks<Row>,
    /// Slots of groups, those of groups that are only named too.
    slots: OrdMap<GroupId, u32>,
    /// Numbers of resources.
    resources: OrdMap<ResourceId, u32>,
    /// Cells of endpoints that a narrowed cell names, known ones of known resources.
    own_cells: OrdMap<EndpointId, u32>,
    /// Whether any group has a narrowed cell.
    narrowed: bool,
    /// Whether a group has been seen to observe, here or at a store. Never unset: it only says where to look.
    observing: bool,
    /// Ways into endpoints beside their resource; the first is of those that have none.
    routes: Arc<[Route]>,
    /// What scopes, permissions and entities are called.
    pub names: Arc<Names>,
    /// Zones.
    pub zones: Tree<ZoneCode>,
    /// Concepts.
    pub concepts: Tree<ConceptCode>,
    /// Users and applications.
    pub people: Arc<People>,
}

/// A group: two bits for each resource and class, after a first pair that says whether it is known at all.
#[derive(Clone, Debug, Default)]
struct Row {
    words: [u64; WORDS],
    /// Further words, if there are so many resources.
    more: Option<Arc<[u64]>>,
    /// Cells that narrowing leaves out, in order, with what they would grant.
    left_out: Option<Arc<[(u32, Levels)]>>,
}

impl OrgRecord {
    /// An org without anything but what the platform's catalogue calls things.
    pub fn empty(names: Arc<Names>, seed: u64) -> Self {
        Self {
            active: false,
            default: 0,
            default_observes: false,
            matcher: Matcher::new([]),
            rows: Blocks::new([]),
            slots: OrdMap::new(),
            resources: OrdMap::new(),
            own_cells: OrdMap::new(),
            narrowed: false,
            observing: false,
            routes: Arc::new([Route::none()]),
            names,
            zones: Tree::empty(),
            concepts: Tree::empty(),
            people: Arc::new(People::nobody(seed)),
        }
    }

    /// The ways into an endpoint beside its resource.
    pub fn route(&self, number: u32) -> Option<&Route> {
        self.routes.get(number as usize)
    }

    /// The levels that a group grants on a cell; none if there is no such group.
    #[inline(always)]
    pub fn levels(&self, slot: u32, cell: NonZeroU32) -> Option<Levels> {
        let row = self.rows.get(slot as usize)?;
        let [known, ..] = row.words;
        if known & 1 != 0 { Some(row.levels(cell.get())) } else { None }
    }

    /// Whether any group has a narrowed cell.
    #[inline(always)]
    pub fn is_narrowed(&self) -> bool {
        self.narrowed
    }

    /// Whether a deny here may be called something else, or be none: the one question that a plain org's checks ask.
    #[inline(always)]
    pub fn is_unusual(&self) -> bool {
        self.narrowed | self.observing
    }

    /// Notes that some group observes.
    pub fn note_observing(&mut self) {
        self.observing = true;
    }

    /// What a group would grant on a cell that narrowing leaves out.
    pub fn left_out(&self, slot: u32, cell: NonZeroU32) -> Option<Levels> {
        let left_out = self.rows.get(slot as usize)?.left_out.as_ref()?;
        let at = left_out.binary_search_by_key(&cell.get(), |(cell, _)| *cell).ok()?;
        left_out.get(at).map(|(_, levels)| *levels)
    }

    /// The slot of a group, made if it is new.
    pub fn slot(&mut self, group: &GroupId) -> u32 {
        if let Some(slot) = self.known_slot(group) {
            return slot;
        }
        let slot = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.rows.push(Row::default());
        self.slots.insert(group.clone(), slot);
        slot
    }

    /// The slot of a group that has one.
    pub fn known_slot(&self, group: &GroupId) -> Option<u32> {
        self.slots.get(group).copied()
    }

    /// Reads everything of an org but stores and tills; `shared` are the platform's names.
    pub fn refresh_all(&mut self, state: &State, org: &OrgState, shared: &Arc<Names>) {
        self.refresh_trees(org);
        self.refresh_names(&state.platform, org, shared);
        self.refresh(&state.platform, org);
        Arc::make_mut(&mut self.people).forget();
        self.refresh_people(state, org, &[Touched::Names]);
    }

    /// Reads resources, groups and endpoints.
    pub fn refresh(&mut self, platform: &Platform, state: &OrgState) {
        self.resources = state.resources.keys().cloned().zip(0u32..).collect();
        self.number_own_cells(state);
        let named: Vec<GroupId> = self.slots.keys().chain(state.groups.keys()).cloned().collect();
        for group in &named {
            self.refresh_group(state, group);
        }
        self.refresh_endpoints(platform, state);
    }

    /// Reads zones and concepts again.
    pub fn refresh_trees(&mut self, state: &OrgState) {
        self.zones.refresh(state.zones.keys(), |code| state.zones.get(code).map(|zone| zone.parent.clone()));
        self.concepts.refresh(state.concepts.keys(), |code| state.concepts.get(code).map(|concept| concept.parent.clone()));
    }

    /// Gives new numbers to scopes and the like: endpoints and people must be read again.
    pub fn refresh_names(&mut self, platform: &Platform, org: &OrgState, shared: &Arc<Names>) {
        let plain = org.scopes.is_empty() && org.entities.is_empty();
        self.names = if plain { shared.clone() } else { Arc::new(Names::new(platform, Some(org))) };
    }

    /// Reads people again.
    pub fn refresh_people(&mut self, state: &State, org: &OrgState, touched: &[Touched]) {
        // Slots first: making one needs all of the record.
        for group in org.group_applications.keys() {
            self.slot(group);
        }
        let slots = &self.slots;
        let slot = |group: &GroupId| slots.get(group).copied().unwrap_or(u32::MAX);
        let trees = (&mut self.zones, &mut self.concepts);
        Arc::make_mut(&mut self.people).refresh(state, org, touched, &self.names, trees, slot);
    }

    /// Reads the endpoints again, and the platform's beneath: an org's own hides one of the same id.
    pub fn refresh_endpoints(&mut self, platform: &Platform, state: &OrgState) {
        let mut routes = vec![Route::none()];
        let mut number = |route: Option<Route>| match route {
            None => 0,
            Some(route) => {
                routes.push(route);
                u32::try_from(routes.len() - 1).unwrap_or(0)
            }
        };
        let mut sources = Vec::new();
        for endpoint in state.endpoints.values().filter(|endpoint| endpoint.matchable) {
            let route = Route::of_own(endpoint, &self.names);
            // What is open to everybody is judged by nothing else.
            let open = route.as_ref().is_some_and(|route| route.open);
            let cell = if open { None } else { self.cell_of(endpoint) };
            let target = Target { cell, needed: endpoint.needed(), route: number(route) };
            sources.push(Source { method: &endpoint.method, template: template_of(&endpoint.id), target });
        }
        for endpoint in platform.endpoints.iter().filter(|endpoint| !state.endpoints.contains_key(&endpoint.id)) {
            let target = Target { cell: None, needed: Levels::empty(), route: number(Some(Route::of_platform(endpoint, &self.names))) };
            let method = endpoint.id.as_str().split_once(' ').map_or("", |(method, _)| method);
            sources.push(Source { method, template: template_of(&endpoint.id), target });
        }
        self.matcher = Matcher::new(sources);
        self.routes = routes.into();
    }

    /// Reads a group again.
    pub fn refresh_group(&mut self, state: &OrgState, group: &GroupId) {
        let row = state.groups.get(group).map_or_else(Row::default, |group| self.row(state, group));
        let slot = self.slot(group);
        if let Some(old) = self.rows.get_mut(slot as usize) {
            *old = row;
        }
    }

    fn number_own_cells(&mut self, state: &OrgState) {
        let cells = || state.groups.values().flat_map(|group| group.grants.iter());
        self.narrowed = cells().any(|cell| cell.narrow.is_some());
        let named: BTreeSet<&EndpointId> = cells().filter_map(|cell| cell.narrow.as_ref()).flat_map(Narrow::endpoints).collect();
        let first = self.shared_cells();
        let known = named.into_iter().filter(|id| state.endpoints.get(*id).is_some_and(|e| self.shared_cell(e).is_some()));
        self.own_cells = known.cloned().zip(first..).collect();
    }

    /// Numbers of cells that endpoints of a resource share; those of single endpoints follow.
    fn shared_cells(&self) -> u32 {
        cell(u32::try_from(self.resources.len()).unwrap_or(0), Class::Data)
    }

    fn shared_cell(&self, endpoint: &Endpoint) -> Option<u32> {
        Some(cell(*self.resources.get(endpoint.resource.as_ref()?)?, endpoint.class))
    }

    fn cell_of(&self, endpoint: &Endpoint) -> Option<NonZeroU32> {
        let shared = self.shared_cell(endpoint)?;
        NonZeroU32::new(self.own_cells.get(&endpoint.id).copied().unwrap_or(shared))
    }

    fn row(&self, state: &OrgState, group: &Group) -> Row {
        let cells = self.shared_cells() + u32::try_from(self.own_cells.len()).unwrap_or(0);
        let mut left_out = Vec::new();
        let mut words = vec![0u64; (cells.div_ceil(CELLS) as usize).max(WORDS)];
        if group.wildcard {
            words.fill(u64::MAX);
        }
        let mut grant = |cell: u32, levels: Levels| {
            if let Some(word) = words.get_mut((cell / CELLS) as usize) {
                *word |= u64::from(levels.bits()) << (2 * (cell % CELLS));
            }
        };
        grant(0, Levels::R);
        for cell_granted in group.grants.iter() {
            // A resource that the catalogue lacks is inert (AG-10).
            let Some(resource) = self.resources.get(&cell_granted.resource) else { continue };
            let shared = cell(*resource, cell_granted.class);
            let mut reach = |cell: u32, admitted: bool| {
                if admitted {
                    grant(cell, cell_granted.levels);
                } else {
                    left_out.push((cell, cell_granted.levels));
                }
            };
            reach(shared, !matches!(cell_granted.narrow, Some(Narrow::Only(_))));
            for (id, own) in &self.own_cells {
                let belongs = state.endpoints.get(id).and_then(|endpoint| self.shared_cell(endpoint)) == Some(shared);
                if belongs {
                    reach(*own, cell_granted.admits(id));
                }
            }
        }
        left_out.sort_unstable_by_key(|(cell, _)| *cell);
        let more = words.split_off(WORDS);
        let left_out = (!left_out.is_empty()).then(|| left_out.into());
        let mut row = Row { more: (!more.is_empty()).then(|| more.into()), left_out, ..Row::default() };
        row.words.iter_mut().zip(words).for_each(|(to, from)| *to = from);
        row
    }
}

impl Row {
    #[inline(always)]
    fn levels(&self, cell: u32) -> Levels {
        let at = (cell / CELLS) as usize;
        let word = match self.words.get(at) {
            Some(word) => Some(word),
            None => self.more.as_ref().and_then(|more| more.get(at - WORDS)),
        };
        let bits = word.map_or(0, |word| word >> (2 * (cell % CELLS)));
        Levels::from_bits_truncate((bits & 3) as u8)
    }
}

fn template_of(id: &EndpointId) -> &str {
    id.as_str().split_once(' ').map_or("", |(_, template)| template)
}

/// The number of a cell; the first pair of bits is not a cell.
fn cell(resource: u32, class: Class) -> u32 {
    let class = match class {
        Class::Data => 0,
        Class::Config => 1,
    };
    1 + 2 * resource + class
}
