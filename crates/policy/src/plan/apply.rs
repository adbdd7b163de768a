//! Policy from files: objects as a document describes them, put in the place of what is there. Like an undo it is judged
//! as a command would be, for nothing says that it came from a document of ours: every object must be as it was when the
//! difference was taken, and what would come of it must be lawful.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::{removals, revert, time};
use crate::command::Actor;
use crate::ids::*;
use crate::limits::REVERT_CHANGES_MAX;
use crate::object::*;
use crate::outcome::{Change, Rejection, RejectionCode};
use crate::state::State;

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
    let shut_out = shut_out(draft.state, changes);
    shut_out.iter().for_each(|credential| after.put(&Object::Credential(credential.clone())));
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
                    // It ends with those of the stores below.
                    ObjectId::Override(..) => continue,
                    _named => removals::retire(draft, &id),
                }
                draft.remove(&id);
            }
            (None, None) => {}
        }
    }
    settled(changes).into_iter().for_each(|store| time::settle(draft, org, store));
    tell(draft, changes, &shut_out);
    shut_out.into_iter().for_each(|credential| draft.put(Object::Credential(credential)));
    Ok(())
}

/// What let in users and applications that go, revoked: it goes with them, as by any other removal. Those that stay keep
/// their keys, which no file has.
fn shut_out(state: &State, changes: &[Change]) -> Vec<Arc<Credential>> {
    let gone: BTreeSet<ObjectId> = changes.iter().filter(|change| change.after.is_none()).filter_map(Change::id).collect();
    let lets_in = |credential: &&Arc<Credential>| {
        let holder = match &credential.kind {
            CredentialKind::User { org, user } | CredentialKind::Invitation { org, user } => ObjectId::User(org.clone(), user.clone()),
            CredentialKind::Application { org, application } => ObjectId::Application(org.clone(), application.clone()),
            CredentialKind::Operator | CredentialKind::EnforcementPoint { .. } => return false,
        };
        !credential.revoked && gone.contains(&holder)
    };
    let revoked = |credential: &Arc<Credential>| Arc::new(Credential { revoked: true, ..(**credential).clone() });
    state.credentials.values().filter(lets_in).map(revoked).collect()
}

/// Says what a file can't: what becomes of keys and credentials, of which it has none.
fn tell(draft: &mut Draft<'_>, changes: &[Change], shut_out: &[Arc<Credential>]) {
    if !shut_out.is_empty() {
        let names: Vec<&str> = shut_out.iter().map(|credential| credential.id.as_str()).collect();
        let message = "who goes is let in no longer, and no undo brings back what let them in";
        draft.warn(format!("{message}; revoked: {}", few(&names)));
    }
    let come = |change: &'_ Change| match (&change.before, &change.after) {
        (None, Some(Object::Application(application))) => Some(application.id.to_string()),
        (Some(_) | None, Some(_) | None) => None,
    };
    let come: Vec<String> = changes.iter().filter_map(come).collect();
    if !come.is_empty() {
        let names: Vec<&str> = come.iter().map(String::as_str).collect();
        draft.warn(format!("keys are in no file: make them with `application rotate-key` for {}", few(&names)));
    }
}

/// The first of some names, and how many there are beside.
fn few(names: &[&str]) -> String {
    const SHOWN: usize = 8;
    let shown = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Stores at which break-glass ends: they go, or a file says what they have, which means it as allocating by hand does.
fn settled(changes: &[Change]) -> BTreeSet<&StoreCode> {
    let ends = |change: &&Change| match (&change.before, &change.after) {
        (Some(Object::Store(before)), Some(Object::Store(after))) => (&before.group, before.observe) != (&after.group, after.observe),
        (Some(Object::Store(_) | Object::Override(_)), None) => true,
        (Some(_) | None, Some(_) | None) => false,
    };
    changes.iter().filter(ends).filter_map(|change| match &change.before {
        Some(Object::Store(store)) => Some(&store.code),
        Some(Object::Override(running)) => Some(&running.store),
        Some(_) | None => None,
    })
    .collect()
}

/// What a document can have. Orgs stay, and what lets in or goes by itself is no part of one.
fn documented(change: &Change) -> Result<(), Rejection> {
    let both = change.before.is_some() && change.after.is_some();
    match change.after.as_ref().or(change.before.as_ref()) {
        Some(Object::Org(_)) if both => Ok(()),
        // What break-glass put there is to stay: a document that says so ends it.
        Some(Object::Override(_)) if change.after.is_none() => Ok(()),
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
