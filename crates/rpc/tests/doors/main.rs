//! Two doors over real TLS on loopback, with a toy behind them: who gets in, who doesn't and is told why, and that
//! nobody who misbehaves spoils it for others.

#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test, a surprise is a failure")]

mod callers;
mod load;
mod peers;
mod rude;
mod toy;
