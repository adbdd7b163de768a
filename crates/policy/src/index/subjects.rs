//! Stores and tills by their keys: buckets of packed leaves, found by a seeded hash, growing by linear hashing.
//!
//! One bucket is split for every sixteen stores that come in, never all at once. The seed is drawn from the history of
//! the state, so nobody can aim at a bucket, and it shows in no answer.

use std::hash::Hasher;
use std::sync::Arc;

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;
use imbl::OrdMap;

use super::blocks::{BLOCK, Blocks};
use super::leaf::{self, Key, Leaf, Record, Tills};
use super::prefetch;
use crate::ids::TillCode;

/// Stores per bucket, on average.
const LOAD: usize = 16;

/// Bytes that tags and bounds of a leaf take, as a rule.
const HEAD_BYTES: usize = 3 * LOAD + 16;

/// Bytes of tills that an entry may hold; more go to a table of their own. Some fifty tills, read in 50 ns.
const TILL_BYTES_MAX: usize = 240;

/// A block of buckets, behind one pointer.
type Row = Arc<[Option<Leaf>; BLOCK]>;

/// Stores and tills.
#[derive(Clone, Debug)]
pub struct Subjects {
    seed: SharedSeed,
    /// The buckets, in rows.
    rows: Blocks<Row>,
    /// Number of buckets.
    buckets: usize,
    /// Number of stores.
    stores: usize,
    /// Tills of stores with very many, by number: whether active, by code.
    crowds: OrdMap<u32, OrdMap<TillCode, bool>>,
    /// The number of the next crowd.
    next_crowd: u32,
}

/// A store that is looked for: its hash, and its leaf once that is known.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    slot: Option<&'a Option<Leaf>>,
    hash: u64,
}

/// What is known of a till.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TillState {
    /// No such till.
    Unknown,
    /// It is suspended.
    Suspended,
    /// It may pass.
    Active,
}

impl Subjects {
    /// Where a store would be. Asks for the memory of the pointer to its leaf, but waits for none.
    #[inline(always)]
    pub fn probe(&self, key: Key<'_>) -> Probe<'_> {
        let hash = hash(&self.seed, key);
        let slot = self.slot(bucket(hash, self.buckets));
        if let Some(slot) = slot {
            prefetch::value(slot);
        }
        Probe { slot, hash }
    }

    /// Whether a till is known and active.
    #[inline(always)]
    pub fn till(&self, tills: Tills<'_>, code: &[u8]) -> TillState {
        let active = match tills {
            Tills::Here(bytes) => leaf::till(bytes, code),
            Tills::Crowd(number) => self.of_crowd(number, code),
        };
        match active {
            None => TillState::Unknown,
            Some(false) => TillState::Suspended,
            Some(true) => TillState::Active,
        }
    }

    #[inline(never)]
    fn of_crowd(&self, number: u32, code: &[u8]) -> Option<bool> {
        self.crowds.get(&number)?.get(std::str::from_utf8(code).ok()?).copied()
    }

    /// Sets a store's own record, or takes it away; its tills stay.
    pub fn put_record(&mut self, key: Key<'_>, record: Option<Record>) {
        let place = self.place(key);
        let old = place.entry();
        let tills = old.map_or(Tills::Here(&[]), leaf::Entry::own_tills);
        if old.and_then(leaf::Entry::record) == record {
            return;
        }
        let new = packed(key, record, tills);
        self.replace(&place, new.as_deref());
    }

    /// Sets whether a till is active, or takes it away.
    pub fn put_till(&mut self, key: Key<'_>, code: &TillCode, active: Option<bool>) {
        let place = self.place(key);
        let old = place.entry();
        let record = old.and_then(leaf::Entry::record);
        let mut bytes = Vec::new();
        let tills = match old.map_or(Tills::Here(&[]), leaf::Entry::own_tills) {
            Tills::Here(old) => {
                for (till, was) in leaf::tills(old).filter(|(till, _)| *till != code.as_str().as_bytes()) {
                    leaf::write_till(&mut bytes, till, was);
                }
                if let Some(active) = active {
                    leaf::write_till(&mut bytes, code.as_str().as_bytes(), active);
                }
                if bytes == old {
                    return;
                }
                if bytes.len() > TILL_BYTES_MAX { self.crowd(&bytes) } else { Tills::Here(&bytes) }
            }
            Tills::Crowd(number) => {
                let crowd = self.crowds.entry(number).or_default();
                match active {
                    Some(active) => crowd.insert(code.clone(), active),
                    None => crowd.remove(code),
                };
                if !crowd.is_empty() {
                    return;
                }
                self.crowds.remove(&number);
                Tills::Here(&[])
            }
        };
        let new = packed(key, record, tills);
        self.replace(&place, new.as_deref());
    }

    /// Forgets an org's stores and tills: an org that is made again starts with none.
    pub fn purge(&mut self, org: u32) {
        let of_org = |entry: &[u8]| leaf::key(entry).is_some_and(|key| key.org == org);
        for at in 0..self.buckets {
            let Some(Some(old)) = self.slot(at).cloned() else { continue };
            let gone: Vec<_> = leaf::entries(&old).filter(|(_, entry)| of_org(entry)).map(|(_, entry)| entry).collect();
            if gone.is_empty() {
                continue;
            }
            for entry in &gone {
                if let Some(Tills::Crowd(number)) = leaf::read(entry).map(leaf::Entry::tills) {
                    self.crowds.remove(&number);
                }
            }
            self.stores = self.stores.saturating_sub(gone.len());
            let kept = leaf::pack(leaf::entries(&old).filter(|(_, entry)| !of_org(entry)));
            self.set(at, kept);
        }
    }

    /// Bytes of leaves and of the pointers to them, without what the allocator adds.
    pub fn bytes(&self) -> usize {
        let leaves: usize = (0..self.buckets).filter_map(|at| Some(self.slot(at)?.as_ref()?.len() + 16)).sum();
        leaves + self.rows.len() * (size_of::<[Option<Leaf>; BLOCK]>() + 16)
    }

    /// Number of stores, those counted of which only tills are known.
    pub fn len(&self) -> usize {
        self.stores
    }

    #[inline(always)]
    fn slot(&self, bucket: usize) -> Option<&Option<Leaf>> {
        self.rows.get(bucket / BLOCK)?.get(bucket % BLOCK)
    }

    fn set(&mut self, bucket: usize, leaf: Option<Leaf>) {
        let slot = self.rows.get_mut(bucket / BLOCK).and_then(|row| Arc::make_mut(row).get_mut(bucket % BLOCK));
        if let Some(slot) = slot {
            *slot = leaf;
        }
    }

    fn place(&self, key: Key<'_>) -> Place {
        let hash = hash(&self.seed, key);
        let bucket = bucket(hash, self.buckets);
        let leaf = self.slot(bucket).cloned().flatten();
        let at = leaf.as_deref().and_then(|leaf| leaf::position(leaf, tag(hash), key)).map(|(at, _)| at);
        Place { bucket, tag: tag(hash), leaf, at }
    }

    /// Puts an entry where another was, or where none was; none takes away what was there.
    fn replace(&mut self, place: &Place, new: Option<&[u8]>) {
        let old = place.leaf.as_deref().unwrap_or_default();
        let kept = |at: usize| Some(at) != place.at;
        let others = leaf::entries(old).enumerate().filter(|(at, _)| kept(*at)).map(|(_, entry)| entry);
        let packed = leaf::pack(others.chain(new.map(|new| (place.tag, new))));
        self.set(place.bucket, packed);
        match (place.at, new) {
            (None, Some(_)) => {
                self.stores += 1;
                if self.stores > self.buckets * LOAD {
                    self.split();
                }
            }
            (Some(_), None) => self.stores = self.stores.saturating_sub(1),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    /// Adds a bucket, and moves to it what belongs there from the one bucket that it is split from.
    fn split(&mut self) {
        let new = self.buckets;
        let old = new & !(new + 1).next_power_of_two().div_euclid(2);
        let leaf = self.slot(old).cloned().flatten();
        let stays = |entry: &[u8]| {
            leaf::key(entry).is_none_or(|key| bucket(hash(&self.seed, key), new + 1) == old)
        };
        let entries = || leaf::entries(leaf.as_deref().unwrap_or_default());
        let (here, there) =
            (leaf::pack(entries().filter(|(_, e)| stays(e))), leaf::pack(entries().filter(|(_, e)| !stays(e))));
        if new.is_multiple_of(BLOCK) {
            self.rows.push(empty_row());
        }
        self.buckets += 1;
        self.set(old, here);
        self.set(new, there);
    }

    /// Moves tills to a table of their own.
    fn crowd(&mut self, bytes: &[u8]) -> Tills<'static> {
        let number = self.next_crowd;
        self.next_crowd = self.next_crowd.wrapping_add(1);
        let codes = leaf::tills(bytes).filter_map(|(till, active)| {
            Some((std::str::from_utf8(till).ok()?.parse().ok()?, active))
        });
        self.crowds.insert(number, codes.collect());
        Tills::Crowd(number)
    }
}

impl<'a> Probe<'a> {
    /// The hash of the store and its org.
    #[inline(always)]
    pub fn hash(self) -> u64 {
        self.hash
    }

    /// Asks for the memory of the leaf.
    #[inline(always)]
    pub fn prefetch(self) {
        if let Some(Some(leaf)) = self.slot {
            prefetch::bytes(leaf);
        }
    }

    /// Asks for the memory of the leaf's tags and bounds.
    #[inline(always)]
    pub fn prefetch_head(self) {
        if let Some(Some(leaf)) = self.slot {
            prefetch::bytes(leaf.get(..HEAD_BYTES).unwrap_or(leaf));
        }
    }

    /// Asks for the memory of the entry.
    #[inline(always)]
    pub fn prefetch_entry(self) {
        if let Some(entry) = self.slot.and_then(|slot| leaf::likely(slot.as_deref()?, tag(self.hash))) {
            prefetch::bytes(entry);
        }
    }

    /// The store, if it is known.
    #[inline(always)]
    pub fn find(self, key: Key<'_>) -> Option<leaf::Entry<'a>> {
        leaf::find(self.slot?.as_deref()?, tag(self.hash), key)
    }
}

/// Where an entry is, or would be; holds its leaf, so that the tree can change meanwhile.
struct Place {
    bucket: usize,
    tag: u8,
    leaf: Option<Leaf>,
    at: Option<usize>,
}

impl Place {
    fn entry(&self) -> Option<leaf::Entry<'_>> {
        let bytes = leaf::entries(self.leaf.as_deref()?).nth(self.at?)?.1;
        leaf::read(bytes)
    }
}

/// Makes the subjects of a whole state at once.
#[derive(Debug)]
pub struct Builder {
    subjects: Subjects,
    bytes: Vec<u8>,
    /// Hash, and where the entry ends in `bytes`; it starts where the one before ends.
    entries: Vec<(u64, usize)>,
}

impl Builder {
    /// Nothing yet.
    pub fn new(seed: u64) -> Self {
        let subjects = Subjects {
            seed: SharedSeed::from_u64(seed),
            rows: Blocks::new([]),
            buckets: 0,
            stores: 0,
            crowds: OrdMap::new(),
            next_crowd: 0,
        };
        Self { subjects, bytes: Vec::new(), entries: Vec::new() }
    }

    /// Adds a store that isn't there yet, with its tills.
    pub fn add<'a>(&mut self, key: Key<'_>, record: Option<Record>, tills: impl Iterator<Item = (&'a TillCode, bool)>) {
        let mut bytes = Vec::new();
        for (code, active) in tills {
            leaf::write_till(&mut bytes, code.as_str().as_bytes(), active);
        }
        let tills = if bytes.len() > TILL_BYTES_MAX { self.subjects.crowd(&bytes) } else { Tills::Here(&bytes) };
        leaf::write(&mut self.bytes, key, record, tills);
        self.entries.push((hash(&self.subjects.seed, key), self.bytes.len()));
    }

    /// The subjects.
    pub fn finish(self) -> Subjects {
        let Self { mut subjects, bytes, entries } = self;
        subjects.stores = entries.len();
        subjects.buckets = entries.len().div_ceil(LOAD).max(1);
        let mut start = 0;
        let mut sorted: Vec<(usize, u8, &[u8])> = entries
            .iter()
            .filter_map(|(hash, end)| {
                let entry = bytes.get(std::mem::replace(&mut start, *end)..*end)?;
                Some((bucket(*hash, subjects.buckets), tag(*hash), entry))
            })
            .collect();
        sorted.sort_by_key(|(bucket, ..)| *bucket);
        let mut rest = &*sorted;
        let mut next_leaf = |at: usize| {
            let (here, after) = rest.split_at(rest.iter().take_while(|(bucket, ..)| *bucket == at).count());
            rest = after;
            leaf::pack(here.iter().map(|(_, tag, entry)| (*tag, *entry)))
        };
        let rows = subjects.buckets.div_ceil(BLOCK);
        subjects.rows = Blocks::new((0..rows).map(|row| {
            let row: Row = Arc::new(std::array::from_fn(|at| next_leaf(row * BLOCK + at)));
            row
        }));
        subjects
    }
}

/// The bytes of an entry; none if nothing is left to know.
fn packed(key: Key<'_>, record: Option<Record>, tills: Tills<'_>) -> Option<Vec<u8>> {
    if record.is_none() && tills == Tills::Here(&[]) {
        return None;
    }
    let mut bytes = Vec::new();
    leaf::write(&mut bytes, key, record, tills);
    Some(bytes)
}

#[inline(always)]
fn hash(seed: &SharedSeed, key: Key<'_>) -> u64 {
    let mut hasher = FoldHasher::with_seed(u64::from(key.org), seed);
    hasher.write(key.store);
    hasher.finish()
}

/// The bucket of a hash among so many: the low bits, one less of them for buckets that aren't split yet.
#[inline(always)]
fn bucket(hash: u64, buckets: usize) -> usize {
    // As `next_power_of_two() - 1`, without its check for overflow.
    let mask = usize::MAX >> (buckets.wrapping_sub(1) | 1).leading_zeros();
    // Only the low bits count, so a narrower word loses nothing.
    let low = (hash as usize) & mask;
    if low < buckets { low } else { low & (mask >> 1) }
}

/// The top byte of a hash: the bucket is made of the low bits.
#[inline(always)]
fn tag(hash: u64) -> u8 {
    (hash >> 56) as u8
}

fn empty_row() -> Row {
    Arc::new([const { None }; BLOCK])
}
