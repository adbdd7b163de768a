//! What scripts ask: `check till=STORE/TILL METHOD "PATH"`, and for users and applications `check user=ID …` of the same, or
//! of `module="MODULE" ACTION`, `scope="SCOPE"`, `entity=ID ACTION`, with `place=`, `instance=true`, `created_by=`,
//! `assigned_to=` and `body_type=` beside.

use std::error::Error;

use bailiwick_policy::decision::{Ask, Decision, Obligations, Reason, Request, Subject};
use bailiwick_policy::reference::people;
use bailiwick_policy::state::State;
use bailiwick_rpc::api::{At, CheckContext, CheckReply, CheckRequest};
use goldenscript::Argument;

/// A question as a caller sends it.
pub(super) fn parse(args: &[Argument], own: &str, at: At) -> Result<CheckRequest, Box<dyn Error>> {
    let (mut subject, mut about, mut words) = (None, None, Vec::new());
    let mut asked = CheckRequest { org: Some(own.to_owned()), at, ..CheckRequest::default() };
    let CheckContext { place, instance, created_by, assigned_to, body_type } = &mut asked.context;
    for arg in args {
        match arg {
            Argument::Positional(value) => words.push(value.as_str()),
            Argument::KeyValue(key, value) => match key.as_str() {
                "till" | "store" | "user" | "application" => subject = Some(format!("{key}:{value}")),
                "module" | "scope" | "entity" => about = Some(format!("{key}:{value}")),
                "org" => asked.org = Some(value.clone()),
                "place" => *place = Some(value.clone()),
                "instance" => *instance = value == "true",
                "created_by" => *created_by = Some(value.clone()),
                "assigned_to" => *assigned_to = Some(value.clone()),
                "body_type" => *body_type = Some(value.clone()),
                _other => return Err(format!("`{arg}` is no part of a question").into()),
            },
            other => return Err(format!("`{other}` is no part of a question").into()),
        }
    }
    asked.subject = subject.ok_or("name whose access: `till=`, `store=`, `user=` or `application=`")?;
    (asked.action, asked.resource) = match (about, words.as_slice()) {
        // Whatever the path is like, it is a path: without this, one without a slash would be no resource at all.
        (None, [method, path]) => ((*method).to_owned(), format!("endpoint:{path}")),
        (Some(about), [action]) => ((*action).to_owned(), about),
        (Some(about), []) if about.starts_with("scope:") => (String::new(), about),
        (Some(_) | None, _) => return Err("ask for METHOD \"PATH\", `module=M ACTION`, `scope=S` or `entity=E ACTION`".into()),
    };
    Ok(asked)
}

/// The same as the policy reads it.
pub(super) fn request(asked: &CheckRequest) -> Result<Request<'_>, String> {
    Ok(Request {
        org: asked.org.as_deref().unwrap_or_default(),
        subject: Subject::parse(&asked.subject)?,
        ask: Ask::parse(&asked.action, &asked.resource)?,
        context: asked.context.read(),
    })
}

/// An answer in words: the reason, what it would be in earnest, and what has to be seen to.
pub(super) fn said(decision: Decision, state: &State, request: &Request<'_>) -> String {
    let places = if decision.obligations.contains(Obligations::PLACES) { people::places(state, request) } else { Vec::new() };
    let obligations: Vec<&str> = decision.obligations.names().collect();
    let places: Vec<String> = places.iter().map(ToString::to_string).collect();
    words(decision.reason.as_str(), decision.would_deny.map(Reason::as_str), &obligations, &places)
}

/// The same of an answer that came over the wire.
pub(super) fn said_by(reply: &CheckReply) -> String {
    let obligations: Vec<&str> = reply.obligations.iter().map(String::as_str).collect();
    words(&reply.reason, reply.would_deny.as_deref(), &obligations, &reply.places)
}

fn words(reason: &str, would_deny: Option<&str>, obligations: &[&str], places: &[String]) -> String {
    let mut words = reason.to_owned();
    if let Some(denied) = would_deny {
        words.push_str(&format!(", and would deny: {denied}"));
    }
    if !obligations.is_empty() {
        words.push_str(&format!("; {}", obligations.join(", ")));
    }
    if !places.is_empty() {
        words.push_str(&format!(" ({})", places.join(", ")));
    }
    words
}
