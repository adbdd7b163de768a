//! How long the disk takes to sync, measured where the nodes' data lies.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use crate::harness::stats::percentile;

/// Syncs measured.
const SYNCS: usize = 200;
/// Bytes written before each: about what a small batch of the log has.
const BYTES: usize = 4_096;

/// What was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Fsync {
    /// Half took no longer, in microseconds.
    pub p50_us: u64,
    /// 99 of 100 took no longer.
    pub p99_us: u64,
}

/// Appends and syncs, many times, in a folder.
pub fn measure(folder: &Path) -> std::io::Result<Fsync> {
    let path = folder.join("fsync");
    let mut file = File::create(&path)?;
    let mut took = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&[7; BYTES])?;
        let began = Instant::now();
        file.sync_data()?;
        took.push(began.elapsed());
    }
    std::fs::remove_file(&path)?;
    let micros = |per_cent: f64, took: &mut Vec<_>| u64::try_from(percentile(took, per_cent).as_micros()).unwrap_or(u64::MAX);
    Ok(Fsync { p50_us: micros(50.0, &mut took), p99_us: micros(99.0, &mut took) })
}
