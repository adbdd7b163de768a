//! A cluster of one state in memory: it plans, previews and executes with the real policy, and can be made to fail.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_policy::access::{Class, Grant, Levels};
use bailiwick_policy::command::*;
use bailiwick_policy::outcome::AuditRow;
use bailiwick_policy::execute::{Known, execute, outcome_of};
use bailiwick_policy::explain::explain;
use bailiwick_policy::ids::{RequestId, Revision, Tick};
use bailiwick_policy::object::Secret;
use bailiwick_policy::outcome::{Outcome, Rejection, RejectionCode};
use bailiwick_policy::preview::preview;
use bailiwick_policy::query;
use bailiwick_policy::state::State;
use bailiwick_policy::view::Viewer;
use bailiwick_rpc::api::*;

use crate::console::api::{Fault, Written};
use crate::console::effect::{Answer, Read};

/// The wall's clock of every test: 2026-11-22 05:00 UTC.
pub const WALL_MS: u64 = 1_795_323_600_000;
/// The org.
pub const ORG: &str = "harbour";

/// A cluster in memory.
#[derive(Clone)]
pub struct World {
    pub state: State,
    pub actor: Actor,
    pub viewer: Viewer,
    pub events: Vec<Event>,
    /// The audit.
    pub rows: Vec<AuditRow>,
    /// The first revision that the audit still has.
    pub floor: Revision,
    /// Calls that were refused.
    pub denied: Vec<DenyRow>,
    /// Requests that arrived, in order.
    pub arrived: Vec<SubmitRequest>,
    /// Changes of members that arrived, in order.
    pub members: Vec<MemberChangeRequest>,
    /// What reads say instead of an answer.
    pub down: Option<Fault>,
    /// Nodes that don't answer.
    pub dead: Vec<u64>,
    /// How often the nodes were asked how they are: each time they have answered more.
    asked: std::cell::Cell<u64>,
    made: u128,
}

impl World {
    /// A cluster with nothing in it but its first operator.
    pub fn bare() -> Self {
        let mut state = State::default();
        let init = Command::InitCluster { cluster: "test".into(), operator: Secret::CertificateFingerprint([7; 32]) };
        let envelope = envelope(Actor::System, RequestId(u128::from(WALL_MS) << 80 | 1), init);
        let _made = execute(&mut state, &envelope);
        let id = state.credentials.keys().next().expect("the first operator").clone();
        let viewer = Viewer::of_credential(&state, &id).expect("it lets in");
        Self {
            state,
            actor: Actor::Credential(id),
            viewer,
            events: Vec::new(),
            rows: Vec::new(),
            floor: Revision(1),
            denied: Vec::new(),
            arrived: Vec::new(),
            members: Vec::new(),
            down: None,
            dead: Vec::new(),
            asked: std::cell::Cell::new(0),
            made: 1,
        }
    }

    /// A retailer: four zones, 212 stores with three tills each, eight resources, three groups of its own.
    pub fn retailer() -> Self {
        let mut world = Self::bare();
        let org: bailiwick_policy::ids::OrgCode = ORG.parse().expect("a code");
        let name = |text: &str| text.parse().expect("a name");
        world.must(Command::CreateOrg { org: org.clone(), name: name("Harbour & Vale"), owner: "ines".parse().expect("an id"), owner_name: name("Ines Marlow") });
        world.must(Command::SetDefault { org: org.clone(), group: Some("POS".into()), observe: false });
        let zones = [("north", "North of England"), ("east", "Eastern Counties"), ("south", "South and London"), ("west", "Wales and the West")];
        let rows = zones.iter().map(|(code, text)| ZoneRow { code: code.parse().expect("a code"), name: Some(name(text)), parent: Field::Keep });
        world.must(Command::PutZones { org: org.clone(), mode: PutMode::Create, rows: rows.collect() });
        let concepts = [("flagship", "Flagship"), ("high-street", "High street"), ("outlet", "Outlet")];
        let rows = concepts.iter().map(|(code, text)| ConceptRow { code: code.parse().expect("a code"), name: Some(name(text)), parent: Field::Keep });
        world.must(Command::PutConcepts { org: org.clone(), mode: PutMode::Create, rows: rows.collect() });
        let endpoints = [
            ("GET", "/v2/customers/{id}", "Customer", Class::Data), ("POST", "/v2/customers", "Customer", Class::Data),
            ("PUT", "/v2/customers/{id}", "Customer", Class::Data), ("GET", "/v2/points/{id}", "Points", Class::Data),
            ("POST", "/v2/points/{id}/redeem", "Points", Class::Data), ("GET", "/v2/coupons/{code}", "Coupon", Class::Data),
            ("POST", "/v2/coupons/{code}/redeem", "Coupon", Class::Data), ("GET", "/v2/series", "Coupon", Class::Config),
            ("POST", "/v2/series", "Coupon", Class::Config), ("GET", "/v2/products/{sku}", "Product", Class::Data),
            ("PUT", "/v2/products/{sku}", "Product", Class::Config), ("GET", "/v2/stores/{code}", "Store", Class::Data),
            ("POST", "/v2/transactions", "Transaction", Class::Data), ("GET", "/v2/templates", "Template", Class::Config),
            ("PUT", "/v2/templates/{id}", "Template", Class::Config), ("POST", "/v2/otp", "OTP", Class::Data),
        ];
        let rows = endpoints.iter().map(|(method, path, resource, class)| EndpointRow {
            resource: Field::To(resource.parse().expect("a resource")),
            class: Some(*class),
            ..EndpointRow::new(*method, *path)
        });
        world.must(Command::PutEndpoints { org: org.clone(), mode: PutMode::Import, rows: rows.collect() });
        let towns = ["Whitby", "Scarborough", "York", "Leeds", "Norwich", "Ipswich", "Brighton", "Dover", "Cardiff", "Swansea"];
        let streets = ["Church Street", "Station Square", "Market Place", "Quayside"];
        let mut stores = Vec::new();
        let mut tills = Vec::new();
        for n in 1..=212usize {
            let zone = zones[n % 4].0;
            let code: bailiwick_policy::ids::StoreCode = format!("{zone}-{n}").parse().expect("a code");
            let mut row = StoreRow::new(code.clone());
            row.name = Some(name(&format!("{} {}", towns[n % 10], streets[n % 4])));
            row.zone = Field::To(zone.parse().expect("a zone"));
            row.concept = Field::To(concepts[n % 3].0.parse().expect("a concept"));
            stores.push(row);
            for t in 1..=3 {
                tills.push(TillRow { store: code.clone(), code: format!("t{t}").parse().expect("a code"), name: Field::To(name(&format!("Front till {t}"))) });
            }
        }
        world.must(Command::PutStores { org: org.clone(), mode: PutMode::Create, rows: stores });
        world.must(Command::PutTills { org: org.clone(), mode: PutMode::Create, rows: tills });
        let grant = |resource: &str, class, levels| Grant { resource: resource.parse().expect("a resource"), class, levels, narrow: None };
        let groups: [(&str, &str, Vec<Grant>); 3] = [
            ("Self-checkout", "Unattended tills: sells, reads customers and products, redeems coupons; opens no accounts.", vec![
                grant("Customer", Class::Data, Levels::R), grant("Coupon", Class::Data, Levels::all()), grant("Product", Class::Data, Levels::R), grant("Transaction", Class::Data, Levels::W),
            ]),
            ("Click and collect", "Hand-over of orders placed online.", vec![grant("Customer", Class::Data, Levels::R), grant("OTP", Class::Data, Levels::W)]),
            ("Pop-up", "", vec![grant("Transaction", Class::Data, Levels::W), grant("Coupon", Class::Config, Levels::R)]),
        ];
        for (title, description, grants) in groups {
            world.must(Command::CreateGroup { org: org.clone(), name: name(title), description: description.into(), grants });
        }
        let some = |from: usize| (from..=212).step_by(20).map(move |n| format!("{}-{n}", zones[n % 4].0).parse().expect("a code"));
        world.must(Command::Allocate { org: org.clone(), stores: some(4).collect(), tills: Vec::new(), group: Some("Self-checkout".into()), observe: false });
        world.must(Command::Allocate { org, stores: some(7).collect(), tills: Vec::new(), group: Some("Admin".into()), observe: false });
        world
    }

    /// Makes a change that is known to be lawful.
    pub fn must(&mut self, command: Command) {
        match self.execute(command) {
            Outcome::Committed { .. } => {}
            Outcome::Rejected(no) => panic!("the test's own world is unlawful: {no}"),
        }
    }

    /// Makes a change, as somebody else would.
    pub fn execute(&mut self, command: Command) -> Outcome {
        let id = self.new_id();
        self.run(id, command, Vec::new())
    }

    pub fn new_id(&mut self) -> RequestId {
        self.made += 1;
        RequestId(u128::from(WALL_MS) << 80 | self.made)
    }

    fn run(&mut self, id: RequestId, command: Command, reads: Vec<(bailiwick_policy::ids::ObjectId, Revision)>) -> Outcome {
        let mut envelope = envelope(self.actor.clone(), id, command);
        envelope.reads = reads;
        let done = execute(&mut self.state, &envelope);
        if let Some(row) = done.row {
            self.rows.push(row.clone());
            let all: Vec<String> = row.changes.iter().filter_map(|c| c.id()).map(|id| id.to_string()).collect();
            self.events.push(Event {
                revision: row.revision,
                at: row.at,
                org: row.org,
                actor: row.actor_label.to_string(),
                command: row.command.to_string(),
                reason: None,
                objects_total: all.len() as u64,
                objects: all.into_iter().take(20).collect(),
            });
        }
        done.outcome
    }

    fn receipt(&self, revision: Revision) -> Receipt {
        Receipt::new("test", 1, revision)
    }

    /// A write arrives.
    pub fn submit(&mut self, request: SubmitRequest) -> Written {
        self.arrived.push(request.clone());
        let command = decode_command(&request.command).expect("the console encodes what we decode");
        if let Some(expect) = &request.expect {
            let now = self.preview(std::slice::from_ref(&command));
            let known = self.state.requests.contains_key(&request.request_id);
            if !known && now.digest != *expect {
                return Written::Rejected(RejectionBody {
                    code: RejectionCode::Conflict.as_str().to_owned(),
                    message: "the impact differs from what was previewed: preview it again".to_owned(),
                    ..RejectionBody::default()
                });
            }
        }
        written(self.run(request.request_id, command, request.reads), |revision| self.receipt(revision))
    }

    /// What became of a request.
    pub fn outcome(&self, id: RequestId) -> OutcomeReply {
        match outcome_of(&self.state, &self.actor, id) {
            Known::NotApplied => OutcomeReply::NotApplied,
            Known::Expired => OutcomeReply::Expired,
            Known::Applied(outcome) => OutcomeReply::Known(match written(outcome, |revision| self.receipt(revision)) {
                Written::Committed { receipt, revision, changed, warnings } => SubmitReply::Committed { receipt, revision, changed, warnings },
                Written::Rejected(body) => SubmitReply::Rejected(body),
                Written::Unknown { message } => SubmitReply::Unknown { message },
                Written::Failed(fault) => panic!("an outcome is no failure: {fault}"),
            }),
        }
    }

    fn preview(&self, commands: &[Command]) -> PreviewReply {
        let result = preview(&self.state, &self.actor, commands, Tick(WALL_MS), true);
        PreviewReply {
            revision: self.state.revision,
            rejected: result.rejected.map(|(at, no)| (at, body(no))),
            changes_total: result.changes.len() as u64,
            changes: result.changes.into_iter().take(200).collect(),
            digest: format!("{:?}", result.impact),
            impact: result.impact,
            reads: result.reads,
            warnings: result.warnings.iter().map(ToString::to_string).collect(),
        }
    }

    /// A read arrives. None is a long poll that nothing has come for.
    pub fn answer(&self, read: &Read) -> Option<Result<Answer, Fault>> {
        if let Some(fault) = &self.down {
            return Some(Err(fault.clone()));
        }
        let unseen = || Fault::new(ApiError::NOT_FOUND, "no such object");
        Some(Ok(match read {
            Read::WhoAmI => Answer::WhoAmI(WhoAmI { credential: "op".into(), label: "operator".into(), kind: "operator".into(), cluster: "test".into(), node: 1, ..WhoAmI::default() }),
            Read::List(query, _) => Answer::List(self.list(query)),
            Read::ListAll(query, _, most) => {
                let mut query = query.clone();
                query.limit = 1_000;
                let window = query::list(&self.state, &self.viewer, &query);
                Answer::ListAll(window.items.into_iter().take(*most).collect(), window.more_after)
            }
            Read::Get(id, _) => match query::item(&self.state, &self.viewer, id) {
                Some(item) => Answer::Get(GetReply { item, revision: self.state.revision, staleness_ms: 40 }),
                None => return Some(Err(unseen())),
            },
            Read::Watch(request) => {
                let from = request.from.unwrap_or(self.state.revision);
                let events: Vec<Event> = self.events.iter().filter(|e| e.revision > from).take(request.max).cloned().collect();
                let next = events.last()?.revision;
                Answer::Watch(WatchReply { events, next, compacted: None })
            }
            Read::Status => Answer::Status(self.status()),
            Read::Preview(request) => {
                let commands: Vec<Command> = request.commands.iter().map(|c| decode_command(c).expect("it decodes")).collect();
                Answer::Preview(self.preview(&commands))
            }
            Read::Audit(query) => Answer::Audit(self.audit(query)),
            Read::AuditEntry(revision) => match self.row_of(*revision) {
                Ok(row) => Answer::AuditEntry(Box::new(self.entry(row, usize::MAX))),
                Err(fault) => return Some(Err(fault)),
            },
            Read::Inverse(of) => match self.inverse(*of) {
                Ok(command) => Answer::Inverse(command),
                Err(fault) => return Some(Err(fault)),
            },
            Read::Denies(request) => Answer::Denies(self.denies(request)),
            Read::GetAll(ids, _) => {
                Answer::GetAll(ids.iter().map(|id| (id.clone(), query::item(&self.state, &self.viewer, id))).collect())
            }
            Read::Members(request) => match self.clone().change_members(request) {
                Ok(reply) => Answer::Members(reply),
                Err(fault) => return Some(Err(fault)),
            },
            Read::Explain(request) => {
                let subject = bailiwick_policy::decision::Subject::parse(&request.subject).expect("the form checks subjects");
                let question = bailiwick_policy::decision::Request::call(ORG, subject, &request.action, &request.resource);
                let explanation = explain(&self.state, &question);
                let verdict = explanation.reason.verdict();
                Answer::Explain(ExplainReply {
                    reply: CheckReply {
                        decision: verdict.as_str().to_owned(),
                        code: verdict.code(),
                        reason: explanation.reason.as_str().to_owned(),
                        obligations: Vec::new(),
                        revision: self.state.revision,
                        staleness_ms: 40,
                        would_deny: explanation.would_deny.map(|reason| reason.as_str().to_owned()),
                        ..CheckReply::default()
                    },
                    explanation: Some(explanation),
                })
            }
        }))
    }

    fn entry(&self, row: &AuditRow, most: usize) -> AuditEntry {
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
            reason: row.reason.as_ref().map(|reason| reason.to_string()),
            command: row.command.to_string(),
            changes: row.changes.iter().take(most).cloned().collect(),
            changes_total: row.changes.len() as u64,
            proposed: None,
        }
    }

    fn audit(&self, query: &AuditQuery) -> AuditReply {
        let lets = |row: &&AuditRow| {
            row.revision >= self.floor
                && query.org.as_ref().is_none_or(|org| row.org.as_ref() == Some(org))
                && query.actor.as_ref().is_none_or(|actor| matches!(&row.actor, Actor::Credential(id) if id.as_str() == actor))
                && query.object.as_ref().is_none_or(|object| row.changes.iter().any(|change| change.id().as_ref() == Some(object)))
                && query.since.is_none_or(|since| row.at >= since)
                && query.cursor.is_none_or(|cursor| row.revision < cursor)
        };
        let mut found: Vec<AuditEntry> = self.rows.iter().rev().filter(lets).take(query.max + 1).map(|row| self.entry(row, 3)).collect();
        let more = found.len() > query.max;
        found.truncate(query.max);
        let next = found.last().filter(|_| more).map(|entry| entry.revision);
        AuditReply { entries: found, next, floor: self.floor, revision: self.state.revision }
    }

    fn row_of(&self, revision: Revision) -> Result<&AuditRow, Fault> {
        let found = self.rows.iter().find(|row| row.revision == revision && revision >= self.floor);
        let missing = || Fault::new(ApiError::COMPACTED, format!("the audit begins at r{}", self.floor));
        found.ok_or_else(missing)
    }

    fn inverse(&self, of: Revision) -> Result<serde_bytes::ByteBuf, Fault> {
        let changes = self.row_of(of)?.changes.iter().rev().map(|change| change.inverse()).collect();
        Ok(encode_command(&Command::Revert { of, changes }).expect("it encodes"))
    }

    fn denies(&self, request: &DeniesRequest) -> DeniesReply {
        let lets = |row: &&DenyRow| [&row.subject, &row.path, &row.reason, &row.method].iter().any(|field| field.contains(&request.text));
        let rows = self.denied.iter().filter(lets).take(request.max).cloned().collect();
        let alive: Vec<u64> = [1, 2, 3].into_iter().filter(|id| !self.dead.contains(id)).collect();
        DeniesReply { rows, answered_by: alive, silent: self.dead.clone(), since: Tick(WALL_MS - 3_600_000), dropped: 0 }
    }

    /// A till calls: what is refused, or only let through by observing, is counted.
    pub fn call(&mut self, till: &str, method: &str, path: &str, count: u64) {
        let subject = bailiwick_policy::decision::Subject::Till(till);
        let explanation = explain(&self.state, &bailiwick_policy::decision::Request::call(ORG, subject, method, path));
        let observed = explanation.would_deny.is_some();
        let reason = explanation.would_deny.unwrap_or(explanation.reason);
        if observed || reason.verdict() == bailiwick_policy::decision::Verdict::Deny {
            self.denied.push(DenyRow {
                subject: subject.to_string(),
                method: method.to_owned(),
                path: path.to_owned(),
                reason: reason.as_str().to_owned(),
                observed,
                count,
                first: Tick(WALL_MS - 1_800_000),
                last: Tick(WALL_MS - 4_000),
            });
        }
    }

    /// A change of members arrives. It is taken as asked: the rules are a node's.
    pub fn change_members(&mut self, request: &MemberChangeRequest) -> Result<MemberChangeReply, Fault> {
        if let Some(fault) = &self.down {
            return Err(fault.clone());
        }
        self.members.push(request.clone());
        let before = MemberSets { voters: vec![1, 2, 3], learners: Vec::new() };
        let mut after = before.clone();
        let node = match &request.change {
            MemberChange::Add { id, .. } => {
                after.learners.push(*id);
                *id
            }
            MemberChange::Promote { id } => {
                after.voters.push(*id);
                *id
            }
            MemberChange::Remove { id } => {
                after.voters.retain(|voter| voter != id);
                *id
            }
            MemberChange::Transfer { to } => to.unwrap_or(3),
        };
        let lines = vec![format!("{} voters → {} voters", before.voters.len(), after.voters.len())];
        Ok(MemberChangeReply { done: !request.dry_run, changed: true, node, before, after, lines })
    }

    fn list(&self, query: &bailiwick_policy::query::ListQuery) -> ListReply {
        ListReply { window: query::list(&self.state, &self.viewer, query), revision: self.state.revision, staleness_ms: 40 }
    }

    fn status(&self) -> ClusterStatus {
        let asked = self.asked.get();
        self.asked.set(asked + 1);
        // A swell, so that the bars show something.
        let swell: u64 = (0..asked).map(|n| 300 + n % 7 * 90).sum();
        let member = |id: u64| Member { id, peer: format!("127.0.0.1:71{id:02}"), client: format!("127.0.0.1:70{id:02}"), role: "voter".into() };
        let node = |id: u64| {
            if self.dead.contains(&id) {
                return NodeStatus { id, error: Some("connection refused".into()), role: "voter".into(), ..NodeStatus::default() };
            }
            let applied = self.state.revision.0 + 41;
            NodeStatus {
                id,
                client: format!("127.0.0.1:70{id:02}"),
                error: None,
                cluster: "test".into(),
                state: if id == 2 { "leader" } else { "follower" }.into(),
                role: "voter".into(),
                term: 4,
                leader: Some(2),
                last_log: applied,
                committed: applied,
                applied: applied - u64::from(id == 3) * 2,
                persisted: applied - 3,
                snapshot: 0,
                purged: 0,
                revision: self.state.revision,
                staleness_ms: Some(40 + id * 7),
                staleness_bound_ms: 5_000,
                read_index_us: 180 + id * 15,
                uptime_s: 7_320,
                version: "0.1.0".into(),
                decisions: BTreeMap::from([("permit_group".to_owned(), 51_000 * id + swell), ("permit_default_group".to_owned(), 912_000), ("needs_write".to_owned(), 3_100 + asked * 4)]),
                writes: if id == 2 { 1_204 } else { 0 },
                write_p50_us: if id == 2 { 1_140 } else { 0 },
                write_p99_us: if id == 2 { 4_870 } else { 0 },
                disk_free_bytes: 41_200_000_000,
                resident_bytes: 88_000_000,
                history_hash: if id == 3 { "77b0".repeat(16) } else { "c4e1".repeat(16) },
                content_hash: None,
                members: vec![member(1), member(2), member(3)],
                alarms: Vec::new(),
            }
        };
        ClusterStatus { answered_by: 1, nodes: vec![node(1), node(2), node(3)], ..ClusterStatus::default() }
    }
}

fn envelope(actor: Actor, request_id: RequestId, command: Command) -> Envelope {
    Envelope { request_id, actor, proposed_at: Tick(WALL_MS - 60_000), reads: Vec::new(), reason: None, job: None, command }
}

fn body(no: Rejection) -> RejectionBody {
    RejectionBody {
        code: no.code.as_str().to_owned(),
        message: no.message.to_string(),
        examples: no.examples.iter().map(Arc::<str>::to_string).collect(),
        count: no.count,
    }
}

fn written(outcome: Outcome, receipt: impl Fn(Revision) -> Receipt) -> Written {
    match outcome {
        Outcome::Committed { revision, changed, warnings } => {
            Written::Committed { receipt: receipt(revision), revision, changed, warnings: warnings.iter().map(ToString::to_string).collect() }
        }
        Outcome::Rejected(no) => Written::Rejected(body(no)),
    }
}
