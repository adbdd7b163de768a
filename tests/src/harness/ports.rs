//! Ports that are free, and stay so while a node that owns one is down.

use std::net::TcpListener;

use rand::Rng;

/// Below the range from which the system gives ports to outgoing connections: else a client could take a dead node's
/// port, or even connect to itself there.
const RANGE: std::ops::Range<u16> = 12_000..32_000;

/// So many free ports of loopback, all different.
pub fn free(count: usize) -> Vec<u16> {
    let mut held: Vec<(u16, TcpListener)> = Vec::new();
    for _ in 0..10_000 {
        if held.len() == count {
            return held.into_iter().map(|(port, _)| port).collect();
        }
        let port = rand::rng().random_range(RANGE);
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            held.push((port, listener));
        }
    }
    panic!("no {count} free ports in {RANGE:?} of 127.0.0.1");
}
