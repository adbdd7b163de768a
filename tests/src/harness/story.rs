//! What a test is doing, phase by phase, and when it fails the command that runs it again.

use std::time::Instant;

/// A test in named phases. Dropped while panicking, it prints how to reproduce the failure.
#[derive(Debug)]
pub struct Story {
    name: &'static str,
    settings: String,
    began: Instant,
}

impl Story {
    /// Begins the story of the test with this path, as the test runner shows it.
    pub fn begin(name: &'static str) -> Self {
        Self { name, settings: String::new(), began: Instant::now() }
    }

    /// The same, with what the environment set for it: `ROUNDS=50`.
    pub fn begin_with(name: &'static str, settings: impl Into<String>) -> Self {
        Self { name, settings: settings.into(), began: Instant::now() }
    }

    /// Says what comes now.
    pub fn phase(&self, what: &str) {
        self.note(&format!("— {what}"));
    }

    /// Says what was seen.
    pub fn note(&self, what: &str) {
        eprintln!("{} {:>7.3} s {what}", self.name, self.began.elapsed().as_secs_f64());
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let settings = if self.settings.is_empty() { String::new() } else { format!("{} ", self.settings) };
            eprintln!(
                "reproduce: {settings}cargo test --release -p bailiwick-tests --test all -- --exact --nocapture {}",
                self.name
            );
        }
    }
}
