//! Maker and checker over three nodes: proposed through one, approved through another, and judged the same on all.

use std::time::Duration;

use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::{CredentialKind, Secret, UserType};
use bailiwick_policy::place::Place;
use bailiwick_policy::query::{Item, List};
use bailiwick_rpc::api::{At, PreviewRequest, SubmitReply, SubmitRequest, encode_command};
use bailiwick_rpc::token::Token;
use bailiwick_tests::harness::caller::request;
use bailiwick_tests::harness::*;

use crate::support::settings;

const ORG: &str = "acme";
/// Long enough for a proposal to be seen waiting, in milliseconds.
const SHORT_MS: u64 = 1_500;
/// Until one whose time is over must be gone.
const OVER_WITHIN: Duration = Duration::from_secs(10);

pub fn user(org: &str, id: &str, user_type: UserType) -> Command {
    let row = UserRow { name: Some(code(id)), user_type: Some(user_type), places: Field::To(vec![Place::Org]), ..UserRow::new(code(id)) };
    Command::PutUsers { org: code(org), mode: PutMode::Create, rows: vec![row] }
}

pub fn credential(org: &str, user: &str, token: &Token) -> Command {
    let id = format!("{org}-{user}");
    let kind = CredentialKind::User { org: code(org), user: code(user) };
    Command::CreateCredential { id: code(&id), label: code(&id), kind, secret: Secret::TokenHash(token.hash()) }
}

pub fn approval(org: &str, required: bool) -> Command {
    Command::EditSettings { org: code(org), contact: Field::Keep, least_privilege_registration: None, approval_required: Some(required) }
}

fn propose(command: Command, lasts_ms: Option<u64>) -> Command {
    Command::Propose { org: code(ORG), command: Box::new(command), lasts_ms }
}

fn approve(proposal: RequestId) -> Command {
    Command::Approve { org: code(ORG), proposal }
}

/// Proposes through a node; the id of the request is the proposal's.
async fn proposed(cluster: &Cluster, maker: &Caller, command: Command, lasts_ms: Option<u64>) -> RequestId {
    let id = new_id();
    match maker.submit(request(id, &propose(command, lasts_ms))).await {
        Ok(SubmitReply::Committed { revision, changed: true, .. }) => cluster.reached(revision).await,
        other => panic!("`{}` should be proposed: {other:?}", maker.addr()),
    }
    id
}

async fn waiting(caller: &Caller) -> Vec<RequestId> {
    let rows = caller.rows(ORG, List::Proposals, At::Local).await.expect("a list").window.items;
    rows.iter().filter_map(|item| if let Item::Proposal { proposal } = item { Some(proposal.id) } else { None }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_proposes_and_another_approves_through_any_node() {
    let story = Story::begin("proposals::one_proposes_and_another_approves_through_any_node");
    story.phase("establish: two owners, and somebody who allocates; approval is required");
    let cluster = Cluster::start(settings()).await;
    let operator = &cluster.node(1).caller;
    seed::retailer(operator, ORG, 3).await;
    let (ada, bob, sam) = (Token::generate(), Token::generate(), Token::generate());
    let desk = vec![bailiwick_policy::permission::ModuleGrant { module: code("Administration/Access groups"), actions: code("VE") }];
    let holds = |verb| Command::AssignSets { org: code(ORG), user: code("sam"), verb, sets: vec![Assign::new("desk").at(vec![Place::Org])], permissions: Vec::new() };
    for command in [
        user(ORG, "bob", UserType::Owner),
        user(ORG, "sam", UserType::Standard),
        Command::CreateSet { org: code(ORG), name: code("Desk"), description: "".into(), grants: desk, clone_of: None },
        holds(Verb::Add),
        credential(ORG, "ada", &ada),
        credential(ORG, "bob", &bob),
        credential(ORG, "sam", &sam),
        approval(ORG, true),
    ] {
        let (_, revision) = operator.change(&command).await;
        cluster.reached(revision).await;
    }
    let as_ = |node: u64, token: &Token| cluster.caller(node, &Credential::Token(token.clone()));
    let allocation = seed::allocate(ORG, &["s1"], Some("Admin"));

    story.phase("without a second nothing changes, whoever asks, through any node");
    for node in 1..=3 {
        for caller in [&as_(node, &ada), &as_(node, &sam), &cluster.node(node).caller] {
            assert_eq!(caller.refused(&allocation).await.code, "approval_required");
        }
    }
    let proposal = proposed(&cluster, &as_(1, &ada), allocation.clone(), None).await;
    for node in 1..=3 {
        assert_eq!(waiting(&as_(node, &bob)).await, [proposal]);
        assert_eq!(as_(node, &ada).refused(&approve(proposal)).await.code, "self_approval");
    }

    story.phase("another approves through another node, held to the impact that was shown");
    let checker = as_(2, &bob);
    let command = encode_command(&approve(proposal)).expect("it encodes");
    let shown = checker.preview(PreviewRequest { commands: vec![command], without_impact: false, at_least: None }).await.expect("a preview");
    assert!(shown.rejected.is_none() && shown.impact.lines().iter().any(|line| line.contains("Admin")), "{shown:?}");
    let stale = SubmitRequest { expect: Some("of something else".to_owned()), ..request(new_id(), &approve(proposal)) };
    let refused = checker.submit(stale).await.expect("an answer");
    assert!(matches!(&refused, SubmitReply::Rejected(body) if body.code == "conflict"), "{refused:?}");
    let held = SubmitRequest { expect: Some(shown.digest), ..request(new_id(), &approve(proposal)) };
    let Ok(SubmitReply::Committed { revision, .. }) = checker.submit(held).await else { panic!("the approval was refused") };
    cluster.reached(revision).await;
    for node in 1..=3 {
        let caller = &cluster.node(node).caller;
        let reason = caller.check(check_of(ORG, "till:s1/t1", "GET", "/v2/reports", At::Local)).await.expect("an answer").reason;
        assert_eq!(reason, "permit_group", "node {node}");
        assert_eq!(waiting(caller).await, []);
        let entry = caller.audit_entry(revision).await.expect("the entry");
        let by = entry.proposed.map(|proposed| (proposed.id, proposed.by, proposed.command));
        assert_eq!((entry.actor_label.as_str(), by), ("acme-bob", Some((proposal, "acme-ada".to_owned(), "allocate".to_owned()))));
    }

    story.phase("who loses the right between proposing and approval is refused, on all nodes alike");
    let late = proposed(&cluster, &as_(3, &sam), seed::allocate(ORG, &["s2"], Some("Admin")), None).await;
    let less = proposed(&cluster, &as_(1, &ada), holds(Verb::Remove), None).await;
    let (_, revision) = as_(3, &bob).change(&approve(less)).await;
    cluster.reached(revision).await;
    for node in 1..=3 {
        let refused = as_(node, &bob).refused(&approve(late)).await;
        assert_eq!(refused.code, "forbidden");
        assert!(refused.message.contains("`acme-sam`, who proposed it"), "{refused}");
    }

    story.phase("what nobody approves in time goes by itself, everywhere at one revision");
    let short = proposed(&cluster, &as_(2, &ada), seed::default(ORG, None), Some(SHORT_MS)).await;
    for node in 1..=3 {
        until("the proposal is gone", OVER_WITHIN, async || {
            let left = waiting(&as_(node, &bob)).await;
            if left.contains(&short) { Err(format!("{left:?}")) } else { Ok(()) }
        })
        .await;
    }
    assert_eq!(as_(1, &bob).refused(&approve(short)).await.code, "proposal_unknown");
    let (revision, ..) = cluster.equal().await;
    assert_eq!(operator.audit_entry(revision).await.expect("the tick's entry").command, "tick");
    assert_eq!(waiting(operator).await, [late]);
}
