//! Words of assignments: what is done with them, where they lie and when they are in force.

use bailiwick_policy::ids::Tick;
use bailiwick_policy::place::{Bounds, Place};
use clap::Args;

use crate::cli::words::{parse_ahead, parse_place};

/// Where an assignment lies.
#[derive(Args, Clone, Debug, Default)]
pub struct Places {
    /// Where: org, zone:CODE, concept:CODE or store:CODE, and all below; may be repeated
    #[arg(long = "place", value_name = "PLACE", value_delimiter = ',', value_parser = parse_place)]
    pub places: Vec<Place>,
}

/// When an assignment is in force.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct When {
    /// In force from then on: a date, a time as in RFC 3339, or how long from now (8h, 7d)
    #[arg(long, value_name = "TIME", value_parser = parse_ahead)]
    pub from: Option<Tick>,
    /// In force until then: written as `--from`
    #[arg(long, value_name = "TIME", value_parser = parse_ahead)]
    pub until: Option<Tick>,
}

impl When {
    /// The same as bounds.
    pub fn bounds(self) -> Bounds {
        Bounds { not_before: self.from, not_after: self.until }
    }
}

/// Bundles of one holder, without places.
#[derive(Args, Clone, Debug)]
pub struct Bundles {
    /// Whose.
    #[arg(value_name = "ID")]
    pub holder: String,
    /// Which, by id or name.
    #[arg(value_name = "NAME")]
    pub bundles: Vec<String>,
    /// When.
    #[command(flatten)]
    pub when: When,
}

/// Bundles of one holder, at places.
#[derive(Args, Clone, Debug)]
pub struct Placed {
    /// Whose.
    #[arg(value_name = "ID")]
    pub holder: String,
    /// Which, by id or name.
    #[arg(value_name = "NAME")]
    pub bundles: Vec<String>,
    /// Where.
    #[command(flatten)]
    pub places: Places,
    /// When.
    #[command(flatten)]
    pub when: When,
}
