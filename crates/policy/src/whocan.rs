//! Who can: every subject that may do something, in pages, exact at one revision.
//!
//! Users and applications are asked one by one, from the index. Stores and tills are not: those with the same explicit
//! group, or with none, are answered alike, so each such class is judged once, and a page lists active members of those
//! that pass. A store that may do nothing is never looked at when no class passes, however many there are.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::decide::decide;
use crate::decision::{Ask, Context, Decision, Reason, Request, Subject, Verdict};
use crate::ids::*;
use crate::index::Index;
use crate::limits::PAGE_ROWS_MAX;
use crate::object::Store;
use crate::reference::{self, Called, Cell};
use crate::state::{OrgState, State, Via};

/// A request without its subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deed<'a> {
    /// The org.
    pub org: &'a str,
    /// What is asked for.
    pub ask: Ask<'a>,
    /// What else is known.
    pub context: Context<'a>,
}

impl<'a> Deed<'a> {
    /// The request of a subject to do it.
    pub fn by(&self, subject: Subject<'a>) -> Request<'a> {
        Request { org: self.org, subject, ask: self.ask, context: self.context }
    }
}

/// Kinds of subjects, in the order in which pages list them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// Users.
    User,
    /// Applications.
    Application,
    /// Stores.
    Store,
    /// Tills.
    Till,
}

impl SubjectKind {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::User, Self::Application, Self::Store, Self::Till];
}

/// Which part of the answer is wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PageOf {
    /// Subjects of this kind only.
    #[serde(default)]
    pub kind: Option<SubjectKind>,
    /// Those after this subject, `type:id`, which need not be one of them any more.
    #[serde(default)]
    pub after: Option<Arc<str>>,
    /// So many at most, within the limit of a page.
    pub rows: usize,
}

/// A subject that may.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Able {
    /// The subject, as `type:id`.
    pub subject: Arc<str>,
    /// Why, and what has to be seen to.
    pub decision: Decision,
}

/// A page of those that may.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WhoCan {
    /// They, by kind and then by id.
    pub rows: Vec<Able>,
    /// What to ask for after this page; none if nobody follows.
    pub next: Option<Arc<str>>,
    /// How many there are of each kind asked for, on all pages. Counted on the first page only: it takes a look at every user.
    #[serde(default)]
    pub totals: Vec<(SubjectKind, u64)>,
}

/// Who may do it. An error is a cursor that can't be read.
pub fn who_can(state: &State, index: &Index, deed: &Deed<'_>, page: &PageOf) -> Result<WhoCan, String> {
    let Some(org) = state.orgs.get(deed.org) else { return Ok(WhoCan::default()) };
    let after = page.after.as_deref().map(Cursor::parse).transpose()?;
    let search = Search { org, index, deed, places: Places::of(state, org, deed) };
    let wanted = page.rows.clamp(1, PAGE_ROWS_MAX);
    let kinds = SubjectKind::ALL.into_iter().filter(|kind| page.kind.is_none_or(|only| only == *kind));
    let totals = if after.is_none() { kinds.clone().map(|kind| (kind, search.total(kind))).collect() } else { Vec::new() };
    let mut rows = Vec::new();
    for kind in kinds {
        let from = match &after {
            Some(cursor) if cursor.kind > kind => continue,
            Some(cursor) if cursor.kind == kind => Some(cursor),
            Some(_) | None => None,
        };
        // One more than wanted says whether anybody follows.
        let lacking = wanted + 1 - rows.len();
        match kind {
            SubjectKind::User => rows.extend(search.users(from).take(lacking)),
            SubjectKind::Application => rows.extend(search.applications(from).take(lacking)),
            SubjectKind::Store => rows.extend(search.stores(from).take(lacking)),
            SubjectKind::Till => rows.extend(search.tills(from).take(lacking)),
        }
        if rows.len() > wanted {
            break;
        }
    }
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let next = if more { rows.last().map(|last| last.subject.clone()) } else { None };
    Ok(WhoCan { rows, next, totals })
}

/// The subject after which a page begins.
#[derive(Clone, Debug)]
struct Cursor {
    kind: SubjectKind,
    id: String,
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, String> {
        let subject = Subject::parse(text)?;
        let (kind, id) = match subject {
            Subject::User(id) => (SubjectKind::User, id),
            Subject::Application(id) => (SubjectKind::Application, id),
            Subject::Store(id) => (SubjectKind::Store, id),
            Subject::Till(id) => (SubjectKind::Till, id),
        };
        Ok(Self { kind, id: id.to_owned() })
    }
}

/// Which classes of stores may: those of one explicit group, observed or not, and those that inherit.
enum Places<'a> {
    /// None.
    None,
    /// All that there are, suspended ones too: the endpoint is open to everybody.
    All,
    /// Active ones of these classes.
    Classes(BTreeMap<Option<(&'a GroupId, bool)>, Decision>),
}

impl<'a> Places<'a> {
    fn of(state: &State, org: &'a OrgState, deed: &Deed<'_>) -> Self {
        let Ask::Endpoint { method, path } = deed.ask else { return Self::None };
        let Ok(called) = Called::find(&state.platform, org, method, path) else { return Self::None };
        if !org.org.active {
            return Self::None;
        }
        if called.routes().is_some_and(|routes| routes.open) {
            return Self::All;
        }
        if called.is_unmapped(org) {
            return Self::None;
        }
        let judged = org.members.keys().filter_map(|class| {
            let (id, via, observes) = match class {
                Some((group, observes)) => (group, Via::Explicit, *observes),
                None => (org.org.default_group.as_ref()?, Via::Default, org.org.default_observe),
            };
            let group = org.groups.get(id)?;
            let reason = called.mapped(org).map_or(Reason::ResourceNone, |endpoint| reference::judge(Cell::of(group, endpoint), via));
            let decision = reference::observed(reason, via, observes);
            let class = class.as_ref().map(|(group, observes)| (group, *observes));
            (decision.verdict() == Verdict::Permit).then_some((class, decision))
        });
        let classes: BTreeMap<_, _> = judged.collect();
        if classes.is_empty() { Self::None } else { Self::Classes(classes) }
    }
}

fn class_of(store: &Store) -> Option<(&GroupId, bool)> {
    store.group.as_ref().map(|group| (group, store.observe))
}

struct Search<'a> {
    org: &'a OrgState,
    index: &'a Index,
    deed: &'a Deed<'a>,
    places: Places<'a>,
}

type Rows<'a> = Box<dyn Iterator<Item = Able> + 'a>;

impl<'a> Search<'a> {
    fn able(&self, subject: Subject<'_>) -> Option<Able> {
        let decision = decide(self.index, &Deed { ..*self.deed }.by(subject));
        (decision.verdict() == Verdict::Permit).then(|| Able { subject: subject.to_string().into(), decision })
    }

    fn users(&self, from: Option<&Cursor>) -> impl Iterator<Item = Able> {
        let after = from.map_or(Bound::Unbounded, |cursor| Bound::Excluded(cursor.id.as_str()));
        let users = self.org.users.range::<_, str>((after, Bound::Unbounded));
        users.filter_map(|(id, _)| self.able(Subject::User(id.as_str())))
    }

    fn applications(&self, from: Option<&Cursor>) -> impl Iterator<Item = Able> {
        let after = from.map_or(Bound::Unbounded, |cursor| Bound::Excluded(cursor.id.as_str()));
        let applications = self.org.applications.range::<_, str>((after, Bound::Unbounded));
        applications.filter_map(|(id, _)| self.able(Subject::Application(id.as_str())))
    }

    /// Stores that may, from a code on, with their answer.
    fn open_stores<'s>(&'s self, after: Bound<&'s str>) -> Box<dyn Iterator<Item = (&'s Arc<Store>, Decision)> + 's> {
        let range = (after, Bound::Unbounded);
        match &self.places {
            Places::None => Box::new(std::iter::empty()),
            Places::All => Box::new(self.org.stores.range::<_, str>(range).map(|(_, store)| (store, Reason::PermitOpen.into()))),
            Places::Classes(classes) => {
                let judge = |store: &'s Arc<Store>| {
                    let decision = classes.get(&class_of(store)).filter(|_| store.active)?;
                    Some((store, *decision))
                };
                if classes.contains_key(&None) {
                    return Box::new(self.org.stores.range::<_, str>(range).filter_map(move |(_, store)| judge(store)));
                }
                // Explicit ones only: their lists, each in order, merged.
                let mut groups: Vec<&GroupId> = classes.keys().filter_map(|class| class.map(|(group, _)| group)).collect();
                groups.dedup();
                let lists = groups.into_iter().filter_map(|group| self.org.allocated.get(group));
                let mut lists: Vec<_> = lists.map(|list| list.range::<_, str>(range).peekable()).collect();
                let merged = std::iter::from_fn(move || {
                    let first = lists.iter_mut().filter_map(|list| list.peek().copied()).min()?;
                    lists.iter_mut().find_map(|list| list.next_if_eq(&first))
                });
                Box::new(merged.filter_map(|code| self.org.stores.get(code)).filter_map(judge))
            }
        }
    }

    fn stores<'s>(&'s self, from: Option<&'s Cursor>) -> impl Iterator<Item = Able> + 's {
        let after = from.map_or(Bound::Unbounded, |cursor| Bound::Excluded(cursor.id.as_str()));
        self.open_stores(after).map(|(store, decision)| Able { subject: format!("store:{}", store.code).into(), decision })
    }

    fn tills<'s>(&'s self, from: Option<&'s Cursor>) -> Rows<'s> {
        let after = from.and_then(|cursor| cursor.id.rsplit_once('/'));
        let able = |store: &StoreCode, till: &TillCode, decision: Decision| Able { subject: format!("till:{store}/{till}").into(), decision };
        if let Places::All = self.places {
            let passed = move |store: &str, till: &str| after.is_none_or(|(last_store, last_till)| (store, till) > (last_store, last_till));
            let from = after.and_then(|(store, till)| Some((store.parse().ok()?, till.parse().ok()?)));
            let from: Bound<(StoreCode, TillCode)> = from.map_or(Bound::Unbounded, Bound::Excluded);
            let tills = self.org.tills.range((from, Bound::Unbounded));
            let tills = tills.filter(move |((store, till), _)| passed(store.as_str(), till.as_str()));
            return Box::new(tills.map(move |((store, till), _)| able(store, till, Reason::PermitOpen.into())));
        }
        if self.total(SubjectKind::Till) == 0 {
            return Box::new(std::iter::empty());
        }
        let bound = after.map_or(Bound::Unbounded, |(store, _)| Bound::Included(store));
        let passed = move |store: &StoreCode, till: &TillCode| after.is_none_or(|(last_store, last_till)| (store.as_str(), till.as_str()) > (last_store, last_till));
        Box::new(self.open_stores(bound).flat_map(move |(store, decision)| {
            let tills = self.org.tills_of(&store.code).filter(move |till| till.active && passed(&till.store, &till.code));
            tills.map(move |till| able(&till.store, &till.code, decision))
        }))
    }

    fn total(&self, kind: SubjectKind) -> u64 {
        let members = |classes: &BTreeMap<Option<(&GroupId, bool)>, Decision>, count: fn(&crate::state::Members) -> u64| -> u64 {
            let of = |class: &Option<(&GroupId, bool)>| self.org.members.get(&class.map(|(group, observes)| (group.clone(), observes)));
            classes.keys().filter_map(of).map(count).sum()
        };
        match (kind, &self.places) {
            (SubjectKind::User, _) => self.users(None).count() as u64,
            (SubjectKind::Application, _) => self.applications(None).count() as u64,
            (SubjectKind::Store | SubjectKind::Till, Places::None) => 0,
            (SubjectKind::Store, Places::All) => self.org.stores.len() as u64,
            (SubjectKind::Till, Places::All) => self.org.tills.len() as u64,
            (SubjectKind::Store, Places::Classes(classes)) => members(classes, |members| members.stores_active),
            (SubjectKind::Till, Places::Classes(classes)) => members(classes, |members| members.tills_live),
        }
    }
}
