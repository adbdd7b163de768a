//! Who may do what is decided where changes are applied, not where they are asked for: of two owners who demote each
//! other at once exactly one does, and whoever loses a right between asking and applying is refused, on all nodes alike.

use std::time::Instant;

use bailiwick_policy::command::*;
use bailiwick_policy::ids::{ObjectId, OrgCode, RequestId, Revision};
use bailiwick_policy::object::{CredentialKind, Secret, UserType};
use bailiwick_policy::permission::ModuleGrant;
use bailiwick_policy::place::Place;
use bailiwick_policy::query::Item;
use bailiwick_rpc::api::{At, OutcomeReply, SubmitReply};
use bailiwick_rpc::token::Token;
use bailiwick_tests::harness::caller::request;
use bailiwick_tests::harness::*;
use tokio::sync::Semaphore;

use crate::support::settings;

const ORG: &str = "acme";
/// How often the owners meet; each time either may win.
const DUELS: usize = 10;
/// How many changes an admin asks for, each of a store of its own.
const BURST: usize = 32;
/// In how many bursts the right must have been lost between asking and applying at least once.
const BURSTS_MAX: usize = 40;

fn org() -> OrgCode {
    code(ORG)
}

fn user(id: &str, user_type: UserType) -> Command {
    let row = UserRow { name: Some(code(id)), user_type: Some(user_type), places: Field::To(vec![Place::Org]), ..UserRow::new(code(id)) };
    Command::PutUsers { org: org(), mode: PutMode::Import, rows: vec![row] }
}

/// A user's token, made by the operator.
async fn lets_in(operator: &Caller, who: &str) -> Credential {
    let token = Token::generate();
    let kind = CredentialKind::User { org: org(), user: code(who) };
    let id = code(&format!("{who}-1"));
    operator.change(&Command::CreateCredential { id, label: code(who), kind, secret: Secret::TokenHash(token.hash()) }).await;
    Credential::Token(token)
}

/// What became of a request, as one node tells whoever made it.
async fn told_by(cluster: &Cluster, node: u64, who: &Credential, id: RequestId) -> SubmitReply {
    match cluster.caller(node, who).outcome(id).await {
        Ok(OutcomeReply::Known(reply)) => reply,
        other => panic!("node {node} knows nothing of `{id}`: {other:?}"),
    }
}

/// That all nodes tell the same of a request as was answered.
async fn told_alike(cluster: &Cluster, who: &Credential, id: RequestId, answered: &SubmitReply) {
    for node in 1..=3 {
        match (told_by(cluster, node, who, id).await, answered) {
            (SubmitReply::Committed { revision, .. }, SubmitReply::Committed { revision: expected, .. }) => assert_eq!(revision, *expected),
            (SubmitReply::Rejected(told), SubmitReply::Rejected(expected)) => assert_eq!(told, *expected, "node {node}"),
            (told, _) => panic!("node {node} tells {told:?} of `{id}`, and {answered:?} was answered"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_who_demote_each_other_at_once_leave_exactly_one() {
    let story = Story::begin("owners::two_owners_who_demote_each_other_at_once_leave_exactly_one");
    story.phase("establish: an org with two owners, each with a credential");
    let cluster = Cluster::start(settings()).await;
    let operator = &cluster.node(1).caller;
    seed::retailer(operator, ORG, 1).await;
    operator.change(&user("bob", UserType::Owner)).await;
    let (ada, bob) = (lets_in(operator, "ada").await, lets_in(operator, "bob").await);
    let mut won = [0_usize; 2];
    for duel in 0..DUELS {
        // On two nodes, which take turns: the leader is one of them, or neither.
        let nodes = [1 + (duel as u64) % 3, 1 + (duel as u64 + 1) % 3];
        let (_, begins) = operator.change(&user(if duel % 2 == 0 { "zoe" } else { "yan" }, UserType::Standard)).await;
        cluster.reached(begins).await;
        let (by_ada, by_bob) = (cluster.caller(nodes[0], &ada), cluster.caller(nodes[1], &bob));
        // Both connections stand before the duel: else the first to connect always wins.
        for caller in [&by_ada, &by_bob] {
            caller.submit(request(new_id(), &Command::EditOrg { org: org(), name: code("Acme") })).await.expect("an owner is let in");
        }
        let ids = [new_id(), new_id()];
        let (of_ada, of_bob) = tokio::join!(
            by_ada.submit(request(ids[0], &user("bob", UserType::Standard))),
            by_bob.submit(request(ids[1], &user("ada", UserType::Standard))),
        );
        let replies = [of_ada.expect("an answer"), of_bob.expect("an answer")];
        let winner = match &replies {
            [SubmitReply::Committed { changed: true, .. }, SubmitReply::Rejected(no)] => {
                assert_eq!(no.code, "forbidden", "{no}");
                0
            }
            [SubmitReply::Rejected(no), SubmitReply::Committed { changed: true, .. }] => {
                assert_eq!(no.code, "forbidden", "{no}");
                1
            }
            other => panic!("UM-6: exactly one of two owners demotes the other: {other:#?}"),
        };
        won[winner] += 1;
        cluster.equal().await;
        for ((who, id), reply) in [&ada, &bob].into_iter().zip(ids).zip(&replies) {
            told_alike(&cluster, who, id, reply).await;
        }
        let types = owners(&cluster).await;
        assert_eq!(types, [["ada"], ["bob"]][winner], "duel {duel}");
        operator.change(&user(["bob", "ada"][winner], UserType::Owner)).await;
    }
    story.note(&format!("ada won {}, bob {}", won[0], won[1]));
    assert_eq!(won[0] + won[1], DUELS);

    story.phase("UM-6: the last owner can't be demoted, not even by the operator, on any node");
    operator.change(&user("bob", UserType::Standard)).await;
    for node in 1..=3 {
        assert_eq!(cluster.node(node).caller.refused(&user("ada", UserType::Standard)).await.code, "last_owner");
    }
}

/// Who owns the org, by the last node's account, which is what all have.
async fn owners(cluster: &Cluster) -> Vec<&'static str> {
    let mut all = Vec::new();
    for who in ["ada", "bob"] {
        let id = ObjectId::User(org(), code(who));
        let Item::User { user, .. } = cluster.node(3).caller.get(id, At::Local).await.expect("a user").item else { panic!("`{who}` is a user") };
        if user.user_type == UserType::Owner {
            all.push(who);
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_lost_between_asking_and_applying_is_refused_at_apply_on_all_nodes() {
    let story = Story::begin("owners::a_right_lost_between_asking_and_applying_is_refused_at_apply_on_all_nodes");
    story.phase("establish: an admin who may allocate groups, by a set");
    let cluster = Cluster::start(settings()).await;
    let operator = &cluster.node(1).caller;
    seed::retailer(operator, ORG, BURST).await;
    operator.change(&user("eve", UserType::Admin)).await;
    let grants = vec![ModuleGrant { module: code("Administration/Access groups"), actions: code("VE") }];
    operator.change(&Command::CreateSet { org: org(), name: code("Allocators"), description: "".into(), grants, clone_of: None }).await;
    let eve = lets_in(operator, "eve").await;
    let set = |verb, places| {
        let sets = vec![Assign::new("allocators").at(places)];
        Command::AssignSets { org: org(), user: code("eve"), verb, sets, permissions: Vec::new() }
    };
    let mut lost_between = 0;
    for burst in 0..BURSTS_MAX {
        let (_, given) = operator.change(&set(Verb::Add, vec![Place::Org])).await;
        cluster.reached(given).await;
        let admin = cluster.caller(1 + (burst as u64) % 3, &eve);
        admin.whoami().await.expect("eve is let in");
        let group = if burst % 2 == 0 { "Admin" } else { "Instore" };
        let asked: Vec<(RequestId, Command)> = seed::codes(BURST).iter().map(|store| (new_id(), seed::allocate(ORG, &[store], Some(group)))).collect();
        // Eight at a time; the right is taken when a quarter has been answered, while others are on their way.
        let (admin, answered) = (&admin, &Semaphore::new(0));
        let asks = futures::future::join_all(asked.chunks(BURST / 8).map(|turn| async move {
            let mut replies = Vec::new();
            for (id, command) in turn {
                let began = Instant::now();
                replies.push((began, admin.submit(request(*id, command)).await.expect("an answer")));
                answered.add_permits(1);
            }
            replies
        }));
        let take = async {
            let _quarter = answered.acquire_many(8).await.expect("a semaphore stays open");
            let (_, taken) = operator.change(&set(Verb::Remove, Vec::new())).await;
            (Instant::now(), taken)
        };
        let (replies, (taken_by, taken)) = tokio::join!(asks, take);
        let (began, replies): (Vec<Instant>, Vec<SubmitReply>) = replies.into_iter().flatten().unzip();
        let (mut changed_something, mut refused) = (0_u64, 0);
        for reply in &replies {
            match reply {
                // Every one that was applied came before the right went.
                SubmitReply::Committed { revision, changed, .. } => {
                    assert!(*revision < taken, "{revision} was applied after {taken}");
                    changed_something += u64::from(*changed);
                }
                SubmitReply::Rejected(no) => {
                    assert_eq!(no.code, "forbidden", "{no}");
                    refused += 1;
                }
                SubmitReply::Unknown { message } => panic!("{message}"),
            }
        }
        assert_eq!(cluster.equal().await.0, taken, "nothing was applied after the right went");
        assert_eq!(taken, Revision(given.0 + changed_something + 1), "{given}, {refused} refused");
        for ((id, _), reply) in asked.iter().zip(&replies) {
            told_alike(&cluster, &eve, *id, reply).await;
        }
        // Those that were asked for while nobody had been told that the right is gone, and were refused where they were applied.
        let overtaken = |(began, reply): &(&Instant, &SubmitReply)| **began < taken_by && matches!(reply, SubmitReply::Rejected(_));
        let overtaken = began.iter().zip(&replies).filter(overtaken).count();
        if changed_something > 0 && overtaken > 0 {
            lost_between += 1;
            story.note(&format!("burst {burst}: {changed_something} were in time, {refused} refused, {overtaken} of these on their way already"));
        }
        if lost_between >= 3 {
            return;
        }
    }
    panic!("in {BURSTS_MAX} bursts the right was lost between asking and applying {lost_between} times only");
}
