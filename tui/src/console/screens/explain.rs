//! Explain: the answer to one question, the facts that led to it, and for a deny what is missing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{lines, middle, pane, span_of, wrap_under};
use crate::console::effect::Slot;
use crate::console::model::Model;

/// Draws it.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let explain = &model.explain;
    let title = if explain.resource.is_empty() {
        "no question yet".to_owned()
    } else {
        format!("may {} {} {}?", explain.subject, explain.action, explain.resource)
    };
    let inner = pane(buffer, theme, area, &title, "", true);
    if let Some(fault) = &explain.fault {
        middle(buffer, theme, inner, &format!("{} {fault}", theme.glyphs.bad), theme.bad, "e asks again");
        return;
    }
    if explain.reply.is_none() {
        let asked = model.requests.since(Slot::Explain).is_some();
        let text = if asked { "asking" } else { "ask about a till or a store, a method and a path" };
        middle(buffer, theme, inner, text, theme.dim, if asked { "" } else { "e or enter asks" });
        return;
    }
    let text = text(model, usize::from(inner.width.saturating_sub(2)));
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(1), ..inner };
    let top = explain.scroll.min(text.len().saturating_sub(1));
    lines(buffer, theme, inner, text.get(top..).unwrap_or_default());
}

fn text(model: &Model, width: usize) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let Some(reply) = &model.explain.reply else { return Vec::new() };
    let answer = &reply.reply;
    let (glyph, style) = match answer.decision.as_str() {
        "permit" => (theme.glyphs.good, theme.good),
        "deny" => (theme.glyphs.bad, theme.bad),
        _ => (theme.glyphs.waiting, theme.warn),
    };
    let mut out = vec![
        (format!("{glyph} {} {} {} (code {})", answer.decision.to_uppercase(), theme.glyphs.dot, answer.reason, answer.code), style),
        (format!("at revision {}, at most {} stale", answer.revision, span_of(answer.staleness_ms)), theme.dim),
        (String::new(), theme.text),
    ];
    out.extend(answer.obligations.iter().map(|obligation| (format!("obligation: {obligation}"), theme.warn)));
    let Some(explanation) = &reply.explanation else { return out };
    if let Some(denied) = explanation.would_deny {
        let text = format!("{} observing: permitted, and marked; without observing it would be denied ({denied})", theme.glyphs.warn);
        out.extend(wrap_under(&text, width).into_iter().map(|line| (line, theme.warn)));
    }
    // The remedies come below, each to be chosen.
    let all = explanation.lines();
    let told = all.len().saturating_sub(if explanation.remedies.is_empty() { 0 } else { explanation.remedies.len() + 1 });
    for line in all.into_iter().take(told) {
        out.extend(wrap_under(&line, width).into_iter().map(|line| (line, theme.text)));
    }
    if !explanation.remedies.is_empty() {
        out.push((String::new(), theme.text));
        out.push(("what would allow it: enter stages one and previews it".to_owned(), theme.heading));
    }
    for (at, remedy) in explanation.remedies.iter().enumerate() {
        let here = at == model.explain.remedy;
        let mark = if here { theme.glyphs.cursor } else { " " };
        let style = if here { theme.accent } else { theme.text };
        let folded = wrap_under(&remedy.text, width.saturating_sub(2));
        out.extend(folded.into_iter().enumerate().map(|(row, line)| (format!("{} {line}", if row == 0 { mark } else { " " }), style)));
    }
    out
}

