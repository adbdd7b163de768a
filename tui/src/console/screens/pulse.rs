//! Pulse: whether the cluster is well, how busy it is, what has changed lately, and what needs a look.

use bailiwick_rpc::api::{ClusterStatus, NodeStatus};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::cluster;
use super::paint::{Cell, Column, ago, bars, beside, cells, count, figure, fit, headings, middle, micros, pane, put, text, wrap};
use crate::console::listing::Load;
use crate::console::model::{Model, Sample, Tone};

const NODES: &[Column] = &[
    text("node", 4, 5, 0),
    text("state", 12, 16, 0),
    figure("term", 5, 4),
    figure("lag", 6, 1),
    figure("stale", 8, 2),
    figure("write p50", 9, 5),
    figure("write p99", 9, 3),
    figure("revision", 9, 6),
    text("address", 15, 22, 8),
    text("version", 7, 12, 7),
];

/// Draws it.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let nodes = model.cluster.status.as_ref().map_or(3, |status| status.nodes.len());
    let table_height = u16::try_from(nodes).unwrap_or(3).min(5) + 2;
    let spark_height = if area.height >= 24 { 5 } else if area.height >= 16 { 3 } else { 2 };
    let [top, sparks, rest] = Layout::vertical([
        Constraint::Length(table_height),
        Constraint::Length(spark_height),
        Constraint::Min(0),
    ])
    .areas(area);
    node_table(model, buffer, top);
    sparklines(model, buffer, sparks);
    let warnings = warnings(model);
    if model.is_narrow() {
        let height = u16::try_from(warnings.len()).unwrap_or(0).min(3).min(rest.height.saturating_sub(2));
        let [above, below] = Layout::vertical([Constraint::Length(height), Constraint::Min(0)]).areas(rest);
        for (y, (tone, text)) in (above.top()..above.bottom()).zip(&warnings) {
            let (glyph, style) = dress(model, *tone);
            put(buffer, theme, (above.x + 1, y), above.width.saturating_sub(1), &format!("{glyph} {text}"), style);
        }
        changes(model, buffer, below);
    } else {
        let [left, right] = Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(rest);
        changes(model, buffer, left);
        let right = beside(buffer, theme, right);
        warning_pane(model, buffer, right, &warnings);
    }
}

fn node_table(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let note = match (&model.cluster.status, &model.cluster.load) {
        (Some(_), Load::Failed(_)) => format!("{} out of date", theme.glyphs.warn),
        (Some(status), Load::Never | Load::Loading | Load::Ready) => format!("as node {} sees it", status.answered_by),
        (None, _) => String::new(),
    };
    let inner = pane(buffer, theme, area, "Cluster", &note, false);
    let Some(status) = &model.cluster.status else {
        let (text, style) = match &model.cluster.load {
            Load::Failed(fault) => (format!("{} {fault}", theme.glyphs.bad), theme.bad),
            Load::Never | Load::Loading | Load::Ready => ("connecting".to_owned(), theme.dim),
        };
        middle(buffer, theme, inner, &text, style, "nothing typed here is lost meanwhile");
        return;
    };
    let table = Rect { x: inner.x + 1, width: inner.width.saturating_sub(1), ..inner };
    let places = fit(NODES, table.width);
    headings(buffer, theme, Rect { height: 1, ..table }, NODES, &places);
    let lead = cluster::lead(status);
    for (y, node) in (table.y + 1..table.bottom()).zip(&status.nodes) {
        let line = Rect { y, height: 1, ..table };
        let (word, style) = cluster::state(model, node);
        if let Some(error) = &node.error {
            put(buffer, theme, (line.x, y), line.width, &format!("{:<5} {} {word}: {error}", node.id, theme.glyphs.bad), style);
            continue;
        }
        let lag = cluster::lag(lead, node);
        let row = [
            Cell::from(format!("n{}", node.id)),
            Cell::new(word, style),
            Cell::from(node.term.to_string()),
            Cell::new(count(lag), if lag > cluster::LAG_MANY { theme.warn } else { theme.text }),
            Cell::new(cluster::staleness(node), cluster::staleness_style(model, node)),
            Cell::from(micros(node.write_p50_us, theme)),
            Cell::from(micros(node.write_p99_us, theme)),
            Cell::from(count(node.revision.0)),
            Cell::new(node.client.as_str(), theme.dim),
            Cell::new(node.version.as_str(), theme.dim),
        ];
        cells(buffer, theme, line, NODES, &places, &row);
    }
}

fn sparklines(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    type Line = (&'static str, fn(&Sample) -> u64);
    let all: [Line; 4] = [
        ("checks/s", |s| s.checks),
        ("denies/s", |s| s.denies),
        ("write p99", |s| s.write_p99_us),
        ("lag", |s| s.lag),
    ];
    let shown = if area.width >= 110 { 4 } else { 2 };
    let columns = Layout::horizontal(vec![Constraint::Fill(1); shown]).split(area);
    for ((name, value), column) in all.into_iter().zip(columns.iter()) {
        let newest = model.cluster.samples.back().map(value);
        let figure = match (newest, name) {
            (None, _) => theme.glyphs.waiting.to_owned(),
            (Some(us), "write p99") => micros(us, theme),
            (Some(n), _) => count(n),
        };
        let inner = pane(buffer, theme, *column, name, &figure, false);
        let bars_area = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let style = if name == "denies/s" { theme.warn } else { theme.good };
        bars(buffer, theme, bars_area, model.cluster.samples.iter().map(value), style);
    }
}

fn changes(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let note = match (&model.cluster.watching, model.frozen) {
        (_, true) => "frozen",
        (Load::Failed(_), _) => "not followed now",
        (Load::Never | Load::Loading | Load::Ready, _) => "as they come",
    };
    let inner = pane(buffer, theme, area, "Recent changes", note, false);
    if model.cluster.events.is_empty() {
        middle(buffer, theme, inner, "no changes seen yet", theme.dim, "");
        return;
    }
    const COLUMNS: &[Column] =
        &[figure("rev", 7, 0), text("when", 9, 9, 3), text("what", 14, 20, 0), text("by", 10, 16, 1), text("objects", 10, 60, 2)];
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(1), ..inner };
    let places = fit(COLUMNS, inner.width);
    for (y, event) in (inner.top()..inner.bottom()).zip(&model.cluster.events) {
        let shown = event.objects.len() as u64;
        let more = event.objects_total.saturating_sub(shown);
        let mut objects = event.objects.join(", ");
        if more > 0 {
            objects.push_str(&format!(" and {} more", count(more)));
        }
        if let Some(reason) = &event.reason {
            objects = format!("{objects} ({reason})");
        }
        let row = [
            Cell::new(format!("r{}", event.revision), theme.dim),
            Cell::new(ago(model.wall_ms, event.at.0), theme.dim),
            Cell::from(event.command.as_str()),
            Cell::from(event.actor.as_str()),
            Cell::new(objects, theme.dim),
        ];
        cells(buffer, theme, Rect { y, height: 1, ..inner }, COLUMNS, &places, &row);
    }
}

fn warning_pane(model: &Model, buffer: &mut Buffer, area: Rect, warnings: &[(Tone, String)]) {
    let theme = &model.theme;
    let note = if warnings.is_empty() { String::new() } else { warnings.len().to_string() };
    let inner = pane(buffer, theme, area, "Warnings", &note, false);
    let width = usize::from(inner.width.saturating_sub(4)).max(1);
    let mut y = inner.y;
    if warnings.is_empty() && model.cluster.status.is_some() {
        put(buffer, theme, (inner.x + 1, y), inner.width.saturating_sub(1), &format!("{} none", theme.glyphs.good), theme.good);
    }
    for (tone, text) in warnings {
        let (glyph, style) = dress(model, *tone);
        for (place, line) in wrap(text, width).into_iter().enumerate() {
            if y >= inner.bottom() {
                return;
            }
            let head = if place == 0 { glyph } else { " " };
            put(buffer, theme, (inner.x + 1, y), inner.width.saturating_sub(1), &format!("{head} {line}"), style);
            y += 1;
        }
    }
}

fn dress(model: &Model, tone: Tone) -> (&'static str, Style) {
    let theme = &model.theme;
    match tone {
        Tone::Bad => (theme.glyphs.bad, theme.bad),
        Tone::Warn => (theme.glyphs.warn, theme.warn),
        Tone::Good => (theme.glyphs.good, theme.good),
        Tone::Plain => (theme.glyphs.dot, theme.text),
    }
}

/// What needs a look, the worst first.
pub fn warnings(model: &Model) -> Vec<(Tone, String)> {
    let mut found = Vec::new();
    if let Some(fault) = &model.who_fault {
        found.push((Tone::Bad, format!("nobody answers: {fault}")));
    }
    if let (Load::Failed(fault), None) = (&model.cluster.load, &model.who_fault) {
        found.push((Tone::Bad, format!("the nodes can't be asked how they are: {fault}")));
    }
    if let Some(status) = &model.cluster.status {
        quorum(status, &mut found);
        of_nodes(status, &mut found);
    }
    if let Some(org) = &model.org_record {
        if !org.active {
            found.push((Tone::Bad, "the org is suspended: every call is denied".to_owned()));
        }
        if org.default_group.is_none() && model.org_counts.0 > 0 {
            found.push((Tone::Warn, "no default group: stores without one are denied everything".to_owned()));
        }
    }
    found.extend(super::first::next_steps(model).into_iter().map(|step| (Tone::Plain, step)));
    if let Load::Failed(fault) = &model.cluster.watching {
        found.push((Tone::Warn, format!("changes aren't followed: {fault}")));
    }
    found.sort_by_key(|(tone, _)| *tone != Tone::Bad);
    found
}

fn quorum(status: &ClusterStatus, found: &mut Vec<(Tone, String)>) {
    let voter = |node: &&NodeStatus| node.role != "learner";
    let voters = status.nodes.iter().filter(voter).count();
    let well = status.nodes.iter().filter(voter).filter(|node| node.error.is_none()).count();
    let needed = voters / 2 + 1;
    if voters > 1 && well < needed {
        found.push((Tone::Bad, format!("no quorum: {well} of {voters} voters answer, {needed} are needed; nothing can be changed")));
    } else if voters > 1 && well == needed && well < voters {
        found.push((Tone::Warn, format!("quorum at risk: {well} of {voters} voters answer; one more lost and nothing can be changed")));
    }
}

fn of_nodes(status: &ClusterStatus, found: &mut Vec<(Tone, String)>) {
    let lead = cluster::lead(status);
    let mut versions: Vec<&str> = Vec::new();
    for node in &status.nodes {
        if let Some(error) = &node.error {
            found.push((Tone::Bad, format!("node {} doesn't answer: {error}", node.id)));
            continue;
        }
        if !node.version.is_empty() && !versions.contains(&&*node.version) {
            versions.push(&node.version);
        }
        let lag = cluster::lag(lead, node);
        if lag > cluster::LAG_MANY {
            found.push((Tone::Warn, format!("node {} lags by {} entries", node.id, count(lag))));
        }
        if node.staleness_ms.is_some_and(|ms| node.staleness_bound_ms > 0 && ms > node.staleness_bound_ms) {
            found.push((Tone::Bad, format!("node {} is staler than its bound: its checks are indeterminate", node.id)));
        }
        found.extend(node.alarms.iter().map(|alarm| (Tone::Bad, format!("node {}: {alarm}", node.id))));
        let differs = |other: &&NodeStatus| {
            other.applied == node.applied && other.history_hash != node.history_hash && !other.history_hash.is_empty()
        };
        if !node.history_hash.is_empty() && status.nodes.iter().filter(|other| other.id > node.id).any(|other| differs(&other)) {
            found.push((Tone::Bad, format!("node {} has another history than its peers at the same index", node.id)));
        }
    }
    if versions.len() > 1 {
        found.push((Tone::Warn, format!("mixed versions: {}", versions.join(", "))));
    }
}
