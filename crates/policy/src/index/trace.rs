//! What a call led to, as numbers: two calls of one subject with the same trace are permitted by the same grants, for
//! as long as the org's endpoints stay as they are. Whoever sieves what comes again needs no more of a path; nor of a
//! store or a till, whose grants are those of the store.

use super::matcher::{Match, Matcher};
use super::subjects::Probe;
use super::{Check, Index};
use crate::decision::{Ask, Request};

/// What a call was matched to. Blank for whatever else is asked, and for what matches nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Trace {
    /// The hash by which the store was looked up; 0 if none was.
    place: u64,
    /// Cell and way in, by their numbers.
    target: u64,
    /// Which numbers: those of an org that are given anew are others.
    numbering: u64,
}

impl Trace {
    #[inline(always)]
    fn of(place: u64, matcher: &Matcher, found: Match) -> Self {
        match found {
            Match::Malformed | Match::Unknown => Self::default(),
            Match::Endpoint(target) => {
                let cell = target.cell.map_or(0, std::num::NonZeroU32::get);
                let needed = u64::from(target.needed.bits()) << 62;
                Self { place, target: (u64::from(cell) << 31 | u64::from(target.route)) ^ needed, numbering: matcher.identity() }
            }
        }
    }

    /// Its parts, to be hashed.
    #[inline(always)]
    pub(crate) fn parts(self) -> [u64; 3] {
        [self.place, self.target, self.numbering]
    }
}

impl Check<'_> {
    /// What the call was matched to.
    #[inline(always)]
    pub(crate) fn trace(&self) -> Trace {
        let place = self.probe.map_or(0, Probe::hash);
        self.org.map_or(Trace::default(), |org| Trace::of(place, &org.matcher, self.endpoint))
    }
}

impl Index {
    /// What a request is matched to, if it is a call: the match is made again.
    pub(crate) fn trace(&self, request: &Request<'_>) -> Trace {
        match (request.ask, self.orgs.get(request.org)) {
            (Ask::Endpoint { method, path }, Some(org)) => Trace::of(0, &org.record.matcher, org.record.matcher.find(method, path)),
            (Ask::Endpoint { .. } | Ask::Module { .. } | Ask::Scope { .. } | Ask::Entity { .. }, _) => Trace::default(),
        }
    }
}
