//! The command line, as scripts use it: what it prints, and every exit code by a real case.

use bailiwick_tests::harness::*;

use crate::support::settings;

const ORG: &str = "acme";

fn question<'a>(subject: &'a str, action: &'a str, resource: &'a str) -> [&'a str; 6] {
    ["--subject", subject, "--action", action, "--resource", resource]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_exit_code_and_what_is_printed() {
    let story = Story::begin("command_line::every_exit_code_and_what_is_printed");
    story.phase("establish");
    let cluster = Cluster::start(settings()).await;
    seed::retailer(&cluster.node(1).caller, ORG, 3).await;
    cluster.equal().await;
    let cli = cluster.cli(ORG);
    let check = |question: [&'static str; 6], more: &[&'static str]| [&["check"], &question[..], more].concat();

    story.phase("0: yes, and the JSON of a check");
    let ran = cli.expect(0, &check(question("till:s1/t1", "POST", "/v2/customers/42"), &["--json"]));
    let json = ran.json();
    let names: Vec<&str> = json.as_object().expect("an object").keys().map(String::as_str).collect();
    for name in ["decision", "code", "reason", "obligations", "revision", "staleness_ms"] {
        assert!(names.contains(&name), "{name}: {ran}");
    }
    assert_eq!((json["decision"].as_str(), json["code"].as_u64(), json["reason"].as_str()), (Some("permit"), Some(0), Some("permit_default_group")));
    assert!(json["revision"].as_u64().is_some_and(|r| r > 0) && json["staleness_ms"].as_u64().is_some_and(|ms| ms <= 5_000), "{ran}");

    story.phase("0: done");
    let ran = cli.expect(0, &["allocate", "--group", "Instore", "s2", "--json"]);
    assert_eq!((ran.field("outcome"), ran.field("changed")), ("committed".into(), true.into()), "{ran}");
    let receipt = ran.field("receipt").as_str().expect("a receipt").to_owned();
    for address in cluster.addresses() {
        let at = format!("at_least={receipt}");
        let asked = question("till:s2/t1", "GET", "/v2/tasks");
        let ran = cli.at(&[address]).expect(0, &[&["check"], &asked[..], &["--at", &at, "--json"]].concat());
        assert_eq!(ran.field("reason"), "permit_group", "{ran}");
    }

    story.phase("3: no (AG-34), and the nearest miss");
    let ran = cli.expect(3, &check(question("till:s1/t1", "GET", "/v2/tasks"), &["--json"]));
    assert_eq!((ran.field("decision"), ran.field("code"), ran.field("reason")), ("deny".into(), 4000.into(), "resource_none".into()), "{ran}");
    let ran = cli.expect(3, &[&["explain"], &question("till:s1/t1", "GET", "/v2/tasks")[..], &["--json"]].concat());
    let (miss, chain) = (ran.field("nearest_miss"), ran.field("chain"));
    assert!(miss.to_string().contains("Task"), "the resource that is missing: {ran}");
    assert!(chain.as_array().is_some_and(|steps| steps.iter().any(|step| step["group"] == "POS")), "the group in force: {ran}");
    let ran = cli.expect(3, &[&["explain"], &question("till:s1/t1", "GET", "/v2/tasks")[..]].concat());
    assert!(ran.stdout.contains("POS") && ran.stdout.contains("Task"), "for people, too: {ran}");

    story.phase("paths that could be read in two ways never permit");
    cli.expect(0, &["allocate", "--group", "Admin", "s3"]);
    for path in [
        "/v2/customers/%2e%2e/customers/42",
        "/v2/customers/..",
        "/v2//customers/42",
        "/v2/customers%2F42",
        "/v2/customers%2f42",
        "/v2/./customers/42",
        "/v2/customers/%2E%2E%2Fcustomers/42",
        "/v2/customers/42%00",
        "//v2/customers/42",
        "/v2/customers/%zz",
    ] {
        let asked = question("till:s3/t1", "GET", path);
        let ran = cli.expect(3, &[&["check"], &asked[..], &["--json"]].concat());
        assert_eq!(ran.field("reason"), "path_malformed", "{path}: {ran}");
    }
    // What only looks so: one slash at the end is dropped, an escaped letter is that letter.
    for path in ["/v2/customers/42/", "/v2/custom%65rs/42"] {
        let asked = question("till:s3/t1", "GET", path);
        cli.expect(0, &[&["check"], &asked[..]].concat());
    }

    story.phase("1: rejected");
    let ran = cli.expect(1, &["allocate", "--group", "Instore", "s99", "--json"]);
    assert_eq!((ran.field("outcome"), ran.field("code")), ("rejected".into(), "store_unknown".into()), "{ran}");

    story.phase("2: usage");
    cli.expect(2, &["check", "--subject", "till:s1/t1"]);
    cli.expect(2, &["allocate", "s1"]);
    cli.expect(2, &check(question("nobody", "GET", "/"), &[]));
    cli.expect(2, &["check", "--at", "yesterday"]);

    story.phase("4: can't tell (AG-35)");
    let ran = cli.expect(4, &check(question("till:s1/t1", "GET", "/v2/tasks"), &["--at", "at_exactly=1000000", "--json", "--deadline", "20s"]));
    assert_eq!((ran.field("decision"), ran.field("code"), ran.field("reason")), ("indeterminate".into(), 4001.into(), "behind".into()), "{ran}");
    let nowhere = ports::free(1)[0];
    let ran = cli.at(&[format!("127.0.0.1:{nowhere}")]).expect(4, &check(question("till:s1/t1", "GET", "/v2/tasks"), &["--json", "--deadline", "1s"]));
    assert_eq!((ran.field("code"), ran.field("reason")), (4001.into(), "unavailable".into()), "{ran}");

    story.phase("5: unknown, when the majority is gone while the leader takes the write");
    let leader = cluster.leader().await;
    let followers = cluster.others(leader);
    followers.iter().for_each(|node| node.process.pause());
    let own = cluster.addresses()[usize::try_from(leader - 1).expect("small")].clone();
    let id = new_id().to_string();
    let allocate = ["allocate", "--group", "Instore", "s1", "--request-id", &id, "--json"];
    let ran = cli.at(&[own]).expect(5, &[&allocate[..], &["--deadline", "3s"]].concat());
    assert_eq!((ran.field("outcome"), ran.field("request_id")), ("unknown".into(), id.as_str().into()), "{ran}");

    story.phase("and the same command with its id tells, once the majority is back");
    followers.iter().for_each(|node| node.process.resume());
    cluster.fresh().await;
    let ran = cli.expect(0, &allocate);
    assert_eq!(ran.field("outcome"), "committed", "{ran}");
    cluster.equal().await;
    let ran = cli.expect(0, &["cluster", "status", "--hashes", "--json"]);
    assert_eq!(ran.field("nodes").as_array().map(Vec::len), Some(3), "{ran}");
}
