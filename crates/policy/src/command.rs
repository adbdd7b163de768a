//! What may be asked for. A command is asked for; a change (see `change`) is what it does.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::{Class, Grant, Level};
use crate::ids::*;
use crate::name::Name;
use crate::object::{CredentialKind, Secret};

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
    /// A node's id is never used again: it is being removed from the cluster.
    RetireNode {
        /// The id.
        node: u64,
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
                ObjectId::Cluster
                | ObjectId::Org(_)
                | ObjectId::Group(..)
                | ObjectId::User(..)
                | ObjectId::Credential(_)
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
            Self::RetireNode { .. } => "cluster remove",
        }
    }

    /// Whether it adds objects: what a node whose disk is nearly full refuses. What changes or takes away may free
    /// room, or be the very thing that an emergency needs.
    pub fn grows(&self) -> bool {
        match self {
            Self::CreateOrg { .. }
            | Self::CreateResource { .. }
            | Self::CreateGroup { .. }
            | Self::CreateCredential { .. } => true,
            Self::PutZones { mode, .. }
            | Self::PutConcepts { mode, .. }
            | Self::PutStores { mode, .. }
            | Self::PutTills { mode, .. }
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
            | Self::RetireNode { .. } => false,
        }
    }

    /// The org it is about; none for the cluster's own commands and for operators' credentials.
    pub fn org(&self) -> Option<&OrgCode> {
        match self {
            Self::InitCluster { .. } | Self::RevokeCredential { .. } | Self::RetireNode { .. } => None,
            Self::CreateOrg { org, .. }
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
            | Self::Allocate { org, .. } => Some(org),
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
