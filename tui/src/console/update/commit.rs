//! From a staged edit to a change: preview, confirm, send, find out.
//!
//! What is sent is the command that the preview was made of, with what the preview read and the digest of the impact
//! that was shown. A write is sent from one place, `send`, which only a confirmation calls, or a resend by its id.

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::RequestId;
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_rpc::api::{OutcomeReply, PreviewReply, PreviewRequest, RejectionBody, SubmitReply, encode_command};
use tui_input::Input;

use super::{actions, conflict, data};
use crate::console::api::{Fault, Written};
use crate::console::effect::{Effect, Read, Slot, Write};
use crate::console::keys::View;
use crate::console::model::{Model, Overlay, Tone};
use crate::console::stage::{Conflict, Edit, Made, Phase, Previewed, Staged, StagedId, Theirs};

/// Milliseconds before an unknown outcome is asked for the first time, and the most between later times.
const ASK_MS: (u64, u64) = (300, 5_000);
/// Milliseconds between previews of the same edit, however fast the cluster changes.
const PREVIEW_EVERY_MS: u64 = 1_000;

/// The staged edit under the cursor.
pub fn current(model: &Model) -> Option<&Staged> {
    model.stage.edits.get(model.pending.cursor)
}

/// Keeps the cursor on an edit, and has the one under it previewed.
pub fn follow(model: &mut Model, fx: &mut Vec<Effect>) {
    model.pending.cursor = model.pending.cursor.min(model.stage.edits.len().saturating_sub(1));
    if model.view != View::Pending {
        return;
    }
    // A preview that is older than the cluster is made again, unless it is being confirmed: then the cluster compares.
    let rested = model.requests.is_due(Slot::Preview, model.now_ms, PREVIEW_EVERY_MS);
    if model.overlay.is_none() && !model.frozen && rested {
        let revision = model.revision;
        let at = model.pending.cursor;
        if let Some(staged) = model.stage.edits.get_mut(at)
            && matches!(&staged.phase, Phase::Previewed(p) if p.reply.revision < revision)
        {
            staged.phase = Phase::Staged;
        }
    }
    conflict::compare(model, fx);
    let Some(staged) = current(model) else { return };
    if staged.phase != Phase::Staged {
        return;
    }
    let id = staged.id;
    let Some(command) = staged.edit.command(model.org.as_ref()) else { return };
    match encode_command(&command) {
        Ok(command) => {
            drop_preview(model);
            let request =
                PreviewRequest { commands: vec![command.clone()], without_impact: false, at_least: model.receipt.clone() };
            if let Some(staged) = model.stage.get_mut(id) {
                staged.phase = Phase::Previewing(command);
            }
            model.previewing = Some(id);
            data::ask(model, Slot::Preview, Read::Preview(request), 0, fx);
        }
        Err(error) => {
            if let Some(staged) = model.stage.get_mut(id) {
                staged.phase = Phase::Failed(error.message);
            }
        }
    }
}

/// The preview under way, if any, is no longer waited for.
fn drop_preview(model: &mut Model) {
    if let Some(staged) = model.previewing.take().and_then(|id| model.stage.get_mut(id))
        && matches!(staged.phase, Phase::Previewing(_))
    {
        staged.phase = Phase::Staged;
    }
}

/// Stages a command that was made elsewhere, and shows it, unless something is being typed. None if that can't be.
pub fn stage_made(model: &mut Model, made: Made, fx: &mut Vec<Effect>) -> Option<StagedId> {
    let title = made.title.clone();
    match model.stage.make(made) {
        Ok(at) => {
            let busy = model.overlay.is_some() || model.filter().is_some_and(|filter| filter.editing);
            model.say(Tone::Plain, format!("staged: {title}{}", if busy { "; p previews" } else { "" }));
            if !busy {
                actions::go(model, View::Pending, fx);
            }
            model.pending.cursor = at;
            model.pending.scroll = 0;
            model.stage.edits.get(at).map(|staged| staged.id)
        }
        Err(why) => {
            model.say(Tone::Warn, why);
            None
        }
    }
}

/// The group that stores still have, if that is why the edit under the cursor was refused.
pub fn allocated_group(model: &Model) -> Option<String> {
    let staged = current(model)?;
    let refused = matches!(&staged.phase, Phase::Refused(body) if body.code == RejectionCode::GroupAllocated.as_str());
    match &staged.edit {
        Edit::Made(Made { command, .. }) if refused => match &**command {
            Command::DeactivateGroup { group, .. } => Some(group.to_string()),
            _ => None,
        },
        Edit::Group { .. }
        | Edit::NewGroup { .. }
        | Edit::Allocate { .. }
        | Edit::Default { .. }
        | Edit::Active { .. }
        | Edit::Made(_) => None,
    }
}

/// Esc has given up waiting.
pub fn on_cancel(model: &mut Model) {
    if model.comparing.is_some() {
        conflict::on_theirs(model, Err("no longer waited for".to_owned()));
    }
    if let Some(staged) = model.previewing.take().and_then(|id| model.stage.get_mut(id))
        && matches!(staged.phase, Phase::Previewing(_))
    {
        staged.phase = Phase::Failed("the preview was no longer waited for: R asks again".to_owned());
    }
}

/// Has the edit under the cursor previewed anew, unless it is being confirmed.
pub fn preview_again(model: &mut Model) {
    let at = model.pending.cursor;
    if model.view == View::Pending
        && model.overlay.is_none()
        && let Some(staged) = model.stage.edits.get_mut(at)
        && !staged.phase.is_under_way()
        && !matches!(staged.phase, Phase::Previewing(_))
    {
        staged.phase = Phase::Staged;
    }
}

/// Takes a preview in. One of a command that has been edited since is no preview of it.
pub fn on_preview(model: &mut Model, reply: PreviewReply) {
    model.revision = model.revision.max(reply.revision);
    let Some(staged) = model.previewing.take().and_then(|id| model.stage.get_mut(id)) else { return };
    let Phase::Previewing(command) = &staged.phase else { return };
    staged.phase = match &reply.rejected {
        Some((_, body)) => Phase::Refused(body.clone()),
        None => Phase::Previewed(Box::new(Previewed { command: command.clone(), reply })),
    };
}

/// There is no preview.
pub fn on_preview_fault(model: &mut Model, fault: &Fault) {
    if let Some(staged) = model.previewing.take().and_then(|id| model.stage.get_mut(id))
        && matches!(staged.phase, Phase::Previewing(_))
    {
        staged.phase = Phase::Failed(format!("no preview: {fault}"));
    }
}

/// Asks the operator.
pub fn confirm(model: &mut Model) {
    let Some(staged) = current(model) else { return };
    if matches!(staged.phase, Phase::Previewed(_)) {
        let (id, risk) = (staged.id, staged.risk(model.org.as_ref()));
        model.overlay = Some(Overlay::Confirm { staged: id, risk, on_apply: false, input: Input::default() });
    }
}

/// The operator has confirmed: what was previewed is sent, and nothing else.
pub fn send(model: &mut Model, id: StagedId, fx: &mut Vec<Effect>) {
    let since_ms = model.now_ms;
    let Some(staged) = model.stage.get_mut(id) else { return };
    let Phase::Previewed(previewed) = &staged.phase else { return };
    let sent = previewed.clone();
    fx.push(Effect::Write { staged: id, write: write_of(&sent), again: None });
    staged.phase = Phase::Sending { id: None, sent, since_ms };
}

fn write_of(previewed: &Previewed) -> Write {
    Write {
        command: previewed.command.clone(),
        reads: previewed.reply.reads.clone(),
        expect: previewed.reply.digest.clone(),
    }
}

/// Sends a write with an unknown outcome again, under its own id: it applies once.
pub fn resend(model: &mut Model, fx: &mut Vec<Effect>) {
    let at = model.pending.cursor;
    let Some(staged) = model.stage.edits.get_mut(at) else { return };
    if let Phase::Unknown { id, sent, not_applied, message, .. } = &mut staged.phase {
        *not_applied = false;
        "sent again under the same id".clone_into(message);
        fx.push(Effect::Write { staged: staged.id, write: write_of(sent), again: Some(*id) });
    }
}

/// Discards the edit under the cursor. One that has been sent stays.
pub fn discard(model: &mut Model) {
    let Some(staged) = current(model) else { return };
    if staged.phase.is_under_way() {
        return;
    }
    let (id, title) = (staged.id, staged.edit.title());
    model.stage.remove(id);
    model.credentials.tokens.remove(&id);
    model.say(Tone::Plain, format!("discarded: {title}"));
}

/// It has its id.
pub fn on_started(model: &mut Model, staged: StagedId, request: RequestId) {
    if let Some(Staged { phase: Phase::Sending { id, .. }, .. }) = model.stage.get_mut(staged) {
        *id = Some(request);
    }
}

/// Its outcome, or that nobody knows it yet.
pub fn on_written(model: &mut Model, id: StagedId, request: RequestId, written: Written, fx: &mut Vec<Effect>) {
    let since = model.now_ms;
    let Some(staged) = model.stage.get_mut(id).filter(|staged| staged.phase.is_under_way()) else { return };
    match written {
        Written::Committed { receipt, revision, changed, warnings } => {
            let title = staged.edit.title();
            model.stage.remove(id);
            model.credentials.fresh.extend(model.credentials.tokens.remove(&id));
            if changed {
                model.last_commit = Some((revision, title.clone()));
            }
            model.revision = model.revision.max(revision);
            model.receipt = Some(receipt);
            model.outdated = true;
            // A frozen console shows its own changes all the same.
            data::refresh(model, fx);
            let text = if changed { format!("revision {revision}: {title}; z undoes it") } else { format!("nothing to change: {title}") };
            if warnings.is_empty() {
                model.say(Tone::Good, text);
            } else {
                model.say(Tone::Warn, format!("{text}; {}", warnings.join("; ")));
            }
        }
        Written::Rejected(body) => {
            let conflict = body.code == RejectionCode::Conflict.as_str();
            model.say(Tone::Bad, if conflict { "conflict: nothing was changed; it stays staged".to_owned() } else { body.to_string() });
            if let Some(staged) = model.stage.get_mut(id) {
                let sent = sent_of(&staged.phase);
                staged.phase = match sent {
                    Some(sent) if conflict => {
                        Phase::Conflict(Box::new(Conflict { message: conflict_words(body), sent, theirs: Theirs::Asked }))
                    }
                    Some(_) | None => Phase::Refused(body),
                };
            }
            model.outdated = true;
        }
        Written::Failed(fault) => match &mut staged.phase {
            // Sending it again failed: whether the first time arrived is still not known.
            Phase::Unknown { message, .. } => {
                *message = format!("not sent again: {fault}");
                fx.push(Effect::AskOutcome { staged: id, id: request, delay_ms: ASK_MS.1 });
            }
            phase => {
                *phase = Phase::Failed(format!("nothing was proposed: {fault}"));
                model.say(Tone::Bad, format!("nothing was proposed: {fault}; it stays staged"));
            }
        },
        Written::Unknown { message } => {
            let (sent, since_ms) = match &staged.phase {
                Phase::Sending { sent, since_ms, .. } | Phase::Unknown { sent, since_ms, .. } => (sent.clone(), *since_ms),
                Phase::Staged
                | Phase::Previewing(_)
                | Phase::Previewed(_)
                | Phase::Conflict(_)
                | Phase::Refused(_)
                | Phase::Failed(_) => return,
            };
            let since_ms = since_ms.min(since);
            staged.phase = Phase::Unknown { id: request, sent, since_ms, asked: 0, message, not_applied: false };
            fx.push(Effect::AskOutcome { staged: id, id: request, delay_ms: ASK_MS.0 });
            model.say(Tone::Warn, "outcome unknown, asking…");
        }
    }
}

/// What was sent of an edit that is under way.
fn sent_of(phase: &Phase) -> Option<Box<Previewed>> {
    match phase {
        Phase::Sending { sent, .. } | Phase::Unknown { sent, .. } => Some(sent.clone()),
        Phase::Staged
        | Phase::Previewing(_)
        | Phase::Previewed(_)
        | Phase::Conflict(_)
        | Phase::Refused(_)
        | Phase::Failed(_) => None,
    }
}

/// What the cluster says of a conflict, with what it names.
fn conflict_words(body: RejectionBody) -> String {
    if body.examples.is_empty() { body.message } else { format!("{} ({})", body.message, body.examples.join(", ")) }
}

/// What is known of a write whose outcome wasn't. Until it is known, it is asked for again.
pub fn on_outcome(
    model: &mut Model,
    id: StagedId,
    request: RequestId,
    result: Result<OutcomeReply, Fault>,
    fx: &mut Vec<Effect>,
) {
    let Some(staged) = model.stage.get_mut(id) else { return };
    let Phase::Unknown { id: of, asked, message, not_applied, .. } = &mut staged.phase else { return };
    if *of != request {
        return;
    }
    *asked += 1;
    let delay_ms = ASK_MS.0.saturating_mul(u64::from(*asked)).min(ASK_MS.1);
    match result {
        Ok(OutcomeReply::Known(SubmitReply::Committed { receipt, revision, changed, warnings })) => {
            on_written(model, id, request, Written::Committed { receipt, revision, changed, warnings }, fx);
        }
        Ok(OutcomeReply::Known(SubmitReply::Rejected(body))) => {
            on_written(model, id, request, Written::Rejected(body), fx);
        }
        Ok(OutcomeReply::Known(SubmitReply::Unknown { message: text })) => {
            *message = text;
            fx.push(Effect::AskOutcome { staged: id, id: request, delay_ms });
        }
        Ok(OutcomeReply::NotApplied) => {
            *not_applied = true;
            "not applied so far; it may still be on its way".clone_into(message);
            fx.push(Effect::AskOutcome { staged: id, id: request, delay_ms });
        }
        Ok(OutcomeReply::Expired) => {
            let code = RejectionCode::RequestExpired.as_str().to_owned();
            let text = format!("the outcome of {request} is no longer kept: look at what the objects are now");
            staged.phase = Phase::Refused(RejectionBody { code, message: text, ..RejectionBody::default() });
        }
        Err(fault) => {
            *message = format!("nobody could be asked: {fault}");
            fx.push(Effect::AskOutcome { staged: id, id: request, delay_ms });
        }
    }
}
