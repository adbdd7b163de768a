//! Tree: zones or groups, their stores, their tills. Only the rows that are seen are built.

use bailiwick_policy::ids::ObjectId;
use bailiwick_policy::impact::counted;
use bailiwick_policy::query::Item;
use bailiwick_policy::state::Via;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{Cell, Column, cells, count, fit, headings, pane, put, text};
use crate::console::listing::Load;
use crate::console::model::Model;
use crate::console::tree::{Branch, Row, TreeMode, TreeRow};

const COLUMNS: &[Column] = &[text("place", 24, 60, 0), text("name", 14, 40, 3), text("holds", 20, 34, 2), text("status", 10, 12, 1)];

/// Draws it.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let tree = &model.tree;
    let (title, other) = match tree.mode {
        TreeMode::Zones => ("By zone", "m: by group"),
        TreeMode::Groups => ("By access group", "m: by zone"),
    };
    let inner = pane(buffer, theme, area, title, other, true);
    let table = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner };
    let places = fit(COLUMNS, table.width);
    headings(buffer, theme, Rect { height: 1, ..table }, COLUMNS, &places);
    let rows = usize::from(inner.height.saturating_sub(1)).max(1);
    let top = tree.top.min(tree.cursor).max((tree.cursor + 1).saturating_sub(rows));
    for (y, (at, row)) in (table.y + 1..table.bottom()).zip(tree.rows.iter().enumerate().skip(top)) {
        cells(buffer, theme, Rect { y, height: 1, ..table }, COLUMNS, &places, &line(model, row));
        if at == tree.cursor {
            buffer.set_style(Rect { y, height: 1, ..inner }, theme.cursor);
            put(buffer, theme, (inner.x, y), 1, theme.glyphs.cursor, theme.accent.patch(theme.cursor));
        }
    }
}

fn line(model: &Model, row: &TreeRow) -> [Cell; 4] {
    let theme = &model.theme;
    let branch = model.tree.branch(&row.row, &model.places);
    // `+` opens, `-` closes: no glyph is the cursor's.
    let sign = match &branch {
        Some(branch) if model.tree.open.contains(branch) => "- ",
        Some(_) => "+ ",
        None => "  ",
    };
    let place = |code: &str, style: Style| Cell::new(format!("{}{sign}{code}", "  ".repeat(usize::from(row.depth))), style);
    let said = |text: String, style: Style| [place(&text, style), Cell::default(), Cell::default(), Cell::default()];
    match &row.row {
        Row::Org => {
            let name = model.org_record.as_ref().map_or("", |org| org.name.as_str());
            let code = model.org.as_ref().map_or("", |org| org.as_str());
            let holds = format!("{}, {}", counted(model.org_counts.0, "store"), counted(model.org_counts.1, "till"));
            let suspended = model.org_record.as_ref().is_some_and(|org| !org.active);
            [place(code, theme.heading), Cell::from(name), Cell::new(holds, theme.dim), status(model, !suspended, None)]
        }
        Row::Zone(at) => {
            let Some(known) = model.places.zones.as_ref().and_then(|zones| zones.get(*at)) else { return said(String::new(), theme.dim) };
            let below = known.below.saturating_sub(known.stores);
            let below = if below > 0 { format!(" and {} below", count(below)) } else { String::new() };
            let holds = format!("{}{below}", counted(known.stores, "store"));
            [place(known.zone.code.as_str(), theme.accent), Cell::from(known.zone.name.as_str()), Cell::new(holds, theme.dim), Cell::default()]
        }
        Row::Unzoned => {
            let zoned: u64 = model.places.zones.iter().flatten().map(|known| known.stores).sum();
            let holds = counted(model.org_counts.0.saturating_sub(zoned), "store");
            [place("no zone", theme.text), Cell::from("directly under the org"), Cell::new(holds, theme.dim), Cell::default()]
        }
        Row::Child(..) => match model.tree.item(&row.row) {
            Some(item) => child(model, item, place),
            None => said(String::new(), theme.dim),
        },
        Row::More(Branch::Unzoned) => said("more: enter looks further".to_owned(), theme.dim),
        Row::More(branch) => {
            let held = model.tree.children.get(branch).map_or(0, |children| children.items.len());
            let full = held >= crate::console::tree::CHILDREN_MAX;
            said(if full { "more: a lists them in Allocate".to_owned() } else { format!("{} more", theme.glyphs.waiting) }, theme.dim)
        }
        Row::Note(branch) => match model.tree.children.get(branch).map(|children| &children.load) {
            Some(Load::Failed(fault)) => said(format!("{} {fault}", theme.glyphs.bad), theme.bad),
            Some(Load::Ready) => said(empty(branch).to_owned(), theme.dim),
            Some(Load::Never | Load::Loading) | None => said(format!("{} loading", theme.glyphs.waiting), theme.dim),
        },
    }
}

fn empty(branch: &Branch) -> &'static str {
    match branch {
        Branch::Groups => "no access groups",
        Branch::Zone(_) | Branch::Unzoned => "no stores in it",
        Branch::Group(_) => "no store has it",
        Branch::Store(_) => "no tills",
    }
}

fn child(model: &Model, item: &Item, place: impl Fn(&str, Style) -> Cell) -> [Cell; 4] {
    let theme = &model.theme;
    match item {
        Item::Group { group, explicit, inherited, default } => {
            let holds = format!("{} explicit, {} inherited", count(*explicit), count(*inherited));
            let status = match (group.active, default) {
                (false, _) => Cell::new("inactive", theme.warn),
                (true, true) => Cell::new(format!("{} default", theme.glyphs.default), theme.accent),
                (true, false) => Cell::new("active", theme.dim),
            };
            [place(group.name.as_str(), theme.accent), Cell::new(group.id.as_str(), theme.dim), Cell::new(holds, theme.dim), status]
        }
        Item::Store { store, group, via, tills } => {
            let from = match via {
                Some(Via::Explicit) => "",
                Some(Via::Default) => " (inherited)",
                None => "",
            };
            let name = group.as_ref().map_or("no group", |(_, name)| name);
            let holds = format!("{}, {name}{from}", counted(*tills, "till"));
            let id = ObjectId::Store(store.org.clone(), store.code.clone());
            [
                place(store.code.as_str(), theme.text),
                Cell::from(store.name.as_str()),
                Cell::new(holds, if group.is_some() { theme.dim } else { theme.warn }),
                status(model, store.active, model.stage.active(&id)),
            ]
        }
        Item::Till { till } => {
            let id = ObjectId::Till(till.org.clone(), till.store.clone(), till.code.clone());
            let name = till.name.as_ref().map_or("", |name| name.as_str());
            [place(till.code.as_str(), theme.text), Cell::from(name), Cell::default(), status(model, till.active, model.stage.active(&id))]
        }
        Item::Org { .. }
        | Item::Zone { .. }
        | Item::Concept { .. }
        | Item::Resource { .. }
        | Item::Endpoint { .. }
        | Item::User { .. }
        | Item::Scope { .. }
        | Item::Entity { .. }
        | Item::Control { .. }
        | Item::UserGroup { .. }
        | Item::Set { .. }
        | Item::Role { .. }
        | Item::Application { .. }
        | Item::Module { .. }
        | Item::Privilege { .. }
        | Item::Settings { .. }
        | Item::Override { .. }
        | Item::Platform { .. }
        | Item::Proposal { .. }
        | Item::Credential { .. } => [place(&item.key(), theme.text), Cell::default(), Cell::default(), Cell::default()],
    }
}

fn status(model: &Model, active: bool, staged: Option<bool>) -> Cell {
    let theme = &model.theme;
    match (staged, active) {
        (Some(true), _) => Cell::new(format!("{} active", theme.glyphs.arrow), theme.changed),
        (Some(false), _) => Cell::new(format!("{} suspend", theme.glyphs.arrow), theme.changed),
        (None, true) => Cell::new("active", theme.dim),
        (None, false) => Cell::new("suspended", theme.warn),
    }
}
