//! Nodes that share one memory of requests, and do on command what real ones do by accident.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bailiwick_client::{Client, ClientConfig, Credential};
use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId, Revision};
use bailiwick_policy::query::ListQuery;
use bailiwick_rpc::api::*;
use bailiwick_rpc::certs::Authority;
use bailiwick_rpc::identity::CallerIdentity;
use bailiwick_rpc::net::{Net, Tcp};
use bailiwick_rpc::preface::{Refusal, RefusalCode};
use bailiwick_rpc::server::{Connection, Handler, Limits, NodeName, Stats, serve_connections};
use bailiwick_rpc::tls::{CallerTls, KeyFiles, NodeFiles};
use bailiwick_rpc::token::Token;
use futures::future::BoxFuture;
use serde_bytes::ByteBuf;
use tarpc::context::Context;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes; a test that needs it has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What a node does with the next requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mood {
    /// Answers.
    #[default]
    Well,
    /// Holds every request for ever.
    Hangs,
    /// Applies writes and never answers them; answers the rest.
    AppliesMutely,
    /// Takes writes, neither applies nor answers them; answers the rest.
    SwallowsWrites,
    /// Says `unavailable`.
    Unavailable,
    /// Says that it doesn't know what became of a write it has applied.
    AppliesUnsurely,
}

/// What all nodes of a cluster know.
#[derive(Debug, Default)]
pub struct Truth {
    pub applied: BTreeMap<RequestId, SubmitReply>,
    /// How often each request reached a node.
    pub sent: BTreeMap<RequestId, u32>,
    pub revision: u64,
}

impl Truth {
    fn apply(&mut self, id: RequestId) -> SubmitReply {
        if let Some(reply) = self.applied.get(&id) {
            return reply.clone();
        }
        self.revision += 1;
        let revision = Revision(self.revision);
        let reply = SubmitReply::Committed { receipt: Receipt::new("demo", 1, revision), revision, changed: true, warnings: vec![] };
        self.applied.insert(id, reply.clone());
        reply
    }
}

pub struct FakeNode {
    pub id: u64,
    pub addr: String,
    mood: Arc<Mutex<Mood>>,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl FakeNode {
    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Ends at once; connections break.
    pub async fn kill(&mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            task.await.unwrap();
        }
    }
}

/// A cluster of fakes with its authority.
pub struct Fakes {
    pub folder: PathBuf,
    pub nodes: Vec<FakeNode>,
    pub truth: watch::Sender<Truth>,
    authority: Authority,
}

impl Fakes {
    pub async fn start(count: u64) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("bailiwick-client-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let authority = Authority::create("demo").unwrap();
        authority.write(&folder).unwrap();
        let mut fakes = Self { folder, nodes: Vec::new(), truth: watch::Sender::default(), authority };
        for id in 1..=count {
            let node = fakes.node(id, "127.0.0.1:0").await;
            fakes.nodes.push(node);
        }
        fakes
    }

    async fn node(&self, id: u64, addr: &str) -> FakeNode {
        let stem = format!("n{id}");
        let (certificate, key) = self.authority.issue_node(id, &["127.0.0.1"]).unwrap().write(&self.folder, &stem).unwrap();
        let files = NodeFiles { ca: self.folder.join("ca.pem"), own: KeyFiles { certificate, key } };
        let listener = Tcp.bind(addr).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (mood, stop) = (Arc::new(Mutex::new(Mood::Well)), CancellationToken::new());
        let mind = Mind { id, mood: mood.clone(), truth: self.truth.clone() };
        let us = NodeName { node: id, cluster: "demo".into(), version: "0".into() };
        let limits = Limits { grace: Duration::ZERO, ..Limits::default() };
        let tls = Arc::new(CallerTls::load(files).unwrap());
        let task = tokio::spawn(serve_connections(listener, tls, limits, us, Arc::new(mind), Arc::new(Stats::default()), stop.clone()));
        FakeNode { id, addr, mood, stop, task: Some(task) }
    }

    /// Starts a killed node again where it was.
    pub async fn restart(&mut self, place: usize) {
        let (id, addr) = (self.nodes[place].id, self.nodes[place].addr.clone());
        self.nodes[place] = self.node(id, &addr).await;
    }

    pub fn config(&self) -> ClientConfig {
        let nodes = self.nodes.iter().map(|node| node.addr.clone()).collect();
        let token = Credential::Token(Token::parse("bw_good").unwrap());
        let mut config = ClientConfig::new(nodes, self.folder.join("ca.pem"), token);
        config.read_timeout = PATIENCE;
        config.attempt_timeout = Duration::from_millis(300);
        config
    }

    pub fn client(&self) -> Client {
        Client::connect(self.config()).unwrap()
    }

    pub fn truth(&self) -> watch::Ref<'_, Truth> {
        self.truth.borrow()
    }

    /// Waits until what all nodes know is so.
    pub async fn comes_to(&self, holds: impl FnMut(&Truth) -> bool) {
        self.truth.subscribe().wait_for(holds).await.unwrap();
    }
}

impl Drop for Fakes {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[derive(Clone)]
struct Mind {
    id: u64,
    mood: Arc<Mutex<Mood>>,
    truth: watch::Sender<Truth>,
}

impl Handler<CallerIdentity> for Mind {
    fn services(&self) -> &[&'static str] {
        &SERVICES
    }

    fn admit(&self, _: &str, who: &CallerIdentity) -> Result<(), Refusal> {
        let good = Token::parse("bw_good").map(|token| token.hash()).ok();
        match who.token_hash == good {
            true => Ok(()),
            false => Err(Refusal::new(RefusalCode::CREDENTIAL, "the access token is unknown or revoked")),
        }
    }

    fn serve(&self, connection: Connection<CallerIdentity>) -> BoxFuture<'static, ()> {
        let mind = self.clone();
        match connection.hello.service.as_str() {
            "admin" => Box::pin(connection.run(Admin::serve(mind))),
            "browse" => Box::pin(connection.run(Browse::serve(mind))),
            "cluster" => Box::pin(connection.run(Cluster::serve(mind))),
            other => panic!("nothing here asks for `{other}`"),
        }
    }
}

impl Mind {
    fn apply(&self, id: RequestId) -> SubmitReply {
        let mut reply = None;
        self.truth.send_modify(|truth| reply = Some(truth.apply(id)));
        reply.unwrap()
    }

    async fn mood(&self) -> Result<Mood, ApiError> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Hangs => std::future::pending().await,
            Mood::Unavailable => Err(ApiError::new(ApiError::UNAVAILABLE, "no leader")),
            Mood::Well | Mood::AppliesMutely | Mood::SwallowsWrites | Mood::AppliesUnsurely => Ok(mood),
        }
    }
}

fn unasked<T>() -> Result<T, ApiError> {
    Err(ApiError::new(ApiError::NOT_FOUND, "the tests don't ask this"))
}

impl Admin for Mind {
    async fn submit(self, _: Context, request: SubmitRequest) -> Result<SubmitReply, ApiError> {
        self.truth.send_modify(|truth| *truth.sent.entry(request.request_id).or_default() += 1);
        match self.mood().await? {
            Mood::AppliesMutely => {
                self.apply(request.request_id);
                std::future::pending().await
            }
            Mood::AppliesUnsurely => {
                self.apply(request.request_id);
                Ok(SubmitReply::Unknown { message: "the leader is gone".into() })
            }
            Mood::SwallowsWrites => std::future::pending().await,
            Mood::Well | Mood::Hangs | Mood::Unavailable => Ok(self.apply(request.request_id)),
        }
    }

    async fn outcome(self, _: Context, id: RequestId) -> Result<OutcomeReply, ApiError> {
        self.mood().await?;
        Ok(self.truth.borrow().applied.get(&id).cloned().map_or(OutcomeReply::NotApplied, OutcomeReply::Known))
    }

    async fn preview(self, _: Context, _: PreviewRequest) -> Result<PreviewReply, ApiError> {
        unasked()
    }

    async fn faults(self, _: Context, _: ByteBuf) -> Result<(Revision, Vec<RowFault>), ApiError> {
        unasked()
    }

    async fn inverse(self, _: Context, _: Revision) -> Result<ByteBuf, ApiError> {
        unasked()
    }
}

impl Browse for Mind {
    async fn whoami(self, _: Context) -> Result<WhoAmI, ApiError> {
        self.mood().await?;
        Ok(WhoAmI { node: self.id, ..WhoAmI::default() })
    }

    async fn list(self, _: Context, _: ListQuery, _: At) -> Result<ListReply, ApiError> {
        unasked()
    }

    async fn get(self, _: Context, _: ObjectId, _: At) -> Result<GetReply, ApiError> {
        unasked()
    }

    async fn watch(self, _: Context, request: WatchRequest) -> Result<WatchReply, ApiError> {
        self.mood().await?;
        tokio::time::sleep(Duration::from_millis(request.wait_ms)).await;
        Ok(WatchReply::default())
    }

    async fn audit(self, _: Context, _: AuditQuery) -> Result<AuditReply, ApiError> {
        unasked()
    }

    async fn audit_entry(self, _: Context, _: Revision) -> Result<AuditEntry, ApiError> {
        unasked()
    }

    async fn diff(self, _: Context, _: Option<OrgCode>, _: Revision, _: Revision) -> Result<DiffReply, ApiError> {
        unasked()
    }

    async fn denies(self, _: Context, _: DeniesRequest) -> Result<DeniesReply, ApiError> {
        unasked()
    }

    async fn suggest(self, _: Context, _: SuggestRequest) -> Result<SuggestReply, ApiError> {
        unasked()
    }

    async fn who_can(self, _: Context, _: WhoCanRequest) -> Result<WhoCanReply, ApiError> {
        unasked()
    }

    async fn what_can(self, _: Context, _: WhatCanRequest) -> Result<WhatCanReply, ApiError> {
        unasked()
    }

    async fn effective_scopes(self, _: Context, _: ScopesRequest) -> Result<ScopesReply, ApiError> {
        unasked()
    }

    async fn holdings(self, _: Context, _: HoldingsRequest) -> Result<HoldingsReply, ApiError> {
        unasked()
    }

    async fn usage(self, _: Context, _: UsageRequest) -> Result<UsageReply, ApiError> {
        unasked()
    }

    async fn lint(self, _: Context, _: Option<OrgCode>) -> Result<LintReply, ApiError> {
        unasked()
    }
}

impl Cluster for Mind {
    async fn status(self, _: Context, _: bool) -> Result<ClusterStatus, ApiError> {
        unasked()
    }

    async fn node(self, _: Context, _: bool) -> Result<NodeStatus, ApiError> {
        self.mood().await?;
        Ok(NodeStatus { id: self.id, leader: Some(2), ..NodeStatus::default() })
    }

    async fn change_members(self, _: Context, _: MemberChangeRequest) -> Result<MemberChangeReply, ApiError> {
        unasked()
    }
}

pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: not in time"),
    }
}
