//! `update`: the one function that changes the model. Pure and synchronous: the same model and message give the same
//! model and effects, on any machine, at any hour.
//!
//! Read in this order: `keys` turns events into actions, `availability` says which can be taken, `actions` does them
//! with `moves`, `overlay` is what lies on top; `data` asks, `answers` takes in, `stage` stages, `commit` previews,
//! sends and finds out. `audit`, `denies`, `tree`, `narrow`, `members` and `credentials` are a screen each.

mod actions;
mod answers;
mod audit;
mod availability;
mod commit;
mod conflict;
mod credentials;
mod data;
mod denies;
mod keys;
mod members;
mod moves;
mod narrow;
mod overlay;
mod palette;
mod stage;
mod tree;

use bailiwick_policy::impact::counted;

use super::api::Health;
use super::effect::{Effect, Msg};
use super::model::{Model, Tone};
use super::stage::Phase;

pub use availability::availability;
pub use commit::allocated_group;
pub use credentials::kind_words;
pub use tree::filter_of as tree_filter;
pub use moves::range_rows;
pub use palette::entries;
pub use stage::{is_selected, levels_shown, narrow_shown};

/// Takes a message in. What is to be done about it is returned, and nothing else happens.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut fx = Vec::new();
    match msg {
        Msg::Clock { mono_ms, wall_ms } => {
            model.now_ms = mono_ms;
            model.wall_ms = wall_ms;
            if model.toast.as_ref().is_some_and(|toast| toast.until_ms <= mono_ms) {
                model.toast = None;
            }
            data::on_clock(model, &mut fx);
        }
        Msg::Input(event) => keys::on_event(model, &event, &mut fx),
        Msg::Reply { ticket, result } => {
            if model.requests.take(ticket) {
                answers::on_reply(model, ticket.slot, result, &mut fx);
            }
        }
        Msg::WriteStarted { staged, id } => commit::on_started(model, staged, id),
        Msg::Written { staged, id, written } => commit::on_written(model, staged, id, written, &mut fx),
        Msg::Outcome { staged, id, result } => commit::on_outcome(model, staged, id, result, &mut fx),
        Msg::Token { draft, token } => credentials::on_token(model, draft, token, &mut fx),
        Msg::Members(result) => members::on_done(model, result, &mut fx),
        Msg::Exported(Ok((path, rows))) => model.say(Tone::Good, format!("{} written to {path}", counted(rows, "store"))),
        Msg::Exported(Err(why)) => model.say(Tone::Bad, format!("the stores were not written: {why}")),
        Msg::Health(health) => on_health(model, health, &mut fx),
        Msg::Dumped(Ok(path)) => model.say(Tone::Good, format!("the screen is in {path}")),
        Msg::Dumped(Err(why)) => model.say(Tone::Bad, format!("the screen was not written: {why}")),
        Msg::Resumed => fx.push(Effect::Redraw),
    }
    keys::release(model, &mut fx);
    data::follow(model, &mut fx);
    commit::follow(model, &mut fx);
    credentials::show_fresh(model);
    boundary(model, fx)
}

/// Starts a console: what to ask for first.
pub fn begin(model: &mut Model) -> Vec<Effect> {
    let mut fx = Vec::new();
    data::on_clock(model, &mut fx);
    fx
}

/// Read-only is enforced here and nowhere else: no write gets past.
fn boundary(model: &mut Model, fx: Vec<Effect>) -> Vec<Effect> {
    if !model.read_only {
        return fx;
    }
    fx.into_iter()
        .filter(|effect| {
            match effect {
                Effect::Write { staged, .. } => {
                    if let Some(staged) = model.stage.get_mut(*staged) {
                        staged.phase = Phase::Staged;
                    }
                }
                Effect::Members(_) => model.cluster.changing = false,
                Effect::Read { .. }
                | Effect::Cancel(_)
                | Effect::AskOutcome { .. }
                | Effect::NewToken(_)
                | Effect::Export { .. }
                | Effect::Copy(_)
                | Effect::Dump
                | Effect::Redraw
                | Effect::Suspend
                | Effect::Quit => return true,
            }
            model.say(Tone::Warn, "nothing was sent: this console is read-only");
            false
        })
        .collect()
}

fn on_health(model: &mut Model, health: Health, fx: &mut Vec<Effect>) {
    let back = health.connected && !model.health.connected;
    let moved = health.connected && health.node != model.health.node && model.health.node.is_some();
    if let (true, Some(node)) = (moved, health.node) {
        model.say(Tone::Plain, format!("node {node} answers now; nothing was lost"));
    }
    model.health = health;
    if back {
        data::refresh(model, fx);
    }
}
