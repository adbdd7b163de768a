//! Space `marks`, keys `committed` and `purged`: how far Raft has come, and where the log begins. Written when the
//! database is made, so that their absence is damage and not a beginning.

use crate::codec::record::LogIdRecord;
use crate::codec::{frame, strict};
use crate::fault::Fault;
use crate::types::LogId;

/// What Raft had committed when the log was synced last.
pub(crate) const COMMITTED: &[u8] = b"committed";
/// The last entry that is no longer kept.
pub(crate) const PURGED: &[u8] = b"purged";

const VERSION: u16 = 1;

/// The value of either.
pub(crate) fn value(id: Option<LogId>) -> Vec<u8> {
    frame::wrap(VERSION, &strict::to_named(&id.map(LogIdRecord::from)))
}

/// The log id of either.
pub(crate) fn decode(place: &str, value: &[u8]) -> Result<Option<LogId>, Fault> {
    let (_version, payload) = frame::unwrap(place, VERSION, value)?;
    Ok(strict::from_slice::<Option<LogIdRecord>>(place, payload)?.map(LogId::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_mark_comes_back(term: u64, node: u64, index: u64, some: bool) {
            let id = some.then(|| sample::log_id(term, node, index));
            prop_assert_eq!(decode("committed", &value(id)), Ok(id));
        }
    }
}
