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
}

impl FromStr for Plant {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, plant)| *plant);
        let names: Vec<&str> = Self::ALL.iter().map(|(name, _)| *name).collect();
        found.ok_or_else(|| format!("`{text}` is no plant: there are {}", names.join(", ")))
    }
}
