//! Asks Bailiwick and Cedar the same questions about the same orgs, and tells where they differ. See `--help`.

mod chance;
mod compare;
mod corpus;
mod files;
mod options;
mod scene;
mod translate;
mod time;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use compare::{Counts, compare};
use options::{HELP, Options};

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("peers: {why}: see --help");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(faults) => {
            eprintln!("peers: {faults} faults");
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("peers: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Does what is asked for; returns how many faults were told.
fn run(options: &Options) -> Result<usize, String> {
    let catalogue = files::catalogue()?;
    if let Some(seed) = options.show {
        let made = scene::make(seed, options.requests, &catalogue)?;
        let translation = translate::Translation::of(&made.scene, &made.scene.catalogue(&catalogue), options.plant)?;
        println!("{}\n// Entities\n{}", translation.text, translation.world);
        return Ok(0);
    }
    if let Some(folder) = &options.check {
        return files::check(folder, &catalogue);
    }
    if let Some(rounds) = options.time {
        let scenes = options.seed..options.seed + options.scenes;
        let made: Vec<_> = scenes.map(|seed| scene::make(seed, options.requests, &catalogue)).collect::<Result<_, _>>()?;
        print!("{}", time::measure(&made, &catalogue, rounds)?);
        return Ok(0);
    }
    let (mut counts, mut faults) = (Counts::default(), 0);
    for seed in options.seed..options.seed + options.scenes {
        let made = scene::make(seed, options.requests, &catalogue).map_err(|why| format!("seed {seed}: {why}"))?;
        let (answers, differences) = compare(&made, &catalogue, options.plant, &mut counts).map_err(|why| format!("seed {seed}: {why}"))?;
        for difference in &differences {
            faults += 1;
            // The first few tell enough.
            if faults <= 20 {
                println!("seed {seed}: {}\n    Bailiwick: {}\n    Cedar:     {}", difference.question, difference.ours, difference.theirs);
                println!("    see the policies: --show {seed}");
            }
        }
        if let Some(folder) = &options.write {
            files::write(folder, seed, &made, &answers)?;
        }
    }
    println!("{counts}");
    println!("{} scenes, {} questions, {faults} differences", options.scenes, counts.asked);
    // With a fault planted the differences are what is wanted, and a short run has no need to cover everything.
    if options.plant.is_none() && options.write.is_none() {
        for idle in counts.idle() {
            faults += 1;
            println!("idle: {idle}");
        }
    }
    Ok(faults)
}
