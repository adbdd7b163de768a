//! Users and permission sets, rule by rule (UM-1, UM-5 to UM-18, UM-22 to UM-24).

use bailiwick_policy::command::*;
use bailiwick_policy::decision::Reason;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::place::{Bounds, PlaceLevel};
use bailiwick_policy::platform::Platform;
use bailiwick_policy::query::{Anchor, Item, List, ListQuery, list};

use crate::people::*;
use crate::world::*;

fn user<'a>(world: &'a World, user: &str) -> &'a User {
    world.acme_state().users.get(user).expect("the user is there")
}

/// The sets of a user as `set at places`.
fn sets_of(world: &World, name: &str) -> Vec<String> {
    let places = |grant: &SetGrant| grant.places.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    user(world, name).more().sets.iter().map(|grant| format!("{} at {}", grant.set, places(grant))).collect()
}

#[test]
fn um_1_a_user_is_standard_an_admin_or_an_owner() {
    for (text, user_type) in [("Standard", UserType::Standard), ("ADMIN", UserType::Admin), ("owner", UserType::Owner)] {
        assert_eq!(text.parse(), Ok(user_type));
    }
    let mut world = zoned();
    world.ok(put_users(PutMode::Create, vec![user_row("sam", &["store:north-1"])]));
    assert_eq!(user(&world, "sam").user_type, UserType::Standard, "unless another is given");
    world.ok(retyped("sam", UserType::Admin));
    assert_eq!(user(&world, "sam").user_type, UserType::Admin);
    assert_eq!(user(&world, "sam").more().places, places(&["store:north-1"]), "what a row leaves blank stays");
}

#[test]
fn um_2_a_standard_user_starts_with_nothing_and_needs_a_place() {
    let mut world = zoned();
    assert_eq!(world.no(put_users(PutMode::Create, vec![user_row("sam", &[])])), RejectionCode::PlaceRequired);
    assert_eq!(world.no(put_users(PutMode::Create, vec![user_row("sam", &["zone:West"])])), RejectionCode::ZoneUnknown);
    world.ok(put_users(PutMode::Create, vec![user_row("sam", &["zone:North"])]));
    assert!(user(&world, "sam").more().sets.is_empty());
    assert_eq!(may(&world, "sam", "Member Care/Customer Profile:view", "zone:North").reason, Reason::PermissionMissing);
    world.ok(put_users(PutMode::Create, vec![typed(UserType::Owner, user_row("olga", &[])), customer_row("cus")]));
    for name in ["olga", "cus"] {
        assert_eq!(user(&world, name).more().places, places(&["org"]), "{name}: no place needs to be chosen");
    }
}

#[test]
fn um_2_a_users_places_bound_all_assignments() {
    let mut world = people();
    let done = world.ok(give("sam", "Care", "org"));
    assert!(done.warnings.is_empty());
    let profile = |place: &str| may(&world, "sam", "Member Care/Customer Profile:edit", place).reason;
    assert_eq!((profile("store:north-1"), profile("store:south-1")), (Reason::PermitSet, Reason::OutOfScope));
    let done = world.ok(give("sid", "Care", "zone:North"));
    assert!(done.warnings[0].contains("zone:North"), "{:?}", done.warnings);
    assert_eq!(may(&world, "sid", "Member Care/Customer Profile:edit", "store:north-1").reason, Reason::OutOfScope);
}

#[test]
fn um_5_an_owner_makes_owners_and_needs_no_place() {
    let mut world = people();
    world.ok_as(by("acme-ann"), put_users(PutMode::Create, vec![typed(UserType::Owner, user_row("olga", &[]))]));
    assert_eq!(may(&world, "olga", "Member Care/Customer PII:approval", "store:south-1").reason, Reason::PermitOwner);
    assert_eq!(may(&world, "olga", "Administration/Users:delete", "").reason, Reason::PermitOwner);
}

#[test]
fn um_6_deleting_demoting_or_suspending_the_last_owner_is_refused() {
    let mut world = people();
    for command in [remove(user_id("ann")), retyped("ann", UserType::Admin), suspend(user_id("ann"))] {
        let command = match command {
            Command::PutUsers { org, mode, mut rows } => {
                rows.iter_mut().for_each(|row| row.places = Field::To(places(&["org"])));
                Command::PutUsers { org, mode, rows }
            }
            other => other,
        };
        assert_eq!(world.no(command), RejectionCode::LastOwner);
    }
    // One comes as the other goes, in one entry.
    let rows = vec![
        UserRow { places: Field::To(places(&["org"])), ..typed(UserType::Standard, UserRow::new(id("ann"))) },
        typed(UserType::Owner, UserRow::new(id("adm"))),
    ];
    world.ok(put_users(PutMode::Edit, rows));
    assert_eq!(world.no(retyped("adm", UserType::Admin)), RejectionCode::LastOwner);
}

/// Both asked when there were two: whoever comes second finds one.
#[test]
fn um_6_two_owners_demote_each_other_and_the_second_is_refused() {
    let mut world = people();
    world.ok(put_users(PutMode::Create, vec![typed(UserType::Owner, user_row("bob", &[]))]));
    world.ok(credential("acme-bob", CredentialKind::User { org: id("acme"), user: id("bob") }, 60));
    let demote = |user: &str| {
        let row = UserRow { places: Field::To(places(&["org"])), ..typed(UserType::Admin, UserRow::new(id(user))) };
        put_users(PutMode::Edit, vec![row])
    };
    world.ok(demote("bob"));
    for actor in [operator(), by("acme-ann")] {
        assert_eq!(world.rejection_as(actor, demote("ann")).code, RejectionCode::LastOwner);
    }
    // Bob's own command comes as an admin's by now.
    assert_eq!(world.rejection_as(by("acme-bob"), demote("ann")).code, RejectionCode::OwnerOnly);
}

#[test]
fn um_7_no_permission_goes_to_a_user_directly() {
    let mut world = people();
    let permissions = vec!["Member Care/Customer PII:view".parse().expect("a permission")];
    let direct = Command::AssignSets { org: id("acme"), user: id("sam"), verb: Verb::Add, sets: Vec::new(), permissions };
    let rejection = world.rejection(direct);
    assert_eq!(rejection.code, RejectionCode::DirectPermissionForbidden);
    assert_eq!(&*rejection.examples[0], "Member Care/Customer PII:view");
}

#[test]
fn um_8_sets_at_different_stores_never_combine() {
    let mut world = people();
    world.ok(create_set("Looks", &[("Member Care/Customer PII", "V")]));
    world.ok(create_set("Makes", &[("Member Care/Customer PII", "C")]));
    world.ok(assign("sam", Verb::Set, &[("Looks", &["store:north-1"]), ("Makes", &["store:north-2"])]));
    let at = |action: &str, store: &str| may(&world, "sam", &format!("Member Care/Customer PII:{action}"), store).reason;
    assert_eq!((at("view", "store:north-1"), at("create", "store:north-1")), (Reason::PermitSet, Reason::OutOfScope));
    assert_eq!((at("view", "store:north-2"), at("create", "store:north-2")), (Reason::OutOfScope, Reason::PermitSet));
}

#[test]
fn um_9_an_assignment_needs_a_place_and_a_zone_covers_what_comes_later() {
    let mut world = people();
    assert_eq!(world.no(assign("sam", Verb::Add, &[("Care", &[])])), RejectionCode::PlaceRequired);
    assert_eq!(world.no(give("sam", "Care", "store:nowhere")), RejectionCode::StoreUnknown);
    assert_eq!(world.no(give("sam", "Care", "concept:None")), RejectionCode::ConceptUnknown);
    world.ok(assign("sam", Verb::Set, &[("Care", &["zone:North-a", "store:north-2"])]));
    let profile = |world: &World, place: &str| may(world, "sam", "Member Care/Customer Profile:view", place).reason;
    assert_eq!((profile(&world, "store:north-1"), profile(&world, "store:north-2")), (Reason::OutOfScope, Reason::PermitSet));
    let row = StoreRow { zone: Field::To(id("North-a")), ..store_row("later-1") };
    world.ok(put_stores(PutMode::Create, vec![row]));
    world.ok(put_stores(PutMode::Edit, vec![StoreRow { zone: Field::To(id("North-a")), ..StoreRow::new(id("north-1")) }]));
    assert_eq!((profile(&world, "store:later-1"), profile(&world, "store:north-1")), (Reason::PermitSet, Reason::PermitSet));
}

#[test]
fn um_9_assignments_are_added_replaced_and_taken_away_by_place() {
    let mut world = people();
    let bounded = |set: &str, at: &str, until: u64| {
        let bounds = Bounds { not_before: None, not_after: Some(Tick(until)) };
        let sets = vec![Assign { bounds, ..Assign::new(set).at(places(&[at])) }];
        Command::AssignSets { org: id("acme"), user: id("sam"), verb: Verb::Add, sets, permissions: Vec::new() }
    };
    world.ok(assign("sam", Verb::Set, &[("Care", &["store:north-2", "store:north-1", "store:north-2"])]));
    assert_eq!(sets_of(&world, "sam"), ["care at store:north-1 store:north-2"]);
    assert!(!world.ok(give("sam", "care", "store:north-1")).changed, "adding what is there changes nothing");
    world.ok(bounded("Care", "store:north-1", START + 900_000));
    assert_eq!(sets_of(&world, "sam").len(), 2, "one place is under new bounds");
    world.ok(give("sam", "Care", "store:north-1"));
    assert_eq!(sets_of(&world, "sam"), ["care at store:north-1 store:north-2"]);
    world.ok(assign("sam", Verb::Remove, &[("Care", &["store:north-1"])]));
    assert_eq!(sets_of(&world, "sam"), ["care at store:north-2"]);
    world.ok(give("sam", "Desk", "org"));
    world.ok(assign("sam", Verb::Remove, &[("Care", &[])]));
    assert_eq!(sets_of(&world, "sam"), ["desk at org"]);
    assert_eq!(world.no(give("sam", "Nope", "org")), RejectionCode::SetUnknown);
    assert_eq!(world.no(assign("sam", Verb::Remove, &[("Nope", &[])])), RejectionCode::SetUnknown);
}

#[test]
fn an_assignment_that_ends_before_it_begins_is_refused() {
    let mut world = people();
    let bounds = Bounds { not_before: Some(Tick(20)), not_after: Some(Tick(20)) };
    let sets = vec![Assign { bounds, ..Assign::new("Care").at(places(&["org"])) }];
    let command = Command::AssignSets { org: id("acme"), user: id("sam"), verb: Verb::Add, sets, permissions: Vec::new() };
    assert_eq!(world.no(command), RejectionCode::BoundsInvalid);
}

#[test]
fn um_10_standard_sets_are_everywhere_and_stay_as_they_are() {
    let mut world = people();
    world.ok(give("sam", "Membercare Explore", "zone:North"));
    assert_eq!(may(&world, "sam", "Member Care/Customer PII:view", "store:north-1").reason, Reason::PermitSet);
    assert_eq!(world.no(edit_set("membercare-explore", &[("Member Care/Customer PII", "C")])), RejectionCode::BuiltinImmutable);
    assert_eq!(world.no(forced(set_id("membercare-explore"))), RejectionCode::BuiltinImmutable);
    assert_eq!(world.no(create_set("MEMBERCARE explore", &[])), RejectionCode::NameTaken);
}

#[test]
fn um_11_custom_sets_are_an_owners_and_of_their_org_alone() {
    let mut world = people();
    for actor in ["acme-adm", "acme-nor"] {
        assert_eq!(world.rejection_as(by(actor), create_set("New", &[])).code, RejectionCode::OwnerOnly);
        assert_eq!(world.rejection_as(by(actor), edit_set("care", &[])).code, RejectionCode::OwnerOnly);
        assert_eq!(world.rejection_as(by(actor), forced(set_id("care"))).code, RejectionCode::OwnerOnly);
    }
    world.ok_as(by("acme-ann"), create_set("New", &[]));
    let in_beta = Command::AssignSets {
        org: id("beta"),
        user: id("ann"),
        verb: Verb::Add,
        sets: vec![Assign::new("new").at(places(&["org"]))],
        permissions: Vec::new(),
    };
    assert_eq!(world.no(in_beta), RejectionCode::SetUnknown);
    let query = |org: &str| ListQuery { org: Some(id(org)), list: List::Sets, text: "new".to_owned(), anchor: Anchor::Start, limit: 100 };
    let found = |credential: &str, org: &str| list(&world.state, &world.viewer(credential), &query(org)).items.len();
    assert_eq!((found("acme-ann", "acme"), found("beta-ann", "acme"), found("beta-ann", "beta")), (1, 0, 0));
}

#[test]
fn um_12_there_is_no_limit_to_their_number() {
    let mut world = people();
    for number in 0..300 {
        world.ok(create_set(&format!("Set {number}"), CARE));
    }
    assert_eq!(world.acme_state().sets.len(), 302);
}

#[test]
fn um_13_a_custom_set_holds_what_is_on_offer_and_no_action_includes_another() {
    let mut world = people();
    for missing in [("Member Care/Customer Cards", "VC"), ("Campaign/Journeys", "V"), ("Nowhere/Nothing", "V")] {
        let rejection = world.rejection(create_set("New", &[missing]));
        assert_eq!((rejection.code, rejection.count), (RejectionCode::PermissionUnavailable, 1), "{missing:?}");
    }
    world.ok(create_set("Makes", &[("Member Care/Customer PII", "C")]));
    world.ok(give("sid", "Makes", "zone:South"));
    let pii = |action: &str| may(&world, "sid", &format!("Member Care/Customer PII:{action}"), "zone:South").reason;
    assert_eq!((pii("create"), pii("view"), pii("approval")), (Reason::PermitSet, Reason::PermissionMissing, Reason::PermissionMissing));
}

#[test]
fn um_14_a_set_is_made_from_another_without_what_is_not_on_offer() {
    let mut world = people();
    let done = world.ok(clone_set("My creators", "MemberCare Create"));
    let all: String = done.warnings.join("; ");
    assert!(all.contains("`Member Care/Customer Cards` V is left out"), "{all}");
    let set = &world.acme_state().sets["my-creators"];
    let cards = set.grants.iter().find(|grant| grant.module.as_str() == "Member Care/Customer Cards").expect("kept in part");
    assert_eq!(cards.actions.to_string(), "C");
    assert!(set.grants.windows(2).all(|pair| pair[0].module < pair[1].module));
    assert_eq!(world.no(clone_set("Other", "Nope")), RejectionCode::SetUnknown);
}

#[test]
fn um_14_names_follow_ag_9_and_ids_are_never_given_again() {
    let mut world = people();
    assert_eq!(world.no(create_set(" CARE ", &[])), RejectionCode::NameTaken);
    assert_eq!(world.no(create_set("Data Import", &[])), RejectionCode::NameTaken, "a standard set's");
    world.ok(create_set("Späte Schicht!", &[]));
    assert!(world.acme_state().sets.keys().any(|id| id.as_str() == "sp-te-schicht"));
    world.ok(create_set("Gone", &[]));
    world.ok(remove(set_id("gone")));
    world.ok(create_set("Gone", &[]));
    assert!(world.acme_state().sets.contains_key("gone-2") && !world.acme_state().sets.contains_key("gone"));
    let renamed = Command::EditSet { org: id("acme"), set: "gone".into(), name: Some(id("Back")), description: Some("x".into()), grants: Vec::new() };
    world.ok(renamed);
    assert_eq!(world.acme_state().sets["gone-2"].name.as_str(), "Back");
}

#[test]
fn um_15_the_sets_that_there_are_can_be_listed() {
    let world = people();
    let query = ListQuery { org: None, list: List::Sets, text: String::new(), anchor: Anchor::Start, limit: 100 };
    let names: Vec<String> = list(&world.state, &world.viewer("acme-ann"), &query).items.iter().map(Item::key).collect();
    for name in ["care", "desk", "membercare-create"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
}

#[test]
fn um_17_a_designation_grants_nothing_and_names_the_kind_of_place() {
    let mut world = people();
    let designated = |user: &str, level| {
        let designation = Designation { name: "Manager".into(), level };
        put_users(PutMode::Edit, vec![UserRow { designation: Field::To(designation), ..UserRow::new(id(user)) }])
    };
    world.ok(designated("sid", PlaceLevel::Store));
    assert_eq!(may(&world, "sid", "Member Care/Customer Profile:view", "store:south-1").reason, Reason::PermissionMissing);
    let rejection = world.rejection(give("sid", "Care", "zone:South"));
    assert_eq!((rejection.code, &*rejection.examples[0]), (RejectionCode::LevelMismatch, "zone:South"));
    world.ok(give("sid", "Care", "store:south-1"));
    assert_eq!(world.no(designated("sid", PlaceLevel::Zone)), RejectionCode::LevelMismatch, "what is assigned counts too");
    assert_eq!(world.no(designated("sam", PlaceLevel::Store)), RejectionCode::LevelMismatch);
    world.ok(put_users(PutMode::Edit, vec![UserRow { designation: Field::Clear, ..UserRow::new(id("sid")) }]));
    world.ok(designated("sid", PlaceLevel::Store));
}

#[test]
fn um_18_an_import_adds_places_and_a_put_replaces_them() {
    let mut world = people();
    world.ok(put_users(PutMode::Import, vec![user_row("sam", &["store:south-1"]), user_row("new", &["org"])]));
    assert_eq!(user(&world, "sam").more().places, places(&["zone:North", "store:south-1"]));
    assert_eq!(sets_of(&world, "sam"), ["desk at zone:North"], "an import leaves assignments alone");
    assert!(!world.ok(put_users(PutMode::Import, vec![user_row("sam", &["zone:North"])])).changed, "an equal row is no change");
    world.ok(put_users(PutMode::Edit, vec![user_row("sam", &["store:south-1"])]));
    assert_eq!(user(&world, "sam").more().places, places(&["store:south-1"]));
}

#[test]
fn um_18_every_fault_of_every_row_is_named_and_nothing_is_applied() {
    let mut world = people();
    let email = |user: &str, email: &str| UserRow { email: Field::To(email.into()), ..user_row(user, &["org"]) };
    let rows = vec![
        UserRow { places: Field::To(places(&["org"])), ..UserRow::new(id("nameless")) },
        email("a", "A@Example.com"),
        email("b", "a@example.COM"),
        email("c", "nowhere"),
        user_row("d", &["zone:West"]),
        UserRow { user_type: Some(UserType::Admin), ..customer_row("e") },
        UserRow { audience: Some(Audience::Customer), ..user_row("sam", &[]) },
    ];
    let faults = bailiwick_policy::plan::faults(&world.state, &put_users(PutMode::Import, rows.clone()));
    let told: Vec<(usize, &str, &str)> = faults.iter().map(|fault| (fault.row, fault.column, fault.code.as_str())).collect();
    assert_eq!(
        told,
        [
            (0, "name", "name_required"),
            (1, "email", "email_taken"),
            (2, "email", "email_taken"),
            (3, "email", "email_invalid"),
            (4, "places", "zone_unknown"),
            (5, "user_type", "audience_mismatch"),
            (6, "audience", "audience_immutable"),
        ]
    );
    let before = content(&world.state);
    assert_eq!(world.no(put_users(PutMode::Import, rows)), RejectionCode::NameRequired);
    assert_eq!(content(&world.state), before);
}

#[test]
fn addresses_are_unique_under_folding_and_change_hands_in_one_entry() {
    let mut world = people();
    let email = |user: &str, email: &str| UserRow { email: Field::To(email.into()), ..UserRow::new(id(user)) };
    world.ok(put_users(PutMode::Edit, vec![email("sam", "One@Example.com"), email("sid", "two@example.com")]));
    assert_eq!(world.no(put_users(PutMode::Edit, vec![email("sid", "ONE@example.com")])), RejectionCode::EmailTaken);
    world.ok(put_users(PutMode::Edit, vec![email("sam", "two@example.com"), email("sid", "one@example.com")]));
    let clear = UserRow { email: Field::Clear, ..UserRow::new(id("sam")) };
    world.ok(put_users(PutMode::Edit, vec![clear, email("sid", "two@example.com")]));
    assert_eq!(world.acme_state().emails.iter().map(|(email, of)| format!("{email} {of}")).collect::<Vec<_>>(), ["two@example.com sid"]);
}

#[test]
fn um_22_an_assigned_set_goes_only_by_force_and_from_everybody() {
    let mut world = people();
    world.ok(give("sid", "Care", "zone:South"));
    let rejection = world.rejection(remove(set_id("care")));
    assert_eq!((rejection.code, rejection.count), (RejectionCode::SetAssigned, 2));
    let row = world.ok_row(forced(set_id("care")));
    assert!(sets_of(&world, "sid").is_empty() && sets_of(&world, "nor").is_empty());
    assert_eq!(may(&world, "sid", "Member Care/Customer Profile:view", "zone:South").reason, Reason::PermissionMissing);
    world.ok(undo(&row));
    assert_eq!(sets_of(&world, "sid"), ["care at zone:South"], "undone as one");
}

#[test]
fn um_23_an_invitation_warns_without_a_contact_and_is_good_for_once() {
    let mut world = people();
    let done = world.ok(invite("sam", "code-1", 70, 60_000));
    assert!(done.warnings[0].contains("no contact"), "{:?}", done.warnings);
    world.ok(Command::EditSettings { org: id("acme"), contact: Field::To("desk@acme.example".into()), least_privilege_registration: None, approval_required: None });
    assert!(world.ok(invite("sam", "code-2", 71, 60_000)).warnings.is_empty());
    // The code lets in to be redeemed, and for nothing else.
    assert_eq!(world.rejection_as(by("code-1"), allocate(&["north-1"], Some("Admin"))).code, RejectionCode::Forbidden);
    let executed = world.try_as(by("code-1"), redeem("acme-sam-2", 72));
    assert_eq!(executed.changes.len(), 2, "the code is spent in the same entry");
    world.ok_as(by("acme-sam-2"), allocate(&["north-1"], Some("Admin")));
    assert_eq!(world.rejection_as(by("code-1"), redeem("acme-sam-3", 73)).code, RejectionCode::CredentialRefused);
    assert_eq!(world.rejection_as(by("acme-sam"), redeem("acme-sam-3", 73)).code, RejectionCode::Forbidden);
    // Switches as they come leave no record.
    world.ok(Command::EditSettings { org: id("acme"), contact: Field::Clear, least_privilege_registration: Some(false), approval_required: None });
    assert!(world.acme_state().settings.is_none());
}

#[test]
fn um_23_an_invitation_ends_by_replicated_time() {
    let mut world = people();
    world.ok(invite("sam", "code-1", 70, 60_000));
    for lasts in [0, 31 * 86_400_000] {
        assert_eq!(world.no(invite("sam", "code-2", 71, lasts)), RejectionCode::LifetimeInvalid);
    }
    world.now += 120_000;
    let to = Tick(world.now);
    world.ok_as(Actor::System, Command::Tick { to });
    assert_eq!(world.rejection_as(by("code-1"), redeem("acme-sam-2", 72)).code, RejectionCode::CredentialRefused);
}

#[test]
fn um_24_customers_dont_sign_in_hold_sets_or_administer() {
    let mut world = people();
    assert_eq!(world.no(give("cus", "Care", "org")), RejectionCode::AudienceMismatch);
    assert_eq!(world.no(invite("cus", "code-1", 70, 60_000)), RejectionCode::AudienceMismatch);
    let kind = CredentialKind::User { org: id("acme"), user: id("cus") };
    assert_eq!(world.no(credential("acme-cus", kind, 70)), RejectionCode::AudienceMismatch);
    for user_type in [UserType::Admin, UserType::Owner] {
        assert_eq!(world.no(retyped("cus", user_type)), RejectionCode::AudienceMismatch);
    }
    let employee = UserRow { audience: Some(Audience::Employee), ..UserRow::new(id("cus")) };
    assert_eq!(world.no(put_users(PutMode::Edit, vec![employee])), RejectionCode::AudienceImmutable);
}

#[test]
fn a_removed_user_is_let_in_no_longer_and_their_id_is_retired() {
    let mut world = people();
    let row = world.ok_row(remove(user_id("sid")));
    assert!(world.state.credentials.values().filter(|c| c.id.as_str() == "acme-sid" || c.id.as_str() == "sid-code").all(|c| c.revoked));
    assert_eq!(world.rejection_as(by("acme-sid"), default(None)).code, RejectionCode::CredentialRefused);
    assert_eq!(world.no(put_users(PutMode::Import, vec![user_row("sid", &["org"])])), RejectionCode::IdRetired);
    assert_eq!(world.no(undo(&row)), RejectionCode::NotUndoable);
    assert_eq!(world.rejection_as(by("acme-ann"), remove(user_id("ann"))).code, RejectionCode::SelfLockout);
}

#[test]
fn ag_37_a_place_that_assignments_name_goes_by_force_and_from_them() {
    let mut world = people();
    let grant = |world: &World| world.acme_state().user_groups["pickers"].controls.len();
    world.ok(remove(till_id("north-2", "t1")));
    world.ok(assign("sam", Verb::Set, &[("Care", &["store:north-1", "store:north-2"]), ("Desk", &["store:north-2"])]));
    let rejection = world.rejection(remove(store_id("north-2")));
    assert_eq!((rejection.code, &*rejection.examples[0]), (RejectionCode::StoreInUse, "user:sam"));
    let row = world.ok_row(forced(store_id("north-2")));
    assert_eq!(sets_of(&world, "sam"), ["care at store:north-1"], "what named only it is gone");
    world.ok(undo(&row));
    assert_eq!(sets_of(&world, "sam").len(), 2);
    // A control without a place left would reach everywhere: it goes.
    let move_out = |code: &str| StoreRow { zone: Field::Clear, ..StoreRow::new(id(code)) };
    world.ok(put_stores(PutMode::Edit, vec![move_out("north-1"), move_out("north-2")]));
    world.ok(remove(zone_id("North-a")));
    assert_eq!(world.no(remove(zone_id("North"))), RejectionCode::ZoneInUse);
    assert_eq!(grant(&world), 1);
    world.ok(forced(zone_id("North")));
    assert_eq!(grant(&world), 0);
    assert!(user(&world, "sam").more().places.is_empty(), "who had only it reaches nothing");
    assert_eq!(may(&world, "sam", "Member Care/Customer Profile:view", "store:north-1").reason, Reason::OutOfScope);
}

#[test]
fn assignments_and_edits_of_sets_are_undone_and_users_stay() {
    let mut world = people();
    let row = world.ok_row(give("sid", "Care", "zone:South"));
    world.ok(undo(&row));
    assert!(sets_of(&world, "sid").is_empty());
    let row = world.ok_row(edit_set("care", &[("Member Care/Customer Profile", "VED")]));
    world.ok(undo(&row));
    assert_eq!(world.acme_state().sets["care"].grants.to_vec(), grants(CARE));
    let row = world.ok_row(Command::EditSettings { org: id("acme"), contact: Field::To("a".into()), least_privilege_registration: Some(true), approval_required: None });
    world.ok(undo(&row));
    assert!(world.acme_state().settings.is_none());
    let row = world.ok_row(put_users(PutMode::Create, vec![user_row("new", &["org"])]));
    assert_eq!(world.no(undo(&row)), RejectionCode::NotUndoable);
    let row = world.ok_row(create_set("New", CARE));
    world.ok(give("sid", "New", "zone:South"));
    assert_eq!(world.no(undo(&row)), RejectionCode::SetAssigned);
}

/// What the catalogue drops stays in a set, inert, until its sub-module is named.
#[test]
fn what_the_catalogue_drops_stays_as_an_inert_tombstone() {
    let mut world = people();
    world.ok(give("sid", "Care", "zone:South"));
    let mut platform: Platform = (*world.state.platform).clone();
    platform.modules.retain(|module| module.id.as_str() != "Member Care/Customer Profile");
    platform.sets.retain(|set| !set.grants.iter().any(|grant| grant.module.as_str() == "Member Care/Customer Profile"));
    platform.version += 1;
    world.state.put(&Object::Platform(platform.into()));
    assert_eq!(may(&world, "sid", "Member Care/Customer Profile:view", "zone:South").reason, Reason::PermissionMissing);
    world.ok(edit_set("care", &[("Member Care/Customer PII", "V")]));
    let set = &world.acme_state().sets["care"];
    assert_eq!(set.grants.len(), 2);
    let found = bailiwick_policy::lint::people(&world.state, world.acme_state());
    assert!(found.iter().any(|finding| &*finding.code == "set_tombstone" && finding.place == "permission-set:care"), "{found:?}");
    world.ok(edit_set("care", &[("Member Care/Customer Profile", "-")]));
    assert_eq!(world.acme_state().sets["care"].grants.len(), 1);
}

#[test]
fn the_lint_names_sets_that_lie_or_that_nobody_has() {
    let mut world = people();
    world.ok(create_set("Viewer of PII", &[("Member Care/Customer PII", "VA")]));
    world.ok(create_set("PII editor", &[("Member Care/Customer PII", "C")]));
    world.ok(create_set("Cards", &[("Member Care/Customer Cards", "C")]));
    world.ok(create_set("Empty", &[]));
    world.ok(create_set("Profile manager", &[("Member Care/Customer Profile", "V")]));
    let found = bailiwick_policy::lint::people(&world.state, world.acme_state());
    let told: Vec<String> = found.iter().map(|finding| format!("{} {}", finding.place.replace("permission-set:", ""), finding.code)).collect();
    assert_eq!(
        told,
        [
            "cards set_unused",
            "empty set_empty",
            "empty set_unused",
            "pii-editor name_lies",
            "pii-editor create_without_view",
            "pii-editor set_unused",
            "profile-manager name_lies",
            "profile-manager set_unused",
            "viewer-of-pii name_lies",
            "viewer-of-pii set_unused",
        ]
    );
}
