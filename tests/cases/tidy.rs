//! What the repository promises about itself.

use std::collections::BTreeSet;
use std::process::Command;

use bailiwick_tests::harness::Story;
use bailiwick_tests::tidy::*;

#[test]
fn crates_use_only_what_the_table_allows() {
    let _story = Story::begin("tidy::crates_use_only_what_the_table_allows");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let run = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let metadata = serde_json::from_slice(&run.stdout).expect("JSON");
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let (edges, table) = (edges(&metadata), table(&architecture));
    assert!(edges.len() >= 7 && table.len() >= 7, "crates {:?}, table {:?}", edges.keys(), table.keys());
    let faults = edge_faults(&edges, &table);
    assert!(faults.is_empty(), "ARCHITECTURE.md has the table of edges:\n{}", faults.join("\n"));
}

/// Names that the policy may not have: no runtime, disk, network, clock or source of chance.
const IMPURE: [&str; 12] =
    ["tokio", "openraft", "rocksdb", "tarpc", "std::fs", "std::net", "std::time", "std::env", "std::thread", "SystemTime", "Instant", "rand"];

#[test]
fn the_policy_is_pure() {
    let _story = Story::begin("tidy::the_policy_is_pure");
    let mut faults = Vec::new();
    let mut read = 0;
    for (path, text) in files().into_iter().filter(|(path, _)| path.starts_with("crates/policy/src/") && path.ends_with(".rs")) {
        read += 1;
        for (number, line) in code_lines(&text) {
            faults.extend(IMPURE.iter().filter(|name| has_word(line, name)).map(|name| format!("{path}:{number}: `{name}`")));
        }
    }
    assert!(read > 10, "only {read} sources of the policy were found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nothing_is_left_for_later_in_silence() {
    let _story = Story::begin("tidy::nothing_is_left_for_later_in_silence");
    // Put together here, so that this file doesn't have them.
    let unwanted = [concat!("#[ig", "nore"), concat!("to", "do!("), concat!("unimpl", "emented!(")];
    let mut faults = Vec::new();
    for (path, text) in files().into_iter().filter(|(path, _)| path.ends_with(".rs")) {
        for (number, line) in code_lines(&text) {
            faults.extend(unwanted.iter().filter(|word| line.contains(*word)).map(|word| format!("{path}:{number}: `{word}`")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_place_of_one_machine_is_named() {
    let _story = Story::begin("tidy::no_place_of_one_machine_is_named");
    let folders = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("..", "/shared/")];
    let mut hosts = vec![concat!("crates", ".io").to_owned(), concat!("docker", ".io").to_owned(), concat!("pypi", ".org").to_owned()];
    hosts.extend(configured_hosts());
    let mut faults = Vec::new();
    for (path, text) in files().into_iter().filter(|(path, _)| path != "Cargo.lock") {
        for (number, line) in (1..).zip(text.lines()) {
            let folders = folders.iter().copied().filter(|folder| line.contains(folder));
            let hosts = hosts.iter().map(String::as_str).filter(|host| line.contains(host));
            faults.extend(folders.chain(hosts).map(|word| format!("{path}:{number}: `{word}`")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Hosts of registries that cargo is told of on this machine.
fn configured_hosts() -> Vec<String> {
    std::env::vars()
        .filter(|(key, _)| key.starts_with("CARGO_REGISTR") || key.starts_with("CARGO_SOURCE"))
        .filter_map(|(_, value)| Some(value.split_once("://")?.1.split(['/', ':']).next()?.to_owned()))
        .filter(|host| host.contains('.'))
        .collect()
}

#[test]
fn rules_named_in_tests_exist_and_rules_that_are_built_are_tested() {
    let _story = Story::begin("tidy::rules_named_in_tests_exist_and_rules_that_are_built_are_tested");
    let files = files();
    let text = &files.iter().find(|(path, _)| path == "docs/RULES.md").expect("docs/RULES.md").1;
    let rules = rules(text);
    assert!(rules.len() > 80, "only {} rules were found", rules.len());
    let (mut unknown, mut tested) = (Vec::new(), BTreeSet::new());
    for (path, text) in &files {
        let is_script = path.starts_with("tests/scenarios/");
        if !is_script && !path.ends_with(".rs") {
            continue;
        }
        unknown.extend(rule_ids(text).into_iter().filter(|id| !rules.contains_key(id)).map(|id| format!("{path}: {id}")));
        let is_test = is_script || path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs");
        let tests = if is_test { text.as_str() } else { text.split_once("#[cfg(test)]").map_or("", |(_, tests)| tests) };
        tested.extend(rule_ids(tests));
    }
    // What this package says about finding such names is no rule.
    unknown.retain(|line| !line.starts_with("tests/src/tidy.rs"));
    assert!(unknown.is_empty(), "docs/RULES.md doesn't have these:\n{}", unknown.join("\n"));
    let untested: Vec<&String> = rules.iter().filter(|(id, built)| **built && !tested.contains(*id)).map(|(id, _)| id).collect();
    assert!(untested.is_empty(), "these are built, and no test names them: {untested:?}");
}
