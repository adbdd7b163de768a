//! Measures the index beside a floor: a flat foldhash map of the same keys and a bit set, with the same matcher.
//!
//! `cargo run --release -p bailiwick-policy --example index_probe -- [--json] [--samples N] [--places | --people] [STORES …]`
//!
//! Then users and applications: see `people`. `--places` and `--people` measure the one or the other.
//!
//! Each store has one till, half of them inherit their group, and calls are drawn at random over some 340 endpoints,
//! half of which a group permits. Index and floor take turns in one run, on the same requests. The text of a request
//! is fresh in the cache, as it is when it has just been read from a connection. The cost of reading the clock is
//! measured and taken off. Nothing is cached between calls.

#![expect(clippy::disallowed_types, reason = "this is no policy: it measures it")]

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bailiwick_policy::access::{Class, Grant, Level, Levels};
use bailiwick_policy::decide::{decide, decide_batch};
use bailiwick_policy::decision::{Request, Subject, Verdict};
use bailiwick_policy::command::{Actor, Command, Envelope};
use bailiwick_policy::execute::execute;
use bailiwick_policy::ids::{GroupId, OrgCode, RequestId, Tick};
use bailiwick_policy::index::Index;
use bailiwick_policy::name::Name;
use bailiwick_policy::object::{Cluster, Credential, CredentialKind, Endpoint, Group, GroupKind, Meta, Object, Org, Resource, Secret, Store, Till};
use bailiwick_policy::outcome::Change;
use bailiwick_policy::path::template;
use bailiwick_policy::place::Bounds;
use bailiwick_policy::preview::preview;
use bailiwick_policy::reference;
use bailiwick_policy::state::State;
use hashbrown::HashMap;

mod noted;
mod people;

type Fallible<T> = Result<T, Box<dyn Error>>;

const ORG: &str = "acme";
const RESOURCES: usize = 24;
const GROUPS: usize = 16;
const BATCH: usize = 1_000;

fn main() -> Fallible<()> {
    let (mut json, mut samples, mut sizes) = (false, 400_000, Vec::new());
    let (mut places_only, mut people_only) = (false, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => json = true,
            "--places" => places_only = true,
            "--people" => people_only = true,
            "--samples" => samples = args.next().ok_or("--samples wants a number")?.parse()?,
            size => sizes.push(size.parse::<usize>()?),
        }
    }
    if sizes.is_empty() {
        sizes = vec![1_000, 1_000_000];
    }
    let report = |stores: usize, figures: Figures| {
        for (name, unit, value) in figures {
            if json {
                println!("{{\"stores\":{stores},\"figure\":\"{name}\",\"unit\":\"{unit}\",\"value\":{value:.1}}}");
            } else {
                println!("{stores:>9} stores  {name:<33} {value:>14.1} {unit}");
            }
        }
    };
    if !people_only {
        for stores in sizes {
            report(stores, measure(stores, samples)?);
        }
    }
    if !places_only {
        report(people::STORES, people::measure(samples / 4)?);
    }
    Ok(())
}

type Figures = Vec<(&'static str, &'static str, f64)>;

fn measure(stores: usize, samples: usize) -> Fallible<Figures> {
    let mut figures = Figures::new();
    let state = world(stores)?;
    let resident = resident_bytes();
    let (index, took) = timed(|| Index::build(&state));
    let grown = resident_bytes().saturating_sub(resident);
    figures.push(("build", "ms", took.as_secs_f64() * 1e3));
    figures.push(("endpoints", "", state.orgs.get(ORG).map_or(0, |org| org.endpoints.len()) as f64));
    let floor = Floor::new(&state, &index)?;
    let calls = calls(&state);
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    check_against_reference(&state, &index, &floor, &calls, stores, &mut chance)?;

    let clock = clock_cost();
    let (mut of_index, mut of_floor, mut permitted) = (Vec::new(), Vec::new(), 0usize);
    let mut key = String::new();
    for sample in 0..samples {
        // The index answers for one store, the floor for another: neither warms the memory for the other.
        for turn in 0..2 {
            let (method, path) = chance.of(&calls).ok_or("no calls")?;
            set_key(&mut key, chance.below(stores));
            let subject = key.get(ORG.len() + 1..).unwrap_or_default();
            let request = Request::call(ORG, Subject::Till(subject), method, path);
            if (turn + sample) % 2 == 0 {
                let (decision, took) = timed(|| decide(black_box(&index), black_box(&request)));
                permitted += usize::from(decision.verdict() == Verdict::Permit);
                of_index.push(took.saturating_sub(clock));
            } else {
                let (permit, took) = timed(|| floor.permits(black_box(&key), method, path));
                black_box(permit);
                of_floor.push(took.saturating_sub(clock));
            }
        }
    }
    let (index_p50, index_p99) = percentiles(&mut of_index);
    let (floor_p50, floor_p99) = percentiles(&mut of_floor);
    figures.push(("permitted", "%", 100.0 * permitted as f64 / of_index.len() as f64));
    figures.push(("decide p50", "ns", index_p50));
    figures.push(("decide p99", "ns", index_p99));
    figures.push(("floor p50", "ns", floor_p50));
    figures.push(("floor p99", "ns", floor_p99));
    figures.push(("decide / floor p50 x100", "%", 100.0 * index_p50 / floor_p50));
    figures.push(("match alone p50", "ns", match_alone(&floor, &calls, samples / 4, clock, &mut chance)));
    figures.push(("batch of 1000", "decisions/s", batches(&index, &calls, stores, samples, &mut chance)));
    noted::measure(&mut figures, &index, &calls, stores, &mut chance)?;
    figures.push(("subjects per pair", "bytes", index.subject_bytes() as f64 / stores as f64));
    figures.push(("resident per pair", "bytes", grown as f64 / stores as f64));
    figures.push(("floor per pair", "bytes", floor.bytes() as f64 / stores as f64));
    publishes(&mut figures, &state, index, stores, &mut chance)?;
    Ok(figures)
}

/// A flat map of `org/store/till` to group, a bit set, and the same matcher.
struct Floor<'a> {
    groups: HashMap<String, u32, foldhash::fast::FixedState>,
    rows: Vec<Vec<u64>>,
    default: u32,
    endpoints: bailiwick_policy::index::Endpoints<'a>,
}

const INHERIT: u32 = u32::MAX;

impl<'a> Floor<'a> {
    fn new(state: &State, index: &'a Index) -> Fallible<Self> {
        let org = state.orgs.get(ORG).ok_or("no org")?;
        let number = |id: &GroupId| org.groups.keys().position(|known| known == id).map_or(INHERIT, |at| at as u32);
        let mut groups = HashMap::default();
        for till in org.tills.values() {
            let group = org.stores.get(&till.store).and_then(|store| store.group.as_ref());
            groups.insert(format!("{ORG}/{}/{}", till.store, till.code), group.map_or(INHERIT, number));
        }
        let endpoints = index.endpoints_of(ORG).ok_or("no org in the index")?;
        let mut rows = vec![vec![0u64; 1 + RESOURCES / 8]; org.groups.len()];
        for endpoint in org.endpoints.values() {
            let path = concrete(&endpoint.template, 7);
            let Some((cell, _needed)) = endpoints.find(&endpoint.method, &path) else { continue };
            for (row, group) in rows.iter_mut().zip(org.groups.values()) {
                let held = endpoint.resource.as_ref().map_or(Levels::empty(), |r| group.levels(r, endpoint.class));
                if let Some(word) = row.get_mut((cell / 32) as usize) {
                    *word |= u64::from(held.bits()) << (2 * (cell % 32));
                }
            }
        }
        Ok(Self { groups, rows, default: org.org.default_group.as_ref().map_or(INHERIT, number), endpoints })
    }

    #[inline(never)]
    fn permits(&self, key: &str, method: &str, path: &str) -> bool {
        let Some(group) = self.groups.get(key) else { return false };
        let group = if *group == INHERIT { self.default } else { *group };
        let Some((cell, needed)) = self.endpoints.find(method, path) else { return false };
        let word = self.rows.get(group as usize).and_then(|row| row.get((cell / 32) as usize));
        word.is_some_and(|word| (word >> (2 * (cell % 32))) as u8 & needed.bits() != 0)
    }

    fn bytes(&self) -> usize {
        self.groups.allocation_size() + self.groups.keys().map(String::capacity).sum::<usize>()
    }
}

fn check_against_reference(
    state: &State,
    index: &Index,
    floor: &Floor<'_>,
    calls: &[(String, String)],
    stores: usize,
    chance: &mut Chance,
) -> Fallible<()> {
    let mut key = String::new();
    for (method, path) in calls.iter().take(200) {
        set_key(&mut key, chance.below(stores));
        let subject = Subject::Till(key.get(ORG.len() + 1..).unwrap_or_default());
        let request = Request::call(ORG, subject, method, path);
        let expect = reference::decide(state, &request);
        let permit = expect.verdict() == Verdict::Permit;
        if decide(index, &request) != expect || floor.permits(&key, method, path) != permit {
            return Err(format!("answers differ for {request:?}").into());
        }
    }
    Ok(())
}

fn match_alone(floor: &Floor<'_>, calls: &[(String, String)], samples: usize, clock: Duration, chance: &mut Chance) -> f64 {
    let mut took = Vec::new();
    for _ in 0..samples {
        let Some((method, path)) = chance.of(calls) else { break };
        took.push(timed(|| black_box(floor.endpoints.find(method, path))).1.saturating_sub(clock));
    }
    percentiles(&mut took).0
}

/// Decisions a second of the median batch, so that being preempted doesn't count.
fn batches(index: &Index, calls: &[(String, String)], stores: usize, samples: usize, chance: &mut Chance) -> f64 {
    let mut took = Vec::new();
    let mut decisions = Vec::with_capacity(BATCH);
    for _ in 0..samples.div_ceil(BATCH) {
        let subjects: Vec<String> = (0..BATCH).map(|_| subject(chance.below(stores))).collect();
        let requests: Vec<Request<'_>> = subjects
            .iter()
            .filter_map(|subject| {
                let (method, path) = chance.of(calls)?;
                Some(Request::call(ORG, Subject::Till(subject), method, path))
            })
            .collect();
        decisions.clear();
        took.push(timed(|| decide_batch(black_box(index), &requests, &mut decisions)).1);
        black_box(&decisions);
    }
    BATCH as f64 * 1e9 / percentiles(&mut took).0
}

/// What it takes to advance a private copy of a published index by one change and let the old one go.
fn publishes(figures: &mut Figures, state: &State, index: Index, stores: usize, chance: &mut Chance) -> Fallible<()> {
    let org = state.orgs.get(ORG).ok_or("no org")?;
    let mut published = index;
    let publish = |changes: &[Change], published: &mut Index| {
        let mut next = published.clone();
        timed(|| {
            next.apply(state, changes);
            *published = next;
        })
        .1
    };
    let mut took = Vec::new();
    for _ in 0..2_000 {
        let code = code(chance.below(stores));
        let before = org.stores.get(code.as_str()).ok_or("no such store")?.clone();
        let mut after = (*before).clone();
        after.group = Some(group_id(chance.below(GROUPS))?);
        let change = Change { before: Some(Object::Store(before)), after: Some(Object::Store(Arc::new(after))) };
        took.push(publish(std::slice::from_ref(&change), &mut published));
    }
    let (p50, p99) = percentiles(&mut took);
    figures.push(("publish an allocation p50", "us", p50 / 1e3));
    figures.push(("publish an allocation p99", "us", p99 / 1e3));
    let mut several = |name: &'static str, object: Object, published: &mut Index| {
        let change = Change { before: None, after: Some(object) };
        let mut took: Vec<_> = (0..50).map(|_| publish(std::slice::from_ref(&change), published)).collect();
        figures.push((name, "us", percentiles(&mut took).0 / 1e3));
    };
    several("publish a default p50", Object::Org(org.org.clone()), &mut published);
    let group = org.groups.values().next().ok_or("no group")?;
    several("publish a group p50", Object::Group(group.clone()), &mut published);
    let endpoint = org.endpoints.values().next().ok_or("no endpoint")?;
    several("publish an endpoint p50", Object::Endpoint(endpoint.clone()), &mut published);
    new_defaults(figures, state, published)
}

/// A new default for all that inherit: the whole of what a log entry does, and its preview with the exact impact.
fn new_defaults(figures: &mut Figures, state: &State, mut index: Index) -> Fallible<()> {
    let mut state = state.clone();
    let begin = Tick(1_750_000_000_000);
    state.put(&Object::Cluster(Arc::new(Cluster { id: "probe".into(), incarnation: 1, catalogue: 1, meta: Meta::default(), retired_nodes: Vec::new() })));
    let operator = Credential {
        id: "operator-1".parse()?,
        label: "probe".parse()?,
        kind: CredentialKind::Operator,
        secret: Secret::TokenHash([1; 32]),
        revoked: false,
        meta: Meta::default(),
        bounds: Bounds::ALWAYS,
    };
    let actor = Actor::Credential(operator.id.clone());
    state.put(&Object::Credential(Arc::new(operator)));
    let (mut applied, mut previewed) = (Vec::new(), Vec::new());
    for round in 0..40u64 {
        let command = Command::SetDefault { org: ORG.parse()?, group: Some(group_id(1 + round as usize % 2)?.into()), observe: false };
        let (preview, took) = timed(|| preview(&state, &actor, std::slice::from_ref(&command), begin, true));
        if preview.changes.len() != 1 {
            return Err(format!("a new default is {} changes", preview.changes.len()).into());
        }
        previewed.push(took);
        let now = Tick(begin.0 + round);
        let request_id = RequestId(u128::from(now.0) << 80 | u128::from(round));
        let envelope = Envelope { request_id, actor: actor.clone(), proposed_at: now, reads: preview.reads, reason: None, job: None, command };
        let (executed, took) = timed(|| {
            let executed = execute(&mut state, &envelope);
            index.apply(&state, &executed.changes);
            executed
        });
        if executed.row.is_none() {
            return Err(format!("the default was not changed: {:?}", executed.outcome).into());
        }
        applied.push(took);
    }
    let (p50, p99) = percentiles(&mut applied);
    figures.push(("apply a new default p50", "us", p50 / 1e3));
    figures.push(("apply a new default p99", "us", p99 / 1e3));
    figures.push(("preview a new default p50", "us", percentiles(&mut previewed).0 / 1e3));
    Ok(())
}

/// Stores with one till each, half of them inheriting; the shape of a real catalogue.
fn world(stores: usize) -> Fallible<State> {
    let mut state = State::default();
    let org: OrgCode = ORG.parse()?;
    let name: Name = "a name".parse()?;
    let meta = Meta { created_by: "probe".into(), updated_by: "probe".into(), ..Meta::default() };
    let mut chance = Chance(7);
    let default_group = Some(group_id(0)?);
    state.put(&Object::Org(Arc::new(Org { org: org.clone(), name: name.clone(), active: true, default_group, meta: meta.clone(), default_observe: false })));
    let resource = |at: usize| format!("Resource {at}").parse();
    for at in 0..RESOURCES {
        let description = "".into();
        state.put(&Object::Resource(Arc::new(Resource { org: org.clone(), id: resource(at)?, description, meta: meta.clone() })));
        for (method, path) in SHAPES {
            let shape = template(&path.replace("{resource}", WORDS.get(at).ok_or("too few words")?))?;
            state.put(&Object::Endpoint(Arc::new(Endpoint {
                org: org.clone(),
                id: format!("{method} {}", shape.canonical).parse()?,
                method: (*method).into(),
                template: shape.shown.into(),
                matchable: shape.matchable,
                name: None,
                resource: Some(resource(at)?),
                class: if path.contains("/meta") { Class::Config } else { Class::Data },
                level: Level::of_method(method),
                meta: meta.clone(),
                routes: None,
            })));
        }
    }
    for at in 0..GROUPS {
        let mut grants = Vec::new();
        for of in 0..RESOURCES {
            for class in Class::ALL {
                let levels = Levels::from_bits_truncate(chance.below(4) as u8);
                if !levels.is_empty() {
                    grants.push(Grant { resource: resource(of)?, class, levels, narrow: None });
                }
            }
        }
        grants.sort_by(|left, right| (&left.resource, left.class).cmp(&(&right.resource, right.class)));
        state.put(&Object::Group(Arc::new(Group {
            org: org.clone(),
            id: group_id(at)?,
            name: format!("Group {at}").parse()?,
            description: "".into(),
            kind: GroupKind::Custom,
            active: true,
            wildcard: false,
            grants: Arc::new(grants),
            meta: meta.clone(),
        })));
    }
    for at in 0..stores {
        let group = if at % 2 == 0 { None } else { Some(group_id(chance.below(GROUPS))?) };
        let (code, name, meta) = (code(at).parse()?, name.clone(), meta.clone());
        state.put(&Object::Store(Arc::new(Store {
            org: org.clone(), code, name, zone: None, concept: None, active: true, group, details: None, meta, observe: false,
        })));
    }
    let till_code: bailiwick_policy::ids::TillCode = "till-1".parse()?;
    let codes: Vec<_> = state.orgs.get(ORG).ok_or("no org")?.stores.keys().cloned().collect();
    for store in codes {
        let (code, meta) = (till_code.clone(), meta.clone());
        state.put(&Object::Till(Arc::new(Till { org: org.clone(), store, code, name: None, active: true, meta })));
    }
    Ok(state)
}

/// Endpoints of each resource.
const SHAPES: [(&str, &str); 14] = [
    ("GET", "/v2/{resource}"),
    ("POST", "/v2/{resource}"),
    ("GET", "/v2/{resource}/{id}"),
    ("PUT", "/v2/{resource}/{id}"),
    ("DELETE", "/v2/{resource}/{id}"),
    ("GET", "/v2/{resource}/lookup"),
    ("POST", "/v2/{resource}/{id}/transfer"),
    ("GET", "/v2/{resource}/{id}/history"),
    ("GET", "/api_gateway/v1/{resource}/meta"),
    ("PUT", "/api_gateway/v1/{resource}/meta/{metaId}"),
    ("GET", "/api_gateway/v1/{resource}/{id}/status"),
    ("POST", "/api_gateway/v1/{resource}/{id}/status/bulk"),
    ("GET", "/v2/integrations/{resource}/{brand}/{id}"),
    ("POST", "/v2/integrations/{resource}/{brand}/events"),
];

const WORDS: [&str; RESOURCES] = [
    "customers", "images", "leads", "otp", "organization", "dataFields", "partnerProgram", "partners", "points",
    "products", "requests", "staff", "stores", "surveys", "tasks", "transactions", "userGroups", "activitySessions",
    "userTargets", "targetLoyalty", "webhooks", "eventSimulation", "cards", "coupons",
];

/// Every endpoint's method with paths that it matches.
fn calls(state: &State) -> Vec<(String, String)> {
    let endpoints = state.orgs.values().flat_map(|org| org.endpoints.values());
    endpoints
        .flat_map(|endpoint| {
            [42, 1_234_567_890].map(|id| (endpoint.method.to_string(), concrete(&endpoint.template, id)))
        })
        .collect()
}

fn concrete(template: &str, id: usize) -> String {
    let segments: Vec<String> = template
        .split('/')
        .map(|segment| if segment.starts_with('{') { id.to_string() } else { segment.to_owned() })
        .collect();
    segments.join("/")
}

fn code(at: usize) -> String {
    format!("store-{at:07}")
}

fn subject(at: usize) -> String {
    format!("store-{at:07}/till-1")
}

fn set_key(key: &mut String, at: usize) {
    use std::fmt::Write;
    key.clear();
    // Writing to a string can't fail.
    let _ = write!(key, "{ORG}/store-{at:07}/till-1");
}

fn group_id(at: usize) -> Result<GroupId, bailiwick_policy::ids::BadId> {
    format!("group-{at}").parse()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

/// What reading the clock twice takes.
fn clock_cost() -> Duration {
    let mut took: Vec<Duration> = (0..10_000).map(|_| timed(|| black_box(())).1).collect();
    took.sort_unstable();
    took.get(took.len() / 2).copied().unwrap_or_default()
}

/// Median and 99th percentile, in nanoseconds.
fn percentiles(took: &mut [Duration]) -> (f64, f64) {
    took.sort_unstable();
    let at = |percent: usize| took.get((took.len() * percent / 100).min(took.len().saturating_sub(1)));
    let nanos = |percent: usize| at(percent).map_or(0.0, |took| took.as_nanos() as f64);
    (nanos(50), nanos(99))
}

/// Resident memory of this process; 0 where it can't be read.
fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split_whitespace().nth(1).and_then(|pages| pages.parse::<usize>().ok()));
    pages.unwrap_or(0) * 4_096
}

/// Xorshift: the same requests in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn of<'a>(&mut self, calls: &'a [(String, String)]) -> Option<(&'a str, &'a str)> {
        let at = self.below(calls.len());
        calls.get(at).map(|(method, path)| (method.as_str(), path.as_str()))
    }
}
