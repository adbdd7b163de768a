//! Exports: stores with the group in force and where it comes from (AG-31), and users as `import users` takes them
//! (UM-19), as CSV that a spreadsheet opens without running anything in it.

use std::io::Write;
use std::path::Path;

use bailiwick_policy::impact::counted;
use bailiwick_policy::ids::Revision;
use bailiwick_policy::query::{GroupFilter, Item, List};
use serde_json::{Value, json};

use super::api::Api;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::{Out, safe};
use super::{read, show};

const COLUMNS: [&str; 8] = ["code", "name", "zone", "concept", "active", "access_group", "via", "observing"];

/// What `import users` takes, and whether a user is active.
const USER_COLUMNS: [&str; 13] = [
    "email", "id", "name", "userRole", "groupName", "title", "firstName", "middleName", "lastName", "mobile", "accessibleEntities",
    "userType", "active",
];

/// Writes the stores to a file, or prints them.
pub(crate) async fn stores<A: Api>(
    context: &Context<'_, A>,
    group: Option<&str>,
    file: Option<&Path>,
    out: &mut Out<'_>,
) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    let group = match group {
        Some(text) => Some(GroupFilter::Effective(context.group_id(&org, text).await?)),
        None => None,
    };
    let list = List::Stores { zone: None, concept: None, group, active: None, below: false };
    let listed = context.list(Some(org.clone()), list, "", None).await?;
    let rows = read::rows(context, Some(&org), &listed).await?;
    write(&rows, &COLUMNS, "store", listed.revision, file, out)
}

/// Writes the users to a file, or prints them. Whoever has no address has a blank cell there.
pub(crate) async fn users<A: Api>(context: &Context<'_, A>, file: Option<&Path>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let org = context.org().await?;
    let listed = context.list(Some(org), List::Users, "", None).await?;
    let rows: Vec<Value> = listed.items.iter().filter_map(user_row).collect();
    write(&rows, &USER_COLUMNS, "user", listed.revision, file, out)
}

/// Parts of one cell are separated as they are read: by `;`.
fn user_row(item: &Item) -> Option<Value> {
    let Item::User { user } = item else { return None };
    let (more, joined) = (user.more(), |parts: Vec<String>| parts.join(";"));
    Some(json!({
        "email": more.email, "id": user.id, "name": user.name, "userType": user.user_type.to_string(),
        "userRole": more.designation.as_ref().map(|d| format!("{}:{}", d.name, d.level)),
        "groupName": joined(more.groups.iter().map(|m| m.group.to_string()).collect()),
        "title": more.profile.title, "firstName": more.profile.first, "middleName": more.profile.middle,
        "lastName": more.profile.last, "mobile": more.profile.mobile,
        "accessibleEntities": joined(more.places.iter().map(ToString::to_string).collect()), "active": user.active,
    }))
}

fn write(rows: &[Value], columns: &[&str], noun: &str, revision: Revision, file: Option<&Path>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let bytes = if out.json { json_bytes(rows, columns) } else { csv_bytes(rows, columns)? };
    match file {
        None => out.raw(&bytes)?,
        Some(path) => {
            let failed = |error: std::io::Error| Trouble::Local(format!("{}: {error}", path.display()));
            let mut file = std::fs::File::create(path).map_err(failed)?;
            file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
            out.note(&format!("{} at revision {revision} → {}", counted(rows.len() as u64, noun), path.display()))?;
        }
    }
    Ok(Exit::Done)
}

fn json_bytes(rows: &[Value], columns: &[&str]) -> Vec<u8> {
    let short = |row: &Value| {
        columns.iter().map(|c| ((*c).to_owned(), row.get(*c).cloned().unwrap_or_default())).collect::<serde_json::Map<_, _>>()
    };
    let mut text = super::out::safe_json(&json!(rows.iter().map(short).collect::<Vec<_>>()));
    text.push('\n');
    text.into_bytes()
}

fn csv_bytes(rows: &[Value], columns: &[&str]) -> Result<Vec<u8>, Trouble> {
    let failed = |error: csv::Error| Trouble::Local(format!("the list can't be written as CSV: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).map_err(failed)?;
    for row in rows {
        let cell = |column: &&str| match row.get(*column) {
            Some(Value::Bool(value)) => value.to_string(),
            value => defused(&safe(&value.map(show::word).unwrap_or_default())),
        };
        writer.write_record(columns.iter().map(cell)).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Trouble::Local(error.to_string()))
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe, which tells it that this is text.
pub fn defused(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ag_31_no_cell_is_a_formula() {
        for formula in ["=HYPERLINK(\"http://x\")", "+1", "-1+2", "@SUM(A1)", "\t=1"] {
            assert!(defused(formula).starts_with('\''), "{formula}");
        }
        assert_eq!(defused("Hexham"), "Hexham");
        let rows = [json!({"code": "a", "name": "=1+1", "zone": null, "active": true, "access_group": "POS", "via": "default", "observing": false})];
        let text = csv_bytes(&rows, &COLUMNS).map(String::from_utf8);
        assert_eq!(text.ok().and_then(Result::ok).as_deref(), Some("code,name,zone,concept,active,access_group,via,observing\na,'=1+1,,,true,POS,default,false\n"));
    }
}
