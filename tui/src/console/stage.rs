//! Staged edits: what the operator has asked for and nobody has been told yet; and how far each has come since.
//!
//! Invariants: an edit that has been sent can't be touched until its outcome is known; what is sent is what the
//! last preview was made of; a write whose outcome is unknown is never forgotten and never taken for cancelled.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_policy::access::{Class, Grant, Levels, Narrow};
use bailiwick_policy::command::{Command, GroupRef};
use bailiwick_policy::ids::{GroupId, ObjectId, OrgCode, RequestId, ResourceId, StoreCode};
use bailiwick_policy::impact::counted;
use bailiwick_policy::limits::ALLOCATE_STORES_MAX;
use bailiwick_policy::name::{Name, check_text};
use bailiwick_policy::object::{Group, Object};
use bailiwick_rpc::api::{PreviewReply, RejectionBody};
use serde_bytes::ByteBuf;

/// A staged edit, for as long as the console runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StagedId(pub u64);

/// A group as an edit names it: by id, with the name for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The id.
    pub id: GroupId,
    /// The name.
    pub name: Arc<str>,
}

impl Named {
    /// Of a group.
    pub fn of(group: &Group) -> Self {
        Self { id: group.id.clone(), name: group.name.as_str().into() }
    }
}

/// What becomes of a cell's narrowing (AG-6).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Narrowing {
    /// It reaches these endpoints only, or all but these.
    To(Narrow),
    /// It reaches all endpoints of its resource and class.
    Widen,
}

/// An edit of one cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CellEdit {
    /// The levels it has.
    pub from: Levels,
    /// The levels it shall have.
    pub to: Levels,
    /// The narrowing it has.
    pub was: Option<Narrow>,
    /// What becomes of that; none keeps it.
    pub narrow: Option<Narrowing>,
}

impl CellEdit {
    /// The narrowing that it shall have.
    pub fn narrowed(&self) -> Option<&Narrow> {
        match &self.narrow {
            None => self.was.as_ref(),
            Some(Narrowing::To(narrow)) => Some(narrow),
            Some(Narrowing::Widen) => None,
        }
    }

    fn line(&self, resource: &ResourceId, class: Class, arrow: &str) -> String {
        let levels = if self.from == self.to { self.to.to_string() } else { format!("{} {arrow} {}", self.from, self.to) };
        let narrow = match &self.narrow {
            None => String::new(),
            Some(Narrowing::To(narrow)) => format!(", {narrow}"),
            Some(Narrowing::Widen) => ", all endpoints".to_owned(),
        };
        format!("{resource} ({class}): {levels}{narrow}")
    }
}

/// A command that was made elsewhere and is staged as it is: an undo, a remedy, a revocation, a new org.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// One line for people.
    pub title: String,
    /// What it changes, one line each.
    pub lines: Vec<String>,
    /// The command.
    pub command: Box<Command>,
    /// What must be typed to confirm it, where its impact alone doesn't say how grave it is.
    pub typed: Option<String>,
}

/// What is to change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edit {
    /// A group's name, description or cells.
    Group {
        /// The group.
        group: Named,
        /// A new name.
        name: Option<Name>,
        /// A new description.
        description: Option<Arc<str>>,
        /// Cells, each with what it was.
        cells: BTreeMap<(ResourceId, Class), CellEdit>,
    },
    /// A new group.
    NewGroup {
        /// Its name.
        name: Name,
        /// Its description.
        description: Arc<str>,
    },
    /// A group for stores; none makes them inherit.
    Allocate {
        /// The group.
        group: Option<Named>,
        /// What the group would deny is permitted and marked (AG-33).
        observe: bool,
        /// The stores, each with the group it had.
        stores: BTreeMap<StoreCode, Option<Arc<str>>>,
    },
    /// What stores without a group of their own inherit; none clears.
    Default {
        /// The group.
        group: Option<Named>,
        /// What the group would deny is permitted and marked (AG-33).
        observe: bool,
        /// The group it was, by name.
        before: Option<Arc<str>>,
    },
    /// Suspends or resumes an org, a store or a till.
    Active {
        /// What.
        target: ObjectId,
        /// Resume, or suspend.
        active: bool,
    },
    /// A command that was made elsewhere.
    Made(Made),
}

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

impl Edit {
    /// The command that would make it. All but those made elsewhere need the org that is looked at.
    pub fn command(&self, org: Option<&OrgCode>) -> Option<Command> {
        match (self, org) {
            (Self::Made(made), _) => Some((*made.command).clone()),
            (_, Some(org)) => Some(self.command_in(org.clone())),
            (_, None) => None,
        }
    }

    fn command_in(&self, org: OrgCode) -> Command {
        match self {
            Self::Group { group, name, description, cells } => Command::EditGroup {
                org,
                group: GroupRef::from(group.id.clone()),
                name: name.clone(),
                description: description.clone(),
                cells: cells
                    .iter()
                    .filter(|(_, cell)| cell.from != cell.to || matches!(cell.narrow, Some(Narrowing::To(_))))
                    .map(|((resource, class), cell)| Grant {
                        resource: resource.clone(),
                        class: *class,
                        levels: cell.to,
                        narrow: match &cell.narrow {
                            Some(Narrowing::To(narrow)) => Some(narrow.clone()),
                            Some(Narrowing::Widen) | None => None,
                        },
                    })
                    .collect(),
                widen: cells.iter().filter(|(_, cell)| cell.narrow == Some(Narrowing::Widen)).map(|(key, _)| key.clone()).collect(),
            },
            Self::NewGroup { name, description } => {
                Command::CreateGroup { org, name: name.clone(), description: description.clone(), grants: Vec::new() }
            }
            Self::Allocate { group, observe, stores } => Command::Allocate {
                org,
                stores: stores.keys().cloned().collect(),
                tills: Vec::new(),
                group: group.as_ref().map(|g| GroupRef::from(g.id.clone())),
                observe: *observe,
            },
            Self::Default { group, observe, .. } => {
                Command::SetDefault { org, group: group.as_ref().map(|g| GroupRef::from(g.id.clone())), observe: *observe }
            }
            Self::Active { target, active: false } => Command::Suspend { target: target.clone() },
            Self::Active { target, active: true } => Command::Resume { target: target.clone() },
            Self::Made(made) => (*made.command).clone(),
        }
    }

    /// One line for people.
    pub fn title(&self) -> String {
        match self {
            Self::Group { group, name, description, cells } => {
                let mut parts = Vec::new();
                if let Some(name) = name {
                    parts.push(format!("rename to `{name}`"));
                }
                if description.is_some() {
                    parts.push("new description".to_owned());
                }
                if !cells.is_empty() {
                    parts.push(counted(cells.len() as u64, "cell"));
                }
                format!("edit {}: {}", group.name, parts.join(", "))
            }
            Self::NewGroup { name, .. } => format!("create access group {name}"),
            Self::Allocate { group: Some(group), observe, stores } => {
                let word = if *observe { ", observing" } else { "" };
                format!("allocate {} to {}{word}", group.name, counted(stores.len() as u64, "store"))
            }
            Self::Allocate { group: None, stores, .. } => {
                format!("clear the group of {}: inherit the default", counted(stores.len() as u64, "store"))
            }
            Self::Default { group: Some(group), observe, .. } => {
                format!("set the default to {}{}", group.name, if *observe { ", observing" } else { "" })
            }
            Self::Default { group: None, .. } => "clear the default: stores without a group are denied everything".to_owned(),
            Self::Active { target, active: true } => format!("resume {target}"),
            Self::Active { target, active: false } => format!("suspend {target}"),
            Self::Made(made) => made.title.clone(),
        }
    }

    /// What it changes, before and after, one line each.
    pub fn lines(&self, arrow: &str) -> Vec<String> {
        match self {
            Self::Group { name, description, cells, .. } => {
                let mut lines = Vec::new();
                lines.extend(name.as_ref().map(|name| format!("name {arrow} {name}")));
                lines.extend(description.as_ref().map(|text| format!("description {arrow} {text}")));
                lines.extend(cells.iter().map(|((resource, class), cell)| cell.line(resource, *class, arrow)));
                lines
            }
            Self::NewGroup { description, .. } if description.is_empty() => vec!["no cell granted yet".to_owned()],
            Self::NewGroup { description, .. } => vec![format!("description: {description}"), "no cell granted yet".to_owned()],
            Self::Allocate { group, observe, stores } => {
                let to = group.as_ref().map_or("the default", |g| &*g.name);
                let to = if *observe { format!("{to}, observing") } else { to.to_owned() };
                stores.iter().map(|(code, from)| format!("{code}: {} {arrow} {to}", from.as_deref().unwrap_or("no group"))).collect()
            }
            Self::Default { group, observe, before } => {
                let none = "none";
                let to = group.as_ref().map_or(none, |g| &*g.name);
                let to = if *observe { format!("{to}, observing") } else { to.to_owned() };
                vec![format!("default: {} {arrow} {to}", before.as_deref().unwrap_or(none))]
            }
            Self::Active { target, active } => vec![format!("{target} {arrow} {}", if *active { "active" } else { "suspended" })],
            Self::Made(made) => made.lines.clone(),
        }
    }

    /// Whether nothing is left of it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Group { name, description, cells, .. } => name.is_none() && description.is_none() && cells.is_empty(),
            Self::Allocate { stores, .. } => stores.is_empty(),
            Self::NewGroup { .. } | Self::Default { .. } | Self::Active { .. } | Self::Made(_) => false,
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
