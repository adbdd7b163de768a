//! Reads a path eight and sixteen bytes at a time: whether it has anything that only the general rules can judge,
//! and its segments one after the other, each with its hash.

/// A segment that was read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Segment {
    /// Where it ends in the path.
    pub end: usize,
    /// Its bytes up to the eighth, filled with zeros.
    pub first: u64,
    /// Its bytes from the ninth to the sixteenth, filled with zeros.
    pub second: u64,
    /// Its hash.
    pub hash: u64,
}

impl Segment {
    /// Empty, `.` or `..`: a path with such a segment is malformed. There is no NUL in a path that gets here.
    #[inline(always)]
    pub fn is_malformed(&self) -> bool {
        const DOT: u64 = b'.' as u64;
        const DOTS: u64 = DOT << 8 | DOT;
        matches!(self.first, 0 | DOT | DOTS)
    }
}

const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES << 7;
const SLASHES: u64 = ONES * b'/' as u64;

/// Whether a path has an escape, a query or a NUL.
#[inline(always)]
pub fn is_odd(path: &[u8]) -> bool {
    let Some(last) = path.last_chunk::<16>() else { return path.iter().any(|byte| odd(*byte) != 0) };
    // Sixteen at a time without a branch becomes vector code; the last sixteen may overlap those before.
    let mut found = [0u8; 16];
    for chunk in path.as_chunks::<16>().0.iter().chain(std::iter::once(last)) {
        for (found, byte) in found.iter_mut().zip(chunk) {
            *found |= odd(*byte);
        }
    }
    u128::from_le_bytes(found) != 0
}

#[inline(always)]
fn odd(byte: u8) -> u8 {
    u8::from(byte == b'%') | u8::from(byte == b'?') | u8::from(byte == 0)
}

/// Reads the segment that starts at a place.
#[inline(always)]
pub fn next_segment(path: &[u8], start: usize) -> Segment {
    let (first, len) = until_slash(load(path, start));
    if len < 8 {
        return Segment { end: start + len, first, second: 0, hash: mix(len as u64, first) };
    }
    let (second, len) = until_slash(load(path, start + 8));
    let mut segment = Segment { end: start + 8 + len, first, second, hash: mix(mix(8, first), second) };
    if len == 8 {
        finish_long(path, &mut segment);
    }
    segment
}

/// Reads on in a segment of sixteen bytes or more.
#[inline(never)]
fn finish_long(path: &[u8], segment: &mut Segment) {
    loop {
        let (word, len) = until_slash(load(path, segment.end));
        segment.hash = mix(segment.hash ^ len as u64, word);
        segment.end += len;
        if len < 8 {
            return;
        }
    }
}

/// The bytes of a word before its first slash, and how many they are.
#[inline(always)]
fn until_slash(word: u64) -> (u64, usize) {
    let differing = word ^ SLASHES;
    // The lowest hit is exact; those above may be false, as borrows run.
    let hits = differing.wrapping_sub(ONES) & !differing & HIGHS;
    if hits == 0 {
        return (word, 8);
    }
    let below = hits ^ hits.wrapping_sub(1);
    // `below` reaches up to the top bit of the slash itself, which is shifted out.
    (word & (below >> 8), (hits.trailing_zeros() / 8) as usize)
}

/// The segment that a literal is.
pub fn of_literal(literal: &[u8]) -> Segment {
    next_segment(literal, 0)
}

/// Eight bytes from a place on; slashes stand beyond the end.
#[inline(always)]
fn load(path: &[u8], at: usize) -> u64 {
    if let Some(eight) = path.get(at..).and_then(|rest| rest.first_chunk()) {
        return u64::from_le_bytes(*eight);
    }
    let have = path.len().saturating_sub(at);
    if have == 0 {
        return SLASHES;
    }
    let fill = SLASHES << (8 * have);
    match path.last_chunk() {
        // The last eight bytes of the path, those before the place shifted out.
        Some(eight) => (u64::from_le_bytes(*eight) >> (8 * (8 - have))) | fill,
        None => {
            let bytes = path.get(at..).unwrap_or_default();
            bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)) | fill
        }
    }
}

/// Folds a word into a hash. Literals come from the org's own catalogue, so no seed is needed.
#[inline(always)]
fn mix(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
    (product as u64) ^ ((product >> 64) as u64)
}

/// The bytes of a path, each escape decoded once. The path has been checked: a broken escape ends it.
#[derive(Debug)]
pub struct Decoded<'a> {
    rest: std::slice::Iter<'a, u8>,
}

impl<'a> Decoded<'a> {
    /// Of this path.
    pub fn new(path: &'a [u8]) -> Self {
        Self { rest: path.iter() }
    }
}

impl Iterator for Decoded<'_> {
    type Item = u8;
    fn next(&mut self) -> Option<u8> {
        let byte = *self.rest.next()?;
        if byte != b'%' {
            return Some(byte);
        }
        let mut digit = || char::from(*self.rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        Some(digit()? * 16 + digit()?)
    }
}
