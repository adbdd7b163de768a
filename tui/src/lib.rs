//! The console and the command line, over one client.

pub mod cli;
pub mod console;
