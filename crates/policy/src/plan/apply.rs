//! Policy from files: objects as a document describes them, put in the place of what is there. Like an undo it is judged
//! as a command would be, for nothing says that it came from a document of ours: every object must be as it was when the
//! difference was taken, and what would come of it must be lawful.

use super::draft::Draft;
use super::{removals, revert};
use crate::command::Actor;
use crate::ids::*;
use crate::limits::REVERT_CHANGES_MAX;
use crate::object::*;
use crate::outcome::{Change, Rejection, RejectionCode};

pub(super) fn apply(draft: &mut Draft<'_>, org: &OrgCode, changes: &[Change], actor: &Actor) -> Result<(), Rejection> {
    if changes.is_empty() {
        return Err(Rejection::new(RejectionCode::NothingNamed, "no changes are given"));
    }
    if changes.len() > REVERT_CHANGES_MAX {
        return Err(Rejection::new(RejectionCode::TooMany, format!("{} changes: one entry has at most {REVERT_CHANGES_MAX}", changes.len())));
    }
    changes.iter().try_for_each(documented)?;
    if revert::one_org(changes)? != *org {
        return Err(Rejection::new(RejectionCode::WrongKind, format!("a change is about another org than `{org}`")));
    }
    let moved = revert::moved(draft.state, changes);
    if !moved.is_empty() {
        let message = "what the difference was taken from has changed since: take it again";
        return Err(Rejection::new(RejectionCode::Conflict, message).with_examples(moved));
    }
    let mut after = draft.state.clone();
    changes.iter().for_each(|change| after.apply(change));
    revert::lawful(draft.state, &after, org, changes)?;
    revert::spares_the_actor(draft.state, changes, actor)?;
    for change in changes {
        match (&change.after, &change.before) {
            (Some(object), before) => {
                let mut object = object.clone();
                if before.is_none() {
                    *object.meta_mut() = draft.new_meta();
                }
                draft.put(object);
            }
            (None, Some(object)) => {
                let id = object.id();
                match &id {
                    // They are named by nothing that outlives them.
                    ObjectId::Resource(..) | ObjectId::Endpoint(..) | ObjectId::Group(..) | ObjectId::Settings(_) => {}
                    ObjectId::User(org, user) => {
                        super::users::remove(draft, org, user, actor)?;
                        removals::retire(draft, &id);
                    }
                    ObjectId::Application(org, application) => {
                        super::applications::remove(draft, org, application)?;
                        removals::retire(draft, &id);
                    }
                    _named => removals::retire(draft, &id),
                }
                draft.remove(&id);
            }
            (None, None) => {}
        }
    }
    Ok(())
}

/// What a document can have. Orgs stay, and what lets in or goes by itself is no part of one.
fn documented(change: &Change) -> Result<(), Rejection> {
    let both = change.before.is_some() && change.after.is_some();
    match change.after.as_ref().or(change.before.as_ref()) {
        Some(Object::Org(_)) if both => Ok(()),
        Some(
            Object::Zone(_)
            | Object::Concept(_)
            | Object::Store(_)
            | Object::Till(_)
            | Object::Resource(_)
            | Object::Endpoint(_)
            | Object::Group(_)
            | Object::User(_)
            | Object::Scope(_)
            | Object::Entity(_)
            | Object::Control(_)
            | Object::UserGroup(_)
            | Object::Set(_)
            | Object::Role(_)
            | Object::Application(_)
            | Object::Settings(_),
        ) => Ok(()),
        Some(
            other @ (Object::Org(_)
            | Object::Cluster(_)
            | Object::Credential(_)
            | Object::Retired(_)
            | Object::Override(_)
            | Object::Platform(_)
            | Object::Clock(_)
            | Object::Proposal(_)),
        ) => Err(Rejection::new(RejectionCode::WrongKind, format!("`{}` can't be put by a document", other.id()))),
        None => Err(Rejection::new(RejectionCode::NothingNamed, "a change has no side")),
    }
}
