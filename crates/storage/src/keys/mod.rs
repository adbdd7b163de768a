//! Key families: one file each, with what a key and a value look like. Ordinals are written out and never reused;
//! `tests/golden` holds the bytes of every version.

pub(crate) mod audit;
pub(crate) mod audit_index;
pub(crate) mod content;
pub(crate) mod log;
pub(crate) mod mark;
pub(crate) mod object;
pub(crate) mod request;
pub(crate) mod usage;
pub(crate) mod vote;
pub(crate) mod watermark;

/// Greater than every key of a space whose keys begin with an ordinal or an index of eight bytes.
pub(crate) const END: &[u8] = &[0xff; 24];
