//! The development cluster of this machine, as `bailiwick-node dev` describes it in `dev.json`.

use std::fmt;
use std::path::{Path, PathBuf};

use bailiwick_rpc::tls::KeyFiles;
use serde::{Deserialize, Serialize};

use crate::config::{ClientConfig, Credential};
use crate::home::{Lookup, state_file};

/// The file's name in the user's state folder.
pub const DEV_FILE: &str = "dev.json";

/// A running development cluster.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DevCluster {
    /// The cluster's name.
    pub cluster: String,
    /// The demo's org.
    pub org: String,
    /// The certificate of its authority.
    pub ca: PathBuf,
    /// Its nodes.
    pub nodes: Vec<DevNode>,
    /// The first operator's certificate.
    pub operator: DevOperator,
    /// A file with the access token of the demo org's owner.
    #[serde(default)]
    pub owner_token: Option<PathBuf>,
}

/// One of its nodes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DevNode {
    /// Its id.
    pub id: u64,
    /// Where callers reach it.
    pub client: String,
    /// Where the others reach it.
    pub peer: String,
    /// Its process.
    pub pid: u32,
    /// Its data.
    pub dir: PathBuf,
}

/// The first operator's files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DevOperator {
    /// The certificate, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
}

/// Why there is no development cluster to be had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DevError {
    /// Neither `XDG_STATE_HOME` nor `HOME` is set.
    NoHome,
    /// There is no such file: no cluster was started.
    NotRunning(PathBuf),
    /// The file can't be read or understood.
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

impl fmt::Display for DevError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => f.write_str("neither `XDG_STATE_HOME` nor `HOME` is set, so there is no place to look for a development cluster"),
            Self::NotRunning(path) => {
                write!(f, "no development cluster: `{}` is not there; start one with `bailiwick-node dev`", path.display())
            }
            Self::File { path, cause } => write!(f, "`{}`: {cause}; start the development cluster again", path.display()),
        }
    }
}

impl std::error::Error for DevError {}

impl DevCluster {
    /// Where the file lies for this user.
    pub fn path(lookup: Lookup<'_>) -> Result<PathBuf, DevError> {
        state_file(lookup, DEV_FILE).ok_or(DevError::NoHome)
    }

    /// Reads the file. That the processes are alive is not looked into: connecting shows it.
    pub fn read(path: &Path) -> Result<Self, DevError> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => DevError::NotRunning(path.to_owned()),
            _ => DevError::File { path: path.to_owned(), cause: error.to_string() },
        })?;
        serde_json::from_str(&text).map_err(|error| DevError::File { path: path.to_owned(), cause: error.to_string() })
    }

    /// A client of it, as its first operator.
    pub fn client_config(&self) -> ClientConfig {
        let own = KeyFiles { certificate: self.operator.certificate.clone(), key: self.operator.key.clone() };
        let nodes = self.nodes.iter().map(|node| node.client.clone()).collect();
        ClientConfig::new(nodes, self.ca.clone(), Credential::Certificate(own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{ "cluster": "dev", "org": "demo", "ca": "/d/ca.pem",
        "nodes": [{"id":1,"client":"127.0.0.1:7001","peer":"127.0.0.1:7101","pid":42,"dir":"/d/n1"}],
        "operator": {"certificate": "/d/op.pem", "key": "/d/op.key"}, "colour": "red" }"#;

    #[test]
    fn dev_json_makes_a_client_of_the_first_operator() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(DEV_FILE);
        std::fs::write(&path, TEXT).unwrap();
        let dev = DevCluster::read(&path).unwrap();
        assert_eq!((dev.org.as_str(), dev.owner_token.clone()), ("demo", None));
        let config = dev.client_config();
        assert_eq!(config.nodes, vec!["127.0.0.1:7001"]);
        assert_eq!(config.credential, Credential::Certificate(KeyFiles { certificate: "/d/op.pem".into(), key: "/d/op.key".into() }));
        assert_eq!(serde_json::from_str::<DevCluster>(&serde_json::to_string(&dev).unwrap()).unwrap(), dev);
    }

    #[test]
    fn errors_name_the_file_and_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(DEV_FILE);
        assert!(DevCluster::read(&path).unwrap_err().to_string().ends_with("start one with `bailiwick-node dev`"));
        std::fs::write(&path, "{").unwrap();
        let told = DevCluster::read(&path).unwrap_err().to_string();
        assert!(told.contains("dev.json") && told.contains("line 1"), "{told}");
    }
}
