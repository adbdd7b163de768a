//! Staging: from what is under the cursor or marked to an edit. Nothing here asks or tells the cluster anything.

use std::sync::Arc;

use bailiwick_policy::access::{Class, Levels, Narrow};
use bailiwick_policy::command::{Command, GroupRef};
use bailiwick_policy::ids::{GroupId, ObjectId, ResourceId, StoreCode};
use bailiwick_policy::impact::counted;
use bailiwick_policy::object::{Group, Store};
use bailiwick_policy::query::Item;

use crate::console::keys::View;
use crate::console::model::{GroupsPane, Model, Selection, Tone};
use crate::console::stage::{CellEdit, Edit, Made, Named};

/// What a cell holds: what is staged, else what is committed; and whether it is staged.
pub fn levels_shown(model: &Model, group: &Group, resource: &ResourceId, class: Class) -> (Levels, bool) {
    match model.stage.cell(&group.id, resource, class) {
        Some(cell) => (cell.to, true),
        None => (group.levels(resource, class), false),
    }
}

/// The narrowing that a cell has, as staged or else as committed.
pub fn narrow_shown<'a>(model: &'a Model, group: &'a Group, resource: &ResourceId, class: Class) -> Option<&'a Narrow> {
    match model.stage.cell(&group.id, resource, class) {
        Some(cell) if cell.to.is_empty() => None,
        Some(cell) => cell.narrowed(),
        None => group.cell(resource, class).and_then(|cell| cell.narrow.as_ref()),
    }
}

/// A cell as committed, with what is staged of it, to be edited on.
pub fn cell_edit(model: &Model, group: &Group, resource: &ResourceId, class: Class) -> CellEdit {
    let from = group.levels(resource, class);
    let was = group.cell(resource, class).and_then(|cell| cell.narrow.clone());
    let staged = model.stage.cell(&group.id, resource, class);
    CellEdit { from, to: staged.map_or(from, |cell| cell.to), was, narrow: staged.and_then(|cell| cell.narrow.clone()) }
}

/// The cells that a key acts on: those selected, else the one under the cursor.
fn selected(model: &Model) -> Vec<(ResourceId, Class)> {
    let list = &model.matrix.resources;
    let ids = || {
        list.rows.iter().filter_map(|row| match row {
            Item::Resource { resource, .. } => Some(resource.id.clone()),
            _ => None,
        })
    };
    let Some(Item::Resource { resource, .. }) = list.current() else { return Vec::new() };
    let (here, column) = (resource.id.clone(), model.matrix.column);
    match &model.matrix.selection {
        None => vec![(here, column)],
        Some(Selection::Row) => Class::ALL.into_iter().map(|class| (here.clone(), class)).collect(),
        Some(Selection::Column) => ids().map(|id| (id, column)).collect(),
        Some(Selection::Range { resource: from, class }) => {
            let start = ids().position(|id| id == *from).unwrap_or(list.cursor);
            let (first, last) = (start.min(list.cursor), start.max(list.cursor));
            let classes: Vec<Class> = Class::ALL.into_iter().filter(|c| c == class || *c == column).collect();
            let rows = ids().skip(first).take(last - first + 1);
            rows.flat_map(|id| classes.iter().map(move |class| (id.clone(), *class)).collect::<Vec<_>>()).collect()
        }
    }
}

/// Whether a cell is among those selected.
pub fn is_selected(model: &Model, at: usize, class: Class) -> bool {
    let list = &model.matrix.resources;
    match &model.matrix.selection {
        None => false,
        Some(Selection::Row) => at == list.cursor,
        Some(Selection::Column) => class == model.matrix.column,
        Some(Selection::Range { resource, class: from }) => {
            let start = list.rows.iter().position(|row| row.key() == resource.as_str()).unwrap_or(list.cursor);
            let rows = start.min(list.cursor)..=start.max(list.cursor);
            rows.contains(&at) && (class == *from || class == model.matrix.column)
        }
    }
}

/// Sets the selected cells to what is made of what they show now.
pub fn set_cells(model: &mut Model, to: impl Fn(Levels) -> Levels) {
    let Some(group) = model.matrix.committed.clone() else { return };
    let cells = selected(model);
    let wanted: Vec<_> = cells
        .into_iter()
        .map(|(resource, class)| {
            let mut cell = cell_edit(model, &group, &resource, class);
            cell.to = to(cell.to);
            (resource, class, cell)
        })
        .collect();
    let count = wanted.len() as u64;
    match model.stage.set_cells(&Named::of(&group), wanted) {
        Ok(()) if count > 1 => model.say(Tone::Plain, format!("{} set; p previews", counted(count, "cell"))),
        Ok(()) => {}
        Err(why) => model.say(Tone::Warn, why),
    }
}

/// The next of None, Read, Write, Read+Write, from what the cell under the cursor shows.
pub fn cycle_cells(model: &mut Model) {
    let Some(group) = model.matrix.committed.clone() else { return };
    let Some(Item::Resource { resource, .. }) = model.matrix.resources.current() else { return };
    let shown = levels_shown(model, &group, &resource.id.clone(), model.matrix.column).0;
    let next = Levels::from_bits_truncate((shown.bits() + 1) % 4);
    set_cells(model, |_| next);
}

/// Takes back what is staged in the selected cells.
pub fn unstage_cells(model: &mut Model) {
    let Some(group) = model.matrix.committed.clone() else { return };
    let wanted: Vec<_> = selected(model)
        .into_iter()
        .filter(|(resource, class)| model.stage.cell(&group.id, resource, *class).is_some())
        .map(|(resource, class)| {
            let mut cell = cell_edit(model, &group, &resource, class);
            cell.to = cell.from;
            cell.narrow = None;
            (resource, class, cell)
        })
        .collect();
    if wanted.is_empty() {
        return;
    }
    if let Err(why) = model.stage.set_cells(&Named::of(&group), wanted) {
        model.say(Tone::Warn, why);
    }
}

/// A group has been read anew: staged cells are compared with what it holds now.
pub fn rebase(model: &mut Model, group: &Group) {
    let staged: Vec<_> = model
        .stage
        .edits
        .iter()
        .filter(|s| !s.phase.is_under_way())
        .filter_map(|s| match &s.edit {
            Edit::Group { group: of, cells, .. } if of.id == group.id => Some(cells),
            Edit::Group { .. }
            | Edit::NewGroup { .. }
            | Edit::Allocate { .. }
            | Edit::Default { .. }
            | Edit::Active { .. }
            | Edit::Made(_) => None,
        })
        .flatten()
        .map(|((resource, class), cell)| (resource.clone(), *class, cell.clone(), cell_edit(model, group, resource, *class)))
        .filter(|(_, _, held, now)| (held.from, &held.was) != (now.from, &now.was))
        .map(|(resource, class, _, now)| (resource, class, now))
        .collect();
    if !staged.is_empty() {
        // It can't be under way: those were left out above.
        let _kept = model.stage.set_cells(&Named::of(group), staged);
    }
}

/// The group under the cursor becomes the default.
pub fn set_default(model: &mut Model) {
    let Some(group) = model.current_group().map(|group| Named::of(group)) else { return };
    let before = default_name(model);
    let text = format!("staged: default {}; p previews", group.name);
    let staged = model.stage.set_default(Some(group), false, before);
    told(model, staged, text);
}

/// The org has no default.
pub fn clear_default(model: &mut Model) {
    let before = default_name(model);
    let staged = model.stage.set_default(None, false, before);
    told(model, staged, "staged: no default; p previews".to_owned());
}

fn default_name(model: &Model) -> Option<Arc<str>> {
    let id = model.org_record.as_ref()?.default_group.clone()?;
    let lists = [&model.groups.list, &model.allocate.targets];
    let named = lists.into_iter().flat_map(|list| &list.rows).find_map(|row| match row {
        Item::Group { group, .. } if group.id == id => Some(group.name.as_str().into()),
        _ => None,
    });
    named.or_else(|| Some(id.as_str().into()))
}

/// Allocates the group under the cursor on the right side.
pub fn allocate_current(model: &mut Model) {
    let Some(group) = model.current_group() else { return };
    if !group.active {
        model.say(Tone::Warn, "the group is inactive: it can't be allocated");
        return;
    }
    let named = Named::of(group);
    allocate(model, Some(named));
}

/// Stages a group for the marked stores, else for the one under the cursor. None makes them inherit.
pub fn allocate(model: &mut Model, group: Option<Named>) {
    let marked: Vec<Had> = if model.allocate.marks.is_empty() {
        match model.allocate.stores.current() {
            Some(Item::Store { store, group, .. }) => vec![(store.code.clone(), group.as_ref().map(|(_, name)| name.clone()))],
            _ => Vec::new(),
        }
    } else {
        let marks = model.allocate.marks.values();
        marks.map(|m| (m.store.code.clone(), m.group.as_ref().map(|(_, name)| name.clone()))).collect()
    };
    if marked.is_empty() {
        return;
    }
    let to = group.as_ref().map_or("the default", |g| &*g.name);
    let text = format!("staged: {} {} {to}; p previews", counted(marked.len() as u64, "store"), model.theme.glyphs.arrow);
    let staged = model.stage.allocate(group.as_ref(), false, marked);
    if staged.is_ok() {
        model.allocate.marks.clear();
    }
    told(model, staged, text);
}

/// What `suspend` would act on: the store or the till under the cursor, and whether it is active.
pub fn target(model: &Model) -> Option<(ObjectId, bool)> {
    let row = match (model.view, model.groups.pane) {
        (View::Tree, _) => model.tree.current().and_then(|row| model.tree.item(&row.row)),
        (View::Allocate, _) if !model.allocate.on_targets => model.allocate.stores.current(),
        (View::Groups, GroupsPane::Stores) => model.groups.stores.current(),
        (View::Groups, GroupsPane::Tills) => model.groups.tills.current(),
        _ => None,
    };
    match row? {
        Item::Store { store, .. } => Some((ObjectId::Store(store.org.clone(), store.code.clone()), store.active)),
        Item::Till { till } => {
            Some((ObjectId::Till(till.org.clone(), till.store.clone(), till.code.clone()), till.active))
        }
        _ => None,
    }
}

/// Stages the opposite of what it is. In the list of groups: whether stores can have the group (AG-27, AG-29).
pub fn toggle_active(model: &mut Model) {
    if model.view == View::Groups && matches!(model.groups.pane, GroupsPane::List | GroupsPane::About) {
        return toggle_group(model);
    }
    if let Some((target, active)) = target(model) {
        stage_active(model, target, !active);
    }
}

fn toggle_group(model: &mut Model) {
    let Some(group) = model.current_group().cloned() else { return };
    let same = |command: &Command| match command {
        Command::DeactivateGroup { group: of, .. } | Command::ReactivateGroup { group: of, .. } => *of.0 == *group.id.as_str(),
        _ => false,
    };
    if model.stage.unmake(same) {
        return model.say(Tone::Plain, format!("taken back: {} stays as it is", group.name));
    }
    let (org, reference) = (group.org.clone(), GroupRef::from(group.id.clone()));
    let (word, line, command) = if group.active {
        ("deactivate", "no store can have it any more, until it is reactivated", Command::DeactivateGroup { org, group: reference })
    } else {
        ("reactivate", "stores can have it again", Command::ReactivateGroup { org, group: reference })
    };
    let title = format!("{word} {}", group.name);
    let made = Made { title: title.clone(), lines: vec![line.to_owned()], command: Box::new(command), typed: None };
    let staged = model.stage.make(made).map(|_| ());
    told(model, staged, format!("staged: {title}; p previews"));
}

/// The group in force for a store, with its name.
type InForce = Option<(GroupId, Arc<str>)>;
/// A store and the group it had, by name.
type Had = (StoreCode, Option<Arc<str>>);

/// Lets the groups of the marked stores, else of the one under the cursor, only observe (AG-33); or enforce again, if
/// all of them observe. What a store inherits observes where the default does.
pub fn observe(model: &mut Model) {
    let marked: Vec<(Arc<Store>, InForce)> = if model.allocate.marks.is_empty() {
        match model.allocate.stores.current() {
            Some(Item::Store { store, group, .. }) => vec![(store.clone(), group.clone())],
            _ => Vec::new(),
        }
    } else {
        model.allocate.marks.values().map(|marked| (marked.store.clone(), marked.group.clone())).collect()
    };
    // What each has explicitly, or shall have, and whether that observes.
    type Has = (StoreCode, Option<Arc<str>>, Named, bool);
    let having: Vec<Has> = marked
        .iter()
        .filter_map(|(store, group)| {
            let (named, observes) = match model.stage.allocation(&store.code) {
                Some((to, observes)) => (to.cloned()?, observes),
                None => {
                    let (id, name) = group.clone().filter(|(id, _)| store.group.as_ref() == Some(id))?;
                    (Named { id, name }, store.observe)
                }
            };
            Some((store.code.clone(), group.as_ref().map(|(_, name)| name.clone()), named, observes))
        })
        .collect();
    if having.is_empty() {
        return model.say(Tone::Warn, "they inherit: let the default observe (o on it, in 2 or on the right side)");
    }
    let on = !having.iter().all(|(.., observes)| *observes);
    let inherit = marked.len() - having.len();
    let mut by_group: Vec<(Named, Vec<Had>)> = Vec::new();
    for (code, from, named, _) in having {
        match by_group.iter_mut().find(|(other, _)| *other == named) {
            Some((_, stores)) => stores.push((code, from)),
            None => by_group.push((named, vec![(code, from)])),
        }
    }
    let count: usize = by_group.iter().map(|(_, stores)| stores.len()).sum();
    let staged = by_group.into_iter().try_for_each(|(named, stores)| model.stage.allocate(Some(&named), on, stores));
    if staged.is_ok() {
        model.allocate.marks.clear();
    }
    let left = if inherit > 0 { format!("; {inherit} inherit and were left out") } else { String::new() };
    let word = if on { "observing" } else { "enforcing" };
    told(model, staged, format!("staged: {} {word}{left}; p previews", counted(count as u64, "store")));
}

/// Lets the default only observe, or enforce again.
pub fn observe_default(model: &mut Model) {
    let Some(org) = model.org_record.clone() else { return };
    let Some(group) = model.current_group().map(|group| Named::of(group)) else { return };
    let before = default_name(model);
    let on = !org.default_observe;
    let word = if on { "observes: what it would deny is permitted and marked" } else { "enforces again" };
    let text = format!("staged: the default {word}; p previews");
    let staged = model.stage.set_default(Some(group), on, before);
    told(model, staged, text);
}

/// Stages the opposite of what the org is.
pub fn toggle_org(model: &mut Model) {
    if let Some(org) = model.org_record.clone() {
        stage_active(model, ObjectId::Org(org.org.clone()), !org.active);
    }
}

fn stage_active(model: &mut Model, target: ObjectId, active: bool) {
    let staged_already = model.stage.active(&target) == Some(active);
    let (word, wanted) = match (active, staged_already) {
        (_, true) => ("taken back", !active),
        (true, false) => ("staged: resume", active),
        (false, false) => ("staged: suspend", active),
    };
    let text = format!("{word} {target}");
    let staged = model.stage.set_active(target, wanted);
    told(model, staged, text);
}

fn told(model: &mut Model, staged: Result<(), &'static str>, text: String) {
    match staged {
        Ok(()) => model.say(Tone::Plain, text),
        Err(why) => model.say(Tone::Warn, why),
    }
}
