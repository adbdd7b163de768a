//! When grants were last used: pages, filters, and what is said of who counted.

use bailiwick_policy::ids::Tick;

use super::fake::Fake;
use super::{Exit, Seen, bailiwick};

/// When the fake says that something was used, a day before its present.
const YESTERDAY: u64 = 1_700_000_000_000 - 86_400_000;

#[track_caller]
fn done(fake: &Fake, line: &str) -> Seen {
    let seen = bailiwick(fake, line);
    assert_eq!(seen.exit, Exit::Done, "{line}: {}", seen.stderr);
    seen
}

fn used() -> Fake {
    let fake = Fake::acme();
    for line in [
        "--org acme user-group create Service_desk",
        "--org acme user create bob --name Bob --email bob@acme.example --place org",
        "--org acme user-group members add service-desk bob",
    ] {
        done(&fake, line);
    }
    fake.used.borrow_mut().push(("group `POS` as the default".to_owned(), Tick(YESTERDAY)));
    fake
}

#[test]
fn every_page_is_read_and_what_was_never_used_says_so() {
    let fake = used();
    let seen = done(&fake, "--org acme usage");
    let has = |line: &str| seen.stdout.lines().any(|row| row.split_whitespace().collect::<Vec<_>>().join(" ") == line);
    assert!(has("2023-11-13T22:13:20Z default-group group `POS` as the default"), "{}", seen.stdout);
    assert!(has("never user user `bob`"), "{}", seen.stdout);
    assert!(has("never owner user `ada` as owner"), "{}", seen.stdout);
    assert!(seen.stderr.contains("counted since 2023-11-14T22:13:19Z, by nodes 1, 2"), "{}", seen.stderr);
    assert!(seen.stderr.contains("no answer from nodes 3: what was used there is missing"), "{}", seen.stderr);
    assert!(seen.stderr.contains("node 1 had no room for 3 uses"), "{}", seen.stderr);
}

#[test]
fn grants_of_one_object_and_those_that_nobody_used() {
    let fake = used();
    let kinds = |line: &str| {
        let json = done(&fake, line).json();
        let rows = json["rows"].as_array().expect("rows").clone();
        rows.iter().map(|row| row["kind"].as_str().expect("a kind").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds("--org acme usage --of user:bob --json"), ["membership", "user"]);
    assert!(kinds("--org acme usage --json").contains(&"default-group".to_owned()));
    assert!(!kinds("--org acme usage --unused --json").contains(&"default-group".to_owned()), "used yesterday");
    assert!(kinds("--org acme usage --unused 0 --json").contains(&"default-group".to_owned()), "not used today");
    let json = done(&fake, "--org acme usage --limit 3 --json").json();
    assert_eq!((json["rows"].as_array().map(Vec::len), json["more"].as_bool()), (Some(3), Some(true)));
    assert_eq!(json["windows"][0]["missed"], 3);
    assert_eq!(json["silent"][0], 3);
}

#[test]
fn what_is_no_object_is_refused_by_name() {
    let fake = used();
    let seen = bailiwick(&fake, "--org acme usage --of planet:mars");
    assert_eq!(seen.exit, Exit::Failed);
    assert!(seen.stderr.contains("`planet:mars` is no object that grants are about"), "{}", seen.stderr);
    assert_eq!(bailiwick(&fake, "--org acme usage --unused soon").exit, Exit::Usage);
    assert!(done(&fake, "--org acme usage --of user:nobody").stderr.starts_with("none\n"));
}
