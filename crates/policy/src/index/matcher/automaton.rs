//! Makes the automaton: a trie of templates, then its states determined, as long as that stays small.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::{Accept, EDGE_BYTES, Edge, METHODS, Matcher, ROOT, Source, State, Target, key, scan};
use crate::path::canonical_segments;

/// How far determining may go before the plain trie is kept.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// States for each node of the trie, and as many again for free.
    pub states_per_node: usize,
    /// States for free.
    pub states_free: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { states_per_node: 4, states_free: 256 }
    }
}

/// One prefix of templates.
#[derive(Debug, Default)]
struct Node<'a> {
    literals: BTreeMap<&'a str, usize>,
    parameter: Option<usize>,
    accepts: Vec<(u16, Target)>,
}

/// The same for tries and determined automata: numbered states, the first of which is the root.
#[derive(Debug, Default)]
struct Table<'a> {
    states: Vec<Node<'a>>,
}

/// The automaton of these endpoints.
pub fn build<'a>(sources: impl Iterator<Item = Source<'a>>, budget: Budget) -> Matcher {
    let mut methods: Vec<Box<str>> = Vec::new();
    let trie = trie(sources, &mut methods);
    match determine(&trie, budget) {
        Some(table) => lay_out(&table, methods, true),
        None => lay_out(&trie, methods, false),
    }
}

fn trie<'a>(sources: impl Iterator<Item = Source<'a>>, methods: &mut Vec<Box<str>>) -> Table<'a> {
    let mut table = Table { states: vec![Node::default()] };
    for source in sources {
        let mut at = 0;
        for segment in canonical_segments(source.template) {
            let next = table.states.len();
            let Some(node) = table.states.get_mut(at) else { break };
            at = match segment {
                Some(literal) => *node.literals.entry(literal).or_insert(next),
                None => *node.parameter.get_or_insert(next),
            };
            if at == next {
                table.states.push(Node::default());
            }
        }
        let method = number(source.method, methods);
        if let (Some(node), Some(method)) = (table.states.get_mut(at), method) {
            node.accepts.push((method, source.target));
        }
    }
    table
}

fn number(method: &str, methods: &mut Vec<Box<str>>) -> Option<u16> {
    let at = METHODS.iter().position(|known| *known == method).unwrap_or_else(|| {
        let at = methods.iter().position(|known| **known == *method).unwrap_or_else(|| {
            methods.push(method.into());
            methods.len() - 1
        });
        METHODS.len() + at
    });
    u16::try_from(at).ok()
}

/// States are lists of nodes in the order in which they win. `None` if there would be too many.
fn determine<'a>(trie: &Table<'a>, budget: Budget) -> Option<Table<'a>> {
    let states_max = budget.states_free + budget.states_per_node * trie.states.len();
    // Long lists cost as much as many states do.
    let mut listed_left = 8 * states_max;
    let mut lists: Vec<Vec<usize>> = vec![vec![0]];
    let mut numbers: HashMap<Vec<usize>, usize, foldhash::fast::FixedState> = HashMap::default();
    numbers.insert(vec![0], 0);
    let mut table = Table::default();
    let mut at = 0;
    while let Some(list) = lists.get(at).cloned() {
        let nodes: Vec<&Node<'a>> = list.iter().filter_map(|node| trie.states.get(*node)).collect();
        let mut state = Node::default();
        let mut reach = |next: Vec<usize>| -> Option<usize> {
            if let Some(known) = numbers.get(&next) {
                return Some(*known);
            }
            listed_left = listed_left.checked_sub(next.len())?;
            numbers.insert(next.clone(), lists.len());
            lists.push(next);
            (lists.len() <= states_max).then_some(lists.len() - 1)
        };
        let literals: std::collections::BTreeSet<&'a str> =
            nodes.iter().flat_map(|node| node.literals.keys().copied()).collect();
        for literal in literals {
            let next = nodes.iter().flat_map(|node| [node.literals.get(literal).copied(), node.parameter]).flatten();
            state.literals.insert(literal, reach(next.collect())?);
        }
        let next: Vec<usize> = nodes.iter().filter_map(|node| node.parameter).collect();
        if !next.is_empty() {
            state.parameter = Some(reach(next)?);
        }
        for (method, target) in nodes.iter().flat_map(|node| &node.accepts) {
            if state.accepts.iter().all(|(known, _)| known != method) {
                state.accepts.push((*method, *target));
            }
        }
        table.states.push(state);
        at += 1;
    }
    Some(table)
}

/// Lays a table out for walking. State 0 is that of having lost, so numbers move up by one.
fn lay_out(table: &Table<'_>, methods: Vec<Box<str>>, determined: bool) -> Matcher {
    let numbered = |state: usize| u32::try_from(state).map_or(0, |state| state.saturating_add(ROOT));
    let literals: usize = table.states.iter().map(|state| state.literals.len()).sum();
    let size = (2 * literals + 1).next_power_of_two().max(2);
    let shift = 64 - size.trailing_zeros();
    let mut edges = vec![Edge::default(); size];
    let (mut states, mut accepts, mut text) = (vec![State::default()], Vec::new(), Vec::new());
    for (at, node) in table.states.iter().enumerate() {
        states.push(State {
            other: node.parameter.map_or(0, numbered),
            accepts_from: u32::try_from(accepts.len()).unwrap_or(u32::MAX),
            accepts_count: u32::try_from(node.accepts.len()).unwrap_or(0),
        });
        accepts.extend(node.accepts.iter().map(|(method, target)| Accept { method: *method, target: *target }));
        for (literal, to) in &node.literals {
            let segment = scan::of_literal(literal.as_bytes());
            let edge = Edge {
                key: key(numbered(at), literal.len()),
                first: segment.first,
                second: segment.second,
                to: numbered(*to),
                text: u32::try_from(text.len()).unwrap_or(u32::MAX),
            };
            if literal.len() > EDGE_BYTES {
                text.extend(literal.as_bytes());
            }
            let mut slot = place(segment.hash, numbered(at), shift);
            while let Some(taken) = edges.get(slot)
                && taken.key != 0
            {
                slot = (slot + 1) & (size - 1);
            }
            if let Some(slot) = edges.get_mut(slot) {
                *slot = edge;
            }
        }
    }
    Matcher {
        states: states.into(),
        accepts: accepts.into(),
        edges: edges.into(),
        shift,
        text: text.into(),
        methods: methods.into(),
        determined,
    }
}

/// Where the search for a literal of a state begins.
#[inline(always)]
pub fn place(hash: u64, state: u32, shift: u32) -> usize {
    (hash.wrapping_add(u64::from(state).wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> shift) as usize
}
