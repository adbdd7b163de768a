//! The stores of a group as a CSV file, page by page: what is asked for is written before the next is asked for.

use std::fs::{File, OpenOptions, remove_file};

use bailiwick_policy::query::{Anchor, Item, ListQuery};
use bailiwick_policy::state::Via;
use bailiwick_rpc::api::At;

use super::api::Api;

const HEADER: [&str; 5] = ["code", "name", "zone", "concept", "group"];

/// The columns of a store; none for a row of another kind.
pub fn row(item: &Item) -> Option<[String; 5]> {
    let Item::Store { store, via, .. } = item else { return None };
    let from = match via {
        Some(Via::Explicit) => "explicit",
        Some(Via::Default) => "default",
        None => "",
    };
    Some([
        store.code.to_string(),
        store.name.to_string(),
        store.zone.as_ref().map(ToString::to_string).unwrap_or_default(),
        store.concept.as_ref().map(ToString::to_string).unwrap_or_default(),
        from.to_owned(),
    ])
}

/// Writes all rows of a list of stores to a file that mustn't be there yet. What is half written is taken away.
pub async fn export<A: Api>(api: &A, path: String, query: ListQuery, at: At) -> Result<(String, u64), String> {
    let failed = |error: std::io::Error| format!("{path}: {error}");
    let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
    match write(api, file, query, at).await {
        Ok(rows) => Ok((path, rows)),
        Err(why) => {
            // It is ours: it was made above. If it can't be removed, the first failure is still what matters.
            let _removed = remove_file(&path);
            Err(format!("{path}: {why}"))
        }
    }
}

async fn write<A: Api>(api: &A, file: File, mut query: ListQuery, at: At) -> Result<u64, String> {
    let mut out = csv::Writer::from_writer(file);
    out.write_record(HEADER).map_err(|error| error.to_string())?;
    let mut rows = 0;
    loop {
        let window = api.list(query.clone(), at.clone()).await.map_err(|fault| fault.to_string())?.window;
        for record in window.items.iter().filter_map(row) {
            out.write_record(&record).map_err(|error| error.to_string())?;
            rows += 1;
        }
        match window.items.last() {
            Some(last) if window.more_after => query.anchor = Anchor::After(last.key()),
            Some(_) | None => break,
        }
    }
    out.flush().map_err(|error| error.to_string())?;
    Ok(rows)
}
