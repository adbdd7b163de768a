//! Who may run what: one table over every command and every kind of actor, and the ways in that stay open (UM-5, UM-6).

use std::collections::BTreeSet;
use std::sync::Arc;

use bailiwick_policy::access::Class;
use bailiwick_policy::catalogue;
use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::{ApplicationType, Audience, CredentialKind, Meta, Object, Platform, Scope, UserType};
use bailiwick_policy::outcome::{Outcome, RejectionCode};
use bailiwick_policy::place::Bounds;

use crate::people::*;
use crate::world::*;

/// Every command, about acme, lawful for an operator in `people()`; some of them about several kinds of things.
fn commands() -> Vec<(&'static str, Command)> {
    let org = || id::<OrgCode>("acme");
    let gate = CredentialKind::EnforcementPoint { org: org() };
    let user = |user: &str| CredentialKind::User { org: org(), user: id(user) };
    let key = CredentialKind::Application { org: org(), application: id("erp") };
    let text = || -> Arc<str> { "".into() };
    let moved = |store: &str, zone: &str| StoreRow { zone: Field::To(id(zone)), ..store_row(store) };
    let members = |user: &str| Command::AssignMembers {
        org: org(),
        group: "nobody".into(),
        verb: Verb::Add,
        users: vec![id(user)],
        bounds: Bounds::ALWAYS,
        applications: Vec::new(),
    };
    let control = || CONTROL.into();
    let next = {
        let platform = catalogue::authored();
        Platform { version: platform.version + 1, ..platform }
    };
    vec![
        ("cluster init", init()),
        ("org create", create_org("gamma")),
        ("org edit", Command::EditOrg { org: org(), name: id("Acme") }),
        ("default", default(Some("Admin"))),
        ("suspend store north-1", suspend(store_id("north-1"))),
        ("suspend store south-1", suspend(store_id("south-1"))),
        ("suspend store unknown", suspend(store_id("nowhere"))),
        ("suspend user sam", suspend(user_id("sam"))),
        ("suspend application", suspend(ObjectId::Application(org(), id("erp")))),
        ("resume org", resume(acme())),
        ("import zones", zones(&[("de", "")])),
        ("import zones in North", zones(&[("North-b", "North")])),
        ("import concepts", concepts(&[("outlet", "")])),
        ("import stores", stores(&["late-1"])),
        ("import stores in North", put_stores(PutMode::Create, vec![moved("late-1", "North")])),
        ("edit stores north-1", put_stores(PutMode::Edit, vec![StoreRow { name: Some(id("N")), ..StoreRow::new(id("north-1")) }])),
        ("edit stores north-1 to South", put_stores(PutMode::Edit, vec![moved("north-1", "South")])),
        ("import tills", tills(&[("north-1", "t2")])),
        ("resource create", Command::CreateResource { org: org(), id: id("Card"), description: text() }),
        ("import endpoints", endpoints(&[("GET", "/v2/cards", "Card", Class::Data)])),
        ("suspend stores", Command::SetStoresActive { org: org(), stores: vec![id("north-1")], active: false }),
        ("till move", move_till("north-1", "t9", "north-2")),
        ("till move to South", move_till("north-1", "t9", "south-1")),
        ("remove endpoint", remove(ObjectId::Endpoint(org(), id("GET /v2/stores")))),
        ("remove zone North-a", remove(zone_id("North-a"))),
        ("remove store north-2", forced(store_id("north-2"))),
        ("remove set", forced(set_id("care"))),
        ("remove user sam", remove(user_id("sam"))),
        ("remove user sid", remove(user_id("sid"))),
        ("remove user adm", remove(user_id("adm"))),
        ("remove application", remove(ObjectId::Application(org(), id("erp")))),
        ("access-group create", create_group("Kiosk", &[])),
        ("access-group edit", edit_group("Old", &[("Customer", "R")])),
        ("access-group deactivate", deactivate("Old")),
        ("access-group reactivate", reactivate("Old")),
        ("allocate north-1", allocate(&["north-1"], Some("Admin"))),
        ("allocate south-1", allocate(&["south-1"], Some("Admin"))),
        ("allocate north-1 south-1", allocate(&["north-1", "south-1"], Some("Admin"))),
        ("import allocations", Command::PutAllocations { org: org(), rows: vec![AllocationRow { store: id("north-1"), group: Some("Admin".into()) }] }),
        ("break-glass", Command::BreakGlass { org: org(), stores: vec![id("north-1")], group: "Admin".into(), lasts_ms: 60_000 }),
        ("credential create gate", credential("acme-gate-2", gate, 77)),
        ("credential create user sam", credential("acme-sam-2", user("sam"), 77)),
        ("credential create operator", credential("operator-2", CredentialKind::Operator, 77)),
        ("credential create key", credential("erp-key-2", key, 77)),
        ("credential revoke gate", revoke("acme-gate")),
        ("credential revoke sid's", revoke("acme-sid")),
        ("undo access-group create", undo(&World::acme().ok_row(create_group("Old", &[])))),
        ("undo allocate north-2", undone()),
        ("cluster remove", Command::RetireNode { node: 4 }),
        ("create users standard", put_users(PutMode::Create, vec![user_row("new", &["zone:North"])])),
        ("create users admin", put_users(PutMode::Create, vec![typed(UserType::Admin, user_row("new", &["zone:North"]))])),
        ("create users in South", put_users(PutMode::Create, vec![user_row("new", &["zone:South"])])),
        ("edit users sam", put_users(PutMode::Edit, vec![UserRow { name: Some(id("Sam")), ..UserRow::new(id("sam")) }])),
        ("scope create", Command::CreateScope { org: org(), id: id("acme.more"), description: text(), own: false }),
        ("entity create", Command::CreateEntity { org: org(), id: id("gift"), name: id("Gift") }),
        ("access-control create", Command::CreateControl { org: org(), name: id("More"), description: text(), audience: None, scopes: vec![id("order.order_read")] }),
        (
            "access-control edit",
            Command::EditControl { org: org(), control: control(), name: None, description: None, verb: Verb::Add, scopes: vec![id("order.order_read")], audience: None },
        ),
        ("user-group create", Command::CreateUserGroup { org: org(), name: id("More"), description: text(), audience: Audience::Employee }),
        ("user-group edit", Command::EditUserGroup { org: org(), group: "nobody".into(), name: Some(id("All")), description: None }),
        ("user-group controls", Command::AssignControls { org: org(), group: "nobody".into(), verb: Verb::Add, controls: vec![Assign::new(CONTROL)], users: Vec::new() }),
        ("user-group members sam", members("sam")),
        ("user-group members adm", members("adm")),
        ("permission-set create", create_set("New", CARE)),
        ("permission-set edit", edit_set("care", &[("Member Care/Customer Profile", "V")])),
        ("user sets sam care North", give("sam", "care", "zone:North")),
        ("user sets sam care org", give("sam", "care", "org")),
        ("user sets sid care South", give("sid", "care", "zone:South")),
        ("user sets adm care org", give("adm", "care", "org")),
        ("user roles", Command::AssignUserRoles { org: org(), user: id("sam"), verb: Verb::Add, roles: vec![Assign::new("csAgent")] }),
        ("role create", Command::CreateRole { org: org(), id: id("mine"), name: id("Mine"), description: text(), rights: Vec::new() }),
        ("role edit", Command::EditRole { org: org(), role: "own".into(), name: Some(id("Other")), description: None, verb: Verb::Add, rights: Vec::new() }),
        ("endpoint-privilege create", Command::CreateEndpointPrivilege { org: org(), id: id("endpoint.mine") }),
        (
            "application register",
            Command::RegisterApplication {
                org: org(),
                id: id("crm"),
                name: id("CRM"),
                kind: ApplicationType::Application,
                roles: Some(Vec::new()),
                scopes: Vec::new(),
                group: None,
                source: None,
                external: false,
                key: None,
            },
        ),
        (
            "application edit",
            Command::EditApplication { org: org(), application: id("erp"), name: Some(id("E")), group: Field::Keep, scopes: None, source: Field::Keep, external: None },
        ),
        ("application roles", Command::AssignRoles { org: org(), application: id("erp"), verb: Verb::Set, roles: Vec::new() }),
        (
            "application rotate-key",
            Command::RotateKey { org: org(), application: id("erp"), key: NewKey { id: id("erp-key-3"), secret: secret(78), lasts_ms: None }, overlap_ms: None },
        ),
        ("org settings", Command::EditSettings { org: org(), contact: Field::To("a@b.example".into()), least_privilege_registration: None, approval_required: None }),
        ("org settings approval", Command::EditSettings { org: org(), contact: Field::Keep, least_privilege_registration: None, approval_required: Some(true) }),
        ("propose allocate north-1", crate::maker::propose(allocate(&["north-1"], Some("Admin")))),
        ("propose allocate south-1", crate::maker::propose(allocate(&["south-1"], Some("Admin")))),
        ("propose user remove sid", crate::maker::propose(remove(user_id("sid")))),
        ("approve north-2", crate::maker::approve(WAITING)),
        ("decline north-2", crate::maker::decline(WAITING)),
        ("withdraw north-2", crate::maker::withdraw(WAITING)),
        ("user invite sam", invite("sam", "sam-code", 79, 60_000)),
        ("user invite sid", invite("sid", "sid-code-2", 79, 60_000)),
        ("login", redeem("acme-sid-2", 80)),
        ("catalogue apply", Command::SetPlatform { platform: Box::new(next) }),
        ("apply", Command::Apply { org: id("acme"), changes: applied() }),
        ("tick", Command::Tick { to: Tick(START + 500_000) }),
    ]
}

/// A proposal of the desk in the North that waits.
const WAITING: RequestId = RequestId((((START + 100_000) as u128) << 80) | 3);

/// A control that there is by itself, assigned nowhere.
const CONTROL: &str = "stock";

/// What would undo the allocation that `world` begins with.
fn undone() -> Command {
    let mut world = people();
    undo(&world.ok_row(allocate(&["north-2"], Some("Instore"))))
}

fn world() -> World {
    let mut world = people();
    world.ok(allocate(&["north-2"], Some("Instore")));
    world.ok(tills(&[("north-1", "t9")]));
    let proposing = crate::maker::propose(allocate(&["north-2"], Some("Admin")));
    let now = world.now;
    assert!(world.execute(&envelope(WAITING, by("acme-sam"), now, proposing)).row.is_some());
    world.ok(Command::CreateRole { org: id("acme"), id: id("own"), name: id("Own"), description: "".into(), rights: Vec::new() });
    world
}

const ACTORS: [(&str, &str); 13] = [
    ("system", ""),
    ("operator", "operator-1"),
    ("owner", "acme-ann"),
    ("other-owner", "beta-ann"),
    ("admin", "acme-adm"),
    ("admin-north", "acme-nor"),
    ("desk-north", "acme-sam"),
    ("nothing", "acme-sid"),
    ("application", "erp-key"),
    ("gate", "acme-gate"),
    ("invited", "sid-code"),
    ("unknown", "nobody"),
    ("grows", ""),
];

/// `yes`, or the identifier of the refusal.
fn verdict(world: &World, credential: &str, command: &Command) -> String {
    let mut world = world.clone();
    world.now += 1_000;
    let actor = if credential.is_empty() { Actor::System } else { by(credential) };
    let mut envelope = envelope(request(world.now, 5_000), actor, world.now, command.clone());
    envelope.reason = Some("because".into());
    match world.execute(&envelope).outcome {
        Outcome::Committed { .. } => "yes".to_owned(),
        Outcome::Rejected(rejection) => rejection.code.to_string(),
    }
}

/// One row for every command, one column for every actor; the last column says whether a node whose disk is nearly full
/// refuses it. `UPDATE_GOLDEN=1` writes the file anew: read the difference before it is kept.
#[test]
fn who_may_run_what() {
    let world = world();
    let mut table = format!("{:<30}{}\n", "", ACTORS.map(|(name, _)| format!("{name:<28}")).concat().trim_end());
    for (label, command) in commands() {
        let verdicts = ACTORS.map(|(name, credential)| match name {
            "grows" => if command.grows() { "grows" } else { "-" }.to_owned(),
            _actor => verdict(&world, credential, &command),
        });
        table += format!("{label:<30}{}", verdicts.map(|verdict| format!("{verdict:<28}")).concat()).trim_end();
        table.push('\n');
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/authority.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &table).expect("the golden file is written");
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    for (line, kept) in table.lines().zip(golden.lines()) {
        assert_eq!(line, kept);
    }
    assert_eq!(table.lines().count(), golden.lines().count(), "a command has no row in {path}");
}

/// What a document would change: a scope comes.
fn applied() -> Vec<bailiwick_policy::outcome::Change> {
    let scope = Scope { org: id("acme"), id: id("order.applied"), description: "".into(), own: false, meta: Meta::default() };
    vec![bailiwick_policy::outcome::Change { before: None, after: Some(Object::Scope(scope.into())) }]
}

/// Stops the build when a command comes that the table above lacks.
#[test]
fn the_table_has_a_row_for_every_command() {
    let number = |command: &Command| match command {
        Command::InitCluster { .. } => 0,
        Command::CreateOrg { .. } => 1,
        Command::EditOrg { .. } => 2,
        Command::SetDefault { .. } => 3,
        Command::Suspend { .. } => 4,
        Command::Resume { .. } => 5,
        Command::PutZones { .. } => 6,
        Command::PutConcepts { .. } => 7,
        Command::PutStores { .. } => 8,
        Command::PutTills { .. } => 9,
        Command::CreateResource { .. } => 10,
        Command::PutEndpoints { .. } => 11,
        Command::Remove { .. } => 12,
        Command::CreateGroup { .. } => 13,
        Command::EditGroup { .. } => 14,
        Command::Allocate { .. } => 15,
        Command::CreateCredential { .. } => 16,
        Command::RevokeCredential { .. } => 17,
        Command::DeactivateGroup { .. } => 18,
        Command::ReactivateGroup { .. } => 19,
        Command::SetStoresActive { .. } => 20,
        Command::MoveTill { .. } => 21,
        Command::PutAllocations { .. } => 22,
        Command::Revert { .. } => 23,
        Command::RetireNode { .. } => 24,
        Command::PutUsers { .. } => 25,
        Command::CreateScope { .. } => 26,
        Command::CreateEntity { .. } => 27,
        Command::CreateControl { .. } => 28,
        Command::EditControl { .. } => 29,
        Command::CreateUserGroup { .. } => 30,
        Command::EditUserGroup { .. } => 31,
        Command::AssignControls { .. } => 32,
        Command::AssignMembers { .. } => 33,
        Command::CreateSet { .. } => 34,
        Command::EditSet { .. } => 35,
        Command::AssignSets { .. } => 36,
        Command::AssignUserRoles { .. } => 37,
        Command::CreateRole { .. } => 38,
        Command::EditRole { .. } => 39,
        Command::CreateEndpointPrivilege { .. } => 40,
        Command::RegisterApplication { .. } => 41,
        Command::EditApplication { .. } => 42,
        Command::AssignRoles { .. } => 43,
        Command::RotateKey { .. } => 44,
        Command::EditSettings { .. } => 45,
        Command::BreakGlass { .. } => 46,
        Command::Invite { .. } => 47,
        Command::RedeemInvitation { .. } => 48,
        Command::SetPlatform { .. } => 49,
        Command::Tick { .. } => 50,
        Command::Apply { .. } => 51,
        Command::Propose { .. } => 52,
        Command::Approve { .. } => 53,
        Command::Decline { .. } => 54,
        Command::Withdraw { .. } => 55,
    };
    let numbers: BTreeSet<usize> = commands().iter().map(|(_, command)| number(command)).collect();
    assert_eq!(numbers, (0..56).collect());
}

/// To a credential of another org an org is unknown: its refusals are those of an org that isn't there.
#[test]
fn another_orgs_existence_does_not_show() {
    let about = |org: &str| Command::EditOrg { org: id(org), name: id("Mine") };
    let mut world = World::acme();
    let rejections = ["beta", "nobody"].map(|org| world.rejection_as(by("acme-ann"), about(org)));
    assert_eq!(rejections[0].message.replace("beta", "nobody"), *rejections[1].message);
    let revoked = ["beta-gate", "nobody"].map(|name| world.rejection_as(by("acme-ann"), revoke(name)));
    assert_eq!(revoked[0].message.replace("beta-gate", "nobody"), *revoked[1].message);
    // Nor does it show through what the asker claims to have read.
    for (org, revision) in [("beta", 0), ("nobody", 0), ("beta", 7), ("nobody", 7)] {
        let mut envelope = envelope(request(world.now, 1_000 + revision), by("acme-ann"), world.now, about("acme"));
        envelope.reads = vec![(ObjectId::Org(id(org)), Revision(revision))];
        let known = bailiwick_policy::plan::plan(&world.state, &envelope, envelope.proposed_at).is_ok();
        assert_eq!(known, revision == 0, "{org} at {revision}");
    }
}

#[test]
fn an_owner_makes_no_operators_and_no_credentials_of_other_orgs() {
    let mut world = World::acme();
    let beta = CredentialKind::EnforcementPoint { org: id("beta") };
    assert_eq!(world.rejection_as(by("acme-ann"), credential("x", CredentialKind::Operator, 90)).code, RejectionCode::Forbidden);
    assert_eq!(world.rejection_as(by("acme-ann"), credential("x", beta, 90)).code, RejectionCode::OrgUnknown);
    assert_eq!(world.rejection_as(by("acme-ann"), suspend(ObjectId::Cluster)).code, RejectionCode::Forbidden);
    assert_eq!(world.rejection_as(by("acme-ann"), revoke("operator-1")).code, RejectionCode::CredentialUnknown);
}

#[test]
fn a_credential_lets_in_until_it_is_revoked_for_good() {
    let mut world = World::acme();
    world.ok(revoke("acme-ann"));
    assert_eq!(world.rejection_as(by("acme-ann"), create_group("x", &[])).code, RejectionCode::CredentialRefused);
    assert!(!world.ok(revoke("acme-ann")).changed);
    let kind = || CredentialKind::User { org: id("acme"), user: id("ann") };
    assert_eq!(world.no(credential("acme-ann", kind(), 91)), RejectionCode::CredentialExists, "ids are never reused");
    assert_eq!(world.no(credential("acme-ann-2", kind(), 10)), RejectionCode::CredentialExists, "nor are secrets");
    world.ok(credential("acme-ann-2", kind(), 91));
    world.ok_as(by("acme-ann-2"), create_group("x", &[]));
}

#[test]
fn ones_own_last_way_in_stays() {
    let mut world = World::acme();
    assert_eq!(world.no(revoke("operator-1")), RejectionCode::SelfLockout);
    assert_eq!(world.rejection_as(by("acme-ann"), revoke("acme-ann")).code, RejectionCode::SelfLockout);
    world.ok(credential("operator-2", CredentialKind::Operator, 92));
    world.ok(revoke("operator-1"));
    assert_eq!(world.rejection_as(by("operator-2"), revoke("operator-2")).code, RejectionCode::SelfLockout);
}

fn with_two_owners() -> World {
    let mut world = World::acme();
    world.ok(put_users(PutMode::Create, vec![typed(UserType::Owner, user_row("bob", &[]))]));
    world
}

#[test]
fn um_6_the_last_active_owner_stays_whoever_asks() {
    let mut world = with_two_owners();
    world.ok(suspend(user_id("bob")));
    for actor in [operator(), by("acme-ann")] {
        assert_eq!(world.rejection_as(actor, suspend(user_id("ann"))).code, RejectionCode::LastOwner);
    }
    world.ok(resume(user_id("bob")));
    world.ok(suspend(user_id("ann")));
    assert_eq!(world.no(suspend(user_id("bob"))), RejectionCode::LastOwner, "of two demotions one succeeds");
    assert_eq!(world.rejection_as(by("acme-ann"), create_group("x", &[])).code, RejectionCode::CredentialRefused);
    assert_eq!(world.no(suspend(user_id("nobody"))), RejectionCode::UserUnknown);
}

#[test]
fn nobody_suspends_their_own_user() {
    let mut world = with_two_owners();
    assert_eq!(world.rejection_as(by("acme-ann"), suspend(user_id("ann"))).code, RejectionCode::SelfLockout);
    world.ok_as(by("acme-ann"), suspend(user_id("bob")));
}

#[test]
fn the_audit_says_who_what_and_in_which_org() {
    let mut world = World::acme();
    let executed = world.try_as(by("acme-ann"), revoke("acme-gate"));
    let row = executed.row.expect("a row");
    assert_eq!((row.org, &*row.actor_label, &*row.command), (Some(id("acme")), "acme-ann", "credential revoke"));
    assert_eq!(row.revision, world.state.revision);
    assert_eq!(row.changes, executed.changes);
    assert_eq!(world.try_as(operator(), put_stores(PutMode::Import, vec![store_row("north-1")])).row, None, "no change, no row");
    assert_eq!(world.try_as(operator(), init()).row, None);
}
