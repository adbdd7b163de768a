//! A world with people: an admin of all of acme and one of its North, a standard user with a desk in the North, one with
//! nothing in the South, a customer, an application and an invitation; and short words for commands about them.

use std::sync::Arc;

use bailiwick_policy::command::*;
use bailiwick_policy::decision::{Ask, Context, Decision, Request, Subject};
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::permission::ModuleGrant;
use bailiwick_policy::place::{Bounds, Place};
use bailiwick_policy::reference;

use crate::world::*;

pub fn places(texts: &[&str]) -> Vec<Place> {
    texts.iter().map(|text| text.parse().expect("a place")).collect()
}

/// A row of a standard user at places.
pub fn user_row(user: &str, at: &[&str]) -> UserRow {
    UserRow { name: Some(id(user)), places: Field::To(places(at)), ..UserRow::new(id(user)) }
}

pub fn typed(user_type: UserType, row: UserRow) -> UserRow {
    UserRow { user_type: Some(user_type), ..row }
}

/// A row that changes only the type.
pub fn retyped(user: &str, user_type: UserType) -> Command {
    put_users(PutMode::Edit, vec![typed(user_type, UserRow::new(id(user)))])
}

pub fn put_users(mode: PutMode, rows: Vec<UserRow>) -> Command {
    Command::PutUsers { org: id("acme"), mode, rows }
}

pub fn customer_row(user: &str) -> UserRow {
    UserRow { name: Some(id(user)), audience: Some(Audience::Customer), ..UserRow::new(id(user)) }
}

pub fn grants(all: &[(&str, &str)]) -> Vec<ModuleGrant> {
    all.iter().map(|(module, actions)| ModuleGrant { module: id(module), actions: actions.parse().expect("actions") }).collect()
}

pub fn create_set(name: &str, all: &[(&str, &str)]) -> Command {
    Command::CreateSet { org: id("acme"), name: id(name), description: "".into(), grants: grants(all), clone_of: None }
}

pub fn clone_set(name: &str, of: &str) -> Command {
    Command::CreateSet { org: id("acme"), name: id(name), description: "".into(), grants: Vec::new(), clone_of: Some(of.into()) }
}

pub fn edit_set(set: &str, all: &[(&str, &str)]) -> Command {
    Command::EditSet { org: id("acme"), set: set.into(), name: None, description: None, grants: grants(all) }
}

pub fn assign(user: &str, verb: Verb, sets: &[(&str, &[&str])]) -> Command {
    let sets = sets.iter().map(|(set, at)| Assign::new(*set).at(places(at))).collect();
    Command::AssignSets { org: id("acme"), user: id(user), verb, sets, permissions: Vec::new() }
}

pub fn give(user: &str, set: &str, at: &str) -> Command {
    assign(user, Verb::Add, &[(set, &[at])])
}

pub fn invite(user: &str, name: &str, byte: u8, lasts_ms: u64) -> Command {
    Command::Invite { org: id("acme"), user: id(user), id: id(name), secret: secret(byte), lasts_ms }
}

pub fn redeem(name: &str, byte: u8) -> Command {
    Command::RedeemInvitation { id: id(name), label: id(name), secret: secret(byte) }
}

pub fn set_id(set: &str) -> ObjectId {
    ObjectId::Set(id("acme"), id(set))
}

pub fn zone_id(zone: &str) -> ObjectId {
    ObjectId::Zone(id("acme"), id(zone))
}

pub fn forced(target: ObjectId) -> Command {
    Command::Remove { target, force: true }
}

/// What a user of acme is answered about a sub-module at a place; blank names none.
pub fn may(world: &World, user: &str, permission: &str, place: &str) -> Decision {
    let (module, action) = permission.rsplit_once(':').expect("MODULE:ACTION");
    let action = action.parse().expect("an action");
    let context = Context { place: (!place.is_empty()).then_some(place), ..Context::default() };
    let request = Request { org: "acme", subject: Subject::User(user), ask: Ask::Module { module, action }, context };
    reference::decide(&world.state, &request)
}

/// Acme in two zones, with stores north-1 and north-2 in the North and south-1 in the South.
pub fn zoned() -> World {
    let mut world = World::acme();
    world.ok(zones(&[("North", ""), ("North-a", "North"), ("South", "")]));
    world.ok(concepts(&[("Outlet", "")]));
    let row = |code: &str, zone: &str| StoreRow { zone: Field::To(id(zone)), ..StoreRow::new(id(code)) };
    world.ok(put_stores(PutMode::Edit, vec![row("north-1", "North"), row("north-2", "North"), row("south-1", "South")]));
    world
}

/// What the desk in the North may do.
pub const DESK: &[(&str, &str)] = &[("Administration/Access groups", "VE"), ("Administration/Stores", "VE")];
/// What the admin of the North holds beside.
pub const CARE: &[(&str, &str)] = &[("Member Care/Customer Profile", "VE")];

pub fn people() -> World {
    let mut world = zoned();
    world.ok(create_group("Old", &[]));
    world.ok(create_set("Desk", DESK));
    world.ok(create_set("Care", CARE));
    world.ok(put_users(
        PutMode::Create,
        vec![
            typed(UserType::Admin, user_row("adm", &["org"])),
            typed(UserType::Admin, user_row("nor", &["zone:North"])),
            user_row("sam", &["zone:North"]),
            user_row("sid", &["zone:South"]),
            customer_row("cus"),
        ],
    ));
    world.ok(give("sam", "Desk", "zone:North"));
    world.ok(give("nor", "Care", "zone:North"));
    for (number, user) in ["adm", "nor", "sam", "sid"].into_iter().enumerate() {
        let kind = CredentialKind::User { org: id("acme"), user: id(user) };
        world.ok(credential(&format!("acme-{user}"), kind, 40 + number as u8));
    }
    world.ok(Command::RegisterApplication {
        org: id("acme"),
        id: id("erp"),
        name: id("ERP"),
        kind: ApplicationType::Application,
        roles: Some(Vec::new()),
        scopes: Vec::new(),
        group: None,
        source: None,
        external: false,
        key: Some(NewKey { id: id("erp-key"), secret: secret(50), lasts_ms: None }),
    });
    world.ok(invite("sid", "sid-code", 51, 86_400_000));
    with_scopes(&mut world);
    world
}

/// A user group of the North whose control reads orders, with the admin of the North in it.
fn with_scopes(world: &mut World) {
    let meta = Meta::default();
    let scope = Scope { org: id("acme"), id: id("acme.stock"), description: "".into(), own: false, meta: meta.clone() };
    let entity = Entity { org: id("acme"), id: id("wish"), name: id("Wish"), meta: meta.clone() };
    let control = |name: &str, scope: &str| Control {
        org: id("acme"),
        id: id(name),
        name: id(name),
        description: "".into(),
        audience: None,
        scopes: Arc::new(vec![id(scope)]),
        meta: meta.clone(),
    };
    let group = |name: &str, controls: Vec<ControlGrant>| UserGroup {
        org: id("acme"),
        id: id(name),
        name: id(name),
        description: "".into(),
        audience: Audience::Employee,
        controls: Arc::new(controls),
        meta: meta.clone(),
    };
    let granted = |name: &str, at: &[&str]| ControlGrant { control: id(name), places: places(at), bounds: Bounds::ALWAYS };
    let objects = [
        Object::Scope(scope.into()),
        Object::Entity(entity.into()),
        Object::Control(control("orders", "order.order_read").into()),
        Object::Control(control("stock", "acme.stock").into()),
        Object::UserGroup(group("pickers", vec![granted("orders", &["zone:North"])]).into()),
        Object::UserGroup(group("keepers", vec![granted("stock", &[])]).into()),
        Object::UserGroup(group("nobody", Vec::new()).into()),
    ];
    objects.iter().for_each(|object| world.state.put(object));
    join(world, "nor", "pickers");
}

/// Puts a user into a group.
pub fn join(world: &mut World, user: &str, group: &str) {
    let user = world.acme_state().users.get(user).expect("the user is there").clone();
    let mut more = user.more().clone();
    more.groups.push(Membership { group: id(group), bounds: Bounds::ALWAYS });
    more.groups.sort();
    world.state.put(&Object::User(user.with_more(more).into()));
}
