//! Numbers of orgs by their codes. Small and read by every check, so a code of up to sixteen bytes is compared as two
//! words. Codes of orgs are chosen by platform operators alone, so the hash needs no seed.

use crate::ids::OrgCode;

/// Numbers of orgs.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// Open addressing, at most half full.
    slots: Box<[Option<Slot>]>,
}

#[derive(Clone, Debug)]
struct Slot {
    words: (u64, u64),
    number: u32,
    code: OrgCode,
}

impl Numbers {
    /// Numbers of these orgs.
    pub fn new(orgs: impl Iterator<Item = (OrgCode, u32)>) -> Self {
        let orgs: Vec<_> = orgs.collect();
        let mut numbers = Self { slots: vec![None; (2 * orgs.len() + 1).next_power_of_two()].into() };
        for (code, number) in orgs {
            let words = words(code.as_str().as_bytes());
            let mut place = numbers.place(words);
            while numbers.slots.get(place).is_some_and(Option::is_some) {
                place = numbers.after(place);
            }
            if let Some(slot) = numbers.slots.get_mut(place) {
                *slot = Some(Slot { words, number, code });
            }
        }
        numbers
    }

    /// The number of an org.
    #[inline(always)]
    pub fn get(&self, code: &str) -> Option<u32> {
        let words = words(code.as_bytes());
        let mut place = self.place(words);
        loop {
            let slot = self.slots.get(place)?.as_ref()?;
            if slot.words == words && slot.code.as_str().len() == code.len() && (code.len() <= 16 || slot.code.as_str() == code) {
                return Some(slot.number);
            }
            place = self.after(place);
        }
    }

    /// With another org.
    pub fn with(&self, code: &OrgCode, number: u32) -> Self {
        Self::new(self.iter().chain(std::iter::once((code.clone(), number))))
    }

    /// Without an org.
    pub fn without(&self, code: &OrgCode) -> Self {
        Self::new(self.iter().filter(|(known, _)| known != code))
    }

    fn iter(&self) -> impl Iterator<Item = (OrgCode, u32)> {
        self.slots.iter().flatten().map(|slot| (slot.code.clone(), slot.number))
    }

    #[inline(always)]
    fn place(&self, (first, last): (u64, u64)) -> usize {
        let product = u128::from(first ^ 0x9e37_79b9_7f4a_7c15) * u128::from(last ^ 0xd6e8_feb8_6659_fd93);
        ((product >> 64) as u64 ^ product as u64) as usize & (self.slots.len() - 1)
    }

    #[inline(always)]
    fn after(&self, place: usize) -> usize {
        (place + 1) & (self.slots.len() - 1)
    }
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

    #[test]
    fn codes_of_every_length_are_told_apart() {
        let code = |len: usize| format!("{:a<len$}b", "").parse::<OrgCode>().unwrap();
        let numbers = Numbers::new((0..49).map(|len| (code(len), len as u32)));
        for len in 0..49 {
            assert_eq!(numbers.get(code(len).as_str()), Some(len as u32));
            assert_eq!(numbers.get(&format!("{:a<len$}c", "")), None);
        }
        for unknown in ["", "a", "bb", "aaaaaaaaaaaaabaaaaaaaaab"] {
            assert_eq!(numbers.get(unknown), None, "{unknown}");
        }
        let without = numbers.without(&code(9));
        assert_eq!((without.get(code(9).as_str()), without.get(code(8).as_str())), (None, Some(8)));
        assert_eq!(without.with(&code(9), 77).get(code(9).as_str()), Some(77));
    }
}
