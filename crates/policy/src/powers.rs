//! What a user may do in administration: their type, and what their permission sets hold on the module
//! *Administration*, at places. Read by `plan` when a command is applied and by `view` when something is looked at;
//! judged as decisions are, by the same reading of sets.

use crate::ids::{ModuleId, ScopeId};
use crate::object::{User, UserType};
use crate::permission::{Action, ModuleGrant, Permission};
use crate::place::{Place, cover};
use crate::reference::people::set_grants;
use crate::scopes::HeldScope;
use crate::state::{OrgState, State};

/// A sub-module of *Administration*.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sub {
    /// Users.
    Users,
    /// Permission sets.
    PermissionSets,
    /// User groups.
    UserGroups,
    /// Access controls.
    AccessControls,
    /// Scopes and entities.
    ScopesAndEntities,
    /// Roles.
    Roles,
    /// Applications.
    Applications,
    /// Access groups.
    AccessGroups,
    /// Stores and their tills.
    Stores,
    /// Zones and concepts.
    Places,
    /// Resources and endpoints.
    Catalogue,
    /// The audit.
    Audit,
}

impl Sub {
    /// All.
    pub const ALL: [Self; 12] = [
        Self::Users,
        Self::PermissionSets,
        Self::UserGroups,
        Self::AccessControls,
        Self::ScopesAndEntities,
        Self::Roles,
        Self::Applications,
        Self::AccessGroups,
        Self::Stores,
        Self::Places,
        Self::Catalogue,
        Self::Audit,
    ];

    /// `Administration/Access groups`.
    pub fn module(self) -> &'static str {
        match self {
            Self::Users => "Administration/Users",
            Self::PermissionSets => "Administration/Permission sets",
            Self::UserGroups => "Administration/User groups",
            Self::AccessControls => "Administration/Access controls",
            Self::ScopesAndEntities => "Administration/Scopes and entities",
            Self::Roles => "Administration/Roles",
            Self::Applications => "Administration/Applications",
            Self::AccessGroups => "Administration/Access groups",
            Self::Stores => "Administration/Stores",
            Self::Places => "Administration/Places",
            Self::Catalogue => "Administration/Catalogue",
            Self::Audit => "Administration/Audit",
        }
    }

    /// Only admins and owners hold it: it manages people, or tells of them.
    pub fn is_reserved(self) -> bool {
        match self {
            Self::Users | Self::PermissionSets | Self::Roles | Self::Audit => true,
            Self::UserGroups
            | Self::AccessControls
            | Self::ScopesAndEntities
            | Self::Applications
            | Self::AccessGroups
            | Self::Stores
            | Self::Places
            | Self::Catalogue => false,
        }
    }
}

/// The first sub-module among grants that only admins and owners hold.
pub fn reserved(grants: &[ModuleGrant]) -> Option<&ModuleId> {
    let reserved = |module: &ModuleId| Sub::ALL.iter().any(|sub| sub.is_reserved() && sub.module() == module.as_str());
    grants.iter().filter(|grant| !grant.actions.is_empty()).map(|grant| &grant.module).find(|module| reserved(module))
}

/// A user with the state that says what they hold.
#[derive(Clone, Copy, Debug)]
pub struct Powers<'a> {
    /// The state.
    pub state: &'a State,
    /// Their org.
    pub org: &'a OrgState,
    /// The user.
    pub user: &'a User,
}

impl<'a> Powers<'a> {
    /// Of a user who is there and active.
    pub fn of(state: &'a State, org: &str, user: &str) -> Option<Self> {
        let org = state.orgs.get(org)?;
        let user = org.users.get(user).filter(|user| user.active)?;
        Some(Self { state, org, user })
    }

    /// Everything in the org is theirs (UM-5).
    pub fn is_owner(&self) -> bool {
        self.user.user_type == UserType::Owner
    }

    /// Manages standard users, and sees what lies within their own places (UM-3).
    pub fn is_admin(&self) -> bool {
        self.user.user_type == UserType::Admin
    }

    /// Whether all of a place lies within the user's own.
    pub fn reaches(&self, place: &Place) -> bool {
        self.is_owner() || cover(&self.user.more().places, self.org, place)
    }

    /// Whether a permission is held by a set at a place, within the user's own places (UM-2, UM-8).
    pub fn holds_permission(&self, permission: &Permission, place: &Place) -> bool {
        self.is_owner() || (self.reaches(place) && self.grants(permission).any(|places| cover(places, self.org, place)))
    }

    /// The places of the sets in force that grant a permission.
    fn grants<'p>(&self, permission: &'p Permission) -> impl Iterator<Item = &'a [Place]> + use<'a, 'p> {
        let Self { state, org, user } = *self;
        let in_force = user.more().sets.iter().filter(|grant| grant.bounds.hold(state.clock));
        in_force.filter(move |grant| set_grants(state, org, grant, permission)).map(|grant| grant.places.as_slice())
    }

    /// The same of a sub-module of *Administration*.
    pub fn holds(&self, sub: Sub, action: Action, place: &Place) -> bool {
        self.may_have(sub) && permission(sub, action).is_some_and(|permission| self.holds_permission(&permission, place))
    }

    /// Whether it is held at any place at all.
    pub fn holds_anywhere(&self, sub: Sub, action: Action) -> bool {
        let held = |permission: Permission| {
            let own = &self.user.more().places;
            self.grants(&permission).any(|places| places.iter().any(|place| own.iter().any(|bound| bound.may_meet(self.org, place))))
        };
        self.is_owner() || (self.may_have(sub) && permission(sub, action).is_some_and(held))
    }

    fn may_have(&self, sub: Sub) -> bool {
        match self.user.user_type {
            UserType::Owner | UserType::Admin => true,
            UserType::Standard => !sub.is_reserved(),
        }
    }

    /// Whether a scope is held at a place: by a group, within the control's places and the user's own.
    pub fn holds_scope(&self, held: &[HeldScope], scope: &ScopeId, place: &Place) -> bool {
        let reaches = |way: &HeldScope| way.places.is_empty() || cover(&way.places, self.org, place);
        self.is_owner() || (self.reaches(place) && held.iter().any(|way| way.scope == *scope && reaches(way)))
    }

    /// Whether the user administers anything at all, now: what must not be taken from oneself.
    pub fn administers(&self) -> bool {
        let any = || Sub::ALL.iter().any(|sub| Action::ALL.iter().any(|action| self.holds_anywhere(*sub, *action)));
        match self.user.user_type {
            UserType::Owner | UserType::Admin => true,
            UserType::Standard => any(),
        }
    }

    /// Whether another is a standard user all of whose places lie within this admin's own (UM-3).
    pub fn manages(&self, other: &User) -> bool {
        let within = || !other.more().places.is_empty() && other.more().places.iter().all(|place| self.reaches(place));
        self.is_owner() || (self.is_admin() && other.user_type == UserType::Standard && within())
    }
}

fn permission(sub: Sub, action: Action) -> Option<Permission> {
    sub.module().parse().ok().map(|module| Permission { module, action })
}
