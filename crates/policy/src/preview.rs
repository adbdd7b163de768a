//! Preview: what commands would do, one after the other, without doing it.

use std::sync::Arc;

use crate::command::{Actor, Command, Envelope};
use crate::ids::{ObjectId, RequestId, Revision, Tick};
use crate::impact::{Impact, impact};
use crate::outcome::{Change, Rejection};
use crate::plan::{outcome_of_proposal, plan};
use crate::state::State;

/// What commands would do.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// The first command that would be rejected, by its place, and why; nothing after it is planned.
    pub rejected: Option<(usize, Rejection)>,
    /// What would change.
    pub changes: Vec<Change>,
    /// Whose access would change, exactly.
    pub impact: Impact,
    /// What this was computed from, at the revisions that changed it last.
    pub reads: Vec<(ObjectId, Revision)>,
    /// What the asker should know all the same.
    pub warnings: Vec<Arc<str>>,
}

/// Previews commands of an actor at a moment. `with_impact` is false where only validity is asked for.
pub fn preview(state: &State, actor: &Actor, commands: &[Command], now: Tick, with_impact: bool) -> Preview {
    let mut after = state.clone();
    let mut result = Preview::default();
    for (place, command) in commands.iter().enumerate() {
        let envelope = Envelope {
            request_id: RequestId(0),
            actor: actor.clone(),
            proposed_at: now,
            reads: Vec::new(),
            // Why is asked when it is done.
            reason: Some("preview".into()),
            job: None,
            command: command.clone(),
        };
        let now = now.max(state.tick);
        // What is proposed is shown as it would be once approved: that is what it is proposed for.
        let shown = |_: crate::plan::Plan| match command {
            Command::Propose { command, .. } => outcome_of_proposal(&after, &envelope, command, now),
            _other => plan(&after, &envelope, now),
        };
        match plan(&after, &envelope, now).and_then(shown) {
            Err(rejection) => {
                result.rejected = Some((place, rejection));
                return result;
            }
            Ok(plan) => {
                for change in &plan.changes {
                    after.apply(change);
                }
                if !plan.changes.is_empty() {
                    after.revision = Revision(after.revision.0 + 1);
                }
                result.changes.extend(plan.changes);
                result.reads.extend(plan.reads);
                result.warnings.extend(plan.warnings);
            }
        }
    }
    // What was read is what the state holds, not what an earlier command of the batch made or took away.
    result.reads.retain(|(id, revision)| state.get(id).map_or(Revision(0), |o| o.meta().revision) == *revision);
    result.reads.sort();
    result.reads.dedup();
    if with_impact {
        result.impact = impact(state, &after, &result.changes);
    }
    result
}
