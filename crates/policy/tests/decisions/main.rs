//! Decisions: the rules by name, and every two ways to an answer compared.

#[path = "../support/mod.rs"]
mod support;

mod equivalence;
mod explanations;
mod reasons;
mod sizes;
