//! Samples of proposals and of what came with them. A list of its own: golden files hold the lists of before.

use std::sync::Arc;

use bailiwick_policy::command::{Command, Field};
use bailiwick_policy::ids::{OrgCode, RequestId, Revision, Tick};
use bailiwick_policy::object::{Object, Proposal, Settings};

use super::{id, meta};

fn org() -> OrgCode {
    id("acme")
}

/// A proposal of a command.
pub(crate) fn proposal(command: Command) -> Object {
    Object::Proposal(Arc::new(Proposal {
        org: org(),
        id: RequestId(0x018b_cfe5_6800_0000_0000_0000_0000_0009),
        maker: id("ann-laptop"),
        user: Some(id("ann")),
        until: Tick(1_700_600_000_000),
        planned_at: Revision(41),
        reason: Some("spring pilot".into()),
        command: Arc::new(command),
        meta: meta(),
    }))
}

/// Each with the name of its golden file, the proposal first.
pub(crate) fn objects() -> Vec<(&'static str, Object)> {
    let allocate = Command::Allocate { org: org(), stores: vec![id("north-7")], tills: Vec::new(), group: Some("pos".into()), observe: true };
    let settings = Settings { org: org(), contact: None, least_privilege_registration: false, meta: meta(), approval_required: true };
    vec![("object-proposal-v1", proposal(allocate)), ("object-settings-v1-approval", Object::Settings(Arc::new(settings)))]
}

/// The commands that make and settle one.
pub(super) fn commands() -> Vec<Command> {
    let proposal = RequestId(9);
    let inner = Command::EditSettings { org: org(), contact: Field::Keep, least_privilege_registration: None, approval_required: Some(false) };
    vec![
        inner.clone(),
        Command::Propose { org: org(), command: Box::new(inner), lasts_ms: Some(60_000) },
        Command::Approve { org: org(), proposal },
        Command::Decline { org: org(), proposal },
        Command::Withdraw { org: org(), proposal },
    ]
}
