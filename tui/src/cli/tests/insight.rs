//! The audit, undo, differences, denials, the lint, a group from a log; narrowed cells and whole subtrees.

use bailiwick_policy::ids::Tick;
use bailiwick_rpc::api::{DeniesReply, DenyRow};

use super::fake::Fake;
use super::{Exit, Seen, bailiwick};
use crate::cli::api::CallFault;

fn file(fake: &Fake, name: &str, text: &str) -> String {
    let path = fake.jobs.path().join(name);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

#[track_caller]
fn done(fake: &Fake, line: &str) -> Seen {
    let seen = bailiwick(fake, line);
    assert_eq!(seen.exit, Exit::Done, "{line}: {}{}", seen.stdout, seen.stderr);
    seen
}

#[test]
fn the_audit_is_listed_newest_first_over_pages_until_the_limit() {
    let fake = Fake::acme();
    let head = fake.state.borrow().revision.0;
    let seen = done(&fake, "audit list --limit 7");
    let lines: Vec<&str> = seen.stdout.lines().collect();
    assert_eq!(lines.len(), 8, "{}", seen.stdout);
    assert!(lines[0].starts_with("REVISION  TIME") && lines[1].starts_with(&head.to_string()), "{}", seen.stdout);
    assert!(lines[1].contains("till create") && lines[1].contains("till:north-7/t1"), "{}", seen.stdout);
    assert!(lines[1].contains("2023-11-14T22:13:20Z"), "the fake's clock: {}", seen.stdout);
    assert!(seen.stderr.contains("older entries"), "{}", seen.stderr);
    let oldest = done(&fake, "audit list --oldest-first --limit 1 --json").json();
    assert_eq!(oldest.pointer("/entries/0/revision"), Some(&1.into()));
    let about = done(&fake, "audit list --object till:north-7/t1 --json").json();
    assert_eq!(about.pointer("/entries").and_then(|e| e.as_array()).map(Vec::len), Some(1));
    assert_eq!(done(&fake, "audit list --until 2023-11-14T22:13:20Z").stderr, "none\n");
    assert_eq!(bailiwick(&fake, "audit list --object north-7").exit, Exit::Usage);
    assert_eq!(bailiwick(&fake, "audit list --object shop:north-7").exit, Exit::Usage);
    assert_eq!(bailiwick(&fake, "audit list --since soon").exit, Exit::Usage);
}

#[test]
fn following_the_audit_prints_what_comes_and_ends_at_its_limit() {
    let fake = Fake::acme();
    fake.faults.borrow_mut().push_back(CallFault::NoNode("no node answered in time".to_owned()));
    let seen = done(&fake, "audit list --follow --since 2023-01-01 --limit 8");
    let revisions: Vec<&str> = seen.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(revisions, ["1", "2", "3", "4", "5", "6", "7", "8"]);
}

#[test]
fn an_entry_is_shown_with_all_that_it_changed() {
    let fake = Fake::acme();
    let seen = done(&fake, "audit show 2");
    assert!(seen.stdout.contains("command   org create") && seen.stdout.contains("+ org:acme"), "{}", seen.stdout);
    assert!(seen.stdout.lines().filter(|line| line.starts_with("+ ")).count() == 5, "the built-in groups too: {}", seen.stdout);
    assert_eq!(bailiwick(&fake, "audit show 999").exit, Exit::Failed);
}

#[test]
fn an_export_of_the_audit_has_every_entry_whole() {
    let fake = Fake::acme();
    let path = fake.jobs.path().join("audit.jsonl");
    done(&fake, &format!("audit export {}", path.display()));
    let text = std::fs::read_to_string(path).expect("written");
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len() as u64, fake.state.borrow().revision.0);
    for line in &lines {
        let changes = line.get("changes").and_then(|c| c.as_array()).map(|c| c.len() as u64);
        assert_eq!(changes, line.get("changes_total").and_then(|n| n.as_u64()), "{line}");
    }
    let printed = done(&fake, "audit export - --object org:acme");
    assert!(printed.stdout.lines().count() >= 2, "{}", printed.stdout);
}

#[test]
fn an_entry_can_be_undone_once_and_shown_before() {
    let fake = Fake::acme();
    done(&fake, "allocate --group Instore --zone north");
    let entry = fake.state.borrow().revision.0;
    let preview = done(&fake, &format!("preview undo {entry}"));
    assert!(preview.stdout.contains("~ store:north-7") && preview.stdout.contains("group: Instore → none"), "{}", preview.stdout);
    assert_eq!(fake.state.borrow().revision.0, entry);
    done(&fake, &format!("undo {entry} --reason wrong_zone"));
    assert_eq!(done(&fake, "export stores --group Instore").stdout.lines().count(), 1);
    let again = bailiwick(&fake, &format!("undo {entry} --json"));
    assert_eq!((again.exit, again.field("code")), (Exit::Failed, "conflict".to_owned()));
    assert_eq!(bailiwick(&fake, "undo 999").exit, Exit::Failed);
    assert_eq!(bailiwick(&fake, &format!("--read-only undo {}", entry + 1)).exit, Exit::Failed);
}

#[test]
fn a_difference_has_its_changes_and_its_impact() {
    let fake = Fake::acme();
    let before = fake.state.borrow().revision.0;
    done(&fake, "default clear");
    let seen = done(&fake, &format!("diff {before}"));
    assert!(seen.stdout.starts_with(&format!("revision {before} → {}: 1 object changed\n~ org:acme\n", before + 1)), "{}", seen.stdout);
    assert!(seen.stdout.contains("1 till loses Read+Write on Customer (Data)"), "{}", seen.stdout);
    let json = done(&fake, &format!("diff {before} {} --json", before + 1)).json();
    assert_eq!(json.pointer("/impact/tills"), Some(&1.into()));
}

fn denied(count: u64, observed: bool) -> DeniesReply {
    let row = DenyRow {
        subject: "till:north-7/t1".to_owned(),
        method: "DELETE".to_owned(),
        path: "/v2/x\u{1b}[2J".to_owned(),
        reason: "needs_write".to_owned(),
        observed,
        count,
        first: Tick(1_700_000_000_000),
        last: Tick(1_700_000_001_000),
    };
    DeniesReply { rows: vec![row], answered_by: vec![1, 2], silent: vec![3], since: Tick(1_600_000_000_000), dropped: 4 }
}

#[test]
fn denials_name_who_was_silent_and_what_is_missing() {
    let fake = Fake::acme();
    fake.denies.borrow_mut().extend([Ok(denied(3, true)), Ok(denied(3, false)), Ok(DeniesReply::default())]);
    let seen = done(&fake, "denies --text x");
    assert!(seen.stdout.contains("needs_write (observed: permitted)") && !seen.stdout.contains('\u{1b}'), "{}", seen.stdout);
    assert!(seen.stderr.contains("no answer from nodes 3") && seen.stderr.contains("4 more are in no row"), "{}", seen.stderr);
    let json = done(&fake, "denies --json").json();
    assert_eq!((json.pointer("/rows/0/count"), json.pointer("/silent/0")), (Some(&3.into()), Some(&3.into())));
    assert!(done(&fake, "denies").stderr.starts_with("none\n"));
}

#[test]
fn following_denials_prints_a_row_again_only_when_it_has_grown() {
    let fake = Fake::acme();
    let end = CallFault::Refused("revoked".to_owned());
    fake.denies.borrow_mut().extend([Ok(denied(3, false)), Ok(denied(3, false)), Ok(denied(5, false)), Err(end)]);
    let seen = super::paused(&fake, "denies --follow --json");
    let counts: Vec<u64> = seen.stdout.lines().filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok()?.get("count")?.as_u64()).collect();
    assert_eq!((seen.exit, counts), (Exit::Failed, vec![3, 5]));
}

#[test]
fn the_lint_of_an_org_counts_its_findings() {
    let fake = Fake::acme();
    done(&fake, "resource create Gift_cards");
    done(&fake, "endpoint create GET /v2/loose");
    let seen = done(&fake, "lint");
    assert!(seen.stdout.contains("resource_empty") && seen.stdout.contains("endpoint_unmapped"), "{}", seen.stdout);
    let json = done(&fake, "lint --json").json();
    assert_eq!((json.pointer("/counts/resource_empty"), json.pointer("/counts/endpoint_unmapped")), (Some(&1.into()), Some(&1.into())));
}

/// Sets as a vendor publishes them: headings, sub-modules under other modules' names or under none, names that lie.
const SETS: &str = "set\tmodule\tsubmodule\tactions
Engage+ Explore\tEngage+\t\t
Engage+ Explore\tCampaign\tWorkflow\tView Approval
Desk Viewer\tCustomer\tCustomer PII\tView
DESK viewer\tReports\t\tView Create
Bulk Import\tCampaign\tWorkflow\tApproval
Builder\tView metrics\t\tView
";

#[test]
fn published_sets_are_imported_and_their_names_that_lie_are_told() {
    let fake = Fake::acme();
    let file = fake.jobs.path().join("sets.tsv");
    std::fs::write(&file, SETS).expect("written");
    let lies = |json: &serde_json::Value| -> Vec<String> {
        let all = json["findings"].as_array().expect("findings").iter();
        let lies = all.filter(|finding| finding["code"] == "name_lies");
        lies.map(|finding| finding["place"].as_str().unwrap_or_default().replace("permission-set:", "")).collect()
    };
    let expected = ["bulk-import", "desk-viewer", "engage-explore"];
    let read = done(&fake, &format!("lint permission-sets {} --json", file.display())).json();
    assert_eq!((read["rows"].clone(), read["headings"].clone(), read["sets"].clone()), (5.into(), 1.into(), 4.into()));
    assert_eq!(lies(&read), expected);
    assert_eq!(read["counts"]["module_unknown"], 1, "{read}");

    assert!(lies(&done(&fake, "--org acme lint --json").json()).is_empty(), "the sets that come with it are honest");
    let version = fake.state.borrow().platform.version;
    done(&fake, &format!("catalogue import-sets {}", file.display()));
    let platform = fake.state.borrow().platform.clone();
    assert_eq!(platform.version, version + 1);
    let told = |id: &str| platform.set(id).expect("a set").grants.iter().map(|g| format!("{} {}", g.module, g.actions)).collect::<Vec<_>>();
    assert_eq!(told("engage-explore"), ["Campaign/Workflow VA"]);
    assert_eq!(told("desk-viewer"), ["Insights+/Reports VC", "Member Care/Customer PII V"]);
    assert_eq!(told("builder"), ["Other/View metrics V"]);
    assert!(platform.module("Other/View metrics").is_some_and(|module| module.offered.is_empty()), "nothing of it is on offer");
    assert_eq!(lies(&done(&fake, "--org acme lint --json").json()), expected);

    std::fs::write(&file, "set\tmodule\tsubmodule\tactions\nA\tB\tC\tDance\n").expect("written");
    let wrong = bailiwick(&fake, &format!("catalogue import-sets {}", file.display()));
    assert!(wrong.exit == Exit::Failed && wrong.stderr.contains("2: actions: `Dance` is no action"), "{}", wrong.stderr);
    assert_eq!(fake.state.borrow().platform.version, version + 1);
}

#[test]
fn the_lint_of_a_file_names_lines_and_asks_nobody() {
    let fake = Fake::acme();
    fake.faults.borrow_mut().push_back(CallFault::NoNode("no node answered in time".to_owned()));
    let path = file(&fake, "e.tsv", "Method\tpath\tset\nGET\t/a/{x}\tPoint\nget\t/a/{y}/\tPoints\nPOST\t/b\t-\n\tno\t\n");
    let seen = done(&fake, &format!("lint endpoints {path} --map resource=set"));
    for told in ["endpoint_repeated_alike", "line 3", "endpoint_unmapped", "line 4", "endpoint_unreadable", "line 5", "resources_alike"] {
        assert!(seen.stdout.contains(told), "{told}: {}", seen.stdout);
    }
    let json = done(&fake, &format!("lint endpoints {path} --map resource=set --json")).json();
    assert_eq!((json.pointer("/counts/endpoint_unmapped"), json.get("rows")), (Some(&1.into()), Some(&4.into())));
    assert_eq!(fake.faults.borrow().len(), 1, "the cluster was not asked");
    assert_eq!(bailiwick(&fake, "lint endpoints /nowhere.csv").exit, Exit::Failed);
    let headless = file(&fake, "h.csv", "a,b\n1,2\n");
    assert_eq!(bailiwick(&fake, &format!("lint endpoints {headless}")).exit, Exit::Failed);
}

#[test]
fn a_group_is_suggested_from_a_log_printed_as_words_that_work_and_made() {
    let fake = Fake::acme();
    done(&fake, "endpoint create GET /v2/customers/{id} --resource Customer");
    let log = file(&fake, "calls.csv", "method,path,count\nget,/v2/customers/1?full=1,3\nGET,/v2/customers/1,4\nPOST,/v2/nothing,2\n");
    let seen = done(&fake, &format!("suggest access-group --log {log}"));
    assert!(seen.stdout.contains("Customer (Data) Read") && seen.stdout.contains("permits 7 calls"), "{}", seen.stdout);
    assert!(seen.stdout.contains("endpoint_unknown"), "{}", seen.stdout);
    let json = done(&fake, &format!("suggest access-group --log {log} --name Kiosk --narrow --json")).json();
    assert_eq!(json.get("command").and_then(|c| c.as_str()), Some("bailiwick access-group create Kiosk --grant Customer:Data=R"));

    assert_eq!(bailiwick(&fake, &format!("suggest access-group --log {log} --create")).exit, Exit::Usage);
    let preview = done(&fake, &format!("preview suggest access-group --log {log} --name Kiosk --create"));
    assert!(preview.stdout.contains("+ access-group:kiosk"), "{}", preview.stdout);
    assert_eq!(bailiwick(&fake, "access-group show kiosk").exit, Exit::Failed);
    done(&fake, &format!("suggest access-group --log {log} --name Kiosk --create"));
    assert!(done(&fake, "access-group show kiosk").stdout.contains("Customer (Data) Read"));
    let wrong = file(&fake, "wrong.csv", "method,path,count\nGET,/v2/x,many\n");
    assert!(bailiwick(&fake, &format!("suggest access-group --log {wrong}")).stderr.contains("wrong.csv:2: count"));
}

#[test]
fn ag_6_cells_are_narrowed_shown_and_widened() {
    let fake = Fake::acme();
    let (one, other) = ("POST_/v2/customers", "DELETE_/v2/customers/{id}");
    done(&fake, &format!("access-group create Kiosk --grant Customer=W --only Customer:Data={one}"));
    assert!(done(&fake, "access-group show Kiosk").stdout.contains("Customer (Data) Write only POST /v2/customers"));
    let denied = bailiwick(&fake, "check --subject till:north-7/t1 --action DELETE --resource /v2/customers/1");
    assert_eq!(denied.exit, Exit::Done, "POS still decides");
    done(&fake, "allocate --group Kiosk north-7");
    let denied = bailiwick(&fake, "check --subject till:north-7/t1 --action DELETE --resource /v2/customers/1 --json");
    assert_eq!((denied.exit, denied.field("reason")), (Exit::Denied, "endpoint_excluded".to_owned()));
    done(&fake, &format!("access-group edit Kiosk --except Customer={one}"));
    let json = done(&fake, "access-group show Kiosk --json").json();
    assert_eq!(json.pointer("/grants/0/except/0").and_then(|e| e.as_str()), Some("POST /v2/customers"));
    assert_eq!(json.pointer("/grants/0/levels").and_then(|e| e.as_str()), Some("Write"));
    let both = bailiwick(&fake, &format!("access-group edit Kiosk --only Customer={one} --except Customer={other}"));
    assert!(both.exit == Exit::Usage && both.stderr.contains("never both"), "{}", both.stderr);
    done(&fake, "access-group edit Kiosk --widen Customer");
    assert!(!done(&fake, "access-group show Kiosk").stdout.contains("except"));
}

#[test]
fn ag_27_a_group_is_deactivated_only_when_no_store_has_it() {
    let fake = Fake::acme();
    done(&fake, "access-group create Kiosk --grant Customer=R");
    done(&fake, "allocate --group Kiosk north-7");
    let refused = bailiwick(&fake, "access-group deactivate Kiosk --json");
    assert_eq!((refused.exit, refused.field("code")), (Exit::Failed, "group_allocated".to_owned()));
    done(&fake, "allocate --clear north-7");
    done(&fake, "access-group deactivate Kiosk");
    assert_eq!(bailiwick(&fake, "allocate --group Kiosk north-7").exit, Exit::Failed);
    done(&fake, "access-group reactivate Kiosk");
    done(&fake, "allocate --group Kiosk north-7");
}

#[test]
fn ag_31_the_stores_of_a_group_say_where_they_have_it_from() {
    let fake = Fake::acme();
    done(&fake, "allocate --group POS --observe north-7");
    let seen = done(&fake, "access-group stores POS");
    assert_eq!(
        seen.stdout,
        "code,name,zone,concept,active,access_group,via,observing\neast-1,Cromer,east,,true,POS,default,false\nnorth-7,Hexham,north,,true,POS,explicit,true\nnorth-8,Alnwick,north,,true,POS,default,false\n"
    );
    let path = fake.jobs.path().join("stores.csv");
    done(&fake, &format!("access-group stores pos --out {}", path.display()));
    assert_eq!(std::fs::read_to_string(path).ok(), Some(seen.stdout));
}

#[test]
fn ag_33_what_observes_is_said_wherever_it_is_shown() {
    let fake = Fake::acme();
    done(&fake, "access-group create Nothing --grant Customer:config=R");
    done(&fake, "default set Nothing --observe");
    assert!(done(&fake, "default show").stdout.contains("it only observes"));
    assert_eq!(done(&fake, "store show north-8 --json").field("observing"), "true");
    let listed = done(&fake, "store list").stdout;
    assert!(listed.lines().next().is_some_and(|head| head.contains("OBSERVING")), "{listed}");
    let question = "--subject till:north-7/t1 --action POST --resource /v2/customers";
    let seen = done(&fake, &format!("check {question}"));
    assert!(seen.stdout.contains("would deny: resource_none"), "{}", seen.stdout);
    assert_eq!(done(&fake, &format!("explain {question} --json")).field("would_deny"), "resource_none");
}

#[test]
fn ag_37_a_subtree_is_suspended_and_resumed_as_a_batch() {
    let fake = Fake::acme();
    done(&fake, "zone create isles --name Islands --parent north");
    done(&fake, "store create isle-1 --name Lerwick --zone isles");
    fake.ids.borrow_mut().clear();
    let preview = done(&fake, "preview suspend zone north");
    assert!(preview.stdout.contains("3 changes"), "{}", preview.stdout);
    done(&fake, "suspend zone north --reason flooded");
    assert_eq!(fake.ids.borrow().len(), 1, "one change");
    assert_eq!(done(&fake, "store list --suspended --json").json().pointer("/items").and_then(|i| i.as_array()).map(Vec::len), Some(3));
    done(&fake, "resume zone north");
    assert_eq!(bailiwick(&fake, "suspend concept quayside").exit, Exit::Failed, "no store is in it");
    let none = bailiwick(&fake, "suspend zone west");
    assert!(none.exit == Exit::Failed && none.stderr.contains("there is no zone:west"), "{}", none.stderr);
}

#[test]
fn stores_and_tills_are_moved_and_removed() {
    let fake = Fake::acme();
    done(&fake, "till move north-7/t1 --to east-1");
    assert_eq!(bailiwick(&fake, "till show north-7/t1").exit, Exit::Failed);
    let refused = bailiwick(&fake, "store remove east-1 --json");
    assert_eq!((refused.exit, refused.field("code")), (Exit::Failed, "store_in_use".to_owned()));
    done(&fake, "store remove east-1 --force");
    let retired = bailiwick(&fake, "store create east-1 --name Again --json");
    assert_eq!((retired.exit, retired.field("code")), (Exit::Failed, "id_retired".to_owned()));
    done(&fake, "till create north-8/t1");
    done(&fake, "till remove north-8/t1");
    assert_eq!(bailiwick(&fake, "till show north-8/t1").exit, Exit::Failed);
}

#[test]
fn ag_40_allocations_are_imported_row_by_row_or_not_at_all() {
    let fake = Fake::acme();
    done(&fake, "allocate --group Instore north-8");
    let good = file(&fake, "a.csv", "store,access_group\nnorth-7,Instore\nnorth-8,\n");
    let dry = done(&fake, &format!("import allocations {good} --dry-run"));
    assert!(dry.stdout.contains("2 changes") && dry.stdout.contains("nothing has been changed"), "{}", dry.stdout);
    done(&fake, &format!("import allocations {good}"));
    assert_eq!(done(&fake, "export stores --group Instore").stdout.lines().filter(|l| l.starts_with("north-7")).count(), 1);
    assert_eq!(done(&fake, "export stores --group Instore").stdout.lines().count(), 2);
    let bad = file(&fake, "b.csv", "store,access_group\nnorth-7,Admin\nnowhere,POS\nnorth-8,Nobody\n");
    let seen = bailiwick(&fake, &format!("import allocations {bad}"));
    assert!(seen.exit == Exit::Failed && seen.stderr.contains(":3: store:") && seen.stderr.contains(":4: access"), "{}", seen.stderr);
    assert_eq!(done(&fake, "export stores --group Admin").stdout.lines().count(), 1);
}
