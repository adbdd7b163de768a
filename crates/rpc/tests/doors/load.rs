//! Bounds under load, and how a door closes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bailiwick_rpc::codec::context_within;
use bailiwick_rpc::connect::ConnectError;
use bailiwick_rpc::server::Limits;
use futures::future::join_all;

use crate::toy::*;

#[tokio::test]
async fn one_connection_too_many_is_told_to_try_another_node() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits { connections_max: 2, ..Limits::default() }).await;
    let ca = pki.ca();
    let knock = || call_door(&door, &ca, None, toy().with_token(token()));
    // Establish: both places taken.
    let (first, _second) = (client(knock().await.unwrap()), client(knock().await.unwrap()));
    assert_eq!(first.echo(soon(), "in".into()).await.unwrap(), "in");
    // Break: a third is refused, and knows that it may come back.
    match knock().await {
        Err(error @ ConnectError::Refused { .. }) if error.is_passing() => {}
        other => panic!("{other:?}"),
    }
    // Heal: one leaves, the place is free.
    drop(first);
    until("the place is free", || door.stats.connections.load(Ordering::Relaxed) == 1).await;
    client(knock().await.unwrap()).echo(soon(), "in".into()).await.unwrap();
    assert_eq!(door.stats.refused_total.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn requests_above_the_limit_wait_at_the_client_and_all_are_answered() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits { in_flight_max: 4, ..Limits::default() }).await;
    let client = client(call_door(&door, &pki.ca(), None, toy().with_token(token())).await.unwrap());
    let answers = join_all((0..100).map(|n| {
        let client = client.clone();
        async move {
            client.wait(soon(), 2).await.unwrap();
            client.echo(soon(), n.to_string()).await.unwrap()
        }
    }));
    let answers = within("all are answered", answers).await;
    assert!(answers.iter().enumerate().all(|(n, answer)| *answer == n.to_string()));
}

#[tokio::test]
async fn a_client_that_ignores_the_limit_is_refused_and_those_under_way_are_answered() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits { in_flight_max: 4, ..Limits::default() }).await;
    let connected = call_door(&door, &pki.ca(), None, toy().with_token(token())).await.unwrap();
    let greedy = ToyClient::new(tarpc::client::Config::default(), connected.transport()).spawn();
    let all = join_all((0..50).map(|_| greedy.wait(soon(), 300)));
    let answers = within("all are answered", all).await;
    let refused = answers.iter().filter(|answer| matches!(answer, Err(tarpc::client::RpcError::Server(_)))).count();
    let served = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!((served, refused), (8, 42));
    assert_eq!(greedy.echo(soon(), "still here".into()).await.unwrap(), "still here");
}

#[tokio::test]
async fn a_long_request_does_not_hold_up_the_others() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits { in_flight_max: 2, ..Limits::default() }).await;
    let client = client(call_door(&door, &pki.ca(), None, toy().with_token(token())).await.unwrap());
    let long = tokio::spawn({
        let client = client.clone();
        async move { client.wait(soon(), 60_000).await }
    });
    for _ in 0..50 {
        client.sized(soon(), 100_000).await.unwrap();
    }
    long.abort();
    // A caller that goes away frees its place.
    let both = [client.wait(soon(), 1), client.wait(soon(), 1)];
    assert!(join_all(both).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_deadline_ends_the_handler() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits { in_flight_max: 1, ..Limits::default() }).await;
    let client = client(call_door(&door, &pki.ca(), None, toy().with_token(token())).await.unwrap());
    let late = client.wait(context_within(Duration::from_millis(50)), 60_000).await;
    assert!(matches!(late, Err(tarpc::client::RpcError::DeadlineExceeded)), "{late:?}");
    assert_eq!(client.echo(soon(), "next".into()).await.unwrap(), "next");
}

#[tokio::test]
async fn a_door_that_closes_answers_what_is_under_way_and_lets_nobody_in() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits::default()).await;
    let client = client(call_door(&door, &pki.ca(), None, toy().with_token(token())).await.unwrap());
    client.echo(soon(), "in".into()).await.unwrap();
    let under_way = tokio::spawn({
        let client = client.clone();
        async move { client.wait(soon(), 300).await }
    });
    // The second request is answered only once the first is being served.
    client.echo(soon(), "after".into()).await.unwrap();
    door.stop.cancel();
    under_way.await.unwrap().unwrap();
    within("the door has closed", door.task).await.unwrap();
    assert_eq!(door.stats.connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_stop_waits_for_nobody_beyond_its_grace() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits { grace: Duration::from_millis(100), ..Limits::default() }).await;
    let client = client(call_door(&door, &pki.ca(), None, toy().with_token(token())).await.unwrap());
    client.echo(soon(), "in".into()).await.unwrap();
    let stuck = tokio::spawn(async move { client.wait(soon(), 60_000).await });
    until("it stands", || door.stats.connections.load(Ordering::Relaxed) == 1).await;
    door.stop.cancel();
    within("the door has closed", door.task).await.unwrap();
    assert!(stuck.await.unwrap().is_err());
}

#[tokio::test]
async fn a_connection_on_which_nothing_moves_is_given_up() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits { idle_max: Duration::from_millis(150), ..Limits::default() }).await;
    let client = client(call_door(&door, &pki.ca(), None, toy().with_token(token())).await.unwrap());
    for _ in 0..5 {
        client.wait(soon(), 50).await.unwrap();
    }
    until("it is given up", || door.stats.connections.load(Ordering::Relaxed) == 0).await;
}
