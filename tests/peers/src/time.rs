//! How long both take for the same questions, in process, taking turns. Questions are read beforehand on either side, so that
//! Bailiwick finds the endpoint of a path within its time, and Cedar, to which it is given, doesn't.

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use bailiwick_policy::decide::decide;
use bailiwick_policy::index::Index;
use bailiwick_policy::platform::Platform;

use crate::corpus::ORG;
use crate::scene::Made;
use crate::translate::Translation;

/// One of ours is too short for the clock: so many are measured at once.
const AT_ONCE: u32 = 16;

/// Nanoseconds of all answers.
#[derive(Default)]
struct Taken(Vec<f64>);

impl Taken {
    /// The time under which a share of the answers came.
    fn within(&mut self, share: f64) -> f64 {
        self.0.sort_by(f64::total_cmp);
        let last = self.0.len().saturating_sub(1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length is one")]
        let at = (last as f64 * share) as usize;
        self.0.get(at).copied().unwrap_or_default()
    }
}

/// Measures, and tells in lines.
pub fn measure(made: &[Made], catalogue: &Platform, rounds: usize) -> Result<String, String> {
    let (mut ours, mut theirs) = (Taken::default(), Taken::default());
    let mut policies = Taken::default();
    for made in made {
        let translation = Translation::of(&made.scene, &made.scene.catalogue(catalogue), None)?;
        policies.0.push(translation.text.matches("@id(").count() as f64);
        let index = Index::build(&made.cluster.state);
        let prepared = made.questions.iter().map(|question| Ok((question.request(ORG)?, translation.prepare(question)?)));
        let prepared: Vec<_> = prepared.collect::<Result<_, String>>()?;
        for _ in 0..rounds {
            for (request, cedars) in &prepared {
                let begun = Instant::now();
                for _ in 0..AT_ONCE {
                    black_box(decide(&index, black_box(request)));
                }
                ours.0.push(begun.elapsed().as_nanos() as f64 / f64::from(AT_ONCE));
                let begun = Instant::now();
                black_box(translation.authorize(black_box(cedars)));
                theirs.0.push(begun.elapsed().as_nanos() as f64);
            }
        }
    }
    let mut told = String::new();
    let rows = [("p50", 0.5), ("p99", 0.99)];
    for (name, share) in rows {
        let (ours, theirs) = (ours.within(share), theirs.within(share));
        writeln!(told, "{name}  Bailiwick {ours:>9.0} ns  Cedar {theirs:>9.0} ns  {:>7.0} times", theirs / ours.max(1.0)).map_err(|why| why.to_string())?;
    }
    writeln!(told, "{} answers of each; {:.0} policies in the median org", ours.0.len(), policies.within(0.5)).map_err(|why| why.to_string())?;
    Ok(told)
}
