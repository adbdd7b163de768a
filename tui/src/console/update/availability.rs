//! When actions can't be taken, and why. One answer greys the key bar, fills the help and refuses the key.

use bailiwick_policy::object::GroupKind;

use super::{commit, stage};
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
        Action::NewGroup => Ok(()),
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
            stage::target(model).map(|_| ()).ok_or("choose a store or a till")
        }
        Action::Mark | Action::Range if model.view == View::Allocate && model.allocate.on_targets => {
            Err("stores are marked: tab")
        }
        Action::Unmark if model.allocate.marks.is_empty() => Err("nothing is marked"),
        Action::Commit => match commit::current(model).map(|staged| &staged.phase) {
            None => Err("nothing is staged"),
            Some(_) if model.read_only => Err(READ_ONLY),
            Some(Phase::Previewed(_)) => Ok(()),
            Some(Phase::Staged | Phase::Previewing(_)) => Err("wait for the preview"),
            Some(Phase::Conflict(_) | Phase::Refused(_) | Phase::Failed(_)) => Err("preview it again: R"),
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
            View::Allocate | View::Pulse | View::Explain | View::Cluster | View::Pending => Ok(()),
        },
        Action::FilterStatus if model.groups.pane != GroupsPane::List => Err("of the list of groups"),
        Action::GoPulse
        | Action::GoGroups
        | Action::GoAllocate
        | Action::GoMatrix
        | Action::GoExplain
        | Action::GoCluster
        | Action::GoPending
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

/// Whether the group may be edited at all (AG-11).
fn editable(model: &Model) -> Result<(), &'static str> {
    match model.current_group() {
        None => Err("no group here"),
        Some(group) if group.kind == GroupKind::BuiltIn => Err("built-in: can't be edited"),
        Some(_) => Ok(()),
    }
}
