//! From a parsed command line to what is done about it: one line a deed. The wiring to a real cluster is in `start`.

use bailiwick_policy::access::Grant;
use bailiwick_policy::command::{Command, GroupRef, PutMode};
use bailiwick_policy::ids::{ObjectId, OrgCode, Revision};
use bailiwick_policy::query::{Item, List};
use bailiwick_rpc::api::At;
use bailiwick_rpc::token::Token;

use super::api::Api;
use super::args::*;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::Out;
use super::{
    allocate, ask, audit, check, cluster, credential, denies, export, files, import, lint, members, narrow, nouns, proposals, read, suggest, suspend, tests_of, watch, who, whoami, write,
};

/// Does a deed.
pub(crate) async fn deed<A: Api>(context: &Context<'_, A>, deed: &Deed, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    match deed {
        Deed::Check(question) => check::check(context, question, out).await,
        Deed::Explain(question) => check::explain(context, question, out).await,
        Deed::Import(args) => import::import(context, args, false, out).await,
        Deed::Export(Export::Stores { group, file }) => export::stores(context, group.as_deref(), file.as_deref(), out).await,
        Deed::Export(Export::Org { file }) => files::export(context, file.as_deref(), out).await,
        Deed::Test(args) => tests_of::run(context, &args.file, out).await,
        Deed::Export(Export::Users { file }) => export::users(context, file.as_deref(), out).await,
        Deed::WhoCan(args) => who::who_can(context, args, out).await,
        Deed::WhatCan(args) => who::what_can(context, args, out).await,
        Deed::Watch(args) => watch::watch(context, args, out).await,
        Deed::Cluster(ClusterVerb::Status { hashes }) => cluster::status(context, *hashes, out).await,
        Deed::Cluster(verb) => members::deed(context, verb, out).await,
        Deed::Whoami => whoami::whoami(context, out).await,
        Deed::Audit(verb) => audit::audit(context, verb, out).await,
        Deed::Diff(args) => audit::diff(context, args, out).await,
        Deed::Denies(args) => denies::denies(context, args, out).await,
        Deed::Lint(Lint { what: None }) => lint::org(context, out).await,
        Deed::Lint(Lint { what: Some(verb) }) => lint::file(verb, out),
        Deed::AccessGroup(GroupVerb::Stores { group, out: file }) => export::stores(context, Some(group), file.as_deref(), out).await,
        Deed::Credential(CredentialVerb::Create(of)) => credential::create(context, of, out).await,
        Deed::User(verb @ UserVerb::Invite { .. }) => nouns::users::invite(context, verb, out).await,
        Deed::Application(verb) if nouns::applications::makes_key(verb).is_some() => nouns::applications::with_key(context, verb, out).await,
        Deed::Login(_) => Err(Trouble::Usage("`login` stands by itself: its code is who calls".to_owned())),
        Deed::Proposal(ProposalVerb::Show { id }) => proposals::one(context, *id, out).await,
        Deed::Approve(args) => proposals::approving(context, args, out).await,
        Deed::Default(_)
        | Deed::Allocate(_)
        | Deed::Suspend(_)
        | Deed::Resume(_)
        | Deed::Org(_)
        | Deed::Zone(_)
        | Deed::Concept(_)
        | Deed::Store(_)
        | Deed::Till(_)
        | Deed::Resource(_)
        | Deed::Endpoint(_)
        | Deed::AccessGroup(_)
        | Deed::Scope(_)
        | Deed::Entity(_)
        | Deed::AccessControl(_)
        | Deed::UserGroup(_)
        | Deed::User(_)
        | Deed::PermissionSet(_)
        | Deed::Role(_)
        | Deed::Application(_)
        | Deed::EndpointPrivilege(_)
        | Deed::BreakGlass(_)
        | Deed::Catalogue(_)
        | Deed::Apply(_)
        | Deed::Undo { .. }
        | Deed::Suggest(_)
        | Deed::Proposals(_)
        | Deed::Decline { .. }
        | Deed::Withdraw { .. }
        | Deed::Credential(_) => match commands(context, deed).await? {
            Some(commands) => {
                if let (Deed::Apply(args), true) = (deed, commands.is_empty()) {
                    return files::nothing(args, out);
                }
                context.writable()?;
                write::deed(context, &commands, out).await
            }
            None if context.proposing.is_some() => Err(Trouble::Usage("nothing to propose: this command changes nothing".to_owned())),
            None => reading(context, deed, out).await,
        },
    }
}

/// Shows what a deed would do.
pub(crate) async fn preview<A: Api>(context: &Context<'_, A>, deed: &Deed, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if let Deed::Import(args) = deed {
        return import::import(context, args, true, out).await;
    }
    if let Deed::Cluster(verb) = deed
        && let Some((change, _)) = members::change_of(verb)
    {
        return members::change(context, change, Sure { dry_run: true, yes: false }, out).await;
    }
    match commands(context, deed).await? {
        Some(commands) => match deed {
            Deed::Apply(args) if commands.is_empty() => files::nothing(args, out),
            _other => write::preview(context, &commands, out).await,
        },
        None => Err(Trouble::Usage("`preview` takes a command that changes something, such as `allocate`".to_owned())),
    }
}

/// The commands of a deed that writes; none for one that reads.
async fn commands<A: Api>(context: &Context<'_, A>, deed: &Deed) -> Result<Option<Vec<Command>>, Trouble> {
    let command = match deed {
        Deed::Allocate(args) => return allocate::commands(context, args).await.map(Some),
        Deed::Default(verb) => {
            let (group, observe) = match verb {
                DefaultVerb::Set { group, observe } => (Some(GroupRef::from(group.as_str())), *observe),
                DefaultVerb::Clear => (None, false),
                DefaultVerb::Show => return Ok(None),
            };
            Command::SetDefault { org: context.org().await?, group, observe }
        }
        Deed::Suspend(target) => return suspend::commands(context, target, false).await.map(Some),
        Deed::Resume(target) => return suspend::commands(context, target, true).await.map(Some),
        Deed::Undo { revision } => context.api.inverse(Revision(*revision)).await?,
        Deed::Suggest(verb) => return suggest::commands(context, verb).await,
        Deed::Scope(verb) => return nouns::scopes::scope_commands(context, verb).await,
        Deed::Entity(verb) => return nouns::scopes::entity_commands(context, verb).await,
        Deed::AccessControl(verb) => return nouns::scopes::control_commands(context, verb).await,
        Deed::UserGroup(verb) => return nouns::groups::commands(context, verb).await,
        Deed::User(verb) => return nouns::users::commands(context, verb).await,
        Deed::PermissionSet(verb) => return nouns::sets::commands(context, verb).await,
        Deed::Role(verb) => return nouns::roles::commands(context, verb).await,
        Deed::Application(verb) => return nouns::applications::commands(context, verb).await,
        Deed::EndpointPrivilege(verb) => return nouns::roles::endpoint_privilege(context, verb).await.map(Some),
        Deed::BreakGlass(args) => return nouns::platform::break_glass(context, args).await.map(Some),
        Deed::Catalogue(verb) => return nouns::platform::commands(context, verb).await,
        Deed::Apply(args) => return files::commands(context, args).await.map(Some),
        Deed::Org(verb) => match verb {
            OrgVerb::Create { code, name, owner, owner_name } => ask::create_org(code, name, owner, owner_name.as_deref())?,
            OrgVerb::Edit { code, name } => {
                Command::EditOrg { org: ask::value("org", code)?, name: ask::value("--name", name)? }
            }
            OrgVerb::Settings { contact, least_privilege_registration, approval } => {
                let org = context.org().await?;
                match nouns::platform::settings(org, contact.as_deref(), *least_privilege_registration, *approval) {
                    Some(command) => command,
                    None => return Ok(None),
                }
            }
            OrgVerb::List(_) | OrgVerb::Show { .. } => return Ok(None),
        },
        Deed::Zone(verb) => match verb {
            PlaceVerb::Create { code, name, parent } => {
                ask::put_zone(context.org().await?, PutMode::Create, code, Some(name), parent.as_deref())?
            }
            PlaceVerb::Edit { code, name, parent } => {
                ask::put_zone(context.org().await?, PutMode::Edit, code, name.as_deref(), parent.as_deref())?
            }
            PlaceVerb::Remove { code } => {
                Command::Remove { target: ObjectId::Zone(context.org().await?, ask::value("zone", code)?), force: false }
            }
            PlaceVerb::List(_) | PlaceVerb::Show { .. } => return Ok(None),
        },
        Deed::Concept(verb) => match verb {
            PlaceVerb::Create { code, name, parent } => {
                ask::put_concept(context.org().await?, PutMode::Create, code, Some(name), parent.as_deref())?
            }
            PlaceVerb::Edit { code, name, parent } => {
                ask::put_concept(context.org().await?, PutMode::Edit, code, name.as_deref(), parent.as_deref())?
            }
            PlaceVerb::Remove { code } => {
                Command::Remove { target: ObjectId::Concept(context.org().await?, ask::value("concept", code)?), force: false }
            }
            PlaceVerb::List(_) | PlaceVerb::Show { .. } => return Ok(None),
        },
        Deed::Store(verb) => match verb {
            StoreVerb::Create { code, name, fields } => {
                ask::put_store(context.org().await?, PutMode::Create, code, Some(name), fields)?
            }
            StoreVerb::Edit { code, name, fields } => {
                ask::put_store(context.org().await?, PutMode::Edit, code, name.as_deref(), fields)?
            }
            StoreVerb::Remove { code, force } => {
                Command::Remove { target: ObjectId::Store(context.org().await?, ask::value("store", code)?), force: *force }
            }
            StoreVerb::List { .. } | StoreVerb::Show { .. } => return Ok(None),
        },
        Deed::Till(verb) => match verb {
            TillVerb::Create { id, name } => ask::put_till(context.org().await?, PutMode::Create, id, name.as_deref())?,
            TillVerb::Edit { id, name } => ask::put_till(context.org().await?, PutMode::Edit, id, Some(name))?,
            TillVerb::Move { id, to } => {
                let (store, till) = ask::till(id)?;
                Command::MoveTill { org: context.org().await?, store, till, to: ask::value("--to", to)? }
            }
            TillVerb::Remove { id } => {
                let (store, till) = ask::till(id)?;
                Command::Remove { target: ObjectId::Till(context.org().await?, store, till), force: false }
            }
            TillVerb::List { .. } | TillVerb::Show { .. } => return Ok(None),
        },
        Deed::Resource(verb) => match verb {
            ResourceVerb::Create { name, description } => ask::create_resource(context.org().await?, name, description)?,
            ResourceVerb::Remove { name } => {
                Command::Remove { target: ObjectId::Resource(context.org().await?, ask::value("resource", name)?), force: false }
            }
            ResourceVerb::List(_) | ResourceVerb::Show { .. } => return Ok(None),
        },
        Deed::Endpoint(verb) => match verb {
            EndpointVerb::Create { method, path, fields } => {
                ask::put_endpoint(context.org().await?, PutMode::Create, method, path, fields)?
            }
            EndpointVerb::Edit { method, path, fields } => {
                ask::put_endpoint(context.org().await?, PutMode::Edit, method, path, fields)?
            }
            EndpointVerb::Remove { method, path } => {
                Command::Remove { target: ObjectId::Endpoint(context.org().await?, ask::endpoint_id(method, path)?), force: false }
            }
            EndpointVerb::List { .. } | EndpointVerb::Show { .. } => return Ok(None),
        },
        Deed::AccessGroup(verb) => match verb {
            GroupVerb::Create { name, description, grants, narrowings } => {
                ask::create_group(context.org().await?, name, description, narrow::cells(grants, narrowings, None)?)?
            }
            GroupVerb::Edit { group, name, description, grants, narrowings, widen } => {
                let org = context.org().await?;
                let narrows = !narrowings.only.is_empty() || !narrowings.except.is_empty();
                // The levels of a cell that is only narrowed are those that it has.
                let present = if narrows { cells_of(context, &org, group).await? } else { Vec::new() };
                let cells = narrow::cells(grants, narrowings, Some(&present))?;
                ask::edit_group(org, group, name.as_deref(), description.as_deref(), cells, narrow::widened(narrowings, widen)?)?
            }
            GroupVerb::Deactivate { group } => Command::DeactivateGroup { org: context.org().await?, group: GroupRef::from(group.as_str()) },
            GroupVerb::Reactivate { group } => Command::ReactivateGroup { org: context.org().await?, group: GroupRef::from(group.as_str()) },
            GroupVerb::List { .. } | GroupVerb::Show { .. } | GroupVerb::Stores { .. } => return Ok(None),
        },
        Deed::Credential(verb) => match verb {
            // Only for a preview: the token that comes into force is made where it is shown.
            CredentialVerb::Create(of) => credential::command(context, of, &Token::generate()).await?,
            CredentialVerb::Revoke { id } => Command::RevokeCredential { id: ask::value("credential", id)? },
            CredentialVerb::List(_) => return Ok(None),
        },
        Deed::Approve(args) => proposals::approve(context.org().await?, args.id),
        Deed::Decline { id } => Command::Decline { org: context.org().await?, proposal: *id },
        Deed::Withdraw { id } => Command::Withdraw { org: context.org().await?, proposal: *id },
        Deed::Check(_)
        | Deed::Explain(_)
        | Deed::Proposals(_)
        | Deed::Proposal(_)
        | Deed::Audit(_)
        | Deed::Diff(_)
        | Deed::Denies(_)
        | Deed::Lint(_)
        | Deed::Import(_)
        | Deed::Export(_)
        | Deed::Watch(_)
        | Deed::Cluster(_)
        | Deed::WhoCan(_)
        | Deed::WhatCan(_)
        | Deed::Login(_)
        | Deed::Test(_)
        | Deed::Whoami => return Ok(None),
    };
    Ok(Some(vec![command]))
}

async fn cells_of<A: Api>(context: &Context<'_, A>, org: &OrgCode, group: &str) -> Result<Vec<Grant>, Trouble> {
    // Read for a change: a group that another node has just taken in must not be missed.
    let common = Common { at: Some(context.common.at.clone().unwrap_or(At::Linearizable)), ..context.common.clone() };
    let context = Context { api: context.api, common: &common, org: None, read_only: context.read_only, jobs: None, terminal: None, proposing: None };
    let id = context.group_id(org, group).await?;
    match context.get(ObjectId::Group(org.clone(), id)).await?.0 {
        Item::Group { group, .. } => Ok(group.grants.to_vec()),
        _other => Ok(Vec::new()),
    }
}

/// Lists and single objects.
async fn reading<A: Api>(context: &Context<'_, A>, deed: &Deed, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    match deed {
        Deed::Default(_) => read::show_default(context, context.org().await?, out).await,
        Deed::Org(OrgVerb::List(listing)) => read::list(context, None, List::Orgs, listing, out).await,
        Deed::Org(OrgVerb::Show { code }) => read::show(context, ObjectId::Org(ask::value("org", code)?), out).await,
        Deed::Org(OrgVerb::Settings { .. }) => nouns::platform::show_settings(context, out).await,
        Deed::Scope(verb) => nouns::scopes::scope_reading(context, verb, out).await,
        Deed::Entity(verb) => nouns::scopes::entity_reading(context, verb, out).await,
        Deed::AccessControl(verb) => nouns::scopes::control_reading(context, verb, out).await,
        Deed::UserGroup(verb) => nouns::groups::reading(context, verb, out).await,
        Deed::User(verb) => nouns::users::reading(context, verb, out).await,
        Deed::PermissionSet(verb) => nouns::sets::reading(context, verb, out).await,
        Deed::Role(verb) => nouns::roles::reading(context, verb, out).await,
        Deed::Application(verb) => nouns::applications::reading(context, verb, out).await,
        Deed::Catalogue(_) => nouns::platform::show(context, out).await,
        Deed::Zone(PlaceVerb::List(listing)) => {
            read::list(context, Some(context.org().await?), List::Zones, listing, out).await
        }
        Deed::Zone(PlaceVerb::Show { code }) => {
            read::show(context, ObjectId::Zone(context.org().await?, ask::value("zone", code)?), out).await
        }
        Deed::Concept(PlaceVerb::List(listing)) => {
            read::list(context, Some(context.org().await?), List::Concepts, listing, out).await
        }
        Deed::Concept(PlaceVerb::Show { code }) => {
            read::show(context, ObjectId::Concept(context.org().await?, ask::value("concept", code)?), out).await
        }
        Deed::Store(StoreVerb::Show { code }) => {
            read::show(context, ObjectId::Store(context.org().await?, ask::value("store", code)?), out).await
        }
        Deed::Store(verb) => read::stores(context, verb, out).await,
        Deed::Till(TillVerb::List { listing, store }) => {
            let store = store.as_deref().map(|s| ask::value("--store", s)).transpose()?;
            read::list(context, Some(context.org().await?), List::Tills { store }, listing, out).await
        }
        Deed::Till(TillVerb::Show { id }) => {
            let (store, till) = ask::till(id)?;
            read::show(context, ObjectId::Till(context.org().await?, store, till), out).await
        }
        Deed::Resource(ResourceVerb::List(listing)) => {
            read::list(context, Some(context.org().await?), List::Resources, listing, out).await
        }
        Deed::Resource(ResourceVerb::Show { name }) => read::show_resource(context, context.org().await?, name, out).await,
        Deed::Endpoint(EndpointVerb::List { listing, resource, class }) => {
            let resource = resource.as_deref().map(|r| ask::value("--resource", r)).transpose()?;
            read::list(context, Some(context.org().await?), List::Endpoints { resource, class: *class }, listing, out).await
        }
        Deed::Endpoint(EndpointVerb::Show { method, path }) => {
            read::show(context, ObjectId::Endpoint(context.org().await?, ask::endpoint_id(method, path)?), out).await
        }
        Deed::AccessGroup(GroupVerb::List { listing, active, inactive }) => {
            let active = if *active { Some(true) } else { inactive.then_some(false) };
            read::list(context, Some(context.org().await?), List::Groups { active }, listing, out).await
        }
        Deed::AccessGroup(GroupVerb::Show { group }) => {
            let org = context.org().await?;
            let id = context.group_id(&org, group).await?;
            read::show(context, ObjectId::Group(org, id), out).await
        }
        Deed::Suggest(verb) => suggest::access_group(context, verb, out).await,
        Deed::Proposals(listing) => read::list(context, Some(context.org().await?), List::Proposals, listing, out).await,
        Deed::Credential(CredentialVerb::List(listing)) => {
            read::list(context, context.org.clone().filter(|_| context.common.org.is_some()), List::Credentials, listing, out).await
        }
        _writes => Err(Trouble::Usage("nothing to read".to_owned())),
    }
}
