//! What differs between two subjects, both asked at one revision.

use std::collections::BTreeSet;

use bailiwick_policy::compare::{self, Comparison, Terms};
use bailiwick_policy::ids::Revision;
use bailiwick_policy::impact::counted;
use bailiwick_rpc::api::{At, CheckContext, WhatCanRequest};
use serde_json::{Value, json};

use super::api::Api;
use super::args::Compare;
use super::check::subject;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::moment::moment;
use super::out::{Out, table};
use super::show;
use super::who::all_of;

/// Tells what differs.
pub(crate) async fn compare<A: Api>(context: &Context<'_, A>, args: &Compare, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    subject(&args.first)?;
    subject(&args.second)?;
    let org = context.org().await?;
    let mut at = context.at();
    let mut revision = Revision(0);
    let mut both = Vec::new();
    for who in [&args.first, &args.second] {
        let request = WhatCanRequest {
            org: Some(org.clone()),
            subject: who.clone(),
            context: CheckContext { place: args.place.clone(), ..CheckContext::default() },
            at: at.clone(),
            ..WhatCanRequest::default()
        };
        let rights = all_of(context, &mut request.clone(), None).await?;
        revision = rights.revision;
        // All that follows is asked at the revision of what came first.
        at = At::AtExactly(revision);
        let nodes = all_of(context, &mut WhatCanRequest { nodes: true, at: at.clone(), ..request }, None).await?;
        let mut can = rights.can;
        can.nodes = nodes.can.nodes;
        both.push(can);
    }
    let [first, second] = both.as_slice() else { return Err(Trouble::Usage("two subjects are compared".to_owned())) };
    tell(&compare::compare(first, second), args, revision, out)
}

fn tell(found: &Comparison, args: &Compare, revision: Revision, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let subjects = [&args.first, &args.second];
    if out.json {
        let differences = found.differences.iter().map(|one| {
            json!({"kind": one.kind.as_str(), "name": one.name, "first": ways(&one.first), "second": ways(&one.second)})
        });
        out.value(&json!({
            "subjects": subjects, "closed": found.closed.map(|reason| reason.map(|reason| reason.as_str())),
            "differences": differences.collect::<Vec<_>>(), "alike": found.alike, "revision": revision,
        }))?;
        return Ok(Exit::Done);
    }
    for (who, closed) in subjects.into_iter().zip(found.closed) {
        if let Some(reason) = closed {
            out.line(&format!("{who} may do nothing at all: {}", reason.as_str()))?;
        }
    }
    let alike = format!("{} alike", counted(found.alike as u64, "thing"));
    if found.differences.is_empty() {
        out.note(&format!("no difference: {alike}"))?;
        return Ok(Exit::Done);
    }
    let cells: Vec<Vec<String>> = found
        .differences
        .iter()
        .map(|one| vec![one.kind.to_string(), one.name.to_string(), words(&one.first), words(&one.second)])
        .collect();
    out.lines(table(&["kind", "name", &args.first, &args.second], &cells))?;
    out.note(&format!("{} differ, {alike}", found.differences.len()))?;
    Ok(Exit::Done)
}

/// The terms, for scripts; null is not at all.
fn ways(terms: &BTreeSet<Terms>) -> Value {
    if terms.is_empty() {
        return Value::Null;
    }
    let one = |terms: &Terms| {
        let places: Vec<_> = terms.places.iter().cloned().collect();
        show::people::placed(json!({"words": terms.words}), &places, terms.bounds)
    };
    Value::Array(terms.iter().map(one).collect())
}

/// The terms as people read them: `–` is not at all, `yes` is without any.
fn words(terms: &BTreeSet<Terms>) -> String {
    if terms.is_empty() {
        return "–".to_owned();
    }
    let one = |terms: &Terms| {
        let places: Vec<String> = terms.places.iter().map(ToString::to_string).collect();
        let mut words: Vec<String> = terms.words.iter().map(|word| (*word).to_owned()).collect();
        if !places.is_empty() {
            words.push(places.join(", "));
        }
        words.extend(terms.bounds.not_before.map(|at| format!("from {}", moment(at))));
        words.extend(terms.bounds.not_after.map(|at| format!("until {}", moment(at))));
        if words.is_empty() { "yes".to_owned() } else { words.join(" ") }
    };
    terms.iter().map(one).collect::<Vec<_>>().join("; ")
}
