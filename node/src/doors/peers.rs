//! The door for the other nodes: Raft's messages, read indexes, writes sent on, questions about state.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_policy::ids::CredentialId;
use bailiwick_rpc::identity::PeerIdentity;
use bailiwick_rpc::limits::DEADLINE_MAX;
use bailiwick_rpc::peer::*;
use bailiwick_rpc::preface::Refusal;
use bailiwick_rpc::server::{Connection, Handler};
use bailiwick_storage::{Receiving, Snapshot, TypeConfig};
use bytes::Bytes;
use futures::future::BoxFuture;
use openraft::raft::{SnapshotResponse, TransferLeaderRequest, VoteRequest};
use tarpc::context::Context;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::app::{App, denies, usage};
use crate::app::members::{self, Answer, Asked};
use crate::app::write::now;
use crate::raft::{time, wire};

/// Hands connections to the peer service.
pub struct PeersDoor {
    app: App,
    receiving: Arc<Mutex<BTreeMap<u64, (String, Receiving)>>>,
}

impl PeersDoor {
    /// For this node.
    pub fn new(app: App) -> Self {
        Self { app, receiving: Arc::default() }
    }
}

impl Handler<PeerIdentity> for PeersDoor {
    fn services(&self) -> &[&'static str] {
        &[PEER_SERVICE]
    }

    fn admit(&self, _service: &str, _who: &PeerIdentity) -> Result<(), Refusal> {
        // TLS has verified that it is a node of this cluster.
        Ok(())
    }

    fn serve(&self, connection: Connection<PeerIdentity>) -> BoxFuture<'static, ()> {
        let peer = FromPeer { app: self.app.clone(), from: connection.who.node, receiving: self.receiving.clone() };
        Box::pin(connection.run(Peer::serve(peer)))
    }
}

#[derive(Clone)]
struct FromPeer {
    app: App,
    from: u64,
    receiving: Arc<Mutex<BTreeMap<u64, (String, Receiving)>>>,
}

fn malformed(error: impl ToString) -> PeerFault {
    PeerFault::new(PeerFaultCode::MALFORMED, error.to_string())
}

fn stopped(error: impl ToString) -> PeerFault {
    PeerFault::new(PeerFaultCode::STOPPED, error.to_string())
}

impl FromPeer {
    /// Refuses one that is no member: what it asks for on behalf of others is its own no more.
    fn is_member(&self) -> Result<(), PeerFault> {
        self.app.stranger(self.from).map_or(Ok(()), Err)
    }

    /// A change of members that the caller of another node has asked for.
    async fn lead_change(&self, question: &[u8]) -> Result<Bytes, PeerFault> {
        self.is_member()?;
        let asked: Asked = wire::decode(question).map_err(malformed)?;
        let credential: CredentialId = asked.credential.parse().map_err(malformed)?;
        let deadline = Instant::now() + Duration::from_millis(asked.within_ms).min(DEADLINE_MAX);
        // On a task of its own: the node that passed it on may go away, the change goes on.
        let app = self.app.clone();
        let task = tokio::spawn(async move {
            if app.consensus.is_leader() {
                app.lead_change(&credential, &asked.request, deadline).await
            } else {
                Answer::Again { begun: false, why: "leadership moved while the change was on its way".to_owned() }
            }
        });
        let answer = task.await.map_err(|e| PeerFault::new(PeerFaultCode::UNKNOWN, e.to_string()))?;
        wire::encode(&answer).map_err(|e| PeerFault::new(PeerFaultCode::UNKNOWN, e.to_string()))
    }

    async fn install(&self, chunk: &SnapshotChunk, receiving: Receiving) -> Result<SnapshotResponse<TypeConfig>, PeerFault> {
        let (vote, meta) = wire::decode_snapshot_meta(&chunk.meta).map_err(malformed)?;
        let finished = tokio::task::spawn_blocking(move || receiving.finish()).await.map_err(stopped)?;
        let file = finished.map_err(|fault| PeerFault::new(PeerFaultCode::UNAVAILABLE, fault.to_string()))?;
        let snapshot = Snapshot { meta, snapshot: file };
        self.app.consensus.raft.install_full_snapshot(vote, snapshot).await.map_err(stopped)
    }
}

impl Peer for FromPeer {
    async fn append(self, _: Context, request: Bytes) -> Result<Bytes, PeerFault> {
        let request = wire::decode_append(&request).map_err(malformed)?;
        let answer = self.app.consensus.raft.append_entries(request).await.map_err(stopped)?;
        wire::encode(&answer).map_err(malformed)
    }

    async fn vote(self, _: Context, request: Bytes) -> Result<Bytes, PeerFault> {
        let request: VoteRequest<TypeConfig> = wire::decode(&request).map_err(malformed)?;
        let answer = self.app.consensus.raft.vote(request).await.map_err(stopped)?;
        wire::encode(&answer).map_err(malformed)
    }

    async fn pre_vote(self, _: Context, request: Bytes) -> Result<Bytes, PeerFault> {
        let request: VoteRequest<TypeConfig> = wire::decode(&request).map_err(malformed)?;
        let answer = self.app.consensus.raft.pre_vote(request).await.map_err(stopped)?;
        wire::encode(&answer).map_err(malformed)
    }

    /// Pieces come in order, one sender at a time; a piece out of order is answered with where to go on.
    async fn snapshot_chunk(self, _: Context, chunk: SnapshotChunk) -> Result<ChunkAnswer, PeerFault> {
        let mut all = self.receiving.lock().await;
        let held = all.remove(&self.from).filter(|(id, _)| *id == chunk.id && chunk.offset > 0);
        let mut receiving = match held {
            Some((_, receiving)) => receiving,
            None if chunk.offset == 0 => Receiving::create(self.app.storage.snapshot_folder()).map_err(|fault| PeerFault::new(PeerFaultCode::UNAVAILABLE, fault.to_string()))?,
            None => return Ok(ChunkAnswer::default()),
        };
        if chunk.offset != receiving.len() {
            let next_offset = receiving.len();
            all.insert(self.from, (chunk.id, receiving));
            return Ok(ChunkAnswer { next_offset, response: Bytes::new() });
        }
        receiving.write_chunk(chunk.offset, &chunk.data).map_err(|fault| PeerFault::new(PeerFaultCode::UNAVAILABLE, fault.to_string()))?;
        let next_offset = receiving.len();
        if !chunk.last {
            all.insert(self.from, (chunk.id, receiving));
            return Ok(ChunkAnswer { next_offset, response: Bytes::new() });
        }
        drop(all);
        let answer = self.install(&chunk, receiving).await?;
        Ok(ChunkAnswer { next_offset, response: wire::encode(&answer).map_err(malformed)? })
    }

    async fn transfer_leader(self, _: Context, request: Bytes) -> Result<Bytes, PeerFault> {
        let request: TransferLeaderRequest<TypeConfig> = wire::decode(&request).map_err(malformed)?;
        let answer = self.app.consensus.raft.handle_transfer_leader(request).await.map_err(stopped)?;
        wire::encode(&answer).map_err(malformed)
    }

    async fn forward(self, _: Context, request: ForwardRequest) -> Result<Bytes, PeerFault> {
        self.is_member()?;
        let credential: CredentialId = request.credential.parse().map_err(malformed)?;
        let submit = wire::decode(&request.request).map_err(malformed)?;
        // On a task of its own: the node that forwarded may go away, the write goes on.
        let app = self.app.clone();
        let task = tokio::spawn(async move { app.submit_as(credential, submit, false).await });
        let reply = task.await.map_err(|e| PeerFault::new(PeerFaultCode::UNKNOWN, e.to_string()))?;
        wire::encode(&reply).map_err(|e| PeerFault::new(PeerFaultCode::UNKNOWN, e.to_string()))
    }

    async fn read_index(self, _: Context) -> Result<ReadIndex, PeerFault> {
        self.is_member()?;
        let consensus = &self.app.consensus;
        let log_index = consensus
            .read_index_as_leader()
            .await
            .map_err(|error| PeerFault { leader: consensus.metrics().current_leader, ..PeerFault::new(PeerFaultCode::NOT_LEADER, error.to_string()) })?;
        Ok(ReadIndex { log_index, term: consensus.metrics().current_term })
    }

    async fn node_status(self, _: Context, hashes: bool) -> Bytes {
        // Plain data into memory can't fail to be encoded; the asker would find an empty answer garbled.
        wire::encode(&self.app.node_status(hashes).await).unwrap_or_default()
    }

    async fn ask(self, _: Context, topic: String, question: Bytes) -> Result<Bytes, PeerFault> {
        match topic.as_str() {
            members::TOPIC => self.lead_change(&question).await,
            denies::TOPIC => {
                let question = wire::decode(&question).map_err(malformed)?;
                wire::encode(&self.app.own_denies(&question)).map_err(malformed)
            }
            usage::TOPIC => {
                let asked = wire::decode(&question).map_err(malformed)?;
                wire::encode(&self.app.own_usage(&asked).await).map_err(malformed)
            }
            time::TOPIC => wire::encode(&now()).map_err(malformed),
            _newer => Err(malformed(format!("this node knows no topic `{topic}`"))),
        }
    }
}
