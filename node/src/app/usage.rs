//! When grants were last used. A check that permits passes a sieve; what is new waits in a queue, and is judged again off
//! the hot path, each minute and whenever somebody asks. Marks are this node's own: a question asks all nodes.

mod counts;
mod queue;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bailiwick_policy::decision::Request;
use bailiwick_policy::ids::{OrgCode, Tick};
use bailiwick_policy::index::Trace;
use bailiwick_policy::state::State;
use bailiwick_policy::usage::{self, Sieve, Used};
use bailiwick_policy::view::Viewer;
use bailiwick_rpc::api::*;
use bailiwick_storage::{UsageRead, UsageStore};
use futures::future::{join, join_all};
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use self::counts::Counts;
use self::queue::{Noted, Owned, Queue};
use super::write::now;
use super::{App, NoView};
use crate::raft::peers::Purpose;
use crate::raft::wire;

/// The name of the question between nodes.
pub const TOPIC: &str = "usage";

/// How often what is new is looked at, and the sieve forgets: what a mark is exact to.
const ROUND: Duration = Duration::from_secs(60);
/// How long one look at the queue may take before others get their turn at the marks.
const LOOK_MAX: Duration = Duration::from_millis(300);
/// How long a node that ends may look at what is left.
const LAST_LOOK_MAX: Duration = Duration::from_secs(5);
/// How long the other nodes have to say their marks: a look, and the way.
const ASK_WAIT: Duration = Duration::from_secs(2);
/// Grants that one page of unused ones looks through: what the question to the others bears.
const SCAN_MAX: usize = 4_096;
/// Requests between two looks at the clock.
const CLOCK_EVERY: usize = 64;
/// Milliseconds of a minute, and of a day.
const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// What one node knows of grants being used.
pub struct Usage {
    sieve: Sieve,
    queue: Mutex<Queue>,
    /// Uses that found no room in the queue, and aren't in the window yet.
    missed: AtomicU64,
    counts: Mutex<Counts>,
}

/// Which marks, of another node.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub struct MarksAsked {
    org: String,
    grants: Vec<String>,
}

/// They: the place of a grant among those asked about, its first use and its last.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub struct MarksTold {
    window: UsageWindow,
    marks: Vec<(u64, Tick, Tick)>,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // Both are right after every statement; whoever panicked elsewhere hasn't spoilt them.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn minute_of(at: Tick) -> u32 {
    u32::try_from(at.0 / MINUTE_MS).unwrap_or(u32::MAX)
}

impl Usage {
    /// With what the node's database held.
    pub fn new((store, read): (UsageStore, UsageRead)) -> Self {
        Self {
            sieve: Sieve::new(rand::random()),
            queue: Mutex::default(),
            missed: AtomicU64::new(0),
            counts: Mutex::new(Counts::new(store, read)),
        }
    }

    /// Notes what a permit rests on.
    #[inline]
    pub fn note(&self, request: &Request<'_>, trace: Trace) {
        if self.sieve.is_new(request, trace) {
            self.keep(|| Noted::Request(Box::new(Owned::of(request))));
        }
    }

    /// Notes a credential that let somebody in. Those of the platform are no org's.
    pub fn note_credential(&self, viewer: &Viewer) {
        if let Some(org) = viewer.org()
            && self.sieve.is_new_name(viewer.credential.as_str())
        {
            self.keep(|| Noted::Credential(org.clone(), viewer.credential.clone()));
        }
    }

    #[cold]
    fn keep(&self, noted: impl FnOnce() -> Noted) {
        let noted = noted();
        if !locked(&self.queue).add(minute_of(now()), noted) {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Looks at what is new, as far as there is time, and writes what came of it. Returns how much is left.
    fn look(&self, state: &State, patience: Duration) -> usize {
        let until = Instant::now() + patience;
        let mut counts = locked(&self.counts);
        counts.miss(self.missed.swap(0, Ordering::Relaxed));
        let mut waiting = locked(&self.queue).take().into_iter();
        let mut looked = 0usize;
        for (minute, noted) in waiting.by_ref() {
            match &noted {
                Noted::Request(owned) => {
                    if let Some(request) = owned.request() {
                        usage::of(state, &request).iter().for_each(|grant| counts.mark(request.org, &grant.key(), minute));
                    }
                }
                Noted::Credential(org, id) => counts.mark(org.as_str(), &Used::Credential(id.clone()).key(), minute),
            }
            looked += 1;
            if looked.is_multiple_of(CLOCK_EVERY) && Instant::now() >= until {
                break;
            }
        }
        // What is left goes back, with the minute that it is of. What has come meanwhile is for the next look.
        let (left, missed): (Vec<bool>, Vec<bool>) = {
            let mut queue = locked(&self.queue);
            waiting.map(|(minute, noted)| queue.add(minute, noted)).partition(|kept| *kept)
        };
        counts.miss(missed.len() as u64);
        counts.write();
        left.len()
    }

    /// The marks of some grants, and what they are to be measured by.
    fn told(&self, node: u64, asked: &MarksAsked, pending: usize) -> MarksTold {
        let counts = locked(&self.counts);
        let window = counts.window();
        let tick = |minute: u32| Tick(u64::from(minute) * MINUTE_MS);
        let marks = asked.grants.iter().zip(0u64..).filter_map(|(grant, place)| {
            let mark = counts.of(&asked.org, grant)?;
            Some((place, tick(mark.first), tick(mark.last)))
        });
        let missed = window.missed.saturating_add(self.missed.load(Ordering::Relaxed));
        MarksTold { marks: marks.collect(), window: UsageWindow { node, since: window.since, missed, pending: pending as u64 } }
    }
}

/// A grant with the marks of all nodes.
fn row(grant: &Used, mark: Option<(Tick, Tick)>) -> UsageRow {
    UsageRow { kind: grant.kind().to_owned(), grant: grant.to_string(), first: mark.map(|(first, _)| first), last: mark.map(|(_, last)| last) }
}

/// One page of what the nodes told about some grants: those that are wanted, as many as fit; and the grant that the next
/// page comes after.
fn page(grants: &[Used], more: bool, told: &[MarksTold], unused_before: Option<Tick>, max: usize) -> (Vec<UsageRow>, Option<String>) {
    let mut marks: Vec<Option<(Tick, Tick)>> = vec![None; grants.len()];
    for (place, first, last) in told.iter().flat_map(|told| &told.marks) {
        if let Some(mark) = usize::try_from(*place).ok().and_then(|place| marks.get_mut(place)) {
            *mark = Some(mark.map_or((*first, *last), |(a, b)| (a.min(*first), b.max(*last))));
        }
    }
    let mut rows = Vec::new();
    let mut last = None;
    for (grant, mark) in grants.iter().zip(marks) {
        if rows.len() >= max {
            return (rows, last.map(Used::key));
        }
        last = Some(grant);
        if unused_before.is_none_or(|before| mark.is_none_or(|(_, last)| last < before)) {
            rows.push(row(grant, mark));
        }
    }
    (rows, last.filter(|_| more).map(Used::key))
}

fn ended(error: tokio::task::JoinError) -> ApiError {
    ApiError::new(ApiError::UNAVAILABLE, format!("looking through the grants ended early: {error}"))
}

impl App {
    /// Looks at what is new, off the threads that answer. Returns how much is left.
    async fn look_at_use(&self, patience: Duration) -> usize {
        let app = self.clone();
        let looked = tokio::task::spawn_blocking(move || app.usage.look(&app.views.load().state, patience));
        looked.await.unwrap_or(0)
    }

    /// Forgets the marks of grants that are gone, where there are many.
    async fn prune_use(&self) {
        let app = self.clone();
        let prune = move || {
            let mut counts = locked(&app.usage.counts);
            if counts.prune_due() {
                // Under the lock, so that nothing in there was judged by a later state.
                let view = app.views.load();
                let granted = |code: &str| Some(usage::listed(&view.state, view.state.orgs.get(code)?, None, None, usize::MAX).grants);
                counts.prune(|code| granted(code).unwrap_or_default().iter().map(Used::key).collect());
                counts.write();
            }
        };
        if let Err(error) = tokio::task::spawn_blocking(prune).await {
            warn!(%error, "looking for grants that are gone ended early");
        }
    }

    /// What this node knows, for another that has judged who asks.
    pub async fn own_usage(&self, asked: &MarksAsked) -> MarksTold {
        let pending = self.look_at_use(LOOK_MAX).await;
        self.usage.told(self.config.node, asked, pending)
    }

    /// A page of an org's grants with the marks of every node that answers in time; those that don't are named.
    pub async fn usage(&self, viewer: &Viewer, request: UsageRequest) -> Result<UsageReply, ApiError> {
        if let Some(why) = request.of.as_deref().and_then(usage::unknown_kind) {
            return Err(ApiError::new(ApiError::BAD_REQUEST, why));
        }
        let org = self.whole_org(viewer, request.org)?;
        let view = self.choose(&At::Local).await.map_err(NoView::into_api)?.view;
        let max = if request.max == 0 { USAGE_PAGE_MAX } else { request.max.min(USAGE_PAGE_MAX) };
        let scan = if request.unused_days.is_some() { SCAN_MAX } else { max };
        let revision = view.revision;
        let (about, of, cursor) = (org.clone(), request.of, request.cursor);
        let listing = tokio::task::spawn_blocking(move || {
            let state = view.state.orgs.get(&about)?;
            Some(usage::listed(&view.state, state, of.as_deref(), cursor.as_deref(), scan))
        });
        let gone = || ApiError::new(ApiError::NOT_FOUND, format!("org_unknown: there is no org `{org}`"));
        let listed = listing.await.map_err(ended)?.ok_or_else(gone)?;
        let (told, silent) = self.marks(&org, &listed.grants).await?;
        let unused_before = request.unused_days.map(|days| Tick(now().0.saturating_sub(u64::from(days).saturating_mul(DAY_MS))));
        let (rows, next) = page(&listed.grants, listed.more, &told, unused_before, max);
        let mut windows: Vec<UsageWindow> = told.into_iter().map(|told| told.window).collect();
        windows.sort_by_key(|window| window.node);
        let since = windows.iter().map(|window| window.since).max().unwrap_or_default();
        Ok(UsageReply { rows, next, windows, silent, since, revision })
    }

    /// The marks of some grants, of every node; and the nodes that were silent.
    async fn marks(&self, org: &OrgCode, grants: &[Used]) -> Result<(Vec<MarksTold>, Vec<u64>), ApiError> {
        let asked = MarksAsked { org: org.to_string(), grants: grants.iter().map(Used::key).collect() };
        let bytes = wire::encode(&asked).map_err(|e| ApiError::new(ApiError::BAD_REQUEST, e.to_string()))?;
        let metrics = self.consensus.metrics();
        let members = metrics.membership_config.membership();
        let others = members.nodes().filter(|(id, _)| **id != self.config.node).map(|(id, node)| {
            let (id, bytes) = (*id, bytes.clone());
            async move {
                let ask = || {
                    let bytes = bytes.clone();
                    self.consensus
                        .peers
                        .call((id, &node.peer), Purpose::Ask, ASK_WAIT, |client, ctx| async move { client.ask(ctx, TOPIC.to_owned(), bytes).await })
                };
                let answered = async || ask().await.ok().and_then(Result::ok).and_then(|bytes| wire::decode::<MarksTold>(&bytes).ok());
                // Twice, if there is time: the first to ask a node that came back finds the connection to its former life.
                let twice = async {
                    match answered().await {
                        Some(marks) => Some(marks),
                        None => answered().await,
                    }
                };
                let answer = timeout(ASK_WAIT, twice).await.ok().flatten();
                answer.ok_or(id)
            }
        });
        let (answers, own) = join(join_all(others), self.own_usage(&asked)).await;
        let (mut told, mut silent) = (vec![own], Vec::new());
        for answer in answers {
            match answer {
                Ok(marks) => told.push(marks),
                Err(id) => silent.push(id),
            }
        }
        silent.sort_unstable();
        Ok((told, silent))
    }

    /// Looks at what is left before the node ends.
    pub async fn end_use(&self) {
        let until = Instant::now() + LAST_LOOK_MAX;
        while self.look_at_use(LOOK_MAX).await > 0 && Instant::now() < until {}
    }
}

/// Looks at what is new, minute by minute, until stopped.
pub async fn rounds(app: App, stop: CancellationToken) {
    let mut ticks = interval(ROUND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        // First, so that what is used on is new once in every minute.
        app.usage.sieve.forget();
        while app.look_at_use(LOOK_MAX).await > 0 && !stop.is_cancelled() {}
        app.prune_use().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_policy::decision::Subject;
    use bailiwick_policy::object::CredentialKind;

    fn usage() -> Usage {
        Usage::new(UsageStore::memory(Tick(MINUTE_MS)))
    }

    fn user(id: &str) -> Used {
        Used::User(id.parse().unwrap())
    }

    fn told(marks: &[(u64, u64, u64)]) -> MarksTold {
        let marks = marks.iter().map(|(place, first, last)| (*place, Tick(*first), Tick(*last))).collect();
        MarksTold { marks, ..MarksTold::default() }
    }

    #[test]
    fn what_repeats_is_kept_once_and_what_finds_no_room_is_counted() {
        let usage = usage();
        for _ in 0..3 {
            for n in 0..queue::ORG_MAX + 10 {
                let id = format!("s/{n}");
                // A sieve that is asked so much forgets some of it: what is in the queue twice is only looked at twice.
                usage.note(&Request::call("acme", Subject::User(&id), "GET", "/x"), Trace::default());
            }
        }
        assert_eq!(locked(&usage.queue).len(), queue::ORG_MAX);
        let missed = usage.told(1, &MarksAsked::default(), 0).window.missed;
        assert!(missed >= 10, "{missed}");
        usage.look(&State::default(), LOOK_MAX);
        assert_eq!(usage.told(1, &MarksAsked::default(), 0).window.missed, missed, "it is told whether or not it was looked at");
    }

    #[test]
    fn a_look_that_has_no_time_leaves_the_rest_for_the_next() {
        let usage = usage();
        for n in 0..3 * CLOCK_EVERY {
            let id = format!("s/{n}");
            usage.note(&Request::call("acme", Subject::User(&id), "GET", "/x"), Trace::default());
        }
        let state = State::default();
        let left: Vec<usize> = (0..4).map(|_| usage.look(&state, Duration::ZERO)).collect();
        assert_eq!(left, [2 * CLOCK_EVERY, CLOCK_EVERY, 0, 0]);
        assert_eq!(usage.told(1, &MarksAsked::default(), 0).window.missed, 0);
    }

    #[test]
    fn a_credential_is_marked_once_a_minute_and_operators_are_no_orgs() {
        let usage = usage();
        let org: OrgCode = "acme".parse().unwrap();
        let viewer = |id: &str, kind| Viewer { credential: id.parse().unwrap(), label: "".into(), kind };
        let point = viewer("pos-1", CredentialKind::EnforcementPoint { org: org.clone() });
        usage.note_credential(&point);
        usage.note_credential(&point);
        usage.note_credential(&viewer("op", CredentialKind::Operator));
        assert_eq!(locked(&usage.queue).len(), 1);
        usage.look(&State::default(), LOOK_MAX);
        let asked = MarksAsked { org: org.to_string(), grants: ["op", "pos-1"].map(|id| Used::Credential(id.parse().unwrap()).key()).into() };
        let told = usage.told(7, &asked, 0);
        assert_eq!(told.marks.iter().map(|(place, ..)| *place).collect::<Vec<_>>(), [1]);
        assert_eq!((told.window.node, told.window.since), (7, Tick(MINUTE_MS)));
    }

    #[test]
    fn marks_of_several_nodes_are_one_from_the_first_to_the_last() {
        let grants = [user("ann"), user("bob"), user("cy")];
        let (rows, next) = page(&grants, false, &[told(&[(0, 5, 9), (9, 1, 1)]), told(&[(0, 3, 4), (2, 7, 7)])], None, 10);
        let seen: Vec<_> = rows.iter().map(|row| (row.grant.as_str(), row.first, row.last)).collect();
        assert_eq!(seen, [("user `ann`", Some(Tick(3)), Some(Tick(9))), ("user `bob`", None, None), ("user `cy`", Some(Tick(7)), Some(Tick(7)))]);
        assert_eq!(next, None);
    }

    #[test]
    fn a_page_of_unused_ones_goes_on_where_it_stopped_even_if_it_is_empty() {
        let grants = [user("ann"), user("bob"), user("cy")];
        let used = [told(&[(0, 5, 9), (1, 5, 9)])];
        let names = |rows: &[UsageRow]| rows.iter().map(|row| row.grant.clone()).collect::<Vec<_>>();
        let (rows, next) = page(&grants, true, &used, Some(Tick(9)), 10);
        assert_eq!((names(&rows), next), (vec!["user `cy`".to_owned()], Some(user("cy").key())));
        let (rows, next) = page(&grants[..2], true, &used, Some(Tick(9)), 10);
        assert_eq!((names(&rows), next), (vec![], Some(user("bob").key())), "empty, and it goes on");
        let (rows, next) = page(&grants, false, &used, Some(Tick(10)), 1);
        assert_eq!((names(&rows), next), (vec!["user `ann`".to_owned()], Some(user("ann").key())), "full, and it goes on");
    }
}
