//! What the console knows and shows: one plain value. `update` is the only one to change it, `view` only reads it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bailiwick_policy::access::Class;
use bailiwick_policy::ids::{GroupId, OrgCode, ResourceId, Revision, StoreCode};
use bailiwick_policy::object::{Endpoint, Group, Org, Store};
use bailiwick_policy::query::{Item, List};
use bailiwick_rpc::api::{At, ClusterStatus, Event, ExplainReply, Receipt, WhoAmI};
use crossterm::event::KeyEvent;
use tui_input::Input;

use super::api::{Fault, Health};
use super::effect::{Slot, Ticket};
use super::filter::StoreFilter;
use super::keys::{Keymap, View};
use super::listing::{Listing, Load};
use super::stage::{Named, Risk, Stage, StagedId};
use super::theme::Theme;

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

/// Reads under way.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    generations: BTreeMap<Slot, u64>,
    since: BTreeMap<Slot, u64>,
    asked: BTreeMap<Slot, u64>,
}

impl Requests {
    /// A new read for a slot: whatever is under way for it counts no more.
    pub fn issue(&mut self, slot: Slot, now_ms: u64) -> Ticket {
        let generation = self.generations.entry(slot).or_default();
        *generation += 1;
        self.since.insert(slot, now_ms);
        self.asked.insert(slot, now_ms);
        Ticket { slot, generation: *generation }
    }

    /// Whether an answer is to the newest read of its slot, which is then no longer under way.
    pub fn take(&mut self, ticket: Ticket) -> bool {
        let newest = self.generations.get(&ticket.slot) == Some(&ticket.generation);
        newest && self.since.remove(&ticket.slot).is_some()
    }

    /// Forgets the read of a slot.
    pub fn cancel(&mut self, slot: Slot) {
        *self.generations.entry(slot).or_default() += 1;
        self.since.remove(&slot);
    }

    /// Whether nothing is under way for a slot and it was asked for at least so long ago, or never.
    pub fn is_due(&self, slot: Slot, now_ms: u64, every_ms: u64) -> bool {
        let rested = self.asked.get(&slot).is_none_or(|asked| now_ms.saturating_sub(*asked) >= every_ms);
        rested && !self.since.contains_key(&slot)
    }

    /// Since when a slot's read is under way.
    pub fn since(&self, slot: Slot) -> Option<u64> {
        self.since.get(&slot).copied()
    }
}

/// A line of text being typed, and whether keys go to it.
#[derive(Clone, Debug, Default)]
pub struct FilterLine {
    /// The text.
    pub input: Input,
    /// Whether it is being typed.
    pub editing: bool,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// Which pane of Access groups has the focus.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GroupsPane {
    /// The list.
    #[default]
    List,
    /// What is known of the group.
    About,
    /// Its stores.
    Stores,
    /// Tills of the store chosen there.
    Tills,
}

/// Access groups.
#[derive(Clone, Debug)]
pub struct GroupsScreen {
    /// The groups.
    pub list: Listing,
    /// `/`.
    pub filter: FilterLine,
    /// The pane with the focus.
    pub pane: GroupsPane,
    /// Stores of the group under the cursor.
    pub stores: Listing,
    /// Tills of the store under the cursor there.
    pub tills: Listing,
}

/// A store that is marked, as it was when it was marked or seen last.
#[derive(Clone, Debug)]
pub struct Marked {
    /// The store.
    pub store: Arc<Store>,
    /// The group in force for it.
    pub group: Option<(GroupId, Arc<str>)>,
}

/// Allocate.
#[derive(Clone, Debug)]
pub struct AllocateScreen {
    /// The stores.
    pub stores: Listing,
    /// `/`.
    pub filter: FilterLine,
    /// What it says, parsed.
    pub parsed: StoreFilter,
    /// The groups.
    pub targets: Listing,
    /// Whether the groups have the focus.
    pub on_targets: bool,
    /// Marks, hidden ones too.
    pub marks: BTreeMap<StoreCode, Marked>,
    /// Where a range started.
    pub range_from: Option<String>,
}

/// Cells selected beside the one under the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// From this cell to the cursor.
    Range {
        /// The resource.
        resource: ResourceId,
        /// The column.
        class: Class,
    },
    /// The row of the cursor.
    Row,
    /// The column of the cursor.
    Column,
}

/// Matrix.
#[derive(Clone, Debug)]
pub struct MatrixScreen {
    /// Whose.
    pub group: Option<GroupId>,
    /// The group as committed.
    pub committed: Option<Arc<Group>>,
    /// Why it couldn't be had.
    pub fault: Option<Fault>,
    /// The catalogue's resources.
    pub resources: Listing,
    /// Names of all of them, as of the last unfiltered answer.
    pub known: Option<BTreeSet<ResourceId>>,
    /// `/`.
    pub filter: FilterLine,
    /// The column under the cursor.
    pub column: Class,
    /// Cells selected.
    pub selection: Option<Selection>,
}

/// Endpoints of a resource.
#[derive(Clone, Debug)]
pub struct EndpointsScreen {
    /// Which.
    pub resource: Option<ResourceId>,
    /// They.
    pub list: Listing,
    /// `/`.
    pub filter: FilterLine,
}

/// Explain.
#[derive(Clone, Debug, Default)]
pub struct ExplainScreen {
    /// `till:STORE/TILL` or `store:STORE`.
    pub subject: String,
    /// The method.
    pub action: String,
    /// The path.
    pub resource: String,
    /// The answer.
    pub reply: Option<ExplainReply>,
    /// Why there is none.
    pub fault: Option<Fault>,
    /// Lines scrolled.
    pub scroll: usize,
}

/// One second of the cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sample {
    /// Checks answered.
    pub checks: u64,
    /// Of them, denied.
    pub denies: u64,
    /// Slowest node's 99th percentile of writes, in microseconds.
    pub write_p99_us: u64,
    /// Largest lag behind the leader, in entries.
    pub lag: u64,
}

/// The cluster: Pulse and Cluster draw it.
#[derive(Clone, Debug, Default)]
pub struct ClusterScreen {
    /// How it is.
    pub status: Option<ClusterStatus>,
    /// How asking went.
    pub load: Load,
    /// When the status came.
    pub fetched_ms: u64,
    /// Samples, the newest last.
    pub samples: VecDeque<Sample>,
    /// Checks and denies of each node when they were counted last.
    pub counted: BTreeMap<u64, (u64, u64)>,
    /// When that was; none before the first time.
    pub counted_ms: Option<u64>,
    /// Recent changes, the newest first.
    pub events: VecDeque<Event>,
    /// Whether changes are followed, and why not.
    pub watching: Load,
    /// The node under the cursor.
    pub cursor: usize,
}

/// Pending changes.
#[derive(Clone, Debug, Default)]
pub struct PendingScreen {
    /// The edit under the cursor.
    pub cursor: usize,
    /// Lines of its preview scrolled.
    pub scroll: usize,
}

/// What a picker picks, and what for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pick {
    /// A zone to filter by.
    Zone,
    /// A concept to filter by.
    Concept,
    /// A group to filter by.
    Group,
    /// A group to allocate.
    Target,
    /// A group whose matrix to open.
    Matrix,
}

/// What a form is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FormKind {
    /// A new group.
    NewGroup,
    /// A group's name and description.
    EditGroup(Named, Arc<Group>),
    /// A question to explain.
    Question,
}

/// Something on top of the view, which takes the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys.
    Help {
        /// Lines scrolled.
        scroll: usize,
    },
    /// `:`.
    Palette {
        /// What is typed.
        input: Input,
        /// The entry under the cursor.
        cursor: usize,
        /// Groups and stores that the server found.
        found: BTreeMap<Slot, Vec<Item>>,
    },
    /// A list to pick from.
    Picker {
        /// What, and what for.
        pick: Pick,
        /// What is typed.
        input: Input,
        /// The rows.
        list: Box<Listing>,
    },
    /// Lines to fill in.
    Form {
        /// What for.
        kind: FormKind,
        /// Labels and texts.
        fields: Vec<(&'static str, Input)>,
        /// The line with the focus.
        focus: usize,
        /// What is wrong.
        error: Option<String>,
    },
    /// Apply or cancel.
    Confirm {
        /// Which edit.
        staged: StagedId,
        /// What it asks for.
        risk: Risk,
        /// Whether Apply has the focus. Cancel has it first.
        on_apply: bool,
        /// What is typed.
        input: Input,
    },
    /// Quit all the same?
    ConfirmQuit {
        /// Whether Quit has the focus.
        on_quit: bool,
    },
}

/// How bad a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// It went well.
    Good,
    /// For what it's worth.
    Plain,
    /// Look here.
    Warn,
    /// It went wrong.
    Bad,
}

/// A message at the foot of the screen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toast {
    /// What.
    pub text: String,
    /// How bad.
    pub tone: Tone,
    /// When it goes, by the monotonic clock.
    pub until_ms: u64,
}

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
            },
            explain: ExplainScreen::default(),
            cluster: ClusterScreen::default(),
            pending: PendingScreen::default(),
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
            | Slot::Explain => None,
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
            | Slot::Explain => None,
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
            View::Pulse | View::Explain | View::Cluster | View::Pending => None,
        }
    }

    /// The filter line of the view.
    pub fn filter(&self) -> Option<&FilterLine> {
        match self.view {
            View::Groups => Some(&self.groups.filter),
            View::Allocate => Some(&self.allocate.filter),
            View::Matrix => Some(&self.matrix.filter),
            View::Endpoints => Some(&self.endpoints.filter),
            View::Pulse | View::Explain | View::Cluster | View::Pending => None,
        }
    }

    /// The filter line of the view, to be typed in.
    pub fn filter_mut(&mut self) -> Option<&mut FilterLine> {
        match self.view {
            View::Groups => Some(&mut self.groups.filter),
            View::Allocate => Some(&mut self.allocate.filter),
            View::Matrix => Some(&mut self.matrix.filter),
            View::Endpoints => Some(&mut self.endpoints.filter),
            View::Pulse | View::Explain | View::Cluster | View::Pending => None,
        }
    }

    /// The group under the cursor: of the list, of Allocate's right side, or of the matrix.
    pub fn current_group(&self) -> Option<&Arc<Group>> {
        let list = match self.view {
            View::Matrix | View::Endpoints => return self.matrix.committed.as_ref(),
            View::Allocate => &self.allocate.targets,
            View::Pulse | View::Groups | View::Explain | View::Cluster | View::Pending => &self.groups.list,
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
            View::Explain => &[Slot::Explain],
            View::Pending => &[Slot::Preview],
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
        match self.view {
            View::Pulse | View::Cluster => {
                self.cluster.status.as_ref().map(|_| self.now_ms.saturating_sub(self.cluster.fetched_ms))
            }
            View::Groups => of_list(Slot::Groups),
            View::Allocate => of_list(Slot::Stores),
            View::Matrix => of_list(Slot::Resources),
            View::Endpoints => of_list(Slot::Endpoints),
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
        self.allocate.marks.values().filter(|m| !filter.lets(&m.store, m.group.as_ref().map(|(id, _)| id))).count()
    }

    /// An endpoint under the cursor.
    pub fn current_endpoint(&self) -> Option<&Arc<Endpoint>> {
        match self.endpoints.list.current() {
            Some(Item::Endpoint { endpoint }) => Some(endpoint),
            _ => None,
        }
    }
}
