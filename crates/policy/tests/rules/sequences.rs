//! Random commands over a small cluster, lawful and unlawful: codes come from short lists, so that commands meet.

use bailiwick_policy::access::{Class, Grant, Level, Levels, Narrow};
use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::{CredentialKind, UserType};
use bailiwick_policy::permission::ModuleGrant;
use bailiwick_policy::place::Place;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::world::*;

const ORGS: [&str; 3] = ["acme", "acme", "beta"];
const STORES: [&str; 5] = ["a", "a-b", "north-1", "north-2", "s.9"];
const TILLS: [&str; 3] = ["t1", "T1", "9"];
const ZONES: [&str; 7] = ["z1", "z2", "z3", "z4", "z5", "z6", "Z1"];
const CONCEPTS: [&str; 3] = ["c1", "c2", "c3"];
const RESOURCES: [&str; 4] = ["Customer", "Points", "Store", "Odd"];
const METHODS: [&str; 5] = ["GET", "POST", "HEAD", "delete", "no method"];
const PATHS: [&str; 7] = ["/v2/a", "v2/a/", "/v2/{x}", "/v2/{y}?q", "/v2/{x}/b", "/v2/{broken", ""];
const NAMES: [&str; 6] = ["Kiosk", "KIOSK", "Lobby", "lobby", "pos", "Straße"];
const GROUPS: [&str; 9] = ["POS", "Instore", "Admin", "kiosk", "Lobby", "lobby-2", "STRASSE", "pos", "nope"];
const CREDENTIALS: [&str; 5] = ["acme-ann", "beta-ann", "acme-gate", "operator-2", "extra"];
pub const USERS: [&str; 4] = ["ann", "bob", "cat", "nobody"];
const SETS: [&str; 5] = ["kiosk", "lobby", "strasse", "membercare-explore", "pos"];
const MODULES: [&str; 5] =
    ["Administration/Stores", "Administration/Access groups", "Administration/Users", "Administration/Places", "Member Care/Customer Cards"];
const ACTORS: [&str; 6] = ["operator-1", "acme-ann", "beta-ann", "acme-gate", "operator-2", "nobody"];

/// One command, who asks for it, and how long after the one before.
#[derive(Clone, Debug)]
pub struct Step {
    pub actor: Actor,
    pub command: Command,
    pub after_ms: u64,
}

pub fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 0..most)
}

pub fn step() -> impl Strategy<Value = Step> {
    let actor = prop_oneof![12 => Just(operator()), 3 => Just(by("acme-ann")), 1 => select(&ACTORS[..]).prop_map(by), 1 => Just(Actor::System)];
    let after_ms = prop_oneof![20 => 0u64..5_000, 1 => Just(13 * 60 * 60 * 1_000)];
    (actor, command(), after_ms).prop_map(|(actor, command, after_ms)| Step { actor, command, after_ms })
}

/// Executes a step; the number makes its request id.
pub fn play(world: &mut World, step: &Step) -> bailiwick_policy::execute::Executed {
    world.now += step.after_ms;
    world.try_as(step.actor.clone(), step.command.clone())
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug>(from: &'static [&'static str]) -> impl Strategy<Value = T> {
    select(from).prop_map(id)
}

fn field<T: Clone + std::fmt::Debug + 'static>(value: impl Strategy<Value = T> + 'static) -> impl Strategy<Value = Field<T>> {
    prop_oneof![3 => Just(Field::Keep), 1 => Just(Field::Clear), 4 => value.prop_map(Field::To)]
}

fn mode() -> impl Strategy<Value = PutMode> {
    prop_oneof![4 => Just(PutMode::Import), 1 => Just(PutMode::Create), 1 => Just(PutMode::Edit)]
}

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let levels = (0u8..4).prop_map(Levels::from_bits_truncate);
    vec((parsed(&RESOURCES), select(&Class::ALL[..]), levels, option::weighted(0.15, narrow())), 0..5)
        .prop_map(|cells| cells.into_iter().map(|(resource, class, levels, narrow)| Grant { resource, class, levels, narrow }).collect())
}

fn endpoint_id() -> impl Strategy<Value = EndpointId> {
    select(&["GET /v2/a", "POST /v2/a", "GET /v2/{}", "POST /v2/{}", "GET /v2/{}/b", "HEAD /v2/a"][..]).prop_map(id)
}

fn narrow() -> impl Strategy<Value = Narrow> {
    (any::<bool>(), vec(endpoint_id(), 1..3)).prop_map(|(only, ids)| if only { Narrow::Only(ids) } else { Narrow::Except(ids) })
}

fn group() -> impl Strategy<Value = GroupRef> {
    select(&GROUPS[..]).prop_map(GroupRef::from)
}

/// A new object mostly has a name, and an old one mostly keeps its own.
fn name() -> impl Strategy<Value = Option<bailiwick_policy::name::Name>> {
    prop_oneof![6 => Just(Some(id("Some name"))), 1 => Just(Some(id("Another"))), 1 => Just(None)]
}

fn store_rows() -> impl Strategy<Value = Vec<StoreRow>> {
    let latitude = prop_oneof![9 => Just(Field::Keep), 1 => (-900_000_001i32..=900_000_001).prop_map(Field::To)];
    let row = (parsed(&STORES), name(), field(parsed(&ZONES)), field(parsed(&CONCEPTS)), latitude).prop_map(
        |(code, name, zone, concept, latitude_e7)| StoreRow { name, zone, concept, latitude_e7, ..StoreRow::new(code) },
    );
    // Bare rows are lawful more often.
    let bare = (parsed(&STORES), name()).prop_map(|(code, name)| StoreRow { name, ..StoreRow::new(code) });
    vec(prop_oneof![bare, row], 0..4)
}

fn endpoint_rows() -> impl Strategy<Value = Vec<EndpointRow>> {
    let method = prop_oneof![20 => select(&METHODS[..4]), 1 => select(&METHODS[..])];
    let path = prop_oneof![20 => select(&PATHS[..6]), 1 => select(&PATHS[..])];
    let level = option::of(select(&[Level::Read, Level::Write][..]));
    let row = (method, path, field(parsed(&RESOURCES)), option::of(select(&Class::ALL[..])), level);
    let row = row.prop_map(|(method, path, resource, class, level)| EndpointRow {
        resource,
        class,
        level,
        ..EndpointRow::new(method, path)
    });
    vec(row, 0..4)
}

fn target() -> impl Strategy<Value = ObjectId> {
    let org = || parsed::<OrgCode>(&ORGS);
    prop_oneof![
        1 => org().prop_map(ObjectId::Org),
        4 => (org(), parsed(&STORES)).prop_map(|(o, s)| ObjectId::Store(o, s)),
        4 => (org(), parsed(&STORES), parsed(&TILLS)).prop_map(|(o, s, t)| ObjectId::Till(o, s, t)),
        1 => (org(), parsed(&USERS)).prop_map(|(o, u)| ObjectId::User(o, u)),
        1 => (org(), parsed(&ZONES)).prop_map(|(o, z)| ObjectId::Zone(o, z)),
        1 => Just(ObjectId::Cluster),
    ]
}

fn removable() -> impl Strategy<Value = ObjectId> {
    let org = || parsed::<OrgCode>(&ORGS);
    prop_oneof![
        3 => (org(), endpoint_id()).prop_map(|(o, e)| ObjectId::Endpoint(o, e)),
        3 => (org(), parsed(&RESOURCES)).prop_map(|(o, r)| ObjectId::Resource(o, r)),
        2 => (org(), parsed(&ZONES)).prop_map(|(o, z)| ObjectId::Zone(o, z)),
        2 => (org(), parsed(&CONCEPTS)).prop_map(|(o, c)| ObjectId::Concept(o, c)),
        1 => (org(), parsed(&SETS)).prop_map(|(o, s)| ObjectId::Set(o, s)),
        1 => target(),
    ]
}

fn kind() -> impl Strategy<Value = CredentialKind> {
    let org = || parsed::<OrgCode>(&ORGS);
    prop_oneof![
        Just(CredentialKind::Operator),
        (org(), parsed(&USERS)).prop_map(|(org, user)| CredentialKind::User { org, user }),
        org().prop_map(|org| CredentialKind::EnforcementPoint { org }),
    ]
}

pub fn command() -> impl Strategy<Value = Command> {
    let org = || parsed::<OrgCode>(&ORGS);
    let zone_rows = vec((parsed(&ZONES), name(), field(parsed(&ZONES))), 0..4)
        .prop_map(|rows| rows.into_iter().map(|(code, name, parent)| ZoneRow { code, name, parent }).collect::<Vec<_>>());
    let concept_rows = vec((parsed(&CONCEPTS), name(), field(parsed(&CONCEPTS))), 0..3)
        .prop_map(|rows| rows.into_iter().map(|(code, name, parent)| ConceptRow { code, name, parent }).collect::<Vec<_>>());
    let till_rows = vec((parsed(&STORES), parsed(&TILLS)), 0..5).prop_map(|rows| {
        rows.into_iter().map(|(store, code)| TillRow { store, code, name: Field::Keep }).collect::<Vec<_>>()
    });
    let small = prop_oneof![
        2 => (org(), option::weighted(0.8, group())).prop_flat_map(|(org, group)| prop::bool::weighted(0.2).prop_map(move |observe| Command::SetDefault { org: org.clone(), group: group.clone(), observe })),
        3 => target().prop_map(|target| Command::Suspend { target }),
        3 => target().prop_map(|target| Command::Resume { target }),
        3 => (removable(), any::<bool>()).prop_map(|(target, force)| Command::Remove { target, force }),
        2 => (org(), parsed(&STORES), parsed(&TILLS), parsed(&STORES)).prop_map(|(org, store, till, to)| Command::MoveTill { org, store, till, to }),
        1 => (org(), vec(parsed(&STORES), 0..3), any::<bool>()).prop_map(|(org, stores, active)| Command::SetStoresActive { org, stores, active }),
        1 => (org(), parsed(&RESOURCES)).prop_map(|(org, id)| Command::CreateResource { org, id, description: "".into() }),
        1 => (org(), parsed(&NAMES)).prop_map(|(org, name)| Command::EditOrg { org, name }),
        1 => select(&["acme", "beta", "gamma"][..]).prop_map(create_org),
        1 => Just(init()),
        1 => (parsed(&CREDENTIALS), kind(), 0u8..4).prop_map(|(name, kind, byte)| {
            Command::CreateCredential { id: name, label: id("Extra"), kind, secret: secret(200 + byte) }
        }),
        1 => parsed(&CREDENTIALS).prop_map(|id| Command::RevokeCredential { id }),
    ];
    let puts = prop_oneof![
        (org(), mode(), store_rows()).prop_map(|(org, mode, rows)| Command::PutStores { org, mode, rows }),
        (org(), mode(), till_rows).prop_map(|(org, mode, rows)| Command::PutTills { org, mode, rows }),
        (org(), mode(), zone_rows).prop_map(|(org, mode, rows)| Command::PutZones { org, mode, rows }),
        (org(), mode(), concept_rows).prop_map(|(org, mode, rows)| Command::PutConcepts { org, mode, rows }),
        (org(), mode(), endpoint_rows()).prop_map(|(org, mode, rows)| Command::PutEndpoints { org, mode, rows }),
    ];
    let groups = prop_oneof![
        2 => (org(), parsed(&NAMES), grants())
            .prop_map(|(org, name, grants)| Command::CreateGroup { org, name, description: "".into(), grants }),
        2 => (org(), group(), option::weighted(0.3, parsed(&NAMES)), grants())
            .prop_map(|(org, group, name, cells)| Command::EditGroup { org, group, name, description: None, cells, widen: Vec::new() }),
        4 => (org(), vec(parsed(&STORES), 0..4), option::weighted(0.8, group()), prop::bool::weighted(0.05), prop::bool::weighted(0.3)).prop_map(
            |(org, stores, group, till, observe)| {
                let tills = if till { vec![(id("a"), id("t1"))] } else { Vec::new() };
                Command::Allocate { org, stores, tills, group, observe }
            }
        ),
        2 => (org(), group()).prop_map(|(org, group)| Command::DeactivateGroup { org, group }),
        1 => (org(), group()).prop_map(|(org, group)| Command::ReactivateGroup { org, group }),
        1 => (org(), vec((parsed(&STORES), option::weighted(0.8, group())), 0..4)).prop_map(|(org, rows)| {
            let rows = rows.into_iter().map(|(store, group)| AllocationRow { store, group }).collect();
            Command::PutAllocations { org, rows }
        }),
        1 => (org(), group(), parsed(&RESOURCES), select(&Class::ALL[..])).prop_map(|(org, group, resource, class)| Command::EditGroup {
            org,
            group,
            name: None,
            description: None,
            cells: Vec::new(),
            widen: vec![(resource, class)],
        }),
    ];
    prop_oneof![3 => small, 3 => puts, 3 => groups, 2 => people()]
}

fn places() -> impl Strategy<Value = Vec<Place>> {
    let place = prop_oneof![
        2 => Just(Place::Org),
        2 => parsed(&ZONES).prop_map(Place::Zone),
        1 => parsed(&CONCEPTS).prop_map(Place::Concept),
        3 => parsed(&STORES).prop_map(Place::Store),
    ];
    vec(place, 0..3)
}

/// Users, permission sets and their assignments.
fn people() -> impl Strategy<Value = Command> {
    let org = || parsed::<OrgCode>(&ORGS);
    let grant = || {
        let actions = select(&["V", "VE", "VCEDA", "C", "-"][..]);
        (parsed(&MODULES), actions).prop_map(|(module, actions)| ModuleGrant { module, actions: id(actions) })
    };
    let user_type = option::weighted(0.5, select(&[UserType::Standard, UserType::Standard, UserType::Admin, UserType::Owner][..]));
    let email = field(select(&["a@x.example", "A@x.example", "b@x.example", "no"][..]).prop_map(std::sync::Arc::<str>::from));
    let row = (parsed(&USERS), name(), user_type, email, field(places())).prop_map(|(id, name, user_type, email, places)| UserRow {
        name,
        user_type,
        email,
        places,
        ..UserRow::new(id)
    });
    let verb = select(&[Verb::Add, Verb::Add, Verb::Set, Verb::Remove][..]);
    let assign = (parsed::<SetId>(&SETS), places()).prop_map(|(set, places)| Assign::new(set.as_str()).at(places));
    prop_oneof![
        3 => (org(), mode(), vec(row, 0..3)).prop_map(|(org, mode, rows)| Command::PutUsers { org, mode, rows }),
        2 => (org(), parsed(&NAMES), vec(grant(), 0..3))
            .prop_map(|(org, name, grants)| Command::CreateSet { org, name, description: "".into(), grants, clone_of: None }),
        1 => (org(), parsed::<SetId>(&SETS), vec(grant(), 0..3)).prop_map(|(org, set, grants)| {
            Command::EditSet { org, set: set.as_str().into(), name: None, description: None, grants }
        }),
        3 => (org(), parsed(&USERS), verb, vec(assign, 0..3))
            .prop_map(|(org, user, verb, sets)| Command::AssignSets { org, user, verb, sets, permissions: Vec::new() }),
    ]
}

/// A world of two orgs in which a few things are there to begin with.
pub fn world() -> World {
    let mut world = World::orgs();
    for org in ["acme", "beta"] {
        let org = || id::<OrgCode>(org);
        let row = |method: &str, path: &str, resource: &str| endpoint_row(method, path, resource);
        let rows = vec![row("GET", "/v2/a", "Customer"), row("POST", "/v2/a", "Customer"), row("POST", "/v2/{x}", "Points"), row("GET", "/v2/{x}/b", "Store")];
        world.ok(Command::PutEndpoints { org: org(), mode: PutMode::Import, rows });
        world.ok(Command::SetDefault { org: org(), group: Some("POS".into()), observe: false });
        world.ok(Command::PutStores { org: org(), mode: PutMode::Import, rows: vec![store_row("a"), store_row("north-1")] });
        let till = |store: &str, code: &str| TillRow { store: id(store), code: id(code), name: Field::Keep };
        world.ok(Command::PutTills { org: org(), mode: PutMode::Import, rows: vec![till("a", "t1"), till("north-1", "t1")] });
    }
    world
}
