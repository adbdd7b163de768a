//! The audit: its pages, the entry under the cursor, and undo.

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ObjectId, Revision};
use bailiwick_rpc::api::{AuditQuery, AuditReply, decode_command};
use serde_bytes::ByteBuf;

use super::{commit, data};
use crate::console::api::Fault;
use crate::console::audit::AuditSeek;
use crate::console::effect::{Effect, Read, Slot};
use crate::console::fields::change_lines;
use crate::console::keys::View;
use crate::console::listing::Load;
use crate::console::model::{Model, Tone};
use crate::console::stage::Made;

/// Milliseconds that the detail waits for the cursor to rest.
const DETAIL_DEBOUNCE_MS: u64 = 60;
/// Lines of an undo's own account at most: the preview has all of it.
const LINES_MAX: usize = 200;

/// Asks for entries.
pub fn load(model: &mut Model, seek: AuditSeek, delay_ms: u64, fx: &mut Vec<Effect>) {
    let cursor = match seek {
        AuditSeek::Older => model.audit.next,
        AuditSeek::Start | AuditSeek::Newer => None,
    };
    model.audit.seeking = Some(seek);
    if model.audit.entries.is_empty() {
        model.audit.load = Load::Loading;
    }
    // What was changed from here is among them.
    let query = AuditQuery { at: model.at(), ..model.audit.parsed.query(model.org.clone(), cursor) };
    data::ask(model, Slot::Audit, Read::Audit(query), delay_ms, fx);
}

/// Asks for what the screen needs and nobody has asked for yet.
pub fn follow(model: &mut Model, fx: &mut Vec<Effect>) {
    if model.view != View::Audit {
        return;
    }
    if model.audit.load == Load::Never {
        load(model, AuditSeek::Start, 0, fx);
    } else if model.audit.wants_older() {
        load(model, AuditSeek::Older, 0, fx);
    }
    let wanted = model.audit.current().filter(|entry| entry.changes_total > entry.changes.len() as u64).map(|entry| entry.revision);
    if let Some(revision) = wanted
        && model.audit.whole_asked != Some(revision)
    {
        model.audit.whole_asked = Some(revision);
        data::ask(model, Slot::AuditEntry, Read::AuditEntry(revision), DETAIL_DEBOUNCE_MS, fx);
    }
}

/// Takes entries in.
pub fn on_entries(model: &mut Model, reply: AuditReply) {
    model.revision = model.revision.max(reply.revision);
    let now = model.now_ms;
    model.audit.accept(reply, now);
}

/// Entries couldn't be had. What is held stays.
pub fn on_fault(model: &mut Model, fault: Fault) {
    model.audit.seeking = None;
    model.audit.load = Load::Failed(fault);
}

/// What `undo` would undo, and why there is nothing.
pub fn target(model: &Model) -> Result<(Revision, String), &'static str> {
    match model.view {
        View::Audit => model.audit.current().map(|entry| (entry.revision, entry.command.clone())).ok_or("no entry here"),
        View::Pulse
        | View::Groups
        | View::Allocate
        | View::Matrix
        | View::Endpoints
        | View::Tree
        | View::Explain
        | View::Denies
        | View::Cluster
        | View::Credentials
        | View::Pending => model.last_commit.clone().ok_or("nothing was changed from here yet: 9 undoes what others did"),
    }
}

/// Asks for the inverse of an entry.
pub fn undo(model: &mut Model, fx: &mut Vec<Effect>) {
    let Ok((revision, what)) = target(model) else { return };
    model.say(Tone::Plain, format!("asking for what undoes r{revision} ({what})"));
    model.undoing = Some((revision, what));
    data::ask(model, Slot::Inverse, Read::Inverse(revision), 0, fx);
}

/// The inverse has come: it is staged like any edit, and previewed.
pub fn on_inverse(model: &mut Model, command: &ByteBuf, fx: &mut Vec<Effect>) {
    let Some((revision, what)) = model.undoing.take() else { return };
    let command = match decode_command(command) {
        Ok(command) => command,
        Err(error) => return model.say(Tone::Bad, format!("r{revision} can't be undone: {error}")),
    };
    let (lines, typed) = match &command {
        Command::Revert { changes, .. } => {
            // What touches the org itself (its default, its suspension) reaches everything that inherits.
            let org = changes.iter().filter_map(|change| change.id()).find_map(|id| if let ObjectId::Org(org) = id { Some(org) } else { None });
            (change_lines(changes, model.theme.glyphs.arrow, LINES_MAX), org.map(|org| org.to_string()))
        }
        other => (vec![other.name().to_owned()], None),
    };
    let made = Made { title: format!("undo r{revision}: {what}"), lines, command: Box::new(command), typed };
    commit::stage_made(model, made, fx);
}

/// There is no inverse.
pub fn on_inverse_fault(model: &mut Model, fault: &Fault) {
    if let Some((revision, _)) = model.undoing.take() {
        let why = if fault.code == bailiwick_rpc::api::ApiError::COMPACTED {
            format!("its entry was compacted and is no longer kept ({})", fault.message)
        } else {
            fault.to_string()
        };
        model.say(Tone::Bad, format!("r{revision} can't be undone: {why}"));
    }
}
