//! Doors: parse, find out who asks, call `App`, answer. Thin on purpose.

pub mod callers;
pub mod peers;
