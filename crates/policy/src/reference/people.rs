//! Steps 3 and 7 for users and applications: what each of their ways permits, and where.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Called, Cell, judge, own_group, rights_of};
use crate::decision::{Ask, Context, Decision, EntityAction, Obligations, Reason, Request, Subject, Verdict};
use crate::ids::{ModuleId, PrivilegeId, ScopeId};
use crate::object::{Application, Audience, RoleGrant, SetGrant, User, UserType};
use crate::permission::{Action, Permission};
use crate::place::{Place, cover};
use crate::platform::ScopeLevel;
use crate::scopes::{self, HeldScope};
use crate::state::{OrgState, State, Via};

/// The module whose sub-modules govern administration.
pub const ADMINISTRATION: &str = "Administration/";
/// Whoever sees this without `CUSTOMER_PII` sees it masked (UM-21).
pub const CUSTOMER_PROFILE: &str = "Member Care/Customer Profile";
/// What unmasks `CUSTOMER_PROFILE`.
pub const CUSTOMER_PII: &str = "Member Care/Customer PII";

/// Whose access is in question, found and in force.
#[derive(Clone, Copy, Debug)]
pub enum Holder<'a> {
    /// A till or a store: judged by its place.
    Place,
    /// A user.
    User(&'a Arc<User>),
    /// An application.
    Application(&'a Arc<Application>),
}

/// Step 3: users and applications must be known and active, and of an application's keys one must let in, if it has any.
pub fn holder<'a>(state: &'a State, org: &'a OrgState, subject: Subject<'_>) -> Result<Holder<'a>, Reason> {
    match subject {
        Subject::Store(_) | Subject::Till(_) => Ok(Holder::Place),
        Subject::User(id) => {
            let user = org.users.get(id).ok_or(Reason::SubjectUnknown)?;
            if user.active { Ok(Holder::User(user)) } else { Err(Reason::SubjectInactive) }
        }
        Subject::Application(id) => {
            let application = org.applications.get(id).ok_or(Reason::SubjectUnknown)?;
            let keyed = org.keys.get(&application.id).is_some_and(|keys| !keys.is_empty());
            if !application.active {
                Err(Reason::SubjectInactive)
            } else if keyed && !org.has_key(&state.credentials, &application.id, state.clock) {
                Err(Reason::KeyExpired)
            } else {
                Ok(Holder::Application(application))
            }
        }
    }
}

/// Where a request is about, if it says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Where {
    /// It doesn't.
    Unsaid,
    /// At a place. A till is its store here.
    At(Place),
    /// At a place that the org doesn't have, or that is no place.
    Nowhere,
}

/// Step 6 for users and applications: a store or a till that is named must be known and active, but for administration.
pub fn gate(org: &OrgState, request: &Request<'_>) -> Result<Where, Reason> {
    let Some(text) = request.context.place else { return Ok(Where::Unsaid) };
    let administers = matches!(request.ask, Ask::Module { module, .. } if module.starts_with(ADMINISTRATION));
    // Levels are read in any case (UM-16), so that another spelling is no way round the gate.
    let subject = text.trim().split_once(':').and_then(|(level, id)| match level.trim().to_ascii_lowercase().as_str() {
        "store" => Some(Subject::Store(id)),
        "till" => Some(Subject::Till(id)),
        _other => None,
    });
    if let Some(subject) = subject {
        return match super::place(org, subject) {
            Ok(store) => Ok(Where::At(Place::Store(store.code.clone()))),
            Err(_closed) if administers => Ok(known_store(org, subject)),
            Err(reason) => Err(reason),
        };
    }
    Ok(text.parse::<Place>().ok().filter(|place| place.is_known(org)).map_or(Where::Nowhere, Where::At))
}

fn known_store(org: &OrgState, subject: Subject<'_>) -> Where {
    let code = match subject {
        Subject::Store(id) => id,
        Subject::Till(id) => id.rsplit_once('/').map_or("", |(store, _)| store),
        Subject::User(_) | Subject::Application(_) => "",
    };
    org.stores.get(code).map_or(Where::Nowhere, |store| Where::At(Place::Store(store.code.clone())))
}

/// One way that was tried, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Way {
    /// What would permit: `scope:…`, `permission:…`, `privilege:…`, `access-group:…` or `owner`.
    pub what: Arc<str>,
    /// What it is held through, from the subject on; empty if it isn't held.
    #[serde(default)]
    pub through: Vec<Arc<str>>,
    /// Where it is held; empty is the whole org.
    #[serde(default)]
    pub places: Vec<Place>,
    /// What this way alone comes to.
    pub reason: Reason,
    /// What a permit by it obliges to.
    #[serde(default)]
    pub obligations: Obligations,
    /// Where a permit by it holds, if only there: where it is held, within the subject's own places.
    #[serde(default)]
    pub limits: Vec<Place>,
}

impl Way {
    fn new(what: impl Into<Arc<str>>, through: Vec<Arc<str>>, reason: Reason) -> Self {
        Self { what: what.into(), through, places: Vec::new(), reason, obligations: Obligations::empty(), limits: Vec::new() }
    }

    fn at(mut self, places: &[Place]) -> Self {
        self.places = places.to_vec();
        self
    }

    fn obliging(mut self, obligations: Obligations) -> Self {
        self.obligations = obligations;
        self
    }

    fn within(mut self, limits: Vec<Place>) -> Self {
        self.limits = limits;
        self
    }
}

/// What the ways that were tried came to: permits unite, and of denies the nearest is told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// The ways, in the order in which the first permit gives the reason.
    pub ways: Vec<Way>,
}

impl Tally {
    fn add(&mut self, way: Way) {
        self.ways.push(way);
    }

    fn take(&mut self, other: Self) {
        self.ways.extend(other.ways);
    }

    fn permits(&self) -> impl Iterator<Item = &Way> {
        self.ways.iter().filter(|way| way.reason.verdict() == Verdict::Permit)
    }

    /// The reason of the first permit, and what the permits oblige to together.
    fn permit(&self) -> Option<(Reason, Obligations)> {
        self.permits().map(|way| (way.reason, way.obligations)).reduce(|(first, all), (_, one)| (first, all.either(one)))
    }

    /// Where the permits hold that oblige to no more than all of them together: the places of `places` (AC-22).
    fn limits(&self) -> Vec<Place> {
        let told = self.permit().map(|(_, obligations)| obligations);
        self.permits().filter(|way| Some(way.obligations) == told).flat_map(|way| way.limits.iter().cloned()).collect()
    }

    /// The nearest of the denies, of equals the first.
    fn deny(&self) -> Option<Reason> {
        let denies = self.ways.iter().map(|way| way.reason).filter(|reason| reason.verdict() != Verdict::Permit);
        denies.reduce(|first, next| if nearness(next) > nearness(first) { next } else { first })
    }

    /// The answer; `otherwise` where no way was tried at all.
    fn decision(&self, always: Obligations, otherwise: Reason) -> Decision {
        decision(&self.ways, always, otherwise)
    }
}

/// What ways come to together: the first permit gives the reason, an obligation stands only if every permit carries it (see
/// `Obligations::either`), and of denies the nearest is told; `otherwise` where no way was tried at all.
pub fn decision(ways: &[Way], always: Obligations, otherwise: Reason) -> Decision {
    let tally = Tally { ways: ways.to_vec() };
    match tally.permit() {
        Some((reason, obligations)) => Decision { reason, would_deny: None, obligations: obligations | always },
        None => tally.deny().unwrap_or(otherwise).into(),
    }
}

/// How near a deny is to a permit: the higher, the less is missing.
pub fn nearness(reason: Reason) -> u8 {
    match reason {
        Reason::EndpointExcluded => 6,
        Reason::NeedsRead | Reason::NeedsWrite => 5,
        Reason::NotOwner => 4,
        Reason::OutOfScope => 3,
        Reason::ResourceNone => 2,
        Reason::NoAccessGroup => 0,
        _missing => 1,
    }
}

/// Steps 6 to 8 for a user.
pub fn of_user(state: &State, org: &OrgState, user: &User, request: &Request<'_>, called: Option<&Called<'_>>) -> Result<Decision, Reason> {
    let at = gate(org, request)?;
    let (tally, otherwise) = ways_of_user(state, org, user, request, called, &at);
    Ok(tally.decision(Obligations::empty(), otherwise))
}

/// The ways of a user, from step 7 on; and the reason where there is none.
pub fn ways_of_user(
    state: &State,
    org: &OrgState,
    user: &User,
    request: &Request<'_>,
    called: Option<&Called<'_>>,
    at: &Where,
) -> (Tally, Reason) {
    let mut tally = Tally::default();
    if user.user_type == UserType::Owner {
        let otherwise = unheard_of(state, org, request.ask);
        if otherwise.is_none() {
            tally.add(Way::new("owner", vec![format!("user:{}", user.id).into()], Reason::PermitOwner));
        }
        return (tally, otherwise.unwrap_or(Reason::PermissionMissing));
    }
    let held = scopes::of_user(state, org, user);
    let who = Asker { state, org, held: &held, reach: Some(&user.more().places), me: Me::User(user.id.as_str()), at, context: request.context };
    let otherwise = match (called, request.ask) {
        (Some(called), _) => {
            who.scopes_of_call(called, &mut tally);
            for permission in called.routes().map_or(&[][..], |routes| &routes.permissions) {
                tally.take(set_route(&who, user, permission));
            }
            if called.endpoint_privilege().is_some() || !called.privileges().is_empty() {
                let reaches = |right: &PrivilegeId| called.privileges().contains(right) || called.endpoint_privilege() == Some(right);
                let held = rights_of(state, org, &user.more().roles).find(|(_, right)| reaches(right));
                tally.add(privilege_way(held, called.privileges(), Reason::PermitPrivilege));
            }
            Reason::PermissionMissing
        }
        (None, Ask::Module { module, action }) => {
            if let Ok(module) = module.parse::<ModuleId>() {
                tally.take(set_route(&who, user, &Permission { module, action }));
            }
            Reason::PermissionMissing
        }
        (None, Ask::Scope { .. } | Ask::Entity { .. } | Ask::Endpoint { .. }) => {
            who.scopes_of_ask(request.ask, user.audience(), &mut tally);
            Reason::ScopeMissing
        }
    };
    (tally, otherwise)
}

/// An owner holds all there is, and nothing that isn't.
fn unheard_of(state: &State, org: &OrgState, ask: Ask<'_>) -> Option<Reason> {
    match ask {
        Ask::Endpoint { .. } => None,
        Ask::Module { module, .. } => state.platform.module(module).is_none().then_some(Reason::PermissionMissing),
        Ask::Scope { scope } => {
            let known = scope.parse::<ScopeId>().ok().filter(|id| scopes::find(&state.platform, org, &scopes::canonical(org, id)).is_some());
            known.is_none().then_some(Reason::ScopeMissing)
        }
        Ask::Entity { entity, action } => {
            let node = state.platform.domains.iter().any(|domain| domain.id.as_str() == entity);
            let known = org.entities.contains_key(entity)
                || if action == EntityAction::View { node } else { state.platform.scopes.iter().any(|scope| scope.entity.as_str() == entity) };
            (!known).then_some(Reason::ScopeMissing)
        }
    }
}

/// Steps 6 to 8 for an application: the first way that permits, in this order, gives the reason.
pub fn of_application(
    state: &State,
    org: &OrgState,
    application: &Application,
    request: &Request<'_>,
    called: Option<&Called<'_>>,
) -> Result<Decision, Reason> {
    let at = gate(org, request)?;
    let (tally, otherwise) = ways_of_application(state, org, application, request, called, &at);
    Ok(tally.decision(always_of_application(called), otherwise))
}

/// These endpoints leave out card data whenever an application calls (APP-9).
pub fn always_of_application(called: Option<&Called<'_>>) -> Obligations {
    if called.is_some_and(|called| called.endpoint_privilege().is_some()) { Obligations::OMIT_PCI } else { Obligations::empty() }
}

/// The ways of an application, from step 7 on; and the reason where there is none.
pub fn ways_of_application(
    state: &State,
    org: &OrgState,
    application: &Application,
    request: &Request<'_>,
    called: Option<&Called<'_>>,
    at: &Where,
) -> (Tally, Reason) {
    let mut tally = Tally::default();
    let held = scopes::of_application(state, org, application);
    let me = Me::Application(application.id.as_str());
    let who = Asker { state, org, held: &held, reach: None, me, at, context: request.context };
    let Some(called) = called else {
        return match request.ask {
            Ask::Module { .. } => (tally, Reason::PermissionMissing),
            Ask::Scope { .. } | Ask::Entity { .. } | Ask::Endpoint { .. } => {
                // A node of the navigation tree is for people: an application sees those whose scopes it has.
                who.scopes_of_ask(request.ask, Audience::Customer, &mut tally);
                (tally, Reason::ScopeMissing)
            }
        };
    };
    let rights = || rights_of(state, org, &application.roles);
    if let Some(privilege) = called.endpoint_privilege() {
        let held = rights().find(|(_, right)| *right == privilege);
        tally.add(privilege_way(held, std::slice::from_ref(privilege), Reason::PermitEndpointPrivilege));
    }
    if !called.privileges().is_empty() {
        let held = rights().find(|(_, right)| called.privileges().contains(right));
        tally.add(privilege_way(held, called.privileges(), Reason::PermitPrivilege));
    }
    who.scopes_of_call(called, &mut tally);
    if let Some(mapped) = called.mapped(org) {
        tally.add(match own_group(org, application) {
            Some(group) => {
                let through = vec![format!("application:{}", application.id).into()];
                Way::new(format!("access-group:{}", group.name), through, judge(Cell::of(group, mapped), Via::Explicit))
            }
            None => Way::new("access-group", Vec::new(), Reason::NoAccessGroup),
        });
    }
    (tally, Reason::PermissionMissing)
}

/// Of a call that needs all of its scopes: the ways of each, which the ways of the call tell as one.
pub fn ways_of_each_scope(
    state: &State,
    org: &OrgState,
    holder: Holder<'_>,
    request: &Request<'_>,
    called: Option<&Called<'_>>,
    at: &Where,
) -> Vec<Way> {
    let (held, reach, me) = match holder {
        Holder::User(user) => (scopes::of_user(state, org, user), Some(&user.more().places), Me::User(user.id.as_str())),
        Holder::Application(application) => (scopes::of_application(state, org, application), None, Me::Application(application.id.as_str())),
        Holder::Place => return Vec::new(),
    };
    let who = Asker { state, org, held: &held, reach: reach.map(Vec::as_slice), me, at, context: request.context };
    called.map_or_else(Vec::new, |called| who.each_scope(called).into_iter().flat_map(|one| one.ways).collect())
}

/// The way of a privilege: the right that is held, through its role; else what would do.
fn privilege_way(held: Option<(&RoleGrant, &PrivilegeId)>, wanted: &[PrivilegeId], permit: Reason) -> Way {
    match held {
        Some((grant, right)) => Way::new(format!("privilege:{right}"), vec![format!("role:{}", grant.role).into()], permit),
        None => {
            let wanted: Vec<&str> = wanted.iter().map(PrivilegeId::as_str).collect();
            Way::new(format!("privilege:{}", wanted.join("|")), Vec::new(), Reason::PrivilegeMissing)
        }
    }
}

/// What a scope is held through.
fn through(way: &HeldScope) -> Vec<Arc<str>> {
    let group = way.group.as_ref().map(|group| format!("user-group:{group}"));
    let control = match (&way.control, &way.group) {
        (Some(control), _) => Some(format!("access-control:{control}")),
        (None, Some(_)) => Some("the platform's default scopes".to_owned()),
        (None, None) => Some("the application's credential".to_owned()),
    };
    let implied = way.implied_by.as_ref().map(|scope| format!("scope:{scope}"));
    group.into_iter().chain(control).chain(implied).map(Into::into).collect()
}

/// The subject, as an instance names it.
#[derive(Clone, Copy, Debug)]
enum Me<'a> {
    User(&'a str),
    Application(&'a str),
}

impl Me<'_> {
    /// `ID` or `user:ID` of a user, `application:ID` of an application.
    fn is(self, named: &str) -> bool {
        match self {
            Self::User(id) => named.strip_prefix("user:").unwrap_or(named) == id,
            Self::Application(id) => named.strip_prefix("application:") == Some(id),
        }
    }
}

/// What is done, as far as own scopes and places care.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Doing {
    /// Looking only: without a place named it is permitted where it may, elsewhere it is denied (AC-22).
    looks: bool,
    /// Making a new instance, which manageOwn may (AC-18).
    creates: bool,
    /// About one instance; else a list.
    instance: bool,
}

/// Who asks, with what is held and where.
struct Asker<'a> {
    state: &'a State,
    org: &'a OrgState,
    held: &'a [HeldScope],
    /// Places that bound all of it (UM-2); none for applications.
    reach: Option<&'a [Place]>,
    me: Me<'a>,
    at: &'a Where,
    context: Context<'a>,
}

impl Asker<'_> {
    /// Whether something that is held at places reaches; and where it holds, if only there.
    fn reaches(&self, places: &[Place], looks: bool) -> Result<Vec<Place>, Reason> {
        let all = [Place::Org];
        let reach = self.reach.unwrap_or(&all);
        let places = if places.is_empty() { &all[..] } else { places };
        match self.at {
            Where::At(at) if cover(places, self.org, at) && cover(reach, self.org, at) => Ok(Vec::new()),
            Where::At(_) | Where::Nowhere => Err(Reason::OutOfScope),
            Where::Unsaid if places.contains(&Place::Org) && reach.contains(&Place::Org) => Ok(Vec::new()),
            Where::Unsaid if looks && places.iter().any(|place| reach.iter().any(|bound| place.may_meet(self.org, bound))) => {
                Ok(meeting(self.org, places, reach))
            }
            Where::Unsaid => Err(Reason::OutOfScope),
        }
    }

    /// One scope: held, at the place, and of an own scope the instance too (AC-15 to AC-18, AC-22).
    fn scope(&self, scope: &ScopeId, doing: Doing) -> Tally {
        let mut tally = Tally::default();
        let is_own = scopes::find(&self.state.platform, self.org, scope).is_some_and(|info| info.own);
        let wider = scopes::wider(&self.state.platform, self.org, scope);
        // Global ones first: they win over own ones (AC-17).
        let wide = self.held.iter().filter(|held| wider.contains(&held.scope)).map(|held| (held, false));
        for (held, own) in wide.chain(self.held.iter().filter(|held| held.scope == *scope).map(|held| (held, is_own))) {
            let way = |reason| Way::new(format!("scope:{}", held.scope), through(held), reason).at(&held.places);
            match self.reaches(&held.places, doing.looks) {
                Err(reason) => tally.add(way(reason)),
                Ok(places) => {
                    let limited = if self.is_limited(&held.places) { Obligations::PLACES } else { Obligations::empty() };
                    match if own { self.owns(doing) } else { Ok((Reason::PermitScope, Obligations::empty())) } {
                        Ok((reason, obligations)) => {
                            tally.add(way(reason).obliging(obligations | limited).within(places));
                        }
                        Err(reason) => tally.add(way(reason)),
                    }
                }
            }
        }
        if tally.ways.is_empty() {
            tally.add(Way::new(format!("scope:{scope}"), Vec::new(), Reason::ScopeMissing));
        }
        tally
    }

    fn is_limited(&self, places: &[Place]) -> bool {
        let bounded = self.reach.is_some_and(|reach| !reach.contains(&Place::Org)) || !(places.is_empty() || places.contains(&Place::Org));
        *self.at == Where::Unsaid && bounded
    }

    fn owns(&self, doing: Doing) -> Result<(Reason, Obligations), Reason> {
        if doing.creates {
            return Ok((Reason::PermitOwn, Obligations::empty()));
        }
        if !doing.instance {
            return Ok((Reason::PermitOwn, Obligations::OWN_ONLY));
        }
        let named = [self.context.created_by, self.context.assigned_to];
        if named.into_iter().flatten().any(|name| self.me.is(name)) { Ok((Reason::PermitOwn, Obligations::empty())) } else { Err(Reason::NotOwner) }
    }

    /// Any of several scopes. A global one gives the reason before one's own does (AC-17).
    fn any_scope<'s>(&self, wanted: impl Iterator<Item = &'s ScopeId>, doing: Doing, tally: &mut Tally) {
        let mut all: Vec<Tally> = wanted.map(|scope| self.scope(scope, doing)).collect();
        all.sort_by_key(|one| one.permit().map(|(reason, _)| reason));
        all.into_iter().for_each(|one| tally.take(one));
    }

    /// What is done by a call that asks for scopes.
    fn doing(called: &Called<'_>) -> Option<Doing> {
        let Called::Own(endpoint) = called else { return None };
        let routes = called.routes()?;
        Some(Doing {
            looks: endpoint.level == crate::access::Level::Read,
            // A POST that only searches makes nothing: it lists (AC-18).
            creates: &*endpoint.method == "POST" && !routes.instance && endpoint.level == crate::access::Level::Write,
            instance: routes.instance,
        })
    }

    /// Each scope that an endpoint asks for, by itself.
    fn each_scope(&self, called: &Called<'_>) -> Vec<Tally> {
        let Some((routes, doing)) = called.routes().zip(Self::doing(called)) else { return Vec::new() };
        routes.scopes.iter().map(|scope| self.scope(scope, doing)).collect()
    }

    /// The scopes that an endpoint asks for.
    fn scopes_of_call(&self, called: &Called<'_>, tally: &mut Tally) {
        let Some(routes) = called.routes().filter(|routes| !routes.scopes.is_empty()) else { return };
        let Some(doing) = Self::doing(called) else { return };
        if !routes.all_scopes {
            self.any_scope(routes.scopes.iter(), doing, tally);
            return;
        }
        // All of them: as good as the worst.
        let each = self.each_scope(called);
        let closed = each.iter().filter(|one| one.permit().is_none()).filter_map(Tally::deny).min_by_key(|reason| nearness(*reason));
        let names: Vec<&str> = routes.scopes.iter().map(ScopeId::as_str).collect();
        let what = format!("scope:{}", names.join("+"));
        match closed {
            Some(reason) => tally.add(Way::new(what, Vec::new(), reason)),
            None => {
                let permits = || each.iter().filter_map(Tally::permit);
                let reason = permits().map(|(reason, _)| reason).max().unwrap_or(Reason::PermitScope);
                let obligations = permits().fold(Obligations::empty(), |all, (_, one)| all | one);
                let places = each.iter().map(Tally::limits).filter(|limits| !limits.is_empty());
                let places = places.reduce(|a, b| meeting(self.org, &a, &b)).unwrap_or_default();
                let through = each.iter().flat_map(|one| one.ways.iter()).flat_map(|way| way.through.iter().cloned()).collect();
                tally.add(Way::new(what, through, reason).obliging(obligations).within(places));
            }
        }
    }

    /// A scope or an entity asked for by itself.
    fn scopes_of_ask(&self, ask: Ask<'_>, audience: Audience, tally: &mut Tally) {
        let instance = self.context.instance;
        match ask {
            Ask::Scope { scope } => {
                let Some(id) = scope.parse::<ScopeId>().ok().map(|id| scopes::canonical(self.org, &id)) else { return };
                let level = scopes::find(&self.state.platform, self.org, &id).and_then(|info| info.level);
                let looks = matches!(level, Some(ScopeLevel::Read | ScopeLevel::ReadOwn));
                self.any_scope(std::iter::once(&id), Doing { looks, creates: false, instance }, tally);
            }
            Ask::Entity { entity, action: EntityAction::View } => self.node(entity, audience, tally),
            Ask::Entity { entity, action } => {
                let looks = action == EntityAction::Read;
                let levels = if looks { [ScopeLevel::Read, ScopeLevel::ReadOwn] } else { [ScopeLevel::Manage, ScopeLevel::ManageOwn] };
                let wanted = scopes_of_entity(self.state, self.org, entity, &levels);
                let doing = Doing { looks, creates: action == EntityAction::Create, instance: instance && action != EntityAction::Create };
                self.any_scope(wanted.iter(), doing, tally);
            }
            Ask::Endpoint { .. } | Ask::Module { .. } => {}
        }
    }

    /// A node of the navigation tree (AC-14): visible with any scope of its domain; a custom entity's to every employee
    /// with a control, and empty without a scope of it.
    fn node(&self, node: &str, audience: Audience, tally: &mut Tally) {
        let custom = self.org.entities.contains_key(node);
        if !custom && !self.state.platform.domains.iter().any(|domain| domain.id.as_str() == node) {
            return;
        }
        let of_node = |way: &&HeldScope| scopes::find(&self.state.platform, self.org, &way.scope).is_some_and(|info| info.domain == node);
        let mut look = |held: &HeldScope, obligations: Obligations| {
            let way = |reason| Way::new(format!("scope:{}", held.scope), through(held), reason).at(&held.places);
            match self.reaches(&held.places, true) {
                Ok(places) => {
                    let limited = if self.is_limited(&held.places) { Obligations::PLACES } else { Obligations::empty() };
                    tally.add(way(Reason::PermitScope).obliging(obligations | limited).within(places));
                }
                Err(reason) => tally.add(way(reason)),
            }
        };
        self.held.iter().filter(of_node).for_each(|way| look(way, Obligations::empty()));
        if custom && audience == Audience::Employee {
            self.held.iter().filter(|way| way.control.is_some() && !of_node(way)).for_each(|way| look(way, Obligations::EMPTY));
        }
    }
}

/// The scopes of an entity at some levels, custom or the platform's.
pub fn scopes_of_entity(state: &State, org: &OrgState, entity: &str, levels: &[ScopeLevel]) -> Vec<ScopeId> {
    if let Some((entity, _)) = org.entities.get_key_value(entity) {
        return levels.iter().filter_map(|level| scopes::generated(entity, *level)).collect();
    }
    let of_entity = state.platform.scopes.iter().filter(|scope| scope.entity.as_str() == entity && levels.contains(&scope.level));
    of_entity.map(|scope| scope.id.clone()).collect()
}

/// Whether a set grants a permission: the org's own as far as the catalogue offers it, else a standard one.
pub fn set_grants(state: &State, org: &OrgState, grant: &SetGrant, permission: &Permission) -> bool {
    let Some(module) = state.platform.module(permission.module.as_str()) else { return false };
    let has = |grants: &[crate::permission::ModuleGrant]| {
        grants.iter().any(|granted| granted.module == permission.module && granted.actions.has(permission.action))
    };
    match org.sets.get(&grant.set) {
        Some(set) => module.offered.has(permission.action) && has(&set.grants),
        None => state.platform.set(grant.set.as_str()).is_some_and(|set| has(&set.grants)),
    }
}

/// The permission sets of a user, at their places (UM-8, UM-9).
fn set_route(who: &Asker<'_>, user: &User, permission: &Permission) -> Tally {
    let mut tally = Tally::default();
    let what: Arc<str> = format!("permission:{permission}").into();
    let looks = permission.action == Action::View;
    let in_force = user.more().sets.iter().filter(|grant| grant.bounds.hold(who.state.clock));
    for grant in in_force.filter(|grant| set_grants(who.state, who.org, grant, permission)) {
        let way = |reason| Way::new(what.clone(), vec![format!("permission-set:{}", grant.set).into()], reason).at(&grant.places);
        match who.reaches(&grant.places, looks) {
            Ok(places) => {
                let limited = if who.is_limited(&grant.places) { Obligations::PLACES } else { Obligations::empty() };
                tally.add(way(Reason::PermitSet).obliging(limited).within(places));
            }
            Err(reason) => tally.add(way(reason)),
        }
    }
    if tally.ways.is_empty() {
        tally.add(Way::new(what, Vec::new(), Reason::PermissionMissing));
    }
    if permission.module.as_str() == CUSTOMER_PROFILE && matches!(permission.action, Action::View | Action::Edit) {
        mask(who, user, &mut tally);
    }
    tally
}

/// A customer's profile is masked for whoever doesn't see personal data at the same place (UM-21).
fn mask(who: &Asker<'_>, user: &User, tally: &mut Tally) {
    let Ok(module) = CUSTOMER_PII.parse() else { return };
    let unmasked = set_route(who, user, &Permission { module, action: Action::View });
    if unmasked.permit().is_some_and(|(_, obligations)| !obligations.contains(Obligations::PLACES)) {
        return;
    }
    for way in tally.ways.iter_mut().filter(|way| way.reason == Reason::PermitSet) {
        way.obligations |= Obligations::MASK;
    }
}

/// The places that lie in both of two lists, the largest ones. Where a zone crosses a concept, the stores in both.
pub fn meeting(org: &OrgState, left: &[Place], right: &[Place]) -> Vec<Place> {
    let mut all = BTreeSet::new();
    for (a, b) in left.iter().flat_map(|a| right.iter().map(move |b| (a, b))) {
        if a.covers(org, b) {
            all.insert(b.clone());
        } else if b.covers(org, a) {
            all.insert(a.clone());
        } else if a.may_meet(org, b) {
            let in_both = org.stores.keys().map(|code| Place::Store(code.clone())).filter(|store| a.covers(org, store) && b.covers(org, store));
            all.extend(in_both);
        }
    }
    let inside = |place: &Place| all.iter().any(|other| other != place && other.covers(org, place));
    all.iter().filter(|place| !inside(place)).cloned().collect()
}

/// Where a permit holds whose obligation is `places` (AC-22): the union over all ways that permit.
pub fn places(state: &State, request: &Request<'_>) -> Vec<Place> {
    let find = || -> Result<Vec<Place>, Reason> {
        let org = state.orgs.get(request.org).ok_or(Reason::OrgUnknown)?;
        let called = match request.ask {
            Ask::Endpoint { method, path } => Some(Called::find(&state.platform, org, method, path)?),
            Ask::Module { .. } | Ask::Scope { .. } | Ask::Entity { .. } => None,
        };
        match holder(state, org, request.subject)? {
            Holder::User(user) => {
                let (tally, _) = ways_of_user(state, org, user, request, called.as_ref(), &gate(org, request)?);
                Ok(meeting(org, &tally.limits(), &[Place::Org]))
            }
            Holder::Place | Holder::Application(_) => Ok(Vec::new()),
        }
    };
    find().unwrap_or_default()
}
