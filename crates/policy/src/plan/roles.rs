//! Roles: the org's own, and what users hold of the predefined ones (APP-5, APP-6, APP-10, APP-11, APP-20).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::{org as org_of, removals};
use crate::command::{Assign, Reference, Verb};
use crate::ids::*;
use crate::limits::HELD_MAX;
use crate::name::{Name, check_text, fold};
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::platform::{Platform, PlatformRole, PrivilegeKind};
use crate::state::{OrgState, ROLE, State};

/// A role that is there: the org's own, else a predefined one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known<'a> {
    /// Of the org: for applications.
    Own(&'a Arc<Role>),
    /// Of the platform.
    Predefined(&'a PlatformRole),
}

impl Known<'_> {
    pub(super) fn id(&self) -> &RoleId {
        match self {
            Self::Own(role) => &role.id,
            Self::Predefined(role) => &role.id,
        }
    }

    /// For users, and never for applications.
    pub(super) fn is_internal(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::Predefined(role) => role.internal,
        }
    }
}

/// A role by id, else by name.
pub(super) fn find<'a>(platform: &'a Platform, org: &'a OrgState, reference: &Reference) -> Result<Known<'a>, Rejection> {
    let text = &*reference.0;
    let named = || {
        let own = org.named(ROLE, text).and_then(|id| org.roles.get(&**id)).map(Known::Own);
        let folded = fold(text);
        own.or_else(|| platform.roles.iter().find(|role| *role.name.folded() == *folded).map(Known::Predefined))
    };
    let by_id = org.roles.get(text).map(Known::Own).or_else(|| platform.role(text).map(Known::Predefined));
    by_id.or_else(named).ok_or_else(|| unknown(text))
}

fn unknown(text: &str) -> Rejection {
    let text = text.chars().take(60).flat_map(char::escape_default).collect::<String>();
    Rejection::new(RejectionCode::RoleUnknown, format!("there is no role `{text}`: `role list` shows those there are"))
}

/// The id of a role that something holds: one that is there, or one that is held though it has gone since.
pub(super) fn held_or_found(platform: &Platform, org: &OrgState, held: &[RoleGrant], reference: &Reference) -> Result<RoleId, Rejection> {
    match find(platform, org, reference) {
        Ok(known) => Ok(known.id().clone()),
        Err(no) => held.iter().map(|grant| &grant.role).find(|id| id.as_str() == &*reference.0).cloned().ok_or(no),
    }
}

/// What an assignment of roles comes to. `admit` says whether a role may be held; a role that is unknown changes nothing
/// at all, and so does one that may not be held (APP-16).
pub(super) fn assigned(
    platform: &Platform,
    org: &OrgState,
    held: &[RoleGrant],
    (verb, roles): (Verb, &[Assign]),
    admit: impl Fn(Known<'_>) -> Result<(), Rejection>,
) -> Result<Vec<RoleGrant>, Rejection> {
    if roles.is_empty() && verb != Verb::Set {
        return Err(Rejection::new(RejectionCode::NothingNamed, format!("no roles are named to {verb}")));
    }
    few("roles", roles.len())?;
    let mut grants: Vec<RoleGrant> = match verb {
        Verb::Set => Vec::new(),
        Verb::Add | Verb::Remove => held.to_vec(),
    };
    for assign in roles {
        if !assign.places.is_empty() {
            let message = format!("role `{}` holds everywhere: a role has no place", assign.bundle);
            return Err(Rejection::new(RejectionCode::PlaceForbidden, message));
        }
        let role = match verb {
            Verb::Remove => held_or_found(platform, org, held, &assign.bundle)?,
            Verb::Set | Verb::Add => {
                let known = find(platform, org, &assign.bundle)?;
                admit(known)?;
                known.id().clone()
            }
        };
        grants.retain(|grant| grant.role != role);
        match verb {
            Verb::Remove => {}
            Verb::Set | Verb::Add => {
                bounded(assign)?;
                grants.push(RoleGrant { role, bounds: assign.bounds });
            }
        }
    }
    grants.sort();
    few("roles", grants.len())?;
    Ok(grants)
}

fn bounded(assign: &Assign) -> Result<(), Rejection> {
    match (assign.bounds.not_before, assign.bounds.not_after) {
        (Some(from), Some(until)) if until <= from => {
            Err(Rejection::new(RejectionCode::BoundsInvalid, format!("role `{}` would end before it begins", assign.bundle)))
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

pub(super) fn few(what: &str, count: usize) -> Result<(), Rejection> {
    if count <= HELD_MAX { Ok(()) } else { Err(Rejection::new(RejectionCode::TooMany, format!("{count} {what}: there are at most {HELD_MAX}"))) }
}

/// Internal roles of a user. Whatever is for applications never goes to one: a custom role, the default role, a role of an
/// endpoint privilege (APP-5).
pub(super) fn assign_to_user(draft: &mut Draft<'_>, org: &OrgCode, user: &UserId, verb: Verb, roles: &[Assign]) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let record = state.users.get(user).ok_or_else(|| Rejection::new(RejectionCode::UserUnknown, format!("there is no user `{user}`")))?;
    let more = record.more();
    if record.audience() == Audience::Customer && verb != Verb::Remove && !roles.is_empty() {
        let message = format!("user `{user}` is a customer: internal roles are for the people of the org");
        return Err(Rejection::new(RejectionCode::AudienceMismatch, message));
    }
    let platform = &draft.state.platform;
    let grants = assigned(platform, state, &more.roles, (verb, roles), |known| {
        if known.is_internal() {
            return Ok(());
        }
        let message = format!("role `{}` is for applications: a user holds predefined internal roles only, such as `csAgent`", known.id());
        Err(Rejection::new(RejectionCode::ApplicationOnlyPrivilege, message))
    })?;
    let user = record.with_more(UserMore { roles: grants, ..more.clone() });
    draft.put(Object::User(Arc::new(user)));
    Ok(())
}

/// A custom role (APP-10).
pub(super) fn create(draft: &mut Draft<'_>, org: &OrgCode, id: &RoleId, name: &Name, description: &Arc<str>, rights: &[PrivilegeId]) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let platform = &draft.state.platform;
    if state.roles.contains_key(id) || platform.role(id.as_str()).is_some() {
        return Err(Rejection::new(RejectionCode::RoleExists, format!("there is a role `{id}`: choose another id")));
    }
    removals::not_retired(state, &ObjectId::Role(org.clone(), id.clone()))?;
    let role = Role {
        org: org.clone(),
        id: id.clone(),
        name: name.clone(),
        description: description.clone(),
        rights: Arc::new(in_order(rights)),
        meta: draft.new_meta(),
    };
    lawful(draft.state, state, &role)?;
    draft.put(Object::Role(Arc::new(role)));
    Ok(())
}

/// Edits a custom role. Touching the rights drops those that the catalogue has no more.
pub(super) fn edit(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    reference: &Reference,
    name: Option<&Name>,
    description: Option<&Arc<str>>,
    verb: Verb,
    rights: &[PrivilegeId],
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let platform = &draft.state.platform;
    let mut role = (**own(platform, state, reference)?).clone();
    if let Some(name) = name {
        role.name = name.clone();
    }
    if let Some(description) = description {
        role.description = description.clone();
    }
    if !rights.is_empty() || verb == Verb::Set {
        let is_known = |right: &PrivilegeId| platform.privilege(right.as_str()).is_some();
        let kept = role.rights.iter().filter(|right| is_known(right)).cloned();
        let all: Vec<PrivilegeId> = match verb {
            Verb::Set => rights.to_vec(),
            Verb::Add => kept.chain(rights.iter().cloned()).collect(),
            Verb::Remove => {
                rights_known(platform, rights.iter().filter(|right| !role.rights.contains(right)))?;
                kept.filter(|right| !rights.contains(right)).collect()
            }
        };
        rights_known(platform, all.iter())?;
        role.rights = Arc::new(in_order(&all));
    }
    // What the catalogue dropped stays, inert, while the rights are left alone.
    details_lawful(draft.state, state, &role)?;
    draft.put(Object::Role(Arc::new(role)));
    Ok(())
}

/// A role of the org: predefined ones stay as they are (APP-20).
pub(super) fn own<'a>(platform: &'a Platform, org: &'a OrgState, reference: &Reference) -> Result<&'a Arc<Role>, Rejection> {
    match find(platform, org, reference)? {
        Known::Own(role) => Ok(role),
        Known::Predefined(role) => {
            let message = format!("role `{}` is predefined and stays as it is: create a custom one", role.id);
            Err(Rejection::new(RejectionCode::BuiltinImmutable, message))
        }
    }
}

/// Endpoint privileges are predefined (APP-6).
pub(super) fn no_endpoint_privilege(draft: &Draft<'_>, org: &OrgCode, id: &PrivilegeId) -> Rejection {
    if let Err(no) = org_of(draft.state, org) {
        return no;
    }
    let known = draft.state.platform.privileges.iter().filter(|privilege| privilege.kind == PrivilegeKind::Endpoint);
    let message = format!("`{id}` can't be made: endpoint privileges are predefined, give an existing one");
    Rejection::new(RejectionCode::EndpointPrivilegeReadonly, message).with_examples(known.map(|privilege| &privilege.id))
}

fn in_order(rights: &[PrivilegeId]) -> Vec<PrivilegeId> {
    let all: BTreeSet<PrivilegeId> = rights.iter().cloned().collect();
    all.into_iter().collect()
}

/// Rights of either kind: functional ones and those of endpoints, of applications. Those of people are none (APP-11).
fn rights_known<'a>(platform: &Platform, rights: impl Iterator<Item = &'a PrivilegeId> + Clone) -> Result<(), Rejection> {
    let unknown: Vec<&PrivilegeId> = rights.clone().filter(|right| platform.privilege(right.as_str()).is_none()).collect();
    match unknown.as_slice() {
        [] => {}
        [one] => return Err(Rejection::new(RejectionCode::RightUnknown, format!("there is no privilege `{one}`: `role list` shows those that roles hold"))),
        several => return Err(Rejection::new(RejectionCode::RightUnknown, format!("{} privileges are unknown", several.len())).with_examples(several)),
    }
    let internal = |right: &&PrivilegeId| platform.privilege(right.as_str()).is_some_and(|privilege| privilege.kind == PrivilegeKind::Internal);
    match rights.clone().find(internal) {
        None => Ok(()),
        Some(right) => {
            let message = format!("privilege `{right}` is for people: a custom role is for applications, and holds privileges of theirs");
            Err(Rejection::new(RejectionCode::InternalOnlyRole, message))
        }
    }
}

/// A role as a command could make it.
pub(super) fn lawful(state: &State, org: &OrgState, role: &Role) -> Result<(), Rejection> {
    rights_known(&state.platform, role.rights.iter())?;
    if *role.rights != in_order(&role.rights) {
        return Err(Rejection::new(RejectionCode::RightUnknown, format!("the rights of role `{}` are not in order", role.id)));
    }
    if state.platform.role(role.id.as_str()).is_some() {
        return Err(Rejection::new(RejectionCode::BuiltinImmutable, format!("role `{}` is predefined and stays as it is", role.id)));
    }
    details_lawful(state, org, role)
}

fn details_lawful(state: &State, org: &OrgState, role: &Role) -> Result<(), Rejection> {
    few("rights", role.rights.len())?;
    check_text(&role.description).map_err(|why| Rejection::new(RejectionCode::TextInvalid, format!("the description: {why}")))?;
    // Names are unique under folding (AG-9), and none equals another role's id: a reference is never ambiguous.
    let folded = role.name.folded();
    let is_other = |id: &RoleId| *id != role.id;
    let own = org.roles.values().map(|other| (&other.id, &other.name));
    let predefined = state.platform.roles.iter().map(|other| (&other.id, &other.name));
    let taken = |(id, name): &(&RoleId, &Name)| is_other(id) && (name.folded() == folded || *fold(id.as_str()) == *folded);
    match own.chain(predefined).find(taken) {
        None => Ok(()),
        Some((other, _)) => {
            let message = format!("role `{other}` has the name `{}`, or one that differs only in case", role.name);
            Err(Rejection::new(RejectionCode::NameTaken, message))
        }
    }
}

/// No application has the role.
pub(super) fn unassigned(org: &OrgState, id: &RoleId) -> Result<(), Rejection> {
    let applications = org.role_applications.get(id).into_iter().flatten().map(|id| format!("application:{id}"));
    let users = org.role_users.get(id).into_iter().flatten().map(|id| format!("user:{id}"));
    let message = format!("role `{id}` is assigned: take it away first, or force its removal everywhere");
    let rejection = Rejection::new(RejectionCode::RoleAssigned, message).with_examples(applications.chain(users));
    if rejection.count == 0 { Ok(()) } else { Err(rejection) }
}

/// Removes a role; by force it goes from whoever has it, in the same entry.
pub(super) fn remove(draft: &mut Draft<'_>, org: &OrgCode, id: &RoleId, force: bool) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    own(&draft.state.platform, state, &Reference(id.as_str().into()))?;
    if !force {
        unassigned(state, id)?;
    }
    let without = |grants: &[RoleGrant]| -> Vec<RoleGrant> { grants.iter().filter(|grant| grant.role != *id).cloned().collect() };
    for application in state.role_applications.get(id).into_iter().flatten().filter_map(|id| state.applications.get(id)) {
        let roles = Arc::new(without(&application.roles));
        draft.put(Object::Application(Arc::new(Application { roles, inert_roles: Arc::default(), ..(**application).clone() })));
    }
    for user in state.role_users.get(id).into_iter().flatten().filter_map(|id| state.users.get(id)) {
        let more = user.more();
        draft.put(Object::User(Arc::new(user.with_more(UserMore { roles: without(&more.roles), ..more.clone() }))));
    }
    Ok(())
}
