//! The real cluster behind `Api`: the client, its words turned into the console's.

use std::time::Duration;

use bailiwick_client::health::ClusterHealth;
use bailiwick_client::{Client, ClientError, WriteOutcome, new_request_id};
use bailiwick_policy::ids::{ObjectId, RequestId, Revision};
use bailiwick_policy::query::ListQuery;
use bailiwick_rpc::api::{
    At, AuditEntry, AuditQuery, AuditReply, CheckRequest, ClusterStatus, DeniesReply, DeniesRequest, ExplainReply, GetReply, ListReply, MemberChangeReply, MemberChangeRequest, OutcomeReply,
    PreviewReply, PreviewRequest, SubmitRequest, WatchReply, WatchRequest, WhoAmI,
};
use serde_bytes::ByteBuf;
use tokio::sync::watch;

use super::api::{Api, Fault, Health, Written};

/// How long a write is carried before its outcome is called unknown and asked for in the open.
const WRITE_TIME: Duration = Duration::from_secs(5);

/// A cluster reached by a client.
#[derive(Clone, Debug)]
pub struct Remote {
    client: Client,
}

impl Remote {
    /// Over this client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

fn fault(error: ClientError) -> Fault {
    match error {
        ClientError::Api(error) => Fault { code: error.code, message: error.message },
        ClientError::NoNode { tried } => Fault::new("unreachable", format!("no node answered in time: {}", tried.join("; "))),
        ClientError::Refused { tried } => Fault::new("refused", format!("every node refuses us: {}", tried.join("; "))),
        ClientError::Message(cause) => Fault::new("message", cause),
        ClientError::Setup(cause) => Fault::new("setup", cause),
    }
}

fn health_of(cluster: &ClusterHealth) -> Health {
    let reading = cluster.reading_from.and_then(|place| cluster.nodes.get(place));
    Health {
        node: reading.and_then(|node| node.id),
        address: reading.map(|node| node.addr.clone()).unwrap_or_default(),
        connected: cluster.is_connected(),
        failing_over: cluster.failing_over,
        leader: cluster.leader,
    }
}

impl Api for Remote {
    async fn whoami(&self) -> Result<WhoAmI, Fault> {
        self.client.whoami().await.map_err(fault)
    }

    async fn list(&self, query: ListQuery, at: At) -> Result<ListReply, Fault> {
        self.client.list(query, at).await.map_err(fault)
    }

    async fn get(&self, id: ObjectId, at: At) -> Result<GetReply, Fault> {
        self.client.get(id, at).await.map_err(fault)
    }

    async fn watch(&self, request: WatchRequest) -> Result<WatchReply, Fault> {
        self.client.watch(request).await.map_err(fault)
    }

    async fn status(&self) -> Result<ClusterStatus, Fault> {
        self.client.status(false).await.map_err(fault)
    }

    async fn explain(&self, request: CheckRequest) -> Result<ExplainReply, Fault> {
        self.client.explain(request).await.map_err(fault)
    }

    async fn preview(&self, request: PreviewRequest) -> Result<PreviewReply, Fault> {
        self.client.preview(request).await.map_err(fault)
    }

    async fn audit(&self, query: AuditQuery) -> Result<AuditReply, Fault> {
        self.client.audit(query).await.map_err(fault)
    }

    async fn audit_entry(&self, revision: Revision) -> Result<AuditEntry, Fault> {
        self.client.audit_entry(revision).await.map_err(fault)
    }

    async fn inverse(&self, of: Revision) -> Result<ByteBuf, Fault> {
        self.client.inverse(of).await.map_err(fault)
    }

    async fn denies(&self, request: DeniesRequest) -> Result<DeniesReply, Fault> {
        self.client.denies(request).await.map_err(fault)
    }

    async fn submit(&self, request: SubmitRequest) -> Written {
        match self.client.carry(request, WRITE_TIME).await {
            Ok(WriteOutcome::Committed(done)) => Written::Committed {
                receipt: done.receipt,
                revision: done.revision,
                changed: done.changed,
                warnings: done.warnings,
            },
            Ok(WriteOutcome::Rejected(body)) => Written::Rejected(body),
            Ok(WriteOutcome::Unknown { message, .. }) => Written::Unknown { message },
            Err(error) => Written::Failed(fault(error)),
        }
    }

    async fn outcome(&self, id: RequestId) -> Result<OutcomeReply, Fault> {
        self.client.outcome(id).await.map_err(fault)
    }

    async fn change_members(&self, request: MemberChangeRequest) -> Result<MemberChangeReply, Fault> {
        self.client.change_members(request).await.map_err(fault)
    }

    fn health(&self) -> watch::Receiver<Health> {
        let mut cluster = self.client.health();
        let (sender, receiver) = watch::channel(health_of(&cluster.borrow_and_update()));
        // The client publishes each call; the console wants to hear only of what it shows. It ends with either side.
        tokio::spawn(async move {
            while cluster.changed().await.is_ok() {
                let now = health_of(&cluster.borrow_and_update());
                sender.send_if_modified(|shown| {
                    let changed = *shown != now;
                    *shown = now;
                    changed
                });
                if sender.is_closed() {
                    return;
                }
            }
        });
        receiver
    }

    fn new_request_id(&self) -> RequestId {
        new_request_id()
    }
}
