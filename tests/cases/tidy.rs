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
    // A lock file names the registry of whoever wrote it; that of the peers is another.
    for (path, text) in files().into_iter().filter(|(path, _)| !path.ends_with("Cargo.lock")) {
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
fn rules_named_anywhere_exist() {
    let _story = Story::begin("tidy::rules_named_anywhere_exist");
    let files = files();
    let text = &files.iter().find(|(path, _)| path == "docs/RULES.md").expect("docs/RULES.md").1;
    let rules = rules(text);
    assert!(rules.len() > 80, "only {} rules were found", rules.len());
    let scripts = ["tests/scenarios/", "tests/keys/"];
    let mut unknown = Vec::new();
    for (path, text) in &files {
        // What this package says about finding such names is no rule.
        let named = path.ends_with(".rs") && path != "tests/src/tidy.rs" || scripts.iter().any(|folder| path.starts_with(folder));
        if named {
            unknown.extend(rule_ids(text).into_iter().filter(|id| !rules.contains(id)).map(|id| format!("{path}: {id}")));
        }
    }
    assert!(unknown.is_empty(), "docs/RULES.md doesn't have these:\n{}", unknown.join("\n"));
}

/// Runs `scripts/rules` over this text; returns whether it is content, and what it prints and says.
fn rules_script(text: &str, args: &[&str]) -> (bool, String, String) {
    let copy = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(copy.path(), text).expect("written");
    let ran = Command::new(root().join("scripts/rules")).arg("--rules").arg(copy.path()).args(args).output().expect("bash runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (ran.status.success(), text(ran.stdout), text(ran.stderr))
}

#[test]
fn every_rule_that_is_built_has_a_test_and_one_without_is_found() {
    let _story = Story::begin("tidy::every_rule_that_is_built_has_a_test_and_one_without_is_found");
    let text = std::fs::read_to_string(root().join("docs/RULES.md")).expect("docs/RULES.md");
    let (content, listed, said) = rules_script(&text, &[]);
    assert!(content, "{said}");
    let rules_listed: BTreeSet<String> = listed.lines().filter(|line| !line.starts_with(' ')).flat_map(rule_ids).collect();
    assert_eq!(rules_listed, rules(&text), "it lists each rule, and nothing else");
    // Each line that is said to name a rule has a test, or is in a script.
    let tests: Vec<&str> = listed.lines().filter(|line| line.starts_with(' ')).collect();
    assert!(tests.len() > 50, "{listed}");
    for line in &tests {
        let (place, name) = line.trim().split_once("  ").unwrap_or_else(|| panic!("no place and name: {line}"));
        let (file, number) = place.split_once(':').expect("FILE:LINE");
        let source = std::fs::read_to_string(root().join(file)).unwrap_or_else(|why| panic!("{file}: {why}"));
        let at = source.lines().nth(number.parse::<usize>().expect("a number") - 1).unwrap_or_default();
        assert!(name == "script" || at.contains(&format!("fn {name}(")), "{line}: {at}");
    }

    // Rules that nobody tests: one is promised, one is for later. Put together here, so that this file doesn't name them.
    let (promised, later) = (format!("AG-{}", 98), format!("AG-{}", 99));
    let copy = format!("{text}\n- {promised}: Kiosks sing.\n- {later} `(later)`: And dance.\n");
    let (content, _, said) = rules_script(&copy, &[]);
    assert!(!content && said.contains(&promised) && !said.contains(&later), "{said}");
    let (content, _, said) = rules_script(&copy, &["AG"]);
    assert!(!content && said.contains(&promised), "{said}");
    let (content, listed, said) = rules_script(&copy, &["UM"]);
    assert!(content && listed.lines().all(|line| line.starts_with("UM-") || line.starts_with(' ')), "{said}{listed}");
}
