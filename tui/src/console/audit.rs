//! The audit as the console holds it: entries from the newest back, as far as was scrolled, and the words that filter
//! them. What the server can't filter by is filtered here, among what has come.

use bailiwick_policy::ids::{ObjectId, OrgCode, Revision, Tick};
use bailiwick_policy::name::fold;
use bailiwick_rpc::api::{AuditEntry, AuditQuery, AuditReply};

use super::api::Fault;
use super::listing::Load;
use super::panes::FilterLine;

/// Entries asked for at once.
pub const AUDIT_PAGE: usize = 100;
/// Entries held at most: beyond, a filter is needed.
pub const AUDIT_HELD_MAX: usize = 5_000;
/// Rows from the end at which older entries are asked for.
const MARGIN_ROWS: usize = 40;
const DAY_MS: u64 = 86_400_000;

/// What may stand before a colon, with what may stand behind it.
pub const AUDIT_COLUMNS: &str = "actor:CREDENTIAL object:KIND:ID since:2h|3d|2026-11-22";

/// Which entries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditFilter {
    /// By this credential.
    pub actor: Option<String>,
    /// About this object.
    pub object: Option<ObjectId>,
    /// Not before this moment.
    pub since: Option<Tick>,
    /// With this in command, actor, reason or object.
    pub text: String,
}

impl AuditFilter {
    /// Reads a filter. Spans of time count back from now.
    pub fn parse(text: &str, org: Option<&OrgCode>, wall_ms: u64) -> Result<Self, String> {
        let mut filter = Self::default();
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            match word.split_once(':') {
                None => words.push(word),
                // Still being typed.
                Some((_, "")) => {}
                Some(("actor", id)) => filter.actor = Some(id.to_owned()),
                Some(("object", id)) => filter.object = object(id, org)?,
                Some(("since", when)) => filter.since = Some(Tick(since(when, wall_ms)?)),
                Some((other, _)) => return Err(format!("`{other}:` is no column here: {AUDIT_COLUMNS}")),
            }
        }
        filter.text = words.join(" ");
        Ok(filter)
    }

    /// What it asks the server for.
    pub fn query(&self, org: Option<OrgCode>, cursor: Option<Revision>) -> AuditQuery {
        AuditQuery {
            org,
            actor: self.actor.clone(),
            object: self.object.clone(),
            since: self.since,
            cursor,
            max: AUDIT_PAGE,
            ..AuditQuery::default()
        }
    }

    /// Whether its text lets an entry through.
    pub fn lets(&self, entry: &AuditEntry) -> bool {
        let text = fold(&self.text);
        let hit = |field: &str| fold(field).contains(&text);
        text.is_empty()
            || hit(&entry.command)
            || hit(&entry.actor_label)
            || entry.actor.as_deref().is_some_and(hit)
            || entry.reason.as_deref().is_some_and(hit)
            || entry.changes.iter().filter_map(|change| change.id()).any(|id| hit(&id.to_string()))
    }
}

/// `store:north-4`, `till:north-4/t1`, `access-group:pos`. Half a one, still being typed, is none.
fn object(text: &str, org: Option<&OrgCode>) -> Result<Option<ObjectId>, String> {
    const KINDS: &str = "store, till, zone, concept, access-group, resource, endpoint, user, org, credential";
    let Some((kind, id)) = text.split_once(':').filter(|(_, id)| !id.is_empty()) else { return Ok(None) };
    if kind == "credential" {
        return Ok(Some(ObjectId::Credential(id.parse().map_err(|bad| format!("{bad}"))?)));
    }
    let Some(org) = org.cloned() else { return Err("there is no org to look in".to_owned()) };
    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(id: &str) -> Result<T, String> {
        id.parse().map_err(|bad| format!("{bad}"))
    }
    Ok(Some(match kind {
        "org" => ObjectId::Org(parsed(id)?),
        "zone" => ObjectId::Zone(org, parsed(id)?),
        "concept" => ObjectId::Concept(org, parsed(id)?),
        "store" => ObjectId::Store(org, parsed(id)?),
        "till" => match id.split_once('/') {
            Some((store, till)) if !till.is_empty() => ObjectId::Till(org, parsed(store)?, parsed(till)?),
            Some(_) | None => return Ok(None),
        },
        "resource" => ObjectId::Resource(org, parsed(id)?),
        "access-group" | "group" => ObjectId::Group(org, parsed(id)?),
        "user" => ObjectId::User(org, parsed(id)?),
        other => return Err(format!("`{other}` is no kind of object: {KINDS}")),
    }))
}

/// `30m`, `2h`, `3d` before now, or a day, in UTC.
fn since(text: &str, wall_ms: u64) -> Result<u64, String> {
    let bad = || format!("`{text}` is no time: `30m`, `2h`, `3d` or `2026-11-22`");
    if let Some((year, rest)) = text.split_once('-').filter(|(year, _)| year.len() == 4) {
        let (month, day) = rest.split_once('-').ok_or_else(bad)?;
        let number = |text: &str| text.parse::<i64>().map_err(|_| bad());
        let (year, month, day) = (number(year)?, number(month)?, number(day)?);
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(bad());
        }
        return u64::try_from(days_of(year, month, day)).map(|days| days * DAY_MS).map_err(|_| bad());
    }
    let unit_ms = match text.chars().last() {
        Some('m') => 60_000,
        Some('h') => 3_600_000,
        Some('d') => DAY_MS,
        // A number whose unit is still to be typed, or something else.
        Some(_) | None => return if text.bytes().all(|b| b.is_ascii_digit()) { Ok(0) } else { Err(bad()) },
    };
    let count: u64 = text.get(..text.len() - 1).and_then(|count| count.parse().ok()).ok_or_else(bad)?;
    Ok(wall_ms.saturating_sub(count.saturating_mul(unit_ms)))
}

/// Days since 1970 of a date of the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `2026-11-22 05:00:00`, in UTC.
pub fn utc(ms: u64) -> String {
    let (days, seconds) = (i64::try_from(ms / DAY_MS).unwrap_or(0) + 719_468, ms % DAY_MS / 1_000);
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let turned = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * turned + 2) / 5 + 1, if turned < 10 { turned + 3 } else { turned - 9 });
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Where the entries of an answer belong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditSeek {
    /// In place of all.
    Start,
    /// Before those held, if they join up; else in place of all.
    Newer,
    /// After the last.
    Older,
}

/// The audit.
#[derive(Clone, Debug, Default)]
pub struct AuditScreen {
    /// `/`.
    pub filter: FilterLine,
    /// What it says, parsed.
    pub parsed: AuditFilter,
    /// Entries, the newest first.
    pub entries: Vec<AuditEntry>,
    /// Those that the text lets through, by their places.
    pub shown: Vec<usize>,
    /// Where older ones go on.
    pub next: Option<Revision>,
    /// The first revision that is kept.
    pub floor: Revision,
    /// How asking went.
    pub load: Load,
    /// What the read under way is for.
    pub seeking: Option<AuditSeek>,
    /// The row under the cursor, among those shown.
    pub cursor: usize,
    /// When the last answer came, by the monotonic clock.
    pub fetched_ms: u64,
    /// The revision of the last answer.
    pub revision: Revision,
    /// The entry under the cursor with all its changes, once it has come.
    pub whole: Option<Box<AuditEntry>>,
    /// Why it hasn't, with its revision.
    pub whole_fault: Option<(Revision, Fault)>,
    /// The revision that was asked for whole last.
    pub whole_asked: Option<Revision>,
    /// Whether keys scroll the detail.
    pub on_detail: bool,
    /// Lines of the detail scrolled.
    pub scroll: usize,
}

impl AuditScreen {
    /// The entry under the cursor, as it came in its page.
    pub fn current(&self) -> Option<&AuditEntry> {
        self.shown.get(self.cursor).and_then(|at| self.entries.get(*at))
    }

    /// The entry under the cursor, with all its changes if they have come.
    pub fn detail(&self) -> Option<&AuditEntry> {
        let entry = self.current()?;
        Some(self.whole.as_deref().filter(|whole| whole.revision == entry.revision).unwrap_or(entry))
    }

    /// Takes an answer in.
    pub fn accept(&mut self, reply: AuditReply, now_ms: u64) {
        let Some(seek) = self.seeking.take() else { return };
        let here = self.current().map(|entry| entry.revision);
        // Whoever stands on the newest goes with it.
        let follows = self.cursor == 0;
        let joins = |entries: &[AuditEntry]| {
            entries.first().is_some_and(|newest| reply.entries.iter().any(|entry| entry.revision <= newest.revision))
        };
        match seek {
            AuditSeek::Older => {
                self.entries.extend(reply.entries);
                self.next = reply.next;
            }
            AuditSeek::Newer if joins(&self.entries) => {
                let newest = self.entries.first().map_or(Revision(0), |entry| entry.revision);
                let mut entries: Vec<AuditEntry> = reply.entries.into_iter().filter(|entry| entry.revision > newest).collect();
                entries.append(&mut self.entries);
                entries.truncate(AUDIT_HELD_MAX);
                self.entries = entries;
            }
            AuditSeek::Start | AuditSeek::Newer => {
                self.entries = reply.entries;
                self.next = reply.next;
            }
        }
        self.floor = reply.floor;
        self.revision = reply.revision;
        self.load = Load::Ready;
        self.fetched_ms = now_ms;
        self.sift();
        let place = here.and_then(|here| self.shown.iter().position(|at| self.entries.get(*at).is_some_and(|e| e.revision == here)));
        self.cursor = match (seek, follows) {
            (AuditSeek::Start, _) | (AuditSeek::Newer, true) => 0,
            (AuditSeek::Newer | AuditSeek::Older, _) => place.unwrap_or(self.cursor),
        };
        self.step(0);
    }

    /// Finds out anew which entries the text lets through.
    pub fn sift(&mut self) {
        self.shown = self.entries.iter().enumerate().filter(|(_, entry)| self.parsed.lets(entry)).map(|(at, _)| at).collect();
        self.step(0);
    }

    /// Moves the cursor.
    pub fn step(&mut self, by: isize) {
        let before = self.cursor;
        self.cursor = self.cursor.saturating_add_signed(by).min(self.shown.len().saturating_sub(1));
        if self.cursor != before {
            self.scroll = 0;
        }
    }

    /// Whether older entries are to be asked for.
    pub fn wants_older(&self) -> bool {
        self.seeking.is_none()
            && self.load == Load::Ready
            && self.next.is_some()
            && self.entries.len() < AUDIT_HELD_MAX
            && self.cursor + MARGIN_ROWS >= self.shown.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_names_actor_object_and_time() {
        let org: OrgCode = "acme".parse().expect("a code");
        let filter = AuditFilter::parse("actor:ops object:till:n-1/t1 since:2h allocate", Some(&org), 10_000_000).expect("it reads");
        assert_eq!(filter.actor.as_deref(), Some("ops"));
        assert!(matches!(filter.object, Some(ObjectId::Till(..))));
        assert_eq!((filter.since, filter.text.as_str()), (Some(Tick(2_800_000)), "allocate"));
        assert!(AuditFilter::parse("colour:red", None, 0).is_err());
        assert!(AuditFilter::parse("since:soon", None, 0).is_err());
        assert_eq!(AuditFilter::parse("object:store", Some(&org), 0), Ok(AuditFilter::default()));
    }

    #[test]
    fn days_are_read_and_written_alike() {
        for day in ["1970-01-01", "2000-02-29", "2026-11-22", "2024-12-31"] {
            let ms = since(day, 0).expect("a day");
            assert_eq!(utc(ms), format!("{day} 00:00:00"));
        }
        assert_eq!(utc(1_795_323_600_000), "2026-11-22 05:00:00");
    }
}
