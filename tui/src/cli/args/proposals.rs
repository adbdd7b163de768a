//! Words of maker and checker: what waits for a second person.

use std::time::Duration;

use bailiwick_policy::ids::RequestId;
use clap::{Args, Subcommand};

use super::Deed;
use crate::cli::words::parse_lasting;

/// A change that is proposed instead of made.
#[derive(Args, Clone, Debug)]
pub struct Propose {
    /// How long it waits, at most 30 days: 12h, 3d [default: 7d]
    #[arg(long = "for", value_name = "D", value_parser = parse_lasting)]
    pub lasts: Option<Duration>,
    /// Show what it would do once approved; propose nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Any command that changes something
    #[command(subcommand)]
    pub deed: Box<Deed>,
}

/// A proposal that waits.
#[derive(Subcommand, Clone, Debug)]
pub enum ProposalVerb {
    /// Show one: what it would do now, whose access it changes, and the digest of that
    #[command(after_help = "Example:\n  bailiwick --dev proposal show 01JD3ZK5V8ABCDEFGHJKMNPQRS")]
    Show {
        /// Its id.
        id: RequestId,
    },
}

/// What is approved.
#[derive(Args, Clone, Debug)]
pub struct Approve {
    /// The proposal, as `proposals` lists it
    pub id: RequestId,
    /// Only if its impact is still what `proposal show` gave this digest for
    #[arg(long, value_name = "DIGEST")]
    pub expect: Option<String>,
}

/// Whether changes wait for approval: `required` or `off`.
pub fn parse_approval(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "required" => Ok(true),
        "off" => Ok(false),
        _other => Err("it is `required` or `off`".to_owned()),
    }
}
