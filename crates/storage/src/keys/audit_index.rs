//! Space `audit-index`: which revisions are about an org, by an actor, of an object. Key: `[kind u8][length u16]
//! [subject][revision u64]`, so that one subject's revisions lie together, in order. Value: none.

use bailiwick_policy::command::Actor;
use bailiwick_policy::ids::{ObjectId, OrgCode, Revision};
use bailiwick_policy::outcome::{AuditRow, Change};

use super::object;
use crate::fault::Fault;

// On disk for good: never change one, never use one again.
const ORG: u8 = 1;
const ACTOR: u8 = 2;
const OBJECT: u8 = 3;

const SYSTEM: u8 = 0;
const CREDENTIAL: u8 = 1;

/// What a list of audit rows is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AuditSubject {
    /// All that was done in an org.
    Org(OrgCode),
    /// All that somebody did.
    Actor(Actor),
    /// All that was done to an object.
    Object(ObjectId),
}

impl AuditSubject {
    /// Whether a row is about it.
    pub fn has(&self, row: &AuditRow) -> bool {
        match self {
            Self::Org(org) => row.org.as_ref() == Some(org),
            Self::Actor(actor) => row.actor == *actor,
            Self::Object(id) => row.changes.iter().any(|change| change.id().as_ref() == Some(id)),
        }
    }

    fn prefix(&self) -> Vec<u8> {
        let (kind, subject) = match self {
            Self::Org(org) => (ORG, org.as_str().as_bytes().to_vec()),
            Self::Actor(Actor::System) => (ACTOR, vec![SYSTEM]),
            Self::Actor(Actor::Credential(id)) => {
                (ACTOR, [&[CREDENTIAL], id.as_str().as_bytes()].concat())
            }
            Self::Object(id) => (OBJECT, object::key(id)),
        };
        // Ids are bounded far below this; a longer one would only share its place with its equals.
        let length = u16::try_from(subject.len()).unwrap_or(u16::MAX);
        let mut key = vec![kind];
        key.extend_from_slice(&length.to_be_bytes());
        key.extend_from_slice(&subject);
        key
    }

    /// The key of one of its revisions.
    pub(crate) fn key(&self, revision: Revision) -> Vec<u8> {
        let mut key = self.prefix();
        key.extend_from_slice(&revision.0.to_be_bytes());
        key
    }
}

/// The revision of a key.
pub(crate) fn revision(key: &[u8]) -> Result<Revision, Fault> {
    let (_subject, revision) =
        key.split_last_chunk::<8>().ok_or_else(|| Fault::corrupt("audit-index", "a key is too short"))?;
    Ok(Revision(u64::from_be_bytes(*revision)))
}

/// Every key that a row has here.
pub(crate) fn keys(row: &AuditRow) -> Vec<Vec<u8>> {
    let org = row.org.clone().map(AuditSubject::Org);
    let actor = AuditSubject::Actor(row.actor.clone());
    let objects = row.changes.iter().filter_map(Change::id).map(AuditSubject::Object);
    org.into_iter().chain([actor]).chain(objects).map(|subject| subject.key(row.revision)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_subjects_revisions_lie_together_in_order(a: u64, b: u64, short in "[a-z]{1,8}", more in "[a-z0-9]{1,8}") {
            let subject = AuditSubject::Org(short.parse().unwrap());
            let longer = AuditSubject::Org(format!("{short}{more}").parse().unwrap());
            prop_assert_eq!(subject.key(Revision(a)).cmp(&subject.key(Revision(b))), a.cmp(&b));
            prop_assert_eq!(revision(&subject.key(Revision(a))), Ok(Revision(a)));
            let between = subject.key(Revision(0))..subject.key(Revision(u64::MAX));
            prop_assert!(!between.contains(&longer.key(Revision(a))));
        }
    }

    #[test]
    fn a_row_is_found_under_all_that_it_is_about() {
        let row = sample::audit_row(7);
        let keys = keys(&row);
        for subject in [
            AuditSubject::Org(row.org.clone().unwrap()),
            AuditSubject::Actor(row.actor.clone()),
            AuditSubject::Object(row.changes[0].id().unwrap()),
        ] {
            assert!(subject.has(&row));
            assert!(keys.contains(&subject.key(Revision(7))));
        }
    }
}
