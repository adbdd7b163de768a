//! When actions can't be taken, and why. One answer greys the key bar, fills the help and refuses the key.

use bailiwick_policy::object::GroupKind;
use bailiwick_policy::query::Item;

use super::{audit, commit, members, stage, tree};
use crate::console::effect::Slot;
use crate::console::keys::{Action, View};
use crate::console::model::{GroupsPane, Model};
use crate::console::stage::Phase;

/// Whether an action can be taken now, and if not, why not.
pub fn availability(model: &Model, action: Action) -> Result<(), &'static str> {
    const READ_ONLY: &str = "read-only";
    match action {
        Action::SetNone | Action::SetRead | Action::SetWrite | Action::SetBoth | Action::Cycle => {
            editable(model)?;
            if model.read_only {
                return Err(READ_ONLY);
            }
            model.matrix.resources.current().map(|_| ()).ok_or("no resource here")
        }
        Action::Unstage => model.matrix.resources.current().map(|_| ()).ok_or("no resource here"),
        Action::SelectRow | Action::SelectColumn => editable(model),
        Action::EditGroup => {
            if model.read_only {
                return Err(READ_ONLY);
            }
            editable(model)
        }
        Action::NewGroup | Action::ClearDefault | Action::ToggleOrg if model.read_only => Err(READ_ONLY),
        Action::NewGroup => model.org.as_ref().map(|_| ()).ok_or("there is no org yet: 1 says what to do"),
        Action::NewOrg
        | Action::NewCredential
        | Action::Revoke
        | Action::AddMember
        | Action::PromoteMember
        | Action::RemoveMember
        | Action::TransferLead
        | Action::StageRemedy
        | Action::NarrowOnly
        | Action::NarrowExcept
        | Action::Widen
        | Action::Observe
        | Action::Undo
            if model.read_only =>
        {
            Err(READ_ONLY)
        }
        Action::NewOrg => match &model.who {
            Some(who) if who.kind == "operator" => Ok(()),
            Some(_) => Err("only a platform operator creates orgs"),
            None => Err("who you are isn't known yet"),
        },
        Action::NewCredential => Ok(()),
        Action::Revoke => match model.credentials.list.current() {
            Some(Item::Credential { credential }) if credential.revoked => Err("it is revoked already"),
            Some(_) => Ok(()),
            None => Err("no credential here"),
        },
        Action::AddMember | Action::PromoteMember | Action::RemoveMember | Action::TransferLead => member_change(model, action),
        Action::StageRemedy => {
            let explanation = model.explain.reply.as_ref().and_then(|reply| reply.explanation.as_ref());
            match explanation.map(|explanation| explanation.remedies.is_empty()) {
                Some(false) => Ok(()),
                Some(true) => Err("nothing to remedy"),
                None => Err("nothing is explained"),
            }
        }
        Action::NarrowOnly | Action::NarrowExcept | Action::Widen => {
            editable(model)?;
            model.current_endpoint().map(|_| ()).ok_or("no endpoint here")
        }
        Action::Observe if model.view == View::Allocate && !model.allocate.on_targets => {
            let any = !model.allocate.marks.is_empty() || model.allocate.stores.current().is_some();
            if any { Ok(()) } else { Err("no store marked") }
        }
        Action::Observe => match (model.current_group(), model.org_record.as_ref().and_then(|org| org.default_group.as_ref())) {
            (Some(group), Some(default)) if group.id == *default => Ok(()),
            (_, None) => Err("there is no default"),
            (_, Some(_)) => Err("only the default, or an allocation (3), can observe"),
        },
        Action::Undo => {
            if model.requests.since(Slot::Inverse).is_some() {
                return Err("what undoes it is being asked for");
            }
            audit::target(model).map(|_| ())
        }
        Action::Export => model.current_group().map(|_| ()).ok_or("no group here"),
        Action::ShowStores => tree::filter_of(model).map(|_| ()).ok_or("choose a zone, a group or a store"),
        Action::Rebase | Action::Keep => match commit::current(model).map(|staged| &staged.phase) {
            Some(Phase::Conflict(_)) => Ok(()),
            Some(_) | None => Err("only after a conflict"),
        },
        Action::ClearDefault => match model.org_record.as_ref().and_then(|org| org.default_group.as_ref()) {
            Some(_) => Ok(()),
            None => Err("there is no default"),
        },
        Action::ToggleOrg => model.org_record.as_ref().map(|_| ()).ok_or("the org isn't known yet"),
        Action::SetDefault => {
            if model.read_only {
                return Err(READ_ONLY);
            }
            if model.view == View::Allocate && !model.allocate.on_targets {
                return Err("choose a group first: tab");
            }
            match model.current_group() {
                None => Err("no group here"),
                Some(group) if !group.active => Err("the group is inactive"),
                Some(group) => match model.org_record.as_ref().and_then(|org| org.default_group.as_ref()) {
                    Some(default) if *default == group.id => Err("it is the default"),
                    Some(_) | None => Ok(()),
                },
            }
        }
        Action::Allocate | Action::Inherit => {
            if model.read_only {
                return Err(READ_ONLY);
            }
            let any = !model.allocate.marks.is_empty() || model.allocate.stores.current().is_some();
            if any { Ok(()) } else { Err("no store marked") }
        }
        Action::ToggleActive => {
            if model.read_only {
                return Err(READ_ONLY);
            }
            if model.view == View::Groups && matches!(model.groups.pane, GroupsPane::List | GroupsPane::About) {
                return match model.current_group() {
                    None => Err("no group here"),
                    Some(group) if group.kind == GroupKind::BuiltIn => Err("built-in: can't be deactivated"),
                    Some(_) => Ok(()),
                };
            }
            if model.view == View::Tree && tree::zone(model).is_some() {
                return Ok(());
            }
            stage::target(model).map(|_| ()).ok_or("choose a store or a till")
        }
        Action::Mark | Action::Range if model.view == View::Allocate && model.allocate.on_targets => {
            Err("stores are marked: tab")
        }
        Action::Mark if model.view == View::Endpoints => model.current_endpoint().map(|_| ()).ok_or("no endpoint here"),
        Action::Unmark if model.view == View::Endpoints && model.endpoints.marks.is_empty() => Err("nothing is marked"),
        Action::Unmark if model.view == View::Endpoints => Ok(()),
        Action::Unmark if model.allocate.marks.is_empty() => Err("nothing is marked"),
        Action::Commit => match commit::current(model).map(|staged| &staged.phase) {
            None => Err("nothing is staged"),
            Some(_) if model.read_only => Err(READ_ONLY),
            Some(Phase::Previewed(_)) => Ok(()),
            Some(Phase::Staged | Phase::Previewing(_)) => Err("wait for the preview"),
            Some(Phase::Refused(_)) if commit::allocated_group(model).is_some() => Ok(()),
            Some(Phase::Conflict(_)) => Err("a conflict: rebase or drop it"),
            Some(Phase::Refused(_) | Phase::Failed(_)) => Err("preview it again: R"),
            Some(Phase::Sending { .. }) => Err("it is on its way"),
            Some(Phase::Unknown { .. }) => Err("its outcome is being asked for"),
        },
        Action::Discard => match commit::current(model) {
            None => Err("nothing is staged"),
            Some(staged) if staged.phase.is_under_way() => Err("it has been sent"),
            Some(_) => Ok(()),
        },
        Action::Resend => match commit::current(model).map(|staged| &staged.phase) {
            Some(Phase::Unknown { not_applied: true, .. }) => Ok(()),
            Some(Phase::Unknown { .. }) => Err("no node has said yet that it isn't applied"),
            Some(_) | None => Err("only for an unknown outcome"),
        },
        Action::LastView => model.last_view.map(|_| ()).ok_or("no view before this one"),
        Action::HistoryBack if model.history_at == 0 => Err("no history"),
        Action::HistoryForward if model.history_at + 1 >= model.history.len() => Err("no history"),
        Action::Back if model.view == View::Pulse => Err("this is home"),
        Action::Open => match model.view {
            View::Groups => model.current_group().map(|_| ()).ok_or("no group here"),
            View::Matrix => model.matrix.resources.current().map(|_| ()).ok_or("no resource here"),
            View::Endpoints => model.current_endpoint().map(|_| ()).ok_or("no endpoint here"),
            View::Allocate if model.read_only => Err(READ_ONLY),
            View::Tree => model.tree.current().map(|_| ()).ok_or("nothing here"),
            View::Denies => model.denies.current().map(|_| ()).ok_or("no row here"),
            View::Allocate
            | View::Pulse
            | View::Explain
            | View::Cluster
            | View::Audit
            | View::Credentials
            | View::Pending => Ok(()),
        },
        Action::FilterStatus if model.groups.pane != GroupsPane::List => Err("of the list of groups"),
        Action::GoPulse
        | Action::GoGroups
        | Action::GoAllocate
        | Action::GoMatrix
        | Action::GoExplain
        | Action::GoCluster
        | Action::GoPending
        | Action::GoTree
        | Action::GoDenies
        | Action::GoAudit
        | Action::GoCredentials
        | Action::TreeMode
        | Action::Up
        | Action::Down
        | Action::Left
        | Action::Right
        | Action::PageUp
        | Action::PageDown
        | Action::First
        | Action::Last
        | Action::NextPane
        | Action::PreviousPane
        | Action::Back
        | Action::Filter
        | Action::PickFilter
        | Action::FilterStatus
        | Action::Mark
        | Action::Range
        | Action::MarkAll
        | Action::Unmark
        | Action::PickGroup
        | Action::EditQuestion
        | Action::Palette
        | Action::Help
        | Action::HistoryBack
        | Action::HistoryForward
        | Action::Copy
        | Action::Dump
        | Action::Refresh
        | Action::Freeze
        | Action::Redraw
        | Action::Suspend
        | Action::Quit => Ok(()),
    }
}

/// Whether a change of members can be asked for.
fn member_change(model: &Model, action: Action) -> Result<(), &'static str> {
    if model.cluster.changing {
        return Err("a change of members is on its way");
    }
    let Some(status) = &model.cluster.status else { return Err("the nodes aren't known yet") };
    if action == Action::AddMember {
        return Ok(());
    }
    let id = members::current(model).ok_or("no node here")?;
    let role = status.nodes.iter().find(|node| node.id == id).map_or("", |node| node.role.as_str());
    match (action, role) {
        (Action::PromoteMember, "voter") => Err("it is a voter already"),
        (Action::TransferLead, "learner") => Err("a learner can't lead: promote it first"),
        _ => Ok(()),
    }
}

/// Whether the group may be edited at all (AG-11).
fn editable(model: &Model) -> Result<(), &'static str> {
    match model.current_group() {
        None => Err("no group here"),
        Some(group) if group.kind == GroupKind::BuiltIn => Err("built-in: can't be edited"),
        Some(_) => Ok(()),
    }
}
