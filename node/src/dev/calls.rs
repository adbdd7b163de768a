//! The few calls that `dev` makes of its own nodes. The console's client knows more; a node may not use it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId};
use bailiwick_policy::query::Item;
use bailiwick_rpc::api::*;
use bailiwick_rpc::codec::context_within;
use bailiwick_rpc::connect::{ConnectError, connect};
use bailiwick_rpc::net::Tcp;
use bailiwick_rpc::preface::ClientHello;
use bailiwick_rpc::tls::{KeyFiles, caller_client_config, server_name_of};
use tokio::time::interval;

use crate::serve::ServeError;

/// How long one call may take.
const CALL_WAIT: Duration = Duration::from_secs(15);

/// Calls to whichever node answers.
pub struct Calls {
    tls: Arc<rustls::ClientConfig>,
    addresses: Vec<String>,
}

impl Calls {
    /// As the dev operator.
    pub fn new(ca: &Path, operator: &KeyFiles, addresses: Vec<String>) -> Result<Self, ServeError> {
        Ok(Self { tls: caller_client_config(ca, Some(operator))?, addresses })
    }

    async fn connected(&self, addr: &str, service: &str) -> Result<bailiwick_rpc::connect::Connected, ConnectError> {
        let name = server_name_of(addr).map_err(|e| ConnectError::Tls { addr: addr.to_owned(), cause: e.to_string() })?;
        let hello = ClientHello::new(service, concat!("bailiwick-node dev ", env!("CARGO_PKG_VERSION")));
        connect(&Tcp, addr, self.tls.clone(), name, &hello).await
    }

    /// Waits until every node is fresh and knows a leader.
    pub async fn ready(&self, within: Duration, mut dead: impl FnMut() -> Option<String>) -> Result<(), ServeError> {
        let deadline = Instant::now() + within;
        let mut ticks = interval(Duration::from_millis(100));
        let mut last = "no node has answered yet".to_owned();
        while Instant::now() < deadline {
            ticks.tick().await;
            if let Some(why) = dead() {
                return Err(why.into());
            }
            match self.all_fresh().await {
                Ok(()) => return Ok(()),
                Err(why) => last = why,
            }
        }
        Err(format!("the cluster wasn't ready within {} s: {last}", within.as_secs()).into())
    }

    async fn all_fresh(&self) -> Result<(), String> {
        for addr in &self.addresses {
            let connected = self.connected(addr, "cluster").await.map_err(|e| e.to_string())?;
            let client = ClusterClient::new(connected.client_config(), connected.transport()).spawn();
            let status = client.node(context_within(CALL_WAIT), false).await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
            if status.leader.is_none() || status.staleness_ms.is_none_or(|s| s > status.staleness_bound_ms) {
                return Err(format!("node {} isn't fresh yet", status.id));
            }
        }
        Ok(())
    }

    async fn admin(&self) -> Result<AdminClient, ServeError> {
        let mut last = None;
        for addr in &self.addresses {
            match self.connected(addr, "admin").await {
                Ok(connected) => return Ok(AdminClient::new(connected.client_config(), connected.transport()).spawn()),
                Err(why) => last = Some(why),
            }
        }
        Err(last.map_or_else(|| "no node is known".into(), Into::into))
    }

    /// The name of an org, if it is there.
    pub async fn org_name(&self, org: &OrgCode) -> Result<Option<String>, ServeError> {
        let addr = self.addresses.first().ok_or("no node is known")?;
        let connected = self.connected(addr, "browse").await?;
        let client = BrowseClient::new(connected.client_config(), connected.transport()).spawn();
        match client.get(context_within(CALL_WAIT), ObjectId::Org(org.clone()), At::Linearizable).await? {
            Ok(GetReply { item: Item::Org { org, .. }, .. }) => Ok(Some(org.name.to_string())),
            Ok(_) => Err("the node answered with something else".into()),
            Err(error) if error.code == ApiError::NOT_FOUND => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a change, or says why not; the codes named count as made.
    pub async fn submit(&self, command: &Command, made: &[&str]) -> Result<(), ServeError> {
        let request = SubmitRequest {
            request_id: RequestId(ulid::Ulid::new().0),
            command: encode_command(command)?,
            reads: Vec::new(),
            expect: None,
            reason: Some("demo organisation".to_owned()),
            job: None,
        };
        match self.admin().await?.submit(context_within(CALL_WAIT), request).await?? {
            SubmitReply::Committed { .. } => Ok(()),
            SubmitReply::Rejected(rejection) if made.contains(&rejection.code.as_str()) => Ok(()),
            SubmitReply::Rejected(rejection) => Err(format!("{}: {rejection}", command.name()).into()),
            SubmitReply::Unknown { message } => Err(format!("{}: outcome unknown: {message}", command.name()).into()),
        }
    }
}
