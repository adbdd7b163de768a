//! A million decisions about users, applications and all that isn't a call, along random histories: the index advanced
//! and the reference agree. `DECISIONS` asks for another number, `SEED` for other histories; both are printed.

use std::collections::BTreeSet;

use bailiwick_policy::decide::decide;
use bailiwick_policy::decision::Verdict;
use bailiwick_policy::index::Index;
use bailiwick_policy::reference;
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::*;

#[expect(clippy::disallowed_methods, reason = "how long this test runs is local; what it judges reads nothing")]
fn set(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn a_million_decisions_about_people_agree() {
    let (wanted, seed) = (set("DECISIONS", 1_000_000), set("SEED", 1));
    println!("DECISIONS={wanted} SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let (mut decisions, mut permits, mut obliged, mut flips, mut reasons) = (0u64, 0u64, 0u64, 0u64, BTreeSet::new());
    while decisions < wanted {
        let mut state = state().new_tree(&mut runner).expect("a state").current();
        let crowd = (platform(), vec(people_object(), 80..200)).new_tree(&mut runner).expect("people").current();
        state.put(&crowd.0);
        crowd.1.iter().for_each(|object| state.put(object));
        let mut index = Index::build(&state);
        let inquiries = vec(inquiry(), 200).new_tree(&mut runner).expect("questions").current();
        let all: Vec<Inquiry> = inquiries
            .iter()
            .flat_map(|inquiry| people().into_iter().map(|subject| Inquiry { call: Question { subject, ..inquiry.call.clone() }, ..inquiry.clone() }))
            .collect();
        let mut before: Vec<Option<Verdict>> = vec![None; all.len()];
        for _step in 0..8 {
            for (inquiry, before) in all.iter().zip(&mut before) {
                let request = inquiry.request();
                let decision = reference::decide(&state, &request);
                assert_eq!(decide(&index, &request), decision, "index ≠ reference, SEED={seed}: {request:?}");
                decisions += 1;
                permits += u64::from(decision.verdict() == Verdict::Permit);
                obliged += u64::from(!decision.obligations.is_empty());
                flips += u64::from(before.replace(decision.verdict()).is_some_and(|was| was != decision.verdict()));
                reasons.insert(decision.reason);
            }
            let acts = vec(act(), 1..4).new_tree(&mut runner).expect("acts").current();
            let changes = play(&mut state, &acts);
            index.apply(&state, &changes);
        }
    }
    println!("{decisions} decisions, {permits} permits, {obliged} with obligations, {flips} flipped, {} reasons", reasons.len());
    assert!(permits > decisions / 50 && obliged > decisions / 1_000 && flips > decisions / 2_000 && reasons.len() > 15, "the run was too idle to say anything");
}
