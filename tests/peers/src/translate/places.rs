//! Zones and concepts are trees; a store lies in one of each, or in the org at once.

use super::Source;
use super::world::{World, uid};
use crate::corpus::ORG;

pub(super) fn translate(source: &Source<'_>, world: &mut World) {
    let org = || uid("Org", ORG);
    for (code, zone) in &source.document.zones {
        let above = zone.parent.as_ref().map_or_else(org, |parent| uid("Zone", parent));
        world.entity(uid("Zone", code)).within(above);
    }
    for (code, concept) in &source.document.concepts {
        let above = concept.parent.as_ref().map_or_else(org, |parent| uid("Concept", parent));
        world.entity(uid("Concept", code)).within(above);
    }
    for (code, store) in &source.document.stores {
        let entity = world.entity(uid("Store", code)).within(org());
        if let Some(zone) = &store.zone {
            entity.within(uid("Zone", zone));
        }
        if let Some(concept) = &store.concept {
            entity.within(uid("Concept", concept));
        }
    }
}
