//! What goes round every screen: header, breadcrumb with the filter line, message, key bar.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Span;

use super::paint::{put, span_of, spans, width};
use crate::console::keys::{Action, View};
use crate::console::model::{GroupsPane, Model, Tone, WAIT_CANCEL_MS, WAIT_MARK_MS};
use crate::console::update::availability;

/// Where one is, whom one talks to, and how old it all is.
pub fn header(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    buffer.set_style(area, theme.header);
    let right = right_parts(model);
    let mut kept: Vec<(String, Style)> = Vec::new();
    let narrow = model.is_narrow();
    // The last parts matter most: age, revision, node.
    let room = area.width.saturating_sub(if narrow { 24 } else { 40 });
    let mut used = 0;
    for (text, style) in right.into_iter().rev() {
        let wide = width(&text) + 3;
        if used + wide <= room {
            used += wide;
            kept.push((text, style));
        }
    }
    kept.reverse();
    let environment = if is_production(&model.environment) { theme.production } else { theme.environment };
    let name = model.org_record.as_ref().map(|org| org.name.to_string());
    let name = name.or_else(|| model.org.as_ref().map(ToString::to_string)).unwrap_or_else(|| "no org yet".to_owned());
    let mut left = vec![
        Span::styled(if narrow { " " } else { " bailiwick  " }, theme.header),
        Span::styled(format!("{name} "), theme.header.patch(theme.accent)),
    ];
    if !model.environment.is_empty() {
        left.push(Span::styled(format!(" {} ", model.environment.to_uppercase()), environment));
    }
    if model.org_record.as_ref().is_some_and(|org| !org.active) {
        left.push(Span::styled(" SUSPENDED ", theme.header.patch(theme.bad)));
    }
    if model.read_only {
        left.push(Span::styled(" READ-ONLY ", theme.header.patch(theme.warn)));
    }
    spans(buffer, Rect { width: area.width.saturating_sub(used), ..area }, left);
    let mut parts = Vec::new();
    for (place, (text, style)) in kept.into_iter().enumerate() {
        if place > 0 {
            parts.push(Span::styled(format!(" {} ", theme.glyphs.vertical), theme.header.patch(theme.frame)));
        }
        parts.push(Span::styled(text, theme.header.patch(style)));
    }
    let start = area.right().saturating_sub(used.saturating_sub(2));
    spans(buffer, Rect { x: start, width: area.right().saturating_sub(start), ..area }, parts);
}

fn right_parts(model: &Model) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let g = &theme.glyphs;
    let mut parts = Vec::new();
    let under_way = model.stage.under_way();
    if under_way > 0 {
        parts.push((format!("{} {under_way} on the way", g.waiting), theme.warn));
    }
    let staged = model.stage.edits.len() - under_way;
    if staged > 0 {
        parts.push((format!("{} {staged} pending", g.changed), theme.changed));
    }
    if model.frozen {
        parts.push(("FROZEN".to_owned(), theme.warn));
    }
    let health = &model.health;
    let known = |n: Option<u64>| n.map_or("?".to_owned(), |n| n.to_string());
    parts.push(if health.failing_over {
        (format!("{} looking for another node", g.warn), theme.warn)
    } else if !health.connected && model.who.is_none() && model.who_fault.is_none() {
        (format!("{} connecting", g.waiting), theme.dim)
    } else if !health.connected {
        (format!("{} not connected", g.bad), theme.bad)
    } else {
        let terms = model.cluster.status.iter().flat_map(|status| &status.nodes).map(|node| node.term);
        let term = terms.max().filter(|term| *term > 0 && model.size.0 >= 80).map(|term| format!(" {} term {term}", g.dot)).unwrap_or_default();
        (format!("n{} {} leader n{}{term}", known(health.node), g.dot, known(health.leader)), theme.text)
    });
    parts.push((format!("r{}", model.revision), theme.text));
    parts.extend(age(model));
    parts
}

/// How old what is shown can be; what has no age, such as a preview, says its revision instead.
fn age(model: &Model) -> Option<(String, Style)> {
    let theme = &model.theme;
    let g = &theme.glyphs;
    Some(match (model.waiting_ms(), model.age_ms()) {
        (Some(waiting), _) if waiting >= WAIT_CANCEL_MS => {
            (format!("{} waiting {}, esc stops", g.waiting, span_of(waiting)), theme.warn)
        }
        (Some(waiting), Some(age)) if waiting >= WAIT_MARK_MS => (format!("{} stale {}", g.waiting, span_of(age)), theme.warn),
        (Some(_), None) => (format!("{} asking", g.waiting), theme.dim),
        (_, Some(age)) if age >= 5_000 => (format!("{} old", span_of(age)), theme.warn),
        (_, Some(age)) => (format!("{} old", span_of(age)), theme.text),
        (None, None) if matches!(model.view, View::Explain | View::Pending) => return None,
        (None, None) => ("no data yet".to_owned(), theme.dim),
    })
}

fn is_production(environment: &str) -> bool {
    environment.to_lowercase().starts_with("prod")
}

/// The way here, and the filter.
pub fn crumbs(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = &model.theme;
    let mut parts = Vec::new();
    for (place, crumb) in trail(model).into_iter().enumerate() {
        if place > 0 {
            parts.push(Span::styled(format!(" {} ", if theme.glyphs.ellipsis.is_ascii() { ">" } else { "›" }), theme.dim));
        }
        parts.push(Span::styled(crumb, theme.accent));
    }
    let used = parts.iter().map(|part| width(&part.content)).sum::<u16>();
    spans(frame.buffer_mut(), Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area }, parts);
    let Some(filter) = model.filter().filter(|filter| filter.editing || !filter.input.value().is_empty()) else {
        return screens(model, frame.buffer_mut(), area, used);
    };
    let typed = filter.input.value();
    let left = area.x + used + 4;
    let room = area.right().saturating_sub(left + 1);
    if room < 4 {
        return;
    }
    put(frame.buffer_mut(), theme, (left, area.y), 1, "/", theme.accent);
    let scroll = filter.input.visual_scroll(usize::from(room.saturating_sub(2)));
    let shown: String = typed.chars().skip(scroll).collect();
    put(frame.buffer_mut(), theme, (left + 1, area.y), room.saturating_sub(1), &shown, if filter.editing { theme.text } else { theme.changed });
    if filter.editing {
        let at = u16::try_from(filter.input.visual_cursor().saturating_sub(scroll)).unwrap_or(0);
        frame.set_cursor_position(Position::new((left + 1 + at).min(area.right().saturating_sub(1)), area.y));
    }
    if let Some(error) = &filter.error {
        let behind = left + 3 + width(&shown);
        let room = area.right().saturating_sub(behind);
        put(frame.buffer_mut(), theme, (behind, area.y), room, &format!("{} {error}", theme.glyphs.bad), theme.bad);
    }
}

/// The digits and where they lead, if there is room beside the way here.
fn screens(model: &Model, buffer: &mut Buffer, area: Rect, used: u16) {
    let theme = &model.theme;
    let names: Vec<String> = View::SCREENS.iter().map(|(digit, view)| format!("{digit} {}", view.title())).collect();
    let line = names.join("  ");
    let wide = width(&line) + 1;
    if used + wide + 4 <= area.width {
        put(buffer, theme, (area.right() - wide, area.y), wide, &line, theme.dim);
    }
}

fn trail(model: &Model) -> Vec<String> {
    let group = || model.matrix.committed.as_ref().map(|g| g.name.to_string()).or_else(|| model.matrix.group.as_ref().map(ToString::to_string));
    let mut trail = Vec::new();
    match model.view {
        View::Matrix | View::Endpoints => {
            trail.push(View::Groups.title().to_owned());
            trail.extend(group());
            trail.push(View::Matrix.title().to_owned());
            if model.view == View::Endpoints {
                trail.extend(model.endpoints.resource.as_ref().map(ToString::to_string));
            }
        }
        View::Groups => {
            trail.push(model.view.title().to_owned());
            if model.groups.pane != GroupsPane::List {
                trail.extend(model.current_group().map(|group| group.name.to_string()));
            }
        }
        View::Pulse
        | View::Allocate
        | View::Tree
        | View::Explain
        | View::Denies
        | View::Cluster
        | View::Audit
        | View::Credentials
        | View::Pending => {
            trail.push(model.view.title().to_owned());
        }
    }
    trail
}

/// The message, if there is one; else what the marks are.
pub fn toast(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some(toast) = &model.toast else { return };
    let (glyph, style) = match toast.tone {
        Tone::Good => (theme.glyphs.good, theme.good),
        Tone::Plain => (theme.glyphs.dot, theme.text),
        Tone::Warn => (theme.glyphs.warn, theme.warn),
        Tone::Bad => (theme.glyphs.bad, theme.bad),
    };
    put(buffer, theme, (area.x + 1, area.y), area.width.saturating_sub(2), &format!("{glyph} {}", toast.text), style);
}

/// What keys do now. What can't be done stays, with the reason.
pub fn key_bar(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let hint: Option<&[(&str, &str)]> = match &model.overlay {
        Some(overlay) => Some(super::overlays::hints(overlay)),
        None if model.filter().is_some_and(|filter| filter.editing) => {
            Some(&[("enter", "keep"), ("esc", "clear"), ("up/down", "move")])
        }
        None => None,
    };
    let mut parts = vec![Span::raw(" ")];
    let mut used = 1;
    let mut add = |key: &str, label: &str, reason: Option<&str>| {
        let text = format!(" {label}{}", if reason.is_none() { "  " } else { "" });
        let note = reason.map(|reason| format!(" ({reason})  "));
        let wide = width(key) + width(&text) + note.as_deref().map_or(0, width);
        if used + wide > area.width {
            return;
        }
        used += wide;
        let disabled = reason.is_some();
        parts.push(Span::styled(key.to_owned(), if disabled { theme.dim } else { theme.accent }));
        parts.push(Span::styled(text, if disabled { theme.disabled } else { theme.text }));
        parts.extend(note.map(|note| Span::styled(note, theme.dim)));
    };
    match hint {
        Some(hints) => hints.iter().for_each(|(key, label)| add(key, label, None)),
        None => {
            let at_home = model.view == View::Pulse;
            let shown = |action: Action, label: &str| !label.is_empty() && (action != Action::Back || !at_home);
            let rows: Vec<_> = model.keymap.of_view(model.view).filter(|(row, _)| shown(row.action, row.label)).collect();
            // The way out and the way to help are never crowded out: they are laid down first, at the end.
            let (last, first): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(row, _)| matches!(row.action, Action::Help | Action::GoPending));
            let all = last.into_iter().chain(first);
            let mut all: Vec<_> = all.map(|(row, keys)| (row, keys, availability(model, row.action).err())).collect();
            // What can be done now comes before what can't.
            all.sort_by_key(|(.., reason)| reason.is_some());
            for (row, keys, reason) in all {
                if let Some(key) = keys.first() {
                    add(&key.to_string(), row.label, reason);
                }
            }
        }
    }
    spans(buffer, area, parts);
}
