//! Faults planted into the translation, to show that a difference would be seen: each is a rule read wrongly.

use std::str::FromStr;

macro_rules! plants {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A rule read wrongly.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Plant {
            $($(#[$doc])* $name,)*
        }

        impl Plant {
            /// All of them, with the names by which they are asked for.
            pub const ALL: &[(&str, Self)] = &[$(($text, Self::$name),)*];
        }
    };
}

plants! {
    /// A cell around endpoints reaches those too.
    ExceptIgnored = "except-ignored",
    /// A cell narrowed to endpoints reaches all of its resource.
    OnlyIgnored = "only-ignored",
    /// Write includes Read.
    WriteReads = "write-reads",
    /// Data and Config are one.
    ClassesMerged = "classes-merged",
    /// A store with a group of its own has the default's rights too.
    DefaultUnites = "default-unites",
    /// A suspended store doesn't close its tills.
    StoreGateDropped = "store-gate-dropped",
    /// Groups that observe enforce.
    ObserveEnforces = "observe-enforces",
    /// A parameter beats a literal.
    ParameterFirst = "parameter-first",
    /// Bounds in time are not read.
    TimeIgnored = "time-ignored",
    /// Managing doesn't include reading.
    EdgeDropped = "edge-dropped",
    /// A global scope doesn't win over an own one.
    GlobalLoses = "global-loses",
    /// Whose an instance is makes no difference.
    OwnershipIgnored = "ownership-ignored",
    /// Any of several scopes does where all are needed.
    AllIsAny = "all-is-any",
    /// The platform's default scopes are held without any control.
    DefaultsAlways = "defaults-always",
    /// What the catalogue has dropped still grants.
    TombstonesLive = "tombstones-live",
    /// A grant at places reaches everywhere.
    GrantPlacesIgnored = "grant-places-ignored",
    /// A user's own places bound nothing.
    UserPlacesIgnored = "user-places-ignored",
    /// Standard sets grant only what custom ones may.
    StandardSetsFiltered = "standard-sets-filtered",
    /// Roles that came with a registration grant what they hold.
    InertRolesGrant = "inert-roles-grant",
    /// An endpoint's own privilege opens nothing.
    EndpointPrivilegesIgnored = "endpoint-privileges-ignored",
    /// Applications reach registrations of either type.
    RegistrationsOpen = "registrations-open",
    /// The place of administration must be open too.
    AdministrationGated = "administration-gated",
    /// Keys don't end.
    KeysIgnored = "keys-ignored",
}

impl FromStr for Plant {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, plant)| *plant);
        let names: Vec<&str> = Self::ALL.iter().map(|(name, _)| *name).collect();
        found.ok_or_else(|| format!("`{text}` is no plant: there are {}", names.join(", ")))
    }
}
