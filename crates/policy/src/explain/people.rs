//! The chain of an answer about a user or an application, and its replay.

use std::sync::Arc;

use super::Step;
use crate::decision::{Ask, Decision, Obligations, Reason, Request, Subject};
use crate::reference::people::{self, Holder, always_of_application, decision, ways_of_application, ways_of_user};
use crate::reference;
use crate::state::{OrgState, State};

/// The facts from the subject on.
pub fn walk(state: &State, org: &OrgState, request: &Request<'_>, steps: &mut Vec<Step>) -> Result<Decision, Reason> {
    if let Some(step) = subject(state, org, request.subject) {
        steps.push(step);
    }
    let holder = people::holder(state, org, request.subject)?;
    let called = match request.ask {
        Ask::Endpoint { .. } => Some(super::endpoint(state, org, request, steps)?),
        Ask::Module { .. } | Ask::Scope { .. } | Ask::Entity { .. } => None,
    };
    if let (Holder::Application(_), Some(called)) = (&holder, &called)
        && called.is_forbidden(org, request.path(), request.context.body_type)
    {
        steps.push(Step::Forbidden {});
        return Err(Reason::ForbiddenToApplications);
    }
    // A store or a till that asks for something else than a call.
    if let Holder::Place = holder {
        super::place(org, request.subject, steps)?;
        let otherwise = reference::nothing_for_places(request.ask);
        steps.push(Step::Ways { ways: Vec::new(), otherwise, always: Obligations::empty() });
        return Err(otherwise);
    }
    let at = match people::gate(org, request) {
        Ok(at) => at,
        Err(closed) => {
            steps.push(Step::Place { place: request.context.place.unwrap_or_default().into(), closed: Some(closed) });
            return Err(closed);
        }
    };
    if let Some(place) = request.context.place {
        steps.push(Step::Place { place: place.into(), closed: None });
    }
    let (ways, otherwise, always) = match holder {
        Holder::User(user) => {
            let (tally, otherwise) = ways_of_user(state, org, user, request, called.as_ref(), &at);
            (tally.ways, otherwise, Obligations::empty())
        }
        Holder::Application(application) => {
            let (tally, otherwise) = ways_of_application(state, org, application, request, called.as_ref(), &at);
            (tally.ways, otherwise, always_of_application(called.as_ref()))
        }
        Holder::Place => (Vec::new(), reference::nothing_for_places(request.ask), Obligations::empty()),
    };
    let answer = decision(&ways, always, otherwise);
    steps.push(Step::Ways { ways, otherwise, always });
    Ok(answer)
}

fn subject(state: &State, org: &OrgState, subject: Subject<'_>) -> Option<Step> {
    match subject {
        Subject::Store(_) | Subject::Till(_) => None,
        Subject::User(id) => {
            let user = org.users.get(id)?;
            let kind: Arc<str> = format!("{} {}", user.user_type, user.audience()).into();
            Some(Step::Subject { name: user.name.as_str().into(), kind, active: user.active, keyed_out: false })
        }
        Subject::Application(id) => {
            let application = org.applications.get(id)?;
            let keyed_out = application.active && matches!(people::holder(state, org, subject), Err(Reason::KeyExpired));
            let kind: Arc<str> = application.kind.to_string().into();
            Some(Step::Subject { name: application.name.as_str().into(), kind, active: application.active, keyed_out })
        }
    }
}

/// Decides again from the chain: `place` says whether the subject is a till or a store, `call` whether a call is asked for.
pub fn replay(steps: &[Step], place: bool, call: bool) -> Result<Decision, Reason> {
    if !place {
        match steps.iter().find_map(|step| if let Step::Subject { active, keyed_out, .. } = step { Some((*active, *keyed_out)) } else { None }) {
            None => return Err(Reason::SubjectUnknown),
            Some((false, _)) => return Err(Reason::SubjectInactive),
            Some((true, true)) => return Err(Reason::KeyExpired),
            Some((true, false)) => {}
        }
    }
    if call && let Some(reason) = super::replay_endpoint(steps) {
        return Err(reason);
    }
    if steps.iter().any(|step| matches!(step, Step::Forbidden {})) {
        return Err(Reason::ForbiddenToApplications);
    }
    if let Some(closed) = steps.iter().find_map(|step| if let Step::Place { closed, .. } = step { *closed } else { None }) {
        return Err(closed);
    }
    let ways = steps.iter().find_map(|step| if let Step::Ways { ways, otherwise, always } = step { Some((ways, *otherwise, *always)) } else { None });
    ways.map(|(ways, otherwise, always)| decision(ways, always, otherwise)).ok_or(Reason::PermissionMissing)
}

/// What was asked for, in words: a call's method and path, or the rest.
pub fn asked(ask: Ask<'_>) -> String {
    match ask {
        Ask::Endpoint { method, path } => format!("{method} {path}"),
        Ask::Module { module, action } => format!("{action} {module}"),
        Ask::Scope { scope } => format!("scope {scope}"),
        Ask::Entity { entity, action } => format!("{action} entity {entity}"),
    }
}

