//! The client against nodes that are real to it (TLS, preface, tarpc over loopback) and whose minds are a few lines:
//! nodes die, hang, refuse and lose answers, and the client says what is true.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "in a test, a surprise is a failure")]

mod failing_over;
mod fake;
mod sessions;
mod writing;
