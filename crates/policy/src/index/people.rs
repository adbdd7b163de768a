//! The users and applications of an org, and which of their records a change makes stale.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::Arc;

use foldhash::quality::FixedState;
use imbl::GenericHashMap;
use imbl::shared_ptr::DefaultSharedPtr;

use super::blocks::Blocks;
use super::names::Names;
use super::person::{self, Atlas, Closures, Person};
use crate::ids::*;
use crate::object::{CredentialKind, Object};
use crate::outcome::Change;
use crate::state::{OrgState, State};

type Table<K, V> = GenericHashMap<K, V, FixedState, DefaultSharedPtr>;

fn table<K: Hash + Eq + Clone, V: Clone>(seed: u64) -> Table<K, V> {
    Table::with_hasher(FixedState::with_seed(seed))
}

/// Stores that assignments name, by number. A number is kept for as long as this index lives.
#[derive(Clone, Debug)]
pub struct NamedStores {
    numbers: Table<StoreCode, u32>,
    codes: Blocks<StoreCode>,
}

impl NamedStores {
    /// The number of a store that has one.
    pub fn number(&self, code: &str) -> Option<u32> {
        self.numbers.get(code).copied()
    }

    /// The store of a number.
    pub fn code(&self, number: u32) -> Option<&StoreCode> {
        self.codes.get(number as usize)
    }

    /// The number of a store, made if it is new.
    pub fn intern(&mut self, code: &StoreCode) -> u32 {
        if let Some(number) = self.number(code.as_str()) {
            return number;
        }
        let number = u32::try_from(self.codes.len()).unwrap_or(u32::MAX);
        self.codes.push(code.clone());
        self.numbers.insert(code.clone(), number);
        number
    }
}

/// The people of an org.
#[derive(Clone, Debug)]
pub struct People {
    users: Table<UserId, Arc<Person>>,
    applications: Table<ApplicationId, Arc<Person>>,
    /// Stores that their assignments name.
    pub stores: NamedStores,
    seed: u64,
}

impl People {
    /// Nobody. The seed need only be unknown to whoever chooses ids.
    pub fn nobody(seed: u64) -> Self {
        let stores = NamedStores { numbers: table(seed), codes: Blocks::new([]) };
        Self { users: table(seed), applications: table(seed), stores, seed }
    }

    /// Nobody any more.
    pub fn forget(&mut self) {
        *self = Self::nobody(self.seed);
    }

    /// A user.
    pub fn user(&self, id: &str) -> Option<&Person> {
        self.users.get(id).map(|person| &**person)
    }

    /// An application.
    pub fn application(&self, id: &str) -> Option<&Person> {
        self.applications.get(id).map(|person| &**person)
    }
}

/// What changed of an org that records of people, or what they refer to, are made of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Touched {
    /// Scopes, entities or the platform's catalogue: all of it.
    Names,
    /// Zones or concepts.
    Trees,
    /// A user.
    User(UserId),
    /// A user group, so its members.
    Group(UserGroupId),
    /// An access control, so the members of its groups.
    Control(ControlId),
    /// A permission set, so its users.
    Set(SetId),
    /// A role, so its users and applications.
    Role(RoleId),
    /// An application.
    Application(ApplicationId),
}

impl Touched {
    /// What a change touches: of what was there before, and of what is there after.
    pub fn by(change: &Change) -> impl Iterator<Item = (OrgCode, Self)> + '_ {
        change.before.iter().chain(&change.after).filter_map(Self::by_object)
    }

    fn by_object(object: &Object) -> Option<(OrgCode, Self)> {
        let what = match object {
            Object::Zone(_) | Object::Concept(_) => Self::Trees,
            Object::User(o) => Self::User(o.id.clone()),
            Object::Scope(_) | Object::Entity(_) => Self::Names,
            Object::Control(o) => Self::Control(o.id.clone()),
            Object::UserGroup(o) => Self::Group(o.id.clone()),
            Object::Set(o) => Self::Set(o.id.clone()),
            Object::Role(o) => Self::Role(o.id.clone()),
            Object::Application(o) => Self::Application(o.id.clone()),
            Object::Credential(o) => match &o.kind {
                CredentialKind::Application { application, .. } => Self::Application(application.clone()),
                CredentialKind::Operator
                | CredentialKind::User { .. }
                | CredentialKind::EnforcementPoint { .. }
                | CredentialKind::Invitation { .. } => return None,
            },
            // The platform and the clock touch orgs that they don't name.
            Object::Platform(_)
            | Object::Clock(_)
            | Object::Cluster(_)
            | Object::Org(_)
            | Object::Store(_)
            | Object::Till(_)
            | Object::Resource(_)
            | Object::Endpoint(_)
            | Object::Group(_)
            | Object::Retired(_)
            | Object::Override(_)
            | Object::Proposal(_)
            | Object::Settings(_) => return None,
        };
        Some((object.org()?.clone(), what))
    }

    /// What flips between two moments, in whichever order they come.
    pub fn by_clock(state: &State, from: Tick, to: Tick) -> Vec<(OrgCode, Self)> {
        let (first, last) = (from.min(to), from.max(to));
        let after = (Tick(first.0.saturating_add(1)), ObjectId::Cluster);
        let flips = state.moments.range(after..).take_while(|(moment, _)| *moment <= last);
        flips.filter_map(|(_, id)| Self::by_object(&state.get(id)?)).collect()
    }

    fn users(&self, org: &OrgState, all: &mut BTreeSet<UserId>) {
        let of_group = |group: &UserGroupId, all: &mut BTreeSet<UserId>| all.extend(org.group_users.get(group).into_iter().flatten().cloned());
        match self {
            Self::Names => all.extend(org.users.keys().cloned()),
            Self::User(id) => {
                all.insert(id.clone());
            }
            Self::Group(group) => of_group(group, all),
            Self::Control(control) => org.control_groups.get(control).into_iter().flatten().for_each(|group| of_group(group, all)),
            Self::Set(set) => all.extend(org.set_users.get(set).into_iter().flatten().cloned()),
            Self::Role(role) => all.extend(org.role_users.get(role).into_iter().flatten().cloned()),
            Self::Trees | Self::Application(_) => {}
        }
    }

    fn applications(&self, org: &OrgState, all: &mut BTreeSet<ApplicationId>) {
        match self {
            Self::Names => all.extend(org.applications.keys().cloned()),
            Self::Role(role) => all.extend(org.role_applications.get(role).into_iter().flatten().cloned()),
            Self::Application(id) => {
                all.insert(id.clone());
            }
            Self::Trees | Self::User(_) | Self::Group(_) | Self::Control(_) | Self::Set(_) => {}
        }
    }
}

impl People {
    /// Reads again whoever is touched.
    pub fn refresh(
        &mut self,
        state: &State,
        org: &OrgState,
        touched: &[Touched],
        names: &Names,
        (zones, concepts): (&mut super::trees::Tree<ZoneCode>, &mut super::trees::Tree<ConceptCode>),
        mut slot: impl FnMut(&GroupId) -> u32,
    ) {
        let (mut users, mut applications) = (BTreeSet::new(), BTreeSet::new());
        for what in touched {
            what.users(org, &mut users);
            what.applications(org, &mut applications);
        }
        let mut closures = Closures::new();
        let mut atlas = Atlas { zones, concepts, stores: &mut self.stores };
        for id in users {
            match org.users.get(&id) {
                Some(user) => {
                    let person = person::of_user(state, org, user, names, &mut atlas, &mut closures);
                    self.users.insert(id, Arc::new(person));
                }
                None => {
                    self.users.remove(&id);
                }
            }
        }
        for id in applications {
            match org.applications.get(&id) {
                Some(application) => {
                    let group = application.group.as_ref().map_or(0, |group| slot(group).saturating_add(1));
                    let person = person::of_application(state, org, application, names, &mut atlas, group);
                    self.applications.insert(id, Arc::new(person));
                }
                None => {
                    self.applications.remove(&id);
                }
            }
        }
    }
}
