//! Applications (the APP rules, AG-36): registering, roles, rights, keys, and what they reach.

use bailiwick_policy::access::Class;
use bailiwick_policy::command::*;
use bailiwick_policy::decision::{Context, Decision, Obligations, Reason, Request, Subject};
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::platform::{Platform, PrivilegeKind};
use bailiwick_policy::reference;
use bailiwick_policy::whoami::{Who, WhoAmI, whoami};

use crate::world::*;

pub const HOUR: u64 = 60 * 60 * 1_000;
pub const DAY: u64 = 24 * HOUR;
const DEFAULT_ROLE: &str = "ora.advancedApplicationPlusExtensionsRole";

/// Registers an application of type application: with roles, or without any said.
pub fn register(name: &str, roles: Option<&[&str]>) -> Command {
    register_as(name, ApplicationType::Application, roles)
}

fn register_as(name: &str, kind: ApplicationType, roles: Option<&[&str]>) -> Command {
    let roles = roles.map(|roles| roles.iter().map(|role| Assign::new(*role)).collect());
    Command::RegisterApplication { org: id("acme"), id: id(name), name: id(name), kind, roles, scopes: Vec::new(), group: None, source: None, external: false, key: None }
}

pub fn roles(application: &str, verb: Verb, roles: &[&str]) -> Command {
    let roles = roles.iter().map(|role| Assign::new(*role)).collect();
    Command::AssignRoles { org: id("acme"), application: id(application), verb, roles }
}

pub fn user_roles(user: &str, roles: &[&str]) -> Command {
    let roles = roles.iter().map(|role| Assign::new(*role)).collect();
    Command::AssignUserRoles { org: id("acme"), user: id(user), verb: Verb::Add, roles }
}

pub fn create_role(role: &str, rights: &[&str]) -> Command {
    let rights = rights.iter().map(|right| id(right)).collect();
    Command::CreateRole { org: id("acme"), id: id(role), name: id(role), description: "".into(), rights }
}

pub fn edit_role(role: &str, verb: Verb, rights: &[&str]) -> Command {
    let rights = rights.iter().map(|right| id(right)).collect();
    Command::EditRole { org: id("acme"), role: role.into(), name: None, description: None, verb, rights }
}

/// A new key whose credential is `key-BYTE`.
pub fn rotate(application: &str, byte: u8, lasts_ms: Option<u64>, overlap_ms: Option<u64>) -> Command {
    let key = NewKey { id: id(&format!("key-{byte}")), secret: secret(byte), lasts_ms };
    Command::RotateKey { org: id("acme"), application: id(application), key, overlap_ms }
}

pub fn break_glass(stores: &[&str], group: &str, lasts_ms: u64) -> Command {
    Command::BreakGlass { org: id("acme"), stores: stores.iter().map(|store| id(store)).collect(), group: group.into(), lasts_ms }
}

/// The catalogue in force, changed, as its next version.
pub fn set_platform(world: &World, change: impl FnOnce(&mut Platform)) -> Command {
    let mut platform = Platform::clone(&world.state.platform);
    platform.version += 1;
    change(&mut platform);
    Command::SetPlatform { platform: Box::new(platform) }
}

/// What an application or a user of acme is answered.
#[track_caller]
fn decision(world: &World, subject: &str, call: &str, body_type: Option<&str>) -> Decision {
    let (method, path) = call.split_once(' ').expect("METHOD PATH");
    let subject = Subject::parse(subject).expect("a subject");
    let request = Request { context: Context { body_type, ..Context::default() }, ..Request::call("acme", subject, method, path) };
    reference::decide(&world.state, &request)
}

#[track_caller]
pub fn may(world: &World, subject: &str, call: &str) -> Reason {
    decision(world, subject, call, None).reason
}

fn application<'a>(world: &'a World, name: &str) -> &'a Application {
    world.acme_state().applications.get(name).expect("the application is there")
}

fn held(world: &World, name: &str) -> Vec<String> {
    application(world, name).roles.iter().map(|grant| grant.role.to_string()).collect()
}

/// Who somebody is, and through the wire and back.
#[track_caller]
fn who(world: &World, subject: &str) -> WhoAmI {
    let told = whoami(&world.state, &id("acme"), Subject::parse(subject).expect("a subject")).expect("somebody");
    let bytes = rmp_serde::to_vec_named(&told).expect("serialises");
    assert_eq!(rmp_serde::from_slice::<WhoAmI>(&bytes).expect("reads"), told);
    told
}

#[test]
fn app_1_app_13_without_roles_an_application_has_the_default_role_and_inert_ones() {
    let mut world = World::acme();
    world.ok(register("crm", None));
    assert_eq!(held(&world, "crm"), [DEFAULT_ROLE]);
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/orders"), Reason::PermitPrivilege);
    // The internal ones are listed and flagged, and grant nothing: administrators reach this, and it doesn't.
    assert!(application(&world, "crm").inert_roles.iter().any(|role| role.as_str() == "administrator"));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/adminRoles"), Reason::PrivilegeMissing);
    let told = who(&world, "application:crm");
    let inert: Vec<bool> = told.roles.iter().map(|role| role.inert).collect();
    assert_eq!(inert, [false, true, true, true, true, true, true]);
    assert!(told.roles.iter().filter(|role| role.inert).flat_map(|role| &role.rights).all(|right| !right.in_force));
}

#[test]
fn app_12_with_roles_an_application_has_exactly_those_and_a_key_of_its_own() {
    let mut world = World::acme();
    world.ok(create_role("Sites", &["endpoint.ccadmin.getSites"]));
    let Command::RegisterApplication { org, id: name, name: shown, kind, roles, scopes, group, source, external, .. } = register("crm", Some(&["sites"])) else {
        unreachable!("a registration")
    };
    let key = Some(NewKey { id: id("crm-key"), secret: secret(70), lasts_ms: Some(30 * DAY) });
    let done = world.ok_row(Command::RegisterApplication { org, id: name, name: shown, kind, roles, scopes, group, source, external, key });
    assert_eq!(held(&world, "crm"), ["Sites"], "a role is found by its name too");
    assert!(application(&world, "crm").inert_roles.is_empty());
    let key = world.state.credentials.get("crm-key").expect("its key");
    assert_eq!(key.secret, secret(70), "the hash is kept, and nothing else came");
    assert_eq!(key.bounds.not_after, Some(Tick(done.at.0 + 30 * DAY)));
    assert_eq!(key.kind, CredentialKind::Application { org: id("acme"), application: id("crm") });
    assert_eq!(application(&world, "crm").meta.created_at, done.at);
    assert_eq!(world.viewer("crm-key").label.as_ref(), "crm");
}

#[test]
fn app_13_an_org_may_want_no_roles_at_registration() {
    let mut world = World::acme();
    world.ok(Command::EditSettings { org: id("acme"), contact: Field::Keep, least_privilege_registration: Some(true), approval_required: None });
    let done = world.ok(register("crm", None));
    assert!(held(&world, "crm").is_empty() && application(&world, "crm").inert_roles.is_empty());
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/orders"), Reason::PrivilegeMissing);
    assert!(done.warnings[0].contains("denied everything"), "{:?}", done.warnings);
}

#[test]
fn app_2_the_advanced_privilege_reaches_all_but_four_families() {
    let mut world = World::acme();
    world.ok(register("crm", Some(&["ora.advancedApplicationPrivilege"])));
    for call in ["GET /ccadmin/v1/products/p1", "POST /ccadmin/v1/extensions", "PUT /ccadmin/v1/promotions/x", "GET /ccadmin/v1/webhooks"] {
        assert_eq!(may(&world, "application:crm", call), Reason::PermitPrivilege, "{call}");
    }
    for call in ["GET /ccadmin/v1/adminRoles", "PUT /ccadmin/v1/adminProfiles/x", "GET /ccadmin/v1/adminAccessRights", "GET /ccadmin/v1/applicationIds?type=extension"] {
        assert_eq!(may(&world, "application:crm", call), Reason::PrivilegeMissing, "{call}");
    }
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/nothing"), Reason::EndpointUnknown);
}

#[test]
fn app_3_app_4_registrations_are_reached_for_extensions_only() {
    let mut world = World::acme();
    world.ok(register("crm", None));
    world.ok(register("erp", Some(&[])));
    world.ok(register_as("banner", ApplicationType::Extension, Some(&[])));
    let crm = |call: &str, body: Option<&str>| decision(&world, "application:crm", call, body).reason;
    assert_eq!(crm("GET /ccadmin/v1/applicationIds?type=extension", None), Reason::PermitPrivilege);
    assert_eq!(crm("POST /ccadmin/v1/applicationIds", Some("extension")), Reason::PermitPrivilege);
    // The stored object's type comes before what the call says.
    assert_eq!(crm("GET /ccadmin/v1/applicationIds/banner?type=application", Some("application")), Reason::PermitPrivilege);
    for (call, body) in [
        ("GET /ccadmin/v1/applicationIds?type=application", None),
        ("GET /ccadmin/v1/applicationIds", None),
        ("GET /ccadmin/v1/applicationIds?type=widget", None),
        ("GET /ccadmin/v1/applicationIds?type=extension&type=extension", None),
        ("POST /ccadmin/v1/applicationIds?type=extension", Some("application")),
        ("PUT /ccadmin/v1/applicationIds/erp?type=extension", Some("extension")),
        ("DELETE /ccadmin/v1/applicationIds/unknown", None),
    ] {
        assert_eq!(crm(call, body), Reason::ForbiddenToApplications, "{call}");
    }
    // Whatever an application holds; and whoever lacks the privilege is refused for that.
    assert_eq!(may(&world, "application:erp", "GET /ccadmin/v1/applicationIds?type=extension"), Reason::PrivilegeMissing);
    assert_eq!(may(&world, "application:erp", "GET /ccadmin/v1/applicationIds?type=application"), Reason::ForbiddenToApplications);
}

#[test]
fn app_4_the_type_of_an_application_never_changes() {
    let mut world = World::acme();
    world.ok(register_as("banner", ApplicationType::Extension, None));
    let row = world.ok_row(Command::EditApplication {
        org: id("acme"),
        application: id("banner"),
        name: Some(id("Banner 2")),
        group: Field::Keep,
        scopes: None,
        source: Field::To("the shop".into()),
        external: Some(true),
    });
    let now = application(&world, "banner");
    assert_eq!((now.kind, now.source.as_deref(), now.external, now.name.as_str()), (ApplicationType::Extension, Some("the shop"), true, "Banner 2"));
    // No undoing changes it either.
    let Command::Revert { of, mut changes } = undo(&row) else { unreachable!("an undoing") };
    if let Some(Object::Application(forged)) = &mut changes[0].after {
        std::sync::Arc::make_mut(forged).kind = ApplicationType::Application;
    }
    assert_eq!(world.no(Command::Revert { of, changes }), RejectionCode::WrongKind);
    world.ok(undo(&row));
    assert_eq!(application(&world, "banner").source, None);
}

#[test]
fn app_5_users_hold_predefined_internal_roles_only() {
    let mut world = World::acme();
    world.ok(create_role("Sites", &["endpoint.ccadmin.getSites"]));
    let bob = UserRow { name: Some(id("Bob")), places: Field::To(vec![bailiwick_policy::place::Place::Org]), ..UserRow::new(id("bob")) };
    world.ok(Command::PutUsers { org: id("acme"), mode: PutMode::Create, rows: vec![bob] });
    assert_eq!(may(&world, "user:bob", "GET /ccadmin/v1/orders"), Reason::PrivilegeMissing);
    for role in [DEFAULT_ROLE, "ora.extensionsPrivilege", "endpoint.ccadmin.getSites", "Sites"] {
        assert_eq!(world.no(user_roles("bob", &["csAgent", role])), RejectionCode::ApplicationOnlyPrivilege, "{role}");
    }
    assert!(who(&world, "user:bob").roles.is_empty(), "a refusal gives none of them");
    world.ok(user_roles("bob", &["CS Agent"]));
    assert_eq!(may(&world, "user:bob", "GET /ccadmin/v1/orders"), Reason::PermitPrivilege);
    assert_eq!(may(&world, "user:bob", "POST /ccadmin/v1/orders/1/refund"), Reason::PrivilegeMissing);
    let told = who(&world, "user:bob");
    assert_eq!(told.roles[0].rights[0].kind, Some(PrivilegeKind::Internal));
    // An internal role opens what is closed to every application.
    world.ok(user_roles("bob", &["administrator"]));
    assert_eq!(may(&world, "user:bob", "GET /ccadmin/v1/applicationIds?type=application"), Reason::PermitPrivilege);
}

#[test]
fn app_6_endpoint_privileges_are_predefined() {
    let mut world = World::acme();
    let rejection = world.rejection(Command::CreateEndpointPrivilege { org: id("acme"), id: id("endpoint.ccadmin.getSites") });
    assert_eq!((rejection.code, rejection.count), (RejectionCode::EndpointPrivilegeReadonly, 8));
    // The org's own endpoints win over the platform's beneath.
    world.ok(register("crm", None));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/sites/s1"), Reason::PermitPrivilege);
    world.ok(endpoints(&[("GET", "/ccadmin/v1/sites/{site}", "Store", Class::Data)]));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/sites/s1"), Reason::NoAccessGroup);
    assert_eq!(may(&world, "till:north-1/t1", "GET /ccadmin/v1/sites/s1"), Reason::PermitDefaultGroup);
}

#[test]
fn app_7_app_8_app_9_an_endpoint_privilege_opens_its_endpoint_and_leaves_out_card_data() {
    let mut world = World::acme();
    world.ok(create_role("Export", &["endpoint.ccadmin.executeExport"]));
    world.ok(register("export", Some(&["Export"])));
    world.ok(register("all", None));
    world.ok(register("both", Some(&["Export", DEFAULT_ROLE])));
    let calls = |name: &str| decision(&world, name, "POST /ccadmin/v1/exportProcess", None);
    // APP-7: whatever else is held; APP-8: without it, by a functional privilege.
    assert_eq!(calls("application:export").reason, Reason::PermitEndpointPrivilege);
    assert_eq!(calls("application:both").reason, Reason::PermitEndpointPrivilege);
    assert_eq!(calls("application:all").reason, Reason::PermitPrivilege);
    assert_eq!(may(&world, "application:export", "GET /ccadmin/v1/exportProcess/t1"), Reason::PrivilegeMissing);
    // APP-9: by either way.
    for name in ["application:export", "application:both", "application:all"] {
        assert_eq!(calls(name).obligations, Obligations::OMIT_PCI, "{name}");
    }
    assert_eq!(decision(&world, "application:all", "GET /ccadmin/v1/orders", None).obligations, Obligations::empty());
    assert_eq!(decision(&world, "user:ann", "POST /ccadmin/v1/exportProcess", None).obligations, Obligations::empty(), "people see it");
}

#[test]
fn app_10_app_11_custom_roles_hold_rights_of_either_kind() {
    let mut world = World::acme();
    world.ok(create_role("Mixed", &["ora.extensionsPrivilege", "endpoint.ccadmin.getSite", "endpoint.ccadmin.getSite"]));
    world.ok(create_role("Items", &["endpoint.ccadmin.getItemType"]));
    world.ok(register("crm", Some(&["Mixed", "Items"])));
    for (call, reason) in [
        ("GET /ccadmin/v1/sites/s1", Reason::PermitEndpointPrivilege),
        ("GET /ccadmin/v1/itemTypes/i1", Reason::PermitEndpointPrivilege),
        ("GET /ccadmin/v1/applicationIds?type=extension", Reason::PermitPrivilege),
        ("GET /ccadmin/v1/sites", Reason::PrivilegeMissing),
    ] {
        assert_eq!(may(&world, "application:crm", call), reason, "{call}");
    }
    // Editing a role reaches everybody who has it.
    world.ok(edit_role("items", Verb::Add, &["endpoint.ccadmin.getSites"]));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/sites"), Reason::PermitEndpointPrivilege);
    world.ok(edit_role("Items", Verb::Remove, &["endpoint.ccadmin.getItemType"]));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/itemTypes/i1"), Reason::PrivilegeMissing);
    world.ok(Command::EditRole { org: id("acme"), role: "Items".into(), name: Some(id("Site list")), description: None, verb: Verb::Add, rights: Vec::new() });
    let items = world.acme_state().roles.get("Items").expect("the role");
    assert_eq!((items.name.as_str(), items.rights.len()), ("Site list", 1), "a new name leaves the rights alone");
    // APP-11.
    assert_eq!(world.no(create_role("Other", &["endpoint.ccadmin.nope"])), RejectionCode::RightUnknown);
    assert_eq!(world.no(create_role("Items", &[])), RejectionCode::RoleExists);
    assert_eq!(world.no(create_role(DEFAULT_ROLE, &[])), RejectionCode::RoleExists);
}

#[test]
fn app_14_app_15_app_16_verbs_are_explicit_and_each_drops_what_grants_nothing() {
    let mut world = World::acme();
    world.ok(create_role("A", &[]));
    world.ok(create_role("B", &[]));
    world.ok(register("crm", None));
    // APP-15: any later assignment.
    world.ok(roles("crm", Verb::Add, &["A"]));
    assert_eq!(held(&world, "crm"), ["A", DEFAULT_ROLE]);
    assert!(application(&world, "crm").inert_roles.is_empty());
    world.ok(roles("crm", Verb::Remove, &[DEFAULT_ROLE]));
    assert_eq!(held(&world, "crm"), ["A"]);
    // APP-14: setting replaces all, and says what it takes away.
    let done = world.ok(roles("crm", Verb::Set, &["B"]));
    assert_eq!(held(&world, "crm"), ["B"]);
    assert_eq!(done.warnings[0].as_ref(), "setting the roles takes away: A");
    // APP-16: an unknown role changes nothing, the known ones beside it too.
    assert_eq!(world.no(roles("crm", Verb::Set, &["A", "nope"])), RejectionCode::RoleUnknown);
    assert_eq!(held(&world, "crm"), ["B"]);
    assert!(!world.ok(roles("crm", Verb::Add, &["B"])).changed, "adding twice is as once");
    // None denies everything.
    world.ok(roles("crm", Verb::Set, &[]));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/orders"), Reason::PrivilegeMissing);
    world.ok(register("none", Some(&[])));
    assert!(held(&world, "none").is_empty() && application(&world, "none").inert_roles.is_empty());
}

/// That verb drops the inert ones, also where it changes nothing else (APP-15).
#[test]
fn app_15_an_assignment_that_changes_no_role_drops_the_inert_ones() {
    let mut world = World::acme();
    world.ok(register("crm", None));
    let row = world.ok_row(roles("crm", Verb::Add, &[DEFAULT_ROLE]));
    assert!(application(&world, "crm").inert_roles.is_empty());
    world.ok(undo(&row));
    assert!(!application(&world, "crm").inert_roles.is_empty(), "undone, they are back");
}

#[test]
fn app_17_whoami_tells_what_is_held_and_by_which_way() {
    let mut world = World::acme();
    world.ok(create_role("Sites", &["endpoint.ccadmin.getSites"]));
    world.ok(Command::RegisterApplication {
        org: id("acme"),
        id: id("crm"),
        name: id("CRM"),
        kind: ApplicationType::Application,
        roles: Some(vec![Assign::new("Sites")]),
        scopes: vec![id("order.order_manage")],
        group: Some("POS".into()),
        source: None,
        external: false,
        key: Some(NewKey { id: id("crm-key"), secret: secret(70), lasts_ms: None }),
    });
    let told = who(&world, "application:crm");
    assert!(matches!(&told.who, Who::Application { keys, .. } if keys.len() == 1 && keys[0].in_force));
    assert!(told.roles[0].rights.iter().all(|right| right.in_force && right.kind == Some(PrivilegeKind::Endpoint)));
    let scopes: Vec<(&str, Option<&str>)> =
        told.scopes.iter().map(|held| (held.scope.as_str(), held.implied_by.as_ref().map(|by| by.as_str()))).collect();
    // AC-6, AC-12: what is included is told as included.
    assert!(scopes.contains(&("order.order_manage", None)) && scopes.contains(&("order.order_read", Some("order.order_manage"))), "{scopes:?}");
    assert_eq!(scopes.len(), 4);
    assert_eq!(told.access_group.as_ref().map(|group| group.group.as_str()), Some("POS"));
    assert!(whoami(&world.state, &id("acme"), Subject::Till("north-1/t1")).is_none());
    assert!(whoami(&world.state, &id("acme"), Subject::Application("nobody")).is_none());
}

#[test]
fn app_18_an_application_is_narrowed_by_a_custom_role_without_the_default() {
    let mut world = World::acme();
    world.ok(register("crm", None));
    world.ok(create_role("Promotions", &["endpoint.ccadmin.listPromotions"]));
    world.ok(roles("crm", Verb::Add, &["Promotions"]));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/products"), Reason::PermitPrivilege);
    world.ok(roles("crm", Verb::Remove, &[DEFAULT_ROLE]));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/promotions"), Reason::PermitEndpointPrivilege);
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/products"), Reason::PrivilegeMissing);
}

#[test]
fn app_19_rotating_a_key_revokes_the_older_or_lets_them_overlap() {
    let mut world = World::acme();
    world.ok(register("crm", Some(&[])));
    world.ok(rotate("crm", 60, Some(DAY), None));
    world.ok(rotate("crm", 61, Some(366 * DAY), None));
    let key = |world: &World, name: &str| world.state.credentials.get(name).expect("the key").clone();
    assert!(key(&world, "key-60").revoked && !key(&world, "key-61").revoked);
    let at = world.ok_row(rotate("crm", 62, None, Some(HOUR))).at;
    assert_eq!(key(&world, "key-61").bounds.not_after, Some(Tick(at.0 + HOUR)), "it ends when the overlap does");
    assert_eq!(key(&world, "key-62").bounds.not_after, None);
    let keys = |world: &World| ["key-60", "key-61", "key-62"].map(|name| bailiwick_policy::view::Viewer::of_credential(&world.state, &id(name)).is_some());
    assert_eq!(keys(&world), [false, true, true]);
    // An older key that ends before the overlap does isn't given longer.
    world.ok(rotate("crm", 63, None, Some(2 * HOUR)));
    assert_eq!(key(&world, "key-61").bounds.not_after, Some(Tick(at.0 + HOUR)));
    let row = world.ok_row(rotate("crm", 64, None, None));
    assert_eq!(row.changes.len(), 4, "all that still let in are revoked in the one entry");
    assert_eq!(world.no(undo(&row)), RejectionCode::NotUndoable);
}

#[test]
fn app_20_predefined_roles_stay_as_they_are() {
    let mut world = World::acme();
    for role in ["csAgent", "ora.extensionsPrivilege", DEFAULT_ROLE] {
        assert_eq!(world.no(edit_role(role, Verb::Set, &[])), RejectionCode::BuiltinImmutable);
        assert_eq!(world.no(remove(ObjectId::Role(id("acme"), id(role)))), RejectionCode::BuiltinImmutable);
    }
}

#[test]
fn a_role_that_is_assigned_goes_by_force_from_everybody_in_one_entry() {
    let mut world = World::acme();
    world.ok(create_role("Sites", &["endpoint.ccadmin.getSites"]));
    world.ok(register("crm", Some(&["Sites"])));
    world.ok(register("erp", Some(&["Sites", DEFAULT_ROLE])));
    let target = ObjectId::Role(id("acme"), id("Sites"));
    let rejection = world.rejection(remove(target.clone()));
    assert_eq!((rejection.code, rejection.count), (RejectionCode::RoleAssigned, 2));
    let before = content(&world.state);
    let row = world.ok_row(Command::Remove { target, force: true });
    assert_eq!(held(&world, "crm"), Vec::<String>::new());
    assert_eq!(held(&world, "erp"), [DEFAULT_ROLE]);
    assert_eq!(world.no(create_role("Sites", &[])), RejectionCode::IdRetired);
    world.ok(undo(&row));
    assert_eq!(content(&world.state), before);
}

#[test]
fn a_removed_application_lets_nobody_in_and_its_id_never_comes_back() {
    let mut world = World::acme();
    world.ok(register("crm", None));
    world.ok(rotate("crm", 60, None, None));
    world.viewer("key-60");
    world.ok(remove(ObjectId::Application(id("acme"), id("crm"))));
    assert!(bailiwick_policy::view::Viewer::of_credential(&world.state, &id("key-60")).is_none());
    assert!(world.state.credentials.get("key-60").is_some_and(|key| key.revoked));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/orders"), Reason::SubjectUnknown);
    assert_eq!(world.no(register("crm", None)), RejectionCode::IdRetired);
    // Its registration is undone only while no key lets in.
    let row = world.ok_row(register("erp", None));
    world.ok(rotate("erp", 61, None, None));
    assert_eq!(world.no(undo(&row)), RejectionCode::NotUndoable);
    world.ok(revoke("key-61"));
    world.ok(undo(&row));
    assert!(world.acme_state().applications.get("erp").is_none());
}

#[test]
fn ag_38_an_application_is_suspended_at_once() {
    let mut world = World::acme();
    world.ok(register("crm", None));
    let target = ObjectId::Application(id("acme"), id("crm"));
    world.ok(suspend(target.clone()));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/orders"), Reason::SubjectInactive);
    world.ok(resume(target));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/orders"), Reason::PermitPrivilege);
}

#[test]
fn ag_36_an_application_has_a_group_of_its_own_that_is_not_the_stores() {
    let mut world = World::acme();
    let with_group = |name: &str, roles: &[&str], group: Option<&str>| {
        let mut command = register(name, Some(roles));
        if let Command::RegisterApplication { group: of, .. } = &mut command {
            *of = group.map(GroupRef::from);
        }
        command
    };
    assert!(world.ok(with_group("kiosk", &[], Some("POS"))).warnings.is_empty());
    world.ok(with_group("bare", &[], None));
    // Its own group; the store's, which is POS by default, neither widens nor narrows.
    assert_eq!(may(&world, "application:kiosk", "POST /v2/customers"), Reason::PermitGroup);
    assert_eq!(may(&world, "application:kiosk", "GET /v2/webhooks"), Reason::ResourceNone);
    assert_eq!(may(&world, "application:bare", "POST /v2/customers"), Reason::NoAccessGroup);
    let at = |name: &'static str, call: &str, place: &'static str| {
        let (method, path) = call.split_once(' ').expect("METHOD PATH");
        let context = Context { place: Some(place), ..Context::default() };
        reference::decide(&world.state, &Request { context, ..Request::call("acme", Subject::Application(name), method, path) }).reason
    };
    // The call is attributed to a till or a store, which must be known and active.
    assert_eq!(at("kiosk", "POST /v2/customers", "till:north-1/t1"), Reason::PermitGroup);
    assert_eq!(at("bare", "POST /v2/customers", "till:north-1/t1"), Reason::NoAccessGroup);
    assert_eq!(at("kiosk", "POST /v2/customers", "till:north-1/t9"), Reason::TillUnknown);
    // A group never narrows what roles reach; registering says so while the default role is held.
    let done = world.ok(with_group("wide", &[DEFAULT_ROLE], Some("POS")));
    assert!(done.warnings[0].contains("doesn't narrow"), "{:?}", done.warnings);
    assert_eq!(may(&world, "application:wide", "GET /ccadmin/v1/orders"), Reason::PermitPrivilege);
    // And the group doesn't apply to the till.
    assert_eq!(may(&world, "till:north-1/t1", "GET /v2/webhooks"), Reason::ResourceNone);
}

#[test]
fn ag_27_a_group_that_an_application_has_is_allocated() {
    let mut world = World::acme();
    world.ok(create_group("Kiosk", &[("Customer", "R")]));
    world.ok(register("crm", Some(&[])));
    let group = |group: Field<GroupRef>| Command::EditApplication {
        org: id("acme"),
        application: id("crm"),
        name: None,
        group,
        scopes: None,
        source: Field::Keep,
        external: None,
    };
    world.ok(group(Field::To("Kiosk".into())));
    let rejection = world.rejection(deactivate("Kiosk"));
    assert_eq!((rejection.code, rejection.examples[0].as_ref()), (RejectionCode::GroupAllocated, "application:crm"));
    world.ok(group(Field::Clear));
    world.ok(deactivate("Kiosk"));
    assert_eq!(world.no(group(Field::To("Kiosk".into()))), RejectionCode::GroupInactive);
}
