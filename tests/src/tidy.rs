//! What the repository promises about itself, as pure functions over its files; `cases/tidy.rs` runs them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// What all crates of ours are named with.
const PREFIX: &str = "bailiwick-";

/// A crate's edges to others of ours, short names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edges {
    /// What it is built from.
    pub normal: BTreeSet<String>,
    /// What only its tests use.
    pub dev: BTreeSet<String>,
}

/// Which crates a crate may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Allowed {
    /// Every one.
    All,
    /// These.
    Only(BTreeSet<String>),
}

/// The root of the repository.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

/// Every text file of the repository, by its path from the root.
pub fn files() -> Vec<(String, String)> {
    let (root, mut found) = (root(), Vec::new());
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder that can be read").map(|e| e.expect("an entry")) {
            let (path, name) = (entry.path(), entry.file_name());
            let kind = entry.file_type().expect("a kind of file");
            // In a second work tree `.git` is a file that names the first.
            if name == ".git" || name == "target" {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file()
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                let short = path.strip_prefix(&root).expect("below the root").display().to_string();
                found.push((short, text));
            }
        }
    }
    found.sort();
    found
}

/// The edges between crates of ours, from `cargo metadata`.
pub fn edges(metadata: &Value) -> BTreeMap<String, Edges> {
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .filter_map(|package| {
            let name = package["name"].as_str()?.strip_prefix(PREFIX)?.to_owned();
            let mut edges = Edges::default();
            for dependency in package["dependencies"].as_array()? {
                if let Some(used) = dependency["name"].as_str().and_then(|n| n.strip_prefix(PREFIX)) {
                    // A build script's edge binds as a normal one does.
                    let set = if dependency["kind"] == "dev" { &mut edges.dev } else { &mut edges.normal };
                    set.insert(used.to_owned());
                }
            }
            Some((name, edges))
        })
        .collect()
}

/// The table of ARCHITECTURE.md: crate, and what it may use.
pub fn table(architecture: &str) -> BTreeMap<String, Allowed> {
    architecture
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
            let name = cells.next()?.trim_end_matches('`').strip_prefix(PREFIX)?.to_owned();
            let allowed = match cells.next()? {
                "all" => Allowed::All,
                "–" => Allowed::Only(BTreeSet::new()),
                some => Allowed::Only(some.split(',').map(|word| word.trim().to_owned()).collect()),
            };
            Some((name, allowed))
        })
        .collect()
}

/// Where edges and table differ. Tests may not add an edge that the crate itself doesn't have.
pub fn edge_faults(edges: &BTreeMap<String, Edges>, table: &BTreeMap<String, Allowed>) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, edges) in edges {
        let Some(allowed) = table.get(name) else {
            faults.push(format!("`{name}` is not in the table of ARCHITECTURE.md"));
            continue;
        };
        let Allowed::Only(allowed) = allowed else { continue };
        faults.extend(edges.normal.difference(allowed).map(|used| format!("`{name}` uses `{used}`, and may not")));
        faults.extend(allowed.difference(&edges.normal).map(|used| format!("`{name}` may use `{used}`, and doesn't: mend the table")));
        // Its own tests may name the crate itself.
        let dev = edges.dev.iter().filter(|used| *used != name && !allowed.contains(*used));
        faults.extend(dev.map(|used| format!("tests of `{name}` use `{used}`, and may not")));
    }
    faults.extend(table.keys().filter(|name| !edges.contains_key(*name)).map(|name| format!("there is no crate `{name}`")));
    faults
}

/// Lines of Rust without their comments, with their numbers.
pub fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).map(|(number, line)| (number, line.split("//").next().unwrap_or_default()))
}

/// Whether a line has the word, with nothing before or after that would make it part of another.
pub fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// Identifiers of rules in a text, however written: `AG-19`, or `ag_19` in a test's name.
pub fn rule_ids(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for family in ["AG", "AC", "UM", "APP"] {
        for (lead, joint) in [(family.to_owned(), '-'), (family.to_ascii_lowercase(), '_')] {
            for (at, _) in text.match_indices(&format!("{lead}{joint}")) {
                let before = text[..at].chars().next_back();
                // A test's name may hold several: `ag_16_ag_17_…`.
                let inside = before.is_some_and(|c| c.is_ascii_alphanumeric() || (c == '_' && joint == '-'));
                let digits: String = text[at + lead.len() + 1..].chars().take_while(char::is_ascii_digit).collect();
                if !inside && !digits.is_empty() {
                    found.insert(format!("{family}-{digits}"));
                }
            }
        }
    }
    found
}

/// The rules that docs/RULES.md defines.
pub fn rules(text: &str) -> BTreeSet<String> {
    let ids = text.lines().filter_map(|line| line.strip_prefix("- ")?.split([' ', ':']).next());
    ids.filter(|id| rule_ids(id).contains(*id)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_edge_is_named() {
        let table = table("| `bailiwick-policy` | – | x |\n| `bailiwick-rpc` | policy | x |\n| `bailiwick-tests` | all | x |\n");
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
        let edges = |policy: &[&str], policy_dev: &[&str]| {
            BTreeMap::from([
                ("policy".to_owned(), Edges { normal: set(policy), dev: set(policy_dev) }),
                ("rpc".to_owned(), Edges { normal: set(&["policy"]), dev: BTreeSet::new() }),
                ("tests".to_owned(), Edges { normal: set(&["policy", "rpc"]), dev: BTreeSet::new() }),
            ])
        };
        assert_eq!(edge_faults(&edges(&[], &[]), &table), [""; 0]);
        assert_eq!(edge_faults(&edges(&["rpc"], &[]), &table), ["`policy` uses `rpc`, and may not"]);
        assert_eq!(edge_faults(&edges(&[], &["rpc"]), &table), ["tests of `policy` use `rpc`, and may not"]);
    }

    #[test]
    fn rule_ids_are_found_however_written() {
        let found = rule_ids("fn ag_16_ag_17_groups() {} // AG-19, not FLAG-3 nor drag_9; UM-6.");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["AG-16", "AG-17", "AG-19", "UM-6"]);
    }

    #[test]
    fn words_stand_alone() {
        assert!(has_word("use tokio::time;", "tokio") && has_word("rand::random()", "rand"));
        assert!(!has_word("let operand = 1; strand", "rand"));
    }
}
