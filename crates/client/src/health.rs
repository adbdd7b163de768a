//! What the client knows of the nodes, for a console to show: published whenever it changes.

use crate::failover::{Failover, Health};

/// The whole picture. Ages are the reader's business: `changed` says when the picture was made.
#[derive(Clone, PartialEq, Debug)]
pub struct ClusterHealth {
    /// Each node, in the order of the configuration.
    pub nodes: Vec<NodeHealth>,
    /// Place of the node that reads go to; none while nobody answers.
    pub reading_from: Option<usize>,
    /// The leader's id, as last heard.
    pub leader: Option<u64>,
    /// Whether a call is under way that has failed, and no node is known to answer it. One that waits at a node is not
    /// looking for another, however it came there.
    pub failing_over: bool,
    /// When this was last found out.
    pub changed: std::time::Instant,
}

impl ClusterHealth {
    /// Whether any node answers.
    pub fn is_connected(&self) -> bool {
        self.reading_from.is_some()
    }
}

/// One node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeHealth {
    /// Where it is.
    pub addr: String,
    /// Its id, once it has said it.
    pub id: Option<u64>,
    /// Whether it answers; none if it was never tried.
    pub up: Option<bool>,
    /// Smoothed round trip in microseconds.
    pub round_trip_us: Option<u64>,
    /// Failures since it last answered.
    pub failures: u32,
    /// What was last wrong with it.
    pub trouble: Option<String>,
}

/// The picture that the machine gives.
pub(crate) fn picture(machine: &Failover, addrs: &[String], troubles: &[Option<String>], failing_over: bool) -> ClusterHealth {
    let nodes: Vec<NodeHealth> = machine
        .nodes()
        .iter()
        .enumerate()
        .map(|(place, node)| NodeHealth {
            addr: addrs.get(place).cloned().unwrap_or_default(),
            id: node.id,
            up: match node.health {
                Health::Unknown => None,
                Health::Up => Some(true),
                Health::Down { .. } => Some(false),
            },
            round_trip_us: node.round_trip_us,
            failures: node.failures,
            trouble: troubles.get(place).cloned().flatten(),
        })
        .collect();
    let up = |place: &usize| nodes.get(*place).is_some_and(|node| node.up == Some(true));
    let reading_from = Some(machine.favourite()).filter(up).or_else(|| (0..nodes.len()).find(|place| up(place)));
    let failing_over = failing_over && reading_from.is_none();
    ClusterHealth { reading_from, leader: machine.leader(), failing_over, changed: std::time::Instant::now(), nodes }
}
