//! The scripts of `tests/keys/`: what an operator does, key by key, in a real terminal over a real cluster.
//!
//! Each has the demo organisation to itself; `KEYS=default` runs the one of that name. Its lines, in order:
//! - `key KEYS` presses keys, apart by blanks; `repeat N KEYS` presses them N times; `type TEXT` types the rest of the line;
//! - `expect TEXT` waits until a line of the screen has it, `expect-not TEXT` until none has; blanks count once;
//! - `answer SUBJECT METHOD PATH REASON` asks every node, so that what a screen says is seen to be in force, or not yet.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use bailiwick_node::dev::demo;
use bailiwick_rpc::api::At;
use bailiwick_tests::harness::*;
use bailiwick_tests::tidy;
use tokio::runtime::Handle;

use crate::support::settings;

/// Columns and rows of the terminal.
const SIZE: (u16, u16) = (120, 40);

/// A line of a script that does something.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    Press(String, usize),
    Type(String),
    Expect(String),
    ExpectNot(String),
    Answer { subject: String, method: String, path: String, reason: String },
}

/// Reads a line; one that is blank or a comment does nothing.
fn step(line: &str) -> Result<Option<Step>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (word, rest) = line.split_once(' ').ok_or_else(|| format!("`{line}` says nothing"))?;
    let rest = rest.trim();
    Ok(Some(match word {
        "key" => Step::Press(rest.to_owned(), 1),
        "repeat" => {
            let (times, keys) = rest.split_once(' ').ok_or("write `repeat 10 space`")?;
            Step::Press(keys.to_owned(), times.parse().map_err(|_| format!("`{times}` is no number"))?)
        }
        "type" => Step::Type(rest.to_owned()),
        "expect" => Step::Expect(rest.to_owned()),
        "expect-not" => Step::ExpectNot(rest.to_owned()),
        "answer" => {
            let words: Vec<&str> = rest.split_whitespace().collect();
            let [subject, method, path, reason] = words[..] else { return Err("write `answer SUBJECT METHOD PATH REASON`".to_owned()) };
            let [subject, method, path, reason] = [subject, method, path, reason].map(str::to_owned);
            Step::Answer { subject, method, path, reason }
        }
        other => return Err(format!("`{other}` is no word of these scripts")),
    }))
}

/// All steps of a script, each with its line.
fn steps(text: &str) -> Result<Vec<(usize, &str, Step)>, String> {
    let lines = (1..).zip(text.lines());
    lines.filter_map(|(at, line)| step(line).map(|step| step.map(|step| (at, line, step))).map_err(|why| format!("line {at}: {why}")).transpose()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_script_is_done_by_keys_alone() {
    let only = std::env::var("KEYS").ok();
    let settings_shown = only.as_ref().map(|name| format!("KEYS={name}")).unwrap_or_default();
    let story = Story::begin_with("keys::every_script_is_done_by_keys_alone", settings_shown);
    let mut scripts: Vec<PathBuf> = std::fs::read_dir(tidy::root().join("tests/keys"))
        .expect("the folder of scripts")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| only.as_ref().is_none_or(|name| path.file_stem().is_some_and(|stem| *stem == **name)))
        .collect();
    scripts.sort();
    assert!(!scripts.is_empty() && (only.is_some() || scripts.len() >= 6), "scripts: {scripts:?}");
    let cluster = Cluster::start(settings()).await;
    let mut failed = Vec::new();
    for script in &scripts {
        let name = script.file_stem().and_then(|name| name.to_str()).expect("a name of ASCII");
        story.phase(name);
        let org = format!("keys-{}", name.replace('_', "-"));
        for command in demo::commands(&code(&org)).unwrap_or_else(|why| panic!("the demo: {why}")) {
            cluster.node(1).caller.change(&command).await;
        }
        cluster.equal().await;
        // A script is synchronous; its calls block this thread, and the runtime's others carry them. One that fails has
        // said so, and doesn't keep the others from being tried.
        let run = || tokio::task::block_in_place(|| run(&cluster, &org, script));
        if catch_unwind(AssertUnwindSafe(run)).is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "these scripts failed: {failed:?}");
    println!("keys: {} scripts", scripts.len());
}

fn run(cluster: &Cluster, org: &str, script: &Path) {
    let text = std::fs::read_to_string(script).expect("a script that can be read");
    let steps = steps(&text).unwrap_or_else(|why| panic!("`{}`: {why}", script.display()));
    assert!(steps.iter().any(|(.., step)| matches!(step, Step::Answer { .. })), "`{}` asks nothing", script.display());
    let console = cluster.cli(org).console(SIZE);
    console.expect("Harbour & Field");
    for (at, line, step) in steps {
        let done = catch_unwind(AssertUnwindSafe(|| perform(cluster, org, &console, &step)));
        if let Err(panic) = done {
            eprintln!("{}:{at}: {line}", script.display());
            resume_unwind(panic);
        }
    }
}

fn perform(cluster: &Cluster, org: &str, console: &Terminal, step: &Step) {
    match step {
        Step::Press(keys, times) => (0..*times).for_each(|_| console.press(keys)),
        Step::Type(text) => console.type_text(text),
        Step::Expect(text) => console.expect(text),
        Step::ExpectNot(text) => console.expect_gone(text),
        Step::Answer { subject, method, path, reason } => {
            for node in cluster.nodes() {
                let asked = node.caller.check(check_of(org, subject, method, path, At::Linearizable));
                let reply = Handle::current().block_on(asked).unwrap_or_else(|why| panic!("node {}: {why}", node.id));
                assert_eq!(reply.reason, *reason, "on node {}", node.id);
            }
        }
    }
}

#[test]
fn a_line_that_means_nothing_is_named() {
    assert_eq!(step("# a comment").and_then(|_| step("")), Ok(None));
    assert_eq!(step("key 2 enter"), Ok(Some(Step::Press("2 enter".to_owned(), 1))));
    assert_eq!(step("repeat 10 space"), Ok(Some(Step::Press("space".to_owned(), 10))));
    assert_eq!(steps("key 2\npress 3\n"), Err("line 2: `press` is no word of these scripts".to_owned()));
    assert!(step("answer till:a/b GET").is_err() && step("repeat many space").is_err() && step("key").is_err());
}
