//! Measuring writes: synced, replicated, acknowledged, on real processes; and how soon each node shows them.
//!
//! Every figure is of one run with the disk measured in the same run, since nothing else makes two machines, or two
//! days of one machine, comparable. Another system to compare with is one more [`Row::system`], loaded in turn.

pub mod disk;
pub mod load;
pub mod visible;

use serde::Serialize;

/// One system under one load.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Which system.
    pub system: &'static str,
    /// Clients, each of which waits for its answer before its next write.
    pub clients: usize,
    /// Connections that they share.
    pub connections: usize,
    /// Writes acknowledged in the measured time.
    pub writes: u64,
    /// Writes that were not.
    pub failed: u64,
    /// Writes acknowledged in a second.
    pub writes_per_s: f64,
    /// Half of them were answered within this, in microseconds.
    pub p50_us: u64,
    /// And 99 of 100 within this.
    pub p99_us: u64,
    /// Processor time of all nodes for one write, in microseconds.
    pub processor_us_per_write: f64,
}

/// Everything that one run found out.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Processors of the machine; the load runs on them too.
    pub processors: usize,
    /// How long the disk takes to sync.
    pub fsync: disk::Fsync,
    /// A row for each system and load.
    pub rows: Vec<Row>,
    /// From acknowledged to visible.
    pub visible: visible::Visible,
}

impl Report {
    /// As a table for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("{} processors, load included · fsync of 4 KiB p50 {} µs, p99 {} µs", self.processors, self.fsync.p50_us, self.fsync.p99_us),
            format!(
                "{:<10} {:>7} {:>5} {:>10} {:>9} {:>9} {:>12} {:>7}",
                "system", "clients", "conns", "writes/s", "p50 µs", "p99 µs", "cpu µs/write", "failed"
            ),
        ];
        lines.extend(self.rows.iter().map(|row| {
            format!(
                "{:<10} {:>7} {:>5} {:>10.0} {:>9} {:>9} {:>12.1} {:>7}",
                row.system, row.clients, row.connections, row.writes_per_s, row.p50_us, row.p99_us, row.processor_us_per_write, row.failed
            )
        }));
        lines.extend(self.visible.lines());
        lines
    }
}
