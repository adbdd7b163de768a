//! Scenes made by chance: an org that comes about by commands, and questions about it. Names come from short lists, so that
//! things meet often.

mod endpoints;
mod machines;
mod questions;
mod shops;
mod staff;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::str::FromStr;

use bailiwick_policy::document::Document;
use bailiwick_policy::ids::{ApplicationId, Tick};
use bailiwick_policy::platform::Platform;

use crate::chance::Chance;
use crate::corpus::{Cluster, ORG, Question, Scene};

/// A scene with the state that its commands made.
pub struct Made {
    /// As it would stand in a file, without its requests.
    pub scene: Scene,
    /// What Bailiwick made of the commands.
    pub cluster: Cluster,
    /// What is asked.
    pub questions: Vec<Question>,
}

/// What a scene is made with.
struct Making {
    chance: Chance,
    cluster: Cluster,
    /// The moment at which the cluster is there.
    began: u64,
    /// The moment at which everything will be asked.
    clock: u64,
    keys: BTreeMap<ApplicationId, Option<Tick>>,
}

impl Making {
    /// The document as it stands.
    fn document(&self) -> Result<Document, String> {
        self.cluster.state.orgs.get(ORG).map(Document::of).ok_or_else(|| "the org is gone".to_owned())
    }
}

/// What a catalogue can drop and still hold together.
const DROPS: [&str; 7] = [
    "module:Campaign/Workflow",
    "module:Member Care/Customer PII",
    "privilege:advanced",
    "privilege:agent",
    "scope:loyalty.points_read",
    "scope:sales.order_manage",
    "scope:stock.order_read",
];

/// Now and then the catalogue drops something in the end, which stays in bundles and grants nothing.
fn dropped(chance: &mut Chance) -> Vec<String> {
    if chance.one_in(2) { chance.some(&DROPS, 2, 4).into_iter().map(str::to_owned).collect() } else { Vec::new() }
}

/// A good id or name.
fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a good id or name")
}

/// Makes the scene of a seed. A command that is refused is a fault: the scene's, or the policy's.
pub fn make(seed: u64, requests: usize, catalogue: &Platform) -> Result<Made, String> {
    let cluster = Cluster::new(catalogue)?;
    let mut chance = Chance::new(seed);
    let clock = cluster.now + 1_000_000 + 3_600_000 * chance.below(240) as u64;
    let mut making = Making { chance, began: cluster.now, cluster, clock, keys: BTreeMap::new() };
    shops::places(&mut making)?;
    staff::scopes(&mut making)?;
    endpoints::make(&mut making)?;
    shops::groups(&mut making)?;
    shops::stores(&mut making)?;
    staff::people(&mut making)?;
    machines::make(&mut making)?;
    shops::endings(&mut making)?;
    let mut scene = Scene {
        about: format!("seed {seed}"),
        clock: Tick(clock),
        keys: std::mem::take(&mut making.keys),
        dropped: dropped(&mut making.chance),
        document: Document::default(),
        requests: BTreeMap::new(),
    };
    making.cluster.end(&scene, catalogue)?;
    scene.document = making.document()?;
    let questions = questions::ask(&mut making.chance, &scene, &scene.catalogue(catalogue), requests);
    Ok(Made { scene, cluster: making.cluster, questions })
}
