//! A snapshot on its way in: chunks in order into a temporary file, judged whole before anybody may install it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{SnapshotFile, temporary};
use crate::disk;
use crate::fault::{Fault, FaultKind};

/// A file that is being received. Dropped before it is finished, it leaves nothing behind. Its calls block on the
/// disk.
#[derive(Debug)]
pub struct Receiving {
    path: PathBuf,
    file: File,
    len: u64,
    finished: bool,
}

impl Receiving {
    /// Begins a file in the folder of snapshots ([`crate::Storage::snapshot_folder`]).
    pub fn create(folder: &Path) -> Result<Self, Fault> {
        disk::make_folder(folder)?;
        let path = temporary(folder, "receiving");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|e| Fault::io(path.display().to_string(), &e))?;
        Ok(Self { path, file, len: 0, finished: false })
    }

    /// Bytes received so far: where the next chunk begins.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing has been received yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes a chunk. One that was sent again takes the place of the first and of all after it; a gap is refused.
    pub fn write_chunk(&mut self, offset: u64, chunk: &[u8]) -> Result<(), Fault> {
        if offset > self.len {
            return Err(Fault::new(
                FaultKind::Misuse,
                self.place(),
                format_args!("a chunk at byte {offset} where {} comes next", self.len),
            ));
        }
        self.file.write_all_at(chunk, offset).map_err(|e| Fault::io(self.place(), &e))?;
        self.len = offset + chunk.len() as u64;
        Ok(())
    }

    /// Ends the file, syncs it and judges all of it. What comes back may be installed.
    pub fn finish(mut self) -> Result<SnapshotFile, Fault> {
        self.file.set_len(self.len).and_then(|()| self.file.sync_all()).map_err(|e| Fault::io(self.place(), &e))?;
        let file = SnapshotFile::open(&self.path, true)?;
        self.finished = true;
        Ok(file)
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if !self.finished {
            drop(std::fs::remove_file(&self.path));
        }
    }
}
