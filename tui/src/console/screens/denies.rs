//! Denies: calls that were refused, or would have been, as the nodes count them; alike ones are one row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{Cell, Column, ago, cells, count, figure, fit, headings, middle, pane, put, span_of, text};
use crate::console::listing::Load;
use crate::console::model::Model;

const COLUMNS: &[Column] = &[
    text("subject", 16, 34, 0),
    text("method", 6, 8, 2),
    text("path", 16, 70, 0),
    text("reason", 14, 20, 1),
    text("", 8, 8, 4),
    figure("count", 7, 3),
    figure("last", 10, 5),
];

/// Draws it.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let denies = &model.denies;
    let inner = pane(buffer, theme, area, "Denies", &note(model), true);
    if denies.shown.is_empty() {
        let (text, style, below) = match &denies.load {
            Load::Never | Load::Loading => ("loading".to_owned(), theme.dim, ""),
            Load::Failed(fault) => (format!("{} {fault}", theme.glyphs.bad), theme.bad, "it is asked for again by itself; R asks now"),
            Load::Ready if !denies.filter.input.value().is_empty() => ("nothing matches the filter".to_owned(), theme.text, "esc clears it"),
            Load::Ready => (format!("{} nothing was denied lately", theme.glyphs.good), theme.good, "nodes forget their counts when they are started again"),
        };
        middle(buffer, theme, inner, &text, style, below);
        return;
    }
    let foot = foot(model);
    let rows = inner.height.saturating_sub(u16::from(foot.is_some()));
    let table = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), height: rows, ..inner };
    let places = fit(COLUMNS, table.width);
    headings(buffer, theme, Rect { height: 1, ..table }, COLUMNS, &places);
    let top = (denies.cursor + 1).saturating_sub(usize::from(rows.saturating_sub(1)).max(1));
    let shown = denies.shown.iter().enumerate().skip(top).filter_map(|(at, place)| Some((at, denies.reply.rows.get(*place)?)));
    for (y, (at, row)) in (table.y + 1..table.bottom()).zip(shown) {
        let cells_of = [
            Cell::from(row.subject.as_str()),
            Cell::from(row.method.as_str()),
            Cell::from(row.path.as_str()),
            Cell::new(row.reason.as_str(), theme.warn),
            if row.observed { Cell::new("observed", theme.accent) } else { Cell::new("denied", theme.dim) },
            Cell::from(count(row.count)),
            Cell::new(ago(model.wall_ms, row.last.0), theme.dim),
        ];
        cells(buffer, theme, Rect { y, height: 1, ..table }, COLUMNS, &places, &cells_of);
        if at == denies.cursor {
            buffer.set_style(Rect { y, height: 1, ..inner }, theme.cursor);
            put(buffer, theme, (inner.x, y), 1, theme.glyphs.cursor, theme.accent.patch(theme.cursor));
        }
    }
    if let Some(text) = foot {
        put(buffer, theme, (inner.x + 2, inner.bottom().saturating_sub(1)), inner.width.saturating_sub(2), &text, theme.warn);
    }
}

/// How far back, and whether it is followed.
fn note(model: &Model) -> String {
    let since = model.denies.reply.since.0;
    let back = if since > 0 { format!("since {} ago, ", span_of(model.wall_ms.saturating_sub(since))) } else { String::new() };
    format!("{back}{}", if model.frozen { "frozen" } else { "as they come" })
}

/// What isn't in the rows: nodes that were silent, rows that had no room.
fn foot(model: &Model) -> Option<String> {
    let reply = &model.denies.reply;
    let mut parts = Vec::new();
    if let Load::Failed(fault) = &model.denies.load {
        parts.push(format!("out of date: {fault}"));
    }
    if !reply.silent.is_empty() {
        let nodes: Vec<String> = reply.silent.iter().map(|id| format!("n{id}")).collect();
        parts.push(format!("no answer from {}: their refusals are missing", nodes.join(", ")));
    }
    if reply.dropped > 0 {
        parts.push(format!("{} more had no room", count(reply.dropped)));
    }
    (!parts.is_empty()).then(|| format!("{} {}", model.theme.glyphs.warn, parts.join("; ")))
}
