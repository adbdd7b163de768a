//! Joins policy, storage and rpc into a process: Raft wiring, doors, configuration, and the operator's verbs.

pub mod app;
pub mod certs;
pub mod cli;
pub mod config;
pub mod dev;
pub mod doors;
pub mod metrics;
pub mod raft;
pub mod serve;
pub mod verify;
