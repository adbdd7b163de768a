//! What callers and nodes say to each other: the messages of the four services.
//!
//! The wire is lenient: fields have defaults, unknown ones are ignored, reasons and codes are open strings, so that
//! a newer node and an older console understand each other. A command is the exception: it travels as bytes that the
//! door decodes strictly, because half-understood it would mean something else.

use std::fmt;

use bailiwick_policy::ids::{OrgCode, Revision, Tick};
use bailiwick_policy::query::{Item, Window};
use serde::{Deserialize, Serialize};

mod change;
mod check;
mod members;
mod usage;

pub use change::*;
pub use check::*;
pub use members::*;
pub use usage::*;

pub use crate::insight::*;
pub use crate::services::{Admin, AdminClient, Browse, BrowseClient, Check, CheckClient, Cluster, ClusterClient};

/// Names of the services, as the preface gives them.
pub const SERVICES: [&str; 4] = ["check", "admin", "browse", "cluster"];

/// Milliseconds by which the deadline of a long poll exceeds its wait.
pub const LONG_POLL_SLACK_MS: u64 = 3_000;
/// Milliseconds that a watch may wait at most.
pub const WATCH_WAIT_MS_MAX: u64 = 30_000;
/// Checks in one `check_many` at most.
pub const CHECKS_MAX: usize = 10_000;

/// Which state an answer may come from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// A consistent prefix, not staler than the node's bound.
    #[default]
    Local,
    /// Everything acknowledged more than so many milliseconds ago.
    MaxStaleness(u64),
    /// The change that returned this receipt.
    AtLeast(Receipt),
    /// A read index taken after the request arrived.
    Linearizable,
    /// Exactly this revision.
    AtExactly(Revision),
}

/// What a write returns: opaque to callers, `CLUSTER.INCARNATION.REVISION` to nodes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Receipt(pub String);

impl Receipt {
    /// Makes one.
    pub fn new(cluster: &str, incarnation: u64, revision: Revision) -> Self {
        Self(format!("{cluster}.{incarnation}.{revision}"))
    }

    /// Takes it apart: cluster, incarnation, revision.
    pub fn parts(&self) -> Option<(&str, u64, Revision)> {
        let (rest, revision) = self.0.rsplit_once('.')?;
        let (cluster, incarnation) = rest.rsplit_once('.')?;
        Some((cluster, incarnation.parse().ok()?, Revision(revision.parse().ok()?)))
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a call could not be answered. Not a rejection: those are outcomes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ApiError {
    /// One of the identifiers below, or one that a newer node knows.
    pub code: String,
    /// A sentence: what, where, and the remedy.
    pub message: String,
}

impl ApiError {
    /// The request can't be read: a bad id, an unknown field of a command, a text too long.
    pub const BAD_REQUEST: &'static str = "bad_request";
    /// The credential may not ask this.
    pub const FORBIDDEN: &'static str = "forbidden";
    /// What is asked for isn't there, or not to be seen.
    pub const NOT_FOUND: &'static str = "not_found";
    /// No leader could be asked, or the node's state is too stale. Nothing was proposed.
    pub const UNAVAILABLE: &'static str = "unavailable";
    /// The node has not reached the revision asked for.
    pub const BEHIND: &'static str = "behind";
    /// The revision asked for is no longer held.
    pub const COMPACTED: &'static str = "compacted";
    /// The node admits no more work now. Nothing was proposed.
    pub const OVERLOADED: &'static str = "overloaded";
    /// The disk is nearly full: what grows is refused, what takes away is not.
    pub const DISK_FULL: &'static str = "disk_full";
    /// A change of members was begun, and what became of it isn't known: asking for the same again is safe.
    pub const OUTCOME_UNKNOWN: &'static str = "outcome_unknown";
    /// The node is a member already, and not as asked.
    pub const NODE_KNOWN: &'static str = "node_known";
    /// The id was a node's that was removed; ids are never used again.
    pub const NODE_RETIRED: &'static str = "node_retired";
    /// No member has this id.
    pub const NODE_UNKNOWN: &'static str = "node_unknown";
    /// The node to be added has a log of its own already.
    pub const NODE_NOT_EMPTY: &'static str = "node_not_empty";
    /// Another member has this address.
    pub const ADDRESS_TAKEN: &'static str = "address_taken";
    /// Leadership is for voters, and the node is a learner.
    pub const NOT_VOTER: &'static str = "not_voter";
    /// The learner lacks too much of the log, or was not heard lately.
    pub const LEARNER_BEHIND: &'static str = "learner_behind";
    /// The voter that leadership was to move to lacks too much of the log, or was not heard lately.
    pub const VOTER_BEHIND: &'static str = "voter_behind";
    /// Too few of the voters were heard lately for the change to be safe.
    pub const QUORUM_AT_RISK: &'static str = "quorum_at_risk";
    /// Without this voter there would be none.
    pub const LAST_VOTER: &'static str = "last_voter";

    /// Makes one.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ApiError {}

/// Who the caller is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WhoAmI {
    /// The credential's id.
    pub credential: String,
    /// What it is for.
    pub label: String,
    /// `operator`, `user`, `enforcement_point`, `application` or `invitation`.
    pub kind: String,
    /// The org it is bound to.
    #[serde(default)]
    pub org: Option<OrgCode>,
    /// The user it is of.
    #[serde(default)]
    pub user: Option<String>,
    /// The application it is a key of.
    #[serde(default)]
    pub application: Option<String>,
    /// From when it no longer lets in, in replicated time.
    #[serde(default)]
    pub until: Option<Tick>,
    /// The cluster.
    pub cluster: String,
    /// The node that answered.
    pub node: u64,
}

/// Rows of a list.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ListReply {
    /// The rows.
    pub window: Window,
    /// The revision they are of.
    pub revision: Revision,
    /// How stale that can be, in milliseconds.
    pub staleness_ms: u64,
}

/// One object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GetReply {
    /// The object, as a list would show it.
    pub item: Item,
    /// The revision it is of.
    pub revision: Revision,
    /// How stale that can be, in milliseconds.
    pub staleness_ms: u64,
}

/// A long poll for what changes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WatchRequest {
    /// Only what is about this org; none is all that the caller sees.
    #[serde(default)]
    pub org: Option<OrgCode>,
    /// Events after this revision; none starts at the present one.
    #[serde(default)]
    pub from: Option<Revision>,
    /// At most so many.
    pub max: usize,
    /// How long to wait for the first, in milliseconds; at most 30,000.
    pub wait_ms: u64,
}

/// One change, as a watcher sees it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Event {
    /// The revision it made.
    pub revision: Revision,
    /// When, in replicated time.
    pub at: Tick,
    /// Whose.
    #[serde(default)]
    pub org: Option<OrgCode>,
    /// Who.
    pub actor: String,
    /// Which command.
    pub command: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// At most 20 of the objects it changed, as `kind:id`.
    #[serde(default)]
    pub objects: Vec<String>,
    /// How many it changed.
    pub objects_total: u64,
}

/// Events.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WatchReply {
    /// In order.
    pub events: Vec<Event>,
    /// Go on from here.
    pub next: Revision,
    /// Events before this revision are gone: read the lists again, then go on from `next`.
    #[serde(default)]
    pub compacted: Option<Revision>,
}
