//! Why an answer is what it is: the chain of facts that led to it, as data and as lines for people; and for a deny
//! the nearest miss, and the smallest changes that would allow it.
//!
//! Computed from the state, on demand, never on the way to a decision. The chain holds all that the answer depends
//! on: `replay` decides again from the chain alone.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::{Class, Level, Levels, Narrow};
use crate::command::Command;
use crate::decision::{Ask, Decision, Obligations, Reason, Request, Subject, Verdict};
use crate::ids::*;
use crate::object::{GroupKind, Store};
use crate::path::RequestPath;
use crate::place::Place;
use crate::reference::people::Way;
use crate::reference::{self, Called, Cell};
use crate::state::{OrgState, State, Via};

mod assign;
mod miss;
mod people;
mod prose;
mod remedy;

/// An answer with its proof. New kinds of steps and misses may come: older consoles read them as unknown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Explanation {
    /// The org asked about.
    pub org: Arc<str>,
    /// The subject, as `type:id`.
    pub subject: Arc<str>,
    /// The method.
    pub method: Arc<str>,
    /// The path, as sent.
    pub path: Arc<str>,
    /// What was asked for, in words: of a call its method and path.
    #[serde(default)]
    pub asked: Arc<str>,
    /// Where the permit holds, if it obliges to keep to places.
    #[serde(default)]
    pub places: Vec<Place>,
    /// The answer.
    pub reason: Reason,
    /// For a permit that observing alone brought about: the deny that it stands for (AG-33).
    #[serde(default)]
    pub would_deny: Option<Reason>,
    /// Of a permit: what has to be seen to.
    #[serde(default)]
    pub obligations: Obligations,
    /// The facts in the order they were looked at, up to the one that ended it.
    pub steps: Vec<Step>,
    /// One sentence: what permitted it, or what was missing.
    #[serde(default)]
    pub sentence: String,
    /// For a deny: what was missing, as data.
    #[serde(default)]
    pub miss: Option<Miss>,
    /// For a deny: changes that would allow it, the smallest first. Each was tried on a copy of the state.
    #[serde(default)]
    pub remedies: Vec<Remedy>,
}

/// One fact of the chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// The org is known.
    Org {
        /// Its code.
        org: OrgCode,
        /// Its name.
        name: Arc<str>,
        /// Not suspended.
        active: bool,
    },
    /// The path is well formed; these are its segments, decoded.
    Path {
        /// From the left.
        segments: Vec<Arc<str>>,
    },
    /// This endpoint won the match.
    Endpoint {
        /// Method and canonical template.
        endpoint: EndpointId,
        /// The template with its parameters named.
        template: Arc<str>,
        /// Its name.
        #[serde(default)]
        name: Option<Arc<str>>,
        /// The resource it names.
        #[serde(default)]
        resource: Option<ResourceId>,
        /// Whether the org's catalogue has that resource.
        mapped: bool,
        /// Data or Config.
        class: Class,
        /// Read or Write.
        level: Level,
        /// Any of these lets it pass.
        needed: Levels,
        /// It is for everybody.
        #[serde(default)]
        open: bool,
        /// It has other ways in than by its resource.
        #[serde(default)]
        routed: bool,
    },
    /// The store is known.
    Store {
        /// Its code.
        store: StoreCode,
        /// Its name.
        name: Arc<str>,
        /// Its zone; none is the org's root zone.
        #[serde(default)]
        zone: Option<ZoneCode>,
        /// The zone's name.
        #[serde(default)]
        zone_name: Option<Arc<str>>,
        /// Not suspended.
        active: bool,
    },
    /// The till is known.
    Till {
        /// Its code.
        till: TillCode,
        /// Not suspended.
        active: bool,
    },
    /// This group is in force for the store.
    Group {
        /// Its id.
        group: GroupId,
        /// Its name.
        name: Arc<str>,
        /// Built-in or custom.
        kind: GroupKind,
        /// Allocated, or inherited from the org's default.
        via: Via,
        /// What it would deny is permitted and marked.
        #[serde(default)]
        observe: bool,
    },
    /// What the group grants on the endpoint's resource and class.
    Cell {
        /// The resource.
        resource: ResourceId,
        /// Data or Config.
        class: Class,
        /// Granted.
        held: Levels,
        /// Any of these would do.
        needed: Levels,
        /// What the cell is narrowed to or around, if it is.
        #[serde(default)]
        narrow: Option<Narrow>,
        /// Narrowing leaves the endpoint out.
        #[serde(default)]
        left_out: bool,
    },
    /// The user or the application is known.
    Subject {
        /// Its name.
        name: Arc<str>,
        /// What it is: "standard employee", "extension".
        kind: Arc<str>,
        /// Not suspended.
        active: bool,
        /// None of its keys lets in any more.
        keyed_out: bool,
    },
    /// The endpoint is about registrations, and the type isn't known to be an extension's (APP-4).
    Forbidden {},
    /// The place that the request is about.
    Place {
        /// As asked.
        place: Arc<str>,
        /// Why nothing is permitted there, if so.
        #[serde(default)]
        closed: Option<Reason>,
    },
    /// The ways that were tried; permits unite.
    Ways {
        /// In the order in which the first permit gives the reason.
        ways: Vec<Way>,
        /// The reason where there is no way at all.
        otherwise: Reason,
        /// What every permit obliges to.
        #[serde(default)]
        always: Obligations,
    },
    /// A fact of a kind that this version doesn't know.
    #[serde(other)]
    Unknown,
}

/// What a denied request lacked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "miss", rename_all = "snake_case")]
pub enum Miss {
    /// The org is unknown or suspended.
    Org,
    /// The path can't be read.
    Path,
    /// No endpoint matches.
    Endpoint {
        /// Methods under which this path is known.
        methods: Vec<Arc<str>>,
        /// The endpoint of the same method that shares most of its segments from the left.
        #[serde(default)]
        nearest: Option<EndpointId>,
    },
    /// The endpoint has no resource that the catalogue knows.
    Resource {
        /// The resource it names, if any.
        #[serde(default)]
        named: Option<ResourceId>,
    },
    /// The store is unknown or suspended.
    Store,
    /// The till is unknown or suspended.
    Till,
    /// The user or the application is unknown or suspended, or its keys have ended.
    Subject,
    /// Neither the store nor the org has a group.
    Group,
    /// The cell lacks a level.
    Cell {
        /// The group.
        group: GroupId,
        /// The resource.
        resource: ResourceId,
        /// Data or Config.
        class: Class,
        /// Granted.
        held: Levels,
        /// Any of these would do.
        needed: Levels,
    },
    /// The cell would do, but leaves the endpoint out.
    Narrowed {
        /// The group.
        group: GroupId,
        /// The resource.
        resource: ResourceId,
        /// Data or Config.
        class: Class,
        /// The endpoint.
        endpoint: EndpointId,
    },
    /// The ways that came nearest: what each would have needed.
    Ways {
        /// The nearest first.
        ways: Vec<Way>,
    },
    /// A miss of a kind that this version doesn't know.
    #[serde(other)]
    Unknown,
}

/// A way to allow what was denied.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Remedy {
    /// The commands, in order; one as a rule.
    pub commands: Vec<Command>,
    /// What they do and whom they reach, for people.
    pub text: String,
}

/// Explains the answer to a request.
pub fn explain(state: &State, request: &Request<'_>) -> Explanation {
    let (decision, steps) = chain(state, request);
    let Decision { reason, would_deny, obligations } = decision;
    let mut explanation = Explanation {
        org: request.org.into(),
        subject: request.subject.to_string().into(),
        method: request.method().into(),
        path: request.path().into(),
        asked: people::asked(request.ask).into(),
        places: if obligations.contains(Obligations::PLACES) { reference::people::places(state, request) } else { Vec::new() },
        reason,
        would_deny,
        obligations,
        steps,
        sentence: String::new(),
        miss: None,
        remedies: Vec::new(),
    };
    explanation.miss = miss::nearest(state, request, &explanation);
    explanation.sentence = prose::sentence(&explanation);
    if reason.verdict() == Verdict::Deny || would_deny.is_some() {
        explanation.remedies = remedy::remedies(state, request);
    }
    explanation
}

impl Explanation {
    /// The answer.
    pub fn decision(&self) -> Decision {
        Decision { reason: self.reason, would_deny: self.would_deny, obligations: self.obligations }
    }

    /// Decides again, from the chain alone: the proof that nothing is missing from it.
    pub fn replay(&self) -> Decision {
        replay(&self.subject, !self.method.is_empty(), &self.steps).unwrap_or_else(Decision::from)
    }

    /// For a terminal: the answer, the chain, and what would allow it.
    pub fn lines(&self) -> Vec<String> {
        prose::lines(self)
    }
}

/// The facts in the order of the rules, and the reason that ended it.
fn chain(state: &State, request: &Request<'_>) -> (Decision, Vec<Step>) {
    let mut steps = Vec::new();
    let decision = walk(state, request, &mut steps).unwrap_or_else(Decision::from);
    (decision, steps)
}

fn walk(state: &State, request: &Request<'_>, steps: &mut Vec<Step>) -> Result<Decision, Reason> {
    let Some(org) = state.orgs.get(request.org) else { return Err(Reason::OrgUnknown) };
    let active = org.org.active;
    steps.push(Step::Org { org: org.org.org.clone(), name: org.org.name.as_str().into(), active });
    if !active {
        return Err(Reason::OrgSuspended);
    }
    if matches!(request.subject, Subject::User(_) | Subject::Application(_)) || !matches!(request.ask, Ask::Endpoint { .. }) {
        return people::walk(state, org, request, steps);
    }
    let called = endpoint(state, org, request, steps)?;
    let store = place(org, request.subject, steps)?;
    let Some((group, via)) = org.effective_group(store) else { return Err(Reason::NoAccessGroup) };
    let observe = org.observes(store);
    steps.push(Step::Group { group: group.id.clone(), name: group.name.as_str().into(), kind: group.kind, via, observe });
    let Some((endpoint, resource)) = called.mapped(org) else { return Ok(reference::observed(Reason::ResourceNone, via, observe)) };
    let (held, needed) = (group.levels(resource, endpoint.class), endpoint.needed());
    let admitted = group.admits(resource, endpoint.class, &endpoint.id);
    steps.push(Step::Cell {
        resource: resource.clone(),
        class: endpoint.class,
        held,
        needed,
        narrow: group.cell(resource, endpoint.class).and_then(|cell| cell.narrow.clone()),
        left_out: !admitted,
    });
    Ok(reference::observed(reference::judge(Cell { held, needed, admitted }, via), via, observe))
}

/// Step 4: the endpoint that a call reaches, which something could permit.
fn endpoint<'a>(state: &'a State, org: &'a OrgState, request: &Request<'_>, steps: &mut Vec<Step>) -> Result<Called<'a>, Reason> {
    let Some(path) = RequestPath::parse(request.path()) else { return Err(Reason::PathMalformed) };
    steps.push(Step::Path { segments: path.segments().map(|segment| segment.decoded().into()).collect() });
    let called = reference::matched(&state.platform, org, request.method(), path).ok_or(Reason::EndpointUnknown)?;
    let open = called.routes().is_some_and(|routes| routes.open);
    let routed = !called.is_unmapped(org);
    let resource = called.mapped(org);
    match called {
        Called::Own(endpoint) => steps.push(Step::Endpoint {
            endpoint: endpoint.id.clone(),
            template: endpoint.template.clone(),
            name: endpoint.name.as_ref().map(|name| name.as_str().into()),
            resource: endpoint.resource.clone(),
            mapped: resource.is_some(),
            class: endpoint.class,
            level: endpoint.level,
            needed: endpoint.needed(),
            open,
            routed,
        }),
        Called::Platform(endpoint) => steps.push(Step::Endpoint {
            endpoint: endpoint.id.clone(),
            template: endpoint.template.clone(),
            name: None,
            resource: None,
            mapped: false,
            class: Class::Data,
            level: Level::of_method(request.method()),
            needed: Levels::empty(),
            open,
            routed,
        }),
    }
    if open {
        return Err(Reason::PermitOpen);
    }
    if !routed {
        return Err(Reason::EndpointUnmapped);
    }
    Ok(called)
}

fn place<'a>(org: &'a OrgState, subject: Subject<'_>, steps: &mut Vec<Step>) -> Result<&'a Arc<Store>, Reason> {
    let (store, till) = names(subject).ok_or(Reason::TillUnknown)?;
    let store = org.stores.get(store).ok_or(Reason::StoreUnknown)?;
    steps.push(Step::Store {
        store: store.code.clone(),
        name: store.name.as_str().into(),
        zone: store.zone.clone(),
        zone_name: store.zone.as_ref().and_then(|zone| org.zones.get(zone)).map(|zone| zone.name.as_str().into()),
        active: store.active,
    });
    if !store.active {
        return Err(Reason::StoreInactive);
    }
    let Some(till) = till else { return Ok(store) };
    let till = till.parse().ok().and_then(|till| org.tills.get(&(store.code.clone(), till))).ok_or(Reason::TillUnknown)?;
    steps.push(Step::Till { till: till.code.clone(), active: till.active });
    if till.active { Ok(store) } else { Err(Reason::TillSuspended) }
}

/// The codes of store and till that a subject names; none for a till without a slash.
fn names(subject: Subject<'_>) -> Option<(&str, Option<&str>)> {
    match subject {
        Subject::Store(store) => Some((store, None)),
        Subject::Till(id) => id.rsplit_once('/').map(|(store, till)| (store, Some(till))),
        Subject::User(_) | Subject::Application(_) => None,
    }
}

/// The reason that a chain proves.
fn replay(subject: &str, call: bool, steps: &[Step]) -> Result<Decision, Reason> {
    let subject = Subject::parse(subject).unwrap_or(Subject::Till(subject));
    if let Some(reason) = replay_org(steps) {
        return Err(reason);
    }
    let place = matches!(subject, Subject::Till(_) | Subject::Store(_));
    if !place {
        return people::replay(steps, place, call);
    }
    if call && let Some(reason) = replay_endpoint(steps) {
        return Err(reason);
    }
    let Some((_, till)) = names(subject) else { return Err(Reason::TillUnknown) };
    match steps.iter().find_map(|step| if let Step::Store { active, .. } = step { Some(*active) } else { None }) {
        None => return Err(Reason::StoreUnknown),
        Some(false) => return Err(Reason::StoreInactive),
        Some(true) => {}
    }
    if till.is_some() {
        match steps.iter().find_map(|step| if let Step::Till { active, .. } = step { Some(*active) } else { None }) {
            None => return Err(Reason::TillUnknown),
            Some(false) => return Err(Reason::TillSuspended),
            Some(true) => {}
        }
    }
    if !call {
        return people::replay(steps, place, call);
    }
    let group = steps.iter().find_map(|step| if let Step::Group { via, observe, .. } = step { Some((*via, *observe)) } else { None });
    let Some((via, observe)) = group else { return Err(Reason::NoAccessGroup) };
    let cell = steps.iter().find_map(|step| match step {
        Step::Cell { held, needed, left_out, .. } => Some(Cell { held: *held, needed: *needed, admitted: !left_out }),
        Step::Org { .. }
        | Step::Path { .. }
        | Step::Endpoint { .. }
        | Step::Store { .. }
        | Step::Till { .. }
        | Step::Group { .. }
        | Step::Subject { .. }
        | Step::Forbidden {}
        | Step::Place { .. }
        | Step::Ways { .. }
        | Step::Unknown => None,
    });
    // An endpoint without a resource is reached by other ways only, and a till has none of them.
    let cell = cell.unwrap_or(Cell { held: Levels::empty(), needed: Levels::all(), admitted: true });
    Ok(reference::observed(reference::judge(cell, via), via, observe))
}

fn replay_org(steps: &[Step]) -> Option<Reason> {
    match steps.iter().find_map(|step| if let Step::Org { active, .. } = step { Some(*active) } else { None }) {
        None => Some(Reason::OrgUnknown),
        Some(false) => Some(Reason::OrgSuspended),
        Some(true) => None,
    }
}

fn replay_endpoint(steps: &[Step]) -> Option<Reason> {
    if !steps.iter().any(|step| matches!(step, Step::Path { .. })) {
        return Some(Reason::PathMalformed);
    }
    let endpoint = steps.iter().find_map(|step| if let Step::Endpoint { mapped, open, routed, .. } = step { Some((*mapped, *open, *routed)) } else { None });
    match endpoint {
        None => Some(Reason::EndpointUnknown),
        Some((_, true, _)) => Some(Reason::PermitOpen),
        Some((false, false, false)) => Some(Reason::EndpointUnmapped),
        Some(_) => None,
    }
}
