//! The slow and obvious evaluator: the rules of a decision, one after the other, as they are written down.
//!
//! Nothing here is clever on purpose. The index that checks read is compared with it on random states, and
//! `explain` tells its steps; whoever doubts an answer reads this file.

use std::sync::Arc;

use crate::access::Levels;
use crate::decision::{Decision, Reason, Request, Subject, Verdict};
use crate::object::{Endpoint, Store};
use crate::path::{RequestPath, canonical_segments};
use crate::state::{OrgState, State, Via};

/// Answers a request from the state. Steps are numbered as in the rules: the first that hits ends it.
pub fn decide(state: &State, request: &Request<'_>) -> Decision {
    decide_in(state, request).unwrap_or_else(Decision::from)
}

fn decide_in(state: &State, request: &Request<'_>) -> Result<Decision, Reason> {
    // 2. The org.
    let Some(org) = state.orgs.get(request.org) else { return Err(Reason::OrgUnknown) };
    if !org.org.active {
        return Err(Reason::OrgSuspended);
    }
    // 4. The endpoint.
    let Some(path) = RequestPath::parse(request.path) else { return Err(Reason::PathMalformed) };
    let Some(endpoint) = matched(org, request.method, path) else { return Err(Reason::EndpointUnknown) };
    let Some(resource) = endpoint.resource.as_ref().filter(|r| org.resources.contains_key(*r)) else {
        return Err(Reason::EndpointUnmapped);
    };
    // 6. The gates of the place.
    let store = place(org, request.subject)?;
    // 7. The permit of a till: the store's group, else the org's default (AG-16, AG-19, AG-24).
    let Some((group, via)) = org.effective_group(store) else { return Err(Reason::NoAccessGroup) };
    let cell = Cell {
        held: group.levels(resource, endpoint.class),
        needed: endpoint.needed(),
        admitted: group.admits(resource, endpoint.class, &endpoint.id),
    };
    Ok(observed(judge(cell, via), via, org.observes(store)))
}

/// Step 6: the store and the till must be known and active, the store first. A store is judged as a till of it.
pub fn place<'a>(org: &'a OrgState, subject: Subject<'_>) -> Result<&'a Arc<Store>, Reason> {
    let (store_code, till_code) = match subject {
        Subject::Store(id) => (id, None),
        Subject::Till(id) => {
            let (store, till) = id.rsplit_once('/').ok_or(Reason::TillUnknown)?;
            (store, Some(till))
        }
    };
    let store = org.stores.get(store_code).ok_or(Reason::StoreUnknown)?;
    if !store.active {
        return Err(Reason::StoreInactive);
    }
    if let Some(till_code) = till_code {
        let key = till_code.parse().map_err(|_bad_code| Reason::TillUnknown)?;
        let till = org.tills.get(&(store.code.clone(), key)).ok_or(Reason::TillUnknown)?;
        if !till.active {
            return Err(Reason::TillSuspended);
        }
    }
    Ok(store)
}

/// What a group's cell says about an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cell {
    /// Granted.
    pub held: Levels,
    /// Any of these would do.
    pub needed: Levels,
    /// The cell isn't narrowed to leave the endpoint out (AG-6).
    pub admitted: bool,
}

/// Step 7, the cell: any of the levels needed lets the call pass, unless the cell leaves the endpoint out; else the
/// answer names what is missing (AG-1 to AG-6).
pub fn judge(cell: Cell, via: Via) -> Reason {
    let Cell { held, needed, admitted } = cell;
    if held.intersects(needed) {
        if admitted { permit(via) } else { Reason::EndpointExcluded }
    } else if held.is_empty() {
        Reason::ResourceNone
    } else if needed == Levels::R {
        Reason::NeedsRead
    } else {
        // Read and Write together would have met any cell that is not empty, so Write alone is left.
        Reason::NeedsWrite
    }
}

/// A group that observes permits what it would deny, and the answer says so (AG-33).
pub fn observed(judged: Reason, via: Via, observes: bool) -> Decision {
    if observes && judged.verdict() == Verdict::Deny {
        Decision { reason: permit(via), would_deny: Some(judged) }
    } else {
        judged.into()
    }
}

fn permit(via: Via) -> Reason {
    match via {
        Via::Explicit => Reason::PermitGroup,
        Via::Default => Reason::PermitDefaultGroup,
    }
}

/// Step 4, the match: by method first, then from the left, literal before parameter. The winner stays the winner
/// whether or not it is mapped. HEAD uses its own rows, else GET's; every other method its own only (AG-4).
pub fn matched<'a>(org: &'a OrgState, method: &str, path: RequestPath<'_>) -> Option<&'a Arc<Endpoint>> {
    let of_method = |method: &str| {
        org.endpoints
            .values()
            .filter(|endpoint| endpoint.matchable && &*endpoint.method == method)
            .filter_map(|endpoint| Some((rank(endpoint, path)?, endpoint)))
            .min_by(|(left, _), (right, _)| left.cmp(right))
            .map(|(_, endpoint)| endpoint)
    };
    of_method(method).or_else(|| if method == "HEAD" { of_method("GET") } else { None })
}

/// Where a template matches: for each segment, whether a parameter took it. Literals sort first.
fn rank(endpoint: &Endpoint, path: RequestPath<'_>) -> Option<Vec<bool>> {
    let (_method, template) = endpoint.id.as_str().split_once(' ')?;
    let mut rank = Vec::new();
    let mut given = path.segments();
    for wanted in canonical_segments(template) {
        let segment = given.next()?;
        if wanted.is_some_and(|literal| !segment.is(literal)) {
            return None;
        }
        rank.push(wanted.is_none());
    }
    given.next().is_none().then_some(rank)
}
