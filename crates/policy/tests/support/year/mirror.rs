//! The state that a year leads to, planned and applied as any replica does, in memory.

use std::sync::Arc;

use bailiwick_policy::command::{Actor, Command, Envelope};
use bailiwick_policy::execute::{Executed, execute};
use bailiwick_policy::ids::{RequestId, Tick};
use bailiwick_policy::object::{CredentialKind, Meta, Object, Secret};
use bailiwick_policy::outcome::AuditRow;
use bailiwick_policy::state::State;

/// Why things are done: break-glass asks for it, and the audit shows it of all.
pub const REASON: &str = "in the course of the year";

/// A state with a clock of its own.
#[derive(Clone, Debug)]
pub struct Mirror {
    /// The state.
    pub state: State,
    /// Milliseconds since 1970.
    pub now: u64,
    requests: u64,
}

impl Mirror {
    /// After a cluster's first entry.
    pub fn new(cluster: &str, now: u64) -> Self {
        let mut mirror = Self { state: State::default(), now, requests: 0 };
        let operator = Secret::TokenHash([1; 32]);
        mirror.execute(Actor::System, Command::InitCluster { cluster: cluster.into(), operator });
        mirror
    }

    /// Executes a command of the first operator.
    pub fn operate(&mut self, command: Command) -> Executed {
        let operator = "operator-1".parse().expect("an id");
        self.execute(Actor::Credential(operator), command)
    }

    /// Time goes on; what ends by it ends. The row of that, if anything did.
    pub fn at(&mut self, now: u64) -> Option<AuditRow> {
        self.now = self.now.max(now);
        let due = self.state.next_flip().is_some_and(|next| next.0 <= self.now);
        due.then(|| self.execute(Actor::System, Command::Tick { to: Tick(self.now) }).row).flatten()
    }

    fn execute(&mut self, actor: Actor, command: Command) -> Executed {
        self.requests += 1;
        let envelope = Envelope {
            request_id: RequestId((u128::from(self.now) << 80) | u128::from(self.requests)),
            actor,
            proposed_at: Tick(self.now),
            reads: Vec::new(),
            reason: Some(Arc::from(REASON)),
            job: None,
            command,
        };
        execute(&mut self.state, &envelope)
    }

    /// What the content hash is over: everything but times, authors, secrets, keys, codes and retired ids.
    pub fn content(&self) -> Vec<Object> {
        let counts = |object: &Object| match object {
            Object::Retired(_) | Object::Clock(_) => false,
            Object::Credential(one) => !matches!(one.kind, CredentialKind::Application { .. } | CredentialKind::Invitation { .. }),
            _other => true,
        };
        let blank = |mut object: Object| {
            *object.meta_mut() = Meta::default();
            object
        };
        self.state.objects().filter(counts).map(blank).collect()
    }
}
