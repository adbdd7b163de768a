//! Decisions: the rules by name, and every two ways to an answer compared.

#![expect(clippy::unwrap_used, reason = "what makes a scene is right or the test is wrong")]

#[path = "../support/mod.rs"]
mod support;

mod equivalence;
mod explanations;
mod holdings;
mod million;
mod peers;
mod people;
mod reasons;
mod sizes;
mod usage;
mod whatcan;
mod whocan;
