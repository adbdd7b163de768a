//! What each screen, overlay and message holds: the parts of the model, without behaviour.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bailiwick_policy::access::Class;
use bailiwick_policy::ids::{CredentialId, EndpointId, GroupId, ResourceId, StoreCode};
use bailiwick_policy::object::{Endpoint, Group, Store};
use bailiwick_policy::query::Item;
use bailiwick_rpc::api::{ClusterStatus, DeniesReply, DenyRow, Event, ExplainReply, MemberChangeReply, MemberChangeRequest};
use bailiwick_rpc::token::Token;
use tui_input::Input;

use super::api::Fault;
use super::effect::Slot;
use super::filter::StoreFilter;
use super::listing::{Listing, Load};
use super::stage::{Named, Risk, StagedId};

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
    /// Endpoints marked to narrow a cell by.
    pub marks: BTreeMap<EndpointId, Arc<Endpoint>>,
}

/// Calls that were refused.
#[derive(Clone, Debug, Default)]
pub struct DeniesScreen {
    /// `/`.
    pub filter: FilterLine,
    /// Only refused, or only observed.
    pub observed: Option<bool>,
    /// The last answer.
    pub reply: DeniesReply,
    /// Rows of it that the filter lets through, by their places.
    pub shown: Vec<usize>,
    /// How asking went.
    pub load: Load,
    /// When the answer came, by the monotonic clock.
    pub fetched_ms: u64,
    /// The row under the cursor.
    pub cursor: usize,
}

impl DeniesScreen {
    /// The row under the cursor.
    pub fn current(&self) -> Option<&DenyRow> {
        self.shown.get(self.cursor).and_then(|at| self.reply.rows.get(*at))
    }

    /// Moves the cursor.
    pub fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.shown.len().saturating_sub(1));
    }

    /// Takes rows in. The cursor stays on the call it was on, wherever that has moved.
    pub fn accept(&mut self, reply: DeniesReply, now_ms: u64) {
        let call = |row: &DenyRow| (row.subject.clone(), row.method.clone(), row.path.clone(), row.reason.clone(), row.observed);
        let here = self.current().map(call).filter(|_| self.cursor > 0);
        self.reply = reply;
        self.load = Load::Ready;
        self.fetched_ms = now_ms;
        self.sift();
        let place = here.and_then(|here| self.shown.iter().position(|at| self.reply.rows.get(*at).is_some_and(|row| call(row) == here)));
        self.cursor = place.unwrap_or(self.cursor);
        self.step(0);
    }

    /// Finds out anew which rows are let through.
    pub fn sift(&mut self) {
        let lets = |row: &DenyRow| self.observed.is_none_or(|observed| row.observed == observed);
        self.shown = self.reply.rows.iter().enumerate().filter(|(_, row)| lets(row)).map(|(at, _)| at).collect();
        self.step(0);
    }
}

/// Credentials.
#[derive(Clone, Debug)]
pub struct CredentialsScreen {
    /// They.
    pub list: Listing,
    /// `/`.
    pub filter: FilterLine,
    /// Tokens of credentials that are staged or on their way, by the staged edit. Each is shown once, when it is in
    /// force, and forgotten.
    pub tokens: BTreeMap<StagedId, (CredentialId, Token)>,
    /// In force, and yet to be shown.
    pub fresh: VecDeque<(CredentialId, Token)>,
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
    /// The remedy under the cursor.
    pub remedy: usize,
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
    /// What became of the last change of members, or why it was refused.
    pub told: Vec<(Tone, String)>,
    /// A change of members is on its way.
    pub changing: bool,
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
    /// A file for the stores of a group.
    Export(Named),
    /// A new org.
    NewOrg,
    /// A new credential.
    NewCredential,
    /// A new node.
    AddMember,
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
    /// A change of members: shown, and made once the node's id is typed.
    Members {
        /// What is asked for.
        request: MemberChangeRequest,
        /// What it would do.
        reply: Box<MemberChangeReply>,
        /// What is typed.
        input: Input,
    },
    /// A token, shown once.
    Token {
        /// Of this credential.
        credential: CredentialId,
        /// The secret.
        token: Token,
        /// Whether it was copied.
        copied: bool,
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
