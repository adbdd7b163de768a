//! Who may run what. Decided here, when the command is applied, from the state as it is then: what the table in `needs`
//! says of the command, judged by what the actor is and holds. To those who may not see an object the refusal is the same as
//! if it weren't there.

use std::sync::Arc;

use super::needs::{Need, Needs, needs};
use super::{credentials, org_unknown, places, users};
use crate::command::{Actor, Command, Envelope, UserRow};
use crate::ids::{OrgCode, UserId};
use crate::object::{CredentialKind, UserType};
use crate::outcome::{Change, Rejection, RejectionCode};
use crate::place::Place;
use crate::powers::{Powers, Sub};
use crate::state::State;
use crate::view::{Viewer, sees};

/// The actor in words, if it may run the command.
pub(super) fn authorize(state: &State, envelope: &Envelope) -> Result<Arc<str>, Rejection> {
    let command = &envelope.command;
    let id = match (&envelope.actor, command) {
        (Actor::System, Command::InitCluster { .. } | Command::Tick { .. }) => return Ok("the cluster".into()),
        (Actor::System, _) | (Actor::Credential(_), Command::InitCluster { .. } | Command::Tick { .. }) => return Err(forbidden(command)),
        (Actor::Credential(id), _) => id,
    };
    if state.cluster.is_none() {
        return Err(Rejection::new(RejectionCode::ClusterUninitialised, "the cluster has no first entry yet"));
    }
    let viewer = Viewer::of_credential(state, id)
        .ok_or_else(|| Rejection::new(RejectionCode::CredentialRefused, format!("credential `{id}` is unknown, revoked, or its holder suspended")))?;
    match (&viewer.kind, command) {
        (CredentialKind::Invitation { .. }, Command::RedeemInvitation { .. }) => {}
        (_, Command::RedeemInvitation { .. }) => return Err(forbidden(command)),
        (CredentialKind::Operator, _) => {}
        (CredentialKind::User { org, .. }, _) => {
            in_own_org(state, command, org)?;
            let powers = viewer.powers(state).ok_or_else(|| forbidden(command))?;
            Judge { state, powers, command }.judge(&needs(powers.org, command))?;
        }
        (CredentialKind::EnforcementPoint { .. } | CredentialKind::Application { .. } | CredentialKind::Invitation { .. }, _) => {
            return Err(forbidden(command));
        }
    }
    Ok(viewer.label)
}

/// Whether a user could run a command about their own org, as far as the table says.
pub(crate) fn may(powers: &Powers<'_>, command: &Command) -> bool {
    let judge = Judge { state: powers.state, powers: *powers, command };
    in_own_org(powers.state, command, &powers.org.org.org).is_ok() && judge.judge(&needs(powers.org, command)).is_ok()
}

/// A user may nothing in another org: to them there is none.
fn in_own_org(state: &State, command: &Command, own: &OrgCode) -> Result<(), Rejection> {
    let named = match command {
        // Every change, not only the first: an entry of one org names no other.
        Command::Revert { changes, .. } => match changes.iter().find(|change| change.org() != Some(own)) {
            None => return Ok(()),
            Some(other) => other.org().cloned(),
        },
        Command::RevokeCredential { id } => {
            let of = state.credentials.get(id).and_then(|credential| credential.kind.org());
            return if of == Some(own) { Ok(()) } else { Err(credentials::unknown(id)) };
        }
        Command::CreateOrg { .. } => None,
        other => other.org().cloned(),
    };
    match named {
        Some(org) if org == *own => Ok(()),
        Some(org) => Err(org_unknown(&org)),
        None => Err(forbidden(command)),
    }
}

/// A command of a user, about their own org.
struct Judge<'a> {
    state: &'a State,
    powers: Powers<'a>,
    command: &'a Command,
}

impl Judge<'_> {
    fn judge(&self, needs: &Needs<'_>) -> Result<(), Rejection> {
        let owner = self.powers.is_owner();
        match needs {
            Needs::Cluster | Needs::Operator | Needs::Invitation => Err(forbidden(self.command)),
            Needs::All(all) => all.iter().try_for_each(|one| self.judge(one)),
            Needs::Owner | Needs::Holds(_) | Needs::Manages(..) | Needs::MakesUsers(_) | Needs::Revokes(_) if owner => Ok(()),
            Needs::Owner => Err(self.owner_only()),
            Needs::Holds(all) => self.holds(all),
            Needs::Manages(users, or) => users.iter().try_for_each(|user| self.manages(user, *or)),
            Needs::MakesUsers(rows) => self.makes(rows),
            Needs::Revokes(id) => self.revokes(id),
        }
    }

    /// Whoever administers nothing is told no more than that.
    fn owner_only(&self) -> Rejection {
        if self.powers.is_admin() {
            Rejection::new(RejectionCode::OwnerOnly, format!("only an owner may run `{}` on this: ask one", self.command.name()))
        } else {
            forbidden(self.command)
        }
    }

    fn holds(&self, all: &[Need]) -> Result<(), Rejection> {
        let mut hidden: Vec<&Place> = Vec::new();
        for need in all {
            if need.at.iter().any(|place| self.powers.holds(need.sub, need.action, place)) {
                continue;
            }
            // Without it anywhere, nothing is said of the place.
            if !self.powers.holds_anywhere(need.sub, need.action) {
                return Err(lacks(self.command, need, None));
            }
            match need.at.iter().find(|place| !self.sees(place)) {
                Some(place) => hidden.push(place),
                None => return Err(lacks(self.command, need, need.at.first())),
            }
        }
        match hidden.as_slice() {
            [] => Ok(()),
            [one] => Err(users::no_place(one)),
            several => {
                let stores = several.iter().filter_map(|place| match place {
                    Place::Store(code) => Some(code),
                    Place::Org | Place::Zone(_) | Place::Concept(_) => None,
                });
                let stores: Vec<_> = stores.collect();
                if stores.len() == several.len() {
                    Err(places::stores_unknown(&stores))
                } else {
                    Err(several.first().map_or_else(|| forbidden(self.command), |place| users::no_place(place)))
                }
            }
        }
    }

    fn sees(&self, place: &Place) -> bool {
        // That the org is there is no secret to its users.
        *place == Place::Org || (place.is_known(self.powers.org) && sees(&self.powers, &place.id(&self.powers.org.org.org)))
    }

    /// A standard user all of whose places lie within an admin's own (UM-3), or where the actor holds a sub-module.
    fn manages(&self, user: &UserId, or: Option<Sub>) -> Result<(), Rejection> {
        use crate::permission::Action::Edit;
        let may_any = self.powers.is_admin() || or.is_some_and(|sub| self.powers.holds_anywhere(sub, Edit));
        if !may_any {
            return Err(forbidden(self.command));
        }
        let Some(record) = self.powers.org.users.get(user) else { return Err(users::unknown(user)) };
        let places = &record.more().places;
        let held = |sub: Sub| !places.is_empty() && places.iter().all(|place| self.powers.holds(sub, Edit, place));
        if self.powers.manages(record) || (record.user_type == UserType::Standard && or.is_some_and(held)) {
            return Ok(());
        }
        let id = crate::ids::ObjectId::User(self.powers.org.org.org.clone(), user.clone());
        let shown = sees(&self.powers, &id);
        if shown { Err(self.owner_only()) } else { Err(users::unknown(user)) }
    }

    fn makes(&self, rows: &[UserRow]) -> Result<(), Rejection> {
        if !self.powers.is_admin() {
            return Err(forbidden(self.command));
        }
        for row in rows {
            let standard = row.user_type.is_none_or(|user_type| user_type == UserType::Standard);
            if self.powers.org.users.contains_key(&row.id) || !standard {
                return Err(self.owner_only());
            }
            let (_, more) = users::after(None, row, crate::command::PutMode::Create);
            let outside: Vec<&Place> = more.places.iter().filter(|place| !self.powers.reaches(place)).collect();
            // One that they don't see is as one that isn't there.
            if let Some(hidden) = outside.iter().find(|place| !self.sees(place)) {
                return Err(users::no_place(hidden));
            }
            if !outside.is_empty() {
                let message = format!("`user:{}` would act where you don't: name places within your own", row.id);
                return Err(Rejection::new(RejectionCode::DelegationExceedsOwn, message).with_examples(outside));
            }
        }
        Ok(())
    }

    /// One's own credential may be revoked, and an application's by whoever edits applications.
    fn revokes(&self, id: &crate::ids::CredentialId) -> Result<(), Rejection> {
        let Some(credential) = self.state.credentials.get(id) else { return Err(credentials::unknown(id)) };
        match &credential.kind {
            CredentialKind::User { user, .. } if *user == self.powers.user.id => Ok(()),
            CredentialKind::Application { .. } if self.powers.holds(Sub::Applications, crate::permission::Action::Edit, &Place::Org) => Ok(()),
            CredentialKind::Application { .. }
            | CredentialKind::User { .. }
            | CredentialKind::Operator
            | CredentialKind::EnforcementPoint { .. }
            | CredentialKind::Invitation { .. } => {
                let shown = sees(&self.powers, &crate::ids::ObjectId::Credential(id.clone()));
                if shown { Err(self.owner_only()) } else { Err(credentials::unknown(id)) }
            }
        }
    }
}

/// What a plan by a user must keep to, whatever the command: nobody hands on what they don't hold (UM-4), and nobody takes
/// their own last right to administer.
pub(super) fn check_plan(state: &State, actor: &Actor, changes: &[Change]) -> Result<(), Rejection> {
    let viewer = match actor {
        Actor::System => None,
        Actor::Credential(id) => Viewer::of_credential(state, id),
    };
    let Some((viewer, powers)) = viewer.as_ref().and_then(|viewer| Some((viewer, viewer.powers(state)?))) else { return Ok(()) };
    if !powers.is_owner() {
        super::delegation::check(&powers, changes)?;
    }
    spares_own_power(state, viewer, &powers, changes)
}

fn spares_own_power(state: &State, viewer: &Viewer, powers: &Powers<'_>, changes: &[Change]) -> Result<(), Rejection> {
    use crate::ids::ObjectId;
    let touches = |id: &ObjectId| match id {
        ObjectId::User(_, user) => *user == powers.user.id,
        ObjectId::Set(_, set) => powers.user.more().sets.iter().any(|grant| grant.set == *set),
        _other => false,
    };
    if !powers.administers() || !changes.iter().filter_map(Change::id).any(|id| touches(&id)) {
        return Ok(());
    }
    let mut after = state.clone();
    changes.iter().for_each(|change| after.apply(change));
    if viewer.powers(&after).is_some_and(|powers| powers.administers()) {
        return Ok(());
    }
    let message = format!("`user:{}` is you, and would administer nothing any more: another must do it", powers.user.id);
    Err(Rejection::new(RejectionCode::SelfLockout, message))
}

fn lacks(command: &Command, need: &Need, place: Option<&Place>) -> Rejection {
    let at = place.map(|place| format!(" at `{place}`")).unwrap_or_default();
    let message = format!("`{}` needs `{}:{}`{at}: ask whoever gives it", command.name(), need.sub.module(), need.action);
    Rejection::new(RejectionCode::Forbidden, message)
}

fn forbidden(command: &Command) -> Rejection {
    Rejection::new(RejectionCode::Forbidden, format!("this credential may not run `{}`", command.name()))
}
