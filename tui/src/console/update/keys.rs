//! From events to actions: what has the keys is an overlay, else a filter line, else the view.

use bailiwick_policy::impact::counted;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::{actions, data, overlay};
use crate::console::effect::{Effect, Slot};
use crate::console::keys::{Action, Chord};
use crate::console::listing::{Listing, Load};
use crate::console::model::{Model, Overlay, Tone, WAIT_CANCEL_MS};

/// Characters that a line takes at most: as many as a description may have.
const LINE_CHARS_MAX: usize = 1_000;
/// Keys that may wait for a list.
const HELD_MAX: usize = 64;

pub fn on_event(model: &mut Model, event: &Event, fx: &mut Vec<Effect>) {
    match event {
        Event::Resize(columns, rows) => model.size = (*columns, *rows),
        Event::Key(key) if key.kind != KeyEventKind::Release => on_key(model, key, fx),
        Event::Paste(text) => on_paste(model, text, fx),
        Event::Key(_) | Event::FocusGained | Event::FocusLost | Event::Mouse(_) => {}
    }
}

fn on_key(model: &mut Model, key: &KeyEvent, fx: &mut Vec<Effect>) {
    let chord = Chord::of(key);
    let action = model.keymap.action(model.view, chord);
    // These work whatever has the keys, and on a screen too small for anything else.
    let always = matches!(action, Some(Action::Quit | Action::Suspend | Action::Redraw));
    if always && key.modifiers.contains(KeyModifiers::CONTROL) {
        if let Some(action) = action {
            actions::perform(model, action, fx);
        }
    } else if model.is_too_small() {
        // Nothing that can't be seen is done.
    } else if model.overlay.is_some() {
        if !hold_in_picker(model, key) {
            overlay::on_key(model, key, fx);
        }
    } else if model.filter().is_some_and(|filter| filter.editing) {
        on_filter_key(model, key, fx);
    } else if let Some(action) = action
        && !hold(model, key, action)
    {
        actions::perform(model, action, fx);
    }
}

/// Keys typed ahead of a list wait for it, so that they mean the rows they were meant for. What leads elsewhere
/// doesn't wait, and forgets those that do.
fn hold(model: &mut Model, key: &KeyEvent, action: Action) -> bool {
    let leads_away = matches!(
        action,
        Action::GoPulse
            | Action::GoGroups
            | Action::GoAllocate
            | Action::GoMatrix
            | Action::GoExplain
            | Action::GoTree
            | Action::GoDenies
            | Action::GoCluster
            | Action::GoAudit
            | Action::GoCredentials
            | Action::Back
            | Action::Filter
            | Action::Help
            | Action::Palette
            | Action::LastView
            | Action::HistoryBack
            | Action::HistoryForward
            | Action::Refresh
            | Action::Freeze
            | Action::Dump
            | Action::Redraw
            | Action::Suspend
            | Action::Quit
    );
    if leads_away {
        model.held.clear();
        return false;
    }
    // These need no rows; they wait only behind keys that do, to keep the order.
    let needs_none = matches!(
        action,
        Action::GoPending
            | Action::NextPane
            | Action::PreviousPane
            | Action::Left
            | Action::Right
            | Action::NewGroup
            | Action::NewCredential
            | Action::PickFilter
            | Action::PickGroup
            | Action::FilterStatus
            | Action::ClearDefault
            | Action::Unmark
    );
    let expected = is_expected(model) && (!needs_none || !model.held.is_empty());
    if expected && model.held.len() < HELD_MAX {
        model.held.push(*key);
    }
    expected
}

/// The same in a picker: what chooses waits for what was typed to be found, and whatever is typed behind it waits too.
fn hold_in_picker(model: &mut Model, key: &KeyEvent) -> bool {
    if !matches!(model.overlay, Some(Overlay::Picker { .. })) || key.code == KeyCode::Esc {
        model.held.clear();
        return false;
    }
    let chooses = matches!(key.code, KeyCode::Enter | KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown);
    let expected = is_expected(model) && (chooses || !model.held.is_empty());
    if expected && model.held.len() < HELD_MAX {
        model.held.push(*key);
    }
    expected
}

/// The list that has the keys: a picker's, else the view's.
fn list_with_keys(model: &Model) -> Option<&Listing> {
    let picker = matches!(model.overlay, Some(Overlay::Picker { .. })).then_some(Slot::Picker);
    picker.or_else(|| model.focus()).and_then(|slot| model.listing(slot))
}

fn is_expected(model: &Model) -> bool {
    list_with_keys(model).is_some_and(Listing::is_expected)
}

/// The list may have come: then the keys that waited for it are typed. One that is too long in coming loses them, and
/// that is said: they mustn't hit anything later.
pub fn release(model: &mut Model, fx: &mut Vec<Effect>) {
    if model.held.is_empty() {
        return;
    }
    if !is_expected(model) {
        let failed = list_with_keys(model).is_some_and(|list| list.load != Load::Ready);
        let held = std::mem::take(&mut model.held);
        if failed {
            model.say(Tone::Warn, format!("{} typed ahead were dropped: the list didn't come", counted(held.len() as u64, "key")));
        } else {
            held.iter().for_each(|key| on_key(model, key, fx));
        }
    } else if model.waiting_ms().is_some_and(|waiting| waiting >= WAIT_CANCEL_MS) {
        let count = std::mem::take(&mut model.held).len() as u64;
        model.say(Tone::Warn, format!("{} typed ahead were dropped: the list is too long in coming", counted(count, "key")));
    }
}

fn on_filter_key(model: &mut Model, key: &KeyEvent, fx: &mut Vec<Effect>) {
    match key.code {
        KeyCode::Esc => {
            if let Some(filter) = model.filter_mut() {
                filter.editing = false;
            }
            data::set_filter(model, "", 0, fx);
        }
        KeyCode::Enter => {
            if let Some(filter) = model.filter_mut() {
                filter.editing = false;
            }
        }
        KeyCode::Up => actions::perform(model, Action::Up, fx),
        KeyCode::Down => actions::perform(model, Action::Down, fx),
        KeyCode::PageUp => actions::perform(model, Action::PageUp, fx),
        KeyCode::PageDown => actions::perform(model, Action::PageDown, fx),
        _ => {
            let changed = model.filter_mut().is_some_and(|filter| edit(&mut filter.input, key));
            if changed {
                data::filter_typed(model, fx);
            }
        }
    }
}

fn on_paste(model: &mut Model, text: &str, fx: &mut Vec<Effect>) {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LINE_CHARS_MAX).collect();
    if model.overlay.is_some() {
        overlay::on_paste(model, text.trim(), fx);
    } else if let Some(filter) = model.filter_mut().filter(|filter| filter.editing) {
        insert(&mut filter.input, text.trim());
        data::filter_typed(model, fx);
    }
}

/// Puts a text where the cursor of a line is.
pub fn insert(input: &mut Input, text: &str) {
    for character in text.chars() {
        if input.value().chars().count() < LINE_CHARS_MAX {
            input.handle(InputRequest::InsertChar(character));
        }
    }
}

/// Edits a line; true if its text has changed.
pub fn edit(input: &mut Input, key: &KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let request = match (key.code, control) {
        (KeyCode::Char('a'), true) | (KeyCode::Home, _) => InputRequest::GoToStart,
        (KeyCode::Char('e'), true) | (KeyCode::End, _) => InputRequest::GoToEnd,
        (KeyCode::Char('u'), true) => InputRequest::DeleteFromStart,
        (KeyCode::Char('k'), true) => InputRequest::DeleteTillEnd,
        (KeyCode::Char('w'), true) => InputRequest::DeletePrevWord,
        (KeyCode::Char('y'), true) => InputRequest::Yank,
        (KeyCode::Left, true) => InputRequest::GoToPrevWord,
        (KeyCode::Right, true) => InputRequest::GoToNextWord,
        (KeyCode::Left, false) => InputRequest::GoToPrevChar,
        (KeyCode::Right, false) => InputRequest::GoToNextChar,
        (KeyCode::Backspace, _) if alt => InputRequest::DeletePrevWord,
        (KeyCode::Backspace, _) => InputRequest::DeletePrevChar,
        (KeyCode::Delete, _) => InputRequest::DeleteNextChar,
        (KeyCode::Char(character), false) if !alt && input.value().chars().count() < LINE_CHARS_MAX => {
            InputRequest::InsertChar(character)
        }
        _ => return false,
    };
    input.handle(request).is_some_and(|changed| changed.value)
}
