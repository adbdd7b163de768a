//! Installs a snapshot: into a new generation beside the present one, which takes over in one rename. Until then the
//! present one serves; after a crash at any point there is one whole state, the old or the new.

use std::sync::Arc;

use bailiwick_policy::state::State;
use tokio::sync::oneshot;

use super::{SnapshotFile, format};
use crate::engine::{Batch, Engine, Space};
use crate::fault::{Fault, FaultKind};
use crate::keys;
use crate::keys::watermark::{self, Watermark};
use crate::state::Shared;
use crate::state::persist::{Replaced, Request};
use crate::types::SnapshotMeta;

/// Bytes of a batch, about.
const BATCH_BYTES: usize = 4 << 20;

/// The state of an installed snapshot.
pub(crate) struct Installed {
    pub(crate) state: State,
    pub(crate) mark: Watermark,
}

/// Installs a file that Raft says has this last entry and this membership.
pub(crate) async fn install<E: Engine>(
    shared: &Arc<Shared<E>>,
    meta: &SnapshotMeta,
    file: SnapshotFile,
) -> Result<Installed, Fault> {
    let task = shared.clone();
    let meta = meta.clone();
    let (installed, engine) =
        shared.driver.run("snapshot installer", move || replace(&task, &meta, file)).await?;
    let (tx, rx) = oneshot::channel();
    let replaced = Box::new(Replaced { engine, mark: installed.mark.clone() });
    shared.persister.send(Request::Replace(replaced, tx)).await?;
    rx.await.map_err(|_gone| Fault::new(FaultKind::Stopped, "state persister", "it ended during an installation"))?;
    Ok(installed)
}

fn replace<E: Engine>(
    shared: &Shared<E>,
    meta: &SnapshotMeta,
    file: SnapshotFile,
) -> Result<(Installed, Arc<E>), Fault> {
    let (generation, engine) = shared.home.create()?;
    let made = fill(&*engine, meta, &file).and_then(|installed| {
        // The file first: should the pointer not follow, Raft installs it again at the next start.
        shared.snapshots.adopt(file)?;
        shared.home.publish(generation, &engine)?;
        Ok(installed)
    });
    match made {
        Ok(installed) => Ok((installed, engine)),
        Err(fault) => {
            engine.retire();
            Err(fault)
        }
    }
}

fn fill<E: Engine>(engine: &E, meta: &SnapshotMeta, file: &SnapshotFile) -> Result<Installed, Fault> {
    let place = file.path().display().to_string();
    let mut filler = Filler { engine, batch: Batch::default(), bytes: 0 };
    let source = std::fs::File::open(file.path()).map_err(|e| Fault::io(&place, &e))?;
    let contents = format::read(&place, source, &mut |key, value| {
        filler.put(Space::Audit, key.to_vec(), value.to_vec())?;
        let row = keys::audit::decode(key, value)?.row;
        for key in keys::audit_index::keys(&row) {
            filler.put(Space::AuditIndex, key, Vec::new())?;
        }
        Ok(())
    })?;
    let mut mark = contents.summary.mark;
    if contents.summary.digest != file.digest() {
        return Err(Fault::corrupt(place, "its digest has changed since it was received"));
    }
    if mark.applied != meta.last_log_id || mark.membership != meta.last_membership {
        return Err(Fault::corrupt(place, "its last entry or membership is not the one it was announced with"));
    }
    for object in contents.state.objects() {
        filler.put(Space::Objects, keys::object::key(&object.id()), keys::object::value(&object))?;
    }
    for (id, recorded) in &contents.state.requests {
        filler.put(Space::Requests, keys::request::key(*id).to_vec(), keys::request::value(recorded))?;
    }
    mark.installed = mark.applied;
    filler.put(Space::Watermark, watermark::KEY.to_vec(), watermark::value(&mark))?;
    filler.write()?;
    engine.flush()?;
    Ok(Installed { state: contents.state, mark })
}

struct Filler<'a, E: Engine> {
    engine: &'a E,
    batch: Batch,
    bytes: usize,
}

impl<E: Engine> Filler<'_, E> {
    fn put(&mut self, space: Space, key: Vec<u8>, value: Vec<u8>) -> Result<(), Fault> {
        self.bytes += key.len() + value.len();
        self.batch.put(space, key, value);
        if self.bytes > BATCH_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Fault> {
        self.bytes = 0;
        self.engine.write(std::mem::take(&mut self.batch), false)
    }
}
