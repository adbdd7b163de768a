//! The command line, run as a script runs it: another process, its exit code, what it prints; and the console, as a
//! person runs it: in a terminal.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bailiwick_rpc::tls::KeyFiles;
use serde_json::Value;

use super::ended::ended;
use super::terminal::Terminal;

/// How long one run may take, unless it is said otherwise.
const RUN_MAX: Duration = Duration::from_secs(60);

/// The program with the flags that lead it to a cluster.
#[derive(Clone, Debug)]
pub struct Cli {
    program: PathBuf,
    home: PathBuf,
    flags: Vec<String>,
    run_max: Duration,
}

/// What became of a run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The command, as it can be typed.
    pub line: String,
    /// Its exit code; -1 if a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What else it said.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Cli {
    /// As an operator with a certificate.
    pub fn new(program: &Path, home: &Path, nodes: &[String], ca: &Path, own: &KeyFiles, org: &str) -> Self {
        let mut cli = Self { program: program.to_owned(), home: home.to_owned(), flags: Vec::new(), run_max: RUN_MAX };
        cli.flag("--nodes", &nodes.join(","));
        cli.flag("--ca", &ca.display().to_string());
        cli.flag("--certificate", &own.certificate.display().to_string());
        cli.flag("--key", &own.key.display().to_string());
        cli.flag("--org", org);
        cli
    }

    fn flag(&mut self, name: &str, value: &str) {
        self.flags.extend([name.to_owned(), value.to_owned()]);
    }

    /// The same, asking these nodes only.
    pub fn at(&self, nodes: &[String]) -> Self {
        let mut cli = self.clone();
        cli.flags[1] = nodes.join(",");
        cli
    }

    /// The same with another bound for one run.
    pub fn within(&self, run_max: Duration) -> Self {
        Self { run_max, ..self.clone() }
    }

    /// Runs it.
    pub fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(&self.program);
        for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("BAILIWICK_")) {
            command.env_remove(key);
        }
        command.args(&self.flags).args(args).envs(self.env()).env("NO_COLOR", "1");
        let line = std::iter::once(self.program.display().to_string())
            .chain(self.flags.iter().cloned())
            .chain(args.iter().map(|arg| (*arg).to_owned()))
            .map(|word| if word.contains(' ') { format!("'{word}'") } else { word })
            .collect::<Vec<_>>()
            .join(" ");
        let began = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|why| panic!("`{line}`: {why}"));
        // Pipes are read while it runs: a full one would hold it up for ever.
        let (stdout, stderr) = (child.stdout.take().map(read), child.stderr.take().map(read));
        let in_time = ended(child.id(), self.run_max);
        if !in_time {
            child.kill().expect("a child of ours can be killed");
        }
        let status = child.wait().expect("a child that has ended can be waited for");
        assert!(in_time, "`{line}` did not end within {:?}", self.run_max);
        let text = |thread: Option<std::thread::JoinHandle<String>>| thread.map_or_else(String::new, |t| t.join().unwrap_or_default());
        Ran { line, code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr), took: began.elapsed() }
    }

    /// The console, in a terminal of its own.
    pub fn console(&self, size: (u16, u16)) -> Terminal {
        Terminal::start(&self.program.display().to_string(), &self.flags, &self.env(), size)
    }

    /// A shell in a terminal of its own, where `$CONSOLE` is the console's command.
    pub fn shell(&self, size: (u16, u16)) -> Terminal {
        let mut env = self.env();
        env.push(("CONSOLE".to_owned(), format!("{} {}", self.program.display(), self.flags.join(" "))));
        env.push(("PS1".to_owned(), "shell> ".to_owned()));
        Terminal::start("sh", &["-i".to_owned()], &env, size)
    }

    fn env(&self) -> Vec<(String, String)> {
        let place = |name: &str, folder: &Path| (name.to_owned(), folder.display().to_string());
        vec![
            place("HOME", &self.home),
            place("XDG_STATE_HOME", &self.home.join("state")),
            place("XDG_CONFIG_HOME", &self.home.join("config")),
        ]
    }

    /// Runs it, and expects an exit code.
    pub fn expect(&self, code: i32, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, code, "{ran}");
        ran
    }
}

impl Ran {
    /// What it printed, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| panic!("not one JSON value: {why}\n{self}"))
    }

    /// A field of that.
    pub fn field(&self, name: &str) -> Value {
        self.json().get(name).cloned().unwrap_or_else(|| panic!("no field `{name}`\n{self}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "$ {}\nexit code {} after {:?}\n{}{}", self.line, self.code, self.took, self.stdout, self.stderr)
    }
}

fn read(mut pipe: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks ends the text where it broke.
        let _broken = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
