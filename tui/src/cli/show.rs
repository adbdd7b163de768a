//! Objects as people and scripts see them: flat JSON with plain words, tables, and the difference between two sides
//! of a change. No secret, and no hash of one, is among the fields.

pub mod people;

use bailiwick_policy::access::{Grant, Levels, Narrow};
use bailiwick_policy::impact::Impact;
use bailiwick_policy::object::{CredentialKind, Group, Meta, Object};
use bailiwick_policy::outcome::Change;
use bailiwick_policy::query::Item;
use bailiwick_policy::state::Via;
use serde_json::{Map, Value, json};

/// The fields of an object, who and when last.
pub fn object(object: &Object) -> Value {
    let mut value = match object {
        Object::Cluster(o) => {
            json!({"id": o.id, "incarnation": o.incarnation, "catalogue": o.catalogue, "retired_nodes": o.retired_nodes})
        }
        Object::Org(o) => json!({"org": o.org, "name": o.name, "active": o.active, "default_group": o.default_group, "default_observe": o.default_observe}),
        Object::Zone(o) => json!({"code": o.code, "name": o.name, "parent": o.parent}),
        Object::Concept(o) => json!({"code": o.code, "name": o.name, "parent": o.parent}),
        Object::Store(o) => {
            let details = o.details.as_deref().cloned().unwrap_or_default();
            json!({
                "code": o.code, "name": o.name, "zone": o.zone, "concept": o.concept, "active": o.active,
                "group": o.group, "observe": o.observe, "external_ids": details.external_ids,
                "latitude": details.latitude_e7.map(degrees_text), "longitude": details.longitude_e7.map(degrees_text),
                "time_zone": details.time_zone, "language": details.language, "currency": details.currency,
            })
        }
        Object::Till(o) => {
            json!({"id": format!("{}/{}", o.store, o.code), "store": o.store, "code": o.code, "name": o.name, "active": o.active})
        }
        Object::Resource(o) => json!({"name": o.id, "description": o.description}),
        Object::Endpoint(o) => {
            let mut value = json!({
                "id": o.id, "method": o.method, "path": o.template, "name": o.name, "resource": o.resource,
                "class": o.class.to_string(), "level": o.level.to_string(), "matchable": o.matchable,
            });
            if let Value::Object(fields) = &mut value {
                fields.extend(people::routes(o));
            }
            value
        }
        Object::Group(o) => json!({
            "id": o.id, "name": o.name, "description": o.description, "kind": o.kind,
            "status": status(o.active), "wildcard": o.wildcard, "grants": grants(o),
        }),
        Object::User(o) => people::user(o),
        Object::Credential(o) => people::bounded(
            json!({
                "id": o.id, "label": o.label, "kind": kind(&o.kind), "org": o.kind.org(), "user": user(&o.kind),
                "application": application(&o.kind), "revoked": o.revoked,
            }),
            o.bounds,
        ),
        Object::Retired(o) => json!({"id": o.what}),
        Object::Scope(o) => people::scope(o),
        Object::Entity(o) => people::entity(o),
        Object::Control(o) => people::control(o),
        Object::UserGroup(o) => people::user_group(o),
        Object::Set(o) => people::set(o),
        Object::Role(o) => people::role(o),
        Object::Application(o) => people::application(o),
        Object::Override(o) => people::over(o),
        Object::Settings(o) => people::settings(o),
        Object::Platform(o) => people::platform(o),
        Object::Clock(o) => json!({"tick": o.tick}),
        Object::Proposal(o) => people::proposal(o),
    };
    put_meta(&mut value, object.meta());
    value
}

/// A row of a list: its object's fields and what the list counts beside.
pub fn item(item: &Item) -> Value {
    match item {
        Item::Org { org, stores, tills } => with(Object::Org(org.clone()), json!({"stores": stores, "tills": tills})),
        Item::Zone { zone, stores, below } => with(Object::Zone(zone.clone()), json!({"stores": stores, "below": below})),
        Item::Concept { concept, stores, below } => with(Object::Concept(concept.clone()), json!({"stores": stores, "below": below})),
        Item::Store { store, group, via, tills } => with(
            Object::Store(store.clone()),
            json!({
                "group": store.group, "effective_group": group.as_ref().map(|(id, _)| id),
                "access_group": group.as_ref().map(|(_, name)| name), "via": via.map(via_word), "tills": tills,
            }),
        ),
        Item::Till { till } => object(&Object::Till(till.clone())),
        Item::Resource { resource, data, config } => {
            with(Object::Resource(resource.clone()), json!({"data_endpoints": data, "config_endpoints": config}))
        }
        Item::Endpoint { endpoint } => object(&Object::Endpoint(endpoint.clone())),
        Item::Group { group, explicit, inherited, default } => with(
            Object::Group(group.clone()),
            json!({"stores_explicit": explicit, "stores_inherited": inherited, "default": default}),
        ),
        Item::User { user } => object(&Object::User(user.clone())),
        Item::Scope { scope, tier, domain, own, description, implies } => json!({
            "id": scope, "tier": tier, "domain": domain, "own": own, "description": description, "includes": implies,
        }),
        Item::Entity { entity, scopes } => with(Object::Entity(entity.clone()), json!({"scopes": scopes})),
        Item::Control { control, predefined, groups } => {
            with(Object::Control(control.clone()), json!({"predefined": predefined, "groups": groups}))
        }
        Item::UserGroup { group, members } => with(Object::UserGroup(group.clone()), json!({"members_total": members})),
        Item::Set { set, standard, users } => with(Object::Set(set.clone()), json!({"standard": standard, "users": users})),
        Item::Role { role, predefined, internal, users, applications } => with(
            Object::Role(role.clone()),
            json!({"predefined": predefined, "internal": internal, "users": users, "applications": applications}),
        ),
        Item::Application { application, keys } => with(Object::Application(application.clone()), json!({"keys": keys})),
        Item::Module { module } => json!({"id": module.id, "offered": module.offered.to_string()}),
        Item::Privilege { privilege } => {
            json!({"id": privilege.id, "kind": privilege.kind, "description": privilege.description})
        }
        Item::Settings { settings } => object(&Object::Settings(settings.clone())),
        Item::Override { over } => object(&Object::Override(over.clone())),
        Item::Proposal { proposal } => object(&Object::Proposal(proposal.clone())),
        Item::Platform { platform } => object(&Object::Platform(platform.clone())),
        Item::Credential { credential } => object(&Object::Credential(credential.clone())),
    }
}

fn with(of: Object, more: Value) -> Value {
    let (mut value, meta) = (object(&of), of.meta().clone());
    if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
        fields.extend(more);
    }
    put_meta(&mut value, &meta);
    value
}

fn put_meta(value: &mut Value, meta: &Meta) {
    if let Value::Object(fields) = value {
        fields.insert("created_by".to_owned(), json!(meta.created_by));
        fields.insert("created_at".to_owned(), json!(meta.created_at.0));
        fields.insert("updated_by".to_owned(), json!(meta.updated_by));
        fields.insert("updated_at".to_owned(), json!(meta.updated_at.0));
        fields.insert("revision".to_owned(), json!(meta.revision));
    }
}

fn is_meta(field: &str) -> bool {
    matches!(field, "created_by" | "created_at" | "updated_by" | "updated_at" | "revision")
}

fn grants(group: &Group) -> Vec<Value> {
    group.grants.iter().map(grant).collect()
}

/// A cell: `only` or `except` are there where it is narrowed (AG-6).
pub fn grant(grant: &Grant) -> Value {
    let mut value = json!({"resource": grant.resource, "class": grant.class.to_string(), "levels": levels(grant.levels)});
    if let (Value::Object(fields), Some(narrow)) = (&mut value, &grant.narrow) {
        let word = match narrow {
            Narrow::Only(_) => "only",
            Narrow::Except(_) => "except",
        };
        fields.insert(word.to_owned(), json!(narrow.endpoints()));
    }
    value
}

fn levels(levels: Levels) -> String {
    levels.to_string()
}

/// `active` or `inactive`.
pub fn status(active: bool) -> &'static str {
    if active { "active" } else { "inactive" }
}

/// `explicit` or `default` (AG-31).
pub fn via_word(via: Via) -> &'static str {
    match via {
        Via::Explicit => "explicit",
        Via::Default => "default",
    }
}

fn kind(kind: &CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Operator => "operator",
        CredentialKind::User { .. } => "user",
        CredentialKind::EnforcementPoint { .. } => "enforcement-point",
        CredentialKind::Application { .. } => "application",
        CredentialKind::Invitation { .. } => "invitation",
    }
}

fn user(kind: &CredentialKind) -> Option<String> {
    match kind {
        CredentialKind::User { user, .. } | CredentialKind::Invitation { user, .. } => Some(user.to_string()),
        CredentialKind::Operator | CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } => None,
    }
}

fn application(kind: &CredentialKind) -> Option<String> {
    match kind {
        CredentialKind::Application { application, .. } => Some(application.to_string()),
        CredentialKind::Operator | CredentialKind::EnforcementPoint { .. } | CredentialKind::User { .. } | CredentialKind::Invitation { .. } => None,
    }
}

/// Degrees × 10⁷ as a decimal, no digit more than needed.
pub fn degrees_text(e7: i32) -> String {
    let sign = if e7 < 0 { "-" } else { "" };
    let all = e7.unsigned_abs();
    let fraction = format!("{:07}", all % 10_000_000);
    let fraction = fraction.trim_end_matches('0');
    let whole = all / 10_000_000;
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The columns of a table of such rows, and the cells of one.
pub fn columns(first: &Item) -> &'static [&'static str] {
    match first {
        Item::Org { .. } => &["org", "name", "active", "default_group", "stores", "tills"],
        Item::Zone { .. } | Item::Concept { .. } => &["code", "name", "parent", "stores"],
        Item::Store { .. } => &["code", "name", "zone", "concept", "active", "access_group", "via", "observing", "tills"],
        Item::Till { .. } => &["id", "name", "active"],
        Item::Resource { .. } => &["name", "data_endpoints", "config_endpoints", "description"],
        Item::Endpoint { .. } => &["method", "path", "resource", "class", "level", "matchable", "name"],
        Item::Group { .. } => &["id", "name", "status", "kind", "default", "stores_explicit", "stores_inherited", "description"],
        Item::User { .. } => &["id", "name", "type", "active", "email", "places", "groups", "sets"],
        Item::Scope { .. } => &["id", "tier", "domain", "own", "description"],
        Item::Entity { .. } => &["id", "name", "scopes"],
        Item::Control { .. } => &["id", "name", "predefined", "audience", "groups", "scopes"],
        Item::UserGroup { .. } => &["id", "name", "audience", "members_total", "controls", "description"],
        Item::Set { .. } => &["id", "name", "standard", "users", "description"],
        Item::Role { .. } => &["id", "name", "predefined", "internal", "users", "applications", "rights"],
        Item::Application { .. } => &["id", "name", "type", "status", "keys", "roles", "group", "external", "source"],
        Item::Module { .. } => &["id", "offered"],
        Item::Privilege { .. } => &["id", "kind", "description"],
        Item::Settings { .. } => &["contact", "least_privilege_registration", "approval"],
        Item::Override { .. } => &["store", "group", "until", "before"],
        Item::Proposal { .. } => &["id", "command", "proposed_by", "proposed_at", "until", "reason"],
        Item::Platform { .. } => &["version"],
        Item::Credential { .. } => &["id", "label", "kind", "org", "user", "application", "revoked"],
    }
}

/// The cells of a row under these columns.
pub fn cells(row: &Value, columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| row.get(*column).map(word).unwrap_or_default()).collect()
}

/// A value as a cell shows it.
pub fn word(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(word).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match (fields.get("resource"), fields.get("class"), fields.get("levels")) {
            (Some(resource), Some(class), Some(levels)) => {
                let narrow = ["only", "except"].iter().find_map(|flag| fields.get(*flag).map(|of| format!(" {flag} {}", word(of))));
                format!("{} ({}) {}{}", word(resource), word(class), word(levels), narrow.unwrap_or_default())
            }
            _other => people::phrase(fields).unwrap_or_else(|| value.to_string()),
        },
    }
}

/// One object in full, a field a line, times left to `--json`.
pub fn card(row: &Value) -> Vec<String> {
    let Value::Object(fields) = row else { return vec![word(row)] };
    let shown = |name: &str, value: &Value| !matches!(name, "created_at" | "updated_at") && !blank(value);
    let width = fields.iter().filter(|(n, v)| shown(n, v)).map(|(n, _)| n.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (name, value) in fields.iter().filter(|(n, v)| shown(n, v)) {
        match value {
            Value::Array(values) if values.iter().any(Value::is_object) => {
                lines.push(format!("{name}:"));
                lines.extend(values.iter().map(|value| format!("  {}", word(value))));
            }
            _other => lines.push(format!("{name:width$}  {}", word(value))),
        }
    }
    lines
}

/// A change for `--json`.
pub fn change(change: &Change) -> Value {
    json!({
        "id": change.id().map(|id| id.to_string()),
        "before": change.before.as_ref().map(object),
        "after": change.after.as_ref().map(object),
    })
}

/// A change for people: `+` new, `-` gone, `~` changed with what differs.
pub fn change_lines(change: &Change) -> Vec<String> {
    let id = change.id().map(|id| id.to_string()).unwrap_or_default();
    match (&change.before, &change.after) {
        (None, Some(after)) => {
            let fields = set_fields(&object(after));
            vec![if fields.is_empty() { format!("+ {id}") } else { format!("+ {id}  {}", fields.join(", ")) }]
        }
        (Some(_), None) => vec![format!("- {id}")],
        (Some(before), Some(after)) => {
            let mut lines = vec![format!("~ {id}")];
            lines.extend(differences(&object(before), &object(after)).into_iter().map(|line| format!("    {line}")));
            lines
        }
        (None, None) => Vec::new(),
    }
}

fn blank(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty)
}

fn set_fields(value: &Value) -> Vec<String> {
    let none = Map::new();
    let fields = value.as_object().unwrap_or(&none);
    fields
        .iter()
        .filter(|(name, value)| !is_meta(name) && !blank(value) && !matches!(name.as_str(), "code" | "id" | "org"))
        // What hardly anything does is worth saying only of what does it.
        .filter(|(name, value)| !matches!(name.as_str(), "observe" | "default_observe") || value.as_bool() == Some(true))
        .map(|(name, value)| format!("{name} {}", word(value)))
        .collect()
}

fn differences(before: &Value, after: &Value) -> Vec<String> {
    let none = Map::new();
    let (was, is) = (before.as_object().unwrap_or(&none), after.as_object().unwrap_or(&none));
    let mut lines = Vec::new();
    for (name, now) in is.iter().filter(|(name, _)| !is_meta(name)) {
        let then = was.get(name).unwrap_or(&Value::Null);
        if then == now {
            continue;
        }
        match (then, now) {
            (Value::Array(old), Value::Array(new)) => {
                lines.extend(old.iter().filter(|v| !new.contains(v)).map(|v| format!("{name}: - {}", word(v))));
                lines.extend(new.iter().filter(|v| !old.contains(v)).map(|v| format!("{name}: + {}", word(v))));
            }
            _other => {
                let shown = |v: &Value| if word(v).is_empty() { "none".to_owned() } else { word(v) };
                lines.push(format!("{name}: {} → {}", shown(then), shown(now)));
            }
        }
    }
    lines
}

/// An impact for `--json`.
pub fn impact(impact: &Impact) -> Value {
    let cells = |cells: &[(bailiwick_policy::ids::ResourceId, bailiwick_policy::access::Class, Levels)]| -> Vec<Value> {
        cells
            .iter()
            .map(|(resource, class, held)| json!({"resource": resource, "class": class.to_string(), "levels": levels(*held)}))
            .collect()
    };
    let rows: Vec<Value> = impact
        .rows
        .iter()
        .map(|row| {
            json!({
                "from": row.from, "to": row.to, "stores": row.stores, "tills": row.tills, "examples": row.examples,
                "cells_gained": cells(&row.cells_gained), "cells_lost": cells(&row.cells_lost),
                "endpoints_gained": row.endpoints_gained, "endpoints_lost": row.endpoints_lost,
                "gained_examples": row.gained_examples, "lost_examples": row.lost_examples,
            })
        })
        .collect();
    let people: Vec<Value> = impact
        .people
        .iter()
        .map(|row| {
            let words = |all: &[bailiwick_policy::holdings::Holding]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
            json!({
                "subjects": row.subjects, "examples": row.examples, "gained": row.gained, "lost": row.lost,
                "gained_examples": words(&row.gained_examples), "lost_examples": words(&row.lost_examples),
            })
        })
        .collect();
    json!({
        "stores": impact.stores, "tills": impact.tills, "gained": impact.gained, "lost": impact.lost,
        "rows": rows, "people": people, "lines": impact.lines(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_policy::object::{Credential, Secret, Store};
    use std::sync::Arc;

    fn store(name: &str, group: Option<&str>) -> Object {
        Object::Store(Arc::new(Store {
            org: "acme".parse().expect("a code"),
            code: "north-7".parse().expect("a code"),
            name: name.parse().expect("a name"),
            zone: None,
            concept: None,
            active: true,
            group: group.map(|g| g.parse().expect("an id")),
            details: None,
            meta: Meta::default(),
            observe: false,
        }))
    }

    #[test]
    fn a_change_shows_what_differs_and_nothing_else() {
        let change = Change { before: Some(store("Hexham", None)), after: Some(store("Hexham", Some("POS"))) };
        assert_eq!(change_lines(&change), ["~ store:north-7", "    group: none → POS"]);
        let new = Change { before: None, after: Some(store("Hexham", None)) };
        assert_eq!(change_lines(&new), ["+ store:north-7  active yes, name Hexham"]);
    }

    #[test]
    fn no_secret_is_shown() {
        let credential = Object::Credential(Arc::new(Credential {
            id: "gateway-1".parse().expect("an id"),
            label: "Gateway".parse().expect("a name"),
            kind: CredentialKind::Operator,
            secret: Secret::TokenHash([7; 32]),
            revoked: false,
            meta: Meta::default(),
            bounds: Default::default(),
        }));
        let text = object(&credential).to_string();
        assert!(!text.contains('7') && !text.contains("secret"), "{text}");
    }

    #[test]
    fn degrees_round_trip() {
        for (e7, text) in [(544_850_000, "54.485"), (-6_141_000, "-0.6141"), (0, "0"), (-1, "-0.0000001")] {
            assert_eq!(degrees_text(e7), text);
            assert_eq!(super::super::import::degrees::parse(text, super::super::import::degrees::LONGITUDE), Ok(e7));
        }
    }
}
