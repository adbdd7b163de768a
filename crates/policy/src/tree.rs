//! The trees of zones and concepts: what lies below a place, itself included (AG-37). Trees are shallow and few beside
//! stores, so nothing of this is kept: it is walked when asked for.

use std::collections::BTreeSet;

use imbl::{OrdMap, OrdSet};

use crate::ids::{ConceptCode, StoreCode, ZoneCode};
use crate::state::OrgState;

impl OrgState {
    /// A zone and all below it; empty if there is no such zone.
    pub fn zones_below(&self, zone: &ZoneCode) -> BTreeSet<ZoneCode> {
        let parents: Vec<_> = self.zones.values().map(|z| (&z.code, z.parent.as_ref())).collect();
        below(zone, self.zones.contains_key(zone), &parents)
    }

    /// A concept and all below it; empty if there is no such concept.
    pub fn concepts_below(&self, concept: &ConceptCode) -> BTreeSet<ConceptCode> {
        let parents: Vec<_> = self.concepts.values().map(|c| (&c.code, c.parent.as_ref())).collect();
        below(concept, self.concepts.contains_key(concept), &parents)
    }

    /// The stores of these places, a set for each that has any.
    pub fn stores_of<'a, K: Ord + Clone>(places: &BTreeSet<K>, stores: &'a OrdMap<K, OrdSet<StoreCode>>) -> Vec<&'a OrdSet<StoreCode>> {
        places.iter().filter_map(|place| stores.get(place)).collect()
    }
}

/// At most five levels: as many rounds over all places find everything.
fn below<K: Ord + Clone>(top: &K, known: bool, parents: &[(&K, Option<&K>)]) -> BTreeSet<K> {
    let mut found = BTreeSet::new();
    if !known {
        return found;
    }
    found.insert(top.clone());
    loop {
        let more: Vec<K> = parents
            .iter()
            .filter(|(code, parent)| !found.contains(*code) && parent.is_some_and(|parent| found.contains(parent)))
            .map(|(code, _)| (*code).clone())
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}
