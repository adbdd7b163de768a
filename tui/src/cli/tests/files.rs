//! Policy as a file, and files of tests.

use bailiwick_policy::document::Document;

use super::fake::Fake;
use super::{Exit, shelled as bailiwick};

fn path(fake: &Fake, name: &str) -> String {
    fake.jobs.path().join(name).display().to_string()
}

fn document(fake: &Fake) -> Document {
    Document::of(fake.state.borrow().orgs.get("acme").expect("acme"))
}

fn furnished() -> Fake {
    let fake = Fake::acme();
    for line in [
        "--org acme user-group create Desk",
        "--org acme access-control create Orders --scope order.order_manage",
        "--org acme user-group controls add Desk Orders",
        "--org acme user create ann --email ann@acme.example --place zone:east --name Ann",
        "--org acme user-group members add Desk ann",
    ] {
        let seen = bailiwick(&fake, line);
        assert_eq!(seen.exit, Exit::Done, "{line}: {}", seen.stderr);
    }
    fake
}

#[test]
fn what_is_exported_says_what_is_there_and_changes_nothing_when_applied() {
    let fake = furnished();
    let file = path(&fake, "acme.yaml");
    assert_eq!(bailiwick(&fake, &format!("--org acme export org {file}")).exit, Exit::Done);
    let text = std::fs::read_to_string(&file).expect("written");
    assert!(text.starts_with("# Policy of org acme at revision "), "{text}");
    // What a scope includes stands beside it, as a comment.
    assert!(text.contains("scopes: # implied: order.order_manageOwn, order.order_read, order.order_readOwn"), "{text}");
    let again = bailiwick(&fake, &format!("--org acme apply {file} --prune"));
    assert_eq!(again.exit, Exit::Done, "{}", again.stderr);
    assert!(again.stdout.contains("nothing to change"), "{}", again.stdout);
    assert_eq!(bailiwick(&fake, &format!("--org acme preview apply {file} --prune")).exit, Exit::Done);
}

#[test]
fn a_file_is_previewed_and_applied_and_what_it_lacks_stays_unless_pruned() {
    let fake = furnished();
    let file = path(&fake, "acme.yaml");
    bailiwick(&fake, &format!("--org acme export org {file}"));
    let before = document(&fake);
    let text = std::fs::read_to_string(&file).expect("written").replace("name: Ann", "name: Ann Lee");
    std::fs::write(&file, text).expect("written");
    let seen = bailiwick(&fake, &format!("--org acme preview apply {file}"));
    assert_eq!(seen.exit, Exit::Done, "{}", seen.stderr);
    assert!(seen.stdout.contains("1 change"), "{}", seen.stdout);
    assert_eq!(document(&fake), before, "a preview changes nothing");
    assert_eq!(bailiwick(&fake, &format!("--org acme apply {file}")).exit, Exit::Done);
    let name = |fake: &Fake| document(fake).users.get("ann").map(|user| user.name.to_string());
    assert_eq!(name(&fake).as_deref(), Some("Ann Lee"));

    // A file of one thing.
    std::fs::write(&file, "entities:\n  gift: Gift\n").expect("written");
    assert_eq!(bailiwick(&fake, &format!("--org acme apply {file}")).exit, Exit::Done);
    assert!(document(&fake).entities.contains_key("gift") && name(&fake).is_some());
}

#[test]
fn a_fault_of_a_file_is_told_with_its_place_and_nothing_is_applied() {
    let fake = furnished();
    let before = document(&fake);
    let file = path(&fake, "acme.yaml");
    for (text, told) in [
        ("zonez:\n  a: {name: A}\n", "zonez"),
        ("stores:\n  North: {name: N}\n", "no store code"),
        ("endpoints:\n  GET: {}\n", "endpoints.GET: it is a method, a blank and a path template"),
        ("access-groups:\n  K:\n    name: K\n    grants: {Customer: {data: All of it}}\n", "access-groups.K.grants.Customer.data"),
    ] {
        std::fs::write(&file, text).expect("written");
        let seen = bailiwick(&fake, &format!("--org acme apply {file}"));
        assert_eq!(seen.exit, Exit::Failed, "{text}");
        assert!(seen.stderr.contains(told) && seen.stderr.contains("acme.yaml"), "{}", seen.stderr);
    }
    assert_eq!(document(&fake), before);
}

#[test]
fn a_file_of_tests_passes_or_names_what_failed() {
    let fake = furnished();
    let file = path(&fake, "access.yaml");
    let cases = "\
tests:\n\
  - {subject: user:ann, scope: order.order_read, place: zone:east, expect: permit, reason: permit_scope}\n\
  - {name: elsewhere, subject: user:ann, scope: order.order_read, place: org, expect: permit}\n\
  - {subject: user:nobody, module: Campaign/Workflow, do: view, expect: deny, reason: subject_unknown}\n";
    std::fs::write(&file, cases).expect("written");
    let seen = bailiwick(&fake, &format!("--org acme test {file}"));
    assert_eq!(seen.exit, Exit::Failed);
    assert_eq!(
        seen.stdout,
        "FAILED test 2 (elsewhere): expected permit, and it is deny (out_of_scope)\n3 tests: 2 passed, 1 failed\n"
    );
    std::fs::write(&file, cases.replace("place: org, expect: permit", "place: org, expect: deny")).expect("written");
    assert_eq!(bailiwick(&fake, &format!("--org acme test {file}")).exit, Exit::Done);
    std::fs::write(&file, "tests: []\n").expect("written");
    assert!(bailiwick(&fake, &format!("--org acme test {file}")).stderr.contains("asks nothing"));
}
