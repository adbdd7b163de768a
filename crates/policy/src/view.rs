//! Whose eyes: every query, count, completion and watch is filtered by `visible`, and takes a `Viewer`.

use std::collections::BTreeSet;

use crate::decision::Subject;
use crate::ids::{CredentialId, ObjectId, OrgCode, StoreCode, UserId};
use crate::object::{Credential, CredentialKind, Object, Platform, Secret};
use crate::outcome::{AuditRow, Change};
use crate::permission::Action;
use crate::place::Place;
use crate::powers::{Powers, Sub};
use crate::state::{OrgState, State};

/// Who looks: an authenticated credential with what its kind says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Viewer {
    /// The credential.
    pub credential: CredentialId,
    /// What it is for.
    pub label: std::sync::Arc<str>,
    /// Whom it lets in.
    pub kind: CredentialKind,
}

impl Viewer {
    /// The viewer that a secret proves; none if it is unknown or revoked, or its user is gone or suspended.
    pub fn of_secret(state: &State, secret: &Secret) -> Option<Self> {
        let id = state.by_secret.get(secret)?;
        Self::of_credential(state, id)
    }

    /// The viewer that a credential stands for, under the same conditions.
    pub fn of_credential(state: &State, id: &CredentialId) -> Option<Self> {
        let credential = state.credentials.get(id)?;
        let lets_in = !credential.revoked && credential.bounds.hold(state.clock) && holder_is_active(state, credential);
        lets_in.then(|| Self {
            credential: credential.id.clone(),
            label: credential.label.as_str().into(),
            kind: credential.kind.clone(),
        })
    }

    /// The org that a question without one is about.
    pub fn org(&self) -> Option<&OrgCode> {
        self.kind.org()
    }

    /// Whether the viewer may ask for decisions about a subject of an org, and why they are so. An enforcement point may
    /// about any of its org, an application about itself, a user about themselves and whom they see (UM-2).
    pub fn may_check(&self, state: &State, org: &str, subject: Subject<'_>) -> bool {
        if self.kind.org().is_some_and(|own| own.as_str() != org) {
            return false;
        }
        match &self.kind {
            CredentialKind::Operator | CredentialKind::EnforcementPoint { .. } => true,
            CredentialKind::Application { application, .. } => matches!(subject, Subject::Application(id) if id == application.as_str()),
            CredentialKind::User { .. } => self.powers(state).is_some_and(|powers| powers.is_owner() || checks(&powers, subject)),
            CredentialKind::Invitation { .. } => false,
        }
    }

    /// What the user behind the credential may do; none if there is none, or none that is active.
    pub fn powers<'a>(&self, state: &'a State) -> Option<Powers<'a>> {
        match &self.kind {
            CredentialKind::User { org, user } => Powers::of(state, org.as_str(), user.as_str()),
            CredentialKind::Operator
            | CredentialKind::EnforcementPoint { .. }
            | CredentialKind::Application { .. }
            | CredentialKind::Invitation { .. } => None,
        }
    }

    /// Whether the viewer sees all that an org has: what is asked of the org as a whole (its lint, its diff, its export, its
    /// deny feed) is answered to these alone.
    pub fn sees_all(&self, state: &State, org: &str) -> bool {
        match &self.kind {
            CredentialKind::Operator => true,
            CredentialKind::User { org: own, .. } => own.as_str() == org && self.powers(state).is_some_and(|powers| powers.is_owner()),
            CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } | CredentialKind::Invitation { .. } => false,
        }
    }

    /// Whether the viewer sees an org at all. To a credential of another org it is unknown, whatever its state; an
    /// enforcement point searches nothing.
    pub fn sees_org(&self, org: &str) -> bool {
        match &self.kind {
            CredentialKind::Operator => true,
            CredentialKind::User { org: own, .. } => own.as_str() == org,
            CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } | CredentialKind::Invitation { .. } => false,
        }
    }

    /// Whether the viewer sees the cluster: its nodes, its terms, its disks.
    pub fn sees_cluster(&self) -> bool {
        match &self.kind {
            CredentialKind::Operator | CredentialKind::User { .. } => true,
            CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } | CredentialKind::Invitation { .. } => false,
        }
    }

    /// The user behind the credential.
    pub fn user(&self) -> Option<&UserId> {
        match &self.kind {
            CredentialKind::User { user, .. } => Some(user),
            CredentialKind::Operator
            | CredentialKind::EnforcementPoint { .. }
            | CredentialKind::Application { .. }
            | CredentialKind::Invitation { .. } => None,
        }
    }
}

fn checks(powers: &Powers<'_>, subject: Subject<'_>) -> bool {
    let org = || powers.org.org.org.clone();
    let store = |code: &str| code.parse().is_ok_and(|code: StoreCode| sees(powers, &ObjectId::Store(org(), code)));
    match subject {
        Subject::User(id) => id.parse().is_ok_and(|id: UserId| sees_user(powers, &id)),
        Subject::Store(code) => store(code),
        Subject::Till(id) => id.rsplit_once('/').is_some_and(|(code, _)| store(code)),
        Subject::Application(id) => id.parse().is_ok_and(|id| sees(powers, &ObjectId::Application(org(), id))),
    }
}

fn holder_is_active(state: &State, credential: &Credential) -> bool {
    match &credential.kind {
        CredentialKind::Operator => true,
        CredentialKind::EnforcementPoint { org } => state.orgs.contains_key(org),
        CredentialKind::Application { org, application } => {
            state.orgs.get(org).and_then(|o| o.applications.get(application)).is_some_and(|a| a.active)
        }
        CredentialKind::User { org, user } | CredentialKind::Invitation { org, user } => {
            state.orgs.get(org).and_then(|o| o.users.get(user)).is_some_and(|u| u.active)
        }
    }
}

/// Whether a viewer sees an object. An owner sees all of their org; others themselves, and what their type and their sets
/// give (UM-2, UM-3).
pub fn visible(viewer: &Viewer, state: &State, id: &ObjectId) -> bool {
    match &viewer.kind {
        CredentialKind::Operator => match id {
            ObjectId::Credential(id) => state.credentials.contains_key(id),
            _any => true,
        },
        CredentialKind::User { .. } => viewer.powers(state).is_some_and(|powers| sees(&powers, id)),
        CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } | CredentialKind::Invitation { .. } => false,
    }
}

/// The same of a user. What lies at a place is seen with View on its sub-module there; a bundle, which lies nowhere, with
/// View on its sub-module anywhere. An admin sees the places within their own, the standard users all of whose places are,
/// and all bundles.
pub(crate) fn sees(powers: &Powers<'_>, id: &ObjectId) -> bool {
    let own = &powers.org.org.org;
    if id.org().is_some_and(|org| org != own) {
        return false;
    }
    let credential = |id: &CredentialId| powers.state.credentials.get(id).map(|credential| &credential.kind);
    if powers.is_owner() {
        return match id {
            ObjectId::Credential(id) => credential(id).and_then(CredentialKind::org) == Some(own),
            _of_the_org => true,
        };
    }
    let at = |sub: Sub, place: &Place| powers.holds(sub, Action::View, place) || (powers.is_admin() && powers.reaches(place));
    let bundle = |sub: Sub| powers.is_admin() || powers.holds_anywhere(sub, Action::View);
    match id {
        ObjectId::User(_, user) => sees_user(powers, user),
        ObjectId::Credential(id) => match credential(id) {
            Some(CredentialKind::User { org, user } | CredentialKind::Invitation { org, user }) => org == own && sees_user(powers, user),
            Some(CredentialKind::Application { org, .. }) => org == own && powers.holds(Sub::Applications, Action::View, &Place::Org),
            Some(CredentialKind::Operator | CredentialKind::EnforcementPoint { .. }) | None => false,
        },
        ObjectId::Zone(_, code) => at(Sub::Places, &Place::Zone(code.clone())),
        ObjectId::Concept(_, code) => at(Sub::Places, &Place::Concept(code.clone())),
        ObjectId::Store(_, code) | ObjectId::Till(_, code, _) | ObjectId::Override(_, code) => at(Sub::Stores, &Place::Store(code.clone())),
        ObjectId::Resource(..) | ObjectId::Endpoint(..) => powers.holds_anywhere(Sub::Catalogue, Action::View),
        ObjectId::Group(..) => bundle(Sub::AccessGroups),
        ObjectId::Scope(..) | ObjectId::Entity(..) => bundle(Sub::ScopesAndEntities),
        ObjectId::Control(..) => bundle(Sub::AccessControls),
        ObjectId::UserGroup(..) => bundle(Sub::UserGroups),
        ObjectId::Set(..) => bundle(Sub::PermissionSets),
        ObjectId::Role(..) => bundle(Sub::Roles),
        ObjectId::Application(..) => powers.holds(Sub::Applications, Action::View, &Place::Org),
        ObjectId::Org(_) => powers.administers(),
        ObjectId::Cluster | ObjectId::Platform | ObjectId::Clock | ObjectId::Settings(_) => powers.is_admin(),
        // Whoever made it, and whoever could: what it is about they may know of.
        ObjectId::Proposal(_, id) => powers.org.proposals.get(id).is_some_and(|proposal| {
            proposal.user.as_ref() == Some(&powers.user.id) || crate::plan::may(powers, &proposal.command)
        }),
        ObjectId::Retired(..) => false,
    }
}

fn sees_user(powers: &Powers<'_>, id: &UserId) -> bool {
    let Some(user) = powers.org.users.get(id) else { return false };
    let places = &user.more().places;
    let viewed = || !places.is_empty() && places.iter().all(|place| powers.holds(Sub::Users, Action::View, place));
    user.id == powers.user.id || powers.manages(user) || viewed()
}

/// The state as somebody sees it who doesn't see all of their org: what they don't see isn't in it, nor in its counts. None
/// for those who see all that there is to see.
pub fn reduced(state: &State, viewer: &Viewer) -> Option<State> {
    let CredentialKind::User { org: code, .. } = &viewer.kind else { return None };
    let mut seen = State { revision: state.revision, tick: state.tick, cluster: state.cluster.clone(), clock: state.clock, ..State::default() };
    let Some(powers) = viewer.powers(state) else { return Some(seen) };
    if powers.is_owner() {
        return None;
    }
    seen.platform = std::sync::Arc::new(platform(&powers));
    let org = powers.org;
    seen.put(&Object::Org(org.org.clone()));
    let zones = org.zones.values().cloned().map(Object::Zone);
    let places = zones.chain(org.concepts.values().cloned().map(Object::Concept));
    let catalogue = org.resources.values().cloned().map(Object::Resource).chain(org.endpoints.values().cloned().map(Object::Endpoint));
    let scopes = org.scopes.values().cloned().map(Object::Scope).chain(org.entities.values().cloned().map(Object::Entity));
    let controls = org.controls.values().cloned().map(Object::Control).chain(org.user_groups.values().cloned().map(Object::UserGroup));
    let sets = org.sets.values().cloned().map(Object::Set).chain(org.roles.values().cloned().map(Object::Role));
    let others = org.groups.values().cloned().map(Object::Group).chain(org.applications.values().cloned().map(Object::Application));
    let people = org.users.values().cloned().map(Object::User).chain(org.settings.clone().map(Object::Settings));
    let people = people.chain(org.proposals.values().cloned().map(Object::Proposal));
    let stores = stores_within(&powers);
    let stores = stores.iter().flat_map(|code| {
        let tills = org.tills_of(code).cloned().map(Object::Till);
        org.stores.get(code).cloned().map(Object::Store).into_iter().chain(tills).chain(org.overrides.get(code).cloned().map(Object::Override))
    });
    let credentials = state.credentials.values().filter(|credential| credential.kind.org() == Some(code)).cloned().map(Object::Credential);
    let all = places.chain(catalogue).chain(scopes).chain(controls).chain(sets).chain(others).chain(people).chain(stores).chain(credentials);
    all.filter(|object| sees(&powers, &object.id())).for_each(|object| seen.put(&object));
    Some(seen)
}

/// Stores that lie in the user's own places: no other can be seen.
fn stores_within(powers: &Powers<'_>) -> BTreeSet<StoreCode> {
    let org = powers.org;
    let mut all = BTreeSet::new();
    for place in &powers.user.more().places {
        match place {
            Place::Org => all.extend(org.stores.keys().cloned()),
            Place::Zone(code) => all.extend(OrgState::stores_of(&org.zones_below(code), &org.zone_stores).into_iter().flatten().cloned()),
            Place::Concept(code) => all.extend(OrgState::stores_of(&org.concepts_below(code), &org.concept_stores).into_iter().flatten().cloned()),
            Place::Store(code) => {
                all.insert(code.clone());
            }
        }
    }
    all
}

/// Of the platform's catalogue, the bundles of the kinds that are seen.
fn platform(powers: &Powers<'_>) -> Platform {
    let all = &*powers.state.platform;
    let bundle = |sub: Sub| powers.is_admin() || powers.holds_anywhere(sub, Action::View);
    let mut seen = Platform { version: all.version, meta: all.meta.clone(), ..Platform::default() };
    if bundle(Sub::PermissionSets) {
        seen.modules.clone_from(&all.modules);
        seen.sets.clone_from(&all.sets);
    }
    if bundle(Sub::ScopesAndEntities) {
        seen.scopes.clone_from(&all.scopes);
        seen.domains.clone_from(&all.domains);
    }
    if bundle(Sub::AccessControls) {
        seen.controls.clone_from(&all.controls);
        seen.default_scopes.clone_from(&all.default_scopes);
    }
    if bundle(Sub::Roles) {
        seen.privileges.clone_from(&all.privileges);
        seen.roles.clone_from(&all.roles);
    }
    seen
}

/// Whether a viewer sees an entry of the audit: an owner those of their org, platform operators' acts in it included; with
/// Audit View at a place, entries all of whose objects lie there; everybody else none.
pub fn sees_entry(viewer: &Viewer, state: &State, row: &AuditRow) -> bool {
    match &viewer.kind {
        CredentialKind::Operator => true,
        CredentialKind::User { org, .. } => {
            // The platform's catalogue is every org's: a change of it alone is in each org's audit. One that has more in it (the
            // cluster's first entry) is not.
            let of_org = row.org.as_ref() == Some(org) || (!row.changes.is_empty() && row.changes.iter().all(|change| change.id() == Some(ObjectId::Platform)));
            of_org && viewer.powers(state).is_some_and(|powers| powers.is_owner() || row.changes.iter().all(|change| audits(&powers, change)))
        }
        CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } | CredentialKind::Invitation { .. } => false,
    }
}

/// Both sides must lie where the audit is held: an object that came from elsewhere tells of elsewhere.
fn audits(powers: &Powers<'_>, change: &Change) -> bool {
    let holds = |place: &Place| powers.holds(Sub::Audit, Action::View, place);
    let lies = |object: &Object| match object {
        Object::Zone(o) => holds(&Place::Zone(o.code.clone())) || o.parent.as_ref().is_some_and(|parent| holds(&Place::Zone(parent.clone()))),
        Object::Concept(o) => {
            holds(&Place::Concept(o.code.clone())) || o.parent.as_ref().is_some_and(|parent| holds(&Place::Concept(parent.clone())))
        }
        // By its own record: the store may have moved, or be gone.
        Object::Store(o) => {
            let zone = o.zone.as_ref().is_some_and(|zone| holds(&Place::Zone(zone.clone())));
            let concept = o.concept.as_ref().is_some_and(|concept| holds(&Place::Concept(concept.clone())));
            zone || concept || holds(&Place::Org) || powers.holds(Sub::Audit, Action::View, &Place::Store(o.code.clone()))
        }
        Object::Till(o) => holds(&Place::Store(o.store.clone())),
        Object::Override(o) => holds(&Place::Store(o.store.clone())),
        Object::User(o) => !o.more().places.is_empty() && o.more().places.iter().all(holds),
        Object::Org(_)
        | Object::Resource(_)
        | Object::Endpoint(_)
        | Object::Group(_)
        | Object::Credential(_)
        | Object::Retired(_)
        | Object::Scope(_)
        | Object::Entity(_)
        | Object::Control(_)
        | Object::UserGroup(_)
        | Object::Set(_)
        | Object::Role(_)
        | Object::Application(_)
        | Object::Proposal(_)
        | Object::Settings(_) => holds(&Place::Org),
        Object::Cluster(_) | Object::Platform(_) | Object::Clock(_) => false,
    };
    [&change.before, &change.after].into_iter().flatten().all(lies)
}
