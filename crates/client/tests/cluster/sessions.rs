//! Sessions: what was written is asked for from then on.

use bailiwick_client::{Change, Session, new_request_id};
use bailiwick_policy::command::Command;
use bailiwick_policy::ids::Revision;
use bailiwick_rpc::api::{At, Receipt};

use crate::fake::*;

#[tokio::test]
async fn a_session_asks_for_nothing_older_than_what_it_knows() {
    let fakes = Fakes::start(1).await;
    let session = Session::new(fakes.client());
    assert_eq!(session.at(), At::Local);
    let command = Command::EditOrg { org: "demo".parse().unwrap(), name: "Demo".parse().unwrap() };
    session.submit(Change { request_id: Some(new_request_id()), ..Change::new(command) }).await.unwrap();
    let receipt = |revision| Receipt::new("demo", 1, Revision(revision));
    assert_eq!(session.at(), At::AtLeast(receipt(1)));
    // What was seen since counts too; what is older doesn't.
    session.saw(Revision(7));
    session.remember(&receipt(3));
    assert_eq!(session.last(), Some(receipt(7)));
    // A later incarnation wins over a higher revision: the cluster was restored.
    session.remember(&Receipt::new("demo", 2, Revision(2)));
    assert_eq!(session.last(), Some(Receipt::new("demo", 2, Revision(2))));
    session.forget();
    assert_eq!(session.at(), At::Local);
}
