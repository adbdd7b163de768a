//! Users and applications: 5,000 stores in a hundred zones, 20,000 tills, 3,000 users of whom every tenth has fifty
//! assignments, 200 applications, 300 bundles, 600 scopes.

use std::hint::black_box;
use std::sync::Arc;

use bailiwick_policy::access::{Class, Level};
use bailiwick_policy::decide::decide;
use bailiwick_policy::decision::{Ask, Context, Request, Subject, Verdict};
use bailiwick_policy::ids::OrgCode;
use bailiwick_policy::index::Index;
use bailiwick_policy::object::*;
use bailiwick_policy::permission::{Action, Actions, ModuleGrant};
use bailiwick_policy::place::{Bounds, Place};
use bailiwick_policy::platform::{
    Domain, Module, Platform, PlatformEndpoint, PlatformRole, PlatformScope, Privilege, PrivilegeKind, ScopeLevel,
};
use bailiwick_policy::path::template;
use bailiwick_policy::reference;
use bailiwick_policy::state::State;
use bailiwick_policy::whatcan::what_can;
use bailiwick_policy::whocan::{Deed, PageOf, who_can};

use crate::{Chance, Fallible, Figures, ORG, clock_cost, code, percentiles, timed, world};

pub const STORES: usize = 5_000;
const TILLS_PER_STORE: usize = 4;
const ZONES: usize = 100;
const USERS: usize = 3_000;
const APPLICATIONS: usize = 200;
const CONTROLS: usize = 100;
const SETS: usize = 150;
const ROLES: usize = 50;
const DOMAINS: usize = 30;
const ENTITIES: usize = 150;
const MODULES: usize = 40;
const PRIVILEGES: usize = 60;
const PAGE: usize = 100;

/// All of it, each answer compared with the reference first.
pub fn measure(samples: usize) -> Fallible<Figures> {
    let mut figures = Figures::new();
    let mut chance = Chance(11);
    let state = people(&mut chance)?;
    let (index, took) = timed(|| Index::build(&state));
    figures.push(("people: build", "ms", took.as_secs_f64() * 1e3));
    let asks = asks(&mut chance);
    let clock = clock_cost();
    for (name, kind) in [
        ("user, endpoint by scope", Kind::Endpoint),
        ("user, module at a place", Kind::Module),
        ("user, module, no place", Kind::Anywhere),
        ("application, endpoint", Kind::Application),
    ] {
        let (mut took, mut permitted) = (Vec::new(), 0usize);
        for sample in 0..samples {
            let Some(asked) = asks.get(chance.below(asks.len())) else { break };
            let request = asked.request(kind);
            if sample < 200 && decide(&index, &request) != reference::decide(&state, &request) {
                return Err(format!("answers differ for {request:?}").into());
            }
            let (decision, one) = timed(|| decide(black_box(&index), black_box(&request)));
            permitted += usize::from(decision.verdict() == Verdict::Permit);
            took.push(one.saturating_sub(clock));
        }
        let (p50, p99) = percentiles(&mut took);
        let name = |what: &str| -> &'static str { Box::leak(format!("{name} {what}").into_boxed_str()) };
        figures.push((name("p50"), "ns", p50));
        figures.push((name("p99"), "ns", p99));
        figures.push((name("permitted"), "%", 100.0 * permitted as f64 / took.len().max(1) as f64));
    }
    let mut first_pages = Vec::new();
    let mut what = Vec::new();
    for asked in asks.iter().take(300) {
        for kind in [Kind::Endpoint, Kind::Module, Kind::Application] {
            let request = asked.request(kind);
            let deed = Deed { org: ORG, ask: request.ask, context: request.context };
            let (page, took) = timed(|| who_can(&state, &index, &deed, &PageOf { rows: PAGE, ..PageOf::default() }));
            black_box(page?);
            first_pages.push(took);
        }
        let (can, took) = timed(|| what_can(&state, &index, ORG, Subject::User(&asked.user), Context::default()));
        black_box(can.permissions.len());
        what.push(took);
    }
    let (p50, p99) = percentiles(&mut first_pages);
    figures.push(("who-can, first page p50", "us", p50 / 1e3));
    figures.push(("who-can, first page p99", "us", p99 / 1e3));
    let (p50, p99) = percentiles(&mut what);
    figures.push(("what-can of a user p50", "us", p50 / 1e3));
    figures.push(("what-can of a user p99", "us", p99 / 1e3));
    publishes(&mut figures, &state, index)?;
    Ok(figures)
}

/// What advancing takes for changes that touch one person, many, and all.
fn publishes(figures: &mut Figures, state: &State, index: Index) -> Fallible<()> {
    use bailiwick_policy::outcome::Change;
    let org = state.orgs.get(ORG).ok_or("no org")?;
    let mut published = index;
    let mut several = |name: &'static str, object: Object| {
        let change = [Change { before: Some(object.clone()), after: Some(object) }];
        let once = |published: &mut Index| {
            let mut next = published.clone();
            timed(|| {
                next.apply(state, &change);
                *published = next;
            })
            .1
        };
        let mut took: Vec<_> = (0..20).map(|_| once(&mut published)).collect();
        figures.push((name, "us", percentiles(&mut took).0 / 1e3));
    };
    several("publish a user p50", Object::User(org.users.values().next().ok_or("no user")?.clone()));
    several("publish a user group p50", Object::UserGroup(org.user_groups.values().next().ok_or("no group")?.clone()));
    several("publish a permission set p50", Object::Set(org.sets.values().next().ok_or("no set")?.clone()));
    let scope = Scope { org: ORG.parse()?, id: "tenant.own".parse()?, description: "".into(), own: false, meta: Meta::default() };
    several("publish a scope p50", Object::Scope(Arc::new(scope)));
    Ok(())
}

#[derive(Clone, Copy)]
enum Kind {
    Endpoint,
    Module,
    Anywhere,
    Application,
}

/// The text of requests.
struct Asked {
    user: String,
    application: String,
    path: String,
    platform_path: String,
    module: String,
    place: String,
}

impl Asked {
    fn request(&self, kind: Kind) -> Request<'_> {
        let context = Context { place: Some(&self.place), ..Context::default() };
        let user = Subject::User(&self.user);
        let module = Ask::Module { module: &self.module, action: Action::View };
        let (subject, ask, context) = match kind {
            Kind::Endpoint => (user, Ask::Endpoint { method: "GET", path: &self.path }, context),
            Kind::Module => (user, module, context),
            Kind::Anywhere => (user, module, Context::default()),
            Kind::Application => {
                (Subject::Application(&self.application), Ask::Endpoint { method: "GET", path: &self.platform_path }, Context::default())
            }
        };
        Request { org: ORG, subject, ask, context }
    }
}

fn asks(chance: &mut Chance) -> Vec<Asked> {
    let one = |_| Asked {
        user: format!("user-{}", 10 * chance.below(USERS / 10)),
        application: format!("application-{}", chance.below(APPLICATIONS)),
        path: format!("/entities/e{}/{}", chance.below(ENTITIES), chance.below(1_000_000)),
        platform_path: format!("/ccadmin/v1/things{}/{}", chance.below(PRIVILEGES), chance.below(1_000)),
        module: format!("Area {}/Part", chance.below(MODULES)),
        place: format!("store:{}", code(chance.below(STORES))),
    };
    (0..20_000).map(one).collect()
}

fn catalogue() -> Fallible<Platform> {
    let mut platform = Platform { version: 1, ..Platform::default() };
    for at in 0..DOMAINS {
        platform.domains.push(Domain { id: format!("d{at}").parse()?, name: format!("Domain {at}").parse()? });
    }
    for at in 0..ENTITIES {
        for level in ScopeLevel::ALL {
            let (domain, entity) = (format!("d{}", at % DOMAINS), format!("e{at}"));
            platform.scopes.push(PlatformScope {
                id: format!("{domain}.{entity}{}", level.suffix()).parse()?,
                domain: domain.parse()?,
                entity: entity.parse()?,
                level,
                description: "".into(),
                implies: Vec::new(),
            });
        }
    }
    platform.scopes.sort_by(|left, right| left.id.cmp(&right.id));
    for at in 0..MODULES {
        platform.modules.push(Module { id: format!("Area {at}/Part").parse()?, offered: Actions::all() });
    }
    platform.modules.sort_by(|left, right| left.id.cmp(&right.id));
    for at in 0..PRIVILEGES {
        let id = format!("privilege-{at}");
        platform.privileges.push(Privilege { id: id.parse()?, description: "".into(), kind: PrivilegeKind::Application });
        let shape = template(&format!("/ccadmin/v1/things{at}/{{id}}"))?;
        platform.endpoints.push(PlatformEndpoint {
            id: format!("GET {}", shape.canonical).parse()?,
            template: shape.shown.into(),
            endpoint_privilege: None,
            privileges: vec![id.parse()?],
            by_type: false,
        });
    }
    platform.privileges.sort_by(|left, right| left.id.cmp(&right.id));
    let rights = vec!["privilege-0".parse()?, "privilege-1".parse()?];
    platform.roles.push(PlatformRole { id: "advanced".parse()?, name: "Advanced".parse()?, description: "".into(), rights, internal: false });
    Ok(platform)
}

fn people(chance: &mut Chance) -> Fallible<State> {
    let mut state = world(STORES)?;
    let org: OrgCode = ORG.parse()?;
    let meta = Meta::default();
    let platform = catalogue()?;
    let scopes: Vec<_> = platform.scopes.iter().map(|scope| scope.id.clone()).collect();
    state.put(&Object::Platform(Arc::new(platform)));
    for at in 0..ZONES {
        let parent = if at < 10 { None } else { Some(format!("zone-{}", at % 10).parse()?) };
        state.put(&Object::Zone(Arc::new(Zone { org: org.clone(), code: format!("zone-{at}").parse()?, name: "a zone".parse()?, parent, meta: meta.clone() })));
    }
    let stores: Vec<_> = state.orgs.get(ORG).ok_or("no org")?.stores.values().cloned().collect();
    for store in stores {
        let mut store = (*store).clone();
        store.zone = Some(format!("zone-{}", chance.below(ZONES)).parse()?);
        for till in 2..=TILLS_PER_STORE {
            let (store, code) = (store.code.clone(), format!("till-{till}").parse()?);
            state.put(&Object::Till(Arc::new(Till { org: org.clone(), store, code, name: None, active: true, meta: meta.clone() })));
        }
        state.put(&Object::Store(Arc::new(store)));
    }
    for at in 0..ENTITIES {
        let shape = template(&format!("/entities/e{at}/{{id}}"))?;
        let scope = |suffix: &str| format!("d{}.e{at}{suffix}", at % DOMAINS).parse();
        let routes = Routes { scopes: vec![scope("_manage")?, scope("_read")?], instance: true, ..Routes::default() };
        state.put(&Object::Endpoint(Arc::new(Endpoint {
            org: org.clone(),
            id: format!("GET {}", shape.canonical).parse()?,
            method: "GET".into(),
            template: shape.shown.into(),
            matchable: true,
            name: None,
            resource: None,
            class: Class::Data,
            level: Level::Read,
            meta: meta.clone(),
            routes: Some(Arc::new(routes)),
        })));
    }
    for at in 0..CONTROLS {
        let mut held: Vec<_> = (0..20).filter_map(|_| scopes.get(chance.below(scopes.len())).cloned()).collect();
        held.sort();
        held.dedup();
        let (id, name, scopes) = (format!("control-{at}").parse()?, format!("Control {at}").parse()?, Arc::new(held));
        state.put(&Object::Control(Arc::new(Control { org: org.clone(), id, name, description: "".into(), audience: None, scopes, meta: meta.clone() })));
        let control = format!("control-{at}").parse()?;
        let places = if at % 3 == 0 { vec![place(chance, 0)?] } else { Vec::new() };
        let controls = Arc::new(vec![ControlGrant { control, places, bounds: Bounds::ALWAYS }]);
        let (id, name) = (format!("group-{at}").parse()?, format!("Users {at}").parse()?);
        let audience = Audience::Employee;
        state.put(&Object::UserGroup(Arc::new(UserGroup { org: org.clone(), id, name, description: "".into(), audience, controls, meta: meta.clone() })));
    }
    for at in 0..SETS {
        let mut grants = Vec::new();
        for _ in 0..8 {
            let actions = Actions::from_bits_truncate(1 + chance.below(31) as u8);
            grants.push(ModuleGrant { module: format!("Area {}/Part", chance.below(MODULES)).parse()?, actions });
        }
        grants.sort();
        grants.dedup_by(|left, right| left.module == right.module);
        let (id, name, grants) = (format!("set-{at}").parse()?, format!("Set {at}").parse()?, Arc::new(grants));
        state.put(&Object::Set(Arc::new(PermissionSet { org: org.clone(), id, name, description: "".into(), grants, meta: meta.clone() })));
    }
    for at in 0..ROLES {
        let mut rights = Vec::new();
        for _ in 0..6 {
            rights.push(format!("privilege-{}", chance.below(PRIVILEGES)).parse()?);
        }
        rights.sort();
        let (id, name, rights) = (format!("role-{at}").parse()?, format!("Role {at}").parse()?, Arc::new(rights));
        state.put(&Object::Role(Arc::new(Role { org: org.clone(), id, name, description: "".into(), rights, meta: meta.clone() })));
    }
    for at in 0..USERS {
        let (groups, sets) = if at % 10 == 0 { (20, 30) } else { (2, 3) };
        let mut more = UserMore { places: vec![Place::Org], ..UserMore::default() };
        if at % 20 == 0 {
            more.places = (0..10).map(|_| place(chance, 0)).collect::<Fallible<_>>()?;
        }
        let first = chance.below(CONTROLS);
        for of in 0..groups {
            more.groups.push(Membership { group: format!("group-{}", (first + of) % CONTROLS).parse()?, bounds: Bounds::ALWAYS });
        }
        for _ in 0..sets {
            let places = vec![place(chance, 1)?, place(chance, 2)?];
            more.sets.push(SetGrant { set: format!("set-{}", chance.below(SETS)).parse()?, places, bounds: Bounds::ALWAYS });
        }
        more.places.sort();
        more.groups.sort();
        more.sets.sort();
        let (id, name, user_type) = (format!("user-{at}").parse()?, format!("User {at}").parse()?, UserType::Standard);
        let blank = User { org: org.clone(), id, name, user_type, active: true, meta: meta.clone(), more: None };
        state.put(&Object::User(Arc::new(blank.with_more(more))));
    }
    for at in 0..APPLICATIONS {
        let mut roles = Vec::new();
        for _ in 0..4 {
            roles.push(RoleGrant { role: format!("role-{}", chance.below(ROLES)).parse()?, bounds: Bounds::ALWAYS });
        }
        roles.sort();
        roles.dedup();
        let (id, name) = (format!("application-{at}").parse()?, format!("Application {at}").parse()?);
        let scopes = Arc::new(scopes.iter().skip(at).step_by(37).cloned().collect());
        let (kind, roles, inert_roles) = (ApplicationType::Application, Arc::new(roles), Arc::default());
        let org = org.clone();
        let meta = meta.clone();
        state.put(&Object::Application(Arc::new(Application {
            org, id, name, kind, active: true, roles, inert_roles, scopes, group: None, source: None, external: false, meta,
        })));
    }
    Ok(state)
}

/// A zone, and now and then a store.
fn place(chance: &mut Chance, salt: usize) -> Fallible<Place> {
    if (chance.below(4) + salt).is_multiple_of(3) {
        return Ok(Place::Store(code(chance.below(STORES)).parse()?));
    }
    Ok(Place::Zone(format!("zone-{}", chance.below(ZONES)).parse()?))
}
