//! Replicated time: the leader proposes a tick when something is bounded by a moment that has come. Clocks are no
//! authority by themselves: the tick goes no further than 2 s beyond what a majority's clocks say, so that one machine with
//! a wrong clock ends nothing early. When nothing is due nothing is proposed.

use std::collections::BTreeSet;
use std::time::Duration;

use bailiwick_policy::command::{Actor, Command, Envelope};
use bailiwick_policy::ids::{RequestId, Tick};
use bailiwick_storage::codec::encode_envelope;
use futures::future::join_all;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::peers::Purpose;
use super::{Proposed, wire};
use crate::app::App;
use crate::app::write::now;

/// The name of the question between nodes: what their clock says.
pub const TOPIC: &str = "clock";

/// How often the leader looks whether anything is due.
const LOOK: Duration = Duration::from_millis(250);
/// How long a voter has to say what its clock says: an answer that took longer would be off by as much.
const CLOCK_WAIT: Duration = Duration::from_millis(500);
/// How long a tick waits for its quorum.
const TICK_WAIT: Duration = Duration::from_secs(5);
/// Milliseconds that a tick may lie beyond a majority's clocks.
const BEYOND_MS: u64 = 2_000;

/// How far a tick may go: to this node's clock, and no more than `BEYOND_MS` beyond the clocks of a majority of each set
/// of voters. None if too few said theirs.
fn bound(own: Tick, voters: &[BTreeSet<u64>], clocks: &[(u64, Tick)]) -> Option<Tick> {
    let majority_at = |set: &BTreeSet<u64>| {
        let mut heard: Vec<Tick> = clocks.iter().filter(|(id, _)| set.contains(id)).map(|(_, clock)| *clock).collect();
        heard.sort_unstable_by(|a, b| b.cmp(a));
        // The clock that a majority has reached.
        heard.get(set.len() / 2).copied()
    };
    let mut reached = own;
    for set in voters.iter().filter(|set| !set.is_empty()) {
        reached = reached.min(Tick(majority_at(set)?.0.saturating_add(BEYOND_MS)));
    }
    Some(reached)
}

/// Proposes ticks while this node leads, until stopped.
pub async fn ticks(app: App, stop: CancellationToken) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let due = app.views.load().state.next_flip().filter(|moment| *moment <= now());
        if let Some(moment) = due.filter(|_| app.consensus.is_leader()) {
            flip(&app, moment).await;
        }
    }
}

async fn flip(app: &App, moment: Tick) {
    let metrics = app.consensus.metrics();
    let membership = metrics.membership_config.membership();
    let voters = membership.get_joint_config();
    let others = voters.iter().flatten().copied().collect::<BTreeSet<u64>>();
    let asked = others.into_iter().filter(|id| *id != app.config.node).filter_map(|id| Some((id, membership.get_node(&id)?))).map(|(id, node)| async move {
        let call = app
            .consensus
            .peers
            .call((id, &node.peer), Purpose::Ask, CLOCK_WAIT, |client, ctx| async move { client.ask(ctx, TOPIC.to_owned(), bytes::Bytes::new()).await });
        let bytes = call.await.ok()?.ok()?;
        Some((id, wire::decode::<Tick>(&bytes).ok()?))
    });
    let mut clocks: Vec<(u64, Tick)> = join_all(asked).await.into_iter().flatten().collect();
    let own = now();
    clocks.push((app.config.node, own));
    let Some(to) = bound(own, voters, &clocks).filter(|to| *to >= moment) else {
        debug!(moment = moment.0, ?clocks, "no tick yet: a majority's clocks have not come so far");
        return;
    };
    let envelope = Envelope {
        request_id: RequestId((u128::from(to.0) << 80) | u128::from(rand::random::<u64>())),
        actor: Actor::System,
        proposed_at: to,
        reads: Vec::new(),
        reason: None,
        job: None,
        command: Command::Tick { to },
    };
    match app.consensus.propose(encode_envelope(&envelope), TICK_WAIT).await {
        Proposed::Applied(outcome) => info!(to = to.0, ?outcome, "tick"),
        // Whoever leads now sees to it.
        Proposed::NotLeader => {}
        Proposed::Unknown(why) => warn!(why, "tick"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(sets: &[&[u64]]) -> Vec<BTreeSet<u64>> {
        sets.iter().map(|set| set.iter().copied().collect()).collect()
    }

    fn clocks(all: &[(u64, u64)]) -> Vec<(u64, Tick)> {
        all.iter().map(|(id, clock)| (*id, Tick(*clock))).collect()
    }

    #[test]
    fn a_tick_goes_at_most_two_seconds_beyond_a_majoritys_clocks() {
        let three = sets(&[&[1, 2, 3]]);
        let at = |own: u64, all: &[(u64, u64)]| bound(Tick(own), &three, &clocks(all));
        assert_eq!(at(50_000, &[(1, 50_000), (2, 49_500), (3, 49_000)]), Some(Tick(50_000)), "all agree");
        assert_eq!(at(90_000, &[(1, 90_000), (2, 50_000), (3, 50_100)]), Some(Tick(52_100)), "the leader's own is far ahead");
        assert_eq!(at(50_000, &[(1, 50_000), (2, 90_000), (3, 1_000)]), Some(Tick(50_000)), "one behind holds nobody up");
        assert_eq!(at(50_000, &[(1, 50_000), (2, 49_000)]), Some(Tick(50_000)), "two of three are a majority");
        assert_eq!(at(50_000, &[(1, 50_000)]), None, "alone it is none");
    }

    #[test]
    fn both_sets_of_a_changing_membership_must_have_come_so_far() {
        let joint = sets(&[&[1, 2, 3], &[3, 4, 5]]);
        let heard = clocks(&[(1, 50_000), (2, 50_000), (3, 50_000), (4, 10_000), (5, 10_000)]);
        assert_eq!(bound(Tick(50_000), &joint, &heard), Some(Tick(12_000)));
        assert_eq!(bound(Tick(50_000), &joint, &heard[..3]), None);
        assert_eq!(bound(Tick(50_000), &sets(&[&[1]]), &clocks(&[(1, 50_000)])), Some(Tick(50_000)), "a cluster of one");
    }
}
