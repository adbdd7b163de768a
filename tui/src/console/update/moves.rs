//! Cursors, panes, marks and selections: what changes what is looked at, and nothing else.

use bailiwick_policy::access::Class;
use bailiwick_policy::query::{Item, ListQuery};

use super::{data, tree};
use crate::console::effect::{Effect, Read, Slot};
use crate::console::filter::with_column;
use crate::console::keys::View;
use crate::console::listing::Seek;
use crate::console::model::{GroupsPane, Marked, Model, Selection, Tone};

/// Moves the cursor of whatever has the focus.
pub fn step(model: &mut Model, by: isize) {
    match (model.focus(), model.view) {
        (Some(slot), _) => {
            if let Some(list) = model.listing_mut(slot) {
                list.step(by);
            }
        }
        (None, View::Cluster) => {
            let nodes = model.cluster.status.as_ref().map_or(0, |status| status.nodes.len());
            model.cluster.cursor = model.cluster.cursor.saturating_add_signed(by).min(nodes.saturating_sub(1));
        }
        (None, View::Pending) => {
            if by.unsigned_abs() > 1 {
                model.pending.scroll = model.pending.scroll.saturating_add_signed(by);
            } else {
                let last = model.stage.edits.len().saturating_sub(1);
                model.pending.cursor = model.pending.cursor.saturating_add_signed(by).min(last);
                model.pending.scroll = 0;
            }
        }
        (None, View::Explain) => {
            let remedies = model.explain.reply.as_ref().and_then(|reply| reply.explanation.as_ref()).map_or(0, |e| e.remedies.len());
            if by.unsigned_abs() > 1 || remedies == 0 {
                model.explain.scroll = model.explain.scroll.saturating_add_signed(by);
            } else {
                model.explain.remedy = model.explain.remedy.saturating_add_signed(by).min(remedies - 1);
            }
        }
        (None, View::Audit) if model.audit.on_detail => model.audit.scroll = model.audit.scroll.saturating_add_signed(by),
        (None, View::Audit) => model.audit.step(by),
        (None, View::Denies) => model.denies.step(by),
        (None, View::Tree) => model.tree.step(by),
        (None, _) => {}
    }
}

/// Rows of a page.
pub fn page(model: &Model) -> isize {
    isize::try_from(data::list_rows(model)).unwrap_or(1)
}

/// To the first row or the last, of the whole list.
pub fn edge(model: &mut Model, seek: Seek, fx: &mut Vec<Effect>) {
    let Some(slot) = model.focus() else {
        return step(model, if seek == Seek::Start { isize::MIN / 2 } else { isize::MAX / 2 });
    };
    let Some(list) = model.listing_mut(slot) else { return };
    let beyond = if seek == Seek::Start { list.more_before } else { list.more_after };
    if beyond {
        data::load(model, slot, seek, 0, fx);
    } else {
        list.step(if seek == Seek::Start { isize::MIN / 2 } else { isize::MAX / 2 });
    }
}

/// To the column or pane beside.
pub fn sideways(model: &mut Model, right: bool) {
    match model.view {
        View::Matrix => model.matrix.column = if right { Class::Config } else { Class::Data },
        View::Allocate => model.allocate.on_targets = right,
        View::Groups => {
            let pane = model.groups.pane;
            model.groups.pane = match (pane, right) {
                (GroupsPane::List, true) | (GroupsPane::Stores, false) => GroupsPane::About,
                (GroupsPane::About, true) | (GroupsPane::Tills, false) => GroupsPane::Stores,
                (GroupsPane::Stores | GroupsPane::Tills, true) => GroupsPane::Tills,
                (GroupsPane::List | GroupsPane::About, false) => GroupsPane::List,
            };
        }
        View::Audit => model.audit.on_detail = right,
        View::Tree => tree::sideways(model, right),
        View::Pulse | View::Endpoints | View::Explain | View::Denies | View::Cluster | View::Credentials | View::Pending => {}
    }
}

/// To the next pane, or the one before, round and round.
pub fn next_pane(model: &mut Model, forward: bool) {
    match model.view {
        View::Allocate => model.allocate.on_targets = !model.allocate.on_targets,
        View::Matrix => sideways(model, model.matrix.column == Class::Data),
        View::Groups => {
            let at_end = match (model.groups.pane, forward) {
                (GroupsPane::Tills, true) => Some(GroupsPane::List),
                (GroupsPane::List, false) => Some(GroupsPane::Tills),
                _ => None,
            };
            match at_end {
                Some(pane) => model.groups.pane = pane,
                None => sideways(model, forward),
            }
        }
        View::Audit => model.audit.on_detail = !model.audit.on_detail,
        View::Pulse
        | View::Endpoints
        | View::Tree
        | View::Explain
        | View::Denies
        | View::Cluster
        | View::Credentials
        | View::Pending => {}
    }
}

/// All groups, active ones, inactive ones.
pub fn cycle_status(model: &mut Model, fx: &mut Vec<Effect>) {
    let text = model.groups.filter.input.value().to_owned();
    let value = text.split_whitespace().find_map(|word| word.strip_prefix("status:")).unwrap_or_default();
    let next = match value {
        "" => Some("active"),
        "active" => Some("inactive"),
        _ => None,
    };
    data::set_filter(model, &with_column(&text, "status", next), 0, fx);
}

/// Marks the store under the cursor, or takes its mark away; ends a range.
pub fn mark(model: &mut Model) {
    if model.view == View::Endpoints {
        return super::narrow::mark(model);
    }
    if model.allocate.range_from.is_some() {
        end_range(model);
        return;
    }
    let Some(Item::Store { store, group, .. }) = model.allocate.stores.current().cloned() else { return };
    if model.allocate.marks.remove(&store.code).is_none() {
        model.allocate.marks.insert(store.code.clone(), Marked { store, group });
    }
    model.allocate.stores.step(1);
}

/// Starts a range, or ends it.
pub fn range(model: &mut Model) {
    match model.view {
        View::Allocate if model.allocate.range_from.is_some() => end_range(model),
        View::Allocate => model.allocate.range_from = model.allocate.stores.current().map(Item::key),
        View::Matrix if matches!(model.matrix.selection, Some(Selection::Range { .. })) => model.matrix.selection = None,
        View::Matrix => {
            if let Some(Item::Resource { resource, .. }) = model.matrix.resources.current() {
                model.matrix.selection = Some(Selection::Range { resource: resource.id.clone(), class: model.matrix.column });
            }
        }
        _ => {}
    }
}

/// Marks everything between the start of the range and the cursor.
pub fn end_range(model: &mut Model) {
    let Some(from) = model.allocate.range_from.take() else { return };
    let Some((first, last)) = range_rows(model, &from) else {
        model.say(Tone::Warn, "the start of the range is too far away: filter, and mark all with *");
        return;
    };
    let rows: Vec<Item> = model.allocate.stores.rows.iter().skip(first).take(last - first + 1).cloned().collect();
    for row in rows {
        if let Item::Store { store, group, .. } = row {
            model.allocate.marks.insert(store.code.clone(), Marked { store, group });
        }
    }
}

/// The rows of a range, among those held.
pub fn range_rows(model: &Model, from: &str) -> Option<(usize, usize)> {
    let stores = &model.allocate.stores;
    let start = stores.rows.iter().position(|row| row.key() == from)?;
    Some((start.min(stores.cursor), start.max(stores.cursor)))
}

/// Marks all that the filter lets through.
pub fn mark_all(model: &mut Model, fx: &mut Vec<Effect>) {
    let query = ListQuery {
        limit: bailiwick_policy::limits::PAGE_ROWS_MAX,
        anchor: Default::default(),
        list: model.allocate.parsed.list(),
        text: model.allocate.parsed.text.clone(),
        org: model.org.clone(),
    };
    let at = model.at();
    data::ask(model, Slot::MarkAll, Read::ListAll(query, at, data::MARKS_MAX), 0, fx);
}

/// Selects a row or column of the matrix, or nothing.
pub fn toggle_selection(model: &mut Model, selection: Selection) {
    let whole = !model.matrix.resources.more_before && !model.matrix.resources.more_after;
    if selection == Selection::Column && !whole {
        model.say(Tone::Warn, "the column is longer than what is held: narrow the filter");
        return;
    }
    model.matrix.selection = if model.matrix.selection.as_ref() == Some(&selection) { None } else { Some(selection) };
}
