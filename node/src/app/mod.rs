//! What a node can do, whichever door asks: choose the view an answer may come from, decide, change, browse.
//! Doors parse and call; the rules are in `policy`.

pub mod advice;
pub mod audit;
pub mod browse;
pub mod check;
pub mod denies;
pub mod fresh;
pub mod members;
pub mod older;
pub mod reach;
pub mod status;
pub mod usage;
pub mod write;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bailiwick_policy::decision::Reason;
use bailiwick_policy::ids::Revision;
use bailiwick_policy::object::{Credential, CredentialKind, Secret};
use bailiwick_policy::state::State;
use bailiwick_policy::view::Viewer;
use bailiwick_rpc::api::{ApiError, At, Receipt};
use bailiwick_rpc::identity::CallerIdentity;
use bailiwick_storage::{AuditReader, Storage, View, Views};

use crate::config::Config;
use crate::metrics::Metrics;
use crate::raft::Consensus;
use denies::Feed;
use fresh::Fresh;
use older::Older;
use usage::Usage;

/// How long a question waits for a revision, a read index or a fresh round before it says that it can't tell, unless
/// its caller's deadline says how long it may.
const CHECK_WAIT: Duration = Duration::from_secs(2);
/// How long a check waits for a revision at most, however long its caller would.
const REVISION_WAIT_MAX: Duration = Duration::from_secs(30);
/// What is left of a caller's deadline for the answer to travel.
const ANSWER_MARGIN: Duration = Duration::from_millis(100);

/// A node's abilities. Cloned freely: it is a handle.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What the handle points to.
pub struct Inner {
    /// The configuration it was started with.
    pub config: Config,
    /// The views that storage publishes.
    pub views: Views,
    /// Raft, and the way to its other members.
    pub consensus: Consensus,
    /// How stale the view can be.
    pub fresh: Fresh,
    /// What it counts.
    pub metrics: Metrics,
    /// The handle on the data folder.
    pub storage: Storage,
    /// What was.
    pub audit: AuditReader,
    /// What was, as states.
    pub older: Older,
    /// What it has refused lately.
    pub denies: Feed,
    /// When grants were last used, as it saw it.
    pub usage: Usage,
    /// When it started.
    pub started: Instant,
    /// Held while this node, as the leader, changes the members: one change at a time.
    pub changing: tokio::sync::Mutex<()>,
    /// What another node said when it refused to take this one for a member.
    pub outside: arc_swap::ArcSwapOption<String>,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// A view, and how stale it can be.
pub struct Chosen {
    /// The view: one revision.
    pub view: Arc<View>,
    /// Everything acknowledged longer ago than this is in it.
    pub staleness: Duration,
}

/// Why no view can be chosen.
#[derive(Debug)]
pub enum NoView {
    /// Can't tell: a lawful answer to a check.
    Indeterminate(Reason),
    /// The question makes no sense.
    Bad(ApiError),
}

impl NoView {
    /// For doors that don't answer with decisions.
    pub fn into_api(self) -> ApiError {
        match self {
            Self::Bad(error) => error,
            Self::Indeterminate(Reason::Behind) => {
                ApiError::new(ApiError::BEHIND, "this node has not reached the revision asked for: try again, or another node")
            }
            Self::Indeterminate(Reason::Compacted) => {
                ApiError::new(ApiError::COMPACTED, "that revision is no longer held: ask for a later one")
            }
            Self::Indeterminate(reason) => {
                ApiError::new(ApiError::UNAVAILABLE, format!("{reason}: this node's state is too stale, or no leader can be asked"))
            }
        }
    }
}

impl App {
    /// Joins the parts.
    pub fn new(config: Config, views: Views, consensus: Consensus, storage: Storage, audit: AuditReader, usage: Usage) -> Self {
        Self(Arc::new(Inner {
            config,
            views,
            consensus,
            storage,
            audit,
            older: Older::default(),
            denies: Feed::default(),
            usage,
            fresh: Fresh::default(),
            metrics: Metrics::default(),
            started: Instant::now(),
            changing: tokio::sync::Mutex::default(),
            outside: arc_swap::ArcSwapOption::empty(),
        }))
    }

    /// Whom a caller's proof lets in, as of the present view: revoking takes effect with the next call.
    pub fn viewer(&self, caller: &CallerIdentity) -> Result<Viewer, ApiError> {
        let view = self.views.load();
        let token = caller.token_hash.map(Secret::TokenHash);
        let certificate = caller.certificate_fingerprint.map(Secret::CertificateFingerprint);
        let proved = || token.iter().chain(&certificate);
        let found = proved().find_map(|secret| Viewer::of_secret(&view.state, secret));
        found.inspect(|viewer| self.usage.note_credential(viewer)).ok_or_else(|| {
            let bound = Duration::from_millis(self.config.staleness_bound_ms);
            if view.state.cluster.is_some() && self.fresh.staleness().is_some_and(|s| s <= bound) {
                let why = proved().find_map(|secret| why_not(&view.state, secret));
                let why = why.unwrap_or_else(|| "this certificate or token is not that of a credential in force".to_owned());
                ApiError::new(ApiError::FORBIDDEN, why)
            } else {
                // A node that lags may not know yet what was acknowledged elsewhere.
                ApiError::new(ApiError::UNAVAILABLE, "this node's state is too stale to know the credential: try another node")
            }
        })
    }

    /// The view that an answer may come from.
    pub async fn choose(&self, at: &At) -> Result<Chosen, NoView> {
        self.choose_within(at, CHECK_WAIT).await
    }

    /// The same for a caller with a deadline: until then it may wait for a revision.
    pub async fn choose_by(&self, at: &At, deadline: Instant) -> Result<Chosen, NoView> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.choose_within(at, left.saturating_sub(ANSWER_MARGIN).min(REVISION_WAIT_MAX)).await
    }

    async fn choose_within(&self, at: &At, wait: Duration) -> Result<Chosen, NoView> {
        let bound = Duration::from_millis(self.config.staleness_bound_ms);
        match at {
            At::Local => self.within(bound),
            At::MaxStaleness(ms) => {
                let asked = Duration::from_millis(*ms).min(bound);
                match self.within(asked) {
                    Ok(chosen) => Ok(chosen),
                    Err(_) => {
                        // A round of our own: everything acknowledged before now is then in the view.
                        let refreshed = tokio::time::timeout(wait.min(CHECK_WAIT), self.refresh()).await;
                        match refreshed {
                            Ok(Ok(chosen)) => Ok(chosen),
                            Ok(Err(())) | Err(_) => Err(NoView::Indeterminate(Reason::StateUnavailable)),
                        }
                    }
                }
            }
            At::AtLeast(receipt) => {
                let revision = self.revision_of(receipt)?;
                self.reach(revision, wait).await?;
                self.within(bound)
            }
            At::Linearizable => match tokio::time::timeout(wait.min(CHECK_WAIT), self.refresh()).await {
                Ok(Ok(chosen)) => Ok(chosen),
                Ok(Err(())) | Err(_) => Err(NoView::Indeterminate(Reason::Unavailable)),
            },
            At::AtExactly(revision) => {
                if *revision > self.views.load().revision {
                    self.reach(*revision, wait).await?;
                }
                let view = self.view_of(*revision).await?;
                Ok(Chosen { view, staleness: self.fresh.staleness().unwrap_or_default() })
            }
        }
    }

    /// The present view, if it is not staler than this. The staleness is read before the view is loaded, so that
    /// the view is at least as fresh as is said.
    fn within(&self, bound: Duration) -> Result<Chosen, NoView> {
        match self.fresh.staleness() {
            Some(staleness) if staleness <= bound => Ok(Chosen { view: self.views.load(), staleness }),
            Some(_) | None => Err(NoView::Indeterminate(Reason::StateUnavailable)),
        }
    }

    /// One freshness round: asks for a read index, waits until it is applied.
    pub async fn refresh(&self) -> Result<Chosen, ()> {
        let moment = Instant::now();
        let asked = self.consensus.read_index().await;
        self.heard_of_us(&asked);
        let index = asked.map_err(|_| ())?;
        let round_trip = moment.elapsed();
        let mut progress = self.views.subscribe();
        progress.wait_for(|(applied, _)| applied.is_some_and(|a| a >= index)).await.map_err(|_| ())?;
        self.fresh.note(moment, round_trip);
        Ok(Chosen { view: self.views.load(), staleness: moment.elapsed() })
    }

    /// Waits until the view has a revision.
    async fn reach(&self, revision: Revision, wait: Duration) -> Result<(), NoView> {
        let mut progress = self.views.subscribe();
        let reached = progress.wait_for(|(_, at)| *at >= revision);
        match tokio::time::timeout(wait, reached).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(NoView::Indeterminate(Reason::Behind)),
        }
    }

    /// The revision a receipt stands for, if it is one of this cluster in this incarnation.
    fn revision_of(&self, receipt: &Receipt) -> Result<Revision, NoView> {
        let bad = |why: &str| NoView::Bad(ApiError::new(ApiError::BAD_REQUEST, format!("receipt `{receipt}`: {why}")));
        let (cluster, incarnation, revision) = receipt.parts().ok_or_else(|| bad("it is CLUSTER.INCARNATION.REVISION, as a write returned it"))?;
        let view = self.views.load();
        match &view.state.cluster {
            Some(own) if *own.id != *cluster => Err(bad("it is of another cluster")),
            Some(own) if own.incarnation != incarnation => Err(bad("it is from before a backup was restored")),
            Some(_) => Ok(revision),
            None => Err(NoView::Indeterminate(Reason::StateUnavailable)),
        }
    }

    /// The receipt of a revision.
    pub fn receipt(&self, revision: Revision) -> Receipt {
        let view = self.views.load();
        let incarnation = view.state.cluster.as_ref().map_or(0, |c| c.incarnation);
        Receipt::new(&self.config.cluster, incarnation, revision)
    }
}

/// Why a credential that was proved doesn't let in; none if none was proved. A revoked one is no credential any more.
fn why_not(state: &State, secret: &Secret) -> Option<String> {
    let credential = state.by_secret.get(secret).and_then(|id| state.credentials.get(id))?;
    let Credential { id, bounds, .. } = &**credential;
    if bounds.not_after.is_some_and(|until| until <= state.clock) {
        return Some(format!("credential `{id}` has expired: have another made"));
    }
    if !bounds.hold(state.clock) {
        return Some(format!("credential `{id}` is not in force yet"));
    }
    Some(match &credential.kind {
        CredentialKind::Application { application, .. } => format!("credential `{id}`: application `{application}` is suspended, or gone"),
        CredentialKind::User { user, .. } | CredentialKind::Invitation { user, .. } => {
            format!("credential `{id}`: user `{user}` is suspended, or gone")
        }
        CredentialKind::Operator | CredentialKind::EnforcementPoint { .. } => format!("credential `{id}`: its org is gone"),
    })
}

/// What an invitation is told that asks for anything else.
pub fn only_redeemed() -> ApiError {
    ApiError::new(ApiError::FORBIDDEN, "an invitation is turned into a credential of its user, and does nothing else")
}

/// Milliseconds of a duration, rounded up: a staleness is never understated.
pub fn millis_up(d: Duration) -> u64 {
    u64::try_from(d.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX)
}
