//! The cluster and its members.

use std::collections::BTreeMap;

use bailiwick_policy::ids::Revision;
use serde::{Deserialize, Serialize};

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
