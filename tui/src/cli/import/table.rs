//! A CSV or TSV file as columns by name and records by line. Pure; what is wrong with a file as such (no header, a
//! column that isn't there, a row that ends early) is found here, what is wrong with a cell by `rows`.

use std::fmt;

use csv::{ByteRecord, ReaderBuilder};
use serde::Serialize;

use super::degrees::shown;
use crate::cli::words::Mapping;

/// What is wrong with a file, and where.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Fault {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// The column, in our words where it is one of ours.
    pub column: String,
    /// What is wrong and what would be right.
    pub cause: String,
}

impl Fault {
    /// Makes one.
    pub fn new(line: u64, column: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { line, column: column.into(), cause: cause.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.line, self.column, self.cause)
    }
}

/// A column of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Our word for it.
    pub name: &'static str,
    /// Whether a file must have it.
    pub needed: bool,
}

/// A row of the file.
#[derive(Clone, Debug)]
pub struct Record {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its cells.
    pub cells: ByteRecord,
}

/// A file read.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The header as it stands.
    pub header: Vec<String>,
    /// Where each of our columns lies.
    places: Vec<(&'static str, usize)>,
    /// The rows.
    pub records: Vec<Record>,
}

impl Table {
    /// Where a column of ours lies; none if the file doesn't have it.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.places.iter().find(|(name, _)| *name == column).map(|(_, place)| *place)
    }

    /// The text of a cell, trimmed, blank where there is none; bytes that are no text are replaced.
    pub fn lossy(&self, record: &Record, column: &str) -> String {
        let cell = self.place(column).and_then(|place| record.cells.get(place)).unwrap_or_default();
        String::from_utf8_lossy(cell).trim().to_owned()
    }

    /// The word for the column at a place: ours, or else the file's.
    pub fn word(&self, place: usize) -> String {
        match self.places.iter().find(|(_, p)| *p == place) {
            Some((name, _)) => (*name).to_owned(),
            None => self.header.get(place).cloned().unwrap_or_else(|| format!("column {}", place + 1)),
        }
    }
}

/// Reads a file. With faults in its header, no row is read: every one of them would be wrong.
pub fn read(bytes: &[u8], columns: &'static [Column], maps: &[Mapping], delimiter: u8) -> Result<Table, Vec<Fault>> {
    let one = |cause: &str| vec![Fault::new(1, "header", cause)];
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(one("the file is UTF-16: save it as UTF-8"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes);
    let mut lines = Lines { bytes, at: 0, line: 1 };
    let mut table = Table::default();
    let mut record = ByteRecord::new();
    let mut first = true;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => return Err(one(&format!("the file can't be read as a table: {error}"))),
        }
        let start = record.position().map_or(0, csv::Position::byte);
        let line = lines.of(usize::try_from(start).unwrap_or(usize::MAX));
        if first {
            first = false;
            table.header = header(&record, line)?;
            table.places = places(&table.header, columns, maps, line)?;
        } else {
            table.records.push(Record { line, cells: record.clone() });
        }
    }
    if first { Err(one("the file is empty: its first line names the columns")) } else { Ok(table) }
}

/// Counts lines up to a byte. The reader's own count stands before the blank lines that it skips, so ours goes on
/// over them.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, start: usize) -> u64 {
        let skipped = |b: &&u8| matches!(**b, b'\n' | b'\r');
        let blank = self.bytes.get(start..).unwrap_or_default().iter().take_while(skipped).count();
        let until = start.saturating_add(blank);
        let passed = self.bytes.get(self.at..until).unwrap_or_default();
        self.line += passed.iter().filter(|b| **b == b'\n').count() as u64;
        self.at = until.max(self.at);
        self.line
    }
}

fn header(record: &ByteRecord, line: u64) -> Result<Vec<String>, Vec<Fault>> {
    let (mut names, mut faults) = (Vec::new(), Vec::new());
    for (place, cell) in record.iter().enumerate() {
        match std::str::from_utf8(cell) {
            Ok(name) => names.push(name.trim().to_owned()),
            Err(_) => faults.push(Fault::new(line, format!("column {}", place + 1), "the header is not UTF-8")),
        }
    }
    if faults.is_empty() { Ok(names) } else { Err(faults) }
}

fn places(
    header: &[String],
    columns: &'static [Column],
    maps: &[Mapping],
    line: u64,
) -> Result<Vec<(&'static str, usize)>, Vec<Fault>> {
    let (mut places, mut faults) = (Vec::new(), Vec::new());
    for column in columns {
        let theirs = maps.iter().find(|m| m.ours.eq_ignore_ascii_case(column.name)).map(|m| m.theirs.as_str());
        let wanted = theirs.unwrap_or(column.name);
        let exact: Vec<usize> = at(header, |name| name == wanted);
        let found = if exact.is_empty() { at(header, |name| name.eq_ignore_ascii_case(wanted)) } else { exact };
        match (found.as_slice(), theirs) {
            ([place], _) => places.push((column.name, *place)),
            ([], None) if !column.needed => {}
            ([], None) => {
                let cause = format!("there is no such column: name it by --map {}=THEIRS; {}", column.name, has(header));
                faults.push(Fault::new(line, column.name, cause));
            }
            ([], Some(theirs)) => {
                let cause = format!("there is no column `{}`; {}", shown(theirs), has(header));
                faults.push(Fault::new(line, column.name, cause));
            }
            ([..], _) => faults.push(Fault::new(line, column.name, format!("`{}` heads several columns", shown(wanted)))),
        }
    }
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}

fn at(header: &[String], is: impl Fn(&str) -> bool) -> Vec<usize> {
    header.iter().enumerate().filter(|(_, name)| is(name)).map(|(place, _)| place).collect()
}

fn has(header: &[String]) -> String {
    let names: Vec<String> = header.iter().take(20).map(|name| format!("`{}`", shown(name))).collect();
    let text = format!("the file has {}", names.join(", "));
    match header {
        [only] if only.contains([';', '\t', '|', ',']) => format!("{text}: is another --delimiter meant?"),
        _several => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[Column { name: "code", needed: true }, Column { name: "name", needed: true }, Column { name: "zone", needed: false }];

    fn lines(bytes: &[u8]) -> Vec<u64> {
        read(bytes, COLUMNS, &[], b',').map(|t| t.records.iter().map(|r| r.line).collect()).unwrap_or_default()
    }

    fn faults(bytes: &[u8], maps: &[Mapping]) -> Vec<String> {
        read(bytes, COLUMNS, maps, b',').err().unwrap_or_default().iter().map(Fault::to_string).collect()
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        assert_eq!(lines(b"code,name\na,A\nb,B\n"), [2, 3]);
        assert_eq!(lines(b"\xef\xbb\xbfcode,name\r\na,A\r\nb,B"), [2, 3]);
        assert_eq!(lines(b"code,name\n\n\na,A\n\nb,B\n"), [4, 6]);
        assert_eq!(lines(b"code,name\r\n\r\na,\"two\r\nlines\"\r\nb,B\r\n"), [3, 5]);
    }

    #[test]
    fn what_a_header_lacks_is_said_with_the_remedy() {
        assert_eq!(
            faults(b"store_id,name\n1,A\n", &[]),
            ["1: code: there is no such column: name it by --map code=THEIRS; the file has `store_id`, `name`"]
        );
        let map = Mapping { ours: "code".to_owned(), theirs: "id".to_owned() };
        assert_eq!(
            faults(b"store_id,name\n1,A\n", &[map]),
            ["1: code: there is no column `id`; the file has `store_id`, `name`"]
        );
        assert_eq!(faults(b"", &[]), ["1: header: the file is empty: its first line names the columns"]);
        assert_eq!(faults(b"code,name,code\n", &[]), ["1: code: `code` heads several columns"]);
        assert_eq!(faults(b"\xff\xfec\0o\0", &[]), ["1: header: the file is UTF-16: save it as UTF-8"]);
        let semicolons = faults(b"code;name\n1;A\n", &[]);
        assert!(semicolons.iter().all(|f| f.ends_with("is another --delimiter meant?")), "{semicolons:?}");
    }

    #[test]
    fn columns_are_found_by_name_whatever_their_case_and_order() {
        let table = read(b"NAME, Code ,other\nA,a,x\n", COLUMNS, &[], b',').expect("readable");
        assert_eq!((table.place("code"), table.place("name"), table.place("zone")), (Some(1), Some(0), None));
        assert_eq!((table.word(1), table.word(2), table.word(9)), ("code".to_owned(), "other".to_owned(), "column 10".to_owned()));
    }
}
