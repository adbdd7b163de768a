//! Space `requests`: what became of a request. Key: its id, sixteen bytes, big-endian, so in order of making.
//! Value: by position.

use bailiwick_policy::ids::RequestId;
use bailiwick_policy::outcome::Recorded;

use crate::codec::{frame, strict};
use crate::fault::Fault;

const VERSION: u16 = 1;
const PLACE: &str = "requests";

/// The key of a request.
pub(crate) fn key(id: RequestId) -> [u8; 16] {
    id.0.to_be_bytes()
}

/// The value of an outcome.
pub(crate) fn value(recorded: &Recorded) -> Vec<u8> {
    frame::wrap(VERSION, &strict::to_positional(recorded))
}

/// The request and the outcome of a row.
pub(crate) fn decode(key: &[u8], value: &[u8]) -> Result<(RequestId, Recorded), Fault> {
    let id = key.try_into().map_err(|_length| Fault::corrupt(PLACE, "a key is not a request id"))?;
    let (_version, payload) = frame::unwrap(PLACE, VERSION, value)?;
    Ok((RequestId(u128::from_be_bytes(id)), strict::from_slice(PLACE, payload)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn outcomes_come_back(id: u128, other: u128, revision: u64) {
            for recorded in sample::recorded(revision) {
                prop_assert_eq!(decode(&key(RequestId(id)), &value(&recorded)), Ok((RequestId(id), recorded)));
            }
            prop_assert_eq!(key(RequestId(id)).cmp(&key(RequestId(other))), id.cmp(&other));
        }
    }
}
