//! The node, as another package's tests can start it.

use std::process::ExitCode;

fn main() -> ExitCode {
    bailiwick_node::cli::main()
}
