//! The node's command line: `serve`, `dev`, `certs` and `audit verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Overrides};
use crate::{certs, dev, serve, verify};

/// A replica of Bailiwick: serves checks, takes changes, replicates.
#[derive(Parser)]
#[command(name = "bailiwick-node", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// What is logged to standard error, as `tracing` filters have it.
    #[arg(long, global = true, env = "BAILIWICK_LOG", default_value = "info,openraft=warn,tarpc=warn,rustls=warn")]
    log: String,
}

#[derive(Subcommand)]
enum Verb {
    /// Runs one node from a configuration file.
    #[command(after_help = "Example:\n  bailiwick-node serve --config /etc/bailiwick/node.toml")]
    Serve {
        /// The configuration file (TOML).
        #[arg(long, env = "BAILIWICK_CONFIG")]
        config: PathBuf,
        #[command(flatten)]
        overrides: Overrides,
    },
    /// Runs a three-node cluster on loopback, with generated certificates and a demo organisation.
    #[command(after_help = "Example:\n  bailiwick-node dev\n  bailiwick --dev cluster status")]
    Dev(dev::Options),
    /// Makes certificates for a cluster: its authority, its nodes, its operators. Nothing is overwritten.
    #[command(after_help = "\
Examples:
  bailiwick-node certs --dir certs --cluster shop --node 1=10.0.0.1 --node 2=10.0.0.2 --node 3=10.0.0.3
  bailiwick-node certs --dir certs --node 4=10.0.0.4,db4.example     (later, by the same authority)
  bailiwick-node certs --dir certs --operator night-shift")]
    Certs(certs::Options),
    /// The audit of a stopped node
    #[command(subcommand, arg_required_else_help = true)]
    Audit(AuditVerb),
}

#[derive(Subcommand)]
enum AuditVerb {
    /// Verifies that no row of the audit was altered, removed or put in: exit code 1 and the place if one was.
    #[command(after_help = "Example:\n  bailiwick-node audit verify --data /var/lib/bailiwick")]
    Verify {
        /// The data folder of a node that doesn't run.
        #[arg(long, env = "BAILIWICK_DATA")]
        data: PathBuf,
    },
}

/// Parses, runs, says what went wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = match tracing_subscriber::EnvFilter::try_new(&cli.log) {
        Ok(filter) => filter,
        Err(why) => {
            eprintln!("bailiwick-node: --log `{}`: {why}", cli.log);
            return ExitCode::from(2);
        }
    };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    let result = match cli.verb {
        Verb::Serve { config, overrides } => {
            Config::load(&config, &overrides).map_err(serve::ServeError::from).and_then(serve::serve)
        }
        Verb::Dev(options) => dev::run(options),
        Verb::Certs(options) => certs::run(&options),
        Verb::Audit(AuditVerb::Verify { data }) => verify::verify(&data).map(|said| println!("{said}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bailiwick-node: {why}");
            ExitCode::FAILURE
        }
    }
}
