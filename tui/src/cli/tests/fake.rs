//! A cluster in memory: the real `plan`, `list` and `explain` over one state, and faults at will.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use bailiwick_policy::command::{Actor, Command, Envelope};
use bailiwick_policy::decision::{Ask, Request, Subject};
use bailiwick_policy::execute::execute;
use bailiwick_policy::explain::explain;
use bailiwick_policy::ids::{CredentialId, ObjectId, OrgCode, RequestId, Revision, Tick};
use bailiwick_policy::index::Index;
use bailiwick_policy::object::{CredentialKind, Secret};
use bailiwick_policy::outcome::{AuditRow, Outcome, Rejection};
use bailiwick_policy::query::{ListQuery, item, list};
use bailiwick_policy::state::State;
use bailiwick_policy::view::Viewer;
use bailiwick_policy::whatcan::{WhatCan, what_can};
use bailiwick_policy::whoami::whoami as holdings;
use bailiwick_policy::{impact, lint, plan, preview, suggest, whocan};
use bailiwick_rpc::api::*;

use crate::cli::api::{Api, CallFault, Written};

/// The clock of the fake: ids are made at it, so none is too old or ahead.
const NOW: u64 = 1_700_000_000_000;

/// A cluster in memory.
pub struct Fake {
    pub state: RefCell<State>,
    /// What the next writes come to, instead of what the rules say.
    pub writes: RefCell<VecDeque<Option<Written>>>,
    /// What the next other calls come to.
    pub faults: RefCell<VecDeque<CallFault>>,
    /// Changes of members that were asked for.
    pub members: RefCell<Vec<MemberChangeRequest>>,
    /// The audit.
    pub rows: RefCell<Vec<AuditRow>>,
    /// What the deny feed says next.
    pub denies: RefCell<VecDeque<Result<DeniesReply, CallFault>>>,
    /// Every id that was submitted.
    pub ids: RefCell<Vec<RequestId>>,
    /// Folder of job files.
    pub jobs: tempfile::TempDir,
    actor: CredentialId,
    next: Cell<u128>,
}

impl Fake {
    /// An empty cluster with its first operator.
    pub fn empty() -> Self {
        let fake = Self {
            state: RefCell::default(),
            writes: RefCell::default(),
            faults: RefCell::default(),
            members: RefCell::default(),
            rows: RefCell::default(),
            denies: RefCell::default(),
            ids: RefCell::default(),
            jobs: tempfile::tempdir().expect("a folder"),
            actor: "first-operator".parse().expect("an id"),
            next: Cell::new(1 << 40),
        };
        let command = Command::InitCluster { cluster: "c".into(), operator: Secret::TokenHash([1; 32]) };
        fake.execute(Actor::System, fake.new_request_id(), command);
        let operator = fake.state.borrow().credentials.keys().next().cloned();
        Self { actor: operator.expect("the first operator"), ..fake }
    }

    /// Org `acme` with zones, a concept, three stores, a till and one endpoint; POS is its default.
    pub fn acme() -> Self {
        let fake = Self::empty();
        for line in [
            "org create acme --name Acme --owner ada",
            "--org acme zone create north --name North",
            "--org acme zone create east --name East",
            "--org acme concept create quayside --name Quayside",
            "--org acme default set POS",
            "--org acme resource create Customer",
            "--org acme endpoint create POST /v2/customers --resource Customer",
            "--org acme endpoint create DELETE /v2/customers/{id} --resource Customer",
            "--org acme store create north-7 --name Hexham --zone north",
            "--org acme store create north-8 --name Alnwick --zone north",
            "--org acme store create east-1 --name Cromer --zone east",
            "--org acme till create north-7/t1",
        ] {
            let seen = super::bailiwick(&fake, line);
            assert_eq!(seen.exit, super::Exit::Done, "{line}: {}", seen.stderr);
        }
        fake.ids.borrow_mut().clear();
        fake
    }

    /// The same cluster, called by another.
    pub fn acting_as(self, actor: CredentialId) -> Self {
        Self { actor, ..self }
    }

    fn viewer(&self) -> Viewer {
        Viewer::of_credential(&self.state.borrow(), &self.actor).expect("the operator")
    }

    fn execute(&self, actor: Actor, request_id: RequestId, command: Command) -> Outcome {
        self.execute_for(actor, request_id, command, None)
    }

    fn execute_for(&self, actor: Actor, request_id: RequestId, command: Command, reason: Option<&str>) -> Outcome {
        let reason = reason.map(std::sync::Arc::from);
        let envelope = Envelope { request_id, actor, proposed_at: Tick(NOW), reads: Vec::new(), reason, job: None, command };
        let executed = execute(&mut self.state.borrow_mut(), &envelope);
        self.rows.borrow_mut().extend(executed.row);
        executed.outcome
    }

    fn fails(&self) -> Result<(), CallFault> {
        self.faults.borrow_mut().pop_front().map_or(Ok(()), Err)
    }

    fn row(&self, revision: Revision) -> Result<AuditRow, CallFault> {
        let missing = || CallFault::Api(ApiError::new(ApiError::NOT_FOUND, format!("there is no entry {revision}")));
        self.rows.borrow().iter().find(|row| row.revision == revision).cloned().ok_or_else(missing)
    }

    fn revision(&self) -> Revision {
        self.state.borrow().revision
    }
}

fn body(rejection: &Rejection) -> RejectionBody {
    RejectionBody {
        code: rejection.code.as_str().to_owned(),
        message: rejection.message.to_string(),
        examples: rejection.examples.iter().map(ToString::to_string).collect(),
        count: rejection.count,
    }
}

fn change_sets(sets: &mut MemberSets, change: &MemberChange) {
    match change {
        MemberChange::Add { id, .. } => sets.learners.push(*id),
        MemberChange::Promote { id } if sets.voters.contains(id) => {}
        MemberChange::Promote { id } => {
            sets.learners.retain(|learner| learner != id);
            sets.voters.push(*id);
        }
        MemberChange::Remove { id } => sets.voters.retain(|voter| voter != id),
        MemberChange::Transfer { .. } => {}
    }
}

/// Of the same impact the same, and short enough for a word.
fn digest(impact: &bailiwick_policy::impact::Impact) -> String {
    let bytes: Vec<u8> = impact.lines().join("|").into_bytes();
    format!("{:x}", bytes.iter().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte))))
}

fn entry(row: &AuditRow) -> AuditEntry {
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
        changes: row.changes.clone(),
        changes_total: row.changes.len() as u64,
        proposed: Proposed::of(row),
    }
}

impl Api for Fake {
    async fn check(&self, request: CheckRequest) -> Result<CheckReply, CallFault> {
        self.explain(request).await.map(|explained| explained.reply)
    }

    async fn explain(&self, request: CheckRequest) -> Result<ExplainReply, CallFault> {
        self.fails()?;
        let state = self.state.borrow();
        let org = request.org.clone().unwrap_or_else(|| "acme".to_owned());
        let bad = |why: String| CallFault::Api(ApiError::new(ApiError::BAD_REQUEST, why));
        let subject = Subject::parse(&request.subject).map_err(bad)?;
        let ask = Ask::parse(&request.action, &request.resource).map_err(bad)?;
        let explanation = explain(&state, &Request { org: &org, subject, ask, context: request.context.read() });
        let verdict = explanation.reason.verdict();
        let reply = CheckReply {
            decision: verdict.as_str().to_owned(),
            code: verdict.code(),
            reason: explanation.reason.as_str().to_owned(),
            obligations: explanation.obligations.names().map(str::to_owned).collect(),
            places: explanation.places.iter().map(ToString::to_string).collect(),
            revision: state.revision,
            staleness_ms: 3,
            would_deny: explanation.would_deny.map(|reason| reason.as_str().to_owned()),
        };
        Ok(ExplainReply { reply, explanation: Some(explanation) })
    }

    async fn submit(&self, request: SubmitRequest) -> Written {
        self.ids.borrow_mut().push(request.request_id);
        if let Some(Some(written)) = self.writes.borrow_mut().pop_front() {
            return written;
        }
        let command = decode_command(&request.command).expect("a command");
        let actor = Actor::Credential(self.actor.clone());
        if let Some(expect) = &request.expect {
            let preview = preview::preview(&self.state.borrow(), &actor, std::slice::from_ref(&command), Tick(NOW), true);
            if preview.rejected.is_none() && digest(&preview.impact) != *expect {
                return Written::Rejected(RejectionBody { code: "conflict".to_owned(), ..RejectionBody::default() });
            }
        }
        match self.execute_for(actor, request.request_id, command, request.reason.as_deref()) {
            Outcome::Committed { revision, changed, warnings } => Written::Committed {
                receipt: Receipt::new("c", 1, revision),
                revision,
                changed,
                warnings: warnings.iter().map(ToString::to_string).collect(),
            },
            Outcome::Rejected(rejection) => Written::Rejected(body(&rejection)),
        }
    }

    async fn preview(&self, request: PreviewRequest) -> Result<PreviewReply, CallFault> {
        self.fails()?;
        let commands: Vec<Command> = request.commands.iter().map(|bytes| decode_command(bytes).expect("a command")).collect();
        let actor = Actor::Credential(self.actor.clone());
        let preview = preview::preview(&self.state.borrow(), &actor, &commands, Tick(NOW), !request.without_impact);
        let digest = digest(&preview.impact);
        Ok(PreviewReply {
            revision: self.revision(),
            rejected: preview.rejected.as_ref().map(|(place, rejection)| (*place, body(rejection))),
            changes_total: preview.changes.len() as u64,
            changes: preview.changes,
            impact: preview.impact,
            digest,
            reads: preview.reads,
            warnings: preview.warnings.iter().map(ToString::to_string).collect(),
        })
    }

    async fn faults(&self, command: &Command) -> Result<(Revision, Vec<RowFault>), CallFault> {
        self.fails()?;
        let faults = plan::faults(&self.state.borrow(), command);
        let on_wire = |f: plan::RowFault| RowFault { row: f.row as u64, column: f.column.to_owned(), cause: f.cause };
        Ok((self.revision(), faults.into_iter().map(on_wire).collect()))
    }

    async fn whoami(&self) -> Result<WhoAmI, CallFault> {
        self.fails()?;
        let state = self.state.borrow();
        let only: Option<OrgCode> = state.orgs.keys().next().cloned();
        Ok(WhoAmI {
            credential: self.actor.to_string(),
            label: "first operator".to_owned(),
            kind: match &self.viewer().kind {
                CredentialKind::Operator => "operator",
                CredentialKind::User { .. } => "user",
                CredentialKind::Application { .. } => "application",
                CredentialKind::EnforcementPoint { .. } | CredentialKind::Invitation { .. } => "other",
            }
            .to_owned(),
            org: only,
            user: None,
            application: None,
            until: None,
            cluster: "c".to_owned(),
            node: 1,
        })
    }

    async fn list(&self, query: ListQuery, _at: At) -> Result<ListReply, CallFault> {
        self.fails()?;
        let window = list(&self.state.borrow(), &self.viewer(), &query);
        Ok(ListReply { window, revision: self.revision(), staleness_ms: 3 })
    }

    async fn get(&self, id: ObjectId, _at: At) -> Result<GetReply, CallFault> {
        self.fails()?;
        let missing = || CallFault::Api(ApiError::new(ApiError::NOT_FOUND, format!("there is no `{id}`")));
        let item = item(&self.state.borrow(), &self.viewer(), &id).ok_or_else(missing)?;
        Ok(GetReply { item, revision: self.revision(), staleness_ms: 3 })
    }

    async fn watch(&self, request: WatchRequest) -> Result<WatchReply, CallFault> {
        self.fails()?;
        let next = Revision(request.from.map_or(self.revision().0, |from| from.0 + 1));
        let event = Event {
            revision: next,
            actor: "ada\u{1b}[2J".to_owned(),
            command: "allocate".to_owned(),
            objects: vec!["store:north-7".to_owned()],
            objects_total: 3,
            ..Event::default()
        };
        let events = if request.from.is_some() { vec![event] } else { Vec::new() };
        Ok(WatchReply { events, next, compacted: None })
    }

    async fn inverse(&self, of: Revision) -> Result<Command, CallFault> {
        self.fails()?;
        self.row(of).map(|row| plan::inverse(&row))
    }

    async fn audit(&self, query: AuditQuery) -> Result<AuditReply, CallFault> {
        self.fails()?;
        let rows = self.rows.borrow();
        let wanted = |row: &&AuditRow| {
            let behind = |cursor: Revision| if query.oldest_first { row.revision > cursor } else { row.revision < cursor };
            query.cursor.is_none_or(behind)
                && query.object.as_ref().is_none_or(|id| row.changes.iter().any(|c| c.id().as_ref() == Some(id)))
                && query.since.is_none_or(|since| row.at >= since)
                && query.until.is_none_or(|until| row.at < until)
        };
        let mut found: Vec<&AuditRow> = rows.iter().filter(wanted).collect();
        if !query.oldest_first {
            found.reverse();
        }
        // Pages are small here, so that whoever reads them goes on.
        let page: Vec<AuditEntry> = found.iter().take(query.max.clamp(1, 5)).map(|row| AuditEntry { changes: row.changes.iter().take(2).cloned().collect(), ..entry(row) }).collect();
        let next = page.last().map(|e| e.revision).filter(|_| found.len() > page.len());
        Ok(AuditReply { entries: page, next, floor: Revision(1), revision: self.revision() })
    }

    async fn audit_entry(&self, revision: Revision) -> Result<AuditEntry, CallFault> {
        self.fails()?;
        self.row(revision).map(|row| entry(&row))
    }

    async fn diff(&self, _org: Option<OrgCode>, from: Revision, to: Revision) -> Result<DiffReply, CallFault> {
        self.fails()?;
        let after = self.state.borrow().clone();
        let rows = self.rows.borrow();
        let changes: Vec<_> = rows.iter().filter(|row| row.revision > from && row.revision <= to).flat_map(|row| row.changes.clone()).collect();
        let mut before = after.clone();
        changes.iter().rev().for_each(|change| before.apply(&change.inverse()));
        let impact = impact::impact(&before, &after, &changes);
        Ok(DiffReply { changes_total: changes.len() as u64, changes, impact, from, to })
    }

    async fn denies(&self, _request: DeniesRequest) -> Result<DeniesReply, CallFault> {
        self.fails()?;
        self.denies.borrow_mut().pop_front().unwrap_or_else(|| Ok(DeniesReply::default()))
    }

    async fn suggest(&self, request: SuggestRequest) -> Result<SuggestReply, CallFault> {
        self.fails()?;
        let state = self.state.borrow();
        let org = state.orgs.values().next().expect("an org");
        let found = suggest::suggest(org, request.calls.iter().map(|(m, p, _)| (m.as_str(), p.as_str())), request.narrow);
        let mut reply = SuggestReply { grants: found.grants, revision: state.revision, ..SuggestReply::default() };
        for ((method, path, count), reason) in request.calls.into_iter().zip(found.left) {
            match reason {
                None => reply.covered += count,
                Some(reason) => reply.left.push((method, path, reason.as_str().to_owned(), count)),
            }
        }
        reply.left_total = reply.left.len() as u64;
        Ok(reply)
    }

    async fn lint(&self, _org: Option<OrgCode>) -> Result<LintReply, CallFault> {
        self.fails()?;
        let state = self.state.borrow();
        let findings = lint::all(&state, state.orgs.values().next().expect("an org"));
        let mut counts = std::collections::BTreeMap::new();
        findings.iter().for_each(|f| *counts.entry(f.code.to_string()).or_default() += 1);
        Ok(LintReply { findings, counts, revision: state.revision })
    }

    /// Pages of two, so that whoever reads them goes on.
    async fn who_can(&self, request: WhoCanRequest) -> Result<WhoCanReply, CallFault> {
        self.fails()?;
        let state = self.state.borrow();
        let index = Index::build(&state);
        let bad = |why: String| CallFault::Api(ApiError::new(ApiError::BAD_REQUEST, why));
        let org = request.org.as_ref().map_or("acme", |org| org.as_str());
        let ask = Ask::parse(&request.action, &request.resource).map_err(bad)?;
        let deed = whocan::Deed { org, ask, context: request.context.read() };
        let kind = request.kind.as_deref().map(|kind| serde_json::from_value(kind.into()).expect("a kind"));
        let page = whocan::PageOf { kind, after: request.cursor.map(Into::into), rows: if request.max == 0 { 2 } else { request.max.min(2) } };
        let found = whocan::who_can(&state, &index, &deed, &page).map_err(bad)?;
        let row = |able: &whocan::Able| AbleRow {
            subject: able.subject.to_string(),
            reason: able.decision.reason.as_str().to_owned(),
            obligations: able.decision.obligations.names().map(str::to_owned).collect(),
            ..AbleRow::default()
        };
        Ok(WhoCanReply {
            rows: found.rows.iter().map(row).collect(),
            next: found.next.map(|next| next.to_string()),
            totals: found.totals.iter().map(|(kind, count)| (format!("{kind:?}").to_lowercase(), *count)).collect(),
            revision: state.revision,
            staleness_ms: 3,
        })
    }

    async fn what_can(&self, request: WhatCanRequest) -> Result<WhatCanReply, CallFault> {
        self.fails()?;
        let state = self.state.borrow();
        let org = request.org.as_ref().map_or("acme", |org| org.as_str());
        let subject = Subject::parse(&request.subject).expect("a subject");
        let mut can = what_can(&state, &Index::build(&state), org, subject, request.context.read());
        if request.nodes {
            can = WhatCan { closed: can.closed, nodes: can.nodes, ..WhatCan::default() };
        }
        let total = (can.endpoints.len() + can.permissions.len() + can.scopes.len() + can.nodes.len() + can.privileges.len()) as u64;
        Ok(WhatCanReply { can, total, next: None, revision: state.revision, staleness_ms: 3 })
    }

    async fn holdings(&self, request: HoldingsRequest) -> Result<HoldingsReply, CallFault> {
        self.fails()?;
        let state = self.state.borrow();
        let subject = match &self.viewer().kind {
            CredentialKind::User { user, .. } if request.subject.is_empty() => format!("user:{user}"),
            CredentialKind::Application { application, .. } if request.subject.is_empty() => format!("application:{application}"),
            _named => request.subject,
        };
        let org = state.orgs.keys().next().expect("an org");
        let held = holdings(&state, org, Subject::parse(&subject).expect("a subject"));
        let missing = || CallFault::Api(ApiError::new(ApiError::NOT_FOUND, format!("there is no {subject}")));
        Ok(HoldingsReply { held: held.ok_or_else(missing)?, staleness_ms: 3 })
    }

    async fn effective_scopes(&self, request: ScopesRequest) -> Result<ScopesReply, CallFault> {
        self.fails()?;
        let state = self.state.borrow();
        let org = state.orgs.values().next().expect("an org");
        let user = request.subject.strip_prefix("user:").and_then(|id| org.users.get(id));
        let missing = || CallFault::Api(ApiError::new(ApiError::NOT_FOUND, format!("there is no {}", request.subject)));
        let held = bailiwick_policy::scopes::of_user(&state, org, user.ok_or_else(missing)?);
        let from: usize = request.cursor.as_deref().map_or(0, |cursor| cursor.parse().expect("a cursor"));
        let scopes: Vec<_> = held.iter().skip(from).take(2).cloned().collect();
        let next = (from + scopes.len() < held.len()).then(|| (from + scopes.len()).to_string());
        Ok(ScopesReply { scopes, total: held.len() as u64, next, revision: state.revision, staleness_ms: 3 })
    }

    async fn cluster_status(&self, hashes: bool) -> Result<ClusterStatus, CallFault> {
        self.fails()?;
        let node = |id: u64| NodeStatus { id, state: "follower".to_owned(), content_hash: hashes.then(|| "ab".repeat(32)), ..NodeStatus::default() };
        Ok(ClusterStatus { answered_by: 1, nodes: vec![node(1), node(2), NodeStatus { id: 3, error: Some("no answer".to_owned()), ..NodeStatus::default() }], quorum: "3 voters, 2 must agree; tolerates 1 failure".to_owned() })
    }

    /// Three voters, and whoever was added and promoted since.
    async fn change_members(&self, request: MemberChangeRequest) -> Result<MemberChangeReply, CallFault> {
        self.fails()?;
        let mut sets = MemberSets { voters: vec![1, 2, 3], learners: Vec::new() };
        let made: Vec<MemberChange> = self.members.borrow().iter().filter(|made| !made.dry_run).map(|made| made.change.clone()).collect();
        made.iter().for_each(|change| change_sets(&mut sets, change));
        self.members.borrow_mut().push(request.clone());
        let before = sets.clone();
        change_sets(&mut sets, &request.change);
        let (node, moves) = match request.change {
            MemberChange::Add { id, .. } | MemberChange::Promote { id } | MemberChange::Remove { id } => (id, false),
            MemberChange::Transfer { to } => (to.unwrap_or(2), true),
        };
        let changed = moves || before != sets;
        Ok(MemberChangeReply { done: !request.dry_run, changed, node, before, after: sets, lines: vec!["the fake did it".to_owned()] })
    }

    fn new_request_id(&self) -> RequestId {
        self.next.set(self.next.get() + (1 << 40));
        RequestId((u128::from(NOW) << 80) | self.next.get())
    }
}
