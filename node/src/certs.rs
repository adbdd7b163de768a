//! `certs`: certificates for a cluster made by hand. The first call in a folder makes the cluster's authority and the
//! first operator's certificate; every call makes certificates for the nodes it names, by the same authority.
//!
//! Nothing is overwritten: a certificate that is there may be in use. The authority's key belongs on no node.

use std::fs;
use std::path::{Path, PathBuf};

use bailiwick_rpc::certs::{Authority, CertError};
use bailiwick_rpc::identity::node_dns_name;

use crate::serve::ServeError;

/// What `certs` can be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The folder of the authority (`ca.pem`, `ca.key`), and of what is made.
    #[arg(long)]
    dir: PathBuf,
    /// The cluster's name, as in the nodes' configuration; needed once, to make its authority.
    #[arg(long)]
    cluster: Option<String>,
    /// A node, with the names and addresses under which callers reach it: ID=HOST[,HOST]…; may be repeated.
    #[arg(long = "node", value_name = "ID=HOSTS", value_parser = parse_node)]
    nodes: Vec<Named>,
    /// An operator who gets a certificate; with a new authority, `operator` if none is named.
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
}

/// A node as its certificate is to name it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Named {
    id: u64,
    hosts: Vec<String>,
}

fn parse_node(text: &str) -> Result<Named, String> {
    let (id, hosts) = text.split_once('=').unwrap_or((text, ""));
    let id = id.parse().ok().filter(|id| *id > 0).ok_or("write ID=HOST[,HOST]…, for instance 4=10.0.0.4,db4.example: ids start at 1")?;
    let hosts: Vec<String> = hosts.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned).collect();
    if let Some(wrong) = hosts.iter().find(|host| host.contains([' ', '/']) || (host.contains(':') && host.parse::<std::net::IpAddr>().is_err())) {
        return Err(format!("`{wrong}` is no name or address: leave the port out"));
    }
    Ok(Named { id, hosts })
}

/// Makes them and says where they are.
pub fn run(options: &Options) -> Result<(), ServeError> {
    fs::create_dir_all(&options.dir).map_err(|source| CertError::File { path: options.dir.clone(), source })?;
    for line in make(options)? {
        println!("{line}");
    }
    Ok(())
}

fn make(options: &Options) -> Result<Vec<String>, ServeError> {
    let dir = &options.dir;
    let mut lines = Vec::new();
    // Nothing is made if one of them is there already.
    let stems = options.nodes.iter().map(|node| format!("n{}", node.id)).chain(options.operator.clone());
    for stem in stems {
        free(dir, &stem)?;
    }
    let (authority, is_new) = authority(dir, options.cluster.as_deref())?;
    if is_new {
        let path = authority.write(dir)?;
        lines.push(format!("authority of cluster {}: {} (goes to every node and caller; ca.key to none)", authority.cluster(), path.display()));
    }
    let operator = match &options.operator {
        Some(name) => Some(name.as_str()),
        None if is_new => Some("operator"),
        None => None,
    };
    if let Some(name) = operator {
        let (certificate, _) = authority.issue_operator(name)?.write(dir, name)?;
        lines.push(format!("operator {name}: {} and its key", certificate.display()));
    }
    for node in &options.nodes {
        let hosts: Vec<&str> = node.hosts.iter().map(String::as_str).collect();
        let (certificate, _) = authority.issue_node(node.id, &hosts)?.write(dir, &format!("n{}", node.id))?;
        let names = std::iter::once(node_dns_name(node.id, authority.cluster())).chain(node.hosts.iter().cloned()).collect::<Vec<_>>().join(", ");
        lines.push(format!("node {}: {} and its key, for {names}", node.id, certificate.display()));
    }
    if lines.is_empty() {
        return Err("nothing to make: name nodes by --node, or an operator by --operator".into());
    }
    Ok(lines)
}

fn free(dir: &Path, stem: &str) -> Result<(), ServeError> {
    for path in [dir.join(format!("{stem}.pem")), dir.join(format!("{stem}.key"))] {
        if path.exists() {
            return Err(format!("`{}` is there already: move it away to have another", path.display()).into());
        }
    }
    Ok(())
}

/// The authority of the folder; a new one if there is none, and none of its files either.
fn authority(dir: &Path, cluster: Option<&str>) -> Result<(Authority, bool), ServeError> {
    if dir.join("ca.pem").exists() || dir.join("ca.key").exists() {
        let authority = Authority::load(dir)?;
        return match cluster {
            Some(other) if other != authority.cluster() => {
                Err(format!("the authority in `{}` is of cluster `{}`, not `{other}`: give another --dir", dir.display(), authority.cluster()).into())
            }
            Some(_) | None => Ok((authority, false)),
        };
    }
    let cluster = cluster.ok_or_else(|| format!("`{}` has no authority yet: name the cluster by --cluster", dir.display()))?;
    free(dir, "operator")?;
    Ok((Authority::create(cluster)?, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_rpc::identity::PeerIdentity;
    use bailiwick_rpc::tls::{KeyFiles, NodeFiles, PeerTls, read_certificates};

    fn options(dir: &Path, cluster: Option<&str>, nodes: &[&str], operator: Option<&str>) -> Options {
        Options {
            dir: dir.to_owned(),
            cluster: cluster.map(str::to_owned),
            nodes: nodes.iter().map(|text| parse_node(text).expect("a node")).collect(),
            operator: operator.map(str::to_owned),
        }
    }

    #[test]
    fn a_node_that_comes_later_has_the_same_authority() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path();
        let first = make(&options(dir, Some("shop"), &["1=10.0.0.1", "2=10.0.0.2,db2.example"], None)).expect("made");
        assert_eq!(first.len(), 4, "{first:?}");
        assert!(first.iter().any(|line| line.contains("n2.shop.bailiwick.internal, 10.0.0.2, db2.example")), "{first:?}");
        make(&options(dir, None, &["4=10.0.0.4"], None)).expect("made");
        let own = KeyFiles { certificate: dir.join("n4.pem"), key: dir.join("n4.key") };
        let der = read_certificates(&own.certificate).expect("a certificate").remove(0);
        assert_eq!(PeerIdentity::of_certificate(&der).expect("a node"), PeerIdentity { node: 4, cluster: "shop".to_owned() });
        PeerTls::load(NodeFiles { ca: dir.join("ca.pem"), own }, "shop", 4).expect("a node can start with it");
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_half_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path();
        let no_cluster = make(&options(dir, None, &["1"], None)).expect_err("refused");
        assert!(no_cluster.to_string().contains("--cluster"), "{no_cluster}");
        make(&options(dir, Some("shop"), &["1"], Some("ines"))).expect("made");
        let before = fs::read(dir.join("n1.pem")).expect("there");
        let again = make(&options(dir, None, &["2", "1"], None)).expect_err("refused");
        assert!(again.to_string().contains("n1.pem"), "{again}");
        assert!(!dir.join("n2.pem").exists());
        assert_eq!(fs::read(dir.join("n1.pem")).expect("there"), before);
        assert!(make(&options(dir, Some("other"), &["3"], None)).is_err());
        assert!(make(&options(dir, Some("shop"), &[], None)).expect_err("refused").to_string().contains("--node"));
        for wrong in ["", "0", "x=1.2.3.4", "1=10.0.0.1:7400", "1=a b"] {
            assert!(parse_node(wrong).is_err(), "{wrong}");
        }
    }
}
