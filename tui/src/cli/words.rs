//! Values of flags: how each is written, and what is said of one that isn't right. Pure.

mod domain;

use std::time::Duration;

pub use self::domain::*;

use bailiwick_policy::access::{Class, Grant, Levels};
use bailiwick_policy::ids::{EndpointId, ResourceId, Revision};
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
    let CellOf(resource, class) = parse_cell(cell)?;
    Ok(Grant { resource, class, levels, narrow: None })
}

/// Which cell: a resource and a class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CellOf(pub ResourceId, pub Class);

/// `RESOURCE[:data|:config]`.
pub fn parse_cell(text: &str) -> Result<CellOf, String> {
    let (resource, class) = match text.rsplit_once(':') {
        Some((resource, class)) => match class.parse::<Class>() {
            Ok(class) => (resource, class),
            Err(_) => (text, Class::Data),
        },
        None => (text, Class::Data),
    };
    let resource: ResourceId = resource.trim().parse().map_err(|error| format!("{error}"))?;
    Ok(CellOf(resource, class))
}

/// The endpoints that a cell is narrowed to, or around, as given by `--only` and `--except`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Narrowing {
    /// The cell's resource.
    pub resource: ResourceId,
    /// The cell's class.
    pub class: Class,
    /// The endpoints.
    pub endpoints: Vec<EndpointId>,
}

/// `RESOURCE[:data|:config]=METHOD /path,METHOD /path`. A name and a path may hold `=` and `,`: a path begins where a
/// method and a blank stand before it.
pub fn parse_narrowing(text: &str) -> Result<Narrowing, String> {
    let wrong = || format!("`{text}` narrows no cell: write `RESOURCE=GET /path,POST /path`, or `RESOURCE:config=…` for the Config API");
    let at = text.match_indices('=').map(|(at, _)| at).find(|at| text.get(at + 1..).is_some_and(begins_endpoint)).ok_or_else(wrong)?;
    let (cell, list) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    let CellOf(resource, class) = parse_cell(cell)?;
    let mut parts: Vec<String> = Vec::new();
    for part in list.split(',') {
        match parts.last_mut() {
            Some(last) if !begins_endpoint(part) => {
                last.push(',');
                last.push_str(part);
            }
            Some(_) | None => parts.push(part.to_owned()),
        }
    }
    let endpoints = parts.iter().map(|part| parse_endpoint(part)).collect::<Result<_, String>>()?;
    Ok(Narrowing { resource, class, endpoints })
}

fn begins_endpoint(text: &str) -> bool {
    let method = text.trim_start().split_once(' ').map(|(method, _)| method);
    method.is_some_and(|method| !method.is_empty() && method.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// `METHOD /path`.
pub fn parse_endpoint(text: &str) -> Result<EndpointId, String> {
    let (method, path) = text.trim().split_once(' ').ok_or_else(|| format!("`{text}` is no endpoint: write `METHOD /path`"))?;
    let template = bailiwick_policy::path::template(path.trim()).map_err(|why| format!("{path}: {why}"))?;
    format!("{} {}", method.to_ascii_uppercase(), template.canonical).parse().map_err(|error| format!("{error}"))
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
    fn ag_6_narrowings_as_written() {
        let read = |text: &str| parse_narrowing(text).map(|n| (n.resource.to_string(), n.class, n.endpoints.iter().map(ToString::to_string).collect::<Vec<_>>()));
        let endpoints = |all: &[&str]| all.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>();
        assert_eq!(read("Customer:Data=get /v2/x,POST /v2/{id}"), Ok(("Customer".to_owned(), Class::Data, endpoints(&["GET /v2/x", "POST /v2/{}"]))));
        assert_eq!(read("a=b:config=GET /v2/x,y=1"), Ok(("a=b".to_owned(), Class::Config, endpoints(&["GET /v2/x,y=1"]))));
        for wrong in ["Customer", "Customer=", "Customer=GET", "=GET /x", "Customer=/v2/x"] {
            assert!(read(wrong).is_err(), "{wrong}");
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
