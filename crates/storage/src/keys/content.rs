//! Space `watermark`, key `content`: the content hash of the state as it was closed. After a clean restart it is
//! computed again from what was read; a state that has gone on since has another last entry, and isn't judged by it.

use serde::{Deserialize, Serialize};

use crate::codec::record::LogIdRecord;
use crate::codec::{frame, strict};
use crate::fault::Fault;
use crate::types::LogId;

/// Its key.
pub(crate) const KEY: &[u8] = b"content";

const VERSION: u16 = 1;
const PLACE: &str = "content hash";

#[derive(Serialize, Deserialize)]
struct Record {
    applied: LogIdRecord,
    #[serde(with = "serde_bytes")]
    content: [u8; 32],
}

/// Its value: the last entry applied, and the hash of the content after it.
pub(crate) fn value(applied: LogId, content: [u8; 32]) -> Vec<u8> {
    frame::wrap(VERSION, &strict::to_named(&Record { applied: applied.into(), content }))
}

/// The entry and the hash of a value.
pub(crate) fn decode(value: &[u8]) -> Result<(LogId, [u8; 32]), Fault> {
    let (_version, payload) = frame::unwrap(PLACE, VERSION, value)?;
    let record: Record = strict::from_slice(PLACE, payload)?;
    Ok((record.applied.into(), record.content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_content_hash_comes_back(index: u64, content: [u8; 32]) {
            let id = sample::log_id(2, 3, index);
            prop_assert_eq!(decode(&value(id, content)), Ok((id, content)));
        }
    }
}
