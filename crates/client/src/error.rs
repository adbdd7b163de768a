//! Why a call came to nothing. Outcomes of writes are not errors and are not here.

use std::fmt;

use bailiwick_rpc::api::ApiError;

/// Why a call came to nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientError {
    /// A node answered no.
    Api(ApiError),
    /// No node could be asked, or none answered in time: the last that was heard of each that was tried.
    NoNode {
        /// A sentence for each, with its address.
        tried: Vec<String>,
    },
    /// Every node refuses us, and trying again won't help.
    Refused {
        /// A sentence for each, with its address.
        tried: Vec<String>,
    },
    /// What was asked for can't travel: too large, or of another version.
    Message(String),
    /// The client can't be set up: a file, an address.
    Setup(String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(error) => error.fmt(f),
            Self::NoNode { tried } => write!(f, "no node answered in time: {}", tried.join("; ")),
            Self::Refused { tried } => write!(f, "every node refuses us: {}", tried.join("; ")),
            Self::Message(cause) | Self::Setup(cause) => f.write_str(cause),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<ApiError> for ClientError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<bailiwick_rpc::tls::TlsError> for ClientError {
    fn from(error: bailiwick_rpc::tls::TlsError) -> Self {
        Self::Setup(error.to_string())
    }
}
