//! The node's binary; everything is in the library, so that tests can run the same.

fn main() -> std::process::ExitCode {
    bailiwick_node::cli::main()
}
