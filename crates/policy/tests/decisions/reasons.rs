//! Every reason, by the rule that gives it, told by the reference, the index and the explanation alike.

use bailiwick_policy::access::{Class, Level, Levels};
use bailiwick_policy::decide::decide;
use bailiwick_policy::decision::{Reason, Request, Subject, Verdict};
use bailiwick_policy::explain::explain;
use bailiwick_policy::index::Index;
use bailiwick_policy::reference;
use bailiwick_policy::state::State;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::support::*;

const RW: Levels = Levels::all();

/// An org with a store for every case; `acme` has a default, `bare` has none, `shut` is suspended.
fn scene() -> State {
    use Class::{Config, Data};
    use Level::{Read, Write};
    let objects = [
        org("acme", true, Some("reader")),
        org("bare", true, None),
        org("shut", false, Some("reader")),
        resource("acme", "Customer"),
        resource("acme", "Points"),
        endpoint("acme", "GET", "/v2/customers", Some("Customer"), Data, Read),
        endpoint("acme", "POST", "/v2/customers", Some("Customer"), Data, Write),
        endpoint("acme", "PUT", "/v2/customers/{id}", Some("Customer"), Data, Write),
        endpoint("acme", "GET", "/v2/customers/{id}", Some("Customer"), Data, Read),
        endpoint("acme", "GET", "/v2/customers/lookup", None, Data, Read),
        endpoint("acme", "POST", "/v2/customers/search", Some("Customer"), Data, Read),
        endpoint("acme", "GET", "/v2/customers/schema", Some("Customer"), Config, Read),
        endpoint("acme", "OPTIONS", "/v2/customers", Some("Customer"), Data, Write),
        endpoint("acme", "HEAD", "/v2/points", Some("Customer"), Data, Read),
        endpoint("acme", "GET", "/v2/points", Some("Points"), Data, Read),
        endpoint("acme", "GET", "/v2/gone", Some("Removed resource"), Data, Read),
        endpoint("acme", "GET", "/v2/broken/{id", Some("Customer"), Data, Read),
        endpoint("acme", "GET", "/", Some("Customer"), Data, Read),
        group("acme", "reader", true, false, &[("Customer", Data, Levels::R)]),
        group("acme", "writer", true, false, &[("Customer", Data, Levels::W), ("Nowhere", Data, RW)]),
        group("acme", "both", true, false, &[("Customer", Data, RW)]),
        group("acme", "all", true, true, &[]),
        store("acme", "inherits", true, None),
        store("acme", "writes", true, Some("writer")),
        store("acme", "both", true, Some("both")),
        store("acme", "all", true, Some("all")),
        store("acme", "lost", true, Some("no-such-group")),
        store("acme", "closed", false, Some("all")),
        till("acme", "inherits", "t1", true),
        till("acme", "inherits", "t2", false),
        till("acme", "closed", "t1", true),
        till("acme", "writes", "t1", true),
        till("acme", "all", "t1", true),
        resource("bare", "Customer"),
        endpoint("bare", "GET", "/v2/customers", Some("Customer"), Data, Read),
        store("bare", "s", true, None),
    ];
    let mut state = State::default();
    objects.iter().for_each(|object| state.put(object));
    state
}

#[track_caller]
fn check(rule: &str, org: &str, subject: &str, call: &str, expect: Reason) {
    let state = scene();
    let (method, path) = call.split_once(' ').expect("a method and a path");
    let request = Request::call(org, Subject::parse(subject).expect("a subject"), method, path);
    assert_eq!(reference::decide(&state, &request).reason, expect, "{rule}: {subject} {call}");
    assert_eq!(decide(&Index::build(&state), &request).reason, expect, "{rule}, by the index: {subject} {call}");
    let explanation = explain(&state, &request);
    assert_eq!((explanation.reason, explanation.replay().reason), (expect, expect), "{rule}, explained: {subject} {call}");
}

#[test]
fn the_rules_give_their_reasons() {
    use Reason::*;
    for (rule, subject, call, expect) in [
        ("AG-3 read opens GET", "till:inherits/t1", "GET /v2/customers", PermitDefaultGroup),
        ("AG-3 read opens no POST", "till:inherits/t1", "POST /v2/customers", NeedsWrite),
        ("AG-4 write opens POST", "till:writes/t1", "POST /v2/customers", PermitGroup),
        ("AG-4 write opens PUT", "till:writes/t1", "PUT /v2/customers/7", PermitGroup),
        ("AG-5 write implies no read", "till:writes/t1", "GET /v2/customers", NeedsRead),
        ("AG-4 a search by POST takes read", "till:inherits/t1", "POST /v2/customers/search", PermitDefaultGroup),
        ("AG-4 a search by POST takes write", "till:writes/t1", "POST /v2/customers/search", PermitGroup),
        ("AG-4 HEAD is judged as GET", "till:inherits/t1", "HEAD /v2/customers", PermitDefaultGroup),
        ("AG-4 HEAD by its own row first", "till:inherits/t1", "HEAD /v2/points", PermitDefaultGroup),
        ("AG-2 none opens nothing", "till:inherits/t1", "GET /v2/points", ResourceNone),
        ("AG-4 OPTIONS by its own row", "till:writes/t1", "OPTIONS /v2/customers", PermitGroup),
        ("AG-4 OPTIONS without a row", "till:all/t1", "OPTIONS /v2/points", EndpointUnknown),
        ("AG-4 any other method by its own row", "till:all/t1", "PURGE /v2/customers", EndpointUnknown),
        ("AG-4 methods are upper-cased at the door", "till:all/t1", "get /v2/customers", EndpointUnknown),
        ("AG-7 classes are judged apart", "till:inherits/t1", "GET /v2/customers/schema", ResourceNone),
        ("AG-7 no resource is unmapped", "till:all/t1", "GET /v2/customers/lookup", EndpointUnmapped),
        ("AG-7 the winner stays, though unmapped", "till:inherits/t1", "GET /v2/customers/lookup", EndpointUnmapped),
        ("AG-7 a resource that is gone", "till:all/t1", "GET /v2/gone", EndpointUnmapped),
        ("AG-10 the wildcard opens all", "till:all/t1", "GET /v2/customers/schema", PermitGroup),
        ("AG-40 unbalanced braces match nothing", "till:all/t1", "GET /v2/broken/{id", EndpointUnknown),
        ("AG-16 the explicit group", "store:both", "GET /v2/customers", PermitGroup),
        ("AG-19 the default is inherited", "store:inherits", "GET /v2/customers", PermitDefaultGroup),
        ("AG-23 a group that isn't there", "store:lost", "GET /v2/customers", NoAccessGroup),
        ("AG-24 a till has its store's group", "till:writes/t1", "GET /v2/customers/7", NeedsRead),
        ("gates: the store first", "till:nobody/t1", "GET /v2/customers", StoreUnknown),
        ("gates: a suspended store", "till:closed/t1", "GET /v2/customers", StoreInactive),
        ("gates: before its till", "till:closed/nobody", "GET /v2/customers", StoreInactive),
        ("gates: no such till", "till:inherits/nobody", "GET /v2/customers", TillUnknown),
        ("gates: a suspended till", "till:inherits/t2", "GET /v2/customers", TillSuspended),
        ("gates: a till's id has a slash", "till:inherits", "GET /v2/customers", TillUnknown),
        ("gates: split at the last slash", "till:inherits/t1/t1", "GET /v2/customers", StoreUnknown),
        ("gates: codes are case-sensitive", "till:INHERITS/t1", "GET /v2/customers", StoreUnknown),
        ("gates: a store has no slash", "store:inherits/t1", "GET /v2/customers", StoreUnknown),
        ("order: the endpoint before the place", "till:nobody/t1", "GET /v2/nothing", EndpointUnknown),
        ("order: the path before the endpoint", "till:nobody/t1", "GET /v2//nothing", PathMalformed),
        ("order: unmapped before the place", "till:nobody/t1", "GET /v2/gone", EndpointUnmapped),
    ] {
        check(rule, "acme", subject, call, expect);
    }
    check("AG-23 neither default nor explicit", "bare", "store:s", "GET /v2/customers", NoAccessGroup);
    check("order: an unknown org", "nobody", "store:s", "GET //", OrgUnknown);
    check("order: a suspended org", "shut", "store:s", "GET //", OrgSuspended);
}

#[test]
fn paths_are_read_once_and_strictly() {
    use Reason::*;
    for (path, expect) in [
        ("/v2/customers", PermitGroup),
        ("/v2/customers/", PermitGroup),
        ("/", PermitGroup),
        ("/?q=//..", PermitGroup),
        ("/v2/customers?q=/../%zz", PermitGroup),
        ("/v2/custome%72s", PermitGroup),
        ("/v2/customers/%6cookup", EndpointUnmapped),
        ("/v2/customers/%256cookup", PermitGroup),
        ("/v2/customers/...", PermitGroup),
        ("/v2/customers/é", PermitGroup),
        ("/v2/Customers", EndpointUnknown),
        ("/v2/customers/1/2", EndpointUnknown),
        ("/v2/customers%3Fq=1", EndpointUnknown),
        ("", PathMalformed),
        ("v2/customers", PathMalformed),
        ("?/v2/customers", PathMalformed),
        ("//", PathMalformed),
        ("//v2/customers", PathMalformed),
        ("/v2//customers", PathMalformed),
        ("/v2/customers//", PathMalformed),
        ("/v2/./customers", PathMalformed),
        ("/v2/x/../customers", PathMalformed),
        ("/v2/%2e%2e/customers", PathMalformed),
        ("/v2/%2E/customers", PathMalformed),
        ("/v2/.%2e/customers", PathMalformed),
        ("/v2%2Fcustomers", PathMalformed),
        ("/v2%2fcustomers", PathMalformed),
        ("/v2/customers/%00", PathMalformed),
        ("/v2/customers/\0", PathMalformed),
        ("/v2/customers/%ff", PathMalformed),
        ("/v2/customers/%c3", PathMalformed),
        ("/v2/customers/%", PathMalformed),
        ("/v2/customers/%6", PathMalformed),
        ("/v2/customers/%6g", PathMalformed),
    ] {
        check("step 4", "acme", "till:all/t1", &format!("GET {path}"), expect);
    }
}

#[test]
fn ag_25_a_till_moved_to_another_store_takes_that_stores_group() {
    let mut state = scene();
    let mut index = Index::build(&state);
    let ask = |state: &State, index: &Index, subject: &str| {
        let subject = Subject::parse(subject).expect("a subject");
        let request = Request::call("acme", subject, "POST", "/v2/customers");
        let reason = decide(index, &request).reason;
        assert_eq!(reason, reference::decide(state, &request).reason);
        reason
    };
    assert_eq!(ask(&state, &index, "till:inherits/t1"), Reason::NeedsWrite);
    let moved = till("acme", "writes", "moved", true);
    let acts = [Act::Remove(till("acme", "inherits", "t1", true).id()), Act::Put(moved)];
    let changes = play(&mut state, &acts);
    index.apply(&state, &changes);
    assert_eq!(ask(&state, &index, "till:inherits/t1"), Reason::TillUnknown);
    assert_eq!(ask(&state, &index, "till:writes/moved"), Reason::PermitGroup);
}

#[test]
fn ag_17_ag_20_the_default_reaches_those_without_a_group_of_their_own() {
    let mut state = scene();
    let mut index = Index::build(&state);
    let ask = |index: &Index, store: &str| {
        decide(index, &Request::call("acme", Subject::Store(store), "POST", "/v2/customers")).reason
    };
    assert_eq!((ask(&index, "inherits"), ask(&index, "both")), (Reason::NeedsWrite, Reason::PermitGroup));
    let changes = play(&mut state, &[Act::Put(org("acme", true, Some("writer")))]);
    index.apply(&state, &changes);
    assert_eq!((ask(&index, "inherits"), ask(&index, "both")), (Reason::PermitDefaultGroup, Reason::PermitGroup));
    let changes = play(&mut state, &[Act::Put(store("acme", "both", true, None))]);
    index.apply(&state, &changes);
    assert_eq!(ask(&index, "both"), Reason::PermitDefaultGroup);
    let changes = play(&mut state, &[Act::Put(org("acme", true, None))]);
    index.apply(&state, &changes);
    assert_eq!((ask(&index, "inherits"), ask(&index, "both")), (Reason::NoAccessGroup, Reason::NoAccessGroup));
}

/// The property tests would prove little if their questions never got far.
#[test]
fn random_questions_reach_every_reason() {
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..2_000 {
        let state = state().new_tree(&mut runner).expect("a state").current();
        for _ in 0..20 {
            let inquiry = inquiry().new_tree(&mut runner).expect("a question").current();
            seen.insert(reference::decide(&state, &inquiry.request()).reason);
            let question = question().new_tree(&mut runner).expect("a question").current();
            seen.insert(reference::decide(&state, &question.request()).reason);
        }
    }
    let missing: Vec<_> =
        Reason::ALL.iter().filter(|r| r.verdict() != Verdict::Indeterminate && !seen.contains(r)).collect();
    assert!(missing.is_empty(), "never seen: {missing:?}");
}
