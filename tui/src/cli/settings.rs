//! Which cluster, and who one is there: flags over the profile, or the development cluster of this machine.

use std::path::Path;
use std::time::Duration;

use bailiwick_client::dev::DevCluster;
use bailiwick_client::home::{Lookup, config_file};
use bailiwick_client::profile::{PROFILE_FILE, Profiles};
use bailiwick_client::{ClientConfig, Credential};
use bailiwick_policy::ids::OrgCode;
use bailiwick_rpc::tls::KeyFiles;
use bailiwick_rpc::token::Token;

use super::args::Common;
use super::ask;
use super::exit::Trouble;

/// The profile that is used when nothing is named.
const DEFAULT_PROFILE: &str = "default";

/// What flags, profile and `dev.json` come to.
pub struct Settings {
    /// How the cluster is called.
    pub client: ClientConfig,
    /// The organisation that is meant when a command names none.
    pub org: Option<OrgCode>,
    /// The environment as a word.
    pub environment: String,
    /// Whatever would change something is refused.
    pub read_only: bool,
}

/// Resolves them. Only files are read here; nobody is called.
pub fn resolve(common: &Common, lookup: Lookup<'_>) -> Result<Settings, Trouble> {
    let mut settings = base(common, lookup)?;
    if !common.nodes.is_empty() {
        settings.client.nodes = common.nodes.clone();
    }
    if let Some(ca) = &common.ca {
        settings.client.ca = ca.clone();
    }
    if let Some(credential) = credential(common)? {
        settings.client.credential = credential;
    }
    if settings.client.nodes.is_empty() {
        return Err(Trouble::Usage("no cluster is named: give --dev, --profile NAME, or --nodes and --ca".to_owned()));
    }
    if settings.client.ca.as_os_str().is_empty() {
        return Err(Trouble::Usage("the cluster's authority isn't known: give --ca FILE".to_owned()));
    }
    settings.client.name = concat!("bailiwick ", env!("CARGO_PKG_VERSION")).to_owned();
    if let Some(deadline) = common.deadline {
        limit(&mut settings.client, deadline);
    }
    if let Some(org) = &common.org {
        settings.org = Some(ask::value("--org", org)?);
    }
    settings.read_only |= common.read_only;
    Ok(settings)
}

fn limit(client: &mut ClientConfig, deadline: Duration) {
    client.read_timeout = deadline;
    client.write_timeout = deadline;
    client.attempt_timeout = client.attempt_timeout.min(deadline);
}

fn base(common: &Common, lookup: Lookup<'_>) -> Result<Settings, Trouble> {
    let local = |error: &dyn std::fmt::Display| Trouble::Local(error.to_string());
    if common.dev {
        let dev = DevCluster::path(lookup).and_then(|path| DevCluster::read(&path)).map_err(|e| local(&e))?;
        let org = Some(ask::value("dev.json", &dev.org)?);
        return Ok(Settings { client: dev.client_config(), org, environment: "dev".to_owned(), read_only: false });
    }
    let from_flags = || {
        let client = ClientConfig::new(Vec::new(), Default::default(), Credential::None);
        Settings { client, org: None, environment: String::new(), read_only: false }
    };
    let Some(path) = config_file(lookup, PROFILE_FILE) else { return Ok(from_flags()) };
    let profiles = Profiles::read(&path, lookup).map_err(|e| local(&e))?;
    let name = match &common.profile {
        Some(name) => name.as_str(),
        None if common.nodes.is_empty() && profiles.profile.contains_key(DEFAULT_PROFILE) => DEFAULT_PROFILE,
        None => return Ok(from_flags()),
    };
    let profile = profiles.get(name).map_err(|e| Trouble::Local(format!("{e} in `{}`", path.display())))?;
    let client = profiles.client_config(name).map_err(|e| local(&e))?;
    let org = profile.org.as_deref().map(|org| ask::value("the profile's org", org)).transpose()?;
    let environment = profile.environment.clone().unwrap_or_else(|| name.to_owned());
    Ok(Settings { client, org, environment, read_only: profile.read_only })
}

fn credential(common: &Common) -> Result<Option<Credential>, Trouble> {
    match (&common.certificate, &common.key, &common.token_file) {
        (None, None, None) => Ok(None),
        (Some(certificate), Some(key), None) => {
            Ok(Some(Credential::Certificate(KeyFiles { certificate: certificate.clone(), key: key.clone() })))
        }
        (None, None, Some(file)) => token(file).map(|token| Some(Credential::Token(token))),
        (Some(_), Some(_), Some(_)) => {
            Err(Trouble::Usage("both a certificate and --token-file are given: one proves who calls".to_owned()))
        }
        (Some(_), None, _) => Err(Trouble::Usage("--certificate needs its --key".to_owned())),
        (None, Some(_), _) => Err(Trouble::Usage("--key needs its --certificate".to_owned())),
    }
}

fn token(file: &Path) -> Result<Token, Trouble> {
    let text = std::fs::read_to_string(file).map_err(|error| Trouble::Local(format!("{}: {error}", file.display())))?;
    Token::parse(&text).map_err(|error| Trouble::Local(format!("{}: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nowhere(_name: &str) -> Option<String> {
        None
    }

    fn told(common: Common) -> String {
        resolve(&common, &nowhere).err().map(|trouble| trouble.to_string()).unwrap_or_default()
    }

    #[test]
    fn without_a_cluster_the_remedy_is_named() {
        assert_eq!(told(Common::default()), "no cluster is named: give --dev, --profile NAME, or --nodes and --ca");
        let nodes = Common { nodes: vec!["n1:7001".to_owned()], ..Common::default() };
        assert_eq!(told(nodes.clone()), "the cluster's authority isn't known: give --ca FILE");
        let half = Common { ca: Some("ca.pem".into()), certificate: Some("me.pem".into()), ..nodes };
        assert_eq!(told(half), "--certificate needs its --key");
        assert!(told(Common { dev: true, ..Common::default() }).contains("no place to look for a development cluster"));
    }

    #[test]
    fn flags_are_enough() {
        let common = Common {
            nodes: vec!["n1:7001".to_owned()],
            ca: Some("ca.pem".into()),
            certificate: Some("me.pem".into()),
            key: Some("me.key".into()),
            org: Some("acme".to_owned()),
            deadline: Some(Duration::from_millis(700)),
            read_only: true,
            ..Common::default()
        };
        let settings = resolve(&common, &nowhere).expect("complete");
        assert_eq!(settings.client.nodes, ["n1:7001"]);
        assert_eq!((settings.client.write_timeout, settings.client.attempt_timeout), (Duration::from_millis(700), Duration::from_millis(700)));
        assert!(settings.read_only && settings.org.is_some_and(|org| org.as_str() == "acme"));
    }
}
