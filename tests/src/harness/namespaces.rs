//! Networks of their own for nodes: one namespace each, joined by a bridge on which the test itself is too. Made for
//! one test and taken away with it; what a test that was killed has left is taken away by the next.

use std::path::Path;
use std::process::Command;

/// What all names of ours start with; the process id of the test follows.
const PREFIX: &str = "bwt";
/// A range that is set aside for measuring networks, so that nobody's route leads there.
const RANGE: &str = "198.18";
/// The ports of every node, on its own address.
const PORTS: (u16, u16) = (7_400, 7_410);

/// The bridge and its namespaces.
#[derive(Debug)]
pub struct Namespaces {
    pid: u32,
    made: Vec<u64>,
}

impl Namespaces {
    /// Makes the bridge; or says why there can't be one here.
    pub fn create() -> Result<Self, String> {
        if std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").map_err(|e| e.to_string())?) != 0 {
            return Err("network namespaces need root".to_owned());
        }
        ip(&["-V"]).map_err(|why| format!("network namespaces need iproute2: {why}"))?;
        let pid = std::process::id();
        sweep(pid);
        let this = Self { pid, made: Vec::new() };
        let bridge = this.bridge();
        ip(&["link", "add", &bridge, "type", "bridge"])?;
        ip(&["addr", "add", &format!("{}/24", this.host(254)), "dev", &bridge])?;
        ip(&["link", "set", &bridge, "up"])?;
        Ok(this)
    }

    /// Makes a node's namespace; returns the node's addresses for peers and for callers.
    pub fn add(&mut self, node: u64) -> Result<(String, String), String> {
        let (name, outside, inside) = (self.name(node), format!("{}n{node}", self.bridge()), "eth0");
        ip(&["netns", "add", &name])?;
        self.made.push(node);
        ip(&["link", "add", &outside, "type", "veth", "peer", "name", inside, "netns", &name])?;
        ip(&["link", "set", &outside, "master", &self.bridge(), "up"])?;
        ip(&["-n", &name, "addr", "add", &format!("{}/24", self.host(node)), "dev", inside])?;
        ip(&["-n", &name, "link", "set", inside, "up"])?;
        ip(&["-n", &name, "link", "set", "lo", "up"])?;
        let host = self.host(node);
        Ok((format!("{host}:{}", PORTS.0), format!("{host}:{}", PORTS.1)))
    }

    /// The name of a node's namespace.
    pub fn name(&self, node: u64) -> String {
        format!("{PREFIX}-{}-n{node}", self.pid)
    }

    fn bridge(&self) -> String {
        format!("{PREFIX}{}", self.pid)
    }

    fn host(&self, last: u64) -> String {
        format!("{RANGE}.{}.{last}", self.pid % 250)
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for node in &self.made {
            tell(ip(&["netns", "del", &self.name(*node)]));
        }
        tell(ip(&["link", "del", &self.bridge()]));
    }
}

/// A test that ends must not fail for what can't be taken away, but somebody should know.
fn tell(done: Result<String, String>) {
    if let Err(why) = done {
        eprintln!("left behind: {why}");
    }
}

/// Takes away what processes that are gone have made.
fn sweep(own: u32) {
    let gone = |text: &str| text.parse::<u32>().is_ok_and(|pid| pid == own || !Path::new(&format!("/proc/{pid}")).exists());
    for line in ip(&["netns", "list"]).unwrap_or_default().lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        if name.strip_prefix(PREFIX).and_then(|n| n.strip_prefix('-')).and_then(|n| n.split_once("-n")).is_some_and(|(pid, _)| gone(pid)) {
            tell(ip(&["netns", "del", name]));
        }
    }
    for line in ip(&["-o", "link", "show", "type", "bridge"]).unwrap_or_default().lines() {
        let name = line.split(':').nth(1).unwrap_or_default().trim();
        if name.strip_prefix(PREFIX).is_some_and(gone) {
            tell(ip(&["link", "del", name]));
        }
    }
}

fn ip(args: &[&str]) -> Result<String, String> {
    let ran = Command::new("ip").args(args).output().map_err(|why| format!("`ip`: {why}"))?;
    if ran.status.success() {
        return Ok(String::from_utf8_lossy(&ran.stdout).into_owned());
    }
    Err(format!("`ip {}`: {}", args.join(" "), String::from_utf8_lossy(&ran.stderr).trim()))
}
