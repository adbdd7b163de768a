//! Users, what they are assigned, and their invitations.

use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::{Audience, CredentialKind, Designation, Profile, UserType};
use bailiwick_policy::place::{Bounds, PlaceLevel};

use super::Draw;
use super::super::retailer::secret;

fn put(draw: &Draw<'_>, mode: PutMode, row: UserRow) -> Option<Command> {
    Some(Command::PutUsers { org: draw.org(), mode, rows: vec![row] })
}

pub fn create(draw: &mut Draw<'_>) -> Option<Command> {
    let customer = draw.dice.one_in(4);
    let row = UserRow {
        name: Some(draw.name("New user")),
        user_type: Some(if !customer && draw.dice.one_in(9) { UserType::Admin } else { UserType::Standard }),
        audience: Some(if customer { Audience::Customer } else { Audience::Employee }),
        email: Field::To(format!("new-{}@retailer.example", draw.number).into()),
        places: Field::To(draw.places()),
        ..UserRow::new(draw.fresh("new-user"))
    };
    let mode = if draw.dice.one_in(2) { PutMode::Create } else { PutMode::Import };
    put(draw, mode, row)
}

pub fn edit(draw: &mut Draw<'_>) -> Option<Command> {
    let mut row = UserRow::new(draw.user()?);
    let mut mode = PutMode::Edit;
    match draw.dice.below(7) {
        0 => row.name = Some(draw.name("User")),
        1 => row.email = if draw.dice.one_in(3) { Field::Clear } else { Field::To(format!("renamed-{}@retailer.example", draw.number).into()) },
        2 => row.places = Field::To(draw.places()),
        3 => {
            // An import adds places.
            (row.places, mode) = (Field::To(draw.places()), PutMode::Import);
        }
        4 => row.designation = if draw.dice.one_in(3) { Field::Clear } else { Field::To(Designation { name: "Store manager".into(), level: PlaceLevel::Store }) },
        5 => row.profile = Some(Profile { first: Some("Robin".into()), mobile: Some(format!("+1 {}", draw.number).into()), ..Profile::default() }),
        _type => row.user_type = Some([UserType::Standard, UserType::Admin, UserType::Owner][draw.dice.below(3)]),
    }
    put(draw, mode, row)
}

/// Permission sets at places, of the org's own and standard ones.
pub fn sets(draw: &mut Draw<'_>) -> Option<Command> {
    let user = draw.user()?;
    let own = draw.dice.nth(draw.org.sets.len(), draw.org.sets.keys()).map(|set| set.to_string());
    let standard = draw.dice.of(&draw.state.platform.sets).map(|set| set.id.to_string());
    let set = if draw.dice.one_in(4) { standard } else { own }?;
    let verb = [Verb::Add, Verb::Add, Verb::Set, Verb::Remove][draw.dice.below(4)];
    let places = if verb == Verb::Remove { Vec::new() } else { draw.places() };
    let bounds = if verb == Verb::Remove { Bounds::ALWAYS } else { draw.bounds() };
    let sets = vec![Assign { bounds, ..Assign::new(set).at(places) }];
    Some(Command::AssignSets { org: draw.org(), user, verb, sets, permissions: Vec::new() })
}

/// Internal roles.
pub fn roles(draw: &mut Draw<'_>) -> Option<Command> {
    let user = draw.user()?;
    let internal: Vec<&RoleId> = draw.state.platform.roles.iter().filter(|role| role.internal).map(|role| &role.id).collect();
    let role = (*draw.dice.of(&internal)?).clone();
    let verb = [Verb::Add, Verb::Set, Verb::Remove][draw.dice.below(3)];
    let bounds = if verb == Verb::Remove { Bounds::ALWAYS } else { draw.bounds() };
    Some(Command::AssignUserRoles { org: draw.org(), user, verb, roles: vec![Assign { bounds, ..Assign::new(role.as_str()) }] })
}

pub fn members(draw: &mut Draw<'_>) -> Option<Command> {
    let group = draw.dice.nth(draw.org.user_groups.len(), draw.org.user_groups.values())?;
    let verb = [Verb::Add, Verb::Add, Verb::Remove, Verb::Set][draw.dice.below(4)];
    let (group, audience) = (group.id.clone(), group.audience);
    let org = draw.org;
    let fits = |id: &UserId| org.users.get(id).is_some_and(|user| user.audience() == audience);
    let mut users: Vec<UserId> = (0..6).filter_map(|_| draw.user()).filter(fits).collect();
    users.truncate(3);
    let bounds = if verb == Verb::Remove { Bounds::ALWAYS } else { draw.bounds() };
    Some(Command::AssignMembers { org: draw.org(), group: group.as_str().into(), verb, users, bounds, applications: Vec::new() })
}

/// Only of users who were there from the beginning: while an invitation lasts, the creation of its user isn't undone.
pub fn invite(draw: &mut Draw<'_>) -> Option<Command> {
    let user = draw.user().filter(|user| user.as_str().starts_with("user-"))?;
    let (id, secret) = (draw.fresh("code"), secret((1 << 40) + draw.number));
    Some(Command::Invite { org: draw.org(), user, id, secret, lasts_ms: 7 * 24 * 60 * 60 * 1_000 })
}

/// An invitation that nobody has taken up.
pub fn revoke(draw: &mut Draw<'_>) -> Option<Command> {
    let open = draw.state.credentials.values().filter(|one| !one.revoked && matches!(one.kind, CredentialKind::Invitation { .. }));
    let ids: Vec<CredentialId> = open.map(|one| one.id.clone()).collect();
    Some(Command::RevokeCredential { id: draw.dice.of(&ids)?.clone() })
}
