//! Words of users: who they are, and what is assigned to each.

use std::path::PathBuf;
use std::time::Duration;

use bailiwick_policy::object::{Audience, UserType};
use bailiwick_policy::place::Place;
use clap::{Args, Subcommand};

use super::Listing;
use super::assign::{Bundles, Placed};
use crate::cli::words::{parse_audience, parse_lasting, parse_place, parse_user_type};

/// What a user has beside its id, name and type. An empty text clears.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Of the user (an empty text clears)")]
pub struct UserFields {
    /// Its address, unique in the organisation
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Where it may act at all: org, zone:CODE, concept:CODE or store:CODE; may be repeated
    #[arg(long = "place", value_name = "PLACE", value_delimiter = ',', value_parser = parse_place, conflicts_with = "no_place")]
    pub places: Vec<Place>,
    /// It may act nowhere
    #[arg(long)]
    pub no_place: bool,
    /// What it is called, and the kind of place its assignments may lie at: NAME:org|zone|concept|store
    #[arg(long, value_name = "NAME:LEVEL")]
    pub designation: Option<String>,
    /// Title
    #[arg(long)]
    pub title: Option<String>,
    /// First name
    #[arg(long, value_name = "NAME")]
    pub first: Option<String>,
    /// Middle name
    #[arg(long, value_name = "NAME")]
    pub middle: Option<String>,
    /// Last name
    #[arg(long, value_name = "NAME")]
    pub last: Option<String>,
    /// A telephone number
    #[arg(long, value_name = "NUMBER")]
    pub mobile: Option<String>,
}

/// Users.
#[derive(Subcommand, Clone, Debug)]
pub enum UserVerb {
    /// Create one
    #[command(after_help = "Example:\n  bailiwick --dev user create bob --name 'Bob Hale' --email bob@harbour.example --place zone:north")]
    Create {
        /// Its id.
        id: String,
        /// Its name [default: the id]
        #[arg(long)]
        name: Option<String>,
        /// standard, admin or owner [default: standard]
        #[arg(long = "type", value_name = "TYPE", value_parser = parse_user_type)]
        user_type: Option<UserType>,
        /// employee or customer, for good [default: employee]
        #[arg(long, value_name = "AUDIENCE", value_parser = parse_audience)]
        audience: Option<Audience>,
        /// The rest.
        #[command(flatten)]
        fields: Box<UserFields>,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev user list hale")]
    List(Listing),
    /// Show one with its groups, permission sets and roles
    #[command(after_help = "Example:\n  bailiwick --dev user show bob")]
    Show {
        /// Its id.
        id: String,
    },
    /// Change one
    #[command(after_help = "Example:\n  bailiwick --dev user edit bob --type admin --place zone:north,zone:east")]
    Edit {
        /// Its id.
        id: String,
        /// A new name
        #[arg(long)]
        name: Option<String>,
        /// standard, admin or owner
        #[arg(long = "type", value_name = "TYPE", value_parser = parse_user_type)]
        user_type: Option<UserType>,
        /// The rest.
        #[command(flatten)]
        fields: Box<UserFields>,
    },
    /// Remove one; its id is never given again
    #[command(after_help = "Example:\n  bailiwick --dev preview user remove bob")]
    Remove {
        /// Its id.
        id: String,
        /// With all that is assigned to it
        #[arg(long)]
        force: bool,
    },
    /// Its permission sets, each at places
    #[command(subcommand, arg_required_else_help = true)]
    Sets(SetsVerb),
    /// Its internal roles
    #[command(subcommand, arg_required_else_help = true)]
    Roles(RolesVerb),
    /// The scopes that it holds, and by which group and access control
    #[command(after_help = "Example:\n  bailiwick --dev user scopes bob")]
    Scopes {
        /// Its id.
        id: String,
    },
    /// Make a one-time code with which it signs in by `login`; printed once and kept nowhere
    #[command(after_help = "Example:\n  bailiwick --dev user invite bob --lasts 3d")]
    Invite {
        /// Its id.
        id: String,
        /// How long the code can be used: 2h, 7d
        #[arg(long, value_name = "D", default_value = "7d", value_parser = parse_lasting)]
        lasts: Duration,
        /// Write the code to this file, readable by its owner only, instead of printing it
        #[arg(long, value_name = "FILE")]
        code_out: Option<PathBuf>,
    },
}

/// Permission sets of a user.
#[derive(Subcommand, Clone, Debug)]
pub enum SetsVerb {
    /// These are its permission sets from now on
    #[command(after_help = "Example:\n  bailiwick --dev preview user sets set bob 'Membercare Explore' --place zone:north")]
    Set(Placed),
    /// Give it permission sets, each at these places
    #[command(after_help = "Example:\n  bailiwick --dev user sets add bob 'MemberCare Create' --place store:north-7 --until 2026-12-31")]
    Add(Placed),
    /// Take permission sets away: at these places, or without --place everywhere
    #[command(after_help = "Example:\n  bailiwick --dev user sets remove bob 'MemberCare Create'")]
    Remove(Placed),
}

/// Internal roles of a user.
#[derive(Subcommand, Clone, Debug)]
pub enum RolesVerb {
    /// These are its roles from now on
    #[command(after_help = "Example:\n  bailiwick --dev preview user roles set bob 'CS Agent'")]
    Set(Bundles),
    /// Give it roles
    #[command(after_help = "Example:\n  bailiwick --dev user roles add bob 'CS Agent' --until 30d")]
    Add(Bundles),
    /// Take roles away
    #[command(after_help = "Example:\n  bailiwick --dev user roles remove bob 'CS Agent'")]
    Remove(Bundles),
}
