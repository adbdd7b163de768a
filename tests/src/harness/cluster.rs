//! A cluster of real nodes, on loopback or in network namespaces: certificates, configurations, processes, and what may be waited for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bailiwick_client::Client;
use bailiwick_node::config::{Config, InitialMember, RaftTiming, Tls};
use bailiwick_policy::ids::Revision;
use bailiwick_rpc::api::NodeStatus;
use bailiwick_rpc::certs::Authority;
use bailiwick_rpc::tls::KeyFiles;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use super::caller::{Caller, Credential};
use super::cli::Cli;
use super::namespaces::Namespaces;
use super::ports;
use super::process::NodeProcess;
use super::wait::{BOUND, until};

/// Clusters take turns: three processes and their load are all that two cores can bear without missing deadlines.
static TURN: Mutex<()> = Mutex::const_new(());

/// How long a node has to stop in order.
const STOP_WITHIN: Duration = Duration::from_secs(15);

/// The name every cluster here has.
pub const NAME: &str = "tests";

/// What may differ between clusters.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The node's program.
    pub node_program: PathBuf,
    /// The console's program.
    pub console_program: PathBuf,
    /// How many nodes.
    pub nodes: u64,
    /// Staleness beyond which checks answer indeterminate, in milliseconds.
    pub staleness_bound_ms: u64,
    /// Raft's timing and the triggers of snapshots.
    pub raft: RaftTiming,
    /// Where the data goes; none is a temporary folder of its own.
    pub under: Option<PathBuf>,
}

impl Settings {
    /// Three nodes with everything as shipped.
    pub fn shipped(node_program: PathBuf, console_program: PathBuf) -> Self {
        Self { node_program, console_program, nodes: 3, staleness_bound_ms: 5_000, raft: RaftTiming::default(), under: None }
    }

    /// The same of the programs in a folder; none is the folder of the program that runs.
    ///
    /// # Errors
    /// Says which of the programs isn't there, and how it is built.
    pub fn of_folder(programs: Option<&Path>) -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|why| why.to_string())?;
        let folder = programs.or_else(|| own.parent()).unwrap_or(Path::new("."));
        let program = |name: &str| {
            let path = folder.join(name);
            let missing = || format!("`{}` is not there: build it with `cargo build --release`, or name its folder by --programs", path.display());
            if path.is_file() { Ok(path) } else { Err(missing()) }
        };
        Ok(Self::shipped(program("bailiwick-node")?, program("bailiwick")?))
    }
}

/// The nodes. Dropped, it kills those that run; dropped while panicking, it first shows the ends of their logs.
#[derive(Debug)]
pub struct Cluster {
    settings: Settings,
    nodes: Vec<Node>,
    operator: KeyFiles,
    authority: Authority,
    /// The first members, which every configuration lists.
    first: Vec<InitialMember>,
    /// The highest id that a node has had.
    last_id: u64,
    /// Where the nodes live, if not on loopback. Dropped after them.
    namespaces: Option<Namespaces>,
    folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

/// One node of it.
#[derive(Debug)]
pub struct Node {
    /// Its id, from 1.
    pub id: u64,
    /// Its process.
    pub process: NodeProcess,
    /// The first operator, calling this node only.
    pub caller: Caller,
    /// Where other nodes reach it.
    pub peer_addr: String,
    /// Where callers reach it.
    pub client_addr: String,
}

impl Cluster {
    /// Starts the nodes and waits until all of them are fresh.
    pub async fn start(settings: Settings) -> Self {
        Self::started(Self::prepare(settings, None).await).await
    }

    /// The same with a network namespace for each node.
    pub async fn start_in(namespaces: Namespaces, settings: Settings) -> Self {
        Self::started(Self::prepare(settings, Some(namespaces)).await).await
    }

    async fn started(cluster: Self) -> Self {
        cluster.nodes.iter().for_each(|node| node.process.start());
        cluster.fresh().await;
        cluster
    }

    /// Certificates and configurations; nothing runs yet.
    async fn prepare(settings: Settings, mut namespaces: Option<Namespaces>) -> Self {
        let turn = TURN.lock().await;
        let folder = match &settings.under {
            Some(under) => tempfile::Builder::new().prefix("bailiwick-").tempdir_in(under),
            None => tempfile::Builder::new().prefix("bailiwick-").tempdir(),
        };
        let folder = folder.expect("a temporary folder");
        let authority = Authority::create(NAME).expect("an authority");
        authority.write(folder.path()).expect("the authority's files");
        let issued = authority.issue_operator("tests").expect("an operator's certificate");
        let (certificate, key) = issued.write(folder.path(), "operator").expect("the operator's files");
        let operator = KeyFiles { certificate, key };
        let places = places(&mut namespaces, 1, settings.nodes);
        let first = (1..).zip(places).map(|(id, (peer, client))| InitialMember { id, peer, client }).collect();
        let last_id = settings.nodes;
        let mut cluster = Self { settings, nodes: Vec::new(), operator, authority, first, last_id, namespaces, folder, _turn: turn };
        cluster.nodes = cluster.first.iter().map(|member| cluster.prepare_node(member)).collect();
        cluster
    }

    fn prepare_node(&self, own: &InitialMember) -> Node {
        let config = self.write_config(own);
        let process = NodeProcess::new(&self.settings.node_program, config, self.folder.path().join(format!("n{}.log", own.id)));
        Node {
            id: own.id,
            process: match &self.namespaces {
                Some(namespaces) => process.within(namespaces.name(own.id)),
                None => process,
            },
            caller: Caller::new(&own.client, &self.ca(), &Credential::Certificate(self.operator.clone())),
            peer_addr: own.peer.clone(),
            client_addr: own.client.clone(),
        }
    }

    /// Starts one more node, whose configuration lists the first members as theirs does. It is no member yet.
    pub fn come(&mut self) -> u64 {
        self.last_id += 1;
        let (peer, client) = places(&mut self.namespaces, self.last_id, self.last_id).remove(0);
        let node = self.prepare_node(&InitialMember { id: self.last_id, peer, client });
        node.process.start();
        self.nodes.push(node);
        self.last_id
    }

    /// Takes a node out of those that are asked and judged; its process runs on until what is returned is dropped.
    pub fn part(&mut self, id: u64) -> Node {
        let place = self.nodes.iter().position(|node| node.id == id).expect("a node of this cluster");
        self.nodes.remove(place)
    }

    /// A node by its id.
    pub fn node(&self, id: u64) -> &Node {
        self.nodes.iter().find(|node| node.id == id).expect("a node of this cluster")
    }

    /// All of them.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// All but one.
    pub fn others(&self, id: u64) -> Vec<&Node> {
        self.nodes.iter().filter(|node| node.id != id).collect()
    }

    /// Where callers reach the nodes.
    pub fn addresses(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.client_addr.clone()).collect()
    }

    /// The authority's certificate.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The first operator's certificate and key.
    pub fn operator(&self) -> &KeyFiles {
        &self.operator
    }

    /// A folder for files of the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A client of the whole cluster, as the first operator.
    pub fn client(&self) -> Client {
        super::writes::client(&self.addresses(), &self.ca(), &self.operator)
    }

    /// A caller of one node with another credential than the first operator's.
    pub fn caller(&self, node: u64, credential: &Credential) -> Caller {
        Caller::new(&self.node(node).client_addr, &self.ca(), credential)
    }

    /// The command line as the first operator, for an org.
    pub fn cli(&self, org: &str) -> Cli {
        Cli::new(&self.settings.console_program, self.folder.path(), &self.addresses(), &self.ca(), &self.operator, org)
    }

    /// Starts a node that is down. What it answers from here on, it answers as the new process.
    pub async fn start_node(&self, id: u64) {
        let node = self.node(id);
        node.process.start();
        node.caller.forget().await;
    }

    /// SIGTERM to one node, which must then end in order.
    pub fn stop(&self, id: u64) {
        let status = self.node(id).process.stop(STOP_WITHIN);
        assert!(status.success(), "node {id} ended with {status} on SIGTERM");
    }

    /// The leader that a majority of the nodes that answer agree on.
    pub async fn leader(&self) -> u64 {
        until("a leader", BOUND, async || {
            let mut votes = std::collections::BTreeMap::<u64, usize>::new();
            let all = self.running(false).await;
            let voters = all.iter().map(|status| status.members.iter().filter(|member| member.role == "voter").count()).max().unwrap_or(0);
            for status in all.iter().filter(|status| status.role == "voter") {
                if let (Some(leader), true) = (status.leader, status.staleness_ms.is_some()) {
                    *votes.entry(leader).or_default() += 1;
                }
            }
            let majority = voters / 2 + 1;
            votes.iter().find(|(_, votes)| **votes >= majority).map(|(leader, _)| *leader).ok_or(format!("named as leader: {votes:?}"))
        })
        .await
    }

    /// Waits until every node whose process runs answers, knows a leader, and is fresh.
    pub async fn fresh(&self) {
        for node in self.nodes.iter().filter(|node| node.process.pid().is_some()) {
            self.fresh_node(node.id).await;
        }
    }

    /// Waits until one node answers, knows a leader, and is fresh.
    pub async fn fresh_node(&self, id: u64) {
        let node = self.node(id);
        let bound = self.settings.staleness_bound_ms;
        until(&format!("node {id} fresh"), BOUND, async || {
            if let Some(status) = node.process.ended() {
                panic!("node {id} ended by itself: {status}");
            }
            let status = node.caller.status(false).await.map_err(|why| why.to_string())?;
            let fresh = status.staleness_ms.is_some_and(|ms| ms <= bound) && status.leader.is_some();
            if fresh { Ok(()) } else { Err(format!("state {}, leader {:?}, staleness {:?} ms", status.state, status.leader, status.staleness_ms)) }
        })
        .await;
    }

    fn write_config(&self, own: &InitialMember) -> PathBuf {
        let (folder, stem) = (self.folder.path(), format!("n{}", own.id));
        let host = own.client.rsplit_once(':').map_or("", |(host, _)| host);
        let issued = self.authority.issue_node(own.id, &[host, "localhost"]).expect("a node's certificate");
        let (certificate, key) = issued.write(folder, &stem).expect("the node's files");
        let config = Config {
            cluster: NAME.to_owned(),
            node: own.id,
            data: folder.join(format!("data-{}", own.id)),
            peer_listen: own.peer.clone(),
            client_listen: own.client.clone(),
            tls: Tls { ca: self.ca(), certificate, key },
            first_operator: self.operator.certificate.clone(),
            initial_members: self.first.clone(),
            staleness_bound_ms: self.settings.staleness_bound_ms,
            freshness_interval_ms: 50,
            raft: self.settings.raft.clone(),
        };
        let path = folder.join(format!("{stem}.toml"));
        std::fs::write(&path, toml::to_string(&config).expect("a configuration is TOML")).expect("written");
        path
    }

    /// Waits until every node that runs has this revision.
    pub async fn reached(&self, revision: Revision) {
        let running: Vec<u64> = self.nodes.iter().filter(|node| node.process.pid().is_some()).map(|node| node.id).collect();
        self.reached_by(&running, revision).await;
    }

    /// Waits until these nodes have this revision.
    pub async fn reached_by(&self, nodes: &[u64], revision: Revision) {
        for node in nodes.iter().map(|id| self.node(*id)) {
            until(&format!("node {} at revision {revision}", node.id), BOUND, async || {
                let status = node.caller.status(false).await.map_err(|why| why.to_string())?;
                if status.revision >= revision { Ok(()) } else { Err(format!("revision {}", status.revision)) }
            })
            .await;
        }
    }

    /// How each node says it is; each is asked itself.
    pub async fn status(&self, hashes: bool) -> Vec<NodeStatus> {
        let mut all = Vec::new();
        for node in &self.nodes {
            let status = node.caller.status(hashes).await;
            all.push(status.unwrap_or_else(|why| panic!("node {}: {why}", node.id)));
        }
        all
    }

    /// The same of those that answer.
    pub async fn running(&self, hashes: bool) -> Vec<NodeStatus> {
        let mut all = Vec::new();
        for node in self.nodes.iter().filter(|node| node.process.pid().is_some()) {
            all.extend(node.caller.status(hashes).await);
        }
        all
    }

    /// Waits until all nodes are at the same revision, and asserts that they then have the same content and history;
    /// returns revision, content hash and history hash.
    pub async fn equal(&self) -> (Revision, String, String) {
        let all = until("all nodes at one revision", BOUND, async || {
            let at = |all: &[NodeStatus]| all.iter().map(|s| (s.revision.0, s.applied)).collect::<Vec<(u64, u64)>>();
            let same = |at: &[(u64, u64)]| at.len() == self.nodes.len() && at.windows(2).all(|pair| pair[0] == pair[1]);
            let before = at(&self.running(false).await);
            if !same(&before) {
                return Err(format!("revisions and applied indexes {before:?}"));
            }
            // A tick may come while one after the other is asked for its hashes: then they are of different moments.
            let hashed = self.status(true).await;
            if same(&at(&hashed)) { Ok(hashed) } else { Err(format!("revisions and applied indexes {:?}, with hashes", at(&hashed))) }
        })
        .await;
        let all: Vec<(Revision, String, String)> =
            all.into_iter().map(|s| (s.revision, s.content_hash.expect("asked for"), s.history_hash)).collect();
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "nodes differ: {all:#?}");
        let first = all[0].clone();
        assert!(first.1.len() == 64 && first.2.len() == 64, "hashes are 32 bytes in hex: {first:?}");
        first
    }
}

/// Addresses for peers and for callers, of each of these nodes.
fn places(namespaces: &mut Option<Namespaces>, from: u64, to: u64) -> Vec<(String, String)> {
    if let Some(namespaces) = namespaces {
        return (from..=to).map(|id| namespaces.add(id).unwrap_or_else(|why| panic!("the namespace of node {id}: {why}"))).collect();
    }
    let count = usize::try_from(to + 1 - from).expect("few nodes");
    ports::free(2 * count).chunks(2).map(|pair| (format!("127.0.0.1:{}", pair[0]), format!("127.0.0.1:{}", pair[1]))).collect()
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for node in &self.nodes {
                eprintln!("—— end of the log of node {} ——\n{}", node.id, node.process.tail());
            }
        }
    }
}
