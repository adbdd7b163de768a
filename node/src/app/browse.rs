//! Lists, objects, and changes as they come, each filtered by who looks.

use std::time::Duration;

use bailiwick_policy::ids::{ObjectId, Revision};
use bailiwick_policy::outcome::AuditRow;
use bailiwick_policy::query::{ListQuery, item, list};
use bailiwick_policy::view::{Viewer, sees_entry};
use bailiwick_policy::object::CredentialKind;
use bailiwick_rpc::api::*;

use super::{App, NoView, millis_up};

/// Events in one answer to a watch.
const EVENTS_MAX: usize = 1_000;
/// Objects that an event names; the rest is a count.
const EVENT_OBJECTS: usize = 20;

impl App {
    /// Who the caller is.
    pub fn whoami(&self, viewer: &Viewer) -> WhoAmI {
        WhoAmI {
            credential: viewer.credential.to_string(),
            label: viewer.label.to_string(),
            kind: match &viewer.kind {
                CredentialKind::Operator => "operator",
                CredentialKind::User { .. } => "user",
                CredentialKind::EnforcementPoint { .. } => "enforcement_point",
                CredentialKind::Application { .. } => "application",
                CredentialKind::Invitation { .. } => "invitation",
            }
            .to_owned(),
            org: viewer.org().cloned(),
            user: match &viewer.kind {
                CredentialKind::User { user, .. } | CredentialKind::Invitation { user, .. } => Some(user.to_string()),
                CredentialKind::Operator | CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } => None,
            },
            application: match &viewer.kind {
                CredentialKind::Application { application, .. } => Some(application.to_string()),
                CredentialKind::Operator
                | CredentialKind::EnforcementPoint { .. }
                | CredentialKind::User { .. }
                | CredentialKind::Invitation { .. } => None,
            },
            until: self.views.load().state.credentials.get(&viewer.credential).and_then(|credential| credential.bounds.not_after),
            cluster: self.config.cluster.clone(),
            node: self.config.node,
        }
    }

    /// A window of a list. Walking a filtered million takes a while: it runs off the connection's task.
    pub async fn list(&self, viewer: &Viewer, query: ListQuery, at: &At) -> Result<ListReply, ApiError> {
        let chosen = self.choose(at).await.map_err(NoView::into_api)?;
        let (revision, staleness_ms, viewer) = (chosen.view.revision, millis_up(chosen.staleness), viewer.clone());
        let task = tokio::task::spawn_blocking(move || list(&chosen.view.state, &viewer, &query));
        let window = task.await.map_err(|e| ApiError::new(ApiError::UNAVAILABLE, format!("the list ended early: {e}")))?;
        Ok(ListReply { window, revision, staleness_ms })
    }

    /// One object.
    pub async fn get(&self, viewer: &Viewer, id: &ObjectId, at: &At) -> Result<GetReply, ApiError> {
        let chosen = self.choose(at).await.map_err(NoView::into_api)?;
        let item = item(&chosen.view.state, viewer, id).ok_or_else(|| ApiError::new(ApiError::NOT_FOUND, format!("there is no `{id}`")))?;
        Ok(GetReply { item, revision: chosen.view.revision, staleness_ms: millis_up(chosen.staleness) })
    }

    /// Waits for changes after a revision; answers at once if there are some.
    pub async fn watch(&self, viewer: &Viewer, request: &WatchRequest) -> Result<WatchReply, ApiError> {
        let max = request.max.clamp(1, EVENTS_MAX);
        let wait = Duration::from_millis(request.wait_ms.min(WATCH_WAIT_MS_MAX));
        let from = request.from.unwrap_or_else(|| self.views.load().revision);
        let mut progress = self.views.subscribe();
        let deadline = tokio::time::Instant::now() + wait;
        let mut next = from;
        loop {
            let head = self.views.load().revision;
            if head > next {
                let reply = self.events(viewer, request, next, max).await?;
                if !reply.events.is_empty() || reply.compacted.is_some() {
                    return Ok(reply);
                }
                // Nothing in there was for this viewer: go on behind it.
                next = reply.next;
                if next < head {
                    continue;
                }
            }
            let moved = progress.wait_for(|(_, revision)| *revision > next);
            match tokio::time::timeout_at(deadline, moved).await {
                Ok(Ok(_)) => {}
                Ok(Err(_)) | Err(_) => return Ok(WatchReply { events: Vec::new(), next, compacted: None }),
            }
        }
    }

    async fn events(&self, viewer: &Viewer, request: &WatchRequest, after: Revision, max: usize) -> Result<WatchReply, ApiError> {
        let (app, first) = (self.clone(), Revision(after.0 + 1));
        let task = tokio::task::spawn_blocking(move || app.audit.rows(first, max));
        let rows = task
            .await
            .map_err(|e| ApiError::new(ApiError::UNAVAILABLE, format!("reading the audit ended early: {e}")))?
            .map_err(|fault| ApiError::new(ApiError::UNAVAILABLE, fault.to_string()))?;
        let view = self.views.load();
        let Some((got, last)) = rows.first().map(|r| r.revision).zip(rows.last().map(|r| r.revision)) else {
            return Ok(WatchReply { events: Vec::new(), next: after, compacted: None });
        };
        if got > first {
            return Ok(WatchReply { events: Vec::new(), next: view.revision, compacted: Some(got) });
        }
        let wanted = |row: &&AuditRow| {
            request.org.as_ref().is_none_or(|org| super::audit::concerns(row, org)) && sees_entry(viewer, &view.state, row)
        };
        let events = rows.iter().filter(wanted).map(event).collect();
        Ok(WatchReply { events, next: last, compacted: None })
    }
}

fn event(row: &AuditRow) -> Event {
    Event {
        revision: row.revision,
        at: row.at,
        org: row.org.clone(),
        actor: row.actor_label.to_string(),
        command: row.command.to_string(),
        reason: row.reason.as_deref().map(str::to_owned),
        objects: row.changes.iter().filter_map(|c| c.id()).take(EVENT_OBJECTS).map(|id| id.to_string()).collect(),
        objects_total: row.changes.len() as u64,
    }
}
