//! Access groups: made, edited, narrowed, allocated; the default; break-glass.

use bailiwick_policy::access::{Class, Grant, Levels, Narrow};
use bailiwick_policy::command::{AllocationRow, Command, GroupRef};
use bailiwick_policy::ids::EndpointId;
use bailiwick_policy::object::GroupKind;

use super::Draw;
use super::super::retailer::{cells, id};

fn some(draw: &mut Draw<'_>) -> Option<GroupRef> {
    let active = draw.group().filter(|group| group.active).map(|group| group.id.clone());
    active.map(GroupRef::from)
}

fn custom(draw: &mut Draw<'_>) -> Option<GroupRef> {
    draw.group().filter(|group| group.kind == GroupKind::Custom).map(|group| group.id.clone().into())
}

pub fn allocate(draw: &mut Draw<'_>) -> Option<Command> {
    let group = if draw.dice.one_in(5) { None } else { Some(some(draw)?) };
    let observe = group.is_some() && draw.dice.one_in(5);
    Some(Command::Allocate { org: draw.org(), stores: draw.stores(5), tills: Vec::new(), group, observe })
}

pub fn allocate_by_rows(draw: &mut Draw<'_>) -> Option<Command> {
    let rows = draw.stores(8).into_iter().map(|store| AllocationRow { group: some(draw), store }).collect();
    Some(Command::PutAllocations { org: draw.org(), rows })
}

pub fn edit(draw: &mut Draw<'_>) -> Option<Command> {
    let group = custom(draw)?;
    let mut grants = cells(draw.dice);
    if let (true, Some(cell)) = (draw.dice.one_in(3), grants.first_mut()) {
        cell.levels = Levels::empty();
    }
    let name = draw.dice.one_in(4).then(|| draw.name("Group"));
    let description = draw.dice.one_in(4).then(|| format!("as of {}", draw.number).into());
    Some(Command::EditGroup { org: draw.org(), group, name, description, cells: grants, widen: Vec::new() })
}

/// A cell narrowed to or around some of its endpoints; or made whole again.
pub fn narrow(draw: &mut Draw<'_>) -> Option<Command> {
    let group = custom(draw)?;
    let record = draw.org.group(&group.0)?;
    let cell = draw.dice.of(&record.grants)?.clone();
    let (mut cells, mut widen) = (Vec::new(), Vec::new());
    if cell.narrow.is_some() {
        widen.push((cell.resource, cell.class));
    } else {
        let of_cell = draw.org.endpoints.values().filter(|endpoint| endpoint.resource.as_ref() == Some(&cell.resource) && endpoint.class == cell.class);
        let endpoints: Vec<EndpointId> = of_cell.map(|endpoint| endpoint.id.clone()).collect();
        let named = vec![draw.dice.of(&endpoints)?.clone()];
        let narrow = if draw.dice.one_in(2) { Narrow::Only(named) } else { Narrow::Except(named) };
        cells.push(Grant { narrow: Some(narrow), ..cell });
    }
    Some(Command::EditGroup { org: draw.org(), group, name: None, description: None, cells, widen })
}

pub fn create(draw: &mut Draw<'_>) -> Option<Command> {
    let mut grants = cells(draw.dice);

    grants.push(Grant::whole(id("Resource 1"), Class::Data, Levels::R));
    grants.sort_by(|a, b| (&a.resource, a.class).cmp(&(&b.resource, b.class)));
    grants.dedup_by(|a, b| (&a.resource, a.class) == (&b.resource, b.class));
    Some(Command::CreateGroup { org: draw.org(), name: draw.name("Group"), description: "".into(), grants })
}

pub fn deactivate(draw: &mut Draw<'_>) -> Option<Command> {
    Some(Command::DeactivateGroup { org: draw.org(), group: custom(draw)? })
}

pub fn reactivate(draw: &mut Draw<'_>) -> Option<Command> {
    let inactive: Vec<GroupRef> = draw.org.groups.values().filter(|group| !group.active).map(|group| group.id.clone().into()).collect();
    Some(Command::ReactivateGroup { org: draw.org(), group: draw.dice.of(&inactive)?.clone() })
}

pub fn set_default(draw: &mut Draw<'_>) -> Option<Command> {
    let group = if draw.dice.one_in(6) { None } else { Some(some(draw)?) };
    let observe = group.is_some() && draw.dice.one_in(4);
    Some(Command::SetDefault { org: draw.org(), group, observe })
}

pub fn break_glass(draw: &mut Draw<'_>) -> Option<Command> {
    let (least, most) = draw.break_glass_ms;
    let lasts_ms = least + draw.dice.below((most - least) as usize) as u64;
    Some(Command::BreakGlass { org: draw.org(), stores: draw.stores(3), group: some(draw)?, lasts_ms })
}
