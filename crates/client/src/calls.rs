//! The calls of the four services, each with the patience it deserves. Whoever wants another patience uses
//! `Client::read` itself.

use std::time::Duration;

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId, Revision};
use bailiwick_policy::query::ListQuery;
use bailiwick_rpc::api::{
    At, AuditEntry, AuditQuery, AuditReply, CheckManyReply, CheckManyRequest, CheckReply, CheckRequest, ClusterStatus, DeniesReply,
    DeniesRequest, DiffReply, ExplainReply, GetReply, HoldingsReply, HoldingsRequest, LONG_POLL_SLACK_MS, LintReply, ListReply, MemberChangeReply,
    MemberChangeRequest, NodeStatus, OutcomeReply, PreviewReply,
    PreviewRequest, RowFault, ScopesReply, ScopesRequest, SuggestReply, SuggestRequest, UsageReply, UsageRequest, WatchReply, WatchRequest, WhatCanReply, WhatCanRequest, WhoAmI, WhoCanReply, WhoCanRequest, encode_command,
};
use serde_bytes::ByteBuf;

use crate::client::{Client, Patience};
use crate::error::ClientError;
use crate::pool::{Browsing, Changes, Checks, Members};

/// How long a node waits for a revision or a read index before it answers that it can't tell.
const NODE_WAIT: Duration = Duration::from_secs(2);

/// How long a change of members may take: an election, a node that catches up, two rounds of the voters.
const MEMBERS_WAIT: Duration = Duration::from_secs(20);

/// Makes a closure that may be called for each node that is tried: the arguments are cloned for each.
macro_rules! call {
    ($method:ident $(, $arg:ident)*) => {
        |stub, context| {
            $(let $arg = $arg.clone();)*
            async move { stub.$method(context $(, $arg)*).await }
        }
    };
}

impl Client {
    /// Decides one check.
    pub async fn check(&self, request: CheckRequest) -> Result<CheckReply, ClientError> {
        self.read::<Checks, _, _, _>(self.patience_at(&request.at), call!(check, request)).await
    }

    /// Decides several at one revision.
    pub async fn check_many(&self, request: CheckManyRequest) -> Result<CheckManyReply, ClientError> {
        self.read::<Checks, _, _, _>(self.patience_at(&request.at), call!(check_many, request)).await
    }

    /// Decides one and says why.
    pub async fn explain(&self, request: CheckRequest) -> Result<ExplainReply, ClientError> {
        self.read::<Checks, _, _, _>(self.patience_at(&request.at), call!(explain, request)).await
    }

    /// What became of a request, by any node.
    pub async fn outcome(&self, id: RequestId) -> Result<OutcomeReply, ClientError> {
        self.read::<Changes, _, _, _>(self.unmeasured(), call!(outcome, id)).await
    }

    /// What changes would do.
    pub async fn preview(&self, request: PreviewRequest) -> Result<PreviewReply, ClientError> {
        self.read::<Changes, _, _, _>(self.slow(), call!(preview, request)).await
    }

    /// Every row of a put that can't be taken, at the revision named beside.
    pub async fn faults(&self, command: &Command) -> Result<(Revision, Vec<RowFault>), ClientError> {
        let command = encode_command(command)?;
        self.read::<Changes, _, _, _>(self.slow(), call!(faults, command)).await
    }

    /// The command that would undo an entry of the audit, as it travels.
    pub async fn inverse(&self, of: Revision) -> Result<ByteBuf, ClientError> {
        self.read::<Changes, _, _, _>(self.slow(), call!(inverse, of)).await
    }

    /// A page of the audit.
    pub async fn audit(&self, query: AuditQuery) -> Result<AuditReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.slow(), call!(audit, query)).await
    }

    /// One entry of the audit.
    pub async fn audit_entry(&self, revision: Revision) -> Result<AuditEntry, ClientError> {
        self.read::<Browsing, _, _, _>(self.slow(), call!(audit_entry, revision)).await
    }

    /// What differs between two revisions of an org.
    pub async fn diff(&self, org: Option<OrgCode>, from: Revision, to: Revision) -> Result<DiffReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.slow(), call!(diff, org, from, to)).await
    }

    /// What was refused lately.
    pub async fn denies(&self, request: DeniesRequest) -> Result<DeniesReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.unmeasured(), call!(denies, request)).await
    }

    /// A page of when grants were last used.
    pub async fn usage(&self, request: UsageRequest) -> Result<UsageReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.slow(), call!(usage, request)).await
    }

    /// A group derived from what was called.
    pub async fn suggest(&self, request: SuggestRequest) -> Result<SuggestReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.slow(), call!(suggest, request)).await
    }

    /// A page of who may do something.
    pub async fn who_can(&self, request: WhoCanRequest) -> Result<WhoCanReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.slow(), call!(who_can, request)).await
    }

    /// A page of what a subject may do.
    pub async fn what_can(&self, request: WhatCanRequest) -> Result<WhatCanReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.slow(), call!(what_can, request)).await
    }

    /// A page of the scopes that a subject holds, and how.
    pub async fn effective_scopes(&self, request: ScopesRequest) -> Result<ScopesReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.slow(), call!(effective_scopes, request)).await
    }

    /// All that a user or an application holds.
    pub async fn holdings(&self, request: HoldingsRequest) -> Result<HoldingsReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.patience_at(&request.at), call!(holdings, request)).await
    }

    /// What the lint finds in an org.
    pub async fn lint(&self, org: Option<OrgCode>) -> Result<LintReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.slow(), call!(lint, org)).await
    }

    /// Who the caller is.
    pub async fn whoami(&self) -> Result<WhoAmI, ClientError> {
        self.read::<Browsing, _, _, _>(self.patience(), call!(whoami)).await
    }

    /// A window of a list.
    pub async fn list(&self, query: ListQuery, at: At) -> Result<ListReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.patience_at(&at), call!(list, query, at)).await
    }

    /// One object.
    pub async fn get(&self, id: ObjectId, at: At) -> Result<GetReply, ClientError> {
        self.read::<Browsing, _, _, _>(self.patience_at(&at), call!(get, id, at)).await
    }

    /// Waits for changes. The deadline is longer than the wait, so that "nothing happened" is an answer.
    pub async fn watch(&self, request: WatchRequest) -> Result<WatchReply, ClientError> {
        let attempt = Duration::from_millis(request.wait_ms.saturating_add(LONG_POLL_SLACK_MS));
        let patience = Patience { whole: attempt + self.patience().whole, attempt, measures: false };
        self.read::<Browsing, _, _, _>(patience, call!(watch, request)).await
    }

    /// How every member is, as one of them sees it.
    pub async fn status(&self, hashes: bool) -> Result<ClusterStatus, ClientError> {
        let status = self.read::<Members, _, _, _>(self.unmeasured(), call!(status, hashes)).await?;
        if let Some(leader) = leader_of(&status) {
            self.leader_is(Some(leader));
        }
        Ok(status)
    }

    /// How one node is, by its place in the configuration.
    pub async fn node_status(&self, place: usize, hashes: bool) -> Result<NodeStatus, ClientError> {
        let patience = Patience { measures: !hashes, ..self.patience() };
        self.ask_node::<Members, _, _, _>(place, patience, call!(node, hashes)).await
    }

    /// Changes the cluster's members, by way of any node. Asking for the same again is safe, and is what happens when
    /// a node goes away in the middle.
    pub async fn change_members(&self, request: MemberChangeRequest) -> Result<MemberChangeReply, ClientError> {
        let patience = Patience { whole: 2 * MEMBERS_WAIT, attempt: MEMBERS_WAIT, measures: false };
        self.read::<Members, _, _, _>(patience, call!(change_members, request)).await
    }

    /// For what a node may wait with: its own "not in time" must arrive before the client gives the node up.
    fn unmeasured(&self) -> Patience {
        let usual = self.patience();
        Patience { attempt: usual.attempt + NODE_WAIT, measures: false, ..usual }
    }

    /// For what computes: the whole time on one node.
    fn slow(&self) -> Patience {
        let whole = self.patience().whole;
        Patience { whole, attempt: whole, measures: false }
    }

    /// A node may wait for a state to arrive; that says nothing about how near it is.
    fn patience_at(&self, at: &At) -> Patience {
        match at {
            At::Local => self.patience(),
            At::MaxStaleness(_) | At::AtLeast(_) | At::Linearizable | At::AtExactly(_) => self.unmeasured(),
        }
    }
}

/// The leader in the newest term that anybody names.
fn leader_of(status: &ClusterStatus) -> Option<u64> {
    status.nodes.iter().filter(|node| node.error.is_none()).max_by_key(|node| node.term).and_then(|node| node.leader)
}
