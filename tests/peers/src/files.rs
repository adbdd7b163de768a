//! The corpus on disk: one scene a file, laid out to be read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bailiwick_policy::decision::Verdict;
use bailiwick_policy::platform::Platform;
use bailiwick_policy::reference;
use serde_json::Value;

use crate::corpus::{Cluster, ORG, Scene};
use crate::scene::Made;
use crate::translate::Translation;

/// Columns that a value may take in one line.
const WIDTH: usize = 130;

/// The catalogue that all scenes begin with.
pub fn catalogue() -> Result<Platform, String> {
    serde_json::from_str(include_str!("../corpus/catalogue.json")).map_err(|why| format!("corpus/catalogue.json: {why}"))
}

/// Writes a scene with answers.
pub fn write(folder: &Path, seed: u64, made: &Made, answers: &[bool]) -> Result<(), String> {
    let mut requests: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (question, permit) in made.questions.iter().zip(answers) {
        requests.entry(question.subject.clone()).or_default().push(question.line(*permit));
    }
    let scene = Scene { requests, ..made.scene.clone() };
    let value = serde_json::to_value(&scene).map_err(|why| why.to_string())?;
    let path = folder.join(format!("scene-{seed:03}.json"));
    std::fs::write(&path, format!("{}\n", laid_out(&value, 0))).map_err(|why| format!("{}: {why}", path.display()))
}

/// A value as JSON: what is short stands in one line.
fn laid_out(value: &Value, depth: usize) -> String {
    let short = value.to_string();
    if short.len() + 2 * depth <= WIDTH && depth > 0 {
        return short;
    }
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Value::Object(all) => {
            let row = |(key, value): (&String, &Value)| format!("{inner}{}: {}", Value::from(key.as_str()), laid_out(value, depth + 1));
            let rows: Vec<String> = all.iter().map(row).collect();
            format!("{{\n{}\n{outer}}}", rows.join(",\n"))
        }
        Value::Array(all) => {
            let rows: Vec<String> = all.iter().map(|value| format!("{inner}{}", laid_out(value, depth + 1))).collect();
            format!("[\n{}\n{outer}]", rows.join(",\n"))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => short,
    }
}

/// The scenes of a folder, by name.
pub fn scenes(folder: &Path) -> Result<Vec<(PathBuf, Scene)>, String> {
    let at = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let entries = std::fs::read_dir(folder).map_err(|why| at(folder, &why))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("scene-")));
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(|why| at(&path, &why))?;
        let scene = serde_json::from_str(&text).map_err(|why| at(&path, &why))?;
        Ok((path, scene))
    };
    paths.into_iter().map(read).collect()
}

/// Whether the answers on file are still Cedar's, and Bailiwick's. Returns how many aren't.
pub fn check(folder: &Path, catalogue: &Platform) -> Result<usize, String> {
    let (mut asked, mut faults) = (0, 0);
    let scenes = scenes(folder)?;
    for (path, scene) in &scenes {
        let name = path.display();
        let translation = Translation::of(scene, &scene.catalogue(catalogue), None).map_err(|why| format!("{name}: {why}"))?;
        let cluster = Cluster::of(scene, catalogue).map_err(|why| format!("{name}: {why}"))?;
        for (question, filed) in scene.questions().map_err(|why| format!("{name}: {why}"))? {
            let theirs = translation.ask(&question).map_err(|why| format!("{name}: {question}: {why}"))?;
            let ours = reference::decide(&cluster.state, &question.request(ORG)?);
            asked += 1;
            if theirs.permit != filed || (ours.verdict() == Verdict::Permit) != filed {
                faults += 1;
                println!("{name}: {question}: on file {filed}, by Cedar {}, by Bailiwick {} ({})", theirs.permit, ours.verdict(), ours.reason);
            }
        }
    }
    println!("{} scenes on file, {asked} questions, {faults} answers that changed", scenes.len());
    if asked == 0 { Err(format!("{}: there is nothing to check", folder.display())) } else { Ok(faults) }
}
