//! The API catalogue of an org: resources and endpoints (AG-7, AG-40).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::{org as org_of, routes, rows};
use crate::access::{Class, Level};
use crate::command::*;
use crate::ids::*;
use crate::name::check_text;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::state::OrgState;

pub(super) fn resource_unknown<'a>(ids: impl Iterator<Item = &'a ResourceId>) -> Rejection {
    let ids: Vec<&ResourceId> = ids.collect();
    let message = match ids.as_slice() {
        [one] => format!("there is no resource `{one}`"),
        _several => "some resources are unknown".to_owned(),
    };
    let examples = if ids.len() > 1 { ids } else { Vec::new() };
    Rejection::new(RejectionCode::ResourceUnknown, message).with_examples(examples)
}

pub(super) fn create_resource(draft: &mut Draft<'_>, org: &OrgCode, id: &ResourceId, description: &Arc<str>) -> Result<(), Rejection> {
    if org_of(draft.state, org)?.resources.contains_key(id) {
        return Err(Rejection::new(RejectionCode::ResourceExists, format!("there is a resource `{id}`")));
    }
    check_text(description).map_err(|why| Rejection::new(RejectionCode::TextInvalid, format!("the description: {why}")))?;
    let resource = Resource { org: org.clone(), id: id.clone(), description: description.clone(), meta: draft.new_meta() };
    draft.put(Object::Resource(Arc::new(resource)));
    Ok(())
}

pub(super) fn put_endpoints(draft: &mut Draft<'_>, org: &OrgCode, mode: PutMode, rows: &[EndpointRow]) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    rows::bounded(rows.len())?;
    rows::reject(&rows::faults(draft.state, &Command::PutEndpoints { org: org.clone(), mode, rows: rows.to_vec() }))?;
    let (mut done, mut made, mut defined) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for row in rows {
        let Ok((id, template)) = rows::endpoint_id(&row.method, &row.path) else { continue };
        if !done.insert(id.clone()) {
            continue;
        }
        if let Some(resource) = row.resource.value()
            && !state.resources.contains_key(resource)
            && made.insert(resource.clone())
        {
            let resource = Resource { org: org.clone(), id: resource.clone(), description: "".into(), meta: draft.new_meta() };
            draft.put(Object::Resource(Arc::new(resource)));
        }
        let unknown: Vec<ScopeId> = routes::unknown_scopes(draft.state, state, row).filter(|scope| !was_named(state, &id, scope)).collect();
        for scope in unknown.into_iter().filter(|scope| defined.insert(scope.clone())) {
            let scope = Scope { org: org.clone(), id: scope, description: "".into(), own: false, meta: draft.new_meta() };
            draft.put(Object::Scope(Arc::new(scope)));
        }
        let mut endpoint = match state.endpoints.get(&id) {
            Some(endpoint) => (**endpoint).clone(),
            None => {
                let method: Arc<str> = id.as_str().split(' ').next().unwrap_or_default().into();
                Endpoint {
                    org: org.clone(),
                    level: Level::of_method(&method),
                    method,
                    template: template.shown.into(),
                    matchable: template.matchable,
                    name: None,
                    resource: None,
                    class: Class::Data,
                    meta: draft.new_meta(),
                    routes: None,
                    id,
                }
            }
        };
        row.resource.clone().apply(&mut endpoint.resource);
        row.name.clone().apply(&mut endpoint.name);
        endpoint.class = row.class.unwrap_or(endpoint.class);
        endpoint.level = row.level.unwrap_or(endpoint.level);
        endpoint.routes = routes::after(state, &endpoint, row);
        draft.put(Object::Endpoint(Arc::new(endpoint)));
    }
    Ok(())
}

/// Whether an endpoint asks for a scope already, which may have gone since.
fn was_named(org: &OrgState, id: &EndpointId, scope: &ScopeId) -> bool {
    org.endpoints.get(id).and_then(|endpoint| endpoint.routes.as_ref()).is_some_and(|routes| routes.scopes.contains(scope))
}
