//! The client: one value that stands for the cluster. It asks `failover` whom to ask and `write` what to do about an
//! answer, and does what they say.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ObjectId, RequestId, Revision};
use bailiwick_rpc::api::{ApiError, SubmitRequest, encode_command};
use bailiwick_rpc::codec::context_within;
use bailiwick_rpc::connect::{ConnectError, connect};
use bailiwick_rpc::preface::ClientHello;
use bailiwick_rpc::tls::{caller_client_config, server_name_of};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use tarpc::client::RpcError;
use tarpc::context::Context;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::config::{ClientConfig, Credential};
use crate::error::ClientError;
use crate::failover::{Decision, Event, Failover, Place, Purpose};
use crate::health::{ClusterHealth, picture};
use crate::pool::{Changes, Dialled, Live, NodeSlots, Service};
use crate::write::{Heard, Next, NotMade, Write, WriteOutcome, is_passing};

/// How long the node's answer may travel beyond the deadline it was given, before it is taken for silent.
const ANSWER_SLACK: Duration = Duration::from_millis(250);

/// A cluster, to those who call it. Clones share connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    /// Ends the probes when the last clone goes.
    _probes: Arc<DropGuard>,
}

struct Inner {
    config: ClientConfig,
    tls: ArcSwap<rustls::ClientConfig>,
    nodes: Vec<NodeSlots>,
    machine: Mutex<Machine>,
    health: watch::Sender<ClusterHealth>,
    failing_over: AtomicUsize,
    started: Instant,
    tasks: TaskTracker,
    /// Ends the probes.
    stop: CancellationToken,
}

struct Machine {
    failover: Failover,
    troubles: Vec<Option<String>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("nodes", &self.inner.config.nodes).finish_non_exhaustive()
    }
}

/// A change to be made, before it has an id.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// What is asked for.
    pub command: Command,
    /// The id to send it with; a new one when none is given.
    pub request_id: Option<RequestId>,
    /// What was read, with the revisions that changed it last.
    pub reads: Vec<(ObjectId, Revision)>,
    /// Digest of the impact that was previewed.
    pub expect: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The import that this is a batch of.
    pub job: Option<RequestId>,
    /// How long it may take, the search for its outcome included; the configured time when none is given.
    pub timeout: Option<Duration>,
}

impl Change {
    /// A change with nothing beside it.
    pub fn new(command: Command) -> Self {
        Self { command, request_id: None, reads: Vec::new(), expect: None, reason: None, job: None, timeout: None }
    }
}

/// A new request id: a ULID of this moment.
pub fn new_request_id() -> RequestId {
    RequestId(ulid::Ulid::new().0)
}

/// How a read is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// Over all nodes.
    pub whole: Duration,
    /// For one node.
    pub attempt: Duration,
    /// Whether the time it takes says how near the node is: not so for long polls and waits.
    pub measures: bool,
}

/// What came of one call to one node.
enum CallFault {
    /// No connection.
    NotConnected(Arc<ConnectError>),
    /// The node admits no more on this connection: certainly not done.
    Busy,
    /// The message can't travel, and nothing was sent.
    Unsendable(String),
    /// The node and we don't understand each other.
    Garbled(String),
    /// The connection broke; it may have been done.
    Lost(String),
    /// No answer in time; it may have been done.
    Late,
}

impl fmt::Display for CallFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected(error) => error.fmt(f),
            Self::Busy => f.write_str("the node has too much to do"),
            Self::Unsendable(cause) | Self::Garbled(cause) => f.write_str(cause),
            Self::Lost(cause) => write!(f, "the connection broke: {cause}"),
            Self::Late => f.write_str("no answer in time"),
        }
    }
}

impl Client {
    /// A client of the cluster. Reads the files; connects to nobody until something is asked, unless it probes.
    /// Must be called within a tokio runtime.
    pub fn connect(config: ClientConfig) -> Result<Self, ClientError> {
        if config.nodes.is_empty() {
            return Err(ClientError::Setup("no node is configured: name at least one as `host:port`".to_owned()));
        }
        for addr in &config.nodes {
            server_name_of(addr)?;
        }
        let tls = ArcSwap::new(tls_of(&config)?);
        let count = config.nodes.len();
        let machine = Machine { failover: Failover::new(config.failover, count, rand::random::<u16>().into()), troubles: vec![None; count] };
        let health = watch::Sender::new(picture(&machine.failover, &config.nodes, &machine.troubles, false));
        let nodes = config.nodes.iter().map(|_| NodeSlots::default()).collect();
        let inner = Arc::new(Inner {
            config,
            tls,
            nodes,
            machine: Mutex::new(machine),
            health,
            failing_over: AtomicUsize::new(0),
            started: Instant::now(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        let stop = inner.stop.clone();
        if let Some(every) = inner.config.probe_every {
            inner.tasks.spawn(probe_for_ever(Arc::downgrade(&inner), every, stop.clone()));
        }
        Ok(Self { inner, _probes: Arc::new(stop.drop_guard()) })
    }

    /// Health of the nodes as it changes.
    pub fn health(&self) -> watch::Receiver<ClusterHealth> {
        self.inner.health.subscribe()
    }

    /// What the client was told.
    pub fn config(&self) -> &ClientConfig {
        &self.inner.config
    }

    /// Reads certificate and CA again; connections from here on use them.
    pub fn reload(&self) -> Result<(), ClientError> {
        self.inner.tls.store(tls_of(&self.inner.config)?);
        self.inner.nodes.iter().for_each(NodeSlots::forget);
        self.inner.note(&Event::Reloaded, None);
        Ok(())
    }

    /// Ends all connections, those of clones too, once the calls under way on them are over; waits until it is so.
    pub async fn close(self) {
        let inner = self.inner;
        inner.stop.cancel();
        inner.nodes.iter().for_each(NodeSlots::forget);
        inner.tasks.close();
        inner.tasks.wait().await;
    }

    /// The usual patience of a read.
    pub fn patience(&self) -> Patience {
        let config = &self.inner.config;
        Patience { whole: config.read_timeout, attempt: config.attempt_timeout, measures: true }
    }

    /// Asks any node, and another when it fails; the primitive under every read.
    pub async fn read<S, T, F, Fut>(&self, patience: Patience, call: F) -> Result<T, ClientError>
    where
        S: Service,
        F: Fn(S::Stub, Context) -> Fut,
        Fut: Future<Output = Result<Result<T, ApiError>, RpcError>>,
    {
        let until = Instant::now() + patience.whole;
        let mut round = Round::new(&self.inner);
        let mut last_no = None;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let place = match round.next(Purpose::Read, left).await {
                Some(place) => place,
                None => return Err(last_no.map_or_else(|| round.error(), ClientError::Api)),
            };
            match self.inner.call::<S, _, _, _>(place, patience.attempt.min(left), patience.measures, &call).await {
                Ok(Ok(answer)) => return Ok(answer),
                // Another node may be fresher, or have room.
                Ok(Err(no)) if is_passing(&no) => last_no = Some(no),
                Ok(Err(no)) => return Err(ClientError::Api(no)),
                Err(CallFault::Unsendable(cause) | CallFault::Garbled(cause)) => return Err(ClientError::Message(cause)),
                Err(CallFault::NotConnected(_) | CallFault::Busy | CallFault::Lost(_) | CallFault::Late) => round.failing_over(),
            }
        }
    }

    /// Asks one node and no other.
    pub async fn ask_node<S, T, F, Fut>(&self, place: usize, patience: Patience, call: F) -> Result<T, ClientError>
    where
        S: Service,
        F: Fn(S::Stub, Context) -> Fut,
        Fut: Future<Output = Result<Result<T, ApiError>, RpcError>>,
    {
        match self.inner.call::<S, _, _, _>(place, patience.attempt, patience.measures, &call).await {
            Ok(answer) => answer.map_err(ClientError::Api),
            Err(fault) => Err(ClientError::NoNode { tried: vec![self.inner.sentence(place, &fault)] }),
        }
    }

    /// Makes a change. An error means that certainly nothing was changed by it; that nobody knows is an outcome.
    pub async fn submit(&self, change: Change) -> Result<WriteOutcome, ClientError> {
        let request_id = change.request_id.unwrap_or_else(new_request_id);
        let time = change.timeout.unwrap_or(self.inner.config.write_timeout);
        let request = SubmitRequest {
            request_id,
            command: encode_command(&change.command)?,
            reads: change.reads,
            expect: change.expect,
            reason: change.reason,
            job: change.job,
        };
        self.carry(request, time).await
    }

    /// Makes a change whose request is already in its final form; for retries that must be the same to the byte.
    pub async fn carry(&self, request: SubmitRequest, time: Duration) -> Result<WriteOutcome, ClientError> {
        let until = Instant::now() + time;
        let mut write = Write::new(request.request_id);
        let mut round = Round::new(&self.inner);
        let mut next = Next::Send;
        loop {
            let asking = match next {
                Next::Send => false,
                Next::AskOutcome => true,
                Next::Done(outcome) => return Ok(outcome),
                Next::NotMade(NotMade::Refused(no)) => return Err(ClientError::Api(no)),
                Next::NotMade(NotMade::NotSent(_)) => return Err(round.error()),
            };
            let left = until.saturating_duration_since(Instant::now());
            let purpose = if asking { Purpose::Read } else { Purpose::Write };
            let Some(place) = round.next(purpose, left).await else {
                next = write.on(Heard::TimeIsUp);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            let heard = if asking { self.ask_outcome(place, request.request_id, left).await } else { self.send(place, &request, left).await };
            if matches!(heard, Heard::NotSent(_) | Heard::Lost(_)) {
                round.failing_over();
            }
            next = write.on(heard);
        }
    }

    async fn send(&self, place: Place, request: &SubmitRequest, left: Duration) -> Heard {
        // A write waits for a quorum, over an election if need be: half of what is left, so that time remains to ask.
        let time = left.div_f32(2.0).max(self.inner.config.attempt_timeout).min(left);
        let call = |stub: <Changes as Service>::Stub, context| {
            let request = request.clone();
            async move { stub.submit(context, request).await }
        };
        match self.inner.call::<Changes, _, _, _>(place, time, false, call).await {
            Ok(Ok(reply)) => Heard::Answer(reply),
            Ok(Err(no)) => Heard::Error(no),
            Err(fault) => heard(fault, &self.inner, place),
        }
    }

    async fn ask_outcome(&self, place: Place, id: RequestId, left: Duration) -> Heard {
        let call = |stub: <Changes as Service>::Stub, context| async move { stub.outcome(context, id).await };
        match self.inner.call::<Changes, _, _, _>(place, self.inner.config.attempt_timeout.min(left), false, call).await {
            Ok(Ok(reply)) => Heard::Outcome(reply),
            Ok(Err(no)) => Heard::Error(no),
            Err(fault) => heard(fault, &self.inner, place),
        }
    }

    /// Takes in who leads, as a node has said it.
    pub(crate) fn leader_is(&self, id: Option<u64>) {
        self.inner.note(&Event::Leader { id }, None);
    }
}

/// What a fault says about the request it befell.
fn heard(fault: CallFault, inner: &Inner, place: Place) -> Heard {
    let sentence = inner.sentence(place, &fault);
    match fault {
        CallFault::NotConnected(_) | CallFault::Busy => Heard::NotSent(sentence),
        CallFault::Unsendable(cause) => Heard::Error(ApiError::new(ApiError::BAD_REQUEST, cause)),
        // The answer may be what wasn't understood: then the request was.
        CallFault::Garbled(_) | CallFault::Lost(_) | CallFault::Late => Heard::Lost(sentence),
    }
}

fn tls_of(config: &ClientConfig) -> Result<Arc<rustls::ClientConfig>, ClientError> {
    let own = match &config.credential {
        Credential::Certificate(files) => Some(files),
        Credential::None | Credential::Token(_) => None,
    };
    Ok(caller_client_config(&config.ca, own)?)
}

impl Inner {
    /// One call to one node: connects if need be, bounds it, and tells the machine how it went.
    async fn call<S, T, F, Fut>(&self, place: Place, time: Duration, measures: bool, call: F) -> Result<Result<T, ApiError>, CallFault>
    where
        S: Service,
        F: Fn(S::Stub, Context) -> Fut,
        Fut: Future<Output = Result<Result<T, ApiError>, RpcError>>,
    {
        let until = Instant::now() + time;
        let connected = match timeout(time, self.connection::<S>(place)).await {
            Ok(connected) => connected.map_err(CallFault::NotConnected),
            Err(_) => Err(CallFault::Late).inspect_err(|_| S::slot(self.node(place)).give_up()),
        };
        let answer = match connected {
            Ok(live) => {
                let left = until.saturating_duration_since(Instant::now());
                let asked = Instant::now();
                let answer = timeout(left + ANSWER_SLACK, call(live.stub.clone(), context_within(left))).await;
                let took = asked.elapsed();
                self.judge(place, answer, &live, measures.then_some(took))
            }
            Err(fault) => Err(fault),
        };
        if let Err(fault) = &answer {
            let lasting = matches!(fault, CallFault::NotConnected(error) if !error.is_passing());
            let jitter_permille = rand::random_range(0..1_000);
            match fault {
                // The node is well; it's this call.
                CallFault::Unsendable(_) | CallFault::Garbled(_) => {}
                CallFault::NotConnected(_) | CallFault::Busy | CallFault::Lost(_) | CallFault::Late => {
                    self.note(&Event::Failed { place, lasting, jitter_permille }, Some((place, fault.to_string())));
                }
            }
        }
        answer
    }

    fn judge<S: Service, T>(
        &self,
        place: Place,
        answer: Result<Result<Result<T, ApiError>, RpcError>, tokio::time::error::Elapsed>,
        live: &Live<S>,
        took: Option<Duration>,
    ) -> Result<Result<T, ApiError>, CallFault> {
        match answer {
            Ok(Ok(answer)) => {
                let event = match took {
                    Some(took) => Event::Answered { place, round_trip_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX) },
                    None => Event::Connected { place, id: live.hello.node },
                };
                self.note(&event, None);
                Ok(answer)
            }
            Ok(Err(RpcError::Server(error))) if error.kind == std::io::ErrorKind::WouldBlock => Err(CallFault::Busy),
            Ok(Err(RpcError::Server(error))) => Err(CallFault::Garbled(error.detail)),
            Ok(Err(RpcError::Send(error))) => Err(CallFault::Unsendable(error.to_string())),
            Ok(Err(error @ (RpcError::Shutdown | RpcError::Channel(_)))) => {
                live.discard();
                Err(CallFault::Lost(error.to_string()))
            }
            // A silent connection may hang for as long as TCP likes: the next call makes a new one.
            Ok(Err(RpcError::DeadlineExceeded)) | Err(_) => {
                live.discard();
                Err(CallFault::Late)
            }
        }
    }

    async fn connection<S: Service>(&self, place: Place) -> Dialled<S> {
        let live = S::slot(self.node(place)).get(|| self.dial::<S>(place)).await?;
        let id = live.hello.node;
        if self.lock().failover.nodes().get(place).is_some_and(|node| node.id != Some(id)) {
            self.note(&Event::Connected { place, id }, None);
        }
        Ok(live)
    }

    /// Dials on a task of its own, so that one who stops waiting doesn't take it from the others.
    fn dial<S: Service>(&self, place: Place) -> BoxFuture<'static, Dialled<S>> {
        let addr = self.config.nodes.get(place).cloned().unwrap_or_default();
        let token = match &self.config.credential {
            Credential::Token(token) => Some(token.clone()),
            Credential::None | Credential::Certificate(_) => None,
        };
        let hello = ClientHello::new(S::NAME, &self.config.name).with_token(token);
        let (net, tls, tasks) = (self.config.net.clone(), self.tls.load_full(), self.tasks.clone());
        let wrong = |addr: &str, cause: String| Arc::new(ConnectError::Tls { addr: addr.to_owned(), cause });
        let died = addr.clone();
        let dialling = self.tasks.spawn(async move {
            let name = server_name_of(&addr).map_err(|error| wrong(&addr, error.to_string()))?;
            let connected = connect(&*net, &addr, tls, name, &hello).await.map_err(Arc::new)?;
            Ok(Live::new(connected, &tasks))
        });
        let fallen = move |error: tokio::task::JoinError| {
            Arc::new(ConnectError::Unreachable { addr: died, source: std::io::Error::other(error) })
        };
        dialling.map(|ended| ended.unwrap_or_else(|error| Err(fallen(error)))).boxed()
    }

    fn node(&self, place: Place) -> &NodeSlots {
        static NOBODY: std::sync::LazyLock<NodeSlots> = std::sync::LazyLock::new(NodeSlots::default);
        self.nodes.get(place).unwrap_or(&NOBODY)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Tells the machine, and whoever watches.
    fn note(&self, event: &Event, trouble: Option<(Place, String)>) {
        let now = self.now_ms();
        let mut machine = self.lock();
        machine.failover.on(now, event);
        match (event, trouble) {
            (Event::Connected { place, .. } | Event::Answered { place, .. }, _) => {
                if let Some(known) = machine.troubles.get_mut(*place) {
                    *known = None;
                }
            }
            (Event::Failed { .. } | Event::Leader { .. } | Event::Reloaded, Some((place, cause))) => {
                if let Some(known) = machine.troubles.get_mut(place) {
                    *known = Some(cause);
                }
            }
            (Event::Failed { .. } | Event::Leader { .. } | Event::Reloaded, None) => {}
        }
        self.publish(&machine);
    }

    fn publish(&self, machine: &Machine) {
        let failing_over = self.failing_over.load(Ordering::Relaxed) > 0;
        self.health.send_replace(picture(&machine.failover, &self.config.nodes, &machine.troubles, failing_over));
    }

    fn sentence(&self, place: Place, fault: &CallFault) -> String {
        match fault {
            // These name the address themselves.
            CallFault::NotConnected(error) => error.to_string(),
            _ => format!("`{}`: {fault}", self.config.nodes.get(place).map_or("?", String::as_str)),
        }
    }

    /// What is under the lock is right after every statement, so a panic elsewhere doesn't spoil it.
    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call's way over the nodes: each is tried once, then there is a pause, then a new round.
struct Round<'a> {
    inner: &'a Inner,
    tried: Vec<Place>,
    failing_over: bool,
}

impl<'a> Round<'a> {
    fn new(inner: &'a Inner) -> Self {
        Self { inner, tried: Vec::new(), failing_over: false }
    }

    /// The next node to ask; none when time is up or nobody will ever answer.
    async fn next(&mut self, purpose: Purpose, left: Duration) -> Option<Place> {
        let until = Instant::now() + left;
        loop {
            if Instant::now() >= until {
                return None;
            }
            let decision = self.inner.lock().failover.pick(self.inner.now_ms(), purpose, &self.tried);
            match decision {
                Decision::Use(place) => {
                    self.tried.push(place);
                    return Some(place);
                }
                Decision::Wait { ms } => {
                    let left = until.saturating_duration_since(Instant::now());
                    sleep(Duration::from_millis(ms).min(left)).await;
                    self.tried.clear();
                }
                Decision::Hopeless => return None,
            }
        }
    }

    fn failing_over(&mut self) {
        if !self.failing_over {
            self.failing_over = true;
            self.inner.failing_over.fetch_add(1, Ordering::Relaxed);
            self.inner.publish(&self.inner.lock());
        }
    }

    /// Why nobody has answered, from what is known of each node.
    fn error(&self) -> ClientError {
        let machine = self.inner.lock();
        let tried = self.inner.config.nodes.iter().zip(&machine.troubles);
        let tried = tried.map(|(addr, trouble)| match trouble {
            Some(cause) if cause.contains(addr.as_str()) => cause.clone(),
            Some(cause) => format!("`{addr}`: {cause}"),
            None => format!("`{addr}` was not asked"),
        });
        let tried = tried.collect();
        match machine.failover.pick(self.inner.now_ms(), Purpose::Read, &self.tried) {
            Decision::Hopeless => ClientError::Refused { tried },
            Decision::Use(_) | Decision::Wait { .. } => ClientError::NoNode { tried },
        }
    }
}

impl Drop for Round<'_> {
    fn drop(&mut self) {
        if self.failing_over {
            self.inner.failing_over.fetch_sub(1, Ordering::Relaxed);
            self.inner.publish(&self.inner.lock());
        }
    }
}

/// Asks every node how it is, again and again, until the client goes.
async fn probe_for_ever(client: std::sync::Weak<Inner>, every: Duration, stop: CancellationToken) {
    loop {
        let Some(inner) = client.upgrade() else { return };
        let probes = (0..inner.nodes.len()).map(|place| inner.probe(place));
        tokio::select! {
            _ = join_all(probes) => {}
            () = stop.cancelled() => return,
        }
        drop(inner);
        tokio::select! {
            () = sleep(every) => {}
            () = stop.cancelled() => return,
        }
    }
}

impl Inner {
    /// One question to one node; its answer says who leads.
    async fn probe(&self, place: Place) {
        let call = |stub: <crate::pool::Members as Service>::Stub, context| async move { stub.node(context, false).await };
        let asked = self.call::<crate::pool::Members, _, _, _>(place, self.config.attempt_timeout, true, call).await;
        if let Ok(Ok(status)) = asked
            && status.leader.is_some()
        {
            self.note(&Event::Leader { id: status.leader }, None);
        }
    }
}
