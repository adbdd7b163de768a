//! What a denied request lacked, and what lay nearest to it.

use std::sync::Arc;

use super::{Explanation, Miss, Step};
use crate::decision::{Reason, Request};
use crate::ids::{EndpointId, GroupId, ResourceId};
use crate::path::{RequestPath, canonical_segments};
use crate::limits::EXAMPLES_MAX;
use crate::platform::Platform;
use crate::reference::people::nearness;
use crate::reference;
use crate::state::{OrgState, State};

/// The nearest miss of a deny; none for a permit.
pub fn nearest(state: &State, request: &Request<'_>, explanation: &Explanation) -> Option<Miss> {
    match explanation.would_deny.unwrap_or(explanation.reason) {
        Reason::PermitGroup
        | Reason::PermitDefaultGroup
        | Reason::PermitOpen
        | Reason::PermitOwner
        | Reason::PermitScope
        | Reason::PermitOwn
        | Reason::PermitSet
        | Reason::PermitEndpointPrivilege
        | Reason::PermitPrivilege
        | Reason::StateUnavailable
        | Reason::Behind
        | Reason::Unavailable
        | Reason::Compacted => None,
        Reason::OrgUnknown | Reason::OrgSuspended => Some(Miss::Org),
        Reason::PathMalformed => Some(Miss::Path),
        Reason::EndpointUnknown => {
            let org = state.orgs.get(request.org)?;
            let path = RequestPath::parse(request.path())?;
            Some(Miss::Endpoint { methods: methods(&state.platform, org, path), nearest: closest(org, request.method(), path) })
        }
        Reason::EndpointUnmapped => Some(Miss::Resource { named: named_resource(explanation) }),
        Reason::StoreUnknown | Reason::StoreInactive => Some(Miss::Store),
        Reason::TillUnknown | Reason::TillSuspended => Some(Miss::Till),
        Reason::NoAccessGroup => ways(explanation).or(Some(Miss::Group)),
        Reason::SubjectUnknown | Reason::SubjectInactive | Reason::KeyExpired => Some(Miss::Subject),
        Reason::ForbiddenToApplications => None,
        Reason::ScopeMissing | Reason::NotOwner | Reason::OutOfScope | Reason::PermissionMissing | Reason::PrivilegeMissing => ways(explanation),
        Reason::ResourceNone | Reason::NeedsRead | Reason::NeedsWrite => {
            let Some(group) = group_of(explanation) else { return ways(explanation) };
            let cell = explanation.steps.iter().find_map(|step| {
                if let Step::Cell { resource, class, held, needed, .. } = step {
                    let (resource, class, held, needed) = (resource.clone(), *class, *held, *needed);
                    Some(Miss::Cell { group: group.clone(), resource, class, held, needed })
                } else {
                    None
                }
            });
            // An endpoint that is reached by other ways only has no cell.
            cell.or_else(|| Some(Miss::Resource { named: named_resource(explanation) }))
        }
        Reason::EndpointExcluded => {
            let Some(group) = group_of(explanation) else { return ways(explanation) };
            explanation.steps.iter().find_map(|step| {
                if let Step::Endpoint { endpoint, resource: Some(resource), class, .. } = step {
                    let (resource, class, endpoint) = (resource.clone(), *class, endpoint.clone());
                    Some(Miss::Narrowed { group: group.clone(), resource, class, endpoint })
                } else {
                    None
                }
            })
        }
    }
}

/// The resource that the endpoint names, whether or not the catalogue has it.
fn named_resource(explanation: &Explanation) -> Option<ResourceId> {
    explanation.steps.iter().find_map(|step| if let Step::Endpoint { resource, .. } = step { resource.clone() } else { None })
}

/// Of a user or an application: the ways that were tried, the nearest first.
fn ways(explanation: &Explanation) -> Option<Miss> {
    let tried = explanation.steps.iter().find_map(|step| if let Step::Ways { ways, .. } = step { Some(ways.clone()) } else { None });
    let mut ways = tried?;
    ways.sort_by_key(|way| std::cmp::Reverse(nearness(way.reason)));
    ways.truncate(EXAMPLES_MAX);
    Some(Miss::Ways { ways })
}

fn group_of(explanation: &Explanation) -> Option<GroupId> {
    explanation.steps.iter().find_map(|step| if let Step::Group { group, .. } = step { Some(group.clone()) } else { None })
}

/// Methods under which the path is known, in their order.
fn methods(platform: &Platform, org: &OrgState, path: RequestPath<'_>) -> Vec<Arc<str>> {
    let mut methods: Vec<Arc<str>> = org.endpoints.values().map(|endpoint| endpoint.method.clone()).collect();
    methods.sort_unstable();
    methods.dedup();
    methods.retain(|method| reference::matched(platform, org, method, path).is_some());
    methods
}

/// The endpoint of the method that shares most segments from the left, at least one; of equals the first by id.
fn closest(org: &OrgState, method: &str, path: RequestPath<'_>) -> Option<EndpointId> {
    let shared = |id: &EndpointId| {
        let template = id.as_str().split_once(' ').map_or("", |(_, template)| template);
        canonical_segments(template)
            .zip(path.segments())
            .take_while(|(wanted, given)| wanted.is_none_or(|literal| given.is(literal)))
            .count()
    };
    let mut best: Option<(usize, &EndpointId)> = None;
    for endpoint in org.endpoints.values().filter(|e| e.matchable && &*e.method == method) {
        let count = shared(&endpoint.id);
        if count > best.map_or(0, |(count, _)| count) {
            best = Some((count, &endpoint.id));
        }
    }
    best.map(|(_, id)| id.clone())
}
