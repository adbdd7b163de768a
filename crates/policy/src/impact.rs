//! Impact: exactly whose access would change if a change were made, found by classes rather than subject by subject.
//!
//! A class is all stores that go from one (group, active) to another. Within a class every store and till gains and
//! loses the same endpoints, so a new default over a million stores is one class and one comparison of two groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::{Class, Levels};
use crate::ids::*;
use crate::limits::EXAMPLES_MAX;
use crate::object::{Endpoint, Group, Object, Store};
use crate::outcome::Change;
use crate::state::{ClassKey, Members, OrgState, State};

mod people;

pub use people::PeopleRow;

/// What a change would do to access in one org.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Impact {
    /// Classes whose access changes, largest first.
    pub rows: Vec<ImpactRow>,
    /// Active stores that gain or lose anything.
    pub stores: u64,
    /// Live tills that gain or lose anything.
    pub tills: u64,
    /// (till or store, endpoint) pairs that would be permitted and aren't.
    pub gained: u64,
    /// Pairs that are permitted and wouldn't be.
    pub lost: u64,
    /// Users and applications whose access changes, those who gain and lose the same together.
    #[serde(default)]
    pub people: Vec<PeopleRow>,
}

/// One class of subjects.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImpactRow {
    /// The group in force now, by name; none denies everything.
    pub from: Option<Arc<str>>,
    /// The group in force then.
    pub to: Option<Arc<str>>,
    /// Active stores in the class.
    pub stores: u64,
    /// Live tills in the class.
    pub tills: u64,
    /// Some of the stores.
    pub examples: Vec<StoreCode>,
    /// Cells of the matrix that are gained: resource, class and levels.
    pub cells_gained: Vec<(ResourceId, Class, Levels)>,
    /// Cells that are lost.
    pub cells_lost: Vec<(ResourceId, Class, Levels)>,
    /// How many endpoints each subject of the class gains.
    pub endpoints_gained: u64,
    /// How many each loses.
    pub endpoints_lost: u64,
    /// Some of the endpoints gained.
    pub gained_examples: Vec<EndpointId>,
    /// Some of the endpoints lost.
    pub lost_examples: Vec<EndpointId>,
}

impl Impact {
    /// Whether nobody's access changes.
    pub fn is_none(&self) -> bool {
        self.rows.is_empty() && self.people.is_empty()
    }

    /// Sentences for people: "37 tills lose Write on Points (Data)".
    pub fn lines(&self) -> Vec<String> {
        if self.is_none() {
            return vec!["nobody's access changes".to_owned()];
        }
        let mut lines = Vec::new();
        for row in &self.rows {
            let name = |group: &Option<Arc<str>>| group.as_deref().unwrap_or("no group").to_owned();
            lines.push(format!(
                "{} and {}: {} → {}: {} gained, {} lost",
                counted(row.stores, "store"),
                counted(row.tills, "till"),
                name(&row.from),
                name(&row.to),
                counted(row.endpoints_gained, "endpoint"),
                counted(row.endpoints_lost, "endpoint"),
            ));
            for (word, cells) in [("lose", &row.cells_lost), ("gain", &row.cells_gained)] {
                let s = if row.tills == 1 { "s" } else { "" };
                for (resource, class, levels) in cells {
                    lines.push(format!("  {} {word}{s} {levels} on {resource} ({class})", counted(row.tills, "till")));
                }
            }
        }
        lines.extend(self.people.iter().flat_map(PeopleRow::lines));
        lines
    }
}

/// `1 store`, `2 stores`.
pub fn counted(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// How a class stands: the group that decides for it, if it can be permitted anything at all.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Standing(ClassKey);

#[derive(Default)]
struct Moving {
    members: Members,
    examples: Vec<StoreCode>,
}

/// The impact of going from one state to another by these changes, on every org they touch.
pub fn impact(before: &State, after: &State, changes: &[Change]) -> Impact {
    let mut orgs: Vec<OrgCode> = changes.iter().filter_map(Change::id).filter_map(|id| id.org().cloned()).collect();
    // The platform's catalogue and the clock are about every org.
    if changes.iter().any(|change| matches!(change.id(), Some(ObjectId::Platform | ObjectId::Clock))) {
        orgs.extend(after.orgs.keys().cloned());
    }
    orgs.sort();
    orgs.dedup();
    let mut total = Impact::default();
    for org in orgs {
        let (Some(old), Some(new)) = (before.orgs.get(&org), after.orgs.get(&org)) else { continue };
        impact_on_org(old, new, changes.iter().filter(|c| c.id().is_some_and(|id| id.org() == Some(&org))), &mut total);
        let about = changes.iter().filter(|change| change.org().is_none_or(|of| *of == org));
        total.people.extend(people::rows(before, after, old, new, about));
    }
    total.rows.sort_by(|a, b| (b.tills, b.stores).cmp(&(a.tills, a.stores)).then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to))));
    total
}

fn impact_on_org<'a>(old: &OrgState, new: &OrgState, changes: impl Iterator<Item = &'a Change>, total: &mut Impact) {
    // Stores named by the changes, one by one; all others move with their class.
    let mut named: BTreeMap<StoreCode, ()> = BTreeMap::new();
    for change in changes {
        match change.after.as_ref().or(change.before.as_ref()) {
            Some(Object::Store(store)) => {
                named.insert(store.code.clone(), ());
            }
            Some(Object::Till(till)) => {
                named.insert(till.store.clone(), ());
            }
            Some(
                Object::Cluster(_)
                | Object::Org(_)
                | Object::Zone(_)
                | Object::Concept(_)
                | Object::Resource(_)
                | Object::Endpoint(_)
                | Object::Group(_)
                | Object::User(_)
                | Object::Credential(_)
                | Object::Retired(_)
                | Object::Scope(_)
                | Object::Entity(_)
                | Object::Control(_)
                | Object::UserGroup(_)
                | Object::Set(_)
                | Object::Role(_)
                | Object::Application(_)
                | Object::Override(_)
                | Object::Settings(_)
                | Object::Platform(_)
                | Object::Proposal(_)
                | Object::Clock(_),
            )
            | None => {}
        }
    }
    let mut moves: BTreeMap<(Standing, Standing), Moving> = BTreeMap::new();
    let mut rest: BTreeMap<ClassKey, Members> = old.members.iter().map(|(k, v)| (k.clone(), *v)).collect();
    for code in named.keys() {
        let (was, is) = (standing_of(old, code), standing_of(new, code));
        if let Some((explicit, members)) = class_of(old, code)
            && let Some(class) = rest.get_mut(&explicit)
        {
            class.stores_active = class.stores_active.saturating_sub(members.stores_active);
            class.tills_live = class.tills_live.saturating_sub(members.tills_live);
        }
        // A till that is live on one side only gains or loses by itself; the store and the others by the class.
        let mut counts: BTreeMap<(Standing, Standing), Members> = BTreeMap::new();
        for (from, to, members) in each_subject(old, new, code, &was, &is) {
            let entry = counts.entry((from, to)).or_default();
            entry.stores_active += members.stores_active;
            entry.tills_live += members.tills_live;
        }
        for (key, members) in counts {
            let moving = moves.entry(key).or_default();
            moving.members.stores_active += members.stores_active;
            moving.members.tills_live += members.tills_live;
            if moving.examples.len() < EXAMPLES_MAX {
                moving.examples.push(code.clone());
            }
        }
    }
    for (explicit, members) in rest {
        if members.stores_active == 0 && members.tills_live == 0 {
            continue;
        }
        let stands = |org: &OrgState| {
            Standing(if org.org.active { explicit.clone().or_else(|| default_of(org)) } else { None })
        };
        let moving = moves.entry((stands(old), stands(new))).or_default();
        moving.members.stores_active += members.stores_active;
        moving.members.tills_live += members.tills_live;
        if moving.examples.len() < EXAMPLES_MAX {
            let stores: Box<dyn Iterator<Item = StoreCode>> = match &explicit {
                Some((group, observe)) => {
                    let same = |s: &StoreCode| new.stores.get(s).is_some_and(|s| s.observe == *observe);
                    Box::new(new.allocated.get(group).into_iter().flatten().filter(move |s| same(s)).cloned())
                }
                None => Box::new(new.stores.values().filter(|s| s.group.is_none()).map(|s| s.code.clone())),
            };
            let active = |s: &StoreCode| new.stores.get(s).is_some_and(|s| s.active);
            let room = EXAMPLES_MAX - moving.examples.len();
            moving.examples.extend(stores.filter(|s| !named.contains_key(s) && active(s)).take(room));
        }
    }
    for ((from, to), moving) in moves {
        if let Some(row) = row(old, new, &from, &to, &moving) {
            let subjects = row.stores + row.tills;
            total.stores += row.stores;
            total.tills += row.tills;
            total.gained += subjects * row.endpoints_gained;
            total.lost += subjects * row.endpoints_lost;
            total.rows.push(row);
        }
    }
}

fn class_of(org: &OrgState, code: &StoreCode) -> Option<(ClassKey, Members)> {
    let store = org.stores.get(code)?;
    let live = if store.active { org.tills_of(code).filter(|t| t.active).count() as u64 } else { 0 };
    Some((explicit(store), Members { stores_active: u64::from(store.active), tills_live: live, ..Members::default() }))
}

fn standing_of(org: &OrgState, code: &StoreCode) -> Standing {
    let group = org
        .stores
        .get(code)
        .filter(|s| s.active && org.org.active)
        .and_then(|s| explicit(s).or_else(|| default_of(org)));
    Standing(group)
}

/// The store and its tills, each with where it stood and where it will stand.
fn explicit(store: &Store) -> ClassKey {
    store.group.clone().map(|group| (group, store.observe))
}

fn default_of(org: &OrgState) -> ClassKey {
    org.org.default_group.clone().map(|group| (group, org.org.default_observe))
}

fn each_subject(old: &OrgState, new: &OrgState, code: &StoreCode, was: &Standing, is: &Standing) -> Vec<(Standing, Standing, Members)> {
    let store = Members { stores_active: 1, ..Members::default() };
    let till = Members { tills_live: 1, ..Members::default() };
    let mut subjects = vec![(was.clone(), is.clone(), store)];
    let mut tills: BTreeMap<TillCode, (bool, bool)> = BTreeMap::new();
    for t in old.tills_of(code) {
        tills.entry(t.code.clone()).or_default().0 = t.active;
    }
    for t in new.tills_of(code) {
        tills.entry(t.code.clone()).or_default().1 = t.active;
    }
    let stands = |live: bool, standing: &Standing| if live { standing.clone() } else { Standing(None) };
    for (before, after) in tills.into_values() {
        subjects.push((stands(before, was), stands(after, is), till));
    }
    subjects
}

fn row(old: &OrgState, new: &OrgState, from: &Standing, to: &Standing, moving: &Moving) -> Option<ImpactRow> {
    let (before, after) = (Held::of(old, from), Held::of(new, to));
    let same_catalogue = old.endpoints.ptr_eq(&new.endpoints) && old.resources.ptr_eq(&new.resources);
    if same_catalogue && grants_equal(&before, &after) {
        return None;
    }
    let (mut gained, mut lost) = (Vec::new(), Vec::new());
    let (mut gained_count, mut lost_count) = (0u64, 0u64);
    let mut note = |id: &EndpointId, was: bool, is: bool| match (was, is) {
        (false, true) => {
            gained_count += 1;
            if gained.len() < EXAMPLES_MAX {
                gained.push(id.clone());
            }
        }
        (true, false) => {
            lost_count += 1;
            if lost.len() < EXAMPLES_MAX {
                lost.push(id.clone());
            }
        }
        (true, true) | (false, false) => {}
    };
    for (id, endpoint) in &new.endpoints {
        let was = old.endpoints.get(id).is_some_and(|e| permits(old, &before, e));
        note(id, was, permits(new, &after, endpoint));
    }
    for (id, endpoint) in &old.endpoints {
        if !new.endpoints.contains_key(id) {
            note(id, permits(old, &before, endpoint), false);
        }
    }
    if gained_count == 0 && lost_count == 0 {
        return None;
    }
    let (cells_gained, cells_lost) = cells(old, new, before.group, after.group);
    Some(ImpactRow {
        from: before.name(),
        to: after.name(),
        stores: moving.members.stores_active,
        tills: moving.members.tills_live,
        examples: moving.examples.clone(),
        cells_gained,
        cells_lost,
        endpoints_gained: gained_count,
        endpoints_lost: lost_count,
        gained_examples: gained,
        lost_examples: lost,
    })
}

/// What a subject has: a group, and whether it only observes.
struct Held<'a> {
    group: Option<&'a Arc<Group>>,
    observes: bool,
}

impl<'a> Held<'a> {
    fn of(org: &'a OrgState, standing: &Standing) -> Self {
        let group = standing.0.as_ref().and_then(|(id, _)| org.groups.get(id));
        Self { group, observes: group.is_some() && standing.0.as_ref().is_some_and(|(_, observes)| *observes) }
    }

    fn name(&self) -> Option<Arc<str>> {
        let name = self.group?.name.as_str();
        Some(if self.observes { format!("{name} (observing)").into() } else { name.into() })
    }
}

fn grants_equal(before: &Held<'_>, after: &Held<'_>) -> bool {
    match (before.group, after.group) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            before.observes == after.observes && a.wildcard == b.wildcard && (Arc::ptr_eq(&a.grants, &b.grants) || a.grants == b.grants)
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn permits(org: &OrgState, held: &Held<'_>, endpoint: &Endpoint) -> bool {
    let Some(group) = held.group else { return false };
    let Some(resource) = endpoint.resource.as_ref().filter(|r| org.resources.contains_key(*r)) else { return false };
    let granted = || group.levels(resource, endpoint.class).intersects(endpoint.needed()) && group.admits(resource, endpoint.class, &endpoint.id);
    endpoint.matchable && (held.observes || granted())
}

type Cells = Vec<(ResourceId, Class, Levels)>;

/// The cells that differ, of resources that have endpoints: an inert cell gives nobody anything.
fn cells(old: &OrgState, new: &OrgState, before: Option<&Arc<Group>>, after: Option<&Arc<Group>>) -> (Cells, Cells) {
    let (mut gained, mut lost) = (Vec::new(), Vec::new());
    let used = |org: &OrgState, resource: &ResourceId, class: Class| {
        org.resource_endpoints
            .get(resource)
            .is_some_and(|ids| ids.iter().filter_map(|id| org.endpoints.get(id)).any(|e| e.class == class))
    };
    let mut names: Vec<&ResourceId> = old.resources.keys().chain(new.resources.keys()).collect();
    names.sort();
    names.dedup();
    for resource in names {
        for class in Class::ALL {
            let levels = |org: &OrgState, group: Option<&Arc<Group>>| {
                group.filter(|_| used(org, resource, class)).map_or(Levels::empty(), |g| g.levels(resource, class))
            };
            let (was, is) = (levels(old, before), levels(new, after));
            if !(is - was).is_empty() {
                gained.push((resource.clone(), class, is - was));
            }
            if !(was - is).is_empty() {
                lost.push((resource.clone(), class, was - is));
            }
        }
    }
    (gained, lost)
}
