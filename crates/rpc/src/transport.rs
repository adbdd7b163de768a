//! A server's half of a connection, as tarpc wants it: requests in, answers out.
//!
//! Three things that a plain framed transport doesn't do. A request that makes no sense here is answered with an error
//! and the connection lives on. A stop ends the reading, so that what is under way is still answered. A connection on
//! which nothing moves for long is given up, since its other end may be gone or stuck.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::{Sink, Stream, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tarpc::{ClientMessage, Response};
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsStream;
use tokio_util::codec::{Framed, LengthDelimitedCodec};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::codec::{Incoming, decode_request, encode, encode_response, frames, refusal};
use crate::limits::REFUSALS_PENDING_MAX;
use crate::net::BoxIo;

/// A connection's bytes, once TLS stands.
pub type SecureIo = TlsStream<BoxIo>;

/// Requests in, answers out.
pub struct ServerTransport<Req, Resp> {
    frames: Framed<SecureIo, LengthDelimitedCodec>,
    /// Answers of our own that wait for room in the socket; no more is read while it is full.
    refusals: VecDeque<Bytes>,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    idle: Idle,
    types: PhantomData<fn(Resp) -> Req>,
}

impl<Req, Resp> ServerTransport<Req, Resp> {
    /// Over `io`, until `stop`, or until nothing has moved for `idle_max`.
    pub fn new(io: SecureIo, stop: CancellationToken, idle_max: Duration) -> Self {
        Self {
            frames: Framed::new(io, frames()),
            refusals: VecDeque::new(),
            stop: Box::pin(stop.cancelled_owned()),
            idle: Idle::new(idle_max),
            types: PhantomData,
        }
    }

    fn sink(&mut self) -> Pin<&mut impl Sink<Bytes, Error = io::Error>> {
        Pin::new(&mut self.frames)
    }

    fn poll_refusals(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.refusals.is_empty() {
            ready!(self.sink().poll_ready(cx))?;
            if let Some(bytes) = self.refusals.pop_front() {
                self.sink().start_send(bytes)?;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<Req: DeserializeOwned, Resp> Stream for ServerTransport<Req, Resp> {
    type Item = io::Result<ClientMessage<Req>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.poll_refusals(cx)?.is_pending() && self.refusals.len() >= REFUSALS_PENDING_MAX {
                return self.idle.poll(cx).map(|error| Some(Err(error)));
            }
            if self.stop.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            let Poll::Ready(read) = self.frames.poll_next_unpin(cx) else {
                return self.idle.poll(cx).map(|error| Some(Err(error)));
            };
            let Some(bytes) = read.transpose()? else { return Poll::Ready(None) };
            self.idle.touch();
            match decode_request(&bytes)? {
                Incoming::Message(message) => return Poll::Ready(Some(Ok(message))),
                Incoming::Unreadable { request_id, error } => {
                    tracing::debug!(request_id, %error, "request refused unread");
                    self.refusals.push_back(encode(&refusal(request_id, &error))?);
                }
            }
        }
    }
}

impl<Req, Resp: Serialize> Sink<Response<Resp>> for ServerTransport<Req, Resp> {
    type Error = io::Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.sink().poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, response: Response<Resp>) -> io::Result<()> {
        self.idle.touch();
        self.sink().start_send(encode_response(&response)?)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusals(cx))?;
        self.sink().poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusals(cx))?;
        self.sink().poll_close(cx)
    }
}

/// Notes when something moved last. The timer is set anew only when it fires, not at each message.
struct Idle {
    max: Duration,
    moved: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Idle {
    fn new(max: Duration) -> Self {
        let moved = Instant::now();
        Self { max, moved, timer: Box::pin(tokio::time::sleep_until(moved + max)) }
    }

    fn touch(&mut self) {
        self.moved = Instant::now();
    }

    /// Ready once nothing has moved for long enough.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            let due = self.moved + self.max;
            if due <= Instant::now() {
                return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "nothing has moved on the connection for too long"));
            }
            self.timer.as_mut().reset(due);
        }
    }
}
