//! Writes: committed, rejected or unknown, and never anything else; with one id, however often it is sent.

use std::time::Duration;

use bailiwick_client::{Change, ClientError, WriteOutcome, new_request_id};
use bailiwick_policy::command::Command;
use bailiwick_policy::ids::RequestId;

use crate::fake::*;

fn change(request_id: RequestId) -> Change {
    let command = Command::EditOrg { org: "demo".parse().unwrap(), name: "Demo".parse().unwrap() };
    Change { request_id: Some(request_id), timeout: Some(Duration::from_secs(10)), ..Change::new(command) }
}

fn assert_committed(outcome: WriteOutcome, id: RequestId, fakes: &Fakes) {
    match outcome {
        WriteOutcome::Committed(committed) => assert_eq!((committed.request_id, committed.revision.0), (id, 1)),
        other => panic!("{other:?}"),
    }
    assert_eq!(fakes.truth().revision, 1, "applied once");
}

#[tokio::test]
async fn a_write_returns_its_receipt() {
    let fakes = Fakes::start(3).await;
    let id = new_request_id();
    assert_committed(fakes.client().submit(change(id)).await.unwrap(), id, &fakes);
    assert_eq!(fakes.truth().sent[&id], 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_on_another_node() {
    let fakes = Fakes::start(3).await;
    let client = fakes.client();
    fakes.nodes.iter().for_each(|node| node.set(Mood::AppliesMutely));
    let id = new_request_id();
    let change = Change { timeout: Some(Duration::from_secs(2)), ..change(id) };
    assert_committed(client.submit(change).await.unwrap(), id, &fakes);
    assert_eq!(fakes.truth().sent[&id], 1, "asked for, not sent again");
}

#[tokio::test]
async fn a_node_that_doesnt_know_is_not_the_last_word() {
    let fakes = Fakes::start(2).await;
    let client = fakes.client();
    fakes.nodes.iter().for_each(|node| node.set(Mood::AppliesUnsurely));
    let id = new_request_id();
    assert_committed(client.submit(change(id)).await.unwrap(), id, &fakes);
}

#[tokio::test]
async fn a_write_that_was_swallowed_is_sent_again_with_the_same_id() {
    let fakes = Fakes::start(2).await;
    let client = fakes.client();
    let first = client.whoami().await.unwrap().node as usize - 1;
    fakes.nodes[first].set(Mood::SwallowsWrites);
    let id = new_request_id();
    let change = Change { timeout: Some(Duration::from_secs(4)), ..change(id) };
    assert_committed(client.submit(change).await.unwrap(), id, &fakes);
    assert!(fakes.truth().sent[&id] >= 2);
}

#[tokio::test]
async fn while_no_leader_is_there_it_is_tried_until_there_is_one() {
    let fakes = Fakes::start(3).await;
    let client = fakes.client();
    fakes.nodes.iter().for_each(|node| node.set(Mood::Unavailable));
    let id = new_request_id();
    let submitted = tokio::spawn({
        let client = client.clone();
        async move { client.submit(change(id)).await }
    });
    // Each has refused it at least once.
    within("it is tried", fakes.comes_to(|truth| truth.sent.get(&id).is_some_and(|times| *times >= 3))).await;
    fakes.nodes[1].set(Mood::Well);
    assert_committed(submitted.await.unwrap().unwrap(), id, &fakes);
}

#[tokio::test]
async fn what_nobody_took_is_an_error_and_certainly_not_made() {
    let fakes = Fakes::start(2).await;
    let client = fakes.client();
    fakes.nodes.iter().for_each(|node| node.set(Mood::Unavailable));
    let id = new_request_id();
    let change = Change { timeout: Some(Duration::from_millis(300)), ..change(id) };
    match client.submit(change).await {
        Err(ClientError::Api(no)) => assert_eq!(no.code, "unavailable"),
        other => panic!("{other:?}"),
    }
    assert_eq!(fakes.truth().revision, 0);
}

#[tokio::test]
async fn what_cannot_be_known_is_unknown_with_its_id() {
    let fakes = Fakes::start(2).await;
    let client = fakes.client();
    fakes.nodes.iter().for_each(|node| node.set(Mood::Hangs));
    let id = new_request_id();
    let change = Change { timeout: Some(Duration::from_secs(1)), ..change(id) };
    match within("time is kept", client.submit(change)).await.unwrap() {
        WriteOutcome::Unknown { request_id, message } => assert!(request_id == id && message.contains("no outcome"), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_node_that_dies_with_a_write_in_its_hands_loses_nothing() {
    let mut fakes = Fakes::start(3).await;
    let client = fakes.client();
    let first = client.whoami().await.unwrap().node as usize - 1;
    fakes.nodes[first].set(Mood::AppliesMutely);
    let id = new_request_id();
    let submitted = tokio::spawn({
        let client = client.clone();
        async move { client.submit(change(id)).await }
    });
    within("it is applied", fakes.comes_to(|truth| truth.revision > 0)).await;
    fakes.nodes[first].kill().await;
    assert_committed(within("another knows", submitted).await.unwrap().unwrap(), id, &fakes);
    assert_eq!(fakes.truth().sent[&id], 1);
}
