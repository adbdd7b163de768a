//! Words of changes and files.

use std::path::PathBuf;

use bailiwick_policy::ids::RequestId;
use clap::{Args, Subcommand, ValueEnum};

use super::Listing;
use crate::cli::words::{Mapping, parse_map};

/// Which stores get which group.
#[derive(Args, Clone, Debug)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["group", "clear"])))]
pub struct Allocate {
    /// The access group, by id or name
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// No group of their own: the stores inherit the default
    #[arg(long)]
    pub clear: bool,
    /// Stores
    #[arg(value_name = "STORE")]
    pub targets: Vec<String>,
    /// A store; may be repeated
    #[arg(long = "store", value_name = "STORE")]
    pub stores: Vec<String>,
    /// Observe only: what the group would deny is permitted, marked `would_deny`, and fed to the deny feed
    #[arg(long, requires = "group")]
    pub observe: bool,
    /// Every store of this zone and of those below it; with other conditions, all must hold
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Every store of this concept and of those below it
    #[arg(long, value_name = "CONCEPT")]
    pub concept: Option<String>,
    /// Every store whose group in force is this one, allocated or inherited
    #[arg(long, value_name = "GROUP")]
    pub from_group: Option<String>,
}

/// What to do with the default.
#[derive(Subcommand, Clone, Debug)]
pub enum DefaultVerb {
    /// Set it
    #[command(after_help = "Example:\n  bailiwick --dev default set POS")]
    Set {
        /// The access group, by id or name.
        group: String,
        /// Observe only: what the group would deny is permitted, marked `would_deny`, and fed to the deny feed
        #[arg(long)]
        observe: bool,
    },
    /// Clear it: stores without a group of their own are denied everything
    #[command(after_help = "Example:\n  bailiwick --dev preview default clear")]
    Clear,
    /// Show it
    #[command(after_help = "Example:\n  bailiwick --dev default show")]
    Show,
}

/// What is suspended or resumed.
#[derive(Subcommand, Clone, Debug)]
pub enum Target {
    /// An organisation
    #[command(after_help = "Examples:\n  bailiwick --dev preview suspend org harbour\n  bailiwick --dev resume org harbour")]
    Org {
        /// Its code.
        id: String,
    },
    /// A store
    #[command(after_help = "Examples:\n  bailiwick --dev suspend store north-7 --reason 'flooded'\n  bailiwick --dev resume store north-7")]
    Store {
        /// Its code.
        id: String,
    },
    /// Every store of a zone and of those below it
    #[command(after_help = "Examples:\n  bailiwick --dev preview suspend zone north\n  bailiwick --dev resume zone north")]
    Zone {
        /// Its code.
        id: String,
    },
    /// Every store of a concept and of those below it
    #[command(after_help = "Examples:\n  bailiwick --dev suspend concept outlet --reason 'recall'\n  bailiwick --dev resume concept outlet")]
    Concept {
        /// Its code.
        id: String,
    },
    /// A user: everything is denied to it, and its credentials let nobody in
    #[command(after_help = "Examples:\n  bailiwick --dev suspend user bob --reason 'left'\n  bailiwick --dev resume user bob")]
    User {
        /// Its id.
        id: String,
    },
    /// An application
    #[command(after_help = "Examples:\n  bailiwick --dev suspend application erp --reason 'key leaked'\n  bailiwick --dev resume application erp")]
    Application {
        /// Its id.
        id: String,
    },
    /// A till
    #[command(after_help = "Examples:\n  bailiwick --dev suspend till north-7/t1 --reason 'stolen'\n  bailiwick --dev resume till north-7/t1")]
    Till {
        /// STORE/TILL.
        id: String,
    },
}

/// What a file holds.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportKind {
    /// Endpoints of the API catalogue
    Endpoints,
    /// Zones
    Zones,
    /// Concepts
    Concepts,
    /// Stores
    Stores,
    /// Tills
    Tills,
    /// Access groups of stores, a row each
    Allocations,
    /// Users, and the user groups that they join
    Users,
}

/// An import.
#[derive(Args, Clone, Debug)]
pub struct Import {
    /// What the file holds
    #[arg(value_enum)]
    pub kind: ImportKind,
    /// The file: CSV, or TSV if its name ends so
    #[arg(required_unless_present = "resume")]
    pub file: Option<PathBuf>,
    /// Our column is headed otherwise in the file; may be repeated
    #[arg(long = "map", value_name = "OURS=THEIRS", value_parser = parse_map)]
    pub maps: Vec<Mapping>,
    /// What separates the columns: `,`, `;`, `|` or `tab` [default: by the file's name]
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,
    /// Check every row and show what would change; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Go on with an import that was cut short
    #[arg(long, value_name = "JOB", conflicts_with_all = ["dry_run", "maps", "delimiter"])]
    pub resume: Option<RequestId>,
    /// Write every fault to this file too
    #[arg(long, value_name = "FILE")]
    pub errors: Option<PathBuf>,
}

/// Exports.
#[derive(Subcommand, Clone, Debug)]
pub enum Export {
    /// Stores with their access group and whether it is theirs or the default: with --group, what `access-group stores` writes
    #[command(after_help = "Example:\n  bailiwick --dev export stores --group POS pos-stores.csv")]
    Stores {
        /// Only those with this access group in force
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,
        /// The file to write [default: standard output]
        file: Option<PathBuf>,
    },
    /// The whole policy of the organisation as a YAML file that `apply` takes
    #[command(after_help = "Example:\n  bailiwick --dev export org acme.yaml")]
    Org {
        /// The file to write [default: standard output]
        file: Option<PathBuf>,
    },
    /// Users with their groups and places, in the columns that `import users` takes
    #[command(after_help = "Example:\n  bailiwick --dev export users users.csv")]
    Users {
        /// The file to write [default: standard output]
        file: Option<PathBuf>,
    },
}

/// A policy file.
#[derive(Args, Clone, Debug)]
pub struct Apply {
    /// The file, as `export org` writes it; `-` is standard input
    pub file: PathBuf,
    /// What the file doesn't have is taken away; without it only what the file has is put
    #[arg(long)]
    pub prune: bool,
}

/// A file of tests.
#[derive(Args, Clone, Debug)]
pub struct TestFile {
    /// The file: under `tests` a list of cases, each with `subject`, what is asked as in `check`, and `expect`
    pub file: PathBuf,
}

/// A stream of changes.
#[derive(Args, Clone, Debug)]
pub struct Watch {
    /// Changes after this revision [default: from now on]
    #[arg(long, value_name = "REV")]
    pub from: Option<u64>,
    /// End after so many changes
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
}

/// The cluster.
#[derive(Subcommand, Clone, Debug)]
pub enum ClusterVerb {
    /// How every node is
    #[command(after_help = "Example:\n  bailiwick --dev cluster status --hashes --json")]
    Status {
        /// Also compute the hash over each node's content
        #[arg(long)]
        hashes: bool,
    },
    /// Add a node that waits for it, as a learner: it gets the log and serves checks, and has no vote
    #[command(after_help = "Example:\n  bailiwick --dev cluster add 4 --peer 10.0.0.4:7400 --client 10.0.0.4:7410 --dry-run")]
    Add {
        /// Its id, which no node ever had.
        id: u64,
        /// Where the other nodes reach it
        #[arg(long, value_name = "HOST:PORT")]
        peer: String,
        /// Where callers reach it
        #[arg(long, value_name = "HOST:PORT")]
        client: String,
        /// Whether to ask first.
        #[command(flatten)]
        sure: Sure,
    },
    /// Give a learner a vote, once it has caught up
    #[command(after_help = "Example:\n  bailiwick --dev cluster promote 4 --dry-run")]
    Promote {
        /// Its id.
        id: u64,
        /// Whether to ask first.
        #[command(flatten)]
        sure: Sure,
    },
    /// Remove a node for good: its id is never used again
    #[command(after_help = "Example:\n  bailiwick --dev cluster remove 3 --reason 'disk failed'")]
    Remove {
        /// Its id.
        id: u64,
        /// Whether to ask first.
        #[command(flatten)]
        sure: Sure,
    },
    /// Move leadership to another voter; writes wait a moment, checks don't
    #[command(after_help = "Example:\n  bailiwick --dev cluster transfer --to 2 --yes")]
    Transfer {
        /// The voter that is to lead [default: the one that lacks least of the log]
        #[arg(long, value_name = "ID")]
        to: Option<u64>,
        /// Whether to ask first.
        #[command(flatten)]
        sure: Sure,
    },
}

/// How sure one is of a change of members.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Sure {
    /// Say what it would do; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Don't ask for the node's id first
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// Credentials.
#[derive(Subcommand, Clone, Debug)]
pub enum CredentialVerb {
    /// Make one; its token is printed once and kept nowhere
    #[command(subcommand, arg_required_else_help = true)]
    Create(CredentialOf),
    /// List those that the caller sees
    #[command(after_help = "Example:\n  bailiwick --dev credential list")]
    List(Listing),
    /// Revoke one, for good
    #[command(after_help = "Example:\n  bailiwick --dev credential revoke gateway-1 --reason 'laptop lost'")]
    Revoke {
        /// Its id.
        id: String,
    },
}

/// Whom a new credential lets in.
#[derive(Subcommand, Clone, Debug)]
pub enum CredentialOf {
    /// A platform operator: everything, in every organisation
    #[command(after_help = "Example:\n  bailiwick --dev credential create operator night-shift --label 'Night shift'")]
    Operator(NewCredential),
    /// A user of the organisation: an owner, an admin or a standard user
    #[command(visible_alias = "user", after_help = "Example:\n  bailiwick --dev credential create owner ada-laptop --user ada")]
    Owner {
        /// What every credential has.
        #[command(flatten)]
        new: NewCredential,
        /// The user's id
        #[arg(long, value_name = "USER")]
        user: String,
    },
    /// A program that asks for decisions about subjects of the organisation
    #[command(after_help = "Example:\n  bailiwick --dev credential create enforcement-point gateway-1 --label 'Gateway, rack 1'")]
    EnforcementPoint(NewCredential),
}

/// What every credential has.
#[derive(Args, Clone, Debug)]
pub struct NewCredential {
    /// Its id, unique in the cluster.
    pub id: String,
    /// What it is for [default: the id]
    #[arg(long)]
    pub label: Option<String>,
    /// Write the token to this file, readable by its owner only, instead of printing it
    #[arg(long, value_name = "FILE")]
    pub token_out: Option<PathBuf>,
}
