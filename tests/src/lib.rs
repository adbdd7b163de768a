//! Breaks things on purpose: real clusters on loopback, what is done to them, and what must hold all the same.
//!
//! The library is the harness and the benchmark of writes; the stories are in `cases/`, the scripts that need no Rust
//! to read in `scenarios/`.

pub mod bench;
pub mod harness;
pub mod lived;
pub mod tidy;
/// Drawn and judged in memory by the tests of policy; here it is what real nodes are compared with.
#[path = "../../crates/policy/tests/support/year/mod.rs"]
pub mod year;
