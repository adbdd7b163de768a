//! Reads: a node that dies, hangs or can't say costs a delay and nothing more.

use std::time::{Duration, Instant};

use bailiwick_client::pool::Browsing;
use bailiwick_client::{Client, ClientConfig, ClientError, Credential};
use bailiwick_rpc::api::{ApiError, WatchRequest};
use bailiwick_rpc::token::Token;

use crate::fake::*;

#[tokio::test]
async fn reads_stay_with_one_node_and_go_on_with_another_when_it_dies() {
    let mut fakes = Fakes::start(3).await;
    let client = fakes.client();
    // Establish: one node answers, and goes on answering.
    let first = client.whoami().await.unwrap().node;
    for _ in 0..5 {
        assert_eq!(client.whoami().await.unwrap().node, first);
    }
    // Break.
    fakes.nodes[first as usize - 1].kill().await;
    let second = client.whoami().await.unwrap().node;
    assert_ne!(second, first);
    let health = client.health().borrow().clone();
    assert_eq!(health.reading_from, Some(second as usize - 1));
    assert_eq!(health.nodes[first as usize - 1].up, Some(false));
    assert!(health.nodes[first as usize - 1].trouble.is_some());
    assert!(!health.failing_over);
    // Heal: once the others are gone too, the first is found where it was.
    fakes.restart(first as usize - 1).await;
    for place in 0..3 {
        if place != first as usize - 1 {
            fakes.nodes[place].kill().await;
        }
    }
    assert_eq!(within("the first is found again", client.whoami()).await.unwrap().node, first);
}

#[tokio::test]
async fn a_node_that_hangs_is_left_after_its_time() {
    let fakes = Fakes::start(2).await;
    let client = fakes.client();
    let first = client.whoami().await.unwrap().node;
    fakes.nodes[first as usize - 1].set(Mood::Hangs);
    let asked = Instant::now();
    assert_ne!(client.whoami().await.unwrap().node, first);
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_node_that_cannot_say_is_not_dead_and_another_is_asked() {
    let fakes = Fakes::start(2).await;
    let client = fakes.client();
    let first = client.whoami().await.unwrap().node;
    fakes.nodes[first as usize - 1].set(Mood::Unavailable);
    assert_ne!(client.whoami().await.unwrap().node, first);
    assert_eq!(client.health().borrow().nodes[first as usize - 1].up, Some(true));
}

#[tokio::test]
async fn when_nobody_can_say_their_words_come_back() {
    let fakes = Fakes::start(2).await;
    fakes.nodes.iter().for_each(|node| node.set(Mood::Unavailable));
    let client = Client::connect(ClientConfig { read_timeout: Duration::from_millis(300), ..fakes.config() }).unwrap();
    assert_eq!(client.whoami().await.unwrap_err(), ClientError::Api(ApiError::new(ApiError::UNAVAILABLE, "no leader")));
}

#[tokio::test]
async fn when_nobody_can_be_reached_each_is_named_with_its_cause() {
    let mut fakes = Fakes::start(2).await;
    for node in &mut fakes.nodes {
        node.kill().await;
    }
    let client = Client::connect(ClientConfig { read_timeout: Duration::from_millis(300), ..fakes.config() }).unwrap();
    let told = client.whoami().await.unwrap_err().to_string();
    assert!(fakes.nodes.iter().all(|node| told.contains(&node.addr)) && told.contains("refused"), "{told}");
}

#[tokio::test]
async fn a_refused_credential_is_told_at_once_and_not_tried_for_long() {
    let fakes = Fakes::start(3).await;
    let bad = Credential::Token(Token::parse("bw_bad").unwrap());
    let client = Client::connect(ClientConfig { credential: bad, ..fakes.config() }).unwrap();
    let asked = Instant::now();
    match client.whoami().await.unwrap_err() {
        ClientError::Refused { tried } => assert!(tried.len() == 3 && tried[0].contains("unknown or revoked"), "{tried:?}"),
        other => panic!("{other:?}"),
    }
    assert!(asked.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_long_poll_outlives_the_usual_patience() {
    let fakes = Fakes::start(1).await;
    let client = fakes.client();
    let request = WatchRequest { wait_ms: 900, max: 10, ..WatchRequest::default() };
    client.watch(request).await.unwrap();
    assert_eq!(client.health().borrow().nodes[0].round_trip_us, None, "waiting says nothing about nearness");
}

/// A call that failed at one node and waits at another is no longer looking for one.
#[tokio::test]
async fn a_long_poll_that_has_found_another_node_is_not_failing_over() {
    let mut fakes = Fakes::start(2).await;
    let client = fakes.client();
    let first = client.whoami().await.unwrap().node;
    fakes.nodes[first as usize - 1].kill().await;
    let poll = tokio::spawn({
        let client = client.clone();
        async move { client.watch(WatchRequest { wait_ms: 600_000, max: 10, ..WatchRequest::default() }).await }
    });
    let mut health = client.health();
    within("the other node", health.wait_for(|h| h.reading_from.is_some_and(|place| place != first as usize - 1))).await.unwrap();
    assert!(!health.borrow().failing_over && !poll.is_finished());
    poll.abort();
}

#[tokio::test]
async fn probes_find_out_who_is_there_and_who_leads_and_who_is_not() {
    let mut fakes = Fakes::start(3).await;
    let client = Client::connect(ClientConfig { probe_every: Some(Duration::from_millis(50)), ..fakes.config() }).unwrap();
    let mut health = client.health();
    let all_up = health.wait_for(|h| h.leader == Some(2) && h.nodes.iter().all(|n| n.up == Some(true) && n.round_trip_us.is_some()));
    within("all are found", all_up).await.unwrap();
    fakes.nodes[1].kill().await;
    within("its loss is seen", health.wait_for(|h| h.nodes[1].up == Some(false))).await.unwrap();
    fakes.restart(1).await;
    within("its return is seen", health.wait_for(|h| h.nodes[1].up == Some(true))).await.unwrap();
    within("everything ends", client.close()).await;
}

#[tokio::test]
async fn a_hundred_calls_at_once_share_one_connection() {
    let fakes = Fakes::start(1).await;
    let client = fakes.client();
    let calls = (0..100).map(|_| client.read::<Browsing, _, _, _>(client.patience(), |stub, context| async move { stub.whoami(context).await }));
    let answers = within("all are answered", futures::future::join_all(calls)).await;
    assert!(answers.iter().all(Result::is_ok));
}
