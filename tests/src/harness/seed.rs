//! What tests put into a cluster before they begin: a small retailer, by ordinary commands.

use bailiwick_policy::access::{Class, Grant, Level, Levels};
use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;

use super::ask::code;
use super::caller::Caller;

/// An org with its owner `ada`.
pub fn org(org: &str) -> Command {
    Command::CreateOrg { org: code(org), name: code(org), owner: code("ada"), owner_name: code("Ada") }
}

/// The default group, or none.
pub fn default(org: &str, group: Option<&str>) -> Command {
    Command::SetDefault { org: code(org), group: group.map(GroupRef::from), observe: false }
}

/// Stores with these codes.
pub fn stores(org: &str, codes: impl IntoIterator<Item = impl AsRef<str>>) -> Command {
    let row = |text: &str| StoreRow { name: Some(code(&format!("Store {text}"))), ..StoreRow::new(code(text)) };
    Command::PutStores { org: code(org), mode: PutMode::Import, rows: codes.into_iter().map(|c| row(c.as_ref())).collect() }
}

/// Tills, each `STORE/TILL`.
pub fn tills(org: &str, ids: impl IntoIterator<Item = impl AsRef<str>>) -> Command {
    let row = |text: &str| {
        let (store, till) = text.split_once('/').expect("STORE/TILL");
        TillRow { store: code(store), code: code(till), name: Field::Keep }
    };
    Command::PutTills { org: code(org), mode: PutMode::Import, rows: ids.into_iter().map(|id| row(id.as_ref())).collect() }
}

/// Zones directly under the org.
pub fn zones(org: &str, codes: &[&str]) -> Command {
    let row = |text: &&str| ZoneRow { code: code(text), name: Some(code(text)), parent: Field::Keep };
    Command::PutZones { org: code(org), mode: PutMode::Import, rows: codes.iter().map(row).collect() }
}

/// Concepts directly under the org.
pub fn concepts(org: &str, codes: &[&str]) -> Command {
    let row = |text: &&str| ConceptRow { code: code(text), name: Some(code(text)), parent: Field::Keep };
    Command::PutConcepts { org: code(org), mode: PutMode::Import, rows: codes.iter().map(row).collect() }
}

/// An endpoint: method, template, resource (none is unmapped), class, and a level other than its method's.
pub fn endpoint(method: &str, path: &str, resource: Option<&str>, class: Class, level: Option<Level>) -> EndpointRow {
    let resource = resource.map_or(Field::Keep, |r| Field::To(code(r)));
    EndpointRow { resource, class: Some(class), level, ..EndpointRow::new(method, path) }
}

/// Endpoints of which each reason of a decision can be had.
pub fn endpoints(org: &str) -> Command {
    use Class::{Config, Data};
    let rows = vec![
        endpoint("GET", "/v2/customers/{id}", Some("Customer"), Data, None),
        endpoint("POST", "/v2/customers/{id}", Some("Customer"), Data, None),
        endpoint("POST", "/v2/customers/lookup", Some("Customer"), Data, Some(Level::Read)),
        endpoint("GET", "/v2/products/{id}", Some("Product"), Data, None),
        endpoint("PUT", "/v2/products/{id}", Some("Product"), Data, None),
        endpoint("GET", "/v2/tasks", Some("Task"), Data, None),
        endpoint("GET", "/v2/config/stores", Some("Store"), Config, None),
        endpoint("GET", "/v2/reports", Some("Report"), Data, None),
        endpoint("POST", "/v2/reports", Some("Report"), Data, None),
        endpoint("GET", "/v2/gift-cards/{id}", None, Data, None),
    ];
    Command::PutEndpoints { org: code(org), mode: PutMode::Import, rows }
}

/// A custom group with cells of the Data API.
pub fn group(org: &str, name: &str, cells: &[(&str, Levels)]) -> Command {
    let grants = cells.iter().map(|(resource, levels)| Grant { resource: code(resource), class: Class::Data, levels: *levels, narrow: None });
    Command::CreateGroup { org: code(org), name: code(name), description: "".into(), grants: grants.collect() }
}

/// An allocation; none makes the stores inherit.
pub fn allocate(org: &str, stores: &[&str], group: Option<&str>) -> Command {
    let stores = stores.iter().map(|store| code(store)).collect();
    Command::Allocate { org: code(org), stores, tills: Vec::new(), group: group.map(GroupRef::from), observe: false }
}

/// A store, as an object.
pub fn store_id(org: &str, store: &str) -> ObjectId {
    ObjectId::Store(code(org), code(store))
}

/// A till, as an object.
pub fn till_id(org: &str, store: &str, till: &str) -> ObjectId {
    ObjectId::Till(code(org), code(store), code(till))
}

/// The codes `s1`, `s2` and so on.
pub fn codes(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("s{n}")).collect()
}

/// An org with endpoints, POS as its default, and so many stores `s1…` with a till `t1` each. Returns the last
/// revision.
pub async fn retailer(through: &Caller, name: &str, count: usize) -> Revision {
    let stores_of = codes(count);
    let mut commands = vec![org(name), endpoints(name), default(name, Some("POS"))];
    for batch in stores_of.chunks(bailiwick_policy::limits::IMPORT_ROWS_MAX) {
        commands.push(stores(name, batch));
        commands.push(tills(name, batch.iter().map(|store| format!("{store}/t1"))));
    }
    let mut last = Revision(0);
    for command in &commands {
        last = through.change(command).await.1;
    }
    last
}

