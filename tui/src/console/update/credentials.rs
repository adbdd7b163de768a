//! Credentials: created with a token that is made here and shown once, revoked by typing the id.

use bailiwick_policy::command::Command;
use bailiwick_policy::object::{CredentialKind, Secret};
use bailiwick_policy::query::Item;
use bailiwick_rpc::token::Token;
use crossterm::event::{KeyCode, KeyEvent};

use super::commit;
use crate::console::effect::{CredentialDraft, Effect};
use crate::console::model::{Model, Overlay, Tone};
use crate::console::stage::Made;

/// Reads what a form says of a new credential.
pub fn draft(model: &Model, id: &str, label: &str, kind: &str) -> Result<CredentialDraft, String> {
    let org = || model.org.clone().ok_or_else(|| "there is no org it could belong to".to_owned());
    let kind = match kind.split_once(':') {
        None if kind == "operator" => CredentialKind::Operator,
        None if kind == "enforcement-point" => CredentialKind::EnforcementPoint { org: org()? },
        Some(("user", user)) => CredentialKind::User { org: org()?, user: user.trim().parse().map_err(|bad| format!("{bad}"))? },
        Some(_) | None => return Err(format!("`{kind}` is nobody to let in: `operator`, `user:ID` or `enforcement-point`")),
    };
    let label = if label.is_empty() { id } else { label };
    Ok(CredentialDraft {
        id: id.parse().map_err(|bad| format!("{bad}"))?,
        label: label.parse().map_err(|bad| format!("{bad}"))?,
        kind,
    })
}

/// Whom a credential lets in, in words.
pub fn kind_words(kind: &CredentialKind) -> (&'static str, String) {
    match kind {
        CredentialKind::Operator => ("operator", "everything, in every org".to_owned()),
        CredentialKind::User { org, user } => ("user", format!("{user} of {org}")),
        CredentialKind::EnforcementPoint { org } => ("enforcement point", org.to_string()),
        CredentialKind::Application { org, application } => ("application", format!("{application} of {org}")),
        CredentialKind::Invitation { org, user } => ("invitation", format!("{user} of {org}, once")),
    }
}

/// A token was made: its credential is staged. The cluster will learn the hash alone.
pub fn on_token(model: &mut Model, draft: CredentialDraft, token: Token, fx: &mut Vec<Effect>) {
    let (kind, holder) = kind_words(&draft.kind);
    let made = Made {
        title: format!("create credential {}", draft.id),
        lines: vec![format!("lets in: {kind}, {holder}"), format!("label: {}", draft.label), "its token is shown once it is in force".to_owned()],
        command: Box::new(Command::CreateCredential {
            id: draft.id.clone(),
            label: draft.label,
            kind: draft.kind,
            secret: Secret::TokenHash(token.hash()),
        }),
        typed: None,
    };
    if let Some(staged) = commit::stage_made(model, made, fx) {
        model.credentials.tokens.insert(staged, (draft.id, token));
    }
}

/// Shows a token that has come into force, once nothing else lies on top.
pub fn show_fresh(model: &mut Model) {
    if model.overlay.is_none()
        && let Some((credential, token)) = model.credentials.fresh.pop_front()
    {
        model.overlay = Some(Overlay::Token { credential, token, copied: false });
    }
}

/// A key while a token is shown. Only Esc, which isn't seen here, closes it: a second Enter mustn't.
pub fn on_key(model: &mut Model, overlay: Overlay, key: &KeyEvent, fx: &mut Vec<Effect>) -> Option<Overlay> {
    let Overlay::Token { credential, token, copied } = overlay else { return Some(overlay) };
    let copies = key.code == KeyCode::Char('y');
    if copies {
        fx.push(Effect::Copy(token.reveal().to_owned()));
        model.say(Tone::Plain, format!("the token of {credential} was copied"));
    }
    Some(Overlay::Token { credential, token, copied: copied || copies })
}

/// Stages that the credential under the cursor is revoked.
pub fn revoke(model: &mut Model, fx: &mut Vec<Effect>) {
    let Some(Item::Credential { credential }) = model.credentials.list.current().cloned() else { return };
    let (kind, holder) = kind_words(&credential.kind);
    let made = Made {
        title: format!("revoke credential {}", credential.id),
        lines: vec![format!("{kind}, {holder}: {}", credential.label), "for good: nobody is let in by it any more".to_owned()],
        command: Box::new(Command::RevokeCredential { id: credential.id.clone() }),
        typed: Some(credential.id.to_string()),
    };
    commit::stage_made(model, made, fx);
}
