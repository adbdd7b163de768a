//! What lies on top of a view and takes the keys: help, palette, pickers, forms, confirmations.

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::OrgCode;
use bailiwick_policy::limits::PAGE_ROWS_MAX;
use bailiwick_policy::name::Name;
use bailiwick_policy::query::{GroupFilter, Item, List, ListQuery};
use bailiwick_rpc::api::MemberChange;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;

use super::keys::{edit, insert};
use super::palette::{self, Run};
use super::{actions, commit, credentials, data, denies, members, stage};
use crate::console::cli::command_line;
use crate::console::effect::{Effect, Read, Slot};
use crate::console::filter::with_column;
use crate::console::keys::{Action, View};
use crate::console::listing::{Listing, Seek};
use crate::console::model::{FormKind, Model, Overlay, Pick, Tone};
use crate::console::stage::{Made, Named, Risk};

/// Opens a picker.
pub fn pick(model: &mut Model, pick: Pick, fx: &mut Vec<Effect>) {
    let mut list = Listing::new(model.org.clone(), list_of(pick));
    list.query.org.clone_from(&model.org);
    model.overlay = Some(Overlay::Picker { pick, input: Input::default(), list: Box::new(list) });
    data::load(model, Slot::Picker, Seek::Start, 0, fx);
}

fn list_of(pick: Pick) -> List {
    match pick {
        Pick::Zone => List::Zones,
        Pick::Concept => List::Concepts,
        Pick::Group | Pick::Matrix => List::Groups { active: None },
        Pick::Target => List::Groups { active: Some(true) },
    }
}

/// Opens a form.
pub fn form<const N: usize>(model: &mut Model, kind: FormKind, fields: [(&'static str, &str); N]) {
    let fields = fields.into_iter().map(|(label, text)| (label, Input::new(text.to_owned()))).collect();
    model.overlay = Some(Overlay::Form { kind, fields, focus: 0, error: None });
}

/// A key for whatever lies on top.
pub fn on_key(model: &mut Model, key: &KeyEvent, fx: &mut Vec<Effect>) {
    // Taken out while it is worked on: what closes is simply not put back.
    let Some(overlay) = model.overlay.take() else { return };
    if key.code == KeyCode::Esc {
        close(model, &overlay, fx);
        return;
    }
    model.overlay = match overlay {
        Overlay::Help { scroll } => help_key(model, scroll, key, fx),
        Overlay::Palette { input, cursor, found } => {
            model.overlay = Some(Overlay::Palette { input, cursor, found });
            palette_key(model, key, fx);
            return;
        }
        Overlay::Picker { pick, input, list } => {
            model.overlay = Some(Overlay::Picker { pick, input, list });
            picker_key(model, key, fx);
            return;
        }
        Overlay::Form { kind, fields, focus, error } => form_key(model, (kind, fields, focus, error), key, fx),
        Overlay::Confirm { staged, risk, on_apply, input } => {
            confirm_key(model, Confirming { staged, risk, on_apply, input }, key, fx)
        }
        Overlay::Members { request, reply, input } => members::on_key(model, (request, reply, input), key, fx),
        Overlay::Token { .. } => credentials::on_key(model, overlay, key, fx),
        Overlay::ConfirmQuit { on_quit } => quit_key(model, on_quit, key, fx),
    };
}

/// A pasted text, for the line that has the focus.
pub fn on_paste(model: &mut Model, text: &str, fx: &mut Vec<Effect>) {
    match &mut model.overlay {
        Some(Overlay::Palette { input, .. }) => {
            insert(input, text);
            search_palette(model, fx);
        }
        Some(Overlay::Picker { input, .. }) => {
            insert(input, text);
            search_picker(model, fx);
        }
        Some(Overlay::Form { fields, focus, .. }) => {
            if let Some((_, input)) = fields.get_mut(*focus) {
                insert(input, text);
            }
        }
        // A name to be typed is typed.
        Some(
            Overlay::Confirm { .. }
            | Overlay::Help { .. }
            | Overlay::ConfirmQuit { .. }
            | Overlay::Members { .. }
            | Overlay::Token { .. },
        )
        | None => {}
    }
}

fn close(model: &mut Model, overlay: &Overlay, fx: &mut Vec<Effect>) {
    let slots: &[Slot] = match overlay {
        Overlay::Picker { .. } => &[Slot::Picker],
        Overlay::Palette { .. } => &[Slot::PaletteGroups, Slot::PaletteStores],
        Overlay::Token { credential, copied, .. } => {
            let word = if *copied { "copied" } else { "never copied" };
            model.say(Tone::Plain, format!("the token of {credential}, {word}, is forgotten here"));
            &[]
        }
        Overlay::Help { .. }
        | Overlay::Form { .. }
        | Overlay::Confirm { .. }
        | Overlay::ConfirmQuit { .. }
        | Overlay::Members { .. } => &[],
    };
    for slot in slots {
        if model.requests.since(*slot).is_some() {
            model.requests.cancel(*slot);
            fx.push(Effect::Cancel(*slot));
        }
    }
}

fn help_key(model: &mut Model, scroll: usize, key: &KeyEvent, fx: &mut Vec<Effect>) -> Option<Overlay> {
    let scroll = match key.code {
        KeyCode::Up | KeyCode::Char('k') => scroll.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => scroll + 1,
        KeyCode::PageUp => scroll.saturating_sub(10),
        KeyCode::PageDown | KeyCode::Char(' ') => scroll + 10,
        KeyCode::Char('y') => {
            let line = command_line(model);
            model.say(Tone::Plain, format!("copied {line}"));
            fx.push(Effect::Copy(line));
            scroll
        }
        KeyCode::Char('?' | 'q') | KeyCode::Enter => return None,
        _ => scroll,
    };
    Some(Overlay::Help { scroll: scroll.min(super::super::screens::overlays::help_lines(model).saturating_sub(1)) })
}

fn palette_key(model: &mut Model, key: &KeyEvent, fx: &mut Vec<Effect>) {
    let entries = palette::entries(model);
    let Some(Overlay::Palette { input, cursor, .. }) = &mut model.overlay else { return };
    let last = entries.len().saturating_sub(1);
    match key.code {
        KeyCode::Up => *cursor = cursor.saturating_sub(1),
        KeyCode::Down | KeyCode::Tab => *cursor = (*cursor + 1).min(last),
        KeyCode::Enter => {
            let chosen = entries.into_iter().nth((*cursor).min(last)).map(|entry| entry.run);
            model.overlay = None;
            match chosen {
                Some(Run::Action(action)) => actions::perform(model, action, fx),
                Some(Run::Group(group)) => actions::open_matrix(model, group, fx),
                Some(Run::Store(code)) => {
                    actions::go(model, View::Allocate, fx);
                    model.allocate.on_targets = false;
                    data::set_filter(model, code.as_str(), 0, fx);
                }
                None => {}
            }
        }
        _ => {
            if edit(input, key) {
                *cursor = 0;
                search_palette(model, fx);
            }
        }
    }
}

fn search_palette(model: &mut Model, fx: &mut Vec<Effect>) {
    let Some(Overlay::Palette { input, found, .. }) = &mut model.overlay else { return };
    let text = input.value().trim().to_owned();
    if text.is_empty() || model.org.is_none() {
        found.clear();
        return;
    }
    let at = model.at();
    for (slot, list) in [
        (Slot::PaletteGroups, List::Groups { active: None }),
        (Slot::PaletteStores, List::Stores { zone: None, concept: None, group: None, active: None, below: false }),
    ] {
        let mut listing = Listing::new(model.org.clone(), list);
        listing.query.text.clone_from(&text);
        listing.query.limit = 8;
        data::ask(model, slot, Read::List(listing.query, at.clone()), data::FILTER_DEBOUNCE_MS, fx);
    }
}

fn picker_key(model: &mut Model, key: &KeyEvent, fx: &mut Vec<Effect>) {
    let Some(Overlay::Picker { pick: kind, input, list }) = &mut model.overlay else { return };
    match key.code {
        KeyCode::Up => list.step(-1),
        KeyCode::Down => list.step(1),
        KeyCode::PageUp => list.step(-10),
        KeyCode::PageDown => list.step(10),
        KeyCode::Tab => {
            let next = match kind {
                Pick::Zone => Pick::Concept,
                Pick::Concept => Pick::Group,
                Pick::Group => Pick::Zone,
                Pick::Target | Pick::Matrix => return,
            };
            pick(model, next, fx);
        }
        KeyCode::Enter => {
            let (kind, chosen) = (*kind, list.current().cloned());
            if let Some(item) = chosen {
                model.overlay = None;
                picked(model, kind, &item, fx);
            }
        }
        _ => {
            if edit(input, key) {
                search_picker(model, fx);
            }
        }
    }
}

fn search_picker(model: &mut Model, fx: &mut Vec<Effect>) {
    if let Some(Overlay::Picker { input, list, .. }) = &mut model.overlay {
        let (what, text) = (list.query.list.clone(), input.value().trim().to_owned());
        list.narrow(what, &text);
    }
    data::load(model, Slot::Picker, Seek::Start, data::FILTER_DEBOUNCE_MS, fx);
}

fn picked(model: &mut Model, pick: Pick, item: &Item, fx: &mut Vec<Effect>) {
    let filter = |model: &mut Model, column: &str, fx: &mut Vec<Effect>| {
        let text = with_column(model.allocate.filter.input.value(), column, Some(&item.key()));
        data::set_filter(model, &text, 0, fx);
    };
    match (pick, item) {
        (Pick::Zone, _) => filter(model, "zone", fx),
        (Pick::Concept, _) => filter(model, "concept", fx),
        (Pick::Group, _) => filter(model, "group", fx),
        (Pick::Target, Item::Group { group, .. }) => stage::allocate(model, Some(Named::of(group))),
        (Pick::Matrix, Item::Group { group, .. }) => actions::open_matrix(model, group.id.clone(), fx),
        (Pick::Target | Pick::Matrix, _) => {}
    }
}

type Form = (FormKind, Vec<(&'static str, Input)>, usize, Option<String>);

fn form_key(model: &mut Model, form: Form, key: &KeyEvent, fx: &mut Vec<Effect>) -> Option<Overlay> {
    let (kind, mut fields, mut focus, mut error) = form;
    let last = fields.len().saturating_sub(1);
    match key.code {
        KeyCode::Tab | KeyCode::Down => focus = if focus == last { 0 } else { focus + 1 },
        KeyCode::BackTab | KeyCode::Up => focus = if focus == 0 { last } else { focus - 1 },
        KeyCode::Enter if focus < last => focus += 1,
        KeyCode::Enter => match submit(model, &kind, &fields, fx) {
            Ok(()) => return None,
            Err(why) => error = Some(why),
        },
        _ => {
            if let Some((_, input)) = fields.get_mut(focus)
                && edit(input, key)
            {
                error = None;
            }
        }
    }
    Some(Overlay::Form { kind, fields, focus, error })
}

fn submit(model: &mut Model, kind: &FormKind, fields: &[(&'static str, Input)], fx: &mut Vec<Effect>) -> Result<(), String> {
    let text = |at: usize| fields.get(at).map(|(_, input)| input.value().trim().to_owned()).unwrap_or_default();
    match kind {
        FormKind::NewGroup => {
            let name: Name = text(0).parse().map_err(|bad| format!("{bad}"))?;
            let said = format!("staged: create {name}; p previews");
            model.stage.create(name, &text(1))?;
            model.say(Tone::Plain, said);
        }
        FormKind::EditGroup(named, group) => {
            let name: Name = text(0).parse().map_err(|bad| format!("{bad}"))?;
            bailiwick_policy::name::check_text(&text(1)).map_err(|bad| bad.0)?;
            let name = (name != group.name).then_some(name);
            let description = (text(1) != *group.description).then(|| text(1).into());
            let said = if name.is_none() && description.is_none() { "nothing changed" } else { "staged; p previews" };
            model.stage.describe(named, name, description)?;
            model.say(Tone::Plain, said);
        }
        FormKind::Question => {
            let (subject, action, resource) = (text(0), text(1).to_uppercase(), text(2));
            bailiwick_policy::decision::Subject::parse(&subject)?;
            if action.is_empty() || resource.is_empty() {
                return Err("a method and a path are needed: `GET` and `/v2/customers/42`".to_owned());
            }
            model.explain.subject.clone_from(&subject);
            model.explain.action.clone_from(&action);
            model.explain.resource.clone_from(&resource);
            denies::ask(model, fx);
        }
        FormKind::Export(group) => {
            let path = text(0);
            if path.is_empty() {
                return Err("a file is needed".to_owned());
            }
            let list = List::Stores { zone: None, concept: None, group: Some(GroupFilter::Effective(group.id.clone())), active: None, below: false };
            let query = ListQuery { org: model.org.clone(), list, text: String::new(), anchor: Default::default(), limit: PAGE_ROWS_MAX };
            fx.push(Effect::Export { path, query, at: model.at() });
            model.say(Tone::Plain, format!("writing the stores of {}…", group.name));
        }
        FormKind::NewOrg => {
            fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: String) -> Result<T, String> {
                text.parse().map_err(|bad| format!("{bad}"))
            }
            let org: OrgCode = parsed(text(0))?;
            let command = Command::CreateOrg { org: org.clone(), name: parsed(text(1))?, owner: parsed(text(2))?, owner_name: parsed(text(3))? };
            let lines = vec![format!("name: {}", text(1)), format!("owner: {} ({})", text(2), text(3))];
            let made = Made { title: format!("create org {org}"), lines, command: Box::new(command), typed: None };
            commit::stage_made(model, made, fx);
        }
        FormKind::NewCredential => {
            let draft = credentials::draft(model, &text(0), &text(1), &text(2))?;
            fx.push(Effect::NewToken(draft));
        }
        FormKind::AddMember => {
            let id = text(0).parse().map_err(|_| format!("`{}` is no id of a node: a whole number", text(0)))?;
            let (peer, client) = (text(1), text(2));
            if peer.is_empty() || client.is_empty() {
                return Err("two addresses are needed, each `host:port`".to_owned());
            }
            members::ask(model, MemberChange::Add { id, peer, client }, fx);
        }
    }
    Ok(())
}

struct Confirming {
    staged: crate::console::stage::StagedId,
    risk: Risk,
    on_apply: bool,
    input: Input,
}

impl Confirming {
    fn is_typed(&self) -> bool {
        matches!(&self.risk, Risk::Typed(wanted) if self.input.value() == wanted)
    }
}

fn confirm_key(model: &mut Model, mut state: Confirming, key: &KeyEvent, fx: &mut Vec<Effect>) -> Option<Overlay> {
    let apply = match (&state.risk, key.code) {
        (Risk::Plain, KeyCode::Enter) => state.on_apply,
        (Risk::Loss, KeyCode::Char('Y')) => !key.modifiers.contains(KeyModifiers::CONTROL),
        (Risk::Typed(_), KeyCode::Enter) => state.is_typed(),
        _ => false,
    };
    if apply {
        commit::send(model, state.staged, fx);
        return None;
    }
    match (&state.risk, key.code) {
        // Enter while Cancel has the focus.
        (_, KeyCode::Enter) => return None,
        (Risk::Plain, KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right) => state.on_apply = !state.on_apply,
        (Risk::Plain, KeyCode::Char('h')) => state.on_apply = false,
        (Risk::Plain, KeyCode::Char('l')) => state.on_apply = true,
        (Risk::Typed(_), _) => {
            edit(&mut state.input, key);
            state.on_apply = state.is_typed();
        }
        (Risk::Plain | Risk::Loss, _) => {}
    }
    let Confirming { staged, risk, on_apply, input } = state;
    Some(Overlay::Confirm { staged, risk, on_apply, input })
}

fn quit_key(model: &mut Model, on_quit: bool, key: &KeyEvent, fx: &mut Vec<Effect>) -> Option<Overlay> {
    match key.code {
        KeyCode::Enter if on_quit => {
            model.overlay = Some(Overlay::ConfirmQuit { on_quit });
            actions::perform(model, Action::Quit, fx);
            None
        }
        KeyCode::Enter => None,
        KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right => Some(Overlay::ConfirmQuit { on_quit: !on_quit }),
        _ => Some(Overlay::ConfirmQuit { on_quit }),
    }
}
