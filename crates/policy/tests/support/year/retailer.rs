//! A retailer, by ordinary commands: stores from a list, with tills, people, applications and bundles.

use bailiwick_policy::access::{Class, Grant, Levels};
use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::limits::IMPORT_ROWS_MAX;
use bailiwick_policy::name::Name;
use bailiwick_policy::object::{ApplicationType, Audience, Secret, UserType};
use bailiwick_policy::permission::{Actions, ModuleGrant};
use bailiwick_policy::place::Place;
use bailiwick_policy::state::State;

use super::dice::Dice;

/// The org's code.
pub const ORG: &str = "retailer";

/// How much of everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Stores.
    pub stores: usize,
    /// Tills.
    pub tills: usize,
    /// Users.
    pub users: usize,
    /// Applications.
    pub applications: usize,
    /// Access groups, permission sets, access controls and roles, as many of each.
    pub bundles: usize,
}

/// An id, code or name that is one.
pub fn id<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|why| unreachable!("`{text}`: {why}"))
}

/// The org.
pub fn org() -> OrgCode {
    id(ORG)
}

/// A secret that no other number has.
pub fn secret(number: u64) -> Secret {
    let mut bytes = [7; 32];
    bytes.iter_mut().zip(number.to_be_bytes()).for_each(|(byte, of_number)| *byte = of_number);
    Secret::TokenHash(bytes)
}

/// Stores of a list: as many as are wanted, the list's first and then made-up ones.
pub fn listed(given: &[(String, String)], count: usize) -> Vec<(StoreCode, Name)> {
    let mut seen = std::collections::BTreeSet::new();
    let given = given.iter().filter_map(|(code, name)| {
        let name: String = name.chars().take(100).collect();
        Some((code.trim().to_lowercase().parse::<StoreCode>().ok()?, name.parse::<Name>().ok()?))
    });
    let made_up = (1..).map(|n| (id(&format!("made-up-{n}")), id(&format!("Store {n}"))));
    given.chain(made_up).filter(|(code, _)| seen.insert(code.clone())).take(count).collect()
}

/// What makes the org; the platform's catalogue is read off a state.
pub fn commands(size: Size, stores: &[(StoreCode, Name)], state: &State, dice: &mut Dice) -> Vec<Command> {
    let mut all = vec![Command::CreateOrg { org: org(), name: id("Retailer"), owner: id("owner"), owner_name: id("Owner") }];
    all.push(endpoints());
    all.extend(bundles(size.bundles, state, dice));
    all.push(Command::SetDefault { org: org(), group: Some("group-1".into()), observe: false });
    all.extend(places(stores, size, dice));
    all.extend(people(size, stores, dice));
    all.extend(applications(size, dice));
    let given = stores.iter().step_by(3).map(|(store, _)| AllocationRow { store: store.clone(), group: group(size, dice) });
    all.extend(batches(given, |rows| Command::PutAllocations { org: org(), rows }));
    all.push(Command::EditSettings { org: org(), contact: Field::To("desk@retailer.example".into()), least_privilege_registration: None, approval_required: None });
    all
}

fn group(size: Size, dice: &mut Dice) -> Option<GroupRef> {
    let count = size.bundles.div_ceil(4).max(1);
    Some(GroupRef::from(&*format!("group-{}", 1 + dice.below(count))))
}

fn batches<T>(rows: impl Iterator<Item = T>, put: impl Fn(Vec<T>) -> Command) -> Vec<Command> {
    let (mut all, mut batch) = (Vec::new(), Vec::new());
    for row in rows {
        batch.push(row);
        if batch.len() == IMPORT_ROWS_MAX {
            all.push(put(std::mem::take(&mut batch)));
        }
    }
    if !batch.is_empty() {
        all.push(put(batch));
    }
    all
}

/// Ten regions of four districts, three concepts, the stores and their tills.
fn places(stores: &[(StoreCode, Name)], size: Size, dice: &mut Dice) -> Vec<Command> {
    let zone = |code: String, parent: Option<String>| ZoneRow {
        name: Some(id(&code)),
        parent: parent.map_or(Field::Keep, |parent| Field::To(id(&parent))),
        code: id(&code),
    };
    let regions = (0..10).map(|r| zone(format!("region-{r}"), None));
    let districts = (0..40).map(|d| zone(format!("district-{d}"), Some(format!("region-{}", d % 10))));
    let concept = |code: &&str| ConceptRow { code: id(code), name: Some(id(code)), parent: Field::Keep };
    let mut all = vec![
        Command::PutZones { org: org(), mode: PutMode::Create, rows: regions.chain(districts).collect() },
        Command::PutConcepts { org: org(), mode: PutMode::Create, rows: ["supercenter", "market", "outlet"].iter().map(concept).collect() },
    ];
    let rows: Vec<StoreRow> = stores
        .iter()
        .map(|(code, name)| StoreRow {
            name: Some(name.clone()),
            zone: Field::To(id(&format!("district-{}", dice.below(40)))),
            concept: if dice.one_in(4) { Field::Keep } else { Field::To(id(["supercenter", "market", "outlet"][dice.below(3)])) },
            time_zone: if dice.one_in(5) { Field::To("America/Chicago".into()) } else { Field::Keep },
            ..StoreRow::new(code.clone())
        })
        .collect();
    all.extend(batches(rows.into_iter(), |rows| Command::PutStores { org: org(), mode: PutMode::Create, rows }));
    let tills = stores.iter().cycle().take(if stores.is_empty() { 0 } else { size.tills }).enumerate();
    let tills = tills.map(|(n, (store, _))| TillRow { store: store.clone(), code: id(&format!("t{}", 1 + n / stores.len())), name: Field::Keep });
    all.extend(batches(tills, |rows| Command::PutTills { org: org(), mode: PutMode::Create, rows }));
    all
}

/// Twenty resources with four endpoints each, a quarter of them configuration.
fn endpoints() -> Command {
    let rows = (0..20).flat_map(|r| {
        let (resource, class) = (format!("Resource {r}"), if r % 4 == 3 { Class::Config } else { Class::Data });
        [("GET", format!("/v2/r{r}")), ("GET", format!("/v2/r{r}/{{id}}")), ("POST", format!("/v2/r{r}")), ("PUT", format!("/v2/r{r}/{{id}}"))]
            .map(|(method, path)| EndpointRow { resource: Field::To(id(&resource)), class: Some(class), ..EndpointRow::new(method, path) })
    });
    Command::PutEndpoints { org: org(), mode: PutMode::Import, rows: rows.collect() }
}

/// Cells of a group over some of the resources.
pub fn cells(dice: &mut Dice) -> Vec<Grant> {
    let resources: std::collections::BTreeSet<usize> = (0..1 + dice.below(5)).map(|_| dice.below(20)).collect();
    let cell = |r: usize, dice: &mut Dice| {
        let class = if r % 4 == 3 { Class::Config } else { Class::Data };
        Grant::whole(id(&format!("Resource {r}")), class, Levels::from_bits_truncate(1 + dice.below(3) as u8))
    };
    resources.into_iter().map(|r| cell(r, dice)).collect()
}

/// Some of what the catalogue offers to custom sets, without what is for admins only.
pub fn modules(state: &State, dice: &mut Dice) -> Vec<ModuleGrant> {
    let offered: Vec<_> = state.platform.modules.iter().filter(|module| !module.id.as_str().starts_with("Administration") && !module.offered.is_empty()).collect();
    let one = |dice: &mut Dice| {
        let module = dice.of(&offered)?;
        let actions = Actions::from_bits_truncate(1 + dice.below(31) as u8) & module.offered;
        (!actions.is_empty()).then(|| ModuleGrant { module: module.id.clone(), actions })
    };
    (0..1 + dice.below(4)).filter_map(|_| one(dice)).collect()
}

/// Some scopes of the platform.
pub fn scopes(state: &State, dice: &mut Dice) -> Vec<ScopeId> {
    (0..1 + dice.below(3)).filter_map(|_| dice.of(&state.platform.scopes).map(|scope| scope.id.clone())).collect()
}

/// Some privileges of applications.
pub fn rights(state: &State, dice: &mut Dice) -> Vec<PrivilegeId> {
    let all: Vec<_> = state.platform.privileges.iter().filter(|one| one.kind != bailiwick_policy::platform::PrivilegeKind::Internal).collect();
    (0..1 + dice.below(3)).filter_map(|_| dice.of(&all).map(|one| one.id.clone())).collect()
}

fn bundles(count: usize, state: &State, dice: &mut Dice) -> Vec<Command> {
    let mut all = vec![
        Command::CreateScope { org: org(), id: id("retailer.stock"), description: "".into(), own: false },
        Command::CreateEntity { org: org(), id: id("wish"), name: id("Wish") },
    ];
    for n in 1..=count.div_ceil(4).max(1) {
        all.push(Command::CreateGroup { org: org(), name: id(&format!("Group {n}")), description: "".into(), grants: cells(dice) });
        all.push(Command::CreateSet { org: org(), name: id(&format!("Set {n}")), description: "".into(), grants: modules(state, dice), clone_of: None });
        let scopes = scopes(state, dice);
        all.push(Command::CreateControl { org: org(), name: id(&format!("Control {n}")), description: "".into(), audience: None, scopes });
        let (role, name) = (id(&format!("role-{n}")), id(&format!("Role {n}")));
        all.push(Command::CreateRole { org: org(), id: role, name, description: "".into(), rights: rights(state, dice) });
        // The audience of a user group is that of its members: one in five is for customers.
        let audience = if n % 5 == 0 { Audience::Customer } else { Audience::Employee };
        all.push(Command::CreateUserGroup { org: org(), name: id(&format!("People {n}")), description: "".into(), audience });
        let controls = vec![Assign::new(format!("control-{n}"))];
        all.push(Command::AssignControls { org: org(), group: (&*format!("people-{n}")).into(), verb: Verb::Add, controls, users: Vec::new() });
    }
    all
}

fn people(size: Size, stores: &[(StoreCode, Name)], dice: &mut Dice) -> Vec<Command> {
    let bundles = size.bundles.div_ceil(4).max(1);
    let customer = |n: usize| n.is_multiple_of(5);
    let rows: Vec<UserRow> = (1..=size.users)
        .map(|n| {
            let store = dice.of(stores).map_or(Place::Org, |(store, _)| Place::Store(store.clone()));
            let places = [Place::Org, Place::Zone(id(&format!("region-{}", dice.below(10)))), store.clone(), store];
            UserRow {
                name: Some(id(&format!("User {n}"))),
                user_type: Some(if n % 97 == 1 { UserType::Admin } else { UserType::Standard }),
                audience: Some(if customer(n) && n % 97 != 1 { Audience::Customer } else { Audience::Employee }),
                email: Field::To(format!("user-{n}@retailer.example").into()),
                places: dice.of(&places).map_or(Field::Keep, |place| Field::To(vec![place.clone()])),
                ..UserRow::new(id(&format!("user-{n}")))
            }
        })
        .collect();
    let employees: Vec<UserId> = rows.iter().filter(|row| row.audience == Some(Audience::Employee)).map(|row| row.id.clone()).collect();
    let customers: Vec<UserId> = rows.iter().filter(|row| row.audience == Some(Audience::Customer)).map(|row| row.id.clone()).collect();
    let mut all = batches(rows.into_iter(), |rows| Command::PutUsers { org: org(), mode: PutMode::Create, rows });
    for n in 1..=bundles {
        let of = if n % 5 == 0 { &customers } else { &employees };
        let users: Vec<UserId> = of.iter().skip(n % 7).step_by(1 + bundles / 4).take(200).cloned().collect();
        if !users.is_empty() {
            let group = (&*format!("people-{n}")).into();
            all.push(Command::AssignMembers { org: org(), group, verb: Verb::Add, users, bounds: Default::default(), applications: Vec::new() });
        }
    }
    for user in employees.iter().step_by(5) {
        let set = Assign::new(format!("set-{}", 1 + dice.below(bundles))).at(vec![Place::Zone(id(&format!("region-{}", dice.below(10))))]);
        all.push(Command::AssignSets { org: org(), user: user.clone(), verb: Verb::Add, sets: vec![set], permissions: Vec::new() });
    }
    all
}

fn applications(size: Size, dice: &mut Dice) -> Vec<Command> {
    let bundles = size.bundles.div_ceil(4).max(1);
    (1..=size.applications)
        .map(|n| Command::RegisterApplication {
            org: org(),
            id: id(&format!("app-{n}")),
            name: id(&format!("Application {n}")),
            kind: if n.is_multiple_of(7) { ApplicationType::Extension } else { ApplicationType::Application },
            roles: (!n.is_multiple_of(3)).then(|| vec![Assign::new(format!("role-{}", 1 + dice.below(bundles)))]),
            scopes: Vec::new(),
            group: if n.is_multiple_of(4) { group(size, dice) } else { None },
            source: None,
            external: n.is_multiple_of(6),
            key: (!n.is_multiple_of(2)).then(|| NewKey { id: id(&format!("app-{n}-key")), secret: secret(n as u64), lasts_ms: None }),
        })
        .collect()
}
