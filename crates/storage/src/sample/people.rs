//! Samples of what came with scopes, people and applications.

use std::sync::Arc;

use bailiwick_policy::access::{Class, Grant, Levels};
use bailiwick_policy::command::{Assign, Command, Field, NewKey, PutMode, UserRow, Verb};
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::permission::{Action, Actions, ModuleGrant, Permission};
use bailiwick_policy::place::{Bounds, Place, PlaceLevel};
use bailiwick_policy::platform::*;

use super::{id, meta};

const PROFILE: &str = "Member Care/Customer Profile";

fn org() -> OrgCode {
    id("acme")
}

pub(super) fn bounds(from: u64) -> Bounds {
    Bounds { not_before: Some(Tick(from)), not_after: Some(Tick(from + 60_000)) }
}

pub(super) fn routes() -> Routes {
    Routes {
        open: false,
        scopes: vec![id("order.order_manage"), id("order.order_read")],
        all_scopes: true,
        permissions: vec![Permission { module: id(PROFILE), action: Action::Approval }],
        instance: true,
    }
}

pub(super) fn more() -> UserMore {
    UserMore {
        email: Some("Ann@example.com".into()),
        audience: Audience::Customer,
        places: vec![Place::Zone(id("north")), Place::Store(id("north-7"))],
        designation: Some(Designation { name: "Store manager".into(), level: PlaceLevel::Store }),
        groups: vec![Membership { group: id("pickers"), bounds: Bounds::ALWAYS }],
        sets: vec![SetGrant { set: id("care"), places: vec![Place::Org, Place::Concept(id("express"))], bounds: bounds(1_700_000_100_000) }],
        roles: vec![RoleGrant { role: id("reporting"), bounds: Bounds { not_before: None, not_after: Some(Tick(1_700_000_200_000)) } }],
        profile: Profile { title: Some("Dr".into()), first: Some("Ann".into()), middle: None, last: Some("Onymous".into()), mobile: None },
    }
}

fn grants() -> Vec<ModuleGrant> {
    vec![ModuleGrant { module: id(PROFILE), actions: Actions::V | Actions::A }]
}

/// One of each kind, with the name of its golden file.
pub(super) fn objects() -> Vec<(&'static str, Object)> {
    vec![
        ("object-scope-v1", Object::Scope(Arc::new(Scope { org: org(), id: id("audit.read all"), description: "with a blank".into(), own: true, meta: meta() }))),
        ("object-entity-v1", Object::Entity(Arc::new(Entity { org: org(), id: id("ticket"), name: id("Ticket"), meta: meta() }))),
        (
            "object-access-control-v1",
            Object::Control(Arc::new(Control {
                org: org(),
                id: id("tickets"),
                name: id("Tickets"),
                description: "who works on them".into(),
                audience: Some(Audience::Employee),
                scopes: Arc::new(vec![id("ticket.ticket_manageOwn"), id("ticket.ticket_read")]),
                meta: meta(),
            })),
        ),
        (
            "object-user-group-v1",
            Object::UserGroup(Arc::new(UserGroup {
                org: org(),
                id: id("pickers"),
                name: id("Pickers"),
                description: "".into(),
                audience: Audience::Employee,
                controls: Arc::new(vec![ControlGrant {
                    control: id("tickets"),
                    places: vec![Place::Zone(id("north"))],
                    bounds: bounds(1_700_000_300_000),
                }]),
                meta: meta(),
            })),
        ),
        (
            "object-permission-set-v1",
            Object::Set(Arc::new(PermissionSet {
                org: org(),
                id: id("care"),
                name: id("Care"),
                description: "profiles".into(),
                grants: Arc::new(grants()),
                meta: meta(),
            })),
        ),
        (
            "object-role-v1",
            Object::Role(Arc::new(Role {
                org: org(),
                id: id("exporter"),
                name: id("Exporter"),
                description: "".into(),
                rights: Arc::new(vec![id("endpoint.ccadmin.executeExport"), id("ora.extensionsPrivilege")]),
                meta: meta(),
            })),
        ),
        (
            "object-application-v1",
            Object::Application(Arc::new(Application {
                org: org(),
                id: id("erp"),
                name: id("ERP"),
                kind: ApplicationType::Application,
                active: true,
                roles: Arc::new(vec![RoleGrant { role: id("exporter"), bounds: Bounds::ALWAYS }]),
                inert_roles: Arc::new(vec![id("catalog")]),
                scopes: Arc::new(vec![id("order.order_read")]),
                group: Some(id("pos")),
                source: Some("market".into()),
                external: true,
                meta: meta(),
            })),
        ),
        (
            "object-break-glass-v1",
            Object::Override(Arc::new(Override {
                org: org(),
                store: id("north-7"),
                group: id("pos"),
                before: Some((id("instore"), true)),
                until: Tick(1_700_000_400_000),
                meta: meta(),
            })),
        ),
        (
            "object-settings-v1",
            Object::Settings(Arc::new(Settings { org: org(), contact: Some("poc@example.com".into()), least_privilege_registration: true, meta: meta(), approval_required: false })),
        ),
        ("object-platform-v1", Object::Platform(Arc::new(platform()))),
        ("object-clock-v1", Object::Clock(Arc::new(Clock { tick: Tick(1_700_000_000_900), meta: meta() }))),
    ]
}

/// Credentials of the kinds that came later.
pub(super) fn credentials() -> Vec<(&'static str, Object)> {
    let credential = |name: &str, kind, bounds| {
        let secret = Secret::TokenHash([u8::try_from(name.len()).unwrap(); 32]);
        Object::Credential(Arc::new(Credential { id: id(name), label: id("made later"), kind, secret, revoked: false, meta: meta(), bounds }))
    };
    let key = CredentialKind::Application { org: org(), application: id("erp") };
    let code = CredentialKind::Invitation { org: org(), user: id("ann") };
    let until = Bounds { not_before: None, not_after: Some(Tick(1_700_000_600_000)) };
    vec![
        ("object-credential-v1-application", credential("erp-key", key, Bounds::ALWAYS)),
        ("object-credential-v1-invitation", credential("come-in-ann", code, until)),
    ]
}

fn platform() -> Platform {
    Platform {
        version: 7,
        groups: vec![BuiltIn {
            id: id("pos"),
            name: id("POS"),
            description: "tills".into(),
            wildcard: false,
            grants: vec![Grant::whole(id("Customer"), Class::Data, Levels::R)],
        }],
        modules: vec![Module { id: id(PROFILE), offered: Actions::V | Actions::C | Actions::E | Actions::D }],
        sets: vec![StandardSet { id: id("explore"), name: id("Explore"), description: "".into(), grants: grants() }],
        scopes: vec![PlatformScope {
            id: id("order.order_manage"),
            domain: id("orders"),
            entity: id("order"),
            level: ScopeLevel::Manage,
            description: "all orders".into(),
            implies: vec![id("order.order_read")],
        }],
        domains: vec![Domain { id: id("orders"), name: id("Orders") }],
        controls: vec![PlatformControl {
            id: id("order-managers"),
            name: id("Order managers"),
            description: "".into(),
            audience: None,
            domain: id("orders"),
            scopes: vec![id("order.order_manage")],
        }],
        default_scopes: vec![(Audience::Employee, vec![id("order.order_read")])],
        privileges: vec![Privilege { id: id("ora.extensionsPrivilege"), description: "extensions".into(), kind: PrivilegeKind::Endpoint }],
        roles: vec![PlatformRole {
            id: id("reporting"),
            name: id("Reporting"),
            description: "".into(),
            rights: vec![id("ora.extensionsPrivilege")],
            internal: true,
        }],
        default_role: Some(id("reporting")),
        inert_roles: vec![id("catalog")],
        endpoints: vec![PlatformEndpoint {
            id: id("GET /ccadmin/v1/sites"),
            template: "/ccadmin/v1/sites".into(),
            endpoint_privilege: Some(id("endpoint.ccadmin.getSites")),
            privileges: vec![id("ora.extensionsPrivilege")],
            by_type: true,
        }],
        meta: meta(),
    }
}

/// Commands with the shapes that came with these: bounds, places, verbs, a whole catalogue.
pub(super) fn commands() -> Vec<Command> {
    let row = UserRow { email: Field::To("ann@example.com".into()), places: Field::To(vec![Place::Org]), ..UserRow::new(id("ann")) };
    vec![
        Command::PutUsers { org: org(), mode: PutMode::Import, rows: vec![row] },
        Command::AssignSets {
            org: org(),
            user: id("ann"),
            verb: Verb::Add,
            sets: vec![Assign { bounds: bounds(1_700_000_100_000), ..Assign::new("care").at(vec![Place::Org]) }],
            permissions: Vec::new(),
        },
        Command::RotateKey {
            org: org(),
            application: id("erp"),
            key: NewKey { id: id("erp-key-2"), secret: Secret::TokenHash([3; 32]), lasts_ms: Some(86_400_000) },
            overlap_ms: Some(60_000),
        },
        Command::EditSettings { org: org(), contact: Field::Clear, least_privilege_registration: None, approval_required: None },
        Command::SetPlatform { platform: Box::new(platform()) },
        Command::Tick { to: Tick(1_700_000_000_900) },
    ]
}
