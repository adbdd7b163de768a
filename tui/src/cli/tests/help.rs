//! What `--help` says, word for word, and that every subcommand has an example.

use clap::{Command, CommandFactory};

use crate::cli::args::Cli;

#[test]
fn the_help_of_the_top_level() {
    let help = Cli::command().term_width(100).render_help().to_string();
    insta::assert_snapshot!("help", help);
}

#[test]
fn words_are_consistent() {
    Cli::command().debug_assert();
}

/// A path such as `zone create` to each command that has none below it.
fn leaves(command: &Command, path: &str, found: &mut Vec<(String, String)>) {
    let mut below = command.get_subcommands().peekable();
    if below.peek().is_none() {
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        found.push((path.to_owned(), after));
    }
    for sub in below {
        leaves(sub, &format!("{path} {}", sub.get_name()), found);
    }
}

#[test]
fn every_subcommand_has_an_example_that_is_its_own() {
    let mut found = Vec::new();
    leaves(&Cli::command(), "bailiwick", &mut found);
    assert!(found.len() > 120, "{}", found.len());
    for (path, after) in &found {
        let words = path.strip_prefix("bailiwick ").unwrap_or_default();
        let words = words.strip_prefix("preview ").or_else(|| words.strip_prefix("propose ")).unwrap_or(words);
        // Zones and concepts share their words, and their examples name zones.
        let shared = words.replacen("concept", "zone", 1);
        assert!(after.contains(words) || after.contains(&shared), "{path}: {after}");
    }
}

#[test]
fn every_example_is_words_that_parse() {
    let mut found = Vec::new();
    leaves(&Cli::command(), "bailiwick", &mut found);
    for (path, after) in &found {
        for line in after.lines().map(str::trim).filter(|line| line.starts_with("bailiwick ")) {
            let line = line.split(" > ").next().unwrap_or(line);
            let parsed = <Cli as clap::Parser>::try_parse_from(shell(line));
            assert!(parsed.is_ok(), "{path}: {line}: {}", parsed.err().map(|e| e.to_string()).unwrap_or_default());
        }
    }
}

/// Words as a shell would split them, with single quotes.
pub fn shell(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut any) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                any = true;
            }
            ' ' if !quoted => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            c => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        words.push(word);
    }
    words
}
