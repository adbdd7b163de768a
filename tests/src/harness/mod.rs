//! Real node processes on loopback, started, watched, broken and healed by a test.
//!
//! Read in this order: `story` says what a test is doing and how to run it again; `wait` is the only way to wait;
//! `ended` waits for a process; `ports`, `namespaces`, `process` and `cluster` are the nodes; `caller` asks one node and no other, `writes` tells
//! what a write came to; `cli` runs the command line, and the console in a `terminal`, whose pictures are made of whole
//! `frames` and whose keys are written as in `keys`; `checks` and `stream` ask and write while something else is done;
//! `seed` and `ask` say in few words what is put in and what is asked; `restored` has a state sent by snapshot, without
//! a cluster; `stats` are percentiles.

pub mod ask;
pub mod caller;
pub mod checks;
pub mod cli;
pub mod cluster;
mod ended;
pub mod namespaces;
mod frames;
mod keys;
pub mod ports;
pub mod process;
pub mod restored;
pub mod seed;
pub mod stats;
pub mod story;
pub mod stream;
pub mod terminal;
pub mod wait;
pub mod writes;

pub use ask::{check_of, code, new_id};
pub use caller::{CallFailed, Caller, Credential};
pub use checks::CheckLoop;
pub use cli::{Cli, Ran};
pub use cluster::{Cluster, Settings};
pub use namespaces::Namespaces;
pub use story::Story;
pub use stream::{Stream, Way};
pub use terminal::Terminal;
pub use wait::{BOUND, enough, pause, until};
