//! Orgs by their codes. Few, and read by every check: a code of up to sixteen bytes is compared as two words. Codes of
//! orgs are chosen by platform operators alone, so the hash needs no seed.
//!
//! A change to one org copies the table, an increment for each org; changes of stores and tills don't touch it.

use std::sync::Arc;

use super::org::OrgRecord;
use crate::ids::OrgCode;

/// Orgs by their codes.
#[derive(Clone, Debug)]
pub struct Orgs {
    /// Open addressing, at most half full.
    slots: Arc<[Option<Slot>]>,
}

/// An org.
#[derive(Clone, Debug)]
pub struct Slot {
    words: (u64, u64),
    code: OrgCode,
    /// What decisions read of it.
    pub record: Arc<OrgRecord>,
    /// Its number, part of the keys of its stores. An org that is made again gets another.
    pub number: u32,
}

impl Orgs {
    /// These orgs, with their numbers.
    pub fn new(orgs: impl Iterator<Item = (OrgCode, u32, Arc<OrgRecord>)>) -> Self {
        let orgs = orgs.map(|(code, number, record)| Slot { words: words(code.as_str().as_bytes()), code, record, number });
        Self::of_slots(orgs.collect())
    }

    fn of_slots(orgs: Vec<Slot>) -> Self {
        let mut slots = vec![None; (2 * orgs.len() + 1).next_power_of_two()];
        let mask = slots.len() - 1;
        for org in orgs {
            let mut at = place(org.words, mask);
            while slots.get(at).is_some_and(Option::is_some) {
                at = (at + 1) & mask;
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = Some(org);
            }
        }
        Self { slots: slots.into() }
    }

    /// The org of a code.
    #[inline(always)]
    pub fn get(&self, code: &str) -> Option<&Slot> {
        self.slots.get(self.find(code)?)?.as_ref()
    }

    /// What decisions read of an org, to be changed in this clone alone.
    pub fn record_mut(&mut self, code: &OrgCode) -> Option<&mut OrgRecord> {
        let at = self.find(code.as_str())?;
        let slot = Arc::make_mut(&mut self.slots).get_mut(at)?.as_mut()?;
        Some(Arc::make_mut(&mut slot.record))
    }

    /// Adds an org.
    pub fn add(&mut self, code: &OrgCode, number: u32, record: OrgRecord) {
        let record = Arc::new(record);
        let new = Slot { words: words(code.as_str().as_bytes()), code: code.clone(), record, number };
        *self = Self::of_slots(self.slots.iter().flatten().cloned().chain(std::iter::once(new)).collect());
    }

    /// Takes an org away.
    pub fn remove(&mut self, code: &OrgCode) {
        *self = Self::of_slots(self.slots.iter().flatten().filter(|slot| slot.code != *code).cloned().collect());
    }

    #[inline(always)]
    fn find(&self, code: &str) -> Option<usize> {
        let words = words(code.as_bytes());
        let mask = self.slots.len() - 1;
        let mut at = place(words, mask);
        loop {
            let known = self.slots.get(at)?.as_ref()?;
            let same = known.words == words && known.code.as_str().len() == code.len();
            if same && (code.len() <= 16 || known.code.as_str() == code) {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
    }
}

#[inline(always)]
fn place((first, last): (u64, u64), mask: usize) -> usize {
    let product = u128::from(first ^ 0x9e37_79b9_7f4a_7c15) * u128::from(last ^ 0xd6e8_feb8_6659_fd93);
    ((product >> 64) as u64 ^ product as u64) as usize & mask
}

/// The first and the last bytes of a text, which may overlap: with its length, all of one of up to sixteen bytes.
#[inline(always)]
fn words(text: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)));
    }
    (text.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> OrgRecord {
        OrgRecord::empty(Arc::default(), 0)
    }

    #[test]
    fn codes_of_every_length_are_told_apart() {
        let code = |len: usize| format!("{:a<len$}b", "").parse::<OrgCode>().unwrap();
        let number = |orgs: &Orgs, code: &str| orgs.get(code).map(|slot| slot.number);
        let mut orgs = Orgs::new((0..49).map(|len| (code(len), len as u32, Arc::new(nothing()))));
        for len in 0..49 {
            assert_eq!(number(&orgs, code(len).as_str()), Some(len as u32));
            assert_eq!(number(&orgs, &format!("{:a<len$}c", "")), None);
        }
        for unknown in ["", "a", "bb", "aaaaaaaaaaaaabaaaaaaaaab"] {
            assert_eq!(number(&orgs, unknown), None, "{unknown}");
        }
        let before = orgs.clone();
        orgs.remove(&code(9));
        assert_eq!((number(&orgs, code(9).as_str()), number(&orgs, code(8).as_str())), (None, Some(8)));
        orgs.add(&code(9), 77, nothing());
        assert_eq!((number(&orgs, code(9).as_str()), number(&before, code(9).as_str())), (Some(77), Some(9)));
    }
}
