//! Reads the audit: rows by revision, by org, by actor, by object; judges the chain; rebuilds older states.
//!
//! Rows are written behind the answer, so those that are still on their way are read from memory: a reader that has
//! seen a revision finds its row.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use bailiwick_policy::ids::Revision;
use bailiwick_policy::outcome::{AuditRow, Change};
use bailiwick_policy::state::State;

use crate::engine::{Engine, Order, Space, Visit};
use crate::fault::{Fault, FaultKind};
use crate::keys;
use crate::keys::audit::{Chained, Head};
use crate::keys::audit_index::AuditSubject;
use crate::keys::watermark;
use crate::views::Views;

/// Which way, from where, and how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditPage {
    /// The first revision of the page, itself included.
    pub from: Revision,
    /// Oldest or newest first.
    pub order: Order,
    /// Rows at most.
    pub max: usize,
}

/// What judging the chain found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChainVerdict {
    /// Rows that were read.
    pub rows: u64,
    /// The first of them; older ones are not kept here.
    pub from: Revision,
    /// The head after the last.
    pub head: [u8; 32],
}

/// Rows that are applied and not on disk yet.
#[derive(Default)]
pub(crate) struct PendingRows(Mutex<BTreeMap<Revision, Arc<Chained>>>);

impl PendingRows {
    pub(crate) fn add(&self, rows: &[Arc<Chained>]) {
        let mut pending = self.rows();
        for chained in rows {
            pending.insert(chained.row.revision, chained.clone());
        }
    }

    pub(crate) fn written(&self, rows: &[Arc<Chained>]) {
        let mut pending = self.rows();
        for chained in rows {
            pending.remove(&chained.row.revision);
        }
    }

    pub(crate) fn clear(&self) {
        self.rows().clear();
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<Revision, Arc<Chained>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn matching(&self, has: impl Fn(&AuditRow) -> bool) -> BTreeMap<Revision, Arc<Chained>> {
        self.rows().iter().filter(|(_, c)| has(&c.row)).map(|(at, c)| (*at, c.clone())).collect()
    }
}

/// The engine of the state's present generation.
trait Present: Send + Sync {
    fn engine(&self) -> Arc<dyn Engine>;
}

impl<E: Engine> Present for ArcSwap<E> {
    fn engine(&self) -> Arc<dyn Engine> {
        self.load_full()
    }
}

/// Reads the audit of this node. Cheap to clone. Its calls read the disk: they don't belong on a runtime's threads.
#[derive(Clone)]
pub struct AuditReader {
    present: Arc<dyn Present>,
    pending: Arc<PendingRows>,
    views: Views,
}

/// Told each row, as it lies on disk.
type EachRow<'a> = &'a mut dyn FnMut(Revision, &[u8]) -> Result<(), Fault>;

impl AuditReader {
    pub(crate) fn new<E: Engine>(present: Arc<ArcSwap<E>>, pending: Arc<PendingRows>, views: Views) -> Self {
        Self { present, pending, views }
    }

    /// Rows from a revision on, oldest first.
    pub fn rows(&self, from: Revision, max: usize) -> Result<Vec<AuditRow>, Fault> {
        self.page(AuditPage { from, order: Order::Up, max })
    }

    /// A page of all rows.
    pub fn page(&self, page: AuditPage) -> Result<Vec<AuditRow>, Fault> {
        // Pending first: a row that is written in between is then seen twice, never not at all.
        let pending = self.pending.matching(|_| true);
        let engine = self.present.engine();
        let mut found = pending.into_iter().map(|(at, c)| (at, c.row.clone())).collect::<BTreeMap<_, _>>();
        let (low, high) = bounds(page);
        let mut left = page.max;
        if left > 0 {
            engine.scan(Space::Audit, &low, &high, page.order, &mut |key, value| {
                let chained = keys::audit::decode(key, value)?;
                found.insert(chained.row.revision, chained.row);
                left -= 1;
                Ok(if left == 0 { Visit::Stop } else { Visit::On })
            })?;
        }
        Ok(cut(found, page))
    }

    /// A page of the rows about an org, by an actor, or of an object.
    pub fn of(&self, subject: &AuditSubject, page: AuditPage) -> Result<Vec<AuditRow>, Fault> {
        let pending = self.pending.matching(|row| subject.has(row));
        let engine = self.present.engine();
        let (low, high) = match page.order {
            Order::Up => (subject.key(page.from), subject.key(Revision(u64::MAX))),
            Order::Down => (subject.key(Revision(0)), subject.key(Revision(page.from.0.saturating_add(1)))),
        };
        let mut revisions = Vec::new();
        if page.max > 0 {
            engine.scan(Space::AuditIndex, &low, &high, page.order, &mut |key, _nothing| {
                revisions.push(keys::audit_index::revision(key)?);
                Ok(if revisions.len() >= page.max { Visit::Stop } else { Visit::On })
            })?;
        }
        let mut found = pending.into_iter().map(|(at, c)| (at, c.row.clone())).collect::<BTreeMap<_, _>>();
        for revision in revisions {
            let key = keys::audit::key(revision);
            let value = engine.get(Space::Audit, &key)?.ok_or_else(|| {
                Fault::new(FaultKind::Missing, "audit", format_args!("row {revision} is indexed and missing"))
            })?;
            found.insert(revision, keys::audit::decode(&key, &value)?.row);
        }
        Ok(cut(found, page))
    }

    /// The first revision whose row is kept here. Below it, the answer is `compacted`.
    pub fn floor(&self) -> Result<Revision, Fault> {
        Ok(self.floor_head(&*self.present.engine())?.0)
    }

    /// Reads the whole chain and judges every link, and that it ends in the head that the state names.
    pub fn verify(&self) -> Result<ChainVerdict, Fault> {
        // The view first, then its rows: later ones are read too, and are not judged against it.
        let view = self.views.load();
        let pending = self.pending.matching(|row| row.revision <= view.revision);
        let engine = self.present.engine();
        let (from, mut head) = self.floor_head(&*engine)?;
        let mut rows = 0;
        let mut last = None;
        let high = keys::audit::key(Revision(view.revision.0.saturating_add(1)));
        engine.scan(Space::Audit, &keys::audit::key(from), &high, Order::Up, &mut |key, value| {
            head = link(&head, key, value)?;
            last = Some(keys::audit::revision(key)?);
            rows += 1;
            Ok(Visit::On)
        })?;
        for (revision, chained) in pending.into_iter().filter(|(at, _)| Some(*at) > last) {
            head = link(&head, &keys::audit::key(revision), &chained.value)?;
            rows += 1;
        }
        if head != view.state.history {
            return Err(Fault::corrupt("audit", format_args!("the chain does not end in the head of revision {}", view.revision)));
        }
        Ok(ChainVerdict { rows, from, head })
    }

    /// The state at an older revision: a kept view, with the rows above it undone. None if it is compacted, or still
    /// to come. Off the hot path: it costs a row for each revision between.
    pub fn state_at(&self, revision: Revision) -> Result<Option<State>, Fault> {
        let Some(view) = self.views.not_before(revision) else { return Ok(None) };
        if view.revision == revision {
            return Ok(Some(view.state.clone()));
        }
        if self.floor()? > Revision(revision.0.saturating_add(1)) {
            return Ok(None);
        }
        let mut state = view.state.clone();
        let mut next = view.revision;
        while next > revision {
            let max = usize::try_from(next.0 - revision.0).unwrap_or(usize::MAX).min(REBUILD_ROWS);
            let rows = self.page(AuditPage { from: next, order: Order::Down, max })?;
            if rows.is_empty() {
                return Ok(None);
            }
            for row in rows {
                if row.revision != next {
                    return Err(Fault::new(FaultKind::Missing, "audit", format_args!("row {next} is missing")));
                }
                for change in row.changes.iter().rev() {
                    state.apply(&Change { before: change.after.clone(), after: change.before.clone() });
                }
                next = Revision(next.0.saturating_sub(1));
            }
        }
        state.revision = revision;
        Ok(Some(state))
    }

    /// Every row up to a revision, oldest first, as it lies on disk: what a snapshot carries.
    pub(crate) fn values(
        &self,
        from: Revision,
        upto: Revision,
        visit: EachRow<'_>,
    ) -> Result<(), Fault> {
        let pending = self.pending.matching(|row| row.revision >= from && row.revision <= upto);
        let engine = self.present.engine();
        let mut last = None;
        let high = keys::audit::key(Revision(upto.0.saturating_add(1)));
        engine.scan(Space::Audit, &keys::audit::key(from), &high, Order::Up, &mut |key, value| {
            let revision = keys::audit::revision(key)?;
            last = Some(revision);
            visit(revision, value)?;
            Ok(Visit::On)
        })?;
        for (revision, chained) in pending.into_iter().filter(|(at, _)| Some(*at) > last) {
            visit(revision, &chained.value)?;
        }
        Ok(())
    }

    /// The floor at which the newest rows up to a revision take at most so many bytes, and the head before it.
    pub(crate) fn newest(&self, upto: Revision, bytes_max: u64) -> Result<(Revision, Head), Fault> {
        let engine = self.present.engine();
        let floor = self.floor_head(&*engine)?;
        let mut bytes = 0u64;
        let mut cut = None;
        let high = keys::audit::key(Revision(upto.0.saturating_add(1)));
        engine.scan(Space::Audit, &keys::audit::key(floor.0), &high, Order::Down, &mut |key, value| {
            bytes += value.len() as u64;
            if bytes > bytes_max {
                // This row is the last that is left out: its head is what the next one follows.
                let left_out = keys::audit::decode(key, value)?;
                cut = Some((Revision(left_out.row.revision.0.saturating_add(1)), left_out.head));
                return Ok(Visit::Stop);
            }
            Ok(Visit::On)
        })?;
        Ok(cut.unwrap_or(floor))
    }

    fn floor_head(&self, engine: &dyn Engine) -> Result<(Revision, Head), Fault> {
        let value = engine.get(Space::Watermark, watermark::KEY)?.ok_or_else(|| {
            Fault::new(FaultKind::Missing, engine.place(), "the state's watermark is missing")
        })?;
        Ok(watermark::decode(&value)?.audit_floor)
    }
}

/// Rows that a rebuild reads at once.
const REBUILD_ROWS: usize = 256;

/// Judges one link and gives the head after it.
pub(crate) fn link(head: &Head, key: &[u8], value: &[u8]) -> Result<Head, Fault> {
    let chained = keys::audit::decode(key, value)?;
    if !keys::audit::follows(head, value)? {
        return Err(Fault::corrupt("audit", format_args!("the chain is broken before revision {}", chained.row.revision)));
    }
    Ok(chained.head)
}

fn bounds(page: AuditPage) -> (Vec<u8>, Vec<u8>) {
    match page.order {
        Order::Up => (keys::audit::key(page.from).to_vec(), keys::END.to_vec()),
        Order::Down => {
            (keys::audit::key(Revision(0)).to_vec(), keys::audit::key(Revision(page.from.0.saturating_add(1))).to_vec())
        }
    }
}

fn cut(found: BTreeMap<Revision, AuditRow>, page: AuditPage) -> Vec<AuditRow> {
    match page.order {
        Order::Up => found.into_iter().filter(|(at, _)| *at >= page.from).take(page.max).map(|(_, row)| row).collect(),
        Order::Down => {
            found.into_iter().rev().filter(|(at, _)| *at <= page.from).take(page.max).map(|(_, row)| row).collect()
        }
    }
}
