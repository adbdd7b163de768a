//! Profiles: the clusters a person works with, each under a name, in one TOML file.
//!
//! An unknown key is an error, since a mistyped one would otherwise be silently without effect.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use bailiwick_rpc::tls::KeyFiles;
use bailiwick_rpc::token::Token;
use serde::Deserialize;

use crate::config::{ClientConfig, Credential};
use crate::home::{Lookup, config_file, home};

/// The file's name in the user's configuration folder.
pub const PROFILE_FILE: &str = "config.toml";

/// The file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    /// By name, sorted.
    #[serde(default)]
    pub profile: BTreeMap<String, Profile>,
}

/// One cluster, and who one is there.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Where callers reach the nodes: `host:port` of each.
    pub nodes: Vec<String>,
    /// The certificate of the cluster's authority.
    pub ca: PathBuf,
    /// One's own certificate.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// Its key.
    #[serde(default)]
    pub key: Option<PathBuf>,
    /// A file with an access token, instead of a certificate.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// The org to begin with.
    #[serde(default)]
    pub org: Option<String>,
    /// What the console calls it: `production`, `test`.
    #[serde(default)]
    pub environment: Option<String>,
    /// Whether the console sends no changes. A courtesy: what one may do is decided by the cluster.
    #[serde(default)]
    pub read_only: bool,
}

/// What is wrong with a profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProfileError {
    /// Neither `XDG_CONFIG_HOME` nor `HOME` is set.
    NoHome,
    /// A file can't be read or understood.
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// No profile of that name.
    Unknown {
        /// The name.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// The keys of a profile don't fit together.
    Profile {
        /// The profile's name.
        name: String,
        /// What is wrong and what would be right.
        cause: String,
    },
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => f.write_str("neither `XDG_CONFIG_HOME` nor `HOME` is set, so there is no place to look for profiles"),
            Self::File { path, cause } => write!(f, "`{}`: {}", path.display(), cause.trim_end()),
            Self::Unknown { name, known } if known.is_empty() => write!(f, "no profile `{name}`: none is configured"),
            Self::Unknown { name, known } => write!(f, "no profile `{name}`: there are {}", known.join(", ")),
            Self::Profile { name, cause } => write!(f, "profile `{name}`: {cause}"),
        }
    }
}

impl std::error::Error for ProfileError {}

impl Profiles {
    /// Where the file lies for this user.
    pub fn path(lookup: Lookup<'_>) -> Result<PathBuf, ProfileError> {
        config_file(lookup, PROFILE_FILE).ok_or(ProfileError::NoHome)
    }

    /// Reads the file; one that isn't there has no profiles. Relative paths in it count from its folder, `~/` from
    /// the user's home.
    pub fn read(path: &Path, lookup: Lookup<'_>) -> Result<Self, ProfileError> {
        let bad = |cause: String| ProfileError::File { path: path.to_owned(), cause };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(bad(error.to_string())),
        };
        let mut profiles: Self = toml::from_str(&text).map_err(|error| bad(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for profile in profiles.profile.values_mut() {
            profile.root(folder, home(lookup).as_deref());
        }
        Ok(profiles)
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Result<&Profile, ProfileError> {
        self.profile.get(name).ok_or_else(|| ProfileError::Unknown { name: name.to_owned(), known: self.profile.keys().cloned().collect() })
    }

    /// A client by one of them.
    pub fn client_config(&self, name: &str) -> Result<ClientConfig, ProfileError> {
        let profile = self.get(name)?;
        let credential = profile.credential().map_err(|cause| ProfileError::Profile { name: name.to_owned(), cause })?;
        if profile.nodes.is_empty() {
            return Err(ProfileError::Profile { name: name.to_owned(), cause: "`nodes` is empty: name at least one as `host:port`".to_owned() });
        }
        Ok(ClientConfig::new(profile.nodes.clone(), profile.ca.clone(), credential))
    }
}

impl Profile {
    /// The credential, with the token read from its file.
    fn credential(&self) -> Result<Credential, String> {
        match (&self.certificate, &self.key, &self.token_file) {
            (Some(certificate), Some(key), None) => Ok(Credential::Certificate(KeyFiles { certificate: certificate.clone(), key: key.clone() })),
            (None, None, Some(file)) => {
                let text = std::fs::read_to_string(file).map_err(|error| format!("`{}`: {error}", file.display()))?;
                let token = Token::parse(&text).map_err(|error| format!("`{}`: {error}", file.display()))?;
                Ok(Credential::Token(token))
            }
            (None, None, None) => Err("no credential: set `certificate` and `key`, or `token_file`".to_owned()),
            (Some(_), None, _) => Err("`certificate` is set and `key` isn't".to_owned()),
            (None, Some(_), _) => Err("`key` is set and `certificate` isn't".to_owned()),
            (Some(_), Some(_), Some(_)) => Err("both a certificate and `token_file` are set: keep one".to_owned()),
        }
    }

    fn root(&mut self, folder: &Path, home: Option<&Path>) {
        let optional = [&mut self.certificate, &mut self.key, &mut self.token_file];
        for path in std::iter::once(&mut self.ca).chain(optional.into_iter().flatten()) {
            *path = match (path.strip_prefix("~"), home) {
                (Ok(rest), Some(home)) => home.join(rest),
                (Ok(_), None) | (Err(_), _) => folder.join(&*path),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (tempfile::TempDir, Result<Profiles, ProfileError>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(PROFILE_FILE);
        std::fs::write(&path, text).unwrap();
        let profiles = Profiles::read(&path, &|name| (name == "HOME").then(|| "/home/a".to_owned()));
        (folder, profiles)
    }

    #[test]
    fn paths_count_from_the_file_or_from_home() {
        let (folder, profiles) = read("[profile.north]\nnodes = [\"n1:7001\"]\nca = \"ca.pem\"\ncertificate = \"~/me.pem\"\nkey = \"/k\"\nread_only = true");
        let profiles = profiles.unwrap();
        let config = profiles.client_config("north").unwrap();
        assert_eq!(config.ca, folder.path().join("ca.pem"));
        assert_eq!(config.credential, Credential::Certificate(KeyFiles { certificate: "/home/a/me.pem".into(), key: "/k".into() }));
        assert!(profiles.get("north").unwrap().read_only);
    }

    #[test]
    fn an_unknown_key_is_an_error_that_shows_its_place() {
        let (_folder, profiles) = read("[profile.north]\nnodes = [\"n1:7001\"]\nca = \"ca.pem\"\nreadonly = true");
        let told = profiles.unwrap_err().to_string();
        assert!(told.contains("config.toml") && told.contains("line 4") && told.contains("readonly"), "{told}");
    }

    #[test]
    fn an_unknown_profile_is_told_with_those_there_are() {
        let (_folder, profiles) = read("[profile.north]\nnodes = []\nca = \"c\"\ntoken_file = \"t\"\n[profile.south]\nnodes = []\nca = \"c\"");
        let profiles = profiles.unwrap();
        assert_eq!(profiles.client_config("west").unwrap_err().to_string(), "no profile `west`: there are north, south");
        assert!(profiles.client_config("south").unwrap_err().to_string().starts_with("profile `south`: no credential"));
        assert!(profiles.client_config("north").unwrap_err().to_string().contains("No such file"));
    }

    #[test]
    fn no_file_means_no_profiles() {
        assert_eq!(Profiles::read(Path::new("/nowhere/config.toml"), &|_| None), Ok(Profiles::default()));
    }
}
