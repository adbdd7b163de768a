//! The platform's catalogue: what ships to every org, as one versioned value of the state (UM-10). A platform operator
//! replaces it whole; what it drops stays in bundles, inert, until they are edited.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::Grant;
use crate::ids::*;
use crate::name::Name;
use crate::object::Meta;
use crate::people::Audience;
use crate::permission::{Actions, ModuleGrant};

/// All of it. Lists are sorted by id, each id once.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Platform {
    /// Raised with each change.
    pub version: u32,
    /// Built-in access groups of every org (AG-10).
    pub groups: Vec<BuiltIn>,
    /// Sub-modules of the back office, with what custom sets may grant on them (UM-13).
    pub modules: Vec<Module>,
    /// Standard permission sets (UM-10).
    pub sets: Vec<StandardSet>,
    /// Scopes (AC-11).
    pub scopes: Vec<PlatformScope>,
    /// Nodes of the navigation tree, one for each domain (AC-3, AC-14).
    pub domains: Vec<Domain>,
    /// Predefined access controls (AC-3).
    pub controls: Vec<PlatformControl>,
    /// What members of a group with any control hold beside, by audience (AC-4).
    pub default_scopes: Vec<(Audience, Vec<ScopeId>)>,
    /// Privileges: functional ones and those of single endpoints (APP-1, APP-6).
    pub privileges: Vec<Privilege>,
    /// Predefined roles (APP-20).
    pub roles: Vec<PlatformRole>,
    /// What an application registered without roles gets (APP-1).
    pub default_role: Option<RoleId>,
    /// Internal roles that it gets beside and that grant it nothing (APP-13).
    pub inert_roles: Vec<RoleId>,
    /// Endpoints beneath those of every org; the org's own win (APP-6).
    pub endpoints: Vec<PlatformEndpoint>,
    /// Who and when.
    #[serde(default)]
    pub meta: Meta,
}

/// A built-in access group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BuiltIn {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: Name,
    /// Free text.
    pub description: Arc<str>,
    /// Grants everything, present and future.
    pub wildcard: bool,
    /// Its cells, sorted.
    pub grants: Vec<Grant>,
}

/// A sub-module.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Module {
    /// `Module/Sub-module`.
    pub id: ModuleId,
    /// What custom sets may grant; none is on offer where it is empty.
    pub offered: Actions,
}

/// A standard permission set. It may hold what custom sets may not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StandardSet {
    /// Its id.
    pub id: SetId,
    /// Its name.
    pub name: Name,
    /// Free text.
    pub description: Arc<str>,
    /// What it grants, sorted.
    pub grants: Vec<ModuleGrant>,
}

/// What a scope lets its holder do to the instances of an entity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeLevel {
    /// Reading those that are one's own.
    ReadOwn,
    /// Changing those that are one's own, and making some.
    ManageOwn,
    /// Reading all.
    Read,
    /// Changing all.
    Manage,
}

impl ScopeLevel {
    /// All.
    pub const ALL: [Self; 4] = [Self::ReadOwn, Self::ManageOwn, Self::Read, Self::Manage];

    /// What it includes at once (AC-12); the rest follows from that.
    pub fn implies(self) -> &'static [Self] {
        match self {
            Self::Manage => &[Self::Read, Self::ManageOwn],
            Self::Read | Self::ManageOwn => &[Self::ReadOwn],
            Self::ReadOwn => &[],
        }
    }

    /// The levels for all instances that include this one, if it is only for what is one's own (AC-17).
    pub fn wider(self) -> &'static [Self] {
        match self {
            Self::ReadOwn => &[Self::Read, Self::Manage],
            Self::ManageOwn => &[Self::Manage],
            Self::Read | Self::Manage => &[],
        }
    }

    /// Only for what is one's own.
    pub fn is_own(self) -> bool {
        matches!(self, Self::ReadOwn | Self::ManageOwn)
    }

    /// The end of the name of a generated scope.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::ReadOwn => "_readOwn",
            Self::ManageOwn => "_manageOwn",
            Self::Read => "_read",
            Self::Manage => "_manage",
        }
    }
}

/// A scope of the platform.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlatformScope {
    /// Its name, which is its id.
    pub id: ScopeId,
    /// The domain it belongs to.
    pub domain: DomainId,
    /// The entity it is about.
    pub entity: EntityId,
    /// What it lets its holder do to the entity.
    pub level: ScopeLevel,
    /// Free text.
    pub description: Arc<str>,
    /// Further scopes that it includes, beside those that follow from its level.
    #[serde(default)]
    pub implies: Vec<ScopeId>,
}

/// A domain, and its node of the navigation tree.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Domain {
    /// Its id.
    pub id: DomainId,
    /// The node's name.
    pub name: Name,
}

/// A predefined access control.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlatformControl {
    /// Its id.
    pub id: ControlId,
    /// Its name.
    pub name: Name,
    /// Free text.
    pub description: Arc<str>,
    /// Set: only for groups of this audience.
    pub audience: Option<Audience>,
    /// The domain it is for.
    pub domain: DomainId,
    /// Its scopes, sorted.
    pub scopes: Vec<ScopeId>,
}

/// Who may hold a privilege, and what it opens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrivilegeKind {
    /// Functional, for applications only (APP-5).
    Application,
    /// One endpoint, for applications only (APP-6).
    Endpoint,
    /// Functional, of an internal user's role.
    Internal,
}

/// A privilege.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Privilege {
    /// Its id.
    pub id: PrivilegeId,
    /// What it is for.
    pub description: Arc<str>,
    /// Of which kind.
    pub kind: PrivilegeKind,
}

/// A predefined role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlatformRole {
    /// Its id.
    pub id: RoleId,
    /// Its name.
    pub name: Name,
    /// Free text.
    pub description: Arc<str>,
    /// Its rights, sorted.
    pub rights: Vec<PrivilegeId>,
    /// Users may hold it (APP-5).
    pub internal: bool,
}

/// An endpoint of the platform, reached by privileges.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlatformEndpoint {
    /// Method and canonical template.
    pub id: EndpointId,
    /// The template as shown, parameters named.
    pub template: Arc<str>,
    /// The privilege that is for this endpoint alone.
    pub endpoint_privilege: Option<PrivilegeId>,
    /// Functional privileges, any of which reaches it, sorted.
    pub privileges: Vec<PrivilegeId>,
    /// Applications reach it for extensions only (APP-3, APP-4).
    pub by_type: bool,
}

impl Platform {
    /// Nothing at all, for questions about an org's own endpoints only.
    pub fn blank() -> &'static Self {
        static BLANK: std::sync::OnceLock<Platform> = std::sync::OnceLock::new();
        BLANK.get_or_init(Self::default)
    }

    /// A sub-module.
    pub fn module(&self, id: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.id.as_str() == id)
    }

    /// A standard set.
    pub fn set(&self, id: &str) -> Option<&StandardSet> {
        self.sets.iter().find(|set| set.id.as_str() == id)
    }

    /// A scope.
    pub fn scope(&self, id: &str) -> Option<&PlatformScope> {
        self.scopes.iter().find(|scope| scope.id.as_str() == id)
    }

    /// A predefined control.
    pub fn control(&self, id: &str) -> Option<&PlatformControl> {
        self.controls.iter().find(|control| control.id.as_str() == id)
    }

    /// A privilege.
    pub fn privilege(&self, id: &str) -> Option<&Privilege> {
        self.privileges.iter().find(|privilege| privilege.id.as_str() == id)
    }

    /// A predefined role.
    pub fn role(&self, id: &str) -> Option<&PlatformRole> {
        self.roles.iter().find(|role| role.id.as_str() == id)
    }

    /// An endpoint.
    pub fn endpoint(&self, id: &EndpointId) -> Option<&PlatformEndpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.id == *id)
    }

    /// The default scopes of an audience (AC-4).
    pub fn defaults_of(&self, audience: Audience) -> &[ScopeId] {
        self.default_scopes.iter().find(|(of, _)| *of == audience).map_or(&[], |(_, scopes)| scopes)
    }
}
