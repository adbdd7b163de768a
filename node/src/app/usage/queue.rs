//! What the sieve found new, owned, until it is looked at: bounded in number and in bytes, of all and of each org, so
//! that one org's many tills leave the others their room.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_policy::decision::{Ask, Context, EntityAction, Request, Subject};
use bailiwick_policy::ids::{CredentialId, OrgCode};
use bailiwick_policy::permission::Action;

/// Entries at most: an eighth of a million permits that differ is more than a node looks at in a minute.
pub const QUEUE_MAX: usize = 131_072;
/// Entries of one org at most.
pub const ORG_MAX: usize = QUEUE_MAX / 2;
/// Bytes of their texts at most: callers choose paths and places.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;

/// Something that was used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Noted {
    /// What permits this request.
    Request(Box<Owned>),
    /// A credential that let somebody in.
    Credential(OrgCode, CredentialId),
}

/// A request that owns its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owned {
    org: Box<str>,
    subject: Box<str>,
    ask: OwnedAsk,
    instance: bool,
    /// Place, who created it, whom it is assigned to, the type in its body.
    context: [Option<Box<str>>; 4],
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum OwnedAsk {
    Endpoint { method: Box<str>, path: Box<str> },
    Module { module: Box<str>, action: Action },
    Scope { scope: Box<str> },
    Entity { entity: Box<str>, action: EntityAction },
}

impl Owned {
    /// A copy of a request.
    pub fn of(request: &Request<'_>) -> Self {
        let Context { place, instance, created_by, assigned_to, body_type } = request.context;
        Self {
            org: request.org.into(),
            subject: request.subject.to_string().into(),
            ask: match request.ask {
                Ask::Endpoint { method, path } => OwnedAsk::Endpoint { method: method.into(), path: path.into() },
                Ask::Module { module, action } => OwnedAsk::Module { module: module.into(), action },
                Ask::Scope { scope } => OwnedAsk::Scope { scope: scope.into() },
                Ask::Entity { entity, action } => OwnedAsk::Entity { entity: entity.into(), action },
            },
            instance,
            context: [place, created_by, assigned_to, body_type].map(|text| text.map(Into::into)),
        }
    }

    /// The request again; none if its subject makes no sense, which one that was permitted never lacks.
    pub fn request(&self) -> Option<Request<'_>> {
        let [place, created_by, assigned_to, body_type] = &self.context;
        Some(Request {
            org: &self.org,
            subject: Subject::parse(&self.subject).ok()?,
            ask: match &self.ask {
                OwnedAsk::Endpoint { method, path } => Ask::Endpoint { method, path },
                OwnedAsk::Module { module, action } => Ask::Module { module, action: *action },
                OwnedAsk::Scope { scope } => Ask::Scope { scope },
                OwnedAsk::Entity { entity, action } => Ask::Entity { entity, action: *action },
            },
            context: Context {
                place: place.as_deref(),
                instance: self.instance,
                created_by: created_by.as_deref(),
                assigned_to: assigned_to.as_deref(),
                body_type: body_type.as_deref(),
            },
        })
    }

    fn bytes(&self) -> usize {
        let ask = match &self.ask {
            OwnedAsk::Endpoint { method, path } => method.len() + path.len(),
            OwnedAsk::Module { module: text, .. } | OwnedAsk::Scope { scope: text } | OwnedAsk::Entity { entity: text, .. } => text.len(),
        };
        self.org.len() + self.subject.len() + ask + self.context.iter().flatten().map(|text| text.len()).sum::<usize>()
    }
}

impl Noted {
    fn org(&self) -> &str {
        match self {
            Self::Request(owned) => &owned.org,
            Self::Credential(org, _) => org.as_str(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Request(owned) => owned.bytes(),
            // Both are shared with the state.
            Self::Credential(..) => 0,
        }
    }
}

/// The queue.
#[derive(Default)]
pub struct Queue {
    entries: Vec<(u32, Noted)>,
    bytes: usize,
    of_org: BTreeMap<Arc<str>, usize>,
}

impl Queue {
    /// Adds what was used in a minute; says whether there was room.
    pub fn add(&mut self, minute: u32, noted: Noted) -> bool {
        let bytes = self.bytes.saturating_add(noted.bytes());
        let of_org = self.of_org.get(noted.org()).copied().unwrap_or(0);
        if self.entries.len() >= QUEUE_MAX || of_org >= ORG_MAX || bytes > BYTES_MAX {
            return false;
        }
        self.bytes = bytes;
        match self.of_org.get_mut(noted.org()) {
            Some(count) => *count += 1,
            None => drop(self.of_org.insert(noted.org().into(), 1)),
        }
        self.entries.push((minute, noted));
        true
    }

    /// Takes all of it.
    pub fn take(&mut self) -> Vec<(u32, Noted)> {
        self.bytes = 0;
        self.of_org.clear();
        std::mem::take(&mut self.entries)
    }

    /// How much is in it.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(org: &str, path: &str) -> Noted {
        Noted::Request(Box::new(Owned::of(&Request::call(org, Subject::Till("s/t"), "GET", path))))
    }

    #[test]
    fn a_request_comes_back_as_it_was() {
        let context = Context { place: Some("zone:North"), instance: true, created_by: Some("bob"), assigned_to: None, body_type: Some("extension") };
        for ask in [
            Ask::Endpoint { method: "GET", path: "/v2/x?y" },
            Ask::Module { module: "Loyalty+/Basic", action: Action::View },
            Ask::Scope { scope: "order.order_read" },
            Ask::Entity { entity: "ticket", action: EntityAction::Manage },
        ] {
            for subject in [Subject::Store("s"), Subject::Till("s/t"), Subject::User("bob"), Subject::Application("erp")] {
                let request = Request { org: "acme", subject, ask, context };
                assert_eq!(Owned::of(&request).request(), Some(request));
            }
        }
    }

    #[test]
    fn it_is_bounded_and_each_org_has_its_share() {
        let mut queue = Queue::default();
        let taken = (0..QUEUE_MAX).filter(|n| queue.add(7, noted("loud", &format!("/{n}")))).count();
        assert_eq!(taken, ORG_MAX);
        assert!(queue.add(7, noted("quiet", "/x")), "another org has room");
        let rest = (0..QUEUE_MAX).filter(|n| queue.add(7, noted("third", &format!("/{n}")))).count();
        assert_eq!(rest, QUEUE_MAX - ORG_MAX - 1);
        assert!(!queue.add(7, noted("quiet", "/y")), "full");
        assert_eq!(queue.take().len(), QUEUE_MAX);
        assert!(queue.len() == 0 && queue.add(8, noted("loud", "/x")), "empty again, for everybody");
    }

    #[test]
    fn long_texts_fill_it_sooner() {
        let mut queue = Queue::default();
        let long = format!("/{}", "x".repeat(64 * 1024));
        let taken = (0..10_000).filter(|_| queue.add(7, noted("acme", &long))).count();
        assert_eq!(taken, BYTES_MAX / (long.len() + "acmetill:s/tGET".len()));
        queue.take();
        assert!(queue.add(7, noted("acme", &long)));
    }
}
