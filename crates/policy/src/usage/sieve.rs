//! What was noted lately: a table of fingerprints that threads share without a lock. A request that is in it costs a
//! hash and a cache line, and writes nothing, so that threads don't take the line from each other.
//!
//! A call by a store or a till is looked up as what it uses, by the numbers that its decision had at hand: a cell of a
//! group, and the group's allocation to the store where it has one of its own. So a million tills that call the same
//! endpoints under the default take no more room than one of them. Any other request is looked up by its texts.
//!
//! It forgets: a fingerprint may be pushed out by others, and its request is then new once more. It never takes a new
//! request for a noted one, but for equal fingerprints of 64 bits under a seed that no caller knows.

use std::hash::Hasher;
use std::hint::select_unpredictable;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use foldhash::SharedSeed;
use foldhash::fast::FoldHasher;

use crate::decision::{Ask, Request, Subject};
use crate::index::{Index, Trace};

/// Fingerprints in a bucket: a cache line. Fewer would push each other out long before the table is full.
const WAYS: usize = 8;
/// Buckets at most, a power of two: with all ways as many fingerprints as an org's share of the queue, in half a megabyte.
const BUCKETS: usize = 1 << 13;
/// Buckets in use at first, a power of two. Waiting for memory is most of what a look costs, so few fingerprints are to
/// lie close together.
const BUCKETS_FIRST: usize = 1 << 7;

#[repr(align(64))]
#[derive(Default)]
struct Bucket([AtomicU64; WAYS]);

/// The table.
pub struct Sieve {
    /// For texts.
    seed: SharedSeed,
    /// For numbers: a factor, and what is mixed into both halves. As secret as the seed.
    keys: [u64; 3],
    /// Buckets in use, less one: twice as many when as much was noted as an eighth of the places, so that a quarter of them is
    /// taken at most. Half of the fingerprints have another bucket then, and are new once more.
    mask: AtomicUsize,
    /// Noted since then.
    noted: AtomicUsize,
    buckets: Box<[Bucket]>,
}

impl std::fmt::Debug for Sieve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sieve").finish_non_exhaustive()
    }
}

impl Sieve {
    /// An empty one. The seed is to be unknown to callers.
    pub fn new(seed: u64) -> Self {
        let shared = SharedSeed::from_u64(seed);
        let key = |number: u64| {
            let mut hasher = FoldHasher::with_seed(seed, &shared);
            hasher.write_u64(number);
            hasher.finish()
        };
        // An odd factor maps different groups to different numbers.
        let keys = [key(1) | 1, key(2), key(3)];
        Self { seed: shared, keys, mask: AtomicUsize::new(BUCKETS_FIRST - 1), noted: AtomicUsize::new(0), buckets: (0..BUCKETS).map(|_| Bucket::default()).collect() }
    }

    /// Forgets everything: what comes next is new.
    pub fn forget(&self) {
        self.buckets.iter().flat_map(|Bucket(ways)| ways).for_each(|way| way.store(0, Ordering::Relaxed));
        self.noted.store(0, Ordering::Relaxed);
    }

    /// Whether a permitted request is new; it is noted by that.
    #[inline]
    pub fn is_new(&self, request: &Request<'_>, trace: Trace) -> bool {
        if Index::is_call_of_place(request) {
            let call = self.print_of(trace.call());
            // One branch, that is as good as never taken: what rests on no allocation looks the call up twice.
            let allocation = select_unpredictable(trace.is_allocated(), self.print_of(trace.allocation()), call);
            if self.is_at_home(call) & self.is_at_home(allocation) {
                return false;
            }
            let new_call = self.note(call);
            return self.note(allocation) || new_call;
        }
        self.note(self.print(request, trace))
    }

    /// The same of anything that has a name: a credential that let somebody in.
    #[inline]
    pub fn is_new_name(&self, name: &str) -> bool {
        let mut hasher = self.hasher();
        hasher.write_u8(0xff);
        hasher.write(name.as_bytes());
        self.note(hasher.finish())
    }

    #[inline]
    fn hasher(&self) -> FoldHasher<'_> {
        FoldHasher::with_seed(0, &self.seed)
    }

    /// Of numbers: a product of both halves, folded, as foldhash does with longer texts; some ten instructions.
    #[inline]
    fn print_of(&self, [numbering, what, group]: [u64; 3]) -> u64 {
        let [spread, left, right] = self.keys;
        let what = what ^ group.wrapping_mul(spread) ^ left;
        let numbering = numbering ^ right;
        let product = u128::from(what).wrapping_mul(u128::from(numbering));
        (product as u64) ^ ((product >> 64) as u64)
    }

    #[inline]
    fn print(&self, request: &Request<'_>, trace: Trace) -> u64 {
        let mut hasher = self.hasher();
        hasher.write(request.org.as_bytes());
        let (kind, id) = match request.subject {
            Subject::Store(id) => (0, id),
            Subject::Till(id) => (1, id),
            Subject::User(id) => (2, id),
            Subject::Application(id) => (3, id),
        };
        // Lengths keep one text's end from being the next one's beginning.
        hasher.write_u64((id.len() as u64) << 32 | kind);
        hasher.write(id.as_bytes());
        match request.ask {
            Ask::Endpoint { .. } => {
                trace.call().into_iter().for_each(|part| hasher.write_u64(part));
            }
            Ask::Module { module, action } => {
                hasher.write_u64(0x100 | action as u64);
                hasher.write(module.as_bytes());
            }
            Ask::Scope { scope } => {
                hasher.write_u64(0x200);
                hasher.write(scope.as_bytes());
            }
            Ask::Entity { entity, action } => {
                hasher.write_u64(0x300 | action as u64);
                hasher.write(entity.as_bytes());
            }
        }
        // Nothing of a context changes what permits a store or a till.
        if kind > 1 {
            let flags = [request.context.instance, is_own(request), request.context.place.is_some()];
            hasher.write_u64(flags.into_iter().fold(0, |bits, flag| bits << 1 | u64::from(flag)));
            hasher.write(request.context.place.unwrap_or_default().as_bytes());
        }
        hasher.finish()
    }

    /// Its bucket, and its own way in it, where it most often is.
    #[inline]
    fn place(&self, print: u64) -> Option<(&[AtomicU64; WAYS], &AtomicU64)> {
        let Bucket(ways) = self.buckets.get(usize::try_from(print >> 1).unwrap_or(0) & self.mask.load(Ordering::Relaxed))?;
        Some((ways, ways.get(usize::try_from(print >> 61).unwrap_or(0) % WAYS)?))
    }

    #[inline]
    fn is_at_home(&self, print: u64) -> bool {
        self.place(print).is_some_and(|(_, home)| home.load(Ordering::Relaxed) == print | 1)
    }

    /// Whether it is new; it is noted by that. An empty place is 0, which no fingerprint is.
    fn note(&self, print: u64) -> bool {
        let print = print | 1;
        let Some((ways, home)) = self.place(print) else { return true };
        if ways.iter().any(|way| way.load(Ordering::Relaxed) == print) {
            return false;
        }
        let empty = |way: &&AtomicU64| way.load(Ordering::Relaxed) == 0;
        Some(home).filter(empty).or_else(|| ways.iter().find(empty)).unwrap_or(home).store(print, Ordering::Relaxed);
        self.grow();
        true
    }

    fn grow(&self) {
        let mask = self.mask.load(Ordering::Relaxed);
        let noted = self.noted.fetch_add(1, Ordering::Relaxed);
        if mask + 1 < BUCKETS && noted > (mask + 1) * WAYS / 8 {
            self.noted.store(0, Ordering::Relaxed);
            // Another thread may have done the same meanwhile: then that counts, once.
            let _grown = self.mask.compare_exchange(mask, 2 * mask + 1, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}

/// Whether the instance is said to be the subject's own, as decisions read it (AC-18).
fn is_own(request: &Request<'_>) -> bool {
    let named = [request.context.created_by, request.context.assigned_to];
    named.into_iter().flatten().any(|named| match request.subject {
        Subject::User(id) => named.strip_prefix("user:").unwrap_or(named) == id,
        Subject::Application(id) => named.strip_prefix("application:") == Some(id),
        Subject::Store(_) | Subject::Till(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Context;

    fn request(subject: Subject<'_>) -> Request<'_> {
        Request::call("acme", subject, "GET", "/a")
    }

    #[test]
    fn what_was_noted_is_new_no_more_until_it_is_forgotten() {
        let sieve = Sieve::new(7);
        let asked = request(Subject::User("s/t"));
        assert!(sieve.is_new(&asked, Trace::default()));
        assert!(!sieve.is_new(&asked, Trace::default()));
        assert!(sieve.is_new(&request(Subject::Application("s/t")), Trace::default()), "another kind of subject");
        assert!(sieve.is_new(&request(Subject::User("s/u")), Trace::default()), "another user");
        assert!(sieve.is_new_name("pos") && !sieve.is_new_name("pos"));
        sieve.forget();
        assert!(sieve.is_new(&asked, Trace::default()) && sieve.is_new_name("pos"));
    }

    #[test]
    fn a_context_makes_another_request_of_people_only() {
        let sieve = Sieve::new(7);
        let at = |subject, place| Request { context: Context { place: Some(place), ..Context::default() }, ..request(subject) };
        assert!(sieve.is_new(&at(Subject::User("bob"), "store:a"), Trace::default()));
        assert!(sieve.is_new(&at(Subject::User("bob"), "store:b"), Trace::default()));
        assert!(sieve.is_new(&at(Subject::Till("s/t"), "store:a"), Trace::default()));
        assert!(!sieve.is_new(&at(Subject::Till("s/t"), "store:b"), Trace::default()));
        let own = |name| Request { context: Context { created_by: Some(name), ..Context::default() }, ..request(Subject::User("bob")) };
        assert!(sieve.is_new(&own("ann"), Trace::default()));
        assert!(!sieve.is_new(&own("cy"), Trace::default()), "one that isn't bob's is like another");
        assert!(sieve.is_new(&own("user:bob"), Trace::default()));
    }

    /// However much is asked, it stays as large as it is; and what is pushed out is new again, never lost.
    #[test]
    fn it_is_bounded_and_never_takes_what_is_new_for_known() {
        let sieve = Sieve::new(7);
        for n in 0..4 * BUCKETS * WAYS {
            let id = format!("s/{n}");
            assert!(sieve.is_new(&request(Subject::User(&id)), Trace::default()), "{id}");
        }
        assert_eq!((sieve.buckets.len(), sieve.mask.load(Ordering::Relaxed)), (BUCKETS, BUCKETS - 1));
    }

    #[test]
    fn it_grows_with_what_is_noted_and_each_is_new_a_few_times_at_most() {
        let sieve = Sieve::new(7);
        let ids: Vec<String> = (0..4_096).map(|n| format!("u{n}")).collect();
        let new = || ids.iter().filter(|id| sieve.is_new(&request(Subject::User(id)), Trace::default())).count();
        assert_eq!(new(), ids.len());
        let again: Vec<usize> = (0..4).map(|_| new()).collect();
        assert!(again.iter().sum::<usize>() < 2 * ids.len() && again.last().is_some_and(|new| new * 100 < ids.len()), "{again:?}");
        assert!((BUCKETS_FIRST..BUCKETS - 1).contains(&sieve.mask.load(Ordering::Relaxed)));
    }
}
