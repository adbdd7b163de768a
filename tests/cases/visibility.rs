//! Who sees what: to a credential of one org, another org is unknown; an enforcement point searches nothing.

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ObjectId, Revision};
use bailiwick_policy::object::{CredentialKind, Secret};
use bailiwick_policy::query::{Item, List};
use bailiwick_rpc::api::{At, WatchRequest};
use bailiwick_rpc::token::Token;
use bailiwick_tests::harness::*;

use crate::support::settings;

fn credential(id: &str, kind: CredentialKind, token: &Token) -> Command {
    Command::CreateCredential { id: code(id), label: code(id), kind, secret: Secret::TokenHash(token.hash()) }
}

fn every_list() -> Vec<List> {
    vec![
        List::Orgs,
        List::Zones,
        List::Concepts,
        List::Stores { zone: None, concept: None, group: None, active: None, below: false },
        List::Tills { store: None },
        List::Resources,
        List::Endpoints { resource: None, class: None },
        List::Groups { active: None },
        List::Users,
        List::Credentials,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn another_org_is_unknown() {
    let story = Story::begin("visibility::another_org_is_unknown");
    story.phase("establish: two orgs, an owner of one, an enforcement point of the other");
    let cluster = Cluster::start(settings()).await;
    let operator = &cluster.node(1).caller;
    let first = seed::retailer(operator, "acme", 3).await;
    seed::retailer(operator, "rival", 3).await;
    let (owner_token, point_token) = (Token::generate(), Token::generate());
    operator.change(&credential("ada-1", CredentialKind::User { org: code("acme"), user: code("ada") }, &owner_token)).await;
    let (_, revision) = operator.change(&credential("gateway-1", CredentialKind::EnforcementPoint { org: code("rival") }, &point_token)).await;
    cluster.reached(revision).await;

    for node in 1..=3 {
        let owner = cluster.caller(node, &Credential::Token(owner_token.clone()));
        let point = cluster.caller(node, &Credential::Token(point_token.clone()));
        story.phase(&format!("node {node}: the owner of acme sees acme, and nothing of rival"));
        owner_sees_their_org_only(&owner, first).await;
        story.phase(&format!("node {node}: the enforcement point of rival checks subjects of rival, and searches nothing"));
        point_only_checks(&point).await;
    }

    story.phase("a credential that is revoked lets nobody in, from the next call on, on any node");
    let (receipt, _) = operator.change(&Command::RevokeCredential { id: code("gateway-1") }).await;
    for node in 1..=3 {
        cluster.node(node).caller.check(check_of("acme", "store:s1", "GET", "/", At::AtLeast(receipt.clone()))).await.expect("an answer");
        let point = cluster.caller(node, &Credential::Token(point_token.clone()));
        let error = point.check(check_of("rival", "store:s1", "GET", "/", At::Local)).await.expect_err("a revoked token");
        story.note(&format!("node {node}: {error}"));
    }
    let stranger = cluster.caller(1, &Credential::Token(Token::generate()));
    stranger.whoami().await.expect_err("a token of nobody");
}

async fn owner_sees_their_org_only(owner: &Caller, acme_since: Revision) {
    let reason = async |org: &str| owner.check(check_of(org, "till:s1/t1", "GET", "/v2/customers/42", At::Local)).await.expect("an answer").reason;
    assert_eq!(reason("acme").await, "permit_default_group");
    // One that is there and one that isn't look the same.
    assert_eq!(reason("rival").await, "org_unknown");
    assert_eq!(reason("nobodys").await, "org_unknown");
    let explained = owner.explain(check_of("rival", "till:s1/t1", "GET", "/v2/customers/42", At::Local)).await.expect("an answer");
    assert_eq!(explained.explanation, None, "no chain of another org's facts");

    let orgs = owner.rows("", List::Orgs, At::Local).await.expect("a list").window;
    let codes: Vec<String> = orgs.items.iter().map(Item::key).collect();
    assert_eq!(codes, ["acme"]);
    for list in every_list().into_iter().filter(|list| *list != List::Orgs && *list != List::Credentials) {
        let (seen, absent) = (owner.rows("rival", list.clone(), At::Local).await, owner.rows("nobodys", list.clone(), At::Local).await);
        match (seen, absent) {
            (Ok(seen), Ok(absent)) => {
                assert!(seen.window.items.is_empty(), "{list:?}: {seen:?}");
                assert_eq!(seen.window, absent.window, "an org of another looks as one that isn't there: {list:?}");
            }
            (Err(seen), Err(absent)) => assert_eq!(seen.code(), absent.code(), "{list:?}"),
            differing => panic!("an org of another looks as one that isn't there: {list:?}: {differing:?}"),
        }
    }
    for id in [seed::store_id("rival", "s1"), ObjectId::Org(code("rival")), ObjectId::Credential(code("gateway-1"))] {
        assert_eq!(owner.get(id.clone(), At::Local).await.expect_err("not to be seen").code(), Some("not_found"), "{id}");
    }
    let credentials = owner.rows("acme", List::Credentials, At::Local).await.expect("a list").window;
    let ids: Vec<String> = credentials.items.iter().map(Item::key).collect();
    assert_eq!(ids, ["ada-1"]);

    for command in [
        seed::allocate("rival", &["s1"], Some("Admin")),
        seed::default("rival", None),
        Command::Suspend { target: ObjectId::Org(code("rival")) },
        Command::EditOrg { org: code("rival"), name: code("Mine") },
    ] {
        assert_eq!(owner.refused(&command).await.code, "org_unknown", "{}", command.name());
    }
    assert_eq!(owner.refused(&seed::org("third")).await.code, "forbidden");

    let watched = owner.watch(WatchRequest { org: None, from: Some(Revision(0)), max: 1_000, wait_ms: 0 }).await.expect("a watch");
    assert!(!watched.events.is_empty(), "an owner sees the changes of their org");
    assert!(watched.events.iter().all(|event| event.org == Some(code("acme"))), "{:#?}", watched.events);
    assert!(watched.events.iter().any(|event| event.revision == acme_since));
}

async fn point_only_checks(point: &Caller) {
    let reason = async |org: Option<&str>| {
        let mut question = check_of("", "till:s1/t1", "GET", "/v2/customers/42", At::Local);
        question.org = org.map(str::to_owned);
        point.check(question).await.expect("an answer").reason
    };
    assert_eq!(reason(None).await, "permit_default_group", "its own org needs no naming");
    assert_eq!(reason(Some("rival")).await, "permit_default_group");
    assert_eq!(reason(Some("acme")).await, "org_unknown");
    for org in ["rival", "acme"] {
        for list in every_list() {
            match point.rows(org, list.clone(), At::Local).await {
                Ok(reply) => assert!(reply.window.items.is_empty() && reply.window.total.unwrap_or(0) == 0, "{list:?} of {org}: {reply:?}"),
                Err(error) => assert!(matches!(error.code(), Some("forbidden" | "not_found")), "{list:?} of {org}: {error}"),
            }
        }
    }
    for org in ["rival", "acme", "nobodys"] {
        let error = point.get(seed::store_id(org, "s1"), At::Local).await.expect_err("not to be seen");
        assert_eq!(error.code(), Some("forbidden"), "{org}: {error}");
    }
    assert_eq!(point.refused(&seed::allocate("rival", &["s1"], Some("Admin"))).await.code, "forbidden");
    let error = point.status(false).await.expect_err("the cluster is none of its business");
    assert_eq!(error.code(), Some("forbidden"), "{error}");
    let watched = point.watch(WatchRequest { org: None, from: Some(Revision(0)), max: 1_000, wait_ms: 0 }).await;
    assert!(watched.is_err() || watched.is_ok_and(|reply| reply.events.is_empty()), "it watches nothing");
}
