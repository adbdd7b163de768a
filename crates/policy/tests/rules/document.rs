//! Policy as documents: what is exported and applied elsewhere is the same policy, and applying is judged like any command.

use bailiwick_policy::command::{Command, EndpointRow, Field, PutMode};
use bailiwick_policy::decision::Reason;
use bailiwick_policy::document::Document;
use bailiwick_policy::object::*;
use bailiwick_policy::outcome::{Outcome, RejectionCode};
use bailiwick_policy::state::{OrgState, State};
use proptest::prelude::*;

use crate::people::people;
use crate::sequences::{play, steps, world};
use crate::world::{World, create_org, endpoint_row, id, operator, put_endpoints, store_id, suspend, undo};

pub fn acme(state: &State) -> &OrgState {
    state.orgs.get("acme").expect("acme")
}

/// An org's objects without times and authors, as the content hash has them.
pub fn content(state: &State) -> Vec<Object> {
    let of_acme = state.objects().filter(|object| object.id().org().is_some_and(|org| org.as_str() == "acme"));
    let kept = of_acme.filter(|object| !matches!(object, Object::Retired(_)));
    kept.map(|mut object| {
        *object.meta_mut() = Meta::default();
        object
    })
    .collect()
}

pub fn difference(state: &State, document: &Document, prune: bool) -> Command {
    Command::Apply { org: id("acme"), changes: document.changes(state, acme(state), prune).expect("a good document") }
}

/// A cluster with acme and its first owner, and nothing else in it.
pub fn bare(of: &State) -> World {
    let mut world = World::new();
    world.ok(create_org("acme"));
    // The catalogue may be another than a cluster begins with.
    world.state.put(&Object::Platform(of.platform.clone()));
    world
}

proptest! {
    /// Whatever commands made of an org, its document makes of a bare one.
    #[test]
    fn an_org_applied_elsewhere_is_the_same(steps in steps(30)) {
        let mut lived = world();
        for step in &steps {
            play(&mut lived, step);
        }
        let document = Document::of(acme(&lived.state));
        let mut fresh = bare(&lived.state);
        let command = difference(&fresh.state, &document, true);
        if let Command::Apply { changes, .. } = &command && !changes.is_empty() {
            let outcome = fresh.try_as(operator(), command).outcome;
            prop_assert!(matches!(outcome, Outcome::Committed { .. }), "{outcome:?}");
        }
        prop_assert_eq!(content(&fresh.state), content(&lived.state));
        prop_assert_eq!(Document::of(acme(&fresh.state)), document);
    }
}

#[test]
fn people_and_bundles_are_in_it_and_what_lets_in_is_not() {
    let lived = people();
    let document = Document::of(acme(&lived.state));
    assert!(document.users.len() > 3 && !document.permission_sets.is_empty() && !document.applications.is_empty());
    let mut fresh = bare(&lived.state);
    let command = difference(&fresh.state, &document, true);
    fresh.ok(command);
    assert_eq!(content(&fresh.state), content(&lived.state));
    let people = |state: &State| state.credentials.values().filter(|credential| credential.kind.org().is_some()).count();
    assert_eq!(people(&fresh.state), 0, "no credential comes with a document");
    // Nothing is left to change.
    assert!(document.changes(&fresh.state, acme(&fresh.state), true).expect("a good document").is_empty());
}

#[test]
fn what_a_document_leaves_out_stays_unless_it_is_to_go() {
    let mut world = World::acme();
    let mut document = Document::of(acme(&world.state));
    let north = document.stores.remove("north-1").expect("a store");
    assert!(document.changes(&world.state, acme(&world.state), false).expect("good").is_empty());
    let command = difference(&world.state, &document, true);
    world.ok(command);
    assert!(!acme(&world.state).stores.contains_key("north-1"));
    assert_eq!(world.check("till:north-1/t1 GET /v2/customers"), Reason::StoreUnknown);
    // Its id is retired, as by any other removal.
    document.stores.insert(id("north-1"), north);
    let again = difference(&world.state, &document, false);
    assert_eq!(world.rejection_as(operator(), again).code, RejectionCode::IdRetired);
}

#[test]
fn applying_is_judged_as_a_command_is() {
    let world = World::acme();
    let refused = |change: &dyn Fn(&mut Document)| {
        let mut world = world.clone();
        let mut document = Document::of(acme(&world.state));
        change(&mut document);
        let command = difference(&world.state, &document, false);
        world.rejection_as(operator(), command).code
    };
    assert_eq!(refused(&|document| document.stores.get_mut("north-1").expect("a store").zone = Some(id("Nowhere"))), RejectionCode::ZoneUnknown);
    assert_eq!(refused(&|document| document.org.iter_mut().for_each(|org| org.default_group = Some(id("Nobody")))), RejectionCode::GroupUnknown);
    assert_eq!(refused(&|document| document.users.values_mut().for_each(|user| user.suspended = true)), RejectionCode::LastOwner);
    // What the difference was taken from has changed since.
    let mut late = world.clone();
    let mut document = Document::of(acme(&late.state));
    document.stores.get_mut("north-1").expect("a store").name = id("First");
    let command = difference(&late.state, &document, false);
    late.ok(suspend(store_id("north-1")));
    assert_eq!(late.rejection_as(operator(), command).code, RejectionCode::Conflict);
    // And it is undone as any entry is.
    let mut undone = world.clone();
    let before = content(&undone.state);
    let command = difference(&undone.state, &document, false);
    let row = undone.ok_row(command);
    undone.ok(undo(&row));
    assert_eq!(content(&undone.state), before);
}

/// Applies the org's document to a bare cluster, where it makes the same org.
#[track_caller]
fn made_anew(lived: &State) -> World {
    let mut fresh = bare(lived);
    let command = difference(&fresh.state, &Document::of(acme(lived)), true);
    fresh.ok(command);
    assert_eq!(content(&fresh.state), content(lived));
    fresh
}

#[test]
fn ac_18_an_endpoint_that_is_about_no_instance_stays_so_though_its_template_has_a_parameter() {
    let mut world = World::acme();
    let about = |path: &str, instance: bool| EndpointRow { instance: Some(instance), ..endpoint_row("GET", path, "Points") };
    world.ok(put_endpoints(PutMode::Import, vec![about("/v2/points/{id}", false), about("/v2/points", true), about("/v2/tiers/{id}", true)]));
    let document = Document::of(acme(&world.state));
    let said = |endpoint: &str| document.endpoints[endpoint].instance;
    assert_eq!([said("GET /v2/points/{id}"), said("GET /v2/points"), said("GET /v2/tiers/{id}")], [Some(false), Some(true), None]);
    made_anew(&world.state);
}

#[test]
fn switches_that_are_all_as_they_come_are_no_record_however_they_got_there() {
    let mut world = World::acme();
    let before = content(&world.state);
    let edit = |contact: Field<std::sync::Arc<str>>, least| Command::EditSettings { org: id("acme"), contact, least_privilege_registration: least, approval_required: None };
    let row = world.ok_row(edit(Field::To("desk@acme.example".into()), Some(true)));
    made_anew(&world.state);
    // By a file that says nothing of them.
    let mut document = Document::of(acme(&world.state));
    document.org.iter_mut().for_each(|org| (org.contact, org.least_privilege_registration) = (None, false));
    let command = difference(&world.state, &document, false);
    let applied = world.ok_row(command);
    assert_eq!(content(&world.state), before);
    world.ok(undo(&applied));
    assert!(acme(&world.state).settings.as_ref().is_some_and(|settings| settings.least_privilege_registration));
    // By an undo, and by an edit.
    world.ok(undo(&row));
    assert_eq!(content(&world.state), before);
    assert!(!world.ok(edit(Field::Clear, Some(false))).changed);
    // By objects that claim to be a difference.
    let blank = Settings { org: id("acme"), contact: None, least_privilege_registration: false, meta: Meta::default(), approval_required: false };
    let put = bailiwick_policy::outcome::Change { before: None, after: Some(Object::Settings(blank.into())) };
    assert!(!world.ok(Command::Apply { org: id("acme"), changes: vec![put] }).changed);
    assert_eq!(content(&world.state), before);
}

#[test]
fn a_document_that_says_nothing_of_the_org_leaves_its_default_and_its_switches() {
    let mut world = World::acme();
    world.ok(Command::EditSettings { org: id("acme"), contact: Field::To("desk@acme.example".into()), least_privilege_registration: None, approval_required: None });
    let before = content(&world.state);
    for prune in [false, true] {
        let document = Document { org: None, ..Document::of(acme(&world.state)) };
        assert!(document.changes(&world.state, acme(&world.state), prune).expect("a good document").is_empty());
    }
    let one_thing = Document { entities: [(id("gift"), id("Gift"))].into(), ..Document::default() };
    let command = difference(&world.state, &one_thing, false);
    let row = world.ok_row(command);
    assert_eq!(row.changes.len(), 1);
    assert_eq!(world.check("till:north-1/t1 GET /v2/customers"), Reason::PermitDefaultGroup);
    world.ok(undo(&row));
    assert_eq!(content(&world.state), before);
}
