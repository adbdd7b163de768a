//! An explanation proves its answer, and what it offers works.

use std::collections::BTreeSet;
use std::sync::Arc;

use bailiwick_policy::access::{Class, Level, Levels};
use bailiwick_policy::command::{Actor, Command, Envelope};
use bailiwick_policy::decision::{Obligations, Request, Subject, Verdict};
use bailiwick_policy::explain::{Explanation, explain};
use bailiwick_policy::ids::{RequestId, Tick};
use bailiwick_policy::object::{Cluster, Credential, CredentialKind, Meta, Object, Secret};
use bailiwick_policy::plan::plan;
use bailiwick_policy::reference;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::support::*;

proptest! {
    #[test]
    fn an_explanation_reproduces_the_decision(state in state(), questions in vec(question(), 1..20)) {
        for question in &questions {
            let explanation = explain(&state, &question.request());
            prop_assert_eq!(explanation.decision(), reference::decide(&state, &question.request()));
            prop_assert_eq!(explanation.replay(), explanation.decision(), "{:#?}", explanation);
            prop_assert!(!explanation.sentence.is_empty());
            // A permit that only observing brought about is explained as the deny that it stands for.
            let denied = explanation.decision().verdict() == Verdict::Deny || explanation.would_deny.is_some();
            prop_assert_eq!(explanation.miss.is_some(), denied);
            prop_assert!(denied || explanation.remedies.is_empty());
        }
    }

    /// The same of anything asked by anybody.
    #[test]
    fn an_explanation_of_any_inquiry_reproduces_the_decision(state in state(), inquiries in vec(inquiry(), 1..20)) {
        for inquiry in &inquiries {
            let request = inquiry.request();
            let explanation = explain(&state, &request);
            prop_assert_eq!(explanation.decision(), reference::decide(&state, &request));
            prop_assert_eq!(explanation.replay(), explanation.decision(), "{:#?}", explanation);
            prop_assert!(!explanation.sentence.is_empty(), "{:#?}", explanation);
            let limited = explanation.obligations.contains(Obligations::PLACES);
            prop_assert!(limited || explanation.places.is_empty());
        }
    }

    #[test]
    fn an_explanation_survives_the_wire(state in state(), question in question(), inquiry in inquiry()) {
        for request in [question.request(), inquiry.request()] {
            let explanation = explain(&state, &request);
            let bytes = rmp_serde::to_vec_named(&explanation).unwrap();
            prop_assert_eq!(rmp_serde::from_slice::<Explanation>(&bytes).unwrap(), explanation);
        }
    }
}

/// What is offered to users and applications can be commanded too, and then it is permitted.
#[test]
fn what_is_offered_to_people_can_be_commanded_and_permits() {
    let mut runner = TestRunner::deterministic();
    let (mut followed, mut kinds) = (0, BTreeSet::new());
    for _ in 0..600 {
        let mut state = state().new_tree(&mut runner).expect("a state").current();
        state.put(&cluster());
        state.put(&operator());
        for _ in 0..40 {
            let inquiry = inquiry().new_tree(&mut runner).expect("an inquiry").current();
            let request = inquiry.request();
            for remedy in explain(&state, &request).remedies {
                let mut after = state.clone();
                for command in &remedy.commands {
                    kinds.insert(command.name());
                    let plan = plan(&after, &Envelope { proposed_at: after.tick, ..envelope(command.clone()) }, after.tick);
                    let plan = plan.unwrap_or_else(|refused| panic!("{}: {command:?}: {refused:?}", remedy.text));
                    plan.changes.iter().for_each(|change| after.apply(change));
                }
                assert_eq!(reference::decide(&after, &request).verdict(), Verdict::Permit, "{}", remedy.text);
                followed += 1;
            }
        }
    }
    assert!(followed > 100, "only {followed} remedies were offered");
    for wanted in ["resume", "user sets", "application roles", "application edit"] {
        assert!(kinds.contains(wanted), "no `{wanted}` among {kinds:?}");
    }
}

/// The same through the door: what is offered can be commanded by an operator, and then the call is permitted.
#[test]
fn what_an_explanation_offers_can_be_commanded_and_permits() {
    let mut runner = TestRunner::deterministic();
    let (mut followed, mut kinds) = (0, BTreeSet::new());
    for _ in 0..400 {
        let mut state = state().new_tree(&mut runner).expect("a state").current();
        state.put(&cluster());
        state.put(&operator());
        for _ in 0..40 {
            let question = question().new_tree(&mut runner).expect("a question").current();
            let request = question.request();
            for remedy in explain(&state, &request).remedies {
                let mut after = state.clone();
                for command in &remedy.commands {
                    kinds.insert(command.name());
                    let plan = plan(&after, &envelope(command.clone()), Tick(0));
                    let plan = plan.unwrap_or_else(|refused| panic!("{}: {command:?}: {refused:?}", remedy.text));
                    plan.changes.iter().for_each(|change| after.apply(change));
                }
                assert_eq!(reference::decide(&after, &request).verdict(), Verdict::Permit, "{}", remedy.text);
                followed += 1;
            }
        }
    }
    assert!(followed > 100, "only {followed} remedies were offered");
    let all = ["access-group edit", "allocate", "default", "resume"];
    assert!(kinds.iter().copied().eq(all), "{kinds:?}");
}

fn cluster() -> Object {
    Object::Cluster(Arc::new(Cluster { id: "test".into(), incarnation: 1, catalogue: 1, meta: Meta::default(), retired_nodes: Vec::new() }))
}

fn operator() -> Object {
    Object::Credential(Arc::new(Credential {
        id: "op".parse().unwrap(),
        label: "operator".parse().unwrap(),
        kind: CredentialKind::Operator,
        secret: Secret::TokenHash([0; 32]),
        revoked: false,
        meta: Meta::default(),
        bounds: bailiwick_policy::place::Bounds::ALWAYS,
    }))
}

fn envelope(command: Command) -> Envelope {
    Envelope {
        request_id: RequestId(1),
        actor: Actor::Credential("op".parse().unwrap()),
        proposed_at: Tick(0),
        reads: Vec::new(),
        reason: None,
        job: None,
        command,
    }
}

#[test]
fn an_explanation_reads_as_lines() {
    let mut state = bailiwick_policy::state::State::default();
    for object in [
        org("acme", true, Some("custom")),
        resource("acme", "Points"),
        endpoint("acme", "POST", "/v2/points/{id}", Some("Points"), Class::Data, Level::Write),
        group("acme", "custom", true, false, &[("Points", Class::Data, Levels::R)]),
        group("acme", "POS", true, false, &[("Points", Class::Data, Levels::all())]),
        store("acme", "north-7", true, None),
        till("acme", "north-7", "t1", false),
    ] {
        state.put(&object);
    }
    let lines = |subject, method, path| {
        explain(&state, &Request::call("acme", subject, method, path)).lines().join("\n")
    };
    assert_eq!(
        lines(Subject::Till("north-7/t1"), "POST", "/v2/points/1"),
        "deny: till:north-7/t1 POST /v2/points/1 (till_suspended)\n  \
           till `north-7/t1` is suspended\n  \
           org       acme (acme), active\n  \
           endpoint  POST /v2/points/{id}: Points, Data, Write needed\n  \
           store     north-7 (north-7), root zone, active\n  \
           till      t1, suspended\n  \
           would allow it:\n    \
             resume till `north-7/t1`, then set Points Data to Read+Write in group `custom`, which 1 store would follow"
    );
    assert_eq!(
        lines(Subject::Store("north-7"), "POST", "/v2/points/1"),
        "deny: store:north-7 POST /v2/points/1 (needs_write)\n  \
           group `custom` grants Read on Points (Data), and Write is needed\n  \
           org       acme (acme), active\n  \
           endpoint  POST /v2/points/{id}: Points, Data, Write needed\n  \
           store     north-7 (north-7), root zone, active\n  \
           group     custom (custom), inherited from the org's default\n  \
           cell      Points (Data): Read\n  \
           would allow it:\n    \
             set Points Data to Read+Write in group `custom`, which 1 store would follow\n    \
             allocate group `POS` to store `north-7`"
    );
    assert_eq!(
        lines(Subject::Store("north-7"), "PUT", "/v2/points/1").lines().nth(1),
        Some("  no endpoint has PUT /v2/points/1; the path is known with POST")
    );
    assert_eq!(
        lines(Subject::Store("north-7"), "POST", "/v2/points/1/2").lines().nth(1),
        Some("  no endpoint has POST /v2/points/1/2; the nearest is `POST /v2/points/{}`")
    );
}
