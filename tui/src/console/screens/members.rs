//! A change of members before it is made: what it would do, in the cluster's own words, and the id to be typed.

use bailiwick_rpc::api::{MemberChange, MemberChangeReply, MemberChangeRequest, MemberSets};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use tui_input::Input;

use super::overlays::{boxed, field};
use super::paint::{lines, wrap};
use crate::console::model::Model;

/// Draws it.
pub fn confirm(model: &Model, frame: &mut Frame<'_>, area: Rect, (request, reply, input): (&MemberChangeRequest, &MemberChangeReply, &Input)) {
    let theme = &model.theme;
    let title = match &request.change {
        MemberChange::Add { id, .. } => format!("Add node {id}?"),
        MemberChange::Promote { id } => format!("Promote node {id}?"),
        MemberChange::Remove { id } => format!("Remove node {id}?"),
        MemberChange::Transfer { to } => format!("Move leadership to node {}?", to.unwrap_or(reply.node)),
    };
    let folded = usize::from(area.width.clamp(20, 76) - 6);
    let mut text: Vec<(String, Style)> = Vec::new();
    let said = reply.lines.iter().flat_map(|line| wrap(line, folded));
    text.extend(said.map(|line| (line, theme.text)));
    text.push((String::new(), theme.text));
    text.push((format!("now   {}", members(&reply.before)), theme.dim));
    text.push((format!("then  {}", members(&reply.after)), theme.changed));
    let high = u16::try_from(text.len()).unwrap_or(10) + 5;
    let inner = boxed(model, frame.buffer_mut(), area, (76, high), &title);
    lines(frame.buffer_mut(), theme, Rect { height: inner.height.saturating_sub(2), ..inner }, &text);
    let foot = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
    field(model, frame, foot, &format!("type {} to do it:", reply.node), input, true);
}

fn members(sets: &MemberSets) -> String {
    let list = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let voters = format!("voters {}", list(&sets.voters));
    if sets.learners.is_empty() { voters } else { format!("{voters}; learners {}", list(&sets.learners)) }
}
