//! `audit verify`: judges the chain of a stopped node's audit, row by row, without a cluster. What it reads is the
//! state on disk; entries that the log holds beyond it are applied, and judged, when the node starts again.

use std::path::Path;

use bailiwick_policy::ids::Revision;
use bailiwick_policy::impact::counted;
use bailiwick_storage::{Fault, Identity, IdentityExpectation, Opened, Storage};

use crate::raft::hex;
use crate::serve::ServeError;

/// Verifies the chain and says in one line what was found. An error names the place where it is broken.
pub fn verify(data: &Path) -> Result<String, ServeError> {
    let shown = data.display();
    // Opening would make a folder that isn't there.
    let identity = Identity::read(data)?.ok_or_else(|| format!("`{shown}` is no data folder of a node: it has no file `identity`"))?;
    let expected = IdentityExpectation { cluster: identity.cluster.clone(), node: identity.node };
    let opened = Storage::open(data, &expected).map_err(|fault| refused(data, &fault))?;
    let Opened { views, audit, storage, log: _log, machine: _machine } = opened;
    let verdict = audit.verify();
    let last = views.load().revision;
    storage.close();
    let verdict = verdict.map_err(|fault| format!("the audit of `{shown}` is not whole: {fault}"))?;
    let whose = format!("node {} of cluster `{}`", identity.node, identity.cluster);
    let rows = counted(verdict.rows, "row");
    Ok(if verdict.rows == 0 {
        format!("{whose}: {rows}: the audit is empty at revision {last}, head {}", hex(&verdict.head))
    } else {
        format!("{whose}: {rows}, revisions {} to {last}, head {}: the chain is whole", verdict.from.max(Revision(1)), hex(&verdict.head))
    })
}

fn refused(data: &Path, fault: &Fault) -> ServeError {
    let text = fault.to_string();
    // RocksDB locks this file for as long as a process has the folder open.
    if text.contains("/LOCK:") {
        return format!("a node runs on `{}`: stop it first, or verify another node", data.display()).into();
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> IdentityExpectation {
        IdentityExpectation { cluster: "c1".to_owned(), node: 2 }
    }

    #[test]
    fn a_folder_of_no_node_is_refused_and_nothing_is_made_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let told = verify(folder.path()).unwrap_err().to_string();
        assert!(told.contains("no data folder"), "{told}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_in_use_is_refused_and_a_stopped_one_is_judged() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let opened = Storage::open(&data, &expected()).unwrap();
        let told = verify(&data).unwrap_err().to_string();
        assert!(told.contains("a node runs on"), "{told}");
        opened.storage.close();
        drop(opened);
        let told = verify(&data).unwrap();
        assert!(told.starts_with("node 2 of cluster `c1`: 0 rows"), "{told}");
    }
}
