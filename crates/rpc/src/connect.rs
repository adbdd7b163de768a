//! Opening one connection for one service: reach, TLS, preface. Every step has its timeout, every failure its kind,
//! since a client does something else about each.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tarpc::{ClientMessage, Response};
use tokio::time::timeout;
use tokio_rustls::{TlsConnector, TlsStream};
use tokio_util::codec::Framed;

use crate::codec::{ClientCodec, frames};
use crate::limits::{CONNECT_TIMEOUT, HANDSHAKE_TIMEOUT, PREFACE_TIMEOUT};
use crate::net::Net;
use crate::preface::{self, Accepted, ClientHello, MAGIC, PROTOCOLS, Refusal, ServerHello};
use crate::transport::SecureIo;

/// A client's half of a connection, as tarpc wants it.
pub type ClientTransport<Req, Resp> = tarpc::serde_transport::Transport<SecureIo, Response<Resp>, ClientMessage<Req>, ClientCodec>;

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// Nobody answers there, or not in time: try another node.
    Unreachable {
        /// Where.
        addr: String,
        /// What the network says.
        source: io::Error,
    },
    /// One side doesn't believe the other: trying again won't help.
    Tls {
        /// Where.
        addr: String,
        /// What TLS says.
        cause: String,
    },
    /// The node said no, and why.
    Refused {
        /// Where.
        addr: String,
        /// What it said.
        refusal: Refusal,
    },
    /// What answers there isn't a node, or breaks off in the middle.
    Protocol {
        /// Where.
        addr: String,
        /// What is wrong.
        cause: String,
    },
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { addr, source } => write!(f, "`{addr}` can't be reached: {source}"),
            Self::Tls { addr, cause } => write!(f, "no trust between us and `{addr}`: {cause}"),
            Self::Refused { addr, refusal } => write!(f, "`{addr}` refused: {refusal}"),
            Self::Protocol { addr, cause } => write!(f, "`{addr}` doesn't answer as a node does: {cause}"),
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            Self::Tls { .. } | Self::Refused { .. } | Self::Protocol { .. } => None,
        }
    }
}

impl ConnectError {
    /// Whether the same node may do better in a while. What isn't passing wants a person.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Protocol { .. } => true,
            Self::Tls { .. } => false,
            Self::Refused { refusal, .. } => refusal.code.is_passing(),
        }
    }
}

/// A connection that was let in.
pub struct Connected {
    /// Who answered, and what was agreed on.
    pub hello: Accepted,
    io: SecureIo,
}

impl fmt::Debug for Connected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connected").field("hello", &self.hello).finish_non_exhaustive()
    }
}

impl Connected {
    /// The transport for the generated client of the service that was asked for.
    pub fn transport<Req: Serialize, Resp: DeserializeOwned>(self) -> ClientTransport<Req, Resp> {
        tarpc::serde_transport::new(Framed::new(self.io, frames()), ClientCodec)
    }

    /// The generated client's settings: no more under way than the node lets in; those above wait here.
    pub fn client_config(&self) -> tarpc::client::Config {
        let mut config = tarpc::client::Config::default();
        let told = usize::try_from(self.hello.in_flight_max).unwrap_or(usize::MAX);
        if told > 0 {
            config.max_in_flight_requests = told.min(config.max_in_flight_requests);
        }
        config
    }
}

/// Opens a connection to `addr`, whose certificate must bear `name`, for the service in `hello`.
pub async fn connect(
    net: &dyn Net,
    addr: &str,
    tls: Arc<ClientConfig>,
    name: ServerName<'static>,
    hello: &ClientHello,
) -> Result<Connected, ConnectError> {
    let unreachable = |source| ConnectError::Unreachable { addr: addr.to_owned(), source };
    let late = |what: &str| unreachable(io::Error::new(io::ErrorKind::TimedOut, format!("{what} in time")));

    let io = timeout(CONNECT_TIMEOUT, net.connect(addr)).await.map_err(|_| late("no connection"))?.map_err(unreachable)?;
    let handshake = TlsConnector::from(tls).connect(name, io);
    let io = timeout(HANDSHAKE_TIMEOUT, handshake).await.map_err(|_| late("no TLS handshake"))?;
    let mut io = TlsStream::from(io.map_err(|source| broken(addr, source))?);

    let exchange = async {
        preface::send(&mut io, hello).await?;
        preface::receive::<ServerHello>(&mut io).await
    };
    let answer = timeout(PREFACE_TIMEOUT, exchange).await.map_err(|_| late("no answer to the preface"))?;
    match answer.map_err(|source| broken(addr, source))? {
        ServerHello::Accepted(hello) if hello.magic == MAGIC && PROTOCOLS.contains(&hello.protocol) => Ok(Connected { hello, io }),
        ServerHello::Accepted(hello) => {
            Err(ConnectError::Protocol { addr: addr.to_owned(), cause: format!("it wants to speak protocol {}", hello.protocol) })
        }
        ServerHello::Refused(refusal) => Err(ConnectError::Refused { addr: addr.to_owned(), refusal }),
    }
}

/// Tells mistrust from a lost connection. In TLS 1.3 a node's word on our certificate comes with its first bytes,
/// after our side of the handshake is done; so this serves the handshake and the preface alike.
fn broken(addr: &str, source: io::Error) -> ConnectError {
    let addr = addr.to_owned();
    match source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error @ (rustls::Error::InvalidMessage(_) | rustls::Error::InappropriateMessage { .. })) => {
            ConnectError::Protocol { addr, cause: error.to_string() }
        }
        Some(error) => ConnectError::Tls { addr, cause: error.to_string() },
        None if source.kind() == io::ErrorKind::InvalidData => ConnectError::Protocol { addr, cause: source.to_string() },
        None => ConnectError::Unreachable { addr, source },
    }
}
