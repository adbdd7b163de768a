//! Users of a file and those that are there: which user a row means, what a new one is called, and whether the groups
//! that it joins exist (UM-18).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bailiwick_policy::command::{Command, Reference, Verb};
use bailiwick_policy::ids::{OrgCode, UserId};
use bailiwick_policy::limits::IMPORT_ROWS_MAX;
use bailiwick_policy::name::fold;
use bailiwick_policy::object::{Profile, User};
use bailiwick_policy::place::Bounds;
use bailiwick_policy::query::{Item, List};
use bailiwick_rpc::api::At;

use super::parse::{Parsed, Rows};
use super::rows::users::UserImport;
use super::table::Fault;
use crate::cli::api::Api;
use crate::cli::context::Context;
use crate::cli::exit::Trouble;

/// Finds out which users are meant, and which groups there are. Other files are left as they are.
pub(super) async fn resolve<A: Api>(context: &Context<'_, A>, org: &OrgCode, parsed: &mut Parsed) -> Result<(), Trouble> {
    let Rows::Users(rows) = &mut parsed.rows else { return Ok(()) };
    if rows.is_empty() {
        return Ok(());
    }
    // Read for a change: what another node has just taken in must not be missed.
    let at = context.common.at.clone().unwrap_or(At::Linearizable);
    let listed = context.list_at(Some(org.clone()), List::Users, "", None, at.clone()).await?;
    let users: Vec<Arc<User>> = listed.items.into_iter().filter_map(|item| if let Item::User { user } = item { Some(user) } else { None }).collect();
    let by_email: HashMap<String, &Arc<User>> = users.iter().filter_map(|user| Some((fold(user.more().email.as_deref()?), user))).collect();
    let by_id: HashMap<&UserId, &Arc<User>> = users.iter().map(|user| (&user.id, user)).collect();
    rows.iter_mut().for_each(|row| settle(row, &by_email, &by_id));
    let wanted: BTreeSet<Arc<str>> = rows.iter().flat_map(|row| row.groups.iter().cloned()).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let listed = context.list_at(Some(org.clone()), List::UserGroups, "", None, at).await?;
    let known: BTreeSet<String> = listed.items.iter().flat_map(names).collect();
    for (row, line) in rows.iter().zip(&parsed.lines) {
        for group in row.groups.iter().filter(|group| !known.contains(&fold(group))) {
            let cause = format!("there is no user group `{group}`: `bailiwick user-group create` makes one");
            parsed.faults.push(Fault::new(*line, "groupName", cause));
        }
    }
    Ok(())
}

fn names(item: &Item) -> Vec<String> {
    match item {
        Item::UserGroup { group, .. } => vec![fold(group.id.as_str()), fold(group.name.as_str())],
        _other => Vec::new(),
    }
}

/// Whoever has the address is meant, unless the file gives an id; a new one without a name is called by its address.
fn settle(row: &mut UserImport, by_email: &HashMap<String, &Arc<User>>, by_id: &HashMap<&UserId, &Arc<User>>) {
    if let Some(user) = by_email.get(&fold(&row.email)).filter(|_| row.by_email) {
        row.row.id = user.id.clone();
    }
    let present = by_id.get(&row.row.id);
    let before = present.map(|user| user.more().profile.clone()).unwrap_or_default();
    let after = row.profile(before.clone());
    row.row.profile = (after != before || (present.is_none() && after != Profile::default())).then_some(after);
    if present.is_none() && row.row.name.is_none() {
        row.row.name = row.email.parse().ok();
    }
}

/// The commands by which the users of a file join their groups, after they have been put.
pub(super) fn joins(rows: &[UserImport], org: &OrgCode) -> Vec<Command> {
    let mut groups: BTreeMap<Arc<str>, Vec<UserId>> = BTreeMap::new();
    for row in rows {
        for group in &row.groups {
            groups.entry(group.clone()).or_default().push(row.row.id.clone());
        }
    }
    let join = |(group, users): (Arc<str>, Vec<UserId>)| {
        let parts: Vec<Vec<UserId>> = users.chunks(IMPORT_ROWS_MAX).map(<[UserId]>::to_vec).collect();
        parts.into_iter().map(move |users| (group.clone(), users)).collect::<Vec<_>>()
    };
    let command = |(group, users): (Arc<str>, Vec<UserId>)| Command::AssignMembers {
        org: org.clone(),
        group: Reference(group),
        verb: Verb::Add,
        users,
        bounds: Bounds::ALWAYS,
        applications: Vec::new(),
    };
    groups.into_iter().flat_map(join).map(command).collect()
}

/// Our column for one that the cluster names.
pub(super) fn column(named: &str) -> &str {
    match named {
        "id" => "email",
        "name" | "profile" => "firstName",
        "designation" => "userRole",
        "places" => "accessibleEntities",
        "user_type" | "audience" => "userType",
        other => other,
    }
}
