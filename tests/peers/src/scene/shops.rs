//! Zones, concepts, access groups, stores and tills.

use bailiwick_policy::access::{Class, Grant, Levels, Narrow};
use bailiwick_policy::command::{Command, ConceptRow, Field, GroupRef, PutMode, StoreRow, TillRow, ZoneRow};
use bailiwick_policy::document::Document;
use bailiwick_policy::ids::{EndpointId, ObjectId};

use super::{Making, id};
use crate::corpus::ORG;

/// Zones, of which each may lie in one before it.
pub const ZONES: [&str; 5] = ["north", "south", "coast", "harbour", "pier"];
/// Concepts, likewise.
pub const CONCEPTS: [&str; 3] = ["kiosk", "corner", "booth"];
/// Stores.
pub const STORES: [&str; 7] = ["north-1", "north-2", "s1", "s2", "pier-9", "1158", "depot"];
/// Tills, of several stores.
pub const TILLS: [&str; 3] = ["t1", "t2", "T3"];
/// Custom groups.
const GROUPS: [&str; 3] = ["Kiosk", "Nights", "Stocktake"];

pub(super) fn places(making: &mut Making) -> Result<(), String> {
    let chance = &mut making.chance;
    let above = |of: &[&str], at: usize, chance: &mut crate::chance::Chance| {
        let parent = if at == 0 || chance.one_in(3) { None } else { of.get(chance.below(at)) };
        parent.map(|parent| (*parent).to_owned())
    };
    let mut zones = Vec::new();
    for (at, code) in ZONES.iter().enumerate() {
        let parent = above(&ZONES, at, chance).map_or(Field::Keep, |parent| Field::To(id(&parent)));
        zones.push(ZoneRow { code: id(code), name: Some(id(code)), parent });
    }
    let mut concepts = Vec::new();
    for (at, code) in CONCEPTS.iter().enumerate() {
        let parent = above(&CONCEPTS, at, chance).map_or(Field::Keep, |parent| Field::To(id(&parent)));
        concepts.push(ConceptRow { code: id(code), name: Some(id(code)), parent });
    }
    making.cluster.run(Command::PutZones { org: id(ORG), mode: PutMode::Create, rows: zones })?;
    making.cluster.run(Command::PutConcepts { org: id(ORG), mode: PutMode::Create, rows: concepts })
}

/// Custom groups with cells of every kind.
pub(super) fn groups(making: &mut Making) -> Result<(), String> {
    let document = making.document()?;
    for name in GROUPS {
        let mut grants = Vec::new();
        for resource in document.resources.keys() {
            for class in Class::ALL {
                let levels = Levels::from_bits_truncate(u8::try_from(making.chance.below(4)).unwrap_or_default());
                if levels.is_empty() || making.chance.one_in(4) {
                    continue;
                }
                let near = endpoints_of(&document, resource.as_str(), class);
                let named = making.chance.some(&near, 1, 2);
                let narrow = match making.chance.below(5) {
                    0 if !named.is_empty() => Some(Narrow::Only(named)),
                    1 if !named.is_empty() => Some(Narrow::Except(named)),
                    _whole => None,
                };
                grants.push(Grant { resource: resource.clone(), class, levels, narrow });
            }
        }
        making.cluster.run(Command::CreateGroup { org: id(ORG), name: id(name), description: "".into(), grants })?;
    }
    Ok(())
}

/// The ids of the endpoints of a cell.
fn endpoints_of(document: &Document, resource: &str, class: Class) -> Vec<EndpointId> {
    let of_cell = document.endpoints.iter().filter(|(_, part)| {
        part.resource.as_ref().is_some_and(|of| of.as_str() == resource) && part.class.unwrap_or_default() == class
    });
    of_cell.filter_map(|(key, _)| endpoint_id(key)).collect()
}

/// Method and template with its parameters unnamed.
fn endpoint_id(key: &str) -> Option<EndpointId> {
    let (method, template) = key.split_once(' ')?;
    let segments = template.split('/').map(|segment| if segment.contains('{') && segment.contains('}') { "{}" } else { segment });
    format!("{method} {}", segments.collect::<Vec<_>>().join("/")).parse().ok()
}

/// Stores with and without groups of their own, and their tills.
pub(super) fn stores(making: &mut Making) -> Result<(), String> {
    default(making, true)?;
    let chance = &mut making.chance;
    let mut rows = Vec::new();
    let mut tills = Vec::new();
    for code in STORES {
        let zone = if chance.one_in(3) { Field::Keep } else { Field::To(id(chance.word(&ZONES))) };
        let concept = if chance.one_in(2) { Field::Keep } else { Field::To(id(chance.word(&CONCEPTS))) };
        rows.push(StoreRow { name: Some(id(code)), zone, concept, ..StoreRow::new(id(code)) });
        for till in chance.some(&TILLS, 1, 2) {
            tills.push(TillRow { store: id(code), code: id(till), name: Field::Keep });
        }
    }
    making.cluster.run(Command::PutStores { org: id(ORG), mode: PutMode::Create, rows })?;
    making.cluster.run(Command::PutTills { org: id(ORG), mode: PutMode::Create, rows: tills })?;
    for code in STORES {
        if making.chance.one_in(3) {
            continue;
        }
        let (group, observe) = (group(making), making.chance.one_in(6));
        let (stores, tills) = (vec![id(code)], Vec::new());
        making.cluster.run(Command::Allocate { org: id(ORG), stores, tills, group: Some(group), observe })?;
    }
    default(making, false)
}

fn group(making: &mut Making) -> GroupRef {
    let name = making.chance.word(&["POS", "Instore", "Admin", "Kiosk", "Kiosk", "Nights", "Nights", "Stocktake", "Stocktake"]);
    GroupRef::from(name)
}

/// A default; in the end there may be none.
fn default(making: &mut Making, needed: bool) -> Result<(), String> {
    let group = (needed || !making.chance.one_in(4)).then(|| group(making));
    let observe = group.is_some() && making.chance.one_in(8);
    making.cluster.run(Command::SetDefault { org: id(ORG), group, observe })
}

/// What is suspended in the end: some stores, tills, users and applications, now and then the org.
pub(super) fn endings(making: &mut Making) -> Result<(), String> {
    let document = making.document()?;
    for (code, store) in &document.stores {
        if making.chance.one_in(10) {
            making.cluster.run(Command::Suspend { target: ObjectId::Store(id(ORG), code.clone()) })?;
        }
        for till in store.tills.keys() {
            if making.chance.one_in(10) {
                making.cluster.run(Command::Suspend { target: ObjectId::Till(id(ORG), code.clone(), till.clone()) })?;
            }
        }
    }
    for user in document.users.keys() {
        if making.chance.one_in(10) && user.as_str() != "ann" {
            making.cluster.run(Command::Suspend { target: ObjectId::User(id(ORG), user.clone()) })?;
        }
    }
    for application in document.applications.keys() {
        if making.chance.one_in(10) {
            making.cluster.run(Command::Suspend { target: ObjectId::Application(id(ORG), application.clone()) })?;
        }
    }
    if making.chance.one_in(30) {
        making.cluster.run(Command::Suspend { target: ObjectId::Org(id(ORG)) })?;
    }
    Ok(())
}
