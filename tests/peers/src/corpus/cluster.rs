//! A state that comes about by commands alone, as on every node of a cluster.

use std::fmt::Debug;
use std::str::FromStr;

use bailiwick_policy::command::{Actor, Command, Envelope, NewKey};
use bailiwick_policy::execute::execute;
use bailiwick_policy::ids::{RequestId, Tick};
use bailiwick_policy::object::Secret;
use bailiwick_policy::outcome::Outcome;
use bailiwick_policy::platform::Platform;
use bailiwick_policy::state::State;

use super::{ORG, Scene};

/// Some moment after 2025, in milliseconds: every scene begins here.
const START: u64 = 1_750_000_000_000;

/// A state, and the clock of its leader.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// What the commands made.
    pub state: State,
    /// The moment of the command before.
    pub now: u64,
    requests: u64,
}

fn id<T: FromStr<Err: Debug>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|why| format!("`{text}`: {why:?}"))
}

impl Cluster {
    /// A cluster with a catalogue, and the org of a scene with its first owner `ann`.
    pub fn new(catalogue: &Platform) -> Result<Self, String> {
        let mut cluster = Self { state: State::default(), now: START, requests: 0 };
        cluster.run_as(Actor::System, Command::InitCluster { cluster: "01JPEERS".into(), operator: Secret::TokenHash([1; 32]) })?;
        cluster.replace_catalogue(catalogue)?;
        cluster.run(Command::CreateOrg { org: id(ORG)?, name: id("Acme")?, owner: id("ann")?, owner_name: id("Ann")? })?;
        Ok(cluster)
    }

    /// The state of a scene: its document applied, its keys made, its moment come.
    pub fn of(scene: &Scene, catalogue: &Platform) -> Result<Self, String> {
        let mut cluster = Self::new(catalogue)?;
        let org = cluster.state.orgs.get(ORG).ok_or("the org is not there")?;
        let changes = scene.document.changes(&cluster.state, org, true).map_err(|why| why.to_string())?;
        if !changes.is_empty() {
            cluster.run(Command::Apply { org: id(ORG)?, changes })?;
        }
        for (number, (application, until)) in (0u8..).zip(&scene.keys) {
            let lasts_ms = until.map(|until| until.0.saturating_sub(cluster.now + 1));
            let key = NewKey { id: id(&format!("key-{number}"))?, secret: Secret::TokenHash([100 + number; 32]), lasts_ms };
            cluster.run(Command::RotateKey { org: id(ORG)?, application: application.clone(), key, overlap_ms: None })?;
        }
        cluster.end(scene, catalogue)?;
        Ok(cluster)
    }

    /// What comes last in a scene: the catalogue drops something, and time moves on.
    pub fn end(&mut self, scene: &Scene, catalogue: &Platform) -> Result<(), String> {
        if !scene.dropped.is_empty() {
            self.replace_catalogue(&scene.catalogue(catalogue))?;
        }
        self.now = self.now.max(scene.clock.0);
        self.run_as(Actor::System, Command::Tick { to: scene.clock })
    }

    fn replace_catalogue(&mut self, catalogue: &Platform) -> Result<(), String> {
        let version = self.state.platform.version + 1;
        self.run(Command::SetPlatform { platform: Box::new(Platform { version, ..catalogue.clone() }) })
    }

    /// A command of the first operator. A refusal is a fault of the scene.
    pub fn run(&mut self, command: Command) -> Result<(), String> {
        self.run_as(Actor::Credential(id("operator-1")?), command)
    }

    fn run_as(&mut self, actor: Actor, command: Command) -> Result<(), String> {
        self.now += 1;
        self.requests += 1;
        let request_id = RequestId((u128::from(self.now) << 80) | u128::from(self.requests));
        let shown = format!("{command:?}");
        let envelope = Envelope { request_id, actor, proposed_at: Tick(self.now), reads: Vec::new(), reason: None, job: None, command };
        match execute(&mut self.state, &envelope).outcome {
            Outcome::Committed { .. } => Ok(()),
            Outcome::Rejected(rejection) => Err(format!("refused: {rejection}: {}", shown.chars().take(400).collect::<String>())),
        }
    }
}
