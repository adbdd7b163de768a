//! `scripts/bench write`: three node processes on this machine, loaded with synced, replicated allocations.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bailiwick_tests::bench::{Report, disk, load, visible};
use bailiwick_tests::harness::{CallFailed, Cluster, Settings, seed};
use clap::Parser;

/// Synced, replicated writes on three nodes of this machine.
#[derive(Parser)]
#[command(name = "bench_write")]
struct Options {
    /// How many clients, one load after the other
    #[arg(long, value_delimiter = ',', default_value = "1,64,256")]
    clients: Vec<usize>,
    /// Seconds for which each load is measured
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Stores that are allocated to
    #[arg(long, default_value_t = 4_000)]
    stores: usize,
    /// The node's program [default: `bailiwick-node` beside this one]
    #[arg(long)]
    node: Option<PathBuf>,
    /// The folder below which the nodes' data lies [default: the system's for temporary files]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const ORG: &str = "bench";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench_write: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    let beside = std::env::current_exe().map_err(|why| why.to_string())?.with_file_name("bailiwick-node");
    let node_program = options.node.unwrap_or(beside);
    if !node_program.is_file() {
        return Err(format!("`{}` is not there: build it with `cargo build --release -p bailiwick-node`, or name it by --node", node_program.display()));
    }
    let settings = Settings { under: options.data, ..Settings::shipped(node_program, PathBuf::new()) };
    let time = Duration::from_secs(options.seconds);
    let failed = |why: CallFailed| why.to_string();

    let cluster = Cluster::start(settings).await;
    let fsync = disk::measure(cluster.folder()).map_err(|why| format!("the disk can't be measured: {why}"))?;
    let revision = seed::retailer(&cluster.node(1).caller, ORG, options.stores).await;
    cluster.reached(revision).await;
    let leader = cluster.leader().await;
    let mut rows = Vec::new();
    for clients in options.clients {
        rows.push(load::run(&cluster, leader, ORG, options.stores, clients.max(1), time).await.map_err(failed)?);
    }
    let visible = visible::run(&cluster, leader, ORG, time).await.map_err(failed)?;
    // What was measured must also be true.
    cluster.equal().await;
    if cluster.leader().await != leader {
        eprintln!("bench_write: the leader changed on the way: these figures have an election in them");
    }

    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let report = Report { processors, fsync, rows, visible };
    let text = if options.json {
        serde_json::to_string(&report).map_err(|why| why.to_string())?
    } else {
        report.lines().join("\n")
    };
    writeln!(std::io::stdout(), "{text}").map_err(|why| why.to_string())
}
