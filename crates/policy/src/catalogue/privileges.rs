//! Privileges and predefined roles (APP-1, APP-5, APP-6, APP-20). A predefined role but the default one holds the one
//! privilege of its name.

use super::{read, read_all};
use crate::ids::RoleId;
use crate::platform::{PlatformRole, Privilege, PrivilegeKind};

/// What an application registered without roles gets (APP-1).
pub(super) const DEFAULT_ROLE: &str = "ora.advancedApplicationPlusExtensionsRole";
/// Reaches all but the endpoints of registrations, roles, profiles and access rights (APP-2).
pub(super) const ADVANCED: &str = "ora.advancedApplicationPrivilege";
/// Reaches registrations of extensions (APP-3).
pub(super) const EXTENSIONS: &str = "ora.extensionsPrivilege";

/// Functional privileges of applications: id, name, what for.
const APPLICATION: [(&str, &str, &str); 2] = [
    (ADVANCED, "Advanced Application", "Most endpoints of administration, extensions among them"),
    (EXTENSIONS, "Extensions", "Registrations of extensions"),
];

/// Privileges of single endpoints: id, name, the endpoint.
pub(super) const ENDPOINT: [(&str, &str, &str); 8] = [
    ("endpoint.ccadmin.abortExportProcess", "Admin Abort Export Endpoint Privilege", "POST /ccadmin/v1/exportProcess/{token}/abort"),
    ("endpoint.ccadmin.executeExport", "Admin Bulk Export Endpoint Privilege", "POST /ccadmin/v1/exportProcess"),
    ("endpoint.ccadmin.getExportProcess", "Admin Get Export Status Endpoint Privilege", "GET /ccadmin/v1/exportProcess/{token}"),
    ("endpoint.ccadmin.getItemType", "Admin Get Item Type Properties Endpoint Privilege", "GET /ccadmin/v1/itemTypes/{id}"),
    ("endpoint.ccadmin.getShopperType", "Admin Get Shopper Type Properties Endpoint Privilege", "GET /ccadmin/v1/shopperTypes/{id}"),
    ("endpoint.ccadmin.getSite", "Admin Get Site Endpoint Privilege", "GET /ccadmin/v1/sites/{id}"),
    ("endpoint.ccadmin.getSites", "Admin List Sites Endpoint Privilege", "GET /ccadmin/v1/sites"),
    ("endpoint.ccadmin.listPromotions", "Admin List Promotions Endpoint Privilege", "GET /ccadmin/v1/promotions"),
];

/// Of people in the administration interface: id, name, what for.
pub(super) const INTERNAL: [(&str, &str, &str); 14] = [
    ("accountManager", "Account Manager", "Accounts of companies, their people and their contracts"),
    ("administrator", "Administrator", "Every endpoint of administration"),
    ("catalog", "Catalog", "Products, collections, prices and stock"),
    ("content", "Content", "Pages and what is shown on them"),
    ("csAgent", "CS Agent", "Serving shoppers: profiles and orders"),
    ("csAgentSupervisor", "CS Agent Supervisor", "Serving shoppers, with refunds and adjustments"),
    ("dashboard", "Dashboard", "Figures at a glance"),
    ("marketing", "Marketing", "Promotions, coupons and audiences"),
    ("media", "Media", "Files and images"),
    ("operations", "Operations", "Exports, imports and web hooks"),
    ("publishing", "Publishing", "Putting changes live"),
    ("reporting", "Reporting", "Reports and their export"),
    ("search", "Search", "How the shop finds and sorts"),
    ("settings", "Settings", "Sites, shopper types and item types"),
];

/// Of these, those that a registration without roles brings and that grant an application nothing (APP-13).
pub(super) const INERT: [&str; 6] = ["administrator", "catalog", "csAgent", "dashboard", "marketing", "settings"];

/// All of them, with names.
fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str, PrivilegeKind)> {
    let of = |kind| move |(id, name, description): &(&'static str, &'static str, &'static str)| (*id, *name, *description, kind);
    let application = APPLICATION.iter().map(of(PrivilegeKind::Application));
    application.chain(ENDPOINT.iter().map(of(PrivilegeKind::Endpoint))).chain(INTERNAL.iter().map(of(PrivilegeKind::Internal)))
}

/// Privileges, sorted.
pub(super) fn privileges() -> Vec<Privilege> {
    let mut privileges: Vec<Privilege> = all().filter_map(|(id, _, description, kind)| Some(Privilege { id: read(id)?, description: description.into(), kind })).collect();
    privileges.sort_by(|a, b| a.id.cmp(&b.id));
    privileges
}

/// Predefined roles, sorted.
pub(super) fn roles() -> Vec<PlatformRole> {
    let of_one = |(id, name, description, kind): (&'static str, &'static str, &'static str, PrivilegeKind)| {
        Some(PlatformRole { id: read(id)?, name: read(name)?, description: description.into(), rights: read_all(&[id]), internal: kind == PrivilegeKind::Internal })
    };
    let default = read(DEFAULT_ROLE).zip(read("Advanced Application plus Extensions")).map(|(id, name)| PlatformRole {
        id,
        name,
        description: "What a registered application gets unless roles are given".into(),
        rights: read_all(&[ADVANCED, EXTENSIONS]),
        internal: false,
    });
    let mut roles: Vec<PlatformRole> = all().filter_map(of_one).chain(default).collect();
    roles.sort_by(|a, b| a.id.cmp(&b.id));
    roles
}

/// Internal roles kept for compatibility, sorted.
pub(super) fn inert_roles() -> Vec<RoleId> {
    read_all(&INERT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::authored;

    #[test]
    fn app_20_predefined_roles_hold_the_privilege_of_their_name() {
        let platform = authored();
        for role in &platform.roles {
            let rights: Vec<&str> = role.rights.iter().map(|right| right.as_str()).collect();
            if role.id.as_str() == DEFAULT_ROLE {
                assert_eq!(rights, [ADVANCED, EXTENSIONS]);
            } else {
                assert_eq!(rights, [role.id.as_str()]);
            }
        }
    }
}
