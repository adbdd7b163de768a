//! New credentials. The secret is made here and shown once; the cluster learns its hash, so that a retry is
//! idempotent and no secret crosses the log.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::OrgCode;
use bailiwick_policy::object::{CredentialKind, Secret};
use bailiwick_rpc::token::Token;
use serde_json::json;

use super::api::{Api, Written};
use super::args::{CredentialOf, NewCredential};
use super::ask;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::Out;
use super::write;

/// What every new credential has.
pub fn new_of(of: &CredentialOf) -> &NewCredential {
    match of {
        CredentialOf::Operator(new) | CredentialOf::EnforcementPoint(new) | CredentialOf::Owner { new, .. } => new,
    }
}

/// The command that creates it. The organisation is asked for only where the kind has one.
pub(crate) async fn command<A: Api>(context: &Context<'_, A>, of: &CredentialOf, token: &Token) -> Result<Command, Trouble> {
    let new = new_of(of);
    let org = || async { context.org().await };
    let kind = match of {
        CredentialOf::Operator(_) => CredentialKind::Operator,
        CredentialOf::Owner { user, .. } => {
            let org: OrgCode = org().await?;
            CredentialKind::User { org, user: ask::value("--user", user)? }
        }
        CredentialOf::EnforcementPoint(_) => CredentialKind::EnforcementPoint { org: org().await? },
    };
    Ok(Command::CreateCredential {
        id: ask::value("credential", &new.id)?,
        label: ask::value("--label", new.label.as_deref().unwrap_or(&new.id))?,
        kind,
        secret: Secret::TokenHash(token.hash()),
    })
}

/// Creates a credential and shows its token, once.
pub(crate) async fn create<A: Api>(context: &Context<'_, A>, of: &CredentialOf, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    context.writable()?;
    let token = Token::generate();
    let command = command(context, of, &token).await?;
    let new = new_of(of);
    // The file is written before the cluster is asked: a secret that can't be kept had better not exist.
    if let Some(path) = &new.token_out {
        keep(path, &token)?;
    }
    let id = context.common.request_id.unwrap_or_else(|| context.api.new_request_id());
    let written = write::submit(context, &command, id, None, context.common.reason.clone()).await?;
    let in_force = match &written {
        // Not applied, or not known: then the secret may have come into force, and is all there is to enter with.
        Written::Committed { .. } | Written::Unknown(_) => true,
        Written::Rejected(_) | Written::Failed(_) => false,
    };
    if !in_force && let Some(path) = &new.token_out {
        let _ = fs::remove_file(path);
    }
    let shown = (in_force && new.token_out.is_none()).then(|| token.reveal());
    let exit = write::report(&written, id, out, json!({"credential": new.id, "token": shown, "token_file": new.token_out}))?;
    if !out.json && in_force {
        match (&new.token_out, shown) {
            (Some(path), _) => out.note(&format!("token of credential {} → {}", new.id, path.display()))?,
            (None, Some(token)) => {
                out.line(token)?;
                out.note(&format!("this is the token of credential {}; it is kept nowhere and shown only now", new.id))?;
            }
            (None, None) => {}
        }
    }
    Ok(exit)
}

fn keep(path: &Path, token: &Token) -> Result<(), Trouble> {
    let failed = |error: std::io::Error| Trouble::Local(format!("{}: {error}", path.display()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(token.reveal().as_bytes()).and_then(|()| file.write_all(b"\n")).and_then(|()| file.sync_all()).map_err(failed)
}
