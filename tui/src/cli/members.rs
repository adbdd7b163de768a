//! Changes of the cluster's members: shown first, confirmed by the node's id, then made. Asking for what is so already
//! is no error, so a script may ask twice.

use bailiwick_rpc::api::{ApiError, MemberChange, MemberChangeReply, MemberChangeRequest, MemberSets};
use serde_json::{Value, json};

use super::api::{Api, CallFault};
use super::args::{ClusterVerb, Sure};
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::Out;

/// The change that words ask for, and how sure their writer is; none for words that change nothing.
pub fn change_of(verb: &ClusterVerb) -> Option<(MemberChange, Sure)> {
    Some(match verb {
        ClusterVerb::Status { .. } => return None,
        ClusterVerb::Add { id, peer, client, sure } => (MemberChange::Add { id: *id, peer: peer.clone(), client: client.clone() }, *sure),
        ClusterVerb::Promote { id, sure } => (MemberChange::Promote { id: *id }, *sure),
        ClusterVerb::Remove { id, sure } => (MemberChange::Remove { id: *id }, *sure),
        ClusterVerb::Transfer { to, sure } => (MemberChange::Transfer { to: *to }, *sure),
    })
}

/// Does what words ask for.
pub(crate) async fn deed<A: Api>(context: &Context<'_, A>, verb: &ClusterVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    match change_of(verb) {
        Some((asked, sure)) => change(context, asked, sure, out).await,
        None => Err(Trouble::Usage("these words change no members: `cluster --help` has those that do".to_owned())),
    }
}

/// Makes a change, or says what it would do.
pub(crate) async fn change<A: Api>(context: &Context<'_, A>, change: MemberChange, sure: Sure, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let mut request = MemberChangeRequest { change, dry_run: true, reason: context.common.reason.clone() };
    if sure.dry_run {
        return match ask(context, &request, out).await? {
            Ok(reply) => report(&reply, out),
            Err(exit) => Ok(exit),
        };
    }
    context.writable()?;
    if !sure.yes {
        let Some(read_line) = context.terminal else {
            let told = "this changes the cluster's members, and there is no terminal to ask on: give --yes, or --dry-run to see what it would do";
            return Err(Trouble::Usage(told.to_owned()));
        };
        let shown = match ask(context, &request, out).await? {
            Ok(reply) => reply,
            Err(exit) => return Ok(exit),
        };
        if shown.changed {
            shown.lines.iter().try_for_each(|line| out.note(line))?;
            out.note("type the node's id to go on; anything else ends here")?;
            if read_line()?.trim() != shown.node.to_string() {
                return Err(Trouble::Local("not confirmed: nothing was changed".to_owned()));
            }
            // What was shown and confirmed is what is asked for.
            if let MemberChange::Transfer { to } = &mut request.change {
                *to = Some(shown.node);
            }
        }
    }
    request.dry_run = false;
    match ask(context, &request, out).await? {
        Ok(reply) => report(&reply, out),
        Err(exit) => Ok(exit),
    }
}

/// Asks the cluster. What nobody can tell is told here, and has an exit code of its own.
async fn ask<A: Api>(context: &Context<'_, A>, request: &MemberChangeRequest, out: &mut Out<'_>) -> Result<Result<MemberChangeReply, Exit>, Trouble> {
    match context.api.change_members(request.clone()).await {
        Ok(reply) => Ok(Ok(reply)),
        Err(CallFault::Api(error)) if error.code == ApiError::OUTCOME_UNKNOWN => {
            if out.json {
                out.value(&json!({"outcome": "unknown", "code": error.code, "message": error.message}))?;
            } else {
                out.note(&format!("outcome unknown: {}", error.message))?;
            }
            Ok(Err(Exit::Unknown))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn report(reply: &MemberChangeReply, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if out.json {
        let outcome = match (reply.done, reply.changed) {
            (true, true) => "done",
            (true, false) => "unchanged",
            (false, _) => "dry_run",
        };
        let mut value = json!(reply);
        if let Value::Object(fields) = &mut value {
            fields.insert("outcome".to_owned(), json!(outcome));
        }
        out.value(&value)?;
        return Ok(Exit::Done);
    }
    out.lines(&reply.lines)?;
    out.line(&format!("{} {}", if reply.done { "members:" } else { "members would be:" }, members(&reply.after)))?;
    if !reply.done {
        out.line("nothing has been changed")?;
    }
    Ok(Exit::Done)
}

fn members(sets: &MemberSets) -> String {
    let list = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let voters = format!("voters {}", list(&sets.voters));
    if sets.learners.is_empty() { voters } else { format!("{voters}; learners {}", list(&sets.learners)) }
}
