//! The demo organisation: an authored retailer, in `node/demo/`, loaded by the same commands that anybody would use.
//!
//! Its files are part of the program, so a row that can't be read is a fault of the program and says where.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use bailiwick_policy::access::{Grant, Levels};
use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::name::Name;
use serde::Deserialize;

use super::calls::Calls;
use crate::serve::ServeError;

/// The org's code.
pub const ORG: &str = "harbour";

macro_rules! demo_file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../demo/", $name)))
    };
}

/// The org's name while it is loaded, and after: the last command tells a whole demo from one that was interrupted.
const LOADING: &str = "Harbour & Field (loading)";
const LOADED: &str = "Harbour & Field";

/// Loads it, unless it is there. What an interrupted load left behind is completed.
pub(super) async fn load(calls: &Calls) -> Result<(), ServeError> {
    let org: OrgCode = ORG.parse()?;
    let name = calls.org_name(&org).await?;
    if name.as_deref().is_some_and(|name| name != LOADING) {
        return Ok(());
    }
    for command in commands(&org)? {
        match (&command, &name) {
            (Command::CreateOrg { .. }, Some(_)) => {}
            (Command::CreateGroup { .. }, _) => calls.submit(&command, &["name_taken"]).await?,
            (_any_other, _) => calls.submit(&command, &[]).await?,
        }
    }
    Ok(())
}

/// The commands that make it, in order, for an org of this code.
pub fn commands(org: &OrgCode) -> Result<Vec<Command>, ServeError> {
    let mode = PutMode::Import;
    let mut commands = vec![
        Command::CreateOrg { org: org.clone(), name: LOADING.parse()?, owner: "ada".parse()?, owner_name: "Ada Marsh".parse()? },
        Command::PutEndpoints { org: org.clone(), mode, rows: rows(demo_file!("endpoints.csv"), endpoint)? },
        Command::SetDefault { org: org.clone(), group: Some("POS".into()), observe: false },
        Command::PutZones { org: org.clone(), mode, rows: rows(demo_file!("zones.csv"), zone)? },
        Command::PutConcepts { org: org.clone(), mode, rows: rows(demo_file!("concepts.csv"), concept)? },
    ];
    commands.extend(groups(org)?);
    commands.push(Command::PutStores { org: org.clone(), mode, rows: rows(demo_file!("stores.csv"), store)? });
    commands.push(Command::PutTills { org: org.clone(), mode, rows: rows(demo_file!("tills.csv"), till)? });
    commands.extend(allocations(org)?);
    commands.push(Command::EditOrg { org: org.clone(), name: LOADED.parse()? });
    Ok(commands)
}

fn rows<R: for<'de> Deserialize<'de>, T>((name, text): (&str, &str), read: impl Fn(R) -> Result<T, ServeError>) -> Result<Vec<T>, ServeError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut all = Vec::new();
    for (at, row) in reader.deserialize::<R>().enumerate() {
        let place = |why: &dyn Display| format!("demo/{name}, row {}: {why}", at + 1);
        let row = row.map_err(|e| place(&e))?;
        all.push(read(row).map_err(|e| place(&e))?);
    }
    Ok(all)
}

fn field<T: FromStr>(text: &str) -> Result<Field<T>, ServeError>
where
    T::Err: Display,
{
    if text.is_empty() {
        return Ok(Field::Keep);
    }
    text.parse().map(Field::To).map_err(|e: T::Err| e.to_string().into())
}

fn text(text: &str) -> Field<Arc<str>> {
    if text.is_empty() { Field::Keep } else { Field::To(text.into()) }
}

/// Degrees × 10⁷ of a decimal text, without a float.
fn degrees(text: &str) -> Result<Field<i32>, ServeError> {
    if text.is_empty() {
        return Ok(Field::Keep);
    }
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part: String = part.chars().chain(std::iter::repeat('0')).take(7).collect();
    let value = whole.parse::<i32>()? * 10_000_000 + part.parse::<i32>()?;
    Ok(Field::To(sign * value))
}

#[derive(Deserialize)]
struct PlaceRow {
    code: String,
    name: Name,
    parent: String,
}

fn zone(r: PlaceRow) -> Result<ZoneRow, ServeError> {
    Ok(ZoneRow { code: r.code.parse()?, name: Some(r.name), parent: field(&r.parent)? })
}

fn concept(r: PlaceRow) -> Result<ConceptRow, ServeError> {
    Ok(ConceptRow { code: r.code.parse()?, name: Some(r.name), parent: field(&r.parent)? })
}

#[derive(Deserialize)]
struct StoreLine {
    code: StoreCode,
    name: Name,
    external_ids: String,
    zone: String,
    concept: String,
    latitude: String,
    longitude: String,
    time_zone: String,
    language: String,
    currency: String,
}

fn store(r: StoreLine) -> Result<StoreRow, ServeError> {
    let ids: Vec<Arc<str>> = r.external_ids.split(';').filter(|id| !id.is_empty()).map(Arc::from).collect();
    Ok(StoreRow {
        code: r.code,
        name: Some(r.name),
        zone: field(&r.zone)?,
        concept: field(&r.concept)?,
        external_ids: if ids.is_empty() { Field::Keep } else { Field::To(ids) },
        latitude_e7: degrees(&r.latitude)?,
        longitude_e7: degrees(&r.longitude)?,
        time_zone: text(&r.time_zone),
        language: text(&r.language),
        currency: text(&r.currency),
    })
}

#[derive(Deserialize)]
struct TillLine {
    store: StoreCode,
    code: TillCode,
    name: String,
}

fn till(r: TillLine) -> Result<TillRow, ServeError> {
    Ok(TillRow { store: r.store, code: r.code, name: field(&r.name)? })
}

#[derive(Deserialize)]
struct EndpointLine {
    method: Arc<str>,
    path: Arc<str>,
    resource: String,
    class: String,
    level: String,
    name: String,
}

fn endpoint(r: EndpointLine) -> Result<EndpointRow, ServeError> {
    let optional = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    Ok(EndpointRow {
        resource: if r.resource == "-" { Field::Clear } else { field(&r.resource)? },
        class: optional(&r.class).map(|c| c.parse()).transpose()?,
        level: optional(&r.level).map(|l| l.parse()).transpose()?,
        name: field(&r.name)?,
        ..EndpointRow::new(r.method, r.path)
    })
}

#[derive(Deserialize)]
struct CellLine {
    group: String,
    description: String,
    resource: ResourceId,
    class: String,
    levels: String,
}

/// One command for each group; its first row describes it.
fn groups(org: &OrgCode) -> Result<Vec<Command>, ServeError> {
    let lines = rows(demo_file!("groups.csv"), |line: CellLine| {
        let grant = Grant { resource: line.resource, class: line.class.parse()?, levels: line.levels.parse::<Levels>()?, narrow: None };
        Ok((line.group, line.description, grant))
    })?;
    let mut order: Vec<(String, String)> = Vec::new();
    let mut cells: BTreeMap<String, Vec<Grant>> = BTreeMap::new();
    for (group, description, grant) in lines {
        if !cells.contains_key(&group) {
            order.push((group.clone(), description));
        }
        cells.entry(group).or_default().push(grant);
    }
    let command = |(name, description): (String, String)| -> Result<Command, ServeError> {
        let grants = cells.get(&name).cloned().unwrap_or_default();
        Ok(Command::CreateGroup { org: org.clone(), name: name.parse()?, description: description.into(), grants })
    };
    order.into_iter().map(command).collect()
}

#[derive(Deserialize)]
struct AllocationLine {
    store: StoreCode,
    access_group: String,
}

/// One command for each group.
fn allocations(org: &OrgCode) -> Result<Vec<Command>, ServeError> {
    let lines = rows(demo_file!("allocations.csv"), |line: AllocationLine| Ok((line.access_group, line.store)))?;
    let mut by_group: BTreeMap<String, Vec<StoreCode>> = BTreeMap::new();
    for (group, store) in lines {
        by_group.entry(group).or_default().push(store);
    }
    let command = |(group, stores): (String, Vec<StoreCode>)| Command::Allocate {
        org: org.clone(),
        stores,
        tills: Vec::new(),
        group: Some(group.as_str().into()),
        observe: false,
    };
    Ok(by_group.into_iter().map(command).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_policy::execute::execute;
    use bailiwick_policy::object::Secret;
    use bailiwick_policy::outcome::Outcome;
    use bailiwick_policy::state::State;

    /// The whole demo goes through the policy without a rejection, and a till of north-7 may add to a customer.
    #[test]
    fn the_demo_is_lawful() {
        let org: OrgCode = ORG.parse().expect("a code");
        let mut state = State::default();
        let init = Command::InitCluster { cluster: "t".into(), operator: Secret::TokenHash([1; 32]) };
        let operator = Actor::Credential("operator-1".parse().expect("an id"));
        let all = std::iter::once((Actor::System, init)).chain(commands(&org).expect("readable").into_iter().map(|c| (operator.clone(), c)));
        for (at, (actor, command)) in all.enumerate() {
            let name = command.name();
            let now = Tick(1_000_000_000_000 + at as u64);
            let envelope = Envelope {
                request_id: RequestId((u128::from(now.0) << 80) + 1),
                actor,
                proposed_at: now,
                reads: Vec::new(),
                reason: None,
                job: None,
                command,
            };
            let outcome = execute(&mut state, &envelope).outcome;
            assert!(matches!(outcome, Outcome::Committed { changed: true, .. }), "{name}: {outcome:?}");
        }
        let harbour = state.orgs.get(&org).expect("there");
        assert!(harbour.stores.len() >= 190 && harbour.zones.len() >= 5 && harbour.tills.len() >= 400);
        let till = bailiwick_policy::decision::Subject::Till("north-7/t1");
        let request = bailiwick_policy::decision::Request::call(ORG, till, "POST", "/v2/customers/42");
        assert_eq!(bailiwick_policy::reference::decide(&state, &request).reason.as_str(), "permit_default_group");
    }

    #[test]
    fn degrees_are_whole_numbers() {
        let e7 = |text: &str| degrees(text).ok().and_then(|f| f.value().copied());
        assert_eq!(e7("54.4850"), Some(544_850_000));
        assert_eq!(e7("-0.6141"), Some(-6_141_000));
        assert_eq!(e7("7"), Some(70_000_000));
        assert!(degrees("north").is_err());
    }
}
