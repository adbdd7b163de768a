//! Space `usage`: when a grant was used first and last. Key: the org's code, a zero, and what policy calls the grant.
//! Value: two minutes since 1970, four bytes each, big-endian. Under the key of one zero alone stands the window: since
//! when is counted, in milliseconds since 1970, and how many uses found no room, eight bytes each.

use bailiwick_policy::ids::Tick;

use crate::codec::frame;
use crate::fault::Fault;
use crate::usage::{UsageMark, UsageWindow};

const VERSION: u16 = 1;
const PLACE: &str = "usage";

/// The key of the window: before all others, since no org's code begins with a zero.
pub(crate) const WINDOW: &[u8] = &[0];
/// The first key of a grant that there can be.
pub(crate) const FIRST: &[u8] = &[1];

/// The key of a grant.
pub(crate) fn key(org: &str, grant: &str) -> Vec<u8> {
    [org.as_bytes(), &[0], grant.as_bytes()].concat()
}

/// The value of a mark.
pub(crate) fn value(mark: UsageMark) -> Vec<u8> {
    frame::wrap(VERSION, &[mark.first.to_be_bytes(), mark.last.to_be_bytes()].concat())
}

/// The org, the grant and the mark of a row.
pub(crate) fn decode(key: &[u8], value: &[u8]) -> Result<(String, String, UsageMark), Fault> {
    let text = std::str::from_utf8(key).map_err(|why| Fault::corrupt(PLACE, format_args!("a key is no text: {why}")))?;
    let (org, grant) = text.split_once('\0').ok_or_else(|| Fault::corrupt(PLACE, "a key has no zero between org and grant"))?;
    let (_version, payload) = frame::unwrap(PLACE, VERSION, value)?;
    let [a, b, c, d, e, f, g, h] = payload else { return Err(length(payload, 8)) };
    let mark = UsageMark { first: u32::from_be_bytes([*a, *b, *c, *d]), last: u32::from_be_bytes([*e, *f, *g, *h]) };
    if mark.first > mark.last {
        return Err(Fault::corrupt(PLACE, format_args!("a grant was used first at {} and last at {}", mark.first, mark.last)));
    }
    Ok((org.to_owned(), grant.to_owned(), mark))
}

/// The value of the window.
pub(crate) fn window(window: UsageWindow) -> Vec<u8> {
    frame::wrap(VERSION, &[window.since.0.to_be_bytes(), window.missed.to_be_bytes()].concat())
}

/// The window of its value.
pub(crate) fn decode_window(value: &[u8]) -> Result<UsageWindow, Fault> {
    let (_version, payload) = frame::unwrap(PLACE, VERSION, value)?;
    let halves = payload.split_first_chunk::<8>().and_then(|(since, rest)| Some((since, <[u8; 8]>::try_from(rest).ok()?)));
    let (since, missed) = halves.ok_or_else(|| length(payload, 16))?;
    Ok(UsageWindow { since: Tick(u64::from_be_bytes(*since)), missed: u64::from_be_bytes(missed) })
}

fn length(payload: &[u8], wanted: usize) -> Fault {
    Fault::corrupt(PLACE, format_args!("{} bytes where {wanted} were expected", payload.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_come_back(org in "[a-z0-9][a-z0-9._-]{0,10}", grant in "[0-9]{2}(\t[^\u{0}\t]{1,10}){1,4}", first: u32, lasting: u16) {
            let mark = UsageMark { first, last: first.saturating_add(lasting.into()) };
            prop_assert_eq!(decode(&key(&org, &grant), &value(mark)), Ok((org.clone(), grant.clone(), mark)));
            prop_assert!(key(&org, &grant).as_slice() >= FIRST);
        }

        #[test]
        fn the_window_comes_back(since: u64, missed: u64) {
            let stored = UsageWindow { since: Tick(since), missed };
            prop_assert_eq!(decode_window(&window(stored)), Ok(stored));
        }
    }

    #[test]
    fn nonsense_is_damage() {
        let mark = UsageMark { first: 5, last: 9 };
        assert!(decode(b"acme", &value(mark)).is_err(), "no zero");
        assert!(decode(&key("acme", "07\tbob"), &value(UsageMark { first: 9, last: 5 })).is_err(), "last before first");
        assert!(decode(&key("acme", "07\tbob"), &window(UsageWindow::default())).is_err(), "another length");
        assert!(decode_window(&value(mark)).is_err());
    }
}
