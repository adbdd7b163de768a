//! One try of a write, by the client or through one node alone, told in the same words.

use std::path::Path;
use std::time::Duration;

use bailiwick_client::{Client, ClientConfig, Credential, WriteOutcome};
use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{RequestId, Revision};
use bailiwick_rpc::api::{OutcomeReply, RejectionBody, SubmitReply};
use bailiwick_rpc::tls::KeyFiles;

use super::caller::{CallFailed, Caller, request};

/// How long a client may look for the outcome of a write.
const CLIENT_TIME: Duration = Duration::from_secs(20);

/// What one try came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tried {
    /// In force.
    Committed {
        /// From this revision on.
        revision: Revision,
        /// Whether it changed anything.
        changed: bool,
    },
    /// A lawful no.
    Rejected(RejectionBody),
    /// It may have been applied, or may yet be.
    Unknown(String),
    /// Certainly nothing was proposed.
    Nothing(String),
}

/// A client of these nodes, with a certificate.
pub fn client(nodes: &[String], ca: &Path, own: &KeyFiles) -> Client {
    let config = ClientConfig::new(nodes.to_vec(), ca.to_owned(), Credential::Certificate(own.clone()));
    Client::connect(config).expect("a client that can be set up")
}

/// By the client, which asks for the outcome of what it doesn't know.
pub async fn by_client(client: &Client, id: RequestId, command: &Command) -> Tried {
    match client.carry(request(id, command), CLIENT_TIME).await {
        Ok(WriteOutcome::Committed(done)) => Tried::Committed { revision: done.revision, changed: done.changed },
        Ok(WriteOutcome::Rejected(rejection)) => Tried::Rejected(rejection),
        Ok(WriteOutcome::Unknown { message, .. }) => Tried::Unknown(message),
        Err(error) => Tried::Nothing(error.to_string()),
    }
}

/// Through one node, whatever it says.
pub async fn by_node(caller: &Caller, id: RequestId, command: &Command) -> Tried {
    match caller.submit(request(id, command)).await {
        Ok(reply) => reply.into(),
        Err(CallFailed::Api(error)) => Tried::Nothing(error.to_string()),
        // The request may have reached the node before the connection broke.
        Err(CallFailed::Lost(why)) => Tried::Unknown(why),
    }
}

/// What a node knows of a request: its outcome, or none so far.
pub async fn outcome(caller: &Caller, id: RequestId) -> Option<Tried> {
    match caller.outcome(id).await {
        Ok(OutcomeReply::Known(reply)) => Some(reply.into()),
        Ok(OutcomeReply::NotApplied) | Err(_) => None,
        Ok(OutcomeReply::Expired) => panic!("the outcome of {id}, sent a moment ago, is said to be too old"),
    }
}

impl From<SubmitReply> for Tried {
    fn from(reply: SubmitReply) -> Self {
        match reply {
            SubmitReply::Committed { revision, changed, .. } => Self::Committed { revision, changed },
            SubmitReply::Rejected(rejection) => Self::Rejected(rejection),
            SubmitReply::Unknown { message } => Self::Unknown(message),
        }
    }
}
