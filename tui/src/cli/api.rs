//! What the command line needs of a cluster, as a trait, so that its tests run against a fake; and the ways in which
//! a call comes to nothing.

use std::fmt;

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId, Revision};
use bailiwick_policy::query::ListQuery;
use bailiwick_rpc::api::{
    ApiError, At, AuditEntry, AuditQuery, AuditReply, CheckReply, CheckRequest, ClusterStatus, DeniesReply, DeniesRequest,
    DiffReply, ExplainReply, GetReply, HoldingsReply, HoldingsRequest, LintReply, ListReply, MemberChangeReply, MemberChangeRequest, PreviewReply, PreviewRequest,
    Receipt, RejectionBody, RowFault, ScopesReply, ScopesRequest, SubmitRequest, SuggestReply, SuggestRequest, UsageReply, UsageRequest, WatchReply,
    WatchRequest, WhatCanReply, WhatCanRequest, WhoAmI, WhoCanReply, WhoCanRequest,
};

/// Why a call has no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallFault {
    /// A node answered that it can't or won't.
    Api(ApiError),
    /// No node answered in time.
    NoNode(String),
    /// Every node refuses the caller, or the caller's settings are wrong: trying again won't help.
    Refused(String),
}

impl CallFault {
    /// The code of the API that this amounts to.
    pub fn code(&self) -> &str {
        match self {
            Self::Api(error) => &error.code,
            Self::NoNode(_) => ApiError::UNAVAILABLE,
            Self::Refused(_) => "refused",
        }
    }

    /// Whether the cluster couldn't answer now, but may soon.
    pub fn passes(&self) -> bool {
        match self {
            Self::Api(error) => {
                matches!(error.code.as_str(), ApiError::UNAVAILABLE | ApiError::BEHIND | ApiError::OVERLOADED)
            }
            Self::NoNode(_) => true,
            Self::Refused(_) => false,
        }
    }
}

impl fmt::Display for CallFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(error) => error.fmt(f),
            Self::NoNode(message) | Self::Refused(message) => f.write_str(message),
        }
    }
}

/// What became of a write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Written {
    /// In force from this revision on.
    Committed {
        /// For `--at at_least=`.
        receipt: Receipt,
        /// The revision.
        revision: Revision,
        /// Whether anything changed.
        changed: bool,
        /// What the asker should know all the same.
        warnings: Vec<String>,
    },
    /// A lawful no.
    Rejected(RejectionBody),
    /// It may or may not have been applied.
    Unknown(String),
    /// Nothing was proposed.
    Failed(CallFault),
}

/// The calls. A submitted write is over when it returns: whoever implements it has asked for an outcome that wasn't
/// known at first.
pub(crate) trait Api {
    async fn check(&self, request: CheckRequest) -> Result<CheckReply, CallFault>;
    async fn explain(&self, request: CheckRequest) -> Result<ExplainReply, CallFault>;
    async fn submit(&self, request: SubmitRequest) -> Written;
    async fn preview(&self, request: PreviewRequest) -> Result<PreviewReply, CallFault>;
    async fn faults(&self, command: &Command) -> Result<(Revision, Vec<RowFault>), CallFault>;
    async fn whoami(&self) -> Result<WhoAmI, CallFault>;
    async fn list(&self, query: ListQuery, at: At) -> Result<ListReply, CallFault>;
    async fn get(&self, id: ObjectId, at: At) -> Result<GetReply, CallFault>;
    async fn watch(&self, request: WatchRequest) -> Result<WatchReply, CallFault>;
    async fn inverse(&self, of: Revision) -> Result<Command, CallFault>;
    async fn audit(&self, query: AuditQuery) -> Result<AuditReply, CallFault>;
    async fn audit_entry(&self, revision: Revision) -> Result<AuditEntry, CallFault>;
    async fn diff(&self, org: Option<OrgCode>, from: Revision, to: Revision) -> Result<DiffReply, CallFault>;
    async fn denies(&self, request: DeniesRequest) -> Result<DeniesReply, CallFault>;
    async fn suggest(&self, request: SuggestRequest) -> Result<SuggestReply, CallFault>;
    async fn usage(&self, request: UsageRequest) -> Result<UsageReply, CallFault>;
    async fn lint(&self, org: Option<OrgCode>) -> Result<LintReply, CallFault>;
    async fn who_can(&self, request: WhoCanRequest) -> Result<WhoCanReply, CallFault>;
    async fn what_can(&self, request: WhatCanRequest) -> Result<WhatCanReply, CallFault>;
    async fn effective_scopes(&self, request: ScopesRequest) -> Result<ScopesReply, CallFault>;
    async fn holdings(&self, request: HoldingsRequest) -> Result<HoldingsReply, CallFault>;
    async fn cluster_status(&self, hashes: bool) -> Result<ClusterStatus, CallFault>;
    async fn change_members(&self, request: MemberChangeRequest) -> Result<MemberChangeReply, CallFault>;
    fn new_request_id(&self) -> RequestId;
}
