//! Zones, concepts, stores, tills and the catalogue of endpoints.

use bailiwick_policy::access::{Class, Level};
use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::permission::{Action, Permission};

use super::Draw;
use super::super::retailer::id;

pub fn zone(draw: &mut Draw<'_>) -> Option<Command> {
    let other = draw.dice.nth(draw.org.zones.len(), draw.org.zones.keys()).cloned();
    let (mode, row) = if draw.dice.one_in(2) {
        (PutMode::Create, ZoneRow { code: draw.fresh("zone"), name: Some(draw.name("Zone")), parent: other.map_or(Field::Keep, Field::To) })
    } else {
        let code = draw.dice.nth(draw.org.zones.len(), draw.org.zones.keys())?.clone();
        let parent = if draw.dice.one_in(3) { other.map_or(Field::Clear, Field::To) } else { Field::Keep };
        (PutMode::Edit, ZoneRow { code, name: Some(draw.name("Zone")), parent })
    };
    Some(Command::PutZones { org: draw.org(), mode, rows: vec![row] })
}

pub fn concept(draw: &mut Draw<'_>) -> Option<Command> {
    let other = draw.dice.nth(draw.org.concepts.len(), draw.org.concepts.keys()).cloned();
    let (mode, row) = if draw.dice.one_in(2) {
        (PutMode::Create, ConceptRow { code: draw.fresh("concept"), name: Some(draw.name("Concept")), parent: other.map_or(Field::Keep, Field::To) })
    } else {
        let code = draw.dice.nth(draw.org.concepts.len(), draw.org.concepts.keys())?.clone();
        let parent = if draw.dice.one_in(3) { other.map_or(Field::Clear, Field::To) } else { Field::Keep };
        (PutMode::Edit, ConceptRow { code, name: Some(draw.name("Concept")), parent })
    };
    Some(Command::PutConcepts { org: draw.org(), mode, rows: vec![row] })
}

/// An edit of one store: where it lies, what it is called, the rest.
pub fn store(draw: &mut Draw<'_>) -> Option<Command> {
    let mut row = StoreRow::new(draw.store()?);
    match draw.dice.below(4) {
        0 => row.name = Some(draw.name("Store")),
        1 => row.zone = draw.dice.nth(draw.org.zones.len(), draw.org.zones.keys()).cloned().map_or(Field::Clear, Field::To),
        2 => row.concept = if draw.dice.one_in(3) { Field::Clear } else { Field::To(draw.dice.nth(draw.org.concepts.len(), draw.org.concepts.keys())?.clone()) },
        _rest => {
            row.latitude_e7 = Field::To(300_000_000 + draw.dice.below(100_000_000) as i32);
            row.longitude_e7 = if draw.dice.one_in(3) { Field::Clear } else { Field::To(-900_000_000 - draw.dice.below(100_000_000) as i32) };
            row.external_ids = Field::To(vec![format!("erp:{}", draw.number).into()]);
            row.language = if draw.dice.one_in(2) { Field::To("en-US".into()) } else { Field::Clear };
            row.currency = Field::To("USD".into());
        }
    }
    Some(Command::PutStores { org: draw.org(), mode: PutMode::Edit, rows: vec![row] })
}

pub fn new_store(draw: &mut Draw<'_>) -> Option<Command> {
    let zone = draw.dice.nth(draw.org.zones.len(), draw.org.zones.keys()).cloned().map_or(Field::Keep, Field::To);
    let row = StoreRow { name: Some(draw.name("New store")), zone, ..StoreRow::new(draw.fresh("new")) };
    Some(Command::PutStores { org: draw.org(), mode: PutMode::Import, rows: vec![row] })
}

/// A new till, or another name of an old one.
pub fn till(draw: &mut Draw<'_>) -> Option<Command> {
    let name = Field::To(draw.name("Till"));
    let (mode, row) = if draw.dice.one_in(2) {
        let store = draw.dice.nth(draw.org.stores.len(), draw.org.stores.keys())?.clone();
        (PutMode::Create, TillRow { store, code: draw.fresh("till"), name: if draw.dice.one_in(2) { name } else { Field::Keep } })
    } else {
        let (store, code) = draw.dice.nth(draw.org.tills.len(), draw.org.tills.keys())?.clone();
        (PutMode::Edit, TillRow { store, code, name: if draw.dice.one_in(4) { Field::Clear } else { name } })
    };
    Some(Command::PutTills { org: draw.org(), mode, rows: vec![row] })
}

pub fn move_till(draw: &mut Draw<'_>) -> Option<Command> {
    let (store, till) = draw.dice.nth(draw.org.tills.len(), draw.org.tills.keys())?.clone();
    let to = draw.dice.nth(draw.org.stores.len(), draw.org.stores.keys())?.clone();
    Some(Command::MoveTill { org: draw.org(), store, till, to })
}

/// Suspends what is active, or resumes what isn't.
pub fn suspend(draw: &mut Draw<'_>) -> Option<Command> {
    let org = draw.org();
    let (target, active) = match draw.dice.below(9) {
        0 => (ObjectId::Org(org), draw.org.org.active),
        1 | 2 => {
            let code = draw.store()?;
            let active = draw.org.stores.get(&code)?.active;
            (ObjectId::Store(org, code), active)
        }
        3 | 4 => {
            let till = draw.dice.nth(draw.org.tills.len(), draw.org.tills.values())?;
            (ObjectId::Till(org, till.store.clone(), till.code.clone()), till.active)
        }
        5 | 6 => {
            let user = draw.dice.nth(draw.org.users.len(), draw.org.users.values())?;
            (ObjectId::User(org, user.id.clone()), user.active)
        }
        _application => {
            let application = draw.dice.nth(draw.org.applications.len(), draw.org.applications.values())?;
            (ObjectId::Application(org, application.id.clone()), application.active)
        }
    };
    Some(if active { Command::Suspend { target } } else { Command::Resume { target } })
}

pub fn suspend_stores(draw: &mut Draw<'_>) -> Option<Command> {
    Some(Command::SetStoresActive { org: draw.org(), stores: draw.stores(20), active: draw.dice.one_in(2) })
}

/// A zone, a concept, an endpoint or a resource that nothing needs.
pub fn remove(draw: &mut Draw<'_>) -> Option<Command> {
    let org = draw.org();
    let target = match draw.dice.below(4) {
        0 => ObjectId::Zone(org, draw.dice.nth(draw.org.zones.len(), draw.org.zones.keys())?.clone()),
        1 => ObjectId::Concept(org, draw.dice.nth(draw.org.concepts.len(), draw.org.concepts.keys())?.clone()),
        2 => ObjectId::Endpoint(org, draw.dice.nth(draw.org.endpoints.len(), draw.org.endpoints.keys())?.clone()),
        _resource => ObjectId::Resource(org, draw.dice.nth(draw.org.resources.len(), draw.org.resources.keys())?.clone()),
    };
    // By force a zone or a concept goes from the assignments that name it, too.
    Some(Command::Remove { target, force: draw.dice.one_in(2) })
}

/// Another class, level, resource or way in of an endpoint.
pub fn endpoint(draw: &mut Draw<'_>) -> Option<Command> {
    let endpoint = draw.dice.nth(draw.org.endpoints.len(), draw.org.endpoints.values())?;
    let mut row = EndpointRow::new(endpoint.method.clone(), endpoint.template.clone());
    match draw.dice.below(6) {
        0 => row.level = Some(if endpoint.level == Level::Read { Level::Write } else { Level::Read }),
        1 => row.class = Some(if endpoint.class == Class::Data { Class::Config } else { Class::Data }),
        2 => row.name = Field::To(draw.name("Endpoint")),
        3 => {
            row.scopes = draw.dice.of(&draw.state.platform.scopes).map_or(Field::Clear, |scope| Field::To(vec![scope.id.clone(), id("retailer.stock")]));
            row.all_scopes = Some(draw.dice.one_in(2));
        }
        4 => {
            let module = draw.dice.of(&draw.state.platform.modules)?;
            row.permissions = if draw.dice.one_in(3) { Field::Clear } else { Field::To(vec![Permission { module: module.id.clone(), action: Action::View }]) };
            row.open = Some(draw.dice.one_in(3));
        }
        _instance => row.instance = Some(draw.dice.one_in(2)),
    }
    Some(Command::PutEndpoints { org: draw.org(), mode: PutMode::Edit, rows: vec![row] })
}

/// A new resource, alone or with endpoints of which an import makes it; and with a scope that it defines.
pub fn new_endpoint(draw: &mut Draw<'_>) -> Option<Command> {
    let resource: ResourceId = draw.name("Resource of");
    if draw.dice.one_in(3) {
        return Some(Command::CreateResource { org: draw.org(), id: resource, description: "made by hand".into() });
    }
    let paths = [("GET", format!("/v3/n{}", draw.number)), ("DELETE", format!("/v3/n{}/{{id}}", draw.number))];
    let scopes = if draw.dice.one_in(3) { Field::To(vec![draw.fresh("retailer.new")]) } else { Field::Keep };
    let rows = paths.map(|(method, path)| EndpointRow { resource: Field::To(resource.clone()), scopes: scopes.clone(), ..EndpointRow::new(method, path) });
    Some(Command::PutEndpoints { org: draw.org(), mode: PutMode::Import, rows: rows.to_vec() })
}
