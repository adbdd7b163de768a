//! Refusals about scopes and controls, users and permission sets, roles and applications.

use std::str::FromStr;

use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::{ApplicationType, Audience, Designation, Secret, UserType};
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::permission::{Action, ModuleGrant, Permission};
use bailiwick_policy::place::{Bounds, Place, PlaceLevel};
use bailiwick_policy::platform::Platform;
use bailiwick_tests::harness::*;

use super::{ORG, owner_credential};
use bailiwick_rpc::token::Token;

/// An admin of the org, by the token given to [`setup`].
pub(super) const ADMIN: &str = "max";

fn all<T: FromStr<Err: std::fmt::Display>>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|text| code(text)).collect()
}

fn user(id: &str, edit: impl FnOnce(UserRow) -> UserRow) -> Command {
    let row = edit(UserRow { name: Some(code(id)), places: Field::To(vec![Place::Org]), ..UserRow::new(code(id)) });
    Command::PutUsers { org: code(ORG), mode: PutMode::Create, rows: vec![row] }
}

fn control(name: &str, scopes: &[&str], audience: Option<Audience>) -> Command {
    Command::CreateControl { org: code(ORG), name: code(name), description: "".into(), audience, scopes: all(scopes) }
}

fn user_group(name: &str, audience: Audience) -> Command {
    Command::CreateUserGroup { org: code(ORG), name: code(name), description: "".into(), audience }
}

fn controls(group: &str, controls: &[&str], users: &[&str]) -> Command {
    let controls = controls.iter().map(|control| Assign::new(*control)).collect();
    Command::AssignControls { org: code(ORG), group: group.into(), verb: Verb::Add, controls, users: all(users) }
}

fn members(group: &str, users: &[&str], applications: &[&str]) -> Command {
    let (users, applications) = (all(users), all(applications));
    Command::AssignMembers { org: code(ORG), group: group.into(), verb: Verb::Add, users, bounds: Bounds::ALWAYS, applications }
}

fn set(name: &str, module: &str, actions: &str) -> Command {
    let grants = vec![ModuleGrant { module: code(module), actions: code(actions) }];
    Command::CreateSet { org: code(ORG), name: code(name), description: "".into(), grants, clone_of: None }
}

fn sets(user: &str, sets: Vec<Assign>) -> Command {
    Command::AssignSets { org: code(ORG), user: code(user), verb: Verb::Add, sets, permissions: Vec::new() }
}

fn basic() -> Assign {
    Assign::new("basic").at(vec![Place::Org])
}

fn role(id: &str, rights: &[&str]) -> Command {
    Command::CreateRole { org: code(ORG), id: code(id), name: code(id), description: "".into(), rights: all(rights) }
}

fn roles(application: &str, roles: Vec<Assign>) -> Command {
    Command::AssignRoles { org: code(ORG), application: code(application), verb: Verb::Add, roles }
}

fn user_roles(roles: Vec<Assign>) -> Command {
    Command::AssignUserRoles { org: code(ORG), user: code("ann"), verb: Verb::Add, roles }
}

fn application(id: &str, roles: &[&str]) -> Command {
    Command::RegisterApplication {
        org: code(ORG),
        id: code(id),
        name: code(id),
        kind: ApplicationType::Application,
        roles: Some(roles.iter().map(|role| Assign::new(*role)).collect()),
        scopes: Vec::new(),
        group: None,
        source: None,
        external: false,
        key: None,
    }
}

fn scope(id: &str) -> Command {
    Command::CreateScope { org: code(ORG), id: code(id), description: "".into(), own: false }
}

fn remove(target: ObjectId) -> Command {
    Command::Remove { target, force: false }
}

/// What is there before.
pub(super) fn setup(admin: &Token) -> Vec<Command> {
    let designated = |row: UserRow| UserRow { designation: Field::To(Designation { name: "Store manager".into(), level: PlaceLevel::Store }), ..row };
    vec![
        scope("notes.all"),
        control("Notes", &["notes.all"], None),
        control("Staff only", &["notes.all"], Some(Audience::Employee)),
        user_group("Writers", Audience::Employee),
        user_group("Partners", Audience::Customer),
        controls("Writers", &["Notes"], &[]),
        user("ann", |row| UserRow { email: Field::To("ann@example.com".into()), ..row }),
        user("dan", designated),
        user(ADMIN, |row| UserRow { user_type: Some(UserType::Admin), ..row }),
        owner_credential("max-1", ADMIN, admin),
        members("Writers", &["ann"], &[]),
        set("Basic", "Loyalty+/Basic", "V"),
        sets("ann", vec![basic()]),
        set("Extra", "Loyalty+/Program", "C"),
        role("sites", &["endpoint.ccadmin.getSites"]),
        application("erp", &["sites"]),
    ]
}

/// Commands of the first operator, and how each is refused.
pub(super) fn cases() -> Vec<(RejectionCode, Command)> {
    use RejectionCode::*;
    let org = || code::<OrgCode>(ORG);
    let bounds = Bounds { not_before: Some(Tick(2)), not_after: Some(Tick(1)) };
    let key = |lasts_ms| NewKey { id: code("erp-9"), secret: Secret::TokenHash([9; 32]), lasts_ms };
    let other_audience = Command::EditControl {
        org: org(),
        control: "Staff only".into(),
        name: None,
        description: None,
        verb: Verb::Add,
        scopes: Vec::new(),
        audience: Some(Audience::Customer),
    };
    let direct = Command::AssignSets {
        org: org(),
        user: code("ann"),
        verb: Verb::Add,
        sets: Vec::new(),
        permissions: vec![Permission { module: code("Loyalty+/Basic"), action: Action::View }],
    };
    vec![
        (ScopeUnknown, control("Others", &["no.such"], None)),
        (ScopeExists, scope("notes.all")),
        (ScopeInUse, remove(ObjectId::Scope(org(), code("notes.all")))),
        (EntityUnknown, remove(ObjectId::Entity(org(), code("nothing")))),
        (ControlUnknown, controls("Writers", &["Nothing"], &[])),
        (ControlAssigned, remove(ObjectId::Control(org(), code("notes")))),
        (ControlEmpty, control("Empty", &[], None)),
        (AudienceMismatch, controls("Partners", &["Staff only"], &[])),
        (AudienceImmutable, other_audience),
        (DirectControlForbidden, controls("Writers", &["Notes"], &["ann"])),
        (MemberForbidden, members("Writers", &[], &["erp"])),
        (UserGroupUnknown, members("Nothing", &["ann"], &[])),
        (UserGroupInUse, remove(ObjectId::UserGroup(org(), code("writers")))),
        (UserExists, user("ann", |row| row)),
        (EmailTaken, user("carl", |row| UserRow { email: Field::To("ANN@example.com".into()), ..row })),
        (EmailInvalid, user("carl", |row| UserRow { email: Field::To("nonsense".into()), ..row })),
        (DirectPermissionForbidden, direct),
        (PlaceRequired, sets("ann", vec![Assign::new("basic")])),
        (PlaceForbidden, roles("erp", vec![Assign::new("sites").at(vec![Place::Org])])),
        (LevelMismatch, sets("dan", vec![basic()])),
        (PermissionUnavailable, set("Journeys", "Campaign/Journeys", "V")),
        (SetUnknown, sets("ann", vec![Assign::new("nothing").at(vec![Place::Org])])),
        (SetAssigned, remove(ObjectId::Set(org(), code("basic")))),
        (BoundsInvalid, sets("ann", vec![Assign { bounds, ..basic() }])),
        (RoleUnknown, roles("erp", vec![Assign::new("nothing")])),
        (RoleExists, role("sites", &[])),
        (RoleAssigned, remove(ObjectId::Role(org(), code("sites")))),
        (RightUnknown, role("odd", &["nothing"])),
        (ApplicationUnknown, roles("nothing", vec![Assign::new("sites")])),
        (ApplicationExists, application("erp", &[])),
        (ApplicationOnlyPrivilege, user_roles(vec![Assign::new("ora.advancedApplicationPlusExtensionsRole")])),
        (InternalOnlyRole, roles("erp", vec![Assign::new("csAgent")])),
        (EndpointPrivilegeReadonly, Command::CreateEndpointPrivilege { org: org(), id: code("endpoint.own") }),
        (KeyLifetime, Command::RotateKey { org: org(), application: code("erp"), key: key(Some(1)), overlap_ms: None }),
        (LifetimeInvalid, Command::Invite { org: org(), user: code("ann"), id: code("come"), secret: Secret::TokenHash([8; 32]), lasts_ms: 0 }),
        (CatalogueInvalid, Command::SetPlatform { platform: Box::new(Platform::default()) }),
        (ReasonRequired, Command::BreakGlass { org: org(), stores: vec![code("s1")], group: "Admin".into(), lasts_ms: 1_000 }),
    ]
}

/// Commands of the admin.
pub(super) fn of_admin() -> Vec<(RejectionCode, Command)> {
    vec![(RejectionCode::OwnerOnly, set("Mine", "Loyalty+/Basic", "V")), (RejectionCode::DelegationExceedsOwn, sets("ann", vec![Assign::new("extra").at(vec![Place::Org])]))]
}
