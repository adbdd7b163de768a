//! The bounds of everything that crosses a connection, in one place, each with its reason.
//!
//! These are contracts between two programs, so they are constants; what only one side keeps (how many connections,
//! how long a handshake) is in `server::Limits` and can be configured.

use std::time::Duration;

/// The largest frame either way, in bytes. Raft appends are cut at 4 MiB, an import's batch at 1 MiB: twice the
/// larger leaves room for names of fields, and bounds what one frame can make the receiver hold.
pub const FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The largest chunk of a snapshot, in bytes: half a frame, as appends.
pub const SNAPSHOT_CHUNK_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The largest preface, in bytes. It comes from somebody who has proved nothing yet.
pub const PREFACE_BYTES_MAX: usize = 64 * 1024;

/// The longest access token, in bytes. Ours have 67; the rest is room for other makers'.
pub const TOKEN_BYTES_MAX: usize = 512;

/// The longest name a client may give itself, in bytes. It goes into logs.
pub const CLIENT_NAME_BYTES_MAX: usize = 100;

/// How long a request may run at most. A longer deadline is cut to this before tarpc sees it: it adds what it reads
/// to the present moment, and that addition panics.
pub const DEADLINE_MAX: Duration = Duration::from_secs(60);

/// How deeply a message may nest. Decoding recurses, and a thread's stack is finite.
pub const DEPTH_MAX: usize = 128;

/// How many unreadable requests of one connection may wait for their refusal to be written.
pub const REFUSALS_PENDING_MAX: usize = 64;

/// How long the TCP connection may take to come about, as seen by whoever connects.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the TLS handshake may take, either side.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the preface may take once TLS stands, either side.
pub const PREFACE_TIMEOUT: Duration = Duration::from_secs(5);

/// What a subscriber should let through of the libraries below: at `info`, tarpc makes two spans for each request.
pub const LOG_DIRECTIVES: &str = "tarpc=warn,rustls=warn";
