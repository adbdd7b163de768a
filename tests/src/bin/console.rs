//! The console and command line, as another package's tests can start it.

use std::process::ExitCode;

fn main() -> ExitCode {
    bailiwick_tui::cli::main()
}
