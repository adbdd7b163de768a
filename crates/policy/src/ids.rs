//! Identifiers: parsed once at the door; inside, a `StoreCode` is simply right.
//!
//! Ids and codes are ASCII, case-sensitive and never change; names do, and live in `name`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits::{CODE_CHARS_MAX, NAME_CHARS_MAX};

/// Why a text is not the identifier it was given for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadId {
    /// What it should have been: "store code".
    pub what: &'static str,
    /// The text as given, cut to a bearable length.
    pub text: String,
    /// What is wrong with it and what would be right.
    pub cause: &'static str,
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no {}: {}", self.text, self.what, self.cause)
    }
}

impl std::error::Error for BadId {}

fn bad(what: &'static str, text: &str, cause: &'static str) -> BadId {
    BadId { what, text: text.chars().take(60).flat_map(char::escape_default).collect(), cause }
}

/// Letters, digits, `.`, `_`, `-`, starting with a letter or a digit.
fn check_code(what: &'static str, text: &str, upper: bool) -> Result<(), BadId> {
    let first = text.bytes().next().ok_or_else(|| bad(what, text, "it is empty"))?;
    if text.len() > CODE_CHARS_MAX {
        return Err(bad(what, text, "it is longer than 50 characters"));
    }
    let letter = |b: u8| b.is_ascii_lowercase() || (upper && b.is_ascii_uppercase());
    if !(letter(first) || first.is_ascii_digit()) {
        return Err(bad(what, text, if upper { "it must start with a letter or a digit" } else { "it must start with a lower-case letter or a digit" }));
    }
    if !text.bytes().all(|b| letter(b) || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')) {
        return Err(bad(what, text, if upper { "only letters, digits, `.`, `_` and `-` may stand in it" } else { "only lower-case letters, digits, `.`, `_` and `-` may stand in it" }));
    }
    Ok(())
}

/// Any text of a bearable length without blanks at its ends.
fn check_text_id(what: &'static str, text: &str) -> Result<(), BadId> {
    if text.trim() != text || text.is_empty() {
        return Err(bad(what, text, "it is empty, or has blanks at its ends"));
    }
    if text.chars().count() > NAME_CHARS_MAX {
        return Err(bad(what, text, "it is longer than 100 characters"));
    }
    if text.chars().any(char::is_control) {
        return Err(bad(what, text, "it has control characters"));
    }
    Ok(())
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Arc<str>", into = "Arc<str>")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<Arc<str>> for $name {
            type Error = BadId;
            fn try_from(text: Arc<str>) -> Result<Self, BadId> {
                let check: fn(&'static str, &str) -> Result<(), BadId> = $check;
                check($what, &text)?;
                Ok(Self(text))
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Self::try_from(Arc::from(text))
            }
        }

        impl From<$name> for Arc<str> {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

text_id!(
    /// An organisation: lower-case letters, digits, `.`, `_`, `-`.
    OrgCode, "org code", |what, text| check_code(what, text, false)
);
text_id!(
    /// A store, unique in its org (AG-38).
    StoreCode, "store code", |what, text| check_code(what, text, false)
);
text_id!(
    /// A till, unique in its store.
    TillCode, "till code", |what, text| check_code(what, text, true)
);
text_id!(
    /// A zone, unique in its org.
    ZoneCode, "zone code", |what, text| check_code(what, text, true)
);
text_id!(
    /// A concept, unique in its org.
    ConceptCode, "concept code", |what, text| check_code(what, text, true)
);
text_id!(
    /// An access group: made from its first name, kept when the name changes.
    GroupId, "access group id", |what, text| check_code(what, text, true)
);
text_id!(
    /// A user of an org.
    UserId, "user id", |what, text| check_code(what, text, true)
);
text_id!(
    /// A credential, unique in the cluster.
    CredentialId, "credential id", |what, text| check_code(what, text, true)
);
text_id!(
    /// An application of an org: its internal id.
    ApplicationId, "application id", |what, text| check_code(what, text, true)
);
text_id!(
    /// A user group: made from its first name.
    UserGroupId, "user group id", |what, text| check_code(what, text, true)
);
text_id!(
    /// An access control: made from its first name.
    ControlId, "access control id", |what, text| check_code(what, text, true)
);
text_id!(
    /// A permission set: made from its first name.
    SetId, "permission set id", |what, text| check_code(what, text, true)
);
text_id!(
    /// A role, predefined or of an org.
    RoleId, "role id", |what, text| check_code(what, text, true)
);
text_id!(
    /// A privilege, functional or of one endpoint.
    PrivilegeId, "privilege id", |what, text| check_code(what, text, true)
);
text_id!(
    /// An entity, custom or the platform's: the middle of its scopes' names.
    EntityId, "entity id", |what, text| check_code(what, text, true)
);
text_id!(
    /// A domain of the platform: a node of the navigation tree, and the beginning of its scopes' names.
    DomainId, "domain id", |what, text| check_code(what, text, true)
);
text_id!(
    /// A scope, by the very text of its source: real ones have blanks in them, and the lint says so.
    ScopeId, "scope", |what, text| check_text_id(what, text)
);
text_id!(
    /// A sub-module of the back office: `Module/Sub-module`, or `Module` for the module itself.
    ModuleId, "module", |what, text| check_text_id(what, text)
);
text_id!(
    /// A resource of an org's API catalogue: the very text of its source, case-sensitive ("User groups" and
    /// "User Groups" are two; the lint says so).
    ResourceId, "resource name", |what, text| check_text_id(what, text)
);
text_id!(
    /// An endpoint: its method, a blank, and its template with `{}` for every parameter.
    EndpointId, "endpoint", |what, text| match text.split_once(' ') {
        Some((method, path)) if !method.is_empty() && !path.is_empty() => Ok(()),
        Some(_) | None => Err(bad(what, text, "it must be a method, a blank and a path template")),
    }
);

/// How often policy has changed since the cluster began.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

/// Replicated time: milliseconds since 1970-01-01 UTC, stamped by the leader, never going back.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
#[serde(transparent)]
pub struct Tick(pub u64);

/// The id of a request or a job: a ULID as a number, so 48 bits of milliseconds and 80 of chance.
/// Shown in Crockford's base 32, as every ULID.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u128);

impl RequestId {
    /// When the id was made, by the clock of whoever made it.
    pub fn made_at(self) -> Tick {
        Tick(u64::try_from(self.0 >> 80).unwrap_or(u64::MAX))
    }
}

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(26);
        for place in (0..26u32).rev() {
            let digit = usize::try_from((self.0 >> (place * 5)) & 31).unwrap_or(0);
            text.push(char::from(CROCKFORD.get(digit).copied().unwrap_or(b'0')));
        }
        f.pad(&text)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RequestId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        const WHAT: &str = "request id";
        if text.len() != 26 {
            return Err(bad(WHAT, text, "a ULID has 26 characters"));
        }
        let mut value: u128 = 0;
        for byte in text.bytes() {
            let upper = byte.to_ascii_uppercase();
            let digit = CROCKFORD
                .iter()
                .position(|c| *c == upper)
                .ok_or_else(|| bad(WHAT, text, "only the characters of Crockford's base 32 may stand in it"))?;
            if value >> 123 != 0 {
                return Err(bad(WHAT, text, "it is larger than 128 bits"));
            }
            value = (value << 5) | digit as u128;
        }
        Ok(Self(value))
    }
}

impl Serialize for RequestId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Any object of the state, by what it is and where it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectId {
    /// The cluster's own record.
    Cluster,
    /// An organisation.
    Org(OrgCode),
    /// A zone of an org.
    Zone(OrgCode, ZoneCode),
    /// A concept of an org.
    Concept(OrgCode, ConceptCode),
    /// A store of an org.
    Store(OrgCode, StoreCode),
    /// A till of a store.
    Till(OrgCode, StoreCode, TillCode),
    /// A resource of an org's API catalogue.
    Resource(OrgCode, ResourceId),
    /// An endpoint of an org's API catalogue.
    Endpoint(OrgCode, EndpointId),
    /// An access group of an org.
    Group(OrgCode, GroupId),
    /// A user of an org.
    User(OrgCode, UserId),
    /// A credential.
    Credential(CredentialId),
    /// An id of the org that is never given again, as `kind:id`.
    Retired(OrgCode, Arc<str>),
    /// A scope that the org defined.
    Scope(OrgCode, ScopeId),
    /// A custom entity of an org.
    Entity(OrgCode, EntityId),
    /// A custom access control of an org.
    Control(OrgCode, ControlId),
    /// A user group of an org.
    UserGroup(OrgCode, UserGroupId),
    /// A custom permission set of an org.
    Set(OrgCode, SetId),
    /// A custom role of an org.
    Role(OrgCode, RoleId),
    /// An application of an org.
    Application(OrgCode, ApplicationId),
    /// An allocation to a store that goes back by itself.
    Override(OrgCode, StoreCode),
    /// The switches of an org.
    Settings(OrgCode),
    /// The platform's catalogue.
    Platform,
    /// The moment up to which time has flipped what is bounded.
    Clock,
    /// A change that waits for a second person, by the request that proposed it.
    Proposal(OrgCode, RequestId),
}

impl ObjectId {
    /// The org that the object belongs to; none for the cluster, and for credentials (their kind says it).
    pub fn org(&self) -> Option<&OrgCode> {
        match self {
            Self::Cluster | Self::Credential(_) | Self::Platform | Self::Clock => None,
            Self::Org(org)
            | Self::Zone(org, _)
            | Self::Concept(org, _)
            | Self::Store(org, _)
            | Self::Till(org, _, _)
            | Self::Resource(org, _)
            | Self::Endpoint(org, _)
            | Self::Group(org, _)
            | Self::User(org, _)
            | Self::Scope(org, _)
            | Self::Entity(org, _)
            | Self::Control(org, _)
            | Self::UserGroup(org, _)
            | Self::Set(org, _)
            | Self::Role(org, _)
            | Self::Application(org, _)
            | Self::Override(org, _)
            | Self::Settings(org)
            | Self::Proposal(org, _)
            | Self::Retired(org, _) => Some(org),
        }
    }

    /// The word for objects of this kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Org(_) => "org",
            Self::Zone(..) => "zone",
            Self::Concept(..) => "concept",
            Self::Store(..) => "store",
            Self::Till(..) => "till",
            Self::Resource(..) => "resource",
            Self::Endpoint(..) => "endpoint",
            Self::Group(..) => "access-group",
            Self::User(..) => "user",
            Self::Credential(_) => "credential",
            Self::Retired(..) => "retired",
            Self::Scope(..) => "scope",
            Self::Entity(..) => "entity",
            Self::Control(..) => "access-control",
            Self::UserGroup(..) => "user-group",
            Self::Set(..) => "permission-set",
            Self::Role(..) => "role",
            Self::Application(..) => "application",
            Self::Override(..) => "break-glass",
            Self::Settings(_) => "settings",
            Self::Platform => "platform",
            Self::Clock => "clock",
            Self::Proposal(..) => "proposal",
        }
    }
}

impl fmt::Display for ObjectId {
    /// `kind:id`, without the org.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        match self {
            Self::Cluster | Self::Platform | Self::Clock => f.write_str(kind),
            Self::Org(id) => write!(f, "{kind}:{id}"),
            Self::Zone(_, id) => write!(f, "{kind}:{id}"),
            Self::Concept(_, id) => write!(f, "{kind}:{id}"),
            Self::Store(_, id) => write!(f, "{kind}:{id}"),
            Self::Till(_, store, till) => write!(f, "{kind}:{store}/{till}"),
            Self::Resource(_, id) => write!(f, "{kind}:{id}"),
            Self::Endpoint(_, id) => write!(f, "{kind}:{id}"),
            Self::Group(_, id) => write!(f, "{kind}:{id}"),
            Self::User(_, id) => write!(f, "{kind}:{id}"),
            Self::Credential(id) => write!(f, "{kind}:{id}"),
            Self::Retired(_, what) => write!(f, "{kind}:{what}"),
            Self::Scope(_, id) => write!(f, "{kind}:{id}"),
            Self::Entity(_, id) => write!(f, "{kind}:{id}"),
            Self::Control(_, id) => write!(f, "{kind}:{id}"),
            Self::UserGroup(_, id) => write!(f, "{kind}:{id}"),
            Self::Set(_, id) => write!(f, "{kind}:{id}"),
            Self::Role(_, id) => write!(f, "{kind}:{id}"),
            Self::Application(_, id) => write!(f, "{kind}:{id}"),
            Self::Override(_, id) => write!(f, "{kind}:{id}"),
            Self::Settings(id) => write!(f, "{kind}:{id}"),
            Self::Proposal(_, id) => write!(f, "{kind}:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ag_38_store_codes() {
        for good in ["north-7", "1158", "a.b_c-d", &"x".repeat(50)] {
            assert!(good.parse::<StoreCode>().is_ok(), "{good}");
        }
        for wrong in ["", "North-7", "-x", ".x", "a b", "a/b", "é", &"x".repeat(51)] {
            assert!(wrong.parse::<StoreCode>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn request_ids_round_trip_as_ulids() {
        let id = RequestId(0x0197_5f00_0000_1234_5678_9abc_def0_1234);
        assert_eq!(id.to_string().parse::<RequestId>(), Ok(id));
        assert_eq!(id.made_at(), Tick(0x0197_5f00_0000));
        assert!("8ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse::<RequestId>().is_err());
        assert_eq!("7ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse::<RequestId>(), Ok(RequestId(u128::MAX)));
    }
}
