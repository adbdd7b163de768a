//! New credentials of operators, users and enforcement points.

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::OrgCode;
use bailiwick_policy::object::CredentialKind;
use bailiwick_rpc::token::Token;
use serde_json::json;

use super::api::Api;
use super::args::{CredentialOf, NewCredential};
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::Out;
use super::secret::{self, Fresh};
use super::ask;

/// What every new credential has.
fn new_of(of: &CredentialOf) -> &NewCredential {
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
        secret: secret::hash(token),
    })
}

/// Creates a credential and shows its token, once.
pub(crate) async fn create<A: Api>(context: &Context<'_, A>, of: &CredentialOf, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    context.writable()?;
    let token = Token::generate();
    let command = command(context, of, &token).await?;
    let new = new_of(of);
    let what = format!("token of credential {}", new.id);
    let fresh = Fresh { token, what, field: "token", file: new.token_out.as_deref(), more: json!({"credential": new.id}) };
    secret::send(context, &command, fresh, out).await
}
