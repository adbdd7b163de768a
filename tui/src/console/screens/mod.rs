//! `view`: draws the model and does nothing else. One file per screen; chrome and overlays go round and on top.

mod allocate;
mod audit;
mod chrome;
mod cluster;
mod conflict;
mod credentials;
mod denies;
mod explain;
mod first;
mod groups;
mod list;
mod matrix;
mod members;
pub mod overlays;
pub mod paint;
mod pending;
mod pulse;
mod tree;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};

use super::keys::View;
use super::model::{Model, SMALLEST};

/// Draws a frame.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let theme = &model.theme;
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("too small: {} by {} here, {} by {} needed", area.width, area.height, SMALLEST.0, SMALLEST.1);
        paint::middle(frame.buffer_mut(), theme, area, &text, theme.warn, "nothing is lost");
        return;
    }
    let [header, crumbs, body, toast, bar] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    chrome::header(model, frame.buffer_mut(), header);
    chrome::crumbs(model, frame, crumbs);
    // The cluster, who is let in and what is staged are there without an org.
    let needs_org = !matches!(model.view, View::Cluster | View::Credentials | View::Audit | View::Pending);
    match model.view {
        _ if model.no_org && needs_org => first::draw(model, frame.buffer_mut(), body),
        View::Pulse => pulse::draw(model, frame.buffer_mut(), body),
        View::Groups => groups::draw(model, frame.buffer_mut(), body),
        View::Allocate => allocate::draw(model, frame.buffer_mut(), body),
        View::Matrix => matrix::draw(model, frame.buffer_mut(), body),
        View::Endpoints => matrix::endpoints(model, frame.buffer_mut(), body),
        View::Explain => explain::draw(model, frame.buffer_mut(), body),
        View::Cluster => cluster::draw(model, frame.buffer_mut(), body),
        View::Pending => pending::draw(model, frame.buffer_mut(), body),
        View::Tree => tree::draw(model, frame.buffer_mut(), body),
        View::Denies => denies::draw(model, frame.buffer_mut(), body),
        View::Audit => audit::draw(model, frame.buffer_mut(), body),
        View::Credentials => credentials::draw(model, frame.buffer_mut(), body),
    }
    chrome::toast(model, frame.buffer_mut(), toast);
    chrome::key_bar(model, frame.buffer_mut(), bar);
    overlays::draw(model, frame, body);
}
