//! Users and applications: what they are, their permission sets at places, and their roles (the UM and APP rules).

use std::collections::BTreeSet;

use serde_json::Value;

use super::places::{Looks, limits, place, within};
use super::routes::{Of, routes};
use super::world::{Uid, World, list, uid};
use super::{Plant, Source};

pub(super) fn translate(source: &Source<'_>, world: &mut World) {
    users(source, world);
    permissions(source, world);
    privileges(source, world);
    let owner = "principal has owner && principal.owner && resource has known && resource.known";
    world.policy("the owner", format!("permit(principal is User, action, resource) when {{ {owner} }}"));
}

fn users(source: &Source<'_>, world: &mut World) {
    for (id, part) in &source.document.users {
        let places: Vec<Uid> = part.places.iter().map(place).collect();
        let has = |kind: &str| places.iter().any(|place| place.0 == kind);
        let user = world.entity(uid("User", id));
        user.has("owner", part.user_type.to_string() == "owner");
        user.has("audience", part.audience.to_string());
        user.has("places", places.iter().map(Uid::json).collect::<Vec<Value>>());
        user.has("in_zones", has("Zone")).has("in_concepts", has("Concept"));
        for place in places {
            user.within(place);
        }
        for group in part.groups.iter().filter(|one| source.in_force(one.from, one.until)) {
            user.within(uid("UserGroup", &group.id));
        }
        for role in part.roles.iter().filter(|one| source.in_force(one.from, one.until)) {
            user.within(uid("Role", &role.id));
        }
        for grant in &part.permission_sets {
            let places: Vec<Uid> = grant.at.iter().map(place).collect();
            let (user, set) = (uid("User", id), &grant.id);
            for (face, looks) in [("Views", Looks::Yes), ("Acts", Looks::No)] {
                let when = format!("{} && {}", limits(source, grant), within(source, &places, looks));
                let text = format!("permit(principal == {user}, action, resource in {}) when {{ {when} }}", uid(face, set));
                world.policy(format!("{user}: {set} {face}"), text);
            }
        }
    }
    for (id, part) in &source.document.applications {
        let application = world.entity(uid("Application", id));
        for role in part.roles.iter().filter(|one| source.in_force(one.from, one.until)) {
            application.within(uid("Role", &role.id));
        }
        if source.planted(Plant::InertRolesGrant) {
            for role in &part.inert_roles {
                application.within(uid("Role", role));
            }
        }
    }
}

const ACTIONS: [(char, &str); 5] = [('V', "view"), ('C', "create"), ('E', "edit"), ('D', "delete"), ('A', "approval")];

/// Permissions lie in the sets that grant them, apart by whether they look; endpoints lie in the permissions that open them.
fn permissions(source: &Source<'_>, world: &mut World) {
    for module in &source.catalogue.modules {
        for (_, action) in ACTIONS {
            world.entity(uid("Permission", format!("{}:{action}", module.id))).has("known", true);
        }
    }
    let offers = |module: &str, letter: char| {
        let module = source.catalogue.modules.iter().find(|known| known.id.as_str() == module);
        module.is_some_and(|module| module.offered.to_string().contains(letter))
    };
    let known = |module: &str| source.catalogue.modules.iter().any(|known| known.id.as_str() == module);
    let mut grant = |set: &str, module: &str, letters: &str, standard: bool| {
        for (letter, action) in ACTIONS.into_iter().filter(|(letter, _)| letters.contains(*letter)) {
            // A standard set grants what the catalogue gives it; a custom one what it offers to those, still.
            let whole = standard && !source.planted(Plant::StandardSetsFiltered) || source.planted(Plant::TombstonesLive);
            if offers(module, letter) || (whole && (known(module) || source.planted(Plant::TombstonesLive))) {
                let face = if letter == 'V' { "Views" } else { "Acts" };
                world.entity(uid("Permission", format!("{module}:{action}"))).within(uid(face, set));
            }
        }
    };
    let own: BTreeSet<&str> = source.document.permission_sets.keys().map(|id| id.as_str()).collect();
    for (id, part) in &source.document.permission_sets {
        for (module, actions) in &part.grants {
            grant(id.as_str(), module.as_str(), &actions.to_string(), false);
        }
    }
    for set in source.catalogue.sets.iter().filter(|set| !own.contains(set.id.as_str())) {
        for granted in &set.grants {
            grant(set.id.as_str(), granted.module.as_str(), &granted.actions.to_string(), true);
        }
    }
    for route in routes(source) {
        if let Of::Org(part) = route.of {
            let endpoint = world.entity(uid("Endpoint", &route.id));
            for permission in &part.permissions {
                endpoint.within(uid("Permission", permission));
            }
        }
    }
}

/// Endpoints of the platform lie in the privileges that reach them; a role is a permit of what it holds.
fn privileges(source: &Source<'_>, world: &mut World) {
    for route in routes(source) {
        if let Of::Platform(endpoint) = route.of {
            let entity = world.entity(uid("Endpoint", &route.id));
            let own = endpoint.endpoint_privilege.iter().filter(|_| !source.planted(Plant::EndpointPrivilegesIgnored));
            for right in endpoint.privileges.iter().chain(own) {
                entity.within(uid("Right", right));
            }
        }
    }
    let known = |right: &str| source.planted(Plant::TombstonesLive) || source.catalogue.privileges.iter().any(|one| one.id.as_str() == right);
    let own = source.document.roles.iter().map(|(id, part)| (id, &part.rights));
    let predefined = source.catalogue.roles.iter().map(|role| (&role.id, &role.rights));
    let mut seen = BTreeSet::new();
    for (id, rights) in own.chain(predefined) {
        if seen.insert(id) {
            let role = uid("Role", id);
            let rights: Vec<Uid> = rights.iter().filter(|right| known(right.as_str())).map(|right| uid("Right", right)).collect();
            world.policy(&role, format!("permit(principal in {role}, action == Action::\"call\", resource) when {{ resource in {} }}", list(&rights)));
        }
    }
}
