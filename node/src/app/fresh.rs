//! How stale this node's view can be: measured, not guessed.
//!
//! Each round notes this node's own clock, asks the leader for a read index, and waits until it has applied that
//! far. Then the view is known fresh as of the noted moment. Only this node's monotonic clock is read, so clocks of
//! different machines need not agree.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The moment as of which the view is known fresh.
#[derive(Debug)]
pub struct Fresh {
    start: Instant,
    /// Microseconds since `start`, plus one; 0 before the first round.
    as_of: AtomicU64,
    /// Microseconds that the last round's read index took.
    round_trip: AtomicU64,
}

impl Default for Fresh {
    fn default() -> Self {
        Self { start: Instant::now(), as_of: AtomicU64::new(0), round_trip: AtomicU64::new(0) }
    }
}

impl Fresh {
    /// Notes that everything acknowledged before `moment` is in the view.
    pub fn note(&self, moment: Instant, round_trip: Duration) {
        let micros = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX - 1);
        self.as_of.fetch_max(micros(moment.saturating_duration_since(self.start)) + 1, Ordering::AcqRel);
        self.round_trip.store(micros(round_trip), Ordering::Relaxed);
    }

    /// How stale the view can be now; none before the first round.
    pub fn staleness(&self) -> Option<Duration> {
        match self.as_of.load(Ordering::Acquire) {
            0 => None,
            as_of => Some(self.start.elapsed().saturating_sub(Duration::from_micros(as_of - 1))),
        }
    }

    /// Microseconds that the last round's read index took.
    pub fn round_trip_us(&self) -> u64 {
        self.round_trip.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_fresh_before_the_first_round_and_never_less_fresh_after_an_older_one() {
        let fresh = Fresh::default();
        assert_eq!(fresh.staleness(), None);
        let later = fresh.start + Duration::from_millis(20);
        fresh.note(later, Duration::ZERO);
        fresh.note(fresh.start, Duration::ZERO);
        let bound = fresh.start.elapsed();
        assert!(fresh.staleness().is_some_and(|s| s <= bound));
        assert_eq!(fresh.as_of.load(Ordering::Relaxed), 20_001);
    }
}
