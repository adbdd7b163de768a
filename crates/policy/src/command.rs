//! What may be asked for. A command is asked for; a change (see `change`) is what it does.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::{Class, Grant};
use crate::ids::*;
use crate::name::Name;
use crate::object::{ApplicationType, Audience, CredentialKind, Secret};
use crate::permission::{ModuleGrant, Permission};
use crate::place::Bounds;
use crate::platform::Platform;

mod parts;
mod words;

pub use parts::*;

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

/// Everything that may be asked for. A proposal keeps one on disk by position: a command gets new fields at its end only,
/// with a default.
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
        /// A change takes effect when a second person approves it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approval_required: Option<bool>,
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
    /// Proposes a command for a second person to approve. The proposal's id is that of the request.
    Propose {
        /// The org.
        org: OrgCode,
        /// The command, about this org.
        command: Box<Command>,
        /// Milliseconds of replicated time that it waits; none is a week.
        #[serde(default)]
        lasts_ms: Option<u64>,
    },
    /// Does what another person proposed.
    Approve {
        /// The org.
        org: OrgCode,
        /// The proposal.
        proposal: RequestId,
    },
    /// Takes away what another person proposed, for a reason.
    Decline {
        /// The org.
        org: OrgCode,
        /// The proposal.
        proposal: RequestId,
    },
    /// Takes away what one proposed oneself.
    Withdraw {
        /// The org.
        org: OrgCode,
        /// The proposal.
        proposal: RequestId,
    },
}
