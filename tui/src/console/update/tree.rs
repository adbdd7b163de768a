//! The tree: what is opened, what is asked for, and where it leads.

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ObjectId, StoreCode};
use bailiwick_policy::impact::counted;
use bailiwick_policy::limits::{ALLOCATE_STORES_MAX, PAGE_ROWS_MAX};
use bailiwick_policy::query::{Item, List, ListQuery};

use super::{actions, commit, data, stage};
use crate::console::effect::{Effect, Read, Slot};
use crate::console::keys::View;
use crate::console::listing::Load;
use crate::console::model::{Model, Tone};
use crate::console::stage::Made;
use crate::console::tree::{Branch, CHILDREN_MAX, Row, TreeMode, ZoneKnown};

/// Zones and concepts known at most.
const PLACES_MAX: usize = 20_000;
/// Rows below the screen for which more is asked.
const MARGIN_ROWS: usize = 20;

/// Asks for the org's zones and concepts.
pub fn ask_places(model: &mut Model, fx: &mut Vec<Effect>) {
    for (slot, list) in [(Slot::Zones, List::Zones), (Slot::Concepts, List::Concepts)] {
        let query = ListQuery { org: model.org.clone(), list, text: String::new(), anchor: Default::default(), limit: PAGE_ROWS_MAX };
        let at = model.at();
        data::ask(model, slot, Read::ListAll(query, at, PLACES_MAX), 0, fx);
    }
}

/// Takes zones or concepts in.
pub fn on_places(model: &mut Model, slot: Slot, rows: Vec<Item>) {
    if slot == Slot::Zones {
        let zones = rows.into_iter().filter_map(|row| match row {
            Item::Zone { zone, stores, below } => Some(ZoneKnown { zone, stores, below }),
            _ => None,
        });
        let mut zones: Vec<ZoneKnown> = zones.collect();
        zones.sort_by(|a, b| a.zone.code.cmp(&b.zone.code));
        model.places.zones = Some(zones);
        model.tree.fault = None;
        model.tree.fetched_ms = model.now_ms;
        rebuild(model);
    } else {
        let concepts = rows.into_iter().filter_map(|row| match row {
            Item::Concept { concept, .. } => Some((concept.code.clone(), concept.parent.clone())),
            _ => None,
        });
        model.places.concepts = concepts.collect();
    }
}

/// Makes the rows anew.
pub fn rebuild(model: &mut Model) {
    let Model { tree, places, org_counts, .. } = model;
    tree.rebuild(places, org_counts.0);
}

/// Asks for what the screen needs and nobody has asked for yet.
pub fn follow(model: &mut Model, fx: &mut Vec<Effect>) {
    if model.view != View::Tree {
        return;
    }
    if model.tree.rows.is_empty() {
        rebuild(model);
    }
    if model.places.zones.is_none() && model.tree.fault.is_none() && model.requests.since(Slot::Zones).is_none() {
        ask_places(model, fx);
    }
    if model.tree.mode == TreeMode::Groups && !model.tree.children.contains_key(&Branch::Groups) {
        model.tree.want(Branch::Groups, true);
        rebuild(model);
    }
    let height = data::list_rows(model);
    let tree = &mut model.tree;
    tree.top = tree.top.min(tree.cursor).max((tree.cursor + 1).saturating_sub(height));
    let near: Vec<Branch> = tree
        .rows
        .iter()
        .skip(tree.top)
        .take(height + MARGIN_ROWS)
        .filter_map(|row| match &row.row {
            // Stores without a zone may be few among a million: only Enter looks further.
            Row::More(branch) if *branch != Branch::Unzoned => Some(branch.clone()),
            Row::More(_) | Row::Org | Row::Zone(_) | Row::Unzoned | Row::Child(..) | Row::Note(_) => None,
        })
        .filter(|branch| tree.children.get(branch).is_some_and(|held| held.items.len() < CHILDREN_MAX))
        .collect();
    near.into_iter().for_each(|branch| tree.want(branch, false));
    if tree.asking.is_none() && !tree.wanted.is_empty() {
        let (branch, from_start) = tree.wanted.remove(0);
        let (anchor, limit) = tree.window(&branch, from_start);
        let list = branch.list();
        if let Some(children) = tree.children.get_mut(&branch)
            && children.load == Load::Never
        {
            children.load = Load::Loading;
        }
        tree.asking = Some((branch, from_start));
        let query = ListQuery { org: model.org.clone(), list, text: String::new(), anchor, limit };
        let at = model.at();
        data::ask(model, Slot::Tree, Read::List(query, at), 0, fx);
    }
}

/// Asks again for all that is open.
pub fn refresh(model: &mut Model, fx: &mut Vec<Effect>) {
    ask_places(model, fx);
    model.tree.want_again();
}

/// What failed is asked for again.
pub fn retry(model: &mut Model, fx: &mut Vec<Effect>) {
    if model.tree.fault.take().is_some() {
        ask_places(model, fx);
    }
    let failed = model.tree.children.iter().filter(|(_, held)| matches!(held.load, Load::Failed(_)));
    let failed: Vec<(Branch, bool)> = failed.map(|(branch, held)| (branch.clone(), held.items.is_empty())).collect();
    failed.into_iter().for_each(|(branch, from_start)| model.tree.want(branch, from_start));
}

/// Opens or closes what is under the cursor.
pub fn toggle(model: &mut Model) {
    let Some(row) = model.tree.current().map(|row| row.row.clone()) else { return };
    if let Row::More(branch) = row {
        model.tree.want(branch, false);
        return;
    }
    let Some(branch) = model.tree.branch(&row, &model.places) else { return };
    if !model.tree.open.remove(&branch) {
        model.tree.open(branch);
    }
    rebuild(model);
}

/// Right opens, and then goes in; left closes, and then goes out.
pub fn sideways(model: &mut Model, right: bool) {
    let Some(row) = model.tree.current().cloned() else { return };
    let branch = model.tree.branch(&row.row, &model.places);
    let is_open = branch.as_ref().is_some_and(|branch| model.tree.open.contains(branch));
    match (right, is_open) {
        (true, false) | (false, true) if branch.is_some() => toggle(model),
        (true, _) => {
            let deeper = model.tree.rows.get(model.tree.cursor + 1).is_some_and(|next| next.depth > row.depth);
            model.tree.step(isize::from(deeper));
        }
        (false, _) => {
            let above = model.tree.rows.iter().take(model.tree.cursor).rposition(|other| other.depth < row.depth);
            model.tree.cursor = above.unwrap_or(model.tree.cursor);
        }
    }
}

/// Zones, or groups.
pub fn switch_mode(model: &mut Model) {
    model.tree.mode = match model.tree.mode {
        TreeMode::Zones => TreeMode::Groups,
        TreeMode::Groups => TreeMode::Zones,
    };
    model.tree.cursor = 0;
    model.tree.top = 0;
    model.tree.rows.clear();
    rebuild(model);
}

/// The filter of stores that says what is under the cursor.
pub fn filter_of(model: &Model) -> Option<String> {
    let row = &model.tree.current()?.row;
    if let Row::Child(Branch::Store(store), _) = row {
        return Some(store.to_string());
    }
    match model.tree.branch(row, &model.places)? {
        Branch::Zone(zone) => Some(format!("zone:{zone}")),
        Branch::Group(group) => Some(format!("group:{group}")),
        Branch::Store(store) => Some(store.to_string()),
        Branch::Groups | Branch::Unzoned => None,
    }
}

/// Goes to Allocate, filtered by what is under the cursor.
pub fn show_stores(model: &mut Model, fx: &mut Vec<Effect>) {
    if let Some(text) = filter_of(model) {
        show_filtered(model, &text, fx);
    }
}

/// Goes to Allocate with this filter.
pub fn show_filtered(model: &mut Model, text: &str, fx: &mut Vec<Effect>) {
    actions::go(model, View::Allocate, fx);
    model.allocate.on_targets = false;
    data::set_filter(model, text, 0, fx);
}

/// The zone under the cursor.
pub fn zone(model: &Model) -> Option<&ZoneKnown> {
    match &model.tree.current()?.row {
        Row::Zone(at) => model.places.zones.as_ref()?.get(*at),
        Row::Org | Row::Unzoned | Row::Child(..) | Row::More(_) | Row::Note(_) => None,
    }
}

/// Suspends or resumes what is under the cursor: of a zone all stores, which are asked for first.
pub fn toggle_active(model: &mut Model, fx: &mut Vec<Effect>) {
    let Some(code) = zone(model).map(|known| known.zone.code.clone()) else { return stage::toggle_active(model) };
    let list = List::Stores { zone: Some(code.clone()), concept: None, group: None, active: None, below: true };
    let query = ListQuery { org: model.org.clone(), list, text: String::new(), anchor: Default::default(), limit: PAGE_ROWS_MAX };
    let at = model.at();
    model.say(Tone::Plain, format!("asking for the stores of zone {code}"));
    model.zone_toggle = Some(code);
    data::ask(model, Slot::ZoneStores, Read::ListAll(query, at, data::MARKS_MAX), 0, fx);
}

/// The stores of the zone have come: if any is active all are suspended, else all are resumed.
pub fn on_zone_stores(model: &mut Model, rows: Vec<Item>, more: bool, fx: &mut Vec<Effect>) {
    let (Some(zone), Some(org)) = (model.zone_toggle.take(), model.org.clone()) else { return };
    if more {
        let most = data::MARKS_MAX;
        return model.say(Tone::Warn, format!("zone {zone} has more than {most} stores: take the zones below it one by one"));
    }
    let stores: Vec<(StoreCode, bool)> = rows
        .into_iter()
        .filter_map(|row| match row {
            Item::Store { store, .. } => Some((store.code.clone(), store.active)),
            _ => None,
        })
        .collect();
    let active = !stores.iter().any(|(_, active)| *active);
    let wanted: Vec<StoreCode> = stores.into_iter().filter(|(_, now)| *now != active).map(|(code, _)| code).collect();
    if wanted.is_empty() {
        return model.say(Tone::Warn, format!("zone {zone} has no stores"));
    }
    let word = if active { "resume" } else { "suspend" };
    let parts = wanted.len().div_ceil(ALLOCATE_STORES_MAX);
    for (at, part) in wanted.chunks(ALLOCATE_STORES_MAX).enumerate() {
        let of = if parts > 1 { format!(" ({} of {parts})", at + 1) } else { String::new() };
        let made = Made {
            title: format!("{word} {} of zone {zone}{of}", counted(part.len() as u64, "store")),
            lines: part.iter().map(|code| format!("{} {} {word}", ObjectId::Store(org.clone(), code.clone()), model.theme.glyphs.arrow)).collect(),
            command: Box::new(Command::SetStoresActive { org: org.clone(), stores: part.to_vec(), active }),
            typed: (!active).then(|| zone.to_string()),
        };
        commit::stage_made(model, made, fx);
    }
}
