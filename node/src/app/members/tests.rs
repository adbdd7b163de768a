//! The rules, case by case: a picture, a change, and what becomes of it.

use super::*;

fn node(id: u64) -> PeerNode {
    PeerNode { peer: format!("10.0.0.{id}:7400"), client: format!("10.0.0.{id}:7410") }
}

/// Node 1 leads; everybody is heard and has everything.
fn cluster(voters: &[u64], learners: &[u64]) -> Picture {
    let all = || voters.iter().chain(learners).copied();
    Picture {
        leader: 1,
        voters: voters.iter().copied().collect(),
        nodes: all().map(|id| (id, node(id))).collect(),
        retired: BTreeSet::from([9]),
        heard_ms: all().map(|id| (id, 80)).collect(),
        lag: all().map(|id| (id, 0)).collect(),
    }
}

fn adding(id: u64) -> MemberChange {
    MemberChange::Add { id, peer: node(id).peer, client: node(id).client }
}

fn planned(picture: &Picture, change: MemberChange) -> Plan {
    plan(picture, &change).unwrap_or_else(|why| panic!("{change:?}: {why}"))
}

#[track_caller]
fn refused(picture: &Picture, change: MemberChange, code: &str, told: &str) {
    let error = plan(picture, &change).expect_err("refused");
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains(told), "{error}");
}

#[test]
fn a_node_comes_as_a_learner_and_changes_no_quorum() {
    let plan = planned(&cluster(&[1, 2, 3], &[]), adding(4));
    assert_eq!(plan.step, Step::Add(node(4)));
    assert_eq!((plan.after.voters, plan.after.learners), (vec![1, 2, 3], vec![4]));
    assert_eq!(plan.lines.first().map(String::as_str), Some("3 voters, 2 must agree, as before: node 4 gets the log and serves checks, and has no vote"));
}

#[test]
fn an_id_and_an_address_are_one_nodes_only() {
    let three = cluster(&[1, 2, 3], &[]);
    refused(&three, adding(9), "node_retired", "give the new node another");
    refused(&three, adding(2), "node_known", "another id");
    refused(&three, adding(0), "bad_request", "start at 1");
    let at = |peer: &str, client: &str| MemberChange::Add { id: 4, peer: peer.into(), client: client.into() };
    refused(&three, at("10.0.0.2:7400", "10.0.0.4:7410"), "address_taken", "node 2's");
    refused(&three, at("10.0.0.4:7400", "10.0.0.3:7400"), "address_taken", "node 3's");
    refused(&three, at("10.0.0.4:7400", "10.0.0.4:7400"), "address_taken", "two ports");
    for wrong in ["10.0.0.4", "10.0.0.4:0", "a b:1", ":7400"] {
        refused(&three, at(wrong, "10.0.0.4:7410"), "bad_request", "HOST:PORT");
    }
}

#[test]
fn what_is_as_asked_is_done_already() {
    let picture = cluster(&[1, 2, 3], &[4]);
    for change in [
        adding(4),
        MemberChange::Promote { id: 2 },
        MemberChange::Remove { id: 9 },
        MemberChange::Transfer { to: Some(1) },
    ] {
        let plan = planned(&picture, change);
        assert_eq!((&plan.step, &plan.before), (&Step::Nothing, &plan.after), "{plan:?}");
        assert!(plan.lines.iter().any(|line| line.contains("nothing to change")), "{plan:?}");
    }
    let mut moved = adding(4);
    if let MemberChange::Add { peer, .. } = &mut moved {
        *peer = "10.0.0.44:7400".to_owned();
    }
    refused(&picture, moved, "node_known", "learner at 10.0.0.4:7400");
}

#[test]
fn a_learner_gets_a_vote_once_it_is_heard_and_has_caught_up() {
    let mut picture = cluster(&[1, 2, 3], &[4]);
    let plan = planned(&picture, MemberChange::Promote { id: 4 });
    assert_eq!((plan.step, plan.after.voters, plan.after.learners), (Step::Promote, vec![1, 2, 3, 4], vec![]));
    assert_eq!(
        plan.lines,
        [
            "3 voters, 2 must agree → 4 voters, 3 must agree; tolerates 1 failure as before",
            "an even number bears no more than one fewer: 4 voters tolerate 1 failure, as 3 would",
        ]
    );
    picture.lag.insert(4, LAG_MAX + 1);
    refused(&picture, MemberChange::Promote { id: 4 }, "learner_behind", "lacks 5001 entries");
    picture.lag.insert(4, LAG_MAX);
    picture.heard_ms.insert(4, 2_300);
    refused(&picture, MemberChange::Promote { id: 4 }, "learner_behind", "last heard 2.3 s ago");
    picture.heard_ms.remove(&4);
    refused(&picture, MemberChange::Promote { id: 4 }, "learner_behind", "not heard yet");
    refused(&picture, MemberChange::Promote { id: 7 }, "node_unknown", "bailiwick cluster add 7");
    refused(&picture, MemberChange::Promote { id: 9 }, "node_retired", "another");
}

#[test]
fn a_learner_that_is_being_removed_gets_no_vote() {
    let mut picture = cluster(&[1, 2, 3], &[4]);
    picture.retired.insert(4);
    refused(&picture, MemberChange::Promote { id: 4 }, "node_retired", "never used again");
    assert_eq!(planned(&picture, MemberChange::Remove { id: 4 }).step, Step::RemoveLearner);
}

#[test]
fn before_and_after_a_change_a_majority_must_be_heard() {
    let mut picture = cluster(&[1, 2, 3], &[4]);
    picture.heard_ms.insert(3, 1_500);
    // The dead one may go, and a learner that lives may take its place.
    assert_eq!(planned(&picture, MemberChange::Remove { id: 3 }).step, Step::RemoveVoter);
    let promoted = planned(&picture, MemberChange::Promote { id: 4 });
    assert_eq!(promoted.step, Step::Promote);
    assert_eq!(promoted.lines.last().map(String::as_str), Some("node 3 is not heard now, which counts among the failures"));
    // The living one may not: the other two would be one.
    refused(&picture, MemberChange::Remove { id: 2 }, "quorum_at_risk", "start node 3 first");
    picture.heard_ms.insert(2, 1_500);
    for change in [adding(5), MemberChange::Promote { id: 4 }, MemberChange::Remove { id: 3 }, MemberChange::Transfer { to: None }] {
        let error = plan(&picture, &change).expect_err("refused");
        assert!(["quorum_at_risk", "voter_behind"].contains(&error.code.as_str()), "{change:?}: {error}");
    }
}

#[test]
fn the_last_voter_stays() {
    let picture = cluster(&[1], &[4]);
    refused(&picture, MemberChange::Remove { id: 1 }, "last_voter", "promote another first");
    refused(&picture, MemberChange::Transfer { to: None }, "last_voter", "promote another first");
    assert_eq!(planned(&picture, MemberChange::Promote { id: 4 }).after.voters, [1, 4]);
}

#[test]
fn the_leader_goes_after_the_most_caught_up_voter_has_taken_over() {
    let mut picture = cluster(&[1, 2, 3], &[4]);
    picture.lag = BTreeMap::from([(1, 0), (2, 12), (3, 4), (4, 0)]);
    let plan = planned(&picture, MemberChange::Remove { id: 1 });
    assert_eq!((plan.step, plan.after.voters), (Step::StepAside { to: 3 }, vec![2, 3]));
    assert!(plan.lines.contains(&"3 voters, 2 must agree → 2 voters, 2 must agree; tolerates no failure, 1 failure before".to_owned()), "{:?}", plan.lines);
    picture.lag.insert(2, LAG_MAX + 1);
    picture.lag.remove(&3);
    refused(&picture, MemberChange::Remove { id: 1 }, "voter_behind", "node 3 has not said yet");
}

#[test]
fn leadership_goes_to_voters_that_have_caught_up() {
    let mut picture = cluster(&[1, 2, 3], &[4]);
    picture.lag.insert(2, 3);
    let best = planned(&picture, MemberChange::Transfer { to: None });
    assert_eq!((best.step, best.node, &best.before), (Step::Transfer, 3, &best.after));
    assert_eq!(planned(&picture, MemberChange::Transfer { to: Some(2) }).node, 2);
    refused(&picture, MemberChange::Transfer { to: Some(4) }, "not_voter", "cluster promote 4");
    refused(&picture, MemberChange::Transfer { to: Some(7) }, "node_unknown", "cluster add 7");
    picture.heard_ms.insert(2, 5_000);
    refused(&picture, MemberChange::Transfer { to: Some(2) }, "voter_behind", "last heard 5.0 s ago");
}

#[test]
fn quorums_in_words() {
    assert_eq!(quorum_line(0), "");
    assert_eq!(quorum_line(1), "1 voter, 1 must agree; tolerates no failure");
    assert_eq!(quorum_line(5), "5 voters, 3 must agree; tolerates 2 failures");
    let alarm = |voters: &[u64], silent: &[u64]| {
        let mut picture = cluster(voters, &[]);
        picture.heard_ms.retain(|id, _| !silent.contains(id));
        quorum_alarm(&picture).unwrap_or_default()
    };
    assert_eq!(alarm(&[1, 2, 3], &[]), "");
    assert_eq!(alarm(&[1, 2, 3], &[3]), "quorum at risk: 1 of 3 voters not heard (node 3): one more and writes stop");
    assert_eq!(alarm(&[1, 2, 3, 4, 5], &[3]), "1 of 5 voters not heard (node 3)");
    assert_eq!(alarm(&[1, 2, 3], &[2, 3]), "quorum lost: 2 of 3 voters not heard (node 2, node 3): writes wait until one is back");
}
