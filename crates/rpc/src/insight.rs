//! Messages of understanding: the audit, differences, denials, lint, a group from a log. Lenient like all of the wire.

use std::collections::BTreeMap;

use bailiwick_policy::access::Grant;
use bailiwick_policy::command::Actor;
use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId, Revision, Tick};
use bailiwick_policy::impact::Impact;
use bailiwick_policy::lint::Finding;
use bailiwick_policy::object::Object;
use bailiwick_policy::outcome::{AuditRow, Change};
use bailiwick_policy::scopes::HeldScope;
use bailiwick_policy::whatcan::WhatCan;
use bailiwick_policy::whoami::WhoAmI as Holdings;
use serde::{Deserialize, Serialize};

use crate::api::{At, CheckContext};

/// Entries of one page of the audit at most.
pub const AUDIT_PAGE_MAX: usize = 500;
/// Rows of the deny feed in one answer at most.
pub const DENIES_MAX: usize = 1_000;
/// Distinct calls of an access log in one question at most.
pub const SUGGEST_CALLS_MAX: usize = 50_000;
/// Calls that a suggested group leaves, in one answer at most.
pub const SUGGEST_LEFT_MAX: usize = 1_000;
/// Rows of one page of who can, what can and scopes held at most.
pub const REACH_PAGE_MAX: usize = 1_000;
/// Findings of the lint in one answer at most.
pub const LINT_MAX: usize = 5_000;

/// Which entries of the audit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// Of this org alone.
    pub org: Option<OrgCode>,
    /// By this credential alone.
    pub actor: Option<String>,
    /// About this object alone.
    pub object: Option<ObjectId>,
    /// Not before this moment.
    pub since: Option<Tick>,
    /// Before this moment.
    pub until: Option<Tick>,
    /// Where to go on: the next older than this, or with `oldest_first` the next newer.
    pub cursor: Option<Revision>,
    /// From the oldest on.
    pub oldest_first: bool,
    /// Entries wanted; 0 is as many as a page has.
    pub max: usize,
    /// Which state it may come from: with a receipt, the entry of that change is among them.
    pub at: At,
}

/// An entry of the audit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The revision it made.
    pub revision: Revision,
    /// Replicated time.
    pub at: Tick,
    /// The org it is about.
    #[serde(default)]
    pub org: Option<OrgCode>,
    /// The credential; the cluster itself has none.
    #[serde(default)]
    pub actor: Option<String>,
    /// Who that is, in words.
    pub actor_label: String,
    /// The request.
    pub request_id: RequestId,
    /// The import it was part of.
    #[serde(default)]
    pub job: Option<RequestId>,
    /// Why, in the actor's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// What was asked for.
    pub command: String,
    /// What changed. In a page at most the first few of each entry, or what is about the object asked for; alone, all
    /// that fits one message.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// How many changes there are.
    #[serde(default)]
    pub changes_total: u64,
    /// What it settles: an approval says who proposed, and its actor is who approved.
    #[serde(default)]
    pub proposed: Option<Proposed>,
}

/// A proposal that an entry of the audit settles.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Proposed {
    /// Its id.
    pub id: RequestId,
    /// Who proposed it, in words.
    pub by: String,
    /// By which credential.
    pub credential: String,
    /// What was proposed.
    pub command: String,
    /// When, in replicated time.
    pub at: Tick,
    /// Why, in its maker's words.
    pub reason: Option<String>,
}

impl Proposed {
    /// The proposal that an entry by somebody settles. Time ends several at once, and approves none.
    pub fn of(row: &AuditRow) -> Option<Self> {
        if row.actor == Actor::System {
            return None;
        }
        row.changes.iter().find_map(|change| match (&change.before, &change.after) {
            (Some(Object::Proposal(proposal)), None) => Some(Self {
                id: proposal.id,
                by: proposal.meta.created_by.to_string(),
                credential: proposal.maker.to_string(),
                command: proposal.command.name().to_owned(),
                at: proposal.meta.created_at,
                reason: proposal.reason.as_deref().map(str::to_owned),
            }),
            _unsettled => None,
        })
    }
}

/// A page of the audit. It may be short, or even empty, and still go on: a node looks through so many entries at once.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditReply {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// The cursor of the next page; none at the end.
    pub next: Option<Revision>,
    /// The first revision that is kept.
    pub floor: Revision,
    /// The present revision.
    pub revision: Revision,
}

/// What differs between two revisions of an org.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DiffReply {
    /// Objects that differ, each once, before as in the first and after as in the second; at most a page.
    pub changes: Vec<Change>,
    /// How many differ.
    pub changes_total: u64,
    /// Whose access differs.
    pub impact: Impact,
    /// The first revision.
    pub from: Revision,
    /// The second.
    pub to: Revision,
}

/// Which denials.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeniesRequest {
    /// The org; none is the caller's own.
    pub org: Option<OrgCode>,
    /// Part of method, subject, path or reason, in any case; blank is all.
    pub text: String,
    /// Rows wanted; 0 is as many as an answer has.
    pub max: usize,
}

/// Calls that were refused, or would have been, alike.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DenyRow {
    /// `type:id`.
    pub subject: String,
    /// The method.
    pub method: String,
    /// The path, as sent.
    pub path: String,
    /// Why it was refused, or would have been.
    pub reason: String,
    /// It was permitted, since the group only observes (AG-33).
    pub observed: bool,
    /// How often.
    pub count: u64,
    /// When first, by the clock of the node that saw it.
    pub first: Tick,
    /// When last.
    pub last: Tick,
}

/// The deny feed: the latest first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeniesReply {
    /// The rows.
    pub rows: Vec<DenyRow>,
    /// Nodes that answered.
    pub answered_by: Vec<u64>,
    /// Nodes that didn't.
    pub silent: Vec<u64>,
    /// All of these nodes have watched from here on, each by its own clock.
    pub since: Tick,
    /// Refusals that are in no row, for want of room.
    pub dropped: u64,
}

/// A group to be derived from what was called.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SuggestRequest {
    /// The org; none is the caller's own.
    pub org: Option<OrgCode>,
    /// Method, path, and how often.
    pub calls: Vec<(String, String, u64)>,
    /// Narrow each cell to the endpoints that were called.
    pub narrow: bool,
}

/// The smallest group under which every call would have passed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SuggestReply {
    /// Its cells.
    pub grants: Vec<Grant>,
    /// Calls that it permits, each as often as it came.
    pub covered: u64,
    /// Calls that no group can permit: method, path, why, how often; the most frequent first, at most a page.
    pub left: Vec<(String, String, String, u64)>,
    /// How many different ones there are in all.
    pub left_total: u64,
    /// The revision of the catalogue.
    pub revision: Revision,
}

/// What the lint finds in an org.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LintReply {
    /// The findings; at most a page.
    pub findings: Vec<Finding>,
    /// How many there are of each code, those of no page included.
    pub counts: BTreeMap<String, u64>,
    /// The revision they were found at.
    pub revision: Revision,
}

/// Who may do something: every subject, page by page, all pages at one revision.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WhoCanRequest {
    /// The org; none is the caller's own.
    pub org: Option<OrgCode>,
    /// As in a check.
    pub action: String,
    /// As in a check.
    pub resource: String,
    /// As in a check.
    pub context: CheckContext,
    /// Only `user`s, `application`s, `store`s or `till`s.
    pub kind: Option<String>,
    /// Where to go on, as the page before said. It names the revision: `at` is then of no account.
    pub cursor: Option<String>,
    /// Rows wanted; 0 is as many as a page has.
    pub max: usize,
    /// Which state the first page comes from.
    pub at: At,
}

/// A subject that may.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AbleRow {
    /// `type:id`.
    pub subject: String,
    /// Why it is permitted.
    pub reason: String,
    /// What has to be seen to.
    pub obligations: Vec<String>,
    /// With the obligation `places`: where it holds.
    pub places: Vec<String>,
    /// Set where only an observing group permits it: why it would have been denied (AG-33).
    pub would_deny: Option<String>,
}

/// A page of those that may.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WhoCanReply {
    /// They, by kind and then by id.
    pub rows: Vec<AbleRow>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
    /// How many there are of each kind on all pages; on the first page only.
    pub totals: Vec<(String, u64)>,
    /// The revision of all pages.
    pub revision: Revision,
    /// How stale that can be, in milliseconds.
    pub staleness_ms: u64,
}

/// What a subject may do, page by page, all pages at one revision.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WhatCanRequest {
    /// The org; none is the caller's own.
    pub org: Option<OrgCode>,
    /// `type:id`; blank is the caller.
    pub subject: String,
    /// Only nodes of the navigation tree (AC-14).
    pub nodes: bool,
    /// Where it would be done.
    pub context: CheckContext,
    /// Where to go on, as in [`WhoCanRequest`].
    pub cursor: Option<String>,
    /// Rows wanted; 0 is as many as a page has.
    pub max: usize,
    /// Which state the first page comes from.
    pub at: At,
}

/// A page of what a subject may do. Rows are counted over all lists, in the order in which they stand.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WhatCanReply {
    /// The rows of this page.
    pub can: WhatCan,
    /// How many rows there are on all pages.
    pub total: u64,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
    /// The revision of all pages.
    pub revision: Revision,
    /// How stale that can be, in milliseconds.
    pub staleness_ms: u64,
}

/// The scopes that a subject holds, and how (AC-23).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ScopesRequest {
    /// The org; none is the caller's own.
    pub org: Option<OrgCode>,
    /// `user:ID` or `application:ID`; blank is the caller.
    pub subject: String,
    /// Where to go on, as in [`WhoCanRequest`].
    pub cursor: Option<String>,
    /// Rows wanted; 0 is as many as a page has.
    pub max: usize,
    /// Which state the first page comes from.
    pub at: At,
}

/// A page of scopes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ScopesReply {
    /// Each way in which each scope is held, sorted.
    pub scopes: Vec<HeldScope>,
    /// How many ways there are in all.
    pub total: u64,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
    /// The revision of all pages.
    pub revision: Revision,
    /// How stale that can be, in milliseconds.
    pub staleness_ms: u64,
}

/// What a user or an application holds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HoldingsRequest {
    /// The org; none is the caller's own.
    pub org: Option<OrgCode>,
    /// `user:ID` or `application:ID`; blank is the caller (APP-17).
    pub subject: String,
    /// Which state.
    pub at: At,
}

/// All of it. It says its revision itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HoldingsReply {
    /// What is held.
    pub held: Holdings,
    /// How stale that can be, in milliseconds.
    #[serde(default)]
    pub staleness_ms: u64,
}
