//! Users: who they are, what is assigned to each, and the codes that invite them (UM-2 to UM-9, UM-23).

use bailiwick_policy::command::{Command, Field, PutMode, UserRow, Verb};
use bailiwick_policy::ids::{ObjectId, OrgCode, UserId};
use bailiwick_policy::object::Profile;
use bailiwick_policy::permission::Permission;
use bailiwick_policy::query::List;
use bailiwick_rpc::token::Token;
use serde_json::json;

use super::groups::named;
use super::{assigns, ms, name, nothing, text_field};
use crate::cli::api::Api;
use crate::cli::args::{Bundles, Placed, RolesVerb, SetsVerb, UserFields, UserVerb};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::out::Out;
use crate::cli::secret::{self, Fresh};
use crate::cli::words::parse_designation;
use crate::cli::{ask, read};

fn user(id: &str) -> Result<UserId, Trouble> {
    ask::value("user", id.trim_start_matches("user:"))
}

/// What is asked for of users; none for words that read. Inviting is here only to be previewed: the code that comes into
/// force is made where it is shown.
pub(crate) async fn commands<A: Api>(context: &Context<'_, A>, verb: &UserVerb) -> Result<Option<Vec<Command>>, Trouble> {
    Ok(Some(vec![match verb {
        UserVerb::Create { id, name: new, user_type, audience, fields } => {
            let mut row = row(id, fields)?;
            row.name = name(Some(new.as_deref().unwrap_or(id)))?;
            (row.user_type, row.audience) = (*user_type, *audience);
            Command::PutUsers { org: context.org().await?, mode: PutMode::Create, rows: vec![row] }
        }
        UserVerb::Edit { id, name: new, user_type, fields } => {
            let mut row = row(id, fields)?;
            (row.name, row.user_type) = (name(new.as_deref())?, *user_type);
            if row == UserRow::new(user(id)?) {
                return Err(nothing("--name, --type, --email, --place, --no-place, --designation or a part of the name"));
            }
            if row.profile.is_some() {
                row.profile = Some(kept_profile(context, id, fields).await?);
            }
            Command::PutUsers { org: context.org().await?, mode: PutMode::Edit, rows: vec![row] }
        }
        UserVerb::Remove { id, force } => Command::Remove { target: ObjectId::User(context.org().await?, user(id)?), force: *force },
        UserVerb::Sets(verb) => {
            let (verb, placed) = match verb {
                SetsVerb::Set(placed) => (Verb::Set, placed),
                SetsVerb::Add(placed) => (Verb::Add, placed),
                SetsVerb::Remove(placed) => (Verb::Remove, placed),
            };
            sets(context.org().await?, verb, placed)?
        }
        UserVerb::Roles(verb) => {
            let (verb, bundles) = match verb {
                RolesVerb::Set(bundles) => (Verb::Set, bundles),
                RolesVerb::Add(bundles) => (Verb::Add, bundles),
                RolesVerb::Remove(bundles) => (Verb::Remove, bundles),
            };
            roles(context.org().await?, verb, bundles)?
        }
        UserVerb::Invite { .. } => invitation(context, verb, &Token::generate()).await?,
        UserVerb::List(_) | UserVerb::Show { .. } | UserVerb::Scopes { .. } => return Ok(None),
    }]))
}

fn row(id: &str, fields: &UserFields) -> Result<UserRow, Trouble> {
    let mut row = UserRow::new(user(id)?);
    row.email = text_field(fields.email.as_deref());
    row.places = match (fields.no_place, fields.places.is_empty()) {
        (true, _) => Field::Clear,
        (false, true) => Field::Keep,
        (false, false) => Field::To(fields.places.clone()),
    };
    row.designation = match fields.designation.as_deref().map(str::trim) {
        None => Field::Keep,
        Some("") => Field::Clear,
        Some(text) => Field::To(parse_designation(text).map_err(|why| Trouble::Usage(format!("--designation: {why}")))?),
    };
    row.profile = profile_named(fields).then(|| profile(Profile::default(), fields));
    Ok(row)
}

fn profile_named(fields: &UserFields) -> bool {
    [&fields.title, &fields.first, &fields.middle, &fields.last, &fields.mobile].into_iter().any(Option::is_some)
}

/// The parts that are given, over those that are there.
fn profile(mut parts: Profile, fields: &UserFields) -> Profile {
    let given = [&fields.title, &fields.first, &fields.middle, &fields.last, &fields.mobile];
    let kept = [&mut parts.title, &mut parts.first, &mut parts.middle, &mut parts.last, &mut parts.mobile];
    for (part, given) in kept.into_iter().zip(given) {
        text_field(given.as_deref()).apply(part);
    }
    parts
}

/// A profile is put whole: what isn't given stays as it is.
async fn kept_profile<A: Api>(context: &Context<'_, A>, id: &str, fields: &UserFields) -> Result<Profile, Trouble> {
    let present = match context.get(ObjectId::User(context.org().await?, user(id)?)).await?.0 {
        bailiwick_policy::query::Item::User { user } => user.more().profile.clone(),
        _other => Profile::default(),
    };
    Ok(profile(present, fields))
}

/// A permission by itself is passed on, so that the cluster says why it can't be assigned (UM-7).
fn sets(org: OrgCode, verb: Verb, of: &Placed) -> Result<Command, Trouble> {
    named(verb, &of.bundles, "a permission set")?;
    let permission = |text: &String| text.contains('/').then(|| text.parse::<Permission>().ok()).flatten();
    let permissions: Vec<Permission> = of.bundles.iter().filter_map(permission).collect();
    let names: Vec<String> = of.bundles.iter().filter(|text| permission(text).is_none()).cloned().collect();
    let sets = assigns(&names, &of.places.places, of.when.bounds());
    Ok(Command::AssignSets { org, user: user(&of.holder)?, verb, sets, permissions })
}

fn roles(org: OrgCode, verb: Verb, of: &Bundles) -> Result<Command, Trouble> {
    named(verb, &of.bundles, "a role")?;
    Ok(Command::AssignUserRoles { org, user: user(&of.holder)?, verb, roles: assigns(&of.bundles, &[], of.when.bounds()) })
}

async fn invitation<A: Api>(context: &Context<'_, A>, verb: &UserVerb, code: &Token) -> Result<Command, Trouble> {
    let UserVerb::Invite { id, lasts, .. } = verb else { return Err(Trouble::Usage("nobody is invited".to_owned())) };
    Ok(Command::Invite {
        user: user(id)?,
        id: secret::id(None, id, "invitation", code)?,
        secret: secret::hash(code),
        lasts_ms: ms(*lasts),
        org: context.org().await?,
    })
}

/// Invites a user and shows the code, once.
pub(crate) async fn invite<A: Api>(context: &Context<'_, A>, verb: &UserVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let UserVerb::Invite { id, code_out, .. } = verb else { return Err(Trouble::Usage("nobody is invited".to_owned())) };
    context.writable()?;
    let token = Token::generate();
    let command = invitation(context, verb, &token).await?;
    let what = format!("one-time code of user {id}, for `bailiwick login`");
    let fresh = Fresh { token, what, field: "code", file: code_out.as_deref(), more: json!({"user": id}) };
    secret::send(context, &command, fresh, out).await
}

/// Shows users.
pub(crate) async fn reading<A: Api>(context: &Context<'_, A>, verb: &UserVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    match verb {
        UserVerb::List(listing) => read::list(context, Some(org), List::Users, listing, out).await,
        UserVerb::Show { id } => read::show(context, ObjectId::User(org, user(id)?), out).await,
        UserVerb::Scopes { id } => crate::cli::who::scopes(context, &format!("user:{}", user(id)?), out).await,
        UserVerb::Create { .. } | UserVerb::Edit { .. } | UserVerb::Remove { .. } | UserVerb::Sets(_) | UserVerb::Roles(_) | UserVerb::Invite { .. } => {
            Err(Trouble::Usage("nothing to read".to_owned()))
        }
    }
}
