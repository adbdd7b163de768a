//! A year of a retailer in memory: whatever lawful changes came, an export makes the same org anew, and undoing them in
//! reverse ends where the year began.

#![expect(clippy::indexing_slicing, reason = "a test that reaches beyond its own fixtures is to fail there")]

#[path = "../support/year/mod.rs"]
mod year;

use std::collections::BTreeMap;

use bailiwick_policy::command::Command;
use bailiwick_policy::document::Document;
use bailiwick_policy::outcome::Outcome;

use year::mirror::Mirror;
use year::retailer::{ORG, Size, org};
use year::{Excuse, Year};

/// Some moment of 2025, in milliseconds since 1970.
const START: u64 = 1_750_000_000_000;
const SIZE: Size = Size { stores: 60, tills: 200, users: 80, applications: 14, bundles: 24 };
const CHANGES: usize = 500;

/// The org after some changes; what it was before them; and how often each kind of command was among them.
fn lived(seed: u64) -> (Year, Mirror, BTreeMap<String, usize>) {
    let mut year = Year::new("year", seed, START, (60_000, 600_000));
    year.build(SIZE, &[("1158".to_owned(), "2473 Hackworth Rd".to_owned())]);
    let before = year.mirror.clone();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for _change in 0..CHANGES {
        let now = year.mirror.now + 1_000;
        year.mirror.at(now);
        year.go_on();
        let command = &year.done.last().expect("something was done").row.command;
        *kinds.entry(command.split(' ').take_while(|word| word.parse::<u64>().is_err()).collect::<Vec<_>>().join(" ")).or_default() += 1;
    }
    // Break-glass of the last minutes ends.
    let now = year.mirror.now + 600_000;
    year.mirror.at(now);
    (year, before, kinds)
}

/// What a file of the org makes where there is nothing but the org's first owner.
fn made_anew(of: &Mirror) -> Mirror {
    let document = Document::of(&of.state.orgs[ORG]);
    let mut fresh = Mirror::new("year", of.now);
    fresh.operate(Command::CreateOrg { org: org(), name: "Another".parse().expect("a name"), owner: "owner".parse().expect("an id"), owner_name: "Owner".parse().expect("a name") });
    let changes = document.changes(&fresh.state, &fresh.state.orgs[ORG], true).expect("a good document");
    // In entries, as the command line cuts them.
    for batch in changes.chunks(100) {
        let executed = fresh.operate(Command::Apply { org: org(), changes: batch.to_vec() });
        assert!(matches!(executed.outcome, Outcome::Committed { .. }), "{:?}", executed.outcome);
    }
    fresh
}

#[track_caller]
fn same(a: &Mirror, b: &Mirror) {
    let (a, b) = (a.content(), b.content());
    let differ: Vec<_> = a.iter().filter(|object| !b.contains(object)).chain(b.iter().filter(|object| !a.contains(object))).take(6).collect();
    assert!(differ.is_empty() && a.len() == b.len(), "{} and {} objects, that differ: {differ:#?}", a.len(), b.len());
}

fn a_year(seed: u64) -> BTreeMap<String, usize> {
    let (mut year, before, kinds) = lived(seed);
    same(&made_anew(&year.mirror), &year.mirror);
    let mut excused: BTreeMap<Excuse, usize> = BTreeMap::new();
    for at in (0..year.done.len()).rev() {
        let Err(no) = year.undo(at) else { continue };
        let command = year.done[at].row.command.clone();
        let excuse = year.excuse(at).unwrap_or_else(|| unreachable!("seed {seed}, change {at}, {command}: {no}"));
        assert!(excuse.codes().contains(&no.code), "seed {seed}, {command}, {}: {no}", excuse.words());
        *excused.entry(excuse).or_default() += 1;
    }
    same(&year.mirror, &before);
    assert!(year.refused < 20 * CHANGES, "seed {seed}: {} draws were unlawful", year.refused);
    assert!(excused.values().sum::<usize>() < CHANGES / 10, "seed {seed}: {excused:?}");
    kinds
}

#[test]
fn a_year_is_exported_and_applied_to_the_same_content_and_undone_to_where_it_began() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 1..=8 {
        for (kind, times) in a_year(seed) {
            *kinds.entry(kind).or_default() += times;
        }
    }
    // Nothing that a year should have is missing.
    let wanted = [
        "allocate", "import allocations", "access-group create", "access-group edit", "access-group deactivate", "access-group reactivate",
        "default", "apply", "suspend stores", "resume stores", "break-glass", "zone create", "zone edit", "concept create", "concept edit", "store edit", "import stores", "till create", "till edit",
        "till move", "suspend", "resume", "endpoint edit", "import endpoints", "resource create", "user create", "user edit", "import users", "user sets",
        "user roles", "user invite", "credential revoke", "user-group create", "user-group edit", "user-group members", "user-group controls",
        "permission-set create", "permission-set edit", "access-control create", "access-control edit", "role create", "role edit", "scope create",
        "entity create", "application register", "application edit", "application roles", "application rotate-key", "org settings", "org edit", "undo",
        "zone remove", "concept remove", "endpoint remove", "permission-set remove", "access-control remove", "user-group remove", "role remove",
        "scope remove", "entity remove",
    ];
    let missing: Vec<&str> = wanted.into_iter().filter(|kind| !kinds.contains_key(*kind)).collect();
    assert!(missing.is_empty(), "never done: {missing:?}; done: {kinds:?}");
}

#[test]
fn the_same_seed_is_the_same_year() {
    let rows = |seed: u64| lived(seed).0.done.into_iter().map(|done| done.row).collect::<Vec<_>>();
    assert_eq!(rows(3), rows(3));
    assert_ne!(rows(3), rows(4));
}
