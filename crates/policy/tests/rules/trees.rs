//! Trees of places, removals, moves, and subtrees suspended as a batch (AG-25, AG-37).

use bailiwick_policy::command::{Command, Field, PutMode, StoreRow};
use bailiwick_policy::decision::Reason;
use bailiwick_policy::ids::*;
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::query::{Anchor, Item, List, ListQuery, list};

use crate::world::*;

/// europe → de → by, and uk; north-1 in by, north-2 in de, south-1 in uk; concepts shops → express.
fn placed() -> World {
    let mut world = World::acme();
    world.ok(zones(&[("europe", ""), ("de", "europe"), ("by", "de"), ("uk", "europe")]));
    world.ok(concepts(&[("shops", ""), ("express", "shops")]));
    let row = |store: &str, zone: &str, concept: &str| StoreRow { zone: Field::To(id(zone)), concept: Field::To(id(concept)), ..StoreRow::new(id(store)) };
    world.ok(put_stores(PutMode::Edit, vec![row("north-1", "by", "express"), row("north-2", "de", "shops"), row("south-1", "uk", "shops")]));
    world
}

fn stores_in(world: &World, zone: &str, below: bool) -> Vec<String> {
    let list_of = List::Stores { zone: Some(id(zone)), concept: None, group: None, active: None, below };
    let query = ListQuery { org: Some(id("acme")), list: list_of, text: String::new(), anchor: Anchor::Start, limit: 100 };
    let window = list(&world.state, &world.viewer("acme-ann"), &query);
    assert_eq!(window.total, Some(window.items.len() as u64));
    window.items.iter().map(Item::key).collect()
}

#[test]
fn ag_37_a_zone_covers_all_below_it_stores_moved_in_later_too() {
    let mut world = placed();
    assert_eq!(stores_in(&world, "europe", true), ["north-1", "north-2", "south-1"]);
    assert_eq!(stores_in(&world, "de", true), ["north-1", "north-2"]);
    assert_eq!(stores_in(&world, "de", false), ["north-2"]);
    world.ok(put_zones(PutMode::Edit, &[("by", "uk")]));
    assert_eq!((stores_in(&world, "de", true), stores_in(&world, "uk", true)), (vec!["north-2".to_owned()], vec!["north-1".to_owned(), "south-1".to_owned()]));
    let mut row = StoreRow::new(id("north-2"));
    row.zone = Field::To(id("by"));
    world.ok(put_stores(PutMode::Edit, vec![row]));
    assert_eq!(stores_in(&world, "uk", true).len(), 3);
}

#[test]
fn ag_37_zones_and_concepts_are_two_trees() {
    let world = placed();
    let acme = world.acme_state();
    assert_eq!(acme.concepts_below(&id("shops")).len(), 2);
    assert_eq!(acme.zones_below(&id("nowhere")).len(), 0);
    assert_eq!(acme.zones_below(&id("europe")).len(), 4);
}

#[test]
fn ag_37_a_subtree_is_suspended_as_a_batch_over_its_stores() {
    let mut world = placed();
    let batch = |active: bool| Command::SetStoresActive { org: id("acme"), stores: vec![id("north-1"), id("north-2")], active };
    let row = world.ok_row(batch(false));
    assert_eq!(row.changes.len(), 2);
    assert_eq!(world.check("till:north-1/t1 GET /v2/stores"), Reason::StoreInactive);
    assert_eq!(world.check("till:south-1/t1 GET /v2/stores"), Reason::PermitDefaultGroup);
    world.ok(batch(true));
    assert_eq!(world.check("till:north-1/t1 GET /v2/stores"), Reason::PermitDefaultGroup);
    let unknown = Command::SetStoresActive { org: id("acme"), stores: vec![id("north-1"), id("nowhere")], active: false };
    assert_eq!(world.no(unknown), RejectionCode::StoreUnknown);
    assert!(world.store("north-1").active, "all or none");
}

#[test]
fn ag_37_what_is_in_use_is_not_removed_and_a_removed_id_is_never_given_again() {
    let mut world = placed();
    let zone = |code: &str| ObjectId::Zone(id("acme"), id(code));
    assert_eq!(world.no(remove(zone("europe"))), RejectionCode::ZoneInUse);
    let rejection = world.rejection(remove(store_id("north-1")));
    assert_eq!((rejection.code, &*rejection.examples[0]), (RejectionCode::StoreInUse, "till:north-1/t1"));
    let row = world.ok_row(Command::Remove { target: store_id("north-1"), force: true });
    assert_eq!(row.changes.iter().filter(|c| c.after.is_none()).count(), 2, "the store and its till, in one entry");
    assert_eq!(world.no(stores(&["north-1"])), RejectionCode::IdRetired);
    world.ok(remove(till_id("north-2", "t1")));
    assert_eq!(world.no(tills(&[("north-2", "t1")])), RejectionCode::IdRetired);
    world.ok(remove(store_id("north-2")));
    world.ok(remove(zone("by")));
    assert_eq!(world.no(zones(&[("by", "")])), RejectionCode::IdRetired);
    // Ids of another org, and of another kind, are others.
    world.ok(concepts(&[("by", "")]));
}

#[test]
fn ag_25_a_moved_till_has_its_new_stores_group_and_the_history_keeps_both() {
    let mut world = World::acme();
    world.ok(tills(&[("north-1", "t9")]));
    world.ok(allocate(&["south-1"], Some("Admin")));
    assert_eq!(world.check("till:north-1/t9 GET /v2/webhooks"), Reason::ResourceNone);
    let row = world.ok_row(move_till("north-1", "t9", "south-1"));
    let ids: Vec<String> = row.changes.iter().filter_map(|c| c.id()).map(|id| id.to_string()).collect();
    assert_eq!(ids, ["till:north-1/t9", "till:south-1/t9"]);
    assert_eq!(world.check("till:south-1/t9 GET /v2/webhooks"), Reason::PermitGroup);
    assert_eq!(world.check("till:north-1/t9 GET /v2/webhooks"), Reason::TillUnknown);
    // It may move back: its id was not removed.
    world.ok(move_till("south-1", "t9", "north-1"));
    assert_eq!(world.no(move_till("north-1", "t1", "south-1")), RejectionCode::TillExists);
    assert_eq!(world.no(move_till("north-1", "t9", "nowhere")), RejectionCode::StoreUnknown);
    assert_eq!(world.no(move_till("north-1", "nope", "south-1")), RejectionCode::TillUnknown);
    assert!(!world.ok(move_till("north-1", "t9", "north-1")).changed);
    // A suspended till stays suspended on its way.
    world.ok(suspend(till_id("north-1", "t9")));
    world.ok(move_till("north-1", "t9", "south-1"));
    assert_eq!(world.check("till:south-1/t9 GET /v2/webhooks"), Reason::TillSuspended);
}
