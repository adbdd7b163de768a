//! What was used: no permit without a grant, no grant that isn't listed, and what rests on one grant falls with it.

use std::collections::BTreeSet;
use std::sync::Arc;

use bailiwick_policy::access::{Class, Level, Levels};
use bailiwick_policy::decide::{decide, decide_traced};
use bailiwick_policy::decision::{Context, Decision, Request, Subject, Verdict};
use bailiwick_policy::ids::*;
use bailiwick_policy::index::Index;
use bailiwick_policy::object::*;
use bailiwick_policy::permission::Actions;
use bailiwick_policy::place::Place;
use bailiwick_policy::reference;
use bailiwick_policy::state::{OrgState, State};
use bailiwick_policy::usage::{Sieve, Used, listed, of, unknown_kind};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::support::*;

fn all(state: &State, org: &str) -> Vec<Used> {
    state.orgs.get(org).map(|org| listed(state, org, None, None, usize::MAX).grants).unwrap_or_default()
}

proptest! {
    /// A permit names what it rests on, a deny names nothing, and what is named is in the list of the org's grants.
    #[test]
    fn no_use_is_lost(state in state(), questions in vec(question(), 1..12), inquiries in vec(inquiry(), 1..12)) {
        let listed: BTreeSet<String> = ORGS.iter().flat_map(|org| all(&state, org)).map(|used| used.key()).collect();
        for request in questions.iter().map(Question::request).chain(inquiries.iter().map(Inquiry::request)) {
            let used = of(&state, &request);
            let permitted = reference::decide(&state, &request).verdict() == Verdict::Permit;
            prop_assert_eq!(!used.is_empty(), permitted, "{:?} {:?}", request, used);
            for grant in &used {
                prop_assert!(listed.contains(&grant.key()), "{} is used by {:?}, and not listed", grant, request);
            }
        }
    }

    /// Pages of any size are the list, in the order of their keys, each grant once; narrowed ones too.
    #[test]
    fn pages_are_the_list(state in state(), rows in 1usize..7, object in prop::sample::select(&["user:bob", "access-group:POS", "role:custom", "store:s"][..])) {
        let org = state.orgs.get("acme").unwrap();
        for of in [None, Some(object)] {
            let whole = listed(&state, org, of, None, usize::MAX);
            let keys: Vec<String> = whole.grants.iter().map(Used::key).collect();
            prop_assert!(!whole.more && keys.is_sorted_by(|a, b| a < b), "{:?}", keys);
            prop_assert!(whole.grants.iter().all(|used| of.is_none_or(|object| used.touches(object))));
            let (mut paged, mut after): (Vec<String>, Option<String>) = (Vec::new(), None);
            loop {
                let page = listed(&state, org, of, after.as_deref(), rows);
                prop_assert!(page.grants.len() == rows || !page.more);
                paged.extend(page.grants.iter().map(Used::key));
                after = page.grants.last().map(Used::key);
                if !page.more {
                    break;
                }
            }
            prop_assert_eq!(&paged, &keys);
        }
    }

    /// What is asked is answered as ever, and the sieve never takes a request for one that rests on other grants.
    #[test]
    fn what_the_sieve_holds_back_is_credited_already(state in state(), questions in vec(question(), 1..30), inquiries in vec(inquiry(), 1..30)) {
        let index = Index::build(&state);
        let sieve = Sieve::new(11);
        let mut credited: BTreeSet<(String, String)> = BTreeSet::new();
        for request in questions.iter().map(Question::request).chain(inquiries.iter().map(Inquiry::request)) {
            let (decision, trace) = decide_traced(&index, &request);
            prop_assert_eq!(decision, decide(&index, &request));
            if decision.verdict() != Verdict::Permit {
                continue;
            }
            let used = of(&state, &request).into_iter().map(|used| (request.org.to_owned(), used.key()));
            if sieve.is_new(&request, trace) {
                credited.extend(used);
            } else {
                let lost: Vec<_> = used.filter(|used| !credited.contains(used)).collect();
                prop_assert!(lost.is_empty(), "{:?} was held back, and uses {:?}", request, lost);
            }
        }
    }
}

/// The state without one grant, as whoever revokes it would leave it; none if it isn't taken away by itself.
fn without(state: &State, code: &str, grant: &Used) -> Option<State> {
    let org: &OrgState = state.orgs.get(code)?;
    let object = match grant {
        Used::Allocation(_, store) => Object::Store(Arc::new(Store { group: None, observe: false, ..(**org.stores.get(store)?).clone() })),
        Used::Default(_) => Object::Org(Arc::new(Org { default_group: None, default_observe: false, ..(*org.org).clone() })),
        Used::Cell(group, resource, class, level) => {
            let mut group = (**org.groups.get(group)?).clone();
            for cell in Arc::make_mut(&mut group.grants).iter_mut().filter(|cell| cell.resource == *resource && cell.class == *class) {
                cell.levels -= if *level == Level::Read { Levels::R } else { Levels::W };
            }
            Arc::make_mut(&mut group.grants).retain(|cell| !cell.levels.is_empty());
            Object::Group(Arc::new(group))
        }
        Used::Wildcard(group) => Object::Group(Arc::new(Group { wildcard: false, grants: Arc::default(), ..(**org.groups.get(group)?).clone() })),
        Used::Open(endpoint) => {
            let endpoint = (**org.endpoints.get(endpoint)?).clone();
            Object::Endpoint(Arc::new(Endpoint { routes: None, resource: None, ..endpoint }))
        }
        Used::Owner(user) => Object::User(Arc::new(User { user_type: UserType::Standard, more: None, ..(**org.users.get(user)?).clone() })),
        Used::Membership(user, group) => edit_user(org, user, |more| more.groups.retain(|of| of.group != *group))?,
        Used::Control(group, control) => {
            let mut group = (**org.user_groups.get(group)?).clone();
            Arc::make_mut(&mut group.controls).retain(|grant| grant.control != *control);
            Object::UserGroup(Arc::new(group))
        }
        Used::Scope(control, scope) => {
            let mut control = (**org.controls.get(control)?).clone();
            let canonical = |listed: &ScopeId| bailiwick_policy::scopes::canonical(org, listed);
            Arc::make_mut(&mut control.scopes).retain(|listed| canonical(listed) != *scope);
            Object::Control(Arc::new(control))
        }
        Used::Set(user, set, place) => edit_user(org, user, |more| {
            for grant in more.sets.iter_mut().filter(|grant| grant.set == *set && !grant.places.is_empty()) {
                grant.places.retain(|at| at != place);
                // One without places would be everywhere: it goes.
                if grant.places.is_empty() {
                    grant.set = "taken-away".parse().unwrap();
                }
            }
            more.sets.retain(|grant| grant.set.as_str() != "taken-away" && !(grant.set == *set && grant.places.is_empty() && *place == Place::Org));
        })?,
        Used::Permission(set, permission) => {
            let mut set = (**org.sets.get(set)?).clone();
            for grant in Arc::make_mut(&mut set.grants).iter_mut().filter(|grant| grant.module == permission.module) {
                grant.actions -= Actions::from(permission.action);
            }
            Object::Set(Arc::new(set))
        }
        Used::UserRole(user, role) => edit_user(org, user, |more| more.roles.retain(|of| of.role != *role))?,
        Used::Right(role, right) => {
            let mut role = (**org.roles.get(role)?).clone();
            Arc::make_mut(&mut role.rights).retain(|of| of != right);
            Object::Role(Arc::new(role))
        }
        Used::ApplicationRole(application, role) => {
            let mut application = (**org.applications.get(application)?).clone();
            Arc::make_mut(&mut application.roles).retain(|of| of.role != *role);
            Object::Application(Arc::new(application))
        }
        Used::ApplicationScope(application, scope) => {
            let mut application = (**org.applications.get(application)?).clone();
            let canonical = |listed: &ScopeId| bailiwick_policy::scopes::canonical(org, listed);
            Arc::make_mut(&mut application.scopes).retain(|listed| canonical(listed) != *scope);
            Object::Application(Arc::new(application))
        }
        Used::ApplicationGroup(application, _) => Object::Application(Arc::new(Application { group: None, ..(**org.applications.get(application)?).clone() })),
        Used::User(user) => Object::User(Arc::new(User { active: false, ..(**org.users.get(user)?).clone() })),
        Used::Application(application) => Object::Application(Arc::new(Application { active: false, ..(**org.applications.get(application)?).clone() })),
        Used::Credential(_) => return None,
    };
    let mut after = state.clone();
    after.put(&object);
    Some(after)
}

/// Which way in a kind of grant belongs to; none for what every way needs.
fn way_in(kind: &str, subject: Subject<'_>) -> Option<&'static str> {
    match kind {
        "user" | "application" => None,
        "membership" | "group-control" | "control-scope" | "application-scope" => Some("scopes"),
        "user-set" | "set-permission" => Some("sets"),
        "user-role" | "application-role" | "role-right" => Some("roles"),
        "application-group" => Some("group"),
        "cell" | "wildcard" | "allocation" | "default-group" => {
            Some(if matches!(subject, Subject::Application(_)) { "group" } else { "store" })
        }
        _by_itself => Some("alone"),
    }
}

/// Whether a permit can't stand without the grants of a kind: every way that permits needs one of them. Without its scopes
/// a control may still open an empty node, and a store without its group inherits the default.
fn falls(used: &BTreeSet<Used>, kind: &str, subject: Subject<'_>) -> bool {
    let ways: BTreeSet<&str> = used.iter().filter_map(|used| way_in(used.kind(), subject)).collect();
    match kind {
        "user" | "application" => true,
        "control-scope" | "allocation" => false,
        _of_a_way => ways.len() == 1,
    }
}

fn edit_user(org: &OrgState, user: &UserId, edit: impl FnOnce(&mut UserMore)) -> Option<Object> {
    let user = org.users.get(user)?;
    let mut more = user.more().clone();
    edit(&mut more);
    Some(Object::User(Arc::new(user.with_more(more))))
}

/// Takes all grants of one kind away that a permit rests on: then it rests on nothing of that kind any more, and is given
/// for another reason or not at all. A kind that a permit rests on alone is needed: without it the permit falls.
#[test]
fn what_rests_on_one_grant_falls_with_it() {
    let mut runner = TestRunner::deterministic();
    let (mut taken, mut fell) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..500 {
        let state = state().new_tree(&mut runner).expect("a state").current();
        for _ in 0..60 {
            let (question, inquiry) = (question().new_tree(&mut runner).expect("a question").current(), inquiry().new_tree(&mut runner).expect("an inquiry").current());
            for request in [question.request(), inquiry.request()] {
                let used = of(&state, &request);
                for kind in used.iter().map(Used::kind).collect::<BTreeSet<_>>() {
                    let of_kind: Vec<&Used> = used.iter().filter(|used| used.kind() == kind).collect();
                    let revoked = of_kind.iter().try_fold(state.clone(), |state, grant| without(&state, request.org, grant));
                    let Some(after) = revoked else { continue };
                    taken.insert(kind);
                    let left = of(&after, &request);
                    assert!(of_kind.iter().all(|grant| !left.contains(*grant)), "{request:?} still uses {kind}: {left:?}");
                    let before: Decision = reference::decide(&state, &request);
                    let now = reference::decide(&after, &request);
                    let observed = before.would_deny.is_some();
                    let observes = now.would_deny.is_some();
                    if falls(&used, kind, request.subject) && !observes && !observed {
                        assert_eq!(now.verdict(), Verdict::Deny, "{request:?} without {of_kind:?}: {now:?}");
                    }
                    if now.verdict() == Verdict::Deny {
                        fell.insert(kind);
                    }
                }
            }
        }
    }
    let kinds = [
        "allocation", "application", "application-group", "application-role", "application-scope", "cell", "control-scope", "default-group",
        "group-control", "membership", "open-endpoint", "owner", "role-right", "set-permission", "user", "user-role", "user-set", "wildcard",
    ];
    assert!(taken.iter().copied().eq(kinds), "taken away: {taken:?}");
    assert!(fell.iter().copied().eq(kinds), "fell: {fell:?}");
}

fn acme() -> State {
    let mut state = State::default();
    for object in [
        org("acme", true, Some("POS")),
        resource("acme", "Points"),
        endpoint("acme", "GET", "/v2/points/{id}", Some("Points"), Class::Data, Level::Read),
        endpoint("acme", "POST", "/v2/points/{id}", Some("Points"), Class::Data, Level::Write),
        group("acme", "POS", true, false, &[("Points", Class::Data, Levels::all())]),
        group("acme", "custom", true, false, &[("Points", Class::Data, Levels::R)]),
        group("acme", "Admin", true, true, &[]),
        store("acme", "s", true, None),
        store("acme", "s2", true, None),
        store("acme", "north-1", true, Some("custom")),
        till("acme", "north-1", "t1", true),
        store("acme", "north-2", true, Some("custom")),
    ] {
        state.put(&object);
    }
    state
}

fn keys(state: &State, subject: Subject<'_>, method: &str) -> Vec<String> {
    of(state, &Request::call("acme", subject, method, "/v2/points/1")).iter().map(ToString::to_string).collect()
}

#[test]
fn a_store_uses_its_group_and_the_level_of_the_cell_that_was_needed() {
    let state = acme();
    assert_eq!(keys(&state, Subject::Store("s"), "POST"), ["group `POS` as the default", "Write on Points (Data) in group `POS`"]);
    assert_eq!(keys(&state, Subject::Store("north-1"), "GET"), ["group `custom` of store `north-1`", "Read on Points (Data) in group `custom`"]);
    assert!(keys(&state, Subject::Store("north-1"), "POST").is_empty(), "what is denied uses nothing");
    let listed: Vec<String> = all(&state, "acme").iter().map(ToString::to_string).collect();
    assert_eq!(
        listed,
        [
            "group `custom` of store `north-1`",
            "group `custom` of store `north-2`",
            "group `POS` as the default",
            "Read on Points (Data) in group `POS`",
            "Write on Points (Data) in group `POS`",
            "Read on Points (Data) in group `custom`",
        ],
        "nobody has `Admin`"
    );
}

#[test]
fn a_way_into_another_path_of_the_same_endpoint_is_nothing_new() {
    let state = acme();
    let (index, sieve) = (Index::build(&state), Sieve::new(1));
    let ask = |subject: &str, method: &str, path: &str, context: Context<'_>| {
        let request = Request { context, ..Request::call("acme", Subject::parse(subject).unwrap(), method, path) };
        let (decision, trace) = decide_traced(&index, &request);
        assert_eq!(decision.verdict(), Verdict::Permit);
        sieve.is_new(&request, trace)
    };
    assert!(ask("store:s", "GET", "/v2/points/1", Context::default()));
    assert!(!ask("store:s", "GET", "/v2/points/2", Context::default()), "the same endpoint");
    assert!(!ask("store:s", "GET", "/v2/points/2", Context { place: Some("org"), ..Context::default() }), "no context changes what permits a store");
    assert!(ask("store:s", "POST", "/v2/points/1", Context::default()), "another level of the cell");
    assert!(ask("store:north-1", "GET", "/v2/points/1", Context::default()), "another store");
    assert!(!ask("till:north-1/t1", "GET", "/v2/points/1", Context::default()), "a till uses what its store has");
    assert!(ask("store:north-2", "GET", "/v2/points/1", Context::default()), "the same cell, another allocation");
    assert!(!ask("store:s2", "GET", "/v2/points/1", Context::default()), "what inherits the default uses no allocation");
}

#[test]
fn an_object_to_narrow_by_has_a_kind() {
    for known in ["user:bob", "endpoint:GET /v2/points/{}", "module:Member Care/Customer PII", "zone:North"] {
        assert_eq!(unknown_kind(known), None, "{known}");
    }
    for unknown in ["bob", "user:", "planet:mars", ""] {
        assert!(unknown_kind(unknown).is_some_and(|why| why.contains("user-group")), "{unknown}");
    }
    let bob = Used::Set("bob".parse().unwrap(), "desk".parse().unwrap(), "zone:North".parse().unwrap());
    assert!(["user:bob", "permission-set:desk", "zone:North"].iter().all(|object| bob.touches(object)));
    assert!(["user:bo", "user:bobby", "user-group:bob", "zone:Nort"].iter().all(|object| !bob.touches(object)));
}
