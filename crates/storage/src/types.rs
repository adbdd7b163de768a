//! The words that Raft uses here: its type configuration, an entry's payload, what applying one answers, and the
//! short names of openraft's types as they are configured.

use std::fmt;

use bailiwick_policy::ids::Revision;
use bailiwick_policy::outcome::Outcome;
use bytes::Bytes;
use openraft::RaftTypeConfig;
use serde::{Deserialize, Serialize};

openraft::declare_raft_types!(
    /// Raft as this cluster runs it.
    pub TypeConfig:
        D = Payload,
        R = Reply,
        Node = PeerNode,
);

/// Who leads: more than one leader per term is possible, told apart by node.
pub type LeaderId = openraft::impls::leader_id_adv::LeaderId<u64, u64>;
/// A place in the log.
pub type LogId = openraft::LogId<LeaderId>;
/// A vote.
pub type Vote = openraft::impls::Vote<LeaderId>;
/// What an entry carries.
pub type EntryPayload = openraft::EntryPayload<Payload, u64, PeerNode>;
/// An entry of the log.
pub type Entry = openraft::Entry<LeaderId, EntryPayload>;
/// Voters and learners.
pub type Membership = openraft::Membership<u64, PeerNode>;
/// Voters and learners, and the entry that made them so.
pub type StoredMembership = openraft::StoredMembership<LeaderId, u64, PeerNode>;
/// What Raft knows of a snapshot.
pub type SnapshotMeta = openraft::SnapshotMeta<LeaderId, u64, PeerNode>;
/// A snapshot as Raft passes it around.
pub type Snapshot = openraft::Snapshot<LeaderId, u64, PeerNode, crate::snapshot::SnapshotFile>;

/// Any configuration with these types: [`TypeConfig`], or the same on another runtime for a simulation. The stores
/// of this crate serve them all.
pub trait Types:
    RaftTypeConfig<
        D = Payload,
        R = Reply,
        NodeId = u64,
        Node = PeerNode,
        Term = u64,
        LeaderId = LeaderId,
        Vote = Vote,
        Payload = EntryPayload,
        Entry = Entry,
    >
{
}

impl<C> Types for C where
    C: RaftTypeConfig<
            D = Payload,
            R = Reply,
            NodeId = u64,
            Node = PeerNode,
            Term = u64,
            LeaderId = LeaderId,
            Vote = Vote,
            Payload = EntryPayload,
            Entry = Entry,
        >
{
}

/// Where a node is reached.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PeerNode {
    /// `host:port` of the private peer service.
    pub peer: String,
    /// `host:port` that callers use.
    pub client: String,
}

impl fmt::Display for PeerNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.peer, self.client)
    }
}

/// An envelope, encoded once: `[version u16][named MessagePack]`. The same bytes go to the log, to the peers and to
/// the state machine; a clone shares them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Payload(pub(crate) Bytes);

impl Payload {
    /// The bytes themselves.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// Bytes that came from a peer or a log. They are judged when they are decoded.
    pub fn from_bytes(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// Bytes of it.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none; such a payload decodes to a fault.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "envelope of {} bytes", self.0.len())
    }
}

impl fmt::Debug for Payload {
    /// Size only: an envelope may carry the hash of a secret, and not even that belongs in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What applying an entry answers to whoever proposed it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// A command was planned: committed or rejected.
    Applied {
        /// What became of it.
        outcome: Outcome,
        /// The revision of the state after it.
        revision: Revision,
        /// Whether the outcome is that of an earlier entry with the same request id.
        repeated: bool,
    },
    /// A leader's first entry, which carries nothing.
    Blank {
        /// The revision of the state after it.
        revision: Revision,
    },
    /// A change of voters or learners.
    Membership {
        /// The revision of the state after it.
        revision: Revision,
    },
}

impl Reply {
    /// The revision of the state after the entry.
    pub fn revision(&self) -> Revision {
        match self {
            Self::Applied { revision, .. } | Self::Blank { revision } | Self::Membership { revision } => *revision,
        }
    }

    /// What became of the command, if the entry carried one.
    pub fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Applied { outcome, .. } => Some(outcome),
            Self::Blank { .. } | Self::Membership { .. } => None,
        }
    }
}
