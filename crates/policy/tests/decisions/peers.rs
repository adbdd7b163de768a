//! Answers that Cedar gave about orgs made by chance, replayed: the index and the reference give them too, from the
//! documents alone. What makes these files, and how an org becomes Cedar's, is in `tests/peers`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use bailiwick_policy::decide::decide;
use bailiwick_policy::decision::{Reason, Verdict};
use bailiwick_policy::index::Index;
use bailiwick_policy::platform::Platform;
use bailiwick_policy::reference;

#[path = "../../../../tests/peers/src/corpus/mod.rs"]
mod corpus;

use corpus::{Cluster, ORG, Question, Scene};

/// Questions on file, at the least: fewer mean that files were lost.
const QUESTIONS_MIN: usize = 5_000;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/corpus")
}

/// Every scene on file, with its name.
fn scenes() -> Vec<(String, Scene)> {
    let names = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = names.filter(|name| name.starts_with("scene-")).collect();
    let read = |name: String| {
        let text = std::fs::read_to_string(folder().join(&name)).unwrap();
        let scene = serde_json::from_str(&text).unwrap_or_else(|why| unreachable!("{name}: {why}"));
        (name, scene)
    };
    names.into_iter().map(read).collect()
}

#[test]
fn cedar_gave_these_answers() {
    let catalogue: Platform = serde_json::from_str(&std::fs::read_to_string(folder().join("catalogue.json")).unwrap()).unwrap();
    let (mut asked, mut reasons) = (0, BTreeSet::new());
    for (name, scene) in scenes() {
        let cluster = Cluster::of(&scene, &catalogue).unwrap_or_else(|why| unreachable!("{name}: {why}"));
        let index = Index::build(&cluster.state);
        for (question, permit) in scene.questions().unwrap_or_else(|why| unreachable!("{name}: {why}")) {
            let request = question.request(ORG).unwrap_or_else(|why| unreachable!("{name}: {question}: {why}"));
            let by_rules = reference::decide(&cluster.state, &request);
            let told = || format!("{name}: {question}: Cedar says {}, the rules {}", if permit { "permit" } else { "deny" }, by_rules.reason);
            assert_eq!(by_rules.verdict() == Verdict::Permit, permit, "{}", told());
            assert_eq!(decide(&index, &request), by_rules, "{}", told());
            asked += 1;
            reasons.insert((question.subject.split(':').next().unwrap_or_default().to_owned(), by_rules.reason));
        }
    }
    assert!(asked >= QUESTIONS_MIN, "only {asked} questions are on file");
    for kind in ["till", "store", "user", "application"] {
        let of_kind = || reasons.iter().filter(|(of, _)| of == kind).map(|(_, reason)| reason.verdict());
        assert!(of_kind().any(|verdict| verdict == Verdict::Permit) && of_kind().any(|verdict| verdict == Verdict::Deny), "{kind}: {reasons:?}");
    }
    let missing = Reason::ALL.iter().filter(|reason| reason.verdict() != Verdict::Indeterminate && !reasons.iter().any(|(_, seen)| seen == *reason));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&Reason>::new(), "no question on file comes to these");
}

#[test]
fn a_scene_is_what_its_document_says() {
    let catalogue: Platform = serde_json::from_str(&std::fs::read_to_string(folder().join("catalogue.json")).unwrap()).unwrap();
    for (name, scene) in scenes() {
        let cluster = Cluster::of(&scene, &catalogue).unwrap_or_else(|why| unreachable!("{name}: {why}"));
        let org = cluster.state.orgs.get(ORG).unwrap();
        assert_eq!(scene.document.changes(&cluster.state, org, true), Ok(Vec::new()), "{name}");
    }
}

#[test]
fn a_question_reads_as_the_line_it_writes() {
    for (name, scene) in scenes() {
        for (question, permit) in scene.questions().unwrap() {
            assert_eq!(Question::read(&question.subject, &question.line(permit)), Ok((question.clone(), permit)), "{name}");
        }
    }
    for wrong in ["GET /customers", "maybe GET /customers", "permit GET", "permit GET /customers | at=store:s1"] {
        assert!(Question::read("till:s1/t1", wrong).is_err(), "{wrong}");
    }
}
