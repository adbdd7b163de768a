//! Checks: the view, the decision, the count. No disk, no network and no consensus on the default path.

use std::borrow::Cow;
use std::time::Instant;

use bailiwick_policy::decide::{decide, decide_traced};
use bailiwick_policy::decision::{Ask, Decision, Obligations, Reason, Request, Subject, Verdict};
use bailiwick_policy::explain::explain;
use bailiwick_policy::reference::people;
use bailiwick_policy::state::State;
use bailiwick_policy::view::Viewer;
use bailiwick_rpc::api::*;

use super::{App, Chosen, NoView, millis_up};

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(ApiError::BAD_REQUEST, message)
}

fn org_of<'a>(viewer: &'a Viewer, asked: Option<&'a str>) -> Result<&'a str, ApiError> {
    match (asked, viewer.org()) {
        (Some(org), _) => Ok(org),
        (None, Some(own)) => Ok(own.as_str()),
        (None, None) => Err(bad("name the org: this credential spans all")),
    }
}

/// Methods are upper-cased at the door (AG-4); other actions are read in any case.
pub(super) fn upper(action: &str) -> Cow<'_, str> {
    if action.bytes().any(|b| b.is_ascii_lowercase()) { Cow::Owned(action.to_ascii_uppercase()) } else { Cow::Borrowed(action) }
}

/// A question with its parts parsed; its action is in upper case.
fn question<'a>(org: &'a str, subject: &'a str, action: &'a str, resource: &'a str, context: &'a CheckContext) -> Result<Request<'a>, String> {
    Ok(Request { org, subject: Subject::parse(subject)?, ask: Ask::parse(action, resource)?, context: context.read() })
}

/// The answer to a question about what the asker may not ask about: as if it weren't there. None if they may.
fn hidden(viewer: &Viewer, state: &State, request: &Request<'_>) -> Option<Reason> {
    if viewer.may_check(state, request.org, request.subject) {
        return None;
    }
    if viewer.org().is_some_and(|own| own.as_str() != request.org) {
        return Some(Reason::OrgUnknown);
    }
    Some(match request.subject {
        Subject::Store(_) => Reason::StoreUnknown,
        Subject::Till(_) => Reason::TillUnknown,
        Subject::User(_) | Subject::Application(_) => Reason::SubjectUnknown,
    })
}

/// An invitation asks nothing: it is turned into a credential.
fn not_invited(viewer: &Viewer) -> Result<(), ApiError> {
    use bailiwick_policy::object::CredentialKind;
    match &viewer.kind {
        CredentialKind::Invitation { .. } => Err(super::only_redeemed()),
        CredentialKind::Operator
        | CredentialKind::User { .. }
        | CredentialKind::EnforcementPoint { .. }
        | CredentialKind::Application { .. } => Ok(()),
    }
}

/// What has to be seen to, and where the permit holds if only there.
pub(super) fn duties(decision: Decision, state: &State, request: &Request<'_>) -> (Vec<String>, Vec<String>) {
    let obligations = decision.obligations.names().map(str::to_owned).collect();
    let places = if decision.obligations.contains(Obligations::PLACES) { people::places(state, request) } else { Vec::new() };
    (obligations, places.iter().map(ToString::to_string).collect())
}

fn reply(decision: Decision, at: Option<(&Chosen, &Request<'_>)>, app: &App) -> CheckReply {
    let verdict = decision.verdict();
    let mut reply = CheckReply {
        decision: verdict.as_str().to_owned(),
        code: verdict.code(),
        reason: decision.reason.as_str().to_owned(),
        would_deny: decision.would_deny.map(|reason| reason.as_str().to_owned()),
        ..CheckReply::default()
    };
    match at {
        Some((chosen, request)) => {
            reply.revision = chosen.view.revision;
            reply.staleness_ms = millis_up(chosen.staleness);
            (reply.obligations, reply.places) = duties(decision, &chosen.view.state, request);
        }
        None => {
            reply.revision = app.views.load().revision;
            reply.staleness_ms = app.fresh.staleness().map_or(u64::MAX, millis_up);
        }
    }
    reply
}

impl App {
    /// Decides one, before the caller's deadline.
    pub async fn check(&self, viewer: &Viewer, request: &CheckRequest, deadline: Instant) -> Result<CheckReply, ApiError> {
        not_invited(viewer)?;
        let (org, action) = (org_of(viewer, request.org.as_deref())?, upper(&request.action));
        let asked = question(org, &request.subject, &action, &request.resource, &request.context).map_err(bad)?;
        match self.choose_by(&request.at, deadline).await {
            Ok(chosen) => {
                let decision = self.decide(viewer, &asked, (&request.resource, &request.at), &chosen);
                Ok(reply(decision, Some((&chosen, &asked)), self))
            }
            Err(NoView::Indeterminate(reason)) => {
                self.metrics.decided(reason);
                Ok(reply(reason.into(), None, self))
            }
            Err(NoView::Bad(error)) => Err(error),
        }
    }

    /// Decides several at one revision.
    pub async fn check_many(&self, viewer: &Viewer, request: &CheckManyRequest, deadline: Instant) -> Result<CheckManyReply, ApiError> {
        not_invited(viewer)?;
        if request.checks.len() > CHECKS_MAX {
            return Err(bad(format!("{} checks: one call has at most {CHECKS_MAX}", request.checks.len())));
        }
        if !request.contexts.is_empty() && request.contexts.len() != request.checks.len() {
            let message = format!("{} contexts of {} checks: give none, or one of each", request.contexts.len(), request.checks.len());
            return Err(bad(message));
        }
        let org = org_of(viewer, request.org.as_deref())?;
        let actions: Vec<Cow<'_, str>> = request.checks.iter().map(|(_, action, _)| upper(action)).collect();
        let blank = CheckContext::default();
        let mut all = Vec::with_capacity(request.checks.len());
        for (place, ((subject, _, resource), action)) in request.checks.iter().zip(&actions).enumerate() {
            let context = request.contexts.get(place).unwrap_or(&blank);
            all.push(question(org, subject, action, resource, context).map_err(|why| bad(format!("check {place}: {why}")))?);
        }
        let words = |decision: Decision| (decision.verdict().as_str().to_owned(), decision.reason.as_str().to_owned());
        match self.choose_by(&request.at, deadline).await {
            Ok(chosen) => {
                let mut reply = CheckManyReply { revision: chosen.view.revision, staleness_ms: millis_up(chosen.staleness), ..CheckManyReply::default() };
                for (place, (asked, (_, _, resource))) in all.iter().zip(&request.checks).enumerate() {
                    let decision = self.decide(viewer, asked, (resource, &request.at), &chosen);
                    if let Some(denied) = decision.would_deny {
                        reply.would_deny.push((place as u64, denied.as_str().to_owned()));
                    }
                    if !decision.obligations.is_empty() {
                        let (obligations, places) = duties(decision, &chosen.view.state, asked);
                        reply.obligations.push((place as u64, obligations));
                        reply.places.extend((!places.is_empty()).then_some((place as u64, places)));
                    }
                    reply.answers.push(words(decision));
                }
                Ok(reply)
            }
            Err(NoView::Indeterminate(reason)) => {
                all.iter().for_each(|_| self.metrics.decided(reason));
                Ok(CheckManyReply {
                    answers: all.iter().map(|_| words(reason.into())).collect(),
                    revision: self.views.load().revision,
                    staleness_ms: self.fresh.staleness().map_or(u64::MAX, millis_up),
                    ..CheckManyReply::default()
                })
            }
            Err(NoView::Bad(error)) => Err(error),
        }
    }

    /// Decides one and says why.
    pub async fn explain(&self, viewer: &Viewer, request: &CheckRequest, deadline: Instant) -> Result<ExplainReply, ApiError> {
        not_invited(viewer)?;
        let (org, action) = (org_of(viewer, request.org.as_deref())?, upper(&request.action));
        let asked = question(org, &request.subject, &action, &request.resource, &request.context).map_err(bad)?;
        let chosen = match self.choose_by(&request.at, deadline).await {
            Ok(chosen) => chosen,
            Err(NoView::Indeterminate(reason)) => {
                return Ok(ExplainReply { reply: reply(reason.into(), None, self), explanation: None });
            }
            Err(NoView::Bad(error)) => return Err(error),
        };
        // The chain of what the asker may not ask about is not told: to them it isn't there.
        let state = &chosen.view.state;
        let hidden = hidden(viewer, state, &asked);
        let decision = hidden.map_or_else(|| decide(&chosen.view.index, &asked), Decision::from);
        self.metrics.decided(decision.reason);
        let explanation = hidden.is_none().then(|| explain(state, &asked));
        Ok(ExplainReply { reply: reply(decision, Some((&chosen, &asked)), self), explanation })
    }

    /// Decides, counts, puts what was refused into the deny feed, and notes what was permitted as a use: what is asked of
    /// the past is no call of today, and what the asker may not ask about is none either.
    fn decide(&self, viewer: &Viewer, asked: &Request<'_>, (resource, at): (&str, &At), chosen: &Chosen) -> Decision {
        if let Some(reason) = hidden(viewer, &chosen.view.state, asked) {
            self.metrics.decided(reason);
            return reason.into();
        }
        let (decision, trace) = decide_traced(&chosen.view.index, asked);
        self.metrics.decided(decision.reason);
        if matches!(at, At::AtExactly(_)) {
            return decision;
        }
        let permits = decision.verdict() == Verdict::Permit;
        if permits {
            self.usage.note(asked, trace);
        }
        if !permits || decision.would_deny.is_some() {
            self.feed(asked, resource, decision);
        }
        decision
    }

    fn feed(&self, asked: &Request<'_>, resource: &str, decision: Decision) {
        let (action, on) = match asked.ask {
            Ask::Endpoint { method, path } => (method.to_owned(), path),
            Ask::Module { action, .. } => (action.to_string(), resource),
            Ask::Scope { .. } => ("use".to_owned(), resource),
            Ask::Entity { action, .. } => (action.to_string(), resource),
        };
        self.denies.note(asked.org, &asked.subject.to_string(), &action, on, decision);
    }
}
