//! What the stories share.

use bailiwick_tests::harness::Settings;
use bailiwick_tests::tidy;

/// Three nodes with everything as shipped.
pub fn settings() -> Settings {
    Settings::shipped(env!("CARGO_BIN_EXE_bailiwick-tests-node").into(), env!("CARGO_BIN_EXE_bailiwick-tests-console").into())
}

/// A file of `examples/`.
pub fn example(name: &str) -> String {
    tidy::root().join("examples").join(name).display().to_string()
}
