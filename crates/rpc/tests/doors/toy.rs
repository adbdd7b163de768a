//! A service small enough to see through, behind either door.

use std::fmt::Debug;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bailiwick_rpc::certs::{Authority, Issued};
use bailiwick_rpc::codec::context_within;
use bailiwick_rpc::connect::{ConnectError, Connected, connect};
use bailiwick_rpc::identity::{CallerIdentity, PeerIdentity};
use bailiwick_rpc::net::{Net, Tcp};
use bailiwick_rpc::preface::{ClientHello, Refusal, RefusalCode};
use bailiwick_rpc::server::{Connection, Handler, Limits, NodeName, Stats, serve_connections};
use bailiwick_rpc::tls::{CallerTls, KeyFiles, NodeFiles, PeerTls, ServerTls, caller_client_config, server_name_of};
use bailiwick_rpc::token::Token;
use futures::future::BoxFuture;
use serde_bytes::ByteBuf;
use tarpc::context::Context;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes; a test that needs it has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

#[tarpc::service]
pub trait Toy {
    async fn echo(text: String) -> String;
    async fn who() -> String;
    async fn sized(bytes: usize) -> ByteBuf;
    async fn measure(data: ByteBuf) -> usize;
    async fn wait(ms: u64) -> ();
}

#[derive(Clone)]
struct ToyServer(String);

impl Toy for ToyServer {
    async fn echo(self, _: Context, text: String) -> String {
        text
    }
    async fn who(self, _: Context) -> String {
        self.0
    }
    async fn sized(self, _: Context, bytes: usize) -> ByteBuf {
        ByteBuf::from(vec![7; bytes])
    }
    async fn measure(self, _: Context, data: ByteBuf) -> usize {
        data.len()
    }
    async fn wait(self, _: Context, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

/// Lets in whom the test wants.
pub struct ToyHandler<I> {
    pub admit: fn(&I) -> Result<(), Refusal>,
}

impl<I: Debug + Send + Sync + 'static> Handler<I> for ToyHandler<I> {
    fn services(&self) -> &[&'static str] {
        &["toy", "game"]
    }
    fn admit(&self, _: &str, who: &I) -> Result<(), Refusal> {
        (self.admit)(who)
    }
    fn serve(&self, connection: Connection<I>) -> BoxFuture<'static, ()> {
        let server = ToyServer(format!("{:?}", connection.who));
        Box::pin(connection.run(server.serve()))
    }
}

/// A folder with an authority and what it has issued.
pub struct Pki {
    pub folder: PathBuf,
    pub authority: Authority,
}

impl Pki {
    pub fn new(cluster: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("bailiwick-doors-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let authority = Authority::create(cluster).unwrap();
        authority.write(&folder).unwrap();
        Self { folder, authority }
    }

    pub fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    pub fn keep(&self, issued: &Issued, stem: &str) -> KeyFiles {
        let (certificate, key) = issued.write(&self.folder, stem).unwrap();
        KeyFiles { certificate, key }
    }

    pub fn node(&self, node: u64) -> NodeFiles {
        let issued = self.authority.issue_node(node, &["localhost", "127.0.0.1"]).unwrap();
        NodeFiles { ca: self.ca(), own: self.keep(&issued, &format!("n{node}")) }
    }

    pub fn peer_tls(&self, node: u64) -> Arc<PeerTls> {
        Arc::new(PeerTls::load(self.node(node), self.authority.cluster(), node).unwrap())
    }

    pub fn operator(&self, name: &str) -> (KeyFiles, [u8; 32]) {
        let issued = self.authority.issue_operator(name).unwrap();
        (self.keep(&issued, name), issued.fingerprint)
    }

    pub fn expired_operator(&self) -> KeyFiles {
        let day = Duration::from_secs(24 * 3600);
        let now = SystemTime::now();
        self.keep(&self.authority.issue_operator_for("late", (now - 2 * day, now - day)).unwrap(), "late")
    }
}

impl Drop for Pki {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// An open door.
pub struct Open {
    pub addr: String,
    pub stats: Arc<Stats>,
    pub stop: CancellationToken,
    pub task: JoinHandle<()>,
}

pub async fn open<T: ServerTls>(tls: Arc<T>, limits: Limits, admit: fn(&T::Identity) -> Result<(), Refusal>) -> Open {
    let listener = Tcp.bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (stats, stop) = (Arc::new(Stats::default()), CancellationToken::new());
    let us = NodeName { node: 1, cluster: "demo".into(), version: "0".into() };
    let handler = Arc::new(ToyHandler { admit });
    let task = tokio::spawn(serve_connections(listener, tls, limits, us, handler, stats.clone(), stop.clone()));
    Open { addr, stats, stop, task }
}

/// A callers' door that wants a certificate or a token.
pub async fn open_callers(pki: &Pki, limits: Limits) -> Open {
    let tls = Arc::new(CallerTls::load(pki.node(1)).unwrap());
    open(tls, limits, |who: &CallerIdentity| match who {
        CallerIdentity { certificate_fingerprint: None, token_hash: None } => {
            Err(Refusal::new(RefusalCode::CREDENTIAL, "a certificate or an access token is wanted"))
        }
        CallerIdentity { .. } => Ok(()),
    })
    .await
}

pub async fn open_peers(tls: Arc<PeerTls>) -> Open {
    open(tls, Limits::default(), |_: &PeerIdentity| Ok(())).await
}

pub async fn call_door(open: &Open, ca: &std::path::Path, own: Option<&KeyFiles>, hello: ClientHello) -> Result<Connected, ConnectError> {
    let tls = caller_client_config(ca, own).unwrap();
    connect(&Tcp, &open.addr, tls, server_name_of(&open.addr).unwrap(), &hello).await
}

pub fn toy() -> ClientHello {
    ClientHello::new("toy", "test")
}

pub fn token() -> Option<Token> {
    Some(Token::parse("bw_test").unwrap())
}

pub fn client(connected: Connected) -> ToyClient {
    ToyClient::new(connected.client_config(), connected.transport()).spawn()
}

pub fn soon() -> Context {
    context_within(PATIENCE)
}

/// Waits for a condition, with a bound.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let all = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(what, all).await;
}

pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: not in time"),
    }
}
