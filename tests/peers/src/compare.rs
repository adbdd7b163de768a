//! Asks both, and counts.

use std::collections::BTreeMap;
use std::fmt;

use bailiwick_policy::decide::decide;
use bailiwick_policy::decision::{Reason, Verdict};
use bailiwick_policy::index::Index;
use bailiwick_policy::platform::Platform;
use bailiwick_policy::reference;

use crate::corpus::{ORG, Question};
use crate::scene::Made;
use crate::translate::{Plant, Translation};

/// What was asked, and what came of it.
#[derive(Default, Debug)]
pub struct Counts {
    /// Permits and denies, by kind of subject and of question.
    pub classes: BTreeMap<(String, &'static str), (usize, usize)>,
    /// Answers, by Bailiwick's reason.
    pub reasons: BTreeMap<Reason, usize>,
    /// Questions.
    pub asked: usize,
}

/// Kinds of subjects and questions, and whether any of them can be permitted.
const CLASSES: &[(&str, &str, bool)] = &[
    ("application", "call", true),
    ("application", "entity", true),
    ("application", "module", false),
    ("application", "scope", true),
    ("store", "call", true),
    ("store", "entity", false),
    ("store", "module", false),
    ("store", "scope", false),
    ("till", "call", true),
    ("till", "entity", false),
    ("till", "module", false),
    ("till", "scope", false),
    ("user", "call", true),
    ("user", "entity", true),
    ("user", "module", true),
    ("user", "scope", true),
];

/// A question with different answers.
#[derive(Debug)]
pub struct Difference {
    /// What was asked.
    pub question: Question,
    /// Bailiwick's answer.
    pub ours: String,
    /// Cedar's.
    pub theirs: String,
}

/// What is asked about: a call, a module, a scope or an entity.
pub fn kind_of(question: &Question) -> &'static str {
    match question.resource.split_once(':').map(|(kind, _)| kind) {
        Some("module") => "module",
        Some("scope") => "scope",
        Some("entity") => "entity",
        Some(_) | None => "call",
    }
}

/// Asks everything about a scene. Returns Cedar's answers beside the questions, and the differences.
pub fn compare(made: &Made, catalogue: &Platform, plant: Option<Plant>, counts: &mut Counts) -> Result<(Vec<bool>, Vec<Difference>), String> {
    let translation = Translation::of(&made.scene, &made.scene.catalogue(catalogue), plant)?;
    let state = &made.cluster.state;
    let index = Index::build(state);
    let (mut answers, mut differences) = (Vec::new(), Vec::new());
    for question in &made.questions {
        let request = question.request(ORG)?;
        let (by_rules, by_index) = (reference::decide(state, &request), decide(&index, &request));
        let theirs = translation.ask(question).map_err(|why| format!("{question}: {why}"))?;
        let permit = by_rules.verdict() == Verdict::Permit;
        if permit != theirs.permit || by_rules != by_index {
            differences.push(Difference {
                question: question.clone(),
                ours: format!("{} ({}); by the index {}", by_rules.verdict(), by_rules.reason, by_index.reason),
                theirs: theirs.to_string(),
            });
        }
        answers.push(theirs.permit);
        counts.add(question, permit, by_rules.reason);
    }
    Ok((answers, differences))
}

impl Counts {
    fn add(&mut self, question: &Question, permit: bool, reason: Reason) {
        let subject = question.subject.split(':').next().unwrap_or_default().to_owned();
        let (permits, denies) = self.classes.entry((subject, kind_of(question))).or_default();
        *(if permit { permits } else { denies }) += 1;
        *self.reasons.entry(reason).or_default() += 1;
        self.asked += 1;
    }

    /// What was never permitted, or never denied, or never the reason: whoever compares that compares nothing.
    pub fn idle(&self) -> Vec<String> {
        let mut idle = Vec::new();
        for (subject, kind, permitted) in CLASSES {
            let (permits, denies) = self.classes.get(&((*subject).to_owned(), *kind)).copied().unwrap_or_default();
            if *permitted && permits == 0 {
                idle.push(format!("no {kind} of a {subject} was permitted"));
            }
            if denies == 0 {
                idle.push(format!("no {kind} of a {subject} was denied"));
            }
        }
        let reasons = Reason::ALL.iter().filter(|reason| reason.verdict() != Verdict::Indeterminate);
        idle.extend(reasons.filter(|reason| !self.reasons.contains_key(reason)).map(|reason| format!("no answer was {reason}")));
        idle
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((subject, kind), (permits, denies)) in &self.classes {
            writeln!(f, "{subject:>12} {kind:<8} {permits:>7} permitted {denies:>7} denied")?;
        }
        for (reason, count) in &self.reasons {
            writeln!(f, "{count:>12} {reason}")?;
        }
        Ok(())
    }
}
