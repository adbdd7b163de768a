//! Policy as files: the whole of an org's policy read list by list at one revision and written as YAML; and such a file
//! compared with what is there, as commands that put the difference.

use std::io::{Read, Write};
use std::path::Path;

use bailiwick_policy::command::Command;
use bailiwick_policy::document::Document;
use bailiwick_policy::ids::{ObjectId, OrgCode, Revision};
use bailiwick_policy::object::{Meta, Object, Scope};
use bailiwick_policy::query::{Item, List};
use bailiwick_policy::scopes::{self, Tier};
use bailiwick_policy::state::{OrgState, State};
use bailiwick_rpc::api::{ApiError, At};

use super::api::{Api, CallFault};
use super::args::Apply;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::Out;

/// Differences in one entry: objects before and after, so that an entry of the log stays below a few MiB.
const BATCH_CHANGES: usize = 1_000;

/// Writes the org's policy to a file, or prints it.
pub(crate) async fn export<A: Api>(context: &Context<'_, A>, file: Option<&Path>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let code = context.org().await?;
    let (state, revision) = read(context, &code).await?;
    let org = of(&state, &code)?;
    let document = Document::of(org);
    if out.json {
        let value = serde_json::to_value(&document).map_err(|error| Trouble::Local(format!("the policy can't be written: {error}")))?;
        out.value(&value)?;
        return Ok(Exit::Done);
    }
    let text = yaml(&document, &state, org, revision)?;
    match file {
        None => out.raw(text.as_bytes())?,
        Some(path) => {
            let failed = |error: std::io::Error| Trouble::Local(format!("{}: {error}", path.display()));
            let mut file = std::fs::File::create(path).map_err(failed)?;
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
            out.note(&format!("policy of org {code} at revision {revision} → {}", path.display()))?;
        }
    }
    Ok(Exit::Done)
}

/// Says that an org's policy is as a file has it.
pub(crate) fn nothing(args: &Apply, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if out.json {
        out.value(&serde_json::json!({"outcome": "committed", "changed": false}))?;
    } else {
        out.line(&format!("nothing to change: the policy is as {} has it", args.file.display()))?;
    }
    Ok(Exit::Done)
}

/// The commands that make the org's policy the file's; none if it is.
pub(crate) async fn commands<A: Api>(context: &Context<'_, A>, args: &Apply) -> Result<Vec<Command>, Trouble> {
    let document = load(&args.file)?;
    let code = context.org().await?;
    let (state, _) = read(context, &code).await?;
    let changes = document.changes(&state, of(&state, &code)?, args.prune).map_err(|bad| Trouble::Local(format!("{}: {bad}", args.file.display())))?;
    let batches = changes.chunks(BATCH_CHANGES);
    Ok(batches.map(|batch| Command::Apply { org: code.clone(), changes: batch.to_vec() }).collect())
}

fn load(path: &Path) -> Result<Document, Trouble> {
    let failed = |error: std::io::Error| Trouble::Local(format!("{}: {error}", path.display()));
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(failed)?;
        text
    } else {
        std::fs::read_to_string(path).map_err(failed)?
    };
    let options = serde_saphyr::options! { budget: None };
    serde_saphyr::from_str_with_options(&text, options).map_err(|error| Trouble::Local(format!("{}: {error}", path.display())))
}

fn of<'a>(state: &'a State, code: &OrgCode) -> Result<&'a OrgState, Trouble> {
    state.orgs.get(code).ok_or_else(|| Trouble::Local(format!("there is no org {code}, or it isn't to be seen by this credential")))
}

/// The document as YAML, with what is implied as comments.
fn yaml(document: &Document, state: &State, org: &OrgState, revision: Revision) -> Result<String, Trouble> {
    let plain = serde_saphyr::to_string(document).map_err(|error| Trouble::Local(format!("the policy can't be written: {error}")))?;
    let mut text = format!("# Policy of org {} at revision {revision}. Built-in groups and the platform's catalogue come with the org.\n", org.org.org);
    let (mut section, mut control) = ("", None);
    for line in plain.lines() {
        text.push_str(line);
        let indent = line.len() - line.trim_start().len();
        let key = line.trim().trim_end_matches(':').trim_matches(['"', '\'']);
        match indent {
            0 => section = key,
            2 if section == "access-controls" => control = org.controls.get(key),
            4 if section == "access-controls" && line.trim() == "scopes:" => {
                let held = control.map(|control| scopes::closure(&state.platform, org, control.scopes.iter())).unwrap_or_default();
                let implied: Vec<&str> = held.iter().filter(|(_, by)| by.is_some()).map(|(scope, _)| scope.as_str()).collect();
                if !implied.is_empty() {
                    text.push_str(&format!(" # implied: {}", implied.join(", ")));
                }
            }
            _deeper => {}
        }
        text.push('\n');
    }
    Ok(text)
}

/// The org's policy at one revision: as much of a state as a document needs.
async fn read<A: Api>(context: &Context<'_, A>, code: &OrgCode) -> Result<(State, Revision), Trouble> {
    let mut state = State::default();
    let lists = [
        List::Orgs,
        List::Zones,
        List::Concepts,
        List::Resources,
        List::Endpoints { resource: None, class: None },
        List::Groups { active: None },
        List::Scopes,
        List::Entities,
        List::Controls,
        List::UserGroups,
        List::Sets,
        List::Roles,
        List::Stores { zone: None, concept: None, group: None, active: None, below: false },
        List::Tills { store: None },
        List::Users,
        List::Applications,
    ];
    let mut at = context.common.at.clone().unwrap_or(At::Linearizable);
    let mut revision = Revision(0);
    let org = context.get(ObjectId::Org(code.clone())).await?;
    put(&mut state, code, org.0);
    for list in lists {
        let listed = context.list_at(Some(code.clone()), list, "", None, at).await?;
        revision = listed.revision;
        at = At::AtExactly(revision);
        listed.items.into_iter().for_each(|item| put(&mut state, code, item));
    }
    for id in [ObjectId::Settings(code.clone()), ObjectId::Platform] {
        match context.api.get(id, At::AtExactly(revision)).await {
            Ok(reply) => put(&mut state, code, reply.item),
            Err(CallFault::Api(error)) if error.code == ApiError::NOT_FOUND => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok((state, revision))
}

/// Puts a row's object, if it is the org's own.
fn put(state: &mut State, code: &OrgCode, item: Item) {
    let object = match item {
        Item::Org { org, .. } if org.org == *code => Object::Org(org),
        Item::Zone { zone, .. } => Object::Zone(zone),
        Item::Concept { concept, .. } => Object::Concept(concept),
        Item::Store { store, .. } => Object::Store(store),
        Item::Till { till } => Object::Till(till),
        Item::Resource { resource, .. } => Object::Resource(resource),
        Item::Endpoint { endpoint } => Object::Endpoint(endpoint),
        Item::Group { group, .. } => Object::Group(group),
        Item::User { user } => Object::User(user),
        Item::Entity { entity, .. } => Object::Entity(entity),
        Item::UserGroup { group, .. } => Object::UserGroup(group),
        Item::Application { application, .. } => Object::Application(application),
        Item::Control { control, predefined: false, .. } => Object::Control(control),
        Item::Set { set, standard: false, .. } => Object::Set(set),
        Item::Role { role, predefined: false, .. } => Object::Role(role),
        Item::Scope { scope, tier: Tier::Tenant, own, description, .. } => {
            Object::Scope(Scope { org: code.clone(), id: scope, description, own, meta: Meta::default() }.into())
        }
        Item::Settings { settings } => Object::Settings(settings),
        Item::Platform { platform } => Object::Platform(platform),
        // Another org, or the platform's: no part of the org's document.
        Item::Org { .. }
        | Item::Control { .. }
        | Item::Set { .. }
        | Item::Role { .. }
        | Item::Scope { .. }
        | Item::Module { .. }
        | Item::Privilege { .. }
        | Item::Override { .. }
        | Item::Proposal { .. }
        | Item::Credential { .. } => return,
    };
    state.put(&object);
}
