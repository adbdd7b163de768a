//! Asking and taking answers in. Every read goes out by `ask` with a ticket; what comes back under an older ticket
//! never gets here.

use std::collections::VecDeque;

use bailiwick_policy::decision::{Reason, Verdict};
use bailiwick_policy::ids::{GroupId, ObjectId, OrgCode, Revision, StoreCode};
use bailiwick_policy::query::{GroupFilter, Item, List, ListQuery};
use bailiwick_rpc::api::{ApiError, ClusterStatus, WatchReply, WatchRequest, WhoAmI};
use tui_input::Input;

use super::{commit, stage};
use crate::console::api::Fault;
use crate::console::effect::{Answer, Effect, Read, Slot};
use crate::console::filter::{self, StoreFilter};
use crate::console::keys::View;
use crate::console::listing::{Load, Seek};
use crate::console::model::{EVENTS_MAX, GroupsPane, Marked, Model, Overlay, SAMPLES_MAX, Sample, Tone};

/// Milliseconds that a filter waits for the next key.
pub const FILTER_DEBOUNCE_MS: u64 = 120;
/// Milliseconds that a detail pane waits for the cursor to rest.
const DETAIL_DEBOUNCE_MS: u64 = 60;
/// Milliseconds between questions about the cluster while it is looked at; five times as many otherwise.
const STATUS_EVERY_MS: u64 = 1_000;
/// Milliseconds before a question that failed is asked again.
const RETRY_EVERY_MS: u64 = 2_000;
/// Milliseconds between refreshes of the same view, however fast changes come.
const REFRESH_EVERY_MS: u64 = 500;
/// Milliseconds between refreshes while nothing is heard.
const LISTS_EVERY_MS: u64 = 5_000;
/// Milliseconds that a watch waits for something to happen.
const WATCH_WAIT_MS: u64 = 20_000;
/// Milliseconds between watches that come back at once with nothing: a node on its way out may answer so.
const WATCH_REST_MS: u64 = 500;
/// Revisions before the present one from which recent changes are shown.
const WATCH_BACK: u64 = 50;
/// Stores marked at once at most: ten allocations of the largest size.
pub const MARKS_MAX: usize = 20_000;

/// Sends a question in place of whatever is under way for the same slot.
pub fn ask(model: &mut Model, slot: Slot, read: Read, delay_ms: u64, fx: &mut Vec<Effect>) {
    // A debounce is no wait: the clock of the read starts when it is sent.
    let ticket = model.requests.issue(slot, model.now_ms.saturating_add(delay_ms));
    fx.push(Effect::Read { ticket, read, delay_ms });
}

/// Asks for a page of a list.
pub fn load(model: &mut Model, slot: Slot, seek: Seek, delay_ms: u64, fx: &mut Vec<Effect>) {
    let at = model.at();
    let Some(query) = model.listing_mut(slot).map(|list| list.seek(seek)) else { return };
    ask(model, slot, Read::List(query, at), delay_ms, fx);
}

/// What time brings: the first questions, polls, second tries.
pub fn on_clock(model: &mut Model, fx: &mut Vec<Effect>) {
    let now = model.now_ms;
    if model.who.is_none() && model.requests.is_due(Slot::WhoAmI, now, RETRY_EVERY_MS) {
        ask(model, Slot::WhoAmI, Read::WhoAmI, 0, fx);
    }
    if model.who.is_some() && model.org_record.is_none() && model.requests.is_due(Slot::Org, now, RETRY_EVERY_MS) {
        ask_org(model, fx);
    }
    let looked_at = matches!(model.view, View::Pulse | View::Cluster);
    let every = if looked_at { STATUS_EVERY_MS } else { 5 * STATUS_EVERY_MS };
    if !model.frozen && model.requests.is_due(Slot::Status, now, every) {
        ask(model, Slot::Status, Read::Status, 0, fx);
    }
    if model.revision > Revision(0) && !model.frozen {
        let rest = if matches!(model.cluster.watching, Load::Failed(_)) { RETRY_EVERY_MS } else { WATCH_REST_MS };
        if model.requests.is_due(Slot::Watch, now, rest) {
            watch(model, fx);
        }
    }
    if model.org.is_some() {
        for slot in model.slots_shown() {
            let failed = model.listing(*slot).is_some_and(|list| matches!(list.load, Load::Failed(_)));
            if failed && model.requests.is_due(*slot, now, RETRY_EVERY_MS) {
                load(model, *slot, Seek::Again, 0, fx);
            }
        }
        let group_failed = model.view == View::Matrix && model.matrix.fault.is_some();
        if group_failed && model.requests.is_due(Slot::MatrixGroup, now, RETRY_EVERY_MS) {
            ask_matrix_group(model, fx);
        }
    }
    let rested = now.saturating_sub(model.refreshed_ms);
    // Lists are asked for again even when nothing is heard of a change: an age that only grows says nothing.
    let listed = model.focus().is_some() && rested >= LISTS_EVERY_MS;
    if !model.frozen && (listed || model.outdated && rested >= REFRESH_EVERY_MS) {
        refresh(model, fx);
    }
}

fn ask_org(model: &mut Model, fx: &mut Vec<Effect>) {
    let at = model.at();
    let read = match &model.org {
        Some(org) => Read::Get(ObjectId::Org(org.clone()), at),
        None => Read::List(
            ListQuery { org: None, list: List::Orgs, text: String::new(), anchor: Default::default(), limit: 1 },
            at,
        ),
    };
    ask(model, Slot::Org, read, 0, fx);
}

fn watch(model: &mut Model, fx: &mut Vec<Effect>) {
    let from = *model.watch_from.get_or_insert(Revision(model.revision.0.saturating_sub(WATCH_BACK)));
    let request = WatchRequest { org: model.org.clone(), from: Some(from), max: 100, wait_ms: WATCH_WAIT_MS };
    ask(model, Slot::Watch, Read::Watch(request), 0, fx);
}

fn ask_matrix_group(model: &mut Model, fx: &mut Vec<Effect>) {
    if let (Some(org), Some(group)) = (model.org.clone(), model.matrix.group.clone()) {
        let at = model.at();
        ask(model, Slot::MatrixGroup, Read::Get(ObjectId::Group(org, group), at), 0, fx);
    }
}

/// Asks again for everything that the view shows.
pub fn refresh(model: &mut Model, fx: &mut Vec<Effect>) {
    model.outdated = false;
    model.refreshed_ms = model.now_ms;
    if matches!(model.view, View::Pulse | View::Cluster) {
        ask(model, Slot::Status, Read::Status, 0, fx);
    }
    if model.org.is_none() {
        return;
    }
    ask_org(model, fx);
    for slot in model.slots_shown() {
        // A page under way is left to come: asking again would throw it away.
        let again = model.listing(*slot).is_some_and(|list| list.load != Load::Never && list.seeking.is_none());
        if again {
            load(model, *slot, Seek::Again, 0, fx);
        }
    }
    match model.view {
        View::Matrix => ask_matrix_group(model, fx),
        View::Pending => commit::preview_again(model),
        View::Pulse | View::Groups | View::Allocate | View::Endpoints | View::Explain | View::Cluster => {}
    }
}

/// Opens a view: its lists are asked for if they never were, or if something has changed since.
pub fn on_enter(model: &mut Model, fx: &mut Vec<Effect>) {
    if matches!(model.view, View::Pulse | View::Cluster) && model.requests.is_due(Slot::Status, model.now_ms, STATUS_EVERY_MS) {
        ask(model, Slot::Status, Read::Status, 0, fx);
    }
    if model.org.is_none() {
        return;
    }
    for slot in model.slots_shown() {
        let behind = model.revision;
        let outdated = |list: &crate::console::listing::Listing| {
            list.load != Load::Never && (list.revision < behind || list.load != Load::Ready)
        };
        if model.listing(*slot).is_some_and(outdated) {
            load(model, *slot, Seek::Again, 0, fx);
        }
    }
    if model.view == View::Matrix {
        ask_matrix_group(model, fx);
    }
}

/// Asks for what the view needs and nobody has asked for yet: first pages, next pages, panes that follow a cursor.
pub fn follow(model: &mut Model, fx: &mut Vec<Effect>) {
    if model.org.is_none() {
        return;
    }
    let first: &[Slot] = match model.view {
        View::Groups => &[Slot::Groups],
        View::Allocate => &[Slot::Stores, Slot::Targets],
        View::Matrix if model.matrix.group.is_some() => &[Slot::Resources],
        View::Endpoints => &[Slot::Endpoints],
        View::Pulse | View::Matrix | View::Explain | View::Cluster | View::Pending => &[],
    };
    for slot in first {
        if model.listing(*slot).is_some_and(|list| list.load == Load::Never) {
            load(model, *slot, Seek::Start, 0, fx);
        }
    }
    if model.view == View::Groups {
        follow_group(model, fx);
    }
    for slot in model.slots_shown().iter().chain([&Slot::Picker]) {
        if let Some(seek) = model.listing(*slot).and_then(crate::console::listing::Listing::wants) {
            load(model, *slot, seek, 0, fx);
        }
    }
    keep_in_sight(model);
}

fn keep_in_sight(model: &mut Model) {
    let height = list_rows(model);
    for slot in [Slot::Groups, Slot::GroupStores, Slot::GroupTills, Slot::Stores, Slot::Targets, Slot::Resources, Slot::Endpoints] {
        if let Some(list) = model.listing_mut(slot) {
            list.top = list.first_shown(height);
        }
    }
}

/// Rows that a list shows, about: the screen without chrome, frame and heading.
pub fn list_rows(model: &Model) -> usize {
    usize::from(model.size.1.saturating_sub(8)).max(1)
}

/// Panes that follow the group under the cursor.
fn follow_group(model: &mut Model, fx: &mut Vec<Effect>) {
    let pane = model.groups.pane;
    if !matches!(pane, GroupsPane::Stores | GroupsPane::Tills) {
        return;
    }
    if let Some(group) = model.current_group().map(|g| g.id.clone()) {
        let wanted = stores_of(&group);
        let stores = &mut model.groups.stores;
        if stores.query.list != wanted || stores.load == Load::Never {
            stores.ask(wanted, "");
            load(model, Slot::GroupStores, Seek::Start, DETAIL_DEBOUNCE_MS, fx);
        }
    }
    let store = match model.groups.stores.current() {
        Some(Item::Store { store, .. }) => Some(store.code.clone()),
        _ => None,
    };
    if let (GroupsPane::Tills, Some(store)) = (pane, store) {
        let wanted = List::Tills { store: Some(store) };
        let tills = &mut model.groups.tills;
        if tills.query.list != wanted || tills.load == Load::Never {
            tills.ask(wanted, "");
            load(model, Slot::GroupTills, Seek::Start, DETAIL_DEBOUNCE_MS, fx);
        }
    }
}

fn stores_of(group: &GroupId) -> List {
    List::Stores { zone: None, concept: None, group: Some(GroupFilter::Effective(group.clone())), active: None }
}

/// The filter line of the view has been typed in.
pub fn filter_typed(model: &mut Model, fx: &mut Vec<Effect>) {
    let text = model.filter().map(|filter| filter.input.value().to_owned()).unwrap_or_default();
    apply_filter(model, &text, FILTER_DEBOUNCE_MS, fx);
}

/// Puts a text into the filter line of the view.
pub fn set_filter(model: &mut Model, text: &str, delay_ms: u64, fx: &mut Vec<Effect>) {
    if let Some(filter) = model.filter_mut() {
        filter.input = Input::new(text.to_owned());
    }
    apply_filter(model, text, delay_ms, fx);
}

fn apply_filter(model: &mut Model, text: &str, delay_ms: u64, fx: &mut Vec<Effect>) {
    let trimmed = text.trim();
    let parsed = match model.view {
        View::Groups => filter::parse_groups(trimmed).map(|(list, text)| (Slot::Groups, list, text)),
        View::Allocate => StoreFilter::parse(trimmed).map(|parsed| {
            let asked = (Slot::Stores, parsed.list(), parsed.text.clone());
            model.allocate.parsed = parsed;
            model.allocate.range_from = None;
            asked
        }),
        View::Matrix => Ok((Slot::Resources, List::Resources, trimmed.to_owned())),
        View::Endpoints => {
            let list = List::Endpoints { resource: model.endpoints.resource.clone(), class: None };
            Ok((Slot::Endpoints, list, trimmed.to_owned()))
        }
        View::Pulse | View::Explain | View::Cluster | View::Pending => return,
    };
    let error = match parsed {
        Ok((slot, list, text)) => {
            let same = model.listing(slot).is_some_and(|held| held.query.list == list && held.query.text == text);
            if !same {
                if let Some(held) = model.listing_mut(slot) {
                    held.narrow(list, &text);
                }
                load(model, slot, Seek::Start, delay_ms, fx);
            }
            None
        }
        Err(error) => Some(error),
    };
    if let Some(filter) = model.filter_mut() {
        filter.error = error;
    }
}

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
            model.explain.reply = Some(reply);
        }
        Answer::Get(reply) => {
            seen(model, reply.revision, fx);
            on_item(model, slot, reply.item);
        }
        Answer::ListAll(rows, more) => mark_all(model, rows, more),
        Answer::List(reply) => {
            seen(model, reply.revision, fx);
            match (slot, &mut model.overlay) {
                (Slot::PaletteGroups | Slot::PaletteStores, Some(Overlay::Palette { found, .. })) => {
                    found.insert(slot, reply.window.items);
                }
                (Slot::Org, _) => match reply.window.items.into_iter().next() {
                    Some(item) => on_item(model, slot, item),
                    None => model.say(Tone::Warn, "there is no org yet: create one with `bailiwick org create`"),
                },
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
            if fault.code == ApiError::NOT_FOUND {
                model.say(Tone::Bad, format!("the org can't be seen: {fault}"));
            }
        }
        Slot::PaletteGroups | Slot::PaletteStores => {}
        Slot::Groups
        | Slot::GroupStores
        | Slot::GroupTills
        | Slot::Stores
        | Slot::Targets
        | Slot::Resources
        | Slot::Endpoints
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
