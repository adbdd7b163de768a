//! Changes: to the leader, once, and back with what became of them. Nothing is guessed: what can't be known is said
//! to be unknown, and its outcome can be asked for by its id.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bailiwick_policy::command::{Actor, Command, Envelope};
use bailiwick_policy::execute::{Known, outcome_of};
use bailiwick_policy::ids::{CredentialId, RequestId, Revision, Tick};
use bailiwick_policy::outcome::{Outcome, RejectionCode};
use bailiwick_policy::plan;
use bailiwick_policy::preview::{Preview, preview};
use bailiwick_policy::view::{Viewer, reduced};
use bailiwick_rpc::api::*;
use bailiwick_storage::codec::encode_envelope;
use sha2::{Digest, Sha256};

use super::App;
use crate::raft::{Proposed, hex};

/// How long a write waits for a quorum before it is said to be unknown.
const WRITE_WAIT: Duration = Duration::from_secs(5);
/// How long a write waits for a leader to be known.
const LEADER_WAIT: Duration = Duration::from_secs(2);
/// Changes that a preview shows; the rest is a count.
const CHANGES_SHOWN: usize = 200;
/// Commands in one preview.
const PREVIEW_COMMANDS_MAX: usize = 64;

/// The wall's clock, for stamps.
pub(crate) fn now() -> Tick {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Tick(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A rejection as it goes over the wire.
pub fn body(rejection: &bailiwick_policy::outcome::Rejection) -> RejectionBody {
    RejectionBody {
        code: rejection.code.as_str().to_owned(),
        message: rejection.message.to_string(),
        examples: rejection.examples.iter().map(ToString::to_string).collect(),
        count: rejection.count,
    }
}

fn digest(preview: &Preview) -> String {
    // Encoding plain data into memory can't fail; were it to, an empty digest would conflict, not pass.
    rmp_serde::to_vec_named(&preview.impact).map(|bytes| hex(&Sha256::digest(bytes))).unwrap_or_default()
}

impl App {
    /// Makes a change, here or by way of the leader. The caller may go away: the work goes on.
    pub async fn submit(&self, viewer: &Viewer, request: SubmitRequest) -> Result<SubmitReply, ApiError> {
        let (app, credential) = (self.clone(), viewer.credential.clone());
        let began = Instant::now();
        // tarpc drops a handler whose caller went away; a task of its own is not dropped.
        let task = tokio::spawn(async move { app.submit_as(credential, request, true).await });
        let reply = task.await.unwrap_or_else(|error| Ok(SubmitReply::Unknown { message: format!("the task that made the change ended: {error}") }));
        if matches!(reply, Ok(SubmitReply::Committed { .. } | SubmitReply::Rejected(_))) {
            self.metrics.wrote(began.elapsed());
        }
        reply
    }

    /// The same, on behalf of a credential: from a door of this node, or forwarded once by another.
    pub async fn submit_as(&self, credential: CredentialId, request: SubmitRequest, may_forward: bool) -> Result<SubmitReply, ApiError> {
        let command = decode_command(&request.command)?;
        self.still_member()?;
        let deadline = Instant::now() + WRITE_WAIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let unavailable = |why: &str| Err(ApiError::new(ApiError::UNAVAILABLE, format!("{why}: try again with the same id")));
            if self.consensus.is_leader() {
                self.has_room_for(request.request_id, &command)?;
                if let Some(conflict) = self.impact_differs(&credential, &command, request.expect.as_deref()) {
                    return Ok(conflict);
                }
                let envelope = Envelope {
                    request_id: request.request_id,
                    actor: Actor::Credential(credential.clone()),
                    proposed_at: now(),
                    reads: request.reads.clone(),
                    reason: request.reason.as_deref().map(Arc::from),
                    job: request.job,
                    command: command.clone(),
                };
                let payload = encode_envelope(&envelope);
                match self.consensus.propose(payload, left).await {
                    Proposed::Applied(outcome) => return Ok(self.reply(&outcome)),
                    // Nothing was appended: whoever leads now is asked in the next turn, once its name is known.
                    Proposed::NotLeader if may_forward && left > LEADER_WAIT => self.consensus.leadership_moved().await,
                    Proposed::NotLeader => return unavailable("leadership moved"),
                    Proposed::Unknown(message) => return Ok(SubmitReply::Unknown { message }),
                }
                continue;
            }
            if !may_forward {
                return unavailable("leadership moved while the change was on its way");
            }
            match self.consensus.leader_within(left.min(LEADER_WAIT)).await {
                None => return unavailable("no leader is known"),
                Some((id, _)) if id == self.config.node => {}
                Some(leader) => return self.consensus.forward(leader, &credential, &request, left).await,
            }
        }
    }

    /// A leader whose disk is nearly full takes nothing that grows; what can't be told is no reason to refuse, and a
    /// retry of what was taken is answered as ever.
    fn has_room_for(&self, id: RequestId, command: &Command) -> Result<(), ApiError> {
        if !command.grows() || self.views.load().state.requests.contains_key(&id) {
            return Ok(());
        }
        match self.storage.disk_free() {
            Ok(space) if space.refuses_growth() => Err(ApiError::new(
                ApiError::DISK_FULL,
                format!("only {} MiB are free on node {}: remove something, or give it a larger disk", space.free_bytes >> 20, self.config.node),
            )),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The impact that was previewed must be the impact now; compared just before proposing.
    fn impact_differs(&self, credential: &CredentialId, command: &Command, expect: Option<&str>) -> Option<SubmitReply> {
        let expect = expect?;
        let view = self.views.load();
        let actor = Actor::Credential(credential.clone());
        let present = preview(&view.state, &actor, std::slice::from_ref(command), now(), true);
        (present.rejected.is_none() && digest(&present) != expect).then(|| {
            SubmitReply::Rejected(RejectionBody {
                code: RejectionCode::Conflict.as_str().to_owned(),
                message: "its impact is no longer what was previewed: preview it again".to_owned(),
                ..RejectionBody::default()
            })
        })
    }

    fn reply(&self, outcome: &Outcome) -> SubmitReply {
        match outcome {
            Outcome::Committed { revision, changed, warnings } => SubmitReply::Committed {
                receipt: self.receipt(*revision),
                revision: *revision,
                changed: *changed,
                warnings: warnings.iter().map(ToString::to_string).collect(),
            },
            Outcome::Rejected(rejection) => SubmitReply::Rejected(body(rejection)),
        }
    }

    /// What became of a request of this viewer, as of a read index taken after the question.
    pub async fn outcome(&self, viewer: &Viewer, id: RequestId) -> Result<OutcomeReply, ApiError> {
        let chosen = self.choose(&At::Linearizable).await.map_err(super::NoView::into_api)?;
        let actor = Actor::Credential(viewer.credential.clone());
        Ok(match outcome_of(&chosen.view.state, &actor, id) {
            Known::Applied(outcome) => OutcomeReply::Known(self.reply(&outcome)),
            Known::NotApplied => OutcomeReply::NotApplied,
            Known::Expired => OutcomeReply::Expired,
        })
    }

    /// What changes would do.
    pub async fn preview(&self, viewer: &Viewer, request: PreviewRequest) -> Result<PreviewReply, ApiError> {
        if request.commands.len() > PREVIEW_COMMANDS_MAX {
            let message = format!("{} commands: one preview has at most {PREVIEW_COMMANDS_MAX}", request.commands.len());
            return Err(ApiError::new(ApiError::BAD_REQUEST, message));
        }
        let commands = request.commands.iter().map(|bytes| decode_command(bytes)).collect::<Result<Vec<Command>, ApiError>>()?;
        let at = request.at_least.map_or(At::Local, At::AtLeast);
        let chosen = self.choose(&at).await.map_err(super::NoView::into_api)?;
        let actor = Actor::Credential(viewer.credential.clone());
        let with_impact = !request.without_impact;
        let result = tokio::task::spawn_blocking(move || {
            let result = preview(&chosen.view.state, &actor, &commands, now(), with_impact);
            let digest = if with_impact { digest(&result) } else { String::new() };
            PreviewReply {
                revision: chosen.view.revision,
                rejected: result.rejected.as_ref().map(|(place, r)| (*place, body(r))),
                changes_total: result.changes.len() as u64,
                changes: result.changes.into_iter().take(CHANGES_SHOWN).map(shown).collect(),
                impact: result.impact,
                digest,
                reads: result.reads,
                warnings: result.warnings.iter().map(ToString::to_string).collect(),
            }
        });
        result.await.map_err(|e| ApiError::new(ApiError::UNAVAILABLE, format!("the preview ended early: {e}")))
    }

    /// Every row of a put that can't be taken.
    pub async fn faults(&self, viewer: &Viewer, command: &[u8]) -> Result<(Revision, Vec<RowFault>), ApiError> {
        let command = decode_command(command)?;
        if let Some(org) = command.org()
            && !viewer.sees_org(org.as_str())
        {
            return Err(ApiError::new(ApiError::NOT_FOUND, format!("org_unknown: there is no org `{org}`")));
        }
        let chosen = self.choose(&At::Local).await.map_err(super::NoView::into_api)?;
        let revision = chosen.view.revision;
        let viewer = viewer.clone();
        let task = tokio::task::spawn_blocking(move || {
            // What the asker doesn't see is judged as if it weren't there.
            let seen = reduced(&chosen.view.state, &viewer);
            plan::faults(seen.as_ref().unwrap_or(&chosen.view.state), &command)
        });
        let faults = task.await.map_err(|e| ApiError::new(ApiError::UNAVAILABLE, format!("the validation ended early: {e}")))?;
        let wire = |f: plan::RowFault| RowFault { row: f.row as u64, column: f.column.to_owned(), cause: f.cause };
        Ok((revision, faults.into_iter().map(wire).collect()))
    }
}

/// A change as it is shown: hashes of secrets stay on the node.
pub(super) fn shown(mut change: bailiwick_policy::outcome::Change) -> bailiwick_policy::outcome::Change {
    use bailiwick_policy::object::Object;
    for side in [&mut change.before, &mut change.after] {
        match side {
            Some(Object::Credential(credential)) => {
                let credential = Arc::make_mut(credential);
                credential.secret = credential.secret.blanked();
            }
            Some(Object::Proposal(proposal)) => *proposal = Arc::new(proposal.shown()),
            Some(_) | None => {}
        }
    }
    change
}
