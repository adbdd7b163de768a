//! The binary `bailiwick`: the console, or with a subcommand the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    bailiwick_tui::cli::main()
}
