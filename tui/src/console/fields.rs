//! Objects as fields and their texts, so that a before and an after can be laid side by side and only what differs
//! be shown. Knows no screen; who touched an object, and when, is no field of it.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_policy::impact::counted;
use bailiwick_policy::object::Object;
use bailiwick_policy::outcome::Change;
use bailiwick_policy::query::Item;
use serde_json::Value;

/// What stands where there is nothing.
pub const NOTHING: &str = "none";

/// A field that isn't the same on all sides: its name, and its text on each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Differing<const N: usize> {
    /// `name`, `Points (Data)`.
    pub name: String,
    /// Its text on each side; none where the side hasn't the field.
    pub texts: [Option<String>; N],
}

/// The fields that differ between several states of an object; none is a state in which it isn't there.
pub fn differing<const N: usize>(sides: [Option<&Object>; N]) -> Vec<Differing<N>> {
    let sides = sides.map(|side| side.map(fields).unwrap_or_default());
    let names: BTreeSet<&String> = sides.iter().flat_map(BTreeMap::keys).collect();
    let rows = names.into_iter().map(|name| Differing { name: name.clone(), texts: sides.each_ref().map(|side| side.get(name).cloned()) });
    rows.filter(|row| row.texts.iter().any(|text| Some(text) != row.texts.first())).collect()
}

/// The fields of an object. What is blank is left out.
pub fn fields(object: &Object) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let Ok(Value::Object(tagged)) = serde_json::to_value(object) else { return out };
    for (name, value) in tagged.into_iter().filter_map(|(_, value)| if let Value::Object(fields) = value { Some(fields) } else { None }).flatten() {
        match name.as_str() {
            // Who and when stand beside the entry; the ids, in the object's own; not even a hash is shown.
            "meta" | "org" | "id" | "code" | "secret" | "grants" => {}
            _ => flatten(&name, &value, &mut out),
        }
    }
    if let Object::Group(group) = object {
        for grant in group.grants.iter() {
            let narrow = grant.narrow.as_ref().map(|narrow| format!(", {narrow}")).unwrap_or_default();
            out.insert(format!("{} ({})", grant.resource, grant.class), format!("{}{narrow}", grant.levels));
        }
    }
    out
}

fn flatten(name: &str, value: &Value, out: &mut BTreeMap<String, String>) {
    let text = match value {
        Value::Null => return,
        Value::Object(fields) => {
            fields.iter().for_each(|(inner, value)| flatten(&format!("{name}.{inner}"), value, out));
            return;
        }
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => return,
        Value::String(text) => text.clone(),
        Value::Array(rows) if rows.is_empty() => return,
        Value::Array(rows) => rows.iter().map(|row| row.as_str().map_or_else(|| row.to_string(), str::to_owned)).collect::<Vec<_>>().join(", "),
    };
    out.insert(name.replace('_', " "), text);
}

/// What changes did, or would do: each object, and below it the fields that differ, at most so many lines.
pub fn change_lines(changes: &[Change], arrow: &str, lines_max: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        if lines.len() >= lines_max {
            lines.push(format!("and {} more", counted((changes.len() - at) as u64, "object")));
            break;
        }
        let Some(id) = change.id() else { continue };
        let word = match (&change.before, &change.after) {
            (None, Some(_)) => ", new",
            (Some(_), None) => ", gone",
            (Some(_), Some(_)) | (None, None) => "",
        };
        lines.push(format!("{id}{word}"));
        for field in differing([change.before.as_ref(), change.after.as_ref()]) {
            let [before, after] = field.texts.map(|text| text.unwrap_or_else(|| NOTHING.to_owned()));
            lines.push(match word {
                "" => format!("  {}: {before} {arrow} {after}", field.name),
                ", new" => format!("  {}: {after}", field.name),
                _ => format!("  {}: {before}", field.name),
            });
        }
    }
    lines
}

/// The object that a row of a list is about; none for what the platform's catalogue alone has.
pub fn object_of(item: Item) -> Option<Object> {
    Some(match item {
        Item::Org { org, .. } => Object::Org(org),
        Item::Zone { zone, .. } => Object::Zone(zone),
        Item::Concept { concept, .. } => Object::Concept(concept),
        Item::Store { store, .. } => Object::Store(store),
        Item::Till { till } => Object::Till(till),
        Item::Resource { resource, .. } => Object::Resource(resource),
        Item::Endpoint { endpoint } => Object::Endpoint(endpoint),
        Item::Group { group, .. } => Object::Group(group),
        Item::User { user } => Object::User(user),
        Item::Entity { entity, .. } => Object::Entity(entity),
        Item::Control { control, .. } => Object::Control(control),
        Item::UserGroup { group, .. } => Object::UserGroup(group),
        Item::Set { set, .. } => Object::Set(set),
        Item::Role { role, .. } => Object::Role(role),
        Item::Application { application, .. } => Object::Application(application),
        Item::Settings { settings } => Object::Settings(settings),
        Item::Override { over } => Object::Override(over),
        Item::Proposal { proposal } => Object::Proposal(proposal),
        Item::Platform { platform } => Object::Platform(platform),
        Item::Credential { credential } => Object::Credential(credential),
        Item::Scope { .. } | Item::Module { .. } | Item::Privilege { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bailiwick_policy::access::{Class, Grant, Levels};
    use bailiwick_policy::object::{Group, GroupKind, Meta};

    use super::*;

    fn group(name: &str, levels: Levels, revision: u64) -> Object {
        let meta = Meta { revision: bailiwick_policy::ids::Revision(revision), ..Meta::default() };
        let grants = vec![Grant::whole("Points".parse().expect("a resource"), Class::Data, levels)];
        Object::Group(Arc::new(Group {
            org: "acme".parse().expect("a code"),
            id: "a".parse().expect("an id"),
            name: name.parse().expect("a name"),
            description: "".into(),
            kind: GroupKind::Custom,
            active: true,
            wildcard: false,
            grants: Arc::new(grants),
            meta,
        }))
    }

    #[test]
    fn only_what_differs_is_shown_and_never_who_or_when() {
        let (one, two) = (group("One", Levels::R, 1), group("One", Levels::all(), 2));
        let rows = differing([Some(&one), Some(&two)]);
        assert_eq!(rows.len(), 1, "{rows:?}");
        let row = rows.first().expect("a row");
        assert_eq!((row.name.as_str(), row.texts.clone()), ("Points (Data)", [Some("Read".to_owned()), Some("Read+Write".to_owned())]));
        assert!(differing([Some(&one), Some(&group("One", Levels::R, 9))]).is_empty());
        assert!(differing([None, Some(&one)]).iter().any(|row| row.name == "name" && row.texts.first() == Some(&None)));
    }

    #[test]
    fn three_sides_are_compared_at_once() {
        let (base, mine, theirs) = (group("A", Levels::R, 1), group("A", Levels::W, 1), group("B", Levels::R, 2));
        let rows = differing([Some(&base), Some(&mine), Some(&theirs)]);
        assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Points (Data)", "name"]);
    }
}
