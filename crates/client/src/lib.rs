//! The only crate that knows there is more than one node. To those above, a cluster is one `Client`; a node that dies
//! is a delay, and what can't be known is said.
//!
//! Read in this order: `failover` (which node next) and `write` (what became of a write) are the rules, pure;
//! `pool` and `client` carry them out; `calls` are the calls, `session` remembers, `health` shows; `config`, `dev`
//! and `profile` are how it is set up.

pub mod failover;
pub mod write;

pub mod error;
pub mod config;
pub mod health;
pub mod pool;
pub mod client;
pub mod calls;
pub mod session;

pub mod home;
pub mod dev;
pub mod profile;

pub use client::{Change, Client, Patience, new_request_id};
pub use config::{ClientConfig, Credential};
pub use error::ClientError;
pub use session::Session;
pub use write::{Committed, WriteOutcome};
