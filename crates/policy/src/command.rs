//! What may be asked for. A command is asked for; a change (see `change`) is what it does.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::{Class, Grant, Level};
use crate::ids::*;
use crate::name::Name;
use crate::object::{ApplicationType, Audience, CredentialKind, Designation, Profile, Secret, UserType};
use crate::permission::{ModuleGrant, Permission};
use crate::place::{Bounds, Place};
use crate::platform::Platform;

/// Who asks. Authority is not in here: `plan` reads it from the state when the command is applied.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The cluster itself: its first entry.
    System,
    /// Whoever holds this credential.
    Credential(CredentialId),
}

/// A command with all that planning it may read beside the state. Time and ids are fields, so that every replica
/// plans the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// Chosen by the client; a retry with the same id applies once.
    pub request_id: RequestId,
    /// Who asks.
    pub actor: Actor,
    /// The leader's clock when it proposed.
    pub proposed_at: Tick,
    /// What the asker had read, and at which revision each was changed last; checked at apply.
    #[serde(default)]
    pub reads: Vec<(ObjectId, Revision)>,
    /// Why, in the asker's words.
    #[serde(default)]
    pub reason: Option<Arc<str>>,
    /// The import that this is a batch of.
    #[serde(default)]
    pub job: Option<RequestId>,
    /// What is asked for.
    pub command: Command,
}

/// A group by id, or by name if no group has such an id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupRef(pub Arc<str>);

impl fmt::Display for GroupRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for GroupRef {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<GroupId> for GroupRef {
    fn from(id: GroupId) -> Self {
        Self(id.into())
    }
}

/// What a row of a put does to a field.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field<T> {
    /// Leaves it as it is, or blank in a new object.
    #[default]
    Keep,
    /// Makes it blank.
    Clear,
    /// Sets it.
    To(T),
}

impl<T> Field<T> {
    /// Applies itself to an optional field.
    pub fn apply(self, to: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *to = None,
            Self::To(value) => *to = Some(value),
        }
    }

    /// Whether it leaves the field alone.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The value it sets.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Keep | Self::Clear => None,
            Self::To(value) => Some(value),
        }
    }
}

/// What a put expects to find.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PutMode {
    /// Every row is new: an existing key is refused.
    Create,
    /// Every row exists: an unknown key is refused.
    Edit,
    /// A row whose key exists updates it, an equal one is no change, nothing is removed (AG-40).
    Import,
}

/// A zone to put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ZoneRow {
    /// Its key.
    pub code: ZoneCode,
    /// Needed for a new one.
    #[serde(default)]
    pub name: Option<Name>,
    /// The zone above.
    #[serde(default)]
    pub parent: Field<ZoneCode>,
}

/// A concept to put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConceptRow {
    /// Its key.
    pub code: ConceptCode,
    /// Needed for a new one.
    #[serde(default)]
    pub name: Option<Name>,
    /// The concept above.
    #[serde(default)]
    pub parent: Field<ConceptCode>,
}

/// A store to put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoreRow {
    /// Its key.
    pub code: StoreCode,
    /// Needed for a new one.
    #[serde(default)]
    pub name: Option<Name>,
    /// Its zone.
    #[serde(default)]
    pub zone: Field<ZoneCode>,
    /// Its concept.
    #[serde(default)]
    pub concept: Field<ConceptCode>,
    /// Ids in other systems.
    #[serde(default)]
    pub external_ids: Field<Vec<Arc<str>>>,
    /// Degrees × 10⁷.
    #[serde(default)]
    pub latitude_e7: Field<i32>,
    /// Degrees × 10⁷.
    #[serde(default)]
    pub longitude_e7: Field<i32>,
    /// IANA name.
    #[serde(default)]
    pub time_zone: Field<Arc<str>>,
    /// BCP 47 tag.
    #[serde(default)]
    pub language: Field<Arc<str>>,
    /// ISO 4217 code.
    #[serde(default)]
    pub currency: Field<Arc<str>>,
}

impl StoreRow {
    /// A row with this key that leaves everything as it is.
    pub fn new(code: StoreCode) -> Self {
        Self {
            code,
            name: None,
            zone: Field::Keep,
            concept: Field::Keep,
            external_ids: Field::Keep,
            latitude_e7: Field::Keep,
            longitude_e7: Field::Keep,
            time_zone: Field::Keep,
            language: Field::Keep,
            currency: Field::Keep,
        }
    }
}

/// A till to put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TillRow {
    /// Its store.
    pub store: StoreCode,
    /// Its key in the store.
    pub code: TillCode,
    /// Its name.
    #[serde(default)]
    pub name: Field<Name>,
}

/// An allocation to put (AG-40).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AllocationRow {
    /// The store.
    pub store: StoreCode,
    /// None makes it inherit the default.
    #[serde(default)]
    pub group: Option<GroupRef>,
}

/// An endpoint to put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EndpointRow {
    /// The method; upper-cased here.
    pub method: Arc<str>,
    /// The template as given; normalised here.
    pub path: Arc<str>,
    /// The resource it belongs to; an import makes an unknown one, a put refuses it.
    #[serde(default)]
    pub resource: Field<ResourceId>,
    /// Data unless given.
    #[serde(default)]
    pub class: Option<Class>,
    /// By method unless given.
    #[serde(default)]
    pub level: Option<Level>,
    /// Its name.
    #[serde(default)]
    pub name: Field<Name>,
    /// Scopes that open it, by any of them unless `all_scopes`; an import makes unknown ones, a put refuses them.
    #[serde(default)]
    pub scopes: Field<Vec<ScopeId>>,
    /// All of the scopes are needed.
    #[serde(default)]
    pub all_scopes: Option<bool>,
    /// Permissions that open it, by any of them.
    #[serde(default)]
    pub permissions: Field<Vec<Permission>>,
    /// It is for everybody.
    #[serde(default)]
    pub open: Option<bool>,
    /// It is about one instance; by its template unless given.
    #[serde(default)]
    pub instance: Option<bool>,
}

impl EndpointRow {
    /// A row with this key that leaves everything as it is.
    pub fn new(method: impl Into<Arc<str>>, path: impl Into<Arc<str>>) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            resource: Field::Keep,
            class: None,
            level: None,
            name: Field::Keep,
            scopes: Field::Keep,
            all_scopes: None,
            permissions: Field::Keep,
            open: None,
            instance: None,
        }
    }
}

/// A user to put (UM-18).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UserRow {
    /// Its key; for a new one made from the address if it isn't given.
    pub id: UserId,
    /// Needed for a new one.
    #[serde(default)]
    pub name: Option<Name>,
    /// Standard unless given.
    #[serde(default)]
    pub user_type: Option<UserType>,
    /// Employee unless given; never changes.
    #[serde(default)]
    pub audience: Option<Audience>,
    /// Its address.
    #[serde(default)]
    pub email: Field<Arc<str>>,
    /// Where it may act. A put replaces them, an import appends (UM-18).
    #[serde(default)]
    pub places: Field<Vec<Place>>,
    /// Its designation (UM-17).
    #[serde(default)]
    pub designation: Field<Designation>,
    /// Parts of its name and what else came with it.
    #[serde(default)]
    pub profile: Option<Profile>,
}

impl UserRow {
    /// A row with this key that leaves everything as it is.
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            name: None,
            user_type: None,
            audience: None,
            email: Field::Keep,
            places: Field::Keep,
            designation: Field::Keep,
            profile: None,
        }
    }
}

/// What an assignment does to those that are there (APP-16).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Replaces all.
    Set,
    /// Adds; one that is there already is replaced.
    Add,
    /// Takes away.
    Remove,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Set => "set",
            Self::Add => "add",
            Self::Remove => "remove",
        })
    }
}

/// A bundle by id, or by name if none has such an id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(pub Arc<str>);

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for Reference {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// A bundle to assign, at places and for a while where its kind allows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Assign {
    /// Which: a control, a permission set, a role, a user group.
    pub bundle: Reference,
    /// Where. Of a control none is the whole org; a permission set needs one (UM-9); roles and groups have none.
    #[serde(default)]
    pub places: Vec<Place>,
    /// When.
    #[serde(default)]
    pub bounds: Bounds,
}

impl Assign {
    /// Everywhere and always.
    pub fn new(bundle: impl Into<Arc<str>>) -> Self {
        Self { bundle: Reference(bundle.into()), places: Vec::new(), bounds: Bounds::ALWAYS }
    }

    /// The same at places.
    pub fn at(mut self, places: Vec<Place>) -> Self {
        self.places = places;
        self
    }
}

/// A key of an application: the client made the secret; only its hash is here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewKey {
    /// Its id.
    pub id: CredentialId,
    /// How it is proved.
    pub secret: Secret,
    /// Milliseconds of replicated time that it lasts, a day to a year; none for ever (APP-19).
    #[serde(default)]
    pub lasts_ms: Option<u64>,
}

/// Everything that may be asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The first entry of the log, by the cluster itself.
    InitCluster {
        /// The cluster's id.
        cluster: Arc<str>,
        /// SHA-256 of the first operator's certificate.
        operator: Secret,
    },
    /// A new org with its first owner (UM-6) and the built-in groups (AG-10).
    CreateOrg {
        /// Its code.
        org: OrgCode,
        /// Its name.
        name: Name,
        /// Its first owner.
        owner: UserId,
        /// The owner's name.
        owner_name: Name,
    },
    /// Renames an org.
    EditOrg {
        /// Its code.
        org: OrgCode,
        /// Its new name.
        name: Name,
    },
    /// Sets or clears what stores without an explicit group inherit (AG-19 to AG-22).
    SetDefault {
        /// The org.
        org: OrgCode,
        /// None clears.
        group: Option<GroupRef>,
        /// What the group would deny is permitted and marked (AG-33).
        #[serde(default)]
        observe: bool,
    },
    /// Clears the active flag of an org, a store, a till or a user.
    Suspend {
        /// What.
        target: ObjectId,
    },
    /// Sets the active flag again.
    Resume {
        /// What.
        target: ObjectId,
    },
    /// Creates, edits or imports zones.
    PutZones {
        /// The org.
        org: OrgCode,
        /// What is expected to be there.
        mode: PutMode,
        /// The rows.
        rows: Vec<ZoneRow>,
    },
    /// Creates, edits or imports concepts.
    PutConcepts {
        /// The org.
        org: OrgCode,
        /// What is expected to be there.
        mode: PutMode,
        /// The rows.
        rows: Vec<ConceptRow>,
    },
    /// Creates, edits or imports stores.
    PutStores {
        /// The org.
        org: OrgCode,
        /// What is expected to be there.
        mode: PutMode,
        /// The rows.
        rows: Vec<StoreRow>,
    },
    /// Creates, edits or imports tills.
    PutTills {
        /// The org.
        org: OrgCode,
        /// What is expected to be there.
        mode: PutMode,
        /// The rows.
        rows: Vec<TillRow>,
    },
    /// Creates a resource.
    CreateResource {
        /// The org.
        org: OrgCode,
        /// Its name, which is its id.
        id: ResourceId,
        /// Free text.
        description: Arc<str>,
    },
    /// Creates, edits or imports endpoints.
    PutEndpoints {
        /// The org.
        org: OrgCode,
        /// What is expected to be there.
        mode: PutMode,
        /// The rows.
        rows: Vec<EndpointRow>,
    },
    /// Suspends or resumes stores: a subtree, as a batch (AG-37).
    SetStoresActive {
        /// The org.
        org: OrgCode,
        /// The stores.
        stores: Vec<StoreCode>,
        /// False suspends.
        active: bool,
    },
    /// Moves a till to another store (AG-25).
    MoveTill {
        /// The org.
        org: OrgCode,
        /// Where it is.
        store: StoreCode,
        /// The till.
        till: TillCode,
        /// Where it goes.
        to: StoreCode,
    },
    /// Removes a zone, a concept, a store, a till, a resource or an endpoint that nothing needs.
    Remove {
        /// What.
        target: ObjectId,
        /// A store goes with its tills (AG-37).
        #[serde(default)]
        force: bool,
    },
    /// A new custom group (AG-9).
    CreateGroup {
        /// The org.
        org: OrgCode,
        /// Its name; the id is made from it.
        name: Name,
        /// Free text.
        description: Arc<str>,
        /// Its cells.
        grants: Vec<Grant>,
    },
    /// Edits a custom group (AG-14).
    EditGroup {
        /// The org.
        org: OrgCode,
        /// The group.
        group: GroupRef,
        /// A new name.
        #[serde(default)]
        name: Option<Name>,
        /// A new description.
        #[serde(default)]
        description: Option<Arc<str>>,
        /// Cells to set; one without levels is taken away, one without a narrowing keeps the one it has.
        #[serde(default)]
        cells: Vec<Grant>,
        /// Cells whose narrowing is taken away (AG-6).
        #[serde(default)]
        widen: Vec<(ResourceId, Class)>,
    },
    /// No store can have the group any more (AG-27).
    DeactivateGroup {
        /// The org.
        org: OrgCode,
        /// The group.
        group: GroupRef,
    },
    /// The group can be allocated again (AG-29).
    ReactivateGroup {
        /// The org.
        org: OrgCode,
        /// The group.
        group: GroupRef,
    },
    /// Allocates a group to stores, or makes them inherit again (AG-16, AG-17).
    Allocate {
        /// The org.
        org: OrgCode,
        /// The stores.
        stores: Vec<StoreCode>,
        /// Tills can't be allocated to: naming one is refused (AG-24).
        #[serde(default)]
        tills: Vec<(StoreCode, TillCode)>,
        /// None clears.
        group: Option<GroupRef>,
        /// What the group would deny is permitted and marked (AG-33).
        #[serde(default)]
        observe: bool,
    },
    /// Allocations by rows, each with a group of its own (AG-40).
    PutAllocations {
        /// The org.
        org: OrgCode,
        /// The rows.
        rows: Vec<AllocationRow>,
    },
    /// A new credential. The client made the secret; only its hash is here.
    CreateCredential {
        /// Its id.
        id: CredentialId,
        /// What it is for.
        label: Name,
        /// Whom it lets in.
        kind: CredentialKind,
        /// How it is proved.
        secret: Secret,
    },
    /// Revokes a credential, for good.
    RevokeCredential {
        /// Its id.
        id: CredentialId,
    },
    /// Undoes an entry of the audit: the door reads it and turns its changes round.
    Revert {
        /// The entry.
        of: Revision,
        /// Its changes, turned round, the last first.
        changes: Vec<crate::outcome::Change>,
    },
    /// Puts what a document describes: its differences from what is there (`document`).
    Apply {
        /// The org.
        org: OrgCode,
        /// The differences, what is named before what names it.
        changes: Vec<crate::outcome::Change>,
    },
    /// A node's id is never used again: it is being removed from the cluster.
    RetireNode {
        /// The id.
        node: u64,
    },
    /// Defines a scope of the org (AC-11).
    CreateScope {
        /// The org.
        org: OrgCode,
        /// Its name, which is its id.
        id: ScopeId,
        /// Free text.
        description: Arc<str>,
        /// It reaches only what is its holder's own (AC-16).
        #[serde(default)]
        own: bool,
    },
    /// A custom entity with its four scopes (AC-13).
    CreateEntity {
        /// The org.
        org: OrgCode,
        /// Its id.
        id: EntityId,
        /// Its name.
        name: Name,
    },
    /// A new custom access control (AC-1).
    CreateControl {
        /// The org.
        org: OrgCode,
        /// Its name; the id is made from it.
        name: Name,
        /// Free text.
        description: Arc<str>,
        /// Only for groups of this audience (AC-5).
        #[serde(default)]
        audience: Option<Audience>,
        /// Its scopes.
        scopes: Vec<ScopeId>,
    },
    /// Edits a custom access control.
    EditControl {
        /// The org.
        org: OrgCode,
        /// The control.
        control: Reference,
        /// A new name.
        #[serde(default)]
        name: Option<Name>,
        /// A new description.
        #[serde(default)]
        description: Option<Arc<str>>,
        /// What is done with the scopes.
        verb: Verb,
        /// The scopes.
        #[serde(default)]
        scopes: Vec<ScopeId>,
        /// Naming an audience other than its own is refused (AC-5).
        #[serde(default)]
        audience: Option<Audience>,
    },
    /// A new user group.
    CreateUserGroup {
        /// The org.
        org: OrgCode,
        /// Its name; the id is made from it.
        name: Name,
        /// Free text.
        description: Arc<str>,
        /// Whom it is for.
        #[serde(default)]
        audience: Audience,
    },
    /// Edits a user group.
    EditUserGroup {
        /// The org.
        org: OrgCode,
        /// The group.
        group: Reference,
        /// A new name.
        #[serde(default)]
        name: Option<Name>,
        /// A new description.
        #[serde(default)]
        description: Option<Arc<str>>,
    },
    /// Access controls of a user group (AC-2, AC-7).
    AssignControls {
        /// The org.
        org: OrgCode,
        /// The group.
        group: Reference,
        /// What is done with them.
        verb: Verb,
        /// The controls.
        controls: Vec<Assign>,
        /// Users can't have a control: naming one is refused (AC-2).
        #[serde(default)]
        users: Vec<UserId>,
    },
    /// Members of a user group (AC-21).
    AssignMembers {
        /// The org.
        org: OrgCode,
        /// The group.
        group: Reference,
        /// What is done with them.
        verb: Verb,
        /// The users.
        users: Vec<UserId>,
        /// For how long, of those that are added.
        #[serde(default)]
        bounds: Bounds,
        /// An application is never a member: naming one is refused (AC-6).
        #[serde(default)]
        applications: Vec<ApplicationId>,
    },
    /// Creates, edits or imports users (UM-18).
    PutUsers {
        /// The org.
        org: OrgCode,
        /// What is expected to be there.
        mode: PutMode,
        /// The rows.
        rows: Vec<UserRow>,
    },
    /// A new custom permission set (UM-14).
    CreateSet {
        /// The org.
        org: OrgCode,
        /// Its name; the id is made from it.
        name: Name,
        /// Free text.
        description: Arc<str>,
        /// What it grants.
        grants: Vec<ModuleGrant>,
        /// A set to start from: what the catalogue doesn't offer is left out, and listed.
        #[serde(default)]
        clone_of: Option<Reference>,
    },
    /// Edits a custom permission set.
    EditSet {
        /// The org.
        org: OrgCode,
        /// The set.
        set: Reference,
        /// A new name.
        #[serde(default)]
        name: Option<Name>,
        /// A new description.
        #[serde(default)]
        description: Option<Arc<str>>,
        /// Sub-modules to set; one without actions is taken away.
        #[serde(default)]
        grants: Vec<ModuleGrant>,
    },
    /// Permission sets of a user, at places (UM-8, UM-9).
    AssignSets {
        /// The org.
        org: OrgCode,
        /// The user.
        user: UserId,
        /// What is done with them.
        verb: Verb,
        /// The sets. `Remove` without places takes a set away everywhere.
        sets: Vec<Assign>,
        /// No permission goes to a user directly: naming one is refused (UM-7).
        #[serde(default)]
        permissions: Vec<Permission>,
    },
    /// Internal roles of a user (APP-5).
    AssignUserRoles {
        /// The org.
        org: OrgCode,
        /// The user.
        user: UserId,
        /// What is done with them.
        verb: Verb,
        /// The roles.
        roles: Vec<Assign>,
    },
    /// A new custom role (APP-10).
    CreateRole {
        /// The org.
        org: OrgCode,
        /// Its id.
        id: RoleId,
        /// Its name.
        name: Name,
        /// Free text.
        description: Arc<str>,
        /// Its rights.
        rights: Vec<PrivilegeId>,
    },
    /// Edits a custom role.
    EditRole {
        /// The org.
        org: OrgCode,
        /// The role.
        role: Reference,
        /// A new name.
        #[serde(default)]
        name: Option<Name>,
        /// A new description.
        #[serde(default)]
        description: Option<Arc<str>>,
        /// What is done with the rights.
        verb: Verb,
        /// The rights.
        #[serde(default)]
        rights: Vec<PrivilegeId>,
    },
    /// Endpoint privileges are predefined: always refused (APP-6).
    CreateEndpointPrivilege {
        /// The org.
        org: OrgCode,
        /// The privilege.
        id: PrivilegeId,
    },
    /// Registers an application (APP-1, APP-12).
    RegisterApplication {
        /// The org.
        org: OrgCode,
        /// Its internal id.
        id: ApplicationId,
        /// Its name.
        name: Name,
        /// Application or extension.
        kind: ApplicationType,
        /// None gives the default; an empty list gives none (APP-16).
        #[serde(default)]
        roles: Option<Vec<Assign>>,
        /// Scopes of its credential (AC-6).
        #[serde(default)]
        scopes: Vec<ScopeId>,
        /// An access group of its own (AG-36).
        #[serde(default)]
        group: Option<GroupRef>,
        /// Where it came from.
        #[serde(default)]
        source: Option<Arc<str>>,
        /// Somebody else's.
        #[serde(default)]
        external: bool,
        /// Its first key.
        #[serde(default)]
        key: Option<NewKey>,
    },
    /// Edits an application; its type never changes (APP-4).
    EditApplication {
        /// The org.
        org: OrgCode,
        /// The application.
        application: ApplicationId,
        /// A new name.
        #[serde(default)]
        name: Option<Name>,
        /// Its access group (AG-36).
        #[serde(default)]
        group: Field<GroupRef>,
        /// Its scopes, all of them.
        #[serde(default)]
        scopes: Option<Vec<ScopeId>>,
        /// Where it came from.
        #[serde(default)]
        source: Field<Arc<str>>,
        /// Somebody else's.
        #[serde(default)]
        external: Option<bool>,
    },
    /// Roles of an application (APP-14 to APP-16).
    AssignRoles {
        /// The org.
        org: OrgCode,
        /// The application.
        application: ApplicationId,
        /// What is done with them.
        verb: Verb,
        /// The roles.
        roles: Vec<Assign>,
    },
    /// A new key for an application; the older ones are revoked, or end after an overlap (APP-19).
    RotateKey {
        /// The org.
        org: OrgCode,
        /// The application.
        application: ApplicationId,
        /// The new key.
        key: NewKey,
        /// Milliseconds for which the older keys still let in; none revokes them at once.
        #[serde(default)]
        overlap_ms: Option<u64>,
    },
    /// Switches of an org.
    EditSettings {
        /// The org.
        org: OrgCode,
        /// Whom to turn to (UM-23).
        #[serde(default)]
        contact: Field<Arc<str>>,
        /// Applications registered without roles get none (APP-13).
        #[serde(default)]
        least_privilege_registration: Option<bool>,
    },
    /// A group allocated to stores for a while, with a reason; what was there before comes back by itself.
    BreakGlass {
        /// The org.
        org: OrgCode,
        /// The stores.
        stores: Vec<StoreCode>,
        /// The group.
        group: GroupRef,
        /// Milliseconds of replicated time, at most a week.
        lasts_ms: u64,
    },
    /// A one-time code for a user, whose hash is here (UM-23).
    Invite {
        /// The org.
        org: OrgCode,
        /// The user.
        user: UserId,
        /// The id of the invitation.
        id: CredentialId,
        /// The hash of the code.
        secret: Secret,
        /// Milliseconds of replicated time that it lasts.
        lasts_ms: u64,
    },
    /// Turns the code that lets the asker in into a credential of its user, once.
    RedeemInvitation {
        /// The credential's id.
        id: CredentialId,
        /// What it is for.
        label: Name,
        /// How it is proved.
        secret: Secret,
    },
    /// Replaces the platform's catalogue (UM-10).
    SetPlatform {
        /// The new one; its version is one more than the present one's.
        platform: Box<Platform>,
    },
    /// Replicated time moves on: by the cluster itself, when something flips.
    Tick {
        /// To this moment.
        to: Tick,
    },
}

impl Command {
    /// The word for it in the audit, in metrics and in the table of who may run what.
    pub fn name(&self) -> &'static str {
        match self {
            Self::InitCluster { .. } => "cluster init",
            Self::CreateOrg { .. } => "org create",
            Self::EditOrg { .. } => "org edit",
            Self::SetDefault { .. } => "default",
            Self::Suspend { .. } => "suspend",
            Self::Resume { .. } => "resume",
            Self::PutZones { mode, .. } => put_name(*mode, ["zone create", "zone edit", "import zones"]),
            Self::PutConcepts { mode, .. } => put_name(*mode, ["concept create", "concept edit", "import concepts"]),
            Self::PutStores { mode, .. } => put_name(*mode, ["store create", "store edit", "import stores"]),
            Self::PutTills { mode, .. } => put_name(*mode, ["till create", "till edit", "import tills"]),
            Self::CreateResource { .. } => "resource create",
            Self::PutEndpoints { mode, .. } => put_name(*mode, ["endpoint create", "endpoint edit", "import endpoints"]),
            Self::SetStoresActive { active: false, .. } => "suspend stores",
            Self::SetStoresActive { active: true, .. } => "resume stores",
            Self::MoveTill { .. } => "till move",
            Self::Remove { target, .. } => match target {
                ObjectId::Zone(..) => "zone remove",
                ObjectId::Concept(..) => "concept remove",
                ObjectId::Store(..) => "store remove",
                ObjectId::Till(..) => "till remove",
                ObjectId::Resource(..) => "resource remove",
                ObjectId::Endpoint(..) => "endpoint remove",
                ObjectId::Scope(..) => "scope remove",
                ObjectId::Entity(..) => "entity remove",
                ObjectId::Control(..) => "access-control remove",
                ObjectId::UserGroup(..) => "user-group remove",
                ObjectId::Set(..) => "permission-set remove",
                ObjectId::Role(..) => "role remove",
                ObjectId::Application(..) => "application remove",
                ObjectId::User(..) => "user remove",
                ObjectId::Cluster
                | ObjectId::Org(_)
                | ObjectId::Group(..)
                | ObjectId::Credential(_)
                | ObjectId::Override(..)
                | ObjectId::Settings(_)
                | ObjectId::Platform
                | ObjectId::Clock
                | ObjectId::Retired(..) => "remove",
            },
            Self::CreateGroup { .. } => "access-group create",
            Self::EditGroup { .. } => "access-group edit",
            Self::DeactivateGroup { .. } => "access-group deactivate",
            Self::ReactivateGroup { .. } => "access-group reactivate",
            Self::Allocate { .. } => "allocate",
            Self::PutAllocations { .. } => "import allocations",
            Self::CreateCredential { .. } => "credential create",
            Self::RevokeCredential { .. } => "credential revoke",
            Self::Revert { .. } => "undo",
            Self::Apply { .. } => "apply",
            Self::RetireNode { .. } => "cluster remove",
            Self::PutUsers { mode, .. } => put_name(*mode, ["user create", "user edit", "import users"]),
            Self::CreateScope { .. } => "scope create",
            Self::CreateEntity { .. } => "entity create",
            Self::CreateControl { .. } => "access-control create",
            Self::EditControl { .. } => "access-control edit",
            Self::CreateUserGroup { .. } => "user-group create",
            Self::EditUserGroup { .. } => "user-group edit",
            Self::AssignControls { .. } => "user-group controls",
            Self::AssignMembers { .. } => "user-group members",
            Self::CreateSet { .. } => "permission-set create",
            Self::EditSet { .. } => "permission-set edit",
            Self::AssignSets { .. } => "user sets",
            Self::AssignUserRoles { .. } => "user roles",
            Self::CreateRole { .. } => "role create",
            Self::EditRole { .. } => "role edit",
            Self::CreateEndpointPrivilege { .. } => "endpoint-privilege create",
            Self::RegisterApplication { .. } => "application register",
            Self::EditApplication { .. } => "application edit",
            Self::AssignRoles { .. } => "application roles",
            Self::RotateKey { .. } => "application rotate-key",
            Self::EditSettings { .. } => "org settings",
            Self::BreakGlass { .. } => "break-glass",
            Self::Invite { .. } => "user invite",
            Self::RedeemInvitation { .. } => "login",
            Self::SetPlatform { .. } => "catalogue apply",
            Self::Tick { .. } => "tick",
        }
    }

    /// Whether it adds objects: what a node whose disk is nearly full refuses. What changes or takes away may free
    /// room, or be the very thing that an emergency needs.
    pub fn grows(&self) -> bool {
        match self {
            Self::CreateOrg { .. }
            | Self::CreateResource { .. }
            | Self::CreateGroup { .. }
            | Self::CreateCredential { .. }
            | Self::Apply { .. }
            | Self::CreateScope { .. }
            | Self::CreateEntity { .. }
            | Self::CreateControl { .. }
            | Self::CreateUserGroup { .. }
            | Self::CreateSet { .. }
            | Self::CreateRole { .. }
            | Self::RegisterApplication { .. }
            | Self::RotateKey { .. }
            | Self::Invite { .. }
            | Self::SetPlatform { .. } => true,
            Self::PutZones { mode, .. }
            | Self::PutConcepts { mode, .. }
            | Self::PutStores { mode, .. }
            | Self::PutTills { mode, .. }
            | Self::PutUsers { mode, .. }
            | Self::PutEndpoints { mode, .. } => match mode {
                PutMode::Create | PutMode::Import => true,
                PutMode::Edit => false,
            },
            Self::InitCluster { .. }
            | Self::EditOrg { .. }
            | Self::SetDefault { .. }
            | Self::Suspend { .. }
            | Self::Resume { .. }
            | Self::SetStoresActive { .. }
            | Self::MoveTill { .. }
            | Self::Remove { .. }
            | Self::EditGroup { .. }
            | Self::DeactivateGroup { .. }
            | Self::ReactivateGroup { .. }
            | Self::Allocate { .. }
            | Self::PutAllocations { .. }
            | Self::RevokeCredential { .. }
            | Self::Revert { .. }
            | Self::RetireNode { .. }
            | Self::EditControl { .. }
            | Self::EditUserGroup { .. }
            | Self::EditSet { .. }
            | Self::EditRole { .. }
            | Self::CreateEndpointPrivilege { .. }
            | Self::EditApplication { .. }
            | Self::EditSettings { .. }
            | Self::BreakGlass { .. }
            | Self::RedeemInvitation { .. }
            | Self::Tick { .. }
            | Self::AssignMembers { .. }
            | Self::AssignControls { .. }
            | Self::AssignSets { .. }
            | Self::AssignUserRoles { .. }
            | Self::AssignRoles { .. } => false,
        }
    }

    /// The org it is about; none for the cluster's own commands and for operators' credentials.
    pub fn org(&self) -> Option<&OrgCode> {
        match self {
            Self::InitCluster { .. }
            | Self::RevokeCredential { .. }
            | Self::RetireNode { .. }
            | Self::RedeemInvitation { .. }
            | Self::SetPlatform { .. }
            | Self::Tick { .. } => None,
            Self::CreateOrg { org, .. }
            | Self::Apply { org, .. }
            | Self::EditOrg { org, .. }
            | Self::SetDefault { org, .. }
            | Self::PutZones { org, .. }
            | Self::PutConcepts { org, .. }
            | Self::PutStores { org, .. }
            | Self::PutTills { org, .. }
            | Self::CreateResource { org, .. }
            | Self::PutEndpoints { org, .. }
            | Self::CreateGroup { org, .. }
            | Self::EditGroup { org, .. }
            | Self::DeactivateGroup { org, .. }
            | Self::ReactivateGroup { org, .. }
            | Self::SetStoresActive { org, .. }
            | Self::MoveTill { org, .. }
            | Self::PutAllocations { org, .. }
            | Self::Allocate { org, .. }
            | Self::PutUsers { org, .. }
            | Self::CreateScope { org, .. }
            | Self::CreateEntity { org, .. }
            | Self::CreateControl { org, .. }
            | Self::EditControl { org, .. }
            | Self::CreateUserGroup { org, .. }
            | Self::EditUserGroup { org, .. }
            | Self::AssignControls { org, .. }
            | Self::AssignMembers { org, .. }
            | Self::CreateSet { org, .. }
            | Self::EditSet { org, .. }
            | Self::AssignSets { org, .. }
            | Self::AssignUserRoles { org, .. }
            | Self::CreateRole { org, .. }
            | Self::EditRole { org, .. }
            | Self::CreateEndpointPrivilege { org, .. }
            | Self::RegisterApplication { org, .. }
            | Self::EditApplication { org, .. }
            | Self::AssignRoles { org, .. }
            | Self::RotateKey { org, .. }
            | Self::EditSettings { org, .. }
            | Self::BreakGlass { org, .. }
            | Self::Invite { org, .. } => Some(org),
            Self::Suspend { target } | Self::Resume { target } | Self::Remove { target, .. } => target.org(),
            Self::Revert { changes, .. } => changes.iter().find_map(crate::outcome::Change::org),
            Self::CreateCredential { kind, .. } => kind.org(),
        }
    }
}

fn put_name(mode: PutMode, [create, edit, import]: [&'static str; 3]) -> &'static str {
    match mode {
        PutMode::Create => create,
        PutMode::Edit => edit,
        PutMode::Import => import,
    }
}
