//! Checks: the view, the decision, the count. No disk, no network and no consensus on the default path.

use std::time::Instant;

use bailiwick_policy::decide::decide;
use bailiwick_policy::decision::{Decision, Reason, Request, Subject, Verdict};
use bailiwick_policy::explain::explain;
use bailiwick_policy::view::Viewer;
use bailiwick_rpc::api::*;

use super::{App, Chosen, NoView, millis_up};

/// A question with its parts parsed.
struct Parsed<'a> {
    org: &'a str,
    subject: Subject<'a>,
    method: String,
    path: &'a str,
}

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

fn path_of(resource: &str) -> Result<&str, ApiError> {
    if resource.starts_with('/') {
        return Ok(resource);
    }
    match resource.split_once(':') {
        Some(("endpoint", path)) => Ok(path),
        Some((kind, _)) => Err(bad(format!("`{kind}` is no kind of resource that can be checked: `/path` or `endpoint:/path`"))),
        None => Err(bad(format!("`{resource}` is no resource: it is `/path` or `endpoint:/path`"))),
    }
}

fn parse<'a>(viewer: &'a Viewer, request: &'a CheckRequest) -> Result<Parsed<'a>, ApiError> {
    Ok(Parsed {
        org: org_of(viewer, request.org.as_deref())?,
        subject: Subject::parse(&request.subject).map_err(bad)?,
        method: request.action.to_ascii_uppercase(),
        path: path_of(&request.resource)?,
    })
}

fn reply(decision: Decision, chosen: Option<&Chosen>, app: &App) -> CheckReply {
    let verdict = decision.verdict();
    let (revision, staleness_ms) = match chosen {
        Some(chosen) => (chosen.view.revision, millis_up(chosen.staleness)),
        None => (app.views.load().revision, app.fresh.staleness().map_or(u64::MAX, millis_up)),
    };
    CheckReply {
        decision: verdict.as_str().to_owned(),
        code: verdict.code(),
        reason: decision.reason.as_str().to_owned(),
        obligations: Vec::new(),
        revision,
        staleness_ms,
        would_deny: decision.would_deny.map(|reason| reason.as_str().to_owned()),
    }
}

impl App {
    /// Decides one, before the caller's deadline.
    pub async fn check(&self, viewer: &Viewer, request: &CheckRequest, deadline: Instant) -> Result<CheckReply, ApiError> {
        let parsed = parse(viewer, request)?;
        match self.choose_by(&request.at, deadline).await {
            Ok(chosen) => {
                let decision = self.decide(viewer, &parsed, &chosen);
                self.feed(&parsed, decision, &request.at);
                Ok(reply(decision, Some(&chosen), self))
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
        if request.checks.len() > CHECKS_MAX {
            return Err(bad(format!("{} checks: one call has at most {CHECKS_MAX}", request.checks.len())));
        }
        let org = org_of(viewer, request.org.as_deref())?;
        let mut parsed = Vec::with_capacity(request.checks.len());
        for (place, (subject, action, resource)) in request.checks.iter().enumerate() {
            let at = |why: String| bad(format!("check {place}: {why}"));
            let subject = Subject::parse(subject).map_err(at)?;
            let path = path_of(resource).map_err(|e| at(e.message))?;
            parsed.push(Parsed { org, subject, method: action.to_ascii_uppercase(), path });
        }
        let words = |decision: Decision| (decision.verdict().as_str().to_owned(), decision.reason.as_str().to_owned());
        match self.choose_by(&request.at, deadline).await {
            Ok(chosen) => {
                let mut reply = CheckManyReply { revision: chosen.view.revision, staleness_ms: millis_up(chosen.staleness), ..CheckManyReply::default() };
                for (place, parsed) in parsed.iter().enumerate() {
                    let decision = self.decide(viewer, parsed, &chosen);
                    self.feed(parsed, decision, &request.at);
                    if let Some(denied) = decision.would_deny {
                        reply.would_deny.push((place as u64, denied.as_str().to_owned()));
                    }
                    reply.answers.push(words(decision));
                }
                Ok(reply)
            }
            Err(NoView::Indeterminate(reason)) => {
                parsed.iter().for_each(|_| self.metrics.decided(reason));
                Ok(CheckManyReply {
                    answers: parsed.iter().map(|_| words(reason.into())).collect(),
                    revision: self.views.load().revision,
                    staleness_ms: self.fresh.staleness().map_or(u64::MAX, millis_up),
                    would_deny: Vec::new(),
                })
            }
            Err(NoView::Bad(error)) => Err(error),
        }
    }

    /// Decides one and says why.
    pub async fn explain(&self, viewer: &Viewer, request: &CheckRequest, deadline: Instant) -> Result<ExplainReply, ApiError> {
        let parsed = parse(viewer, request)?;
        let chosen = match self.choose_by(&request.at, deadline).await {
            Ok(chosen) => chosen,
            Err(NoView::Indeterminate(reason)) => {
                return Ok(ExplainReply { reply: reply(reason.into(), None, self), explanation: None });
            }
            Err(NoView::Bad(error)) => return Err(error),
        };
        let decision = self.decide(viewer, &parsed, &chosen);
        // The chain of another org is not told: to this credential that org is unknown.
        let explanation = viewer.may_check(parsed.org).then(|| explain(&chosen.view.state, &parsed.request()));
        Ok(ExplainReply { reply: reply(decision, Some(&chosen), self), explanation })
    }

    /// Puts what was refused into the deny feed: what is asked of the past is no call of today.
    fn feed(&self, parsed: &Parsed<'_>, decision: Decision, at: &At) {
        let plain = decision.verdict() == Verdict::Permit && decision.would_deny.is_none();
        if !plain && !matches!(at, At::AtExactly(_)) {
            self.denies.note(parsed.org, &parsed.subject.to_string(), &parsed.method, parsed.path, decision);
        }
    }

    fn decide(&self, viewer: &Viewer, parsed: &Parsed<'_>, chosen: &Chosen) -> Decision {
        let decision = if viewer.may_check(parsed.org) {
            decide(&chosen.view.index, &parsed.request())
        } else {
            Reason::OrgUnknown.into()
        };
        self.metrics.decided(decision.reason);
        decision
    }
}

impl Parsed<'_> {
    fn request(&self) -> Request<'_> {
        Request { org: self.org, subject: self.subject, method: &self.method, path: self.path }
    }
}
