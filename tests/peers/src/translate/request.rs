//! A question in Cedar's terms.

use std::collections::BTreeSet;

use cedar_policy::{Context, EntityUid, Request};
use serde_json::{Map, Value};

use super::routes::{Routes, query_once};
use super::world::{Uid, uid};
use crate::corpus::{ORG, Question};

/// What a question is read with.
pub(super) struct Names {
    pub routes: Routes,
    /// Scopes that only look.
    pub looking: BTreeSet<String>,
    /// The moment.
    pub now: u64,
}

/// A question about a subject, what is done, and to what.
pub(super) fn translate(question: &Question, names: &Names) -> Result<Request, String> {
    let (kind, id) = question.subject.split_once(':').ok_or("no subject")?;
    let principal = match kind {
        "till" => uid("Till", id),
        "store" => uid("Store", id),
        "user" => uid("User", id),
        "application" => uid("Application", id),
        _other => return Err(format!("`{kind}` is no kind of subject")),
    };
    let mut context = Map::new();
    context.insert("org".to_owned(), uid("Org", question.org.as_deref().unwrap_or(ORG)).json());
    context.insert("now".to_owned(), names.now.into());
    let (action, resource) = asked(question, names, &mut context);
    place(question, &resource, &mut context);
    for (key, named) in [("created_by", &question.created_by), ("assigned_to", &question.assigned_to)] {
        if let Some(named) = named {
            context.insert(key.to_owned(), somebody(named).json());
        }
    }
    let context = Context::from_json_value(Value::Object(context), None).map_err(|why| why.to_string())?;
    Request::new(cedar(&principal)?, cedar(&uid("Action", action))?, cedar(&resource)?, context, None).map_err(|why| why.to_string())
}

/// What is done to what, and what is known of that.
fn asked(question: &Question, names: &Names, context: &mut Map<String, Value>) -> (&'static str, Uid) {
    let mut doing = |looks: bool, creates: bool, instance: bool| {
        for (key, value) in [("looks", looks), ("creates", creates), ("instance", instance)] {
            context.insert(key.to_owned(), value.into());
        }
    };
    let action = question.action.to_ascii_lowercase();
    match question.resource.split_once(':') {
        Some(("module", module)) => {
            doing(action == "view", false, false);
            ("do", uid("Permission", format!("{module}:{action}")))
        }
        Some(("scope", scope)) => {
            doing(names.looking.contains(scope), false, question.instance);
            ("use", uid("Use", scope))
        }
        Some(("entity", entity)) if action == "view" => {
            doing(true, false, false);
            ("see", uid("Node", entity))
        }
        Some(("entity", entity)) => {
            doing(action == "read", action == "create", question.instance && action != "create");
            ("handle", uid("Content", format!("{entity}:{}", if action == "read" { "read" } else { "manage" })))
        }
        Some(_) | None => {
            let path = question.resource.strip_prefix("endpoint:").unwrap_or(&question.resource);
            let reached = names.routes.find(&question.action, path);
            doing(
                reached.as_ref().is_some_and(|reached| reached.looks),
                reached.as_ref().is_some_and(|reached| reached.creates),
                reached.as_ref().is_some_and(|reached| reached.instance),
            );
            if let Some(named) = reached.as_ref().and_then(|reached| reached.last.as_ref()) {
                context.insert("named".to_owned(), uid("Application", named).json());
            }
            if let Some(told) = question.body_type.clone().or_else(|| query_once(path, "type")) {
                context.insert("told".to_owned(), told.into());
            }
            ("call", uid("Endpoint", reached.map_or("none".to_owned(), |reached| reached.id)))
        }
    }
}

/// Where it is done. A till stands for its store; what has to be active is the till.
fn place(question: &Question, resource: &Uid, context: &mut Map<String, Value>) {
    context.insert("administers".to_owned(), (resource.0 == "Permission" && resource.1.starts_with("Administration/")).into());
    let Some(text) = &question.place else { return };
    let (level, code) = text.split_once(':').unwrap_or((text, ""));
    let (place, gate) = match level.to_ascii_lowercase().as_str() {
        "org" if !text.contains(':') => (uid("Org", ORG), None),
        "zone" => (uid("Zone", code), None),
        "concept" => (uid("Concept", code), None),
        "store" => (uid("Site", code), Some(uid("Store", code))),
        "till" => (uid("Site", code.rsplit_once('/').map_or("", |(store, _)| store)), Some(uid("Till", code))),
        _other => (uid("Nowhere", text), None),
    };
    context.insert("place".to_owned(), place.json());
    if let Some(gate) = gate {
        context.insert("gate".to_owned(), gate.json());
    }
}

/// Whom an instance names: a user unless it says an application.
fn somebody(named: &str) -> Uid {
    match named.split_once(':') {
        Some(("application", id)) => uid("Application", id),
        Some(("user", id)) => uid("User", id),
        Some(_) | None => uid("User", named),
    }
}

fn cedar(uid: &Uid) -> Result<EntityUid, String> {
    let kind = uid.0.parse().map_err(|why| format!("`{}`: {why:?}", uid.0))?;
    Ok(EntityUid::from_type_name_and_id(kind, cedar_policy::EntityId::new(&uid.1)))
}
