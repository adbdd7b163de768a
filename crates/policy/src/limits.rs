//! Every limit of the model, in one place, each with its unit and its reason.

/// Characters in a code. A till's subject id is two codes and a slash; short keys keep a leaf of the index dense.
pub const CODE_CHARS_MAX: usize = 50;
/// Characters in a name (AG-38).
pub const NAME_CHARS_MAX: usize = 100;
/// Characters in a description or a reason given for a change. Both are stored with every audit row.
pub const TEXT_CHARS_MAX: usize = 1_000;
/// Bytes of a path in a request or a template: longer ones are `path_malformed` rather than a slow match.
pub const PATH_BYTES_MAX: usize = 4_096;
/// Segments of a path, for the same reason.
pub const PATH_SEGMENTS_MAX: usize = 64;
/// Levels of a tree of zones or concepts (AG-37).
pub const TREE_LEVELS_MAX: usize = 5;
/// Rows in one entry of an import: bounds the size of an entry and the time it takes to apply.
pub const IMPORT_ROWS_MAX: usize = 2_000;
/// Stores in one allocation, for the same reason.
pub const ALLOCATE_STORES_MAX: usize = 2_000;
/// Endpoints that one cell is narrowed to or around: more are a resource of their own.
pub const NARROW_ENDPOINTS_MAX: usize = 1_000;
/// Changes of one entry that is undone: an entry of an import with what it made beside.
pub const REVERT_CHANGES_MAX: usize = 3 * IMPORT_ROWS_MAX;
/// Examples that a rejection or an impact names; the rest is a count.
pub const EXAMPLES_MAX: usize = 20;
/// Milliseconds of replicated time for which the outcome of a request is kept.
pub const REQUEST_KEPT_MS: u64 = 24 * 60 * 60 * 1_000;
/// Outcomes of requests kept at most.
pub const REQUESTS_KEPT_MAX: usize = 1_000_000;
/// Milliseconds by which a request id may lie ahead of replicated time before it is refused: an id from the far
/// future would push the floor of kept outcomes past every honest one.
pub const REQUEST_AHEAD_MS: u64 = 10 * 60 * 1_000;
/// Milliseconds that an invitation lasts at most, 30 days: a code that was never used is not to lie about for ever.
pub const INVITATION_MS_MAX: u64 = 30 * 24 * 60 * 60 * 1_000;
/// Scopes of one access control: more are several controls. Every scope counts each time that a member's are worked out.
pub const CONTROL_SCOPES_MAX: usize = 1_000;
/// Access controls of one user group, for the same reason.
pub const GROUP_CONTROLS_MAX: usize = 1_000;
/// Members that one change adds to or takes from a user group: bounds the entry, and leaves room to undo it.
pub const MEMBERS_MAX: usize = 2_000;
/// Scopes that one endpoint asks for, and permissions: each is looked up with every call.
pub const ENDPOINT_ROUTES_MAX: usize = 100;
/// Rows of a page that a query returns.
pub const PAGE_ROWS_MAX: usize = 1_000;
/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Milliseconds that a key of an application lasts at least, unless it lasts for ever (APP-19).
pub const KEY_MS_MIN: u64 = DAY_MS;
/// Milliseconds that it lasts at most, and that a rotation may leave the older keys, for the same reason.
pub const KEY_MS_MAX: u64 = 366 * DAY_MS;
/// Milliseconds that break-glass lasts at most: what is needed for longer is no emergency.
pub const BREAK_GLASS_MS_MAX: u64 = 7 * DAY_MS;
/// Milliseconds that a proposal waits unless it says otherwise: what nobody approved in a week was not wanted.
pub const PROPOSAL_MS: u64 = 7 * DAY_MS;
/// Milliseconds that it waits at most: what it was made for has changed by then.
pub const PROPOSAL_MS_MAX: u64 = 30 * DAY_MS;
/// Proposals of one org that wait at once: each is as large as a command may be.
pub const PROPOSALS_MAX: usize = 200;
/// Rights of a role, roles of an application or a user, and scopes of an application: bounds the size of one object.
pub const HELD_MAX: usize = 1_000;
