//! Laws that hold for every sequence of commands.

use bailiwick_policy::execute::execute;
use bailiwick_policy::ids::*;
use bailiwick_policy::outcome::{Change, Outcome};
use bailiwick_policy::plan::plan;
use bailiwick_policy::preview::preview;
use bailiwick_policy::state::State;
use proptest::prelude::*;

use crate::sequences::{play, steps, world};
use crate::world::*;

/// Everything that decisions and lists read, derived parts too; who and when included.
fn same_policy(left: &State, right: &State) -> Result<(), TestCaseError> {
    prop_assert!(left.objects().eq(right.objects()), "objects differ");
    same_derived(left, right)
}

fn same_derived(left: &State, right: &State) -> Result<(), TestCaseError> {
    prop_assert_eq!(&left.by_secret, &right.by_secret);
    prop_assert!(left.orgs.keys().eq(right.orgs.keys()));
    for (left, right) in left.orgs.values().zip(right.orgs.values()) {
        prop_assert_eq!(&left.group_names, &right.group_names);
        prop_assert_eq!(&left.allocated, &right.allocated);
        prop_assert_eq!(&left.zone_stores, &right.zone_stores);
        prop_assert_eq!(&left.concept_stores, &right.concept_stores);
        prop_assert_eq!(&left.resource_endpoints, &right.resource_endpoints);
        prop_assert_eq!(&left.members, &right.members);
    }
    Ok(())
}

fn rebuilt(state: &State) -> State {
    let mut rebuilt = State::default();
    for object in state.objects() {
        rebuilt.put(&object);
    }
    rebuilt
}

fn apply_all(state: &mut State, changes: &[Change]) {
    for change in changes {
        state.apply(change);
    }
}

/// What `plan` promises of every state it leads to.
fn lawful(state: &State) -> Result<(), TestCaseError> {
    for org in state.orgs.values() {
        prop_assert!(org.users.values().any(|user| user.active), "an org keeps an active owner (UM-6)");
        for built_in in ["POS", "Instore", "Admin"] {
            prop_assert!(org.groups.get(built_in).is_some_and(|group| group.active), "built-ins stay (AG-10 to AG-12)");
        }
        prop_assert_eq!(org.group_names.len(), org.groups.len(), "names are unique (AG-9)");
        prop_assert!(org.org.default_group.as_ref().is_none_or(|id| org.groups.contains_key(id)));
        for store in org.stores.values() {
            prop_assert!(store.group.as_ref().is_none_or(|id| org.groups.contains_key(id)));
            prop_assert!(store.zone.as_ref().is_none_or(|code| org.zones.contains_key(code)));
            prop_assert!(store.concept.as_ref().is_none_or(|code| org.concepts.contains_key(code)));
        }
        prop_assert!(org.tills.keys().all(|(store, _)| org.stores.contains_key(store)));
        prop_assert!(org.endpoints.values().all(|e| e.resource.as_ref().is_none_or(|r| org.resources.contains_key(r))));
        for group in org.groups.values() {
            prop_assert!(group.grants.is_sorted_by_key(|cell| (cell.resource.clone(), cell.class)));
            prop_assert!(group.grants.iter().all(|cell| !cell.levels.is_empty()));
        }
        for zone in org.zones.values() {
            let above = std::iter::successors(Some(zone), |z| z.parent.as_ref().and_then(|parent| org.zones.get(parent)));
            prop_assert!(above.take(6).count() <= 5, "no cycle, at most five levels (AG-37)");
            prop_assert!(zone.parent.as_ref().is_none_or(|parent| org.zones.contains_key(parent)));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_step_keeps_the_laws(steps in steps(24)) {
        let mut world = world();
        for (number, step) in (0u64..).zip(&steps) {
            let before = world.clone();
            let mut twin = world.clone();
            let executed = play(&mut world, step);

            // Planning is deterministic: another replica does the same.
            let elsewhere = play(&mut twin, step);
            prop_assert_eq!(&executed.outcome, &elsewhere.outcome);
            prop_assert_eq!(&executed.changes, &elsewhere.changes);
            prop_assert_eq!(&executed.row, &elsewhere.row);
            let asked = envelope(request(world.now, number), step.actor.clone(), world.now, step.command.clone());
            let planned = plan(&before.state, &asked, Tick(world.now));
            prop_assert_eq!(planned.as_ref().map_or_else(|_| Vec::new(), |plan| plan.changes.clone()), executed.changes.clone());

            // Preview tells what executing does.
            let previewed = preview(&before.state, &step.actor, std::slice::from_ref(&step.command), Tick(world.now), false);
            prop_assert_eq!(&previewed.changes, &executed.changes);
            let rejected = match &executed.outcome {
                Outcome::Rejected(rejection) => Some((0, rejection.clone())),
                Outcome::Committed { .. } => None,
            };
            prop_assert_eq!(previewed.rejected, rejected);

            // A rejection, and a command that changes nothing, leave a record of the request and the time behind.
            let changed = !executed.changes.is_empty();
            prop_assert_eq!(executed.row.is_some(), changed);
            prop_assert_eq!(world.state.revision.0, before.state.revision.0 + u64::from(changed));
            prop_assert_eq!(world.state.tick, Tick(world.now));
            prop_assert!(world.state.requests.contains_key(&executed.recorded.expect("recorded")));
            if let Outcome::Committed { revision, changed: said, .. } = &executed.outcome {
                prop_assert_eq!((*revision, *said), (world.state.revision, changed));
            }
            if !changed {
                same_policy(&before.state, &world.state)?;
            }

            // Each change says what was there, names each object once, and nothing is changed into itself.
            let mut ids = Vec::new();
            for change in &executed.changes {
                let id = change.id().expect("a change has a side");
                prop_assert_eq!(&before.state.get(&id), &change.before);
                prop_assert_eq!(&world.state.get(&id), &change.after);
                prop_assert!(change.before != change.after);
                if let Some(after) = &change.after {
                    prop_assert_eq!(after.meta().revision, world.state.revision);
                }
                ids.push(id);
            }
            let named = ids.len();
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), named);

            // Applying the changes is all that planning meant, and doing so again after a crash ends the same.
            for done in 0..=executed.changes.len() {
                let mut replayed = before.state.clone();
                apply_all(&mut replayed, executed.changes.get(..done).unwrap_or_default());
                apply_all(&mut replayed, &executed.changes);
                same_policy(&replayed, &world.state)?;
            }

            // Undo: the sides swapped, the last first.
            let mut undone = world.state.clone();
            for Change { before, after } in executed.changes.iter().rev() {
                undone.apply(&Change { before: after.clone(), after: before.clone() });
            }
            same_policy(&undone, &before.state)?;

            lawful(&world.state)?;
        }
        // What is derived is derived from the objects alone.
        same_policy(&rebuilt(&world.state), &world.state)?;
    }

    #[test]
    fn a_history_replayed_from_any_point_ends_the_same(steps in steps(30), from in 0usize..30, crash in 0usize..30) {
        let mut world = world();
        let (mut states, mut history) = (vec![world.state.clone()], Vec::new());
        for step in &steps {
            let changes = play(&mut world, step).changes;
            history.extend(changes.into_iter().map(|change| (world.state.revision, change)));
            states.push(world.state.clone());
        }
        // The log is replayed from an early moment, over rows on disk that may be those of a later one.
        let (from, crash) = (from % states.len(), crash % states.len());
        let early = states.get(from.min(crash)).expect("a state").revision;
        let mut resumed = rebuilt(states.get(from.max(crash)).expect("a state"));
        for (_, change) in history.iter().filter(|(revision, _)| *revision > early) {
            resumed.apply(change);
        }
        same_policy(&resumed, &world.state)?;
    }

    #[test]
    fn every_request_repeated_applies_once(steps in steps(16)) {
        let mut world = world();
        let mut number = 5_000u64;
        for step in &steps {
            // Days don't pass here: an outcome that isn't kept can't be repeated.
            world.now += step.after_ms % 5_000;
            number += 1;
            let first = envelope(request(world.now, number), step.actor.clone(), world.now, step.command.clone());
            let executed = world.execute(&first);
            let after = world.state.clone();
            let again = world.execute(&first);
            prop_assert!(again.repeated && again.changes.is_empty() && again.row.is_none());
            prop_assert_eq!(again.outcome, executed.outcome);
            same_policy(&after, &world.state)?;
            prop_assert_eq!(after.revision, world.state.revision);
            prop_assert_eq!(after.requests.len(), world.state.requests.len());
        }
    }

    #[test]
    fn a_previewed_change_can_be_made_from_what_it_read(steps in steps(16), last in crate::sequences::step()) {
        let mut world = world();
        for step in &steps {
            play(&mut world, step);
        }
        let previewed = preview(&world.state, &last.actor, std::slice::from_ref(&last.command), Tick(world.now), true);
        let mut asked = envelope(request(world.now, 9_999), last.actor, world.now, last.command);
        asked.reads = previewed.reads.clone();
        let mut state = world.state.clone();
        let executed = execute(&mut state, &asked);
        prop_assert_eq!(&executed.changes, &previewed.changes);
        if !executed.changes.is_empty() {
            // The same once more, made from the same reading, is too late.
            let mut again = asked.clone();
            again.request_id = request(world.now, 10_000);
            let refused = execute(&mut state, &again).outcome;
            prop_assert!(matches!(refused, Outcome::Rejected(_)), "{:?}", refused);
        }
    }

    #[test]
    fn a_batch_is_previewed_as_it_is_executed(steps in steps(12), batch in steps(6)) {
        let mut world = world();
        for step in &steps {
            play(&mut world, step);
        }
        let now = Tick(world.now);
        let commands: Vec<_> = batch.iter().map(|step| step.command.clone()).collect();
        let previewed = preview(&world.state, &operator(), &commands, now, true);
        let (mut state, mut changes, mut rejected) = (world.state.clone(), Vec::new(), None);
        for (place, command) in commands.iter().enumerate() {
            let executed = execute(&mut state, &envelope(request(world.now, 20_000 + place as u64), operator(), world.now, command.clone()));
            if let Outcome::Rejected(rejection) = executed.outcome {
                rejected = Some((place, rejection));
                break;
            }
            changes.extend(executed.changes);
        }
        prop_assert_eq!(previewed.rejected, rejected);
        prop_assert_eq!(previewed.changes, changes);
    }
}
