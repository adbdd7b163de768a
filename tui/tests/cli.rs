//! The binary itself, without a cluster: what it says and how it ends before anything is asked of anybody.

use std::process::{Command, Output};

/// Runs the binary in a home without settings.
fn bailiwick(words: &[&str]) -> Output {
    let home = std::env::temp_dir().join("bailiwick-cli-no-such-home");
    Command::new(env!("CARGO_BIN_EXE_bailiwick"))
        .args(words)
        .env_clear()
        .env("HOME", home)
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn it_ends_with_the_code_that_the_words_deserve() {
    let table: [(&[&str], i32, &str); 7] = [
        (&["--help"], 0, ""),
        (&["--version"], 0, ""),
        (&["frobnicate"], 2, "unrecognized subcommand"),
        (&["check", "--subject", "till:a/b"], 2, "--resource"),
        (&["whoami"], 2, "no cluster is named: give --dev, --profile NAME, or --nodes and --ca"),
        (&["--dev", "whoami"], 1, "bailiwick-node dev"),
        (&["--profile", "north", "whoami"], 1, "no profile `north`"),
    ];
    for (words, code, said) in table {
        let output = bailiwick(words);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(said), "{words:?}: {}", text(&output.stderr));
    }
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let output = bailiwick(&["--json", "whoami"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    assert_eq!(value.get("code").and_then(|code| code.as_str()), Some("usage"));
    assert!(output.stderr.is_empty());
}

#[test]
fn the_console_wants_a_terminal() {
    let output = bailiwick(&["--nodes", "127.0.0.1:1", "--ca", "/nowhere/ca.pem"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
}

#[test]
fn completions_are_a_script_that_knows_the_subcommands() {
    for shell in ["bash", "zsh", "fish"] {
        let output = bailiwick(&["completions", shell]);
        let script = text(&output.stdout);
        assert!(output.status.success() && script.contains("allocate") && script.contains("access-group"), "{shell}");
    }
}
