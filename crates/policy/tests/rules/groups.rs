//! Access groups: what they permit, their life, and who has them (AG-1 to AG-24, AG-30 to AG-32).

use bailiwick_policy::access::{Class, Level, Levels};
use bailiwick_policy::catalogue::VENDOR;
use bailiwick_policy::command::{Command, GroupRef};
use bailiwick_policy::decision::{Reason, Verdict};
use bailiwick_policy::ids::ObjectId;
use bailiwick_policy::object::GroupKind;
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::state::Via;

use crate::world::*;

/// North-1 with one custom group, `Tills`, of these cells.
fn with_cells(cells: &[(&str, &str)]) -> World {
    let mut world = World::acme();
    world.ok(create_group("Tills", cells));
    world.ok(allocate(&["north-1"], Some("Tills")));
    world
}

#[track_caller]
fn answers(world: &World, expected: &[(&str, Reason)]) {
    for (line, reason) in expected {
        assert_eq!(world.check(line), *reason, "{line}");
    }
}

#[test]
fn ag_1_what_is_not_set_is_none_and_classes_are_apart() {
    let mut world = World::acme();
    let cells = vec![grant("Store", Class::Config, "R")];
    world.ok(Command::CreateGroup { org: id("acme"), name: id("Config"), description: "".into(), grants: cells });
    world.ok(allocate(&["north-1"], Some("Config")));
    answers(&world, &[
        ("till:north-1/t1 GET /v2/stores/config", Reason::PermitGroup),
        ("till:north-1/t1 GET /v2/stores", Reason::ResourceNone),
        ("till:north-1/t1 GET /v2/customers", Reason::ResourceNone),
    ]);
}

#[test]
fn ag_2_none_opens_no_endpoint() {
    let mut world = with_cells(&[("Customer", "RW"), ("Points", "R")]);
    world.ok(edit_group("Tills", &[("Customer", "None")]));
    answers(&world, &[
        ("till:north-1/t1 GET /v2/customers", Reason::ResourceNone),
        ("till:north-1/t1 POST /v2/customers", Reason::ResourceNone),
        ("till:north-1/t1 GET /v2/points/1", Reason::PermitGroup),
    ]);
    assert_eq!(world.group("Tills").grants.len(), 1, "a cell without levels is no cell");
}

#[test]
fn ag_3_read_opens_get_and_no_more() {
    answers(&with_cells(&[("Customer", "R")]), &[
        ("till:north-1/t1 GET /v2/customers", Reason::PermitGroup),
        ("till:north-1/t1 POST /v2/customers", Reason::NeedsWrite),
    ]);
}

#[test]
fn ag_4_write_opens_post_put_patch_and_delete() {
    let mut world = with_cells(&[("Customer", "W")]);
    for method in ["PUT", "PATCH", "DELETE", "PURGE"] {
        world.ok(endpoints(&[(method, "/v2/customers/{id}", "Customer", Class::Data)]));
        assert_eq!(world.check(&format!("till:north-1/t1 {method} /v2/customers/7")), Reason::PermitGroup);
    }
    assert_eq!(world.check("till:north-1/t1 POST /v2/customers"), Reason::PermitGroup);
}

#[test]
fn ag_4_a_search_by_post_is_opened_by_either_level() {
    for (levels, update) in [("R", Reason::NeedsWrite), ("W", Reason::PermitGroup)] {
        let mut world = with_cells(&[("Customer", levels)]);
        world.ok(endpoint_of_level("POST", "/v2/customers/search", "Customer", Level::Read));
        answers(&world, &[
            ("till:north-1/t1 POST /v2/customers/search", Reason::PermitGroup),
            ("till:north-1/t1 POST /v2/customers", update),
        ]);
    }
}

#[test]
fn ag_4_methods_are_put_in_upper_case_and_head_falls_back_to_get() {
    let mut world = with_cells(&[("Customer", "R")]);
    world.ok(endpoints(&[("get", "/v2/customers/{id}", "Customer", Class::Data)]));
    answers(&world, &[
        ("till:north-1/t1 GET /v2/customers/7", Reason::PermitGroup),
        ("till:north-1/t1 HEAD /v2/customers/7", Reason::PermitGroup),
        ("till:north-1/t1 OPTIONS /v2/customers/7", Reason::EndpointUnknown),
    ]);
    world.ok(endpoints(&[("HEAD", "/v2/customers/{id}", "Webhooks", Class::Data)]));
    assert_eq!(world.check("till:north-1/t1 HEAD /v2/customers/7"), Reason::ResourceNone, "a row of its own comes first");
}

#[test]
fn ag_5_write_does_not_include_read() {
    answers(&with_cells(&[("Customer", "W")]), &[
        ("till:north-1/t1 POST /v2/customers", Reason::PermitGroup),
        ("till:north-1/t1 GET /v2/customers", Reason::NeedsRead),
    ]);
    answers(&with_cells(&[("Customer", "RW")]), &[
        ("till:north-1/t1 POST /v2/customers", Reason::PermitGroup),
        ("till:north-1/t1 GET /v2/customers", Reason::PermitGroup),
    ]);
}

#[test]
fn ag_9_a_name_is_taken_whatever_its_case_and_blanks() {
    let mut world = World::acme();
    world.ok(create_group("North tills", &[]));
    for name in ["north TILLS", "  North tills ", "pos", "Ｎorth tills", "north-tills"] {
        assert_eq!(world.no(create_group(name, &[])), RejectionCode::NameTaken, "{name}");
    }
    world.ok(create_group("South tills", &[]));
    assert_eq!(world.no(rename_group("South tills", "NORTH tills")), RejectionCode::NameTaken);
    world.ok(rename_group("South tills", "SOUTH TILLS"));
    assert_eq!(world.group("south tills").name.as_str(), "SOUTH TILLS", "its own name in other letters is free");
}

#[test]
fn ag_9_a_name_that_was_given_up_is_free_but_an_id_is_not() {
    let mut world = World::acme();
    world.ok(create_group("Kiosk", &[]));
    world.ok(rename_group("Kiosk", "Lobby"));
    assert_eq!(world.group("kiosk").name.as_str(), "Lobby", "the id is kept");
    assert_eq!(world.no(create_group("Kiosk", &[])), RejectionCode::NameTaken, "a reference is never ambiguous");
    world.ok(rename_group("Lobby", "Kiosk"));
    world.ok(create_group("Lobby", &[]));
    assert_eq!(world.group("Lobby").id.as_str(), "lobby");
}

#[test]
fn ag_9_ids_are_made_from_names() {
    let mut world = World::acme();
    for (name, expected) in [("Straße & Weg", "strasse-weg"), ("!!!", "group"), ("???", "group-2"), ("a  b", "a-b"), ("a b", "a-b-2")] {
        world.ok(create_group(name, &[]));
        assert_eq!(world.group(name).id.as_str(), expected, "{name}");
    }
    let long = "x".repeat(100);
    world.ok(create_group(&long, &[]));
    assert_eq!(world.group(&long).id.as_str().len(), 44, "room is left for a number");
}

#[test]
fn ag_9_unknown_resources_are_refused_all_at_once() {
    let mut world = World::acme();
    let rejection = world.rejection(create_group("New", &[("Customer", "R"), ("Nope", "R"), ("Neither", "W")]));
    assert_eq!((rejection.code, rejection.count), (RejectionCode::ResourceUnknown, 2));
    world.ok(create_group("New", &[("Customer", "R")]));
    assert_eq!(world.no(edit_group("New", &[("Nope", "R")])), RejectionCode::ResourceUnknown);
    assert_eq!(world.no(edit_group("New", &[("customer", "R")])), RejectionCode::ResourceUnknown, "case counts");
}

#[test]
fn ag_9_a_removed_resource_leaves_a_cell_that_can_be_taken_away() {
    let mut world = World::acme();
    let lonely = ObjectId::Resource(id("acme"), id("Lonely"));
    world.ok(Command::CreateResource { org: id("acme"), id: id("Lonely"), description: "".into() });
    world.ok(create_group("New", &[("Lonely", "R")]));
    world.ok(remove(lonely));
    assert_eq!(world.group("New").grants.len(), 1, "what the catalogue drops stays, inert");
    world.ok(rename_group("New", "Newer"));
    assert_eq!(world.no(edit_group("Newer", &[("Lonely", "W")])), RejectionCode::ResourceUnknown);
    world.ok(edit_group("Newer", &[("Lonely", "None")]));
    assert!(world.group("Newer").grants.is_empty());
}

#[test]
fn ag_10_an_org_has_pos_instore_and_admin_from_its_first_moment() {
    let mut world = World::new();
    world.ok(create_org("acme"));
    let groups: Vec<_> = world.acme_state().groups.values().map(|g| (g.id.as_str(), g.kind, g.active)).collect();
    assert_eq!(groups, [
        ("Admin", GroupKind::BuiltIn, true),
        ("Instore", GroupKind::BuiltIn, true),
        ("POS", GroupKind::BuiltIn, true),
    ]);
    assert!(world.acme_state().resources.is_empty(), "what they name needs not be there");
}

#[test]
fn ag_10_admin_reaches_resources_that_come_later() {
    let mut world = World::acme();
    world.ok(allocate(&["north-1"], Some("Admin")));
    world.ok(endpoints(&[("POST", "/v9/later", "Later", Class::Config)]));
    answers(&world, &[
        ("till:north-1/t1 POST /v9/later", Reason::PermitGroup),
        ("till:north-2/t1 POST /v9/later", Reason::ResourceNone),
    ]);
    assert_eq!(world.group("POS").levels(&id("Coupon"), Class::Data), Levels::all(), "inert: acme has no coupons yet");
    world.ok(endpoints(&[("GET", "/v2/coupons", "Coupon", Class::Data)]));
    assert_eq!(world.check("till:north-2/t1 GET /v2/coupons"), Reason::PermitDefaultGroup);
}

#[test]
fn ag_11_a_built_in_cannot_be_edited() {
    let mut world = World::acme();
    for built_in in ["POS", "Instore", "Admin", "pos", "ADMIN"] {
        assert_eq!(world.no(edit_group(built_in, &[("Webhooks", "R")])), RejectionCode::BuiltinImmutable);
        assert_eq!(world.no(rename_group(built_in, "Mine")), RejectionCode::BuiltinImmutable);
        assert_eq!(world.rejection_as(by("acme-ann"), edit_group(built_in, &[])).code, RejectionCode::BuiltinImmutable);
    }
}

#[test]
fn ag_12_a_built_in_can_be_neither_suspended_nor_removed() {
    let mut world = World::acme();
    let pos = || ObjectId::Group(id("acme"), id("POS"));
    assert_eq!(world.no(suspend(pos())), RejectionCode::WrongKind);
    assert_eq!(world.no(remove(pos())), RejectionCode::WrongKind);
}

#[test]
fn ag_13_built_ins_show_the_vendor_and_others_the_person() {
    let mut world = World::acme();
    world.ok_as(by("acme-ann"), create_group("Kiosk", &[]));
    assert_eq!(&*world.group("POS").meta.created_by, VENDOR);
    assert_eq!(&*world.group("Kiosk").meta.created_by, "acme-ann");
    world.ok(edit_group("Kiosk", &[("Customer", "R")]));
    let meta = &world.group("Kiosk").meta;
    assert_eq!((&*meta.created_by, &*meta.updated_by), ("acme-ann", "first operator"));
    assert_eq!(meta.updated_at.0 - meta.created_at.0, 1_000);
}

#[test]
fn ag_14_an_edit_reaches_every_store_that_has_or_inherits_the_group() {
    let mut world = with_cells(&[("Customer", "R")]);
    world.ok(default(Some("Tills")));
    let lines = ["till:north-1/t1 POST /v2/customers", "till:south-1/t1 POST /v2/customers", "store:north-2 POST /v2/customers"];
    for line in lines {
        assert_eq!(world.check(line), Reason::NeedsWrite, "{line}");
    }
    world.ok(edit_group("Tills", &[("Customer", "RW")]));
    for line in lines {
        assert_eq!(world.check(line).verdict(), Verdict::Permit, "{line}");
    }
    let edit = |name: Option<&str>, description: Option<&str>| Command::EditGroup {
        org: id("acme"),
        group: "Tills".into(),
        name: name.map(id),
        description: description.map(Into::into),
        cells: Vec::new(),
        widen: Vec::new(),
    };
    world.ok(edit(None, Some("For the tills")));
    world.ok(edit(Some("All tills"), None));
    let group = world.group("All tills");
    assert_eq!((group.id.as_str(), &*group.description, group.grants.len()), ("tills", "For the tills", 1));
}

#[test]
fn ag_16_a_store_has_one_group_and_a_new_one_replaces_it() {
    let mut world = with_cells(&[("Webhooks", "R")]);
    assert_eq!(world.check("till:north-1/t1 GET /v2/webhooks"), Reason::PermitGroup);
    world.ok(allocate(&["north-1"], Some("Instore")));
    assert_eq!(world.check("till:north-1/t1 GET /v2/webhooks"), Reason::ResourceNone);
    assert_eq!(world.acme_state().stores_explicit(&id("tills")), 0);
    assert_eq!(world.acme_state().stores_explicit(&id("Instore")), 1);
    assert!(!world.ok(allocate(&["north-1", "north-1"], Some("instore"))).changed, "by name, twice, and nothing new");
}

#[test]
fn ag_17_a_cleared_store_inherits_again() {
    let mut world = with_cells(&[("Customer", "R")]);
    assert_eq!(world.check("till:north-1/t1 POST /v2/customers"), Reason::NeedsWrite);
    let done = world.ok(allocate(&["north-1"], None));
    assert!(done.changed && done.warnings.is_empty());
    assert_eq!(world.check("till:north-1/t1 POST /v2/customers"), Reason::PermitDefaultGroup);
    assert!(!world.ok(allocate(&["north-1"], None)).changed);
}

#[test]
fn ag_18_unknown_stores_and_unknown_groups_are_refused_whole() {
    let mut world = World::acme();
    assert_eq!(world.no(allocate(&["north-1", "nowhere"], Some("POS"))), RejectionCode::StoreUnknown);
    let rejection = world.rejection(allocate(&["nowhere", "north-1", "neither"], Some("POS")));
    assert_eq!((rejection.code, rejection.count), (RejectionCode::StoreUnknown, 2));
    assert_eq!(world.no(allocate(&["north-1"], Some("nope"))), RejectionCode::GroupUnknown);
    assert_eq!(world.store("north-1").group, None);
}

#[test]
fn ag_18_an_inactive_group_cannot_be_allocated() {
    let mut world = with_an_inactive_group();
    assert_eq!(world.no(allocate(&["north-1"], Some("Old"))), RejectionCode::GroupInactive);
}

/// No command deactivates a group yet (AG-27), so the state is changed by hand.
pub fn with_an_inactive_group() -> World {
    let mut world = World::acme();
    world.ok(create_group("Old", &[]));
    world.ok(deactivate("Old"));
    world
}

#[test]
fn ag_19_a_store_without_a_group_inherits_the_default() {
    let mut world = World::acme();
    assert_eq!(world.check("till:north-1/t1 POST /v2/customers"), Reason::PermitDefaultGroup);
    world.ok(stores(&["late-1"]));
    assert_eq!(world.check("store:late-1 POST /v2/customers"), Reason::PermitDefaultGroup, "one that comes later too");
}

#[test]
fn ag_20_a_new_default_reaches_the_inheriting_stores_and_no_other() {
    let mut world = World::acme();
    world.ok(allocate(&["north-1"], Some("POS")));
    world.ok(create_group("Nothing", &[]));
    let executed = world.try_as(operator(), default(Some("Nothing")));
    assert_eq!(executed.changes.len(), 1, "the same for ten stores as for a million");
    answers(&world, &[
        ("till:north-1/t1 POST /v2/customers", Reason::PermitGroup),
        ("till:north-2/t1 POST /v2/customers", Reason::ResourceNone),
        ("till:south-1/t1 POST /v2/customers", Reason::ResourceNone),
    ]);
}

#[test]
fn ag_22_a_default_exists_is_active_and_can_be_cleared() {
    let mut world = with_an_inactive_group();
    assert_eq!(world.no(default(Some("nope"))), RejectionCode::GroupUnknown);
    assert_eq!(world.no(default(Some("Old"))), RejectionCode::GroupInactive);
    let before = world.state.revision;
    let done = world.ok(default(Some("pos")));
    assert!(!done.changed);
    assert_eq!(done.revision, before, "the same again is no revision");
    let done = world.ok(default(None));
    assert!(done.changed && !done.warnings.is_empty());
    assert_eq!(world.acme_state().org.default_group, None);
}

#[test]
fn ag_23_without_default_or_group_every_call_is_denied() {
    let mut world = World::acme();
    world.ok(allocate(&["north-1"], Some("Admin")));
    world.ok(default(None));
    answers(&world, &[
        ("till:north-1/t1 GET /v2/customers", Reason::PermitGroup),
        ("till:north-2/t1 GET /v2/customers", Reason::NoAccessGroup),
        ("store:south-1 GET /v2/customers", Reason::NoAccessGroup),
    ]);
    assert!(!world.ok(allocate(&["north-1"], None)).warnings.is_empty(), "who makes a store inherit nothing is warned");
}

#[test]
fn ag_24_a_till_has_its_stores_group_and_no_other() {
    let mut world = World::acme();
    let to_till = |stores: &[&str], group: Option<GroupRef>| Command::Allocate {
        org: id("acme"),
        stores: stores.iter().map(|s| id(s)).collect(),
        tills: vec![(id("north-1"), id("t1"))],
        group,
        observe: false,
    };
    assert_eq!(world.no(to_till(&[], Some("Admin".into()))), RejectionCode::TillOverrideForbidden);
    let rejection = world.rejection(to_till(&["north-1"], None));
    assert_eq!((rejection.code, rejection.count), (RejectionCode::TillOverrideForbidden, 1));
    world.ok(allocate(&["north-1"], Some("Admin")));
    assert_eq!(world.check("till:north-1/t1 GET /v2/webhooks"), Reason::PermitGroup);
    assert_eq!(world.check("till:north-2/t1 GET /v2/webhooks"), Reason::ResourceNone);
}

#[test]
fn ag_30_stores_are_counted_explicit_and_inherited_apart() {
    let mut world = World::acme();
    world.ok(allocate(&["north-1"], Some("POS")));
    world.ok(suspend(store_id("north-2")));
    let org = world.acme_state();
    let counts = |group: &str| (org.stores_explicit(&id(group)), org.stores_inherited(&id(group)));
    assert_eq!(counts("POS"), (1, 2), "suspended ones are counted");
    assert_eq!(counts("Admin"), (0, 0));
}

#[test]
fn ag_31_a_store_says_whether_its_group_is_explicit_or_the_default() {
    let mut world = World::acme();
    world.ok(allocate(&["north-1"], Some("POS")));
    let org = world.acme_state();
    let via: Vec<_> = org.stores.values().filter_map(|s| org.effective_group(s)).map(|(g, via)| (g.id.as_str(), via)).collect();
    assert_eq!(via, [("POS", Via::Explicit), ("POS", Via::Default), ("POS", Via::Default)]);
}

#[test]
fn ag_34_and_ag_35_codes_of_a_denial_and_of_no_decision() {
    assert_eq!(Verdict::Deny.code(), 4000);
    assert_eq!(Verdict::Indeterminate.code(), 4001);
    assert_eq!(World::acme().check("till:north-1/t1 GET /v2/webhooks").verdict(), Verdict::Deny);
    assert_eq!(Reason::Behind.verdict(), Verdict::Indeterminate);
}
