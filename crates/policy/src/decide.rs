//! The answer to a request, from the index: no disk, no allocation, no lock, nothing written.
//!
//! A check waits for memory more than it computes. So the store's leaf is asked for first, the endpoint is matched
//! meanwhile, and only then the leaf is read. A batch does each of these for 32 requests before the next; it has the
//! time to ask for a leaf's head first, and then for the one entry that it needs.

use crate::decision::{Decision, Request, Verdict};
use crate::index::{Index, Trace};

/// Requests that are on their way together in a batch: enough to hide a fetch from memory behind the others' work.
const STAGED: usize = 32;

/// Answers one request.
pub fn decide(index: &Index, request: &Request<'_>) -> Decision {
    if !Index::is_call_of_place(request) {
        return index.judge(request);
    }
    let mut check = index.start(request);
    check.prefetch();
    check.match_endpoint(request);
    index.finish(&check)
}

/// Answers one request, and says what it was matched to and judged by: for a store's or a till's call that is known anyway.
pub fn decide_traced(index: &Index, request: &Request<'_>) -> (Decision, Trace) {
    if !Index::is_call_of_place(request) {
        let decision = index.judge(request);
        let trace = if decision.verdict() == Verdict::Permit { index.trace(request) } else { Trace::default() };
        return (decision, trace);
    }
    let mut check = index.start(request);
    check.prefetch();
    check.match_endpoint(request);
    index.finish_traced(&check)
}

/// Answers requests in their order, appending to `out`.
pub fn decide_batch(index: &Index, requests: &[Request<'_>], out: &mut Vec<Decision>) {
    out.reserve(requests.len());
    for staged in requests.chunks(STAGED) {
        // The others have no leaf to wait for.
        if !staged.iter().all(Index::is_call_of_place) {
            out.extend(staged.iter().map(|request| decide(index, request)));
            continue;
        }
        let mut checks = [const { None }; STAGED];
        for (check, request) in checks.iter_mut().zip(staged) {
            *check = Some(index.start(request));
        }
        for check in checks.iter().flatten() {
            check.prefetch_head();
        }
        for (check, request) in checks.iter_mut().flatten().zip(staged) {
            check.match_endpoint(request);
            check.prefetch_entry();
        }
        out.extend(checks.iter().flatten().map(|check| index.finish(check)));
    }
}
