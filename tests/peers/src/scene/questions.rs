//! Questions about a scene: mostly about what is there, by whom there is, now and then about neither.

use bailiwick_policy::platform::Platform;

use super::machines::APPLICATIONS;
use super::shops::{CONCEPTS, STORES, TILLS, ZONES};
use super::staff::USERS;
use crate::chance::Chance;
use crate::corpus::{Question, Scene};

/// Paths that are no endpoint's, or not as they look.
const ODD: [&str; 14] = [
    "/", "//", "", "/customers/", "/customers//", "/customers/../orders", "/customers/%2e%2e", "/customer%73", "/customers/%2F", "/orders/%zz", "/nowhere",
    "/orders?type=extension", "/stores/config?x", "/customers/me",
];

/// The type of a registration, as a query tells it.
const QUERIES: [&str; 7] =
    ["", "", "?type=extension", "?type=application", "?x=1&type=extension", "?type=extension&type=extension", "?type=other"];

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

/// Sub-modules of the back office, one of which there isn't; what stands before some gates comes more often.
const MODULES: [&str; 9] = [
    "Administration/Stores",
    "Administration/Stores",
    "Administration/Stores",
    "Administration/Users",
    "Campaign/Workflow",
    "Insights+/Reports",
    "Member Care/Customer PII",
    "Member Care/Customer Profile",
    "No/Module",
];
/// Entities, domains and what is neither.
const ENTITIES: [&str; 8] = ["gift", "item", "order", "points", "quote", "sales", "loyalty", "nothing"];
/// Scopes beside those of the catalogue.
const SCOPES: [&str; 10] = [
    "gift.gift_read",
    "gift.gift_manage",
    "gift.gift_readOwn",
    "gift.gift_manageOwn",
    "gift.gift_read_own",
    "gift.gift_manage_own",
    "sales.floor_own",
    "gift.wrap",
    "kiosk.print",
    "unheard.of",
];

fn one(chance: &mut Chance, scene: &Scene, catalogue: &Platform) -> Question {
    let mut question = Question { subject: subject(chance, scene), ..Question::default() };
    // What tills and stores are never permitted is asked now and then only.
    let person = question.subject.starts_with("user:") || question.subject.starts_with("application:");
    let dropped = if scene.dropped.is_empty() { None } else { Some(chance.pick(&scene.dropped)) };
    match chance.below(10) {
        _call if !person && !chance.one_in(12) => call(chance, scene, catalogue, &mut question),
        0 if dropped.is_some_and(|dropped| !dropped.starts_with("privilege")) => {
            question.action = chance.word(&["view", "create"]).to_owned();
            question.resource = dropped.cloned().unwrap_or_default();
        }
        0 | 1 => {
            question.action = chance.word(&["view", "create", "edit", "delete", "approval"]).to_owned();
            question.resource = format!("module:{}", chance.word(&MODULES));
        }
        2 | 3 => {
            question.action = "use".to_owned();
            let known = catalogue.scopes.iter().map(|scope| scope.id.as_str()).chain(SCOPES);
            // What controls and applications name may be held, and counts twice.
            let named = scene.document.access_controls.values().flat_map(|control| &control.scopes);
            let named = named.chain(scene.document.applications.values().flat_map(|application| &application.scopes)).map(|scope| scope.as_str());
            let near: Vec<&str> = known.chain(named.clone()).chain(named).collect();
            question.resource = format!("scope:{}", chance.pick(&near));
        }
        4 | 5 => {
            question.action = chance.word(&["view", "read", "create", "manage"]).to_owned();
            question.resource = format!("entity:{}", chance.word(&ENTITIES));
        }
        _call => call(chance, scene, catalogue, &mut question),
    }
    if chance.one_in(80) {
        question.org = Some("nobody".to_owned());
    }
    if !chance.one_in(3) {
        question.place = place(chance);
    }
    if chance.one_in(2) {
        question.instance = !question.resource.starts_with('/');
        let (kind, id) = question.subject.split_once(':').unwrap_or_default();
        let me = if kind == "user" && chance.one_in(2) { id.to_owned() } else { question.subject.clone() };
        let whom = [me.as_str(), me.as_str(), "ben", "user:cas", "application:widget", "widget"];
        question.created_by = (!chance.one_in(3)).then(|| chance.pick(&whom).to_string());
        question.assigned_to = chance.one_in(3).then(|| chance.pick(&whom).to_string());
    }
    question
}

fn subject(chance: &mut Chance, scene: &Scene) -> String {
    match chance.below(20) {
        0..=4 => till(chance, scene),
        5..=14 => match chance.below(20) {
            0 => "user:nobody".to_owned(),
            1 => "user:ann".to_owned(),
            _rest => format!("user:{}", chance.word(&USERS)),
        },
        _application => match chance.below(20) {
            0 => "application:nobody".to_owned(),
            _rest => format!("application:{}", chance.word(&APPLICATIONS)),
        },
    }
}

/// Where; spelt oddly now and then, and now and then nowhere.
fn place(chance: &mut Chance) -> Option<String> {
    Some(match chance.below(16) {
        0..=5 => format!("store:{}", chance.word(&STORES)),
        6 | 7 => format!("till:{}/{}", chance.word(&STORES), chance.word(&TILLS)),
        8..=10 => format!("zone:{}", chance.word(&ZONES)),
        11 | 12 => format!("concept:{}", chance.word(&CONCEPTS)),
        13 => "org".to_owned(),
        14 => chance.word(&["STORE:s1", "Zone:north", "ORG", "TILL:s2/t1"]).to_owned(),
        _odd => chance.word(&["nowhere", "zone:nowhere", "store:nowhere", "org:acme", "concept:", "till:s1/none", "Store:S1"]).to_owned(),
    })
}

fn till(chance: &mut Chance, scene: &Scene) -> String {
    let tills = scene.document.stores.iter().flat_map(|(code, store)| store.tills.keys().map(move |till| format!("{code}/{till}")));
    let tills: Vec<String> = tills.collect();
    match chance.below(24) {
        0 => "till:nowhere/t1".to_owned(),
        1 => "store:nowhere".to_owned(),
        2 => format!("till:{}/{}", chance.pick(&STORES), chance.pick(&TILLS)),
        3..=6 => format!("store:{}", chance.pick(&STORES)),
        _rest => format!("till:{}", chance.pick(&tills)),
    }
}

/// A call, of an endpoint that is there more often than not.
fn call(chance: &mut Chance, scene: &Scene, catalogue: &Platform, question: &mut Question) {
    let own: Vec<&str> = scene.document.endpoints.keys().map(|key| &**key).collect();
    let beneath: Vec<&str> = catalogue.endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
    let beneath_is_near = if question.subject.starts_with("application") { 2 } else { 6 };
    let key = if chance.one_in(beneath_is_near) { chance.pick(&beneath) } else { chance.pick(&own) };
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
    if template.starts_with("/admin/registrations") {
        question.resource += chance.word(&QUERIES);
        question.body_type = chance.one_in(3).then(|| chance.word(&["extension", "application", "other"]).to_owned());
    }
    if chance.one_in(12) {
        question.resource = format!("endpoint:{}", chance.pick(&ODD));
    }
}
