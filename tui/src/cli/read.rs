//! Lists and single objects, as tables and cards for people, as JSON for scripts.

use bailiwick_policy::access::Class;
use bailiwick_policy::ids::{ObjectId, OrgCode};
use bailiwick_policy::query::{GroupFilter, Item, List};
use bailiwick_policy::state::Via;
use serde_json::{Value, json};

use super::api::Api;
use super::args::{Listing, StoreVerb};
use super::ask;
use super::context::{Context, Listed};
use super::exit::{Exit, Trouble};
use super::out::{Out, table};
use super::show;

/// Prints a list.
pub(crate) async fn list<A: Api>(
    context: &Context<'_, A>,
    org: Option<OrgCode>,
    what: List,
    listing: &Listing,
    out: &mut Out<'_>,
) -> Result<Exit, Trouble> {
    let text = listing.text.as_deref().unwrap_or_default();
    let listed = context.list(org.clone(), what, text, listing.limit).await?;
    // An org that isn't there has empty lists; that it isn't there is worth saying.
    if let (Some(org), true) = (&org, listed.items.is_empty()) {
        context.get(ObjectId::Org(org.clone())).await?;
    }
    let rows = rows(context, org.as_ref(), &listed).await?;
    print(&listed, rows, out)
}

/// The rows of a list. A store that inherits observes if the default does, which only the org knows.
pub(crate) async fn rows<A: Api>(context: &Context<'_, A>, org: Option<&OrgCode>, listed: &Listed) -> Result<Vec<Value>, Trouble> {
    let inherits = |item: &Item| matches!(item, Item::Store { via: Some(Via::Default), .. });
    let default_observes = match org.filter(|_| listed.items.iter().any(inherits)) {
        Some(org) => match context.get(ObjectId::Org(org.clone())).await?.0 {
            Item::Org { org, .. } => org.default_observe,
            _other => false,
        },
        None => false,
    };
    let row = |item: &Item| {
        let mut value = show::item(item);
        if let (Item::Store { store, via, .. }, Value::Object(fields)) = (item, &mut value) {
            let observing = match via {
                Some(Via::Explicit) => store.observe,
                Some(Via::Default) => default_observes,
                None => false,
            };
            fields.insert("observing".to_owned(), json!(observing));
        }
        value
    };
    Ok(listed.items.iter().map(row).collect())
}

fn print(listed: &Listed, rows: Vec<Value>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if out.json {
        out.value(&json!({"items": rows, "revision": listed.revision, "staleness_ms": listed.staleness_ms}))?;
        return Ok(Exit::Done);
    }
    match listed.items.first() {
        None => out.note("none")?,
        Some(first) => {
            // Hardly any store only observes: the column is there when one does.
            let observes = rows.iter().any(|row| row.get("observing").and_then(Value::as_bool) == Some(true));
            let columns: Vec<&str> = show::columns(first).iter().copied().filter(|column| *column != "observing" || observes).collect();
            let cells: Vec<Vec<String>> = rows.iter().map(|row| show::cells(row, &columns)).collect();
            out.lines(table(&columns, &cells))?;
        }
    }
    Ok(Exit::Done)
}

/// Prints one object.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, id: ObjectId, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    show_with(context, id, json!({}), out).await
}

/// Prints one object with fields beside its own.
pub(crate) async fn show_with<A: Api>(context: &Context<'_, A>, id: ObjectId, more: Value, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = id.org().cloned();
    let (item, revision) = context.get(id).await?;
    let listed = Listed { items: vec![item], revision, staleness_ms: 0 };
    let mut value = rows(context, org.as_ref(), &listed).await?.pop().unwrap_or_default();
    if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
        fields.extend(more);
    }
    print_one(value, revision, out)
}

fn print_one(mut value: Value, revision: bailiwick_policy::ids::Revision, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    if out.json {
        if let Value::Object(fields) = &mut value {
            fields.insert("at_revision".to_owned(), json!(revision));
        }
        out.value(&value)?;
    } else {
        out.lines(show::card(&value))?;
    }
    Ok(Exit::Done)
}

/// Prints a resource with its endpoints (AG-8).
pub(crate) async fn show_resource<A: Api>(context: &Context<'_, A>, org: OrgCode, name: &str, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let id: bailiwick_policy::ids::ResourceId = ask::value("resource", name)?;
    let (item, revision) = context.get(ObjectId::Resource(org.clone(), id.clone())).await?;
    let mut value = show::item(&item);
    let mut endpoints = Vec::new();
    for class in Class::ALL {
        let list = List::Endpoints { resource: Some(id.clone()), class: Some(class) };
        endpoints.extend(context.list(Some(org.clone()), list, "", None).await?.items.iter().map(show::item));
    }
    if out.json {
        if let Value::Object(fields) = &mut value {
            fields.insert("endpoints".to_owned(), Value::Array(endpoints));
        }
        return print_one(value, revision, out);
    }
    print_one(value, revision, out)?;
    let columns = ["class", "level", "method", "path", "name"];
    let cells: Vec<Vec<String>> = endpoints.iter().map(|row| show::cells(row, &columns)).collect();
    if !cells.is_empty() {
        out.line("")?;
        out.lines(table(&columns, &cells))?;
    }
    Ok(Exit::Done)
}

/// Prints the default group (AG-19).
pub(crate) async fn show_default<A: Api>(context: &Context<'_, A>, org: OrgCode, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let (item, revision) = context.get(ObjectId::Org(org)).await?;
    let (group, observe) = match &item {
        Item::Org { org, .. } => (org.default_group.clone(), org.default_observe),
        _other => (None, false),
    };
    if out.json {
        out.value(&json!({"default_group": group, "default_observe": observe, "revision": revision}))?;
    } else {
        let observing = if observe { ": it only observes, so that what it would deny is permitted" } else { "" };
        let none = "none: a store without a group of its own is denied everything".to_owned();
        out.line(&group.map_or(none, |g| format!("{g}{observing}")))?;
    }
    Ok(Exit::Done)
}

/// Prints the stores that meet all conditions.
pub(crate) async fn stores<A: Api>(context: &Context<'_, A>, verb: &StoreVerb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let StoreVerb::List { listing, zone, concept, group, explicit, inheriting, active, suspended } = verb else {
        return Err(Trouble::Usage("nothing to list".to_owned()));
    };
    let org = context.org().await?;
    let group = match group {
        Some(group) => {
            let id = context.group_id(&org, group).await?;
            Some(if *explicit { GroupFilter::Explicit(id) } else { GroupFilter::Effective(id) })
        }
        None => inheriting.then_some(GroupFilter::Inheriting),
    };
    let what = List::Stores {
        zone: zone.as_deref().map(|z| ask::value("--zone", z)).transpose()?,
        concept: concept.as_deref().map(|c| ask::value("--concept", c)).transpose()?,
        group,
        active: if *active { Some(true) } else { suspended.then_some(false) },
        below: true,
    };
    list(context, Some(org), what, listing, out).await
}
