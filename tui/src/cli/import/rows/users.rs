//! Rows of users (UM-18): read as they stand; which user each is, and what it is called, is found out with the cluster
//! by `people`.

use std::sync::Arc;

use bailiwick_policy::command::{Field, UserRow};
use bailiwick_policy::ids::UserId;
use bailiwick_policy::limits::CODE_CHARS_MAX;
use bailiwick_policy::name::{Name, fold};
use bailiwick_policy::object::{Designation, Profile, UserType};
use bailiwick_policy::place::Place;
use sha2::{Digest, Sha256};

use super::{Cells, Row, needed, optional, unlike};
use crate::cli::import::table::Column;
use crate::cli::words::{parse_designation, parse_places};

/// The columns of the parts of a name and of what came with it, in the order of `Profile`.
const PARTS: [&str; 5] = ["title", "firstName", "middleName", "lastName", "mobile"];

/// A user of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserImport {
    /// What is put.
    pub row: UserRow,
    /// The id wasn't given: whoever has the address is meant.
    pub by_email: bool,
    /// The address.
    pub email: Arc<str>,
    /// The parts of its profile.
    pub parts: [Field<Arc<str>>; 5],
    /// The user groups that it joins.
    pub groups: Vec<Arc<str>>,
}

impl UserImport {
    /// The parts that the file has, over those that are there.
    pub fn profile(&self, mut present: Profile) -> Profile {
        let parts = [&mut present.title, &mut present.first, &mut present.middle, &mut present.last, &mut present.mobile];
        for (part, given) in parts.into_iter().zip(&self.parts) {
            given.clone().apply(part);
        }
        present
    }

    /// The name that first, middle and last name make; none if they are blank.
    fn name_of_parts(&self) -> Option<Name> {
        let words: Vec<&str> = self.parts.iter().skip(1).take(3).filter_map(|part| part.value().map(|text| &**text)).collect();
        words.join(" ").parse().ok()
    }
}

/// The id of a user whose file names none: the address, with `-` for what no id may have.
pub fn id_of(email: &str) -> Option<UserId> {
    let code = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let mut id: String = fold(email).chars().map(code).collect();
    id = id.trim_start_matches(['-', '.', '_']).to_owned();
    if id.len() > CODE_CHARS_MAX {
        let end: String = Sha256::digest(fold(email).as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        id.truncate(CODE_CHARS_MAX - end.len() - 1);
        id = format!("{id}-{end}");
    }
    id.parse().ok()
}

impl Row for UserImport {
    const COLUMNS: &'static [Column] = &[
        needed("email"),
        optional("id"),
        optional("name"),
        optional("userRole"),
        optional("groupName"),
        optional("title"),
        optional("firstName"),
        optional("middleName"),
        optional("lastName"),
        optional("mobile"),
        optional("accessibleEntities"),
        optional("userType"),
    ];
    const KEY: &'static [&'static str] = &["email"];
    const KEY_COLUMN: &'static str = "email";

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let email = cells.need::<Address>("email");
        let (id, name) = (cells.option::<UserId>("id"), cells.option::<Name>("name"));
        let designation: Option<Field<Designation>> = cells.may("userRole", parse_designation);
        let groups = cells.may("groupName", |text| Ok(split(text)));
        let parts = PARTS.map(|column| cells.short_text(column));
        let places: Option<Field<Vec<Place>>> = cells.may("accessibleEntities", parse_places);
        let user_type = cells.option::<UserType>("userType");
        let email = email?.0;
        let (given, by_email) = match id? {
            Some(id) => (Some(id), false),
            None => (id_of(&email), true),
        };
        let mut row = UserRow::new(given?);
        row.email = Field::To(email.clone());
        row.designation = designation?;
        row.user_type = user_type?;
        // Importing adds: a blank cell takes no place away.
        row.places = match places? {
            Field::Clear | Field::Keep => Field::Keep,
            Field::To(places) => Field::To(places),
        };
        let [Some(title), Some(first), Some(middle), Some(last), Some(mobile)] = parts else { return None };
        let mut user = Self { row, by_email, email, parts: [title, first, middle, last, mobile], groups: groups?.value().cloned().unwrap_or_default() };
        user.row.name = name?.or_else(|| user.name_of_parts());
        Some(user)
    }

    fn key(cells: &Cells<'_>) -> Option<String> {
        cells.text("email").filter(|text| !text.is_empty()).map(fold)
    }

    fn contradicts(&self, other: &Self) -> Vec<&'static str> {
        let part = |at: usize| self.parts.get(at) == other.parts.get(at);
        unlike([
            ("id", self.row.id == other.row.id),
            ("name", self.row.name == other.row.name),
            ("userRole", self.row.designation == other.row.designation),
            ("groupName", self.groups == other.groups),
            ("title", part(0)),
            ("firstName", part(1)),
            ("middleName", part(2)),
            ("lastName", part(3)),
            ("mobile", part(4)),
            ("accessibleEntities", self.row.places == other.row.places),
            ("userType", self.row.user_type == other.row.user_type),
        ])
    }
}

fn split(text: &str) -> Vec<Arc<str>> {
    text.split([';', '|']).map(str::trim).filter(|name| !name.is_empty()).map(Arc::from).collect()
}

/// An address, of which a user's id can be made.
struct Address(Arc<str>);

impl std::str::FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let whole = text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        if !whole || text.contains(char::is_whitespace) || id_of(text).is_none() {
            return Err(format!("`{}` is no address: it is NAME@DOMAIN", crate::cli::import::degrees::shown(text)));
        }
        Ok(Self(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn um_18_an_id_is_made_of_the_address() {
        let id = |email: &str| id_of(email).map(|id| id.to_string());
        assert_eq!(id("Bob.Hale@harbour.example"), Some("bob.hale-harbour.example".to_owned()));
        assert_eq!(id("_x+y@a.b"), Some("x-y-a.b".to_owned()));
        let long = format!("{}@harbour.example", "n".repeat(60));
        let made = id(&long).expect("an id");
        assert_eq!((made.len(), made == id(&format!("{}@harbour.example", "n".repeat(61))).unwrap_or_default()), (50, false));
        assert_eq!(id("@"), None);
    }
}
