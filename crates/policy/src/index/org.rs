//! What decisions read of an org: whether it is active, its default, its groups as bit sets, its endpoints.
//!
//! Groups and resources get numbers here, which mean nothing outside: a group keeps its slot for as long as this
//! index lives, resources are numbered anew whenever one comes or goes.

use std::num::NonZeroU32;
use std::sync::Arc;

use imbl::OrdMap;

use super::blocks::Blocks;
use super::matcher::{Matcher, Source, Target};
use crate::access::{Class, Levels};
use crate::ids::{GroupId, ResourceId};
use crate::object::{Endpoint, Group};
use crate::state::OrgState;

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
    /// Its endpoints.
    pub matcher: Matcher,
    /// Its groups, by slot.
    rows: Blocks<Row>,
    /// Slots of groups, those of groups that are only named too.
    slots: OrdMap<GroupId, u32>,
    /// Numbers of resources.
    resources: OrdMap<ResourceId, u32>,
}

/// A group: two bits for each resource and class, after a first pair that says whether it is known at all.
#[derive(Clone, Debug, Default)]
struct Row {
    words: [u64; WORDS],
    /// Further words, if there are so many resources.
    more: Option<Arc<[u64]>>,
}

impl OrgRecord {
    /// An org without anything.
    pub fn empty() -> Self {
        Self {
            active: false,
            default: 0,
            matcher: Matcher::new([]),
            rows: Blocks::new([]),
            slots: OrdMap::new(),
            resources: OrdMap::new(),
        }
    }

    /// The levels that a group grants on a cell; none if there is no such group.
    #[inline(always)]
    pub fn levels(&self, slot: u32, cell: NonZeroU32) -> Option<Levels> {
        let row = self.rows.get(slot as usize)?;
        let [known, ..] = row.words;
        if known & 1 != 0 { Some(row.levels(cell.get())) } else { None }
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

    /// Reads everything but stores and tills.
    pub fn refresh(&mut self, state: &OrgState) {
        self.resources = state.resources.keys().cloned().zip(0u32..).collect();
        let named: Vec<GroupId> = self.slots.keys().chain(state.groups.keys()).cloned().collect();
        for group in &named {
            self.refresh_group(state, group);
        }
        self.refresh_endpoints(state);
    }

    /// Reads the endpoints again.
    pub fn refresh_endpoints(&mut self, state: &OrgState) {
        let sources = state.endpoints.values().filter(|endpoint| endpoint.matchable).map(|endpoint| Source {
            method: &endpoint.method,
            template: endpoint.id.as_str().split_once(' ').map_or("", |(_, template)| template),
            target: Target { cell: self.cell_of(endpoint), needed: endpoint.needed() },
        });
        self.matcher = Matcher::new(sources);
    }

    /// Reads a group again.
    pub fn refresh_group(&mut self, state: &OrgState, group: &GroupId) {
        let row = state.groups.get(group).map_or_else(Row::default, |group| self.row(group));
        let slot = self.slot(group);
        if let Some(old) = self.rows.get_mut(slot as usize) {
            *old = row;
        }
    }

    fn cell_of(&self, endpoint: &Endpoint) -> Option<NonZeroU32> {
        let resource = self.resources.get(endpoint.resource.as_ref()?)?;
        NonZeroU32::new(cell(*resource, endpoint.class))
    }

    fn row(&self, group: &Group) -> Row {
        let cells = cell(u32::try_from(self.resources.len()).unwrap_or(0), Class::Data);
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
            if let Some(resource) = self.resources.get(&cell_granted.resource) {
                grant(cell(*resource, cell_granted.class), cell_granted.levels);
            }
        }
        let more = words.split_off(WORDS);
        let mut row = Row { more: (!more.is_empty()).then(|| more.into()), ..Row::default() };
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

/// The number of a cell; the first pair of bits is not a cell.
fn cell(resource: u32, class: Class) -> u32 {
    let class = match class {
        Class::Data => 0,
        Class::Config => 1,
    };
    1 + 2 * resource + class
}
