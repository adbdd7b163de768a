//! Permission sets (UM-10 to UM-15).

use bailiwick_policy::command::{Command, Reference};
use bailiwick_policy::query::List;

use super::bundle::{self, Kind};
use super::{description, name, nothing};
use crate::cli::api::Api;
use crate::cli::args::SetVerb;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::out::Out;
use crate::cli::{ask, read};

/// What is asked for of permission sets; none for words that read.
pub(crate) async fn commands<A: Api>(context: &Context<'_, A>, verb: &SetVerb) -> Result<Option<Vec<Command>>, Trouble> {
    Ok(Some(vec![match verb {
        SetVerb::Create { name, description, grants, clone_of } => Command::CreateSet {
            name: ask::value("--name", name)?,
            description: ask::description(description)?,
            grants: grants.clone(),
            clone_of: clone_of.as_deref().map(Reference::from),
            org: context.org().await?,
        },
        SetVerb::Edit { set, name: new, description: about, grants } => {
            if new.is_none() && about.is_none() && grants.is_empty() {
                return Err(nothing("--name, --description or --grant"));
            }
            Command::EditSet {
                set: Reference::from(set.as_str()),
                name: name(new.as_deref())?,
                description: description(about.as_deref())?,
                grants: grants.clone(),
                org: context.org().await?,
            }
        }
        SetVerb::Remove { set, force } => {
            let org = context.org().await?;
            Command::Remove { target: bundle::meant(context, &org, Kind::Set, set).await?, force: *force }
        }
        SetVerb::List(_) | SetVerb::Show { .. } | SetVerb::Modules(_) => return Ok(None),
    }]))
}

/// Shows permission sets.
pub(crate) async fn reading<A: Api>(context: &Context<'_, A>, verb: &SetVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    match verb {
        SetVerb::List(listing) => read::list(context, Some(org), List::Sets, listing, out).await,
        SetVerb::Modules(listing) => read::list(context, Some(org), List::Modules, listing, out).await,
        SetVerb::Show { set } => {
            let id = bundle::shown(context, &org, Kind::Set, set).await?;
            read::show(context, id, out).await
        }
        SetVerb::Create { .. } | SetVerb::Edit { .. } | SetVerb::Remove { .. } => Err(Trouble::Usage("nothing to read".to_owned())),
    }
}
