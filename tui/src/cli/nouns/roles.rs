//! Roles and endpoint privileges (APP-6, APP-10, APP-11).

use bailiwick_policy::command::{Command, Reference};
use bailiwick_policy::ids::OrgCode;
use bailiwick_policy::query::List;

use super::bundle::{self, Kind};
use super::{description, done_with, name, nothing, values};
use crate::cli::api::Api;
use crate::cli::args::{EndpointPrivilegeVerb, RightsEdit, RoleVerb};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::out::Out;
use crate::cli::{ask, read};

/// What is asked for of roles; none for words that read.
pub(crate) async fn commands<A: Api>(context: &Context<'_, A>, verb: &RoleVerb) -> Result<Option<Vec<Command>>, Trouble> {
    Ok(Some(vec![match verb {
        RoleVerb::Create { id, name, description, rights } => Command::CreateRole {
            name: ask::value("--name", name.as_deref().unwrap_or(id))?,
            id: ask::value("role", id)?,
            description: ask::description(description)?,
            rights: values("--right", rights)?,
            org: context.org().await?,
        },
        RoleVerb::Edit { role, name, description, rights } => {
            edit(context.org().await?, role, name.as_deref(), description.as_deref(), rights)?
        }
        RoleVerb::Remove { role, force } => {
            let org = context.org().await?;
            Command::Remove { target: bundle::meant(context, &org, Kind::Role, role).await?, force: *force }
        }
        RoleVerb::List(_) | RoleVerb::Show { .. } | RoleVerb::Privileges(_) => return Ok(None),
    }]))
}

fn edit(org: OrgCode, role: &str, new: Option<&str>, about: Option<&str>, rights: &RightsEdit) -> Result<Command, Trouble> {
    let (verb, rights) = done_with([("--right", &rights.set), ("--add-right", &rights.add), ("--drop-right", &rights.drop)])?;
    if new.is_none() && about.is_none() && rights.is_empty() {
        return Err(nothing("--name, --description, --right, --add-right or --drop-right"));
    }
    Ok(Command::EditRole { org, role: Reference::from(role), name: name(new)?, description: description(about)?, verb, rights })
}

/// Shows roles.
pub(crate) async fn reading<A: Api>(context: &Context<'_, A>, verb: &RoleVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    match verb {
        RoleVerb::List(listing) => read::list(context, Some(org), List::Roles, listing, out).await,
        RoleVerb::Privileges(listing) => read::list(context, Some(org), List::Privileges, listing, out).await,
        RoleVerb::Show { role } => {
            let id = bundle::shown(context, &org, Kind::Role, role).await?;
            read::show(context, id, out).await
        }
        RoleVerb::Create { .. } | RoleVerb::Edit { .. } | RoleVerb::Remove { .. } => Err(Trouble::Usage("nothing to read".to_owned())),
    }
}

/// Endpoint privileges are predefined: the cluster says so (APP-6).
pub(crate) async fn endpoint_privilege<A: Api>(context: &Context<'_, A>, verb: &EndpointPrivilegeVerb) -> Result<Vec<Command>, Trouble> {
    let EndpointPrivilegeVerb::Create { id } = verb;
    Ok(vec![Command::CreateEndpointPrivilege { id: ask::value("privilege", id)?, org: context.org().await? }])
}
