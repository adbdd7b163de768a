//! Changes as they come: long polls, one after the other, over failovers, until interrupted.

use std::time::Instant;

use bailiwick_policy::ids::Revision;
use bailiwick_rpc::api::{Event, WATCH_WAIT_MS_MAX, WatchRequest};
use serde_json::json;
use tokio::time::{Duration, sleep};

use super::api::{Api, CallFault};
use super::args::Watch;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::Out;

/// Events in one answer at most.
const EVENTS_MAX: usize = 500;
/// How long no node may answer before watching ends, unless `--deadline` says otherwise.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How long to wait before asking again after a fault.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// Prints changes as they come into force.
pub(crate) async fn watch<A: Api>(context: &Context<'_, A>, args: &Watch, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let mut from = args.from.map(Revision);
    let mut left = args.count;
    let mut silent_since: Option<Instant> = None;
    while left != Some(0) {
        let max = left.map_or(EVENTS_MAX, |n| usize::try_from(n).unwrap_or(EVENTS_MAX).min(EVENTS_MAX));
        // The first question of a watch from now on only asks where now is.
        let wait_ms = if from.is_none() { 0 } else { WATCH_WAIT_MS_MAX };
        let reply = match context.api.watch(WatchRequest { org: context.org.clone(), from, max, wait_ms }).await {
            Ok(reply) => reply,
            Err(fault) => {
                let since = *silent_since.get_or_insert_with(Instant::now);
                wait_or_end(fault, since.elapsed(), context.common.deadline.unwrap_or(SILENCE_MAX)).await?;
                continue;
            }
        };
        silent_since = None;
        if from.is_none() {
            out.note(&format!("watching from revision {}", reply.next))?;
        }
        if let Some(floor) = reply.compacted {
            out.note(&format!("changes before revision {floor} are no longer kept: read the lists again; going on from {}", reply.next))?;
        }
        for event in &reply.events {
            print(event, out)?;
            left = left.map(|n| n.saturating_sub(1));
        }
        out.flush()?;
        from = Some(reply.next);
    }
    Ok(Exit::Done)
}

async fn wait_or_end(fault: CallFault, silent: Duration, bound: Duration) -> Result<(), Trouble> {
    if !fault.passes() || silent >= bound {
        return Err(fault.into());
    }
    sleep(ASK_AGAIN).await;
    Ok(())
}

fn print(event: &Event, out: &mut Out<'_>) -> Result<(), Trouble> {
    if out.json {
        return out.value(&json!({
            "revision": event.revision, "at": event.at.0, "org": event.org, "actor": event.actor,
            "command": event.command, "reason": event.reason, "objects": event.objects,
            "objects_total": event.objects_total,
        }));
    }
    let mut line = format!("{}  {}  {}", event.revision, event.actor, event.command);
    if let Some(org) = &event.org {
        line.push_str(&format!("  {org}"));
    }
    line.push_str(&format!("  {}", event.objects.join(" ")));
    let more = event.objects_total.saturating_sub(event.objects.len() as u64);
    if more > 0 {
        line.push_str(&format!(" and {more} more"));
    }
    if let Some(reason) = &event.reason {
        line.push_str(&format!("  “{reason}”"));
    }
    out.line(&line)
}
