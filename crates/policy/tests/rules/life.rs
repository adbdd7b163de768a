//! A group's life, what it narrows, and what it only observes (AG-6, AG-12, AG-27 to AG-29, AG-33).

use bailiwick_policy::access::{Class, Narrow};
use bailiwick_policy::command::{AllocationRow, Command};
use bailiwick_policy::decision::{Decision, Reason, Request, Subject, Verdict};
use bailiwick_policy::ids::{ObjectId, Tick};
use bailiwick_policy::index::{Index, decide};
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::reference;

use crate::world::*;

fn only(endpoints: &[&str]) -> Narrow {
    Narrow::Only(endpoints.iter().map(|e| id(e)).collect())
}

fn except(endpoints: &[&str]) -> Narrow {
    Narrow::Except(endpoints.iter().map(|e| id(e)).collect())
}

/// What `SUBJECT METHOD PATH` is answered in acme, by the reference and by the index alike.
#[track_caller]
fn decided(world: &World, line: &str) -> Decision {
    let words: Vec<&str> = line.split(' ').collect();
    let subject = Subject::parse(words[0]).expect("a subject");
    let request = Request::call("acme", subject, words[1], words[2]);
    let decision = reference::decide(&world.state, &request);
    assert_eq!(decide(&Index::build(&world.state), &request), decision, "{line}");
    decision
}

/// Acme with `Kiosk`, Read+Write on Customer and Points, allocated to north-1.
fn kiosk() -> World {
    let mut world = World::acme();
    world.ok(create_group("Kiosk", &[("Customer", "RW"), ("Points", "RW")]));
    world.ok(allocate(&["north-1"], Some("Kiosk")));
    world
}

#[test]
fn ag_6_a_cell_admits_only_what_it_names() {
    let mut world = kiosk();
    world.ok(narrowed("Kiosk", "Customer", "RW", only(&["GET /v2/customers"])));
    assert_eq!(decided(&world, "till:north-1/t1 GET /v2/customers").reason, Reason::PermitGroup);
    assert_eq!(decided(&world, "till:north-1/t1 POST /v2/customers").reason, Reason::EndpointExcluded);
    // What is added later is not among them.
    world.ok(endpoints(&[("GET", "/v2/customers/{id}", "Customer", Class::Data)]));
    assert_eq!(decided(&world, "till:north-1/t1 GET /v2/customers/7").reason, Reason::EndpointExcluded);
    // The narrowing touches that cell alone.
    assert_eq!(decided(&world, "till:north-1/t1 POST /v2/points").reason, Reason::PermitGroup);
    assert_eq!(decided(&world, "till:north-2/t1 POST /v2/customers").reason, Reason::PermitDefaultGroup);
}

#[test]
fn ag_6_a_cell_admits_all_but_what_it_names() {
    let mut world = kiosk();
    world.ok(narrowed("Kiosk", "Customer", "RW", except(&["POST /v2/customers"])));
    assert_eq!(decided(&world, "till:north-1/t1 GET /v2/customers").reason, Reason::PermitGroup);
    assert_eq!(decided(&world, "till:north-1/t1 POST /v2/customers").reason, Reason::EndpointExcluded);
    world.ok(endpoints(&[("GET", "/v2/customers/{id}", "Customer", Class::Data)]));
    assert_eq!(decided(&world, "till:north-1/t1 GET /v2/customers/7").reason, Reason::PermitGroup);
    // A level that is lacking is what is said, narrowed or not.
    world.ok(edit_group("Kiosk", &[("Customer", "R")]));
    assert_eq!(decided(&world, "till:north-1/t1 POST /v2/customers").reason, Reason::NeedsWrite);
}

#[test]
fn ag_6_levels_are_edited_around_a_narrowing_and_it_goes_when_it_is_widened() {
    let mut world = kiosk();
    world.ok(narrowed("Kiosk", "Customer", "RW", only(&["POST /v2/customers", "GET /v2/customers"])));
    world.ok(edit_group("Kiosk", &[("Customer", "W")]));
    let cell = |world: &World| world.group("Kiosk").cell(&id("Customer"), Class::Data).expect("a cell").clone();
    assert_eq!(cell(&world).narrow, Some(only(&["GET /v2/customers", "POST /v2/customers"])), "in order, and kept");
    let widen = vec![(id("Customer"), Class::Data)];
    let cells = Vec::new();
    world.ok(Command::EditGroup { org: id("acme"), group: "Kiosk".into(), name: None, description: None, cells, widen });
    assert_eq!((cell(&world).narrow, cell(&world).levels), (None, "Write".parse().expect("levels")));
    // A cell that is taken away takes its narrowing along.
    world.ok(narrowed("Kiosk", "Customer", "W", only(&["POST /v2/customers"])));
    world.ok(edit_group("Kiosk", &[("Customer", "None")]));
    world.ok(edit_group("Kiosk", &[("Customer", "RW")]));
    assert_eq!(cell(&world).narrow, None);
}

#[test]
fn ag_6_a_cell_is_narrowed_by_its_own_endpoints() {
    let mut world = kiosk();
    for narrow in [only(&[]), only(&["GET /v2/stores"]), except(&["GET /nowhere"]), only(&["GET /v2/stores/config"])] {
        assert_eq!(world.no(narrowed("Kiosk", "Customer", "R", narrow)), RejectionCode::NarrowInvalid);
    }
    // An endpoint that goes leaves its name behind, which means nothing until it comes back.
    world.ok(narrowed("Kiosk", "Customer", "RW", only(&["GET /v2/customers"])));
    let endpoint = ObjectId::Endpoint(id("acme"), id("GET /v2/customers"));
    world.ok(remove(endpoint));
    assert_eq!(decided(&world, "till:north-1/t1 POST /v2/customers").reason, Reason::EndpointExcluded);
    world.ok(narrowed("Kiosk", "Customer", "R", only(&["GET /v2/customers"])));
    world.ok(endpoints(&[("GET", "/v2/customers", "Customer", Class::Data)]));
    assert_eq!(decided(&world, "till:north-1/t1 GET /v2/customers").reason, Reason::PermitGroup);
}

#[test]
fn ag_12_a_built_in_is_never_deactivated() {
    let mut world = World::acme();
    for group in ["POS", "Instore", "Admin"] {
        assert_eq!(world.no(deactivate(group)), RejectionCode::BuiltinImmutable, "{group}");
    }
    world.ok(default(None));
    assert_eq!(world.no(deactivate("POS")), RejectionCode::BuiltinImmutable);
}

#[test]
fn ag_27_only_a_group_that_nobody_has_is_deactivated() {
    let mut world = kiosk();
    world.ok(suspend(store_id("north-1")));
    let rejection = world.rejection(deactivate("Kiosk"));
    assert_eq!((rejection.code, rejection.count), (RejectionCode::GroupAllocated, 1), "suspended stores count");
    assert_eq!(&*rejection.examples[0], "north-1");
    world.ok(default(Some("Kiosk")));
    assert_eq!(world.no(deactivate("Kiosk")), RejectionCode::GroupIsDefault);
    world.ok(allocate(&["north-1"], Some("POS")));
    let rejection = world.rejection(deactivate("Kiosk"));
    assert_eq!(rejection.code, RejectionCode::GroupIsDefault, "the stores that inherit it would lose it");
    assert!(rejection.message.contains("2 stores inherit"), "{rejection}");
    world.ok(default(Some("POS")));
    assert!(world.ok(deactivate("Kiosk")).changed);
    assert!(!world.ok(deactivate("Kiosk")).changed, "it is already");
    assert_eq!(world.no(allocate(&["north-1"], Some("Kiosk"))), RejectionCode::GroupInactive);
}

#[test]
fn ag_28_deactivating_is_previewed_and_changes_nobodys_access() {
    let mut world = kiosk();
    world.ok(allocate(&["north-1"], None));
    let now = Tick(world.now);
    let previewed = bailiwick_policy::preview::preview(&world.state, &operator(), &[deactivate("Kiosk")], now, true);
    assert_eq!((previewed.changes.len(), previewed.impact.is_none()), (1, true), "what is confirmed");
}

#[test]
fn ag_29_a_deactivated_group_comes_back_and_no_group_is_deleted() {
    let mut world = World::acme();
    world.ok(create_group("Old", &[("Customer", "R")]));
    world.ok(deactivate("Old"));
    let group = ObjectId::Group(id("acme"), id("old"));
    assert_eq!(world.no(remove(group)), RejectionCode::WrongKind);
    assert!(world.ok(reactivate("Old")).changed);
    world.ok(allocate(&["north-1"], Some("Old")));
    assert_eq!(world.check("till:north-1/t1 GET /v2/customers"), Reason::PermitGroup);
}

#[test]
fn ag_33_what_an_observing_group_would_deny_is_permitted_and_marked() {
    let mut world = kiosk();
    world.ok(narrowed("Kiosk", "Points", "R", except(&["GET /v2/points/{}"])));
    let observe = |observe: bool| Command::Allocate {
        org: id("acme"),
        stores: vec![id("north-1")],
        tills: Vec::new(),
        group: Some("Kiosk".into()),
        observe,
    };
    world.ok(observe(true));
    let would = |line: &str| (decided(&world, line).reason, decided(&world, line).would_deny);
    assert_eq!(would("till:north-1/t1 GET /v2/customers"), (Reason::PermitGroup, None));
    assert_eq!(would("till:north-1/t1 GET /v2/stores"), (Reason::PermitGroup, Some(Reason::ResourceNone)));
    assert_eq!(would("till:north-1/t1 POST /v2/points"), (Reason::PermitGroup, Some(Reason::NeedsWrite)));
    assert_eq!(would("till:north-1/t1 GET /v2/points/7"), (Reason::PermitGroup, Some(Reason::EndpointExcluded)));
    // What isn't the group's to deny is denied all the same.
    assert_eq!(would("till:north-1/t1 GET /nowhere"), (Reason::EndpointUnknown, None));
    assert_eq!(would("till:north-1/t9 GET /v2/stores"), (Reason::TillUnknown, None));
    world.ok(observe(false));
    assert_eq!(decided(&world, "till:north-1/t1 GET /v2/stores").reason, Reason::ResourceNone);
}

#[test]
fn ag_33_a_default_observes_for_those_who_inherit_it() {
    let mut world = kiosk();
    world.ok(Command::SetDefault { org: id("acme"), group: Some("Kiosk".into()), observe: true });
    let inherits = decided(&world, "till:north-2/t1 GET /v2/stores");
    assert_eq!((inherits.reason, inherits.would_deny), (Reason::PermitDefaultGroup, Some(Reason::ResourceNone)));
    assert_eq!(decided(&world, "till:north-1/t1 GET /v2/stores").verdict(), Verdict::Deny, "its own group doesn't");
    world.ok(default(None));
    assert!(!world.acme_state().org.default_observe, "without a default nothing observes");
}

#[test]
fn ag_33_groups_never_touch_credentials() {
    let mut world = kiosk();
    let before: Vec<_> = world.state.credentials.values().cloned().collect();
    world.ok(allocate(&["north-1"], Some("Admin")));
    world.ok(deactivate("Kiosk"));
    world.ok(default(None));
    assert_eq!(before, world.state.credentials.values().cloned().collect::<Vec<_>>());
}

#[test]
fn ag_40_allocations_come_by_rows_all_or_none() {
    let mut world = kiosk();
    let rows = |rows: &[(&str, Option<&str>)]| Command::PutAllocations {
        org: id("acme"),
        rows: rows.iter().map(|(store, group)| AllocationRow { store: id(store), group: group.map(Into::into) }).collect(),
    };
    world.ok(rows(&[("north-1", None), ("north-2", Some("Kiosk")), ("south-1", Some("Admin"))]));
    assert_eq!(world.check("till:north-2/t1 GET /v2/stores"), Reason::ResourceNone);
    assert_eq!(world.store("north-1").group, None);
    let before = world.state.revision;
    let rejection = world.rejection(rows(&[("north-1", Some("Admin")), ("nowhere", Some("POS")), ("north-2", Some("Nope"))]));
    assert_eq!((rejection.code, rejection.count), (RejectionCode::StoreUnknown, 2));
    assert_eq!(world.state.revision, before);
}
