//! What was: pages of the audit, one entry, what differs between two revisions, and what would undo an entry. An
//! owner sees the entries of their org, whoever made them; an operator sees all.

use std::collections::BTreeMap;

use bailiwick_policy::command::{Actor, Command};
use bailiwick_policy::ids::{CredentialId, ObjectId, OrgCode, Revision, Tick};
use bailiwick_policy::impact::impact;
use bailiwick_policy::object::{Meta, Object};
use bailiwick_policy::outcome::{AuditRow, Change};
use bailiwick_policy::plan;
use bailiwick_policy::view::{Viewer, sees_entry};
use bailiwick_rpc::api::*;
use bailiwick_storage::{AuditPage, AuditReader, AuditSubject, Fault, Order, View};
use serde_bytes::ByteBuf;

use super::write::shown;
use super::{App, NoView};

/// Rows read at once: an import's has thousands of changes.
const BATCH_ROWS: usize = 32;
/// Rows that one question looks through; the cursor goes on behind them.
const LOOKED_MAX: usize = 4_096;
/// Changes shown of each entry of a page, and of a difference.
const PAGE_CHANGES: usize = 3;
const DIFF_CHANGES: usize = 200;
/// Bytes of changes in one answer: half a frame, so that the rest has room.
const ANSWER_BYTES: usize = bailiwick_rpc::limits::FRAME_BYTES_MAX / 2;
/// Entries between the two sides of a difference.
const DIFF_ENTRIES_MAX: u64 = 100_000;

/// Whether an entry is about an org: its own, or a change of the platform's catalogue alone, which is every
/// org's. The cluster's first entry has more in it, and is none's.
pub(super) fn concerns(row: &AuditRow, org: &OrgCode) -> bool {
    row.org.as_ref() == Some(org) || (!row.changes.is_empty() && row.changes.iter().all(|change| change.id() == Some(ObjectId::Platform)))
}

/// Which entries, with everything parsed.
struct Search {
    org: Option<OrgCode>,
    actor: Option<Actor>,
    object: Option<ObjectId>,
    since: Option<Tick>,
    until: Option<Tick>,
    cursor: Option<Revision>,
    order: Order,
    max: usize,
}

impl Search {
    fn parse(viewer: &Viewer, query: AuditQuery) -> Result<Self, ApiError> {
        let actor = query.actor.map(|id| id.parse::<CredentialId>().map(Actor::Credential)).transpose();
        let max = if query.max == 0 { AUDIT_PAGE_MAX } else { query.max.min(AUDIT_PAGE_MAX) };
        Ok(Self {
            org: match viewer.org() {
                Some(own) => Some(own.clone()),
                None => query.org,
            },
            actor: actor.map_err(|why| ApiError::new(ApiError::BAD_REQUEST, format!("the actor is a credential's id: {why}")))?,
            object: query.object,
            since: query.since,
            until: query.until,
            cursor: query.cursor,
            order: if query.oldest_first { Order::Up } else { Order::Down },
            max,
        })
    }

    /// What the rows are read by: the index that leaves the fewest, or all rows. What an org's owner sees is its own and
    /// what was done to the platform's catalogue.
    fn subjects(&self) -> Vec<AuditSubject> {
        let object = self.object.clone().map(AuditSubject::Object);
        let actor = || self.actor.clone().map(AuditSubject::Actor);
        match (object.or_else(actor), &self.org) {
            (Some(one), _) => vec![one],
            (None, Some(org)) => vec![AuditSubject::Org(org.clone()), AuditSubject::Object(ObjectId::Platform)],
            (None, None) => Vec::new(),
        }
    }

    /// The next rows, in order: of several subjects the nearest, each once.
    fn rows(&self, audit: &AuditReader, subjects: &[AuditSubject], page: AuditPage) -> Result<Vec<AuditRow>, Fault> {
        if subjects.is_empty() {
            return audit.page(page);
        }
        let mut found = BTreeMap::new();
        for subject in subjects {
            found.extend(audit.of(subject, page)?.into_iter().map(|row| (row.revision, row)));
        }
        let rows = found.into_values();
        Ok(match self.order {
            Order::Up => rows.take(page.max).collect(),
            Order::Down => rows.rev().take(page.max).collect(),
        })
    }

    fn wants(&self, row: &AuditRow) -> bool {
        self.org.as_ref().is_none_or(|org| concerns(row, org))
            && self.actor.as_ref().is_none_or(|actor| row.actor == *actor)
            && self.object.as_ref().is_none_or(|id| row.changes.iter().any(|c| c.id().as_ref() == Some(id)))
    }

    /// The revisions it can lie between, both included. Entries are in the order of their times.
    fn range(&self, audit: &AuditReader, floor: Revision, head: Revision) -> Result<(Revision, Revision), Fault> {
        let (mut low, mut high) = (floor, head);
        if let Some(since) = self.since {
            low = low.max(not_before(audit, floor, head, since)?);
        }
        if let Some(until) = self.until {
            high = high.min(Revision(not_before(audit, floor, head, until)?.0.saturating_sub(1)));
        }
        match (self.cursor, self.order) {
            (None, _) => {}
            (Some(cursor), Order::Up) => low = low.max(Revision(cursor.0.saturating_add(1))),
            (Some(cursor), Order::Down) => high = high.min(Revision(cursor.0.saturating_sub(1))),
        }
        Ok((low, high))
    }

    fn run(&self, audit: &AuditReader, viewer: &Viewer, view: &View) -> Result<AuditReply, Fault> {
        let head = view.revision;
        let floor = audit.floor()?.max(Revision(1));
        let (low, high) = self.range(audit, floor, head)?;
        let subjects = self.subjects();
        let mut reply = AuditReply { floor, revision: head, ..AuditReply::default() };
        let (mut looked, mut bytes) = (0, 0);
        let mut from = match self.order {
            Order::Up => low,
            Order::Down => high,
        };
        while low <= from && from <= high {
            let page = AuditPage { from, order: self.order, max: BATCH_ROWS };
            let rows = self.rows(audit, &subjects, page)?;
            let last_batch = rows.len() < BATCH_ROWS;
            for row in rows.iter().filter(|row| low <= row.revision && row.revision <= high) {
                looked += 1;
                if self.wants(row) && sees_entry(viewer, &view.state, row) {
                    let entry = self.entry_of(row);
                    bytes += entry.changes.iter().map(size).sum::<usize>();
                    reply.entries.push(entry);
                }
                if reply.entries.len() >= self.max || looked >= LOOKED_MAX || bytes >= ANSWER_BYTES {
                    let end = match self.order {
                        Order::Up => high,
                        Order::Down => low,
                    };
                    reply.next = (row.revision != end).then_some(row.revision);
                    return Ok(reply);
                }
            }
            let Some(last) = rows.last().filter(|_| !last_batch) else { break };
            from = match self.order {
                Order::Up => Revision(last.revision.0.saturating_add(1)),
                Order::Down => Revision(last.revision.0.saturating_sub(1)),
            };
        }
        Ok(reply)
    }

    /// An entry of a page: of its changes those about the object asked for, else the first.
    fn entry_of(&self, row: &AuditRow) -> AuditEntry {
        let about = |change: &&Change| self.object.is_none() || change.id() == self.object;
        let changes = row.changes.iter().filter(about).take(PAGE_CHANGES).cloned().map(shown).collect();
        AuditEntry { changes, ..bare(row) }
    }
}

/// The first revision whose entry is not before a moment; the one after the head if there is none.
fn not_before(audit: &AuditReader, floor: Revision, head: Revision, moment: Tick) -> Result<Revision, Fault> {
    let (mut low, mut high) = (floor.0, head.0.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let rows = audit.rows(Revision(middle), 1)?;
        if rows.first().is_some_and(|row| row.at < moment) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(Revision(low))
}

fn bare(row: &AuditRow) -> AuditEntry {
    AuditEntry {
        revision: row.revision,
        at: row.at,
        org: row.org.clone(),
        actor: match &row.actor {
            Actor::System => None,
            Actor::Credential(id) => Some(id.to_string()),
        },
        actor_label: row.actor_label.to_string(),
        request_id: row.request_id,
        job: row.job,
        reason: row.reason.as_deref().map(str::to_owned),
        command: row.command.to_string(),
        changes: Vec::new(),
        changes_total: row.changes.len() as u64,
        proposed: Proposed::of(row),
    }
}

/// Bytes of a change on the wire. Plain data into memory can't fail to be encoded; were it to, it would count as large.
fn size(change: &Change) -> usize {
    rmp_serde::to_vec_named(change).map_or(ANSWER_BYTES, |bytes| bytes.len())
}

/// As many changes, from the first, as one answer bears.
fn fitting(changes: impl IntoIterator<Item = Change>) -> Vec<Change> {
    let mut bytes = 0;
    let fits = |change: &Change| {
        bytes += size(change);
        bytes <= ANSWER_BYTES
    };
    changes.into_iter().map(shown).take_while(fits).collect()
}

/// What differs over a run of rows, oldest first: each object once, as it was before the first and after the last.
fn folded(rows: impl Iterator<Item = AuditRow>, org: &OrgCode, into: &mut BTreeMap<String, Change>) {
    for change in rows.flat_map(|row| row.changes).filter(|c| c.org() == Some(org)) {
        let Some(id) = change.id() else { continue };
        match into.entry(id.to_string()) {
            std::collections::btree_map::Entry::Vacant(vacant) => {
                vacant.insert(change);
            }
            std::collections::btree_map::Entry::Occupied(mut held) => held.get_mut().after = change.after,
        }
    }
}

/// Whether the sides differ in more than who touched them and when.
fn differs(change: &Change) -> bool {
    let blank = |object: &Option<Object>| {
        object.clone().map(|mut object| {
            *object.meta_mut() = Meta::default();
            object
        })
    };
    blank(&change.before) != blank(&change.after)
}

fn ended(error: tokio::task::JoinError) -> ApiError {
    ApiError::new(ApiError::UNAVAILABLE, format!("reading the audit ended early: {error}"))
}

fn faulty(fault: Fault) -> ApiError {
    ApiError::new(ApiError::UNAVAILABLE, fault.to_string())
}

impl App {
    /// The org that a question is about, if the viewer sees it.
    pub(super) fn org_asked(&self, viewer: &Viewer, org: Option<OrgCode>) -> Result<OrgCode, ApiError> {
        let Some(org) = org.or_else(|| viewer.org().cloned()) else {
            return Err(ApiError::new(ApiError::BAD_REQUEST, "name the org: this credential spans all"));
        };
        if viewer.sees_org(org.as_str()) && self.views.load().state.orgs.contains_key(&org) {
            Ok(org)
        } else {
            Err(ApiError::new(ApiError::NOT_FOUND, format!("org_unknown: there is no org `{org}`")))
        }
    }

    /// The same of what is asked of an org as a whole, which those alone are answered who see all of it.
    pub(super) fn whole_org(&self, viewer: &Viewer, org: Option<OrgCode>) -> Result<OrgCode, ApiError> {
        let org = self.org_asked(viewer, org)?;
        if viewer.sees_all(&self.views.load().state, org.as_str()) {
            return Ok(org);
        }
        Err(ApiError::new(ApiError::FORBIDDEN, format!("this is asked of `{org}` as a whole: its owners and platform operators may")))
    }

    /// A page of the audit.
    pub async fn audit(&self, viewer: &Viewer, query: AuditQuery) -> Result<AuditReply, ApiError> {
        if let (Some(asked), Some(own)) = (&query.org, viewer.org())
            && asked != own
        {
            return Err(ApiError::new(ApiError::NOT_FOUND, format!("org_unknown: there is no org `{asked}`")));
        }
        let view = self.choose(&query.at).await.map_err(NoView::into_api)?.view;
        let search = Search::parse(viewer, query)?;
        let (audit, viewer) = (self.audit.clone(), viewer.clone());
        tokio::task::spawn_blocking(move || search.run(&audit, &viewer, &view)).await.map_err(ended)?.map_err(faulty)
    }

    /// One entry with all that it changed, as far as it fits one answer.
    pub async fn audit_entry(&self, viewer: &Viewer, revision: Revision) -> Result<AuditEntry, ApiError> {
        let row = self.audit_row(viewer, revision).await?;
        Ok(AuditEntry { changes: fitting(row.changes.iter().cloned()), ..bare(&row) })
    }

    /// The command that would undo an entry. What it may not undo is refused when it is planned, not here.
    pub async fn inverse(&self, viewer: &Viewer, of: Revision) -> Result<ByteBuf, ApiError> {
        let row = self.audit_row(viewer, of).await?;
        let command = match plan::inverse(&row) {
            Command::Revert { of, changes } => Command::Revert { of, changes: changes.into_iter().map(shown).collect() },
            other => other,
        };
        let bytes = encode_command(&command)?;
        if bytes.len() > bailiwick_rpc::limits::FRAME_BYTES_MAX - 64 * 1024 {
            let message = format!("entry {of} is too large to be undone at once ({} bytes): put back what it changed in parts", bytes.len());
            return Err(ApiError::new(ApiError::BAD_REQUEST, message));
        }
        Ok(bytes)
    }

    /// Waits for a revision that is on its way; one that isn't made yet is said not to be there.
    async fn must_have(&self, revision: Revision) -> Result<(), ApiError> {
        if self.views.load().revision >= revision {
            return Ok(());
        }
        let newest = self.choose(&At::Linearizable).await.map_err(NoView::into_api)?.view.revision;
        if newest >= revision {
            return Ok(());
        }
        Err(ApiError::new(ApiError::NOT_FOUND, format!("there is no revision {revision} yet: the present one is {newest}")))
    }

    async fn audit_row(&self, viewer: &Viewer, revision: Revision) -> Result<AuditRow, ApiError> {
        self.must_have(revision).await?;
        let audit = self.audit.clone();
        let read = tokio::task::spawn_blocking(move || Ok((audit.rows(revision, 1)?.into_iter().next(), audit.floor()?)));
        let (row, floor) = read.await.map_err(ended)?.map_err(faulty)?;
        match row {
            Some(row) if row.revision == revision && sees_entry(viewer, &self.views.load().state, &row) => Ok(row),
            Some(_) | None if revision < floor && revision > Revision(0) => {
                Err(ApiError::new(ApiError::COMPACTED, format!("entry {revision} is no longer held: the first that is kept is {floor}")))
            }
            Some(_) | None => Err(ApiError::new(ApiError::NOT_FOUND, format!("there is no entry {revision}"))),
        }
    }

    /// What differs between two revisions of an org.
    pub async fn diff(&self, viewer: &Viewer, org: Option<OrgCode>, from: Revision, to: Revision) -> Result<DiffReply, ApiError> {
        let org = self.whole_org(viewer, org)?;
        let (low, high) = (from.min(to), from.max(to));
        if high.0 - low.0 > DIFF_ENTRIES_MAX {
            let message = format!("{} entries lie between {low} and {high}: at most {DIFF_ENTRIES_MAX} can be compared", high.0 - low.0);
            return Err(ApiError::new(ApiError::BAD_REQUEST, message));
        }
        self.must_have(high).await?;
        let (audit, about) = (self.audit.clone(), org.clone());
        let read = tokio::task::spawn_blocking(move || changes_between(&audit, &about, low, high));
        let changes = read.await.map_err(ended)?.map_err(faulty)?;
        let mut changes = changes.ok_or_else(|| NoView::Indeterminate(bailiwick_policy::decision::Reason::Compacted).into_api())?;
        if from > to {
            changes = changes.iter().map(Change::inverse).collect();
        }
        let mut reply = DiffReply { changes_total: changes.len() as u64, from, to, ..DiffReply::default() };
        if !changes.is_empty() {
            let before = self.state_of(from).await.map_err(NoView::into_api)?;
            let after = self.state_of(to).await.map_err(NoView::into_api)?;
            let compared = tokio::task::spawn_blocking(move || (impact(&before, &after, &changes), changes));
            let (impact, changes) = compared.await.map_err(ended)?;
            reply.impact = impact;
            reply.changes = fitting(changes.into_iter().take(DIFF_CHANGES));
        }
        Ok(reply)
    }
}

/// The changes of an org's entries after `low` up to `high`, one for each object; none if some are no longer held.
fn changes_between(audit: &AuditReader, org: &OrgCode, low: Revision, high: Revision) -> Result<Option<Vec<Change>>, Fault> {
    if audit.floor()? > Revision(low.0.saturating_add(1)) {
        return Ok(None);
    }
    let subject = AuditSubject::Org(org.clone());
    let mut changes = BTreeMap::new();
    let mut from = Revision(low.0.saturating_add(1));
    while from <= high {
        let rows = audit.of(&subject, AuditPage { from, order: Order::Up, max: BATCH_ROWS })?;
        let last = rows.last().map(|row| row.revision).filter(|_| rows.len() == BATCH_ROWS);
        folded(rows.into_iter().filter(|row| row.revision <= high), org, &mut changes);
        let Some(last) = last else { break };
        from = Revision(last.0.saturating_add(1));
    }
    Ok(Some(changes.into_values().filter(differs).collect()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bailiwick_policy::ids::RequestId;
    use bailiwick_policy::object::Zone;

    use super::*;

    fn zone(name: &str, by: &str) -> Object {
        let meta = Meta { updated_by: by.into(), ..Meta::default() };
        Object::Zone(Arc::new(Zone { org: "acme".parse().unwrap(), code: "north".parse().unwrap(), name: name.parse().unwrap(), parent: None, meta }))
    }

    fn row(revision: u64, org: Option<&str>, changes: Vec<Change>) -> AuditRow {
        AuditRow {
            revision: Revision(revision),
            at: Tick(revision),
            org: org.map(|org| org.parse().unwrap()),
            actor: Actor::System,
            actor_label: "cluster".into(),
            request_id: RequestId(u128::from(revision)),
            job: None,
            reason: None,
            command: "zone edit".into(),
            changes,
        }
    }

    fn change(before: Option<Object>, after: Option<Object>) -> Vec<Change> {
        vec![Change { before, after }]
    }

    #[test]
    fn a_difference_has_each_object_once_and_nothing_that_came_and_went() {
        let between = |rows: Vec<AuditRow>| {
            let mut changes = BTreeMap::new();
            folded(rows.into_iter(), &"acme".parse().unwrap(), &mut changes);
            changes.into_values().filter(differs).collect::<Vec<_>>()
        };
        let acme = Some("acme");
        let renamed = between(vec![
            row(1, acme, change(Some(zone("North", "ann")), Some(zone("N", "ann")))),
            row(2, acme, change(Some(zone("N", "ann")), Some(zone("The North", "bob")))),
        ]);
        assert_eq!(renamed, change(Some(zone("North", "ann")), Some(zone("The North", "bob"))));
        let there_and_back = between(vec![
            row(1, acme, change(Some(zone("North", "ann")), Some(zone("N", "ann")))),
            row(2, acme, change(Some(zone("N", "ann")), Some(zone("North", "bob")))),
        ]);
        assert_eq!(there_and_back, [], "who touched it last is no difference");
        let came_and_went = between(vec![row(1, acme, change(None, Some(zone("N", "ann")))), row(2, acme, change(Some(zone("N", "ann")), None))]);
        assert_eq!(came_and_went, []);
    }

    #[test]
    fn a_change_of_the_platforms_catalogue_concerns_every_org() {
        let org = "acme".parse().unwrap();
        let platform = change(None, Some(Object::Platform(Arc::default())));
        let rows = [row(1, Some("acme"), Vec::new()), row(2, Some("rival"), Vec::new()), row(3, None, Vec::new()), row(4, None, platform)];
        assert_eq!(rows.each_ref().map(|row| concerns(row, &org)), [true, false, false, true]);
    }
}
