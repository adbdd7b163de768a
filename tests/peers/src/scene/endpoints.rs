//! The catalogue of an org: resources and endpoints of all kinds.

use bailiwick_policy::access::{Class, Level};
use bailiwick_policy::command::{Command, EndpointRow, Field, PutMode};

use super::staff::known_scopes;
use super::{Making, id};
use crate::corpus::ORG;

/// Resources.
const RESOURCES: [&str; 4] = ["Customer", "Order", "Points", "Store"];

/// Method, template, and the place in `RESOURCES` that it has as often as not.
const POOL: [(&str, &str, usize); 24] = [
    ("GET", "/admin/sites", 3),
    ("GET", "/customers", 0),
    ("POST", "/customers", 0),
    ("GET", "/customers/{id}", 0),
    ("PUT", "/customers/{id}", 0),
    ("DELETE", "/customers/{id}", 0),
    ("POST", "/customers/search", 0),
    ("GET", "/customers/me", 0),
    ("GET", "/orders", 1),
    ("HEAD", "/orders", 1),
    ("POST", "/orders", 1),
    ("GET", "/orders/{id}", 1),
    ("PATCH", "/orders/{id}", 1),
    ("POST", "/orders/{id}/lines", 1),
    ("GET", "/{tenant}/orders", 1),
    ("GET", "/points", 2),
    ("POST", "/points", 2),
    ("GET", "/points/{id}", 2),
    ("OPTIONS", "/points/{id}", 2),
    ("GET", "/stores/config", 3),
    ("PUT", "/stores/config", 3),
    ("GET", "/{any}/config", 3),
    ("GET", "/broken/{id", 3),
    ("GET", "/files/{name}.txt", 3),
];

/// What opens an endpoint to people.
const PERMISSIONS: [&str; 6] = [
    "Campaign/Workflow:edit",
    "Campaign/Workflow:view",
    "Insights+/Reports:create",
    "Member Care/Customer PII:view",
    "Member Care/Customer Profile:edit",
    "Member Care/Customer Profile:view",
];

/// Imports endpoints, which makes their resources.
pub(super) fn make(making: &mut Making) -> Result<(), String> {
    let scopes = known_scopes(making);
    let chance = &mut making.chance;
    let mut rows = Vec::new();
    for (method, path, near) in POOL {
        // One that hides the platform's is rare.
        if chance.one_in(6) || (path.starts_with("/admin") && !chance.one_in(6)) {
            continue;
        }
        let mut row = EndpointRow::new(method, path);
        let resource = if chance.one_in(3) { chance.below(RESOURCES.len()) } else { near };
        if let Some(resource) = RESOURCES.get(resource).filter(|_| !chance.one_in(5)) {
            row.resource = Field::To(id(resource));
        }
        if chance.one_in(4) || path.ends_with("config") {
            row.class = Some(Class::Config);
        }
        if path.ends_with("search") || chance.one_in(9) {
            row.level = Some(Level::Read);
        } else if chance.one_in(12) {
            row.level = Some(Level::Write);
        }
        if chance.one_in(2) {
            row.scopes = Field::To(chance.some(&scopes, 1, 3).iter().map(|scope| id(scope)).collect());
            row.all_scopes = Some(chance.one_in(3));
        }
        if chance.one_in(4) {
            row.permissions = Field::To(chance.some(&PERMISSIONS, 1, 2).into_iter().map(id).collect());
        }
        // Kept to templates without parameters: `false` for one with them reads otherwise in older documents.
        if chance.one_in(8) && !path.contains('{') {
            row.instance = Some(true);
        }
        if chance.one_in(16) {
            row.open = Some(true);
        }
        rows.push(row);
    }
    making.cluster.run(Command::PutEndpoints { org: id(ORG), mode: PutMode::Import, rows })
}
