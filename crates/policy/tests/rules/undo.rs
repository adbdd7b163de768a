//! Undo: an entry's changes turned round, judged like a command.

use bailiwick_policy::command::{Actor, Command};
use bailiwick_policy::decision::Reason;
use bailiwick_policy::document::Document;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::{CredentialKind, Group, Object, Retired, Store};
use bailiwick_policy::outcome::{Change, Outcome, RejectionCode};
use bailiwick_policy::state::State;
use proptest::prelude::*;

use crate::sequences::{play, steps, world};
use crate::world::*;

/// What a state says without who and when, and without the ids that only stand there so as not to be given again.
fn said(state: &State) -> Vec<Object> {
    content(state).into_iter().filter(|object| !matches!(object, Object::Retired(_))).collect()
}

#[test]
fn an_allocation_is_undone_and_the_undoing_too() {
    let mut world = World::acme();
    let before = said(&world.state);
    let row = world.ok_row(allocate(&["north-1", "south-1"], Some("Admin")));
    let undone = world.ok_row(undo(&row));
    assert_eq!(said(&world.state), before);
    assert_eq!(&*undone.command, format!("undo {}", row.revision));
    world.ok(undo(&undone));
    assert_eq!(world.check("till:north-1/t1 GET /v2/webhooks"), Reason::PermitGroup);
}

#[test]
fn ag_22_a_change_of_the_default_is_undone_as_one_entry() {
    let mut world = World::acme();
    let row = world.ok_row(default(Some("Admin")));
    assert_eq!(world.check("till:north-1/t1 GET /v2/webhooks"), Reason::PermitDefaultGroup);
    assert_eq!(world.ok_row(undo(&row)).changes.len(), 1);
    assert_eq!(world.check("till:north-1/t1 GET /v2/webhooks"), Reason::ResourceNone);
}

#[test]
fn what_has_changed_since_is_a_conflict_that_names_it() {
    let mut world = World::acme();
    let row = world.ok_row(allocate(&["north-1", "south-1"], Some("Admin")));
    world.ok(allocate(&["south-1"], Some("Instore")));
    let rejection = world.rejection(undo(&row));
    assert_eq!((rejection.code, &*rejection.examples[0]), (RejectionCode::Conflict, "store:south-1"));
}

#[test]
fn ag_37_a_store_removed_by_force_comes_back_with_its_tills_and_its_id() {
    let mut world = World::acme();
    let before = content(&world.state);
    let row = world.ok_row(Command::Remove { target: store_id("north-1"), force: true });
    assert_eq!(world.check("store:north-1 GET /v2/stores"), Reason::StoreUnknown);
    assert_eq!(world.no(stores(&["north-1"])), RejectionCode::IdRetired);
    world.ok(undo(&row));
    assert_eq!(content(&world.state), before, "the retired ids are gone too");
    assert_eq!(world.check("till:north-1/t1 GET /v2/stores"), Reason::PermitDefaultGroup);
}

#[test]
fn what_is_not_lawful_any_more_is_not_undone() {
    let mut world = World::acme();
    world.ok(create_group("Kiosk", &[("Customer", "R")]));
    world.ok(allocate(&["north-1"], Some("Kiosk")));
    let row = world.ok_row(allocate(&["north-1"], None));
    world.ok(deactivate("Kiosk"));
    assert_eq!(world.no(undo(&row)), RejectionCode::GroupInactive, "the group it would give back is inactive");
    // A zone that is gone.
    world.ok(zones(&[("de", "")]));
    let to_zone = |zone: &str| put_stores_in(zone);
    world.ok(to_zone("de"));
    let moved = world.ok_row(to_zone(""));
    world.ok(remove(ObjectId::Zone(id("acme"), id("de"))));
    assert_eq!(world.no(undo(&moved)), RejectionCode::ZoneUnknown);
    // A group that was made and is in use.
    let made = world.ok_row(create_group("New", &[]));
    world.ok(allocate(&["north-2"], Some("New")));
    assert_eq!(world.no(undo(&made)), RejectionCode::GroupAllocated);
    world.ok(allocate(&["north-2"], None));
    world.ok(undo(&made));
    assert!(world.acme_state().group("New").is_none());
}

#[test]
fn ag_9_a_name_that_another_has_by_now_is_neither_given_back_nor_taken_by_a_file() {
    let mut world = World::acme();
    let rename = |group: &str, name: &str| Command::EditGroup {
        org: id("acme"),
        group: group.into(),
        name: Some(id(name)),
        description: None,
        cells: Vec::new(),
        widen: Vec::new(),
    };
    world.ok(create_group("First", &[]));
    world.ok(create_group("Second", &[]));
    world.ok(rename("first", "Other"));
    let given_up = world.ok_row(rename("first", "Third"));
    let taken = world.ok_row(rename("second", "OTHER"));
    let rejection = world.rejection(undo(&given_up));
    assert_eq!(rejection.code, RejectionCode::NameTaken);
    assert!(rejection.message.starts_with("`second` has the name"), "{rejection}");
    // By a file that leaves the other as it is; and not if the other gives it up in the same file.
    let mut document = Document::of(world.acme_state());
    document.access_groups.get_mut("first").expect("a group").name = id("other");
    let file = |world: &World, document: &Document| {
        let changes = document.changes(&world.state, world.acme_state(), false).expect("a good document");
        Command::Apply { org: id("acme"), changes }
    };
    // As it is typed there, that would be two of one name.
    let command = file(&world, &document);
    assert_eq!(world.no(command), RejectionCode::NameTaken);
    document.access_groups.get_mut("second").expect("a group").name = id("Third");
    let command = file(&world, &document);
    world.ok(command);
    let names: Vec<&str> = ["first", "second"].map(|id| world.group(id).name.as_str()).into();
    assert_eq!(names, ["other", "Third"]);
    assert_eq!(world.no(undo(&taken)), RejectionCode::Conflict);
    // Applications, whose ids are no names of theirs.
    for (application, name) in [("a1", "One"), ("a2", "Two")] {
        world.ok(crate::app::register(application, None));
        let mut document = Document::of(world.acme_state());
        document.applications.get_mut(application).expect("an application").name = id(name);
        let command = file(&world, &document);
        world.ok(command);
    }
    let mut document = Document::of(world.acme_state());
    document.applications.get_mut("a2").expect("an application").name = id("ONE");
    let command = file(&world, &document);
    assert_eq!(world.no(command), RejectionCode::NameTaken);
}

fn put_stores_in(zone: &str) -> Command {
    use bailiwick_policy::command::{Field, PutMode, StoreRow};
    let zone = if zone.is_empty() { Field::Clear } else { Field::To(id(zone)) };
    put_stores(PutMode::Edit, vec![StoreRow { zone, ..StoreRow::new(id("south-1")) }])
}

#[test]
fn credentials_orgs_and_the_clusters_own_are_not_undone() {
    let mut world = World::acme();
    let rows = [
        world.ok_row(credential("gate-9", CredentialKind::EnforcementPoint { org: id("acme") }, 99)),
        world.ok_row(revoke("gate-9")),
        world.ok_row(create_org("gamma")),
        world.ok_row(Command::RetireNode { node: 9 }),
    ];
    for row in rows {
        assert_eq!(world.no(undo(&row)), RejectionCode::NotUndoable, "{}", row.command);
    }
}

/// What a caller sends as an inverse may be anything: nothing unlawful comes in by it.
#[test]
fn a_forged_inverse_is_refused() {
    let mut world = World::acme();
    world.ok(remove(till_id("north-1", "t1")));
    let revert = |changes: Vec<Change>| Command::Revert { of: Revision(3), changes };
    let edit = |object: Object, change: &dyn Fn(&mut Object)| {
        let mut after = object.clone();
        change(&mut after);
        vec![Change { before: Some(object), after: Some(after) }]
    };
    let group = |name: &str, edited: &dyn Fn(&mut Group)| {
        edit(Object::Group(World::acme().group(name).clone()), &|o| {
            if let Object::Group(group) = o {
                edited(std::sync::Arc::make_mut(group));
            }
        })
    };
    let store = |edited: &dyn Fn(&mut Store)| {
        edit(Object::Store(World::acme().store("south-1").clone()), &|o| {
            if let Object::Store(store) = o {
                edited(std::sync::Arc::make_mut(store));
            }
        })
    };
    let retired = world.acme_state().retired.values().next().expect("the till's id").clone();
    let unretire = vec![Change { before: Some(Object::Retired(retired)), after: None }];
    let retire = Retired { org: id("acme"), what: "store:south-1".into(), meta: bailiwick_policy::object::Meta::default() };
    let cases = [
        (RejectionCode::BuiltinImmutable, group("POS", &|g| g.wildcard = true)),
        (RejectionCode::BuiltinImmutable, group("Admin", &|g| g.active = false)),
        (RejectionCode::GroupUnknown, store(&|s| s.group = Some(id("nope")))),
        (RejectionCode::ZoneUnknown, store(&|s| s.zone = Some(id("nope")))),
        (RejectionCode::IdRetired, unretire),
        (RejectionCode::NotUndoable, vec![Change { before: None, after: Some(Object::Retired(retire.into())) }]),
        (RejectionCode::NotUndoable, vec![Change { before: None, after: None }]),
        (RejectionCode::NothingNamed, Vec::new()),
    ];
    for (code, changes) in cases {
        let rejection = world.rejection(revert(changes));
        assert_eq!(rejection.code, code, "{rejection}");
    }
    // Another org's things are no owner's to turn round.
    let mut beta = World::acme();
    let row = beta.ok_row(Command::EditOrg { org: id("beta"), name: id("Beta renamed") });
    assert_eq!(beta.rejection_as(by("acme-ann"), undo(&row)).code, RejectionCode::OrgUnknown);
}

proptest! {
    /// Whatever was done, its undoing ends in what was there before, or is refused and changes nothing.
    #[test]
    fn the_last_entry_is_undone_to_what_was_there(steps in steps(24)) {
        let mut world = world();
        for step in &steps {
            let before = said(&world.state);
            let Some(row) = play(&mut world, step).row else { continue };
            let mut undone = world.clone();
            match undone.try_as(operator(), undo(&row)).outcome {
                Outcome::Committed { .. } => prop_assert_eq!(said(&undone.state), before, "{}", row.command),
                Outcome::Rejected(no) => {
                    prop_assert!(no.code == RejectionCode::NotUndoable, "{}: {}", row.command, no);
                    prop_assert!(said(&undone.state) == said(&world.state));
                }
            }
        }
    }

    /// A whole history, the last first: what can be undone ends in the first content.
    #[test]
    fn a_history_is_undone_in_reverse(steps in steps(20)) {
        let mut world = world();
        let begin = said(&world.state);
        let mut rows = Vec::new();
        for step in &steps {
            if let Some(row) = play(&mut world, step).row {
                rows.push(row);
            }
        }
        // Credentials, and users who go, are not undone.
        let stays = |change: &Change| match (&change.before, &change.after) {
            (_, Some(Object::Credential(_))) | (Some(Object::User(_)), None) => false,
            _other => true,
        };
        let all = rows.iter().all(|row| row.actor != Actor::System && row.changes.iter().all(stays));
        prop_assume!(all && !rows.iter().any(|row| &*row.command == "org create"));
        for row in rows.iter().rev() {
            let outcome = world.try_as(operator(), undo(row)).outcome;
            prop_assert!(matches!(outcome, Outcome::Committed { .. }), "{}: {outcome:?}", row.command);
        }
        prop_assert_eq!(said(&world.state), begin);
    }
}
