//! Names and ids of bundles (AG-9): access controls, user groups, permission sets, roles, applications. Each kind is
//! unique among its own, the platform's included, so that a reference by id or name is never ambiguous.

use std::sync::Arc;

use crate::ids::{BadId, GroupId};
use crate::limits::CODE_CHARS_MAX;
use crate::name::{Name, check_text, fold};
use crate::object::Object;
use crate::outcome::{Change, Rejection, RejectionCode};
use crate::state::{APPLICATION, CONTROL, OrgState, ROLE, SET, USER_GROUP};

/// What a kind of bundle has in an org: its own, and the platform's beneath.
pub(super) struct Bundles<'a> {
    /// The org.
    pub(super) org: &'a OrgState,
    /// The kind, as in `state::SET`.
    pub(super) kind: &'static str,
    /// Ids of the org's own.
    pub(super) ids: Vec<&'a str>,
    /// Ids and names of the platform's.
    pub(super) predefined: Vec<(&'a str, &'a str)>,
}

impl Bundles<'_> {
    /// The word for it: `permission set`.
    pub(super) fn noun(&self) -> String {
        self.kind.replace('-', " ")
    }

    /// The id that a reference means: an id of the org's own or the platform's, else a name of either.
    pub(super) fn find(&self, reference: &str) -> Option<String> {
        let by_id = self.ids.iter().chain(self.predefined.iter().map(|(id, _)| id)).find(|id| **id == reference);
        let by_name = || self.org.named(self.kind, reference).map(|id| id.to_string());
        let folded = fold(reference);
        let predefined = || self.predefined.iter().find(|(_, name)| fold(name) == folded).map(|(id, _)| (*id).to_owned());
        by_id.map(|id| (*id).to_owned()).or_else(by_name).or_else(predefined)
    }

    /// No other has the name, and none has it as its id (AG-9).
    pub(super) fn is_free(&self, name: &Name, own: Option<&str>) -> Result<(), Rejection> {
        let folded = name.folded();
        let named = self.org.named(self.kind, name.as_str()).map(|id| &**id).filter(|id| Some(*id) != own);
        let by_id = self.ids.iter().copied().find(|id| Some(*id) != own && fold(id) == *folded);
        let predefined = self.predefined.iter().find(|(id, of)| fold(of) == *folded || fold(id) == *folded).map(|(id, _)| *id);
        match named.or(by_id).or(predefined) {
            Some(other) => {
                let message = format!("{} `{other}` has the name `{name}`, or one that differs only in case: choose another", self.noun());
                Err(Rejection::new(RejectionCode::NameTaken, message))
            }
            None => Ok(()),
        }
    }

    /// The id of a new one: its name in lower case with dashes, a number behind it if that is taken or was removed.
    pub(super) fn id_for<T: std::str::FromStr<Err = BadId>>(&self, name: &Name) -> Result<T, Rejection> {
        let mut base = String::new();
        for c in fold(name.as_str()).chars() {
            if c.is_ascii_alphanumeric() {
                base.push(c);
            } else if !base.is_empty() && !base.ends_with('-') {
                base.push('-');
            }
        }
        let base: String = base.trim_end_matches('-').chars().take(CODE_CHARS_MAX - 6).collect();
        let base = if base.is_empty() { self.kind.to_owned() } else { base };
        let own = name.folded();
        let taken = |id: &str| {
            let folded = fold(id);
            self.ids.iter().any(|other| other.eq_ignore_ascii_case(id))
                || self.predefined.iter().any(|(other, of)| other.eq_ignore_ascii_case(id) || (fold(of) == folded && folded != *own))
                || (folded != *own && self.org.named(self.kind, id).is_some())
                || self.org.retired.contains_key(format!("{}:{id}", self.kind).as_str())
        };
        let mut id = base.clone();
        let mut number = 2u32;
        while taken(&id) {
            id = format!("{base}-{number}");
            number += 1;
        }
        id.parse().map_err(|why: BadId| Rejection::new(RejectionCode::TextInvalid, why.to_string()))
    }
}

/// Nothing that is put as an object takes a name that another keeps. The index of the state after it tells of the last alone
/// that was put with a name, so the one before is asked.
pub(super) fn none_taken(old: &OrgState, new: &OrgState, changes: &[Change]) -> Result<(), Rejection> {
    for object in changes.iter().filter_map(|change| change.after.as_ref()) {
        let (name, other) = match object {
            Object::Group(o) => {
                let keeps = |id: &&GroupId| **id != o.id && new.groups.get(*id).is_some_and(|other| other.name.folded() == o.name.folded());
                (&o.name, old.group_names.get(&o.name.folded()).filter(keeps).map(ToString::to_string))
            }
            Object::Control(o) => (&o.name, kept(old, CONTROL, &o.name, o.id.as_str(), |id| new.controls.get(id).map(|other| &other.name))),
            Object::UserGroup(o) => (&o.name, kept(old, USER_GROUP, &o.name, o.id.as_str(), |id| new.user_groups.get(id).map(|other| &other.name))),
            Object::Set(o) => (&o.name, kept(old, SET, &o.name, o.id.as_str(), |id| new.sets.get(id).map(|other| &other.name))),
            Object::Role(o) => (&o.name, kept(old, ROLE, &o.name, o.id.as_str(), |id| new.roles.get(id).map(|other| &other.name))),
            Object::Application(o) => {
                (&o.name, kept(old, APPLICATION, &o.name, o.id.as_str(), |id| new.applications.get(id).map(|other| &other.name)))
            }
            Object::Cluster(_)
            | Object::Org(_)
            | Object::Zone(_)
            | Object::Concept(_)
            | Object::Store(_)
            | Object::Till(_)
            | Object::Resource(_)
            | Object::Endpoint(_)
            | Object::User(_)
            | Object::Credential(_)
            | Object::Retired(_)
            | Object::Scope(_)
            | Object::Entity(_)
            | Object::Override(_)
            | Object::Settings(_)
            | Object::Platform(_)
            | Object::Clock(_)
            | Object::Proposal(_) => continue,
        };
        if let Some(other) = other {
            let message = format!("`{other}` has the name `{name}` of `{}`, or one that differs only in case: rename it first", object.id());
            return Err(Rejection::new(RejectionCode::NameTaken, message));
        }
    }
    Ok(())
}

/// Another that had the name before and still has it.
fn kept<'a>(old: &OrgState, kind: &'static str, name: &Name, own: &str, now: impl Fn(&str) -> Option<&'a Name>) -> Option<String> {
    let other = old.named(kind, name.as_str()).filter(|id| ***id != *own)?;
    now(other).filter(|kept| kept.folded() == name.folded()).map(|_| other.to_string())
}

/// A description that may be stored.
pub(super) fn description(text: &Arc<str>) -> Result<Arc<str>, Rejection> {
    check_text(text).map_err(|why| Rejection::new(RejectionCode::TextInvalid, format!("the description: {why}")))?;
    Ok(text.clone())
}
