//! Who the caller is, and what it holds by which way (APP-17).

use bailiwick_policy::whoami::WhoAmI as Holdings;
use bailiwick_rpc::api::{HoldingsRequest, WhoAmI};
use serde_json::{Value, json};

use super::api::Api;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::moment::moment;
use super::out::{Out, table};
use super::{show, who};

/// Prints who the cluster takes the caller for; of a user or an application, what it holds too.
pub(crate) async fn whoami<A: Api>(context: &Context<'_, A>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let caller = context.api.whoami().await?;
    let holds = matches!(caller.kind.as_str(), "user" | "application");
    let held = if holds {
        Some(context.api.holdings(HoldingsRequest { at: context.at(), ..HoldingsRequest::default() }).await?.held)
    } else {
        None
    };
    if out.json {
        let mut value = json!(caller);
        if let (Value::Object(fields), Some(held)) = (&mut value, &held) {
            fields.insert("holds".to_owned(), json!(held));
        }
        out.value(&value)?;
        return Ok(Exit::Done);
    }
    out.lines(lines(&caller))?;
    if let Some(held) = &held {
        tell(held, out)?;
    }
    Ok(Exit::Done)
}

fn lines(caller: &WhoAmI) -> Vec<String> {
    let mut lines = vec![format!("credential  {} ({})", caller.credential, caller.label), format!("kind        {}", caller.kind)];
    let more = [
        ("org", caller.org.as_ref().map(ToString::to_string)),
        ("user", caller.user.clone()),
        ("application", caller.application.clone()),
        ("until", caller.until.map(moment)),
    ];
    lines.extend(more.into_iter().filter_map(|(name, value)| value.map(|value| format!("{name:11} {value}"))));
    lines.push(format!("cluster     {}, answered by node {}", caller.cluster, caller.node));
    lines
}

/// What is held, a list for each kind of it.
fn tell(held: &Holdings, out: &mut Out<'_>) -> Result<(), Trouble> {
    let inactive = if held.active { "" } else { ", suspended" };
    out.line(&format!("name        {}{inactive}", held.name))?;
    let groups: Vec<Value> = held.groups.iter().map(|m| show::people::bounded(json!({"group": m.group}), m.bounds)).collect();
    let sets: Vec<Value> = held
        .sets
        .iter()
        .map(|set| show::people::placed(json!({"set": set.set, "grants": show::people::module_grants(&set.grants)}), &set.places, set.bounds))
        .collect();
    let roles: Vec<Value> = held
        .roles
        .iter()
        .map(|role| {
            let rights: Vec<String> = role.rights.iter().map(|right| right.right.to_string()).collect();
            show::people::bounded(json!({"role": role.role, "without_effect": role.inert, "rights": rights}), role.bounds)
        })
        .collect();
    let access: Vec<Value> = held.access_group.iter().map(|group| json!({"access_group": group.group})).collect();
    let scopes: Vec<Value> = held.scopes.iter().map(who::held).collect();
    for (columns, rows) in [
        (&["group", "from", "until"][..], groups),
        (&["set", "grants", "places", "from", "until"], sets),
        (&["role", "without_effect", "rights", "from", "until"], roles),
        (&["access_group"], access),
        (&who::HELD, scopes),
    ] {
        if rows.is_empty() {
            continue;
        }
        let cells: Vec<Vec<String>> = rows.iter().map(|row| show::cells(row, columns)).collect();
        out.line("")?;
        out.lines(table(columns, &cells))?;
    }
    Ok(())
}
