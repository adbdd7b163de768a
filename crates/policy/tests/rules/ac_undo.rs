//! Undo of scopes, entities, access controls and user groups: their creation, editing, removal and assignment.

use bailiwick_policy::command::{Command, EndpointRow, Field, PutMode, Verb};
use bailiwick_policy::decision::Reason;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::{Audience, Control, ControlGrant, Membership, Object, Scope, UserGroup};
use bailiwick_policy::outcome::{Change, RejectionCode};
use bailiwick_policy::place::{Bounds, Place};

use crate::ac::*;
use crate::world::*;

fn sellers() -> World {
    let mut world = acme_people();
    world.ok(create_scope("order.export"));
    world.ok(create_entity("boat"));
    world.ok(create_control("Export", &["order.export", "boat.boat_read"]));
    world.ok(create_user_group("Sellers"));
    world.ok(give("Sellers", &["Export", "ORDERS_VIEWER"]));
    world.ok(join("Sellers", &["eve", "sam"]));
    world
}

/// Every command here is undone to what was there, and its undoing too.
#[test]
fn each_change_of_scopes_controls_and_groups_is_undone_and_done_again() {
    let world = sellers();
    let bounds = Bounds { not_before: None, not_after: Some(Tick(world.now + 9_000_000)) };
    let rename = Command::EditUserGroup { org: id("acme"), group: "Sellers".into(), name: Some(id("Traders")), description: None };
    let commands = [
        create_scope("order.other"),
        create_entity("car"),
        create_control("Other", &["order.order_read"]),
        create_user_group("Other"),
        edit_control("Export", Verb::Set, &["boat.boat_manage"]),
        rename_control("Export", "Exporters"),
        rename,
        controls("Sellers", Verb::Set, Vec::new()),
        give_at("Sellers", "Export", &["store:north-1"]),
        members("Sellers", Verb::Remove, &["eve"]),
        members_until("Sellers", Verb::Set, &["eve"], bounds),
        force(control_object("export")),
        force(group_object("sellers")),
        import(vec![scoped("GET", "/new", &["new.scope", "order.export"]), endpoint_row("GET", "/newer", "Newer")]),
    ];
    for command in commands {
        let mut world = world.clone();
        let before = content(&world.state);
        let row = world.ok_row(command.clone());
        let done = content(&world.state);
        let undone = world.ok_row(undo(&row));
        assert_eq!(content(&world.state), before, "{}", row.command);
        world.ok(undo(&undone));
        assert_eq!(content(&world.state), done, "{}", row.command);
    }
    for target in [scope_object("order.export"), entity_object("boat")] {
        let mut world = world.clone();
        world.ok(force(control_object("export")));
        let before = content(&world.state);
        let row = world.ok_row(remove(target));
        world.ok(undo(&row));
        assert_eq!(content(&world.state), before, "{}", row.command);
    }
}

#[test]
fn ac_9_a_control_removed_by_force_comes_back_where_it_was() {
    let mut world = sellers();
    let row = world.ok_row(force(control_object("export")));
    assert_eq!(may(&world, "user:eve", "order.export"), Reason::ScopeMissing);
    world.ok(undo(&row));
    assert_eq!(may(&world, "user:eve", "order.export"), Reason::PermitScope);
}

#[test]
fn what_is_in_use_since_is_not_undone() {
    let mut world = acme_people();
    let scope = world.ok_row(create_scope("order.export"));
    let entity = world.ok_row(create_entity("boat"));
    let control = world.ok_row(create_control("Export", &["order.export", "boat.boat_read"]));
    let group = world.ok_row(create_user_group("Sellers"));
    let imported = world.ok_row(import(vec![scoped("GET", "/new", &["new.scope"])]));
    world.ok(put_endpoints(PutMode::Create, vec![scoped("GET", "/other", &["new.scope"])]));
    assert_eq!(world.no(undo(&scope)), RejectionCode::ScopeInUse);
    assert_eq!(world.no(undo(&entity)), RejectionCode::ScopeInUse);
    assert_eq!(world.no(undo(&imported)), RejectionCode::ScopeInUse, "another endpoint asks for the scope that came with it");
    let given = world.ok_row(give("Sellers", &["Export"]));
    assert_eq!(world.no(undo(&control)), RejectionCode::ControlAssigned);
    world.ok(undo(&given));
    world.ok(join("Sellers", &["eve"]));
    assert_eq!(world.no(undo(&group)), RejectionCode::UserGroupInUse);
}

#[test]
fn what_is_gone_since_does_not_come_back_by_undo() {
    let mut world = sellers();
    let left = world.ok_row(members("Sellers", Verb::Remove, &["eve"]));
    world.ok(force(group_object("sellers")));
    assert_eq!(world.no(undo(&left)), RejectionCode::UserGroupUnknown);
    world.ok(create_user_group("Others"));
    world.ok(give("Others", &["Export"]));
    let taken = world.ok_row(controls("Others", Verb::Set, Vec::new()));
    let narrowed = world.ok_row(edit_control("Export", Verb::Remove, &["order.export"]));
    world.ok(remove(scope_object("order.export")));
    assert_eq!(world.no(undo(&narrowed)), RejectionCode::ScopeUnknown);
    world.ok(remove(control_object("export")));
    assert_eq!(world.no(undo(&taken)), RejectionCode::ControlUnknown);
    let cleared = {
        world.ok(create_scope("order.late"));
        world.ok(import(vec![scoped("GET", "/late", &["order.late"])]));
        world.ok_row(put_endpoints(PutMode::Edit, vec![EndpointRow { scopes: Field::Clear, ..EndpointRow::new("GET", "/late") }]))
    };
    world.ok(remove(scope_object("order.late")));
    assert_eq!(world.no(undo(&cleared)), RejectionCode::ScopeUnknown);
}

/// What a caller sends as an inverse may be anything: nothing unlawful comes in by it.
#[test]
fn a_forged_inverse_is_refused() {
    let mut world = sellers();
    world.ok(user_group_for(Audience::Customer, "Buyers"));
    let org = world.acme_state().clone();
    let revert = |before: Option<Object>, after: Object| Command::Revert { of: Revision(3), changes: vec![Change { before, after: Some(after) }] };
    let of_control = |edit: &dyn Fn(&mut Control)| {
        let mut after = (*org.controls["export"]).clone();
        edit(&mut after);
        revert(Some(Object::Control(org.controls["export"].clone())), Object::Control(after.into()))
    };
    let of_group = |edit: &dyn Fn(&mut UserGroup)| {
        let mut after = (*org.user_groups["sellers"]).clone();
        edit(&mut after);
        revert(Some(Object::UserGroup(org.user_groups["sellers"].clone())), Object::UserGroup(after.into()))
    };
    let member = |group: &str| {
        let mut more = org.users["eve"].more().clone();
        more.groups.push(Membership { group: id(group), bounds: Bounds::ALWAYS });
        more.groups.sort();
        revert(Some(Object::User(org.users["eve"].clone())), Object::User(org.users["eve"].with_more(more).into()))
    };
    let grant = |control: &str, places: Vec<Place>| ControlGrant { control: id(control), places, bounds: Bounds::ALWAYS };
    let scope = |name: &str| Scope { org: id("acme"), id: id(name), description: "".into(), own: false, meta: Default::default() };
    let predefined = Control { id: id("ORDERS_VIEWER"), ..(*org.controls["export"]).clone() };
    let own = Scope { own: true, ..(*org.scopes["order.export"]).clone() };
    let entity = bailiwick_policy::object::Entity { id: id("product"), ..(*org.entities["boat"]).clone() };
    let cases = [
        (RejectionCode::ControlEmpty, of_control(&|c| c.scopes = Vec::new().into())),
        (RejectionCode::ControlEmpty, of_control(&|c| c.scopes = scope_ids(&["order.export", "boat.boat_read"]).into())),
        (RejectionCode::ControlEmpty, of_control(&|c| c.scopes = scope_ids(&["boat.boat_read_own"]).into())),
        (RejectionCode::ScopeUnknown, of_control(&|c| c.scopes = scope_ids(&["nope"]).into())),
        (RejectionCode::AudienceImmutable, of_control(&|c| c.audience = Some(Audience::Customer))),
        (RejectionCode::NameTaken, of_control(&|c| c.name = id("orders viewer"))),
        (RejectionCode::BuiltinImmutable, revert(None, Object::Control(predefined.into()))),
        (RejectionCode::AudienceImmutable, of_group(&|g| g.audience = Audience::Customer)),
        (RejectionCode::NameTaken, of_group(&|g| g.name = id("BUYERS"))),
        (RejectionCode::ControlUnknown, of_group(&|g| g.controls = vec![grant("nope", Vec::new())].into())),
        (RejectionCode::AudienceMismatch, of_group(&|g| g.controls = vec![grant("ORDERS_OWN_VIEWER", Vec::new())].into())),
        (RejectionCode::ZoneUnknown, of_group(&|g| g.controls = vec![grant("export", vec![Place::Zone(id("nope"))])].into())),
        (RejectionCode::KeyRepeated, of_group(&|g| g.controls = vec![grant("export", Vec::new()), grant("export", vec![Place::Store(id("north-1"))])].into())),
        (RejectionCode::KeyRepeated, of_group(&|g| g.controls = vec![grant("export", vec![Place::Org])].into())),
        (RejectionCode::AudienceMismatch, member("buyers")),
        (RejectionCode::UserGroupUnknown, member("nope")),
        (RejectionCode::KeyRepeated, member("sellers")),
        (RejectionCode::ScopeExists, revert(None, Object::Scope(scope("order.order_read").into()))),
        (RejectionCode::ScopeExists, revert(None, Object::Scope(scope("boat.boat_read_own").into()))),
        (RejectionCode::ScopeExists, revert(Some(Object::Scope(org.scopes["order.export"].clone())), Object::Scope(own.into()))),
        (RejectionCode::ScopeExists, revert(None, Object::Entity(entity.into()))),
    ];
    for (at, (code, command)) in cases.into_iter().enumerate() {
        let rejection = world.rejection(command);
        assert_eq!(rejection.code, code, "case {at}: {rejection}");
    }
}
