//! Random users, groups, controls, sets, roles, applications and keys, a small platform's catalogue, places and moments;
//! and questions about all of it.

use std::sync::Arc;

use bailiwick_policy::access::{Class, Level};
use bailiwick_policy::decision::{Ask, Context, EntityAction, Request, Subject};
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::permission::{Action, Actions, ModuleGrant, Permission};
use bailiwick_policy::place::{Bounds, Place};
use bailiwick_policy::platform::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

pub const ZONES: [&str; 4] = ["z1", "z2", "Z3", "z4"];
pub const CONCEPTS: [&str; 2] = ["c1", "c2"];
pub const USERS: [&str; 3] = ["ann", "bob", "Cy"];
pub const APPLICATIONS: [&str; 2] = ["till-sync", "widget"];
const USER_GROUPS: [&str; 3] = ["staff", "buyers", "night"];
const CONTROLS: [&str; 4] = ["clerks", "loyalty", "orders", "gone"];
const SETS: [&str; 4] = ["desk", "phone", "standard", "gone"];
const ROLES: [&str; 5] = ["custom", "advanced", "extensions", "agent", "gone"];
const PRIVILEGES: [&str; 5] = ["advanced", "extensions", "agent", "endpoint.getSites", "gone"];
const ENTITIES: [&str; 3] = ["gift", "order", "stock"];
const NODES: [&str; 6] = ["gift", "order", "stock", "sales", "stores", "nowhere"];
const MODULES: [&str; 6] = [
    "Campaign/Workflow",
    "Member Care/Customer Profile",
    "Member Care/Customer PII",
    "Administration/Stores",
    "Insights+/Reports",
    "No/Module",
];
pub const SCOPES: [&str; 16] = [
    "sales.order_read",
    "sales.order_manage",
    "sales.order_readOwn",
    "sales.order_manageOwn",
    "stores.stock_read",
    "stores.stock_manage",
    "loyalty.points_award",
    "sales.tenant_own",
    "gift.gift_read",
    "gift.gift_manage",
    "gift.gift_readOwn",
    "gift.gift_manageOwn",
    "gift.gift_read_own",
    "gift.gift_manage_own",
    "order.order_manage",
    "unheard of",
];

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn ids<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug + Ord + Clone>(
    from: &'static [&'static str],
    most: usize,
) -> impl Strategy<Value = Vec<T>> {
    subsequence(from.to_vec(), 0..=most.min(from.len())).prop_map(|some| {
        let mut some: Vec<T> = some.into_iter().map(id).collect();
        some.sort();
        some
    })
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        2 => Just(Place::Org),
        3 => select(&ZONES[..]).prop_map(|code| Place::Zone(id(code))),
        2 => select(&CONCEPTS[..]).prop_map(|code| Place::Concept(id(code))),
        3 => select(&STORES[..]).prop_map(|code| Place::Store(id(code))),
    ]
}

fn places(least: usize) -> impl Strategy<Value = Vec<Place>> {
    vec(place(), least..3).prop_map(|mut places| {
        places.sort();
        places.dedup();
        places
    })
}

fn bounds() -> impl Strategy<Value = Bounds> {
    let bound = || option::weighted(0.5, (0u64..40).prop_map(Tick));
    prop_oneof![
        4 => Just(Bounds::ALWAYS),
        1 => (bound(), bound()).prop_map(|(not_before, not_after)| Bounds { not_before, not_after }),
    ]
}

fn audience() -> impl Strategy<Value = Audience> {
    prop_oneof![3 => Just(Audience::Employee), 1 => Just(Audience::Customer)]
}

fn action() -> impl Strategy<Value = Action> {
    select(&Action::ALL[..])
}

fn grants() -> impl Strategy<Value = Vec<ModuleGrant>> {
    let one = (select(&MODULES[..]), 1u8..32).prop_map(|(module, actions)| ModuleGrant { module: id(module), actions: Actions::from_bits_truncate(actions) });
    vec(one, 0..5).prop_map(|mut grants| {
        grants.sort();
        grants.dedup_by(|left, right| left.module == right.module);
        grants
    })
}

fn zone(of: &str, code: &str, parent: Option<&str>) -> Object {
    let parent = parent.filter(|parent| *parent > code).map(id);
    Object::Zone(Arc::new(Zone { org: id(of), code: id(code), name: id(code), parent, meta: Meta::default() }))
}

fn concept(of: &str, code: &str, parent: Option<&str>) -> Object {
    let parent = parent.filter(|parent| *parent > code).map(id);
    Object::Concept(Arc::new(Concept { org: id(of), code: id(code), name: id(code), parent, meta: Meta::default() }))
}

fn sited(mut object: Object, zone: Option<&str>, concept: Option<&str>) -> Object {
    if let Object::Store(store) = &mut object {
        let store = Arc::make_mut(store);
        (store.zone, store.concept) = (zone.map(id), concept.map(id));
    }
    object
}

fn routed(mut object: Object, routes: Routes) -> Object {
    if let Object::Endpoint(endpoint) = &mut object {
        Arc::make_mut(endpoint).routes = Some(Arc::new(routes));
    }
    object
}

fn routes() -> impl Strategy<Value = Routes> {
    let permission = (select(&MODULES[..]), action()).prop_map(|(module, action)| Permission { module: id(module), action });
    let permissions = prop_oneof![2 => Just(Vec::new()), 1 => vec(permission, 1..3)];
    (prop::bool::weighted(0.1), ids(&SCOPES, 3), prop::bool::weighted(0.3), permissions, any::<bool>())
        .prop_map(|(open, scopes, all_scopes, permissions, instance)| Routes { open, scopes, all_scopes, permissions, instance })
}

/// An endpoint with ways in beside its resource, if it has one.
pub fn routed_endpoint() -> impl Strategy<Value = Object> {
    let resource = prop_oneof![2 => Just(None), 1 => select(&RESOURCES[..]).prop_map(Some)];
    (select(&ORGS[..]), super::method(), path_template(), resource, any::<bool>(), routes()).prop_map(|(of, method, path, resource, read, routes)| {
        routed(endpoint(of, method, &path, resource, Class::Data, if read { Level::Read } else { Level::Write }), routes)
    })
}

fn user_type() -> impl Strategy<Value = UserType> {
    prop_oneof![4 => Just(UserType::Standard), 2 => Just(UserType::Admin), 1 => Just(UserType::Owner)]
}

fn user() -> impl Strategy<Value = Object> {
    let member = (select(&USER_GROUPS[..]), bounds()).prop_map(|(group, bounds)| Membership { group: id(group), bounds });
    let set = (select(&SETS[..]), places(0), bounds()).prop_map(|(set, places, bounds)| SetGrant { set: id(set), places, bounds });
    let role = (select(&ROLES[..]), bounds()).prop_map(|(role, bounds)| RoleGrant { role: id(role), bounds });
    let more = (audience(), prop_oneof![Just(vec![Place::Org]), places(0)], vec(member, 0..3), vec(set, 0..4), vec(role, 0..3));
    let more = more.prop_map(|(audience, places, mut groups, mut sets, mut roles)| {
        groups.sort();
        groups.dedup_by(|left, right| left.group == right.group);
        sets.sort();
        roles.sort();
        roles.dedup_by(|left, right| left.role == right.role);
        UserMore { audience, places, groups, sets, roles, ..UserMore::default() }
    });
    (select(&ORGS[..]), select(&USERS[..]), user_type(), super::active(), more).prop_map(|(of, user, user_type, active, more)| {
        let blank = User { org: id(of), id: id(user), name: id(user), user_type, active, meta: Meta::default(), more: None };
        Object::User(Arc::new(blank.with_more(more)))
    })
}

fn user_group() -> impl Strategy<Value = Object> {
    let control = (select(&CONTROLS[..]), places(0), bounds()).prop_map(|(control, places, bounds)| ControlGrant { control: id(control), places, bounds });
    (select(&ORGS[..]), select(&USER_GROUPS[..]), audience(), vec(control, 0..4)).prop_map(|(of, group, audience, mut controls)| {
        controls.sort();
        controls.dedup_by(|left, right| left.control == right.control);
        let (id, name) = (id(group), id(group));
        Object::UserGroup(Arc::new(UserGroup { org: of.parse().unwrap(), id, name, description: "".into(), audience, controls: Arc::new(controls), meta: Meta::default() }))
    })
}

fn application() -> impl Strategy<Value = Object> {
    let role = (select(&ROLES[..]), bounds()).prop_map(|(role, bounds)| RoleGrant { role: id(role), bounds });
    let group = option::of(select(&GROUPS[..]));
    (select(&ORGS[..]), select(&APPLICATIONS[..]), any::<bool>(), super::active(), vec(role, 0..3), ids(&SCOPES, 4), group).prop_map(
        |(of, application, extension, active, mut roles, scopes, group)| {
            roles.sort();
            roles.dedup_by(|left, right| left.role == right.role);
            Object::Application(Arc::new(Application {
                org: id(of),
                id: id(application),
                name: id(application),
                kind: if extension { ApplicationType::Extension } else { ApplicationType::Application },
                active,
                roles: Arc::new(roles),
                inert_roles: Arc::default(),
                scopes: Arc::new(scopes),
                group: group.map(id),
                source: None,
                external: false,
                meta: Meta::default(),
            }))
        },
    )
}

fn key() -> impl Strategy<Value = Object> {
    (select(&ORGS[..]), select(&APPLICATIONS[..]), 0u8..3, prop::bool::weighted(0.3), bounds()).prop_map(|(of, application, number, revoked, bounds)| {
        Object::Credential(Arc::new(Credential {
            id: id(&format!("{of}-{application}-{number}")),
            label: id("key"),
            kind: CredentialKind::Application { org: id(of), application: id(application) },
            secret: Secret::TokenHash([number; 32]),
            revoked,
            meta: Meta::default(),
            bounds,
        }))
    })
}

/// Anything about people.
pub fn people_object() -> impl Strategy<Value = Object> {
    let of = || select(&ORGS[..]);
    let description = || Arc::<str>::from("");
    prop_oneof![
        2 => (of(), select(&ZONES[..]), option::of(select(&ZONES[..]))).prop_map(|(o, code, parent)| zone(o, code, parent)),
        1 => (of(), select(&CONCEPTS[..]), option::of(select(&CONCEPTS[..]))).prop_map(|(o, code, parent)| concept(o, code, parent)),
        4 => (of(), select(&STORES[..]), super::active(), option::of(select(&ZONES[..])), option::of(select(&CONCEPTS[..])))
            .prop_map(|(o, s, a, z, c)| sited(store(o, s, a, None), z, c)),
        8 => user(),
        5 => user_group(),
        3 => application(),
        1 => key(),
        5 => routed_endpoint(),
        1 => (of(), select(&SCOPES[6..8]), any::<bool>())
            .prop_map(move |(o, s, own)| Object::Scope(Arc::new(Scope { org: id(o), id: id(s), description: description(), own, meta: Meta::default() }))),
        2 => (of(), select(&ENTITIES[..]))
            .prop_map(|(o, e)| Object::Entity(Arc::new(Entity { org: id(o), id: id(e), name: id(e), meta: Meta::default() }))),
        3 => (of(), select(&CONTROLS[..3]), ids(&SCOPES, 4)).prop_map(move |(o, c, scopes)| Object::Control(Arc::new(Control {
            org: id(o), id: id(c), name: id(c), description: description(), audience: None, scopes: Arc::new(scopes), meta: Meta::default(),
        }))),
        3 => (of(), select(&SETS[..3]), grants()).prop_map(move |(o, s, grants)| Object::Set(Arc::new(PermissionSet {
            org: id(o), id: id(s), name: id(s), description: description(), grants: Arc::new(grants), meta: Meta::default(),
        }))),
        2 => (of(), select(&ROLES[..]), ids(&PRIVILEGES, 3)).prop_map(move |(o, r, rights)| Object::Role(Arc::new(Role {
            org: id(o), id: id(r), name: id(r), description: description(), rights: Arc::new(rights), meta: Meta::default(),
        }))),
    ]
}

/// The moment up to which time has flipped things.
pub fn clock() -> impl Strategy<Value = Object> {
    (0u64..40).prop_map(|tick| Object::Clock(Arc::new(Clock { tick: Tick(tick), meta: Meta::default() })))
}

/// A small catalogue, some of which may be missing.
pub fn platform() -> impl Strategy<Value = Object> {
    let scope = |(name, level, implies): (&str, ScopeLevel, &[&str])| {
        let (domain, entity) = name.split_once('.').unwrap();
        PlatformScope {
            id: id(name),
            domain: id(domain),
            entity: id(entity.split('_').next().unwrap()),
            level,
            description: "".into(),
            implies: implies.iter().map(|scope| id(scope)).collect(),
        }
    };
    let scopes: Vec<PlatformScope> = [
        ("sales.order_manage", ScopeLevel::Manage, &[][..]),
        ("sales.order_manageOwn", ScopeLevel::ManageOwn, &[]),
        ("sales.order_read", ScopeLevel::Read, &["stores.stock_read"]),
        ("sales.order_readOwn", ScopeLevel::ReadOwn, &["sales.order_readOwn", "unheard of"]),
        ("stores.stock_manage", ScopeLevel::Manage, &["loyalty.points_award", "gift.gift_read"]),
        ("stores.stock_read", ScopeLevel::Read, &[]),
    ]
    .into_iter()
    .map(scope)
    .collect();
    let endpoint = |template: &str, method: &str, alone: Option<&str>, privileges: &[&str], by_type: bool| {
        let shape = bailiwick_policy::path::template(template).unwrap();
        PlatformEndpoint {
            id: id(&format!("{method} {}", shape.canonical)),
            template: shape.shown.into(),
            endpoint_privilege: alone.map(id),
            privileges: privileges.iter().map(|privilege| id(privilege)).collect(),
            by_type,
        }
    };
    let endpoints = vec![
        endpoint("/a", "POST", Some("endpoint.getSites"), &["advanced"], false),
        endpoint("/a/{id}", "GET", None, &["agent", "extensions"], true),
        endpoint("/customers", "GET", Some("endpoint.getSites"), &["advanced", "agent"], false),
        endpoint("/customers/b", "DELETE", None, &[], false),
        endpoint("/{id}", "GET", None, &["agent", "gone"], false),
        endpoint("/{id}/b", "POST", None, &["extensions"], true),
    ];
    let modules = MODULES[..5].iter().zip([31, 15, 7, 31, 3]).map(|(module, offered)| Module { id: id(module), offered: Actions::from_bits_truncate(offered) });
    let rest = (
        subsequence(scopes, 3..=6),
        subsequence(endpoints, 3..=6),
        subsequence(modules.collect::<Vec<_>>(), 3..=5),
        grants(),
        ids::<ScopeId>(&SCOPES[..5], 2),
        ids::<PrivilegeId>(&PRIVILEGES[..4], 4),
        1u32..9,
    );
    rest.prop_map(|(scopes, endpoints, modules, grants, defaults, rights, version)| {
        let name = |text: &str| text.parse().unwrap();
        let kind = |text: &str| match text {
            "agent" => PrivilegeKind::Internal,
            text if text.starts_with("endpoint") => PrivilegeKind::Endpoint,
            _other => PrivilegeKind::Application,
        };
        let role = |of: &str, rights: Vec<PrivilegeId>| PlatformRole { id: id(of), name: name(of), description: "".into(), rights, internal: of == "agent" };
        Object::Platform(Arc::new(Platform {
            version,
            modules,
            sets: vec![StandardSet { id: id("standard"), name: name("standard"), description: "".into(), grants }],
            domains: ["sales", "stores"].map(|domain| Domain { id: id(domain), name: name(domain) }).into(),
            controls: vec![PlatformControl {
                id: id("orders"),
                name: name("orders"),
                description: "".into(),
                audience: None,
                domain: id("sales"),
                scopes: scopes.iter().take(2).map(|scope| scope.id.clone()).collect(),
            }],
            scopes,
            default_scopes: vec![(Audience::Employee, defaults), (Audience::Customer, vec![id("sales.order_readOwn")])],
            privileges: PRIVILEGES[..4].iter().map(|p| Privilege { id: id(p), description: "".into(), kind: kind(p) }).collect(),
            roles: vec![role("advanced", rights), role("agent", vec![id("agent")]), role("extensions", vec![id("extensions")])],
            endpoints,
            ..Platform::default()
        }))
    })
}

/// Something other than a call.
#[derive(Clone, Debug)]
pub enum Other {
    Module(&'static str, Action),
    Scope(String),
    Entity(&'static str, EntityAction),
}

/// A question of any kind that owns its text.
#[derive(Clone, Debug)]
pub struct Inquiry {
    pub call: Question,
    pub other: Option<Other>,
    pub place: Option<String>,
    pub instance: bool,
    pub created_by: Option<&'static str>,
    pub assigned_to: Option<&'static str>,
    pub body_type: Option<&'static str>,
}

impl Inquiry {
    pub fn request(&self) -> Request<'_> {
        let call = self.call.request();
        let subject = match self.call.subject.split_once(':') {
            Some(("user", id)) => Subject::User(id),
            Some(("application", id)) => Subject::Application(id),
            _place => call.subject,
        };
        let ask = match &self.other {
            None => call.ask,
            Some(Other::Module(module, action)) => Ask::Module { module, action: *action },
            Some(Other::Scope(scope)) => Ask::Scope { scope },
            Some(Other::Entity(entity, action)) => Ask::Entity { entity, action: *action },
        };
        let context = Context {
            place: self.place.as_deref(),
            instance: self.instance,
            created_by: self.created_by,
            assigned_to: self.assigned_to,
            body_type: self.body_type,
        };
        Request { subject, ask, context, ..call }
    }
}

/// Users and applications, known ones and others.
pub fn people() -> Vec<String> {
    let users = USERS.iter().chain(&["nobody", ""]).map(|user| format!("user:{user}"));
    users.chain(APPLICATIONS.iter().chain(&["nobody"]).map(|application| format!("application:{application}"))).collect()
}

fn place_text() -> impl Strategy<Value = Option<String>> {
    const ODD: [&str; 13] = ["", "org", "ORG ", "org:acme", "zone:", "zone:nowhere", "till:north-1", "store:nobody", "Zone:z1", "concept:c1x", "STORE:s", " Till:s/t1", "place"];
    prop_oneof![
        4 => Just(None),
        3 => select(&STORES[..]).prop_map(|code| Some(format!("store:{code}"))),
        1 => (select(&STORES[..]), select(&TILLS[..])).prop_map(|(store, till)| Some(format!("till:{store}/{till}"))),
        2 => select(&ZONES[..]).prop_map(|code| Some(format!("zone:{code}"))),
        1 => select(&CONCEPTS[..]).prop_map(|code| Some(format!("concept:{code}"))),
        1 => select(&ODD[..]).prop_map(|text| Some(text.to_owned())),
    ]
}

fn other() -> impl Strategy<Value = Other> {
    let entity = select(&[EntityAction::View, EntityAction::Read, EntityAction::Create, EntityAction::Manage][..]);
    prop_oneof![
        3 => (select(&MODULES[..]), action()).prop_map(|(module, action)| Other::Module(module, action)),
        3 => select(&SCOPES[..]).prop_map(|scope| Other::Scope(scope.to_owned())),
        1 => Just(Other::Scope(" blank ".to_owned())),
        3 => (select(&NODES[..]), entity).prop_map(|(node, action)| Other::Entity(node, action)),
    ]
}

/// Any question.
pub fn inquiry() -> impl Strategy<Value = Inquiry> {
    let subject = prop_oneof![6 => select(people()), 1 => select(subjects())];
    let query = prop_oneof![4 => Just(""), 1 => select(&["?type=extension", "?type=application", "?type=x", "?type=extension&type=extension"][..])];
    let path = prop_oneof![1 => super::path(), 2 => select(&["/a", "/a/b", "/a/widget", "/customers", "/customers/b", "/b", "/zz", "/zz/b", "/widget/b", "/a/%77idget"][..]).prop_map(str::to_owned)];
    let call = (question(), subject, path, query).prop_map(|(call, subject, path, query)| Question { subject, path: format!("{path}{query}"), ..call });
    let whom = || option::of(select(&["ann", "user:ann", "bob", "application:widget", "widget", "till-sync"][..]));
    let body = option::weighted(0.3, select(&["extension", "application", "Extension"][..]));
    (call, option::of(other()), place_text(), any::<bool>(), whom(), whom(), body).prop_map(
        |(call, other, place, instance, created_by, assigned_to, body_type)| Inquiry { call, other, place, instance, created_by, assigned_to, body_type },
    )
}
