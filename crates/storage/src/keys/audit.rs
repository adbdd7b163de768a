//! Space `audit`: one row per revision. Key: revision, eight bytes, big-endian. Value: a frame around
//! `[head of the chain after this row, 32 bytes][row by position]`.
//!
//! The head of row n is `sha256(head of row n-1 ‖ version of the row ‖ row)`; the first row's predecessor is zero.

use bailiwick_policy::ids::Revision;
use bailiwick_policy::outcome::AuditRow;
use sha2::{Digest, Sha256};

use crate::codec::{frame, strict};
use crate::fault::Fault;

const VERSION: u16 = 1;
const PLACE: &str = "audit";

/// A head of the chain.
pub(crate) type Head = [u8; 32];

/// A row as it is kept, with the head that it makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Chained {
    /// The head after it.
    pub head: Head,
    /// The row.
    pub row: AuditRow,
    /// Its value on disk.
    pub value: Vec<u8>,
}

/// The key of a revision.
pub(crate) fn key(revision: Revision) -> [u8; 8] {
    revision.0.to_be_bytes()
}

/// The revision of a key.
pub(crate) fn revision(key: &[u8]) -> Result<Revision, Fault> {
    let bytes = key.try_into().map_err(|_length| Fault::corrupt(PLACE, "a key is not a revision"))?;
    Ok(Revision(u64::from_be_bytes(bytes)))
}

/// Adds a row to the chain.
pub(crate) fn chain(previous: &Head, row: AuditRow) -> Chained {
    let body = strict::to_positional(&row);
    let head = next(previous, VERSION, &body);
    let mut payload = Vec::with_capacity(32 + body.len());
    payload.extend_from_slice(&head);
    payload.extend_from_slice(&body);
    Chained { head, row, value: frame::wrap(VERSION, &payload) }
}

/// The row of a value, by its own checksum. Whether it belongs to the chain, [`follows`] says.
pub(crate) fn decode(key: &[u8], value: &[u8]) -> Result<Chained, Fault> {
    let (_version, head, body) = open(value)?;
    let row: AuditRow = strict::from_slice(PLACE, body)?;
    if self::key(row.revision) != key {
        return Err(Fault::corrupt(PLACE, format_args!("row {} lies under another revision", row.revision)));
    }
    Ok(Chained { head, row, value: value.to_vec() })
}

/// Whether a row of the chain comes right after this head.
pub(crate) fn follows(previous: &Head, value: &[u8]) -> Result<bool, Fault> {
    let (version, head, body) = open(value)?;
    Ok(next(previous, version, body) == head)
}

fn open(value: &[u8]) -> Result<(u16, Head, &[u8]), Fault> {
    let (version, payload) = frame::unwrap(PLACE, VERSION, value)?;
    let (head, body) = payload
        .split_first_chunk::<32>()
        .ok_or_else(|| Fault::corrupt(PLACE, "a row is too short for the head of the chain"))?;
    Ok((version, *head, body))
}

fn next(previous: &Head, version: u16, body: &[u8]) -> Head {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(version.to_be_bytes());
    hash.update(body);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_come_back_and_follow_their_head_alone(revision: u64, head: [u8; 32], other: [u8; 32]) {
            let chained = chain(&head, sample::audit_row(revision));
            prop_assert_eq!(decode(&key(Revision(revision)), &chained.value), Ok(chained.clone()));
            prop_assert_eq!(super::revision(&key(Revision(revision))), Ok(Revision(revision)));
            prop_assert_eq!(follows(&head, &chained.value), Ok(true));
            prop_assert_eq!(follows(&other, &chained.value), Ok(head == other));
        }
    }
}
