//! Waiting for a condition, with a bound; never for a time.

use std::time::{Duration, Instant};

/// How long any condition may take unless a test promises less. A test that needs all of it has failed.
pub const BOUND: Duration = Duration::from_secs(30);

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Waits until the probe has an answer. Its error says what was seen instead, and is shown if time runs out.
pub async fn until<T>(what: &str, bound: Duration, mut probe: impl AsyncFnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        let seen = match tokio::time::timeout(bound.saturating_sub(began.elapsed()), probe()).await {
            Ok(Ok(answer)) => return answer,
            Ok(Err(seen)) => seen,
            Err(_) => "the probe itself did not end".to_owned(),
        };
        assert!(began.elapsed() < bound, "{what}: not within {bound:?}; seen last: {seen}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether a number is large enough yet, as a probe says it.
pub fn enough<T: PartialOrd + std::fmt::Display>(have: T, want: T) -> Result<(), String> {
    if have >= want { Ok(()) } else { Err(format!("{have} of {want}")) }
}

/// The pace at which something that was refused is tried again.
pub async fn pause() {
    tokio::time::sleep(LOOK).await;
}
