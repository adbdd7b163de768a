//! Chance that a seed repeats on every machine.

/// A stream of numbers (SplitMix64: Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or_default()
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = self.below(of.len());
        of.get(at).expect("below their number")
    }

    /// One of several words.
    pub fn word(&mut self, of: &[&'static str]) -> &'static str {
        self.pick::<&'static str>(of)
    }

    /// Between some and some more of several, each once, in their order.
    pub fn some<T: Clone>(&mut self, of: &[T], least: usize, most: usize) -> Vec<T> {
        let most = most.min(of.len());
        let wanted = least.min(most) + self.below(most - least.min(most) + 1);
        let mut chosen = std::collections::BTreeSet::new();
        while chosen.len() < wanted {
            chosen.insert(self.below(of.len()));
        }
        chosen.into_iter().filter_map(|at| of.get(at).cloned()).collect()
    }
}
