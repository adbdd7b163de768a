//! Who may run what: one table over every command and every kind of actor, and the ways in that stay open (UM-5, UM-6).

use bailiwick_policy::access::Class;
use bailiwick_policy::command::{Actor, AllocationRow, Command, PutMode};
use bailiwick_policy::ids::*;
use bailiwick_policy::object::{CredentialKind, Object, User};
use bailiwick_policy::outcome::{Outcome, RejectionCode};

use crate::world::*;

/// Every command, about acme, lawful for an operator in `World::acme()`.
fn commands() -> Vec<Command> {
    let gate = CredentialKind::EnforcementPoint { org: id("acme") };
    vec![
        init(),
        create_org("gamma"),
        Command::EditOrg { org: id("acme"), name: id("Acme") },
        default(Some("Admin")),
        suspend(store_id("north-1")),
        resume(acme()),
        zones(&[("de", "")]),
        concepts(&[("outlet", "")]),
        stores(&["late-1"]),
        tills(&[("north-1", "t2")]),
        Command::CreateResource { org: id("acme"), id: id("Card"), description: "".into() },
        endpoints(&[("GET", "/v2/cards", "Card", Class::Data)]),
        remove(ObjectId::Endpoint(id("acme"), id("GET /v2/stores"))),
        create_group("Kiosk", &[]),
        edit_group("Old", &[("Customer", "R")]),
        allocate(&["north-1"], Some("Admin")),
        credential("acme-gate-2", gate, 77),
        revoke("acme-gate"),
        deactivate("Old"),
        reactivate("Old"),
        Command::SetStoresActive { org: id("acme"), stores: vec![id("north-1")], active: false },
        move_till("north-1", "t9", "north-2"),
        Command::PutAllocations { org: id("acme"), rows: vec![AllocationRow { store: id("north-1"), group: Some("Admin".into()) }] },
        undo(&World::acme().ok_row(create_group("Old", &[]))),
        Command::RetireNode { node: 4 },
    ]
}

fn world() -> World {
    let mut world = World::acme();
    world.ok(create_group("Old", &[]));
    world.ok(tills(&[("north-1", "t9")]));
    world
}

/// `yes`, or the identifier of the refusal.
fn verdict(actor: Actor, command: &Command) -> String {
    match world().try_as(actor, command.clone()).outcome {
        Outcome::Committed { .. } => "yes".to_owned(),
        Outcome::Rejected(rejection) => rejection.code.to_string(),
    }
}

#[test]
fn who_may_run_what() {
    let actors = [Actor::System, operator(), by("acme-ann"), by("beta-ann"), by("acme-gate"), by("nobody")];
    let mut table = String::new();
    for command in commands() {
        let row: Vec<String> = actors.iter().map(|actor| verdict(actor.clone(), &command)).collect();
        table += &format!("{}: {}\n", command.name(), row.join(" "));
    }
    // The cluster itself, an operator, acme's owner, beta's owner, acme's enforcement point, an unknown credential.
    assert_eq!(table, "\
cluster init: cluster_initialised forbidden forbidden forbidden forbidden forbidden
org create: forbidden yes forbidden forbidden forbidden credential_refused
org edit: forbidden yes yes org_unknown forbidden credential_refused
default: forbidden yes yes org_unknown forbidden credential_refused
suspend: forbidden yes yes org_unknown forbidden credential_refused
resume: forbidden yes yes org_unknown forbidden credential_refused
import zones: forbidden yes yes org_unknown forbidden credential_refused
import concepts: forbidden yes yes org_unknown forbidden credential_refused
import stores: forbidden yes yes org_unknown forbidden credential_refused
import tills: forbidden yes yes org_unknown forbidden credential_refused
resource create: forbidden yes yes org_unknown forbidden credential_refused
import endpoints: forbidden yes yes org_unknown forbidden credential_refused
endpoint remove: forbidden yes yes org_unknown forbidden credential_refused
access-group create: forbidden yes yes org_unknown forbidden credential_refused
access-group edit: forbidden yes yes org_unknown forbidden credential_refused
allocate: forbidden yes yes org_unknown forbidden credential_refused
credential create: forbidden yes yes org_unknown forbidden credential_refused
credential revoke: forbidden yes yes credential_unknown forbidden credential_refused
access-group deactivate: forbidden yes yes org_unknown forbidden credential_refused
access-group reactivate: forbidden yes yes org_unknown forbidden credential_refused
suspend stores: forbidden yes yes org_unknown forbidden credential_refused
till move: forbidden yes yes org_unknown forbidden credential_refused
import allocations: forbidden yes yes org_unknown forbidden credential_refused
undo: forbidden yes yes org_unknown forbidden credential_refused
cluster remove: forbidden yes forbidden forbidden forbidden credential_refused
");
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
        _of_other_systems => usize::MAX,
    };
    let numbers: Vec<usize> = commands().iter().map(number).collect();
    assert_eq!(numbers, (0..25).collect::<Vec<_>>());
}

/// What a node with a full disk refuses: what makes objects, and nothing that takes away or shuts off.
#[test]
fn what_makes_objects_grows() {
    let grows: Vec<&str> = commands().iter().filter(|command| command.grows()).map(Command::name).collect();
    assert_eq!(
        grows,
        [
            "org create", "import zones", "import concepts", "import stores", "import tills", "resource create", "import endpoints",
            "access-group create", "credential create",
        ]
    );
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

/// No command makes a second user yet, so one is put by hand.
fn with_two_owners() -> World {
    let mut world = World::acme();
    let ann: &User = &world.acme_state().users["ann"];
    let bob = User { id: id("bob"), name: id("Bob"), ..ann.clone() };
    world.state.put(&Object::User(bob.into()));
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
