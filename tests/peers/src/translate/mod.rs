//! An org's policy in Cedar's terms.
//!
//! Derived from what anybody can read of an org: its document and the platform's catalogue, by the rules as they are
//! written down. Nothing of Bailiwick that decides is used here, nor its state, its index or its helpers: if both
//! sides read a rule alike, they did so on their own. What hangs together becomes Cedar's hierarchy, so that Cedar
//! finds by itself which till is whose, what a scope includes, and what lies in a zone.

mod gates;
mod groups;
mod people;
mod places;
mod plant;
mod request;
mod routes;
mod scopes;
mod world;

use std::fmt;

use bailiwick_policy::document::{Document, OrgPart};
use bailiwick_policy::ids::Tick;
use bailiwick_policy::platform::Platform;
use cedar_policy::{Authorizer, Decision, Entities, PolicySet, Request, Response};

use crate::corpus::{Question, Scene};
pub use plant::Plant;
use request::Names;
use routes::Routes;
use scopes::Scopes;
use world::World;

/// What a translation is made from.
struct Source<'a> {
    scene: &'a Scene,
    document: &'a Document,
    catalogue: &'a Platform,
    plant: Option<Plant>,
}

impl Source<'_> {
    fn planted(&self, plant: Plant) -> bool {
        self.plant == Some(plant)
    }

    /// What the document says of the org itself. Read as the file has it: a document may leave it out.
    fn org(&self) -> OrgPart {
        let document = serde_json::to_value(self.document).unwrap_or_default();
        document.get("org").and_then(|org| serde_json::from_value(org.clone()).ok()).unwrap_or_default()
    }

    /// The moment lies within bounds: from the first on, before the last.
    fn in_force(&self, from: Option<Tick>, until: Option<Tick>) -> bool {
        if self.planted(Plant::TimeIgnored) {
            return true;
        }
        from.is_none_or(|from| self.scene.clock >= from) && until.is_none_or(|until| self.scene.clock < until)
    }
}

/// An org in Cedar's terms.
pub struct Translation {
    policies: PolicySet,
    entities: Entities,
    names: Names,
    /// The policies as text.
    pub text: String,
    /// The entities as JSON.
    pub world: String,
}

/// What Cedar answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Whether it permits.
    pub permit: bool,
    /// The policies that the answer rests on.
    pub by: Vec<String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = if self.by.is_empty() { "nothing".to_owned() } else { self.by.join("; ") };
        write!(f, "{} (by {by})", if self.permit { "permit" } else { "deny" })
    }
}

impl Translation {
    /// Translates a scene; `catalogue` is the one in force. A plant makes the translation wrong in one way.
    pub fn of(scene: &Scene, catalogue: &Platform, plant: Option<Plant>) -> Result<Self, String> {
        let source = Source { scene, document: &scene.document, catalogue, plant };
        let mut world = World::default();
        let routes = Routes::of(&source);
        gates::translate(&source, &mut world);
        places::translate(&source, &mut world);
        groups::translate(&source, &mut world);
        let scopes = Scopes::of(&source);
        scopes::translate(&source, &scopes, &mut world);
        people::translate(&source, &mut world);
        let names = Names { routes, looking: scopes.looking().collect(), now: scene.clock.0 };
        let (text, json) = (world.policies(), world.entities());
        let policies: PolicySet = text.parse().map_err(|why| format!("the policies don't parse: {why:?}\n{text}"))?;
        let entities = Entities::from_json_str(&json, None).map_err(|why| format!("the entities don't fit: {why:?}"))?;
        Ok(Self { policies, entities, names, text, world: json })
    }

    /// A question in Cedar's terms.
    pub fn prepare(&self, question: &Question) -> Result<Request, String> {
        request::translate(question, &self.names)
    }

    /// Cedar's part alone.
    pub fn authorize(&self, request: &Request) -> Response {
        Authorizer::new().is_authorized(request, &self.policies, &self.entities)
    }

    /// Asks Cedar. A policy that can't be evaluated would be skipped by Cedar; here it fails the run.
    pub fn ask(&self, question: &Question) -> Result<Answer, String> {
        let response = self.authorize(&self.prepare(question)?);
        let errors: Vec<String> = response.diagnostics().errors().map(ToString::to_string).collect();
        if !errors.is_empty() {
            return Err(format!("Cedar couldn't evaluate: {}", errors.join("; ")));
        }
        let named = |id| self.policies.annotation(id, "id").unwrap_or_default().to_owned();
        let by = response.diagnostics().reason().map(named).collect();
        Ok(Answer { permit: response.decision() == Decision::Allow, by })
    }
}
