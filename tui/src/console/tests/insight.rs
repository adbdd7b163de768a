//! Undo, the audit, denies and their remedies, the tree, narrowing, observing, conflicts: each test is one story.

use bailiwick_policy::access::{Class, Levels, Narrow};
use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{OrgCode, Revision};
use bailiwick_rpc::api::decode_command;

use super::driver::Driver;
use super::world::{ORG, World};
use crate::console::api::Fault;
use crate::console::keys::View;
use crate::console::model::Overlay;
use crate::console::stage::{Phase, Risk, Theirs};

fn org() -> OrgCode {
    ORG.parse().expect("a code")
}

fn rename(group: &str, text: &str) -> Command {
    Command::EditGroup {
        widen: Vec::new(),
        org: org(),
        group: group.into(),
        name: None,
        description: Some(text.into()),
        cells: Vec::new(),
    }
}

/// Confirms what is under the cursor of Pending, as it asks for.
fn apply(driver: &mut Driver) {
    driver.press("enter");
    let Some(Overlay::Confirm { risk, .. }) = driver.model.overlay.clone() else { panic!("a confirmation:\n{}", driver.screen()) };
    match risk {
        Risk::Plain => driver.press("tab enter"),
        Risk::Loss => driver.press("Y"),
        Risk::Typed(text) => driver.type_text(&text).press("enter"),
    };
}

fn cell(driver: &Driver, group: &str, resource: &str) -> Option<bailiwick_policy::access::Grant> {
    let org = driver.world.state.orgs.get(ORG).expect("the org");
    org.groups.get(group).expect("the group").cell(&resource.parse().expect("a resource"), Class::Data).cloned()
}

#[test]
fn what_was_committed_here_is_undone_by_z_and_z_again_takes_that_back() {
    let mut driver = Driver::settled();
    driver.press("2 end enter / ").type_text("points").press("enter b p enter tab enter");
    assert_eq!(cell(&driver, "self-checkout", "Points").map(|cell| cell.levels), Some(Levels::all()));
    driver.press("1 z");
    assert_eq!(driver.model.view, View::Pending);
    let screen = driver.screen();
    assert!(screen.contains("undo r") && screen.contains("lose Read+Write on Points (Data)"), "{screen}");
    // It takes access away: the confirmation asks for a capital Y.
    apply(&mut driver);
    assert_eq!(cell(&driver, "self-checkout", "Points"), None);
    driver.press("z");
    apply(&mut driver);
    assert_eq!(cell(&driver, "self-checkout", "Points").map(|cell| cell.levels), Some(Levels::all()));
}

#[test]
fn the_audit_shows_before_and_after_and_undoes_what_others_did() {
    let mut driver = Driver::settled();
    driver.press("9");
    driver.world.must(rename("pop-up", "for the summer fair"));
    driver.wake();
    driver.seconds(2);
    let screen = driver.screen();
    assert!(screen.contains("description: none → for the summer fair"), "it is followed:\n{screen}");
    driver.press("z p");
    apply(&mut driver);
    let org = driver.world.state.orgs.get(ORG).expect("the org");
    assert!(org.groups.get("pop-up").expect("the group").description.is_empty());
    assert!(matches!(driver.world.arrived.last().map(|r| decode_command(&r.command)), Some(Ok(Command::Revert { .. }))));
}

#[test]
fn the_undo_of_a_default_wants_the_org_typed() {
    let mut driver = Driver::settled();
    driver.world.must(Command::SetDefault { org: org(), group: Some("Admin".into()), observe: false });
    driver.press("9 z enter");
    let Some(Overlay::Confirm { risk, .. }) = &driver.model.overlay else { panic!("a confirmation") };
    assert_eq!(*risk, Risk::Typed(ORG.to_owned()));
}

#[test]
fn the_audit_is_filtered_by_actor_object_time_and_text() {
    let mut driver = Driver::settled();
    driver.world.must(rename("pop-up", "for the summer fair"));
    let all = {
        driver.press("9");
        driver.model.audit.shown.len()
    };
    driver.press("/").type_text("object:access-group:pop-up").press("enter");
    let found: Vec<&str> = driver.model.audit.entries.iter().map(|entry| entry.command.as_str()).collect();
    assert_eq!(found, ["access-group edit", "access-group create"]);
    driver.press("esc /").type_text("allocate").press("enter");
    assert!(driver.model.audit.shown.len() < all && !driver.model.audit.shown.is_empty());
    driver.press("esc /").type_text("actor:nobody").press("enter");
    assert!(driver.screen().contains("no entry matches the filter"), "{}", driver.screen());
    driver.press("esc /").type_text("since:1h").press("enter");
    assert!(!driver.model.audit.shown.is_empty());
    driver.press("esc /").type_text("colour:red").press("enter");
    assert!(driver.screen().contains("actor:CREDENTIAL"), "{}", driver.screen());
}

#[test]
fn a_compacted_entry_is_said_to_be_so() {
    let mut driver = Driver::settled();
    let floor = driver.world.state.revision;
    driver.press("9");
    driver.world.floor = Revision(floor.0 + 1);
    driver.press("z");
    assert!(driver.screen().contains("was compacted"), "{}", driver.screen());
    driver.world.floor = Revision(floor.0 - 1);
    driver.press("/").type_text("since:9h").press("enter");
    assert!(driver.screen().contains(&format!("compacted: entries before r{} are no longer kept", floor.0 - 1)), "{}", driver.screen());
}

#[test]
fn a_deny_is_explained_and_its_remedy_staged_previewed_and_committed() {
    let mut driver = Driver::settled();
    driver.world.call("north-4/t1", "POST", "/v2/points/7/redeem", 41);
    driver.world.call("west-7/t2", "GET", "/v2/nothing", 2);
    driver.press("7");
    assert!(driver.screen().contains("/v2/points/7/redeem") && driver.screen().contains("41"), "{}", driver.screen());
    driver.press("/").type_text("points").press("enter");
    assert_eq!(driver.model.denies.shown.len(), 1);
    driver.press("x");
    assert_eq!((driver.model.view, driver.model.explain.subject.as_str()), (View::Explain, "till:north-4/t1"));
    let screen = driver.screen();
    assert!(screen.contains("what would allow it"), "{screen}");
    driver.press("a");
    assert_eq!(driver.model.view, View::Pending);
    assert!(matches!(driver.model.stage.edits.first().map(|s| &s.phase), Some(Phase::Previewed(_))), "{}", driver.screen());
    apply(&mut driver);
    driver.press("6 e enter enter enter");
    let reply = driver.model.explain.reply.as_ref().expect("an answer");
    assert_eq!(reply.reply.decision, "permit");
}

#[test]
fn silent_nodes_are_named_in_the_denies() {
    let mut driver = Driver::settled();
    driver.world.call("north-4/t1", "POST", "/v2/points/7/redeem", 41);
    driver.world.dead = vec![3];
    driver.press("7");
    assert!(driver.screen().contains("no answer from n3"), "{}", driver.screen());
}

#[test]
fn ag_33_a_store_observes_and_what_would_be_denied_is_marked() {
    let mut driver = Driver::settled();
    driver.press("3 /").type_text("group:=self-checkout").press("enter space space o p");
    assert!(driver.screen().contains("observing"), "{}", driver.screen());
    apply(&mut driver);
    let sent = driver.world.arrived.first().expect("it was sent");
    assert!(matches!(decode_command(&sent.command), Ok(Command::Allocate { observe: true, stores, .. }) if stores.len() == 2));
    driver.press("3");
    assert!(driver.screen().contains("observing"), "{}", driver.screen());
    let store = driver.model.allocate.stores.rows.first().map(|row| row.key()).expect("a store");
    driver.world.call(&format!("{store}/t1"), "POST", "/v2/customers", 3);
    driver.press("7 enter");
    let screen = driver.screen();
    assert!(screen.contains("observing: permitted, and marked"), "{screen}");
    // Again, and it enforces.
    driver.press("3 home o p");
    apply(&mut driver);
    let sent = driver.world.arrived.last().expect("it was sent");
    assert!(matches!(decode_command(&sent.command), Ok(Command::Allocate { observe: false, .. })));
}

#[test]
fn ag_33_the_default_observes() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("pos").press("enter o p enter").type_text("POS").press("enter");
    let org = driver.world.state.orgs.get(ORG).expect("the org");
    assert!(org.org.default_observe && org.org.default_group.is_some());
    driver.press("2");
    assert!(driver.screen().contains("★ observe"), "{}", driver.screen());
}

#[test]
fn stores_that_inherit_say_where_observing_is_set() {
    let mut driver = Driver::settled();
    driver.press("3 /").type_text("group:inherited").press("enter o");
    assert!(driver.model.stage.edits.is_empty());
    assert!(driver.screen().contains("they inherit"), "{}", driver.screen());
}

#[test]
fn ag_6_a_cell_is_narrowed_to_marked_endpoints_keeps_it_and_is_widened_again() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("self").press("enter enter /").type_text("coupon").press("enter enter");
    assert_eq!(driver.model.view, View::Endpoints);
    // The resource has endpoints of both classes; Data's first is marked.
    let data = driver.model.endpoints.list.rows.iter().position(|row| matches!(row, bailiwick_policy::query::Item::Endpoint { endpoint } if endpoint.class == Class::Data));
    for _ in 0..data.expect("an endpoint of Data") {
        driver.press("down");
    }
    driver.press("space o");
    assert!(driver.screen().contains("Data: Read+Write, only"), "{}", driver.screen());
    driver.press("p");
    apply(&mut driver);
    let narrow = |driver: &Driver| cell(driver, "self-checkout", "Coupon").and_then(|cell| cell.narrow);
    assert!(matches!(narrow(&driver), Some(Narrow::Only(endpoints)) if endpoints.len() == 1));
    driver.press("4");
    assert!(driver.screen().contains("Coupon (Data): Read+Write, only 1 of 2 endpoints"), "{}", driver.screen());
    // Another level keeps the narrowing.
    driver.press("left r p");
    apply(&mut driver);
    assert_eq!(cell(&driver, "self-checkout", "Coupon").map(|cell| (cell.levels, cell.narrow.is_some())), Some((Levels::R, true)));
    driver.press("4 enter home");
    for _ in 0..data.expect("an endpoint of Data") {
        driver.press("down");
    }
    driver.press("w p");
    apply(&mut driver);
    assert_eq!(narrow(&driver), None, "{}", driver.screen());
}

#[test]
fn ag_6_a_cell_that_grants_nothing_cannot_be_narrowed() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("self").press("enter enter /").type_text("otp").press("enter enter space b");
    assert!(driver.model.stage.edits.is_empty());
    assert!(driver.screen().contains("grants nothing"), "{}", driver.screen());
}

#[test]
fn a_conflict_shows_mine_theirs_and_the_base_and_is_rebased() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("self").press("enter e tab").type_text(" Mine.").press("enter p enter tab");
    driver.world.must(rename("self-checkout", "Theirs."));
    driver.press("enter");
    let Some(Phase::Conflict(conflict)) = driver.model.stage.edits.first().map(|s| s.phase.clone()) else { panic!("a conflict") };
    assert!(matches!(conflict.theirs, Theirs::Known(_)));
    let screen = driver.screen();
    for part in ["base    Unattended", "Mine.", "theirs  Theirs.", "▲ both", "by first operator"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    driver.press("enter");
    assert_eq!(driver.world.arrived.len(), 1, "nothing is sent from a conflict");
    driver.press("s");
    assert_eq!((driver.model.stage.edits.len(), driver.model.view), (1, View::Groups));
    driver.press("p b");
    assert!(matches!(driver.model.stage.edits.first().map(|s| &s.phase), Some(Phase::Previewed(_))));
    apply(&mut driver);
    let org = driver.world.state.orgs.get(ORG).expect("the org");
    assert!(org.groups.get("self-checkout").expect("the group").description.ends_with("Mine."));
}

#[test]
fn mine_is_dropped_after_a_conflict() {
    let mut driver = Driver::settled();
    driver.press("2 end enter down b p enter tab");
    driver.world.must(rename("self-checkout", "Theirs."));
    driver.press("enter d");
    assert!(driver.model.stage.edits.is_empty());
}

#[test]
fn ag_27_a_group_that_stores_have_shows_them_and_leads_to_allocate() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("self").press("enter A p");
    let screen = driver.screen();
    assert!(screen.contains("group_allocated") && screen.contains("west-") | screen.contains("north-"), "{screen}");
    driver.press("enter");
    assert_eq!((driver.model.view, driver.model.allocate.filter.input.value()), (View::Allocate, "group:=self-checkout"));
    assert!(!driver.model.allocate.stores.rows.is_empty());
    // Emptied, it can be deactivated; and reactivated after that.
    driver.press("* c p down");
    apply(&mut driver);
    driver.press("R");
    apply(&mut driver);
    let active = |driver: &Driver| driver.world.state.orgs.get(ORG).and_then(|org| org.groups.get("self-checkout")).map(|group| group.active);
    assert_eq!(active(&driver), Some(false), "{}", driver.screen());
    driver.press("2 A p");
    apply(&mut driver);
    assert_eq!(active(&driver), Some(true), "{}", driver.screen());
}

#[test]
fn ag_12_a_built_in_cannot_be_deactivated_and_says_so() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("pos").press("enter A");
    assert!(driver.model.stage.edits.is_empty());
    assert!(driver.screen().contains("built-in: can't be deactivated"), "{}", driver.screen());
}

#[test]
fn ag_32_the_stores_of_a_group_are_written_to_a_file() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("self").press("enter X enter");
    let (path, rows) = driver.files.first().expect("a file");
    assert_eq!((path.as_str(), rows.len()), ("stores-of-self-checkout.csv", 11));
    assert!(rows.iter().all(|row| row.ends_with(",explicit") && row.split(',').count() == 5), "{rows:?}");
    assert!(driver.screen().contains("11 stores written to stores-of-self-checkout.csv"), "{}", driver.screen());
}

#[test]
fn the_tree_opens_zones_stores_and_tills_by_page() {
    let mut driver = Driver::settled();
    driver.press("5 down right");
    assert!(driver.model.tree.rows.len() > 53, "the stores of a zone have come");
    driver.press("down down right");
    let screen = driver.screen();
    assert!(screen.contains("t1") && screen.contains("3 tills"), "{screen}");
    driver.press("a");
    let code = driver.model.allocate.filter.input.value().to_owned();
    assert!(code.starts_with("east-"), "a store leads to itself: {code}");
    driver.press("5 left left left");
    driver.press("a");
    assert_eq!(driver.model.allocate.filter.input.value(), "zone:east");
    driver.press("5 m down down right");
    assert!(driver.screen().contains("By access group"), "{}", driver.screen());
}

#[test]
fn ag_37_the_stores_of_a_zone_and_below_are_suspended_as_one_batch() {
    let mut world = World::retailer();
    let child = bailiwick_policy::command::ZoneRow {
        code: "north-coast".parse().expect("a code"),
        name: Some("North coast".parse().expect("a name")),
        parent: bailiwick_policy::command::Field::To("north".parse().expect("a code")),
    };
    world.must(Command::PutZones { org: org(), mode: bailiwick_policy::command::PutMode::Create, rows: vec![child] });
    let mut row = bailiwick_policy::command::StoreRow::new("north-4".parse().expect("a code"));
    row.zone = bailiwick_policy::command::Field::To("north-coast".parse().expect("a code"));
    world.must(Command::PutStores { org: org(), mode: bailiwick_policy::command::PutMode::Edit, rows: vec![row] });
    let mut driver = Driver::new(world, false);
    driver.settle();
    driver.press("5 down down A");
    assert_eq!(driver.model.view, View::Pending, "{}", driver.screen());
    driver.press("enter").type_text("north").press("enter");
    let sent = driver.world.arrived.first().expect("it was sent");
    match decode_command(&sent.command) {
        Ok(Command::SetStoresActive { stores, active: false, .. }) => {
            assert_eq!(stores.len(), 53);
            assert!(stores.iter().any(|code| code.as_str() == "north-4"), "those below are among them");
        }
        other => panic!("{other:?}"),
    }
    // A filter by the zone covers what lies below, for marks too.
    driver.press("3 /").type_text("north-4 zone:north").press("enter space");
    assert_eq!(driver.model.marks_hidden(), 0);
}

#[test]
fn a_token_is_shown_once_copied_and_in_no_dump() {
    let mut driver = Driver::settled();
    driver.press("0 n").type_text("edge-1").press("enter").type_text("Edge gateway").press("enter ctrl-u").type_text("enforcement-point").press("enter");
    assert_eq!(driver.model.view, View::Pending, "{}", driver.screen());
    assert!(!driver.screen().contains("bw_"));
    apply(&mut driver);
    let screen = driver.screen();
    assert!(screen.contains("bw_"), "{screen}");
    driver.model.masked = true;
    assert!(!driver.screen().contains("bw_"), "a dump hasn't it");
    driver.model.masked = false;
    driver.press("enter");
    assert!(driver.model.overlay.is_some(), "a second enter doesn't lose it");
    driver.press("y esc");
    assert!(driver.copied.iter().any(|text| text.starts_with("bw_")));
    assert!(!driver.screen().contains("bw_") && driver.model.credentials.tokens.is_empty() && driver.model.credentials.fresh.is_empty());
    driver.press("0");
    assert!(driver.screen().contains("enforcement point"), "{}", driver.screen());
}

#[test]
fn a_credential_is_revoked_by_typing_its_id() {
    let mut driver = Driver::settled();
    driver.press("0 n").type_text("edge-1").press("enter enter ctrl-u").type_text("enforcement-point").press("enter");
    apply(&mut driver);
    driver.press("esc 0 /");
    driver.type_text("edge-1").press("enter d enter").type_text("edge-1").press("enter");
    assert!(driver.world.state.credentials.values().any(|credential| credential.id.as_str() == "edge-1" && credential.revoked), "{}", driver.screen());
    driver.press("0");
    assert!(driver.screen().contains("revoked"), "{}", driver.screen());
}

#[test]
fn members_change_only_after_what_they_do_is_shown_and_the_id_typed() {
    let mut driver = Driver::settled();
    driver.press("8 down down d");
    let screen = driver.screen();
    assert!(screen.contains("Remove node 3?") && screen.contains("3 voters → 2 voters"), "{screen}");
    driver.type_text("2").press("enter");
    assert!(driver.world.members.is_empty(), "another id is no yes");
    driver.press("d").type_text("3").press("enter");
    let sent: Vec<bool> = driver.world.members.iter().map(|request| request.dry_run).collect();
    assert_eq!(sent, [false], "{}", driver.screen());
    driver.press("n").type_text("4").press("enter").type_text("10.0.0.4:7100").press("enter").type_text("10.0.0.4:7000").press("enter");
    assert!(driver.screen().contains("Add node 4?"), "{}", driver.screen());
    driver.press("esc");
    driver.world.down = Some(Fault::new("quorum_at_risk", "too few voters were heard lately"));
    driver.press("t");
    assert!(driver.screen().contains("refused: quorum_at_risk"), "{}", driver.screen());
}

#[test]
fn no_member_is_changed_from_a_read_only_console() {
    let mut driver = Driver::settled();
    driver.press("8 down down d").type_text("3");
    driver.model.read_only = true;
    driver.press("enter");
    assert!(driver.world.members.is_empty() && !driver.model.cluster.changing);
}

#[test]
fn an_empty_cluster_says_what_to_do_first_and_an_org_is_created() {
    let mut driver = Driver::new(World::bare(), false);
    driver.model.org = None;
    driver.settle();
    driver.seconds(3);
    assert!(driver.screen().contains("This cluster holds no org"), "{}", driver.screen());
    driver.press("N").type_text("acme").press("enter").type_text("Acme").press("enter ctrl-u").type_text("ines").press("enter").type_text("Ines").press("enter");
    assert_eq!(driver.model.view, View::Pending, "{}", driver.screen());
    apply(&mut driver);
    driver.seconds(3);
    assert!(driver.world.state.orgs.get("acme").is_some(), "{}", driver.screen());
    assert_eq!(driver.model.org.as_ref().map(|org| org.as_str()), Some("acme"));
    driver.press("1");
    assert!(driver.screen().contains("no stores yet"), "{}", driver.screen());
}

#[test]
fn an_org_that_is_not_there_says_so_and_can_be_created() {
    let mut driver = Driver::new(World::bare(), false);
    driver.settle();
    driver.seconds(3);
    assert!(driver.screen().contains("There is no org `harbour`"), "{}", driver.screen());
    driver.press("N");
    assert!(driver.screen().contains("harbour"), "the code is filled in");
}
