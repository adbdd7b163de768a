//! What an operator does, from key to change; each test is one story and names the rule it shows.

use bailiwick_policy::access::{Class, Levels};
use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{GroupId, ResourceId};
use bailiwick_rpc::api::decode_command;
use crossterm::event::Event;

use super::driver::{Driver, event_of};
use super::world::{ORG, WALL_MS, World};
use crate::console::api::{Health, Written};
use crate::console::effect::{Answer, Effect, Msg, Read, Slot};
use crate::console::keys::View;
use crate::console::model::Overlay;
use crate::console::stage::Phase;
use crate::console::update::update;

fn group(id: &str) -> GroupId {
    id.parse().expect("an id")
}

fn resource(id: &str) -> ResourceId {
    id.parse().expect("a resource")
}

fn levels(driver: &Driver, id: &str, of: &str, class: Class) -> Levels {
    let org = driver.world.state.orgs.get(ORG).expect("the org");
    org.groups.get(id).expect("the group").levels(&resource(of), class)
}

#[test]
fn a_group_is_found_by_name_its_matrix_edited_previewed_and_committed() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("self").press("enter");
    assert_eq!(driver.model.groups.list.rows.len(), 1);
    driver.press("enter");
    assert_eq!((driver.model.view, driver.model.matrix.group.clone()), (View::Matrix, Some(group("self-checkout"))));
    driver.press("/").type_text("points").press("enter b");
    assert!(driver.screen().contains("±Read+Write"), "{}", driver.screen());
    driver.press("p");
    assert!(driver.screen().contains("gain Read+Write on Points (Data)"), "{}", driver.screen());
    // Nobody loses anything: Enter on Apply, with Cancel focused first.
    driver.press("enter enter");
    assert!(driver.world.arrived.is_empty(), "Cancel had the focus");
    driver.press("enter tab enter");
    assert_eq!(driver.world.arrived.len(), 1);
    assert_eq!(levels(&driver, "self-checkout", "Points", Class::Data), Levels::all());
    assert!(driver.model.stage.edits.is_empty());
    let toast = driver.model.toast.clone().expect("it is told");
    assert!(toast.text.starts_with(&format!("revision {}", driver.world.state.revision)), "{}", toast.text);
}

#[test]
fn ag_16_ten_marked_stores_of_one_zone_are_one_change() {
    let mut driver = Driver::settled();
    driver.press("3 f").type_text("north").press("enter");
    assert_eq!(driver.model.allocate.filter.input.value(), "zone:north");
    assert!(driver.model.allocate.stores.rows.iter().all(|row| row.key().starts_with("north-")));
    for _ in 0..10 {
        driver.press("space");
    }
    driver.press("a").type_text("click").press("enter");
    assert_eq!(driver.model.stage.edits.len(), 1);
    driver.press("p enter Y");
    let sent = driver.world.arrived.first().expect("it was sent");
    match decode_command(&sent.command).expect("it decodes") {
        Command::Allocate { stores, group: Some(to), .. } => assert_eq!((stores.len(), &*to.0), (10, "click-and-collect")),
        other => panic!("{other:?}"),
    }
    let org = driver.world.state.orgs.get(ORG).expect("the org");
    assert_eq!(org.stores_explicit(&group("click-and-collect")), 10);
}

#[test]
fn what_is_sent_is_what_was_previewed() {
    let mut driver = Driver::settled();
    driver.press("2 end enter down b p");
    let staged = driver.model.stage.edits.first().expect("staged").clone();
    let Phase::Previewed(previewed) = staged.phase else { panic!("{:?}", staged.phase) };
    driver.press("enter tab enter");
    let sent = driver.world.arrived.first().expect("sent");
    assert_eq!((&sent.command, &sent.reads), (&previewed.command, &previewed.reply.reads));
    assert_eq!(sent.expect.as_ref(), Some(&previewed.reply.digest));
}

#[test]
fn an_edit_after_the_preview_is_previewed_again_before_it_can_be_sent() {
    let mut driver = Driver::settled();
    driver.press("2 end enter down b p");
    driver.press("- down w");
    assert!(matches!(driver.model.stage.edits.first().map(|s| &s.phase), Some(Phase::Staged)));
    driver.press("p enter");
    assert!(matches!(driver.model.overlay, Some(Overlay::Confirm { .. })));
}

#[test]
fn a_loss_wants_a_capital_y() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("self").press("enter enter /").type_text("coupon").press("enter n p enter");
    driver.press("y enter");
    assert!(driver.world.arrived.is_empty(), "a small y is not enough, and Enter is on Cancel");
    driver.press("enter Y");
    assert_eq!(driver.world.arrived.len(), 1);
}

#[test]
fn ag_21_a_new_default_wants_its_name_typed() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("self").press("enter d p enter");
    driver.type_text("Self-check").press("enter");
    assert!(driver.world.arrived.is_empty(), "half a name is none");
    driver.press("enter").type_text("Self-checkout").press("enter");
    assert_eq!(driver.world.arrived.len(), 1);
    let org = driver.world.state.orgs.get(ORG).expect("the org");
    assert_eq!(org.org.default_group, Some(group("self-checkout")));
}

#[test]
fn ag_11_a_built_in_shows_why_it_cannot_be_edited() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("pos").press("enter enter w");
    assert!(driver.model.stage.edits.is_empty());
    assert!(driver.screen().contains("built-in: can't be edited"), "{}", driver.screen());
}

#[test]
fn nothing_is_sent_from_a_read_only_console() {
    let mut driver = Driver::settled();
    driver.press("2 end enter down b p enter tab");
    // Even a confirmation that was open already stops at the boundary.
    driver.model.read_only = true;
    driver.press("enter");
    assert!(driver.world.arrived.is_empty());
    assert_eq!(driver.model.stage.edits.len(), 1, "it stays staged");
    assert!(driver.screen().contains("READ-ONLY"));
}

#[test]
fn a_conflict_keeps_the_edit() {
    let mut driver = Driver::settled();
    driver.press("2 end enter down b p enter tab");
    let other = Command::EditGroup {
        widen: Vec::new(),
        org: ORG.parse().expect("a code"),
        group: "Self-checkout".into(),
        name: None,
        description: Some("changed by somebody else".into()),
        cells: Vec::new(),
    };
    driver.world.must(other);
    driver.press("enter");
    assert_eq!(driver.world.arrived.len(), 1);
    let staged = driver.model.stage.edits.first().expect("it stays staged");
    assert!(matches!(staged.phase, Phase::Conflict(_)), "{:?}", staged.phase);
    driver.press("R");
    assert!(matches!(driver.model.stage.edits.first().map(|s| &s.phase), Some(Phase::Previewed(_))));
}

#[test]
fn an_unknown_outcome_is_asked_for_until_it_is_known() {
    let mut driver = Driver::settled();
    driver.press("2 end enter down b p enter tab");
    driver.write_fate = Some(Written::Unknown { message: "the connection broke".into() });
    driver.press("enter");
    let staged = driver.model.stage.edits.first().expect("it isn't forgotten").clone();
    let Phase::Unknown { id, not_applied, sent, .. } = staged.phase else { panic!("{:?}", staged.phase) };
    assert!(not_applied, "a node has said that it isn't applied so far");
    assert!(driver.screen().contains("outcome unknown, asking"), "{}", driver.screen());
    driver.press("d");
    assert_eq!(driver.model.stage.edits.len(), 1, "what was sent can't be discarded");
    // It did arrive after all.
    let request = bailiwick_rpc::api::SubmitRequest {
        request_id: id,
        command: sent.command.clone(),
        reads: Vec::new(),
        expect: None,
        reason: None,
        job: None,
    };
    let _written = driver.world.submit(request);
    driver.write_fate = None;
    driver.waiting.push_back(Effect::AskOutcome { staged: staged.id, id, delay_ms: 0 });
    driver.settle();
    assert!(driver.model.stage.edits.is_empty(), "now it is known");
}

#[test]
fn an_unknown_outcome_can_be_sent_again_under_its_own_id() {
    let mut driver = Driver::settled();
    driver.press("2 end enter down b p enter tab");
    driver.write_fate = Some(Written::Unknown { message: "the connection broke".into() });
    driver.press("enter");
    let Some(Phase::Unknown { id, .. }) = driver.model.stage.edits.first().map(|s| s.phase.clone()) else { panic!("unknown") };
    driver.write_fate = None;
    driver.press("r");
    assert_eq!(driver.world.arrived.iter().map(|r| r.request_id).collect::<Vec<_>>(), [id]);
    assert!(driver.model.stage.edits.is_empty());
}

#[test]
fn stale_answers_are_dropped() {
    let mut driver = Driver::settled();
    driver.press("2 /");
    let mut asked = Vec::new();
    for key in ["s", "e"] {
        let effects = update(&mut driver.model, Msg::Input(event_of(key)));
        asked.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Read { ticket, read, delay_ms } if ticket.slot == Slot::Groups => Some((ticket, read, delay_ms)),
            _ => None,
        }));
    }
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|(.., delay)| *delay == 120), "filters wait for the next key");
    // The second comes back first; the first, late, changes nothing.
    for (ticket, read, _) in asked.iter().rev() {
        let result = driver.world.answer(read).expect("an answer");
        driver.send(Msg::Reply { ticket: *ticket, result });
    }
    let Read::List(last, _) = &asked.last().expect("two").1 else { panic!("a list") };
    assert_eq!(driver.model.groups.list.query.text, last.text);
    assert_eq!(driver.model.groups.list.rows.len(), 1, "those with `se` in them: Self-checkout");
}

#[test]
fn keys_typed_ahead_of_a_list_wait_for_it() {
    let mut driver = Driver::settled();
    driver.press("3");
    // The filter's answer is still on its way when the first mark is typed: it must not hit a row of the old list.
    for key in ["/", "z", "o", "n", "e", ":", "w", "e", "s", "t", "enter", "space", "space", "a"] {
        driver.send(Msg::Input(event_of(key)));
    }
    assert!(driver.model.allocate.marks.is_empty() && driver.model.held.len() == 3);
    driver.settle();
    assert!(driver.model.held.is_empty());
    assert_eq!(driver.model.allocate.marks.keys().filter(|code| code.as_str().starts_with("west-")).count(), 2);
    assert!(matches!(driver.model.overlay, Some(Overlay::Picker { .. })));
}

#[test]
fn enter_typed_ahead_in_a_picker_chooses_what_was_typed() {
    let mut driver = Driver::settled();
    driver.press("3 a");
    for key in ["i", "n", "s", "t", "o", "enter", "p"] {
        driver.send(Msg::Input(event_of(key)));
    }
    assert!(driver.model.stage.edits.is_empty(), "the list still has every group, Admin on top");
    driver.settle();
    assert_eq!(driver.model.view, View::Pending, "what was typed behind it came behind it");
    assert!(driver.screen().contains("allocate Instore to 1 store"), "{}", driver.screen());
    // Esc gives up waiting, and nothing is chosen later.
    driver.press("3 a");
    for key in ["p", "o", "s", "enter", "esc"] {
        driver.send(Msg::Input(event_of(key)));
    }
    driver.settle();
    assert!(driver.model.overlay.is_none() && driver.model.stage.edits.len() == 1);
}

#[test]
fn marks_hidden_by_a_filter_are_counted() {
    let mut driver = Driver::settled();
    driver.press("3 /").type_text("zone:east").press("enter space space");
    driver.press("esc /").type_text("zone:west").press("enter space");
    assert_eq!((driver.model.allocate.marks.len(), driver.model.marks_hidden()), (3, 2));
    assert!(driver.screen().contains("2 of them hidden by the filter"), "{}", driver.screen());
    driver.press("*");
    assert_eq!(driver.model.allocate.marks.len(), 2 + 53);
}

#[test]
fn a_range_marks_both_ends_and_what_lies_between() {
    let mut driver = Driver::settled();
    driver.press("3 down v down down down v");
    assert_eq!(driver.model.allocate.marks.len(), 4);
    driver.press("u");
    assert!(driver.model.allocate.marks.is_empty());
}

#[test]
fn rows_columns_and_ranges_of_the_matrix_are_filled() {
    let mut driver = Driver::settled();
    driver.press("2 end enter C w");
    let staged = |driver: &Driver| driver.model.stage.edits.first().map_or(0, |s| s.edit.lines("to").len());
    let whole = driver.model.matrix.resources.rows.len();
    assert_eq!(staged(&driver), whole - 1, "one holds just that already: it is no change");
    driver.press("C u u");
    driver.press("C u esc home v down down right r");
    assert!(staged(&driver) >= 5, "{:?}", driver.model.stage.edits);
}

#[test]
fn setting_a_cell_back_unstages_it() {
    let mut driver = Driver::settled();
    driver.press("2 end enter down w");
    assert_eq!(driver.model.stage.edits.len(), 1);
    driver.press("u");
    assert!(driver.model.stage.edits.is_empty());
}

#[test]
fn failover_is_seen_and_nothing_typed_is_lost() {
    let mut driver = Driver::settled();
    driver.press("2 end enter down b").press("2 n").type_text("Night shift");
    driver.cut();
    driver.settle();
    assert!(driver.screen().contains("not connected"), "{}", driver.screen());
    driver.type_text(" tills");
    driver.world.down = None;
    driver.send(Msg::Health(Health { node: Some(3), connected: true, leader: Some(3), ..Health::default() }));
    driver.settle();
    assert!(driver.screen().contains("Night shift tills"), "{}", driver.screen());
    assert_eq!(driver.model.stage.edits.len(), 1);
    driver.press("enter enter");
    assert_eq!(driver.model.stage.edits.len(), 2);
}

#[test]
fn esc_stops_waiting_after_a_second() {
    let mut driver = Driver::settled();
    driver.send(Msg::Input(event_of("2")));
    driver.drop_reads(Slot::Groups);
    driver.settle();
    driver.now_ms += 1_500;
    driver.send(Msg::Clock { mono_ms: driver.now_ms, wall_ms: WALL_MS });
    assert!(driver.screen().contains("esc stops"), "{}", driver.screen());
    let effects = update(&mut driver.model, Msg::Input(event_of("esc")));
    assert!(effects.contains(&Effect::Cancel(Slot::Groups)));
}

#[test]
fn somebody_elses_change_is_seen_and_freeze_holds_it_off() {
    let mut driver = Driver::settled();
    driver.press("2").seconds(2);
    let rename = |name: &str| Command::EditGroup {
        widen: Vec::new(),
        org: ORG.parse().expect("a code"),
        group: "pop-up".into(),
        name: Some(name.parse().expect("a name")),
        description: None,
        cells: Vec::new(),
    };
    driver.world.must(rename("Weekend stalls"));
    driver.wake();
    driver.settle();
    assert!(driver.screen().contains("Weekend stalls"), "{}", driver.screen());
    driver.press("F").seconds(1);
    driver.world.must(rename("Market stalls"));
    driver.wake();
    driver.seconds(3);
    assert!(!driver.screen().contains("Market stalls") && driver.screen().contains("FROZEN"));
    driver.press("F");
    assert!(driver.screen().contains("Market stalls"));
}

#[test]
fn a_resource_is_found_by_its_endpoint_and_shows_it() {
    let mut driver = Driver::settled();
    driver.press("2 end enter /").type_text("redeem").press("enter");
    let found: Vec<String> = driver.model.matrix.resources.rows.iter().map(|row| row.key()).collect();
    assert_eq!(found, ["Coupon", "Points"]);
    driver.press("enter");
    assert_eq!((driver.model.view, driver.model.endpoints.list.rows.len()), (View::Endpoints, 1));
}

#[test]
fn ag_10_a_resource_that_the_catalogue_lacks_is_shown_inert() {
    let mut driver = Driver::settled();
    driver.press("2 /").type_text("pos").press("enter enter");
    assert!(driver.screen().contains("inert, not in the catalogue"), "{}", driver.screen());
}

#[test]
fn suspending_a_store_is_staged_and_taken_back_by_the_same_key() {
    let mut driver = Driver::settled();
    driver.press("3 A");
    assert_eq!(driver.model.stage.edits.len(), 1);
    driver.press("A");
    assert!(driver.model.stage.edits.is_empty());
    driver.press("A p enter Y");
    assert_eq!(driver.world.arrived.len(), 1);
}

#[test]
fn quitting_asks_while_anything_is_staged() {
    let mut driver = Driver::settled();
    driver.press("3 A q");
    assert!(!driver.quit);
    driver.press("enter");
    assert!(!driver.quit, "Stay has the focus");
    driver.press("q tab enter");
    assert!(driver.quit);
}

#[test]
fn a_long_list_is_a_window() {
    let mut world = World::retailer();
    let rows = (0..1_900).map(|n| {
        let mut row = bailiwick_policy::command::StoreRow::new(format!("bulk-{n:05}").parse().expect("a code"));
        row.name = Some(format!("Bulk {n}").parse().expect("a name"));
        row
    });
    let mode = bailiwick_policy::command::PutMode::Create;
    world.must(Command::PutStores { org: ORG.parse().expect("a code"), mode, rows: rows.collect() });
    let mut driver = Driver::new(world, false);
    driver.settle();
    driver.press("3");
    for _ in 0..60 {
        driver.press("pgdn");
        let list = &driver.model.allocate.stores;
        assert!(list.rows.len() <= 600 && list.cursor < list.rows.len());
    }
    let list = &driver.model.allocate.stores;
    assert_eq!((list.position(), list.total), (Some(60 * 32 + 1), Some(2_112)));
    let here = list.current().map(|row| row.key());
    driver.press("end");
    assert_eq!(driver.model.allocate.stores.position(), Some(2_112));
    driver.press("home");
    assert_eq!(driver.model.allocate.stores.position(), Some(1));
    for _ in 0..60 {
        driver.press("pgdn");
    }
    assert_eq!(driver.model.allocate.stores.current().map(|row| row.key()), here);
}

#[test]
fn pasted_control_characters_are_blanks_and_a_paste_goes_nowhere_without_a_line() {
    let mut driver = Driver::settled();
    driver.send(Msg::Input(Event::Paste("q".into())));
    assert!(!driver.quit);
    driver.press("2 /");
    driver.send(Msg::Input(Event::Paste("self\u{1b}[31m\n".into())));
    assert_eq!(driver.model.groups.filter.input.value(), "self [31m");
}

#[test]
fn what_is_committed_is_read_back_at_its_receipt() {
    let mut driver = Driver::settled();
    driver.press("2 end enter down b p enter tab enter");
    let receipt = driver.model.receipt.clone().expect("a receipt");
    let effects = update(&mut driver.model, Msg::Input(event_of("3")));
    let mut lists = effects.iter().filter_map(|effect| match effect {
        Effect::Read { read: Read::List(_, at), .. } => Some(at),
        _ => None,
    });
    assert!(lists.all(|at| *at == bailiwick_rpc::api::At::AtLeast(receipt.clone())));
}

#[test]
fn an_answer_of_another_kind_than_asked_for_is_harmless() {
    let mut driver = Driver::settled();
    let effects = update(&mut driver.model, Msg::Input(event_of("2")));
    for effect in effects {
        if let Effect::Read { ticket, .. } = effect {
            driver.send(Msg::Reply { ticket, result: Ok(Answer::ListAll(Vec::new(), false)) });
        }
    }
    driver.settle();
    assert_eq!(driver.model.view, View::Groups);
}
