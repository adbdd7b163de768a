//! Staged edits: what the operator has asked for and nobody has been told yet; and how far each has come since.
//!
//! Invariants: an edit that has been sent can't be touched until its outcome is known; what is sent is what the
//! last preview was made of; a write whose outcome is unknown is never forgotten and never taken for cancelled.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_policy::access::Class;
use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{GroupId, ObjectId, OrgCode, RequestId, ResourceId, StoreCode};
use bailiwick_policy::limits::ALLOCATE_STORES_MAX;
use bailiwick_policy::name::{Name, check_text};
use bailiwick_policy::object::Object;
use bailiwick_rpc::api::{PreviewReply, RejectionBody};
use serde_bytes::ByteBuf;

pub use super::edit::{CellEdit, Edit, Made, Named, Narrowing};

/// A staged edit, for as long as the console runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StagedId(pub u64);

/// A preview, and what it was made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Previewed {
    /// The command, encoded: what will be sent.
    pub command: ByteBuf,
    /// What the server said it would do.
    pub reply: PreviewReply,
}

/// What others have made of the objects meanwhile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Theirs {
    /// Being asked for.
    Asked,
    /// The objects as they are now; none where one is gone.
    Known(Vec<(ObjectId, Option<Object>)>),
    /// They couldn't be had.
    Failed(String),
}

/// A change that was refused because of others'.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// What the cluster said.
    pub message: String,
    /// What was previewed: the base, and mine.
    pub sent: Box<Previewed>,
    /// As it is now.
    pub theirs: Theirs,
}

/// How far a staged edit has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Nobody has been told.
    Staged,
    /// The server is asked what it would do; these bytes.
    Previewing(ByteBuf),
    /// The server has said.
    Previewed(Box<Previewed>),
    /// Somebody changed what it was based on: it stays staged, to be previewed again.
    Conflict(Box<Conflict>),
    /// The server said no, to the preview or to the change itself.
    Refused(RejectionBody),
    /// It was not sent, or nobody could be asked: try again.
    Failed(String),
    /// On its way.
    Sending {
        /// Its id, once it has one.
        id: Option<RequestId>,
        /// What was sent.
        sent: Box<Previewed>,
        /// Since when.
        since_ms: u64,
    },
    /// Sent, and nobody can say yet what became of it.
    Unknown {
        /// Its id.
        id: RequestId,
        /// What was sent.
        sent: Box<Previewed>,
        /// Since when.
        since_ms: u64,
        /// How often its outcome was asked for.
        asked: u32,
        /// What was last heard.
        message: String,
        /// Whether a node has said that it had not been applied by then: sending it again is then worth while.
        not_applied: bool,
    },
}

impl Phase {
    /// Whether it has been sent and its outcome isn't known.
    pub fn is_under_way(&self) -> bool {
        matches!(self, Self::Sending { .. } | Self::Unknown { .. })
    }

    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Previewing(_) => "previewing",
            Self::Previewed(_) => "previewed",
            Self::Conflict(_) => "conflict",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "not sent",
            Self::Sending { .. } => "sending",
            Self::Unknown { .. } => "outcome unknown",
        }
    }
}

/// A staged edit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Staged {
    /// Which.
    pub id: StagedId,
    /// What.
    pub edit: Edit,
    /// How far.
    pub phase: Phase,
}

/// How much a confirmation asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Risk {
    /// Nobody loses anything: Enter on Apply.
    Plain,
    /// Somebody loses something: a capital Y.
    Loss,
    /// It reaches everything that inherits: this text, typed.
    Typed(String),
}

impl Staged {
    /// How much its confirmation asks for.
    pub fn risk(&self, org: Option<&OrgCode>) -> Risk {
        let loses = match &self.phase {
            Phase::Previewed(previewed) => previewed.reply.impact.lost > 0,
            Phase::Staged
            | Phase::Previewing(_)
            | Phase::Conflict(_)
            | Phase::Refused(_)
            | Phase::Failed(_)
            | Phase::Sending { .. }
            | Phase::Unknown { .. } => true,
        };
        match &self.edit {
            Edit::Default { group: Some(group), .. } => Risk::Typed(group.name.to_string()),
            Edit::Default { group: None, .. } | Edit::Active { target: ObjectId::Org(_), active: false } => {
                org.map_or(Risk::Loss, |org| Risk::Typed(org.to_string()))
            }
            Edit::Made(Made { typed: Some(typed), .. }) => Risk::Typed(typed.clone()),
            Edit::Group { .. } | Edit::NewGroup { .. } | Edit::Allocate { .. } | Edit::Active { .. } | Edit::Made(_) => {
                if loses { Risk::Loss } else { Risk::Plain }
            }
        }
    }
}

/// Why an edit can't be staged now.
pub const UNDER_WAY: &str = "a change of the same is on its way: wait for its outcome";

/// All staged edits, in the order they were made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stage {
    /// The edits.
    pub edits: Vec<Staged>,
    next: u64,
}

impl Stage {
    /// One of them.
    pub fn get(&self, id: StagedId) -> Option<&Staged> {
        self.edits.iter().find(|s| s.id == id)
    }

    /// One of them, to be moved on.
    pub fn get_mut(&mut self, id: StagedId) -> Option<&mut Staged> {
        self.edits.iter_mut().find(|s| s.id == id)
    }

    /// Takes one away: it is done, or discarded before it was sent.
    pub fn remove(&mut self, id: StagedId) {
        self.edits.retain(|s| s.id != id);
    }

    /// How many have been sent with an outcome that isn't known.
    pub fn under_way(&self) -> usize {
        self.edits.iter().filter(|s| s.phase.is_under_way()).count()
    }

    fn push(&mut self, edit: Edit) {
        self.next += 1;
        self.edits.push(Staged { id: StagedId(self.next), edit, phase: Phase::Staged });
    }

    /// Sets cells of a group: each with what it is now, as committed, and what it shall be. A cell set back to what
    /// it is leaves the stage, unless its narrowing is staged too.
    pub fn set_cells(
        &mut self,
        group: &Named,
        wanted: impl IntoIterator<Item = (ResourceId, Class, CellEdit)>,
    ) -> Result<(), &'static str> {
        self.in_group(group, |edit| {
            if let Edit::Group { cells, .. } = edit {
                for (resource, class, mut cell) in wanted {
                    let same = match &cell.narrow {
                        None => false,
                        Some(Narrowing::To(narrow)) => cell.was.as_ref() == Some(narrow),
                        Some(Narrowing::Widen) => cell.was.is_none(),
                    };
                    if same {
                        cell.narrow = None;
                    }
                    if cell.from == cell.to && cell.narrow.is_none() {
                        cells.remove(&(resource, class));
                    } else {
                        cells.insert((resource, class), cell);
                    }
                }
            }
        })
    }

    /// What a cell shall be, if it is staged.
    pub fn cell(&self, group: &GroupId, resource: &ResourceId, class: Class) -> Option<&CellEdit> {
        self.edits.iter().find_map(|s| match &s.edit {
            Edit::Group { group: of, cells, .. } if of.id == *group => cells.get(&(resource.clone(), class)),
            Edit::Group { .. }
            | Edit::NewGroup { .. }
            | Edit::Allocate { .. }
            | Edit::Default { .. }
            | Edit::Active { .. }
            | Edit::Made(_) => None,
        })
    }

    /// Stages a command that was made elsewhere. Its place among the edits is returned.
    pub fn make(&mut self, made: Made) -> Result<usize, &'static str> {
        if let Some(at) = self.edits.iter().position(|s| matches!(&s.edit, Edit::Made(other) if other.command == made.command)) {
            return Ok(at);
        }
        self.push(Edit::Made(made));
        Ok(self.edits.len() - 1)
    }

    /// Whether such a command is staged.
    pub fn is_made(&self, wanted: impl Fn(&Command) -> bool) -> bool {
        self.edits.iter().any(|s| matches!(&s.edit, Edit::Made(made) if wanted(&made.command)))
    }

    /// Takes such a command back, unless it has been sent. False if there was none to be taken.
    pub fn unmake(&mut self, wanted: impl Fn(&Command) -> bool) -> bool {
        let before = self.edits.len();
        self.edits.retain(|s| s.phase.is_under_way() || !matches!(&s.edit, Edit::Made(made) if wanted(&made.command)));
        self.edits.len() != before
    }

    /// A new name or description for a group; none leaves it as it is.
    pub fn describe(&mut self, group: &Named, new_name: Option<Name>, new_text: Option<Arc<str>>) -> Result<(), &'static str> {
        self.in_group(group, |edit| {
            if let Edit::Group { name, description, .. } = edit {
                *name = new_name;
                *description = new_text;
            }
        })
    }

    /// A new group.
    pub fn create(&mut self, name: Name, description: &str) -> Result<(), &'static str> {
        check_text(description).map_err(|bad| bad.0)?;
        self.push(Edit::NewGroup { name, description: description.into() });
        Ok(())
    }

    /// A group for stores. Stores that another staged edit names leave that one: the last word counts.
    pub fn allocate(
        &mut self,
        group: Option<&Named>,
        observe: bool,
        stores: impl IntoIterator<Item = (StoreCode, Option<Arc<str>>)>,
    ) -> Result<(), &'static str> {
        let mut wanted: BTreeMap<StoreCode, Option<Arc<str>>> = stores.into_iter().collect();
        let sent = |s: &Staged| match &s.edit {
            Edit::Allocate { stores, .. } => s.phase.is_under_way() && wanted.keys().any(|code| stores.contains_key(code)),
            Edit::Group { .. } | Edit::NewGroup { .. } | Edit::Default { .. } | Edit::Active { .. } | Edit::Made(_) => false,
        };
        if self.edits.iter().any(sent) {
            return Err(UNDER_WAY);
        }
        for staged in &mut self.edits {
            if let Edit::Allocate { group: of, observe: how, stores } = &mut staged.edit
                && !staged.phase.is_under_way()
            {
                let before = stores.len();
                stores.retain(|code, _| !wanted.contains_key(code));
                if stores.len() != before {
                    staged.phase = Phase::Staged;
                }
                // Room in an edit of the same group is filled first, so that ten marks make one change.
                let room = ALLOCATE_STORES_MAX.saturating_sub(stores.len());
                if of.as_ref() == group && *how == observe && room > 0 && !wanted.is_empty() {
                    for _ in 0..room {
                        let Some((code, from)) = wanted.pop_first() else { break };
                        stores.insert(code, from);
                    }
                    staged.phase = Phase::Staged;
                }
            }
        }
        while !wanted.is_empty() {
            let mut stores = BTreeMap::new();
            while stores.len() < ALLOCATE_STORES_MAX
                && let Some((code, from)) = wanted.pop_first()
            {
                stores.insert(code, from);
            }
            self.push(Edit::Allocate { group: group.cloned(), observe, stores });
        }
        self.drop_empty();
        Ok(())
    }

    /// The group that a store shall have, if that is staged, and whether it shall only observe: the inner none makes
    /// it inherit.
    pub fn allocation(&self, store: &StoreCode) -> Option<(Option<&Named>, bool)> {
        self.edits.iter().rev().find_map(|s| match &s.edit {
            Edit::Allocate { group, observe, stores } if stores.contains_key(store) => Some((group.as_ref(), *observe)),
            Edit::Group { .. }
            | Edit::NewGroup { .. }
            | Edit::Allocate { .. }
            | Edit::Default { .. }
            | Edit::Active { .. }
            | Edit::Made(_) => None,
        })
    }

    /// The default. The last word counts.
    pub fn set_default(&mut self, group: Option<Named>, observe: bool, before: Option<Arc<str>>) -> Result<(), &'static str> {
        self.replace(|edit| matches!(edit, Edit::Default { .. }), Edit::Default { group, observe, before })
    }

    /// The default that is staged: the inner none clears it.
    pub fn new_default(&self) -> Option<Option<&Named>> {
        self.edits.iter().find_map(|s| match &s.edit {
            Edit::Default { group, .. } => Some(group.as_ref()),
            Edit::Group { .. } | Edit::NewGroup { .. } | Edit::Allocate { .. } | Edit::Active { .. } | Edit::Made(_) => None,
        })
    }

    /// Suspends or resumes. Asking for the opposite of what is staged takes it back.
    pub fn set_active(&mut self, target: ObjectId, active: bool) -> Result<(), &'static str> {
        let same = |edit: &Edit| matches!(edit, Edit::Active { target: of, .. } if *of == target);
        let opposite = |edit: &Edit| same(edit) && matches!(edit, Edit::Active { active: was, .. } if *was != active);
        if self.edits.iter().any(|s| opposite(&s.edit) && !s.phase.is_under_way()) {
            self.edits.retain(|s| !opposite(&s.edit));
            return Ok(());
        }
        self.replace(same, Edit::Active { target: target.clone(), active })
    }

    /// Whether suspending or resuming this is staged.
    pub fn active(&self, target: &ObjectId) -> Option<bool> {
        self.edits.iter().find_map(|s| match &s.edit {
            Edit::Active { target: of, active } if of == target => Some(*active),
            Edit::Made(Made { command, .. }) => match (&**command, target) {
                (Command::SetStoresActive { stores, active, .. }, ObjectId::Store(_, code)) if stores.contains(code) => Some(*active),
                _ => None,
            },
            Edit::Group { .. } | Edit::NewGroup { .. } | Edit::Allocate { .. } | Edit::Default { .. } | Edit::Active { .. } => None,
        })
    }

    fn replace(&mut self, same: impl Fn(&Edit) -> bool, edit: Edit) -> Result<(), &'static str> {
        if self.edits.iter().any(|s| same(&s.edit) && s.phase.is_under_way()) {
            return Err(UNDER_WAY);
        }
        self.edits.retain(|s| !same(&s.edit));
        self.push(edit);
        Ok(())
    }

    fn in_group(&mut self, group: &Named, change: impl FnOnce(&mut Edit)) -> Result<(), &'static str> {
        let of_group = |s: &Staged| matches!(&s.edit, Edit::Group { group: of, .. } if of.id == group.id);
        if !self.edits.iter().any(of_group) {
            self.push(Edit::Group { group: group.clone(), name: None, description: None, cells: BTreeMap::new() });
        }
        if let Some(staged) = self.edits.iter_mut().find(|s| of_group(s)) {
            if staged.phase.is_under_way() {
                return Err(UNDER_WAY);
            }
            change(&mut staged.edit);
            staged.phase = Phase::Staged;
        }
        self.drop_empty();
        Ok(())
    }

    fn drop_empty(&mut self) {
        self.edits.retain(|s| s.phase.is_under_way() || !s.edit.is_empty());
    }
}
