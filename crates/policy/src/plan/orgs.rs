//! The cluster's first entry, orgs, their default group, and the active flag of whatever has one.

use std::sync::Arc;

use super::draft::Draft;
use super::{org as org_of, org_unknown};
use crate::catalogue;
use crate::command::{Actor, GroupRef};
use crate::ids::*;
use crate::name::Name;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::state::State;

/// The id of the first operator's credential.
pub(crate) const FIRST_OPERATOR: &str = "operator-1";

pub(super) fn init_cluster(draft: &mut Draft<'_>, cluster: &Arc<str>, operator: &Secret) -> Result<(), Rejection> {
    if draft.state.cluster.is_some() {
        return Err(Rejection::new(RejectionCode::ClusterInitialised, "the cluster has its first entry"));
    }
    let meta = draft.new_meta();
    draft.put(Object::Cluster(Arc::new(Cluster { id: cluster.clone(), incarnation: 1, catalogue: catalogue::VERSION, meta: meta.clone(), retired_nodes: Vec::new() })));
    draft.put(Object::Platform(Arc::new(Platform { meta: draft.new_meta_by(catalogue::VENDOR.into()), ..catalogue::authored() })));
    if let (Ok(id), Ok(label)) = (FIRST_OPERATOR.parse(), "first operator".parse()) {
        draft.put(Object::Credential(Arc::new(Credential {
            id,
            label,
            kind: CredentialKind::Operator,
            secret: operator.clone(),
            revoked: false,
            meta,
            bounds: crate::place::Bounds::ALWAYS,
        })));
    }
    Ok(())
}

/// An org has an owner (UM-6) and the built-in groups (AG-10) from its first moment.
pub(super) fn create(draft: &mut Draft<'_>, org: &OrgCode, name: &Name, owner: &UserId, owner_name: &Name) -> Result<(), Rejection> {
    if draft.state.orgs.contains_key(org) {
        return Err(Rejection::new(RejectionCode::OrgExists, format!("there is an org `{org}`")));
    }
    let meta = draft.new_meta();
    draft.put(Object::Org(Arc::new(Org { org: org.clone(), name: name.clone(), active: true, default_group: None, meta: meta.clone(), default_observe: false })));
    for group in catalogue::groups_of(&draft.state.platform, org, &draft.new_meta_by(catalogue::VENDOR.into())) {
        draft.put(Object::Group(Arc::new(group)));
    }
    draft.put(Object::User(Arc::new(User {
        org: org.clone(),
        id: owner.clone(),
        name: owner_name.clone(),
        user_type: UserType::Owner,
        active: true,
        meta,
        more: None,
    })));
    Ok(())
}

pub(super) fn edit(draft: &mut Draft<'_>, org: &OrgCode, name: &Name) -> Result<(), Rejection> {
    let mut record = (*org_of(draft.state, org)?.org).clone();
    record.name = name.clone();
    draft.put(Object::Org(Arc::new(record)));
    Ok(())
}

/// One change whatever the number of stores (AG-20).
pub(super) fn set_default(draft: &mut Draft<'_>, org: &OrgCode, group: Option<&GroupRef>, observe: bool) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let mut record = (*state.org).clone();
    record.default_observe = observe && group.is_some();
    record.default_group = match group {
        Some(group) => {
            let group = super::groups::allocatable(state, group)?;
            draft.read(ObjectId::Group(org.clone(), group.id.clone()));
            Some(group.id.clone())
        }
        None => {
            draft.warn("without a default group, stores that have none of their own are denied everything");
            None
        }
    };
    draft.put(Object::Org(Arc::new(record)));
    Ok(())
}

/// `suspend` and `resume`: one flag, the only such state there is (AG-38).
pub(super) fn set_active(draft: &mut Draft<'_>, target: &ObjectId, active: bool, actor: &Actor) -> Result<(), Rejection> {
    if let Some(org) = target.org() {
        org_of(draft.state, org)?;
    }
    let object = match (target, draft.state.get(target)) {
        (ObjectId::Org(org), None) => return Err(org_unknown(org)),
        (ObjectId::Org(_), Some(Object::Org(o))) => Object::Org(Arc::new(Org { active, ..(*o).clone() })),
        (ObjectId::Store(_, code), None) => return Err(super::places::store_unknown(code)),
        (ObjectId::Store(..), Some(Object::Store(o))) => Object::Store(Arc::new(Store { active, ..(*o).clone() })),
        (ObjectId::Till(_, store, code), None) => return Err(super::places::till_unknown(store, code)),
        (ObjectId::Till(..), Some(Object::Till(o))) => Object::Till(Arc::new(Till { active, ..(*o).clone() })),
        (ObjectId::User(_, user), None) => return Err(super::users::unknown(user)),
        (ObjectId::User(org, id), Some(Object::User(o))) => {
            if !active {
                super::users::owned_without(org_of(draft.state, org)?, &std::collections::BTreeSet::from([id.clone()]))?;
                spares_the_actor(draft.state, target, actor)?;
            }
            Object::User(Arc::new(User { active, ..(*o).clone() }))
        }
        (ObjectId::Application(_, id), None) => return Err(super::applications::unknown(id)),
        (ObjectId::Application(..), Some(Object::Application(o))) => Object::Application(Arc::new(Application { active, ..(*o).clone() })),
        (other, _) => {
            return Err(Rejection::new(
                RejectionCode::WrongKind,
                format!("`{other}` can't be suspended or resumed: orgs, stores, tills, users and applications can"),
            ));
        }
    };
    draft.put(object);
    Ok(())
}

/// Whoever suspends their own user shuts themselves out: another must do it.
pub(super) fn spares_the_actor(state: &State, leaving: &ObjectId, actor: &Actor) -> Result<(), Rejection> {
    let holder = match actor {
        Actor::System => None,
        Actor::Credential(id) => state.credentials.get(id).map(|credential| &credential.kind),
    };
    match holder {
        Some(CredentialKind::User { org, user }) if *leaving == ObjectId::User(org.clone(), user.clone()) => {
            Err(Rejection::new(RejectionCode::SelfLockout, format!("`{leaving}` is you: another owner must suspend it")))
        }
        Some(
            CredentialKind::User { .. }
            | CredentialKind::Operator
            | CredentialKind::EnforcementPoint { .. }
            | CredentialKind::Application { .. }
            | CredentialKind::Invitation { .. },
        )
        | None => Ok(()),
    }
}

/// A node's id is never used again: its removal is one with this.
pub(super) fn retire_node(draft: &mut Draft<'_>, node: u64) -> Result<(), Rejection> {
    let Some(cluster) = &draft.state.cluster else {
        return Err(Rejection::new(RejectionCode::ClusterUninitialised, "the cluster has no first entry yet"));
    };
    let mut record = (**cluster).clone();
    if let Err(at) = record.retired_nodes.binary_search(&node) {
        record.retired_nodes.insert(at, node);
    }
    draft.put(Object::Cluster(Arc::new(record)));
    Ok(())
}

/// Suspends or resumes stores, as a batch (AG-37).
pub(super) fn set_stores_active(draft: &mut Draft<'_>, org: &OrgCode, stores: &[StoreCode], active: bool) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    super::groups::named(state, stores)?;
    for store in stores.iter().collect::<std::collections::BTreeSet<_>>().into_iter().filter_map(|s| state.stores.get(s)) {
        draft.put(Object::Store(Arc::new(Store { active, ..(**store).clone() })));
    }
    Ok(())
}
