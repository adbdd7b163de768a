//! Words of permission sets and of roles.

use bailiwick_policy::permission::ModuleGrant;
use clap::{Args, Subcommand};

use super::Listing;
use crate::cli::words::parse_module_grant;

/// Permission sets.
#[derive(Subcommand, Clone, Debug)]
pub enum SetVerb {
    /// A new custom one, from scratch or from another
    #[command(after_help = "Examples:\n  bailiwick --dev permission-set create 'Returns desk' --grant 'Member Care/Customer PII=V' --grant 'Member Care/Goodwill=V'\n  bailiwick --dev permission-set create 'Our explorers' --clone-of 'Membercare Explore'")]
    Create {
        /// Its name; the id is made from it.
        name: String,
        /// Free text
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
        /// What it grants on a sub-module: MODULE/SUB-MODULE=VCEDA, or =view,create; may be repeated
        #[arg(long = "grant", value_name = "GRANT", value_parser = parse_module_grant)]
        grants: Vec<ModuleGrant>,
        /// The set to start from: actions that aren't on offer are left out, and told
        #[arg(long, value_name = "SET")]
        clone_of: Option<String>,
    },
    /// List them, the standard ones too
    #[command(after_help = "Example:\n  bailiwick --dev permission-set list explore")]
    List(Listing),
    /// Show one with what it grants
    #[command(after_help = "Example:\n  bailiwick --dev permission-set show 'Membercare Explore'")]
    Show {
        /// Its id or name.
        set: String,
    },
    /// Change a custom one
    #[command(after_help = "Example:\n  bailiwick --dev permission-set edit 'Returns desk' --grant 'Member Care/Goodwill=-' --description 'no goodwill'")]
    Edit {
        /// Its id or name.
        set: String,
        /// A new name
        #[arg(long)]
        name: Option<String>,
        /// A new description
        #[arg(long)]
        description: Option<String>,
        /// What it grants on a sub-module: MODULE/SUB-MODULE=VCEDA, or `=-` for nothing; may be repeated
        #[arg(long = "grant", value_name = "GRANT", value_parser = parse_module_grant)]
        grants: Vec<ModuleGrant>,
    },
    /// Remove a custom one; with --force, from every user who has it
    #[command(after_help = "Example:\n  bailiwick --dev preview permission-set remove 'Returns desk' --force")]
    Remove {
        /// Its id or name.
        set: String,
        /// Although users have it
        #[arg(long)]
        force: bool,
    },
    /// The sub-modules there are, with the actions that custom sets may grant
    #[command(after_help = "Example:\n  bailiwick --dev permission-set modules 'Member Care'")]
    Modules(Listing),
}

/// What happens to the rights of a role.
#[derive(Args, Clone, Debug, Default)]
pub struct RightsEdit {
    /// These are its rights from now on; may be repeated
    #[arg(long = "right", value_name = "PRIVILEGE", value_delimiter = ',', conflicts_with_all = ["add", "drop"])]
    pub set: Vec<String>,
    /// Give it this right too; may be repeated
    #[arg(long = "add-right", value_name = "PRIVILEGE", value_delimiter = ',', conflicts_with = "drop")]
    pub add: Vec<String>,
    /// Take this right away; may be repeated
    #[arg(long = "drop-right", value_name = "PRIVILEGE", value_delimiter = ',')]
    pub drop: Vec<String>,
}

/// Roles.
#[derive(Subcommand, Clone, Debug)]
pub enum RoleVerb {
    /// A new custom one: privileges and endpoint privileges, mixed
    #[command(after_help = "Example:\n  bailiwick --dev role create exporter --name Exporter --right endpoint.ccadmin.executeExport --right endpoint.ccadmin.getExportProcess")]
    Create {
        /// Its id.
        id: String,
        /// Its name [default: the id]
        #[arg(long)]
        name: Option<String>,
        /// Free text
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
        /// A right of it; may be repeated
        #[arg(long = "right", value_name = "PRIVILEGE", value_delimiter = ',')]
        rights: Vec<String>,
    },
    /// List them, the predefined ones too
    #[command(after_help = "Example:\n  bailiwick --dev role list agent")]
    List(Listing),
    /// Show one with its rights
    #[command(after_help = "Example:\n  bailiwick --dev role show exporter")]
    Show {
        /// Its id or name.
        role: String,
    },
    /// Change a custom one
    #[command(after_help = "Example:\n  bailiwick --dev role edit exporter --add-right endpoint.ccadmin.abortExportProcess")]
    Edit {
        /// Its id or name.
        role: String,
        /// A new name
        #[arg(long)]
        name: Option<String>,
        /// A new description
        #[arg(long)]
        description: Option<String>,
        /// Its rights.
        #[command(flatten)]
        rights: RightsEdit,
    },
    /// Remove a custom one; with --force, from everybody who has it
    #[command(after_help = "Example:\n  bailiwick --dev preview role remove exporter --force")]
    Remove {
        /// Its id or name.
        role: String,
        /// Although it is held
        #[arg(long)]
        force: bool,
    },
    /// The privileges that roles may hold
    #[command(after_help = "Example:\n  bailiwick --dev role privileges export")]
    Privileges(Listing),
}
