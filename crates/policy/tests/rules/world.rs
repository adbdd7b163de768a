//! A cluster built by commands only, with short words for what the tests ask of it.

use std::sync::Arc;

use bailiwick_policy::access::{Class, Grant, Level, Levels};
use bailiwick_policy::command::*;
use bailiwick_policy::decision::{Reason, Request, Subject};
use bailiwick_policy::execute::{Executed, execute};
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::outcome::{Outcome, Rejection, RejectionCode};
use bailiwick_policy::reference;
use bailiwick_policy::state::{OrgState, State};
use bailiwick_policy::view::Viewer;

/// Some moment after 2025, in milliseconds: ids are younger than a day from then on.
pub const START: u64 = 1_750_000_000_000;

pub fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a good id or name")
}

pub fn secret(byte: u8) -> Secret {
    Secret::TokenHash([byte; 32])
}

pub fn by(credential: &str) -> Actor {
    Actor::Credential(id(credential))
}

/// The first operator, whom the cluster's first entry makes.
pub fn operator() -> Actor {
    by("operator-1")
}

/// A request id made at a moment.
pub fn request(made_at: u64, number: u64) -> RequestId {
    RequestId((u128::from(made_at) << 80) | u128::from(number))
}

/// An envelope without reads, reason or job.
pub fn envelope(request_id: RequestId, actor: Actor, now: u64, command: Command) -> Envelope {
    Envelope { request_id, actor, proposed_at: Tick(now), reads: Vec::new(), reason: None, job: None, command }
}

/// A state, a clock and a counter of requests.
#[derive(Clone, Debug)]
pub struct World {
    pub state: State,
    pub now: u64,
    requests: u64,
}

impl World {
    /// Nothing has happened yet.
    pub fn empty() -> Self {
        Self { state: State::default(), now: START, requests: 0 }
    }

    /// The cluster has its first entry.
    pub fn new() -> Self {
        let mut world = Self::empty();
        world.ok_as(Actor::System, init());
        world
    }

    /// With orgs `acme` and `beta`, each with an owner `ann` and credentials `acme-ann`, `acme-gate` and so on.
    pub fn orgs() -> Self {
        let mut world = Self::new();
        for (number, org) in ["acme", "beta"].into_iter().enumerate() {
            let byte = 10 * (number as u8 + 1);
            world.ok(create_org(org));
            world.ok(credential(&format!("{org}-ann"), CredentialKind::User { org: id(org), user: id("ann") }, byte));
            world.ok(credential(&format!("{org}-gate"), CredentialKind::EnforcementPoint { org: id(org) }, byte + 1));
        }
        world
    }

    /// Acme with a small catalogue, POS as its default, and stores north-1, north-2 and south-1 with a till t1 each.
    pub fn acme() -> Self {
        let mut world = Self::orgs();
        world.ok(endpoints(&[
            ("GET", "/v2/customers", "Customer", Class::Data),
            ("POST", "/v2/customers", "Customer", Class::Data),
            ("GET", "/v2/points/{id}", "Points", Class::Data),
            ("POST", "/v2/points", "Points", Class::Data),
            ("GET", "/v2/stores", "Store", Class::Data),
            ("GET", "/v2/stores/config", "Store", Class::Config),
            ("PUT", "/v2/stores/config", "Store", Class::Config),
            ("GET", "/v2/webhooks", "Webhooks", Class::Data),
            ("DELETE", "/v2/webhooks/{id}", "Webhooks", Class::Data),
        ]));
        world.ok(default(Some("POS")));
        world.ok(stores(&["north-1", "north-2", "south-1"]));
        world.ok(tills(&[("north-1", "t1"), ("north-2", "t1"), ("south-1", "t1")]));
        world
    }

    /// Executes a command a second after the one before.
    pub fn try_as(&mut self, actor: Actor, command: Command) -> Executed {
        self.now += 1_000;
        self.requests += 1;
        let envelope = envelope(request(self.now, self.requests), actor, self.now, command);
        self.execute(&envelope)
    }

    pub fn execute(&mut self, envelope: &Envelope) -> Executed {
        execute(&mut self.state, envelope)
    }

    #[track_caller]
    fn done(&self, executed: Executed) -> Done {
        match executed.outcome {
            Outcome::Committed { changed, warnings, revision } => Done { changed, warnings, revision },
            Outcome::Rejected(rejection) => unreachable!("refused: {rejection}"),
        }
    }

    #[track_caller]
    pub fn ok_as(&mut self, actor: Actor, command: Command) -> Done {
        let executed = self.try_as(actor, command);
        self.done(executed)
    }

    /// An operator's command that is accepted.
    #[track_caller]
    pub fn ok(&mut self, command: Command) -> Done {
        self.ok_as(operator(), command)
    }

    /// Does it, and gives the entry of the audit.
    #[track_caller]
    pub fn ok_row(&mut self, command: Command) -> bailiwick_policy::outcome::AuditRow {
        let executed = self.try_as(operator(), command);
        executed.row.unwrap_or_else(|| unreachable!("it changed nothing: {:?}", executed.outcome))
    }

    #[track_caller]
    pub fn rejection_as(&mut self, actor: Actor, command: Command) -> Rejection {
        match self.try_as(actor, command.clone()).outcome {
            Outcome::Rejected(rejection) => rejection,
            Outcome::Committed { .. } => unreachable!("accepted: {command:?}"),
        }
    }

    #[track_caller]
    pub fn rejection(&mut self, command: Command) -> Rejection {
        self.rejection_as(operator(), command)
    }

    /// An operator's command that is refused.
    #[track_caller]
    pub fn no(&mut self, command: Command) -> RejectionCode {
        self.rejection(command).code
    }

    /// What `SUBJECT METHOD PATH` is answered in acme.
    #[track_caller]
    pub fn check(&self, line: &str) -> Reason {
        check_in(&self.state, "acme", line)
    }

    pub fn acme_state(&self) -> &OrgState {
        self.state.orgs.get("acme").expect("acme is there")
    }

    #[track_caller]
    pub fn store(&self, code: &str) -> &Arc<Store> {
        self.acme_state().stores.get(code).expect("the store is there")
    }

    #[track_caller]
    pub fn group(&self, reference: &str) -> &Arc<Group> {
        self.acme_state().group(reference).expect("the group is there")
    }

    pub fn viewer(&self, credential: &str) -> Viewer {
        Viewer::of_credential(&self.state, &id(credential)).expect("a credential that lets in")
    }
}

/// A command that was accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    pub changed: bool,
    pub warnings: Vec<Arc<str>>,
    pub revision: Revision,
}

#[track_caller]
pub fn check_in(state: &State, org: &str, line: &str) -> Reason {
    let words: Vec<&str> = line.split(' ').collect();
    let [subject, method, path] = words.as_slice() else { unreachable!("`{line}` is not SUBJECT METHOD PATH") };
    let subject = Subject::parse(subject).expect("a subject");
    reference::decide(state, &Request::call(org, subject, method, path)).reason
}

pub fn init() -> Command {
    Command::InitCluster { cluster: "01JWORLD".into(), operator: secret(1) }
}

pub fn create_org(org: &str) -> Command {
    Command::CreateOrg { org: id(org), name: id(org), owner: id("ann"), owner_name: id("Ann") }
}

pub fn credential(name: &str, kind: CredentialKind, byte: u8) -> Command {
    Command::CreateCredential { id: id(name), label: id(name), kind, secret: secret(byte) }
}

pub fn revoke(name: &str) -> Command {
    Command::RevokeCredential { id: id(name) }
}

pub fn default(group: Option<&str>) -> Command {
    Command::SetDefault { org: id("acme"), group: group.map(GroupRef::from), observe: false }
}

pub fn allocate(stores: &[&str], group: Option<&str>) -> Command {
    Command::Allocate {
        org: id("acme"),
        stores: stores.iter().map(|s| id(s)).collect(),
        tills: Vec::new(),
        group: group.map(GroupRef::from),
        observe: false,
    }
}

pub fn store_row(code: &str) -> StoreRow {
    StoreRow { name: Some(id(code)), ..StoreRow::new(id(code)) }
}

pub fn put_stores(mode: PutMode, rows: Vec<StoreRow>) -> Command {
    Command::PutStores { org: id("acme"), mode, rows }
}

/// An import of stores that have a code and a name.
pub fn stores(codes: &[&str]) -> Command {
    put_stores(PutMode::Import, codes.iter().map(|code| store_row(code)).collect())
}

pub fn put_tills(mode: PutMode, tills: &[(&str, &str)]) -> Command {
    let rows = tills.iter().map(|(store, code)| TillRow { store: id(store), code: id(code), name: Field::Keep }).collect();
    Command::PutTills { org: id("acme"), mode, rows }
}

pub fn tills(tills: &[(&str, &str)]) -> Command {
    put_tills(PutMode::Import, tills)
}

pub fn zone_row(code: &str, parent: &str) -> ZoneRow {
    let parent = if parent.is_empty() { Field::Keep } else { Field::To(id(parent)) };
    ZoneRow { code: id(code), name: Some(id(code)), parent }
}

/// `(code, parent)`, a blank parent for none.
pub fn put_zones(mode: PutMode, zones: &[(&str, &str)]) -> Command {
    Command::PutZones { org: id("acme"), mode, rows: zones.iter().map(|(code, parent)| zone_row(code, parent)).collect() }
}

pub fn zones(zones: &[(&str, &str)]) -> Command {
    put_zones(PutMode::Import, zones)
}

pub fn put_concepts(mode: PutMode, concepts: &[(&str, &str)]) -> Command {
    let rows = concepts
        .iter()
        .map(|(code, parent)| zone_row(code, parent))
        .map(|row| ConceptRow { code: id(row.code.as_str()), name: row.name, parent: parent_concept(&row.parent) })
        .collect();
    Command::PutConcepts { org: id("acme"), mode, rows }
}

fn parent_concept(parent: &Field<ZoneCode>) -> Field<ConceptCode> {
    parent.value().map_or(Field::Keep, |code| Field::To(id(code.as_str())))
}

pub fn concepts(concepts: &[(&str, &str)]) -> Command {
    put_concepts(PutMode::Import, concepts)
}

pub fn endpoint_row(method: &str, path: &str, resource: &str) -> EndpointRow {
    let resource = if resource.is_empty() { Field::Keep } else { Field::To(id(resource)) };
    EndpointRow { resource, ..EndpointRow::new(method, path) }
}

pub fn put_endpoints(mode: PutMode, rows: Vec<EndpointRow>) -> Command {
    Command::PutEndpoints { org: id("acme"), mode, rows }
}

/// An import of endpoints, which makes their resources.
pub fn endpoints(rows: &[(&str, &str, &str, Class)]) -> Command {
    let row = |(method, path, resource, class): &(&str, &str, &str, Class)| EndpointRow {
        class: Some(*class),
        ..endpoint_row(method, path, resource)
    };
    put_endpoints(PutMode::Import, rows.iter().map(row).collect())
}

/// An endpoint with a level that isn't its method's.
pub fn endpoint_of_level(method: &str, path: &str, resource: &str, level: Level) -> Command {
    put_endpoints(PutMode::Import, vec![EndpointRow { level: Some(level), ..endpoint_row(method, path, resource) }])
}

pub fn grant(resource: &str, class: Class, levels: &str) -> Grant {
    Grant { resource: id(resource), class, levels: levels.parse::<Levels>().expect("levels"), narrow: None }
}

/// `(resource, levels)` of the Data API.
pub fn create_group(name: &str, cells: &[(&str, &str)]) -> Command {
    Command::CreateGroup { org: id("acme"), name: id(name), description: "".into(), grants: data(cells) }
}

pub fn data(cells: &[(&str, &str)]) -> Vec<Grant> {
    cells.iter().map(|(resource, levels)| grant(resource, Class::Data, levels)).collect()
}

pub fn edit_group(group: &str, cells: &[(&str, &str)]) -> Command {
    Command::EditGroup { org: id("acme"), group: group.into(), name: None, description: None, cells: data(cells), widen: Vec::new() }
}

pub fn rename_group(group: &str, name: &str) -> Command {
    Command::EditGroup { org: id("acme"), group: group.into(), name: Some(id(name)), description: None, cells: Vec::new(), widen: Vec::new() }
}

pub fn acme() -> ObjectId {
    ObjectId::Org(id("acme"))
}

pub fn store_id(code: &str) -> ObjectId {
    ObjectId::Store(id("acme"), id(code))
}

pub fn till_id(store: &str, till: &str) -> ObjectId {
    ObjectId::Till(id("acme"), id(store), id(till))
}

pub fn user_id(user: &str) -> ObjectId {
    ObjectId::User(id("acme"), id(user))
}

pub fn suspend(target: ObjectId) -> Command {
    Command::Suspend { target }
}

pub fn resume(target: ObjectId) -> Command {
    Command::Resume { target }
}

pub fn remove(target: ObjectId) -> Command {
    Command::Remove { target, force: false }
}

pub fn deactivate(group: &str) -> Command {
    Command::DeactivateGroup { org: id("acme"), group: group.into() }
}

pub fn reactivate(group: &str) -> Command {
    Command::ReactivateGroup { org: id("acme"), group: group.into() }
}

/// A cell of a group, narrowed.
pub fn narrowed(group: &str, resource: &str, levels: &str, narrow: bailiwick_policy::access::Narrow) -> Command {
    let cell = Grant { narrow: Some(narrow), ..grant(resource, Class::Data, levels) };
    Command::EditGroup { org: id("acme"), group: group.into(), name: None, description: None, cells: vec![cell], widen: Vec::new() }
}

pub fn move_till(from: &str, till: &str, to: &str) -> Command {
    Command::MoveTill { org: id("acme"), store: id(from), till: id(till), to: id(to) }
}

/// Undoes what an entry did.
pub fn undo(row: &bailiwick_policy::outcome::AuditRow) -> Command {
    bailiwick_policy::plan::inverse(row)
}

/// The objects of a state without who and when: its content.
pub fn content(state: &State) -> Vec<Object> {
    let blank = |mut object: Object| {
        *object.meta_mut() = Meta::default();
        object
    };
    state.objects().map(blank).collect()
}
