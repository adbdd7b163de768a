//! Requests: a repeat applies once, ids expire, and what was read must still be so.

use bailiwick_policy::access::Class;
use bailiwick_policy::command::Envelope;
use bailiwick_policy::execute::{Known, outcome_of};
use bailiwick_policy::ids::*;
use bailiwick_policy::limits::{REQUEST_AHEAD_MS, REQUEST_KEPT_MS};
use bailiwick_policy::outcome::{Outcome, RejectionCode};
use bailiwick_policy::preview::preview;

use crate::world::*;

fn code(outcome: &Outcome) -> Option<RejectionCode> {
    match outcome {
        Outcome::Rejected(rejection) => Some(rejection.code),
        Outcome::Committed { .. } => None,
    }
}

#[test]
fn a_repeat_applies_once_and_gets_the_first_answer() {
    let mut world = World::acme();
    for command in [create_group("Once", &[]), create_group("POS", &[]), default(Some("POS"))] {
        world.now += 1_000;
        let first = envelope(request(world.now, 1), operator(), world.now, command);
        let outcome = world.execute(&first).outcome;
        world.ok(suspend(store_id("north-1")));
        world.ok(resume(store_id("north-1")));
        let before = world.state.revision;
        let again = world.execute(&Envelope { proposed_at: Tick(world.now + 60_000), ..first });
        assert!(again.repeated && again.row.is_none() && again.changes.is_empty() && again.recorded.is_none());
        assert_eq!((again.outcome, world.state.revision), (outcome, before));
    }
}

#[test]
fn another_actors_request_id_is_refused_and_says_nothing() {
    let mut world = World::acme();
    let id = request(world.now, 50);
    world.execute(&envelope(id, by("acme-ann"), world.now, create_group("Once", &[])));
    let taken = world.execute(&envelope(id, by("beta-ann"), world.now, create_group("Once", &[])));
    assert_eq!(code(&taken.outcome), Some(RejectionCode::RequestIdTaken));
    assert!(!taken.repeated);
    assert_eq!(outcome_of(&world.state, &by("beta-ann"), id), Known::NotApplied);
    assert!(matches!(outcome_of(&world.state, &by("acme-ann"), id), Known::Applied(Outcome::Committed { .. })));
}

#[test]
fn an_outcome_is_kept_for_a_day_of_replicated_time() {
    let mut world = World::acme();
    let id = request(world.now, 50);
    let first = envelope(id, operator(), world.now, create_group("Once", &[]));
    let last_moment = world.now + REQUEST_KEPT_MS;
    world.execute(&first);
    let again = world.execute(&Envelope { proposed_at: Tick(last_moment), ..first.clone() });
    assert!(again.repeated);
    let others = envelope(request(last_moment, 51), operator(), last_moment + 1, default(None));
    let evicted = world.execute(&others).evicted;
    assert!(evicted.contains(&id) && evicted.is_sorted());
    assert_eq!(world.state.requests_floor, id);
    assert_eq!(code(&world.execute(&first).outcome), Some(RejectionCode::RequestExpired));
    assert_eq!(outcome_of(&world.state, &operator(), id), Known::Expired);
    assert_eq!(world.state.requests.len(), 1, "expired ids are not recorded");
}

#[test]
fn an_id_from_the_future_is_refused_until_its_time_comes() {
    let mut world = World::acme();
    let now = world.now;
    let early = envelope(request(now + REQUEST_AHEAD_MS + 1, 1), operator(), now, default(Some("Admin")));
    let refused = world.execute(&early);
    assert_eq!((code(&refused.outcome), refused.recorded), (Some(RejectionCode::RequestAhead), None));
    assert_eq!(code(&world.execute(&Envelope { proposed_at: Tick(now + 1), ..early }).outcome), None);
}

#[test]
fn replicated_time_never_goes_back() {
    let mut world = World::acme();
    let tick = world.state.tick;
    let late = envelope(request(world.now, 70), operator(), tick.0 - 60_000, create_group("Late", &[]));
    world.execute(&late);
    assert_eq!(world.state.tick, tick);
    assert_eq!(world.group("Late").meta.created_at, tick);
}

/// A clock gone mad must not stop the replicas: no moment makes applying fail.
#[test]
fn any_stamp_can_be_applied() {
    let mut world = World::acme();
    for stamp in [u64::MAX - 1, u64::MAX] {
        let outcome = world.execute(&envelope(request(world.now, stamp), operator(), stamp, default(None))).outcome;
        assert_eq!(code(&outcome), Some(RejectionCode::RequestExpired));
    }
}

#[test]
fn a_change_conflicts_only_if_what_it_read_has_changed() {
    let mut world = World::acme();
    let read = |world: &World, target: &ObjectId| {
        let revision = world.state.get(target).map_or(Revision(0), |object| object.meta().revision);
        vec![(target.clone(), revision)]
    };
    let absent = store_id("late-1");
    for (target, other, same) in [
        (store_id("north-1"), allocate(&["north-2"], Some("Admin")), allocate(&["north-1"], Some("Instore"))),
        (absent.clone(), stores(&["late-2"]), stores(&["late-1"])),
    ] {
        let reads = read(&world, &target);
        world.ok(other);
        let try_with = |world: &mut World, number| {
            let mut envelope = envelope(request(world.now, number), operator(), world.now, create_group(&format!("g{number}"), &[]));
            envelope.reads = reads.clone();
            world.execute(&envelope).outcome
        };
        let number = 100 + u64::from(target == absent);
        assert_eq!(code(&try_with(&mut world, number)), None, "another object's change is none of ours");
        world.ok(same);
        match try_with(&mut world, number + 10) {
            Outcome::Rejected(rejection) => {
                assert_eq!(rejection.code, RejectionCode::Conflict);
                assert_eq!(*rejection.examples[0], target.to_string());
            }
            Outcome::Committed { .. } => unreachable!("{target} has changed"),
        }
    }
}

/// What a preview read is what the state held, not what an earlier command of the batch made or took away.
#[test]
fn a_batch_reads_what_was_there_before_it() {
    let world = World::acme();
    let endpoint = ObjectId::Endpoint(id("acme"), id("GET /v2/stores"));
    let again = endpoints(&[("GET", "/v2/stores", "Store", Class::Data)]);
    let batch = [remove(endpoint.clone()), again, stores(&["late-1"]), allocate(&["late-1"], Some("Admin"))];
    let previewed = preview(&world.state, &operator(), &batch, Tick(world.now), false);
    assert_eq!(previewed.rejected, None);
    for (id, revision) in &previewed.reads {
        let there = world.state.get(id).map_or(Revision(0), |object| object.meta().revision);
        assert_eq!(*revision, there, "{id}");
    }
    let mut ids: Vec<&ObjectId> = previewed.reads.iter().map(|(id, _)| id).collect();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "each once");
    assert!(ids.contains(&&endpoint));
}

#[test]
fn a_reason_given_is_text_and_goes_into_the_audit() {
    let mut world = World::acme();
    let mut envelope = envelope(request(world.now, 60), operator(), world.now, create_group("Why", &[]));
    envelope.reason = Some("a\u{202e}b".into());
    assert_eq!(code(&world.execute(&envelope).outcome), Some(RejectionCode::TextInvalid));
    envelope.request_id = request(world.now, 61);
    envelope.reason = Some("ticket 7,\nasked by Ann".into());
    envelope.job = Some(request(1, 2));
    let row = world.execute(&envelope).row.expect("a row");
    assert_eq!((row.reason, row.job), (envelope.reason, envelope.job));
}
