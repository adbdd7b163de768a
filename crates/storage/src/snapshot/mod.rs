//! Snapshots: one view in one file. Written to a temporary name, synced, renamed, the folder synced; never over a
//! newer one. Installed whole or not at all.

mod build;
pub(crate) mod format;
mod install;
mod receive;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;

pub(crate) use build::build;
pub(crate) use install::install;
pub use receive::Receiving;

use crate::disk;
use crate::failpoint;
use crate::fault::{Fault, FaultKind};
use crate::types::{LogId, Snapshot, SnapshotMeta};

/// A finished file: read-only, verified when it was written or received. The handle keeps it readable even when a
/// newer snapshot has taken its place.
#[derive(Clone, Debug)]
pub struct SnapshotFile {
    path: PathBuf,
    file: Arc<File>,
    len: u64,
    digest: [u8; 32],
    meta: SnapshotMeta,
}

impl SnapshotFile {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of it.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none. There always are.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// SHA-256 over all but the audit rows, which have their chain.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The last entry and the membership in it.
    pub fn meta(&self) -> &SnapshotMeta {
        &self.meta
    }

    /// Bytes from an offset, at most so many; fewer only at the end. Blocks on the disk.
    pub fn read_at(&self, offset: u64, max: usize) -> Result<Bytes, Fault> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; left.min(max)];
        self.file.read_exact_at(&mut bytes, offset).map_err(|e| Fault::io(self.path.display().to_string(), &e))?;
        Ok(bytes.into())
    }

    /// Opens and judges a file: every block, the digest, the chain of the audit; with `whole`, every record and the
    /// content hash too.
    pub(crate) fn open(path: &Path, whole: bool) -> Result<Self, Fault> {
        let place = path.display().to_string();
        let file = File::open(path).map_err(|e| Fault::io(&place, &e))?;
        let len = file.metadata().map_err(|e| Fault::io(&place, &e))?.len();
        let judged = if whole {
            format::read(&place, &file, &mut |_, _| Ok(()))?.summary
        } else {
            format::skim(&place, &file)?
        };
        let meta = SnapshotMeta { last_log_id: judged.mark.applied, last_membership: judged.mark.membership };
        Ok(Self { path: path.to_owned(), file: Arc::new(file), len, digest: judged.digest, meta })
    }

    fn renamed(&self, path: PathBuf) -> Self {
        Self { path, ..self.clone() }
    }
}

/// Judges the bytes of a snapshot, all of them, and says what they hold. For operators, and for fuzzing.
pub fn judge(place: &str, source: impl std::io::Read) -> Result<SnapshotMeta, Fault> {
    let mark = format::read(place, source, &mut |_, _| Ok(()))?.summary.mark;
    Ok(SnapshotMeta { last_log_id: mark.applied, last_membership: mark.membership })
}

const FINISHED: &str = "snap";
const UNFINISHED: &str = "tmp";

/// The folder of snapshots: one finished file, and what is on its way.
pub(crate) struct SnapshotStore {
    folder: PathBuf,
    current: Mutex<Option<SnapshotFile>>,
}

fn newer(a: &SnapshotMeta, b: &SnapshotMeta) -> bool {
    a.last_log_id > b.last_log_id
}

/// A name in a folder that nobody else has.
fn temporary(folder: &Path, what: &str) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    folder.join(format!("{what}-{}-{n}.{UNFINISHED}", std::process::id()))
}

impl SnapshotStore {
    /// Opens the folder: removes what was not finished, judges the newest of what was, removes the rest.
    pub(crate) fn open(folder: &Path) -> Result<Self, Fault> {
        disk::make_folder(folder)?;
        let fault = |e| Fault::io(folder.display().to_string(), &e);
        let mut found: Option<SnapshotFile> = None;
        for entry in fs::read_dir(folder).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            match path.extension().and_then(|e| e.to_str()) {
                Some(UNFINISHED) => fs::remove_file(&path).map_err(fault)?,
                Some(FINISHED) => {
                    let file = SnapshotFile::open(&path, false)?;
                    let older = match found.take() {
                        Some(other) if newer(&other.meta, &file.meta) => {
                            found = Some(other);
                            Some(file)
                        }
                        other => {
                            found = Some(file);
                            other
                        }
                    };
                    if let Some(older) = older {
                        fs::remove_file(older.path()).map_err(fault)?;
                    }
                }
                Some(_) | None => {}
            }
        }
        Ok(Self { folder: folder.to_owned(), current: Mutex::new(found) })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn current_file(&self) -> Option<SnapshotFile> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn current(&self) -> Option<Snapshot> {
        self.current_file().map(|file| Snapshot { meta: file.meta.clone(), snapshot: file })
    }

    /// When the present one was written.
    pub(crate) fn written_at(&self) -> Option<SystemTime> {
        self.current_file()?.file.metadata().ok()?.modified().ok()
    }

    /// Makes a finished file the present one, unless a newer one is; the present one afterwards.
    pub(crate) fn adopt(&self, file: SnapshotFile) -> Result<SnapshotFile, Fault> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(present) = current.as_ref()
            && (newer(&present.meta, &file.meta) || present.path == file.path)
        {
            if present.path != file.path && file.path.parent() == Some(self.folder.as_path()) {
                remove(file.path());
            }
            return Ok(present.clone());
        }
        let file = if file.path.parent() == Some(self.folder.as_path()) { file } else { self.copy(&file)? };
        let to = self.folder.join(name(file.meta.last_log_id));
        failpoint::at("rename.before");
        disk::publish(file.path(), &to)?;
        failpoint::at("rename.after");
        let file = file.renamed(to);
        if let Some(old) = current.replace(file.clone())
            && old.path != file.path
        {
            // Whoever still sends it holds it open.
            remove(old.path());
        }
        Ok(file)
    }

    fn copy(&self, file: &SnapshotFile) -> Result<SnapshotFile, Fault> {
        let to = temporary(&self.folder, "copy");
        let fault = |e| Fault::io(to.display().to_string(), &e);
        fs::copy(file.path(), &to).map_err(fault)?;
        File::open(&to).and_then(|copy| copy.sync_all()).map_err(fault)?;
        let copied = SnapshotFile::open(&to, false)?;
        if copied.digest != file.digest {
            return Err(Fault::new(FaultKind::Corrupt, to.display().to_string(), "the copy is not the original"));
        }
        Ok(copied)
    }
}

fn name(id: Option<LogId>) -> String {
    match id {
        Some(id) => {
            format!("{:020}-{:020}-{:020}.{FINISHED}", id.index, id.leader_id.term, id.leader_id.node_id)
        }
        None => format!("empty.{FINISHED}"),
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        // Removed at the next start.
        tracing::warn!(path = %path.display(), %error, "an old snapshot could not be removed");
    }
}
