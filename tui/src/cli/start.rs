//! The way in from the binary: words, settings, a runtime; then the console, or one deed and its exit code.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use bailiwick_client::home::environment;
use bailiwick_client::profile::Profiles;
use bailiwick_client::{Client, Credential};
use bailiwick_rpc::token::Token;
use clap::{CommandFactory, Parser};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::api::CallFault;
use super::args::{Cli, Deed, Lint, Login, Verb};
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::login::{self, Place};
use super::out::Out;
use super::remote::Remote;
use super::{lint, proposals, run};
use super::settings::{self, Settings};
use crate::console;

/// How often the console asks every node how it is.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// Parses, runs, says what went wrong.
pub fn main() -> ExitCode {
    // Words that can't be parsed end here, with code 2; `--help` and `--version` with 0.
    let cli = Cli::parse();
    let (mut stdout, mut stderr) = (std::io::stdout().lock(), std::io::stderr());
    let bars = stderr.is_terminal();
    let mut out = Out { stdout: &mut stdout, stderr: &mut stderr, json: cli.common.json, bars };
    let ended = match &cli.verb {
        None => console_of(&cli),
        Some(Verb::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "bailiwick", &mut script);
            out.raw(&script).map(|()| Exit::Done)
        }
        // Looks through a file: no cluster is needed.
        Some(Verb::Deed(Deed::Lint(Lint { what: Some(verb) }))) => lint::file(verb, &mut out),
        Some(Verb::Deed(Deed::Login(args))) => login_of(&cli, args, &mut out),
        Some(verb) => one(&cli, verb, &mut out),
    };
    let exit = ended.unwrap_or_else(|trouble| told(&trouble, &mut out));
    match out.flush() {
        Ok(()) => exit.into(),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => exit.into(),
        Err(_) => Exit::Failed.into(),
    }
}

/// Says what went wrong, as far as anybody still listens.
pub(crate) fn told(trouble: &Trouble, out: &mut Out<'_>) -> Exit {
    let said = match trouble {
        Trouble::ReaderGone => Ok(()),
        Trouble::Usage(_) | Trouble::Local(_) | Trouble::Call(_) if out.json => {
            out.value(&json!({"outcome": "error", "code": trouble.code(), "message": trouble.to_string()}))
        }
        Trouble::Usage(_) | Trouble::Local(_) | Trouble::Call(_) => out.note(&format!("bailiwick: {trouble}")),
    };
    match said {
        Ok(()) | Err(_) => trouble.exit(),
    }
}

fn one(cli: &Cli, verb: &Verb, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let settings = settings::resolve(&cli.common, &environment)?;
    runtime(Builder::new_current_thread())?.block_on(async {
        let (org, read_only) = (settings.org.clone(), settings.read_only);
        let remote = Remote::new(connect(settings)?);
        let context = Context { api: &remote, common: &cli.common, org, read_only, jobs: None, terminal: terminal(), proposing: None };
        match verb {
            Verb::Deed(deed) => run::deed(&context, deed, out).await,
            Verb::Preview { deed } => run::preview(&context, deed, out).await,
            Verb::Propose(args) => proposals::propose(&context, args, out).await,
            Verb::Completions { .. } => Ok(Exit::Done),
        }
    })
}

/// The code is who calls: of flags, profile and `dev.json` only where the cluster is counts.
fn login_of(cli: &Cli, args: &Login, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let mut common = cli.common.clone();
    let profile = login::profile(args, &common);
    common.profile = common.profile.filter(|_| common.nodes.is_empty());
    let mut settings = settings::resolve(&common, &environment)?;
    let code = if args.code == "-" { std::io::read_to_string(std::io::stdin())? } else { args.code.clone() };
    let code = Token::parse(code.trim()).map_err(|error| Trouble::Usage(format!("the code: {error}")))?;
    settings.client.credential = Credential::Token(code);
    let config = Profiles::path(&environment).map_err(|error| Trouble::Local(error.to_string()))?;
    let place = Place { config, profile, nodes: settings.client.nodes.clone(), ca: settings.client.ca.clone(), org: settings.org.clone() };
    runtime(Builder::new_current_thread())?.block_on(async {
        let (org, read_only) = (settings.org.clone(), settings.read_only);
        let remote = Remote::new(connect(settings)?);
        let context = Context { api: &remote, common: &common, org, read_only, jobs: None, terminal: None, proposing: None };
        login::login(&context, args, &place, out).await
    })
}

/// Where somebody can read a question and type an answer.
fn terminal() -> Option<fn() -> std::io::Result<String>> {
    let there = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    there.then_some(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    })
}

fn console_of(cli: &Cli) -> Result<Exit, Trouble> {
    let mut settings = settings::resolve(&cli.common, &environment)?;
    settings.client.probe_every = Some(PROBE_EVERY);
    let options = console::ConsoleOptions {
        org: settings.org.clone(),
        environment: settings.environment.clone(),
        read_only: settings.read_only,
        theme: None,
        keys: Vec::new(),
    };
    runtime(Builder::new_multi_thread())?.block_on(async {
        let remote = console::remote::Remote::new(connect(settings)?);
        console::start(remote, options).await.map_err(|error| Trouble::Local(error.to_string()))?;
        Ok(Exit::Done)
    })
}

fn connect(settings: Settings) -> Result<Client, Trouble> {
    Client::connect(settings.client).map_err(|error| CallFault::from(error).into())
}

fn runtime(mut builder: Builder) -> Result<Runtime, Trouble> {
    builder.enable_all().build().map_err(|error| Trouble::Local(format!("no runtime: {error}")))
}
