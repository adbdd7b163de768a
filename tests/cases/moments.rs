//! What is bounded in time ends by itself, everywhere at one revision; and what an application's key, an invitation and a
//! standard user may ask at the doors.

use std::collections::BTreeSet;
use std::time::Duration;

use bailiwick_policy::command::*;
use bailiwick_policy::ids::{ObjectId, Revision};
use bailiwick_policy::object::{ApplicationType, Secret};
use bailiwick_policy::place::Place;
use bailiwick_policy::query::List;
use bailiwick_policy::whoami::Who;
use bailiwick_rpc::api::{At, AuditQuery, HoldingsRequest, ScopesRequest, SubmitReply, SubmitRequest, WhatCanRequest, WhoCanRequest};
use bailiwick_rpc::token::Token;
use bailiwick_tests::harness::caller::request;
use bailiwick_tests::harness::*;

use crate::support::settings;

/// Long enough to be seen in force, in milliseconds.
const SHORT_MS: u64 = 1_500;
/// Until what is over must be seen to be.
const OVER_WITHIN: Duration = Duration::from_secs(10);
const ORG: &str = "acme";

fn hash(token: &Token) -> Secret {
    Secret::TokenHash(token.hash())
}

async fn reason_of(caller: &Caller, subject: &str, resource: &str) -> String {
    caller.check(check_of(ORG, subject, "GET", resource, At::Local)).await.expect("an answer").reason
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_bounded_ends_by_itself_and_keys_open_only_their_own_door() {
    let story = Story::begin("moments::what_is_bounded_ends_by_itself_and_keys_open_only_their_own_door");
    let cluster = Cluster::start(settings()).await;
    let operator = &cluster.node(1).caller;
    seed::retailer(operator, ORG, 3).await;

    story.phase("an application's key asks about the application, and nothing else");
    let (first, second) = (Token::generate(), Token::generate());
    let key = |id: &str, token: &Token| NewKey { id: code(id), secret: hash(token), lasts_ms: None };
    let register = Command::RegisterApplication {
        org: code(ORG),
        id: code("erp"),
        name: code("ERP"),
        kind: ApplicationType::Application,
        roles: None,
        scopes: Vec::new(),
        group: None,
        source: None,
        external: false,
        key: Some(key("erp-1", &first)),
    };
    let (_, revision) = operator.change(&register).await;
    cluster.reached(revision).await;
    for node in 1..=3 {
        an_application_asks(&cluster.caller(node, &Credential::Token(first.clone()))).await;
    }

    // The lint that a node is asked has the whole model, applications included.
    let linted = operator.lint(Some(code(ORG))).await.expect("findings");
    let inert = linted.findings.iter().filter(|finding| &*finding.code == "role_inert").map(|finding| finding.place.as_str());
    assert_eq!(inert.collect::<Vec<_>>(), ["application:erp"], "{linted:?}");

    story.phase("APP-19: a rotated key lets in for its overlap, and no longer, on any node");
    let rotate = Command::RotateKey { org: code(ORG), application: code("erp"), key: key("erp-2", &second), overlap_ms: Some(SHORT_MS) };
    let (_, rotated) = operator.change(&rotate).await;
    cluster.reached(rotated).await;
    cluster.caller(2, &Credential::Token(first.clone())).whoami().await.expect("within the overlap");
    for node in 1..=3 {
        let refused = until("the old key is refused", OVER_WITHIN, async || {
            match cluster.caller(node, &Credential::Token(first.clone())).whoami().await {
                Ok(who) => Err(format!("{who:?}")),
                Err(why) => Ok(why.to_string()),
            }
        })
        .await;
        assert!(refused.contains("`erp-1` has expired"), "node {node}: {refused}");
        let who = cluster.caller(node, &Credential::Token(second.clone())).whoami().await.expect("the new key");
        assert_eq!((who.kind.as_str(), who.application.as_deref()), ("application", Some("erp")));
    }
    let (ended, ..) = cluster.equal().await;
    assert_eq!(ended, Revision(rotated.0 + 1), "one tick, and nothing but it");

    story.phase("break-glass is in force at once, and goes back by itself");
    let glass = Command::BreakGlass { org: code(ORG), stores: vec![code("s1")], group: "Admin".into(), lasts_ms: SHORT_MS };
    let submit = SubmitRequest { reason: Some("a till was stolen".to_owned()), ..request(new_id(), &glass) };
    let Ok(SubmitReply::Committed { revision, .. }) = operator.submit(submit).await else { panic!("break-glass was refused") };
    cluster.reached(revision).await;
    assert_eq!(reason_of(&cluster.node(3).caller, "till:s1/t1", "/v2/reports").await, "permit_group");
    for node in 1..=3 {
        let caller = &cluster.node(node).caller;
        until("the store inherits again", OVER_WITHIN, async || match reason_of(caller, "till:s1/t1", "/v2/customers/42").await {
            over if over == "permit_default_group" => Ok(()),
            other => Err(other),
        })
        .await;
        assert_eq!(reason_of(caller, "till:s1/t1", "/v2/reports").await, "resource_none");
    }
    let (back, ..) = cluster.equal().await;
    assert_eq!(back, Revision(revision.0 + 1));
    let entry = operator.audit_entry(back).await.expect("the tick's entry");
    assert_eq!((entry.command.as_str(), entry.actor), ("tick", None));

    story.phase("an invitation is turned into a credential, once, and does nothing else");
    let (invited, own) = (Token::generate(), Token::generate());
    let row = UserRow { name: Some(code("Bob")), places: Field::To(vec![Place::Org]), ..UserRow::new(code("bob")) };
    operator.change(&Command::PutUsers { org: code(ORG), mode: PutMode::Create, rows: vec![row] }).await;
    let invite = Command::Invite { org: code(ORG), user: code("bob"), id: code("come-in"), secret: hash(&invited), lasts_ms: 3_600_000 };
    let (_, revision) = operator.change(&invite).await;
    cluster.reached(revision).await;
    let guest = cluster.caller(3, &Credential::Token(invited.clone()));
    let who = guest.whoami().await.expect("who they are");
    assert_eq!((who.kind.as_str(), who.user.as_deref()), ("invitation", Some("bob")));
    let forbidden = [
        guest.check(check_of(ORG, "user:bob", "GET", "/v2/reports", At::Local)).await.map(|_| ()),
        guest.rows(ORG, List::Users, At::Local).await.map(|_| ()),
        guest.holdings(HoldingsRequest::default()).await.map(|_| ()),
    ];
    assert!(forbidden.iter().all(|answer| answer.as_ref().is_err_and(|why| why.code() == Some("forbidden"))), "{forbidden:?}");
    assert_eq!(guest.refused(&seed::allocate(ORG, &["s1"], Some("Admin"))).await.code, "forbidden");
    let redeem = Command::RedeemInvitation { id: code("bob-1"), label: code("Bob's"), secret: hash(&own) };
    let (_, revision) = guest.change(&redeem).await;
    cluster.reached(revision).await;
    cluster.caller(3, &Credential::Token(invited)).whoami().await.expect_err("a code that was used");

    story.phase("UM-2: a standard user asks about themselves");
    for node in 1..=3 {
        a_standard_user_asks(&cluster.caller(node, &Credential::Token(own.clone()))).await;
    }
}

async fn an_application_asks(erp: &Caller) {
    let who = erp.whoami().await.expect("who it is");
    assert_eq!((who.kind.as_str(), who.application.as_deref(), who.user), ("application", Some("erp"), None));
    assert_eq!(reason_of(erp, "application:erp", "/ccadmin/v1/products").await, "permit_privilege");
    let sites = erp.check(check_of(ORG, "application:erp", "GET", "/ccadmin/v1/sites", At::Local)).await.expect("an answer");
    assert_eq!(sites.obligations, ["omit_pci"], "APP-9");
    // Others aren't there, whether they are or not.
    assert_eq!(reason_of(erp, "user:ada", "/v2/reports").await, "subject_unknown");
    assert_eq!(reason_of(erp, "application:other", "/v2/reports").await, "subject_unknown");
    assert_eq!(reason_of(erp, "till:s1/t1", "/v2/customers/42").await, "till_unknown");
    assert_eq!(reason_of(erp, "store:s1", "/v2/customers/42").await, "store_unknown");
    let explained = erp.explain(check_of(ORG, "user:ada", "GET", "/v2/reports", At::Local)).await.expect("an answer");
    assert_eq!(explained.explanation, None);
    let forbidden = [
        erp.rows(ORG, List::Users, At::Local).await.map(|_| ()),
        erp.get(ObjectId::Org(code(ORG)), At::Local).await.map(|_| ()),
        erp.status(false).await.map(|_| ()),
        erp.who_can(WhoCanRequest { action: "GET".to_owned(), resource: "/v2/reports".to_owned(), ..WhoCanRequest::default() }).await.map(|_| ()),
    ];
    assert!(forbidden.iter().all(|answer| answer.as_ref().is_err_and(|why| why.code() == Some("forbidden"))), "{forbidden:?}");
    assert_eq!(erp.refused(&seed::allocate(ORG, &["s1"], Some("Admin"))).await.code, "forbidden");
    let held = erp.holdings(HoldingsRequest::default()).await.expect("what it holds (APP-17)").held;
    assert!(matches!(held.who, Who::Application { .. }) && held.roles.iter().any(|role| role.in_force && !role.inert), "{held:?}");
    assert!(held.roles.iter().any(|role| role.inert), "APP-13");
    let can = erp.what_can(WhatCanRequest::default()).await.expect("what it can");
    assert!(can.can.endpoints.iter().any(|row| row.endpoint.as_str() == "GET /ccadmin/v1/products"), "{can:?}");
}

async fn a_standard_user_asks(bob: &Caller) {
    assert_eq!(reason_of(bob, "user:bob", "/v2/reports").await, "permission_missing");
    for (subject, unseen) in [("user:ada", "subject_unknown"), ("till:s1/t1", "till_unknown"), ("application:erp", "subject_unknown")] {
        assert_eq!(reason_of(bob, subject, "/v2/customers/42").await, unseen, "{subject}");
    }
    assert_eq!(bob.holdings(HoldingsRequest { subject: "user:ada".to_owned(), ..HoldingsRequest::default() }).await.expect_err("not theirs").code(), Some("not_found"));
    let held = bob.holdings(HoldingsRequest::default()).await.expect("their own").held;
    assert!(matches!(held.who, Who::User { .. }) && held.sets.is_empty());
    let scopes = bob.effective_scopes(ScopesRequest::default()).await.expect("their own");
    assert_eq!((scopes.scopes.len(), scopes.total), (0, 0));
    for list in [List::Stores { zone: None, concept: None, group: None, active: None, below: false }, List::Credentials] {
        let rows = bob.rows(ORG, list, At::Local).await.expect("a list").window;
        assert!(rows.items.iter().all(|item| ["bob-1", "come-in"].contains(&item.key().as_str())), "{rows:?}");
    }
    let audit = bob.audit(AuditQuery::default()).await.expect("a page");
    assert!(audit.entries.is_empty(), "{audit:?}");
    let lint = bob.lint(None).await.expect_err("the org as a whole is an owner's");
    assert_eq!(lint.code(), Some("forbidden"));
}

/// Beyond the originals: who can, complete, in pages at one revision, whatever is changed meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_who_can_are_of_one_revision() {
    let story = Story::begin("moments::pages_of_who_can_are_of_one_revision");
    let cluster = Cluster::start(settings()).await;
    let operator = &cluster.node(1).caller;
    let revision = seed::retailer(operator, ORG, 20).await;
    cluster.reached(revision).await;

    story.phase("20 stores with a till each may; while pages are read, stores lose their access");
    let asked = WhoCanRequest {
        org: Some(code(ORG)),
        action: "get".to_owned(),
        resource: "/v2/customers/42".to_owned(),
        max: 7,
        at: At::Linearizable,
        ..WhoCanRequest::default()
    };
    let mut seen = Vec::new();
    let mut cursor = None;
    let mut totals = Vec::new();
    for page in 0..10 {
        // Another node each time: the revision is the cursor's.
        let caller = &cluster.node(1 + page % 3).caller;
        let reply = caller.who_can(WhoCanRequest { cursor: cursor.clone(), ..asked.clone() }).await.expect("a page");
        assert_eq!(reply.revision, revision, "page {page}");
        assert!(reply.rows.len() <= 7);
        totals.extend(reply.totals);
        seen.extend(reply.rows.into_iter().map(|row| (row.subject, row.reason)));
        cursor = reply.next;
        if cursor.is_none() {
            break;
        }
        let (_, moved) = operator.change(&Command::Suspend { target: seed::store_id(ORG, &format!("s{}", 20 - page)) }).await;
        cluster.reached(moved).await;
    }
    assert_eq!(cursor, None, "it ends");
    let expected: BTreeSet<String> = seed::codes(20).iter().flat_map(|store| [format!("store:{store}"), format!("till:{store}/t1")]).collect();
    let places: Vec<&(String, String)> = seen.iter().filter(|(subject, _)| !subject.starts_with("user:")).collect();
    assert_eq!(places.len(), 40, "each once: {seen:?}");
    assert_eq!(places.iter().map(|(subject, _)| subject.clone()).collect::<BTreeSet<_>>(), expected);
    assert!(places.iter().all(|(_, reason)| reason == "permit_default_group"));
    assert!(seen.contains(&("user:ada".to_owned(), "permit_owner".to_owned())));
    let count = |kind: &str| totals.iter().find(|(of, _)| of == kind).map(|(_, count)| *count);
    assert_eq!((count("user"), count("store"), count("till")), (Some(1), Some(20), Some(20)));

    story.phase("asked anew, those that were suspended are gone");
    let now = operator.who_can(WhoCanRequest { max: 0, ..asked }).await.expect("a page");
    assert!(now.revision > revision && now.rows.iter().all(|row| row.subject != "store:s20"), "{now:?}");
}
