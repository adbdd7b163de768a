//! What actions do. Whether they can be done is asked first, of `availability`.

use std::collections::BTreeMap;

use bailiwick_policy::access::{Levels, Narrow};
use bailiwick_policy::ids::ObjectId;
use bailiwick_policy::query::Item;
use bailiwick_rpc::api::MemberChange;
use tui_input::Input;

use super::availability::availability;
use super::moves::*;
use super::{audit, commit, conflict, credentials, data, denies, members, narrow, overlay, stage, tree};
use crate::console::effect::Effect;
use crate::console::keys::{Action, View};
use crate::console::listing::Seek;
use crate::console::model::{FormKind, GroupsPane, Model, Overlay, Pick, Selection, Tone, WAIT_CANCEL_MS};
use crate::console::stage::{Named, Phase};

/// Views remembered at most.
const HISTORY_MAX: usize = 100;

/// Does it, or says why not.
pub fn perform(model: &mut Model, action: Action, fx: &mut Vec<Effect>) {
    if let Err(reason) = availability(model, action) {
        // Esc at home and a history that has an end are no mistakes.
        if !matches!(action, Action::Back | Action::HistoryBack | Action::HistoryForward | Action::LastView) {
            model.say(Tone::Warn, format!("{}: {reason}", action.name().replace('-', " ")));
        }
        return;
    }
    match action {
        Action::GoPulse => go(model, View::Pulse, fx),
        Action::GoGroups => go(model, View::Groups, fx),
        Action::GoAllocate => go(model, View::Allocate, fx),
        Action::GoMatrix => go_matrix(model, fx),
        Action::GoExplain => go_explain(model, fx),
        Action::GoCluster => go(model, View::Cluster, fx),
        Action::GoPending => go(model, View::Pending, fx),
        Action::GoTree => go(model, View::Tree, fx),
        Action::GoDenies => go(model, View::Denies, fx),
        Action::GoAudit => go(model, View::Audit, fx),
        Action::GoCredentials => go(model, View::Credentials, fx),
        Action::Up => step(model, -1),
        Action::Down => step(model, 1),
        Action::PageUp => step(model, -page(model)),
        Action::PageDown => step(model, page(model)),
        Action::First => edge(model, Seek::Start, fx),
        Action::Last => edge(model, Seek::End, fx),
        Action::Left | Action::Right => sideways(model, action == Action::Right),
        Action::NextPane => next_pane(model, true),
        Action::PreviousPane => next_pane(model, false),
        Action::Open => open(model, fx),
        Action::Back => back(model, fx),
        Action::Filter => {
            if let Some(filter) = model.filter_mut() {
                filter.editing = true;
            }
        }
        Action::PickFilter => overlay::pick(model, Pick::Zone, fx),
        Action::FilterStatus => cycle_status(model, fx),
        Action::Mark => mark(model),
        Action::Range => range(model),
        Action::MarkAll => mark_all(model, fx),
        Action::Unmark if model.view == View::Endpoints => model.endpoints.marks.clear(),
        Action::Unmark => {
            let count = model.allocate.marks.len();
            model.allocate.marks.clear();
            model.allocate.range_from = None;
            model.say(Tone::Plain, format!("{count} marks taken away"));
        }
        Action::SetDefault => stage::set_default(model),
        Action::ClearDefault => stage::clear_default(model),
        Action::Allocate => {
            end_range(model);
            if model.allocate.on_targets {
                stage::allocate_current(model);
            } else {
                overlay::pick(model, Pick::Target, fx);
            }
        }
        Action::Inherit => {
            end_range(model);
            stage::allocate(model, None);
        }
        Action::ToggleActive if model.view == View::Tree => tree::toggle_active(model, fx),
        Action::ToggleActive => stage::toggle_active(model),
        Action::Observe => {
            if model.view == View::Allocate && !model.allocate.on_targets {
                end_range(model);
                stage::observe(model);
            } else {
                stage::observe_default(model);
            }
        }
        Action::Export => export(model),
        Action::TreeMode => tree::switch_mode(model),
        Action::ShowStores => tree::show_stores(model, fx),
        Action::Undo => audit::undo(model, fx),
        Action::StageRemedy => denies::stage_remedy(model, fx),
        Action::NarrowOnly => narrow::narrow(model, Narrow::Only),
        Action::NarrowExcept => narrow::narrow(model, Narrow::Except),
        Action::Widen => narrow::widen(model),
        Action::NewCredential => overlay::form(model, FormKind::NewCredential, [("id", ""), ("label", ""), ("lets in", "operator")]),
        Action::Revoke => credentials::revoke(model, fx),
        Action::NewOrg => {
            let code = model.org.as_ref().map(ToString::to_string).unwrap_or_default();
            overlay::form(model, FormKind::NewOrg, [("code", &*code), ("name", ""), ("owner id", "owner"), ("owner name", "")]);
        }
        Action::AddMember => overlay::form(model, FormKind::AddMember, [("id", ""), ("peers at", ""), ("callers at", "")]),
        Action::PromoteMember | Action::RemoveMember | Action::TransferLead => {
            if let Some(id) = members::current(model) {
                let change = match action {
                    Action::PromoteMember => MemberChange::Promote { id },
                    Action::RemoveMember => MemberChange::Remove { id },
                    _ => MemberChange::Transfer { to: Some(id) },
                };
                members::ask(model, change, fx);
            }
        }
        Action::Rebase => conflict::rebase(model),
        Action::Keep => conflict::keep(model, fx),
        Action::ToggleOrg => stage::toggle_org(model),
        Action::NewGroup => overlay::form(model, FormKind::NewGroup, [("name", ""), ("description", "")]),
        Action::EditGroup => edit_group(model),
        Action::SetNone => stage::set_cells(model, |_| Levels::empty()),
        Action::SetRead => stage::set_cells(model, |_| Levels::R),
        Action::SetWrite => stage::set_cells(model, |_| Levels::W),
        Action::SetBoth => stage::set_cells(model, |_| Levels::all()),
        Action::Cycle => stage::cycle_cells(model),
        Action::SelectRow => toggle_selection(model, Selection::Row),
        Action::SelectColumn => toggle_selection(model, Selection::Column),
        Action::Unstage => stage::unstage_cells(model),
        Action::PickGroup => overlay::pick(model, Pick::Matrix, fx),
        Action::Commit => match commit::allocated_group(model) {
            // What stands in the way is shown.
            Some(group) => tree::show_filtered(model, &format!("group:={group}"), fx),
            None => commit::confirm(model),
        },
        Action::Discard => commit::discard(model),
        Action::Resend => commit::resend(model, fx),
        Action::EditQuestion => question(model),
        Action::Palette => {
            model.overlay = Some(Overlay::Palette { input: Input::default(), cursor: 0, found: BTreeMap::new() });
        }
        Action::Help => model.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::LastView => {
            if let Some(view) = model.last_view {
                go(model, view, fx);
            }
        }
        Action::HistoryBack => travel(model, model.history_at.saturating_sub(1), fx),
        Action::HistoryForward => travel(model, model.history_at + 1, fx),
        Action::Copy => {
            if let Some(text) = id_under_cursor(model) {
                model.say(Tone::Plain, format!("copied {text}"));
                fx.push(Effect::Copy(text));
            }
        }
        Action::Dump => fx.push(Effect::Dump),
        Action::Refresh => {
            data::refresh(model, fx);
            commit::preview_again(model);
        }
        Action::Freeze => {
            model.frozen = !model.frozen;
            let word = if model.frozen { "frozen: changes aren't followed" } else { "changes are followed again" };
            model.say(Tone::Plain, word);
            if !model.frozen {
                data::refresh(model, fx);
            }
        }
        Action::Redraw => fx.push(Effect::Redraw),
        Action::Suspend => fx.push(Effect::Suspend),
        Action::Quit => quit(model, fx),
    }
}

/// Goes to a view.
pub fn go(model: &mut Model, view: View, fx: &mut Vec<Effect>) {
    if view == model.view {
        return;
    }
    model.history.truncate(model.history_at + 1);
    model.history.push(view);
    if model.history.len() > HISTORY_MAX {
        model.history.remove(0);
    }
    model.history_at = model.history.len() - 1;
    arrive(model, view, fx);
}

fn travel(model: &mut Model, to: usize, fx: &mut Vec<Effect>) {
    if let Some(view) = model.history.get(to).copied() {
        model.history_at = to;
        arrive(model, view, fx);
    }
}

fn arrive(model: &mut Model, view: View, fx: &mut Vec<Effect>) {
    if view != model.view {
        model.last_view = Some(model.view);
    }
    if let Some(filter) = model.filter_mut() {
        filter.editing = false;
    }
    model.view = view;
    data::on_enter(model, fx);
}

fn go_matrix(model: &mut Model, fx: &mut Vec<Effect>) {
    let chosen = match model.view {
        View::Groups | View::Allocate => model.current_group().map(|group| group.id.clone()),
        _ => None,
    };
    match chosen.or_else(|| model.matrix.group.clone()) {
        Some(group) => open_matrix(model, group, fx),
        None => {
            go(model, View::Matrix, fx);
            overlay::pick(model, Pick::Matrix, fx);
        }
    }
}

/// Opens a group's matrix.
pub fn open_matrix(model: &mut Model, group: bailiwick_policy::ids::GroupId, fx: &mut Vec<Effect>) {
    if model.matrix.group.as_ref() != Some(&group) {
        model.matrix.committed = None;
        model.matrix.fault = None;
        model.matrix.selection = None;
        model.matrix.group = Some(group);
    }
    if model.view == View::Matrix {
        data::on_enter(model, fx);
    } else {
        go(model, View::Matrix, fx);
    }
}

fn go_explain(model: &mut Model, fx: &mut Vec<Effect>) {
    match model.view {
        View::Allocate => {
            if let Some(Item::Store { store, .. }) = model.allocate.stores.current() {
                model.explain.subject = format!("store:{}", store.code);
            }
        }
        View::Groups => match (model.groups.pane, model.groups.stores.current(), model.groups.tills.current()) {
            (GroupsPane::Tills, _, Some(Item::Till { till })) => {
                model.explain.subject = format!("till:{}/{}", till.store, till.code);
            }
            (GroupsPane::Stores | GroupsPane::Tills, Some(Item::Store { store, .. }), _) => {
                model.explain.subject = format!("store:{}", store.code);
            }
            _ => {}
        },
        View::Endpoints => {
            if let Some(endpoint) = model.current_endpoint().cloned() {
                model.explain.action = endpoint.method.to_string();
                model.explain.resource = endpoint.template.to_string();
            }
        }
        View::Tree => {
            if let Some(item) = model.tree.current().and_then(|row| model.tree.item(&row.row)) {
                match item {
                    Item::Store { store, .. } => model.explain.subject = format!("store:{}", store.code),
                    Item::Till { till } => model.explain.subject = format!("till:{}/{}", till.store, till.code),
                    _ => {}
                }
            }
        }
        View::Denies if model.denies.current().is_some() => return denies::explain(model, fx),
        View::Pulse
        | View::Matrix
        | View::Explain
        | View::Denies
        | View::Cluster
        | View::Audit
        | View::Credentials
        | View::Pending => {}
    }
    go(model, View::Explain, fx);
    if model.explain.reply.is_none() || model.last_view == Some(View::Endpoints) {
        question(model);
    }
}

fn question(model: &mut Model) {
    let (subject, action, resource) =
        (model.explain.subject.clone(), model.explain.action.clone(), model.explain.resource.clone());
    overlay::form(model, FormKind::Question, [("subject", &*subject), ("method", &*action), ("path", &*resource)]);
}

fn open(model: &mut Model, fx: &mut Vec<Effect>) {
    match model.view {
        View::Groups => match (model.groups.pane, model.current_group().map(|group| group.id.clone())) {
            (GroupsPane::Stores, _) => model.groups.pane = GroupsPane::Tills,
            (GroupsPane::List | GroupsPane::About | GroupsPane::Tills, Some(group)) => open_matrix(model, group, fx),
            (GroupsPane::List | GroupsPane::About | GroupsPane::Tills, None) => {}
        },
        View::Allocate => perform(model, Action::Allocate, fx),
        View::Matrix => {
            if let Some(Item::Resource { resource, .. }) = model.matrix.resources.current() {
                let id = resource.id.clone();
                let list = bailiwick_policy::query::List::Endpoints { resource: Some(id.clone()), class: None };
                // What found the resource finds its endpoints too.
                let text = model.matrix.filter.input.value().trim().to_owned();
                let by_endpoint = !text.is_empty() && !id.as_str().to_lowercase().contains(&text.to_lowercase());
                let text = if by_endpoint { text } else { String::new() };
                model.endpoints.list.ask(list, &text);
                model.endpoints.filter = Default::default();
                model.endpoints.filter.input = Input::new(text);
                model.endpoints.marks.clear();
                model.endpoints.resource = Some(id);
                go(model, View::Endpoints, fx);
            }
        }
        View::Endpoints => go_explain(model, fx),
        View::Tree => tree::toggle(model),
        View::Denies => denies::explain(model, fx),
        View::Explain if availability(model, Action::StageRemedy).is_ok() => denies::stage_remedy(model, fx),
        View::Explain => question(model),
        View::Pulse | View::Cluster | View::Audit | View::Credentials | View::Pending => {}
    }
}

fn back(model: &mut Model, fx: &mut Vec<Effect>) {
    if model.waiting_ms().is_some_and(|waiting| waiting >= WAIT_CANCEL_MS) {
        for slot in model.slots_shown() {
            if model.requests.since(*slot).is_some() {
                model.requests.cancel(*slot);
                fx.push(Effect::Cancel(*slot));
                if let Some(list) = model.listing_mut(*slot) {
                    list.fail(crate::console::api::Fault::new("cancelled", "no longer waited for; R asks again"));
                }
            }
        }
        commit::on_cancel(model);
        let cancelled = || crate::console::api::Fault::new("cancelled", "no longer waited for; R asks again");
        match model.view {
            View::Tree => {
                model.tree.fail(cancelled());
                tree::rebuild(model);
            }
            View::Audit if model.audit.seeking.is_some() => audit::on_fault(model, cancelled()),
            View::Denies => model.denies.load = crate::console::listing::Load::Failed(cancelled()),
            View::Pulse
            | View::Groups
            | View::Allocate
            | View::Matrix
            | View::Endpoints
            | View::Explain
            | View::Cluster
            | View::Audit
            | View::Credentials
            | View::Pending => {}
        }
    }
    let selecting = match model.view {
        View::Matrix => model.matrix.selection.take().is_some(),
        View::Allocate => model.allocate.range_from.take().is_some(),
        View::Groups => {
            let deeper = model.groups.pane != GroupsPane::List;
            model.groups.pane = match model.groups.pane {
                GroupsPane::Tills => GroupsPane::Stores,
                GroupsPane::List | GroupsPane::About | GroupsPane::Stores => GroupsPane::List,
            };
            deeper
        }
        View::Endpoints => {
            let marked = !model.endpoints.marks.is_empty();
            model.endpoints.marks.clear();
            marked
        }
        View::Audit => std::mem::take(&mut model.audit.on_detail),
        View::Pulse
        | View::Tree
        | View::Explain
        | View::Denies
        | View::Cluster
        | View::Credentials
        | View::Pending => false,
    };
    if selecting {
        return;
    }
    if model.filter().is_some_and(|filter| !filter.input.value().is_empty()) {
        data::set_filter(model, "", 0, fx);
    } else if let Some(parent) = model.view.parent() {
        go(model, parent, fx);
    }
}

fn edit_group(model: &mut Model) {
    let Some(group) = model.current_group().cloned() else { return };
    let named = Named::of(&group);
    let (name, description) = (group.name.to_string(), group.description.to_string());
    overlay::form(model, FormKind::EditGroup(named, group), [("name", &*name), ("description", &*description)]);
}

fn export(model: &mut Model) {
    let Some(group) = model.current_group().map(|group| Named::of(group)) else { return };
    let file = format!("stores-of-{}.csv", group.id);
    overlay::form(model, FormKind::Export(group), [("file", &*file)]);
}

/// The id under the cursor.
pub fn id_under_cursor(model: &Model) -> Option<String> {
    if let Some(item) = model.focus().and_then(|slot| model.listing(slot)).and_then(|list| list.current()) {
        return Some(match item {
            Item::Till { till } => ObjectId::Till(till.org.clone(), till.store.clone(), till.code.clone())
                .to_string()
                .trim_start_matches("till:")
                .to_owned(),
            other => other.key(),
        });
    }
    match model.view {
        View::Pending => match commit::current(model).map(|staged| &staged.phase) {
            Some(Phase::Unknown { id, .. } | Phase::Sending { id: Some(id), .. }) => Some(id.to_string()),
            _ => None,
        },
        View::Pulse => model.cluster.events.front().map(|event| event.revision.to_string()),
        View::Cluster => {
            let status = model.cluster.status.as_ref()?;
            status.nodes.get(model.cluster.cursor).map(|node| node.client.clone())
        }
        View::Audit => model.audit.current().map(|entry| entry.revision.to_string()),
        View::Denies => model.denies.current().map(|row| format!("{} {} {}", row.subject, row.method, row.path)),
        View::Tree => {
            let row = &model.tree.current()?.row;
            match model.tree.item(row) {
                Some(item) => Some(item.key()),
                None => tree::zone(model).map(|known| known.zone.code.to_string()),
            }
        }
        View::Groups | View::Allocate | View::Matrix | View::Endpoints | View::Explain | View::Credentials => None,
    }
}

fn quit(model: &mut Model, fx: &mut Vec<Effect>) {
    if model.stage.edits.is_empty() || matches!(model.overlay, Some(Overlay::ConfirmQuit { .. })) {
        model.quit = true;
        fx.push(Effect::Quit);
    } else {
        model.overlay = Some(Overlay::ConfirmQuit { on_quit: false });
    }
}
