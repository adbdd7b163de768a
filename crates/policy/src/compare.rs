//! What differs between two subjects: each thing that one of them may do and the other may not, or both on other terms.
//!
//! It compares what `what_can` tells of each, so that it says no more than they could be told one by one. By which set, control or
//! role something is held is left out: the same right by another way is the same right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::decision::Reason;
use crate::place::{Bounds, Place};
use crate::whatcan::WhatCan;

/// A kind of thing that may be done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A call, by method and template.
    Endpoint,
    /// An action on a sub-module.
    Permission,
    /// The use of a scope.
    Scope,
    /// A node of the navigation tree.
    Node,
    /// A privilege of an application.
    Privilege,
}

impl Kind {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Permission => "permission",
            Self::Scope => "scope",
            Self::Node => "node",
            Self::Privilege => "privilege",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// On what terms something may be done.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Terms {
    /// Where; none is not a matter of places.
    pub places: BTreeSet<Place>,
    /// When.
    pub bounds: Bounds,
    /// Obligations of a call, `observed` of one that is permitted for the sake of observing only, and how a node opens.
    pub words: BTreeSet<&'static str>,
}

/// A thing that the two may not do alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// What kind of thing.
    pub kind: Kind,
    /// Its name: `GET /v2/customers/{}`, `Loyalty+/Basic:view`, `order.order_read`.
    pub name: Arc<str>,
    /// On what terms the first may do it; none is not at all.
    pub first: BTreeSet<Terms>,
    /// On what terms the second may.
    pub second: BTreeSet<Terms>,
}

/// What differs between two subjects.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comparison {
    /// Why the first may do nothing at all, and why the second.
    pub closed: [Option<Reason>; 2],
    /// What differs, by kind and name.
    pub differences: Vec<Difference>,
    /// How many things both may do, on the same terms.
    pub alike: usize,
}

type Rights = BTreeMap<(Kind, Arc<str>), BTreeSet<Terms>>;

/// Compares what two subjects may do.
pub fn compare(first: &WhatCan, second: &WhatCan) -> Comparison {
    let (mine, theirs) = (rights(first), rights(second));
    let names: BTreeSet<_> = mine.keys().chain(theirs.keys()).collect();
    let mut comparison = Comparison { closed: [first.closed, second.closed], ..Comparison::default() };
    for key in names {
        let [first, second] = [&mine, &theirs].map(|of| of.get(key).cloned().unwrap_or_default());
        if first == second {
            comparison.alike += 1;
        } else {
            comparison.differences.push(Difference { kind: key.0, name: key.1.clone(), first, second });
        }
    }
    comparison
}

fn rights(can: &WhatCan) -> Rights {
    let WhatCan { closed: _, endpoints, permissions, scopes, nodes, privileges } = can;
    let mut all = Rights::new();
    for row in endpoints {
        let observed = row.decision.would_deny.map(|_| "observed");
        let words = row.decision.obligations.names().chain(observed).collect();
        all.entry((Kind::Endpoint, row.endpoint.as_str().into())).or_default().insert(Terms { words, ..Terms::default() });
    }
    for row in permissions {
        for action in row.actions.each() {
            held(&mut all, Kind::Permission, format!("{}:{action}", row.module), &row.places, row.bounds);
        }
    }
    for row in scopes {
        let everywhere = [Place::Org];
        held(&mut all, Kind::Scope, row.scope.to_string(), if row.places.is_empty() { &everywhere } else { &row.places }, row.bounds);
    }
    for row in nodes {
        let words = [if row.full { "full" } else { "empty" }].into_iter().chain(row.limited.then_some("only_at_places")).collect();
        all.entry((Kind::Node, row.node.clone())).or_default().insert(Terms { words, ..Terms::default() });
    }
    for row in privileges {
        held(&mut all, Kind::Privilege, row.privilege.to_string(), &[], row.bounds);
    }
    all
}

/// Adds a way in which something is held: places of the same time are one set, of which the whole org takes all in.
fn held(all: &mut Rights, kind: Kind, name: String, places: &[Place], bounds: Bounds) {
    let ways = all.entry((kind, name.into())).or_default();
    let mut terms = ways.iter().find(|terms| terms.bounds == bounds).cloned().unwrap_or(Terms { bounds, ..Terms::default() });
    ways.remove(&terms);
    terms.places.extend(places.iter().cloned());
    if terms.places.contains(&Place::Org) {
        terms.places = BTreeSet::from([Place::Org]);
    }
    ways.insert(terms);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::Actions;
    use crate::whatcan::{NodeCan, PermissionCan};

    fn permission(set: &str, actions: &str, places: &[&str]) -> PermissionCan {
        let places = places.iter().map(|place| place.parse().expect("a place")).collect();
        let actions: Actions = actions.parse().expect("actions");
        PermissionCan { module: "Loyalty+/Basic".parse().expect("a module"), actions, set: Some(set.parse().expect("a set")), places, bounds: Bounds::ALWAYS }
    }

    #[test]
    fn the_same_right_by_another_way_is_no_difference() {
        let first = WhatCan { permissions: vec![permission("desk", "V", &["store:a"]), permission("care", "V", &["store:b"])], ..WhatCan::default() };
        let second = WhatCan { permissions: vec![permission("both", "V", &["store:b", "store:a"])], ..WhatCan::default() };
        assert_eq!(compare(&first, &second), Comparison { alike: 1, ..Comparison::default() });
        let everywhere = WhatCan { permissions: vec![permission("all", "V", &["org"]), permission("care", "V", &["store:b"])], ..WhatCan::default() };
        let places: Vec<String> = compare(&first, &everywhere).differences.iter().flat_map(|one| &one.second).flat_map(|terms| &terms.places).map(Place::to_string).collect();
        assert_eq!(places, ["org"]);
    }

    #[test]
    fn what_one_alone_may_do_and_what_both_may_on_other_terms_differ() {
        let node = |full| NodeCan { node: "order".into(), full, limited: false };
        let first = WhatCan { permissions: vec![permission("desk", "VE", &["org"])], nodes: vec![node(true)], ..WhatCan::default() };
        let second = WhatCan { permissions: vec![permission("desk", "V", &["org"])], nodes: vec![node(false)], ..WhatCan::default() };
        let found = compare(&first, &second);
        let told: Vec<(&str, &str, usize, usize)> =
            found.differences.iter().map(|one| (one.kind.as_str(), &*one.name, one.first.len(), one.second.len())).collect();
        assert_eq!(told, [("permission", "Loyalty+/Basic:edit", 1, 0), ("node", "order", 1, 1)]);
        assert_eq!(found.alike, 1, "viewing");
        // The other way round, the sides are swapped and nothing else.
        let turned = compare(&second, &first);
        assert!(found.differences.iter().zip(&turned.differences).all(|(one, other)| (&one.first, &one.second) == (&other.second, &other.first)));
    }
}
