//! The platform's catalogue, the switches of an org, and break-glass (UM-10, UM-23, APP-13).

use std::path::Path;

use bailiwick_policy::command::{Command, GroupRef};
use bailiwick_policy::ids::{ObjectId, OrgCode};
use bailiwick_policy::object::Platform;
use bailiwick_policy::query::Item;
use bailiwick_rpc::api::ApiError;
use serde_json::json;

use super::{ms, text_field, values};
use crate::cli::api::{Api, CallFault};
use crate::cli::args::{BreakGlass, CatalogueVerb};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::out::{Out, safe_json_lines};
use crate::cli::import::standard_sets;
use crate::cli::read;

/// An allocation that goes back by itself. Whoever breaks the glass says why.
pub(crate) async fn break_glass<A: Api>(context: &Context<'_, A>, args: &BreakGlass) -> Result<Vec<Command>, Trouble> {
    if context.common.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Trouble::Usage("break-glass needs a reason: give --reason TEXT".to_owned()));
    }
    let stores: Vec<String> = args.stores.iter().map(|text| text.trim_start_matches("store:").to_owned()).collect();
    Ok(vec![Command::BreakGlass {
        stores: values("store", &stores)?,
        group: GroupRef::from(args.group.as_str()),
        lasts_ms: ms(args.lasts),
        org: context.org().await?,
    }])
}

/// The command that sets switches of the org; none if no switch is given.
pub fn settings(org: OrgCode, contact: Option<&str>, least: Option<bool>, approval: Option<bool>) -> Option<Command> {
    let said = contact.is_some() || least.is_some() || approval.is_some();
    let set = || Command::EditSettings { org, contact: text_field(contact), least_privilege_registration: least, approval_required: approval };
    said.then(set)
}

/// The command that replaces the catalogue; none for words that read.
pub(crate) async fn commands<A: Api>(context: &Context<'_, A>, verb: &CatalogueVerb) -> Result<Option<Vec<Command>>, Trouble> {
    match verb {
        CatalogueVerb::Show => Ok(None),
        CatalogueVerb::Apply { file } => {
            let platform = parse(file)?;
            Ok(Some(vec![next(platform, &present(context).await?)]))
        }
        CatalogueVerb::ImportSets { file, maps, delimiter } => {
            let present = present(context).await?;
            let merged = standard_sets::merged(file, maps, delimiter.as_deref(), &present)?;
            Ok(Some(vec![next(merged.platform, &present)]))
        }
    }
}

/// The command that puts a catalogue in the place of the present one.
fn next(mut platform: Platform, present: &Platform) -> Command {
    platform.version = present.version.saturating_add(1);
    platform.meta = Default::default();
    Command::SetPlatform { platform: Box::new(platform) }
}

fn parse(file: &Path) -> Result<Platform, Trouble> {
    let failed = |why: String| Trouble::Local(format!("{}: {why}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| failed(format!("this is no catalogue: {error}; `bailiwick catalogue show` prints one")))
}

async fn present<A: Api>(context: &Context<'_, A>) -> Result<Platform, Trouble> {
    match context.get(ObjectId::Platform).await?.0 {
        Item::Platform { platform } => Ok((*platform).clone()),
        _other => Err(Trouble::Local("the cluster shows no catalogue".to_owned())),
    }
}

/// Prints the catalogue, as it can be applied again.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let platform = json!(present(context).await?);
    if out.json {
        out.value(&platform)?;
        return Ok(Exit::Done);
    }
    out.lines(safe_json_lines(&platform))?;
    Ok(Exit::Done)
}

/// Shows the switches of the org; of one that has set none, as they are then.
pub(crate) async fn show_settings<A: Api>(context: &Context<'_, A>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    match read::show(context, ObjectId::Settings(org.clone()), out).await {
        Err(Trouble::Call(CallFault::Api(error))) if error.code == ApiError::NOT_FOUND => {
            let (_, revision) = context.get(ObjectId::Org(org)).await?;
            if out.json {
                out.value(&json!({"contact": null, "least_privilege_registration": false, "approval": "off", "at_revision": revision}))?;
            } else {
                out.line("contact                       none: nobody is named to turn to")?;
                out.line("least_privilege_registration  no")?;
                out.line("approval                      off")?;
            }
            Ok(Exit::Done)
        }
        shown => shown,
    }
}
