//! A conflict, laid out: per object and field what it was when it was previewed, what mine makes of it, and what it is
//! now.

use bailiwick_policy::ids::Revision;
use bailiwick_policy::object::Object;
use ratatui::style::Style;

use crate::console::fields::{NOTHING, differing};
use crate::console::model::Model;
use crate::console::stage::{Conflict, Theirs};

/// Fields shown at most.
const FIELDS_MAX: usize = 200;

/// The lines, still to be folded.
pub fn text(model: &Model, conflict: &Conflict) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let g = &theme.glyphs;
    let mut out = vec![
        (format!("{} conflict: {}", g.bad, conflict.message), theme.bad),
        ("  nothing was changed, and mine is still staged".to_owned(), theme.text),
        ("  b  mine on top of theirs: previewed again".to_owned(), theme.accent),
        ("  d  drop mine".to_owned(), theme.accent),
        ("  s  keep it staged, and go back".to_owned(), theme.accent),
        (String::new(), theme.text),
    ];
    let theirs = match &conflict.theirs {
        Theirs::Asked => {
            out.push((format!("{} asking what others have made of it", g.waiting), theme.dim));
            return out;
        }
        Theirs::Failed(why) => {
            out.push((format!("{} what others have made of it couldn't be had: {why}", g.warn), theme.warn));
            return out;
        }
        Theirs::Known(objects) => objects,
    };
    let mut shown = 0;
    for (id, now) in theirs {
        if shown >= FIELDS_MAX {
            out.push(("and more".to_owned(), theme.dim));
            break;
        }
        let change = conflict.sent.reply.changes.iter().find(|change| change.id().as_ref() == Some(id));
        let read = conflict.sent.reply.reads.iter().find(|(read, _)| read == id).map(|(_, revision)| *revision);
        let moved = read.is_some_and(|read| now.as_ref().map_or(Revision(0), |object| object.meta().revision) != read);
        let Some(change) = change else {
            // It was read and isn't changed by mine.
            if moved {
                out.push((format!("{id}"), theme.heading));
                out.push((format!("  changed meanwhile{}; mine depends on it and leaves it alone", by(now.as_ref())), theme.warn));
            }
            continue;
        };
        let fields = differing([change.before.as_ref(), change.after.as_ref(), now.as_ref()]);
        if fields.is_empty() {
            continue;
        }
        let note = if moved { by(now.as_ref()) } else { ", as it was".to_owned() };
        out.push((format!("{id}{note}"), theme.heading));
        for field in fields {
            shown += 1;
            let [base, mine, theirs] = field.texts;
            let both = mine != base && theirs != base && mine != theirs;
            let same = mine != base && mine == theirs;
            let word = match (both, same, theirs != base) {
                (true, ..) => format!("  {} both", g.warn),
                (_, true, _) => "  the same".to_owned(),
                (_, _, true) => "  theirs only".to_owned(),
                (_, _, false) => "  mine only".to_owned(),
            };
            out.push((format!("  {}{word}", field.name), if both { theme.warn } else { theme.text }));
            let text = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
            out.push((format!("    base    {}", text(base)), theme.dim));
            out.push((format!("    mine    {}", text(mine)), theme.changed));
            out.push((format!("    theirs  {}", text(theirs)), theme.text));
        }
    }
    if shown == 0 && out.last().is_some_and(|(line, _)| line.is_empty()) {
        let text = "none of the objects has changed, but what the change would do to access has: b previews it again";
        out.push((format!("{} {text}", g.dot), theme.text));
    }
    out
}

fn by(object: Option<&Object>) -> String {
    match object {
        Some(object) => format!(", by {} in r{}", object.meta().updated_by, object.meta().revision),
        None => ", gone".to_owned(),
    }
}
