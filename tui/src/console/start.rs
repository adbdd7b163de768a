//! The way in from the binary: takes the terminal, runs the loop, gives the terminal back, and says what is still
//! open.

use std::fmt;
use std::io::IsTerminal;
use std::sync::Arc;

use bailiwick_policy::ids::OrgCode;
use crossterm::event::{Event, EventStream};
use futures::{Stream, StreamExt};
use tokio::signal::unix::{SignalKind, signal};

use super::api::Api;
use super::keys::Keymap;
use super::model::Model;
use super::runtime::{DrawError, Signal, run};
use super::stage::Phase;
use super::terminal::{Machine, Taken, restore_on_panic, screen};
use super::theme::{Theme, ThemeName};

/// How long the console has to end in order once its terminal is gone.
const HANGUP_GRACE: std::time::Duration = std::time::Duration::from_secs(1);

/// What a console is started with.
#[derive(Clone, Debug)]
pub struct ConsoleOptions {
    /// The org to look at; none is the caller's own, or the first there is.
    pub org: Option<OrgCode>,
    /// The environment, as a word: `dev`, `staging`, `prod`.
    pub environment: String,
    /// Nothing may be changed.
    pub read_only: bool,
    /// How it looks; none goes by the terminal (`NO_COLOR`, `COLORTERM`, `TERM`).
    pub theme: Option<ThemeName>,
    /// Keys of a profile: name of an action, keys apart by blanks.
    pub keys: Vec<(String, String)>,
}

/// Why there is no console.
#[derive(Clone, Debug)]
pub enum ConsoleError {
    /// There is no terminal to draw on.
    NoTerminal,
    /// The terminal can't be taken or drawn on.
    Terminal(String),
    /// The keys of the profile can't be read.
    Keys(String),
}

impl fmt::Display for ConsoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTerminal => f.write_str("the console needs a terminal: run it in one, or use a subcommand (`bailiwick --help`)"),
            Self::Terminal(error) => write!(f, "the terminal can't be used: {error}"),
            Self::Keys(error) => write!(f, "in the profile's keys: {error}"),
        }
    }
}

impl std::error::Error for ConsoleError {}

impl From<DrawError> for ConsoleError {
    fn from(error: DrawError) -> Self {
        Self::Terminal(error.0)
    }
}

impl From<std::io::Error> for ConsoleError {
    fn from(error: std::io::Error) -> Self {
        Self::Terminal(error.to_string())
    }
}

/// Runs the console until the operator quits.
pub async fn start<A: Api>(api: A, options: ConsoleOptions) -> Result<(), ConsoleError> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(ConsoleError::NoTerminal);
    }
    let keymap = Keymap::remapped(&options.keys).map_err(ConsoleError::Keys)?;
    let theme = Theme::new(options.theme.unwrap_or_else(theme_of_terminal));
    // crossterm drops reverse video and bold along with colours under NO_COLOR. Our monochrome theme has no colours.
    crossterm::style::force_color_output(true);
    let mut model = Model::new(options.org, &options.environment, options.read_only, theme, keymap);
    restore_on_panic();
    let taken = Taken::take()?;
    let mut screen = screen()?;
    let gone = tokio::spawn(end_without_terminal()?);
    let ended = run(&mut screen, keys(), signals()?, Arc::new(api), &mut Machine::default(), &mut model).await;
    gone.abort();
    drop(taken);
    tell_open(&model);
    Ok(ended?)
}

/// Ends the process when its terminal is gone. crossterm's reader never returns from a terminal that was hung up (it
/// reads nothing, again and again), so the loop, which shares its thread, can't be told any more.
fn end_without_terminal() -> std::io::Result<impl Future<Output = ()>> {
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        if hangup.recv().await.is_some() {
            // Time for the loop to end by itself, if it still can.
            tokio::time::sleep(HANGUP_GRACE).await;
            std::process::exit(129);
        }
    })
}

/// Keys, until the terminal has no more of them.
fn keys() -> impl Stream<Item = Event> {
    EventStream::new().take_while(|event| futures::future::ready(event.is_ok())).filter_map(|event| futures::future::ready(event.ok()))
}

fn signals() -> std::io::Result<impl Stream<Item = Signal>> {
    let of = |kind: SignalKind, what: Signal| {
        signal(kind).map(|signal| {
            futures::stream::unfold(signal, move |mut signal| async move { signal.recv().await.map(|()| (what, signal)) }).boxed()
        })
    };
    Ok(futures::stream::select_all([
        of(SignalKind::terminate(), Signal::Terminate)?,
        of(SignalKind::hangup(), Signal::Terminate)?,
        of(SignalKind::interrupt(), Signal::Terminate)?,
        of(SignalKind::from_raw(libc::SIGTSTP), Signal::Suspend)?,
    ]))
}

fn theme_of_terminal() -> ThemeName {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        ThemeName::Monochrome
    } else if matches!(set("COLORTERM").as_deref(), Some("truecolor" | "24bit")) {
        ThemeName::Default
    } else {
        ThemeName::Sixteen
    }
}

/// Changes whose outcome isn't known are named, so that it can be asked for.
fn tell_open(model: &Model) {
    for staged in &model.stage.edits {
        if let Phase::Unknown { id, .. } | Phase::Sending { id: Some(id), .. } = &staged.phase {
            eprintln!("bailiwick: outcome unknown of request {id}: {}", staged.edit.title());
        }
    }
}
