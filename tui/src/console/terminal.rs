//! The terminal as a resource: taken, given back on every way out (an end, an error, a panic, Ctrl-Z), and what the
//! loop needs of the machine around it.

use std::io::{BufWriter, Stdout, Write, stdout};
use std::sync::Mutex;
use std::thread;

use base64::Engine;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use super::runtime::Host;

/// Bytes of a frame written at once.
const FRAME_BYTES: usize = 64 * 1024;
/// Bytes that terminals take as a clipboard text, about.
const CLIPBOARD_BYTES_MAX: usize = 70_000;

/// The real thing.
pub type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// Panics of other threads, to be told when the screen is gone: printing them would garble it.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A terminal that is ours until this goes.
pub struct Taken;

impl Taken {
    /// Takes it: raw, alternate screen, pasted texts in brackets.
    pub fn take() -> std::io::Result<Self> {
        grab()?;
        Ok(Self)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
        if let Ok(panics) = PANICS.lock() {
            for panic in panics.iter() {
                eprintln!("bailiwick: {panic}");
            }
        }
    }
}

/// A screen to draw on.
pub fn screen() -> std::io::Result<Screen> {
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, stdout())))
}

fn grab() -> std::io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

fn give_back() {
    // Whatever fails here, the rest is tried: there is nobody left to tell.
    let _left = execute!(stdout(), EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _cooked = disable_raw_mode();
}

/// A panic of the console's own thread gives the terminal back before it is told.
pub fn restore_on_panic() {
    let ours = thread::current().id();
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if thread::current().id() == ours {
            give_back();
            told(info);
        } else if let Ok(mut panics) = PANICS.lock() {
            panics.push(format!("a task failed: {info}"));
        }
    }));
}

/// The machine.
#[derive(Debug, Default)]
pub struct Machine {
    dumps: u32,
}

impl Host for Machine {
    fn copy(&mut self, text: &str) {
        if text.len() <= CLIPBOARD_BYTES_MAX {
            let encoded = base64::engine::general_purpose::STANDARD.encode(text);
            // OSC 52: the terminal puts it on the clipboard, over ssh too. One that can't, ignores it.
            let mut out = stdout();
            let _copied = write!(out, "\x1b]52;c;{encoded}\x07").and_then(|()| out.flush());
        }
    }

    fn dump(&mut self, screen: &str) -> Result<String, String> {
        self.dumps += 1;
        let name = format!("bailiwick-screen-{}-{}.txt", std::process::id(), self.dumps);
        std::fs::write(&name, screen).map_err(|error| format!("{name}: {error}"))?;
        Ok(name)
    }

    fn begin_frame(&mut self) {
        let _begun = execute!(stdout(), BeginSynchronizedUpdate);
    }

    fn end_frame(&mut self) {
        let _ended = execute!(stdout(), EndSynchronizedUpdate);
    }

    fn suspend(&mut self) {
        give_back();
        stop();
        let _again = grab();
    }
}

/// Stops this process until the shell lets it go on.
#[cfg(unix)]
fn stop() {
    #[expect(unsafe_code, reason = "`raise` has no safe wrapper among our dependencies; it takes a number and touches no memory")]
    // SAFETY: raise(3) is async-signal-safe and has no preconditions. SIGSTOP, because SIGTSTP is one we listen to.
    unsafe {
        libc::raise(libc::SIGSTOP);
    }
}

#[cfg(not(unix))]
fn stop() {}
