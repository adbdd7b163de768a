//! The keys: one table that drives dispatch, the key bar and the help, and that a profile can remap.
//!
//! Refused: a key read anywhere else. Text lines (filter, forms, palette) take characters; all else comes from here.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A view.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum View {
    /// Home.
    #[default]
    Pulse,
    /// Access groups.
    Groups,
    /// Stores and groups.
    Allocate,
    /// What a group grants.
    Matrix,
    /// Endpoints of a resource.
    Endpoints,
    /// Why an answer is what it is.
    Explain,
    /// Nodes.
    Cluster,
    /// Staged edits.
    Pending,
    /// Zones or groups, their stores, their tills.
    Tree,
    /// Calls that were refused.
    Denies,
    /// Who changed what.
    Audit,
    /// Who is let in.
    Credentials,
}

impl View {
    /// Every one of them.
    pub const ALL: [Self; 12] = [
        Self::Pulse,
        Self::Groups,
        Self::Allocate,
        Self::Matrix,
        Self::Endpoints,
        Self::Tree,
        Self::Explain,
        Self::Denies,
        Self::Cluster,
        Self::Audit,
        Self::Credentials,
        Self::Pending,
    ];

    /// Views that a digit opens, with the digit.
    pub const SCREENS: [(char, Self); 10] = [
        ('1', Self::Pulse),
        ('2', Self::Groups),
        ('3', Self::Allocate),
        ('4', Self::Matrix),
        ('5', Self::Tree),
        ('6', Self::Explain),
        ('7', Self::Denies),
        ('8', Self::Cluster),
        ('9', Self::Audit),
        ('0', Self::Credentials),
    ];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Pulse => "Pulse",
            Self::Groups => "Access groups",
            Self::Allocate => "Allocate",
            Self::Matrix => "Matrix",
            Self::Endpoints => "Endpoints",
            Self::Explain => "Explain",
            Self::Cluster => "Cluster",
            Self::Pending => "Pending changes",
            Self::Tree => "Tree",
            Self::Denies => "Denies",
            Self::Audit => "Audit",
            Self::Credentials => "Credentials",
        }
    }

    /// Where Esc leads; the root leads nowhere.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Pulse => None,
            Self::Groups
            | Self::Allocate
            | Self::Tree
            | Self::Explain
            | Self::Denies
            | Self::Cluster
            | Self::Audit
            | Self::Credentials
            | Self::Pending => Some(Self::Pulse),
            Self::Matrix => Some(Self::Groups),
            Self::Endpoints => Some(Self::Matrix),
        }
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a key does.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Action { $($(#[$doc])* $variant,)* }

        impl Action {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that a remapping goes by.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

actions! {
    /// To the screen of the digit.
    GoPulse = "go-pulse",
    /// To the screen of the digit.
    GoGroups = "go-groups",
    /// To the screen of the digit.
    GoAllocate = "go-allocate",
    /// To the screen of the digit.
    GoMatrix = "go-matrix",
    /// To the screen of the digit.
    GoExplain = "go-explain",
    /// To the screen of the digit.
    GoCluster = "go-cluster",
    /// To the screen of the digit.
    GoTree = "go-tree",
    /// To the screen of the digit.
    GoDenies = "go-denies",
    /// To the screen of the digit.
    GoAudit = "go-audit",
    /// To the screen of the digit.
    GoCredentials = "go-credentials",
    /// To the staged edits.
    GoPending = "pending",
    /// One row up.
    Up = "up",
    /// One row down.
    Down = "down",
    /// One column to the left.
    Left = "left",
    /// One column to the right.
    Right = "right",
    /// A page up.
    PageUp = "page-up",
    /// A page down.
    PageDown = "page-down",
    /// To the first row.
    First = "first",
    /// To the last row.
    Last = "last",
    /// To the next pane.
    NextPane = "next-pane",
    /// To the pane before.
    PreviousPane = "previous-pane",
    /// Opens what is under the cursor.
    Open = "open",
    /// Back, up, out.
    Back = "back",
    /// Filters.
    Filter = "filter",
    /// Filters by picking a zone, concept or group.
    PickFilter = "pick-filter",
    /// All, active, inactive.
    FilterStatus = "filter-status",
    /// Marks the row.
    Mark = "mark",
    /// Starts or ends a range.
    Range = "range",
    /// Marks all that match.
    MarkAll = "mark-all",
    /// Takes all marks away.
    Unmark = "unmark",
    /// The org's default becomes the group under the cursor.
    SetDefault = "set-default",
    /// The org has no default any more.
    ClearDefault = "clear-default",
    /// Allocates a group to the marked stores.
    Allocate = "allocate",
    /// The marked stores inherit.
    Inherit = "inherit",
    /// Suspends or resumes.
    ToggleActive = "suspend-or-resume",
    /// Suspends or resumes the org.
    ToggleOrg = "suspend-or-resume-org",
    /// Permits and marks what a group would deny, or denies it again.
    Observe = "observe",
    /// Writes the stores of a group to a file.
    Export = "export",
    /// From zones to groups and back.
    TreeMode = "tree-mode",
    /// Allocate, filtered by what is under the cursor.
    ShowStores = "show-stores",
    /// Undoes an entry of the audit.
    Undo = "undo",
    /// Stages what would allow it.
    StageRemedy = "stage-remedy",
    /// Narrows a cell to the marked endpoints.
    NarrowOnly = "narrow-only",
    /// Narrows a cell around the marked endpoints.
    NarrowExcept = "narrow-except",
    /// Takes a cell's narrowing away.
    Widen = "widen",
    /// A new credential.
    NewCredential = "new-credential",
    /// Revokes a credential.
    Revoke = "revoke",
    /// A new org.
    NewOrg = "new-org",
    /// A new node.
    AddMember = "add-member",
    /// A learner becomes a voter.
    PromoteMember = "promote-member",
    /// A node leaves.
    RemoveMember = "remove-member",
    /// Leadership moves.
    TransferLead = "transfer-leadership",
    /// Mine on top of theirs.
    Rebase = "rebase",
    /// Lays a conflict aside.
    Keep = "keep",
    /// A new group.
    NewGroup = "new",
    /// Name and description.
    EditGroup = "edit",
    /// None.
    SetNone = "set-none",
    /// Read.
    SetRead = "set-read",
    /// Write.
    SetWrite = "set-write",
    /// Read and write.
    SetBoth = "set-both",
    /// The next of the four.
    Cycle = "cycle",
    /// Selects the row.
    SelectRow = "select-row",
    /// Selects the column.
    SelectColumn = "select-column",
    /// Takes back what is staged under the cursor.
    Unstage = "unstage",
    /// Another group's matrix.
    PickGroup = "pick-group",
    /// Confirms the edit under the cursor.
    Commit = "commit",
    /// Discards the edit under the cursor.
    Discard = "discard",
    /// Sends it again under the same id.
    Resend = "resend",
    /// Edits the question.
    EditQuestion = "edit-question",
    /// The palette.
    Palette = "palette",
    /// The help.
    Help = "help",
    /// The view before this one.
    LastView = "last-view",
    /// Back in the history.
    HistoryBack = "history-back",
    /// Forward in the history.
    HistoryForward = "history-forward",
    /// Copies the id under the cursor.
    Copy = "copy",
    /// Writes the screen to a file.
    Dump = "dump",
    /// Asks again.
    Refresh = "refresh",
    /// Stops following changes, or goes on.
    Freeze = "freeze",
    /// Draws every cell anew.
    Redraw = "redraw",
    /// Gives the terminal back for a while.
    Suspend = "suspend-console",
    /// Ends.
    Quit = "quit",
}

/// A key with its modifiers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chord {
    code: KeyCode,
    control: bool,
}

impl Chord {
    /// The chord of an event. Shift is in the character.
    pub fn of(event: &KeyEvent) -> Self {
        Self { code: event.code, control: event.modifiers.contains(KeyModifiers::CONTROL) }
    }

    /// Reads `ctrl-l`, `pgdn`, `a`, `A`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (control, key) = match text.strip_prefix("ctrl-") {
            Some(key) => (true, key),
            None => (false, text),
        };
        let mut characters = key.chars();
        let code = match (key, characters.next(), characters.next()) {
            ("enter", ..) => KeyCode::Enter,
            ("esc", ..) => KeyCode::Esc,
            ("space", ..) => KeyCode::Char(' '),
            ("tab", ..) => KeyCode::Tab,
            ("backtab", ..) => KeyCode::BackTab,
            ("backspace", ..) => KeyCode::Backspace,
            ("delete", ..) => KeyCode::Delete,
            ("up", ..) => KeyCode::Up,
            ("down", ..) => KeyCode::Down,
            ("left", ..) => KeyCode::Left,
            ("right", ..) => KeyCode::Right,
            ("pgup", ..) => KeyCode::PageUp,
            ("pgdn", ..) => KeyCode::PageDown,
            ("home", ..) => KeyCode::Home,
            ("end", ..) => KeyCode::End,
            (_, Some(character), None) => KeyCode::Char(character),
            _ => return Err(format!("`{text}` is no key: write `a`, `A`, `ctrl-a`, `enter`, `pgdn` or the like")),
        };
        Ok(Self { code, control })
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = match self.code {
            KeyCode::Char(' ') => "space".to_owned(),
            KeyCode::Char(character) => character.to_string(),
            KeyCode::BackTab => "backtab".to_owned(),
            KeyCode::PageUp => "pgup".to_owned(),
            KeyCode::PageDown => "pgdn".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        };
        if self.control { write!(f, "ctrl-{key}") } else { f.write_str(&key) }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// Its keys; the first is shown.
    pub keys: &'static [&'static str],
    /// Where it applies; empty is everywhere.
    pub views: &'static [View],
    /// One or two words for the key bar; empty keeps it out of the bar.
    pub label: &'static str,
    /// A line for the help.
    pub help: &'static str,
}

const fn row(
    action: Action,
    keys: &'static [&'static str],
    views: &'static [View],
    label: &'static str,
    help: &'static str,
) -> Binding {
    Binding { action, keys, views, label, help }
}

const EVERYWHERE: &[View] = &[];
const LISTS: &[View] =
    &[View::Groups, View::Allocate, View::Matrix, View::Endpoints, View::Denies, View::Audit, View::Credentials];

/// The table. Rows of a view win over rows that apply everywhere.
pub static TABLE: &[Binding] = &[
    row(Action::Open, &["enter"], &[View::Groups], "matrix", "open the matrix of the group"),
    row(Action::NewGroup, &["n"], &[View::Groups], "new", "create an access group: name and description"),
    row(Action::EditGroup, &["e"], &[View::Groups, View::Matrix], "edit", "edit name and description of the group"),
    row(Action::SetDefault, &["d"], &[View::Groups, View::Allocate], "default", "make this group the org's default"),
    row(Action::ToggleActive, &["A"], &[View::Groups], "(de)activate", "deactivate or reactivate the group; on a store or a till: suspend or resume it"),
    row(Action::Export, &["X"], &[View::Groups], "download", "write the group's stores to a CSV file: code, name, zone, concept, explicit or default"),
    row(Action::Observe, &["o"], &[View::Groups], "", "let the default only observe, or enforce again: what it would deny is permitted and marked"),
    row(Action::ClearDefault, &["C"], &[View::Groups], "", "leave the org without a default"),
    row(Action::FilterStatus, &["t"], &[View::Groups], "status", "show all, active or inactive groups"),
    row(Action::Mark, &["space"], &[View::Allocate], "mark", "mark or unmark the store"),
    row(Action::Range, &["v"], &[View::Allocate], "range", "start a range of marks, or end it"),
    row(Action::MarkAll, &["*"], &[View::Allocate], "all", "mark every store that the filter lets through"),
    row(Action::Unmark, &["u"], &[View::Allocate], "unmark", "take all marks away, hidden ones too"),
    row(Action::Allocate, &["a"], &[View::Allocate], "allocate", "allocate a group to the marked stores, or to the one under the cursor"),
    row(Action::Inherit, &["c"], &[View::Allocate], "inherit", "clear the group of the marked stores: they inherit the default"),
    row(Action::PickFilter, &["f"], &[View::Allocate], "pick", "filter by a zone, concept or group picked from a list"),
    row(Action::Observe, &["o"], &[View::Allocate], "observe", "let the group only observe at the marked stores, or enforce again; on the default group: everywhere it is inherited"),
    row(Action::ToggleActive, &["A"], &[View::Allocate, View::Tree], "suspend", "suspend or resume the store or till under the cursor; in the tree also all stores of a zone"),
    row(Action::Open, &["enter"], &[View::Allocate], "", "on a group: allocate it; on a store: pick a group for it"),
    row(Action::SetNone, &["n"], &[View::Matrix], "none", "set the selected cells to None"),
    row(Action::SetRead, &["r"], &[View::Matrix], "read", "set the selected cells to Read"),
    row(Action::SetWrite, &["w"], &[View::Matrix], "write", "set the selected cells to Write, which does not imply Read"),
    row(Action::SetBoth, &["b"], &[View::Matrix], "both", "set the selected cells to Read+Write"),
    row(Action::Cycle, &["space"], &[View::Matrix], "cycle", "next of None, Read, Write, Read+Write"),
    row(Action::Range, &["v"], &[View::Matrix], "range", "start a range of cells, or end it"),
    row(Action::SelectRow, &["V"], &[View::Matrix], "row", "select the row: Data and Config"),
    row(Action::SelectColumn, &["C"], &[View::Matrix], "column", "select the column, as far as the filter lets through"),
    row(Action::Unstage, &["u", "backspace"], &[View::Matrix], "take back", "take back what is staged in the selected cells"),
    row(Action::Open, &["enter"], &[View::Matrix], "endpoints", "list the endpoints of the resource"),
    row(Action::PickGroup, &["g"], &[View::Matrix], "group", "open the matrix of another group"),
    row(Action::Mark, &["space"], &[View::Endpoints], "mark", "mark or unmark the endpoint"),
    row(Action::NarrowOnly, &["o"], &[View::Endpoints], "only these", "narrow the cell to the marked endpoints: what is added later isn't among them"),
    row(Action::NarrowExcept, &["b"], &[View::Endpoints], "all but these", "narrow the cell to all but the marked endpoints"),
    row(Action::Widen, &["w"], &[View::Endpoints], "widen", "let the cell reach all its endpoints again"),
    row(Action::Unmark, &["u"], &[View::Endpoints], "", "take all marks away"),
    row(Action::Open, &["enter"], &[View::Tree], "open", "open or close a zone, a group or a store"),
    row(Action::TreeMode, &["m"], &[View::Tree], "by group/zone", "zones, stores, tills; or groups, stores, tills"),
    row(Action::ShowStores, &["a"], &[View::Tree], "allocate", "Allocate, filtered by the zone, group or store under the cursor"),
    row(Action::Open, &["enter"], &[View::Denies], "explain", "explain the row"),
    row(Action::NewCredential, &["n"], &[View::Credentials], "new", "create a credential: its token is made here and shown once"),
    row(Action::Revoke, &["d", "delete"], &[View::Credentials], "revoke", "revoke the credential, for good"),
    row(Action::AddMember, &["n"], &[View::Cluster], "add", "add a node, as a learner: it gets the log and has no vote"),
    row(Action::PromoteMember, &["P"], &[View::Cluster], "promote", "make the learner a voter"),
    row(Action::RemoveMember, &["d", "delete"], &[View::Cluster], "remove", "remove the node: its id is never used again"),
    row(Action::TransferLead, &["t"], &[View::Cluster], "lead", "move leadership to the node"),
    row(Action::NewOrg, &["N"], &[View::Pulse], "", "create an org, with its first owner"),
    row(Action::Open, &["enter"], &[View::Endpoints], "explain", "ask why a store may or may not call this endpoint"),
    row(Action::Open, &["enter"], &[View::Explain], "", "stage the remedy under the cursor and preview it; without one, ask"),
    row(Action::StageRemedy, &["a"], &[View::Explain], "remedy", "stage the remedy under the cursor and preview it"),
    row(Action::EditQuestion, &["e"], &[View::Explain], "ask", "ask about a subject, method and path"),
    row(Action::Commit, &["enter"], &[View::Pending], "apply", "confirm the edit under the cursor as previewed; on a group that stores have: show them"),
    row(Action::Rebase, &["b"], &[View::Pending], "rebase", "after a conflict: mine on top of theirs, previewed again"),
    row(Action::Keep, &["s"], &[View::Pending], "keep", "after a conflict: keep it staged and go back"),
    row(Action::Discard, &["d", "delete"], &[View::Pending], "discard", "discard the edit under the cursor: drop mine"),
    row(Action::Resend, &["r"], &[View::Pending], "", "send a change with an unknown outcome again, under the same id: it applies once"),
    row(Action::ToggleOrg, &["O"], &[View::Pulse], "", "suspend or resume the org: every call of it is denied"),
    row(Action::Filter, &["/"], LISTS, "filter", "filter; a column is named as in `zone:north`"),
    row(Action::GoPending, &["p"], EVERYWHERE, "pending", "preview, confirm or discard what is staged"),
    row(Action::Palette, &[":", "ctrl-p"], EVERYWHERE, "go", "palette: screens, commands, groups and stores by name"),
    row(Action::Help, &["?"], EVERYWHERE, "help", "these keys"),
    row(Action::Back, &["esc"], EVERYWHERE, "back", "close, clear the filter, go up; stops waiting for a slow answer"),
    row(Action::GoPulse, &["1"], EVERYWHERE, "", "Pulse"),
    row(Action::GoGroups, &["2"], EVERYWHERE, "", "Access groups"),
    row(Action::GoAllocate, &["3"], EVERYWHERE, "", "Allocate"),
    row(Action::GoMatrix, &["4"], EVERYWHERE, "", "Matrix"),
    row(Action::GoTree, &["5"], EVERYWHERE, "", "Tree: zones or groups, their stores, their tills"),
    row(Action::GoExplain, &["6", "x"], EVERYWHERE, "", "Explain"),
    row(Action::GoDenies, &["7"], EVERYWHERE, "", "Denies: calls that were refused, as they come"),
    row(Action::GoCluster, &["8"], EVERYWHERE, "", "Cluster"),
    row(Action::GoAudit, &["9"], EVERYWHERE, "", "Audit: who changed what, and undo"),
    row(Action::GoCredentials, &["0"], EVERYWHERE, "", "Credentials"),
    row(Action::Undo, &["z"], &[View::Audit], "undo", "undo the entry under the cursor: its inverse is staged and previewed"),
    row(Action::Undo, &["z"], EVERYWHERE, "", "undo the last change made from here: its inverse is staged and previewed; once more takes that back"),
    row(Action::LastView, &["-"], EVERYWHERE, "", "the view before this one"),
    row(Action::HistoryBack, &["["], EVERYWHERE, "", "back in the history of views"),
    row(Action::HistoryForward, &["]"], EVERYWHERE, "", "forward in the history of views"),
    row(Action::Up, &["up", "k"], EVERYWHERE, "", "up"),
    row(Action::Down, &["down", "j"], EVERYWHERE, "", "down"),
    row(Action::Left, &["left", "h"], EVERYWHERE, "", "left"),
    row(Action::Right, &["right", "l"], EVERYWHERE, "", "right"),
    row(Action::PageUp, &["pgup", "ctrl-b"], EVERYWHERE, "", "a page up"),
    row(Action::PageDown, &["pgdn", "ctrl-f"], EVERYWHERE, "", "a page down"),
    row(Action::First, &["home"], EVERYWHERE, "", "first row"),
    row(Action::Last, &["end", "G"], EVERYWHERE, "", "last row"),
    row(Action::NextPane, &["tab"], EVERYWHERE, "", "next pane or tab"),
    row(Action::PreviousPane, &["backtab"], EVERYWHERE, "", "pane or tab before"),
    row(Action::Copy, &["y"], EVERYWHERE, "", "copy the id under the cursor; in the help: the command line for this view"),
    row(Action::Dump, &["D"], EVERYWHERE, "", "write the screen to a file"),
    row(Action::Refresh, &["R"], EVERYWHERE, "", "ask again"),
    row(Action::Freeze, &["F"], EVERYWHERE, "", "freeze the screen, or follow changes again"),
    row(Action::Redraw, &["ctrl-l"], EVERYWHERE, "", "draw the screen anew"),
    row(Action::Suspend, &["ctrl-z"], EVERYWHERE, "", "back to the shell until `fg`"),
    row(Action::Quit, &["q", "ctrl-c"], EVERYWHERE, "", "quit; asks first if anything is staged"),
];

/// The table with a profile's changes.
#[derive(Clone, Debug)]
pub struct Keymap {
    rows: Vec<(Binding, Vec<Chord>)>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { rows: TABLE.iter().map(|row| (*row, chords(row.keys))).collect() }
    }
}

fn chords(keys: &[&str]) -> Vec<Chord> {
    keys.iter().filter_map(|key| Chord::parse(key).ok()).collect()
}

impl Keymap {
    /// The table with the keys of some actions replaced: (name of the action, keys apart by blanks).
    pub fn remapped(changes: &[(String, String)]) -> Result<Self, String> {
        let mut map = Self::default();
        for (name, keys) in changes {
            let chords = keys.split_whitespace().map(Chord::parse).collect::<Result<Vec<_>, _>>()?;
            let mut known = false;
            for (binding, of) in &mut map.rows {
                if binding.action.name() == name {
                    of.clone_from(&chords);
                    known = true;
                }
            }
            if !known {
                return Err(format!("`{name}` is no action: the help (`?`) names them"));
            }
        }
        Ok(map)
    }

    /// What a key does in a view.
    pub fn action(&self, view: View, chord: Chord) -> Option<Action> {
        let hit = |own: bool| {
            self.rows
                .iter()
                .find(|(row, keys)| {
                    keys.contains(&chord) && if own { row.views.contains(&view) } else { row.views.is_empty() }
                })
                .map(|(row, _)| row.action)
        };
        hit(true).or_else(|| hit(false))
    }

    /// What applies in a view, the view's own first, each with its keys.
    pub fn of_view(&self, view: View) -> impl Iterator<Item = (&Binding, &[Chord])> {
        let own = self.rows.iter().filter(move |(row, _)| row.views.contains(&view));
        let all = self.rows.iter().filter(|(row, _)| row.views.is_empty());
        own.chain(all).map(|(row, keys)| (row, keys.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_reads_and_shows_itself() {
        for binding in TABLE {
            assert!(!binding.keys.is_empty(), "{:?} has no key", binding.action);
            for key in binding.keys {
                assert_eq!(Chord::parse(key).map(|chord| chord.to_string()), Ok((*key).to_owned()));
            }
        }
    }

    #[test]
    fn no_view_has_one_key_for_two_actions() {
        for view in View::ALL {
            for own in [true, false] {
                let mut seen: Vec<&str> = Vec::new();
                let rows = TABLE.iter().filter(|row| if own { row.views.contains(&view) } else { row.views.is_empty() });
                for key in rows.flat_map(|row| row.keys) {
                    assert!(!seen.contains(key), "`{key}` stands twice in {view:?}");
                    seen.push(key);
                }
            }
        }
    }

    #[test]
    fn a_profile_remaps_by_name() {
        let map = Keymap::remapped(&[("mark".to_owned(), "m ctrl-m".to_owned())]).expect("it reads");
        let action = |key: &str| map.action(View::Allocate, Chord::parse(key).expect("a key"));
        assert_eq!((action("m"), action("space")), (Some(Action::Mark), None));
        assert!(Keymap::remapped(&[("fly".to_owned(), "m".to_owned())]).is_err());
        assert!(Keymap::remapped(&[("mark".to_owned(), "hyper-m".to_owned())]).is_err());
    }
}
