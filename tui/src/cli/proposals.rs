//! Maker and checker: a change is proposed instead of made, shown to a second person, and approved, declined or withdrawn.
//! Who may do which, the cluster says.

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId, Revision};
use bailiwick_policy::object::Proposal;
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::query::Item;
use bailiwick_rpc::api::{At, PreviewReply, SubmitRequest, encode_command};
use serde_json::{Value, json};

use super::api::{Api, CallFault, Written};
use super::args::{Approve, CredentialVerb, Deed, Import, Propose, UserVerb};
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::moment::moment;
use super::out::Out;
use super::{nouns, run, show, write};

/// What is written under a context that has this is proposed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Proposing {
    /// Milliseconds that it waits; none is what the cluster takes by itself.
    pub lasts_ms: Option<u64>,
}

/// Proposes what a deed would change, or shows what it would do.
pub(crate) async fn propose<A: Api>(context: &Context<'_, A>, args: &Propose, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let lasts_ms = args.lasts.map(nouns::ms);
    let proposing = Context {
        api: context.api,
        common: context.common,
        org: context.org.clone(),
        read_only: context.read_only,
        jobs: context.jobs.clone(),
        terminal: context.terminal,
        proposing: Some(Proposing { lasts_ms }),
    };
    if !changes(&args.deed) {
        return Err(Trouble::Usage("`propose` takes a command that changes something in an organisation, such as `allocate`".to_owned()));
    }
    if args.dry_run {
        return run::preview(&proposing, &args.deed, out).await;
    }
    context.writable()?;
    let exit = run::deed(&proposing, &args.deed, out).await?;
    if matches!(&*args.deed, Deed::Import(Import { dry_run: false, .. })) && exit == Exit::Done && !out.json {
        out.note("each batch waits as a proposal: `bailiwick proposals` lists them")?;
    }
    Ok(exit)
}

/// Whether a deed sends changes of policy, or may. What only reads among these is refused where it would read.
fn changes(deed: &Deed) -> bool {
    match deed {
        Deed::Allocate(_)
        | Deed::Default(_)
        | Deed::Suspend(_)
        | Deed::Resume(_)
        | Deed::Org(_)
        | Deed::Zone(_)
        | Deed::Concept(_)
        | Deed::Store(_)
        | Deed::Till(_)
        | Deed::Resource(_)
        | Deed::Endpoint(_)
        | Deed::AccessGroup(_)
        | Deed::Scope(_)
        | Deed::Entity(_)
        | Deed::AccessControl(_)
        | Deed::UserGroup(_)
        | Deed::PermissionSet(_)
        | Deed::Role(_)
        | Deed::Application(_)
        | Deed::EndpointPrivilege(_)
        | Deed::BreakGlass(_)
        | Deed::Catalogue(_)
        | Deed::Import(_)
        | Deed::Apply(_)
        | Deed::Undo { .. }
        | Deed::Suggest(_) => true,
        Deed::User(verb) => !matches!(verb, UserVerb::List(_) | UserVerb::Show { .. } | UserVerb::Scopes { .. }),
        Deed::Credential(verb) => !matches!(verb, CredentialVerb::List(_)),
        // They settle proposals, ask, or are about the cluster itself.
        Deed::Proposals(_)
        | Deed::Proposal(_)
        | Deed::Approve(_)
        | Deed::Decline { .. }
        | Deed::Withdraw { .. }
        | Deed::Check(_)
        | Deed::Explain(_)
        | Deed::WhoCan(_)
        | Deed::WhatCan(_)
        | Deed::Compare(_)
        | Deed::Usage(_)
        | Deed::Test(_)
        | Deed::Export(_)
        | Deed::Watch(_)
        | Deed::Audit(_)
        | Deed::Diff(_)
        | Deed::Denies(_)
        | Deed::Lint(_)
        | Deed::Cluster(_)
        | Deed::Whoami
        | Deed::Login(_) => false,
    }
}

/// The command as it is sent: itself, or proposed.
pub(crate) fn wrapped<A: Api>(context: &Context<'_, A>, command: &Command) -> Result<Command, Trouble> {
    let Some(Proposing { lasts_ms }) = context.proposing else { return Ok(command.clone()) };
    let Some(org) = command.org().or(context.org.as_ref()) else {
        return Err(Trouble::Usage(format!("`{}` is about no organisation, so nobody there could approve it", command.name())));
    };
    Ok(Command::Propose { org: org.clone(), command: Box::new(command.clone()), lasts_ms })
}

/// The ids of what now waits, for `--json`; nothing unless something was to be proposed.
pub(crate) fn waiting_json<A>(context: &Context<'_, A>, waiting: &[RequestId]) -> Value {
    if context.proposing.is_some() { json!({"proposals": waiting}) } else { json!({}) }
}

/// Says what now waits, and how it goes on.
pub(crate) fn waiting(ids: &[RequestId], out: &mut Out<'_>) -> Result<(), Trouble> {
    if out.json {
        return Ok(());
    }
    for id in ids {
        out.line(&format!("proposal {id} waits: another person approves it with `bailiwick approve {id}`"))?;
    }
    Ok(())
}

/// The id of a proposal that was just made, if it was.
pub(crate) fn made<A>(context: &Context<'_, A>, written: &Written, id: RequestId) -> Option<RequestId> {
    let changed = matches!(written, Written::Committed { changed: true, .. });
    (changed && context.proposing.is_some()).then_some(id)
}

/// What settles a proposal, as a command.
pub(crate) fn approve(org: OrgCode, id: RequestId) -> Command {
    Command::Approve { org, proposal: id }
}

/// Approves a proposal; with a digest, only if its impact is what that is of.
pub(crate) async fn approving<A: Api>(context: &Context<'_, A>, args: &Approve, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    context.writable()?;
    let id = context.common.request_id.unwrap_or_else(|| context.api.new_request_id());
    let command = encode_command(&approve(context.org().await?, args.id)).map_err(CallFault::Api)?;
    let request = SubmitRequest { request_id: id, command, reads: Vec::new(), expect: args.expect.clone(), reason: context.common.reason.clone(), job: None };
    let written = context.api.submit(request).await;
    write::report(&written, id, out, json!({"proposal": args.id}))
}

/// One proposal with what it would do now: to its maker what it would do once another approves it.
pub(crate) async fn one<A: Api>(context: &Context<'_, A>, id: RequestId, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    let (item, revision) = context.get(ObjectId::Proposal(org.clone(), id)).await?;
    let Item::Proposal { proposal } = item else { return Err(Trouble::Local(format!("`proposal:{id}` is no proposal"))) };
    let reply = effect(context, &org, &proposal, revision).await?;
    let digest = reply.rejected.is_none().then(|| reply.digest.clone());
    if out.json {
        let mut value = show::item(&Item::Proposal { proposal: proposal.clone() });
        if let Value::Object(fields) = &mut value {
            fields.insert("asked".to_owned(), json!(*proposal.command));
            fields.insert("at_revision".to_owned(), json!(revision));
            fields.insert("digest".to_owned(), json!(digest));
            fields.insert("preview".to_owned(), write::preview_json(&reply));
        }
        out.value(&value)?;
        return Ok(Exit::Done);
    }
    for (name, value) in [
        ("proposal", Some(id.to_string())),
        ("command", Some(proposal.command.name().to_owned())),
        ("by", Some(format!("{} ({})", proposal.meta.created_by, proposal.maker))),
        ("at", Some(format!("{}, revision {}", moment(proposal.meta.created_at), proposal.planned_at))),
        ("until", Some(moment(proposal.until))),
        ("reason", proposal.reason.as_deref().map(|reason| format!("“{reason}”"))),
        ("digest", digest),
    ] {
        if let Some(value) = value {
            out.line(&format!("{name:8}  {value}"))?;
        }
    }
    write::report_preview(&reply, out, json!({}))?;
    Ok(Exit::Done)
}

async fn effect<A: Api>(context: &Context<'_, A>, org: &OrgCode, proposal: &Proposal, revision: Revision) -> Result<PreviewReply, Trouble> {
    let newest = match &context.common.at {
        Some(At::Linearizable) => context.newest().await,
        _other => revision,
    };
    let approving = write::ask_preview(context, &[approve(org.clone(), proposal.id)], false, newest).await?;
    let own = approving.rejected.as_ref().is_some_and(|(_, body)| body.code == RejectionCode::SelfApproval.as_str());
    if !own {
        return Ok(approving);
    }
    let again = Command::Propose { org: org.clone(), command: Box::new((*proposal.command).clone()), lasts_ms: None };
    write::ask_preview(context, &[again], false, newest).await
}
