//! Links to the other nodes: one connection per node and purpose, opened when first needed, dropped when broken.
//!
//! Heartbeats, entries, snapshots and the rest don't share a connection: a snapshot of a gigabyte must not hold up a
//! heartbeat.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bailiwick_rpc::codec::context_within;
use bailiwick_rpc::connect::{ConnectError, connect};
use bailiwick_rpc::net::Net;
use bailiwick_rpc::peer::{PEER_SERVICE, PeerClient, PeerFault};
use bailiwick_rpc::preface::ClientHello;
use bailiwick_rpc::tls::PeerTls;
use tarpc::client::RpcError;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Purpose {
    /// Raft's empty appends.
    Heartbeat,
    /// Raft's entries.
    Append,
    /// Raft's votes and leadership transfers.
    Vote,
    /// Raft's snapshots.
    Snapshot,
    /// Read indexes of freshness rounds.
    ReadIndex,
    /// Forwarded writes and questions about state.
    Ask,
}

/// Why a peer didn't answer as asked.
#[derive(Debug)]
pub enum PeerError {
    /// There was no connection: nothing was sent.
    Connect(ConnectError),
    /// It was sent, and no answer came in time.
    Timeout,
    /// It may have been sent, and the connection broke.
    Broken(String),
    /// The peer said why.
    Fault(PeerFault),
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => error.fmt(f),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Broken(why) => write!(f, "connection broken: {why}"),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for PeerError {}

impl PeerError {
    /// Whether it is certain that the peer proposed nothing.
    pub fn nothing_proposed(&self) -> bool {
        match self {
            Self::Connect(_) => true,
            Self::Timeout | Self::Broken(_) => false,
            Self::Fault(fault) => fault.code.nothing_proposed(),
        }
    }
}

type Slot = Arc<tokio::sync::Mutex<Option<PeerClient>>>;

/// Links to all peers.
#[derive(Clone)]
pub struct Peers(Arc<Inner>);

struct Inner {
    net: Arc<dyn Net>,
    tls: PeerTls,
    slots: std::sync::Mutex<BTreeMap<(u64, String, Purpose), Slot>>,
}

impl Peers {
    /// No connection is opened yet.
    pub fn new(net: Arc<dyn Net>, tls: PeerTls) -> Self {
        Self(Arc::new(Inner { net, tls, slots: std::sync::Mutex::default() }))
    }

    fn slot(&self, node: u64, addr: &str, purpose: Purpose) -> Slot {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry((node, addr.to_owned(), purpose)).or_default().clone()
    }

    /// Calls a peer within a time that includes connecting.
    pub async fn call<T, F>(
        &self,
        (node, addr): (u64, &str),
        purpose: Purpose,
        within: Duration,
        call: impl FnOnce(PeerClient, tarpc::context::Context) -> F,
    ) -> Result<T, PeerError>
    where
        F: Future<Output = Result<T, RpcError>>,
    {
        let slot = self.slot(node, addr, purpose);
        let deadline = tokio::time::Instant::now() + within;
        let client = match tokio::time::timeout_at(deadline, self.client(&slot, node, addr)).await {
            Ok(client) => client.map_err(PeerError::Connect)?,
            Err(_) => {
                let source = std::io::Error::new(std::io::ErrorKind::TimedOut, "no connection in time");
                return Err(PeerError::Connect(ConnectError::Unreachable { addr: addr.to_owned(), source }));
            }
        };
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        match tokio::time::timeout(left, call(client, context_within(left))).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(RpcError::DeadlineExceeded)) | Err(_) => Err(PeerError::Timeout),
            Ok(Err(error)) => {
                if !matches!(error, RpcError::Server(_)) {
                    *slot.lock().await = None;
                }
                Err(PeerError::Broken(error.to_string()))
            }
        }
    }

    async fn client(&self, slot: &Slot, node: u64, addr: &str) -> Result<PeerClient, ConnectError> {
        let mut held = slot.lock().await;
        if let Some(client) = &*held {
            return Ok(client.clone());
        }
        let name = self.0.tls.server_name(node).map_err(|e| ConnectError::Tls { addr: addr.to_owned(), cause: e.to_string() })?;
        let hello = ClientHello::new(PEER_SERVICE, concat!("bailiwick-node ", env!("CARGO_PKG_VERSION")));
        let connected = connect(&*self.0.net, addr, self.0.tls.client_config(), name, &hello).await?;
        let config = connected.client_config();
        let client = PeerClient::new(config, connected.transport()).spawn();
        *held = Some(client.clone());
        Ok(client)
    }
}
