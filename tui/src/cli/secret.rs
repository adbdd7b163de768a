//! Secrets that are made here: the cluster learns their hashes, so that a retry is idempotent and no secret crosses
//! the log. Each is shown once, or kept in a file that only its owner reads.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::CredentialId;
use bailiwick_policy::limits::CODE_CHARS_MAX;
use bailiwick_policy::object::Secret;
use bailiwick_rpc::token::Token;
use serde_json::{Value, json};

use super::api::{Api, Written};
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::Out;
use super::{ask, proposals, write};

/// A new secret and how it is handed over.
pub(crate) struct Fresh<'a> {
    /// The secret.
    pub token: Token,
    /// What it is: "token of credential gateway-1".
    pub what: String,
    /// Its field for `--json`; its file's is the same with `_file`.
    pub field: &'static str,
    /// Where it is kept instead of being shown.
    pub file: Option<&'a Path>,
    /// Fields beside it for `--json`.
    pub more: Value,
}

/// How a secret is stored.
pub fn hash(token: &Token) -> Secret {
    Secret::TokenHash(token.hash())
}

/// An id for a secret of a holder, when its maker names none: the holder's, and what only this secret has.
pub fn id(given: Option<&str>, holder: &str, kind: &str, token: &Token) -> Result<CredentialId, Trouble> {
    if let Some(given) = given {
        return ask::value("credential", given);
    }
    let end: String = token.hash().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let room = CODE_CHARS_MAX.saturating_sub(kind.len() + end.len() + 2);
    let start: String = holder.chars().take(room).collect();
    ask::value("credential", &format!("{start}-{kind}-{end}"))
}

/// Sends the command that has the hash, and hands the secret over if it came into force.
pub(crate) async fn send<A: Api>(context: &Context<'_, A>, command: &Command, fresh: Fresh<'_>, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    context.writable()?;
    // The file is written before the cluster is asked: a secret that can't be kept had better not exist.
    if let Some(path) = fresh.file {
        keep(path, &fresh.token)?;
    }
    let id = context.common.request_id.unwrap_or_else(|| context.api.new_request_id());
    let written = write::submit(context, command, id, None, context.common.reason.clone()).await?;
    let in_force = in_force(&written);
    if let Some(path) = fresh.file.filter(|_| !in_force) {
        let _ = fs::remove_file(path);
    }
    let shown = (in_force && fresh.file.is_none()).then(|| fresh.token.reveal());
    let proposed = proposals::made(context, &written, id);
    let mut more = fresh.more;
    if let Value::Object(fields) = &mut more {
        if let Value::Object(waiting) = proposals::waiting_json(context, proposed.as_slice()) {
            fields.extend(waiting);
        }
        fields.insert(fresh.field.to_owned(), json!(shown));
        fields.insert(format!("{}_file", fresh.field), json!(fresh.file));
    }
    let exit = write::report(&written, id, out, more)?;
    proposals::waiting(proposed.as_slice(), out)?;
    if !out.json && in_force {
        match (fresh.file, shown) {
            (Some(path), _) => out.note(&format!("{} → {}", fresh.what, path.display()))?,
            (None, Some(token)) => {
                out.line(token)?;
                out.note(&format!("this is the {}; it is kept nowhere and shown only now", fresh.what))?;
            }
            (None, None) => {}
        }
    }
    Ok(exit)
}

/// Applied, or not known: then the secret may have come into force, and is all there is to enter with.
pub fn in_force(written: &Written) -> bool {
    match written {
        Written::Committed { .. } | Written::Unknown(_) => true,
        Written::Rejected(_) | Written::Failed(_) => false,
    }
}

/// Keeps a secret in a new file that only its owner reads.
pub fn keep(path: &Path, token: &Token) -> Result<(), Trouble> {
    let failed = |error: std::io::Error| Trouble::Local(format!("{}: {error}", path.display()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(token.reveal().as_bytes()).and_then(|()| file.write_all(b"\n")).and_then(|()| file.sync_all()).map_err(failed)
}
