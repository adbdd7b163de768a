//! Questions and reading: exit codes that scripts rely on, and JSON that they read.

use bailiwick_rpc::api::ApiError;

use super::fake::Fake;
use super::{Exit, bailiwick};
use crate::cli::api::CallFault;

const PERMIT: &str = "--subject till:north-7/t1 --action post --resource /v2/customers";

/// Every exit code, by an example.
#[test]
fn exit_codes() {
    let api = |code: &str| Some(CallFault::Api(ApiError::new(code, "…")));
    let none = || Some(CallFault::NoNode("no node answered in time".to_owned()));
    let table: [(&str, Option<CallFault>, Exit); 27] = [
        ("check --subject till:north-7/t1 --action POST --resource /v2/customers", None, Exit::Done),
        ("check --subject till:north-7/t1 --action POST --resource endpoint:/v2/customers", None, Exit::Done),
        ("check --subject till:north-9/t1 --action POST --resource /v2/customers", None, Exit::Denied),
        ("check --subject till:north-7/t1 --action POST --resource /v2//customers", None, Exit::Denied),
        ("explain --subject till:north-7/t1 --action GET --resource /v2/customers", None, Exit::Denied),
        ("check --subject user:ada --action POST --resource /v2/customers", None, Exit::Done),
        ("check --subject user:bob --action POST --resource /v2/customers", None, Exit::Denied),
        ("check --subject nobody:ada --action POST --resource /v2/customers", None, Exit::Usage),
        ("check --subject user:ada --module Loyalty+/Basic", None, Exit::Usage),
        ("check --subject user:ada --module Loyalty+/Basic --do view --place org", None, Exit::Done),
        ("check --subject user:ada --entity order --do approve", None, Exit::Usage),
        ("check --subject till:north-7/t1 --action POST", None, Exit::Usage),
        ("check --subject till:north-7/t1 --action POST --resource module:x", None, Exit::Usage),
        ("check --at yesterday --subject till:north-7/t1 --action POST --resource /x", None, Exit::Usage),
        ("check --subject till:north-7/t1 --action POST --resource /x", none(), Exit::Indeterminate),
        ("check --subject till:north-7/t1 --action POST --resource /x", api(ApiError::BEHIND), Exit::Indeterminate),
        ("explain --subject till:north-7/t1 --action POST --resource /x", api(ApiError::COMPACTED), Exit::Indeterminate),
        ("check --subject till:north-7/t1 --action POST --resource /x", api(ApiError::FORBIDDEN), Exit::Failed),
        ("store list", None, Exit::Done),
        ("store show nowhere", None, Exit::Failed),
        ("store list", none(), Exit::Failed),
        ("--org nowhere store list", None, Exit::Failed),
        ("store frobnicate", None, Exit::Usage),
        ("allocate --group POS", None, Exit::Usage),
        ("allocate north-7", None, Exit::Usage),
        ("preview store list", None, Exit::Usage),
        ("--help", None, Exit::Done),
    ];
    for (line, fault, exit) in table {
        let fake = Fake::acme();
        fake.faults.borrow_mut().extend(fault);
        let line = if line.contains("--org") { line.to_owned() } else { format!("--org acme {line}") };
        let seen = bailiwick(&fake, &line);
        assert_eq!(seen.exit, exit, "{line}: {}{}", seen.stdout, seen.stderr);
    }
}

#[test]
fn ag_34_check_prints_decision_code_reason_revision_and_staleness() {
    let fake = Fake::acme();
    let seen = bailiwick(&fake, &format!("check {PERMIT} --json"));
    let revision = fake.state.borrow().revision;
    let expected = serde_json::json!({
        "decision": "permit", "code": 0, "reason": "permit_default_group", "obligations": [], "revision": revision,
        "staleness_ms": 3,
    });
    assert_eq!((seen.exit, seen.json()), (Exit::Done, expected));
    let denied = bailiwick(&fake, "check --subject store:west-1 --action POST --resource /v2/customers --json");
    assert_eq!((denied.exit, denied.field("code"), denied.field("reason")), (Exit::Denied, "4000".to_owned(), "store_unknown".to_owned()));
}

#[test]
fn ag_35_what_cannot_be_told_is_4001_and_never_a_no() {
    let fake = Fake::acme();
    fake.faults.borrow_mut().push_back(CallFault::NoNode("no node answered in time: n1".to_owned()));
    let seen = bailiwick(&fake, &format!("check {PERMIT} --json"));
    assert_eq!((seen.exit, seen.field("decision"), seen.field("code")), (Exit::Indeterminate, "indeterminate".to_owned(), "4001".to_owned()));
}

#[test]
fn explain_shows_the_chain_and_for_a_deny_the_nearest_miss() {
    let fake = Fake::acme();
    bailiwick(&fake, "access-group create Kiosk --grant Customer=R");
    bailiwick(&fake, "allocate --group Kiosk north-7");
    let seen = bailiwick(&fake, &format!("explain {PERMIT} --json"));
    assert_eq!((seen.exit, seen.field("reason")), (Exit::Denied, "needs_write".to_owned()));
    let value = seen.json();
    let cell = value.get("nearest_miss").expect("a miss");
    assert_eq!((cell.get("held"), cell.get("needed")), (Some(&"Read".into()), Some(&"Write".into())));
    assert!(value.get("chain").and_then(|chain| chain.as_array()).is_some_and(|chain| chain.len() >= 5), "{value}");
    assert!(value.get("remedies").and_then(|r| r.as_array()).is_some_and(|r| !r.is_empty()), "{value}");
    let text = bailiwick(&fake, &format!("explain {PERMIT}"));
    assert!(text.stdout.contains("Kiosk"), "{}", text.stdout);
}

#[test]
fn lists_are_tables_or_json() {
    let fake = Fake::acme();
    let seen = bailiwick(&fake, "store list --zone north");
    assert_eq!(
        seen.stdout,
        "CODE     NAME     ZONE   CONCEPT  ACTIVE  ACCESS_GROUP  VIA      TILLS\n\
         north-7  Hexham   north           yes     POS           default  1\n\
         north-8  Alnwick  north           yes     POS           default  0\n"
    );
    let json = bailiwick(&fake, "store list --zone north --json").json();
    let via = json.pointer("/items/0/via").and_then(|v| v.as_str());
    assert_eq!((json.pointer("/items/1/code").and_then(|v| v.as_str()), via), (Some("north-8"), Some("default")));
    let none = bailiwick(&fake, "store list --zone west");
    assert_eq!((none.exit, none.stdout.as_str(), none.stderr.as_str()), (Exit::Done, "", "none\n"));
}

#[test]
fn ag_8_a_resource_is_found_by_its_endpoints_and_lists_them() {
    let fake = Fake::acme();
    assert!(bailiwick(&fake, "resource list v2/customers").stdout.contains("Customer"));
    assert!(bailiwick(&fake, "resource show Customer").stdout.contains("DELETE  /v2/customers/{id}"));
}

#[test]
fn a_group_is_named_by_id_or_by_name() {
    let fake = Fake::acme();
    bailiwick(&fake, "access-group create Night_shift --grant Customer=RW");
    let by_name = bailiwick(&fake, "access-group show night_SHIFT");
    assert!(by_name.stdout.contains("Customer (Data) Read+Write"), "{}", by_name.stdout);
    let unknown = bailiwick(&fake, "access-group show Kiosk");
    assert!(unknown.stderr.contains("there is no access group `Kiosk`") && unknown.exit == Exit::Failed, "{}", unknown.stderr);
}

#[test]
fn ag_31_the_store_list_says_where_the_group_comes_from() {
    let fake = Fake::acme();
    bailiwick(&fake, "allocate --group POS east-1");
    let seen = bailiwick(&fake, "export stores --group POS");
    assert_eq!(
        seen.stdout,
        "code,name,zone,concept,active,access_group,via,observing\n\
         east-1,Cromer,east,,true,POS,explicit,false\n\
         north-7,Hexham,north,,true,POS,default,false\n\
         north-8,Alnwick,north,,true,POS,default,false\n"
    );
    let file = fake.jobs.path().join("out.csv");
    let written = bailiwick(&fake, &format!("export stores {}", file.display()));
    assert_eq!((written.stdout.as_str(), std::fs::read_to_string(file).ok()), ("", Some(seen.stdout)));
}

#[test]
fn nodes_are_a_list_and_one_without_an_answer_is_said_so() {
    let fake = Fake::acme();
    let json = bailiwick(&fake, "cluster status --json --hashes").json();
    assert_eq!(json.get("nodes").and_then(|n| n.as_array()).map(Vec::len), Some(3));
    let text = bailiwick(&fake, "cluster status").stdout;
    assert!(text.contains("no answer"), "{text}");
}

#[test]
fn a_watch_goes_on_over_a_failover_and_prints_nothing_that_acts_on_a_terminal() {
    let fake = Fake::acme();
    fake.faults.borrow_mut().extend([CallFault::NoNode("no node answered in time".to_owned())]);
    let seen = bailiwick(&fake, "watch --from 20 --count 2");
    assert_eq!(
        seen.stdout,
        "21  ada\\u{1b}[2J  allocate  store:north-7 and 2 more\n22  ada\\u{1b}[2J  allocate  store:north-7 and 2 more\n"
    );
    let json = bailiwick(&fake, "watch --from 20 --count 1 --json");
    assert_eq!((json.field("revision"), json.field("command")), ("21".to_owned(), "allocate".to_owned()));
}
