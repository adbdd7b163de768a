//! The index at sizes where its parts change shape: buckets split, entries overflow, words run out.

use bailiwick_policy::access::{Class, Level, Levels};
use bailiwick_policy::decide::decide;
use bailiwick_policy::decision::{Reason, Request, Subject};
use bailiwick_policy::index::Index;
use bailiwick_policy::reference;
use bailiwick_policy::state::State;

use crate::support::*;

fn scene() -> State {
    let mut state = State::default();
    for object in [
        org("acme", true, Some("POS")),
        resource("acme", "Customer"),
        endpoint("acme", "GET", "/v2/customers", Some("Customer"), Class::Data, Level::Read),
        group("acme", "POS", true, false, &[("Customer", Class::Data, Levels::R)]),
        group("acme", "none", true, false, &[]),
    ] {
        state.put(&object);
    }
    state
}

#[track_caller]
fn same(state: &State, index: &Index, subject: Subject<'_>) -> Reason {
    let request = Request::call("acme", subject, "GET", "/v2/customers");
    let reason = decide(index, &request).reason;
    assert_eq!(reason, reference::decide(state, &request).reason, "{subject}");
    reason
}

#[test]
fn buckets_split_one_by_one_as_stores_come_in() {
    let mut state = scene();
    let mut index = Index::build(&state);
    let code = |at: usize| format!("store-{at}");
    // One at a time at first, then in batches, as an import does; every third has its own group and a till.
    let mut at = 0;
    while at < 6_000 {
        let batch = if at < 200 { 1 } else { 580 };
        let mut acts = Vec::new();
        for at in at..at + batch {
            acts.push(Act::Put(store("acme", &code(at), true, (at % 3 == 0).then_some("none"))));
            if at % 3 == 0 {
                acts.push(Act::Put(till("acme", &code(at), "t1", true)));
            }
        }
        let changes = play(&mut state, &acts);
        index.apply(&state, &changes);
        at += batch;
    }
    assert_eq!(index.stores(), 6_000);
    let built = Index::build(&state);
    for at in 0..6_010 {
        let (store, till) = (code(at), format!("{}/t1", code(at)));
        let reason = same(&state, &index, Subject::Store(&store));
        assert_eq!(reason, same(&state, &built, Subject::Store(&store)));
        assert_eq!(reason == Reason::StoreUnknown, at >= 6_000);
        assert_eq!(same(&state, &index, Subject::Till(&till)), same(&state, &built, Subject::Till(&till)));
    }
    // Taking all of them away again leaves nothing behind.
    let acts: Vec<Act> = (0..6_000)
        .flat_map(|at| {
            [Act::Remove(till("acme", &code(at), "t1", true).id()), Act::Remove(store("acme", &code(at), true, None).id())]
        })
        .collect();
    let changes = play(&mut state, &acts);
    index.apply(&state, &changes);
    assert_eq!(index.stores(), 0);
    assert_eq!(same(&state, &index, Subject::Store("store-1")), Reason::StoreUnknown);
}

#[test]
fn a_store_with_very_many_tills_keeps_a_table_of_them() {
    let mut state = scene();
    state.put(&store("acme", "hyper", true, None));
    let mut index = Index::build(&state);
    let code = |at: usize| format!("till-{at}");
    let both = |state: &State, index: &Index, count: usize| {
        let built = Index::build(state);
        for at in 0..count + 2 {
            let id = format!("hyper/{}", code(at));
            assert_eq!(same(state, index, Subject::Till(&id)), same(state, &built, Subject::Till(&id)));
        }
    };
    for at in 0..150 {
        let changes = play(&mut state, &[Act::Put(till("acme", "hyper", &code(at), at % 7 != 0))]);
        index.apply(&state, &changes);
        if at % 10 == 0 {
            both(&state, &index, at);
        }
    }
    let full = (state.clone(), index.clone());
    for at in 0..150 {
        let changes = play(&mut state, &[Act::Remove(till("acme", "hyper", &code(at), true).id())]);
        index.apply(&state, &changes);
        if at % 10 == 0 {
            both(&state, &index, 150);
        }
    }
    assert_eq!(same(&state, &index, Subject::Till("hyper/till-1")), Reason::TillUnknown);
    assert_eq!(same(&state, &index, Subject::Store("hyper")), Reason::PermitDefaultGroup);
    both(&full.0, &full.1, 150);
}

#[test]
fn more_resources_and_groups_than_fit_in_a_row_or_a_block() {
    let mut state = scene();
    let mut index = Index::build(&state);
    let name = |at: usize| format!("resource {at:03}");
    let mut acts = Vec::new();
    for at in 0..150 {
        acts.push(Act::Put(resource("acme", &name(at))));
        let class = Class::ALL[at % 2];
        acts.push(Act::Put(endpoint("acme", "GET", &format!("/r/{at}"), Some(&name(at)), class, Level::Read)));
        let id = format!("g{at}");
        acts.push(Act::Put(group("acme", &id, true, at == 149, &[(&name(at), class, Levels::R)])));
        acts.push(Act::Put(store("acme", &id, true, Some(&id))));
    }
    let changes = play(&mut state, &acts);
    index.apply(&state, &changes);
    let built = Index::build(&state);
    for of in 0..150 {
        for at in (0..150).step_by(7).chain([of]) {
            let (code, path) = (format!("g{of}"), format!("/r/{at}"));
            let request = Request::call("acme", Subject::Store(&code), "GET", &path);
            let expect = reference::decide(&state, &request);
            assert_eq!((decide(&index, &request), decide(&built, &request)), (expect, expect), "{request:?}");
            assert_eq!(expect.reason == Reason::PermitGroup, of == at || of == 149);
        }
    }
}

#[test]
fn an_org_made_again_has_none_of_its_old_stores() {
    let mut state = scene();
    state.put(&store("acme", "s", true, None));
    state.put(&till("acme", "s", "t1", true));
    let mut index = Index::build(&state);
    assert_eq!(same(&state, &index, Subject::Till("s/t1")), Reason::PermitDefaultGroup);
    let again: Vec<Act> = scene().objects().map(Act::Put).collect();
    let acts: Vec<Act> = [Act::Remove(org("acme", true, None).id())].into_iter().chain(again).collect();
    let changes = play(&mut state, &acts);
    index.apply(&state, &changes);
    assert_eq!((same(&state, &index, Subject::Till("s/t1")), index.stores()), (Reason::StoreUnknown, 0));
}
