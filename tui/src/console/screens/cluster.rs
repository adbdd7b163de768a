//! Cluster: every node with all its figures, the members, and where each stands in the log.

use bailiwick_rpc::api::{ClusterStatus, NodeStatus};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::paint::{Cell, Column, bytes, cells, count, figure, fit, headings, lines, micros, middle, pane, put, span_of, text, wrap};
use crate::console::listing::Load;
use crate::console::model::{Model, Tone};
use crate::console::theme::Theme;

/// Entries behind the leader from which a node lags.
pub const LAG_MANY: u64 = 1_000;

const COLUMNS: &[Column] = &[
    text("node", 4, 5, 0),
    text("state", 12, 14, 0),
    text("role", 7, 8, 8),
    figure("term", 5, 5),
    figure("applied", 10, 1),
    figure("committed", 10, 6),
    figure("last log", 10, 10),
    figure("lag", 6, 2),
    figure("revision", 9, 4),
    figure("stale", 8, 3),
    figure("read index", 10, 9),
    figure("write p99", 9, 7),
    figure("writes", 9, 12),
    figure("disk free", 9, 11),
    figure("memory", 9, 13),
    figure("up", 7, 14),
    text("address", 15, 24, 15),
    text("version", 7, 12, 16),
];

/// The last index that any node knows to be committed.
pub fn lead(status: &ClusterStatus) -> u64 {
    status.nodes.iter().map(|node| node.committed).max().unwrap_or(0)
}

/// Entries that a node has yet to apply.
pub fn lag(lead: u64, node: &NodeStatus) -> u64 {
    lead.saturating_sub(node.applied)
}

/// The word for a node's state, with a shape, and its style.
pub fn state(model: &Model, node: &NodeStatus) -> (String, Style) {
    let theme = &model.theme;
    match (&node.error, node.state.as_str()) {
        (Some(_), _) => ("no answer".to_owned(), theme.bad),
        (None, "leader") => (format!("{} leader", theme.glyphs.default), theme.accent),
        (None, "candidate") => (format!("{} candidate", theme.glyphs.warn), theme.warn),
        (None, "shutdown") => (format!("{} shutdown", theme.glyphs.bad), theme.bad),
        (None, other) => (format!("{} {other}", theme.glyphs.good), theme.text),
    }
}

/// How stale a node's view can be, in words.
pub fn staleness(node: &NodeStatus) -> String {
    node.staleness_ms.map_or_else(|| "unknown".to_owned(), |ms| if ms < 1_000 { format!("{ms} ms") } else { span_of(ms) })
}

/// How that looks.
pub fn staleness_style(model: &Model, node: &NodeStatus) -> Style {
    match node.staleness_ms {
        Some(ms) if node.staleness_bound_ms > 0 && ms > node.staleness_bound_ms => model.theme.bad,
        Some(ms) if node.staleness_bound_ms > 0 && ms > node.staleness_bound_ms / 2 => model.theme.warn,
        Some(_) => model.theme.text,
        None => model.theme.warn,
    }
}

/// Draws it.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some(status) = &model.cluster.status else {
        let (text, style) = match &model.cluster.load {
            Load::Failed(fault) => (format!("{} {fault}", theme.glyphs.bad), theme.bad),
            Load::Never | Load::Loading | Load::Ready => ("connecting".to_owned(), theme.dim),
        };
        middle(buffer, theme, area, &text, style, "it is asked for again by itself; R asks now");
        return;
    };
    let height = u16::try_from(status.nodes.len()).unwrap_or(3).min(area.height.saturating_sub(3)).saturating_add(2);
    let told = told(model, status, usize::from(area.width.saturating_sub(4)).max(1));
    let below = u16::try_from(told.len()).unwrap_or(0).min(area.height.saturating_sub(height) / 2);
    let [table, said, detail] =
        Layout::vertical([Constraint::Length(height), Constraint::Length(below), Constraint::Min(0)]).areas(area);
    nodes(model, buffer, table, status);
    lines(buffer, theme, Rect { x: said.x + 2, width: said.width.saturating_sub(2), ..said }, &told);
    if let Some(node) = status.nodes.get(model.cluster.cursor) {
        about(model, buffer, detail, status, node);
    }
}

/// What the quorum is, and what became of the last change of members.
fn told(model: &Model, status: &ClusterStatus, width: usize) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let mut out: Vec<(String, Style)> = Vec::new();
    let mut say = |glyph: &str, text: &str, style: Style| {
        let folded = wrap(text, width.saturating_sub(2).max(1));
        out.extend(folded.into_iter().enumerate().map(|(at, line)| (format!("{} {line}", if at == 0 { glyph } else { " " }), style)));
    };
    if !status.quorum.is_empty() {
        say(theme.glyphs.dot, &status.quorum, theme.dim);
    }
    for (tone, text) in &model.cluster.told {
        let (glyph, style) = match tone {
            Tone::Good => (theme.glyphs.good, theme.good),
            Tone::Plain => (theme.glyphs.dot, theme.text),
            Tone::Warn => (theme.glyphs.warn, theme.warn),
            Tone::Bad => (theme.glyphs.bad, theme.bad),
        };
        say(glyph, text, style);
    }
    out
}

fn nodes(model: &Model, buffer: &mut Buffer, area: Rect, status: &ClusterStatus) {
    let theme = &model.theme;
    let note = match &model.cluster.load {
        Load::Failed(fault) => format!("{} out of date: {fault}", theme.glyphs.warn),
        Load::Never | Load::Loading | Load::Ready => format!("as node {} sees it", status.answered_by),
    };
    let inner = pane(buffer, theme, area, "Nodes", &note, true);
    let table = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner };
    let places = fit(COLUMNS, table.width);
    headings(buffer, theme, Rect { height: 1, ..table }, COLUMNS, &places);
    let lead = lead(status);
    for (y, (at, node)) in (table.y + 1..table.bottom()).zip(status.nodes.iter().enumerate()) {
        let (word, style) = state(model, node);
        if let Some(error) = &node.error {
            let text = format!("n{:<4} {} {word}: {error}", node.id, theme.glyphs.bad);
            put(buffer, theme, (table.x, y), table.width, &text, style);
        } else {
            let behind = lag(lead, node);
            let row = [
                Cell::from(format!("n{}", node.id)),
                Cell::new(word, style),
                Cell::from(node.role.as_str()),
                Cell::from(node.term.to_string()),
                Cell::from(count(node.applied)),
                Cell::from(count(node.committed)),
                Cell::from(count(node.last_log)),
                Cell::new(count(behind), if behind > LAG_MANY { theme.warn } else { theme.text }),
                Cell::from(count(node.revision.0)),
                Cell::new(staleness(node), staleness_style(model, node)),
                Cell::from(micros(node.read_index_us, theme)),
                Cell::from(micros(node.write_p99_us, theme)),
                Cell::from(count(node.writes)),
                Cell::from(bytes(node.disk_free_bytes)),
                Cell::from(bytes(node.resident_bytes)),
                Cell::from(span_of(node.uptime_s.saturating_mul(1_000))),
                Cell::new(node.client.as_str(), theme.dim),
                Cell::new(node.version.as_str(), theme.dim),
            ];
            cells(buffer, theme, Rect { y, height: 1, ..table }, COLUMNS, &places, &row);
        }
        if at == model.cluster.cursor {
            buffer.set_style(Rect { y, height: 1, ..inner }, theme.cursor);
            put(buffer, theme, (inner.x, y), 1, theme.glyphs.cursor, theme.accent.patch(theme.cursor));
        }
    }
}

fn about(model: &Model, buffer: &mut Buffer, area: Rect, status: &ClusterStatus, node: &NodeStatus) {
    let theme = &model.theme;
    let inner = pane(buffer, theme, area, &format!("Node {}", node.id), &node.client, false);
    if let Some(error) = &node.error {
        let text = wrap(error, usize::from(inner.width.saturating_sub(2)).max(1));
        let text: Vec<(String, Style)> = text.into_iter().map(|line| (format!(" {line}"), theme.bad)).collect();
        lines(buffer, theme, inner, &text);
        return;
    }
    let facts = facts(status, node, theme);
    let columns = if inner.width >= 150 { 3 } else if inner.width >= 76 { 2 } else { 1 };
    let wide = inner.width / columns;
    let rows = usize::from(inner.height).max(1);
    // Down the first column, then down the next, as evenly as they go.
    let each = facts.len().div_ceil(usize::from(columns)).min(rows).max(1);
    for (at, (name, value, style)) in facts.iter().enumerate() {
        let (Ok(column), Ok(row)) = (u16::try_from(at / each), u16::try_from(at % each)) else { return };
        if column >= columns {
            return;
        }
        let place = (inner.x + 1 + column * wide, inner.y + row);
        put(buffer, theme, place, 13, name, theme.dim);
        put(buffer, theme, (place.0 + 13, place.1), wide.saturating_sub(15), value, *style);
    }
}

fn facts(status: &ClusterStatus, node: &NodeStatus, theme: &Theme) -> Vec<(String, String, Style)> {
    let plain = theme.text;
    let mut facts: Vec<(String, String, Style)> = Vec::new();
    let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value, plain));
    let behind = lag(lead(status), node);
    fact("log", format!("{} last, {} committed", count(node.last_log), count(node.committed)));
    fact("applied", format!("{}, {} to go", count(node.applied), count(behind)));
    fact("persisted", count(node.persisted));
    fact("snapshot", format!("{}, purged to {}", count(node.snapshot), count(node.purged)));
    fact("leader", node.leader.map_or("unknown".to_owned(), |id| format!("n{id} in term {}", node.term)));
    fact("staleness", format!("{} of {} allowed", staleness(node), span_of(node.staleness_bound_ms)));
    fact("read index", micros(node.read_index_us, theme));
    fact("writes", format!("{}, p50 {}, p99 {}", count(node.writes), micros(node.write_p50_us, theme), micros(node.write_p99_us, theme)));
    fact("checks", count(node.decisions.values().sum()));
    let mut reasons: Vec<(&String, &u64)> = node.decisions.iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(a.1));
    for (reason, n) in reasons.into_iter().take(4) {
        fact("", format!("{reason} {}", count(*n)));
    }
    fact("disk free", bytes(node.disk_free_bytes));
    fact("memory", bytes(node.resident_bytes));
    fact("version", format!("{}, up {}", node.version, span_of(node.uptime_s.saturating_mul(1_000))));
    fact("history", node.history_hash.chars().take(16).collect());
    for member in &node.members {
        fact(&format!("member n{}", member.id), format!("{} {} (peers {})", member.role, member.client, member.peer));
    }
    for alarm in &node.alarms {
        facts.push(("alarm".to_owned(), alarm.clone(), theme.bad));
    }
    facts
}
