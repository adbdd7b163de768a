//! A scene as a file: an org's policy, a moment, and questions with the answers that Cedar gave.
//!
//! Read by the program that compares, and by the test that replays the files without Cedar. Files stay as they are: what
//! later versions add to a document is optional in it, and so must be what they add here. A policy is a document as
//! `export org` writes it, and a question is one line:
//!
//! ```text
//! permit PATCH /orders/7 | place=store:north-1 created-by=bob
//! deny view module:Member Care/Customer PII | place=zone:north
//! ```

mod cluster;
mod question;

use std::collections::BTreeMap;

use bailiwick_policy::document::Document;
use bailiwick_policy::ids::{ApplicationId, Tick};
use bailiwick_policy::platform::Platform;
use serde::{Deserialize, Serialize};

pub use cluster::Cluster;
pub use question::Question;

/// The org that every scene is about.
pub const ORG: &str = "acme";

/// One scene.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// Where it comes from, for whoever reads the file.
    pub about: String,
    /// The moment at which everything is asked, in milliseconds since 1970.
    pub clock: Tick,
    /// Applications that have a key, and when it ends.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<ApplicationId, Option<Tick>>,
    /// What the platform's catalogue has dropped since the policy was made: `scope:ID`, `module:ID` and `privilege:ID`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// The policy.
    pub document: Document,
    /// What is asked, by subject; each line begins with the answer.
    pub requests: BTreeMap<String, Vec<String>>,
}

impl Scene {
    /// The questions, with the answers on file: whether each is permitted.
    pub fn questions(&self) -> Result<Vec<(Question, bool)>, String> {
        let lines = self.requests.iter().flat_map(|(subject, lines)| lines.iter().map(move |line| (subject, line)));
        lines.map(|(subject, line)| Question::read(subject, line).map_err(|why| format!("{subject}: `{line}`: {why}"))).collect()
    }

    /// The catalogue in force when the questions are asked.
    pub fn catalogue(&self, whole: &Platform) -> Platform {
        let mut rest = whole.clone();
        let gone = |kind: &str, id: &str| self.dropped.iter().any(|dropped| dropped.split_once(':') == Some((kind, id)));
        rest.modules.retain(|module| !gone("module", module.id.as_str()));
        for set in &mut rest.sets {
            set.grants.retain(|grant| !gone("module", grant.module.as_str()));
        }
        rest.scopes.retain(|scope| !gone("scope", scope.id.as_str()));
        for scope in &mut rest.scopes {
            scope.implies.retain(|implied| !gone("scope", implied.as_str()));
        }
        for control in &mut rest.controls {
            control.scopes.retain(|scope| !gone("scope", scope.as_str()));
        }
        for (_audience, scopes) in &mut rest.default_scopes {
            scopes.retain(|scope| !gone("scope", scope.as_str()));
        }
        rest.privileges.retain(|privilege| !gone("privilege", privilege.id.as_str()));
        for role in &mut rest.roles {
            role.rights.retain(|right| !gone("privilege", right.as_str()));
        }
        for endpoint in &mut rest.endpoints {
            endpoint.privileges.retain(|right| !gone("privilege", right.as_str()));
        }
        rest
    }
}
