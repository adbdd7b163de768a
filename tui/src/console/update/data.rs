//! Asking. Every read goes out by `ask` with a ticket, in place of whatever was under way for the same slot.

use bailiwick_policy::ids::{GroupId, ObjectId, Revision};
use bailiwick_policy::query::{GroupFilter, Item, List, ListQuery};
use bailiwick_rpc::api::WatchRequest;
use tui_input::Input;

use super::{audit, commit, denies, tree};
use crate::console::audit::{AuditFilter, AuditSeek};
use crate::console::effect::{Effect, Read, Slot};
use crate::console::filter::{self, StoreFilter};
use crate::console::keys::View;
use crate::console::listing::{Listing, Load, Seek};
use crate::console::model::{GroupsPane, Model};

/// Milliseconds that a filter waits for the next key.
pub const FILTER_DEBOUNCE_MS: u64 = 120;
/// Milliseconds that a detail pane waits for the cursor to rest.
const DETAIL_DEBOUNCE_MS: u64 = 60;
/// Milliseconds between questions about the cluster while it is looked at; five times as many otherwise.
const STATUS_EVERY_MS: u64 = 1_000;
/// Milliseconds before a question that failed is asked again.
const RETRY_EVERY_MS: u64 = 2_000;
/// Milliseconds between refreshes of the same view, however fast changes come.
pub const REFRESH_EVERY_MS: u64 = 500;
/// Milliseconds between refreshes while nothing is heard.
const LISTS_EVERY_MS: u64 = 5_000;
/// Milliseconds that a watch waits for something to happen.
const WATCH_WAIT_MS: u64 = 20_000;
/// Milliseconds between watches that come back at once with nothing: a node on its way out may answer so.
pub const WATCH_REST_MS: u64 = 500;
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
    if model.view == View::Denies && !model.frozen && model.requests.is_due(Slot::Denies, now, denies::DENIES_EVERY_MS) {
        denies::load(model, 0, fx);
    }
    let audit_failed = model.view == View::Audit && matches!(model.audit.load, Load::Failed(_));
    if audit_failed && model.requests.is_due(Slot::Audit, now, RETRY_EVERY_MS) {
        audit::load(model, if model.audit.entries.is_empty() { AuditSeek::Start } else { AuditSeek::Newer }, 0, fx);
    }
    if model.view == View::Tree && model.requests.is_due(Slot::Tree, now, RETRY_EVERY_MS) {
        tree::retry(model, fx);
    }
    let rested = now.saturating_sub(model.refreshed_ms);
    // Lists are asked for again even when nothing is heard of a change: an age that only grows says nothing.
    let listed = (model.focus().is_some() || matches!(model.view, View::Audit | View::Tree)) && rested >= LISTS_EVERY_MS;
    if !model.frozen && (listed || model.outdated && rested >= REFRESH_EVERY_MS) {
        refresh(model, fx);
    }
}

/// Asks for the org's record, or for the first org there is.
pub fn ask_org(model: &mut Model, fx: &mut Vec<Effect>) {
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

/// Waits for changes.
pub fn watch(model: &mut Model, fx: &mut Vec<Effect>) {
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
    if model.who.is_some() {
        ask_org(model, fx);
    }
    // Credentials may be of no org.
    if model.org.is_none() && model.view != View::Credentials {
        return;
    }
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
        View::Audit if model.audit.seeking.is_none() && model.audit.load != Load::Never => audit::load(model, AuditSeek::Newer, 0, fx),
        View::Denies => denies::load(model, 0, fx),
        View::Tree => tree::refresh(model, fx),
        View::Allocate if model.allocate.parsed.zone.is_some() || model.allocate.parsed.concept.is_some() => tree::ask_places(model, fx),
        View::Pulse
        | View::Groups
        | View::Allocate
        | View::Endpoints
        | View::Explain
        | View::Cluster
        | View::Audit
        | View::Credentials => {}
    }
}

/// Opens a view: its lists are asked for if they never were, or if something has changed since.
pub fn on_enter(model: &mut Model, fx: &mut Vec<Effect>) {
    if matches!(model.view, View::Pulse | View::Cluster) && model.requests.is_due(Slot::Status, model.now_ms, STATUS_EVERY_MS) {
        ask(model, Slot::Status, Read::Status, 0, fx);
    }
    if model.view == View::Denies {
        denies::load(model, 0, fx);
    }
    if model.view == View::Audit && model.audit.load == Load::Ready && model.audit.revision < model.revision && model.audit.seeking.is_none() {
        audit::load(model, AuditSeek::Newer, 0, fx);
    }
    if model.org.is_none() {
        return;
    }
    for slot in model.slots_shown() {
        let behind = model.revision;
        let outdated = |list: &Listing| {
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
    // Who is let in, and what was done, can be of no org.
    if model.view == View::Credentials && model.who.is_some() && model.credentials.list.load == Load::Never {
        load(model, Slot::Credentials, Seek::Start, 0, fx);
    }
    if model.who.is_some() {
        audit::follow(model, fx);
    }
    if model.org.is_none() {
        return;
    }
    tree::follow(model, fx);
    let first: &[Slot] = match model.view {
        View::Groups => &[Slot::Groups],
        View::Allocate => &[Slot::Stores, Slot::Targets],
        View::Matrix if model.matrix.group.is_some() => &[Slot::Resources],
        View::Endpoints => &[Slot::Endpoints],
        View::Pulse
        | View::Matrix
        | View::Tree
        | View::Explain
        | View::Denies
        | View::Cluster
        | View::Audit
        | View::Credentials
        | View::Pending => &[],
    };
    for slot in first {
        if model.listing(*slot).is_some_and(|list| list.load == Load::Never) {
            load(model, *slot, Seek::Start, 0, fx);
        }
    }
    if model.view == View::Groups {
        follow_group(model, fx);
    }
    let by_place = model.allocate.parsed.zone.is_some() || model.allocate.parsed.concept.is_some();
    if model.view == View::Allocate && by_place && model.places.zones.is_none() && model.requests.is_due(Slot::Zones, model.now_ms, RETRY_EVERY_MS) {
        tree::ask_places(model, fx);
    }
    for slot in model.slots_shown().iter().chain([&Slot::Picker]) {
        if let Some(seek) = model.listing(*slot).and_then(Listing::wants) {
            load(model, *slot, seek, 0, fx);
        }
    }
    keep_in_sight(model);
}

fn keep_in_sight(model: &mut Model) {
    let height = list_rows(model);
    for slot in [Slot::Groups, Slot::GroupStores, Slot::GroupTills, Slot::Stores, Slot::Targets, Slot::Resources, Slot::Endpoints, Slot::Credentials] {
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
    List::Stores { zone: None, concept: None, group: Some(GroupFilter::Effective(group.clone())), active: None, below: false }
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
        View::Credentials => Ok((Slot::Credentials, List::Credentials, trimmed.to_owned())),
        View::Audit => return audit_filter(model, trimmed, delay_ms, fx),
        View::Denies => return denies_filter(model, trimmed, delay_ms, fx),
        View::Pulse | View::Tree | View::Explain | View::Cluster | View::Pending => return,
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

/// The server filters by actor, object and time; the text is looked for among what has come.
fn audit_filter(model: &mut Model, text: &str, delay_ms: u64, fx: &mut Vec<Effect>) {
    match AuditFilter::parse(text, model.org.as_ref(), model.wall_ms) {
        Ok(parsed) => {
            let asks = |filter: &AuditFilter| (filter.actor.clone(), filter.object.clone(), filter.since);
            let same = asks(&parsed) == asks(&model.audit.parsed);
            model.audit.parsed = parsed;
            model.audit.filter.error = None;
            if same {
                model.audit.sift();
            } else {
                audit::load(model, AuditSeek::Start, delay_ms, fx);
            }
        }
        Err(error) => model.audit.filter.error = Some(error),
    }
}

fn denies_filter(model: &mut Model, text: &str, delay_ms: u64, fx: &mut Vec<Effect>) {
    match denies::parse(text) {
        Ok((_, observed)) => {
            model.denies.observed = observed;
            model.denies.filter.error = None;
            model.denies.sift();
            denies::load(model, delay_ms, fx);
        }
        Err(error) => model.denies.filter.error = Some(error),
    }
}
