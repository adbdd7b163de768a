//! TLS on both doors: between nodes mutual and 1.3 only, for callers with a certificate or without.
//!
//! Files are read again by `reload`, which changes nothing when one of them is wrong; connections that stand keep what
//! they were made with. Sessions are never resumed: a resumed one would keep the word of a CA that is gone.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};

use crate::identity::{CallerIdentity, PeerIdentity, check_cluster, node_dns_name};
use crate::preface::{ClientHello, Refusal};

/// Nodes are upgraded together, so they need nothing older.
const PEER_VERSIONS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// Gateways in front of the callers' doors may be older.
const CALLER_VERSIONS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// A certificate with its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyFiles {
    /// The certificate, with those between it and the CA, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// What a node needs: whom to believe, and who it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeFiles {
    /// The certificates of the authorities that are believed, PEM.
    pub ca: PathBuf,
    /// The node's own.
    pub own: KeyFiles,
}

/// Why TLS could not be set up. Nothing has changed when this is returned.
#[derive(Debug)]
pub enum TlsError {
    /// A file is missing or not what it should be.
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The files don't fit together, or not this node.
    Setup(String),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, cause } => write!(f, "`{}`: {cause}", path.display()),
            Self::Setup(cause) => f.write_str(cause),
        }
    }
}

impl std::error::Error for TlsError {}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Setup(error.to_string())
    }
}

/// The accepting side of a door: its present configuration, and whom it takes the other end for.
pub trait ServerTls: Send + Sync + 'static {
    /// What it finds out about the other end.
    type Identity: Clone + fmt::Debug + Send + Sync + 'static;

    /// The configuration for the next handshake.
    fn server_config(&self) -> Arc<ServerConfig>;

    /// Who is there, by the certificates that TLS has verified and the preface; or why nobody may be.
    fn identify(&self, certificates: Option<&[CertificateDer<'_>]>, hello: &ClientHello) -> Result<Self::Identity, Refusal>;
}

/// TLS between nodes, both ways.
pub struct PeerTls {
    files: NodeFiles,
    cluster: String,
    node: u64,
    now: ArcSwap<PeerConfigs>,
}

struct PeerConfigs {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl fmt::Debug for PeerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerTls(n{} of {})", self.node, self.cluster)
    }
}

impl PeerTls {
    /// Reads the files. The certificate must name this node in this cluster, so that a mistake shows here rather than
    /// in the refusals of all others.
    pub fn load(files: NodeFiles, cluster: &str, node: u64) -> Result<Self, TlsError> {
        check_cluster(cluster).map_err(|e| TlsError::Setup(e.to_string()))?;
        let now = ArcSwap::from_pointee(peer_configs(&files, cluster, node)?);
        Ok(Self { files, cluster: cluster.to_owned(), node, now })
    }

    /// Reads the files again; connections from here on use them.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.now.store(Arc::new(peer_configs(&self.files, &self.cluster, self.node)?));
        Ok(())
    }

    /// The configuration for the next connection to another node.
    pub fn client_config(&self) -> Arc<ClientConfig> {
        self.now.load().client.clone()
    }

    /// The name that a node's certificate must bear when that node is addressed.
    pub fn server_name(&self, node: u64) -> Result<ServerName<'static>, TlsError> {
        ServerName::try_from(node_dns_name(node, &self.cluster)).map_err(|e| TlsError::Setup(e.to_string()))
    }
}

impl ServerTls for PeerTls {
    type Identity = PeerIdentity;

    fn server_config(&self) -> Arc<ServerConfig> {
        self.now.load().server.clone()
    }

    fn identify(&self, certificates: Option<&[CertificateDer<'_>]>, _: &ClientHello) -> Result<PeerIdentity, Refusal> {
        PeerIdentity::new(certificates, &self.cluster)
    }
}

fn peer_configs(files: &NodeFiles, cluster: &str, node: u64) -> Result<PeerConfigs, TlsError> {
    let roots = Arc::new(read_roots(&files.ca)?);
    let (chain, key) = read_pair(&files.own)?;
    let path = || files.own.certificate.clone();
    let own = chain.first().ok_or_else(|| TlsError::File { path: path(), cause: "no certificate in it".into() })?;
    let named = PeerIdentity::of_certificate(own).map_err(|refusal| TlsError::File { path: path(), cause: refusal.message })?;
    if named.node != node || named.cluster != cluster {
        let cause = format!("it names `{}`, this node is `{}`", named.dns_name(), node_dns_name(node, cluster));
        return Err(TlsError::File { path: path(), cause });
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider())
        .build()
        .map_err(|e| TlsError::Setup(e.to_string()))?;
    let server = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(PEER_VERSIONS)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain.clone(), key.clone_key())?;
    let client = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(PEER_VERSIONS)?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)?;
    Ok(PeerConfigs { server: without_resumption(server), client: client_without_resumption(client) })
}

/// TLS of the doors for callers: the node proves itself, the caller may.
pub struct CallerTls {
    files: NodeFiles,
    now: ArcSwap<ServerConfig>,
}

impl fmt::Debug for CallerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerTls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl CallerTls {
    /// Reads the files.
    pub fn load(files: NodeFiles) -> Result<Self, TlsError> {
        let now = ArcSwap::new(caller_config(&files)?);
        Ok(Self { files, now })
    }

    /// Reads the files again; connections from here on use them.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.now.store(caller_config(&self.files)?);
        Ok(())
    }
}

impl ServerTls for CallerTls {
    type Identity = CallerIdentity;

    fn server_config(&self) -> Arc<ServerConfig> {
        self.now.load_full()
    }

    fn identify(&self, certificates: Option<&[CertificateDer<'_>]>, hello: &ClientHello) -> Result<CallerIdentity, Refusal> {
        Ok(CallerIdentity::new(certificates, hello))
    }
}

fn caller_config(files: &NodeFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let roots = Arc::new(read_roots(&files.ca)?);
    let (chain, key) = read_pair(&files.own)?;
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
        .allow_unauthenticated()
        .build()
        .map_err(|e| TlsError::Setup(e.to_string()))?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(CALLER_VERSIONS)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    Ok(without_resumption(config))
}

/// The configuration of somebody who calls a node: believes `ca`, and shows a certificate if there is one.
pub fn caller_client_config(ca: &Path, own: Option<&KeyFiles>) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(PEER_VERSIONS)?
        .with_root_certificates(read_roots(ca)?);
    let config = match own {
        Some(own) => {
            let (chain, key) = read_pair(own)?;
            builder.with_client_auth_cert(chain, key)?
        }
        None => builder.with_no_client_auth(),
    };
    Ok(client_without_resumption(config))
}

/// The name that a certificate must bear when `addr` (a host and a port) is called.
pub fn server_name_of(addr: &str) -> Result<ServerName<'static>, TlsError> {
    let host = addr.rsplit_once(':').map_or(addr, |(host, _)| host);
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(host.to_owned()).map_err(|_| TlsError::Setup(format!("`{}` is no host and port", addr.escape_debug())))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn without_resumption(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

fn client_without_resumption(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

fn read_roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(path)? {
        roots.add(certificate).map_err(|e| TlsError::File { path: path.to_owned(), cause: format!("a CA certificate can't be used: {e}") })?;
    }
    Ok(roots)
}

/// The certificates of a PEM file, at least one.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bad = |cause: String| TlsError::File { path: path.to_owned(), cause };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(|e| bad(e.to_string()))?.collect();
    let found = found.map_err(|e| bad(e.to_string()))?;
    if found.is_empty() {
        return Err(bad("no certificate in it: a PEM section `CERTIFICATE` is wanted".to_owned()));
    }
    Ok(found)
}

fn read_pair(files: &KeyFiles) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let chain = read_certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|e| TlsError::File { path: files.key.clone(), cause: e.to_string() })?;
    Ok((chain, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_taken_from_its_address() {
        let name = |addr| server_name_of(addr).unwrap().to_str().into_owned();
        assert_eq!(name("127.0.0.1:7001"), "127.0.0.1");
        assert_eq!(name("[::1]:7001"), "::1");
        assert_eq!(name("n1.example.org:7001"), "n1.example.org");
        assert!(server_name_of("a b:1").is_err());
    }
}
