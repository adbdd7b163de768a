//! The console: one terminal application in which an operator sees, understands and changes who may do what, and
//! sees how the cluster is.
//!
//! An Elm core: `model` is a plain value, `update` the one pure function that changes it, `screens` draw it; `runtime`
//! owns the cluster, the clock and the terminal. Read in this order: `keys`, `effect`, `listing`, `stage`, `model`,
//! `update`, `screens`, `runtime`, `terminal`. What may be asked of a cluster is in `api`; `remote` is the real one.

pub mod api;
mod audit;
mod cli;
mod edit;
mod effect;
mod export;
mod fields;
mod filter;
mod keys;
mod listing;
mod model;
mod panes;
pub mod remote;
mod requests;
pub mod runtime;
mod screens;
mod stage;
mod start;
mod terminal;
mod tree;
#[cfg(test)]
mod tests;
pub mod theme;
mod update;

pub use keys::Keymap;
pub use model::Model;
pub use start::{ConsoleError, ConsoleOptions, start};
