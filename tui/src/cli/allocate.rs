//! Allocation: which stores are meant, and the commands that do it, in batches of at most 2,000 stores.

use std::collections::BTreeSet;

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::{OrgCode, StoreCode};
use bailiwick_policy::limits::ALLOCATE_STORES_MAX;
use bailiwick_policy::query::{GroupFilter, Item, List};
use bailiwick_rpc::api::At;

use super::api::Api;
use super::args::Allocate;
use super::ask;
use super::context::Context;
use super::exit::Trouble;

/// The commands of an allocation.
pub(crate) async fn commands<A: Api>(context: &Context<'_, A>, args: &Allocate) -> Result<Vec<Command>, Trouble> {
    let (named, tills) = ask::named(args)?;
    let chooses = args.zone.is_some() || args.concept.is_some() || args.from_group.is_some();
    if named.is_empty() && tills.is_empty() && !chooses {
        return Err(Trouble::Usage("no store is named: give stores, or choose them by --zone, --concept or --from-group".to_owned()));
    }
    let org = context.org().await?;
    let mut stores: BTreeSet<StoreCode> = named.into_iter().collect();
    if chooses {
        let chosen = chosen(context, &org, args).await?;
        if chosen.is_empty() && stores.is_empty() && tills.is_empty() {
            return Err(Trouble::Local(format!("no store of org `{org}` is in {}: nothing to allocate", conditions(args))));
        }
        stores.extend(chosen);
    }
    let stores: Vec<StoreCode> = stores.into_iter().collect();
    let group = ask::group(args);
    // Tills go with the first batch: they are refused there, before anything is changed (AG-24).
    let mut tills = Some(tills);
    let mut batch = |stores: &[StoreCode]| Command::Allocate {
        org: org.clone(),
        stores: stores.to_vec(),
        tills: tills.take().unwrap_or_default(),
        group: group.clone(),
        observe: args.observe,
    };
    if stores.is_empty() {
        return Ok(vec![batch(&[])]);
    }
    Ok(stores.chunks(ALLOCATE_STORES_MAX).map(batch).collect())
}

async fn chosen<A: Api>(context: &Context<'_, A>, org: &OrgCode, args: &Allocate) -> Result<Vec<StoreCode>, Trouble> {
    let group = match &args.from_group {
        Some(text) => Some(GroupFilter::Effective(context.group_id(org, text).await?)),
        None => None,
    };
    let list = List::Stores {
        zone: args.zone.as_deref().map(|z| ask::value("--zone", z)).transpose()?,
        concept: args.concept.as_deref().map(|c| ask::value("--concept", c)).transpose()?,
        group,
        active: None,
        below: true,
    };
    // Chosen for a change: a store that another node has just taken in must not be missed.
    let at = context.common.at.clone().unwrap_or(At::Linearizable);
    let listed = context.list_at(Some(org.clone()), list, "", None, at).await?;
    let code = |item: &Item| match item {
        Item::Store { store, .. } => Some(store.code.clone()),
        _other => None,
    };
    Ok(listed.items.iter().filter_map(code).collect())
}

fn conditions(args: &Allocate) -> String {
    let all = [("zone", &args.zone), ("concept", &args.concept), ("group", &args.from_group)];
    let said: Vec<String> = all.iter().filter_map(|(word, value)| value.as_ref().map(|v| format!("{word} `{v}`"))).collect();
    said.join(" and ")
}
