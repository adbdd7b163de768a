//! MessagePack without leniency: a field that nobody here knows, or a byte too many, is an error. On the wire the
//! same types are lenient; on disk and in the log a field that is skipped would be a change that is not made.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::{Fault, FaultKind};

/// Named fields: for the log and for metadata, where versions differ and room doesn't matter.
pub(crate) fn to_named<T: Serialize>(value: &T) -> Vec<u8> {
    rmp_serde::to_vec_named(value).expect("plain values without maps of unknown length always encode")
}

/// Positions: for rows in bulk.
pub(crate) fn to_positional<T: Serialize>(value: &T) -> Vec<u8> {
    rmp_serde::to_vec(value).expect("plain values without maps of unknown length always encode")
}

/// Decodes either, and refuses what it would have to ignore.
pub(crate) fn from_slice<T: DeserializeOwned>(place: &str, bytes: &[u8]) -> Result<T, Fault> {
    let mut ignored: Option<String> = None;
    let mut decoder = rmp_serde::Deserializer::new(std::io::Cursor::new(bytes));
    let value = serde_ignored::deserialize(&mut decoder, |path| {
        ignored.get_or_insert_with(|| path.to_string());
    })
    .map_err(|e| Fault::corrupt(place, e))?;
    if let Some(field) = ignored {
        return Err(Fault::new(FaultKind::Newer, place, format_args!("field `{field}` is unknown here")));
    }
    let read = decoder.position();
    if read != bytes.len() as u64 {
        return Err(Fault::corrupt(place, format_args!("{} bytes where {read} were expected", bytes.len())));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Now {
        kept: u32,
        #[serde(default)]
        inner: Vec<Inner>,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(rename_all = "snake_case")]
    enum Inner {
        One { a: u8 },
    }
    #[derive(Serialize)]
    struct Later {
        kept: u32,
        inner: Vec<LaterInner>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum LaterInner {
        One { a: u8, b: u8 },
    }

    #[test]
    fn what_was_written_is_read_under_both_layouts() {
        let value = Now { kept: 7, inner: vec![Inner::One { a: 1 }] };
        assert_eq!(from_slice::<Now>("here", &to_named(&value)), Ok(Now { kept: 7, inner: vec![Inner::One { a: 1 }] }));
        assert_eq!(from_slice::<Now>("here", &to_positional(&value)), Ok(value));
    }

    #[test]
    fn a_field_unknown_here_is_refused_however_deep_it_lies() {
        let later = Later { kept: 7, inner: vec![LaterInner::One { a: 1, b: 2 }] };
        let fault = from_slice::<Now>("here", &to_named(&later)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Newer);
        assert!(fault.cause.contains("`inner.0.a") || fault.cause.contains("b`"), "{fault}");
        // By position, an element too many is refused as well.
        assert!(from_slice::<Now>("here", &to_positional(&later)).is_err());
    }

    #[test]
    fn a_byte_too_many_is_refused() {
        let mut bytes = to_named(&Now { kept: 7, inner: Vec::new() });
        bytes.push(0);
        assert!(from_slice::<Now>("here", &bytes).is_err());
    }
}
