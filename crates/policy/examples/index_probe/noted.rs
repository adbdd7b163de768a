//! What it costs a check that its permit is noted as a use: the same requests, decided with and without, round by round
//! in turns. All of them have been noted before, as all but the first of a minute have.

use std::hint::black_box;
use std::time::Duration;

use bailiwick_policy::decide::{decide, decide_traced};
use bailiwick_policy::decision::{Request, Subject, Verdict};
use bailiwick_policy::index::Index;
use bailiwick_policy::usage::Sieve;

use crate::{Chance, Fallible, Figures, ORG, timed};

/// Requests of a round, and rounds of each kind.
const REQUESTS: usize = 16_384;
const ROUNDS: usize = 101;

/// Mean times of a round, the median of all rounds; and of the pairs, the median difference.
pub fn measure(figures: &mut Figures, index: &Index, calls: &[(String, String)], stores: usize, chance: &mut Chance) -> Fallible<()> {
    let mut asked: Vec<(String, &str, &str)> = Vec::new();
    while asked.len() < REQUESTS {
        let (method, path) = chance.of(calls).ok_or("no calls")?;
        let till = format!("store-{:07}/till-1", chance.below(stores));
        if decide(index, &Request::call(ORG, Subject::Till(&till), method, path)).verdict() == Verdict::Permit {
            asked.push((till, method, path));
        }
    }
    let requests: Vec<Request<'_>> = asked.iter().map(|(till, method, path)| Request::call(ORG, Subject::Till(till), method, path)).collect();
    let sieve = Sieve::new(7);
    let note = |request: &Request<'_>| {
        let (decision, trace) = decide_traced(black_box(index), black_box(request));
        decision.verdict() == Verdict::Permit && sieve.is_new(request, trace)
    };
    requests.iter().for_each(|request| {
        black_box(note(request));
    });
    let (mut without, mut with, mut more, mut again) = (Vec::new(), Vec::new(), Vec::new(), 0usize);
    for round in 0..ROUNDS {
        let plainly = || timed(|| requests.iter().filter(|request| decide(black_box(index), black_box(*request)).verdict() == Verdict::Permit).count());
        let noting = || timed(|| requests.iter().filter(|request| note(request)).count());
        // Who goes first changes, so that what warms the other is shared.
        let ((_, plain), (new, noted)) = if round % 2 == 0 {
            let plain = plainly();
            (plain, noting())
        } else {
            let noted = noting();
            (plainly(), noted)
        };
        again += REQUESTS - new;
        without.push(each(plain));
        with.push(each(noted));
        more.push(each(noted) - each(plain));
    }
    figures.push(("permit, mean", "ns", median(&mut without)));
    figures.push(("permit noted as a use, mean", "ns", median(&mut with)));
    figures.push(("noting, median of pairs", "ns", median(&mut more)));
    figures.push(("noted before", "%", 100.0 * again as f64 / (REQUESTS * ROUNDS) as f64));
    Ok(())
}

fn each(took: Duration) -> f64 {
    took.as_secs_f64() * 1e9 / REQUESTS as f64
}

fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}
