//! Credentials: who is let in, and as what. No secret is known here, and none is shown but a new one, once.

use bailiwick_policy::command::Command;
use bailiwick_policy::object::Secret;
use bailiwick_policy::query::Item;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::list::{Flags, ListPane};
use super::paint::{Cell, Column, ago, text};
use crate::console::model::Model;
use crate::console::update::kind_words;

const COLUMNS: &[Column] = &[
    text("id", 14, 26, 0),
    text("kind", 17, 17, 1),
    text("lets in", 14, 34, 2),
    text("status", 9, 9, 0),
    text("label", 12, 40, 3),
    text("proved by", 11, 11, 5),
    text("created", 12, 12, 4),
];

/// Draws it.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    ListPane { title: "Credentials", focused: true, columns: COLUMNS, empty: ("no credential to be seen", "n creates one") }.draw(
        buffer,
        theme,
        area,
        &model.credentials.list,
        |_, item| {
            let Item::Credential { credential } = item else { return Default::default() };
            let (kind, holder) = kind_words(&credential.kind);
            let going = model.stage.is_made(|command| matches!(command, Command::RevokeCredential { id } if *id == credential.id));
            let status = match (credential.revoked, going) {
                (true, _) => Cell::new("revoked", theme.disabled),
                (false, true) => Cell::new(format!("{} revoke", theme.glyphs.arrow), theme.changed),
                (false, false) => Cell::new("in force", theme.good),
            };
            let you = model.who.as_ref().is_some_and(|who| who.credential == credential.id.as_str());
            let row = vec![
                Cell::from(if you { format!("{} (you)", credential.id) } else { credential.id.to_string() }),
                Cell::from(kind),
                Cell::new(holder, theme.dim),
                status,
                Cell::from(credential.label.as_str()),
                Cell::new(
                    match credential.secret {
                        Secret::TokenHash(_) => "token",
                        Secret::CertificateFingerprint(_) => "certificate",
                    },
                    theme.dim,
                ),
                Cell::new(ago(model.wall_ms, credential.meta.created_at.0), theme.dim),
            ];
            (row, Flags { marked: false, changed: going })
        },
    );
}
