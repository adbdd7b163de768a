//! Every rejection that exists is made by some command. A new code stops the build here until a command makes it.

use std::sync::Arc;

use bailiwick_policy::access::Class;
use bailiwick_policy::command::{Actor, Command, PutMode, StoreRow};
use bailiwick_policy::ids::*;
use bailiwick_policy::limits::{REQUEST_AHEAD_MS, REQUEST_KEPT_MS, TEXT_CHARS_MAX};
use bailiwick_policy::object::CredentialKind;
use bailiwick_policy::outcome::{Outcome, Rejection, RejectionCode};

use crate::groups::with_an_inactive_group;
use crate::world::*;

/// A world in which a command by an actor is refused with the code.
fn refusal(code: RejectionCode) -> (World, Actor, Command) {
    let mut world = World::acme();
    let with = |prepared: &[Command], refused: Command| {
        let mut world = World::acme();
        for command in prepared {
            world.ok(command.clone());
        }
        (world, operator(), refused)
    };
    let zone = |code: &str| ObjectId::Zone(id("acme"), id(code));
    let concept = |code: &str| ObjectId::Concept(id("acme"), id(code));
    let resource = |text: &str| ObjectId::Resource(id("acme"), id(text));
    let create_resource = || Command::CreateResource { org: id("acme"), id: id("Card"), description: "".into() };
    match code {
        RejectionCode::Forbidden => (world, by("acme-gate"), default(None)),
        RejectionCode::CredentialRefused => (world, by("nobody"), default(None)),
        RejectionCode::ClusterInitialised => (world, Actor::System, init()),
        RejectionCode::ClusterUninitialised => (World::empty(), operator(), create_org("acme")),
        RejectionCode::OrgUnknown => (World::new(), operator(), default(None)),
        RejectionCode::OrgExists => with(&[], create_org("acme")),
        RejectionCode::ZoneUnknown => with(&[], remove(zone("a"))),
        RejectionCode::ZoneExists => with(&[zones(&[("a", "")])], put_zones(PutMode::Create, &[("a", "")])),
        RejectionCode::ZoneInUse => with(&[zones(&[("a", ""), ("b", "a")])], remove(zone("a"))),
        RejectionCode::ConceptUnknown => with(&[], remove(concept("a"))),
        RejectionCode::ConceptExists => with(&[concepts(&[("a", "")])], put_concepts(PutMode::Create, &[("a", "")])),
        RejectionCode::ConceptInUse => with(&[concepts(&[("a", ""), ("b", "a")])], remove(concept("a"))),
        RejectionCode::TreeCycle => with(&[], zones(&[("a", "a")])),
        RejectionCode::TreeTooDeep => {
            with(&[], concepts(&[("a", ""), ("b", "a"), ("c", "b"), ("d", "c"), ("e", "d"), ("f", "e")]))
        }
        RejectionCode::StoreUnknown => with(&[], suspend(store_id("nowhere"))),
        RejectionCode::StoreExists => with(&[], put_stores(PutMode::Create, vec![store_row("north-1")])),
        RejectionCode::TillUnknown => with(&[], suspend(till_id("north-1", "t9"))),
        RejectionCode::TillExists => with(&[], put_tills(PutMode::Create, &[("north-1", "t1")])),
        RejectionCode::TillOverrideForbidden => {
            let tills = vec![(id("north-1"), id("t1"))];
            with(&[], Command::Allocate { org: id("acme"), stores: Vec::new(), tills, group: Some("POS".into()), observe: false })
        }
        RejectionCode::DefaultGroupRequired => with(&[default(None)], stores(&["a", "b"])),
        RejectionCode::ResourceUnknown => with(&[], create_group("New", &[("Nope", "R")])),
        RejectionCode::ResourceExists => with(&[create_resource()], create_resource()),
        RejectionCode::ResourceInUse => with(&[], remove(resource("Customer"))),
        RejectionCode::EndpointUnknown => with(&[], remove(ObjectId::Endpoint(id("acme"), id("GET /nowhere")))),
        RejectionCode::EndpointExists => {
            with(&[], put_endpoints(PutMode::Create, vec![endpoint_row("GET", "/v2/customers", "")]))
        }
        RejectionCode::EndpointInvalid => with(&[], endpoints(&[("GET", "", "Points", Class::Data)])),
        RejectionCode::GroupUnknown => with(&[], edit_group("nope", &[])),
        RejectionCode::GroupInactive => (with_an_inactive_group(), operator(), default(Some("Old"))),
        RejectionCode::BuiltinImmutable => with(&[], rename_group("POS", "Mine")),
        RejectionCode::NameTaken => with(&[], create_group("pos", &[])),
        RejectionCode::NameRequired => with(&[], put_stores(PutMode::Import, vec![StoreRow::new(id("new-1"))])),
        RejectionCode::TextInvalid => {
            let description: Arc<str> = "x".repeat(TEXT_CHARS_MAX + 1).into();
            with(&[], Command::CreateGroup { org: id("acme"), name: id("New"), description, grants: Vec::new() })
        }
        RejectionCode::KeyRepeated => {
            let other = StoreRow { name: Some(id("Other")), ..store_row("a") };
            with(&[], put_stores(PutMode::Import, vec![store_row("a"), other]))
        }
        RejectionCode::TooMany => with(&[], allocate(&vec!["north-1"; 2_001], None)),
        RejectionCode::NothingNamed => with(&[], allocate(&[], None)),
        RejectionCode::WrongKind => with(&[], remove(acme())),
        RejectionCode::UserUnknown => with(&[], suspend(user_id("nobody"))),
        RejectionCode::LastOwner => with(&[], suspend(user_id("ann"))),
        RejectionCode::CredentialUnknown => with(&[], revoke("nobody")),
        RejectionCode::CredentialExists => with(&[], credential("acme-ann", CredentialKind::Operator, 99)),
        RejectionCode::SelfLockout => with(&[], revoke("operator-1")),
        RejectionCode::GroupAllocated => {
            with(&[create_group("Old", &[]), allocate(&["north-1"], Some("Old"))], deactivate("Old"))
        }
        RejectionCode::GroupIsDefault => with(&[create_group("Old", &[]), default(Some("Old"))], deactivate("Old")),
        RejectionCode::NarrowInvalid => {
            let narrow = bailiwick_policy::access::Narrow::Only(vec![id("GET /v2/stores")]);
            with(&[create_group("Old", &[])], narrowed("Old", "Customer", "R", narrow))
        }
        RejectionCode::StoreInUse => with(&[], remove(store_id("north-1"))),
        RejectionCode::IdRetired => with(&[remove(till_id("north-1", "t1"))], tills(&[("north-1", "t1")])),
        RejectionCode::NotUndoable => {
            let mut world = World::acme();
            let row = world.ok_row(credential("acme-gate-2", CredentialKind::EnforcementPoint { org: id("acme") }, 77));
            // Revoked since: that it can't be undone at all comes before that.
            world.ok(revoke("acme-gate-2"));
            (world, operator(), undo(&row))
        }
        // Those of the envelope are made below, whatever the command.
        RejectionCode::Conflict | RejectionCode::RequestExpired | RejectionCode::RequestAhead | RejectionCode::RequestIdTaken => {
            world.ok(create_group("First", &[]));
            (world, operator(), default(Some("First")))
        }
        // Those of the other systems have files of their own.
        _other => crate::rejections_ac::refusal(code)
            .or_else(|| crate::rejections_um::refusal(code))
            .or_else(|| crate::rejections_app::refusal(code))
            .or_else(|| crate::maker::refusal(code))
            .expect("some command is refused with this code"),
    }
}

fn refused(code: RejectionCode) -> (World, World, Rejection) {
    let (mut world, actor, command) = refusal(code);
    world.now += 5_000;
    let now = world.now;
    let mut envelope = envelope(request(now, 900), actor, now, command);
    match code {
        RejectionCode::Conflict => envelope.reads = vec![(store_id("north-1"), Revision(0))],
        RejectionCode::RequestExpired => envelope.request_id = request(now - REQUEST_KEPT_MS - 1, 900),
        RejectionCode::RequestAhead => envelope.request_id = request(now + REQUEST_AHEAD_MS + 1, 900),
        RejectionCode::RequestIdTaken => {
            let other = bailiwick_policy::command::Envelope { actor: by("acme-ann"), ..envelope.clone() };
            assert!(matches!(world.execute(&other).outcome, Outcome::Committed { .. }));
        }
        _of_the_command => {}
    }
    let before = world.clone();
    match world.execute(&envelope).outcome {
        Outcome::Rejected(rejection) => (before, world, rejection),
        Outcome::Committed { .. } => unreachable!("`{code}` was not refused"),
    }
}

#[test]
fn every_rejection_is_made_by_a_command_and_changes_nothing() {
    for code in RejectionCode::ALL {
        let (before, after, rejection) = refused(*code);
        assert_eq!(rejection.code, *code, "{rejection}");
        assert!(before.state.objects().eq(after.state.objects()), "{code}");
        assert_eq!(before.state.revision, after.state.revision, "{code}");
    }
}

/// House style: lower case, no full stop, something to read.
#[test]
fn rejections_read_as_sentences() {
    for code in RejectionCode::ALL {
        let (_, _, rejection) = refused(*code);
        let message = &rejection.message;
        assert!(message.len() > 10 && !message.ends_with('.'), "{message}");
        assert!(message.chars().next().is_some_and(|c| !c.is_uppercase()), "{message}");
    }
}

/// The identifier of the API and the one on the wire are one word.
#[test]
fn identifiers_are_what_is_serialised() {
    for code in RejectionCode::ALL {
        let bytes = rmp_serde::to_vec_named(code).expect("serialises");
        assert_eq!(rmp_serde::from_slice::<String>(&bytes).expect("a text"), code.as_str());
    }
}

#[test]
fn a_rejection_carries_at_most_twenty_examples_and_a_count() {
    let mut world = World::acme();
    let codes: Vec<String> = (0..30).map(|n| format!("nowhere-{n}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let rejection = world.rejection(allocate(&codes, Some("POS")));
    assert_eq!((rejection.examples.len(), rejection.count), (20, 30));
    assert!(rejection.to_string().ends_with("and 10 more)"), "{rejection}");
}
