//! What commands are made of: references, fields of an edit, rows of an import.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::{Class, Level};
use crate::ids::*;
use crate::name::Name;
use crate::object::{Designation, Profile, Secret, UserType, Audience};
use crate::permission::Permission;
use crate::place::{Bounds, Place};

/// A group by id, or by name if no group has such an id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupRef(pub Arc<str>);

impl fmt::Display for GroupRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for GroupRef {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<GroupId> for GroupRef {
    fn from(id: GroupId) -> Self {
        Self(id.into())
    }
}

/// What a row of a put does to a field.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field<T> {
    /// Leaves it as it is, or blank in a new object.
    #[default]
    Keep,
    /// Makes it blank.
    Clear,
    /// Sets it.
    To(T),
}

impl<T> Field<T> {
    /// Applies itself to an optional field.
    pub fn apply(self, to: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *to = None,
            Self::To(value) => *to = Some(value),
        }
    }

    /// Whether it leaves the field alone.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The value it sets.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Keep | Self::Clear => None,
            Self::To(value) => Some(value),
        }
    }
}

/// What a put expects to find.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PutMode {
    /// Every row is new: an existing key is refused.
    Create,
    /// Every row exists: an unknown key is refused.
    Edit,
    /// A row whose key exists updates it, an equal one is no change, nothing is removed (AG-40).
    Import,
}

/// A zone to put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ZoneRow {
    /// Its key.
    pub code: ZoneCode,
    /// Needed for a new one.
    #[serde(default)]
    pub name: Option<Name>,
    /// The zone above.
    #[serde(default)]
    pub parent: Field<ZoneCode>,
}

/// A concept to put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConceptRow {
    /// Its key.
    pub code: ConceptCode,
    /// Needed for a new one.
    #[serde(default)]
    pub name: Option<Name>,
    /// The concept above.
    #[serde(default)]
    pub parent: Field<ConceptCode>,
}

/// A store to put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoreRow {
    /// Its key.
    pub code: StoreCode,
    /// Needed for a new one.
    #[serde(default)]
    pub name: Option<Name>,
    /// Its zone.
    #[serde(default)]
    pub zone: Field<ZoneCode>,
    /// Its concept.
    #[serde(default)]
    pub concept: Field<ConceptCode>,
    /// Ids in other systems.
    #[serde(default)]
    pub external_ids: Field<Vec<Arc<str>>>,
    /// Degrees × 10⁷.
    #[serde(default)]
    pub latitude_e7: Field<i32>,
    /// Degrees × 10⁷.
    #[serde(default)]
    pub longitude_e7: Field<i32>,
    /// IANA name.
    #[serde(default)]
    pub time_zone: Field<Arc<str>>,
    /// BCP 47 tag.
    #[serde(default)]
    pub language: Field<Arc<str>>,
    /// ISO 4217 code.
    #[serde(default)]
    pub currency: Field<Arc<str>>,
}

impl StoreRow {
    /// A row with this key that leaves everything as it is.
    pub fn new(code: StoreCode) -> Self {
        Self {
            code,
            name: None,
            zone: Field::Keep,
            concept: Field::Keep,
            external_ids: Field::Keep,
            latitude_e7: Field::Keep,
            longitude_e7: Field::Keep,
            time_zone: Field::Keep,
            language: Field::Keep,
            currency: Field::Keep,
        }
    }
}

/// A till to put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TillRow {
    /// Its store.
    pub store: StoreCode,
    /// Its key in the store.
    pub code: TillCode,
    /// Its name.
    #[serde(default)]
    pub name: Field<Name>,
}

/// An allocation to put (AG-40).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AllocationRow {
    /// The store.
    pub store: StoreCode,
    /// None makes it inherit the default.
    #[serde(default)]
    pub group: Option<GroupRef>,
}

/// An endpoint to put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EndpointRow {
    /// The method; upper-cased here.
    pub method: Arc<str>,
    /// The template as given; normalised here.
    pub path: Arc<str>,
    /// The resource it belongs to; an import makes an unknown one, a put refuses it.
    #[serde(default)]
    pub resource: Field<ResourceId>,
    /// Data unless given.
    #[serde(default)]
    pub class: Option<Class>,
    /// By method unless given.
    #[serde(default)]
    pub level: Option<Level>,
    /// Its name.
    #[serde(default)]
    pub name: Field<Name>,
    /// Scopes that open it, by any of them unless `all_scopes`; an import makes unknown ones, a put refuses them.
    #[serde(default)]
    pub scopes: Field<Vec<ScopeId>>,
    /// All of the scopes are needed.
    #[serde(default)]
    pub all_scopes: Option<bool>,
    /// Permissions that open it, by any of them.
    #[serde(default)]
    pub permissions: Field<Vec<Permission>>,
    /// It is for everybody.
    #[serde(default)]
    pub open: Option<bool>,
    /// It is about one instance; by its template unless given.
    #[serde(default)]
    pub instance: Option<bool>,
}

impl EndpointRow {
    /// A row with this key that leaves everything as it is.
    pub fn new(method: impl Into<Arc<str>>, path: impl Into<Arc<str>>) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            resource: Field::Keep,
            class: None,
            level: None,
            name: Field::Keep,
            scopes: Field::Keep,
            all_scopes: None,
            permissions: Field::Keep,
            open: None,
            instance: None,
        }
    }
}

/// A user to put (UM-18).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UserRow {
    /// Its key; for a new one made from the address if it isn't given.
    pub id: UserId,
    /// Needed for a new one.
    #[serde(default)]
    pub name: Option<Name>,
    /// Standard unless given.
    #[serde(default)]
    pub user_type: Option<UserType>,
    /// Employee unless given; never changes.
    #[serde(default)]
    pub audience: Option<Audience>,
    /// Its address.
    #[serde(default)]
    pub email: Field<Arc<str>>,
    /// Where it may act. A put replaces them, an import appends (UM-18).
    #[serde(default)]
    pub places: Field<Vec<Place>>,
    /// Its designation (UM-17).
    #[serde(default)]
    pub designation: Field<Designation>,
    /// Parts of its name and what else came with it.
    #[serde(default)]
    pub profile: Option<Profile>,
}

impl UserRow {
    /// A row with this key that leaves everything as it is.
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            name: None,
            user_type: None,
            audience: None,
            email: Field::Keep,
            places: Field::Keep,
            designation: Field::Keep,
            profile: None,
        }
    }
}

/// What an assignment does to those that are there (APP-16).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Replaces all.
    Set,
    /// Adds; one that is there already is replaced.
    Add,
    /// Takes away.
    Remove,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Set => "set",
            Self::Add => "add",
            Self::Remove => "remove",
        })
    }
}

/// A bundle by id, or by name if none has such an id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(pub Arc<str>);

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for Reference {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// A bundle to assign, at places and for a while where its kind allows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Assign {
    /// Which: a control, a permission set, a role, a user group.
    pub bundle: Reference,
    /// Where. Of a control none is the whole org; a permission set needs one (UM-9); roles and groups have none.
    #[serde(default)]
    pub places: Vec<Place>,
    /// When.
    #[serde(default)]
    pub bounds: Bounds,
}

impl Assign {
    /// Everywhere and always.
    pub fn new(bundle: impl Into<Arc<str>>) -> Self {
        Self { bundle: Reference(bundle.into()), places: Vec::new(), bounds: Bounds::ALWAYS }
    }

    /// The same at places.
    pub fn at(mut self, places: Vec<Place>) -> Self {
        self.places = places;
        self
    }
}

/// A key of an application: the client made the secret; only its hash is here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewKey {
    /// Its id.
    pub id: CredentialId,
    /// How it is proved.
    pub secret: Secret,
    /// Milliseconds of replicated time that it lasts, a day to a year; none for ever (APP-19).
    #[serde(default)]
    pub lasts_ms: Option<u64>,
}
