//! The real cluster, by its client: fails over and finds out what became of a write before it answers.

use std::time::Duration;

use bailiwick_client::{Client, ClientError, Committed, WriteOutcome, new_request_id};
use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId, Revision};
use bailiwick_policy::query::ListQuery;
use bailiwick_rpc::api::{
    At, AuditEntry, AuditQuery, AuditReply, CheckReply, CheckRequest, ClusterStatus, DeniesReply, DeniesRequest, DiffReply,
    ExplainReply, GetReply, HoldingsReply, HoldingsRequest, LintReply, ListReply, MemberChangeReply, MemberChangeRequest, PreviewReply, PreviewRequest,
    RowFault, ScopesReply, ScopesRequest, SubmitRequest, SuggestReply, SuggestRequest, UsageReply, UsageRequest, WatchReply, WatchRequest, WhatCanReply, WhatCanRequest, WhoAmI,
    WhoCanReply, WhoCanRequest, decode_command,
};

use super::api::{Api, CallFault, Written};

/// A cluster to be called.
pub(crate) struct Remote {
    client: Client,
    write_timeout: Duration,
}

impl Remote {
    /// A cluster by its client.
    pub fn new(client: Client) -> Self {
        let write_timeout = client.config().write_timeout;
        Self { client, write_timeout }
    }
}

impl From<ClientError> for CallFault {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Api(error) => Self::Api(error),
            ClientError::NoNode { .. } => Self::NoNode(error.to_string()),
            ClientError::Refused { .. } | ClientError::Message(_) | ClientError::Setup(_) => Self::Refused(error.to_string()),
        }
    }
}

impl Api for Remote {
    async fn check(&self, request: CheckRequest) -> Result<CheckReply, CallFault> {
        Ok(self.client.check(request).await?)
    }

    async fn explain(&self, request: CheckRequest) -> Result<ExplainReply, CallFault> {
        Ok(self.client.explain(request).await?)
    }

    async fn submit(&self, request: SubmitRequest) -> Written {
        match self.client.carry(request, self.write_timeout).await {
            Ok(WriteOutcome::Committed(Committed { receipt, revision, changed, warnings, .. })) => {
                Written::Committed { receipt, revision, changed, warnings }
            }
            Ok(WriteOutcome::Rejected(body)) => Written::Rejected(body),
            Ok(WriteOutcome::Unknown { message, .. }) => Written::Unknown(message),
            Err(error) => Written::Failed(error.into()),
        }
    }

    async fn preview(&self, request: PreviewRequest) -> Result<PreviewReply, CallFault> {
        Ok(self.client.preview(request).await?)
    }

    async fn faults(&self, command: &Command) -> Result<(Revision, Vec<RowFault>), CallFault> {
        Ok(self.client.faults(command).await?)
    }

    async fn whoami(&self) -> Result<WhoAmI, CallFault> {
        Ok(self.client.whoami().await?)
    }

    async fn list(&self, query: ListQuery, at: At) -> Result<ListReply, CallFault> {
        Ok(self.client.list(query, at).await?)
    }

    async fn get(&self, id: ObjectId, at: At) -> Result<GetReply, CallFault> {
        Ok(self.client.get(id, at).await?)
    }

    async fn watch(&self, request: WatchRequest) -> Result<WatchReply, CallFault> {
        Ok(self.client.watch(request).await?)
    }

    async fn inverse(&self, of: Revision) -> Result<Command, CallFault> {
        decode_command(&self.client.inverse(of).await?).map_err(CallFault::Api)
    }

    async fn audit(&self, query: AuditQuery) -> Result<AuditReply, CallFault> {
        Ok(self.client.audit(query).await?)
    }

    async fn audit_entry(&self, revision: Revision) -> Result<AuditEntry, CallFault> {
        Ok(self.client.audit_entry(revision).await?)
    }

    async fn diff(&self, org: Option<OrgCode>, from: Revision, to: Revision) -> Result<DiffReply, CallFault> {
        Ok(self.client.diff(org, from, to).await?)
    }

    async fn denies(&self, request: DeniesRequest) -> Result<DeniesReply, CallFault> {
        Ok(self.client.denies(request).await?)
    }

    async fn suggest(&self, request: SuggestRequest) -> Result<SuggestReply, CallFault> {
        Ok(self.client.suggest(request).await?)
    }

    async fn usage(&self, request: UsageRequest) -> Result<UsageReply, CallFault> {
        Ok(self.client.usage(request).await?)
    }

    async fn lint(&self, org: Option<OrgCode>) -> Result<LintReply, CallFault> {
        Ok(self.client.lint(org).await?)
    }

    async fn who_can(&self, request: WhoCanRequest) -> Result<WhoCanReply, CallFault> {
        Ok(self.client.who_can(request).await?)
    }

    async fn what_can(&self, request: WhatCanRequest) -> Result<WhatCanReply, CallFault> {
        Ok(self.client.what_can(request).await?)
    }

    async fn effective_scopes(&self, request: ScopesRequest) -> Result<ScopesReply, CallFault> {
        Ok(self.client.effective_scopes(request).await?)
    }

    async fn holdings(&self, request: HoldingsRequest) -> Result<HoldingsReply, CallFault> {
        Ok(self.client.holdings(request).await?)
    }

    async fn cluster_status(&self, hashes: bool) -> Result<ClusterStatus, CallFault> {
        Ok(self.client.status(hashes).await?)
    }

    async fn change_members(&self, request: MemberChangeRequest) -> Result<MemberChangeReply, CallFault> {
        Ok(self.client.change_members(request).await?)
    }

    fn new_request_id(&self) -> RequestId {
        new_request_id()
    }
}
