//! The command line: the same questions and changes as in the console, for scripts.
//!
//! `args` are the words, `ask` makes commands of them, `run` does what they say with an `Api`, `out` prints. Exit
//! codes are in `exit`. Nothing here decides anything about policy: that is the cluster's.

pub mod args;
pub mod words;

mod api;
mod ask;
mod moment;
mod narrow;
mod context;
mod exit;
mod out;
mod show;

mod allocate;
mod audit;
mod check;
mod cluster;
mod credential;
mod denies;
mod export;
mod files;
mod import;
mod lint;
mod login;
mod members;
mod nouns;
mod proposals;
mod read;
mod secret;
mod suggest;
mod suspend;
mod tests_of;
mod watch;
mod who;
mod whoami;
mod write;

mod run;
mod remote;
mod settings;
mod start;

pub use start::main;

#[cfg(test)]
mod tests;
