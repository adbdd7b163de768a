//! The network seam: where bytes come from and go to. The real one is TCP; a test puts in one that loses, delays
//! and cuts.

use std::fmt;
use std::io;

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// One connection's bytes, before TLS.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Io for T {}

/// Any connection's bytes.
pub type BoxIo = Box<dyn Io>;

/// A way to reach others and to be reached.
pub trait Net: fmt::Debug + Send + Sync + 'static {
    /// Opens a connection to `addr`, a host and a port. The caller bounds how long it may take.
    fn connect<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, io::Result<BoxIo>>;

    /// Listens on `addr`; port 0 picks a free one.
    fn bind<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>>;
}

/// A place where connections arrive.
pub trait Listener: Send + 'static {
    /// Where it listens, with the port that was picked.
    fn local_addr(&self) -> io::Result<String>;

    /// The next connection, and who seems to be at its other end. May be dropped and called again.
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(BoxIo, String)>>;
}

/// TCP without Nagle's delay: a request is one write and wants an answer at once.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tcp;

impl Net for Tcp {
    fn connect<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, io::Result<BoxIo>> {
        Box::pin(async move {
            let stream = TcpStream::connect(addr).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as BoxIo)
        })
    }

    fn bind<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async move { Ok(Box::new(TcpListener::bind(addr).await?) as Box<dyn Listener>) })
    }
}

impl Listener for TcpListener {
    fn local_addr(&self) -> io::Result<String> {
        TcpListener::local_addr(self).map(|addr| addr.to_string())
    }

    fn accept(&mut self) -> BoxFuture<'_, io::Result<(BoxIo, String)>> {
        Box::pin(async move {
            let (stream, from) = TcpListener::accept(self).await?;
            stream.set_nodelay(true)?;
            Ok((Box::new(stream) as BoxIo, from.to_string()))
        })
    }
}
