//! Changes: sent, and told. Never flattened into yes or no: what isn't known is said, with the id by which
//! to ask again.

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{RequestId, Revision};
use bailiwick_policy::name::check_text;
use bailiwick_rpc::api::{At, PreviewReply, PreviewRequest, RejectionBody, SubmitRequest, encode_command};
use serde_json::{Value, json};

use super::api::{Api, CallFault, Written};
use super::context::{Context, no_older};
use super::exit::{Exit, Trouble};
use super::import::batch;
use super::out::Out;
use super::{proposals, show};

/// Changes of a preview shown to people; `--json` has all that the cluster sent.
const CHANGES_SHOWN_MAX: usize = 50;

/// Sends one command.
pub(crate) async fn submit<A: Api>(
    context: &Context<'_, A>,
    command: &Command,
    request_id: RequestId,
    job: Option<RequestId>,
    reason: Option<String>,
) -> Result<Written, Trouble> {
    context.writable()?;
    if let Some(reason) = &reason {
        check_text(reason).map_err(|error| Trouble::Usage(format!("--reason: {error}")))?;
    }
    let command = encode_command(&proposals::wrapped(context, command)?).map_err(CallFault::Api)?;
    let request = SubmitRequest { request_id, command, reads: Vec::new(), expect: None, reason, job };
    Ok(context.api.submit(request).await)
}

/// Sends the commands of one deed, one after the other, and says what became of them.
pub(crate) async fn deed<A: Api>(context: &Context<'_, A>, commands: &[Command], out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let base = context.common.request_id.unwrap_or_else(|| context.api.new_request_id());
    let several = commands.len() > 1;
    let mut warned = Vec::new();
    let mut any_changed = false;
    let mut waiting = Vec::new();
    for (done, command) in commands.iter().enumerate() {
        let id = if several { batch::request_id(base, done + 1, 0) } else { base };
        let mut written = submit(context, command, id, None, context.common.reason.clone()).await?;
        waiting.extend(proposals::made(context, &written, id));
        let last = done + 1 == commands.len();
        if let Written::Committed { changed, warnings, .. } = &mut written {
            any_changed |= *changed;
            warned.append(warnings);
            if !last {
                continue;
            }
            *changed = any_changed;
            *warnings = std::mem::take(&mut warned);
        }
        if several && !matches!(written, Written::Committed { .. }) {
            out.note(&format!(
                "batches 1 to {done} of {} are applied; the same command with --request-id {base} goes on",
                commands.len()
            ))?;
        }
        let exit = report(&written, base, out, proposals::waiting_json(context, &waiting))?;
        proposals::waiting(&waiting, out)?;
        return Ok(exit);
    }
    Err(Trouble::Usage("nothing to do".to_owned()))
}

/// Says what became of a write; `more` are fields beside it for `--json`.
pub fn report(written: &Written, request_id: RequestId, out: &mut Out<'_>, more: Value) -> Result<Exit, Trouble> {
    let exit = match written {
        Written::Committed { .. } => Exit::Done,
        Written::Rejected(_) | Written::Failed(_) => Exit::Failed,
        Written::Unknown(_) => Exit::Unknown,
    };
    if out.json {
        let mut value = written_json(written);
        if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
            fields.insert("request_id".to_owned(), json!(request_id));
            fields.extend(more);
        }
        out.value(&value)?;
        return Ok(exit);
    }
    match written {
        Written::Committed { receipt, revision, changed, warnings } => {
            let unchanged = if *changed { "" } else { "nothing to change · " };
            out.line(&format!("{unchanged}revision {revision} · receipt {receipt}"))?;
            for warning in warnings {
                out.note(&format!("warning: {warning}"))?;
            }
        }
        Written::Rejected(body) => out.note(&rejection(body))?,
        Written::Unknown(message) => out.note(&format!(
            "outcome unknown: {message}; the same command with --request-id {request_id} applies once and tells"
        ))?,
        Written::Failed(fault) => out.note(&format!("nothing was changed: {fault}"))?,
    }
    Ok(exit)
}

/// The outcome for `--json`.
pub fn written_json(written: &Written) -> Value {
    match written {
        Written::Committed { receipt, revision, changed, warnings } => {
            json!({"outcome": "committed", "revision": revision, "receipt": receipt, "changed": changed, "warnings": warnings})
        }
        Written::Rejected(body) => rejection_json(body),
        Written::Unknown(message) => json!({"outcome": "unknown", "message": message}),
        Written::Failed(fault) => json!({"outcome": "error", "code": fault.code(), "message": fault.to_string()}),
    }
}

/// A rejection for `--json`.
pub fn rejection_json(body: &RejectionBody) -> Value {
    json!({
        "outcome": "rejected", "code": body.code, "message": body.message, "examples": body.examples,
        "count": body.count, "remedy": remedy(&body.code),
    })
}

/// A rejection for people, with the command that helps where there is one.
pub fn rejection(body: &RejectionBody) -> String {
    match remedy(&body.code) {
        Some(remedy) => format!("rejected: {body}; {remedy}"),
        None => format!("rejected: {body}"),
    }
}

/// What helps with a rejection, in words of the command line. What is wrong, the cluster's own sentence says.
fn remedy(code: &str) -> Option<&'static str> {
    match code {
        "default_group_required" => Some("`bailiwick default set POS` sets one"),
        "group_unknown" => Some("`bailiwick access-group list` shows those that there are"),
        "request_expired" => Some("leave --request-id out"),
        "approval_required" => Some("put `propose` before the command, as in `bailiwick propose default set POS`, and let another person `bailiwick approve` it"),
        "proposal_unknown" => Some("`bailiwick proposals` lists those that wait"),
        "self_approval" => Some("`bailiwick withdraw` takes it away"),
        "approvers_required" => Some("`bailiwick user edit USER --type owner` and `bailiwick user invite USER` make another owner"),
        _other => None,
    }
}

/// Asks what commands would do, of a state that is no older than a revision.
pub(crate) async fn ask_preview<A: Api>(
    context: &Context<'_, A>,
    commands: &[Command],
    without_impact: bool,
    newest: Revision,
) -> Result<PreviewReply, Trouble> {
    let encoded = |command: &Command| Ok::<_, Trouble>(encode_command(&proposals::wrapped(context, command)?).map_err(CallFault::Api)?);
    let commands = commands.iter().map(encoded).collect::<Result<Vec<_>, _>>()?;
    let at_least = match &context.common.at {
        Some(At::AtLeast(receipt)) => Some(receipt.clone()),
        _other => None,
    };
    let request = PreviewRequest { commands, without_impact, at_least };
    no_older(newest, async || Ok(context.api.preview(request.clone()).await?), |reply| reply.revision).await
}

/// Says what commands would do; nothing is changed.
pub(crate) async fn preview<A: Api>(context: &Context<'_, A>, commands: &[Command], out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let newest = match &context.common.at {
        Some(At::Linearizable) => context.newest().await,
        _other => Revision(0),
    };
    let reply = ask_preview(context, commands, false, newest).await?;
    report_preview(&reply, out, json!({}))
}

/// The same, of an answer that has come; `more` are fields beside it for `--json`.
pub fn report_preview(reply: &PreviewReply, out: &mut Out<'_>, more: Value) -> Result<Exit, Trouble> {
    let exit = if reply.rejected.is_some() { Exit::Failed } else { Exit::Done };
    if out.json {
        let mut value = preview_json(reply);
        if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
            fields.extend(more);
        }
        out.value(&value)?;
        return Ok(exit);
    }
    if let Some((_, body)) = &reply.rejected {
        out.note(&format!("at revision {} this would be {}", reply.revision, rejection(body)))?;
        return Ok(exit);
    }
    out.line(&format!("preview at revision {}: {}", reply.revision, bailiwick_policy::impact::counted(reply.changes_total, "change")))?;
    for change in reply.changes.iter().take(CHANGES_SHOWN_MAX) {
        out.lines(show::change_lines(change))?;
    }
    let shown = reply.changes.len().min(CHANGES_SHOWN_MAX) as u64;
    if reply.changes_total > shown {
        out.line(&format!("and {} more", reply.changes_total - shown))?;
    }
    out.line("impact:")?;
    out.lines(reply.impact.lines().iter().map(|line| format!("  {line}")))?;
    for warning in &reply.warnings {
        out.note(&format!("warning: {warning}"))?;
    }
    out.line("nothing has been changed")?;
    Ok(exit)
}

/// A preview for `--json`.
pub fn preview_json(reply: &PreviewReply) -> Value {
    let rejected = reply.rejected.as_ref().map(|(place, body)| {
        let mut value = rejection_json(body);
        if let Value::Object(fields) = &mut value {
            fields.remove("outcome");
            fields.insert("command".to_owned(), json!(place));
        }
        value
    });
    json!({
        "outcome": if rejected.is_some() { "rejected" } else { "preview" },
        "revision": reply.revision, "rejected": rejected,
        "changes": reply.changes.iter().map(show::change).collect::<Vec<_>>(), "changes_total": reply.changes_total,
        "impact": show::impact(&reply.impact), "digest": reply.digest, "warnings": reply.warnings,
    })
}
