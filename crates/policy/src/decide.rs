//! The answer to a request, from the index: no disk, no allocation, no lock.

use crate::decision::{Decision, Request};
use crate::index::Index;

/// Answers one request.
pub fn decide(index: &Index, request: &Request<'_>) -> Decision {
    index.decide(request)
}

/// Answers requests in their order, appending to `out`.
pub fn decide_batch(index: &Index, requests: &[Request<'_>], out: &mut Vec<Decision>) {
    out.extend(requests.iter().map(|request| index.decide(request)));
}
