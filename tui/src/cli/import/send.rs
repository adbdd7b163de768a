//! Batches one after the other, each recorded in the job file once it is applied; where it stops, how to go on.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use super::batch::{self, Batch};
use super::job::Job;
use super::parse::Parsed;
use super::progress::Progress;
use super::{jobs_folder, rows_of};
use crate::cli::api::{Api, Written};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::out::Out;
use crate::cli::write;

/// Where job files are kept.
pub(super) fn jobs<A: Api>(context: &Context<'_, A>) -> Result<PathBuf, Trouble> {
    match &context.jobs {
        Some(folder) => Ok(folder.clone()),
        None => jobs_folder(),
    }
}

/// Sends what is not applied yet.
pub(super) async fn all<A: Api>(
    context: &Context<'_, A>,
    mut job: Job,
    batches: &[Batch],
    parsed: &Parsed,
    out: &mut Out<'_>,
) -> Result<Exit, Trouble> {
    let folder = jobs(context)?;
    let total = batches.len();
    job.save(&folder)?;
    let verb = if job.applied == 0 { "importing" } else { "going on with" };
    out.note(&format!("job {}: {verb} {} into org `{}` in {total} {}", job.job, rows_of(parsed), job.org, if total == 1 { "batch" } else { "batches" }))?;
    let began = Instant::now();
    let done: usize = batches.iter().take(job.applied).map(|b| b.rows.len()).sum();
    let progress = Progress::new(done as u64, parsed.rows.len() as u64, out);
    let (mut changed, mut warnings, mut last) = (false, Vec::new(), None);
    for (at, part) in batches.iter().enumerate().skip(job.applied) {
        let number = at + 1;
        let id = batch::request_id(job.job, number, job.attempt);
        match write::submit(context, &part.command, id, Some(job.job), job.reason.clone()).await? {
            Written::Committed { receipt, revision, changed: did, warnings: more } => {
                changed |= did;
                warnings.extend(more);
                job.applied = number;
                job.attempt = 0;
                job.save(&folder)?;
                let rows = part.rows.len() as u64;
                progress.batch(&format!("batch {number} of {total}: {rows} rows, revision {revision}"), rows, out)?;
                last = Some((receipt, revision));
            }
            stopped => {
                progress.end();
                if let Written::Rejected(_) = &stopped {
                    job.attempt = job.attempt.wrapping_add(1);
                    job.save(&folder)?;
                }
                return stop(&job, &stopped, out);
            }
        }
    }
    progress.end();
    let elapsed = began.elapsed();
    let (receipt, revision) = last.unzip();
    if out.json {
        out.value(&json!({
            "outcome": "committed", "job": job.job, "batches": total, "applied": job.applied, "revision": revision,
            "receipt": receipt, "changed": changed, "warnings": warnings, "notes": parsed.notes.json(),
            "elapsed_ms": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        }))?;
        return Ok(Exit::Done);
    }
    match (receipt, revision) {
        (Some(receipt), Some(revision)) => {
            let unchanged = if changed { "" } else { "nothing to change · " };
            let seconds = elapsed.as_secs_f64();
            out.line(&format!("{unchanged}{} in {seconds:.1} s · revision {revision} · receipt {receipt} · job {}", rows_of(parsed), job.job))?;
        }
        _all_done_before => out.line(&format!("job {} was complete already", job.job))?,
    }
    for warning in &warnings {
        out.note(&format!("warning: {warning}"))?;
    }
    Ok(Exit::Done)
}

fn stop(job: &Job, written: &Written, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let (batch, total) = (job.applied + 1, job.batches);
    let applied = match job.applied {
        0 => "no batch is applied".to_owned(),
        1 => format!("batch 1 of {total} is applied"),
        n => format!("batches 1 to {n} of {total} are applied"),
    };
    let resume = format!("bailiwick import {} --resume {}", job.kind, job.job);
    let exit = match written {
        Written::Unknown(_) => Exit::Unknown,
        Written::Committed { .. } | Written::Rejected(_) | Written::Failed(_) => Exit::Failed,
    };
    if out.json {
        let mut value = write::written_json(written);
        if let serde_json::Value::Object(fields) = &mut value {
            fields.insert("job".to_owned(), json!(job.job));
            fields.insert("batch".to_owned(), json!(batch));
            fields.insert("batches".to_owned(), json!(total));
            fields.insert("applied".to_owned(), json!(job.applied));
            fields.insert("resume".to_owned(), json!(resume));
        }
        out.value(&value)?;
        return Ok(exit);
    }
    match written {
        Written::Rejected(body) => out.note(&format!("batch {batch}: {}", write::rejection(body)))?,
        Written::Unknown(message) => out.note(&format!("batch {batch}: outcome unknown: {message}"))?,
        Written::Failed(fault) => out.note(&format!("batch {batch}: not sent: {fault}"))?,
        Written::Committed { .. } => {}
    }
    out.note(&format!("{applied}; resume: {resume}"))?;
    Ok(exit)
}
