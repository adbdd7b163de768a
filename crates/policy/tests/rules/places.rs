//! Zones, concepts, stores and tills (AG-26, AG-37, AG-38, AG-40).

use bailiwick_policy::command::{Field, PutMode, StoreRow, ZoneRow};
use bailiwick_policy::decision::Reason;
use bailiwick_policy::ids::*;
use bailiwick_policy::limits::IMPORT_ROWS_MAX;
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::plan::faults;

use crate::world::*;

fn zone(code: &str) -> ObjectId {
    ObjectId::Zone(id("acme"), id(code))
}

fn concept(code: &str) -> ObjectId {
    ObjectId::Concept(id("acme"), id(code))
}

#[test]
fn ag_26_several_stores_need_a_default() {
    let mut world = World::orgs();
    assert_eq!(world.no(stores(&["a", "b"])), RejectionCode::DefaultGroupRequired);
    assert!(world.acme_state().stores.is_empty(), "a batch is taken whole or not at all");
    let done = world.ok(stores(&["a", "a"]));
    assert_eq!(done.warnings.len(), 1, "a single store is let through with a warning");
    assert!(world.ok(stores(&["a"])).warnings.is_empty(), "an equal row is no new store");
    assert_eq!(world.no(stores(&["a", "b", "c"])), RejectionCode::DefaultGroupRequired);
    world.ok(stores(&["a", "b"]));
    world.ok(default(Some("POS")));
    assert!(world.ok(stores(&["c", "d"])).warnings.is_empty());
}

#[test]
fn ag_37_trees_have_no_cycles_and_five_levels() {
    let mut world = World::acme();
    world.ok(zones(&[("e", "d"), ("d", "c"), ("c", "b"), ("b", "a"), ("a", "")]));
    assert_eq!(world.no(zones(&[("f", "e")])), RejectionCode::TreeTooDeep);
    assert_eq!(world.no(zones(&[("top", ""), ("a", "top")])), RejectionCode::TreeTooDeep, "what hangs below counts");
    assert_eq!(world.no(zones(&[("a", "e")])), RejectionCode::TreeCycle);
    assert_eq!(world.no(zones(&[("self", "self")])), RejectionCode::TreeCycle);
    assert_eq!(world.no(zones(&[("x", "y"), ("y", "x")])), RejectionCode::TreeCycle);
    world.ok(put_zones(PutMode::Edit, &[("c", "a")]));
    world.ok(zones(&[("f", "e")]));
    world.ok(concepts(&[("a", ""), ("b", "a")]));
    assert_eq!(world.no(concepts(&[("a", "b")])), RejectionCode::TreeCycle, "concepts are a tree of their own");
}

#[test]
fn ag_37_a_zone_moves_to_the_top_when_its_parent_is_cleared() {
    let mut world = World::acme();
    world.ok(zones(&[("a", ""), ("b", "a")]));
    let row = ZoneRow { code: id("b"), name: None, parent: Field::Clear };
    let org = id("acme");
    world.ok(bailiwick_policy::command::Command::PutZones { org, mode: PutMode::Edit, rows: vec![row] });
    world.ok(remove(zone("a")));
}

#[test]
fn ag_37_a_store_is_in_one_zone_and_at_most_one_concept() {
    let mut world = World::acme();
    world.ok(zones(&[("de", ""), ("fr", "")]));
    world.ok(concepts(&[("outlet", "")]));
    let placed = |zone: Field<ZoneCode>, concept| {
        put_stores(PutMode::Edit, vec![StoreRow { zone, concept, ..StoreRow::new(id("north-1")) }])
    };
    world.ok(placed(Field::To(id("de")), Field::To(id("outlet"))));
    world.ok(placed(Field::To(id("fr")), Field::Keep));
    let org = world.acme_state();
    assert!(!org.zone_stores.contains_key("de"));
    assert!(org.zone_stores["fr"].contains("north-1") && org.concept_stores["outlet"].contains("north-1"));
    world.ok(placed(Field::Clear, Field::Clear));
    assert_eq!(world.store("north-1").zone, None, "blank is the root zone");
    let done = world.ok(placed(Field::Clear, Field::Clear));
    assert!(!done.changed);
    assert_eq!(world.no(placed(Field::To(id("nope")), Field::Keep)), RejectionCode::ZoneUnknown);
    assert_eq!(world.no(placed(Field::Keep, Field::To(id("nope")))), RejectionCode::ConceptUnknown);
}

#[test]
fn ag_37_what_has_stores_or_children_cannot_be_removed() {
    let mut world = World::acme();
    world.ok(zones(&[("de", ""), ("north", "de")]));
    world.ok(concepts(&[("outlet", ""), ("city", "outlet")]));
    let zoned = StoreRow { zone: Field::To(id("north")), concept: Field::To(id("city")), ..store_row("north-1") };
    world.ok(put_stores(PutMode::Edit, vec![zoned]));
    for (target, code) in [
        (zone("de"), RejectionCode::ZoneInUse),
        (zone("north"), RejectionCode::ZoneInUse),
        (concept("outlet"), RejectionCode::ConceptInUse),
        (concept("city"), RejectionCode::ConceptInUse),
    ] {
        let rejection = world.rejection(remove(target));
        assert_eq!((rejection.code, rejection.count), (code, 1), "{rejection}");
    }
    let bare = StoreRow { zone: Field::Clear, concept: Field::Clear, ..StoreRow::new(id("north-1")) };
    world.ok(put_stores(PutMode::Edit, vec![bare]));
    for target in [zone("north"), zone("de"), concept("city"), concept("outlet")] {
        world.ok(remove(target));
    }
}

#[test]
fn ag_37_a_store_never_changes_its_org() {
    let mut world = World::acme();
    let objects = content(&world.state).len();
    let there = bailiwick_policy::command::Command::PutStores { org: id("beta"), mode: PutMode::Import, rows: vec![store_row("north-1")] };
    world.ok(there);
    assert_eq!(content(&world.state).len(), objects + 1, "the same code in another org is another store");
    assert!(world.state.orgs["beta"].tills.is_empty());
}

#[test]
fn ag_38_suspend_and_resume_are_the_only_states() {
    let mut world = World::acme();
    for (target, reason) in [
        (acme(), Reason::OrgSuspended),
        (store_id("north-1"), Reason::StoreInactive),
        (till_id("north-1", "t1"), Reason::TillSuspended),
    ] {
        assert!(world.ok(suspend(target.clone())).changed);
        assert_eq!(world.check("till:north-1/t1 GET /v2/customers"), reason);
        assert!(!world.ok(suspend(target.clone())).changed);
        assert!(world.ok(resume(target.clone())).changed);
        assert!(!world.ok(resume(target)).changed);
        assert_eq!(world.check("till:north-1/t1 GET /v2/customers"), Reason::PermitDefaultGroup);
    }
    for target in [zone("x"), concept("x"), ObjectId::Cluster, ObjectId::Credential(id("acme-ann"))] {
        assert_eq!(world.no(suspend(target.clone())), RejectionCode::WrongKind);
        assert_eq!(world.no(resume(target)), RejectionCode::WrongKind);
    }
}

#[test]
fn ag_38_codes_are_unique_in_their_org_and_tills_in_their_store() {
    let mut world = World::acme();
    assert_eq!(world.no(put_stores(PutMode::Create, vec![store_row("north-1")])), RejectionCode::StoreExists);
    assert_eq!(world.no(put_tills(PutMode::Create, &[("north-1", "t1")])), RejectionCode::TillExists);
    world.ok(put_tills(PutMode::Create, &[("north-1", "T1"), ("north-2", "t2")]));
    assert_eq!(world.no(put_tills(PutMode::Import, &[("nowhere", "t1")])), RejectionCode::StoreUnknown);
}

#[test]
fn ag_40_a_row_updates_what_exists_and_removes_nothing() {
    let mut world = World::acme();
    world.ok(allocate(&["north-1"], Some("Admin")));
    world.ok(suspend(store_id("north-1")));
    let row = StoreRow {
        name: Some(id("North One")),
        external_ids: Field::To(vec!["erp-1".into()]),
        latitude_e7: Field::To(525_000_000),
        time_zone: Field::To("Europe/Berlin".into()),
        ..StoreRow::new(id("north-1"))
    };
    let executed = world.try_as(operator(), put_stores(PutMode::Import, vec![row.clone(), store_row("north-2")]));
    assert_eq!(executed.changes.len(), 1);
    let store = world.store("north-1");
    assert_eq!((store.name.as_str(), store.active, store.group.is_some()), ("North One", false, true));
    let details = store.details.as_ref().expect("details");
    assert_eq!((&*details.external_ids[0], details.latitude_e7, details.longitude_e7), ("erp-1", Some(525_000_000), None));
    assert!(!world.ok(put_stores(PutMode::Import, vec![row])).changed);
    assert_eq!(world.acme_state().stores.len(), 3);
    let bare = StoreRow {
        external_ids: Field::Clear,
        latitude_e7: Field::Clear,
        time_zone: Field::Clear,
        ..StoreRow::new(id("north-1"))
    };
    world.ok(put_stores(PutMode::Edit, vec![bare]));
    assert_eq!(world.store("north-1").details, None, "all blank is none");
}

#[test]
fn ag_40_faults_name_row_column_and_cause() {
    let world = World::acme();
    let rows = vec![
        StoreRow::new(id("fresh")),
        StoreRow { zone: Field::To(id("nope")), concept: Field::To(id("nope")), ..store_row("a") },
        StoreRow { latitude_e7: Field::To(900_000_001), longitude_e7: Field::To(-1_800_000_001), ..store_row("b") },
        StoreRow { currency: Field::To("x".repeat(101).into()), external_ids: Field::To(vec!["a\u{7}".into()]), ..store_row("c") },
        store_row("a"),
        store_row("c-2"),
        store_row("c-2"),
    ];
    let found: Vec<_> =
        faults(&world.state, &put_stores(PutMode::Import, rows)).into_iter().map(|f| (f.row, f.column, f.code)).collect();
    assert_eq!(found, [
        (0, "name", RejectionCode::NameRequired),
        (1, "zone", RejectionCode::ZoneUnknown),
        (1, "concept", RejectionCode::ConceptUnknown),
        (2, "latitude", RejectionCode::TextInvalid),
        (2, "longitude", RejectionCode::TextInvalid),
        (3, "currency", RejectionCode::TextInvalid),
        (3, "external_ids", RejectionCode::TextInvalid),
        (4, "code", RejectionCode::KeyRepeated),
    ]);
}

#[test]
fn ag_40_parents_may_come_later_in_the_same_file() {
    let mut world = World::acme();
    world.ok(zones(&[("child", "parent"), ("parent", "")]));
    assert_eq!(world.no(zones(&[("other", "nowhere")])), RejectionCode::ZoneUnknown);
    assert_eq!(world.no(concepts(&[("other", "nowhere")])), RejectionCode::ConceptUnknown);
}

#[test]
fn ag_40_an_import_is_as_large_as_an_entry_may_be() {
    let mut world = World::acme();
    let codes: Vec<String> = (0..=IMPORT_ROWS_MAX).map(|n| format!("s{n}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    assert_eq!(world.no(stores(&codes)), RejectionCode::TooMany);
    assert_eq!(world.no(stores(&[])), RejectionCode::NothingNamed);
    world.ok(stores(&codes[1..]));
    assert_eq!(world.acme_state().stores_inherited(&id("POS")), 3 + IMPORT_ROWS_MAX as u64);
}

/// Edits of a tree are judged against all of it, those of a second full batch against the first too.
#[test]
fn ag_37_full_batches_of_a_large_tree() {
    let mut world = World::acme();
    for part in 0..2 {
        let rows: Vec<ZoneRow> = (0..IMPORT_ROWS_MAX)
            .map(|n| {
                let parent = if n % 5 == 0 { String::new() } else { format!("zone-{part}-{}", n - 1) };
                zone_row(&format!("zone-{part}-{n}"), &parent)
            })
            .collect();
        world.ok(bailiwick_policy::command::Command::PutZones { org: id("acme"), mode: PutMode::Import, rows });
    }
}
