//! Scopes, people, applications and their bundles as people and scripts see them.

use bailiwick_policy::ids::Tick;
use bailiwick_policy::object::{
    Application, Control, Endpoint, Entity, Override, PermissionSet, Platform, Proposal, Role, RoleGrant, Scope, Settings, User, UserGroup,
};
use bailiwick_policy::permission::ModuleGrant;
use bailiwick_policy::place::{Bounds, Place};
use serde_json::{Map, Value, json};

use super::{status, word};
use crate::cli::moment::moment;

/// A scope that the org defined.
pub fn scope(o: &Scope) -> Value {
    json!({"id": o.id, "tier": "tenant", "own": o.own, "description": o.description})
}

/// A custom entity.
pub fn entity(o: &Entity) -> Value {
    json!({"id": o.id, "name": o.name})
}

/// An access control.
pub fn control(o: &Control) -> Value {
    json!({
        "id": o.id, "name": o.name, "description": o.description, "audience": o.audience.map(|a| a.to_string()),
        "scopes": *o.scopes,
    })
}

/// A user group with its access controls.
pub fn user_group(o: &UserGroup) -> Value {
    let controls: Vec<Value> = o.controls.iter().map(|grant| placed(json!({"control": grant.control}), &grant.places, grant.bounds)).collect();
    json!({
        "id": o.id, "name": o.name, "description": o.description, "audience": o.audience.to_string(), "controls": controls,
    })
}

/// A user with all that is assigned to it.
pub fn user(o: &User) -> Value {
    let more = o.more();
    let groups: Vec<Value> = more.groups.iter().map(|m| bounded(json!({"group": m.group}), m.bounds)).collect();
    let sets: Vec<Value> = more.sets.iter().map(|grant| placed(json!({"set": grant.set}), &grant.places, grant.bounds)).collect();
    json!({
        "id": o.id, "name": o.name, "type": o.user_type.to_string(), "audience": o.audience().to_string(),
        "active": o.active, "email": more.email, "places": more.places,
        "designation": more.designation.as_ref().map(|d| format!("{}:{}", d.name, d.level)),
        "groups": groups, "sets": sets, "roles": roles(&more.roles), "title": more.profile.title,
        "first": more.profile.first, "middle": more.profile.middle, "last": more.profile.last,
        "mobile": more.profile.mobile,
    })
}

/// A permission set.
pub fn set(o: &PermissionSet) -> Value {
    json!({"id": o.id, "name": o.name, "description": o.description, "grants": module_grants(&o.grants)})
}

/// A role.
pub fn role(o: &Role) -> Value {
    json!({"id": o.id, "name": o.name, "description": o.description, "rights": *o.rights})
}

/// An application. Roles that grant nothing stand by themselves (APP-13).
pub fn application(o: &Application) -> Value {
    json!({
        "id": o.id, "name": o.name, "type": o.kind.to_string(), "status": status(o.active), "roles": roles(&o.roles),
        "roles_without_effect": *o.inert_roles, "scopes": *o.scopes, "group": o.group, "source": o.source,
        "external": o.external,
    })
}

/// An allocation that goes back by itself.
pub fn over(o: &Override) -> Value {
    json!({
        "store": o.store, "group": o.group, "until": moment(o.until),
        "before": o.before.as_ref().map(|(group, _)| group),
        "before_observed": o.before.as_ref().is_some_and(|(_, observed)| *observed),
    })
}

/// Switches of an org.
pub fn settings(o: &Settings) -> Value {
    json!({
        "contact": o.contact, "least_privilege_registration": o.least_privilege_registration,
        "approval": approval(o.approval_required),
    })
}

/// Whether changes wait for a second person.
pub fn approval(required: bool) -> &'static str {
    if required { "required" } else { "off" }
}

/// A change that waits, without what it would change: `proposal show` says that.
pub fn proposal(o: &Proposal) -> Value {
    json!({
        "id": o.id, "command": o.command.name(), "proposed_by": o.meta.created_by, "proposed_at": moment(o.meta.created_at),
        "credential": o.maker, "user": o.user, "until": moment(o.until), "reason": o.reason, "planned_at": o.planned_at,
    })
}

/// The platform's catalogue, in numbers: `catalogue show` has all of it.
pub fn platform(o: &Platform) -> Value {
    json!({
        "version": o.version, "access_groups": o.groups.len(), "modules": o.modules.len(), "permission_sets": o.sets.len(),
        "scopes": o.scopes.len(), "domains": o.domains.len(), "access_controls": o.controls.len(),
        "privileges": o.privileges.len(), "roles": o.roles.len(), "endpoints": o.endpoints.len(),
    })
}

/// Ways into an endpoint beside its resource, as fields; none for one without.
pub fn routes(o: &Endpoint) -> Map<String, Value> {
    let Some(routes) = &o.routes else { return Map::new() };
    let permissions: Vec<String> = routes.permissions.iter().map(ToString::to_string).collect();
    let value = json!({
        "open": routes.open, "scopes": routes.scopes, "all_scopes": routes.all_scopes, "permissions": permissions,
        "instance": routes.instance,
    });
    if let Value::Object(fields) = value { fields } else { Map::new() }
}

/// What a set grants, by sub-module.
pub fn module_grants(grants: &[ModuleGrant]) -> Vec<Value> {
    grants.iter().map(|grant| json!({"module": grant.module, "actions": grant.actions.to_string()})).collect()
}

fn roles(roles: &[RoleGrant]) -> Vec<Value> {
    roles.iter().map(|grant| bounded(json!({"role": grant.role}), grant.bounds)).collect()
}

/// A value with the places at which it holds and the moments between which it is in force.
pub fn placed(value: Value, places: &[Place], bounds: Bounds) -> Value {
    let mut value = bounded(value, bounds);
    if let Value::Object(fields) = &mut value {
        fields.insert("places".to_owned(), json!(places));
    }
    value
}

/// A value with the moments between which it is in force, where there are any.
pub fn bounded(mut value: Value, bounds: Bounds) -> Value {
    if let Value::Object(fields) = &mut value {
        let mut put = |name: &str, at: Option<Tick>| {
            if let Some(at) = at {
                fields.insert(name.to_owned(), json!(moment(at)));
            }
        };
        put("from", bounds.not_before);
        put("until", bounds.not_after);
    }
    value
}

/// An assignment or a grant as one phrase: `membercare-explore at zone:north until 2026-12-31T00:00:00Z`.
pub fn phrase(fields: &Map<String, Value>) -> Option<String> {
    const NAMED: [&str; 7] = ["scope", "control", "set", "role", "group", "user", "module"];
    let name = NAMED.iter().find_map(|field| fields.get(*field))?;
    let mut text = word(name);
    let mut add = |before: &str, field: &str| {
        let value = fields.get(field).map(word).filter(|value| !value.is_empty());
        if let Some(value) = value {
            text.push_str(&format!("{before}{value}"));
        }
    };
    add(" ", "actions");
    add(" · ", "name");
    add(" at ", "places");
    add(" from ", "from");
    add(" until ", "until");
    Some(text)
}
