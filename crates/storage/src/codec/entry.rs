//! An entry of the log, on disk and between peers: a frame around named MessagePack. The envelope inside is carried
//! as the bytes it came in.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes as ByteSlice};

use super::frame;
use super::record::{LogIdRecord, MembershipRecord};
use super::strict;
use crate::fault::Fault;
use crate::types::{Entry, EntryPayload, Payload};

/// The version of entries written here, and the newest that is read.
const VERSION: u16 = 1;

const PLACE: &str = "log entry";

#[derive(Serialize)]
struct Written<'a> {
    id: LogIdRecord,
    body: WrittenBody<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum WrittenBody<'a> {
    Blank,
    Envelope(&'a ByteSlice),
    Membership(MembershipRecord),
}

#[derive(Deserialize)]
struct Read {
    id: LogIdRecord,
    body: ReadBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReadBody {
    Blank,
    Envelope(ByteBuf),
    Membership(MembershipRecord),
}

/// Encodes an entry with its checksum, for the log and for a peer alike.
pub fn encode_entry(entry: &Entry) -> Bytes {
    let body = match &entry.payload {
        EntryPayload::Blank => WrittenBody::Blank,
        EntryPayload::Normal(payload) => WrittenBody::Envelope(ByteSlice::new(&payload.0)),
        EntryPayload::Membership(membership) => WrittenBody::Membership(membership.into()),
    };
    let record = Written { id: entry.log_id.into(), body };
    Bytes::from(frame::wrap(VERSION, &strict::to_named(&record)))
}

/// Decodes an entry; whatever is not exactly what was encoded is a fault.
pub fn decode_entry(bytes: &[u8]) -> Result<Entry, Fault> {
    let (_version, payload) = frame::unwrap(PLACE, VERSION, bytes)?;
    let record: Read = strict::from_slice(PLACE, payload)?;
    let payload = match record.body {
        ReadBody::Blank => EntryPayload::Blank,
        ReadBody::Envelope(bytes) => EntryPayload::Normal(Payload(Bytes::from(bytes.into_vec()))),
        ReadBody::Membership(membership) => EntryPayload::Membership(membership.into_membership(PLACE)?),
    };
    Ok(Entry { log_id: record.id.into(), payload })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    #[test]
    fn every_kind_of_entry_survives() {
        for entry in sample::entries() {
            assert_eq!(decode_entry(&encode_entry(&entry)), Ok(entry));
        }
    }

    proptest! {
        #[test]
        fn any_place_and_any_payload_survive(term: u64, node: u64, index: u64, payload: Vec<u8>) {
            let entry = sample::entry(term, node, index, payload);
            prop_assert_eq!(decode_entry(&encode_entry(&entry)), Ok(entry));
        }

        #[test]
        fn a_flipped_byte_is_refused(at: prop::sample::Index, bit in 0u8..8) {
            let mut bytes = encode_entry(&sample::entry(3, 1, 9, b"payload".to_vec())).to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(decode_entry(&bytes).is_err());
        }

        #[test]
        fn anything_at_all_is_answered_without_a_panic(bytes: Vec<u8>) {
            let _ = decode_entry(&bytes);
        }
    }
}
