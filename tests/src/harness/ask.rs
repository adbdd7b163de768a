//! Short words for what is asked.

use bailiwick_policy::ids::RequestId;
use bailiwick_rpc::api::{At, CheckRequest};

/// A request id that nobody has used.
pub fn new_id() -> RequestId {
    RequestId(ulid::Ulid::new().0)
}

/// An identifier of ours from a text that is one.
pub fn code<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|why| panic!("{why}"))
}

/// A question: org, subject, action, resource.
pub fn check_of(org: &str, subject: &str, action: &str, resource: &str, at: At) -> CheckRequest {
    CheckRequest { org: Some(org.to_owned()), subject: subject.to_owned(), action: action.to_owned(), resource: resource.to_owned(), at, ..CheckRequest::default() }
}
