//! Percentiles of what was measured.

use std::time::Duration;

/// The value below or at which so many per cent lie; zero of nothing.
pub fn percentile(values: &mut [Duration], per_cent: f64) -> Duration {
    values.sort_unstable();
    let Some(last) = values.len().checked_sub(1) else { return Duration::ZERO };
    // The nearest rank: the least value that is at least as large as so many per cent of all.
    let rank = (values.len() as f64 * per_cent / 100.0).ceil() as usize;
    values[rank.saturating_sub(1).min(last)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let mut values: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&mut values, 50.0), Duration::from_millis(50));
        assert_eq!(percentile(&mut values, 99.0), Duration::from_millis(99));
        assert_eq!(percentile(&mut values, 100.0), Duration::from_millis(100));
        assert_eq!(percentile(&mut [], 99.0), Duration::ZERO);
    }
}
