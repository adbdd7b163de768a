//! The deny feed: what the nodes have refused lately, or would have refused were a group not only observing.

use std::collections::BTreeMap;
use std::time::Duration;

use bailiwick_rpc::api::{DENIES_MAX, DeniesReply, DeniesRequest, DenyRow};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::api::Api;
use super::args::Denies;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::moment::moment;
use super::out::{Out, table};
use super::watch;

/// How often the nodes are asked again.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// How long no node may answer before following ends, unless `--deadline` says otherwise.
const SILENCE_MAX: Duration = Duration::from_secs(60);

const COLUMNS: [&str; 7] = ["last", "count", "subject", "method", "path", "reason", "first"];

type Key = (String, String, String, String, bool);

/// Prints the feed, and goes on with what comes.
pub(crate) async fn denies<A: Api>(context: &Context<'_, A>, args: &Denies, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let request = |max: usize| DeniesRequest { org: context.org.clone(), text: args.text.clone(), max };
    if !args.follow {
        let reply = context.api.denies(request(args.limit)).await?;
        return report(&reply, out);
    }
    let mut patience = watch::Patience::new(context.common.deadline.unwrap_or(SILENCE_MAX));
    let mut seen: BTreeMap<Key, u64> = BTreeMap::new();
    let mut max = args.limit;
    loop {
        if let Some(reply) = patience.hear(context.api.denies(request(max)).await).await? {
            // The oldest first, as they came. What is gone from the feed needs no remembering.
            let mut now = BTreeMap::new();
            for row in reply.rows.iter().rev() {
                if seen.get(&key(row)) != Some(&row.count) {
                    if out.json { out.value(&row_json(row))? } else { out.line(cells(row).join("  ").trim_end())? }
                }
                now.insert(key(row), row.count);
            }
            seen = now;
            out.flush()?;
            max = DENIES_MAX;
        }
        sleep(ASK_AGAIN).await;
    }
}

fn key(row: &DenyRow) -> Key {
    (row.subject.clone(), row.method.clone(), row.path.clone(), row.reason.clone(), row.observed)
}

fn report(reply: &DeniesReply, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if out.json {
        out.value(&json!({
            "rows": reply.rows.iter().map(row_json).collect::<Vec<_>>(), "answered_by": reply.answered_by,
            "silent": reply.silent, "since": reply.since.0, "dropped": reply.dropped,
        }))?;
        return Ok(Exit::Done);
    }
    if reply.rows.is_empty() {
        out.note("none")?;
    } else {
        let rows: Vec<Vec<String>> = reply.rows.iter().map(cells).collect();
        out.lines(table(&COLUMNS, &rows))?;
    }
    let nodes = |ids: &[u64]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    out.note(&format!("since {}, by nodes {}", moment(reply.since), nodes(&reply.answered_by)))?;
    if !reply.silent.is_empty() {
        out.note(&format!("no answer from nodes {}: what they refused is missing", nodes(&reply.silent)))?;
    }
    if reply.dropped > 0 {
        out.note(&format!("{} more are in no row, for want of room", reply.dropped))?;
    }
    Ok(Exit::Done)
}

fn cells(row: &DenyRow) -> Vec<String> {
    let reason = if row.observed { format!("{} (observed: permitted)", row.reason) } else { row.reason.clone() };
    vec![moment(row.last), row.count.to_string(), row.subject.clone(), row.method.clone(), row.path.clone(), reason, moment(row.first)]
}

fn row_json(row: &DenyRow) -> Value {
    json!({
        "subject": row.subject, "method": row.method, "path": row.path, "reason": row.reason, "observed": row.observed,
        "count": row.count, "first": row.first.0, "last": row.last.0, "first_time": moment(row.first), "last_time": moment(row.last),
    })
}
