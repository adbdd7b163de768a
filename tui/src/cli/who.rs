//! Who may do something, what somebody may do, and the scopes that somebody holds: every row, page by page at one
//! revision (AC-14, AC-23).

use bailiwick_policy::scopes::HeldScope;
use bailiwick_policy::whatcan::WhatCan as Can;
use bailiwick_rpc::api::{AbleRow, CheckContext, ScopesRequest, WhatCanReply, WhatCanRequest, WhoCanReply, WhoCanRequest};
use serde_json::{Value, json};

use super::api::Api;
use super::args::{WhatCan, WhoCan};
use super::check::{asked, subject};
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::{Out, table};
use super::show;

/// Rows of the next page: none is as many as a page has.
fn room(limit: Option<usize>, have: usize) -> Option<usize> {
    match limit {
        None => Some(0),
        Some(limit) => Some(limit.saturating_sub(have)).filter(|room| *room > 0),
    }
}

/// Tells who may do something.
pub(crate) async fn who_can<A: Api>(context: &Context<'_, A>, args: &WhoCan, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let (action, resource) = asked(&args.asked)?;
    let mut request = WhoCanRequest {
        org: Some(context.org().await?),
        action,
        resource,
        context: CheckContext { place: args.asked.place.clone(), ..CheckContext::default() },
        kind: args.kind.map(|kind| kind.word().to_owned()),
        at: context.at(),
        ..WhoCanRequest::default()
    };
    let mut found = WhoCanReply::default();
    while let Some(max) = room(args.limit, found.rows.len()) {
        request.max = max;
        let reply = context.api.who_can(request.clone()).await?;
        (found.revision, found.staleness_ms) = (reply.revision, reply.staleness_ms);
        if found.totals.is_empty() {
            found.totals = reply.totals;
        }
        found.rows.extend(reply.rows);
        found.next = reply.next;
        request.cursor = found.next.clone();
        if found.next.is_none() {
            break;
        }
    }
    tell_who(&found, out)
}

fn tell_who(found: &WhoCanReply, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let rows: Vec<Value> = found.rows.iter().map(able).collect();
    if out.json {
        let totals: serde_json::Map<String, Value> = found.totals.iter().map(|(kind, count)| (kind.clone(), json!(count))).collect();
        out.value(&json!({
            "rows": rows, "totals": totals, "more": found.next.is_some(), "revision": found.revision, "staleness_ms": found.staleness_ms,
        }))?;
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        out.note("nobody")?;
        return Ok(Exit::Done);
    }
    lines(&["subject", "reason", "obligations", "places", "would_deny"], &rows, out)?;
    if found.next.is_some() {
        let total: u64 = found.totals.iter().map(|(_, count)| count).sum();
        let of = if total > 0 { format!("{} of {total}", rows.len()) } else { "there are more".to_owned() };
        out.note(&format!("{of}: raise --limit, or leave it out"))?;
    }
    Ok(Exit::Done)
}

fn able(row: &AbleRow) -> Value {
    let mut value = json!({"subject": row.subject, "reason": row.reason, "obligations": row.obligations, "places": row.places});
    if let (Value::Object(fields), Some(denied)) = (&mut value, &row.would_deny) {
        fields.insert("would_deny".to_owned(), json!(denied));
    }
    value
}

/// A table of rows. Columns in which no row has anything tell nothing, and are left out.
fn lines(columns: &[&str], rows: &[Value], out: &mut Out<'_>) -> Result<(), Trouble> {
    let told = |column: &&str| rows.iter().any(|row| row.get(*column).map(show::word).is_some_and(|text| !text.is_empty()));
    let columns: Vec<&str> = columns.iter().copied().filter(told).collect();
    let cells: Vec<Vec<String>> = rows.iter().map(|row| show::cells(row, &columns)).collect();
    out.lines(table(&columns, &cells))
}

/// Tells what somebody may do; of nobody named, what the caller may.
pub(crate) async fn what_can<A: Api>(context: &Context<'_, A>, args: &WhatCan, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if let Some(text) = &args.subject {
        subject(text)?;
    }
    let mut request = WhatCanRequest {
        org: Some(context.org().await?),
        subject: args.subject.clone().unwrap_or_default(),
        nodes: args.navigation,
        context: CheckContext { place: args.place.clone(), ..CheckContext::default() },
        at: context.at(),
        ..WhatCanRequest::default()
    };
    let found = all_of(context, &mut request, args.limit).await?;
    tell_what(&found, out)
}

/// All pages of what somebody may do, or as many rows as asked for.
pub(crate) async fn all_of<A: Api>(context: &Context<'_, A>, request: &mut WhatCanRequest, limit: Option<usize>) -> Result<WhatCanReply, Trouble> {
    let mut found = WhatCanReply::default();
    while let Some(max) = room(limit, rows_of(&found.can)) {
        request.max = max;
        let reply = context.api.what_can(request.clone()).await?;
        (found.revision, found.staleness_ms, found.total) = (reply.revision, reply.staleness_ms, reply.total);
        let Can { closed, endpoints, permissions, scopes, nodes, privileges } = reply.can;
        found.can.closed = closed.or(found.can.closed);
        found.can.endpoints.extend(endpoints);
        found.can.permissions.extend(permissions);
        found.can.scopes.extend(scopes);
        found.can.nodes.extend(nodes);
        found.can.privileges.extend(privileges);
        found.next = reply.next;
        request.cursor = found.next.clone();
        if found.next.is_none() {
            break;
        }
    }
    Ok(found)
}

fn rows_of(can: &Can) -> usize {
    let Can { closed: _, endpoints, permissions, scopes, nodes, privileges } = can;
    endpoints.len() + permissions.len() + scopes.len() + nodes.len() + privileges.len()
}

fn tell_what(found: &WhatCanReply, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let sections = sections(&found.can);
    if out.json {
        let mut value = json!({
            "closed": found.can.closed.map(|reason| reason.as_str()), "total": found.total, "more": found.next.is_some(),
            "revision": found.revision, "staleness_ms": found.staleness_ms,
        });
        if let Value::Object(fields) = &mut value {
            fields.extend(sections.into_iter().map(|(name, _, rows)| (name.to_owned(), json!(rows))));
        }
        out.value(&value)?;
        return Ok(Exit::Done);
    }
    if let Some(reason) = found.can.closed {
        out.line(&format!("nothing at all: {}", reason.as_str()))?;
    } else if rows_of(&found.can) == 0 {
        out.note("nothing")?;
    }
    let mut first = true;
    for (name, columns, rows) in sections.into_iter().filter(|(_, _, rows)| !rows.is_empty()) {
        if !first {
            out.line("")?;
        }
        first = false;
        out.line(&format!("{name}:"))?;
        lines(columns, &rows, out)?;
    }
    if found.next.is_some() {
        out.note(&format!("{} of {}: raise --limit, or leave it out", rows_of(&found.can), found.total))?;
    }
    Ok(Exit::Done)
}

type Section = (&'static str, &'static [&'static str], Vec<Value>);

/// What can be done, a table for each kind.
fn sections(can: &Can) -> [Section; 5] {
    let endpoints = can.endpoints.iter().map(|row| {
        let obligations: Vec<&str> = row.decision.obligations.names().collect();
        let method = row.endpoint.as_str().split(' ').next().unwrap_or_default();
        json!({
            "endpoint": row.endpoint, "method": method, "path": row.template, "reason": row.decision.reason.as_str(),
            "obligations": obligations, "would_deny": row.decision.would_deny.map(|reason| reason.as_str()),
        })
    });
    let permissions = can.permissions.iter().map(|row| {
        let value = json!({"module": row.module, "actions": row.actions.to_string(), "set": row.set});
        show::people::placed(value, &row.places, row.bounds)
    });
    let nodes = can.nodes.iter().map(|row| {
        json!({"node": row.node, "content": if row.full { "full" } else { "empty" }, "only_at_places": row.limited})
    });
    let privileges = can.privileges.iter().map(|row| show::people::bounded(json!({"privilege": row.privilege, "role": row.role}), row.bounds));
    [
        ("endpoints", &["method", "path", "reason", "obligations", "would_deny"], endpoints.collect()),
        ("permissions", &["module", "actions", "set", "places", "from", "until"], permissions.collect()),
        ("scopes", &HELD, can.scopes.iter().map(held).collect()),
        ("nodes", &["node", "content", "only_at_places"], nodes.collect()),
        ("privileges", &["privilege", "role", "from", "until"], privileges.collect()),
    ]
}

/// Columns of scopes that are held.
pub const HELD: [&str; 7] = ["scope", "included_by", "group", "control", "places", "from", "until"];

/// A way in which a scope is held.
pub fn held(held: &HeldScope) -> Value {
    let value = json!({"scope": held.scope, "included_by": held.implied_by, "group": held.group, "control": held.control});
    show::people::placed(value, &held.places, held.bounds)
}

/// Tells the scopes that somebody holds, each with every way in which it is held (AC-23).
pub(crate) async fn scopes<A: Api>(context: &Context<'_, A>, subject: &str, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = Some(context.org().await?);
    let mut request = ScopesRequest { org, subject: subject.to_owned(), at: context.at(), ..ScopesRequest::default() };
    let mut all: Vec<HeldScope> = Vec::new();
    let (revision, staleness_ms) = loop {
        let reply = context.api.effective_scopes(request.clone()).await?;
        all.extend(reply.scopes);
        request.cursor = reply.next;
        if request.cursor.is_none() {
            break (reply.revision, reply.staleness_ms);
        }
    };
    let rows: Vec<Value> = all.iter().map(held).collect();
    if out.json {
        out.value(&json!({"subject": subject, "scopes": rows, "revision": revision, "staleness_ms": staleness_ms}))?;
    } else if rows.is_empty() {
        out.note("none")?;
    } else {
        lines(&HELD, &rows, out)?;
    }
    Ok(Exit::Done)
}
