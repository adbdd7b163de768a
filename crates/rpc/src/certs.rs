//! A small certificate authority: one for each cluster, for `dev` and for those without a PKI of their own.
//!
//! Node certificates serve and call, operators' call only; so an operator's certificate can't stand in for a node.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::identity::{check_cluster, node_dns_name};

pub use crate::identity::fingerprint;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long an authority lasts.
pub const AUTHORITY_VALID_FOR: Duration = Duration::from_secs(3650 * 24 * 3600);

/// How long a node's certificate lasts.
pub const NODE_VALID_FOR: Duration = Duration::from_secs(730 * 24 * 3600);

/// How long an operator's certificate lasts.
pub const OPERATOR_VALID_FOR: Duration = Duration::from_secs(365 * 24 * 3600);

/// What an authority's common name starts with; the cluster follows.
const AUTHORITY_NAME: &str = "bailiwick authority of ";

/// Why a certificate could not be made, read or kept.
#[derive(Debug)]
pub enum CertError {
    /// A name that can't stand in a certificate.
    Name(String),
    /// The files are no authority of ours.
    Authority(String),
    /// The library could not make it.
    Make(rcgen::Error),
    /// A file could not be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl fmt::Display for CertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(told) | Self::Authority(told) => f.write_str(told),
            Self::Make(source) => write!(f, "while making a certificate: {source}"),
            Self::File { path, source } => write!(f, "`{}`: {source}", path.display()),
        }
    }
}

impl std::error::Error for CertError {}

impl From<rcgen::Error> for CertError {
    fn from(source: rcgen::Error) -> Self {
        Self::Make(source)
    }
}

/// A certificate and its key. The key is never printed by `Debug`.
#[derive(Clone)]
pub struct Issued {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// Its private key, PKCS 8 in PEM.
    pub key_pem: String,
    /// What stands for it in the state.
    pub fingerprint: [u8; 32],
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("certificate_pem", &self.certificate_pem).finish_non_exhaustive()
    }
}

impl Issued {
    /// Writes `<stem>.pem` and `<stem>.key` into a folder, the key readable by its owner only; returns both paths.
    pub fn write(&self, folder: &Path, stem: &str) -> Result<(PathBuf, PathBuf), CertError> {
        let (certificate, key) = (folder.join(format!("{stem}.pem")), folder.join(format!("{stem}.key")));
        write_file(&key, &self.key_pem, 0o600)?;
        write_file(&certificate, &self.certificate_pem, 0o644)?;
        Ok((certificate, key))
    }
}

/// The one whose word nodes and callers of one cluster take.
pub struct Authority {
    cluster: String,
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl Authority {
    /// A new one, with a new key.
    pub fn create(cluster: &str) -> Result<Self, CertError> {
        check_cluster(cluster).map_err(|e| CertError::Name(e.to_string()))?;
        let key = KeyPair::generate()?;
        let params = authority_params(cluster);
        let certificate_pem = params.self_signed(&key)?.pem();
        Ok(Self { cluster: cluster.to_owned(), certificate_pem, issuer: Issuer::new(params, key) })
    }

    /// One made by [`Authority::create`], from its two PEM texts.
    pub fn from_pem(certificate_pem: &str, key_pem: &str) -> Result<Self, CertError> {
        let bad = |told: &str| CertError::Authority(told.to_owned());
        let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes()).map_err(|_| bad("the authority's certificate is no PEM"))?;
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| bad("the authority's certificate can't be read"))?;
        let name = parsed.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
        let cluster = name
            .and_then(|name| name.strip_prefix(AUTHORITY_NAME))
            .filter(|cluster| check_cluster(cluster).is_ok())
            .ok_or_else(|| bad("the certificate is no authority that `bailiwick` made: issue certificates where it was made"))?;
        let key = KeyPair::from_pem(key_pem).map_err(|_| bad("the authority's key is no PKCS 8 in PEM"))?;
        if parsed.public_key().subject_public_key.data.as_ref() != key.public_key_raw() {
            return Err(bad("the authority's key is not the one of its certificate"));
        }
        let issuer = Issuer::new(authority_params(cluster), key);
        Ok(Self { cluster: cluster.to_owned(), certificate_pem: certificate_pem.to_owned(), issuer })
    }

    /// Reads `ca.pem` and `ca.key` of a folder, as [`Authority::write`] leaves them.
    pub fn load(folder: &Path) -> Result<Self, CertError> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|source| CertError::File { path, source })
        };
        Self::from_pem(&read("ca.pem")?, &read("ca.key")?)
    }

    /// Writes `ca.pem` and `ca.key` into a folder, the key readable by its owner only; returns the certificate's path.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, CertError> {
        write_file(&folder.join("ca.key"), &self.issuer.key().serialize_pem(), 0o600)?;
        let certificate = folder.join("ca.pem");
        write_file(&certificate, &self.certificate_pem, 0o644)?;
        Ok(certificate)
    }

    /// The cluster it speaks for.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// Its certificate, which everybody may have.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// A certificate of a node, which serves under `hosts` too: names or addresses.
    pub fn issue_node(&self, node: u64, hosts: &[&str]) -> Result<Issued, CertError> {
        self.issue_node_for(node, hosts, lasting(NODE_VALID_FOR))
    }

    /// A certificate of a node with a term of its own.
    pub fn issue_node_for(&self, node: u64, hosts: &[&str], term: (SystemTime, SystemTime)) -> Result<Issued, CertError> {
        let name = node_dns_name(node, &self.cluster);
        let mut names = vec![SanType::DnsName(ia5(&name)?)];
        for host in hosts {
            names.push(match host.parse::<IpAddr>() {
                Ok(ip) => SanType::IpAddress(ip),
                Err(_) => SanType::DnsName(ia5(host)?),
            });
        }
        let usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(&name, names, usages, term)
    }

    /// A certificate of an operator, named by the URI `bailiwick://<cluster>/operator/<name>`.
    pub fn issue_operator(&self, name: &str) -> Result<Issued, CertError> {
        self.issue_operator_for(name, lasting(OPERATOR_VALID_FOR))
    }

    /// A certificate of an operator with a term of its own.
    pub fn issue_operator_for(&self, name: &str, term: (SystemTime, SystemTime)) -> Result<Issued, CertError> {
        // The name becomes part of a URI and of terminals' lines.
        if name.is_empty() || name.len() > 50 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
            let told = format!("`{}` is no operator's name: 1 to 50 letters, digits, `.`, `_` and `-`", name.escape_debug());
            return Err(CertError::Name(told));
        }
        let uri = SanType::URI(ia5(&format!("bailiwick://{}/operator/{name}", self.cluster))?);
        self.issue(name, vec![uri], vec![ExtendedKeyUsagePurpose::ClientAuth], term)
    }

    fn issue(
        &self,
        common_name: &str,
        names: Vec<SanType>,
        usages: Vec<ExtendedKeyUsagePurpose>,
        term: (SystemTime, SystemTime),
    ) -> Result<Issued, CertError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = named(common_name);
        params.subject_alt_names = names;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = usages;
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = (term.0.into(), term.1.into());
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Issued { certificate_pem: certificate.pem(), key_pem: key.serialize_pem(), fingerprint: fingerprint(certificate.der()) })
    }
}

fn authority_params(cluster: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&format!("{AUTHORITY_NAME}{cluster}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let term = lasting(AUTHORITY_VALID_FOR);
    (params.not_before, params.not_after) = (term.0.into(), term.1.into());
    params
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// From yesterday on, since clocks differ.
fn lasting(time: Duration) -> (SystemTime, SystemTime) {
    let now = SystemTime::now();
    (now - DAY, now + time)
}

fn ia5(text: &str) -> Result<Ia5String, CertError> {
    Ia5String::try_from(text).map_err(|_| CertError::Name(format!("`{}` can't stand in a certificate: it isn't ASCII", text.escape_debug())))
}

/// Written beside and renamed, so that nobody reads half of it, and with its mode from the first byte on.
fn write_file(path: &Path, text: &str, mode: u32) -> Result<(), CertError> {
    let write = || -> io::Result<()> {
        let beside = path.with_extension("new");
        match fs::remove_file(&beside) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            Ok(()) | Err(_) => {}
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        // The umask may have taken bits away; nothing may add any.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|source| CertError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::PeerIdentity;

    fn der(issued: &Issued) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap()
    }

    #[test]
    fn a_node_is_named_by_its_certificate_and_an_operator_is_no_node() {
        let authority = Authority::create("demo").unwrap();
        let node = authority.issue_node(3, &["localhost", "127.0.0.1"]).unwrap();
        assert_eq!(PeerIdentity::of_certificate(&der(&node)).unwrap(), PeerIdentity { node: 3, cluster: "demo".into() });
        assert_eq!(node.fingerprint, fingerprint(&der(&node)));
        let operator = authority.issue_operator("alice").unwrap();
        assert!(PeerIdentity::of_certificate(&der(&operator)).is_err());
    }

    #[test]
    fn one_certificate_names_one_node() {
        let authority = Authority::create("demo").unwrap();
        let two = authority.issue_node(3, &["n4.demo.bailiwick.internal"]).unwrap();
        assert!(PeerIdentity::of_certificate(&der(&two)).unwrap_err().message.contains("more than one node"));
    }

    #[test]
    fn an_authority_survives_its_files_and_keys_are_private() {
        let folder = std::env::temp_dir().join(format!("bailiwick-certs-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let made = Authority::create("demo").unwrap();
        made.write(&folder).unwrap();
        let loaded = Authority::load(&folder).unwrap();
        assert_eq!((loaded.cluster(), loaded.certificate_pem()), ("demo", made.certificate_pem()));
        let (_, key) = loaded.issue_operator("alice").unwrap().write(&folder, "alice").unwrap();
        for path in [key, folder.join("ca.key")] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let other = Authority::create("demo").unwrap();
        assert!(Authority::from_pem(other.certificate_pem(), &made.issuer.key().serialize_pem()).is_err());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn names_that_could_be_something_else_are_refused() {
        assert!(Authority::create("a.b").is_err());
        let authority = Authority::create("demo").unwrap();
        for wrong in ["", "a/b", "a b", "ä", &"x".repeat(51)] {
            assert!(authority.issue_operator(wrong).is_err(), "{wrong}");
        }
        assert!(!format!("{:?}", authority.issue_operator("alice").unwrap()).contains("PRIVATE"));
    }
}
