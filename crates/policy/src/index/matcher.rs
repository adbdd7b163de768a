//! The endpoints of an org as an automaton over segments: one step per segment, no allocation, no going back.
//!
//! A state stands for all template prefixes that a path may still be in, in the order in which they win: literal
//! before parameter, from the left. Its first endpoint of a method is therefore the winner of that method.
//! A catalogue made to have exponentially many states keeps the plain trie, in which a walk goes back, but visits
//! no node twice.

use std::num::NonZeroU32;

use crate::access::Levels;
use crate::limits::{PATH_BYTES_MAX, PATH_SEGMENTS_MAX};
use crate::path::RequestPath;

mod automaton;
mod scan;
#[cfg(test)]
mod tests;

use scan::{Segment, next_segment};

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
}

/// The automaton.
#[derive(Debug)]
pub struct Matcher {
    states: Box<[State]>,
    accepts: Box<[Accept]>,
    /// Literal steps: open addressing, at most half full.
    edges: Box<[Edge]>,
    /// Right shift that turns a hash into a place in `edges`.
    shift: u32,
    /// Literals longer than eight bytes.
    text: Box<[u8]>,
    /// Methods beside the usual ones, by number.
    methods: Box<[Box<str>]>,
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
    /// The first eight bytes of the literal, blank-filled with zeros.
    first: u64,
    /// The state that it leads from; 0 is an empty place.
    from: u32,
    to: u32,
    len: u32,
    /// Where a longer one is in `text`.
    text: u32,
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

    /// Matches a request: HEAD by its own endpoints, else by GET's; every other method by its own.
    #[inline]
    pub fn find(&self, method: &str, path: &str) -> Match {
        if path.len() > PATH_BYTES_MAX {
            return Match::Malformed;
        }
        match self.walk::<true>(method, path.as_bytes()) {
            Walk::Found(found) => found,
            Walk::Encoded => self.find_encoded(method, path),
        }
    }

    /// A path with an escape, a query or a NUL: checked by the general rules, decoded, and matched as text.
    #[cold]
    fn find_encoded(&self, method: &str, path: &str) -> Match {
        if RequestPath::parse(path).is_none() {
            return Match::Malformed;
        }
        let path = path.split('?').next().unwrap_or_default();
        let mut buffer = [0u8; PATH_BYTES_MAX];
        let mut len = 0;
        for (slot, byte) in buffer.iter_mut().zip(scan::Decoded::new(path.as_bytes())) {
            *slot = byte;
            len += 1;
        }
        match self.walk::<false>(method, buffer.get(..len).unwrap_or_default()) {
            Walk::Found(found) => found,
            Walk::Encoded => Match::Malformed,
        }
    }

    /// One pass over the path. `PLAIN` stops at what only the general rules can judge; else that is plain text.
    #[inline]
    fn walk<const PLAIN: bool>(&self, method: &str, path: &[u8]) -> Walk {
        if path.first() != Some(&b'/') {
            return Walk::Found(Match::Malformed);
        }
        if !self.determined {
            return self.walk_back::<PLAIN>(method, path);
        }
        let (mut state, mut at, mut count, mut malformed) = (ROOT, 1, 0, false);
        while at < path.len() {
            let segment = next_segment(path, at);
            if PLAIN && segment.odd {
                return Walk::Encoded;
            }
            let text = path.get(at..segment.end).unwrap_or_default();
            malformed |= is_malformed(text);
            count += 1;
            state = self.step(state, &segment, text);
            at = segment.end + 1;
        }
        if malformed || count > PATH_SEGMENTS_MAX {
            return Walk::Found(Match::Malformed);
        }
        Walk::Found(self.accepted(state, method).map_or(Match::Unknown, Match::Endpoint))
    }

    /// Where a segment leads.
    #[inline]
    fn step(&self, state: u32, segment: &Segment, text: &[u8]) -> u32 {
        match self.literal(state, segment, text) {
            0 => self.states.get(state as usize).map_or(0, |state| state.other),
            next => next,
        }
    }

    /// Where a segment leads as a literal; 0 is nowhere.
    #[inline]
    fn literal(&self, state: u32, segment: &Segment, text: &[u8]) -> u32 {
        let mut place = automaton::place(segment.hash, state, self.shift);
        // The table is at most half full, so an empty place comes soon.
        loop {
            let Some(edge) = self.edges.get(place) else { return 0 };
            if edge.from == state && edge.first == segment.first && edge.len as usize == text.len() {
                let same = text.len() <= 8 || {
                    let from = edge.text as usize;
                    self.text.get(from..from + text.len()) == Some(text)
                };
                if same {
                    return edge.to;
                }
            }
            if edge.from == 0 {
                return 0;
            }
            place = (place + 1) & (self.edges.len() - 1);
        }
    }

    /// The winner of a method at a state.
    #[inline]
    fn accepted(&self, state: u32, method: &str) -> Option<Target> {
        let state = self.states.get(state as usize)?;
        let from = state.accepts_from as usize;
        let accepts = self.accepts.get(from..from + state.accepts_count as usize)?;
        let number = self.method(method)?;
        let of = |number: u16| accepts.iter().find(|accept| accept.method == number).map(|accept| accept.target);
        of(number).or_else(|| if number == HEAD { of(GET) } else { None })
    }

    #[inline]
    fn method(&self, method: &str) -> Option<u16> {
        let usual = match method {
            "GET" => GET,
            "POST" => 1,
            "PUT" => 2,
            "PATCH" => 3,
            "DELETE" => 4,
            "HEAD" => HEAD,
            "OPTIONS" => 6,
            other => {
                let at = self.methods.iter().position(|known| **known == *other)?;
                return u16::try_from(METHODS.len() + at).ok();
            }
        };
        Some(usual)
    }

    /// The walk through a plain trie: literal first, and back to the parameter of the last place that has one.
    #[cold]
    fn walk_back<const PLAIN: bool>(&self, method: &str, path: &[u8]) -> Walk {
        let mut segments = [(Segment::default(), 0usize); PATH_SEGMENTS_MAX];
        let (mut at, mut count, mut malformed) = (1, 0, false);
        while at < path.len() {
            let segment = next_segment(path, at);
            if PLAIN && segment.odd {
                return Walk::Encoded;
            }
            malformed |= is_malformed(path.get(at..segment.end).unwrap_or_default());
            match segments.get_mut(count) {
                Some(slot) => *slot = (segment, at),
                None => malformed = true,
            }
            count += 1;
            at = segment.end + 1;
        }
        let Some(segments) = segments.get(..count).filter(|_| !malformed) else {
            return Walk::Found(Match::Malformed);
        };
        let found = self.climb(method, path, segments);
        let found = found.or_else(|| if method == "HEAD" { self.climb("GET", path, segments) } else { None });
        Walk::Found(found.map_or(Match::Unknown, Match::Endpoint))
    }

    fn climb(&self, method: &str, path: &[u8], segments: &[(Segment, usize)]) -> Option<Target> {
        let exact = |state: u32| {
            let state = self.states.get(state as usize)?;
            let from = state.accepts_from as usize;
            let number = self.method(method)?;
            let accepts = self.accepts.get(from..from + state.accepts_count as usize)?;
            accepts.iter().find(|accept| accept.method == number).map(|accept| accept.target)
        };
        let other = |state: u32| self.states.get(state as usize).map_or(0, |state| state.other);
        // The state before each segment, and where the parameter has been tried already.
        let mut before = [0u32; PATH_SEGMENTS_MAX];
        let mut tried = [false; PATH_SEGMENTS_MAX];
        let (mut depth, mut state) = (0, ROOT);
        loop {
            match segments.get(depth) {
                None => {
                    if let Some(target) = exact(state) {
                        return Some(target);
                    }
                    state = 0;
                }
                Some((segment, at)) => {
                    let literal = self.literal(state, segment, path.get(*at..segment.end)?);
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

enum Walk {
    Found(Match),
    /// Something is in the path that only the general rules can judge.
    Encoded,
}

#[inline]
fn is_malformed(segment: &[u8]) -> bool {
    matches!(segment, b"" | b"." | b"..")
}
