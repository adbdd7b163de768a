//! A command on its way through the log: `[version u16][named MessagePack]`, encoded once by the leader's door and
//! decoded strictly by every replica's apply. A node that meets what it doesn't know halts; it doesn't skip.

use bailiwick_policy::command::Envelope;
use bytes::{BufMut, Bytes};

use super::strict;
use crate::fault::{Fault, FaultKind};
use crate::types::Payload;

/// The version of envelopes written here, and the newest that is read.
pub const ENVELOPE_VERSION: u16 = 1;

const PLACE: &str = "log entry's envelope";

/// Encodes an envelope; from here on its bytes are shared, not made again.
pub fn encode_envelope(envelope: &Envelope) -> Payload {
    let body = strict::to_named(envelope);
    let mut out = Vec::with_capacity(2 + body.len());
    out.put_u16(ENVELOPE_VERSION);
    out.extend_from_slice(&body);
    Payload(Bytes::from(out))
}

/// Decodes an envelope. An unknown version, an unknown field or a byte too many is a fault: every replica must plan
/// the same, or stop.
pub fn decode_envelope(payload: &Payload) -> Result<Envelope, Fault> {
    let Some((&version, body)) = payload.0.split_first_chunk::<2>() else {
        return Err(Fault::corrupt(PLACE, "it has no version"));
    };
    match u16::from_be_bytes(version) {
        ENVELOPE_VERSION => strict::from_slice(PLACE, body),
        other => Err(Fault::new(
            FaultKind::Newer,
            PLACE,
            format_args!("version {other} where {ENVELOPE_VERSION} is known"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use serde::Serialize;

    #[test]
    fn every_sample_command_survives_the_log() {
        for envelope in sample::envelopes() {
            assert_eq!(decode_envelope(&encode_envelope(&envelope)), Ok(envelope));
        }
    }

    #[test]
    fn an_unknown_field_halts_the_node() {
        #[derive(Serialize)]
        struct Later<'a> {
            #[serde(flatten)]
            envelope: &'a Envelope,
            urgency: u8,
        }
        let envelope = sample::envelope(1);
        let mut bytes = 1u16.to_be_bytes().to_vec();
        bytes.extend(rmp_serde::to_vec_named(&Later { envelope: &envelope, urgency: 9 }).unwrap());
        let fault = decode_envelope(&Payload::from_bytes(bytes.into())).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Newer);
        assert!(fault.cause.contains("`urgency`"), "{fault}");
    }

    #[test]
    fn an_unknown_version_halts_the_node() {
        let mut bytes = encode_envelope(&sample::envelope(1)).bytes().to_vec();
        bytes[1] = 2;
        assert_eq!(decode_envelope(&Payload::from_bytes(bytes.into())).unwrap_err().kind, FaultKind::Newer);
        assert_eq!(decode_envelope(&Payload::from_bytes(Bytes::new())).unwrap_err().kind, FaultKind::Corrupt);
    }
}
