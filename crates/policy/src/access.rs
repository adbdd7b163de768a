//! What an access group grants: levels of a class of a resource, narrowed to some endpoints if need be (AG-1 to AG-6).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{EndpointId, ResourceId};

/// Data API or Config API. Every endpoint has exactly one (AG-7).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Endpoints of data: customers, points, coupons.
    #[default]
    Data,
    /// Endpoints of configuration: series, templates.
    Config,
}

impl Class {
    /// Both, in the order they are shown.
    pub const ALL: [Self; 2] = [Self::Data, Self::Config];
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Data => "Data",
            Self::Config => "Config",
        })
    }
}

impl FromStr for Class {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "data" => Ok(Self::Data),
            "config" => Ok(Self::Config),
            _ => Err(format!("`{text}` is no class: it is `Data` or `Config`")),
        }
    }
}

/// The level that an endpoint asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Reading: GET by default, and a POST that is a search.
    Read,
    /// Everything else.
    Write,
}

impl Level {
    /// The level a method has unless the catalogue says otherwise (AG-4).
    pub fn of_method(method: &str) -> Self {
        match method {
            "GET" | "HEAD" => Self::Read,
            _other => Self::Write,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Read => "Read",
            Self::Write => "Write",
        })
    }
}

impl FromStr for Level {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "read" | "r" => Ok(Self::Read),
            "write" | "w" => Ok(Self::Write),
            _ => Err(format!("`{text}` is no level: it is `Read` or `Write`")),
        }
    }
}

bitflags::bitflags! {
    /// The permission of a cell: a set, so that Write does not imply Read (AG-5).
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
    pub struct Levels: u8 {
        /// Read.
        const R = 1;
        /// Write.
        const W = 2;
    }
}

impl Levels {
    /// The levels that let an endpoint of this method and level pass: any of them will do.
    /// A POST that reads is permitted by Write, as always, and by Read too (AG-4).
    pub fn needed(method: &str, level: Level) -> Self {
        match (level, method) {
            (Level::Write, _) => Self::W,
            (Level::Read, "GET" | "HEAD") => Self::R,
            (Level::Read, _) => Self::R | Self::W,
        }
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match (self.contains(Self::R), self.contains(Self::W)) {
            (false, false) => "None",
            (true, false) => "Read",
            (false, true) => "Write",
            (true, true) => "Read+Write",
        })
    }
}

impl FromStr for Levels {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "none" | "" | "-" => Ok(Self::empty()),
            "read" | "r" => Ok(Self::R),
            "write" | "w" => Ok(Self::W),
            "read+write" | "rw" | "all" => Ok(Self::R | Self::W),
            _ => Err(format!("`{text}` is no permission: it is `None`, `Read`, `Write` or `Read+Write`")),
        }
    }
}

impl Serialize for Levels {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.bits())
    }
}

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bits = u8::deserialize(deserializer)?;
        Self::from_bits(bits).ok_or_else(|| serde::de::Error::custom(format!("levels have no bits {bits:#x}")))
    }
}

/// One cell of a group's matrix.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grant {
    /// The resource, whether or not the org's catalogue has it (AG-10: then it is inert and shown so).
    pub resource: ResourceId,
    /// Data or Config.
    pub class: Class,
    /// What is granted; an empty set is no cell.
    pub levels: Levels,
    /// To which of its endpoints; none is all of them. It stands last and is left out when there is none: a cell
    /// without it has the bytes that it had before narrowing existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrow: Option<Narrow>,
}

/// To which endpoints a cell is narrowed (AG-6). Endpoints that the catalogue has lost stay named, and mean nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Narrow {
    /// To these alone; what is added to the resource later is not among them.
    Only(Vec<EndpointId>),
    /// To all but these.
    Except(Vec<EndpointId>),
}

impl Narrow {
    /// The endpoints it names, in order.
    pub fn endpoints(&self) -> &[EndpointId] {
        match self {
            Self::Only(endpoints) | Self::Except(endpoints) => endpoints,
        }
    }

    /// The same with its endpoints in order, each once.
    pub fn in_order(mut self) -> Self {
        match &mut self {
            Self::Only(endpoints) | Self::Except(endpoints) => {
                endpoints.sort_unstable();
                endpoints.dedup();
            }
        }
        self
    }
}

impl fmt::Display for Narrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, endpoints) = match self {
            Self::Only(endpoints) => ("only", endpoints),
            Self::Except(endpoints) => ("except", endpoints),
        };
        write!(f, "{word} ")?;
        for (place, endpoint) in endpoints.iter().enumerate() {
            write!(f, "{}{endpoint}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Grant {
    /// A cell over all endpoints of the resource in that class.
    pub fn whole(resource: ResourceId, class: Class, levels: Levels) -> Self {
        Self { resource, class, levels, narrow: None }
    }

    /// Whether the cell reaches an endpoint of its resource and class.
    pub fn admits(&self, endpoint: &EndpointId) -> bool {
        match &self.narrow {
            None => true,
            Some(Narrow::Only(endpoints)) => endpoints.binary_search(endpoint).is_ok(),
            Some(Narrow::Except(endpoints)) => endpoints.binary_search(endpoint).is_err(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ag_4_levels_needed() {
        assert_eq!(Levels::needed("GET", Level::of_method("GET")), Levels::R);
        for method in ["POST", "PUT", "PATCH", "DELETE", "PURGE"] {
            assert_eq!(Levels::needed(method, Level::of_method(method)), Levels::W, "{method}");
        }
        assert_eq!(Levels::needed("POST", Level::Read), Levels::R | Levels::W);
        assert_eq!(Levels::needed("GET", Level::Write), Levels::W);
    }
}
