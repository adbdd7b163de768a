//! The slow and obvious evaluator: the rules of a decision, one after the other, as they are written down.
//!
//! Nothing here is clever on purpose. The index that checks read is compared with it on random states, and
//! `explain` tells its steps; whoever doubts an answer reads this file.

use std::sync::Arc;

use crate::access::Levels;
use crate::decision::{Ask, Decision, Obligations, Reason, Request, Subject, Verdict};
use crate::ids::{EndpointId, PrivilegeId};
use crate::object::{Application, ApplicationType, Endpoint, RoleGrant, Routes, Store};
use crate::path::{RequestPath, canonical_segments};
use crate::platform::{Platform, PlatformEndpoint};
use crate::state::{OrgState, State, Via};

pub mod people;

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
    // 3. The user or the application. A till or a store is judged in step 6.
    let holder = people::holder(state, org, request.subject)?;
    // 4. The endpoint, of a call.
    let called = match request.ask {
        Ask::Endpoint { method, path } => {
            let called = Called::find(&state.platform, org, method, path)?;
            if called.routes().is_some_and(|routes| routes.open) {
                return Err(Reason::PermitOpen);
            }
            if called.is_unmapped(org) {
                return Err(Reason::EndpointUnmapped);
            }
            // 5. What applications never reach.
            if let people::Holder::Application(_) = holder
                && called.is_forbidden(org, path, request.context.body_type)
            {
                return Err(Reason::ForbiddenToApplications);
            }
            Some(called)
        }
        Ask::Module { .. } | Ask::Scope { .. } | Ask::Entity { .. } => None,
    };
    // 6. The gates of the place; 7. the permits of the subject; 8. else the nearest miss.
    match holder {
        people::Holder::Place => {
            let store = place(org, request.subject)?;
            match &called {
                Some(called) => of_store(org, store, called),
                None => Err(nothing_for_places(request.ask)),
            }
        }
        people::Holder::User(user) => people::of_user(state, org, user, request, called.as_ref()),
        people::Holder::Application(application) => people::of_application(state, org, application, request, called.as_ref()),
    }
}

/// What a till or a store lacks that asks for something else than a call: it holds neither permissions nor scopes.
pub fn nothing_for_places(ask: Ask<'_>) -> Reason {
    match ask {
        Ask::Module { .. } => Reason::PermissionMissing,
        Ask::Scope { .. } | Ask::Entity { .. } | Ask::Endpoint { .. } => Reason::ScopeMissing,
    }
}

/// The permit of a till: the store's group, else the org's default (AG-16, AG-19, AG-24).
fn of_store(org: &OrgState, store: &Store, called: &Called<'_>) -> Result<Decision, Reason> {
    let Some((group, via)) = org.effective_group(store) else { return Err(Reason::NoAccessGroup) };
    let judged = called.mapped(org).map_or(Reason::ResourceNone, |endpoint| judge(Cell::of(group, endpoint), via));
    Ok(observed(judged, via, org.observes(store)))
}

/// Step 6: the store and the till must be known and active, the store first. A store is judged as a till of it.
pub fn place<'a>(org: &'a OrgState, subject: Subject<'_>) -> Result<&'a Arc<Store>, Reason> {
    let (store_code, till_code) = match subject {
        Subject::Store(id) => (id, None),
        Subject::Till(id) => {
            let (store, till) = id.rsplit_once('/').ok_or(Reason::TillUnknown)?;
            (store, Some(till))
        }
        // Neither is a place.
        Subject::User(_) | Subject::Application(_) => return Err(Reason::StoreUnknown),
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

impl Cell {
    /// The cell of a group that an endpoint is judged by.
    pub fn of(group: &crate::object::Group, (endpoint, resource): (&Endpoint, &crate::ids::ResourceId)) -> Self {
        Self {
            held: group.levels(resource, endpoint.class),
            needed: endpoint.needed(),
            admitted: group.admits(resource, endpoint.class, &endpoint.id),
        }
    }
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
        Decision { reason: permit(via), would_deny: Some(judged), obligations: Obligations::empty() }
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

/// The endpoint that a call reaches: the org's own, else the platform's beneath (APP-6).
#[derive(Clone, Copy, Debug)]
pub enum Called<'a> {
    /// Of the org.
    Own(&'a Arc<Endpoint>),
    /// Of the platform.
    Platform(&'a PlatformEndpoint),
}

impl<'a> Called<'a> {
    /// Step 4.
    pub fn find(platform: &'a Platform, org: &'a OrgState, method: &str, path: &str) -> Result<Self, Reason> {
        let Some(path) = RequestPath::parse(path) else { return Err(Reason::PathMalformed) };
        matched(platform, org, method, path).ok_or(Reason::EndpointUnknown)
    }

    /// Method and canonical template.
    pub fn id(&self) -> &'a EndpointId {
        match self {
            Self::Own(endpoint) => &endpoint.id,
            Self::Platform(endpoint) => &endpoint.id,
        }
    }

    /// The template with its parameters named.
    pub fn template(&self) -> &'a str {
        match self {
            Self::Own(endpoint) => &endpoint.template,
            Self::Platform(endpoint) => &endpoint.template,
        }
    }

    /// Ways in beside the resource.
    pub fn routes(&self) -> Option<&'a Routes> {
        match self {
            Self::Own(endpoint) => endpoint.routes.as_deref(),
            Self::Platform(_) => None,
        }
    }

    /// The endpoint with its resource, if the catalogue has that.
    pub fn mapped(&self, org: &OrgState) -> Option<(&'a Endpoint, &'a crate::ids::ResourceId)> {
        match self {
            Self::Own(endpoint) => {
                let resource = endpoint.resource.as_ref().filter(|resource| org.resources.contains_key(*resource))?;
                Some((endpoint, resource))
            }
            Self::Platform(_) => None,
        }
    }

    /// Neither resource, scopes, privilege nor permission: nothing could permit it.
    pub fn is_unmapped(&self, org: &OrgState) -> bool {
        match self {
            Self::Own(_) => {
                let routed = self.routes().is_some_and(|routes| !routes.scopes.is_empty() || !routes.permissions.is_empty());
                self.mapped(org).is_none() && !routed
            }
            Self::Platform(endpoint) => endpoint.endpoint_privilege.is_none() && endpoint.privileges.is_empty(),
        }
    }

    /// The privilege that is for this endpoint alone.
    pub fn endpoint_privilege(&self) -> Option<&'a PrivilegeId> {
        match self {
            Self::Own(_) => None,
            Self::Platform(endpoint) => endpoint.endpoint_privilege.as_ref(),
        }
    }

    /// Functional privileges that reach it.
    pub fn privileges(&self) -> &'a [PrivilegeId] {
        match self {
            Self::Own(_) => &[],
            Self::Platform(endpoint) => &endpoint.privileges,
        }
    }

    /// Step 5: an endpoint about registrations is for extensions only. The type comes from the stored application, else
    /// from the body, else from the query; one that is missing, unknown or given twice forbids (APP-3, APP-4).
    pub fn is_forbidden(&self, org: &OrgState, path: &str, body_type: Option<&str>) -> bool {
        let Self::Platform(endpoint) = self else { return false };
        endpoint.by_type && type_of(endpoint, org, path, body_type).is_none_or(|kind| kind != ApplicationType::Extension)
    }
}

fn type_of(endpoint: &PlatformEndpoint, org: &OrgState, path: &str, body_type: Option<&str>) -> Option<ApplicationType> {
    if let Some(id) = last_parameter(endpoint, path)
        && let Some(stored) = org.applications.get(id.as_str())
    {
        return Some(stored.kind);
    }
    match body_type {
        Some(given) => given.parse().ok(),
        None => crate::path::query_once(path, "type")?.parse().ok(),
    }
}

/// The decoded segment that the template's last parameter took.
fn last_parameter(endpoint: &PlatformEndpoint, path: &str) -> Option<String> {
    let (_method, template) = endpoint.id.as_str().split_once(' ')?;
    let given = RequestPath::parse(path)?;
    let taken = canonical_segments(template).zip(given.segments()).filter(|(wanted, _)| wanted.is_none());
    taken.last().map(|(_, segment)| segment.decoded().into_owned())
}

/// Step 4, the match: by method first, then from the left, literal before parameter. The winner stays the winner
/// whether or not it is mapped. HEAD uses its own rows, else GET's; every other method its own only (AG-4). An endpoint of
/// the org hides the platform's of the same method and template.
pub fn matched<'a>(platform: &'a Platform, org: &'a OrgState, method: &str, path: RequestPath<'_>) -> Option<Called<'a>> {
    let of_method = |method: &str| {
        let own = org.endpoints.values().filter(|endpoint| endpoint.matchable).map(Called::Own);
        let beneath = platform.endpoints.iter().filter(|endpoint| !org.endpoints.contains_key(&endpoint.id)).map(Called::Platform);
        own.chain(beneath)
            .filter_map(|endpoint| {
                let (of, template) = endpoint.id().as_str().split_once(' ')?;
                let rank = if of == method { rank(template, path) } else { None };
                Some((rank?, endpoint))
            })
            .min_by(|(left, _), (right, _)| left.cmp(right))
            .map(|(_, endpoint)| endpoint)
    };
    of_method(method).or_else(|| if method == "HEAD" { of_method("GET") } else { None })
}

/// Where a template matches: for each segment, whether a parameter took it. Literals sort first.
fn rank(template: &str, path: RequestPath<'_>) -> Option<Vec<bool>> {
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

/// The rights of roles that are in force: the org's own roles, else the predefined ones. Rights that no catalogue knows any
/// more are inert.
pub fn rights_of<'a>(state: &'a State, org: &'a OrgState, roles: &'a [RoleGrant]) -> impl Iterator<Item = (&'a RoleGrant, &'a PrivilegeId)> {
    roles.iter().filter(|grant| grant.bounds.hold(state.clock)).flat_map(move |grant| {
        let rights: &[PrivilegeId] = match org.roles.get(&grant.role) {
            Some(role) => &role.rights,
            None => state.platform.role(grant.role.as_str()).map_or(&[], |role| &role.rights),
        };
        rights.iter().filter(|right| state.platform.privilege(right.as_str()).is_some()).map(move |right| (grant, right))
    })
}


/// The group of an application's own (AG-36).
pub fn own_group<'a>(org: &'a OrgState, application: &Application) -> Option<&'a Arc<crate::object::Group>> {
    application.group.as_ref().and_then(|id| org.groups.get(id))
}
