//! Space `log`: the entry at an index. Key: index, eight bytes, big-endian. Value: see `codec::entry`.

use crate::codec;
use crate::fault::Fault;
use crate::types::Entry;

/// The key of an index.
pub(crate) fn key(index: u64) -> [u8; 8] {
    index.to_be_bytes()
}

/// The value of an entry.
pub(crate) fn value(entry: &Entry) -> Vec<u8> {
    codec::encode_entry(entry).into()
}

/// The entry of a row; one that lies under another's index is a fault.
pub(crate) fn decode(key: &[u8], value: &[u8]) -> Result<Entry, Fault> {
    let entry = codec::decode_entry(value)?;
    if key != self::key(entry.log_id.index) {
        return Err(Fault::corrupt("log entry", format_args!("entry {} lies under another index", entry.log_id.index)));
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_come_back_and_sort_by_index(a: u64, b: u64, payload: Vec<u8>) {
            let entry = sample::entry(1, 1, a, payload);
            prop_assert_eq!(decode(&key(a), &value(&entry)), Ok(entry.clone()));
            prop_assert_eq!(key(a).cmp(&key(b)), a.cmp(&b));
            prop_assert_eq!(decode(&key(b), &value(&entry)).is_ok(), a == b);
        }
    }
}
