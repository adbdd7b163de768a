//! What goes into `update` and what comes out of it. Everything that touches the world is an `Effect`, and
//! everything that the world says is a `Msg`.

use bailiwick_policy::ids::{CredentialId, ObjectId, RequestId, Revision};
use bailiwick_policy::name::Name;
use bailiwick_policy::object::CredentialKind;
use bailiwick_policy::query::{Item, ListQuery};
use bailiwick_rpc::api::{
    At, AuditEntry, AuditQuery, AuditReply, CheckRequest, ClusterStatus, DeniesReply, DeniesRequest, ExplainReply, GetReply, ListReply,
    MemberChangeReply, MemberChangeRequest, OutcomeReply, PreviewReply, PreviewRequest, WatchReply, WatchRequest, WhoAmI,
};
use bailiwick_rpc::token::Token;
use crossterm::event::Event;
use serde_bytes::ByteBuf;

use super::api::{Fault, Health, Written};
use super::stage::StagedId;

/// What a read is for. Each place has at most one read under way: a new one takes the place of the old.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Slot {
    /// Who the caller is.
    WhoAmI,
    /// The org that is looked at, or the first there is.
    Org,
    /// The cluster's nodes.
    Status,
    /// Changes as they come.
    Watch,
    /// Access groups.
    Groups,
    /// Stores of the group under the cursor.
    GroupStores,
    /// Tills of one of them.
    GroupTills,
    /// Stores to allocate to.
    Stores,
    /// Groups to allocate.
    Targets,
    /// Every store that the filter lets through, to be marked.
    MarkAll,
    /// The group whose matrix is open.
    MatrixGroup,
    /// Resources of the matrix.
    Resources,
    /// Endpoints of one of them.
    Endpoints,
    /// Rows of a picker.
    Picker,
    /// Groups for the palette.
    PaletteGroups,
    /// Stores for the palette.
    PaletteStores,
    /// What a staged edit would do.
    Preview,
    /// Why an answer is what it is.
    Explain,
    /// Entries of the audit.
    Audit,
    /// One of them, whole.
    AuditEntry,
    /// What undoes an entry.
    Inverse,
    /// Calls that were refused.
    Denies,
    /// The org's zones, all of them.
    Zones,
    /// Its concepts, all of them.
    Concepts,
    /// Children of a node of the tree.
    Tree,
    /// All stores of a zone.
    ZoneStores,
    /// Credentials.
    Credentials,
    /// What others have made of an object meanwhile.
    Theirs,
    /// What a change of members would do.
    Members,
}

/// Which read an answer belongs to. One with an older generation is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    /// What it is for.
    pub slot: Slot,
    /// Which try.
    pub generation: u64,
}

/// A read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Read {
    /// Who the caller is.
    WhoAmI,
    /// A window.
    List(ListQuery, At),
    /// The whole of a list, page by page, up to so many rows.
    ListAll(ListQuery, At, usize),
    /// One object.
    Get(ObjectId, At),
    /// The next changes.
    Watch(WatchRequest),
    /// The cluster's nodes.
    Status,
    /// What changes would do.
    Preview(PreviewRequest),
    /// Why an answer is what it is.
    Explain(CheckRequest),
    /// Entries of the audit.
    Audit(AuditQuery),
    /// One of them, whole.
    AuditEntry(Revision),
    /// What undoes an entry, as an encoded command.
    Inverse(Revision),
    /// Calls that were refused.
    Denies(DeniesRequest),
    /// Several objects.
    GetAll(Vec<ObjectId>, At),
    /// What a change of members would do: it is asked as a dry run.
    Members(MemberChangeRequest),
}

/// The answer to a read, by its kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// See `Read`.
    WhoAmI(WhoAmI),
    /// See `Read`.
    List(ListReply),
    /// The rows, and whether there are more.
    ListAll(Vec<Item>, bool),
    /// See `Read`.
    Get(GetReply),
    /// See `Read`.
    Watch(WatchReply),
    /// See `Read`.
    Status(ClusterStatus),
    /// See `Read`.
    Preview(PreviewReply),
    /// See `Read`.
    Explain(ExplainReply),
    /// See `Read`.
    Audit(AuditReply),
    /// See `Read`.
    AuditEntry(Box<AuditEntry>),
    /// See `Read`.
    Inverse(ByteBuf),
    /// See `Read`.
    Denies(DeniesReply),
    /// Each with what it is now; none if it isn't there.
    GetAll(Vec<(ObjectId, Option<Item>)>),
    /// See `Read`.
    Members(MemberChangeReply),
}

/// A credential that is to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CredentialDraft {
    /// Its id.
    pub id: CredentialId,
    /// What it is for.
    pub label: Name,
    /// Whom it lets in.
    pub kind: CredentialKind,
}

/// A write, exactly as it was previewed. It has no request id yet: the runtime takes one when it sends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Write {
    /// The command, encoded.
    pub command: ByteBuf,
    /// What the preview read.
    pub reads: Vec<(ObjectId, Revision)>,
    /// The digest of the impact that was shown.
    pub expect: String,
}

/// What the runtime is to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Ask, after so many milliseconds, in place of whatever is under way for the same slot.
    Read {
        /// To be given back with the answer.
        ticket: Ticket,
        /// What.
        read: Read,
        /// Debounce.
        delay_ms: u64,
    },
    /// Stop waiting for this.
    Cancel(Slot),
    /// Make a change.
    Write {
        /// Of this staged edit.
        staged: StagedId,
        /// What.
        write: Write,
        /// Under this id, if it was sent before: it applies once.
        again: Option<RequestId>,
    },
    /// Ask what became of a write, after so many milliseconds.
    AskOutcome {
        /// Of this staged edit.
        staged: StagedId,
        /// By this id.
        id: RequestId,
        /// Patience.
        delay_ms: u64,
    },
    /// Make a token for a credential.
    NewToken(CredentialDraft),
    /// Change the cluster's members.
    Members(MemberChangeRequest),
    /// Write all rows of a list of stores to a new file, as CSV.
    Export {
        /// The file.
        path: String,
        /// The list.
        query: ListQuery,
        /// Which state.
        at: At,
    },
    /// Put a text on the clipboard.
    Copy(String),
    /// Write the screen to a file.
    Dump,
    /// Draw every cell anew.
    Redraw,
    /// Give the terminal back to the shell until it says `fg`.
    Suspend,
    /// End.
    Quit,
}

/// What has happened.
#[derive(Clone, PartialEq, Debug)]
#[expect(clippy::large_enum_variant, reason = "few are on their way at a time, and the large one is an answer that somebody waits for")]
pub enum Msg {
    /// Time: milliseconds of a clock that never goes back, and of the wall's.
    Clock {
        /// Since some start.
        mono_ms: u64,
        /// Since 1970.
        wall_ms: u64,
    },
    /// Keys, pastes, resizes.
    Input(Event),
    /// An answer.
    Reply {
        /// To this read.
        ticket: Ticket,
        /// What, or why not.
        result: Result<Answer, Fault>,
    },
    /// A write is on its way under this id.
    WriteStarted {
        /// Of this staged edit.
        staged: StagedId,
        /// Its id.
        id: RequestId,
    },
    /// What became of a write.
    Written {
        /// Of this staged edit.
        staged: StagedId,
        /// Its id.
        id: RequestId,
        /// The outcome.
        written: Written,
    },
    /// What is known of a write whose outcome wasn't.
    Outcome {
        /// Of this staged edit.
        staged: StagedId,
        /// Its id.
        id: RequestId,
        /// The outcome, or why nobody could be asked.
        result: Result<OutcomeReply, Fault>,
    },
    /// The way to the cluster has changed.
    Health(Health),
    /// A token was made.
    Token {
        /// For this credential.
        draft: CredentialDraft,
        /// The secret.
        token: Token,
    },
    /// What became of a change of members.
    Members(Result<MemberChangeReply, Fault>),
    /// The file and the rows written to it, or why there is none.
    Exported(Result<(String, u64), String>),
    /// The screen was written to this file, or why not.
    Dumped(Result<String, String>),
    /// The terminal is ours again.
    Resumed,
}
