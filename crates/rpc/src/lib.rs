//! The only crate that knows bytes between processes: how messages are written, who is at the other end, and what may
//! be asked. It knows neither what a command means nor that there is more than one node.
//!
//! Read in this order: `limits`; `codec` and `transport` are bytes; `token`, `identity`, `certs` and `tls` are who;
//! `preface`, `net`, `connect` and `server` are how two come together; `api`, `insight` and `services` are what callers say,
//! `peer` is what nodes say to each other.

pub mod limits;

pub mod codec;
pub mod transport;

pub mod token;
pub mod identity;
pub mod certs;
pub mod tls;

pub mod preface;
pub mod net;
pub mod connect;
pub mod server;

pub mod api;
pub mod insight;
pub mod services;
pub mod peer;
