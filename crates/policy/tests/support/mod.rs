//! Random small states and requests for property tests. Codes come from short lists, so that objects refer to each
//! other often, and sometimes to what isn't there.

use std::sync::Arc;

use bailiwick_policy::access::{Class, Grant, Level, Levels, Narrow};
use bailiwick_policy::decision::{Request, Subject};
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::outcome::Change;
use bailiwick_policy::path::template;
use bailiwick_policy::state::State;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

mod people;
pub use people::*;

pub const ORGS: [&str; 2] = ["acme", "beta"];
pub const STORES: [&str; 5] = ["north-1", "north-2", "s", "1158", "a.very_long-store.code-of-exactly-fifty-characters"];
pub const TILLS: [&str; 4] = ["t1", "T2", "9", "a-till-with-a-code-that-does-not-fit-sixteen-bytes"];
pub const GROUPS: [&str; 4] = ["POS", "Instore", "Admin", "custom"];
pub const RESOURCES: [&str; 4] = ["Customer", "Points", "User groups", "User Groups"];
pub const METHODS: [&str; 7] = ["GET", "POST", "HEAD", "OPTIONS", "DELETE", "PURGE", "BREW"];
/// `aaaaaaaa` fills a word of the matcher, and `aaaaaaaab` starts the next.
pub const LITERALS: [&str; 7] = ["a", "b", "customers", "aaaaaaaa", "aaaaaaaab", "aaaaaaaac", "é%2F"];

/// An object made of its parts, with the rest blank.
pub fn org(code: &str, active: bool, default: Option<&str>) -> Object {
    Object::Org(Arc::new(Org {
        org: code.parse().unwrap(),
        name: code.parse().unwrap(),
        active,
        default_group: default.map(|group| group.parse().unwrap()),
        meta: Meta::default(),
        default_observe: false,
    }))
}

pub fn store(org: &str, code: &str, active: bool, group: Option<&str>) -> Object {
    Object::Store(Arc::new(Store {
        org: org.parse().unwrap(),
        code: code.parse().unwrap(),
        name: code.parse().unwrap(),
        zone: None,
        concept: None,
        active,
        group: group.map(|group| group.parse().unwrap()),
        details: None,
        meta: Meta::default(),
        observe: false,
    }))
}

pub fn till(org: &str, store: &str, code: &str, active: bool) -> Object {
    Object::Till(Arc::new(Till {
        org: org.parse().unwrap(),
        store: store.parse().unwrap(),
        code: code.parse().unwrap(),
        name: None,
        active,
        meta: Meta::default(),
    }))
}

pub fn resource(org: &str, id: &str) -> Object {
    let description = Arc::from("");
    Object::Resource(Arc::new(Resource { org: org.parse().unwrap(), id: id.parse().unwrap(), description, meta: Meta::default() }))
}

pub fn endpoint(org: &str, method: &str, path: &str, resource: Option<&str>, class: Class, level: Level) -> Object {
    let template = template(path).expect("a template");
    Object::Endpoint(Arc::new(Endpoint {
        org: org.parse().unwrap(),
        id: format!("{method} {}", template.canonical).parse().unwrap(),
        method: method.into(),
        template: template.shown.into(),
        matchable: template.matchable,
        name: None,
        resource: resource.map(|resource| resource.parse().unwrap()),
        class,
        level,
        meta: Meta::default(),
        routes: None,
    }))
}

pub fn group(org: &str, id: &str, active: bool, wildcard: bool, grants: &[(&str, Class, Levels)]) -> Object {
    let mut grants: Vec<Grant> = grants
        .iter()
        .filter(|(.., levels)| !levels.is_empty())
        .map(|(resource, class, levels)| Grant { resource: resource.parse().unwrap(), class: *class, levels: *levels, narrow: None })
        .collect();
    grants.sort_by(|left, right| (&left.resource, left.class).cmp(&(&right.resource, right.class)));
    grants.dedup_by(|left, right| (&left.resource, left.class) == (&right.resource, right.class));
    Object::Group(Arc::new(Group {
        org: org.parse().unwrap(),
        id: id.parse().unwrap(),
        name: id.parse().unwrap(),
        description: "".into(),
        kind: if id == "custom" { GroupKind::Custom } else { GroupKind::BuiltIn },
        active,
        wildcard,
        grants: Arc::new(grants),
        meta: Meta::default(),
    }))
}

/// The same, observing.
pub fn observing(mut object: Object) -> Object {
    match &mut object {
        Object::Org(org) => Arc::make_mut(org).default_observe = org.default_group.is_some(),
        Object::Store(store) => Arc::make_mut(store).observe = store.group.is_some(),
        _other => {}
    }
    object
}

/// The same, its cells narrowed one after the other.
pub fn narrowing(mut object: Object, narrows: &[Option<Narrow>]) -> Object {
    if let Object::Group(group) = &mut object {
        let group = Arc::make_mut(group);
        for (cell, narrow) in Arc::make_mut(&mut group.grants).iter_mut().zip(narrows) {
            cell.narrow = narrow.clone().map(Narrow::in_order);
        }
    }
    object
}

/// To or around endpoints that are often there.
fn narrow() -> impl Strategy<Value = Option<Narrow>> {
    let endpoint = (method(), path_template()).prop_map(|(method, path)| {
        let template = template(&path).expect("a template");
        format!("{method} {}", template.canonical).parse::<EndpointId>().unwrap()
    });
    let named = (prop::bool::ANY, vec(endpoint, 1..4)).prop_map(|(only, ids)| if only { Narrow::Only(ids) } else { Narrow::Except(ids) });
    option::weighted(0.4, named)
}

fn levels() -> impl Strategy<Value = Levels> {
    (0u8..4).prop_map(Levels::from_bits_truncate)
}

fn class() -> impl Strategy<Value = Class> {
    select(&Class::ALL[..])
}

fn method() -> impl Strategy<Value = &'static str> {
    prop_oneof![select(&METHODS[..2]), select(&METHODS[..])]
}

/// Mostly true: an inactive object hides everything behind it.
fn active() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.85)
}

/// A template, odd ones too.
pub fn path_template() -> impl Strategy<Value = String> {
    let segment = prop_oneof![4 => select(&LITERALS[..]), 4 => Just("{id}"), 1 => Just("{unbalanced"), 1 => Just("")];
    vec(segment, 0..3).prop_map(|segments| format!("/{}", segments.join("/")))
}

/// Any object that a decision could read, and a zone that none does.
pub fn object() -> impl Strategy<Value = Object> {
    let of = || select(&ORGS[..]);
    prop_oneof![
        1 => (of(), active(), option::of(select(&GROUPS[..]))).prop_map(|(o, a, g)| org(o, a, g)),
        1 => (of(), active(), option::of(select(&GROUPS[..]))).prop_map(|(o, a, g)| observing(org(o, a, g))),
        2 => (of(), select(&STORES[..]), active(), option::of(select(&GROUPS[..])))
            .prop_map(|(o, s, a, g)| observing(store(o, s, a, g))),
        2 => (of(), select(&GROUPS[..]), vec((select(&RESOURCES[..]), class(), levels()), 0..9), vec(narrow(), 0..9))
            .prop_map(|(o, g, grants, narrows)| narrowing(group(o, g, true, false, &grants), &narrows)),
        5 => (of(), select(&STORES[..]), active(), option::of(select(&GROUPS[..])))
            .prop_map(|(o, s, a, g)| store(o, s, a, g)),
        5 => (of(), select(&STORES[..]), select(&TILLS[..]), active()).prop_map(|(o, s, t, a)| till(o, s, t, a)),
        3 => (of(), select(&RESOURCES[..])).prop_map(|(o, r)| resource(o, r)),
        6 => (of(), method(), path_template(), option::of(select(&RESOURCES[..])), class(), prop::bool::ANY)
            .prop_map(|(o, m, t, r, c, read)| {
                endpoint(o, m, &t, r, c, if read { Level::Read } else { Level::Write })
            }),
        3 => (of(), select(&GROUPS[..]), active(), prop::bool::weighted(0.1),
              vec((select(&RESOURCES[..]), class(), levels()), 0..9))
            .prop_map(|(o, g, a, w, grants)| group(o, g, a, w, &grants)),
    ]
}

/// What a random history does next.
#[derive(Clone, Debug)]
pub enum Act {
    Put(Object),
    Remove(ObjectId),
}

pub fn act() -> impl Strategy<Value = Act> {
    let any = || prop_oneof![8 => object(), 8 => people_object(), 1 => clock(), 1 => platform()];
    prop_oneof![4 => any().prop_map(Act::Put), 1 => any().prop_map(|object| Act::Remove(object.id()))]
}

/// Applies acts to a state, each as the change that it is there.
pub fn play(state: &mut State, acts: &[Act]) -> Vec<Change> {
    let mut changes = Vec::new();
    for act in acts {
        let change = match act {
            Act::Put(object) => Change { before: state.get(&object.id()), after: Some(object.clone()) },
            Act::Remove(id) => match state.get(id) {
                Some(before) => Change { before: Some(before), after: None },
                None => continue,
            },
        };
        state.apply(&change);
        changes.push(change);
    }
    changes
}

/// A state in which both orgs are there, and much else may be.
pub fn state() -> impl Strategy<Value = State> {
    (vec(object(), 0..120), option::of((platform(), clock(), vec(people_object(), 0..80)))).prop_map(|(objects, people)| {
        let mut state = State::default();
        let people = people.map(|(platform, clock, people)| [platform, clock].into_iter().chain(people));
        let resources = RESOURCES.iter().flat_map(|id| ORGS.map(|of| resource(of, id)));
        let orgs = ORGS.map(|code| org(code, true, Some("POS")));
        for object in orgs.into_iter().chain(resources).chain(objects).chain(people.into_iter().flatten()) {
            state.put(&object);
        }
        state
    })
}

/// The path of a request: well formed more often than not.
pub fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        12 => select(&LITERALS[..6]).prop_map(str::to_owned),
        2 => "[a-c%{}é]{0,10}",
        2 => select(&["%61", "%61a", "customer%73", "%C3%A9%252F", "%2e%2e", ".", "..", "", "%2F", "%00", "%", "%ff", "...", "a?b", "?"][..])
            .prop_map(str::to_owned),
    ];
    (vec(segment, 0..3), prop::bool::weighted(0.1), prop::bool::weighted(0.95)).prop_map(|(segments, tail, head)| {
        format!("{}{}{}", if head { "/" } else { "" }, segments.join("/"), if tail { "/" } else { "" })
    })
}

/// A request that owns its text.
#[derive(Clone, Debug)]
pub struct Question {
    pub org: &'static str,
    pub subject: String,
    pub method: &'static str,
    pub path: String,
}

impl Question {
    pub fn request(&self) -> Request<'_> {
        let subject = match self.subject.split_once(':') {
            Some(("store", id)) => Subject::Store(id),
            _ => Subject::Till(self.subject.trim_start_matches("till:")),
        };
        Request::call(self.org, subject, self.method, &self.path)
    }
}

/// Every subject that could be known, and some that can't.
pub fn subjects() -> Vec<String> {
    let mut subjects: Vec<String> =
        ["store:nobody", "store:", "store:north-1/t1", "till:north-1", "till:", "till:/", "till:a/b/t1", "till:/t1"]
            .map(str::to_owned)
            .into();
    for store in STORES {
        subjects.push(format!("store:{store}"));
        subjects.push(format!("till:{store}/"));
        subjects.extend(TILLS.map(|till| format!("till:{store}/{till}")));
    }
    subjects
}

pub fn question() -> impl Strategy<Value = Question> {
    let org = prop_oneof![12 => select(&ORGS[..]), 1 => Just("nobody")];
    (org, select(subjects()), method(), path())
        .prop_map(|(org, subject, method, path)| Question { org, subject, method, path })
}
