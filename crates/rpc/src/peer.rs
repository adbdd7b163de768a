//! What nodes say to each other, on a port of its own. Raft's messages are opaque here: storage owns their form, the
//! node converts, and an entry is encoded once.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The name of the service in the preface.
pub const PEER_SERVICE: &str = "peer";

/// Between nodes only. Callers set each deadline themselves; retries are theirs too.
#[tarpc::service]
pub trait Peer {
    /// Raft's append-entries; an empty one is a heartbeat. At most 4 MiB of entries.
    async fn append(request: Bytes) -> Result<Bytes, PeerFault>;

    /// Raft's request for a vote.
    async fn vote(request: Bytes) -> Result<Bytes, PeerFault>;

    /// Raft's question whether a vote would be had.
    async fn pre_vote(request: Bytes) -> Result<Bytes, PeerFault>;

    /// One piece of a snapshot.
    async fn snapshot_chunk(chunk: SnapshotChunk) -> Result<ChunkAnswer, PeerFault>;

    /// Raft's hint to take over.
    async fn transfer_leader(request: Bytes) -> Result<Bytes, PeerFault>;

    /// A caller's write, sent on to the leader. Sent on once: a node that isn't leader answers `not_leader`.
    async fn forward(request: ForwardRequest) -> Result<Bytes, PeerFault>;

    /// How far the log is committed for certain, by the leader's word given after this was asked.
    async fn read_index() -> Result<ReadIndex, PeerFault>;

    /// How the node is, as it sees itself; the hash over its content only when asked for. Opaque: the node's
    /// own answer to callers, as it encodes it.
    async fn node_status(hashes: bool) -> Bytes;

    /// A question about what only that node knows (last-used counters, denials); the node defines topics and forms.
    async fn ask(topic: String, question: Bytes) -> Result<Bytes, PeerFault>;
}

/// A piece of a snapshot, at most [`crate::limits::SNAPSHOT_CHUNK_BYTES_MAX`] of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SnapshotChunk {
    /// Which snapshot.
    pub id: String,
    /// Where in it the piece starts, in bytes.
    pub offset: u64,
    /// The piece.
    pub data: Bytes,
    /// Whether nothing follows.
    pub last: bool,
    /// The sender's vote and the snapshot's metadata; opaque.
    pub meta: Bytes,
}

/// What became of a piece.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChunkAnswer {
    /// Where the receiver wants the next piece to start; less than what was sent when it has lost the beginning.
    pub next_offset: u64,
    /// Raft's answer, once the last piece is installed or when the sender's vote is too old; opaque, else empty.
    pub response: Bytes,
}

/// A caller's request, as a node sends it on.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ForwardRequest {
    /// The id of the credential that the caller has proved to the sending node.
    pub credential: String,
    /// The request; opaque.
    pub request: Bytes,
}

/// The leader's word on how far the log is committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadIndex {
    /// A state that has applied this index shows all that was acknowledged before the question.
    pub log_index: u64,
    /// The term it was said in.
    pub term: u64,
}

/// Why a node couldn't do as another asked.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerFault {
    /// For programs.
    pub code: PeerFaultCode,
    /// For people.
    pub message: String,
    /// Whom the node takes for the leader.
    pub leader: Option<u64>,
}

impl PeerFault {
    /// A fault with a code and words.
    pub fn new(code: PeerFaultCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), leader: None }
    }
}

impl fmt::Display for PeerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PeerFault {}

/// What kind of fault: an open set, since a newer node may know more kinds. One that isn't known counts as `unknown`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeerFaultCode(std::borrow::Cow<'static, str>);

impl PeerFaultCode {
    /// The node isn't leader; nothing was proposed.
    pub const NOT_LEADER: Self = Self(std::borrow::Cow::Borrowed("not_leader"));
    /// The node can't now, or has too much to do; nothing was proposed.
    pub const UNAVAILABLE: Self = Self(std::borrow::Cow::Borrowed("unavailable"));
    /// The bytes make no sense to the node; nothing was proposed.
    pub const MALFORMED: Self = Self(std::borrow::Cow::Borrowed("malformed"));
    /// The node is damaged and has stopped; nothing was proposed.
    pub const STOPPED: Self = Self(std::borrow::Cow::Borrowed("stopped"));
    /// The asker is no member of the cluster any more, or not yet; nothing was proposed.
    pub const NOT_MEMBER: Self = Self(std::borrow::Cow::Borrowed("not_member"));
    /// The request may have been proposed, and may still happen.
    pub const UNKNOWN: Self = Self(std::borrow::Cow::Borrowed("unknown"));

    /// The code itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is certain that nothing was proposed.
    pub fn nothing_proposed(&self) -> bool {
        [Self::NOT_LEADER, Self::UNAVAILABLE, Self::MALFORMED, Self::STOPPED, Self::NOT_MEMBER].contains(self)
    }
}

impl Default for PeerFaultCode {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

impl fmt::Display for PeerFaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for PeerFaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    #[test]
    fn opaque_bytes_travel_as_bytes() {
        let chunk = SnapshotChunk { id: "s1".into(), data: Bytes::from(vec![200; 1 << 20]), last: true, ..SnapshotChunk::default() };
        let bytes = encode(&chunk).unwrap();
        assert!(bytes.len() < (1 << 20) + 100, "{}", bytes.len());
        assert_eq!(decode::<SnapshotChunk>(&bytes).unwrap(), chunk);
    }

    #[test]
    fn a_fault_that_is_not_known_is_no_proof_that_nothing_happened() {
        let newer: PeerFault = decode(&encode(&("on_fire", "it burns")).unwrap()).unwrap();
        assert_eq!(newer.code.as_str(), "on_fire");
        assert!(!newer.code.nothing_proposed() && PeerFaultCode::NOT_LEADER.nothing_proposed());
    }
}
