//! Replicated time: what a tick flips, and break-glass, which goes back by itself.
//!
//! A tick is an entry like any other: every replica flips the same at the same revision. One that flips nothing changes
//! nothing, so that an idle cluster makes no revisions.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::{groups, org as org_of};
use crate::command::GroupRef;
use crate::ids::*;
use crate::limits::BREAK_GLASS_MS_MAX;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::state::OrgState;

/// Moves the clock on, if anything flips by it. It never passes the time of the entry itself.
pub(super) fn tick(draft: &mut Draft<'_>, to: Tick) {
    let to = to.min(draft.now());
    if to <= draft.state.clock {
        return;
    }
    let flipping: BTreeSet<&ObjectId> = draft.state.flipping(to).collect();
    if flipping.is_empty() {
        return;
    }
    draft.put(Object::Clock(Arc::new(Clock { tick: to, meta: draft.new_meta() })));
    for id in flipping {
        // Bounds of other objects are read against the clock; only what was overridden is put back.
        if let Some(Object::Override(ended)) = draft.state.get(id)
            && ended.until <= to
        {
            put_back(draft, &ended);
            draft.remove(id);
        }
        if let Some(Object::Proposal(waited)) = draft.state.get(id)
            && waited.until <= to
        {
            draft.remove(id);
        }
    }
}

/// What the store had before, unless somebody has allocated another since. A group that isn't to be had any more is no
/// reason to leave the emergency's in place: the store inherits then.
fn put_back(draft: &mut Draft<'_>, ended: &Override) {
    let Some(org) = draft.state.orgs.get(&ended.org) else { return };
    let Some(store) = org.stores.get(&ended.store).filter(|store| store.group.as_ref() == Some(&ended.group)) else { return };
    let active = |id: &GroupId| org.groups.get(id).is_some_and(|group| group.active);
    let (group, observe) = match &ended.before {
        Some((group, observe)) if active(group) => (Some(group.clone()), *observe),
        Some(_) | None => (None, false),
    };
    draft.put(Object::Store(Arc::new(Store { group, observe, ..(**store).clone() })));
}

/// Allocates a group to stores at once, for a while and for a reason.
pub(super) fn break_glass(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    stores: &[StoreCode],
    group: &GroupRef,
    lasts_ms: u64,
    reason: Option<&str>,
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    groups::named(state, stores)?;
    let group = groups::allocatable(state, group)?.id.clone();
    if lasts_ms == 0 || lasts_ms > BREAK_GLASS_MS_MAX {
        return Err(Rejection::new(RejectionCode::LifetimeInvalid, format!("{lasts_ms} ms: break-glass lasts for some time, and at most a week")));
    }
    if reason.is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Rejection::new(RejectionCode::ReasonRequired, "break-glass needs a reason: say why with `--reason`"));
    }
    draft.read(ObjectId::Group(org.clone(), group.clone()));
    let until = Tick(draft.now().0.saturating_add(lasts_ms));
    let named: BTreeSet<&StoreCode> = stores.iter().collect();
    for store in named.into_iter().filter_map(|code| state.stores.get(code)) {
        // What goes back is what was there before the first.
        let before = match state.overrides.get(&store.code) {
            Some(running) => running.before.clone(),
            None => store.group.clone().map(|group| (group, store.observe)),
        };
        let record = Override { org: org.clone(), store: store.code.clone(), group: group.clone(), before, until, meta: draft.new_meta() };
        draft.put(Object::Store(Arc::new(Store { group: Some(group.clone()), observe: false, ..(**store).clone() })));
        draft.put(Object::Override(Arc::new(record)));
    }
    draft.warn(format!("access group `{group}` goes back by itself after {} minutes", lasts_ms.div_ceil(60_000)));
    Ok(())
}

/// Whoever allocates by hand means it: what ran out by itself doesn't any more.
pub(super) fn settle(draft: &mut Draft<'_>, org: &OrgCode, store: &StoreCode) {
    draft.remove(&ObjectId::Override(org.clone(), store.clone()));
}

/// Stores that a group would go back to.
pub(super) fn awaited<'a>(org: &'a OrgState, group: &'a GroupId) -> impl Iterator<Item = &'a StoreCode> {
    org.overrides.values().filter(move |running| running.before.as_ref().is_some_and(|(before, _)| before == group)).map(|running| &running.store)
}
