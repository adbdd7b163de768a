//! User groups, their access controls and their members (AC-2, AC-21, AC-22).

use bailiwick_policy::command::{Command, Reference, Verb};
use bailiwick_policy::ids::{ApplicationId, ObjectId, OrgCode, UserId};
use bailiwick_policy::query::{Item, List};
use serde_json::{Value, json};

use super::bundle::{self, Kind};
use super::{assigns, description, name, nothing};
use crate::cli::api::Api;
use crate::cli::args::{Bundles, ControlsVerb, MembersVerb, Placed, UserGroupVerb};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::out::Out;
use crate::cli::{ask, read, show};

/// What is asked for of user groups; none for words that read.
pub(crate) async fn commands<A: Api>(context: &Context<'_, A>, verb: &UserGroupVerb) -> Result<Option<Vec<Command>>, Trouble> {
    Ok(Some(vec![match verb {
        UserGroupVerb::Create { name, description, audience } => Command::CreateUserGroup {
            name: ask::value("--name", name)?,
            description: ask::description(description)?,
            audience: audience.unwrap_or_default(),
            org: context.org().await?,
        },
        UserGroupVerb::Edit { group, name: new, description: about } => {
            if new.is_none() && about.is_none() {
                return Err(nothing("--name or --description"));
            }
            let (new, about) = (name(new.as_deref())?, description(about.as_deref())?);
            Command::EditUserGroup { org: context.org().await?, group: Reference::from(group.as_str()), name: new, description: about }
        }
        UserGroupVerb::Remove { group, force } => {
            let org = context.org().await?;
            Command::Remove { target: bundle::meant(context, &org, Kind::UserGroup, group).await?, force: *force }
        }
        UserGroupVerb::Controls(verb) => {
            let (verb, placed) = match verb {
                ControlsVerb::Set(placed) => (Verb::Set, placed),
                ControlsVerb::Add(placed) => (Verb::Add, placed),
                ControlsVerb::Remove(placed) => (Verb::Remove, placed),
            };
            controls(context.org().await?, verb, placed)?
        }
        UserGroupVerb::Members(verb) => {
            let (verb, bundles) = match verb {
                MembersVerb::Set(bundles) => (Verb::Set, bundles),
                MembersVerb::Add(bundles) => (Verb::Add, bundles),
                MembersVerb::Remove(bundles) => (Verb::Remove, bundles),
            };
            members(context.org().await?, verb, bundles)?
        }
        UserGroupVerb::List(_) | UserGroupVerb::Show { .. } => return Ok(None),
    }]))
}

fn controls(org: OrgCode, verb: Verb, of: &Placed) -> Result<Command, Trouble> {
    named(verb, &of.bundles, "an access control")?;
    let controls = assigns(&of.bundles, &of.places.places, of.when.bounds());
    Ok(Command::AssignControls { org, group: Reference::from(of.holder.as_str()), verb, controls, users: Vec::new() })
}

/// An application is passed on, so that the cluster says why it can't be a member (AC-6).
fn members(org: OrgCode, verb: Verb, of: &Bundles) -> Result<Command, Trouble> {
    named(verb, &of.bundles, "a user")?;
    let (mut users, mut applications): (Vec<UserId>, Vec<ApplicationId>) = (Vec::new(), Vec::new());
    for text in &of.bundles {
        match text.trim().strip_prefix("application:") {
            Some(id) => applications.push(ask::value("application", id)?),
            None => users.push(ask::value("user", text.trim().trim_start_matches("user:"))?),
        }
    }
    Ok(Command::AssignMembers { org, group: Reference::from(of.holder.as_str()), verb, users, bounds: of.when.bounds(), applications })
}

/// Only `set` may name none: it takes all away.
pub fn named(verb: Verb, bundles: &[String], what: &str) -> Result<(), Trouble> {
    match verb {
        Verb::Add | Verb::Remove if bundles.is_empty() => Err(Trouble::Usage(format!("name {what} at least: only `set` takes none, which takes all away"))),
        Verb::Set | Verb::Add | Verb::Remove => Ok(()),
    }
}

/// Shows user groups.
pub(crate) async fn reading<A: Api>(context: &Context<'_, A>, verb: &UserGroupVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    match verb {
        UserGroupVerb::List(listing) => read::list(context, Some(org), List::UserGroups, listing, out).await,
        UserGroupVerb::Show { group } => {
            let id = bundle::shown(context, &org, Kind::UserGroup, group).await?;
            show_one(context, org, id, out).await
        }
        UserGroupVerb::Create { .. }
        | UserGroupVerb::Edit { .. }
        | UserGroupVerb::Remove { .. }
        | UserGroupVerb::Controls(_)
        | UserGroupVerb::Members(_) => Err(Trouble::Usage("nothing to read".to_owned())),
    }
}

/// A group with its members, which are no part of it.
async fn show_one<A: Api>(context: &Context<'_, A>, org: OrgCode, id: ObjectId, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let ObjectId::UserGroup(_, group) = &id else { return Err(Trouble::Usage("no user group is meant".to_owned())) };
    let listed = context.list(Some(org), List::Members { group: group.clone() }, "", None).await?;
    let member = |item: &Item| match item {
        Item::User { user } => {
            let bounds = user.more().groups.iter().find(|m| m.group == *group).map(|m| m.bounds).unwrap_or_default();
            Some(show::people::bounded(json!({"user": user.id, "name": user.name}), bounds))
        }
        _other => None,
    };
    let members: Vec<Value> = listed.items.iter().filter_map(member).collect();
    read::show_with(context, id, json!({"members": members}), out).await
}
