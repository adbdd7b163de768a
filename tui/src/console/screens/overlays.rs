//! What lies on top: help, palette, pickers, forms, confirmations. Each a box in the middle of the body.

use bailiwick_policy::query::Item;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::widgets::{Block, Clear, Widget};
use tui_input::Input;

use super::list::{Flags, ListPane};
use super::paint::{Cell, Column, count, lines, put, text, width, wrap};
use crate::console::cli::command_line;
use crate::console::keys::{Chord, View};
use crate::console::model::{FormKind, Model, Overlay, Pick};
use crate::console::stage::Risk;
use crate::console::theme::Theme;
use crate::console::update::{availability, entries};

const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Keys of an overlay, for the key bar.
pub fn hints(overlay: &Overlay) -> &'static [(&'static str, &'static str)] {
    match overlay {
        Overlay::Help { .. } => &[("esc", "close"), ("up/down", "scroll"), ("y", "copy the command line")],
        Overlay::Palette { .. } => &[("enter", "go"), ("up/down", "choose"), ("esc", "close")],
        Overlay::Picker { pick: Pick::Zone | Pick::Concept | Pick::Group, .. } => {
            &[("enter", "pick"), ("tab", "zone, concept, group"), ("esc", "close")]
        }
        Overlay::Picker { .. } => &[("enter", "pick"), ("up/down", "choose"), ("esc", "close")],
        Overlay::Form { .. } => &[("enter", "next, done"), ("tab", "next line"), ("esc", "cancel")],
        Overlay::Confirm { risk: Risk::Plain, .. } => &[("tab", "to Apply"), ("enter", "choose"), ("esc", "cancel")],
        Overlay::Confirm { risk: Risk::Loss, .. } => &[("Y", "apply"), ("enter", "cancel"), ("esc", "cancel")],
        Overlay::Confirm { risk: Risk::Typed(_), .. } => &[("type it, enter", "apply"), ("esc", "cancel")],
        Overlay::Members { .. } => &[("type the node's id, enter", "do it"), ("esc", "cancel")],
        Overlay::Token { .. } => &[("y", "copy"), ("esc", "close and forget")],
        Overlay::ConfirmQuit { .. } => &[("tab", "to Quit"), ("enter", "choose"), ("esc", "stay")],
    }
}

/// Draws what lies on top, if anything.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    match &model.overlay {
        None => {}
        Some(Overlay::Help { scroll }) => help(model, frame.buffer_mut(), area, *scroll),
        Some(Overlay::Palette { input, cursor, .. }) => palette(model, frame, area, input, *cursor),
        Some(Overlay::Picker { pick, input, list }) => {
            let inner = boxed(model, frame.buffer_mut(), area, (70, 18), picker_title(*pick));
            field(model, frame, inner, "/", input, true);
            let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
            const COLUMNS: &[Column] = &[text("name", 10, 40, 0), text("id", 8, 20, 1), text("", 14, 20, 2)];
            ListPane { title: pick_word(*pick), focused: true, columns: COLUMNS, empty: ("nothing there", "") }.draw(
                frame.buffer_mut(),
                &model.theme,
                rows,
                list,
                |_, item| (picker_row(model, item), Flags::default()),
            );
        }
        Some(Overlay::Form { kind, fields, focus, error }) => form(model, frame, area, (kind, fields, *focus, error.as_deref())),
        Some(Overlay::Confirm { staged, risk, on_apply, input }) => {
            if let Some(staged) = model.stage.get(*staged) {
                confirm(model, frame, area, &staged.edit.title(), &summary(staged), (risk, *on_apply, input));
            }
        }
        Some(Overlay::Members { request, reply, input }) => super::members::confirm(model, frame, area, (request, reply, input)),
        Some(Overlay::Token { credential, token, copied }) => {
            let inner = boxed(model, frame.buffer_mut(), area, (76, 9), &format!("The token of {credential}"));
            // Not in a dump: a file outlives what is shown once.
            let secret = if model.masked { "(shown on the screen alone)" } else { token.reveal() };
            let state = if *copied { format!("{} copied", model.theme.glyphs.good) } else { "y copies it".to_owned() };
            let theme = &model.theme;
            let text = [
                ("It is kept nowhere and shown only now:".to_owned(), theme.text),
                (String::new(), theme.text),
                (secret.to_owned(), theme.accent),
                (String::new(), theme.text),
                (state, theme.text),
                ("esc closes this and forgets it".to_owned(), theme.dim),
            ];
            lines(frame.buffer_mut(), theme, inner, &text);
        }
        Some(Overlay::ConfirmQuit { on_quit }) => confirm_quit(model, frame.buffer_mut(), area, *on_quit),
    }
}

pub(super) fn boxed(model: &Model, buffer: &mut Buffer, area: Rect, size: (u16, u16), title: &str) -> Rect {
    let theme = &model.theme;
    let (wide, high) = (size.0.min(area.width), size.1.min(area.height));
    let outer = Rect {
        x: area.x + (area.width - wide) / 2,
        y: area.y + (area.height - high) / 2,
        width: wide,
        height: high,
    };
    Clear.render(outer, buffer);
    let set = if theme.glyphs.ellipsis.is_ascii() { ASCII_BORDER } else { border::ROUNDED };
    let block = Block::bordered().border_set(set).border_style(theme.frame_on);
    let inner = block.inner(outer);
    block.render(outer, buffer);
    put(buffer, theme, (outer.x + 2, outer.y), wide.saturating_sub(4), &format!(" {title} "), theme.accent);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// A line of input with its label; the terminal's cursor stands in it if it has the focus.
pub(super) fn field(model: &Model, frame: &mut Frame<'_>, area: Rect, label: &str, input: &Input, focused: bool) {
    let theme = &model.theme;
    let head = width(label) + 1;
    let room = area.width.saturating_sub(head);
    let scroll = input.visual_scroll(usize::from(room.saturating_sub(1)));
    let shown: String = input.value().chars().skip(scroll).collect();
    put(frame.buffer_mut(), theme, (area.x, area.y), head, label, if focused { theme.accent } else { theme.dim });
    put(frame.buffer_mut(), theme, (area.x + head, area.y), room, &shown, theme.text);
    if focused && area.height > 0 {
        let at = u16::try_from(input.visual_cursor().saturating_sub(scroll)).unwrap_or(0);
        frame.set_cursor_position(Position::new((area.x + head + at).min(area.right().saturating_sub(1)), area.y));
    }
}

fn help_text(model: &Model) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let mut out = vec![
        (format!("{}: keys", model.view.title()), theme.heading),
        (String::new(), theme.text),
    ];
    let mut own = true;
    for (row, keys) in model.keymap.of_view(model.view) {
        if own && row.views.is_empty() {
            own = false;
            out.push((String::new(), theme.text));
            out.push(("everywhere".to_owned(), theme.heading));
        }
        let keys = keys.iter().map(Chord::to_string).collect::<Vec<_>>().join(" ");
        let reason = availability(model, row.action).err();
        let line = match reason {
            Some(reason) => format!("{keys:<12} {} ({reason})", row.help),
            None => format!("{keys:<12} {}", row.help),
        };
        out.push((line, if reason.is_some() { theme.dim } else { theme.text }));
    }
    out.push((String::new(), theme.text));
    out.push(("the same on the command line".to_owned(), theme.heading));
    out.push((format!("  {}", command_line(model)), theme.text));
    let (what, columns) = match model.view {
        View::Audit => ("filter of the audit", crate::console::audit::AUDIT_COLUMNS),
        View::Denies => ("filter of denies", "status:denied|observed, and part of subject, path or reason"),
        View::Groups => ("filter of groups", "status:active|inactive, and part of the name"),
        View::Pulse
        | View::Allocate
        | View::Matrix
        | View::Endpoints
        | View::Tree
        | View::Explain
        | View::Cluster
        | View::Credentials
        | View::Pending => ("filters of stores", crate::console::filter::STORE_COLUMNS),
    };
    out.push((what.to_owned(), theme.heading));
    out.extend(super::paint::wrap_under(&format!("  {columns}"), 90).into_iter().map(|line| (line, theme.text)));
    out
}

/// Lines of the help.
pub fn help_lines(model: &Model) -> usize {
    help_text(model).len()
}

fn help(model: &Model, buffer: &mut Buffer, area: Rect, scroll: usize) {
    let text = help_text(model);
    let inner = boxed(model, buffer, area, (96, area.height), "Help");
    let top = scroll.min(text.len().saturating_sub(usize::from(inner.height)));
    lines(buffer, &model.theme, inner, text.get(top..).unwrap_or_default());
}

fn palette(model: &Model, frame: &mut Frame<'_>, area: Rect, input: &Input, cursor: usize) {
    let theme = &model.theme;
    let inner = boxed(model, frame.buffer_mut(), area, (78, 20), "Go to, or do");
    field(model, frame, inner, ":", input, true);
    let found = entries(model);
    let rows = usize::from(inner.height.saturating_sub(1)).max(1);
    let cursor = cursor.min(found.len().saturating_sub(1));
    let top = (cursor + 1).saturating_sub(rows);
    let buffer = frame.buffer_mut();
    if found.is_empty() {
        put(buffer, theme, (inner.x, inner.y + 1), inner.width, "nothing by that name", theme.dim);
    }
    for (y, (at, entry)) in (inner.y + 1..inner.bottom()).zip(found.iter().enumerate().skip(top)) {
        let style = if entry.disabled.is_some() { theme.disabled } else { theme.text };
        let note = entry.disabled.map_or(entry.hint.clone(), |reason| format!("({reason})"));
        let noted = width(&note);
        put(buffer, theme, (inner.x + 2, y), inner.width.saturating_sub(noted + 4), &entry.label, style);
        put(buffer, theme, (inner.right().saturating_sub(noted), y), noted, &note, theme.dim);
        if at == cursor {
            buffer.set_style(Rect { y, height: 1, ..inner }, theme.cursor);
            put(buffer, theme, (inner.x, y), 1, theme.glyphs.cursor, theme.accent.patch(theme.cursor));
        }
    }
}

fn pick_word(pick: Pick) -> &'static str {
    match pick {
        Pick::Zone => "Zones",
        Pick::Concept => "Concepts",
        Pick::Group | Pick::Target | Pick::Matrix => "Access groups",
    }
}

fn picker_title(pick: Pick) -> &'static str {
    match pick {
        Pick::Zone => "Filter by zone",
        Pick::Concept => "Filter by concept",
        Pick::Group => "Filter by group",
        Pick::Target => "Allocate which group?",
        Pick::Matrix => "Whose matrix?",
    }
}

fn picker_row(model: &Model, item: &Item) -> Vec<Cell> {
    let dim = model.theme.dim;
    let row = |name: &str, id: &str, note: String| vec![Cell::from(name), Cell::new(id, dim), Cell::new(note, dim)];
    match item {
        Item::Zone { zone, below, .. } => row(zone.name.as_str(), zone.code.as_str(), format!("{} stores", count(*below))),
        Item::Concept { concept, below, .. } => row(concept.name.as_str(), concept.code.as_str(), format!("{} stores", count(*below))),
        Item::Group { group, explicit, inherited, default } => {
            let word = if *default { ", default" } else { "" };
            row(group.name.as_str(), group.id.as_str(), format!("{} stores{word}", count(explicit + inherited)))
        }
        _ => Vec::new(),
    }
}

type Form<'a> = (&'a FormKind, &'a [(&'static str, Input)], usize, Option<&'a str>);

fn form(model: &Model, frame: &mut Frame<'_>, area: Rect, (kind, fields, focus, error): Form<'_>) {
    let (title, note) = match kind {
        FormKind::NewGroup => ("New access group", "it grants nothing until its matrix says so"),
        FormKind::EditGroup(..) => ("Name and description", "the id stays as it is"),
        FormKind::Export(group) => return form_of(model, frame, area, &format!("Stores of {} to a CSV file", group.name), "code, name, zone, concept, explicit or default; it mustn't be there yet", (fields, focus, error)),
        FormKind::NewOrg => ("New org", "it gets the built-in groups; the owner has full authority in it"),
        FormKind::NewCredential => ("New credential", "lets in: operator, user:ID or enforcement-point"),
        FormKind::AddMember => ("Add a node", "its id, new for ever; host:port for its peers and for callers"),
        FormKind::Question => ("May this subject do this?", "till:STORE/TILL or store:STORE; GET; /v2/customers/42"),
    };
    form_of(model, frame, area, title, note, (fields, focus, error));
}

type Fields<'a> = (&'a [(&'static str, Input)], usize, Option<&'a str>);

fn form_of(model: &Model, frame: &mut Frame<'_>, area: Rect, title: &str, note: &str, (fields, focus, error): Fields<'_>) {
    let theme = &model.theme;
    let high = u16::try_from(fields.len()).unwrap_or(2) + 5;
    let inner = boxed(model, frame.buffer_mut(), area, (72, high), title);
    for (at, (label, input)) in fields.iter().enumerate() {
        let Ok(down) = u16::try_from(at) else { return };
        let line = Rect { y: inner.y + down, height: 1, ..inner };
        field(model, frame, line, &format!("{label:<12}"), input, at == focus);
    }
    let y = inner.bottom().saturating_sub(1);
    match error {
        Some(error) => put(frame.buffer_mut(), theme, (inner.x, y), inner.width, &format!("{} {error}", theme.glyphs.bad), theme.bad),
        None => put(frame.buffer_mut(), theme, (inner.x, y), inner.width, note, theme.dim),
    }
}

fn summary(staged: &crate::console::stage::Staged) -> String {
    match &staged.phase {
        crate::console::stage::Phase::Previewed(p) if p.reply.impact.is_none() => "Nobody's access changes.".to_owned(),
        crate::console::stage::Phase::Previewed(p) => format!(
            "{} stores and {} tills are touched: {} permits gained, {} lost.",
            count(p.reply.impact.stores),
            count(p.reply.impact.tills),
            count(p.reply.impact.gained),
            count(p.reply.impact.lost),
        ),
        _ => "It must be previewed again.".to_owned(),
    }
}

fn button(theme: &Theme, name: &str, focused: bool) -> (String, Style) {
    if focused { (format!("[ {name} ]"), theme.cursor) } else { (format!("  {name}  "), theme.dim) }
}

fn confirm(model: &Model, frame: &mut Frame<'_>, area: Rect, title: &str, summary: &str, (risk, on_apply, input): (&Risk, bool, &Input)) {
    let theme = &model.theme;
    let inner = boxed(model, frame.buffer_mut(), area, (72, 9), "Apply this?");
    let mut text: Vec<(String, Style)> = wrap(title, usize::from(inner.width)).into_iter().take(2).map(|l| (l, theme.text)).collect();
    let tone = if *risk == Risk::Plain { theme.text } else { theme.warn };
    text.extend(wrap(summary, usize::from(inner.width)).into_iter().take(2).map(|l| (l, tone)));
    let used = u16::try_from(text.len()).unwrap_or(4);
    lines(frame.buffer_mut(), theme, inner, &text);
    let ask = Rect { y: (inner.y + used + 1).min(inner.bottom().saturating_sub(2)), height: 1, ..inner };
    match risk {
        Risk::Plain => {}
        Risk::Loss => put(frame.buffer_mut(), theme, (ask.x, ask.y), ask.width, "Somebody loses access: press capital Y to apply.", theme.warn),
        Risk::Typed(wanted) => field(model, frame, ask, &format!("type {wanted} to apply:"), input, true),
    }
    let foot = inner.bottom().saturating_sub(1);
    let apply_name = match risk {
        Risk::Plain => "Apply",
        Risk::Loss => "Apply (Y)",
        Risk::Typed(_) => "Apply (enter)",
    };
    let (cancel, cancel_style) = button(theme, "Cancel", !on_apply);
    let (apply, apply_style) = button(theme, apply_name, on_apply);
    put(frame.buffer_mut(), theme, (inner.x, foot), width(&cancel), &cancel, cancel_style);
    put(frame.buffer_mut(), theme, (inner.x + 14, foot), width(&apply), &apply, apply_style);
}

fn confirm_quit(model: &Model, buffer: &mut Buffer, area: Rect, on_quit: bool) {
    let theme = &model.theme;
    let inner = boxed(model, buffer, area, (66, 8), "Quit?");
    let under_way = model.stage.under_way();
    let staged = model.stage.edits.len() - under_way;
    let mut text = Vec::new();
    if staged > 0 {
        text.push((format!("{staged} staged and never sent: they are lost."), theme.warn));
    }
    if under_way > 0 {
        text.push((format!("{under_way} on the way: they go on without this console,"), theme.warn));
        text.push(("and their ids are printed, so that you can ask.".to_owned(), theme.warn));
    }
    lines(buffer, theme, inner, &text);
    let foot = inner.bottom().saturating_sub(1);
    let (stay, stay_style) = button(theme, "Stay", !on_quit);
    let (quit, quit_style) = button(theme, "Quit", on_quit);
    put(buffer, theme, (inner.x, foot), width(&stay), &stay, stay_style);
    put(buffer, theme, (inner.x + 14, foot), width(&quit), &quit, quit_style);
}
