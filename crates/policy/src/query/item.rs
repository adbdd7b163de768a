//! Rows of lists: an object, and what is told beside it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::Class;
use crate::ids::*;
use crate::object::*;
use crate::platform::{Module, Platform, Privilege};
use crate::scopes::Tier;
use crate::state::{OrgState, Via};

/// A row of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// An org.
    Org {
        /// The record.
        org: Arc<Org>,
        /// Its stores.
        stores: u64,
        /// Its tills.
        tills: u64,
    },
    /// A zone.
    Zone {
        /// The record.
        zone: Arc<Zone>,
        /// Stores in it.
        stores: u64,
        /// Stores in it and in all below it.
        #[serde(default)]
        below: u64,
    },
    /// A concept.
    Concept {
        /// The record.
        concept: Arc<Concept>,
        /// Stores of it.
        stores: u64,
        /// Stores in it and in all below it.
        #[serde(default)]
        below: u64,
    },
    /// A store.
    Store {
        /// The record.
        store: Arc<Store>,
        /// The group in force and its name.
        group: Option<(GroupId, Arc<str>)>,
        /// Where that comes from.
        via: Option<Via>,
        /// Its tills.
        tills: u64,
    },
    /// A till.
    Till {
        /// The record.
        till: Arc<Till>,
    },
    /// A resource.
    Resource {
        /// The record.
        resource: Arc<Resource>,
        /// Endpoints of the Data API.
        data: u64,
        /// Endpoints of the Config API.
        config: u64,
    },
    /// An endpoint.
    Endpoint {
        /// The record.
        endpoint: Arc<Endpoint>,
    },
    /// An access group.
    Group {
        /// The record.
        group: Arc<Group>,
        /// Stores that have it explicitly (AG-30).
        explicit: u64,
        /// Stores that inherit it.
        inherited: u64,
        /// Whether it is the org's default.
        default: bool,
    },
    /// A user.
    User {
        /// The record.
        user: Arc<User>,
    },
    /// A scope.
    Scope {
        /// Its id.
        scope: ScopeId,
        /// Where it comes from.
        tier: Tier,
        /// The domain it belongs to.
        domain: Arc<str>,
        /// It reaches only what is its holder's own.
        own: bool,
        /// Free text.
        description: Arc<str>,
        /// What it includes (AC-12).
        implies: Vec<ScopeId>,
    },
    /// A custom entity.
    Entity {
        /// The record.
        entity: Arc<Entity>,
        /// The scopes that it brings (AC-13).
        scopes: Vec<ScopeId>,
    },
    /// An access control.
    Control {
        /// The record.
        control: Arc<Control>,
        /// The platform's: it can't be changed.
        predefined: bool,
        /// User groups that have it.
        groups: u64,
    },
    /// A user group.
    UserGroup {
        /// The record.
        group: Arc<UserGroup>,
        /// Its members.
        members: u64,
    },
    /// A permission set.
    Set {
        /// The record.
        set: Arc<PermissionSet>,
        /// The platform's: it can't be changed.
        standard: bool,
        /// Users who have it.
        users: u64,
    },
    /// A role.
    Role {
        /// The record.
        role: Arc<Role>,
        /// The platform's: it can't be changed.
        predefined: bool,
        /// Users may hold it (APP-5).
        internal: bool,
        /// Users who have it.
        users: u64,
        /// Applications that have it.
        applications: u64,
    },
    /// An application.
    Application {
        /// The record.
        application: Arc<Application>,
        /// Its keys that let in.
        keys: u64,
    },
    /// A sub-module.
    Module {
        /// With what is on offer.
        module: Module,
    },
    /// A privilege.
    Privilege {
        /// The privilege.
        privilege: Privilege,
    },
    /// The switches of an org.
    Settings {
        /// The record.
        settings: Arc<Settings>,
    },
    /// An allocation that goes back by itself.
    Override {
        /// The record.
        over: Arc<Override>,
    },
    /// A change that waits for a second person, the hashes of secrets in it blanked.
    Proposal {
        /// The record.
        proposal: Arc<Proposal>,
    },
    /// The platform's catalogue.
    Platform {
        /// All of it.
        platform: Arc<Platform>,
    },
    /// A credential, its secret's hash blanked.
    Credential {
        /// The record.
        credential: Arc<Credential>,
    },
}

impl Item {
    /// The key that anchors go by.
    pub fn key(&self) -> String {
        match self {
            Self::Org { org, .. } => org.org.to_string(),
            Self::Zone { zone, .. } => zone.code.to_string(),
            Self::Concept { concept, .. } => concept.code.to_string(),
            Self::Store { store, .. } => store.code.to_string(),
            Self::Till { till } => format!("{}/{}", till.store, till.code),
            Self::Resource { resource, .. } => resource.id.to_string(),
            Self::Endpoint { endpoint } => endpoint.id.to_string(),
            Self::Group { group, .. } => group.id.to_string(),
            Self::User { user } => user.id.to_string(),
            Self::Scope { scope, .. } => scope.to_string(),
            Self::Entity { entity, .. } => entity.id.to_string(),
            Self::Control { control, .. } => control.id.to_string(),
            Self::UserGroup { group, .. } => group.id.to_string(),
            Self::Set { set, .. } => set.id.to_string(),
            Self::Role { role, .. } => role.id.to_string(),
            Self::Application { application, .. } => application.id.to_string(),
            Self::Module { module } => module.id.to_string(),
            Self::Privilege { privilege } => privilege.id.to_string(),
            Self::Settings { settings } => settings.org.to_string(),
            Self::Override { over } => over.store.to_string(),
            Self::Proposal { proposal } => proposal.id.to_string(),
            Self::Platform { platform } => platform.version.to_string(),
            Self::Credential { credential } => credential.id.to_string(),
        }
    }
}

pub(super) fn org_item(o: &OrgState) -> Item {
    Item::Org { org: o.org.clone(), stores: o.stores.len() as u64, tills: o.tills.len() as u64 }
}

pub(super) fn zone_item(org: &OrgState, zone: &Arc<Zone>) -> Item {
    let below = OrgState::stores_of(&org.zones_below(&zone.code), &org.zone_stores).iter().map(|s| s.len() as u64).sum();
    Item::Zone { zone: zone.clone(), stores: org.zone_stores.get(&zone.code).map_or(0, |s| s.len() as u64), below }
}

pub(super) fn concept_item(org: &OrgState, concept: &Arc<Concept>) -> Item {
    let below = OrgState::stores_of(&org.concepts_below(&concept.code), &org.concept_stores).iter().map(|s| s.len() as u64).sum();
    Item::Concept { concept: concept.clone(), stores: org.concept_stores.get(&concept.code).map_or(0, |s| s.len() as u64), below }
}

pub(super) fn store_item(org: &OrgState, store: &Arc<Store>) -> Item {
    let effective = org.effective_group(store);
    Item::Store {
        store: store.clone(),
        group: effective.map(|(g, _)| (g.id.clone(), g.name.as_str().into())),
        via: effective.map(|(_, via)| via),
        tills: org.tills_of(&store.code).count() as u64,
    }
}

pub(super) fn resource_item(org: &OrgState, resource: &Arc<Resource>) -> Item {
    let count = |class: Class| {
        org.resource_endpoints.get(&resource.id).map_or(0, |ids| {
            ids.iter().filter(|id| org.endpoints.get(*id).is_some_and(|e| e.class == class)).count() as u64
        })
    };
    Item::Resource { resource: resource.clone(), data: count(Class::Data), config: count(Class::Config) }
}

pub(super) fn group_item(org: &OrgState, group: &Arc<Group>) -> Item {
    Item::Group {
        group: group.clone(),
        explicit: org.stores_explicit(&group.id),
        inherited: org.stores_inherited(&group.id),
        default: org.org.default_group.as_ref() == Some(&group.id),
    }
}

/// A list shows what a credential is for, never what proves it.
pub(super) fn credential_item(credential: &Arc<Credential>) -> Item {
    let mut shown = (**credential).clone();
    shown.secret = match shown.secret {
        Secret::TokenHash(_) => Secret::TokenHash([0; 32]),
        Secret::CertificateFingerprint(_) => Secret::CertificateFingerprint([0; 32]),
    };
    Item::Credential { credential: Arc::new(shown) }
}
