//! Entities and scopes, access controls, user groups, permission sets, and users with all of them.

use bailiwick_policy::command::{Assign, Command, Field, PutMode, Reference, UserRow, Verb};
use bailiwick_policy::ids::Tick;
use bailiwick_policy::object::{Audience, UserType};
use bailiwick_policy::permission::{Actions, ModuleGrant};
use bailiwick_policy::place::{Bounds, Place};

use super::shops::{CONCEPTS, STORES, ZONES};
use super::{Making, id};
use crate::corpus::ORG;

/// Custom entities; not every scene has both.
const ENTITIES: [&str; 2] = ["gift", "order"];
/// Scopes of the org, in a domain of the platform's, of an entity, and in none.
const SCOPES: [(&str, bool); 3] = [("sales.floor_own", true), ("gift.wrap", false), ("kiosk.print", false)];
/// Users beside the first owner, `ann`; the last two are customers.
pub const USERS: [&str; 8] = ["ben", "cas", "dee", "eli", "gus", "hal", "fay", "ivy"];
/// User groups; the last is for customers.
const USER_GROUPS: [&str; 4] = ["Staff", "Leads", "Night", "Buyers"];
/// Custom controls.
const CONTROLS: [&str; 3] = ["Clerks", "Returns", "Stock take"];
/// Custom sets.
const SETS: [&str; 2] = ["Front", "Back"];

/// Entities and scopes, which endpoints may ask for.
pub(super) fn scopes(making: &mut Making) -> Result<(), String> {
    for entity in ENTITIES {
        if !making.chance.one_in(3) {
            making.cluster.run(Command::CreateEntity { org: id(ORG), id: id(entity), name: id(entity) })?;
        }
    }
    for (scope, own) in SCOPES {
        making.cluster.run(Command::CreateScope { org: id(ORG), id: id(scope), description: "".into(), own })?;
    }
    Ok(())
}

/// All scopes that there are in a scene.
pub fn known_scopes(making: &Making) -> Vec<String> {
    let state = &making.cluster.state;
    let platform = state.platform.scopes.iter().map(|scope| scope.id.to_string());
    let entities = state.orgs.get(ORG).into_iter().flat_map(|org| org.entities.keys());
    let generated = entities.flat_map(|entity| ["_read", "_manage", "_readOwn", "_manageOwn", "_read_own"].map(|end| format!("{entity}.{entity}{end}")));
    platform.chain(SCOPES.map(|(scope, _)| scope.to_owned())).chain(generated).collect()
}

/// Bounds around the moment of the questions, often none.
pub(super) fn bounds(making: &mut Making) -> Bounds {
    let (clock, hour) = (making.clock, 3_600_000);
    if !making.chance.one_in(3) {
        return Bounds::ALWAYS;
    }
    let began = making.began;
    let from = *making.chance.pick(&[None, Some(began), Some(clock - 1), Some(clock), Some(clock), Some(clock + 1)]);
    let until = *making.chance.pick(&[None, Some(clock), Some(clock), Some(clock + 1), Some(clock + hour)]);
    match (from, until) {
        (Some(from), Some(until)) if until <= from => Bounds::ALWAYS,
        (from, until) => Bounds { not_before: from.map(Tick), not_after: until.map(Tick) },
    }
}

fn place(making: &mut Making) -> Place {
    match making.chance.below(9) {
        0 | 1 => Place::Org,
        2..=4 => Place::Zone(id(making.chance.word(&ZONES))),
        5 | 6 => Place::Concept(id(making.chance.word(&CONCEPTS))),
        _store => Place::Store(id(making.chance.word(&STORES))),
    }
}

fn places(making: &mut Making, least: usize) -> Vec<Place> {
    let count = least + making.chance.below(2);
    (0..count).map(|_| place(making)).collect()
}

/// Controls with scopes, groups with controls at places, sets, and users with groups, sets and roles.
pub(super) fn people(making: &mut Making) -> Result<(), String> {
    bundles(making)?;
    for (at, user) in USERS.iter().enumerate() {
        let customer = at + 2 >= USERS.len();
        let user_type = match making.chance.below(8) {
            0 if !customer => UserType::Owner,
            1 | 2 if !customer => UserType::Admin,
            _standard => UserType::Standard,
        };
        let mut row = UserRow { name: Some(id(user)), user_type: Some(user_type), ..UserRow::new(id(user)) };
        row.audience = customer.then_some(Audience::Customer);
        let bound = if making.chance.one_in(2) { vec![Place::Org] } else { places(making, 1) };
        row.places = Field::To(bound);
        making.cluster.run(Command::PutUsers { org: id(ORG), mode: PutMode::Create, rows: vec![row] })?;
        let own_groups = if customer { &USER_GROUPS[3..] } else { &USER_GROUPS[..3] };
        for group in making.chance.some(own_groups, 1, 2) {
            let bounds = bounds(making);
            let (users, applications) = (vec![id(user)], Vec::new());
            making.cluster.run(Command::AssignMembers { org: id(ORG), group: Reference::from(group), verb: Verb::Add, users, bounds, applications })?;
        }
        if customer {
            continue;
        }
        let mut sets = Vec::new();
        for set in making.chance.some(&["desk", "figures", "site", "Front", "Back"], 0, 3) {
            let at = places(making, 1);
            sets.push(Assign { bounds: bounds(making), ..Assign::new(set).at(at) });
        }
        if !sets.is_empty() {
            making.cluster.run(Command::AssignSets { org: id(ORG), user: id(user), verb: Verb::Set, sets, permissions: Vec::new() })?;
        }
        if making.chance.one_in(3) {
            let role = making.chance.word(&["agent", "administrator"]);
            let roles = vec![Assign { bounds: bounds(making), ..Assign::new(role) }];
            making.cluster.run(Command::AssignUserRoles { org: id(ORG), user: id(user), verb: Verb::Set, roles })?;
        }
    }
    Ok(())
}

fn bundles(making: &mut Making) -> Result<(), String> {
    let known = known_scopes(making);
    for name in CONTROLS {
        let scopes = making.chance.some(&known, 2, 4).iter().map(|scope| id(scope)).collect();
        making.cluster.run(Command::CreateControl { org: id(ORG), name: id(name), description: "".into(), audience: None, scopes })?;
    }
    for (at, name) in USER_GROUPS.iter().enumerate() {
        let customers = at == 3;
        let audience = if customers { Audience::Customer } else { Audience::Employee };
        making.cluster.run(Command::CreateUserGroup { org: id(ORG), name: id(name), description: "".into(), audience })?;
        let for_them = if customers { "OWN_POINTS" } else { "SALES_MANAGER" };
        let mut controls = Vec::new();
        for control in making.chance.some(&["Clerks", "Returns", "Stock take", "SALES_VIEWER", "STOCK_MANAGER", for_them], 1, 2) {
            let at = places(making, 0);
            controls.push(Assign { bounds: bounds(making), ..Assign::new(control).at(at) });
        }
        making.cluster.run(Command::AssignControls { org: id(ORG), group: Reference::from(*name), verb: Verb::Set, controls, users: Vec::new() })?;
    }
    for name in SETS {
        let modules: Vec<_> = making.cluster.state.platform.modules.iter().map(|module| (module.id.clone(), module.offered)).collect();
        // What governs users may not go to a standard one.
        let modules: Vec<_> = modules.into_iter().filter(|(module, _)| module.as_str() != "Administration/Users").collect();
        let mut grants = Vec::new();
        for (module, offered) in making.chance.some(&modules, 1, 3) {
            let actions = offered & Actions::from_bits_truncate(u8::try_from(making.chance.below(32)).unwrap_or_default());
            if !actions.is_empty() {
                grants.push(ModuleGrant { module, actions });
            }
        }
        making.cluster.run(Command::CreateSet { org: id(ORG), name: id(name), description: "".into(), grants, clone_of: None })?;
    }
    Ok(())
}
