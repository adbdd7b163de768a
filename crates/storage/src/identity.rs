//! Whose disk this is: the file that is read before anything else. A stranger's disk is refused; node ids are never
//! reused, so a wiped node rejoins under a new one.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::codec::{frame, strict};
use crate::disk;
use crate::fault::{Fault, FaultKind};

/// The file's name in a data folder.
pub(crate) const FILE: &str = "identity";
/// Format of data folders that is written here, and the newest that is read.
pub const FORMAT_VERSION: u32 = 1;

const VERSION: u16 = 1;

/// Whom a data folder is expected to belong to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdentityExpectation {
    /// The cluster's id.
    pub cluster: String,
    /// The node's id.
    pub node: u64,
}

/// Whom a data folder belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// The cluster's id.
    pub cluster: String,
    /// The node's id.
    pub node: u64,
    /// Raised when a backup is restored into a new cluster: receipts of an older one are refused.
    pub incarnation: u64,
    /// Format of the folder.
    pub format: u32,
}

impl Identity {
    /// That of a new folder.
    pub fn new(expected: &IdentityExpectation) -> Self {
        Self { cluster: expected.cluster.clone(), node: expected.node, incarnation: 1, format: FORMAT_VERSION }
    }

    /// Reads a folder's identity; none if it has no such file.
    pub fn read(folder: &Path) -> Result<Option<Self>, Fault> {
        let path = folder.join(FILE);
        let Some(bytes) = disk::read_if_there(&path)? else { return Ok(None) };
        Self::decode(&path.display().to_string(), &bytes).map(Some)
    }

    /// Writes a folder's identity, whole.
    pub fn write(&self, folder: &Path) -> Result<(), Fault> {
        disk::write_whole(&folder.join(FILE), &self.encode())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        frame::wrap(VERSION, &strict::to_named(self))
    }

    pub(crate) fn decode(place: &str, bytes: &[u8]) -> Result<Self, Fault> {
        let (_version, payload) = frame::unwrap(place, VERSION, bytes)?;
        let found: Self = strict::from_slice(place, payload)?;
        if found.format > FORMAT_VERSION {
            let cause = format_args!("format {} where {FORMAT_VERSION} is known", found.format).to_string();
            return Err(Fault::new(FaultKind::Newer, place, cause));
        }
        Ok(found)
    }

    /// Refuses a stranger's disk.
    pub fn check(&self, folder: &Path, expected: &IdentityExpectation) -> Result<(), Fault> {
        if self.cluster == expected.cluster && self.node == expected.node {
            return Ok(());
        }
        Err(Fault::new(
            FaultKind::Stranger,
            folder.join(FILE).display().to_string(),
            format_args!(
                "this folder belongs to node {} of cluster `{}`, and not to node {} of cluster `{}`",
                self.node, self.cluster, expected.node, expected.cluster
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(cluster: &str, node: u64) -> IdentityExpectation {
        IdentityExpectation { cluster: cluster.into(), node }
    }

    #[test]
    fn a_strangers_disk_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Identity::read(folder.path()), Ok(None));
        Identity::new(&expected("c1", 2)).write(folder.path()).unwrap();
        let found = Identity::read(folder.path()).unwrap().unwrap();
        assert_eq!(found.check(folder.path(), &expected("c1", 2)), Ok(()));
        for stranger in [expected("c1", 3), expected("c2", 2)] {
            let fault = found.check(folder.path(), &stranger).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Stranger);
            assert!(fault.cause.contains("node 2 of cluster `c1`"), "{fault}");
        }
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let bytes = Identity::new(&expected("c1", 2)).encode();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut rotten = bytes.clone();
                rotten[at] ^= 1 << bit;
                assert!(Identity::decode("identity", &rotten).is_err(), "byte {at} bit {bit}");
            }
        }
    }
}
