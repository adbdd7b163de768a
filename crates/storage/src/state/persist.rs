//! Writes behind the answer: what was applied since the last step becomes one batch {objects, audit rows and their
//! indexes, request ids, watermark}, without a write-ahead log. What a crash takes, the log repeats.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use bailiwick_policy::ids::RequestId;
use bailiwick_policy::object::Object;
use bailiwick_policy::outcome::{Change, Recorded};
use bailiwick_policy::state::State;
use tokio::sync::oneshot;

use crate::audit::PendingRows;
use crate::content::content_hash;
use crate::engine::{Batch, Engine, Space};
use crate::fault::Fault;
use crate::health::Health;
use crate::keys;
use crate::keys::audit::Chained;
use crate::keys::audit_index;
use crate::keys::watermark::{self, Watermark};
use crate::marks::Marks;
use crate::types::{LogId, StoredMembership};
use crate::views::Views;
use crate::worker::Step;

/// What one applied batch writes.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) changes: Vec<Change>,
    pub(crate) rows: Vec<Arc<Chained>>,
    pub(crate) recorded: Vec<(RequestId, Arc<Recorded>)>,
    pub(crate) evicted: Vec<RequestId>,
    mark: Watermark,
}

impl Written {
    /// Says how far the state has come with it.
    pub(crate) fn mark(&mut self, state: &State, applied: Option<LogId>, membership: &StoredMembership) {
        self.mark = mark_of(state, applied, membership);
    }
}

/// The watermark of a state. What a snapshot left (`installed`, `audit_floor`) the writer adds.
pub(crate) fn mark_of(state: &State, applied: Option<LogId>, membership: &StoredMembership) -> Watermark {
    Watermark {
        applied,
        membership: membership.clone(),
        revision: state.revision,
        tick: state.tick,
        history: state.history,
        audit_rows: state.audit_rows,
        requests_floor: state.requests_floor,
        ..Watermark::default()
    }
}

/// Makes the row without which a generation is damaged.
pub(crate) fn found<E: Engine>(engine: &E) -> Result<(), Fault> {
    let mut batch = Batch::default();
    batch.put(Space::Watermark, watermark::KEY, watermark::value(&Watermark::default()));
    engine.write(batch, true)
}

/// A new generation that was built from a snapshot and is now the present one.
pub(crate) struct Replaced<E> {
    pub(crate) engine: Arc<E>,
    pub(crate) mark: Watermark,
}

/// What the persister can be asked for.
pub(crate) enum Request<E> {
    /// To write what was applied.
    Write(Box<Written>),
    /// To go on in another generation. What was asked before belongs to the old one, which is no longer needed.
    Replace(Box<Replaced<E>>, oneshot::Sender<()>),
    /// To look whether a flush is wanted.
    Wake,
}

/// The persister's own state.
pub(crate) struct Persister<E: Engine> {
    present: Arc<ArcSwap<E>>,
    pending: Arc<PendingRows>,
    marks: Arc<Marks>,
    health: Health,
    /// Read once, at the end.
    views: Views,
    /// The last watermark written.
    mark: Watermark,
}

/// Coalesces what several batches wrote: of each object and each request only its last state.
#[derive(Default)]
struct Coalesced {
    objects: BTreeMap<Vec<u8>, Option<Object>>,
    requests: BTreeMap<RequestId, Option<Arc<Recorded>>>,
    rows: Vec<Arc<Chained>>,
    mark: Option<Watermark>,
}

impl Coalesced {
    fn add(&mut self, written: Written) {
        for Change { before, after } in written.changes {
            if let Some(id) = after.as_ref().or(before.as_ref()).map(Object::id) {
                self.objects.insert(keys::object::key(&id), after);
            }
        }
        for (id, recorded) in written.recorded {
            self.requests.insert(id, Some(recorded));
        }
        for id in written.evicted {
            self.requests.insert(id, None);
        }
        self.rows.extend(written.rows);
        self.mark = Some(written.mark);
    }

    fn batch(&self, mark: &Watermark) -> Batch {
        let mut batch = Batch::default();
        for (key, object) in &self.objects {
            match object {
                Some(object) => batch.put(Space::Objects, key.clone(), keys::object::value(object)),
                None => batch.delete(Space::Objects, key.clone()),
            }
        }
        for chained in &self.rows {
            batch.put(Space::Audit, keys::audit::key(chained.row.revision), chained.value.clone());
            for key in audit_index::keys(&chained.row) {
                batch.put(Space::AuditIndex, key, Vec::new());
            }
        }
        for (id, recorded) in &self.requests {
            match recorded {
                Some(recorded) => batch.put(Space::Requests, keys::request::key(*id), keys::request::value(recorded)),
                None => batch.delete(Space::Requests, keys::request::key(*id)),
            }
        }
        batch.put(Space::Watermark, watermark::KEY, watermark::value(mark));
        batch
    }
}

impl<E: Engine> Persister<E> {
    pub(crate) fn new(
        present: Arc<ArcSwap<E>>,
        pending: Arc<PendingRows>,
        marks: Arc<Marks>,
        health: Health,
        views: Views,
        mark: Watermark,
    ) -> Self {
        Self { present, pending, marks, health, views, mark }
    }

    fn write(&mut self, mut coalesced: Coalesced) -> Result<(), Fault> {
        let Some(mark) = coalesced.mark.take() else { return Ok(()) };
        self.health.check()?;
        let mark = Watermark { installed: self.mark.installed, audit_floor: self.mark.audit_floor, ..mark };
        let engine = self.present.load();
        engine.write(coalesced.batch(&mark), false).map_err(|fault| fault.while_doing("writing the state"))?;
        self.pending.written(&coalesced.rows);
        self.marks.set_persisted(mark.applied.map(|id| id.index));
        self.mark = mark;
        Ok(())
    }

    fn flush(&self) -> Result<(), Fault> {
        self.health.check()?;
        self.present.load().flush().map_err(|fault| fault.while_doing("flushing the state"))?;
        self.marks.set_flushed(self.marks.persisted());
        Ok(())
    }

    /// What the next start computes again and compares.
    fn write_content(&self) -> Result<(), Fault> {
        let view = self.views.load();
        match view.applied {
            Some(applied) if view.applied == self.mark.applied => {
                let mut batch = Batch::default();
                let value = keys::content::value(applied, content_hash(&view.state));
                batch.put(Space::Watermark, keys::content::KEY, value);
                self.present.load().write(batch, false)
            }
            // Something was applied and never came here: the log has it.
            Some(_) | None => Ok(()),
        }
    }

    fn replace(&mut self, replaced: Replaced<E>) {
        let old = self.present.swap(replaced.engine);
        old.retire();
        self.pending.clear();
        let applied = replaced.mark.applied.map(|id| id.index);
        self.mark = replaced.mark;
        self.marks.set_persisted(applied);
        self.marks.set_flushed(applied);
    }

    fn latch(&self, result: Result<(), Fault>) {
        if let Err(fault) = result {
            self.health.fail(&fault);
        }
    }
}

impl<E: Engine> Step for Persister<E> {
    type Request = Request<E>;
    const NAME: &'static str = "state persister";

    fn step(&mut self, requests: Vec<Request<E>>) {
        let mut coalesced = Coalesced::default();
        for request in requests {
            match request {
                Request::Write(written) => coalesced.add(*written),
                Request::Replace(replaced, done) => {
                    coalesced = Coalesced::default();
                    self.replace(*replaced);
                    done.send(()).ok();
                }
                Request::Wake => {}
            }
        }
        let result = self.write(coalesced);
        self.latch(result);
        if self.marks.flush_due() {
            self.latch(self.flush());
        }
    }

    fn close(&mut self) {
        if self.health.fault().is_none() && self.marks.flushed() != self.marks.persisted() {
            let result = self.write_content().and_then(|()| self.flush());
            self.latch(result);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Op;
    use crate::sample;

    #[test]
    fn of_several_changes_of_an_object_only_the_last_is_written() {
        let before = sample::store("north-7", "North", true);
        let after = sample::store("north-7", "North", false);
        let mut coalesced = Coalesced::default();
        for (before, after) in [(None, Some(before.clone())), (Some(before.clone()), Some(after.clone()))] {
            coalesced.add(Written { changes: vec![Change { before, after }], ..Written::default() });
        }
        let batch = coalesced.batch(&Watermark::default());
        let key = keys::object::key(&after.id());
        let puts: Vec<_> = batch
            .ops
            .iter()
            .filter_map(|op| match op {
                Op::Put(Space::Objects, key, value) => Some((key.clone(), value.clone())),
                _other => None,
            })
            .collect();
        assert_eq!(puts, [(key, keys::object::value(&after))]);
    }
}
