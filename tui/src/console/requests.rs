//! Reads under way: at most one for each slot, the newest, known by its generation.

use std::collections::BTreeMap;

use super::effect::{Slot, Ticket};

/// Reads under way.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    generations: BTreeMap<Slot, u64>,
    since: BTreeMap<Slot, u64>,
    asked: BTreeMap<Slot, u64>,
}

impl Requests {
    /// A new read for a slot: whatever is under way for it counts no more.
    pub fn issue(&mut self, slot: Slot, now_ms: u64) -> Ticket {
        let generation = self.generations.entry(slot).or_default();
        *generation += 1;
        self.since.insert(slot, now_ms);
        self.asked.insert(slot, now_ms);
        Ticket { slot, generation: *generation }
    }

    /// Whether an answer is to the newest read of its slot, which is then no longer under way.
    pub fn take(&mut self, ticket: Ticket) -> bool {
        let newest = self.generations.get(&ticket.slot) == Some(&ticket.generation);
        newest && self.since.remove(&ticket.slot).is_some()
    }

    /// Forgets the read of a slot.
    pub fn cancel(&mut self, slot: Slot) {
        *self.generations.entry(slot).or_default() += 1;
        self.since.remove(&slot);
    }

    /// Whether nothing is under way for a slot and it was asked for at least so long ago, or never.
    pub fn is_due(&self, slot: Slot, now_ms: u64, every_ms: u64) -> bool {
        let rested = self.asked.get(&slot).is_none_or(|asked| now_ms.saturating_sub(*asked) >= every_ms);
        rested && !self.since.contains_key(&slot)
    }

    /// Since when a slot's read is under way.
    pub fn since(&self, slot: Slot) -> Option<u64> {
        self.since.get(&slot).copied()
    }
}
