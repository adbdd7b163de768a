//! Entities and policies as they come together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value, json};

/// An entity's type and id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Uid(pub &'static str, pub String);

/// Names an entity.
pub fn uid(kind: &'static str, id: impl fmt::Display) -> Uid {
    Uid(kind, id.to_string())
}

impl Uid {
    /// As Cedar's JSON has it.
    pub fn json(&self) -> Value {
        json!({ "__entity": { "type": self.0, "id": self.1 } })
    }
}

impl fmt::Display for Uid {
    /// As it stands in a policy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::\"{}\"", self.0, self.1.escape_debug())
    }
}

/// A list of entities as it stands in a policy.
pub fn list(of: &[Uid]) -> String {
    let texts: Vec<String> = of.iter().map(ToString::to_string).collect();
    format!("[{}]", texts.join(", "))
}

/// What is known of an entity.
#[derive(Clone, Default, Debug)]
pub struct Known {
    parents: BTreeSet<Uid>,
    attributes: BTreeMap<&'static str, Value>,
}

impl Known {
    /// It lies in another.
    pub fn within(&mut self, parent: Uid) -> &mut Self {
        self.parents.insert(parent);
        self
    }

    /// It has an attribute.
    pub fn has(&mut self, name: &'static str, value: impl Into<Value>) -> &mut Self {
        self.attributes.insert(name, value.into());
        self
    }
}

/// All of an org.
#[derive(Default, Debug)]
pub struct World {
    entities: BTreeMap<Uid, Known>,
    policies: Vec<String>,
}

impl World {
    /// An entity, made if it isn't there yet.
    pub fn entity(&mut self, uid: Uid) -> &mut Known {
        self.entities.entry(uid).or_default()
    }

    /// A policy, with a name that answers tell.
    pub fn policy(&mut self, name: impl fmt::Display, text: impl fmt::Display) {
        self.policies.push(format!("@id(\"{}\")\n{text};\n", name.to_string().escape_debug()));
    }

    /// The policies, as text.
    pub fn policies(&self) -> String {
        self.policies.join("\n")
    }

    /// The entities, as JSON.
    pub fn entities(&self) -> String {
        let all: Vec<Value> = self
            .entities
            .iter()
            .map(|(uid, known)| {
                let attributes: Map<String, Value> = known.attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
                let parents: Vec<Value> = known.parents.iter().map(|Uid(kind, id)| json!({ "type": kind, "id": id })).collect();
                json!({ "uid": { "type": uid.0, "id": uid.1 }, "attrs": attributes, "parents": parents })
            })
            .collect();
        Value::from(all).to_string()
    }
}
