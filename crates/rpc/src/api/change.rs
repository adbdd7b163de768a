//! Changes: asked for, previewed, and what became of them.

use std::fmt;

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ObjectId, RequestId, Revision};
use bailiwick_policy::impact::Impact;
use bailiwick_policy::outcome::Change;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{ApiError, Receipt};

/// A change to be made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmitRequest {
    /// Chosen by the client; a retry with the same id applies once.
    pub request_id: RequestId,
    /// The command, by `encode_command`.
    pub command: ByteBuf,
    /// What was read, with the revisions that changed it last.
    #[serde(default)]
    pub reads: Vec<(ObjectId, Revision)>,
    /// Digest of the impact that was previewed: a differing one is a conflict.
    #[serde(default)]
    pub expect: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// The import that this is a batch of.
    #[serde(default)]
    pub job: Option<RequestId>,
}

/// What became of it. Never flattened into yes or no.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmitReply {
    /// In force from this revision on.
    Committed {
        /// For `at_least`.
        receipt: Receipt,
        /// The revision.
        revision: Revision,
        /// Whether anything changed.
        changed: bool,
        /// What the asker should know all the same.
        #[serde(default)]
        warnings: Vec<String>,
    },
    /// A lawful no.
    Rejected(RejectionBody),
    /// It was proposed, and what became of it isn't known yet: ask for its outcome by its id.
    Unknown {
        /// Why not.
        message: String,
    },
}

/// A rejection on the wire: its code is an open string.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RejectionBody {
    /// The identifier.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// At most 20 of the objects it is about.
    #[serde(default)]
    pub examples: Vec<String>,
    /// How many there are.
    #[serde(default)]
    pub count: u64,
}

impl fmt::Display for RejectionBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if !self.examples.is_empty() {
            write!(f, " ({}", self.examples.join(", "))?;
            let rest = self.count.saturating_sub(self.examples.len() as u64);
            if rest > 0 {
                write!(f, " and {rest} more")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// Changes to be previewed, one after the other, as one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PreviewRequest {
    /// The commands, each by `encode_command`.
    pub commands: Vec<ByteBuf>,
    /// Leave the impact out: validation only.
    #[serde(default)]
    pub without_impact: bool,
    /// The session's last receipt: the preview is not older.
    #[serde(default)]
    pub at_least: Option<Receipt>,
}

/// What they would do. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PreviewReply {
    /// The revision it was computed at.
    pub revision: Revision,
    /// The first command that would be rejected, by its place, and why.
    #[serde(default)]
    pub rejected: Option<(usize, RejectionBody)>,
    /// What would change: at most 200 of the changes.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// How many changes in all.
    #[serde(default)]
    pub changes_total: u64,
    /// Whose access changes, exactly.
    #[serde(default)]
    pub impact: Impact,
    /// To be given to `submit` as `expect`.
    #[serde(default)]
    pub digest: String,
    /// To be given to `submit` as `reads`.
    #[serde(default)]
    pub reads: Vec<(ObjectId, Revision)>,
    /// What the asker should know all the same.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// A row of a put that can't be taken.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RowFault {
    /// Its place among the rows of the command, from 0.
    pub row: u64,
    /// The column, in our words.
    pub column: String,
    /// What is wrong and what would be right.
    pub cause: String,
}

/// What is known of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeReply {
    /// It was applied.
    Known(SubmitReply),
    /// As of a read index taken after this question it has not been applied; it may still be on its way.
    NotApplied,
    /// Too old: outcomes are kept for 24 hours.
    Expired,
}

/// A command as it travels.
pub fn encode_command(command: &Command) -> Result<ByteBuf, ApiError> {
    rmp_serde::to_vec_named(command)
        .map(ByteBuf::from)
        .map_err(|error| ApiError::new(ApiError::BAD_REQUEST, format!("the command can't be encoded: {error}")))
}

/// Levels of lists and structures that a command may have, one within the other. A command can hold a command, and changes
/// of objects that hold one: what is decoded level by level must not decide how deep that goes.
const COMMAND_LEVELS_MAX: usize = 64;

/// Reads a command strictly: an unknown field is an error that names it.
pub fn decode_command(bytes: &[u8]) -> Result<Command, ApiError> {
    let mut unknown = None;
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
    reader.set_max_depth(COMMAND_LEVELS_MAX);
    let command = serde_ignored::deserialize(&mut reader, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    match (command, unknown) {
        (Ok(command), None) => Ok(command),
        (Ok::<Command, _>(_), Some(field)) => Err(ApiError::new(
            ApiError::BAD_REQUEST,
            format!("this node doesn't know field `{field}` of the command: ask a newer node, or use an older client"),
        )),
        (Err(error), _) => Err(ApiError::new(ApiError::BAD_REQUEST, format!("the command can't be read: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bailiwick_policy::ids::Tick;
    use bailiwick_policy::object::{Audience, ControlGrant, Membership, Meta, Object, User, UserGroup, UserMore, UserType};
    use bailiwick_policy::place::{Bounds, Place};

    use super::*;

    fn proposed(command: Command) -> Command {
        Command::Propose { org: "acme".parse().expect("a code"), command: Box::new(command), lasts_ms: None }
    }

    /// The deepest that a command honestly gets: a document proposed, with assignments at places and for a time.
    #[test]
    fn a_proposed_document_is_read() {
        let org = || "acme".parse().expect("a code");
        let bounds = Bounds { not_before: Some(Tick(1)), not_after: Some(Tick(2)) };
        let places = vec![Place::Store("north-7".parse().expect("a code"))];
        let control = ControlGrant { control: "orders".parse().expect("an id"), places: places.clone(), bounds };
        let group = UserGroup {
            org: org(),
            id: "pickers".parse().expect("an id"),
            name: "Pickers".parse().expect("a name"),
            description: "".into(),
            audience: Audience::Employee,
            controls: Arc::new(vec![control]),
            meta: Meta::default(),
        };
        let more = UserMore { places, groups: vec![Membership { group: group.id.clone(), bounds }], ..UserMore::default() };
        let user = User {
            org: org(),
            id: "ann".parse().expect("an id"),
            name: "Ann".parse().expect("a name"),
            user_type: UserType::Standard,
            active: true,
            meta: Meta::default(),
            more: Some(Arc::new(more)),
        };
        let objects = [Object::UserGroup(Arc::new(group)), Object::User(Arc::new(user))];
        let changes = objects.map(|object| Change { before: Some(object.clone()), after: Some(object) }).to_vec();
        let command = proposed(Command::Apply { org: org(), changes });
        let bytes = encode_command(&command).expect("it encodes");
        assert_eq!(decode_command(&bytes), Ok(command));
    }

    #[test]
    fn a_command_within_a_command_and_so_on_is_refused_before_it_is_read() {
        let mut command = Command::RetireNode { node: 1 };
        for _level in 0..200 {
            command = proposed(command);
        }
        let bytes = encode_command(&command).expect("it encodes");
        let error = decode_command(&bytes).expect_err("it is too deep");
        assert_eq!(error.code, ApiError::BAD_REQUEST);
        assert!(error.message.contains("depth limit"), "{error}");
    }
}
