//! From words to commands and object ids: parsed once, here. Pure; what needs the cluster (which org, which stores,
//! which group) is given as arguments.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use bailiwick_policy::command::{Command, ConceptRow, EndpointRow, Field, GroupRef, PutMode, StoreRow, TillRow, ZoneRow};
use bailiwick_policy::ids::*;
use bailiwick_policy::name::{Name, check_text};
use bailiwick_policy::path;

use super::args::*;
use super::exit::Trouble;
use super::import::degrees;
use super::words::{parse_permissions, parse_scopes};

/// Reads a value; what is wrong with it is a matter of usage.
pub fn value<T: FromStr<Err: Display>>(flag: &str, text: &str) -> Result<T, Trouble> {
    text.parse().map_err(|error| Trouble::Usage(format!("{flag}: {error}")))
}

fn name(text: &str) -> Result<Name, Trouble> {
    value("--name", text)
}

/// Not given keeps, empty clears.
fn field<T: FromStr<Err: Display>>(flag: &str, text: Option<&str>) -> Result<Field<T>, Trouble> {
    match text.map(str::trim) {
        None => Ok(Field::Keep),
        Some("") => Ok(Field::Clear),
        Some(text) => Ok(Field::To(value(flag, text)?)),
    }
}

fn text_field(text: Option<&str>) -> Field<Arc<str>> {
    match text.map(str::trim) {
        None => Field::Keep,
        Some("") => Field::Clear,
        Some(text) => Field::To(text.into()),
    }
}

/// Not given keeps, empty clears, a list sets.
fn list_field<T>(flag: &str, text: Option<&str>, parse: fn(&str) -> Result<Vec<T>, String>) -> Result<Field<Vec<T>>, Trouble> {
    let Some(text) = text else { return Ok(Field::Keep) };
    let all = parse(text).map_err(|why| Trouble::Usage(format!("{flag}: {why}")))?;
    Ok(if all.is_empty() { Field::Clear } else { Field::To(all) })
}

/// A description, checked.
pub fn description(text: &str) -> Result<Arc<str>, Trouble> {
    check_text(text).map_err(|error| Trouble::Usage(format!("--description: {error}")))?;
    Ok(text.into())
}

/// `STORE/TILL`.
pub fn till(text: &str) -> Result<(StoreCode, TillCode), Trouble> {
    let (store, till) = text
        .rsplit_once('/')
        .ok_or_else(|| Trouble::Usage(format!("`{text}` is no till: write STORE/TILL, for instance north-7/t1")))?;
    Ok((value("till", store)?, value("till", till)?))
}

/// The id of an endpoint: its method and canonical template.
pub fn endpoint_id(method: &str, path: &str) -> Result<EndpointId, Trouble> {
    let template = path::template(path).map_err(|why| Trouble::Usage(format!("{path}: {why}")))?;
    value("endpoint", &format!("{} {}", method.trim().to_ascii_uppercase(), template.canonical))
}

/// An object of an org by its kind and id, as `kind:id` names it.
pub fn object_id(org: OrgCode, kind: &str, id: &str) -> Result<ObjectId, Trouble> {
    Ok(match kind {
        "zone" => ObjectId::Zone(org, value("zone", id)?),
        "concept" => ObjectId::Concept(org, value("concept", id)?),
        "store" => ObjectId::Store(org, value("store", id)?),
        "till" => {
            let (store, till) = till(id)?;
            ObjectId::Till(org, store, till)
        }
        "resource" => ObjectId::Resource(org, value("resource", id)?),
        "endpoint" => ObjectId::Endpoint(org, super::words::parse_endpoint(id).map_err(Trouble::Usage)?),
        "user" => ObjectId::User(org, value("user", id)?),
        "scope" => ObjectId::Scope(org, value("scope", id)?),
        "entity" => ObjectId::Entity(org, value("entity", id)?),
        "access-control" => ObjectId::Control(org, value("access-control", id)?),
        "user-group" => ObjectId::UserGroup(org, value("user-group", id)?),
        "permission-set" => ObjectId::Set(org, value("permission-set", id)?),
        "role" => ObjectId::Role(org, value("role", id)?),
        "application" => ObjectId::Application(org, value("application", id)?),
        "break-glass" => ObjectId::Override(org, value("break-glass", id)?),
        "settings" => ObjectId::Settings(org),
        "proposal" => ObjectId::Proposal(org, value("proposal", id)?),
        _other => {
            let kinds = "org, zone, concept, store, till, resource, endpoint, access-group, scope, entity, access-control, user-group, user, permission-set, role, application, break-glass, settings, proposal, credential";
            return Err(Trouble::Usage(format!("`{kind}` is no kind of object: it is one of {kinds}")));
        }
    })
}

/// A new or edited zone.
pub fn put_zone(
    org: OrgCode,
    mode: PutMode,
    code: &str,
    new_name: Option<&str>,
    parent: Option<&str>,
) -> Result<Command, Trouble> {
    let row = ZoneRow { code: value("zone", code)?, name: new_name.map(name).transpose()?, parent: field("--parent", parent)? };
    Ok(Command::PutZones { org, mode, rows: vec![row] })
}

/// A new or edited concept.
pub fn put_concept(
    org: OrgCode,
    mode: PutMode,
    code: &str,
    new_name: Option<&str>,
    parent: Option<&str>,
) -> Result<Command, Trouble> {
    let row =
        ConceptRow { code: value("concept", code)?, name: new_name.map(name).transpose()?, parent: field("--parent", parent)? };
    Ok(Command::PutConcepts { org, mode, rows: vec![row] })
}

/// A new or edited store.
pub fn put_store(
    org: OrgCode,
    mode: PutMode,
    code: &str,
    new_name: Option<&str>,
    fields: &StoreFields,
) -> Result<Command, Trouble> {
    let position = |flag: &str, limit: i64, text: Option<&str>| match text.map(str::trim) {
        None => Ok(Field::Keep),
        Some("") => Ok(Field::Clear),
        Some(text) => match degrees::parse(text, limit) {
            Ok(value) => Ok(Field::To(value)),
            Err(cause) => Err(Trouble::Usage(format!("{flag}: {cause}"))),
        },
    };
    let row = StoreRow {
        code: value("store", code)?,
        name: new_name.map(name).transpose()?,
        zone: field("--zone", fields.zone.as_deref())?,
        concept: field("--concept", fields.concept.as_deref())?,
        external_ids: match fields.external_ids.as_deref().map(split_ids) {
            None => Field::Keep,
            Some(ids) if ids.is_empty() => Field::Clear,
            Some(ids) => Field::To(ids),
        },
        latitude_e7: position("--latitude", degrees::LATITUDE, fields.latitude.as_deref())?,
        longitude_e7: position("--longitude", degrees::LONGITUDE, fields.longitude.as_deref())?,
        time_zone: text_field(fields.time_zone.as_deref()),
        language: text_field(fields.language.as_deref()),
        currency: text_field(fields.currency.as_deref()),
    };
    Ok(Command::PutStores { org, mode, rows: vec![row] })
}

/// Ids in other systems, as they stand in a cell: separated by `;`, blanks dropped.
pub fn split_ids(text: &str) -> Vec<Arc<str>> {
    text.split(';').map(str::trim).filter(|id| !id.is_empty()).map(Arc::from).collect()
}

/// A new or edited till.
pub fn put_till(org: OrgCode, mode: PutMode, id: &str, new_name: Option<&str>) -> Result<Command, Trouble> {
    let (store, code) = till(id)?;
    let row = TillRow { store, code, name: field("--name", new_name)? };
    Ok(Command::PutTills { org, mode, rows: vec![row] })
}

/// A new or edited endpoint.
pub fn put_endpoint(
    org: OrgCode,
    mode: PutMode,
    method: &str,
    path: &str,
    fields: &EndpointFields,
) -> Result<Command, Trouble> {
    endpoint_id(method, path)?;
    let row = EndpointRow {
        method: method.trim().to_ascii_uppercase().into(),
        path: path.into(),
        resource: field("--resource", fields.resource.as_deref())?,
        class: fields.class,
        level: fields.level,
        name: field("--name", fields.name.as_deref())?,
        scopes: list_field("--scopes", fields.scopes.as_deref(), parse_scopes)?,
        all_scopes: fields.all_scopes,
        permissions: list_field("--permissions", fields.permissions.as_deref(), parse_permissions)?,
        open: fields.open,
        instance: fields.instance,
    };
    Ok(Command::PutEndpoints { org, mode, rows: vec![row] })
}

/// A new org with its first owner.
pub fn create_org(code: &str, new_name: &str, owner: &str, owner_name: Option<&str>) -> Result<Command, Trouble> {
    Ok(Command::CreateOrg {
        org: value("org", code)?,
        name: name(new_name)?,
        owner: value("--owner", owner)?,
        owner_name: value("--owner-name", owner_name.unwrap_or(owner))?,
    })
}

/// A new access group.
pub fn create_group(
    org: OrgCode,
    new_name: &str,
    about: &str,
    grants: Vec<super::words::Grants>,
) -> Result<Command, Trouble> {
    Ok(Command::CreateGroup { org, name: name(new_name)?, description: description(about)?, grants })
}

/// An edited access group.
pub fn edit_group(
    org: OrgCode,
    group: &str,
    new_name: Option<&str>,
    about: Option<&str>,
    cells: Vec<super::words::Grants>,
    widen: Vec<(ResourceId, bailiwick_policy::access::Class)>,
) -> Result<Command, Trouble> {
    if new_name.is_none() && about.is_none() && cells.is_empty() && widen.is_empty() {
        return Err(Trouble::Usage("nothing to change: give --name, --description, --grant, --only, --except or --widen".to_owned()));
    }
    Ok(Command::EditGroup {
        org,
        group: GroupRef::from(group),
        name: new_name.map(name).transpose()?,
        description: about.map(description).transpose()?,
        cells,
        widen,
    })
}

/// A new resource.
pub fn create_resource(org: OrgCode, id: &str, about: &str) -> Result<Command, Trouble> {
    Ok(Command::CreateResource { org, id: value("resource", id)?, description: description(about)? })
}

/// The group in the commands of an allocation; none clears.
pub fn group(args: &Allocate) -> Option<GroupRef> {
    args.group.as_deref().map(GroupRef::from)
}

/// Stores, and tills by store and code.
type Named = (Vec<StoreCode>, Vec<(StoreCode, TillCode)>);

/// Stores and tills that an allocation names. A till is passed on, so that the cluster says why it can't be (AG-24).
pub fn named(args: &Allocate) -> Result<Named, Trouble> {
    let (mut stores, mut tills) = (Vec::new(), Vec::new());
    for text in args.targets.iter().chain(&args.stores) {
        let text = text.trim();
        if let Some(id) = text.strip_prefix("till:") {
            tills.push(till(id)?);
        } else if text.contains('/') {
            tills.push(till(text)?);
        } else {
            stores.push(value("store", text.strip_prefix("store:").unwrap_or(text))?);
        }
    }
    Ok((stores, tills))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ag_24_a_till_named_as_target_goes_to_the_server() {
        let args = Allocate {
            observe: false,
            group: Some("POS".to_owned()),
            clear: false,
            targets: vec!["north-7".to_owned(), "north-7/t1".to_owned()],
            stores: vec!["store:east-1".to_owned()],
            zone: None,
            concept: None,
            from_group: None,
        };
        let (stores, tills) = named(&args).expect("right words");
        assert_eq!(stores.iter().map(StoreCode::as_str).collect::<Vec<_>>(), ["north-7", "east-1"]);
        assert_eq!(tills.len(), 1);
    }

    #[test]
    fn an_empty_text_clears_and_none_keeps() {
        let org: OrgCode = "acme".parse().expect("a code");
        let fields = StoreFields { zone: Some(String::new()), latitude: Some("-1.5".to_owned()), ..StoreFields::default() };
        let command = put_store(org, PutMode::Edit, "north-7", None, &fields).expect("right words");
        let Command::PutStores { rows, .. } = command else { return assert_eq!(command.name(), "store edit") };
        let row = rows.first().expect("one row");
        assert_eq!((&row.zone, &row.concept), (&Field::Clear, &Field::Keep));
        assert_eq!(row.latitude_e7, Field::To(-15_000_000));
    }

    #[test]
    fn endpoints_are_named_by_method_and_canonical_template() {
        assert_eq!(endpoint_id("get", "v2/customers/{id}").map(|id| id.to_string()).ok(), Some("GET /v2/customers/{}".to_owned()));
        assert!(endpoint_id("GET", "").is_err());
    }
}
