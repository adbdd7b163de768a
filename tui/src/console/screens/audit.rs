//! Audit: who changed what, the newest first; and beside it the entry under the cursor, before and after.

use bailiwick_policy::ids::Revision;
use bailiwick_rpc::api::AuditEntry;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::paint::{Cell, Column, ago, beside, cells, count, figure, fit, headings, lines, middle, pane, put, text, wrap_under};
use crate::console::audit::{AUDIT_HELD_MAX, utc};
use crate::console::fields::change_lines;
use crate::console::listing::Load;
use crate::console::model::Model;

const COLUMNS: &[Column] =
    &[figure("rev", 7, 0), text("when", 10, 10, 2), text("what", 14, 24, 0), text("by", 10, 18, 1), text("objects", 14, 80, 3)];
/// Lines of an entry's detail at most: an import of thousands of rows is told by its count.
const LINES_MAX: usize = 300;

/// Draws it.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    if model.is_narrow() {
        if model.audit.on_detail {
            detail(model, buffer, area);
        } else {
            list(model, buffer, area);
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
    let audit = &model.audit;
    let follow = if model.frozen { "frozen" } else { "as they come" };
    let inner = pane(buffer, theme, area, "Audit", follow, !audit.on_detail);
    if audit.shown.is_empty() {
        let (text, style, below) = match &audit.load {
            Load::Never | Load::Loading => ("loading".to_owned(), theme.dim, String::new()),
            Load::Failed(fault) => (format!("{} {fault}", theme.glyphs.bad), theme.bad, "it is asked for again by itself; R asks now".to_owned()),
            Load::Ready if audit.seeking.is_some() => ("looking further back".to_owned(), theme.dim, String::new()),
            Load::Ready if !audit.filter.input.value().is_empty() => {
                ("no entry matches the filter".to_owned(), theme.text, format!("esc clears it{}", compacted(model, "; ")))
            }
            Load::Ready => ("no entries".to_owned(), theme.text, compacted(model, "")),
        };
        middle(buffer, theme, inner, &text, style, &below);
        return;
    }
    let table = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner };
    let places = fit(COLUMNS, table.width);
    headings(buffer, theme, Rect { height: 1, ..table }, COLUMNS, &places);
    // The last line is for what lies beyond: older entries, or none any more.
    let room = usize::from(inner.height.saturating_sub(2)).max(1);
    let top = (audit.cursor + 1).saturating_sub(room);
    let mut y = inner.y + 1;
    for (at, entry) in audit.shown.iter().enumerate().skip(top).take(room).filter_map(|(at, place)| Some((at, audit.entries.get(*place)?))) {
        if y >= inner.bottom() {
            return;
        }
        let row = [
            Cell::from(format!("r{}", entry.revision)),
            Cell::new(ago(model.wall_ms, entry.at.0), theme.dim),
            Cell::from(entry.command.as_str()),
            Cell::from(entry.actor_label.as_str()),
            Cell::new(objects(entry), theme.dim),
        ];
        cells(buffer, theme, Rect { y, height: 1, ..table }, COLUMNS, &places, &row);
        if at == audit.cursor {
            let style = if audit.on_detail { theme.cursor_off } else { theme.cursor };
            buffer.set_style(Rect { y, height: 1, ..inner }, style);
            put(buffer, theme, (inner.x, y), 1, theme.glyphs.cursor, theme.accent.patch(style));
        }
        y += 1;
    }
    if y < inner.bottom() && top + room >= audit.shown.len() {
        let (text, style) = end(model);
        put(buffer, theme, (inner.x + 2, y), inner.width.saturating_sub(2), &text, style);
    }
}

/// What lies beyond the last entry.
fn end(model: &Model) -> (String, Style) {
    let theme = &model.theme;
    let audit = &model.audit;
    match (&audit.load, audit.next) {
        (Load::Failed(fault), _) => (format!("{} out of date: {fault}", theme.glyphs.warn), theme.warn),
        (_, Some(_)) if audit.entries.len() >= AUDIT_HELD_MAX => {
            (format!("{} entries are held: filter to see older ones", count(audit.entries.len() as u64)), theme.warn)
        }
        (_, Some(_)) => (format!("{} older ones are being asked for", theme.glyphs.waiting), theme.dim),
        (_, None) if audit.floor > Revision(1) => (compacted(model, ""), theme.warn),
        (_, None) => ("the first entry there is".to_owned(), theme.dim),
    }
}

/// That older entries are gone, if they are.
fn compacted(model: &Model, before: &str) -> String {
    if model.audit.floor > Revision(1) {
        format!("{before}compacted: entries before r{} are no longer kept", model.audit.floor)
    } else {
        String::new()
    }
}

fn objects(entry: &AuditEntry) -> String {
    let shown: Vec<String> = entry.changes.iter().filter_map(|change| change.id()).take(4).map(|id| id.to_string()).collect();
    let more = entry.changes_total.saturating_sub(shown.len() as u64);
    let more = if more > 0 { format!(" and {} more", count(more)) } else { String::new() };
    let reason = entry.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{}{more}{reason}", shown.join(", "))
}

fn detail(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some(entry) = model.audit.detail() else {
        pane(buffer, theme, area, "Entry", "", model.audit.on_detail);
        return;
    };
    let inner = pane(buffer, theme, area, &format!("r{}: {}", entry.revision, entry.command), "", model.audit.on_detail);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(1), ..inner };
    let text = text_of(model, entry, usize::from(inner.width).max(1));
    let top = model.audit.scroll.min(text.len().saturating_sub(usize::from(inner.height)));
    lines(buffer, theme, inner, text.get(top..).unwrap_or_default());
}

fn text_of(model: &Model, entry: &AuditEntry, width: usize) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let mut out = vec![
        (format!("at       {} UTC, {}", utc(entry.at.0), ago(model.wall_ms, entry.at.0)), theme.text),
        (format!("by       {}{}", entry.actor_label, entry.actor.as_ref().map(|id| format!(" (actor:{id})")).unwrap_or_default()), theme.text),
        (format!("request  {}", entry.request_id), theme.dim),
    ];
    out.extend(entry.job.map(|job| (format!("import   {job}"), theme.dim)));
    out.extend(entry.reason.as_ref().map(|reason| (format!("reason   {reason}"), theme.text)));
    out.push((String::new(), theme.text));
    for line in change_lines(&entry.changes, theme.glyphs.arrow, LINES_MAX) {
        out.push((line.clone(), if line.starts_with(' ') { theme.text } else { theme.heading }));
    }
    let missing = entry.changes_total.saturating_sub(entry.changes.len() as u64);
    if missing > 0 {
        let failed = model.audit.whole_fault.as_ref().filter(|(revision, _)| *revision == entry.revision);
        out.push(match failed {
            Some((_, fault)) => (format!("{} the other {} couldn't be had: {fault}", theme.glyphs.warn, count(missing)), theme.warn),
            None => (format!("and {} more", count(missing)), theme.dim),
        });
    }
    out.into_iter().flat_map(|(line, style)| wrap_under(&line, width).into_iter().map(move |line| (line, style))).collect()
}
