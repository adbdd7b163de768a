//! What stands beside a document: break-glass, keys and credentials. None of it is in a file, and none of it is lost where a
//! file is applied.

use bailiwick_policy::command::{Actor, Command, PutMode, Verb};
use bailiwick_policy::document::Document;
use bailiwick_policy::ids::{StoreCode, Tick};
use bailiwick_policy::object::{CredentialKind, UserType};
use bailiwick_policy::outcome::{Outcome, RejectionCode};
use bailiwick_policy::view::Viewer;

use crate::app::*;
use crate::document::{acme, bare, content, difference};
use crate::people::{assign, give, invite, people, put_users, user_row};
use crate::world::*;

/// North-1 has Kiosk, observing, and south-1 inherits; at both, Admin for an hour.
fn burning() -> World {
    let mut world = World::acme();
    world.ok(create_group("Kiosk", &[("Customer", "R")]));
    world.ok(Command::Allocate { org: id("acme"), stores: vec![id("north-1")], tills: Vec::new(), group: Some("Kiosk".into()), observe: true });
    break_for_an_hour(&mut world);
    world
}

fn break_for_an_hour(world: &mut World) {
    world.now += 1_000;
    let mut envelope = envelope(request(world.now, 700), operator(), world.now, break_glass(&["north-1", "south-1"], "Admin", HOUR));
    envelope.reason = Some("the till burns".into());
    assert!(matches!(world.execute(&envelope).outcome, Outcome::Committed { changed: true, .. }));
}

/// When break-glass has ended by itself.
fn later(world: &World) -> World {
    let mut world = world.clone();
    world.now += 2 * HOUR;
    let to = Tick(world.now);
    world.try_as(Actor::System, Command::Tick { to });
    assert!(world.acme_state().overrides.is_empty());
    world
}

#[test]
fn a_document_has_what_lies_beneath_break_glass() {
    let world = burning();
    let document = Document::of(acme(&world.state));
    assert_eq!((document.stores["north-1"].group.as_ref(), document.stores["north-1"].observe), (Some(&id("kiosk")), true));
    assert_eq!(document.stores["south-1"].group, None);
    let ended = later(&world);
    assert_eq!(Document::of(acme(&ended.state)), document, "while it runs and when it has ended");
    let mut fresh = bare(&world.state);
    let command = difference(&fresh.state, &document, true);
    fresh.ok(command);
    assert_eq!(content(&fresh.state), content(&ended.state));
}

#[test]
fn a_document_of_before_break_glass_leaves_it_running_and_another_group_ends_it() {
    let world = burning();
    let said = |change: &dyn Fn(&mut Document)| {
        let mut world = world.clone();
        let mut document = Document::of(acme(&world.state));
        change(&mut document);
        for _again in 0..2 {
            let Command::Apply { org, changes } = difference(&world.state, &document, true) else { unreachable!("it is no other") };
            if !changes.is_empty() {
                world.ok(Command::Apply { org, changes });
            }
        }
        assert_eq!(Document::of(acme(&world.state)), document);
        world
    };
    let left = said(&|_| {});
    assert_eq!(left.state.revision, world.state.revision, "nothing to change");
    // Another field of a store at which it runs.
    let renamed = said(&|document| document.stores.get_mut("north-1").expect("a store").name = id("First"));
    assert_eq!((renamed.acme_state().overrides.len(), renamed.store("north-1").group.as_ref()), (2, Some(&id("Admin"))));
    assert_eq!((later(&renamed).store("north-1").group.clone(), later(&renamed).store("north-1").observe), (Some(id("kiosk")), true));
    // Another group, and the emergency's to keep.
    for group in ["Instore", "Admin"] {
        let given = said(&|document| {
            let north = document.stores.get_mut("north-1").expect("a store");
            (north.group, north.observe) = (Some(id(group)), false);
        });
        assert_eq!(given.acme_state().overrides.keys().map(StoreCode::as_str).collect::<Vec<_>>(), ["south-1"]);
        assert_eq!(later(&given).store("north-1").group, Some(id(group)));
    }
    // A store that goes.
    let gone = said(&|document| drop(document.stores.remove("south-1")));
    assert_eq!(gone.acme_state().overrides.keys().map(StoreCode::as_str).collect::<Vec<_>>(), ["north-1"]);
}

/// Whether a credential lets in.
fn lets_in(world: &World, name: &str) -> bool {
    Viewer::of_credential(&world.state, &id(name)).is_some()
}

#[test]
fn app_12_keys_of_applications_that_stay_let_in_after_a_file_and_those_of_others_go_and_are_told() {
    let mut world = World::acme();
    for (application, byte) in [("crm", 60), ("erp", 61)] {
        world.ok(register(application, None));
        world.ok(rotate(application, byte, None, None));
    }
    let mut document = Document::of(acme(&world.state));
    document.applications.remove("erp");
    document.applications.get_mut("crm").expect("an application").name = id("Renamed");
    // Without pruning, what the file lacks stays, and its key with it.
    let command = difference(&world.state, &document, false);
    assert!(world.ok(command).warnings.is_empty());
    assert!(lets_in(&world, "key-60") && lets_in(&world, "key-61"));
    let command = difference(&world.state, &document, true);
    let told = world.clone().ok(command.clone()).warnings;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("no undo brings back") && told[0].ends_with("revoked: `key-61`"), "{told:?}");
    let row = world.ok_row(command);
    assert!(lets_in(&world, "key-60") && !lets_in(&world, "key-61"));
    assert_eq!(world.no(register("erp", None)), RejectionCode::IdRetired);
    assert_eq!(world.no(undo(&row)), RejectionCode::NotUndoable, "a key is revoked for good");
    // Where an application comes by a file, it has no key yet, and that is told.
    let mut fresh = bare(&world.state);
    let command = difference(&fresh.state, &document, true);
    let told = fresh.ok(command).warnings;
    assert!(told.iter().any(|line| line.contains("rotate-key") && line.ends_with("`crm`")), "{told:?}");
}

#[test]
fn users_that_a_file_prunes_are_let_in_no_longer_and_whoever_applies_it_stays() {
    let mut world = people();
    let mut document = Document::of(acme(&world.state));
    document.users.remove("sid");
    let command = difference(&world.state, &document, true);
    assert!(lets_in(&world, "acme-sid"));
    let told = world.ok(command).warnings;
    assert!(told.iter().any(|line| line.contains("`acme-sid`")), "{told:?}");
    assert!(!lets_in(&world, "acme-sid") && lets_in(&world, "acme-ann"));
    // Another owner in the place of the first: by somebody else.
    let sam = document.users.get_mut("sam").expect("sam");
    (sam.user_type, sam.permission_sets) = (UserType::Owner, Vec::new());
    document.users.remove("ann");
    let command = difference(&world.state, &document, true);
    assert_eq!(world.rejection_as(by("acme-ann"), command.clone()).code, RejectionCode::SelfLockout);
    world.ok(command);
    assert!(!lets_in(&world, "acme-ann") && !world.acme_state().users.contains_key("ann"));
}

#[test]
fn um_1_the_creation_of_a_user_is_undone_once_nothing_lets_them_in_and_their_id_is_retired() {
    let mut world = people();
    let before = content(&world.state);
    let new = |world: &mut World, user: &str| world.ok_row(put_users(PutMode::Create, vec![user_row(user, &["org"])]));
    let row = new(&mut world, "new");
    // What they were given is taken back first.
    let given = world.ok_row(give("new", "Care", "zone:South"));
    assert_eq!(world.no(undo(&row)), RejectionCode::Conflict);
    world.ok(undo(&given));
    let undone = world.ok_row(undo(&row));
    assert_eq!(content(&world.state), before);
    assert_eq!(world.no(put_users(PutMode::Import, vec![user_row("new", &["org"])])), RejectionCode::IdRetired);
    let rejection = world.rejection(undo(&undone));
    assert_eq!(rejection.code, RejectionCode::NotUndoable);
    assert!(rejection.message.contains("doesn't come back"), "{rejection}");

    // A credential, and an invitation until it has ended.
    let row = new(&mut world, "next");
    let kind = CredentialKind::User { org: id("acme"), user: id("next") };
    world.ok(credential("acme-next", kind, 71));
    let rejection = world.rejection(undo(&row));
    assert_eq!((rejection.code, &*rejection.examples[0]), (RejectionCode::NotUndoable, "acme-next"));
    world.ok(revoke("acme-next"));
    world.ok(invite("next", "next-code", 72, HOUR));
    assert_eq!(world.no(undo(&row)), RejectionCode::NotUndoable);
    world.now += 2 * HOUR;
    let to = Tick(world.now);
    world.try_as(Actor::System, Command::Tick { to });
    world.ok(undo(&row));
    assert!(!world.acme_state().users.contains_key("next"));
}

#[test]
fn um_3_an_admin_undoes_the_creation_of_whom_they_manage() {
    let mut world = people();
    let row = world.ok_row(put_users(PutMode::Create, vec![user_row("new", &["zone:North"])]));
    assert_eq!(world.rejection_as(by("acme-sid"), undo(&row)).code, RejectionCode::Forbidden);
    world.ok_as(by("acme-adm"), undo(&row));
    assert!(!world.acme_state().users.contains_key("new"));
}

#[test]
fn ag_37_the_creation_of_a_place_that_somebody_is_assigned_at_is_not_undone() {
    let mut world = people();
    let store = world.ok_row(stores(&["north-9"]));
    let zone = world.ok_row(zones(&[("West", "")]));
    world.ok(assign("sid", Verb::Add, &[("Care", &["store:north-9", "zone:West"])]));
    for (row, code) in [(&store, RejectionCode::StoreInUse), (&zone, RejectionCode::ZoneInUse)] {
        let rejection = world.rejection(undo(row));
        assert_eq!((rejection.code, &*rejection.examples[0]), (code, "user:sid"));
    }
    // Nor does a file take such a place away, unless it takes away the assignment too.
    let mut document = Document::of(acme(&world.state));
    document.zones.remove("West");
    let command = difference(&world.state, &document, true);
    assert_eq!(world.no(command), RejectionCode::ZoneInUse);
}
