//! Exports: stores with the group in force and where it comes from (AG-31), as CSV that a spreadsheet opens without
//! running anything in it.

use std::io::Write;
use std::path::Path;

use bailiwick_policy::impact::counted;
use bailiwick_policy::query::{GroupFilter, List};
use serde_json::{Value, json};

use super::api::Api;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::{Out, safe};
use super::{read, show};

const COLUMNS: [&str; 8] = ["code", "name", "zone", "concept", "active", "access_group", "via", "observing"];

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
    let bytes = if out.json { json_bytes(&rows) } else { csv_bytes(&rows)? };
    match file {
        None => out.raw(&bytes)?,
        Some(path) => {
            let failed = |error: std::io::Error| Trouble::Local(format!("{}: {error}", path.display()));
            let mut file = std::fs::File::create(path).map_err(failed)?;
            file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
            let said = format!("{} at revision {} → {}", counted(rows.len() as u64, "store"), listed.revision, path.display());
            out.note(&said)?;
        }
    }
    Ok(Exit::Done)
}

fn json_bytes(rows: &[Value]) -> Vec<u8> {
    let short = |row: &Value| {
        COLUMNS.iter().map(|c| ((*c).to_owned(), row.get(*c).cloned().unwrap_or_default())).collect::<serde_json::Map<_, _>>()
    };
    let mut text = super::out::safe_json(&json!(rows.iter().map(short).collect::<Vec<_>>()));
    text.push('\n');
    text.into_bytes()
}

fn csv_bytes(rows: &[Value]) -> Result<Vec<u8>, Trouble> {
    let failed = |error: csv::Error| Trouble::Local(format!("the list can't be written as CSV: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(failed)?;
    for row in rows {
        let cell = |column: &&str| match row.get(*column) {
            Some(Value::Bool(value)) => value.to_string(),
            value => defused(&safe(&value.map(show::word).unwrap_or_default())),
        };
        writer.write_record(COLUMNS.iter().map(cell)).map_err(failed)?;
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
        let text = csv_bytes(&rows).map(String::from_utf8);
        assert_eq!(text.ok().and_then(Result::ok).as_deref(), Some("code,name,zone,concept,active,access_group,via,observing\na,'=1+1,,,true,POS,default,false\n"));
    }
}
