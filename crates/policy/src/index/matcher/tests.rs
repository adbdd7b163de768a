//! The automaton and the trie find what a look at every template finds.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::automaton::{Budget, build};
use super::*;
use crate::path::canonical_segments;

/// Nothing may be determined: the trie is kept.
const TRIE: Budget = Budget { states_per_node: 0, states_free: 0 };

const WORDS: [&str; 8] = ["a", "b", "customers", "aaaaaaaa", "aaaaaaaab", "aaaaaaaac", "12345678901234567", "%2F"];

#[derive(Clone, Debug)]
struct Row {
    method: &'static str,
    template: String,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let segment = prop_oneof![select(&WORDS[..]), Just("{}")];
    let template = vec(segment, 0..5).prop_map(|segments| format!("/{}", segments.join("/")));
    let method = select(&["GET", "POST", "HEAD", "PURGE", "BREW"][..]);
    vec((method, template).prop_map(|(method, template)| Row { method, template }), 0..40).prop_map(|mut rows| {
        rows.sort_by(|left, right| (left.method, &left.template).cmp(&(right.method, &right.template)));
        rows.dedup_by(|left, right| (left.method, &left.template) == (right.method, &right.template));
        rows
    })
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![8 => select(&WORDS[..7]), 1 => select(&["other", "%61", "%252F", "", "..", "a?", "%2f"][..])];
    vec(segment, 0..6).prop_map(|segments| format!("/{}", segments.join("/")))
}

/// A target whose cell says which row it is.
fn target(at: usize) -> Target {
    Target { cell: u32::try_from(at + 1).ok().and_then(NonZeroU32::new), needed: Levels::R, route: 0 }
}

fn sources(rows: &[Row]) -> impl Iterator<Item = Source<'_>> {
    rows.iter().enumerate().map(|(at, row)| Source { method: row.method, template: &row.template, target: target(at) })
}

/// What the rules say, from every row.
fn expected(rows: &[Row], method: &str, path: &str) -> Match {
    let Some(request) = RequestPath::parse(path) else { return Match::Malformed };
    let winner = |method: &str| {
        let of_method = rows.iter().enumerate().filter(|(_, row)| row.method == method);
        let matching = of_method.filter_map(|(at, row)| {
            let template: Vec<_> = canonical_segments(&row.template).collect();
            let given: Vec<_> = request.segments().collect();
            let fits = template.len() == given.len()
                && template.iter().zip(&given).all(|(wanted, given)| wanted.is_none_or(|literal| given.is(literal)));
            fits.then(|| (template.iter().map(Option::is_none).collect::<Vec<_>>(), at))
        });
        matching.min().map(|(_, at)| target(at))
    };
    let found = winner(method).or_else(|| if method == "HEAD" { winner("GET") } else { None });
    found.map_or(Match::Unknown, Match::Endpoint)
}

proptest! {
    #[test]
    fn ag_4_the_automaton_finds_what_the_rules_say(rows in rows(), paths in vec(path(), 1..20)) {
        let automaton = Matcher::new(sources(&rows));
        let trie = build(sources(&rows), TRIE);
        for path in &paths {
            for method in ["GET", "POST", "HEAD", "OPTIONS", "PURGE", "BREW"] {
                let expected = expected(&rows, method, path);
                prop_assert_eq!(automaton.find(method, path), expected, "{} {}", method, path);
                prop_assert_eq!(trie.find(method, path), expected, "trie: {} {}", method, path);
            }
        }
    }

    /// A third opinion, for the plain paths and the templates that matchit takes.
    #[test]
    fn the_automaton_agrees_with_matchit(rows in rows(), paths in vec(path(), 1..20)) {
        let plain: Vec<Row> = rows.into_iter().filter(|row| row.method == "GET" && row.template != "/").collect();
        let mut router = matchit::Router::new();
        let mut known = Vec::new();
        for row in &plain {
            // The router refuses parameters of the same place under two names, so a place gives the name.
            let named: Vec<String> = canonical_segments(&row.template)
                .enumerate()
                .map(|(at, segment)| segment.map_or_else(|| format!("{{p{at}}}"), str::to_owned))
                .collect();
            if router.insert(format!("/{}", named.join("/")), known.len()).is_ok() {
                known.push(row.clone());
            }
        }
        let automaton = Matcher::new(sources(&known));
        for path in paths.iter().filter(|path| RequestPath::parse(path).is_some() && !path.contains(['%', '?'])) {
            // One slash at the end means nothing here, and something there.
            let there = router.at(path.strip_suffix('/').unwrap_or(path)).ok().map(|found| target(*found.value));
            prop_assert_eq!(automaton.find("GET", path), there.map_or(Match::Unknown, Match::Endpoint), "{}", path);
        }
    }

    #[test]
    fn any_text_is_a_path_or_malformed(text in "\\PC{0,40}", bytes in "[/.%a0-2?\0é]{0,24}") {
        let rows = [Row { method: "GET", template: "/{}".to_owned() }, Row { method: "GET", template: "/a/{}".to_owned() }];
        let automaton = Matcher::new(sources(&rows));
        let trie = build(sources(&rows), TRIE);
        for path in [&text, &bytes, &format!("/{text}"), &format!("/{bytes}")] {
            let expected = expected(&rows, "GET", path);
            prop_assert_eq!(automaton.find("GET", path), expected, "{:?}", path);
            prop_assert_eq!(trie.find("GET", path), expected, "trie: {:?}", path);
        }
    }
}

#[test]
fn a_catalogue_made_to_explode_keeps_the_trie() {
    // A literal at one place each: determined, every subset of the places would be a state of its own.
    let rows: Vec<Row> = (0..24)
        .map(|at| {
            let segments: Vec<&str> = (0..24).map(|place| if place == at { "a" } else { "{}" }).collect();
            Row { method: "GET", template: format!("/{}", segments.join("/")) }
        })
        .collect();
    let matcher = Matcher::new(sources(&rows));
    assert!(!matcher.determined);
    let path = |literal: usize| {
        let segments: Vec<&str> = (0..24).map(|place| if place == literal { "a" } else { "b" }).collect();
        format!("/{}", segments.join("/"))
    };
    for at in 0..24 {
        assert_eq!(matcher.find("GET", &path(at)), Match::Endpoint(target(at)));
        assert_eq!(matcher.find("HEAD", &path(at)), Match::Endpoint(target(at)));
    }
    assert_eq!(matcher.find("GET", &path(24)), Match::Unknown);
    assert_eq!(matcher.find("POST", &path(0)), Match::Unknown);
    // All literals: the leftmost wins.
    assert_eq!(matcher.find("GET", &"/a".repeat(24)), Match::Endpoint(target(0)));
}

#[test]
fn literals_hide_no_parameter_behind_them() {
    // `/a/x` must come out of `/a/…` again, to the parameter.
    let rows: Vec<Row> = ["/a/b", "/{}/c", "/{}/{}"]
        .into_iter()
        .map(|template| Row { method: "GET", template: template.to_owned() })
        .collect();
    for matcher in [Matcher::new(sources(&rows)), build(sources(&rows), TRIE)] {
        assert_eq!(matcher.find("GET", "/a/b"), Match::Endpoint(target(0)));
        assert_eq!(matcher.find("GET", "/a/c"), Match::Endpoint(target(1)));
        assert_eq!(matcher.find("GET", "/a/d"), Match::Endpoint(target(2)));
    }
}

#[test]
fn limits_of_a_path() {
    let rows = [Row { method: "GET", template: "/{}".repeat(PATH_SEGMENTS_MAX) }, Row { method: "GET", template: "/{}".to_owned() }];
    for matcher in [Matcher::new(sources(&rows)), build(sources(&rows), TRIE)] {
        assert_eq!(matcher.find("GET", &"/a".repeat(PATH_SEGMENTS_MAX)), Match::Endpoint(target(0)));
        assert_eq!(matcher.find("GET", &"/a".repeat(PATH_SEGMENTS_MAX + 1)), Match::Malformed);
        assert_eq!(matcher.find("GET", &format!("/{}", "a".repeat(PATH_BYTES_MAX - 1))), Match::Endpoint(target(1)));
        assert_eq!(matcher.find("GET", &format!("/{}", "a".repeat(PATH_BYTES_MAX))), Match::Malformed);
        assert_eq!(matcher.find("GET", &format!("/{}", "%61".repeat(1_365))), Match::Endpoint(target(1)));
    }
}
