//! Scopes, people and applications from words to state and back to decisions, the same way a script goes.

use bailiwick_policy::object::Secret;
use bailiwick_rpc::token::Token;
use serde_json::Value;

use super::fake::Fake;
use super::{Exit, shelled as bailiwick};

/// Runs lines that must end well.
#[track_caller]
fn all(fake: &Fake, lines: &[&str]) {
    for line in lines {
        let seen = bailiwick(fake, &format!("--org acme {line}"));
        assert_eq!(seen.exit, Exit::Done, "{line}: {}{}", seen.stdout, seen.stderr);
    }
}

#[track_caller]
fn refused(fake: &Fake, line: &str, code: &str) {
    let seen = bailiwick(fake, &format!("--org acme {line} --json"));
    assert_eq!((seen.exit, seen.field("code").as_str()), (Exit::Failed, code), "{line}: {}{}", seen.stdout, seen.stderr);
}

/// A list's rows by one field.
#[track_caller]
fn listed(fake: &Fake, line: &str, field: &str) -> Vec<String> {
    let seen = bailiwick(fake, &format!("--org acme {line} --json"));
    let rows = seen.json().get("items").and_then(Value::as_array).cloned().expect("rows");
    rows.iter().map(|row| row.get(field).map(crate::cli::show::word).unwrap_or_default()).collect()
}

#[test]
fn ac_13_an_entity_a_control_and_a_group_open_something_to_a_user() {
    let fake = Fake::acme();
    all(
        &fake,
        &[
            "entity create warranty --name Warranties",
            "scope create orders.approve --description 'large orders'",
            "access-control create 'Warranty desk' --scope warranty.warranty_manage",
            "access-control edit 'Warranty desk' --add-scope orders.approve",
            "user-group create 'Service desk' --description returns",
            "user-group controls add 'Service desk' 'Warranty desk' --place zone:north",
            "user create bob --name 'Bob Hale' --email bob@acme.example --place org",
            "user-group members add 'Service desk' bob --until 7d",
            "entity show warranty",
            "scope show warranty.warranty_read",
            "access-control show warranty-desk",
            "user-group show 'Service desk'",
            "user show bob",
        ],
    );
    assert_eq!(listed(&fake, "entity list", "id"), ["warranty"]);
    assert_eq!(listed(&fake, "scope list warranty.", "id").len(), 4);
    assert_eq!(listed(&fake, "user-group list", "members_total"), ["1"]);
    let group = bailiwick(&fake, "--org acme user-group show 'Service desk'");
    assert!(group.stdout.contains(" at zone:north") && group.stdout.contains("bob · Bob Hale until "), "{}", group.stdout);

    // AC-22: what a place restricts is told with the places; elsewhere it isn't held.
    let read = bailiwick(&fake, "--org acme check --subject user:bob --entity warranty --do read --json");
    assert_eq!((read.exit, read.field("obligations"), read.field("places")), (Exit::Done, r#"["places"]"#.to_owned(), r#"["zone:north"]"#.to_owned()));
    let text = bailiwick(&fake, "--org acme explain --subject user:bob --scope warranty.warranty_read");
    assert!(text.stdout.contains("obligations: places") && text.stdout.contains("only at: zone:north"), "{}", text.stdout);
    let there = bailiwick(&fake, "--org acme check --subject user:bob --entity warranty --do manage --place store:north-7");
    let elsewhere = bailiwick(&fake, "--org acme check --subject user:bob --entity warranty --do manage --place store:east-1 --json");
    assert_eq!((there.exit, elsewhere.exit, elsewhere.field("reason").as_str()), (Exit::Done, Exit::Denied, "out_of_scope"));

    // AC-23, page after page.
    let scopes = bailiwick(&fake, "--org acme user scopes bob --json");
    let held = scopes.json().get("scopes").and_then(Value::as_array).map(Vec::len);
    assert!(held.is_some_and(|held| held > 4) && scopes.stdout.contains(r#""included_by":"warranty.warranty_manage""#), "{}", scopes.stdout);

    refused(&fake, "access-control remove 'Warranty desk'", "control_assigned");
    let forced = bailiwick(&fake, "--org acme preview access-control remove 'Warranty desk' --force");
    assert!(forced.exit == Exit::Done && forced.stdout.contains("- access-control:"), "{}{}", forced.stdout, forced.stderr);
    all(&fake, &["access-control remove 'Warranty desk' --force", "user-group members set 'Service desk'", "user-group remove 'Service desk'"]);
    assert_eq!(bailiwick(&fake, "--org acme access-control edit Nothing").exit, Exit::Usage);
    assert_eq!(bailiwick(&fake, "--org acme user-group members add 'Service desk'").exit, Exit::Usage);
}

#[test]
fn um_8_a_set_holds_where_it_is_assigned_and_um_22_goes_once_nobody_has_it() {
    let fake = Fake::acme();
    let module = "Member Care/Customer PII".to_owned();
    let written = format!("'{module}'");
    all(
        &fake,
        &[
            "user create bob --name Bob --place zone:north",
            &format!("permission-set create 'Our set' --grant '{module}=V'"),
            "permission-set create Another --clone-of 'Our set'",
            "permission-set edit Another --description cloned",
            "user sets add bob 'Our set' --place store:north-7 --until 2099-01-01",
            "permission-set show our-set",
        ],
    );
    let check = |place: &str| bailiwick(&fake, &format!("--org acme check --subject user:bob --module {written} --do view --place {place}")).exit;
    let told = bailiwick(&fake, &format!("--org acme explain --subject user:bob --module {written} --do view --place store:north-7"));
    assert_eq!((check("store:north-7"), check("store:east-1")), (Exit::Done, Exit::Denied), "{}", told.stdout);
    refused(&fake, &format!("user sets add bob '{module}:view' --place org"), "direct_permission_forbidden");
    refused(&fake, "user sets add bob 'Our set'", "place_required");
    refused(&fake, "permission-set remove 'Our set'", "set_assigned");
    assert!(listed(&fake, "permission-set list", "standard").contains(&"yes".to_owned()));
    assert!(listed(&fake, "permission-set modules", "id").contains(&module));
    let shown = bailiwick(&fake, "--org acme user show bob");
    assert!(shown.stdout.contains("our-set at store:north-7 until 2099-01-01T00:00:00Z"), "{}", shown.stdout);
    all(&fake, &["user sets remove bob 'Our set'", "permission-set remove 'Our set'", "user edit bob --first Robert --last Hale", "user edit bob --last Dale"]);
    let person = bailiwick(&fake, "--org acme user show bob --json");
    assert_eq!((person.field("first"), person.field("last")), ("Robert".to_owned(), "Dale".to_owned()));
    assert_eq!(bailiwick(&fake, "--org acme user edit bob").exit, Exit::Usage);
    all(&fake, &["suspend user bob", "resume user bob", "user remove bob"]);
    assert_eq!(bailiwick(&fake, "--org acme user show bob").exit, Exit::Failed);
}

#[test]
fn app_12_an_application_has_a_key_that_is_shown_once() {
    let fake = Fake::acme();
    all(&fake, &["role create exporter --right endpoint.ccadmin.executeExport", "role edit exporter --add-right endpoint.ccadmin.getExportProcess --name Exporter"]);
    let seen = bailiwick(&fake, "--org acme application register erp --name ERP --role exporter --key-lasts 90d --json");
    let key = seen.field("key");
    assert!(seen.exit == Exit::Done && key.starts_with("bw_"), "{}{}", seen.stdout, seen.stderr);
    let call = |method: &str, path: &str| bailiwick(&fake, &format!("--org acme check --subject application:erp --action {method} --resource {path} --json"));
    let export = call("POST", "/ccadmin/v1/exportProcess");
    assert_eq!((export.exit, export.field("reason").as_str()), (Exit::Done, "permit_endpoint_privilege"));
    assert_eq!(call("GET", "/ccadmin/v1/sites").exit, Exit::Denied);
    let rotated = bailiwick(&fake, "--org acme application rotate-key erp --overlap 2h");
    let fresh = rotated.stdout.lines().find(|line| line.starts_with("bw_")).expect("a key").to_owned();
    assert!(fresh != key && rotated.stderr.contains("kept nowhere"), "{}", rotated.stderr);
    for line in ["application list", "application show erp", "credential list", "audit list", "application list --json", "application show erp --json", "credential list --json", "audit list --json"] {
        let seen = bailiwick(&fake, &format!("--org acme {line}"));
        assert!(seen.exit == Exit::Done && !seen.stdout.contains(&key) && !seen.stdout.contains(&fresh), "{line}: {}", seen.stdout);
        assert!(!seen.stdout.contains("secret") && !seen.stdout.contains("token_hash"), "{line}: {}", seen.stdout);
    }
    all(&fake, &["application roles set erp", "application roles add erp exporter --until 30d", "application edit erp --source catalogue --external", "suspend application erp"]);
    assert_eq!(listed(&fake, "application list", "status"), ["inactive"]);
    refused(&fake, "endpoint-privilege create endpoint.ccadmin.getSites", "endpoint_privilege_readonly");
    assert!(listed(&fake, "role privileges endpoint.", "id").len() >= 8);
    all(&fake, &["resume application erp"]);
    // APP-17: with its key it sees what it holds, and by which role.
    let credential = Secret::TokenHash(Token::parse(&fresh).expect("a token").hash());
    let of_key = fake.state.borrow().by_secret.get(&credential).cloned().expect("a key");
    let preview = bailiwick(&fake, "--org acme preview application register crm");
    assert!(preview.exit == Exit::Done && !preview.stdout.contains("bw_"), "{}{}", preview.stdout, preview.stderr);
    let file = fake.jobs.path().join("key");
    let kept = bailiwick(&fake, &format!("--org acme application register crm --key-out {}", file.display()));
    assert!(kept.exit == Exit::Done && !kept.stdout.contains("bw_"), "{}{}", kept.stdout, kept.stderr);
    assert!(std::fs::read_to_string(file).is_ok_and(|text| text.starts_with("bw_")));
    let own = bailiwick(&fake.acting_as(of_key), "whoami");
    assert!(own.exit == Exit::Done && own.stdout.contains("exporter") && own.stdout.contains("endpoint.ccadmin.executeExport"), "{}{}", own.stdout, own.stderr);
}

#[test]
fn who_can_and_what_can_are_complete_over_pages() {
    let fake = Fake::acme();
    all(&fake, &["till create north-8/t1", "till create east-1/t1", "entity create warranty"]);
    let who = bailiwick(&fake, "--org acme who-can --action post --resource /v2/customers --json");
    let rows = who.json().get("rows").and_then(Value::as_array).cloned().expect("rows");
    let subjects: Vec<&str> = rows.iter().filter_map(|row| row.get("subject")?.as_str()).collect();
    // Stores are judged as their tills are.
    assert_eq!(subjects, ["user:ada", "store:east-1", "store:north-7", "store:north-8", "till:east-1/t1", "till:north-7/t1", "till:north-8/t1"]);
    assert_eq!(who.json().pointer("/totals/till"), Some(&3.into()));
    let first = bailiwick(&fake, "--org acme who-can --action post --resource /v2/customers --limit 3");
    assert!(first.stdout.lines().count() == 4 && first.stderr.contains("3 of 7"), "{}{}", first.stdout, first.stderr);
    let tills = bailiwick(&fake, "--org acme who-can --action post --resource /v2/customers --kind till");
    assert!(tills.stdout.lines().count() == 4 && !tills.stdout.contains("user:"), "{}", tills.stdout);
    let what = bailiwick(&fake, "--org acme what-can --subject till:north-7/t1");
    assert!(what.stdout.contains("/v2/customers") && !what.stdout.contains("obligations"), "{}", what.stdout);
    let nodes = bailiwick(&fake, "--org acme what-can --subject user:ada --navigation");
    assert!(nodes.stdout.contains("warranty") && nodes.stdout.contains("full"), "{}", nodes.stdout);
    assert_eq!(bailiwick(&fake, "--org acme who-can").exit, Exit::Usage);
    assert_eq!(bailiwick(&fake, "--org acme who-can --module X --do dance").exit, Exit::Usage);
    assert_eq!(bailiwick(&fake, "--org acme what-can --subject nobody:ada").exit, Exit::Usage);
}

#[test]
fn two_subjects_are_compared_thing_by_thing() {
    let fake = Fake::acme();
    all(
        &fake,
        &[
            "user create bob --name Bob --place org",
            "user create ann --name Ann --place org",
            "permission-set create Basics --grant Insights+/Reports=VC",
            "permission-set create Looking --grant Insights+/Reports=V",
            "user sets add bob Basics --place zone:north",
            "user sets add ann Looking --place zone:north --until 2030-01-01",
        ],
    );
    let seen = bailiwick(&fake, "--org acme compare user:bob user:ann");
    assert_eq!(seen.exit, Exit::Done, "{}", seen.stderr);
    let line = |name: &str| seen.stdout.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}: {}", seen.stdout)).to_owned();
    assert!(line("Insights+/Reports:create").ends_with('–') && line("Insights+/Reports:create").contains("zone:north"), "{}", seen.stdout);
    assert!(line("Insights+/Reports:view").ends_with("zone:north until 2030-01-01T00:00:00Z"), "{}", seen.stdout);
    assert!(seen.stderr.contains("2 differ"), "{}", seen.stderr);
    let json = bailiwick(&fake, "--org acme compare user:bob user:ann --json").json();
    assert_eq!(json.pointer("/differences/0/name").and_then(Value::as_str), Some("Insights+/Reports:create"), "{json}");
    assert_eq!(json.pointer("/differences/0/second"), Some(&Value::Null));
    assert_eq!(json.pointer("/differences/0/first/0/places/0").and_then(Value::as_str), Some("zone:north"), "{json}");

    let same = bailiwick(&fake, "--org acme compare user:bob user:bob");
    assert!(same.exit == Exit::Done && same.stdout.is_empty() && same.stderr.contains("no difference"), "{}{}", same.stdout, same.stderr);
    all(&fake, &["suspend user bob"]);
    let closed = bailiwick(&fake, "--org acme compare user:bob user:ada");
    assert!(closed.stdout.contains("user:bob may do nothing at all: subject_inactive"), "{}", closed.stdout);
    assert_eq!(bailiwick(&fake, "--org acme compare user:bob").exit, Exit::Usage);
    assert_eq!(bailiwick(&fake, "--org acme compare user:bob nobody:ada").exit, Exit::Usage);
}

#[test]
fn settings_break_glass_and_the_catalogue() {
    let fake = Fake::acme();
    let none = bailiwick(&fake, "--org acme org settings");
    assert!(none.exit == Exit::Done && none.stdout.contains("none: nobody is named"), "{}{}", none.stdout, none.stderr);
    all(&fake, &["org settings --contact Ada --least-privilege-registration on"]);
    assert!(bailiwick(&fake, "--org acme org settings").stdout.contains("Ada"));

    assert_eq!(bailiwick(&fake, "--org acme break-glass north-7 --group Admin --for 2h").exit, Exit::Usage);
    let broken = bailiwick(&fake, "--org acme preview break-glass north-7 --group Admin --for 2h --reason fire");
    assert!(broken.exit == Exit::Done && broken.stdout.contains("break-glass:north-7"), "{}{}", broken.stdout, broken.stderr);

    let shown = bailiwick(&fake, "catalogue show");
    let file = fake.jobs.path().join("catalogue.json");
    std::fs::write(&file, &shown.stdout).expect("written");
    let version = fake.state.borrow().platform.version;
    let applied = bailiwick(&fake, &format!("catalogue apply {}", file.display()));
    assert_eq!((applied.exit, fake.state.borrow().platform.version), (Exit::Done, version + 1), "{}{}", applied.stdout, applied.stderr);
    std::fs::write(&file, "{}").expect("written");
    let wrong = bailiwick(&fake, &format!("catalogue apply {}", file.display()));
    assert!(wrong.exit == Exit::Failed && wrong.stderr.contains("this is no catalogue"), "{}", wrong.stderr);
}

#[test]
fn an_endpoint_has_other_ways_in_than_its_resource() {
    let fake = Fake::acme();
    all(&fake, &["entity create warranty", "endpoint create GET /warranty/claims --scopes warranty.warranty_read,warranty.warranty_manage --all-scopes", "endpoint create GET /v2/health --open"]);
    let shown = bailiwick(&fake, "--org acme endpoint show GET /warranty/claims --json");
    assert_eq!((shown.field("all_scopes"), shown.field("scopes")), ("true".to_owned(), r#"["warranty.warranty_manage","warranty.warranty_read"]"#.to_owned()));
    all(&fake, &["endpoint edit GET /warranty/claims --all-scopes=off --scopes warranty.warranty_read"]);
    assert_eq!(bailiwick(&fake, "--org acme endpoint show GET /warranty/claims --json").field("all_scopes"), "false");
    let open = bailiwick(&fake, "--org acme check --subject till:north-7/t1 --action GET --resource /v2/health --json");
    assert_eq!((open.exit, open.field("reason").as_str()), (Exit::Done, "permit_open"));
}
