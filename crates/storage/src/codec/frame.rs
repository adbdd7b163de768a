//! The frame around every value on disk: `[format u8][version u16][crc32c u32][payload]`, big-endian. The checksum
//! covers format, version and payload, so that no single flipped byte passes.

use crate::fault::{Fault, FaultKind};

/// The frame itself, as laid out here.
pub(crate) const FORMAT: u8 = 1;
/// Bytes before the payload.
pub(crate) const HEAD_BYTES: usize = 7;

/// Puts a payload into a frame.
pub(crate) fn wrap(version: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD_BYTES + payload.len());
    out.push(FORMAT);
    out.extend_from_slice(&version.to_be_bytes());
    out.extend_from_slice(&checksum(FORMAT, version, payload).to_be_bytes());
    out.extend_from_slice(payload);
    out
}

/// Takes the payload out of a frame whose version is at most `newest`. `place` names the key family in a fault.
pub(crate) fn unwrap<'a>(place: &str, newest: u16, bytes: &'a [u8]) -> Result<(u16, &'a [u8]), Fault> {
    let Some((&[format, v0, v1, c0, c1, c2, c3], payload)) = bytes.split_first_chunk::<HEAD_BYTES>() else {
        return Err(Fault::corrupt(place, format_args!("{} bytes are too few for a frame", bytes.len())));
    };
    let version = u16::from_be_bytes([v0, v1]);
    let stored = u32::from_be_bytes([c0, c1, c2, c3]);
    let found = checksum(format, version, payload);
    if stored != found {
        return Err(Fault::corrupt(place, format_args!("checksum {found:08x} where {stored:08x} was written")));
    }
    if format != FORMAT {
        return Err(Fault::new(FaultKind::Newer, place, format_args!("format {format} where {FORMAT} is known")));
    }
    if version == 0 || version > newest {
        return Err(Fault::new(FaultKind::Newer, place, format_args!("version {version} where 1 to {newest} are known")));
    }
    Ok((version, payload))
}

fn checksum(format: u8, version: u16, payload: &[u8]) -> u32 {
    let [v0, v1] = version.to_be_bytes();
    crc32c::crc32c_append(crc32c::crc32c(&[format, v0, v1]), payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_frame_gives_back_its_payload(version in 1u16..5, payload: Vec<u8>) {
            let framed = wrap(version, &payload);
            prop_assert_eq!(unwrap("here", 5, &framed), Ok((version, payload.as_slice())));
        }

        #[test]
        fn no_flipped_bit_passes(payload: Vec<u8>, at: prop::sample::Index, bit in 0u8..8) {
            let mut framed = wrap(1, &payload);
            let at = at.index(framed.len());
            framed[at] ^= 1 << bit;
            prop_assert!(unwrap("here", 1, &framed).is_err());
        }

        #[test]
        fn anything_at_all_is_answered_without_a_panic(bytes: Vec<u8>) {
            let _ = unwrap("here", 1, &bytes);
        }
    }

    #[test]
    fn a_newer_version_is_told_from_damage() {
        let fault = unwrap("here", 1, &wrap(2, b"x")).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Newer);
        assert!(fault.to_string().contains("here: version 2"), "{fault}");
    }
}
