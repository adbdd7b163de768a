//! Files that are there whole or not at all: temporary name, sync, rename, folder sync. And how full the disk is.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::fault::{Fault, FaultKind};

/// Below this share of the device free, in percent, an alarm is raised; on a small device growth is refused.
const NEAR_FULL_PERCENT: u64 = 5;
/// Below this many bytes free growth is to be refused, whatever the share: a flush and a compaction need room.
const NEAR_FULL_BYTES: u64 = 256 << 20;

/// How much room the device of a data folder has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DiskSpace {
    /// Bytes that an unprivileged process may still write.
    pub free_bytes: u64,
    /// Bytes of the device.
    pub total_bytes: u64,
}

impl DiskSpace {
    /// Whether growth is refused. Deletions, and changes that take no room to speak of, are still taken. On a large
    /// device the fixed margin alone counts: five percent of it may be more than all policy.
    pub fn refuses_growth(&self) -> bool {
        let share = self.total_bytes / 100 * NEAR_FULL_PERCENT;
        let least = if self.total_bytes > NEAR_FULL_BYTES * 4 { NEAR_FULL_BYTES } else { share };
        self.free_bytes < least
    }

    /// Whether it is time to raise an alarm: at the latest before growth is refused.
    pub fn near_full(&self) -> bool {
        let share = self.total_bytes / 100 * NEAR_FULL_PERCENT;
        // On a device smaller than the fixed margin only the share counts, or it would be full from the first day.
        let fixed = if self.total_bytes > NEAR_FULL_BYTES * 4 { NEAR_FULL_BYTES } else { 0 };
        self.free_bytes < share.max(fixed)
    }
}

/// The room on the device that holds a path.
pub fn disk_free(path: &Path) -> Result<DiskSpace, Fault> {
    use std::os::unix::ffi::OsStrExt;
    let place = path.display().to_string();
    let c_path = std::ffi::CString::new(path.as_os_str().as_bytes())
        .map_err(|_zero| Fault::new(FaultKind::Misuse, &place, "the path has a zero byte"))?;
    let mut answer = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    #[expect(unsafe_code, reason = "statvfs has no safe form in std; it fills the struct if it returns 0")]
    let answer = unsafe {
        if libc::statvfs(c_path.as_ptr(), answer.as_mut_ptr()) != 0 {
            return Err(Fault::io(place, &std::io::Error::last_os_error()));
        }
        answer.assume_init()
    };
    #[expect(clippy::useless_conversion, reason = "the fields' widths differ by platform")]
    let (block, free, total) = (answer.f_frsize as u64, u64::from(answer.f_bavail), u64::from(answer.f_blocks));
    Ok(DiskSpace { free_bytes: block.saturating_mul(free), total_bytes: block.saturating_mul(total) })
}

/// Writes a file whole: after this returns it survives the loss of power, and before that the old one does.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let temporary = path.with_extension("tmp");
    let fault = |e| Fault::io(path.display().to_string(), &e);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary).map_err(fault)?;
    file.write_all(bytes).map_err(fault)?;
    file.sync_all().map_err(fault)?;
    drop(file);
    publish(&temporary, path)
}

/// Gives a finished and synced file its name, for good.
pub(crate) fn publish(from: &Path, to: &Path) -> Result<(), Fault> {
    fs::rename(from, to).map_err(|e| Fault::io(to.display().to_string(), &e))?;
    match to.parent() {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}

/// Makes the names in a folder survive the loss of power.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Fault> {
    let fault = |e| Fault::io(folder.display().to_string(), &e);
    File::open(folder).map_err(fault)?.sync_all().map_err(fault)
}

/// Makes a folder, and its name in the one above.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Fault> {
    fs::create_dir_all(folder).map_err(|e| Fault::io(folder.display().to_string(), &e))?;
    sync_folder(folder)?;
    match folder.parent() {
        Some(above) if !above.as_os_str().is_empty() => sync_folder(above),
        Some(_) | None => Ok(()),
    }
}

/// The bytes of a file, or none if there is no such file.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Fault> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Fault::io(path.display().to_string(), &e)),
    }
}

/// Whether a folder is missing or empty.
#[cfg(feature = "rocksdb")]
pub(crate) fn is_empty(folder: &Path) -> Result<bool, Fault> {
    match fs::read_dir(folder) {
        Ok(mut names) => Ok(names.next().is_none()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(e) => Err(Fault::io(folder.display().to_string(), &e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_full_is_a_share_and_a_margin() {
        let space = |free_bytes, total_bytes| DiskSpace { free_bytes, total_bytes };
        assert!(!space(50 << 30, 100 << 30).near_full());
        assert!(space(4 << 30, 100 << 30).near_full(), "below five percent");
        assert!(space(200 << 20, 2 << 30).near_full(), "below the margin");
        assert!(!space(40 << 20, 100 << 20).near_full(), "a small device has no margin, only a share");
        assert!(!space(4 << 30, 100 << 30).refuses_growth() && space(200 << 20, 100 << 30).refuses_growth());
        assert!(space(4 << 20, 100 << 20).refuses_growth() && !space(6 << 20, 100 << 20).refuses_growth());
        for (free, total) in [(200u64 << 20, 100u64 << 30), (4 << 20, 100 << 20), (200 << 20, 2 << 30)] {
            let space = space(free, total);
            assert!(!space.refuses_growth() || space.near_full(), "no refusal without an alarm");
        }
        assert!(disk_free(Path::new("/")).unwrap().total_bytes > 0);
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("name");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(read_if_there(&path), Ok(Some(b"two".to_vec())));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }
}
