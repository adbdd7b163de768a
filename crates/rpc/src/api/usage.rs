//! Messages about when grants were last used. Lenient like all of the wire.

use bailiwick_policy::ids::{OrgCode, Revision, Tick};
use serde::{Deserialize, Serialize};

/// Rows of one page at most.
pub const USAGE_PAGE_MAX: usize = 1_000;
/// Days for which a grant wasn't used that is called unused, unless the asker says otherwise.
pub const UNUSED_DAYS: u32 = 30;

/// Which grants.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageRequest {
    /// The org; none is the caller's own.
    pub org: Option<OrgCode>,
    /// Only those of, to or at this object, written `kind:id`.
    pub of: Option<String>,
    /// Only those that were not used in so many days.
    pub unused_days: Option<u32>,
    /// Where to go on, as the page before said.
    pub cursor: Option<String>,
    /// Rows wanted; 0 is as many as a page has.
    pub max: usize,
}

/// A grant, and when it was used.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageRow {
    /// Of which kind: `allocation`, `membership`, `user-set`, …
    pub kind: String,
    /// Which, in words.
    pub grant: String,
    /// The first use that any node knows of, to the minute, by the clock of the node that saw it; none if none does.
    pub first: Option<Tick>,
    /// The last.
    pub last: Option<Tick>,
}

/// What a node's marks are to be measured by.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageWindow {
    /// The node.
    pub node: u64,
    /// It has counted from here on, by its own clock.
    pub since: Tick,
    /// Uses since then that it had no room for: what it says may be incomplete.
    pub missed: u64,
    /// Uses that it hasn't looked at yet.
    pub pending: u64,
}

/// A page of grants. It may be short, or even empty, and still go on: so many are looked through at once.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageReply {
    /// They, by kind.
    pub rows: Vec<UsageRow>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
    /// The nodes that answered.
    pub windows: Vec<UsageWindow>,
    /// Nodes that didn't.
    pub silent: Vec<u64>,
    /// All nodes that answered have counted from here on.
    pub since: Tick,
    /// The revision of the grants.
    pub revision: Revision,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    #[test]
    fn what_a_newer_node_says_beside_is_ignored_and_what_an_older_one_lacks_is_blank() {
        #[derive(Serialize)]
        struct Newer {
            kind: &'static str,
            grant: &'static str,
            times: u64,
        }
        let row: UsageRow = decode(&encode(&Newer { kind: "owner", grant: "user `ann` as owner", times: 7 }).unwrap()).unwrap();
        assert_eq!((row.kind.as_str(), row.first, row.last), ("owner", None, None));
        let request = UsageRequest { of: Some("user:bob".into()), unused_days: Some(30), ..UsageRequest::default() };
        assert_eq!(decode::<UsageRequest>(&encode(&request).unwrap()).unwrap(), request);
    }
}
