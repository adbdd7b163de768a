//! Space `marks`, key `vote`: the vote this node gave last. Absent until its first.

use crate::codec::record::VoteRecord;
use crate::codec::{frame, strict};
use crate::fault::Fault;
use crate::types::Vote;

/// Its key.
pub(crate) const KEY: &[u8] = b"vote";

const VERSION: u16 = 1;
const PLACE: &str = "vote";

/// Its value.
pub(crate) fn value(vote: &Vote) -> Vec<u8> {
    frame::wrap(VERSION, &strict::to_named(&VoteRecord::from(*vote)))
}

/// The vote of a value.
pub(crate) fn decode(value: &[u8]) -> Result<Vote, Fault> {
    let (_version, payload) = frame::unwrap(PLACE, VERSION, value)?;
    strict::from_slice::<VoteRecord>(PLACE, payload).map(Vote::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::LeaderId;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_vote_comes_back(term: u64, node_id: u64, committed: bool) {
            let vote = Vote { leader_id: LeaderId { term, node_id }, committed };
            prop_assert_eq!(decode(&value(&vote)), Ok(vote));
        }
    }
}
