//! A request and the answer to it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::outcome::codes;

/// Whose access is in question. A till's id is exactly `STORE/TILL`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject<'a> {
    /// A store: judged as a till of it would be.
    Store(&'a str),
    /// A till, by `STORE/TILL`.
    Till(&'a str),
}

impl<'a> Subject<'a> {
    /// Parses `type:id`. The text after the colon is not checked: an unknown one is a decision, not an error.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("store", id)) => Ok(Self::Store(id)),
            Some(("till", id)) => Ok(Self::Till(id)),
            Some((kind, _)) => Err(format!("`{kind}` is no kind of subject: `till:STORE/TILL` or `store:STORE`")),
            None => Err(format!("`{text}` is no subject: it is `till:STORE/TILL` or `store:STORE`")),
        }
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(id) => write!(f, "store:{id}"),
            Self::Till(id) => write!(f, "till:{id}"),
        }
    }
}

/// May this subject call this endpoint?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request<'a> {
    /// The org, from the caller's credential or a field of its own; never from the subject's id.
    pub org: &'a str,
    /// Whose access.
    pub subject: Subject<'a>,
    /// The HTTP method, in upper case (doors upper-case it).
    pub method: &'a str,
    /// The path, as sent.
    pub path: &'a str,
}

codes! {
    /// Why the answer is what it is.
    Reason {
        /// Permitted by the group allocated to the store.
        PermitGroup = "permit_group",
        /// Permitted by the org's default group, which the store inherits.
        PermitDefaultGroup = "permit_default_group",
        /// The store has no group, and the org no default (AG-23).
        NoAccessGroup = "no_access_group",
        /// The group grants nothing on the resource (AG-2).
        ResourceNone = "resource_none",
        /// The group grants Write only.
        NeedsRead = "needs_read",
        /// The group grants Read only.
        NeedsWrite = "needs_write",
        /// The cell would do, but leaves this endpoint out (AG-6).
        EndpointExcluded = "endpoint_excluded",
        /// The path has `..`, an encoded slash, or the like.
        PathMalformed = "path_malformed",
        /// No endpoint has this method and path.
        EndpointUnknown = "endpoint_unknown",
        /// The endpoint belongs to no resource.
        EndpointUnmapped = "endpoint_unmapped",
        /// No such org.
        OrgUnknown = "org_unknown",
        /// The org is suspended.
        OrgSuspended = "org_suspended",
        /// No such store.
        StoreUnknown = "store_unknown",
        /// The store is suspended.
        StoreInactive = "store_inactive",
        /// No such till.
        TillUnknown = "till_unknown",
        /// The till is suspended.
        TillSuspended = "till_suspended",
        /// The node's state is staler than it may be, or there is none.
        StateUnavailable = "state_unavailable",
        /// The node has not reached the revision asked for.
        Behind = "behind",
        /// No leader could be asked.
        Unavailable = "unavailable",
        /// The revision asked for is no longer held.
        Compacted = "compacted",
    }
}

/// Yes, no, or can't tell. No and can't tell are different answers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes: code 0.
    Permit,
    /// No: code 4000, HTTP 403 (AG-34).
    Deny,
    /// Can't tell: code 4001, HTTP 503 (AG-35).
    Indeterminate,
}

impl Verdict {
    /// The code of the API.
    pub fn code(self) -> u16 {
        match self {
            Self::Permit => 0,
            Self::Deny => 4000,
            Self::Indeterminate => 4001,
        }
    }

    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
            Self::Indeterminate => "indeterminate",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Reason {
    /// The verdict that this reason stands for.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::PermitGroup | Self::PermitDefaultGroup => Verdict::Permit,
            Self::NoAccessGroup
            | Self::ResourceNone
            | Self::NeedsRead
            | Self::NeedsWrite
            | Self::EndpointExcluded
            | Self::PathMalformed
            | Self::EndpointUnknown
            | Self::EndpointUnmapped
            | Self::OrgUnknown
            | Self::OrgSuspended
            | Self::StoreUnknown
            | Self::StoreInactive
            | Self::TillUnknown
            | Self::TillSuspended => Verdict::Deny,
            Self::StateUnavailable | Self::Behind | Self::Unavailable | Self::Compacted => Verdict::Indeterminate,
        }
    }
}

/// The answer of the policy alone. Doors add the revision and the staleness.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// Why; the verdict follows from it.
    pub reason: Reason,
    /// Set on a permit that a group in observe mode would have denied, and why it would have (AG-33).
    #[serde(default)]
    pub would_deny: Option<Reason>,
}

impl Decision {
    /// Yes, no, or can't tell.
    pub fn verdict(self) -> Verdict {
        self.reason.verdict()
    }
}

impl From<Reason> for Decision {
    fn from(reason: Reason) -> Self {
        Self { reason, would_deny: None }
    }
}
