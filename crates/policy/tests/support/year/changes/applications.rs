//! Applications, the switches of the org, and a file that says some of it anew.

use bailiwick_policy::command::*;
use bailiwick_policy::document::Document;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::ApplicationType;

use super::Draw;
use super::super::retailer::{scopes, secret};

fn some(draw: &mut Draw<'_>) -> Option<ApplicationId> {
    draw.dice.nth(draw.org.applications.len(), draw.org.applications.keys()).cloned()
}

/// The org's own roles and predefined ones, of applications.
fn role(draw: &mut Draw<'_>) -> Option<String> {
    let own = draw.dice.nth(draw.org.roles.len(), draw.org.roles.keys()).map(|role| role.to_string());
    let predefined: Vec<&RoleId> = draw.state.platform.roles.iter().filter(|role| !role.internal).map(|role| &role.id).collect();
    let predefined = draw.dice.of(&predefined).map(|role| role.to_string());
    if draw.dice.one_in(2) { own } else { predefined }
}

/// Without a key: what comes with one isn't undone.
pub fn register(draw: &mut Draw<'_>) -> Option<Command> {
    let roles = if draw.dice.one_in(3) { None } else { Some(role(draw).into_iter().map(Assign::new).collect()) };
    let scopes = if draw.dice.one_in(3) { scopes(draw.state, draw.dice) } else { Vec::new() };
    Some(Command::RegisterApplication {
        org: draw.org(),
        id: draw.fresh("new-app"),
        name: draw.name("New application"),
        kind: if draw.dice.one_in(5) { ApplicationType::Extension } else { ApplicationType::Application },
        roles,
        scopes,
        group: None,
        source: Some("a marketplace".into()),
        external: draw.dice.one_in(3),
        key: None,
    })
}

pub fn edit(draw: &mut Draw<'_>) -> Option<Command> {
    let application = some(draw)?;
    let (mut name, mut group, mut granted, mut source) = (None, Field::Keep, None, Field::Keep);
    match draw.dice.below(4) {
        0 => name = Some(draw.name("Application")),
        1 if draw.dice.one_in(3) => group = Field::Clear,
        1 => group = Field::To(draw.group().filter(|group| group.active)?.id.clone().into()),
        2 => granted = Some(scopes(draw.state, draw.dice)),
        _source => source = if draw.dice.one_in(3) { Field::Clear } else { Field::To(format!("vendor {}", draw.number).into()) },
    }
    let external = draw.dice.one_in(4).then(|| draw.dice.one_in(2));
    Some(Command::EditApplication { org: draw.org(), application, name, group, scopes: granted, source, external })
}

pub fn roles(draw: &mut Draw<'_>) -> Option<Command> {
    let application = some(draw)?;
    let verb = [Verb::Add, Verb::Set, Verb::Remove][draw.dice.below(3)];
    let mut assign = Assign::new(role(draw)?);
    if verb != Verb::Remove {
        assign.bounds = draw.bounds();
    }
    Some(Command::AssignRoles { org: draw.org(), application, verb, roles: vec![assign] })
}

/// Of those that were there from the beginning: an application with a key is not as it came, and its registration stays.
pub fn rotate_key(draw: &mut Draw<'_>) -> Option<Command> {
    let application = some(draw).filter(|id| id.as_str().starts_with("app-"))?;
    let key = NewKey { id: draw.fresh("key"), secret: secret((1 << 41) + draw.number), lasts_ms: None };
    let overlap_ms = draw.dice.one_in(2).then_some(60 * 60 * 1_000);
    Some(Command::RotateKey { org: draw.org(), application, key, overlap_ms })
}

/// The switches, or the org's name.
pub fn settings(draw: &mut Draw<'_>) -> Option<Command> {
    if draw.dice.one_in(3) {
        return Some(Command::EditOrg { org: draw.org(), name: draw.name("Retailer") });
    }
    let contact = if draw.dice.one_in(2) { Field::Clear } else { Field::To(format!("desk-{}@retailer.example", draw.number).into()) };
    Some(Command::EditSettings { org: draw.org(), contact, least_privilege_registration: Some(draw.dice.one_in(2)), approval_required: None })
}

/// A file of the org in which a zone, a permission set and an application are called otherwise.
pub fn file(draw: &mut Draw<'_>) -> Option<Command> {
    let mut document = Document::of(draw.org);
    let zones = document.zones.len();
    draw.dice.nth(zones, document.zones.values_mut())?.name = draw.name("Zone");
    let sets = document.permission_sets.len();
    draw.dice.nth(sets, document.permission_sets.values_mut())?.name = draw.name("Set");
    let applications = document.applications.len();
    draw.dice.nth(applications, document.applications.values_mut())?.name = draw.name("Application");
    let changes = document.changes(draw.state, draw.org, false).ok()?;
    Some(Command::Apply { org: draw.org(), changes })
}
