//! Bytes that are promises: frames with a checksum, strict decoding, and our own shapes of what Raft keeps
//! (openraft's serde shapes are not a stable format).

mod entry;
mod envelope;
pub(crate) mod frame;
pub(crate) mod record;
pub(crate) mod strict;

pub use entry::{decode_entry, encode_entry};
pub use envelope::{ENVELOPE_VERSION, decode_envelope, encode_envelope};
