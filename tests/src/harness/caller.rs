//! Calls to one node and no other: what it answers is what is judged, without a client's second try.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId, Revision};
use bailiwick_policy::query::{List, ListQuery};
use bailiwick_rpc::api::*;
use bailiwick_rpc::codec::context_within;
use bailiwick_rpc::connect::{Connected, connect};
use bailiwick_rpc::net::Tcp;
use bailiwick_rpc::preface::ClientHello;
use bailiwick_rpc::tls::{KeyFiles, caller_client_config, server_name_of};
use bailiwick_rpc::token::Token;
use tokio::sync::Mutex;

use super::ask::new_id;

/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(15);

/// How somebody proves who they are.
#[derive(Clone, Debug)]
pub enum Credential {
    /// By a certificate.
    Certificate(KeyFiles),
    /// By a token.
    Token(Token),
}

/// Why a call has no answer.
#[derive(Clone, Debug)]
pub enum CallFailed {
    /// The node answered with an error.
    Api(ApiError),
    /// There is no connection, or it broke.
    Lost(String),
}

impl CallFailed {
    /// The code of the node's answer, if it is one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Api(error) => Some(&error.code),
            Self::Lost(_) => None,
        }
    }
}

impl fmt::Display for CallFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(error) => error.fmt(f),
            Self::Lost(why) => f.write_str(why),
        }
    }
}

/// A caller of one node. Connections are made when needed, and again after they broke.
pub struct Caller {
    addr: String,
    tls: Arc<rustls::ClientConfig>,
    token: Option<Token>,
    check: Mutex<Option<CheckClient>>,
    admin: Mutex<Option<AdminClient>>,
    browse: Mutex<Option<BrowseClient>>,
    cluster: Mutex<Option<ClusterClient>>,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller({})", self.addr)
    }
}

/// Calls a method of a service's client; a connection that broke is forgotten.
macro_rules! call {
    ($self:ident, $slot:ident, $client:ident, $service:literal, $method:ident($($arg:expr),*)) => {{
        let client = {
            let mut slot = $self.$slot.lock().await;
            match &*slot {
                Some(client) => client.clone(),
                None => {
                    let connected = $self.connect($service).await?;
                    let client = $client::new(connected.client_config(), connected.transport()).spawn();
                    slot.insert(client).clone()
                }
            }
        };
        match client.$method(context_within(DEADLINE) $(, $arg)*).await {
            Ok(answer) => answer.map_err(CallFailed::Api),
            Err(why) => {
                *$self.$slot.lock().await = None;
                Err(CallFailed::Lost(format!("`{}`: {why}", $self.addr)))
            }
        }
    }};
}

impl Caller {
    /// A caller of the node at `addr`.
    pub fn new(addr: &str, ca: &Path, credential: &Credential) -> Self {
        let (own, token) = match credential {
            Credential::Certificate(files) => (Some(files), None),
            Credential::Token(token) => (None, Some(token.clone())),
        };
        Self {
            addr: addr.to_owned(),
            tls: caller_client_config(ca, own).expect("certificates of ours can be read"),
            token,
            check: Mutex::default(),
            admin: Mutex::default(),
            browse: Mutex::default(),
            cluster: Mutex::default(),
        }
    }

    /// Where the node is called.
    pub fn addr(&self) -> &str {
        &self.addr
    }

    /// Forgets the connections: the node was started again, and those to its former life are dead.
    pub async fn forget(&self) {
        *self.check.lock().await = None;
        *self.admin.lock().await = None;
        *self.browse.lock().await = None;
        *self.cluster.lock().await = None;
    }

    /// A new connection for a service.
    pub async fn connect(&self, service: &str) -> Result<Connected, CallFailed> {
        let hello = ClientHello::new(service, "bailiwick-tests").with_token(self.token.clone());
        let name = server_name_of(&self.addr).map_err(|why| CallFailed::Lost(why.to_string()))?;
        connect(&Tcp, &self.addr, self.tls.clone(), name, &hello).await.map_err(|why| CallFailed::Lost(why.to_string()))
    }

    /// Decides one.
    pub async fn check(&self, request: CheckRequest) -> Result<CheckReply, CallFailed> {
        call!(self, check, CheckClient, "check", check(request))
    }

    /// Decides several at one revision.
    pub async fn check_many(&self, request: CheckManyRequest) -> Result<CheckManyReply, CallFailed> {
        call!(self, check, CheckClient, "check", check_many(request))
    }

    /// Decides one and says why.
    pub async fn explain(&self, request: CheckRequest) -> Result<ExplainReply, CallFailed> {
        call!(self, check, CheckClient, "check", explain(request))
    }

    /// Makes a change.
    pub async fn submit(&self, request: SubmitRequest) -> Result<SubmitReply, CallFailed> {
        call!(self, admin, AdminClient, "admin", submit(request))
    }

    /// Makes a change that must be accepted; returns its receipt and revision.
    pub async fn change(&self, command: &Command) -> (Receipt, Revision) {
        match self.submit(request(new_id(), command)).await {
            Ok(SubmitReply::Committed { receipt, revision, .. }) => (receipt, revision),
            other => panic!("`{}` through `{}`: {other:?}", command.name(), self.addr),
        }
    }

    /// Tries a change that must be rejected; returns the rejection.
    pub async fn refused(&self, command: &Command) -> RejectionBody {
        match self.submit(request(new_id(), command)).await {
            Ok(SubmitReply::Rejected(rejection)) => rejection,
            other => panic!("`{}` through `{}` should be rejected: {other:?}", command.name(), self.addr),
        }
    }

    /// What became of a request.
    pub async fn outcome(&self, id: RequestId) -> Result<OutcomeReply, CallFailed> {
        call!(self, admin, AdminClient, "admin", outcome(id))
    }

    /// What changes would do.
    pub async fn preview(&self, request: PreviewRequest) -> Result<PreviewReply, CallFailed> {
        call!(self, admin, AdminClient, "admin", preview(request))
    }

    /// Who the caller is.
    pub async fn whoami(&self) -> Result<WhoAmI, CallFailed> {
        call!(self, browse, BrowseClient, "browse", whoami())
    }

    /// A window of a list.
    pub async fn list(&self, query: ListQuery, at: At) -> Result<ListReply, CallFailed> {
        call!(self, browse, BrowseClient, "browse", list(query, at))
    }

    /// The first rows of a list of an org.
    pub async fn rows(&self, org: &str, list: List, at: At) -> Result<ListReply, CallFailed> {
        self.list(ListQuery { org: org.parse().ok(), list, text: String::new(), anchor: Default::default(), limit: 1_000 }, at).await
    }

    /// One object.
    pub async fn get(&self, id: ObjectId, at: At) -> Result<GetReply, CallFailed> {
        call!(self, browse, BrowseClient, "browse", get(id, at))
    }

    /// A page of the audit.
    pub async fn audit(&self, query: AuditQuery) -> Result<AuditReply, CallFailed> {
        call!(self, browse, BrowseClient, "browse", audit(query))
    }

    /// One entry of the audit.
    pub async fn audit_entry(&self, revision: Revision) -> Result<AuditEntry, CallFailed> {
        call!(self, browse, BrowseClient, "browse", audit_entry(revision))
    }

    /// What the lint finds.
    pub async fn lint(&self, org: Option<OrgCode>) -> Result<LintReply, CallFailed> {
        call!(self, browse, BrowseClient, "browse", lint(org))
    }

    /// A page of who may do something.
    pub async fn who_can(&self, request: WhoCanRequest) -> Result<WhoCanReply, CallFailed> {
        call!(self, browse, BrowseClient, "browse", who_can(request))
    }

    /// A page of what a subject may do.
    pub async fn what_can(&self, request: WhatCanRequest) -> Result<WhatCanReply, CallFailed> {
        call!(self, browse, BrowseClient, "browse", what_can(request))
    }

    /// A page of the scopes that a subject holds.
    pub async fn effective_scopes(&self, request: ScopesRequest) -> Result<ScopesReply, CallFailed> {
        call!(self, browse, BrowseClient, "browse", effective_scopes(request))
    }

    /// All that a subject holds.
    pub async fn holdings(&self, request: HoldingsRequest) -> Result<HoldingsReply, CallFailed> {
        call!(self, browse, BrowseClient, "browse", holdings(request))
    }

    /// Waits for changes.
    pub async fn watch(&self, request: WatchRequest) -> Result<WatchReply, CallFailed> {
        call!(self, browse, BrowseClient, "browse", watch(request))
    }

    /// How every member is, as this node sees it.
    pub async fn cluster_status(&self, hashes: bool) -> Result<ClusterStatus, CallFailed> {
        call!(self, cluster, ClusterClient, "cluster", status(hashes))
    }

    /// Changes the cluster's members.
    pub async fn change_members(&self, request: MemberChangeRequest) -> Result<MemberChangeReply, CallFailed> {
        call!(self, cluster, ClusterClient, "cluster", change_members(request))
    }

    /// How this node is.
    pub async fn status(&self, hashes: bool) -> Result<NodeStatus, CallFailed> {
        call!(self, cluster, ClusterClient, "cluster", node(hashes))
    }
}

/// A command as it is submitted, with nothing beside it.
pub fn request(request_id: RequestId, command: &Command) -> SubmitRequest {
    let command = encode_command(command).expect("a command of ours can be encoded");
    SubmitRequest { request_id, command, reads: Vec::new(), expect: None, reason: None, job: None }
}
