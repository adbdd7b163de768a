//! `dev`: a three-node cluster on loopback, as three processes, with generated certificates and a demo organisation:
//! what somebody gets who wants to see it, and what the scripts start.

mod calls;
pub mod demo;

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bailiwick_rpc::certs::{Authority, fingerprint};
use bailiwick_rpc::tls::KeyFiles;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::config::{Config, InitialMember, RaftTiming, Tls};
use crate::serve::ServeError;

/// The name of the cluster that `dev` runs.
const CLUSTER: &str = "dev";
/// Its nodes.
const NODES: u64 = 3;
/// How long the cluster has to form, recover and elect.
const READY_WAIT: Duration = Duration::from_secs(60);
/// How long a node has to stop in order before it is killed.
const STOP_WAIT: Duration = Duration::from_secs(10);

/// What `dev` can be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Folder for `dev.json` and the cluster's data [default: $XDG_STATE_HOME/bailiwick or ~/.local/state/bailiwick].
    #[arg(long, env = "BAILIWICK_DEV_STATE")]
    state: Option<PathBuf>,
    /// Throws an earlier dev cluster's data away and starts anew.
    #[arg(long)]
    fresh: bool,
    /// First of the ports to use: nodes on +1 to +3, callers on +11 to +13; the next free ones if they are taken.
    #[arg(long, default_value_t = 7400)]
    base_port: u16,
    /// Leaves the demo organisation out.
    #[arg(long)]
    no_demo: bool,
}

/// What `dev.json` says; `bailiwick --dev` reads it.
#[derive(Debug, Serialize, Deserialize)]
struct DevFile {
    cluster: String,
    org: String,
    ca: PathBuf,
    pid: u32,
    nodes: Vec<DevNode>,
    operator: DevOperator,
}

#[derive(Debug, Serialize, Deserialize)]
struct DevNode {
    id: u64,
    client: String,
    peer: String,
    pid: u32,
    dir: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct DevOperator {
    certificate: PathBuf,
    key: PathBuf,
}

/// SHA-256 of the first certificate in a PEM file.
pub fn fingerprint_of(pem: &Path) -> Result<[u8; 32], ServeError> {
    let read = bailiwick_rpc::tls::read_certificates(pem).map_err(|e| format!("first operator's certificate: {e}"))?;
    let first = read.first().ok_or_else(|| format!("`{}` holds no certificate", pem.display()))?;
    Ok(fingerprint(first))
}

/// Runs the cluster until told to stop.
pub fn run(options: Options) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run_until_told(options))
}

async fn run_until_told(options: Options) -> Result<(), ServeError> {
    let state = options.state.clone().map_or_else(default_state, Ok)?;
    let dev_json = state.join("dev.json");
    refuse_if_running(&dev_json)?;
    let home = state.join("dev");
    if options.fresh && home.exists() {
        fs::remove_dir_all(&home)?;
    }
    fs::create_dir_all(&home)?;
    let authority = match Authority::load(&home) {
        Ok(authority) => authority,
        Err(_) if !home.join("ca.pem").exists() => {
            let authority = Authority::create(CLUSTER)?;
            authority.write(&home)?;
            authority
        }
        Err(why) => return Err(why.into()),
    };
    let operator = operator_files(&authority, &home)?;
    let configs = configs(&authority, &home, &operator, options.base_port)?;
    let mut cluster = Running::start(&configs, &home)?;
    let file = DevFile {
        cluster: CLUSTER.to_owned(),
        org: demo::ORG.to_owned(),
        ca: home.join("ca.pem"),
        pid: std::process::id(),
        nodes: cluster.nodes(&configs),
        operator: DevOperator { certificate: operator.certificate.clone(), key: operator.key.clone() },
    };
    let result = tokio::select! {
        ended = bring_up(&file, &dev_json, &operator, &mut cluster, !options.no_demo) => ended,
        () = told_to_stop() => Ok(()),
    };
    info!("stopping the cluster");
    cluster.stop().await;
    remove_if_ours(&dev_json);
    result
}

/// Waits for the cluster, loads the demo, says so, and stays until a child's end is all that is left.
async fn bring_up(file: &DevFile, dev_json: &Path, operator: &KeyFiles, cluster: &mut Running, demo: bool) -> Result<(), ServeError> {
    let addresses: Vec<String> = file.nodes.iter().map(|n| n.client.clone()).collect();
    let calls = calls::Calls::new(&file.ca, operator, addresses)?;
    calls.ready(READY_WAIT, || cluster.first_dead()).await?;
    if demo {
        demo::load(&calls).await?;
    }
    let beside = dev_json.with_extension("json.new");
    fs::write(&beside, serde_json::to_vec_pretty(file)?)?;
    fs::rename(&beside, dev_json)?;
    println!("ready: {} nodes, org {}, {}", file.nodes.len(), file.org, dev_json.display());
    let mut ticks = interval(Duration::from_millis(500));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = std::collections::BTreeSet::new();
    loop {
        ticks.tick().await;
        for (id, status) in cluster.ended() {
            if told.insert(id) {
                warn!(node = id, %status, "a node has ended; the others go on");
            }
        }
        if told.len() as u64 == NODES {
            return Err("all nodes have ended: see their logs".into());
        }
    }
}

fn default_state() -> Result<PathBuf, ServeError> {
    let base = match std::env::var_os("XDG_STATE_HOME").filter(|v| !v.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(std::env::var_os("HOME").ok_or("neither XDG_STATE_HOME nor HOME is set: give --state DIR")?).join(".local/state"),
    };
    Ok(base.join("bailiwick"))
}

/// Whether a process lives. Signal 0 would need unsafe code; the kernel's own list doesn't.
fn lives(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().next().map(str::to_owned));
    state.is_some_and(|s| s != "Z" && s != "X")
}

fn refuse_if_running(dev_json: &Path) -> Result<(), ServeError> {
    let Ok(text) = fs::read(dev_json) else { return Ok(()) };
    let Ok(file) = serde_json::from_slice::<DevFile>(&text) else { return Ok(()) };
    let living: Vec<u32> = std::iter::once(file.pid).chain(file.nodes.iter().map(|n| n.pid)).filter(|pid| lives(*pid)).collect();
    if living.is_empty() {
        return Ok(());
    }
    Err(format!("a dev cluster runs already (processes {living:?}, `{}`): use it, or end it with scripts/down", dev_json.display()).into())
}

fn remove_if_ours(dev_json: &Path) {
    let ours = fs::read(dev_json).ok().and_then(|text| serde_json::from_slice::<DevFile>(&text).ok()).is_some_and(|f| f.pid == std::process::id());
    if ours && let Err(why) = fs::remove_file(dev_json) {
        warn!(%why, "`{}` can't be removed", dev_json.display());
    }
}

fn operator_files(authority: &Authority, home: &Path) -> Result<KeyFiles, ServeError> {
    let files = KeyFiles { certificate: home.join("operator.pem"), key: home.join("operator.key") };
    if !(files.certificate.exists() && files.key.exists()) {
        authority.issue_operator("dev")?.write(home, "operator")?;
    }
    Ok(files)
}

/// The configurations: those of the last time if there are any, since members know each other by address.
fn configs(authority: &Authority, home: &Path, operator: &KeyFiles, base_port: u16) -> Result<Vec<(PathBuf, Config)>, ServeError> {
    let dirs: Vec<(u64, PathBuf)> = (1..=NODES).map(|id| (id, home.join(format!("n{id}")))).collect();
    let files: Vec<PathBuf> = dirs.iter().map(|(_, dir)| dir.join("node.toml")).collect();
    if files.iter().all(|f| f.exists()) {
        let load = |f: PathBuf| Config::load(&f, &crate::config::Overrides::default()).map(|c| (f, c));
        return Ok(files.into_iter().map(load).collect::<Result<_, _>>()?);
    }
    let ports = free_ports(base_port)?;
    let members: Vec<InitialMember> = (1..=NODES)
        .zip(&ports)
        .map(|(id, (peer, client))| InitialMember { id, peer: format!("127.0.0.1:{peer}"), client: format!("127.0.0.1:{client}") })
        .collect();
    let mut written = Vec::new();
    for ((id, dir), member) in dirs.into_iter().zip(&members) {
        fs::create_dir_all(&dir)?;
        let (certificate, key) = authority.issue_node(id, &["localhost", "127.0.0.1"])?.write(&dir, "node")?;
        let config = Config {
            cluster: CLUSTER.to_owned(),
            node: id,
            data: dir.join("data"),
            peer_listen: member.peer.clone(),
            client_listen: member.client.clone(),
            tls: Tls { ca: home.join("ca.pem"), certificate, key },
            first_operator: operator.certificate.clone(),
            initial_members: members.clone(),
            staleness_bound_ms: 5_000,
            freshness_interval_ms: 100,
            raft: RaftTiming::default(),
        };
        let file = dir.join("node.toml");
        fs::write(&file, toml::to_string_pretty(&config)?)?;
        written.push((file, config));
    }
    Ok(written)
}

/// A pair of ports for each node. They are let go again before the nodes take them: on a busy machine somebody else
/// may be quicker, and the node then says so.
fn free_ports(base: u16) -> Result<Vec<(u16, u16)>, ServeError> {
    let mut held = Vec::new();
    let mut take = |wanted: u16| -> Result<u16, ServeError> {
        let listener = TcpListener::bind(("127.0.0.1", wanted)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)))?;
        let port = listener.local_addr()?.port();
        held.push(listener);
        Ok(port)
    };
    (1..=NODES).map(|id| {
        let id = u16::try_from(id)?;
        Ok((take(base.saturating_add(id))?, take(base.saturating_add(10 + id))?))
    }).collect()
}

/// The three processes.
struct Running {
    children: BTreeMap<u64, Child>,
}

impl Running {
    fn start(configs: &[(PathBuf, Config)], home: &Path) -> Result<Self, ServeError> {
        let program = std::env::current_exe()?;
        let mut running = Self { children: BTreeMap::new() };
        for (file, config) in configs {
            let log = fs::OpenOptions::new().create(true).append(true).open(home.join(format!("n{}.log", config.node)))?;
            let child = Command::new(&program).arg("serve").arg("--config").arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?;
            info!(node = config.node, pid = child.id(), callers = config.client_listen, "started");
            running.children.insert(config.node, child);
        }
        Ok(running)
    }

    fn nodes(&self, configs: &[(PathBuf, Config)]) -> Vec<DevNode> {
        configs
            .iter()
            .map(|(_, c)| DevNode {
                id: c.node,
                client: c.client_listen.clone(),
                peer: c.peer_listen.clone(),
                pid: self.children.get(&c.node).map_or(0, Child::id),
                dir: c.data.clone(),
            })
            .collect()
    }

    fn ended(&mut self) -> Vec<(u64, std::process::ExitStatus)> {
        self.children.iter_mut().filter_map(|(id, child)| child.try_wait().ok().flatten().map(|status| (*id, status))).collect()
    }

    fn first_dead(&mut self) -> Option<String> {
        self.ended().first().map(|(id, status)| format!("node {id} ended while starting ({status}): see dev/n{id}.log"))
    }

    /// Asks each to stop, and kills those that don't.
    async fn stop(&mut self) {
        for child in self.children.values() {
            terminate(child.id());
        }
        let deadline = Instant::now() + STOP_WAIT;
        let mut ticks = interval(Duration::from_millis(20));
        while Instant::now() < deadline && self.ended().len() < self.children.len() {
            ticks.tick().await;
        }
        for (id, child) in &mut self.children {
            if !matches!(child.try_wait(), Ok(Some(_))) {
                warn!(node = id, "killed: it didn't stop in time");
                let (_killed, _waited) = (child.kill(), child.wait());
            }
        }
    }
}

/// Sends SIGTERM to a child of ours.
fn terminate(pid: u32) {
    if let Err(why) = Command::new("kill").arg("-TERM").arg(pid.to_string()).status() {
        warn!(pid, %why, "can't be told to stop");
    }
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    if let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    } else {
        std::future::pending::<()>().await;
    }
}
