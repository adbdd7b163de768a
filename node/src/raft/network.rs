//! Raft's messages over the peer service. A timeout is a network error, tried again at once; a lost connection is
//! unreachable, and backs off.

use std::time::Duration;

use bailiwick_rpc::peer::SnapshotChunk;
use bailiwick_storage::{Snapshot, SnapshotFile, PeerNode, TypeConfig, Vote};
use bytes::Bytes;
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{RPCOption, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};

use super::peers::{PeerError, Peers, Purpose};
use super::wire;

/// How long an append with entries may take: ours, not the heartbeat's interval.
const APPEND_WAIT: Duration = Duration::from_secs(2);
/// How long one piece of a snapshot may take.
const CHUNK_WAIT: Duration = Duration::from_secs(10);
/// Bytes of one piece of a snapshot.
const CHUNK_BYTES: usize = 1024 * 1024;

/// Makes links to members.
#[derive(Clone)]
pub struct Network {
    peers: Peers,
}

impl Network {
    /// Over these links.
    pub fn new(peers: Peers) -> Self {
        Self { peers }
    }

    fn link(&self, target: u64, node: &PeerNode, appends: Purpose) -> Link {
        Link { peers: self.peers.clone(), target, addr: node.peer.clone(), appends }
    }
}

impl RaftNetworkFactory<TypeConfig> for Network {
    type Network = Link;

    async fn new_client(&mut self, target: u64, node: &PeerNode) -> Link {
        self.link(target, node, Purpose::Append)
    }

    async fn new_heartbeat_client(&mut self, target: u64, node: &PeerNode) -> Link {
        self.link(target, node, Purpose::Heartbeat)
    }

    async fn new_snapshot_client(&mut self, target: u64, node: &PeerNode) -> Link {
        self.link(target, node, Purpose::Snapshot)
    }
}

/// One member, for one kind of message.
pub struct Link {
    peers: Peers,
    target: u64,
    addr: String,
    appends: Purpose,
}

type Rpc<T> = Result<T, RPCError<TypeConfig>>;

fn rpc_error(error: &PeerError) -> RPCError<TypeConfig> {
    match error {
        PeerError::Timeout | PeerError::Fault(_) => RPCError::Network(NetworkError::new(error)),
        PeerError::Connect(_) | PeerError::Broken(_) => RPCError::Unreachable(Unreachable::new(error)),
    }
}

fn garbled(error: &wire::Garbled) -> RPCError<TypeConfig> {
    RPCError::Network(NetworkError::new(error))
}

impl Link {
    async fn exchange<F>(&self, purpose: Purpose, within: Duration, call: impl FnOnce(bailiwick_rpc::peer::PeerClient, tarpc::context::Context) -> F) -> Rpc<Bytes>
    where
        F: Future<Output = Result<Result<Bytes, bailiwick_rpc::peer::PeerFault>, tarpc::client::RpcError>>,
    {
        match self.peers.call((self.target, &self.addr), purpose, within, call).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(fault)) => Err(rpc_error(&PeerError::Fault(fault))),
            Err(error) => Err(rpc_error(&error)),
        }
    }

    /// Sends all of a snapshot's file, piece by piece, as far as the receiver says it has come.
    async fn send_snapshot(&self, vote: Vote, snapshot: Snapshot) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
        let fail = |error: PeerError| -> StreamingError<TypeConfig> {
            match error {
                PeerError::Timeout | PeerError::Fault(_) => StreamingError::Network(NetworkError::new(&error)),
                PeerError::Connect(_) | PeerError::Broken(_) => StreamingError::Unreachable(Unreachable::new(&error)),
            }
        };
        let unreadable = |error: std::io::Error| StreamingError::Network(NetworkError::new(&error));
        let meta = wire::encode_snapshot_meta(&vote, &snapshot.meta).map_err(|e| StreamingError::Network(NetworkError::new(&e)))?;
        let file: SnapshotFile = snapshot.snapshot;
        let len = file.len();
        let id = super::hex(&file.digest());
        let mut offset = 0u64;
        loop {
            let reading = file.clone();
            let read = tokio::task::spawn_blocking(move || reading.read_at(offset, CHUNK_BYTES)).await;
            let data = read.map_err(|e| unreadable(std::io::Error::other(e)))?.map_err(|e| unreadable(std::io::Error::other(e)))?;
            let end = offset + data.len() as u64;
            let last = end >= len;
            let chunk = SnapshotChunk { id: id.clone(), offset, data, last, meta: meta.clone() };
            // The last piece is answered when the whole is installed, which takes as long as it takes to load.
            let within = if last { Duration::from_secs(60) } else { CHUNK_WAIT };
            let answer = self
                .peers
                .call((self.target, &self.addr), Purpose::Snapshot, within, |client, ctx| async move { client.snapshot_chunk(ctx, chunk).await })
                .await
                .map_err(fail)?
                .map_err(|fault| fail(PeerError::Fault(fault)))?;
            if !answer.response.is_empty() {
                return wire::decode(&answer.response).map_err(|e| StreamingError::Network(NetworkError::new(&e)));
            }
            offset = answer.next_offset.min(len);
        }
    }
}

impl RaftNetworkV2<TypeConfig> for Link {
    type SnapshotData = SnapshotFile;

    async fn append_entries(&mut self, request: AppendEntriesRequest<TypeConfig>, option: RPCOption) -> Rpc<AppendEntriesResponse<TypeConfig>> {
        let within = if request.entries.is_empty() { option.soft_ttl().max(Duration::from_millis(50)) } else { APPEND_WAIT };
        // A message is bounded by bytes, not by entries: what didn't fit is sent with the next.
        let (bytes, cut_at) = wire::encode_append(&request).map_err(|e| garbled(&e))?;
        let answer = self.exchange(self.appends, within, |client, ctx| async move { client.append(ctx, bytes).await }).await?;
        let response: AppendEntriesResponse<TypeConfig> = wire::decode(&answer).map_err(|e| garbled(&e))?;
        Ok(match (response, cut_at) {
            (AppendEntriesResponse::Success, Some(last_sent)) => AppendEntriesResponse::PartialSuccess(Some(last_sent)),
            (response, _) => response,
        })
    }

    async fn vote(&mut self, request: VoteRequest<TypeConfig>, option: RPCOption) -> Rpc<VoteResponse<TypeConfig>> {
        let bytes = wire::encode(&request).map_err(|e| garbled(&e))?;
        let answer = self.exchange(Purpose::Vote, option.soft_ttl(), |client, ctx| async move { client.vote(ctx, bytes).await }).await?;
        wire::decode(&answer).map_err(|e| garbled(&e))
    }

    async fn pre_vote(&mut self, request: VoteRequest<TypeConfig>, option: RPCOption) -> Rpc<VoteResponse<TypeConfig>> {
        let bytes = wire::encode(&request).map_err(|e| garbled(&e))?;
        let answer = self.exchange(Purpose::Vote, option.soft_ttl(), |client, ctx| async move { client.pre_vote(ctx, bytes).await }).await?;
        wire::decode(&answer).map_err(|e| garbled(&e))
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: Snapshot,
        cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
        tokio::select! {
            closed = cancel => Err(StreamingError::Closed(closed)),
            sent = self.send_snapshot(vote, snapshot) => sent,
        }
    }

    async fn transfer_leader(&mut self, request: TransferLeaderRequest<TypeConfig>, option: RPCOption) -> Rpc<TransferLeaderResponse<TypeConfig>> {
        let bytes = wire::encode(&request).map_err(|e| garbled(&e))?;
        let answer = self.exchange(Purpose::Vote, option.soft_ttl(), |client, ctx| async move { client.transfer_leader(ctx, bytes).await }).await?;
        wire::decode(&answer).map_err(|e| garbled(&e))
    }
}
