//! `scripts/bench size`: what an organisation of a million stores costs three node processes on this machine: its
//! import, its memory, a change of the default that all of them inherit, its preview, and a node's way back.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bailiwick_policy::command::Command;
use bailiwick_rpc::api::{At, CheckRequest, PreviewRequest, encode_command};
use bailiwick_tests::harness::{Cluster, Settings, seed, until};
use clap::Parser;

/// A large organisation on three nodes of this machine.
#[derive(Parser)]
#[command(name = "bench_size")]
struct Options {
    /// Stores, each with one till
    #[arg(long, default_value_t = 1_000_000)]
    stores: usize,
    /// How often the default is changed and previewed
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// The folder of `bailiwick-node` and `bailiwick` [default: this program's]
    #[arg(long)]
    programs: Option<PathBuf>,
    /// The folder below which the nodes' data lies [default: the system's for temporary files]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const ORG: &str = "bench";
/// A whole million on two cores, with room.
const BACK_WITHIN: Duration = Duration::from_secs(300);

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench_size: {why}");
            ExitCode::FAILURE
        }
    }
}

/// A figure: its name, its value and its unit.
type Figure = (&'static str, f64, &'static str);

async fn run(options: Options) -> Result<(), String> {
    let settings = Settings { under: options.data.clone(), ..Settings::of_folder(options.programs.as_deref())? };
    let cluster = Cluster::start(settings).await;
    let node = &cluster.node(1).caller;
    seed::retailer(node, ORG, 1).await;
    let mut figures: Vec<Figure> = Vec::new();
    let before = resident(&cluster).await;
    let (stores, tills) = files(&cluster, options.stores)?;
    let cli = cluster.cli(ORG);
    for (name, kind, file) in [("import of stores", "stores", &stores), ("import of tills", "tills", &tills)] {
        let began = Instant::now();
        cli.expect(0, &["import", kind, &file.display().to_string(), "--json"]);
        figures.push((name, began.elapsed().as_secs_f64(), "s"));
    }
    let (revision, ..) = cluster.equal().await;
    let grown = resident(&cluster).await;
    let most = grown.iter().zip(&before).map(|(now, was)| now.saturating_sub(*was)).max().unwrap_or(0);
    figures.push(("resident, the largest node", grown.iter().copied().max().unwrap_or(0) as f64 / 1048576.0, "MiB"));
    figures.push(("resident per store and till", most as f64 / options.stores as f64, "bytes"));

    let (mut previews, mut changes) = (Vec::new(), Vec::new());
    for round in 0..options.rounds {
        let command = Command::SetDefault { org: seed_org(), group: Some(if round % 2 == 0 { "Admin" } else { "POS" }.into()), observe: false };
        let bytes = encode_command(&command).map_err(|why| why.to_string())?;
        let asked = PreviewRequest { commands: vec![bytes], without_impact: false, at_least: None };
        let began = Instant::now();
        let reply = node.preview(asked).await.map_err(|why| why.to_string())?;
        previews.push(began.elapsed());
        // All of them but the one that the seed allocated to.
        if reply.impact.stores + 1 < options.stores as u64 || reply.changes_total != 1 {
            return Err(format!("the preview names {} stores and {} changes", reply.impact.stores, reply.changes_total));
        }
        let began = Instant::now();
        node.change(&command).await;
        changes.push(began.elapsed());
    }
    figures.push(("preview of a new default, median", median(&mut previews).as_secs_f64() * 1e3, "ms"));
    figures.push(("change of the default, acknowledged, median", median(&mut changes).as_secs_f64() * 1e3, "ms"));

    let back = 3;
    cluster.stop(back);
    let began = Instant::now();
    cluster.start_node(back).await;
    let asked = CheckRequest {
        org: Some(ORG.to_owned()),
        subject: "till:b-0000000/t1".to_owned(),
        action: "GET".to_owned(),
        resource: "/v2/customers/42".to_owned(),
        at: At::Local,
        ..CheckRequest::default()
    };
    until("the node answers checks again", BACK_WITHIN, async || {
        let reply = cluster.node(back).caller.check(asked.clone()).await.map_err(|why| why.to_string())?;
        if reply.revision >= revision && reply.decision != "indeterminate" { Ok(()) } else { Err(format!("{reply:?}")) }
    })
    .await;
    figures.push(("a node's restart, until it answers", began.elapsed().as_secs_f64(), "s"));
    figures.push(("resident after the restart", resident(&cluster).await.last().copied().unwrap_or(0) as f64 / 1048576.0, "MiB"));
    cluster.equal().await;
    print(&options, &figures)
}

fn seed_org() -> bailiwick_policy::ids::OrgCode {
    bailiwick_tests::harness::code(ORG)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

async fn resident(cluster: &Cluster) -> Vec<u64> {
    cluster.running(false).await.iter().map(|node| node.resident_bytes).collect()
}

/// The import's files, as an operator would have them.
fn files(cluster: &Cluster, count: usize) -> Result<(PathBuf, PathBuf), String> {
    let (mut stores, mut tills) = ("code,name\n".to_owned(), "store,code\n".to_owned());
    for number in 0..count {
        let fits = writeln!(stores, "b-{number:07},Store {number}").and_then(|()| writeln!(tills, "b-{number:07},t1"));
        fits.map_err(|why| why.to_string())?;
    }
    let put = |name: &str, text: &str| {
        let path = cluster.folder().join(name);
        std::fs::write(&path, text).map(|()| path).map_err(|why| why.to_string())
    };
    Ok((put("stores.csv", &stores)?, put("tills.csv", &tills)?))
}

fn print(options: &Options, figures: &[Figure]) -> Result<(), String> {
    let mut out = std::io::stdout();
    for (name, value, unit) in figures {
        let line = if options.json {
            serde_json::json!({"stores": options.stores, "figure": name, "value": value, "unit": unit}).to_string()
        } else {
            format!("{:>9} stores  {name:<46} {value:>12.1} {unit}", options.stores)
        };
        writeln!(out, "{line}").map_err(|why| why.to_string())?;
    }
    Ok(())
}
