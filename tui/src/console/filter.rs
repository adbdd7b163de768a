//! The language of the filter line: `zone:north status:active kingston`. Parsed here once; the server filters, and
//! marks that a filter hides are counted by the same words.

use bailiwick_policy::ids::{ConceptCode, GroupId, ZoneCode};
use bailiwick_policy::name::fold;
use bailiwick_policy::object::Store;
use bailiwick_policy::query::{GroupFilter, List};

use super::tree::PlacesKnown;

/// A filter of stores.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StoreFilter {
    /// In this zone.
    pub zone: Option<ZoneCode>,
    /// Of this concept.
    pub concept: Option<ConceptCode>,
    /// With this group.
    pub group: Option<GroupFilter>,
    /// Active or suspended.
    pub active: Option<bool>,
    /// With this in code or name.
    pub text: String,
}

/// What may stand before a colon, with an example of what may stand behind it.
pub const STORE_COLUMNS: &str = "zone:CODE concept:CODE (each with all below it) group:ID (=ID explicit only, inherited) status:active|suspended";

impl StoreFilter {
    /// Reads a filter. An empty one lets everything through.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            match word.split_once(':') {
                None => words.push(word),
                // Still being typed.
                Some((_, "")) => {}
                Some(("zone", code)) => filter.zone = Some(code.parse().map_err(|bad| format!("{bad}"))?),
                Some(("concept", code)) => filter.concept = Some(code.parse().map_err(|bad| format!("{bad}"))?),
                Some(("group", "inherited")) => filter.group = Some(GroupFilter::Inheriting),
                Some(("group", id)) => filter.group = Some(group(id)?),
                Some(("status", word)) => filter.active = Some(status(word)?),
                Some((other, _)) => return Err(format!("`{other}:` is no column here: {STORE_COLUMNS}")),
            }
        }
        filter.text = words.join(" ");
        Ok(filter)
    }

    /// The list it asks for.
    pub fn list(&self) -> List {
        List::Stores {
            zone: self.zone.clone(),
            concept: self.concept.clone(),
            group: self.group.clone(),
            active: self.active,
            below: true,
        }
    }

    /// Whether it lets a store through, with the group in force for it.
    pub fn lets(&self, store: &Store, effective: Option<&GroupId>, places: &PlacesKnown) -> bool {
        let text = fold(&self.text);
        self.zone.as_ref().is_none_or(|of| store.zone.as_ref().is_some_and(|zone| places.zone_within(zone, of)))
            && self.concept.as_ref().is_none_or(|of| store.concept.as_ref().is_some_and(|concept| places.concept_within(concept, of)))
            && self.active.is_none_or(|active| store.active == active)
            && self.group.as_ref().is_none_or(|group| match group {
                GroupFilter::Explicit(id) => store.group.as_ref() == Some(id),
                GroupFilter::Inheriting => store.group.is_none(),
                GroupFilter::Effective(id) => effective == Some(id),
            })
            && (text.is_empty() || fold(store.code.as_str()).contains(&text) || fold(store.name.as_str()).contains(&text))
    }
}

fn group(id: &str) -> Result<GroupFilter, String> {
    match id.strip_prefix('=') {
        Some("") => Err("`=` wants the id of a group behind it".to_owned()),
        Some(id) => Ok(GroupFilter::Explicit(id.parse().map_err(|bad| format!("{bad}"))?)),
        None => Ok(GroupFilter::Effective(id.parse().map_err(|bad| format!("{bad}"))?)),
    }
}

fn status(word: &str) -> Result<bool, String> {
    // Prefixes count, so that the list narrows while the word is typed.
    if "active".starts_with(word) {
        Ok(true)
    } else if "suspended".starts_with(word) || "inactive".starts_with(word) {
        Ok(false)
    } else {
        Err(format!("`{word}` is no status: it is `active` or `suspended`"))
    }
}

/// A filter of groups: `status:active text`.
pub fn parse_groups(text: &str) -> Result<(List, String), String> {
    let (mut active, mut words) = (None, Vec::new());
    for word in text.split_whitespace() {
        match word.split_once(':') {
            None => words.push(word),
            Some((_, "")) => {}
            Some(("status", word)) => active = Some(status(word)?),
            Some((other, _)) => return Err(format!("`{other}:` is no column here: status:active|inactive")),
        }
    }
    Ok((List::Groups { active }, words.join(" ")))
}

/// Puts `column:value` into a filter in place of what it said about that column.
pub fn with_column(text: &str, column: &str, value: Option<&str>) -> String {
    let head = format!("{column}:");
    let kept = text.split_whitespace().filter(|word| !word.starts_with(&head)).map(str::to_owned);
    let new = value.map(|value| format!("{head}{value}"));
    new.into_iter().chain(kept).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_names_columns_and_free_text() {
        let filter = StoreFilter::parse("zone:north group:=pos status:act market street").expect("it reads");
        assert_eq!(filter.zone.as_ref().map(ZoneCode::as_str), Some("north"));
        assert!(matches!(&filter.group, Some(GroupFilter::Explicit(id)) if id.as_str() == "pos"));
        assert_eq!((filter.active, filter.text.as_str()), (Some(true), "market street"));
    }

    #[test]
    fn an_unknown_column_is_an_error_with_the_remedy() {
        assert!(StoreFilter::parse("colour:red").expect_err("no such column").contains("zone:CODE"));
        assert!(parse_groups("zone:x").is_err());
        assert_eq!(parse_groups("status:in till").map(|(_, text)| text), Ok("till".to_owned()));
    }

    #[test]
    fn a_column_is_replaced_in_place() {
        assert_eq!(with_column("zone:a kingston", "zone", Some("b")), "zone:b kingston");
        assert_eq!(with_column("zone:a kingston", "zone", None), "kingston");
        assert_eq!(with_column("", "group", Some("pos")), "group:pos");
    }
}
