//! A conflict: what others have made of its objects is asked for, and mine is laid on top of it, or kept, or dropped.

use bailiwick_policy::ids::ObjectId;
use bailiwick_policy::object::Object;
use bailiwick_policy::query::Item;
use bailiwick_rpc::api::At;

use super::commit::current;
use super::{actions, data, stage};
use crate::console::effect::{Effect, Read, Slot};
use crate::console::fields::object_of;
use crate::console::keys::View;
use crate::console::model::{Model, Tone};
use crate::console::stage::{Edit, Phase, Staged, Theirs};

/// Objects of a conflict that are compared: those that the cluster named first.
const COMPARED_MAX: usize = 50;

/// Asks what others have made of the objects of a conflict, if that isn't known.
pub fn compare(model: &mut Model, fx: &mut Vec<Effect>) {
    let Some(staged) = current(model) else { return };
    let Phase::Conflict(conflict) = &staged.phase else { return };
    if conflict.theirs != Theirs::Asked || model.comparing == Some(staged.id) {
        return;
    }
    let id = staged.id;
    let reply = &conflict.sent.reply;
    let mut objects: Vec<ObjectId> = reply.changes.iter().filter_map(|change| change.id()).collect();
    for (read, _) in &reply.reads {
        if !objects.contains(read) {
            objects.push(read.clone());
        }
    }
    // Those that the cluster named come first: they are what it is about.
    objects.sort_by_key(|object| !conflict.message.contains(&object.to_string()));
    objects.truncate(COMPARED_MAX);
    model.comparing = Some(id);
    // Asked of the leader: what conflicts may not have arrived at this node yet.
    data::ask(model, Slot::Theirs, Read::GetAll(objects, At::Linearizable), 0, fx);
}

/// What others have made of them.
pub fn on_theirs(model: &mut Model, result: Result<Vec<(ObjectId, Option<Item>)>, String>) {
    let Some(staged) = model.comparing.take().and_then(|id| model.stage.get_mut(id)) else { return };
    if let Phase::Conflict(conflict) = &mut staged.phase {
        conflict.theirs = match result {
            Ok(objects) => Theirs::Known(objects.into_iter().map(|(id, item)| (id, item.and_then(object_of))).collect()),
            Err(why) => Theirs::Failed(why),
        };
    }
}

/// Mine on top of theirs: what it says it changes from is what is there now, and it is previewed again.
pub fn rebase(model: &mut Model) {
    let Some(staged) = current(model) else { return };
    let Phase::Conflict(conflict) = &staged.phase else { return };
    let id = staged.id;
    let theirs = match &conflict.theirs {
        Theirs::Known(objects) => objects.iter().filter_map(|(_, object)| object.clone()).collect(),
        Theirs::Asked | Theirs::Failed(_) => Vec::new(),
    };
    for object in theirs {
        match object {
            Object::Group(group) => stage::rebase(model, &group),
            Object::Store(store) => {
                if let Some(Staged { edit: Edit::Allocate { stores, .. }, .. }) = model.stage.get_mut(id)
                    && let Some(from) = stores.get_mut(&store.code)
                {
                    *from = store.group.as_ref().map(|group| group.as_str().into());
                }
            }
            Object::Org(org) => {
                if let Some(Staged { edit: Edit::Default { before, .. }, .. }) = model.stage.get_mut(id) {
                    *before = org.default_group.as_ref().map(|group| group.as_str().into());
                }
            }
            Object::Cluster(_)
            | Object::Zone(_)
            | Object::Concept(_)
            | Object::Till(_)
            | Object::Resource(_)
            | Object::Endpoint(_)
            | Object::User(_)
            | Object::Credential(_)
            | Object::Scope(_)
            | Object::Entity(_)
            | Object::Control(_)
            | Object::UserGroup(_)
            | Object::Set(_)
            | Object::Role(_)
            | Object::Application(_)
            | Object::Override(_)
            | Object::Settings(_)
            | Object::Platform(_)
            | Object::Clock(_)
            | Object::Proposal(_)
            | Object::Retired(_) => {}
        }
    }
    if let Some(staged) = model.stage.get_mut(id) {
        staged.phase = Phase::Staged;
        model.say(Tone::Plain, "mine on top of theirs: previewed again");
    }
}

/// Leaves a conflict as it is and goes back.
pub fn keep(model: &mut Model, fx: &mut Vec<Effect>) {
    model.say(Tone::Plain, "kept as staged; p comes back to it");
    let back = model.last_view.filter(|view| *view != View::Pending).unwrap_or(View::Pulse);
    actions::go(model, back, fx);
}
