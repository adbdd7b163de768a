//! Words of organisations and of places: zones, concepts, stores, tills.

use clap::{Args, Subcommand};

use crate::cli::words::parse_switch;

/// How much of a list.
#[derive(Args, Clone, Debug, Default)]
pub struct Listing {
    /// Only rows whose key or name contains this
    #[arg(value_name = "TEXT")]
    pub text: Option<String>,
    /// At most so many rows [default: all]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// Organisations.
#[derive(Subcommand, Clone, Debug)]
pub enum OrgVerb {
    /// A new one with its first owner and the built-in access groups
    #[command(after_help = "Example:\n  bailiwick --dev org create harbour --name 'Harbour & Field' --owner ada --owner-name 'Ada Voss'")]
    Create {
        /// Its code.
        code: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// Id of its first owner
        #[arg(long, value_name = "USER")]
        owner: String,
        /// Name of its first owner [default: the id]
        #[arg(long, value_name = "NAME")]
        owner_name: Option<String>,
    },
    /// List those that the caller sees
    #[command(after_help = "Example:\n  bailiwick --dev org list")]
    List(Listing),
    /// Show one
    #[command(after_help = "Example:\n  bailiwick --dev org show harbour")]
    Show {
        /// Its code.
        code: String,
    },
    /// Show its switches, or set some of them
    #[command(after_help = "Examples:\n  bailiwick --dev org settings\n  bailiwick --dev org settings --contact 'Ada Voss, 0191 555 0100' --least-privilege-registration on\n  bailiwick --dev org settings --approval required")]
    Settings {
        /// Whom to turn to; an empty text clears
        #[arg(long, value_name = "TEXT")]
        contact: Option<String>,
        /// An application registered without roles gets none: on or off
        #[arg(long, value_name = "ON|OFF", value_parser = parse_switch)]
        least_privilege_registration: Option<bool>,
        /// A change takes effect when a second person approves it: required or off
        #[arg(long, value_name = "required|off", value_parser = super::parse_approval)]
        approval: Option<bool>,
    },
    /// Rename one
    #[command(after_help = "Example:\n  bailiwick --dev org edit harbour --name 'Harbour and Field'")]
    Edit {
        /// Its code.
        code: String,
        /// Its new name
        #[arg(long)]
        name: String,
    },
}

/// Zones and concepts: two trees of the same shape.
#[derive(Subcommand, Clone, Debug)]
pub enum PlaceVerb {
    /// Create one
    #[command(after_help = "Example:\n  bailiwick --dev zone create isles --name 'Islands' --parent north")]
    Create {
        /// Its code.
        code: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// The one above
        #[arg(long, value_name = "CODE")]
        parent: Option<String>,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev zone list")]
    List(Listing),
    /// Show one
    #[command(after_help = "Example:\n  bailiwick --dev zone show north")]
    Show {
        /// Its code.
        code: String,
    },
    /// Change one
    #[command(after_help = "Example:\n  bailiwick --dev zone edit north --name 'The North'")]
    Edit {
        /// Its code.
        code: String,
        /// Its new name
        #[arg(long)]
        name: Option<String>,
        /// The one above; an empty text is none
        #[arg(long, value_name = "CODE")]
        parent: Option<String>,
    },
    /// Remove one without stores and without children
    #[command(after_help = "Example:\n  bailiwick --dev zone remove isles")]
    Remove {
        /// Its code.
        code: String,
    },
}

/// What a store has beside its code and name. An empty text clears.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Of the store (an empty text clears)")]
pub struct StoreFields {
    /// Its zone
    #[arg(long, value_name = "CODE")]
    pub zone: Option<String>,
    /// Its concept
    #[arg(long, value_name = "CODE")]
    pub concept: Option<String>,
    /// Ids in other systems, separated by `;`
    #[arg(long, value_name = "IDS")]
    pub external_ids: Option<String>,
    /// Degrees north
    #[arg(long, value_name = "DEGREES", allow_hyphen_values = true)]
    pub latitude: Option<String>,
    /// Degrees east
    #[arg(long, value_name = "DEGREES", allow_hyphen_values = true)]
    pub longitude: Option<String>,
    /// IANA name of its time zone
    #[arg(long, value_name = "NAME")]
    pub time_zone: Option<String>,
    /// BCP 47 tag of its language
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// ISO 4217 code of its currency
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
}

/// Stores.
#[derive(Subcommand, Clone, Debug)]
pub enum StoreVerb {
    /// Create one
    #[command(after_help = "Example:\n  bailiwick --dev store create north-40 --name 'Alnwick' --zone north --concept outlet")]
    Create {
        /// Its code.
        code: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// The rest.
        #[command(flatten)]
        fields: Box<StoreFields>,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev store list --zone north --group POS")]
    List {
        /// How much.
        #[command(flatten)]
        listing: Listing,
        /// Of this zone
        #[arg(long, value_name = "CODE")]
        zone: Option<String>,
        /// Of this concept
        #[arg(long, value_name = "CODE")]
        concept: Option<String>,
        /// With this access group in force
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,
        /// With --group: only where it is allocated, not inherited
        #[arg(long, requires = "group")]
        explicit: bool,
        /// Without a group of their own
        #[arg(long, conflicts_with = "group")]
        inheriting: bool,
        /// Active ones
        #[arg(long, conflicts_with = "suspended")]
        active: bool,
        /// Suspended ones
        #[arg(long)]
        suspended: bool,
    },
    /// Show one
    #[command(after_help = "Example:\n  bailiwick --dev store show north-7")]
    Show {
        /// Its code.
        code: String,
    },
    /// Remove one; its code is never given again
    #[command(after_help = "Example:\n  bailiwick --dev preview store remove north-40 --force")]
    Remove {
        /// Its code.
        code: String,
        /// Its tills go with it
        #[arg(long)]
        force: bool,
    },
    /// Change one
    #[command(after_help = "Example:\n  bailiwick --dev store edit north-7 --zone east --concept ''")]
    Edit {
        /// Its code.
        code: String,
        /// Its new name
        #[arg(long)]
        name: Option<String>,
        /// The rest.
        #[command(flatten)]
        fields: Box<StoreFields>,
    },
}

/// Tills.
#[derive(Subcommand, Clone, Debug)]
pub enum TillVerb {
    /// Create one
    #[command(after_help = "Example:\n  bailiwick --dev till create north-7/t9 --name 'Garden centre'")]
    Create {
        /// STORE/TILL.
        id: String,
        /// Its name
        #[arg(long)]
        name: Option<String>,
    },
    /// List them
    #[command(after_help = "Example:\n  bailiwick --dev till list --store north-7")]
    List {
        /// How much.
        #[command(flatten)]
        listing: Listing,
        /// Of this store
        #[arg(long, value_name = "STORE")]
        store: Option<String>,
    },
    /// Show one
    #[command(after_help = "Example:\n  bailiwick --dev till show north-7/t1")]
    Show {
        /// STORE/TILL.
        id: String,
    },
    /// Move one to another store: from then on it has that store's access group
    #[command(after_help = "Example:\n  bailiwick --dev till move north-7/t1 --to north-8")]
    Move {
        /// STORE/TILL.
        id: String,
        /// The store it goes to
        #[arg(long, value_name = "STORE")]
        to: String,
    },
    /// Remove one; its code is never given again in that store
    #[command(after_help = "Example:\n  bailiwick --dev till remove north-7/t9")]
    Remove {
        /// STORE/TILL.
        id: String,
    },
    /// Rename one; an empty name clears
    #[command(after_help = "Example:\n  bailiwick --dev till edit north-7/t1 --name 'Front till'")]
    Edit {
        /// STORE/TILL.
        id: String,
        /// Its new name
        #[arg(long)]
        name: String,
    },
}
