//! Suggests an access group from what was called (AG-33): the smallest under which every call would have passed that
//! any group can let pass.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::access::{Class, Grant, Levels, Narrow};
use crate::decision::Reason;
use crate::ids::{EndpointId, ResourceId};
use crate::limits::NARROW_ENDPOINTS_MAX;
use crate::path::RequestPath;
use crate::platform::Platform;
use crate::reference::matched;
use crate::state::OrgState;

/// A group, and what it leaves.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Suggestion {
    /// Its cells, in order.
    pub grants: Vec<Grant>,
    /// For each call, in order: none if the group lets it pass, else why none can.
    pub left: Vec<Option<Reason>>,
}

/// A cell in the making: what each endpoint that was called needs.
#[derive(Default)]
struct Called(BTreeMap<EndpointId, Levels>);

impl Called {
    /// The fewest levels that let every endpoint pass: what one alone would do is chosen first, and where any would do
    /// Read is the lesser.
    fn levels(&self) -> Levels {
        let alone = [Levels::R, Levels::W];
        let must: Levels = self.0.values().copied().filter(|needed| alone.contains(needed)).collect();
        if self.0.values().all(|needed| must.intersects(*needed)) { must } else { must | Levels::R }
    }
}

/// The smallest group for calls of (method, path). With `narrow`, each cell is narrowed to what was called, unless
/// that is all that its levels open, or too much to name.
pub fn suggest<'a>(org: &OrgState, calls: impl Iterator<Item = (&'a str, &'a str)>, narrow: bool) -> Suggestion {
    let mut cells: BTreeMap<(ResourceId, Class), Called> = BTreeMap::new();
    let mut known: BTreeMap<(Arc<str>, Arc<str>), Option<Reason>> = BTreeMap::new();
    let mut left = Vec::new();
    for (method, path) in calls {
        let key = (Arc::from(method.to_ascii_uppercase()), Arc::from(path));
        let reason = *known.entry(key).or_insert_with_key(|(method, path)| note(org, &mut cells, method, path));
        left.push(reason);
    }
    let grants = cells.into_iter().map(|((resource, class), called)| grant(org, resource, class, &called, narrow)).collect();
    Suggestion { grants, left }
}

/// Adds what a call needs; the reason if nothing could let it pass.
fn note(org: &OrgState, cells: &mut BTreeMap<(ResourceId, Class), Called>, method: &str, path: &str) -> Option<Reason> {
    let Some(path) = RequestPath::parse(path) else { return Some(Reason::PathMalformed) };
    // Of the org's own endpoints: no group reaches the platform's.
    let Some(reached) = matched(Platform::blank(), org, method, path) else { return Some(Reason::EndpointUnknown) };
    let Some((endpoint, resource)) = reached.mapped(org) else { return Some(Reason::EndpointUnmapped) };
    cells.entry((resource.clone(), endpoint.class)).or_default().0.insert(endpoint.id.clone(), endpoint.needed());
    None
}

fn grant(org: &OrgState, resource: ResourceId, class: Class, called: &Called, narrow: bool) -> Grant {
    let levels = called.levels();
    let opened: BTreeSet<&EndpointId> = org
        .resource_endpoints
        .get(&resource)
        .into_iter()
        .flatten()
        .filter(|id| org.endpoints.get(*id).is_some_and(|e| e.class == class && levels.intersects(e.needed())))
        .collect();
    let only = narrow && called.0.len() < opened.len() && called.0.len() <= NARROW_ENDPOINTS_MAX;
    let narrow = only.then(|| Narrow::Only(called.0.keys().cloned().collect()));
    Grant { resource, class, levels, narrow }
}
