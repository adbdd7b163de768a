//! Taking answers in. What comes back under an older ticket never gets here.

use std::collections::VecDeque;

use bailiwick_policy::decision::{Reason, Verdict};
use bailiwick_policy::ids::{OrgCode, Revision, StoreCode};
use bailiwick_policy::query::Item;
use bailiwick_rpc::api::{ApiError, ClusterStatus, WatchReply, WhoAmI};

use super::data::{MARKS_MAX, REFRESH_EVERY_MS, WATCH_REST_MS, ask_org, refresh, watch};
use super::{audit, commit, conflict, denies, members, stage, tree};
use crate::console::api::Fault;
use crate::console::effect::{Answer, Effect, Slot};
use crate::console::listing::Load;
use crate::console::model::{EVENTS_MAX, Marked, Model, Overlay, SAMPLES_MAX, Sample, Tone};

/// Takes an answer to the newest question of a slot in.
pub fn on_reply(model: &mut Model, slot: Slot, result: Result<Answer, Fault>, fx: &mut Vec<Effect>) {
    match result {
        Ok(answer) => on_answer(model, slot, answer, fx),
        Err(fault) => on_fault(model, slot, fault),
    }
}

fn on_answer(model: &mut Model, slot: Slot, answer: Answer, fx: &mut Vec<Effect>) {
    match answer {
        Answer::WhoAmI(who) => on_whoami(model, who, fx),
        Answer::Status(status) => on_status(model, status),
        Answer::Watch(reply) => on_watch(model, reply, fx),
        Answer::Preview(reply) => commit::on_preview(model, reply),
        Answer::Explain(reply) => {
            seen(model, reply.reply.revision, fx);
            model.explain.fault = None;
            model.explain.scroll = 0;
            model.explain.remedy = 0;
            model.explain.reply = Some(reply);
        }
        Answer::Get(reply) => {
            seen(model, reply.revision, fx);
            on_item(model, slot, reply.item);
        }
        Answer::ListAll(rows, more) => match slot {
            Slot::MarkAll => mark_all(model, rows, more),
            Slot::Zones | Slot::Concepts => tree::on_places(model, slot, rows),
            Slot::ZoneStores => tree::on_zone_stores(model, rows, more, fx),
            _ => {}
        },
        Answer::Audit(reply) => {
            seen(model, reply.revision, fx);
            audit::on_entries(model, reply);
        }
        Answer::AuditEntry(entry) => {
            model.audit.whole_fault = None;
            model.audit.whole = Some(entry);
        }
        Answer::Inverse(command) => audit::on_inverse(model, &command, fx),
        Answer::Denies(reply) => denies::on_rows(model, reply),
        Answer::GetAll(objects) => conflict::on_theirs(model, Ok(objects)),
        Answer::Members(reply) => members::on_dry_run(model, reply),
        Answer::List(reply) => {
            seen(model, reply.revision, fx);
            match (slot, &mut model.overlay) {
                (Slot::PaletteGroups | Slot::PaletteStores, Some(Overlay::Palette { found, .. })) => {
                    found.insert(slot, reply.window.items);
                }
                (Slot::Org, _) => match reply.window.items.into_iter().next() {
                    Some(item) => on_item(model, slot, item),
                    None => model.no_org = true,
                },
                (Slot::Tree, _) => {
                    let now = model.now_ms;
                    model.tree.accept(reply.window.items, reply.window.more_after, now);
                    tree::rebuild(model);
                }
                _ => {
                    let now = model.now_ms;
                    if let Some(list) = model.listing_mut(slot) {
                        list.accept(reply, now);
                    }
                    on_list(model, slot);
                }
            }
        }
    }
}

/// A revision was seen. One that is newer than what the view shows makes the view outdated.
fn seen(model: &mut Model, revision: Revision, fx: &mut Vec<Effect>) {
    if revision > model.revision {
        model.revision = revision;
    }
    if model.watch_from.is_none() && revision > Revision(0) && !model.frozen {
        watch(model, fx);
    }
}

fn on_list(model: &mut Model, slot: Slot) {
    match slot {
        // Marks are as fresh as what was seen last.
        Slot::Stores => {
            for row in &model.allocate.stores.rows {
                if let Item::Store { store, group, .. } = row
                    && let Some(marked) = model.allocate.marks.get_mut(&store.code)
                {
                    *marked = Marked { store: store.clone(), group: group.clone() };
                }
            }
        }
        Slot::Resources => {
            let list = &model.matrix.resources;
            if !list.is_filtered() && !list.more_before && !list.more_after {
                let ids = list.rows.iter().filter_map(|row| match row {
                    Item::Resource { resource, .. } => Some(resource.id.clone()),
                    _ => None,
                });
                model.matrix.known = Some(ids.collect());
            }
        }
        _ => {}
    }
}

fn on_item(model: &mut Model, slot: Slot, item: Item) {
    match (slot, item) {
        (Slot::Org, Item::Org { org, stores, tills }) => {
            if model.org.is_none() {
                set_org(model, org.org.clone());
            }
            model.no_org = false;
            model.org_record = Some(org);
            model.org_counts = (stores, tills);
        }
        (Slot::MatrixGroup, Item::Group { group, .. }) => {
            model.matrix.fault = None;
            if model.matrix.group.as_ref() == Some(&group.id) {
                stage::rebase(model, &group);
                model.matrix.committed = Some(group);
            }
        }
        _ => {}
    }
}

/// Looks at an org: every list is of it from now on.
fn set_org(model: &mut Model, org: OrgCode) {
    for slot in [Slot::Groups, Slot::GroupStores, Slot::GroupTills, Slot::Stores, Slot::Targets, Slot::Resources, Slot::Endpoints] {
        if let Some(list) = model.listing_mut(slot) {
            list.query.org = Some(org.clone());
        }
    }
    model.org = Some(org);
}

fn on_whoami(model: &mut Model, who: WhoAmI, fx: &mut Vec<Effect>) {
    model.who_fault = None;
    if model.org.is_none()
        && let Some(org) = who.org.clone()
    {
        set_org(model, org);
    }
    model.who = Some(who);
    ask_org(model, fx);
}

fn on_fault(model: &mut Model, slot: Slot, fault: Fault) {
    match slot {
        Slot::WhoAmI => model.who_fault = Some(fault),
        Slot::Status => model.cluster.load = Load::Failed(fault),
        Slot::Watch => model.cluster.watching = Load::Failed(fault),
        Slot::MatrixGroup => model.matrix.fault = Some(fault),
        Slot::Explain => model.explain.fault = Some(fault),
        Slot::Preview => commit::on_preview_fault(model, &fault),
        Slot::MarkAll => model.say(Tone::Bad, format!("nothing was marked: {fault}")),
        Slot::Org => {
            // What to do about it is said on the whole screen.
            if fault.code == ApiError::NOT_FOUND {
                model.no_org = true;
            }
        }
        Slot::Audit => audit::on_fault(model, fault),
        Slot::AuditEntry => model.audit.whole_fault = model.audit.whole_asked.map(|revision| (revision, fault)),
        Slot::Inverse => audit::on_inverse_fault(model, &fault),
        Slot::Denies => model.denies.load = Load::Failed(fault),
        Slot::Zones => model.tree.fault = Some(fault),
        Slot::Tree => {
            model.tree.fail(fault);
            tree::rebuild(model);
        }
        Slot::ZoneStores => {
            model.zone_toggle = None;
            model.say(Tone::Bad, format!("the stores of the zone couldn't be had: {fault}"));
        }
        Slot::Theirs => conflict::on_theirs(model, Err(fault.to_string())),
        Slot::Members => members::on_fault(model, &fault),
        Slot::Concepts | Slot::PaletteGroups | Slot::PaletteStores => {}
        Slot::Groups
        | Slot::GroupStores
        | Slot::GroupTills
        | Slot::Stores
        | Slot::Targets
        | Slot::Resources
        | Slot::Endpoints
        | Slot::Credentials
        | Slot::Picker => {
            if let Some(list) = model.listing_mut(slot) {
                list.fail(fault);
            }
        }
    }
}

fn mark_all(model: &mut Model, rows: Vec<Item>, more: bool) {
    let before = model.allocate.marks.len();
    for row in rows {
        if let Item::Store { store, group, .. } = row {
            let code: StoreCode = store.code.clone();
            model.allocate.marks.insert(code, Marked { store, group });
        }
    }
    let added = model.allocate.marks.len() - before;
    if more {
        model.say(Tone::Warn, format!("{added} stores marked; there are more than {MARKS_MAX}: narrow the filter"));
    } else {
        model.say(Tone::Plain, format!("{added} stores marked"));
    }
}

fn on_watch(model: &mut Model, reply: WatchReply, fx: &mut Vec<Effect>) {
    model.cluster.watching = Load::Ready;
    model.watch_from = Some(reply.next);
    let compacted = reply.compacted.is_some();
    let idle = reply.events.is_empty() && !compacted;
    let newest = reply.events.iter().map(|event| event.revision).max();
    for event in reply.events {
        if model.cluster.events.iter().all(|known| known.revision != event.revision) {
            model.cluster.events.push_front(event);
        }
    }
    model.cluster.events.truncate(EVENTS_MAX);
    if compacted || newest.is_some_and(|newest| newest > shown_revision(model)) {
        model.outdated = true;
    }
    if let Some(newest) = newest {
        model.revision = model.revision.max(newest);
    }
    if model.outdated && !model.frozen && model.now_ms.saturating_sub(model.refreshed_ms) >= REFRESH_EVERY_MS {
        refresh(model, fx);
    }
    let rested = !idle || model.requests.is_due(Slot::Watch, model.now_ms, WATCH_REST_MS);
    if !model.frozen && rested && model.requests.since(Slot::Watch).is_none() {
        watch(model, fx);
    }
}

/// The oldest revision among the lists that the view shows.
fn shown_revision(model: &Model) -> Revision {
    let lists = model.slots_shown().iter().filter_map(|slot| model.listing(*slot));
    lists.filter(|list| list.load == Load::Ready).map(|list| list.revision).min().unwrap_or_default()
}

fn on_status(model: &mut Model, status: ClusterStatus) {
    let cluster = &mut model.cluster;
    let now = model.now_ms;
    let mut counts = (0u64, 0u64);
    let mut compared = false;
    for node in status.nodes.iter().filter(|node| node.error.is_none()) {
        let total: u64 = node.decisions.values().sum();
        let denied: u64 = node.decisions.iter().filter(|(reason, _)| is_deny(reason)).map(|(_, n)| n).sum();
        if let Some((total_was, denied_was)) = cluster.counted.insert(node.id, (total, denied)) {
            compared = true;
            // A node that was started again counts from nought.
            counts.0 += total.saturating_sub(total_was);
            counts.1 += denied.saturating_sub(denied_was);
        }
    }
    let lead = status.nodes.iter().map(|node| node.committed).max().unwrap_or(0);
    let lag = status.nodes.iter().filter(|n| n.error.is_none()).map(|n| lead.saturating_sub(n.applied)).max().unwrap_or(0);
    let write_p99_us = status.nodes.iter().map(|node| node.write_p99_us).max().unwrap_or(0);
    if compared && let Some(then) = cluster.counted_ms {
        let elapsed = now.saturating_sub(then).max(1);
        let per_second = |n: u64| n.saturating_mul(1_000) / elapsed;
        push(&mut cluster.samples, Sample { checks: per_second(counts.0), denies: per_second(counts.1), write_p99_us, lag });
    }
    cluster.counted_ms = Some(now);
    cluster.cursor = cluster.cursor.min(status.nodes.len().saturating_sub(1));
    let newest = status.nodes.iter().map(|node| node.revision).max().unwrap_or_default();
    cluster.status = Some(status);
    cluster.load = Load::Ready;
    cluster.fetched_ms = now;
    model.revision = model.revision.max(newest);
}

fn push(samples: &mut VecDeque<Sample>, sample: Sample) {
    samples.push_back(sample);
    while samples.len() > SAMPLES_MAX {
        samples.pop_front();
    }
}

/// Reasons are open strings: one that a newer node knows counts as a deny unless it says permit.
fn is_deny(reason: &str) -> bool {
    match Reason::ALL.iter().find(|known| known.as_str() == reason) {
        Some(known) => known.verdict() == Verdict::Deny,
        None => !reason.starts_with("permit"),
    }
}
