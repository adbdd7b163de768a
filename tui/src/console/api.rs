//! What the console asks of a cluster, and nothing else: the seam that tests fill with a state in memory.
//!
//! The methods mirror the client's. Failures are already words: the console shows them, it doesn't sort them.

use std::fmt;
use std::future::Future;

use bailiwick_policy::ids::{ObjectId, RequestId, Revision};
use bailiwick_policy::query::ListQuery;
use bailiwick_rpc::api::{
    At, AuditEntry, AuditQuery, AuditReply, CheckRequest, ClusterStatus, DeniesReply, DeniesRequest, ExplainReply, GetReply, ListReply, MemberChangeReply, MemberChangeRequest, OutcomeReply,
    PreviewReply, PreviewRequest, Receipt, RejectionBody, SubmitRequest, WatchReply, WatchRequest, WhoAmI,
};
use serde_bytes::ByteBuf;
use tokio::sync::watch;

/// Why a call has no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// A code of the API, or `unreachable` or `timeout`.
    pub code: String,
    /// A sentence.
    pub message: String,
}

impl Fault {
    /// Makes one.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// What became of a write. `Unknown` is an answer of its own: its outcome is asked for by the request's id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Written {
    /// In force from this revision on.
    Committed {
        /// For reading it back.
        receipt: Receipt,
        /// The revision.
        revision: Revision,
        /// Whether anything changed.
        changed: bool,
        /// What the operator should know all the same.
        warnings: Vec<String>,
    },
    /// A lawful no.
    Rejected(RejectionBody),
    /// It was sent, and nobody can say yet what became of it.
    Unknown {
        /// Why not.
        message: String,
    },
    /// Nothing was proposed.
    Failed(Fault),
}

/// How the way to the cluster is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Health {
    /// The node that answers.
    pub node: Option<u64>,
    /// Its address.
    pub address: String,
    /// Whether it does answer.
    pub connected: bool,
    /// Whether another node is being looked for.
    pub failing_over: bool,
    /// Who leads, as far as the client knows.
    pub leader: Option<u64>,
}

/// A cluster to be asked.
pub trait Api: Send + Sync + 'static {
    /// Who the caller is.
    fn whoami(&self) -> impl Future<Output = Result<WhoAmI, Fault>> + Send;
    /// A window of a list.
    fn list(&self, query: ListQuery, at: At) -> impl Future<Output = Result<ListReply, Fault>> + Send;
    /// One object.
    fn get(&self, id: ObjectId, at: At) -> impl Future<Output = Result<GetReply, Fault>> + Send;
    /// Waits for changes.
    fn watch(&self, request: WatchRequest) -> impl Future<Output = Result<WatchReply, Fault>> + Send;
    /// How every member is.
    fn status(&self) -> impl Future<Output = Result<ClusterStatus, Fault>> + Send;
    /// Decides one and says why.
    fn explain(&self, request: CheckRequest) -> impl Future<Output = Result<ExplainReply, Fault>> + Send;
    /// What changes would do.
    fn preview(&self, request: PreviewRequest) -> impl Future<Output = Result<PreviewReply, Fault>> + Send;
    /// Entries of the audit.
    fn audit(&self, query: AuditQuery) -> impl Future<Output = Result<AuditReply, Fault>> + Send;
    /// One of them, with all its changes.
    fn audit_entry(&self, revision: Revision) -> impl Future<Output = Result<AuditEntry, Fault>> + Send;
    /// The command that undoes an entry, encoded.
    fn inverse(&self, of: Revision) -> impl Future<Output = Result<ByteBuf, Fault>> + Send;
    /// Calls that were refused lately.
    fn denies(&self, request: DeniesRequest) -> impl Future<Output = Result<DeniesReply, Fault>> + Send;
    /// Makes a change.
    fn submit(&self, request: SubmitRequest) -> impl Future<Output = Written> + Send;
    /// What became of one.
    fn outcome(&self, id: RequestId) -> impl Future<Output = Result<OutcomeReply, Fault>> + Send;
    /// Changes the cluster's members, or says what that would do.
    fn change_members(&self, request: MemberChangeRequest) -> impl Future<Output = Result<MemberChangeReply, Fault>> + Send;
    /// How the way to the cluster is, as it changes.
    fn health(&self) -> watch::Receiver<Health>;
    /// An id for a new request.
    fn new_request_id(&self) -> RequestId;
}
