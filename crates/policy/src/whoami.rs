//! What a user or an application holds, by which way and until when (APP-17, AC-23). It lists what is held; what that
//! permits is for a decision to say.

use serde::{Deserialize, Serialize};

use crate::access::Grant;
use crate::decision::Subject;
use crate::ids::*;
use crate::name::Name;
use crate::object::{Application, ApplicationType, Audience, Membership, RoleGrant, SetGrant, User, UserType};
use crate::permission::{Actions, ModuleGrant};
use crate::place::{Bounds, Place};
use crate::platform::PrivilegeKind;
use crate::scopes::{self, HeldScope};
use crate::state::{OrgState, State};

/// Who it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// A user, with what bounds all it holds.
    User {
        /// Its id.
        id: UserId,
        /// Standard, admin or owner: an owner holds everything there is, whatever is listed (UM-5).
        user_type: UserType,
        /// Employee or customer.
        audience: Audience,
        /// Where it may act at all; none for nowhere, unless an owner (UM-2).
        places: Vec<Place>,
    },
    /// An application.
    Application {
        /// Its id.
        id: ApplicationId,
        /// Application or extension.
        kind: ApplicationType,
        /// Its keys, by the id of their credential.
        keys: Vec<HeldKey>,
    },
}

/// A key of an application.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HeldKey {
    /// The credential.
    pub id: CredentialId,
    /// When it lets in.
    pub bounds: Bounds,
    /// It lets in at this moment.
    pub in_force: bool,
}

/// Where a bundle comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The org made it.
    Custom,
    /// The platform's catalogue.
    Predefined,
    /// It is no more: what is held of it is inert.
    Gone,
}

/// A role with what it brings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HeldRole {
    /// The role.
    pub role: RoleId,
    /// Its name; none if it is gone.
    pub name: Option<Name>,
    /// Where it comes from.
    pub origin: Origin,
    /// When it is held.
    pub bounds: Bounds,
    /// It is held at this moment.
    pub in_force: bool,
    /// It came with a registration without roles, and grants an application nothing (APP-13).
    pub inert: bool,
    /// Its rights.
    pub rights: Vec<HeldRight>,
}

/// A right of a role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HeldRight {
    /// The privilege.
    pub right: PrivilegeId,
    /// Of which kind; none if the catalogue has it no more.
    pub kind: Option<PrivilegeKind>,
    /// It counts: its role is in force and no inert one, and the catalogue knows it.
    pub in_force: bool,
}

/// A permission set at its places.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HeldSet {
    /// The set.
    pub set: SetId,
    /// Its name; none if it is gone.
    pub name: Option<Name>,
    /// Where it comes from.
    pub origin: Origin,
    /// Where it holds.
    pub places: Vec<Place>,
    /// When it is held.
    pub bounds: Bounds,
    /// It is held at this moment.
    pub in_force: bool,
    /// What it grants.
    pub grants: Vec<ModuleGrant>,
    /// What it names and the catalogue doesn't offer any more: inert.
    pub inert: Vec<ModuleGrant>,
}

/// An access group of an application's own (AG-36).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HeldGroup {
    /// The group.
    pub group: GroupId,
    /// Its name; none if it is gone.
    pub name: Option<Name>,
    /// It grants everything.
    pub wildcard: bool,
    /// Its cells.
    pub grants: Vec<Grant>,
}

/// What somebody holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WhoAmI {
    /// The org.
    pub org: OrgCode,
    /// Who.
    pub who: Who,
    /// Its name.
    pub name: Name,
    /// Neither it nor its org is suspended.
    pub active: bool,
    /// The revision that this is true at.
    pub revision: Revision,
    /// Its user groups.
    pub groups: Vec<Membership>,
    /// Its scopes in force, each with the way it comes by.
    pub scopes: Vec<HeldScope>,
    /// Its permission sets.
    pub sets: Vec<HeldSet>,
    /// Its roles.
    pub roles: Vec<HeldRole>,
    /// Its own access group.
    pub access_group: Option<HeldGroup>,
}

/// What a user or an application of an org holds. None for one that isn't there, and for a place, which holds nothing.
pub fn whoami(state: &State, org: &OrgCode, subject: Subject<'_>) -> Option<WhoAmI> {
    let org = state.orgs.get(org)?;
    match subject {
        Subject::User(id) => Some(of_user(state, org, org.users.get(id)?)),
        Subject::Application(id) => Some(of_application(state, org, org.applications.get(id)?)),
        Subject::Store(_) | Subject::Till(_) => None,
    }
}

fn of_user(state: &State, org: &OrgState, user: &User) -> WhoAmI {
    let more = user.more();
    WhoAmI {
        org: org.org.org.clone(),
        who: Who::User { id: user.id.clone(), user_type: user.user_type, audience: more.audience, places: more.places.clone() },
        name: user.name.clone(),
        active: user.active && org.org.active,
        revision: state.revision,
        groups: more.groups.clone(),
        scopes: scopes::of_user(state, org, user),
        sets: more.sets.iter().map(|grant| set(state, org, grant)).collect(),
        roles: more.roles.iter().map(|grant| role(state, org, grant, false)).collect(),
        access_group: None,
    }
}

fn of_application(state: &State, org: &OrgState, application: &Application) -> WhoAmI {
    let keys = org.keys.get(&application.id).into_iter().flatten().filter_map(|id| state.credentials.get(id)).filter(|key| !key.revoked);
    let inert = application.inert_roles.iter().map(|id| RoleGrant { role: id.clone(), bounds: Bounds::ALWAYS });
    let group = application.group.as_ref().map(|id| {
        let group = org.groups.get(id);
        HeldGroup {
            group: id.clone(),
            name: group.map(|group| group.name.clone()),
            wildcard: group.is_some_and(|group| group.wildcard),
            grants: group.map(|group| group.grants.to_vec()).unwrap_or_default(),
        }
    });
    WhoAmI {
        org: org.org.org.clone(),
        who: Who::Application {
            id: application.id.clone(),
            kind: application.kind,
            keys: keys.map(|key| HeldKey { id: key.id.clone(), bounds: key.bounds, in_force: key.bounds.hold(state.clock) }).collect(),
        },
        name: application.name.clone(),
        active: application.active && org.org.active,
        revision: state.revision,
        groups: Vec::new(),
        scopes: scopes::of_application(state, org, application),
        sets: Vec::new(),
        roles: application.roles.iter().map(|grant| role(state, org, grant, false)).chain(inert.map(|grant| role(state, org, &grant, true))).collect(),
        access_group: group,
    }
}

fn role(state: &State, org: &OrgState, grant: &RoleGrant, inert: bool) -> HeldRole {
    let in_force = grant.bounds.hold(state.clock);
    let (name, origin, rights) = match (org.roles.get(&grant.role), state.platform.role(grant.role.as_str())) {
        (Some(own), _) => (Some(own.name.clone()), Origin::Custom, own.rights.as_slice()),
        (None, Some(predefined)) => (Some(predefined.name.clone()), Origin::Predefined, predefined.rights.as_slice()),
        (None, None) => (None, Origin::Gone, [].as_slice()),
    };
    let right = |right: &PrivilegeId| {
        let kind = state.platform.privilege(right.as_str()).map(|privilege| privilege.kind);
        HeldRight { right: right.clone(), kind, in_force: in_force && !inert && kind.is_some() }
    };
    HeldRole { role: grant.role.clone(), name, origin, bounds: grant.bounds, in_force, inert, rights: rights.iter().map(right).collect() }
}

fn set(state: &State, org: &OrgState, grant: &SetGrant) -> HeldSet {
    let platform = &state.platform;
    let (name, origin, all) = match (org.sets.get(&grant.set), platform.set(grant.set.as_str())) {
        (Some(own), _) => (Some(own.name.clone()), Origin::Custom, own.grants.as_slice()),
        (None, Some(standard)) => (Some(standard.name.clone()), Origin::Predefined, standard.grants.as_slice()),
        (None, None) => (None, Origin::Gone, [].as_slice()),
    };
    // A standard set may hold what custom ones may not; neither holds what the catalogue has no more.
    let counts = |granted: &ModuleGrant| match (platform.module(granted.module.as_str()), origin) {
        (None, _) | (_, Origin::Gone) => Actions::empty(),
        (Some(module), Origin::Custom) => granted.actions & module.offered,
        (Some(_), Origin::Predefined) => granted.actions,
    };
    let split = |of: &dyn Fn(&ModuleGrant) -> Actions| -> Vec<ModuleGrant> {
        let grants = all.iter().map(|granted| ModuleGrant { module: granted.module.clone(), actions: of(granted) });
        grants.filter(|granted| !granted.actions.is_empty()).collect()
    };
    HeldSet {
        set: grant.set.clone(),
        name,
        origin,
        places: grant.places.clone(),
        bounds: grant.bounds,
        in_force: grant.bounds.hold(state.clock),
        grants: split(&counts),
        inert: split(&|granted| granted.actions - counts(granted)),
    }
}
