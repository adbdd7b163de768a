//! What is shown where there is nothing yet: no org, or an org without stores. It says what to do first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{lines, pane};
use crate::console::keys::Action;
use crate::console::model::Model;
use crate::console::update::availability;

/// Draws what to do where there is no org.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let inner = pane(buffer, theme, area, "No org", "", true);
    let inner = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner };
    let mut text: Vec<(String, Style)> = Vec::new();
    let mut say = |line: &str, style: Style| text.push((line.to_owned(), style));
    match &model.who {
        Some(who) if who.kind != "operator" && model.org.is_none() => {
            say(&format!("{} ({}) sees no org.", who.label, who.kind), theme.text);
            say("", theme.text);
            say("A platform operator can create one, or give you a credential for one.", theme.text);
        }
        Some(_) | None => {
            match &model.org {
                Some(org) => say(&format!("There is no org `{org}`, or it isn't yours to see."), theme.text),
                None => say("This cluster holds no org: every check is denied.", theme.text),
            }
            say("", theme.text);
            say("first, here", theme.heading);
            match availability(model, Action::NewOrg) {
                Ok(()) => say("  1 N   create an org, with its first owner", theme.accent),
                Err(why) => say(&format!("  1 N   create an org ({why})"), theme.disabled),
            }
            say("", theme.text);
            say("or on the command line", theme.heading);
            for line in [
                "bailiwick org create acme --name 'Acme' --owner ines --owner-name 'Ines Marlow'",
                "bailiwick --org acme import zones zones.csv",
                "bailiwick --org acme import stores stores.csv",
                "bailiwick --org acme import tills tills.csv",
                "bailiwick --org acme import endpoints endpoints.csv",
                "bailiwick --org acme default set POS",
            ] {
                say(&format!("  {line}"), theme.text);
            }
            say("", theme.text);
            say("then", theme.heading);
            say("  0     credentials: an enforcement point's asks for checks", theme.text);
            say("  2 3 4 groups, who has them, what they grant", theme.text);
        }
    }
    lines(buffer, theme, inner, &text);
}

/// What an org without stores or catalogue needs next; nothing once it has both.
pub fn next_steps(model: &Model) -> Vec<String> {
    let Some(org) = &model.org_record else { return Vec::new() };
    if model.org_counts.0 > 0 {
        return Vec::new();
    }
    let mut steps = vec![
        "no stores yet: `bailiwick import zones FILE`, `import stores FILE`, `import tills FILE`".to_owned(),
        "the catalogue of endpoints: `bailiwick import endpoints FILE`".to_owned(),
    ];
    if org.default_group.is_none() {
        steps.push("what stores inherit: 2, then d on a group".to_owned());
    }
    steps
}
