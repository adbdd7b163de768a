//! Zones, concepts, stores and tills (AG-37, AG-38, AG-40).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::{org as org_of, rows};
use crate::command::*;
use crate::ids::*;
use crate::name::Name;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};

/// Rows are judged before anything is drafted: a put is taken whole or not at all.
fn judged(draft: &Draft<'_>, command: &Command, count: usize) -> Result<(), Rejection> {
    rows::bounded(count)?;
    rows::reject(&rows::faults(draft.state, command))
}

pub(super) fn store_unknown(code: &StoreCode) -> Rejection {
    Rejection::new(RejectionCode::StoreUnknown, format!("there is no store `{code}`"))
}

/// Several of them.
pub(super) fn stores_unknown(codes: &[&StoreCode]) -> Rejection {
    Rejection::new(RejectionCode::StoreUnknown, format!("{} stores are unknown", codes.len())).with_examples(codes)
}

pub(super) fn till_unknown(store: &StoreCode, code: &TillCode) -> Rejection {
    Rejection::new(RejectionCode::TillUnknown, format!("there is no till `{store}/{code}`"))
}

/// A new object without a name was refused as a fault of its row; its code would do as well.
fn name_or_code(name: Option<&Name>, code: &str) -> Result<Name, Rejection> {
    match name {
        Some(name) => Ok(name.clone()),
        None => code.parse().map_err(|why| Rejection::new(RejectionCode::NameRequired, format!("`{code}` needs a name: {why}"))),
    }
}

pub(super) fn put_zones(draft: &mut Draft<'_>, org: &OrgCode, mode: PutMode, rows: &[ZoneRow]) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    judged(draft, &Command::PutZones { org: org.clone(), mode, rows: rows.to_vec() }, rows.len())?;
    let mut done = BTreeSet::new();
    for row in rows.iter().filter(|r| done.insert(r.code.clone())) {
        let mut zone = match state.zones.get(&row.code) {
            Some(zone) => (**zone).clone(),
            None => Zone {
                org: org.clone(),
                code: row.code.clone(),
                name: name_or_code(row.name.as_ref(), row.code.as_str())?,
                parent: None,
                meta: draft.new_meta(),
            },
        };
        if let Some(name) = &row.name {
            zone.name = name.clone();
        }
        row.parent.clone().apply(&mut zone.parent);
        draft.put(Object::Zone(Arc::new(zone)));
    }
    Ok(())
}

pub(super) fn put_concepts(draft: &mut Draft<'_>, org: &OrgCode, mode: PutMode, rows: &[ConceptRow]) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    judged(draft, &Command::PutConcepts { org: org.clone(), mode, rows: rows.to_vec() }, rows.len())?;
    let mut done = BTreeSet::new();
    for row in rows.iter().filter(|r| done.insert(r.code.clone())) {
        let mut concept = match state.concepts.get(&row.code) {
            Some(concept) => (**concept).clone(),
            None => Concept {
                org: org.clone(),
                code: row.code.clone(),
                name: name_or_code(row.name.as_ref(), row.code.as_str())?,
                parent: None,
                meta: draft.new_meta(),
            },
        };
        if let Some(name) = &row.name {
            concept.name = name.clone();
        }
        row.parent.clone().apply(&mut concept.parent);
        draft.put(Object::Concept(Arc::new(concept)));
    }
    Ok(())
}

pub(super) fn put_stores(draft: &mut Draft<'_>, org: &OrgCode, mode: PutMode, rows: &[StoreRow]) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    judged(draft, &Command::PutStores { org: org.clone(), mode, rows: rows.to_vec() }, rows.len())?;
    let mut done = BTreeSet::new();
    let mut new = 0usize;
    for row in rows.iter().filter(|r| done.insert(r.code.clone())) {
        let mut store = match state.stores.get(&row.code) {
            Some(store) => (**store).clone(),
            None => {
                new += 1;
                Store {
                    org: org.clone(),
                    code: row.code.clone(),
                    name: name_or_code(row.name.as_ref(), row.code.as_str())?,
                    zone: None,
                    concept: None,
                    active: true,
                    group: None,
                    details: None,
                    meta: draft.new_meta(),
                    observe: false,
                }
            }
        };
        if let Some(name) = &row.name {
            store.name = name.clone();
        }
        row.zone.clone().apply(&mut store.zone);
        row.concept.clone().apply(&mut store.concept);
        put_details(&mut store, row);
        draft.put(Object::Store(Arc::new(store)));
    }
    if state.org.default_group.is_none() {
        // AG-26: several stores need a default first; a single one is let through with a warning.
        match new {
            0 => {}
            1 => draft.warn("the org has no default group: the new store is denied everything until it is allocated one"),
            _several => {
                return Err(Rejection::new(
                    RejectionCode::DefaultGroupRequired,
                    format!("{new} new stores need a default group first: set one, then import again"),
                ));
            }
        }
    }
    Ok(())
}

fn put_details(store: &mut Store, row: &StoreRow) {
    let untouched = row.external_ids.is_keep()
        && row.latitude_e7.is_keep()
        && row.longitude_e7.is_keep()
        && row.time_zone.is_keep()
        && row.language.is_keep()
        && row.currency.is_keep();
    if untouched {
        return;
    }
    let mut details = store.details.as_deref().cloned().unwrap_or_default();
    match &row.external_ids {
        Field::Keep => {}
        Field::Clear => details.external_ids.clear(),
        Field::To(ids) => details.external_ids = ids.clone(),
    }
    row.latitude_e7.clone().apply(&mut details.latitude_e7);
    row.longitude_e7.clone().apply(&mut details.longitude_e7);
    row.time_zone.clone().apply(&mut details.time_zone);
    row.language.clone().apply(&mut details.language);
    row.currency.clone().apply(&mut details.currency);
    store.details = (details != StoreDetails::default()).then(|| Arc::new(details));
}

pub(super) fn put_tills(draft: &mut Draft<'_>, org: &OrgCode, mode: PutMode, rows: &[TillRow]) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    judged(draft, &Command::PutTills { org: org.clone(), mode, rows: rows.to_vec() }, rows.len())?;
    let mut done = BTreeSet::new();
    for row in rows.iter().filter(|r| done.insert((r.store.clone(), r.code.clone()))) {
        let mut till = match state.tills.get(&(row.store.clone(), row.code.clone())) {
            Some(till) => (**till).clone(),
            None => Till {
                org: org.clone(),
                store: row.store.clone(),
                code: row.code.clone(),
                name: None,
                active: true,
                meta: draft.new_meta(),
            },
        };
        row.name.clone().apply(&mut till.name);
        draft.put(Object::Till(Arc::new(till)));
    }
    Ok(())
}
