//! The API catalogue: resources and endpoints as data (AG-7, AG-8, AG-40).

use bailiwick_policy::access::{Class, Level};
use bailiwick_policy::command::{Command, EndpointRow, Field, PutMode};
use bailiwick_policy::decision::Reason;
use bailiwick_policy::ids::ObjectId;
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::plan::faults;

use crate::world::*;

fn endpoint_id(text: &str) -> ObjectId {
    ObjectId::Endpoint(id("acme"), id(text))
}

#[test]
fn ag_7_a_resource_is_data_and_not_a_path() {
    let mut world = World::acme();
    assert_eq!(world.check("till:north-1/t1 GET /v2/stores"), Reason::PermitDefaultGroup);
    world.ok(endpoints(&[("GET", "/v2/stores", "Webhooks", Class::Data)]));
    assert_eq!(world.check("till:north-1/t1 GET /v2/stores"), Reason::ResourceNone, "moved to another resource, same path");
    let moved = &world.acme_state().endpoints["GET /v2/stores"];
    assert_eq!((moved.class, moved.level), (Class::Data, Level::Read));
}

#[test]
fn ag_7_class_is_data_unless_set_and_the_two_are_judged_apart() {
    let mut world = World::acme();
    world.ok(put_endpoints(PutMode::Create, vec![endpoint_row("GET", "/v2/stores/{id}", "Store")]));
    let made = &world.acme_state().endpoints["GET /v2/stores/{}"];
    assert_eq!((made.class, &*made.template), (Class::Data, "/v2/stores/{id}"));
    assert_eq!(world.check("till:north-1/t1 GET /v2/stores/9"), Reason::PermitDefaultGroup);
    assert_eq!(world.check("till:north-1/t1 GET /v2/stores/config"), Reason::ResourceNone);
    world.ok(endpoints(&[("GET", "/v2/stores/{id}", "Store", Class::Config)]));
    assert_eq!(world.check("till:north-1/t1 GET /v2/stores/9"), Reason::ResourceNone);
}

#[test]
fn ag_7_a_row_keeps_what_it_leaves_out() {
    let mut world = World::acme();
    world.ok(endpoint_of_level("POST", "/v2/customers/search", "Customer", Level::Read));
    let named = EndpointRow { name: Field::To(id("Search")), ..endpoint_row("POST", "/v2/customers/search", "") };
    world.ok(put_endpoints(PutMode::Edit, vec![named]));
    let found = &world.acme_state().endpoints["POST /v2/customers/search"];
    assert_eq!((found.level, found.resource.as_ref()), (Level::Read, Some(&id("Customer"))));
    let cleared = EndpointRow { resource: Field::Clear, ..endpoint_row("POST", "/v2/customers/search", "") };
    world.ok(put_endpoints(PutMode::Edit, vec![cleared]));
    assert_eq!(world.check("till:north-1/t1 POST /v2/customers/search"), Reason::EndpointUnmapped);
}

#[test]
fn ag_40_an_import_makes_resources_and_a_put_refuses_unknown_ones() {
    let mut world = World::acme();
    let rows = || vec![endpoint_row("GET", "/v2/cards", "Card"), endpoint_row("POST", "/v2/cards", "Card")];
    assert_eq!(world.no(put_endpoints(PutMode::Create, rows())), RejectionCode::ResourceUnknown);
    let executed = world.try_as(operator(), put_endpoints(PutMode::Import, rows()));
    assert_eq!(executed.changes.len(), 3, "one resource and two endpoints");
    assert!(!world.ok(put_endpoints(PutMode::Import, rows())).changed, "an equal row is no change");
}

#[test]
fn ag_40_one_template_under_other_names_is_one_endpoint() {
    let mut world = World::acme();
    let rows = vec![
        endpoint_row("get", "v2//cards/{id}?full={x}", "Card"),
        EndpointRow { name: Field::To(id("Card")), ..endpoint_row("GET", "/v2/cards/{cardId}/", "Card") },
    ];
    let executed = world.try_as(operator(), put_endpoints(PutMode::Import, rows));
    assert_eq!(executed.changes.len(), 2, "{:?}", executed.outcome);
    assert_eq!(&*world.acme_state().endpoints["GET /v2/cards/{}"].template, "/v2/cards/{id}");
    let differing = vec![endpoint_row("GET", "/v2/a/{b}", "Card"), endpoint_row("GET", "/v2/a/{c}", "Points")];
    assert_eq!(world.no(put_endpoints(PutMode::Import, differing)), RejectionCode::KeyRepeated);
}

#[test]
fn ag_40_a_path_with_loose_braces_is_kept_and_matches_nothing() {
    let mut world = World::acme();
    world.ok(allocate(&["north-1"], Some("Admin")));
    world.ok(endpoints(&[("GET", "/v2/odd/{id", "Points", Class::Data)]));
    assert_eq!(world.check("till:north-1/t1 GET /v2/odd/{id"), Reason::EndpointUnknown);
    assert_eq!(world.check("till:north-1/t1 GET /v2/odd/7"), Reason::EndpointUnknown);
}

#[test]
fn ag_40_every_fault_of_a_file_is_named_and_nothing_is_applied() {
    let mut world = World::acme();
    let rows = vec![
        endpoint_row("GET", "/v2/fine", "Points"),
        endpoint_row("G T", "/v2/fine", "Points"),
        endpoint_row("GET", "", "Points"),
        endpoint_row("GET", "/v2/fine", "Customer"),
    ];
    let command = put_endpoints(PutMode::Import, rows);
    let found: Vec<_> = faults(&world.state, &command).into_iter().map(|f| (f.row, f.column, f.code)).collect();
    assert_eq!(found, [
        (1, "method", RejectionCode::EndpointInvalid),
        (2, "path", RejectionCode::EndpointInvalid),
        (3, "path", RejectionCode::KeyRepeated),
    ]);
    let rejection = world.rejection(command);
    assert_eq!((rejection.code, rejection.count), (RejectionCode::EndpointInvalid, 3));
    assert!(!world.acme_state().endpoints.contains_key("GET /v2/fine"));
}

#[test]
fn a_resource_goes_when_nothing_belongs_to_it() {
    let mut world = World::acme();
    let customer = || ObjectId::Resource(id("acme"), id("Customer"));
    let rejection = world.rejection(remove(customer()));
    assert_eq!((rejection.code, rejection.count), (RejectionCode::ResourceInUse, 2));
    for endpoint in ["GET /v2/customers", "POST /v2/customers"] {
        world.ok(remove(endpoint_id(endpoint)));
    }
    assert_eq!(world.check("till:north-1/t1 GET /v2/customers"), Reason::EndpointUnknown);
    world.ok(remove(customer()));
    assert_eq!(world.no(remove(customer())), RejectionCode::ResourceUnknown);
    world.ok(Command::CreateResource { org: id("acme"), id: id("Customer"), description: "back".into() });
}

#[test]
fn resource_names_are_told_apart_by_case() {
    let mut world = World::acme();
    world.ok(endpoints(&[("GET", "/g", "User groups", Class::Data), ("POST", "/g", "User Groups", Class::Data)]));
    world.ok(create_group("Half", &[("User groups", "RW")]));
    world.ok(allocate(&["north-1"], Some("Half")));
    assert_eq!(world.check("till:north-1/t1 GET /g"), Reason::PermitGroup);
    assert_eq!(world.check("till:north-1/t1 POST /g"), Reason::ResourceNone);
}
