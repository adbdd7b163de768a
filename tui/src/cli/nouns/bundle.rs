//! Bundles that are named by id or by name: which one is meant.

use bailiwick_policy::ids::{ObjectId, OrgCode};
use bailiwick_policy::name::{Name, fold};
use bailiwick_policy::query::{Item, List};
use bailiwick_rpc::api::{ApiError, At};

use crate::cli::api::{Api, CallFault};
use crate::cli::context::Context;
use crate::cli::exit::Trouble;

/// A kind of bundle that has a name beside its id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Access controls.
    Control,
    /// User groups.
    UserGroup,
    /// Permission sets.
    Set,
    /// Roles.
    Role,
}

impl Kind {
    fn id(self, org: &OrgCode, text: &str) -> Option<ObjectId> {
        let org = org.clone();
        match self {
            Self::Control => text.parse().ok().map(|id| ObjectId::Control(org, id)),
            Self::UserGroup => text.parse().ok().map(|id| ObjectId::UserGroup(org, id)),
            Self::Set => text.parse().ok().map(|id| ObjectId::Set(org, id)),
            Self::Role => text.parse().ok().map(|id| ObjectId::Role(org, id)),
        }
    }

    fn list(self) -> List {
        match self {
            Self::Control => List::Controls,
            Self::UserGroup => List::UserGroups,
            Self::Set => List::Sets,
            Self::Role => List::Roles,
        }
    }

    /// What it is called, and the words that list it.
    fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::Control => ("access control", "access-control list"),
            Self::UserGroup => ("user group", "user-group list"),
            Self::Set => ("permission set", "permission-set list"),
            Self::Role => ("role", "role list"),
        }
    }

    /// Id and name of a row of its list.
    fn of<'a>(self, org: &OrgCode, item: &'a Item) -> Option<(ObjectId, &'a Name)> {
        let org = org.clone();
        match (self, item) {
            (Self::Control, Item::Control { control, .. }) => Some((ObjectId::Control(org, control.id.clone()), &control.name)),
            (Self::UserGroup, Item::UserGroup { group, .. }) => Some((ObjectId::UserGroup(org, group.id.clone()), &group.name)),
            (Self::Set, Item::Set { set, .. }) => Some((ObjectId::Set(org, set.id.clone()), &set.name)),
            (Self::Role, Item::Role { role, .. }) => Some((ObjectId::Role(org, role.id.clone()), &role.name)),
            (Self::Control | Self::UserGroup | Self::Set | Self::Role, _other) => None,
        }
    }
}

/// The one that is meant, to be shown.
pub(crate) async fn shown<A: Api>(context: &Context<'_, A>, org: &OrgCode, kind: Kind, text: &str) -> Result<ObjectId, Trouble> {
    find(context, org, kind, text, context.at()).await
}

/// The one that is meant, to be changed: one that another node has just taken in must not be missed.
pub(crate) async fn meant<A: Api>(context: &Context<'_, A>, org: &OrgCode, kind: Kind, text: &str) -> Result<ObjectId, Trouble> {
    find(context, org, kind, text, context.common.at.clone().unwrap_or(At::Linearizable)).await
}

async fn find<A: Api>(context: &Context<'_, A>, org: &OrgCode, kind: Kind, text: &str, at: At) -> Result<ObjectId, Trouble> {
    let text = text.trim();
    if let Some(id) = kind.id(org, text) {
        match context.api.get(id.clone(), at.clone()).await {
            Ok(_) => return Ok(id),
            Err(CallFault::Api(error)) if error.code == ApiError::NOT_FOUND => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    let wanted = fold(text);
    let listed = context.list_at(Some(org.clone()), kind.list(), text, None, at).await?;
    let mut found = listed.items.iter().filter_map(|item| kind.of(org, item)).filter(|(_, name)| fold(name.as_str()) == wanted);
    let (noun, lists) = kind.nouns();
    match found.next() {
        Some((id, _)) => Ok(id),
        None => Err(Trouble::Local(format!("there is no {noun} `{text}` in org `{org}`: `bailiwick {lists}` shows them"))),
    }
}
