//! All that is wrong with a file: what it shows by itself, and what only the cluster knows (a zone that isn't there),
//! together, before anything is sent.

use std::io::Write;
use std::path::Path;

use bailiwick_policy::ids::{OrgCode, Revision};
use bailiwick_policy::impact::counted;
use bailiwick_rpc::api::encode_command;
use serde_json::{Value, json};

use super::batch;
use super::parse::{Parsed, Rows, sort};
use super::people;
use super::table::Fault;
use crate::cli::api::Api;
use crate::cli::args::ImportKind;
use crate::cli::context::{Context, no_older};
use crate::cli::exit::{Exit, Trouble};
use crate::cli::out::{Out, safe, safe_json};

/// Bytes of rows in one question at most: a frame has 8 MiB.
const QUESTION_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Faults shown; `--errors FILE` and `--json` have all.
const SHOWN_MAX: usize = 1_000;

/// Every fault, in the order of the file. When the file is faulty by itself and the cluster can't be asked, what is
/// known is told.
pub(super) async fn all<A: Api>(
    context: &Context<'_, A>,
    org: &OrgCode,
    parsed: &mut Parsed,
    kind: ImportKind,
    newest: Revision,
    out: &mut Out<'_>,
) -> Result<Vec<Fault>, Trouble> {
    let mut faults = std::mem::take(&mut parsed.faults);
    match of_cluster(context, org, parsed, newest).await {
        Ok(more) => faults.extend(more),
        Err(trouble) if faults.is_empty() => return Err(trouble),
        Err(trouble) => out.note(&format!("the cluster could not be asked about the other rows: {trouble}"))?,
    }
    sort(&mut faults, kind);
    Ok(faults)
}

async fn of_cluster<A: Api>(
    context: &Context<'_, A>,
    org: &OrgCode,
    parsed: &Parsed,
    newest: Revision,
) -> Result<Vec<Fault>, Trouble> {
    let rows = parsed.rows.len();
    if rows == 0 {
        return Ok(Vec::new());
    }
    let whole = parsed.rows.command(org, 0..rows);
    let fits = encode_command(&whole).is_ok_and(|bytes| bytes.len() <= QUESTION_BYTES_MAX);
    let questions = if fits {
        vec![batch::Batch { command: whole, rows: 0..rows }]
    } else {
        batch::batches(&parsed.rows, org).map_err(Trouble::Local)?
    };
    let mut faults = Vec::new();
    for question in &questions {
        let ask = async || Ok(context.api.faults(&question.command).await?);
        let (_, found) = no_older(newest, ask, |(revision, _)| *revision).await?;
        for fault in found {
            let row = usize::try_from(fault.row).unwrap_or(usize::MAX).saturating_add(question.rows.start);
            // The place above may be a row of this file that is faulty itself, or in another question.
            let in_file = parsed.rows.parent(row).is_some_and(|parent| parsed.keys.contains(parent));
            if !(fault.column == "parent" && in_file && fault.cause.contains("there is no")) {
                let line = parsed.lines.get(row).copied().unwrap_or(0);
                let column = match parsed.rows {
                    Rows::Users(_) => people::column(&fault.column).to_owned(),
                    Rows::Endpoints(_) | Rows::Zones(_) | Rows::Concepts(_) | Rows::Stores(_) | Rows::Tills(_) | Rows::Allocations(_) => fault.column,
                };
                faults.push(Fault::new(line, column, fault.cause));
            }
        }
    }
    Ok(faults)
}

/// Tells them: `file:line: column: cause`, and that nothing was applied.
pub(super) fn report(faults: &[Fault], file: &Path, errors: Option<&Path>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let name = file.display().to_string();
    if let Some(path) = errors {
        let failed = |error: std::io::Error| Trouble::Local(format!("{}: {error}", path.display()));
        let mut to = std::io::BufWriter::new(std::fs::File::create(path).map_err(failed)?);
        for fault in faults {
            let line = if out.json { safe_json(&fault_json(&name, fault)) } else { safe(&format!("{name}:{fault}")) };
            writeln!(to, "{line}").map_err(failed)?;
        }
        to.flush().map_err(failed)?;
    }
    if out.json {
        let all: Vec<Value> = faults.iter().map(|fault| fault_json(&name, fault)).collect();
        out.value(&json!({
            "outcome": "faulty", "code": "import_faulty", "message": "nothing has been applied",
            "count": all.len(), "faults": all,
        }))?;
        return Ok(Exit::Failed);
    }
    for fault in faults.iter().take(SHOWN_MAX) {
        out.note(&format!("{name}:{fault}"))?;
    }
    if faults.len() > SHOWN_MAX {
        out.note(&format!("and {} more: --errors FILE takes all", faults.len() - SHOWN_MAX))?;
    }
    out.note(&format!("{}: nothing has been applied", counted(faults.len() as u64, "fault")))?;
    Ok(Exit::Failed)
}

fn fault_json(file: &str, fault: &Fault) -> Value {
    json!({"file": file, "line": fault.line, "column": fault.column, "cause": fault.cause})
}
