//! The objects of the state: what is stored, replicated, audited and undone, each as one value.
//!
//! Every object carries its org, so that its id can be read off it, and a `Meta`. Links between objects
//! (a group's name, a zone's stores, counts) are not here: `state` derives them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::{Class, Grant, Level, Levels};
use crate::ids::*;
use crate::name::Name;
use crate::permission::Permission;
use crate::place::Bounds;

pub use crate::people::*;
pub use crate::platform::Platform;
pub use crate::proposal::Proposal;

/// Who last touched an object, and when.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Meta {
    /// By whom it was created: a credential's label, a user, or the vendor for built-ins (AG-13).
    pub created_by: Arc<str>,
    /// When, in replicated time.
    pub created_at: Tick,
    /// By whom it was changed last.
    pub updated_by: Arc<str>,
    /// When, in replicated time.
    pub updated_at: Tick,
    /// The revision that changed it last. A staged edit conflicts only if this has moved.
    pub revision: Revision,
}

/// The cluster's own record: one, made by the first entry of the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cluster {
    /// Chosen at its birth; receipts and identity files carry it.
    pub id: Arc<str>,
    /// Raised when a backup is restored: receipts of an older incarnation are refused.
    pub incarnation: u64,
    /// Version of the platform catalogue in force.
    pub catalogue: u32,
    /// Who and when.
    pub meta: Meta,
    /// Ids of nodes that were removed: never used again. Last, as in `Org`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired_nodes: Vec<u64>,
}

/// An organisation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Org {
    /// Its code.
    pub org: OrgCode,
    /// Its name.
    pub name: Name,
    /// Cleared by `suspend`.
    pub active: bool,
    /// What stores without an explicit group inherit (AG-19).
    pub default_group: Option<GroupId>,
    /// Who and when.
    pub meta: Meta,
    /// The default only observes: what it would deny is permitted and marked (AG-33). Last, and left out when not set:
    /// records by position grow at their end only.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub default_observe: bool,
}

/// A zone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Zone {
    /// Its org.
    pub org: OrgCode,
    /// Its code.
    pub code: ZoneCode,
    /// Its name.
    pub name: Name,
    /// The zone above; none for one directly under the org.
    pub parent: Option<ZoneCode>,
    /// Who and when.
    pub meta: Meta,
}

/// A concept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Concept {
    /// Its org.
    pub org: OrgCode,
    /// Its code.
    pub code: ConceptCode,
    /// Its name.
    pub name: Name,
    /// The concept above.
    pub parent: Option<ConceptCode>,
    /// Who and when.
    pub meta: Meta,
}

/// What a store may have beside what decisions read.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct StoreDetails {
    /// Ids in other systems.
    pub external_ids: Vec<Arc<str>>,
    /// Degrees × 10⁷, north positive. A whole number, so that no float enters the state.
    pub latitude_e7: Option<i32>,
    /// Degrees × 10⁷, east positive.
    pub longitude_e7: Option<i32>,
    /// IANA name.
    pub time_zone: Option<Arc<str>>,
    /// BCP 47 tag.
    pub language: Option<Arc<str>>,
    /// ISO 4217 code.
    pub currency: Option<Arc<str>>,
}

/// A store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Store {
    /// Its org; a store never changes it.
    pub org: OrgCode,
    /// Its code.
    pub code: StoreCode,
    /// Its name.
    pub name: Name,
    /// Its zone; none is the org's root zone.
    pub zone: Option<ZoneCode>,
    /// Its concept, at most one.
    pub concept: Option<ConceptCode>,
    /// Cleared by `suspend`.
    pub active: bool,
    /// The group allocated explicitly; none inherits the org's default (AG-16, AG-17).
    pub group: Option<GroupId>,
    /// The rest; none if all of it is blank.
    pub details: Option<Arc<StoreDetails>>,
    /// Who and when.
    pub meta: Meta,
    /// The explicit group only observes: what it would deny is permitted and marked (AG-33). Last, as in `Org`.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub observe: bool,
}

/// A till of a store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Till {
    /// Its org.
    pub org: OrgCode,
    /// Its store.
    pub store: StoreCode,
    /// Its code, unique in the store.
    pub code: TillCode,
    /// Its name.
    pub name: Option<Name>,
    /// Cleared by `suspend`.
    pub active: bool,
    /// Who and when.
    pub meta: Meta,
}

/// A logical set of endpoints (AG-7).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Resource {
    /// Its org.
    pub org: OrgCode,
    /// Its name, which is its id.
    pub id: ResourceId,
    /// Free text.
    pub description: Arc<str>,
    /// Who and when.
    pub meta: Meta,
}

/// An endpoint of the API catalogue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its org.
    pub org: OrgCode,
    /// Method and canonical template.
    pub id: EndpointId,
    /// The method, in upper case.
    pub method: Arc<str>,
    /// The template as shown, parameters named.
    pub template: Arc<str>,
    /// False for a template that is kept but matches nothing.
    pub matchable: bool,
    /// Its name.
    pub name: Option<Name>,
    /// The resource it belongs to; none is `endpoint_unmapped`.
    pub resource: Option<ResourceId>,
    /// Data or Config.
    pub class: Class,
    /// Read or Write.
    pub level: Level,
    /// Who and when.
    pub meta: Meta,
    /// Other ways in than by its resource. Last, as in `Org`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routes: Option<Arc<Routes>>,
}

/// Ways into an endpoint beside its resource. Each opens by itself; lacking one merely closes that way.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Routes {
    /// For everybody.
    pub open: bool,
    /// Any of these scopes, sorted; or all of them.
    pub scopes: Vec<ScopeId>,
    /// All of the scopes are needed.
    pub all_scopes: bool,
    /// Any of these permissions, sorted.
    pub permissions: Vec<Permission>,
    /// It is about one instance, which own scopes must be asked for (AC-18); else a listing, or makes a new one.
    pub instance: bool,
}

impl Endpoint {
    /// The levels of which any one lets this endpoint pass.
    pub fn needed(&self) -> Levels {
        Levels::needed(&self.method, self.level)
    }
}

/// Built-in or custom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupKind {
    /// In every org from its first moment; can't be edited or deactivated.
    BuiltIn,
    /// Made by the org.
    Custom,
}

impl std::fmt::Display for GroupKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::BuiltIn => "built-in",
            Self::Custom => "custom",
        })
    }
}

/// An access group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Its org.
    pub org: OrgCode,
    /// Made from its first name; never changes.
    pub id: GroupId,
    /// Its name, unique in the org under folding.
    pub name: Name,
    /// Free text.
    pub description: Arc<str>,
    /// Built-in or custom.
    pub kind: GroupKind,
    /// An inactive group can't be allocated.
    pub active: bool,
    /// Grants everything, present and future: Admin.
    pub wildcard: bool,
    /// The cells, sorted by resource and class, none empty.
    pub grants: Arc<Vec<Grant>>,
    /// Who and when.
    pub meta: Meta,
}

impl Group {
    /// The cell of a resource and class; none if the group has none, or is a wildcard.
    pub fn cell(&self, resource: &ResourceId, class: Class) -> Option<&Grant> {
        self.grants
            .binary_search_by(|g| (&g.resource, g.class).cmp(&(resource, class)))
            .ok()
            .and_then(|at| self.grants.get(at))
    }

    /// The levels granted on a resource and class (AG-1): what is not named is none.
    pub fn levels(&self, resource: &ResourceId, class: Class) -> Levels {
        if self.wildcard {
            return Levels::all();
        }
        self.cell(resource, class).map_or(Levels::empty(), |g| g.levels)
    }

    /// Whether the cell of an endpoint reaches it (AG-6). A wildcard reaches all.
    pub fn admits(&self, resource: &ResourceId, class: Class, endpoint: &EndpointId) -> bool {
        self.wildcard || self.cell(resource, class).is_none_or(|g| g.admits(endpoint))
    }

    /// Whether any of its cells is narrowed.
    pub fn is_narrowed(&self) -> bool {
        self.grants.iter().any(|g| g.narrow.is_some())
    }
}

/// What a user is (UM-1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserType {
    /// Full authority in the org (UM-5).
    Owner,
    /// Creates standard users and gives them what it holds itself (UM-3).
    Admin,
    /// Manages nobody, and holds what it is assigned (UM-2).
    Standard,
}

impl std::fmt::Display for UserType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Standard => "standard",
        })
    }
}

impl std::str::FromStr for UserType {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "owner" | "org owner" => Ok(Self::Owner),
            "admin" => Ok(Self::Admin),
            "standard" => Ok(Self::Standard),
            _other => Err(format!("`{}` is no type of user: it is standard, admin or owner", text.escape_default())),
        }
    }
}

/// A user of an org.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct User {
    /// Its org.
    pub org: OrgCode,
    /// Its id.
    pub id: UserId,
    /// Its name.
    pub name: Name,
    /// Standard, admin or owner.
    pub user_type: UserType,
    /// Cleared by `suspend`.
    pub active: bool,
    /// Who and when.
    pub meta: Meta,
    /// The rest; none if all of it is blank. Last, as in `Org`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<Arc<UserMore>>,
}

impl User {
    /// The rest, blank if there is none.
    pub fn more(&self) -> &UserMore {
        static BLANK: std::sync::OnceLock<UserMore> = std::sync::OnceLock::new();
        match &self.more {
            Some(more) => more,
            None => BLANK.get_or_init(UserMore::default),
        }
    }

    /// Employee or customer.
    pub fn audience(&self) -> Audience {
        self.more().audience
    }

    /// The user with another rest; a blank one is left out.
    pub fn with_more(&self, more: UserMore) -> Self {
        let more = (more != UserMore::default()).then(|| Arc::new(more));
        Self { more, ..self.clone() }
    }
}

/// Whom a credential lets in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A platform operator: everything, in every org.
    Operator,
    /// A user of an org.
    User {
        /// The org.
        org: OrgCode,
        /// The user.
        user: UserId,
    },
    /// An enforcement point of an org: checks any subject of it, searches nothing.
    EnforcementPoint {
        /// The org.
        org: OrgCode,
    },
    /// An application of an org: this is its key.
    Application {
        /// The org.
        org: OrgCode,
        /// The application.
        application: ApplicationId,
    },
    /// A one-time code for a user: it lets in only to be turned into a credential of the user.
    Invitation {
        /// The org.
        org: OrgCode,
        /// The user.
        user: UserId,
    },
}

impl CredentialKind {
    /// The org it is bound to; none for a platform operator.
    pub fn org(&self) -> Option<&OrgCode> {
        match self {
            Self::Operator => None,
            Self::User { org, .. } | Self::EnforcementPoint { org } | Self::Application { org, .. } | Self::Invitation { org, .. } => Some(org),
        }
    }
}

/// How a credential is proved. Only hashes are stored.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// SHA-256 of a token of 256 random bits.
    TokenHash([u8; 32]),
    /// SHA-256 of a client certificate in DER.
    CertificateFingerprint([u8; 32]),
}

impl std::fmt::Debug for Secret {
    /// Kind only: not even a hash belongs in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TokenHash(_) => "token",
            Self::CertificateFingerprint(_) => "certificate",
        })
    }
}

/// A credential: it lets somebody in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Credential {
    /// Its id, shown in lists and in the audit.
    pub id: CredentialId,
    /// What it is for, in its maker's words.
    pub label: Name,
    /// Whom it lets in.
    pub kind: CredentialKind,
    /// How it is proved.
    pub secret: Secret,
    /// A revoked one lets nobody in; it stays in lists.
    pub revoked: bool,
    /// Who and when.
    pub meta: Meta,
    /// When it lets in. Last, as in `Org`.
    #[serde(default, skip_serializing_if = "Bounds::is_always")]
    pub bounds: Bounds,
}

/// An id that an object had and that no other will have in this org, so that what once hung on it can't come back
/// to life. The content hash leaves these out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Retired {
    /// The org.
    pub org: OrgCode,
    /// The id, as `kind:id`.
    pub what: Arc<str>,
    /// Who and when.
    pub meta: Meta,
}

pub(crate) fn is_unset(flag: &bool) -> bool {
    !flag
}

/// Any object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// See the type of the same name.
    Cluster(Arc<Cluster>),
    /// See the type of the same name.
    Org(Arc<Org>),
    /// See the type of the same name.
    Zone(Arc<Zone>),
    /// See the type of the same name.
    Concept(Arc<Concept>),
    /// See the type of the same name.
    Store(Arc<Store>),
    /// See the type of the same name.
    Till(Arc<Till>),
    /// See the type of the same name.
    Resource(Arc<Resource>),
    /// See the type of the same name.
    Endpoint(Arc<Endpoint>),
    /// See the type of the same name.
    Group(Arc<Group>),
    /// See the type of the same name.
    User(Arc<User>),
    /// See the type of the same name.
    Credential(Arc<Credential>),
    /// An id that is never given again.
    Retired(Arc<Retired>),
    /// See the type of the same name.
    Scope(Arc<Scope>),
    /// See the type of the same name.
    Entity(Arc<Entity>),
    /// See the type of the same name.
    Control(Arc<Control>),
    /// See the type of the same name.
    UserGroup(Arc<UserGroup>),
    /// See the type of the same name.
    Set(Arc<PermissionSet>),
    /// See the type of the same name.
    Role(Arc<Role>),
    /// See the type of the same name.
    Application(Arc<Application>),
    /// See the type of the same name.
    Override(Arc<Override>),
    /// See the type of the same name.
    Settings(Arc<Settings>),
    /// See the type of the same name.
    Platform(Arc<Platform>),
    /// See the type of the same name.
    Clock(Arc<Clock>),
    /// See the type of the same name.
    Proposal(Arc<Proposal>),
}

impl Object {
    /// Its id.
    pub fn id(&self) -> ObjectId {
        match self {
            Self::Cluster(_) => ObjectId::Cluster,
            Self::Org(o) => ObjectId::Org(o.org.clone()),
            Self::Zone(o) => ObjectId::Zone(o.org.clone(), o.code.clone()),
            Self::Concept(o) => ObjectId::Concept(o.org.clone(), o.code.clone()),
            Self::Store(o) => ObjectId::Store(o.org.clone(), o.code.clone()),
            Self::Till(o) => ObjectId::Till(o.org.clone(), o.store.clone(), o.code.clone()),
            Self::Resource(o) => ObjectId::Resource(o.org.clone(), o.id.clone()),
            Self::Endpoint(o) => ObjectId::Endpoint(o.org.clone(), o.id.clone()),
            Self::Group(o) => ObjectId::Group(o.org.clone(), o.id.clone()),
            Self::User(o) => ObjectId::User(o.org.clone(), o.id.clone()),
            Self::Credential(o) => ObjectId::Credential(o.id.clone()),
            Self::Retired(o) => ObjectId::Retired(o.org.clone(), o.what.clone()),
            Self::Scope(o) => ObjectId::Scope(o.org.clone(), o.id.clone()),
            Self::Entity(o) => ObjectId::Entity(o.org.clone(), o.id.clone()),
            Self::Control(o) => ObjectId::Control(o.org.clone(), o.id.clone()),
            Self::UserGroup(o) => ObjectId::UserGroup(o.org.clone(), o.id.clone()),
            Self::Set(o) => ObjectId::Set(o.org.clone(), o.id.clone()),
            Self::Role(o) => ObjectId::Role(o.org.clone(), o.id.clone()),
            Self::Application(o) => ObjectId::Application(o.org.clone(), o.id.clone()),
            Self::Override(o) => ObjectId::Override(o.org.clone(), o.store.clone()),
            Self::Settings(o) => ObjectId::Settings(o.org.clone()),
            Self::Platform(_) => ObjectId::Platform,
            Self::Clock(_) => ObjectId::Clock,
            Self::Proposal(o) => ObjectId::Proposal(o.org.clone(), o.id),
        }
    }

    /// The org it is about: of a credential, its holder's.
    pub fn org(&self) -> Option<&OrgCode> {
        match self {
            Self::Credential(o) => o.kind.org(),
            Self::Cluster(_) | Self::Platform(_) | Self::Clock(_) => None,
            Self::Org(o) => Some(&o.org),
            Self::Zone(o) => Some(&o.org),
            Self::Concept(o) => Some(&o.org),
            Self::Store(o) => Some(&o.org),
            Self::Till(o) => Some(&o.org),
            Self::Resource(o) => Some(&o.org),
            Self::Endpoint(o) => Some(&o.org),
            Self::Group(o) => Some(&o.org),
            Self::User(o) => Some(&o.org),
            Self::Retired(o) => Some(&o.org),
            Self::Scope(o) => Some(&o.org),
            Self::Entity(o) => Some(&o.org),
            Self::Control(o) => Some(&o.org),
            Self::UserGroup(o) => Some(&o.org),
            Self::Set(o) => Some(&o.org),
            Self::Role(o) => Some(&o.org),
            Self::Application(o) => Some(&o.org),
            Self::Override(o) => Some(&o.org),
            Self::Settings(o) => Some(&o.org),
            Self::Proposal(o) => Some(&o.org),
        }
    }

    /// Who and when.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Cluster(o) => &o.meta,
            Self::Org(o) => &o.meta,
            Self::Zone(o) => &o.meta,
            Self::Concept(o) => &o.meta,
            Self::Store(o) => &o.meta,
            Self::Till(o) => &o.meta,
            Self::Resource(o) => &o.meta,
            Self::Endpoint(o) => &o.meta,
            Self::Group(o) => &o.meta,
            Self::User(o) => &o.meta,
            Self::Credential(o) => &o.meta,
            Self::Retired(o) => &o.meta,
            Self::Scope(o) => &o.meta,
            Self::Entity(o) => &o.meta,
            Self::Control(o) => &o.meta,
            Self::UserGroup(o) => &o.meta,
            Self::Set(o) => &o.meta,
            Self::Role(o) => &o.meta,
            Self::Application(o) => &o.meta,
            Self::Override(o) => &o.meta,
            Self::Settings(o) => &o.meta,
            Self::Platform(o) => &o.meta,
            Self::Clock(o) => &o.meta,
            Self::Proposal(o) => &o.meta,
        }
    }

    /// Who and when, to be stamped.
    pub fn meta_mut(&mut self) -> &mut Meta {
        match self {
            Self::Cluster(o) => &mut Arc::make_mut(o).meta,
            Self::Org(o) => &mut Arc::make_mut(o).meta,
            Self::Zone(o) => &mut Arc::make_mut(o).meta,
            Self::Concept(o) => &mut Arc::make_mut(o).meta,
            Self::Store(o) => &mut Arc::make_mut(o).meta,
            Self::Till(o) => &mut Arc::make_mut(o).meta,
            Self::Resource(o) => &mut Arc::make_mut(o).meta,
            Self::Endpoint(o) => &mut Arc::make_mut(o).meta,
            Self::Group(o) => &mut Arc::make_mut(o).meta,
            Self::User(o) => &mut Arc::make_mut(o).meta,
            Self::Credential(o) => &mut Arc::make_mut(o).meta,
            Self::Retired(o) => &mut Arc::make_mut(o).meta,
            Self::Scope(o) => &mut Arc::make_mut(o).meta,
            Self::Entity(o) => &mut Arc::make_mut(o).meta,
            Self::Control(o) => &mut Arc::make_mut(o).meta,
            Self::UserGroup(o) => &mut Arc::make_mut(o).meta,
            Self::Set(o) => &mut Arc::make_mut(o).meta,
            Self::Role(o) => &mut Arc::make_mut(o).meta,
            Self::Application(o) => &mut Arc::make_mut(o).meta,
            Self::Override(o) => &mut Arc::make_mut(o).meta,
            Self::Settings(o) => &mut Arc::make_mut(o).meta,
            Self::Platform(o) => &mut Arc::make_mut(o).meta,
            Self::Clock(o) => &mut Arc::make_mut(o).meta,
            Self::Proposal(o) => &mut Arc::make_mut(o).meta,
        }
    }
}
