//! Reads the segments of a path one after the other, eight bytes at a time: where each ends, its hash, and whether
//! there is anything that only the general rules can judge.

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
    /// Not zero if the general rules must judge the path: a `%`, `?` or NUL is in the segment or shortly behind, or it
    /// is empty, `.` or `..`, or looks much like these.
    pub odd: u64,
}

const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES << 7;
const SLASHES: u64 = ONES * b'/' as u64;

/// Reads the segment that starts at a place.
#[inline(always)]
pub fn next_segment(path: &[u8], start: usize) -> Segment {
    let word = load(path, start);
    let (first, len) = until_slash(word);
    const DOTS: u64 = b'.' as u64 * 0x0101;
    let odd = oddities(word) | u64::from(first | DOTS == DOTS);
    if len < 8 {
        return Segment { end: start + len, first, second: 0, hash: mix(len as u64, first), odd };
    }
    let word = load(path, start + 8);
    let odd = odd | oddities(word);
    let (second, len) = until_slash(word);
    let mut segment = Segment { end: start + 8 + len, first, second, hash: mix(mix(8, first), second), odd };
    if len == 8 {
        finish_long(path, &mut segment);
    }
    segment
}

/// Reads on in a segment of sixteen bytes or more.
#[inline(never)]
fn finish_long(path: &[u8], segment: &mut Segment) {
    loop {
        let word = load(path, segment.end);
        segment.odd |= oddities(word);
        let (word, len) = until_slash(word);
        segment.hash = mix(segment.hash ^ len as u64, word);
        segment.end += len;
        if len < 8 {
            return;
        }
    }
}

/// Not zero if one of the bytes needs the general rules: `%`, `?` or NUL.
#[inline(always)]
fn oddities(word: u64) -> u64 {
    let (percent, question) = (word ^ (ONES * b'%' as u64), word ^ (ONES * b'?' as u64));
    // A byte that is zero borrows; which one doesn't matter here.
    let hits = |word: u64| word.wrapping_sub(ONES) & !word;
    (hits(percent) | hits(question) | hits(word)) & HIGHS
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
