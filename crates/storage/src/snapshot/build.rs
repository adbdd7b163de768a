//! Writes a view into a file, on a thread of its own. First the state on disk catches up with the view: a snapshot
//! lets the log be purged, so what it stands for must not live in memory alone.

use std::fs::OpenOptions;
use std::io::BufWriter;
use std::sync::Arc;

use super::format::Writer;
use super::{SnapshotFile, temporary};
use crate::engine::Engine;
use crate::failpoint;
use crate::fault::Fault;
use crate::planted::{self, Planted};
use crate::state::Shared;
use crate::state::persist::mark_of;
use crate::types::{LogId, Snapshot, SnapshotMeta};
use crate::views::View;

/// Bytes of audit rows that a snapshot carries at most. Beyond it the oldest stay behind: a receiver then lacks
/// them, its audit has a floor, and questions about older revisions are answered `compacted` there; nodes that have
/// been members all along still have them.
pub(crate) const AUDIT_BYTES_MAX: u64 = 1 << 30;

/// Bytes written at once.
const BUFFER_BYTES: usize = 1 << 20;

/// Builds a snapshot of a view and publishes it, unless a newer one is there.
pub(crate) async fn build<E: Engine>(shared: &Arc<Shared<E>>, view: Arc<View>) -> Result<Snapshot, Fault> {
    if let Some(present) = shared.snapshots.current()
        && present.meta.last_log_id >= view.applied
    {
        return Ok(present);
    }
    if let Some(index) = view.applied_index() {
        shared.marks.want(index);
        tokio::select! {
            biased;
            fault = shared.health.failed() => return Err(fault),
            () = shared.marks.flushed_to(index) => {}
        }
    }
    let task = shared.clone();
    let file = shared.driver.run("snapshot builder", move || write(&task, &view)).await?;
    tracing::info!(path = %file.path().display(), bytes = file.len(), "snapshot written");
    Ok(Snapshot { meta: file.meta().clone(), snapshot: file })
}

fn write<E: Engine>(shared: &Shared<E>, view: &View) -> Result<SnapshotFile, Fault> {
    failpoint::at("snapshot_write.before");
    let path = temporary(shared.snapshots.folder(), "building");
    let written = write_file(shared, view, &path);
    if written.is_err() {
        drop(std::fs::remove_file(&path));
    }
    let file = written?;
    failpoint::at("snapshot_write.after");
    shared.snapshots.adopt(file)
}

fn write_file<E: Engine>(shared: &Shared<E>, view: &View, path: &std::path::Path) -> Result<SnapshotFile, Fault> {
    let place = path.display().to_string();
    let fault = |e| Fault::io(&place, &e);
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(path).map_err(fault)?;
    let applied = match view.applied {
        Some(id) if planted::has(Planted::SnapshotAhead) => Some(LogId { index: id.index.saturating_add(1), ..id }),
        applied => applied,
    };
    let mark = mark_of(&view.state, applied, &view.membership);
    let out = BufWriter::with_capacity(BUFFER_BYTES, file);
    let (mut writer, digest) = Writer::state(&place, out, &view.state, &mark)?;

    let (floor, head) = shared.audit.newest(view.revision, AUDIT_BYTES_MAX)?;
    writer.audit(floor, head)?;
    let mut rows = 0;
    shared.audit.values(floor, view.revision, &mut |revision, value| {
        rows += 1;
        writer.row(revision, value)
    })?;
    let file = writer.end(rows)?.into_inner().map_err(|e| Fault::io(&place, e.error()))?;
    file.sync_all().map_err(fault)?;
    let len = file.metadata().map_err(fault)?.len();
    let meta = SnapshotMeta { last_log_id: applied, last_membership: view.membership.clone() };
    Ok(SnapshotFile { path: path.to_owned(), file: Arc::new(file), len, digest, meta })
}
