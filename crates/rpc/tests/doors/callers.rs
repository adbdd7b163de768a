//! Callers: a certificate or a token lets in; nothing, an expired or a strange one doesn't.

use bailiwick_rpc::connect::ConnectError;
use bailiwick_rpc::preface::{ClientHello, RefusalCode};
use bailiwick_rpc::server::Limits;
use bailiwick_rpc::tls::{CallerTls, ServerTls};
use bailiwick_rpc::token::Token;

use crate::toy::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(4).map(|b| format!("{b:02x}")).collect()
}

#[tokio::test]
async fn a_certificate_lets_in_and_names_its_bearer() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits::default()).await;
    let (alice, fingerprint) = pki.operator("alice");
    let connected = call_door(&door, &pki.ca(), Some(&alice), toy()).await.unwrap();
    assert_eq!((connected.hello.node, connected.hello.cluster.as_str(), connected.hello.protocol), (1, "demo", 1));
    let client = client(connected);
    assert_eq!(client.echo(soon(), "hello".into()).await.unwrap(), "hello");
    assert!(client.who(soon()).await.unwrap().contains(&hex(&fingerprint)));
}

#[tokio::test]
async fn a_token_lets_in_and_only_its_hash_is_known() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits::default()).await;
    let token = Token::generate();
    let client = client(call_door(&door, &pki.ca(), None, toy().with_token(Some(token.clone()))).await.unwrap());
    let who = client.who(soon()).await.unwrap();
    assert!(who.contains(&hex(&token.hash())) && !who.contains(token.reveal()), "{who}");
}

#[tokio::test]
async fn who_proves_nothing_is_refused_and_told_so() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits::default()).await;
    match call_door(&door, &pki.ca(), None, toy()).await {
        Err(ConnectError::Refused { refusal, .. }) => assert_eq!(refusal.code, RefusalCode::CREDENTIAL),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_that_has_expired_or_is_of_another_authority_is_not_believed() {
    let (pki, other) = (Pki::new("demo"), Pki::new("demo"));
    let door = open_callers(&pki, Limits::default()).await;
    for own in [pki.expired_operator(), other.operator("mallory").0] {
        match call_door(&door, &pki.ca(), Some(&own), toy()).await {
            Err(ConnectError::Tls { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    // The node of another authority isn't believed either.
    match call_door(&door, &other.ca(), None, toy().with_token(token())).await {
        Err(ConnectError::Tls { cause, .. }) => assert!(cause.contains("UnknownIssuer") || cause.contains("BadSignature"), "{cause}"),
        other => panic!("{other:?}"),
    }
    within("only failures are counted", until("failures", || door.stats.failed_total.load(std::sync::atomic::Ordering::Relaxed) == 3)).await;
}

#[tokio::test]
async fn an_unknown_service_is_refused_with_those_there_are() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits::default()).await;
    match call_door(&door, &pki.ca(), None, ClientHello::new("tod", "test").with_token(token())).await {
        Err(ConnectError::Refused { refusal, .. }) => {
            assert_eq!((refusal.code, refusal.services), (RefusalCode::SERVICE, vec!["toy".to_owned(), "game".to_owned()]));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_newer_client_is_told_to_wait_for_the_node() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits::default()).await;
    let hello = ClientHello { protocol_min: 2, protocol_max: 7, ..toy() };
    match call_door(&door, &pki.ca(), None, hello.with_token(token())).await {
        Err(ConnectError::Refused { refusal, .. }) => assert!(refusal.message.ends_with("upgrade the node"), "{refusal}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn files_are_read_again_and_wrong_ones_change_nothing() {
    let (pki, other) = (Pki::new("demo"), Pki::new("demo"));
    let files = pki.node(1);
    let tls = std::sync::Arc::new(CallerTls::load(files.clone()).unwrap());
    let door = open(tls.clone(), Limits::default(), |_| Ok(())).await;
    let before = client(call_door(&door, &pki.ca(), None, toy()).await.unwrap());

    std::fs::write(&files.own.certificate, "rubbish").unwrap();
    let told = tls.reload().unwrap_err().to_string();
    assert!(told.contains("n1.pem") && told.contains("CERTIFICATE"), "{told}");
    call_door(&door, &pki.ca(), None, toy()).await.unwrap();

    // Another authority takes over: the files change under the same names.
    let new = other.node(1);
    for (from, to) in [(&new.ca, &files.ca), (&new.own.certificate, &files.own.certificate), (&new.own.key, &files.own.key)] {
        std::fs::copy(from, to).unwrap();
    }
    tls.reload().unwrap();
    call_door(&door, &other.ca(), None, toy()).await.unwrap();
    assert_eq!(before.echo(soon(), "still here".into()).await.unwrap(), "still here");
    assert_eq!(tls.server_config().send_tls13_tickets, 0);
}
