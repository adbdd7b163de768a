//! What a call led to, as numbers: two calls of one subject with the same trace are permitted by the same grants, for
//! as long as the org's endpoints stay as they are. Whoever sieves what comes again needs no more of a path; nor of a
//! store or a till, which use the cell of a group and, where it is their own, its allocation to their store.

use super::matcher::{Match, Matcher};
use super::subjects::Probe;
use super::{Check, Index, JudgedBy};
use crate::decision::{Ask, Request};

/// What a call was matched to and judged by. Blank for whatever else is asked, and for what matches nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Trace {
    /// Cell and way in, by their numbers.
    target: u64,
    /// Which numbers: those of an org that are given anew are others.
    numbering: u64,
    /// The hash by which the store was looked up, if it has a group of its own; else 0.
    store: u64,
    /// The group's slot and 1, and whether it is the default; 0 if no group was asked.
    group: u64,
}

const INHERITED: u64 = 1 << 32;
/// Tells an allocation from a call.
const ALLOCATION: u64 = 1 << 33;

impl Trace {
    #[inline(always)]
    fn of(matcher: &Matcher, found: Match) -> Self {
        match found {
            Match::Malformed | Match::Unknown => Self::default(),
            Match::Endpoint(target) => {
                let cell = target.cell.map_or(0, std::num::NonZeroU32::get);
                let needed = u64::from(target.needed.bits()) << 62;
                Self { target: (u64::from(cell) << 31 | u64::from(target.route)) ^ needed, numbering: matcher.identity(), ..Self::default() }
            }
        }
    }

    /// What the call led to, and by which group: all but the store, to be hashed.
    #[inline(always)]
    pub(crate) fn call(self) -> [u64; 3] {
        [self.numbering, self.target, self.group]
    }

    /// The allocation that it rests on, to be hashed; none if the group is the default, or there is none.
    #[inline(always)]
    pub(crate) fn allocation(self) -> Option<[u64; 3]> {
        (self.store != 0).then_some([self.numbering, self.store, self.group | ALLOCATION])
    }
}

impl Check<'_> {
    /// What the call was matched to, and judged by.
    #[inline(always)]
    pub(crate) fn trace(&self, by: JudgedBy) -> Trace {
        let Some(org) = self.org else { return Trace::default() };
        let own = by.group_plus_one != 0 && !by.inherited;
        // 0 is a hash like any other, and still says that there is one.
        let store = if own { self.probe.map_or(0, Probe::hash).max(1) } else { 0 };
        let group = u64::from(by.group_plus_one) | if by.inherited { INHERITED } else { 0 };
        Trace { store, group, ..Trace::of(&org.matcher, self.endpoint) }
    }
}

impl Index {
    /// What a request is matched to, if it is a call: the match is made again.
    pub(crate) fn trace(&self, request: &Request<'_>) -> Trace {
        match (request.ask, self.orgs.get(request.org)) {
            (Ask::Endpoint { method, path }, Some(org)) => Trace::of(&org.record.matcher, org.record.matcher.find(method, path)),
            (Ask::Endpoint { .. } | Ask::Module { .. } | Ask::Scope { .. } | Ask::Entity { .. }, _) => Trace::default(),
        }
    }
}
