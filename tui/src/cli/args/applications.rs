//! Words of applications and their keys.

use std::path::PathBuf;
use std::time::Duration;

use bailiwick_policy::object::ApplicationType;
use clap::{Args, Subcommand};

use super::Listing;
use super::assign::Bundles;
use crate::cli::words::{parse_lasting, parse_switch};

/// A key that is made here: its hash is what travels.
#[derive(Args, Clone, Debug, Default)]
pub struct KeyFlags {
    /// How long the key lets in: 1d to 365d [default: for ever]
    #[arg(long, value_name = "D", value_parser = parse_lasting)]
    pub key_lasts: Option<Duration>,
    /// The key's id, unique in the cluster [default: made from the application's]
    #[arg(long, value_name = "ID")]
    pub key_id: Option<String>,
    /// Write the key to this file, readable by its owner only, instead of printing it
    #[arg(long, value_name = "FILE")]
    pub key_out: Option<PathBuf>,
}

/// Applications.
#[derive(Subcommand, Clone, Debug)]
pub enum ApplicationVerb {
    /// Register one; its key is printed once and kept nowhere
    #[command(after_help = "Example:\n  bailiwick --dev application register erp --name ERP --role exporter --key-lasts 90d")]
    Register {
        /// Its internal id.
        id: String,
        /// Its name [default: the id]
        #[arg(long)]
        name: Option<String>,
        /// application or extension, for good
        #[arg(long = "type", value_name = "TYPE", default_value = "application")]
        kind: ApplicationType,
        /// A role, instead of the default one; may be repeated
        #[arg(long = "role", value_name = "ROLE", value_delimiter = ',', conflicts_with = "no_roles")]
        roles: Vec<String>,
        /// No role at all, not even the default one
        #[arg(long)]
        no_roles: bool,
        /// A scope of its credential; may be repeated
        #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
        scopes: Vec<String>,
        /// An access group of its own
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,
        /// Where it came from
        #[arg(long, value_name = "TEXT")]
        source: Option<String>,
        /// It is somebody else's
        #[arg(long)]
        external: bool,
        /// Without a key: `rotate-key` makes one
        #[arg(long, conflicts_with_all = ["key_lasts", "key_id", "key_out"])]
        without_key: bool,
        /// Its first key.
        #[command(flatten)]
        key: KeyFlags,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev application list")]
    List(Listing),
    /// Show one with its roles
    #[command(after_help = "Example:\n  bailiwick --dev application show erp")]
    Show {
        /// Its id.
        id: String,
    },
    /// Change one; its type never changes
    #[command(after_help = "Example:\n  bailiwick --dev application edit erp --scope order.order_read --group ''")]
    Edit {
        /// Its id.
        id: String,
        /// A new name
        #[arg(long)]
        name: Option<String>,
        /// Its access group; an empty text is none
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,
        /// These are the scopes of its credential from now on; may be repeated
        #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', conflicts_with = "no_scopes")]
        scopes: Vec<String>,
        /// Its credential has no scopes
        #[arg(long)]
        no_scopes: bool,
        /// Where it came from; an empty text clears
        #[arg(long, value_name = "TEXT")]
        source: Option<String>,
        /// Whether it is somebody else's: on or off
        #[arg(long, value_name = "ON|OFF", value_parser = parse_switch, num_args = 0..=1, require_equals = true, default_missing_value = "on")]
        external: Option<bool>,
    },
    /// Remove one with its keys; its id is never given again
    #[command(after_help = "Example:\n  bailiwick --dev preview application remove erp")]
    Remove {
        /// Its id.
        id: String,
        /// With all that is assigned to it
        #[arg(long)]
        force: bool,
    },
    /// Its roles
    #[command(subcommand, arg_required_else_help = true)]
    Roles(ApplicationRoles),
    /// A new key, printed once; the older ones are revoked at once, or end after an overlap
    #[command(after_help = "Example:\n  bailiwick --dev application rotate-key erp --overlap 2h --key-lasts 90d")]
    RotateKey {
        /// Its id.
        id: String,
        /// How long the older keys still let in: 30m, 2h, 7d
        #[arg(long, value_name = "D", value_parser = parse_lasting)]
        overlap: Option<Duration>,
        /// The new key.
        #[command(flatten)]
        key: KeyFlags,
    },
}

/// Roles of an application.
#[derive(Subcommand, Clone, Debug)]
pub enum ApplicationRoles {
    /// These are its roles from now on; none denies everything
    #[command(after_help = "Example:\n  bailiwick --dev preview application roles set erp exporter")]
    Set(Bundles),
    /// Give it roles
    #[command(after_help = "Example:\n  bailiwick --dev application roles add erp exporter --until 30d")]
    Add(Bundles),
    /// Take roles away
    #[command(after_help = "Example:\n  bailiwick --dev application roles remove erp exporter")]
    Remove(Bundles),
}

/// Endpoint privileges.
#[derive(Subcommand, Clone, Debug)]
pub enum EndpointPrivilegeVerb {
    /// Always refused: endpoint privileges are predefined, and `role privileges endpoint.` lists them
    #[command(after_help = "Example:\n  bailiwick --dev endpoint-privilege create endpoint.ccadmin.getSites")]
    Create {
        /// Its id.
        id: String,
    },
}
