//! Suspending and resuming: one object, or every store of a zone or concept and of those below it, in batches (AG-37).

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{ConceptCode, ObjectId, StoreCode, ZoneCode};
use bailiwick_policy::limits::ALLOCATE_STORES_MAX;
use bailiwick_policy::query::{Item, List};
use bailiwick_rpc::api::At;

use super::api::Api;
use super::args::Target;
use super::ask;
use super::context::Context;
use super::exit::Trouble;

/// The commands that clear the active flag, or set it again.
pub(crate) async fn commands<A: Api>(context: &Context<'_, A>, target: &Target, active: bool) -> Result<Vec<Command>, Trouble> {
    let one = |target: ObjectId| if active { Command::Resume { target } } else { Command::Suspend { target } };
    // An org is named in full; the rest lies in the org of the call.
    let org = match target {
        Target::Org { id } => return Ok(vec![one(ObjectId::Org(ask::value("org", id)?))]),
        Target::Store { .. } | Target::Till { .. } | Target::Zone { .. } | Target::Concept { .. } | Target::User { .. } | Target::Application { .. } => {
            context.org().await?
        }
    };
    let (place, zone, concept) = match target {
        Target::Org { .. } => (ObjectId::Org(org.clone()), None, None),
        Target::Store { id } => return Ok(vec![one(ObjectId::Store(org, ask::value("store", id)?))]),
        Target::User { id } => return Ok(vec![one(ObjectId::User(org, ask::value("user", id)?))]),
        Target::Application { id } => return Ok(vec![one(ObjectId::Application(org, ask::value("application", id)?))]),
        Target::Till { id } => {
            let (store, till) = ask::till(id)?;
            return Ok(vec![one(ObjectId::Till(org, store, till))]);
        }
        Target::Zone { id } => {
            let zone: ZoneCode = ask::value("zone", id)?;
            (ObjectId::Zone(org.clone(), zone.clone()), Some(zone), None)
        }
        Target::Concept { id } => {
            let concept: ConceptCode = ask::value("concept", id)?;
            (ObjectId::Concept(org.clone(), concept.clone()), None, Some(concept))
        }
    };
    let list = List::Stores { zone, concept, group: None, active: None, below: true };
    // Chosen for a change: a store that another node has just taken in must not be missed.
    let at = context.common.at.clone().unwrap_or(At::Linearizable);
    let listed = context.list_at(Some(org.clone()), list, "", None, at).await?;
    let stores: Vec<StoreCode> = listed.items.iter().filter_map(code).collect();
    if stores.is_empty() {
        let shown = place.to_string();
        context.get(place).await?;
        return Err(Trouble::Local(format!("no store of org `{org}` is in {shown} or below it: nothing to do")));
    }
    let batch = |stores: &[StoreCode]| Command::SetStoresActive { org: org.clone(), stores: stores.to_vec(), active };
    Ok(stores.chunks(ALLOCATE_STORES_MAX).map(batch).collect())
}

fn code(item: &Item) -> Option<StoreCode> {
    match item {
        Item::Store { store, .. } => Some(store.code.clone()),
        _other => None,
    }
}
