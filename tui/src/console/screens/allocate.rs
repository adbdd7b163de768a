//! Allocate: stores on the left, groups on the right, and at the foot what is marked, hidden marks told apart.

use bailiwick_policy::ids::ObjectId;
use bailiwick_policy::object::Store;
use bailiwick_policy::query::Item;
use bailiwick_policy::state::Via;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::list::{Flags, ListPane};
use super::paint::{Cell, Column, beside, count, figure, put, text};
use crate::console::model::Model;
use crate::console::update::range_rows;

const STORES: &[Column] = &[
    text("store", 12, 20, 0),
    text("name", 16, 32, 3),
    text("zone", 7, 14, 2),
    text("concept", 11, 14, 5),
    text("group", 16, 34, 1),
    text("from", 9, 18, 4),
    figure("tills", 5, 7),
    text("status", 9, 9, 6),
];

const TARGETS: &[Column] = &[text("group", 10, 26, 0), figure("stores", 6, 1), text("", 9, 9, 2)];

/// Draws it.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let [lists, foot] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(area);
    if model.is_narrow() {
        if model.allocate.on_targets {
            targets(model, buffer, lists);
        } else {
            stores(model, buffer, lists);
        }
    } else {
        let [left, right] = Layout::horizontal([Constraint::Fill(5), Constraint::Fill(2)]).areas(lists);
        stores(model, buffer, left);
        let right = beside(buffer, &model.theme, right);
        targets(model, buffer, right);
    }
    footer(model, buffer, foot);
}

fn stores(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let range = model.allocate.range_from.as_deref().and_then(|from| range_rows(model, from));
    ListPane {
        title: "Stores",
        focused: !model.allocate.on_targets,
        columns: STORES,
        empty: ("no stores", "esc clears the filter; `bailiwick import stores FILE` brings some in"),
    }
    .draw(buffer, theme, area, &model.allocate.stores, |at, item| {
        let Item::Store { store, group, via, tills, .. } = item else { return Default::default() };
        let now = group.as_ref().map_or("no group", |(_, name)| name);
        let (shown, from) = match model.stage.allocation(&store.code) {
            Some((Some(to), observe)) => {
                let word = if observe { " observing" } else { "" };
                (Cell::new(format!("{now} {} {}{word}", theme.glyphs.arrow, to.name), theme.changed), "staged")
            }
            Some((None, _)) => (Cell::new(format!("{now} {} default", theme.glyphs.arrow), theme.changed), "staged"),
            None => (
                if group.is_some() { Cell::from(now) } else { Cell::new(now, theme.warn) },
                match (via, observes(model, store, *via)) {
                    (Some(Via::Explicit), true) => "observing",
                    (Some(Via::Explicit), false) => "explicit",
                    (Some(Via::Default), true) => "inherits observing",
                    (Some(Via::Default), false) => "inherited",
                    (None, _) => "",
                },
            ),
        };
        let id = ObjectId::Store(store.org.clone(), store.code.clone());
        let activity = match (model.stage.active(&id), store.active) {
            (Some(true), _) => Cell::new(format!("{} active", theme.glyphs.arrow), theme.changed),
            (Some(false), _) => Cell::new(format!("{} suspend", theme.glyphs.arrow), theme.changed),
            (None, true) => Cell::new("active", theme.dim),
            (None, false) => Cell::new("suspended", theme.warn),
        };
        let in_range = range.is_some_and(|(first, last)| (first..=last).contains(&at));
        let flags = Flags {
            marked: in_range || model.allocate.marks.contains_key(&store.code),
            changed: from == "staged" || model.stage.active(&id).is_some(),
        };
        let row = vec![
            Cell::from(store.code.as_str()),
            Cell::from(store.name.as_str()),
            Cell::from(store.zone.as_ref().map_or("", |zone| zone.as_str())),
            Cell::from(store.concept.as_ref().map_or("", |concept| concept.as_str())),
            shown,
            Cell::new(from, if from.ends_with("observing") { theme.accent } else { theme.dim }),
            Cell::from(count(*tills)),
            activity,
        ];
        (row, flags)
    });
}

/// Whether what the store's group would deny is permitted and marked (AG-33).
fn observes(model: &Model, store: &Store, via: Option<Via>) -> bool {
    match via {
        Some(Via::Explicit) => store.observe,
        Some(Via::Default) => model.org_record.as_ref().is_some_and(|org| org.default_observe),
        None => false,
    }
}

fn targets(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    ListPane {
        title: "Groups",
        focused: model.allocate.on_targets,
        columns: TARGETS,
        empty: ("no active groups", "2 and n create one"),
    }
    .draw(buffer, theme, area, &model.allocate.targets, |_, item| {
        let Item::Group { group, explicit, inherited, default } = item else { return Default::default() };
        let becomes = model.stage.new_default().is_some_and(|to| to.is_some_and(|to| to.id == group.id));
        let note = if becomes {
            Cell::new(format!("{} default", theme.glyphs.changed), theme.changed)
        } else if *default {
            let word = if model.org_record.as_ref().is_some_and(|org| org.default_observe) { "observe" } else { "default" };
            Cell::new(format!("{} {word}", theme.glyphs.default), theme.accent)
        } else {
            Cell::default()
        };
        let row = vec![Cell::from(group.name.as_str()), Cell::from(count(explicit + inherited)), note];
        (row, Flags { marked: false, changed: becomes })
    });
}

fn footer(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let marks = model.allocate.marks.len();
    let (hidden, staged) = (model.marks_hidden(), staged(model));
    let mut parts = Vec::new();
    if let Some((first, last)) = model.allocate.range_from.as_deref().and_then(|from| range_rows(model, from)) {
        parts.push(format!("range of {}", last - first + 1));
    }
    parts.push(if marks == 0 { "nothing marked".to_owned() } else { format!("{} marked", count(marks as u64)) });
    if hidden > 0 {
        parts.push(format!("{} of them hidden by the filter", count(hidden as u64)));
    }
    if staged > 0 {
        parts.push(format!("{} staged", count(staged as u64)));
    }
    let style = if hidden > 0 { theme.warn } else if marks > 0 { theme.marked } else { theme.dim };
    let line = parts.join(&format!(" {} ", theme.glyphs.dot));
    let line = if marks > 0 { format!("{} {line}", theme.glyphs.marked) } else { line };
    put(buffer, theme, (area.x + 1, area.y), area.width.saturating_sub(1), &line, style);
}

fn staged(model: &Model) -> usize {
    let edits = model.stage.edits.iter();
    edits.map(|s| match &s.edit {
        crate::console::stage::Edit::Allocate { stores, .. } => stores.len(),
        _ => 0,
    }).sum()
}
