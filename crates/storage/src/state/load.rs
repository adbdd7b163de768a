//! Reads the state from its database, and judges it: the watermark is there, every row has its checksum and its
//! place, the audit ends where the state says.

use std::sync::Arc;

use bailiwick_policy::state::State;

use crate::content::content_hash;
use crate::engine::{Engine, Order, Space, Visit};
use crate::fault::{Fault, FaultKind};
use crate::keys;
use crate::keys::watermark::{self, Watermark};

/// A state as it was read, and how far it had come.
pub(crate) struct Loaded {
    pub(crate) state: State,
    pub(crate) mark: Watermark,
}

/// Reads a generation.
pub(crate) fn load<E: Engine>(engine: &E) -> Result<Loaded, Fault> {
    let place = |fault: Fault| Fault { place: format!("{} {}", engine.place(), fault.place), ..fault };
    let value = engine.get(Space::Watermark, watermark::KEY)?.ok_or_else(|| {
        Fault::new(FaultKind::Missing, engine.place(), "the state's watermark is missing")
    })?;
    let mark = watermark::decode(&value).map_err(place)?;
    let mut state = begin(&mark);
    engine.scan(Space::Objects, &[0], keys::END, Order::Up, &mut |key, value| {
        state.put(&keys::object::decode(key, value).map_err(place)?);
        Ok(Visit::On)
    })?;
    engine.scan(Space::Requests, &[0], keys::END, Order::Up, &mut |key, value| {
        let (id, recorded) = keys::request::decode(key, value).map_err(place)?;
        state.requests.insert(id, Arc::new(recorded));
        Ok(Visit::On)
    })?;
    check_audit_end(engine, &mark).map_err(place)?;
    check_content(engine, &mark, &state).map_err(place)?;
    Ok(Loaded { state, mark })
}

/// A state with what isn't objects.
pub(crate) fn begin(mark: &Watermark) -> State {
    State {
        revision: mark.revision,
        tick: mark.tick,
        requests_floor: mark.requests_floor,
        history: mark.history,
        audit_rows: mark.audit_rows,
        ..State::default()
    }
}

/// After a clean restart the content is what it was when it was closed.
fn check_content<E: Engine>(engine: &E, mark: &Watermark, state: &State) -> Result<(), Fault> {
    let Some(value) = engine.get(Space::Watermark, keys::content::KEY)? else { return Ok(()) };
    let (applied, content) = keys::content::decode(&value)?;
    if Some(applied) == mark.applied && content_hash(state) != content {
        return Err(Fault::corrupt("objects", "the content hash is not the one with which the state was closed"));
    }
    Ok(())
}

/// The last row kept makes the head that the watermark names. (The whole chain is judged on demand.)
fn check_audit_end<E: Engine>(engine: &E, mark: &Watermark) -> Result<(), Fault> {
    let mut head = mark.audit_floor.1;
    engine.scan(Space::Audit, &keys::audit::key(mark.audit_floor.0), keys::END, Order::Down, &mut |key, value| {
        head = keys::audit::decode(key, value)?.head;
        Ok(Visit::Stop)
    })?;
    if head != mark.history {
        return Err(Fault::corrupt("audit", "the last row does not make the head that the watermark names"));
    }
    Ok(())
}
