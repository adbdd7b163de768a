//! The words of scripts for scopes and access controls, users and permission sets, roles and applications. A list is written
//! `"a, b"`; a module of a set `"Loyalty+/Basic"=V`; `verb=` is `add` unless given.

use std::error::Error;
use std::str::FromStr;

use bailiwick_policy::command::*;
use bailiwick_policy::ids::OrgCode;
use bailiwick_policy::object::ApplicationType;
use bailiwick_policy::permission::ModuleGrant;
use bailiwick_policy::place::{Bounds, Place};
use goldenscript::Argument;

type Read<T> = Result<T, Box<dyn Error>>;

/// The words of one line.
struct Line<'a> {
    org: OrgCode,
    args: &'a [Argument],
}

impl Line<'_> {
    fn value(&self, key: &str) -> Option<&str> {
        self.args.iter().find_map(|arg| match arg {
            Argument::KeyValue(name, value) if name == key => Some(value.as_str()),
            _other => None,
        })
    }

    fn parsed<T: FromStr<Err: Into<Box<dyn Error>>>>(&self, key: &str) -> Read<Option<T>> {
        self.value(key).map(str::parse).transpose().map_err(Into::into)
    }

    fn list<T: FromStr<Err: Into<Box<dyn Error>>>>(&self, key: &str) -> Read<Vec<T>> {
        let text = self.value(key).unwrap_or_default();
        text.split(", ").filter(|part| !part.is_empty() && *part != "none").map(|part| part.parse().map_err(Into::into)).collect()
    }

    fn is_true(&self, key: &str) -> bool {
        self.value(key) == Some("true")
    }

    fn verb(&self) -> Read<Verb> {
        match self.value("verb").unwrap_or("add") {
            "add" => Ok(Verb::Add),
            "set" => Ok(Verb::Set),
            "remove" => Ok(Verb::Remove),
            other => Err(format!("`{other}` is no verb").into()),
        }
    }

    /// Bundles at the places of the line.
    fn assigned(&self, bundles: &[&str]) -> Read<Vec<Assign>> {
        let places: Vec<Place> = self.list("places")?;
        Ok(bundles.iter().map(|bundle| Assign::new(*bundle).at(places.clone())).collect())
    }

    fn grants(&self) -> Read<Vec<ModuleGrant>> {
        let mut all = Vec::new();
        for arg in self.args {
            if let Argument::KeyValue(module, actions) = arg
                && module.contains('/')
            {
                all.push(ModuleGrant { module: module.parse()?, actions: actions.parse()? });
            }
        }
        Ok(all)
    }
}

/// The command of a line; none if its word is none of these.
pub(super) fn command(org: &str, name: &str, words: &[&str], args: &[Argument]) -> Read<Option<Command>> {
    let line = Line { org: org.parse()?, args };
    let org = line.org.clone();
    let none = || "".into();
    Ok(Some(match (name, words) {
        ("user", [id]) => {
            let places: Vec<Place> = line.list("places")?;
            let row = UserRow {
                name: Some(line.value("name").unwrap_or(id).parse()?),
                user_type: line.parsed("type")?,
                audience: match line.value("audience") {
                    Some("customer") => Some(bailiwick_policy::object::Audience::Customer),
                    Some(_) | None => None,
                },
                places: if places.is_empty() { Field::Keep } else { Field::To(places) },
                ..UserRow::new(id.parse()?)
            };
            Command::PutUsers { org, mode: PutMode::Import, rows: vec![row] }
        }
        ("scope", [id]) => Command::CreateScope { org, id: id.parse()?, description: none(), own: line.is_true("own") },
        ("entity", [id]) => Command::CreateEntity { org, id: id.parse()?, name: id.parse()? },
        ("control", [name]) => {
            Command::CreateControl { org, name: name.parse()?, description: none(), audience: None, scopes: line.list("scopes")? }
        }
        ("edit-control", [control]) => Command::EditControl {
            org,
            control: (*control).into(),
            name: None,
            description: None,
            verb: line.verb()?,
            scopes: line.list("scopes")?,
            audience: None,
        },
        ("user-group", [name]) => Command::CreateUserGroup { org, name: name.parse()?, description: none(), audience: Default::default() },
        ("controls", [group, controls @ ..]) => Command::AssignControls {
            org,
            group: (*group).into(),
            verb: line.verb()?,
            controls: line.assigned(controls)?,
            users: Vec::new(),
        },
        ("members", [group, users @ ..]) => Command::AssignMembers {
            org,
            group: (*group).into(),
            verb: line.verb()?,
            users: users.iter().map(|user| user.parse()).collect::<Result<_, _>>()?,
            bounds: Bounds::ALWAYS,
            applications: line.list("applications")?,
        },
        ("set", [name]) => Command::CreateSet { org, name: name.parse()?, description: none(), grants: line.grants()?, clone_of: None },
        ("sets", [user, sets @ ..]) => {
            Command::AssignSets { org, user: user.parse()?, verb: line.verb()?, sets: line.assigned(sets)?, permissions: Vec::new() }
        }
        ("user-roles", [user, roles @ ..]) => Command::AssignUserRoles { org, user: user.parse()?, verb: line.verb()?, roles: line.assigned(roles)? },
        ("role", [id]) => Command::CreateRole { org, id: id.parse()?, name: id.parse()?, description: none(), rights: line.list("rights")? },
        ("application", [id]) => {
            let roles: Vec<String> = line.list("roles")?;
            Command::RegisterApplication {
                org,
                id: id.parse()?,
                name: id.parse()?,
                kind: line.parsed("kind")?.unwrap_or(ApplicationType::Application),
                roles: line.value("roles").map(|_| roles.iter().map(|role| Assign::new(role.as_str())).collect()),
                scopes: line.list("scopes")?,
                group: line.value("group").map(GroupRef::from),
                source: None,
                external: false,
                key: None,
            }
        }
        ("roles", [application, roles @ ..]) => {
            Command::AssignRoles { org, application: application.parse()?, verb: line.verb()?, roles: line.assigned(roles)? }
        }
        (_other, _) => return Ok(None),
    }))
}

/// What an endpoint has beside its resource.
pub(super) fn routes(row: EndpointRow, args: &[Argument], org: &str) -> Read<EndpointRow> {
    let line = Line { org: org.parse()?, args };
    let (scopes, permissions): (Vec<_>, Vec<_>) = (line.list("scopes")?, line.list("permissions")?);
    Ok(EndpointRow {
        scopes: if scopes.is_empty() { Field::Keep } else { Field::To(scopes) },
        all_scopes: line.value("all_scopes").map(|value| value == "true"),
        permissions: if permissions.is_empty() { Field::Keep } else { Field::To(permissions) },
        open: line.value("open").map(|value| value == "true"),
        instance: line.value("instance").map(|value| value == "true"),
        ..row
    })
}
