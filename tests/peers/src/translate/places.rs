//! Zones and concepts are trees; a store lies in one of each, and all lie in the org. A user lies in each of the places that
//! bound all that they hold, so that Cedar can tell whether any of those lies in a place of a grant. As a place a store is
//! a `Site`, apart from the `Store` that calls: or else users bound to it would have its access group.

use bailiwick_policy::document::AssignedPart;
use bailiwick_policy::place::Place;

use super::world::{Uid, World, list, uid};
use super::{Plant, Source};
use crate::corpus::ORG;

/// That an instance is the principal's own, or a list, or yet to be made (AC-18).
pub(super) const MINE: &str = "(context.creates || !context.instance || (context has created_by && context.created_by == principal) || \
                               (context has assigned_to && context.assigned_to == principal))";

/// A place of an assignment.
pub(super) fn place(place: &Place) -> Uid {
    match place {
        Place::Org => uid("Org", ORG),
        Place::Zone(code) => uid("Zone", code),
        Place::Concept(code) => uid("Concept", code),
        Place::Store(code) => uid("Site", code),
    }
}

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
        let entity = world.entity(uid("Site", code)).within(org());
        if let Some(zone) = &store.zone {
            entity.within(uid("Zone", zone));
        }
        if let Some(concept) = &store.concept {
            entity.within(uid("Concept", concept));
        }
    }
}

/// Whether something may go on where no place is named (AC-22): looking may, at the places that it is limited to then.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// As the question is one that looks or not.
    AsAsked,
    /// It looks.
    Yes,
    /// It doesn't.
    No,
}

/// A condition: that a grant at places reaches where it is asked about, within the places of the principal, a user. No places
/// are the whole org.
pub(super) fn within(source: &Source<'_>, places: &[Uid], looks: Looks) -> String {
    let org = uid("Org", ORG);
    let all = [org.clone()];
    let places = if places.is_empty() || source.planted(Plant::GrantPlacesIgnored) { &all[..] } else { places };
    let bound = if source.planted(Plant::UserPlacesIgnored) { "true" } else { "context.place in principal.places" };
    let named = format!("context.place in {} && {bound}", list(places));
    let everywhere = if places.contains(&org) { format!("principal.places.contains({org})") } else { "false".to_owned() };
    // A zone and a concept may always have a store in common, now or later.
    let meets = places.iter().map(|place| {
        let crossing = match place.0 {
            "Zone" => " || principal.in_concepts",
            "Concept" => " || principal.in_zones",
            _other => "",
        };
        format!("{place} in principal.places || principal in {place}{crossing}")
    });
    let meets = meets.collect::<Vec<_>>().join(" || ");
    let unsaid = match looks {
        Looks::AsAsked => format!("({everywhere} || (context.looks && ({meets})))"),
        Looks::Yes => format!("({everywhere} || {meets})"),
        Looks::No => everywhere,
    };
    format!("(if context has place then {named} else {unsaid})")
}

/// A condition: that an assignment is in force.
pub(super) fn limits(source: &Source<'_>, part: &AssignedPart) -> String {
    let from = part.from.map(|from| format!("context.now >= {}", from.0));
    let until = part.until.map(|until| format!("context.now < {}", until.0));
    let all: Vec<String> = from.into_iter().chain(until).filter(|_| !source.planted(Plant::TimeIgnored)).collect();
    if all.is_empty() { "true".to_owned() } else { all.join(" && ") }
}
