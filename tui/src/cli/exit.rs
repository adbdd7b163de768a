//! How a subcommand ends: its exit code, and what is said when it comes to nothing.

use std::process::ExitCode;

use super::api::CallFault;

/// The exit codes, which scripts rely on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Yes, or done.
    Done = 0,
    /// An error, or rejected.
    Failed = 1,
    /// The words of the command line are wrong.
    Usage = 2,
    /// No.
    Denied = 3,
    /// Can't tell.
    Indeterminate = 4,
    /// A write may or may not have been applied.
    Unknown = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a subcommand came to nothing.
#[derive(Debug)]
pub enum Trouble {
    /// The words are wrong: what, and what would be right.
    Usage(String),
    /// Something here is wrong: a file, a setting.
    Local(String),
    /// The cluster gave no answer.
    Call(CallFault),
    /// Whoever read the output has gone: nothing is wrong, nothing is left to say.
    ReaderGone,
}

impl Trouble {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Local(_) | Self::Call(_) => Exit::Failed,
            Self::ReaderGone => Exit::Done,
        }
    }

    /// The identifier for `--json`.
    pub fn code(&self) -> &str {
        match self {
            Self::Usage(_) => "usage",
            Self::Local(_) => "local",
            Self::Call(fault) => fault.code(),
            Self::ReaderGone => "reader_gone",
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Usage(message) | Self::Local(message) => f.write_str(message),
            Self::Call(fault) => fault.fmt(f),
            Self::ReaderGone => f.write_str("the reader of the output has gone"),
        }
    }
}

impl From<CallFault> for Trouble {
    fn from(fault: CallFault) -> Self {
        Self::Call(fault)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _other => Self::Local(error.to_string()),
        }
    }
}
