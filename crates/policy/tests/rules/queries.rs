//! Lists: each window is a slice of what walking everything gives, and nobody sees what isn't theirs.

use bailiwick_policy::access::Class;
use bailiwick_policy::decision::Subject;
use bailiwick_policy::ids::*;
use bailiwick_policy::name::fold;
use bailiwick_policy::object::*;
use bailiwick_policy::platform::StandardSet;
use bailiwick_policy::query::{Anchor, GroupFilter, Item, List, ListQuery, Window, item, list};
use bailiwick_policy::state::{OrgState, State};
use bailiwick_policy::view::{Viewer, visible};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::sequences::{play, steps, world};
use crate::world::*;

/// What a row is found by: the text of its key and its names.
fn texts(org: Option<&OrgState>, item: &Item) -> Vec<String> {
    let endpoint_texts = |e: &Endpoint| {
        let name = e.name.as_ref().map(|name| name.to_string());
        [Some(e.id.to_string()), Some(e.template.to_string()), name].into_iter().flatten().collect::<Vec<_>>()
    };
    let mut texts = match item {
        Item::Org { org, .. } => vec![org.name.to_string()],
        Item::Zone { zone, .. } => vec![zone.name.to_string()],
        Item::Concept { concept, .. } => vec![concept.name.to_string()],
        Item::Store { store, .. } => vec![store.name.to_string()],
        Item::Till { till } => till.name.iter().map(|name| name.to_string()).collect(),
        Item::Resource { resource, .. } => org
            .iter()
            .flat_map(|org| org.endpoints.values())
            .filter(|e| e.resource.as_ref() == Some(&resource.id))
            .flat_map(|e| endpoint_texts(e))
            .collect(),
        Item::Endpoint { endpoint } => {
            endpoint_texts(endpoint).into_iter().chain(endpoint.resource.iter().map(|r| r.to_string())).collect()
        }
        Item::Group { group, .. } => vec![group.name.to_string()],
        Item::User { user } => std::iter::once(user.name.to_string()).chain(user.more().email.iter().map(|e| e.to_string())).collect(),
        Item::Entity { entity, .. } => vec![entity.name.to_string()],
        Item::Control { control, .. } => vec![control.name.to_string()],
        Item::UserGroup { group, .. } => vec![group.name.to_string()],
        Item::Set { set, .. } => vec![set.name.to_string()],
        Item::Role { role, .. } => vec![role.name.to_string()],
        Item::Application { application, .. } => vec![application.name.to_string()],
        Item::Scope { .. }
        | Item::Module { .. }
        | Item::Privilege { .. }
        | Item::Settings { .. }
        | Item::Override { .. }
        | Item::Platform { .. } => Vec::new(),
        Item::Proposal { proposal } => vec![proposal.meta.created_by.to_string(), proposal.command.name().to_owned()],
        Item::Credential { credential } => vec![credential.label.to_string()],
    };
    texts.push(item.key());
    texts
}

/// Whether a row belongs to a list, by its own conditions.
fn belongs(state: &State, query: &ListQuery, item: &Item) -> bool {
    match (&query.list, item) {
        (List::Orgs, Item::Org { .. })
        | (List::Zones, Item::Zone { .. })
        | (List::Concepts, Item::Concept { .. })
        | (List::Resources, Item::Resource { .. })
        | (List::Users, Item::User { .. }) => true,
        (List::Credentials, Item::Credential { credential }) => {
            query.org.is_none() || credential.kind.org() == query.org.as_ref()
        }
        (List::Stores { zone, concept, group, active, below }, Item::Store { store, .. }) => {
            let default = state.orgs.get(&store.org).and_then(|org| org.org.default_group.clone());
            // A place covers its descendants if asked to: walked upwards from the store.
            let org = state.orgs.get(&store.org);
            let in_zone = |wanted: &ZoneCode| {
                let above = std::iter::successors(store.zone.clone(), |z| org?.zones.get(z)?.parent.clone());
                above.take(if *below { usize::MAX } else { 1 }).any(|z| z == *wanted && org.is_some_and(|o| o.zones.contains_key(&z)))
            };
            let in_concept = |wanted: &ConceptCode| {
                let above = std::iter::successors(store.concept.clone(), |c| org?.concepts.get(c)?.parent.clone());
                above.take(if *below { usize::MAX } else { 1 }).any(|c| c == *wanted)
            };
            zone.as_ref().is_none_or(in_zone)
                && concept.as_ref().is_none_or(in_concept)
                && active.is_none_or(|active| store.active == active)
                && match group {
                    None => true,
                    Some(GroupFilter::Explicit(group)) => store.group.as_ref() == Some(group),
                    Some(GroupFilter::Inheriting) => store.group.is_none(),
                    Some(GroupFilter::Effective(group)) => store.group.clone().or(default).as_ref() == Some(group),
                }
        }
        (List::Tills { store }, Item::Till { till }) => store.as_ref().is_none_or(|store| till.store == *store),
        (List::Endpoints { resource, class }, Item::Endpoint { endpoint }) => {
            resource.as_ref().is_none_or(|resource| endpoint.resource.as_ref() == Some(resource))
                && class.is_none_or(|class| endpoint.class == class)
        }
        (List::Groups { active }, Item::Group { group, .. }) => active.is_none_or(|active| group.active == active),
        (_other_list, _other_item) => false,
    }
}

/// What rows are ordered by: a till by its store, then its code.
fn order(key: &str, list: &List) -> (String, String) {
    match (list, key.split_once('/')) {
        (List::Tills { .. }, Some((store, code))) => (store.to_owned(), code.to_owned()),
        _plain => (key.to_owned(), String::new()),
    }
}

/// The list as an operator sees it, the slow way.
fn model(state: &State, query: &ListQuery) -> (Vec<Item>, Window) {
    let viewer = Viewer { credential: id("model"), label: "model".into(), kind: CredentialKind::Operator };
    let org = query.org.as_ref().and_then(|org| state.orgs.get(org));
    let text = fold(&query.text);
    let in_org = |id: &ObjectId| matches!(query.list, List::Orgs | List::Credentials) || (id.org().is_some() && id.org() == query.org.as_ref());
    let mut all: Vec<Item> = state
        .objects()
        .map(|object| object.id())
        .filter(in_org)
        .filter_map(|id| item(state, &viewer, &id))
        .filter(|item| belongs(state, query, item))
        .filter(|item| texts(org, item).iter().any(|given| fold(given).contains(&text)))
        .collect();
    all.sort_by_key(|item| order(&item.key(), &query.list));
    let at = |key: &str| order(key, &query.list);
    let place = |key: &str, and_itself: bool| {
        all.iter().filter(|item| { let o = order(&item.key(), &query.list); o < at(key) || (and_itself && o == at(key)) }).count()
    };
    let limit = query.limit;
    let (begin, end) = match &query.anchor {
        Anchor::Start => (0, limit.min(all.len())),
        Anchor::After(key) => (place(key, true), (place(key, true) + limit).min(all.len())),
        Anchor::From(key) => (place(key, false), (place(key, false) + limit).min(all.len())),
        Anchor::Before(key) => (place(key, false).saturating_sub(limit), place(key, false)),
        Anchor::End => (all.len().saturating_sub(limit), all.len()),
    };
    let window = Window {
        items: all.get(begin..end).unwrap_or_default().to_vec(),
        more_before: begin > 0,
        more_after: end < all.len(),
        total: Some(all.len() as u64),
    };
    (all, window)
}

fn lists() -> impl Strategy<Value = List> {
    let group = select(&["POS", "Admin", "kiosk", "lobby", "nope"][..]);
    let group = (group, 0u8..3).prop_map(|(group, which)| match which {
        0 => GroupFilter::Explicit(id(group)),
        1 => GroupFilter::Effective(id(group)),
        _else => GroupFilter::Inheriting,
    });
    let zone = select(&["z1", "z2", "z3", "nope"][..]).prop_map(id::<ZoneCode>);
    let concept = select(&["c1", "c2", "nope"][..]).prop_map(id::<ConceptCode>);
    let store = select(&["a", "a-b", "north-1", "nope"][..]).prop_map(id::<StoreCode>);
    let resource = select(&["Customer", "Points", "nope"][..]).prop_map(id::<ResourceId>);
    let few = || option::weighted(0.3, any::<bool>());
    prop_oneof![
        1 => Just(List::Orgs),
        1 => Just(List::Zones),
        1 => Just(List::Concepts),
        6 => (option::weighted(0.3, zone), option::weighted(0.3, concept), option::weighted(0.5, group), few(), any::<bool>())
            .prop_map(|(zone, concept, group, active, below)| List::Stores { zone, concept, group, active, below }),
        4 => option::of(store).prop_map(|store| List::Tills { store }),
        2 => Just(List::Resources),
        3 => (option::of(resource), option::of(select(&Class::ALL[..]))).prop_map(|(resource, class)| List::Endpoints { resource, class }),
        2 => few().prop_map(|active| List::Groups { active }),
        1 => Just(List::Users),
        2 => Just(List::Credentials),
    ]
}

/// Keys that may be there, and some that can't.
const KEYS: [&str; 22] = [
    "a", "a-b", "north-1", "zzz", "a/t1", "a-b/T1", "north-1/9", "north-1/t1", "north-1/", "/", "", "Z!", "GET /v2/a", "GET /v2/{}",
    "POST /", "POS", "kiosk", "Customer", "acme", "acme-gate", "z3", "c2",
];

fn anchors() -> impl Strategy<Value = Anchor> {
    (select(&KEYS[..]), 0u8..5).prop_map(|(key, which)| match which {
        0 => Anchor::Start,
        1 => Anchor::After(key.to_owned()),
        2 => Anchor::From(key.to_owned()),
        3 => Anchor::Before(key.to_owned()),
        _else => Anchor::End,
    })
}

fn queries() -> impl Strategy<Value = ListQuery> {
    let text = select(&["", "", "", "a", "NORTH", "t1", "a/t", "GET /v2", "v2/{x}", "customer", "STRASSE", "nothing like it", " kiosk "][..]);
    let org = option::weighted(0.9, select(&["acme", "acme", "beta", "nobody"][..]).prop_map(id::<OrgCode>));
    (org, lists(), text, anchors(), 1usize..4)
        .prop_map(|(org, list, text, anchor, limit)| ListQuery { org, list, text: text.to_owned(), anchor, limit })
}

proptest! {
    #[test]
    fn ag_32_every_window_is_a_slice_of_the_whole(steps in steps(40), queries in proptest::collection::vec(queries(), 40)) {
        let mut world = world();
        for step in &steps {
            play(&mut world, step);
        }
        let viewer = Viewer { credential: id("viewer"), label: "viewer".into(), kind: CredentialKind::Operator };
        for query in &queries {
            let (_, expected) = model(&world.state, query);
            let found = list(&world.state, &viewer, query);
            prop_assert_eq!(&found.items, &expected.items, "{:?}", query);
            prop_assert_eq!((found.more_before, found.more_after), (expected.more_before, expected.more_after), "{:?}", query);
            prop_assert!(found.total.is_none() || found.total == expected.total, "{:?} of {:?}: {:?}", found.total, expected.total, query);
        }
    }

    #[test]
    fn pages_forwards_and_backwards_are_the_whole(steps in steps(40), query in queries()) {
        let mut world = world();
        for step in &steps {
            play(&mut world, step);
        }
        let viewer = Viewer { credential: id("viewer"), label: "viewer".into(), kind: CredentialKind::Operator };
        let (all, _) = model(&world.state, &query);
        for back in [false, true] {
            let mut walked: Vec<Item> = Vec::new();
            let mut anchor = if back { Anchor::End } else { Anchor::Start };
            for _page in 0..=all.len() {
                let window = list(&world.state, &viewer, &ListQuery { anchor: anchor.clone(), ..query.clone() });
                let (edge, more) = if back { (window.items.first(), window.more_before) } else { (window.items.last(), window.more_after) };
                anchor = match (edge.map(Item::key), back) {
                    (Some(key), true) => Anchor::Before(key),
                    (Some(key), false) => Anchor::After(key),
                    (None, _) => break,
                };
                walked = if back { [window.items, walked].concat() } else { [walked, window.items].concat() };
                if !more {
                    break;
                }
            }
            prop_assert_eq!(&walked, &all, "backwards: {}", back);
        }
    }

    #[test]
    fn nobody_sees_what_is_not_theirs(steps in steps(30), queries in proptest::collection::vec(queries(), 20)) {
        let mut world = world();
        for step in &steps {
            play(&mut world, step);
        }
        let owner = Viewer {
            credential: id("acme-ann"),
            label: "ann".into(),
            kind: CredentialKind::User { org: id("acme"), user: id("ann") },
        };
        let gate = Viewer { kind: CredentialKind::EnforcementPoint { org: id("acme") }, ..owner.clone() };
        let operator = Viewer { kind: CredentialKind::Operator, ..owner.clone() };
        for query in &queries {
            prop_assert_eq!(list(&world.state, &gate, query), empty_as(&list(&world.state, &gate, query)), "{:?}", query);
            let seen = list(&world.state, &owner, query);
            match (&query.list, &query.org) {
                (List::Orgs, _) => prop_assert!(seen.items.iter().all(|i| i.key() == "acme")),
                (List::Credentials, _) => {
                    let own = |item: &Item| matches!(item, Item::Credential { credential } if credential.kind.org() == Some(&id("acme")));
                    prop_assert!(seen.items.iter().all(own));
                }
                (_, None) => {
                    let own = ListQuery { org: Some(id("acme")), ..query.clone() };
                    prop_assert_eq!(seen, list(&world.state, &operator, &own), "no org is one's own");
                }
                (_, Some(org)) if org.as_str() == "acme" => prop_assert_eq!(seen, list(&world.state, &operator, query)),
                (_, Some(_)) => {
                    let nowhere = ListQuery { org: Some(id("nobody")), ..query.clone() };
                    prop_assert_eq!(&seen, &list(&world.state, &owner, &nowhere), "as one that isn't there");
                    prop_assert!(seen.items.is_empty() && seen.total.is_none_or(|total| total == 0));
                }
            }
        }
        for object in world.state.objects() {
            let id = object.id();
            prop_assert!(!visible(&gate, &world.state, &id) && item(&world.state, &gate, &id).is_none());
            let of = match &object {
                Object::Credential(credential) => credential.kind.org().cloned(),
                _other => id.org().cloned(),
            };
            let of_all = matches!(id, ObjectId::Cluster | ObjectId::Platform | ObjectId::Clock);
            if of.is_none_or(|of| of.as_str() != "acme") && !of_all {
                prop_assert!(!visible(&owner, &world.state, &id) && item(&world.state, &owner, &id).is_none(), "{}", id);
            }
        }
    }
}

fn empty_as(window: &Window) -> Window {
    Window { items: Vec::new(), more_before: false, more_after: false, total: window.total.filter(|total| *total == 0) }
}

#[test]
fn credentials_show_no_hashes() {
    let world = World::acme();
    let query = ListQuery { org: None, list: List::Credentials, text: String::new(), anchor: Anchor::Start, limit: 100 };
    let listed = list(&world.state, &world.viewer("operator-1"), &query).items;
    assert_eq!(listed.len(), 5);
    let single = item(&world.state, &world.viewer("operator-1"), &ObjectId::Credential(id("acme-ann"))).expect("seen");
    for item in listed.iter().chain([&single]) {
        let Item::Credential { credential } = item else { unreachable!("a credential") };
        assert_eq!(credential.secret, secret(0), "{}", credential.id);
    }
    assert!(!format!("{:?}", world.state.credentials).contains("10, 10"), "not even in what is printed for debugging");
}

#[test]
fn ag_8_a_resource_is_found_by_its_endpoints_too() {
    let world = World::acme();
    let found = |text: &str| {
        let query = ListQuery { org: Some(id("acme")), list: List::Resources, text: text.to_owned(), anchor: Anchor::Start, limit: 100 };
        list(&world.state, &world.viewer("acme-ann"), &query).items.iter().map(Item::key).collect::<Vec<_>>()
    };
    assert_eq!(found("WEBHOOK"), ["Webhooks"]);
    assert_eq!(found("/v2/points"), ["Points"]);
    assert_eq!(found("delete"), ["Webhooks"]);
    assert_eq!(found("PUT /v2/stores"), ["Store"], "by method and path together");
}

#[test]
fn ag_30_a_group_shows_how_many_have_it_and_whether_it_is_the_default() {
    let mut world = World::acme();
    world.ok(allocate(&["north-1"], Some("Admin")));
    let seen = |group: &str| item(&world.state, &world.viewer("acme-ann"), &ObjectId::Group(id("acme"), id(group)));
    let counts = |group: &str| match seen(group) {
        Some(Item::Group { explicit, inherited, default, .. }) => (explicit, inherited, default),
        _other => unreachable!("a group"),
    };
    assert_eq!(counts("POS"), (0, 2, true));
    assert_eq!(counts("Admin"), (1, 0, false));
}

#[test]
fn a_suspended_holder_is_let_in_no_longer() {
    let mut world = World::acme();
    let ann: &User = &world.acme_state().users["ann"];
    world.state.put(&Object::User(User { active: false, ..ann.clone() }.into()));
    assert_eq!(Viewer::of_secret(&world.state, &secret(10)), None);
    assert!(Viewer::of_secret(&world.state, &secret(11)).is_some_and(|gate| gate.may_check(&world.state, "acme", Subject::User("ann")) && !gate.may_check(&world.state, "beta", Subject::User("ann"))));
    world.ok(revoke("acme-gate"));
    assert_eq!(Viewer::of_secret(&world.state, &secret(11)), None);
}

/// AC-1, UM-15: what the platform has predefined is listed beneath what the org has, in one order, forwards and backwards.
#[test]
fn um_15_ac_1_predefined_bundles_are_listed_with_the_orgs_own() {
    let mut world = World::acme();
    let standard = |name: &str| StandardSet { id: id(name), name: id(name), description: "".into(), grants: Vec::new() };
    let platform = Platform { version: 2, sets: vec![standard("Explore"), standard("Reports")], ..(*world.state.platform).clone() };
    world.state.put(&Object::Platform(platform.into()));
    let own = PermissionSet {
        org: id("acme"),
        id: id("Night"),
        name: id("Night shift"),
        description: "".into(),
        grants: Vec::new().into(),
        meta: Meta::default(),
    };
    world.state.put(&Object::Set(own.into()));
    let query = |text: &str, anchor: Anchor| ListQuery { org: Some(id("acme")), list: List::Sets, text: text.into(), anchor, limit: 2 };
    let viewer = Viewer::of_credential(&world.state, &id("acme-ann")).expect("acme's owner");
    let keys = |query: &ListQuery| {
        let window = list(&world.state, &viewer, query);
        (window.items.iter().map(Item::key).collect::<Vec<_>>(), window.more_before, window.more_after, window.total)
    };
    let of = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    assert_eq!(keys(&query("", Anchor::Start)), (of(&["Explore", "Night"]), false, true, Some(3)));
    assert_eq!(keys(&query("", Anchor::After("Night".into()))), (of(&["Reports"]), true, false, Some(3)));
    assert_eq!(keys(&query("", Anchor::Before("Reports".into()))), (of(&["Explore", "Night"]), false, true, Some(3)));
    assert_eq!(keys(&query("SHIFT", Anchor::Start)), (of(&["Night"]), false, false, Some(1)));
    let shown = item(&world.state, &viewer, &ObjectId::Set(id("acme"), id("Explore")));
    assert!(matches!(shown, Some(Item::Set { standard: true, users: 0, .. })), "{shown:?}");
}
