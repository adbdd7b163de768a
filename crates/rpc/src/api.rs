//! What callers and nodes say to each other: the messages of the four services.
//!
//! The wire is lenient: fields have defaults, unknown ones are ignored, reasons and codes are open strings, so that
//! a newer node and an older console understand each other. A command is the exception: it travels as bytes that the
//! door decodes strictly, because half-understood it would mean something else.

use std::collections::BTreeMap;
use std::fmt;

use bailiwick_policy::command::Command;
use bailiwick_policy::decision::Context;
use bailiwick_policy::explain::Explanation;
use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId, Revision, Tick};
use bailiwick_policy::impact::Impact;
use bailiwick_policy::outcome::Change;
use bailiwick_policy::query::{Item, Window};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

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

/// A question.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CheckRequest {
    /// The org; none is the caller's own.
    #[serde(default)]
    pub org: Option<String>,
    /// `till:STORE/TILL`, `store:STORE`, `user:ID` or `application:ID`.
    pub subject: String,
    /// The HTTP method; of a module or an entity what is done to it; of a scope anything.
    pub action: String,
    /// `/path` or `endpoint:/path`, `module:MODULE/SUB-MODULE`, `scope:SCOPE` or `entity:ID`.
    pub resource: String,
    /// Which state.
    #[serde(default)]
    pub at: At,
    /// What the asker knows beside.
    #[serde(default, skip_serializing_if = "CheckContext::is_blank")]
    pub context: CheckContext,
}

/// What the asker of a check knows beside.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckContext {
    /// Where it is done: `org`, `zone:CODE`, `concept:CODE`, `store:CODE` or `till:STORE/TILL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// It is about one instance of a scope's or an entity's, rather than a list.
    pub instance: bool,
    /// Who created the instance: a user's id, or `application:ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Whom it is assigned to, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<String>,
    /// The type in the body of a call about an application's registration (APP-4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_type: Option<String>,
}

impl CheckContext {
    /// Whether it says nothing.
    pub fn is_blank(&self) -> bool {
        let Self { place, instance, created_by, assigned_to, body_type } = self;
        !instance && [place, created_by, assigned_to, body_type].into_iter().all(Option::is_none)
    }

    /// As decisions read it.
    pub fn read(&self) -> Context<'_> {
        Context {
            place: self.place.as_deref(),
            instance: self.instance,
            created_by: self.created_by.as_deref(),
            assigned_to: self.assigned_to.as_deref(),
            body_type: self.body_type.as_deref(),
        }
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CheckReply {
    /// `permit`, `deny` or `indeterminate`.
    pub decision: String,
    /// 0, 4000 or 4001.
    pub code: u16,
    /// Why.
    pub reason: String,
    /// What the enforcement point must do besides.
    #[serde(default)]
    pub obligations: Vec<String>,
    /// With the obligation `places`: where the permit holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// The revision it was decided at.
    pub revision: Revision,
    /// How stale that can be, in milliseconds.
    pub staleness_ms: u64,
    /// Set on a permit that only an observing group gives: why it would have been denied (AG-33).
    #[serde(default)]
    pub would_deny: Option<String>,
}

/// Several questions at one revision.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CheckManyRequest {
    /// The org; none is the caller's own.
    #[serde(default)]
    pub org: Option<String>,
    /// Subject, action and resource of each.
    pub checks: Vec<(String, String, String)>,
    /// Which state.
    #[serde(default)]
    pub at: At,
    /// What the asker knows beside: nothing at all, or of each check in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contexts: Vec<CheckContext>,
}

/// Their answers.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CheckManyReply {
    /// Decision and reason of each, in order.
    pub answers: Vec<(String, String)>,
    /// The one revision they were decided at.
    pub revision: Revision,
    /// How stale that can be, in milliseconds.
    pub staleness_ms: u64,
    /// Of permits that only an observing group gives: the place among the answers, and why it would have been denied.
    #[serde(default)]
    pub would_deny: Vec<(u64, String)>,
    /// Of permits that have any: the place among the answers, and their obligations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<(u64, Vec<String>)>,
    /// Of those with the obligation `places`: the place among the answers, and where the permit holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<(u64, Vec<String>)>,
}

/// An answer with its proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExplainReply {
    /// The answer.
    pub reply: CheckReply,
    /// The chain that led to it; none when indeterminate.
    #[serde(default)]
    pub explanation: Option<Explanation>,
}

/// A change to be made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmitRequest {
    /// Chosen by the client; a retry with the same id applies once.
    pub request_id: RequestId,
    /// The command, by `encode_command`.
    pub command: ByteBuf,
    /// What was read, with the revisions that changed it last.
    #[serde(default)]
    pub reads: Vec<(ObjectId, Revision)>,
    /// Digest of the impact that was previewed: a differing one is a conflict.
    #[serde(default)]
    pub expect: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// The import that this is a batch of.
    #[serde(default)]
    pub job: Option<RequestId>,
}

/// What became of it. Never flattened into yes or no.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmitReply {
    /// In force from this revision on.
    Committed {
        /// For `at_least`.
        receipt: Receipt,
        /// The revision.
        revision: Revision,
        /// Whether anything changed.
        changed: bool,
        /// What the asker should know all the same.
        #[serde(default)]
        warnings: Vec<String>,
    },
    /// A lawful no.
    Rejected(RejectionBody),
    /// It was proposed, and what became of it isn't known yet: ask for its outcome by its id.
    Unknown {
        /// Why not.
        message: String,
    },
}

/// A rejection on the wire: its code is an open string.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RejectionBody {
    /// The identifier.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// At most 20 of the objects it is about.
    #[serde(default)]
    pub examples: Vec<String>,
    /// How many there are.
    #[serde(default)]
    pub count: u64,
}

impl fmt::Display for RejectionBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if !self.examples.is_empty() {
            write!(f, " ({}", self.examples.join(", "))?;
            let rest = self.count.saturating_sub(self.examples.len() as u64);
            if rest > 0 {
                write!(f, " and {rest} more")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// Changes to be previewed, one after the other, as one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PreviewRequest {
    /// The commands, each by `encode_command`.
    pub commands: Vec<ByteBuf>,
    /// Leave the impact out: validation only.
    #[serde(default)]
    pub without_impact: bool,
    /// The session's last receipt: the preview is not older.
    #[serde(default)]
    pub at_least: Option<Receipt>,
}

/// What they would do. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PreviewReply {
    /// The revision it was computed at.
    pub revision: Revision,
    /// The first command that would be rejected, by its place, and why.
    #[serde(default)]
    pub rejected: Option<(usize, RejectionBody)>,
    /// What would change: at most 200 of the changes.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// How many changes in all.
    #[serde(default)]
    pub changes_total: u64,
    /// Whose access changes, exactly.
    #[serde(default)]
    pub impact: Impact,
    /// To be given to `submit` as `expect`.
    #[serde(default)]
    pub digest: String,
    /// To be given to `submit` as `reads`.
    #[serde(default)]
    pub reads: Vec<(ObjectId, Revision)>,
    /// What the asker should know all the same.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// A row of a put that can't be taken.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RowFault {
    /// Its place among the rows of the command, from 0.
    pub row: u64,
    /// The column, in our words.
    pub column: String,
    /// What is wrong and what would be right.
    pub cause: String,
}

/// What is known of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeReply {
    /// It was applied.
    Known(SubmitReply),
    /// As of a read index taken after this question it has not been applied; it may still be on its way.
    NotApplied,
    /// Too old: outcomes are kept for 24 hours.
    Expired,
}

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

/// A member of the cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Member {
    /// Its id.
    pub id: u64,
    /// Where peers reach it.
    pub peer: String,
    /// Where callers reach it.
    pub client: String,
    /// `voter` or `learner`.
    pub role: String,
}

/// How a node is. A node that couldn't be asked has `error` set and little else.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Its id.
    pub id: u64,
    /// Where callers reach it.
    #[serde(default)]
    pub client: String,
    /// Why it couldn't be asked.
    #[serde(default)]
    pub error: Option<String>,
    /// The cluster.
    #[serde(default)]
    pub cluster: String,
    /// `leader`, `follower`, `candidate`, `learner`, `shutdown`; `waiting` before it is a member of anything.
    #[serde(default)]
    pub state: String,
    /// `voter` or `learner`; `none` before it is a member, `removed` once it is none any more.
    #[serde(default)]
    pub role: String,
    /// The term.
    #[serde(default)]
    pub term: u64,
    /// Who it believes to lead.
    #[serde(default)]
    pub leader: Option<u64>,
    /// Index of the last entry of its log.
    #[serde(default)]
    pub last_log: u64,
    /// Index it knows to be committed.
    #[serde(default)]
    pub committed: u64,
    /// Index it has applied.
    #[serde(default)]
    pub applied: u64,
    /// Index up to which its state is on disk.
    #[serde(default)]
    pub persisted: u64,
    /// Index of its snapshot.
    #[serde(default)]
    pub snapshot: u64,
    /// Index up to which its log is purged.
    #[serde(default)]
    pub purged: u64,
    /// Revision of its view.
    #[serde(default)]
    pub revision: Revision,
    /// How stale its view can be, in milliseconds; none before its first freshness round.
    #[serde(default)]
    pub staleness_ms: Option<u64>,
    /// Staleness beyond which it answers indeterminate, in milliseconds.
    #[serde(default)]
    pub staleness_bound_ms: u64,
    /// Round trip of the last freshness round, in microseconds.
    #[serde(default)]
    pub read_index_us: u64,
    /// Seconds since it started.
    #[serde(default)]
    pub uptime_s: u64,
    /// Version of its program.
    #[serde(default)]
    pub version: String,
    /// Checks answered since it started, by reason.
    #[serde(default)]
    pub decisions: BTreeMap<String, u64>,
    /// Writes it proposed and answered since it started.
    #[serde(default)]
    pub writes: u64,
    /// Median time of its recent writes, in microseconds.
    #[serde(default)]
    pub write_p50_us: u64,
    /// 99th percentile of the same.
    #[serde(default)]
    pub write_p99_us: u64,
    /// Bytes free where its data lies.
    #[serde(default)]
    pub disk_free_bytes: u64,
    /// Resident memory, in bytes.
    #[serde(default)]
    pub resident_bytes: u64,
    /// Head of its chain over history, in hex.
    #[serde(default)]
    pub history_hash: String,
    /// Hash over its content, in hex; only when asked for.
    #[serde(default)]
    pub content_hash: Option<String>,
    /// Members as it knows them.
    #[serde(default)]
    pub members: Vec<Member>,
    /// Alarms, each a sentence.
    #[serde(default)]
    pub alarms: Vec<String>,
}

/// The cluster as one node sees it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ClusterStatus {
    /// The node that answered.
    pub answered_by: u64,
    /// Every member.
    pub nodes: Vec<NodeStatus>,
    /// How many voters there are, how many must agree, how many failures that bears: a sentence.
    #[serde(default)]
    pub quorum: String,
}

/// A change of the cluster's members, one at a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberChange {
    /// A new node, as a learner: it gets the log and serves checks, and has no vote.
    Add {
        /// Its id, which no node ever had.
        id: u64,
        /// `host:port` where the other nodes reach it.
        peer: String,
        /// `host:port` where callers reach it.
        client: String,
    },
    /// A learner becomes a voter.
    Promote {
        /// Which.
        id: u64,
    },
    /// A node leaves, and its id is never used again.
    Remove {
        /// Which.
        id: u64,
    },
    /// Leadership moves.
    Transfer {
        /// To which voter; none is the one that lacks least of the log.
        #[serde(default)]
        to: Option<u64>,
    },
}

/// A change of members that is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MemberChangeRequest {
    /// Which.
    pub change: MemberChange,
    /// Say what it would do, and do nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why, for the audit.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Who has a vote and who hasn't.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MemberSets {
    /// Ids of the voters.
    #[serde(default)]
    pub voters: Vec<u64>,
    /// Ids of the learners.
    #[serde(default)]
    pub learners: Vec<u64>,
}

/// What a change of members did, or would do.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MemberChangeReply {
    /// Whether the cluster is now as asked; not so for a dry run.
    pub done: bool,
    /// Whether it had to be changed for that, or would have to be.
    #[serde(default)]
    pub changed: bool,
    /// The node it is about: for a transfer, the one that is to lead.
    #[serde(default)]
    pub node: u64,
    /// Members before.
    #[serde(default)]
    pub before: MemberSets,
    /// Members after.
    #[serde(default)]
    pub after: MemberSets,
    /// The effect in words.
    #[serde(default)]
    pub lines: Vec<String>,
}

/// A command as it travels.
pub fn encode_command(command: &Command) -> Result<ByteBuf, ApiError> {
    rmp_serde::to_vec_named(command)
        .map(ByteBuf::from)
        .map_err(|error| ApiError::new(ApiError::BAD_REQUEST, format!("the command can't be encoded: {error}")))
}

/// Reads a command strictly: an unknown field is an error that names it.
pub fn decode_command(bytes: &[u8]) -> Result<Command, ApiError> {
    let mut unknown = None;
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
    let command = serde_ignored::deserialize(&mut reader, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    match (command, unknown) {
        (Ok(command), None) => Ok(command),
        (Ok::<Command, _>(_), Some(field)) => Err(ApiError::new(
            ApiError::BAD_REQUEST,
            format!("this node doesn't know field `{field}` of the command: ask a newer node, or use an older client"),
        )),
        (Err(error), _) => Err(ApiError::new(ApiError::BAD_REQUEST, format!("the command can't be read: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    #[test]
    fn a_check_of_an_older_caller_is_read_and_one_without_context_is_as_long_as_before() {
        #[derive(Serialize, Deserialize, PartialEq, Debug)]
        struct Older {
            org: Option<String>,
            subject: String,
            action: String,
            resource: String,
            at: At,
        }
        let older = Older { org: None, subject: "till:s/t".into(), action: "GET".into(), resource: "/v2/x".into(), at: At::Local };
        let read: CheckRequest = decode(&encode(&older).unwrap()).unwrap();
        assert!(read.context.is_blank());
        assert_eq!(encode(&read).unwrap(), encode(&older).unwrap());
        let context = CheckContext { place: Some("zone:North".into()), instance: true, ..CheckContext::default() };
        let newer = CheckRequest { context, ..read };
        assert_eq!(decode::<CheckRequest>(&encode(&newer).unwrap()).unwrap(), newer);
        assert_eq!(decode::<Older>(&encode(&newer).unwrap()).unwrap(), older);
    }
}
