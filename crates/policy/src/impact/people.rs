//! Whose access would change among users and applications, and by what: exactly those for whom a fact that decisions
//! rest on differs. Subjects with the same assignments are compared once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::holdings::{self, Holding};
use crate::ids::*;
use crate::limits::EXAMPLES_MAX;
use crate::object::*;
use crate::outcome::Change;
use crate::place::Place;
use crate::state::{OrgState, State};

/// Users or applications who gain and lose the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeopleRow {
    /// How many they are.
    pub subjects: u64,
    /// Some of them, as `type:id`.
    pub examples: Vec<Arc<str>>,
    /// How many facts each gains.
    pub gained: u64,
    /// How many each loses.
    pub lost: u64,
    /// Some of what is gained.
    pub gained_examples: Vec<Holding>,
    /// Some of what is lost.
    pub lost_examples: Vec<Holding>,
}

impl PeopleRow {
    /// Sentences for people.
    pub fn lines(&self) -> Vec<String> {
        let named = self.examples.iter().take(3).map(|id| id.to_string()).collect::<Vec<_>>().join(", ");
        let more = self.subjects.saturating_sub(3.min(self.examples.len() as u64));
        let who = if more > 0 { format!("{named} and {more} more") } else { named };
        let mut lines = vec![format!("{who}: {} gained, {} lost", self.gained, self.lost)];
        for (word, all, count) in [("lose", &self.lost_examples, self.lost), ("gain", &self.gained_examples, self.gained)] {
            let s = if self.subjects == 1 { "s" } else { "" };
            lines.extend(all.iter().map(|holding| format!("  {word}{s} {holding}")));
            let rest = count.saturating_sub(all.len() as u64);
            if rest > 0 {
                lines.push(format!("  {word}{s} {rest} more"));
            }
        }
        lines
    }
}

/// The rows of an org, those of most subjects first.
pub fn rows<'a>(before: &State, after: &State, old: &OrgState, new: &OrgState, changes: impl Iterator<Item = &'a Change>) -> Vec<PeopleRow> {
    let touched = Touched::by(before, old, new, changes);
    let mut moves: BTreeMap<LostAndGained, Vec<Arc<str>>> = BTreeMap::new();
    let mut seen: BTreeMap<Class, LostAndGained> = BTreeMap::new();
    for id in touched.users(old, new) {
        let class: Class = (old.users.get(&id).map(|user| nameless(user)), new.users.get(&id).map(|user| nameless(user)));
        let moved = seen.entry(class).or_insert_with(|| {
            let was = old.users.get(&id).map(|user| holdings::of_user(before, old, user)).unwrap_or_default();
            let is = new.users.get(&id).map(|user| holdings::of_user(after, new, user)).unwrap_or_default();
            touched.differ(old, new, was, is)
        });
        if moved.0 != moved.1 {
            moves.entry(moved.clone()).or_default().push(format!("user:{id}").into());
        }
    }
    for id in touched.applications(old, new) {
        let was = old.applications.get(&id).map(|application| holdings::of_application(before, old, application)).unwrap_or_default();
        let is = new.applications.get(&id).map(|application| holdings::of_application(after, new, application)).unwrap_or_default();
        let moved = touched.differ(old, new, was, is);
        if moved.0 != moved.1 {
            moves.entry(moved).or_default().push(format!("application:{id}").into());
        }
    }
    let mut rows: Vec<PeopleRow> = moves.into_iter().map(|((lost, gained), subjects)| row(&lost, &gained, subjects)).collect();
    rows.sort_by(|a, b| b.subjects.cmp(&a.subjects).then_with(|| a.examples.cmp(&b.examples)));
    rows
}

fn row(lost: &BTreeSet<Holding>, gained: &BTreeSet<Holding>, subjects: Vec<Arc<str>>) -> PeopleRow {
    PeopleRow {
        subjects: subjects.len() as u64,
        examples: subjects.into_iter().take(EXAMPLES_MAX).collect(),
        gained: gained.len() as u64,
        lost: lost.len() as u64,
        gained_examples: gained.iter().take(EXAMPLES_MAX).cloned().collect(),
        lost_examples: lost.iter().take(EXAMPLES_MAX).cloned().collect(),
    }
}

type LostAndGained = (BTreeSet<Holding>, BTreeSet<Holding>);

/// Users with the same type and assignments hold the same.
type Class = (Option<Nameless>, Option<Nameless>);

type Nameless = (UserType, bool, Audience, Vec<Place>, Vec<Membership>, Vec<SetGrant>, Vec<RoleGrant>);

fn nameless(user: &User) -> Nameless {
    let more = user.more();
    (user.user_type, user.active, more.audience, more.places.clone(), more.groups.clone(), more.sets.clone(), more.roles.clone())
}

/// Whom changes may touch.
#[derive(Default)]
struct Touched {
    /// Everybody: what all decisions read has changed.
    all: bool,
    users: BTreeSet<UserId>,
    applications: BTreeSet<ApplicationId>,
    /// Places that lie elsewhere in the trees than before.
    moved: BTreeSet<Place>,
}

impl Touched {
    fn by<'a>(before: &State, old: &OrgState, new: &OrgState, changes: impl Iterator<Item = &'a Change>) -> Self {
        let mut touched = Self::default();
        for change in changes {
            match change.after.as_ref().or(change.before.as_ref()) {
                Some(Object::User(user)) => {
                    touched.users.insert(user.id.clone());
                }
                Some(Object::UserGroup(group)) => touched.members(old, new, &group.id),
                Some(Object::Control(control)) => {
                    let groups = [old, new].into_iter().filter_map(|org| org.control_groups.get(&control.id)).flatten();
                    groups.for_each(|group| touched.members(old, new, group));
                }
                Some(Object::Set(set)) => {
                    touched.users.extend([old, new].into_iter().filter_map(|org| org.set_users.get(&set.id)).flatten().cloned());
                }
                Some(Object::Role(role)) => {
                    touched.users.extend([old, new].into_iter().filter_map(|org| org.role_users.get(&role.id)).flatten().cloned());
                    let holders = [old, new].into_iter().filter_map(|org| org.role_applications.get(&role.id));
                    touched.applications.extend(holders.flatten().cloned());
                }
                Some(Object::Application(application)) => {
                    touched.applications.insert(application.id.clone());
                }
                Some(Object::Group(group)) => {
                    let holders = [old, new].into_iter().filter_map(|org| org.group_applications.get(&group.id));
                    touched.applications.extend(holders.flatten().cloned());
                }
                Some(Object::Store(store)) => {
                    let place = |org: &OrgState| org.stores.get(&store.code).map(|store| (store.zone.clone(), store.concept.clone()));
                    if place(old).zip(place(new)).is_some_and(|(was, is)| was != is) {
                        touched.moved.insert(Place::Store(store.code.clone()));
                    }
                }
                Some(Object::Zone(zone)) => {
                    let parent = |org: &OrgState| org.zones.get(&zone.code).map(|zone| zone.parent.clone());
                    if parent(old) != parent(new) {
                        for org in [old, new] {
                            let below = org.zones_below(&zone.code);
                            let stores = OrgState::stores_of(&below, &org.zone_stores).into_iter().flatten().cloned().map(Place::Store);
                            touched.moved.extend(stores.chain(below.iter().cloned().map(Place::Zone)));
                        }
                    }
                }
                Some(Object::Concept(concept)) => {
                    let parent = |org: &OrgState| org.concepts.get(&concept.code).map(|concept| concept.parent.clone());
                    if parent(old) != parent(new) {
                        for org in [old, new] {
                            let below = org.concepts_below(&concept.code);
                            let stores = OrgState::stores_of(&below, &org.concept_stores).into_iter().flatten().cloned().map(Place::Store);
                            touched.moved.extend(stores.chain(below.iter().cloned().map(Place::Concept)));
                        }
                    }
                }
                Some(Object::Org(_)) => touched.all |= old.org.active != new.org.active,
                Some(Object::Endpoint(endpoint)) => {
                    // One that only a resource opens is reached by access groups alone; and it may hide the platform's.
                    let routed = [old, new].iter().filter_map(|org| org.endpoints.get(&endpoint.id)).any(|endpoint| endpoint.routes.is_some());
                    touched.all |= routed || before.platform.endpoint(&endpoint.id).is_some();
                    touched.of_groups(old, new);
                }
                Some(Object::Resource(_)) => touched.of_groups(old, new),
                Some(Object::Scope(_) | Object::Entity(_) | Object::Platform(_) | Object::Clock(_)) => touched.all = true,
                Some(
                    Object::Credential(_)
                    | Object::Cluster(_)
                    | Object::Till(_)
                    | Object::Retired(_)
                    | Object::Override(_)
                    | Object::Settings(_)
                    | Object::Proposal(_),
                )
                | None => {}
            }
        }
        touched
    }

    fn members(&mut self, old: &OrgState, new: &OrgState, group: &UserGroupId) {
        self.users.extend([old, new].into_iter().filter_map(|org| org.group_users.get(group)).flatten().cloned());
    }

    /// Applications with an access group.
    fn of_groups(&mut self, old: &OrgState, new: &OrgState) {
        self.applications.extend([old, new].into_iter().flat_map(|org| org.group_applications.values()).flatten().cloned());
    }

    fn everybody(&self) -> bool {
        self.all || !self.moved.is_empty()
    }

    fn users(&self, old: &OrgState, new: &OrgState) -> BTreeSet<UserId> {
        if self.everybody() { old.users.keys().chain(new.users.keys()).cloned().collect() } else { self.users.clone() }
    }

    fn applications(&self, old: &OrgState, new: &OrgState) -> BTreeSet<ApplicationId> {
        if self.everybody() { old.applications.keys().chain(new.applications.keys()).cloned().collect() } else { self.applications.clone() }
    }

    /// What is lost and what is gained, over moved places too.
    fn differ(&self, old: &OrgState, new: &OrgState, was: BTreeSet<Holding>, is: BTreeSet<Holding>) -> LostAndGained {
        let (mut before, mut after) = (was.clone(), is.clone());
        for place in &self.moved {
            // A place that comes or goes, or a store that is suspended, opens or closes for everybody: that is told of it.
            let live = |org: &OrgState| match place {
                Place::Store(code) => org.stores.get(code).is_some_and(|store| store.active),
                Place::Org | Place::Zone(_) | Place::Concept(_) => place.is_known(org),
            };
            if live(old) && live(new) {
                before.extend(holdings::over(old, &was, place));
                after.extend(holdings::over(new, &is, place));
            }
        }
        (before.difference(&after).cloned().collect(), after.difference(&before).cloned().collect())
    }
}
