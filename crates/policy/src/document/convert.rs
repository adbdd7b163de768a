//! Objects as parts of a document, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::parts::*;
use super::{BadDocument, bad, sorted};
use crate::access::{Class, Grant, Level, Levels, Narrow};
use crate::ids::*;
use crate::object::*;
use crate::outcome::Change;
use crate::permission::Permission;
use crate::place::{Bounds, Place};
use crate::plan::is_instance;
use crate::state::OrgState;

impl AssignedPart {
    pub(super) fn new(id: &str, at: &[Place], bounds: Bounds) -> Self {
        Self { id: id.into(), at: at.to_vec(), from: bounds.not_before, until: bounds.not_after }
    }

    pub(super) fn bounds(&self) -> Bounds {
        Bounds { not_before: self.from, not_after: self.until }
    }
}

pub(super) fn endpoint_part(endpoint: &Endpoint) -> (Arc<str>, EndpointPart) {
    let by_template = Routes { instance: is_instance(&endpoint.template), ..Routes::default() };
    let routes = endpoint.routes.as_deref().unwrap_or(&by_template).clone();
    let part = EndpointPart {
        name: endpoint.name.clone(),
        resource: endpoint.resource.clone(),
        class: (endpoint.class != Class::Data).then_some(endpoint.class),
        level: (endpoint.level != Level::of_method(&endpoint.method)).then_some(endpoint.level),
        open: routes.open,
        scopes: routes.scopes,
        all_scopes: routes.all_scopes,
        permissions: routes.permissions.iter().map(Permission::to_string).collect(),
        instance: (routes.instance != by_template.instance).then_some(routes.instance),
    };
    (format!("{} {}", endpoint.method, endpoint.template).into(), part)
}

pub(super) fn endpoint(org: &OrgCode, key: &str, part: &EndpointPart) -> Result<Endpoint, BadDocument> {
    let at = || format!("endpoints.{key}");
    let (method, path) = key.split_once(' ').ok_or_else(|| bad(at(), "it is a method, a blank and a path template"))?;
    let (id, template) = crate::plan::endpoint_id(method, path).map_err(|(_, why)| bad(at(), why))?;
    let permissions = part.permissions.iter().map(|text| text.parse::<Permission>().map_err(|why| bad(format!("{}.permissions", at()), why)));
    let by_template = Routes { instance: is_instance(&template.shown), ..Routes::default() };
    let routes = Routes {
        open: part.open,
        scopes: sorted(part.scopes.clone()),
        all_scopes: part.all_scopes,
        permissions: sorted(permissions.collect::<Result<_, _>>()?),
        instance: part.instance.unwrap_or(by_template.instance),
    };
    let method: Arc<str> = method.to_ascii_uppercase().into();
    Ok(Endpoint {
        org: org.clone(),
        id,
        level: part.level.unwrap_or(Level::of_method(&method)),
        method,
        template: template.shown.into(),
        matchable: template.matchable,
        name: part.name.clone(),
        resource: part.resource.clone(),
        class: part.class.unwrap_or_default(),
        meta: Meta::default(),
        routes: (routes != by_template).then(|| Arc::new(routes)),
    })
}

pub(super) fn group_part(group: &Group) -> (GroupId, GroupPart) {
    let mut grants: BTreeMap<ResourceId, Cells> = BTreeMap::new();
    for grant in group.grants.iter() {
        let levels = grant.levels.to_string();
        let cell = match &grant.narrow {
            None => CellPart::Whole(levels),
            Some(Narrow::Only(only)) => CellPart::Narrowed(NarrowedCell { levels, only: only.clone(), except: Vec::new() }),
            Some(Narrow::Except(except)) => CellPart::Narrowed(NarrowedCell { levels, only: Vec::new(), except: except.clone() }),
        };
        let cells = grants.entry(grant.resource.clone()).or_default();
        match grant.class {
            Class::Data => cells.data = Some(cell),
            Class::Config => cells.config = Some(cell),
        }
    }
    let (name, description) = (group.name.clone(), group.description.clone());
    (group.id.clone(), GroupPart { name, description, inactive: !group.active, grants })
}

pub(super) fn group(org: &OrgCode, id: &GroupId, part: &GroupPart) -> Result<Group, BadDocument> {
    let mut grants = Vec::new();
    for (resource, cells) in &part.grants {
        for (class, cell) in [(Class::Data, &cells.data), (Class::Config, &cells.config)] {
            let Some(cell) = cell else { continue };
            let at = || format!("access-groups.{id}.grants.{resource}.{}", class.to_string().to_ascii_lowercase());
            let (levels, narrow) = match cell {
                CellPart::Whole(levels) => (levels, None),
                CellPart::Narrowed(cell) => match (cell.only.is_empty(), cell.except.is_empty()) {
                    (false, true) => (&cell.levels, Some(Narrow::Only(cell.only.clone()).in_order())),
                    (true, false) => (&cell.levels, Some(Narrow::Except(cell.except.clone()).in_order())),
                    (true, true) => (&cell.levels, None),
                    (false, false) => return Err(bad(at(), "a cell is narrowed by `only` or by `except`, never by both")),
                },
            };
            let levels: Levels = levels.parse().map_err(|why| bad(at(), why))?;
            if !levels.is_empty() {
                grants.push(Grant { resource: resource.clone(), class, levels, narrow });
            }
        }
    }
    Ok(Group {
        org: org.clone(),
        id: id.clone(),
        name: part.name.clone(),
        description: part.description.clone(),
        kind: GroupKind::Custom,
        active: !part.inactive,
        wildcard: false,
        grants: Arc::new(grants),
        meta: Meta::default(),
    })
}

pub(super) fn control_part(control: &Control) -> (ControlId, ControlPart) {
    let (name, description, scopes) = (control.name.clone(), control.description.clone(), (*control.scopes).clone());
    (control.id.clone(), ControlPart { name, description, audience: control.audience, scopes })
}

pub(super) fn user_group_part(group: &UserGroup) -> (UserGroupId, UserGroupPart) {
    let controls = group.controls.iter().map(|grant| AssignedPart::new(grant.control.as_str(), &grant.places, grant.bounds)).collect();
    let (name, description) = (group.name.clone(), group.description.clone());
    (group.id.clone(), UserGroupPart { name, description, audience: group.audience, controls })
}

pub(super) fn set_part(set: &PermissionSet) -> (SetId, SetPart) {
    let grants = set.grants.iter().map(|grant| (grant.module.clone(), grant.actions)).collect();
    (set.id.clone(), SetPart { name: set.name.clone(), description: set.description.clone(), grants })
}

pub(super) fn role_part(role: &Role) -> (RoleId, RolePart) {
    (role.id.clone(), RolePart { name: role.name.clone(), description: role.description.clone(), rights: (*role.rights).clone() })
}

pub(super) fn store_part(org: &OrgState, store: &Store) -> (StoreCode, StorePart) {
    let (group, observe) = org.beneath(store);
    let tills = org.tills_of(&store.code).map(|till| (till.code.clone(), TillPart { name: till.name.clone(), suspended: !till.active }));
    let part = StorePart {
        name: store.name.clone(),
        zone: store.zone.clone(),
        concept: store.concept.clone(),
        suspended: !store.active,
        group,
        observe,
        details: store.details.as_deref().cloned(),
        tills: tills.collect(),
    };
    (store.code.clone(), part)
}

pub(super) fn store(org: &OrgCode, code: &StoreCode, part: &StorePart) -> Store {
    Store {
        org: org.clone(),
        code: code.clone(),
        name: part.name.clone(),
        zone: part.zone.clone(),
        concept: part.concept.clone(),
        active: !part.suspended,
        group: part.group.clone(),
        details: part.details.clone().filter(|details| *details != StoreDetails::default()).map(Arc::new),
        meta: Meta::default(),
        observe: part.observe && part.group.is_some(),
    }
}

/// What a document means by a store where break-glass runs. Said as it is beneath, it keeps the emergency's group for as long as
/// that lasts. Said otherwise, it gets what is said, and break-glass ends; which only the end itself tells if what is said
/// is the emergency's group.
pub(super) fn under_break_glass(org: &OrgState, said: Arc<Store>) -> (Arc<Store>, Option<Change>) {
    let (Some(present), Some(running)) = (org.stores.get(&said.code), org.overrides.get(&said.code)) else { return (said, None) };
    let as_is = (present.group.clone(), present.observe);
    let as_said = (said.group.clone(), said.observe);
    if as_said == org.beneath(present) {
        return (Arc::new(Store { group: as_is.0, observe: as_is.1, ..(*said).clone() }), None);
    }
    let end = (as_said == as_is).then(|| Change { before: Some(Object::Override(running.clone())), after: None });
    (said, end)
}

pub(super) fn user_part(user: &User) -> (UserId, UserPart) {
    let more = user.more();
    let part = UserPart {
        name: user.name.clone(),
        user_type: user.user_type,
        audience: more.audience,
        email: more.email.clone(),
        suspended: !user.active,
        places: more.places.clone(),
        designation: more.designation.as_ref().map(|one| DesignationPart { name: one.name.clone(), level: one.level }),
        groups: more.groups.iter().map(|one| AssignedPart::new(one.group.as_str(), &[], one.bounds)).collect(),
        permission_sets: more.sets.iter().map(|one| AssignedPart::new(one.set.as_str(), &one.places, one.bounds)).collect(),
        roles: more.roles.iter().map(|one| AssignedPart::new(one.role.as_str(), &[], one.bounds)).collect(),
        profile: more.profile.clone(),
    };
    (user.id.clone(), part)
}

pub(super) fn user(org: &OrgCode, id: &UserId, part: &UserPart) -> Result<User, BadDocument> {
    let groups = part.groups.iter().map(|one| {
        let group = one.id.parse().map_err(|why| bad(format!("users.{id}.groups"), why))?;
        Ok(Membership { group, bounds: one.bounds() })
    });
    let sets = part.permission_sets.iter().map(|one| {
        let set = one.id.parse().map_err(|why| bad(format!("users.{id}.permission-sets"), why))?;
        Ok(SetGrant { set, places: sorted(one.at.clone()), bounds: one.bounds() })
    });
    let more = UserMore {
        email: part.email.clone(),
        audience: part.audience,
        places: sorted(part.places.clone()),
        designation: part.designation.as_ref().map(|one| Designation { name: one.name.clone(), level: one.level }),
        groups: sorted(groups.collect::<Result<_, BadDocument>>()?),
        sets: sorted(sets.collect::<Result<_, BadDocument>>()?),
        roles: role_grants(&part.roles, || format!("users.{id}.roles"))?,
        profile: part.profile.clone(),
    };
    let blank = User {
        org: org.clone(),
        id: id.clone(),
        name: part.name.clone(),
        user_type: part.user_type,
        active: !part.suspended,
        meta: Meta::default(),
        more: None,
    };
    Ok(blank.with_more(more))
}

pub(super) fn role_grants(parts: &[AssignedPart], at: impl Fn() -> String) -> Result<Vec<RoleGrant>, BadDocument> {
    let grants = parts.iter().map(|one| {
        let role = one.id.parse().map_err(|why| bad(at(), why))?;
        Ok(RoleGrant { role, bounds: one.bounds() })
    });
    Ok(sorted(grants.collect::<Result<_, BadDocument>>()?))
}

pub(super) fn application_part(application: &Application) -> (ApplicationId, ApplicationPart) {
    let part = ApplicationPart {
        name: application.name.clone(),
        kind: application.kind,
        suspended: !application.active,
        roles: application.roles.iter().map(|one| AssignedPart::new(one.role.as_str(), &[], one.bounds)).collect(),
        inert_roles: (*application.inert_roles).clone(),
        scopes: (*application.scopes).clone(),
        access_group: application.group.clone(),
        source: application.source.clone(),
        external: application.external,
    };
    (application.id.clone(), part)
}

pub(super) fn application(org: &OrgCode, id: &ApplicationId, part: &ApplicationPart) -> Result<Application, BadDocument> {
    Ok(Application {
        org: org.clone(),
        id: id.clone(),
        name: part.name.clone(),
        kind: part.kind,
        active: !part.suspended,
        roles: Arc::new(role_grants(&part.roles, || format!("applications.{id}.roles"))?),
        inert_roles: Arc::new(sorted(part.inert_roles.clone())),
        scopes: Arc::new(sorted(part.scopes.clone())),
        group: part.access_group.clone(),
        source: part.source.clone(),
        external: part.external,
        meta: Meta::default(),
    })
}
