//! Words of scopes, entities and access controls.

use bailiwick_policy::object::Audience;
use clap::{Args, Subcommand};

use super::Listing;
use crate::cli::words::parse_audience;

/// Scopes.
#[derive(Subcommand, Clone, Debug)]
pub enum ScopeVerb {
    /// Define one: nobody's access changes until it is assigned
    #[command(after_help = "Example:\n  bailiwick --dev scope create orders.approve --description 'approve large orders'")]
    Create {
        /// Its name, which is its id.
        id: String,
        /// Free text
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
        /// It reaches only what its holder created or is assigned to
        #[arg(long)]
        own: bool,
    },
    /// List them: the platform's, the organisation's, and those that entities bring
    #[command(after_help = "Example:\n  bailiwick --dev scope list order")]
    List(Listing),
    /// Show one
    #[command(after_help = "Example:\n  bailiwick --dev scope show orders.approve")]
    Show {
        /// Its name.
        id: String,
    },
    /// Remove one that the organisation defined
    #[command(after_help = "Example:\n  bailiwick --dev scope remove orders.approve")]
    Remove {
        /// Its name.
        id: String,
    },
}

/// Custom entities.
#[derive(Subcommand, Clone, Debug)]
pub enum EntityVerb {
    /// Create one: it brings four scopes (read and manage, of all instances or one's own) and a node of the navigation
    #[command(after_help = "Example:\n  bailiwick --dev entity create warranty --name Warranties")]
    Create {
        /// Its id, part of its scopes.
        id: String,
        /// Its name [default: the id]
        #[arg(long)]
        name: Option<String>,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev entity list")]
    List(Listing),
    /// Show one with its scopes
    #[command(after_help = "Example:\n  bailiwick --dev entity show warranty")]
    Show {
        /// Its id.
        id: String,
    },
    /// Remove one
    #[command(after_help = "Example:\n  bailiwick --dev entity remove warranty")]
    Remove {
        /// Its id.
        id: String,
    },
}

/// What happens to the scopes of an access control.
#[derive(Args, Clone, Debug, Default)]
pub struct ScopesEdit {
    /// These are its scopes from now on; may be repeated
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', conflicts_with_all = ["add", "drop"])]
    pub set: Vec<String>,
    /// Give it this scope too; may be repeated
    #[arg(long = "add-scope", value_name = "SCOPE", value_delimiter = ',', conflicts_with = "drop")]
    pub add: Vec<String>,
    /// Take this scope away; may be repeated
    #[arg(long = "drop-scope", value_name = "SCOPE", value_delimiter = ',')]
    pub drop: Vec<String>,
}

/// Access controls.
#[derive(Subcommand, Clone, Debug)]
pub enum ControlVerb {
    /// A new one: a named set of scopes, for user groups
    #[command(after_help = "Example:\n  bailiwick --dev access-control create 'Warranty desk' --scope warranty.warranty_manage --scope product.product_read")]
    Create {
        /// Its name; the id is made from it.
        name: String,
        /// Free text
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
        /// Only for groups of this audience, for good: employee or customer
        #[arg(long, value_name = "AUDIENCE", value_parser = parse_audience)]
        audience: Option<Audience>,
        /// A scope of it; may be repeated
        #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', required = true)]
        scopes: Vec<String>,
    },
    /// List them, the predefined ones too
    #[command(after_help = "Example:\n  bailiwick --dev access-control list order")]
    List(Listing),
    /// Show one with its scopes
    #[command(after_help = "Example:\n  bailiwick --dev access-control show 'Warranty desk'")]
    Show {
        /// Its id or name.
        control: String,
    },
    /// Change one: in force for every group that has it
    #[command(after_help = "Examples:\n  bailiwick --dev access-control edit 'Warranty desk' --add-scope category.category_read\n  bailiwick --dev preview access-control edit 'Warranty desk' --scope warranty.warranty_read")]
    Edit {
        /// Its id or name.
        control: String,
        /// A new name
        #[arg(long)]
        name: Option<String>,
        /// A new description
        #[arg(long)]
        description: Option<String>,
        /// Its scopes.
        #[command(flatten)]
        scopes: ScopesEdit,
    },
    /// Remove one; with --force, from every group that has it
    #[command(after_help = "Example:\n  bailiwick --dev preview access-control remove 'Warranty desk' --force")]
    Remove {
        /// Its id or name.
        control: String,
        /// Detach it everywhere
        #[arg(long)]
        force: bool,
    },
}
