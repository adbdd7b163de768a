//! Walks over sorted maps and sets, from one end or from a key, forwards or backwards, and the windows cut out of them.

use std::sync::Arc;

use super::{Anchor, ListQuery, Window};
use super::item::Item;
use crate::ids::*;
use crate::object::Till;
use crate::state::OrgState;

/// One end of a walk.
pub(super) enum Bound {
    Open,
    Beyond(String),
    At(String),
}

/// How a list is walked, and what its keys are.
pub(super) struct Rows<W, K> {
    pub(super) walk: W,
    pub(super) key: K,
}

impl<'a, T: 'a, W, K> Rows<W, K>
where
    W: Fn(Bound, bool) -> Box<dyn Iterator<Item = T> + 'a>,
    K: Fn(&T) -> String,
{
    /// Walks from the anchor, keeps what is wanted, and looks one row further on either side.
    pub(super) fn window(
        &self,
        query: &ListQuery,
        limit: usize,
        keep: impl Fn(&T) -> bool,
        shown: impl Fn(&T) -> Item,
        total: Option<u64>,
    ) -> Window {
        let (from, back) = match &query.anchor {
            Anchor::Start => (Bound::Open, false),
            Anchor::After(key) => (Bound::Beyond(key.clone()), false),
            Anchor::From(key) => (Bound::At(key.clone()), false),
            Anchor::Before(key) => (Bound::Beyond(key.clone()), true),
            Anchor::End => (Bound::Open, true),
        };
        let mut rows: Vec<T> = (self.walk)(from, back).filter(|row| keep(row)).take(limit + 1).collect();
        let more_ahead = rows.len() > limit;
        rows.truncate(limit);
        let first = rows.first().map(&self.key);
        let more_behind = match (&query.anchor, first) {
            (Anchor::Start | Anchor::End, _) => false,
            (_, Some(first)) => (self.walk)(Bound::Beyond(first), !back).any(|row| keep(&row)),
            (Anchor::After(key) | Anchor::From(key) | Anchor::Before(key), None) => {
                (self.walk)(Bound::At(key.clone()), !back).any(|row| keep(&row))
            }
        };
        if back {
            rows.reverse();
        }
        let (more_before, more_after) = if back { (more_ahead, more_behind) } else { (more_behind, more_ahead) };
        Window { items: rows.iter().map(shown).collect(), more_before, more_after, total }
    }
}

pub(super) type Walk<'a, T> = Box<dyn Iterator<Item = T> + 'a>;
pub(super) type Ends<'k> = (std::ops::Bound<&'k str>, std::ops::Bound<&'k str>);

impl Bound {
    /// The range it stands for, walking forwards or backwards. A key that isn't there is where it would sort.
    pub(super) fn ends(&self, back: bool) -> Ends<'_> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        match (self, back) {
            (Self::Open, _) => (Unbounded, Unbounded),
            (Self::Beyond(key), false) => (Excluded(key), Unbounded),
            (Self::At(key), false) => (Included(key), Unbounded),
            (Self::Beyond(key), true) => (Unbounded, Excluded(key)),
            (Self::At(key), true) => (Unbounded, Included(key)),
        }
    }
}

pub(super) fn walk<K, V>(map: &imbl::OrdMap<K, V>, from: Bound, back: bool) -> Walk<'_, V>
where
    K: Ord + Clone + std::borrow::Borrow<str>,
    V: Clone,
{
    let rows = map.range::<Ends<'_>, str>(from.ends(back));
    if back { Box::new(rows.rev().map(|(_, v)| v.clone())) } else { Box::new(rows.map(|(_, v)| v.clone())) }
}

/// Tills are keyed by store and code, and listed so: `a/t1` before `a-b/t1`, though their texts sort otherwise.
pub(super) fn walk_tills(org: &OrgState, from: Bound, back: bool) -> Walk<'_, Arc<Till>> {
    use std::ops::Bound::{Excluded, Included, Unbounded};
    let parse = |key: &str| {
        let (store, till) = key.split_once('/')?;
        Some((store.parse::<StoreCode>().ok()?, till.parse::<TillCode>().ok()?))
    };
    let edge = match &from {
        Bound::Open => None,
        Bound::Beyond(key) => parse(key).map(Excluded),
        Bound::At(key) => parse(key).map(Included),
    };
    let range = match (edge, back) {
        (None, _) => (Unbounded, Unbounded),
        (Some(edge), false) => (edge, Unbounded),
        (Some(edge), true) => (Unbounded, edge),
    };
    // A key that no till can have, such as a store's code alone, finds its place row by row.
    let rows = org.tills.range(range).map(|(_, till)| till);
    if back {
        Box::new(rows.rev().filter(move |till| from.admits(till, back)).cloned())
    } else {
        Box::new(rows.filter(move |till| from.admits(till, back)).cloned())
    }
}

/// The tills of one store: few, and sorted by code.
pub(super) fn walk_vec(all: &[Arc<Till>], from: Bound, back: bool) -> Walk<'static, Arc<Till>> {
    let mut rows: Vec<Arc<Till>> = all.iter().filter(|till| from.admits(till, back)).cloned().collect();
    if back {
        rows.reverse();
    }
    Box::new(rows.into_iter())
}

impl Bound {
    /// Whether a key lies on the walk's side of this end.
    pub(super) fn reaches(&self, key: &str, back: bool) -> bool {
        match (self, back) {
            (Self::Open, _) => true,
            (Self::Beyond(end), false) => key > end.as_str(),
            (Self::At(end), false) => key >= end.as_str(),
            (Self::Beyond(end), true) => key < end.as_str(),
            (Self::At(end), true) => key <= end.as_str(),
        }
    }

    /// Whether a till lies on the walk's side of this end: by its store first, then by its code.
    pub(super) fn admits(&self, till: &Till, back: bool) -> bool {
        let place = |key: &str| (till.store.as_str(), till.code.as_str()).cmp(&key.split_once('/').unwrap_or((key, "")));
        match (self, back) {
            (Self::Open, _) => true,
            (Self::Beyond(key), false) => place(key).is_gt(),
            (Self::At(key), false) => place(key).is_ge(),
            (Self::Beyond(key), true) => place(key).is_lt(),
            (Self::At(key), true) => place(key).is_le(),
        }
    }
}
