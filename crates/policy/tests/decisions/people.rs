//! What users and applications may do, rule by rule, by the reference and by the index alike.

use std::sync::Arc;

use bailiwick_policy::access::{Class, Level, Levels};
use bailiwick_policy::decide::decide;
use bailiwick_policy::decision::{Ask, Context, Decision, EntityAction, Obligations, Reason, Request, Subject};
use bailiwick_policy::index::Index;
use bailiwick_policy::object::*;
use bailiwick_policy::path::template;
use bailiwick_policy::permission::{Action, Actions, ModuleGrant};
use bailiwick_policy::place::{Bounds, Place};
use bailiwick_policy::platform::*;
use bailiwick_policy::reference;
use bailiwick_policy::state::State;

use crate::support::*;

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn ids<T: std::str::FromStr<Err: std::fmt::Debug>>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|text| id(text)).collect()
}

/// Order is the platform's entity, gift the org's; a store in each of two zones, of which the north has one below.
struct Scene(State);

impl Scene {
    fn new() -> Self {
        let mut scene = Self(State::default());
        scene.put(Object::Platform(Arc::new(catalogue())));
        scene.put(org("acme", true, None));
        for (code, parent) in [("north", None), ("south", None), ("far-north", Some("north"))] {
            let parent = parent.map(id);
            scene.put(Object::Zone(Arc::new(Zone { org: id("acme"), code: id(code), name: id(code), parent, meta: Meta::default() })));
            scene.put(store_in(&format!("{code}-1"), code));
        }
        scene.put(Object::Entity(Arc::new(Entity { org: id("acme"), id: id("gift"), name: id("Gift"), meta: Meta::default() })));
        scene.put(resource("acme", "Customer"));
        scene.put(endpoint("acme", "GET", "/v2/customers", Some("Customer"), Class::Data, Level::Read));
        scene.put(group("acme", "POS", true, false, &[("Customer", Class::Data, Levels::R)]));
        scene
    }

    fn put(&mut self, object: Object) {
        self.0.put(&object);
    }

    /// A user with sets at places, and groups each with a control of these scopes at these places.
    fn user(&mut self, name: &str, sets: &[(&str, &[&str])], controls: &[(&[&str], &[&str])]) {
        let places = |places: &[&str]| places.iter().map(|place| id(place)).collect::<Vec<Place>>();
        let mut more = UserMore { places: vec![Place::Org], ..UserMore::default() };
        more.sets = sets.iter().map(|(set, at)| SetGrant { set: id(set), places: places(at), bounds: Bounds::ALWAYS }).collect();
        for (number, (scopes, at)) in controls.iter().enumerate() {
            let made = format!("{name}-{number}");
            let description = Arc::from("");
            self.put(Object::Control(Arc::new(Control {
                org: id("acme"), id: id(&made), name: id(&made), description, audience: None, scopes: Arc::new(ids(scopes)), meta: Meta::default(),
            })));
            let controls = Arc::new(vec![ControlGrant { control: id(&made), places: places(at), bounds: Bounds::ALWAYS }]);
            self.put(Object::UserGroup(Arc::new(UserGroup {
                org: id("acme"), id: id(&made), name: id(&made), description: "".into(), audience: Audience::Employee, controls, meta: Meta::default(),
            })));
            more.groups.push(Membership { group: id(&made), bounds: Bounds::ALWAYS });
        }
        self.someone(name, UserType::Standard, more);
    }

    fn someone(&mut self, name: &str, user_type: UserType, more: UserMore) {
        let blank = User { org: id("acme"), id: id(name), name: id(name), user_type, active: true, meta: Meta::default(), more: None };
        self.put(Object::User(Arc::new(blank.with_more(more))));
    }

    fn application(&mut self, name: &str, kind: ApplicationType, roles: &[&str], scopes: &[&str], group: Option<&str>) {
        let roles = roles.iter().map(|role| RoleGrant { role: id(role), bounds: Bounds::ALWAYS }).collect();
        self.put(Object::Application(Arc::new(Application {
            org: id("acme"), id: id(name), name: id(name), kind, active: true, roles: Arc::new(roles), inert_roles: Arc::default(),
            scopes: Arc::new(ids(scopes)), group: group.map(id), source: None, external: false, meta: Meta::default(),
        })));
    }

    #[track_caller]
    fn decide(&self, subject: &str, ask: Ask<'_>, context: Context<'_>) -> Decision {
        let request = Request { org: "acme", subject: Subject::parse(subject).unwrap(), ask, context };
        let decision = reference::decide(&self.0, &request);
        assert_eq!(decide(&Index::build(&self.0), &request), decision, "{request:?}");
        decision
    }

    #[track_caller]
    fn scope(&self, subject: &str, scope: &str, context: Context<'_>) -> Reason {
        self.decide(subject, Ask::Scope { scope }, context).reason
    }

    #[track_caller]
    fn module(&self, subject: &str, module: &str, action: Action, place: &str) -> Reason {
        self.decide(subject, Ask::Module { module, action }, at(place)).reason
    }

    #[track_caller]
    fn call(&self, subject: &str, method: &str, path: &str) -> (Reason, Obligations) {
        let decision = self.decide(subject, Ask::Endpoint { method, path }, Context::default());
        (decision.reason, decision.obligations)
    }
}

fn at(place: &str) -> Context<'_> {
    Context { place: Some(place), ..Context::default() }
}

fn store_in(code: &str, zone: &str) -> Object {
    let mut object = store("acme", code, true, None);
    if let Object::Store(store) = &mut object {
        Arc::make_mut(store).zone = Some(id(zone));
    }
    object
}

fn catalogue() -> Platform {
    let scope = |level: ScopeLevel| PlatformScope {
        id: id(&format!("sales.order{}", level.suffix())),
        domain: id("sales"),
        entity: id("order"),
        level,
        description: "".into(),
        implies: Vec::new(),
    };
    let module = |name: &str| Module { id: id(name), offered: Actions::all() };
    let set = |name: &str, grants: &[(&str, Actions)]| StandardSet {
        id: id(name),
        name: id(name),
        description: "".into(),
        grants: grants.iter().map(|(module, actions)| ModuleGrant { module: id(module), actions: *actions }).collect(),
    };
    let endpoint = |method: &str, path: &str, alone: Option<&str>, privileges: &[&str], by_type: bool| {
        let shape = template(path).unwrap();
        PlatformEndpoint {
            id: id(&format!("{method} {}", shape.canonical)),
            template: shape.shown.into(),
            endpoint_privilege: alone.map(id),
            privileges: ids(privileges),
            by_type,
        }
    };
    let role = |name: &str, rights: &[&str]| PlatformRole { id: id(name), name: id(name), description: "".into(), rights: ids(rights), internal: name == "agent" };
    let privilege = |name: &str, kind: PrivilegeKind| Privilege { id: id(name), description: "".into(), kind };
    let (profile, pii) = ("Member Care/Customer Profile", "Member Care/Customer PII");
    let mut scopes: Vec<_> = ScopeLevel::ALL.map(scope).into();
    scopes.sort_by(|left, right| left.id.cmp(&right.id));
    Platform {
        version: 1,
        modules: vec![module(pii), module(profile)],
        sets: vec![set("see", &[(profile, Actions::V)]), set("see-all", &[(profile, Actions::V), (pii, Actions::V)])],
        scopes,
        domains: vec![Domain { id: id("sales"), name: id("Sales") }],
        default_scopes: vec![(Audience::Employee, ids(&["sales.order_readOwn"]))],
        privileges: vec![privilege("advanced", PrivilegeKind::Application), privilege("endpoint.getSites", PrivilegeKind::Endpoint)],
        roles: vec![role("advanced", &["advanced"]), role("sites", &["endpoint.getSites"])],
        endpoints: vec![
            endpoint("GET", "/ccadmin/v1/sites", Some("endpoint.getSites"), &["advanced"], false),
            endpoint("GET", "/ccadmin/v1/applicationIds", None, &["advanced"], true),
            endpoint("GET", "/ccadmin/v1/applicationIds/{id}", None, &["advanced"], true),
        ],
        ..Platform::default()
    }
}

#[test]
fn ac_4_ac_8_a_groups_controls_unite_and_bring_the_default_scopes() {
    let mut scene = Scene::new();
    scene.user("ann", &[], &[(&["gift.gift_read"], &[]), (&["sales.order_manageOwn"], &[])]);
    scene.user("none", &[], &[]);
    let list = Context::default();
    assert_eq!(scene.scope("user:ann", "gift.gift_read", list), Reason::PermitScope);
    assert_eq!(scene.scope("user:ann", "sales.order_manageOwn", list), Reason::PermitOwn);
    assert_eq!(scene.scope("user:ann", "sales.order_readOwn", list), Reason::PermitOwn);
    assert_eq!(scene.scope("user:none", "sales.order_readOwn", list), Reason::ScopeMissing);
}

#[test]
fn ac_12_ac_13_managing_includes_reading_and_aliases_are_read() {
    let mut scene = Scene::new();
    scene.user("ann", &[], &[(&["gift.gift_manage"], &[])]);
    for (scope, reason) in [
        ("gift.gift_read", Reason::PermitScope),
        // What is one's own is included, and the global scope decides (AC-17).
        ("gift.gift_manageOwn", Reason::PermitScope),
        ("gift.gift_read_own", Reason::PermitScope),
        ("gift.gift_manage_own", Reason::PermitScope),
        ("sales.order_read", Reason::ScopeMissing),
    ] {
        assert_eq!(scene.scope("user:ann", scope, Context::default()), reason, "{scope}");
    }
}

#[test]
fn ac_14_a_node_opens_empty_without_a_scope_of_its_own() {
    let mut scene = Scene::new();
    scene.user("ann", &[], &[(&["sales.order_read"], &[])]);
    scene.user("none", &[], &[]);
    let view = |who: &str, entity| {
        let decision = scene.decide(who, Ask::Entity { entity, action: EntityAction::View }, Context::default());
        (decision.reason, decision.obligations)
    };
    assert_eq!(view("user:ann", "sales"), (Reason::PermitScope, Obligations::empty()));
    assert_eq!(view("user:ann", "gift"), (Reason::PermitScope, Obligations::EMPTY));
    assert_eq!(view("user:none", "gift").0, Reason::ScopeMissing);
    let read = Ask::Entity { entity: "gift", action: EntityAction::Read };
    assert_eq!(scene.decide("user:ann", read, Context::default()).reason, Reason::ScopeMissing);
}

#[test]
fn ac_15_ac_16_ac_17_ac_18_own_scopes_reach_what_is_ones_own_and_global_ones_all() {
    let mut scene = Scene::new();
    scene.user("own", &[], &[(&["gift.gift_manageOwn"], &[])]);
    scene.user("both", &[], &[(&["gift.gift_manageOwn", "gift.gift_manage"], &[])]);
    let ask = |who: &str, action, context| {
        let decision = scene.decide(who, Ask::Entity { entity: "gift", action }, context);
        (decision.reason, decision.obligations)
    };
    let instance = Context { instance: true, ..Context::default() };
    let mine = Context { assigned_to: Some("own"), ..instance };
    let anothers = Context { created_by: Some("both"), ..instance };
    let none = Obligations::empty();
    assert_eq!(ask("user:own", EntityAction::Manage, mine), (Reason::PermitOwn, none));
    assert_eq!(ask("user:own", EntityAction::Manage, anothers), (Reason::NotOwner, none));
    assert_eq!(ask("user:own", EntityAction::Manage, instance), (Reason::NotOwner, none));
    assert_eq!(ask("user:own", EntityAction::Create, Context::default()), (Reason::PermitOwn, none));
    assert_eq!(ask("user:own", EntityAction::Read, Context::default()), (Reason::PermitOwn, Obligations::OWN_ONLY));
    assert_eq!(ask("user:both", EntityAction::Manage, instance), (Reason::PermitScope, none));
    assert_eq!(ask("user:both", EntityAction::Read, Context::default()), (Reason::PermitScope, none));
}

#[test]
fn ac_22_um_9_places_cover_what_is_below_them() {
    let mut scene = Scene::new();
    scene.user("ann", &[], &[(&["gift.gift_manage"], &["zone:north"])]);
    for place in ["zone:north", "zone:far-north", "store:north-1", "store:far-north-1"] {
        assert_eq!(scene.scope("user:ann", "gift.gift_manage", at(place)), Reason::PermitScope, "{place}");
    }
    for place in ["org", "zone:south", "store:south-1", "zone:nowhere"] {
        assert_eq!(scene.scope("user:ann", "gift.gift_manage", at(place)), Reason::OutOfScope, "{place}");
    }
    let read = scene.decide("user:ann", Ask::Scope { scope: "gift.gift_read" }, Context::default());
    assert_eq!((read.reason, read.obligations), (Reason::PermitScope, Obligations::PLACES));
    assert_eq!(scene.scope("user:ann", "gift.gift_manage", Context::default()), Reason::OutOfScope);
    // A store that moves in later is covered from then on.
    scene.put(store_in("south-1", "far-north"));
    assert_eq!(scene.scope("user:ann", "gift.gift_manage", at("store:south-1")), Reason::PermitScope);
}

#[test]
fn um_8_sets_apply_at_their_places_and_um_21_mask_what_they_do_not_unmask_there() {
    let profile = "Member Care/Customer Profile";
    let mut scene = Scene::new();
    scene.user("ann", &[("see", &["store:north-1", "store:south-1"]), ("see-all", &["zone:north"])], &[]);
    let view = |place: &str| {
        let decision = scene.decide("user:ann", Ask::Module { module: profile, action: Action::View }, at(place));
        (decision.reason, decision.obligations)
    };
    assert_eq!(view("store:north-1"), (Reason::PermitSet, Obligations::empty()));
    assert_eq!(view("store:south-1"), (Reason::PermitSet, Obligations::MASK));
    assert_eq!(view("zone:south"), (Reason::OutOfScope, Obligations::empty()));
    assert_eq!(scene.module("user:ann", profile, Action::Edit, "store:north-1"), Reason::PermissionMissing);
}

#[test]
fn um_5_an_owner_may_do_everything_that_there_is() {
    let mut scene = Scene::new();
    scene.someone("boss", UserType::Owner, UserMore::default());
    assert_eq!(scene.module("user:boss", "Member Care/Customer PII", Action::Approval, "store:south-1"), Reason::PermitOwner);
    assert_eq!(scene.module("user:boss", "No/Module", Action::View, "org"), Reason::PermissionMissing);
    assert_eq!(scene.call("user:boss", "GET", "/v2/customers").0, Reason::PermitOwner);
}

#[test]
fn places_must_be_open_but_for_administration_in_any_spelling() {
    let mut scene = Scene::new();
    scene.user("ann", &[("see", &["org"])], &[]);
    scene.put(store("acme", "south-1", false, None));
    for place in ["store:south-1", "STORE:south-1", " Store :south-1", "till:south-1/t1"] {
        assert_eq!(scene.module("user:ann", "Member Care/Customer Profile", Action::View, place), Reason::StoreInactive, "{place}");
        assert_eq!(scene.module("user:ann", "Administration/Stores", Action::View, place), Reason::PermissionMissing, "{place}");
    }
}

#[test]
fn app_3_app_4_registrations_are_for_extensions_only() {
    let mut scene = Scene::new();
    scene.application("sync", ApplicationType::Application, &["advanced"], &[], None);
    scene.application("widget", ApplicationType::Extension, &["advanced"], &[], None);
    for (path, reason) in [
        ("/ccadmin/v1/applicationIds?type=extension", Reason::PermitPrivilege),
        ("/ccadmin/v1/applicationIds?type=application", Reason::ForbiddenToApplications),
        ("/ccadmin/v1/applicationIds", Reason::ForbiddenToApplications),
        ("/ccadmin/v1/applicationIds?type=extension&type=extension", Reason::ForbiddenToApplications),
        ("/ccadmin/v1/applicationIds/widget?type=application", Reason::PermitPrivilege),
        ("/ccadmin/v1/applicationIds/sync?type=extension", Reason::ForbiddenToApplications),
    ] {
        assert_eq!(scene.call("application:sync", "GET", path).0, reason, "{path}");
    }
    let body = Context { body_type: Some("extension"), ..Context::default() };
    let ask = Ask::Endpoint { method: "GET", path: "/ccadmin/v1/applicationIds?type=application" };
    assert_eq!(scene.decide("application:sync", ask, body).reason, Reason::PermitPrivilege);
}

#[test]
fn app_7_app_8_app_9_an_endpoints_privilege_or_a_functional_one_without_card_data() {
    let mut scene = Scene::new();
    for (name, roles) in [("alone", &["sites"][..]), ("advanced", &["advanced"]), ("both", &["advanced", "sites"]), ("none", &[])] {
        scene.application(name, ApplicationType::Application, roles, &[], None);
    }
    let call = |name: &str| scene.call(&format!("application:{name}"), "GET", "/ccadmin/v1/sites");
    assert_eq!(call("alone"), (Reason::PermitEndpointPrivilege, Obligations::OMIT_PCI));
    assert_eq!(call("advanced"), (Reason::PermitPrivilege, Obligations::OMIT_PCI));
    assert_eq!(call("both"), (Reason::PermitEndpointPrivilege, Obligations::OMIT_PCI));
    assert_eq!(call("none"), (Reason::PrivilegeMissing, Obligations::empty()));
}

#[test]
fn ag_36_an_applications_group_is_its_own() {
    let mut scene = Scene::new();
    scene.application("grouped", ApplicationType::Application, &[], &[], Some("POS"));
    scene.application("bare", ApplicationType::Application, &[], &[], None);
    assert_eq!(scene.call("application:grouped", "GET", "/v2/customers").0, Reason::PermitGroup);
    assert_eq!(scene.call("application:bare", "GET", "/v2/customers").0, Reason::NoAccessGroup);
    // The store that it calls for has a group or none: it makes no difference.
    let ask = Ask::Endpoint { method: "GET", path: "/v2/customers" };
    assert_eq!(scene.decide("application:grouped", ask, at("store:south-1")).reason, Reason::PermitGroup);
    assert_eq!(scene.call("store:south-1", "GET", "/v2/customers").0, Reason::NoAccessGroup);
}

#[test]
fn app_6_an_orgs_endpoint_hides_the_platforms_of_the_same_id() {
    let mut scene = Scene::new();
    scene.application("advanced", ApplicationType::Application, &["advanced"], &[], None);
    assert_eq!(scene.call("application:advanced", "GET", "/ccadmin/v1/sites").0, Reason::PermitPrivilege);
    scene.put(endpoint("acme", "GET", "/ccadmin/v1/sites", None, Class::Data, Level::Read));
    assert_eq!(scene.call("application:advanced", "GET", "/ccadmin/v1/sites").0, Reason::EndpointUnmapped);
}
