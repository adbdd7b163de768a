//! Voters and quorums in words. Pure.

use super::{Picture, majority};

/// `node 3`.
pub(super) fn node(id: u64) -> String {
    format!("node {id}")
}

/// `1 voter`, `3 voters`.
pub(super) fn voters(count: usize) -> String {
    if count == 1 { "1 voter".to_owned() } else { format!("{count} voters") }
}

fn failures(count: usize) -> String {
    match count {
        0 => "no failure".to_owned(),
        1 => "1 failure".to_owned(),
        more => format!("{more} failures"),
    }
}

/// How many voters may fail.
fn tolerated(count: usize) -> usize {
    count.saturating_sub(majority(count))
}

/// `3 voters, 2 must agree`.
pub(super) fn quorum(count: usize) -> String {
    format!("{}, {} must agree", voters(count), majority(count))
}

/// What another number of voters does to the quorum.
pub(super) fn effect(before: usize, after: usize) -> Vec<String> {
    let (was, is) = (tolerated(before), tolerated(after));
    let tolerates = match was == is {
        true => format!("tolerates {} as before", failures(is)),
        false => format!("tolerates {}, {} before", failures(is), failures(was)),
    };
    let mut lines = vec![format!("{} → {}; {tolerates}", quorum(before), quorum(after))];
    if after.is_multiple_of(2) {
        lines.push(format!("an even number bears no more than one fewer: {after} voters tolerate {}, as {} would", failures(is), after - 1));
    }
    lines
}

/// A sentence on the quorum of so many voters; empty before there are any.
pub fn quorum_line(count: usize) -> String {
    if count == 0 { String::new() } else { format!("{}; tolerates {}", quorum(count), failures(tolerated(count))) }
}

/// What a leader has to say of voters that it doesn't hear.
pub fn quorum_alarm(picture: &Picture) -> Option<String> {
    let count = picture.voters.len();
    let silent: Vec<u64> = picture.voters.iter().copied().filter(|id| !picture.is_heard(*id)).collect();
    if silent.is_empty() {
        return None;
    }
    let heard = count - silent.len();
    let names: Vec<String> = silent.iter().map(|id| node(*id)).collect();
    let told = format!("{} of {} not heard ({})", silent.len(), voters(count), names.join(", "));
    Some(match heard.checked_sub(majority(count)) {
        None => format!("quorum lost: {told}: writes wait until one is back"),
        Some(0) => format!("quorum at risk: {told}: one more and writes stop"),
        Some(_) => told,
    })
}
