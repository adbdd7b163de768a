//! When grants were last used, as this node saw it: a small database of the node's own beside the state.
//!
//! It is advice, and treated so: what can't be read is begun anew, with a window that begins now, and what can't be
//! written stays in memory; neither keeps a node from starting or stops it. One batch is written at a time, of what
//! changed, and is on the disk when `write` returns.

#[cfg(feature = "rocksdb")]
use std::path::Path;
use std::sync::Arc;

use bailiwick_policy::ids::Tick;

use crate::engine::{Batch, Engine, MemoryEngine, Order, Space, Visit};
use crate::fault::Fault;
use crate::keys::{self, usage as family};

/// The folder in a data folder.
#[cfg(feature = "rocksdb")]
const FOLDER: &str = "usage";

/// When a grant was used, in minutes since 1970, by the node's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UsageMark {
    /// The first minute that is known of.
    pub first: u32,
    /// The last.
    pub last: u32,
}

/// What marks are to be measured by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UsageWindow {
    /// Uses have been counted from here on, but for while the node was down and answered nobody.
    pub since: Tick,
    /// Uses that found no room, since then.
    pub missed: u64,
}

/// A mark with what it is of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageRow {
    /// The org's code.
    pub org: String,
    /// What policy calls the grant.
    pub grant: String,
    /// When.
    pub mark: UsageMark,
}

/// All that a database held when it was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageRead {
    /// The window.
    pub window: UsageWindow,
    /// The marks, by org and grant.
    pub rows: Vec<UsageRow>,
}

/// The database.
pub struct UsageStore(Arc<dyn Engine>);

impl UsageStore {
    /// That of a data folder, made if it isn't there, begun anew if it is damaged; in memory if even that can't be.
    #[cfg(feature = "rocksdb")]
    pub fn open(data: &Path, now: Tick) -> (Self, UsageRead) {
        use crate::engine::{Database, RocksEngine};
        use crate::fault::FaultKind;

        let folder = data.join(FOLDER);
        let opened = RocksEngine::open(&folder, Database::Usage).and_then(|engine| Self::of(Arc::new(engine), now));
        let fault = match opened {
            Ok(opened) => return opened,
            Err(fault) => fault,
        };
        let anew = match fault.kind {
            // The disk may be well again, and then what is on it counts.
            FaultKind::Io | FaultKind::Full => Err(fault),
            FaultKind::Corrupt | FaultKind::Missing | FaultKind::Stranger | FaultKind::Newer | FaultKind::Stopped | FaultKind::Misuse => {
                if folder.exists() {
                    tracing::warn!(%fault, "when grants were last used can't be read: it is counted anew from now on");
                }
                begin_anew(&folder).and_then(|()| RocksEngine::create(&folder, Database::Usage)).and_then(|engine| Self::of(Arc::new(engine), now))
            }
        };
        anew.unwrap_or_else(|fault| {
            tracing::warn!(%fault, "when grants are used is kept in memory only, until this node starts again");
            Self::memory(now)
        })
    }

    /// A new one in memory.
    pub fn memory(now: Tick) -> (Self, UsageRead) {
        let window = UsageWindow { since: now, missed: 0 };
        (Self(Arc::new(MemoryEngine::default())), UsageRead { window, rows: Vec::new() })
    }

    fn of(engine: Arc<dyn Engine>, now: Tick) -> Result<(Self, UsageRead), Fault> {
        let window = match engine.get(Space::Usage, family::WINDOW)? {
            Some(value) => family::decode_window(&value)?,
            None => {
                let window = UsageWindow { since: now, missed: 0 };
                let mut batch = Batch::default();
                batch.put(Space::Usage, family::WINDOW, family::window(window));
                engine.write(batch, true)?;
                window
            }
        };
        let mut rows = Vec::new();
        engine.scan(Space::Usage, family::FIRST, keys::END, Order::Up, &mut |key, value| {
            let (org, grant, mark) = family::decode(key, value)?;
            rows.push(UsageRow { org, grant, mark });
            Ok(Visit::On)
        })?;
        Ok((Self(engine), UsageRead { window, rows }))
    }

    /// Writes the window and what changed, all or nothing; a grant without a mark is forgotten.
    pub fn write<'a>(&self, window: UsageWindow, changed: impl IntoIterator<Item = (&'a str, &'a str, Option<UsageMark>)>) -> Result<(), Fault> {
        let mut batch = Batch::default();
        batch.put(Space::Usage, family::WINDOW, family::window(window));
        for (org, grant, mark) in changed {
            match mark {
                Some(mark) => batch.put(Space::Usage, family::key(org, grant), family::value(mark)),
                None => batch.delete(Space::Usage, family::key(org, grant)),
            }
        }
        self.0.write(batch, true)
    }
}

#[cfg(feature = "rocksdb")]
fn begin_anew(folder: &Path) -> Result<(), Fault> {
    match std::fs::remove_dir_all(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Fault::io(folder.display().to_string(), &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;

    const NOW: Tick = Tick(1_700_000_000_000);

    fn written(engine: &MemoryEngine) -> UsageRead {
        UsageStore::of(Arc::new(engine.after_power_loss()), Tick(NOW.0 + 1)).unwrap().1
    }

    #[test]
    fn marks_and_the_window_survive_and_a_mark_is_replaced_or_forgotten() {
        let (store, read) = UsageStore::of(Arc::new(MemoryEngine::default()), NOW).unwrap();
        assert_eq!(read, UsageRead { window: UsageWindow { since: NOW, missed: 0 }, rows: Vec::new() });
        let window = UsageWindow { missed: 2, ..read.window };
        let mark = |last| Some(UsageMark { first: 1, last });
        store.write(window, [("acme", "02\tPOS", mark(1)), ("acme", "02\tAdmin", mark(1)), ("beta", "02\tPOS", mark(1))]).unwrap();
        store.write(window, [("acme", "02\tPOS", mark(4)), ("acme", "02\tAdmin", None), ("beta", "02\tKiosk", None)]).unwrap();
        let rows = [("acme", 4), ("beta", 1)].map(|(org, last)| UsageRow { org: org.into(), grant: "02\tPOS".into(), mark: UsageMark { first: 1, last } });
        let read = UsageStore::of(store.0, Tick(NOW.0 + 1)).unwrap().1;
        assert_eq!(read, UsageRead { window, rows: rows.to_vec() }, "the window is that of the first time");
    }

    #[test]
    fn what_was_written_survives_the_loss_of_power() {
        let engine = Arc::new(MemoryEngine::default());
        let (store, read) = UsageStore::of(engine.clone(), NOW).unwrap();
        store.write(read.window, [("acme", "02\tPOS", Some(UsageMark { first: 1, last: 1 }))]).unwrap();
        assert_eq!(written(&engine).rows.len(), 1);
        assert_eq!(written(&engine).window.since, NOW);
    }

    #[test]
    fn a_rotten_row_is_told_from_a_sound_one() {
        let engine = Arc::new(MemoryEngine::default());
        let (store, read) = UsageStore::of(engine.clone(), NOW).unwrap();
        store.write(read.window, [("acme", "02\tPOS", Some(UsageMark { first: 1, last: 1 }))]).unwrap();
        for (nth, what) in [(0, "the window"), (1, "a mark")] {
            engine.rot(Space::Usage, nth, 9);
            let fault = UsageStore::of(Arc::new(engine.after_power_loss()), NOW).err().unwrap();
            assert_eq!(fault.kind, FaultKind::Corrupt, "{what}");
            engine.rot(Space::Usage, nth, 9);
        }
    }

    #[cfg(feature = "rocksdb")]
    #[test]
    fn on_disk_it_survives_and_what_is_damaged_is_begun_anew() {
        let data = tempfile::tempdir().unwrap();
        let (store, read) = UsageStore::open(data.path(), NOW);
        assert_eq!(read.window.since, NOW);
        store.write(read.window, [("acme", "02\tPOS", Some(UsageMark { first: 1, last: 2 }))]).unwrap();
        drop(store);
        let later = Tick(NOW.0 + 60_000);
        let (store, read) = UsageStore::open(data.path(), later);
        assert_eq!((read.window.since, read.rows.len()), (NOW, 1));
        drop(store);
        std::fs::write(data.path().join(FOLDER).join("CURRENT"), "nonsense").unwrap();
        let (_store, read) = UsageStore::open(data.path(), later);
        assert_eq!(read, UsageRead { window: UsageWindow { since: later, missed: 0 }, rows: Vec::new() });
    }
}
