//! Endpoints of administration, beneath those of every org (APP-2 to APP-6).
//!
//! Applications reach all of them by the Advanced Application privilege, but for registrations, roles, profiles and
//! access rights; the eight that have a privilege of their own by that too. People reach them by what their internal
//! roles are for; administrators reach all.

use super::privileges::{ADVANCED, ENDPOINT, EXTENSIONS};
use super::{read, read_all};
use crate::path::template;
use crate::platform::PlatformEndpoint;

const CATALOG: &[&str] = &[ADVANCED, "catalog"];
const CATALOG_READ: &[&str] = &[ADVANCED, "catalog", "csAgent", "csAgentSupervisor", "marketing", "search"];
const CONTENT: &[&str] = &[ADVANCED, "content"];
const FILES: &[&str] = &[ADVANCED, "content", "media"];
const MARKETING: &[&str] = &[ADVANCED, "marketing"];
const MARKETING_READ: &[&str] = &[ADVANCED, "csAgent", "csAgentSupervisor", "marketing"];
const OPERATIONS: &[&str] = &[ADVANCED, "operations"];
const EXPORTS: &[&str] = &[ADVANCED, "catalog", "operations", "reporting"];
const SERVICE: &[&str] = &[ADVANCED, "csAgent", "csAgentSupervisor"];
const SUPERVISION: &[&str] = &[ADVANCED, "csAgentSupervisor"];
const ACCOUNTS: &[&str] = &[ADVANCED, "accountManager"];
const ACCOUNTS_READ: &[&str] = &[ADVANCED, "accountManager", "csAgent", "csAgentSupervisor"];
const SETTINGS: &[&str] = &[ADVANCED, "settings"];
const SETTINGS_READ: &[&str] = &[ADVANCED, "accountManager", "catalog", "content", "marketing", "settings"];
const REPORTS: &[&str] = &[ADVANCED, "dashboard", "reporting"];
const SEARCH: &[&str] = &[ADVANCED, "search"];
const PUBLISHING: &[&str] = &[ADVANCED, "publishing"];
const REGISTRATIONS: &[&str] = &[EXTENSIONS];
const PEOPLE: &[&str] = &[];

/// Method, path below `/ccadmin/v1/`, and who reaches it beside administrators.
pub(super) const ENDPOINTS: &[(&str, &str, &[&str])] = &[
    ("GET", "products", CATALOG_READ),
    ("POST", "products", CATALOG),
    ("GET", "products/{id}", CATALOG_READ),
    ("PUT", "products/{id}", CATALOG),
    ("DELETE", "products/{id}", CATALOG),
    ("GET", "skus", CATALOG_READ),
    ("POST", "skus", CATALOG),
    ("GET", "skus/{id}", CATALOG_READ),
    ("PUT", "skus/{id}", CATALOG),
    ("GET", "collections", CATALOG_READ),
    ("POST", "collections", CATALOG),
    ("GET", "collections/{id}", CATALOG_READ),
    ("PUT", "collections/{id}", CATALOG),
    ("DELETE", "collections/{id}", CATALOG),
    ("POST", "collections/{id}/addProducts", CATALOG),
    ("GET", "inventories/{id}", CATALOG_READ),
    ("PUT", "inventories/{id}", CATALOG),
    ("GET", "priceLists", CATALOG_READ),
    ("GET", "priceLists/{id}", CATALOG_READ),
    ("PUT", "prices/{priceListId}", CATALOG),
    ("GET", "orders", SERVICE),
    ("GET", "orders/{id}", SERVICE),
    ("PUT", "orders/{id}", SERVICE),
    ("POST", "orders/{id}/refund", SUPERVISION),
    ("GET", "returnRequests", SERVICE),
    ("POST", "returnRequests", SERVICE),
    ("PUT", "returnRequests/{id}", SUPERVISION),
    ("GET", "profiles", ACCOUNTS_READ),
    ("POST", "profiles", ACCOUNTS_READ),
    ("GET", "profiles/{id}", ACCOUNTS_READ),
    ("PUT", "profiles/{id}", ACCOUNTS_READ),
    ("DELETE", "profiles/{id}", ACCOUNTS),
    ("GET", "organizations", ACCOUNTS_READ),
    ("POST", "organizations", ACCOUNTS),
    ("PUT", "organizations/{id}", ACCOUNTS),
    ("GET", "promotions", MARKETING_READ),
    ("POST", "promotions", MARKETING),
    ("GET", "promotions/{id}", MARKETING_READ),
    ("PUT", "promotions/{id}", MARKETING),
    ("DELETE", "promotions/{id}", MARKETING),
    ("GET", "coupons/{id}", MARKETING_READ),
    ("POST", "coupons", MARKETING),
    ("GET", "audiences", MARKETING),
    ("POST", "audiences", MARKETING),
    ("GET", "sites", SETTINGS_READ),
    ("GET", "sites/{id}", SETTINGS_READ),
    ("PUT", "sites/{id}", SETTINGS),
    ("GET", "shopperTypes/{id}", SETTINGS_READ),
    ("PUT", "shopperTypes/{id}", SETTINGS),
    ("GET", "itemTypes/{id}", SETTINGS_READ),
    ("PUT", "itemTypes/{id}", SETTINGS),
    ("POST", "exportProcess", EXPORTS),
    ("GET", "exportProcess/{token}", EXPORTS),
    ("POST", "exportProcess/{token}/abort", EXPORTS),
    ("POST", "importProcess", OPERATIONS),
    ("GET", "importProcess/{token}", OPERATIONS),
    ("GET", "extensions", SETTINGS),
    ("POST", "extensions", SETTINGS),
    ("GET", "extensions/{id}", SETTINGS),
    ("POST", "extensions/{id}/deactivate", SETTINGS),
    ("DELETE", "extensions/{id}", SETTINGS),
    ("GET", "files", FILES),
    ("PUT", "files", FILES),
    ("PUT", "files/{token}", FILES),
    ("GET", "pages", CONTENT),
    ("PUT", "pages/{id}", CONTENT),
    ("GET", "webhooks", OPERATIONS),
    ("PUT", "webhooks/{id}", OPERATIONS),
    ("GET", "reports/{id}", REPORTS),
    ("GET", "searchConfig", SEARCH),
    ("PUT", "searchConfig", SEARCH),
    ("GET", "publishingChangeLists", PUBLISHING),
    ("POST", "publish", PUBLISHING),
    ("GET", "applicationIds", REGISTRATIONS),
    ("POST", "applicationIds", REGISTRATIONS),
    ("GET", "applicationIds/{id}", REGISTRATIONS),
    ("PUT", "applicationIds/{id}", REGISTRATIONS),
    ("DELETE", "applicationIds/{id}", REGISTRATIONS),
    ("GET", "adminRoles", PEOPLE),
    ("POST", "adminRoles", PEOPLE),
    ("GET", "adminRoles/{id}", PEOPLE),
    ("PUT", "adminRoles/{id}", PEOPLE),
    ("DELETE", "adminRoles/{id}", PEOPLE),
    ("GET", "adminProfiles", PEOPLE),
    ("POST", "adminProfiles", PEOPLE),
    ("GET", "adminProfiles/{id}", PEOPLE),
    ("PUT", "adminProfiles/{id}", PEOPLE),
    ("GET", "adminAccessRights", PEOPLE),
    ("GET", "adminAccessRights/{id}", PEOPLE),
];

/// All of them, sorted.
pub(super) fn endpoints() -> Vec<PlatformEndpoint> {
    let mut all: Vec<PlatformEndpoint> = ENDPOINTS
        .iter()
        .filter_map(|(method, path, privileges)| {
            let path = template(&format!("/ccadmin/v1/{path}")).ok()?;
            let shown = format!("{method} {}", path.shown);
            let of_its_own = ENDPOINT.iter().find(|(_, _, endpoint)| *endpoint == shown).and_then(|(id, _, _)| read(id));
            let mut names = vec!["administrator"];
            names.extend(*privileges);
            Some(PlatformEndpoint {
                id: read(&format!("{method} {}", path.canonical))?,
                template: path.shown.into(),
                endpoint_privilege: of_its_own,
                privileges: read_all(&names),
                by_type: privileges.contains(&EXTENSIONS),
            })
        })
        .collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::authored;

    #[test]
    fn app_6_the_eight_endpoints_with_a_privilege_of_their_own() {
        let platform = authored();
        let mut told: Vec<(String, String)> = platform
            .endpoints
            .iter()
            .filter_map(|endpoint| Some((endpoint.endpoint_privilege.as_ref()?.to_string(), format!("{} {}", endpoint.id.as_str().split(' ').next()?, endpoint.template))))
            .collect();
        told.sort();
        let expected: Vec<(String, String)> = ENDPOINT.iter().map(|(id, _, endpoint)| ((*id).to_owned(), (*endpoint).to_owned())).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn app_2_all_but_four_families_are_reached_by_the_advanced_privilege() {
        for endpoint in authored().endpoints {
            let family = endpoint.template.split('/').nth(3).unwrap_or_default().to_owned();
            let apart = ["applicationIds", "adminRoles", "adminProfiles", "adminAccessRights"].contains(&family.as_str());
            assert_eq!(endpoint.privileges.iter().any(|id| id.as_str() == ADVANCED), !apart, "{}", endpoint.id);
            assert_eq!(endpoint.by_type, family == "applicationIds", "{}", endpoint.id);
            assert!(endpoint.privileges.iter().any(|id| id.as_str() == "administrator"), "{}", endpoint.id);
        }
    }
}
