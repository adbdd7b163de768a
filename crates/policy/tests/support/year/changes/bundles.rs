//! Permission sets, access controls, user groups, roles, scopes and entities.

use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::Audience;
use bailiwick_policy::permission::{Actions, ModuleGrant};

use super::Draw;
use super::super::retailer::{modules, rights, scopes};

fn set(draw: &mut Draw<'_>) -> Option<Reference> {
    draw.dice.nth(draw.org.sets.len(), draw.org.sets.keys()).map(|id| id.as_str().into())
}

/// From scratch, or a clone of another.
pub fn new_set(draw: &mut Draw<'_>) -> Option<Command> {
    let clone_of = if draw.dice.one_in(3) { set(draw) } else { None };
    let grants = modules(draw.state, draw.dice);
    Some(Command::CreateSet { org: draw.org(), name: draw.name("Set"), description: "".into(), grants, clone_of })
}

pub fn edit_set(draw: &mut Draw<'_>) -> Option<Command> {
    let set = set(draw)?;
    let mut grants: Vec<ModuleGrant> = modules(draw.state, draw.dice);
    if let (true, Some(grant)) = (draw.dice.one_in(3), grants.first_mut()) {
        grant.actions = Actions::empty();
    }
    let name = draw.dice.one_in(4).then(|| draw.name("Set"));
    Some(Command::EditSet { org: draw.org(), set, name, description: Some(format!("as of {}", draw.number).into()), grants })
}

/// A new access control, or an edit of one.
pub fn control(draw: &mut Draw<'_>) -> Option<Command> {
    let mut named = scopes(draw.state, draw.dice);
    if draw.dice.one_in(3) {
        named.extend(draw.dice.nth(draw.org.scopes.len(), draw.org.scopes.keys()).cloned());
    }
    if draw.dice.one_in(2) {
        let audience = [None, None, Some(Audience::Employee), Some(Audience::Customer)][draw.dice.below(4)];
        return Some(Command::CreateControl { org: draw.org(), name: draw.name("Control"), description: "".into(), audience, scopes: named });
    }
    let control = draw.dice.nth(draw.org.controls.len(), draw.org.controls.keys())?.as_str().into();
    let verb = [Verb::Add, Verb::Set, Verb::Remove][draw.dice.below(3)];
    let name = draw.dice.one_in(4).then(|| draw.name("Control"));
    Some(Command::EditControl { org: draw.org(), control, name, description: None, verb, scopes: named, audience: None })
}

/// A new user group, or an edit of one.
pub fn user_group(draw: &mut Draw<'_>) -> Option<Command> {
    if draw.dice.one_in(2) {
        let audience = if draw.dice.one_in(4) { Audience::Customer } else { Audience::Employee };
        return Some(Command::CreateUserGroup { org: draw.org(), name: draw.name("People"), description: "".into(), audience });
    }
    let group = draw.dice.nth(draw.org.user_groups.len(), draw.org.user_groups.keys())?.as_str().into();
    let name = draw.dice.one_in(2).then(|| draw.name("People"));
    Some(Command::EditUserGroup { org: draw.org(), group, name, description: Some(format!("as of {}", draw.number).into()) })
}

/// Access controls of a user group, the org's own and predefined ones.
pub fn controls_of_group(draw: &mut Draw<'_>) -> Option<Command> {
    let group = draw.dice.nth(draw.org.user_groups.len(), draw.org.user_groups.keys())?.as_str().into();
    let own = draw.dice.nth(draw.org.controls.len(), draw.org.controls.keys()).map(|control| control.to_string());
    let predefined = draw.dice.of(&draw.state.platform.controls).map(|control| control.id.to_string());
    let control = if draw.dice.one_in(3) { predefined } else { own }?;
    let verb = [Verb::Add, Verb::Add, Verb::Set, Verb::Remove][draw.dice.below(4)];
    let mut assign = Assign::new(control);
    if verb != Verb::Remove {
        (assign.places, assign.bounds) = (if draw.dice.one_in(2) { Vec::new() } else { draw.places() }, draw.bounds());
    }
    Some(Command::AssignControls { org: draw.org(), group, verb, controls: vec![assign], users: Vec::new() })
}

/// A new role, or an edit of one.
pub fn role(draw: &mut Draw<'_>) -> Option<Command> {
    let rights = rights(draw.state, draw.dice);
    if draw.dice.one_in(2) {
        return Some(Command::CreateRole { org: draw.org(), id: draw.fresh("new-role"), name: draw.name("New role"), description: "".into(), rights });
    }
    let role = draw.dice.nth(draw.org.roles.len(), draw.org.roles.keys())?.as_str().into();
    let verb = [Verb::Add, Verb::Set, Verb::Remove][draw.dice.below(3)];
    Some(Command::EditRole { org: draw.org(), role, name: draw.dice.one_in(4).then(|| draw.name("Role")), description: None, verb, rights })
}

/// A new scope, or an entity with its four.
pub fn scope(draw: &mut Draw<'_>) -> Option<Command> {
    if draw.dice.one_in(2) {
        let own = draw.dice.one_in(4);
        return Some(Command::CreateScope { org: draw.org(), id: draw.fresh("retailer.scope"), description: "".into(), own });
    }
    Some(Command::CreateEntity { org: draw.org(), id: draw.fresh("entity"), name: draw.name("Entity") })
}

/// A bundle, by force from whoever has it where that is lawful; or a scope or an entity that nothing names.
pub fn remove(draw: &mut Draw<'_>) -> Option<Command> {
    let org = draw.org();
    let target = match draw.dice.below(6) {
        0 => ObjectId::Set(org, draw.dice.nth(draw.org.sets.len(), draw.org.sets.keys())?.clone()),
        1 => ObjectId::Control(org, draw.dice.nth(draw.org.controls.len(), draw.org.controls.keys())?.clone()),
        2 => ObjectId::UserGroup(org, draw.dice.nth(draw.org.user_groups.len(), draw.org.user_groups.keys())?.clone()),
        3 => ObjectId::Role(org, draw.dice.nth(draw.org.roles.len(), draw.org.roles.keys())?.clone()),
        4 => ObjectId::Scope(org, draw.dice.nth(draw.org.scopes.len(), draw.org.scopes.keys())?.clone()),
        _entity => ObjectId::Entity(org, draw.dice.nth(draw.org.entities.len(), draw.org.entities.keys())?.clone()),
    };
    let force = draw.dice.one_in(3) && !matches!(target, ObjectId::Scope(..) | ObjectId::Entity(..));
    Some(Command::Remove { target, force })
}
