//! Values of flags that name things of the domain: places, moments ahead, actions on sub-modules, kinds of people.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bailiwick_policy::ids::{ModuleId, ScopeId, Tick};
use bailiwick_policy::object::{Audience, Designation, UserType};
use bailiwick_policy::permission::{ModuleGrant, Permission};
use bailiwick_policy::place::{Place, PlaceLevel};

use crate::cli::moment::{length_ms, parse_moment};

/// `employee` or `customer` (AC-5).
pub fn parse_audience(text: &str) -> Result<Audience, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "employee" => Ok(Audience::Employee),
        "customer" => Ok(Audience::Customer),
        _other => Err(format!("`{text}` is no audience: it is employee or customer")),
    }
}

/// `standard`, `admin` or `owner` (UM-1).
pub fn parse_user_type(text: &str) -> Result<UserType, String> {
    text.parse()
}

/// `org`, `zone:CODE`, `concept:CODE` or `store:CODE` (UM-16).
pub fn parse_place(text: &str) -> Result<Place, String> {
    text.parse()
}

/// `on` or `off`.
pub fn parse_switch(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" => Ok(true),
        "off" | "no" | "false" => Ok(false),
        _other => Err(format!("`{text}` is neither on nor off")),
    }
}

/// A whole number with `s`, `m`, `h`, `d` or `w`.
pub fn parse_lasting(text: &str) -> Result<Duration, String> {
    match length_ms(text.trim()) {
        Some(ms) if ms > 0 => Ok(Duration::from_millis(ms)),
        Some(_) | None => Err(format!("`{text}` is no length of time: write 30m, 2h, 7d or 2w")),
    }
}

/// A date, a time as in RFC 3339, or how long from now.
pub fn parse_ahead(text: &str) -> Result<Tick, String> {
    match length_ms(text.trim()) {
        Some(ms) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Ok(Tick(u64::try_from(now.as_millis()).unwrap_or(u64::MAX).saturating_add(ms)))
        }
        None => parse_moment(text)
            .map_err(|_| format!("`{text}` is no moment: write a date, a time such as 2026-05-01T08:30:00Z, or how long from now, such as 8h or 7d")),
    }
}

/// `MODULE/SUB-MODULE=ACTIONS`: letters of `VCEDA`, words, or `-` for none (UM-13).
pub fn parse_module_grant(text: &str) -> Result<ModuleGrant, String> {
    let (module, actions) = text
        .rsplit_once('=')
        .ok_or_else(|| format!("`{text}` is no grant: write `MODULE/SUB-MODULE=VC`, or `=-` for nothing"))?;
    let module: ModuleId = module.trim().parse().map_err(|error| format!("{error}"))?;
    Ok(ModuleGrant { module, actions: actions.parse()? })
}

/// `NAME:LEVEL`, or a level alone, which then is the name too (UM-16, UM-17).
pub fn parse_designation(text: &str) -> Result<Designation, String> {
    let wrong = || format!("`{text}` is no designation: write NAME:LEVEL, where the level is org, zone, concept or store");
    let (name, level) = text.rsplit_once(':').unwrap_or((text, text));
    let level: PlaceLevel = level.parse().map_err(|_unknown| wrong())?;
    let name = name.trim();
    if name.is_empty() {
        return Err(wrong());
    }
    Ok(Designation { name: name.into(), level })
}

/// Scopes separated by blanks, commas or `|`.
pub fn parse_scopes(text: &str) -> Result<Vec<ScopeId>, String> {
    let words = text.split([' ', '\t', ',', '|']).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|error| format!("{error}"))).collect()
}

/// Permissions separated by commas or `|`: sub-modules have blanks in them.
pub fn parse_permissions(text: &str) -> Result<Vec<Permission>, String> {
    text.split([',', '|']).map(str::trim).filter(|part| !part.is_empty()).map(str::parse).collect()
}

/// Places separated by blanks, commas, `;` or `|`.
pub fn parse_places(text: &str) -> Result<Vec<Place>, String> {
    text.split([' ', ',', ';', '|']).filter(|word| !word.is_empty()).map(str::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn um_13_a_grant_is_a_sub_module_and_its_actions() {
        let grant = parse_module_grant("Member Care/Customer PII=view,approve").expect("a grant");
        assert_eq!((grant.module.as_str(), grant.actions.to_string().as_str()), ("Member Care/Customer PII", "VA"));
        assert_eq!(parse_module_grant("Loyalty+/Basic=-").map(|g| g.actions.is_empty()), Ok(true));
        assert!(parse_module_grant("Loyalty+/Basic").is_err() && parse_module_grant("Loyalty+/Basic=read").is_err());
    }

    #[test]
    fn um_16_a_designation_has_a_level_in_any_case() {
        let read = |text: &str| parse_designation(text).map(|d| (d.name.to_string(), d.level));
        assert_eq!(read("Shift lead:STORE"), Ok(("Shift lead".to_owned(), PlaceLevel::Store)));
        assert_eq!(read("zone"), Ok(("zone".to_owned(), PlaceLevel::Zone)));
        assert!(read("Shift lead").is_err() && read(":store").is_err());
    }

    #[test]
    fn lists_of_scopes_permissions_and_places() {
        let scopes = |text: &str| parse_scopes(text).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(scopes("a.a_read b.b_read,c.c_read|d"), Ok(["a.a_read", "b.b_read", "c.c_read", "d"].map(str::to_owned).to_vec()));
        assert_eq!(scopes(" "), Ok(Vec::new()));
        assert_eq!(parse_permissions("Member Care/Customer PII:view | Loyalty+/Basic:view").map(|all| all.len()), Ok(2));
        assert_eq!(parse_places("zone:north; store:a").map(|all| all.len()), Ok(2));
        assert!(parse_places("north").is_err());
    }

    #[test]
    fn moments_ahead_are_dates_or_lengths_from_now() {
        assert_eq!(parse_ahead("2026-05-01"), Ok(Tick(1_777_593_600_000)));
        let now = parse_ahead("0s").expect("now");
        assert!(parse_ahead("2h").is_ok_and(|then| then.0 >= now.0 + 7_200_000));
        assert_eq!(parse_lasting("7d"), Ok(Duration::from_secs(604_800)));
        for wrong in ["", "0s", "soon", "7"] {
            assert!(parse_lasting(wrong).is_err(), "{wrong}");
        }
    }
}
