//! Who is at the other end, as certificates and tokens prove it. What that one may do is decided elsewhere.

use std::fmt;

use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::preface::{ClientHello, Refusal, RefusalCode};

/// What the names of nodes end in. `internal` is reserved for private use.
const NODE_SUFFIX: &str = ".bailiwick.internal";

/// The longest cluster name: it is a label of a DNS name.
const CLUSTER_BYTES_MAX: usize = 63;

/// A node, as its certificate names it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PeerIdentity {
    /// Its id.
    pub node: u64,
    /// The cluster it belongs to, in lower case.
    pub cluster: String,
}

/// A caller, as far as it has proved anything. Both may be missing: then nothing but a refusal is due.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct CallerIdentity {
    /// SHA-256 of its certificate, which our CA signed.
    pub certificate_fingerprint: Option<[u8; 32]>,
    /// SHA-256 of its access token.
    pub token_hash: Option<[u8; 32]>,
}

impl fmt::Debug for CallerIdentity {
    /// Hashes of credentials are kept out of logs; four bytes are enough to tell two apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |hash: &Option<[u8; 32]>| hash.as_ref().map(|h| h.iter().take(4).map(|b| format!("{b:02x}")).collect::<String>());
        f.debug_struct("CallerIdentity")
            .field("certificate", &short(&self.certificate_fingerprint))
            .field("token", &short(&self.token_hash))
            .finish()
    }
}

impl CallerIdentity {
    /// From what TLS has verified and the preface has brought.
    pub(crate) fn new(certificates: Option<&[CertificateDer<'_>]>, hello: &ClientHello) -> Self {
        Self {
            certificate_fingerprint: certificates.and_then(<[_]>::first).map(|der| fingerprint(der)),
            token_hash: hello.token.as_ref().map(crate::token::Token::hash),
        }
    }
}

impl PeerIdentity {
    /// The DNS name that this node's certificate bears.
    pub fn dns_name(&self) -> String {
        node_dns_name(self.node, &self.cluster)
    }

    /// Reads it off a certificate. A certificate that names two nodes names none.
    pub fn of_certificate(der: &[u8]) -> Result<Self, Refusal> {
        let refuse = |told: &str| Refusal::new(RefusalCode::CLUSTER, told);
        let names = dns_names(der).map_err(|_| refuse("the certificate can't be read"))?;
        let mut nodes = names.iter().filter_map(|name| parse_node_name(name));
        match (nodes.next(), nodes.next()) {
            (Some(node), None) => Ok(node),
            (Some(_), Some(_)) => Err(refuse("the certificate names more than one node: issue one for each")),
            (None, _) => Err(refuse("the certificate names no node: it needs a DNS name such as `n3.<cluster>.bailiwick.internal`")),
        }
    }

    /// From what TLS has verified; of our cluster, or refused.
    pub(crate) fn new(certificates: Option<&[CertificateDer<'_>]>, cluster: &str) -> Result<Self, Refusal> {
        let der = certificates
            .and_then(<[_]>::first)
            .ok_or_else(|| Refusal::new(RefusalCode::CLUSTER, "nodes speak to each other with certificates only"))?;
        let peer = Self::of_certificate(der)?;
        if !peer.cluster.eq_ignore_ascii_case(cluster) {
            let told = format!("this node is of cluster `{cluster}`, the certificate of `{}`", peer.cluster);
            return Err(Refusal::new(RefusalCode::CLUSTER, told));
        }
        Ok(peer)
    }
}

/// The name that stands for a certificate in the state: SHA-256 of its DER.
pub fn fingerprint(der: &[u8]) -> [u8; 32] {
    Sha256::digest(der).into()
}

/// `n3.<cluster>.bailiwick.internal`.
pub fn node_dns_name(node: u64, cluster: &str) -> String {
    format!("n{node}.{cluster}{NODE_SUFFIX}")
}

/// Why a text is no name for a cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadCluster(pub String);

impl fmt::Display for BadCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no cluster name: lower-case letters, digits and inner `-`, at most {CLUSTER_BYTES_MAX}", self.0.escape_debug())
    }
}

impl std::error::Error for BadCluster {}

/// A cluster's name is a label of a DNS name, in lower case.
pub fn check_cluster(cluster: &str) -> Result<(), BadCluster> {
    let letters = cluster.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !letters || cluster.is_empty() || cluster.len() > CLUSTER_BYTES_MAX || cluster.starts_with('-') || cluster.ends_with('-') {
        return Err(BadCluster(cluster.chars().take(CLUSTER_BYTES_MAX + 1).collect()));
    }
    Ok(())
}

fn parse_node_name(name: &str) -> Option<PeerIdentity> {
    let name = name.to_ascii_lowercase();
    let (node, cluster) = name.strip_suffix(NODE_SUFFIX)?.strip_prefix('n')?.split_once('.')?;
    check_cluster(cluster).ok()?;
    // One spelling for each id: a leading zero or sign would make a second one.
    let node = node.parse::<u64>().ok().filter(|id| id.to_string() == node)?;
    Some(PeerIdentity { node, cluster: cluster.to_owned() })
}

fn dns_names(der: &[u8]) -> Result<Vec<String>, ()> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| ())?;
    let Some(names) = certificate.subject_alternative_name().map_err(|_| ())? else { return Ok(Vec::new()) };
    let dns = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    Ok(dns.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_names_have_one_spelling() {
        let node = |name: &str| parse_node_name(name).map(|p| (p.node, p.cluster));
        assert_eq!(node("n3.demo.bailiwick.internal"), Some((3, "demo".to_owned())));
        assert_eq!(node("N3.Demo.Bailiwick.Internal"), Some((3, "demo".to_owned())));
        for wrong in [
            "n03.demo.bailiwick.internal", "n+3.demo.bailiwick.internal", "n.demo.bailiwick.internal", "n3.bailiwick.internal",
            "n3.a.b.bailiwick.internal", "x3.demo.bailiwick.internal", "n3.demo.bailiwick.internal.evil", "localhost", "*.demo.bailiwick.internal",
        ] {
            assert_eq!(node(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn cluster_names_are_dns_labels() {
        assert!(check_cluster("demo-1").is_ok());
        for wrong in ["", "-a", "a-", "A", "a.b", "a_b", &"x".repeat(64)] {
            assert!(check_cluster(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rubbish_is_no_certificate() {
        assert!(PeerIdentity::of_certificate(b"rubbish").is_err());
    }
}
