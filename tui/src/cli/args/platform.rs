//! Words of the platform's catalogue, of break-glass and of signing in.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::words::parse_lasting;

/// The platform's catalogue.
#[derive(Subcommand, Clone, Debug)]
pub enum CatalogueVerb {
    /// Print it, as `apply` takes it
    #[command(after_help = "Example:\n  bailiwick --dev catalogue show > catalogue.json")]
    Show,
    /// Replace it whole, in every organisation at one revision; its version is raised by one
    #[command(after_help = "Examples:\n  bailiwick --dev preview catalogue apply catalogue.json\n  bailiwick --dev catalogue apply catalogue.json --reason 'new export endpoints'")]
    Apply {
        /// A file of JSON, as `show` prints it.
        file: PathBuf,
    },
}

/// An allocation that goes back by itself.
#[derive(Args, Clone, Debug)]
pub struct BreakGlass {
    /// The stores
    #[arg(value_name = "STORE", required = true)]
    pub stores: Vec<String>,
    /// The access group, by id or name
    #[arg(long, value_name = "GROUP")]
    pub group: String,
    /// For how long, at most a week: 30m, 2h, 1d
    #[arg(long = "for", value_name = "D", value_parser = parse_lasting)]
    pub lasts: Duration,
}

/// Signing in with a one-time code.
#[derive(Args, Clone, Debug)]
pub struct Login {
    /// The code, as `user invite` printed it; `-` reads it from standard input
    pub code: String,
    /// The profile that the new credential is kept in [default: the one of --profile, or `default`]
    #[arg(long = "as", value_name = "PROFILE")]
    pub profile: Option<String>,
    /// The credential's id, unique in the cluster [default: made up]
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// What the credential is for [default: its id]
    #[arg(long)]
    pub label: Option<String>,
}
