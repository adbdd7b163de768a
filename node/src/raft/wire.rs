//! How Raft's messages become bytes between nodes of one version. Entries keep the form that the log gives them;
//! the rest is MessagePack and never stored.

use std::fmt;

use bailiwick_storage::codec::{decode_entry, encode_entry};
use bailiwick_storage::{LogId, SnapshotMeta, TypeConfig, Vote};
use bytes::Bytes;
use openraft::raft::AppendEntriesRequest;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Bytes of entries in one append; frames bear twice that.
const APPEND_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes that make no sense.
#[derive(Debug)]
pub struct Garbled(String);

impl fmt::Display for Garbled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a message between nodes can't be read: {}", self.0)
    }
}

impl std::error::Error for Garbled {}

#[derive(Serialize, Deserialize)]
struct Append {
    vote: Vote,
    prev: Option<LogId>,
    commit: Option<LogId>,
    entries: Vec<Bytes>,
}

#[derive(Serialize, Deserialize)]
struct Meta {
    vote: Vote,
    meta: SnapshotMeta,
}

/// Any message but appends and snapshots.
pub fn encode<T: Serialize>(message: &T) -> Result<Bytes, Garbled> {
    rmp_serde::to_vec_named(message).map(Bytes::from).map_err(|e| Garbled(e.to_string()))
}

/// The reverse.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Garbled> {
    rmp_serde::from_slice(bytes).map_err(|e| Garbled(e.to_string()))
}

/// An append, with as many entries as fit, at least one; and the last that was taken if some were left out.
pub fn encode_append(request: &AppendEntriesRequest<TypeConfig>) -> Result<(Bytes, Option<LogId>), Garbled> {
    let (mut entries, mut size, mut last, mut cut) = (Vec::with_capacity(request.entries.len()), 0usize, None, None);
    for entry in &request.entries {
        let bytes = encode_entry(entry);
        if !entries.is_empty() && size + bytes.len() > APPEND_BYTES_MAX {
            cut = last;
            break;
        }
        size += bytes.len();
        last = Some(entry.log_id);
        entries.push(bytes);
    }
    let append = Append { vote: request.vote, prev: request.prev_log_id, commit: request.leader_commit, entries };
    Ok((encode(&append)?, cut))
}

/// The reverse.
pub fn decode_append(bytes: &[u8]) -> Result<AppendEntriesRequest<TypeConfig>, Garbled> {
    let append: Append = decode(bytes)?;
    let entries = append.entries.iter().map(|b| decode_entry(b)).collect::<Result<Vec<_>, _>>().map_err(|e| Garbled(e.to_string()))?;
    Ok(AppendEntriesRequest { vote: append.vote, prev_log_id: append.prev, entries, leader_commit: append.commit })
}

/// What goes with each piece of a snapshot.
pub fn encode_snapshot_meta(vote: &Vote, meta: &SnapshotMeta) -> Result<Bytes, Garbled> {
    encode(&Meta { vote: *vote, meta: meta.clone() })
}

/// The reverse.
pub fn decode_snapshot_meta(bytes: &[u8]) -> Result<(Vote, SnapshotMeta), Garbled> {
    let meta: Meta = decode(bytes)?;
    Ok((meta.vote, meta.meta))
}
