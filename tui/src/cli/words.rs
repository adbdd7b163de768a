//! Values of flags: how each is written, and what is said of one that isn't right. Pure.

use std::time::Duration;

use bailiwick_policy::access::{Class, Grant, Levels};
use bailiwick_policy::ids::{ResourceId, Revision};
use bailiwick_rpc::api::{At, Receipt};

/// A cell of a matrix as given by `--grant`.
pub type Grants = Grant;

/// A column of ours and what the file calls it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// Our word.
    pub ours: String,
    /// The file's header.
    pub theirs: String,
}

/// `local`, `max_staleness=D`, `at_least=RECEIPT`, `linearizable` or `at_exactly=REV`.
pub fn parse_at(text: &str) -> Result<At, String> {
    match text.split_once('=') {
        None if text == "local" => Ok(At::Local),
        None if text == "linearizable" => Ok(At::Linearizable),
        Some(("max_staleness", bound)) => {
            let bound = parse_duration(bound)?;
            Ok(At::MaxStaleness(u64::try_from(bound.as_millis()).unwrap_or(u64::MAX)))
        }
        Some(("at_least", receipt)) => {
            let receipt = Receipt(receipt.to_owned());
            if receipt.parts().is_none() {
                return Err(format!("`{receipt}` is no receipt: a write prints one, as `CLUSTER.INCARNATION.REVISION`"));
            }
            Ok(At::AtLeast(receipt))
        }
        Some(("at_exactly", revision)) => {
            let revision = revision.parse().map_err(|_| format!("`{revision}` is no revision: it is a whole number"))?;
            Ok(At::AtExactly(Revision(revision)))
        }
        _ => Err("it is `local`, `max_staleness=D`, `at_least=RECEIPT`, `linearizable` or `at_exactly=REV`".to_owned()),
    }
}

/// A whole number with `ms`, `s` or `m`; without a unit, milliseconds.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let wrong = || format!("`{text}` is no length of time: write `500ms`, `10s` or `2m`");
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let scale = match unit {
        "" | "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(scale).map(Duration::from_millis).ok_or_else(wrong)
}

/// `RESOURCE[:data|:config]=LEVELS`. A resource's name may hold `:` and `=`, so both are looked for from the right.
pub fn parse_grant(text: &str) -> Result<Grants, String> {
    let (cell, levels) = text
        .rsplit_once('=')
        .ok_or_else(|| format!("`{text}` is no cell: write `RESOURCE=RW`, or `RESOURCE:config=R` for the Config API"))?;
    let levels: Levels = levels.parse()?;
    let (resource, class) = match cell.rsplit_once(':') {
        Some((resource, class)) => match class.parse::<Class>() {
            Ok(class) => (resource, class),
            Err(_) => (cell, Class::Data),
        },
        None => (cell, Class::Data),
    };
    let resource: ResourceId = resource.trim().parse().map_err(|error| format!("{error}"))?;
    Ok(Grant { resource, class, levels, narrow: None })
}

/// `OURS=THEIRS`.
pub fn parse_map(text: &str) -> Result<Mapping, String> {
    match text.split_once('=') {
        Some((ours, theirs)) if !ours.trim().is_empty() && !theirs.trim().is_empty() => {
            Ok(Mapping { ours: ours.trim().to_ascii_lowercase(), theirs: theirs.trim().to_owned() })
        }
        Some(_) | None => Err("write `OURS=THEIRS`, for instance `code=store_id`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consistency_levels_as_written() {
        assert_eq!(parse_at("local"), Ok(At::Local));
        assert_eq!(parse_at("max_staleness=2s"), Ok(At::MaxStaleness(2_000)));
        assert_eq!(parse_at("at_least=c.1.12"), Ok(At::AtLeast(Receipt("c.1.12".to_owned()))));
        assert_eq!(parse_at("linearizable"), Ok(At::Linearizable));
        assert_eq!(parse_at("at_exactly=7"), Ok(At::AtExactly(Revision(7))));
        for wrong in ["", "locally", "max_staleness=soon", "at_least=12", "at_exactly=x", "linearizable=1"] {
            assert!(parse_at(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lengths_of_time() {
        assert_eq!(parse_duration("250"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "s", "1h", "-1s", "1.5s", "18446744073709551615m"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ag_5_cells_are_sets() {
        let cell = |text: &str| parse_grant(text).map(|g| (g.resource.to_string(), g.class, g.levels));
        assert_eq!(cell("Customer=W"), Ok(("Customer".to_owned(), Class::Data, Levels::W)));
        assert_eq!(cell("Store:config=r"), Ok(("Store".to_owned(), Class::Config, Levels::R)));
        assert_eq!(cell("a:b=c=RW"), Ok(("a:b=c".to_owned(), Class::Data, Levels::all())));
        assert_eq!(cell("Points=none"), Ok(("Points".to_owned(), Class::Data, Levels::empty())));
        assert!(cell("Points").is_err() && cell("=R").is_err() && cell("Points=X").is_err());
    }
}
