//! Where something holds: the org, a zone, a concept or a store; and for how long.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::*;
use crate::state::OrgState;

/// A place that an assignment lies at. A zone or a concept covers all that is below it, now and later (UM-9).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "Arc<str>", into = "Arc<str>")]
pub enum Place {
    /// The whole org.
    Org,
    /// A zone and what is below it.
    Zone(ZoneCode),
    /// A concept and what is below it.
    Concept(ConceptCode),
    /// One store.
    Store(StoreCode),
}

impl Place {
    /// Its level (UM-16).
    pub fn level(&self) -> PlaceLevel {
        match self {
            Self::Org => PlaceLevel::Org,
            Self::Zone(_) => PlaceLevel::Zone,
            Self::Concept(_) => PlaceLevel::Concept,
            Self::Store(_) => PlaceLevel::Store,
        }
    }

    /// Its id in an org.
    pub fn id(&self, org: &OrgCode) -> ObjectId {
        match self {
            Self::Org => ObjectId::Org(org.clone()),
            Self::Zone(code) => ObjectId::Zone(org.clone(), code.clone()),
            Self::Concept(code) => ObjectId::Concept(org.clone(), code.clone()),
            Self::Store(code) => ObjectId::Store(org.clone(), code.clone()),
        }
    }

    /// Whether the org has it.
    pub fn is_known(&self, org: &OrgState) -> bool {
        match self {
            Self::Org => true,
            Self::Zone(code) => org.zones.contains_key(code),
            Self::Concept(code) => org.concepts.contains_key(code),
            Self::Store(code) => org.stores.contains_key(code),
        }
    }

    /// Whether all of another place lies in it.
    pub fn covers(&self, org: &OrgState, other: &Self) -> bool {
        match (self, other) {
            (Self::Org, _) => true,
            (Self::Zone(outer), Self::Zone(inner)) => zone_within(org, inner, outer),
            (Self::Concept(outer), Self::Concept(inner)) => concept_within(org, inner, outer),
            (Self::Zone(outer), Self::Store(store)) => {
                org.stores.get(store).and_then(|s| s.zone.as_ref()).is_some_and(|zone| zone_within(org, zone, outer))
            }
            (Self::Concept(outer), Self::Store(store)) => {
                org.stores.get(store).and_then(|s| s.concept.as_ref()).is_some_and(|concept| concept_within(org, concept, outer))
            }
            (Self::Store(outer), Self::Store(inner)) => outer == inner,
            (Self::Zone(_), Self::Org | Self::Concept(_))
            | (Self::Concept(_), Self::Org | Self::Zone(_))
            | (Self::Store(_), Self::Org | Self::Zone(_) | Self::Concept(_)) => false,
        }
    }

    /// Whether two places may have a store in common, now or after a move: one lies in the other, or one is a zone and
    /// the other a concept.
    pub fn may_meet(&self, org: &OrgState, other: &Self) -> bool {
        let crossing = matches!((self, other), (Self::Zone(_), Self::Concept(_)) | (Self::Concept(_), Self::Zone(_)));
        crossing || self.covers(org, other) || other.covers(org, self)
    }
}

/// Whether any of the places covers another.
pub fn cover(places: &[Place], org: &OrgState, other: &Place) -> bool {
    places.iter().any(|place| place.covers(org, other))
}

/// Whether a zone is another or lies below it. Trees have few levels and no cycles.
fn zone_within(org: &OrgState, inner: &ZoneCode, outer: &ZoneCode) -> bool {
    let above = |code: &ZoneCode| org.zones.get(code).and_then(|zone| zone.parent.clone());
    std::iter::successors(Some(inner.clone()), above).take(crate::limits::TREE_LEVELS_MAX + 1).any(|code| code == *outer)
}

fn concept_within(org: &OrgState, inner: &ConceptCode, outer: &ConceptCode) -> bool {
    let above = |code: &ConceptCode| org.concepts.get(code).and_then(|concept| concept.parent.clone());
    std::iter::successors(Some(inner.clone()), above).take(crate::limits::TREE_LEVELS_MAX + 1).any(|code| code == *outer)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Org => f.pad("org"),
            Self::Zone(code) => f.pad(&format!("zone:{code}")),
            Self::Concept(code) => f.pad(&format!("concept:{code}")),
            Self::Store(code) => f.pad(&format!("store:{code}")),
        }
    }
}

impl FromStr for Place {
    type Err = String;

    /// `org`, `zone:CODE`, `concept:CODE` or `store:CODE`; the level in any case (UM-16).
    fn from_str(text: &str) -> Result<Self, String> {
        let no = || format!("`{}` is no place: it is `org`, `zone:CODE`, `concept:CODE` or `store:CODE`", text.escape_default());
        if text.trim().eq_ignore_ascii_case("org") {
            return Ok(Self::Org);
        }
        let (level, code) = text.trim().split_once(':').ok_or_else(no)?;
        match level.parse::<PlaceLevel>().map_err(|_unknown| no())? {
            PlaceLevel::Org => Err(no()),
            PlaceLevel::Zone => code.parse().map(Self::Zone).map_err(|why: BadId| why.to_string()),
            PlaceLevel::Concept => code.parse().map(Self::Concept).map_err(|why: BadId| why.to_string()),
            PlaceLevel::Store => code.parse().map(Self::Store).map_err(|why: BadId| why.to_string()),
        }
    }
}

impl TryFrom<Arc<str>> for Place {
    type Error = String;
    fn try_from(text: Arc<str>) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Place> for Arc<str> {
    fn from(place: Place) -> Self {
        place.to_string().into()
    }
}

/// The kind of a place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceLevel {
    /// The org.
    Org,
    /// A zone.
    Zone,
    /// A concept.
    Concept,
    /// A store.
    Store,
}

impl fmt::Display for PlaceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Org => "org",
            Self::Zone => "zone",
            Self::Concept => "concept",
            Self::Store => "store",
        })
    }
}

impl FromStr for PlaceLevel {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "org" => Ok(Self::Org),
            "zone" => Ok(Self::Zone),
            "concept" => Ok(Self::Concept),
            "store" => Ok(Self::Store),
            _other => Err(format!("`{}` is no level: it is `org`, `zone`, `concept` or `store`", text.escape_default())),
        }
    }
}

/// From when and until when an assignment or a key is in force, in replicated time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Bounds {
    /// In force from this moment on; none from the beginning.
    #[serde(default)]
    pub not_before: Option<Tick>,
    /// In force before this moment only; none for ever.
    #[serde(default)]
    pub not_after: Option<Tick>,
}

impl Bounds {
    /// Always.
    pub const ALWAYS: Self = Self { not_before: None, not_after: None };

    /// Whether something so bounded is in force at a moment.
    pub fn hold(&self, clock: Tick) -> bool {
        self.not_before.is_none_or(|from| from <= clock) && self.not_after.is_none_or(|until| clock < until)
    }

    /// Whether there is any bound.
    pub fn is_always(&self) -> bool {
        *self == Self::ALWAYS
    }

    /// The moments at which it flips.
    pub fn moments(&self) -> impl Iterator<Item = Tick> {
        self.not_before.into_iter().chain(self.not_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn um_16_levels_are_read_in_any_case() {
        for text in ["zone:North", "ZONE:North", " Zone:North "] {
            assert_eq!(text.parse::<Place>().map(|place| place.to_string()), Ok("zone:North".to_owned()));
        }
        assert_eq!("Org".parse::<Place>(), Ok(Place::Org));
        for wrong in ["", "north", "till:a/b", "zone:", "org:acme", "store:North"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn bounds_hold_from_their_first_moment_to_before_their_last() {
        let bounds = Bounds { not_before: Some(Tick(10)), not_after: Some(Tick(20)) };
        let held: Vec<u64> = [9, 10, 19, 20].into_iter().filter(|at| bounds.hold(Tick(*at))).collect();
        assert_eq!(held, [10, 19]);
        assert!(Bounds::ALWAYS.hold(Tick(0)) && Bounds::ALWAYS.hold(Tick(u64::MAX)));
    }
}
