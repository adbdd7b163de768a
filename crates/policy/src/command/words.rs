//! The words for commands, and which org one is about.

use super::{Command, PutMode};
use crate::ids::*;

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
                | ObjectId::Proposal(..)
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
            Self::Propose { .. } => "propose",
            Self::Approve { .. } => "approve",
            Self::Decline { .. } => "decline",
            Self::Withdraw { .. } => "withdraw",
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
            | Self::Propose { .. }
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
            // What it does was weighed when it was proposed.
            | Self::Approve { .. }
            | Self::Decline { .. }
            | Self::Withdraw { .. }
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
            | Self::Propose { org, .. }
            | Self::Approve { org, .. }
            | Self::Decline { org, .. }
            | Self::Withdraw { org, .. }
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
