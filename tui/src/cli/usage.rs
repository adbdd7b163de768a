//! When grants were last used, as every node counts it: all of an org's, those of one object, or those that nobody has
//! used for a while. What a node hasn't seen is no proof that nobody needs it: who answered, since when each has counted,
//! and who was silent is told with every answer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use bailiwick_policy::ids::{Revision, Tick};
use bailiwick_policy::impact::counted;
use bailiwick_rpc::api::{UsageReply, UsageRequest, UsageRow, UsageWindow};
use serde_json::{Value, json};

use super::api::Api;
use super::args::Usage;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::moment::moment;
use super::out::{Out, table};

/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The answers of all pages.
#[derive(Default)]
struct Found {
    rows: Vec<UsageRow>,
    windows: BTreeMap<u64, UsageWindow>,
    silent: BTreeSet<u64>,
    since: Tick,
    revision: Revision,
    more: bool,
}

impl Found {
    /// A node that was silent on one page is missing from the whole.
    fn take(&mut self, reply: UsageReply) {
        self.rows.extend(reply.rows);
        self.windows.extend(reply.windows.into_iter().map(|window| (window.node, window)));
        self.silent.extend(reply.silent);
        self.since = self.since.max(reply.since);
        self.revision = reply.revision;
        self.more = reply.next.is_some();
    }
}

/// Tells when grants were last used.
pub(crate) async fn usage<A: Api>(context: &Context<'_, A>, args: &Usage, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let mut request =
        UsageRequest { org: Some(context.org().await?), of: args.of.clone(), unused_days: args.unused, ..UsageRequest::default() };
    let mut found = Found::default();
    loop {
        request.max = args.limit.map_or(0, |limit| limit.saturating_sub(found.rows.len()));
        if args.limit.is_some() && request.max == 0 {
            break;
        }
        let reply = context.api.usage(request.clone()).await?;
        request.cursor.clone_from(&reply.next);
        found.take(reply);
        if request.cursor.is_none() {
            break;
        }
    }
    if let Some(limit) = args.limit.filter(|limit| found.rows.len() > *limit) {
        found.rows.truncate(limit);
        found.more = true;
    }
    if out.json { as_json(&found, out) } else { as_text(&found, args, out) }
}

fn as_json(found: &Found, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let rows: Vec<Value> = found.rows.iter().map(row_json).collect();
    let windows: Vec<Value> = found
        .windows
        .values()
        .map(|window| {
            let UsageWindow { node, since, missed, pending } = window;
            json!({"node": node, "since": since.0, "since_time": moment(*since), "missed": missed, "pending": pending})
        })
        .collect();
    out.value(&json!({
        "rows": rows, "windows": windows, "silent": found.silent, "since": found.since.0, "since_time": moment(found.since),
        "revision": found.revision, "more": found.more,
    }))?;
    Ok(Exit::Done)
}

fn row_json(row: &UsageRow) -> Value {
    let time = |at: Option<Tick>| at.map(moment);
    json!({
        "kind": row.kind, "grant": row.grant, "first": row.first.map(|at| at.0), "last": row.last.map(|at| at.0),
        "first_time": time(row.first), "last_time": time(row.last),
    })
}

fn as_text(found: &Found, args: &Usage, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if found.rows.is_empty() {
        out.note("none")?;
    } else {
        let at = |tick: Option<Tick>| tick.map_or_else(|| "never".to_owned(), moment);
        let rows: Vec<Vec<String>> = found.rows.iter().map(|row| vec![at(row.last), row.kind.clone(), row.grant.clone()]).collect();
        out.lines(table(&["last", "kind", "grant"], &rows))?;
    }
    if found.more {
        out.note("there are more: raise --limit, or leave it out")?;
    }
    let nodes = |ids: &mut dyn Iterator<Item = u64>| ids.map(|id| id.to_string()).collect::<Vec<_>>().join(", ");
    out.note(&format!("counted since {}, by nodes {}", moment(found.since), nodes(&mut found.windows.keys().copied())))?;
    if !found.silent.is_empty() {
        out.note(&format!("no answer from nodes {}: what was used there is missing", nodes(&mut found.silent.iter().copied())))?;
    }
    for window in found.windows.values().filter(|window| window.missed > 0) {
        let UsageWindow { node, since, missed, .. } = window;
        out.note(&format!("node {node} had no room for {} since {}: it may know of less than was used", counted(*missed, "use"), moment(*since)))?;
    }
    for window in found.windows.values().filter(|window| window.pending > 0) {
        out.note(&format!("node {} has yet to look at {}: ask again", window.node, counted(window.pending, "use")))?;
    }
    if let Some(days) = args.unused.filter(|days| is_short(found.since, *days)) {
        out.note(&format!("that is less than the {} asked for: what is used seldom may seem unused", counted(u64::from(days), "day")))?;
    }
    Ok(Exit::Done)
}

/// Whether counting began later than so many days ago.
fn is_short(since: Tick, days: u32) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    u128::from(since.0) + u128::from(DAY_MS) * u128::from(days) > now
}
