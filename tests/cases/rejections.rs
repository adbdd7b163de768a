//! Every lawful no, each by a command to a real cluster; and a rejection changes nothing.

use std::collections::BTreeSet;
use std::time::Instant;

use bailiwick_policy::access::{Class, Grant, Levels, Narrow};
use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::limits::{ALLOCATE_STORES_MAX, IMPORT_ROWS_MAX};
use bailiwick_policy::object::{CredentialKind, Secret};
use bailiwick_policy::outcome::{Change, RejectionCode};
use bailiwick_rpc::api::{SubmitReply, SubmitRequest};
use bailiwick_rpc::token::Token;
use bailiwick_tests::harness::caller::request;
use bailiwick_tests::harness::*;
use futures::future::join_all;

use crate::support::settings;

mod people;
mod proposals;

const ORG: &str = "acme";

/// What no caller can bring about so far, and why.
const UNREACHABLE: [(RejectionCode, &str); 2] = [
    (RejectionCode::ClusterInitialised, "no credential may send the first entry: it is `forbidden` before"),
    (RejectionCode::ClusterUninitialised, "nobody is let in before the first entry"),
];

fn zone(text: &str, parent: Option<&str>) -> ZoneRow {
    ZoneRow { code: code(text), name: Some(code(text)), parent: parent.map_or(Field::Keep, |p| Field::To(code(p))) }
}

fn concept(text: &str, parent: Option<&str>) -> ConceptRow {
    ConceptRow { code: code(text), name: Some(code(text)), parent: parent.map_or(Field::Keep, |p| Field::To(code(p))) }
}

fn put_zones(mode: PutMode, rows: Vec<ZoneRow>) -> Command {
    Command::PutZones { org: code(ORG), mode, rows }
}

fn put_concepts(mode: PutMode, rows: Vec<ConceptRow>) -> Command {
    Command::PutConcepts { org: code(ORG), mode, rows }
}

fn put_endpoints(mode: PutMode, rows: Vec<EndpointRow>) -> Command {
    Command::PutEndpoints { org: code(ORG), mode, rows }
}

fn with_mode(command: Command, to: PutMode) -> Command {
    match command {
        Command::PutStores { org, rows, .. } => Command::PutStores { org, mode: to, rows },
        Command::PutTills { org, rows, .. } => Command::PutTills { org, mode: to, rows },
        other => other,
    }
}

fn remove(target: ObjectId) -> Command {
    Command::Remove { target, force: false }
}

fn deactivate(org: &str, group: &str) -> Command {
    Command::DeactivateGroup { org: code(org), group: group.into() }
}

fn narrowed(narrow: Narrow) -> Command {
    let cell = Grant { resource: code("Customer"), class: Class::Data, levels: Levels::R, narrow: Some(narrow) };
    Command::EditGroup { org: code(ORG), group: "Kiosk".into(), name: None, description: None, cells: vec![cell], widen: Vec::new() }
}

fn resource(name: &str) -> ObjectId {
    ObjectId::Resource(code(ORG), code(name))
}

fn create_resource(name: &str, description: &str) -> Command {
    Command::CreateResource { org: code(ORG), id: code(name), description: description.into() }
}

fn owner_credential(id: &str, user: &str, token: &Token) -> Command {
    let kind = CredentialKind::User { org: code(ORG), user: code(user) };
    Command::CreateCredential { id: code(id), label: code(id), kind, secret: Secret::TokenHash(token.hash()) }
}

/// Commands of the first operator, and how each is refused.
fn cases() -> Vec<(RejectionCode, Command)> {
    use RejectionCode::*;
    let org = || code::<OrgCode>(ORG);
    let unknown = GroupRef::from("Nobodys");
    let rename = |name: &str| Command::EditGroup { org: org(), group: "kiosk".into(), name: Some(code(name)), description: None, cells: Vec::new(), widen: Vec::new() };
    vec![
        (Forbidden, Command::InitCluster { cluster: "again".into(), operator: Secret::TokenHash([0; 32]) }),
        (OrgUnknown, seed::allocate("nobodys", &["s1"], None)),
        (OrgExists, seed::org(ORG)),
        // AG-37: trees.
        (ZoneUnknown, put_zones(PutMode::Import, vec![zone("new", Some("nowhere"))])),
        (ZoneUnknown, remove(ObjectId::Zone(org(), code("nowhere")))),
        (ZoneExists, put_zones(PutMode::Create, vec![zone("z1", None)])),
        (ZoneInUse, remove(ObjectId::Zone(org(), code("z1")))),
        (ConceptUnknown, put_concepts(PutMode::Edit, vec![concept("nowhere", None)])),
        (ConceptExists, put_concepts(PutMode::Create, vec![concept("c1", None)])),
        (ConceptInUse, remove(ObjectId::Concept(org(), code("c1")))),
        (TreeCycle, put_zones(PutMode::Import, vec![zone("z1", Some("z5"))])),
        (TreeTooDeep, put_zones(PutMode::Import, vec![zone("z6", Some("z5"))])),
        (TreeTooDeep, put_concepts(PutMode::Import, (2..=6).map(|n| concept(&format!("c{n}"), Some(&format!("c{}", n - 1)))).collect())),
        // AG-18, AG-38: stores and tills.
        (StoreUnknown, seed::allocate(ORG, &["s1", "s99"], Some("POS"))),
        (StoreExists, with_mode(seed::stores(ORG, ["s1"]), PutMode::Create)),
        (TillUnknown, Command::Suspend { target: seed::till_id(ORG, "s1", "t99") }),
        (TillExists, with_mode(seed::tills(ORG, ["s1/t1"]), PutMode::Create)),
        // AG-24.
        (TillOverrideForbidden, Command::Allocate { org: org(), stores: Vec::new(), tills: vec![(code("s1"), code("t1"))], group: None, observe: false }),
        // AG-26.
        (DefaultGroupRequired, seed::stores("bare", ["n1", "n2"])),
        // AG-9.
        (ResourceUnknown, seed::group(ORG, "Odd", &[("Nothing", Levels::R)])),
        (ResourceUnknown, put_endpoints(PutMode::Create, vec![seed::endpoint("GET", "/v3/odd", Some("Nothing"), Class::Data, None)])),
        (ResourceExists, create_resource("Customer", "")),
        (ResourceInUse, remove(resource("Customer"))),
        (EndpointUnknown, remove(ObjectId::Endpoint(org(), code("GET /v9")))),
        (EndpointExists, put_endpoints(PutMode::Create, vec![seed::endpoint("GET", "/v2/customers/{other}", None, Class::Data, None)])),
        (EndpointInvalid, put_endpoints(PutMode::Import, vec![seed::endpoint("NOT A METHOD", "/v3", None, Class::Data, None)])),
        (GroupUnknown, Command::Allocate { org: org(), stores: vec![code("s1")], tills: Vec::new(), group: Some(unknown), observe: false }),
        // AG-22.
        (GroupUnknown, seed::default(ORG, Some("Nobodys"))),
        // AG-11.
        (BuiltinImmutable, Command::EditGroup { org: org(), group: "POS".into(), name: None, description: Some("mine".into()), cells: Vec::new(), widen: Vec::new() }),
        // AG-9: ignoring case and surrounding space.
        (NameTaken, seed::group(ORG, " kIOSK ", &[])),
        (NameTaken, rename("pos")),
        (NameRequired, Command::PutStores { org: org(), mode: PutMode::Create, rows: vec![StoreRow::new(code("s50"))] }),
        (TextInvalid, create_resource("Odd", "a bell: \u{7}")),
        (KeyRepeated, put_zones(PutMode::Import, vec![zone("twice", None), zone("twice", Some("z1"))])),
        (TooMany, seed::stores(ORG, (0..=IMPORT_ROWS_MAX).map(|n| format!("m{n}")))),
        (TooMany, Command::Allocate { org: org(), stores: vec![code("s1"); ALLOCATE_STORES_MAX + 1], tills: Vec::new(), group: None, observe: false }),
        (NothingNamed, seed::allocate(ORG, &[], None)),
        (WrongKind, Command::Suspend { target: ObjectId::Zone(org(), code("z1")) }),
        (WrongKind, remove(ObjectId::Group(org(), code("kiosk")))),
        // AG-18, AG-27: a group's life.
        (GroupInactive, seed::allocate(ORG, &["s1"], Some("Idle"))),
        (GroupAllocated, deactivate(ORG, "Busy")),
        (GroupIsDefault, deactivate("owned", "Own")),
        // AG-12.
        (BuiltinImmutable, deactivate(ORG, "Instore")),
        // AG-6.
        (NarrowInvalid, narrowed(Narrow::Only(Vec::new()))),
        (NarrowInvalid, narrowed(Narrow::Except(vec![code("GET /v2/tasks")]))),
        // AG-25, AG-37.
        (StoreInUse, remove(seed::store_id(ORG, "s1"))),
        (TillExists, Command::MoveTill { org: org(), store: code("s1"), till: code("t1"), to: code("s2") }),
        (IdRetired, with_mode(seed::stores(ORG, ["gone"]), PutMode::Create)),
        (NotUndoable, Command::Revert { of: Revision(1), changes: vec![Change { before: None, after: None }] }),
        (UserUnknown, Command::Suspend { target: ObjectId::User(org(), code("nobody")) }),
        (UserUnknown, owner_credential("nobody-1", "nobody", &Token::generate())),
        // UM-6.
        (LastOwner, Command::Suspend { target: ObjectId::User(org(), code("ada")) }),
        (CredentialUnknown, Command::RevokeCredential { id: code("nobody-1") }),
        (CredentialExists, owner_credential("ada-1", "ada", &Token::generate())),
    ]
}

/// Writes of a credential, sent together with its revocation: the door still lets in what comes before that is applied,
/// and what lies behind it in the log is refused then. Whether a write lies there is luck, so it is tried until one does.
async fn refused_behind_its_revocation(cluster: &Cluster) -> RejectionCode {
    let (leader, began) = (cluster.leader().await, Instant::now());
    let operator = &cluster.node(leader).caller;
    for round in 0.. {
        let (id, token) = (format!("passing-{round}"), Token::generate());
        operator.change(&owner_credential(&id, "ada", &token)).await;
        let passing = cluster.caller(leader, &Credential::Token(token));
        passing.whoami().await.expect("it is let in");
        let nothing = seed::allocate(ORG, &["s1"], None);
        let writes = (0..32).map(|_| passing.submit(request(new_id(), &nothing)));
        let revoke = Command::RevokeCredential { id: code(&id) };
        let (answers, _) = tokio::join!(join_all(writes), operator.change(&revoke));
        for answer in answers {
            match answer {
                Ok(SubmitReply::Rejected(rejection)) if rejection.code == RejectionCode::CredentialRefused.as_str() => {
                    return RejectionCode::CredentialRefused;
                }
                // Before it, or turned away at the door.
                Ok(SubmitReply::Committed { changed: false, .. }) | Err(_) => {}
                Ok(other) => panic!("a write that changes nothing: {other:?}"),
            }
        }
        assert!(began.elapsed() < BOUND, "in {} rounds no write came behind its credential's revocation", round + 1);
    }
    unreachable!("the rounds have no end")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_has_a_command_and_none_changes_anything() {
    let story = Story::begin("rejections::each_has_a_command_and_none_changes_anything");
    story.phase("establish");
    let cluster = Cluster::start(settings()).await;
    let caller = &cluster.node(1).caller;
    seed::retailer(caller, ORG, 5).await;
    let (token, admin_token) = (Token::generate(), Token::generate());
    let in_places = |store: &str| {
        let row = StoreRow { zone: Field::To(code("z5")), concept: Field::To(code("c1")), ..StoreRow::new(code(store)) };
        Command::PutStores { org: code(ORG), mode: PutMode::Edit, rows: vec![row] }
    };
    let zones = (1..=5).map(|n| zone(&format!("z{n}"), (n > 1).then(|| format!("z{}", n - 1)).as_deref())).collect();
    for command in [
        seed::org("bare"),
        put_zones(PutMode::Create, zones),
        put_concepts(PutMode::Create, vec![concept("c1", None)]),
        in_places("s2"),
        seed::group(ORG, "Kiosk", &[("Customer", Levels::R)]),
        owner_credential("ada-1", "ada", &token),
        seed::group(ORG, "Busy", &[]),
        seed::allocate(ORG, &["s5"], Some("Busy")),
        seed::group(ORG, "Idle", &[]),
        deactivate(ORG, "Idle"),
        seed::org("owned"),
        seed::group("owned", "Own", &[]),
        seed::default("owned", Some("Own")),
        with_mode(seed::stores(ORG, ["gone"]), PutMode::Create),
        remove(seed::store_id(ORG, "gone")),
    ]
    .into_iter()
    .chain(people::setup(&admin_token))
    {
        caller.change(&command).await;
    }

    let waiting = proposals::setup(caller).await;

    story.phase("a credential that is revoked while its writes are under way");
    let mut seen: BTreeSet<RejectionCode> = UNREACHABLE.into_iter().map(|(code, _)| code).collect();
    seen.insert(refused_behind_its_revocation(&cluster).await);
    let before = cluster.equal().await;

    story.phase("each command, through one node after the other");
    for (n, (code, command)) in cases().iter().chain(&people::cases()).chain(&proposals::cases(waiting)).enumerate() {
        let rejection = cluster.node(1 + n as u64 % 3).caller.refused(command).await;
        assert_eq!(rejection.code, code.as_str(), "`{}`: {rejection}", command.name());
        assert!(!rejection.message.is_empty() && rejection.examples.len() <= 20, "{rejection}");
        seen.insert(*code);
    }

    story.phase("those of an admin");
    let admin = cluster.caller(1, &Credential::Token(admin_token));
    for (code, command) in people::of_admin() {
        assert_eq!(admin.refused(&command).await.code, code.as_str(), "`{}`", command.name());
        seen.insert(code);
    }

    story.phase("those that need more than a command");
    let owner = cluster.caller(2, &Credential::Token(token));
    let ours = seed::allocate(ORG, &["s1"], Some("Kiosk"));
    let stale = SubmitRequest { reads: vec![(seed::store_id(ORG, "s1"), Revision(1))], ..request(new_id(), &ours) };
    let now = new_id().0;
    let hours = |hours: u128| (hours * 3_600_000) << 80;
    let taken = new_id();
    let first = caller.submit(request(taken, &seed::allocate(ORG, &["s99"], None))).await.expect("an answer");
    assert!(matches!(first, SubmitReply::Rejected(_)), "{first:?}");
    let by: [(RejectionCode, &Caller, SubmitRequest); 5] = [
        (RejectionCode::Conflict, caller, stale),
        (RejectionCode::RequestExpired, caller, request(RequestId(now - hours(25)), &ours)),
        (RejectionCode::RequestAhead, caller, request(RequestId(now + hours(1)), &ours)),
        (RejectionCode::RequestIdTaken, &owner, request(taken, &ours)),
        (RejectionCode::SelfLockout, &owner, request(new_id(), &Command::RevokeCredential { id: code("ada-1") })),
    ];
    for (code, caller, request) in by {
        match caller.submit(request).await {
            Ok(SubmitReply::Rejected(rejection)) => assert_eq!(rejection.code, code.as_str(), "{rejection}"),
            other => panic!("{code}: {other:?}"),
        }
        seen.insert(code);
    }

    story.phase("judge: all are covered, and nothing has changed");
    let missing: Vec<&RejectionCode> = RejectionCode::ALL.iter().filter(|code| !seen.contains(code)).collect();
    assert!(missing.is_empty(), "no command is refused with {missing:?}");
    assert_eq!(cluster.equal().await, before);
    println!("rejections: {} of {} by commands; the rest: {UNREACHABLE:?}", seen.len() - UNREACHABLE.len(), RejectionCode::ALL.len());
}
