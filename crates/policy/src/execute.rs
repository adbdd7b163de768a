//! What a log entry does to the state: deduplicate, plan, apply, record. The same on every replica.

use std::sync::Arc;

use crate::command::{Actor, Command, Envelope};
use crate::ids::{RequestId, Revision, Tick};
use crate::limits::{REQUEST_AHEAD_MS, REQUEST_KEPT_MS, REQUESTS_KEPT_MAX};
use crate::outcome::{AuditRow, Change, Outcome, Recorded, Rejection, RejectionCode};
use crate::plan::plan;
use crate::state::State;

/// What executing an envelope did.
#[derive(Clone, Debug)]
pub struct Executed {
    /// What became of the command.
    pub outcome: Outcome,
    /// What it changed.
    pub changes: Vec<Change>,
    /// Its row for the audit; none if nothing changed.
    pub row: Option<AuditRow>,
    /// The request whose outcome was recorded; none for a repeat and for ids that can't be recorded.
    pub recorded: Option<RequestId>,
    /// Requests whose outcomes are kept no longer.
    pub evicted: Vec<RequestId>,
    /// Whether the outcome is that of an earlier try.
    pub repeated: bool,
}

/// Executes an envelope. Never fails: a command that can't be done is an outcome too.
///
/// The audit chain (`history`, `audit_rows`) is advanced by storage, which knows the bytes it runs over.
pub fn execute(state: &mut State, envelope: &Envelope) -> Executed {
    state.tick = state.tick.max(envelope.proposed_at);
    let now = state.tick;
    let mut executed =
        Executed { outcome: refused_id(RejectionCode::RequestExpired), changes: Vec::new(), row: None, recorded: None, evicted: Vec::new(), repeated: false };
    if let Some(earlier) = state.requests.get(&envelope.request_id) {
        executed.repeated = earlier.actor == envelope.actor;
        executed.outcome = if executed.repeated { earlier.outcome.clone() } else { refused_id(RejectionCode::RequestIdTaken) };
        return executed;
    }
    let made_at = envelope.request_id.made_at();
    if envelope.request_id <= state.requests_floor || made_at.0 + REQUEST_KEPT_MS < now.0 {
        return executed;
    }
    if made_at.0 > now.0 + REQUEST_AHEAD_MS {
        executed.outcome = refused_id(RejectionCode::RequestAhead);
        return executed;
    }
    executed.outcome = match plan(state, envelope, now) {
        Err(rejection) => Outcome::Rejected(rejection),
        Ok(plan) => {
            let changed = !plan.changes.is_empty();
            if changed {
                for change in &plan.changes {
                    state.apply(change);
                }
                state.revision = Revision(state.revision.0 + 1);
                executed.row = Some(row(state.revision, now, envelope, plan.actor_label, &plan.changes));
                executed.changes = plan.changes;
            }
            Outcome::Committed { revision: state.revision, changed, warnings: plan.warnings }
        }
    };
    // The record of the request goes last.
    let record = Recorded { actor: envelope.actor.clone(), at: now, outcome: executed.outcome.clone() };
    state.requests.insert(envelope.request_id, Arc::new(record));
    executed.recorded = Some(envelope.request_id);
    executed.evicted = evict(state, now);
    executed
}

fn row(revision: Revision, at: Tick, envelope: &Envelope, actor_label: Arc<str>, changes: &[Change]) -> AuditRow {
    AuditRow {
        revision,
        at,
        org: of_org(envelope, changes),
        actor: envelope.actor.clone(),
        actor_label,
        request_id: envelope.request_id,
        job: envelope.job,
        reason: envelope.reason.clone(),
        command: match &envelope.command {
            Command::Revert { of, .. } => format!("undo {of}").into(),
            other => other.name().into(),
        },
        changes: changes.to_vec(),
    }
}

/// The org of an entry. The catalogue's and time's are of the whole cluster, whichever orgs they touch.
fn of_org(envelope: &Envelope, changes: &[Change]) -> Option<crate::ids::OrgCode> {
    match &envelope.command {
        Command::SetPlatform { .. } | Command::Tick { .. } => None,
        other => other.org().or_else(|| changes.iter().find_map(Change::org)).cloned(),
    }
}

fn refused_id(code: RejectionCode) -> Outcome {
    let message = match code {
        RejectionCode::RequestIdTaken => "another actor used this request id: choose a new one",
        RejectionCode::RequestAhead => "the request id lies more than 10 minutes in the future: set the clock of its maker",
        _expired => "the request id is older than the outcomes that are kept (24 hours): choose a new one",
    };
    Outcome::Rejected(Rejection::new(code, message))
}

/// Forgets outcomes that are too old or too many. The floor rises with them: what was forgotten can't be repeated.
fn evict(state: &mut State, now: Tick) -> Vec<RequestId> {
    let mut evicted = Vec::new();
    while let Some((oldest, _)) = state.requests.get_min() {
        let oldest = *oldest;
        let too_old = oldest.made_at().0 + REQUEST_KEPT_MS < now.0;
        if !too_old && state.requests.len() <= REQUESTS_KEPT_MAX {
            break;
        }
        state.requests.remove(&oldest);
        state.requests_floor = state.requests_floor.max(oldest);
        evicted.push(oldest);
    }
    evicted
}

/// What is known of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Known {
    /// It was applied, with this outcome.
    Applied(Outcome),
    /// It has not been applied in this state.
    NotApplied,
    /// Too old to know.
    Expired,
}

/// What became of an actor's request; another actor's isn't there.
pub fn outcome_of(state: &State, actor: &Actor, id: RequestId) -> Known {
    match state.requests.get(&id) {
        Some(recorded) if recorded.actor == *actor => Known::Applied(recorded.outcome.clone()),
        Some(_) => Known::NotApplied,
        None if id <= state.requests_floor => Known::Expired,
        None => Known::NotApplied,
    }
}
