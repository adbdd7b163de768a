//! Maker and checker from the command line: proposed by one, shown, approved by another, declined or withdrawn.

use super::fake::Fake;
use super::{Exit, Seen, bailiwick, shelled};

fn as_(fake: Fake, who: &str) -> Fake {
    fake.acting_as(who.parse().expect("an id"))
}

/// Acme with two owners, Ada and Bob, each with a credential; approval is required.
fn checked() -> Fake {
    let fake = Fake::acme();
    for line in [
        "--org acme user create bob --type owner",
        "--org acme credential create owner ada-key --user ada",
        "--org acme credential create owner bob-key --user bob",
        "--org acme org settings --approval required",
    ] {
        let seen = bailiwick(&fake, line);
        assert_eq!(seen.exit, Exit::Done, "{line}: {}", seen.stderr);
    }
    as_(fake, "ada-key")
}

/// The id of the only proposal that waits.
#[track_caller]
fn waiting(fake: &Fake) -> String {
    let seen = bailiwick(fake, "--org acme proposals --json");
    let items = seen.json()["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(items.len(), 1, "{}", seen.stdout);
    items[0]["id"].as_str().expect("an id").to_owned()
}

fn group_of(fake: &Fake, store: &str) -> Option<String> {
    let seen = bailiwick(fake, &format!("--org acme store show {store} --json"));
    seen.json()["group"].as_str().map(str::to_owned)
}

#[track_caller]
fn refused(seen: &Seen, code: &str) {
    assert_eq!((seen.exit, seen.field("code")), (Exit::Failed, code.to_owned()), "{}", seen.stderr);
}

#[test]
fn a_change_is_refused_with_its_remedy_proposed_shown_and_approved() {
    let fake = checked();
    let direct = bailiwick(&fake, "allocate --group Instore north-7");
    assert_eq!(direct.exit, Exit::Failed);
    assert!(direct.stderr.contains("approval_required") && direct.stderr.contains("bailiwick propose"), "{}", direct.stderr);
    refused(&bailiwick(&fake, "allocate --group Instore north-7 --json"), "approval_required");

    let dry = bailiwick(&fake, "propose --dry-run allocate --group Instore north-7");
    assert!(dry.exit == Exit::Done && dry.stdout.contains("store:north-7") && dry.stdout.contains("nothing has been changed"), "{}", dry.stdout);
    let none = bailiwick(&fake, "proposals");
    assert_eq!((none.exit, none.stderr.as_str()), (Exit::Done, "none\n"));

    let proposed = bailiwick(&fake, "propose --for 2d allocate --group Instore north-7 --reason spring_pilot");
    let id = waiting(&fake);
    assert_eq!(proposed.exit, Exit::Done, "{}", proposed.stderr);
    assert!(proposed.stdout.contains(&format!("proposal {id} waits")) && proposed.stdout.contains(&format!("bailiwick approve {id}")), "{}", proposed.stdout);
    assert_eq!(group_of(&fake, "north-7"), None);
    let listed = bailiwick(&fake, "proposals");
    assert!(listed.stdout.contains("allocate") && listed.stdout.contains("ada-key") && listed.stdout.contains("spring pilot"), "{}", listed.stdout);

    // To its maker it is shown as it would be; approving it themselves is refused.
    let own = bailiwick(&fake, &format!("proposal show {id}"));
    assert!(own.exit == Exit::Done && own.stdout.contains("store:north-7"), "{}{}", own.stdout, own.stderr);
    refused(&bailiwick(&fake, &format!("approve {id} --json")), "self_approval");

    let fake = as_(fake, "bob-key");
    let shown = bailiwick(&fake, &format!("proposal show {id} --json"));
    assert_eq!((shown.field("command"), shown.field("proposed_by")), ("allocate".to_owned(), "ada-key".to_owned()));
    assert_eq!(shown.json()["preview"]["outcome"], "preview");
    let digest = shown.field("digest");
    assert!(!digest.is_empty() && digest != "null", "{digest}");
    let words = bailiwick(&fake, &format!("proposal show {id}"));
    assert!(words.stdout.contains(&digest) && words.stdout.contains("“spring pilot”") && words.stdout.contains("impact:"), "{}", words.stdout);
    refused(&bailiwick(&fake, &format!("approve {id} --expect stale --json")), "conflict");
    let approved = bailiwick(&fake, &format!("approve {id} --expect {digest} --json"));
    assert_eq!((approved.exit, approved.field("proposal")), (Exit::Done, id.clone()), "{}", approved.stdout);
    assert_eq!(group_of(&fake, "north-7"), Some("Instore".to_owned()));
    refused(&bailiwick(&fake, &format!("approve {id} --json")), "proposal_unknown");

    // The audit names both.
    let revision = fake.state.borrow().revision;
    let entry = bailiwick(&fake, &format!("audit show {revision}"));
    assert!(entry.stdout.contains("approve") && entry.stdout.contains("allocate by ada-key at ") && entry.stdout.contains("bob-key"), "{}", entry.stdout);
    assert_eq!(bailiwick(&fake, &format!("audit show {revision} --json")).json()["proposed"]["by"], "ada-key");
    assert!(bailiwick(&fake, "audit list").stdout.contains("approve allocate by ada-key"));
}

#[test]
fn a_proposal_is_declined_for_a_reason_or_withdrawn_by_its_maker() {
    let fake = checked();
    assert_eq!(bailiwick(&fake, "propose default set Instore").exit, Exit::Done);
    let id = waiting(&fake);
    let fake = as_(fake, "bob-key");
    refused(&bailiwick(&fake, &format!("decline {id} --json")), "reason_required");
    refused(&bailiwick(&fake, &format!("withdraw {id} --json")), "forbidden");
    let declined = bailiwick(&fake, &format!("decline {id} --reason not_now"));
    assert_eq!(declined.exit, Exit::Done, "{}", declined.stderr);
    let fake = as_(fake, "ada-key");
    assert_eq!(bailiwick(&fake, "propose default set Instore").exit, Exit::Done);
    let id = waiting(&fake);
    assert_eq!(bailiwick(&fake, &format!("withdraw {id}")).exit, Exit::Done);
    assert_eq!(bailiwick(&fake, "proposals").stderr, "none\n");
    let gone = bailiwick(&fake, &format!("proposal show {id}"));
    assert!(gone.exit == Exit::Failed && gone.stdout.is_empty(), "{}", gone.stdout);
}

#[test]
fn what_changes_nothing_of_an_org_is_not_proposed() {
    let fake = checked();
    for line in ["whoami", "store list", "org settings", "cluster add 4 --peer 10.0.0.4:1 --client 10.0.0.4:2", "user list", "approve 01HF7YAT00ABCDEFGHJKMNPQRS"] {
        let seen = bailiwick(&fake, &format!("propose {line}"));
        assert_eq!(seen.exit, Exit::Usage, "{line}: {}{}", seen.stdout, seen.stderr);
    }
    assert!(fake.members.borrow().is_empty());
    let read_only = bailiwick(&fake, "--read-only propose default clear");
    assert!(read_only.exit != Exit::Done && bailiwick(&fake, "proposals").stderr == "none\n");
    // What must not wait needs no proposal, and what is so already makes none.
    assert_eq!(bailiwick(&fake, "suspend store north-7").exit, Exit::Done);
    let same = bailiwick(&fake, "propose default set POS --json");
    assert_eq!((same.exit, same.field("changed"), same.field("proposals")), (Exit::Done, "false".to_owned(), "[]".to_owned()));
}

#[test]
fn secrets_undo_and_files_are_proposed_as_well() {
    let fake = checked();
    let made = bailiwick(&fake, "propose credential create enforcement-point gate --json");
    assert_eq!(made.exit, Exit::Done, "{}", made.stderr);
    let id = made.json()["proposals"][0].as_str().expect("an id").to_owned();
    assert!(made.field("token").starts_with("bw_"), "{}", made.stdout);
    let shown = bailiwick(&fake, &format!("proposal show {id} --json"));
    assert!(!shown.stdout.contains(&made.field("token")));
    let fake = as_(fake, "bob-key");
    assert_eq!(bailiwick(&fake, &format!("approve {id}")).exit, Exit::Done);
    assert_eq!(bailiwick(&fake, "propose allocate --group Admin east-1").exit, Exit::Done);
    let id = waiting(&fake);
    let fake = as_(fake, "ada-key");
    assert_eq!(bailiwick(&fake, &format!("approve {id}")).exit, Exit::Done);
    let revision = fake.state.borrow().revision;
    refused(&bailiwick(&fake, &format!("undo {revision} --json")), "approval_required");
    assert_eq!(bailiwick(&fake, &format!("propose undo {revision}")).exit, Exit::Done);
    let id = waiting(&fake);
    let fake = as_(fake, "bob-key");
    assert_eq!(bailiwick(&fake, &format!("approve {id}")).exit, Exit::Done);
    assert_eq!(group_of(&fake, "east-1"), None);

    let path = fake.jobs.path().join("zones.csv");
    std::fs::write(&path, "code,name\nwest,West\n").expect("written");
    let imported = bailiwick(&fake, &format!("propose import zones {}", path.display()));
    assert!(imported.exit == Exit::Done && imported.stderr.contains("bailiwick proposals"), "{}", imported.stderr);
    let id = waiting(&fake);
    assert_eq!(bailiwick(&as_(fake, "ada-key"), &format!("approve {id}")).exit, Exit::Done);
}

#[test]
fn approval_is_a_switch_of_the_org() {
    let fake = Fake::acme();
    let alone = bailiwick(&fake, "--org acme org settings --approval required");
    assert!(alone.exit == Exit::Failed && alone.stderr.contains("approvers_required") && alone.stderr.contains("bailiwick user edit"), "{}", alone.stderr);
    assert!(bailiwick(&fake, "--org acme org settings").stdout.contains("approval                      off"));
    let bad = shelled(&fake, "--org acme org settings --approval perhaps");
    assert!(bad.exit == Exit::Usage && bad.stderr.contains("`required` or `off`"), "{}", bad.stderr);
    let fake = checked();
    assert_eq!(bailiwick(&fake, "org settings --json").field("approval"), "required");
    refused(&bailiwick(&fake, "org settings --approval off --json"), "approval_required");
    let proposed = bailiwick(&fake, "propose org settings --approval off");
    assert_eq!(proposed.exit, Exit::Done, "{}", proposed.stderr);
    let id = waiting(&fake);
    let fake = as_(fake, "bob-key");
    assert_eq!(bailiwick(&fake, &format!("approve {id}")).exit, Exit::Done);
    assert_eq!(bailiwick(&fake, "default set Instore").exit, Exit::Done);
}
