//! The palette's entries: everything that can be done from here, and groups and stores by name, best match first.

use bailiwick_policy::ids::{GroupId, StoreCode};
use bailiwick_policy::query::Item;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

use super::availability::availability;
use crate::console::keys::{Action, Chord};
use crate::console::model::{Model, Overlay};

/// What an entry does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Run {
    /// An action of the table.
    Action(Action),
    /// Opens a matrix.
    Group(GroupId),
    /// Shows a store.
    Store(StoreCode),
}

/// An entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What is matched and shown.
    pub label: String,
    /// What kind it is, or its key.
    pub hint: String,
    /// Why it can't be done now.
    pub disabled: Option<&'static str>,
    /// What it does.
    pub run: Run,
}

impl AsRef<str> for Entry {
    fn as_ref(&self) -> &str {
        &self.label
    }
}

/// What the palette shows for what is typed.
pub fn entries(model: &Model) -> Vec<Entry> {
    let Some(Overlay::Palette { input, found, .. }) = &model.overlay else { return Vec::new() };
    let mut actions: Vec<Entry> = Vec::new();
    for (binding, keys) in model.keymap.of_view(model.view) {
        let moves = matches!(
            binding.action,
            Action::Up
                | Action::Down
                | Action::Left
                | Action::Right
                | Action::PageUp
                | Action::PageDown
                | Action::First
                | Action::Last
                | Action::NextPane
                | Action::PreviousPane
                | Action::Palette
                | Action::Back
        );
        if !moves && actions.iter().all(|entry| entry.run != Run::Action(binding.action)) {
            actions.push(Entry {
                label: binding.help.to_owned(),
                hint: keys.first().map(Chord::to_string).unwrap_or_default(),
                disabled: availability(model, binding.action).err(),
                run: Run::Action(binding.action),
            });
        }
    }
    let text = input.value().trim();
    if text.is_empty() {
        // Screens first: that is what most go for.
        actions.sort_by_key(|entry| !entry.hint.starts_with(|c: char| c.is_ascii_digit()));
        return actions;
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let matched = pattern.match_list(actions, &mut matcher).into_iter().map(|(entry, _)| entry);
    let objects = found.values().flatten().filter_map(|item| match item {
        Item::Group { group, .. } => Some(Entry {
            label: group.name.to_string(),
            hint: "access group".to_owned(),
            disabled: None,
            run: Run::Group(group.id.clone()),
        }),
        Item::Store { store, .. } => Some(Entry {
            label: format!("{} {}", store.code, store.name),
            hint: "store".to_owned(),
            disabled: None,
            run: Run::Store(store.code.clone()),
        }),
        _ => None,
    });
    // An action named in so many words comes first; objects found by the server before loose matches.
    let (sure, loose): (Vec<Entry>, Vec<Entry>) =
        matched.partition(|entry| entry.label.to_lowercase().contains(&text.to_lowercase()));
    sure.into_iter().chain(objects).chain(loose).collect()
}
