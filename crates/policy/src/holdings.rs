//! What a user or an application holds, as facts that can be compared: between two states for a preview, between two
//! subjects for a diff. If no fact differs, no decision does.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::*;
use crate::object::*;
use crate::permission::Permission;
use crate::place::Place;
use crate::platform::ScopeLevel;
use crate::reference::people::{meeting, set_grants};
use crate::reference::{Called, Cell, judge, own_group, rights_of};
use crate::scopes;
use crate::state::{OrgState, State, Via};

/// One thing that is held.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// The org: everything in it.
    Owner,
    /// A scope, at a place.
    Scope {
        /// The scope.
        scope: ScopeId,
        /// The place.
        place: Place,
        /// Only for what is one's own.
        own: bool,
        /// The entity that it is about, and what it lets its holder do to that, if the catalogue says so.
        about: Option<(EntityId, ScopeLevel)>,
    },
    /// A permission, at a place.
    Permission {
        /// The permission.
        permission: Permission,
        /// The place.
        place: Place,
    },
    /// The node of a custom entity, empty, for having any control (AC-14), at a place.
    EmptyNode {
        /// The entity.
        node: EntityId,
        /// The place.
        place: Place,
    },
    /// A node of the navigation with its content (AC-14), at a place.
    Node {
        /// The domain, or the custom entity.
        node: Arc<str>,
        /// The place.
        place: Place,
    },
    /// A privilege.
    Privilege {
        /// The privilege.
        privilege: PrivilegeId,
    },
    /// An endpoint that some way opens, at a place at least.
    Endpoint {
        /// Method and canonical template.
        endpoint: EndpointId,
        /// The place.
        place: Place,
        /// Only for what is one's own.
        own: bool,
    },
}

impl fmt::Display for Holding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |place: &Place| if *place == Place::Org { String::new() } else { format!(" at {place}") };
        match self {
            Self::Owner => f.write_str("everything, as owner"),
            Self::Scope { scope, place, own, .. } => write!(f, "scope {scope}{}{}", at(place), if *own { ", one's own only" } else { "" }),
            Self::Permission { permission, place } => write!(f, "permission {permission}{}", at(place)),
            Self::EmptyNode { node, place } => write!(f, "node {node}, empty{}", at(place)),
            Self::Node { node, place } => write!(f, "node {node}{}", at(place)),
            Self::Privilege { privilege } => write!(f, "privilege {privilege}"),
            Self::Endpoint { endpoint, place, own } => write!(f, "{endpoint}{}{}", at(place), if *own { ", one's own only" } else { "" }),
        }
    }
}

/// What a user holds; nothing while it, or its org, is suspended.
pub fn of_user(state: &State, org: &OrgState, user: &User) -> BTreeSet<Holding> {
    let mut held = BTreeSet::new();
    if !user.active || !org.org.active {
        return held;
    }
    if user.user_type == UserType::Owner {
        held.insert(Holding::Owner);
        return held;
    }
    let reach = &user.more().places;
    let org_wide = [Place::Org];
    let within = |places: &[Place]| largest(org, places_or(places, &org_wide), reach);
    for way in scopes::of_user(state, org, user) {
        for place in within(&way.places) {
            if way.control.is_some() && user.audience() == Audience::Employee {
                held.extend(org.entities.keys().map(|entity| Holding::EmptyNode { node: entity.clone(), place: place.clone() }));
            }
            held.extend(node(state, org, &way.scope, &place));
            held.insert(scope_at(state, org, &way.scope, place));
        }
    }
    for grant in user.more().sets.iter().filter(|grant| grant.bounds.hold(state.clock)) {
        for permission in granted(state, org, grant) {
            held.extend(within(&grant.places).into_iter().map(|place| Holding::Permission { permission: permission.clone(), place }));
        }
    }
    held.extend(rights_of(state, org, &user.more().roles).map(|(_, privilege)| Holding::Privilege { privilege: privilege.clone() }));
    endpoints(state, org, None, &mut held);
    held
}

/// What an application holds; nothing while it, or its org, is suspended. Its keys only let it in.
pub fn of_application(state: &State, org: &OrgState, application: &Application) -> BTreeSet<Holding> {
    let mut held = BTreeSet::new();
    if !application.active || !org.org.active {
        return held;
    }
    let all = scopes::of_application(state, org, application);
    held.extend(all.iter().filter_map(|way| node(state, org, &way.scope, &Place::Org)));
    held.extend(all.iter().map(|way| scope_at(state, org, &way.scope, Place::Org)));
    held.extend(rights_of(state, org, &application.roles).map(|(_, privilege)| Holding::Privilege { privilege: privilege.clone() }));
    endpoints(state, org, own_group(org, application), &mut held);
    held
}

fn scope_at(state: &State, org: &OrgState, scope: &ScopeId, place: Place) -> Holding {
    let info = scopes::find(&state.platform, org, scope);
    let own = info.as_ref().is_some_and(|info| info.own);
    Holding::Scope { scope: scope.clone(), place, own, about: info.and_then(|info| info.entity.zip(info.level)) }
}

/// The node that a scope opens, if its domain has one.
fn node(state: &State, org: &OrgState, scope: &ScopeId, place: &Place) -> Option<Holding> {
    let domain = scopes::find(&state.platform, org, scope)?.domain;
    let has_node = org.entities.contains_key(domain.as_str()) || state.platform.domains.iter().any(|node| node.id.as_str() == domain);
    has_node.then(|| Holding::Node { node: domain.into(), place: place.clone() })
}

fn places_or<'a>(places: &'a [Place], otherwise: &'a [Place]) -> &'a [Place] {
    if places.is_empty() { otherwise } else { places }
}

/// The places in both lists. Where a zone crosses a concept, the stores in both stand for it.
fn largest(org: &OrgState, left: &[Place], right: &[Place]) -> Vec<Place> {
    if left.contains(&Place::Org) {
        return meeting(org, right, &[Place::Org]);
    }
    meeting(org, left, right)
}

/// The permissions of a set that is assigned, as far as the catalogue has them.
pub fn granted<'a>(state: &'a State, org: &'a OrgState, grant: &'a SetGrant) -> impl Iterator<Item = Permission> + 'a {
    let listed = match org.sets.get(&grant.set) {
        Some(set) => set.grants.as_slice(),
        None => state.platform.set(grant.set.as_str()).map_or(&[][..], |set| &set.grants),
    };
    let all = listed.iter().flat_map(|one| one.actions.each().map(|action| Permission { module: one.module.clone(), action }));
    all.filter(|permission| set_grants(state, org, grant, permission))
}

/// The endpoints that what is held opens.
fn endpoints(state: &State, org: &OrgState, group: Option<&Arc<Group>>, held: &mut BTreeSet<Holding>) {
    let mut opened = BTreeSet::new();
    let scope_places = |scope: &ScopeId| {
        let from = Holding::Scope { scope: scope.clone(), place: Place::Org, own: false, about: None };
        let of_scope = held.range(from..).map_while(|holding| match holding {
            Holding::Scope { scope: of, place, .. } if of == scope => Some(place.clone()),
            _other => None,
        });
        of_scope.collect::<Vec<Place>>()
    };
    let permission_places = |permission: &Permission| {
        let from = Holding::Permission { permission: permission.clone(), place: Place::Org };
        let of_permission = held.range(from..).map_while(|holding| match holding {
            Holding::Permission { permission: of, place } if of == permission => Some(place.clone()),
            _other => None,
        });
        of_permission.collect::<Vec<Place>>()
    };
    let has = |privilege: &PrivilegeId| held.contains(&Holding::Privilege { privilege: privilege.clone() });
    let own = org.endpoints.values().filter(|endpoint| endpoint.matchable).map(Called::Own);
    let beneath = state.platform.endpoints.iter().filter(|endpoint| !org.endpoints.contains_key(&endpoint.id)).map(Called::Platform);
    for called in own.chain(beneath) {
        let mut open = |place: Place, own: bool| opened.insert(Holding::Endpoint { endpoint: called.id().clone(), place, own });
        if let Some(routes) = called.routes() {
            if routes.open {
                open(Place::Org, false);
            }
            let is_own = |scope: &ScopeId| scopes::find(&state.platform, org, scope).is_some_and(|info| info.own);
            // Where a global scope lifts one for one's own (AC-17).
            let lifted = |scope: &ScopeId| scopes::wider(&state.platform, org, scope).iter().flat_map(scope_places).collect::<Vec<Place>>();
            let kept_to_own = |scope: &ScopeId, place: &Place| is_own(scope) && !crate::place::cover(&lifted(scope), org, place);
            if routes.all_scopes {
                let each = routes.scopes.iter().map(scope_places).reduce(|a, b| meeting(org, &a, &b));
                each.unwrap_or_default().into_iter().for_each(|place| {
                    let own = routes.scopes.iter().any(|scope| kept_to_own(scope, &place));
                    open(place, own);
                });
            } else {
                for scope in &routes.scopes {
                    scope_places(scope).into_iter().for_each(|place| {
                        let own = kept_to_own(scope, &place);
                        open(place, own);
                    });
                }
            }
            for permission in &routes.permissions {
                permission_places(permission).into_iter().for_each(|place| {
                    open(place, false);
                });
            }
        }
        if called.endpoint_privilege().is_some_and(has) || called.privileges().iter().any(has) {
            open(Place::Org, false);
        }
        if let Some((group, mapped)) = group.zip(called.mapped(org))
            && judge(Cell::of(group, mapped), Via::Explicit) == crate::decision::Reason::PermitGroup
        {
            open(Place::Org, false);
        }
    }
    held.extend(opened);
}

/// What of some holdings covers a place: what changes for their holder when it moves.
pub fn over(org: &OrgState, held: &BTreeSet<Holding>, at: &Place) -> BTreeSet<Holding> {
    let covers = |place: &Place| *place != Place::Org && place.covers(org, at);
    let over = |holding: &Holding| match holding {
        Holding::Scope { scope, place, own, about } if covers(place) => {
            Some(Holding::Scope { scope: scope.clone(), place: at.clone(), own: *own, about: about.clone() })
        }
        Holding::Permission { permission, place } if covers(place) => Some(Holding::Permission { permission: permission.clone(), place: at.clone() }),
        Holding::Node { node, place } if covers(place) => Some(Holding::Node { node: node.clone(), place: at.clone() }),
        Holding::EmptyNode { node, place } if covers(place) => Some(Holding::EmptyNode { node: node.clone(), place: at.clone() }),
        Holding::Endpoint { endpoint, place, own } if covers(place) => {
            Some(Holding::Endpoint { endpoint: endpoint.clone(), place: at.clone(), own: *own })
        }
        Holding::Owner
        | Holding::Scope { .. }
        | Holding::Permission { .. }
        | Holding::EmptyNode { .. }
        | Holding::Node { .. }
        | Holding::Privilege { .. }
        | Holding::Endpoint { .. } => None,
    };
    held.iter().filter_map(over).collect()
}
