//! Decisions about users and applications, and about anything but calls: steps 3 to 8 of the rules, as
//! `reference::people` takes them, over numbers. Allocates nothing.

use super::leaf::{Entry, Key};
use super::matcher::{Match, Target};
use super::names::{NOBODY, controlled_key, domain_key, is_controlled_key, scope_key};
use super::org::OrgRecord;
use super::person::{Person, Spot, Spots};
use super::routes::Route;
use super::subjects::{Subjects, TillState};
use super::trees::{Chain, NO_CHAIN};
use super::{Index, split_till};
use crate::access::Levels;
use crate::decision::{Ask, Context, Decision, EntityAction, Obligations, Reason, Request, Subject};
use crate::path::{RequestPath, canonical_segments, query_once};
use crate::people::ApplicationType;
use crate::permission::Action;
use crate::reference::people::{ADMINISTRATION, nearness};

/// What the ways that were tried came to: permits unite, and of denies the nearest is told.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    permit: Option<(Reason, Obligations)>,
    deny: Option<Reason>,
}

impl Tally {
    fn closed(reason: Reason) -> Self {
        Self { permit: None, deny: Some(reason) }
    }

    fn permit(&mut self, reason: Reason, obligations: Obligations) {
        self.permit = match self.permit {
            None => Some((reason, obligations)),
            Some((first, before)) => Some((first, before.either(obligations))),
        };
    }

    fn deny(&mut self, reason: Reason) {
        if self.deny.is_none_or(|other| nearness(reason) > nearness(other)) {
            self.deny = Some(reason);
        }
    }

    fn take(&mut self, other: Self) {
        if let Some((reason, obligations)) = other.permit {
            self.permit(reason, obligations);
        }
        if let Some(reason) = other.deny {
            self.deny(reason);
        }
    }

    fn decision(self, always: Obligations, otherwise: Reason) -> Decision {
        match self.permit {
            Some((reason, obligations)) => Decision { reason, would_deny: None, obligations: obligations | always },
            None => self.deny.unwrap_or(otherwise).into(),
        }
    }
}

/// Where a request is about.
#[derive(Clone, Copy, Debug)]
enum At<'a> {
    /// It doesn't say.
    Unsaid,
    /// Nowhere that the org knows.
    Nowhere,
    /// At a place: the zones and the concepts that it lies in, and the number of the store, if assignments name it.
    Here { zones: &'a Chain, concepts: &'a Chain, store: Option<u32> },
}

/// What is done, as far as own scopes and places care.
#[derive(Clone, Copy, Debug)]
struct Doing {
    looks: bool,
    creates: bool,
    instance: bool,
}

/// Who asks.
struct Asker<'a> {
    org: &'a OrgRecord,
    number: u32,
    subjects: &'a Subjects,
    person: &'a Person,
    me: Subject<'a>,
    at: At<'a>,
    /// Whether the person may act there at all.
    within: bool,
    context: Context<'a>,
}

impl Index {
    /// Answers a request that isn't a store's or a till's call of an endpoint.
    #[inline(never)]
    pub(crate) fn judge(&self, request: &Request<'_>) -> Decision {
        self.judged(request).unwrap_or_else(Decision::from)
    }

    fn judged(&self, request: &Request<'_>) -> Result<Decision, Reason> {
        let slot = self.orgs.get(request.org).ok_or(Reason::OrgUnknown)?;
        let (org, number) = (&*slot.record, slot.number);
        if !org.active {
            return Err(Reason::OrgSuspended);
        }
        let person = match request.subject {
            Subject::User(id) => org.people.user(id).ok_or(Reason::SubjectUnknown)?,
            Subject::Application(id) => org.people.application(id).ok_or(Reason::SubjectUnknown)?,
            // A call never comes here; nothing else is a store's or a till's.
            Subject::Store(id) => return self.place(number, id.as_bytes(), None).and_then(|_open| Err(nothing_held(request.ask))),
            Subject::Till(id) => {
                let (store, till) = split_till(id.as_bytes()).ok_or(Reason::TillUnknown)?;
                return self.place(number, store, Some(till)).and_then(|_open| Err(nothing_held(request.ask)));
            }
        };
        if !person.active {
            return Err(Reason::SubjectInactive);
        }
        if person.key_expired {
            return Err(Reason::KeyExpired);
        }
        let applies = matches!(request.subject, Subject::Application(_));
        let called = match request.ask {
            Ask::Endpoint { method, path } => {
                let (target, route) = find(org, method, path)?;
                if applies && route.by_type.is_some() && is_forbidden(org, route, path, request.context.body_type) {
                    return Err(Reason::ForbiddenToApplications);
                }
                Some((target, route))
            }
            Ask::Module { .. } | Ask::Scope { .. } | Ask::Entity { .. } => None,
        };
        let at = self.gate(org, number, request)?;
        let within = is_covered(&person.reach, at);
        let me = request.subject;
        let who = Asker { org, number, subjects: &self.subjects, person, me, at, within, context: request.context };
        Ok(if applies { who.application(request.ask, called) } else { who.user(request.ask, called) })
    }

    /// Step 6 for what is a place itself.
    fn place(&self, org: u32, store: &[u8], till: Option<&[u8]>) -> Result<Entry<'_>, Reason> {
        let key = Key { org, store };
        let entry = self.subjects.probe(key).find(key).filter(|entry| entry.is_known()).ok_or(Reason::StoreUnknown)?;
        if !entry.is_active() {
            return Err(Reason::StoreInactive);
        }
        match till.map(|till| self.subjects.till(entry.tills(), till)) {
            None | Some(TillState::Active) => Ok(entry),
            Some(TillState::Unknown) => Err(Reason::TillUnknown),
            Some(TillState::Suspended) => Err(Reason::TillSuspended),
        }
    }

    /// Step 6 for people: a store or a till that is named must be known and active, but for administration.
    fn gate<'a>(&'a self, org: &'a OrgRecord, number: u32, request: &Request<'_>) -> Result<At<'a>, Reason> {
        let Some(text) = request.context.place else { return Ok(At::Unsaid) };
        let text = text.trim();
        let Some((level, code)) = text.split_once(':') else {
            let whole = text.eq_ignore_ascii_case("org");
            return Ok(if whole { At::Here { zones: &NO_CHAIN, concepts: &NO_CHAIN, store: None } } else { At::Nowhere });
        };
        let level = level.trim();
        let is = |name: &str| level.eq_ignore_ascii_case(name);
        if is("zone") {
            return Ok(org.zones.known(code).map_or(At::Nowhere, |zones| At::Here { zones, concepts: &NO_CHAIN, store: None }));
        }
        if is("concept") {
            return Ok(org.concepts.known(code).map_or(At::Nowhere, |concepts| At::Here { zones: &NO_CHAIN, concepts, store: None }));
        }
        let (store, till) = if is("store") {
            (code, None)
        } else if is("till") {
            let Some((store, till)) = code.rsplit_once('/') else {
                return if administers(request.ask) { Ok(At::Nowhere) } else { Err(Reason::TillUnknown) };
            };
            (store, Some(till.as_bytes()))
        } else {
            return Ok(At::Nowhere);
        };
        let entry = match self.place(number, store.as_bytes(), till) {
            Ok(entry) => entry,
            Err(_closed) if administers(request.ask) => {
                let key = Key { org: number, store: store.as_bytes() };
                match self.subjects.probe(key).find(key).filter(|entry| entry.is_known()) {
                    Some(entry) => entry,
                    None => return Ok(At::Nowhere),
                }
            }
            Err(reason) => return Err(reason),
        };
        let site = entry.site();
        let zones = site.zone.map_or(&NO_CHAIN, |zone| org.zones.chain(zone));
        let concepts = site.concept.map_or(&NO_CHAIN, |concept| org.concepts.chain(concept));
        Ok(At::Here { zones, concepts, store: org.people.stores.number(store) })
    }
}

fn administers(ask: Ask<'_>) -> bool {
    matches!(ask, Ask::Module { module, .. } if module.starts_with(ADMINISTRATION))
}

/// What places are told that ask for anything but a call.
fn nothing_held(ask: Ask<'_>) -> Reason {
    match ask {
        Ask::Module { .. } => Reason::PermissionMissing,
        Ask::Scope { .. } | Ask::Entity { .. } | Ask::Endpoint { .. } => Reason::ScopeMissing,
    }
}

/// Step 4.
fn find<'a>(org: &'a OrgRecord, method: &str, path: &str) -> Result<(Target, &'a Route), Reason> {
    let target = match org.matcher.find(method, path) {
        Match::Malformed => return Err(Reason::PathMalformed),
        Match::Unknown => return Err(Reason::EndpointUnknown),
        Match::Endpoint(target) => target,
    };
    let route = org.route(target.route).ok_or(Reason::EndpointUnmapped)?;
    if route.open {
        return Err(Reason::PermitOpen);
    }
    if target.cell.is_none() && route.closed {
        return Err(Reason::EndpointUnmapped);
    }
    Ok((target, route))
}

/// Step 5: an endpoint about registrations is for extensions only (APP-3, APP-4).
#[inline(never)]
fn is_forbidden(org: &OrgRecord, route: &Route, path: &str, body_type: Option<&str>) -> bool {
    let Some(id) = &route.by_type else { return false };
    let stored = || {
        let (_method, template) = id.as_str().split_once(' ')?;
        let given = RequestPath::parse(path)?;
        let (_, named) = canonical_segments(template).zip(given.segments()).filter(|(wanted, _)| wanted.is_none()).last()?;
        org.people.application(&named.decoded())
    };
    let extension = match (stored(), body_type) {
        (Some(application), _) => application.extension,
        (None, Some(given)) => given.parse() == Ok(ApplicationType::Extension),
        (None, None) => query_once(path, "type").is_some_and(|given| given.parse() == Ok(ApplicationType::Extension)),
    };
    !extension
}

/// Whether any of several places covers where a request is about.
fn is_covered(spots: &Spots, at: At<'_>) -> bool {
    let At::Here { zones, concepts, store } = at else { return false };
    spots.whole
        || spots.all.iter().any(|spot| match spot {
            Spot::Org => true,
            Spot::Zone(zone) => zones.contains(zone),
            Spot::Concept(concept) => concepts.contains(concept),
            Spot::Store(named) => store == Some(*named),
        })
}

impl Asker<'_> {
    fn user(&self, ask: Ask<'_>, called: Option<(Target, &Route)>) -> Decision {
        if self.person.owner {
            return self.unheard_of(ask).unwrap_or(Reason::PermitOwner).into();
        }
        let mut tally = Tally::default();
        let otherwise = match (called, ask) {
            (Some((_, route)), _) => {
                self.scopes_of_call(route, &mut tally);
                for permission in &route.permissions {
                    tally.take(self.permission(permission.key, permission.looks));
                }
                if route.endpoint_privilege.is_some() || !route.privileges.is_empty() {
                    let mut wanted = route.privileges.iter().copied().chain(route.endpoint_privilege);
                    if wanted.any(|privilege| self.person.has_privilege(privilege)) {
                        tally.permit(Reason::PermitPrivilege, Obligations::empty());
                    } else {
                        tally.deny(Reason::PrivilegeMissing);
                    }
                }
                Reason::PermissionMissing
            }
            (None, Ask::Module { module, action }) => {
                tally.take(self.permission(self.org.names.permission(module, action), action == Action::View));
                Reason::PermissionMissing
            }
            (None, Ask::Scope { .. } | Ask::Entity { .. } | Ask::Endpoint { .. }) => {
                self.scopes_of_ask(ask, &mut tally);
                Reason::ScopeMissing
            }
        };
        tally.decision(Obligations::empty(), otherwise)
    }

    /// An owner holds all there is, and nothing that isn't.
    fn unheard_of(&self, ask: Ask<'_>) -> Option<Reason> {
        let names = &self.org.names;
        let (known, otherwise) = match ask {
            Ask::Endpoint { .. } => (true, Reason::PermissionMissing),
            Ask::Module { module, .. } => (names.has_module(module), Reason::PermissionMissing),
            Ask::Scope { scope } => (names.asked_scope(scope).is_some(), Reason::ScopeMissing),
            Ask::Entity { entity, action } => {
                let known = |facts: &super::names::EntityFacts| facts.custom || if action == EntityAction::View { facts.node } else { facts.scoped };
                (names.entity(entity).is_some_and(known), Reason::ScopeMissing)
            }
        };
        (!known).then_some(otherwise)
    }

    fn application(&self, ask: Ask<'_>, called: Option<(Target, &Route)>) -> Decision {
        let mut tally = Tally::default();
        let Some((target, route)) = called else {
            return match ask {
                Ask::Module { .. } => Reason::PermissionMissing.into(),
                Ask::Scope { .. } | Ask::Entity { .. } | Ask::Endpoint { .. } => {
                    self.scopes_of_ask(ask, &mut tally);
                    tally.decision(Obligations::empty(), Reason::ScopeMissing)
                }
            };
        };
        match route.endpoint_privilege {
            Some(privilege) if self.person.has_privilege(privilege) => tally.permit(Reason::PermitEndpointPrivilege, Obligations::empty()),
            Some(_) => tally.deny(Reason::PrivilegeMissing),
            None => {}
        }
        if !route.privileges.is_empty() {
            if route.privileges.iter().any(|privilege| self.person.has_privilege(*privilege)) {
                tally.permit(Reason::PermitPrivilege, Obligations::empty());
            } else {
                tally.deny(Reason::PrivilegeMissing);
            }
        }
        self.scopes_of_call(route, &mut tally);
        match self.own_group(target) {
            Some(Reason::PermitGroup) => tally.permit(Reason::PermitGroup, Obligations::empty()),
            Some(deny) => tally.deny(deny),
            None => {}
        }
        let always = if route.endpoint_privilege.is_some() { Obligations::OMIT_PCI } else { Obligations::empty() };
        tally.decision(always, Reason::PermissionMissing)
    }

    /// What an application's access group says; none of an endpoint without a resource.
    fn own_group(&self, target: Target) -> Option<Reason> {
        let cell = target.cell?;
        let Some(slot) = self.person.group.checked_sub(1) else { return Some(Reason::NoAccessGroup) };
        let Some(held) = self.org.levels(slot, cell) else { return Some(Reason::NoAccessGroup) };
        if held.intersects(target.needed) {
            return Some(Reason::PermitGroup);
        }
        Some(match self.org.left_out(slot, cell) {
            Some(left_out) if left_out.intersects(target.needed) => Reason::EndpointExcluded,
            None if held.is_empty() => Reason::ResourceNone,
            Some(_) | None if target.needed == Levels::R => Reason::NeedsRead,
            Some(_) | None => Reason::NeedsWrite,
        })
    }

    /// Whether something that is held at places reaches, and whether only at places.
    fn reaches(&self, places: &Spots, looks: bool) -> Result<Obligations, Reason> {
        match self.at {
            At::Here { .. } if self.within && is_covered(places, self.at) => Ok(Obligations::empty()),
            At::Here { .. } | At::Nowhere => Err(Reason::OutOfScope),
            At::Unsaid if places.whole && self.person.reach.whole => Ok(Obligations::empty()),
            At::Unsaid if looks && self.meet(places, &self.person.reach) => Ok(Obligations::PLACES),
            At::Unsaid => Err(Reason::OutOfScope),
        }
    }

    /// Whether two lists of places may have a store in common.
    fn meet(&self, left: &Spots, right: &Spots) -> bool {
        (left.whole && !right.all.is_empty())
            || (right.whole && !left.all.is_empty())
            || left.all.iter().any(|left| right.all.iter().any(|right| self.may_meet(*left, *right)))
    }

    fn may_meet(&self, left: Spot, right: Spot) -> bool {
        match (left, right) {
            (Spot::Org, _) | (_, Spot::Org) | (Spot::Zone(_), Spot::Concept(_)) | (Spot::Concept(_), Spot::Zone(_)) => true,
            (Spot::Zone(a), Spot::Zone(b)) => self.org.zones.chain(a).contains(&b) || self.org.zones.chain(b).contains(&a),
            (Spot::Concept(a), Spot::Concept(b)) => self.org.concepts.chain(a).contains(&b) || self.org.concepts.chain(b).contains(&a),
            (Spot::Store(a), Spot::Store(b)) => a == b,
            (Spot::Store(store), Spot::Zone(zone)) | (Spot::Zone(zone), Spot::Store(store)) => {
                self.site(store).and_then(|site| site.zone).is_some_and(|inner| self.org.zones.chain(inner).contains(&zone))
            }
            (Spot::Store(store), Spot::Concept(concept)) | (Spot::Concept(concept), Spot::Store(store)) => {
                self.site(store).and_then(|site| site.concept).is_some_and(|inner| self.org.concepts.chain(inner).contains(&concept))
            }
        }
    }

    fn site(&self, store: u32) -> Option<super::leaf::Site> {
        let code = self.org.people.stores.code(store)?;
        let key = Key { org: self.number, store: code.as_str().as_bytes() };
        Some(self.subjects.probe(key).find(key).filter(|entry| entry.is_known())?.site())
    }

    /// The permission sets, at their places, and what unmasks (UM-8, UM-21).
    fn permission(&self, key: u32, looks: bool) -> Tally {
        let mut tally = self.set(key, looks);
        if let Some(unmasked) = self.org.names.unmasked_by(key)
            && let Some((_, obligations)) = &mut tally.permit
        {
            let everywhere = self.set(unmasked, true).permit.is_some_and(|(_, obligations)| !obligations.contains(Obligations::PLACES));
            *obligations |= if everywhere { Obligations::empty() } else { Obligations::MASK };
        }
        tally
    }

    fn set(&self, key: u32, looks: bool) -> Tally {
        let mut tally = Tally::closed(Reason::PermissionMissing);
        for places in self.person.held(key) {
            match self.reaches(places, looks) {
                Ok(obligations) => tally.permit(Reason::PermitSet, obligations),
                Err(reason) => tally.deny(reason),
            }
        }
        tally
    }

    fn owns(&self, doing: Doing) -> Result<Obligations, Reason> {
        if doing.creates {
            return Ok(Obligations::empty());
        }
        if !doing.instance {
            return Ok(Obligations::OWN_ONLY);
        }
        let is_me = |named: &str| match self.me {
            Subject::User(id) => named.strip_prefix("user:").unwrap_or(named) == id,
            Subject::Application(id) => named.strip_prefix("application:") == Some(id),
            Subject::Store(_) | Subject::Till(_) => false,
        };
        let named = [self.context.created_by, self.context.assigned_to];
        if named.into_iter().flatten().any(is_me) { Ok(Obligations::empty()) } else { Err(Reason::NotOwner) }
    }

    /// One scope: held, at the place, and of an own scope the instance too.
    fn scope(&self, scope: u32, doing: Doing) -> Tally {
        let facts = self.org.names.scope(scope);
        let own = facts.is_some_and(|facts| facts.own);
        let mut tally = Tally::closed(Reason::ScopeMissing);
        for wide in facts.map_or(&[][..], |facts| &facts.wider) {
            for places in self.person.held(scope_key(*wide)) {
                match self.reaches(places, doing.looks) {
                    Err(reason) => tally.deny(reason),
                    Ok(limited) => tally.permit(Reason::PermitScope, limited),
                }
            }
        }
        for places in self.person.held(scope_key(scope)) {
            match self.reaches(places, doing.looks) {
                Err(reason) => tally.deny(reason),
                Ok(limited) if own => match self.owns(doing) {
                    Ok(obligations) => tally.permit(Reason::PermitOwn, obligations | limited),
                    Err(reason) => tally.deny(reason),
                },
                Ok(limited) => tally.permit(Reason::PermitScope, limited),
            }
        }
        tally
    }

    /// Any of several scopes. A global one gives the reason before one's own does (AC-17).
    fn any_scope(&self, wanted: &[u32], doing: Doing, tally: &mut Tally) {
        let mut any = Tally::default();
        for scope in wanted {
            let one = self.scope(*scope, doing);
            any.take(one);
            if let (Some((first, _)), Some((reason, _))) = (&mut any.permit, one.permit) {
                *first = reason.min(*first);
            }
        }
        tally.take(any);
    }

    fn scopes_of_call(&self, route: &Route, tally: &mut Tally) {
        let doing = Doing { looks: route.looks, creates: route.creates, instance: route.instance };
        if !route.all_scopes {
            self.any_scope(&route.scopes, doing, tally);
            return;
        }
        // All of them: as good as the worst.
        let (mut closed, mut open): (Option<Reason>, Option<(Reason, Obligations)>) = (None, None);
        for scope in &route.scopes {
            let one = self.scope(*scope, doing);
            match (one.permit, one.deny) {
                (Some((reason, obligations)), _) => {
                    open = Some(open.map_or((reason, obligations), |(worst, all)| (worst.max(reason), all | obligations)));
                }
                (None, Some(deny)) if closed.is_none_or(|other| nearness(deny) < nearness(other)) => closed = Some(deny),
                (None, _) => {}
            }
        }
        match (closed, open) {
            (Some(deny), _) => tally.deny(deny),
            (None, Some((reason, obligations))) => tally.permit(reason, obligations),
            (None, None) => {}
        }
    }

    /// A scope or an entity asked for by itself.
    fn scopes_of_ask(&self, ask: Ask<'_>, tally: &mut Tally) {
        let (names, instance) = (&self.org.names, self.context.instance);
        match ask {
            Ask::Scope { scope } => {
                let number = names.asked_scope(scope).unwrap_or(NOBODY);
                let looks = names.scope(number).is_some_and(|facts| facts.looks);
                self.any_scope(&[number], Doing { looks, creates: false, instance }, tally);
            }
            Ask::Entity { entity, action: EntityAction::View } => self.node(entity, tally),
            Ask::Entity { entity, action } => {
                let Some(facts) = names.entity(entity) else { return };
                let (looks, creates) = (action == EntityAction::Read, action == EntityAction::Create);
                let wanted = if looks { &facts.read } else { &facts.manage };
                self.any_scope(wanted, Doing { looks, creates, instance: instance && !creates }, tally);
            }
            Ask::Endpoint { .. } | Ask::Module { .. } => {}
        }
    }

    /// A node of the navigation tree (AC-14).
    fn node(&self, node: &str, tally: &mut Tally) {
        let Some(facts) = self.org.names.entity(node).filter(|facts| facts.node) else { return };
        let mut look = |places: &Spots, obligations: Obligations| match self.reaches(places, true) {
            Ok(limited) => tally.permit(Reason::PermitScope, obligations | limited),
            Err(reason) => tally.deny(reason),
        };
        let domain = self.org.names.domain(node);
        if let Some(domain) = domain {
            self.person.held(domain_key(domain)).for_each(|places| look(places, Obligations::empty()));
        }
        if facts.custom && self.person.employee {
            let own = domain.map(controlled_key);
            let others = self.person.keys().filter(|key| is_controlled_key(*key) && Some(*key) != own);
            others.for_each(|key| self.person.held(key).for_each(|places| look(places, Obligations::EMPTY)));
        }
    }
}
