//! Scopes and access controls (AC-1 to AC-13, AC-21): how they are made, edited, assigned and taken away. What they come to
//! in decisions is in `ac_decisions`.

use bailiwick_policy::command::{Assign, Command, EndpointRow, Field, PutMode, UserRow, Verb};
use bailiwick_policy::decide::decide;
use bailiwick_policy::decision::{Ask, Context, Decision, EntityAction, Reason, Request, Subject};
use bailiwick_policy::ids::*;
use bailiwick_policy::index::Index;
use bailiwick_policy::object::{Audience, Control, Object, UserGroup};
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::place::{Bounds, Place};
use bailiwick_policy::platform::ScopeLevel;
use bailiwick_policy::reference;
use bailiwick_policy::scopes;

use crate::world::*;

pub fn scope_ids(scopes: &[&str]) -> Vec<ScopeId> {
    scopes.iter().map(|scope| id(scope)).collect()
}

pub fn create_scope(scope: &str) -> Command {
    Command::CreateScope { org: id("acme"), id: id(scope), description: "".into(), own: false }
}

/// A scope for what is one's own.
pub fn create_own_scope(scope: &str) -> Command {
    Command::CreateScope { org: id("acme"), id: id(scope), description: "".into(), own: true }
}

pub fn create_entity(entity: &str) -> Command {
    Command::CreateEntity { org: id("acme"), id: id(entity), name: id(entity) }
}

pub fn create_control(name: &str, scopes: &[&str]) -> Command {
    control_for(None, name, scopes)
}

pub fn control_for(audience: Option<Audience>, name: &str, scopes: &[&str]) -> Command {
    Command::CreateControl { org: id("acme"), name: id(name), description: "".into(), audience, scopes: scope_ids(scopes) }
}

pub fn edit_control(control: &str, verb: Verb, scopes: &[&str]) -> Command {
    Command::EditControl { org: id("acme"), control: control.into(), name: None, description: None, verb, scopes: scope_ids(scopes), audience: None }
}

pub fn rename_control(control: &str, name: &str) -> Command {
    Command::EditControl { org: id("acme"), control: control.into(), name: Some(id(name)), description: None, verb: Verb::Add, scopes: Vec::new(), audience: None }
}

pub fn create_user_group(name: &str) -> Command {
    user_group_for(Audience::Employee, name)
}

pub fn user_group_for(audience: Audience, name: &str) -> Command {
    Command::CreateUserGroup { org: id("acme"), name: id(name), description: "".into(), audience }
}

pub fn controls(group: &str, verb: Verb, controls: Vec<Assign>) -> Command {
    Command::AssignControls { org: id("acme"), group: group.into(), verb, controls, users: Vec::new() }
}

/// Adds controls to a group, everywhere and always.
pub fn give(group: &str, named: &[&str]) -> Command {
    controls(group, Verb::Add, named.iter().map(|control| Assign::new(*control)).collect())
}

/// Adds a control to a group, at places.
pub fn give_at(group: &str, control: &str, places: &[&str]) -> Command {
    controls(group, Verb::Add, vec![Assign::new(control).at(places.iter().map(|place| place.parse().expect("a place")).collect())])
}

pub fn members_until(group: &str, verb: Verb, users: &[&str], bounds: Bounds) -> Command {
    Command::AssignMembers { org: id("acme"), group: group.into(), verb, users: users.iter().map(|user| id(user)).collect(), bounds, applications: Vec::new() }
}

pub fn members(group: &str, verb: Verb, users: &[&str]) -> Command {
    members_until(group, verb, users, Bounds::ALWAYS)
}

pub fn join(group: &str, users: &[&str]) -> Command {
    members(group, Verb::Add, users)
}

/// Users that may act in the whole org.
pub fn users_of(audience: Audience, users: &[&str]) -> Command {
    let row = |user: &&str| UserRow { name: Some(id(user)), audience: Some(audience), places: Field::To(vec![Place::Org]), ..UserRow::new(id(user)) };
    Command::PutUsers { org: id("acme"), mode: PutMode::Create, rows: users.iter().map(row).collect() }
}

pub fn employees(users: &[&str]) -> Command {
    users_of(Audience::Employee, users)
}

/// An endpoint that scopes open, any of them.
pub fn scoped(method: &str, path: &str, scopes: &[&str]) -> EndpointRow {
    EndpointRow { scopes: Field::To(scope_ids(scopes)), ..EndpointRow::new(method, path) }
}

pub fn import(rows: Vec<EndpointRow>) -> Command {
    put_endpoints(PutMode::Import, rows)
}

pub fn force(target: ObjectId) -> Command {
    Command::Remove { target, force: true }
}

pub fn scope_object(scope: &str) -> ObjectId {
    ObjectId::Scope(id("acme"), id(scope))
}

pub fn entity_object(entity: &str) -> ObjectId {
    ObjectId::Entity(id("acme"), id(entity))
}

pub fn control_object(control: &str) -> ObjectId {
    ObjectId::Control(id("acme"), id(control))
}

pub fn group_object(group: &str) -> ObjectId {
    ObjectId::UserGroup(id("acme"), id(group))
}

/// Acme with employees eve and sam, and customers bob and kim.
pub fn acme_people() -> World {
    let mut world = World::acme();
    world.ok(employees(&["eve", "sam"]));
    world.ok(users_of(Audience::Customer, &["bob", "kim"]));
    world
}

/// An answer in acme, by the reference and by the index alike.
#[track_caller]
pub fn answer(world: &World, subject: &str, ask: Ask<'_>, context: Context<'_>) -> Decision {
    let subject = Subject::parse(subject).expect("a subject");
    let request = Request { org: "acme", subject, ask, context };
    let decision = reference::decide(&world.state, &request);
    assert_eq!(decide(&Index::build(&world.state), &request), decision, "the index and the reference");
    decision
}

/// The use of a scope.
#[track_caller]
pub fn may(world: &World, subject: &str, scope: &str) -> Reason {
    answer(world, subject, Ask::Scope { scope }, Context::default()).reason
}

/// An action on an entity.
#[track_caller]
pub fn does(world: &World, subject: &str, entity: &str, action: EntityAction) -> Decision {
    answer(world, subject, Ask::Entity { entity, action }, Context::default())
}

/// The scopes that a user holds, each once.
pub fn held(world: &World, user: &str) -> Vec<String> {
    let org = world.acme_state();
    let all = scopes::of_user(&world.state, org, &org.users[user]);
    let mut all: Vec<String> = all.into_iter().map(|way| way.scope.to_string()).collect();
    all.dedup();
    all
}

pub fn control<'a>(world: &'a World, control: &str) -> &'a Control {
    &world.acme_state().controls[control]
}

fn group<'a>(world: &'a World, group: &str) -> &'a UserGroup {
    &world.acme_state().user_groups[group]
}

fn named(control: &Control) -> Vec<&str> {
    control.scopes.iter().map(ScopeId::as_str).collect()
}

#[test]
fn ac_1_a_control_is_a_named_set_of_scopes_each_once() {
    let mut world = acme_people();
    world.ok(create_control("Catalogue editors", &["product.product_manage", "category.category_read", "product.product_manage"]));
    assert_eq!(named(control(&world, "catalogue-editors")), ["category.category_read", "product.product_manage"], "sorted, each once");
    assert_eq!(world.no(create_control("Nothing", &[])), RejectionCode::ControlEmpty);
    assert_eq!(world.no(create_control("CATALOGUE editors ", &["product.product_read"])), RejectionCode::NameTaken);
    assert_eq!(world.no(create_control("orders viewer", &["product.product_read"])), RejectionCode::NameTaken, "the platform's have names too");
    assert_eq!(world.no(create_control("Orders_Viewer", &["product.product_read"])), RejectionCode::NameTaken, "and ids");
    world.ok(edit_control("Catalogue editors", Verb::Add, &["brand.brand_read"]));
    world.ok(edit_control("catalogue-editors", Verb::Remove, &["category.category_read"]));
    assert_eq!(named(control(&world, "catalogue-editors")), ["brand.brand_read", "product.product_manage"]);
    world.ok(edit_control("catalogue-editors", Verb::Set, &["media.asset_read"]));
    assert_eq!(world.no(edit_control("catalogue-editors", Verb::Remove, &["media.asset_read"])), RejectionCode::ControlEmpty);
    assert_eq!(world.no(edit_control("catalogue-editors", Verb::Set, &[])), RejectionCode::ControlEmpty);
    world.ok(rename_control("catalogue-editors", "Media"));
    assert_eq!(named(control(&world, "catalogue-editors")), ["media.asset_read"], "the id stays, and what wasn't named");
    world.ok(edit_control("media", Verb::Add, &["media.asset_manage"]));
    world.ok(remove(control_object("catalogue-editors")));
    assert_eq!(world.no(rename_control("Media", "Other")), RejectionCode::ControlUnknown);
    world.ok(create_control("Catalogue editors", &["product.product_read"]));
    assert!(world.acme_state().controls.contains_key("catalogue-editors-2"), "an id that was removed is never given again");
}

#[test]
fn ac_2_a_control_never_goes_to_a_user() {
    let mut world = acme_people();
    world.ok(create_user_group("Sellers"));
    let direct = Command::AssignControls { org: id("acme"), group: "Sellers".into(), verb: Verb::Add, controls: vec![Assign::new("ORDERS_VIEWER")], users: vec![id("eve")] };
    let rejection = world.rejection(direct);
    assert_eq!((rejection.code, &*rejection.examples[0]), (RejectionCode::DirectControlForbidden, "eve"));
    assert!(group(&world, "sellers").controls.is_empty());
    world.ok(give("Sellers", &["ORDERS_VIEWER"]));
    assert_eq!(may(&world, "user:eve", "order.order_read"), Reason::ScopeMissing, "a group without her gives her nothing");
    world.ok(join("sellers", &["eve"]));
    assert_eq!(may(&world, "user:eve", "order.order_read"), Reason::PermitScope);
}

#[test]
fn ac_3_predefined_controls_are_assigned_and_never_changed() {
    let mut world = acme_people();
    world.ok(create_user_group("Sellers"));
    world.ok(controls("sellers", Verb::Set, vec![Assign::new("ORDERS_VIEWER"), Assign::new("products viewer")]));
    let ids: Vec<&str> = group(&world, "sellers").controls.iter().map(|grant| grant.control.as_str()).collect();
    assert_eq!(ids, ["ORDERS_VIEWER", "PRODUCTS_VIEWER"], "by id or by name");
    assert_eq!(world.no(edit_control("ORDERS_VIEWER", Verb::Add, &["product.product_read"])), RejectionCode::BuiltinImmutable);
    assert_eq!(world.no(rename_control("Orders Viewer", "Mine")), RejectionCode::BuiltinImmutable);
    assert_eq!(world.no(force(control_object("ORDERS_VIEWER"))), RejectionCode::BuiltinImmutable);
    let platform = &world.state.platform;
    for control in &platform.controls {
        assert!(platform.domains.iter().any(|domain| domain.id == control.domain), "{} belongs to one node", control.id);
    }
}

#[test]
fn ac_5_audiences_do_not_mix_and_never_change() {
    let mut world = acme_people();
    world.ok(create_user_group("Staff"));
    world.ok(user_group_for(Audience::Customer, "Buyers"));
    world.ok(control_for(Some(Audience::Customer), "Shop", &["order.order_readOwn"]));
    world.ok(create_control("Both", &["order.order_readOwn"]));
    assert_eq!(world.no(give("Staff", &["Shop"])), RejectionCode::AudienceMismatch);
    assert_eq!(world.no(give("Buyers", &["ORDERS_VIEWER"])), RejectionCode::AudienceMismatch, "a predefined one for employees");
    world.ok(give("Buyers", &["Shop", "Both", "ORDERS_OWN_VIEWER"]));
    world.ok(give("Staff", &["Both"]));
    assert_eq!(world.no(join("Staff", &["bob"])), RejectionCode::AudienceMismatch);
    assert_eq!(world.no(join("Buyers", &["bob", "eve"])), RejectionCode::AudienceMismatch);
    assert_eq!(held(&world, "bob"), Vec::<String>::new(), "a batch is taken whole or not at all");
    let widen = |audience| Command::EditControl { org: id("acme"), control: "Shop".into(), name: None, description: None, verb: Verb::Add, scopes: Vec::new(), audience };
    assert_eq!(world.no(widen(Some(Audience::Employee))), RejectionCode::AudienceImmutable);
    assert!(!world.ok(widen(Some(Audience::Customer))).changed, "its own");
    let both = Command::EditControl { org: id("acme"), control: "Both".into(), name: None, description: None, verb: Verb::Add, scopes: Vec::new(), audience: Some(Audience::Employee) };
    assert_eq!(world.no(both), RejectionCode::AudienceImmutable, "none at first is none for good");
}

#[test]
fn ac_6_an_application_is_never_a_member() {
    let mut world = acme_people();
    world.ok(create_user_group("Sellers"));
    let command = Command::AssignMembers { org: id("acme"), group: "sellers".into(), verb: Verb::Add, users: vec![id("eve")], bounds: Bounds::ALWAYS, applications: vec![id("erp")] };
    let rejection = world.rejection(command);
    assert_eq!((rejection.code, &*rejection.examples[0]), (RejectionCode::MemberForbidden, "erp"));
    assert!(world.acme_state().users["eve"].more().groups.is_empty());
}

#[test]
fn ac_7_a_control_on_several_groups_is_edited_once_for_all() {
    let mut world = acme_people();
    world.ok(create_control("Lookers", &["brand.brand_read"]));
    for (name, user) in [("A", "eve"), ("B", "sam")] {
        world.ok(create_user_group(name));
        world.ok(give(name, &["Lookers"]));
        world.ok(join(name, &[user]));
    }
    let executed = world.try_as(operator(), edit_control("Lookers", Verb::Add, &["label.label_read"]));
    assert_eq!(executed.changes.len(), 1, "one change whatever the number of groups");
    for user in ["user:eve", "user:sam"] {
        assert_eq!(may(&world, user, "label.label_read"), Reason::PermitScope);
    }
}

#[test]
fn ac_9_an_assigned_control_goes_only_by_force_and_everywhere_at_once() {
    let mut world = acme_people();
    world.ok(create_control("Lookers", &["brand.brand_read"]));
    for name in ["A", "B"] {
        world.ok(create_user_group(name));
        world.ok(give(name, &["Lookers", "LABELS_VIEWER"]));
    }
    world.ok(join("A", &["eve"]));
    let rejection = world.rejection(remove(control_object("lookers")));
    assert_eq!((rejection.code, rejection.count), (RejectionCode::ControlAssigned, 2));
    let executed = world.try_as(operator(), force(control_object("lookers")));
    assert_eq!(executed.changes.len(), 4, "two groups, the retired id and the control, in one entry");
    assert_eq!(held(&world, "eve").iter().filter(|scope| scope.starts_with("brand")).count(), 0);
    assert_eq!(may(&world, "user:eve", "label.label_read"), Reason::PermitScope, "the rest stays");
    assert!(world.acme_state().control_groups.get("lookers").is_none());
}

#[test]
fn ac_10_a_new_scope_changes_nobodys_access() {
    let mut world = acme_people();
    world.ok(create_user_group("Sellers"));
    world.ok(give("Sellers", &["ORDERS_VIEWER"]));
    world.ok(join("Sellers", &["eve"]));
    let facts = |world: &World| -> Vec<_> {
        let org = world.acme_state();
        org.users.values().map(|user| bailiwick_policy::holdings::of_user(&world.state, org, user)).collect()
    };
    let before = facts(&world);
    world.ok(create_scope("order.order_export"));
    world.ok(create_own_scope("order.order_exportOwn"));
    assert_eq!(facts(&world), before);
    assert_eq!(may(&world, "user:eve", "order.order_export"), Reason::ScopeMissing);
    world.ok(create_control("Export", &["order.order_export"]));
    assert_eq!(facts(&world), before, "not by being in a control that nobody has either");
    world.ok(give("Sellers", &["Export"]));
    assert_eq!(may(&world, "user:eve", "order.order_export"), Reason::PermitScope);
}

#[test]
fn ac_11_three_tiers_and_no_scope_outside_them() {
    let mut world = acme_people();
    world.ok(create_scope("order.order_export"));
    world.ok(create_entity("boat"));
    let rejection = world.rejection(create_control("Odd", &["order.order_read", "order.order_export", "boat.boat_read", "order.nope", "nope"]));
    assert_eq!((rejection.code, rejection.count), (RejectionCode::ScopeUnknown, 2));
    world.ok(create_control("Fine", &["order.order_read", "order.order_export", "boat.boat_read"]));
    assert_eq!(world.no(edit_control("Fine", Verb::Add, &["nope"])), RejectionCode::ScopeUnknown);
    let org = world.acme_state();
    let tiers: Vec<_> = control(&world, "fine").scopes.iter().map(|scope| scopes::find(&world.state.platform, org, scope).expect("it is known").tier).collect();
    assert_eq!(tiers, [scopes::Tier::Generated, scopes::Tier::Tenant, scopes::Tier::Platform]);
    assert_eq!(world.no(create_scope("order.order_export")), RejectionCode::ScopeExists);
    assert_eq!(world.no(create_scope("order.order_read")), RejectionCode::ScopeExists);
    assert_eq!(world.no(create_scope("boat.boat_readOwn")), RejectionCode::ScopeExists);
    assert_eq!(world.no(create_scope("boat.boat_read_own")), RejectionCode::ScopeExists, "another spelling of it");
}

#[test]
fn ac_11_a_scope_that_the_platform_dropped_is_inert_until_the_control_is_edited() {
    let mut world = acme_people();
    world.ok(create_control("Brands", &["brand.brand_read", "label.label_read"]));
    world.ok(create_user_group("Sellers"));
    world.ok(give("Sellers", &["Brands"]));
    world.ok(join("Sellers", &["eve"]));
    let mut platform = (*world.state.platform).clone();
    platform.version += 1;
    platform.scopes.retain(|scope| scope.id.as_str() != "brand.brand_read");
    world.state.put(&Object::Platform(platform.into()));
    assert_eq!(may(&world, "user:eve", "brand.brand_read"), Reason::ScopeMissing);
    assert_eq!(may(&world, "user:eve", "label.label_read"), Reason::PermitScope);
    world.ok(rename_control("Brands", "Brands and labels"));
    assert_eq!(control(&world, "brands").scopes.len(), 2, "visible until then");
    let done = world.ok(edit_control("Brands and labels", Verb::Add, &["media.asset_read"]));
    assert_eq!(named(control(&world, "brands")), ["label.label_read", "media.asset_read"]);
    assert!(done.warnings[0].contains("brand.brand_read"), "{:?}", done.warnings);
}

#[test]
fn ac_13_an_entity_brings_four_scopes() {
    let mut world = acme_people();
    world.ok(create_entity("boat"));
    let org = world.acme_state();
    let all = ["boat.boat_readOwn", "boat.boat_manageOwn", "boat.boat_read", "boat.boat_manage"];
    for (name, level) in all.into_iter().zip(ScopeLevel::ALL) {
        let info = scopes::find(&world.state.platform, org, &id(name)).expect("generated");
        assert_eq!((info.level, info.own, &*info.domain), (Some(level), level.is_own(), "boat"), "{name}");
    }
    assert!(scopes::find(&world.state.platform, org, &id("boat.boat_write")).is_none());
    world.ok(create_control("Sailors", &["boat.boat_read_own", "boat.boat_manage_own", "boat.boat_readOwn"]));
    assert_eq!(named(control(&world, "sailors")), ["boat.boat_manageOwn", "boat.boat_readOwn"], "kept under their names proper");
    assert_eq!(world.no(edit_control("sailors", Verb::Remove, &["boat.boat_read_own", "boat.boat_manageOwn"])), RejectionCode::ControlEmpty);
    world.ok(create_user_group("Crew"));
    world.ok(give("Crew", &["Sailors"]));
    world.ok(join("Crew", &["eve"]));
    assert_eq!(may(&world, "user:eve", "boat.boat_manage_own"), Reason::PermitOwn, "and asked for by either");
}

#[test]
fn ac_13_an_entity_with_dots_in_its_name_has_its_scopes_too() {
    let mut world = acme_people();
    world.ok(create_entity("boat"));
    world.ok(create_entity("boat.hull"));
    world.ok(create_control("Hulls", &["boat.hull.boat.hull_manage"]));
    world.ok(create_user_group("Crew"));
    world.ok(give("Crew", &["Hulls"]));
    world.ok(join("Crew", &["eve"]));
    assert_eq!(does(&world, "user:eve", "boat.hull", EntityAction::Read).reason, Reason::PermitScope);
    assert_eq!(does(&world, "user:eve", "boat", EntityAction::Read).reason, Reason::ScopeMissing);
}

#[test]
fn ac_13_what_exists_in_any_tier_is_refused() {
    let mut world = acme_people();
    world.ok(create_entity("boat"));
    world.ok(create_scope("car.car_read"));
    world.ok(create_scope("van.van_manage_own"));
    for taken in ["boat", "product", "product.part", "car", "van"] {
        assert_eq!(world.no(create_entity(taken)), RejectionCode::ScopeExists, "{taken}");
    }
    world.ok(create_entity("Boat"));
    world.ok(remove(entity_object("Boat")));
    assert_eq!(world.no(create_entity("Boat")), RejectionCode::IdRetired);
}

#[test]
fn scopes_and_entities_in_use_stay_whatever_is_forced() {
    let mut world = acme_people();
    world.ok(create_scope("order.order_export"));
    world.ok(create_entity("boat"));
    world.ok(create_control("Export", &["order.order_export", "boat.boat_readOwn"]));
    world.ok(import(vec![scoped("GET", "/orders/export", &["order.order_export"])]));
    for target in [scope_object("order.order_export"), entity_object("boat")] {
        assert_eq!(world.no(remove(target.clone())), RejectionCode::ScopeInUse);
        assert_eq!(world.no(force(target)), RejectionCode::ScopeInUse);
    }
    assert_eq!(world.rejection(remove(scope_object("order.order_export"))).count, 2, "the control and the endpoint");
    world.ok(remove(control_object("export")));
    world.ok(remove(entity_object("boat")));
    assert_eq!(world.no(remove(scope_object("order.order_export"))), RejectionCode::ScopeInUse, "the endpoint asks for it");
    world.ok(put_endpoints(PutMode::Edit, vec![EndpointRow { scopes: Field::Clear, ..EndpointRow::new("GET", "/orders/export") }]));
    world.ok(remove(scope_object("order.order_export")));
    assert_eq!(world.no(create_scope("order.order_export")), RejectionCode::IdRetired);
    assert_eq!(world.no(import(vec![scoped("GET", "/orders/export", &["order.order_export"])])), RejectionCode::IdRetired, "not by an import either");
    assert_eq!(world.no(remove(scope_object("order.order_read"))), RejectionCode::BuiltinImmutable);
    assert_eq!(world.no(remove(entity_object("boat"))), RejectionCode::EntityUnknown);
}

#[test]
fn ac_21_a_group_with_members_goes_only_by_force() {
    let mut world = acme_people();
    world.ok(create_user_group("Sellers"));
    world.ok(create_user_group("Others"));
    world.ok(give("Sellers", &["ORDERS_VIEWER"]));
    world.ok(join("Sellers", &["eve", "sam"]));
    assert!(!world.ok(join("Sellers", &["eve", "eve"])).changed, "adding a member twice is as once");
    world.ok(join("Others", &["eve"]));
    let rejection = world.rejection(remove(group_object("sellers")));
    assert_eq!((rejection.code, rejection.count), (RejectionCode::UserGroupInUse, 2));
    let executed = world.try_as(operator(), force(group_object("sellers")));
    assert_eq!(executed.changes.len(), 4, "two users, the retired id and the group, in one entry");
    assert_eq!(may(&world, "user:eve", "order.order_read"), Reason::ScopeMissing);
    assert_eq!(world.acme_state().users["eve"].more().groups.len(), 1, "other groups stay");
    assert!(world.acme_state().users["sam"].more.is_some(), "their places stay");
    assert_eq!(world.no(join("Sellers", &["eve"])), RejectionCode::UserGroupUnknown);
    world.ok(create_user_group("Sellers"));
    assert!(world.acme_state().user_groups.contains_key("sellers-2"));
    world.ok(remove(group_object("sellers-2")));
}

#[test]
fn ac_21_members_are_set_added_and_taken_away() {
    let mut world = acme_people();
    world.ok(create_user_group("Sellers"));
    world.ok(join("Sellers", &["eve"]));
    world.ok(members("Sellers", Verb::Set, &["sam"]));
    let in_it = |world: &World| world.acme_state().group_users.get("sellers").map(|users| users.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(in_it(&world), Some(vec!["sam".to_owned()]));
    world.ok(members("Sellers", Verb::Remove, &["sam", "eve"]));
    assert_eq!(in_it(&world), None);
    world.ok(join("Sellers", &["eve", "sam"]));
    world.ok(members("Sellers", Verb::Set, &[]));
    assert_eq!(in_it(&world), None);
    assert_eq!(world.no(join("Sellers", &[])), RejectionCode::NothingNamed);
    assert_eq!(world.rejection(join("Sellers", &["eve", "nobody", "nobody-2"])).count, 2);
    let many: Vec<String> = (0..2_001).map(|n| format!("u{n}")).collect();
    let rows = |names: &[String]| -> Command { employees(&names.iter().map(String::as_str).collect::<Vec<_>>()) };
    world.ok(rows(&many[..2_000]));
    world.ok(rows(&many[2_000..]));
    assert_eq!(world.no(join("Sellers", &many.iter().map(String::as_str).collect::<Vec<_>>())), RejectionCode::TooMany);
}

#[test]
fn assignments_are_bounded_in_time_that_is_to_come() {
    let mut world = acme_people();
    world.ok(create_user_group("Sellers"));
    let bounds = |from: Option<u64>, until: Option<u64>| Bounds { not_before: from.map(Tick), not_after: until.map(Tick) };
    let now = world.now;
    let assign = |bounds| controls("Sellers", Verb::Add, vec![Assign { bounds, ..Assign::new("ORDERS_VIEWER") }]);
    for wrong in [bounds(Some(now + 90_000), Some(now + 90_000)), bounds(None, Some(now)), bounds(Some(now + 9), Some(now + 8))] {
        assert_eq!(world.no(assign(wrong)), RejectionCode::BoundsInvalid, "{wrong:?}");
        assert_eq!(world.no(members_until("Sellers", Verb::Add, &["eve"], wrong)), RejectionCode::BoundsInvalid, "{wrong:?}");
    }
    world.ok(assign(bounds(None, Some(now + 1_000_000))));
    world.ok(members_until("Sellers", Verb::Add, &["eve"], bounds(Some(now + 500_000), None)));
    assert_eq!(may(&world, "user:eve", "order.order_read"), Reason::ScopeMissing, "not yet");
    let tick = |to: u64| Command::Tick { to: Tick(to) };
    world.now += 600_000;
    world.ok_as(bailiwick_policy::command::Actor::System, tick(now + 500_000));
    assert_eq!(may(&world, "user:eve", "order.order_read"), Reason::PermitScope);
    world.now += 600_000;
    world.ok_as(bailiwick_policy::command::Actor::System, tick(now + 1_000_000));
    assert_eq!(may(&world, "user:eve", "order.order_read"), Reason::ScopeMissing, "no longer");
    world.ok(assign(Bounds::ALWAYS));
    assert_eq!(group(&world, "sellers").controls.len(), 1, "one that is there is replaced");
    assert_eq!(may(&world, "user:eve", "order.order_read"), Reason::PermitScope);
}

#[test]
fn ac_22_the_places_of_a_control_are_known_and_kept_in_order() {
    let mut world = acme_people();
    world.ok(zones(&[("de", ""), ("fr", "")]));
    world.ok(create_user_group("Sellers"));
    world.ok(give_at("Sellers", "ORDERS_VIEWER", &["zone:fr", "zone:de", "zone:fr"]));
    assert_eq!(group(&world, "sellers").controls[0].places, [Place::Zone(id("de")), Place::Zone(id("fr"))]);
    world.ok(give_at("Sellers", "ORDERS_VIEWER", &["zone:fr", "org"]));
    assert!(group(&world, "sellers").controls[0].places.is_empty(), "the org is everywhere");
    assert_eq!(world.no(give_at("Sellers", "ORDERS_VIEWER", &["zone:it"])), RejectionCode::ZoneUnknown);
    assert_eq!(world.no(give_at("Sellers", "ORDERS_VIEWER", &["concept:it"])), RejectionCode::ConceptUnknown);
    assert_eq!(world.no(give_at("Sellers", "ORDERS_VIEWER", &["store:it"])), RejectionCode::StoreUnknown);
    let away = controls("Sellers", Verb::Remove, vec![Assign::new("ORDERS_VIEWER").at(vec![Place::Zone(id("de"))])]);
    assert_eq!(world.no(away), RejectionCode::PlaceForbidden);
    let twice = vec![Assign::new("ORDERS_VIEWER"), Assign::new("Orders Viewer").at(vec![Place::Zone(id("de"))])];
    assert_eq!(world.no(controls("Sellers", Verb::Add, twice)), RejectionCode::KeyRepeated);
    world.ok(controls("Sellers", Verb::Remove, vec![Assign::new("ORDERS_VIEWER")]));
    assert!(group(&world, "sellers").controls.is_empty());
    assert!(!world.ok(controls("Sellers", Verb::Remove, vec![Assign::new("ORDERS_VIEWER")])).changed);
    assert_eq!(world.no(controls("Sellers", Verb::Add, Vec::new())), RejectionCode::NothingNamed);
}

#[test]
fn a_control_that_the_platform_dropped_can_be_taken_away() {
    let mut world = acme_people();
    world.ok(create_user_group("Sellers"));
    world.ok(give("Sellers", &["ORDERS_VIEWER"]));
    let mut platform = (*world.state.platform).clone();
    platform.version += 1;
    platform.controls.clear();
    world.state.put(&Object::Platform(platform.into()));
    assert_eq!(world.no(give("Sellers", &["ORDERS_VIEWER"])), RejectionCode::ControlUnknown);
    world.ok(controls("Sellers", Verb::Remove, vec![Assign::new("ORDERS_VIEWER")]));
    assert!(group(&world, "sellers").controls.is_empty());
}

#[test]
fn ag_9_names_of_groups_are_unique_under_folding() {
    let mut world = acme_people();
    world.ok(create_user_group("Sellers North"));
    assert_eq!(world.no(create_user_group("sellers NORTH")), RejectionCode::NameTaken);
    assert_eq!(world.no(create_user_group("sellers-north")), RejectionCode::NameTaken, "nor another's id");
    world.ok(create_user_group("Others"));
    let rename = |name: &str| Command::EditUserGroup { org: id("acme"), group: "Others".into(), name: Some(id(name)), description: Some("text".into()) };
    assert_eq!(world.no(rename("Sellers north")), RejectionCode::NameTaken);
    world.ok(rename("OTHERS"));
    world.ok(create_control("Sellers north", &["order.order_read"]));
    assert_eq!(&*group(&world, "others").description, "text");
}
