//! What can: all that a subject may do, exact at one revision, with where each thing comes from.
//!
//! Endpoints and nodes are asked of the index one by one, so that they are what checks would say.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::decide::decide;
use crate::decision::{Ask, Context, Decision, EntityAction, Obligations, Reason, Request, Subject, Verdict};
use crate::ids::*;
use crate::index::Index;
use crate::object::{RoleGrant, User, UserType};
use crate::path::canonical_segments;
use crate::permission::Actions;
use crate::place::{Bounds, Place};
use crate::reference::people::{Holder, holder, meeting};
use crate::reference::rights_of;
use crate::scopes::{self, HeldScope};
use crate::state::{OrgState, State};

/// All that a subject may do.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WhatCan {
    /// Set: it may do nothing at all, and this is why.
    #[serde(default)]
    pub closed: Option<Reason>,
    /// Endpoints that it may call, by id. One whose parameter names something is asked about one that nobody knows.
    #[serde(default)]
    pub endpoints: Vec<EndpointCan>,
    /// Permissions on sub-modules, by sub-module.
    #[serde(default)]
    pub permissions: Vec<PermissionCan>,
    /// Scopes, each by every way in which it is held.
    #[serde(default)]
    pub scopes: Vec<HeldScope>,
    /// Nodes of the navigation tree.
    #[serde(default)]
    pub nodes: Vec<NodeCan>,
    /// Privileges, with the roles that bring them.
    #[serde(default)]
    pub privileges: Vec<PrivilegeCan>,
}

/// An endpoint that may be called.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EndpointCan {
    /// Its method and canonical template.
    pub endpoint: EndpointId,
    /// The template with its parameters named.
    pub template: Arc<str>,
    /// Why, and what has to be seen to.
    pub decision: Decision,
}

/// What a permission set grants on a sub-module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct PermissionCan {
    /// The sub-module.
    pub module: ModuleId,
    /// The actions.
    pub actions: Actions,
    /// The set; none for an owner, who needs none.
    #[serde(default)]
    pub set: Option<SetId>,
    /// Where: the places of the assignment that lie in those of the user.
    pub places: Vec<Place>,
    /// When.
    #[serde(default)]
    pub bounds: Bounds,
}

/// A node that is visible.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct NodeCan {
    /// The domain or the custom entity.
    pub node: Arc<str>,
    /// It opens with content; else empty (AC-14).
    pub full: bool,
    /// Only at some places.
    pub limited: bool,
}

/// A privilege that is held.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct PrivilegeCan {
    /// The privilege.
    pub privilege: PrivilegeId,
    /// The role.
    pub role: RoleId,
    /// When.
    #[serde(default)]
    pub bounds: Bounds,
}

/// What a subject may do, where the context says.
pub fn what_can(state: &State, index: &Index, org: &str, subject: Subject<'_>, context: Context<'_>) -> WhatCan {
    let closed = |reason| WhatCan { closed: Some(reason), ..WhatCan::default() };
    let Some(of) = state.orgs.get(org) else { return closed(Reason::OrgUnknown) };
    if !of.org.active {
        return closed(Reason::OrgSuspended);
    }
    let mut can = WhatCan::default();
    match holder(state, of, subject) {
        Err(reason) => return closed(reason),
        Ok(Holder::Place) => {}
        Ok(Holder::User(user)) => {
            can.permissions = permissions(state, of, user);
            can.scopes = scopes::of_user(state, of, user);
            can.privileges = privileges(state, of, &user.more().roles);
        }
        Ok(Holder::Application(application)) => {
            can.scopes = scopes::of_application(state, of, application);
            can.privileges = privileges(state, of, &application.roles);
        }
    }
    can.endpoints = endpoints(state, of, |method, path| {
        decide(index, &Request { org, subject, ask: Ask::Endpoint { method, path }, context })
    });
    let custom = of.entities.keys().map(EntityId::as_str);
    let mut nodes: Vec<&str> = state.platform.domains.iter().map(|domain| domain.id.as_str()).chain(custom).collect();
    nodes.sort_unstable();
    nodes.dedup();
    can.nodes = nodes
        .into_iter()
        .filter_map(|node| {
            let ask = Ask::Entity { entity: node, action: EntityAction::View };
            let decision = decide(index, &Request { org, subject, ask, context });
            let has = |obligation| decision.obligations.contains(obligation);
            (decision.verdict() == Verdict::Permit)
                .then(|| NodeCan { node: node.into(), full: !has(Obligations::EMPTY), limited: has(Obligations::PLACES) })
        })
        .collect();
    can
}

fn privileges(state: &State, org: &OrgState, roles: &[RoleGrant]) -> Vec<PrivilegeCan> {
    let held = rights_of(state, org, roles);
    let mut all: Vec<_> =
        held.map(|(grant, right)| PrivilegeCan { privilege: right.clone(), role: grant.role.clone(), bounds: grant.bounds }).collect();
    all.sort();
    all
}

fn permissions(state: &State, org: &OrgState, user: &User) -> Vec<PermissionCan> {
    let modules = &state.platform.modules;
    if user.user_type == UserType::Owner {
        let everywhere = |module: &crate::platform::Module| PermissionCan {
            module: module.id.clone(),
            actions: Actions::all(),
            set: None,
            places: vec![Place::Org],
            bounds: Bounds::ALWAYS,
        };
        return modules.iter().map(everywhere).collect();
    }
    let offered: BTreeMap<&ModuleId, Actions> = modules.iter().map(|module| (&module.id, module.offered)).collect();
    let (more, mut met): (_, BTreeMap<&[Place], Vec<Place>>) = (user.more(), BTreeMap::new());
    let mut all = Vec::new();
    for grant in more.sets.iter().filter(|grant| grant.bounds.hold(state.clock)) {
        let (grants, custom) = match org.sets.get(&grant.set) {
            Some(set) => (set.grants.as_slice(), true),
            None => (state.platform.set(grant.set.as_str()).map_or(&[][..], |set| &set.grants), false),
        };
        let places: &[Place] = if grant.places.is_empty() { &[Place::Org] } else { &grant.places };
        let places = met.entry(places).or_insert_with(|| meeting(org, places, &more.places));
        if places.is_empty() {
            continue;
        }
        for granted in grants {
            let Some(offered) = offered.get(&granted.module) else { continue };
            let actions = if custom { granted.actions & *offered } else { granted.actions };
            if !actions.is_empty() {
                let (module, set) = (granted.module.clone(), Some(grant.set.clone()));
                all.push(PermissionCan { module, actions, set, places: places.clone(), bounds: grant.bounds });
            }
        }
    }
    all.sort();
    all
}

/// Endpoints that may be called: each is asked about by a path that only it matches.
fn endpoints(state: &State, org: &OrgState, mut ask: impl FnMut(&str, &str) -> Decision) -> Vec<EndpointCan> {
    let own = org.endpoints.values().filter(|endpoint| endpoint.matchable).map(|endpoint| (&endpoint.id, &endpoint.template));
    let beneath = state.platform.endpoints.iter().filter(|endpoint| !org.endpoints.contains_key(&endpoint.id));
    let all: Vec<_> = own.chain(beneath.map(|endpoint| (&endpoint.id, &endpoint.template))).collect();
    let unknown = unheard_of(all.iter().map(|(id, _)| id.as_str()));
    let mut path = String::new();
    let mut open: Vec<EndpointCan> = all
        .into_iter()
        .filter_map(|(id, template)| {
            let (method, canonical) = id.as_str().split_once(' ')?;
            path.clear();
            for segment in canonical_segments(canonical) {
                path.push('/');
                match segment {
                    None => path.push_str(&unknown),
                    Some(literal) => encode(literal, &mut path),
                }
            }
            let decision = ask(method, if path.is_empty() { "/" } else { &path });
            (decision.verdict() == Verdict::Permit).then(|| EndpointCan { endpoint: id.clone(), template: template.clone(), decision })
        })
        .collect();
    open.sort_by(|left, right| left.endpoint.cmp(&right.endpoint));
    open
}

/// A segment that no template has as a literal.
fn unheard_of<'a>(templates: impl Iterator<Item = &'a str>) -> String {
    let only = |literal: &str| literal.bytes().all(|byte| byte == b'~');
    let longest = templates.flat_map(|id| id.split('/')).filter(|literal| only(literal)).map(str::len).max();
    "~".repeat(longest.unwrap_or(0) + 1)
}

/// A literal as a path has it: what isn't plain is encoded.
fn encode(literal: &str, path: &mut String) {
    for byte in literal.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            path.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _written = write!(path, "%{byte:02X}");
        }
    }
}
