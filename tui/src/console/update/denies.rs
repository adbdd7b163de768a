//! The deny feed: asked for again and again while it is looked at.

use bailiwick_policy::decision::Subject;
use bailiwick_rpc::api::{CheckRequest, DeniesReply, DeniesRequest};

use super::{actions, commit, data};
use crate::console::effect::{Effect, Read, Slot};
use crate::console::keys::View;
use crate::console::listing::Load;
use crate::console::model::{Model, Tone};
use crate::console::stage::Made;

/// Milliseconds between questions.
pub const DENIES_EVERY_MS: u64 = 2_000;
/// Rows asked for.
const ROWS: usize = 500;

/// Which rows a filter means: what the server looks for, and refused or observed only.
pub fn parse(text: &str) -> Result<(String, Option<bool>), String> {
    let (mut observed, mut words) = (None, Vec::new());
    for word in text.split_whitespace() {
        match word.split_once(':') {
            Some(("status", "")) => {}
            Some(("status", word)) if "observed".starts_with(word) => observed = Some(true),
            Some(("status", word)) if "denied".starts_with(word) => observed = Some(false),
            Some(("status", word)) => return Err(format!("`{word}` is no status: it is `denied` or `observed`")),
            // Subjects have colons too.
            Some(_) | None => words.push(word),
        }
    }
    Ok((words.join(" "), observed))
}

/// Asks for rows.
pub fn load(model: &mut Model, delay_ms: u64, fx: &mut Vec<Effect>) {
    let text = parse(model.denies.filter.input.value()).map(|(text, _)| text).unwrap_or_default();
    if model.denies.load == Load::Never {
        model.denies.load = Load::Loading;
    }
    let request = DeniesRequest { org: model.org.clone(), text, max: ROWS };
    data::ask(model, Slot::Denies, Read::Denies(request), delay_ms, fx);
}

/// Takes rows in.
pub fn on_rows(model: &mut Model, reply: DeniesReply) {
    let now = model.now_ms;
    model.denies.accept(reply, now);
}

/// Explains the row under the cursor: Explain opens with its question asked.
pub fn explain(model: &mut Model, fx: &mut Vec<Effect>) {
    let Some(row) = model.denies.current().cloned() else { return };
    model.explain.subject = row.subject;
    model.explain.action = row.method;
    model.explain.resource = row.path;
    actions::go(model, View::Explain, fx);
    ask(model, fx);
}

/// Asks what Explain's lines say.
pub fn ask(model: &mut Model, fx: &mut Vec<Effect>) {
    let explain = &mut model.explain;
    if let Err(why) = Subject::parse(&explain.subject) {
        model.say(Tone::Warn, why);
        return;
    }
    explain.reply = None;
    explain.fault = None;
    explain.remedy = 0;
    explain.scroll = 0;
    let (subject, action, resource) = (explain.subject.clone(), explain.action.clone(), explain.resource.clone());
    let org = model.org.as_ref().map(ToString::to_string);
    let request = CheckRequest { org, subject, action, resource, at: model.at(), ..CheckRequest::default() };
    data::ask(model, Slot::Explain, Read::Explain(request), 0, fx);
}

/// Stages the remedy under the cursor.
pub fn stage_remedy(model: &mut Model, fx: &mut Vec<Effect>) {
    let explanation = model.explain.reply.as_ref().and_then(|reply| reply.explanation.as_ref());
    let Some(remedy) = explanation.and_then(|explanation| explanation.remedies.get(model.explain.remedy)).cloned() else { return };
    let steps = remedy.commands.len();
    for (at, command) in remedy.commands.into_iter().enumerate() {
        let title = if steps > 1 { format!("{} ({} of {steps})", remedy.text, at + 1) } else { remedy.text.clone() };
        let made = Made { title, lines: vec![command.name().to_owned()], command: Box::new(command), typed: None };
        commit::stage_made(model, made, fx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_text_and_a_status_is_a_column() {
        assert_eq!(parse("till:n-1/t1 status:obs"), Ok(("till:n-1/t1".to_owned(), Some(true))));
        assert!(parse("status:perhaps").is_err());
    }
}
