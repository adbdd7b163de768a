//! A list as the console holds it: a few pages around the cursor of something that may have a million rows.
//!
//! Invariants: the cursor is on a row, or there is none; the rows are contiguous and in order of their keys; what
//! is held never exceeds `ROWS_HELD_MAX`.

use bailiwick_policy::ids::{OrgCode, Revision};
use bailiwick_policy::query::{Anchor, Item, List, ListQuery};
use bailiwick_rpc::api::ListReply;

use super::api::Fault;

/// Rows asked for at once.
pub const PAGE_ROWS: usize = 100;
/// Rows held at most: beyond, the far end is let go.
pub const ROWS_HELD_MAX: usize = 600;
/// Rows from the edge at which the next page is asked for.
const MARGIN_ROWS: usize = 40;

/// Where the rows of an answer belong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seek {
    /// In place of all, from the start.
    Start,
    /// In place of all, up to the end; the cursor on the last.
    End,
    /// In place of all, from the first row held; the cursor stays on its key.
    Again,
    /// Before the first.
    Before,
    /// After the last.
    After,
}

/// How a list is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Load {
    /// Never asked for.
    #[default]
    Never,
    /// Asked for; nothing to show yet.
    Loading,
    /// There.
    Ready,
    /// The last question failed. What was there before is still shown.
    Failed(Fault),
}

/// A list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// What is listed, and what text it is filtered by.
    pub query: ListQuery,
    /// The rows held.
    pub rows: Vec<Item>,
    /// Whether there are rows before the first.
    pub more_before: bool,
    /// Whether there are rows after the last.
    pub more_after: bool,
    /// How many there are in all, where the server says so.
    pub total: Option<u64>,
    /// How many lie before the first held, where that is known.
    pub offset: Option<u64>,
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row on the screen.
    pub top: usize,
    /// How it is.
    pub load: Load,
    /// The revision of the last answer.
    pub revision: Revision,
    /// How stale that could be when it came, in milliseconds.
    pub staleness_ms: u64,
    /// When it came, by the monotonic clock.
    pub fetched_ms: u64,
    /// What the read under way is for.
    pub seeking: Option<Seek>,
    /// How many rows a page has: whole catalogues ask for more.
    pub page: usize,
    /// Whether the rows held answer an older question than the one asked.
    pub superseded: bool,
}

impl Listing {
    /// A list that hasn't been asked for.
    pub fn new(org: Option<OrgCode>, list: List) -> Self {
        Self {
            query: ListQuery { org, list, text: String::new(), anchor: Anchor::Start, limit: PAGE_ROWS },
            rows: Vec::new(),
            more_before: false,
            more_after: false,
            total: None,
            offset: None,
            cursor: 0,
            top: 0,
            load: Load::Never,
            revision: Revision(0),
            staleness_ms: 0,
            fetched_ms: 0,
            seeking: None,
            page: PAGE_ROWS,
            superseded: false,
        }
    }

    /// Lists something else: what is held belongs to the old question and goes.
    pub fn ask(&mut self, list: List, text: &str) {
        let org = self.query.org.take();
        let page = self.page;
        *self = Self::new(org, list);
        self.page = page;
        text.clone_into(&mut self.query.text);
    }

    /// Filters anew, keeping what is on the screen until the answer comes.
    pub fn narrow(&mut self, list: List, text: &str) {
        self.superseded = true;
        self.query.list = list;
        text.clone_into(&mut self.query.text);
    }

    /// Whether it is filtered by text.
    pub fn is_filtered(&self) -> bool {
        !self.query.text.is_empty()
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&Item> {
        self.rows.get(self.cursor)
    }

    /// The place of the cursor in the whole list, from 1, where that is known.
    pub fn position(&self) -> Option<u64> {
        if self.rows.is_empty() {
            return None;
        }
        self.offset.map(|offset| offset + self.cursor as u64 + 1)
    }

    /// Notes that a read is under way for this, and says which.
    pub fn seek(&mut self, seek: Seek) -> ListQuery {
        let first = || self.rows.first().map(Item::key);
        let (anchor, limit) = match &seek {
            Seek::Start => (Anchor::Start, self.page),
            Seek::End => (Anchor::End, self.page),
            Seek::Again if !self.more_before => (Anchor::Start, self.rows.len().max(self.page)),
            Seek::Again => (first().map_or(Anchor::Start, Anchor::From), self.rows.len().max(self.page)),
            Seek::Before => (first().map_or(Anchor::End, Anchor::Before), self.page),
            Seek::After => (self.rows.last().map(Item::key).map_or(Anchor::Start, Anchor::After), self.page),
        };
        if self.rows.is_empty() {
            self.load = Load::Loading;
        }
        self.seeking = Some(seek);
        ListQuery { anchor, limit, ..self.query.clone() }
    }

    /// What to ask for next, so that the cursor doesn't run into an edge.
    pub fn wants(&self) -> Option<Seek> {
        if self.seeking.is_some() || self.rows.is_empty() {
            None
        } else if self.more_after && self.cursor + MARGIN_ROWS >= self.rows.len() {
            Some(Seek::After)
        } else if self.more_before && self.cursor < MARGIN_ROWS {
            Some(Seek::Before)
        } else {
            None
        }
    }

    /// Takes an answer in.
    pub fn accept(&mut self, reply: ListReply, now_ms: u64) {
        let Some(seek) = self.seeking.take() else { return };
        self.superseded = false;
        let key = self.current().map(Item::key);
        let window = reply.window;
        let count = window.items.len() as u64;
        match seek {
            Seek::Start => {
                self.replace(window.items, window.more_before, window.more_after);
                self.offset = Some(0);
                self.cursor = 0;
                self.top = 0;
            }
            Seek::End => {
                self.replace(window.items, window.more_before, window.more_after);
                self.offset = window.total.map(|total| total.saturating_sub(count));
                self.cursor = self.rows.len().saturating_sub(1);
            }
            Seek::Again => {
                self.replace(window.items, window.more_before, window.more_after);
                if !self.more_before {
                    self.offset = Some(0);
                }
                self.find(key.as_deref());
            }
            Seek::Before => {
                let added = window.items.len();
                let mut rows = window.items;
                rows.append(&mut self.rows);
                self.rows = rows;
                self.more_before = window.more_before;
                self.offset = if self.more_before { self.offset.map(|o| o.saturating_sub(count)) } else { Some(0) };
                self.cursor += added;
                self.top += added;
                if self.rows.len() > ROWS_HELD_MAX.max(self.page) {
                    self.rows.truncate(ROWS_HELD_MAX.max(self.page));
                    self.more_after = true;
                }
            }
            Seek::After => {
                self.rows.extend(window.items);
                self.more_after = window.more_after;
                let over = self.rows.len().saturating_sub(ROWS_HELD_MAX.max(self.page)).min(self.cursor);
                if over > 0 {
                    self.rows.drain(..over);
                    self.more_before = true;
                    self.offset = self.offset.map(|o| o + over as u64);
                    self.cursor -= over;
                    self.top = self.top.saturating_sub(over);
                }
            }
        }
        self.total = window.total.or_else(|| self.counted());
        self.clamp();
        self.load = Load::Ready;
        self.revision = reply.revision;
        self.staleness_ms = reply.staleness_ms;
        self.fetched_ms = now_ms;
    }

    /// Takes a failure in. What is held stays.
    pub fn fail(&mut self, fault: Fault) {
        self.seeking = None;
        self.load = Load::Failed(fault);
    }

    /// Whether what is held isn't what was asked for, and the answer is on its way.
    pub fn is_expected(&self) -> bool {
        self.seeking.is_some() && (self.superseded || self.load == Load::Loading)
    }

    /// Moves the cursor. Past an edge beyond which there is more, it waits there for the next page.
    pub fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by);
        self.clamp();
    }

    /// Puts the cursor on this key, if it is held; else it stays where it was, as near as can be.
    pub fn find(&mut self, key: Option<&str>) {
        if let Some(at) = key.and_then(|key| self.rows.iter().position(|row| row.key() == key)) {
            self.cursor = at;
        }
        self.clamp();
    }

    /// The first row to show in so many lines: the cursor is always among them.
    pub fn first_shown(&self, height: usize) -> usize {
        let height = height.max(1);
        let last_top = self.rows.len().saturating_sub(height);
        let top = self.top.min(last_top);
        if self.cursor < top {
            self.cursor
        } else if self.cursor >= top + height {
            self.cursor + 1 - height
        } else {
            top
        }
    }

    fn replace(&mut self, rows: Vec<Item>, more_before: bool, more_after: bool) {
        self.rows = rows;
        self.more_before = more_before;
        self.more_after = more_after;
    }

    fn counted(&self) -> Option<u64> {
        let whole = !self.more_before && !self.more_after;
        whole.then_some(self.rows.len() as u64)
    }

    fn clamp(&mut self) {
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        self.top = self.top.min(self.rows.len().saturating_sub(1));
    }
}
