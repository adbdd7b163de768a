//! Admins, delegation and what one can't do to oneself (UM-3, UM-4).

use bailiwick_policy::command::*;
use bailiwick_policy::decision::Reason;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::outcome::{Change, RejectionCode};
use bailiwick_policy::permission::Action;
use bailiwick_policy::place::{Bounds, Place};
use bailiwick_policy::powers::{Powers, Sub};

use crate::people::*;
use crate::world::*;

const ADMIN: &str = "acme-adm";
const NORTH: &str = "acme-nor";

fn no(world: &mut World, actor: &str, command: Command) -> RejectionCode {
    world.rejection_as(by(actor), command).code
}

#[test]
fn um_3_an_admin_makes_views_and_deletes_standard_users_within_their_places() {
    let mut world = people();
    world.ok_as(by(NORTH), put_users(PutMode::Create, vec![user_row("new", &["zone:North-a", "store:north-1"])]));
    world.ok_as(by(NORTH), give("new", "Care", "store:north-1"));
    assert_eq!(may(&world, "new", "Member Care/Customer Profile:edit", "store:north-1").reason, Reason::PermitSet);
    world.ok_as(by(NORTH), invite("new", "code", 70, 60_000));
    world.ok_as(by(NORTH), remove(user_id("new")));
    // Beyond: other places, other types, and whatever else there is to change on a user.
    assert_eq!(no(&mut world, NORTH, put_users(PutMode::Create, vec![user_row("x", &["org"])])), RejectionCode::DelegationExceedsOwn);
    assert_eq!(no(&mut world, NORTH, put_users(PutMode::Create, vec![customer_row("x")])), RejectionCode::DelegationExceedsOwn);
    for user_type in [UserType::Admin, UserType::Owner] {
        let row = typed(user_type, user_row("x", &["zone:North"]));
        assert_eq!(no(&mut world, NORTH, put_users(PutMode::Create, vec![row])), RejectionCode::OwnerOnly);
    }
    let renamed = UserRow { name: Some(id("Samuel")), ..UserRow::new(id("sam")) };
    for command in [put_users(PutMode::Edit, vec![renamed]), suspend(user_id("sam")), retyped("sam", UserType::Admin)] {
        assert_eq!(no(&mut world, NORTH, command), RejectionCode::OwnerOnly);
    }
}

#[test]
fn um_3_acting_on_an_admin_or_an_owner_is_refused() {
    let mut world = people();
    for target in ["ann", "nor"] {
        // Whom an admin doesn't see isn't there.
        assert_eq!(no(&mut world, ADMIN, give(target, "Care", "org")), RejectionCode::UserUnknown, "{target}");
        assert_eq!(no(&mut world, ADMIN, remove(user_id(target))), RejectionCode::UserUnknown, "{target}");
    }
    // Whom they see by a set is an owner's to change all the same.
    world.ok(create_set("Staff", &[("Administration/Users", "V")]));
    world.ok(give("adm", "Staff", "org"));
    assert_eq!(no(&mut world, ADMIN, give("nor", "Care", "org")), RejectionCode::OwnerOnly);
    // Nor can they reach those elsewhere, and the refusal is as of somebody who isn't there.
    let refusals = ["sid", "who"].map(|user| world.rejection_as(by(NORTH), give(user, "Care", "zone:North")));
    assert_eq!(refusals[0].message.replace("sid", "who"), *refusals[1].message);
}

#[test]
fn um_4_an_admin_hands_on_only_what_they_hold_and_only_there() {
    let mut world = people();
    world.ok_as(by(NORTH), give("sam", "Care", "zone:North-a"));
    world.ok_as(by(NORTH), give("sam", "Desk", "store:north-1"));
    world.ok_as(by(NORTH), put_users(PutMode::Create, vec![user_row("new", &["zone:North"])]));
    let rejection = world.rejection_as(by(NORTH), give("new", "Desk", "store:north-1"));
    assert_eq!(rejection.code, RejectionCode::DelegationExceedsOwn);
    assert!(rejection.examples.iter().any(|example| example.contains("Administration/Stores:edit at store:north-1")), "{rejection}");
    assert_eq!(no(&mut world, NORTH, give("sam", "Care", "org")), RejectionCode::DelegationExceedsOwn, "the entities too");
    assert_eq!(no(&mut world, ADMIN, give("sam", "Care", "zone:North")), RejectionCode::DelegationExceedsOwn, "an admin holds nothing by that");
    // Taking away gives nothing.
    world.ok_as(by(NORTH), assign("sam", Verb::Remove, &[("Desk", &[])]));
}

/// Every route to a subject is judged: a set, a membership, a role, an application's key, an access group.
#[test]
fn um_4_no_route_gives_more_than_is_held() {
    let mut world = people();
    let wide = [
        ("Administration/Applications", "VCE"),
        ("Administration/Roles", "VCE"),
        ("Administration/User groups", "VCE"),
        ("Administration/Access controls", "VCE"),
    ];
    world.ok(create_set("Wide", &wide));
    world.ok(give("adm", "Wide", "org"));
    let held_by = |name: &str| Command::RegisterApplication {
        org: id("acme"),
        id: id(name),
        name: id(name),
        kind: ApplicationType::Application,
        roles: Some(vec![Assign::new("ora.advancedApplicationPlusExtensionsRole")]),
        scopes: Vec::new(),
        group: None,
        source: None,
        external: false,
        key: None,
    };
    let exceeds = RejectionCode::DelegationExceedsOwn;
    assert_eq!(no(&mut world, ADMIN, held_by("crm")), exceeds, "a role");
    let scoped = Command::EditApplication {
        org: id("acme"),
        application: id("erp"),
        name: None,
        group: Field::Keep,
        scopes: Some(vec![id("acme.stock")]),
        source: Field::Keep,
        external: None,
    };
    assert_eq!(no(&mut world, ADMIN, scoped), exceeds, "a scope");
    let grouped = Command::EditApplication {
        org: id("acme"),
        application: id("erp"),
        name: None,
        group: Field::To("Admin".into()),
        scopes: None,
        source: Field::Keep,
        external: None,
    };
    assert_eq!(no(&mut world, ADMIN, grouped), exceeds, "an access group");
    world.ok(held_by("crm"));
    let key = Command::RotateKey { org: id("acme"), application: id("crm"), key: NewKey { id: id("crm-key"), secret: secret(80), lasts_ms: None }, overlap_ms: None };
    assert_eq!(no(&mut world, ADMIN, key), exceeds, "a key");
    let role = Command::AssignUserRoles { org: id("acme"), user: id("sam"), verb: Verb::Add, roles: vec![Assign::new("csAgent")] };
    assert_eq!(no(&mut world, ADMIN, role), exceeds, "an internal role");
    // An invitation gives all that its user has.
    assert_eq!(no(&mut world, ADMIN, invite("sam", "code", 81, 60_000)), exceeds, "an invitation");
    world.ok_as(by(ADMIN), invite("sid", "code", 81, 60_000));
}

/// Undo is a route too: what an owner took away comes back by owners only.
#[test]
fn um_4_undo_gives_no_more_than_is_held() {
    let mut world = people();
    world.ok(give("sam", "Care", "zone:North"));
    let taken = world.ok_row(assign("sam", Verb::Remove, &[("Care", &[])]));
    let desk = world.ok_row(assign("sam", Verb::Remove, &[("Desk", &[])]));
    assert_eq!(no(&mut world, NORTH, undo(&desk)), RejectionCode::DelegationExceedsOwn);
    world.ok(undo(&desk));
    world.ok_as(by(NORTH), undo(&taken));
    let renamed = world.ok_row(put_users(PutMode::Edit, vec![UserRow { name: Some(id("S")), ..UserRow::new(id("sam")) }]));
    assert_eq!(no(&mut world, NORTH, undo(&renamed)), RejectionCode::OwnerOnly);
}

/// Gives by the most general command there is: what undoes something.
fn put(world: &World, after: Object) -> Command {
    let before = world.state.get(&after.id());
    Command::Revert { of: Revision(1), changes: vec![Change { before, after: Some(after) }] }
}

#[test]
fn um_4_membership_gives_what_the_groups_controls_hold() {
    let mut world = people();
    let with_group = |world: &World, user: &str, group: &str| {
        let user = &world.acme_state().users[user];
        let mut more = user.more().clone();
        more.groups = vec![Membership { group: id(group), bounds: Bounds::ALWAYS }];
        put(world, Object::User(user.with_more(more).into()))
    };
    let (pickers, keepers, nobody) = (with_group(&world, "sam", "pickers"), with_group(&world, "sam", "keepers"), with_group(&world, "sam", "nobody"));
    let rejection = world.rejection_as(by(NORTH), keepers);
    assert_eq!((rejection.code, &*rejection.examples[0]), (RejectionCode::DelegationExceedsOwn, "acme.stock at zone:North"));
    assert_eq!(no(&mut world, ADMIN, pickers.clone()), RejectionCode::DelegationExceedsOwn, "who isn't in it can't hand it on");
    world.clone().ok_as(by(ADMIN), nobody);
    world.ok_as(by(NORTH), pickers);
}

#[test]
fn um_4_controls_give_their_scopes_to_those_who_have_them() {
    let mut world = people();
    world.ok(create_set("Groups", &[("Administration/User groups", "VCE"), ("Administration/Access controls", "VCE")]));
    world.ok(give("nor", "Groups", "org"));
    world.ok(put_users(PutMode::Edit, vec![UserRow { places: Field::To(places(&["org"])), ..UserRow::new(id("nor")) }]));
    let granting = |world: &World, control: &str, at: &[&str]| {
        let grant = ControlGrant { control: id(control), places: places(at), bounds: Bounds::ALWAYS };
        let group = UserGroup { controls: vec![grant].into(), ..(*world.acme_state().user_groups["nobody"]).clone() };
        put(world, Object::UserGroup(group.into()))
    };
    for (control, at) in [("stock", &["zone:North"][..]), ("orders", &["zone:South"]), ("orders", &[])] {
        let command = granting(&world, control, at);
        assert_eq!(no(&mut world, NORTH, command), RejectionCode::DelegationExceedsOwn, "{control} {at:?}");
    }
    let command = granting(&world, "orders", &["store:north-1"]);
    world.ok_as(by(NORTH), command);
    // A control that groups have grows by what its editor holds where they have it.
    let control = &world.acme_state().controls["orders"];
    let grown = Control { scopes: vec![id("acme.stock"), id("order.order_read")].into(), ..(**control).clone() };
    let command = put(&world, Object::Control(grown.into()));
    assert_eq!(no(&mut world, NORTH, command), RejectionCode::DelegationExceedsOwn);
}

#[test]
fn um_4_grants_stay_when_their_giver_loses_rights_and_the_lint_lists_them() {
    let mut world = people();
    world.ok_as(by(NORTH), give("sam", "Care", "zone:North"));
    let unmakeable = |world: &World| {
        let found = bailiwick_policy::lint::people(&world.state, world.acme_state());
        found.iter().filter(|finding| &*finding.code == "grant_unmakeable").map(|finding| finding.place.clone()).collect::<Vec<_>>()
    };
    // The desk was given by another, and the admin of the North who changed the user last could not give it.
    world.ok_as(by(NORTH), assign("sam", Verb::Remove, &[("Desk", &[])]));
    assert!(unmakeable(&world).is_empty());
    world.ok(assign("nor", Verb::Set, &[]));
    assert_eq!(may(&world, "sam", "Member Care/Customer Profile:edit", "store:north-1").reason, Reason::PermitSet);
    assert_eq!(unmakeable(&world), ["user:sam"]);
}

#[test]
fn what_manages_people_is_for_admins_and_owners() {
    let mut world = people();
    for sub in ["Users", "Permission sets", "Roles", "Audit"] {
        let set = format!("Reserved {sub}");
        world.ok(create_set(&set, &[(&format!("Administration/{sub}"), "V")]));
        assert_eq!(world.no(give("sam", &set, "zone:North")), RejectionCode::PermissionUnavailable, "{sub}");
        world.ok(give("nor", &set, "zone:North"));
    }
    let demoted = retyped("nor", UserType::Standard);
    assert_eq!(world.no(demoted), RejectionCode::PermissionUnavailable, "as long as they hold it");
    assert_eq!(world.no(edit_set("desk", &[("Administration/Audit", "V")])), RejectionCode::PermissionUnavailable);
}

#[test]
fn a_desk_at_a_zone_allocates_there_and_nowhere_else() {
    let mut world = people();
    world.ok_as(by("acme-sam"), allocate(&["north-1", "north-2"], Some("Admin")));
    // A store that it doesn't see is as one that isn't there.
    let refusals = ["south-1", "nowhere"].map(|store| world.rejection_as(by("acme-sam"), allocate(&[store], Some("Admin"))));
    assert_eq!((refusals[0].code, refusals[1].code), (RejectionCode::StoreUnknown, RejectionCode::StoreUnknown));
    assert_eq!(refusals[0].message.replace("south-1", "nowhere"), *refusals[1].message);
    let two = world.rejection_as(by("acme-sam"), allocate(&["north-1", "south-1", "nowhere"], Some("Admin")));
    assert_eq!((two.code, two.count), (RejectionCode::StoreUnknown, 2));
    assert_eq!(no(&mut world, "acme-sam", default(Some("Admin"))), RejectionCode::Forbidden, "the default is the org's");
    assert_eq!(no(&mut world, "acme-sam", put_stores(PutMode::Create, vec![store_row("x")])), RejectionCode::Forbidden, "Edit makes none");
    // Whoever holds nothing is told nothing.
    for store in ["north-1", "nowhere"] {
        assert_eq!(no(&mut world, "acme-sid", allocate(&[store], Some("Admin"))), RejectionCode::Forbidden);
    }
    // A store leaves the zone only by whoever may edit stores where it goes.
    let leave = put_stores(PutMode::Edit, vec![StoreRow { zone: Field::To(id("South")), ..StoreRow::new(id("north-1")) }]);
    assert_eq!(no(&mut world, "acme-sam", leave), RejectionCode::ZoneUnknown);
}

#[test]
fn nobody_takes_their_own_last_right_to_administer() {
    let mut world = people();
    world.ok(put_users(PutMode::Create, vec![typed(UserType::Owner, user_row("bob", &[]))]));
    let demote = |user_type| {
        let row = UserRow { places: Field::To(places(&["org"])), ..typed(user_type, UserRow::new(id("ann"))) };
        put_users(PutMode::Edit, vec![row])
    };
    assert_eq!(no(&mut world, "acme-ann", demote(UserType::Standard)), RejectionCode::SelfLockout);
    world.ok_as(by("acme-ann"), demote(UserType::Admin));
    world.ok(demote(UserType::Standard));
}

/// What administration reads of a set is what a decision says.
#[test]
fn powers_agree_with_decisions() {
    let mut world = people();
    world.ok(assign("sam", Verb::Add, &[("Care", &["org"]), ("Desk", &["store:south-1"])]));
    let org = world.acme_state();
    let mut texts = vec!["org".to_owned(), "concept:Outlet".to_owned()];
    texts.extend(org.zones.keys().map(|zone| format!("zone:{zone}")));
    texts.extend(org.stores.keys().map(|store| format!("store:{store}")));
    for user in ["ann", "adm", "nor", "sam", "sid", "cus"] {
        let powers = Powers::of(&world.state, "acme", user).expect("they are there");
        for (sub, action) in Sub::ALL.iter().flat_map(|sub| Action::ALL.iter().map(move |action| (*sub, *action))) {
            for text in &texts {
                let place: Place = text.parse().expect("a place");
                let decided = may(&world, user, &format!("{}:{action}", sub.module()), text);
                let permitted = decided.verdict() == bailiwick_policy::decision::Verdict::Permit;
                assert_eq!(powers.holds(sub, action, &place), permitted, "{user} {sub:?} {action} {text}");
            }
        }
    }
}

#[test]
fn an_expired_set_gives_no_power() {
    let mut world = people();
    let until = world.now + 60_000;
    let bounds = Bounds { not_before: None, not_after: Some(Tick(until)) };
    let sets = vec![Assign { bounds, ..Assign::new("Desk").at(places(&["zone:South"])) }];
    world.ok(Command::AssignSets { org: id("acme"), user: id("sid"), verb: Verb::Add, sets, permissions: Vec::new() });
    world.ok_as(by("acme-sid"), allocate(&["south-1"], Some("Admin")));
    world.now += 120_000;
    let to = Tick(world.now);
    world.ok_as(Actor::System, Command::Tick { to });
    assert_eq!(no(&mut world, "acme-sid", allocate(&["south-1"], None)), RejectionCode::Forbidden);
}
