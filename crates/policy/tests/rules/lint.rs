//! Lint and a suggested group (AG-33, AG-40).

use bailiwick_policy::access::{Class, Level, Narrow};
use bailiwick_policy::decision::Reason;
use bailiwick_policy::lint::{CatalogueRow, org, repeats_in, rows};
use bailiwick_policy::suggest::suggest;
use proptest::prelude::*;

use crate::world::*;

fn row(line: u64, method: &str, path: &str, resource: &str) -> CatalogueRow {
    let resource = (!resource.is_empty()).then(|| resource.to_owned());
    CatalogueRow { line, method: method.to_owned(), path: path.to_owned(), resource }
}

fn codes(rows: &[CatalogueRow]) -> Vec<String> {
    bailiwick_policy::lint::rows(rows).iter().map(|f| format!("{}: {}", f.place, f.code)).collect()
}

#[test]
fn ag_40_the_lint_names_repeats_odd_paths_and_names_alike() {
    let all = [
        row(2, "GET", "/v2/a/{id}", "User group"),
        row(3, "get", "/v2/a/{id}", "User group"),
        row(4, "GET", "v2/a/{other}?q=1", "User Groups"),
        row(5, "GET", "/v2//b/{{id}}", "Points"),
        row(6, "GET", "/v2/{open", ""),
        row(7, "GET", "", "Points"),
        row(8, "GET", "/v2/{a}{b}", "Points"),
    ];
    assert_eq!(
        codes(&all),
        [
            "line 3: endpoint_repeated",
            "line 4: path_query",
            "line 4: path_no_slash",
            "line 4: endpoint_repeated_alike",
            "line 5: path_empty_segment",
            "line 5: path_braces_doubled",
            "line 6: path_braces_unbalanced",
            "line 6: endpoint_unmapped",
            "line 7: endpoint_unreadable",
            "line 8: path_mixed_segment",
            "resource:User Groups, User group: resources_alike",
        ]
    );
    let counted = repeats_in(&all);
    assert_eq!((counted.endpoints, counted.exact, counted.normalised), (4, 1, 1));
    assert!(rows(&[row(2, "GET", "/v2/a", "A"), row(3, "POST", "/v2/a", "B")]).is_empty(), "a clean catalogue");
}

#[test]
fn the_lint_of_an_org_names_what_does_nothing_and_what_does_too_much() {
    let mut world = World::acme();
    let found = |world: &World| -> Vec<String> { org(world.acme_state()).iter().map(|f| format!("{}: {}", f.place, f.code)).collect() };
    let begin = found(&world);
    assert!(begin.iter().all(|f| f.ends_with("grant_inert")), "built-ins name resources that acme lacks: {begin:?}");
    world.ok(endpoints(&[("GET", "/v2/{open", "Points", Class::Data), ("GET", "/v2/none", "Webhook", Class::Data)]));
    world.ok(put_endpoints(bailiwick_policy::command::PutMode::Import, vec![endpoint_row("GET", "/v2/unmapped", "")]));
    world.ok(create_group("Empty", &[]));
    world.ok(default(Some("Admin")));
    let now = found(&world);
    for wanted in [
        "endpoint:GET /v2/{open: path_braces_unbalanced",
        "endpoint:GET /v2/unmapped: endpoint_unmapped",
        "resource:Webhook, Webhooks: resources_alike",
        "access-group:empty: group_empty",
        "access-group:empty: group_unused",
        "org:acme: default_overbroad",
    ] {
        assert!(now.iter().any(|f| f == wanted), "{wanted} in {now:#?}");
    }
    world.ok(default(None));
    assert!(found(&world).iter().any(|f| f == "org:acme: default_missing"));
}

#[test]
fn ag_33_the_smallest_group_for_a_log() {
    let mut world = World::acme();
    world.ok(endpoint_of_level("POST", "/v2/customers/search", "Customer", Level::Read));
    let calls = [("GET", "/v2/points/7"), ("post", "/v2/customers/search"), ("GET", "/nowhere"), ("GET", "/v2//x"), ("GET", "/v2/stores/config")];
    let found = suggest(world.acme_state(), calls.into_iter(), false);
    let cells: Vec<String> = found.grants.iter().map(|g| format!("{} {} {}", g.resource, g.class, g.levels)).collect();
    assert_eq!(cells, ["Customer Data Read", "Points Data Read", "Store Config Read"], "a POST that searches needs no more than Read");
    assert_eq!(found.left, [None, None, Some(Reason::EndpointUnknown), Some(Reason::PathMalformed), None]);
    let narrow = suggest(world.acme_state(), calls.into_iter(), true);
    assert_eq!(narrow.grants[0].narrow, Some(Narrow::Only(vec![id("POST /v2/customers/search")])));
    assert_eq!(narrow.grants[1].narrow, None, "all that Read opens was called");
}

proptest! {
    /// A suggested group lets every call pass that it says it does, and taking any of its levels away lets one fail.
    #[test]
    fn ag_33_a_suggested_group_is_enough_and_nothing_less_is(picked in proptest::collection::vec(0usize..10, 1..12), narrow: bool) {
        let mut world = World::acme();
        world.ok(endpoint_of_level("POST", "/v2/customers/search", "Customer", Level::Read));
        let all = [
            ("GET", "/v2/customers"), ("POST", "/v2/customers"), ("GET", "/v2/points/1"), ("POST", "/v2/points"), ("GET", "/v2/stores"),
            ("GET", "/v2/stores/config"), ("PUT", "/v2/stores/config"), ("GET", "/v2/webhooks"), ("DELETE", "/v2/webhooks/9"), ("POST", "/v2/customers/search"),
        ];
        let calls: Vec<(&str, &str)> = picked.iter().map(|at| all[*at]).collect();
        let found = suggest(world.acme_state(), calls.iter().copied(), narrow);
        let fails = |grants: &[bailiwick_policy::access::Grant]| {
            let mut world = world.clone();
            let group = bailiwick_policy::command::Command::CreateGroup { org: id("acme"), name: id("Derived"), description: "".into(), grants: grants.to_vec() };
            world.ok(group);
            world.ok(allocate(&["north-1"], Some("Derived")));
            calls.iter().filter(|(method, path)| world.check(&format!("till:north-1/t1 {method} {path}")) != Reason::PermitGroup).count()
        };
        prop_assert_eq!(fails(&found.grants), 0);
        for at in 0..found.grants.len() {
            for less in found.grants[at].levels.iter() {
                let mut grants = found.grants.clone();
                grants[at].levels -= less;
                grants.retain(|g| !g.levels.is_empty());
                prop_assert!(fails(&grants) > 0, "{:?} without {:?}", found.grants[at], less);
            }
        }
    }
}

#[test]
fn the_lint_of_scopes_names_what_is_odd_unused_or_gone() {
    use crate::ac::*;
    use bailiwick_policy::command::{EndpointRow, Verb};
    use bailiwick_policy::lint::scopes;
    use bailiwick_policy::object::Object;

    let mut world = World::acme();
    let found = |world: &World| -> Vec<String> { scopes(&world.state, world.acme_state()).iter().map(|f| format!("{}: {}", f.place, f.code)).collect() };
    assert!(found(&world).is_empty(), "an org without scopes has nothing to be told: {:?}", found(&world));
    world.ok(import(vec![
        scoped("POST", "/orders", &["order.order_read"]),
        scoped("PUT", "/orders", &["order.order_manage", "tenant.thing_read_own"]),
        EndpointRow { all_scopes: Some(true), ..scoped("DELETE", "/orders", &["order.order_manage", "order.order_read"]) },
        EndpointRow { level: Some(Level::Read), ..scoped("POST", "/orders/search", &["order.order_readOwn"]) },
        scoped("GET", "/orders", &["odd one"]),
        EndpointRow { open: Some(true), ..EndpointRow::new("GET", "/health") },
    ]));
    world.ok(create_scope("order.spare"));
    world.ok(create_entity("boat"));
    world.ok(create_entity("car"));
    world.ok(create_control("Brands", &["brand.brand_read", "car.car_read"]));
    world.ok(create_user_group("Sellers"));
    world.ok(controls("Sellers", Verb::Add, vec![bailiwick_policy::command::Assign::new("LABELS_VIEWER")]));
    let scopeless = |all: &mut Vec<String>| all.retain(|f| !f.ends_with("endpoint_scopeless"));
    let mut now = found(&world);
    assert!(now.iter().any(|f| f == "endpoint:GET /v2/customers: endpoint_scopeless") && !now.iter().any(|f| f.starts_with("endpoint:GET /health")));
    scopeless(&mut now);
    assert_eq!(
        now,
        [
            "endpoint:POST /orders: endpoint_writes_by_read",
            "endpoint:PUT /orders: endpoint_writes_by_read",
            "scope:odd one: scope_odd",
            "scope:order.spare: scope_unused",
            "entity:boat: scope_unused",
            "access-control:brands: control_unused",
            "user-group:sellers: user_group_empty",
        ]
    );
    let unmapped = |world: &World| org(world.acme_state()).iter().filter(|f| &*f.code == "endpoint_unmapped").count();
    assert_eq!(unmapped(&world), 0, "scopes reach them, or they are open");
    let mut platform = (*world.state.platform).clone();
    platform.version += 1;
    platform.scopes.retain(|scope| !["brand.brand_read", "order.order_read"].contains(&scope.id.as_str()));
    platform.controls.retain(|control| control.id.as_str() != "LABELS_VIEWER");
    world.state.put(&Object::Platform(platform.into()));
    let gone: Vec<String> = found(&world).into_iter().filter(|f| f.ends_with("tombstone")).collect();
    assert_eq!(
        gone,
        [
            "endpoint:DELETE /orders: scope_tombstone",
            "endpoint:POST /orders: scope_tombstone",
            "access-control:brands: scope_tombstone",
            "user-group:sellers: control_tombstone",
        ]
    );
}

#[test]
fn app_18_the_lint_names_roles_and_applications_that_hold_nothing_or_too_much() {
    use crate::app::{create_role, register, roles, rotate};
    use bailiwick_policy::command::Verb;
    let mut world = World::acme();
    let found = |world: &World| -> Vec<String> {
        let all = bailiwick_policy::lint::applications(&world.state, world.acme_state());
        all.iter().map(|f| format!("{} {}", f.place, f.code)).collect()
    };
    assert!(found(&world).is_empty());
    // APP-13: registered without roles, it has inert ones beside the default.
    world.ok(register("erp", None));
    assert_eq!(found(&world), ["application:erp role_inert", "application:erp application_keyless"]);
    world.ok(create_role("sites", &["endpoint.ccadmin.getSites"]));
    world.ok(rotate("erp", 9, None, None));
    assert_eq!(found(&world), ["role:sites role_unused", "application:erp role_inert"]);
    world.ok(roles("erp", Verb::Add, &["sites"]));
    assert_eq!(found(&world), ["application:erp role_narrows_nothing"]);
    world.ok(roles("erp", Verb::Set, &["sites"]));
    assert!(found(&world).is_empty());
    world.ok(register("idle", Some(&[])));
    assert_eq!(found(&world), ["application:idle application_powerless", "application:idle application_keyless"]);
    // The whole lint has these, and those of people and of stores.
    let all = bailiwick_policy::lint::all(&world.state, world.acme_state());
    assert!(all.iter().any(|f| &*f.code == "application_powerless"));
}
