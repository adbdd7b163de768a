//! An explanation in words: one sentence, and lines for a terminal.

use super::{Explanation, Miss, Step};
use crate::decision::Reason;
use crate::reference::people::Way;
use crate::state::Via;

/// One sentence: what permitted it, or what was missing.
pub fn sentence(explanation: &Explanation) -> String {
    let Explanation { org, subject, method, path, reason, .. } = explanation;
    let place = subject.split_once(':').map_or(&**subject, |(_, id)| id);
    let store = place.rsplit_once('/').map_or(place, |(store, _)| store);
    if let Some(denied) = explanation.would_deny {
        return format!("observed only: {}; without observing it would be denied ({denied})", short_cell(explanation));
    }
    match reason {
        Reason::PermitGroup
        | Reason::PermitScope
        | Reason::PermitOwn
        | Reason::PermitSet
        | Reason::PermitEndpointPrivilege
        | Reason::PermitPrivilege
        | Reason::ScopeMissing
        | Reason::NotOwner
        | Reason::OutOfScope
        | Reason::PermissionMissing
        | Reason::PrivilegeMissing
            if deciding(explanation).is_some() =>
        {
            deciding(explanation).unwrap_or_default()
        }
        Reason::PermitGroup | Reason::PermitDefaultGroup => permitted(explanation),
        Reason::PermitOpen => "the endpoint is open to everybody".to_owned(),
        Reason::PermitOwner => "the user owns the org".to_owned(),
        Reason::PermitScope => "a scope that is held permits it".to_owned(),
        Reason::PermitOwn => "a scope for what is one's own permits it".to_owned(),
        Reason::PermitSet => "a permission set permits it".to_owned(),
        Reason::PermitEndpointPrivilege => "the endpoint's privilege is held".to_owned(),
        Reason::PermitPrivilege => "a functional privilege that is held reaches it".to_owned(),
        Reason::ScopeMissing => "no scope that would do is held".to_owned(),
        Reason::NotOwner => "only one's own would be permitted, and whose it is isn't known or another's".to_owned(),
        Reason::OutOfScope => "what would permit it is held at other places".to_owned(),
        Reason::PermissionMissing => "no permission set that is held grants it".to_owned(),
        Reason::PrivilegeMissing => "no privilege that reaches it is held".to_owned(),
        Reason::ForbiddenToApplications => "applications reach this for extensions only, and the type isn't known to be one".to_owned(),
        Reason::SubjectUnknown => format!("there is no `{subject}` in org `{org}`"),
        Reason::SubjectInactive => format!("`{subject}` is suspended"),
        Reason::KeyExpired => format!("no key of `{subject}` lets in any more: rotate it"),
        Reason::OrgUnknown => format!("there is no org `{org}`"),
        Reason::OrgSuspended => format!("org `{org}` is suspended"),
        Reason::PathMalformed => format!("the path `{path}` is malformed: it must start with a slash, and have no empty segment, no `.` or `..`, and no encoded slash or NUL"),
        Reason::EndpointUnknown => unknown_endpoint(explanation),
        Reason::EndpointUnmapped => match &explanation.miss {
            Some(Miss::Resource { named: Some(resource) }) => {
                format!("{method} {path} names resource `{resource}`, which the catalogue doesn't have")
            }
            Some(_) | None => format!("{method} {path} belongs to no resource, so no group can grant it"),
        },
        Reason::StoreUnknown => format!("there is no store `{store}` in org `{org}`"),
        Reason::StoreInactive => format!("store `{store}` is suspended"),
        Reason::TillUnknown if place.contains('/') => format!("there is no till `{place}` in org `{org}`"),
        Reason::TillUnknown => format!("`{place}` names no till: a till's id is STORE/TILL"),
        Reason::TillSuspended => format!("till `{place}` is suspended"),
        Reason::NoAccessGroup if subject.starts_with("application:") => format!("`{subject}` has no access group of its own"),
        Reason::ResourceNone | Reason::NeedsRead | Reason::NeedsWrite | Reason::EndpointExcluded if deciding(explanation).is_some() => {
            deciding(explanation).unwrap_or_default()
        }
        Reason::NoAccessGroup => format!("store `{store}` has no access group, and org `{org}` has no default to inherit"),
        Reason::ResourceNone | Reason::NeedsRead | Reason::NeedsWrite | Reason::EndpointExcluded => short_cell(explanation),
        Reason::StateUnavailable | Reason::Behind | Reason::Unavailable | Reason::Compacted => {
            format!("the node couldn't decide: {reason}")
        }
    }
}

/// One way: what it takes, how it is held and where, and what came of it.
fn way(way: &Way) -> String {
    let mut text = way.what.to_string();
    if !way.through.is_empty() {
        text += &format!(" through {}", way.through.join(", "));
    }
    if !way.places.is_empty() {
        let places: Vec<String> = way.places.iter().map(ToString::to_string).collect();
        text += &format!(" at {}", places.join(", "));
    }
    let obligations: Vec<&str> = way.obligations.names().collect();
    if obligations.is_empty() { format!("{text}: {}", way.reason) } else { format!("{text}: {}, obliging to {}", way.reason, obligations.join(", ")) }
}

/// The way that gives the reason.
fn deciding(explanation: &Explanation) -> Option<String> {
    let ways = explanation.steps.iter().find_map(|step| if let Step::Ways { ways, .. } = step { Some(ways) } else { None })?;
    ways.iter().find(|one| one.reason == explanation.reason).map(way)
}

fn permitted(explanation: &Explanation) -> String {
    let (mut group_text, mut cell_text) = (String::new(), String::new());
    for step in &explanation.steps {
        if let Step::Group { name, via, .. } = step {
            group_text = match via {
                Via::Explicit => format!("group `{name}`, allocated to the store"),
                Via::Default => format!("group `{name}`, which the store inherits"),
            };
        }
        if let Step::Cell { resource, class, held, .. } = step {
            cell_text = format!("{held} on {resource} ({class})");
        }
    }
    format!("{group_text}, grants {cell_text}")
}

fn unknown_endpoint(explanation: &Explanation) -> String {
    let Explanation { method, path, .. } = explanation;
    match &explanation.miss {
        Some(Miss::Endpoint { methods, .. }) if !methods.is_empty() => {
            format!("no endpoint has {method} {path}; the path is known with {}", methods.join(", "))
        }
        Some(Miss::Endpoint { nearest: Some(nearest), .. }) => {
            format!("no endpoint has {method} {path}; the nearest is `{nearest}`")
        }
        Some(_) | None => format!("no endpoint has {method} {path}"),
    }
}

fn short_cell(explanation: &Explanation) -> String {
    let name = explanation.steps.iter().find_map(|step| {
        if let Step::Group { name, .. } = step { Some(&**name) } else { None }
    });
    if let Some(Miss::Narrowed { resource, class, endpoint, .. }) = &explanation.miss {
        return format!("group `{}` narrows {resource} ({class}), and leaves out `{endpoint}`", name.unwrap_or_default());
    }
    let Some(Miss::Cell { resource, class, held, needed, .. }) = &explanation.miss else {
        return "the endpoint belongs to no resource: no group grants it, though users and applications may reach it".to_owned();
    };
    let needed = needed.to_string().replace('+', " or ");
    format!("group `{}` grants {held} on {resource} ({class}), and {needed} is needed", name.unwrap_or_default())
}

/// The answer, the chain, and what would allow it.
pub fn lines(explanation: &Explanation) -> Vec<String> {
    let Explanation { subject, method, path, reason, .. } = explanation;
    // A node of before says a call's method and path only.
    let asked = if explanation.asked.is_empty() { format!("{method} {path}") } else { explanation.asked.to_string() };
    let mut lines = vec![
        match explanation.would_deny {
            None => format!("{}: {subject} {asked} ({reason})", reason.verdict()),
            Some(denied) => format!("{}: {subject} {asked} ({reason}, would deny: {denied})", reason.verdict()),
        },
        format!("  {}", explanation.sentence),
    ];
    let obligations: Vec<&str> = explanation.obligations.names().collect();
    if !obligations.is_empty() {
        lines.push(format!("  {:<9} {}", "obliges", obligations.join(", ")));
    }
    if !explanation.places.is_empty() {
        let places: Vec<String> = explanation.places.iter().map(ToString::to_string).collect();
        lines.push(format!("  {:<9} {}", "places", places.join(", ")));
    }
    for fact in &explanation.steps {
        lines.extend(step(fact).map(|(label, text)| format!("  {label:<9} {text}")));
        if let Step::Ways { ways, .. } = fact {
            lines.extend(ways.iter().map(|one| format!("  {:<9} {}", "way", way(one))));
        }
    }
    if !explanation.remedies.is_empty() {
        lines.push("  would allow it:".to_owned());
        lines.extend(explanation.remedies.iter().map(|remedy| format!("    {}", remedy.text)));
    }
    lines
}

fn step(step: &Step) -> Option<(&'static str, String)> {
    let state = |active: bool| if active { "active" } else { "suspended" };
    match step {
        Step::Org { org, name, active } => Some(("org", format!("{org} ({name}), {}", state(*active)))),
        // The path stands in the first line already.
        Step::Path { .. } | Step::Unknown | Step::Ways { .. } => None,
        Step::Subject { name, kind, active, keyed_out } => {
            let keys = if *keyed_out { ", no key of which lets in" } else { "" };
            Some(("subject", format!("{name} ({kind}), {}{keys}", state(*active))))
        }
        Step::Forbidden {} => Some(("type", "not known to be an extension".to_owned())),
        Step::Place { place, closed: None } => Some(("place", place.to_string())),
        Step::Place { place, closed: Some(reason) } => Some(("place", format!("{place} ({reason})"))),
        Step::Endpoint { endpoint, template, resource, mapped, class, needed, .. } => {
            let method = endpoint.as_str().split_once(' ').map_or("", |(method, _)| method);
            let resource = match resource {
                Some(resource) if *mapped => resource.to_string(),
                Some(resource) => format!("{resource}, which the catalogue lacks"),
                None => "no resource".to_owned(),
            };
            let needed = needed.to_string().replace('+', " or ");
            Some(("endpoint", format!("{method} {template}: {resource}, {class}, {needed} needed")))
        }
        Step::Store { store, name, zone, zone_name, active } => {
            let zone = match (zone, zone_name) {
                (Some(zone), Some(name)) => format!("zone {zone} ({name})"),
                (Some(zone), None) => format!("zone {zone}"),
                (None, _) => "root zone".to_owned(),
            };
            Some(("store", format!("{store} ({name}), {zone}, {}", state(*active))))
        }
        Step::Till { till, active } => Some(("till", format!("{till}, {}", state(*active)))),
        Step::Group { name, kind, via, observe, .. } => {
            let via = match via {
                Via::Explicit => "allocated to the store",
                Via::Default => "inherited from the org's default",
            };
            let observe = if *observe { ", observing" } else { "" };
            Some(("group", format!("{name} ({kind}), {via}{observe}")))
        }
        Step::Cell { resource, class, held, narrow, .. } => {
            let narrow = narrow.as_ref().map(|narrow| format!(", {narrow}")).unwrap_or_default();
            Some(("cell", format!("{resource} ({class}): {held}{narrow}")))
        }
    }
}
