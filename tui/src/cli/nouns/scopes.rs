//! Scopes, custom entities and access controls (the AC rules).

use bailiwick_policy::command::{Command, Reference};
use bailiwick_policy::ids::{EntityId, ObjectId, OrgCode, ScopeId};
use bailiwick_policy::query::List;

use super::bundle::{self, Kind};
use super::{description, done_with, name, nothing, values};
use crate::cli::api::Api;
use crate::cli::args::{ControlVerb, EntityVerb, ScopeVerb, ScopesEdit};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::out::Out;
use crate::cli::{ask, read};

fn scope(id: &str) -> Result<ScopeId, Trouble> {
    ask::value("scope", id)
}

fn entity(id: &str) -> Result<EntityId, Trouble> {
    ask::value("entity", id)
}

/// What is asked for of scopes; none for words that read.
pub(crate) async fn scope_commands<A: Api>(context: &Context<'_, A>, verb: &ScopeVerb) -> Result<Option<Vec<Command>>, Trouble> {
    Ok(Some(vec![match verb {
        ScopeVerb::Create { id, description, own } => Command::CreateScope {
            id: scope(id)?,
            description: ask::description(description)?,
            own: *own,
            org: context.org().await?,
        },
        ScopeVerb::Remove { id } => Command::Remove { target: ObjectId::Scope(context.org().await?, scope(id)?), force: false },
        ScopeVerb::List(_) | ScopeVerb::Show { .. } => return Ok(None),
    }]))
}

/// Shows scopes.
pub(crate) async fn scope_reading<A: Api>(context: &Context<'_, A>, verb: &ScopeVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    match verb {
        ScopeVerb::List(listing) => read::list(context, Some(org), List::Scopes, listing, out).await,
        ScopeVerb::Show { id } | ScopeVerb::Create { id, .. } | ScopeVerb::Remove { id } => {
            read::show(context, ObjectId::Scope(org, scope(id)?), out).await
        }
    }
}

/// What is asked for of entities; none for words that read.
pub(crate) async fn entity_commands<A: Api>(context: &Context<'_, A>, verb: &EntityVerb) -> Result<Option<Vec<Command>>, Trouble> {
    Ok(Some(vec![match verb {
        EntityVerb::Create { id, name } => Command::CreateEntity {
            name: ask::value("--name", name.as_deref().unwrap_or(id))?,
            id: entity(id)?,
            org: context.org().await?,
        },
        EntityVerb::Remove { id } => Command::Remove { target: ObjectId::Entity(context.org().await?, entity(id)?), force: false },
        EntityVerb::List(_) | EntityVerb::Show { .. } => return Ok(None),
    }]))
}

/// Shows entities.
pub(crate) async fn entity_reading<A: Api>(context: &Context<'_, A>, verb: &EntityVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    match verb {
        EntityVerb::List(listing) => read::list(context, Some(org), List::Entities, listing, out).await,
        EntityVerb::Show { id } | EntityVerb::Create { id, .. } | EntityVerb::Remove { id } => {
            read::show(context, ObjectId::Entity(org, entity(id)?), out).await
        }
    }
}

/// What is asked for of access controls; none for words that read.
pub(crate) async fn control_commands<A: Api>(context: &Context<'_, A>, verb: &ControlVerb) -> Result<Option<Vec<Command>>, Trouble> {
    Ok(Some(vec![match verb {
        ControlVerb::Create { name, description, audience, scopes } => Command::CreateControl {
            name: ask::value("--name", name)?,
            description: ask::description(description)?,
            audience: *audience,
            scopes: values("--scope", scopes)?,
            org: context.org().await?,
        },
        ControlVerb::Edit { control, name, description, scopes } => {
            edit(context.org().await?, control, name.as_deref(), description.as_deref(), scopes)?
        }
        ControlVerb::Remove { control, force } => {
            let org = context.org().await?;
            Command::Remove { target: bundle::meant(context, &org, Kind::Control, control).await?, force: *force }
        }
        ControlVerb::List(_) | ControlVerb::Show { .. } => return Ok(None),
    }]))
}

fn edit(org: OrgCode, control: &str, new: Option<&str>, about: Option<&str>, scopes: &ScopesEdit) -> Result<Command, Trouble> {
    let (verb, scopes) = done_with([("--scope", &scopes.set), ("--add-scope", &scopes.add), ("--drop-scope", &scopes.drop)])?;
    if new.is_none() && about.is_none() && scopes.is_empty() {
        return Err(nothing("--name, --description, --scope, --add-scope or --drop-scope"));
    }
    Ok(Command::EditControl {
        org,
        control: Reference::from(control),
        name: name(new)?,
        description: description(about)?,
        verb,
        scopes,
        audience: None,
    })
}

/// Shows access controls.
pub(crate) async fn control_reading<A: Api>(context: &Context<'_, A>, verb: &ControlVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    match verb {
        ControlVerb::List(listing) => read::list(context, Some(org), List::Controls, listing, out).await,
        ControlVerb::Show { control } | ControlVerb::Create { name: control, .. } | ControlVerb::Edit { control, .. } | ControlVerb::Remove { control, .. } => {
            let id = bundle::shown(context, &org, Kind::Control, control).await?;
            read::show(context, id, out).await
        }
    }
}
