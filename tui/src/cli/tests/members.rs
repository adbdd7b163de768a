//! Changes of the cluster's members: confirmed, made once, told.

use bailiwick_rpc::api::{ApiError, MemberChange};

use super::fake::Fake;
use super::{Exit, Seen, bailiwick, bailiwick_typing};
use crate::cli::api::CallFault;

fn asked(fake: &Fake) -> Vec<(MemberChange, bool)> {
    fake.members.borrow().iter().map(|request| (request.change.clone(), request.dry_run)).collect()
}

#[test]
fn without_a_terminal_it_wants_yes_and_asks_nobody() {
    let fake = Fake::empty();
    for line in ["cluster add 4 --peer h4:7400 --client h4:7410", "cluster promote 4", "cluster remove 3", "cluster transfer"] {
        let seen = bailiwick(&fake, line);
        assert!(seen.exit == Exit::Usage && seen.stderr.contains("--yes"), "{line}: {seen:?}");
        let refused = bailiwick(&fake, &format!("--read-only {line} --yes"));
        assert!(refused.exit == Exit::Failed && refused.stderr.contains("read-only"), "{line}: {refused:?}");
    }
    assert_eq!(asked(&fake), []);
}

#[test]
fn yes_makes_it_and_says_who_is_a_member() {
    let fake = Fake::empty();
    let seen = bailiwick(&fake, "cluster add 4 --peer h4:7400 --client h4:7410 --yes --reason more_room");
    assert_eq!((seen.exit, seen.stdout.as_str()), (Exit::Done, "the fake did it\nmembers: voters 1, 2, 3; learners 4\n"));
    let add = MemberChange::Add { id: 4, peer: "h4:7400".into(), client: "h4:7410".into() };
    assert_eq!(asked(&fake), [(add, false)]);
    assert_eq!(fake.members.borrow().first().and_then(|request| request.reason.clone()).as_deref(), Some("more room"));
    assert_eq!(bailiwick(&fake, "cluster promote 4 --yes --json").field("outcome"), "done");
    assert_eq!(bailiwick(&fake, "cluster promote 4 --yes --json").field("outcome"), "unchanged");
}

#[test]
fn a_dry_run_and_a_preview_change_nothing() {
    let fake = Fake::empty();
    for line in ["cluster remove 3 --dry-run", "preview cluster remove 3", "--read-only cluster remove 3 --dry-run"] {
        let seen = bailiwick(&fake, line);
        assert_eq!(seen.exit, Exit::Done, "{line}: {seen:?}");
        assert!(seen.stdout.ends_with("members would be: voters 1, 2\nnothing has been changed\n"), "{line}: {seen:?}");
    }
    assert!(asked(&fake).iter().all(|(_, dry_run)| *dry_run));
    assert_eq!(bailiwick(&fake, "cluster remove 3 --dry-run --json").field("outcome"), "dry_run");
    assert_eq!(bailiwick(&fake, "preview cluster status").exit, Exit::Usage);
}

#[test]
fn on_a_terminal_the_nodes_id_is_typed_after_the_effect_was_shown() {
    let fake = Fake::empty();
    let wrong: Seen = bailiwick_typing(&fake, "cluster transfer", || Ok("3\n".to_owned()));
    assert_eq!((wrong.exit, asked(&fake)), (Exit::Failed, vec![(MemberChange::Transfer { to: None }, true)]));
    assert!(wrong.stderr.contains("type the node's id") && wrong.stderr.contains("nothing was changed"), "{wrong:?}");

    let right = bailiwick_typing(&fake, "cluster transfer", || Ok("2\n".to_owned()));
    assert_eq!(right.exit, Exit::Done, "{right:?}");
    // The node that was shown is the one that is named.
    assert_eq!(asked(&fake).last(), Some(&(MemberChange::Transfer { to: Some(2) }, false)));
}

#[test]
fn a_refusal_has_its_code_and_what_is_not_known_its_own_exit() {
    let fake = Fake::empty();
    let fail = |code: &str| fake.faults.borrow_mut().push_back(CallFault::Api(ApiError::new(code, "why")));
    fail(ApiError::QUORUM_AT_RISK);
    let refused = bailiwick(&fake, "cluster remove 2 --yes --json");
    assert_eq!((refused.exit, refused.field("code").as_str()), (Exit::Failed, "quorum_at_risk"));
    fail(ApiError::OUTCOME_UNKNOWN);
    let unknown = bailiwick(&fake, "cluster remove 2 --yes");
    assert_eq!((unknown.exit, unknown.stderr.as_str()), (Exit::Unknown, "outcome unknown: why\n"));
}
