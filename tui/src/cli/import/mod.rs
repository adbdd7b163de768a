//! Imports: the whole file is read and judged before the first row is sent; then batches, each whole or not at all,
//! that a cut-short import can go on with (AG-40).

pub mod batch;
pub mod degrees;
mod faults;
mod job;
mod notes;
pub mod parse;
mod people;
mod progress;
mod rows;
mod send;
pub mod standard_sets;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use bailiwick_policy::ids::{RequestId, Revision};
use bailiwick_policy::impact::counted;
use clap::ValueEnum;
use serde_json::json;
use sha2::{Digest, Sha256};

use self::batch::Batch;
use self::job::Job;
pub use self::job::folder as jobs_folder;
pub use self::table::Column;
use self::parse::{Layout, Parsed, parse};
use self::table::Table;
use super::api::Api;
use super::args::{Import, ImportKind};
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::Out;
use super::words::{Mapping, parse_map};
use super::write;

/// Bytes of commands in one question at most: a frame has 8 MiB.
const QUESTION_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Commands in one question at most: a node takes no more.
const QUESTION_COMMANDS_MAX: usize = 64;

/// A file and how it is read.
struct Source {
    kind: ImportKind,
    path: PathBuf,
    bytes: Vec<u8>,
    layout: Layout,
}

/// Imports a file, shows what an import would do, or goes on with one.
pub(crate) async fn import<A: Api>(context: &Context<'_, A>, args: &Import, dry_run: bool, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if let Some(id) = args.resume {
        return resume(context, args, id, out).await;
    }
    let dry_run = dry_run || args.dry_run;
    if !dry_run {
        context.writable()?;
    }
    let path = args.file.as_deref().ok_or_else(|| Trouble::Usage("no file is named".to_owned()))?;
    let layout = layout(parse::columns(args.kind), noun(args.kind), path, &args.maps, args.delimiter.as_deref())?;
    let source = Source { kind: args.kind, path: path.to_owned(), bytes: bytes(path)?, layout };
    let org = context.org().await?;
    let mut parsed = parse(source.kind, &source.bytes, &source.layout);
    batch::parents_first(&mut parsed.rows, &mut parsed.lines);
    people::resolve(context, &org, &mut parsed).await?;
    // What an import just before this one made may not have reached every node yet.
    let newest = context.newest().await;
    let faults = faults::all(context, &org, &mut parsed, source.kind, newest, out).await?;
    if !faults.is_empty() {
        return faults::report(&faults, &source.path, args.errors.as_deref(), out);
    }
    let batches = batch::batches(&parsed.rows, &org).map_err(Trouble::Local)?;
    if batches.is_empty() {
        return nothing(&source, out);
    }
    let what = noun(source.kind);
    if !out.json {
        for line in parsed.notes.lines(what) {
            out.note(&line)?;
        }
    }
    if dry_run {
        return preview(context, &batches, &parsed, what, newest, out).await;
    }
    // Row by row nothing is wrong; as a whole it may still be against a rule, such as AG-26.
    if let Some(reply) = whole(context, &batches, true, newest).await?
        && let Some((_, body)) = &reply.rejected
    {
        return refused(body, out);
    }
    let job = Job {
        job: context.api.new_request_id(),
        kind: word(source.kind),
        org,
        file: fs::canonicalize(&source.path).unwrap_or_else(|_| source.path.clone()),
        sha256: digest(&source.bytes),
        maps: source.layout.maps.iter().map(|m| format!("{}={}", m.ours, m.theirs)).collect(),
        delimiter: char::from(source.layout.delimiter),
        reason: context.common.reason.clone(),
        batches: batches.len(),
        applied: 0,
        attempt: 0,
    };
    send::all(context, job, &batches, &parsed, out).await
}

/// Goes on with an import that was cut short: same file, same batches, same ids.
async fn resume<A: Api>(context: &Context<'_, A>, args: &Import, id: RequestId, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    context.writable()?;
    let job = Job::load(&send::jobs(context)?, id)?;
    if job.kind != word(args.kind) {
        return Err(Trouble::Usage(format!("job {id} imports {}, not {}", job.kind, word(args.kind))));
    }
    let path = args.file.as_deref().unwrap_or(&job.file);
    let bytes = bytes(path)?;
    if digest(&bytes) != job.sha256 {
        return Err(Trouble::Local(format!(
            "{}: the file has changed since job {id} began: import it anew; rows that are equal change nothing",
            path.display()
        )));
    }
    let maps: Result<Vec<Mapping>, String> = job.maps.iter().map(|text| parse_map(text)).collect();
    let delimiter = u8::try_from(job.delimiter).unwrap_or(b',');
    let layout = Layout { maps: maps.map_err(Trouble::Local)?, delimiter };
    let mut parsed = parse(args.kind, &bytes, &layout);
    batch::parents_first(&mut parsed.rows, &mut parsed.lines);
    people::resolve(context, &job.org, &mut parsed).await?;
    let batches = batch::batches(&parsed.rows, &job.org).map_err(Trouble::Local)?;
    if batches.len() != job.batches || !parsed.faults.is_empty() {
        return Err(Trouble::Local(format!("job {id} was begun by another version of this program: import the file anew")));
    }
    send::all(context, job, &batches, &parsed, out).await
}

/// What the whole file would do, if it can be asked in one question.
async fn whole<A: Api>(
    context: &Context<'_, A>,
    batches: &[Batch],
    without_impact: bool,
    newest: Revision,
) -> Result<Option<bailiwick_rpc::api::PreviewReply>, Trouble> {
    let commands: Vec<_> = batches.iter().map(|batch| batch.command.clone()).collect();
    let bytes: usize = commands.iter().filter_map(|c| bailiwick_rpc::api::encode_command(c).ok()).map(|b| b.len()).sum();
    if bytes > QUESTION_BYTES_MAX || commands.len() > QUESTION_COMMANDS_MAX {
        return Ok(None);
    }
    write::ask_preview(context, &commands, without_impact, newest).await.map(Some)
}

async fn preview<A: Api>(
    context: &Context<'_, A>,
    batches: &[Batch],
    parsed: &Parsed,
    what: &str,
    newest: Revision,
    out: &mut Out<'_>,
) -> Result<Exit, Trouble> {
    match whole(context, batches, false, newest).await? {
        Some(reply) => write::report_preview(&reply, out, json!({"batches": batches.len(), "notes": parsed.notes.json()})),
        None => {
            let text = format!("no faults in {} {what}; the file is too large for its impact to be shown in one go", parsed.notes.keys);
            if out.json {
                out.value(&json!({"outcome": "preview", "message": text, "batches": batches.len(), "notes": parsed.notes.json()}))?;
            } else {
                out.line(&text)?;
                out.line("nothing has been changed")?;
            }
            Ok(Exit::Done)
        }
    }
}

fn refused(body: &bailiwick_rpc::api::RejectionBody, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if out.json {
        out.value(&write::rejection_json(body))?;
    } else {
        out.note(&write::rejection(body))?;
        out.note("nothing has been applied")?;
    }
    Ok(Exit::Failed)
}

fn nothing(source: &Source, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if out.json {
        out.value(&json!({"outcome": "committed", "changed": false, "batches": 0, "applied": 0}))?;
    } else {
        out.line(&format!("{}: no rows, nothing to do", source.path.display()))?;
    }
    Ok(Exit::Done)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Trouble> {
    fs::read(path).map_err(|error| Trouble::Local(format!("{}: {error}", path.display())))
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file as a table with the columns of a kind: for what isn't imported. A header that can't be read is an error.
pub fn table(kind: ImportKind, path: &Path, maps: &[Mapping], delimiter: Option<&str>) -> Result<Table, Trouble> {
    table_of(path, parse::columns(kind), noun(kind), maps, delimiter)
}

/// The same with columns of one's own; `what` is the word for such files.
pub fn table_of(path: &Path, columns: &'static [Column], what: &str, maps: &[Mapping], delimiter: Option<&str>) -> Result<Table, Trouble> {
    let layout = layout(columns, what, path, maps, delimiter)?;
    table::read(&bytes(path)?, columns, &layout.maps, layout.delimiter).map_err(|faults| {
        let told: Vec<String> = faults.iter().map(|fault| format!("{}:{fault}", path.display())).collect();
        Trouble::Local(told.join("; "))
    })
}

fn layout(columns: &[Column], what: &str, path: &Path, maps: &[Mapping], delimiter: Option<&str>) -> Result<Layout, Trouble> {
    let known: Vec<&str> = columns.iter().map(|c| c.name).collect();
    for (at, map) in maps.iter().enumerate() {
        if !known.iter().any(|name| name.eq_ignore_ascii_case(&map.ours)) {
            return Err(Trouble::Usage(format!("--map {}={}: {what} have {}", map.ours, map.theirs, known.join(", "))));
        }
        if maps.iter().take(at).any(|other| other.ours == map.ours) {
            return Err(Trouble::Usage(format!("--map {}=…: given twice", map.ours)));
        }
    }
    let delimiter = match delimiter {
        None if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("tsv") || e.eq_ignore_ascii_case("tab")) => b'\t',
        None => b',',
        Some("tab" | "\\t" | "\t") => b'\t',
        Some(text) => match text.as_bytes() {
            [byte] if byte.is_ascii_punctuation() && *byte != b'"' => *byte,
            _other => return Err(Trouble::Usage(format!("--delimiter `{text}`: one character, such as `,` `;` `|`, or `tab`"))),
        },
    };
    Ok(Layout { maps: maps.to_vec(), delimiter })
}

/// The word of the command line for a kind.
fn word(kind: ImportKind) -> String {
    kind.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn noun(kind: ImportKind) -> &'static str {
    match kind {
        ImportKind::Endpoints => "endpoints",
        ImportKind::Zones => "zones",
        ImportKind::Concepts => "concepts",
        ImportKind::Stores => "stores",
        ImportKind::Tills => "tills",
        ImportKind::Allocations => "allocations",
        ImportKind::Users => "users",
    }
}

fn rows_of(parsed: &Parsed) -> String {
    counted(parsed.notes.rows, "row")
}
