//! What the console knows and shows: one plain value. `update` is the only one to change it, `view` only reads it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bailiwick_policy::access::Class;
use bailiwick_policy::ids::{OrgCode, Revision, ZoneCode};
use bailiwick_policy::object::{Endpoint, Group, Org};
use bailiwick_policy::query::{Item, List};
use bailiwick_rpc::api::{At, MemberChangeRequest, Receipt, WhoAmI};
use crossterm::event::KeyEvent;

use super::api::{Fault, Health};
use super::audit::AuditScreen;
use super::effect::Slot;
use super::filter::StoreFilter;
use super::keys::{Keymap, View};
use super::listing::Listing;
pub use super::panes::*;
use super::requests::Requests;
use super::stage::{Stage, StagedId};
use super::theme::Theme;
use super::tree::{PlacesKnown, TreeScreen};

/// Milliseconds after which an answer that is waited for is marked.
pub const WAIT_MARK_MS: u64 = 100;
/// Milliseconds after which the time is shown, and Esc stops waiting.
pub const WAIT_CANCEL_MS: u64 = 1_000;
/// Samples of each sparkline, one a second.
pub const SAMPLES_MAX: usize = 240;
/// Events kept for Pulse.
pub const EVENTS_MAX: usize = 200;
/// Columns up to which side panes are left out.
pub const NARROW_COLUMNS: u16 = 84;
/// Columns and rows below which nothing useful can be shown.
pub const SMALLEST: (u16, u16) = (60, 15);

/// All of it.
#[derive(Clone, Debug)]
pub struct Model {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The monotonic clock, in milliseconds.
    pub now_ms: u64,
    /// The wall's clock, in milliseconds since 1970.
    pub wall_ms: u64,
    /// How it looks.
    pub theme: Theme,
    /// What keys do.
    pub keymap: Keymap,
    /// The environment, as a word.
    pub environment: String,
    /// Nothing may be changed from here.
    pub read_only: bool,
    /// The org that is looked at; none until the caller's own is known.
    pub org: Option<OrgCode>,
    /// Its record.
    pub org_record: Option<Arc<Org>>,
    /// Its stores and tills.
    pub org_counts: (u64, u64),
    /// Who the caller is.
    pub who: Option<WhoAmI>,
    /// Why that isn't known.
    pub who_fault: Option<Fault>,
    /// The way to the cluster.
    pub health: Health,
    /// The highest revision seen.
    pub revision: Revision,
    /// The receipt of the last change made from here.
    pub receipt: Option<Receipt>,
    /// Reads under way.
    pub requests: Requests,
    /// The view.
    pub view: View,
    /// Views visited, and where in them we are.
    pub history: Vec<View>,
    /// Index of the present view in the history.
    pub history_at: usize,
    /// The view before this one.
    pub last_view: Option<View>,
    /// What lies on top.
    pub overlay: Option<Overlay>,
    /// Keys that wait for the list they are meant for.
    pub held: Vec<KeyEvent>,
    /// Changes aren't followed.
    pub frozen: bool,
    /// Something on the present view may be out of date.
    pub outdated: bool,
    /// The message at the foot.
    pub toast: Option<Toast>,
    /// Staged edits.
    pub stage: Stage,
    /// The staged edit that the server is previewing.
    pub previewing: Option<StagedId>,
    /// Changes are followed from here; none before the first answer.
    pub watch_from: Option<Revision>,
    /// When what the view shows was asked for again last.
    pub refreshed_ms: u64,
    /// Access groups.
    pub groups: GroupsScreen,
    /// Allocate.
    pub allocate: AllocateScreen,
    /// Matrix.
    pub matrix: MatrixScreen,
    /// Endpoints.
    pub endpoints: EndpointsScreen,
    /// Explain.
    pub explain: ExplainScreen,
    /// The cluster.
    pub cluster: ClusterScreen,
    /// Pending changes.
    pub pending: PendingScreen,
    /// The tree.
    pub tree: TreeScreen,
    /// Calls that were refused.
    pub denies: DeniesScreen,
    /// The audit.
    pub audit: AuditScreen,
    /// Credentials.
    pub credentials: CredentialsScreen,
    /// Zones and concepts of the org.
    pub places: PlacesKnown,
    /// The caller sees no org: there is none, or none for it.
    pub no_org: bool,
    /// The last change made from here, to be undone, and what it was.
    pub last_commit: Option<(Revision, String)>,
    /// The revision whose inverse is asked for, and what it was.
    pub undoing: Option<(Revision, String)>,
    /// The staged edit whose objects, as others have made them, are asked for.
    pub comparing: Option<StagedId>,
    /// The change of members whose effect is asked for.
    pub member_change: Option<MemberChangeRequest>,
    /// The zone whose stores are asked for, to be suspended or resumed.
    pub zone_toggle: Option<ZoneCode>,
    /// The screen is being written to a file: no secret may stand in it.
    pub masked: bool,
    /// Nothing more is to be done.
    pub quit: bool,
}

impl Model {
    /// A console that knows nothing yet.
    pub fn new(org: Option<OrgCode>, environment: &str, read_only: bool, theme: Theme, keymap: Keymap) -> Self {
        let listing = |list: List| Listing::new(org.clone(), list);
        let mut resources = listing(List::Resources);
        // A catalogue has some hundred resources: all of it at once, so that columns can be filled.
        resources.page = bailiwick_policy::limits::PAGE_ROWS_MAX;
        Self {
            size: (80, 24),
            now_ms: 0,
            wall_ms: 0,
            theme,
            keymap,
            environment: environment.to_owned(),
            read_only,
            org: org.clone(),
            org_record: None,
            org_counts: (0, 0),
            who: None,
            who_fault: None,
            health: Health::default(),
            revision: Revision(0),
            receipt: None,
            requests: Requests::default(),
            view: View::Pulse,
            history: vec![View::Pulse],
            history_at: 0,
            last_view: None,
            overlay: None,
            held: Vec::new(),
            frozen: false,
            outdated: false,
            toast: None,
            stage: Stage::default(),
            previewing: None,
            watch_from: None,
            refreshed_ms: 0,
            groups: GroupsScreen {
                list: listing(List::Groups { active: None }),
                filter: FilterLine::default(),
                pane: GroupsPane::List,
                stores: listing(StoreFilter::default().list()),
                tills: listing(List::Tills { store: None }),
            },
            allocate: AllocateScreen {
                stores: listing(StoreFilter::default().list()),
                filter: FilterLine::default(),
                parsed: StoreFilter::default(),
                targets: listing(List::Groups { active: Some(true) }),
                on_targets: false,
                marks: BTreeMap::new(),
                range_from: None,
            },
            matrix: MatrixScreen {
                group: None,
                committed: None,
                fault: None,
                resources,
                known: None,
                filter: FilterLine::default(),
                column: Class::Data,
                selection: None,
            },
            endpoints: EndpointsScreen {
                resource: None,
                list: listing(List::Endpoints { resource: None, class: None }),
                filter: FilterLine::default(),
                marks: BTreeMap::new(),
            },
            explain: ExplainScreen::default(),
            cluster: ClusterScreen::default(),
            pending: PendingScreen::default(),
            tree: TreeScreen::default(),
            denies: DeniesScreen::default(),
            audit: AuditScreen::default(),
            // Operators' credentials belong to no org: whatever the caller sees is listed.
            credentials: CredentialsScreen {
                list: Listing::new(None, List::Credentials),
                filter: FilterLine::default(),
                tokens: BTreeMap::new(),
                fresh: VecDeque::new(),
            },
            places: PlacesKnown::default(),
            no_org: false,
            last_commit: None,
            undoing: None,
            comparing: None,
            member_change: None,
            zone_toggle: None,
            masked: false,
            quit: false,
        }
    }

    /// Which state reads ask for: never one older than the last change made from here.
    pub fn at(&self) -> At {
        self.receipt.clone().map_or(At::Local, At::AtLeast)
    }

    /// Whether side panes are left out.
    pub fn is_narrow(&self) -> bool {
        self.size.0 <= NARROW_COLUMNS
    }

    /// Whether the terminal is too small for anything.
    pub fn is_too_small(&self) -> bool {
        self.size.0 < SMALLEST.0 || self.size.1 < SMALLEST.1
    }

    /// The list of a slot.
    pub fn listing(&self, slot: Slot) -> Option<&Listing> {
        match slot {
            Slot::Groups => Some(&self.groups.list),
            Slot::GroupStores => Some(&self.groups.stores),
            Slot::GroupTills => Some(&self.groups.tills),
            Slot::Stores => Some(&self.allocate.stores),
            Slot::Targets => Some(&self.allocate.targets),
            Slot::Resources => Some(&self.matrix.resources),
            Slot::Endpoints => Some(&self.endpoints.list),
            Slot::Credentials => Some(&self.credentials.list),
            Slot::Picker => match &self.overlay {
                Some(Overlay::Picker { list, .. }) => Some(list),
                _ => None,
            },
            Slot::WhoAmI
            | Slot::Org
            | Slot::Status
            | Slot::Watch
            | Slot::MarkAll
            | Slot::MatrixGroup
            | Slot::PaletteGroups
            | Slot::PaletteStores
            | Slot::Preview
            | Slot::Explain
            | Slot::Audit
            | Slot::AuditEntry
            | Slot::Inverse
            | Slot::Denies
            | Slot::Zones
            | Slot::Concepts
            | Slot::Tree
            | Slot::ZoneStores
            | Slot::Theirs
            | Slot::Members => None,
        }
    }

    /// The list of a slot, to be changed.
    pub fn listing_mut(&mut self, slot: Slot) -> Option<&mut Listing> {
        match slot {
            Slot::Groups => Some(&mut self.groups.list),
            Slot::GroupStores => Some(&mut self.groups.stores),
            Slot::GroupTills => Some(&mut self.groups.tills),
            Slot::Stores => Some(&mut self.allocate.stores),
            Slot::Targets => Some(&mut self.allocate.targets),
            Slot::Resources => Some(&mut self.matrix.resources),
            Slot::Endpoints => Some(&mut self.endpoints.list),
            Slot::Credentials => Some(&mut self.credentials.list),
            Slot::Picker => match &mut self.overlay {
                Some(Overlay::Picker { list, .. }) => Some(list),
                _ => None,
            },
            Slot::WhoAmI
            | Slot::Org
            | Slot::Status
            | Slot::Watch
            | Slot::MarkAll
            | Slot::MatrixGroup
            | Slot::PaletteGroups
            | Slot::PaletteStores
            | Slot::Preview
            | Slot::Explain
            | Slot::Audit
            | Slot::AuditEntry
            | Slot::Inverse
            | Slot::Denies
            | Slot::Zones
            | Slot::Concepts
            | Slot::Tree
            | Slot::ZoneStores
            | Slot::Theirs
            | Slot::Members => None,
        }
    }

    /// The list that the cursor keys move in.
    pub fn focus(&self) -> Option<Slot> {
        match self.view {
            View::Groups => match self.groups.pane {
                GroupsPane::List | GroupsPane::About => Some(Slot::Groups),
                GroupsPane::Stores => Some(Slot::GroupStores),
                GroupsPane::Tills => Some(Slot::GroupTills),
            },
            View::Allocate => Some(if self.allocate.on_targets { Slot::Targets } else { Slot::Stores }),
            View::Matrix => Some(Slot::Resources),
            View::Endpoints => Some(Slot::Endpoints),
            View::Credentials => Some(Slot::Credentials),
            View::Pulse | View::Tree | View::Explain | View::Denies | View::Cluster | View::Audit | View::Pending => None,
        }
    }

    /// The filter line of the view.
    pub fn filter(&self) -> Option<&FilterLine> {
        match self.view {
            View::Groups => Some(&self.groups.filter),
            View::Allocate => Some(&self.allocate.filter),
            View::Matrix => Some(&self.matrix.filter),
            View::Endpoints => Some(&self.endpoints.filter),
            View::Denies => Some(&self.denies.filter),
            View::Audit => Some(&self.audit.filter),
            View::Credentials => Some(&self.credentials.filter),
            View::Pulse | View::Tree | View::Explain | View::Cluster | View::Pending => None,
        }
    }

    /// The filter line of the view, to be typed in.
    pub fn filter_mut(&mut self) -> Option<&mut FilterLine> {
        match self.view {
            View::Groups => Some(&mut self.groups.filter),
            View::Allocate => Some(&mut self.allocate.filter),
            View::Matrix => Some(&mut self.matrix.filter),
            View::Endpoints => Some(&mut self.endpoints.filter),
            View::Denies => Some(&mut self.denies.filter),
            View::Audit => Some(&mut self.audit.filter),
            View::Credentials => Some(&mut self.credentials.filter),
            View::Pulse | View::Tree | View::Explain | View::Cluster | View::Pending => None,
        }
    }

    /// The group under the cursor: of the list, of Allocate's right side, or of the matrix.
    pub fn current_group(&self) -> Option<&Arc<Group>> {
        let list = match self.view {
            View::Matrix | View::Endpoints => return self.matrix.committed.as_ref(),
            View::Allocate => &self.allocate.targets,
            View::Tree => {
                let row = self.tree.current()?;
                return match self.tree.item(&row.row) {
                    Some(Item::Group { group, .. }) => Some(group),
                    Some(_) | None => None,
                };
            }
            View::Groups => &self.groups.list,
            View::Pulse | View::Explain | View::Denies | View::Cluster | View::Audit | View::Credentials | View::Pending => return None,
        };
        match list.current() {
            Some(Item::Group { group, .. }) => Some(group),
            _ => None,
        }
    }

    /// The slots whose data the view shows; the first is the one whose age the header gives.
    pub fn slots_shown(&self) -> &'static [Slot] {
        match self.view {
            View::Pulse | View::Cluster => &[Slot::Status],
            View::Groups => &[Slot::Groups, Slot::GroupStores, Slot::GroupTills],
            View::Allocate => &[Slot::Stores, Slot::Targets, Slot::MarkAll],
            View::Matrix => &[Slot::MatrixGroup, Slot::Resources],
            View::Endpoints => &[Slot::Endpoints],
            View::Tree => &[Slot::Tree, Slot::Zones, Slot::ZoneStores],
            View::Explain => &[Slot::Explain],
            View::Denies => &[Slot::Denies],
            View::Audit => &[Slot::Audit, Slot::AuditEntry, Slot::Inverse],
            View::Credentials => &[Slot::Credentials],
            View::Pending => &[Slot::Preview, Slot::Theirs],
        }
    }

    /// How long the view has been waiting for its slowest answer, in milliseconds.
    pub fn waiting_ms(&self) -> Option<u64> {
        let shown = self.slots_shown().iter().chain([&Slot::WhoAmI, &Slot::Picker]);
        shown.filter_map(|slot| self.requests.since(*slot)).min().map(|since| self.now_ms.saturating_sub(since))
    }

    /// How old what the view shows can be, in milliseconds: since it came, and how stale it was then.
    pub fn age_ms(&self) -> Option<u64> {
        let of_list = |slot: Slot| {
            let list = self.listing(slot)?;
            (list.fetched_ms > 0).then(|| self.now_ms.saturating_sub(list.fetched_ms) + list.staleness_ms)
        };
        let since = |fetched_ms: u64| (fetched_ms > 0).then(|| self.now_ms.saturating_sub(fetched_ms));
        match self.view {
            View::Pulse | View::Cluster => {
                self.cluster.status.as_ref().map(|_| self.now_ms.saturating_sub(self.cluster.fetched_ms))
            }
            View::Groups => of_list(Slot::Groups),
            View::Allocate => of_list(Slot::Stores),
            View::Matrix => of_list(Slot::Resources),
            View::Endpoints => of_list(Slot::Endpoints),
            View::Credentials => of_list(Slot::Credentials),
            View::Tree => since(self.tree.fetched_ms),
            View::Denies => since(self.denies.fetched_ms),
            View::Audit => since(self.audit.fetched_ms),
            View::Explain | View::Pending => None,
        }
    }

    /// Says something at the foot of the screen.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        let stays_ms = match tone {
            Tone::Good | Tone::Plain => 4_000,
            Tone::Warn => 6_000,
            Tone::Bad => 10_000,
        };
        self.toast = Some(Toast { text: text.into(), tone, until_ms: self.now_ms + stays_ms });
    }

    /// Marks that the filter hides.
    pub fn marks_hidden(&self) -> usize {
        let filter = &self.allocate.parsed;
        self.allocate.marks.values().filter(|m| !filter.lets(&m.store, m.group.as_ref().map(|(id, _)| id), &self.places)).count()
    }

    /// An endpoint under the cursor.
    pub fn current_endpoint(&self) -> Option<&Arc<Endpoint>> {
        match self.endpoints.list.current() {
            Some(Item::Endpoint { endpoint }) => Some(endpoint),
            _ => None,
        }
    }
}
