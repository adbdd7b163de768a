//! The lint: what is lawful and still most likely a mistake, in the organisation or in a file. Findings are no
//! errors: the exit code is 0 unless nothing could be looked through.

use std::collections::BTreeMap;
use std::path::Path;

use bailiwick_policy::impact::counted;
use bailiwick_policy::catalogue::authored;
use bailiwick_policy::lint::{CatalogueRow, Finding, Repeats, repeats_in, rows, standard_sets as sets_in_file, unknown_modules};
use serde_json::{Value, json};

use super::api::Api;
use super::args::{ImportKind, LintVerb};
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::import::{self, standard_sets};
use super::out::{Out, table};
use super::words::Mapping;

/// Looks through the organisation.
pub(crate) async fn org<A: Api>(context: &Context<'_, A>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let reply = context.api.lint(Some(context.org().await?)).await?;
    report(&reply.findings, &reply.counts, json!({"revision": reply.revision}), out)
}

/// Looks through a file. No cluster is asked.
pub fn file(verb: &LintVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    match verb {
        LintVerb::Endpoints { file, maps, delimiter } => endpoints(file, maps, delimiter.as_deref(), out),
        LintVerb::PermissionSets { file, maps, delimiter } => permission_sets(file, maps, delimiter.as_deref(), out),
    }
}

/// Sets of a file, beside the catalogue that this version was born with.
fn permission_sets(file: &Path, maps: &[Mapping], delimiter: Option<&str>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let known = authored();
    let mut merged = standard_sets::merged(file, maps, delimiter, &known)?;
    merged.platform.sets.retain(|set| merged.sets.contains(&set.id));
    let mut findings = sets_in_file(&merged.platform);
    findings.extend(merged.platform.sets.iter().filter_map(|set| unknown_modules(&known, set)));
    findings.sort_by(|a, b| a.place.cmp(&b.place));
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    findings.iter().for_each(|finding| *counts.entry(finding.code.to_string()).or_default() += 1);
    if !out.json {
        let told = [counted(merged.rows as u64, "row"), counted(merged.headings as u64, "heading"), counted(merged.sets.len() as u64, "set")];
        out.line(&told.join(", "))?;
        out.line("")?;
    }
    let more = json!({"file": shown(file), "rows": merged.rows, "headings": merged.headings, "sets": merged.sets.len()});
    report(&findings, &counts, more, out)
}

fn endpoints(file: &Path, maps: &[Mapping], delimiter: Option<&str>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let table = import::table(ImportKind::Endpoints, file, maps, delimiter)?;
    let catalogue: Vec<CatalogueRow> = table
        .records
        .iter()
        .map(|record| {
            let cell = |column: &str| table.lossy(record, column);
            CatalogueRow {
                line: record.line,
                method: cell("method"),
                path: cell("path"),
                resource: Some(cell("resource")).filter(|name| !name.is_empty() && name != "-"),
            }
        })
        .collect();
    let findings = rows(&catalogue);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for finding in &findings {
        *counts.entry(finding.code.to_string()).or_default() += 1;
    }
    let Repeats { endpoints, exact, normalised } = repeats_in(&catalogue);
    if !out.json {
        out.line(&format!(
            "{}, {}; {exact} of them repeated letter by letter, {normalised} once normalised",
            counted(catalogue.len() as u64, "row"),
            counted(endpoints, "endpoint"),
        ))?;
        out.line("")?;
    }
    let repeats = json!({"endpoints": endpoints, "repeated_exactly": exact, "repeated_once_normalised": normalised});
    report(&findings, &counts, json!({"file": shown(file), "rows": catalogue.len(), "repeats": repeats}), out)
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

fn report(findings: &[Finding], counts: &BTreeMap<String, u64>, more: Value, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let total: u64 = counts.values().sum();
    if out.json {
        let all: Vec<Value> = findings.iter().map(|f| json!({"code": f.code, "place": f.place, "text": f.text})).collect();
        let mut value = json!({"findings": all, "counts": counts, "total": total});
        if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
            fields.extend(more);
        }
        out.value(&value)?;
        return Ok(Exit::Done);
    }
    if findings.is_empty() {
        out.note("nothing found")?;
        return Ok(Exit::Done);
    }
    let cells: Vec<Vec<String>> = findings.iter().map(|f| vec![f.code.to_string(), f.place.clone(), f.text.clone()]).collect();
    out.lines(table(&["code", "place", "finding"], &cells))?;
    let left = total.saturating_sub(findings.len() as u64);
    if left > 0 {
        out.line(&format!("and {left} more"))?;
    }
    out.line("")?;
    let cells: Vec<Vec<String>> = counts.iter().map(|(code, count)| vec![code.clone(), count.to_string()]).collect();
    out.lines(table(&["code", "count"], &cells))?;
    Ok(Exit::Done)
}
