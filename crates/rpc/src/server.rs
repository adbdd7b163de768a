//! A door: takes connections in, finds out who is there, and hands them to the node with the service they want.
//!
//! Nothing here grows without bound. Handshakes run off the accept loop with a timeout; when too many are unfinished,
//! the oldest makes room, so that those who never finish can't keep out those who do. Connections are counted, and
//! requests on each; requests are served on their connection's task, and the reading goes on while they are.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::future::{BoxFuture, ready};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tarpc::server::{BaseChannel, Channel, Serve};
use tokio::io::AsyncWriteExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::{TlsAcceptor, TlsStream};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::limits::{HANDSHAKE_TIMEOUT, PREFACE_TIMEOUT};
use crate::net::{BoxIo, Listener};
use crate::preface::{self, Accepted, ClientHello, MAGIC, Refusal, RefusalCode, ServerHello};
use crate::tls::ServerTls;
use crate::transport::{SecureIo, ServerTransport};

/// How long the accept loop waits after the system refused it a connection (no descriptors left, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a door bears.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Connections that were let in. One more is refused and told to try another node.
    pub connections_max: usize,
    /// Connections that haven't finished TLS and preface. One more makes the oldest give way.
    pub handshakes_max: usize,
    /// Requests under way on one connection, as told to the client. Twice as many are borne, since a client forgets
    /// a request it has given up sooner than the node; one more is refused.
    pub in_flight_max: usize,
    /// How long TLS may take.
    pub handshake_timeout: Duration,
    /// How long the preface may take after that.
    pub preface_timeout: Duration,
    /// How long a connection may stand without a message either way. Must be longer than a long poll.
    pub idle_max: Duration,
    /// How long requests under way may go on after a stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 1_024,
            handshakes_max: 256,
            in_flight_max: 256,
            handshake_timeout: HANDSHAKE_TIMEOUT,
            preface_timeout: PREFACE_TIMEOUT,
            idle_max: Duration::from_secs(600),
            grace: Duration::from_secs(5),
        }
    }
}

/// Who we are, as told to clients.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeName {
    /// The node's id.
    pub node: u64,
    /// The cluster's name.
    pub cluster: String,
    /// The program's version.
    pub version: String,
}

/// What a node does with those who knock. `I` is what the door's TLS finds out about them.
pub trait Handler<I>: Send + Sync + 'static {
    /// The services of this door.
    fn services(&self) -> &[&'static str];

    /// Whether this one may use this service, of those there are. Asked once for each connection; what may change
    /// while it stands (a credential that is revoked) is asked again at each request.
    fn admit(&self, service: &str, who: &I) -> Result<(), Refusal>;

    /// Serves the connection until it ends: finds the service by its name and calls [`Connection::run`].
    fn serve(&self, connection: Connection<I>) -> BoxFuture<'static, ()>;
}

/// Counts of one door, for metrics.
#[derive(Debug, Default)]
pub struct Stats {
    /// Connections that stand.
    pub connections: AtomicU64,
    /// Connections let in since the start.
    pub accepted_total: AtomicU64,
    /// Connections refused in the preface since the start.
    pub refused_total: AtomicU64,
    /// Connections that failed or timed out before they were let in, since the start.
    pub failed_total: AtomicU64,
    /// Unfinished handshakes that had to make room, since the start.
    pub evicted_total: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A connection that was let in.
pub struct Connection<I> {
    /// What the client said. Its service is one of the handler's.
    pub hello: ClientHello,
    /// Who it is.
    pub who: I,
    /// The protocol that was agreed on.
    pub protocol: u16,
    /// Where it comes from, as the network says.
    pub from: String,
    io: SecureIo,
    limits: Limits,
    stop: CancellationToken,
}

impl<I: fmt::Debug> fmt::Debug for Connection<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("service", &self.hello.service).field("who", &self.who).field("from", &self.from).finish_non_exhaustive()
    }
}

impl<I> Connection<I> {
    /// Serves requests on this task until the client goes, the connection breaks, or the stop and its grace are over.
    /// A handler that outlives its deadline or its caller is dropped where it awaits.
    pub async fn run<S>(self, serve: S)
    where
        S: Serve + Clone,
        S::Req: DeserializeOwned,
        S::Resp: Serialize,
    {
        let Self { hello, from, io, limits, stop, .. } = self;
        let transport = ServerTransport::<S::Req, S::Resp>::new(io, stop.clone(), limits.idle_max);
        let borne = limits.in_flight_max.saturating_mul(2).max(1);
        // Room for the answer of every request that is let in: no handler waits for another's to be written.
        let config = tarpc::server::Config { pending_response_buffer: borne };
        let requests = BaseChannel::new(config, transport).max_concurrent_requests(borne).requests();
        let readable = requests
            .take_while(|request| {
                if let Err(error) = request {
                    debug!(service = hello.service, from, %error, cause = source_of(error), "connection broken");
                }
                ready(request.is_ok())
            })
            .filter_map(|request| ready(request.ok()));
        // Not limited here: a stream that isn't polled neither writes answers nor notices cancellations. The channel
        // refuses what is above its limit instead.
        let work = readable.for_each_concurrent(None, |request| request.execute(serve.clone()));
        let over = async {
            stop.cancelled().await;
            sleep(limits.grace).await;
        };
        tokio::select! {
            () = work => {}
            () = over => debug!(service = hello.service, from, "connection cut: requests outlived the grace of a stop"),
        }
    }
}

fn source_of(error: &dyn std::error::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

/// Serves a door until `stop`, then until its connections have ended or their grace is over.
pub async fn serve_connections<T, H>(
    mut listener: Box<dyn Listener>,
    tls: Arc<T>,
    limits: Limits,
    us: NodeName,
    handler: Arc<H>,
    stats: Arc<Stats>,
    stop: CancellationToken,
) where
    T: ServerTls,
    H: Handler<T::Identity>,
{
    let door = Arc::new(Door {
        tls,
        us,
        handler,
        stats,
        connections: Arc::new(Semaphore::new(limits.connections_max.min(Semaphore::MAX_PERMITS))),
        waiting: Waiting::default(),
        limits,
        stop: stop.clone(),
    });
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => report(ended),
            arrived = listener.accept() => match arrived {
                Ok((io, from)) => {
                    let (number, evicted) = door.waiting.enter(door.limits.handshakes_max, &door.stats);
                    tasks.spawn(door.clone().attend(io, from, number, evicted));
                }
                Err(error) => {
                    warn!(%error, "no connection could be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    while let Some(ended) = tasks.join_next().await {
        report(ended);
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(fault) = ended {
        error!(%fault, "a connection's task died");
    }
}

struct Door<T, H> {
    tls: Arc<T>,
    us: NodeName,
    handler: Arc<H>,
    stats: Arc<Stats>,
    connections: Arc<Semaphore>,
    waiting: Waiting,
    limits: Limits,
    stop: CancellationToken,
}

/// A connection that passed the preface, and its place among those that stand.
type LetIn<I> = (Connection<I>, OwnedSemaphorePermit);

impl<T, H> Door<T, H>
where
    T: ServerTls,
    H: Handler<T::Identity>,
{
    /// One connection from its first byte to its last.
    async fn attend(self: Arc<Self>, io: BoxIo, from: String, number: u64, evicted: CancellationToken) {
        let greeted = tokio::select! {
            greeted = self.greet(io, from.clone()) => greeted,
            () = evicted.cancelled() => Err(io::Error::other("it had to make room for another handshake")),
            () = self.stop.cancelled() => Err(io::Error::other("the node is stopping")),
        };
        self.waiting.leave(number);
        let (connection, place) = match greeted {
            Ok(Some(let_in)) => let_in,
            Ok(None) => return,
            Err(error) => {
                count(&self.stats.failed_total);
                debug!(from, %error, "connection failed before it was let in");
                return;
            }
        };
        count(&self.stats.accepted_total);
        count(&self.stats.connections);
        // Also when the service panics: the count must not drift.
        let stands = Stands(&self.stats);
        debug!(service = connection.hello.service, client = connection.hello.client_name(), from, who = ?connection.who, "connection let in");
        self.handler.serve(connection).await;
        drop(stands);
        drop(place);
    }

    /// TLS and preface. None when it was refused, and told so.
    async fn greet(&self, io: BoxIo, from: String) -> io::Result<Option<LetIn<T::Identity>>> {
        let late = |what: &str| io::Error::new(io::ErrorKind::TimedOut, what.to_owned());
        let handshake = TlsAcceptor::from(self.tls.server_config()).accept(io);
        let handshaken = timeout(self.limits.handshake_timeout, handshake).await.map_err(|_| late("no TLS handshake in time"))?;
        let io = TlsStream::from(handshaken?);
        timeout(self.limits.preface_timeout, self.preface(io, from)).await.map_err(|_| late("no preface in time"))?
    }

    async fn preface(&self, mut io: SecureIo, from: String) -> io::Result<Option<LetIn<T::Identity>>> {
        let asked = match preface::receive::<ClientHello>(&mut io).await {
            Ok(hello) => self.judge(&io, &hello).map(|(protocol, who, place)| (hello, protocol, who, place)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(Refusal::new(RefusalCode::PREFACE, error.to_string())),
            Err(error) => return Err(error),
        };
        match asked {
            Ok((hello, protocol, who, place)) => {
                preface::send(&mut io, &ServerHello::Accepted(self.accepted(protocol))).await?;
                let (limits, stop) = (self.limits.clone(), self.stop.clone());
                Ok(Some((Connection { hello, who, protocol, from, io, limits, stop }, place)))
            }
            Err(refusal) => {
                count(&self.stats.refused_total);
                info!(from, code = %refusal.code, reason = %refusal, "connection refused");
                preface::send(&mut io, &ServerHello::Refused(refusal)).await?;
                io.shutdown().await?;
                Ok(None)
            }
        }
    }

    /// Who it is and whether it may; the last thing taken is a place, so that a stranger never holds one.
    fn judge(&self, io: &SecureIo, hello: &ClientHello) -> Result<(u16, T::Identity, OwnedSemaphorePermit), Refusal> {
        let protocol = hello.agree()?;
        let who = self.tls.identify(io.get_ref().1.peer_certificates(), hello)?;
        let services = self.handler.services();
        if !services.contains(&hello.service.as_str()) {
            return Err(Refusal::unknown_service(&hello.service, services));
        }
        self.handler.admit(&hello.service, &who)?;
        let place = self.connections.clone().try_acquire_owned().map_err(|_| {
            let told = format!("the node's {} connections are taken: try another node", self.limits.connections_max);
            Refusal::new(RefusalCode::BUSY, told)
        })?;
        Ok((protocol, who, place))
    }

    fn accepted(&self, protocol: u16) -> Accepted {
        Accepted {
            magic: MAGIC.to_owned(),
            protocol,
            node: self.us.node,
            cluster: self.us.cluster.clone(),
            version: self.us.version.clone(),
            in_flight_max: u32::try_from(self.limits.in_flight_max).unwrap_or(u32::MAX),
        }
    }
}

/// Counts a connection down when it ends, however it ends.
struct Stands<'a>(&'a Stats);

impl Drop for Stands<'_> {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The unfinished handshakes, in the order of their arrival.
#[derive(Default)]
struct Waiting {
    inner: Mutex<WaitingInner>,
}

#[derive(Default)]
struct WaitingInner {
    next: u64,
    unfinished: BTreeMap<u64, CancellationToken>,
}

impl Waiting {
    /// Takes a place; the oldest loses its own when there is none.
    fn enter(&self, max: usize, stats: &Stats) -> (u64, CancellationToken) {
        let mut inner = self.lock();
        while inner.unfinished.len() >= max.max(1) {
            if let Some((_, oldest)) = inner.unfinished.pop_first() {
                count(&stats.evicted_total);
                oldest.cancel();
            }
        }
        let (number, token) = (inner.next, CancellationToken::new());
        inner.next += 1;
        inner.unfinished.insert(number, token.clone());
        (number, token)
    }

    fn leave(&self, number: u64) {
        self.lock().unfinished.remove(&number);
    }

    /// What is under the lock is right after every statement, so a panic elsewhere doesn't spoil it.
    fn lock(&self) -> MutexGuard<'_, WaitingInner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
