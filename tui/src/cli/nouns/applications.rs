//! Applications, their roles and their keys (APP-1, APP-12 to APP-19).

use bailiwick_policy::command::{Command, Field, GroupRef, NewKey, Verb};
use bailiwick_policy::ids::{ApplicationId, ObjectId};
use bailiwick_policy::query::List;
use bailiwick_rpc::token::Token;
use serde_json::json;

use super::groups::named;
use super::{assigns, ms, name, nothing, text_field, values};
use crate::cli::api::Api;
use crate::cli::args::{ApplicationRoles, ApplicationVerb, KeyFlags};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::out::Out;
use crate::cli::secret::{self, Fresh};
use crate::cli::{ask, read};

fn application(id: &str) -> Result<ApplicationId, Trouble> {
    ask::value("application", id.trim_start_matches("application:"))
}

/// What is asked for of applications; none for words that read. With a key made here for a preview alone: the one that
/// comes into force is made where it is shown.
pub(crate) async fn commands<A: Api>(context: &Context<'_, A>, verb: &ApplicationVerb) -> Result<Option<Vec<Command>>, Trouble> {
    Ok(Some(vec![match verb {
        ApplicationVerb::Register { .. } | ApplicationVerb::RotateKey { .. } => keyed(context, verb, &Token::generate()).await?,
        ApplicationVerb::Edit { id, name: new, group, scopes, no_scopes, source, external } => {
            let command = Command::EditApplication {
                application: application(id)?,
                name: name(new.as_deref())?,
                group: match group.as_deref().map(str::trim) {
                    None => Field::Keep,
                    Some("") => Field::Clear,
                    Some(text) => Field::To(GroupRef::from(text)),
                },
                scopes: if *no_scopes || !scopes.is_empty() { Some(values("--scope", scopes)?) } else { None },
                source: text_field(source.as_deref()),
                external: *external,
                org: context.org().await?,
            };
            let said = new.is_some() || group.is_some() || *no_scopes || !scopes.is_empty() || source.is_some() || external.is_some();
            if !said {
                return Err(nothing("--name, --group, --scope, --no-scopes, --source or --external"));
            }
            command
        }
        ApplicationVerb::Remove { id, force } => {
            Command::Remove { target: ObjectId::Application(context.org().await?, application(id)?), force: *force }
        }
        ApplicationVerb::Roles(verb) => {
            let (verb, of) = match verb {
                ApplicationRoles::Set(of) => (Verb::Set, of),
                ApplicationRoles::Add(of) => (Verb::Add, of),
                ApplicationRoles::Remove(of) => (Verb::Remove, of),
            };
            named(verb, &of.bundles, "a role")?;
            let roles = assigns(&of.bundles, &[], of.when.bounds());
            Command::AssignRoles { application: application(&of.holder)?, verb, roles, org: context.org().await? }
        }
        ApplicationVerb::List(_) | ApplicationVerb::Show { .. } => return Ok(None),
    }]))
}

fn key(flags: &KeyFlags, id: &str, token: &Token) -> Result<NewKey, Trouble> {
    Ok(NewKey {
        id: secret::id(flags.key_id.as_deref(), id, "key", token)?,
        secret: secret::hash(token),
        lasts_ms: flags.key_lasts.map(ms),
    })
}

/// The commands that may bring a key.
async fn keyed<A: Api>(context: &Context<'_, A>, verb: &ApplicationVerb, token: &Token) -> Result<Command, Trouble> {
    match verb {
        ApplicationVerb::Register { id, name, kind, roles, no_roles, scopes, group, source, external, without_key, key: flags } => {
            Ok(Command::RegisterApplication {
                name: ask::value("--name", name.as_deref().unwrap_or(id))?,
                kind: *kind,
                roles: if *no_roles || !roles.is_empty() { Some(assigns(roles, &[], Default::default())) } else { None },
                scopes: values("--scope", scopes)?,
                group: group.as_deref().map(GroupRef::from),
                source: text_field(source.as_deref()).value().cloned(),
                external: *external,
                key: if *without_key { None } else { Some(key(flags, id, token)?) },
                id: application(id)?,
                org: context.org().await?,
            })
        }
        ApplicationVerb::RotateKey { id, overlap, key: flags } => Ok(Command::RotateKey {
            key: key(flags, id, token)?,
            overlap_ms: overlap.map(ms),
            application: application(id)?,
            org: context.org().await?,
        }),
        ApplicationVerb::List(_) | ApplicationVerb::Show { .. } | ApplicationVerb::Edit { .. } | ApplicationVerb::Remove { .. } | ApplicationVerb::Roles(_) => {
            Err(Trouble::Usage("no key is made".to_owned()))
        }
    }
}

/// The flags of the key that the words make; none for words that make none.
pub fn makes_key(verb: &ApplicationVerb) -> Option<(&str, &KeyFlags)> {
    match verb {
        ApplicationVerb::Register { id, without_key: false, key, .. } | ApplicationVerb::RotateKey { id, key, .. } => Some((id, key)),
        ApplicationVerb::Register { without_key: true, .. }
        | ApplicationVerb::List(_)
        | ApplicationVerb::Show { .. }
        | ApplicationVerb::Edit { .. }
        | ApplicationVerb::Remove { .. }
        | ApplicationVerb::Roles(_) => None,
    }
}

/// Makes a key and shows it, once (APP-12, APP-19).
pub(crate) async fn with_key<A: Api>(context: &Context<'_, A>, verb: &ApplicationVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let Some((id, flags)) = makes_key(verb) else { return Err(Trouble::Usage("no key is made".to_owned())) };
    context.writable()?;
    let token = Token::generate();
    let command = keyed(context, verb, &token).await?;
    let key_id = secret::id(flags.key_id.as_deref(), id, "key", &token)?;
    let what = format!("key {key_id} of application {id}");
    let fresh = Fresh { token, what, field: "key", file: flags.key_out.as_deref(), more: json!({"application": id, "key_id": key_id}) };
    secret::send(context, &command, fresh, out).await
}

/// Shows applications.
pub(crate) async fn reading<A: Api>(context: &Context<'_, A>, verb: &ApplicationVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    match verb {
        ApplicationVerb::List(listing) => read::list(context, Some(org), List::Applications, listing, out).await,
        ApplicationVerb::Show { id } => read::show(context, ObjectId::Application(org, application(id)?), out).await,
        ApplicationVerb::Register { .. } | ApplicationVerb::Edit { .. } | ApplicationVerb::Remove { .. } | ApplicationVerb::Roles(_) | ApplicationVerb::RotateKey { .. } => {
            Err(Trouble::Usage("nothing to read".to_owned()))
        }
    }
}
