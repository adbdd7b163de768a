//! Words of the platform's catalogue, of break-glass and of signing in.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::words::{Mapping, parse_lasting, parse_map};

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
    /// Put the standard permission sets of a CSV or TSV file into it: those of the same name are replaced, others stay
    #[command(after_help = "\
Columns (all are needed):  set module submodule actions
A row without actions is a heading. What the catalogue lacks is added to it, with nothing on offer to custom sets.

Examples:
  bailiwick --dev preview catalogue import-sets sets.tsv
  bailiwick --dev catalogue import-sets sets.tsv --reason 'as published'")]
    ImportSets {
        /// The file: CSV, or TSV if its name ends so.
        file: PathBuf,
        /// Our column is headed otherwise in the file; may be repeated
        #[arg(long = "map", value_name = "OURS=THEIRS", value_parser = parse_map)]
        maps: Vec<Mapping>,
        /// What separates the columns: `,`, `;`, `|` or `tab` [default: by the file's name]
        #[arg(long, value_name = "CHARACTER")]
        delimiter: Option<String>,
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
    pub save_as: Option<String>,
    /// The credential's id, unique in the cluster [default: made up]
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// What the credential is for [default: its id]
    #[arg(long)]
    pub label: Option<String>,
}
