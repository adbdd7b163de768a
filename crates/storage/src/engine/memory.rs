//! The engine in memory: for simulations, fuzzing and tests. It remembers what would have survived the loss of
//! power, and it fails when it is told to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Batch, Engine, Op, Order, Space, Visit, Visitor};
use crate::fault::Fault;

type Rows = BTreeMap<(Space, Vec<u8>), Vec<u8>>;

/// An engine that keeps its rows in memory.
#[derive(Debug, Default)]
pub struct MemoryEngine(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    live: Rows,
    durable: Rows,
    /// Written since the last sync: what a loss of power takes.
    unsynced: Vec<Batch>,
    /// What the next write or flush answers.
    fail_next: Option<Fault>,
    writes: u64,
    syncs: u64,
}

impl MemoryEngine {
    /// What is left after the loss of power at this moment, as an engine of its own.
    pub fn after_power_loss(&self) -> Self {
        let inner = self.inner();
        Self(Mutex::new(Inner { live: inner.durable.clone(), durable: inner.durable.clone(), ..Inner::default() }))
    }

    /// The next write or flush fails with this, having written nothing.
    pub fn fail_next(&self, fault: Fault) {
        self.inner().fail_next = Some(fault);
    }

    /// Flips a bit of the value of the `nth` row of a space, in memory and on the pretended disk.
    pub fn rot(&self, space: Space, nth: usize, byte: usize) {
        let mut inner = self.inner();
        inner.sync();
        let key = inner.live.keys().filter(|(of, _)| *of == space).nth(nth).cloned();
        let Inner { live, durable, .. } = &mut *inner;
        for rows in [live, durable] {
            if let Some(value) = key.as_ref().and_then(|key| rows.get_mut(key)) {
                let at = byte % value.len().max(1);
                if let Some(found) = value.get_mut(at) {
                    *found ^= 1;
                }
            }
        }
    }

    /// Batches written and syncs made: a test of group commit reads these.
    pub fn counts(&self) -> (u64, u64) {
        let inner = self.inner();
        (inner.writes, inner.syncs)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn sync(&mut self) {
        for batch in std::mem::take(&mut self.unsynced) {
            apply(&mut self.durable, batch);
        }
        self.syncs += 1;
    }

    fn fail(&mut self) -> Result<(), Fault> {
        self.fail_next.take().map_or(Ok(()), Err)
    }
}

fn apply(rows: &mut Rows, batch: Batch) {
    for op in batch.ops {
        match op {
            Op::Put(space, key, value) => match rows.entry((space, key)) {
                Occupied(mut row) => drop(row.insert(value)),
                Vacant(place) => drop(place.insert(value)),
            },
            Op::Delete(space, key) => drop(rows.remove(&(space, key))),
            Op::DeleteRange(space, from, to) => {
                let gone: Vec<_> = range(rows, space, &from, &to).map(|(key, _)| key.clone()).collect();
                for key in gone {
                    rows.remove(&key);
                }
            }
        }
    }
}

fn range<'a>(
    rows: &'a Rows,
    space: Space,
    from: &[u8],
    to: &[u8],
) -> impl DoubleEndedIterator<Item = (&'a (Space, Vec<u8>), &'a Vec<u8>)> + use<'a> {
    // A range whose ends are the wrong way round is empty here, not a panic.
    let to = to.max(from);
    rows.range((Bound::Included((space, from.to_vec())), Bound::Excluded((space, to.to_vec()))))
}

impl Engine for MemoryEngine {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.inner().live.get(&(space, key.to_vec())).cloned())
    }

    fn scan(&self, space: Space, from: &[u8], to: &[u8], order: Order, visit: Visitor<'_>) -> Result<(), Fault> {
        // Copied out, so that a visitor may call the engine again.
        let mut rows: Vec<(Vec<u8>, Vec<u8>)> = {
            let inner = self.inner();
            range(&inner.live, space, from, to).map(|((_, key), value)| (key.clone(), value.clone())).collect()
        };
        if order == Order::Down {
            rows.reverse();
        }
        for (key, value) in rows {
            if visit(&key, &value)? == Visit::Stop {
                break;
            }
        }
        Ok(())
    }

    fn write(&self, batch: Batch, sync: bool) -> Result<(), Fault> {
        let mut inner = self.inner();
        inner.fail()?;
        inner.writes += 1;
        apply(&mut inner.live, batch.clone());
        inner.unsynced.push(batch);
        if sync {
            inner.sync();
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), Fault> {
        let mut inner = self.inner();
        inner.fail()?;
        inner.sync();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_loss_takes_what_was_not_synced_and_nothing_else() {
        let engine = MemoryEngine::default();
        let put = |key: &str, sync| {
            let mut batch = Batch::default();
            batch.put(Space::Log, key, "x");
            engine.write(batch, sync).unwrap();
        };
        put("a", false);
        put("b", true);
        put("c", false);
        let left = engine.after_power_loss();
        assert!(left.get(Space::Log, b"a").unwrap().is_some());
        assert!(left.get(Space::Log, b"b").unwrap().is_some());
        assert_eq!(left.get(Space::Log, b"c").unwrap(), None);
    }
}
