//! Narrowing a cell to some of its endpoints, or around them (AG-6). Marks of both classes narrow both cells.

use std::collections::BTreeSet;
use std::sync::Arc;

use bailiwick_policy::access::{Class, Narrow};
use bailiwick_policy::ids::EndpointId;
use bailiwick_policy::impact::counted;
use bailiwick_policy::object::Endpoint;

use super::stage::cell_edit;
use crate::console::model::{Model, Tone};
use crate::console::stage::{CellEdit, Named, Narrowing};

/// Marks the endpoint under the cursor, or takes its mark away.
pub fn mark(model: &mut Model) {
    let Some(endpoint) = model.current_endpoint().cloned() else { return };
    if model.endpoints.marks.remove(&endpoint.id).is_none() {
        model.endpoints.marks.insert(endpoint.id.clone(), endpoint);
    }
    model.endpoints.list.step(1);
}

/// The endpoints that a key acts on: those marked, else the one under the cursor.
fn chosen(model: &Model) -> Vec<Arc<Endpoint>> {
    if model.endpoints.marks.is_empty() {
        model.current_endpoint().cloned().into_iter().collect()
    } else {
        model.endpoints.marks.values().cloned().collect()
    }
}

/// Narrows to, or around, the chosen endpoints.
pub fn narrow(model: &mut Model, how: fn(Vec<EndpointId>) -> Narrow) {
    let chosen = chosen(model);
    edit(model, &chosen, |cell, endpoints| cell.narrow = Some(Narrowing::To(how(endpoints).in_order())));
}

/// Lets the cells of the chosen endpoints reach all again.
pub fn widen(model: &mut Model) {
    let chosen = chosen(model);
    edit(model, &chosen, |cell, _| cell.narrow = Some(Narrowing::Widen));
}

fn edit(model: &mut Model, chosen: &[Arc<Endpoint>], change: impl Fn(&mut CellEdit, Vec<EndpointId>)) {
    let (Some(group), Some(resource)) = (model.matrix.committed.clone(), model.endpoints.resource.clone()) else { return };
    let classes: BTreeSet<Class> = chosen.iter().map(|endpoint| endpoint.class).collect();
    let mut wanted = Vec::new();
    for class in classes {
        let mut cell = cell_edit(model, &group, &resource, class);
        if cell.to.is_empty() {
            return model.say(Tone::Warn, format!("{resource} ({class}) grants nothing: set a level in the matrix first"));
        }
        let endpoints = chosen.iter().filter(|endpoint| endpoint.class == class).map(|endpoint| endpoint.id.clone()).collect();
        change(&mut cell, endpoints);
        wanted.push((resource.clone(), class, cell));
    }
    let cells = counted(wanted.len() as u64, "cell");
    match model.stage.set_cells(&Named::of(&group), wanted) {
        Ok(()) => {
            model.endpoints.marks.clear();
            model.say(Tone::Plain, format!("{cells} staged; p previews"));
        }
        Err(why) => model.say(Tone::Warn, why),
    }
}
