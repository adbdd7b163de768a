//! An access group from a log of calls (AG-33): read here, derived by the cluster, which knows the catalogue.

use std::collections::BTreeMap;

use bailiwick_policy::access::{Grant, Levels, Narrow};
use bailiwick_policy::command::Command;
use bailiwick_policy::impact::counted;
use bailiwick_rpc::api::{SUGGEST_CALLS_MAX, SuggestReply, SuggestRequest};
use serde_json::{Value, json};

use super::api::Api;
use super::args::SuggestVerb;
use super::ask;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::import::{self, Column};
use super::out::{Out, table};
use super::show;

/// The columns of a log.
const COLUMNS: &[Column] =
    &[Column { name: "method", needed: true }, Column { name: "path", needed: true }, Column { name: "count", needed: false }];
/// The name in the command that is printed when none is given.
const NAME: &str = "Suggested";

/// What was called, and what the cluster makes of it.
struct Suggested {
    reply: SuggestReply,
    /// Different calls in the log.
    different: usize,
    /// Of them, those that were too many to ask about.
    unasked: usize,
}

/// Prints a group that would let every call of a log pass.
pub(crate) async fn access_group<A: Api>(context: &Context<'_, A>, verb: &SuggestVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let SuggestVerb::AccessGroup { name, .. } = verb;
    let suggested = ask_cluster(context, verb).await?;
    report(&suggested, name.as_deref().unwrap_or(NAME), out)
}

/// With `--create`: the command that makes it.
pub(crate) async fn commands<A: Api>(context: &Context<'_, A>, verb: &SuggestVerb) -> Result<Option<Vec<Command>>, Trouble> {
    let SuggestVerb::AccessGroup { log, name, create, .. } = verb;
    let (true, Some(name)) = (*create, name) else { return Ok(None) };
    let reply = ask_cluster(context, verb).await?.reply;
    if reply.grants.is_empty() {
        return Err(Trouble::Local(format!("{}: no call of it needs a grant that could be given: nothing to create", log.display())));
    }
    let description = format!("derived from {}", log.file_name().unwrap_or(log.as_os_str()).display());
    Ok(Some(vec![Command::CreateGroup {
        org: context.org().await?,
        name: ask::value("--name", name)?,
        description: ask::description(&description)?,
        grants: reply.grants,
    }]))
}

async fn ask_cluster<A: Api>(context: &Context<'_, A>, verb: &SuggestVerb) -> Result<Suggested, Trouble> {
    let SuggestVerb::AccessGroup { log, maps, delimiter, narrow, .. } = verb;
    let table = import::table_of(log, COLUMNS, "logs", maps, delimiter.as_deref())?;
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for record in &table.records {
        let cell = |column: &str| table.lossy(record, column);
        let count = match cell("count").as_str() {
            "" => 1,
            text => text.parse().map_err(|_| Trouble::Local(format!("{}:{}: count: `{text}` is no whole number", log.display(), record.line)))?,
        };
        // What stands behind a question mark has no part in a decision.
        let path = cell("path").split('?').next().unwrap_or_default().to_owned();
        let sum: &mut u64 = counts.entry((cell("method").to_ascii_uppercase(), path)).or_default();
        *sum = sum.saturating_add(count);
    }
    let mut calls: Vec<(String, String, u64)> = counts.into_iter().map(|((method, path), count)| (method, path, count)).collect();
    let different = calls.len();
    if different > SUGGEST_CALLS_MAX {
        calls.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.cmp(b)));
        calls.truncate(SUGGEST_CALLS_MAX);
    }
    let unasked = different - calls.len();
    let reply = context.api.suggest(SuggestRequest { org: Some(context.org().await?), calls, narrow: *narrow }).await?;
    Ok(Suggested { reply, different, unasked })
}

fn report(suggested: &Suggested, name: &str, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let Suggested { reply, different, unasked } = suggested;
    let command = create_command(name, &reply.grants);
    if out.json {
        let left: Vec<Value> =
            reply.left.iter().map(|(method, path, reason, count)| json!({"method": method, "path": path, "reason": reason, "count": count})).collect();
        out.value(&json!({
            "grants": reply.grants.iter().map(show::grant).collect::<Vec<_>>(), "covered": reply.covered, "left": left,
            "left_total": reply.left_total, "different_calls": different, "not_asked": unasked, "command": command,
            "revision": reply.revision,
        }))?;
        return Ok(Exit::Done);
    }
    if reply.grants.is_empty() {
        out.line("no cell would let any of these calls pass")?;
    } else {
        out.line("cells:")?;
        out.lines(reply.grants.iter().map(|grant| format!("  {}", show::word(&show::grant(grant)))))?;
    }
    let all = counted(*different as u64, "different call");
    out.line(&format!("{all} in the log; the group permits {}", counted(reply.covered, "call")))?;
    if *unasked > 0 {
        out.note(&format!("of the different calls, the {unasked} least frequent were not looked at: at most {SUGGEST_CALLS_MAX} can be"))?;
    }
    if reply.left_total > 0 {
        out.line("")?;
        out.line(&format!("no group can permit {}:", counted(reply.left_total, "different call")))?;
        let cells: Vec<Vec<String>> =
            reply.left.iter().map(|(method, path, reason, count)| vec![method.clone(), path.clone(), reason.clone(), count.to_string()]).collect();
        out.lines(table(&["method", "path", "reason", "count"], &cells))?;
        let more = reply.left_total.saturating_sub(reply.left.len() as u64);
        if more > 0 {
            out.line(&format!("and {more} more"))?;
        }
    }
    if !reply.grants.is_empty() {
        out.line("")?;
        out.line("to create it:")?;
        out.line(&format!("  {command}"))?;
    }
    Ok(Exit::Done)
}

/// The words that make the group.
fn create_command(name: &str, grants: &[Grant]) -> String {
    let mut words = vec!["bailiwick access-group create".to_owned(), quoted(name)];
    for grant in grants {
        let cell = format!("{}:{}", grant.resource, grant.class);
        let levels = match (grant.levels.contains(Levels::R), grant.levels.contains(Levels::W)) {
            (true, true) => "RW",
            (true, false) => "R",
            (false, true) => "W",
            (false, false) => "none",
        };
        words.push(format!("--grant {}", quoted(&format!("{cell}={levels}"))));
        if let Some(narrow) = &grant.narrow {
            let endpoints: Vec<String> = narrow.endpoints().iter().map(ToString::to_string).collect();
            let flag = match narrow {
                Narrow::Only(_) => "--only",
                Narrow::Except(_) => "--except",
            };
            words.push(format!("{flag} {}", quoted(&format!("{cell}={}", endpoints.join(",")))));
        }
    }
    words.join(" ")
}

/// A word as a shell takes it, whatever is in it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '=' | '/');
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("Points:Data=R"), "Points:Data=R");
        assert_eq!(quoted("Ada's kiosk"), r"'Ada'\''s kiosk'");
        assert_eq!(quoted(""), "''");
    }
}
