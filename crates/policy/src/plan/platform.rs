//! The platform's catalogue, replaced whole by an operator: in force in every org at the revision of its entry (UM-10).

use std::sync::Arc;

use super::draft::Draft;
use crate::catalogue::{self, check};
use crate::ids::GroupId;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::state::{CONTROL, OrgState, ROLE, SET};

/// Replaces the catalogue, and what every org has of its built-in groups. What bundles name and the catalogue has no more
/// stays in them, inert, until they are edited.
pub(super) fn set(draft: &mut Draft<'_>, platform: &Platform) -> Result<(), Rejection> {
    let state = draft.state;
    let next = state.platform.version.saturating_add(1);
    if platform.version != next {
        let message = format!("version {} is not the next one: the catalogue in force has version {}, so give {next}", platform.version, state.platform.version);
        return Err(Rejection::new(RejectionCode::CatalogueInvalid, message));
    }
    let mut faults = check::faults(platform);
    let kept = |id: &GroupId| platform.groups.iter().any(|group| group.id == *id);
    let dropped = state.platform.groups.iter().filter(|group| !kept(&group.id));
    // Groups are never deleted (AG-29), and every org has the built-in ones (AG-10): stores may have them.
    faults.extend(dropped.map(|group| format!("groups: `{}` is gone, and stores may have it", group.id)));
    for org in state.orgs.values() {
        faults.extend(taken(org, platform).map(|what| format!("org `{}` has {what} of its own", org.org.org)));
    }
    if let [first, ..] = faults.as_slice() {
        let message = format!("the catalogue contradicts itself or what there is: {first}");
        let rejection = Rejection::new(RejectionCode::CatalogueInvalid, message);
        return Err(if faults.len() > 1 { rejection.with_examples(faults) } else { rejection });
    }
    if let Some(cluster) = &state.cluster {
        draft.put(Object::Cluster(Arc::new(Cluster { catalogue: platform.version, ..(**cluster).clone() })));
    }
    draft.put(Object::Platform(Arc::new(Platform { meta: draft.new_meta_by(catalogue::VENDOR.into()), ..platform.clone() })));
    for org in state.orgs.values() {
        for group in catalogue::groups_of(platform, &org.org.org, &draft.new_meta_by(catalogue::VENDOR.into())) {
            draft.put(Object::Group(Arc::new(group)));
        }
    }
    Ok(())
}

/// What the catalogue would bring and an org has made for itself: neither may hide the other (AC-11, AC-13, UM-11).
fn taken<'a>(org: &'a OrgState, platform: &'a Platform) -> impl Iterator<Item = String> + 'a {
    let scopes = platform.scopes.iter().filter(|scope| org.scopes.contains_key(&scope.id)).map(|scope| format!("a scope `{}`", scope.id));
    let domains = platform.domains.iter().filter(|domain| org.entities.contains_key(domain.id.as_str()));
    let entities = domains.map(|domain| format!("an entity `{}`", domain.id));
    let controls = platform.controls.iter().filter(|control| org.controls.contains_key(&control.id) || org.named(CONTROL, control.name.as_str()).is_some());
    let sets = platform.sets.iter().filter(|set| org.sets.contains_key(&set.id) || org.named(SET, set.name.as_str()).is_some());
    let roles = platform.roles.iter().filter(|role| org.roles.contains_key(&role.id) || org.named(ROLE, role.name.as_str()).is_some());
    let is_custom = |group: &Arc<Group>| group.kind == GroupKind::Custom;
    let groups = platform.groups.iter().filter(move |group| {
        let by_name = org.group_names.get(&group.name.folded()).and_then(|id| org.groups.get(id));
        org.groups.get(&group.id).is_some_and(is_custom) || by_name.is_some_and(is_custom)
    });
    scopes
        .chain(entities)
        .chain(controls.map(|control| format!("an access control `{}`", control.id)))
        .chain(sets.map(|set| format!("a permission set `{}`", set.id)))
        .chain(roles.map(|role| format!("a role `{}`", role.id)))
        .chain(groups.map(|group| format!("an access group `{}`", group.id)))
}
