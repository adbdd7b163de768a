//! The zones or the concepts of an org by number, each with all that lie above it.
//!
//! A number is kept for as long as this index lives, so entries of stores and records of people can hold it. A code that
//! the org doesn't have, but that a store or an assignment names, has a number too.

use std::borrow::Borrow;

use imbl::OrdMap;

use super::blocks::Blocks;
use crate::limits::TREE_LEVELS_MAX;

/// No zone or concept.
pub const NOWHERE: u32 = u32::MAX;

/// A zone or a concept, and what lies above it, as far up as trees go.
pub type Chain = [u32; TREE_LEVELS_MAX + 1];

/// Nothing.
pub const NO_CHAIN: Chain = [NOWHERE; TREE_LEVELS_MAX + 1];

/// One of them.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The org has it.
    known: bool,
    chain: Chain,
}

/// A tree.
#[derive(Clone, Debug)]
pub struct Tree<C: Ord> {
    numbers: OrdMap<C, u32>,
    nodes: Blocks<Node>,
}

impl<C: Ord + Clone + Borrow<str>> Tree<C> {
    /// Nothing yet.
    pub fn empty() -> Self {
        Self { numbers: OrdMap::new(), nodes: Blocks::new([]) }
    }

    /// The number of a code that has one.
    pub fn number(&self, code: &str) -> Option<u32> {
        self.numbers.get(code).copied()
    }

    /// The number of a code, made if it is new.
    pub fn intern(&mut self, code: &C) -> u32 {
        if let Some(number) = self.number(code.borrow()) {
            return number;
        }
        let number = u32::try_from(self.nodes.len()).unwrap_or(NOWHERE);
        let mut chain = NO_CHAIN;
        if let Some(first) = chain.first_mut() {
            *first = number;
        }
        self.nodes.push(Node { known: false, chain });
        self.numbers.insert(code.clone(), number);
        number
    }

    /// The chain of a code that the org has.
    pub fn known(&self, code: &str) -> Option<&Chain> {
        let node = self.nodes.get(self.number(code)? as usize)?;
        node.known.then_some(&node.chain)
    }

    /// The chain of a number.
    pub fn chain(&self, number: u32) -> &Chain {
        self.nodes.get(number as usize).map_or(&NO_CHAIN, |node| &node.chain)
    }

    /// Reads the tree again: the codes that there are, and whether the org has a code, and below what.
    pub fn refresh<'a>(&mut self, codes: impl Iterator<Item = &'a C>, above: impl Fn(&C) -> Option<Option<C>>)
    where
        C: 'a,
    {
        for code in codes {
            self.intern(code);
        }
        let all: Vec<(C, u32)> = self.numbers.iter().map(|(code, number)| (code.clone(), *number)).collect();
        for (code, number) in all {
            let known = above(&code);
            let (mut chain, mut next) = (NO_CHAIN, Some(code));
            for slot in &mut chain {
                let Some(here) = next else { break };
                *slot = self.intern(&here);
                next = above(&here).flatten();
            }
            if let Some(node) = self.nodes.get_mut(number as usize) {
                *node = Node { known: known.is_some(), chain };
            }
        }
    }
}
