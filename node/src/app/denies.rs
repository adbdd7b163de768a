//! The deny feed: what this node has refused lately, or would have refused were the group not observing. In memory
//! and bounded; a check never waits for it, and a plain permit never comes here.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bailiwick_policy::decision::{Decision, Reason, Verdict};
use bailiwick_policy::ids::Tick;
use bailiwick_policy::name::fold;
use bailiwick_policy::view::Viewer;
use bailiwick_rpc::api::*;
use futures::future::join_all;

use super::write::now;
use super::App;
use crate::raft::peers::Purpose;
use crate::raft::wire;

/// The name of the question between nodes.
pub const TOPIC: &str = "denies";

/// Parts of the feed, each under a lock of its own: more than a node has threads that check.
const SHARDS: usize = 16;
/// Rows of a part.
const ROWS_MAX: usize = 256;
/// Rows that an org keeps in a full part at the cost of others': one that floods displaces itself.
const ORG_SHARE: usize = ROWS_MAX / 4;
/// Bytes of a path, a subject and a method that are kept: callers choose them.
const PATH_BYTES: usize = 256;
const SUBJECT_BYTES: usize = 128;
const METHOD_BYTES: usize = 16;
/// How long the other nodes have to say theirs.
const ASK_WAIT: Duration = Duration::from_secs(1);

/// What was refused, as the check had it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key<'a> {
    org: &'a str,
    subject: &'a str,
    method: &'a str,
    path: &'a str,
    reason: Reason,
    observed: bool,
}

struct Kept {
    hash: u64,
    org: Box<str>,
    subject: Box<str>,
    method: Box<str>,
    path: Box<str>,
    reason: Reason,
    observed: bool,
    count: u64,
    first: Tick,
    last: Tick,
}

impl Kept {
    fn key(&self) -> Key<'_> {
        Key { org: &self.org, subject: &self.subject, method: &self.method, path: &self.path, reason: self.reason, observed: self.observed }
    }
}

#[derive(Default)]
struct Shard {
    rows: Vec<Kept>,
    /// By org, what was in rows that had to go.
    dropped: BTreeMap<Box<str>, u64>,
}

/// The feed of one node since it started.
pub struct Feed {
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
    /// Refusals that found their part taken by another thread.
    missed: AtomicU64,
    since: Tick,
}

impl Default for Feed {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { hasher: RandomState::new(), shards, missed: AtomicU64::new(0), since: now() }
    }
}

/// The beginning of a text, cut between two characters.
fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

impl Feed {
    /// Notes a decision unless it is a plain permit. Of an org that isn't there nobody has a feed.
    pub fn note(&self, org: &str, subject: &str, method: &str, path: &str, decision: Decision) {
        let (reason, observed) = match (decision.verdict(), decision.would_deny) {
            (Verdict::Deny, _) if decision.reason == Reason::OrgUnknown => return,
            (Verdict::Deny, _) => (decision.reason, false),
            (Verdict::Permit, Some(denied)) => (denied, true),
            (Verdict::Permit, None) | (Verdict::Indeterminate, _) => return,
        };
        let (subject, method, path) = (cut(subject, SUBJECT_BYTES), cut(method, METHOD_BYTES), cut(path, PATH_BYTES));
        self.add(Key { org, subject, method, path, reason, observed }, now());
    }

    fn add(&self, key: Key<'_>, at: Tick) {
        let hash = self.hasher.hash_one(key);
        let place = usize::try_from(hash % SHARDS as u64).unwrap_or(0);
        match self.shards.get(place).map(|shard| shard.try_lock()) {
            Some(Ok(mut shard)) => shard.add(key, hash, at),
            // A part is right after every statement; whoever panicked elsewhere hasn't spoilt it.
            Some(Err(std::sync::TryLockError::Poisoned(poisoned))) => poisoned.into_inner().add(key, hash, at),
            Some(Err(std::sync::TryLockError::WouldBlock)) | None => {
                self.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// What this node alone knows of an org: the latest first.
    pub fn of(&self, org: &str, text: &str, max: usize) -> DeniesReply {
        let text = fold(text);
        let mut reply = DeniesReply { since: self.since, dropped: self.missed.load(Ordering::Relaxed), ..DeniesReply::default() };
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            reply.dropped = reply.dropped.saturating_add(shard.dropped.get(org).copied().unwrap_or(0));
            reply.rows.extend(shard.rows.iter().filter(|row| *row.org == *org).map(row).filter(|row| has(row, &text)));
        }
        latest(&mut reply.rows, max);
        reply
    }
}

impl Shard {
    fn add(&mut self, key: Key<'_>, hash: u64, at: Tick) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.hash == hash && row.key() == key) {
            row.count = row.count.saturating_add(1);
            row.last = row.last.max(at);
            return;
        }
        if self.rows.len() >= ROWS_MAX {
            self.make_room(key.org);
        }
        let Key { org, subject, method, path, reason, observed } = key;
        self.rows.push(Kept {
            hash,
            org: org.into(),
            subject: subject.into(),
            method: method.into(),
            path: path.into(),
            reason,
            observed,
            count: 1,
            first: at,
            last: at,
        });
    }

    /// Lets the least recent row go: of the newcomer's own org if that has its share.
    fn make_room(&mut self, org: &str) {
        let own = self.rows.iter().filter(|row| *row.org == *org).count() >= ORG_SHARE;
        let among = self.rows.iter().enumerate().filter(|(_, row)| !own || *row.org == *org);
        if let Some((place, _)) = among.min_by_key(|(_, row)| row.last) {
            let gone = self.rows.swap_remove(place);
            let dropped = self.dropped.entry(gone.org).or_default();
            *dropped = dropped.saturating_add(gone.count);
        }
    }
}

fn row(kept: &Kept) -> DenyRow {
    DenyRow {
        subject: kept.subject.to_string(),
        method: kept.method.to_string(),
        path: kept.path.to_string(),
        reason: kept.reason.as_str().to_owned(),
        observed: kept.observed,
        count: kept.count,
        first: kept.first,
        last: kept.last,
    }
}

fn has(row: &DenyRow, folded: &str) -> bool {
    folded.is_empty() || [&row.subject, &row.method, &row.path, &row.reason].iter().any(|field| fold(field).contains(folded))
}

fn latest(rows: &mut Vec<DenyRow>, max: usize) {
    let order = |a: &DenyRow, b: &DenyRow| {
        let name = |r: &DenyRow| (r.subject.clone(), r.method.clone(), r.path.clone());
        b.last.cmp(&a.last).then_with(|| b.count.cmp(&a.count)).then_with(|| name(a).cmp(&name(b)))
    };
    rows.sort_by(order);
    rows.truncate(if max == 0 { DENIES_MAX } else { max.min(DENIES_MAX) });
}

/// The answers of several nodes as one: what is alike adds up.
fn merged(answers: impl IntoIterator<Item = DeniesReply>, max: usize) -> DeniesReply {
    let mut whole = DeniesReply::default();
    let mut rows: BTreeMap<(String, String, String, String, bool), DenyRow> = BTreeMap::new();
    for answer in answers {
        whole.answered_by.extend(answer.answered_by);
        whole.silent.extend(answer.silent);
        whole.since = whole.since.max(answer.since);
        whole.dropped = whole.dropped.saturating_add(answer.dropped);
        for row in answer.rows {
            let key = (row.subject.clone(), row.method.clone(), row.path.clone(), row.reason.clone(), row.observed);
            match rows.entry(key) {
                std::collections::btree_map::Entry::Vacant(vacant) => {
                    vacant.insert(row);
                }
                std::collections::btree_map::Entry::Occupied(mut held) => {
                    let held = held.get_mut();
                    held.count = held.count.saturating_add(row.count);
                    held.first = held.first.min(row.first);
                    held.last = held.last.max(row.last);
                }
            }
        }
    }
    whole.rows = rows.into_values().collect();
    latest(&mut whole.rows, max);
    whole.answered_by.sort_unstable();
    whole.silent.sort_unstable();
    whole
}

impl App {
    /// What this node knows, for another that has judged who asks.
    pub fn own_denies(&self, question: &DeniesRequest) -> DeniesReply {
        let org = question.org.as_ref().map_or("", |org| org.as_str());
        DeniesReply { answered_by: vec![self.config.node], ..self.denies.of(org, &question.text, DENIES_MAX) }
    }

    /// What every node knows that answers in time; those that don't are named.
    pub async fn denies(&self, viewer: &Viewer, request: DeniesRequest) -> Result<DeniesReply, ApiError> {
        let org = self.whole_org(viewer, request.org)?;
        let question = DeniesRequest { org: Some(org), text: request.text, max: 0 };
        let bytes = wire::encode(&question).map_err(|e| ApiError::new(ApiError::BAD_REQUEST, e.to_string()))?;
        let metrics = self.consensus.metrics();
        let members = metrics.membership_config.membership();
        let others = members.nodes().filter(|(id, _)| **id != self.config.node).map(|(id, node)| {
            let (id, bytes) = (*id, bytes.clone());
            async move {
                let call = self
                    .consensus
                    .peers
                    .call((id, &node.peer), Purpose::Ask, ASK_WAIT, |client, ctx| async move { client.ask(ctx, TOPIC.to_owned(), bytes).await });
                let answer = call.await.ok().and_then(Result::ok).and_then(|bytes| wire::decode::<DeniesReply>(&bytes).ok());
                answer.unwrap_or_else(|| DeniesReply { silent: vec![id], ..DeniesReply::default() })
            }
        });
        let mut answers = join_all(others).await;
        answers.push(self.own_denies(&question));
        Ok(merged(answers, request.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key<'a>(org: &'a str, path: &'a str) -> Key<'a> {
        Key { org, subject: "till:s1/t1", method: "GET", path, reason: Reason::NeedsRead, observed: false }
    }

    #[test]
    fn alike_refusals_are_one_row_and_permits_are_none() {
        let feed = Feed::default();
        for _ in 0..3 {
            feed.note("acme", "till:s1/t1", "GET", "/v1/x", Reason::NeedsRead.into());
        }
        feed.note("acme", "till:s1/t1", "GET", "/v1/x", Decision { would_deny: Some(Reason::NeedsRead), ..Reason::PermitGroup.into() });
        feed.note("acme", "till:s1/t1", "GET", "/v1/x", Reason::PermitGroup.into());
        feed.note("acme", "till:s1/t1", "GET", "/v1/x", Reason::Behind.into());
        feed.note("nowhere", "till:s1/t1", "GET", "/v1/x", Reason::OrgUnknown.into());
        let rows = feed.of("acme", "", 0).rows;
        let seen: Vec<(bool, u64)> = rows.iter().map(|row| (row.observed, row.count)).collect();
        assert_eq!(seen, [(false, 3), (true, 1)]);
        assert!(feed.of("nowhere", "", 0).rows.is_empty());
        assert_eq!(feed.of("acme", "NEEDS", 0).rows.len(), 2);
        assert!(feed.of("acme", "v2", 0).rows.is_empty());
    }

    #[test]
    fn it_is_bounded_and_counts_what_went() {
        let feed = Feed::default();
        let rounds = 10_000u64;
        for n in 0..rounds {
            feed.add(key("acme", &format!("/{n}")), Tick(n));
        }
        let reply = feed.of("acme", "", 0);
        let kept: usize = feed.shards.iter().map(|s| s.lock().unwrap().rows.len()).sum();
        assert_eq!(kept, SHARDS * ROWS_MAX);
        assert_eq!(reply.dropped, rounds - kept as u64);
        assert_eq!(reply.rows.len(), DENIES_MAX);
        assert_eq!(reply.rows[0].path, "/9999", "the latest first");
    }

    #[test]
    fn one_org_that_floods_leaves_the_others_their_share() {
        let feed = Feed::default();
        (0..10_000).for_each(|n| feed.add(key("loud", &format!("/{n}")), Tick(n)));
        (0..500).for_each(|n| feed.add(key("quiet", &format!("/{n}")), Tick(20_000 + n)));
        (0..10_000).for_each(|n| feed.add(key("loud", &format!("/again/{n}")), Tick(30_000 + n)));
        assert_eq!(feed.of("quiet", "", 0).rows.len(), 500);
        assert_eq!(feed.of("quiet", "", 0).dropped, 0, "what is told of an org tells nothing of another");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let feed = Feed::default();
        feed.note("acme", &"ü".repeat(500), "GET", &format!("/{}", "ü".repeat(500)), Reason::PathMalformed.into());
        let rows = feed.of("acme", "", 0).rows;
        assert!(rows[0].path.len() <= PATH_BYTES && rows[0].subject.len() <= SUBJECT_BYTES);
    }

    #[test]
    fn a_check_never_waits() {
        let feed = Feed::default();
        let held: Vec<_> = feed.shards.iter().map(|s| s.lock().unwrap()).collect();
        feed.add(key("acme", "/x"), Tick(1));
        drop(held);
        let reply = feed.of("acme", "", 0);
        assert!(reply.rows.is_empty());
        assert_eq!(reply.dropped, 1);
    }

    #[test]
    fn answers_add_up() {
        let row = |count, first, last| DenyRow { subject: "store:s".into(), count, first: Tick(first), last: Tick(last), ..DenyRow::default() };
        let one = DeniesReply { rows: vec![row(2, 5, 9)], answered_by: vec![2], since: Tick(1), dropped: 1, ..DeniesReply::default() };
        let two = DeniesReply { rows: vec![row(3, 4, 6)], answered_by: vec![1], since: Tick(3), dropped: 2, ..DeniesReply::default() };
        let lost = DeniesReply { silent: vec![3], ..DeniesReply::default() };
        let whole = merged([one, two, lost], 0);
        assert_eq!(whole.rows, [row(5, 4, 9)]);
        assert_eq!((whole.answered_by, whole.silent, whole.since, whole.dropped), (vec![1, 2], vec![3], Tick(3), 3));
    }
}
