//! Nodes: each proves itself to the other, by node and by cluster.

use std::sync::Arc;

use bailiwick_rpc::connect::{ConnectError, Connected, connect};
use bailiwick_rpc::net::Tcp;
use bailiwick_rpc::preface::RefusalCode;
use bailiwick_rpc::tls::{NodeFiles, PeerTls, caller_client_config};

use crate::toy::*;

async fn call(door: &Open, from: &PeerTls, addressed: u64) -> Result<Connected, ConnectError> {
    connect(&Tcp, &door.addr, from.client_config(), from.server_name(addressed).unwrap(), &toy()).await
}

#[tokio::test]
async fn nodes_of_one_cluster_know_each_other() {
    let pki = Pki::new("demo");
    let door = open_peers(pki.peer_tls(1)).await;
    let client = client(call(&door, &pki.peer_tls(3), 1).await.unwrap());
    assert_eq!(client.who(soon()).await.unwrap(), r#"PeerIdentity { node: 3, cluster: "demo" }"#);
}

#[tokio::test]
async fn a_node_that_is_not_the_one_addressed_is_not_believed() {
    let pki = Pki::new("demo");
    let door = open_peers(pki.peer_tls(1)).await;
    match call(&door, &pki.peer_tls(3), 2).await {
        Err(ConnectError::Tls { cause, .. }) => assert!(cause.contains("n2.demo.bailiwick.internal"), "{cause}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_authority_that_signs_for_two_clusters_does_not_join_them() {
    // Two authorities of different names, one file: a certificate of the other cluster passes TLS, and no further.
    let (ours, theirs) = (Pki::new("demo"), Pki::new("else"));
    let both = ours.folder.join("both.pem");
    std::fs::write(&both, format!("{}{}", ours.authority.certificate_pem(), theirs.authority.certificate_pem())).unwrap();
    let files = NodeFiles { ca: both.clone(), ..ours.node(1) };
    let door = open_peers(Arc::new(PeerTls::load(files, "demo", 1).unwrap())).await;
    let stranger = theirs.node(3).own;
    let tls = caller_client_config(&both, Some(&stranger)).unwrap();
    let name = ours.peer_tls(2).server_name(1).unwrap();
    match connect(&Tcp, &door.addr, tls, name, &toy()).await {
        Err(ConnectError::Refused { refusal, .. }) => {
            assert_eq!(refusal.code, RefusalCode::CLUSTER);
            assert!(refusal.message.contains("`else`"), "{refusal}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_operator_is_no_node_and_nobody_comes_without_a_certificate() {
    let pki = Pki::new("demo");
    let door = open_peers(pki.peer_tls(1)).await;
    let name = || pki.peer_tls(2).server_name(1).unwrap();
    let (alice, _) = pki.operator("alice");
    match connect(&Tcp, &door.addr, caller_client_config(&pki.ca(), Some(&alice)).unwrap(), name(), &toy()).await {
        Err(ConnectError::Refused { refusal, .. }) => assert!(refusal.message.contains("names no node"), "{refusal}"),
        other => panic!("{other:?}"),
    }
    match connect(&Tcp, &door.addr, caller_client_config(&pki.ca(), None).unwrap(), name(), &toy()).await {
        Err(ConnectError::Tls { .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_nodes_own_certificate_must_be_its_own() {
    let pki = Pki::new("demo");
    let told = PeerTls::load(pki.node(3), "demo", 2).unwrap_err().to_string();
    assert!(told.contains("it names `n3.demo.bailiwick.internal`, this node is `n2.demo.bailiwick.internal`"), "{told}");
    assert!(PeerTls::load(pki.node(3), "else", 3).is_err());
}
