//! What stops a node: this disk, or this code, is wrong. A fault is never retried and never repaired by guessing;
//! it names the file or the key family, what is wrong there, and what to do.

use std::fmt;

/// What kind of wrong, which decides the remedy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// Bytes that were written are not the bytes that were read.
    Corrupt,
    /// Something that must be there is not.
    Missing,
    /// The folder belongs to another node or another cluster.
    Stranger,
    /// Written by a newer version than this one.
    Newer,
    /// No space was left on the device.
    Full,
    /// The device or the file system refused.
    Io,
    /// The store has been closed, or an earlier fault closed it.
    Stopped,
    /// The caller broke a contract of this crate.
    Misuse,
}

impl FaultKind {
    /// What an operator does about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Corrupt | Self::Missing => {
                "don't start this node again on this folder; remove it from the cluster and let it rejoin under a new node id with an empty folder"
            }
            Self::Stranger => "point the node at its own data folder, or correct its id and cluster in the config",
            Self::Newer => "start a version of the node at least as new as the one that wrote this",
            Self::Full => "make room on the device, then restart the node; the database is closed until then",
            Self::Io => "look at the device and the system's log, then restart the node",
            Self::Stopped => "see the earlier fault in the log; restart the node",
            Self::Misuse => "this is a defect of the program; keep the log and report it",
        }
    }
}

/// One fact about what is wrong, where, and the remedy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What kind of wrong.
    pub kind: FaultKind,
    /// The file or the key family.
    pub place: String,
    /// What is wrong there.
    pub cause: String,
}

impl Fault {
    /// A fault of some kind at some place.
    pub fn new(kind: FaultKind, place: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self { kind, place: place.into(), cause: cause.to_string() }
    }

    /// Bytes at this place are not what was written.
    pub fn corrupt(place: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self::new(FaultKind::Corrupt, place, cause)
    }

    /// The system refused something to this file. Running out of space is told apart, since its remedy is.
    pub fn io(place: impl Into<String>, error: &std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => FaultKind::Full,
            _other => FaultKind::Io,
        };
        Self::new(kind, place, error)
    }

    /// The same fault, met while doing something: `while` stands before the cause.
    pub fn while_doing(mut self, doing: impl fmt::Display) -> Self {
        self.cause = format!("while {doing}: {}", self.cause);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.cause, self.kind.remedy())
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for std::io::Error {
    fn from(fault: Fault) -> Self {
        let kind = match fault.kind {
            FaultKind::Corrupt | FaultKind::Missing | FaultKind::Newer => std::io::ErrorKind::InvalidData,
            FaultKind::Full => std::io::ErrorKind::StorageFull,
            FaultKind::Stranger | FaultKind::Misuse => std::io::ErrorKind::InvalidInput,
            FaultKind::Io | FaultKind::Stopped => std::io::ErrorKind::Other,
        };
        Self::new(kind, fault)
    }
}
