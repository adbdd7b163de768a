//! The job file of an import: what was to be done and how far it got, written before the first batch and after each,
//! so that `--resume` goes on where it stopped.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bailiwick_policy::ids::{OrgCode, RequestId};
use serde::{Deserialize, Serialize};

use crate::cli::exit::Trouble;

/// An import under way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub job: RequestId,
    /// What the file holds.
    pub kind: String,
    /// Where it goes.
    pub org: OrgCode,
    /// The file.
    pub file: PathBuf,
    /// SHA-256 of the file, in hex: another content would make other batches.
    pub sha256: String,
    /// Columns that are headed otherwise, as `OURS=THEIRS`.
    pub maps: Vec<String>,
    /// What separates the columns.
    pub delimiter: char,
    /// Why, for the audit.
    #[serde(default)]
    pub reason: Option<String>,
    /// How many batches there are.
    pub batches: usize,
    /// How many are applied, from the first.
    pub applied: usize,
    /// Raised when a batch was refused, so that trying it again isn't the same request.
    #[serde(default)]
    pub attempt: u8,
}

impl Job {
    /// Where the file of a job lies.
    pub fn path(folder: &Path, job: RequestId) -> PathBuf {
        folder.join(format!("{job}.json"))
    }

    /// Reads a job.
    pub fn load(folder: &Path, job: RequestId) -> Result<Self, Trouble> {
        let path = Self::path(folder, job);
        let text = fs::read_to_string(&path).map_err(|error| {
            Trouble::Local(format!("{}: {error}: resume on the machine and as the user that began the import", path.display()))
        })?;
        serde_json::from_str(&text).map_err(|error| Trouble::Local(format!("{}: {error}", path.display())))
    }

    /// Writes it: whole or not at all, readable by its owner only.
    pub fn save(&self, folder: &Path) -> Result<(), Trouble> {
        let path = Self::path(folder, self.job);
        let part = path.with_extension("part");
        let failed = |error: std::io::Error| Trouble::Local(format!("{}: {error}", path.display()));
        fs::create_dir_all(folder).map_err(failed)?;
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part).map_err(failed)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&part, &path).map_err(failed)
    }
}

/// The folder of job files: `$XDG_STATE_HOME/bailiwick/jobs`, or below `~/.local/state`.
pub fn folder() -> Result<PathBuf, Trouble> {
    let state = match std::env::var_os("XDG_STATE_HOME").filter(|path| !path.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => match std::env::var_os("HOME") {
            Some(home) => PathBuf::from(home).join(".local/state"),
            None => return Err(Trouble::Local("neither XDG_STATE_HOME nor HOME is set: a job file needs a place".to_owned())),
        },
    };
    Ok(state.join("bailiwick/jobs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_found_again_as_it_was_left() {
        let folder = std::env::temp_dir().join(format!("bailiwick-jobs-{}", std::process::id()));
        let job = Job {
            job: RequestId(0x0197_5f00_0000_1234_5678_9abc_def0_1234),
            kind: "stores".to_owned(),
            org: "acme".parse().expect("a code"),
            file: "/tmp/stores.csv".into(),
            sha256: "00".repeat(32),
            maps: vec!["code=store_id".to_owned()],
            delimiter: ',',
            reason: None,
            batches: 3,
            applied: 1,
            attempt: 0,
        };
        job.save(&folder).expect("written");
        assert_eq!(Job::load(&folder, job.job).ok(), Some(job.clone()));
        assert!(Job::load(&folder, RequestId(1)).is_err());
        fs::remove_dir_all(&folder).expect("removed");
    }
}
