//! A leaf: some sixteen stores with their tills, packed into one allocation, so that a check touches few cache lines.
//!
//! ```text
//! leaf    count:u16  tag:u8 × count  bound:u16 × (count + 1)  entry × count
//! entry   flags:u8  org:varint  code length:u8  code  slot of the group plus one, 0 inherits:varint  tills
//! tills   (length and active bit:u8  code) × n; or the number of a crowd:u32
//! site    length:u8  0xff  zone plus one:varint  concept plus one:varint, at the entry's end; absent where both are none
//! ```
//!
//! A site reads as a till whose code is no text, so that looking for a till needn't know of it.
//!
//! Bounds count from the first entry. A leaf whose entries pass 64 KiB, which takes a flood of collisions, is wide:
//! the top bit of its count is set, and its bounds are `u32`. Tags only narrow the search: the full key is compared.

use std::sync::Arc;

/// The bytes of a leaf.
pub type Leaf = Arc<[u8]>;

const WIDE: u16 = 1 << 15;
const HEAD: usize = 2;

const KNOWN: u8 = 1;
const ACTIVE: u8 = 2;
const CROWDED: u8 = 4;
const OBSERVES: u8 = 8;
const TILL_ACTIVE: u8 = 1 << 7;

/// A byte that no text has: after the length of what is no till's code, but the site.
const NO_TEXT: u8 = 0xff;

/// The length of a site, and the byte that is no text.
const HEAD_OF_SITE: usize = 2;

/// A till's code has at most 50 characters, so its length fits beside the active bit.
const TILL_LEN: u8 = TILL_ACTIVE - 1;

/// What a leaf knows of a store.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    flags: u8,
    group: u32,
    tills: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The store's own record; none if only tills of it are known.
    pub fn record(self) -> Option<Record> {
        let site = self.site();
        self.is_known().then(|| Record { active: self.is_active(), group: self.group.checked_sub(1), observes: self.observes(), site })
    }

    /// Where the store lies.
    pub fn site(self) -> Site {
        let read = || {
            let (_, site) = self.split_site();
            let (zone, rest) = read_number(site.get(HEAD_OF_SITE..)?)?;
            let (concept, _) = read_number(rest)?;
            Some(Site { zone: zone.checked_sub(1), concept: concept.checked_sub(1) })
        };
        read().unwrap_or_default()
    }

    /// Its tills, and nothing else.
    pub fn own_tills(self) -> Tills<'a> {
        match self.tills() {
            Tills::Here(_) => Tills::Here(self.split_site().0),
            crowd @ Tills::Crowd(_) => crowd,
        }
    }

    /// The bytes before the site, and those of it.
    fn split_site(self) -> (&'a [u8], &'a [u8]) {
        let first = if self.flags & CROWDED != 0 { size_of::<u32>() } else { 0 };
        let tills = tills(self.tills.get(first..).unwrap_or_default()).take_while(|(code, _)| code.first() != Some(&NO_TEXT));
        let before = first + tills.map(|(code, _)| code.len() + 1).sum::<usize>();
        self.tills.split_at_checked(before).unwrap_or_default()
    }

    /// Whether the store has a record of its own.
    #[inline(always)]
    pub fn is_known(self) -> bool {
        self.flags & KNOWN != 0
    }

    /// Whether that record is active.
    #[inline(always)]
    pub fn is_active(self) -> bool {
        self.flags & ACTIVE != 0
    }

    /// Whether the explicit group only observes.
    #[inline(always)]
    pub fn observes(self) -> bool {
        self.flags & OBSERVES != 0
    }

    /// The slot of the explicit group plus one; 0 inherits.
    #[inline(always)]
    pub fn group_plus_one(self) -> u32 {
        self.group
    }

    /// Its tills; the site reads as one that nobody asks for.
    #[inline(always)]
    pub fn tills(self) -> Tills<'a> {
        match self.tills.first_chunk() {
            Some(number) if self.flags & CROWDED != 0 => Tills::Crowd(u32::from_le_bytes(*number)),
            Some(_) | None => Tills::Here(self.tills),
        }
    }
}

/// What decisions read of a store's own record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Not suspended.
    pub active: bool,
    /// The slot of its explicit group.
    pub group: Option<u32>,
    /// Whether that only observes.
    pub observes: bool,
    /// Where it lies.
    pub site: Site,
}

/// Where a store lies, by the numbers that its org gives zones and concepts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Site {
    /// Its zone.
    pub zone: Option<u32>,
    /// Its concept.
    pub concept: Option<u32>,
}

/// Tills of a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tills<'a> {
    /// In the entry itself.
    Here(&'a [u8]),
    /// Too many for an entry: the number of their table.
    Crowd(u32),
}

/// The key of an entry: its org's number and the store's code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key<'a> {
    /// Number of the org.
    pub org: u32,
    /// Code of the store.
    pub store: &'a [u8],
}

/// Finds a store.
#[inline(always)]
pub fn find<'a>(leaf: &'a [u8], tag: u8, key: Key<'_>) -> Option<Entry<'a>> {
    let shape = Shape::of(leaf)?;
    let Some(mut hits) = shape.hits(tag) else { return find_in_any(leaf, tag, key) };
    while hits != 0 {
        let (found, rest) = split_key(shape.entry(hits.trailing_zeros() as usize)?)?;
        if found.org == key.org && same(found.store, key.store) {
            return parse(rest);
        }
        hits &= hits - 1;
    }
    None
}

/// Finds a store in a leaf that is very small or very large.
#[inline(never)]
fn find_in_any<'a>(leaf: &'a [u8], tag: u8, key: Key<'_>) -> Option<Entry<'a>> {
    let (_, entry) = position(leaf, tag, key)?;
    read(entry)
}

/// The bytes of the first entry with this tag: most likely the one that is looked for.
#[inline(always)]
pub fn likely(leaf: &[u8], tag: u8) -> Option<&[u8]> {
    let shape = Shape::of(leaf)?;
    let hits = shape.hits(tag)?;
    if hits == 0 { None } else { shape.entry(hits.trailing_zeros() as usize) }
}

/// Where an entry stands, and its bytes.
pub fn position<'a>(leaf: &'a [u8], tag: u8, key: Key<'_>) -> Option<(usize, &'a [u8])> {
    let shape = Shape::of(leaf)?;
    let mut from = 0;
    while let Some(at) = shape.next_tag(from, tag) {
        let entry = shape.entry(at)?;
        if split_key(entry)?.0 == key {
            return Some((at, entry));
        }
        from = at + 1;
    }
    None
}

/// The entry of these bytes.
pub fn read(entry: &[u8]) -> Option<Entry<'_>> {
    parse(split_key(entry)?.1)
}

/// The entries with their tags, in order.
pub fn entries(leaf: &[u8]) -> impl Iterator<Item = (u8, &[u8])> + Clone {
    let shape = Shape::of(leaf);
    let count = shape.map_or(0, |shape| shape.count);
    (0..count).filter_map(move |at| shape.and_then(|shape| Some((*shape.leaf.get(HEAD + at)?, shape.entry(at)?))))
}

/// The key of these bytes of an entry.
pub fn key(entry: &[u8]) -> Option<Key<'_>> {
    Some(split_key(entry)?.0)
}

/// Packs entries into a leaf; none is no leaf.
pub fn pack<'a>(entries: impl Iterator<Item = (u8, &'a [u8])> + Clone) -> Option<Leaf> {
    let count = entries.clone().count();
    let bytes: usize = entries.clone().map(|(_, entry)| entry.len()).sum();
    let wide = bytes > usize::from(u16::MAX);
    let bound = if wide { 4 } else { 2 };
    let mut leaf = Vec::with_capacity(HEAD + count + bound * (count + 1) + bytes);
    // A leaf can't hold 32,768 entries before memory is gone: growing splits a bucket for every sixteen.
    let head = u16::try_from(count).ok().filter(|count| *count > 0 && *count < WIDE)?;
    leaf.extend((head | if wide { WIDE } else { 0 }).to_le_bytes());
    leaf.extend(entries.clone().map(|(tag, _)| tag));
    let mut end = 0u32;
    leaf.extend(end.to_le_bytes().get(..bound)?);
    for (_, entry) in entries.clone() {
        end += u32::try_from(entry.len()).ok()?;
        leaf.extend(end.to_le_bytes().get(..bound)?);
    }
    for (_, entry) in entries {
        leaf.extend(entry);
    }
    Some(leaf.into())
}

/// Appends the bytes of an entry.
pub fn write(out: &mut Vec<u8>, key: Key<'_>, record: Option<Record>, tills: Tills<'_>) {
    let mut flags = 0;
    if let Some(record) = record {
        flags |= KNOWN;
        flags |= if record.active { ACTIVE } else { 0 };
        flags |= if record.observes { OBSERVES } else { 0 };
    }
    flags |= if matches!(tills, Tills::Crowd(_)) { CROWDED } else { 0 };
    out.push(flags);
    write_number(out, key.org);
    out.push(u8::try_from(key.store.len()).unwrap_or(u8::MAX));
    out.extend(key.store);
    write_number(out, record.and_then(|record| record.group).map_or(0, |slot| slot.saturating_add(1)));
    match tills {
        Tills::Here(bytes) => out.extend(bytes),
        Tills::Crowd(number) => out.extend(number.to_le_bytes()),
    }
    let site = record.map(|record| record.site).unwrap_or_default();
    if site != Site::default() {
        let mut code = vec![NO_TEXT];
        for number in [site.zone, site.concept] {
            write_number(&mut code, number.map_or(0, |number| number.saturating_add(1)));
        }
        write_till(out, &code, false);
    }
}

/// Appends a till to the tills of an entry.
pub fn write_till(out: &mut Vec<u8>, code: &[u8], active: bool) {
    let len = u8::try_from(code.len()).unwrap_or(TILL_LEN) & TILL_LEN;
    out.push(len | if active { TILL_ACTIVE } else { 0 });
    out.extend(code);
}

/// Whether a till in the bytes of an entry is active; none if it isn't there.
#[inline(always)]
pub fn till(bytes: &[u8], code: &[u8]) -> Option<bool> {
    let mut rest = bytes;
    loop {
        let (head, tail) = rest.split_first()?;
        let (till, tail) = tail.split_at_checked(usize::from(head & TILL_LEN))?;
        if same(till, code) {
            return Some(head & TILL_ACTIVE != 0);
        }
        rest = tail;
    }
}

/// The tills in the bytes of an entry: code and whether active.
pub fn tills(bytes: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (head, tail) = rest.split_first()?;
        let (code, tail) = tail.split_at_checked(usize::from(head & TILL_LEN))?;
        rest = tail;
        Some((code, head & TILL_ACTIVE != 0))
    })
}

/// A leaf with its count read.
#[derive(Clone, Copy)]
struct Shape<'a> {
    leaf: &'a [u8],
    count: usize,
    wide: bool,
}

impl<'a> Shape<'a> {
    #[inline(always)]
    fn of(leaf: &'a [u8]) -> Option<Self> {
        let head = u16::from_le_bytes(*leaf.first_chunk()?);
        Some(Self { leaf, count: usize::from(head & !WIDE), wide: head & WIDE != 0 })
    }

    /// A bit for each entry that may have this tag, and for each that has; none if the leaf has more than 32 entries,
    /// or fewer bytes of tags to read. All at once, so that nothing has to be guessed.
    #[inline(always)]
    fn hits(self, tag: u8) -> Option<u32> {
        const ONES: u64 = u64::MAX / 255;
        const GATHER: u64 = 0x0102_0408_1020_4080;
        let tags: &[u8; 32] = self.leaf.get(HEAD..)?.first_chunk()?;
        if self.count > 32 {
            return None;
        }
        let mut hits = 0;
        for (eight, shift) in tags.as_chunks::<8>().0.iter().zip([0, 8, 16, 24]) {
            let differing = u64::from_le_bytes(*eight) ^ (u64::from(tag) * ONES);
            // The top bit of each byte that equals the tag; rarely of one above it that doesn't.
            let equal = differing.wrapping_sub(ONES) & !differing & (ONES << 7);
            hits |= ((equal >> 7).wrapping_mul(GATHER) >> 56) << shift;
        }
        // Behind the tags stand the bounds.
        Some((hits & ((1 << self.count) - 1)) as u32)
    }

    /// The first entry from a place on whose tag is this.
    fn next_tag(self, from: usize, tag: u8) -> Option<usize> {
        (from..self.count).find(|at| self.leaf.get(HEAD + at) == Some(&tag))
    }

    #[inline(always)]
    fn entry(self, at: usize) -> Option<&'a [u8]> {
        if self.wide {
            return self.wide_entry(at);
        }
        // Both bounds at once.
        let bounds = u32::from_le_bytes(*self.leaf.get(HEAD + self.count + 2 * at..)?.first_chunk()?);
        let base = HEAD + 3 * self.count + 2;
        self.leaf.get(base + (bounds & 0xffff) as usize..base + (bounds >> 16) as usize)
    }

    #[cold]
    fn wide_entry(self, at: usize) -> Option<&'a [u8]> {
        let bounds = u64::from_le_bytes(*self.leaf.get(HEAD + self.count + 4 * at..)?.first_chunk()?);
        let base = HEAD + 5 * self.count + 4;
        self.leaf.get(base + (bounds as u32) as usize..base + (bounds >> 32) as usize)
    }
}

/// Whether two texts are equal, without a call for short ones.
#[inline(always)]
fn same(left: &[u8], right: &[u8]) -> bool {
    #[inline(always)]
    fn ends<const N: usize>(left: &[u8], right: &[u8]) -> bool {
        left.first_chunk::<N>() == right.first_chunk::<N>() && left.last_chunk::<N>() == right.last_chunk::<N>()
    }
    // The first and the last bytes may overlap; together they are all.
    left.len() == right.len()
        && match left.len() {
            8..=16 => ends::<8>(left, right),
            4..=7 => ends::<4>(left, right),
            2..=3 => ends::<2>(left, right),
            _other => left == right,
        }
}

/// An entry's key, and the rest of it with its flags.
#[inline(always)]
fn split_key(entry: &[u8]) -> Option<(Key<'_>, (u8, &[u8]))> {
    let (flags, rest) = entry.split_first()?;
    let (org, rest) = read_number(rest)?;
    let (len, rest) = rest.split_first()?;
    let (store, rest) = rest.split_at_checked(usize::from(*len))?;
    Some((Key { org, store }, (*flags, rest)))
}

#[inline(always)]
fn parse((flags, rest): (u8, &[u8])) -> Option<Entry<'_>> {
    let (group, tills) = read_number(rest)?;
    Some(Entry { flags, group, tills })
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn write_number(out: &mut Vec<u8>, mut number: u32) {
    while let [low, ..] = number.to_le_bytes()
        && number > 0x7f
    {
        out.push(low | 0x80);
        number >>= 7;
    }
    let [low, ..] = number.to_le_bytes();
    out.push(low);
}

#[inline(always)]
fn read_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first < 0x80 { Some((u32::from(*first), rest)) } else { read_long_number(*first, rest) }
}

#[inline(never)]
fn read_long_number(first: u8, mut rest: &[u8]) -> Option<(u32, &[u8])> {
    let mut number = u32::from(first & 0x7f);
    let (mut last, mut shift) = (first, 7);
    while last & 0x80 != 0 {
        let (next, tail) = rest.split_first()?;
        number |= u32::from(next & 0x7f).checked_shl(shift)?;
        (last, rest, shift) = (*next, tail, shift + 7);
    }
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_round_trip_through_a_leaf() {
        let mut tills_bytes = Vec::new();
        write_till(&mut tills_bytes, b"t1", true);
        write_till(&mut tills_bytes, "T".repeat(50).as_bytes(), false);
        let numbers = [0u32, 1, 127, 128, 16_383, 16_384, u32::MAX];
        let mut packed = Vec::new();
        for (i, org) in numbers.iter().enumerate() {
            let store = "s".repeat(i + 1);
            let site = Site { zone: (i > 2).then_some(*org / 3), concept: (i % 2 == 1).then_some(7) };
            let record = Some(Record { active: i % 2 == 0, group: (i % 3 != 0).then_some(*org / 2), observes: i % 4 == 1, site });
            let tills = if i == 3 { Tills::Crowd(7) } else { Tills::Here(&tills_bytes) };
            let mut bytes = Vec::new();
            write(&mut bytes, Key { org: *org, store: store.as_bytes() }, record.filter(|_| i != 5), tills);
            packed.push((store, *org, record.filter(|_| i != 5), tills, bytes));
        }
        // The same tag for all: only the full key tells them apart.
        let leaf = pack(packed.iter().map(|(.., bytes)| (9, &**bytes))).expect("not empty");
        for (store, org, record, tills, bytes) in &packed {
            let key = Key { org: *org, store: store.as_bytes() };
            let found = find(&leaf, 9, key).expect("packed");
            assert_eq!((found.record(), found.own_tills()), (*record, *tills));
            assert_eq!(position(&leaf, 9, key).map(|(_, found)| found), Some(&**bytes));
            assert!(find(&leaf, 8, key).is_none());
            assert!(find(&leaf, 9, Key { org: *org, store: b"other" }).is_none());
        }
        let read: Vec<_> = tills(&tills_bytes).map(|(code, active)| (code.len(), active)).collect();
        assert_eq!(read, [(2, true), (50, false)]);
        assert!(pack(std::iter::empty()).is_none());
    }

    #[test]
    fn a_leaf_of_more_than_64_kib_is_wide() {
        let entries: Vec<(u8, Vec<u8>)> = (0..2_000u32)
            .map(|i| {
                let mut bytes = Vec::new();
                let store = format!("{i:0>50}");
                write(&mut bytes, Key { org: 1, store: store.as_bytes() }, None, Tills::Here(&[]));
                (0, bytes)
            })
            .collect();
        let leaf = pack(entries.iter().map(|(tag, bytes)| (*tag, &**bytes))).expect("not empty");
        for i in 0..2_000u32 {
            assert!(find(&leaf, 0, Key { org: 1, store: format!("{i:0>50}").as_bytes() }).is_some());
        }
        assert_eq!(super::entries(&leaf).count(), 2_000);
    }
}
