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
    let mut patience = Patience::new(context.common.deadline.unwrap_or(SILENCE_MAX));
    while left != Some(0) {
        let max = left.map_or(EVENTS_MAX, |n| usize::try_from(n).unwrap_or(EVENTS_MAX).min(EVENTS_MAX));
        // The first question of a watch from now on only asks where now is.
        let wait_ms = if from.is_none() { 0 } else { WATCH_WAIT_MS_MAX };
        let heard = context.api.watch(WatchRequest { org: context.org.clone(), from, max, wait_ms }).await;
        let Some(reply) = patience.hear(heard).await? else { continue };
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

/// For how long one goes on asking while nobody answers.
pub(crate) struct Patience {
    bound: Duration,
    silent_since: Option<Instant>,
}

impl Patience {
    /// So long at a stretch.
    pub fn new(bound: Duration) -> Self {
        Self { bound, silent_since: None }
    }

    /// The answer; none after a pause if the cluster couldn't answer now but may soon.
    pub async fn hear<T>(&mut self, heard: Result<T, CallFault>) -> Result<Option<T>, Trouble> {
        let fault = match heard {
            Ok(answer) => {
                self.silent_since = None;
                return Ok(Some(answer));
            }
            Err(fault) => fault,
        };
        let since = *self.silent_since.get_or_insert_with(Instant::now);
        if !fault.passes() || since.elapsed() >= self.bound {
            return Err(fault.into());
        }
        sleep(ASK_AGAIN).await;
        Ok(None)
    }
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
