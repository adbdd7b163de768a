//! What can be staged: an edit as the operator means it, the command that makes it, and its words. It knows nothing of
//! how far it has come; that is `stage`.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_policy::access::{Class, Grant, Levels, Narrow};
use bailiwick_policy::command::{Command, GroupRef};
use bailiwick_policy::ids::{GroupId, ObjectId, OrgCode, ResourceId, StoreCode};
use bailiwick_policy::impact::counted;
use bailiwick_policy::name::Name;
use bailiwick_policy::object::Group;

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
