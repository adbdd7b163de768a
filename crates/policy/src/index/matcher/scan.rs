//! Reads the next segment of a path, eight bytes at a time: where it ends, its hash, and whether anything in sight
//! needs the general rules.

/// A segment that was read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Segment {
    /// Where it ends in the path.
    pub end: usize,
    /// Its first eight bytes, filled with zeros.
    pub first: u64,
    /// Its hash.
    pub hash: u64,
    /// A `%`, `?` or NUL is in it or shortly behind.
    pub odd: bool,
}

const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES << 7;
const SLASHES: u64 = ONES * b'/' as u64;

/// Reads the segment that starts at a place.
#[inline]
pub fn next_segment(path: &[u8], start: usize) -> Segment {
    let mut segment = Segment { end: start, ..Segment::default() };
    loop {
        let word = load(path, segment.end);
        segment.odd |= (hits(word, b'%') | hits(word, b'?') | hits(word, 0)) != 0;
        let slashes = hits(word, b'/');
        let here = slashes.trailing_zeros() / 8;
        // Without a slash all eight bytes count, and the shift below would be too far.
        let word = if slashes == 0 { word } else { word & ((1 << (8 * here)) - 1) };
        if segment.end == start {
            segment.first = word;
        }
        if slashes == 0 {
            segment.hash = mix(segment.hash, word);
            segment.end += 8;
        } else {
            segment.end += here as usize;
            segment.hash = mix(segment.hash, word ^ (u64::from(here) << 56));
            return segment;
        }
    }
}

/// The hash of a literal, by the same steps.
pub fn of_literal(literal: &[u8]) -> Segment {
    next_segment(literal, 0)
}

/// Eight bytes from a place on; slashes stand beyond the end.
#[inline]
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

/// The top bit of each byte that equals this one. The lowest is exact; those above may be false, as borrows run.
#[inline]
fn hits(word: u64, byte: u8) -> u64 {
    let differing = word ^ (ONES * u64::from(byte));
    differing.wrapping_sub(ONES) & !differing & HIGHS
}

/// Folds a word into a hash. Literals come from the org's own catalogue, so no seed is needed.
#[inline]
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
