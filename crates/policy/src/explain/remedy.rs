//! The smallest changes that would allow what was denied. Each is tried on a copy of the state before it is offered,
//! so that none is offered in vain.
//!
//! No remedy makes an object: an unknown store, till or endpoint is more often a slip than a wish.

use std::sync::Arc;

use super::{Remedy, names};
use crate::access::{Class, Grant, Levels, Narrow};
use crate::command::{Actor, Command, Envelope, GroupRef};
use crate::decision::{Reason, Request, Subject, Verdict};
use crate::ids::{ObjectId, RequestId, ResourceId};
use crate::object::{Cluster, Credential, CredentialKind, Endpoint, Group, GroupKind, Meta, Object, Secret, Store};
use crate::path::RequestPath;
use crate::place::Bounds;
use crate::plan::plan;
use crate::platform::Platform;
use crate::reference::{self, Called};
use crate::state::{OrgState, State};

/// Steps of a remedy at most: org, store, till, group and cell may each stand in the way.
const STEPS_MAX: usize = 5;

/// As whom remedies are tried: on a copy of the state only, so that whoever has this id isn't disturbed.
const TRIED_BY: &str = "explain..";

/// One command, and the words for it.
pub struct Fix {
    /// The command.
    pub command: Command,
    /// In words, with whom it reaches.
    pub text: String,
}

/// Ways to allow the request: one for each fix of the first obstacle, gone on with until it is permitted.
pub fn remedies(state: &State, request: &Request<'_>) -> Vec<Remedy> {
    let mut remedies: Vec<Remedy> =
        fixes(state, request).into_iter().filter_map(|fix| follow(state, request, fix)).collect();
    remedies.sort_by_key(|remedy| remedy.commands.len());
    remedies
}

fn follow(state: &State, request: &Request<'_>, first: Fix) -> Option<Remedy> {
    let mut tried = with_an_operator(state)?;
    let (mut commands, mut texts, mut next) = (Vec::new(), Vec::new(), Some(first));
    while commands.len() < STEPS_MAX {
        let fix = next?;
        let actor = Actor::Credential(TRIED_BY.parse().ok()?);
        let envelope = Envelope {
            request_id: RequestId::default(),
            actor,
            proposed_at: tried.tick,
            reads: Vec::new(),
            reason: None,
            job: None,
            command: fix.command.clone(),
        };
        let plan = plan(&tried, &envelope, tried.tick).ok()?;
        plan.changes.iter().for_each(|change| tried.apply(change));
        commands.push(fix.command);
        texts.push(fix.text);
        let decision = reference::decide(&tried, request);
        if decision.verdict() == Verdict::Permit && decision.would_deny.is_none() {
            return Some(Remedy { commands, text: texts.join(", then ") });
        }
        next = fixes(&tried, request).into_iter().next();
    }
    None
}

/// A copy of the state with a platform operator, who may everything that is lawful.
fn with_an_operator(state: &State) -> Option<State> {
    let mut tried = state.clone();
    if tried.cluster.is_none() {
        let id = TRIED_BY.into();
        tried.put(&Object::Cluster(Arc::new(Cluster { id, incarnation: 1, catalogue: 1, meta: Meta::default(), retired_nodes: Vec::new() })));
    }
    tried.put(&Object::Credential(Arc::new(Credential {
        id: TRIED_BY.parse().ok()?,
        label: TRIED_BY.parse().ok()?,
        kind: CredentialKind::Operator,
        secret: Secret::TokenHash([0; 32]),
        revoked: false,
        meta: Meta::default(),
        bounds: Bounds::ALWAYS,
    })));
    Some(tried)
}

/// What would clear the first obstacle, the least far-reaching first.
fn fixes(state: &State, request: &Request<'_>) -> Vec<Fix> {
    let Some(org) = state.orgs.get(request.org) else { return Vec::new() };
    let decision = reference::decide(state, request);
    if let Subject::User(_) | Subject::Application(_) = request.subject {
        // A suspended place comes before whatever is assigned.
        return match decision.reason {
            Reason::OrgSuspended => vec![resume_org(org)],
            Reason::StoreInactive => named_store(org, request).map(resume_store).into_iter().collect(),
            _assignable => super::assign::fixes(state, org, request),
        };
    }
    match decision.would_deny.unwrap_or(decision.reason) {
        Reason::OrgSuspended => vec![resume_org(org)],
        Reason::StoreInactive => store_of(org, request).map(resume_store).into_iter().collect(),
        Reason::TillSuspended => resume_till(org, request).into_iter().collect(),
        Reason::NoAccessGroup => allocate(org, request).into_iter().chain(set_default(org, request)).collect(),
        Reason::ResourceNone | Reason::NeedsRead | Reason::NeedsWrite => {
            edit_cell(org, request).into_iter().chain(allocate(org, request)).collect()
        }
        Reason::EndpointExcluded => admit(org, request).into_iter().chain(allocate(org, request)).collect(),
        Reason::PermitGroup
        | Reason::PermitDefaultGroup
        | Reason::PermitOpen
        | Reason::PermitOwner
        | Reason::PermitScope
        | Reason::PermitOwn
        | Reason::PermitSet
        | Reason::PermitEndpointPrivilege
        | Reason::PermitPrivilege
        | Reason::ScopeMissing
        | Reason::NotOwner
        | Reason::OutOfScope
        | Reason::PermissionMissing
        | Reason::PrivilegeMissing
        | Reason::ForbiddenToApplications
        | Reason::SubjectUnknown
        | Reason::SubjectInactive
        | Reason::KeyExpired
        | Reason::PathMalformed
        | Reason::EndpointUnknown
        | Reason::EndpointUnmapped
        | Reason::OrgUnknown
        | Reason::StoreUnknown
        | Reason::TillUnknown
        | Reason::StateUnavailable
        | Reason::Behind
        | Reason::Unavailable
        | Reason::Compacted => Vec::new(),
    }
}

fn resume_org(org: &OrgState) -> Fix {
    Fix { command: Command::Resume { target: ObjectId::Org(org.org.org.clone()) }, text: format!("resume org `{}`", org.org.org) }
}

fn store_of<'a>(org: &'a OrgState, request: &Request<'_>) -> Option<&'a Arc<Store>> {
    names(request.subject).and_then(|(store, _)| org.stores.get(store))
}

/// The store that a user's or an application's request is about.
fn named_store<'a>(org: &'a OrgState, request: &Request<'_>) -> Option<&'a Arc<Store>> {
    let (level, id) = request.context.place?.split_once(':')?;
    let code = if level == "till" { id.rsplit_once('/')?.0 } else { id };
    org.stores.get(code)
}

fn resume_store(store: &Arc<Store>) -> Fix {
    Fix {
        command: Command::Resume { target: ObjectId::Store(store.org.clone(), store.code.clone()) },
        text: format!("resume store `{}`", store.code),
    }
}

fn resume_till(org: &OrgState, request: &Request<'_>) -> Option<Fix> {
    let store = store_of(org, request)?;
    let till = names(request.subject)?.1?.parse().ok()?;
    let till = org.tills.get(&(store.code.clone(), till))?;
    Some(Fix {
        command: Command::Resume { target: ObjectId::Till(till.org.clone(), till.store.clone(), till.code.clone()) },
        text: format!("resume till `{}/{}`", till.store, till.code),
    })
}

/// The cell that the request is judged by, and the levels of which it needs any.
fn endpoint<'a>(org: &'a OrgState, request: &Request<'_>) -> Option<&'a Arc<Endpoint>> {
    // Without the platform's: those have no cell.
    match reference::matched(Platform::blank(), org, request.method(), RequestPath::parse(request.path())?)? {
        Called::Own(endpoint) => Some(endpoint),
        Called::Platform(_) => None,
    }
}

fn cell(org: &OrgState, request: &Request<'_>) -> Option<(ResourceId, Class, Levels)> {
    let endpoint = endpoint(org, request)?;
    Some((endpoint.resource.clone()?, endpoint.class, endpoint.needed()))
}

/// The active group with the fewest grants that would permit the request, a wildcard last of all.
fn permitting<'a>(org: &'a OrgState, request: &Request<'_>) -> Option<&'a Arc<Group>> {
    let endpoint = endpoint(org, request)?;
    let (resource, class, needed) = cell(org, request)?;
    let permits = |group: &Group| group.levels(&resource, class).intersects(needed) && group.admits(&resource, class, &endpoint.id);
    org.groups
        .values()
        .filter(|group| group.active && permits(group))
        .min_by_key(|group| {
            let levels: u32 = group.grants.iter().map(|grant| grant.levels.bits().count_ones()).sum();
            (group.wildcard, levels, &group.id)
        })
}

fn allocate(org: &OrgState, request: &Request<'_>) -> Option<Fix> {
    let group = permitting(org, request)?;
    let store = store_of(org, request)?;
    Some(Fix {
        command: Command::Allocate {
            org: store.org.clone(),
            stores: vec![store.code.clone()],
            tills: Vec::new(),
            group: Some(GroupRef::from(group.id.clone())),
            observe: false,
        },
        text: format!("allocate group `{}` to store `{}`", group.name, store.code),
    })
}

fn set_default(org: &OrgState, request: &Request<'_>) -> Option<Fix> {
    let group = permitting(org, request)?;
    let inheriting = org.members.get(&None).map_or(0, |members| members.stores);
    Some(Fix {
        command: Command::SetDefault { org: org.org.org.clone(), group: Some(GroupRef::from(group.id.clone())), observe: false },
        text: format!("make `{}` the default group, which {} would inherit", group.name, counted(inheriting)),
    })
}

/// The least that the cell of the group in force lacks.
fn edit_cell(org: &OrgState, request: &Request<'_>) -> Option<Fix> {
    let (resource, class, needed) = cell(org, request)?;
    let group = editable(org, request)?;
    let least = if needed.contains(Levels::R) { Levels::R } else { Levels::W };
    let narrow = group.cell(&resource, class).and_then(|cell| cell.narrow.clone());
    let grant = Grant { levels: group.levels(&resource, class) | least, resource, class, narrow };
    let text = format!("set {} {} to {}", grant.resource, grant.class, grant.levels);
    Some(put_cell(org, group, grant, Vec::new(), &text))
}

/// The endpoint let into a narrowed cell.
fn admit(org: &OrgState, request: &Request<'_>) -> Option<Fix> {
    let endpoint = endpoint(org, request)?;
    let (resource, class, _) = cell(org, request)?;
    let group = editable(org, request)?;
    let mut grant = group.cell(&resource, class)?.clone();
    let mut widen = Vec::new();
    grant.narrow = match grant.narrow {
        Some(Narrow::Only(mut endpoints)) => {
            endpoints.push(endpoint.id.clone());
            Some(Narrow::Only(endpoints).in_order())
        }
        Some(Narrow::Except(mut endpoints)) => {
            endpoints.retain(|id| *id != endpoint.id);
            (!endpoints.is_empty()).then_some(Narrow::Except(endpoints))
        }
        None => None,
    };
    if grant.narrow.is_none() {
        widen.push((resource, class));
    }
    let text = format!("let `{}` into {} {}", endpoint.id, grant.resource, grant.class);
    Some(put_cell(org, group, grant, widen, &text))
}

/// The group in force, if it can be edited.
fn editable<'a>(org: &'a OrgState, request: &Request<'_>) -> Option<&'a Arc<Group>> {
    let (group, _via) = org.effective_group(store_of(org, request)?)?;
    (group.kind == GroupKind::Custom).then_some(group)
}

fn put_cell(org: &OrgState, group: &Arc<Group>, grant: Grant, widen: Vec<(ResourceId, Class)>, text: &str) -> Fix {
    let reach = org.stores_explicit(&group.id) + org.stores_inherited(&group.id);
    Fix {
        text: format!("{text} in group `{}`, which {} would follow", group.name, counted(reach)),
        command: Command::EditGroup {
            org: group.org.clone(),
            group: GroupRef::from(group.id.clone()),
            name: None,
            description: None,
            cells: vec![grant],
            widen,
        },
    }
}

fn counted(stores: u64) -> String {
    if stores == 1 { "1 store".to_owned() } else { format!("{stores} stores") }
}
