//! A million decisions in one run: random lawful and unlawful histories, and after each step everything that anybody
//! might ask. `DECISIONS` asks for another number, `SEED` for another history; both are printed.

use std::collections::BTreeSet;

use bailiwick_policy::decision::{Decision, Request, Subject, Verdict};
use bailiwick_policy::explain::explain;
use bailiwick_policy::ids::*;
use bailiwick_policy::index::{Index, decide};
use bailiwick_policy::object::Object;
use bailiwick_policy::outcome::Outcome;
use bailiwick_policy::path::canonical_segments;
use bailiwick_policy::preview::preview;
use bailiwick_policy::reference;
use bailiwick_policy::state::State;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::sequences::{play, steps, world};
use crate::world::*;

/// One explanation for so many decisions: each tries its remedies on copies of the state.
const EXPLAINED: usize = 31;

/// A question, as text.
type Question = (String, String, String, String);

#[expect(clippy::disallowed_methods, reason = "how long this test runs is local; what it judges reads nothing")]
fn set(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Everybody and everything in either state.
fn questions(states: [&State; 2]) -> BTreeSet<Question> {
    let mut all = BTreeSet::new();
    for org in states.iter().flat_map(|state| state.orgs.values()) {
        let code = org.org.org.to_string();
        let stores = org.stores.keys().map(|store| format!("store:{store}"));
        let tills = org.tills.keys().map(|(store, till)| format!("till:{store}/{till}"));
        let users = org.users.keys().map(|user| format!("user:{user}"));
        let applications = org.applications.keys().map(|application| format!("application:{application}"));
        let subjects: Vec<String> = stores.chain(tills).chain(users).chain(applications).collect();
        for endpoint in org.endpoints.values() {
            let template = endpoint.id.as_str().split_once(' ').map_or("", |(_, template)| template);
            let segments: Vec<&str> = canonical_segments(template).map(|s| s.unwrap_or("~fresh~")).collect();
            for subject in &subjects {
                all.insert((code.clone(), subject.clone(), endpoint.method.to_string(), format!("/{}", segments.join("/"))));
            }
        }
    }
    all
}

fn request((org, subject, method, path): &Question) -> Request<'_> {
    Request::call(org, Subject::parse(subject).expect("a subject"), method, path)
}

fn said(state: &State) -> Vec<Object> {
    content(state).into_iter().filter(|object| !matches!(object, Object::Retired(_))).collect()
}

#[test]
fn a_million_decisions_agree() {
    let (wanted, seed) = (set("DECISIONS", 1_000_000), set("SEED", 1));
    println!("DECISIONS={wanted} SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let (mut decisions, mut permits, mut observed, mut explained, mut undone) = (0u64, 0u64, 0u64, 0u64, 0u64);
    while decisions < wanted {
        let steps = steps(24).new_tree(&mut runner).expect("steps").current();
        let mut world = world();
        let mut index = Index::build(&world.state);
        for step in &steps {
            let before = world.clone();
            let index_before = index.clone();
            let asked = preview(&before.state, &step.actor, std::slice::from_ref(&step.command), Tick(world.now), true);
            let executed = play(&mut world, step);
            if executed.changes.is_empty() {
                continue;
            }
            index.apply(&world.state, &executed.changes);
            let mut flipped = (BTreeSet::new(), BTreeSet::new());
            for (number, question) in questions([&before.state, &world.state]).iter().enumerate() {
                let request = request(question);
                let decided = |state: &State, index: &Index| -> Decision {
                    let decision = reference::decide(state, &request);
                    assert_eq!(decide(index, &request), decision, "index ≠ reference, SEED={seed}: {question:?}");
                    decision
                };
                let (was, is) = (decided(&before.state, &index_before), decided(&world.state, &index));
                decisions += 2;
                permits += u64::from(is.verdict() == Verdict::Permit);
                observed += u64::from(is.would_deny.is_some());
                let place = matches!(request.subject, Subject::Store(_) | Subject::Till(_));
                match (was.verdict(), is.verdict()) {
                    _people if !place => false,
                    (Verdict::Deny, Verdict::Permit) => flipped.0.insert(question.1.clone()),
                    (Verdict::Permit, Verdict::Deny) => flipped.1.insert(question.1.clone()),
                    _same => false,
                };
                if number % EXPLAINED == 0 {
                    let explanation = explain(&world.state, &request);
                    assert_eq!((explanation.decision(), explanation.replay()), (is, is), "SEED={seed}: {question:?}");
                    explained += 1;
                }
            }
            // Who gains or loses by asking is whom the preview named. A template that takes another's calls shows as
            // its own gain, so subjects are compared where the catalogue stands still.
            let catalogue = executed.changes.iter().any(|c| matches!(c.after.as_ref().or(c.before.as_ref()), Some(Object::Endpoint(_) | Object::Resource(_))));
            if !catalogue {
                let (gained, lost) = (asked.impact.gained > 0, asked.impact.lost > 0);
                assert_eq!((gained, lost), (!flipped.0.is_empty(), !flipped.1.is_empty()), "SEED={seed}: {:?}", step.command);
                let subjects = flipped.0.union(&flipped.1).count() as u64;
                assert_eq!(asked.impact.stores + asked.impact.tills, subjects, "SEED={seed}: {:?}", step.command);
            }
            if let Some(row) = &executed.row {
                let mut back = world.clone();
                if let Outcome::Committed { .. } = back.try_as(operator(), undo(row)).outcome {
                    assert_eq!(said(&back.state), said(&before.state), "SEED={seed}: {}", row.command);
                    undone += 1;
                }
            }
        }
    }
    println!("{decisions} decisions, {permits} permits, {observed} observed, {explained} explained, {undone} undone");
    assert!(permits > decisions / 50 && observed > 0 && explained > decisions / 100 && undone > 100, "the run was too idle to say anything");
}
