//! Who sees what: queries, lists, counts, decisions and the audit (UM-2, UM-3).

use bailiwick_policy::command::*;
use bailiwick_policy::decision::Subject;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::query::{Anchor, Item, List, ListQuery, Window, item, list};
use bailiwick_policy::view::{Viewer, reduced, sees_entry, visible};
use proptest::prelude::*;

use crate::people::*;
use crate::sequences::{USERS, play, steps};
use crate::world::*;

fn lists() -> Vec<List> {
    vec![
        List::Orgs,
        List::Zones,
        List::Concepts,
        List::Stores { zone: None, concept: None, group: None, active: None, below: false },
        List::Tills { store: None },
        List::Resources,
        List::Endpoints { resource: None, class: None },
        List::Groups { active: None },
        List::Users,
        List::Credentials,
        List::Scopes,
        List::Entities,
        List::Controls,
        List::UserGroups,
        List::Sets,
        List::Roles,
        List::Applications,
        List::Modules,
        List::Privileges,
    ]
}

fn window(world: &World, credential: &str, of: List) -> Window {
    let query = ListQuery { org: Some(id("acme")), list: of, text: String::new(), anchor: Anchor::Start, limit: 500 };
    list(&world.state, &world.viewer(credential), &query)
}

fn keys(world: &World, credential: &str, of: List) -> Vec<String> {
    window(world, credential, of).items.iter().map(Item::key).collect()
}

#[test]
fn um_2_a_standard_user_sees_themselves_and_nothing_else() {
    let world = people();
    for of in lists() {
        let seen = window(&world, "acme-sid", of.clone());
        let expected: &[&str] = match &of {
            List::Users => &["sid"],
            List::Credentials => &["acme-sid", "sid-code"],
            _other => &[],
        };
        assert_eq!(seen.items.iter().map(Item::key).collect::<Vec<_>>(), expected, "{of:?}");
        assert!(seen.total.is_none_or(|total| total == expected.len() as u64), "{of:?}: counts tell nothing");
        assert!(!seen.more_before && !seen.more_after);
    }
    let viewer = world.viewer("acme-sid");
    let own = [user_id("sid"), ObjectId::Credential(id("acme-sid")), ObjectId::Credential(id("sid-code"))];
    for object in world.state.objects() {
        let id = object.id();
        assert_eq!(visible(&viewer, &world.state, &id), own.contains(&id), "{id}");
        assert_eq!(item(&world.state, &viewer, &id).is_some(), own.contains(&id), "{id}");
    }
}

#[test]
fn um_2_a_standard_user_checks_themselves_alone_unless_a_set_shows_more() {
    let world = people();
    let may = |credential: &str, subject| world.viewer(credential).may_check(&world.state, "acme", subject);
    let subjects = [Subject::User("sid"), Subject::User("sam"), Subject::Store("north-1"), Subject::Till("south-1/t1"), Subject::Application("erp"), Subject::User("who")];
    let row = |credential: &str| subjects.map(|subject| may(credential, subject));
    assert_eq!(row("acme-sid"), [true, false, false, false, false, false]);
    assert_eq!(row("acme-sam"), [false, true, true, false, false, false]);
    assert_eq!(row("acme-nor"), [false, true, true, false, false, false]);
    assert_eq!(row("acme-adm"), [true, true, true, true, false, false]);
    assert_eq!(row("acme-ann"), [true; 6]);
    assert_eq!(row("acme-gate"), [true; 6]);
    assert_eq!(row("operator-1"), [true; 6]);
    assert_eq!(row("beta-ann"), [false; 6]);
    assert_eq!(row("erp-key"), [false, false, false, false, true, false], "an application asks about itself");
    assert_eq!(row("sid-code"), [false; 6]);
}

#[test]
fn um_2_a_set_shows_what_lies_at_its_places_and_the_bundles_of_its_kind() {
    let world = people();
    let stores = List::Stores { zone: None, concept: None, group: None, active: None, below: false };
    assert_eq!(keys(&world, "acme-sam", stores.clone()), ["north-1", "north-2"]);
    assert_eq!(window(&world, "acme-sam", stores).total, Some(2), "what isn't seen isn't counted");
    assert_eq!(keys(&world, "acme-sam", List::Tills { store: None }), ["north-1/t1", "north-2/t1"]);
    assert_eq!(keys(&world, "acme-sam", List::Groups { active: None }), ["Admin", "Instore", "POS", "old"]);
    assert!(keys(&world, "acme-sam", List::Zones).is_empty() && keys(&world, "acme-sam", List::Sets).is_empty());
    assert_eq!(keys(&world, "acme-sam", List::Users), ["sam"]);
    let counted = window(&world, "acme-sam", List::Groups { active: None }).items;
    let inherited = counted.iter().find_map(|item| match item {
        Item::Group { group, inherited, .. } if group.id.as_str() == "POS" => Some(*inherited),
        _other => None,
    });
    assert_eq!(inherited, Some(2), "south-1 inherits it too, and isn't seen");
}

#[test]
fn um_3_an_admin_sees_places_and_standard_users_within_their_own_and_all_bundles() {
    let world = people();
    assert_eq!(keys(&world, "acme-nor", List::Users), ["nor", "sam"]);
    assert_eq!(keys(&world, "acme-nor", List::Zones), ["North", "North-a"]);
    assert!(keys(&world, "acme-nor", List::Sets).contains(&"care".to_owned()));
    assert_eq!(keys(&world, "acme-nor", List::UserGroups), keys(&world, "acme-ann", List::UserGroups));
    assert_eq!(keys(&world, "acme-adm", List::Users), ["adm", "cus", "sam", "sid"], "no other admin, and no owner");
    assert_eq!(keys(&world, "acme-adm", List::Zones), keys(&world, "acme-ann", List::Zones));
    assert!(keys(&world, "acme-adm", List::Applications).is_empty(), "that takes a set");
}

#[test]
fn owners_and_operators_see_everything_of_the_org() {
    let world = people();
    for of in lists().into_iter().filter(|of| !matches!(of, List::Orgs | List::Credentials)) {
        assert_eq!(window(&world, "acme-ann", of.clone()), window(&world, "operator-1", of.clone()), "{of:?}");
    }
    let viewer = world.viewer("acme-ann");
    assert!(viewer.sees_all(&world.state, "acme") && !viewer.sees_all(&world.state, "beta"));
    assert!(["acme-adm", "acme-sam", "acme-gate", "erp-key"].iter().all(|credential| !world.viewer(credential).sees_all(&world.state, "acme")));
}

#[test]
fn the_audit_is_seen_by_owners_and_where_it_is_held() {
    let mut world = people();
    world.ok(create_set("Auditor", &[("Administration/Audit", "V")]));
    world.ok(give("nor", "Auditor", "zone:North"));
    let north = world.ok_row(allocate(&["north-1"], Some("Admin")));
    let south = world.ok_row(allocate(&["south-1"], Some("Admin")));
    let both = world.ok_row(allocate(&["north-1", "south-1"], None));
    let group = world.ok_row(create_group("New", &[]));
    let leaves = world.ok_row(put_stores(PutMode::Edit, vec![StoreRow { zone: Field::To(id("South")), ..StoreRow::new(id("north-2")) }]));
    let till = world.ok_row(remove(till_id("north-1", "t1")));
    let user = world.ok_row(give("sam", "Care", "zone:North"));
    let platform = world.ok_row(create_org("gamma"));
    let seen = |credential: &str| {
        let viewer = world.viewer(credential);
        [&north, &south, &both, &group, &leaves, &till, &user, &platform].map(|row| sees_entry(&viewer, &world.state, row))
    };
    assert_eq!(seen("acme-nor"), [true, false, false, false, false, false, true, false], "a retired id is the org's");
    assert_eq!(seen("acme-ann"), [true, true, true, true, true, true, true, false], "operators' acts in it included");
    assert_eq!(seen("operator-1"), [true; 8]);
    for credential in ["acme-adm", "acme-sam", "acme-sid", "acme-gate", "beta-ann", "erp-key"] {
        assert_eq!(seen(credential), [false; 8], "{credential}");
    }
    assert_eq!(CredentialKind::Operator.org(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// What somebody is shown is made of exactly what they see, whatever happened before.
    #[test]
    fn what_is_shown_is_what_is_seen(steps in steps(30)) {
        let mut world = crate::sequences::world();
        for step in &steps {
            play(&mut world, step);
        }
        for user in USERS {
            let kind = CredentialKind::User { org: id("acme"), user: id(user) };
            let viewer = Viewer { credential: id("x"), label: "x".into(), kind };
            let Some(shown) = reduced(&world.state, &viewer) else { continue };
            // The org's own record holds all that is in it, seen or not.
            let counted = |object: &Object| !matches!(object, Object::Org(_) | Object::Platform(_) | Object::Cluster(_) | Object::Clock(_));
            let shown: Vec<ObjectId> = shown.objects().filter(counted).map(|object| object.id()).collect();
            let seen = world.state.objects().filter(counted).map(|object| object.id()).filter(|id| visible(&viewer, &world.state, id));
            prop_assert_eq!(shown, seen.collect::<Vec<_>>(), "{}", user);
        }
    }
}
