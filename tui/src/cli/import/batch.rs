//! Rows to batches: at most 2,000 rows and 1 MiB each, the same batches whenever the same file is read again, and a
//! request id for each that a retry finds again.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use bailiwick_policy::command::{Command, Field, PutMode};
use bailiwick_policy::ids::{OrgCode, RequestId};
use bailiwick_policy::limits::IMPORT_ROWS_MAX;
use bailiwick_rpc::api::encode_command;

use super::parse::Rows;
use super::people;

/// Bytes of a batch at most, as it travels: an entry of the log has 1 MiB, and an envelope around its command.
const BATCH_BYTES_MAX: usize = 1024 * 1024 - 16 * 1024;

/// Bits of a request id that number the batch.
const BATCH_BITS: u32 = 24;
/// Bits above them that number the attempt: a batch that was refused has that outcome for good, so that trying it
/// again needs another id.
const ATTEMPT_BITS: u32 = 8;

/// The request id of a batch (from 1) of a job: the job's own, with the batch in its low bits.
pub fn request_id(job: RequestId, batch: usize, attempt: u8) -> RequestId {
    let low = BATCH_BITS + ATTEMPT_BITS;
    let number = (batch as u128) & ((1 << BATCH_BITS) - 1);
    RequestId((job.0 >> low << low) | (u128::from(attempt) << BATCH_BITS) | number)
}

/// A batch.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The command.
    pub command: Command,
    /// Which rows, by their places.
    pub rows: Range<usize>,
}

/// The rows as one command each, in order. Fails only if a row alone is too large.
pub fn batches(rows: &Rows, org: &OrgCode) -> Result<Vec<Batch>, String> {
    let mut batches = Vec::new();
    let mut start = 0;
    while start < rows.len() {
        let end = rows.len().min(start + IMPORT_ROWS_MAX);
        fit(rows, org, start..end, &mut batches)?;
        start = end;
    }
    if let Rows::Users(users) = rows {
        // They join their groups once they are there; these batches have no rows of their own.
        batches.extend(people::joins(users, org).into_iter().map(|command| Batch { command, rows: start..start }));
    }
    Ok(batches)
}

/// Halves what is too large.
fn fit(rows: &Rows, org: &OrgCode, range: Range<usize>, batches: &mut Vec<Batch>) -> Result<(), String> {
    let command = rows.command(org, range.clone());
    let bytes = encode_command(&command).map_err(|error| error.message)?.len();
    if bytes <= BATCH_BYTES_MAX {
        batches.push(Batch { command, rows: range });
        return Ok(());
    }
    let middle = range.start + range.len() / 2;
    if middle == range.start {
        return Err(format!("row {} alone is larger than a batch may be", range.start + 1));
    }
    fit(rows, org, range.start..middle, batches)?;
    fit(rows, org, middle..range.end, batches)
}

impl Rows {
    /// Some of the rows as a command.
    pub fn command(&self, org: &OrgCode, range: Range<usize>) -> Command {
        fn some<T: Clone>(rows: &[T], range: Range<usize>) -> Vec<T> {
            rows.get(range).unwrap_or_default().to_vec()
        }
        let (org, mode) = (org.clone(), PutMode::Import);
        match self {
            Self::Endpoints(rows) => Command::PutEndpoints { org, mode, rows: some(rows, range) },
            Self::Zones(rows) => Command::PutZones { org, mode, rows: some(rows, range) },
            Self::Concepts(rows) => Command::PutConcepts { org, mode, rows: some(rows, range) },
            Self::Stores(rows) => Command::PutStores { org, mode, rows: some(rows, range) },
            Self::Tills(rows) => Command::PutTills { org, mode, rows: some(rows, range) },
            Self::Allocations(rows) => Command::PutAllocations { org, rows: some(rows, range) },
            Self::Users(rows) => {
                let rows = some(rows, range).into_iter().map(|user| user.row).collect();
                Command::PutUsers { org, mode, rows }
            }
        }
    }

    /// The place above that a row names, if it does.
    pub fn parent(&self, row: usize) -> Option<&str> {
        match self {
            Self::Zones(rows) => rows.get(row).and_then(|r| r.parent.value()).map(|p| p.as_str()),
            Self::Concepts(rows) => rows.get(row).and_then(|r| r.parent.value()).map(|p| p.as_str()),
            Self::Endpoints(_) | Self::Stores(_) | Self::Tills(_) | Self::Allocations(_) | Self::Users(_) => None,
        }
    }
}

/// Rows and their lines with every place behind the one above it, so that no batch names what only a later one
/// makes. Other rows stay in the order of the file.
pub fn parents_first(rows: &mut Rows, lines: &mut [u64]) {
    match rows {
        Rows::Zones(rows) => order(rows, lines, |r| r.code.to_string(), |r| field(&r.parent)),
        Rows::Concepts(rows) => order(rows, lines, |r| r.code.to_string(), |r| field(&r.parent)),
        Rows::Endpoints(_) | Rows::Stores(_) | Rows::Tills(_) | Rows::Allocations(_) | Rows::Users(_) => {}
    }
}

fn field<T: ToString>(field: &Field<T>) -> Option<String> {
    field.value().map(ToString::to_string)
}

fn order<R: Clone>(rows: &mut [R], lines: &mut [u64], key: fn(&R) -> String, parent: fn(&R) -> Option<String>) {
    let place: HashMap<String, usize> = rows.iter().enumerate().map(|(at, row)| (key(row), at)).collect();
    let (mut done, mut sequence) = (HashSet::new(), Vec::with_capacity(rows.len()));
    for start in 0..rows.len() {
        // Up to the first one that is placed already; a cycle ends where it closes, and is the cluster's to refuse.
        let (mut chain, mut at) = (Vec::new(), Some(start));
        while let Some(place_of) = at.filter(|at| done.insert(*at)) {
            chain.push(place_of);
            at = rows.get(place_of).and_then(parent).and_then(|p| place.get(&p).copied());
        }
        sequence.extend(chain.into_iter().rev());
    }
    let old: Vec<(R, u64)> = rows.iter().cloned().zip(lines.iter().copied()).collect();
    for (to, from) in sequence.into_iter().enumerate() {
        if let (Some((row, line)), Some(slot), Some(number)) = (old.get(from), rows.get_mut(to), lines.get_mut(to)) {
            *slot = row.clone();
            *number = *line;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::{Layout, parse};
    use super::*;
    use crate::cli::args::ImportKind;

    fn rows(kind: ImportKind, text: &str) -> (Rows, Vec<u64>) {
        let parsed = parse(kind, text.as_bytes(), &Layout { maps: Vec::new(), delimiter: b',' });
        assert_eq!(parsed.faults, []);
        (parsed.rows, parsed.lines)
    }

    fn org() -> OrgCode {
        "acme".parse().expect("a code")
    }

    #[test]
    fn batches_are_bounded_by_rows_and_by_bytes() {
        let short: String = (0..4_640).map(|n| format!("s{n},Store {n}\n")).collect();
        let (short, _) = rows(ImportKind::Stores, &format!("code,name\n{short}"));
        let sizes: Vec<usize> = batches(&short, &org()).expect("fits").iter().map(|b| b.rows.len()).collect();
        assert_eq!(sizes, [2_000, 2_000, 640]);

        let ids = vec!["x".repeat(100); 10].join(";");
        let long: String = (0..2_000).map(|n| format!("s{n},Store {n},{ids}\n")).collect();
        let (long, _) = rows(ImportKind::Stores, &format!("code,name,external_ids\n{long}"));
        let parts = batches(&long, &org()).expect("fits");
        assert!(parts.len() > 1);
        for part in &parts {
            assert!(encode_command(&part.command).is_ok_and(|bytes| bytes.len() <= BATCH_BYTES_MAX));
        }
        assert_eq!(parts.iter().map(|b| b.rows.len()).sum::<usize>(), 2_000);
    }

    #[test]
    fn a_batch_has_the_jobs_id_with_its_number_in_the_low_bits() {
        let job: RequestId = "01JD3ZK5V8ABCDEFGHJKMNPQRS".parse().expect("a ULID");
        let (first, second, again) = (request_id(job, 1, 0), request_id(job, 2, 0), request_id(job, 2, 1));
        assert_eq!((first.0 & 0xffff_ffff, second.0 & 0xffff_ffff), (1, 2));
        assert_eq!((first.0 >> 32, first.made_at()), (job.0 >> 32, job.made_at()));
        assert!(again != second && again.0 & 0xff_ffff == 2);
    }

    #[test]
    fn ag_37_a_place_comes_after_the_one_above_it() {
        let (mut zones, mut lines) = rows(ImportKind::Zones, "code,name,parent\na1,A1,a\nb,B,\na11,A11,a1\na,A,\n");
        parents_first(&mut zones, &mut lines);
        assert_eq!(lines, [5, 2, 3, 4]);
        // A cycle is left for the cluster to refuse.
        let (mut cycle, mut lines) = rows(ImportKind::Zones, "code,name,parent\nx,X,y\ny,Y,x\n");
        parents_first(&mut cycle, &mut lines);
        lines.sort_unstable();
        assert_eq!((cycle.len(), lines), (2, vec![2, 3]));
    }
}
