//! Access groups: a store lies in its group, a till in its store; an endpoint lies in the cells that reach it, and a group's
//! cell is a permit between the two (the AG rules).

use bailiwick_policy::access::{Levels, Narrow};
use bailiwick_policy::document::CellPart;

use super::routes::{Of, routes};
use super::world::{Uid, World, list, uid};
use super::{Plant, Source};

pub(super) fn translate(source: &Source<'_>, world: &mut World) {
    endpoints(source, world);
    stores(source, world);
    for group in &source.catalogue.groups {
        if group.wildcard {
            whole(&group.id, world);
        }
        for grant in &group.grants {
            let narrow = grant.narrow.as_ref().map(|narrow| match narrow {
                Narrow::Only(ids) => Around::Only(ids.iter().map(|id| uid("Endpoint", id)).collect()),
                Narrow::Except(ids) => Around::Except(ids.iter().map(|id| uid("Endpoint", id)).collect()),
            });
            cell(source, world, &group.id, &grant.resource, &grant.class.to_string(), grant.levels, narrow);
        }
    }
    for (id, group) in source.document.access_groups.iter().filter(|(_, group)| !group.inactive) {
        for (resource, cells) in &group.grants {
            for (class, part) in [("Data", &cells.data), ("Config", &cells.config)] {
                match part {
                    None => {}
                    Some(CellPart::Whole(levels)) => cell(source, world, id, resource, class, read(levels), None),
                    Some(CellPart::Narrowed(part)) => {
                        let named = |ids: &[bailiwick_policy::ids::EndpointId]| ids.iter().map(|id| uid("Endpoint", id)).collect();
                        let around = if part.only.is_empty() { Around::Except(named(&part.except)) } else { Around::Only(named(&part.only)) };
                        cell(source, world, id, resource, class, read(&part.levels), Some(around));
                    }
                }
            }
        }
    }
    world.policy("observed", "permit(principal in Observed::\"store\", action == Action::\"call\", resource)");
}

/// What a cell is narrowed to or around.
enum Around {
    Only(Vec<Uid>),
    Except(Vec<Uid>),
}

/// Levels as a document has them.
fn read(text: &str) -> Levels {
    let mut levels = Levels::empty();
    levels.set(Levels::R, text.contains("Read"));
    levels.set(Levels::W, text.contains("Write"));
    levels
}

fn cell_of(source: &Source<'_>, resource: &str, class: &str, level: &str) -> Uid {
    let class = if source.planted(Plant::ClassesMerged) { "any" } else { class };
    uid("Cell", format!("{resource} {class} {level}"))
}

/// An endpoint is reached by the cell of its resource, class and level; one that only searches by either level.
fn endpoints(source: &Source<'_>, world: &mut World) {
    for route in routes(source) {
        let Of::Org(part) = route.of else { continue };
        let Some(resource) = part.resource.as_ref().filter(|resource| source.document.resources.contains_key(*resource)) else { continue };
        let class = part.class.map_or("Data".to_owned(), |class| class.to_string());
        let levels: &[&str] = match (route.reads(), ["GET", "HEAD"].contains(&route.method.as_str())) {
            (true, true) => &["Read"],
            (true, false) => &["Read", "Write"],
            (false, true | false) => &["Write"],
        };
        let endpoint = world.entity(uid("Endpoint", &route.id)).within(uid("Catalogue", "resources"));
        for level in levels {
            endpoint.within(cell_of(source, resource.as_str(), &class, level));
        }
    }
}

fn stores(source: &Source<'_>, world: &mut World) {
    let org = source.org();
    for (code, store) in &source.document.stores {
        let (group, observes) = match (&store.group, &org.default_group) {
            (Some(own), _) => (Some(own), store.observe),
            (None, default) => (default.as_ref(), org.default_observe),
        };
        let entity = world.entity(uid("Store", code));
        if let Some(group) = group {
            entity.within(uid("AccessGroup", group));
            if observes && !source.planted(Plant::ObserveEnforces) {
                entity.within(uid("Observed", "store"));
            }
        }
        if let Some(default) = org.default_group.as_ref().filter(|_| source.planted(Plant::DefaultUnites)) {
            entity.within(uid("AccessGroup", default));
        }
    }
    for (id, application) in &source.document.applications {
        if let Some(group) = &application.access_group {
            world.entity(uid("Application", id)).within(uid("AccessGroup", group));
        }
    }
}

/// A group over all resources, those to come included.
fn whole(group: &bailiwick_policy::ids::GroupId, world: &mut World) {
    let group = uid("AccessGroup", group);
    world.policy(format!("{group}"), format!("permit(principal in {group}, action == Action::\"call\", resource in Catalogue::\"resources\")"));
}

fn cell(
    source: &Source<'_>,
    world: &mut World,
    group: &bailiwick_policy::ids::GroupId,
    resource: &bailiwick_policy::ids::ResourceId,
    class: &str,
    levels: Levels,
    narrow: Option<Around>,
) {
    let group = uid("AccessGroup", group);
    let clause = match narrow {
        Some(Around::Only(ids)) if !source.planted(Plant::OnlyIgnored) => format!(" when {{ resource in {} }}", list(&ids)),
        Some(Around::Except(ids)) if !source.planted(Plant::ExceptIgnored) => format!(" unless {{ resource in {} }}", list(&ids)),
        Some(Around::Only(_) | Around::Except(_)) | None => String::new(),
    };
    let reads = levels.contains(Levels::R) || source.planted(Plant::WriteReads);
    for level in [("Read", reads), ("Write", levels.contains(Levels::W))].into_iter().filter(|(_, held)| *held).map(|(level, _)| level) {
        let cell = cell_of(source, resource.as_str(), class, level);
        let text = format!("permit(principal in {group}, action == Action::\"call\", resource in {cell}){clause}");
        world.policy(format!("{group}: {resource} {class} {level}"), text);
    }
}
