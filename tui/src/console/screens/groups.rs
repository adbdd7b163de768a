//! Access groups: the list, and beside it what is known of the one under the cursor.

use bailiwick_policy::access::{Class, Levels};
use bailiwick_policy::command::Command;
use bailiwick_policy::impact::counted;
use bailiwick_policy::object::Group;
use bailiwick_policy::query::Item;
use bailiwick_policy::state::Via;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Span;

use super::list::{Flags, ListPane};
use super::paint::{Cell, Column, ago, beside, count, figure, lines, pane, spans, text, wrap};
use crate::console::model::{GroupsPane, Model};
use crate::console::stage::Edit;

const COLUMNS: &[Column] = &[
    text("name", 16, 34, 0),
    text("status", 8, 10, 3),
    text("kind", 8, 8, 4),
    figure("explicit", 8, 1),
    figure("inherited", 9, 2),
    text("default", 9, 9, 5),
    text("narrowed", 8, 8, 7),
    text("updated", 10, 12, 6),
];

/// Whether the org's default only observes (AG-33).
fn observing(model: &Model) -> bool {
    model.org_record.as_ref().is_some_and(|org| org.default_observe)
}

/// Whether a command deactivates or reactivates a group.
fn turns(command: &Command, group: &Group) -> bool {
    match command {
        Command::DeactivateGroup { group: of, .. } | Command::ReactivateGroup { group: of, .. } => *of.0 == *group.id.as_str(),
        _ => false,
    }
}

/// Draws it.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let pane = model.groups.pane;
    if model.is_narrow() {
        match pane {
            GroupsPane::List => list(model, buffer, area),
            GroupsPane::About | GroupsPane::Stores | GroupsPane::Tills => detail(model, buffer, area),
        }
        return;
    }
    let [left, right] = Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(area);
    list(model, buffer, left);
    let right = beside(buffer, &model.theme, right);
    detail(model, buffer, right);
}

fn list(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    ListPane {
        title: "Access groups",
        focused: model.groups.pane == GroupsPane::List,
        columns: COLUMNS,
        empty: ("no access groups", "n creates one"),
    }
    .draw(buffer, theme, area, &model.groups.list, |_, item| {
        let Item::Group { group, explicit, inherited, default } = item else { return Default::default() };
        let staged_default = model.stage.new_default();
        let becomes = staged_default.is_some_and(|to| to.is_some_and(|to| to.id == group.id));
        let ceases = *default && staged_default.is_some() && !becomes;
        let edited = model.stage.edits.iter().any(|s| matches!(&s.edit, Edit::Group { group: of, .. } if of.id == group.id));
        let note = match (default, becomes, ceases) {
            (_, true, _) => Cell::new(format!("{} default", theme.glyphs.changed), theme.changed),
            (_, _, true) => Cell::new(format!("{} default", theme.glyphs.changed), theme.disabled),
            (true, ..) => {
                let word = if observing(model) { "observe" } else { "default" };
                Cell::new(format!("{} {word}", theme.glyphs.default), theme.accent)
            }
            (false, ..) => Cell::default(),
        };
        let turned = model.stage.is_made(|command| turns(command, group));
        let status = match (group.active, turned) {
            (true, true) => Cell::new(format!("{} inactive", theme.glyphs.changed), theme.changed),
            (false, true) => Cell::new(format!("{} active", theme.glyphs.changed), theme.changed),
            (true, false) => Cell::from("active"),
            (false, false) => Cell::new("inactive", theme.warn),
        };
        let narrowed = group.grants.iter().filter(|grant| grant.narrow.is_some()).count() as u64;
        let row = vec![
            Cell::from(group.name.as_str()),
            status,
            Cell::new(group.kind.to_string(), theme.dim),
            Cell::from(count(*explicit)),
            Cell::from(count(*inherited)),
            note,
            if narrowed > 0 { Cell::new(format!("{} {}", theme.glyphs.part, count(narrowed)), theme.accent) } else { Cell::default() },
            Cell::new(ago(model.wall_ms, group.meta.updated_at.0), theme.dim),
        ];
        (row, Flags { marked: false, changed: edited || becomes || ceases || turned })
    });
}

fn detail(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some(Item::Group { group, explicit, inherited, default }) = model.groups.list.current() else {
        pane(buffer, theme, area, "About", "", false);
        return;
    };
    let focused = model.groups.pane != GroupsPane::List;
    let shown = model.groups.pane;
    let inner = pane(buffer, theme, area, group.name.as_str(), "", focused);
    let [tabs, below] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inner);
    let tab = |name: &'static str, on: bool| {
        // The brackets say it where no style can.
        if on { Span::styled(format!("[{name}]"), theme.accent) } else { Span::styled(format!(" {name} "), theme.dim) }
    };
    spans(
        buffer,
        tabs,
        vec![
            tab("About", matches!(shown, GroupsPane::List | GroupsPane::About)),
            tab("Stores", shown == GroupsPane::Stores),
            tab("Tills", shown == GroupsPane::Tills),
        ],
    );
    match shown {
        GroupsPane::List | GroupsPane::About => {
            let text = about(model, group, *explicit, *inherited, *default, below.width);
            lines(buffer, theme, below, &text);
        }
        GroupsPane::Stores => stores(model, buffer, below),
        GroupsPane::Tills => tills(model, buffer, below),
    }
}

fn about(model: &Model, group: &Group, explicit: u64, inherited: u64, default: bool, width: u16) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let mut out = Vec::new();
    let staged = model.stage.edits.iter().find_map(|s| match &s.edit {
        Edit::Group { group: of, name, description, cells } if of.id == group.id => Some((name, description, cells.len())),
        _ => None,
    });
    if let Some((name, description, cells)) = staged {
        let mut what = Vec::new();
        what.extend(name.as_ref().map(|name| format!("name {} {name}", theme.glyphs.arrow)));
        what.extend(description.as_ref().map(|_| "description".to_owned()));
        if cells > 0 {
            what.push(counted(cells as u64, "cell"));
        }
        out.push((format!("{} staged: {}", theme.glyphs.changed, what.join(", ")), theme.changed));
    }
    let description = if group.description.is_empty() { "no description" } else { &group.description };
    for line in wrap(&description.replace('\n', " "), usize::from(width.saturating_sub(1)).max(1)).into_iter().take(4) {
        out.push((line, theme.text));
    }
    if model.stage.is_made(|command| turns(command, group)) {
        let word = if group.active { "deactivate" } else { "reactivate" };
        out.push((format!("{} staged: {word}", theme.glyphs.changed), theme.changed));
    }
    out.push((String::new(), theme.text));
    let mut fact = |name: &str, value: String| out.push((format!("{name:<10} {value}"), theme.text));
    fact("id", group.id.to_string());
    fact("kind", format!("{}{}", group.kind, if group.wildcard { ", grants everything" } else { "" }));
    fact("status", if group.active { "active".to_owned() } else { "inactive".to_owned() });
    let word = match (default, observing(model)) {
        (true, true) => ", by default; the default only observes: what it would deny is permitted and marked",
        (true, false) => ", by default",
        (false, _) => "",
    };
    fact("stores", format!("{} explicit, {} inherited{word}", count(explicit), count(inherited)));
    let cells = |class: Class, levels: Levels| group.grants.iter().filter(|g| g.class == class && g.levels.contains(levels)).count();
    for class in Class::ALL {
        let (read, write) = (cells(class, Levels::R), cells(class, Levels::W));
        let text = if group.wildcard { "Read+Write on all".to_owned() } else { format!("Read on {read}, Write on {write}") };
        fact(&class.to_string(), text);
    }
    let narrowed: Vec<_> = group.grants.iter().filter_map(|grant| Some((grant, grant.narrow.as_ref()?))).collect();
    if !narrowed.is_empty() {
        fact("narrowed", counted(narrowed.len() as u64, "cell"));
        for (grant, narrow) in narrowed {
            fact("", format!("{} ({}): {narrow}", grant.resource, grant.class));
        }
    }
    fact("created", format!("{} by {}", ago(model.wall_ms, group.meta.created_at.0), group.meta.created_by));
    fact("updated", format!("{} by {}, r{}", ago(model.wall_ms, group.meta.updated_at.0), group.meta.updated_by, group.meta.revision));
    let room = usize::from(width.saturating_sub(1)).max(1);
    out.into_iter().flat_map(|(line, style)| folded(&line, room).into_iter().map(move |line| (line, style))).collect()
}

/// A fact folded to a width, what is folded standing under its value.
fn folded(line: &str, columns: usize) -> Vec<String> {
    const VALUE: usize = 11;
    match (line.get(..VALUE), line.get(VALUE..)) {
        (Some(name), Some(value)) if line.chars().count() > columns && columns > 2 * VALUE => {
            let parts = wrap(value, columns - VALUE);
            parts.into_iter().enumerate().map(|(at, part)| format!("{}{part}", if at == 0 { name } else { "           " })).collect()
        }
        _ => vec![line.to_owned()],
    }
}

fn stores(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    const COLUMNS: &[Column] = &[text("store", 8, 18, 0), text("name", 8, 34, 2), text("group", 9, 20, 1), figure("tills", 5, 3), text("status", 9, 9, 4)];
    ListPane {
        title: "Stores",
        focused: true,
        columns: COLUMNS,
        empty: ("no store has it", "3 allocates it"),
    }
    .draw(buffer, theme, area, &model.groups.stores, |_, item| {
        let Item::Store { store, via, tills, .. } = item else { return Default::default() };
        let row = vec![
            Cell::from(store.code.as_str()),
            Cell::from(store.name.as_str()),
            match via {
                Some(Via::Explicit) if store.observe => Cell::new("explicit, observing", theme.accent),
                Some(Via::Explicit) => Cell::from("explicit"),
                Some(Via::Default) if observing(model) => Cell::new("inherited, observing", theme.accent),
                Some(Via::Default) => Cell::new("inherited", theme.dim),
                None => Cell::default(),
            },
            Cell::from(count(*tills)),
            if store.active { Cell::new("active", theme.dim) } else { Cell::new("suspended", theme.warn) },
        ];
        let id = bailiwick_policy::ids::ObjectId::Store(store.org.clone(), store.code.clone());
        (row, Flags { marked: false, changed: model.stage.active(&id).is_some() })
    });
}

fn tills(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    const COLUMNS: &[Column] = &[text("till", 6, 16, 0), text("name", 8, 30, 1), text("status", 9, 9, 2)];
    let title = match model.groups.stores.current() {
        Some(Item::Store { store, .. }) => format!("Tills of {}", store.code),
        _ => "Tills".to_owned(),
    };
    ListPane { title: &title, focused: true, columns: COLUMNS, empty: ("no tills", "choose another store in the tab before") }.draw(
        buffer,
        theme,
        area,
        &model.groups.tills,
        |_, item| {
            let Item::Till { till } = item else { return Default::default() };
            let row = vec![
                Cell::from(till.code.as_str()),
                Cell::from(till.name.as_ref().map_or("", |name| name.as_str())),
                if till.active { Cell::new("active", theme.dim) } else { Cell::new("suspended", theme.warn) },
            ];
            let id = bailiwick_policy::ids::ObjectId::Till(till.org.clone(), till.store.clone(), till.code.clone());
            (row, Flags { marked: false, changed: model.stage.active(&id).is_some() })
        },
    );
}
