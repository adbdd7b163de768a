//! The first frame each way, before tarpc: who wants which service in which protocol, and whether it is had.
//!
//! It is read by hand, to the byte, so that nothing of what follows is swallowed; it is small, and has a timeout of
//! its own where it is awaited.

use std::fmt;
use std::io;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::codec::{decode, encode};
use crate::limits::{CLIENT_NAME_BYTES_MAX, PREFACE_BYTES_MAX};
use crate::token::Token;

/// What every preface starts with, so that a stranger is told from a broken friend.
pub const MAGIC: &str = "bailiwick";

/// The protocols this program speaks. A method that came with a later one is only called when that was agreed on.
pub const PROTOCOLS: RangeInclusive<u16> = 1..=1;

/// What a client says first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientHello {
    /// [`MAGIC`].
    pub magic: String,
    /// The oldest protocol it speaks.
    pub protocol_min: u16,
    /// The newest protocol it speaks.
    pub protocol_max: u16,
    /// The service it wants on this connection.
    pub service: String,
    /// Its access token, when it has no certificate.
    pub token: Option<Token>,
    /// What it calls itself, with its version; for logs and the list of connections.
    pub client: String,
}

impl ClientHello {
    /// A preface for `service`, with all the protocols we speak.
    pub fn new(service: &str, client: &str) -> Self {
        Self {
            magic: MAGIC.to_owned(),
            protocol_min: *PROTOCOLS.start(),
            protocol_max: *PROTOCOLS.end(),
            service: service.to_owned(),
            token: None,
            client: client.to_owned(),
        }
    }

    /// The same, with an access token.
    pub fn with_token(mut self, token: Option<Token>) -> Self {
        self.token = token;
        self
    }

    /// The client's name as it may be logged: short, and without characters that move a terminal's cursor.
    pub fn client_name(&self) -> String {
        self.client.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(CLIENT_NAME_BYTES_MAX).collect()
    }

    /// The newest protocol that both sides speak; or what to say instead.
    pub fn agree(&self) -> Result<u16, Refusal> {
        if self.magic != MAGIC {
            return Err(Refusal::new(RefusalCode::PREFACE, "this is a Bailiwick node's RPC port, and the first frame was no preface"));
        }
        let newest = self.protocol_max.min(*PROTOCOLS.end());
        if newest < self.protocol_min.max(*PROTOCOLS.start()) {
            let (ours, theirs) = (PROTOCOLS, self.protocol_min..=self.protocol_max);
            let older = if theirs.end() < ours.start() { "client" } else { "node" };
            return Err(Refusal::new(
                RefusalCode::PROTOCOL,
                format!(
                    "the node speaks protocols {} to {}, the client {} to {}: upgrade the {older}",
                    ours.start(), ours.end(), theirs.start(), theirs.end(),
                ),
            ));
        }
        Ok(newest)
    }
}

/// What a node answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerHello {
    /// Come in; tarpc follows.
    Accepted(Accepted),
    /// Stay out; the connection ends here.
    Refused(Refusal),
}

/// What a client learns when it is let in.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Accepted {
    /// [`MAGIC`].
    pub magic: String,
    /// The protocol that both speak from here on.
    pub protocol: u16,
    /// The id of the node that answered.
    pub node: u64,
    /// The cluster it belongs to.
    pub cluster: String,
    /// The node's version, for people.
    pub version: String,
    /// How many requests may be under way on this connection; those above may be refused. 0 when it isn't said.
    pub in_flight_max: u32,
}

/// A lawful no, with what to do about it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// For programs.
    pub code: RefusalCode,
    /// For people: what is wrong and what would be right.
    pub message: String,
    /// The services that exist here, when one was asked for that doesn't.
    pub services: Vec<String>,
}

impl Refusal {
    /// A refusal with a code and words.
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), services: Vec::new() }
    }

    /// A refusal of a service that isn't there, with those that are.
    pub fn unknown_service(asked: &str, known: &[&str]) -> Self {
        let asked: String = asked.chars().take(60).flat_map(char::escape_default).collect();
        Self {
            code: RefusalCode::SERVICE,
            message: format!("no service `{asked}` on this port: there are {}", known.join(", ")),
            services: known.iter().map(|name| (*name).to_owned()).collect(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Why somebody was refused: an open set, since a newer node may know more reasons.
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RefusalCode(std::borrow::Cow<'static, str>);

impl RefusalCode {
    /// The first frame was no preface.
    pub const PREFACE: Self = Self(std::borrow::Cow::Borrowed("preface"));
    /// No protocol in common.
    pub const PROTOCOL: Self = Self(std::borrow::Cow::Borrowed("protocol"));
    /// No such service on this port.
    pub const SERVICE: Self = Self(std::borrow::Cow::Borrowed("service"));
    /// No credential, an unknown one, or one that was revoked.
    pub const CREDENTIAL: Self = Self(std::borrow::Cow::Borrowed("credential"));
    /// A node of another cluster, or a certificate that names no node.
    pub const CLUSTER: Self = Self(std::borrow::Cow::Borrowed("cluster"));
    /// Too many connections: try another node.
    pub const BUSY: Self = Self(std::borrow::Cow::Borrowed("busy"));
    /// The node can't serve: it is starting, stopping, or its disk is damaged.
    pub const UNAVAILABLE: Self = Self(std::borrow::Cow::Borrowed("unavailable"));

    /// The code itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether another node, or the same one later, may well say yes.
    pub fn is_passing(&self) -> bool {
        *self == Self::BUSY || *self == Self::UNAVAILABLE
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Sends one preface frame.
pub(crate) async fn send<T: Serialize>(io: &mut (impl AsyncWrite + Unpin), hello: &T) -> io::Result<()> {
    let body = encode(hello)?;
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    let mut frame = Vec::with_capacity(body.len() + 4);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&body);
    io.write_all(&frame).await?;
    io.flush().await
}

/// Reads one preface frame and not a byte more.
pub(crate) async fn receive<T: serde::de::DeserializeOwned>(io: &mut (impl AsyncRead + Unpin)) -> io::Result<T> {
    let length = usize::try_from(io.read_u32().await?).map_err(io::Error::other)?;
    if length > PREFACE_BYTES_MAX {
        let told = format!("the first frame claims {length} bytes, a preface has at most {PREFACE_BYTES_MAX}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, told));
    }
    let mut body = vec![0; length];
    io.read_exact(&mut body).await?;
    Ok(decode(&body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_common_protocol_is_agreed_on() {
        let hello = ClientHello::new("check", "test");
        assert_eq!(hello.agree(), Ok(1));
        assert_eq!(ClientHello { protocol_max: 9, ..hello.clone() }.agree(), Ok(1));
        let newer = ClientHello { protocol_min: 2, protocol_max: 3, ..hello.clone() }.agree().unwrap_err();
        assert_eq!((newer.code, newer.message.ends_with("upgrade the node")), (RefusalCode::PROTOCOL, true));
        let older = ClientHello { protocol_min: 0, protocol_max: 0, ..hello.clone() }.agree().unwrap_err();
        assert!(older.message.ends_with("upgrade the client"));
        assert_eq!(ClientHello { magic: "http".into(), ..hello }.agree().unwrap_err().code, RefusalCode::PREFACE);
    }

    #[test]
    fn a_hello_never_shows_its_token_or_moves_a_cursor() {
        let hello = ClientHello::new("check", "evil\u{1b}[2J\u{202e}name").with_token(Some(Token::parse("secret").unwrap()));
        assert!(!format!("{hello:?}").contains("secret"));
        assert_eq!(hello.client_name(), "evil[2Jname");
    }

    #[test]
    fn fields_of_a_newer_hello_are_passed_over() {
        #[derive(Serialize)]
        struct Newer {
            magic: &'static str,
            protocol_min: u16,
            protocol_max: u16,
            service: &'static str,
            colour: &'static str,
        }
        let bytes = encode(&Newer { magic: MAGIC, protocol_min: 1, protocol_max: 2, service: "check", colour: "red" }).unwrap();
        assert_eq!(decode::<ClientHello>(&bytes).unwrap().agree(), Ok(1));
    }
}
