//! What comes before any right: the org, the subject, the endpoint, the place. Each is a `forbid`, which in Cedar goes
//! before every permit; that an endpoint for everybody stands before the place is written into those of the place.

use serde_json::Value;

use super::routes::{Of, routes};
use super::world::{World, uid};
use super::{Plant, Source};
use crate::corpus::ORG;

pub(super) fn translate(source: &Source<'_>, world: &mut World) {
    world.entity(uid("Org", ORG)).has("active", !source.org().suspended);
    endpoints(source, world);
    subjects(source, world);
    let administers = if source.planted(Plant::AdministrationGated) { "false" } else { "context.administers" };
    let open = "(resource has open && resource.open)";
    world.policy("the org", "forbid(principal, action, resource) unless { context.org has active && context.org.active }");
    world.policy(
        "the subject",
        "forbid(principal, action, resource) when { principal is User || principal is Application } \
         unless { principal has active && principal.active }",
    );
    world.policy("the endpoint", "forbid(principal, action == Action::\"call\", resource) unless { resource has known && resource.known }");
    let registration = if source.planted(Plant::RegistrationsOpen) { " && false" } else { "" };
    world.policy(
        "a registration",
        format!(
            "forbid(principal is Application, action == Action::\"call\", resource) when {{ resource has by_type && resource.by_type{registration} }} \
             unless {{ if context has named && context.named has kind then context.named.kind == \"extension\" \
             else context has told && context.told == \"extension\" }}"
        ),
    );
    world.policy(
        "the till",
        format!(
            "forbid(principal, action, resource) when {{ principal is Till || principal is Store }} \
             unless {{ {open} || (principal has active && principal.active) }}"
        ),
    );
    world.policy(
        "the place",
        format!(
            "forbid(principal, action, resource) when {{ (principal is User || principal is Application) && context has gate }} unless {{ \
             {open} || {administers} || (context.gate has active && context.gate.active) }}"
        ),
    );
    world.policy("open to everybody", "permit(principal, action == Action::\"call\", resource) when { resource has open && resource.open }");
}

/// Endpoints that something could open. One that nothing could isn't known here: nobody reaches it, owners neither.
fn endpoints(source: &Source<'_>, world: &mut World) {
    for route in routes(source) {
        let (reachable, open, by_type) = match route.of {
            Of::Org(part) => {
                let mapped = part.resource.as_ref().is_some_and(|resource| source.document.resources.contains_key(resource));
                (part.open || mapped || !part.scopes.is_empty() || !part.permissions.is_empty(), part.open, false)
            }
            Of::Platform(endpoint) => (endpoint.endpoint_privilege.is_some() || !endpoint.privileges.is_empty(), false, endpoint.by_type),
        };
        world.entity(uid("Endpoint", &route.id)).has("known", reachable).has("open", open).has("by_type", by_type);
    }
}

fn subjects(source: &Source<'_>, world: &mut World) {
    for (code, store) in &source.document.stores {
        world.entity(uid("Store", code)).has("active", !store.suspended);
        let gate = source.planted(Plant::StoreGateDropped) || !store.suspended;
        for (till, part) in &store.tills {
            let till = uid("Till", format!("{code}/{till}"));
            world.entity(till).has("active", gate && !part.suspended).within(uid("Store", code));
        }
    }
    for (id, user) in &source.document.users {
        world.entity(uid("User", id)).has("active", !user.suspended);
    }
    for (id, application) in &source.document.applications {
        let keyed = source.planted(Plant::KeysIgnored) || source.scene.keys.get(id).is_none_or(|until| source.in_force(None, *until));
        let kind = serde_json::to_value(application.kind).unwrap_or(Value::Null);
        world.entity(uid("Application", id)).has("active", keyed && !application.suspended).has("kind", kind);
    }
}
