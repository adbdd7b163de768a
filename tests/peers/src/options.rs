//! What is asked of the program.

use std::path::PathBuf;

use crate::translate::Plant;

/// The help.
pub const HELP: &str = "\
Asks Bailiwick and Cedar the same questions about the same orgs, made by chance, and fails where an answer differs, where
Cedar couldn't evaluate a policy, or where a kind of question was never permitted or never denied.

  --scenes N      orgs (60)
  --requests M    questions about each (400)
  --seed S        the first org's seed (1); the same seed makes the same org and questions
  --write FOLDER  writes each scene with Cedar's answers, for the test that replays them
  --check FOLDER  asks Cedar, and Bailiwick from the document alone, about the scenes of a folder instead
  --show SEED     prints the policies and the entities of a scene instead
  --time ROUNDS   measures both on the same questions instead; with nothing else running
  --plant NAME    reads one rule wrongly, to see that it is noticed: see `--plant list`
  --help

  cargo run --release -- --scenes 200 --seed 7
";

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Orgs.
    pub scenes: u64,
    /// Questions about each.
    pub requests: usize,
    /// The first org's.
    pub seed: u64,
    /// Where scenes are written to.
    pub write: Option<PathBuf>,
    /// Where scenes are read from.
    pub check: Option<PathBuf>,
    /// The seed of a scene to print.
    pub show: Option<u64>,
    /// How often each question is measured.
    pub time: Option<usize>,
    /// The rule to read wrongly.
    pub plant: Option<Plant>,
}

impl Options {
    /// Reads arguments; none if help is wanted.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self { scenes: 60, requests: 400, seed: 1, write: None, check: None, show: None, time: None, plant: None };
        while let Some(argument) = arguments.next() {
            if argument == "--help" || argument == "-h" {
                return Ok(None);
            }
            let value = arguments.next().ok_or_else(|| format!("`{argument}` needs a value"))?;
            let number = || value.parse::<u64>().map_err(|_none| format!("`{value}` is no number"));
            match argument.as_str() {
                "--scenes" => options.scenes = number()?,
                "--requests" => options.requests = usize::try_from(number()?).map_err(|why| why.to_string())?,
                "--seed" => options.seed = number()?,
                "--write" => options.write = Some(value.into()),
                "--check" => options.check = Some(value.into()),
                "--show" => options.show = Some(number()?),
                "--time" => options.time = Some(usize::try_from(number()?).map_err(|why| why.to_string())?),
                "--plant" => options.plant = Some(value.parse()?),
                _other => return Err(format!("`{argument}` is no option")),
            }
        }
        Ok(Some(options))
    }
}
