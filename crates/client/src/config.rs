//! What a client is told: where the nodes are, whom to believe, and how to prove itself.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_rpc::net::{Net, Tcp};
use bailiwick_rpc::tls::KeyFiles;
use bailiwick_rpc::token::Token;

use crate::failover::Settings;

/// How a client proves itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Credential {
    /// Not at all; a node refuses that, and says what it wants.
    #[default]
    None,
    /// With a certificate that the cluster's CA signed.
    Certificate(KeyFiles),
    /// With an access token.
    Token(Token),
}

/// Everything a client is told. Nothing here is read from the environment.
#[derive(Clone)]
pub struct ClientConfig {
    /// Where callers reach the nodes: `host:port` of each. Any one is enough to begin with, but only these are used.
    pub nodes: Vec<String>,
    /// The certificates of the authorities that are believed, PEM.
    pub ca: PathBuf,
    /// How the client proves itself.
    pub credential: Credential,
    /// What it calls itself, for the nodes' logs: `bailiwick 0.1.0`.
    pub name: String,
    /// How long a read may take over all nodes.
    pub read_timeout: Duration,
    /// How long one node may take for a read before another is asked.
    pub attempt_timeout: Duration,
    /// How long a write may take over all nodes, its outcome included.
    pub write_timeout: Duration,
    /// How often every node is asked how it is, for the display of health and the choice of the nearest; none for
    /// programs that end soon.
    pub probe_every: Option<Duration>,
    /// Numbers of failover.
    pub failover: Settings,
    /// The network; tests put faults in.
    pub net: Arc<dyn Net>,
}

impl ClientConfig {
    /// A client of these nodes with the usual numbers.
    pub fn new(nodes: Vec<String>, ca: PathBuf, credential: Credential) -> Self {
        Self {
            nodes,
            ca,
            credential,
            name: concat!("bailiwick-client ", env!("CARGO_PKG_VERSION")).to_owned(),
            read_timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(2),
            write_timeout: Duration::from_secs(20),
            probe_every: None,
            failover: Settings::default(),
            net: Arc::new(Tcp),
        }
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientConfig")
            .field("nodes", &self.nodes)
            .field("ca", &self.ca)
            .field("credential", &self.credential)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
