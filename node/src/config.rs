//! A node's configuration: flag over environment over file over default; an unknown key is an error.
//!
//! Nothing in here is read while applying an entry: what all replicas must agree on is in the state.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The whole of it, as the file has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The cluster's name: letters, digits and dashes; it is part of the names in certificates.
    pub cluster: String,
    /// This node's id, from 1; never reused in a cluster.
    pub node: u64,
    /// Folder for log, state and snapshots.
    pub data: PathBuf,
    /// `host:port` to listen on for other nodes.
    pub peer_listen: String,
    /// `host:port` to listen on for callers.
    pub client_listen: String,
    /// Certificates.
    pub tls: Tls,
    /// Certificate (PEM) of the first platform operator; read by whichever node writes the first entry.
    pub first_operator: PathBuf,
    /// The first members, the same list on every node, those that come later included. It is read only while the
    /// cluster forms; from then on the log says who is a member.
    pub initial_members: Vec<InitialMember>,
    /// Staleness beyond which checks answer indeterminate, in milliseconds.
    #[serde(default = "staleness_bound_ms")]
    pub staleness_bound_ms: u64,
    /// Milliseconds between freshness rounds.
    #[serde(default = "freshness_interval_ms")]
    pub freshness_interval_ms: u64,
    /// Raft's timing and the triggers of snapshots.
    #[serde(default)]
    pub raft: RaftTiming,
}

/// Where certificates lie.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The authority's certificate (PEM).
    pub ca: PathBuf,
    /// This node's certificate (PEM).
    pub certificate: PathBuf,
    /// Its key (PEM).
    pub key: PathBuf,
}

/// A member of the first membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialMember {
    /// Its id.
    pub id: u64,
    /// Where other nodes reach it.
    pub peer: String,
    /// Where callers reach it.
    pub client: String,
}

/// Raft's timing, in milliseconds, and when snapshots are taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RaftTiming {
    /// Between heartbeats.
    pub heartbeat_ms: u64,
    /// Shortest election timeout.
    pub election_ms_min: u64,
    /// Longest election timeout.
    pub election_ms_max: u64,
    /// Bytes of log since the last snapshot that trigger the next.
    pub snapshot_log_bytes: u64,
    /// Seconds since the last snapshot that trigger the next, if anything was logged.
    pub snapshot_age_s: u64,
    /// Entries kept in the log behind a snapshot, so that a follower that was away for a moment needs none.
    pub log_keep_entries: u64,
}

impl Default for RaftTiming {
    fn default() -> Self {
        Self {
            heartbeat_ms: 100,
            election_ms_min: 300,
            election_ms_max: 600,
            snapshot_log_bytes: 256 * 1024 * 1024,
            snapshot_age_s: 3_600,
            log_keep_entries: 10_000,
        }
    }
}

fn staleness_bound_ms() -> u64 {
    5_000
}

fn freshness_interval_ms() -> u64 {
    100
}

/// Why a configuration can't be used.
#[derive(Debug)]
pub struct ConfigError {
    file: PathBuf,
    why: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "configuration `{}`: {}", self.file.display(), self.why)
    }
}

impl std::error::Error for ConfigError {}

/// What flags and environment may set over the file.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Overrides {
    /// Folder for log, state and snapshots.
    #[arg(long, env = "BAILIWICK_DATA")]
    pub data: Option<PathBuf>,
    /// `host:port` to listen on for other nodes.
    #[arg(long, env = "BAILIWICK_PEER_LISTEN")]
    pub peer_listen: Option<String>,
    /// `host:port` to listen on for callers.
    #[arg(long, env = "BAILIWICK_CLIENT_LISTEN")]
    pub client_listen: Option<String>,
    /// Staleness beyond which checks answer indeterminate, in milliseconds.
    #[arg(long, env = "BAILIWICK_STALENESS_BOUND_MS")]
    pub staleness_bound_ms: Option<u64>,
}

impl Config {
    /// Reads a file, lays the overrides over it, and checks the whole.
    pub fn load(file: &Path, overrides: &Overrides) -> Result<Self, ConfigError> {
        let fail = |why: String| ConfigError { file: file.to_owned(), why };
        let text = std::fs::read_to_string(file).map_err(|e| fail(format!("can't be read: {e}")))?;
        let mut config: Self = toml::from_str(&text).map_err(|e| fail(e.to_string()))?;
        let o = overrides.clone();
        config.data = o.data.unwrap_or(config.data);
        config.peer_listen = o.peer_listen.unwrap_or(config.peer_listen);
        config.client_listen = o.client_listen.unwrap_or(config.client_listen);
        config.staleness_bound_ms = o.staleness_bound_ms.unwrap_or(config.staleness_bound_ms);
        config.check().map_err(fail)?;
        Ok(config)
    }

    /// The command that adds this node, once it runs: an address that isn't one to others is left to be filled in.
    pub fn adding(&self) -> String {
        let place = |listen: &str| match listen.rsplit_once(':') {
            Some(("0.0.0.0" | "[::]" | "", port)) => format!("HOST:{port}"),
            Some(_) | None => listen.to_owned(),
        };
        format!("`bailiwick cluster add {} --peer {} --client {}`", self.node, place(&self.peer_listen), place(&self.client_listen))
    }

    fn check(&self) -> Result<(), String> {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.cluster.is_empty() || self.cluster.len() > 40 || !self.cluster.chars().all(word) {
            return Err(format!("`cluster = {:?}`: 1 to 40 lower-case letters, digits and dashes", self.cluster));
        }
        if self.node == 0 {
            return Err("`node = 0`: ids start at 1".to_owned());
        }
        if self.initial_members.is_empty() {
            return Err("`initial_members` is empty: list every first member, the same on every node".to_owned());
        }
        let mut ids: Vec<u64> = self.initial_members.iter().map(|m| m.id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() != self.initial_members.len() || ids.first() == Some(&0) {
            return Err("`initial_members`: each id stands once, and ids start at 1".to_owned());
        }
        let r = &self.raft;
        if r.heartbeat_ms == 0 || r.election_ms_min < 2 * r.heartbeat_ms || r.election_ms_max <= r.election_ms_min {
            return Err("`raft`: needs 0 < heartbeat_ms, 2 × heartbeat_ms ≤ election_ms_min < election_ms_max".to_owned());
        }
        if self.freshness_interval_ms == 0 || self.staleness_bound_ms < 2 * self.freshness_interval_ms {
            return Err("`staleness_bound_ms` must be at least twice `freshness_interval_ms`, and that above 0".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        cluster = "dev"
        node = 1
        data = "/tmp/x"
        peer_listen = "127.0.0.1:1"
        client_listen = "127.0.0.1:2"
        first_operator = "op.pem"
        initial_members = [{ id = 1, peer = "127.0.0.1:1", client = "127.0.0.1:2" }]
        [tls]
        ca = "ca.pem"
        certificate = "n1.pem"
        key = "n1.key"
    "#;

    fn load(text: &str) -> Result<Config, String> {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("node.toml");
        std::fs::write(&file, text).expect("written");
        Config::load(&file, &Overrides::default()).map_err(|e| e.to_string())
    }

    #[test]
    fn defaults_fill_in() {
        let config = load(GOOD).expect("good");
        assert_eq!((config.staleness_bound_ms, config.raft.heartbeat_ms), (5_000, 100));
    }

    #[test]
    fn a_node_knows_the_command_that_adds_it() {
        let mut config = load(&GOOD.replace("node = 1", "node = 4")).expect("good: not every node is among the first");
        assert_eq!(config.adding(), "`bailiwick cluster add 4 --peer 127.0.0.1:1 --client 127.0.0.1:2`");
        config.peer_listen = "0.0.0.0:7400".to_owned();
        assert_eq!(config.adding(), "`bailiwick cluster add 4 --peer HOST:7400 --client 127.0.0.1:2`");
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let error = load(&GOOD.replace("node = 1", "node = 1\n nodes = 2")).expect_err("refused");
        assert!(error.contains("unknown field `nodes`"), "{error}");
    }

    #[test]
    fn nonsense_is_refused() {
        for (from, to) in [("\"dev\"", "\"Dev!\""), ("node = 1", "node = 0"), ("[{ id = 1", "[{ id = 0")] {
            assert!(load(&GOOD.replace(from, to)).is_err(), "{to}");
        }
    }
}
