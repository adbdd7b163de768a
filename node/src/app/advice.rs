//! Advice: what is lawful in an org and still most likely a mistake, and a group derived from what was called.

use std::collections::BTreeMap;

use bailiwick_policy::ids::OrgCode;
use bailiwick_policy::lint;
use bailiwick_policy::suggest::suggest;
use bailiwick_policy::view::Viewer;
use bailiwick_rpc::api::*;

use super::{App, NoView};

fn ended(error: tokio::task::JoinError) -> ApiError {
    ApiError::new(ApiError::UNAVAILABLE, format!("looking through the org ended early: {error}"))
}

fn gone(org: &OrgCode) -> ApiError {
    ApiError::new(ApiError::NOT_FOUND, format!("org_unknown: there is no org `{org}`"))
}

impl App {
    /// What the lint finds in an org.
    pub async fn lint(&self, viewer: &Viewer, org: Option<OrgCode>) -> Result<LintReply, ApiError> {
        let org = self.whole_org(viewer, org)?;
        let view = self.choose(&At::Local).await.map_err(NoView::into_api)?.view;
        let task = tokio::task::spawn_blocking(move || {
            let state = view.state.orgs.get(&org).ok_or_else(|| gone(&org))?;
            let mut findings = lint::all(&view.state, state);
            let mut counts = BTreeMap::new();
            for finding in &findings {
                *counts.entry(finding.code.to_string()).or_default() += 1;
            }
            findings.truncate(LINT_MAX);
            Ok(LintReply { findings, counts, revision: view.revision })
        });
        task.await.map_err(ended)?
    }

    /// The smallest group under which every call would have passed that any group can let pass.
    pub async fn suggest(&self, viewer: &Viewer, request: SuggestRequest) -> Result<SuggestReply, ApiError> {
        if request.calls.len() > SUGGEST_CALLS_MAX {
            let message = format!("{} different calls: one question has at most {SUGGEST_CALLS_MAX}", request.calls.len());
            return Err(ApiError::new(ApiError::BAD_REQUEST, message));
        }
        let org = self.whole_org(viewer, request.org)?;
        let view = self.choose(&At::Local).await.map_err(NoView::into_api)?.view;
        let (calls, narrow) = (request.calls, request.narrow);
        let task = tokio::task::spawn_blocking(move || {
            let state = view.state.orgs.get(&org).ok_or_else(|| gone(&org))?;
            let found = suggest(state, calls.iter().map(|(method, path, _)| (method.as_str(), path.as_str())), narrow);
            let mut reply = SuggestReply { grants: found.grants, revision: view.revision, ..SuggestReply::default() };
            for ((method, path, count), reason) in calls.into_iter().zip(found.left) {
                match reason {
                    None => reply.covered = reply.covered.saturating_add(count),
                    Some(reason) => reply.left.push((method, path, reason.as_str().to_owned(), count)),
                }
            }
            reply.left_total = reply.left.len() as u64;
            reply.left.sort_by(|a, b| b.3.cmp(&a.3).then_with(|| a.cmp(b)));
            reply.left.truncate(SUGGEST_LEFT_MAX);
            Ok(reply)
        });
        task.await.map_err(ended)?
    }
}
