//! A record to a row of the policy's, one kind of file after the other. Every fault of a record is noted, not only
//! its first.

pub mod users;

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use bailiwick_policy::access::{Class, Level};
use bailiwick_policy::command::{AllocationRow, ConceptRow, EndpointRow, Field, GroupRef, StoreRow, TillRow, ZoneRow};
use bailiwick_policy::ids::{ConceptCode, ResourceId, StoreCode, TillCode, ZoneCode};
use bailiwick_policy::limits::NAME_CHARS_MAX;
use bailiwick_policy::name::{Name, check_text};
use bailiwick_policy::path;

use super::degrees::{self, shown};
use super::notes::Notes;
use super::table::{Column, Fault, Record, Table};
use crate::cli::ask::split_ids;
use crate::cli::words::{parse_permissions, parse_scopes, parse_switch};

/// The cells of one record, with the faults found so far.
pub struct Cells<'a> {
    /// The file.
    pub table: &'a Table,
    /// The record.
    pub record: &'a Record,
    /// What was wrong with it.
    pub faults: Vec<Fault>,
}

impl<'a> Cells<'a> {
    /// The cells of a record. One that ends early, or goes on beyond the header, is a fault.
    pub fn new(table: &'a Table, record: &'a Record) -> Self {
        let mut cells = Self { table, record, faults: Vec::new() };
        let (has, needs) = (record.cells.len(), table.header.len());
        if has < needs {
            cells.fault(&table.word(has), format!("the row ends after {has} of {needs} columns"));
        } else if record.cells.iter().skip(needs).any(|cell| !cell.trim_ascii().is_empty()) {
            cells.fault(&table.word(needs), format!("the row has {has} columns, the header {needs}"));
        }
        cells
    }

    /// Notes a fault.
    pub fn fault(&mut self, column: &str, cause: impl Into<String>) {
        self.faults.push(Fault::new(self.record.line, column, cause));
    }

    /// The text of a cell, trimmed; none if the file hasn't the column, the row ends before it, or it is no text.
    pub fn text(&self, column: &str) -> Option<&'a str> {
        let cell = self.record.cells.get(self.table.place(column)?)?;
        std::str::from_utf8(cell).ok().map(str::trim)
    }

    fn checked_text(&mut self, column: &str) -> Result<Option<&'a str>, ()> {
        let cell = self.table.place(column).and_then(|place| self.record.cells.get(place));
        match cell.map(std::str::from_utf8) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text.trim())),
            Some(Err(_)) => {
                self.fault(column, "the cell is not UTF-8");
                Err(())
            }
        }
    }

    /// A cell that must not be blank.
    fn need<T: FromStr<Err: Display>>(&mut self, column: &str) -> Option<T> {
        match self.checked_text(column).ok()?? {
            "" => {
                self.fault(column, "the cell is blank: it is needed");
                None
            }
            text => self.parsed(column, text.parse()),
        }
    }

    /// A cell that may be blank, which clears; a column that isn't there keeps.
    fn may<T>(&mut self, column: &str, parse: impl FnOnce(&'a str) -> Result<T, String>) -> Option<Field<T>> {
        match self.checked_text(column).ok()? {
            None => Some(Field::Keep),
            Some("") => Some(Field::Clear),
            Some(text) => self.parsed(column, parse(text)).map(Field::To),
        }
    }

    fn field<T: FromStr<Err: Display>>(&mut self, column: &str) -> Option<Field<T>> {
        self.may(column, |text| text.parse().map_err(|error: T::Err| error.to_string()))
    }

    fn option<T: FromStr<Err: Display>>(&mut self, column: &str) -> Option<Option<T>> {
        self.field(column).map(|field| match field {
            Field::Keep | Field::Clear => None,
            Field::To(value) => Some(value),
        })
    }

    fn short_text(&mut self, column: &str) -> Option<Field<Arc<str>>> {
        self.may(column, |text| check_short(text).map(|()| text.into()))
    }

    fn parsed<T, E: Display>(&mut self, column: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.fault(column, error.to_string())).ok()
    }
}

fn check_short(text: &str) -> Result<(), String> {
    check_text(text).map_err(|error| format!("`{}`: {error}", shown(text)))?;
    if text.chars().count() > NAME_CHARS_MAX {
        return Err(format!("`{}` is longer than {NAME_CHARS_MAX} characters", shown(text)));
    }
    Ok(())
}

/// A kind of file.
pub trait Row: Sized + Clone {
    /// Its columns, the key first.
    const COLUMNS: &'static [Column];
    /// The columns that make its key.
    const KEY: &'static [&'static str];
    /// The column that a repeated key is said of.
    const KEY_COLUMN: &'static str;

    /// Reads a record, noting every fault. None if there was one.
    fn read(cells: &mut Cells<'_>) -> Option<Self>;

    /// The key of a record as far as it can be read, whatever else is wrong with it.
    fn key(cells: &Cells<'_>) -> Option<String>;

    /// The columns in which two rows of one key contradict each other.
    fn contradicts(&self, other: &Self) -> Vec<&'static str>;

    /// What is odd about it and is put right.
    fn note(&self, _notes: &mut Notes) {}
}

const fn needed(name: &'static str) -> Column {
    Column { name, needed: true }
}

const fn optional(name: &'static str) -> Column {
    Column { name, needed: false }
}

fn unlike(pairs: impl IntoIterator<Item = (&'static str, bool)>) -> Vec<&'static str> {
    pairs.into_iter().filter(|(_, equal)| !equal).map(|(name, _)| name).collect()
}

impl Row for ZoneRow {
    const COLUMNS: &'static [Column] = &[needed("code"), needed("name"), optional("parent")];
    const KEY: &'static [&'static str] = &["code"];
    const KEY_COLUMN: &'static str = "code";

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let (code, name, parent) = (cells.need("code"), cells.need("name"), cells.field("parent"));
        Some(Self { code: code?, name: Some(name?), parent: parent? })
    }

    fn key(cells: &Cells<'_>) -> Option<String> {
        cells.text("code")?.parse::<ZoneCode>().ok().map(|code| code.to_string())
    }

    fn contradicts(&self, other: &Self) -> Vec<&'static str> {
        unlike([("name", self.name == other.name), ("parent", self.parent == other.parent)])
    }
}

impl Row for ConceptRow {
    const COLUMNS: &'static [Column] = ZoneRow::COLUMNS;
    const KEY: &'static [&'static str] = ZoneRow::KEY;
    const KEY_COLUMN: &'static str = "code";

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let (code, name, parent) = (cells.need("code"), cells.need("name"), cells.field("parent"));
        Some(Self { code: code?, name: Some(name?), parent: parent? })
    }

    fn key(cells: &Cells<'_>) -> Option<String> {
        cells.text("code")?.parse::<ConceptCode>().ok().map(|code| code.to_string())
    }

    fn contradicts(&self, other: &Self) -> Vec<&'static str> {
        unlike([("name", self.name == other.name), ("parent", self.parent == other.parent)])
    }
}

impl Row for StoreRow {
    const COLUMNS: &'static [Column] = &[
        needed("code"),
        needed("name"),
        optional("external_ids"),
        optional("zone"),
        optional("concept"),
        optional("latitude"),
        optional("longitude"),
        optional("time_zone"),
        optional("language"),
        optional("currency"),
    ];
    const KEY: &'static [&'static str] = &["code"];
    const KEY_COLUMN: &'static str = "code";

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let (code, name) = (cells.need("code"), cells.need("name"));
        let external_ids = cells.may("external_ids", |text| {
            let ids = split_ids(text);
            ids.iter().try_for_each(|id| check_short(id)).map(|()| ids)
        });
        let (zone, concept) = (cells.field("zone"), cells.field("concept"));
        let latitude_e7 = cells.may("latitude", |text| degrees::parse(text, degrees::LATITUDE));
        let longitude_e7 = cells.may("longitude", |text| degrees::parse(text, degrees::LONGITUDE));
        let (time_zone, language) = (cells.short_text("time_zone"), cells.short_text("language"));
        let currency = cells.short_text("currency");
        Some(Self {
            code: code?,
            name: Some(name?),
            zone: zone?,
            concept: concept?,
            external_ids: external_ids?,
            latitude_e7: latitude_e7?,
            longitude_e7: longitude_e7?,
            time_zone: time_zone?,
            language: language?,
            currency: currency?,
        })
    }

    fn key(cells: &Cells<'_>) -> Option<String> {
        cells.text("code")?.parse::<StoreCode>().ok().map(|code| code.to_string())
    }

    fn contradicts(&self, other: &Self) -> Vec<&'static str> {
        unlike([
            ("name", self.name == other.name),
            ("external_ids", self.external_ids == other.external_ids),
            ("zone", self.zone == other.zone),
            ("concept", self.concept == other.concept),
            ("latitude", self.latitude_e7 == other.latitude_e7),
            ("longitude", self.longitude_e7 == other.longitude_e7),
            ("time_zone", self.time_zone == other.time_zone),
            ("language", self.language == other.language),
            ("currency", self.currency == other.currency),
        ])
    }
}

impl Row for TillRow {
    const COLUMNS: &'static [Column] = &[needed("store"), needed("code"), optional("name")];
    const KEY: &'static [&'static str] = &["store", "code"];
    const KEY_COLUMN: &'static str = "code";

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let (store, code, name) = (cells.need("store"), cells.need("code"), cells.field::<Name>("name"));
        Some(Self { store: store?, code: code?, name: name? })
    }

    fn key(cells: &Cells<'_>) -> Option<String> {
        let store: StoreCode = cells.text("store")?.parse().ok()?;
        let code: TillCode = cells.text("code")?.parse().ok()?;
        Some(format!("{store}/{code}"))
    }

    fn contradicts(&self, other: &Self) -> Vec<&'static str> {
        unlike([("name", self.name == other.name)])
    }
}

impl Row for AllocationRow {
    const COLUMNS: &'static [Column] = &[needed("store"), needed("access_group")];
    const KEY: &'static [&'static str] = &["store"];
    const KEY_COLUMN: &'static str = "store";

    /// A blank group makes the store inherit.
    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let (store, group) = (cells.need("store"), cells.short_text("access_group"));
        Some(Self {
            store: store?,
            group: match group? {
                Field::Keep | Field::Clear => None,
                Field::To(text) => Some(GroupRef(text)),
            },
        })
    }

    fn key(cells: &Cells<'_>) -> Option<String> {
        cells.text("store")?.parse::<StoreCode>().ok().map(|code| code.to_string())
    }

    fn contradicts(&self, other: &Self) -> Vec<&'static str> {
        unlike([("access_group", self.group == other.group)])
    }
}

impl Row for EndpointRow {
    const COLUMNS: &'static [Column] = &[
        needed("method"),
        needed("path"),
        optional("resource"),
        optional("class"),
        optional("level"),
        optional("name"),
        optional("scopes"),
        optional("all_scopes"),
        optional("permissions"),
        optional("open"),
    ];
    const KEY: &'static [&'static str] = &["method", "path"];
    const KEY_COLUMN: &'static str = "path";

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let method = cells.need::<Method>("method");
        let path = cells.need::<Template>("path");
        let resource = cells.may("resource", |text| match text {
            "-" => Ok(None),
            text => text.parse::<ResourceId>().map(Some).map_err(|error| error.to_string()),
        });
        let (class, level) = (cells.option::<Class>("class"), cells.option::<Level>("level"));
        let name = cells.field("name");
        let scopes = cells.may("scopes", |text| if text == "-" { Ok(Vec::new()) } else { parse_scopes(text) });
        let permissions = cells.may("permissions", parse_permissions);
        let (all_scopes, open) = (cells.may("all_scopes", parse_switch), cells.may("open", parse_switch));
        Some(Self {
            method: method?.0,
            path: path?.0,
            resource: match resource? {
                Field::Keep => Field::Keep,
                Field::Clear | Field::To(None) => Field::Clear,
                Field::To(Some(resource)) => Field::To(resource),
            },
            class: class?,
            level: level?,
            name: name?,
            scopes: none_is_clear(scopes?),
            all_scopes: all_scopes?.value().copied(),
            permissions: none_is_clear(permissions?),
            open: open?.value().copied(),
            instance: None,
        })
    }

    fn key(cells: &Cells<'_>) -> Option<String> {
        let method: Method = cells.text("method")?.parse().ok()?;
        let template = path::template(cells.text("path")?).ok()?;
        Some(format!("{} {}", method.0, template.canonical))
    }

    /// A name that differs is none: the first is kept.
    fn contradicts(&self, other: &Self) -> Vec<&'static str> {
        let class = |row: &Self| row.class.unwrap_or_default();
        let level = |row: &Self| row.level.unwrap_or_else(|| Level::of_method(&row.method));
        unlike([
            ("resource", self.resource == other.resource),
            ("class", class(self) == class(other)),
            ("level", level(self) == level(other)),
            ("scopes", self.scopes == other.scopes),
            ("all_scopes", self.all_scopes == other.all_scopes),
            ("permissions", self.permissions == other.permissions),
            ("open", self.open == other.open),
        ])
    }

    fn note(&self, notes: &mut Notes) {
        if let Ok(template) = path::template(&self.path) {
            template.notes.iter().for_each(|note| notes.template(*note));
        }
        match &self.resource {
            Field::To(resource) => notes.resource(resource),
            Field::Keep | Field::Clear => {
                let other_ways = self.open == Some(true) || self.scopes.value().is_some() || self.permissions.value().is_some();
                notes.unmapped += u64::from(!other_ways);
            }
        }
    }
}

/// A list without members clears.
fn none_is_clear<T>(field: Field<Vec<T>>) -> Field<Vec<T>> {
    match field {
        Field::To(all) if all.is_empty() => Field::Clear,
        field => field,
    }
}

/// A method, upper-cased.
struct Method(Arc<str>);

impl FromStr for Method {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let upper = text.to_ascii_uppercase();
        let token = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        if upper.is_empty() || upper.len() > METHOD_BYTES_MAX || !upper.bytes().all(token) {
            return Err(format!("`{}` is no method: it is a word such as GET or POST", shown(text)));
        }
        Ok(Self(upper.into()))
    }
}

/// Bytes of a method: the longest registered one has 17.
const METHOD_BYTES_MAX: usize = 20;

/// A path template that can be read.
struct Template(Arc<str>);

impl FromStr for Template {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        path::template(text).map(|_| Self(text.into())).map_err(|why| format!("`{}`: {why}", shown(text)))
    }
}
