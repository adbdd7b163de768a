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
    /// The hash by which the store was looked up; 0 if none was.
    store: u64,
    /// The group's slot and 1, and whether it is the default; 0 if no group was asked.
    group: u64,
    /// Whether the group is the store's own.
    allocated: bool,
}

/// The bit of a group that is the default.
const INHERITED: u32 = 32;
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

    /// Whether it rests on an allocation too: anybody's guess, so not to be branched on.
    #[inline(always)]
    pub(crate) fn is_allocated(self) -> bool {
        self.allocated
    }

    /// The allocation that it rests on, if it does, to be hashed.
    #[inline(always)]
    pub(crate) fn allocation(self) -> [u64; 3] {
        [self.numbering, self.store, self.group | ALLOCATION]
    }
}

impl Check<'_> {
    /// What the call was matched to, and judged by.
    #[inline(always)]
    pub(crate) fn trace(&self, by: JudgedBy) -> Trace {
        let Some(org) = self.org else { return Trace::default() };
        let store = self.probe.map_or(0, Probe::hash);
        let group = u64::from(by.group_plus_one) | u64::from(by.inherited) << INHERITED;
        let allocated = (by.group_plus_one != 0) & !by.inherited;
        Trace { store, group, allocated, ..Trace::of(&org.matcher, self.endpoint) }
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
