//! A program in a terminal of its own: what it draws is read as text, what is typed goes in as keys.
//!
//! Whatever is waited for is looked at whenever the program has drawn; nothing here goes by time but the bounds. It
//! answers what a program may ask of a terminal, and shows no frame before it is whole.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

use super::ended::ended;
use super::frames::Frames;
use super::keys::bytes_of;
use super::wait::BOUND;

/// How often it is looked whether what was typed has been read, who has the keys and which modes the terminal has: the
/// system tells nobody of any of it.
const LOOK: Duration = Duration::from_millis(1);

/// A program and its terminal. Dropped, it hangs up on the program.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    shown: Arc<Shown>,
}

/// What the program has drawn so far.
struct Shown {
    screen: Mutex<vt100::Parser>,
    drawn: Condvar,
}

impl Shown {
    fn screen(&self) -> MutexGuard<'_, vt100::Parser> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Terminal of process {:?}", self.child.process_id())
    }
}

fn size_of(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn more_than_none(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a terminal has rows and columns")
}

impl Terminal {
    /// Starts a program in a terminal of this size, with these variables and no others but the path to programs.
    pub fn start(program: &str, args: &[String], env: &[(String, String)], (columns, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(size_of(columns, rows)).expect("a terminal");
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TERM", "xterm-256color");
        env.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).unwrap_or_else(|why| panic!("`{program}` can't be started: {why}"));
        let reader = pair.master.try_clone_reader().expect("a second handle of the terminal");
        let writer = Arc::new(Mutex::new(pair.master.take_writer().expect("its first writer")));
        let parser = vt100::Parser::new(more_than_none(rows), more_than_none(columns), 0);
        let shown = Arc::new(Shown { screen: Mutex::new(parser), drawn: Condvar::new() });
        // It ends with the last process that has the terminal.
        std::thread::spawn({
            let (shown, writer) = (shown.clone(), writer.clone());
            move || draw(reader, &writer, &shown)
        });
        Self { child, master: pair.master, writer, shown }
    }

    /// What the screen shows, a line each, without blanks at the ends.
    pub fn text(&self) -> String {
        text_of(self.shown.screen().screen())
    }

    /// Waits until the screen has something. The probe's error says what was seen instead, and is shown with the screen
    /// if time runs out.
    pub fn wait<T>(&self, what: &str, bound: Duration, mut probe: impl FnMut(&vt100::Screen) -> Result<T, String>) -> T {
        let until = Instant::now() + bound;
        let mut screen = self.shown.screen();
        loop {
            let seen = match probe(screen.screen()) {
                Ok(answer) => return answer,
                Err(seen) => seen,
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let shown = text_of(screen.screen());
                drop(screen);
                panic!("{what}: not within {bound:?}; {seen}\n{}", framed(&shown));
            }
            (screen, _) = self.shown.drawn.wait_timeout(screen, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until a line of the screen has this text.
    pub fn expect(&self, text: &str) {
        self.expect_within(BOUND, text);
    }

    /// The same, with a bound of its own; returns how long it took.
    pub fn expect_within(&self, bound: Duration, text: &str) -> Duration {
        let began = Instant::now();
        self.wait(&format!("`{text}`"), bound, |screen| shows(screen, text).then_some(()).ok_or_else(|| "it isn't shown".to_owned()));
        began.elapsed()
    }

    /// Waits until no line of the screen has this text.
    pub fn expect_gone(&self, text: &str) {
        self.wait(&format!("no `{text}`"), BOUND, |screen| (!shows(screen, text)).then_some(()).ok_or_else(|| "it is shown".to_owned()));
    }

    /// Presses keys, apart by blanks, as the console's table writes them: `2`, `enter`, `ctrl-l`.
    pub fn press(&self, keys: &str) {
        for key in keys.split_whitespace() {
            self.send(&bytes_of(key).unwrap_or_else(|why| panic!("{why}")));
        }
    }

    /// Types a text.
    pub fn type_text(&self, text: &str) {
        self.send(text.as_bytes());
    }

    /// Sends bytes and waits until the program has read what has arrived.
    fn send(&self, bytes: &[u8]) {
        {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.write_all(bytes).and_then(|()| writer.flush()).expect("a terminal takes what is typed");
        }
        let Some(own) = self.master.tty_name() else { return };
        let began = Instant::now();
        while unread(&own) > 0 {
            assert!(began.elapsed() < BOUND, "nobody reads what is typed\n{}", framed(&self.text()));
            std::thread::sleep(LOOK);
        }
    }

    /// Gives the terminal another size. The program is told by a signal.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.shown.screen().screen_mut().set_size(more_than_none(rows), more_than_none(columns));
        self.master.resize(size_of(columns, rows)).expect("a terminal can be resized");
    }

    /// The process that was started.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// The process that has the keys: the one that was started, or the job of a shell.
    pub fn foreground(&self) -> u32 {
        self.master.process_group_leader().and_then(|pid| u32::try_from(pid).ok()).expect("somebody has the terminal")
    }

    /// Waits until the program that was started, a shell, has the keys: its job has ended or is stopped.
    pub fn has_the_keys(&self) {
        let began = Instant::now();
        while self.foreground() != self.pid() {
            assert!(began.elapsed() < BOUND, "process {} has the keys still\n{}", self.foreground(), framed(&self.text()));
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until the program has ended.
    pub fn ended(&mut self, bound: Duration) -> ExitStatus {
        let in_time = ended(self.pid(), bound);
        assert!(in_time, "it did not end within {bound:?}\n{}", framed(&self.text()));
        self.child.wait().expect("a child that has ended can be waited for")
    }

    /// How the terminal treats what is typed, to be compared. Only while somebody has it: the system resets the modes
    /// of one that nobody has.
    pub fn modes(&self) -> String {
        format!("{:?}", self.master.get_termios().expect("a terminal has modes"))
    }

    /// What a program that took the screen has left of it: nothing, if it gave it back.
    pub fn left_behind(&self) -> Vec<&'static str> {
        left_on(self.shown.screen().screen())
    }

    /// Waits until nothing is left of a program that took the screen, and the modes are these again.
    pub fn is_given_back(&self, how: &str, modes: &str) {
        self.wait(&format!("the screen after {how}"), BOUND, |screen| match left_on(screen).as_slice() {
            [] => Ok(()),
            left => Err(format!("left behind: {}", left.join(", "))),
        });
        let began = Instant::now();
        while self.modes() != modes {
            assert!(began.elapsed() < BOUND, "after {how} the modes are {}, and were {modes}", self.modes());
            std::thread::sleep(LOOK);
        }
    }
}

/// What of a terminal is as a program that takes the screen makes it.
fn left_on(screen: &vt100::Screen) -> Vec<&'static str> {
        let left = [
            (screen.alternate_screen(), "the alternate screen"),
            (screen.hide_cursor(), "a hidden cursor"),
            (screen.bracketed_paste(), "bracketed paste"),
        ];
        left.into_iter().filter_map(|(is_left, what)| is_left.then_some(what)).collect()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("—— the screen ——\n{}", framed(&self.text()));
        }
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Reads what the program draws until nobody has the terminal any more.
fn draw(mut reader: Box<dyn Read + Send>, writer: &Mutex<Box<dyn Write + Send>>, shown: &Shown) {
    let mut frames = Frames::default();
    let mut bytes = [0; 16 * 1024];
    loop {
        // A terminal that nobody has fails to be read.
        let read = reader.read(&mut bytes).unwrap_or(0);
        let whole = if read == 0 { frames.rest() } else { frames.whole(&bytes[..read]) };
        let mut screen = shown.screen();
        screen.process(&whole);
        let (row, column) = screen.screen().cursor_position();
        drop(screen);
        shown.drawn.notify_all();
        if read == 0 {
            return;
        }
        // "Where is the cursor?" A terminal answers as if it were typed.
        for _ in whole.windows(4).filter(|window| window == b"\x1b[6n") {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            let _answered = write!(writer, "\x1b[{};{}R", row + 1, column + 1).and_then(|()| writer.flush());
        }
    }
}

fn text_of(screen: &vt100::Screen) -> String {
    let (_, columns) = screen.size();
    screen.rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Whether a line has the text, runs of blanks counting as one: columns of a table are apart by as many as fit.
fn shows(screen: &vt100::Screen, text: &str) -> bool {
    let blanks = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let (wanted, (_, columns)) = (blanks(text), screen.size());
    screen.rows(0, columns.get()).any(|row| blanks(&row).contains(&wanted))
}

fn framed(text: &str) -> String {
    let edge = "─".repeat(text.lines().map(|line| line.chars().count()).max().unwrap_or(0));
    format!("{edge}\n{text}\n{edge}")
}

/// Bytes typed into a terminal that its program hasn't read.
fn unread(terminal: &std::path::Path) -> i32 {
    // Opened for the moment only: who holds it would keep it alive after its program's end.
    let Ok(file) = File::options().read(true).custom_flags(libc::O_NOCTTY | libc::O_NONBLOCK).open(terminal) else { return 0 };
    let mut count: libc::c_int = 0;
    #[expect(unsafe_code, reason = "the standard library doesn't tell how much there is to read")]
    // SAFETY: FIONREAD writes one int to where it is told, and the file is open.
    let asked = unsafe { libc::ioctl(file.as_raw_fd(), libc::FIONREAD, &mut count) };
    if asked == 0 { count } else { 0 }
}
