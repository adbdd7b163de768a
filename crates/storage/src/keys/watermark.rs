//! Space `watermark`: how far the state on disk has come, in one row, written with every batch and when the
//! database is made, so that its absence is damage. Key `state`; named fields.

use bailiwick_policy::ids::{RequestId, Revision, Tick};
use serde::{Deserialize, Serialize};

use super::audit::Head;
use crate::codec::record::{LogIdRecord, StoredMembershipRecord};
use crate::codec::{frame, strict};
use crate::fault::Fault;
use crate::types::{LogId, StoredMembership};

/// Its key.
pub(crate) const KEY: &[u8] = b"state";

const VERSION: u16 = 1;
const PLACE: &str = "watermark";

/// How far the state has come.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Watermark {
    /// The last entry applied.
    pub applied: Option<LogId>,
    /// Voters and learners as of that entry.
    pub membership: StoredMembership,
    /// The revision after it.
    pub revision: Revision,
    /// Replicated time after it.
    pub tick: Tick,
    /// Head of the chain over the audit.
    pub history: Head,
    /// Rows in that chain.
    pub audit_rows: u64,
    /// No outcome of a request up to this one is kept.
    pub requests_floor: RequestId,
    /// The last entry in the snapshot that this state began as.
    pub installed: Option<LogId>,
    /// Rows before this revision are not kept here, and the head of the chain before it.
    pub audit_floor: (Revision, Head),
}

#[derive(Serialize, Deserialize)]
struct Record {
    applied: Option<LogIdRecord>,
    membership: StoredMembershipRecord,
    revision: Revision,
    tick: Tick,
    #[serde(with = "serde_bytes")]
    history: Head,
    audit_rows: u64,
    requests_floor: RequestId,
    installed: Option<LogIdRecord>,
    audit_floor: Revision,
    #[serde(with = "serde_bytes")]
    audit_floor_head: Head,
}

/// Its value.
pub(crate) fn value(mark: &Watermark) -> Vec<u8> {
    let record = Record {
        applied: mark.applied.map(LogIdRecord::from),
        membership: StoredMembershipRecord::from(&mark.membership),
        revision: mark.revision,
        tick: mark.tick,
        history: mark.history,
        audit_rows: mark.audit_rows,
        requests_floor: mark.requests_floor,
        installed: mark.installed.map(LogIdRecord::from),
        audit_floor: mark.audit_floor.0,
        audit_floor_head: mark.audit_floor.1,
    };
    frame::wrap(VERSION, &strict::to_named(&record))
}

/// The watermark of a value.
pub(crate) fn decode(value: &[u8]) -> Result<Watermark, Fault> {
    let (_version, payload) = frame::unwrap(PLACE, VERSION, value)?;
    let record: Record = strict::from_slice(PLACE, payload)?;
    Ok(Watermark {
        applied: record.applied.map(LogId::from),
        membership: record.membership.into_stored(PLACE)?,
        revision: record.revision,
        tick: record.tick,
        history: record.history,
        audit_rows: record.audit_rows,
        requests_floor: record.requests_floor,
        installed: record.installed.map(LogId::from),
        audit_floor: (record.audit_floor, record.audit_floor_head),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_watermark_comes_back(index: u64, revision: u64, tick: u64, history: [u8; 32], audit_rows: u64, floor: u128) {
            let mark = Watermark {
                applied: Some(sample::log_id(3, 1, index)),
                membership: sample::stored_membership(index),
                revision: Revision(revision),
                tick: Tick(tick),
                history,
                audit_rows,
                requests_floor: RequestId(floor),
                installed: None,
                audit_floor: (Revision(1), [0; 32]),
            };
            prop_assert_eq!(decode(&value(&mark)), Ok(mark));
        }
    }
}
