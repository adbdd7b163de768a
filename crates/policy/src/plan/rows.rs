//! Rows of puts: every fault of every row, found at once, so that an import can be refused with all of them named.

pub(super) mod users;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::command::*;
use crate::ids::*;
use crate::limits::{IMPORT_ROWS_MAX, TREE_LEVELS_MAX};
use crate::name::check_text;
use crate::outcome::{Rejection, RejectionCode};
use crate::path;
use crate::state::{OrgState, State};

/// A row that can't be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowFault {
    /// Its place among the rows, from 0.
    pub row: usize,
    /// The column.
    pub column: &'static str,
    /// The identifier of the rejection it would be.
    pub code: RejectionCode,
    /// What is wrong, and what would be right.
    pub cause: String,
}

/// Every fault of every row of a put; none for any other command.
pub fn faults(state: &State, command: &Command) -> Vec<RowFault> {
    let Some(org) = command.org().and_then(|org| state.orgs.get(org)) else { return Vec::new() };
    match command {
        Command::PutZones { mode, rows, .. } => zone_faults(org, *mode, rows),
        Command::PutConcepts { mode, rows, .. } => concept_faults(org, *mode, rows),
        Command::PutStores { mode, rows, .. } => store_faults(org, *mode, rows),
        Command::PutTills { mode, rows, .. } => till_faults(org, *mode, rows),
        Command::PutEndpoints { mode, rows, .. } => endpoint_faults(state, org, *mode, rows),
        Command::PutAllocations { rows, .. } => allocation_faults(org, rows),
        Command::PutUsers { mode, rows, .. } => users::faults(state, org, *mode, rows),
        // A proposal of a proposal is refused, whatever is in it.
        Command::Propose { command, .. } if !matches!(**command, Command::Propose { .. }) => faults(state, command),
        Command::InitCluster { .. }
        | Command::CreateOrg { .. }
        | Command::EditOrg { .. }
        | Command::SetDefault { .. }
        | Command::Suspend { .. }
        | Command::Resume { .. }
        | Command::CreateResource { .. }
        | Command::Remove { .. }
        | Command::CreateGroup { .. }
        | Command::EditGroup { .. }
        | Command::Allocate { .. }
        | Command::DeactivateGroup { .. }
        | Command::ReactivateGroup { .. }
        | Command::SetStoresActive { .. }
        | Command::MoveTill { .. }
        | Command::CreateCredential { .. }
        | Command::RevokeCredential { .. }
        | Command::Revert { .. }
        | Command::Apply { .. }
        | Command::CreateScope { .. }
        | Command::CreateEntity { .. }
        | Command::CreateControl { .. }
        | Command::EditControl { .. }
        | Command::CreateUserGroup { .. }
        | Command::EditUserGroup { .. }
        | Command::AssignControls { .. }
        | Command::AssignMembers { .. }
        | Command::CreateSet { .. }
        | Command::EditSet { .. }
        | Command::AssignSets { .. }
        | Command::AssignUserRoles { .. }
        | Command::CreateRole { .. }
        | Command::EditRole { .. }
        | Command::CreateEndpointPrivilege { .. }
        | Command::RegisterApplication { .. }
        | Command::EditApplication { .. }
        | Command::AssignRoles { .. }
        | Command::RotateKey { .. }
        | Command::EditSettings { .. }
        | Command::BreakGlass { .. }
        | Command::Invite { .. }
        | Command::RedeemInvitation { .. }
        | Command::SetPlatform { .. }
        | Command::Tick { .. }
        | Command::Propose { .. }
        | Command::Approve { .. }
        | Command::Decline { .. }
        | Command::Withdraw { .. }
        | Command::RetireNode { .. } => Vec::new(),
    }
}

/// Turns the faults of a put into its rejection: the first names itself, the others are counted.
pub(super) fn reject(faults: &[RowFault]) -> Result<(), Rejection> {
    let Some(first) = faults.first() else { return Ok(()) };
    let message = if faults.len() == 1 { first.cause.clone() } else { format!("{} rows can't be taken; the first: {}", faults.len(), first.cause) };
    let examples = if faults.len() == 1 { Vec::new() } else { faults.iter().map(|f| format!("row {}: {}", f.row + 1, f.cause)).collect() };
    Err(Rejection::new(first.code, message).with_examples(examples))
}

pub(super) fn bounded(rows: usize) -> Result<(), Rejection> {
    match rows {
        0 => Err(Rejection::new(RejectionCode::NothingNamed, "no rows are given")),
        n if n > IMPORT_ROWS_MAX => {
            Err(Rejection::new(RejectionCode::TooMany, format!("{n} rows: one change has at most {IMPORT_ROWS_MAX}, send them in batches")))
        }
        _fits => Ok(()),
    }
}

struct Faults(Vec<RowFault>);

impl Faults {
    fn add(&mut self, row: usize, column: &'static str, code: RejectionCode, cause: impl Into<String>) {
        self.0.push(RowFault { row, column, code, cause: cause.into() });
    }

    /// A new key must not be one that was removed.
    fn retired(&mut self, row: usize, column: &'static str, org: &OrgState, exists: bool, id: &ObjectId) {
        if !exists && !org.retired.is_empty() && org.retired.contains_key(id.to_string().as_str()) {
            self.add(row, column, RejectionCode::IdRetired, super::removals::retired_text(id));
        }
    }

    /// What every row has in common: its key exists or not as the mode wants, a new one has a name, and a key
    /// comes twice only with equal values.
    fn key<K: Ord + ToString, R: PartialEq + Clone>(
        &mut self,
        (at, row, key): (usize, &R, K),
        seen: &mut BTreeMap<K, (usize, R)>,
        exists: bool,
        mode: PutMode,
        words: &Words,
    ) -> bool {
        if let Some((first, other)) = seen.get(&key) {
            if other != row {
                self.add(
                    at,
                    words.column,
                    RejectionCode::KeyRepeated,
                    format!("{} `{}` stands in row {} with other values", words.noun, key.to_string(), first + 1),
                );
            }
            return false;
        }
        match (mode, exists) {
            (PutMode::Create, true) => self.add(at, words.column, words.exists, format!("there is a {} `{}`", words.noun, key.to_string())),
            (PutMode::Edit, false) => self.add(at, words.column, words.unknown, format!("there is no {} `{}`", words.noun, key.to_string())),
            (PutMode::Create, false) | (PutMode::Edit, true) | (PutMode::Import, _) => {}
        }
        seen.insert(key, (at, row.clone()));
        true
    }
}

struct Words {
    noun: &'static str,
    column: &'static str,
    exists: RejectionCode,
    unknown: RejectionCode,
}

fn zone_faults(org: &OrgState, mode: PutMode, rows: &[ZoneRow]) -> Vec<RowFault> {
    let words = Words { noun: "zone", column: "code", exists: RejectionCode::ZoneExists, unknown: RejectionCode::ZoneUnknown };
    let (mut faults, mut seen) = (Faults(Vec::new()), BTreeMap::new());
    let mut tree: Tree<ZoneCode> = Tree { parents: org.zones.values().map(|z| (z.code.clone(), z.parent.clone())).collect() };
    for (at, row) in rows.iter().enumerate() {
        let exists = org.zones.contains_key(&row.code);
        if faults.key((at, row, row.code.clone()), &mut seen, exists, mode, &words) {
            faults.retired(at, "code", org, exists, &ObjectId::Zone(org.org.org.clone(), row.code.clone()));
            if !exists && row.name.is_none() {
                faults.add(at, "name", RejectionCode::NameRequired, format!("zone `{}` is new and needs a name", row.code));
            }
            row.parent.clone().apply(tree.parents.entry(row.code.clone()).or_default());
        }
    }
    for (at, row) in rows.iter().enumerate() {
        if let Some(parent) = row.parent.value()
            && !tree.parents.contains_key(parent)
        {
            faults.add(at, "parent", RejectionCode::ZoneUnknown, format!("there is no zone `{parent}`"));
        }
    }
    tree.check(rows.iter().map(|r| &r.code), "zone", &mut faults);
    faults.0
}

fn concept_faults(org: &OrgState, mode: PutMode, rows: &[ConceptRow]) -> Vec<RowFault> {
    let words = Words { noun: "concept", column: "code", exists: RejectionCode::ConceptExists, unknown: RejectionCode::ConceptUnknown };
    let (mut faults, mut seen) = (Faults(Vec::new()), BTreeMap::new());
    let mut tree: Tree<ConceptCode> = Tree { parents: org.concepts.values().map(|z| (z.code.clone(), z.parent.clone())).collect() };
    for (at, row) in rows.iter().enumerate() {
        let exists = org.concepts.contains_key(&row.code);
        if faults.key((at, row, row.code.clone()), &mut seen, exists, mode, &words) {
            faults.retired(at, "code", org, exists, &ObjectId::Concept(org.org.org.clone(), row.code.clone()));
            if !exists && row.name.is_none() {
                faults.add(at, "name", RejectionCode::NameRequired, format!("concept `{}` is new and needs a name", row.code));
            }
            row.parent.clone().apply(tree.parents.entry(row.code.clone()).or_default());
        }
    }
    for (at, row) in rows.iter().enumerate() {
        if let Some(parent) = row.parent.value()
            && !tree.parents.contains_key(parent)
        {
            faults.add(at, "parent", RejectionCode::ConceptUnknown, format!("there is no concept `{parent}`"));
        }
    }
    tree.check(rows.iter().map(|r| &r.code), "concept", &mut faults);
    faults.0
}

/// A tree of places as it would be: no cycles, at most five levels (AG-37).
struct Tree<K> {
    parents: BTreeMap<K, Option<K>>,
}

impl<K: Ord + Clone + std::fmt::Display> Tree<K> {
    fn check<'a>(&self, rows: impl Iterator<Item = &'a K>, noun: &str, faults: &mut Faults)
    where
        K: 'a,
    {
        let mut first: BTreeMap<&K, usize> = BTreeMap::new();
        for (at, code) in rows.enumerate() {
            first.entry(code).or_insert(at);
        }
        for code in self.parents.keys() {
            let (mut at, mut levels, mut path) = (code.clone(), 1usize, vec![code.clone()]);
            while let Some(Some(parent)) = self.parents.get(&at) {
                // The first row that has a part in it; a fault without one was there before, and is not the rows'.
                let row = || path.iter().filter_map(|code| first.get(code)).min().copied();
                if path.contains(parent) {
                    if let Some(row) = row() {
                        faults.add(row, "parent", RejectionCode::TreeCycle, format!("{noun} `{code}` would lie below itself"));
                    }
                    break;
                }
                levels += 1;
                if levels > TREE_LEVELS_MAX {
                    if let Some(row) = row() {
                        faults.add(row, "parent", RejectionCode::TreeTooDeep, format!("{noun} `{code}` would lie on level {levels}: there are at most {TREE_LEVELS_MAX}"));
                    }
                    break;
                }
                path.push(parent.clone());
                at = parent.clone();
            }
        }
    }
}

fn store_faults(org: &OrgState, mode: PutMode, rows: &[StoreRow]) -> Vec<RowFault> {
    let words = Words { noun: "store", column: "code", exists: RejectionCode::StoreExists, unknown: RejectionCode::StoreUnknown };
    let (mut faults, mut seen) = (Faults(Vec::new()), BTreeMap::new());
    for (at, row) in rows.iter().enumerate() {
        let exists = org.stores.contains_key(&row.code);
        if !faults.key((at, row, row.code.clone()), &mut seen, exists, mode, &words) {
            continue;
        }
        faults.retired(at, "code", org, exists, &ObjectId::Store(org.org.org.clone(), row.code.clone()));
        if !exists && row.name.is_none() {
            faults.add(at, "name", RejectionCode::NameRequired, format!("store `{}` is new and needs a name", row.code));
        }
        if let Some(zone) = row.zone.value()
            && !org.zones.contains_key(zone)
        {
            faults.add(at, "zone", RejectionCode::ZoneUnknown, format!("there is no zone `{zone}`"));
        }
        if let Some(concept) = row.concept.value()
            && !org.concepts.contains_key(concept)
        {
            faults.add(at, "concept", RejectionCode::ConceptUnknown, format!("there is no concept `{concept}`"));
        }
        for (column, degrees, limit) in [("latitude", &row.latitude_e7, 900_000_000), ("longitude", &row.longitude_e7, 1_800_000_000)] {
            if let Some(value) = degrees.value()
                && !(-limit..=limit).contains(value)
            {
                faults.add(at, column, RejectionCode::TextInvalid, format!("{column} lies beyond ±{} degrees", limit / 10_000_000));
            }
        }
        let ids: Vec<&Arc<str>> = row.external_ids.value().map(|ids| ids.iter().collect()).unwrap_or_default();
        let texts = [("time_zone", row.time_zone.value()), ("language", row.language.value()), ("currency", row.currency.value())];
        for (column, text) in texts.into_iter().chain(ids.into_iter().map(|id| ("external_ids", Some(id)))) {
            if let Some(text) = text
                && let Err(why) = short_text(text)
            {
                faults.add(at, column, RejectionCode::TextInvalid, why);
            }
        }
    }
    faults.0
}

fn allocation_faults(org: &OrgState, rows: &[AllocationRow]) -> Vec<RowFault> {
    let words = Words { noun: "store", column: "store", exists: RejectionCode::StoreExists, unknown: RejectionCode::StoreUnknown };
    let (mut faults, mut seen) = (Faults(Vec::new()), BTreeMap::new());
    for (at, row) in rows.iter().enumerate() {
        let exists = org.stores.contains_key(&row.store);
        if faults.key((at, row, row.store.clone()), &mut seen, exists, PutMode::Edit, &words)
            && let Some(group) = &row.group
            && let Err(no) = super::groups::allocatable(org, group)
        {
            faults.add(at, "access_group", no.code, no.message.to_string());
        }
    }
    faults.0
}

/// The trees of an org as they are: without cycles, and no deeper than they may be (AG-37).
pub(super) fn trees_hold(org: &OrgState) -> Result<(), Rejection> {
    let zones = org.zones.values().map(|z| ZoneRow {
        code: z.code.clone(),
        name: Some(z.name.clone()),
        parent: z.parent.clone().map_or(Field::Clear, Field::To),
    });
    let concepts = org.concepts.values().map(|c| ConceptRow {
        code: c.code.clone(),
        name: Some(c.name.clone()),
        parent: c.parent.clone().map_or(Field::Clear, Field::To),
    });
    reject(&zone_faults(org, PutMode::Import, &zones.collect::<Vec<_>>()))?;
    reject(&concept_faults(org, PutMode::Import, &concepts.collect::<Vec<_>>()))
}

/// The details of a store as it is.
pub(super) fn details_fit(store: &crate::object::Store) -> Result<(), Rejection> {
    let Some(details) = &store.details else { return Ok(()) };
    let texts = [&details.time_zone, &details.language, &details.currency].into_iter().flatten().chain(&details.external_ids);
    for text in texts {
        short_text(text).map_err(|why| Rejection::new(RejectionCode::TextInvalid, format!("store `{}`: {why}", store.code)))?;
    }
    Ok(())
}

fn short_text(text: &str) -> Result<(), String> {
    check_text(text).map_err(|why| why.to_string())?;
    if text.chars().count() > crate::limits::NAME_CHARS_MAX {
        return Err("it is longer than 100 characters".to_owned());
    }
    Ok(())
}

fn till_faults(org: &OrgState, mode: PutMode, rows: &[TillRow]) -> Vec<RowFault> {
    let words = Words { noun: "till", column: "code", exists: RejectionCode::TillExists, unknown: RejectionCode::TillUnknown };
    let (mut faults, mut seen) = (Faults(Vec::new()), BTreeMap::new());
    for (at, row) in rows.iter().enumerate() {
        let exists = org.tills.contains_key(&(row.store.clone(), row.code.clone()));
        let key = TillKey(row.store.clone(), row.code.clone());
        faults.retired(at, "code", org, exists, &ObjectId::Till(org.org.org.clone(), row.store.clone(), row.code.clone()));
        if faults.key((at, row, key), &mut seen, exists, mode, &words) && !org.stores.contains_key(&row.store) {
            faults.add(at, "store", RejectionCode::StoreUnknown, format!("there is no store `{}`", row.store));
        }
    }
    faults.0
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct TillKey(StoreCode, TillCode);

impl std::fmt::Display for TillKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.0, self.1)
    }
}

fn endpoint_faults(state: &State, org: &OrgState, mode: PutMode, rows: &[EndpointRow]) -> Vec<RowFault> {
    let words = Words { noun: "endpoint", column: "path", exists: RejectionCode::EndpointExists, unknown: RejectionCode::EndpointUnknown };
    let (mut faults, mut seen): (_, BTreeMap<EndpointId, (usize, EndpointRow)>) = (Faults(Vec::new()), BTreeMap::new());
    for (at, row) in rows.iter().enumerate() {
        let (id, _template) = match endpoint_id(&row.method, &row.path) {
            Ok(found) => found,
            Err((column, cause)) => {
                faults.add(at, column, RejectionCode::EndpointInvalid, cause);
                continue;
            }
        };
        let exists = org.endpoints.contains_key(&id);
        // What makes two rows of one endpoint differ: its name doesn't, nor how it is spelt.
        let values = EndpointRow { method: "".into(), path: "".into(), name: Field::Keep, ..row.clone() };
        let present = org.endpoints.get(&id).map(|endpoint| &**endpoint);
        if !faults.key((at, &values, id), &mut seen, exists, mode, &words) {
            continue;
        }
        if mode != PutMode::Import
            && let Some(resource) = row.resource.value()
            && !org.resources.contains_key(resource)
        {
            faults.add(at, "resource", RejectionCode::ResourceUnknown, format!("there is no resource `{resource}`"));
        }
        for (column, code, cause) in super::routes::faults(state, org, mode, row, present) {
            faults.add(at, column, code, cause);
        }
    }
    faults.0
}

/// The id of an endpoint, and its template normalised; or the column that can't be read, and why.
pub fn endpoint_id(method: &str, path: &str) -> Result<(EndpointId, path::Template), (&'static str, String)> {
    let upper = method.trim().to_ascii_uppercase();
    let token = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if upper.is_empty() || upper.len() > 20 || !upper.bytes().all(token) {
        let shown: String = method.chars().take(30).flat_map(char::escape_default).collect();
        return Err(("method", format!("`{shown}` is no method: it is a word such as GET or POST")));
    }
    let template = path::template(path).map_err(|why| ("path", why.to_owned()))?;
    let id = format!("{upper} {}", template.canonical).parse().map_err(|e: BadId| ("path", e.to_string()))?;
    Ok((id, template))
}
