//! `serve`: one node from its configuration to its end. Things start in the order they need each other and stop in
//! the reverse.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_policy::object::Secret;
use bailiwick_rpc::net::{Net, Tcp};
use bailiwick_rpc::server::{Limits, NodeName, Stats, serve_connections};
use bailiwick_rpc::tls::{CallerTls, KeyFiles, NodeFiles, PeerTls};
use bailiwick_storage::{IdentityExpectation, Opened, Storage, UsageStore};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::app::App;
use crate::app::usage::{self, Usage};
use crate::app::write::now;
use crate::config::Config;
use crate::doors::callers::CallersDoor;
use crate::doors::peers::PeersDoor;
use crate::raft::{Consensus, loops, network::Network, peers::Peers, raft_config, time};

/// Why a node didn't start, or ended.
pub type ServeError = Box<dyn std::error::Error + Send + Sync>;

/// Threads for Raft, its peers and its loops.
const RAFT_THREADS: usize = 2;
/// Threads for callers: a flood of checks can't starve heartbeats.
const DOOR_THREADS: usize = 2;

/// Runs a node until it is told to stop.
pub fn serve(config: Config) -> Result<(), ServeError> {
    let runtime = |name: &str, threads: usize| tokio::runtime::Builder::new_multi_thread().worker_threads(threads).thread_name(name).enable_all().build();
    let raft_runtime = runtime("raft", RAFT_THREADS)?;
    let doors_runtime = runtime("doors", DOOR_THREADS)?;
    let result = raft_runtime.block_on(run(config, doors_runtime.handle().clone()));
    doors_runtime.shutdown_timeout(Duration::from_secs(1));
    raft_runtime.shutdown_timeout(Duration::from_secs(2));
    result
}

async fn run(config: Config, doors: tokio::runtime::Handle) -> Result<(), ServeError> {
    let name = NodeName { node: config.node, cluster: config.cluster.clone(), version: env!("CARGO_PKG_VERSION").to_owned() };
    let files = NodeFiles { ca: config.tls.ca.clone(), own: KeyFiles { certificate: config.tls.certificate.clone(), key: config.tls.key.clone() } };
    let peer_tls = PeerTls::load(files.clone(), &config.cluster, config.node)?;
    let caller_tls = Arc::new(CallerTls::load(files)?);
    let operator = Secret::CertificateFingerprint(crate::dev::fingerprint_of(&config.first_operator)?);

    // Listening comes before the disk is opened: a port that is taken must not cost a recovery.
    let net: Arc<dyn Net> = Arc::new(Tcp);
    let taken = |what: &str, addr: &str, e: std::io::Error| format!("can't listen for {what} on `{addr}`: {e}");
    let peer_listener = net.bind(&config.peer_listen).await.map_err(|e| taken("nodes", &config.peer_listen, e))?;
    let client_listener = net.bind(&config.client_listen).await.map_err(|e| taken("callers", &config.client_listen, e))?;

    let expected = IdentityExpectation { cluster: config.cluster.clone(), node: config.node };
    let data = config.data.clone();
    let opening = tokio::task::spawn_blocking(move || {
        // The state first: a folder that is another node's is nobody's to write to.
        Storage::open(&data, &expected).map(|opened| (opened, Usage::new(UsageStore::open(&data, now()))))
    });
    let (opened, used) = opening.await??;
    let Opened { log, machine, views, audit, storage } = opened;
    info!(node = config.node, revision = %views.load().revision, "recovered");

    let peers = Peers::new(net, PeerTls::load(
        NodeFiles { ca: config.tls.ca.clone(), own: KeyFiles { certificate: config.tls.certificate.clone(), key: config.tls.key.clone() } },
        &config.cluster,
        config.node,
    )?);
    let settings = raft_config(&config.cluster, &config.raft)?;
    let raft = openraft::Raft::new(config.node, settings, Network::new(peers.clone()), log, machine).await?;
    let app = App::new(config, views, Consensus::new(raft, peers, name.node), storage, audit, used);

    let stop = CancellationToken::new();
    let limits = Limits { connections_max: 4_096, ..Limits::default() };
    let peer_door = tokio::spawn(serve_connections(
        peer_listener,
        Arc::new(peer_tls),
        Limits::default(),
        name.clone(),
        Arc::new(PeersDoor::new(app.clone())),
        Arc::new(Stats::default()),
        stop.clone(),
    ));
    let caller_door = doors.spawn(serve_connections(
        client_listener,
        caller_tls,
        limits,
        name,
        Arc::new(CallersDoor(app.clone())),
        Arc::new(Stats::default()),
        stop.clone(),
    ));
    let loops = [
        tokio::spawn(loops::freshness(app.clone(), stop.clone())),
        tokio::spawn(loops::bootstrap(app.clone(), operator, stop.clone())),
        tokio::spawn(loops::snapshots(app.clone(), stop.clone())),
        tokio::spawn(loops::members(app.clone(), stop.clone())),
        tokio::spawn(time::ticks(app.clone(), stop.clone())),
        tokio::spawn(usage::rounds(app.clone(), stop.clone())),
    ];
    info!(node = app.config.node, peers = app.config.peer_listen, callers = app.config.client_listen, "serving");

    let health = app.storage.health();
    let mut result = Ok(());
    tokio::select! {
        () = told_to_stop() => info!("stopping"),
        why = loops::death(app.clone()) => {
            error!(why, "raft has stopped: this node ends");
            result = Err(format!("raft has stopped: {why}").into());
        }
        fault = health.failed() => {
            error!(%fault, "the disk can't be trusted: this node ends");
            result = Err(fault.to_string().into());
        }
    }
    stop.cancel();
    for task in loops {
        task.abort();
    }
    caller_door.await?;
    if let Err(why) = app.consensus.raft.shutdown().await {
        error!(%why, "raft didn't stop in order");
    }
    peer_door.await?;
    app.end_use().await;
    let closing = app.clone();
    tokio::task::spawn_blocking(move || closing.storage.close()).await?;
    result
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        (Err(why), _) | (_, Err(why)) => {
            error!(%why, "signals can't be received: end this node with SIGKILL");
            std::future::pending::<()>().await;
        }
    }
}
