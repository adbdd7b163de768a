//! The nouns of scopes, people and applications: from words to commands, and from the cluster to tables and cards.
//! Each file has one noun or two that belong together; what they share is in `bundle` and here.

pub mod applications;
mod bundle;
pub mod groups;
pub mod platform;
pub mod roles;
pub mod scopes;
pub mod sets;
pub mod users;

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_policy::command::{Assign, Field, Verb};
use bailiwick_policy::name::Name;
use bailiwick_policy::place::{Bounds, Place};

use super::ask;
use super::exit::Trouble;

/// Bundles to be assigned, all at the same places and times.
fn assigns(bundles: &[String], places: &[Place], bounds: Bounds) -> Vec<Assign> {
    bundles.iter().map(|text| Assign { bounds, ..Assign::new(text.trim()).at(places.to_vec()) }).collect()
}

/// Several values of one flag.
fn values<T: FromStr<Err: Display>>(flag: &str, texts: &[String]) -> Result<Vec<T>, Trouble> {
    texts.iter().map(|text| ask::value(flag, text.trim())).collect()
}

/// What is done with the members of a bundle, by the flags that set, add and take away, of which one is given at most.
fn done_with<T: FromStr<Err: Display>>(flags: [(&str, &Vec<String>); 3]) -> Result<(Verb, Vec<T>), Trouble> {
    let [set, add, drop] = flags;
    let verbs = [(Verb::Set, set), (Verb::Add, add), (Verb::Remove, drop)];
    match verbs.into_iter().find(|(_, (_, texts))| !texts.is_empty()) {
        Some((verb, (flag, texts))) => Ok((verb, values(flag, texts)?)),
        None => Ok((Verb::Add, Vec::new())),
    }
}

/// A new name, if one is given.
fn name(text: Option<&str>) -> Result<Option<Name>, Trouble> {
    text.map(|text| ask::value("--name", text)).transpose()
}

/// A new description, if one is given.
fn description(text: Option<&str>) -> Result<Option<Arc<str>>, Trouble> {
    text.map(ask::description).transpose()
}

/// Not given keeps, empty clears.
fn text_field(text: Option<&str>) -> Field<Arc<str>> {
    match text.map(str::trim) {
        None => Field::Keep,
        Some("") => Field::Clear,
        Some(text) => Field::To(text.into()),
    }
}

/// A length of time in milliseconds.
pub fn ms(lasts: Duration) -> u64 {
    u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX)
}

/// Nothing among the flags changes anything.
fn nothing(flags: &str) -> Trouble {
    Trouble::Usage(format!("nothing to change: give {flags}"))
}
