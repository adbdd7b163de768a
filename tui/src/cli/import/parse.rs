//! A whole file to rows, with every fault and everything that was put right. Pure: bytes in, rows out, and no bytes
//! make it panic (AG-40).

use std::collections::{HashMap, HashSet};

use bailiwick_policy::command::{AllocationRow, ConceptRow, EndpointRow, StoreRow, TillRow, ZoneRow};

use super::notes::Notes;
use super::rows::{Cells, Row, users::UserImport};
use super::table::{self, Column, Fault, Record, Table};
use crate::cli::args::ImportKind;
use crate::cli::words::Mapping;

/// How a file is to be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Columns of ours that are headed otherwise.
    pub maps: Vec<Mapping>,
    /// What separates the columns.
    pub delimiter: u8,
}

/// The rows of a file, one a key.
#[derive(Clone, Debug)]
pub enum Rows {
    /// Endpoints.
    Endpoints(Vec<EndpointRow>),
    /// Zones.
    Zones(Vec<ZoneRow>),
    /// Concepts.
    Concepts(Vec<ConceptRow>),
    /// Stores.
    Stores(Vec<StoreRow>),
    /// Tills.
    Tills(Vec<TillRow>),
    /// Allocations.
    Allocations(Vec<AllocationRow>),
    /// Users.
    Users(Vec<UserImport>),
}

impl Rows {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Endpoints(rows) => rows.len(),
            Self::Zones(rows) => rows.len(),
            Self::Concepts(rows) => rows.len(),
            Self::Stores(rows) => rows.len(),
            Self::Tills(rows) => rows.len(),
            Self::Allocations(rows) => rows.len(),
            Self::Users(rows) => rows.len(),
        }
    }
}

/// A file read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The rows that could be read, the first of each key.
    pub rows: Rows,
    /// The line of each.
    pub lines: Vec<u64>,
    /// Every key that the file names, faulty rows too.
    pub keys: HashSet<String>,
    /// What is wrong, by line.
    pub faults: Vec<Fault>,
    /// What was put right.
    pub notes: Notes,
}

/// Our columns for a kind of file.
pub fn columns(kind: ImportKind) -> &'static [Column] {
    match kind {
        ImportKind::Endpoints => EndpointRow::COLUMNS,
        ImportKind::Zones => ZoneRow::COLUMNS,
        ImportKind::Concepts => ConceptRow::COLUMNS,
        ImportKind::Stores => StoreRow::COLUMNS,
        ImportKind::Tills => TillRow::COLUMNS,
        ImportKind::Allocations => AllocationRow::COLUMNS,
        ImportKind::Users => UserImport::COLUMNS,
    }
}

/// Reads a file.
pub fn parse(kind: ImportKind, bytes: &[u8], layout: &Layout) -> Parsed {
    match kind {
        ImportKind::Endpoints => parse_as(bytes, layout, Rows::Endpoints),
        ImportKind::Zones => parse_as(bytes, layout, Rows::Zones),
        ImportKind::Concepts => parse_as(bytes, layout, Rows::Concepts),
        ImportKind::Stores => parse_as(bytes, layout, Rows::Stores),
        ImportKind::Tills => parse_as(bytes, layout, Rows::Tills),
        ImportKind::Allocations => parse_as(bytes, layout, Rows::Allocations),
        ImportKind::Users => parse_as(bytes, layout, Rows::Users),
    }
}

/// Puts faults in the order of the file: by line, then by column as the file has them.
pub fn sort(faults: &mut Vec<Fault>, kind: ImportKind) {
    let place = |fault: &Fault| columns(kind).iter().position(|c| c.name == fault.column).unwrap_or(usize::MAX);
    faults.sort_by_key(|fault| (fault.line, place(fault)));
    faults.dedup();
}

fn parse_as<R: Row>(bytes: &[u8], layout: &Layout, wrap: fn(Vec<R>) -> Rows) -> Parsed {
    let (table, faults) = match table::read(bytes, R::COLUMNS, &layout.maps, layout.delimiter) {
        Ok(table) => (table, Vec::new()),
        Err(faults) => (Table::default(), faults),
    };
    let mut seen = Seen::new(faults);
    table.records.iter().for_each(|record| seen.take(&table, record));
    seen.notes.keys = seen.rows.len() as u64;
    let keys = seen.by_key.into_keys().collect();
    Parsed { rows: wrap(seen.rows), lines: seen.lines, keys, faults: seen.faults, notes: seen.notes }
}

/// What has been read so far.
struct Seen<'a, R> {
    rows: Vec<R>,
    lines: Vec<u64>,
    by_key: HashMap<String, First<'a>>,
    written: HashSet<Vec<&'a [u8]>>,
    faults: Vec<Fault>,
    notes: Notes,
}

/// The first row with a key.
struct First<'a> {
    record: &'a Record,
    /// Its place among the rows; none if it was faulty.
    row: Option<usize>,
}

impl<'a, R: Row> Seen<'a, R> {
    fn new(faults: Vec<Fault>) -> Self {
        Self {
            rows: Vec::new(),
            lines: Vec::new(),
            by_key: HashMap::new(),
            written: HashSet::new(),
            faults,
            notes: Notes::default(),
        }
    }

    fn take(&mut self, table: &'a Table, record: &'a Record) {
        self.notes.rows += 1;
        let mut cells = Cells::new(table, record);
        let read = R::read(&mut cells).filter(|_| cells.faults.is_empty());
        let key = R::key(&cells);
        if let Some(row) = &read {
            row.note(&mut self.notes);
        }
        let exact = !self.written.insert(raw(table, record, R::KEY));
        let Some(key) = key else { return self.faults.append(&mut cells.faults) };
        match self.by_key.get(&key) {
            None => {
                let place = read.is_some().then_some(self.rows.len());
                if let Some(row) = read {
                    self.rows.push(row);
                    self.lines.push(record.line);
                }
                self.by_key.insert(key, First { record, row: place });
            }
            Some(first) => {
                let ours: Vec<&str> = R::COLUMNS.iter().map(|c| c.name).collect();
                let differing = match (first.row.and_then(|place| self.rows.get(place)), &read) {
                    (Some(one), Some(other)) => one.contradicts(other),
                    // One of the two is faulty: what was written is all that can be compared.
                    _unreadable if raw(table, first.record, &ours) == raw(table, record, &ours) => Vec::new(),
                    _unreadable => differing_cells(table, first.record, record, &ours, R::KEY),
                };
                if differing.is_empty() {
                    self.notes.repeats += 1;
                    self.notes.repeats_exact += u64::from(exact);
                } else {
                    let line = first.record.line;
                    let what = differing.join(", ");
                    cells.fault(R::KEY_COLUMN, format!("`{key}` stands on line {line} too, with another {what}"));
                }
            }
        }
        self.faults.append(&mut cells.faults);
    }
}

fn raw<'a>(table: &Table, record: &'a Record, columns: &[&str]) -> Vec<&'a [u8]> {
    let cell = |column: &&str| table.place(column).and_then(|place| record.cells.get(place)).unwrap_or_default();
    columns.iter().map(cell).map(<[u8]>::trim_ascii).collect()
}

fn differing_cells<'c>(table: &Table, one: &Record, other: &Record, columns: &[&'c str], key: &[&str]) -> Vec<&'c str> {
    let pairs = raw(table, one, columns).into_iter().zip(raw(table, other, columns));
    columns.iter().zip(pairs).filter(|(c, (a, b))| a != b && !key.contains(c)).map(|(c, _)| *c).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_policy::command::Field;
    use proptest::prelude::*;

    const KINDS: [ImportKind; 7] = [
        ImportKind::Endpoints,
        ImportKind::Zones,
        ImportKind::Concepts,
        ImportKind::Stores,
        ImportKind::Tills,
        ImportKind::Allocations,
        ImportKind::Users,
    ];

    fn layout(delimiter: u8, maps: &[(&str, &str)]) -> Layout {
        let maps = maps.iter().map(|(ours, theirs)| Mapping { ours: (*ours).to_owned(), theirs: (*theirs).to_owned() });
        Layout { maps: maps.collect(), delimiter }
    }

    fn faults(parsed: &Parsed, kind: ImportKind) -> Vec<String> {
        let mut faults = parsed.faults.clone();
        sort(&mut faults, kind);
        faults.iter().map(Fault::to_string).collect()
    }

    #[track_caller]
    fn stores(text: &str, expected: &[&str]) -> Parsed {
        let parsed = parse(ImportKind::Stores, text.as_bytes(), &layout(b',', &[]));
        assert_eq!(faults(&parsed, ImportKind::Stores), expected);
        parsed
    }

    /// AG-40, the file that the repository ships: the faults that a file shows by itself. The unknown zone is the
    /// cluster's to find.
    #[test]
    fn ag_40_five_faults_four_of_them_seen_without_a_cluster() {
        let text = include_str!("../../../../examples/stores-faulty.csv");
        let parsed = stores(
            text,
            &[
                "4: code: `Pop 3` is no store code: it must start with a lower-case letter or a digit",
                "8: code: `pop-2` stands on line 3 too, with another name, external_ids, latitude, longitude",
                "9: concept: the row ends after 4 of 10 columns",
                "11: latitude: `505.925` is no latitude: a decimal between -90 and 90 degrees",
            ],
        );
        assert_eq!(parsed.rows.len(), 8);
    }

    #[test]
    fn ag_40_a_list_as_found_in_the_wild_has_no_faults() {
        let bytes = include_bytes!("../../../../examples/endpoints.tsv");
        let maps = layout(b'\t', &[("path", "path"), ("resource", "access_group_resource"), ("name", "title")]);
        let parsed = parse(ImportKind::Endpoints, bytes, &maps);
        assert_eq!(faults(&parsed, ImportKind::Endpoints), [""; 0]);
        let Notes { rows, keys, repeats, repeats_exact, unmapped, .. } = parsed.notes;
        assert_eq!((rows, keys, repeats, repeats_exact, unmapped), (61, 52, 9, 3, 15));
        insta::assert_snapshot!(parsed.notes.lines("endpoints").join("\n"));
    }

    #[test]
    fn ag_40_the_demo_files_have_no_faults() {
        let files: [(ImportKind, &[u8], usize); 5] = [
            (ImportKind::Zones, include_bytes!("../../../../node/demo/zones.csv"), 8),
            (ImportKind::Concepts, include_bytes!("../../../../node/demo/concepts.csv"), 5),
            (ImportKind::Stores, include_bytes!("../../../../node/demo/stores.csv"), 215),
            (ImportKind::Tills, include_bytes!("../../../../node/demo/tills.csv"), 674),
            (ImportKind::Endpoints, include_bytes!("../../../../node/demo/endpoints.csv"), 76),
        ];
        for (kind, bytes, rows) in files {
            let parsed = parse(kind, bytes, &layout(b',', &[]));
            assert_eq!((faults(&parsed, kind), parsed.rows.len()), (Vec::new(), rows), "{kind:?}");
        }
    }

    #[test]
    fn every_fault_of_a_row_is_told() {
        stores(
            "code,name,latitude,longitude,zone\nNorth,,95,x,a b\n",
            &[
                "2: code: `North` is no store code: it must start with a lower-case letter or a digit",
                "2: name: the cell is blank: it is needed",
                "2: zone: `a b` is no zone code: only letters, digits, `.`, `_` and `-` may stand in it",
                "2: latitude: `95` is no latitude: a decimal between -90 and 90 degrees",
                "2: longitude: `x` is no longitude: a decimal between -180 and 180 degrees",
            ],
        );
    }

    #[test]
    fn equal_repeats_are_counted_and_differing_ones_are_faults() {
        let parsed = stores("code,name,latitude\na,A,1.50\na,A,1.5\na,A,1.50\n", &[]);
        assert_eq!((parsed.rows.len(), parsed.notes.repeats), (1, 2));
        stores("code,name\na,A\nb,B\na,C\n", &["4: code: `a` stands on line 2 too, with another name"]);
        stores(
            "code,name,latitude\na,A,91\na,B,1\n",
            &[
                "2: latitude: `91` is no latitude: a decimal between -90 and 90 degrees",
                "3: code: `a` stands on line 2 too, with another name, latitude",
            ],
        );
    }

    #[test]
    fn of_endpoints_a_name_alone_contradicts_nothing() {
        let read = |text: &str| parse(ImportKind::Endpoints, text.as_bytes(), &layout(b',', &[]));
        let same = read("method,path,resource,name\nget,/a/{x},R,One\nGET,a/{y}/,R,Two\n");
        assert_eq!((faults(&same, ImportKind::Endpoints), same.rows.len()), (Vec::new(), 1));
        let Rows::Endpoints(rows) = &same.rows else { return assert_eq!(same.rows.len(), 0) };
        assert_eq!(rows.first().and_then(|r| r.name.value()).map(ToString::to_string), Some("One".to_owned()));
        let other = read("method,path,resource,level\nPOST,/a,R,\nPOST,/a,S,Read\n");
        assert_eq!(
            faults(&other, ImportKind::Endpoints),
            ["3: path: `POST /a` stands on line 2 too, with another resource, level"]
        );
    }

    #[test]
    fn a_resource_of_a_dash_or_a_blank_is_none() {
        let parsed = parse(ImportKind::Endpoints, b"method,path,resource\nGET,/a,-\nGET,/b,\nGET,/c,R\n", &layout(b',', &[]));
        let Rows::Endpoints(rows) = &parsed.rows else { return assert_eq!(parsed.rows.len(), 0) };
        let resources: Vec<bool> = rows.iter().map(|row| row.resource == Field::Clear).collect();
        assert_eq!((resources, parsed.notes.unmapped), (vec![true, true, false], 2));
    }

    #[test]
    fn a_row_that_goes_on_beyond_the_header() {
        stores("code,name\na,A,,\n", &[]);
        stores("code,name\na,A,x\n", &["2: column 3: the row has 3 columns, the header 2"]);
    }

    #[test]
    fn cells_that_are_no_text() {
        let parsed = parse(ImportKind::Stores, b"code,name\na,\xff\xfe\n", &layout(b',', &[]));
        assert_eq!(faults(&parsed, ImportKind::Stores), ["2: name: the cell is not UTF-8"]);
    }

    proptest! {
        /// No bytes make the parser panic, and each row is either read, a repeat, or named by a fault.
        #[test]
        fn garbage_is_parsed_or_faulted(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0usize..7) {
            let kind = KINDS.get(kind).copied().unwrap_or(ImportKind::Stores);
            let parsed = parse(kind, &bytes, &layout(b',', &[]));
            prop_assert_eq!(parsed.rows.len(), parsed.lines.len());
            prop_assert!(!parsed.faults.is_empty() || parsed.notes.rows == parsed.notes.keys + parsed.notes.repeats);
        }

        /// The same with a header that can be read and cells that look like cells.
        #[test]
        fn cells_of_garbage(cells in proptest::collection::vec("[ -~é,\"\\n]{0,12}", 0..40), kind in 0usize..7) {
            let kind = KINDS.get(kind).copied().unwrap_or(ImportKind::Stores);
            let header: Vec<&str> = columns(kind).iter().map(|c| c.name).collect();
            let mut text = header.join(",");
            for (at, cell) in cells.iter().enumerate() {
                text.push(if at % header.len() == 0 { '\n' } else { ',' });
                text.push_str(cell);
            }
            let parsed = parse(kind, text.as_bytes(), &layout(b',', &[]));
            prop_assert_eq!(parsed.rows.len(), parsed.lines.len());
            prop_assert!(!parsed.faults.is_empty() || parsed.notes.rows == parsed.notes.keys + parsed.notes.repeats);
        }
    }
}
