//! One node's process: started, killed, paused by its id, and no process but it.

use std::fs::{File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::ended::ended;

/// Lines of a log shown when a test fails.
const TAIL_LINES: usize = 40;

/// A node's program with its configuration; running, paused or down.
#[derive(Debug)]
pub struct NodeProcess {
    program: PathBuf,
    config: PathBuf,
    log: PathBuf,
    namespace: Option<String>,
    child: Mutex<Option<Child>>,
}

impl NodeProcess {
    /// One that isn't running yet. Its standard error goes to the end of `log`, restart after restart.
    pub fn new(program: &Path, config: PathBuf, log: PathBuf) -> Self {
        Self { program: program.to_owned(), config, log, namespace: None, child: Mutex::new(None) }
    }

    /// The same in a network namespace of its own.
    pub fn within(mut self, namespace: String) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// Starts it. It ends with the thread that started it, so that nothing outlives a test that was killed.
    pub fn start(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(child.is_none(), "`{}` runs already", self.config.display());
        let log = OpenOptions::new().create(true).append(true).open(&self.log).expect("a log that can be written");
        // `ip` becomes the node: its process id is the node's.
        let mut command = match &self.namespace {
            Some(namespace) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace]).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command
            .args(["serve", "--config"])
            .arg(&self.config)
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::from(log.try_clone().expect("a second handle of the log")))
            .stderr(Stdio::from(log));
        for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("BAILIWICK_")) {
            command.env_remove(key);
        }
        die_with_parent(&mut command);
        let started = command.spawn().unwrap_or_else(|why| panic!("`{}` can't be started: {why}", self.program.display()));
        *child = Some(started);
    }

    /// Its process id, while there is one.
    pub fn pid(&self) -> Option<u32> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Child::id)
    }

    /// SIGKILL; returns once the process is gone.
    pub fn kill(&self) {
        if let Some(mut child) = self.child.lock().unwrap_or_else(PoisonError::into_inner).take() {
            child.kill().expect("a process of ours can be killed");
            child.wait().expect("a killed process ends");
        }
    }

    /// SIGTERM; returns once the process has ended in order, or fails.
    pub fn stop(&self, within: Duration) -> ExitStatus {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner).take().expect("it runs");
        signal(child.id(), libc::SIGTERM);
        let in_time = ended(child.id(), within);
        if !in_time {
            child.kill().expect("a process of ours can be killed");
        }
        let status = child.wait().expect("a process that has ended can be waited for");
        assert!(in_time, "`{}` did not stop within {within:?} of SIGTERM", self.config.display());
        status
    }

    /// SIGSTOP: it lives, and does nothing.
    pub fn pause(&self) {
        signal(self.pid().expect("it runs"), libc::SIGSTOP);
    }

    /// SIGCONT.
    pub fn resume(&self) {
        signal(self.pid().expect("it runs"), libc::SIGCONT);
    }

    /// Why it ended by itself, if it has.
    pub fn ended(&self) -> Option<ExitStatus> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.as_mut().and_then(|child| child.try_wait().ok().flatten())
    }

    /// Processor time it has used since it started, user and system.
    pub fn processor_time(&self) -> Duration {
        let Some(pid) = self.pid() else { return Duration::ZERO };
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The command's name may hold blanks; the fields after its parenthesis are counted from the third.
        let fields: Vec<&str> = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks: u64 = fields.iter().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 1_000 / ticks_per_second())
    }

    /// The last lines of its log.
    pub fn tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }

    /// Where its log is.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Everything it has logged.
    pub fn log_text(&self) -> String {
        let mut text = String::new();
        if let Ok(mut file) = File::open(&self.log) {
            std::io::Read::read_to_string(&mut file, &mut text).expect("a log that can be read");
        }
        text
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal to a process that a test has started.
#[expect(unsafe_code, reason = "the standard library sends no signal but SIGKILL")]
pub fn signal(pid: u32, signal: i32) {
    let pid = i32::try_from(pid).expect("a process id");
    // SAFETY: plain system call on numbers; the process is one of ours that has not been waited for.
    let sent = unsafe { libc::kill(pid, signal) };
    assert_eq!(sent, 0, "signal {signal} to process {pid}: {}", std::io::Error::last_os_error());
}

#[expect(unsafe_code, reason = "only the child itself can ask for this, between fork and exec")]
fn die_with_parent(command: &mut Command) {
    // SAFETY: prctl is async-signal-safe, and the closure touches nothing else.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
}

#[expect(unsafe_code, reason = "the standard library doesn't tell the length of a tick")]
fn ticks_per_second() -> u64 {
    // SAFETY: plain system call on a constant.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).unwrap_or(100).max(1)
}
