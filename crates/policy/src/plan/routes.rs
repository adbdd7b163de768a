//! Ways into an endpoint beside its resource: scopes, permissions, or open to everybody (AC-10, AC-11, AC-18, UM-13).

use std::sync::Arc;

use crate::command::{EndpointRow, Field, PutMode};
use crate::ids::*;
use crate::limits::ENDPOINT_ROUTES_MAX;
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::permission::Permission;
use crate::scopes::{canonical, find};
use crate::state::{OrgState, State};

/// Whether a template is about one instance: it has a parameter, other than the tenant's.
pub(crate) fn is_instance(template: &str) -> bool {
    let parameters = template.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    parameters.map(str::trim).any(|name| !name.eq_ignore_ascii_case("tenant"))
}

/// What a row makes of an endpoint's ways in; none if all of it is blank, the kind of its template aside: most endpoints
/// have none, and none is what they had before there were any.
pub(super) fn after(org: &OrgState, endpoint: &Endpoint, row: &EndpointRow) -> Option<Arc<Routes>> {
    let by_template = Routes { instance: is_instance(&endpoint.template), ..Routes::default() };
    let mut routes = endpoint.routes.as_deref().unwrap_or(&by_template).clone();
    match &row.scopes {
        Field::Keep => {}
        Field::Clear => routes.scopes.clear(),
        Field::To(scopes) => routes.scopes = scopes.iter().map(|id| canonical(org, id)).collect(),
    }
    match &row.permissions {
        Field::Keep => {}
        Field::Clear => routes.permissions.clear(),
        Field::To(permissions) => routes.permissions.clone_from(permissions),
    }
    routes.scopes.sort();
    routes.scopes.dedup();
    routes.permissions.sort();
    routes.permissions.dedup();
    routes.open = row.open.unwrap_or(routes.open);
    routes.all_scopes = row.all_scopes.unwrap_or(routes.all_scopes);
    routes.instance = row.instance.unwrap_or(routes.instance);
    (routes != by_template).then(|| Arc::new(routes))
}

/// Scopes that a row names and no tier knows: an import defines them, as it makes resources.
pub(super) fn unknown_scopes<'a>(state: &'a State, org: &'a OrgState, row: &'a EndpointRow) -> impl Iterator<Item = ScopeId> + 'a {
    let named = row.scopes.value().into_iter().flatten().map(|id| canonical(org, id));
    named.filter(|id| find(&state.platform, org, id).is_none())
}

/// What is wrong with the ways in that a row names: the column, the identifier and the cause.
pub(super) fn faults(state: &State, org: &OrgState, mode: PutMode, row: &EndpointRow, present: Option<&Endpoint>) -> Vec<(&'static str, RejectionCode, String)> {
    let routes = present.and_then(|endpoint| endpoint.routes.as_deref());
    let mut found = Vec::new();
    for id in unknown_scopes(state, org, row) {
        // What the endpoint asks for already may have gone since, and can be named again.
        if routes.is_some_and(|routes| routes.scopes.contains(&id)) {
            continue;
        }
        let key = ObjectId::Scope(org.org.org.clone(), id.clone());
        match mode {
            PutMode::Create | PutMode::Edit => found.push(("scopes", RejectionCode::ScopeUnknown, format!("there is no scope `{id}`: define it first"))),
            PutMode::Import => {
                if let Err(no) = super::removals::not_retired(org, &key) {
                    found.push(("scopes", no.code, no.message.to_string()));
                }
            }
        }
    }
    let had = |permission: &&Permission| routes.is_some_and(|routes| routes.permissions.contains(permission));
    for permission in row.permissions.value().into_iter().flatten().filter(|permission| !had(permission)) {
        if state.platform.module(permission.module.as_str()).is_none() {
            let cause = format!("the platform has no module `{}`: see `permission-set modules`", permission.module);
            found.push(("permissions", RejectionCode::PermissionUnavailable, cause));
        }
    }
    let counts = [("scopes", row.scopes.value().map_or(0, Vec::len)), ("permissions", row.permissions.value().map_or(0, Vec::len))];
    for (column, count) in counts.into_iter().filter(|(_, count)| *count > ENDPOINT_ROUTES_MAX) {
        found.push((column, RejectionCode::TooMany, format!("{count} {column}: an endpoint has at most {ENDPOINT_ROUTES_MAX}")));
    }
    found
}

/// The ways in as they would come back: what is gone may stay in them, not come anew.
pub(super) fn lawful(state: &State, old: &OrgState, new: &OrgState, endpoint: &Endpoint) -> Result<(), Rejection> {
    let Some(routes) = &endpoint.routes else { return Ok(()) };
    let blank = Endpoint { routes: None, ..endpoint.clone() };
    let row = EndpointRow {
        scopes: Field::To(routes.scopes.clone()),
        permissions: Field::To(routes.permissions.clone()),
        open: Some(routes.open),
        all_scopes: Some(routes.all_scopes),
        instance: Some(routes.instance),
        ..EndpointRow::new(endpoint.method.clone(), endpoint.template.clone())
    };
    if after(new, &blank, &row).as_ref() != Some(routes) {
        return Err(Rejection::new(RejectionCode::EndpointInvalid, format!("the scopes and permissions of `{}` are not in order", endpoint.id)));
    }
    let present = old.endpoints.get(&endpoint.id).map(|present| &**present);
    match faults(state, new, PutMode::Edit, &row, present).into_iter().next() {
        Some((_column, code, cause)) => Err(Rejection::new(code, cause)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ac_18_a_template_with_a_parameter_is_about_one_instance() {
        for one in ["/v2/orders/{id}", "/{tenant}/orders/{orderId}", "/a/{x}-{tenant}"] {
            assert!(is_instance(one), "{one}");
        }
        for list in ["/v2/orders", "/order-v2/{tenant}/orders", "/{ Tenant }/x", "/"] {
            assert!(!is_instance(list), "{list}");
        }
    }
}
