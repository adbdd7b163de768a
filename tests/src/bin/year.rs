//! `scripts/year`: a year of a retailer on three node processes of this machine, compared with the same year in memory.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use bailiwick_tests::harness::{Cluster, Settings};
use bailiwick_tests::lived::{FILE_MAX, Lived, made_anew, options};
use bailiwick_tests::year::retailer::{ORG, Size};
use clap::Parser;
use serde_json::{Value, json};

/// Builds a retailer, makes random lawful changes, and judges: every step is in the audit; undone in reverse, the content hash
/// is the first again; exported, wiped and applied, it is the same.
#[derive(Parser)]
#[command(name = "year", after_help = "Example:\n  scripts/year --changes 1000 --stores stores.csv --map code=store_id --map name=address")]
struct Options {
    /// Changes, one after the other
    #[arg(long, default_value_t = 10_000)]
    changes: usize,
    /// Stores, tills, users, applications, and bundles of four kinds
    #[arg(long, value_parser = options::size, default_value = "5000,20000,3000,200,300", value_name = "S,T,U,A,B")]
    size: Size,
    /// A CSV file with codes and names of stores; more are made up if it has too few [default: all are]
    #[arg(long, value_name = "FILE")]
    stores: Option<PathBuf>,
    /// A column of that file for `code` or `name`
    #[arg(long = "map", value_parser = options::mapping, value_name = "OURS=THEIRS", requires = "stores")]
    maps: Vec<(String, String)>,
    /// The same seed is the same year
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder of `bailiwick-node` and `bailiwick` [default: this program's]
    #[arg(long)]
    programs: Option<PathBuf>,
    /// The folder below which the nodes' data lies [default: the system's for temporary files]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Print JSON, a line for each part
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("year: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    let settings = Settings { under: options.data.clone(), ..Settings::of_folder(options.programs.as_deref())? };
    let listed = match &options.stores {
        Some(file) => options::listed(file, &options.maps)?,
        None => Vec::new(),
    };
    let told = |part: &str, began: Instant, of: Value| tell(options.json, part, began, &of);

    let cluster = Cluster::start(settings).await;
    let began = Instant::now();
    let (mut lived, commands) = Lived::build(&cluster, options.size, &listed, options.seed).await?;
    let first = lived.agreed("as the year begins").await;
    told("build", began, json!({"size": format!("{:?}", options.size), "commands": commands, "content": first}))?;

    let began = Instant::now();
    let refused = lived.live(options.changes).await?;
    let last = lived.agreed("as the year ends").await;
    told("changes", began, json!({"seed": options.seed, "changes": options.changes, "draws_refused": refused, "content": last}))?;

    let began = Instant::now();
    let audited = lived.audited().await?;
    told("audit", began, json!({"entries_of_changes": audited.changes, "entries_of_time": audited.ticks}))?;

    let began = Instant::now();
    let file = cluster.folder().join("retailer.yaml").display().to_string();
    let ran = cluster.cli(ORG).within(FILE_MAX).run(&["export", "org", &file]);
    if ran.code != 0 {
        return Err(ran.to_string());
    }
    let bytes = std::fs::metadata(&file).map_err(|why| why.to_string())?.len();
    told("export", began, json!({"bytes": bytes}))?;

    let began = Instant::now();
    let undone = lived.undo().await?;
    let back = lived.agreed("with all of it undone").await;
    if back != first {
        return Err(format!("undone, the content is {back}, and it was {first}"));
    }
    told("undo", began, json!({"undone": undone.undone, "content": back}))?;
    for ((command, why), times) in &undone.refused {
        told("not undone", began, json!({"command": command, "times": times, "why": why}))?;
    }

    let began = Instant::now();
    let anew = made_anew(&cluster, &file).await?;
    if anew != last {
        return Err(format!("exported, wiped and applied, the content is {anew}, and it was {last}"));
    }
    told("wipe and apply", began, json!({"content": anew}))
}

fn tell(as_json: bool, part: &str, began: Instant, of: &Value) -> Result<(), String> {
    let seconds = began.elapsed().as_secs_f64();
    let line = if as_json {
        json!({"part": part, "seconds": seconds, "of": of}).to_string()
    } else {
        let fields: Vec<String> = of.as_object().into_iter().flatten().map(|(name, value)| format!("{name} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))).collect();
        format!("{part:<14} {seconds:>7.1} s  {}", fields.join(", "))
    };
    writeln!(std::io::stdout(), "{line}").map_err(|why| why.to_string())
}
