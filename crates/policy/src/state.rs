//! The state: one immutable, cheaply cloned value. A snapshot is a clone; a preview is a clone with changes.
//!
//! Invariants, kept by `put` and `remove`, which are the only way in:
//! - everything outside `objects` of an org (names, members, counts) is derived from the objects alone;
//! - applying a change twice, or changes in the order they were planned after a crash, ends in the same state;
//! - nothing here can fail: whatever could be wrong was rejected by `plan`.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use crate::ids::*;
use crate::object::*;
use crate::outcome::Recorded;

mod put;

/// All policy at one revision, and what replicating it needs.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// How often policy has changed.
    pub revision: Revision,
    /// Replicated time.
    pub tick: Tick,
    /// The cluster's record; none before its first entry.
    pub cluster: Option<Arc<Cluster>>,
    /// Orgs.
    pub orgs: OrdMap<OrgCode, OrgState>,
    /// Credentials, revoked ones too.
    pub credentials: OrdMap<CredentialId, Arc<Credential>>,
    /// Credentials that let somebody in, by their secret.
    pub by_secret: OrdMap<Secret, CredentialId>,
    /// Outcomes of requests, by id.
    pub requests: OrdMap<RequestId, Arc<Recorded>>,
    /// No outcome of an id up to this one is kept: such a request is expired.
    pub requests_floor: RequestId,
    /// Head of the chain over the history of changes.
    pub history: [u8; 32],
    /// Number of rows in that chain.
    pub audit_rows: u64,
    /// The platform's catalogue.
    pub platform: Arc<Platform>,
    /// The moment up to which what is bounded in time has flipped. Moved by replicated ticks, only when something flips,
    /// so that every replica flips it at the same revision.
    pub clock: Tick,
    /// Its record; none before the first flip.
    pub clock_record: Option<Arc<Clock>>,
    /// Derived: moments at which an object flips.
    pub moments: OrdSet<(Tick, ObjectId)>,
}

/// Members of one class: those with the same explicit group, or those that inherit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Members {
    /// Stores, active or not.
    pub stores: u64,
    /// Active stores.
    pub stores_active: u64,
    /// Tills, active or not.
    pub tills: u64,
    /// Active tills of active stores: those that a decision can permit.
    pub tills_live: u64,
}

impl Members {
    fn add(&mut self, other: Self) {
        self.stores += other.stores;
        self.stores_active += other.stores_active;
        self.tills += other.tills;
        self.tills_live += other.tills_live;
    }

    fn take(&mut self, other: Self) {
        self.stores = self.stores.saturating_sub(other.stores);
        self.stores_active = self.stores_active.saturating_sub(other.stores_active);
        self.tills = self.tills.saturating_sub(other.tills);
        self.tills_live = self.tills_live.saturating_sub(other.tills_live);
    }
}

/// One org's part of the state.
#[derive(Clone, Debug)]
pub struct OrgState {
    /// Its own record.
    pub org: Arc<Org>,
    /// Zones.
    pub zones: OrdMap<ZoneCode, Arc<Zone>>,
    /// Concepts.
    pub concepts: OrdMap<ConceptCode, Arc<Concept>>,
    /// Stores.
    pub stores: OrdMap<StoreCode, Arc<Store>>,
    /// Tills, by store and code.
    pub tills: OrdMap<(StoreCode, TillCode), Arc<Till>>,
    /// Resources.
    pub resources: OrdMap<ResourceId, Arc<Resource>>,
    /// Endpoints.
    pub endpoints: OrdMap<EndpointId, Arc<Endpoint>>,
    /// Access groups.
    pub groups: OrdMap<GroupId, Arc<Group>>,
    /// Users.
    pub users: OrdMap<UserId, Arc<User>>,
    /// Ids that are never given again, as `kind:id`.
    pub retired: OrdMap<Arc<str>, Arc<Retired>>,
    /// Scopes that the org defined.
    pub scopes: OrdMap<ScopeId, Arc<Scope>>,
    /// Custom entities.
    pub entities: OrdMap<EntityId, Arc<Entity>>,
    /// Custom access controls.
    pub controls: OrdMap<ControlId, Arc<Control>>,
    /// User groups.
    pub user_groups: OrdMap<UserGroupId, Arc<UserGroup>>,
    /// Custom permission sets.
    pub sets: OrdMap<SetId, Arc<PermissionSet>>,
    /// Custom roles.
    pub roles: OrdMap<RoleId, Arc<Role>>,
    /// Applications.
    pub applications: OrdMap<ApplicationId, Arc<Application>>,
    /// Allocations that go back by themselves, by store.
    pub overrides: OrdMap<StoreCode, Arc<Override>>,
    /// Switches; none while all are as they come.
    pub settings: Option<Arc<Settings>>,
    /// Changes that wait for a second person, the oldest first.
    pub proposals: OrdMap<RequestId, Arc<Proposal>>,
    /// Derived: names of controls, user groups, permission sets, roles and applications, folded, by kind.
    pub names: OrdMap<(&'static str, Arc<str>), Arc<str>>,
    /// Derived: users by folded address.
    pub emails: OrdMap<Arc<str>, UserId>,
    /// Derived: members by user group.
    pub group_users: OrdMap<UserGroupId, OrdSet<UserId>>,
    /// Derived: user groups by control.
    pub control_groups: OrdMap<ControlId, OrdSet<UserGroupId>>,
    /// Derived: users by permission set.
    pub set_users: OrdMap<SetId, OrdSet<UserId>>,
    /// Derived: users by internal role.
    pub role_users: OrdMap<RoleId, OrdSet<UserId>>,
    /// Derived: applications by role.
    pub role_applications: OrdMap<RoleId, OrdSet<ApplicationId>>,
    /// Derived: applications by access group.
    pub group_applications: OrdMap<GroupId, OrdSet<ApplicationId>>,
    /// Derived: keys of applications, revoked ones too.
    pub keys: OrdMap<ApplicationId, OrdSet<CredentialId>>,
    /// Derived: groups by folded name.
    pub group_names: OrdMap<Arc<str>, GroupId>,
    /// Derived: stores by explicit group.
    pub allocated: OrdMap<GroupId, OrdSet<StoreCode>>,
    /// Derived: stores by zone.
    pub zone_stores: OrdMap<ZoneCode, OrdSet<StoreCode>>,
    /// Derived: stores by concept.
    pub concept_stores: OrdMap<ConceptCode, OrdSet<StoreCode>>,
    /// Derived: endpoints by resource.
    pub resource_endpoints: OrdMap<ResourceId, OrdSet<EndpointId>>,
    /// Derived: members by explicit group; under `None`, those that inherit.
    pub members: OrdMap<ClassKey, Members>,
}

/// What the stores of one class have in common: their explicit group, and whether it only observes; none inherits.
pub type ClassKey = Option<(GroupId, bool)>;

/// Where an effective group comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// Allocated to the store.
    Explicit,
    /// Inherited from the org's default.
    Default,
}

impl OrgState {
    fn new(org: Arc<Org>) -> Self {
        Self {
            org,
            zones: OrdMap::new(),
            concepts: OrdMap::new(),
            stores: OrdMap::new(),
            tills: OrdMap::new(),
            resources: OrdMap::new(),
            endpoints: OrdMap::new(),
            groups: OrdMap::new(),
            users: OrdMap::new(),
            retired: OrdMap::new(),
            scopes: OrdMap::new(),
            entities: OrdMap::new(),
            controls: OrdMap::new(),
            user_groups: OrdMap::new(),
            sets: OrdMap::new(),
            roles: OrdMap::new(),
            applications: OrdMap::new(),
            overrides: OrdMap::new(),
            settings: None,
            proposals: OrdMap::new(),
            names: OrdMap::new(),
            emails: OrdMap::new(),
            group_users: OrdMap::new(),
            control_groups: OrdMap::new(),
            set_users: OrdMap::new(),
            role_users: OrdMap::new(),
            role_applications: OrdMap::new(),
            group_applications: OrdMap::new(),
            keys: OrdMap::new(),
            group_names: OrdMap::new(),
            allocated: OrdMap::new(),
            zone_stores: OrdMap::new(),
            concept_stores: OrdMap::new(),
            resource_endpoints: OrdMap::new(),
            members: OrdMap::new(),
        }
    }

    /// The group in force for a store, and where it comes from (AG-16, AG-19).
    pub fn effective_group(&self, store: &Store) -> Option<(&Arc<Group>, Via)> {
        let (id, via) = match (&store.group, &self.org.default_group) {
            (Some(explicit), _) => (explicit, Via::Explicit),
            (None, Some(default)) => (default, Via::Default),
            (None, None) => return None,
        };
        self.groups.get(id).map(|group| (group, via))
    }

    /// Whether a change takes effect only when a second person approves it.
    pub fn approval_required(&self) -> bool {
        self.settings.as_ref().is_some_and(|settings| settings.approval_required)
    }

    /// Whether what the group in force would deny is permitted and marked (AG-33).
    pub fn observes(&self, store: &Store) -> bool {
        if store.group.is_some() { store.observe } else { self.org.default_observe }
    }

    /// The tills of a store, in order of their codes.
    pub fn tills_of<'a>(&'a self, store: &StoreCode) -> impl Iterator<Item = &'a Arc<Till>> + use<'a> {
        let store = store.clone();
        // No till code sorts before "0": codes start with a letter or a digit.
        let from = "0".parse::<TillCode>().ok().map(|first| (store.clone(), first));
        from.into_iter()
            .flat_map(move |from| self.tills.range(from..))
            .take_while(move |((of, _), _)| *of == store)
            .map(|(_, till)| till)
    }

    /// A group by id, else by name (AG-9: names are compared folded).
    pub fn group(&self, reference: &str) -> Option<&Arc<Group>> {
        self.groups.get(reference).or_else(|| {
            let folded: Arc<str> = crate::name::fold(reference).into();
            self.group_names.get(&folded).and_then(|id| self.groups.get(id))
        })
    }

    /// Stores that have a group explicitly.
    pub fn stores_explicit(&self, group: &GroupId) -> u64 {
        self.allocated.get(group).map_or(0, |stores| stores.len() as u64)
    }

    /// Stores that inherit a group: those without an explicit one, if it is the default.
    pub fn stores_inherited(&self, group: &GroupId) -> u64 {
        if self.org.default_group.as_ref() == Some(group) {
            self.members.get(&None).map_or(0, |m| m.stores)
        } else {
            0
        }
    }
}

/// Kinds of names that are unique in an org, each among its own.
pub const CONTROL: &str = "access-control";
/// Of user groups.
pub const USER_GROUP: &str = "user-group";
/// Of permission sets.
pub const SET: &str = "permission-set";
/// Of roles.
pub const ROLE: &str = "role";
/// Of applications.
pub const APPLICATION: &str = "application";

impl OrgState {
    /// The id that something of a kind has under a name (AG-9: names are compared folded).
    pub fn named(&self, kind: &'static str, name: &str) -> Option<&Arc<str>> {
        self.names.get(&(kind, crate::name::fold(name).into()))
    }

    /// The application's keys that are in force at a moment.
    pub fn has_key(&self, credentials: &OrdMap<CredentialId, Arc<Credential>>, application: &ApplicationId, clock: Tick) -> bool {
        let keys = self.keys.get(application).into_iter().flatten();
        keys.filter_map(|id| credentials.get(id)).any(|key| !key.revoked && key.bounds.hold(clock))
    }
}

impl State {
    /// The object with this id.
    pub fn get(&self, id: &ObjectId) -> Option<Object> {
        let org = || id.org().and_then(|org| self.orgs.get(org));
        match id {
            ObjectId::Cluster => self.cluster.clone().map(Object::Cluster),
            ObjectId::Org(_) => org().map(|o| Object::Org(o.org.clone())),
            ObjectId::Zone(_, code) => org()?.zones.get(code).cloned().map(Object::Zone),
            ObjectId::Concept(_, code) => org()?.concepts.get(code).cloned().map(Object::Concept),
            ObjectId::Store(_, code) => org()?.stores.get(code).cloned().map(Object::Store),
            ObjectId::Till(_, store, code) => org()?.tills.get(&(store.clone(), code.clone())).cloned().map(Object::Till),
            ObjectId::Resource(_, id) => org()?.resources.get(id).cloned().map(Object::Resource),
            ObjectId::Endpoint(_, id) => org()?.endpoints.get(id).cloned().map(Object::Endpoint),
            ObjectId::Group(_, id) => org()?.groups.get(id).cloned().map(Object::Group),
            ObjectId::User(_, id) => org()?.users.get(id).cloned().map(Object::User),
            ObjectId::Credential(id) => self.credentials.get(id).cloned().map(Object::Credential),
            ObjectId::Retired(_, what) => org()?.retired.get(what).cloned().map(Object::Retired),
            ObjectId::Scope(_, id) => org()?.scopes.get(id).cloned().map(Object::Scope),
            ObjectId::Entity(_, id) => org()?.entities.get(id).cloned().map(Object::Entity),
            ObjectId::Control(_, id) => org()?.controls.get(id).cloned().map(Object::Control),
            ObjectId::UserGroup(_, id) => org()?.user_groups.get(id).cloned().map(Object::UserGroup),
            ObjectId::Set(_, id) => org()?.sets.get(id).cloned().map(Object::Set),
            ObjectId::Role(_, id) => org()?.roles.get(id).cloned().map(Object::Role),
            ObjectId::Application(_, id) => org()?.applications.get(id).cloned().map(Object::Application),
            ObjectId::Override(_, store) => org()?.overrides.get(store).cloned().map(Object::Override),
            ObjectId::Settings(_) => org()?.settings.clone().map(Object::Settings),
            // The catalogue of a state that has none yet is no object: it is the blank one.
            ObjectId::Platform => (self.platform.version > 0).then(|| Object::Platform(self.platform.clone())),
            ObjectId::Clock => self.clock_record.clone().map(Object::Clock),
            ObjectId::Proposal(_, id) => org()?.proposals.get(id).cloned().map(Object::Proposal),
        }
    }

    /// Every object, in an order that loads: an org before what is in it, a store before its tills.
    pub fn objects(&self) -> impl Iterator<Item = Object> + '_ {
        let cluster = self.cluster.clone().map(Object::Cluster).into_iter();
        let cluster = cluster.chain(self.get(&ObjectId::Platform)).chain(self.get(&ObjectId::Clock));
        let orgs = self.orgs.values().flat_map(|o| {
            std::iter::once(Object::Org(o.org.clone()))
                .chain(o.zones.values().cloned().map(Object::Zone))
                .chain(o.concepts.values().cloned().map(Object::Concept))
                .chain(o.resources.values().cloned().map(Object::Resource))
                .chain(o.endpoints.values().cloned().map(Object::Endpoint))
                .chain(o.groups.values().cloned().map(Object::Group))
                .chain(o.users.values().cloned().map(Object::User))
                .chain(o.retired.values().cloned().map(Object::Retired))
                .chain(o.settings.clone().map(Object::Settings))
                .chain(o.scopes.values().cloned().map(Object::Scope))
                .chain(o.entities.values().cloned().map(Object::Entity))
                .chain(o.controls.values().cloned().map(Object::Control))
                .chain(o.user_groups.values().cloned().map(Object::UserGroup))
                .chain(o.sets.values().cloned().map(Object::Set))
                .chain(o.roles.values().cloned().map(Object::Role))
                .chain(o.applications.values().cloned().map(Object::Application))
                .chain(o.overrides.values().cloned().map(Object::Override))
                .chain(o.proposals.values().cloned().map(Object::Proposal))
                .chain(o.stores.values().cloned().map(Object::Store))
                .chain(o.tills.values().cloned().map(Object::Till))
        });
        let credentials = self.credentials.values().cloned().map(Object::Credential);
        cluster.chain(orgs).chain(credentials)
    }

    /// Objects that flip when the clock goes from where it is to a later moment.
    pub fn flipping(&self, to: Tick) -> impl Iterator<Item = &ObjectId> {
        let after = (Tick(self.clock.0.saturating_add(1)), ObjectId::Cluster);
        self.moments.range(after..).take_while(move |(moment, _)| *moment <= to).map(|(_, id)| id)
    }

    /// The next moment at which anything flips.
    pub fn next_flip(&self) -> Option<Tick> {
        let first_id = ObjectId::Cluster;
        self.moments.range((Tick(self.clock.0.saturating_add(1)), first_id)..).next().map(|(moment, _)| *moment)
    }
}
