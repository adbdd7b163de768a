//! Changes of the cluster's members: what one would do is asked first and shown; the node's id, typed, makes it.

use bailiwick_rpc::api::{MemberChange, MemberChangeReply, MemberChangeRequest};
use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

use super::data;
use super::keys::edit;
use crate::console::api::Fault;
use crate::console::effect::{Effect, Read, Slot};
use crate::console::model::{Model, Overlay, Tone};

/// The node under the cursor.
pub fn current(model: &Model) -> Option<u64> {
    model.cluster.status.as_ref().and_then(|status| status.nodes.get(model.cluster.cursor)).map(|node| node.id)
}

/// Asks what a change would do.
pub fn ask(model: &mut Model, change: MemberChange, fx: &mut Vec<Effect>) {
    let request = MemberChangeRequest { change, dry_run: true, reason: None };
    model.cluster.told = vec![(Tone::Plain, "asking what it would do; nothing has changed".to_owned())];
    model.member_change = Some(request.clone());
    data::ask(model, Slot::Members, Read::Members(request), 0, fx);
}

/// What it would do has come.
pub fn on_dry_run(model: &mut Model, reply: MemberChangeReply) {
    let Some(mut request) = model.member_change.take() else { return };
    if !reply.changed {
        model.cluster.told = told(&reply, Tone::Plain, "it is so already: nothing to change");
    } else if model.overlay.is_some() {
        model.cluster.told = vec![(Tone::Warn, "what it would do came while you were busy: ask again".to_owned())];
    } else {
        model.cluster.told.clear();
        request.dry_run = false;
        // What is shown and confirmed is what will be asked for.
        if let MemberChange::Transfer { to } = &mut request.change {
            *to = Some(reply.node);
        }
        model.overlay = Some(Overlay::Members { request, reply: Box::new(reply), input: Input::default() });
    }
}

/// It was refused, or nobody could be asked.
pub fn on_fault(model: &mut Model, fault: &Fault) {
    model.member_change = None;
    model.cluster.told = vec![(Tone::Bad, format!("refused: {fault}"))];
    model.say(Tone::Bad, format!("refused: {fault}"));
}

/// A key for the confirmation.
pub fn on_key(
    model: &mut Model,
    (request, reply, mut input): (MemberChangeRequest, Box<MemberChangeReply>, Input),
    key: &KeyEvent,
    fx: &mut Vec<Effect>,
) -> Option<Overlay> {
    let is_typed = input.value() == reply.node.to_string();
    match key.code {
        KeyCode::Enter if is_typed => {
            model.cluster.changing = true;
            model.cluster.told = vec![(Tone::Warn, "on its way".to_owned())];
            fx.push(Effect::Members(request));
            None
        }
        KeyCode::Enter => None,
        _ => {
            edit(&mut input, key);
            Some(Overlay::Members { request, reply, input })
        }
    }
}

/// What became of it.
pub fn on_done(model: &mut Model, result: Result<MemberChangeReply, Fault>, fx: &mut Vec<Effect>) {
    model.cluster.changing = false;
    match result {
        Ok(reply) => {
            model.cluster.told = told(&reply, Tone::Good, "done");
            model.say(Tone::Good, format!("members: {} voters, {} learners", reply.after.voters.len(), reply.after.learners.len()));
        }
        Err(fault) => {
            model.cluster.told = vec![(Tone::Bad, fault.to_string())];
            model.say(Tone::Bad, fault.to_string());
        }
    }
    data::ask(model, Slot::Status, Read::Status, 0, fx);
}

fn told(reply: &MemberChangeReply, tone: Tone, otherwise: &str) -> Vec<(Tone, String)> {
    if reply.lines.is_empty() {
        vec![(tone, otherwise.to_owned())]
    } else {
        reply.lines.iter().map(|line| (tone, line.clone())).collect()
    }
}
