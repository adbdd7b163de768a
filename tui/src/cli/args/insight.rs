//! Words of understanding: the audit, undo, differences, denials, the lint, a group from a log.

use std::path::PathBuf;

use bailiwick_policy::ids::Tick;
use clap::{Args, Subcommand};

use crate::cli::moment::parse_moment;
use crate::cli::words::{Mapping, parse_map};

/// Which entries of the audit.
#[derive(Args, Clone, Debug, Default)]
pub struct AuditFilter {
    /// By this credential
    #[arg(long, value_name = "CREDENTIAL")]
    pub actor: Option<String>,
    /// About this object: store:CODE, till:STORE/TILL, access-group:ID, `endpoint:GET /path`, zone:, concept:, resource:, user:, credential:, org:
    #[arg(long, value_name = "KIND:ID")]
    pub object: Option<String>,
    /// Not before: a date, a time as in RFC 3339, or how long ago (30m, 2h, 7d)
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    pub since: Option<Tick>,
    /// Before: written as `--since`
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    pub until: Option<Tick>,
}

/// The audit.
#[derive(Subcommand, Clone, Debug)]
pub enum AuditVerb {
    /// Entries, the newest first
    #[command(after_help = "Examples:\n  bailiwick --dev audit list --object store:north-7 --since 7d\n  bailiwick --dev audit list --follow --json")]
    List {
        /// Which.
        #[command(flatten)]
        filter: AuditFilter,
        /// At most so many entries [default: 50, or without end with --follow]
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// The oldest first
        #[arg(long)]
        oldest_first: bool,
        /// Entries as they come, from --since or from now on, until interrupted or --limit
        #[arg(long, conflicts_with_all = ["oldest_first", "until"])]
        follow: bool,
    },
    /// One entry with all that it changed
    #[command(after_help = "Example:\n  bailiwick --dev audit show 41")]
    Show {
        /// Its revision.
        revision: u64,
    },
    /// Every entry with all that it changed to a file, the oldest first: a line of JSON each
    #[command(after_help = "Example:\n  bailiwick --dev audit export audit.jsonl --since 2026-01-01")]
    Export {
        /// The file; `-` is standard output.
        file: PathBuf,
        /// Which.
        #[command(flatten)]
        filter: AuditFilter,
    },
}

/// Two revisions.
#[derive(Args, Clone, Debug)]
pub struct Diff {
    /// The first revision
    #[arg(value_name = "FROM")]
    pub from: u64,
    /// The second [default: the present one]
    #[arg(value_name = "TO")]
    pub to: Option<u64>,
}

/// The deny feed.
#[derive(Args, Clone, Debug)]
pub struct Denies {
    /// Only those whose subject, method, path or reason contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub text: String,
    /// At most so many rows, the latest first
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Then those that come, until interrupted
    #[arg(long)]
    pub follow: bool,
}

/// When grants were last used.
#[derive(Args, Clone, Debug)]
pub struct Usage {
    /// Only grants of, to or at this object: user:ID, user-group:ID, access-group:ID, permission-set:ID, role:ID, access-control:ID, application:ID, store:CODE, …
    #[arg(long, value_name = "KIND:ID")]
    pub of: Option<String>,
    /// Only those that were not used in so many days
    #[arg(long, value_name = "DAYS", num_args = 0..=1, default_missing_value = UNUSED)]
    pub unused: Option<u32>,
    /// At most so many grants [default: all]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// Days of `--unused` without any.
const UNUSED: &str = "30";

/// The lint: of the organisation, or of a file.
#[derive(Args, Clone, Debug)]
pub struct Lint {
    /// Something else than the organisation.
    #[command(subcommand)]
    pub what: Option<LintVerb>,
}

/// What else can be looked through.
#[derive(Subcommand, Clone, Debug)]
pub enum LintVerb {
    /// A catalogue of endpoints in a CSV or TSV file, without any cluster
    #[command(after_help = "Example:\n  bailiwick lint endpoints endpoints.tsv --map resource=access_group_resource")]
    Endpoints {
        /// The file: CSV, or TSV if its name ends so.
        file: PathBuf,
        /// Our column is headed otherwise in the file; may be repeated
        #[arg(long = "map", value_name = "OURS=THEIRS", value_parser = parse_map)]
        maps: Vec<Mapping>,
        /// What separates the columns: `,`, `;`, `|` or `tab` [default: by the file's name]
        #[arg(long, value_name = "CHARACTER")]
        delimiter: Option<String>,
    },
    /// Permission sets in a CSV or TSV file, without any cluster: names that lie, sub-modules that no catalogue knows
    #[command(after_help = "Example:\n  bailiwick lint permission-sets sets.tsv")]
    PermissionSets {
        /// The file: CSV, or TSV if its name ends so; columns set, module, submodule, actions.
        file: PathBuf,
        /// Our column is headed otherwise in the file; may be repeated
        #[arg(long = "map", value_name = "OURS=THEIRS", value_parser = parse_map)]
        maps: Vec<Mapping>,
        /// What separates the columns: `,`, `;`, `|` or `tab` [default: by the file's name]
        #[arg(long, value_name = "CHARACTER")]
        delimiter: Option<String>,
    },
}

/// Suggestions.
#[derive(Subcommand, Clone, Debug)]
pub enum SuggestVerb {
    /// The smallest access group under which every call of a log would have passed
    #[command(after_help = "\
Columns (only those marked * are needed):  method* path* count

Examples:
  bailiwick --dev suggest access-group --log calls.csv --map path=request_path --narrow
  bailiwick --dev preview suggest access-group --log calls.csv --name Kiosk --create")]
    AccessGroup {
        /// What was called: CSV, or TSV if its name ends so
        #[arg(long, value_name = "FILE")]
        log: PathBuf,
        /// Our column is headed otherwise in the file; may be repeated
        #[arg(long = "map", value_name = "OURS=THEIRS", value_parser = parse_map)]
        maps: Vec<Mapping>,
        /// What separates the columns: `,`, `;`, `|` or `tab` [default: by the file's name]
        #[arg(long, value_name = "CHARACTER")]
        delimiter: Option<String>,
        /// The name of the group
        #[arg(long, value_name = "NAME", required_if_eq("create", "true"))]
        name: Option<String>,
        /// Narrow each cell to the endpoints that were called
        #[arg(long)]
        narrow: bool,
        /// Create it
        #[arg(long)]
        create: bool,
    },
}
