//! Those who don't keep to the forms: they are told, or cut off, and nobody else notices.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bailiwick_rpc::limits::{FRAME_BYTES_MAX, PREFACE_BYTES_MAX};
use bailiwick_rpc::preface::{ClientHello, RefusalCode, ServerHello};
use bailiwick_rpc::server::Limits;
use bailiwick_rpc::tls::{caller_client_config, server_name_of};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::toy::*;

/// TLS as a caller, and nothing said yet.
async fn raw(pki: &Pki, door: &Open) -> TlsStream<TcpStream> {
    let tls = caller_client_config(&pki.ca(), None).unwrap();
    let tcp = TcpStream::connect(&door.addr).await.unwrap();
    TlsConnector::from(tls).connect(server_name_of(&door.addr).unwrap(), tcp).await.unwrap()
}

async fn send(io: &mut TlsStream<TcpStream>, body: &[u8]) {
    io.write_u32(body.len() as u32).await.unwrap();
    io.write_all(body).await.unwrap();
    io.flush().await.unwrap();
}

async fn receive(io: &mut TlsStream<TcpStream>) -> io::Result<Vec<u8>> {
    let length = io.read_u32().await?;
    let mut body = vec![0; length as usize];
    io.read_exact(&mut body).await?;
    Ok(body)
}

fn pack(value: &impl Serialize) -> Vec<u8> {
    rmp_serde::to_vec_named(value).unwrap()
}

/// TLS and a proper preface: what follows is up to the test.
async fn raw_let_in(pki: &Pki, door: &Open) -> TlsStream<TcpStream> {
    let mut io = raw(pki, door).await;
    send(&mut io, &pack(&toy().with_token(token()))).await;
    match rmp_serde::from_slice(&receive(&mut io).await.unwrap()).unwrap() {
        ServerHello::Accepted(_) => io,
        ServerHello::Refused(refusal) => panic!("{refusal}"),
    }
}

async fn someone_polite_is_served(pki: &Pki, door: &Open) {
    let polite = client(call_door(door, &pki.ca(), None, toy().with_token(token())).await.unwrap());
    assert_eq!(polite.echo(soon(), "hello".into()).await.unwrap(), "hello");
}

#[derive(Serialize)]
enum Sent<T> {
    Request { context: SentContext, id: u64, message: T },
}

#[derive(Serialize)]
struct SentContext {
    deadline: SentDuration,
}

#[derive(Serialize)]
struct SentDuration {
    secs: u64,
    nanos: u32,
}

fn request<T>(id: u64, message: T) -> Sent<T> {
    Sent::Request { context: SentContext { deadline: SentDuration { secs: u64::MAX, nanos: u32::MAX } }, id, message }
}

#[derive(Serialize)]
enum Method {
    Echo { text: &'static str },
    Sing { song: &'static str },
}

#[tokio::test]
async fn an_absurd_deadline_is_served_like_any_other() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits::default()).await;
    let mut io = raw_let_in(&pki, &door).await;
    send(&mut io, &pack(&request(1, Method::Echo { text: "for ever" }))).await;
    let answer = receive(&mut io).await.unwrap();
    assert!(String::from_utf8_lossy(&answer).contains("for ever"));
    someone_polite_is_served(&pki, &door).await;
}

#[tokio::test]
async fn an_unknown_method_fails_its_own_call_only() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits::default()).await;
    let mut io = raw_let_in(&pki, &door).await;
    for id in 1..200 {
        send(&mut io, &pack(&request(id, Method::Sing { song: "la" }))).await;
    }
    for _ in 1..200 {
        let answer = receive(&mut io).await.unwrap();
        assert!(String::from_utf8_lossy(&answer).contains("could not be understood"));
    }
    send(&mut io, &pack(&request(200, Method::Echo { text: "still here" }))).await;
    assert!(String::from_utf8_lossy(&receive(&mut io).await.unwrap()).contains("still here"));
}

#[tokio::test]
async fn a_frame_too_large_ends_its_connection_only() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits::default()).await;
    let mut io = raw_let_in(&pki, &door).await;
    io.write_u32(FRAME_BYTES_MAX as u32 + 1).await.unwrap();
    io.flush().await.unwrap();
    assert!(within("the connection ends", receive(&mut io)).await.is_err());
    someone_polite_is_served(&pki, &door).await;
}

#[tokio::test]
async fn messages_too_large_fail_their_own_calls_either_way() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits::default()).await;
    let client = client(call_door(&door, &pki.ca(), None, toy().with_token(token())).await.unwrap());
    let sent = client.measure(soon(), vec![0; FRAME_BYTES_MAX + 1].into()).await.unwrap_err();
    assert!(format!("{sent:?}").contains("TooLarge"), "{sent:?}");
    let answered = client.sized(soon(), FRAME_BYTES_MAX).await.unwrap_err();
    assert!(format!("{answered:?}").contains("at most 8388608"), "{answered:?}");
    assert_eq!(client.sized(soon(), FRAME_BYTES_MAX - 1000).await.unwrap().len(), FRAME_BYTES_MAX - 1000);
    assert_eq!(client.measure(soon(), vec![0; FRAME_BYTES_MAX - 1000].into()).await.unwrap(), FRAME_BYTES_MAX - 1000);
}

#[tokio::test]
async fn a_garbage_preface_is_told_what_is_wanted() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits::default()).await;
    let stranger = ClientHello { magic: "SSH-2.0".into(), ..toy() };
    for garbage in [b"GET / HTTP/1.1".to_vec(), vec![], vec![0xc1], pack(&stranger)] {
        let mut io = raw(&pki, &door).await;
        send(&mut io, &garbage).await;
        match rmp_serde::from_slice(&within("an answer", receive(&mut io)).await.unwrap()).unwrap() {
            ServerHello::Refused(refusal) => assert_eq!(refusal.code, RefusalCode::PREFACE),
            ServerHello::Accepted(hello) => panic!("{hello:?}"),
        }
        assert!(receive(&mut io).await.is_err());
    }
    let mut io = raw(&pki, &door).await;
    io.write_u32(PREFACE_BYTES_MAX as u32 + 1).await.unwrap();
    io.flush().await.unwrap();
    match rmp_serde::from_slice(&within("an answer", receive(&mut io)).await.unwrap()).unwrap() {
        ServerHello::Refused(refusal) => assert!(refusal.message.contains("65537 bytes"), "{refusal}"),
        ServerHello::Accepted(hello) => panic!("{hello:?}"),
    }
    someone_polite_is_served(&pki, &door).await;
}

#[tokio::test]
async fn those_who_never_finish_their_handshake_keep_nobody_out() {
    let pki = Pki::new("demo");
    let door = open_callers(&pki, Limits { handshakes_max: 4, ..Limits::default() }).await;
    let mut hanging = Vec::new();
    for _ in 0..20 {
        hanging.push(TcpStream::connect(&door.addr).await.unwrap());
    }
    someone_polite_is_served(&pki, &door).await;
    // The oldest had to make room, and were cut off long before their timeout.
    assert!(door.stats.evicted_total.load(Ordering::Relaxed) >= 16);
    let mut byte = [0; 1];
    let read = within("the oldest is cut off", hanging.remove(0).read(&mut byte)).await;
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

#[tokio::test]
async fn a_handshake_or_a_preface_has_its_time_and_no_more() {
    let pki = Pki::new("demo");
    let short = Duration::from_millis(100);
    let door = open_callers(&pki, Limits { handshake_timeout: short, preface_timeout: short, ..Limits::default() }).await;
    let mut silent = TcpStream::connect(&door.addr).await.unwrap();
    assert_eq!(within("cut off", silent.read(&mut [0; 1])).await.unwrap(), 0);
    let mut mute = raw(&pki, &door).await;
    assert!(within("cut off", receive(&mut mute)).await.is_err());
    someone_polite_is_served(&pki, &door).await;
    assert_eq!(door.stats.failed_total.load(Ordering::Relaxed), 2);
}
