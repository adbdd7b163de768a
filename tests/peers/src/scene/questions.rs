//! Questions about a scene: mostly about what is there, by whom there is, now and then about neither.

use bailiwick_policy::platform::Platform;

use super::shops::{STORES, TILLS};
use crate::chance::Chance;
use crate::corpus::{Question, Scene};

/// Paths that are no endpoint's, or not as they look.
const ODD: [&str; 14] = [
    "/", "//", "", "/customers/", "/customers//", "/customers/../orders", "/customers/%2e%2e", "/customer%73", "/customers/%2F", "/orders/%zz", "/nowhere",
    "/orders?type=extension", "/stores/config?x", "/customers/me",
];

/// As many questions as are wanted, each once.
pub(super) fn ask(chance: &mut Chance, scene: &Scene, catalogue: &Platform, wanted: usize) -> Vec<Question> {
    let mut asked = std::collections::BTreeSet::new();
    let mut questions = Vec::new();
    // Questions that repeat are left out, so there is an end to trying.
    for _ in 0..wanted * 3 {
        if questions.len() == wanted {
            break;
        }
        let question = one(chance, scene, catalogue);
        if asked.insert(question.to_string()) {
            questions.push(question);
        }
    }
    questions
}

fn one(chance: &mut Chance, scene: &Scene, catalogue: &Platform) -> Question {
    let mut question = Question { subject: till(chance), ..Question::default() };
    call(chance, scene, catalogue, &mut question);
    if chance.one_in(40) {
        question.org = Some("nobody".to_owned());
    }
    question
}

fn till(chance: &mut Chance) -> String {
    match chance.below(24) {
        0 => "till:nowhere/t1".to_owned(),
        1 => "store:nowhere".to_owned(),
        2 => format!("till:{}", chance.pick(&STORES)),
        3..=6 => format!("store:{}", chance.pick(&STORES)),
        _rest => format!("till:{}/{}", chance.pick(&STORES), chance.pick(&TILLS)),
    }
}

/// A call, of an endpoint that is there more often than not.
fn call(chance: &mut Chance, scene: &Scene, catalogue: &Platform, question: &mut Question) {
    let own: Vec<&str> = scene.document.endpoints.keys().map(|key| &**key).collect();
    let beneath: Vec<&str> = catalogue.endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
    let key = if chance.one_in(10) { chance.pick(&beneath) } else { chance.pick(&own) };
    let (method, template) = key.split_once(' ').unwrap_or((key, "/"));
    question.action = match chance.below(14) {
        0 => chance.word(&["GET", "POST", "HEAD", "DELETE", "BREW"]).to_owned(),
        1 if method == "GET" => "HEAD".to_owned(),
        _rest => method.to_owned(),
    };
    let segments = template.split('/').map(|segment| {
        if segment.contains('{') { chance.word(&["7", "me", "config", "widget", "sync", "%61", "acme"]).to_owned() } else { segment.to_owned() }
    });
    question.resource = segments.collect::<Vec<_>>().join("/");
    if chance.one_in(12) {
        question.resource = format!("endpoint:{}", chance.pick(&ODD));
    }
}
