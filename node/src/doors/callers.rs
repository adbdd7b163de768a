//! The door for callers: the four services of `rpc::api`, each request judged by the credential as it is then.

use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId, Revision};
use bailiwick_policy::object::CredentialKind;
use bailiwick_policy::query::ListQuery;
use bailiwick_policy::view::Viewer;
use bailiwick_rpc::api::*;
use bailiwick_rpc::identity::CallerIdentity;
use bailiwick_rpc::preface::{Refusal, RefusalCode};
use bailiwick_rpc::server::{Connection, Handler};
use futures::future::BoxFuture;
use serde_bytes::ByteBuf;
use tarpc::context::Context;

use crate::app::{App, only_redeemed};

/// Hands connections to the service they ask for.
pub struct CallersDoor(pub App);

impl Handler<CallerIdentity> for CallersDoor {
    fn services(&self) -> &[&'static str] {
        &SERVICES
    }

    fn admit(&self, _service: &str, who: &CallerIdentity) -> Result<(), Refusal> {
        match self.0.viewer(who) {
            Ok(_) => Ok(()),
            Err(error) if error.code == ApiError::UNAVAILABLE => Err(Refusal::new(RefusalCode::UNAVAILABLE, error.message)),
            Err(error) => Err(Refusal::new(RefusalCode::CREDENTIAL, error.message)),
        }
    }

    fn serve(&self, connection: Connection<CallerIdentity>) -> BoxFuture<'static, ()> {
        let caller = Caller { app: self.0.clone(), who: connection.who.clone() };
        Box::pin(async move {
            match connection.hello.service.as_str() {
                "check" => connection.run(Check::serve(caller)).await,
                "admin" => connection.run(Admin::serve(caller)).await,
                "browse" => connection.run(Browse::serve(caller)).await,
                // The door lets in only those that ask for a service of its list.
                _cluster => connection.run(Cluster::serve(caller)).await,
            }
        })
    }
}

/// One connection's caller.
#[derive(Clone)]
struct Caller {
    app: App,
    who: CallerIdentity,
}

impl Caller {
    fn viewer(&self) -> Result<Viewer, ApiError> {
        self.app.viewer(&self.who)
    }

    /// Somebody who may look around: not an enforcement point, which checks and searches nothing.
    fn browser(&self) -> Result<Viewer, ApiError> {
        let viewer = self.viewer()?;
        match &viewer.kind {
            CredentialKind::Operator | CredentialKind::User { .. } => Ok(viewer),
            CredentialKind::EnforcementPoint { .. } => Err(ApiError::new(ApiError::FORBIDDEN, "an enforcement point may check and nothing else")),
            CredentialKind::Application { .. } => {
                Err(ApiError::new(ApiError::FORBIDDEN, "an application may ask what it is, what it holds and what it may do, and nothing else"))
            }
            CredentialKind::Invitation { .. } => Err(only_redeemed()),
        }
    }

    /// Somebody who may ask about a subject: whether about this one is then judged.
    fn asker(&self) -> Result<Viewer, ApiError> {
        let viewer = self.viewer()?;
        match &viewer.kind {
            CredentialKind::Application { .. } => Ok(viewer),
            CredentialKind::Operator
            | CredentialKind::User { .. }
            | CredentialKind::EnforcementPoint { .. }
            | CredentialKind::Invitation { .. } => self.browser(),
        }
    }
}

impl Check for Caller {
    async fn check(self, context: Context, request: CheckRequest) -> Result<CheckReply, ApiError> {
        self.app.check(&self.viewer()?, &request, context.deadline).await
    }

    async fn check_many(self, context: Context, request: CheckManyRequest) -> Result<CheckManyReply, ApiError> {
        self.app.check_many(&self.viewer()?, &request, context.deadline).await
    }

    async fn explain(self, context: Context, request: CheckRequest) -> Result<ExplainReply, ApiError> {
        self.app.explain(&self.viewer()?, &request, context.deadline).await
    }
}

impl Admin for Caller {
    async fn submit(self, _: Context, request: SubmitRequest) -> Result<SubmitReply, ApiError> {
        self.app.submit(&self.viewer()?, request).await
    }

    async fn outcome(self, _: Context, request_id: RequestId) -> Result<OutcomeReply, ApiError> {
        self.app.outcome(&self.viewer()?, request_id).await
    }

    async fn preview(self, _: Context, request: PreviewRequest) -> Result<PreviewReply, ApiError> {
        self.app.preview(&self.browser()?, request).await
    }

    async fn faults(self, _: Context, command: ByteBuf) -> Result<(Revision, Vec<RowFault>), ApiError> {
        self.app.faults(&self.browser()?, &command).await
    }

    async fn inverse(self, _: Context, of: Revision) -> Result<ByteBuf, ApiError> {
        self.app.inverse(&self.browser()?, of).await
    }
}

impl Browse for Caller {
    async fn whoami(self, _: Context) -> Result<WhoAmI, ApiError> {
        Ok(self.app.whoami(&self.viewer()?))
    }

    async fn list(self, _: Context, query: ListQuery, at: At) -> Result<ListReply, ApiError> {
        self.app.list(&self.browser()?, query, &at).await
    }

    async fn get(self, _: Context, id: ObjectId, at: At) -> Result<GetReply, ApiError> {
        self.app.get(&self.browser()?, &id, &at).await
    }

    async fn watch(self, _: Context, request: WatchRequest) -> Result<WatchReply, ApiError> {
        self.app.watch(&self.browser()?, &request).await
    }

    async fn audit(self, _: Context, query: AuditQuery) -> Result<AuditReply, ApiError> {
        self.app.audit(&self.browser()?, query).await
    }

    async fn audit_entry(self, _: Context, revision: Revision) -> Result<AuditEntry, ApiError> {
        self.app.audit_entry(&self.browser()?, revision).await
    }

    async fn diff(self, _: Context, org: Option<OrgCode>, from: Revision, to: Revision) -> Result<DiffReply, ApiError> {
        self.app.diff(&self.browser()?, org, from, to).await
    }

    async fn denies(self, _: Context, request: DeniesRequest) -> Result<DeniesReply, ApiError> {
        self.app.denies(&self.browser()?, request).await
    }

    async fn suggest(self, _: Context, request: SuggestRequest) -> Result<SuggestReply, ApiError> {
        self.app.suggest(&self.browser()?, request).await
    }

    async fn who_can(self, _: Context, request: WhoCanRequest) -> Result<WhoCanReply, ApiError> {
        self.app.who_can(&self.browser()?, request).await
    }

    async fn what_can(self, _: Context, request: WhatCanRequest) -> Result<WhatCanReply, ApiError> {
        self.app.what_can(&self.asker()?, request).await
    }

    async fn effective_scopes(self, _: Context, request: ScopesRequest) -> Result<ScopesReply, ApiError> {
        self.app.effective_scopes(&self.asker()?, request).await
    }

    async fn holdings(self, _: Context, request: HoldingsRequest) -> Result<HoldingsReply, ApiError> {
        self.app.holdings(&self.asker()?, request).await
    }

    async fn usage(self, _: Context, request: UsageRequest) -> Result<UsageReply, ApiError> {
        self.app.usage(&self.browser()?, request).await
    }

    async fn lint(self, _: Context, org: Option<OrgCode>) -> Result<LintReply, ApiError> {
        self.app.lint(&self.browser()?, org).await
    }
}

impl Cluster for Caller {
    async fn status(self, _: Context, hashes: bool) -> Result<ClusterStatus, ApiError> {
        self.browser()?;
        Ok(self.app.cluster_status(hashes).await)
    }

    async fn node(self, _: Context, hashes: bool) -> Result<NodeStatus, ApiError> {
        self.browser()?;
        Ok(self.app.node_status(hashes).await)
    }

    async fn change_members(self, _: Context, request: MemberChangeRequest) -> Result<MemberChangeReply, ApiError> {
        self.app.change_members(&self.viewer()?, request).await
    }
}
