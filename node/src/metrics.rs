//! What a node counts: decisions by reason, writes and how long they took. Counters are striped over cache lines,
//! so that threads that check don't write the same one.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bailiwick_policy::decision::Reason;

/// Stripes of counters: more than a node has threads that check.
const STRIPES: usize = 16;
/// Reasons there can be; the table is indexed by their place among all.
const REASONS_MAX: usize = 64;
/// Writes whose times are kept for percentiles.
const WRITES_KEPT: usize = 1_024;

#[repr(align(128))]
struct Stripe([AtomicU64; REASONS_MAX]);

/// The counters of one node since it started.
pub struct Metrics {
    decisions: Vec<Stripe>,
    writes: AtomicU64,
    write_us: Mutex<Vec<u64>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            decisions: (0..STRIPES).map(|_| Stripe(std::array::from_fn(|_| AtomicU64::new(0)))).collect(),
            writes: AtomicU64::new(0),
            write_us: Mutex::new(Vec::new()),
        }
    }
}

fn stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: usize = NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES;
    }
    MINE.with(|mine| *mine)
}

impl Metrics {
    /// Counts a decision.
    pub fn decided(&self, reason: Reason) {
        let place = Reason::ALL.iter().position(|r| *r == reason).unwrap_or(0);
        if let Some(counter) = self.decisions.get(stripe()).and_then(|s| s.0.get(place)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a write that was answered.
    pub fn wrote(&self, took: Duration) {
        let count = self.writes.fetch_add(1, Ordering::Relaxed);
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Ok(mut kept) = self.write_us.lock() {
            let place = usize::try_from(count).unwrap_or(0) % WRITES_KEPT;
            match kept.get_mut(place) {
                Some(slot) => *slot = us,
                None => kept.push(us),
            }
        }
    }

    /// Decisions by reason, those that never came left out.
    pub fn decisions(&self) -> BTreeMap<String, u64> {
        Reason::ALL
            .iter()
            .enumerate()
            .map(|(place, reason)| {
                let sum = self.decisions.iter().filter_map(|s| s.0.get(place)).map(|c| c.load(Ordering::Relaxed)).sum::<u64>();
                (reason.as_str().to_owned(), sum)
            })
            .filter(|(_, sum)| *sum > 0)
            .collect()
    }

    /// Writes answered, and the median and 99th percentile of the recent ones, in microseconds.
    pub fn writes(&self) -> (u64, u64, u64) {
        let mut recent = self.write_us.lock().map(|kept| kept.clone()).unwrap_or_default();
        recent.sort_unstable();
        let at = |percent: usize| recent.get(recent.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0);
        (self.writes.load(Ordering::Relaxed), at(50), at(99))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_add_up_over_threads() {
        let metrics = Metrics::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1_000).for_each(|_| metrics.decided(Reason::PermitGroup)));
            }
        });
        metrics.decided(Reason::NeedsWrite);
        assert_eq!(metrics.decisions(), BTreeMap::from([("permit_group".to_owned(), 4_000), ("needs_write".to_owned(), 1)]));
        assert!(Reason::ALL.len() <= REASONS_MAX);
    }

    #[test]
    fn percentiles_of_writes() {
        let metrics = Metrics::default();
        (1..=100).for_each(|ms| metrics.wrote(Duration::from_millis(ms)));
        assert_eq!(metrics.writes(), (100, 50_000, 99_000));
    }
}
