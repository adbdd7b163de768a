//! When grants were last used: checks asked of two nodes are known to the third, a node that says nothing is named, and
//! what a node knew is there after its restart.

use std::collections::BTreeMap;

use bailiwick_tests::harness::*;
use serde_json::Value;

use crate::support::settings;

const ORG: &str = "acme";

/// By grant, whether it was used.
fn used(json: &Value) -> BTreeMap<String, bool> {
    let rows = json["rows"].as_array().expect("rows");
    rows.iter().map(|row| (row["grant"].as_str().expect("a grant").to_owned(), row["last"].is_u64())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_nodes_saw_the_third_tells() {
    let story = Story::begin("usage::what_two_nodes_saw_the_third_tells");
    story.phase("establish: a till by the default group, a user by a set, an application by a role");
    let cluster = Cluster::start(settings()).await;
    seed::retailer(&cluster.node(1).caller, ORG, 3).await;
    let cli = cluster.cli(ORG);
    for line in [
        &["allocate", "--group", "Instore", "s2"][..],
        &["user", "create", "bob", "--name", "Bob Hale", "--email", "bob@acme.example", "--place", "org"],
        &["permission-set", "create", "Lookers", "--grant", "Member Care/Customer PII=V", "--grant", "Campaign/Workflow=V"],
        &["user", "sets", "add", "bob", "Lookers", "--place", "store:s1", "--place", "store:s2"],
        &["role", "create", "exporter", "--name", "Exporter", "--right", "endpoint.ccadmin.executeExport"],
        &["application", "register", "erp", "--name", "ERP", "--role", "exporter", "--key-lasts", "90d"],
    ] {
        cli.expect(0, line);
    }
    cluster.equal().await;
    let only = |node: u64| cli.at(&[cluster.node(node).client_addr.clone()]);
    let ask = |through: &Cli, more: &[&str]| used(&through.expect(0, &[&["usage", "--json"], more].concat()).json());
    let before = ask(&only(3), &[]);
    let unused = |all: &BTreeMap<String, bool>, kind: &str| all.iter().filter(|(grant, used)| grant.contains(kind) && !**used).count();
    assert!(before.values().all(|used| !used), "nothing was asked yet: {before:#?}");

    story.phase("checks: the till on node 1, on two paths of one endpoint; the user and the application on node 2");
    for path in ["/v2/customers/42", "/v2/customers/43"] {
        only(1).expect(0, &["check", "--subject", "till:s1/t1", "--action", "GET", "--resource", path]);
    }
    only(2).expect(0, &["check", "--subject", "user:bob", "--module", "Member Care/Customer PII", "--do", "view", "--place", "store:s1"]);
    only(2).expect(0, &["check", "--subject", "application:erp", "--action", "POST", "--resource", "/ccadmin/v1/exportProcess"]);
    only(2).expect(3, &["check", "--subject", "user:bob", "--module", "Campaign/Workflow", "--do", "view", "--place", "store:s3"]);

    story.phase("the third node tells what was used, by whom it was told, and since when");
    let expected = [
        "group `POS` as the default",
        "Read on Customer (Data) in group `POS`",
        "permission set `lookers` of user `bob` at store:s1",
        "`Member Care/Customer PII:view` in permission set `lookers`",
        "role `exporter` of application `erp`",
        "privilege `endpoint.ccadmin.executeExport` in role `exporter`",
        "user `bob`",
        "application `erp`",
    ];
    let ran = only(3).expect(0, &["usage", "--json"]);
    let after = used(&ran.json());
    let seen: Vec<&str> = after.iter().filter(|(_, used)| **used).map(|(grant, _)| grant.as_str()).collect();
    let mut wanted = expected.to_vec();
    wanted.sort_unstable();
    assert_eq!(seen, wanted, "{ran}");
    for never in ["group `Instore` of store `s2`", "permission set `lookers` of user `bob` at store:s2", "`Campaign/Workflow:view` in permission set `lookers`"] {
        assert_eq!(after.get(never), Some(&false), "{never}");
    }
    let json = ran.json();
    let nodes: Vec<u64> = json["windows"].as_array().expect("windows").iter().filter_map(|window| window["node"].as_u64()).collect();
    assert_eq!((nodes, json["silent"].as_array().map(Vec::len)), (vec![1, 2, 3], Some(0)), "{ran}");
    let since = json["since"].as_u64().expect("a moment");
    assert!(since > 0 && json["windows"].as_array().is_some_and(|all| all.iter().all(|window| window["missed"] == 0)), "{ran}");

    story.phase("what was used today isn't unused, and one object's grants are few");
    let idle = ask(&only(3), &["--unused"]);
    assert!(idle.contains_key("group `Instore` of store `s2`") && expected.iter().all(|grant| !idle.contains_key(*grant)), "{idle:#?}");
    let of_bob = ask(&only(3), &["--of", "user:bob"]);
    assert_eq!((of_bob.len(), unused(&of_bob, "store:s2")), (3, 1), "{of_bob:#?}");
    only(3).expect(1, &["usage", "--of", "planet:mars"]);

    story.phase("a paused node is named, and what it alone saw is missing");
    cluster.node(2).process.pause();
    let ran = only(3).expect(0, &["usage", "--json"]);
    assert_eq!(ran.json()["silent"], serde_json::json!([2]), "{ran}");
    let partly = used(&ran.json());
    assert_eq!((partly.get("group `POS` as the default"), partly.get("user `bob`")), (Some(&true), Some(&false)));
    let text = only(3).expect(0, &["usage"]);
    assert!(text.stderr.contains("no answer from nodes 2"), "{text}");
    cluster.node(2).process.resume();
    cluster.fresh().await;

    story.phase("restarts: one in order, one killed after it was asked; their marks and their windows are as they were");
    cluster.stop(2);
    cluster.node(1).process.kill();
    for node in [1, 2] {
        cluster.start_node(node).await;
    }
    cluster.fresh().await;
    let ran = only(3).expect(0, &["usage", "--json"]);
    assert_eq!(used(&ran.json()), after, "{ran}");
    assert_eq!(ran.json()["since"].as_u64(), Some(since), "no window began anew: {ran}");
}
