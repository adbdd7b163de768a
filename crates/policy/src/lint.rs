//! The lint: what is lawful and still most likely a mistake. Of a catalogue as it comes in, row by row, where repeats
//! and odd paths can still be seen; and of an org as it is.

mod applications;
mod people;
mod scopes;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{EndpointId, ResourceId};
use crate::limits::EXAMPLES_MAX;
use crate::name::fold;
use crate::outcome::codes;
use crate::path::{self, TemplateNote};
use crate::plan::endpoint_id;
use crate::state::{OrgState, State};

pub use applications::applications;
pub use people::{people, standard_sets, unknown_modules};
pub use scopes::scopes;

codes! {
    /// What was found.
    LintCode {
        /// A row repeats another, path and method letter by letter.
        EndpointRepeated = "endpoint_repeated",
        /// A row repeats another once both are normalised.
        EndpointRepeatedAlike = "endpoint_repeated_alike",
        /// A row can't be read.
        EndpointUnreadable = "endpoint_unreadable",
        /// A path has no slash at its start.
        PathNoSlash = "path_no_slash",
        /// A path has empty segments.
        PathEmptySegment = "path_empty_segment",
        /// A path has a query.
        PathQuery = "path_query",
        /// A path's braces don't balance: it matches nothing.
        PathBracesUnbalanced = "path_braces_unbalanced",
        /// A path's braces are doubled.
        PathBracesDoubled = "path_braces_doubled",
        /// A segment of a path is part text, part parameter.
        PathMixedSegment = "path_mixed_segment",
        /// A path has a segment `.` or `..`: it matches nothing.
        PathDotSegment = "path_dot_segment",
        /// An endpoint belongs to no resource: nobody can be granted it.
        EndpointUnmapped = "endpoint_unmapped",
        /// An endpoint names a resource that the catalogue lacks.
        EndpointResourceUnknown = "endpoint_resource_unknown",
        /// Names of resources differ by case, blanks or a plural alone.
        ResourcesAlike = "resources_alike",
        /// A resource has no endpoints: a grant on it does nothing.
        ResourceEmpty = "resource_empty",
        /// A group's cell names a resource that the catalogue lacks (AG-10).
        GrantInert = "grant_inert",
        /// A narrowed cell names endpoints that are gone.
        NarrowInert = "narrow_inert",
        /// A custom group has no cell: whoever has it is denied everything.
        GroupEmpty = "group_empty",
        /// A custom group that no store has.
        GroupUnused = "group_unused",
        /// The default grants everything.
        DefaultOverbroad = "default_overbroad",
        /// Stores, but no default: new ones are denied everything (AG-23).
        DefaultMissing = "default_missing",
        /// Groups that only observe: what they would deny is permitted.
        Observing = "observing",
        /// A permission set's name says other than what it grants.
        NameLies = "name_lies",
        /// A permission set of a file grants on a sub-module that no catalogue knows.
        ModuleUnknown = "module_unknown",
        /// A permission set creates what it doesn't show.
        CreateWithoutView = "create_without_view",
        /// A permission set holds what the catalogue no longer offers.
        SetTombstone = "set_tombstone",
        /// A permission set grants nothing.
        SetEmpty = "set_empty",
        /// No user has a permission set.
        SetUnused = "set_unused",
        /// Whoever made an assignment could not make it now (UM-4).
        GrantUnmakeable = "grant_unmakeable",
        /// An endpoint writes, and a scope for reading is enough for it.
        EndpointWritesByRead = "endpoint_writes_by_read",
        /// An endpoint asks for no scope, where others of the org do.
        EndpointScopeless = "endpoint_scopeless",
        /// A scope's name has blanks or odd characters.
        ScopeOdd = "scope_odd",
        /// Nothing names a scope, or any of an entity's.
        ScopeUnused = "scope_unused",
        /// A control or an endpoint names scopes that no tier knows any more.
        ScopeTombstone = "scope_tombstone",
        /// A custom access control that no user group has.
        ControlUnused = "control_unused",
        /// A user group has access controls that no catalogue knows any more.
        ControlTombstone = "control_tombstone",
        /// A user group has access controls, and nobody is in it.
        UserGroupEmpty = "user_group_empty",
        /// A role that no application has.
        RoleUnused = "role_unused",
        /// A role or a holder of one names what the catalogue no longer has.
        RoleTombstone = "role_tombstone",
        /// A role beside the default one, which reaches further anyway: it narrows nothing (APP-18).
        RoleNarrowsNothing = "role_narrows_nothing",
        /// An application has roles that grant it nothing (APP-13).
        RoleInert = "role_inert",
        /// An application holds nothing: every call of it is denied.
        ApplicationPowerless = "application_powerless",
        /// No key lets an application in.
        ApplicationKeyless = "application_keyless",
    }
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub code: Arc<str>,
    /// Where: an object, or the lines of a file.
    pub place: String,
    /// A sentence.
    pub text: String,
}

fn finding(code: LintCode, place: impl Into<String>, text: impl Into<String>) -> Finding {
    Finding { code: code.as_str().into(), place: place.into(), text: text.into() }
}

/// A row of a catalogue as it stands in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CatalogueRow {
    /// Its line.
    pub line: u64,
    /// The method as given.
    pub method: String,
    /// The path as given.
    pub path: String,
    /// The resource; none is blank or a dash.
    pub resource: Option<String>,
}

/// Everything odd about a catalogue that comes in, in the order of its lines.
pub fn rows(rows: &[CatalogueRow]) -> Vec<Finding> {
    let mut found: Vec<(u64, Finding)> = Vec::new();
    let mut seen: BTreeMap<EndpointId, Vec<&CatalogueRow>> = BTreeMap::new();
    for row in rows {
        let line = format!("line {}", row.line);
        let shown = format!("{} {}", row.method.trim().to_ascii_uppercase(), row.path.trim());
        match endpoint_id(&row.method, &row.path) {
            Err((_, why)) => found.push((row.line, finding(LintCode::EndpointUnreadable, line, why))),
            Ok((id, template)) => {
                for note in &template.notes {
                    found.push((row.line, finding(code_of(*note), line.clone(), format!("{shown}: {}", note.text()))));
                }
                if row.resource.is_none() {
                    found.push((row.line, finding(LintCode::EndpointUnmapped, line, format!("{shown} belongs to no resource"))));
                }
                seen.entry(id).or_default().push(row);
            }
        }
    }
    for (id, rows) in &seen {
        found.extend(repeats(id, rows));
    }
    found.sort_by_key(|(line, _)| *line);
    let mut findings: Vec<Finding> = found.into_iter().map(|(_, finding)| finding).collect();
    findings.extend(alike(rows.iter().filter_map(|row| row.resource.as_deref())));
    findings
}

/// How much of a catalogue is said more than once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Repeats {
    /// Endpoints once normalised: what an import comes to.
    pub endpoints: u64,
    /// Of these, those with rows that are equal letter by letter.
    pub exact: u64,
    /// And those with more than one row, equal or not.
    pub normalised: u64,
}

/// Counts endpoints and their repeats; rows that can't be read count for nothing.
pub fn repeats_in(rows: &[CatalogueRow]) -> Repeats {
    let mut seen: BTreeMap<EndpointId, Vec<&CatalogueRow>> = BTreeMap::new();
    for row in rows {
        if let Ok((id, _)) = endpoint_id(&row.method, &row.path) {
            seen.entry(id).or_default().push(row);
        }
    }
    let mut counted = Repeats::default();
    for (id, rows) in &seen {
        let exact = |found: &(u64, Finding)| &*found.1.code == LintCode::EndpointRepeated.as_str();
        counted.endpoints += 1;
        counted.normalised += u64::from(rows.len() > 1);
        counted.exact += u64::from(repeats(id, rows).iter().any(exact));
    }
    counted
}

/// Rows of one endpoint: those that repeat one above letter by letter, and those that do so once normalised.
fn repeats(id: &EndpointId, rows: &[&CatalogueRow]) -> Vec<(u64, Finding)> {
    let raw = |row: &CatalogueRow| (row.method.trim().to_ascii_uppercase(), row.path.trim().to_owned());
    let mut found = Vec::new();
    for (place, row) in rows.iter().enumerate().skip(1) {
        let above = rows.get(..place).unwrap_or_default();
        let line = format!("line {}", row.line);
        if let Some(same) = above.iter().find(|other| raw(other) == raw(row)) {
            let text = format!("{id} stands on line {} too", same.line);
            found.push((row.line, finding(LintCode::EndpointRepeated, line, text)));
        } else if let Some(first) = above.first() {
            let text = format!("{id} stands on line {} too, written `{}`", first.line, first.path.trim());
            found.push((row.line, finding(LintCode::EndpointRepeatedAlike, line, text)));
        }
    }
    found
}

fn code_of(note: TemplateNote) -> LintCode {
    match note {
        TemplateNote::LeadingSlashMissing => LintCode::PathNoSlash,
        TemplateNote::EmptySegment => LintCode::PathEmptySegment,
        TemplateNote::Query => LintCode::PathQuery,
        TemplateNote::BracesUnbalanced => LintCode::PathBracesUnbalanced,
        TemplateNote::BracesDoubled => LintCode::PathBracesDoubled,
        TemplateNote::MixedSegment => LintCode::PathMixedSegment,
        TemplateNote::DotSegment => LintCode::PathDotSegment,
    }
}

/// Names that differ by case, blanks or number alone.
fn alike<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Finding> {
    let mut by_stem: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in names {
        let all = by_stem.entry(stem(name)).or_default();
        if !all.contains(&name) {
            all.push(name);
        }
    }
    by_stem
        .into_values()
        .filter(|names| names.len() > 1)
        .map(|mut names| {
            names.sort_unstable();
            let all = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            finding(LintCode::ResourcesAlike, format!("resource:{}", names.join(", ")), format!("{all} differ by case or number alone: one resource, or several?"))
        })
        .collect()
}

/// A name without case, blanks at its ends or between words doubled, and the plural of its last word.
fn stem(name: &str) -> String {
    let folded = fold(name);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let text = words.join(" ");
    match text.strip_suffix("ies") {
        Some(rest) if !rest.is_empty() => format!("{rest}y"),
        Some(_) | None => text.strip_suffix('s').filter(|rest| rest.len() > 2 && !rest.ends_with('s')).map_or(text.clone(), str::to_owned),
    }
}

/// Everything odd about an org, its people and its applications, and about the standard sets that come with it.
pub fn all(state: &State, of: &OrgState) -> Vec<Finding> {
    let mut found = org(of);
    found.extend(scopes(state, of));
    found.extend(people(state, of));
    found.extend(applications(state, of));
    found.extend(standard_sets(&state.platform));
    found
}

/// Everything odd about an org's stores, access groups and catalogue.
pub fn org(org: &OrgState) -> Vec<Finding> {
    let mut found = Vec::new();
    for endpoint in org.endpoints.values() {
        let place = format!("endpoint:{}", endpoint.id);
        if !endpoint.matchable {
            let notes = path::template(&endpoint.template).map(|template| template.notes).unwrap_or_default();
            let code = if notes.contains(&TemplateNote::DotSegment) { LintCode::PathDotSegment } else { LintCode::PathBracesUnbalanced };
            found.push(finding(code, place.clone(), "its template matches nothing"));
        }
        match &endpoint.resource {
            None if endpoint.routes.as_ref().is_some_and(|routes| routes.open || !routes.scopes.is_empty() || !routes.permissions.is_empty()) => {}
            None => found.push(finding(LintCode::EndpointUnmapped, place, "it belongs to no resource, and asks for no scope and no permission: nobody can be granted it")),
            Some(resource) if !org.resources.contains_key(resource) => {
                found.push(finding(LintCode::EndpointResourceUnknown, place, format!("it names resource `{resource}`, which the catalogue lacks")));
            }
            Some(_) => {}
        }
    }
    found.extend(alike(org.resources.keys().map(ResourceId::as_str)));
    for resource in org.resources.keys() {
        if !org.resource_endpoints.contains_key(resource) {
            found.push(finding(LintCode::ResourceEmpty, format!("resource:{resource}"), "it has no endpoints: a grant on it does nothing"));
        }
    }
    found.extend(groups(org));
    found
}

fn groups(org: &OrgState) -> Vec<Finding> {
    let mut found = Vec::new();
    for group in org.groups.values() {
        let place = format!("access-group:{}", group.id);
        let custom = group.kind == crate::object::GroupKind::Custom;
        let inert: Vec<String> = group.grants.iter().filter(|g| !org.resources.contains_key(&g.resource)).map(|g| format!("`{}`", g.resource)).collect();
        if !inert.is_empty() {
            let shown = inert.iter().take(EXAMPLES_MAX).cloned().collect::<Vec<_>>().join(", ");
            found.push(finding(LintCode::GrantInert, place.clone(), format!("it grants on resources that the catalogue lacks: {shown}")));
        }
        for cell in group.grants.iter() {
            let gone = cell.narrow.as_ref().map_or(0, |n| n.endpoints().iter().filter(|id| !org.endpoints.contains_key(*id)).count());
            if gone > 0 {
                let text = format!("{} ({}) is narrowed by {gone} endpoints that are gone", cell.resource, cell.class);
                found.push(finding(LintCode::NarrowInert, place.clone(), text));
            }
        }
        if custom && group.grants.is_empty() {
            found.push(finding(LintCode::GroupEmpty, place.clone(), "it has no cell: whoever has it is denied everything"));
        }
        if custom && group.active && org.stores_explicit(&group.id) + org.stores_inherited(&group.id) == 0 {
            found.push(finding(LintCode::GroupUnused, place, "no store has it: deactivate it, or allocate it"));
        }
    }
    let observing: u64 = org.members.iter().filter(|(class, _)| class.as_ref().is_some_and(|(_, observe)| *observe)).map(|(_, m)| m.stores).sum();
    let place = format!("org:{}", org.org.org);
    if observing > 0 {
        found.push(finding(LintCode::Observing, place.clone(), format!("{observing} stores only observe: what their group would deny is permitted")));
    }
    match org.org.default_group.as_ref().and_then(|id| org.groups.get(id)) {
        Some(default) if default.wildcard => {
            found.push(finding(LintCode::DefaultOverbroad, place.clone(), format!("its default group `{}` grants everything", default.name)));
        }
        Some(_) => {}
        None if !org.stores.is_empty() => {
            found.push(finding(LintCode::DefaultMissing, place.clone(), "it has no default group: a store without a group of its own is denied everything"));
        }
        None => {}
    }
    if org.org.default_observe {
        found.push(finding(LintCode::Observing, place, "its default only observes: what it would deny is permitted"));
    }
    found
}
