//! The index that checks read: a projection of the state, advanced by the same changes, rebuilt at start.
//!
//! A check touches few cache lines, allocates nothing and writes nothing: the org's record, one row of pointers, one
//! leaf that holds the store, its group and its tills, a few steps of the matcher, one word of the group. Whatever
//! order or seed is in here never shows in an answer, which `reference` would give as well.

use std::hint::select_unpredictable;
use std::sync::Arc;

use crate::access::Levels;
use crate::decision::{Ask, Decision, Reason, Request, Subject};
use crate::ids::{GroupId, ObjectId, OrgCode, StoreCode, Tick};
use crate::object::{Object, Org, Store};
use crate::outcome::Change;
use crate::state::{OrgState, State};

mod blocks;
mod judge;
mod leaf;
mod matcher;
mod names;
mod org;
mod orgs;
mod people;
mod person;
mod prefetch;
mod routes;
mod subjects;
mod trace;
mod trees;

use leaf::{Key, Record, Site};
use matcher::Match;
use org::OrgRecord;
use names::Names;
use orgs::Orgs;
use people::Touched;
use subjects::{Builder, Probe, Subjects, TillState};

pub use crate::decide::{decide, decide_batch};
pub use trace::Trace;

/// What decisions read of a state. Cheap to clone; a clone stays as it was while the other is advanced.
#[derive(Clone, Debug)]
pub struct Index {
    /// Orgs.
    orgs: Orgs,
    /// Stores and tills of all of them.
    subjects: Subjects,
    /// The number of the next org.
    next_org: u32,
    /// What the platform's catalogue calls things: the names of orgs without any of their own.
    names: Arc<Names>,
    /// The moment whose assignments are in force here.
    clock: Tick,
    /// Unknown to whoever chose the codes.
    seed: u64,
}

impl Index {
    /// The index of a state.
    pub fn build(state: &State) -> Self {
        // The seed need only be unknown to whoever chose the codes, and the same state may as well have the same one.
        let seed = state.history.first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight));
        let mut subjects = Builder::new(seed);
        let mut orgs = Vec::new();
        let mut next_org = 0;
        let names = Arc::new(Names::new(&state.platform, None));
        for (code, org) in &state.orgs {
            let mut record = OrgRecord::empty(names.clone(), seed);
            record.refresh_all(state, org, &names);
            put_org(&mut record, &org.org);
            add_places(&mut subjects, next_org, &mut record, org);
            orgs.push((code.clone(), next_org, Arc::new(record)));
            next_org += 1;
        }
        let orgs = Orgs::new(orgs.into_iter());
        Self { orgs, subjects: subjects.finish(), next_org, names, clock: state.clock, seed }
    }

    /// Advances the index by changes that led to `state_after`, in their order.
    pub fn apply(&mut self, state_after: &State, changes: &[Change]) {
        let mut stale: Vec<(OrgCode, Stale)> = Vec::new();
        if changes.iter().any(is_of_platform) {
            self.names = Arc::new(Names::new(&state_after.platform, None));
            stale.extend(state_after.orgs.keys().map(|org| (org.clone(), Stale::Whole)));
        }
        let clock = std::mem::replace(&mut self.clock, state_after.clock);
        if clock != state_after.clock {
            stale.extend(Touched::by_clock(state_after, clock, state_after.clock).into_iter().map(|(org, what)| (org, Stale::People(what))));
        }
        for change in changes {
            stale.extend(Touched::by(change).map(|(org, what)| (org, Stale::People(what))));
            match (&change.after, &change.before) {
                (Some(after), _) => self.put(after, &mut stale),
                (None, Some(before)) => self.remove(&before.id(), &mut stale),
                (None, None) => {}
            }
        }
        self.refresh(state_after, stale);
    }

    /// Stores that the index knows.
    pub fn stores(&self) -> usize {
        self.subjects.len()
    }

    /// Bytes that stores and tills take here, without what the allocator adds and tables of very many tills.
    pub fn subject_bytes(&self) -> usize {
        self.subjects.bytes()
    }

    /// The endpoints of an org, for whoever measures their part of a decision.
    pub fn endpoints_of(&self, org: &str) -> Option<Endpoints<'_>> {
        self.orgs.get(org).map(|org| Endpoints(&org.record))
    }

    fn put(&mut self, object: &Object, stale: &mut Vec<(OrgCode, Stale)>) {
        match object {
            Object::Org(org) => {
                if self.orgs.get(org.org.as_str()).is_none() {
                    self.orgs.add(&org.org, self.next_org, OrgRecord::empty(self.names.clone(), self.seed));
                    self.next_org += 1;
                    stale.push((org.org.clone(), Stale::Whole));
                }
                if let Some(record) = self.orgs.record_mut(&org.org) {
                    put_org(record, org);
                }
            }
            Object::Store(store) => {
                if let Some((number, record)) = self.store_record(store) {
                    self.subjects.put_record(key(number, &store.code), Some(record));
                }
            }
            Object::Till(till) => {
                if let Some(number) = self.number(&till.org) {
                    self.subjects.put_till(key(number, &till.store), &till.code, Some(till.active));
                }
            }
            Object::Resource(resource) => stale.push((resource.org.clone(), Stale::All)),
            Object::Endpoint(endpoint) => stale.push((endpoint.org.clone(), Stale::Endpoints)),
            Object::Group(group) => stale.push((group.org.clone(), Stale::Group(group.id.clone()))),
            // Decisions about stores and tills read none of these; `Touched` says what those about people do.
            Object::Cluster(_)
            | Object::Zone(_)
            | Object::Concept(_)
            | Object::User(_)
            | Object::Credential(_)
            | Object::Retired(_)
            | Object::Scope(_)
            | Object::Entity(_)
            | Object::Control(_)
            | Object::UserGroup(_)
            | Object::Set(_)
            | Object::Role(_)
            | Object::Application(_)
            | Object::Override(_)
            | Object::Settings(_)
            | Object::Platform(_)
            | Object::Clock(_)
            | Object::Proposal(_) => {}
        }
    }

    fn remove(&mut self, id: &ObjectId, stale: &mut Vec<(OrgCode, Stale)>) {
        match id {
            ObjectId::Org(org) => self.remove_org(org, stale),
            ObjectId::Store(org, store) => {
                if let Some(number) = self.number(org) {
                    self.subjects.put_record(key(number, store), None);
                }
            }
            ObjectId::Till(org, store, till) => {
                if let Some(number) = self.number(org) {
                    self.subjects.put_till(key(number, store), till, None);
                }
            }
            ObjectId::Resource(org, _) => stale.push((org.clone(), Stale::All)),
            ObjectId::Endpoint(org, _) => stale.push((org.clone(), Stale::Endpoints)),
            ObjectId::Group(org, group) => stale.push((org.clone(), Stale::Group(group.clone()))),
            ObjectId::Cluster
            | ObjectId::Zone(..)
            | ObjectId::Concept(..)
            | ObjectId::User(..)
            | ObjectId::Credential(_)
            | ObjectId::Retired(..)
            | ObjectId::Scope(..)
            | ObjectId::Entity(..)
            | ObjectId::Control(..)
            | ObjectId::UserGroup(..)
            | ObjectId::Set(..)
            | ObjectId::Role(..)
            | ObjectId::Application(..)
            | ObjectId::Override(..)
            | ObjectId::Settings(_)
            | ObjectId::Platform
            | ObjectId::Clock
            | ObjectId::Proposal(..) => {}
        }
    }

    /// Reads again what went stale, each thing once however many changes there were.
    fn refresh(&mut self, state: &State, mut stale: Vec<(OrgCode, Stale)>) {
        stale.sort_unstable();
        stale.dedup();
        for of_org in stale.chunk_by(|(left, _), (right, _)| left == right) {
            let Some((code, first)) = of_org.first() else { continue };
            let shared = &self.names;
            let Some((org, record)) = state.orgs.get(code).zip(self.orgs.record_mut(code)) else { continue };
            if *first == Stale::Whole {
                record.refresh_all(state, org, shared);
                continue;
            }
            let touched: Vec<Touched> = of_org.iter().filter_map(|(_, what)| what.people().cloned()).collect();
            let renamed = touched.contains(&Touched::Names);
            if touched.contains(&Touched::Trees) {
                record.refresh_trees(org);
            }
            if renamed {
                record.refresh_names(&state.platform, org, shared);
            }
            // Narrowed cells number their endpoints one by one: who changes either changes the numbers.
            let mut places = of_org.iter().filter(|(_, what)| what.people().is_none()).peekable();
            let narrowed = places.peek().is_some() && (record.is_narrowed() || of_org.iter().any(|(_, what)| what.names_narrowed(org)));
            if *first == Stale::All || narrowed {
                record.refresh(&state.platform, org);
            } else {
                if renamed || of_org.iter().any(|(_, what)| *what == Stale::Endpoints) {
                    record.refresh_endpoints(&state.platform, org);
                }
                for (_, what) in places {
                    if let Stale::Group(group) = what {
                        record.refresh_group(org, group);
                    }
                }
            }
            if touched.iter().any(|what| *what != Touched::Trees) {
                record.refresh_people(state, org, &touched);
            }
        }
    }

    fn number(&self, org: &OrgCode) -> Option<u32> {
        self.orgs.get(org.as_str()).map(|org| org.number)
    }

    fn remove_org(&mut self, code: &OrgCode, stale: &mut Vec<(OrgCode, Stale)>) {
        let Some(number) = self.number(code) else { return };
        self.orgs.remove(code);
        self.subjects.purge(number);
        stale.retain(|(of, _)| of != code);
    }

    /// The number of a store's org, and what is kept of the store.
    fn store_record(&mut self, store: &Store) -> Option<(u32, Record)> {
        if store.observe {
            self.orgs.record_mut(&store.org)?.note_observing();
        }
        let site = self.site(store)?;
        let org = self.orgs.get(store.org.as_str())?;
        let number = org.number;
        let group = match &store.group {
            None => None,
            Some(group) => match org.record.known_slot(group) {
                Some(slot) => Some(slot),
                None => Some(self.orgs.record_mut(&store.org)?.slot(group)),
            },
        };
        Some((number, Record { active: store.active, group, observes: store.observe, site }))
    }

    /// Where a store lies.
    fn site(&mut self, store: &Store) -> Option<Site> {
        let org = self.orgs.get(store.org.as_str())?;
        let zone = store.zone.as_ref().map(|code| org.record.zones.number(code.as_str()).ok_or(code));
        let concept = store.concept.as_ref().map(|code| org.record.concepts.number(code.as_str()).ok_or(code));
        if let (None | Some(Ok(_)), None | Some(Ok(_))) = (zone, concept) {
            return Some(Site { zone: zone.and_then(Result::ok), concept: concept.and_then(Result::ok) });
        }
        Some(put_site(self.orgs.record_mut(&store.org)?, store))
    }
}

fn is_of_platform(change: &Change) -> bool {
    let is = |side: &Option<Object>| matches!(side, Some(Object::Platform(_)));
    is(&change.before) || is(&change.after)
}

fn put_site(record: &mut OrgRecord, store: &Store) -> Site {
    let zone = store.zone.as_ref().map(|code| record.zones.intern(code));
    let concept = store.concept.as_ref().map(|code| record.concepts.intern(code));
    Site { zone, concept }
}

/// The endpoints of an org.
#[derive(Clone, Copy, Debug)]
pub struct Endpoints<'a>(&'a OrgRecord);

impl Endpoints<'_> {
    /// The number of the cell that a call is judged by, and the levels of which any would do; none if no mapped
    /// endpoint matches. The numbers mean nothing outside this index.
    #[inline]
    pub fn find(&self, method: &str, path: &str) -> Option<(u32, Levels)> {
        match self.0.matcher.find(method, path) {
            Match::Endpoint(target) => Some((target.cell?.get(), target.needed)),
            Match::Malformed | Match::Unknown => None,
        }
    }
}

/// What of an org has to be read again; the first holds the others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Stale {
    /// All but stores and tills.
    Whole,
    /// Resources, so every group's cells and every endpoint's too.
    All,
    /// Endpoints.
    Endpoints,
    /// One group.
    Group(GroupId),
    /// People, or what they refer to.
    People(Touched),
}

impl Stale {
    fn people(&self) -> Option<&Touched> {
        match self {
            Self::People(touched) => Some(touched),
            Self::Whole | Self::All | Self::Endpoints | Self::Group(_) => None,
        }
    }

    fn names_narrowed(&self, org: &OrgState) -> bool {
        match self {
            Self::Whole | Self::All | Self::Endpoints | Self::People(_) => false,
            Self::Group(group) => org.groups.get(group).is_some_and(|group| group.is_narrowed()),
        }
    }
}

fn key(org: u32, store: &StoreCode) -> Key<'_> {
    Key { org, store: store.as_str().as_bytes() }
}

/// The store and the till of `STORE/TILL`, split at the last slash.
#[inline(always)]
fn split_till(id: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut store = id;
    while let Some((last, rest)) = store.split_last() {
        if *last == b'/' {
            return Some((rest, id.get(store.len()..)?));
        }
        store = rest;
    }
    None
}

fn put_org(record: &mut OrgRecord, org: &Org) {
    record.active = org.active;
    record.default = org.default_group.as_ref().map_or(0, |group| record.slot(group).saturating_add(1));
    record.default_observes = org.default_observe;
    if org.default_observe {
        record.note_observing();
    }
}

/// Adds the stores of an org with their tills, and tills whose store has no record.
fn add_places(subjects: &mut Builder, number: u32, record: &mut OrgRecord, org: &OrgState) {
    let mut stores = org.stores.values().peekable();
    let mut tills = org.tills.values().peekable();
    loop {
        let next_store = stores.peek().map(|store| &store.code);
        let next_till = tills.peek().map(|till| &till.store);
        let code = match (next_store, next_till) {
            (Some(store), Some(till)) => store.min(till).clone(),
            (Some(code), None) | (None, Some(code)) => code.clone(),
            (None, None) => return,
        };
        let store = stores.next_if(|store| store.code == code);
        if store.is_some_and(|store| store.observe) {
            record.note_observing();
        }
        let own = store.map(|store| Record {
            active: store.active,
            group: store.group.as_ref().map(|group| record.slot(group)),
            observes: store.observe,
            site: put_site(record, store),
        });
        let here = std::iter::from_fn(|| tills.next_if(|till| till.store == code));
        subjects.add(key(number, &code), own, here.map(|till| (&till.code, till.active)));
    }
}

/// A request on its way to a decision: what is found at once, and where the rest will be.
#[derive(Clone, Copy)]
pub(crate) struct Check<'a> {
    org: Option<&'a OrgRecord>,
    key: Key<'a>,
    /// None for a store as subject.
    till: Option<&'a [u8]>,
    /// A till's id without a slash names no store.
    named: bool,
    probe: Option<Probe<'a>>,
    endpoint: Match,
}

/// The group that a decision about a store or a till was judged by; none if none was asked.
#[derive(Clone, Copy, Default)]
pub(crate) struct JudgedBy {
    group_plus_one: u32,
    /// It is the org's default.
    inherited: bool,
}

impl Index {
    /// Whether a request is a call by a store or a till: the many, on the short way.
    #[inline(always)]
    pub(crate) fn is_call_of_place(request: &Request<'_>) -> bool {
        matches!(request.subject, Subject::Store(_) | Subject::Till(_)) && matches!(request.ask, Ask::Endpoint { .. })
    }

    /// Finds the org, and where the store would be.
    #[inline(always)]
    pub(crate) fn start<'a>(&'a self, request: &Request<'a>) -> Check<'a> {
        let (store, till, named) = match request.subject {
            Subject::Store(store) => (store.as_bytes(), None, true),
            Subject::Till(id) => match split_till(id.as_bytes()) {
                Some((store, till)) => (store, Some(till), true),
                None => (Default::default(), None, false),
            },
            Subject::User(_) | Subject::Application(_) => (Default::default(), None, false),
        };
        let org = self.orgs.get(request.org);
        let key = Key { org: org.map_or(u32::MAX, |org| org.number), store };
        let probe = if named && org.is_some() { Some(self.subjects.probe(key)) } else { None };
        let org = org.map(|org| &*org.record);
        Check { org, key, till, named, probe, endpoint: Match::Unknown }
    }

    /// Ends a check whose endpoint has been matched. The order of the rules, as in `reference::decide`.
    #[inline(always)]
    pub(crate) fn finish(&self, check: &Check<'_>) -> Decision {
        self.decision(check).map_or_else(Decision::from, |(decision, _by)| decision)
    }

    /// The same, with what it was matched to and judged by.
    #[inline(always)]
    pub(crate) fn finish_traced(&self, check: &Check<'_>) -> (Decision, Trace) {
        match self.decision(check) {
            Ok((decision, by)) => (decision, check.trace(by)),
            Err(reason) => (reason.into(), check.trace(JudgedBy::default())),
        }
    }

    /// Step 6: the store and the till must be known and active.
    #[inline(always)]
    fn entry<'a>(&self, check: &Check<'a>) -> Result<leaf::Entry<'a>, Reason> {
        if !check.named {
            return Err(Reason::TillUnknown);
        }
        let Some(entry) = check.probe.and_then(|probe| probe.find(check.key)) else { return Err(Reason::StoreUnknown) };
        if !entry.is_known() {
            return Err(Reason::StoreUnknown);
        }
        if !entry.is_active() {
            return Err(Reason::StoreInactive);
        }
        if let Some(till) = check.till {
            match self.subjects.till(entry.tills(), till) {
                TillState::Unknown => return Err(Reason::TillUnknown),
                TillState::Suspended => return Err(Reason::TillSuspended),
                TillState::Active => {}
            }
        }
        Ok(entry)
    }

    /// A call of an endpoint that no group could permit: open to all, reached by other ways than these, or by none.
    #[cold]
    #[inline(never)]
    fn without_resource(&self, org: &OrgRecord, check: &Check<'_>, route: u32) -> Result<(Decision, JudgedBy), Reason> {
        let route = org.route(route).ok_or(Reason::EndpointUnmapped)?;
        if route.open {
            return Err(Reason::PermitOpen);
        }
        if route.closed {
            return Err(Reason::EndpointUnmapped);
        }
        let entry = self.entry(check)?;
        let inherits = entry.group_plus_one() == 0;
        let group = if inherits { org.default } else { entry.group_plus_one() };
        // Whether there is such a group shows in any cell.
        let known = group.checked_sub(1).is_some_and(|slot| org.levels(slot, std::num::NonZeroU32::MIN).is_some());
        if !known {
            return Err(Reason::NoAccessGroup);
        }
        let observes = if inherits { org.default_observes } else { entry.observes() };
        let permit = if inherits { Reason::PermitDefaultGroup } else { Reason::PermitGroup };
        let deny = Reason::ResourceNone;
        let decision = if observes { Decision { would_deny: Some(deny), ..permit.into() } } else { deny.into() };
        Ok((decision, JudgedBy { group_plus_one: group, inherited: inherits }))
    }

    #[inline(always)]
    fn decision(&self, check: &Check<'_>) -> Result<(Decision, JudgedBy), Reason> {
        let Some(org) = check.org else { return Err(Reason::OrgUnknown) };
        if !org.active {
            return Err(Reason::OrgSuspended);
        }
        let target = match check.endpoint {
            Match::Malformed => return Err(Reason::PathMalformed),
            Match::Unknown => return Err(Reason::EndpointUnknown),
            Match::Endpoint(target) => target,
        };
        let Some(cell) = target.cell else { return self.without_resource(org, check, target.route) };
        let entry = self.entry(check)?;
        // Which group and which answer is anybody's guess, the processor's too: what follows is free of branches.
        let inherits = entry.group_plus_one() == 0;
        let group = select_unpredictable(inherits, org.default, entry.group_plus_one());
        let Some(slot) = group.checked_sub(1) else { return Err(Reason::NoAccessGroup) };
        let Some(held) = org.levels(slot, cell) else { return Err(Reason::NoAccessGroup) };
        let permit = select_unpredictable(inherits, Reason::PermitDefaultGroup, Reason::PermitGroup);
        let lacking = if target.needed == Levels::R { Reason::NeedsRead } else { Reason::NeedsWrite };
        let deny = select_unpredictable(held.is_empty(), Reason::ResourceNone, lacking);
        let permits = held.intersects(target.needed);
        let by = JudgedBy { group_plus_one: group, inherited: inherits };
        if org.is_unusual() && !permits {
            let observes = if inherits { org.default_observes } else { entry.observes() };
            return Ok((unusual_deny(org, slot, target, deny, observes.then_some(permit)), by));
        }
        Ok((select_unpredictable(permits, permit, deny).into(), by))
    }
}

/// A deny where cells are narrowed or groups observe: what it is called, and whether it is one.
#[cold]
fn unusual_deny(org: &OrgRecord, slot: u32, target: matcher::Target, deny: Reason, observing: Option<Reason>) -> Decision {
    let left_out = target.cell.and_then(|cell| org.left_out(slot, cell));
    let deny = match left_out {
        Some(held) if held.intersects(target.needed) => Reason::EndpointExcluded,
        Some(_) if target.needed == Levels::R => Reason::NeedsRead,
        Some(_) => Reason::NeedsWrite,
        None => deny,
    };
    match observing {
        Some(permit) => Decision { would_deny: Some(deny), ..permit.into() },
        None => deny.into(),
    }
}

impl Check<'_> {
    /// Asks for the memory of the store.
    #[inline(always)]
    pub(crate) fn prefetch(&self) {
        if let Some(probe) = self.probe {
            probe.prefetch();
        }
    }

    /// Asks for the memory of the store's head alone, for a check that isn't in a hurry.
    #[inline(always)]
    pub(crate) fn prefetch_head(&self) {
        if let Some(probe) = self.probe {
            probe.prefetch_head();
        }
    }

    /// Asks for the memory of the store's entry, when the head is there.
    #[inline(always)]
    pub(crate) fn prefetch_entry(&self) {
        if let Some(probe) = self.probe {
            probe.prefetch_entry();
        }
    }

    /// Matches the endpoint, while the memory comes.
    #[inline(always)]
    pub(crate) fn match_endpoint(&mut self, request: &Request<'_>) {
        if let Some(org) = self.org {
            self.endpoint = org.matcher.find(request.method(), request.path());
        }
    }
}
