//! Questions: may this subject do this, and why. A cluster that can't be reached answers "can't tell", never "no".

use bailiwick_policy::access::{Class, Level, Levels};
use bailiwick_policy::decision::{Ask, Subject};
use bailiwick_rpc::api::{ApiError, CheckContext, CheckReply, CheckRequest, ExplainReply};
use serde_json::{Value, json};

use super::api::{Api, CallFault};
use super::args::{Asked, Question};
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::Out;

/// Answers a question.
pub(crate) async fn check<A: Api>(context: &Context<'_, A>, question: &Question, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    match context.api.check(request(context, question)?).await {
        Ok(reply) => {
            if out.json {
                out.value(&reply_json(&reply))?;
            } else {
                out.lines(reply_lines(&reply))?;
            }
            Ok(exit(&reply.decision))
        }
        Err(fault) => cannot_tell(fault, out),
    }
}

/// Answers a question and says why.
pub(crate) async fn explain<A: Api>(context: &Context<'_, A>, question: &Question, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    match context.api.explain(request(context, question)?).await {
        Ok(reply) => {
            if out.json {
                out.value(&explanation_json(&reply))?;
            } else {
                match &reply.explanation {
                    Some(explanation) => {
                        out.lines(explanation.lines())?;
                        out.lines(obligation_lines(&reply.reply))?;
                    }
                    None => out.lines(reply_lines(&reply.reply))?,
                }
                out.line(&at_line(&reply.reply))?;
            }
            Ok(exit(&reply.reply.decision))
        }
        Err(fault) => cannot_tell(fault, out),
    }
}

pub(crate) fn request<A: Api>(context: &Context<'_, A>, question: &Question) -> Result<CheckRequest, Trouble> {
    subject(&question.subject)?;
    let (action, resource) = asked(&question.asked)?;
    Ok(CheckRequest {
        org: context.org.as_ref().map(ToString::to_string),
        subject: question.subject.clone(),
        action,
        resource,
        at: context.at(),
        context: CheckContext {
            place: question.asked.place.clone(),
            instance: question.instance,
            created_by: question.created_by.clone(),
            assigned_to: question.assigned_to.clone(),
            body_type: question.body_type.clone(),
        },
    })
}

/// Whether a text names a subject.
pub fn subject(text: &str) -> Result<(), Trouble> {
    Subject::parse(text).map(drop).map_err(|error| Trouble::Usage(format!("--subject: {error}")))
}

/// What is asked for, as action and resource of a check.
pub fn asked(asked: &Asked) -> Result<(String, String), Trouble> {
    let done = |kind: &str, id: &str| (asked.act.clone().unwrap_or_default(), format!("{kind}:{id}"));
    let (action, resource) = match (&asked.module, &asked.scope, &asked.entity) {
        (Some(module), _, _) => done("module", module),
        (None, Some(scope), _) => done("scope", scope),
        (None, None, Some(entity)) => done("entity", entity),
        (None, None, None) => {
            let text = asked.resource.as_deref().unwrap_or_default();
            // A path without its slash is one all the same; what is wrong with it, the cluster says.
            let resource = if text.starts_with('/') || !text.contains(':') { format!("endpoint:{text}") } else { text.to_owned() };
            let action = asked.action.as_deref().unwrap_or_default().trim();
            (if resource.starts_with("endpoint:") { action.to_ascii_uppercase() } else { action.to_owned() }, resource)
        }
    };
    match Ask::parse(&action, &resource) {
        Ok(_) => Ok((action, resource)),
        Err(why) => Err(Trouble::Usage(why)),
    }
}

fn exit(decision: &str) -> Exit {
    match decision {
        "permit" => Exit::Done,
        "deny" => Exit::Denied,
        _indeterminate => Exit::Indeterminate,
    }
}

fn reply_json(reply: &CheckReply) -> Value {
    let mut value = json!({
        "decision": reply.decision, "code": reply.code, "reason": reply.reason, "obligations": reply.obligations,
        "revision": reply.revision, "staleness_ms": reply.staleness_ms,
    });
    if let (Value::Object(fields), Some(denied)) = (&mut value, &reply.would_deny) {
        fields.insert("would_deny".to_owned(), json!(denied));
    }
    if let (Value::Object(fields), false) = (&mut value, reply.places.is_empty()) {
        fields.insert("places".to_owned(), json!(reply.places));
    }
    value
}

fn reply_lines(reply: &CheckReply) -> Vec<String> {
    let mut lines = vec![format!("{}: {} ({})", reply.decision, reply.reason, at_line(reply))];
    if let Some(denied) = &reply.would_deny {
        lines.push(format!("would deny: {denied} (the access group only observes)"));
    }
    lines.extend(obligation_lines(reply));
    lines
}

/// What has to be seen to, in words.
fn obligation_lines(reply: &CheckReply) -> Vec<String> {
    let mut lines = Vec::new();
    if !reply.obligations.is_empty() {
        lines.push(format!("obligations: {}", reply.obligations.join(", ")));
    }
    if !reply.places.is_empty() {
        lines.push(format!("only at: {}", reply.places.join(", ")));
    }
    lines
}

fn at_line(reply: &CheckReply) -> String {
    format!("revision {}, at most {} ms stale", reply.revision, reply.staleness_ms)
}

fn explanation_json(reply: &ExplainReply) -> Value {
    let mut value = reply_json(&reply.reply);
    if let (Value::Object(fields), Some(explanation)) = (&mut value, &reply.explanation) {
        let mut chain = json!({"chain": explanation.steps, "nearest_miss": explanation.miss});
        in_words(&mut chain);
        if let Value::Object(chain) = chain {
            fields.extend(chain);
        }
        let remedies: Vec<&str> = explanation.remedies.iter().map(|remedy| remedy.text.as_str()).collect();
        fields.insert("subject".to_owned(), json!(explanation.subject));
        fields.insert("method".to_owned(), json!(explanation.method));
        fields.insert("path".to_owned(), json!(explanation.path));
        fields.insert("sentence".to_owned(), json!(explanation.sentence));
        fields.insert("remedies".to_owned(), json!(remedies));
        fields.insert("lines".to_owned(), json!(explanation.lines()));
    }
    value
}

/// Levels travel as bits, classes in lower case; whoever reads JSON wants the words that lists and files have.
fn in_words(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let bits = value.as_u64().and_then(|bits| u8::try_from(bits).ok()).and_then(Levels::from_bits);
                match (name.as_str(), bits, value.as_str()) {
                    ("held" | "needed" | "levels", Some(levels), _) => *value = json!(levels.to_string()),
                    ("class", _, Some(class)) => *value = json!(class.parse::<Class>().map_or(class.to_owned(), |c| c.to_string())),
                    ("level", _, Some(level)) => *value = json!(level.parse::<Level>().map_or(level.to_owned(), |l| l.to_string())),
                    _other => in_words(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(in_words),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// No answer could be had: code 4001 (AG-35), unless the question itself was refused.
fn cannot_tell(fault: CallFault, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let reason = match &fault {
        CallFault::Api(error) => match error.code.as_str() {
            code @ (ApiError::UNAVAILABLE | ApiError::BEHIND | ApiError::COMPACTED | "state_unavailable") => code.to_owned(),
            ApiError::OVERLOADED => ApiError::UNAVAILABLE.to_owned(),
            _other => return Err(fault.into()),
        },
        CallFault::NoNode(_) => ApiError::UNAVAILABLE.to_owned(),
        CallFault::Refused(_) => return Err(fault.into()),
    };
    if out.json {
        out.value(&json!({
            "decision": "indeterminate", "code": 4001, "reason": reason, "obligations": [], "revision": null,
            "staleness_ms": null, "message": fault.to_string(),
        }))?;
    } else {
        out.line(&format!("indeterminate: {reason}"))?;
        out.note(&fault.to_string())?;
    }
    Ok(Exit::Indeterminate)
}
