//! What scopes and access controls come to in decisions (AC-4, AC-8, AC-12, AC-14 to AC-18, AC-22, AC-23). Every answer here
//! is the reference's and the index's alike.

use bailiwick_policy::access::Level;
use bailiwick_policy::command::{EndpointRow, Field, PutMode, Verb};
use bailiwick_policy::decision::{Ask, Context, Decision, EntityAction, Obligations, Reason, Request, Subject};
use bailiwick_policy::ids::*;
use bailiwick_policy::object::{Audience, Object, User};
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::place::Place;
use bailiwick_policy::reference::people::places;
use bailiwick_policy::scopes::{self, HeldScope};

use crate::ac::*;
use crate::world::*;

/// Gives a user scopes through a group and a control of their own, at places.
fn hold(world: &mut World, user: &str, name: &str, scopes: &[&str], places: &[&str]) {
    world.ok(create_control(name, scopes));
    world.ok(create_user_group(name));
    world.ok(give_at(name, name, places));
    world.ok(join(name, &[user]));
}

fn entity(world: &World, entity: &str, action: EntityAction, context: Context<'_>) -> Decision {
    answer(world, "user:eve", Ask::Entity { entity, action }, context)
}

fn call(world: &World, method: &str, path: &str, context: Context<'_>) -> Decision {
    answer(world, "user:eve", Ask::Endpoint { method, path }, context)
}

fn of(created_by: &'static str, assigned_to: &'static str) -> Context<'static> {
    let named = |name: &'static str| (!name.is_empty()).then_some(name);
    Context { instance: true, created_by: named(created_by), assigned_to: named(assigned_to), ..Context::default() }
}

fn at(place: &'static str) -> Context<'static> {
    Context { place: Some(place), ..Context::default() }
}

fn told(decision: Decision) -> (Reason, Vec<&'static str>) {
    (decision.reason, decision.obligations.names().collect())
}

#[test]
fn ac_4_the_first_control_brings_the_platforms_default_scopes() {
    let mut world = acme_people();
    world.ok(create_control("Export", &["order.order_manage"]));
    world.ok(create_user_group("Sellers"));
    world.ok(join("Sellers", &["eve"]));
    assert_eq!(held(&world, "eve"), Vec::<String>::new(), "a group without a control brings nothing, defaults neither");
    world.ok(give("Sellers", &["Export"]));
    let held = held(&world, "eve");
    for scope in ["country.country_read", "currency.currency_read", "order.order_manage", "order.order_read"] {
        assert!(held.iter().any(|other| other == scope), "{scope} in {held:?}");
    }
    assert!(!held.iter().any(|scope| scope == "myaccount.profile_manageOwn"), "that is for customers");
    world.ok(user_group_for(Audience::Customer, "Buyers"));
    world.ok(give("Buyers", &["ORDERS_OWN_VIEWER"]));
    world.ok(join("Buyers", &["bob"]));
    assert_eq!(may(&world, "user:bob", "myaccount.profile_manageOwn"), Reason::PermitOwn);
    world.ok(members("Sellers", Verb::Remove, &["eve"]));
    assert_eq!(may(&world, "user:eve", "country.country_read"), Reason::ScopeMissing, "they go with the last control");
}

#[test]
fn ac_4_default_scopes_are_not_bound_to_the_places_of_a_control() {
    let mut world = acme_people();
    world.ok(zones(&[("de", "")]));
    hold(&mut world, "eve", "Orders", &["order.order_manage"], &["zone:de"]);
    let scope = |scope| answer(&world, "user:eve", Ask::Scope { scope }, Context::default());
    assert_eq!(told(scope("country.country_read")), (Reason::PermitScope, vec![]));
    assert_eq!(told(scope("order.order_read")), (Reason::PermitScope, vec!["places"]));
}

#[test]
fn ac_8_scopes_unite_over_groups() {
    let mut world = acme_people();
    hold(&mut world, "eve", "A", &["brand.brand_read"], &[]);
    hold(&mut world, "eve", "B", &["label.label_read"], &[]);
    for scope in ["brand.brand_read", "label.label_read"] {
        assert_eq!(may(&world, "user:eve", scope), Reason::PermitScope);
    }
    let both = EndpointRow { all_scopes: Some(true), ..scoped("GET", "/both", &["brand.brand_read", "label.label_read"]) };
    world.ok(import(vec![both]));
    assert_eq!(call(&world, "GET", "/both", Context::default()).reason, Reason::PermitScope, "of all that are needed, each may come from another");
    world.ok(members("B", Verb::Set, &[]));
    assert_eq!(call(&world, "GET", "/both", Context::default()).reason, Reason::ScopeMissing);
}

#[test]
fn ac_10_more_endpoints_for_a_held_scope_is_a_change_of_endpoints() {
    let mut world = acme_people();
    world.ok(create_scope("order.export"));
    hold(&mut world, "eve", "Export", &["order.export"], &[]);
    assert_eq!(call(&world, "GET", "/orders/export", Context::default()).reason, Reason::EndpointUnknown);
    let before = bailiwick_policy::holdings::of_user(&world.state, world.acme_state(), &world.acme_state().users["eve"]);
    world.ok(import(vec![scoped("GET", "/orders/export", &["order.export"])]));
    assert_eq!(call(&world, "GET", "/orders/export", Context::default()).reason, Reason::PermitScope);
    let after = bailiwick_policy::holdings::of_user(&world.state, world.acme_state(), &world.acme_state().users["eve"]);
    let gained: Vec<String> = after.difference(&before).map(ToString::to_string).collect();
    assert_eq!(gained, ["GET /orders/export"], "and a preview says so");
}

#[test]
fn ac_12_manage_products_only_view_categories() {
    let mut world = acme_people();
    hold(&mut world, "eve", "Editors", &["product.product_manage", "category.category_read"], &[]);
    for (what, action, reason) in [
        ("product", EntityAction::Manage, Reason::PermitScope),
        ("product", EntityAction::Read, Reason::PermitScope),
        ("product", EntityAction::Create, Reason::PermitScope),
        ("category", EntityAction::Read, Reason::PermitScope),
        ("category", EntityAction::Manage, Reason::ScopeMissing),
        ("category", EntityAction::Create, Reason::ScopeMissing),
    ] {
        assert_eq!(entity(&world, what, action, Context::default()).reason, reason, "{what} {action}");
    }
}

#[test]
fn ac_12_inclusion_is_a_fixed_point_and_shown_as_implied() {
    let mut world = acme_people();
    world.ok(create_entity("boat"));
    hold(&mut world, "eve", "Crew", &["boat.boat_manage"], &[]);
    let org = world.acme_state();
    let boats: Vec<HeldScope> = scopes::of_user(&world.state, org, &org.users["eve"]).into_iter().filter(|way| way.scope.as_str().starts_with("boat")).collect();
    let shown: Vec<(&str, bool)> = boats.iter().map(|way| (way.scope.as_str(), way.implied_by.is_some())).collect();
    assert_eq!(shown, [("boat.boat_manage", false), ("boat.boat_manageOwn", true), ("boat.boat_read", true), ("boat.boat_readOwn", true)]);
    // And where the platform declares it, across entities.
    hold(&mut world, "sam", "Quotes", &["quote.quote_manage"], &[]);
    assert_eq!(may(&world, "user:sam", "price.price_read"), Reason::PermitScope);
}

#[test]
fn ac_12_never_by_the_name_of_a_tenants_scope() {
    let mut world = acme_people();
    for scope in ["product.product_read_unpublished", "thing.thing_read", "thing.thing_manage", "thing.thing_readOwn"] {
        world.ok(create_scope(scope));
    }
    hold(&mut world, "eve", "Things", &["thing.thing_manage", "product.product_read_unpublished"], &[]);
    for scope in ["thing.thing_read", "thing.thing_readOwn", "product.product_read"] {
        assert_eq!(may(&world, "user:eve", scope), Reason::ScopeMissing, "{scope}");
    }
    hold(&mut world, "sam", "Products", &["product.product_manage"], &[]);
    assert_eq!(may(&world, "user:sam", "product.product_read_unpublished"), Reason::ScopeMissing);
}

#[test]
fn ac_14_a_node_opens_empty_until_the_scope_is_included() {
    let mut world = acme_people();
    world.ok(create_entity("boat"));
    let view = |world: &World, node: &str| told(entity(world, node, EntityAction::View, Context::default()));
    assert_eq!(view(&world, "boat"), (Reason::ScopeMissing, vec![]), "not to somebody without a control");
    hold(&mut world, "eve", "Brands", &["brand.brand_read"], &[]);
    assert_eq!(view(&world, "boat"), (Reason::PermitScope, vec!["empty"]));
    assert_eq!(entity(&world, "boat", EntityAction::Read, Context::default()).reason, Reason::ScopeMissing, "its content stays closed");
    assert_eq!(view(&world, "brand"), (Reason::PermitScope, vec![]), "the node of a domain, with any scope of it");
    assert_eq!(view(&world, "tax"), (Reason::ScopeMissing, vec![]));
    assert_eq!(view(&world, "nothing"), (Reason::ScopeMissing, vec![]));
    world.ok(edit_control("Brands", Verb::Add, &["boat.boat_readOwn"]));
    assert_eq!(view(&world, "boat"), (Reason::PermitScope, vec![]));
    assert_eq!(entity(&world, "boat", EntityAction::Read, Context::default()).reason, Reason::PermitOwn);
    // Customers don't see an entity's node for having some control.
    world.ok(user_group_for(Audience::Customer, "Buyers"));
    world.ok(give("Buyers", &["ORDERS_OWN_VIEWER"]));
    world.ok(join("Buyers", &["bob"]));
    assert_eq!(does(&world, "user:bob", "boat", EntityAction::View).reason, Reason::ScopeMissing);
    assert_eq!(does(&world, "user:bob", "order", EntityAction::View).reason, Reason::PermitScope);
}

#[test]
fn ac_15_a_global_scope_reaches_whoever_made_it() {
    let mut world = acme_people();
    hold(&mut world, "eve", "Orders", &["order.order_manage"], &[]);
    for context in [of("eve", ""), of("sam", ""), of("", ""), of("bob", "sam")] {
        assert_eq!(told(entity(&world, "order", EntityAction::Manage, context)), (Reason::PermitScope, vec![]));
    }
}

#[test]
fn ac_16_an_own_scope_reaches_what_one_made_or_is_assigned() {
    let mut world = acme_people();
    hold(&mut world, "eve", "Orders", &["order.order_manageOwn"], &[]);
    for (context, reason) in [
        (of("eve", ""), Reason::PermitOwn),
        (of("user:eve", "sam"), Reason::PermitOwn),
        (of("sam", "eve"), Reason::PermitOwn),
        (of("sam", "bob"), Reason::NotOwner),
        (of("application:eve", ""), Reason::NotOwner),
        (of("Eve", ""), Reason::NotOwner),
        (of("", ""), Reason::NotOwner),
    ] {
        assert_eq!(entity(&world, "order", EntityAction::Manage, context).reason, reason, "{context:?}");
        assert_eq!(entity(&world, "order", EntityAction::Read, context).reason, reason, "{context:?}");
    }
}

#[test]
fn ac_17_the_global_scope_decides() {
    let mut world = acme_people();
    hold(&mut world, "eve", "Own", &["order.order_readOwn"], &[]);
    assert_eq!(told(entity(&world, "order", EntityAction::Read, Context::default())), (Reason::PermitOwn, vec!["own_only"]));
    hold(&mut world, "eve", "All", &["order.order_read"], &[]);
    assert_eq!(told(entity(&world, "order", EntityAction::Read, Context::default())), (Reason::PermitScope, vec![]));
    assert_eq!(told(entity(&world, "order", EntityAction::Read, of("sam", ""))), (Reason::PermitScope, vec![]));
}

/// The own scope that a global one includes does not keep its holder to their own, whichever of the two is asked for.
#[test]
fn ac_17_an_endpoint_that_asks_for_the_own_scope_is_open_to_the_global_one() {
    let mut world = acme_people();
    world.ok(create_entity("boat"));
    hold(&mut world, "eve", "All", &["order.order_manage", "boat.boat_read"], &[]);
    world.ok(import(vec![scoped("GET", "/orders/{id}", &["order.order_readOwn"]), scoped("GET", "/orders", &["order.order_readOwn"])]));
    assert_eq!(told(call(&world, "GET", "/orders/7", of("sam", ""))), (Reason::PermitScope, vec![]));
    assert_eq!(told(call(&world, "GET", "/orders", Context::default())), (Reason::PermitScope, vec![]));
    assert_eq!(answer(&world, "user:eve", Ask::Scope { scope: "boat.boat_read_own" }, of("sam", "")).reason, Reason::PermitScope);
    assert_eq!(answer(&world, "user:eve", Ask::Scope { scope: "boat.boat_manageOwn" }, of("sam", "")).reason, Reason::ScopeMissing);
    world.ok(edit_control("All", Verb::Set, &["order.order_manageOwn"]));
    assert_eq!(told(call(&world, "GET", "/orders/7", of("sam", ""))), (Reason::NotOwner, vec![]));
}

#[test]
fn ac_18_creating_listing_and_anothers_instance() {
    let mut world = acme_people();
    world.ok(import(vec![
        scoped("GET", "/{tenant}/orders", &["order.order_read", "order.order_readOwn"]),
        scoped("GET", "/{tenant}/orders/{id}", &["order.order_read", "order.order_readOwn"]),
        scoped("POST", "/{tenant}/orders", &["order.order_manage", "order.order_manageOwn"]),
        EndpointRow { level: Some(Level::Read), ..scoped("POST", "/{tenant}/orders/search", &["order.order_readOwn"]) },
        scoped("PUT", "/{tenant}/orders/{id}", &["order.order_manageOwn"]),
        EndpointRow { instance: Some(true), ..scoped("DELETE", "/{tenant}/orders", &["order.order_manageOwn"]) },
    ]));
    hold(&mut world, "eve", "Orders", &["order.order_manageOwn"], &[]);
    let list = Context::default();
    assert_eq!(told(call(&world, "GET", "/acme/orders", list)), (Reason::PermitOwn, vec!["own_only"]));
    assert_eq!(told(call(&world, "POST", "/acme/orders", list)), (Reason::PermitOwn, vec![]), "a new one is one's own");
    assert_eq!(told(call(&world, "POST", "/acme/orders/search", list)), (Reason::PermitOwn, vec!["own_only"]), "a search makes nothing");
    assert_eq!(told(call(&world, "GET", "/acme/orders/7", list)), (Reason::NotOwner, vec![]), "whose it is isn't known");
    assert_eq!(told(call(&world, "GET", "/acme/orders/7", of("eve", ""))), (Reason::PermitOwn, vec![]));
    assert_eq!(told(call(&world, "PUT", "/acme/orders/7", of("sam", ""))), (Reason::NotOwner, vec![]));
    assert_eq!(told(call(&world, "PUT", "/acme/orders/7", of("sam", "eve"))), (Reason::PermitOwn, vec![]));
    assert_eq!(told(call(&world, "DELETE", "/acme/orders", list)), (Reason::NotOwner, vec![]), "it is about one instance, whatever its template");
    assert_eq!(told(entity(&world, "order", EntityAction::Create, of("sam", ""))), (Reason::PermitOwn, vec![]));
    assert_eq!(told(entity(&world, "order", EntityAction::Read, list)), (Reason::PermitOwn, vec!["own_only"]));
}

#[test]
fn ac_18_an_orgs_own_scope_may_be_for_ones_own_too() {
    let mut world = acme_people();
    world.ok(create_own_scope("wish.list"));
    world.ok(import(vec![scoped("GET", "/wishes/{id}", &["wish.list"])]));
    hold(&mut world, "eve", "Wishes", &["wish.list"], &[]);
    assert_eq!(call(&world, "GET", "/wishes/7", of("eve", "")).reason, Reason::PermitOwn);
    assert_eq!(call(&world, "GET", "/wishes/7", of("sam", "")).reason, Reason::NotOwner);
}

fn two_countries() -> World {
    let mut world = acme_people();
    world.ok(zones(&[("de", ""), ("berlin", "de"), ("fr", "")]));
    for (store, zone) in [("north-1", "berlin"), ("north-2", "de"), ("south-1", "fr")] {
        let row = bailiwick_policy::command::StoreRow { zone: Field::To(id(zone)), ..bailiwick_policy::command::StoreRow::new(id(store)) };
        world.ok(put_stores(PutMode::Edit, vec![row]));
    }
    world
}

fn where_to(world: &World, ask: Ask<'_>) -> Vec<String> {
    let request = Request { org: "acme", subject: Subject::User("eve"), ask, context: Context::default() };
    places(&world.state, &request).iter().map(Place::to_string).collect()
}

#[test]
fn ac_22_places_limit_what_a_groups_controls_reach() {
    let mut world = two_countries();
    hold(&mut world, "eve", "Orders", &["order.order_manage"], &["zone:de"]);
    let manage = |world: &World, place| entity(world, "order", EntityAction::Manage, at(place)).reason;
    for inside in ["zone:de", "zone:berlin", "store:north-1", "till:north-2/t1"] {
        assert_eq!(manage(&world, inside), Reason::PermitScope, "{inside}");
    }
    for outside in ["zone:fr", "store:south-1", "till:south-1/t1", "org", "zone:nowhere", "concept:nowhere", "nonsense"] {
        assert_eq!(manage(&world, outside), Reason::OutOfScope, "{outside}");
    }
    world.ok(suspend(store_id("north-1")));
    assert_eq!(manage(&world, "store:north-1"), Reason::StoreInactive);
    // Without a place: looking is limited to the places, anything else is denied.
    let unsaid = |action| told(entity(&world, "order", action, Context::default()));
    assert_eq!(unsaid(EntityAction::Read), (Reason::PermitScope, vec!["places"]));
    assert_eq!(unsaid(EntityAction::View), (Reason::PermitScope, vec!["places"]));
    assert_eq!(unsaid(EntityAction::Manage), (Reason::OutOfScope, vec![]));
    assert_eq!(unsaid(EntityAction::Create), (Reason::OutOfScope, vec![]));
    assert_eq!(where_to(&world, Ask::Entity { entity: "order", action: EntityAction::Read }), ["zone:de"]);
    world.ok(give("Orders", &["Orders"]));
    assert_eq!(told(entity(&world, "order", EntityAction::Manage, Context::default())), (Reason::PermitScope, vec![]), "without places they reach the whole org");
}

#[test]
fn ac_22_places_unite_over_groups_and_meet_with_the_users_own() {
    let mut world = two_countries();
    hold(&mut world, "eve", "A", &["order.order_read"], &["zone:berlin"]);
    hold(&mut world, "eve", "B", &["order.order_read"], &["zone:de", "zone:fr"]);
    let read = Ask::Entity { entity: "order", action: EntityAction::Read };
    assert_eq!(where_to(&world, read), ["zone:de", "zone:fr"]);
    let mut more = world.acme_state().users["eve"].more().clone();
    more.places = vec![Place::Zone(id("fr"))];
    let eve: User = world.acme_state().users["eve"].with_more(more);
    world.state.put(&Object::User(eve.into()));
    assert_eq!(where_to(&world, read), ["zone:fr"], "UM-2: their own places bound all of it");
    assert_eq!(entity(&world, "order", EntityAction::Read, at("zone:de")).reason, Reason::OutOfScope);
}

/// All orders of one country, and one's own everywhere: neither "everything" nor both limits at once is right.
#[test]
fn ac_22_what_each_permit_leaves_out_is_never_permitted() {
    let mut world = two_countries();
    hold(&mut world, "eve", "All", &["order.order_read"], &["zone:de"]);
    hold(&mut world, "eve", "Own", &["order.order_readOwn"], &["zone:fr"]);
    let read = Ask::Entity { entity: "order", action: EntityAction::Read };
    assert_eq!(told(entity(&world, "order", EntityAction::Read, Context::default())), (Reason::PermitScope, vec!["places"]), "`own_only` goes for a global route");
    assert_eq!(where_to(&world, read), ["zone:de"], "not France, where only one's own are seen");
    world.ok(give("Own", &["Own"]));
    assert_eq!(told(entity(&world, "order", EntityAction::Read, Context::default())), (Reason::PermitScope, vec!["places"]));
    assert_eq!(where_to(&world, read), ["zone:de"]);
    assert_eq!(told(entity(&world, "order", EntityAction::Read, at("zone:fr"))), (Reason::PermitOwn, vec!["own_only"]));
    world.ok(give("All", &["All"]));
    assert_eq!(told(entity(&world, "order", EntityAction::Read, Context::default())), (Reason::PermitScope, vec![]), "a free route frees");
    let flags = [Obligations::PLACES, Obligations::OWN_ONLY, Obligations::EMPTY, Obligations::MASK];
    for (a, b) in flags.into_iter().flat_map(|a| flags.map(|b| (a, b))) {
        assert_eq!((a | b).either(a), a);
        assert!(a.either(b) == a || a.either(b) == b);
        assert_eq!(a.either(b), b.either(a));
        assert_eq!((a | b).either(Obligations::empty()), Obligations::empty());
    }
}

#[test]
fn ac_23_resolved_scopes_name_every_way_they_are_held() {
    let mut world = two_countries();
    hold(&mut world, "eve", "All", &["order.order_read"], &["zone:de"]);
    hold(&mut world, "eve", "Own", &["order.order_readOwn"], &[]);
    let org = world.acme_state();
    let ways: Vec<HeldScope> = scopes::of_user(&world.state, org, &org.users["eve"]).into_iter().filter(|way| way.scope.as_str() == "order.order_readOwn").collect();
    let shown: Vec<_> = ways.iter().map(|way| (way.control.as_ref().map(ControlId::as_str), way.implied_by.as_ref().map(ScopeId::as_str), way.places.len())).collect();
    assert_eq!(shown, [(Some("own"), None, 0), (Some("all"), Some("order.order_read"), 1)]);
    let defaults: Vec<_> = scopes::of_user(&world.state, org, &org.users["eve"]).into_iter().filter(|way| way.scope.as_str() == "site.site_read").collect();
    assert!(!defaults.is_empty() && defaults.iter().all(|way| way.control.is_none() && way.group.is_some()));
}

#[test]
fn ac_11_an_import_defines_scopes_and_a_put_refuses_unknown_ones() {
    let mut world = acme_people();
    let rows = || vec![scoped("GET", "/boats", &["boat.boat_list", "order.order_read"]), scoped("GET", "/boats/{id}", &["boat.boat_list"])];
    assert_eq!(world.no(put_endpoints(PutMode::Create, rows())), RejectionCode::ScopeUnknown);
    let executed = world.try_as(operator(), import(rows()));
    assert_eq!(executed.changes.len(), 3, "one scope and two endpoints");
    assert!(!world.ok(import(rows())).changed, "an equal row is no change");
    assert!(!world.acme_state().scopes["boat.boat_list"].own);
    let routes = |world: &World, endpoint: &str| world.acme_state().endpoints[endpoint].routes.clone();
    assert!(routes(&world, "GET /boats/{}").is_some_and(|routes| routes.instance) && routes(&world, "GET /boats").is_some_and(|routes| !routes.instance));
    world.ok(put_endpoints(PutMode::Edit, vec![EndpointRow { scopes: Field::Clear, ..EndpointRow::new("GET", "/boats/{id}") }]));
    assert!(routes(&world, "GET /boats/{}").is_none(), "blank again");
    let differing = vec![scoped("GET", "/a", &["order.order_read"]), scoped("GET", "/a", &["order.order_manage"])];
    assert_eq!(world.no(import(differing)), RejectionCode::KeyRepeated);
    let repeated = vec![scoped("GET", "/a", &["order.order_read"]), scoped("get", "/a/", &["order.order_read"])];
    assert_eq!(world.try_as(operator(), import(repeated)).changes.len(), 1);
    world.ok(create_entity("ship"));
    world.ok(put_endpoints(PutMode::Create, vec![scoped("GET", "/ships", &["ship.ship_read_own", "ship.ship_readOwn"])]));
    assert_eq!(routes(&world, "GET /ships").map(|routes| routes.scopes.clone()), Some(scope_ids(&["ship.ship_readOwn"])));
}

#[test]
fn um_13_an_endpoint_asks_for_permissions_of_modules_that_there_are() {
    let mut world = acme_people();
    let row = |module: &str| EndpointRow { permissions: Field::To(vec![format!("{module}:view").parse().expect("a permission")]), ..EndpointRow::new("GET", "/members") };
    for mode in [PutMode::Create, PutMode::Import] {
        assert_eq!(world.no(put_endpoints(mode, vec![row("Nothing/Nowhere")])), RejectionCode::PermissionUnavailable);
    }
    world.ok(import(vec![row("Member Care/Customer Profile")]));
    assert_eq!(call(&world, "GET", "/members", Context::default()).reason, Reason::PermissionMissing);
    world.ok(put_endpoints(PutMode::Edit, vec![EndpointRow { open: Some(true), ..EndpointRow::new("GET", "/members") }]));
    assert_eq!(call(&world, "GET", "/members", Context::default()).reason, Reason::PermitOpen);
    let many: Vec<String> = (0..101).map(|n| format!("s.{n}")).collect();
    assert_eq!(world.no(import(vec![scoped("GET", "/many", &many.iter().map(String::as_str).collect::<Vec<_>>())])), RejectionCode::TooMany);
}

/// Whoever edits or removes a control is shown first whom that touches, and in what.
#[test]
fn ac_9_ac_10_changes_of_controls_and_of_endpoints_are_previewed() {
    use bailiwick_policy::preview::preview;
    let mut world = acme_people();
    world.ok(create_scope("order.export"));
    hold(&mut world, "eve", "Export", &["order.export", "order.order_read"], &[]);
    let shown = |command: bailiwick_policy::command::Command| -> Vec<String> {
        let preview = preview(&world.state, &operator(), &[command], Tick(world.now), true);
        assert!(preview.rejected.is_none(), "{:?}", preview.rejected);
        preview.impact.people.iter().flat_map(|row| row.lines()).collect()
    };
    assert_eq!(shown(edit_control("Export", Verb::Remove, &["order.export"])), ["user:eve: 0 gained, 1 lost", "  loses scope order.export"]);
    assert!(shown(force(control_object("export"))).iter().any(|line| line == "  loses scope order.export"));
    assert_eq!(shown(import(vec![scoped("GET", "/export", &["order.export"])])), ["user:eve: 1 gained, 0 lost", "  gains GET /export"]);
    assert!(shown(create_control("Unused", &["order.export"])).is_empty());
}
