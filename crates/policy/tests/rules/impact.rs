//! Impact by classes is what asking for every subject and every endpoint, before and after, comes to.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_policy::command::{Command, PutMode};
use bailiwick_policy::decision::{Request, Subject, Verdict};
use bailiwick_policy::ids::*;
use bailiwick_policy::impact::{Impact, impact};
use bailiwick_policy::object::Endpoint;
use bailiwick_policy::outcome::{Change, Outcome};
use bailiwick_policy::path::canonical_segments;
use bailiwick_policy::preview::preview;
use bailiwick_policy::reference;
use bailiwick_policy::state::{OrgState, State};
use proptest::prelude::*;

use crate::sequences::{play, steps, world};
use crate::world::*;

/// Totals by brute force: stores, tills, pairs gained, pairs lost; and the endpoints that flip, by store.
#[derive(Debug, Default, PartialEq)]
struct Flips {
    stores: u64,
    tills: u64,
    gained: u64,
    lost: u64,
    by_store: BTreeMap<StoreCode, BTreeSet<EndpointId>>,
}

/// A path that this template matches and no literal of another does.
fn sample(endpoint: &Endpoint) -> String {
    let (_method, template) = endpoint.id.as_str().split_once(' ').expect("a method and a template");
    let segments: Vec<&str> = canonical_segments(template).map(|segment| segment.unwrap_or("~fresh~")).collect();
    format!("/{}", segments.join("/"))
}

fn may(state: &State, org: &OrgState, subject: Subject<'_>, id: &EndpointId) -> bool {
    // A template that matches nothing permits nothing, though another may take its text for a parameter.
    let Some(endpoint) = org.endpoints.get(id).filter(|endpoint| endpoint.matchable) else { return false };
    let path = sample(endpoint);
    let request = Request::call(org.org.org.as_str(), subject, &endpoint.method, &path);
    reference::decide(state, &request).verdict() == Verdict::Permit
}

fn brute_force(before: &State, after: &State) -> Flips {
    let mut flips = Flips::default();
    for code in before.orgs.keys().filter(|code| after.orgs.contains_key(*code)) {
        let (old, new) = (&before.orgs[code], &after.orgs[code]);
        let endpoints: BTreeSet<&EndpointId> = old.endpoints.keys().chain(new.endpoints.keys()).collect();
        let stores: BTreeSet<&StoreCode> = old.stores.keys().chain(new.stores.keys()).collect();
        let tills: BTreeSet<&(StoreCode, TillCode)> = old.tills.keys().chain(new.tills.keys()).collect();
        let subjects = stores
            .iter()
            .map(|store| (*store, store.to_string(), false))
            .chain(tills.iter().map(|(store, till)| (store, format!("{store}/{till}"), true)));
        for (store, text, is_till) in subjects {
            let subject = if is_till { Subject::Till(&text) } else { Subject::Store(&text) };
            let (mut gained, mut lost) = (0, 0);
            for id in &endpoints {
                match (may(before, old, subject, id), may(after, new, subject, id)) {
                    (false, true) => gained += 1,
                    (true, false) => lost += 1,
                    (true, true) | (false, false) => continue,
                }
                flips.by_store.entry(store.clone()).or_default().insert((*id).clone());
            }
            flips.gained += gained;
            flips.lost += lost;
            if gained + lost > 0 {
                *(if is_till { &mut flips.tills } else { &mut flips.stores }) += 1;
            }
        }
    }
    flips
}

fn same(found: &Impact, before: &State, after: &State) -> Result<(), TestCaseError> {
    let expected = brute_force(before, after);
    prop_assert_eq!(
        (found.stores, found.tills, found.gained, found.lost),
        (expected.stores, expected.tills, expected.gained, expected.lost),
        "{:#?}",
        found
    );
    prop_assert_eq!(found.rows.is_empty(), expected.by_store.is_empty());
    // Rows add up, and their examples are of those that flip.
    let sum = |part: fn(&bailiwick_policy::impact::ImpactRow) -> u64| found.rows.iter().map(part).sum::<u64>();
    prop_assert_eq!(sum(|row| row.stores), found.stores);
    prop_assert_eq!(sum(|row| row.tills), found.tills);
    prop_assert_eq!(sum(|row| (row.stores + row.tills) * row.endpoints_gained), found.gained);
    prop_assert_eq!(sum(|row| (row.stores + row.tills) * row.endpoints_lost), found.lost);
    for row in &found.rows {
        prop_assert!(row.endpoints_gained + row.endpoints_lost > 0 && row.stores + row.tills > 0, "{:?}", row);
        prop_assert!(row.gained_examples.len() as u64 <= row.endpoints_gained);
        for store in &row.examples {
            let flipping = expected.by_store.get(store);
            prop_assert!(flipping.is_some(), "{} is an example of {:?} and flips nothing", store, row);
            let shown = row.gained_examples.iter().chain(&row.lost_examples);
            for endpoint in shown {
                prop_assert!(flipping.is_some_and(|ids| ids.contains(endpoint)), "{} of {}", endpoint, store);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn ag_21_impact_is_what_asking_everything_comes_to(steps in steps(24)) {
        let mut world = world();
        for step in &steps {
            let before = world.state.clone();
            let executed = play(&mut world, step);
            same(&impact(&before, &world.state, &executed.changes), &before, &world.state)?;
            // And the way back is the same with gains and losses exchanged.
            let back: Vec<Change> =
                executed.changes.iter().map(|c| Change { before: c.after.clone(), after: c.before.clone() }).collect();
            same(&impact(&world.state, &before, &back), &world.state, &before)?;
        }
    }

    #[test]
    fn ag_21_the_impact_of_a_batch_is_that_of_its_end(steps in steps(12), batch in steps(8)) {
        let mut world = world();
        for step in &steps {
            play(&mut world, step);
        }
        let lawful: Vec<Command> = batch
            .iter()
            .scan(world.clone(), |world, step| {
                let executed = world.try_as(operator(), step.command.clone());
                Some(matches!(executed.outcome, Outcome::Committed { .. }).then(|| step.command.clone()))
            })
            .flatten()
            .collect();
        let previewed = preview(&world.state, &operator(), &lawful, Tick(world.now + 60_000), true);
        prop_assert_eq!(&previewed.rejected, &None);
        let mut after = world.state.clone();
        for change in &previewed.changes {
            after.apply(change);
        }
        same(&previewed.impact, &world.state, &after)?;
    }
}

#[track_caller]
fn impact_of(world: &World, command: Command) -> Impact {
    let previewed = preview(&world.state, &operator(), &[command], Tick(world.now), true);
    assert_eq!(previewed.rejected, None);
    previewed.impact
}

#[test]
fn ag_21_a_new_default_shows_who_gains_and_who_loses() {
    let mut world = World::acme();
    world.ok(allocate(&["north-1"], Some("POS")));
    world.ok(suspend(store_id("north-2")));
    world.ok(create_group("Readers", &[("Customer", "R"), ("Webhooks", "R")]));
    let found = impact_of(&world, default(Some("Readers")));
    assert_eq!((found.stores, found.tills), (1, 1), "south-1 alone inherits and is active");
    let row = &found.rows[0];
    assert_eq!((row.from.as_deref(), row.to.as_deref()), (Some("POS"), Some("Readers")));
    assert_eq!(row.examples, [id("south-1")]);
    assert_eq!(row.gained_examples, [id("GET /v2/webhooks")]);
    assert_eq!(row.lost_examples, ["GET /v2/points/{}", "GET /v2/stores", "POST /v2/customers", "POST /v2/points"].map(id));
    assert!(found.lines().contains(&"  1 till loses Write on Customer (Data)".to_owned()), "{:?}", found.lines());
}

#[test]
fn ag_20_the_impact_of_a_default_costs_the_same_for_many_stores() {
    let mut world = World::acme();
    let codes: Vec<String> = (0..2_000).map(|n| format!("s{n}")).collect();
    world.ok(put_stores(PutMode::Import, codes.iter().map(|code| store_row(code)).collect()));
    let found = impact_of(&world, default(None));
    assert_eq!((found.rows.len(), found.stores, found.rows[0].examples.len()), (1, 2_003, 20));
    assert_eq!(impact_of(&world, default(Some("POS"))), Impact::default());
}
