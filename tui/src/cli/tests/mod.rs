//! The command line as a script sees it: words in; exit code, standard output and standard error out. Behind it is a
//! cluster in memory that keeps the real rules.

mod fake;
mod files;

mod deeds;
mod help;
mod imports;
mod insight;
mod members;
mod people;
mod proposing;
mod questions;
mod users;

use clap::Parser;
use serde_json::Value;

use self::fake::Fake;
use super::args::{Cli, Verb};
use super::context::Context;
use super::exit::Exit;
use super::out::Out;
use super::{proposals, run, start};

/// What a script sees.
#[derive(Debug)]
struct Seen {
    exit: Exit,
    stdout: String,
    stderr: String,
}

impl Seen {
    /// The one line of JSON.
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("one line of JSON")
    }

    /// A field of it, as text.
    #[track_caller]
    fn field(&self, name: &str) -> String {
        match self.json().get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => "absent".to_owned(),
        }
    }
}

/// Runs a command line against a cluster. Words are separated by blanks; `_` within one stands for a blank.
fn bailiwick(fake: &Fake, line: &str) -> Seen {
    words_of(fake, words(line), None)
}

/// The same, with words as a shell splits them.
fn shelled(fake: &Fake, line: &str) -> Seen {
    words_of(fake, help::shell(&format!("bailiwick {line}")), None)
}

/// The same on a terminal, where somebody types a line when asked.
fn bailiwick_typing(fake: &Fake, line: &str, typed: fn() -> std::io::Result<String>) -> Seen {
    words_of(fake, words(line), Some(typed))
}

fn words(line: &str) -> Vec<String> {
    let words = line.split_whitespace().map(|word| word.replace('_', " "));
    std::iter::once("bailiwick".to_owned()).chain(words).collect()
}

/// The same where waiting takes no time.
fn paused(fake: &Fake, line: &str) -> Seen {
    run_words(fake, words(line), None, true)
}

fn words_of(fake: &Fake, words: Vec<String>, terminal: Option<fn() -> std::io::Result<String>>) -> Seen {
    run_words(fake, words, terminal, false)
}

fn run_words(fake: &Fake, words: Vec<String>, terminal: Option<fn() -> std::io::Result<String>>, paused: bool) -> Seen {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.exit_code() == 2 { Exit::Usage } else { Exit::Done };
            return Seen { exit, stdout: String::new(), stderr: error.to_string() };
        }
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut out = Out { stdout: &mut stdout, stderr: &mut stderr, json: cli.common.json, bars: false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(paused).build().expect("a runtime");
    let org = cli.common.org.as_deref().map(|org| org.parse().expect("a code"));
    let context =
        Context { api: fake, common: &cli.common, org, read_only: cli.common.read_only, jobs: Some(fake.jobs.path().to_owned()), terminal, proposing: None };
    let ended = runtime.block_on(async {
        match &cli.verb {
            Some(Verb::Deed(deed)) => run::deed(&context, deed, &mut out).await,
            Some(Verb::Preview { deed }) => run::preview(&context, deed, &mut out).await,
            Some(Verb::Propose(args)) => proposals::propose(&context, args, &mut out).await,
            Some(Verb::Completions { .. }) | None => Ok(Exit::Done),
        }
    });
    let exit = ended.unwrap_or_else(|trouble| start::told(&trouble, &mut out));
    Seen { exit, stdout: String::from_utf8(stdout).expect("UTF-8"), stderr: String::from_utf8(stderr).expect("UTF-8") }
}
