//! Words of user groups.

use bailiwick_policy::object::Audience;
use clap::Subcommand;

use super::Listing;
use super::assign::{Bundles, Placed};
use crate::cli::words::parse_audience;

/// User groups.
#[derive(Subcommand, Clone, Debug)]
pub enum UserGroupVerb {
    /// A new one
    #[command(after_help = "Example:\n  bailiwick --dev user-group create 'Service desk' --description 'warranties and returns'")]
    Create {
        /// Its name; the id is made from it.
        name: String,
        /// Free text
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
        /// Whom it is for: employee or customer [default: employee]
        #[arg(long, value_name = "AUDIENCE", value_parser = parse_audience)]
        audience: Option<Audience>,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev user-group list desk")]
    List(Listing),
    /// Show one with its access controls and its members
    #[command(after_help = "Example:\n  bailiwick --dev user-group show 'Service desk'")]
    Show {
        /// Its id or name.
        group: String,
    },
    /// Change its name or description
    #[command(after_help = "Example:\n  bailiwick --dev user-group edit 'Service desk' --name 'Service'")]
    Edit {
        /// Its id or name.
        group: String,
        /// A new name
        #[arg(long)]
        name: Option<String>,
        /// A new description
        #[arg(long)]
        description: Option<String>,
    },
    /// Remove one; with --force, its members leave it
    #[command(after_help = "Example:\n  bailiwick --dev preview user-group remove 'Service desk' --force")]
    Remove {
        /// Its id or name.
        group: String,
        /// Although it has members
        #[arg(long)]
        force: bool,
    },
    /// Its access controls
    #[command(subcommand, arg_required_else_help = true)]
    Controls(ControlsVerb),
    /// Its members
    #[command(subcommand, arg_required_else_help = true)]
    Members(MembersVerb),
}

/// Access controls of a user group. Without a place they reach the whole organisation.
#[derive(Subcommand, Clone, Debug)]
pub enum ControlsVerb {
    /// These are its access controls from now on
    #[command(after_help = "Example:\n  bailiwick --dev preview user-group controls set 'Service desk' 'Warranty desk'")]
    Set(Placed),
    /// Give it access controls
    #[command(after_help = "Example:\n  bailiwick --dev user-group controls add 'Service desk' 'Warranty desk' --place zone:north --until 30d")]
    Add(Placed),
    /// Take access controls away
    #[command(after_help = "Example:\n  bailiwick --dev user-group controls remove 'Service desk' 'Warranty desk'")]
    Remove(Placed),
}

/// Members of a user group.
#[derive(Subcommand, Clone, Debug)]
pub enum MembersVerb {
    /// These users are its members from now on
    #[command(after_help = "Example:\n  bailiwick --dev preview user-group members set 'Service desk' bob cleo")]
    Set(Bundles),
    /// Users join it
    #[command(after_help = "Example:\n  bailiwick --dev user-group members add 'Service desk' bob --until 7d")]
    Add(Bundles),
    /// Users leave it
    #[command(after_help = "Example:\n  bailiwick --dev user-group members remove 'Service desk' bob")]
    Remove(Bundles),
}
