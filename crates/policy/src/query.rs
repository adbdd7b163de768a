//! Lists: windows over what a viewer may see, by key, forwards and backwards, filtered; never the whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::OrdSet;
use serde::{Deserialize, Serialize};

use crate::access::Class;
use crate::ids::*;
use crate::limits::PAGE_ROWS_MAX;
use crate::name::fold;
use crate::object::*;
use crate::state::{OrgState, State};
use crate::view::{Viewer, reduced, visible};

mod item;
mod people;
mod walk;

pub use item::Item;
use item::*;
use walk::*;

/// What to list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// Orgs.
    Orgs,
    /// Zones of the org.
    Zones,
    /// Concepts of the org.
    Concepts,
    /// Stores of the org, all conditions met.
    Stores {
        /// In this zone.
        #[serde(default)]
        zone: Option<ZoneCode>,
        /// Of this concept.
        #[serde(default)]
        concept: Option<ConceptCode>,
        /// With this group.
        #[serde(default)]
        group: Option<GroupFilter>,
        /// Active or suspended.
        #[serde(default)]
        active: Option<bool>,
        /// Zone and concept cover all below them (AG-37).
        #[serde(default)]
        below: bool,
    },
    /// Tills, of one store or all.
    Tills {
        /// Of this store.
        #[serde(default)]
        store: Option<StoreCode>,
    },
    /// Resources of the org. The text also finds a resource by the name or path of its endpoints (AG-8).
    Resources,
    /// Endpoints of the org.
    Endpoints {
        /// Of this resource.
        #[serde(default)]
        resource: Option<ResourceId>,
        /// Of this class.
        #[serde(default)]
        class: Option<Class>,
    },
    /// Access groups of the org (AG-32).
    Groups {
        /// Active or inactive.
        #[serde(default)]
        active: Option<bool>,
    },
    /// Users of the org. The text also finds a user by address.
    Users,
    /// Members of a user group.
    Members {
        /// The group.
        group: UserGroupId,
    },
    /// Scopes of every tier (AC-11).
    Scopes,
    /// Custom entities.
    Entities,
    /// Access controls, predefined ones too (AC-1, AC-3).
    Controls,
    /// User groups.
    UserGroups,
    /// Permission sets, standard ones too (UM-15).
    Sets,
    /// Roles, predefined ones too.
    Roles,
    /// Applications.
    Applications,
    /// Sub-modules that sets may grant (UM-13).
    Modules,
    /// Privileges that roles may hold.
    Privileges,
    /// Credentials: of the org, or all that the viewer sees.
    Credentials,
    /// Changes of the org that wait for a second person, the oldest first. The text also finds one by its maker or its
    /// command.
    Proposals,
}

/// Which group a store is to have.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupFilter {
    /// This one, explicit or inherited.
    Effective(GroupId),
    /// This one, explicitly.
    Explicit(GroupId),
    /// Whatever the default is, by inheriting it.
    Inheriting,
}

/// Where a window lies.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// From the first row.
    #[default]
    Start,
    /// The rows after this key.
    After(String),
    /// The rows from this key on, itself included if it is there.
    From(String),
    /// The rows before this key, the nearest last.
    Before(String),
    /// Up to the last row.
    End,
}

/// A window to be listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ListQuery {
    /// The org; none is the viewer's own.
    #[serde(default)]
    pub org: Option<OrgCode>,
    /// What.
    pub list: List,
    /// Rows whose key or name contains this, under folding; blank is all.
    #[serde(default)]
    pub text: String,
    /// Where.
    #[serde(default)]
    pub anchor: Anchor,
    /// How many rows at most.
    pub limit: usize,
}

/// A window.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Window {
    /// The rows, in order of their keys.
    pub items: Vec<Item>,
    /// Whether rows lie before the first.
    pub more_before: bool,
    /// Whether rows lie after the last.
    pub more_after: bool,
    /// How many rows the whole list has, where that is known without walking it.
    pub total: Option<u64>,
}

/// The row of one object, as a list would show it; none if it isn't there or not to be seen.
pub fn item(state: &State, viewer: &Viewer, id: &ObjectId) -> Option<Item> {
    if !visible(viewer, state, id) {
        return None;
    }
    let reduced = reduced(state, viewer);
    let state = reduced.as_ref().unwrap_or(state);
    let org = || id.org().and_then(|org| state.orgs.get(org));
    // Of these the platform has predefined ones, which are no objects of the org.
    match id {
        ObjectId::Scope(_, id) => return people::scope(state, org()?, id),
        ObjectId::Control(_, id) => return people::control(state, org()?, id),
        ObjectId::Set(_, id) => return people::set(state, org()?, id),
        ObjectId::Role(_, id) => return people::role(state, org()?, id),
        ObjectId::Entity(_, id) => return people::entity(org()?, id),
        ObjectId::UserGroup(_, id) => return people::user_group(org()?, id),
        ObjectId::Application(_, id) => return people::application(state, org()?, id),
        ObjectId::Cluster
        | ObjectId::Org(_)
        | ObjectId::Zone(..)
        | ObjectId::Concept(..)
        | ObjectId::Store(..)
        | ObjectId::Till(..)
        | ObjectId::Resource(..)
        | ObjectId::Endpoint(..)
        | ObjectId::Group(..)
        | ObjectId::User(..)
        | ObjectId::Credential(_)
        | ObjectId::Retired(..)
        | ObjectId::Override(..)
        | ObjectId::Settings(_)
        | ObjectId::Platform
        | ObjectId::Proposal(..)
        | ObjectId::Clock => {}
    }
    match (id, state.get(id)?) {
        (
            _,
            Object::Cluster(_)
            | Object::Retired(_)
            | Object::Scope(_)
            | Object::Entity(_)
            | Object::Control(_)
            | Object::UserGroup(_)
            | Object::Set(_)
            | Object::Role(_)
            | Object::Application(_)
            | Object::Clock(_),
        ) => None,
        (_, Object::Override(over)) => Some(Item::Override { over }),
        (_, Object::Settings(settings)) => Some(Item::Settings { settings }),
        (_, Object::Proposal(o)) => Some(Item::Proposal { proposal: Arc::new(o.shown()) }),
        (_, Object::Platform(platform)) => Some(Item::Platform { platform }),
        (_, Object::Org(_)) => org().map(org_item),
        (_, Object::Zone(o)) => org().map(|org| zone_item(org, &o)),
        (_, Object::Concept(o)) => org().map(|org| concept_item(org, &o)),
        (_, Object::Store(o)) => org().map(|org| store_item(org, &o)),
        (_, Object::Till(till)) => Some(Item::Till { till }),
        (_, Object::Resource(o)) => org().map(|org| resource_item(org, &o)),
        (_, Object::Endpoint(endpoint)) => Some(Item::Endpoint { endpoint }),
        (_, Object::Group(o)) => org().map(|org| group_item(org, &o)),
        (_, Object::User(user)) => Some(Item::User { user }),
        (_, Object::Credential(credential)) => Some(credential_item(&credential)),
    }
}

/// Lists a window of what the viewer sees. An org that it doesn't see has empty lists, as one that isn't there.
pub fn list(state: &State, viewer: &Viewer, query: &ListQuery) -> Window {
    let whole = state;
    let reduced = reduced(state, viewer);
    let state = reduced.as_ref().unwrap_or(state);
    let limit = query.limit.clamp(1, PAGE_ROWS_MAX);
    let text = fold(&query.text);
    let org_code = query.org.as_ref().or_else(|| viewer.org());
    let org = org_code.filter(|o| viewer.sees_org(o.as_str())).and_then(|o| state.orgs.get(o));
    match &query.list {
        List::Orgs => {
            let rows = Rows { walk: |from, back| walk(&state.orgs, from, back), key: |o: &OrgState| o.org.org.to_string() };
            let keep = |o: &OrgState| {
                visible(viewer, whole, &ObjectId::Org(o.org.org.clone())) && (hit(&text, o.org.org.as_str()) || hit(&text, o.org.name.as_str()))
            };
            rows.window(query, limit, keep, org_item, None)
        }
        List::Credentials => {
            let rows = Rows { walk: |from, back| walk(&state.credentials, from, back), key: |c: &Arc<Credential>| c.id.to_string() };
            let keep = |c: &Arc<Credential>| {
                visible(viewer, whole, &ObjectId::Credential(c.id.clone()))
                    && query.org.as_ref().is_none_or(|org| c.kind.org() == Some(org))
                    && (hit(&text, c.id.as_str()) || hit(&text, c.label.as_str()))
            };
            rows.window(query, limit, keep, credential_item, None)
        }
        List::Members { .. }
        | List::Scopes
        | List::Entities
        | List::Controls
        | List::UserGroups
        | List::Sets
        | List::Roles
        | List::Applications
        | List::Modules
        | List::Proposals
        | List::Privileges => org.map_or_else(Window::default, |org| people::list(state, org, query, &text, limit)),
        List::Zones
        | List::Concepts
        | List::Stores { .. }
        | List::Tills { .. }
        | List::Resources
        | List::Endpoints { .. }
        | List::Groups { .. }
        | List::Users => org.map_or_else(Window::default, |org| list_of_org(org, query, &text, limit)),
    }
}

fn list_of_org(org: &OrgState, query: &ListQuery, text: &str, limit: usize) -> Window {
    let unfiltered = text.is_empty();
    let total = |n: usize| unfiltered.then_some(n as u64);
    match &query.list {
        List::Orgs
        | List::Credentials
        | List::Proposals
        | List::Members { .. }
        | List::Scopes
        | List::Entities
        | List::Controls
        | List::UserGroups
        | List::Sets
        | List::Roles
        | List::Applications
        | List::Modules
        | List::Privileges => Window::default(),
        List::Zones => {
            let rows = Rows { walk: |from, back| walk(&org.zones, from, back), key: |z: &Arc<Zone>| z.code.to_string() };
            let keep = |z: &Arc<Zone>| hit(text, z.code.as_str()) || hit(text, z.name.as_str());
            rows.window(query, limit, keep, |z| zone_item(org, z), total(org.zones.len()))
        }
        List::Concepts => {
            let rows = Rows { walk: |from, back| walk(&org.concepts, from, back), key: |c: &Arc<Concept>| c.code.to_string() };
            let keep = |c: &Arc<Concept>| hit(text, c.code.as_str()) || hit(text, c.name.as_str());
            rows.window(query, limit, keep, |c| concept_item(org, c), total(org.concepts.len()))
        }
        List::Stores { zone, concept, group, active, below } => {
            let places = Places { zones: zone.as_ref().map(|z| zones(org, z, *below)), concepts: concept.as_ref().map(|c| concepts(org, c, *below)) };
            list_stores(org, query, text, limit, &places, group.as_ref(), *active)
        }
        List::Tills { store } => {
            let keep = |t: &Arc<Till>| {
                store.as_ref().is_none_or(|s| *s == t.store)
                    && (key_hit(text, t) || t.name.as_ref().is_some_and(|n| hit(text, n.as_str())))
            };
            let key = |t: &Arc<Till>| format!("{}/{}", t.store, t.code);
            match store {
                Some(store) => {
                    let all: Vec<Arc<Till>> = org.tills_of(store).filter(|t| keep(t)).cloned().collect();
                    let count = all.len() as u64;
                    let rows = Rows { walk: |from, back| walk_vec(&all, from, back), key };
                    rows.window(query, limit, |_| true, |till| Item::Till { till: till.clone() }, Some(count))
                }
                None => {
                    let rows = Rows { walk: |from, back| walk_tills(org, from, back), key };
                    rows.window(query, limit, keep, |till| Item::Till { till: till.clone() }, total(org.tills.len()))
                }
            }
        }
        List::Resources => {
            let rows = Rows { walk: |from, back| walk(&org.resources, from, back), key: |r: &Arc<Resource>| r.id.to_string() };
            let keep = |r: &Arc<Resource>| {
                hit(text, r.id.as_str())
                    || org.resource_endpoints.get(&r.id).is_some_and(|ids| {
                        ids.iter().filter_map(|id| org.endpoints.get(id)).any(|e| endpoint_hit(text, e))
                    })
            };
            rows.window(query, limit, keep, |r| resource_item(org, r), total(org.resources.len()))
        }
        List::Endpoints { resource, class } => {
            let keep = |e: &Arc<Endpoint>| {
                resource.as_ref().is_none_or(|r| e.resource.as_ref() == Some(r))
                    && class.is_none_or(|c| e.class == c)
                    && (endpoint_hit(text, e) || e.resource.as_ref().is_some_and(|r| hit(text, r.as_str())))
            };
            let rows = Rows { walk: |from, back| walk(&org.endpoints, from, back), key: |e: &Arc<Endpoint>| e.id.to_string() };
            let total = (unfiltered && class.is_none())
                .then(|| match resource {
                    None => Some(org.endpoints.len() as u64),
                    Some(r) => Some(org.resource_endpoints.get(r).map_or(0, |ids| ids.len() as u64)),
                })
                .flatten();
            rows.window(query, limit, keep, |endpoint| Item::Endpoint { endpoint: endpoint.clone() }, total)
        }
        List::Groups { active } => {
            let rows = Rows { walk: |from, back| walk(&org.groups, from, back), key: |g: &Arc<Group>| g.id.to_string() };
            let keep = |g: &Arc<Group>| {
                active.is_none_or(|a| g.active == a) && (hit(text, g.id.as_str()) || hit(text, g.name.as_str()))
            };
            let total = if active.is_none() { total(org.groups.len()) } else { None };
            rows.window(query, limit, keep, |g| group_item(org, g), total)
        }
        List::Users => {
            let rows = Rows { walk: |from, back| walk(&org.users, from, back), key: |u: &Arc<User>| u.id.to_string() };
            let address = |u: &Arc<User>| u.more().email.as_deref().is_some_and(|email| hit(text, email));
            let keep = |u: &Arc<User>| hit(text, u.id.as_str()) || hit(text, u.name.as_str()) || address(u);
            rows.window(query, limit, keep, |user| Item::User { user: user.clone() }, total(org.users.len()))
        }
    }
}

fn list_stores(
    org: &OrgState,
    query: &ListQuery,
    text: &str,
    limit: usize,
    places: &Places,
    group: Option<&GroupFilter>,
    active: Option<bool>,
) -> Window {
    let keep = |s: &Arc<Store>| {
        places.zones.as_ref().is_none_or(|zones| s.zone.as_ref().is_some_and(|z| zones.contains(z)))
            && places.concepts.as_ref().is_none_or(|concepts| s.concept.as_ref().is_some_and(|c| concepts.contains(c)))
            && active.is_none_or(|a| s.active == a)
            && group.is_none_or(|g| match g {
                GroupFilter::Explicit(id) => s.group.as_ref() == Some(id),
                GroupFilter::Inheriting => s.group.is_none(),
                GroupFilter::Effective(id) => s.group.as_ref().or(org.org.default_group.as_ref()) == Some(id),
            })
            && (hit(text, s.code.as_str()) || hit(text, s.name.as_str()))
    };
    let key = |s: &Arc<Store>| s.code.to_string();
    let shown = |s: &Arc<Store>| store_item(org, s);
    // The narrowest sets that are kept sorted are walked; the other conditions are tested row by row.
    let sets = match (&places.zones, &places.concepts, group) {
        (Some(zones), _, _) => Some(OrgState::stores_of(zones, &org.zone_stores)),
        (None, Some(concepts), _) => Some(OrgState::stores_of(concepts, &org.concept_stores)),
        (None, None, Some(GroupFilter::Explicit(id))) => Some(org.allocated.get(id).into_iter().collect()),
        (None, None, Some(GroupFilter::Inheriting | GroupFilter::Effective(_)) | None) => None,
    };
    let only_one = text.is_empty() && active.is_none();
    match sets {
        Some(sets) => {
            let conditions = usize::from(places.zones.is_some()) + usize::from(places.concepts.is_some()) + usize::from(group.is_some());
            let total = (only_one && conditions == 1).then(|| sets.iter().map(|set| set.len() as u64).sum());
            let walk = |from: Bound, back: bool| -> Walk<'_, Arc<Store>> {
                Box::new(merged(&sets, from, back).filter_map(|code| org.stores.get(&code).cloned()))
            };
            Rows { walk, key }.window(query, limit, keep, shown, total)
        }
        None => {
            let total = match group {
                None => only_one.then_some(org.stores.len() as u64),
                Some(GroupFilter::Inheriting) => only_one.then(|| org.members.get(&None).map_or(0, |m| m.stores)),
                Some(GroupFilter::Effective(id)) => only_one.then(|| org.stores_explicit(id) + org.stores_inherited(id)),
                Some(GroupFilter::Explicit(_)) => None,
            };
            Rows { walk: |from, back| walk(&org.stores, from, back), key }.window(query, limit, keep, shown, total)
        }
    }
}

/// The places that a store has to lie in.
struct Places {
    zones: Option<BTreeSet<ZoneCode>>,
    concepts: Option<BTreeSet<ConceptCode>>,
}

fn zones(org: &OrgState, zone: &ZoneCode, below: bool) -> BTreeSet<ZoneCode> {
    if below { org.zones_below(zone) } else { BTreeSet::from([zone.clone()]) }
}

fn concepts(org: &OrgState, concept: &ConceptCode, below: bool) -> BTreeSet<ConceptCode> {
    if below { org.concepts_below(concept) } else { BTreeSet::from([concept.clone()]) }
}

/// Walks several sorted sets without a common member as one.
fn merged<'a>(sets: &[&'a OrdSet<StoreCode>], from: Bound, back: bool) -> Walk<'a, StoreCode> {
    let mut walks: Vec<_> = sets
        .iter()
        .map(|set| {
            let codes = set.range::<Ends<'_>, str>(from.ends(back)).cloned();
            let codes: Walk<'a, StoreCode> = if back { Box::new(codes.rev()) } else { Box::new(codes) };
            codes.peekable()
        })
        .collect();
    Box::new(std::iter::from_fn(move || {
        let heads = walks.iter_mut().enumerate().filter_map(|(at, walk)| Some((walk.peek()?.clone(), at)));
        let (_, at) = if back { heads.max() } else { heads.min() }?;
        walks.get_mut(at)?.next()
    }))
}

fn hit(folded: &str, text: &str) -> bool {
    folded.is_empty() || contains_folded(text, folded)
}

/// Most texts are ASCII, and folding those needs no tables.
fn contains_folded(text: &str, folded: &str) -> bool {
    if text.is_ascii() {
        let wanted = folded.as_bytes();
        text.as_bytes().windows(wanted.len()).any(|w| w.eq_ignore_ascii_case(wanted))
    } else {
        fold(text).contains(folded)
    }
}

/// A text without a slash lies on one side of the key's own, so that most rows need no text made for them.
fn key_hit(text: &str, till: &Till) -> bool {
    if text.contains('/') {
        hit(text, &format!("{}/{}", till.store, till.code))
    } else {
        hit(text, till.store.as_str()) || hit(text, till.code.as_str())
    }
}

fn endpoint_hit(text: &str, endpoint: &Endpoint) -> bool {
    hit(text, endpoint.id.as_str()) || hit(text, &endpoint.template) || endpoint.name.as_ref().is_some_and(|n| hit(text, n.as_str()))
}
