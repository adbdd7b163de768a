//! What each command needs of whoever runs it: one table, read by `authority`. Operators and owners need nothing of this
//! but that it isn't kept for others.
//!
//! What lies at places is needed there: a store is allocated by whoever may edit access groups at it. What lies nowhere,
//! such as an access group, a control or the catalogue, is needed for the whole org.

use std::collections::BTreeSet;

use crate::command::{Assign, Command, Field, PutMode, UserRow, Verb};
use crate::ids::*;
use crate::object::{CredentialKind, Object, User};
use crate::outcome::Change;
use crate::permission::Action;
use crate::place::Place;
use crate::powers::Sub;
use crate::state::OrgState;

/// What a command needs.
pub(super) enum Needs<'a> {
    /// Only the cluster itself may.
    Cluster,
    /// Only platform operators may.
    Operator,
    /// Only owners of the org and platform operators may.
    Owner,
    /// Only an invitation may, and it may nothing else.
    Invitation,
    /// All of these, held by a permission set.
    Holds(Vec<Need>),
    /// To manage these users (UM-3); or, of standard users, a sub-module where they may act.
    Manages(Vec<&'a UserId>, Option<Sub>),
    /// To make standard users within one's own places, and no others (UM-3).
    MakesUsers(&'a [UserRow]),
    /// One's own credential, or what the kind of another's needs.
    Revokes(&'a CredentialId),
    /// All of several.
    All(Vec<Needs<'a>>),
}

/// An action on a sub-module of *Administration*, at one of some places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Need {
    /// The sub-module.
    pub(super) sub: Sub,
    /// The action.
    pub(super) action: Action,
    /// Where: any of them will do.
    pub(super) at: Vec<Place>,
}

fn need(sub: Sub, action: Action, place: Place) -> Need {
    Need { sub, action, at: vec![place] }
}

fn of_org<'a>(sub: Sub, action: Action) -> Needs<'a> {
    Needs::Holds(vec![need(sub, action, Place::Org)])
}

fn at_stores<'a, 's>(sub: Sub, action: Action, stores: impl Iterator<Item = &'s StoreCode>) -> Needs<'a> {
    let stores: BTreeSet<&StoreCode> = stores.collect();
    each(stores.into_iter().map(|store| need(sub, action, Place::Store(store.clone()))))
}

/// Of a command that names nothing, nothing is told but to owners.
fn each<'a>(all: impl Iterator<Item = Need>) -> Needs<'a> {
    let all: Vec<Need> = all.collect();
    if all.is_empty() { Needs::Owner } else { Needs::Holds(all) }
}

/// The table.
pub(super) fn needs<'a>(org: &'a OrgState, command: &'a Command) -> Needs<'a> {
    use Action::{Create, Delete, Edit};
    match command {
        Command::InitCluster { .. } | Command::Tick { .. } => Needs::Cluster,
        Command::CreateOrg { .. } | Command::RetireNode { .. } | Command::SetPlatform { .. } => Needs::Operator,
        Command::RedeemInvitation { .. } => Needs::Invitation,
        Command::EditOrg { .. } | Command::EditSettings { .. } => Needs::Owner,

        Command::PutZones { rows, .. } => each(rows.iter().flat_map(|row| put_zone(org, &row.code, &row.parent))),
        Command::PutConcepts { rows, .. } => each(rows.iter().flat_map(|row| put_concept(org, &row.code, &row.parent))),
        Command::PutStores { rows, .. } => each(rows.iter().flat_map(|row| put_store(org, &row.code, &row.zone, &row.concept))),
        Command::PutTills { rows, .. } => {
            let put = |store: &StoreCode, till: &TillCode| if org.tills.contains_key(&(store.clone(), till.clone())) { Edit } else { Create };
            each(rows.iter().map(|row| need(Sub::Stores, put(&row.store, &row.code), Place::Store(row.store.clone()))))
        }
        Command::SetStoresActive { stores, .. } => at_stores(Sub::Stores, Edit, stores.iter()),
        Command::MoveTill { store, to, .. } => at_stores(Sub::Stores, Edit, [store, to].into_iter()),

        Command::SetDefault { .. } => of_org(Sub::AccessGroups, Edit),
        Command::CreateGroup { .. } => of_org(Sub::AccessGroups, Create),
        Command::EditGroup { .. } | Command::DeactivateGroup { .. } | Command::ReactivateGroup { .. } => of_org(Sub::AccessGroups, Edit),
        Command::Allocate { stores, tills, .. } => at_stores(Sub::AccessGroups, Edit, stores.iter().chain(tills.iter().map(|(store, _)| store))),
        Command::PutAllocations { rows, .. } => at_stores(Sub::AccessGroups, Edit, rows.iter().map(|row| &row.store)),
        Command::BreakGlass { stores, .. } => at_stores(Sub::AccessGroups, Edit, stores.iter()),

        Command::CreateResource { .. } => of_org(Sub::Catalogue, Create),
        Command::PutEndpoints { mode: PutMode::Create, .. } => of_org(Sub::Catalogue, Create),
        Command::PutEndpoints { mode: PutMode::Edit, .. } => of_org(Sub::Catalogue, Edit),
        Command::PutEndpoints { mode: PutMode::Import, .. } => {
            Needs::Holds(vec![need(Sub::Catalogue, Create, Place::Org), need(Sub::Catalogue, Edit, Place::Org)])
        }

        Command::CreateScope { .. } | Command::CreateEntity { .. } => of_org(Sub::ScopesAndEntities, Create),
        Command::CreateControl { .. } => of_org(Sub::AccessControls, Create),
        Command::EditControl { .. } => of_org(Sub::AccessControls, Edit),
        Command::CreateUserGroup { .. } => of_org(Sub::UserGroups, Create),
        Command::EditUserGroup { .. } => of_org(Sub::UserGroups, Edit),
        Command::AssignControls { verb, controls, .. } => assign_controls(*verb, controls),
        Command::AssignMembers { group, verb, users, .. } => match members(org, &group.0, *verb, users) {
            nobody if nobody.is_empty() => of_org(Sub::UserGroups, Edit),
            members => Needs::Manages(members, Some(Sub::UserGroups)),
        },

        Command::PutUsers { rows, .. } => Needs::MakesUsers(rows),
        Command::AssignSets { user, .. } | Command::AssignUserRoles { user, .. } | Command::Invite { user, .. } => Needs::Manages(vec![user], None),
        Command::CreateSet { .. } | Command::EditSet { .. } | Command::Apply { .. } => Needs::Owner,

        Command::CreateRole { .. } => of_org(Sub::Roles, Create),
        Command::EditRole { .. } => of_org(Sub::Roles, Edit),
        Command::CreateEndpointPrivilege { .. } => of_org(Sub::Roles, Create),
        Command::RegisterApplication { .. } => of_org(Sub::Applications, Create),
        Command::EditApplication { .. } | Command::AssignRoles { .. } | Command::RotateKey { .. } => of_org(Sub::Applications, Edit),

        Command::CreateCredential { kind, .. } => makes_credential(kind),
        Command::RevokeCredential { id } => Needs::Revokes(id),
        Command::Suspend { target } | Command::Resume { target } => flips(target),
        Command::Remove { target, .. } => removes(target, Delete),
        Command::Revert { changes, .. } => Needs::All(changes.iter().map(reverts).collect()),
        // Judged by the command that is proposed, which is planned by whoever proposes or approves it.
        Command::Propose { .. } | Command::Approve { .. } | Command::Decline { .. } | Command::Withdraw { .. } => Needs::Holds(Vec::new()),
    }
}

/// A new zone is made in the one above it; an old one that moves is needed at both ends.
fn put_zone(org: &OrgState, code: &ZoneCode, parent: &Field<ZoneCode>) -> Vec<Need> {
    let above = |parent: &Field<ZoneCode>| parent.value().map_or(Place::Org, |parent| Place::Zone(parent.clone()));
    if !org.zones.contains_key(code) {
        return vec![need(Sub::Places, Action::Create, above(parent))];
    }
    let mut all = vec![need(Sub::Places, Action::Edit, Place::Zone(code.clone()))];
    if !parent.is_keep() {
        all.push(need(Sub::Places, Action::Edit, above(parent)));
    }
    all
}

fn put_concept(org: &OrgState, code: &ConceptCode, parent: &Field<ConceptCode>) -> Vec<Need> {
    let above = |parent: &Field<ConceptCode>| parent.value().map_or(Place::Org, |parent| Place::Concept(parent.clone()));
    if !org.concepts.contains_key(code) {
        return vec![need(Sub::Places, Action::Create, above(parent))];
    }
    let mut all = vec![need(Sub::Places, Action::Edit, Place::Concept(code.clone()))];
    if !parent.is_keep() {
        all.push(need(Sub::Places, Action::Edit, above(parent)));
    }
    all
}

/// A new store is made in its zone or its concept; an old one is needed where it is, and where it goes.
fn put_store(org: &OrgState, code: &StoreCode, zone: &Field<ZoneCode>, concept: &Field<ConceptCode>) -> Vec<Need> {
    let goes: Vec<Place> =
        zone.value().cloned().map(Place::Zone).into_iter().chain(concept.value().cloned().map(Place::Concept)).collect();
    let goes = if goes.is_empty() { vec![Place::Org] } else { goes };
    let Some(store) = org.stores.get(code) else {
        return vec![Need { sub: Sub::Stores, action: Action::Create, at: goes }];
    };
    let mut all = vec![need(Sub::Stores, Action::Edit, Place::Store(code.clone()))];
    let stays = |field: Option<bool>| field.unwrap_or(true);
    let zone_stays = stays((!zone.is_keep()).then(|| zone.value() == store.zone.as_ref()));
    let concept_stays = stays((!concept.is_keep()).then(|| concept.value() == store.concept.as_ref()));
    if !(zone_stays && concept_stays) {
        all.push(Need { sub: Sub::Stores, action: Action::Edit, at: goes });
    }
    all
}

/// Where a control is added to reach; the whole org, where it reaches that, or where others' assignments may go.
fn assign_controls<'a>(verb: Verb, controls: &[Assign]) -> Needs<'a> {
    let places: BTreeSet<&Place> = controls.iter().flat_map(|assign| &assign.places).collect();
    let only_there = verb == Verb::Add && controls.iter().all(|assign| !assign.places.is_empty());
    if only_there && !places.is_empty() {
        Needs::Holds(places.into_iter().map(|place| need(Sub::UserGroups, Action::Edit, place.clone())).collect())
    } else {
        of_org(Sub::UserGroups, Action::Edit)
    }
}

/// Those who come and, where all are replaced, those who go.
fn members<'a>(org: &'a OrgState, group: &str, verb: Verb, users: &'a [UserId]) -> Vec<&'a UserId> {
    let mut all: BTreeSet<&UserId> = users.iter().collect();
    if verb == Verb::Set {
        let id = org.user_groups.contains_key(group).then_some(group).or_else(|| org.named(crate::state::USER_GROUP, group).map(|id| &**id));
        all.extend(id.and_then(|id| org.group_users.get(id)).into_iter().flatten());
    }
    all.into_iter().collect()
}

fn makes_credential<'a>(kind: &CredentialKind) -> Needs<'a> {
    match kind {
        CredentialKind::Operator => Needs::Operator,
        CredentialKind::Application { .. } => of_org(Sub::Applications, Action::Edit),
        CredentialKind::User { .. } | CredentialKind::EnforcementPoint { .. } | CredentialKind::Invitation { .. } => Needs::Owner,
    }
}

fn flips<'a>(target: &ObjectId) -> Needs<'a> {
    match target {
        ObjectId::Store(_, store) | ObjectId::Till(_, store, _) => at_stores(Sub::Stores, Action::Edit, std::iter::once(store)),
        ObjectId::Application(..) => of_org(Sub::Applications, Action::Edit),
        ObjectId::Org(_)
        | ObjectId::User(..)
        | ObjectId::Cluster
        | ObjectId::Zone(..)
        | ObjectId::Concept(..)
        | ObjectId::Resource(..)
        | ObjectId::Endpoint(..)
        | ObjectId::Group(..)
        | ObjectId::Credential(_)
        | ObjectId::Retired(..)
        | ObjectId::Scope(..)
        | ObjectId::Entity(..)
        | ObjectId::Control(..)
        | ObjectId::UserGroup(..)
        | ObjectId::Set(..)
        | ObjectId::Role(..)
        | ObjectId::Override(..)
        | ObjectId::Settings(_)
        | ObjectId::Platform
        | ObjectId::Clock
        | ObjectId::Proposal(..) => Needs::Owner,
    }
}

fn removes(target: &ObjectId, action: Action) -> Needs<'_> {
    match target {
        ObjectId::Zone(_, code) => Needs::Holds(vec![need(Sub::Places, action, Place::Zone(code.clone()))]),
        ObjectId::Concept(_, code) => Needs::Holds(vec![need(Sub::Places, action, Place::Concept(code.clone()))]),
        ObjectId::Store(_, store) | ObjectId::Till(_, store, _) => at_stores(Sub::Stores, action, std::iter::once(store)),
        ObjectId::Override(_, store) => at_stores(Sub::AccessGroups, action, std::iter::once(store)),
        ObjectId::Resource(..) | ObjectId::Endpoint(..) => of_org(Sub::Catalogue, action),
        ObjectId::Scope(..) | ObjectId::Entity(..) => of_org(Sub::ScopesAndEntities, action),
        ObjectId::Control(..) => of_org(Sub::AccessControls, action),
        ObjectId::UserGroup(..) => of_org(Sub::UserGroups, action),
        ObjectId::Role(..) => of_org(Sub::Roles, action),
        ObjectId::Application(..) => of_org(Sub::Applications, action),
        ObjectId::Group(..) => of_org(Sub::AccessGroups, action),
        ObjectId::User(_, user) => Needs::Manages(vec![user], None),
        ObjectId::Set(..)
        | ObjectId::Org(_)
        | ObjectId::Cluster
        | ObjectId::Credential(_)
        | ObjectId::Retired(..)
        | ObjectId::Settings(_)
        | ObjectId::Platform
        | ObjectId::Clock
        | ObjectId::Proposal(..) => Needs::Owner,
    }
}

/// What undoing one change needs: what doing it needs.
fn reverts(change: &Change) -> Needs<'_> {
    let Some(id) = change.id() else { return Needs::Owner };
    let action = match (&change.before, &change.after) {
        (None, _) => Action::Create,
        (Some(_), Some(_)) => Action::Edit,
        (Some(_), None) => Action::Delete,
    };
    match (&change.before, &change.after) {
        // Allocating is a matter of access groups.
        (Some(Object::Store(before)), Some(Object::Store(after))) if (&before.group, before.observe) != (&after.group, after.observe) => Needs::All(vec![
            at_stores(Sub::AccessGroups, Action::Edit, std::iter::once(&after.code)),
            if same_store(before, after) { Needs::Holds(Vec::new()) } else { at_stores(Sub::Stores, action, std::iter::once(&after.code)) },
        ]),
        (Some(Object::Org(before)), Some(Object::Org(after))) if (&before.name, before.active) == (&after.name, after.active) => {
            of_org(Sub::AccessGroups, Action::Edit)
        }
        (Some(Object::User(before)), Some(Object::User(after))) if only_assignments(before, after) => Needs::Manages(vec![&after.id], None),
        (_, Some(Object::User(_) | Object::Set(_))) | (Some(Object::User(_) | Object::Set(_)), _) => Needs::Owner,
        // A retired id comes and goes with its object.
        (_, Some(Object::Retired(_))) | (Some(Object::Retired(_)), _) => Needs::Holds(Vec::new()),
        (_, Some(_)) | (Some(_), None) => match removes_owned(&id, action) {
            Some(holds) => holds,
            None => Needs::Owner,
        },
        (None, None) => Needs::Owner,
    }
}

fn removes_owned<'a>(id: &ObjectId, action: Action) -> Option<Needs<'a>> {
    match removes(id, action) {
        Needs::Holds(all) => Some(Needs::Holds(all)),
        Needs::Cluster
        | Needs::Operator
        | Needs::Owner
        | Needs::Invitation
        | Needs::Manages(..)
        | Needs::MakesUsers(_)
        | Needs::Revokes(_)
        | Needs::All(_) => None,
    }
}

fn same_store(before: &crate::object::Store, after: &crate::object::Store) -> bool {
    let plain = |store: &crate::object::Store| {
        let mut store = store.clone();
        (store.group, store.observe, store.meta) = (None, false, crate::object::Meta::default());
        store
    };
    plain(before) == plain(after)
}

/// Of a user, an admin changes assignments and nothing else (UM-3).
fn only_assignments(before: &User, after: &User) -> bool {
    let plain = |user: &User| {
        let mut more = user.more().clone();
        (more.groups, more.sets, more.roles) = (Vec::new(), Vec::new(), Vec::new());
        (user.name.clone(), user.user_type, user.active, more)
    };
    plain(before) == plain(after)
}
