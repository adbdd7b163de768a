//! The four services of the callers' port. Apart from their messages, since each brings a type of requests with it
//! that bears the service's name.

use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId, Revision};
use bailiwick_policy::query::ListQuery;
use serde_bytes::ByteBuf;

use crate::api;

/// Checks: what enforcement points call.
#[tarpc::service]
pub trait Check {
    /// Decides one.
    async fn check(request: api::CheckRequest) -> Result<api::CheckReply, api::ApiError>;
    /// Decides several at one revision.
    async fn check_many(request: api::CheckManyRequest) -> Result<api::CheckManyReply, api::ApiError>;
    /// Decides one and says why.
    async fn explain(request: api::CheckRequest) -> Result<api::ExplainReply, api::ApiError>;
}

/// Changes: what operators and scripts call.
#[tarpc::service]
pub trait Admin {
    /// Makes a change. Runs to its end even if the caller goes away.
    async fn submit(request: api::SubmitRequest) -> Result<api::SubmitReply, api::ApiError>;
    /// What became of a request.
    async fn outcome(request_id: RequestId) -> Result<api::OutcomeReply, api::ApiError>;
    /// What changes would do.
    async fn preview(request: api::PreviewRequest) -> Result<api::PreviewReply, api::ApiError>;
    /// Every row of a put that can't be taken, at the revision named beside.
    async fn faults(command: ByteBuf) -> Result<(Revision, Vec<api::RowFault>), api::ApiError>;
    /// The command that would undo an entry of the audit, as it travels: to be previewed and submitted like any other.
    async fn inverse(of: Revision) -> Result<ByteBuf, api::ApiError>;
}

/// What is there and what was: lists, objects, changes as they come, the audit, and what follows from them.
#[tarpc::service]
pub trait Browse {
    /// Who the caller is.
    async fn whoami() -> Result<api::WhoAmI, api::ApiError>;
    /// A window of a list.
    async fn list(query: ListQuery, at: api::At) -> Result<api::ListReply, api::ApiError>;
    /// One object.
    async fn get(id: ObjectId, at: api::At) -> Result<api::GetReply, api::ApiError>;
    /// Waits for changes.
    async fn watch(request: api::WatchRequest) -> Result<api::WatchReply, api::ApiError>;
    /// A page of the audit.
    async fn audit(query: api::AuditQuery) -> Result<api::AuditReply, api::ApiError>;
    /// One entry of the audit with all that it changed.
    async fn audit_entry(revision: Revision) -> Result<api::AuditEntry, api::ApiError>;
    /// What differs between two revisions of an org, and whose access does. Either may be the older.
    async fn diff(org: Option<OrgCode>, from: Revision, to: Revision) -> Result<api::DiffReply, api::ApiError>;
    /// What was refused lately, by every node's own count.
    async fn denies(request: api::DeniesRequest) -> Result<api::DeniesReply, api::ApiError>;
    /// When grants were last used, by every node's own count.
    async fn usage(request: api::UsageRequest) -> Result<api::UsageReply, api::ApiError>;
    /// A group derived from what was called.
    async fn suggest(request: api::SuggestRequest) -> Result<api::SuggestReply, api::ApiError>;
    /// Who may do something.
    async fn who_can(request: api::WhoCanRequest) -> Result<api::WhoCanReply, api::ApiError>;
    /// What a subject may do.
    async fn what_can(request: api::WhatCanRequest) -> Result<api::WhatCanReply, api::ApiError>;
    /// The scopes that a subject holds, and how.
    async fn effective_scopes(request: api::ScopesRequest) -> Result<api::ScopesReply, api::ApiError>;
    /// All that a user or an application holds, by which way and until when.
    async fn holdings(request: api::HoldingsRequest) -> Result<api::HoldingsReply, api::ApiError>;
    /// What is lawful in an org and still most likely a mistake.
    async fn lint(org: Option<OrgCode>) -> Result<api::LintReply, api::ApiError>;
}

/// The cluster.
#[tarpc::service]
pub trait Cluster {
    /// How every member is; those that don't answer within a second are said not to.
    async fn status(hashes: bool) -> Result<api::ClusterStatus, api::ApiError>;
    /// How the node that answers is.
    async fn node(hashes: bool) -> Result<api::NodeStatus, api::ApiError>;
    /// Adds, promotes or removes a node, or moves leadership. Runs to its end even if the caller goes away.
    async fn change_members(request: api::MemberChangeRequest) -> Result<api::MemberChangeReply, api::ApiError>;
}
