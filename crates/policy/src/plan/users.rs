//! Users: made, edited, imported, removed and invited (UM-1, UM-2, UM-6, UM-17, UM-18, UM-23, UM-24), and the org's
//! switches that go with them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::{credentials, org as org_of, rows};
use crate::command::{Actor, Command, Field, PutMode, UserRow};
use crate::ids::*;
use crate::limits::INVITATION_MS_MAX;
use crate::name::{Name, check_text};
use crate::object::*;
use crate::outcome::{Rejection, RejectionCode};
use crate::place::{Bounds, Place};
use crate::state::{OrgState, State};

pub(super) fn unknown(user: &UserId) -> Rejection {
    Rejection::new(RejectionCode::UserUnknown, format!("there is no user `{user}`"))
}

/// What a row makes of a user: its type and the rest. An import adds places, a put replaces them (UM-18). An owner and a
/// customer that are given none have the whole org.
pub(super) fn after(present: Option<&User>, row: &UserRow, mode: PutMode) -> (UserType, UserMore) {
    let user_type = row.user_type.or(present.map(|user| user.user_type)).unwrap_or(UserType::Standard);
    let mut more = present.map(|user| user.more().clone()).unwrap_or_default();
    more.audience = row.audience.unwrap_or(more.audience);
    row.email.clone().apply(&mut more.email);
    row.designation.clone().apply(&mut more.designation);
    match (&row.places, mode) {
        (Field::Keep, _) => {}
        (Field::Clear, _) => more.places.clear(),
        (Field::To(places), PutMode::Import) => more.places.extend(places.iter().cloned()),
        (Field::To(places), PutMode::Create | PutMode::Edit) => more.places.clone_from(places),
    }
    more.places.sort();
    more.places.dedup();
    let everywhere = user_type == UserType::Owner || more.audience == Audience::Customer;
    if more.places.is_empty() && everywhere && (present.is_none() || !row.places.is_keep()) {
        more.places = vec![Place::Org];
    }
    if let Some(profile) = &row.profile {
        more.profile = profile.clone();
    }
    (user_type, more)
}

pub(super) fn put(draft: &mut Draft<'_>, org: &OrgCode, mode: PutMode, rows: &[UserRow]) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    rows::bounded(rows.len())?;
    rows::reject(&rows::faults(draft.state, &Command::PutUsers { org: org.clone(), mode, rows: rows.to_vec() }))?;
    let mut done = BTreeSet::new();
    let mut no_longer = BTreeSet::new();
    let mut owners_come = false;
    for row in rows.iter().filter(|row| done.insert(row.id.clone())) {
        let present = state.users.get(&row.id);
        let (user_type, more) = after(present.map(|user| &**user), row, mode);
        let name = match (&row.name, present) {
            (Some(name), _) => name.clone(),
            (None, Some(user)) => user.name.clone(),
            // Refused as a fault of its row.
            (None, None) => continue,
        };
        let active = present.is_none_or(|user| user.active);
        match user_type {
            UserType::Owner => owners_come |= active,
            UserType::Admin | UserType::Standard => {
                no_longer.insert(row.id.clone());
            }
        }
        let blank = User { org: org.clone(), id: row.id.clone(), name, user_type, active, meta: draft.new_meta(), more: None };
        draft.put(Object::User(Arc::new(blank.with_more(more))));
    }
    if owners_come { Ok(()) } else { owned_without(state, &no_longer) }
}

/// The last active owner stays, whoever asks (UM-6).
pub(super) fn owned_without(org: &OrgState, leaving: &BTreeSet<UserId>) -> Result<(), Rejection> {
    let owner = |user: &&Arc<User>| user.active && user.user_type == UserType::Owner;
    if org.users.values().filter(owner).any(|user| !leaving.contains(&user.id)) {
        return Ok(());
    }
    let message = format!("org `{}` would have no active owner: make another user an owner first", org.org.org);
    let last = org.users.values().filter(owner).map(|user| format!("user:{}", user.id));
    Err(Rejection::new(RejectionCode::LastOwner, message).with_examples(last))
}

/// Takes a user away: their credentials let nobody in any more, in the same entry.
pub(super) fn remove(draft: &mut Draft<'_>, org: &OrgCode, id: &UserId, actor: &Actor) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if !state.users.contains_key(id) {
        return Err(unknown(id));
    }
    super::orgs::spares_the_actor(draft.state, &ObjectId::User(org.clone(), id.clone()), actor)?;
    owned_without(state, &BTreeSet::from([id.clone()]))?;
    let of_user = |credential: &&Arc<Credential>| match &credential.kind {
        CredentialKind::User { org: of, user } | CredentialKind::Invitation { org: of, user } => of == org && user == id,
        CredentialKind::Operator | CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } => false,
    };
    for credential in draft.state.credentials.values().filter(of_user) {
        draft.put(Object::Credential(Arc::new(Credential { revoked: true, ..(**credential).clone() })));
    }
    Ok(())
}

/// A place that the org has.
pub(super) fn place_known(org: &OrgState, place: &Place) -> Result<(), Rejection> {
    if place.is_known(org) { Ok(()) } else { Err(no_place(place)) }
}

/// What is said of a place that isn't there, or that isn't to be seen.
pub(super) fn no_place(place: &Place) -> Rejection {
    match place {
        Place::Org => Rejection::new(RejectionCode::OrgUnknown, "there is no such org"),
        Place::Zone(code) => Rejection::new(RejectionCode::ZoneUnknown, format!("there is no zone `{code}`")),
        Place::Concept(code) => Rejection::new(RejectionCode::ConceptUnknown, format!("there is no concept `{code}`")),
        Place::Store(code) => super::places::store_unknown(code),
    }
}

pub(super) fn places_known(org: &OrgState, places: &[Place]) -> Result<(), Rejection> {
    places.iter().try_for_each(|place| place_known(org, place))
}

/// A designation names the kind of place that its holder's assignments lie at (UM-17).
pub(super) fn levels_fit<'a>(designation: Option<&Designation>, user: &UserId, places: impl Iterator<Item = &'a Place>) -> Result<(), Rejection> {
    let Some(designation) = designation else { return Ok(()) };
    let others = places.filter(|place| place.level() != designation.level);
    let message = format!(
        "`user:{user}` is `{}`, whose assignments lie at a {}: name places of that kind, or change the designation",
        designation.name, designation.level
    );
    let rejection = Rejection::new(RejectionCode::LevelMismatch, message).with_examples(others);
    if rejection.count == 0 { Ok(()) } else { Err(rejection) }
}

/// Bounds end after they begin.
pub(super) fn bounds_fit(bounds: Bounds) -> Result<(), Rejection> {
    match (bounds.not_before, bounds.not_after) {
        (Some(from), Some(until)) if until <= from => {
            Err(Rejection::new(RejectionCode::BoundsInvalid, "it would end before it begins: give an end after the beginning"))
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

/// A user, a permission set or the org's switches as they would come back: as commands could have made them.
pub(super) fn lawful(after: &State, org: &OrgState, object: &Object) -> Result<(), Rejection> {
    match object {
        Object::User(user) => lawful_user(after, org, user),
        Object::Set(set) => super::sets::lawful(after, org, set),
        Object::Settings(settings) => match &settings.contact {
            Some(contact) => check_text(contact).map_err(|why| Rejection::new(RejectionCode::TextInvalid, format!("the contact: {why}"))),
            None => Ok(()),
        },
        _elsewhere => Ok(()),
    }
}

fn lawful_user(after: &State, org: &OrgState, user: &User) -> Result<(), Rejection> {
    let more = user.more();
    rows::users::texts_fit(user).map_err(|(code, why)| Rejection::new(code, format!("`user:{}`: {why}", user.id)))?;
    if let Some(email) = &more.email {
        let folded = crate::name::fold(email);
        let same = |other: &&Arc<User>| other.id != user.id && other.more().email.as_ref().is_some_and(|email| crate::name::fold(email) == folded);
        if let Some(other) = org.users.values().find(same) {
            return Err(Rejection::new(RejectionCode::EmailTaken, format!("`user:{}` has the address `{email}` now", other.id)));
        }
    }
    places_known(org, &more.places)?;
    let customer = more.audience == Audience::Customer;
    if customer && (user.user_type != UserType::Standard || !more.sets.is_empty()) {
        let message = format!("`user:{}` is a customer: customers hold no permission sets and administer nothing", user.id);
        return Err(Rejection::new(RejectionCode::AudienceMismatch, message));
    }
    levels_fit(more.designation.as_ref(), &user.id, more.sets.iter().flat_map(|grant| &grant.places))?;
    for grant in &more.sets {
        if !org.sets.contains_key(&grant.set) && after.platform.set(grant.set.as_str()).is_none() {
            return Err(Rejection::new(RejectionCode::SetUnknown, format!("there is no permission set `{}` any more", grant.set)));
        }
        if grant.places.is_empty() {
            return Err(Rejection::new(RejectionCode::PlaceRequired, format!("permission set `{}` needs a place to be assigned at", grant.set)));
        }
        places_known(org, &grant.places)?;
        bounds_fit(grant.bounds)?;
        super::sets::may_hold(after, org, user.user_type, &grant.set)?;
    }
    for membership in &more.groups {
        match org.user_groups.get(&membership.group) {
            None => return Err(Rejection::new(RejectionCode::UserGroupUnknown, format!("there is no user group `{}` any more", membership.group))),
            Some(group) if group.audience != more.audience => {
                let message = format!("`user:{}` is no {}: user group `{}` is for those", user.id, group.audience, group.name);
                return Err(Rejection::new(RejectionCode::AudienceMismatch, message));
            }
            Some(_) => bounds_fit(membership.bounds)?,
        }
    }
    for grant in &more.roles {
        let internal = after.platform.role(grant.role.as_str()).is_some_and(|role| role.internal);
        if !internal {
            return Err(Rejection::new(RejectionCode::ApplicationOnlyPrivilege, format!("users hold internal roles only, and `{}` is none", grant.role)));
        }
        bounds_fit(grant.bounds)?;
    }
    Ok(())
}

/// The org's switches. As they come, there is no record of them.
pub(super) fn edit_settings(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    contact: &Field<Arc<str>>,
    least_privilege_registration: Option<bool>,
    approval_required: Option<bool>,
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    if let Some(contact) = contact.value() {
        check_text(contact).map_err(|why| Rejection::new(RejectionCode::TextInvalid, format!("the contact: {why}")))?;
    }
    let blank = Settings { org: org.clone(), contact: None, least_privilege_registration: false, meta: draft.new_meta(), approval_required: false };
    let mut settings = state.settings.as_deref().unwrap_or(&blank).clone();
    contact.clone().apply(&mut settings.contact);
    settings.least_privilege_registration = least_privilege_registration.unwrap_or(settings.least_privilege_registration);
    settings.approval_required = approval_required.unwrap_or(settings.approval_required);
    if settings.approval_required && !state.approval_required() {
        super::proposals::two_approve(draft.state, state)?;
    }
    if settings.contact.is_none() && !settings.least_privilege_registration && !settings.approval_required {
        draft.remove(&ObjectId::Settings(org.clone()));
    } else {
        draft.put(Object::Settings(Arc::new(settings)));
    }
    Ok(())
}

/// A one-time code for a user (UM-23). No mail is sent: whoever invites passes it on.
pub(super) fn invite(
    draft: &mut Draft<'_>,
    org: &OrgCode,
    user: &UserId,
    id: &CredentialId,
    secret: &Secret,
    lasts_ms: u64,
) -> Result<(), Rejection> {
    let state = org_of(draft.state, org)?;
    let record = state.users.get(user).ok_or_else(|| unknown(user))?;
    signs_in(record)?;
    if lasts_ms == 0 || lasts_ms > INVITATION_MS_MAX {
        let days = INVITATION_MS_MAX / (24 * 60 * 60 * 1_000);
        return Err(Rejection::new(RejectionCode::LifetimeInvalid, format!("an invitation lasts for some time, at most {days} days")));
    }
    if !record.active {
        draft.warn(format!("`user:{user}` is suspended: the invitation lets in once they are resumed"));
    }
    if state.settings.as_ref().is_none_or(|settings| settings.contact.is_none()) {
        draft.warn("the org has no contact: whoever is invited has nobody to turn to; set one with `org settings`");
    }
    let bounds = Bounds { not_before: None, not_after: Some(Tick(draft.now().0.saturating_add(lasts_ms))) };
    let kind = CredentialKind::Invitation { org: org.clone(), user: user.clone() };
    credentials::put(draft, id, &record.name, &kind, secret, bounds)
}

/// Customers don't sign in to the console (UM-24).
pub(super) fn signs_in(user: &User) -> Result<(), Rejection> {
    match user.audience() {
        Audience::Employee => Ok(()),
        Audience::Customer => {
            let message = format!("`user:{}` is a customer: customers don't sign in here", user.id);
            Err(Rejection::new(RejectionCode::AudienceMismatch, message))
        }
    }
}

/// Turns the code that the asker came in with into a credential of its user: the code is spent in the same entry.
pub(super) fn redeem(draft: &mut Draft<'_>, id: &CredentialId, label: &Name, secret: &Secret, actor: &Actor) -> Result<(), Rejection> {
    let invitation = match actor {
        Actor::System => None,
        Actor::Credential(id) => draft.state.credentials.get(id),
    };
    let not_one = || Rejection::new(RejectionCode::Forbidden, "only an invitation can be turned into a credential");
    let invitation = invitation.ok_or_else(not_one)?;
    let CredentialKind::Invitation { org, user } = &invitation.kind else { return Err(not_one()) };
    let kind = CredentialKind::User { org: org.clone(), user: user.clone() };
    credentials::put(draft, id, label, &kind, secret, Bounds::ALWAYS)?;
    draft.put(Object::Credential(Arc::new(Credential { revoked: true, ..(**invitation).clone() })));
    Ok(())
}
