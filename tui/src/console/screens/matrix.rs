//! Matrix: what a group grants on each resource, Data and Config, as a sheet; and the endpoints of a resource.

use bailiwick_policy::access::{Class, Levels, Narrow};
use bailiwick_policy::ids::EndpointId;
use bailiwick_policy::name::fold;
use bailiwick_policy::object::{Group, GroupKind};
use bailiwick_policy::query::Item;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::list::{Flags, ListPane};
use super::paint::{Cell, Column, count, figure, fit, middle, put, text};
use crate::console::keys::View;
use crate::console::listing::Load;
use crate::console::model::Model;
use crate::console::update::{is_selected, levels_shown, narrow_shown};

const COLUMNS: &[Column] = &[
    text("resource", 16, 44, 0),
    text("Data", 16, 20, 0),
    text("Config", 16, 20, 0),
    figure("data endpoints", 14, 2),
    figure("config endpoints", 16, 3),
];

/// Draws it.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some(group) = &model.matrix.committed else {
        let (text, style, below) = match (&model.matrix.group, &model.matrix.fault) {
            (None, _) => ("no group chosen".to_owned(), theme.text, "g picks one; 2 lists them"),
            (Some(_), Some(fault)) => (format!("{} {fault}", theme.glyphs.bad), theme.bad, "it is asked for again by itself; R asks now"),
            (Some(_), None) => ("loading".to_owned(), theme.dim, ""),
        };
        middle(buffer, theme, area, &text, style, below);
        return;
    };
    let notes = notes(model, group);
    let height = u16::try_from(notes.len()).unwrap_or(0).min(3);
    let [sheet, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(height)]).areas(area);
    let title = format!("{} ({})", group.name, group.kind);
    ListPane {
        title: &title,
        focused: true,
        columns: COLUMNS,
        empty: ("no resources", "`bailiwick import endpoints FILE` brings a catalogue in"),
    }
    .draw(buffer, theme, sheet, &model.matrix.resources, |at, item| {
        let Item::Resource { resource, data, config } = item else { return Default::default() };
        let here = at == model.matrix.resources.cursor;
        let mut changed = false;
        let mut cell = |class: Class, endpoints: u64| {
            let (levels, staged) = levels_shown(model, group, &resource.id, class);
            changed |= staged;
            let shown = SheetCell {
                levels,
                staged,
                narrowed: narrow_shown(model, group, &resource.id, class).is_some(),
                inert: endpoints == 0,
                on: here && class == model.matrix.column,
                selected: is_selected(model, at, class),
            };
            sheet_cell(model, shown)
        };
        let (data_cell, config_cell) = (cell(Class::Data, *data), cell(Class::Config, *config));
        let row = vec![
            Cell::from(resource.id.as_str()),
            data_cell,
            config_cell,
            Cell::new(count(*data), theme.dim),
            Cell::new(count(*config), theme.dim),
        ];
        (row, Flags { marked: false, changed })
    });
    reverse_cell(model, buffer, sheet);
    for (y, (note, style)) in (below.top()..below.bottom()).zip(notes) {
        put(buffer, theme, (below.x + 1, y), below.width.saturating_sub(1), &note, style);
    }
}

/// What a cell of the sheet is.
#[derive(Clone, Copy)]
struct SheetCell {
    levels: Levels,
    staged: bool,
    narrowed: bool,
    inert: bool,
    on: bool,
    selected: bool,
}

/// The text of a cell: the level in words; brackets where the cursor is, `±` where it is staged, `◑` where it reaches
/// only some endpoints.
fn sheet_cell(model: &Model, cell: SheetCell) -> Cell {
    let SheetCell { levels, staged, narrowed, inert, on, selected } = cell;
    let theme = &model.theme;
    let word = levels.to_string();
    let mark = if staged { theme.glyphs.changed } else { "" };
    let part = if narrowed { format!(" {}", theme.glyphs.part) } else { String::new() };
    let note = if inert && !levels.is_empty() { " inert" } else { "" };
    let body = format!("{mark}{word}{part}{note}");
    let text = match (on, selected) {
        (true, _) => format!("[{body}]"),
        (false, true) => format!("({body})"),
        (false, false) => format!(" {body} "),
    };
    let style = match (staged, levels.is_empty() || inert) {
        (true, _) => theme.changed,
        (false, true) => theme.dim,
        (false, false) => theme.text,
    };
    Cell::new(text, if selected { style.patch(theme.marked) } else { style })
}

/// The row under the cursor is lit; the cell under it more.
fn reverse_cell(model: &Model, buffer: &mut Buffer, area: Rect) {
    const GUTTER: u16 = 3;
    let list = &model.matrix.resources;
    let rows = usize::from(area.height.saturating_sub(2));
    let top = list.first_shown(rows);
    let Ok(down) = u16::try_from(list.cursor.saturating_sub(top)) else { return };
    let y = area.y + 2 + down;
    if list.rows.is_empty() || y >= area.bottom() {
        return;
    }
    let column = match model.matrix.column {
        Class::Data => 1,
        Class::Config => 2,
    };
    let places = fit(COLUMNS, area.width.saturating_sub(GUTTER));
    if let Some((_, left, width)) = places.into_iter().find(|(at, ..)| *at == column) {
        let cell = Rect { x: area.x + GUTTER + left, y, width, height: 1 };
        buffer.set_style(cell, model.theme.accent.patch(model.theme.cursor));
    }
}

fn notes(model: &Model, group: &Group) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let mut notes = Vec::new();
    if let Some(Item::Resource { resource, data, config }) = model.matrix.resources.current() {
        let class = model.matrix.column;
        let of = match class {
            Class::Data => *data,
            Class::Config => *config,
        };
        if let Some(narrow) = narrow_shown(model, group, &resource.id, class) {
            let levels = levels_shown(model, group, &resource.id, class).0;
            let words = narrow_words(narrow, of);
            notes.push((format!("{} {} ({class}): {levels}, {words}", theme.glyphs.part, resource.id), theme.accent));
        }
    }
    if group.wildcard {
        notes.push(("built-in: grants everything, present and future; can't be edited".to_owned(), theme.dim));
    } else if group.kind == GroupKind::BuiltIn {
        notes.push(("built-in: can't be edited; make a custom group instead (2, n)".to_owned(), theme.dim));
    }
    if let Some(known) = &model.matrix.known {
        let text = fold(&model.matrix.resources.query.text);
        let inert: Vec<String> = group
            .grants
            .iter()
            .filter(|grant| !known.contains(&grant.resource) && fold(grant.resource.as_str()).contains(&text))
            .map(|grant| format!("{} ({}: {})", grant.resource, grant.class, grant.levels))
            .collect();
        if !inert.is_empty() {
            notes.push((format!("inert, not in the catalogue: {}", inert.join(", ")), theme.warn));
        }
    }
    let told = matches!(model.matrix.resources.load, Load::Failed(_));
    if let Some(fault) = model.matrix.fault.as_ref().filter(|_| !told) {
        notes.push((format!("{} out of date: {fault}", theme.glyphs.warn), theme.warn));
    }
    notes
}

/// `only 2 of 5 endpoints: …`, `all but 1 of 5 endpoints: …`.
fn narrow_words(narrow: &Narrow, of: u64) -> String {
    let names: Vec<&str> = narrow.endpoints().iter().map(|endpoint| endpoint.as_str()).collect();
    let word = match narrow {
        Narrow::Only(_) => "only",
        Narrow::Except(_) => "all but",
    };
    format!("{word} {} of {of} endpoints: {}", names.len(), names.join(", "))
}

/// Draws the endpoints of a resource, with what the group lets through.
pub fn endpoints(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    const COLUMNS: &[Column] = &[
        text("method", 7, 8, 0),
        text("path", 20, 70, 0),
        text("class", 6, 6, 3),
        text("needs", 10, 10, 2),
        text("this group", 10, 12, 1),
        text("name", 10, 40, 4),
    ];
    let notes = endpoint_notes(model);
    let height = u16::try_from(notes.len()).unwrap_or(0).min(3);
    let [area, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(height)]).areas(area);
    let title = model.endpoints.resource.as_ref().map_or_else(|| View::Endpoints.title().to_owned(), |r| format!("Endpoints of {r}"));
    ListPane { title: &title, focused: true, columns: COLUMNS, empty: ("no endpoints", "its cells are inert: they let nothing through") }.draw(
        buffer,
        theme,
        area,
        &model.endpoints.list,
        |_, item| {
            let Item::Endpoint { endpoint } = item else { return Default::default() };
            let needed = endpoint.needed();
            let needs = if needed == Levels::all() { "any".to_owned() } else { needed.to_string() };
            let mut changed = false;
            let verdict = match (&model.matrix.committed, &endpoint.resource) {
                _ if !endpoint.matchable => Cell::new("never", theme.warn),
                (Some(group), Some(resource)) => {
                    let (levels, staged) = levels_shown(model, group, resource, endpoint.class);
                    let reached = narrow_shown(model, group, resource, endpoint.class).is_none_or(|narrow| reaches(narrow, &endpoint.id));
                    let permits = levels.intersects(needed) && reached;
                    let did = group.levels(resource, endpoint.class).intersects(needed) && group.admits(resource, endpoint.class, &endpoint.id);
                    changed = staged && permits != did;
                    let word = match (permits, levels.intersects(needed)) {
                        (true, _) => "permit",
                        (false, true) => "left out",
                        (false, false) => "deny",
                    };
                    if changed {
                        Cell::new(format!("{}{word}", theme.glyphs.changed), theme.changed)
                    } else {
                        Cell::new(word, if permits { theme.good } else { theme.warn })
                    }
                }
                _ => Cell::default(),
            };
            let row = vec![
                Cell::from(&*endpoint.method),
                Cell::from(&*endpoint.template),
                Cell::new(endpoint.class.to_string(), theme.dim),
                Cell::from(needs),
                verdict,
                Cell::new(endpoint.name.as_ref().map_or("", |name| name.as_str()), theme.dim),
            ];
            (row, Flags { marked: model.endpoints.marks.contains_key(&endpoint.id), changed })
        },
    );
    for (y, (note, style)) in (below.top()..below.bottom()).zip(notes) {
        put(buffer, theme, (below.x + 1, y), below.width.saturating_sub(1), &note, style);
    }
}

/// What narrows the cells of the resource whose endpoints are shown, and how many are marked.
fn endpoint_notes(model: &Model) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let mut notes = Vec::new();
    let marks = model.endpoints.marks.len() as u64;
    if marks > 0 {
        notes.push((format!("{} {} marked", theme.glyphs.marked, count(marks)), theme.marked));
    }
    if let (Some(group), Some(resource)) = (&model.matrix.committed, &model.endpoints.resource) {
        for class in Class::ALL {
            if let Some(narrow) = narrow_shown(model, group, resource, class) {
                let (levels, staged) = levels_shown(model, group, resource, class);
                let mark = if staged { theme.glyphs.changed } else { theme.glyphs.part };
                notes.push((format!("{mark} {class}: {levels}, {narrow}"), if staged { theme.changed } else { theme.accent }));
            }
        }
    }
    notes
}

fn reaches(narrow: &Narrow, endpoint: &EndpointId) -> bool {
    match narrow {
        Narrow::Only(endpoints) => endpoints.contains(endpoint),
        Narrow::Except(endpoints) => !endpoints.contains(endpoint),
    }
}
