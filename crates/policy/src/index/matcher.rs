//! The endpoints of an org as an automaton over segments: one step per segment, no allocation, no going back.
//!
//! A state stands for all template prefixes that a path may still be in, in the order in which they win: literal
//! before parameter, from the left. Its first endpoint of a method is therefore the winner of that method.
//! A catalogue made to have exponentially many states keeps the plain trie, in which a walk goes back, but visits
//! no node twice.

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::access::Levels;
use crate::limits::{PATH_BYTES_MAX, PATH_SEGMENTS_MAX};
use crate::path::RequestPath;

use scan::{Segment, next_segment};

mod automaton;
mod scan;
#[cfg(test)]
mod tests;

/// What a match leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Match {
    /// The path can't be read.
    Malformed,
    /// No endpoint.
    Unknown,
    /// An endpoint.
    Endpoint(Target),
}

/// What decisions read of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// Number of its resource and class; none if it is unmapped.
    pub cell: Option<NonZeroU32>,
    /// Any of these levels lets it pass.
    pub needed: Levels,
    /// Number of its ways in beside the resource; 0 has none.
    pub route: u32,
}

/// The automaton. A clone shares it.
#[derive(Clone, Debug)]
pub struct Matcher {
    states: Arc<[State]>,
    accepts: Arc<[Accept]>,
    /// Literal steps: open addressing, at most half full.
    edges: Arc<[Edge]>,
    /// Right shift that turns a hash into a place in `edges`.
    shift: u32,
    /// Literals longer than sixteen bytes.
    text: Arc<[u8]>,
    /// Methods beside the usual ones, by number.
    methods: Arc<[Box<str>]>,
    /// Whether states are determined, so that a walk never goes back.
    determined: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Where a segment leads that is none of the literals; 0 is nowhere.
    other: u32,
    /// Its endpoints in `accepts`.
    accepts_from: u32,
    accepts_count: u32,
}

#[derive(Clone, Copy, Debug)]
struct Accept {
    method: u16,
    target: Target,
}

#[derive(Clone, Copy, Debug, Default)]
struct Edge {
    /// The state that it leads from, and the length of its literal; 0 is an empty place.
    key: u64,
    /// The literal, as `Segment` has it.
    first: u64,
    second: u64,
    to: u32,
    /// Where a literal of more than sixteen bytes is in `text`.
    text: u32,
}

/// Bytes of a literal that its edge holds itself.
const EDGE_BYTES: usize = 16;

#[inline(always)]
fn key(from: u32, len: usize) -> u64 {
    u64::from(from) << 32 | len as u64
}

/// The state of having read nothing; 0 is that of having lost.
const ROOT: u32 = 1;

/// An endpoint to be matched.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The method.
    pub method: &'a str,
    /// The canonical template.
    pub template: &'a str,
    /// What it leads to.
    pub target: Target,
}

/// Methods that most endpoints have, by number; others follow.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

impl Matcher {
    /// The automaton of these endpoints.
    pub fn new<'a>(sources: impl IntoIterator<Item = Source<'a>>) -> Self {
        automaton::build(sources.into_iter(), automaton::Budget::default())
    }

    /// Tells this automaton from any other that is about: where its endpoints lie in memory.
    pub fn identity(&self) -> u64 {
        Arc::as_ptr(&self.accepts).addr() as u64
    }

    /// Matches a request: HEAD by its own endpoints, else by GET's; every other method by its own.
    #[inline(always)]
    pub fn find(&self, method: &str, path: &str) -> Match {
        let bytes = path.as_bytes();
        if bytes.first() != Some(&b'/') {
            return Match::Malformed;
        }
        // Only a long path can have too many segments.
        if bytes.len() > 2 * PATH_SEGMENTS_MAX {
            return self.find_odd(method, path);
        }
        match self.walk(method, bytes) {
            Walk { odd: 0, found } => found,
            Walk { odd: _some, found: _ } => self.find_odd(method, path),
        }
    }

    /// A path that is long or odd: checked by the general rules, decoded, and matched as text.
    #[inline(never)]
    fn find_odd(&self, method: &str, path: &str) -> Match {
        if path.len() > PATH_BYTES_MAX {
            return Match::Malformed;
        }
        let whole = path;
        let path = path.split('?').next().unwrap_or_default();
        // A gateway sends the query with the path, and as a rule nothing else is odd.
        if path.len() <= 2 * PATH_SEGMENTS_MAX
            && let Walk { odd: 0, found } = self.walk(method, path.as_bytes())
        {
            return found;
        }
        if RequestPath::parse(whole).is_none() {
            return Match::Malformed;
        }
        let mut buffer = [0u8; PATH_BYTES_MAX];
        let mut len = 0;
        for (slot, byte) in buffer.iter_mut().zip(scan::Decoded::new(path.as_bytes())) {
            *slot = byte;
            len += 1;
        }
        // Decoded once: what is odd now is text.
        self.walk(method, buffer.get(..len).unwrap_or_default()).found
    }

    /// One pass over a path that starts with a slash and has no more segments than it may, read as it stands.
    #[inline(always)]
    fn walk(&self, method: &str, path: &[u8]) -> Walk {
        if !self.determined {
            return self.walk_back(method, path);
        }
        let (mut state, mut at, mut odd) = (ROOT, 1, 0);
        while at < path.len() {
            let segment = next_segment(path, at);
            odd |= segment.odd;
            state = match self.literal(state, &segment, path, at) {
                0 => self.states.get(state as usize).map_or(0, |state| state.other),
                next => next,
            };
            at = segment.end + 1;
        }
        let number = self.method(method);
        let accepts = self.accepts_of(state);
        let of = |number: u16| accepts.iter().find(|accept| accept.method == number).map(|accept| accept.target);
        let found = match number.and_then(of) {
            Some(target) => Match::Endpoint(target),
            None if number == Some(HEAD) => of(GET).map_or(Match::Unknown, Match::Endpoint),
            None => Match::Unknown,
        };
        Walk { odd, found }
    }

    /// Where a segment leads as a literal; 0 is nowhere.
    #[inline(always)]
    fn literal(&self, state: u32, segment: &Segment, path: &[u8], at: usize) -> u32 {
        let len = segment.end - at;
        let key = key(state, len);
        let mut place = automaton::place(segment.hash, state, self.shift);
        // The table is at most half full, so an empty place comes soon.
        loop {
            let Some(edge) = self.edges.get(place) else { return 0 };
            if edge.key == key
                && edge.first == segment.first
                && edge.second == segment.second
                && (len <= EDGE_BYTES || self.same_text(edge, path.get(at..segment.end)))
            {
                return edge.to;
            }
            if edge.key == 0 {
                return 0;
            }
            place = (place + 1) & (self.edges.len() - 1);
        }
    }

    #[inline(never)]
    fn same_text(&self, edge: &Edge, text: Option<&[u8]>) -> bool {
        let from = edge.text as usize;
        text.is_some_and(|text| self.text.get(from..from + text.len()) == Some(text))
    }

    #[inline(always)]
    fn accepts_of(&self, state: u32) -> &[Accept] {
        let Some(state) = self.states.get(state as usize) else { return &[] };
        let from = state.accepts_from as usize;
        self.accepts.get(from..from + state.accepts_count as usize).unwrap_or_default()
    }

    #[inline(always)]
    fn method(&self, method: &str) -> Option<u16> {
        // By bytes: a comparison of each rather than a call.
        let usual = match method.as_bytes() {
            b"GET" => GET,
            b"POST" => 1,
            b"PUT" => 2,
            b"PATCH" => 3,
            b"DELETE" => 4,
            b"HEAD" => HEAD,
            b"OPTIONS" => 6,
            _other => return self.unusual_method(method),
        };
        Some(usual)
    }

    #[inline(never)]
    fn unusual_method(&self, method: &str) -> Option<u16> {
        let at = self.methods.iter().position(|known| **known == *method)?;
        u16::try_from(METHODS.len() + at).ok()
    }

    /// The walk through a plain trie: literal first, and back to the parameter of the last place that has one.
    #[cold]
    fn walk_back(&self, method: &str, path: &[u8]) -> Walk {
        let mut segments = [(Segment::default(), 0usize); PATH_SEGMENTS_MAX];
        let (mut at, mut count, mut odd) = (1, 0, 0);
        for slot in &mut segments {
            if at >= path.len() {
                break;
            }
            let segment = next_segment(path, at);
            *slot = (segment, at);
            odd |= segment.odd;
            count += 1;
            at = segment.end + 1;
        }
        let segments = segments.get(..count).unwrap_or_default();
        let of = |number: u16| self.climb(number, path, segments);
        let number = self.method(method);
        let found = number.and_then(of).or_else(|| if number == Some(HEAD) { of(GET) } else { None });
        Walk { odd, found: found.map_or(Match::Unknown, Match::Endpoint) }
    }

    fn climb(&self, method: u16, path: &[u8], segments: &[(Segment, usize)]) -> Option<Target> {
        let other = |state: u32| self.states.get(state as usize).map_or(0, |state| state.other);
        // The state before each segment, and where the parameter has been tried already.
        let mut before = [0u32; PATH_SEGMENTS_MAX];
        let mut tried = [false; PATH_SEGMENTS_MAX];
        let (mut depth, mut state) = (0, ROOT);
        loop {
            match segments.get(depth) {
                None => {
                    if let Some(accept) = self.accepts_of(state).iter().find(|accept| accept.method == method) {
                        return Some(accept.target);
                    }
                    state = 0;
                }
                Some((segment, at)) => {
                    let literal = self.literal(state, segment, path, *at);
                    *before.get_mut(depth)? = state;
                    *tried.get_mut(depth)? = literal == 0;
                    state = if literal == 0 { other(state) } else { literal };
                    depth += 1;
                }
            }
            while state == 0 {
                depth = depth.checked_sub(1)?;
                if !std::mem::replace(tried.get_mut(depth)?, true) {
                    state = other(*before.get(depth)?);
                }
                if state != 0 {
                    depth += 1;
                }
            }
        }
    }
}

const GET: u16 = 0;
const HEAD: u16 = 5;

/// What a walk found, if nothing in the path was odd.
struct Walk {
    odd: u64,
    found: Match,
}
