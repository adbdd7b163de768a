//! Values for the tests of this crate. The golden files are made of them, so they are added to, never edited.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bailiwick_policy::access::{Class, Grant, Level, Levels, Narrow};
use bailiwick_policy::command::{Actor, Command, Envelope};
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::outcome::{AuditRow, Change, Outcome, Recorded, Rejection, RejectionCode};
use bailiwick_policy::place::Bounds;

use crate::codec::encode_envelope;
mod people;
pub(crate) mod proposals;

use crate::types::{Entry, EntryPayload, LeaderId, LogId, Membership, Payload, PeerNode, StoredMembership};

pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

pub(crate) fn log_id(term: u64, node_id: u64, index: u64) -> LogId {
    LogId { leader_id: LeaderId { term, node_id }, index }
}

pub(crate) fn entry(term: u64, node: u64, index: u64, payload: Vec<u8>) -> Entry {
    Entry { log_id: log_id(term, node, index), payload: EntryPayload::Normal(Payload::from_bytes(payload.into())) }
}

pub(crate) fn membership() -> Membership {
    let node = |n: u64| (n, PeerNode { peer: format!("10.0.0.{n}:7001"), client: format!("10.0.0.{n}:7002") });
    let nodes: BTreeMap<u64, PeerNode> = (1..=4).map(node).collect();
    Membership::new(vec![BTreeSet::from([1, 2, 3]), BTreeSet::from([1, 2, 4])], nodes).unwrap()
}

pub(crate) fn stored_membership(index: u64) -> StoredMembership {
    StoredMembership::new(Some(log_id(3, 1, index)), membership())
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry { log_id: log_id(3, 1, 7), payload: EntryPayload::Blank },
        Entry { log_id: log_id(3, 1, 8), payload: EntryPayload::Normal(encode_envelope(&envelope(8))) },
        Entry { log_id: log_id(3, 1, 9), payload: EntryPayload::Membership(membership()) },
    ]
}

pub(crate) fn envelope(request: u64) -> Envelope {
    Envelope {
        request_id: RequestId(u128::from(1_700_000_000_000 + request) << 80 | u128::from(request)),
        actor: Actor::Credential(id("ops")),
        proposed_at: Tick(1_700_000_000_000 + request),
        reads: vec![(ObjectId::Store(id("acme"), id("north-7")), Revision(3))],
        reason: Some("a till was stolen".into()),
        job: None,
        command: Command::Suspend { target: ObjectId::Till(id("acme"), id("north-7"), id("t1")) },
    }
}

pub(crate) fn envelopes() -> Vec<Envelope> {
    let with = |command| Envelope { command, reads: Vec::new(), reason: None, ..envelope(2) };
    vec![
        envelope(1),
        with(Command::InitCluster { cluster: "c1".into(), operator: Secret::CertificateFingerprint([7; 32]) }),
        with(Command::CreateOrg {
            org: id("acme"),
            name: id("Acme"),
            owner: id("ann"),
            owner_name: id("Ann"),
        }),
        with(Command::Allocate { org: id("acme"), stores: vec![id("north-7")], tills: Vec::new(), group: Some("pos".into()), observe: false }),
        with(Command::CreateCredential {
            id: id("pep"),
            label: id("gateway"),
            kind: CredentialKind::EnforcementPoint { org: id("acme") },
            secret: Secret::TokenHash([1; 32]),
        }),
        with(Command::Revert { of: Revision(7), changes: audit_row(7).changes }),
        with(Command::MoveTill { org: id("acme"), store: id("north-7"), till: id("t1"), to: id("north-8") }),
        with(Command::RetireNode { node: 4 }),
    ]
    .into_iter()
    .chain(people::commands().into_iter().map(with))
    .chain(proposals::commands().into_iter().map(with))
    .collect()
}

fn meta() -> Meta {
    Meta {
        created_by: "ops".into(),
        created_at: Tick(1_700_000_000_000),
        updated_by: "ann".into(),
        updated_at: Tick(1_700_000_000_500),
        revision: Revision(3),
    }
}

pub(crate) fn store(code: &str, name: &str, active: bool) -> Object {
    Object::Store(Arc::new(Store {
        org: id("acme"),
        code: id(code),
        name: id(name),
        zone: Some(id("north")),
        concept: Some(id("express")),
        active,
        group: Some(id("pos")),
        observe: false,
        details: Some(Arc::new(StoreDetails {
            external_ids: vec!["ERP-7".into()],
            latitude_e7: Some(-338_688_000),
            longitude_e7: None,
            time_zone: Some("Australia/Sydney".into()),
            language: None,
            currency: Some("AUD".into()),
        })),
        meta: meta(),
    }))
}

/// One of every kind, in an order that loads.
pub(crate) fn objects() -> Vec<Object> {
    let org = || id::<OrgCode>("acme");
    vec![
        Object::Cluster(Arc::new(Cluster { id: "c1".into(), incarnation: 1, catalogue: 2, meta: meta(), retired_nodes: Vec::new() })),
        Object::Org(Arc::new(Org {
            org: org(),
            name: id("Acme"),
            active: true,
            default_group: Some(id("pos")),
            default_observe: false,
            meta: meta(),
        })),
        Object::Zone(Arc::new(Zone { org: org(), code: id("north"), name: id("North"), parent: None, meta: meta() })),
        Object::Concept(Arc::new(Concept {
            org: org(),
            code: id("express"),
            name: id("Express"),
            parent: Some(id("shops")),
            meta: meta(),
        })),
        Object::Resource(Arc::new(Resource {
            org: org(),
            id: id("User groups"),
            description: "who is who".into(),
            meta: meta(),
        })),
        Object::Endpoint(Arc::new(Endpoint {
            org: org(),
            id: id("GET /v2/customers/{}"),
            method: "GET".into(),
            template: "/v2/customers/{id}".into(),
            matchable: true,
            name: Some(id("One customer")),
            resource: Some(id("User groups")),
            class: Class::Data,
            level: Level::Read,
            meta: meta(),
            routes: None,
        })),
        Object::Group(Arc::new(Group {
            org: org(),
            id: id("pos"),
            name: id("POS"),
            description: "tills".into(),
            kind: GroupKind::Custom,
            active: true,
            wildcard: false,
            grants: Arc::new(vec![Grant {
                resource: id("User groups"),
                class: Class::Config,
                levels: Levels::R | Levels::W,
                narrow: None,
            }]),
            meta: meta(),
        })),
        Object::User(Arc::new(User {
            org: org(),
            id: id("ann"),
            name: id("Ann"),
            user_type: UserType::Owner,
            active: true,
            meta: meta(),
            more: None,
        })),
        store("north-7", "North 7", true),
        Object::Till(Arc::new(Till {
            org: org(),
            store: id("north-7"),
            code: id("t1"),
            name: None,
            active: true,
            meta: meta(),
        })),
        Object::Credential(Arc::new(Credential {
            id: id("ops"),
            label: id("night shift"),
            kind: CredentialKind::User { org: org(), user: id("ann") },
            secret: Secret::TokenHash([5; 32]),
            revoked: false,
            meta: meta(),
            bounds: Bounds::ALWAYS,
        })),
    ]
}

/// Objects with what their kinds have got since, each with the name of its golden file.
pub(crate) fn later() -> Vec<(&'static str, Object)> {
    let mut later = Vec::new();
    for mut object in objects() {
        let name = match &mut object {
            Object::Cluster(o) => {
                Arc::make_mut(o).retired_nodes = vec![2, 700];
                "object-cluster-v1-retired-nodes"
            }
            Object::Org(o) => {
                Arc::make_mut(o).default_observe = true;
                "object-org-v1-observing"
            }
            Object::Store(o) => {
                Arc::make_mut(o).observe = true;
                "object-store-v1-observing"
            }
            Object::Group(o) => {
                let cell = |class, narrow| Grant { resource: id("User groups"), class, levels: Levels::R, narrow: Some(narrow) };
                let only = Narrow::Only(vec![id("GET /v2/a"), id("GET /v2/customers/{}")]);
                let except = Narrow::Except(vec![id("GET /v2/b")]);
                Arc::make_mut(o).grants = Arc::new(vec![cell(Class::Data, only), cell(Class::Config, except)]);
                "object-access-group-v1-narrowed"
            }
            Object::Endpoint(o) => {
                Arc::make_mut(o).routes = Some(Arc::new(people::routes()));
                "object-endpoint-v1-routes"
            }
            Object::User(o) => {
                let user = Arc::make_mut(o);
                user.user_type = UserType::Standard;
                user.more = Some(Arc::new(people::more()));
                "object-user-v1-more"
            }
            Object::Credential(o) => {
                Arc::make_mut(o).bounds = people::bounds(1_700_000_500_000);
                "object-credential-v1-bounds"
            }
            _other => continue,
        };
        later.push((name, object));
    }
    later.extend(people::objects());
    later.extend(people::credentials());
    let retired = Retired { org: id("acme"), what: "store:north-1".into(), meta: meta() };
    later.push(("object-retired-v1", Object::Retired(Arc::new(retired))));
    later
}

/// The same without their names.
pub(crate) fn later_objects() -> Vec<Object> {
    later().into_iter().map(|(_, object)| object).collect()
}

pub(crate) fn audit_row(revision: u64) -> AuditRow {
    AuditRow {
        revision: Revision(revision),
        at: Tick(1_700_000_000_500),
        org: Some(id("acme")),
        actor: Actor::Credential(id("ops")),
        actor_label: "night shift".into(),
        request_id: envelope(1).request_id,
        job: None,
        reason: Some("a till was stolen".into()),
        command: "suspend".into(),
        changes: vec![Change { before: Some(store("north-7", "North", true)), after: Some(store("north-7", "North", false)) }],
    }
}

pub(crate) fn recorded(revision: u64) -> Vec<Recorded> {
    let with = |outcome| Recorded { actor: Actor::System, at: Tick(5), outcome };
    vec![
        with(Outcome::Committed { revision: Revision(revision), changed: true, warnings: vec!["the group is inactive".into()] }),
        with(Outcome::Rejected(
            Rejection::new(RejectionCode::StoreUnknown, "store `x` in org `acme` not found").with_examples(["x"]),
        )),
    ]
}
