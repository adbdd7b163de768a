//! Messages to bytes and back: MessagePack with named fields, so that either side may know fields the other doesn't.
//!
//! Three things are done here because nobody above could do them. A deadline is clamped before tarpc decodes it.
//! A message too large is refused by its sender, so that only that call fails and not the connection. A message that
//! can't be understood is answered or reported by its id, for the same reason.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use tarpc::{ClientMessage, Request, Response, ServerError, context, trace};
use tokio_util::codec::LengthDelimitedCodec;

use crate::limits::{DEADLINE_MAX, DEPTH_MAX, FRAME_BYTES_MAX};

/// Why a message could not be written or read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CodecError {
    /// The message is larger than a frame may be.
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// The message can't be written as MessagePack.
    Write(String),
    /// The bytes are no such message.
    Read(String),
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes } => {
                write!(f, "the message has {bytes} bytes, a frame holds at most {FRAME_BYTES_MAX}: ask for less at once")
            }
            Self::Write(cause) => write!(f, "the message could not be written: {cause}"),
            Self::Read(cause) => write!(f, "the message could not be understood: {cause}"),
        }
    }
}

impl std::error::Error for CodecError {}

impl From<CodecError> for io::Error {
    fn from(error: CodecError) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}

/// Writes a message: MessagePack, named fields, no larger than a frame.
pub fn encode<T: Serialize>(message: &T) -> Result<Bytes, CodecError> {
    let bytes = rmp_serde::to_vec_named(message).map_err(|e| CodecError::Write(e.to_string()))?;
    if bytes.len() > FRAME_BYTES_MAX {
        return Err(CodecError::TooLarge { bytes: bytes.len() });
    }
    Ok(bytes.into())
}

/// Reads a message. Fields that aren't known are passed over; nesting is bounded.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes);
    deserializer.set_max_depth(DEPTH_MAX);
    T::deserialize(&mut deserializer).map_err(|e| CodecError::Read(e.to_string()))
}

/// The frames that messages travel in: four bytes of length, then the message.
pub(crate) fn frames() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder().max_frame_length(FRAME_BYTES_MAX).new_codec()
}

/// What a server has read.
#[derive(Debug)]
pub(crate) enum Incoming<Req> {
    /// A request or a cancellation.
    Message(ClientMessage<Req>),
    /// A request whose body makes no sense here; its id is known, so it can be answered.
    Unreadable {
        /// The id that the answer must bear.
        request_id: u64,
        /// What is wrong with it.
        error: CodecError,
    },
}

/// Reads what a client sent, with its deadline clamped to [`DEADLINE_MAX`].
pub(crate) fn decode_request<Req: DeserializeOwned>(bytes: &[u8]) -> Result<Incoming<Req>, CodecError> {
    match decode::<WireMessage<Req>>(bytes) {
        Ok(WireMessage::Request(request)) => Ok(Incoming::Message(ClientMessage::Request(Request {
            context: request.context.into(),
            id: request.id,
            message: request.message,
        }))),
        Ok(WireMessage::Cancel { trace_context, request_id }) => {
            Ok(Incoming::Message(ClientMessage::Cancel { trace_context, request_id }))
        }
        // The body alone may be at fault: a newer client's method, a name that doesn't parse.
        Err(error) => match decode::<WireMessage<IgnoredAny>>(bytes) {
            Ok(WireMessage::Request(request)) => Ok(Incoming::Unreadable { request_id: request.id, error }),
            Ok(WireMessage::Cancel { .. }) | Err(_) => Err(error),
        },
    }
}

/// Writes an answer; one too large becomes an error in its place.
pub(crate) fn encode_response<Resp: Serialize>(response: &Response<Resp>) -> Result<Bytes, CodecError> {
    match encode(response) {
        Ok(bytes) => Ok(bytes),
        Err(error) => encode(&refusal(response.request_id, &error)),
    }
}

/// The answer to a request that could not be served for how it was written.
pub(crate) fn refusal(request_id: u64, error: &CodecError) -> Response<()> {
    Response { request_id, message: Err(ServerError::new(io::ErrorKind::InvalidData, error.to_string())) }
}

/// tarpc's messages as it would write them, but for the deadline, which is still a duration.
#[derive(Deserialize)]
enum WireMessage<T> {
    Request(WireRequest<T>),
    Cancel {
        #[serde(default)]
        trace_context: trace::Context,
        request_id: u64,
    },
}

#[derive(Deserialize)]
struct WireRequest<T> {
    context: WireContext,
    id: u64,
    message: T,
}

#[derive(Deserialize)]
struct WireContext {
    #[serde(default)]
    deadline: WireDuration,
    #[serde(default)]
    trace_context: trace::Context,
}

/// As serde writes a duration. Read by hand, since serde's own refuses some that only need clamping.
#[derive(Deserialize)]
#[serde(default)]
struct WireDuration {
    secs: u64,
    nanos: u32,
}

impl Default for WireDuration {
    /// What tarpc assumes when none is given.
    fn default() -> Self {
        Self { secs: 10, nanos: 0 }
    }
}

impl From<WireContext> for context::Context {
    fn from(wire: WireContext) -> Self {
        let wanted = Duration::from_secs(wire.deadline.secs).saturating_add(Duration::from_nanos(wire.deadline.nanos.into()));
        let mut context = context_within(wanted);
        context.trace_context = wire.trace_context;
        context
    }
}

/// A context whose deadline is that far away, and never farther than [`DEADLINE_MAX`].
pub fn context_within(timeout: Duration) -> context::Context {
    let mut context = context::current();
    context.deadline = Instant::now() + timeout.min(DEADLINE_MAX);
    context
}

/// The client's half, as `tokio_serde` wants it. An answer that can't be understood fails its own call only.
#[derive(Clone, Copy, Default, Debug)]
pub struct ClientCodec;

impl<Req: Serialize> tokio_serde::Serializer<ClientMessage<Req>> for ClientCodec {
    type Error = io::Error;

    fn serialize(self: Pin<&mut Self>, message: &ClientMessage<Req>) -> io::Result<Bytes> {
        Ok(encode(message)?)
    }
}

impl<Resp: DeserializeOwned> tokio_serde::Deserializer<Response<Resp>> for ClientCodec {
    type Error = io::Error;

    fn deserialize(self: Pin<&mut Self>, bytes: &BytesMut) -> io::Result<Response<Resp>> {
        decode(bytes).or_else(|error| {
            let head: AnswerHead = decode(bytes).map_err(|_| error.clone())?;
            let told = ServerError::new(io::ErrorKind::InvalidData, format!("the node's answer is of another version: {error}"));
            Ok(Response { request_id: head.request_id, message: Err(told) })
        })
    }
}

#[derive(Deserialize)]
struct AnswerHead {
    request_id: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A request as tarpc itself would write it, but with any deadline.
    #[derive(Serialize)]
    enum Sent<T> {
        Request { context: SentContext, id: u64, message: T },
    }

    #[derive(Serialize)]
    struct SentContext {
        deadline: SentDuration,
        trace_context: trace::Context,
    }

    #[derive(Serialize)]
    struct SentDuration {
        secs: u64,
        nanos: u32,
    }

    fn request(secs: u64, nanos: u32) -> Bytes {
        let trace_context = trace::Context { trace_id: 7u128.into(), ..trace::Context::default() };
        let context = SentContext { deadline: SentDuration { secs, nanos }, trace_context };
        encode(&Sent::Request { context, id: 3, message: "hello" }).unwrap()
    }

    fn read(bytes: &[u8]) -> Request<String> {
        match decode_request::<String>(bytes).unwrap() {
            Incoming::Message(ClientMessage::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn absurd_deadlines_are_clamped_and_nothing_panics() {
        for (secs, nanos) in [(u64::MAX, u32::MAX), (u64::MAX, 0), (i64::MAX as u64, 0), (61, 0), (60, 999_999_999)] {
            let read = read(&request(secs, nanos));
            let left = read.context.deadline.saturating_duration_since(Instant::now());
            assert!(left <= DEADLINE_MAX && left > DEADLINE_MAX - Duration::from_secs(5), "{secs}.{nanos}: {left:?}");
        }
        let short = read(&request(2, 0)).context.deadline.saturating_duration_since(Instant::now());
        assert!(short <= Duration::from_secs(2));
    }

    #[test]
    fn the_trace_survives_the_clamp() {
        assert_eq!(u128::from(*read(&request(u64::MAX, 0)).context.trace_id()), 7);
    }

    #[test]
    fn what_tarpc_writes_is_what_we_read() {
        let mut context = context_within(Duration::from_secs(5));
        context.trace_context.trace_id = 9u128.into();
        let sent = ClientMessage::Request(Request { context, id: 11, message: "x".to_owned() });
        let read = read(&encode(&sent).unwrap());
        assert_eq!((read.id, read.message.as_str(), u128::from(*read.context.trace_id())), (11, "x", 9));
        let cancel = ClientMessage::<String>::Cancel { trace_context: context.trace_context, request_id: 11 };
        match decode_request::<String>(&encode(&cancel).unwrap()).unwrap() {
            Incoming::Message(ClientMessage::Cancel { request_id, .. }) => assert_eq!(request_id, 11),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unknown_method_can_still_be_answered() {
        match decode_request::<u8>(&request(1, 0)).unwrap() {
            Incoming::Unreadable { request_id, error: CodecError::Read(_) } => assert_eq!(request_id, 3),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_too_large_becomes_an_error_of_its_own_call() {
        let large = Response { request_id: 5, message: Ok(serde_bytes::ByteBuf::from(vec![0; FRAME_BYTES_MAX + 1])) };
        let read: Response<()> = decode(&encode_response(&large).unwrap()).unwrap();
        assert_eq!(read.request_id, 5);
        assert!(read.message.unwrap_err().detail.contains("at most 8388608"));
    }

    #[test]
    fn an_answer_of_a_newer_node_fails_its_own_call() {
        let bytes = encode(&Response { request_id: 5, message: Ok("new") }).unwrap();
        let read: Response<u8> = tokio_serde::Deserializer::deserialize(Pin::new(&mut ClientCodec), &BytesMut::from(&*bytes)).unwrap();
        assert_eq!(read.request_id, 5);
        assert!(read.message.unwrap_err().detail.contains("another version"));
    }

    #[test]
    fn depth_is_bounded() {
        let mut bytes = vec![0x91; 100_000];
        bytes.push(0xc0);
        assert!(decode::<IgnoredAny>(&bytes).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode_request::<String>(&bytes);
            let _ = decode::<Response<String>>(&bytes);
        }

        #[test]
        fn no_damage_to_a_request_makes_the_decoder_panic(place in 0usize..120, byte in any::<u8>()) {
            let mut bytes = request(u64::MAX, u32::MAX).to_vec();
            let place = place % bytes.len();
            bytes[place] = byte;
            let _ = decode_request::<String>(&bytes);
        }
    }
}
