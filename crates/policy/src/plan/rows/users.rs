//! Rows of users: every fault of every row (UM-6, UM-17, UM-18, UM-24).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Faults, RowFault, Words, short_text};
use crate::command::{PutMode, UserRow};
use crate::ids::{ObjectId, UserId};
use crate::name::fold;
use crate::object::{Audience, Profile, User, UserType};
use crate::outcome::RejectionCode;
use crate::plan::users;
use crate::state::{OrgState, State};

/// Characters of an address, by RFC 5321.
const EMAIL_CHARS_MAX: usize = 254;

pub(super) fn faults(state: &State, org: &OrgState, mode: PutMode, rows: &[UserRow]) -> Vec<RowFault> {
    let words = Words { noun: "user", column: "id", exists: RejectionCode::UserExists, unknown: RejectionCode::UserUnknown };
    let (mut faults, mut seen) = (Faults(Vec::new()), BTreeMap::new());
    let addresses = addresses(org, rows);
    for (at, row) in rows.iter().enumerate() {
        let present = org.users.get(&row.id);
        if !faults.key((at, row, row.id.clone()), &mut seen, present.is_some(), mode, &words) {
            continue;
        }
        faults.retired(at, "id", org, present.is_some(), &ObjectId::User(org.org.org.clone(), row.id.clone()));
        if present.is_none() && row.name.is_none() {
            faults.add(at, "name", RejectionCode::NameRequired, format!("user `{}` is new and needs a name", row.id));
        }
        address(org, rows, &addresses, (at, row), &mut faults);
        if let Some(profile) = &row.profile
            && let Err(why) = profile_fits(profile)
        {
            faults.add(at, "profile", RejectionCode::TextInvalid, why);
        }
        if let Some(designation) = row.designation.value()
            && let Err(why) = short_text(&designation.name)
        {
            faults.add(at, "designation", RejectionCode::TextInvalid, why);
        }
        for place in row.places.value().into_iter().flatten() {
            if let Err(no) = users::place_known(org, place) {
                faults.add(at, "places", no.code, no.message.to_string());
            }
        }
        settled(state, org, present.map(|user| &**user), (at, row, mode), &mut faults);
    }
    faults.0
}

/// What the user would be, as a whole.
fn settled(state: &State, org: &OrgState, present: Option<&User>, (at, row, mode): (usize, &UserRow, PutMode), faults: &mut Faults) {
    if let (Some(user), Some(audience)) = (present, row.audience)
        && user.audience() != audience
    {
        let cause = format!("`user:{}` is of the {} audience, which never changes: make another user", row.id, user.audience());
        faults.add(at, "audience", RejectionCode::AudienceImmutable, cause);
        return;
    }
    let (user_type, more) = users::after(present, row, mode);
    if more.audience == Audience::Customer && user_type != UserType::Standard {
        let cause = format!("`user:{}` is a customer and can't be {user_type}: admins and owners are the org's own people", row.id);
        faults.add(at, "user_type", RejectionCode::AudienceMismatch, cause);
    }
    if more.places.is_empty() && user_type != UserType::Owner {
        let cause = format!("`user:{}` is {user_type} and needs a place to act at: `org`, a zone, a concept or a store", row.id);
        faults.add(at, "places", RejectionCode::PlaceRequired, cause);
    }
    let assigned = more.sets.iter().flat_map(|grant| &grant.places);
    if let Err(no) = users::levels_fit(more.designation.as_ref(), &row.id, assigned) {
        faults.add(at, "designation", no.code, no.message.to_string());
    }
    for grant in &more.sets {
        if let Err(no) = crate::plan::sets::may_hold(state, org, user_type, &grant.set) {
            faults.add(at, "user_type", no.code, format!("{}: take it away first", no.message));
        }
    }
}

/// Who would have each address, of those that the rows touch.
fn addresses(org: &OrgState, rows: &[UserRow]) -> BTreeMap<String, Vec<UserId>> {
    let mut all: BTreeMap<String, Vec<UserId>> = BTreeMap::new();
    for row in rows {
        let mut email = org.users.get(&row.id).and_then(|user| user.more().email.clone());
        row.email.clone().apply(&mut email);
        if let Some(email) = email {
            let of = all.entry(fold(&email)).or_default();
            if !of.contains(&row.id) {
                of.push(row.id.clone());
            }
        }
    }
    all
}

fn address(org: &OrgState, rows: &[UserRow], all: &BTreeMap<String, Vec<UserId>>, (at, row): (usize, &UserRow), faults: &mut Faults) {
    let Some(email) = row.email.value() else { return };
    if let Err(why) = email_fits(email) {
        faults.add(at, "email", RejectionCode::EmailInvalid, why);
        return;
    }
    let folded: Arc<str> = fold(email).into();
    // Whoever has it now may give it up in another row.
    let in_rows = |id: &UserId| rows.iter().any(|row| row.id == *id);
    let other_row = all.get(&*folded).and_then(|ids| ids.iter().find(|id| **id != row.id));
    let other = org.emails.get(&folded).filter(|id| **id != row.id && !in_rows(id));
    if let Some(other) = other_row.or(other) {
        faults.add(at, "email", RejectionCode::EmailTaken, format!("`user:{other}` has the address `{email}`, or one that differs only in case"));
    }
}

/// Something before and after one `@`, without blanks: whether mail arrives there is nobody's business here.
fn email_fits(email: &str) -> Result<(), String> {
    let shown: String = email.chars().take(60).flat_map(char::escape_default).collect();
    let no = |why: &str| Err(format!("`{shown}` is no address: {why}"));
    match email.split_once('@') {
        _long if email.chars().count() > EMAIL_CHARS_MAX => no("it is longer than 254 characters"),
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !domain.contains('@') => {
            let odd = |c: char| c.is_whitespace() || c.is_control() || crate::name::is_bidirectional_control(c);
            if email.chars().any(odd) { no("it has blanks or control characters") } else { Ok(()) }
        }
        Some(_) | None => no("it is NAME@DOMAIN"),
    }
}

fn profile_fits(profile: &Profile) -> Result<(), String> {
    [&profile.title, &profile.first, &profile.middle, &profile.last, &profile.mobile].into_iter().flatten().try_for_each(|text| short_text(text))
}

/// A user as it would come back: its texts fit.
pub(in crate::plan) fn texts_fit(user: &User) -> Result<(), (RejectionCode, String)> {
    let more = user.more();
    if let Some(email) = &more.email {
        email_fits(email).map_err(|why| (RejectionCode::EmailInvalid, why))?;
    }
    if let Some(designation) = &more.designation {
        short_text(&designation.name).map_err(|why| (RejectionCode::TextInvalid, why))?;
    }
    profile_fits(&more.profile).map_err(|why| (RejectionCode::TextInvalid, why))
}
