//! Changes: what is printed, what a retry finds, what is refused before anything is sent.

use bailiwick_policy::ids::RequestId;

use super::fake::Fake;
use super::{Exit, bailiwick};
use crate::cli::api::{CallFault, Written};

#[test]
fn a_write_prints_revision_and_receipt() {
    let fake = Fake::acme();
    let next = fake.state.borrow().revision.0 + 1;
    let seen = bailiwick(&fake, "allocate --group Instore north-7 east-1");
    assert_eq!((seen.exit, seen.stdout), (Exit::Done, format!("revision {next} · receipt c.1.{next}\n")));
    let again = bailiwick(&fake, "allocate --group Instore north-7 --json");
    assert_eq!((again.field("outcome"), again.field("changed"), again.field("receipt")), ("committed".to_owned(), "false".to_owned(), format!("c.1.{next}")));
}

#[test]
fn a_lawful_no_has_its_code_its_examples_and_its_remedy() {
    let fake = Fake::acme();
    let seen = bailiwick(&fake, "allocate --group POS nowhere --json");
    assert_eq!((seen.exit, seen.field("outcome"), seen.field("code")), (Exit::Failed, "rejected".to_owned(), "store_unknown".to_owned()));
    let text = bailiwick(&fake, "allocate --group Nobody north-7");
    assert!(text.stderr.starts_with("rejected: group_unknown: ") && text.stdout.is_empty(), "{}", text.stderr);
}

#[test]
fn ag_24_a_till_is_refused_by_the_cluster() {
    let fake = Fake::acme();
    let seen = bailiwick(&fake, "allocate --group POS north-7/t1 --json");
    assert_eq!((seen.exit, seen.field("code")), (Exit::Failed, "till_override_forbidden".to_owned()));
}

#[test]
fn what_is_not_known_is_said_with_the_id_to_ask_by() {
    let fake = Fake::acme();
    fake.writes.borrow_mut().push_back(Some(Written::Unknown("the node went away".to_owned())));
    let id = "01HF7YAT00ABCDEFGHJKMNPQRS";
    let seen = bailiwick(&fake, &format!("default clear --request-id {id}"));
    assert_eq!(seen.exit, Exit::Unknown);
    assert!(seen.stderr.contains(&format!("--request-id {id}")), "{}", seen.stderr);
    assert_eq!(*fake.ids.borrow(), [id.parse::<RequestId>().expect("a ULID")]);
}

#[test]
fn nothing_was_changed_is_another_thing_than_not_known() {
    let fake = Fake::acme();
    fake.writes.borrow_mut().push_back(Some(Written::Failed(CallFault::NoNode("no node answered in time".to_owned()))));
    let seen = bailiwick(&fake, "default clear");
    assert_eq!((seen.exit, seen.stderr.as_str()), (Exit::Failed, "nothing was changed: no node answered in time\n"));
}

#[test]
fn stores_are_chosen_by_zone_concept_and_present_group_together() {
    let fake = Fake::acme();
    assert_eq!(bailiwick(&fake, "allocate --group Instore --zone north").exit, Exit::Done);
    assert_eq!(bailiwick(&fake, "allocate --group Admin --zone north --from-group Instore east-1").exit, Exit::Done);
    assert_eq!(bailiwick(&fake, "export stores --group Admin").stdout.lines().count(), 4);
    let none = bailiwick(&fake, "allocate --clear --zone west");
    assert!(none.exit == Exit::Failed && none.stderr.contains("zone `west`"), "{}", none.stderr);
    assert_eq!(bailiwick(&fake, "allocate --clear --from-group admin").exit, Exit::Done);
    assert_eq!(bailiwick(&fake, "export stores --group POS").stdout.lines().count(), 4);
}

#[test]
fn a_large_allocation_goes_in_batches_with_ids_that_a_retry_finds() {
    let fake = Fake::acme();
    let mut file = "code,name,zone\n".to_owned();
    (0..2_500).for_each(|n| file.push_str(&format!("bulk-{n},Bulk {n},east\n")));
    let path = fake.jobs.path().join("bulk.csv");
    std::fs::write(&path, file).expect("written");
    assert_eq!(bailiwick(&fake, &format!("import stores {}", path.display())).exit, Exit::Done);
    fake.ids.borrow_mut().clear();
    fake.writes.borrow_mut().extend([None, Some(Written::Unknown("gone".to_owned()))]);
    let id = "01HF7YAT00ABCDEFGHJKMNPQRS";
    let line = format!("allocate --group Instore --zone east --request-id {id}");
    let cut = bailiwick(&fake, &line);
    assert!(cut.exit == Exit::Unknown && cut.stderr.contains("batches 1 to 1 of 2 are applied"), "{}", cut.stderr);
    let seen = bailiwick(&fake, &line);
    assert_eq!(seen.exit, Exit::Done, "{}", seen.stderr);
    let low: Vec<u128> = fake.ids.borrow().iter().map(|id| id.0 & 0xffff_ffff).collect();
    assert_eq!(low, [1, 2, 1, 2]);
}

#[test]
fn a_preview_shows_changes_impact_and_revision_and_changes_nothing() {
    let fake = Fake::acme();
    let before = fake.state.borrow().revision;
    let seen = bailiwick(&fake, "preview default clear");
    assert_eq!(seen.exit, Exit::Done);
    assert!(seen.stdout.starts_with(&format!("preview at revision {before}: 1 change\n~ org:acme\n    default_group: POS → none\n")), "{}", seen.stdout);
    assert!(seen.stdout.contains("1 till loses Read+Write on Customer (Data)") && seen.stdout.ends_with("nothing has been changed\n"), "{}", seen.stdout);
    let json = bailiwick(&fake, "preview allocate --group Instore north-7 --json");
    assert_eq!((json.field("outcome"), json.field("changes_total")), ("preview".to_owned(), "1".to_owned()));
    let refused = bailiwick(&fake, "preview zone remove north");
    assert!(refused.exit == Exit::Failed && refused.stderr.contains("zone_in_use"), "{}", refused.stderr);
    assert_eq!((fake.state.borrow().revision, fake.ids.borrow().len()), (before, 0));
}

#[test]
fn read_only_sends_nothing() {
    let fake = Fake::acme();
    for line in ["default clear", "suspend store north-7", "credential create operator x", "import stores examples/none.csv"] {
        let seen = bailiwick(&fake, &format!("--read-only {line}"));
        assert!(seen.exit == Exit::Failed && seen.stderr.contains("read-only"), "{line}: {}", seen.stderr);
    }
    assert_eq!(fake.ids.borrow().len(), 0);
    assert_eq!(bailiwick(&fake, "--read-only preview default clear").exit, Exit::Done);
}

#[test]
fn every_noun_can_be_made_shown_and_changed() {
    let fake = Fake::acme();
    for (line, exit) in [
        ("org edit acme --name Acme_Ltd", Exit::Done),
        ("org show acme", Exit::Done),
        ("org list", Exit::Done),
        ("zone create isles --name Islands --parent north", Exit::Done),
        ("zone edit isles --parent east", Exit::Done),
        ("zone show isles", Exit::Done),
        ("zone list isl", Exit::Done),
        ("zone remove isles", Exit::Done),
        ("zone show isles", Exit::Failed),
        ("concept create outlet --name Outlet", Exit::Done),
        ("concept edit outlet --name Outlets", Exit::Done),
        ("concept remove outlet", Exit::Done),
        ("store edit north-7 --concept quayside --latitude 54.97 --longitude -2.1", Exit::Done),
        ("store show north-7", Exit::Done),
        ("store edit nowhere --name X", Exit::Failed),
        ("till create north-8/t1 --name Front", Exit::Done),
        ("till edit north-8/t1 --name Back", Exit::Done),
        ("till list --store north-8", Exit::Done),
        ("till show north-8/t1", Exit::Done),
        ("suspend till north-8/t1", Exit::Done),
        ("resume till north-8/t1", Exit::Done),
        ("suspend store north-8", Exit::Done),
        ("resume store north-8", Exit::Done),
        ("suspend org acme", Exit::Done),
        ("resume org acme", Exit::Done),
        ("resource create Gift_cards", Exit::Done),
        ("resource remove Gift_cards", Exit::Done),
        ("endpoint edit POST /v2/customers --level Read --name Search", Exit::Done),
        ("endpoint show post v2/customers/", Exit::Done),
        ("endpoint list --resource Customer --class data", Exit::Done),
        ("endpoint remove DELETE /v2/customers/{customerId}", Exit::Done),
        ("access-group create Kiosk --description Unattended --grant Customer=R --grant Customer:config=R", Exit::Done),
        ("access-group edit Kiosk --name Kiosks --grant Customer=none", Exit::Done),
        ("access-group edit POS --name Tills", Exit::Failed),
        ("access-group edit Kiosk", Exit::Usage),
        ("access-group list --active", Exit::Done),
        ("default show", Exit::Done),
        ("default set Kiosks", Exit::Done),
        ("whoami", Exit::Done),
    ] {
        let seen = bailiwick(&fake, &format!("--org acme {line}"));
        assert_eq!(seen.exit, exit, "{line}: {}{}", seen.stdout, seen.stderr);
    }
}

#[test]
fn a_token_is_shown_once_and_its_hash_is_what_travels() {
    let fake = Fake::acme();
    let seen = bailiwick(&fake, "credential create enforcement-point gateway-1 --label Gateway --json");
    let token = seen.field("token");
    assert!(seen.exit == Exit::Done && token.starts_with("bw_"), "{}", seen.stdout);
    let hash = bailiwick_rpc::token::Token::parse(&token).expect("a token").hash();
    let secret = bailiwick_policy::object::Secret::TokenHash(hash);
    assert!(fake.state.borrow().by_secret.contains_key(&secret));
    let listed = bailiwick(&fake, "credential list --json");
    assert!(listed.stdout.contains("gateway-1") && !listed.stdout.contains(&token), "{}", listed.stdout);
    assert_eq!(bailiwick(&fake, "credential create owner ada-laptop --user ada").exit, Exit::Done);
    assert_eq!(bailiwick(&fake, "credential revoke gateway-1").exit, Exit::Done);

    let refused = bailiwick(&fake, "credential create operator gateway-1 --json");
    assert_eq!((refused.exit, refused.field("token")), (Exit::Failed, "null".to_owned()));

    let file = fake.jobs.path().join("token");
    let kept = bailiwick(&fake, &format!("credential create operator night-shift --token-out {}", file.display()));
    assert!(kept.exit == Exit::Done && !kept.stdout.contains("bw_"), "{}", kept.stdout);
    assert!(std::fs::read_to_string(file).is_ok_and(|text| text.starts_with("bw_")));
}
