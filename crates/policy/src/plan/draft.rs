//! A plan in the making: collects changes against one state, leaves out what changes nothing, stamps who and when.

use std::sync::Arc;

use super::Plan;
use crate::ids::{ObjectId, Revision, Tick};
use crate::object::{Meta, Object};
use crate::outcome::Change;
use crate::state::State;

pub(super) struct Draft<'a> {
    pub(super) state: &'a State,
    now: Tick,
    by: Arc<str>,
    revision: Revision,
    changes: Vec<Change>,
    reads: Vec<(ObjectId, Revision)>,
    warnings: Vec<Arc<str>>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(state: &'a State, now: Tick, by: Arc<str>) -> Self {
        let revision = Revision(state.revision.0 + 1);
        Self { state, now, by, revision, changes: Vec::new(), reads: Vec::new(), warnings: Vec::new() }
    }

    /// The moment of replicated time that is planned at.
    pub(super) fn now(&self) -> Tick {
        self.now
    }

    /// The `Meta` of a new object.
    pub(super) fn new_meta(&self) -> Meta {
        self.new_meta_by(self.by.clone())
    }

    /// The same, by somebody else: built-ins show the vendor (AG-13).
    pub(super) fn new_meta_by(&self, by: Arc<str>) -> Meta {
        Meta { created_by: by.clone(), created_at: self.now, updated_by: by, updated_at: self.now, revision: self.revision }
    }

    /// Puts an object as it is to be. Equal to what is there but for its `Meta`: no change.
    pub(super) fn put(&mut self, mut object: Object) {
        let before = self.state.get(&object.id());
        if let Some(before) = &before {
            *object.meta_mut() = before.meta().clone();
            if *before == object {
                return;
            }
            let meta = object.meta_mut();
            meta.updated_by = self.by.clone();
            meta.updated_at = self.now;
            meta.revision = self.revision;
        }
        self.changes.push(Change { before, after: Some(object) });
    }

    /// Takes an object away.
    pub(super) fn remove(&mut self, id: &ObjectId) {
        if let Some(before) = self.state.get(id) {
            self.changes.push(Change { before: Some(before), after: None });
        }
    }

    /// Notes that the plan rests on an object that it doesn't change.
    pub(super) fn read(&mut self, id: ObjectId) {
        let revision = self.state.get(&id).map_or(Revision(0), |o| o.meta().revision);
        self.reads.push((id, revision));
    }

    /// Takes over what another plan on the same state would do.
    pub(super) fn take(&mut self, plan: Plan) {
        self.changes.extend(plan.changes);
        self.rest_on(plan.reads, plan.warnings);
    }

    /// Takes over what another plan rests on and warns of, but not what it does.
    pub(super) fn rest_on(&mut self, reads: Vec<(ObjectId, Revision)>, warnings: Vec<Arc<str>>) {
        self.reads.extend(reads);
        self.warnings.extend(warnings);
    }

    pub(super) fn warn(&mut self, text: impl Into<Arc<str>>) {
        self.warnings.push(text.into());
    }

    pub(super) fn finish(mut self, actor_label: Arc<str>) -> Plan {
        for change in &self.changes {
            if let Some(id) = change.id() {
                let revision = change.before.as_ref().map_or(Revision(0), |o| o.meta().revision);
                self.reads.push((id, revision));
            }
        }
        self.reads.sort();
        self.reads.dedup();
        Plan { changes: self.changes, reads: self.reads, warnings: self.warnings, actor_label }
    }
}
