//! Words of resources, endpoints and access groups.

use bailiwick_policy::access::{Class, Level};
use clap::{Args, Subcommand};

use super::Listing;
use crate::cli::words::{CellOf, Grants, Narrowing, parse_cell, parse_grant, parse_narrowing, parse_switch};
use std::path::PathBuf;

/// Resources.
#[derive(Subcommand, Clone, Debug)]
pub enum ResourceVerb {
    /// Create one
    #[command(after_help = "Example:\n  bailiwick --dev resource create 'Gift cards' --description 'issue, redeem, balance'")]
    Create {
        /// Its name, which is its id.
        name: String,
        /// Free text
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
    },
    /// List them; the text finds them by their endpoints too
    #[command(after_help = "Example:\n  bailiwick --dev resource list points")]
    List(Listing),
    /// Show one with its endpoints
    #[command(after_help = "Example:\n  bailiwick --dev resource show Points")]
    Show {
        /// Its name.
        name: String,
    },
    /// Remove one without endpoints
    #[command(after_help = "Example:\n  bailiwick --dev resource remove 'Gift cards'")]
    Remove {
        /// Its name.
        name: String,
    },
}

/// What an endpoint has beside its method and path.
#[derive(Args, Clone, Debug, Default)]
pub struct EndpointFields {
    /// The resource it belongs to; an empty text is none
    #[arg(long, value_name = "NAME")]
    pub resource: Option<String>,
    /// Data or Config [default: Data]
    #[arg(long, value_name = "CLASS")]
    pub class: Option<Class>,
    /// Read or Write [default: by the method]
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// Its name; an empty text clears
    #[arg(long)]
    pub name: Option<String>,
    /// Scopes any of which opens it, separated by blanks, commas or `|`; an empty text is none
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<String>,
    /// All of its scopes are needed: on or off
    #[arg(long, value_name = "ON|OFF", value_parser = parse_switch, num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    pub all_scopes: Option<bool>,
    /// Permissions any of which opens it: MODULE/SUB-MODULE:ACTION, separated by commas or `|`; an empty text is none
    #[arg(long, value_name = "PERMISSIONS")]
    pub permissions: Option<String>,
    /// It is for everybody: on or off
    #[arg(long, value_name = "ON|OFF", value_parser = parse_switch, num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    pub open: Option<bool>,
    /// It is about one instance, which own scopes must be asked for: on or off [default: by its template]
    #[arg(long, value_name = "ON|OFF", value_parser = parse_switch, num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    pub instance: Option<bool>,
}

/// Endpoints.
#[derive(Subcommand, Clone, Debug)]
pub enum EndpointVerb {
    /// Create one
    #[command(after_help = "Examples:\n  bailiwick --dev endpoint create GET '/v2/gift-cards/{id}' --resource 'Gift cards'\n  bailiwick --dev endpoint create GET /v2/health --open\n  bailiwick --dev endpoint create GET '/warranty/{tenant}/claims' --scopes 'warranty.warranty_read,warranty.warranty_manage'")]
    Create {
        /// The HTTP method.
        method: String,
        /// The path template.
        path: String,
        /// The rest.
        #[command(flatten)]
        fields: EndpointFields,
    },
    /// List them; the text finds them by path, name and resource
    #[command(after_help = "Example:\n  bailiwick --dev endpoint list --resource Points --class config")]
    List {
        /// How much.
        #[command(flatten)]
        listing: Listing,
        /// Of this resource
        #[arg(long, value_name = "NAME")]
        resource: Option<String>,
        /// Data or Config
        #[arg(long, value_name = "CLASS")]
        class: Option<Class>,
    },
    /// Show one
    #[command(after_help = "Example:\n  bailiwick --dev endpoint show GET '/v2/customers/{id}'")]
    Show {
        /// The HTTP method.
        method: String,
        /// The path template.
        path: String,
    },
    /// Change one
    #[command(after_help = "Example:\n  bailiwick --dev endpoint edit POST /v2/customers/search --level Read")]
    Edit {
        /// The HTTP method.
        method: String,
        /// The path template.
        path: String,
        /// The rest.
        #[command(flatten)]
        fields: EndpointFields,
    },
    /// Remove one
    #[command(after_help = "Example:\n  bailiwick --dev endpoint remove GET '/v2/gift-cards/{id}'")]
    Remove {
        /// The HTTP method.
        method: String,
        /// The path template.
        path: String,
    },
}

/// Narrowed cells (AG-6).
#[derive(Args, Clone, Debug, Default)]
pub struct Narrowings {
    /// Narrow a cell to these endpoints alone: RESOURCE[:data|:config]=METHOD /path,METHOD /path; may be repeated
    #[arg(long, value_name = "CELL=ENDPOINTS", value_parser = parse_narrowing)]
    pub only: Vec<Narrowing>,
    /// Narrow a cell to all but these endpoints; a cell has --only or --except, never both
    #[arg(long, value_name = "CELL=ENDPOINTS", value_parser = parse_narrowing)]
    pub except: Vec<Narrowing>,
}

/// Access groups.
#[derive(Subcommand, Clone, Debug)]
pub enum GroupVerb {
    /// A new custom group
    #[command(after_help = "Example:\n  bailiwick --dev access-group create 'Kiosk' --grant Customer=R --grant 'Points=RW' --grant 'Store:config=R'\n  bailiwick --dev access-group create 'Till search' --grant Customer=R --only 'Customer:Data=GET /v2/customers/{id},POST /v2/customers/search'")]
    Create {
        /// Its name; the id is made from it.
        name: String,
        /// Free text
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
        /// A cell of its matrix: RESOURCE[:data|:config]=R|W|RW; may be repeated
        #[arg(long = "grant", value_name = "CELL", value_parser = parse_grant)]
        grants: Vec<Grants>,
        /// Narrowed cells.
        #[command(flatten)]
        narrowings: Narrowings,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev access-group list --active")]
    List {
        /// How much.
        #[command(flatten)]
        listing: Listing,
        /// Active ones
        #[arg(long, conflicts_with = "inactive")]
        active: bool,
        /// Inactive ones
        #[arg(long)]
        inactive: bool,
    },
    /// Show one with its matrix
    #[command(after_help = "Example:\n  bailiwick --dev access-group show POS")]
    Show {
        /// Its id or name.
        group: String,
    },
    /// Change a custom group: in force for every store that has it
    #[command(after_help = "Example:\n  bailiwick --dev preview access-group edit Kiosk --grant Points=R --grant Customer=none\n  bailiwick --dev access-group edit Kiosk --except 'Points=DELETE /v2/points/{id}' --widen Customer")]
    Edit {
        /// Its id or name.
        group: String,
        /// A new name
        #[arg(long)]
        name: Option<String>,
        /// A new description
        #[arg(long)]
        description: Option<String>,
        /// A cell of its matrix: RESOURCE[:data|:config]=R|W|RW|none; may be repeated
        #[arg(long = "grant", value_name = "CELL", value_parser = parse_grant)]
        grants: Vec<Grants>,
        /// Narrowed cells.
        #[command(flatten)]
        narrowings: Narrowings,
        /// Take a cell's narrowing away: RESOURCE[:data|:config]; may be repeated
        #[arg(long, value_name = "CELL", value_parser = parse_cell)]
        widen: Vec<CellOf>,
    },
    /// Take a custom group out of use: no store may have it
    #[command(after_help = "Example:\n  bailiwick --dev access-group deactivate Kiosk --reason 'season is over'")]
    Deactivate {
        /// Its id or name.
        group: String,
    },
    /// Take a group into use again
    #[command(after_help = "Example:\n  bailiwick --dev access-group reactivate Kiosk")]
    Reactivate {
        /// Its id or name.
        group: String,
    },
    /// The stores that have a group as CSV, and whether it is theirs or the default
    #[command(after_help = "Example:\n  bailiwick --dev access-group stores POS --out pos-stores.csv")]
    Stores {
        /// Its id or name.
        group: String,
        /// The file to write [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}
