//! What the stories share.

use bailiwick_tests::harness::Settings;
use bailiwick_tests::tidy;

/// Three nodes with everything as shipped.
pub fn settings() -> Settings {
    Settings {
        node_program: env!("CARGO_BIN_EXE_bailiwick-tests-node").into(),
        console_program: env!("CARGO_BIN_EXE_bailiwick-tests-console").into(),
        nodes: 3,
        staleness_bound_ms: 5_000,
        raft: Default::default(),
        under: None,
    }
}

/// A file of `examples/`.
pub fn example(name: &str) -> String {
    tidy::root().join("examples").join(name).display().to_string()
}
