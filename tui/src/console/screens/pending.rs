//! Pending changes: what is staged, and exactly what the one under the cursor would do.

use bailiwick_policy::impact::counted;
use bailiwick_rpc::api::PreviewReply;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::paint::{count, lines, middle, pane, put, span_of, wrap, wrap_under};
use crate::console::model::Model;
use crate::console::fields::change_lines;
use crate::console::stage::{Edit, Phase, Staged};
use crate::console::update::allocated_group;

/// Lines of an edit at most.
const LINES_MAX: usize = 200;

/// Draws it.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    if model.stage.edits.is_empty() {
        middle(buffer, theme, area, "nothing is staged", theme.dim, "edit a matrix (4), allocate (3), create a group (2, n); then come back");
        return;
    }
    let edits = u16::try_from(model.stage.edits.len()).unwrap_or(u16::MAX);
    let height = edits.saturating_add(1).min(area.height / 3).max(2);
    let [top, below] = Layout::vertical([Constraint::Length(height), Constraint::Min(0)]).areas(area);
    edit_list(model, buffer, top);
    if let Some(staged) = model.stage.edits.get(model.pending.cursor) {
        preview(model, buffer, below, staged);
    }
}

fn edit_list(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let note = format!("{} of {}", model.pending.cursor + 1, model.stage.edits.len());
    let inner = pane(buffer, theme, area, "Staged", &note, true);
    let rows = usize::from(inner.height).max(1);
    let top = (model.pending.cursor + 1).saturating_sub(rows);
    for (y, (at, staged)) in (inner.top()..inner.bottom()).zip(model.stage.edits.iter().enumerate().skip(top)) {
        let style = match &staged.phase {
            Phase::Staged | Phase::Previewing(_) => theme.dim,
            Phase::Previewed(_) => theme.text,
            Phase::Conflict(_) | Phase::Refused(_) | Phase::Failed(_) => theme.bad,
            Phase::Sending { .. } | Phase::Unknown { .. } => theme.warn,
        };
        put(buffer, theme, (inner.x + 2, y), 16, staged.phase.word(), style);
        put(buffer, theme, (inner.x + 19, y), inner.width.saturating_sub(19), &staged.edit.title(), theme.text);
        if at == model.pending.cursor {
            buffer.set_style(Rect { y, height: 1, ..inner }, theme.cursor);
            put(buffer, theme, (inner.x, y), 1, theme.glyphs.cursor, theme.accent.patch(theme.cursor));
        }
    }
}

fn preview(model: &Model, buffer: &mut Buffer, area: Rect, staged: &Staged) {
    let theme = &model.theme;
    let note = match &staged.phase {
        Phase::Previewed(p) => format!("as of revision {}", p.reply.revision),
        Phase::Staged
        | Phase::Previewing(_)
        | Phase::Conflict(_)
        | Phase::Refused(_)
        | Phase::Failed(_)
        | Phase::Sending { .. }
        | Phase::Unknown { .. } => staged.phase.word().to_owned(),
    };
    let inner = pane(buffer, theme, area, "What it would do", &note, false);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(1), ..inner };
    let text = text(model, staged, usize::from(inner.width).max(1));
    let top = model.pending.scroll.min(text.len().saturating_sub(usize::from(inner.height)));
    lines(buffer, theme, inner, text.get(top..).unwrap_or_default());
    let more = text.len().saturating_sub(top + usize::from(inner.height));
    if more > 0 {
        let y = inner.bottom().saturating_sub(1);
        let line = format!("{} {} below: pgdn", theme.glyphs.ellipsis, counted(more as u64 + 1, "more line"));
        put(buffer, theme, (inner.x, y), inner.width, &format!("{line:<width$}", width = usize::from(inner.width)), theme.dim);
    }
}

fn text(model: &Model, staged: &Staged, width: usize) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let g = &theme.glyphs;
    let mut out: Vec<(String, Style)> = Vec::new();
    let said = |glyph: &str, text: &str, style: Style| -> Vec<(String, Style)> {
        wrap(text, width.saturating_sub(2).max(1))
            .into_iter()
            .enumerate()
            .map(|(at, line)| (format!("{} {line}", if at == 0 { glyph } else { " " }), style))
            .collect()
    };
    match &staged.phase {
        Phase::Staged | Phase::Previewing(_) => out.extend(said(g.waiting, "asking the cluster what it would do", theme.dim)),
        Phase::Previewed(previewed) => reply(model, &previewed.reply, &mut out),
        Phase::Conflict(conflict) => out.extend(super::conflict::text(model, conflict)),
        Phase::Refused(body) => {
            out.extend(said(g.bad, &format!("refused: {}: {}", body.code, body.message), theme.bad));
            out.extend(body.examples.iter().map(|example| (format!("    {example}"), theme.text)));
            let rest = body.count.saturating_sub(body.examples.len() as u64);
            if rest > 0 {
                out.push((format!("    and {} more", count(rest)), theme.dim));
            }
            if allocated_group(model).is_some() {
                out.extend(said(" ", "enter lists them in Allocate", theme.accent));
            }
        }
        Phase::Failed(message) => {
            out.extend(said(g.bad, message, theme.bad));
            out.extend(said(" ", "the edit is still staged: R tries again", theme.text));
        }
        Phase::Sending { id, since_ms, .. } => {
            let id = id.map(|id| format!(" as {id}")).unwrap_or_default();
            let waited = span_of(model.now_ms.saturating_sub(*since_ms));
            out.extend(said(g.waiting, &format!("on its way{id}, {waited}"), theme.warn));
        }
        Phase::Unknown { id, since_ms, asked, message, not_applied, .. } => {
            let waited = span_of(model.now_ms.saturating_sub(*since_ms));
            out.extend(said(g.warn, &format!("outcome unknown, asking… {waited}, asked {}", counted(u64::from(*asked), "time")), theme.warn));
            out.extend(said(" ", message, theme.text));
            out.extend(said(" ", &format!("request {id}"), theme.dim));
            if *not_applied {
                out.extend(said(" ", "r sends it again under the same id: it applies once, whatever happened", theme.text));
            }
        }
    }
    out.push((String::new(), theme.text));
    out.push(("the edit".to_owned(), theme.heading));
    let edit = match (&staged.edit, &staged.phase) {
        // Made elsewhere: what it does is what the cluster says it does.
        (Edit::Made(_), Phase::Previewed(p)) if !p.reply.changes.is_empty() => change_lines(&p.reply.changes, g.arrow, LINES_MAX),
        _ => staged.edit.lines(g.arrow),
    };
    out.extend(edit.into_iter().map(|line| (format!("  {line}"), theme.changed)));
    out.into_iter().flat_map(|(line, style)| wrap_under(&line, width).into_iter().map(move |line| (line, style))).collect()
}

fn reply(model: &Model, reply: &PreviewReply, out: &mut Vec<(String, Style)>) {
    let theme = &model.theme;
    let g = &theme.glyphs;
    let impact = &reply.impact;
    for warning in &reply.warnings {
        out.push((format!("{} {warning}", g.warn), theme.warn));
    }
    let (mark, style) = match (impact.lost > 0, impact.gained > 0) {
        (true, _) => (g.warn, theme.warn),
        (false, true) => (g.dot, theme.accent),
        (false, false) => (g.good, theme.good),
    };
    let total = if impact.is_none() {
        "nobody's access changes".to_owned()
    } else {
        format!(
            "{} and {}: {} permits gained, {} lost",
            counted(impact.stores, "store"),
            counted(impact.tills, "till"),
            count(impact.gained),
            count(impact.lost),
        )
    };
    out.push((format!("{mark} {total}"), style));
    if !impact.is_none() {
        out.extend(impact.lines().into_iter().map(|line| {
            let style = if line.contains(" lose ") { theme.warn } else { theme.text };
            (format!("  {line}"), style)
        }));
        for row in impact.rows.iter().filter(|row| !row.examples.is_empty()) {
            let some: Vec<&str> = row.examples.iter().map(|code| code.as_str()).collect();
            out.push((format!("  among them {}", some.join(", ")), theme.dim));
        }
    }
    let objects = match reply.changes_total {
        0 => "nothing to change: it is so already".to_owned(),
        n => format!("{} written", counted(n, "object")),
    };
    out.push((objects, theme.dim));
}
