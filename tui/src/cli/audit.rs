//! The audit: pages, one entry, a file of all, and entries as they come. And what differs between two revisions.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use bailiwick_policy::ids::{ObjectId, Revision};
use bailiwick_policy::impact::counted;
use bailiwick_policy::query::{Anchor, List, ListQuery};
use bailiwick_rpc::api::{AUDIT_PAGE_MAX, At, AuditEntry, AuditQuery, AuditReply, DiffReply, Proposed, WATCH_WAIT_MS_MAX, WatchRequest};
use serde_json::{Value, json};

use super::api::Api;
use super::args::{AuditFilter, AuditVerb, Diff};
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::moment::moment;
use super::out::{Out, safe_json, table};
use super::{ask, show, watch};

/// Entries that a list shows unless it is told how many.
const LISTED: usize = 50;
/// Objects of an entry named in a line.
const OBJECTS_SHOWN: usize = 3;
/// How long no node may answer before following ends, unless `--deadline` says otherwise.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Does what is asked of the audit.
pub(crate) async fn audit<A: Api>(context: &Context<'_, A>, verb: &AuditVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    match verb {
        AuditVerb::List { filter, limit, oldest_first, follow } => {
            let query = query(context, filter, *oldest_first || *follow).await?;
            if *follow { self::follow(context, query, *limit, out).await } else { list(context, query, limit.unwrap_or(LISTED), out).await }
        }
        AuditVerb::Show { revision } => one(context, Revision(*revision), out).await,
        AuditVerb::Export { file, filter } => export(context, query(context, filter, true).await?, file, out).await,
    }
}

async fn query<A: Api>(context: &Context<'_, A>, filter: &AuditFilter, oldest_first: bool) -> Result<AuditQuery, Trouble> {
    let object = match &filter.object {
        Some(text) => Some(object_id(context, text).await?),
        None => None,
    };
    Ok(AuditQuery {
        // An operator who names no org with the command sees the entries of all, and the cluster's own.
        org: context.org.clone().filter(|_| context.common.org.is_some()),
        actor: filter.actor.clone(),
        object,
        since: filter.since,
        until: filter.until,
        oldest_first,
        at: context.at(),
        ..AuditQuery::default()
    })
}

async fn object_id<A: Api>(context: &Context<'_, A>, text: &str) -> Result<ObjectId, Trouble> {
    match text.split_once(':') {
        Some(("org", id)) => Ok(ObjectId::Org(ask::value("--object", id)?)),
        Some(("credential", id)) => Ok(ObjectId::Credential(ask::value("--object", id)?)),
        Some(("access-group", name)) => {
            let org = context.org().await?;
            let id = context.group_id(&org, name).await?;
            Ok(ObjectId::Group(org, id))
        }
        Some((kind, id)) => ask::object_id(context.org().await?, kind, id),
        None => Err(Trouble::Usage(format!("--object: `{text}` is no object: write KIND:ID, for instance store:north-7"))),
    }
}

async fn list<A: Api>(context: &Context<'_, A>, mut query: AuditQuery, limit: usize, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let mut entries: Vec<AuditEntry> = Vec::new();
    let (mut reply, mut more) = (AuditReply::default(), true);
    while more && entries.len() < limit {
        query.max = (limit - entries.len()).min(AUDIT_PAGE_MAX);
        reply = context.api.audit(query.clone()).await?;
        entries.append(&mut reply.entries);
        query.cursor = reply.next;
        more = reply.next.is_some();
    }
    if out.json {
        let entries: Vec<Value> = entries.iter().map(entry_json).collect();
        out.value(&json!({"entries": entries, "next": reply.next, "floor": reply.floor, "revision": reply.revision}))?;
        return Ok(Exit::Done);
    }
    if entries.is_empty() {
        out.note("none")?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = entries.iter().map(cells).collect();
    out.lines(table(&COLUMNS, &rows))?;
    if more {
        let (rest, towards) = if query.oldest_first { ("newer", "--since") } else { ("older", "--until") };
        out.note(&format!("there are {rest} entries: --limit N shows more, {towards} others, `audit export` writes all to a file"))?;
    }
    Ok(Exit::Done)
}

const COLUMNS: [&str; 7] = ["revision", "time", "org", "actor", "command", "changed", "reason"];

fn cells(entry: &AuditEntry) -> Vec<String> {
    let mut objects: Vec<String> = entry.changes.iter().filter_map(|c| c.id()).take(OBJECTS_SHOWN).map(|id| id.to_string()).collect();
    let more = entry.changes_total.saturating_sub(objects.len() as u64);
    if more > 0 {
        objects.push(format!("and {more} more"));
    }
    vec![
        entry.revision.to_string(),
        moment(entry.at),
        entry.org.as_ref().map(ToString::to_string).unwrap_or_default(),
        entry.actor_label.clone(),
        command_of(entry),
        objects.join(" "),
        entry.reason.clone().unwrap_or_default(),
    ]
}

/// What was run, and of what another proposed what that was and by whom.
fn command_of(entry: &AuditEntry) -> String {
    match &entry.proposed {
        Some(proposed) => format!("{} {} by {}", entry.command, proposed.command, proposed.by),
        None => entry.command.clone(),
    }
}

/// Entries as they come: the watch says when there is something to ask for.
async fn follow<A: Api>(context: &Context<'_, A>, mut query: AuditQuery, limit: Option<usize>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let mut left = limit.unwrap_or(usize::MAX);
    let mut patience = watch::Patience::new(context.common.deadline.unwrap_or(SILENCE_MAX));
    if query.since.is_none() {
        query.cursor = Some(present(context).await?);
    }
    while left > 0 {
        query.max = left.min(AUDIT_PAGE_MAX);
        let Some(reply) = patience.hear(context.api.audit(query.clone()).await).await? else { continue };
        for entry in &reply.entries {
            if out.json { out.value(&entry_json(entry))? } else { out.line(cells(entry).join("  ").trim_end())? }
            left -= 1;
        }
        out.flush()?;
        if reply.next.is_some() {
            query.cursor = reply.next;
            continue;
        }
        let from = reply.revision.max(query.cursor.unwrap_or_default());
        query.cursor = Some(from);
        if left > 0 {
            let request = WatchRequest { org: query.org.clone(), from: Some(from), max: 1, wait_ms: WATCH_WAIT_MS_MAX };
            patience.hear(context.api.watch(request).await).await?;
            // The node that is asked next may be behind the one that told of the change.
            query.at = At::Local;
        }
    }
    Ok(Exit::Done)
}

async fn one<A: Api>(context: &Context<'_, A>, revision: Revision, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let entry = context.api.audit_entry(revision).await?;
    if out.json {
        out.value(&entry_json(&entry))?;
        return Ok(Exit::Done);
    }
    let reason = entry.reason.as_deref().map(|reason| format!("“{reason}”"));
    let actor = entry.actor.as_deref().map_or(entry.actor_label.clone(), |id| format!("{} ({id})", entry.actor_label));
    for (name, value) in [
        ("revision", Some(entry.revision.to_string())),
        ("time", Some(moment(entry.at))),
        ("org", entry.org.as_ref().map(ToString::to_string)),
        ("actor", Some(actor)),
        ("command", Some(entry.command.clone())),
        ("proposed", entry.proposed.as_ref().map(proposed)),
        ("reason", reason),
        ("request", Some(entry.request_id.to_string())),
        ("job", entry.job.map(|job| job.to_string())),
        ("changes", Some(entry.changes_total.to_string())),
    ] {
        if let Some(value) = value {
            out.line(&format!("{name:8}  {value}"))?;
        }
    }
    changes(&entry.changes, entry.changes_total, out)?;
    Ok(Exit::Done)
}

/// Who proposed what the entry settles: `default by ada at 2026-01-01T10:00:00Z “new tills”`.
fn proposed(proposed: &Proposed) -> String {
    let reason = proposed.reason.as_deref().map(|reason| format!(" “{reason}”")).unwrap_or_default();
    format!("{} by {} at {}{reason}", proposed.command, proposed.by, moment(proposed.at))
}

fn changes(changes: &[bailiwick_policy::outcome::Change], total: u64, out: &mut Out<'_>) -> Result<(), Trouble> {
    for change in changes {
        out.lines(show::change_lines(change))?;
    }
    let more = total.saturating_sub(changes.len() as u64);
    if more > 0 { out.line(&format!("and {more} more")) } else { Ok(()) }
}

/// Every entry, each with all that it changed: a page leaves out what is much.
async fn export<A: Api>(context: &Context<'_, A>, mut query: AuditQuery, file: &Path, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let failed = |error: std::io::Error| Trouble::Local(format!("{}: {error}", file.display()));
    let mut to = match file.as_os_str() == "-" {
        true => None,
        false => Some(std::io::BufWriter::new(std::fs::File::create(file).map_err(failed)?)),
    };
    let mut count = 0u64;
    loop {
        let reply = context.api.audit(query.clone()).await?;
        for entry in reply.entries {
            let whole = entry.changes.len() as u64 == entry.changes_total;
            let entry = if whole { entry } else { context.api.audit_entry(entry.revision).await? };
            let line = safe_json(&entry_json(&entry));
            match &mut to {
                Some(to) => writeln!(to, "{line}").map_err(failed)?,
                None => out.raw(format!("{line}\n").as_bytes())?,
            }
            count += 1;
        }
        query.cursor = reply.next;
        if query.cursor.is_none() {
            break;
        }
    }
    if let Some(mut to) = to {
        to.flush().and_then(|()| to.get_ref().sync_all()).map_err(failed)?;
        out.note(&format!("{count} {} → {}", if count == 1 { "entry" } else { "entries" }, file.display()))?;
    }
    Ok(Exit::Done)
}

/// An entry for `--json`.
fn entry_json(entry: &AuditEntry) -> Value {
    json!({
        "revision": entry.revision, "at": entry.at.0, "time": moment(entry.at), "org": entry.org, "actor": entry.actor,
        "actor_label": entry.actor_label, "request_id": entry.request_id, "job": entry.job, "reason": entry.reason,
        "command": entry.command, "proposed": entry.proposed, "changes": entry.changes.iter().map(show::change).collect::<Vec<_>>(),
        "changes_total": entry.changes_total,
    })
}

/// The present revision: the newest there is, or without a leader the one that the node asked has.
async fn present<A: Api>(context: &Context<'_, A>) -> Result<Revision, Trouble> {
    match context.newest().await {
        Revision(0) => {
            let query = ListQuery { org: None, list: List::Orgs, text: String::new(), anchor: Anchor::Start, limit: 1 };
            Ok(context.api.list(query, At::Local).await?.revision)
        }
        newest => Ok(newest),
    }
}

/// Says what differs between two revisions of the org.
pub(crate) async fn diff<A: Api>(context: &Context<'_, A>, args: &Diff, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let to = match args.to {
        Some(to) => Revision(to),
        None => present(context).await?,
    };
    let reply = context.api.diff(Some(context.org().await?), Revision(args.from), to).await?;
    report_diff(&reply, out)
}

fn report_diff(reply: &DiffReply, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if out.json {
        out.value(&json!({
            "from": reply.from, "to": reply.to, "changes": reply.changes.iter().map(show::change).collect::<Vec<_>>(),
            "changes_total": reply.changes_total, "impact": show::impact(&reply.impact),
        }))?;
        return Ok(Exit::Done);
    }
    out.line(&format!("revision {} → {}: {} changed", reply.from, reply.to, counted(reply.changes_total, "object")))?;
    changes(&reply.changes, reply.changes_total, out)?;
    out.line("impact:")?;
    out.lines(reply.impact.lines().iter().map(|line| format!("  {line}")))?;
    Ok(Exit::Done)
}
